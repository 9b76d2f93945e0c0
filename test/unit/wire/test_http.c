/* What both protocols share: negotiation, escapes, dates; and gzip. */
#include "base/memory.h"
#include "unit/cmocka_all.h"
#include "wire/gzip.h"
#include "wire/http.h"

#include <string.h>
#include <zlib.h>

static void codings_are_chosen_by_name_weight_and_star(void **state)
{
    static const struct {
        const char *header;
        bool accepted;
    } cases[] = {
        {NULL, false},           {"", false},           {"gzip", true},
        {"GZip", true},          {"br, gzip", true},    {" deflate ,\tgzip;q=0.5", true},
        {"gzip; q=1.000", true}, {"gzip;q=0", false},   {"gzip; q=0.000", false},
        {"gzip;Q=0.001", true},  {"*", true},           {"*;q=0", false},
        {"gzip;q=0, *", false},  {"*;q=0, gzip", true}, {"xgzip", false},
        {"gzipx", false},        {"br", false},         {"identity", false},
        {",,,gzip", true},       {";;;", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(hearth_http_accepts_coding(cases[i].header, "gzip"), cases[i].accepted);
}

static void escapes_are_decoded_once(void **state)
{
    char text[] = "/a%2Fb%2520c+d%C3%a9";
    char form[] = "a+b%2B";
    char cut[] = "/a%2";
    char bad[] = "/a%2g";
    char nul[] = "/a%00b";
    (void)state;
    assert_true(hearth_http_percent_decode(text, false));
    assert_string_equal(text, "/a/b%20c+d\xc3\xa9");
    assert_true(hearth_http_percent_decode(form, true));
    assert_string_equal(form, "a b+");
    assert_false(hearth_http_percent_decode(cut, false));
    assert_false(hearth_http_percent_decode(bad, false));
    assert_false(hearth_http_percent_decode(nul, false));
}

static void dates_are_in_the_fixed_form(void **state)
{
    char text[30];
    (void)state;
    hearth_http_date(784111777, text);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    hearth_http_date(0, text);
    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void every_status_of_the_error_table_has_a_phrase(void **state)
{
    (void)state;
    for (int number = -1; hearth_error_row(number)->number == number; number--)
        assert_true(strlen(hearth_http_status_text(hearth_error_row(number)->http_status)) > 0);
    assert_string_equal(hearth_http_status_text(299), "");
}

static void gzip_can_be_read_back_again_and_again(void **state)
{
    struct hearth_gzip *gzip = hearth_gzip_create();
    static char text[100000], back[100000];
    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i * i % 23);
    for (size_t length = 1; length < sizeof(text); length *= 7) {
        struct hearth_buf packed;
        z_stream stream = {0};
        hearth_buf_init(&packed, 1 << 20);
        assert_int_equal(hearth_gzip_append(gzip, &packed, text, length), 0);
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        stream.next_in = (Bytef *)packed.bytes;
        stream.avail_in = (uInt)packed.length;
        stream.next_out = (Bytef *)back;
        stream.avail_out = sizeof(back);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        assert_int_equal(stream.total_out, length);
        assert_memory_equal(back, text, length);
        inflateEnd(&stream);
        hearth_buf_finish(&packed);
    }
    hearth_gzip_destroy(gzip);
}

static void gzip_says_when_the_buffer_is_too_small(void **state)
{
    struct hearth_gzip *gzip = hearth_gzip_create();
    struct hearth_buf packed;
    (void)state;
    hearth_buf_init(&packed, 10);
    assert_int_equal(hearth_gzip_append(gzip, &packed, "some text that is longer", 24),
                     HEARTH_ETOOLARGE);
    hearth_buf_finish(&packed);
    hearth_gzip_destroy(gzip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codings_are_chosen_by_name_weight_and_star),
        cmocka_unit_test(escapes_are_decoded_once),
        cmocka_unit_test(dates_are_in_the_fixed_form),
        cmocka_unit_test(every_status_of_the_error_table_has_a_phrase),
        cmocka_unit_test(gzip_can_be_read_back_again_and_again),
        cmocka_unit_test(gzip_says_when_the_buffer_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
