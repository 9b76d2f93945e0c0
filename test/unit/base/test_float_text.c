/* The shortest text of a float against the C library: it reads back, and no shorter one would. */
#include "base/buf.h"
#include "base/float_text.h"
#include "base/json.h"
#include "support/seeded.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
enum { RANDOM_FLOATS = 1000000 };
#else
enum { RANDOM_FLOATS = 10000000 };
#endif

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static int digit_count(const char *text)
{
    char digits[32];
    int count = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count || *text != '0'))
            digits[count++] = *text;
    while (count && digits[count - 1] == '0')
        count--;
    return count;
}

static void text_of(float value, char text[HEARTH_FLOAT_TEXT_MAX + 1])
{
    size_t length = hearth_float_text(value, text);
    assert_in_range(length, 1, HEARTH_FLOAT_TEXT_MAX);
    text[length] = '\0';
}

static void reads_back(float value)
{
    char text[HEARTH_FLOAT_TEXT_MAX + 1];
    text_of(value, text);
    float back = strtof(text, NULL);
    if (memcmp(&back, &value, sizeof(value)) != 0)
        fail_msg("%a became %s", (double)value, text);
}

/* The nearest decimal with one digit less must be another float; at a power of two, where the
 * interval reaches further up than down, also the next one above. Of the same length, the C
 * library's correctly rounded one must not be nearer. */
static void is_shortest(float value)
{
    char text[HEARTH_FLOAT_TEXT_MAX + 1], other[40];
    text_of(value, text);
    int count = digit_count(text);
    if (count > 1) {
        snprintf(other, sizeof(other), "%.*e", count - 2, (double)value);
        if (strtof(other, NULL) == value)
            fail_msg("%a became %s, but %s would do", (double)value, text, other);
    }
    snprintf(other, sizeof(other), "%.*e", count - 1, (double)value);
    double mine = fabs(strtod(text, NULL) - (double)value);
    double correct = fabs(strtod(other, NULL) - (double)value);
    if (strtof(other, NULL) == value && correct < mine)
        fail_msg("%a became %s, but %s is nearer", (double)value, text, other);
}

static void check(uint32_t bits)
{
    float value = float_of(bits);
    if (!isfinite(value) || value == 0)
        return;
    reads_back(value);
    is_shortest(value);
}

static void every_exponent_and_both_ends_of_it(void **state)
{
    (void)state;
    for (uint32_t exponent = 0; exponent < 255; exponent++)
        for (uint32_t i = 0; i < 300; i++) {
            check(exponent << 23 | i);
            check(exponent << 23 | (0x7fffff - i));
            check(1u << 31 | exponent << 23 | (i * 27961u & 0x7fffff));
        }
}

static void every_power_of_ten_and_its_neighbours(void **state)
{
    (void)state;
    for (int power = -45; power <= 38; power++)
        for (int digit = 1; digit < 10; digit++) {
            char text[16];
            snprintf(text, sizeof(text), "%de%d", digit, power);
            float value = strtof(text, NULL);
            uint32_t bits;
            memcpy(&bits, &value, sizeof(bits));
            for (uint32_t near = bits > 3 ? bits - 3 : 1; near <= bits + 3; near++)
                check(near);
        }
}

static void random_floats_read_back_and_are_shortest(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < RANDOM_FLOATS; i++) {
        float value = float_of((uint32_t)(seeded_next(&seed) >> 16));
        if (!isfinite(value))
            continue;
        reads_back(value);
        if (i % 16 == 0 && value != 0)
            is_shortest(value);
    }
}

static void numbers_look_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        float value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0f, "-0"},
        {1, "1"},
        {-1, "-1"},
        {0.1f, "0.1"},
        {0.5f, "0.5"},
        {10, "10"},
        {123456, "123456"},
        {16777216, "16777216"},
        {1e9f, "1e9"},
        {1e20f, "1e20"},
        {0.00001f, "0.00001"},
        {1e-7f, "1e-7"},
        {-1.5e-7f, "-1.5e-7"},
        {0.000012345678f, "0.000012345678"},
        {3.4028235e38f, "3.4028235e38"},
        {1.1754944e-38f, "1.1754944e-38"},
        {1e-45f, "1e-45"},
        {12.25f, "12.25"},
        {-0.036278803f, "-0.036278803"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[HEARTH_FLOAT_TEXT_MAX + 1];
        text_of(rows[i].value, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void a_vector_is_a_list_within_its_cap(void **state)
{
    (void)state;
    const float values[] = {1, -0.25f, NAN, 1e-10f};
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1000);
    assert_int_equal(hearth_json_write_floats(&buf, values, 4), 0);
    assert_string_equal(hearth_buf_cstr(&buf), "[1,-0.25,null,1e-10]");
    hearth_buf_finish(&buf);
    hearth_buf_init(&buf, 10);
    assert_true(hearth_json_write_floats(&buf, values, 4) < 0);
    assert_true(buf.failed < 0);
    hearth_buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exponent_and_both_ends_of_it),
        cmocka_unit_test(every_power_of_ten_and_its_neighbours),
        cmocka_unit_test(random_floats_read_back_and_are_shortest),
        cmocka_unit_test(numbers_look_as_people_write_them),
        cmocka_unit_test(a_vector_is_a_list_within_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
