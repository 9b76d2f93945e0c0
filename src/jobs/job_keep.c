#include "jobs/job_keep.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "jobs/dataset_record.h"
#include "jobs/job_clash.h"
#include "registry/model_json.h"
#include "store/record_room.h"
#include "store/store_work.h"

#include <string.h>

enum { FACTS_MAX = 1 << 20 };

struct hearth_job_ask {
    struct hearth_store_work work; /* first: of reading; its arena holds everything */
    struct hearth_store *store;
    struct hearth_job_request request;
    void (*on_read)(void *argument, const struct hearth_error *error);
    void *argument;
    struct hearth_model *model; /* NULL: it is to be made */
    struct hearth_job_dataset data, evaluation;
    const char *data_facts;
};

/* Reading */

static int find_dataset(struct hearth_store *store, struct hearth_job_ask *ask, const char *id,
                        struct hearth_job_dataset *ret, const char **ret_facts)
{
    struct hearth_dataset dataset;
    int rc = hearth_dataset_find(store, id, ask->work.arena, &dataset, &ask->work.error);
    if (rc)
        return rc;
    ret->id = dataset.id;
    ret->path = dataset.path;
    ret->sha256 = dataset.sha256;
    *ret_facts = dataset.facts_json;
    return 0;
}

static int find_model(struct hearth_store *store, struct hearth_job_ask *ask)
{
    const char *name = ask->request.model;
    int rc = hearth_model_find(store, name, ask->work.arena, &ask->model, &ask->work.error);
    bool is_id = name[strspn(name, "0123456789")] == '\0'; /* which no new model can have */
    if ((rc != HEARTH_ENOMODEL && rc != HEARTH_ENOTFOUND) || is_id)
        return rc;
    ask->model = NULL;
    if (!hearth_model_name_valid(name))
        return hearth_error_set(
            &ask->work.error, HEARTH_EFIELDS,
            "a model's name must be " HEARTH_NAME_RULE ", but this is \"%.100s\"", name);
    ask->work.error = (struct hearth_error){0};
    return 0;
}

static int check_asked(struct hearth_job_ask *ask)
{
    const struct hearth_job_request *request = &ask->request;
    const char *missing = !request->model ? "model" : !request->dataset ? "dataset_id" : NULL;
    return missing ? hearth_error_set(&ask->work.error, HEARTH_EFIELDS, "%s is missing", missing)
                   : 0;
}

static int read_rows(struct hearth_store *store, struct hearth_store_work *work)
{
    struct hearth_job_ask *ask = (struct hearth_job_ask *)work;
    const char *unused;
    int rc = check_asked(ask);
    if (!rc && !ask->request.measures)
        rc = find_model(store, ask);
    if (!rc && !*hearth_job_ask_base(ask))
        rc = hearth_error_set(&work->error, HEARTH_EFIELDS,
                              "base_model is missing, and the model has none");
    if (!rc)
        rc = find_dataset(store, ask, ask->request.dataset, &ask->data, &ask->data_facts);
    if (!rc && ask->request.evaluation_dataset)
        rc = find_dataset(store, ask, ask->request.evaluation_dataset, &ask->evaluation, &unused);
    return rc;
}

static void after_rows(struct hearth_store_work *work)
{
    struct hearth_job_ask *ask = (struct hearth_job_ask *)work;
    struct hearth_error error = work->error;
    void (*on_read)(void *argument, const struct hearth_error *error) = ask->on_read;
    void *argument = ask->argument;
    if (work->rc)
        hearth_job_ask_free(ask);
    on_read(argument, error.code ? &error : NULL);
}

static const char *copy(struct hearth_arena *arena, const char *text)
{
    return text ? hearth_arena_strdup(arena, text) : NULL;
}

void hearth_job_ask_read(struct hearth_store *store, const struct hearth_job_request *request,
                         void (*on_read)(void *argument, const struct hearth_error *error),
                         void *argument, struct hearth_job_ask **ret_ask)
{
    struct hearth_job_ask *ask = hearth_store_work_create(sizeof(*ask), read_rows, after_rows);
    struct hearth_arena *arena = ask->work.arena;
    ask->store = store;
    ask->on_read = on_read;
    ask->argument = argument;
    ask->request = *request;
    ask->request.principal = strcmp(request->principal, "key") == 0 ? "key" : "local";
    ask->request.model = copy(arena, request->model);
    ask->request.base = copy(arena, request->base);
    ask->request.dataset = copy(arena, request->dataset);
    ask->request.evaluation_dataset = copy(arena, request->evaluation_dataset);
    ask->request.label = copy(arena, request->label);
    ask->request.parameters = json_deep_copy(request->parameters);
    ask->request.client = json_deep_copy(request->client);
    *ret_ask = ask;
    hearth_store_work_start(store, &ask->work);
}

const struct hearth_job_request *hearth_job_ask_request(const struct hearth_job_ask *ask)
{
    return &ask->request;
}

const char *hearth_job_ask_base(const struct hearth_job_ask *ask)
{
    return ask->request.base ? ask->request.base : ask->model ? ask->model->base_model : "";
}

const char *hearth_job_ask_data_facts(const struct hearth_job_ask *ask)
{
    return ask->data_facts;
}

void hearth_job_ask_fill(const struct hearth_job_ask *ask, struct hearth_job_fresh *fresh)
{
    fresh->model = ask->model ? ask->model->name : ask->request.model;
    fresh->model_id = ask->model ? ask->model->id : 0;
    fresh->data = ask->data;
    fresh->evaluation = ask->evaluation;
    fresh->label = ask->request.label ? ask->request.label : "";
    fresh->client = ask->request.client;
}

/* Keeping */

struct keeping {
    struct hearth_store_work work;
    struct hearth_job_ask *ask;
    json_t *facts;
    const char *task;
    struct hearth_record record;
    struct hearth_record_bounds bounds;
    void (*on_kept)(void *argument, const struct hearth_record *record,
                    const struct hearth_error *error);
    void *argument;
};

/* Made by name, so that of two jobs for a new model both find the same. */
static int find_or_make_model(struct hearth_store *store, struct keeping *keeping)
{
    const char *name = hearth_job_facts_text(keeping->facts, "model");
    struct hearth_error *error = &keeping->work.error;
    struct hearth_model *model;
    int64_t id = 0;
    const struct hearth_model fresh = {
        .name = name,
        .task = keeping->task,
        .base_model = hearth_job_facts_text(keeping->facts, "base_model"),
    };
    int rc = hearth_store_model_get(store, name, keeping->work.arena, &model, error);
    if (!rc)
        id = model->id;
    else if (rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL)
        rc = hearth_store_model_create(store, &fresh, hearth_clock_wall_ms(), &id, error);
    if (!rc)
        json_object_set_new(keeping->facts, "model_id", json_integer(id));
    return rc;
}

static int write_job(struct hearth_store *store, struct hearth_store_work *work)
{
    const char *const over[] = {hearth_job_state_name(HEARTH_JOB_COMPLETED),
                                hearth_job_state_name(HEARTH_JOB_FAILED),
                                hearth_job_state_name(HEARTH_JOB_CANCELLED), NULL};
    struct keeping *keeping = (struct keeping *)work;
    struct hearth_buf text;
    int rc = hearth_job_clash(store, keeping->facts, work->arena, &work->error);
    if (!rc)
        rc = find_or_make_model(store, keeping);
    if (rc)
        return rc;
    work->error = (struct hearth_error){0};
    hearth_buf_init(&text, FACTS_MAX);
    hearth_json_dump(&text, keeping->facts);
    const char *facts = hearth_buf_cstr(&text);
    keeping->record.facts_json = facts ? hearth_arena_strdup(work->arena, facts) : NULL;
    hearth_buf_finish(&text);
    if (!facts)
        return hearth_error_set(&work->error, HEARTH_ETOOLARGE,
                                "the job's description is too large");
    return hearth_record_room_create(store, &keeping->record, &keeping->bounds, over, &work->error);
}

static void after_write(struct hearth_store_work *work)
{
    struct keeping *keeping = (struct keeping *)work;
    keeping->on_kept(keeping->argument, &keeping->record, work->rc ? &work->error : NULL);
    hearth_job_ask_free(keeping->ask);
    json_decref(keeping->facts);
    hearth_store_work_free(work);
}

void hearth_job_ask_keep(struct hearth_job_ask *ask, json_t *facts, int64_t count_max,
                         const char *task,
                         void (*on_kept)(void *argument, const struct hearth_record *record,
                                         const struct hearth_error *error),
                         void *argument)
{
    struct keeping *keeping = hearth_store_work_create(sizeof(*keeping), write_job, after_write);
    struct hearth_arena *arena = keeping->work.arena;
    keeping->ask = ask;
    keeping->facts = json_deep_copy(facts); /* the lane writes to it */
    keeping->task = hearth_arena_strdup(arena, task);
    keeping->on_kept = on_kept;
    keeping->argument = argument;
    keeping->bounds.count_max = count_max;
    keeping->record = (struct hearth_record){
        .kind = HEARTH_TRAINING_JOB,
        .id = hearth_arena_strdup(arena, hearth_job_facts_text(facts, "id")),
        .principal = ask->request.principal,
        .label = hearth_job_state_name(HEARTH_JOB_QUEUED),
        .created_ms = hearth_clock_wall_ms(),
        .revision = 1,
    };
    hearth_store_work_start(ask->store, &keeping->work);
}

void hearth_job_ask_free(struct hearth_job_ask *ask)
{
    if (!ask)
        return;
    json_decref((json_t *)ask->request.parameters);
    json_decref((json_t *)ask->request.client);
    hearth_store_work_free(&ask->work);
}
