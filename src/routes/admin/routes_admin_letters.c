/* /admin/dead-letters: read, try again, throw away. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/admin/admin_routes.gen.h"
#include "serving/dead_letters.h"
#include "serving/inference.h"
#include "serving/scheduler.h"
#include "serving/shared_input.h"

#include <string.h>

enum { TEXT_SHOWN_MAX = 4096, ANSWER_MAX = 16 << 20, CREDIT = 64 };

static const char *task_name(enum hearth_task task)
{
    switch (task) {
    case HEARTH_TASK_GENERATE:
        return "generate";
    case HEARTH_TASK_EMBED:
        return "embed";
    case HEARTH_TASK_SCORE:
        return "score";
    default:
        return "tokenize";
    }
}

static json_t *text_json(const struct hearth_input *input)
{
    size_t length = input->length < TEXT_SHOWN_MAX ? input->length : TEXT_SHOWN_MAX;
    length = input->bytes ? hearth_utf8_whole(input->bytes, length) : 0;
    json_t *text = length ? json_stringn(input->bytes, length) : NULL;
    return text ? text : json_string("");
}

static json_t *letter_json(const struct hearth_dead_letter *letter)
{
    const struct hearth_input *input = hearth_shared_input_view(letter->shared);
    char died[25];
    hearth_clock_iso8601((int64_t)letter->died_ms, died);
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:o, s:I}", "id", (json_int_t)letter->id,
        "model", letter->model, "request_id", letter->request_id ? letter->request_id : "",
        "client", letter->client ? letter->client : "", "task", task_name(input->task), "attempts",
        (int)letter->attempts, "died", died, "error", letter->error.message, "bytes",
        (json_int_t)(input->length + input->pair_length), "text", text_json(input), "tokens",
        (json_int_t)input->token_count);
}

static void add_letter(void *argument, const struct hearth_dead_letter *letter)
{
    json_array_append_new(argument, letter_json(letter));
}

void hearth_route_admin_letters(struct hearth_call *call)
{
    json_t *list = json_array();
    hearth_scheduler_each_dead_letter(call->gateway->scheduler, add_letter, list);
    hearth_answer_json(call, 200, json_pack("{s:o}", "letters", list));
}

/* The letter that the path names, out of the list; NULL when the call has been answered. */
static struct hearth_dead_letter *take_named(struct hearth_call *call)
{
    int64_t id = 0;
    struct hearth_dead_letter *letter =
        hearth_parse_int(call->params[0], 1, INT64_MAX, &id) == 0
            ? hearth_scheduler_take_dead_letter(call->gateway->scheduler, (uint64_t)id)
            : NULL;
    if (!letter)
        hearth_answer_message(call, HEARTH_ENOTFOUND, NULL, "there is no dead letter '%.40s'",
                              call->params[0]);
    return letter;
}

void hearth_route_admin_letter_delete(struct hearth_call *call)
{
    struct hearth_dead_letter *letter = take_named(call);
    if (!letter)
        return;
    hearth_answer_json(call, 200,
                       json_pack("{s:b, s:I}", "deleted", 1, "id", (json_int_t)letter->id));
    hearth_dead_letter_destroy(letter);
}

/* One more try. */
struct retry {
    struct hearth_call *call;
    struct hearth_dead_letter *letter;
    struct hearth_inference *inference;
    struct hearth_buf text, vector;
};

static void retry_destroy(struct retry *retry)
{
    hearth_dead_letter_destroy(retry->letter);
    hearth_buf_finish(&retry->text);
    hearth_buf_finish(&retry->vector);
    hearth_free(retry);
}

static void on_event(void *argument, const struct hearth_event *event)
{
    struct retry *retry = argument;
    if (event->kind == HEARTH_EVENT_TEXT)
        hearth_buf_append(&retry->text, event->bytes.bytes, event->bytes.length);
    else if (event->kind == HEARTH_EVENT_VECTOR)
        hearth_json_write_floats(&retry->vector, event->values, event->value_count);
    hearth_inference_credit(retry->inference, 1);
}

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct retry *retry = argument;
    struct hearth_call *call = retry->call;
    struct hearth_buf answer;
    hearth_buf_init(&answer, ANSWER_MAX);
    hearth_buf_printf(&answer, "{\"id\":%llu,\"model\":", (unsigned long long)retry->letter->id);
    hearth_json_write_string(&answer, retry->letter->model, strlen(retry->letter->model));
    if (retry->vector.length) {
        hearth_buf_text(&answer, ",\"vector\":");
        hearth_buf_append(&answer, retry->vector.bytes, retry->vector.length);
    } else {
        hearth_buf_text(&answer, ",\"text\":");
        hearth_json_write_string(&answer, retry->text.bytes ? retry->text.bytes : "",
                                 retry->text.length);
    }
    hearth_buf_printf(&answer, ",\"prompt_tokens\":%u}", done->prompt_tokens);
    retry_destroy(retry);
    hearth_answer_buf(call, 200, &answer);
}

static void put_back(struct retry *retry)
{
    retry->letter->attempts++;
    hearth_scheduler_add_dead_letter(retry->call->gateway->scheduler, retry->letter);
}

static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct retry *retry = argument;
    struct hearth_call *call = retry->call;
    const struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    struct hearth_error copy = *error;
    if (copy.code != HEARTH_ECRASHED) /* else the scheduler has it as a new letter */
        put_back(retry);
    retry_destroy(retry);
    hearth_answer_error(call, &copy, &detail);
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    struct retry *retry = call->work;
    hearth_inference_cancel(retry->inference);
    put_back(retry);
    retry_destroy(retry);
}

static int submit(struct retry *retry, uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    static const struct hearth_inference_events events = {
        .on_event = on_event, .on_done = on_done, .on_error = on_error};
    const struct hearth_dead_letter *letter = retry->letter;
    const struct hearth_inference_request request = {
        .model = letter->model,
        .class_ = letter->class_,
        .client = letter->client,
        .deadline_ms = retry->call->deadline_ms,
        .request_id = letter->request_id,
        .credit = CREDIT,
    };
    const struct hearth_inference_part part = {.input = letter->shared,
                                               .seed_offset = letter->seed_offset};
    struct hearth_inference_target *target;
    int rc =
        hearth_inference_target_open(retry->call->gateway->scheduler, &request, &target, error);
    if (rc < 0)
        return rc;
    rc = hearth_inference_submit_part(target, &part, &events, retry, &retry->inference,
                                      ret_retry_after_ms, error);
    hearth_inference_target_close(target);
    return rc;
}

void hearth_route_admin_letter_retry(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct hearth_dead_letter *letter = take_named(call);
    if (!letter)
        return;
    struct retry *retry = hearth_calloc(1, sizeof(*retry));
    struct hearth_error error;
    uint32_t retry_after_ms = 0;
    retry->call = call;
    retry->letter = letter;
    hearth_buf_init(&retry->text, ANSWER_MAX / 2);
    hearth_buf_init(&retry->vector, ANSWER_MAX / 2);
    if (submit(retry, &retry_after_ms, &error)) {
        on_error(retry, &error, retry_after_ms);
        return;
    }
    call->work = retry;
    call->events = &events;
}
