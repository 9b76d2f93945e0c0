#include "format/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char image[4096];

/* A file image: the header's length, the header, `body` bytes of zeros. */
static size_t make(const char *header, size_t body)
{
    uint64_t length = strlen(header);
    memset(image, 0, sizeof(image));
    memcpy(image, &length, sizeof(length));
    memcpy(image + sizeof(length), header, length);
    return sizeof(length) + length + body;
}

static int read_image(size_t length, struct hearth_safetensors **ret_file,
                      struct hearth_error *error)
{
    return hearth_safetensors_read(image, length, ret_file, error);
}

static void tensors_are_found_by_name_with_shape_and_bytes(void **state)
{
    (void)state;
    struct hearth_safetensors *file;
    size_t length = make("{\"__metadata__\":{\"format\":\"pt\"},"
                         "\"b\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[16,22]},"
                         "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}} ",
                         22);
    uint16_t halves[3] = {0x3c00, 0xc000, 0x0001};
    memcpy(image + length - 6, halves, sizeof(halves));
    assert_int_equal(read_image(length, &file, NULL), 0);
    assert_int_equal(hearth_safetensors_count(file), 2);
    const struct hearth_tensor *a = hearth_safetensors_find(file, "a");
    assert_non_null(a);
    assert_int_equal(a->dim_count, 2);
    assert_int_equal(a->element_count, 4);
    assert_null(hearth_safetensors_find(file, "c"));
    float values[3];
    assert_int_equal(hearth_tensor_to_f32(hearth_safetensors_at(file, 1), values, NULL), 0);
    assert_true(values[0] == 1.0f && values[1] == -2.0f && values[2] == 0x1p-24f);
    hearth_safetensors_close(file);
}

static void every_kind_of_broken_header_is_refused_with_its_fault(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t body;
        const char *fault;
    } cases[] = {
        {"", 0, "not an object"},
        {"[]", 0, "not an object"},
        {"{\"a\":", 0, "JSON"},
        {"{\"a\":{\"dtype\":\"F99\",\"shape\":[],\"data_offsets\":[0,0]}}", 0, "dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "dimension"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 4,
         "too large"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
         "does not match"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "does not match"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "outside"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "outside"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
         6, "overlaps"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "behind"},
        {"{\"a\":{},\"a\":{}}", 0, "JSON"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hearth_safetensors *file = NULL;
        struct hearth_error error = {0};
        int rc = read_image(make(cases[i].header, cases[i].body), &file, &error);
        assert_int_equal(rc, HEARTH_EMODEL);
        assert_int_equal(error.code, HEARTH_EMODEL);
        if (!strstr(error.message, cases[i].fault))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, error.message, cases[i].fault);
        assert_null(file);
    }
}

static void a_header_longer_than_the_file_is_refused(void **state)
{
    (void)state;
    struct hearth_safetensors *file = NULL;
    size_t length = make("{}", 0);
    static const uint64_t lengths[] = {3, 1u << 30, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        memcpy(image, &lengths[i], sizeof(lengths[i]));
        assert_int_equal(read_image(length, &file, NULL), HEARTH_EMODEL);
    }
    for (size_t cut = 0; cut < 8; cut++)
        assert_int_equal(read_image(cut, &file, NULL), HEARTH_EMODEL);
}

static void integers_are_not_turned_into_floats(void **state)
{
    (void)state;
    struct hearth_safetensors *file;
    float value;
    size_t length = make("{\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
    assert_int_equal(read_image(length, &file, NULL), 0);
    assert_int_equal(hearth_tensor_to_f32(hearth_safetensors_at(file, 0), &value, NULL),
                     HEARTH_EMODEL);
    hearth_safetensors_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_found_by_name_with_shape_and_bytes),
        cmocka_unit_test(every_kind_of_broken_header_is_refused_with_its_fault),
        cmocka_unit_test(a_header_longer_than_the_file_is_refused),
        cmocka_unit_test(integers_are_not_turned_into_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
