#include "base/small_file.h"
#include "base/text.h"
#include "loop/gpu_usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 4096, CARDS_MAX = 64 };

/* "17163091968\n" */
static bool read_number(const char *folder, const char *card, const char *name,
                        uint64_t *ret_number)
{
    char path[512];
    struct hearth_buf file;
    int64_t number = 0;
    hearth_buf_init(&file, FILE_MAX);
    snprintf(path, sizeof(path), "%s/%s/device/%s", folder, card, name);
    char *text = hearth_small_file_read(path, &file, NULL) ? NULL : (char *)hearth_buf_cstr(&file);
    if (text)
        text[strcspn(text, "\n")] = '\0';
    bool good = text && hearth_parse_int(text, 0, INT64_MAX, &number) == 0;
    hearth_buf_finish(&file);
    *ret_number = (uint64_t)number;
    return good;
}

/* "card0" is a card, "card0-HDMI-A-1" is a plug of it. */
static bool is_card(const char *name)
{
    size_t digits = strncmp(name, "card", 4) == 0 ? strspn(name + 4, "0123456789") : 0;
    return digits && !name[4 + digits];
}

size_t hearth_gpu_read_cards(const char *folder, struct hearth_gpu_usage *ret_rows, size_t most)
{
    DIR *names = most ? opendir(folder) : NULL;
    const struct dirent *name;
    size_t count = 0;
    for (int i = 0; names && i < CARDS_MAX && count < most && (name = readdir(names)); i++) {
        struct hearth_gpu_usage row = {.busy_percent = 0};
        uint64_t busy;
        if (!is_card(name->d_name) ||
            !read_number(folder, name->d_name, "mem_info_vram_total", &row.memory_total) ||
            !read_number(folder, name->d_name, "mem_info_vram_used", &row.memory_used))
            continue;
        if (read_number(folder, name->d_name, "gpu_busy_percent", &busy) && busy <= 100)
            row.busy_percent = (unsigned)busy;
        snprintf(row.name, sizeof(row.name), "%.64s", name->d_name);
        ret_rows[count++] = row;
    }
    if (names)
        closedir(names);
    return count;
}
