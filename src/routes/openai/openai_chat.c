/* /v1/chat/completions: events into OpenAI's shapes. What the body asks for is read by
 * openai_chat_read.c. */
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_write.h"
#include "task/sampling.h"

#include <string.h>

enum { ENTRIES_MAX = 16 << 20 };

/* Of clients that send `functions`, the older name of tools: one call, in a shape of its own. */
static bool is_legacy(const struct hearth_choice *choice)
{
    return choice->generation->shape == &hearth_openai_chat_functions;
}

/* Kept of a choice: its logprobs so far, as JSON. */
struct kept {
    struct hearth_buf entries;
    bool begun;
};

static void write_tokens(struct hearth_buf *buf, const struct hearth_event *event, bool first)
{
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        if (!first || i)
            hearth_buf_char(buf, ',');
        hearth_openai_write_scored(buf, &event->tokens[i]);
    }
}

/* {…,"choices":[{"index":0,"delta": — what every chunk begins with. */
static void chunk_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_openai_write_head(choice->generation, "chat.completion.chunk", buf);
    hearth_buf_printf(buf, ",\"choices\":[{\"index\":%u,\"delta\":", choice->index);
}

static void write_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    hearth_buf_text(buf, "{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null");
    hearth_openai_close_chunk(choice, NULL, buf);
}

/* {"name":…,"arguments": and its text, which may be empty */
static void write_function(struct hearth_buf *buf, const struct hearth_bytes *name,
                           const struct hearth_bytes *arguments)
{
    hearth_buf_text(buf, "{");
    if (name) {
        hearth_buf_text(buf, "\"name\":");
        hearth_json_write_string(buf, name->bytes, name->length);
        hearth_buf_text(buf, ",");
    }
    hearth_buf_text(buf, "\"arguments\":");
    hearth_json_write_string(buf, arguments->bytes, arguments->length);
    hearth_buf_text(buf, "}");
}

/* The first delta of a call has its id and its name, those behind it pieces of its arguments. */
static void write_call_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                             struct hearth_buf *buf)
{
    static const struct hearth_bytes none = {"", 0};
    bool begins = event->channel == HEARTH_CHANNEL_CALL;
    if (is_legacy(choice)) {
        hearth_buf_text(buf, "{\"function_call\":");
    } else {
        hearth_buf_printf(buf, "{\"tool_calls\":[{\"index\":%u,", event->call);
        if (begins)
            hearth_buf_printf(buf, "\"id\":\"%s\",\"type\":\"function\",",
                              choice->calls[choice->call_count - 1].id);
        hearth_buf_text(buf, "\"function\":");
    }
    write_function(buf, begins ? &event->bytes : NULL, begins ? &none : &event->bytes);
    hearth_buf_text(buf, is_legacy(choice) ? "" : "}]");
}

static void write_text_delta(const struct hearth_event *event, struct hearth_buf *buf)
{
    hearth_buf_text(buf, event->channel == HEARTH_CHANNEL_REASONING ? "{\"reasoning_content\":"
                                                                    : "{\"content\":");
    hearth_json_write_string(buf, event->bytes.bytes, event->bytes.length);
}

static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    if (event->channel == HEARTH_CHANNEL_CALL || event->channel == HEARTH_CHANNEL_ARGUMENTS)
        write_call_delta(choice, event, buf);
    else
        write_text_delta(event, buf);
    if (choice->generation->logprobs && event->has_tokens) {
        hearth_buf_text(buf, "},\"logprobs\":{\"content\":[");
        write_tokens(buf, event, true);
        hearth_buf_text(buf, "],\"refusal\":null}");
    } else {
        hearth_buf_text(buf, "},\"logprobs\":null");
    }
    hearth_openai_close_chunk(choice, NULL, buf);
}

/* A chunk that adds nothing to the answer, for clients that look into `choices`. */
static void write_progress(const struct hearth_choice *choice, const struct hearth_event *event,
                           struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    hearth_buf_text(buf, "{},\"logprobs\":null,\"finish_reason\":null}]");
    hearth_generation_write_progress(choice, event, buf);
    hearth_buf_text(buf, choice->generation->include_usage ? ",\"usage\":null}" : "}");
}

static const char *finish_name(const struct hearth_choice *choice)
{
    bool called = choice->done.finish == HEARTH_FINISH_TOOLS;
    return called && is_legacy(choice) ? "function_call" : hearth_finish_name(choice->done.finish);
}

/* The reason comes in a chunk of its own, with an empty delta. */
static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    chunk_open(choice, buf);
    hearth_buf_text(buf, "{},\"logprobs\":null");
    hearth_openai_close_chunk(choice, finish_name(choice), buf);
}

static void write_usage(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_usage_chunk(generation, "chat.completion.chunk", buf);
}

/* Written at once: the alternatives of an event live no longer than it does. */
static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct kept *kept = choice->kept;
    if (!choice->generation->logprobs)
        return;
    if (!kept->begun)
        hearth_buf_init(&kept->entries, ENTRIES_MAX);
    kept->begun = true;
    write_tokens(&kept->entries, event, kept->entries.length == 0);
}

static void forget(struct hearth_choice *choice)
{
    hearth_buf_finish(&((struct kept *)choice->kept)->entries);
}

static void write_calls(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    if (choice->call_count)
        hearth_buf_text(buf, is_legacy(choice) ? ",\"function_call\":" : ",\"tool_calls\":[");
    for (uint32_t i = 0; i < choice->call_count; i++) {
        const struct hearth_generated_call *call = &choice->calls[i];
        const struct hearth_bytes name = {call->name.bytes, call->name.length};
        const struct hearth_bytes arguments = {call->arguments.bytes, call->arguments.length};
        if (!is_legacy(choice))
            hearth_buf_printf(buf,
                              "%s{\"id\":\"%s\",\"type\":\"function\",\"function\":", i ? "," : "",
                              call->id);
        write_function(buf, &name, &arguments);
        if (is_legacy(choice))
            return; /* it has room for one */
        hearth_buf_char(buf, '}');
    }
    if (choice->call_count)
        hearth_buf_char(buf, ']');
}

/* A message of calls alone has no content, as OpenAI has it. */
static void write_message(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"role\":\"assistant\",\"content\":");
    if (choice->call_count && !choice->text.length)
        hearth_buf_text(buf, "null");
    else
        hearth_json_write_string(buf, choice->text.bytes, choice->text.length);
    if (choice->reasoning.length) {
        hearth_buf_text(buf, ",\"reasoning_content\":");
        hearth_json_write_string(buf, choice->reasoning.bytes, choice->reasoning.length);
    }
    hearth_buf_text(buf, ",\"refusal\":null");
    write_calls(choice, buf);
    hearth_buf_char(buf, '}');
}

static void write_choice(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"index\":%u,\"message\":", choice->index);
    write_message(choice, buf);
    hearth_buf_text(buf, ",\"logprobs\":");
    if (choice->generation->logprobs) {
        const struct kept *kept = choice->kept;
        hearth_buf_text(buf, "{\"content\":[");
        hearth_buf_append(buf, kept->entries.bytes, kept->entries.length);
        hearth_buf_text(buf, "],\"refusal\":null}");
    } else {
        hearth_buf_text(buf, "null");
    }
    hearth_buf_printf(buf, ",\"finish_reason\":\"%s\"}", finish_name(choice));
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_answer(generation, "chat.completion", write_choice, buf);
}

#define CHAT_SHAPE                                                                                 \
    {                                                                                              \
        .id_prefix = "chatcmpl-", .input_param = "messages", .write_answer = write_answer,         \
        .write_open = write_open, .write_delta = write_delta, .write_finish = write_finish,        \
        .write_progress = write_progress, .write_usage = write_usage,                              \
        .last_words = HEARTH_OPENAI_LAST_WORDS, .kept_size = sizeof(struct kept), .keep = keep,    \
        .forget = forget,                                                                          \
    }

const struct hearth_generation_shape hearth_openai_chat = CHAT_SHAPE;
const struct hearth_generation_shape hearth_openai_chat_functions = CHAT_SHAPE;
