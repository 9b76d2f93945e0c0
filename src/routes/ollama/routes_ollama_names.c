/* /api/copy and /api/delete, which give names and take them away, and what is refused. */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "catalog/catalog_tags.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/ollama/ollama_routes.gen.h"
#include "serving/scheduler.h"
#include "task/removal.h"
#include "task/store_job.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void answer_done(struct hearth_call *call)
{
    hearth_answer_bytes(call, 200, "text/plain", "", 0);
}

/* An alias, and the version that it is to mean; of a job, in its arena. */
struct naming {
    int64_t model_id, number;
    char alias[HEARTH_NAME_MAX];
};

static void tell_done(struct hearth_store_job *job)
{
    answer_done(job->call);
}

static int set_alias(struct hearth_store *store, struct hearth_store_job *job)
{
    const struct naming *naming = job->input;
    return hearth_store_alias_set(store, naming->model_id, naming->alias, naming->number, -1,
                                  hearth_clock_wall_ms(), &job->error);
}

static int delete_alias(struct hearth_store *store, struct hearth_store_job *job)
{
    const struct naming *naming = job->input;
    return hearth_store_alias_delete(store, naming->model_id, naming->alias, hearth_clock_wall_ms(),
                                     &job->error);
}

static void start(struct hearth_call *call, const struct naming *naming,
                  int (*work)(struct hearth_store *store, struct hearth_store_job *job))
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct naming *copy = hearth_arena_alloc(job->arena, sizeof(*copy));
    *copy = *naming;
    job->input = copy;
    job->work = work;
    job->on_done = tell_done;
    job->writes = true;
    hearth_store_job_start(job);
}

/* The alias that stands for a name of Ollama's: the tag of the same model ("smollm2:best"), the
 * model's bare name (what it means), or a name of its own, which is then an alias that only this
 * model has. */
static int alias_of(struct hearth_call *call, const struct hearth_catalog_entry *entry,
                    const char *destination, char ret_alias[HEARTH_NAME_MAX],
                    struct hearth_error *error)
{
    struct hearth_tagged_name name;
    const struct hearth_catalog_entry *taken;
    struct hearth_error ignored;
    if (!hearth_tagged_name_split(destination, &name))
        return hearth_error_set(error, HEARTH_EINVAL, "the destination is too long for a name");
    bool same = strcmp(name.name, entry->name) == 0;
    const char *alias = !same ? name.name : *name.tag ? name.tag : "default";
    if (!same && *name.tag)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a copy here is an alias of the same model: the destination is "
                                "%s:TAG, or a name without a tag",
                                entry->name);
    if (!hearth_model_name_valid(alias))
        return hearth_error_set(error, HEARTH_EINVAL, "the destination must be " HEARTH_NAME_RULE);
    if (!same && hearth_catalog_acquire(call->gateway->catalog, alias, &taken, &ignored) == 0) {
        hearth_catalog_entry_release(taken);
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "'%s' is the name of another model, which a copy would hide",
                                alias);
    }
    memcpy(ret_alias, alias, strlen(alias) + 1);
    return 0;
}

void hearth_route_ollama_copy(struct hearth_call *call)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    struct naming naming;
    if (hearth_catalog_acquire_tagged(call->gateway->catalog,
                                      hearth_json_text(call->json, "source", ""), &entry, &error)) {
        hearth_answer_error(call, &error, NULL);
        return;
    }
    naming.model_id = entry->model_id;
    naming.number = entry->number;
    int rc = entry->model_id
                 ? alias_of(call, entry, hearth_json_text(call->json, "destination", ""),
                            naming.alias, &error)
                 : hearth_error_set(&error, HEARTH_EINVAL,
                                    "'%s' is a file that is served without being "
                                    "installed, and can have no other name",
                                    entry->name);
    hearth_catalog_entry_release(entry);
    if (rc)
        hearth_answer_error(call, &error, NULL);
    else
        start(call, &naming, set_alias);
}

/* Is the name one that only stands for a version: "smollm2:best", or "best" alone? A number, a
 * label and a hub's name mean the version itself. */
static bool is_alias(struct hearth_call *call, const char *text,
                     const struct hearth_catalog_entry *entry, struct naming *ret_naming)
{
    struct hearth_tagged_name name;
    struct hearth_error ignored;
    const struct hearth_catalog_entry *meant;
    char reference[3 * HEARTH_NAME_MAX + 32];
    if (!hearth_tagged_name_split(text, &name))
        return false;
    const char *alias = *name.tag ? name.tag : name.name;
    if (strcasecmp(alias, entry->name) == 0 || !hearth_model_name_valid(alias))
        return false;
    snprintf(reference, sizeof(reference), "%s@%s", entry->name, alias);
    if (hearth_catalog_acquire(call->gateway->catalog, reference, &meant, &ignored))
        return false;
    hearth_catalog_entry_release(meant);
    *ret_naming = (struct naming){.model_id = entry->model_id};
    memcpy(ret_naming->alias, alias, strlen(alias) + 1);
    return true;
}

struct counting {
    const char *name;
    size_t versions;
    bool busy;
};

static void count_version(void *argument, const struct hearth_catalog_entry *entry)
{
    struct counting *counting = argument;
    counting->versions += strcmp(entry->name, counting->name) == 0;
}

static void look_busy(void *argument, const struct hearth_model_report *report)
{
    struct counting *counting = argument;
    if (strcmp(report->name, counting->name) == 0 && report->queued + report->running > 0)
        counting->busy = true;
}

/* The version, with its model when it is the only one. One that is loaded and has nothing to do is
 * unloaded first, as clients of Ollama expect; one that answers somebody is refused as in use. */
static void remove_version(struct hearth_call *call, const struct hearth_catalog_entry *entry)
{
    struct counting counting = {.name = entry->name};
    hearth_catalog_each_version(call->gateway->catalog, count_version, &counting);
    hearth_scheduler_each(call->gateway->scheduler, look_busy, &counting);
    const struct hearth_removal_request request = {.model = entry->name,
                                                   .number =
                                                       counting.versions > 1 ? entry->number : 0,
                                                   .force = !counting.busy,
                                                   .answer = answer_done};
    hearth_removal_start(call, &request);
}

void hearth_route_ollama_delete(struct hearth_call *call)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error error;
    struct naming naming;
    const char *name = hearth_json_text(call->json, "model", "");
    if (!*name)
        name = hearth_json_text(call->json, "name", "");
    if (hearth_catalog_acquire_tagged(call->gateway->catalog, name, &entry, &error)) {
        hearth_answer_error(call, &error, NULL);
        return;
    }
    if (!entry->model_id)
        hearth_answer_message(call, HEARTH_EINVAL, NULL,
                              "'%s' is a file that is served without being installed", entry->name);
    else if (is_alias(call, name, entry, &naming))
        start(call, &naming, delete_alias);
    else
        remove_version(call, entry);
    hearth_catalog_entry_release(entry);
}

void hearth_route_ollama_create(struct hearth_call *call)
{
    hearth_answer_message(call, HEARTH_ENOTIMPL, NULL,
                          "models are not made of Modelfiles here; `hearth install` and "
                          "POST /models register one, with its settings");
}

void hearth_route_ollama_push(struct hearth_call *call)
{
    hearth_answer_message(call, HEARTH_ENOTIMPL, NULL, "models are not published from here");
}

static void refuse_blob(struct hearth_call *call)
{
    hearth_answer_message(call, HEARTH_ENOTIMPL, NULL,
                          "files are not uploaded piece by piece here; POST /models installs a "
                          "model from a file of this machine or an address");
}

void hearth_route_ollama_blob_put(struct hearth_call *call)
{
    refuse_blob(call);
}

void hearth_route_ollama_blob_head(struct hearth_call *call)
{
    refuse_blob(call);
}
