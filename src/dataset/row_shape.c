#include "dataset/row_shape.h"

#include "base/error.h"

#include <string.h>

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text && *text ? text : NULL;
}

static json_t *message(const char *role, const char *content)
{
    return json_pack("{s:s, s:s}", "role", role, "content", content);
}

/* `tools` may be a list, or, as some data sets have it, a list in a text. */
static int put_tools(const json_t *row, json_t *value, struct hearth_error *error)
{
    json_t *tools = json_object_get(row, "tools");
    const char *text = json_string_value(tools);
    if (!tools || json_is_null(tools) || (text && !*text))
        return 0;
    if (text)
        tools = hearth_json_parse(text, strlen(text), NULL);
    else
        json_incref(tools);
    if (!json_is_array(tools)) {
        json_decref(tools);
        return hearth_error_set(error, HEARTH_EINVAL, "tools must be a list");
    }
    json_object_set_new(value, "tools", tools);
    return 0;
}

/* What a template can be given: an answer may be calls of tools instead of text. */
static int check_message(const json_t *one, size_t number, bool *ret_answers,
                         struct hearth_error *error)
{
    const char *role = text_of(one, "role");
    const json_t *content = json_object_get(one, "content");
    const json_t *weight = json_object_get(one, "weight");
    if (!role)
        return hearth_error_set(error, HEARTH_EINVAL, "message %zu has no role", number);
    if (weight && hearth_json_number(one, "weight", 2) != 0 &&
        hearth_json_number(one, "weight", 2) != 1)
        return hearth_error_set(error, HEARTH_EINVAL, "message %zu: weight must be 0 or 1", number);
    if (!json_is_string(content) && !json_is_array(content) &&
        !json_is_array(json_object_get(one, "tool_calls")))
        return hearth_error_set(error, HEARTH_EINVAL, "message %zu has no content", number);
    if (strcmp(role, "assistant") == 0)
        *ret_answers = true;
    return 0;
}

static int check_messages(const json_t *messages, struct hearth_error *error)
{
    size_t count = json_array_size(messages);
    bool answers = false;
    int rc = 0;
    if (!json_is_array(messages) || count == 0)
        return hearth_error_set(error, HEARTH_EINVAL, "messages must be a list of messages");
    if (count > HEARTH_DATASET_MESSAGES_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "there are more than %d messages",
                                HEARTH_DATASET_MESSAGES_MAX);
    for (size_t i = 0; i < count && !rc; i++)
        rc = check_message(json_array_get(messages, i), i + 1, &answers, error);
    if (!rc && !answers)
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "no message is the assistant's, so there is nothing to learn");
    return rc;
}

/* Takes the messages over. */
static int make_messages(const json_t *row, json_t *messages, json_t **ret_value,
                         struct hearth_error *error)
{
    json_t *value = json_pack("{s:o}", "messages", messages);
    if (!value)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a row");
    int rc = check_messages(messages, error);
    if (!rc)
        rc = put_tools(row, value, error);
    if (rc)
        json_decref(value);
    else
        *ret_value = value;
    return rc;
}

static int take_messages(const json_t *row, json_t **ret_value, struct hearth_error *error)
{
    return make_messages(row, json_incref(json_object_get(row, "messages")), ret_value, error);
}

/* ShareGPT's roles, as its data sets spell them. */
static const char *role_of(const char *from)
{
    static const char *const rows[][2] = {
        {"human", "user"},          {"user", "user"},       {"gpt", "assistant"},
        {"assistant", "assistant"}, {"model", "assistant"}, {"chatgpt", "assistant"},
        {"system", "system"},       {"tool", "tool"},       {"observation", "tool"},
    };
    for (size_t i = 0; from && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i][0], from) == 0)
            return rows[i][1];
    return NULL;
}

static int take_sharegpt(const json_t *row, json_t **ret_value, struct hearth_error *error)
{
    const json_t *list = json_object_get(row, "conversations");
    json_t *messages = json_array();
    if (text_of(row, "system"))
        json_array_append_new(messages, message("system", text_of(row, "system")));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *from = text_of(one, "from") ? text_of(one, "from") : text_of(one, "role");
        const char *text = text_of(one, "value") ? text_of(one, "value") : text_of(one, "content");
        if (!role_of(from) || !text) {
            json_decref(messages);
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "item %zu of conversations needs `from` (human, gpt, system or "
                                    "tool) and `value`",
                                    i + 1);
        }
        json_array_append_new(messages, message(role_of(from), text));
    }
    return make_messages(row, messages, ret_value, error);
}

static int take_alpaca(const json_t *row, json_t **ret_value, struct hearth_error *error)
{
    const char *instruction = text_of(row, "instruction"), *output = text_of(row, "output");
    const char *input = text_of(row, "input");
    if (!instruction || !output)
        return hearth_error_set(error, HEARTH_EINVAL, "instruction and output must be texts");
    json_t *messages = json_array();
    if (text_of(row, "system"))
        json_array_append_new(messages, message("system", text_of(row, "system")));
    json_t *question =
        input ? json_sprintf("%s\n\n%s", instruction, input) : json_string(instruction);
    json_array_append_new(messages, json_pack("{s:s, s:o}", "role", "user", "content", question));
    json_array_append_new(messages, message("assistant", output));
    return make_messages(row, messages, ret_value, error);
}

/* A prompt and a completion that are lists of messages are one conversation. */
static int take_prompt(const json_t *row, enum hearth_dataset_form *ret_form, json_t **ret_value,
                       struct hearth_error *error)
{
    json_t *prompt = json_object_get(row, "prompt"),
           *completion = json_object_get(row, "completion");
    if (json_is_array(prompt) && json_is_array(completion)) {
        json_t *messages = json_copy(prompt);
        json_array_extend(messages, completion);
        *ret_form = HEARTH_FORM_MESSAGES;
        return make_messages(row, messages, ret_value, error);
    }
    if (!json_is_string(prompt) || !json_is_string(completion) || !json_string_length(completion))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "prompt and completion must be texts, or both lists of messages");
    *ret_form = HEARTH_FORM_PROMPT;
    *ret_value = json_pack("{s:O, s:O}", "prompt", prompt, "completion", completion);
    return 0;
}

static int take_text(const json_t *row, json_t **ret_value, struct hearth_error *error)
{
    if (!text_of(row, "text"))
        return hearth_error_set(error, HEARTH_EINVAL, "text must be a text, and not empty");
    *ret_value = json_pack("{s:O}", "text", json_object_get(row, "text"));
    return 0;
}

int hearth_row_shape(const json_t *row, const char **ret_shape, enum hearth_dataset_form *ret_form,
                     json_t **ret_value, struct hearth_error *error)
{
    *ret_form = HEARTH_FORM_MESSAGES;
    if (!json_is_object(row))
        return hearth_error_set(error, HEARTH_EINVAL, "a row must be an object");
    if (json_object_get(row, "messages"))
        return *ret_shape = "messages", take_messages(row, ret_value, error);
    if (json_object_get(row, "conversations"))
        return *ret_shape = "sharegpt", take_sharegpt(row, ret_value, error);
    if (json_object_get(row, "instruction"))
        return *ret_shape = "alpaca", take_alpaca(row, ret_value, error);
    if (json_object_get(row, "prompt"))
        return *ret_shape = "prompt", take_prompt(row, ret_form, ret_value, error);
    *ret_form = HEARTH_FORM_TEXT;
    if (json_object_get(row, "text"))
        return *ret_shape = "text", take_text(row, ret_value, error);
    return hearth_error_set(error, HEARTH_EINVAL,
                            "a row needs `messages`, `prompt` and `completion`, `text`, "
                            "`instruction` and `output`, or `conversations`");
}
