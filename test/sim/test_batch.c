/* Step composition under a fake clock: seeded arrivals, a machine whose step takes so long for each
 * token, and what must hold in every step. */
#include "domain/batch.h"
#include "domain/turns.h"
#include "support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

enum {
    SLOTS = 8,
    REQUESTS = 400,
    TOKENS_MAX = 512,
    PREFILL_MAX = 64,
    STEP_US = 2000,
    TOKEN_US = 100
};

struct request {
    struct hearth_turn turn; /* first */
    uint64_t arrives_us, began_us, first_token_us, done_us, last_token_us, worst_gap_us;
    uint32_t prompt, answer;
    bool indivisible;
};

struct slot {
    struct hearth_batch_sequence sequence;
    struct request *request;
    uint32_t answer_left;
    uint32_t starved;  /* steps on end without a token */
    uint64_t freed_us; /* while it is free: since when */
};

static uint64_t seed;

static uint32_t pick(uint32_t low, uint32_t high)
{
    return seeded_pick(&seed, low, high);
}

static struct request requests[REQUESTS];

static void make_requests(uint64_t first_seed, bool mixed)
{
    seed = first_seed;
    uint64_t at = 0;
    for (int i = 0; i < REQUESTS; i++) {
        at += pick(0, 60000);
        bool is_long = pick(0, 9) == 0;
        requests[i] = (struct request){.arrives_us = at,
                                       .prompt = is_long ? pick(2000, 4000) : pick(1, 60),
                                       .answer = pick(1, 40)};
        if (mixed && pick(0, 3) == 0) {
            requests[i].indivisible = true;
            requests[i].prompt = pick(1, TOKENS_MAX + 100);
            requests[i].answer = 0;
        }
    }
}

/* As the worker does it: who has come waits for its turn, and gets the sequence that is chosen. */
static size_t fill_slots(struct slot *slots, struct hearth_turns *turns, int *next, uint64_t now_us)
{
    struct hearth_turn_sequence sequences[SLOTS];
    size_t busy = 0;
    uint32_t at;
    for (; *next < REQUESTS && requests[*next].arrives_us <= now_us; (*next)++)
        hearth_turns_add(turns, &requests[*next].turn);
    for (int i = 0; i < SLOTS; i++) {
        sequences[i] = (struct hearth_turn_sequence){.busy = slots[i].request != NULL,
                                                     .freed_at = slots[i].freed_us};
        busy += slots[i].request != NULL;
    }
    while (turns->first && hearth_turns_choose(sequences, SLOTS, &at)) {
        struct request *request = (struct request *)hearth_turns_take(turns);
        request->began_us = now_us;
        slots[at] = (struct slot){.request = request, .answer_left = request->answer};
        slots[at].sequence.prompt_left = request->prompt;
        slots[at].sequence.indivisible = request->indivisible;
        slots[at].sequence.since = request->turn.came;
        sequences[at].busy = true;
        busy++;
    }
    return busy;
}

static void token_came(struct slot *slot, uint64_t now_us)
{
    struct request *request = slot->request;
    if (!request->first_token_us)
        request->first_token_us = now_us;
    else if (now_us - request->last_token_us > request->worst_gap_us)
        request->worst_gap_us = now_us - request->last_token_us;
    request->last_token_us = now_us;
    if (slot->answer_left)
        slot->answer_left--;
    if (!slot->answer_left) {
        request->done_us = now_us;
        slot->request = NULL;
        slot->freed_us = now_us;
    }
}

static void take_step(struct slot *slots, uint64_t now_us)
{
    for (int i = 0; i < SLOTS; i++) {
        struct hearth_batch_sequence *sequence = &slots[i].sequence;
        if (!slots[i].request)
            continue;
        slots[i].starved = sequence->token_count ? 0 : slots[i].starved + 1;
        /* A prompt gets at least half of the prompts' share once it is the oldest; the others
         * before it are at most SLOTS - 1, of 4,000 tokens each. */
        assert_true(slots[i].starved <= (SLOTS - 1) * (4000 / (PREFILL_MAX / 2) + 1) + SLOTS);
        if (!sequence->token_count)
            continue;
        if (sequence->prompt_left) {
            if (sequence->indivisible)
                assert_int_equal(sequence->token_count, sequence->prompt_left);
            assert_true(sequence->token_count <= sequence->prompt_left);
            sequence->prompt_left -= sequence->token_count;
            if (sequence->prompt_left == 0)
                token_came(&slots[i], now_us);
        } else {
            assert_int_equal(sequence->token_count, 1);
            token_came(&slots[i], now_us);
        }
    }
}

static void check_budget(struct slot *slots, uint32_t given)
{
    uint32_t sum = 0, prompts = 0, largest_whole = 0, items = 0;
    bool decodes = false;
    for (int i = 0; i < SLOTS; i++) {
        if (!slots[i].request)
            continue;
        const struct hearth_batch_sequence *sequence = &slots[i].sequence;
        sum += sequence->token_count;
        items += sequence->token_count > 0;
        decodes |= sequence->prompt_left == 0 && sequence->token_count;
        if (sequence->prompt_left)
            prompts += sequence->token_count;
        if (sequence->indivisible && sequence->token_count > largest_whole)
            largest_whole = sequence->token_count;
    }
    assert_true(given > 0);
    assert_int_equal(sum, given);
    /* Only an indivisible prompt that is alone may be larger than the budget. */
    assert_true(sum <= TOKENS_MAX || items == 1);
    if (decodes)
        assert_true(prompts <= PREFILL_MAX + largest_whole);
}

static void run(uint64_t first_seed, bool mixed)
{
    struct slot slots[SLOTS] = {0};
    const struct hearth_batch_limits limits = {.tokens_max = TOKENS_MAX,
                                               .prefill_max = PREFILL_MAX};
    make_requests(first_seed, mixed);
    struct hearth_turns turns = {0};
    uint64_t now_us = 0;
    int next = 0;
    for (;;) {
        if (!fill_slots(slots, &turns, &next, now_us)) {
            if (next == REQUESTS)
                return;
            now_us = requests[next].arrives_us;
            continue;
        }
        struct hearth_batch_sequence *steppable[SLOTS];
        size_t count = 0;
        for (int i = 0; i < SLOTS; i++)
            if (slots[i].request)
                steppable[count++] = &slots[i].sequence;
        uint32_t given = hearth_batch_compose(&limits, steppable, count);
        check_budget(slots, given);
        now_us += STEP_US + (uint64_t)given * TOKEN_US;
        take_step(slots, now_us);
    }
}

static void every_step_keeps_the_budget_and_every_request_ends(void **state)
{
    (void)state;
    for (uint64_t one = 1; one <= 50; one++) {
        run(one * 7919, one % 2);
        for (int i = 0; i < REQUESTS; i++)
            assert_true(requests[i].done_us > 0);
    }
}

static void the_gap_between_tokens_is_bounded_while_others_prefill(void **state)
{
    (void)state;
    for (uint64_t one = 1; one <= 20; one++) {
        run(one * 104729, false);
        for (int i = 0; i < REQUESTS; i++)
            assert_true(requests[i].worst_gap_us <= STEP_US + (PREFILL_MAX + SLOTS) * TOKEN_US);
    }
}

static void short_prompts_do_not_wait_behind_long_ones(void **state)
{
    (void)state;
    uint64_t short_worst = 0, long_sum = 0, long_count = 0, short_sum = 0, short_count = 0;
    for (uint64_t one = 1; one <= 20; one++) {
        run(one * 15485863, false);
        for (int i = 0; i < REQUESTS; i++) {
            uint64_t wait = requests[i].first_token_us - requests[i].began_us;
            if (requests[i].prompt > 60) {
                long_sum += wait;
                long_count++;
            } else {
                short_sum += wait;
                short_count++;
                short_worst = wait > short_worst ? wait : short_worst;
            }
        }
    }
    /* Half of the share is theirs: seven of 60 tokens at 32 a step are 14 steps. */
    assert_true(short_worst <= 16 * (STEP_US + (PREFILL_MAX + SLOTS) * TOKEN_US));
    assert_true(short_sum / short_count * 4 < long_sum / long_count);
}

static void nothing_decodes_so_a_prompt_gets_the_whole_budget(void **state)
{
    (void)state;
    struct hearth_batch_sequence one = {.prompt_left = 4000};
    struct hearth_batch_sequence *all[] = {&one};
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    assert_int_equal(hearth_batch_compose(&limits, all, 1), TOKENS_MAX);
    assert_int_equal(one.token_count, TOKENS_MAX);
}

static void more_decoding_than_tokens_take_turns(void **state)
{
    (void)state;
    struct hearth_batch_sequence many[6] = {0}, *all[6];
    const struct hearth_batch_limits limits = {.tokens_max = 4, .prefill_max = 4};
    for (int i = 0; i < 6; i++)
        all[i] = &many[i];
    for (int step = 0; step < 30; step++) {
        assert_int_equal(hearth_batch_compose(&limits, all, 6), 4);
        for (int i = 0; i < 6; i++)
            assert_true(many[i].passed_over <= 1);
    }
}

static void a_prompt_larger_than_the_budget_goes_alone_and_not_twice_on_end(void **state)
{
    (void)state;
    struct hearth_batch_sequence decoding = {0};
    struct hearth_batch_sequence first = {.prompt_left = 900, .indivisible = true, .since = 1};
    struct hearth_batch_sequence second = {.prompt_left = 900, .indivisible = true, .since = 2};
    struct hearth_batch_sequence *all[] = {&decoding, &first, &second};
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    assert_int_equal(hearth_batch_compose(&limits, all, 3), 900);
    assert_int_equal(first.token_count, 900);
    struct hearth_batch_sequence *rest[] = {&decoding, &second};
    assert_int_equal(hearth_batch_compose(&limits, rest, 2), 1);
    assert_int_equal(decoding.token_count, 1);
    assert_int_equal(hearth_batch_compose(&limits, rest, 2), 900);
}

static void higher_classes_prefill_first_and_the_oldest_still_moves(void **state)
{
    (void)state;
    struct hearth_batch_sequence old = {.prompt_left = 3000, .class_ = HEARTH_CLASS_NORMAL};
    struct hearth_batch_sequence normal = {
        .prompt_left = 10, .class_ = HEARTH_CLASS_NORMAL, .since = 1};
    struct hearth_batch_sequence inter = {
        .prompt_left = 300, .class_ = HEARTH_CLASS_INTERACTIVE, .since = 2};
    struct hearth_batch_sequence *all[] = {&old, &normal, &inter};
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    hearth_batch_compose(&limits, all, 3);
    assert_int_equal(old.token_count, 256);
    assert_int_equal(inter.token_count, 256);
    assert_int_equal(normal.token_count, 0);
}

/* Three lines of a batch decode and one has its prompt to come, when somebody asks. */
static void batch_rests_while_somebodys_prompt_is_computed(void **state)
{
    (void)state;
    struct hearth_batch_sequence lines[4] = {0}, asked = {.prompt_left = 700, .since = 1};
    struct hearth_batch_sequence *all[] = {&lines[0], &lines[1], &lines[2], &lines[3], &asked};
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    for (int i = 0; i < 4; i++)
        lines[i].class_ = HEARTH_CLASS_BATCH;
    lines[3].prompt_left = 40;
    assert_int_equal(hearth_batch_compose(&limits, all, 5), TOKENS_MAX);
    assert_int_equal(asked.token_count, TOKENS_MAX);
    asked.prompt_left -= asked.token_count;
    assert_int_equal(hearth_batch_compose(&limits, all, 5), asked.prompt_left);
    asked.prompt_left = 0;
    assert_int_equal(hearth_batch_compose(&limits, all, 5), 4 + 40);
}

static void batch_does_not_rest_for_ever(void **state)
{
    (void)state;
    struct hearth_batch_sequence line = {.class_ = HEARTH_CLASS_BATCH};
    struct hearth_batch_sequence asked = {.prompt_left = 1 << 20, .since = 1};
    struct hearth_batch_sequence *all[] = {&line, &asked};
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    uint32_t taken = 0;
    for (uint32_t step = 0; step < 10 * (HEARTH_BATCH_PATIENCE + 1); step++) {
        hearth_batch_compose(&limits, all, 2);
        taken += line.token_count;
    }
    assert_int_equal(taken, 10);
}

static void texts_for_vectors_go_beside_those_of_a_batch(void **state)
{
    (void)state;
    struct hearth_batch_sequence line = {
        .prompt_left = 40, .indivisible = true, .class_ = HEARTH_CLASS_BATCH};
    struct hearth_batch_sequence asked = {.prompt_left = 30, .indivisible = true, .since = 1};
    struct hearth_batch_sequence *all[] = {&line, &asked};
    const struct hearth_batch_limits limits = {TOKENS_MAX, PREFILL_MAX};
    assert_int_equal(hearth_batch_compose(&limits, all, 2), 70);
}

static void the_pace_fits_prompts_into_the_gap(void **state)
{
    (void)state;
    struct hearth_batch_pace pace = {0};
    assert_int_equal(hearth_batch_pace_prefill_max(&pace, 100000, 512), 512);
    for (int i = 0; i < 40; i++)
        hearth_batch_pace_observe(&pace, 100, false, 100000); /* 1 ms a token */
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 95, 105);
    assert_int_equal(hearth_batch_pace_prefill_max(&pace, 1, 512), 16);
    assert_int_equal(hearth_batch_pace_prefill_max(&pace, 100000, 64), 64);
    hearth_batch_pace_observe(&pace, 1, true, 100000000); /* says nothing */
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 95, 105);
    hearth_batch_pace_observe(&pace, 50, true, 100000); /* 2 ms a token in short pieces */
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 48, 52);
}

static void a_fast_decoder_takes_prompts_in_shorter_pieces(void **state)
{
    (void)state;
    struct hearth_batch_pace pace = {0};
    for (int i = 0; i < 50; i++)
        hearth_batch_pace_observe(&pace, 100, true, 50000); /* half a millisecond a token */
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 190, 210);
    for (int i = 0; i < 50; i++)
        hearth_batch_pace_observe(&pace, 0, true, 5000);
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 28, 32); /* 15 ms */
    for (int i = 0; i < 50; i++)
        hearth_batch_pace_observe(&pace, 0, true, 20000);
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 37, 43); /* 20 ms */
    for (int i = 0; i < 50; i++)
        hearth_batch_pace_observe(&pace, 0, true, 200000); /* over the gap: half as long again */
    assert_in_range(hearth_batch_pace_prefill_max(&pace, 100000, 512), 190, 210);
}

/* A machine whose prompt tokens cost more the deeper they lie, and whose steps jitter, and which
 * becomes three times slower on the way: the steps beside seven chats stay near the gap, and a
 * prompt that is alone fills them. */
static void a_long_prompt_beside_chats_keeps_the_gap_whatever_a_token_costs(void **state)
{
    (void)state;
    seed = 5;
    struct hearth_batch_pace pace = {0};
    uint32_t over = 0, steps = 0;
    for (uint32_t done = 0, given; done < 4000; done += given) {
        uint64_t slow = done > 2000 ? 3 : 1;
        uint64_t jitter = pick(90, 110);
        hearth_batch_pace_observe(&pace, 0, true, 12000 * slow * jitter / 100);
        given = hearth_batch_pace_prefill_max(&pace, 100000, 512);
        uint64_t token_us = (200 + done / 20) * slow;
        uint64_t step_us = (12000 * slow + given * token_us) * jitter / 100;
        hearth_batch_pace_observe(&pace, given, true, step_us);
        over += step_us > 130000 || step_us > 12000 * slow * 3;
        steps++;
    }
    assert_in_range(steps, 20, 200);
    assert_in_range(over, 0, 4); /* the first, and those before the change is seen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_keeps_the_budget_and_every_request_ends),
        cmocka_unit_test(the_gap_between_tokens_is_bounded_while_others_prefill),
        cmocka_unit_test(short_prompts_do_not_wait_behind_long_ones),
        cmocka_unit_test(nothing_decodes_so_a_prompt_gets_the_whole_budget),
        cmocka_unit_test(more_decoding_than_tokens_take_turns),
        cmocka_unit_test(a_prompt_larger_than_the_budget_goes_alone_and_not_twice_on_end),
        cmocka_unit_test(higher_classes_prefill_first_and_the_oldest_still_moves),
        cmocka_unit_test(batch_rests_while_somebodys_prompt_is_computed),
        cmocka_unit_test(batch_does_not_rest_for_ever),
        cmocka_unit_test(texts_for_vectors_go_beside_those_of_a_batch),
        cmocka_unit_test(the_pace_fits_prompts_into_the_gap),
        cmocka_unit_test(a_fast_decoder_takes_prompts_in_shorter_pieces),
        cmocka_unit_test(a_long_prompt_beside_chats_keeps_the_gap_whatever_a_token_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
