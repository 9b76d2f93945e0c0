/* What errors look like in the shapes of several APIs. */
#include "gateway/answers.h"

#include "base/error.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static json_t *written(enum hearth_error_shape shape, int code, const char *message)
{
    struct hearth_error error, fault;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 16);
    hearth_error_set(&error, code, "%s", message);
    hearth_error_write(&buf, shape, "req_1", &error, NULL);
    json_t *body = hearth_json_parse(buf.bytes, buf.length, &fault);
    assert_non_null(body);
    hearth_buf_finish(&buf);
    return body;
}

static void anthropic_names_every_error_by_its_status(void **state)
{
    static const struct {
        int code, status;
        const char *type;
    } rows[] = {{HEARTH_EINVAL, 400, "invalid_request_error"},
                {HEARTH_EFIELDS, 400, "invalid_request_error"},
                {HEARTH_EAUTH, 401, "authentication_error"},
                {HEARTH_EFORBIDDEN, 403, "permission_error"},
                {HEARTH_ENOMODEL, 404, "not_found_error"},
                {HEARTH_EMETHOD, 405, "invalid_request_error"},
                {HEARTH_ETOOLARGE, 413, "request_too_large"},
                {HEARTH_ERATE, 429, "rate_limit_error"},
                {HEARTH_EINTERNAL, 500, "api_error"},
                {HEARTH_ECRASHED, 502, "api_error"},
                {HEARTH_EQUEUEFULL, 529, "overloaded_error"},
                {HEARTH_EDRAINING, 529, "overloaded_error"},
                {HEARTH_ETIMEOUT, 504, "timeout_error"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *body = written(HEARTH_ERRORS_ANTHROPIC, rows[i].code, "why");
        const json_t *error = json_object_get(body, "error");
        assert_int_equal(hearth_error_status(HEARTH_ERRORS_ANTHROPIC, rows[i].code),
                         rows[i].status);
        assert_string_equal(hearth_json_text(body, "type", ""), "error");
        assert_string_equal(hearth_json_text(body, "request_id", ""), "req_1");
        assert_string_equal(hearth_json_text(error, "type", ""), rows[i].type);
        assert_string_equal(hearth_json_text(error, "message", ""), "why");
        json_decref(body);
    }
}

static void other_shapes_keep_the_status_of_the_table(void **state)
{
    (void)state;
    assert_int_equal(hearth_error_status(HEARTH_ERRORS_OPENAI, HEARTH_EQUEUEFULL), 503);
    assert_int_equal(hearth_error_status(HEARTH_ERRORS_HEARTH, HEARTH_EFIELDS), 422);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anthropic_names_every_error_by_its_status),
        cmocka_unit_test(other_shapes_keep_the_status_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
