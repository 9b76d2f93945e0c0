#include "track/track.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "track/mlflow_client.h"
#include "track/orders.h"
#include "track/track_private.h"

#include <stdio.h>
#include <string.h>

#define STOPPED "the server is being stopped"

int hearth_track_check(const char *uri, struct hearth_error *error)
{
    return hearth_mlflow_check(uri, error);
}

/* The verbs */

static void on_model(void *argument, const char *model, const char *description)
{
    hearth_track_keep(argument, hearth_order_model(model, description), NULL);
}

static void on_run(void *argument, const struct hearth_track_run *run)
{
    hearth_track_keep(argument, hearth_order_run(run), NULL);
}

static void on_metrics(void *argument, const char *run, const struct hearth_track_metric *metrics,
                       size_t count)
{
    if (count)
        hearth_track_keep(argument, hearth_order_metrics(run, metrics, count), NULL);
}

static void on_end(void *argument, const char *run, enum hearth_track_end end, int64_t end_ms)
{
    hearth_track_keep(argument, hearth_order_end(run, end, end_ms), NULL);
}

static void on_artifacts(void *argument, const char *run, const char *folder, const char *place)
{
    hearth_track_keep(argument, hearth_order_artifacts(run, folder, place), NULL);
}

static void on_version(void *argument, const struct hearth_track_version *version)
{
    hearth_track_keep(argument, hearth_order_version(version), NULL);
}

static void on_alias(void *argument, const char *model, const char *alias, int64_t number)
{
    hearth_track_keep(argument, hearth_order_alias(model, alias, number), NULL);
}

/* Where nobody listens. */

static void no_model(void *argument, const char *model, const char *description)
{
    (void)argument, (void)model, (void)description;
}

static void no_run(void *argument, const struct hearth_track_run *run)
{
    (void)argument, (void)run;
}

static void no_metrics(void *argument, const char *run, const struct hearth_track_metric *metrics,
                       size_t count)
{
    (void)argument, (void)run, (void)metrics, (void)count;
}

static void no_end(void *argument, const char *run, enum hearth_track_end end, int64_t end_ms)
{
    (void)argument, (void)run, (void)end, (void)end_ms;
}

static void no_artifacts(void *argument, const char *run, const char *folder, const char *place)
{
    (void)argument, (void)run, (void)folder, (void)place;
}

static void no_version(void *argument, const struct hearth_track_version *version)
{
    (void)argument, (void)version;
}

static void no_alias(void *argument, const char *model, const char *alias, int64_t number)
{
    (void)argument, (void)model, (void)alias, (void)number;
}

const struct hearth_track_listener *hearth_track_listener(struct hearth_track *track)
{
    static const struct hearth_track_listener nobody = {
        .model_registered = no_model,
        .run_started = no_run,
        .metrics = no_metrics,
        .run_ended = no_end,
        .artifacts = no_artifacts,
        .version_registered = no_version,
        .alias_moved = no_alias,
    };
    return track ? &track->listener : &nobody;
}

/* Those who wait */

static void free_waiter(struct hearth_track_waiter *waiter)
{
    struct hearth_track_waiter **at = &waiter->track->waiters;
    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    hearth_timer_destroy(waiter->timer);
    hearth_free(waiter);
}

static void tell(struct hearth_track_waiter *waiter, const struct hearth_track_outcome *outcome)
{
    void (*on_tried)(void *, const struct hearth_track_outcome *) = waiter->on_tried;
    void *argument = waiter->argument;
    free_waiter(waiter);
    on_tried(argument, outcome);
}

static void on_waited(void *argument)
{
    const struct hearth_track_outcome outcome = {
        .experiment_id = "", .reason = "MLflow has not answered yet, or others come first"};
    tell(argument, &outcome);
}

void hearth_track_waiters_kept(struct hearth_track *track, const char *id)
{
    for (struct hearth_track_waiter *waiter = track->waiters; waiter; waiter = waiter->next)
        if (strcmp(waiter->id, id) == 0)
            waiter->is_kept = true;
}

/* `id` NULL: all whose rows are there to be told. Those who are told may call us again. */
void hearth_track_waiters_tell(struct hearth_track *track, const char *id,
                               const struct hearth_track_outcome *outcome)
{
    struct hearth_track_waiter *waiter = track->waiters;
    while (waiter) {
        if (id ? strcmp(waiter->id, id) == 0 : waiter->is_kept) {
            tell(waiter, outcome);
            waiter = track->waiters;
        } else {
            waiter = waiter->next;
        }
    }
}

const char *hearth_track_waiters_first(const struct hearth_track *track)
{
    const struct hearth_track_waiter *waiter = track->waiters;
    while (waiter && !waiter->is_kept)
        waiter = waiter->next;
    return waiter ? waiter->id : NULL;
}

void hearth_track_model(struct hearth_track *track, const char *model, const char *description,
                        void (*on_tried)(void *argument,
                                         const struct hearth_track_outcome *outcome),
                        void *argument)
{
    struct hearth_track_waiter *waiter = hearth_calloc(1, sizeof(*waiter));
    waiter->track = track;
    waiter->on_tried = on_tried;
    waiter->argument = argument;
    waiter->timer = hearth_timer_create(track->options.loop, on_waited, waiter);
    hearth_timer_start(waiter->timer, track->options.wait_ms, 0);
    waiter->next = track->waiters;
    track->waiters = waiter;
    bool kept = hearth_track_keep(track, hearth_order_model(model, description), waiter->id);
    if (!kept || atomic_load(&track->stopped))
        hearth_timer_start(waiter->timer, 0, 0);
}

/* Life */

static bool is_stopped(void *argument)
{
    struct hearth_track *track = argument;
    return atomic_load(&track->stopped) ||
           hearth_clock_monotonic_ms() > atomic_load(&track->lease_until_ms);
}

static void on_renew_time(void *argument)
{
    hearth_track_renew(argument);
}

static void on_wake(void *argument)
{
    struct hearth_track *track = argument;
    track->away_until_ms = 0; /* the wait is over */
    hearth_track_kick(track);
}

static void on_keep_time(void *argument)
{
    hearth_track_keep_on(argument);
}

static void make_owner(struct hearth_track *track)
{
    unsigned char random[12];
    char hex[2 * sizeof(random) + 1];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), hex);
    snprintf(track->owner, sizeof(track->owner), "track_%s", hex);
}

struct hearth_track *hearth_track_create(const struct hearth_track_options *options)
{
    struct hearth_track *track = hearth_calloc(1, sizeof(*track));
    track->options = *options;
    track->listener = (struct hearth_track_listener){
        .argument = track,
        .model_registered = on_model,
        .run_started = on_run,
        .metrics = on_metrics,
        .run_ended = on_end,
        .artifacts = on_artifacts,
        .version_registered = on_version,
        .alias_moved = on_alias,
    };
    track->unkept_end = &track->unkept;
    make_owner(track);
    track->keep_timer = hearth_timer_create(options->loop, on_keep_time, track);
    track->wake = hearth_timer_create(options->loop, on_wake, track);
    track->renew = hearth_timer_create(options->loop, on_renew_time, track);
    const struct hearth_mlflow_options server = {
        .uri = options->uri,
        .username = options->username,
        .password = options->password,
        .token = options->token,
        .is_stopped = is_stopped,
        .argument = track,
    };
    track->mlflow = hearth_mlflow_create(&server);
    return track;
}

void hearth_track_start(struct hearth_track *track)
{
    track->lane = hearth_lane_create(track->options.loop, "track", 1, 2);
    hearth_track_kick(track);
}

void hearth_track_stop(struct hearth_track *track)
{
    const struct hearth_track_outcome outcome = {.experiment_id = "", .reason = STOPPED};
    if (!track || atomic_load(&track->stopped))
        return;
    atomic_store(&track->stopped, true);
    hearth_timer_stop(track->keep_timer);
    hearth_timer_stop(track->wake);
    hearth_timer_stop(track->renew);
    hearth_lane_destroy(track->lane);
    track->lane = NULL;
    while (track->waiters)
        tell(track->waiters, &outcome);
    hearth_track_keep_rest(track);
}

struct hearth_track_figures hearth_track_figures(const struct hearth_track *track)
{
    bool is_away = track->away_failures && track->pending;
    return (struct hearth_track_figures){
        .pending = track->pending,
        .refused = track->refused,
        .told = track->told,
        .lost = track->lost,
        .is_away = is_away,
        .away_reason = is_away ? track->away_reason : "",
    };
}

/* Who came after the stop waits still. */
void hearth_track_destroy(struct hearth_track *track)
{
    const struct hearth_track_outcome outcome = {.experiment_id = "", .reason = STOPPED};
    if (!track)
        return;
    while (track->waiters)
        tell(track->waiters, &outcome);
    hearth_track_keep_forget(track);
    hearth_timer_destroy(track->keep_timer);
    hearth_timer_destroy(track->wake);
    hearth_timer_destroy(track->renew);
    hearth_mlflow_destroy(track->mlflow);
    hearth_free(track);
}
