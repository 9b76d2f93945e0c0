/* What came back for one request to the scheduler: counts of its events, the text, the end. For
 * tests; an event that may not come fails the test that runs. */
#ifndef HEARTH_TEST_INFERENCE_ANSWER_H
#define HEARTH_TEST_INFERENCE_ANSWER_H

#include "serving/inference.h"
#include "serving/scheduler.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

struct answer {
    struct hearth_inference *inference;
    int loading, prepared, events, vectors, done, error;
    size_t tokens;
    uint32_t retry_after_ms;
    struct hearth_inference_done end;
    char text[4096], message[HEARTH_ERROR_MESSAGE_MAX];
    bool cancel_at_event;
};

static inline void answer_on_loading(void *argument, float fraction)
{
    assert_true(fraction >= 0 && fraction <= 1);
    ((struct answer *)argument)->loading++;
}

static inline void answer_on_prepared(void *argument, uint32_t count, uint32_t truncated)
{
    (void)count;
    (void)truncated;
    ((struct answer *)argument)->prepared++;
}

static inline void answer_on_event(void *argument, const struct hearth_event *event)
{
    struct answer *answer = argument;
    size_t used = strlen(answer->text);
    answer->events++;
    if (event->kind == HEARTH_EVENT_VECTOR)
        answer->vectors += (int)event->value_count;
    if (event->kind == HEARTH_EVENT_TEXT)
        snprintf(answer->text + used, sizeof(answer->text) - used, "%.*s", (int)event->bytes.length,
                 event->bytes.bytes);
    if (answer->cancel_at_event)
        hearth_inference_cancel(answer->inference);
}

static inline void answer_on_tokens(void *argument, const int32_t *tokens, size_t count)
{
    assert_non_null(tokens);
    ((struct answer *)argument)->tokens = count;
}

static inline void answer_on_done(void *argument, const struct hearth_inference_done *done)
{
    struct answer *answer = argument;
    answer->done++;
    answer->end = *done;
}

static inline void answer_on_error(void *argument, const struct hearth_error *error,
                                   uint32_t retry_after_ms)
{
    struct answer *answer = argument;
    assert_int_equal(answer->error, 0);
    answer->error = error->code;
    answer->retry_after_ms = retry_after_ms;
    snprintf(answer->message, sizeof(answer->message), "%s", error->message);
}

/* hearth_inference_submit with the answer as the one who listens. */
static inline int answer_submit(struct hearth_scheduler *scheduler,
                                const struct hearth_inference_request *request,
                                struct answer *answer)
{
    static const struct hearth_inference_events events = {.on_loading = answer_on_loading,
                                                          .on_prepared = answer_on_prepared,
                                                          .on_event = answer_on_event,
                                                          .on_tokens = answer_on_tokens,
                                                          .on_done = answer_on_done,
                                                          .on_error = answer_on_error};
    struct hearth_error error = {.code = 0};
    int rc = hearth_inference_submit(scheduler, request, &events, answer, &answer->inference,
                                     &answer->retry_after_ms, &error);
    snprintf(answer->message, sizeof(answer->message), "%s", error.code ? error.message : "");
    return rc;
}

static inline bool answer_has_ended(void *argument)
{
    const struct answer *answer = argument;
    return answer->done || answer->error;
}

static inline void answer_take_report(void *argument, const struct hearth_model_report *report)
{
    *(struct hearth_model_report *)argument = *report;
}

/* How the scheduler's one model stands; good until the next call. */
static inline const struct hearth_model_report *report_of(struct hearth_scheduler *scheduler)
{
    static struct hearth_model_report row;
    memset(&row, 0, sizeof(row));
    hearth_scheduler_each(scheduler, answer_take_report, &row);
    return &row;
}

#endif
