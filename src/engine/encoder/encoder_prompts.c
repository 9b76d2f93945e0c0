/* What config_sentence_transformers.json says: prompts, and how much of a vector is meant. */
#include "engine/encoder/encoder_reader.h"

#include "base/error.h"
#include "engine/encoder/encoder.h"

#include <string.h>

static void dump_prompts(struct encoder_reader *reader, const json_t *prompts,
                         struct hearth_model_facts *facts)
{
    struct hearth_buf text;
    hearth_buf_init(&text, sizeof(facts->prompts_json) - 1);
    if (hearth_json_dump(&text, prompts)) {
        encoder_read_fault(reader, HEARTH_EMODEL, "the prompts are over %zu bytes",
                           sizeof(facts->prompts_json));
    } else {
        memcpy(facts->prompts_json, text.bytes, text.length);
        facts->prompts_json[text.length] = '\0';
    }
    hearth_buf_finish(&text);
}

/* Some files have a null for a prompt that is not there. */
static json_t *copy_prompts(struct encoder_reader *reader)
{
    const json_t *given = json_object_get(reader->object, "prompts");
    json_t *prompts = json_object(), *text;
    const char *name;
    if (given && !json_is_null(given) && !json_is_object(given))
        encoder_read_fault(reader, HEARTH_EMODEL, "prompts must be an object");
    json_object_foreach((json_t *)given, name, text)
    {
        if (json_is_string(text))
            json_object_set(prompts, name, text);
        else if (!json_is_null(text))
            encoder_read_fault(reader, HEARTH_EMODEL, "the prompt \"%.80s\" is no text", name);
    }
    return prompts;
}

static void read_prompts(struct encoder_reader *reader, struct hearth_model_facts *facts)
{
    json_t *prompts = copy_prompts(reader);
    const char *name = encoder_read_text(reader, "default_prompt_name", "");
    if (json_object_size(prompts))
        dump_prompts(reader, prompts, facts);
    if (*name && !json_object_get(prompts, name))
        encoder_read_fault(reader, HEARTH_EMODEL,
                           "the default prompt \"%.80s\" is not among the prompts", name);
    else if (strlen(name) >= sizeof(facts->default_prompt))
        encoder_read_fault(reader, HEARTH_EMODEL, "the default prompt's name has over %zu bytes",
                           sizeof(facts->default_prompt) - 1);
    else
        memcpy(facts->default_prompt, name, strlen(name) + 1);
    json_decref(prompts);
}

int encoder_prompts_read(const char *directory, struct hearth_model_facts *facts,
                         struct hearth_error *error)
{
    static const char *const file = "config_sentence_transformers.json";
    json_t *json = NULL;
    int rc = encoder_json_read_optional(directory, file, &json, error);
    struct encoder_reader reader = {.file = file, .object = json, .error = error, .rc = rc};
    if (json) {
        size_t all = facts->embedding_length;
        size_t kept = encoder_read_count(&reader, "truncate_dim", NULL, all, UINT32_MAX);
        bool embeds = facts->tasks & HEARTH_TASK_EMBED;
        facts->default_dimensions = embeds && kept < all ? (uint32_t)kept : 0;
        read_prompts(&reader, facts);
    }
    json_decref(json);
    return reader.rc;
}
