#include "routes/train/fine_tuning_file.h"

#include "base/error.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "deferred/kept_files.h"
#include "gateway/gateway_state.h"
#include "jobs/datasets.h"
#include "store/store_work.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct taking {
    struct hearth_gateway *gateway;
    char principal[16];
    char id[64];
    bool is_second; /* somebody else had registered it meanwhile */
    void (*on_taken)(void *argument, const struct hearth_error *error);
    void *argument;
};

struct looking {
    struct hearth_store_work work;
    const struct taking *taking;
    bool is_known;
};

static void end(struct taking *taking, const struct hearth_error *error)
{
    taking->on_taken(taking->argument, error);
    hearth_free(taking);
}

/* OpenAI refuses a file for one faulty row; the number of all is told, so that it is mended once.
 */
static int check_rows(const struct hearth_dataset *dataset, struct hearth_error *error)
{
    json_t *facts = hearth_json_parse(dataset->facts_json, strlen(dataset->facts_json), NULL);
    const json_t *faults = json_object_get(facts, "faults");
    const json_t *first = json_array_get(json_object_get(faults, "first"), 0);
    int rc = 0;
    if (strcmp(dataset->format, "jsonl") != 0 ||
        (strcmp(dataset->shape, "messages") != 0 && strcmp(dataset->shape, "prompt") != 0))
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "the file %s is %s with rows of the shape %s; it must have a JSON "
                              "object on each line, with messages or with prompt and completion",
                              dataset->name, dataset->format, dataset->shape);
    else if (dataset->faulty)
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "the file %s has faulty rows: %llu, the first in line %lld: %s",
                              dataset->name, (unsigned long long)dataset->faulty,
                              (long long)hearth_json_integer(first, "line", 0),
                              hearth_json_text(first, "message", "it cannot be read"));
    json_decref(facts);
    return rc;
}

static int check_file(struct hearth_store *store, const struct looking *looking,
                      struct hearth_error *error)
{
    const struct taking *taking = looking->taking;
    struct hearth_record *record;
    int rc = hearth_store_record_get(store, HEARTH_KEPT_FILE, taking->id, taking->principal,
                                     looking->work.arena, &record, error);
    if (rc == HEARTH_ENOTFOUND)
        return hearth_error_set(error, HEARTH_EINVAL, "there is no file '%s'", taking->id);
    if (!rc && strcmp(record->label, "fine-tune") != 0)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the file %s was uploaded for %s; it must be for fine-tune",
                                taking->id, record->label);
    return rc;
}

static int look(struct hearth_store *store, struct hearth_store_work *work)
{
    struct looking *looking = (struct looking *)work;
    struct hearth_dataset dataset;
    int rc = check_file(store, looking, &work->error);
    if (rc)
        return rc;
    rc = hearth_dataset_find(store, looking->taking->id, work->arena, &dataset, &work->error);
    looking->is_known = !rc;
    if (rc == HEARTH_ENOTFOUND) {
        work->error = (struct hearth_error){0};
        return 0;
    }
    if (!rc && dataset.origin != HEARTH_DATASET_OF_FILE)
        return hearth_error_set(&work->error, HEARTH_ECONFLICT,
                                "there is a data set named %s that is not this file; delete it",
                                looking->taking->id);
    return rc ? rc : check_rows(&dataset, &work->error);
}

static void start(struct taking *taking);

/* Two jobs for one new file: the second finds what the first has registered. */
static void on_added(void *argument, const struct hearth_dataset *dataset,
                     const struct hearth_dataset_facts *facts, const struct hearth_error *error)
{
    struct taking *taking = argument;
    struct hearth_error why = {0};
    (void)facts;
    if (error && error->code == HEARTH_ECONFLICT && !taking->is_second) {
        taking->is_second = true;
        start(taking);
        return;
    }
    if (error)
        why = *error;
    if (why.code == HEARTH_EFIELDS || why.code == HEARTH_EPARSE || why.code == HEARTH_ENOTFOUND)
        why.code = HEARTH_EINVAL;
    if (!error)
        check_rows(dataset, &why);
    end(taking, why.code ? &why : NULL);
}

static void add(struct taking *taking)
{
    char path[PATH_MAX];
    struct hearth_error error;
    const struct hearth_dataset_order order = {
        .path = path,
        .name = taking->id,
        .principal = taking->principal,
        .origin = HEARTH_DATASET_OF_FILE,
    };
    if (hearth_kept_files_path(taking->gateway->deferred->files, taking->id, path, sizeof(path))) {
        hearth_datasets_add(taking->gateway->datasets, &order, on_added, taking);
        return;
    }
    hearth_error_set(&error, HEARTH_EIO, "the folder of files cannot be used");
    end(taking, &error);
}

static void after_look(struct hearth_store_work *work)
{
    const struct looking *looking = (struct looking *)work;
    struct taking *taking = (struct taking *)looking->taking;
    struct hearth_error error = work->error;
    bool is_known = looking->is_known;
    int rc = work->rc;
    hearth_store_work_free(work);
    if (rc || is_known)
        end(taking, rc ? &error : NULL);
    else if (taking->gateway->draining)
        end(taking, &(struct hearth_error){.code = HEARTH_EDRAINING});
    else
        add(taking);
}

static void start(struct taking *taking)
{
    struct looking *looking = hearth_store_work_create(sizeof(*looking), look, after_look);
    looking->taking = taking;
    hearth_store_work_start(taking->gateway->store, &looking->work);
}

void hearth_fine_tuning_file_take(
    struct hearth_gateway *gateway, const char *principal, const char *file_id,
    void (*on_taken)(void *argument, const struct hearth_error *error), void *argument)
{
    struct taking *taking = hearth_calloc(1, sizeof(*taking));
    taking->gateway = gateway;
    taking->on_taken = on_taken;
    taking->argument = argument;
    snprintf(taking->principal, sizeof(taking->principal), "%s", principal);
    snprintf(taking->id, sizeof(taking->id), "%s", file_id);
    start(taking);
}
