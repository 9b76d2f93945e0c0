/* Cards as amdgpu shows them below /sys/class/drm, recorded; and what is no card. */
#include "loop/gpu_usage.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *folder, const char *card, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, card);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s/device", folder, card);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s/device/%s", folder, card, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_a_card_tells_its_memory_and_a_plug_or_another_driver_none(void **state)
{
    (void)state;
    char folder[] = "/tmp/hearth-test-XXXXXX", remove[64];
    struct hearth_gpu_usage rows[4];
    assert_non_null(mkdtemp(folder));
    put(folder, "card1", "mem_info_vram_total", "17163091968\n");
    put(folder, "card1", "mem_info_vram_used", "1288490188\n");
    put(folder, "card1", "gpu_busy_percent", "37\n");
    put(folder, "card1-HDMI-A-1", "mem_info_vram_total", "5\n");
    put(folder, "card1-HDMI-A-1", "mem_info_vram_used", "5\n");
    put(folder, "card0", "vendor", "0x8086\n");
    put(folder, "card2", "mem_info_vram_total", "no number\n");
    put(folder, "card2", "mem_info_vram_used", "0\n");
    assert_int_equal(hearth_gpu_read_cards(folder, rows, 4), 1);
    assert_string_equal(rows[0].name, "card1");
    assert_int_equal(rows[0].memory_total, 17163091968);
    assert_int_equal(rows[0].memory_used, 1288490188);
    assert_int_equal(rows[0].busy_percent, 37);
    assert_int_equal(hearth_gpu_read_cards(folder, rows, 0), 0);
    assert_int_equal(hearth_gpu_read_cards("/tmp/there-is-none", rows, 4), 0);
    snprintf(remove, sizeof(remove), "rm -r %s", folder);
    assert_int_equal(system(remove), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_card_tells_its_memory_and_a_plug_or_another_driver_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
