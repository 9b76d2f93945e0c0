#include "routes/ollama/ollama_details.h"

#include "base/clock.h"
#include "base/digest.h"

#include <stdio.h>
#include <string.h>

enum { PARAMETERS_MAX = 64 << 10 };

/* As Ollama shows it: "134.52M", "1.7B". */
static void size_text(uint64_t count, char ret_text[32])
{
    if (count >= 1000000000)
        snprintf(ret_text, 32, "%.1fB", (double)count / 1e9);
    else if (count >= 1000000)
        snprintf(ret_text, 32, "%.2fM", (double)count / 1e6);
    else
        snprintf(ret_text, 32, "%.2fK", (double)count / 1e3);
}

static const char *format_of(const struct hearth_catalog_entry *entry)
{
    if (strcmp(entry->engine, "llama") == 0)
        return "gguf";
    return strcmp(entry->engine, "encoder") == 0 ? "safetensors" : entry->engine;
}

json_t *hearth_ollama_details(const struct hearth_ollama_model *model)
{
    char size[32] = "";
    const char *family = model->facts.architecture;
    if (model->facts.parameter_count)
        size_text(model->facts.parameter_count, size);
    return json_pack("{s:s, s:s, s:s, s:[s], s:s, s:s}", "parent_model", "", "format",
                     format_of(model->entry), "family", family, "families", family,
                     "parameter_size", size, "quantization_level", model->facts.quantization);
}

static void add_count(json_t *object, const char *family, const char *key, uint64_t value)
{
    char name[128];
    snprintf(name, sizeof(name), "%s.%s", family, key);
    if (value)
        json_object_set_new(object, name, json_integer((json_int_t)value));
}

json_t *hearth_ollama_model_info(const struct hearth_ollama_model *model)
{
    const struct hearth_model_facts *facts = &model->facts;
    const char *family = *facts->architecture ? facts->architecture : "general";
    json_t *object = json_object();
    if (!model->known)
        return object;
    json_object_set_new(object, "general.architecture", json_string(facts->architecture));
    json_object_set_new(object, "general.basename", json_string(model->entry->name));
    add_count(object, "general", "parameter_count", facts->parameter_count);
    add_count(object, family, "context_length", facts->trained_context);
    add_count(object, family, "embedding_length", facts->embedding_length);
    add_count(object, family, "block_count", facts->layer_count);
    add_count(object, family, "vocab_size", facts->vocabulary_length);
    return object;
}

/* A model that has a template can be given tools, in its own form or a generic one. */
json_t *hearth_ollama_capabilities(const struct hearth_ollama_model *model)
{
    json_t *list = json_array();
    if (model->facts.tasks & HEARTH_TASK_GENERATE) {
        json_array_append_new(list, json_string("completion"));
        if (model->facts.has_chat_template)
            json_array_append_new(list, json_string("tools"));
        if (model->facts.thinks)
            json_array_append_new(list, json_string("thinking"));
        if (model->facts.fills_gaps)
            json_array_append_new(list, json_string("insert"));
    } else if (model->facts.tasks & HEARTH_TASK_EMBED) {
        json_array_append_new(list, json_string("embedding"));
    }
    return list;
}

json_t *hearth_ollama_parameters(const struct hearth_ollama_model *model)
{
    const char *settings = model->entry->settings_json, *key;
    json_t *object = hearth_json_parse(settings, strlen(settings), NULL), *value;
    struct hearth_buf text;
    hearth_buf_init(&text, PARAMETERS_MAX);
    json_object_foreach(object, key, value)
    {
        hearth_buf_printf(&text, "%s%-30s ", text.length ? "\n" : "",
                          strcmp(key, "context") == 0 ? "num_ctx" : key);
        if (json_is_string(value))
            hearth_buf_text(&text, json_string_value(value));
        else
            hearth_json_dump(&text, value);
    }
    json_t *made = json_stringn(text.bytes ? text.bytes : "", text.length);
    hearth_buf_finish(&text);
    json_decref(object);
    return made;
}

json_t *hearth_ollama_digest(const struct hearth_catalog_entry *entry)
{
    char text[256], digest[HEARTH_SHA256_HEX];
    int length = snprintf(text, sizeof(text), "%s %lld %lld", entry->id, (long long)entry->model_id,
                          (long long)entry->created_ms);
    hearth_sha256_of(text, (size_t)length, digest);
    return json_string(digest);
}

json_t *hearth_ollama_time(int64_t wall_ms)
{
    char text[25];
    hearth_clock_iso8601(wall_ms, text);
    return json_string(text);
}
