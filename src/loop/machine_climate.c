#include "loop/machine_climate.h"

#include "base/buf.h"
#include "base/small_file.h"
#include "base/text.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 16 << 10, ZONES_MAX = 256 };

/* The number behind a word, such as "avg10=1.25"; NaN when the file or the word is not there. */
static double number_in(const char *path, const char *word)
{
    struct hearth_buf file;
    double number = NAN;
    hearth_buf_init(&file, FILE_MAX);
    const char *text = hearth_small_file_read(path, &file, NULL) ? NULL : hearth_buf_cstr(&file);
    const char *at = text ? strstr(text, word) : NULL;
    if (at) {
        char digits[32];
        at += strlen(word);
        snprintf(digits, sizeof(digits), "%.*s", (int)strspn(at, "-0123456789."), at);
        if (hearth_parse_double(digits, &number))
            number = NAN;
    }
    hearth_buf_finish(&file);
    return number;
}

/* The cgroup of version 2 that this process is in: "0::/path". */
static double pressure_of_cgroup(void)
{
    struct hearth_buf file;
    char path[4096] = "";
    hearth_buf_init(&file, FILE_MAX);
    const char *text =
        hearth_small_file_read("/proc/self/cgroup", &file, NULL) ? NULL : hearth_buf_cstr(&file);
    const char *line = text ? strstr(text, "0::/") : NULL;
    if (line)
        snprintf(path, sizeof(path), "/sys/fs/cgroup%.*s/memory.pressure",
                 (int)strcspn(line + 3, "\n"), line + 3);
    hearth_buf_finish(&file);
    return *path ? number_in(path, "avg10=") : NAN;
}

static double hottest_zone(void)
{
    double hottest = NAN;
    DIR *folder = opendir("/sys/class/thermal");
    struct dirent *entry;
    for (int i = 0; folder && i < ZONES_MAX && (entry = readdir(folder)); i++) {
        char path[512];
        if (strncmp(entry->d_name, "thermal_zone", sizeof("thermal_zone") - 1) != 0)
            continue;
        snprintf(path, sizeof(path), "/sys/class/thermal/%s/temp", entry->d_name);
        hottest = fmax(hottest, number_in(path, "") / 1000); /* fmax passes NaN over */
    }
    if (folder)
        closedir(folder);
    return hottest;
}

void hearth_machine_climate_read(struct hearth_machine_climate *ret_climate)
{
    ret_climate->memory_pressure =
        fmax(number_in("/proc/pressure/memory", "avg10="), pressure_of_cgroup());
    ret_climate->temperature = hottest_zone();
}
