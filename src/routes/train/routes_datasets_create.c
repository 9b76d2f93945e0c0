/* POST /datasets: a file of this machine by its path, or an upload. Both are read whole before they
 * are answered, so that what cannot be learnt from is refused here and not by a job. */
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "deferred/upload.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "jobs/dataset_file.h"
#include "jobs/dataset_tidy.h"
#include "jobs/datasets.h"
#include "jobs/jobs.h"
#include "routes/train/train_routes.gen.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { NAME, BASE, FAULTS_ARENA_MAX = 64 << 10 };

/* A registration under way; its call is held. */
struct adding {
    struct hearth_call *call;
    struct hearth_upload *upload;         /* NULL: of a path */
    struct hearth_dataset_work *work;     /* NULL: it has ended */
    char base[HEARTH_UPLOAD_FIELD_BYTES]; /* whose tokens are to be counted; "": none's */
    json_t *dataset;                      /* as it is told, while they are */
};

/* Faults of rows, where a client looks for those of fields. */
static void refuse_rows(struct hearth_call *call, const struct hearth_dataset_facts *facts,
                        const struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(FAULTS_ARENA_MAX);
    struct hearth_schema_faults faults = {.count = 0};
    for (size_t i = 0; i < facts->fault_count && i < HEARTH_SCHEMA_FAULTS_MAX; i++) {
        const struct hearth_dataset_fault *fault = &facts->faults[i];
        const char *place = fault->column ? hearth_arena_format(arena, "line %llu, column %llu",
                                                                (unsigned long long)fault->line,
                                                                (unsigned long long)fault->column)
                                          : hearth_arena_format(arena, "line %llu",
                                                                (unsigned long long)fault->line);
        if (place)
            faults.rows[faults.count++] =
                (struct hearth_schema_fault){.kind = HEARTH_FAULT_VALUE,
                                             .path = place,
                                             .expected = "a row to learn from",
                                             .got = "a faulty one",
                                             .message = fault->message};
    }
    hearth_answer_error(call, error, &(struct hearth_error_detail){.faults = &faults});
    hearth_arena_destroy(arena);
}

static void end_adding(struct adding *adding)
{
    if (adding->upload)
        hearth_upload_end(adding->upload);
    hearth_call_drop(adding->call);
    json_decref(adding->dataset);
    hearth_free(adding);
}

/* The data set is registered all the same where its tokens could not be counted. */
static void on_measured(void *argument, json_t *measure, const struct hearth_error *error)
{
    struct adding *adding = argument;
    if (error) {
        struct hearth_error told = *error;
        hearth_answer_hide(adding->call, &told);
        json_object_set_new(adding->dataset, "measure_error",
                            json_pack("{s:s, s:s}", "code", hearth_error_row(told.code)->code,
                                      "detail", told.message));
    } else
        json_object_set_new(adding->dataset, "measured", json_pack("[O]", measure));
    if (adding->call->exchange)
        hearth_answer_json(adding->call, 201, json_incref(adding->dataset));
    json_decref(measure);
    end_adding(adding);
}

static void measure(struct adding *adding, const struct hearth_dataset *dataset)
{
    struct hearth_call *call = adding->call;
    adding->dataset = hearth_dataset_json(dataset, call->gateway->home);
    hearth_jobs_measure(call->gateway->jobs, call->principal, dataset->id, adding->base,
                        on_measured, adding);
}

static void on_added(void *argument, const struct hearth_dataset *dataset,
                     const struct hearth_dataset_facts *facts, const struct hearth_error *error)
{
    struct adding *adding = argument;
    struct hearth_call *call = adding->call;
    call->work = NULL;
    if (call->exchange && !error && *adding->base) {
        measure(adding, dataset);
        return;
    }
    if (call->exchange && error && error->code == HEARTH_EFIELDS && facts && facts->fault_count)
        refuse_rows(call, facts, error);
    else if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, 201, hearth_dataset_json(dataset, call->gateway->home));
    end_adding(adding);
}

static void on_gone(struct hearth_call *call, int reason)
{
    const struct adding *adding = call->work;
    (void)reason;
    if (adding && adding->work)
        hearth_dataset_work_cancel(adding->work);
}

/* A client that has left already finds nobody to tell it: then what has come is refused. */
static void add(struct hearth_call *call, struct hearth_upload *upload,
                const struct hearth_dataset_order *order, const char *base)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct adding *adding = hearth_calloc(1, sizeof(*adding));
    bool is_there = call->exchange != NULL;
    hearth_call_hold(call);
    adding->call = call;
    adding->upload = upload;
    snprintf(adding->base, sizeof(adding->base), "%s", base);
    if (is_there)
        call->events = &events;
    call->work = adding;
    struct hearth_dataset_work *work =
        hearth_datasets_add(call->gateway->datasets, order, on_added, adding);
    if (!work)
        return; /* it has ended, and the memory is gone */
    adding->work = work;
    if (!is_there)
        hearth_dataset_work_cancel(work);
}

/* A base that is not there is told before anything is read. */
static int check_base(struct hearth_call *call, const char *base, struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry = NULL;
    int rc = *base ? hearth_catalog_acquire(call->gateway->catalog, base, &entry, error) : 0;
    hearth_catalog_entry_release(entry);
    return rc;
}

static int check(const struct hearth_upload *upload, const char **ret_param,
                 struct hearth_error *error)
{
    const char *name = upload->fields[NAME];
    *ret_param = "name";
    int rc = *name ? hearth_dataset_name_check(name, error) : 0;
    if (rc)
        return rc;
    *ret_param = "base";
    return check_base(upload->call, upload->fields[BASE], error);
}

/* Without a name it has that of the file as the client's machine calls it. */
static const char *name_of(const struct hearth_upload *upload, struct hearth_arena *arena)
{
    return *upload->fields[NAME] ? upload->fields[NAME]
                                 : hearth_dataset_name_of(upload->filename, arena);
}

static void on_stored(struct hearth_upload *upload)
{
    struct hearth_call *call = upload->call;
    struct hearth_arena *arena = hearth_arena_create(FAULTS_ARENA_MAX);
    char path[PATH_MAX];
    /* It was written under this path just now. */
    if (!hearth_kept_files_path(call->gateway->deferred->files, upload->id, path, sizeof(path)))
        path[0] = '\0';
    const char *name = name_of(upload, arena);
    const struct hearth_dataset_order order = {
        .path = path,
        .name = name ? name : upload->id,
        .principal = call->principal,
        .origin = HEARTH_DATASET_OF_UPLOAD,
    };
    add(call, upload, &order, upload->fields[BASE]);
    hearth_arena_destroy(arena);
}

void hearth_route_datasets_create(struct hearth_call *call)
{
    static const char *const fields[] = {"name", "base", NULL};
    static const struct hearth_upload_form form = {.fields = fields,
                                                   .id_prefix = HEARTH_DATASET_UPLOAD_PREFIX,
                                                   .check = check,
                                                   .on_stored = on_stored};
    if (!call->json) {
        hearth_upload_start(call, &form);
        return;
    }
    const struct hearth_dataset_order order = {
        .path = hearth_json_text(call->json, "path", ""),
        .name = hearth_json_text(call->json, "name", NULL),
        .principal = call->principal,
        .origin = HEARTH_DATASET_OF_PATH,
    };
    const char *base = hearth_json_text(call->json, "base", "");
    struct hearth_error error;
    if (check_base(call, base, &error))
        hearth_answer_error(call, &error, &(struct hearth_error_detail){.param = "base"});
    else
        add(call, NULL, &order, base);
}
