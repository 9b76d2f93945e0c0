#include "jobs/dataset_record.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "config/home.h"
#include "domain/job_state.h"
#include "jobs/job_facts.h"

#include <stdio.h>
#include <string.h>

#define ID_PREFIX "ds-"
enum { ID_DIGITS = 24, FACTS_MAX = 64 << 10, JOBS_PAGE = 500 };

static const char *const origins[] = {"path", "upload", "file"};

void hearth_dataset_id(const char *name, char ret_id[HEARTH_RECORD_ID])
{
    char hex[HEARTH_SHA256_HEX];
    hearth_sha256_of(name, strlen(name), hex);
    snprintf(ret_id, HEARTH_RECORD_ID, ID_PREFIX "%.*s", ID_DIGITS, hex);
}

static bool is_id(const char *text)
{
    size_t prefix = strlen(ID_PREFIX);
    return strncmp(text, ID_PREFIX, prefix) == 0 && strlen(text) == prefix + ID_DIGITS &&
           strspn(text + prefix, "0123456789abcdef") == ID_DIGITS;
}

int hearth_dataset_name_check(const char *name, struct hearth_error *error)
{
    if (!hearth_model_name_valid(name))
        return hearth_error_set(error, HEARTH_EFIELDS,
                                "the name \"%.100s\" must be " HEARTH_NAME_RULE, name);
    if (is_id(name))
        return hearth_error_set(error, HEARTH_EFIELDS,
                                "the name \"%.100s\" looks like an id; take another", name);
    return 0;
}

static json_t *faults_json(const struct hearth_dataset_facts *facts)
{
    json_t *first = json_array();
    for (size_t i = 0; i < facts->fault_count; i++) {
        const struct hearth_dataset_fault *fault = &facts->faults[i];
        json_array_append_new(
            first, json_pack("{s:I, s:o, s:s}", "line", (json_int_t)fault->line, "column",
                             fault->column ? json_integer((json_int_t)fault->column) : json_null(),
                             "message", fault->message));
    }
    return json_pack("{s:I, s:o}", "count", (json_int_t)facts->faulty, "first", first);
}

const char *hearth_dataset_facts_json(const struct hearth_dataset_finding *finding,
                                      struct hearth_arena *arena)
{
    const struct hearth_dataset_facts *facts = &finding->facts;
    struct hearth_buf buf;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:I}", "name", finding->name, "path",
        finding->path, "origin", origins[finding->origin], "format", facts->format, "shape",
        facts->shape, "sha256", facts->sha256, "bytes", (json_int_t)facts->bytes, "rows",
        (json_int_t)facts->rows, "schema", hearth_row_columns_json(&finding->columns), "faults",
        faults_json(facts), "modified_ns", (json_int_t)finding->modified_ns);
    hearth_buf_init(&buf, FACTS_MAX);
    if (json)
        hearth_json_dump(&buf, json);
    const char *text =
        buf.failed || !json ? NULL : hearth_arena_strndup(arena, buf.bytes, buf.length);
    hearth_buf_finish(&buf);
    json_decref(json);
    return text;
}

static enum hearth_dataset_origin origin_of(const char *text)
{
    enum hearth_dataset_origin origin = HEARTH_DATASET_OF_PATH;
    while (origin < HEARTH_DATASET_OF_FILE && strcmp(origins[origin], text) != 0)
        origin++;
    return origin;
}

int hearth_dataset_read_record(const struct hearth_record *record, struct hearth_arena *arena,
                               struct hearth_dataset *ret_dataset, struct hearth_error *error)
{
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    const json_t *faults = json_object_get(facts, "faults");
    struct hearth_dataset dataset = {
        .id = hearth_arena_strdup(arena, record->id),
        .name = hearth_arena_strdup(arena, hearth_json_text(facts, "name", "")),
        .path = hearth_arena_strdup(arena, hearth_json_text(facts, "path", "")),
        .format = hearth_arena_strdup(arena, hearth_json_text(facts, "format", "")),
        .shape = hearth_arena_strdup(arena, hearth_json_text(facts, "shape", "")),
        .sha256 = hearth_arena_strdup(arena, hearth_json_text(facts, "sha256", "")),
        .origin = origin_of(hearth_json_text(facts, "origin", "")),
        .bytes = (uint64_t)hearth_json_integer(facts, "bytes", 0),
        .rows = (uint64_t)hearth_json_integer(facts, "rows", 0),
        .faulty = (uint64_t)hearth_json_integer(faults, "count", 0),
        .modified_ns = hearth_json_integer(facts, "modified_ns", 0),
        .created_ms = record->created_ms,
        .revision = record->revision,
        .facts_json = hearth_arena_strdup(arena, record->facts_json),
    };
    json_decref(facts);
    if (!dataset.id || !dataset.name || !dataset.path || !dataset.format || !dataset.shape ||
        !dataset.sha256 || !dataset.facts_json)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "there is no room for a data set");
    if (!hearth_sha256_valid(dataset.sha256) || dataset.path[0] != '/')
        return hearth_error_set(error, HEARTH_EIO, "the record of the data set %s is damaged",
                                record->id);
    *ret_dataset = dataset;
    return 0;
}

int hearth_dataset_find(struct hearth_store *store, const char *id_or_name,
                        struct hearth_arena *arena, struct hearth_dataset *ret_dataset,
                        struct hearth_error *error)
{
    struct hearth_record *record;
    char id[HEARTH_RECORD_ID];
    if (is_id(id_or_name))
        snprintf(id, sizeof(id), "%s", id_or_name);
    else
        hearth_dataset_id(id_or_name, id);
    int rc = hearth_store_record_get(store, HEARTH_DATASET_RECORD, id, NULL, arena, &record, error);
    if (rc == HEARTH_ENOTFOUND)
        return hearth_error_set(error, rc, "there is no data set \"%.100s\"", id_or_name);
    return rc ? rc : hearth_dataset_read_record(record, arena, ret_dataset, error);
}

static bool passes(const struct hearth_dataset *dataset, const struct hearth_dataset_filter *filter)
{
    return (!filter->name || strstr(dataset->name, filter->name)) &&
           (!filter->format || strcmp(dataset->format, filter->format) == 0);
}

int hearth_dataset_list(struct hearth_store *store, const struct hearth_dataset_filter *filter,
                        struct hearth_arena *arena, struct hearth_dataset **ret_datasets,
                        size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_record_filter all = {
        .kind = HEARTH_DATASET_RECORD, .label = filter->shape, .limit = filter->limit};
    struct hearth_record *records;
    size_t count, passed = 0;
    int rc = hearth_store_record_list(store, &all, arena, &records, &count, error);
    if (rc)
        return rc;
    struct hearth_dataset *datasets =
        hearth_arena_alloc(arena, (count ? count : 1) * sizeof(*datasets));
    if (!datasets)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "there is no room for the list");
    for (size_t i = 0; i < count && !rc; i++) {
        rc = hearth_dataset_read_record(&records[i], arena, &datasets[passed], error);
        passed += !rc && passes(&datasets[passed], filter);
    }
    *ret_datasets = datasets;
    *ret_count = passed;
    return rc;
}

json_t *hearth_dataset_json(const struct hearth_dataset *dataset, const struct hearth_home *home)
{
    char created[25];
    json_t *facts = hearth_json_parse(dataset->facts_json, strlen(dataset->facts_json), NULL);
    json_t *shown = json_pack("{s:s}", "id", dataset->id);
    hearth_clock_iso8601(dataset->created_ms, created);
    json_object_del(facts, "modified_ns");
    if (dataset->origin != HEARTH_DATASET_OF_PATH)
        json_object_set_new(facts, "path", json_string(hearth_home_relative(home, dataset->path)));
    json_object_set_new(facts, "checksum", json_string(dataset->sha256));
    json_object_set_new(facts, "created_at", json_string(created));
    json_object_update(shown, facts);
    json_decref(facts);
    return shown;
}

static bool names(const struct hearth_record *job, const char *dataset_id)
{
    json_t *facts = hearth_json_parse(job->facts_json, strlen(job->facts_json), NULL);
    bool found = strcmp(hearth_json_text(facts, "dataset_id", ""), dataset_id) == 0 ||
                 strcmp(hearth_json_text(facts, "evaluation_dataset_id", ""), dataset_id) == 0;
    json_decref(facts);
    return found;
}

static int find_holder(struct hearth_store *store, enum hearth_job_state state,
                       const char *dataset_id, struct hearth_arena *arena, const char **ret_job_id,
                       struct hearth_error *error)
{
    struct hearth_record_filter filter = {
        .kind = HEARTH_TRAINING_JOB, .label = hearth_job_state_name(state), .limit = JOBS_PAGE};
    size_t count = JOBS_PAGE;
    while (count == JOBS_PAGE) {
        struct hearth_record *jobs;
        int rc = hearth_store_record_list(store, &filter, arena, &jobs, &count, error);
        if (rc)
            return rc;
        for (size_t i = 0; i < count; i++) {
            if (!names(&jobs[i], dataset_id))
                continue;
            *ret_job_id = jobs[i].id;
            return 0;
        }
        if (count)
            filter.after = jobs[count - 1].id;
    }
    return 0;
}

int hearth_dataset_holder(struct hearth_store *store, const char *dataset_id,
                          struct hearth_arena *arena, const char **ret_job_id,
                          struct hearth_error *error)
{
    int rc = 0;
    *ret_job_id = NULL;
    for (int state = 0; state < HEARTH_JOB_STATES && !rc && !*ret_job_id; state++)
        if (hearth_job_state_holds((enum hearth_job_state)state))
            rc = find_holder(store, (enum hearth_job_state)state, dataset_id, arena, ret_job_id,
                             error);
    return rc;
}

int hearth_dataset_delete(struct hearth_store *store, const char *id_or_name,
                          struct hearth_arena *arena, struct hearth_dataset *ret_dataset,
                          struct hearth_error *error)
{
    const char *job_id = NULL;
    int rc = hearth_dataset_find(store, id_or_name, arena, ret_dataset, error);
    if (!rc)
        rc = hearth_dataset_holder(store, ret_dataset->id, arena, &job_id, error);
    if (!rc && job_id)
        rc = hearth_error_set(error, HEARTH_EINUSE,
                              "the training job %s needs the data set %s; cancel it first, or wait "
                              "for its end",
                              job_id, ret_dataset->name);
    return rc ? rc
              : hearth_store_record_delete(store, HEARTH_DATASET_RECORD, ret_dataset->id, error);
}

int hearth_dataset_forget_file(struct hearth_store *store, const char *file_id,
                               struct hearth_arena *arena, struct hearth_error *error)
{
    struct hearth_dataset dataset;
    int rc = hearth_dataset_find(store, file_id, arena, &dataset, error);
    if (rc == HEARTH_ENOTFOUND || (!rc && dataset.origin != HEARTH_DATASET_OF_FILE)) {
        *error = (struct hearth_error){0};
        return 0;
    }
    return rc ? rc : hearth_dataset_delete(store, file_id, arena, &dataset, error);
}
