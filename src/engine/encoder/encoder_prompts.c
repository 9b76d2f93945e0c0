/* What config_sentence_transformers.json says: prompts, and how much of a vector is meant. */
#include "engine/encoder/encoder_reader.h"

#include "base/error.h"
#include "base/text.h"
#include "engine/encoder/encoder.h"

#include <string.h>

/* Longer texts lose their end. */
static json_t *shorten(const json_t *prompts, size_t text_max)
{
    json_t *shorter = json_object(), *text;
    const char *name;
    json_object_foreach((json_t *)prompts, name, text)
    {
        const char *bytes = json_string_value(text);
        if (json_string_length(text) <= text_max) {
            json_object_set(shorter, name, text);
            continue;
        }
        int kept = (int)hearth_utf8_whole(bytes, text_max);
        json_object_set_new(shorter, name, json_sprintf("%.*s\xe2\x80\xa6", kept, bytes));
    }
    return shorter;
}

/* False when the facts have no room for them; then nothing is written. */
static bool dump_prompts(const json_t *prompts, struct hearth_model_facts *facts)
{
    struct hearth_buf text;
    hearth_buf_init(&text, sizeof(facts->prompts_json) - 1);
    bool fits = !hearth_json_dump(&text, prompts);
    if (fits) {
        memcpy(facts->prompts_json, text.bytes, text.length);
        facts->prompts_json[text.length] = '\0';
    }
    hearth_buf_finish(&text);
    return fits;
}

/* Prompts of today's models are instructions, some of a hundred tasks in one file: what is shown of
 * them gets shorter until it has room. */
static void show_prompts(struct encoder_reader *reader, const json_t *prompts,
                         struct hearth_model_facts *facts)
{
    bool fits = dump_prompts(prompts, facts);
    /* Halved at each try, so it ends after a dozen of them. The prompts that are used stay whole:
     * only what is shown is cut. */
    for (size_t text_max = 4096; text_max && !fits; text_max /= 2) {
        json_t *shorter = shorten(prompts, text_max);
        fits = dump_prompts(shorter, facts);
        json_decref(shorter);
    }
    if (!fits)
        encoder_read_fault(reader, HEARTH_EMODEL, "the names of the prompts are over %zu bytes",
                           sizeof(facts->prompts_json));
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

/* A default that is not among the prompts would silently be none, and every vector another one. */
static json_t *read_prompts(struct encoder_reader *reader, struct hearth_model_facts *facts)
{
    json_t *prompts = copy_prompts(reader);
    const char *name = encoder_read_text(reader, "default_prompt_name", "");
    if (json_object_size(prompts))
        show_prompts(reader, prompts, facts);
    if (*name && !json_object_get(prompts, name))
        encoder_read_fault(reader, HEARTH_EMODEL,
                           "the default prompt \"%.80s\" is not among the prompts", name);
    else if (strlen(name) >= sizeof(facts->default_prompt))
        encoder_read_fault(reader, HEARTH_EMODEL, "the default prompt's name has over %zu bytes",
                           sizeof(facts->default_prompt) - 1);
    else
        memcpy(facts->default_prompt, name, strlen(name) + 1);
    return prompts;
}

int encoder_prompts_read(const char *directory, struct hearth_model_facts *facts,
                         json_t **ret_prompts, struct hearth_error *error)
{
    static const char *const file = "config_sentence_transformers.json";
    json_t *json = NULL, *prompts = NULL;
    int rc = encoder_json_read_optional(directory, file, &json, error);
    struct encoder_reader reader = {.file = file, .object = json, .error = error, .rc = rc};
    if (json) {
        /* truncate_dim: how much of a vector sentence-transformers returns when nobody says
         * otherwise. */
        size_t all = facts->embedding_length;
        size_t kept = encoder_read_count(&reader, "truncate_dim", NULL, all, UINT32_MAX);
        /* Scores have as many numbers as there are labels, whatever the file says of vectors. */
        bool embeds = facts->tasks & HEARTH_TASK_EMBED;
        facts->default_dimensions = embeds && kept < all ? (uint32_t)kept : 0;
        prompts = read_prompts(&reader, facts);
    }
    json_decref(json);
    if (ret_prompts && !reader.rc)
        *ret_prompts = json_incref(prompts);
    json_decref(prompts);
    return reader.rc;
}
