/* /completion and /infill: events into llama-server's own shape. What the bodies ask for is read by
 * native_prompts.c. */
#include "base/json.h"
#include "gateway/answers.h"
#include "routes/native/native_read.h"
#include "routes/native/native_routes.gen.h"
#include "routes/native/native_write.h"
#include "task/default_model.h"
#include "task/timings.h"
#include "task/token_json.h"

#include <string.h>

enum { PIECES_MAX = 64 << 20, LIST_MAX = 16 << 20, ANSWER_MAX = 64 << 20 };

/* Kept of a choice, of a stream too: ids and probabilities so far, as JSON. */
struct kept {
    struct hearth_buf ids, probabilities;
    bool begun, newline;
};

static const struct hearth_native_asked *asked_of(const struct hearth_choice *choice)
{
    return choice->generation->asked;
}

static void write_ids(const struct hearth_event *event, bool first, struct hearth_buf *buf)
{
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++)
        hearth_buf_printf(buf, first && i == 0 ? "%d" : ",%d", event->tokens[i].token);
}

static void note(const struct hearth_choice *choice, const struct hearth_event *event)
{
    struct kept *kept = choice->kept;
    if (event->bytes.length && memchr(event->bytes.bytes, '\n', event->bytes.length))
        kept->newline = true;
}

static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct kept *kept = choice->kept;
    if (!kept->begun) {
        hearth_buf_init(&kept->ids, LIST_MAX);
        hearth_buf_init(&kept->probabilities, LIST_MAX);
    }
    kept->begun = true;
    note(choice, event);
    if (asked_of(choice)->tokens)
        write_ids(event, kept->ids.length == 0, &kept->ids);
    if (asked_of(choice)->probabilities)
        hearth_tokens_json_write(event, true, kept->probabilities.length == 0,
                                 &kept->probabilities);
}

static void forget(struct hearth_choice *choice)
{
    struct kept *kept = choice->kept;
    hearth_buf_finish(&kept->ids);
    hearth_buf_finish(&kept->probabilities);
}

static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    const struct hearth_native_asked *asked = asked_of(choice);
    note(choice, event);
    hearth_buf_printf(buf, "{\"index\":%u,\"content\":", choice->index);
    hearth_json_write_string(buf, event->bytes.bytes, event->bytes.length);
    hearth_buf_text(buf, ",\"tokens\":[");
    if (asked->tokens)
        write_ids(event, true, buf);
    hearth_buf_printf(buf, "],\"stop\":false,\"id_slot\":0,\"tokens_predicted\":%u",
                      choice->tokens);
    hearth_generation_write_timings(choice, buf);
    if (asked->probabilities && event->has_tokens) {
        hearth_buf_text(buf, ",\"completion_probabilities\":[");
        hearth_tokens_json_write(event, true, true, buf);
        hearth_buf_char(buf, ']');
    }
    hearth_buf_char(buf, '}');
}

static void write_progress(const struct hearth_choice *choice, const struct hearth_event *event,
                           struct hearth_buf *buf)
{
    hearth_buf_printf(buf,
                      "{\"index\":%u,\"content\":\"\",\"tokens\":[],\"stop\":false,\"id_slot\":0,"
                      "\"tokens_predicted\":0,\"tokens_evaluated\":%u",
                      choice->index, event->prompt_tokens);
    hearth_generation_write_progress(choice, event, buf);
    hearth_buf_char(buf, '}');
}

static void write_stop(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_inference_done *done = &choice->done;
    const struct hearth_native_asked *asked = asked_of(choice);
    bool word = done->stop && done->stop <= choice->generation->sampling.stop_count;
    const char *type = word ? "word" : done->finish == HEARTH_FINISH_LENGTH ? "limit" : "eos";
    hearth_buf_printf(buf, ",\"stop_type\":\"%s\",\"stopping_word\":", type);
    if (word)
        hearth_json_write_string(buf, asked->stops[done->stop - 1].bytes,
                                 asked->stops[done->stop - 1].length);
    else
        hearth_buf_text(buf, "\"\"");
}

/* The last of a stream and a whole answer differ by the text. */
static void write_end(const struct hearth_choice *choice, bool whole, struct hearth_buf *buf)
{
    const struct hearth_generation *generation = choice->generation;
    const struct hearth_inference_done *done = &choice->done;
    const struct kept *kept = choice->kept;
    hearth_buf_printf(buf, "{\"index\":%u,\"content\":", choice->index);
    hearth_json_write_string(buf, choice->text.bytes, whole ? choice->text.length : 0);
    hearth_buf_text(buf, ",\"tokens\":[");
    hearth_buf_append(buf, kept->ids.bytes, kept->ids.length);
    hearth_buf_text(buf, "],\"id_slot\":0,\"stop\":true,\"model\":");
    hearth_json_write_text(buf, generation->model);
    hearth_buf_printf(buf,
                      ",\"tokens_predicted\":%u,\"tokens_evaluated\":%u,\"tokens_cached\":%u,"
                      "\"has_new_line\":%s,\"truncated\":false,\"prompt\":",
                      done->completion_tokens, done->prompt_tokens,
                      done->prompt_tokens + done->completion_tokens,
                      kept->newline ? "true" : "false");
    hearth_json_write_text(buf, asked_of(choice)->prompts[choice->index / generation->n]);
    write_stop(choice, buf);
    hearth_buf_text(buf, ",\"generation_settings\":");
    hearth_native_write_settings(&generation->sampling, buf);
    hearth_buf_text(buf, ",\"timings\":");
    hearth_timings_write(done, buf);
    if (whole && asked_of(choice)->probabilities) {
        hearth_buf_text(buf, ",\"completion_probabilities\":[");
        hearth_buf_append(buf, kept->probabilities.bytes, kept->probabilities.length);
        hearth_buf_char(buf, ']');
    }
    hearth_buf_char(buf, '}');
}

static void write_shown(const struct hearth_choice *choice, bool whole, struct hearth_buf *buf)
{
    const char *const *fields = asked_of(choice)->fields;
    struct hearth_buf all;
    if (!fields) {
        write_end(choice, whole, buf);
        return;
    }
    hearth_buf_init(&all, ANSWER_MAX);
    write_end(choice, whole, &all);
    hearth_native_fields_write(fields, &all, buf);
    hearth_buf_finish(&all);
}

static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    write_shown(choice, false, buf);
}

/* Several prompts have a list of answers. */
static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    if (generation->list)
        hearth_buf_char(buf, '[');
    for (uint32_t i = 0; i < generation->choice_count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_shown(&generation->choices[i], true, buf);
    }
    if (generation->list)
        hearth_buf_char(buf, ']');
}

const struct hearth_generation_shape hearth_native_completion = {
    .id_prefix = "completion-",
    .input_param = "prompt",
    .write_answer = write_answer,
    .write_delta = write_delta,
    .write_progress = write_progress,
    .write_finish = write_finish,
    .kept_size = sizeof(struct kept),
    .keep = keep,
    .forget = forget,
};

typedef int read_body(json_t *body, struct hearth_arena *arena, struct hearth_buf *pieces,
                      struct hearth_generation_request *ret_request, const char **ret_param,
                      struct hearth_error *error);

static void run(struct hearth_call *call, read_body *read)
{
    struct hearth_generation_request request;
    struct hearth_error error;
    struct hearth_buf pieces;
    const char *param = NULL;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    hearth_buf_init(&pieces, PIECES_MAX);
    if (read(call->json, hearth_call_arena(call), &pieces, &request, &param, &error))
        hearth_answer_message(call, error.code, param, "%s", error.message);
    else
        hearth_generation_start(call, &request);
    hearth_buf_finish(&pieces);
}

void hearth_route_native_completion(struct hearth_call *call)
{
    run(call, hearth_native_completion_read);
}

void hearth_route_native_infill(struct hearth_call *call)
{
    run(call, hearth_native_infill_read);
}
