/* How many tokens are drafted, by what a row costs and how often drafts are right; over machines
 * and texts that change. */
#include "domain/speculation.h"
#include "support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A machine: a step takes so long, and each of its rows. */
struct machine {
    double step_us, row_us;
};

struct run {
    double tokens, us;
    uint64_t drafted, accepted;
};

static uint64_t seed;

/* A text in which each drafted token is right with this chance; `steps` steps of `clients` alike.
 */
static struct run play(const struct machine *machine, double chance, uint32_t clients,
                       uint32_t steps, struct hearth_step_cost *cost)
{
    struct hearth_speculation general = {0}, own[8];
    struct run run = {0};
    for (uint32_t i = 0; i < clients; i++)
        hearth_speculation_begin(&own[i], &general);
    for (uint32_t n = 0; n < steps; n++) {
        struct hearth_speculation_step step = {clients, hearth_step_cost_of(cost, clients)};
        uint32_t drafts[8], rows = clients;
        for (uint32_t i = 0; i < clients; i++)
            rows += drafts[i] = hearth_speculation_most(&own[i], cost, 0, &step);
        double noise = seeded_pick(&seed, 90, 110) / 100.0;
        double us = (machine->step_us + machine->row_us * rows) * noise;
        hearth_step_cost_observe(cost, rows, (uint64_t)us);
        run.us += us;
        for (uint32_t i = 0; i < clients; i++) {
            uint32_t right = 0;
            while (right < drafts[i] && seeded_pick(&seed, 0, 999) < 1000 * chance)
                right++;
            hearth_speculation_observe(&own[i], drafts[i], right);
            run.tokens += 1 + right;
            run.drafted += drafts[i];
            run.accepted += right;
        }
    }
    return run;
}

/* Tokens in a second with drafts, by those without. */
static double gain(const struct machine *machine, double chance, uint32_t clients)
{
    struct hearth_step_cost cost = {0};
    seed = 11;
    struct run run = play(machine, chance, clients, 600, &cost);
    double without = clients / (machine->step_us + machine->row_us * clients);
    return run.tokens / run.us / without;
}

static void text_that_repeats_itself_is_faster(void **state)
{
    (void)state;
    const struct machine cheap_rows = {8000, 1000};
    assert_true(gain(&cheap_rows, 0.97, 1) > 2.5);
    assert_true(gain(&cheap_rows, 0.8, 1) > 1.4);
    assert_true(gain(&cheap_rows, 0.97, 8) > 1.2);
}

static void what_does_not_pay_costs_next_to_nothing(void **state)
{
    (void)state;
    const struct machine cheap_rows = {8000, 1000}, dear_rows = {500, 6000};
    assert_true(gain(&cheap_rows, 0.02, 1) > 0.97);
    assert_true(gain(&cheap_rows, 0.02, 8) > 0.97);
    assert_true(gain(&dear_rows, 0.9, 1) > 0.96);
    assert_true(gain(&dear_rows, 0.3, 8) > 0.96);
}

static void a_rest_ends_when_the_text_changes(void **state)
{
    (void)state;
    const struct machine machine = {8000, 1000};
    struct hearth_step_cost cost = {0};
    struct hearth_speculation own, general = {0};
    struct hearth_speculation_step step;
    seed = 3;
    play(&machine, 0.5, 1, 100, &cost);
    hearth_speculation_begin(&own, &general);
    for (int i = 0; i < 300; i++) {
        step = (struct hearth_speculation_step){1, hearth_step_cost_of(&cost, 1)};
        hearth_speculation_observe(&own, hearth_speculation_most(&own, &cost, 0, &step), 0);
    }
    uint32_t last = 0, steps = 0;
    while (last < 8 && steps++ < 1000) {
        step = (struct hearth_speculation_step){1, hearth_step_cost_of(&cost, 1)};
        last = hearth_speculation_most(&own, &cost, 0, &step);
        hearth_speculation_observe(&own, last, last);
    }
    assert_in_range(steps, 1, 400);
}

static void a_slow_draft_model_is_left_alone(void **state)
{
    (void)state;
    const struct machine machine = {8000, 1000};
    struct hearth_step_cost cost = {0};
    struct hearth_speculation own, general = {0};
    seed = 3;
    play(&machine, 0.5, 1, 100, &cost);
    hearth_speculation_begin(&own, &general);
    struct hearth_speculation_step step = {1, hearth_step_cost_of(&cost, 1)};
    assert_int_equal(hearth_speculation_most(&own, &cost, 20000, &step), 0);
    step = (struct hearth_speculation_step){1, hearth_step_cost_of(&cost, 1)};
    hearth_speculation_begin(&own, &general);
    assert_true(hearth_speculation_most(&own, &cost, 100, &step) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_repeats_itself_is_faster),
        cmocka_unit_test(what_does_not_pay_costs_next_to_nothing),
        cmocka_unit_test(a_rest_ends_when_the_text_changes),
        cmocka_unit_test(a_slow_draft_model_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
