/* Drives an engine plug-in without a worker: loads it, runs requests to their end, keeps what it
 * emitted. For tests; every failure fails the test that runs. */
#ifndef HEARTH_TEST_ENGINE_DRIVER_H
#define HEARTH_TEST_ENGINE_DRIVER_H

#include "base/buf.h"
#include "base/memory.h"
#include "hearth/engine.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER_SLOTS_MAX 16

/* What one request gave. */
struct driven {
    struct hearth_prepared *prepared;
    uint32_t prompt_left; /* tokens that no step has taken */
    bool done;
    int error; /* of an ERROR event */
    enum hearth_finish finish;
    uint32_t stop; /* the stop string that ended it, from 1 */
    uint32_t prompt_tokens, cached_tokens, completion_tokens;
    uint32_t drafted_tokens, accepted_tokens;
    uint32_t prompt_read; /* of the last PROGRESS event */
    uint32_t text_events, event_tokens;
    struct hearth_buf text;
    float *values;
    uint32_t value_count;
    /* of the tokens that came with TEXT events */
    double logprobs[512];
    double alternative_mass[512]; /* sum of the probabilities of a token's alternatives */
    double best_alternative[512];
    uint32_t logprob_count;
    double prompt_logprobs[512]; /* of the tokens that came with PROMPT events */
    uint32_t prompt_logprob_count;
    bool broken_text; /* an event ended inside a character */
};

struct driver {
    struct hearth_event_sink sink; /* first */
    const struct hearth_engine_ops *ops;
    struct hearth_engine *engine;
    struct hearth_model_facts facts;
    uint32_t slots, batch;
    struct driven runs[DRIVER_SLOTS_MAX];
    struct hearth_error fault;
    bool abort_on_event;
    uint32_t drafts; /* tokens that each sequence drafts for a step, by any method; 0: none */
};

#include "base/text.h"

#include <math.h>

static inline void driver_take_tokens(struct driven *run, const struct hearth_event *event)
{
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        const struct hearth_token *token = &event->tokens[i];
        if (run->logprob_count == 512)
            return;
        double mass = 0;
        for (uint32_t j = 0; j < token->alternative_count; j++)
            mass += exp((double)token->alternatives[j].logprob);
        run->alternative_mass[run->logprob_count] = mass;
        run->best_alternative[run->logprob_count] =
            token->alternative_count > 0 ? (double)token->alternatives[0].logprob : -1e9;
        run->logprobs[run->logprob_count++] = (double)token->logprob;
    }
}

static inline void driver_emit(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct driver *driver = (struct driver *)sink;
    struct driven *run = &driver->runs[event->sequence < DRIVER_SLOTS_MAX ? event->sequence : 0];
    switch (event->kind) {
    case HEARTH_EVENT_TEXT:
        hearth_buf_append(&run->text, event->bytes.bytes, event->bytes.length);
        run->broken_text |= !hearth_utf8_valid(event->bytes.bytes, event->bytes.length);
        run->text_events++;
        run->event_tokens += event->token_count;
        driver_take_tokens(run, event);
        break;
    case HEARTH_EVENT_PROMPT:
        assert_int_equal(run->text_events, 0);
        for (uint32_t i = 0; i < event->token_count && run->prompt_logprob_count < 512; i++)
            run->prompt_logprobs[run->prompt_logprob_count++] = (double)event->tokens[i].logprob;
        break;
    case HEARTH_EVENT_PROGRESS:
        assert_int_equal(run->text_events, 0);
        assert_true(event->token_count <= event->prompt_tokens);
        run->prompt_read = event->token_count;
        break;
    case HEARTH_EVENT_VECTOR:
        run->values = hearth_realloc(run->values, (event->value_count + 1) * sizeof(float));
        memcpy(run->values, event->values, event->value_count * sizeof(float));
        run->value_count = event->value_count;
        break;
    case HEARTH_EVENT_DONE:
        run->done = true;
        run->finish = event->finish;
        run->stop = event->stop;
        run->prompt_tokens = event->prompt_tokens;
        run->cached_tokens = event->cached_tokens;
        run->completion_tokens = event->completion_tokens;
        run->drafted_tokens = event->drafted_tokens;
        run->accepted_tokens = event->accepted_tokens;
        break;
    case HEARTH_EVENT_ERROR:
        run->done = true;
        run->error = event->error;
        break;
    default:
        fail_msg("an event of kind %d", (int)event->kind);
    }
}

static inline const struct hearth_engine_ops *driver_plugin(const char *name)
{
    /* As the worker does it: see docs/decisions/020-openmp-spin.md. */
    setenv("GOMP_SPINCOUNT", "500", 0);
    char path[4096];
    snprintf(path, sizeof(path), "%s/lib/hearth/engines/%s.so", HEARTH_BUILD_DIR, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return NULL;
    return dlsym(library, HEARTH_ENGINE_SYMBOL);
}

static inline void driver_open(struct driver *driver, const struct hearth_engine_ops *ops,
                               const char *path, const struct hearth_load_params *params)
{
    memset(driver, 0, sizeof(*driver));
    driver->sink.emit = driver_emit;
    driver->ops = ops;
    driver->slots = params->slots != 0 ? params->slots : 4;
    driver->batch = params->batch != 0 ? params->batch : 512;
    struct hearth_model_files files = {.path = path};
    int rc = ops->load(&files, params, NULL, &driver->engine, &driver->facts, &driver->fault);
    if (rc != 0)
        fail_msg("load: %s", driver->fault.message);
    for (size_t i = 0; i < DRIVER_SLOTS_MAX; i++)
        hearth_buf_init(&driver->runs[i].text, 16u << 20);
}

static inline void driver_clear(struct driver *driver, uint32_t sequence)
{
    struct driven *run = &driver->runs[sequence];
    if (run->prepared != NULL)
        driver->ops->discard(driver->engine, run->prepared);
    hearth_buf_finish(&run->text);
    hearth_free(run->values);
    memset(run, 0, sizeof(*run));
    hearth_buf_init(&run->text, 16u << 20);
}

static inline void driver_close(struct driver *driver)
{
    for (uint32_t i = 0; i < DRIVER_SLOTS_MAX; i++) {
        driver_clear(driver, i);
        hearth_buf_finish(&driver->runs[i].text);
    }
    driver->ops->unload(driver->engine);
}

static inline struct hearth_sampling driver_greedy(uint32_t max_tokens)
{
    return (struct hearth_sampling){
        .top_p = 1, .repeat_penalty = 1, .repeat_last_n = 64, .max_tokens = max_tokens};
}

/* Prepares a text, or messages when the text begins with a brace. */
static inline int driver_prepare(struct driver *driver, uint32_t sequence, const char *text,
                                 const struct hearth_sampling *sampling)
{
    driver_clear(driver, sequence);
    struct hearth_input input = {
        .task = HEARTH_TASK_GENERATE,
        .kind = text[0] == '{' ? HEARTH_INPUT_MESSAGES : HEARTH_INPUT_TEXT,
        .bytes = text,
        .length = strlen(text),
        .sampling = sampling,
    };
    int rc = driver->ops->prepare(driver->engine, &input, &driver->runs[sequence].prepared,
                                  &driver->fault);
    if (rc == 0)
        driver->runs[sequence].prompt_left = driver->runs[sequence].prepared->token_count;
    return rc;
}

/* How many tokens a sequence that decodes has for the next step to check. */
static inline uint32_t driver_draft(struct driver *driver, uint32_t sequence)
{
    struct hearth_draft draft = {.sequence = sequence};
    for (int i = HEARTH_DRAFT_LOOKUP; i < HEARTH_DRAFT_METHODS; i++)
        draft.most[i] = driver->drafts;
    if (driver->drafts > 0)
        driver->ops->draft(driver->engine, &draft, 1);
    assert_true(draft.count <= driver->drafts);
    return draft.count;
}

/* One step over all sequences of the mask that are not done; at most `chunk` prompt tokens each. */
static inline int driver_step(struct driver *driver, uint32_t mask, uint32_t *begun, uint32_t chunk)
{
    struct hearth_step_item items[DRIVER_SLOTS_MAX] = {0};
    uint32_t left[DRIVER_SLOTS_MAX];
    size_t count = 0;
    uint32_t room = driver->batch; /* enough for all sequences of a test to get something */
    for (uint32_t i = 0; i < driver->slots; i++) {
        struct driven *run = &driver->runs[i];
        left[i] = run->prompt_left;
        if ((mask & (1u << i)) == 0 || run->done || room == 0)
            continue;
        bool first = (*begun & (1u << i)) == 0;
        if (first && driver->ops->held_tokens != NULL)
            left[i] -= driver->ops->held_tokens(driver->engine, i, run->prepared);
        uint32_t most = chunk < room ? chunk : room;
        uint32_t n = left[i] == 0     ? 1 + (first ? 0 : driver_draft(driver, i))
                     : left[i] < most ? left[i]
                                      : most;
        if (run->prepared->indivisible)
            n = left[i];
        else
            room -= n;
        items[count++] = (struct hearth_step_item){i, first ? run->prepared : NULL, n};
    }
    int rc = driver->ops->step(driver->engine, items, count, &driver->sink, &driver->fault);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < count; i++) {
        uint32_t index = items[i].sequence;
        *begun |= 1u << index;
        driver->runs[index].prompt_left = left[index] == 0 ? 0 : left[index] - items[i].token_count;
    }
    return 0;
}

/* Runs the sequences of the mask, all prepared, until each is done. */
static inline void driver_finish(struct driver *driver, uint32_t mask, uint32_t begun,
                                 uint32_t chunk)
{
    for (uint32_t steps = 0; steps < 100000; steps++) {
        bool all = true;
        for (uint32_t i = 0; i < driver->slots; i++)
            all = all && ((mask & (1u << i)) == 0 || driver->runs[i].done);
        if (all)
            return;
        if (driver_step(driver, mask, &begun, chunk) != 0)
            fail_msg("step: %s", driver->fault.message);
    }
    fail_msg("the requests do not end");
}

static inline const char *driver_text(struct driver *driver, uint32_t sequence)
{
    const char *text = hearth_buf_cstr(&driver->runs[sequence].text);
    return text != NULL ? text : "";
}

/* One request alone in sequence 0; its text lives until the next. */
static inline const char *driver_say(struct driver *driver, const char *text,
                                     const struct hearth_sampling *sampling)
{
    if (driver_prepare(driver, 0, text, sampling) != 0)
        fail_msg("prepare: %s", driver->fault.message);
    driver_finish(driver, 1, 0, 512);
    return driver_text(driver, 0);
}

#endif
