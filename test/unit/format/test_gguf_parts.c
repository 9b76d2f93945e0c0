/* Models in several GGUF files: what belongs together is taken, and what does not is named. */
#include "format/gguf_parts.h"

#include "base/error.h"
#include "base/memory.h"
#include "support/gguf_maker.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PARTS = 3 };

/* What is written; the tests make one of it wrong. */
struct split {
    unsigned number[PARTS], count[PARTS];
    uint32_t told; /* tensors in all */
    const char *tensor[PARTS];
};

static char folder[] = "/tmp/hearth-parts-XXXXXX";

static struct split right(void)
{
    return (struct split){.number = {0, 1, 2},
                          .count = {PARTS, PARTS, PARTS},
                          .told = PARTS,
                          .tensor = {"a", "b", "c"}};
}

static void put_key_u16(struct hearth_buf *buf, const char *key, unsigned value)
{
    unsigned char bytes[2] = {(unsigned char)(value & 255), (unsigned char)(value >> 8)};
    put_text(buf, key);
    put_u32(buf, HEARTH_GGUF_UINT16);
    hearth_buf_append(buf, bytes, sizeof(bytes));
}

static void path_of(int number, char path[128])
{
    snprintf(path, 128, "%s/m-%05d-of-%05d.gguf", folder, number + 1, PARTS);
}

static void write_part(const struct split *split, int number)
{
    struct hearth_buf buf;
    char path[128];
    hearth_buf_init(&buf, 1u << 16);
    put_head(&buf, 3, 1, 3);
    put_key_u16(&buf, "split.no", split->number[number]);
    put_key_u16(&buf, "split.count", split->count[number]);
    put_key_u32(&buf, "split.tensors.count", split->told);
    put_tensor(&buf, split->tensor[number], 0, 4, 2, 0);
    put_padding(&buf, 32);
    put_zeros(&buf, 32);
    path_of(number, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(buf.bytes, 1, buf.length, file), buf.length);
    assert_int_equal(fclose(file), 0);
    hearth_buf_finish(&buf);
}

static int open_split(const struct split *split, struct hearth_gguf_parts *ret_parts,
                      struct hearth_error *error)
{
    char path[128];
    for (int i = 0; i < PARTS; i++)
        write_part(split, i);
    path_of(0, path);
    return hearth_gguf_parts_open(path, ret_parts, error);
}

static void expect_refused(const struct split *split, const char *message)
{
    struct hearth_gguf_parts parts = {0};
    struct hearth_error error = {0};
    assert_int_equal(open_split(split, &parts, &error), HEARTH_EMODEL);
    if (strstr(error.message, message) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, message);
    assert_null(parts.parts);
}

static void all_parts_are_found_by_the_first(void **state)
{
    (void)state;
    struct hearth_gguf_parts parts = {0};
    struct hearth_error error = {0};
    struct split split = right();
    if (open_split(&split, &parts, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(parts.count, PARTS);
    for (int i = 0; i < PARTS; i++)
        assert_non_null(hearth_gguf_find_tensor(parts.parts[i].gguf, split.tensor[i]));
    hearth_gguf_parts_close(&parts);
}

static void a_part_with_another_number_or_count_is_named(void **state)
{
    (void)state;
    struct split split = right();
    split.number[1] = 2;
    expect_refused(&split, "is not part 2 of 3");
    split = right();
    split.count[2] = 4;
    expect_refused(&split, "is not part 3 of 3");
    split = right();
    split.count[0] = 1000;
    expect_refused(&split, "more than 999");
}

static void a_tensor_in_two_parts_is_named(void **state)
{
    (void)state;
    struct split split = right();
    split.tensor[2] = "a";
    expect_refused(&split, "two parts hold the tensor 'a'");
}

static void another_number_of_tensors_than_told_is_refused(void **state)
{
    (void)state;
    struct split split = right();
    split.told = PARTS + 1;
    expect_refused(&split, "hold 3 tensors, and should hold 4");
}

static void a_part_that_is_missing_is_named(void **state)
{
    (void)state;
    struct split split = right();
    struct hearth_gguf_parts parts = {0};
    struct hearth_error error = {0};
    char path[128];
    for (int i = 0; i < PARTS; i++)
        write_part(&split, i);
    path_of(1, path);
    assert_int_equal(unlink(path), 0);
    path_of(0, path);
    assert_int_equal(hearth_gguf_parts_open(path, &parts, &error), HEARTH_ENOTFOUND);
    assert_non_null(strstr(error.message, "part 2 of 3"));
}

static void a_part_that_is_not_the_first_is_told_what_the_first_is_called(void **state)
{
    (void)state;
    struct split split = right();
    struct hearth_gguf_parts parts = {0};
    struct hearth_error error = {0};
    char path[128];
    for (int i = 0; i < PARTS; i++)
        write_part(&split, i);
    path_of(1, path);
    assert_int_equal(hearth_gguf_parts_open(path, &parts, &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "-00001-of-00003.gguf"));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    for (int i = 0; i < PARTS; i++) {
        path_of(i, path);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_are_found_by_the_first),
        cmocka_unit_test(a_part_with_another_number_or_count_is_named),
        cmocka_unit_test(a_tensor_in_two_parts_is_named),
        cmocka_unit_test(another_number_of_tensors_than_told_is_refused),
        cmocka_unit_test(a_part_that_is_missing_is_named),
        cmocka_unit_test(a_part_that_is_not_the_first_is_told_what_the_first_is_called),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
