/* Several files of a source at once: threads that take the next file until there is none. */
#include "base/error.h"
#include "base/memory.h"
#include "config/lock.h"
#include "registry/registry_parts.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Enough to fill a line over which one connection alone is slow; more would only make a server
 * refuse. */
enum { PARALLEL = 4, PARALLEL_MAX = 64 };

struct crew {
    struct hearth_fetch_progress progress; /* first: the threads are given this one */
    struct hearth_registry *registry;
    const struct hearth_fetch_plan *plan;
    pthread_mutex_t mutex; /* guards all below, and the progress of the caller */
    pthread_cond_t changed;
    size_t next, done;
    unsigned running;
    bool stopped;
    _Atomic bool bytes_came;
    struct hearth_error error; /* of the first that failed */
    struct fetched {
        char sha256[65];
        int64_t size;
        bool came;
    } * fetched;
};

static void pass_bytes(struct hearth_fetch_progress *progress,
                       const struct hearth_source_file *file, int64_t done, int64_t size)
{
    struct crew *crew = (struct crew *)progress;
    struct hearth_fetch_progress *outer = crew->plan->progress;
    if (done > 0)
        atomic_store(&crew->bytes_came, true);
    if (outer && outer->on_bytes)
        outer->on_bytes(outer, file, done, size);
}

/* One file's failure ends the others at their next piece. */
static bool pass_cancel(struct hearth_fetch_progress *progress)
{
    struct crew *crew = (struct crew *)progress;
    struct hearth_fetch_progress *outer = crew->plan->progress;
    pthread_mutex_lock(&crew->mutex);
    bool stopped = crew->stopped;
    pthread_mutex_unlock(&crew->mutex);
    return stopped || (outer && outer->is_canceled && outer->is_canceled(outer));
}

static bool pass_unwanted(struct hearth_fetch_progress *progress)
{
    return hearth_fetch_is_unwanted(((struct crew *)progress)->plan->progress);
}

static const char *locked_sha256(const struct hearth_lock_entry *locked, const char *path)
{
    for (size_t i = 0; locked && i < locked->file_count; i++)
        if (strcmp(locked->files[i].path, path) == 0)
            return locked->files[i].sha256;
    return NULL;
}

static int fetch_file(struct crew *crew, size_t index, struct hearth_error *error)
{
    const struct hearth_source *source = crew->plan->source;
    const struct hearth_source_file *file = &source->files[index];
    struct fetched *fetched = &crew->fetched[index];
    return hearth_source_fetch(source, file, locked_sha256(crew->plan->locked, file->path),
                               crew->registry->sources, crew->registry->blobs, &crew->progress,
                               fetched->sha256, &fetched->size, error);
}

static void stop_with(struct crew *crew, const struct hearth_error *error)
{
    /* The others then fail because they were stopped, which is not the reason. */
    if (!crew->stopped)
        crew->error = *error;
    crew->stopped = true;
}

static void *work(void *argument)
{
    struct crew *crew = argument;
    pthread_mutex_lock(&crew->mutex);
    while (!crew->stopped && crew->next < crew->plan->source->file_count) {
        size_t index = crew->next++;
        struct hearth_error error = {0};
        /* Fetching takes minutes: the lock is only held to choose a file and to note how it ended.
         */
        pthread_mutex_unlock(&crew->mutex);
        int rc = fetch_file(crew, index, &error);
        pthread_mutex_lock(&crew->mutex);
        if (rc)
            stop_with(crew, &error);
        else
            crew->fetched[index].came = true;
        crew->done++;
    }
    crew->running--;
    pthread_cond_signal(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static void wait_for_crew(struct crew *crew)
{
    const struct hearth_fetch_plan *plan = crew->plan;
    pthread_mutex_lock(&crew->mutex);
    while (crew->running) {
        /* Woken when a thread ends, or once a second for on_tick. */
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (pthread_cond_timedwait(&crew->changed, &crew->mutex, &until) != ETIMEDOUT ||
            !plan->on_tick)
            continue;
        struct hearth_error error = {0};
        pthread_mutex_unlock(&crew->mutex);
        int rc = plan->on_tick(plan->argument, &error);
        pthread_mutex_lock(&crew->mutex);
        if (rc)
            stop_with(crew, &error);
    }
    pthread_mutex_unlock(&crew->mutex);
}

static int run_crew(struct crew *crew, struct hearth_error *error)
{
    pthread_t threads[PARALLEL_MAX];
    unsigned wanted = crew->plan->parallel ? crew->plan->parallel : PARALLEL, started = 0;
    if (wanted > PARALLEL_MAX)
        wanted = PARALLEL_MAX;
    if (wanted > crew->plan->source->file_count)
        wanted = (unsigned)crew->plan->source->file_count;
    /* All sizes first, so that a sum over the files is right from the start. */
    for (size_t i = 0; i < crew->plan->source->file_count; i++)
        pass_bytes(&crew->progress, &crew->plan->source->files[i], 0,
                   crew->plan->source->files[i].size);
    /* Before the first thread runs, since each takes itself off when it ends. */
    crew->running = wanted;
    while (started < wanted && pthread_create(&threads[started], NULL, work, crew) == 0)
        started++;
    pthread_mutex_lock(&crew->mutex);
    /* Those that could not be started; the others do the work. */
    crew->running -= wanted - started;
    pthread_mutex_unlock(&crew->mutex);
    if (!started)
        return hearth_error_set(error, HEARTH_ENOMEM, "no thread could be started");
    wait_for_crew(crew);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (crew->stopped)
        return hearth_error_set(error, crew->error.code, "%s", crew->error.message);
    return 0;
}

/* Those files whose bytes are whole, also when others failed. */
static int list_files(const struct crew *crew, struct hearth_arena *arena,
                      struct hearth_file *ret_files, size_t *ret_count, struct hearth_error *error)
{
    for (size_t i = 0; i < crew->plan->source->file_count; i++) {
        if (!crew->fetched[i].came)
            continue;
        struct hearth_file *file = &ret_files[(*ret_count)++];
        file->path = crew->plan->source->files[i].path;
        file->size = crew->fetched[i].size;
        file->sha256 = hearth_arena_strdup(arena, crew->fetched[i].sha256);
        if (!file->sha256)
            return hearth_error_set(error, HEARTH_ETOOLARGE, "the model has too many files");
    }
    return 0;
}

int hearth_registry_fetch_all(struct hearth_registry *registry,
                              const struct hearth_fetch_plan *plan, struct hearth_arena *arena,
                              struct hearth_file *ret_files, size_t *ret_count,
                              struct hearth_error *error)
{
    struct crew crew = {.progress = {.on_bytes = pass_bytes,
                                     .is_canceled = pass_cancel,
                                     .is_unwanted = pass_unwanted},
                        .registry = registry,
                        .plan = plan,
                        .mutex = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    size_t count = plan->source->file_count;
    crew.fetched = hearth_calloc(count, sizeof(*crew.fetched));
    int rc = run_crew(&crew, error);
    /* Also after a failure: it tells whether there is something to go on with. */
    *plan->ret_bytes_came = atomic_load(&crew.bytes_came);
    *ret_count = 0;
    int listed = list_files(&crew, arena, ret_files, ret_count, rc ? NULL : error);
    rc = rc ? rc : listed;
    pthread_mutex_destroy(&crew.mutex);
    pthread_cond_destroy(&crew.changed);
    hearth_free(crew.fetched);
    return rc;
}
