#include "jobs/job_clash.h"

#include "base/error.h"
#include "jobs/dataset_record.h"
#include "jobs/job_facts.h"
#include "registry/base_version.h"

#include <string.h>

enum { LIVE_MAX = 100000 };

static bool is_same(const json_t *a, const json_t *b)
{
    static const char *const digests[] = {"base_digest", "data_sha256", "evaluation_sha256"};
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
        if (strcmp(hearth_job_facts_internal(a, digests[i]),
                   hearth_job_facts_internal(b, digests[i])) != 0)
            return false;
    return json_equal(json_object_get(a, "parameters"), json_object_get(b, "parameters"));
}

/* Two that would make the same version: by its label, or byte for byte. */
static int check_other(const json_t *facts, const struct hearth_record *other,
                       struct hearth_error *error)
{
    const char *label = hearth_job_facts_text(facts, "label");
    const char *model = hearth_job_facts_text(facts, "model");
    json_t *theirs = hearth_json_parse(other->facts_json, strlen(other->facts_json), NULL);
    int rc = 0;
    if (strcmp(hearth_job_facts_text(theirs, "model"), model) != 0)
        rc = 0;
    else if (*label && strcmp(label, hearth_job_facts_text(theirs, "label")) == 0)
        rc = hearth_error_set(error, HEARTH_ECONFLICT,
                              "job %s is %s for the same version, \"%.64s\" of %s", other->id,
                              other->label, label, model);
    else if (is_same(facts, theirs))
        rc = hearth_error_set(error, HEARTH_ECONFLICT,
                              "job %s is %s with the same base, data and parameters for %s",
                              other->id, other->label, model);
    json_decref(theirs);
    return rc;
}

static int check_jobs(struct hearth_store *store, const json_t *facts, struct hearth_arena *arena,
                      struct hearth_error *error)
{
    const char *id = hearth_job_facts_text(facts, "id");
    int rc = 0;
    for (int state = 0; !rc && state < HEARTH_JOB_STATES; state++) {
        const struct hearth_record_filter filter = {
            .kind = HEARTH_TRAINING_JOB,
            .label = hearth_job_state_name((enum hearth_job_state)state),
            .limit = LIVE_MAX};
        if (hearth_job_state_is_over((enum hearth_job_state)state))
            continue;
        struct hearth_record *records;
        size_t count = 0;
        rc = hearth_store_record_list(store, &filter, arena, &records, &count, error);
        for (size_t k = 0; !rc && k < count; k++)
            if (strcmp(records[k].id, id) != 0)
                rc = check_other(facts, &records[k], error);
    }
    return rc;
}

static int check_label(struct hearth_store *store, const json_t *facts, struct hearth_arena *arena,
                       struct hearth_error *error)
{
    const char *label = hearth_job_facts_text(facts, "label");
    const char *name = hearth_job_facts_text(facts, "model");
    struct hearth_model *model;
    struct hearth_version *versions;
    struct hearth_error why;
    size_t count = 0;
    int rc = *label ? hearth_store_model_get(store, name, arena, &model, &why) : HEARTH_ENOMODEL;
    /* A model that is not there yet is made with the job. */
    if (rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL)
        return 0;
    if (rc)
        return hearth_error_set(error, rc, "%s", why.message);
    rc = hearth_store_version_list(store, model->id, arena, &versions, &count, error);
    for (size_t i = 0; !rc && i < count; i++)
        if (strcmp(versions[i].label, label) == 0)
            rc = hearth_error_set(error, HEARTH_ECONFLICT,
                                  "%s has a version \"%.64s\" already: number %lld", name, label,
                                  (long long)versions[i].number);
    return rc;
}

/* A data set that was deleted and registered again may have other bytes, or lie elsewhere. */
static int take_data(struct hearth_store *store, json_t *facts, const char *const keys[3],
                     struct hearth_arena *arena, struct hearth_error *error)
{
    const char *id = hearth_job_facts_text(facts, keys[0]);
    struct hearth_dataset dataset;
    int rc = *id ? hearth_dataset_find(store, id, arena, &dataset, error) : 0;
    if (rc || !*id)
        return rc;
    if (strcmp(dataset.sha256, hearth_job_facts_internal(facts, keys[2])) != 0)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "the data set %s is another one by now: its sha256 is %s, the "
                                "job's %s",
                                dataset.name, dataset.sha256,
                                hearth_job_facts_internal(facts, keys[2]));
    hearth_job_facts_set_internal(facts, keys[1], json_string(dataset.path));
    return 0;
}

static int check_needs(struct hearth_store *store, json_t *facts, struct hearth_arena *arena,
                       struct hearth_error *error)
{
    static const char *const data[] = {"dataset_id", "data_path", "data_sha256"};
    static const char *const evaluation[] = {"evaluation_dataset_id", "evaluation_path",
                                             "evaluation_sha256"};
    struct hearth_model *model;
    struct hearth_version *base;
    int64_t base_id = hearth_job_facts_internal_integer(facts, "base_version_id");
    int rc = hearth_base_version_find(store, base_id, arena, &model, &base, error);
    if (rc == HEARTH_ENOTFOUND)
        hearth_error_set(error, rc, "the base %s is not there any more",
                         hearth_job_facts_text(facts, "base_model"));
    if (!rc)
        rc = take_data(store, facts, data, arena, error);
    return rc ? rc : take_data(store, facts, evaluation, arena, error);
}

int hearth_job_clash(struct hearth_store *store, json_t *facts, struct hearth_arena *arena,
                     struct hearth_error *error)
{
    int rc = check_jobs(store, facts, arena, error);
    if (!rc)
        rc = check_needs(store, facts, arena, error);
    return rc ? rc : check_label(store, facts, arena, error);
}
