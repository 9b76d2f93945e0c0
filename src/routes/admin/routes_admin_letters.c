/* /admin/dead-letters: read, try again, throw away. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/admin/admin_routes.gen.h"
#include "serving/dead_letters.h"
#include "serving/scheduler.h"
#include "serving/shared_input.h"
#include "task/answering.h"

#include <string.h>

/* The list shows enough of an input to know it again; a retry uses all of it. */
enum { TEXT_SHOWN_MAX = 4096, ANSWER_MAX = 16 << 20 };

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

/* Cut between two characters. Bytes that are no text are shown as "". */
static json_t *text_json(const struct hearth_input *input)
{
    size_t length = input->length < TEXT_SHOWN_MAX ? input->length : TEXT_SHOWN_MAX;
    length = input->bytes ? hearth_utf8_whole(input->bytes, length) : 0;
    json_t *text = length ? json_stringn(input->bytes, length) : NULL;
    return text ? text : json_string("");
}

/* The text of a pair's second part is not shown, but counted in "bytes". */
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

/* The letter is out of the list already; it is destroyed after its id has been told. */
void hearth_route_admin_letter_delete(struct hearth_call *call)
{
    struct hearth_dead_letter *letter = take_named(call);
    if (!letter)
        return;
    hearth_answer_json(call, 200,
                       json_pack("{s:b, s:I}", "deleted", 1, "id", (json_int_t)letter->id));
    hearth_dead_letter_destroy(letter);
}

/* One more try of a letter. It is out of the list meanwhile, so that it is not tried twice at once,
 * and back in it when it could not be answered. */
struct retry {
    struct hearth_answering answering; /* first */
    struct hearth_dead_letter *letter;
    struct hearth_buf text, vector;
    uint32_t prompt_tokens;
};

static struct retry *of(struct hearth_answering *answering)
{
    return (struct retry *)answering;
}

/* The same input and seed as the first time, so that the retry is the same request. */
static struct hearth_shared_input *ask(struct hearth_answering *answering, uint32_t part,
                                       uint64_t *ret_seed_offset)
{
    (void)part;
    const struct hearth_dead_letter *letter = of(answering)->letter;
    *ret_seed_offset = letter->seed_offset;
    return hearth_shared_input_keep(letter->shared);
}

/* Text and vector share one mechanism: a letter's task has one or the other. */
static void on_event(struct hearth_answering *answering, uint32_t part,
                     const struct hearth_event *event)
{
    (void)part;
    struct retry *retry = of(answering);
    if (event->kind == HEARTH_EVENT_TEXT)
        hearth_buf_append(&retry->text, event->bytes.bytes, event->bytes.length);
    else if (event->kind == HEARTH_EVENT_VECTOR)
        hearth_json_write_floats(&retry->vector, event->values, event->value_count);
}

static int on_done(struct hearth_answering *answering, uint32_t part,
                   const struct hearth_inference_done *done, struct hearth_error *error)
{
    (void)part, (void)error;
    of(answering)->prompt_tokens = done->prompt_tokens;
    return 0;
}

/* A vector is written as JSON already as it comes; a text is escaped here, once it is whole. */
static void on_complete(struct hearth_answering *answering)
{
    struct retry *retry = of(answering);
    struct hearth_buf buf;
    hearth_buf_init(&buf, ANSWER_MAX);
    hearth_buf_printf(&buf, "{\"id\":%llu,\"model\":", (unsigned long long)retry->letter->id);
    hearth_json_write_text(&buf, retry->letter->model);
    if (retry->vector.length) {
        hearth_buf_text(&buf, ",\"vector\":");
        hearth_buf_append(&buf, retry->vector.bytes, retry->vector.length);
    } else {
        hearth_buf_text(&buf, ",\"text\":");
        hearth_json_write_string(&buf, retry->text.bytes, retry->text.length);
    }
    hearth_buf_printf(&buf, ",\"prompt_tokens\":%u}", retry->prompt_tokens);
    hearth_answer_buf(hearth_answering_end(answering), 200, &buf);
}

/* A copy goes into the list, and the letter here goes with the retry (release). */
static void put_back(struct retry *retry)
{
    retry->letter->attempts++;
    hearth_scheduler_add_dead_letter(retry->answering.gateway->scheduler, retry->letter);
}

static void on_failed(struct hearth_answering *answering, uint32_t part,
                      const struct hearth_error *error, uint32_t retry_after_ms)
{
    (void)part;
    const struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    if (error->code != HEARTH_ECRASHED) /* else the scheduler has it as a new letter */
        put_back(of(answering));
    hearth_answer_error(hearth_answering_end(answering), error, &detail);
}

/* Whoever asked for the retry has left before it was answered: the letter waits for the next
 * one. */
static void on_gone(struct hearth_answering *answering, int reason)
{
    (void)reason;
    put_back(of(answering));
}

static void release(struct hearth_answering *answering)
{
    struct retry *retry = of(answering);
    hearth_dead_letter_destroy(retry->letter);
    hearth_buf_finish(&retry->text);
    hearth_buf_finish(&retry->vector);
    hearth_free(retry);
}

/* The letter is taken out of the list first; every way out of here either puts it back or destroys
 * it. */
void hearth_route_admin_letter_retry(struct hearth_call *call)
{
    static const struct hearth_answering_ops ops = {.ask = ask,
                                                    .on_complete = on_complete,
                                                    .on_failed = on_failed,
                                                    .release = release,
                                                    .on_event = on_event,
                                                    .on_done = on_done,
                                                    .on_gone = on_gone};
    struct hearth_dead_letter *letter = take_named(call);
    if (!letter)
        return;
    struct hearth_inference_request inference =
        hearth_answering_request(call, letter->model, letter->class_, HEARTH_CREDIT_COLLECTED);
    inference.client = letter->client; /* its turn in the queue is still that of who sent it */
    inference.request_id = letter->request_id;
    struct retry *retry = hearth_calloc(1, sizeof(*retry));
    retry->answering = (struct hearth_answering){.ops = &ops, .count = 1};
    retry->letter = letter;
    hearth_buf_init(&retry->text, ANSWER_MAX / 2);
    hearth_buf_init(&retry->vector, ANSWER_MAX / 2);
    hearth_answering_start(&retry->answering, call, &inference);
}
