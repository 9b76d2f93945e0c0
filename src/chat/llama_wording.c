#include "chat/llama_wording.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/small_file.h"

#include <string.h>

/* A template's own bound is smaller (llama_chat_text.cpp), and tells it in better words. */
enum { JSON_BYTES_MAX = 64 << 20, TEMPLATE_BYTES_MAX = 4 << 20 };

struct reading {
    const char *path;
    const struct hearth_tokenizer *tokenizer;
    uint32_t vocabulary;
    struct hearth_llama_wording *wording;
    struct hearth_error *error;
};

/* NULL and 0 when there is no such file. */
static int read_json(const struct reading *from, const char *name, json_t **ret_object)
{
    struct hearth_buf text;
    char nothing[1] = "";
    hearth_buf_init(&text, JSON_BYTES_MAX);
    *ret_object = NULL;
    int rc = hearth_small_file_read_in(from->path, name, &text, NULL);
    if (rc == HEARTH_ENOTFOUND) {
        rc = 0;
    } else if (rc != 0) {
        rc = hearth_error_set(from->error, rc == HEARTH_ENOMEM ? rc : HEARTH_EMODEL, "%s %s", name,
                              rc == HEARTH_ETOOLARGE ? "is too large" : "cannot be read");
    } else {
        *ret_object = hearth_json_parse_wide(text.bytes != NULL ? text.bytes : nothing, text.length,
                                             from->error);
        if (!json_is_object(*ret_object)) {
            json_decref(*ret_object);
            *ret_object = NULL;
            rc = hearth_error_set(from->error, HEARTH_EMODEL, "%s is no JSON object", name);
        }
    }
    hearth_buf_finish(&text);
    return rc;
}

/* A token by its text, or by {"content": text}. -1: there is none. */
static int32_t token_of(const struct reading *from, const json_t *value)
{
    const char *text =
        json_is_string(value) ? json_string_value(value) : hearth_json_text(value, "content", NULL);
    return text != NULL ? hearth_tokenizer_id(from->tokenizer, text) : -1;
}

static void add_end(const struct reading *from, json_int_t id)
{
    struct hearth_llama_wording *wording = from->wording;
    bool known = id < 0 || id >= from->vocabulary;
    for (uint32_t i = 0; i < wording->end_count; i++)
        known = known || wording->ends[i] == id;
    if (!known && wording->end_count < HEARTH_LLAMA_ENDS_MAX)
        wording->ends[wording->end_count++] = (int32_t)id;
}

/* A number or a list of them. */
static void add_ends(const struct reading *from, const json_t *object)
{
    const json_t *value = json_object_get(object, "eos_token_id");
    if (json_is_integer(value))
        add_end(from, json_integer_value(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        if (json_is_integer(json_array_get(value, i)))
            add_end(from, json_integer_value(json_array_get(value, i)));
}

/* The text's end of tokenizer_config.json is the one that templates are told of; generation ends at
 * those of generation_config.json, or else of config.json. */
static int read_tokens(const struct reading *from, const json_t *config, const json_t *generation,
                       const json_t *tokens)
{
    struct hearth_llama_wording *wording = from->wording;
    const json_t *text = json_object_get(config, "text_config");
    add_end(from, token_of(from, json_object_get(tokens, "eos_token")));
    add_ends(from, generation);
    add_ends(from, config);
    add_ends(from, text);
    if (wording->end_count == 0)
        return hearth_error_set(from->error, HEARTH_EMODEL,
                                "no file of the folder names a token that ends a text "
                                "(eos_token_id)");
    wording->begin = token_of(from, json_object_get(tokens, "bos_token"));
    if (wording->begin < 0 && json_object_get(tokens, "bos_token") == NULL)
        wording->begin = (int32_t)hearth_json_integer(config, "bos_token_id", -1);
    if (wording->begin < 0 || (uint32_t)wording->begin >= from->vocabulary)
        wording->begin = -1;
    wording->adds_begin =
        wording->begin >= 0 && hearth_tokenizer_opening(from->tokenizer, &wording->begin, 1) == 1;
    return 0;
}

/* A text, or a list of named ones: "default", and "tool_use" for conversations with tools. */
static void take_templates(const struct reading *from, const json_t *value)
{
    struct hearth_llama_wording *wording = from->wording;
    if (json_is_string(value))
        wording->chat_template = hearth_strdup(json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        const char *name = hearth_json_text(one, "name", "");
        const char *text = hearth_json_text(one, "template", NULL);
        char **to = strcmp(name, "default") == 0    ? &wording->chat_template
                    : strcmp(name, "tool_use") == 0 ? &wording->tool_template
                                                    : NULL;
        if (text != NULL && to != NULL && *to == NULL)
            *to = hearth_strdup(text);
    }
}

/* A file of its own comes before what tokenizer_config.json has, as in transformers. */
static int read_template_file(const struct reading *from)
{
    struct hearth_buf text;
    hearth_buf_init(&text, TEMPLATE_BYTES_MAX);
    int rc = hearth_small_file_read_in(from->path, "chat_template.jinja", &text, NULL);
    if (rc == HEARTH_ENOTFOUND) {
        rc = 0;
    } else if (rc != 0) {
        rc = hearth_error_set(from->error, HEARTH_EMODEL, "chat_template.jinja %s",
                              rc == HEARTH_ETOOLARGE ? "is too large" : "cannot be read");
    } else if (text.length > 0 && memchr(text.bytes, '\0', text.length) != NULL) {
        rc = hearth_error_set(from->error, HEARTH_EMODEL, "chat_template.jinja holds a NUL");
    } else {
        hearth_free(from->wording->chat_template);
        from->wording->chat_template =
            hearth_strndup(text.length > 0 ? text.bytes : "", text.length);
    }
    hearth_buf_finish(&text);
    return rc;
}

int hearth_llama_wording_read(const char *path, const struct hearth_tokenizer *tokenizer,
                              uint32_t vocabulary, struct hearth_llama_wording *ret_wording,
                              struct hearth_error *error)
{
    struct hearth_llama_wording wording = {.begin = -1};
    const struct reading from = {path, tokenizer, vocabulary, &wording, error};
    json_t *config = NULL, *generation = NULL, *tokens = NULL;
    int rc = read_json(&from, "tokenizer_config.json", &tokens);
    if (rc == 0)
        take_templates(&from, json_object_get(tokens, "chat_template"));
    if (rc == 0)
        rc = read_template_file(&from);
    if (rc == 0 && tokenizer != NULL)
        rc = read_json(&from, "config.json", &config);
    if (rc == 0 && tokenizer != NULL)
        rc = read_json(&from, "generation_config.json", &generation);
    if (rc == 0 && tokenizer != NULL)
        rc = read_tokens(&from, config, generation, tokens);
    json_decref(config);
    json_decref(generation);
    json_decref(tokens);
    if (rc == 0)
        *ret_wording = wording;
    else
        hearth_llama_wording_finish(&wording);
    return rc;
}

void hearth_llama_wording_finish(struct hearth_llama_wording *wording)
{
    hearth_free(wording->chat_template);
    hearth_free(wording->tool_template);
    wording->chat_template = wording->tool_template = NULL;
}
