#include "task/model_facts.h"

#include "catalog/catalog.h"
#include "config/model_settings.h"
#include "config/settings.h"
#include "gateway/gateway_state.h"
#include "serving/scheduler.h"
#include "wire/ipc_event.h"

#include <stdio.h>
#include <string.h>

enum { CONTEXT_DEFAULT = 4096 }; /* of a model whose definition does not say (engine.h) */

/* An engine that reads prompts from a definition tells them when it is loaded; until then it is
 * told here what they will be. */
static void add_prompts(const struct hearth_catalog_entry *entry, struct hearth_model_facts *facts)
{
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    const json_t *prompts = json_object_get(settings, "prompts");
    struct hearth_buf text;
    hearth_buf_init(&text, sizeof(facts->prompts_json) - 1);
    if (json_is_string(prompts))
        hearth_buf_text(&text, json_string_value(prompts));
    else if (json_is_object(prompts))
        hearth_json_dump(&text, prompts);
    if (text.length && !text.failed && (facts->tasks & HEARTH_TASK_EMBED)) {
        snprintf(facts->prompts_json, sizeof(facts->prompts_json), "%s", hearth_buf_cstr(&text));
        snprintf(facts->default_prompt, sizeof(facts->default_prompt), "%s",
                 hearth_json_text(settings, "default_prompt", ""));
    }
    hearth_buf_finish(&text);
    json_decref(settings);
}

bool hearth_model_facts_find(struct hearth_gateway *gateway,
                             const struct hearth_catalog_entry *entry,
                             struct hearth_model_facts *ret_facts)
{
    if (hearth_scheduler_copy_facts(gateway->scheduler, entry->id, ret_facts))
        return true;
    if (hearth_facts_read(entry->facts_json, strlen(entry->facts_json), ret_facts) != 0 ||
        ret_facts->tasks == 0)
        return false;
    add_prompts(entry, ret_facts);
    return true;
}

static bool has_template(const struct hearth_model_facts *facts)
{
    return facts->has_chat_template;
}

static bool has_labels(const struct hearth_model_facts *facts)
{
    return facts->embedding_length > 1;
}

static bool has_one_score(const struct hearth_model_facts *facts)
{
    return !has_labels(facts);
}

/* The smaller of two limits, where 0 is none. */
static uint32_t least(uint32_t a, uint32_t b)
{
    return a && (a < b || !b) ? a : b;
}

/* Tokens that an input may have: as loaded, else as it would be. */
static uint32_t token_limit(struct hearth_gateway *gateway, const struct hearth_model_facts *facts,
                            const json_t *settings)
{
    if (facts->context)
        return facts->context;
    json_int_t asked = hearth_json_integer(settings, "context", gateway->settings->context);
    if (asked > 0 && asked <= UINT32_MAX)
        return least((uint32_t)asked, facts->trained_context);
    return facts->tasks & HEARTH_TASK_GENERATE ? least(facts->trained_context, CONTEXT_DEFAULT)
                                               : facts->trained_context;
}

uint32_t hearth_model_token_limit(struct hearth_gateway *gateway,
                                  const struct hearth_catalog_entry *entry,
                                  const struct hearth_model_facts *facts)
{
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    uint32_t limit = token_limit(gateway, facts, settings);
    json_decref(settings);
    return limit;
}

/* In the order of what a model is made for: one that generates is able to embed too. */
static const struct {
    uint32_t task;
    bool (*holds)(const struct hearth_model_facts *facts); /* NULL: always */
    const char *kind;
} kinds[] = {
    {HEARTH_TASK_GENERATE, has_template, "chat"},
    {HEARTH_TASK_GENERATE, NULL, "completion"},
    {HEARTH_TASK_SCORE, has_labels, "classification"},
    {HEARTH_TASK_SCORE, has_one_score, "rerank"},
    {HEARTH_TASK_EMBED, NULL, "embedding"},
};

static bool is_kind(size_t kind, const struct hearth_model_facts *facts)
{
    return (facts->tasks & kinds[kind].task) && (!kinds[kind].holds || kinds[kind].holds(facts));
}

const char *hearth_model_kind(const struct hearth_model_facts *facts)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (is_kind(i, facts))
            return kinds[i].kind;
    return "other";
}

json_t *hearth_model_capabilities_json(const struct hearth_model_facts *facts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (is_kind(i, facts))
            json_array_append_new(list, json_string(kinds[i].kind));
    return list;
}

/* One task of engines is two of people's: a pair's score is a rank, several are labels. */
static json_t *tasks_json(const struct hearth_model_facts *facts)
{
    json_t *list = json_array();
    if (facts->tasks & HEARTH_TASK_GENERATE)
        json_array_append_new(list, json_string("generate"));
    if (facts->tasks & HEARTH_TASK_EMBED)
        json_array_append_new(list, json_string("embed"));
    if (facts->tasks & HEARTH_TASK_SCORE)
        json_array_append_new(list,
                              json_string(facts->embedding_length > 1 ? "classify" : "rerank"));
    if (facts->tasks & HEARTH_TASK_TOKENIZE)
        json_array_append_new(list, json_string("tokenize"));
    return list;
}

/* What does not apply is null, not "" or 0: a client must be able to tell it from a value. */
static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *count_or_null(uint64_t count)
{
    return count ? json_integer((json_int_t)count) : json_null();
}

static json_t *prompts_json(const struct hearth_model_facts *facts)
{
    json_t *prompts = *facts->prompts_json ? hearth_json_parse(facts->prompts_json,
                                                               strlen(facts->prompts_json), NULL)
                                           : NULL;
    return prompts ? prompts : json_object();
}

/* Known when it is loaded, as `compute` is. Ids are the places in the list of names. */
static json_t *adapters_json(const struct hearth_model_facts *facts)
{
    size_t i;
    json_t *name, *list = json_array();
    json_t *names = hearth_json_parse(facts->adapters_json, strlen(facts->adapters_json), NULL);
    json_array_foreach(names, i, name)
    {
        json_array_append_new(list, json_pack("{s:i, s:O}", "id", (int)i, "name", name));
    }
    json_decref(names);
    if (facts->context)
        return list;
    json_decref(list);
    return json_null();
}

/* As loaded where it is loaded; else as it would be, by its definition and the server's settings.
 */
static void add_facts(struct hearth_gateway *gateway, const struct hearth_catalog_entry *entry,
                      const struct hearth_model_facts *facts, json_t *object)
{
    bool embeds = facts->tasks & HEARTH_TASK_EMBED;
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    const char *precision = facts->quantization;
    const char *compute = facts->compute;
    if (!facts->context) { /* not loaded: as it would be */
        precision = hearth_json_text(settings, "precision", precision);
        compute = hearth_model_settings_compute(settings, compute);
    }
    json_object_set_new(object, "architecture", text_or_null(facts->architecture));
    json_object_set_new(object, "tasks", tasks_json(facts));
    json_object_set_new(object, "token_limit",
                        count_or_null(token_limit(gateway, facts, settings)));
    json_object_set_new(object, "trained_token_limit", count_or_null(facts->trained_context));
    uint32_t width = embeds ? facts->embedding_length : 0;
    uint32_t shown = facts->default_dimensions ? facts->default_dimensions : width;
    json_object_set_new(object, "dimensions", count_or_null(embeds ? shown : 0));
    json_object_set_new(object, "max_dimensions", count_or_null(width));
    json_object_set_new(object, "pooling", text_or_null(facts->pooling));
    json_object_set_new(object, "normalized",
                        embeds ? json_boolean(facts->normalized) : json_null());
    json_object_set_new(object, "prompts", prompts_json(facts));
    json_object_set_new(object, "default_prompt", text_or_null(facts->default_prompt));
    json_object_set_new(object, "precision", text_or_null(precision));
    const char *fingerprint = hearth_scheduler_fingerprint(gateway->scheduler, entry->id);
    json_object_set_new(object, "compute", text_or_null(compute));
    json_object_set_new(object, "cache_type", text_or_null(facts->cache_type));
    json_object_set_new(object, "tools", text_or_null(facts->tools));
    json_object_set_new(object, "system_fingerprint", text_or_null(fingerprint ? fingerprint : ""));
    json_object_set_new(object, "adapters", adapters_json(facts));
    json_object_set_new(object, "vocabulary", count_or_null(facts->vocabulary_length));
    json_object_set_new(object, "layers", count_or_null(facts->layer_count));
    json_object_set_new(object, "parameters", count_or_null(facts->parameter_count));
    json_object_set_new(object, "weight_bytes", count_or_null(facts->weight_bytes));
    json_decref(settings);
}

json_t *hearth_model_facts_json(struct hearth_gateway *gateway,
                                const struct hearth_catalog_entry *entry)
{
    struct hearth_model_facts facts;
    bool known = hearth_model_facts_find(gateway, entry, &facts);
    bool loaded = hearth_scheduler_copy_facts(gateway->scheduler, entry->id, NULL);
    json_t *object = json_pack("{s:s, s:o, s:b}", "version", entry->id, "engine",
                               text_or_null(entry->engine), "loaded", (int)loaded);
    if (*entry->state_reason)
        json_object_set_new(object, "reason", json_string(entry->state_reason));
    if (known)
        add_facts(gateway, entry, &facts, object);
    return object;
}
