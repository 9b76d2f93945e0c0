/* bench: the best number of workers and threads for a model on this machine. Each candidate serves
 * texts that never come twice, for a few seconds, through the scheduler and real workers. */
#include "backend/model_cpus.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "blob/blob.h"
#include "catalog/catalog.h"
#include "cli/command.h"
#include "cli/print_json.h"
#include "cli/terminal.h"
#include "config/home.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "registry/install.h"
#include "serving/inference.h"
#include "serving/scheduler.h"

#include <stdio.h>
#include <string.h>

/* WAIT_MS is how long workers may take to load. TEXTS_PER_WORKER keeps every worker busy while
 * results travel. */
enum {
    CANDIDATES_MAX = 12,
    COLUMNS = 4,
    TEXTS_PER_WORKER = 384, /* under way: more than two full steps */
    SECONDS_DEFAULT = 20,
    WAIT_MS = 60000,
    TEXT_MAX = 512,
};

struct candidate {
    uint32_t replicas, threads;
    double texts_per_s, tokens_per_s;
};

struct bench {
    struct hearth_invocation *invocation;
    struct hearth_settings settings; /* of the present candidate */
    struct hearth_loop *loop;
    struct hearth_home *home;
    struct hearth_registry registry;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    struct hearth_timer *timer;
    const char *model;
    uint64_t texts, tokens, submitted;
    bool measuring, ended;
    struct hearth_error error;
};

/* One text under way; its place is used again for the next. */
struct probe_text {
    struct bench *bench;
    struct hearth_inference *inference;
};

/* The first error is the one that is told; a time that is up is no error. */
static void stop_with(struct bench *bench, const struct hearth_error *error)
{
    if (error && !bench->error.code)
        bench->error = *error;
    bench->ended = true;
    hearth_loop_stop(bench->loop);
}

/* About 35 tokens of English, never the same: a worker may answer a text that it has seen from
 * memory. The count of words is fixed, so that all texts are about equally long. */
static size_t write_text(uint64_t number, char ret_text[TEXT_MAX])
{
    static const char *const words[] = {"river",  "market", "engine", "winter", "garden", "letter",
                                        "bridge", "music",  "harbor", "paper",  "window", "summer",
                                        "doctor", "forest", "island", "planet"};
    size_t used =
        (size_t)snprintf(ret_text, TEXT_MAX, "Report %llu says that", (unsigned long long)number);
    /* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): its upper bits choose the words. */
    uint64_t mix = number * 0x9E3779B97F4A7C15u + 1;
    for (int i = 0; i < 24; i++) {
        mix ^= mix >> 29;
        mix *= 0xBF58476D1CE4E5B9u;
        used += (size_t)snprintf(ret_text + used, TEXT_MAX - used, " %s%s",
                                 i % 6 == 5 ? "and " : "", words[mix >> 60]);
    }
    return used;
}

/* submit and on_done call each other: a text that is done makes room for the next. */
static void submit(struct probe_text *text);

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct probe_text *text = argument;
    struct bench *bench = text->bench;
    text->inference = NULL;
    bench->texts++;
    bench->tokens += done->prompt_tokens;
    if (!bench->ended)
        submit(text);
}

static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct probe_text *text = argument;
    (void)retry_after_ms;
    text->inference = NULL;
    if (!text->bench->ended)
        stop_with(text->bench, error);
}

static void submit(struct probe_text *text)
{
    static const struct hearth_inference_events events = {.on_done = on_done, .on_error = on_error};
    struct bench *bench = text->bench;
    char bytes[TEXT_MAX];
    const struct hearth_inference_request request = {
        .model = bench->model,
        .input = {.task = HEARTH_TASK_EMBED,
                  .kind = HEARTH_INPUT_TEXT,
                  .bytes = bytes,
                  .length = write_text(bench->submitted++, bytes)},
        .class_ = HEARTH_CLASS_NORMAL,
        .client = "bench",
        .credit = 1,
    };
    /* A refusal at once ends the measurement: the limits are set so that none is due. */
    struct hearth_error error;
    if (hearth_inference_submit(bench->scheduler, &request, &events, text, &text->inference, NULL,
                                &error))
        stop_with(bench, &error);
}

static void on_time(void *argument)
{
    stop_with(argument, NULL);
}

/* Blocks for this long, or until the first error. The loop is used again by the next call. */
static void run_for(struct bench *bench, uint64_t ms)
{
    bench->ended = bench->error.code != 0;
    if (bench->ended)
        return;
    hearth_timer_start(bench->timer, ms, 0);
    hearth_loop_run(bench->loop);
    hearth_timer_stop(bench->timer);
}

struct readiness {
    uint32_t wanted;
    bool reached;
};

/* The state is that of `hearth ps`: a model is ready once every replica has loaded that was asked
 * for. */
static void look(void *argument, const struct hearth_model_report *report)
{
    struct readiness *readiness = argument;
    readiness->reached =
        report->state == HEARTH_MODEL_READY && report->workers == readiness->wanted;
}

/* All workers are loaded and warm. */
static void warm_up(struct bench *bench, uint32_t replicas)
{
    uint64_t until_ms = hearth_clock_monotonic_ms() + WAIT_MS;
    struct readiness readiness = {.wanted = replicas};
    do {
        run_for(bench, 50);
        hearth_scheduler_each(bench->scheduler, look, &readiness);
    } while (!readiness.reached && !bench->error.code && hearth_clock_monotonic_ms() < until_ms);
    if (!readiness.reached && !bench->error.code)
        hearth_error_set(&bench->error, HEARTH_ETIMEOUT,
                         "the %u workers did not become ready in time", replicas);
    /* All have loaded, but their first steps still grow buffers and read weights for the first
     * time. */
    run_for(bench, 300);
}

/* The scheduler of the server, with limits that do not bind: what is measured is what a server
 * would do. */
static int open_scheduler(struct bench *bench, const struct candidate *candidate)
{
    /* The server's own settings, but for what would answer without computing or end a run. */
    bench->settings = *bench->invocation->settings;
    bench->settings.context = bench->settings.slots = bench->settings.batch = 0;
    bench->settings.replicas = candidate->replicas;
    bench->settings.threads = candidate->threads;
    bench->settings.affinity = "auto";
    bench->settings.queue_max = (int64_t)TEXTS_PER_WORKER * candidate->replicas;
    bench->settings.queue_tokens_max = 0;
    bench->settings.embedding_cache_bytes = 0;
    bench->settings.embedding_dedup = false;
    bench->settings.request_timeout = bench->settings.idle_unload = 0;
    bench->settings.load_timeout = bench->settings.heartbeat_timeout = WAIT_MS;
    bench->settings.stop_timeout = WAIT_MS;
    bench->settings.breaker_failures = 3;
    bench->settings.breaker_rest = WAIT_MS;
    bench->settings.locked = false;
    const struct hearth_scheduler_options options = {
        .loop = bench->loop,
        .catalog = bench->catalog,
        .registry = &bench->registry,
        .settings = &bench->settings,
        .forces_shape = true,
    };
    return hearth_scheduler_create(&options, &bench->scheduler, &bench->error);
}

/* Texts are kept under way all the time, so that no worker ever waits. The count begins after the
 * warm-up. */
static int measure(struct bench *bench, struct candidate *candidate, uint64_t ms)
{
    size_t count = (size_t)TEXTS_PER_WORKER * candidate->replicas;
    if (open_scheduler(bench, candidate))
        return bench->error.code;
    /* The scheduler refers to each text until it is answered or the scheduler is destroyed. */
    struct probe_text *texts = hearth_calloc(count, sizeof(*texts));
    bench->ended = false;
    for (size_t i = 0; i < count && !bench->ended; i++) {
        texts[i].bench = bench;
        submit(&texts[i]);
    }
    warm_up(bench, candidate->replicas);
    bench->texts = bench->tokens = 0;
    uint64_t began_ns = hearth_clock_monotonic_ns();
    run_for(bench, ms);
    double seconds = (double)(hearth_clock_monotonic_ns() - began_ns) / 1e9;
    candidate->texts_per_s = (double)bench->texts / seconds;
    candidate->tokens_per_s = (double)bench->tokens / seconds;
    /* Answers that arrive while the scheduler ends must not submit more. */
    bench->ended = true;
    hearth_scheduler_destroy(bench->scheduler);
    bench->scheduler = NULL;
    hearth_free(texts);
    return bench->error.code;
}

/* One worker with one thread for comparison, then all cores, shared in every even way. Replicas are
 * doubled, since the slowest of unequal workers would be what is measured. */
static size_t list_candidates(struct candidate candidates[CANDIDATES_MAX])
{
    uint32_t cores = hearth_usable_cpus();
    size_t count = 0;
    if (cores > 1)
        candidates[count++] = (struct candidate){.replicas = 1, .threads = 1};
    for (uint32_t replicas = 1; replicas <= cores && replicas <= 64 && count < CANDIDATES_MAX;
         replicas *= 2)
        candidates[count++] = (struct candidate){.replicas = replicas, .threads = cores / replicas};
    return count;
}

/* Refreshing is asynchronous: this ends the run of the loop that waits for it. */
static void on_refreshed(void *argument, const struct hearth_error *error)
{
    stop_with(argument, error);
}

/* Holds the home's lock for as long as it measures. */
static int open_bench(struct bench *bench, struct hearth_source_options *sources)
{
    const struct hearth_settings *settings = bench->invocation->settings;
    int rc = hearth_home_open(settings, &bench->home, &bench->error);
    if (!rc) /* beside a server the figures would be worth nothing */
        rc = hearth_home_lock(bench->home, &bench->error);
    const char *database = rc ? NULL : hearth_home_database(bench->home);
    if (!rc && !database)
        rc = hearth_error_set(
            &bench->error, HEARTH_ENOMODEL,
            "bench needs a home with a database on disk, but database_url names another");
    if (!rc)
        rc = hearth_store_open_sqlite(database, bench->loop, &bench->registry.store, &bench->error);
    if (!rc)
        rc = hearth_blob_open_files(hearth_home_directory(bench->home), &bench->registry.blobs,
                                    &bench->error);
    if (rc)
        return rc;
    bench->registry.home = hearth_home_directory(bench->home);
    bench->registry.active_directory = hearth_home_active(bench->home);
    bench->registry.sources = sources;
    bench->catalog = hearth_catalog_create(bench->loop, bench->registry.store, 0);
    hearth_catalog_refresh(bench->catalog, on_refreshed, bench);
    hearth_loop_run(bench->loop);
    return bench->error.code;
}

/* In the reverse order of opening; the loop runs once more for what is closed asynchronously. */
static void close_bench(struct bench *bench)
{
    hearth_catalog_destroy(bench->catalog);
    hearth_store_close(bench->registry.store);
    hearth_timer_destroy(bench->timer);
    hearth_loop_run(bench->loop);
    hearth_loop_destroy(bench->loop);
    if (bench->registry.blobs)
        hearth_blob_close(bench->registry.blobs);
    hearth_home_close(bench->home);
}

static json_t *row_json(const struct candidate *row)
{
    return json_pack("{s:i, s:i, s:f, s:f}", "replicas", (int)row->replicas, "threads",
                     (int)row->threads, "texts_per_s", row->texts_per_s, "tokens_per_s",
                     row->tokens_per_s);
}

static void print_rows(struct hearth_arena *arena, const struct candidate *rows, size_t count,
                       size_t best)
{
    const char *cells[(CANDIDATES_MAX + 1) * COLUMNS] = {"REPLICAS", "THREADS", "TEXTS/S",
                                                         "TOKENS/S"};
    for (size_t i = 0; i < count; i++) {
        const char **row = cells + (i + 1) * COLUMNS;
        row[0] = hearth_arena_format(arena, "%u", rows[i].replicas);
        row[1] = hearth_arena_format(arena, "%u", rows[i].threads);
        row[2] = hearth_arena_format(arena, "%.0f", rows[i].texts_per_s);
        row[3] =
            hearth_arena_format(arena, "%.0f%s", rows[i].tokens_per_s, i == best ? "  best" : "");
    }
    hearth_print_table(cells, count + 1, COLUMNS);
    printf("\nsettings:\n  replicas: %u\n  threads: %u\n", rows[best].replicas, rows[best].threads);
}

/* The most texts in a second are best; of equal candidates the first, which has the fewest workers.
 */
static int report(struct bench *bench, const struct candidate *rows, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (rows[i].texts_per_s > rows[best].texts_per_s)
            best = i;
    if (!bench->invocation->json) {
        print_rows(bench->invocation->arena, rows, count, best);
        return 0;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, row_json(&rows[i]));
    return hearth_print_json(json_pack("{s:s, s:o, s:o}", "model", bench->model, "candidates", list,
                                       "best", row_json(&rows[best])),
                             &bench->error);
}

int hearth_cli_bench(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct candidate rows[CANDIDATES_MAX];
    struct hearth_source_options sources = {.retries = 0};
    struct bench bench = {.invocation = invocation, .model = invocation->arguments[0]};
    const char *asked = hearth_invocation_option(invocation, "seconds");
    int64_t seconds = SECONDS_DEFAULT;
    if (asked && hearth_parse_int(asked, 1, 3600, &seconds))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "--seconds must be a whole number from 1 to 3600, but it is %.40s",
                                asked);
    bench.loop = hearth_loop_create();
    bench.timer = hearth_timer_create(bench.loop, on_time, &bench);
    int rc = open_bench(&bench, &sources);
    size_t count = list_candidates(rows);
    /* The time is shared evenly, so that the measurements together take what was asked for. */
    for (size_t i = 0; !rc && i < count; i++)
        rc = measure(&bench, &rows[i], (uint64_t)seconds * 1000 / count);
    if (!rc)
        rc = report(&bench, rows, count);
    /* Taken from the bench before it is closed: whatever failed wrote there. */
    *error = bench.error;
    close_bench(&bench);
    return rc;
}
