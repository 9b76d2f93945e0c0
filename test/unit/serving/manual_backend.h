/* A backend whose every event the test gives by hand: the scheduler without processes. */
#ifndef HEARTH_TEST_MANUAL_BACKEND_H
#define HEARTH_TEST_MANUAL_BACKEND_H

#include "backend/backend.h"
#include "backend/supervisor.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { MANUAL_STREAMS_MAX = 256, MANUAL_MAX = 16, MANUAL_TEXT_MAX = 32 };

struct manual_backend {
    struct hearth_backend backend; /* first */
    struct hearth_backend_spec spec;
    uint32_t sent[MANUAL_STREAMS_MAX], canceled[MANUAL_STREAMS_MAX];
    uint32_t credit_of_sent[MANUAL_STREAMS_MAX];
    char text_of_sent[MANUAL_STREAMS_MAX][MANUAL_TEXT_MAX]; /* as much as there is room for */
    const char *bytes_of_sent[MANUAL_STREAMS_MAX];
    uint64_t seed_of_sent[MANUAL_STREAMS_MAX];
    size_t sent_count, canceled_count;
    uint32_t credits;
    bool stopping, killed;
};

static struct manual_backend *manual;                 /* the newest that lives */
static struct manual_backend *manual_all[MANUAL_MAX]; /* in the order of their starts */
static int manual_starts;
static struct hearth_memory_plan manual_plan;
static uint32_t manual_tasks = HEARTH_TASK_GENERATE;
static uint32_t manual_width; /* of the vectors that the model says it makes */

static int manual_start(const struct hearth_backend_spec *spec, struct hearth_backend **ret_backend,
                        struct hearth_error *error);

static int manual_send(struct hearth_backend *backend, const struct hearth_backend_request *request,
                       struct hearth_error *error)
{
    (void)error;
    struct manual_backend *it = (struct manual_backend *)backend;
    const struct hearth_sampling *sampling = request->input->sampling;
    it->credit_of_sent[it->sent_count] = request->credit;
    snprintf(it->text_of_sent[it->sent_count], MANUAL_TEXT_MAX, "%.*s",
             (int)(request->input->pair ? request->input->pair_length : request->input->length),
             request->input->pair ? request->input->pair : request->input->bytes);
    it->bytes_of_sent[it->sent_count] = request->input->bytes;
    it->seed_of_sent[it->sent_count] = sampling ? sampling->seed : 0;
    it->sent[it->sent_count++] = request->stream;
    return 0;
}

static void manual_credit(struct hearth_backend *backend, uint32_t stream, uint32_t events)
{
    (void)stream;
    ((struct manual_backend *)backend)->credits += events;
}

static void manual_cancel(struct hearth_backend *backend, uint32_t stream)
{
    struct manual_backend *it = (struct manual_backend *)backend;
    it->canceled[it->canceled_count++] = stream;
}

static void manual_stop(struct hearth_backend *backend, uint64_t deadline_ms)
{
    (void)deadline_ms;
    ((struct manual_backend *)backend)->stopping = true;
}

static void manual_kill(struct hearth_backend *backend, const struct hearth_error *error)
{
    (void)error;
    ((struct manual_backend *)backend)->killed = true;
}

static void manual_destroy(struct hearth_backend *backend)
{
    if (manual == (struct manual_backend *)backend)
        manual = NULL;
    for (int i = 0; i < MANUAL_MAX; i++)
        if (manual_all[i] == (struct manual_backend *)backend)
            manual_all[i] = NULL;
    hearth_free(backend);
}

static const struct hearth_backend_ops manual_ops = {
    .name = "manual",
    .start = manual_start,
    .send = manual_send,
    .credit = manual_credit,
    .cancel = manual_cancel,
    .stop = manual_stop,
    .kill = manual_kill,
    .destroy = manual_destroy,
};

static int manual_start(const struct hearth_backend_spec *spec, struct hearth_backend **ret_backend,
                        struct hearth_error *error)
{
    (void)error;
    manual = hearth_calloc(1, sizeof(*manual));
    manual->backend.ops = &manual_ops;
    manual->spec = *spec;
    if (manual_starts < MANUAL_MAX)
        manual_all[manual_starts] = manual;
    manual_starts++;
    *ret_backend = &manual->backend;
    return 0;
}

static inline void manual_planned(void)
{
    struct hearth_ipc_started *started = hearth_calloc(1, sizeof(*started));
    started->version = HEARTH_IPC_VERSION;
    started->plan = manual_plan;
    manual->spec.events->on_planned(manual->spec.argument, started);
    hearth_free(started);
}

static inline void manual_ready(void)
{
    struct hearth_model_facts *facts = hearth_calloc(1, sizeof(*facts));
    facts->context = 64;
    facts->slots = manual->spec.hello.slots ? manual->spec.hello.slots : 4;
    facts->tasks = manual_tasks;
    facts->embedding_length = manual_width;
    facts->batch = 16;
    manual->spec.events->on_ready(manual->spec.argument, facts);
    hearth_free(facts);
}

static inline void manual_end(const struct hearth_child_end *end)
{
    manual->spec.events->on_end(manual->spec.argument, end);
}

static inline void manual_ended_as_asked(void)
{
    manual_end(&(struct hearth_child_end){.asked = true});
}

static inline void manual_crash(void)
{
    struct hearth_child_end end = {.signal = 11};
    hearth_error_set(&end.error, HEARTH_ECRASHED, "the worker was ended by signal 11");
    manual_end(&end);
}

static inline void manual_text(uint32_t stream, const char *text)
{
    struct hearth_ipc_event event = {
        .event = {.kind = HEARTH_EVENT_TEXT, .token_count = 1, .bytes = {text, strlen(text)}}};
    manual->spec.events->on_event(manual->spec.argument, stream, &event);
}

static inline void manual_done(uint32_t stream)
{
    struct hearth_ipc_event event = {.event = {.kind = HEARTH_EVENT_DONE,
                                               .finish = HEARTH_FINISH_STOP,
                                               .prompt_tokens = 3,
                                               .completion_tokens = 2}};
    manual->spec.events->on_event(manual->spec.argument, stream, &event);
}

static inline void manual_prepared(uint32_t stream)
{
    const struct hearth_ipc_prepared prepared = {.token_count = 3};
    manual->spec.events->on_prepared(manual->spec.argument, stream, &prepared);
}

static inline void manual_vector(uint32_t stream, const float *values, uint32_t count)
{
    struct hearth_ipc_event event = {
        .event = {.kind = HEARTH_EVENT_VECTOR, .values = values, .value_count = count}};
    manual->spec.events->on_event(manual->spec.argument, stream, &event);
}

static inline void manual_error(uint32_t stream, int code)
{
    struct hearth_ipc_event event = {.event = {.kind = HEARTH_EVENT_ERROR, .error = code}};
    hearth_error_set(&event.failure, code, "as scripted");
    manual->spec.events->on_event(manual->spec.argument, stream, &event);
}

#endif
