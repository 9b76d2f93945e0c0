/* Multipart bodies, in one piece and byte by byte. */
#include "unit/cmocka_all.h"

#include "base/memory.h"
#include "wire/multipart.h"

#include <stdio.h>
#include <string.h>

static char told[4096];

static void tell(const char *text, size_t length)
{
    size_t used = strlen(told);
    snprintf(told + used, sizeof(told) - used, "%.*s", (int)length, text);
}

static int on_part(void *argument, const char *name, const char *filename)
{
    (void)argument;
    tell("[", 1);
    tell(name, strlen(name));
    if (filename) {
        tell("|", 1);
        tell(filename, strlen(filename));
    }
    tell(":", 1);
    return strcmp(name, "refused") == 0 ? HEARTH_EINVAL : 0;
}

static int on_bytes(void *argument, const char *bytes, size_t length)
{
    (void)argument;
    tell(bytes, length);
    return 0;
}

static int on_part_end(void *argument)
{
    (void)argument;
    tell("]", 1);
    return 0;
}

static int parse(const char *type, const char *body, size_t step)
{
    static const struct hearth_multipart_events events = {on_part, on_bytes, on_part_end};
    struct hearth_multipart parser;
    struct hearth_error error;
    size_t length = strlen(body);
    told[0] = '\0';
    int rc = hearth_multipart_init(&parser, type, &events, NULL, &error);
    if (rc)
        return rc;
    for (size_t at = 0; !rc && at < length; at += step)
        rc = hearth_multipart_feed(&parser, body + at, length - at < step ? length - at : step,
                                   &error);
    if (!rc)
        rc = hearth_multipart_end(&parser, &error);
    hearth_multipart_finish(&parser);
    return rc;
}

#define TYPE "multipart/form-data; boundary=xyz"
#define HEAD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static void parts_come_out_whole_however_the_body_is_cut(void **state)
{
    (void)state;
    static const char body[] = "--xyz\r\n" HEAD(
        "purpose") "batch\r\n"
                   "--xyz\r\nContent-Type: text/plain\r\n"
                   "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b.x\"\r\n\r\n"
                   "one\r\n--xy two\r\n-\r\n--xyz  \r\n" HEAD("empty") "\r\n--xyz--\r\nepilogue";
    for (size_t step = 1; step < sizeof(body); step++) {
        assert_int_equal(parse(TYPE, body, step), 0);
        assert_string_equal(told, "[purpose:batch][file|a \"b.x:one\r\n--xy two\r\n-][empty:]");
    }
    assert_int_equal(parse("Multipart/Form-Data;boundary=\"xyz\"", body, 7), 0);
}

static void what_is_no_form_is_refused_by_its_type(void **state)
{
    (void)state;
    static const char *const types[] = {NULL,
                                        "application/json",
                                        "multipart/form-data",
                                        "multipart/form-data; boundary=",
                                        "multipart/form-data; boundary=a\"b",
                                        "multipart/form-data; boundary=\"a",
                                        "multipart/form-data; xboundary=a"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        assert_int_equal(parse(types[i], "", 1), HEARTH_EMEDIA);
    char longer[200] = "multipart/form-data; boundary=";
    memset(longer + strlen(longer), 'a', 71);
    assert_int_equal(parse(longer, "", 1), HEARTH_EMEDIA);
}

static void a_body_that_breaks_the_form_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "--xyz",
        "--xyz\r\n" HEAD("a") "no end",
        "--xyz\r\n" HEAD("a") "\r\n--xyz-x",
        "--xyz\r\n" HEAD("a") "\r\n--xyzz\r\n",
        "--xyz\r\nContent-Type: text/plain\r\n\r\nx\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xyz--",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        for (size_t step = 1; step < 20; step++)
            assert_int_equal(parse(TYPE, bodies[i], step), HEARTH_EPARSE);
}

static void heads_and_parts_have_bounds(void **state)
{
    (void)state;
    static char body[64 << 10];
    int length = snprintf(body, sizeof(body), "--xyz\r\nX: %*s", 20000, "y");
    assert_true(length > 20000);
    assert_int_equal(parse(TYPE, body, 1000), HEARTH_EPARSE);
    length = 0;
    for (int i = 0; i <= HEARTH_MULTIPART_PARTS_MAX; i++)
        length +=
            snprintf(body + length, sizeof(body) - (size_t)length, "--xyz\r\n" HEAD("a") "\r\n");
    snprintf(body + length, sizeof(body) - (size_t)length, "--xyz--");
    assert_int_equal(parse(TYPE, body, 1000), HEARTH_EPARSE);
}

static void what_an_event_refuses_stops_it(void **state)
{
    (void)state;
    assert_int_equal(parse(TYPE, "--xyz\r\n" HEAD("refused") "x\r\n--xyz--", 3), HEARTH_EINVAL);
    assert_string_equal(told, "[refused:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_out_whole_however_the_body_is_cut),
        cmocka_unit_test(what_is_no_form_is_refused_by_its_type),
        cmocka_unit_test(a_body_that_breaks_the_form_is_refused),
        cmocka_unit_test(heads_and_parts_have_bounds),
        cmocka_unit_test(what_an_event_refuses_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
