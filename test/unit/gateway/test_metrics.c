#include "gateway/metrics.h"
#include "unit/cmocka_all.h"

#include <string.h>

static bool shows(const struct hearth_metrics *metrics, const char *text)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    hearth_metrics_write(metrics, &buf);
    bool found = strstr(hearth_buf_cstr(&buf), text) != NULL;
    hearth_buf_finish(&buf);
    return found;
}

static void a_forgotten_model_leaves_with_all_its_series(void **state)
{
    (void)state;
    struct hearth_metrics *metrics = hearth_metrics_create();
    const char *gone = hearth_metrics_model(metrics, "a:1");
    const char *kept = hearth_metrics_model(metrics, "a:11");
    hearth_metrics_request(metrics, "chat", gone, 200, 5);
    hearth_metrics_request(metrics, "chat", kept, 200, 5);
    hearth_metrics_queue_wait(metrics, "a:1", 3);
    hearth_metrics_ended(metrics, "a:1", 0);
    hearth_metrics_release(metrics, gone);
    hearth_metrics_forget(metrics, "a:1");
    assert_false(shows(metrics, "\"a:1\""));
    assert_true(shows(metrics, "model=\"a:11\",status=\"200\"} 1"));
    hearth_metrics_forget(metrics, "never:1");
    /* The last of a family may have gone: what comes next is behind those that stay. */
    hearth_metrics_ended(metrics, "b:1", 0);
    hearth_metrics_request(metrics, "chat", kept, 500, 5);
    assert_true(shows(metrics, "model=\"b:1\",outcome=\"ok\"} 1"));
    assert_true(shows(metrics, "model=\"a:11\",status=\"500\"} 1"));
    hearth_metrics_release(metrics, kept);
    hearth_metrics_release(metrics, NULL);
    hearth_metrics_destroy(metrics);
}

static void a_call_that_ends_later_does_not_bring_it_back(void **state)
{
    (void)state;
    struct hearth_metrics *metrics = hearth_metrics_create();
    const char *old = hearth_metrics_model(metrics, "a:1");
    hearth_metrics_forget(metrics, "a:1");
    const char *next = hearth_metrics_model(metrics, "a:1"); /* another one of that name */
    assert_ptr_not_equal(old, next);
    assert_string_equal(old, "a:1");
    hearth_metrics_request(metrics, "chat", old, 502, 5);
    hearth_metrics_serialized(metrics, old, 5);
    assert_false(shows(metrics, "\"a:1\""));
    assert_true(shows(metrics, "model=\"\",status=\"502\"} 1"));
    hearth_metrics_request(metrics, "chat", next, 200, 5);
    assert_true(shows(metrics, "model=\"a:1\",status=\"200\"} 1"));
    hearth_metrics_release(metrics, old);
    hearth_metrics_release(metrics, next);
    hearth_metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forgotten_model_leaves_with_all_its_series),
        cmocka_unit_test(a_call_that_ends_later_does_not_bring_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
