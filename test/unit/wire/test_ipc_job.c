/* The frames of a training job: they come back as they were written, and what is no job is none. */
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "wire/ipc_job.h"

#include <string.h>

struct seen {
    int count;
    uint8_t type;
    uint32_t payload;
    struct hearth_ipc_job job;
    int rc;
    char order[64], key[64];
};

static int look(void *argument, const struct hearth_ipc_frame *frame)
{
    struct seen *seen = argument;
    struct hearth_error error = {.code = 0};
    seen->count++;
    seen->type = frame->type;
    seen->payload = (uint32_t)frame->length;
    if (frame->type == HEARTH_IPC_HELLO) {
        seen->rc = hearth_ipc_get_job(frame, &seen->job, &error);
        if (!seen->rc && seen->job.order_length < sizeof(seen->order))
            memcpy(seen->order, seen->job.order, seen->job.order_length);
        return 0;
    }
    json_t *json = hearth_ipc_get_json(frame, &error);
    seen->rc = json ? 0 : error.code;
    snprintf(seen->key, sizeof(seen->key), "%s", json ? hearth_json_text(json, "type", "") : "");
    json_decref(json);
    return 0;
}

static struct seen seen_of(const struct hearth_buf *buf)
{
    struct seen seen = {.count = 0};
    struct hearth_ipc_reader *reader = hearth_ipc_reader_create(NULL, NULL);
    for (size_t i = 0; i < buf->length; i++)
        assert_int_equal(hearth_ipc_read(reader, buf->bytes + i, 1, look, &seen, NULL), 0);
    hearth_ipc_reader_destroy(reader);
    return seen;
}

static void an_order_comes_back(void **state)
{
    (void)state;
    const struct hearth_ipc_job job = {HEARTH_IPC_VERSION, 2, 1ull << 40, "{\"job\":\"j\"}", 11};
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4096);
    assert_int_equal(hearth_ipc_put_job(&buf, &job), 0);
    struct seen seen = seen_of(&buf);
    assert_true(seen.count == 1 && seen.type == HEARTH_IPC_HELLO && seen.rc == 0);
    assert_true(seen.job.version == HEARTH_IPC_VERSION && seen.job.sandbox == 2 &&
                seen.job.memory_limit == 1ull << 40);
    assert_string_equal(seen.order, "{\"job\":\"j\"}");
    hearth_buf_finish(&buf);
}

static void events_and_results_are_objects(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int rc;
    } rows[] = {
        {"{\"type\":\"plan\"}", 0}, {"[]", HEARTH_EPARSE},   {"", HEARTH_EPARSE},
        {"{", HEARTH_EPARSE},       {"null", HEARTH_EPARSE}, {"{\"a\":\"\xff\"}", HEARTH_EPARSE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hearth_buf buf;
        hearth_buf_init(&buf, 4096);
        assert_int_equal(
            hearth_ipc_put_json(&buf, HEARTH_IPC_JOB_EVENT, rows[i].json, strlen(rows[i].json)), 0);
        struct seen seen = seen_of(&buf);
        assert_true(seen.count == 1 && seen.type == HEARTH_IPC_JOB_EVENT);
        assert_int_equal(seen.rc, rows[i].rc);
        assert_string_equal(seen.key, rows[i].rc ? "" : "plan");
        hearth_buf_finish(&buf);
    }
}

static void what_is_too_large_is_not_written(void **state)
{
    (void)state;
    static char large[HEARTH_IPC_INLINE_MAX + 1];
    const struct hearth_ipc_job job = {HEARTH_IPC_VERSION, 0, 0, large, sizeof(large)};
    struct hearth_buf buf;
    memset(large, ' ', sizeof(large));
    hearth_buf_init(&buf, 1 << 20);
    assert_int_equal(hearth_ipc_put_job(&buf, &job), HEARTH_ETOOLARGE);
    assert_int_equal(hearth_ipc_put_json(&buf, HEARTH_IPC_JOB_DONE, large, sizeof(large)),
                     HEARTH_ETOOLARGE);
    assert_int_equal(buf.length, 0);
    hearth_buf_finish(&buf);
}

static void a_hello_without_an_order_or_with_odd_fields_is_refused(void **state)
{
    (void)state;
    for (int row = 0; row < 3; row++) {
        struct hearth_buf buf;
        struct hearth_ipc_writer writer;
        int descriptor;
        hearth_buf_init(&buf, 4096);
        hearth_ipc_begin(&writer, &buf, HEARTH_IPC_HELLO, 0);
        if (row > 0)
            hearth_ipc_put_text(&writer, HEARTH_TAG_SETTINGS, "{}");
        if (row == 1)
            hearth_ipc_put_u64(&writer, HEARTH_TAG_VERSION, 1);
        if (row == 2)
            hearth_ipc_put_text(&writer, HEARTH_TAG_SANDBOX, "on");
        assert_int_equal(hearth_ipc_end(&writer, &descriptor), 0);
        assert_int_equal(seen_of(&buf).rc, HEARTH_EPARSE);
        hearth_buf_finish(&buf);
    }
}

static void bare_frames_have_no_payload(void **state)
{
    (void)state;
    static const uint8_t types[] = {HEARTH_IPC_PING, HEARTH_IPC_STOP, HEARTH_IPC_PAUSE,
                                    HEARTH_IPC_RESUME};
    for (size_t i = 0; i < sizeof(types); i++) {
        struct hearth_buf buf;
        hearth_buf_init(&buf, 64);
        assert_int_equal(hearth_ipc_put_bare(&buf, types[i]), 0);
        struct seen seen = seen_of(&buf);
        assert_true(seen.count == 1 && seen.type == types[i] && seen.payload == 0);
        hearth_buf_finish(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_comes_back),
        cmocka_unit_test(events_and_results_are_objects),
        cmocka_unit_test(what_is_too_large_is_not_written),
        cmocka_unit_test(a_hello_without_an_order_or_with_odd_fields_is_refused),
        cmocka_unit_test(bare_frames_have_no_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
