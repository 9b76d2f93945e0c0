#include "routes/openai/responses_write.h"

#include "base/error.h"
#include "base/memory.h"
#include "routes/openai/responses_keep.h"

#include <string.h>

static struct hearth_response *of(const struct hearth_choice *choice)
{
    return choice->kept;
}

static void write_bytes(struct hearth_buf *buf, struct hearth_bytes text)
{
    hearth_json_write_string(buf, text.bytes, text.length);
}

static void write_message(struct hearth_bytes text, struct hearth_bytes logprobs, bool done,
                          struct hearth_buf *buf)
{
    hearth_buf_text(buf, ",\"role\":\"assistant\",\"content\":[");
    if (done) {
        hearth_buf_text(buf, "{\"type\":\"output_text\",\"text\":");
        write_bytes(buf, text);
        hearth_buf_text(buf, ",\"annotations\":[],\"logprobs\":[");
        hearth_buf_append(buf, logprobs.bytes, logprobs.length);
        hearth_buf_text(buf, "]}");
    }
    hearth_buf_char(buf, ']');
}

static void write_thought(struct hearth_bytes text, bool summary, bool done, struct hearth_buf *buf)
{
    if (!done) {
        hearth_buf_text(buf, ",\"summary\":[],\"content\":[]");
        return;
    }
    hearth_buf_text(buf, summary
                             ? ",\"content\":[],\"summary\":[{\"type\":\"summary_text\",\"text\":"
                             : ",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\","
                               "\"text\":");
    write_bytes(buf, text);
    hearth_buf_text(buf, "}]");
}

static void write_call(const struct hearth_generated_call *call, bool done, struct hearth_buf *buf)
{
    hearth_buf_text(buf, ",\"call_id\":");
    hearth_json_write_text(buf, call->id);
    hearth_buf_text(buf, ",\"name\":");
    hearth_json_write_string(buf, call->name.bytes, call->name.length);
    hearth_buf_text(buf, ",\"arguments\":");
    hearth_json_write_string(buf, call->arguments.bytes, done ? call->arguments.length : 0);
}

/* The last item of an answer that was cut is not whole. */
static const char *item_status(const struct hearth_choice *choice, uint32_t index, bool done)
{
    bool last = index + 1 == of(choice)->item_count;
    if (!done)
        return "in_progress";
    return last && choice->done.finish == HEARTH_FINISH_LENGTH ? "incomplete" : "completed";
}

void hearth_response_write_item(const struct hearth_choice *choice, uint32_t index, bool done,
                                struct hearth_buf *buf)
{
    static const char *const types[] = {[HEARTH_CHANNEL_CONTENT] = "message",
                                        [HEARTH_CHANNEL_REASONING] = "reasoning",
                                        [HEARTH_CHANNEL_CALL] = "function_call"};
    const struct hearth_response_item *item = &of(choice)->outline[index];
    struct hearth_bytes text = hearth_response_item_text(choice, index);
    hearth_buf_text(buf, "{\"id\":");
    hearth_response_write_item_id(choice, index, buf);
    hearth_buf_printf(buf, ",\"type\":\"%s\",\"status\":\"%s\"", types[item->channel],
                      item_status(choice, index, done));
    if (item->channel == HEARTH_CHANNEL_CONTENT)
        write_message(text, hearth_response_item_logprobs(choice, index), done, buf);
    else if (item->channel == HEARTH_CHANNEL_REASONING)
        write_thought(text, of(choice)->summary, done, buf);
    else
        write_call(&choice->calls[item->call], done, buf);
    hearth_buf_char(buf, '}');
}

/* Writing to the cache costs nothing here: no token is counted for it. */
static void write_usage(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_inference_done *done = &choice->done;
    hearth_buf_printf(buf,
                      "{\"input_tokens\":%u,\"input_tokens_details\":{\"cached_tokens\":%u,"
                      "\"cache_write_tokens\":0},"
                      "\"output_tokens\":%u,\"output_tokens_details\":{\"reasoning_tokens\":%u},"
                      "\"total_tokens\":%llu}",
                      done->prompt_tokens, done->cached_tokens, done->completion_tokens,
                      choice->reasoning_tokens,
                      (unsigned long long)done->prompt_tokens + done->completion_tokens);
}

static void write_error(const struct hearth_error *error, struct hearth_buf *buf)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    hearth_buf_text(buf, "{\"code\":");
    hearth_json_write_text(buf, row->http_status < 500 ? row->code : "server_error");
    hearth_buf_text(buf, ",\"message\":");
    hearth_json_write_text(buf, *error->message ? error->message : row->text);
    hearth_buf_char(buf, '}');
}

/* Items are there when they are done, which they are at the end. */
static void write_output(const struct hearth_choice *choice, bool ended, struct hearth_buf *buf)
{
    hearth_buf_text(buf, ",\"output\":[");
    for (uint32_t i = 0; ended && i < of(choice)->item_count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        hearth_response_write_item(choice, i, true, buf);
    }
    hearth_buf_char(buf, ']');
}

const char *hearth_response_status(const struct hearth_choice *choice)
{
    return choice->done.finish == HEARTH_FINISH_LENGTH ? "incomplete" : "completed";
}

void hearth_response_write(const struct hearth_choice *choice, const char *status,
                           const struct hearth_error *error, struct hearth_buf *buf)
{
    const struct hearth_generation *g = choice->generation;
    bool running = strcmp(status, "in_progress") == 0;
    hearth_buf_printf(buf, "{\"id\":\"%s\",\"object\":\"response\",\"created_at\":%lld,\"model\":",
                      g->id, (long long)g->created_s);
    hearth_json_write_text(buf, g->model);
    hearth_buf_printf(buf, ",\"status\":\"%s\",\"background\":%s,\"error\":", status,
                      of(choice)->background ? "true" : "false");
    if (error)
        write_error(error, buf);
    else
        hearth_buf_text(buf, "null");
    hearth_buf_text(buf, strcmp(status, "incomplete") == 0
                             ? ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"
                             : ",\"incomplete_details\":null");
    write_output(choice, !running, buf);
    hearth_buf_text(buf, ",\"usage\":");
    if (running || error)
        hearth_buf_text(buf, "null");
    else
        write_usage(choice, buf);
    if (of(choice)->about)
        hearth_buf_printf(buf, ",%s", of(choice)->about);
    hearth_buf_char(buf, '}');
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    struct hearth_choice *choice = (struct hearth_choice *)&generation->choices[0];
    hearth_response_note_nothing(choice);
    hearth_response_write(choice, hearth_response_status(choice), NULL, buf);
    hearth_response_keep(choice, buf->bytes, buf->failed ? 0 : buf->length);
}

static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    hearth_response_note(choice, event);
}

static void forget(struct hearth_choice *choice)
{
    struct hearth_response *response = of(choice);
    hearth_free(response->about);
    hearth_free(response->outline);
    hearth_buf_finish(&response->logprobs);
    json_decref(response->items);
}

static const struct hearth_place_name places[] = {
    {"response_format.json_schema.schema", "text.format.schema"},
    {"response_format", "text.format"},
    {"tools[*].function.", "tools[*]."},
    {NULL, NULL}};

const struct hearth_generation_shape hearth_openai_responses = {
    .id_prefix = "resp_",
    .framing = HEARTH_FRAMING_NAMED,
    .collects = true,
    .places = places,
    .input_param = "input",
    .write_answer = write_answer,
    .write_open = hearth_response_stream_open,
    .write_delta = hearth_response_stream_delta,
    .write_progress = hearth_response_stream_progress,
    .write_finish = hearth_response_stream_finish,
    .write_error = hearth_response_stream_error,
    .kept_size = sizeof(struct hearth_response),
    .keep = keep,
    .forget = forget,
};
