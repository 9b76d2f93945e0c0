/* Messages of Anthropic's API, which are lists of blocks, into those that chat templates know. */
#include "routes/anthropic/anthropic_read.h"

#include "base/error.h"
#include "task/conversation.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ARGUMENTS_MAX = 16 << 20 };

struct reading {
    json_t *messages;
    json_t *calls;    /* id of each call so far: its function's name */
    const char *role; /* of the message that is read */
    size_t message, block;
    struct hearth_error *error;
};

/* "messages[1].content[0].input: …" */
static int fault(const struct reading *reading, const char *member, const char *what)
{
    return hearth_error_set(reading->error, HEARTH_EINVAL, "messages[%zu].content[%zu]%s%s: %s",
                            reading->message, reading->block, *member ? "." : "", member, what);
}

static int read_text(struct reading *reading, const json_t *block)
{
    json_t *text = json_object_get(block, "text");
    if (!json_is_string(text))
        return fault(reading, "text", "expected a text");
    hearth_conversation_add_text(reading->messages, reading->role, text);
    return 0;
}

/* Only what is text already; a PDF would have to be read first. */
static int read_document(struct reading *reading, const json_t *block)
{
    const json_t *source = json_object_get(block, "source");
    json_t *text = json_object_get(source, "data");
    if (strcmp(hearth_json_text(source, "type", ""), "text") != 0 || !json_is_string(text))
        return fault(reading, "source", "only documents of the type text are taken");
    hearth_conversation_add_text(reading->messages, reading->role, text);
    return 0;
}

static int read_thinking(struct reading *reading, const json_t *block)
{
    const char *text = hearth_json_text(block, "thinking", NULL);
    if (!text)
        return fault(reading, "thinking", "expected a text");
    hearth_conversation_add_reasoning(reading->messages, text);
    return 0;
}

/* What another server has encrypted means nothing to a model here. */
static int skip(struct reading *reading, const json_t *block)
{
    (void)reading, (void)block;
    return 0;
}

static int read_tool_use(struct reading *reading, const json_t *block)
{
    const char *id = hearth_json_text(block, "id", "");
    const char *name = hearth_json_text(block, "name", "");
    const json_t *input = json_object_get(block, "input");
    if (!*id || !*name)
        return fault(reading, *id ? "name" : "id", "expected a text that is not empty");
    if (!json_is_object(input))
        return fault(reading, "input", "expected an object");
    if (json_object_get(reading->calls, id))
        return fault(reading, "id", "another call has this id already");
    struct hearth_buf text;
    hearth_buf_init(&text, ARGUMENTS_MAX);
    int rc = hearth_json_dump(&text, input);
    const char *arguments = rc ? NULL : hearth_buf_cstr(&text);
    if (arguments) {
        hearth_conversation_add_call(reading->messages, id, name, arguments);
        json_object_set_new(reading->calls, id, json_string(name));
    }
    hearth_buf_finish(&text);
    return arguments ? 0
                     : hearth_error_set(reading->error, HEARTH_ETOOLARGE, "a call is too large");
}

/* Text, or blocks of text; nothing at all is an empty text. */
static int check_result(const struct reading *reading, json_t *content)
{
    size_t i;
    json_t *part;
    if (content && !json_is_string(content) && !json_is_array(content))
        return fault(reading, "content", "expected a text or a list of blocks");
    json_array_foreach(content, i, part)
    {
        const char *type = hearth_json_text(part, "type", "");
        if (strcmp(type, "text") != 0 || !json_is_string(json_object_get(part, "text")))
            return fault(reading, "content", "a result may only hold blocks of the type text");
    }
    return 0;
}

static json_t *text_part(json_t *text)
{
    return json_pack("{s:s, s:O}", "type", "text", "text", text);
}

/* Templates know no mark of a tool that failed: so the text says it, where it stands first. */
static json_t *result_text(json_t *content, bool failed)
{
    size_t i;
    json_t *part;
    if (json_is_string(content))
        return failed ? json_sprintf("Error: %s", json_string_value(content))
                      : json_incref(content);
    if (json_array_size(content) == 0)
        return json_string(failed ? "Error" : "");
    json_t *parts = json_array();
    if (failed)
        json_array_append_new(parts, json_pack("{s:s, s:s}", "type", "text", "text", "Error: "));
    json_array_foreach(content, i, part)
        json_array_append_new(parts, text_part(json_object_get(part, "text")));
    return parts;
}

static int read_tool_result(struct reading *reading, const json_t *block)
{
    const char *id = hearth_json_text(block, "tool_use_id", "");
    const char *name = hearth_json_text(reading->calls, id, NULL);
    json_t *content = json_object_get(block, "content");
    if (!name)
        return fault(reading, "tool_use_id", "no tool_use block before it has this id");
    int rc = check_result(reading, content);
    if (rc)
        return rc;
    json_t *text = result_text(content, hearth_json_truth(block, "is_error", false));
    hearth_conversation_add_result(reading->messages, id, name, text);
    json_decref(text);
    return 0;
}

struct block_kind {
    const char *type, *role; /* the role that alone may say it; NULL: both */
    int (*read)(struct reading *reading, const json_t *block);
};

static const struct block_kind kinds[] = {
    {"text", NULL, read_text},
    {"document", "user", read_document},
    {"tool_result", "user", read_tool_result},
    {"tool_use", "assistant", read_tool_use},
    {"thinking", "assistant", read_thinking},
    {"redacted_thinking", "assistant", skip},
};

static int read_block(struct reading *reading, const json_t *block)
{
    const char *type = hearth_json_text(block, "type", "");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(type, kinds[i].type) != 0)
            continue;
        if (kinds[i].role && strcmp(kinds[i].role, reading->role) != 0)
            return fault(reading, "type", "a message of this role cannot have such a block");
        return kinds[i].read(reading, block);
    }
    if (strcmp(type, "image") == 0)
        return fault(reading, "type", "models here read text only, images are not taken");
    return fault(reading, "type",
                 "expected text, document, tool_use, tool_result, thinking or redacted_thinking");
}

static int read_message(struct reading *reading, const json_t *message)
{
    json_t *content = json_object_get(message, "content");
    json_t *block;
    reading->role = hearth_json_text(message, "role", "user");
    if (json_is_string(content)) {
        hearth_conversation_add_text(reading->messages, reading->role, content);
        return 0;
    }
    json_array_foreach(content, reading->block, block)
    {
        int rc = read_block(reading, block);
        if (rc)
            return rc;
    }
    return 0;
}

/* The system prompt stands beside the messages, and is their first in a template. */
static void read_system(const json_t *body, json_t *messages)
{
    json_t *system = json_object_get(body, "system");
    size_t i;
    json_t *block;
    if (json_is_string(system))
        hearth_conversation_add_text(messages, "system", system);
    json_array_foreach(system, i, block)
        hearth_conversation_add_text(messages, "system", json_object_get(block, "text"));
}

int hearth_anthropic_read_messages(const json_t *body, json_t *messages, struct hearth_error *error)
{
    struct reading reading = {.messages = messages, .calls = json_object(), .error = error};
    json_t *message;
    int rc = 0;
    read_system(body, messages);
    json_array_foreach(json_object_get(body, "messages"), reading.message, message)
    {
        rc = read_message(&reading, message);
        if (rc)
            break;
    }
    json_decref(reading.calls);
    return rc;
}
