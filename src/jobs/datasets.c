/* Each piece of work alternates between the reading lane and the store's: a data set is found in
 * the store before it is read again, and kept there after it was read for the first time. */
#include "jobs/datasets.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/error_replace.h"
#include "base/memory.h"
#include "jobs/dataset_file.h"
#include "jobs/dataset_tidy.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "store/store_work.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Two, so that a large file does not keep a small one waiting. */
enum { READERS = 2, WAITING_MAX = 64, ARENA_MAX = 8 << 20, PREVIEW_BYTES_MAX = 4 << 20 };
enum { ENOUGH = 1 }; /* ends a reading; no error has this number */

enum kind { ADD, PREVIEW };

struct hearth_datasets {
    struct hearth_datasets_options options;
    struct hearth_lane *lane;
    struct hearth_dataset_work *first; /* those under way */
};

struct hearth_dataset_work {
    struct hearth_datasets *all;
    struct hearth_dataset_work *next;
    enum kind kind;
    void *argument;
    union {
        hearth_dataset_added_fn *added;
        hearth_dataset_previewed_fn *previewed;
    } on_end;
    struct hearth_arena *arena;
    const char *asked; /* an id or name, or the path of a new one */
    const char *principal;
    struct hearth_dataset dataset;
    struct hearth_dataset_finding finding;
    json_t *rows; /* of a preview */
    size_t rows_max, rows_bytes;
    bool more, was_read;
    bool *ended; /* told while the verb that began it has not returned; or NULL */
    atomic_bool canceled;
    int rc;
    struct hearth_error error;
};

struct hearth_datasets *hearth_datasets_create(const struct hearth_datasets_options *options)
{
    struct hearth_datasets *datasets = hearth_calloc(1, sizeof(*datasets));
    datasets->options = *options;
    datasets->lane = hearth_lane_create(options->loop, "data", READERS, WAITING_MAX);
    hearth_dataset_tidy(options->store, options->uploads);
    return datasets;
}

void hearth_datasets_stop(struct hearth_datasets *datasets)
{
    if (!datasets || !datasets->lane)
        return;
    for (struct hearth_dataset_work *work = datasets->first; work; work = work->next)
        hearth_dataset_work_cancel(work);
    struct hearth_lane *lane = datasets->lane;
    datasets->lane = NULL;
    hearth_lane_destroy(lane);
}

void hearth_datasets_destroy(struct hearth_datasets *datasets)
{
    if (!datasets)
        return;
    hearth_datasets_stop(datasets);
    assert(!datasets->first);
    hearth_free(datasets);
}

void hearth_dataset_work_cancel(struct hearth_dataset_work *work)
{
    atomic_store(&work->canceled, true);
}

static struct hearth_dataset_work *create_work(struct hearth_datasets *datasets, enum kind kind,
                                               const char *asked, void *argument)
{
    struct hearth_dataset_work *work = hearth_calloc(1, sizeof(*work));
    work->all = datasets;
    work->kind = kind;
    work->argument = argument;
    work->arena = hearth_arena_create(ARENA_MAX);
    work->asked = hearth_arena_strdup(work->arena, asked);
    if (!work->asked)
        work->rc = hearth_error_set(&work->error, HEARTH_EINVAL, "the name or path is too long");
    work->next = datasets->first;
    datasets->first = work;
    return work;
}

static void tell(struct hearth_dataset_work *work)
{
    const struct hearth_error *error = work->rc ? &work->error : NULL;
    const struct hearth_dataset *dataset = work->rc ? NULL : &work->dataset;
    if (work->kind == ADD)
        work->on_end.added(work->argument, dataset, work->was_read ? &work->finding.facts : NULL,
                           error);
    else
        work->on_end.previewed(work->argument, dataset, work->rc ? NULL : work->rows, work->more,
                               error);
}

static void end_work(struct hearth_dataset_work *work)
{
    struct hearth_dataset_work **at = &work->all->first;
    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    if (work->ended)
        *work->ended = true;
    tell(work);
    json_decref(work->rows);
    hearth_arena_destroy(work->arena);
    hearth_free(work);
}

/* On the reading lane */

static bool is_canceled(void *argument)
{
    struct hearth_dataset_work *work = argument;
    return atomic_load(&work->canceled);
}

static int open_file(struct hearth_dataset_work *work, const char *path,
                     enum hearth_dataset_origin origin, struct hearth_dataset_file *file)
{
    const char *const uploads[] = {work->all->options.uploads, NULL};
    bool is_path = origin == HEARTH_DATASET_OF_PATH;
    return hearth_dataset_file_open(is_path ? work->all->options.roots : uploads, path, file,
                                    &work->error);
}

static int note_columns(void *argument, const struct hearth_dataset_row *row,
                        struct hearth_error *error)
{
    struct hearth_dataset_work *work = argument;
    (void)error;
    hearth_row_columns_note(&work->finding.columns, row->source);
    return 0;
}

/* What was found when there is nothing to learn: the first fault says most. */
static int refuse_empty(struct hearth_dataset_work *work)
{
    const struct hearth_dataset_facts *facts = &work->finding.facts;
    const struct hearth_dataset_fault *fault = facts->fault_count ? &facts->faults[0] : NULL;
    if (!fault)
        return hearth_error_set(&work->error, HEARTH_EFIELDS, "the data set has no usable row");
    return hearth_error_set(&work->error, HEARTH_EFIELDS,
                            "the data set has no usable row: %llu are faulty, the first in line "
                            "%llu: %s",
                            (unsigned long long)facts->faulty, (unsigned long long)fault->line,
                            fault->message);
}

static int read_new(struct hearth_dataset_work *work, const struct hearth_dataset_file *file)
{
    const struct hearth_dataset_reader reader = {
        .on_row = note_columns, .argument = work, .is_canceled = is_canceled};
    struct hearth_dataset_finding *finding = &work->finding;
    int rc = hearth_dataset_read_open(file->descriptor, &reader, &finding->facts, &work->error);
    if (rc)
        return rc;
    work->was_read = true;
    finding->path = hearth_arena_strdup(work->arena, file->path);
    finding->modified_ns = file->modified_ns;
    return finding->facts.rows ? 0 : refuse_empty(work);
}

static int find_name(struct hearth_dataset_work *work)
{
    struct hearth_dataset_finding *finding = &work->finding;
    if (!finding->name)
        finding->name = hearth_dataset_name_of(work->asked, work->arena);
    if (!finding->name)
        return hearth_error_set(&work->error, HEARTH_EFIELDS,
                                "no name can be made of %.100s; give one", work->asked);
    return hearth_dataset_name_check(finding->name, &work->error);
}

static int compare_digest(struct hearth_dataset_work *work, const struct hearth_dataset_file *file)
{
    const struct hearth_dataset_reader reader = {.argument = work, .is_canceled = is_canceled};
    const struct hearth_dataset *dataset = &work->dataset;
    char sha256[HEARTH_SHA256_HEX];
    int rc = hearth_dataset_digest(file->descriptor, &reader, sha256, &work->error);
    if (rc || strcmp(sha256, dataset->sha256) == 0)
        return rc;
    return hearth_error_set(&work->error, HEARTH_ECONFLICT,
                            "the file of the data set %s has changed since it was registered: its "
                            "SHA-256 was %s and is %s; register it under another name, or delete "
                            "this one first",
                            dataset->name, dataset->sha256, sha256);
}

static int keep_row(void *argument, const struct hearth_dataset_row *row,
                    struct hearth_error *error)
{
    static const char *const forms[] = {"messages", "prompt", "text"};
    struct hearth_dataset_work *work = argument;
    (void)error;
    size_t bytes = json_dumpb(row->value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    work->more = json_array_size(work->rows) == work->rows_max ||
                 (work->rows_bytes && work->rows_bytes + bytes > PREVIEW_BYTES_MAX);
    if (work->more)
        return ENOUGH;
    work->rows_bytes += bytes;
    json_array_append_new(work->rows, json_pack("{s:I, s:s, s:O}", "line", (json_int_t)row->line,
                                                "form", forms[row->form], "row", row->value));
    return 0;
}

static int read_preview(struct hearth_dataset_work *work, const struct hearth_dataset_file *file)
{
    const struct hearth_dataset_reader reader = {
        .on_row = keep_row, .argument = work, .is_canceled = is_canceled};
    bool looks_same =
        file->bytes == work->dataset.bytes && file->modified_ns == work->dataset.modified_ns;
    int rc = looks_same ? 0 : compare_digest(work, file);
    if (!rc && lseek(file->descriptor, 0, SEEK_SET))
        rc = hearth_error_set_errno(&work->error, errno, "the data cannot be read");
    if (rc)
        return rc;
    work->rows = json_array();
    rc = hearth_dataset_read_open(file->descriptor, &reader, &work->finding.facts, &work->error);
    return rc == ENOUGH ? 0 : rc;
}

/* The client knows what it has uploaded by its name. */
static void name_upload(struct hearth_dataset_work *work)
{
    bool is_new = work->kind == ADD;
    const char *path = is_new ? work->asked : work->dataset.path;
    const char *name = is_new ? work->finding.name : work->dataset.name;
    enum hearth_dataset_origin origin = is_new ? work->finding.origin : work->dataset.origin;
    if (work->rc && origin != HEARTH_DATASET_OF_PATH && name && *path)
        hearth_error_replace(&work->error, path, name);
}

static void read_on_lane(void *argument)
{
    struct hearth_dataset_work *work = argument;
    bool is_new = work->kind == ADD;
    struct hearth_dataset_file *file = hearth_calloc(1, sizeof(*file));
    work->rc = is_new ? find_name(work) : 0;
    if (!work->rc)
        work->rc = open_file(work, is_new ? work->asked : work->dataset.path,
                             is_new ? work->finding.origin : work->dataset.origin, file);
    bool is_open = !work->rc;
    /* Whoever asks by its name did not ask for a file. */
    if (!is_new && (work->rc == HEARTH_ENOTFOUND || work->rc == HEARTH_EFIELDS))
        work->rc = hearth_error_set(&work->error, HEARTH_ECONFLICT,
                                    "the file of the data set %s is not there any more (its "
                                    "SHA-256 was %s)",
                                    work->dataset.name, work->dataset.sha256);
    if (is_open && !work->rc)
        work->rc = is_new ? read_new(work, file) : read_preview(work, file);
    if (is_open)
        close(file->descriptor);
    hearth_free(file);
    name_upload(work);
}

/* On the store's lane */

struct storing {
    struct hearth_store_work work;
    struct hearth_dataset_work *of;
};

static int keep(struct hearth_store *store, struct hearth_store_work *storing)
{
    struct hearth_dataset_work *work = ((struct storing *)storing)->of;
    const struct hearth_datasets_options *options = &work->all->options;
    const struct hearth_dataset_finding *finding = &work->finding;
    char id[HEARTH_RECORD_ID];
    hearth_dataset_id(finding->name, id);
    const struct hearth_record record = {
        .kind = HEARTH_DATASET_RECORD,
        .id = id,
        .principal = work->principal,
        .label = finding->facts.shape,
        .facts_json = hearth_dataset_facts_json(finding, work->arena),
        .size = finding->origin == HEARTH_DATASET_OF_UPLOAD ? (int64_t)finding->facts.bytes : 0,
        .created_ms = hearth_clock_wall_ms(),
        .revision = 1,
    };
    const struct hearth_record_bounds bounds = {.count_max = options->count_max,
                                                .size_max = options->uploads_bytes_max};
    if (!record.facts_json)
        return hearth_error_set(&storing->error, HEARTH_ETOOLARGE,
                                "the facts of the data set are too large");
    int rc = hearth_store_record_create(store, &record, &bounds, &storing->error);
    if (rc == HEARTH_ECONFLICT)
        hearth_error_set(&storing->error, rc,
                         "there is a data set \"%s\" already; give this one another name",
                         finding->name);
    else if (rc == HEARTH_EQUEUEFULL)
        hearth_error_set(&storing->error, rc,
                         "there is no room for one more data set (datasets_max, files_bytes_max); "
                         "delete some");
    return rc ? rc
              : hearth_dataset_read_record(&record, work->arena, &work->dataset, &storing->error);
}

static int find(struct hearth_store *store, struct hearth_store_work *storing)
{
    struct hearth_dataset_work *work = ((struct storing *)storing)->of;
    return hearth_dataset_find(store, work->asked, work->arena, &work->dataset, &storing->error);
}

static void ask_store(struct hearth_dataset_work *work,
                      int (*run)(struct hearth_store *store, struct hearth_store_work *storing),
                      void (*done)(struct hearth_store_work *storing))
{
    struct storing *storing = hearth_store_work_create(sizeof(*storing), run, done);
    storing->of = work;
    hearth_store_work_start(work->all->options.store, &storing->work);
}

static struct hearth_dataset_work *take_answer(struct hearth_store_work *storing)
{
    struct hearth_dataset_work *work = ((struct storing *)storing)->of;
    work->rc = storing->rc;
    work->error = storing->error;
    hearth_store_work_free(storing);
    return work;
}

/* An upload that was not kept is nobody's. */
static void discard_upload(const struct hearth_dataset_work *work)
{
    if (work->kind == ADD && work->rc && work->finding.origin == HEARTH_DATASET_OF_UPLOAD)
        unlink(work->asked);
}

static void after_keep(struct hearth_store_work *storing)
{
    struct hearth_dataset_work *work = take_answer(storing);
    discard_upload(work);
    end_work(work);
}

static void after_read(void *argument, bool dropped)
{
    struct hearth_dataset_work *work = argument;
    if (dropped && !work->rc)
        work->rc = hearth_error_set(&work->error, HEARTH_EDRAINING, "the server is shutting down");
    if (!work->rc && work->kind == ADD) {
        ask_store(work, keep, after_keep);
        return;
    }
    discard_upload(work);
    end_work(work);
}

static void read_elsewhere(struct hearth_dataset_work *work)
{
    struct hearth_lane *lane = work->all->lane;
    int rc = lane ? hearth_lane_submit(lane, read_on_lane, after_read, work) : HEARTH_EDRAINING;
    if (!rc)
        return;
    work->rc = hearth_error_set(&work->error, rc,
                                lane ? "too many data sets are read at once"
                                     : "the server is shutting down");
    discard_upload(work);
    end_work(work);
}

static void after_find(struct hearth_store_work *storing)
{
    struct hearth_dataset_work *work = take_answer(storing);
    if (work->rc)
        end_work(work);
    else
        read_elsewhere(work);
}

/* The verbs. What ends within them has no handle that could be cancelled any more. */

static struct hearth_dataset_work *begin(struct hearth_dataset_work *work)
{
    bool ended = false;
    work->ended = &ended;
    if (work->rc)
        end_work(work);
    else if (work->kind == ADD)
        read_elsewhere(work);
    else
        ask_store(work, find, after_find);
    if (ended)
        return NULL;
    work->ended = NULL;
    return work;
}

struct hearth_dataset_work *hearth_datasets_add(struct hearth_datasets *datasets,
                                                const struct hearth_dataset_order *order,
                                                hearth_dataset_added_fn *on_added, void *argument)
{
    struct hearth_dataset_work *work = create_work(datasets, ADD, order->path, argument);
    work->on_end.added = on_added;
    work->finding.origin = order->origin;
    work->finding.name = hearth_arena_strdup(work->arena, order->name);
    work->principal = hearth_arena_strdup(work->arena, order->principal);
    return begin(work);
}

struct hearth_dataset_work *hearth_datasets_preview(struct hearth_datasets *datasets,
                                                    const char *id_or_name, size_t rows,
                                                    hearth_dataset_previewed_fn *on_previewed,
                                                    void *argument)
{
    struct hearth_dataset_work *work = create_work(datasets, PREVIEW, id_or_name, argument);
    work->on_end.previewed = on_previewed;
    work->rows_max = rows < HEARTH_DATASETS_PREVIEW_MAX ? rows : HEARTH_DATASETS_PREVIEW_MAX;
    return begin(work);
}
