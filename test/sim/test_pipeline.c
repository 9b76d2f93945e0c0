/* From the queue to the steps of an encoder under a fake clock: lists and single texts side by
 * side, a machine whose step takes so long for each token, and what must hold for each of them. */
#include "domain/batch.h"
#include "domain/look_ahead.h"
#include "domain/turns.h"
#include "support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

enum {
    SLOTS = 64,
    BATCH = 2048,
    LIST = 2048,
    LIST_WINDOW = 256,
    TEXTS_MAX = 3 * LIST,
    TOKEN_US = 10
};

struct text {
    struct hearth_queued queued; /* first */
    struct hearth_batch_sequence sequence;
    struct hearth_turn turn;
    uint64_t came_us, done_us;
    uint32_t tokens, slot;
    bool with_worker, has_slot;
};

struct machine {
    struct hearth_look_ahead policy;
    struct hearth_queue *queue;
    struct text *texts;
    struct hearth_turns turns;
    struct hearth_turn_sequence slots[SLOTS];
    size_t count, flights;
    uint64_t cost, now_us;
    uint64_t steps, step_tokens;
};

static uint64_t seed;

static uint32_t pick(uint32_t low, uint32_t high)
{
    return seeded_pick(&seed, low, high);
}

static void open_machine(struct machine *machine)
{
    static struct text texts[TEXTS_MAX];
    const struct hearth_queue_limits limits = {.requests_max = TEXTS_MAX};
    memset(texts, 0, sizeof(texts));
    *machine = (struct machine){
        .policy = {.slots = SLOTS, .batch = BATCH, .workers = 1, .whole = true},
        .queue = hearth_queue_create(&limits, NULL),
        .texts = texts,
    };
}

static struct text *submit(struct machine *machine, enum hearth_class class_, uint32_t tokens)
{
    struct text *text = &machine->texts[machine->count++];
    *text = (struct text){.tokens = tokens, .came_us = machine->now_us};
    text->queued.class_ = class_;
    text->queued.cost = tokens;
    assert_int_equal(hearth_queue_push(machine->queue, &text->queued, "one client", 0), 0);
    return text;
}

static void dispatch(struct machine *machine)
{
    struct text *text;
    while ((text = (struct text *)hearth_look_ahead_pop(&machine->policy, machine->queue,
                                                        machine->flights, machine->cost))) {
        machine->flights++;
        machine->cost += text->tokens;
        text->with_worker = true;
        text->turn.class_ = text->queued.class_;
        hearth_turns_add(&machine->turns, &text->turn);
        text->sequence = (struct hearth_batch_sequence){.prompt_left = text->tokens,
                                                        .indivisible = true,
                                                        .class_ = text->queued.class_,
                                                        .since = text->turn.came};
        assert_true(machine->flights <= hearth_look_ahead_most(&machine->policy, true));
    }
}

static struct text *text_of(struct hearth_turn *turn)
{
    return (struct text *)((char *)turn - offsetof(struct text, turn));
}

/* As the worker does it. */
static void give_slots(struct machine *machine)
{
    uint32_t slot;
    while (machine->turns.first && hearth_turns_choose(machine->slots, SLOTS, &slot)) {
        struct text *text = text_of(hearth_turns_take(&machine->turns));
        text->has_slot = machine->slots[slot].busy = true;
        text->slot = slot;
    }
}

/* Begins a step; what arrives while it runs is the caller's. False when there is nothing. */
static uint32_t begin_step(struct machine *machine)
{
    static struct hearth_batch_sequence *steppable[SLOTS];
    const struct hearth_batch_limits limits = {.tokens_max = BATCH, .prefill_max = BATCH};
    size_t count = 0;
    dispatch(machine);
    give_slots(machine);
    for (size_t i = 0; i < machine->count; i++)
        if (machine->texts[i].has_slot)
            steppable[count++] = &machine->texts[i].sequence;
    uint32_t tokens = hearth_batch_compose(&limits, steppable, count);
    machine->steps += tokens > 0;
    machine->step_tokens += tokens;
    return tokens;
}

static size_t end_step(struct machine *machine, uint32_t tokens)
{
    size_t done = 0;
    machine->now_us += (uint64_t)tokens * TOKEN_US;
    for (size_t i = 0; i < machine->count; i++) {
        struct text *text = &machine->texts[i];
        if (!text->has_slot || !text->sequence.token_count)
            continue;
        text->has_slot = text->with_worker = false;
        machine->slots[text->slot] = (struct hearth_turn_sequence){.freed_at = machine->steps};
        text->done_us = machine->now_us;
        machine->flights--;
        machine->cost -= text->tokens;
        done++;
    }
    return done;
}

static void a_single_text_beside_a_list_waits_for_at_most_one_batch(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 12; round++) {
        seed = round * 7919;
        uint32_t most = round % 3 == 0 ? 8 : round % 3 == 1 ? 70 : 512;
        struct machine machine;
        open_machine(&machine);
        uint32_t sent = 0, live = 0;
        while (sent < LIST || live) {
            for (; sent < LIST && live < LIST_WINDOW; sent++, live++)
                submit(&machine, HEARTH_CLASS_NORMAL, pick(most / 2, most));
            uint32_t running = begin_step(&machine);
            struct text *single = submit(&machine, HEARTH_CLASS_INTERACTIVE, pick(4, 40));
            dispatch(&machine);
            assert_true(single->with_worker);
            live -= (uint32_t)end_step(&machine, running);
            uint32_t next = begin_step(&machine);
            live -= (uint32_t)end_step(&machine, next) - 1;
            assert_true(single->done_us > 0);
            assert_true(single->done_us - single->came_us <= 2ull * BATCH * TOKEN_US);
        }
        hearth_queue_destroy(machine.queue);
    }
}

static void batches_are_full_under_load(void **state)
{
    (void)state;
    seed = 104729;
    struct machine machine;
    open_machine(&machine);
    uint32_t sent = 0, live = 0;
    while (sent < LIST) {
        for (; sent < LIST && live < LIST_WINDOW; sent++, live++)
            submit(&machine, HEARTH_CLASS_NORMAL, pick(30, 80));
        live -= (uint32_t)end_step(&machine, begin_step(&machine));
    }
    assert_true(machine.step_tokens >= machine.steps * BATCH * 9 / 10);
    while (live)
        live -= (uint32_t)end_step(&machine, begin_step(&machine));
    hearth_queue_destroy(machine.queue);
}

static void an_idle_machine_waits_for_no_company(void **state)
{
    (void)state;
    struct machine machine;
    open_machine(&machine);
    for (int i = 0; i < 20; i++) {
        struct text *text = submit(&machine, HEARTH_CLASS_NORMAL, 12);
        assert_int_equal(begin_step(&machine), 12);
        assert_int_equal(end_step(&machine, 12), 1);
        assert_int_equal(text->done_us - text->came_us, 12 * TOKEN_US);
    }
    hearth_queue_destroy(machine.queue);
}

static void a_list_is_not_starved_by_single_texts(void **state)
{
    (void)state;
    struct machine machine;
    open_machine(&machine);
    struct text *old = submit(&machine, HEARTH_CLASS_BATCH, 500);
    for (int step = 0; step < 40 && !old->done_us; step++) {
        for (int i = 0; i < 40; i++)
            submit(&machine, HEARTH_CLASS_INTERACTIVE, 60);
        end_step(&machine, begin_step(&machine));
    }
    assert_true(old->done_us > 0);
    while (hearth_queue_length(machine.queue) || machine.flights)
        end_step(&machine, begin_step(&machine));
    hearth_queue_destroy(machine.queue);
}

static void what_a_worker_may_have_follows_its_kind(void **state)
{
    (void)state;
    struct hearth_look_ahead policy = {.slots = 4, .batch = 512, .workers = 1};
    /* Chunks: one for each slot, and one that is prepared meanwhile. */
    assert_int_equal(hearth_look_ahead_most(&policy, false), 5);
    assert_int_equal(hearth_look_ahead_most(&policy, true), 5);
    policy.workers = 3;
    assert_int_equal(hearth_look_ahead_most(&policy, false), 15);
    /* Whole inputs: two steps' worth, and as many places again for interactive requests alone. */
    policy.whole = true;
    assert_int_equal(hearth_look_ahead_most(&policy, false), 24);
    assert_int_equal(hearth_look_ahead_most(&policy, true), 36);
    policy.probing = true;
    assert_int_equal(hearth_look_ahead_most(&policy, false), 1);
    assert_int_equal(hearth_look_ahead_most(&policy, true), 1);
}

/* What the workers are really given from a queue with more than enough. */
static size_t taken(const struct hearth_look_ahead *policy, enum hearth_class class_, uint32_t cost)
{
    enum { MANY = 100 };
    struct hearth_queued items[MANY];
    const struct hearth_queue_limits limits = {.requests_max = MANY};
    struct hearth_queue *queue = hearth_queue_create(&limits, NULL);
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++) {
        items[i] = (struct hearth_queued){.class_ = class_, .cost = cost};
        assert_int_equal(hearth_queue_push(queue, &items[i], "client", 0), 0);
    }
    while (hearth_look_ahead_pop(policy, queue, count, count * cost))
        count++;
    while (hearth_queue_pop(queue))
        ;
    hearth_queue_destroy(queue);
    return count;
}

static void a_worker_is_given_that_and_no_more_than_three_steps_of_tokens(void **state)
{
    (void)state;
    struct hearth_look_ahead policy = {.slots = 4, .batch = 512, .workers = 2};
    assert_int_equal(taken(&policy, HEARTH_CLASS_NORMAL, 500), 10);
    policy.whole = true;
    assert_int_equal(taken(&policy, HEARTH_CLASS_NORMAL, 10), 16);
    assert_int_equal(taken(&policy, HEARTH_CLASS_INTERACTIVE, 10), 24);
    /* 2 workers, 3 steps of 512 tokens: 3,072 are reached with the seventh request of 500. */
    assert_int_equal(taken(&policy, HEARTH_CLASS_NORMAL, 500), 7);
    /* Two for each worker in any case. */
    assert_int_equal(taken(&policy, HEARTH_CLASS_NORMAL, 5000), 4);
    policy.probing = true;
    assert_int_equal(taken(&policy, HEARTH_CLASS_INTERACTIVE, 10), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_text_beside_a_list_waits_for_at_most_one_batch),
        cmocka_unit_test(batches_are_full_under_load),
        cmocka_unit_test(an_idle_machine_waits_for_no_company),
        cmocka_unit_test(a_list_is_not_starved_by_single_texts),
        cmocka_unit_test(what_a_worker_may_have_follows_its_kind),
        cmocka_unit_test(a_worker_is_given_that_and_no_more_than_three_steps_of_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
