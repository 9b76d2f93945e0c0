/* /api/version, tags, ps, show: what there is and what is loaded. */
#include "base/clock.h"
#include "catalog/catalog_tags.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/ollama/ollama_details.h"
#include "routes/ollama/ollama_routes.gen.h"
#include "serving/scheduler.h"
#include "task/model_facts.h"

#include <stdio.h>
#include <string.h>

/* The version of Ollama whose API these routes follow: clients ask for the least that they need. */
#define OLLAMA_VERSION "0.13.0"

/* Go's clients read a time here; of a model that stays there is none, and Ollama's own answer for
 * "for ever" is one that is far away. */
enum { YEAR_DAYS = 365, DAY_MS = 86400000 };
static const int64_t far_ms = (int64_t)100 * YEAR_DAYS * DAY_MS;

void hearth_route_ollama_version(struct hearth_call *call)
{
    hearth_answer_json(
        call, 200,
        json_pack("{s:s, s:s}", "version", OLLAMA_VERSION, "server", "hearth/" HEARTH_VERSION));
}

struct listing {
    struct hearth_gateway *gateway;
    json_t *list;
};

static struct hearth_ollama_model find(struct hearth_gateway *gateway,
                                       const struct hearth_catalog_entry *entry)
{
    struct hearth_ollama_model model = {.entry = entry};
    model.known = hearth_model_facts_find(gateway, entry, &model.facts);
    return model;
}

static void add_tag(void *argument, const char *name, const struct hearth_catalog_entry *entry)
{
    struct listing *listing = argument;
    struct hearth_ollama_model model = find(listing->gateway, entry);
    json_array_append_new(listing->list,
                          json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "name", name, "model", name,
                                    "modified_at", hearth_ollama_time(entry->created_ms), "size",
                                    (json_int_t)model.facts.weight_bytes, "digest",
                                    hearth_ollama_digest(entry), "details",
                                    hearth_ollama_details(&model)));
}

void hearth_route_ollama_tags(struct hearth_call *call)
{
    struct listing listing = {.gateway = call->gateway, .list = json_array()};
    hearth_catalog_each_tag(call->gateway->catalog, add_tag, &listing);
    hearth_answer_json(call, 200, json_pack("{s:o}", "models", listing.list));
}

/* The name that a version is told by, in both lists the same, so that a client finds in the one
 * what it knows of the other: the first of `tags`, which is "NAME:latest" where the version is
 * that. */
struct known_as {
    const struct hearth_catalog_entry *entry;
    char name[2 * HEARTH_NAME_MAX + 32];
};

static void look_for_name(void *argument, const char *name,
                          const struct hearth_catalog_entry *entry)
{
    struct known_as *known = argument;
    if (!*known->name && strcmp(entry->id, known->entry->id) == 0)
        snprintf(known->name, sizeof(known->name), "%s", name);
}

/* The size is that of the weights until the memory of the process has been sampled. */
static json_t *loaded_json(const struct hearth_ollama_model *model, const char *name,
                           const struct hearth_model_report *report)
{
    int64_t expires_ms =
        report->expires_ms ? (int64_t)report->expires_ms : hearth_clock_wall_ms() + far_ms;
    uint64_t size = report->memory_bytes ? report->memory_bytes : model->facts.weight_bytes;
    return json_pack("{s:s, s:s, s:I, s:i, s:i, s:o, s:o, s:o}", "name", name, "model", name,
                     "size", (json_int_t)size, "size_vram", 0, "context_length",
                     (int)report->context, "digest", hearth_ollama_digest(model->entry),
                     "expires_at", hearth_ollama_time(expires_ms), "details",
                     hearth_ollama_details(model));
}

static void add_loaded(void *argument, const struct hearth_model_report *report)
{
    struct listing *listing = argument;
    struct hearth_catalog *catalog = listing->gateway->catalog;
    const struct hearth_catalog_entry *entry;
    struct hearth_error ignored;
    if (report->state != HEARTH_MODEL_READY ||
        hearth_catalog_acquire(catalog, report->model, &entry, &ignored))
        return;
    struct hearth_ollama_model model = find(listing->gateway, entry);
    struct known_as known = {.entry = entry};
    hearth_catalog_each_tag(catalog, look_for_name, &known);
    json_array_append_new(listing->list,
                          loaded_json(&model, *known.name ? known.name : entry->id, report));
    hearth_catalog_entry_release(entry);
}

void hearth_route_ollama_ps(struct hearth_call *call)
{
    struct listing listing = {.gateway = call->gateway, .list = json_array()};
    hearth_scheduler_each(call->gateway->scheduler, add_loaded, &listing);
    hearth_answer_json(call, 200, json_pack("{s:o}", "models", listing.list));
}

static json_t *show(struct hearth_gateway *gateway, const struct hearth_catalog_entry *entry)
{
    struct hearth_ollama_model model = find(gateway, entry);
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    json_t *answer = json_pack(
        "{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "license", "", "modelfile",
        "# kept by Hearth, which has no Modelfiles", "parameters", hearth_ollama_parameters(&model),
        "template", hearth_json_text(settings, "chat_template", ""), "details",
        hearth_ollama_details(&model), "model_info", hearth_ollama_model_info(&model),
        "capabilities", hearth_ollama_capabilities(&model), "modified_at",
        hearth_ollama_time(entry->created_ms), "tensors", json_array());
    json_decref(settings);
    return answer;
}

void hearth_route_ollama_show(struct hearth_call *call)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    const char *name = hearth_json_text(call->json, "model", "");
    if (!*name)
        name = hearth_json_text(call->json, "name", "");
    if (!*name) {
        hearth_answer_message(call, HEARTH_EINVAL, NULL, "model is required");
        return;
    }
    if (hearth_catalog_acquire_tagged(call->gateway->catalog, name, &entry, &error)) {
        hearth_answer_error(call, &error, NULL);
        return;
    }
    json_t *answer = show(call->gateway, entry);
    hearth_catalog_entry_release(entry);
    hearth_answer_json(call, 200, answer);
}
