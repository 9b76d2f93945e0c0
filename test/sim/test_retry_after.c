/* Does Retry-After come true? More clients than a model can serve, each of which does as it is
 * told: when one comes back, is there a place, and how far is the time that it was told from the
 * one at which a place would have been there? */
#include "domain/pace.h"
#include "domain/promises.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CLIENTS = 400, SLOTS = 8, QUEUE = 32, TICK_MS = 10, MINUTES = 30 };
enum phase { AWAY, COMES, WAITS, RUNS };

struct client {
    enum phase phase;
    uint64_t until_ms;                  /* AWAY, COMES: when it comes; RUNS: when it is done */
    uint64_t told_ms;                   /* when it was told to come again; 0: it comes of itself */
    uint64_t refused_ms, first_told_ms; /* of the first refusal in a row */
};

struct play {
    struct client clients[CLIENTS];
    struct hearth_pace pace;
    struct hearth_promises promises;
    size_t order[CLIENTS]; /* that wait, first come, first served */
    size_t waiting, running;
    uint64_t now_ms, seed;
    double service_ms, away_ms;
    double stays_away; /* share of those who were told and do not come */
    uint64_t returns, let_in, refusals, told_ms, late_ms, busy_ticks, ticks;
};

static double exponential(struct play *play, double mean)
{
    return -mean * log((double)(1 + seeded_below(&play->seed, 1000000)) / 1000001);
}

static void come(struct play *play, size_t i)
{
    struct client *client = &play->clients[i];
    bool told = client->told_ms != 0;
    play->returns += told;
    size_t kept = hearth_promises_take(&play->promises, (uint32_t)i, play->now_ms)
                      ? 0
                      : hearth_promises_due(&play->promises, QUEUE, play->now_ms);
    if (play->waiting + kept < QUEUE) {
        play->let_in += told;
        if (told) {
            play->told_ms += client->first_told_ms - client->refused_ms;
            play->late_ms += play->now_ms - client->first_told_ms;
        }
        client->told_ms = 0;
        client->phase = WAITS;
        play->order[play->waiting++] = i;
        return;
    }
    play->refusals++;
    client->phase = COMES;
    client->told_ms =
        play->now_ms +
        hearth_pace_retry_after_ms(&play->pace, play->promises.no_shows, 0, play->now_ms * 1000);
    client->until_ms = client->told_ms + seeded_below(&play->seed, 300);
    if (!told) {
        client->refused_ms = play->now_ms;
        client->first_told_ms = client->told_ms;
    }
    if ((double)seeded_below(&play->seed, 1000) < 1000 * play->stays_away) {
        client->phase = AWAY;
        client->until_ms = play->now_ms + (uint64_t)exponential(play, play->away_ms);
    }
    const struct hearth_promise promise = {
        .client = (uint32_t)i, .free_ms = play->pace.line_ms, .due_ms = client->told_ms};
    hearth_promises_add(&play->promises, &promise);
}

static void tick(struct play *play)
{
    play->now_ms += TICK_MS;
    play->ticks++;
    play->busy_ticks += play->running == SLOTS;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &play->clients[i];
        if (client->phase == AWAY)
            client->told_ms = 0;
        if (client->phase == RUNS && client->until_ms <= play->now_ms) {
            hearth_pace_finished(&play->pace, play->now_ms * 1000);
            play->running--;
            client->phase = AWAY;
            client->until_ms = play->now_ms + (uint64_t)exponential(play, play->away_ms);
        }
    }
    while (play->running < SLOTS && play->waiting) {
        struct client *client = &play->clients[play->order[0]];
        memmove(play->order, play->order + 1, --play->waiting * sizeof(play->order[0]));
        client->phase = RUNS;
        client->until_ms = play->now_ms + (uint64_t)exponential(play, play->service_ms);
        play->running++;
    }
    size_t first = seeded_below(&play->seed, CLIENTS);
    for (size_t k = 0; k < CLIENTS; k++) {
        size_t i = (first + k) % CLIENTS;
        const struct client *client = &play->clients[i];
        if ((client->phase == AWAY || client->phase == COMES) && client->until_ms <= play->now_ms)
            come(play, i);
    }
}

struct outcome {
    double kept, late, busy; /* percent */
};

static struct outcome run(double service_ms, double load, double stays_away, uint64_t seed)
{
    static struct play play;
    play = (struct play){
        .seed = seed, .service_ms = service_ms, .stays_away = stays_away, .now_ms = 1000};
    /* So many would come in a second if none were refused: `load` times what can be served. */
    play.away_ms = CLIENTS * service_ms / SLOTS / load;
    for (size_t i = 0; i < CLIENTS; i++)
        play.clients[i].until_ms = play.now_ms + (uint64_t)exponential(&play, play.away_ms);
    for (int i = 0; i < MINUTES * 60000 / TICK_MS; i++)
        tick(&play);
    struct outcome outcome = {
        .kept = 100.0 * (double)play.let_in / (double)(play.returns ? play.returns : 1),
        .late = 100.0 * (double)play.late_ms / (double)(play.told_ms ? play.told_ms : 1),
        .busy = 100.0 * (double)play.busy_ticks / (double)play.ticks};
    print_message("service %.0f ms, load %.1f, %.0f %% stay away: %llu refused, %.1f %% of the "
                  "returns let in, %.0f %% later than told; all slots busy %.1f %% of the time\n",
                  service_ms, load, 100 * stays_away, (unsigned long long)play.refusals,
                  outcome.kept, outcome.late, outcome.busy);
    return outcome;
}

static void test_most_who_come_back_when_told_are_let_in(void **state)
{
    (void)state;
    assert_true(run(50, 1.5, 0, 5).kept >= 95);
    assert_true(run(500, 1.2, 0, 1).kept >= 90);
    assert_true(run(2000, 1.5, 0, 2).kept >= 75);
    assert_true(run(2000, 3, 0, 3).kept >= 75);
    assert_true(run(10000, 2, 0, 4).kept >= 60);
}

/* Places that are kept for nobody must not leave slots without work. */
static void test_who_does_not_come_back_costs_no_work(void **state)
{
    (void)state;
    assert_true(run(500, 2, 0.5, 6).busy >= 95);
    assert_true(run(2000, 2, 1, 7).busy >= 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_most_who_come_back_when_told_are_let_in),
        cmocka_unit_test(test_who_does_not_come_back_costs_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
