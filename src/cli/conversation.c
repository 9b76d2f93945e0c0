#include "cli/conversation.h"

#include "base/error.h"
#include "cli/event_lines.h"
#include "cli/interrupt.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 16 << 20 };

/* One answer on its way, as server-sent events. */
struct stream {
    struct hearth_reply *reply;
    struct hearth_event_lines lines;
    struct hearth_buf text;
    struct hearth_error fault;
};

void hearth_conversation_init(struct hearth_conversation *conversation,
                              struct hearth_client *client, const char *model)
{
    *conversation = (struct hearth_conversation){
        .client = client, .model = model, .options = json_object(), .messages = json_array()};
}

void hearth_conversation_finish(struct hearth_conversation *conversation)
{
    json_decref(conversation->options);
    json_decref(conversation->messages);
}

/* Each of a conversation's messages is sent with every request: the server keeps nothing between
 * two (OpenAI's API has no state). */
void hearth_conversation_say(struct hearth_conversation *conversation, const char *role,
                             const char *text)
{
    json_array_append_new(conversation->messages,
                          json_pack("{s:s, s:s}", "role", role, "content", text));
}

/* From the end, so that removing does not move what is still to be looked at. */
void hearth_conversation_clear(struct hearth_conversation *conversation)
{
    for (size_t i = json_array_size(conversation->messages); i-- > 0;)
        if (strcmp(hearth_json_text(json_array_get(conversation->messages, i), "role", ""),
                   "system") != 0)
            json_array_remove(conversation->messages, i);
}

/* A chunk has a piece of the answer, the reason of its end, or, as the last one, the usage
 * (OpenAI's stream of chat.completion.chunk). */
static void take_chunk(struct stream *stream, const json_t *chunk)
{
    const json_t *choice = json_array_get(json_object_get(chunk, "choices"), 0);
    const char *text = hearth_json_text(json_object_get(choice, "delta"), "content", NULL);
    if (text && *text) {
        hearth_buf_text(&stream->text, text);
        stream->reply->on_text(stream->reply->argument, text);
    }
    const char *thought =
        hearth_json_text(json_object_get(choice, "delta"), "reasoning_content", NULL);
    if (thought && *thought && stream->reply->on_thought)
        stream->reply->on_thought(stream->reply->argument, thought);
    const char *finish = hearth_json_text(choice, "finish_reason", NULL);
    if (finish)
        snprintf(stream->reply->finish, sizeof(stream->reply->finish), "%s", finish);
    const json_t *usage = json_object_get(chunk, "usage");
    if (json_is_object(usage)) {
        stream->reply->prompt_tokens = hearth_json_integer(usage, "prompt_tokens", 0);
        stream->reply->completion_tokens = hearth_json_integer(usage, "completion_tokens", 0);
    }
}

/* A stream that has begun with 200 can only tell a fault as an event. */
static int take_fault(struct stream *stream, const json_t *fault)
{
    const struct hearth_error_row *row =
        hearth_error_row_by_code(hearth_json_text(fault, "code", ""));
    return hearth_error_set(&stream->fault, row ? row->number : HEARTH_EINTERNAL, "%s",
                            hearth_json_text(fault, "message", "the answer broke off"));
}

/* A line that begins with ':' is a comment, in which our server tells how a load goes. */
static int take_line(void *argument, const char *line)
{
    struct stream *stream = argument;
    if (line[0] == ':' && line[1] == ' ' && stream->text.length == 0)
        stream->reply->on_note(stream->reply->argument, line + 2);
    line = hearth_event_line_data(line);
    if (!line)
        return 0;
    if (strcmp(line, "[DONE]") == 0)
        return 0;
    struct hearth_error error = {.code = 0};
    json_t *chunk = hearth_json_parse(line, strlen(line), &error);
    if (!chunk)
        return hearth_error_set(&stream->fault, HEARTH_ENETWORK,
                                "the server's answer cannot be understood; is it a Hearth server?");
    /* Both may come in one stream: text, then an error. What was shown stays on the screen. */
    const json_t *fault = json_object_get(chunk, "error");
    int rc = json_is_object(fault) ? take_fault(stream, fault) : 0;
    if (!rc)
        take_chunk(stream, chunk);
    json_decref(chunk);
    return rc;
}

static int on_body(void *argument, const char *bytes, size_t length)
{
    struct stream *stream = argument;
    int rc = hearth_event_lines_take(&stream->lines, bytes, length);
    if (rc == HEARTH_ETOOLARGE && !stream->fault.code)
        hearth_error_set(&stream->fault, rc, "the server sent a line that is longer than 1 MiB");
    return rc;
}

static bool is_canceled(void *argument)
{
    (void)argument;
    return hearth_interrupted();
}

/* A shallow copy: the messages are shared by reference, not copied for each question. */
static json_t *request_of(const struct hearth_conversation *conversation)
{
    json_t *body = json_copy(conversation->options);
    json_object_set_new(body, "model", json_string(conversation->model));
    json_object_set(body, "messages", conversation->messages);
    json_object_set_new(body, "stream", json_true());
    /* Without it a stream says nothing about tokens, and --json would print zeros. */
    json_object_set_new(body, "stream_options", json_pack("{s:b}", "include_usage", 1));
    return body;
}

/* A fault that the stream told says more than the broken transfer that followed it. An answer that
 * Ctrl-C cut short belongs to the conversation: the model may be asked to go on. */
int hearth_conversation_ask(struct hearth_conversation *conversation, struct hearth_reply *reply,
                            struct hearth_error *error)
{
    struct stream stream = {.reply = reply};
    hearth_event_lines_init(&stream.lines, take_line, &stream);
    hearth_buf_init(&stream.text, ANSWER_MAX);
    json_t *body = request_of(conversation);
    const struct hearth_client_call call = {.method = "POST",
                                            .path = "/v1/chat/completions",
                                            .body = body,
                                            /* A model may be loading all this time. */
                                            .idle_timeout_ms = 15 * 60 * 1000,
                                            .on_body = on_body,
                                            .is_canceled = is_canceled,
                                            .argument = &stream};
    int rc = hearth_client_run(conversation->client, &call, NULL, error);
    json_decref(body);
    /* The callback's return value ended the transfer, and the client reports that in its own words.
     */
    if (rc && stream.fault.code) {
        rc = stream.fault.code;
        if (error)
            *error = stream.fault;
    }
    reply->is_canceled = rc == HEARTH_ECANCELED && hearth_interrupted();
    if (reply->is_canceled)
        rc = 0;
    /* A question without an answer would make the next request begin with two questions in a row,
     * which most chat templates refuse. */
    const char *text = hearth_buf_cstr(&stream.text);
    if (rc == 0)
        hearth_conversation_say(conversation, "assistant", text ? text : "");
    else if (json_array_size(conversation->messages))
        json_array_remove(conversation->messages, json_array_size(conversation->messages) - 1);
    hearth_event_lines_finish(&stream.lines);
    hearth_buf_finish(&stream.text);
    return rc;
}
