#include "serving/model_crashes.h"

#include "base/digest.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "domain/backoff.h"
#include "loop/loop.h"
#include "serving/model_identity.h"

enum { RELOAD_LEAST_MS = 1000 };

static uint64_t now_ms(const struct hearth_model_crashes *crashes)
{
    return hearth_loop_now_ms(crashes->identity->loop);
}

/* The policy wants at least one; a definition that says 0 means the same. */
static uint32_t most(const struct hearth_model_crashes *crashes)
{
    int64_t failures = crashes->identity->settings.breaker_failures;
    return failures > 0 ? (uint32_t)failures : 1;
}

void hearth_crashes_init(struct hearth_model_crashes *crashes,
                         const struct hearth_model_identity *identity)
{
    crashes->identity = identity;
    hearth_crashes_forget(crashes);
}

/* A seed of its own for each model, so that models that crash together are not started together. */
void hearth_crashes_forget(struct hearth_model_crashes *crashes)
{
    uint32_t seed;
    hearth_random_bytes(&seed, sizeof(seed));
    hearth_restart_init(&crashes->restart, most(crashes), crashes->identity->settings.breaker_rest,
                        seed);
    hearth_crashes_loaded(crashes);
}

void hearth_crashes_limit(struct hearth_model_crashes *crashes)
{
    hearth_restart_limit(&crashes->restart, most(crashes),
                         crashes->identity->settings.breaker_rest);
    hearth_crashes_forgive_failures(crashes); /* the settings may have been what was wrong */
}

uint64_t hearth_crashes_add(struct hearth_model_crashes *crashes, const struct hearth_error *error)
{
    hearth_crashes_add_worker(crashes, error);
    return hearth_restart_after_end(&crashes->restart, now_ms(crashes));
}

void hearth_crashes_add_worker(struct hearth_model_crashes *crashes,
                               const struct hearth_error *error)
{
    crashes->last_error = *error;
    crashes->crashes++;
}

void hearth_crashes_add_failure(struct hearth_model_crashes *crashes,
                                const struct hearth_error *error)
{
    static const struct hearth_backoff backoff = {.first_ms = 1000, .max_ms = 60000};
    uint32_t random;
    hearth_random_bytes(&random, sizeof(random));
    crashes->last_error = *error;
    crashes->failures++;
    crashes->try_again_ms =
        now_ms(crashes) + hearth_backoff_ms(&backoff, crashes->failures_in_row++, random);
}

void hearth_crashes_loaded(struct hearth_model_crashes *crashes)
{
    crashes->failures_in_row = 0;
    crashes->try_again_ms = 0;
}

void hearth_crashes_forgive_failures(struct hearth_model_crashes *crashes)
{
    crashes->try_again_ms = 0;
}

static uint64_t wait_left_ms(const struct hearth_model_crashes *crashes)
{
    uint64_t now = now_ms(crashes);
    return crashes->try_again_ms > now ? crashes->try_again_ms - now : 0;
}

int hearth_crashes_admit_load(const struct hearth_model_crashes *crashes,
                              uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    uint64_t left_ms = wait_left_ms(crashes);
    if (!left_ms)
        return 0;
    *ret_retry_after_ms = (uint32_t)left_ms;
    if (error)
        *error = crashes->last_error;
    hearth_error_prefix(error,
                        "could not be loaded %u times in a row, and is tried again in %.1f s",
                        crashes->failures_in_row, (double)left_ms / 1000);
    return crashes->last_error.code;
}

uint64_t hearth_crashes_reload_ms(const struct hearth_model_crashes *crashes)
{
    uint64_t left_ms = wait_left_ms(crashes);
    return left_ms > RELOAD_LEAST_MS ? left_ms : RELOAD_LEAST_MS;
}

void hearth_crashes_worked(struct hearth_model_crashes *crashes)
{
    hearth_restart_worked(&crashes->restart);
}

bool hearth_crashes_is_resting(const struct hearth_model_crashes *crashes)
{
    return hearth_restart_is_resting(&crashes->restart);
}

bool hearth_crashes_is_on_trial(const struct hearth_model_crashes *crashes)
{
    return hearth_restart_is_on_trial(&crashes->restart);
}

int hearth_crashes_admit(struct hearth_model_crashes *crashes, uint32_t *ret_retry_after_ms,
                         struct hearth_error *error)
{
    uint64_t now = now_ms(crashes);
    if (hearth_restart_admits(&crashes->restart, now))
        return 0;
    *ret_retry_after_ms = (uint32_t)hearth_restart_rest_left_ms(&crashes->restart, now);
    return hearth_error_set(
        error, HEARTH_EBREAKER,
        "model '%s' crashed %u times in a row and is not started again for another %.1f s: %s",
        crashes->identity->entry->id, hearth_restart_ends(&crashes->restart),
        *ret_retry_after_ms / 1000.0, crashes->last_error.message);
}

void hearth_crashes_report(const struct hearth_model_crashes *crashes,
                           struct hearth_model_report *report)
{
    report->crashes = crashes->crashes;
    report->failures = crashes->failures;
    report->breaker = hearth_restart_state_name(&crashes->restart);
    report->retry_after_ms = hearth_restart_rest_left_ms(&crashes->restart, now_ms(crashes));
    if (!report->retry_after_ms)
        report->retry_after_ms = wait_left_ms(crashes);
    report->last_error = crashes->last_error;
}
