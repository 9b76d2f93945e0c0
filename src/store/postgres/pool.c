#include "store/postgres/pool.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <pthread.h>
#include <time.h>

/* Times between two tries to reach a database that is away: doubled each time up to the longer. */
enum { PAUSE_MIN_MS = 250, PAUSE_MAX_MS = 4000, CONNECTIONS_MAX = 64 };

struct hearth_pg_pool {
    struct hearth_postgres_options options;
    char *url;
    pthread_mutex_t mutex;
    pthread_cond_t given; /* somebody gave one back */
    struct hearth_pg *idle[CONNECTIONS_MAX];
    unsigned idle_count, open_count; /* open: lent ones too, and those that are being opened */
    uint64_t pause_ms;               /* 0: it can be reached */
    uint64_t next_try_ms;            /* on the monotonic clock */
};

struct hearth_pg_pool *hearth_pg_pool_create(const struct hearth_postgres_options *options)
{
    struct hearth_pg_pool *pool = hearth_calloc(1, sizeof(*pool));
    pool->url = hearth_strdup(options->url);
    pool->options = *options;
    pool->options.url = pool->url;
    unsigned wanted = options->connections ? options->connections : 1;
    pool->options.connections = wanted < CONNECTIONS_MAX ? wanted : CONNECTIONS_MAX;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->given, &attributes);
    pthread_condattr_destroy(&attributes);
    return pool;
}

static void close_idle(struct hearth_pg_pool *pool)
{
    for (; pool->idle_count; pool->open_count--)
        hearth_pg_close(pool->idle[--pool->idle_count]);
}

void hearth_pg_pool_destroy(struct hearth_pg_pool *pool)
{
    if (!pool)
        return;
    close_idle(pool);
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->mutex);
    hearth_free(pool->url);
    hearth_free(pool);
}

/* With the mutex held. */
static void note_try(struct hearth_pg_pool *pool, bool reached)
{
    if (reached) {
        if (pool->pause_ms)
            HEARTH_LOG(HEARTH_LOG_INFO, "store.back");
        pool->pause_ms = 0;
        return;
    }
    uint64_t pause = pool->pause_ms ? pool->pause_ms * 2 : PAUSE_MIN_MS;
    pool->pause_ms = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
    pool->next_try_ms = hearth_clock_monotonic_ms() + pool->pause_ms;
}

/* With the mutex held: until one is idle or may be opened. */
static int wait_turn(struct hearth_pg_pool *pool, struct hearth_error *error)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(pool->options.statement_ms / 1000 + 1);
    while (!pool->idle_count && pool->open_count == pool->options.connections)
        if (pthread_cond_timedwait(&pool->given, &pool->mutex, &end))
            return hearth_error_set(error, HEARTH_EDATABASE,
                                    "all connections to the registry's database are in use");
    bool resting =
        !pool->idle_count && pool->pause_ms && hearth_clock_monotonic_ms() < pool->next_try_ms;
    return resting ? hearth_error_set(error, HEARTH_EDATABASE,
                                      "the registry's database cannot be reached")
                   : 0;
}

/* Opened without the mutex, since it takes its time; its place is taken meanwhile. */
static int open_one(struct hearth_pg_pool *pool, struct hearth_pg **ret_pg,
                    struct hearth_error *error)
{
    pool->open_count++;
    if (pool->pause_ms) /* others do not try beside this try */
        pool->next_try_ms = hearth_clock_monotonic_ms() + pool->options.connect_ms;
    pthread_mutex_unlock(&pool->mutex);
    int rc = hearth_pg_connect(&pool->options, ret_pg, error);
    pthread_mutex_lock(&pool->mutex);
    note_try(pool, !rc);
    if (rc) {
        pool->open_count--;
        pthread_cond_signal(&pool->given);
    }
    return rc;
}

int hearth_pg_pool_take(struct hearth_pg_pool *pool, struct hearth_pg **ret_pg,
                        struct hearth_error *error)
{
    pthread_mutex_lock(&pool->mutex);
    int rc = wait_turn(pool, error);
    if (!rc && pool->idle_count)
        *ret_pg = pool->idle[--pool->idle_count];
    else if (!rc)
        rc = open_one(pool, ret_pg, error);
    pthread_mutex_unlock(&pool->mutex);
    return rc;
}

void hearth_pg_pool_give(struct hearth_pg_pool *pool, struct hearth_pg *pg)
{
    pthread_mutex_lock(&pool->mutex);
    if (pg->lost) {
        if (pg->late) /* the next one would wait as long for nothing */
            note_try(pool, false);
        hearth_pg_close(pg);
        pool->open_count--;
        close_idle(pool);
    } else {
        pool->idle[pool->idle_count++] = pg;
    }
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->mutex);
}

bool hearth_pg_pool_away(struct hearth_pg_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    bool away = pool->pause_ms != 0;
    pthread_mutex_unlock(&pool->mutex);
    return away;
}
