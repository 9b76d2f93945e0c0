/* What a thousand queued lines of a batch do to somebody who asks a question meanwhile: nothing but
 * the step that runs when the question comes. A fake clock, on which a step takes so long for each
 * token; as many lines run at once as the server lets (batch_parallel), one fewer than sequences.
 */
#include "domain/batch.h"
#include "support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    LINES_AT_ONCE = 3,
    LINES = 1000,
    ANSWER = 64,
    TOKENS_MAX = 512,
    PREFILL_MAX = 64,
    STEP_US = 2000,
    TOKEN_US = 100
};

struct machine {
    struct hearth_batch_sequence sequences[LINES_AT_ONCE + 1]; /* the last is the person's */
    uint32_t answer_left[LINES_AT_ONCE];
    uint64_t seed, now_us, step_us; /* step_us: of the last step */
    uint32_t lines_left;
    bool asks;
};

static bool begin_line(struct machine *machine, int slot)
{
    if (machine->answer_left[slot])
        return true;
    if (!machine->lines_left)
        return false;
    machine->lines_left--;
    machine->answer_left[slot] = ANSWER;
    machine->sequences[slot] =
        (struct hearth_batch_sequence){.prompt_left = seeded_pick(&machine->seed, 20, 120),
                                       .class_ = HEARTH_CLASS_BATCH,
                                       .since = machine->now_us};
    return true;
}

/* The last part of a prompt brings the first token. */
static bool advance(struct hearth_batch_sequence *sequence)
{
    bool had_prompt = sequence->prompt_left > 0;
    if (had_prompt)
        sequence->prompt_left -= sequence->token_count;
    return sequence->token_count && !sequence->prompt_left;
}

/* True when the person has got a token in it. */
static bool step(struct machine *machine)
{
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    struct hearth_batch_sequence *running[LINES_AT_ONCE + 1];
    size_t count = 0;
    for (int i = 0; i < LINES_AT_ONCE; i++)
        if (begin_line(machine, i))
            running[count++] = &machine->sequences[i];
    if (machine->asks)
        running[count++] = &machine->sequences[LINES_AT_ONCE];
    machine->step_us = STEP_US + TOKEN_US * hearth_batch_compose(&limits, running, count);
    machine->now_us += machine->step_us;
    for (int i = 0; i < LINES_AT_ONCE; i++)
        if (machine->answer_left[i] && advance(&machine->sequences[i]))
            machine->answer_left[i]--;
    return machine->asks && advance(&machine->sequences[LINES_AT_ONCE]);
}

/* Asks while a step runs, so that the worker hears of it when that step has ended. */
static uint64_t first_token_after(struct machine *machine, uint32_t prompt)
{
    uint64_t asked_us = machine->now_us;
    if (machine->lines_left)
        step(machine);
    machine->asks = true;
    machine->sequences[LINES_AT_ONCE] =
        (struct hearth_batch_sequence){.prompt_left = prompt, .since = machine->now_us};
    while (!step(machine))
        ;
    return machine->now_us - asked_us;
}

static void a_question_waits_for_one_step_of_a_thousand_lines(void **state)
{
    (void)state;
    for (uint32_t before = 0; before < 500; before++) {
        for (uint32_t prompt = 30; prompt < 1500; prompt *= 4) {
            struct machine beside = {.seed = before + 1, .lines_left = LINES};
            struct machine alone = {.seed = 1};
            for (uint32_t i = 0; i < before; i++)
                step(&beside);
            struct machine line_step = beside;
            step(&line_step);
            uint64_t more_us =
                first_token_after(&beside, prompt) - first_token_after(&alone, prompt);
            assert_true(more_us <= line_step.step_us);
        }
    }
}

/* They rest while a prompt is computed, and not while its answer is. */
static void lines_go_on_beside_the_answer(void **state)
{
    (void)state;
    struct machine machine = {.seed = 7, .lines_left = LINES};
    for (int i = 0; i < 100; i++)
        step(&machine);
    first_token_after(&machine, 60);
    uint32_t left = machine.lines_left;
    for (int i = 0; i < 3 * ANSWER; i++)
        step(&machine);
    assert_true(machine.lines_left + LINES_AT_ONCE < left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_waits_for_one_step_of_a_thousand_lines),
        cmocka_unit_test(lines_go_on_beside_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
