#include "catalog/catalog.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog_names.h"
#include "catalog/catalog_rows.h"
#include "catalog/catalog_snapshot.h"
#include "format/engine_choice.h"
#include "loop/loop.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_PAGE = 1000, CHANGES_ARENA_MAX = 1 << 20, FILES_MAX = 64 };

struct waiter {
    struct waiter *next;
    void (*on_done)(void *argument, const struct hearth_error *error);
    void *argument;
};

/* One reading of the store; outlives a catalogue that is destroyed meanwhile. */
struct reading {
    struct hearth_catalog *catalog; /* NULL: nobody wants it any more */
    bool whole;                     /* there is no snapshot yet */
    int64_t since;
    int64_t begin_ms;                 /* wall clock */
    struct hearth_snapshot *snapshot; /* NULL: nothing has changed */
    struct hearth_catalog_rows *rows; /* what it was made of, or NULL */
    struct hearth_error error;
};

struct hearth_catalog {
    struct hearth_loop *loop;
    struct hearth_store *store;
    struct hearth_timer *timer;
    struct hearth_snapshot *snapshot;
    struct hearth_catalog_rows *rows;                    /* NULL where the store is never away */
    const struct hearth_catalog_entry *files[FILES_MAX]; /* in order of name */
    size_t file_count;
    bool any_name;                   /* means the file, where there is one */
    struct reading *reading;         /* under way */
    struct waiter *waiting, *queued; /* for the reading under way; for the one after it */
    int64_t since;
    int fault; /* of the last reading, or 0 */
};

/* Whoever asks while a reading is under way waits for the next one, because the one under way may
 * have begun before the write that they mean. */
static void start_reading(struct hearth_catalog *catalog);

static void on_refresh_time(void *argument)
{
    struct hearth_catalog *catalog = argument;
    if (!catalog->reading)
        start_reading(catalog);
}

struct hearth_catalog *hearth_catalog_create(struct hearth_loop *loop, struct hearth_store *store,
                                             uint64_t refresh_ms)
{
    struct hearth_catalog *catalog = hearth_calloc(1, sizeof(*catalog));
    catalog->loop = loop;
    catalog->store = store;
    if (store && refresh_ms) {
        catalog->timer = hearth_timer_create(loop, on_refresh_time, catalog);
        hearth_timer_start(catalog->timer, refresh_ms, refresh_ms);
    }
    return catalog;
}

static void drop_waiters(struct waiter *waiter)
{
    while (waiter) {
        struct waiter *next = waiter->next;
        hearth_free(waiter);
        waiter = next;
    }
}

/* A reading that is under way has a pointer to us, which it finds to be NULL when it comes back. */
void hearth_catalog_destroy(struct hearth_catalog *catalog)
{
    if (!catalog)
        return;
    if (catalog->reading)
        catalog->reading->catalog = NULL;
    hearth_timer_destroy(catalog->timer);
    drop_waiters(catalog->waiting);
    drop_waiters(catalog->queued);
    hearth_snapshot_destroy(catalog->snapshot);
    hearth_catalog_rows_release(catalog->rows);
    for (size_t i = 0; i < catalog->file_count; i++)
        hearth_catalog_entry_release(catalog->files[i]);
    hearth_free(catalog);
}

/* Follows the changes to their end; on the store's lane. Only whether there is something new,
 * and where the changes end: the rows themselves are read as a whole afterwards. That is simple,
 * and right whatever the changes were; it costs a read of all models only when somebody has
 * written. */
static int newest_change(struct hearth_store *store, int64_t *since, bool *ret_any,
                         struct hearth_error *error)
{
    size_t count = CHANGES_PAGE;
    int rc = 0;
    while (rc == 0 && count == CHANGES_PAGE) {
        struct hearth_arena *arena = hearth_arena_create(CHANGES_ARENA_MAX);
        struct hearth_change *changes;
        rc = hearth_store_changes(store, *since, CHANGES_PAGE, arena, &changes, &count, error);
        if (rc == 0 && count) {
            *since = changes[count - 1].sequence;
            *ret_any = true;
        }
        hearth_arena_destroy(arena);
    }
    return rc;
}

/* A store that may be away is read once, into rows that outlast it; the snapshot is made of them.
 */
static int read_models(struct hearth_store *store, struct reading *reading)
{
    struct hearth_store *copy;
    if (!hearth_store_is_remote(store))
        return hearth_snapshot_read(store, &reading->snapshot, &reading->error);
    int rc = hearth_store_copy_models(store, &copy, &reading->error);
    if (rc)
        return rc;
    reading->rows = hearth_catalog_rows_create(copy);
    return hearth_snapshot_read(copy, &reading->snapshot, &reading->error);
}

/* The end of the changes is read before the models: what is written in between is in the snapshot
 * already and is seen again as a change, which does no harm. The other way round it would be
 * missed. */
static void read_store(struct hearth_store *store, void *argument)
{
    struct reading *reading = argument;
    bool changed = reading->whole;
    int rc = newest_change(store, &reading->since, &changed, &reading->error);
    if (rc == 0 && changed)
        rc = read_models(store, reading);
    reading->error.code = rc;
}

static void tell(struct waiter *waiter, const struct hearth_error *error)
{
    while (waiter) {
        struct waiter *next = waiter->next;
        if (waiter->on_done)
            waiter->on_done(waiter->argument, error);
        hearth_free(waiter);
        waiter = next;
    }
}

static void drop_reading(struct reading *reading)
{
    hearth_snapshot_destroy(reading->snapshot);
    hearth_catalog_rows_release(reading->rows);
    hearth_free(reading);
}

/* The new snapshot takes the old one's place in one step, on the loop thread. Whoever holds an
 * entry of the old one keeps it alive by its count. */
static void take(struct hearth_catalog *catalog, struct reading *reading)
{
    catalog->since = reading->since;
    if (reading->snapshot) {
        hearth_snapshot_destroy(catalog->snapshot);
        hearth_catalog_rows_release(catalog->rows);
        catalog->snapshot = reading->snapshot;
        catalog->rows = reading->rows;
        reading->snapshot = NULL;
        reading->rows = NULL;
    }
    if (catalog->rows)
        catalog->rows->read_ms = reading->begin_ms;
}

static void has_read(void *argument)
{
    struct reading *reading = argument;
    struct hearth_catalog *catalog = reading->catalog;
    if (!catalog) {
        drop_reading(reading);
        return;
    }
    catalog->reading = NULL;
    catalog->fault = reading->error.code;
    if (reading->error.code == 0)
        take(catalog, reading);
    struct waiter *told = catalog->waiting;
    catalog->waiting = NULL;
    struct hearth_error error = reading->error;
    drop_reading(reading);
    if (catalog->queued)
        start_reading(catalog);
    tell(told, error.code ? &error : NULL); /* last: a waiter may destroy the catalogue */
}

static void start_reading(struct hearth_catalog *catalog)
{
    struct reading *reading = hearth_calloc(1, sizeof(*reading));
    reading->catalog = catalog;
    reading->whole = !catalog->snapshot;
    reading->since = catalog->since;
    reading->begin_ms = hearth_clock_wall_ms();
    catalog->waiting = catalog->queued;
    catalog->queued = NULL;
    catalog->reading = reading;
    int rc = hearth_store_submit(catalog->store, read_store, has_read, reading);
    if (rc == 0)
        return;
    /* The lane is full: those who wait hear it, the timer tries again. */
    hearth_error_set(&reading->error, rc, "the store has too much to do");
    hearth_loop_defer(catalog->loop, has_read, reading);
}

static void has_nothing_to_read(void *argument)
{
    tell(argument, NULL);
}

/* In order, so that nobody is told of a later state before somebody who asked earlier. */
void hearth_catalog_refresh(struct hearth_catalog *catalog,
                            void (*on_done)(void *argument, const struct hearth_error *error),
                            void *argument)
{
    struct waiter *waiter = hearth_calloc(1, sizeof(*waiter));
    waiter->on_done = on_done;
    waiter->argument = argument;
    if (!catalog->store) {
        hearth_loop_defer(catalog->loop, has_nothing_to_read, waiter);
        return;
    }
    struct waiter **end = &catalog->queued;
    while (*end)
        end = &(*end)->next;
    *end = waiter;
    if (!catalog->reading)
        start_reading(catalog);
}

const struct hearth_snapshot *hearth_catalog_snapshot(const struct hearth_catalog *catalog)
{
    return catalog->snapshot;
}

struct hearth_catalog_rows *hearth_catalog_rows_acquire(struct hearth_catalog *catalog)
{
    return catalog->rows ? hearth_catalog_rows_keep(catalog->rows) : NULL;
}

int hearth_catalog_fault(const struct hearth_catalog *catalog)
{
    return catalog->fault;
}

bool hearth_catalog_ready(const struct hearth_catalog *catalog)
{
    return !catalog->store || catalog->snapshot;
}

/* "/models/My Model.Q4.gguf" → "My-Model.Q4" */
static void name_of_file(const char *path, char ret_name[HEARTH_NAME_MAX])
{
    char base[HEARTH_NAME_MAX];
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    snprintf(base, sizeof(base), "%.*s", (int)(end - start), path + start);
    char *dot = strrchr(base, '.');
    if (dot && dot != base && (strcmp(dot, ".gguf") == 0 || strcmp(dot, ".fake") == 0))
        *dot = '\0';
    for (char *c = base; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '.' && *c != '_' && *c != '-')
            *c = '-';
    bool plain = isalnum((unsigned char)base[0]) && base[strspn(base, "0123456789")];
    snprintf(ret_name, HEARTH_NAME_MAX, "%s%.*s", plain ? "" : "model-",
             plain ? HEARTH_NAME_MAX - 1 : HEARTH_NAME_MAX - 7, base);
}

static const struct hearth_catalog_entry *file_named(const struct hearth_catalog *catalog,
                                                     const char *name)
{
    for (size_t i = 0; i < catalog->file_count; i++)
        if (strcmp(catalog->files[i]->name, name) == 0)
            return catalog->files[i];
    return NULL;
}

/* Kept in order of name; there are at most FILES_MAX, and they come at the start. */
static void insert_file(struct hearth_catalog *catalog, const struct hearth_catalog_entry *entry)
{
    size_t at = catalog->file_count++;
    while (at > 0 && strcmp(catalog->files[at - 1]->name, entry->name) > 0) {
        catalog->files[at] = catalog->files[at - 1];
        at--;
    }
    catalog->files[at] = entry;
}

static int check_file(const struct hearth_catalog *catalog, const char *path, const char *name,
                      const char *engine, struct hearth_error *error)
{
    if (!engine)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "%s is not a model; a model is a GGUF file, or a folder with "
                                "config.json and model.safetensors",
                                path);
    if (file_named(catalog, name))
        return hearth_error_set(error, HEARTH_ECONFLICT, "%s: a file named '%s' is served already",
                                path, name);
    if (catalog->file_count == FILES_MAX)
        return hearth_error_set(error, HEARTH_ECONFLICT, "at most %d files can be served",
                                FILES_MAX);
    return 0;
}

int hearth_catalog_add_file(struct hearth_catalog *catalog, const char *path,
                            struct hearth_error *error)
{
    char *real = realpath(path, NULL);
    if (!real)
        return hearth_error_set(error, HEARTH_ENOTFOUND, "%s: no such file or folder", path);
    char name[HEARTH_NAME_MAX];
    name_of_file(path, name);
    const char *engine = hearth_engine_for_path(real);
    int rc = check_file(catalog, path, name, engine, error);
    if (rc == 0) {
        struct hearth_catalog_entry entry = {
            .id = name,
            .name = name,
            .engine = engine,
            .device = "auto",
            .tags_json = "{}",
            .settings_json = "{}",
            .facts_json = "{}",
            .source = path,
            .path = real,
            .state = HEARTH_VERSION_READY,
            .created_ms = hearth_clock_wall_ms(),
            .pin = true,
        };
        insert_file(catalog, hearth_catalog_entry_create(&entry));
    }
    hearth_free(real);
    return rc;
}

void hearth_catalog_take_any_name(struct hearth_catalog *catalog)
{
    catalog->any_name = true;
}

/* A file that is served under a name hides a model of that name, but not its versions and aliases:
 * who names one of those means the registry's. */
int hearth_catalog_acquire(struct hearth_catalog *catalog, const char *reference,
                           const struct hearth_catalog_entry **ret_entry,
                           struct hearth_error *error)
{
    const struct hearth_catalog_names names = {.files = catalog->files,
                                               .file_count = catalog->file_count,
                                               .any_name = catalog->any_name,
                                               .snapshot = catalog->snapshot};
    const struct hearth_catalog_entry *entry;
    int rc = hearth_catalog_names_find(&names, reference, &entry, error);
    if (rc == 0)
        *ret_entry = hearth_catalog_entry_keep(entry);
    return rc;
}

bool hearth_catalog_entry_is_same(const struct hearth_catalog_entry *a,
                                  const struct hearth_catalog_entry *b)
{
    return a->model_id == b->model_id && a->number == b->number && a->created_ms == b->created_ms;
}

/* A catalogue that has not been read yet knows of nothing, and must not make anybody forget a model
 * for that. */
bool hearth_catalog_has(const struct hearth_catalog *catalog,
                        const struct hearth_catalog_entry *entry)
{
    const struct hearth_catalog_entry *file = file_named(catalog, entry->name);
    if (!hearth_catalog_ready(catalog) || (file && hearth_catalog_entry_is_same(file, entry)))
        return true;
    const struct hearth_snapshot_model *model =
        hearth_snapshot_find(catalog->snapshot, entry->name);
    for (size_t i = 0; model && i < model->entry_count; i++)
        if (hearth_catalog_entry_is_same(model->entries[i], entry))
            return true;
    return false;
}

/* Two lists in order of name, merged. */
void hearth_catalog_each_model(struct hearth_catalog *catalog,
                               void (*visit)(void *argument,
                                             const struct hearth_catalog_entry *entry),
                               void *argument)
{
    size_t file = 0;
    for (size_t i = 0; catalog->snapshot && i < catalog->snapshot->count; i++) {
        const struct hearth_snapshot_model *model = &catalog->snapshot->models[i];
        while (file < catalog->file_count && strcmp(catalog->files[file]->name, model->name) < 0)
            visit(argument, catalog->files[file++]);
        /* A file that is served under a model's name stands before it. */
        const struct hearth_catalog_entry *entry = hearth_snapshot_default(model);
        if (entry && !file_named(catalog, model->name))
            visit(argument, entry);
    }
    while (file < catalog->file_count)
        visit(argument, catalog->files[file++]);
}

void hearth_catalog_each_version(struct hearth_catalog *catalog,
                                 void (*visit)(void *argument,
                                               const struct hearth_catalog_entry *entry),
                                 void *argument)
{
    for (size_t i = 0; i < catalog->file_count; i++)
        visit(argument, catalog->files[i]);
    for (size_t i = 0; catalog->snapshot && i < catalog->snapshot->count; i++) {
        const struct hearth_snapshot_model *model = &catalog->snapshot->models[i];
        for (size_t k = 0; k < model->entry_count; k++)
            visit(argument, model->entries[k]);
    }
}
