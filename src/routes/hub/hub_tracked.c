#include "routes/hub/hub_tracked.h"
#include "routes/hub/hub_artifacts.h"

#include "base/error.h"
#include "base/memory.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/hub/hub_artifacts.h"
#include "store/store.h"
#include "task/installs.h"
#include "task/store_job.h"
#include "track/track.h"

#include <stdio.h>
#include <string.h>

int hearth_hub_add_tracked(const struct hearth_gateway *gateway, struct hearth_store *store,
                           json_t *model, struct hearth_error *error)
{
    json_t *state = NULL;
    if (!gateway->track)
        return 0;
    int rc = hearth_track_state(store, hearth_json_text(model, "name", ""), &state, error);
    if (!rc)
        json_object_set_new(model, "tracked", state);
    return rc;
}

void hearth_hub_complete_tracked(const struct hearth_gateway *gateway, json_t *model)
{
    json_t *tracked = json_object_get(model, "tracked");
    if (!tracked)
        return;
    struct hearth_track_figures figures = hearth_track_figures(gateway->track);
    bool is_told = strcmp(hearth_json_text(tracked, "state", ""), "told") == 0;
    if (!is_told && figures.is_away && !json_is_string(json_object_get(tracked, "reason")))
        json_object_set_new(tracked, "reason", json_string(figures.away_reason));
}

/* While the server is told; then, in the arena of a job, until the answer. */
struct telling {
    struct hearth_call *call;
    int64_t model_id;
    int status;
    bool told;
    char reason[320];
};

static int show(struct hearth_store *store, struct hearth_store_job *job)
{
    const struct telling *telling = job->input;
    struct hearth_model *model;
    int rc = hearth_store_model_get_id(store, telling->model_id, job->arena, &model, &job->error);
    if (!rc)
        rc = hearth_hub_model_json(store, job, model, &job->result);
    return rc ? rc : hearth_hub_add_tracked(job->call->gateway, store, job->result, &job->error);
}

/* The model with the members of an error beside its own: who only looks at the status finds the
 * reason, and who goes on finds the id. */
static void answer_untold(struct hearth_store_job *job, const char *reason)
{
    struct hearth_call *call = job->call;
    const struct hearth_error_row *row = hearth_error_row(HEARTH_EUNTOLD);
    const char *name = hearth_json_text(job->result, "name", "");
    char detail[480];
    snprintf(detail, sizeof(detail),
             "'%.96s' is registered, and is told to the tracking server later: %.320s", name,
             reason);
    json_t *tracked = json_object_get(job->result, "tracked");
    if (tracked && !json_is_string(json_object_get(tracked, "reason")))
        json_object_set_new(tracked, "reason", json_string(reason));
    json_object_set_new(job->result, "error", json_string(row->text));
    json_object_set_new(job->result, "detail", json_string(detail));
    json_object_set_new(job->result, "code", json_string(row->code));
    json_object_set_new(job->result, "request_id", json_string(hearth_exchange_id(call->exchange)));
    hearth_answer_json(call, row->http_status, json_incref(job->result));
}

static void answer(struct hearth_store_job *job)
{
    const struct telling *telling = job->input;
    struct hearth_gateway *gateway = job->call->gateway;
    hearth_installs_show(gateway->installs, job->result);
    if (telling->told)
        hearth_answer_json(job->call, telling->status, json_incref(job->result));
    else
        answer_untold(job, telling->reason);
}

static void show_made(struct hearth_call *call, const struct telling *telling)
{
    if (!call->exchange)
        return;
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct telling *copy = hearth_arena_alloc(job->arena, sizeof(*copy));
    *copy = *telling;
    job->input = copy;
    job->work = show;
    job->on_done = answer;
    hearth_store_job_start(job);
}

static void on_tried(void *argument, const struct hearth_track_outcome *outcome)
{
    struct telling *telling = argument;
    struct hearth_call *call = telling->call;
    telling->told = outcome->told;
    snprintf(telling->reason, sizeof(telling->reason), "%s", outcome->reason);
    show_made(call, telling);
    hearth_call_drop(call);
    hearth_free(telling);
}

void hearth_hub_answer_made(struct hearth_call *call, const struct hearth_hub_made *made)
{
    struct telling *telling = hearth_calloc(1, sizeof(*telling));
    *telling = (struct telling){
        .call = call, .model_id = made->model_id, .status = made->status, .told = true};
    if (call->gateway->track) {
        hearth_call_hold(call);
        hearth_track_model(call->gateway->track, made->name, made->description, on_tried, telling);
        return;
    }
    show_made(call, telling);
    hearth_free(telling);
}
