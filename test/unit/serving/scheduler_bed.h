/* A scheduler for one model whose file is not read, over the backend of manual_backend.h, and
 * requests for vectors. For tests; every failure fails the test that runs. */
#ifndef HEARTH_TEST_SCHEDULER_BED_H
#define HEARTH_TEST_SCHEDULER_BED_H

#include "manual_backend.h"

#include "catalog/catalog.h"
#include "config/settings.h"
#include "loop/machine_climate.h"
#include "serving/inference.h"
#include "serving/scheduler.h"
#include "support/loop_wait.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BED_WAIT_MS = 20000 };

struct bed {
    struct hearth_loop *loop;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    struct hearth_settings settings;
    char directory[32], script[64], plugin[64];
};

struct vector_answer {
    struct hearth_inference *inference;
    int vectors, done, error;
    float first;
    uint32_t prompt_tokens, retry_after_ms;
    struct vector_answer *cancels; /* when its vector comes, this one is canceled */
};

static inline void bed_on_event(void *argument, const struct hearth_event *event)
{
    struct vector_answer *answer = argument;
    assert_int_equal(event->kind, HEARTH_EVENT_VECTOR);
    answer->vectors++;
    answer->first = event->values[0];
    if (answer->cancels) {
        struct hearth_inference *victim = answer->cancels->inference;
        answer->cancels->inference = NULL;
        hearth_inference_cancel(victim);
    }
}

static inline void bed_on_done(void *argument, const struct hearth_inference_done *done)
{
    struct vector_answer *answer = argument;
    answer->inference = NULL;
    answer->prompt_tokens = done->prompt_tokens;
    answer->done++;
}

static inline void bed_on_error(void *argument, const struct hearth_error *error,
                                uint32_t retry_after_ms)
{
    struct vector_answer *answer = argument;
    assert_int_equal(answer->error, 0);
    answer->inference = NULL;
    answer->error = error->code;
    answer->retry_after_ms = retry_after_ms;
}

static inline void bed_touch(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static inline void bed_set(struct hearth_settings *settings, const struct hearth_settings *changes,
                           const char *engines)
{
    *settings = *changes;
    settings->engines = engines;
    settings->sandbox = "auto";
    settings->affinity = settings->affinity ? settings->affinity : "auto";
    settings->slots = settings->slots ? settings->slots : 2;
    settings->queue_max = settings->queue_max ? settings->queue_max : 64;
    settings->load_timeout = settings->load_timeout ? settings->load_timeout : 60000;
    settings->heartbeat_timeout = settings->stop_timeout = 60000;
    settings->breaker_failures = settings->breaker_failures ? settings->breaker_failures : 3;
    settings->breaker_rest = settings->breaker_rest ? settings->breaker_rest : 60000;
}

/* Given by the test, and read on a lane. */
static _Atomic int bed_pressure, bed_temperature;

static inline void bed_read_climate(struct hearth_machine_climate *ret_climate)
{
    *ret_climate = (struct hearth_machine_climate){.memory_pressure = bed_pressure,
                                                   .temperature = bed_temperature};
}

/* `tasks` are what the model says that it does. */
static inline void bed_open_for(struct bed *bed, uint32_t tasks,
                                const struct hearth_settings *changes)
{
    struct hearth_error error;
    memset(bed, 0, sizeof(*bed));
    manual_starts = 0;
    manual_plan = (struct hearth_memory_plan){.weights = 1};
    manual_tasks = tasks;
    bed_pressure = bed_temperature = 0;
    snprintf(bed->directory, sizeof(bed->directory), "/tmp/hearth-test-XXXXXX");
    assert_non_null(mkdtemp(bed->directory));
    snprintf(bed->script, sizeof(bed->script), "%s/m.fake", bed->directory);
    snprintf(bed->plugin, sizeof(bed->plugin), "%s/fake.so", bed->directory);
    bed_touch(bed->script);
    bed_touch(bed->plugin);
    bed->loop = hearth_loop_create();
    bed->catalog = hearth_catalog_create(bed->loop, NULL, 0);
    assert_int_equal(hearth_catalog_add_file(bed->catalog, bed->script, &error), 0);
    bed_set(&bed->settings, changes, bed->directory);
    const struct hearth_scheduler_options options = {.loop = bed->loop,
                                                     .catalog = bed->catalog,
                                                     .settings = &bed->settings,
                                                     .read_climate = bed_read_climate,
                                                     .watch_ms = 20,
                                                     .backend = &manual_ops};
    assert_int_equal(hearth_scheduler_create(&options, &bed->scheduler, &error), 0);
}

static inline void bed_open(struct bed *bed, const struct hearth_settings *changes)
{
    bed_open_for(bed, HEARTH_TASK_EMBED, changes);
}

static inline void bed_close(struct bed *bed)
{
    hearth_scheduler_destroy(bed->scheduler);
    hearth_catalog_destroy(bed->catalog);
    hearth_loop_run(bed->loop);
    hearth_loop_destroy(bed->loop);
    unlink(bed->script);
    unlink(bed->plugin);
    rmdir(bed->directory);
    assert_null(manual);
}

static inline int bed_ask_with(struct bed *bed, struct vector_answer *answer, const char *text,
                               enum hearth_truncate truncate, uint64_t deadline_ms)
{
    static const struct hearth_inference_events events = {
        .on_event = bed_on_event, .on_done = bed_on_done, .on_error = bed_on_error};
    struct hearth_error error = {.code = 0};
    const struct hearth_inference_request request = {
        .model = "m",
        .input = {.task = HEARTH_TASK_EMBED,
                  .kind = HEARTH_INPUT_TEXT,
                  .bytes = text,
                  .length = strlen(text),
                  .truncate = truncate},
        .class_ = HEARTH_CLASS_NORMAL,
        .client = "tester",
        .request_id = "req_1",
        .deadline_ms = deadline_ms,
        .credit = 1,
    };
    return hearth_inference_submit(bed->scheduler, &request, &events, answer, &answer->inference,
                                   &answer->retry_after_ms, &error);
}

static inline void bed_ask(struct bed *bed, struct vector_answer *answer, const char *text)
{
    assert_int_equal(bed_ask_with(bed, answer, text, HEARTH_TRUNCATE_NEVER, 0), 0);
}

static inline void bed_until(struct bed *bed, bool (*is)(void *argument), void *argument)
{
    assert_true(loop_until(bed->loop, BED_WAIT_MS, is, argument));
}

static inline bool bed_has_ended(void *argument)
{
    const struct vector_answer *answer = argument;
    return answer->done || answer->error;
}

static inline bool bed_has_worker(void *argument)
{
    (void)argument;
    return manual != NULL;
}

/* The model is loaded; it begins with the next request's wish. */
static inline void bed_become_ready(struct bed *bed)
{
    bed_until(bed, bed_has_worker, NULL);
    manual_planned();
    manual_ready();
}

static inline void bed_vector(uint32_t stream, float first)
{
    const float values[3] = {first, 0, 1};
    struct hearth_ipc_event event = {
        .event = {.kind = HEARTH_EVENT_VECTOR, .values = values, .value_count = 3}};
    manual->spec.events->on_event(manual->spec.argument, stream, &event);
}

#endif
