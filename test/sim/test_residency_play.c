/* Several models on memory for fewer, over a million seeded schedules: who loads, who is unloaded
 * or held for whom. In every other one the machine has a GPU, of which some models take memory. The
 * policies are those of the program: domain/residency.h, domain/memory_plan.h and the gate of loads
 * with its claims. Time goes in ticks of a tenth of a second. */
#include "domain/memory_plan.h"
#include "domain/residency.h"
#include "serving/load_gate.h"
#include "support/schedules.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <string.h>

enum {
    MODELS_MAX = 5,
    SLOTS = 2,
    RUN_MAX = 8,
    LOAD_MAX = 6,
    SHORTEST = 6,
    LONGEST_WAIT = 15,
    HOLD = 10,
    TICKS = 80, /* requests come; after that what waits is finished */
    QUIET = 4000,
    QUEUED_MAX = 8,
};
enum state { UNLOADED, SEEKS_ROOM, LOADING, READY, LEAVING };

struct model {
    struct hearth_load_pass pass;
    enum state state;
    struct hearth_memory bytes;
    uint64_t load_ticks;
    uint64_t wanted, loaded, used, until; /* ticks; `until` of LOADING and LEAVING */
    uint64_t held_until, served;          /* `served`: when it last began a request, or had none */
    uint64_t ends[SLOTS];                 /* of what runs; 0: the slot is free */
    unsigned queued, load;                /* `load`: of a hundred ticks so many bring a request */
    bool pinned;
};

struct play {
    struct model models[MODELS_MAX];
    struct hearth_load_gate *gate;
    size_t count;
    struct hearth_memory limit;
    uint64_t now, number, seed;
    uint64_t longest_wait, loads; /* what came of it */
};

static const struct hearth_residency policy = {.shortest_ms = SHORTEST,
                                               .longest_wait_ms = LONGEST_WAIT};

static void expect(const struct play *play, bool is, const char *what)
{
    schedule_expect(is, play->number, what);
}

static bool runs(const struct model *model)
{
    for (int i = 0; i < SLOTS; i++)
        if (model->ends[i])
            return true;
    return false;
}

static bool is_busy(const struct play *play, const struct model *model)
{
    return runs(model) || (model->queued && play->now >= model->held_until);
}

static bool has_memory(const struct model *model)
{
    return model->state == LOADING || model->state == READY || model->state == LEAVING;
}

static void nothing(void *argument)
{
    (void)argument;
}

static struct hearth_resident resident_of(const struct play *play, const struct model *model)
{
    return (struct hearth_resident){.bytes = model->bytes,
                                    .loaded_ms = model->loaded,
                                    .last_use_ms = model->used,
                                    .load_cost_ms = model->load_ticks,
                                    .busy = is_busy(play, model),
                                    .held = play->now < model->held_until,
                                    .loading = model->state == LOADING,
                                    .pinned = model->pinned};
}

static void leave(const struct play *play, struct model *model, uint64_t waited)
{
    expect(play, model->state == READY && !runs(model) && !model->pinned,
           "a model that is busy, loading or pinned is unloaded");
    expect(play, play->now - model->loaded >= SHORTEST || waited >= LONGEST_WAIT,
           "a model is unloaded that was loaded just now");
    model->state = LEAVING;
    model->until = play->now + 1;
}

static struct hearth_room_answer ask(struct play *play, struct model *model,
                                     struct hearth_memory lacking)
{
    struct hearth_resident residents[MODELS_MAX];
    struct model *others[MODELS_MAX];
    bool marked[MODELS_MAX];
    size_t count = 0;
    uint64_t waited = play->now - model->wanted;
    struct hearth_room_wish wish = {.lacking = lacking, .waited_ms = waited};
    for (struct model *one = play->models; one < play->models + play->count; one++) {
        if (one == model)
            continue;
        wish.claimed = hearth_memory_sum(wish.claimed,
                                         hearth_load_gate_claim_before(&one->pass, &model->pass));
        if (one->state == LEAVING)
            wish.leaving = hearth_memory_sum(wish.leaving, one->bytes);
        if (one->state != LOADING && one->state != READY)
            continue;
        others[count] = one;
        residents[count++] = resident_of(play, one);
    }
    struct hearth_room_answer answer =
        hearth_residency_ask(&policy, residents, count, &wish, play->now, marked);
    for (size_t i = 0; i < count; i++) {
        if (marked[i] && answer.act == HEARTH_ROOM_EVICT)
            leave(play, others[i], waited);
        else if (marked[i])
            others[i]->held_until = play->now + HOLD;
        expect(play, !marked[i] || !others[i]->pinned, "a pinned model is held");
    }
    return answer;
}

/* One that loads takes its memory bit by bit. */
static struct hearth_memory taken_by(const struct play *play, const struct model *model)
{
    struct hearth_memory taken = model->bytes;
    if (!has_memory(model))
        return (struct hearth_memory){0};
    if (model->state == LOADING) {
        uint64_t done = model->load_ticks - (model->until - play->now);
        taken.host = taken.host * done / model->load_ticks;
        taken.device = taken.device * done / model->load_ticks;
    }
    return taken;
}

/* What model_load.c does at its turn. */
static void seek_room(struct play *play, struct model *model)
{
    struct hearth_memory_room room;
    struct hearth_memory used = {0};
    for (size_t i = 0; i < play->count; i++)
        used = hearth_memory_sum(used, taken_by(play, &play->models[i]));
    hearth_load_gate_room(play->gate, &model->pass, hearth_memory_less(play->limit, used), 0,
                          play->limit.host, &room);
    struct hearth_memory lacking = hearth_memory_less(model->bytes, hearth_memory_most(&room));
    if (hearth_memory_is_none(lacking)) {
        hearth_load_gate_promise(&model->pass, model->bytes, true);
        model->state = LOADING;
        model->until = play->now + model->load_ticks;
        play->loads++;
        return;
    }
    struct hearth_room_answer answer = ask(play, model, lacking);
    expect(play, answer.hope, "a model that could have room is refused");
    hearth_load_gate_claim(&model->pass, answer.comes ? model->bytes : (struct hearth_memory){0});
}

static void begin_requests(struct play *play, struct model *model)
{
    if (play->now < model->held_until)
        return;
    for (int i = 0; i < SLOTS && model->queued; i++) {
        if (model->ends[i])
            continue;
        model->queued--;
        model->ends[i] = play->now + 1 + seeded_below(&play->seed, RUN_MAX);
        model->used = model->served = play->now;
    }
}

static void end_requests(const struct play *play, struct model *model)
{
    for (int i = 0; i < SLOTS; i++)
        if (model->ends[i] && model->ends[i] <= play->now) {
            model->ends[i] = 0;
            model->used = play->now;
        }
}

static void move(struct play *play, struct model *model)
{
    if (model->state == LOADING && play->now >= model->until) {
        hearth_load_gate_promise(&model->pass, model->bytes, false);
        model->state = READY;
        model->loaded = model->used = play->now;
        model->held_until = 0;
    } else if (model->state == LEAVING && play->now >= model->until) {
        hearth_load_gate_promise(&model->pass, (struct hearth_memory){0}, false);
        model->state = UNLOADED;
    }
    if (model->state == UNLOADED && model->queued) {
        model->state = SEEKS_ROOM;
        model->wanted = play->now;
        hearth_load_gate_begin(play->gate, &model->pass);
    }
    if (model->state == SEEKS_ROOM)
        seek_room(play, model);
    if (model->state == READY) {
        end_requests(play, model);
        begin_requests(play, model);
    }
    if (!model->queued || model->state == LOADING)
        model->served = play->now;
}

/* In any order, as events come. */
static void tick(struct play *play, bool brings)
{
    struct hearth_memory memory = {0};
    size_t first = seeded_below(&play->seed, play->count);
    play->now++;
    for (size_t i = 0; i < play->count; i++) {
        struct model *model = &play->models[(first + i) % play->count];
        if (brings && seeded_below(&play->seed, 100) < model->load && model->queued < QUEUED_MAX)
            model->queued++;
        move(play, model);
        uint64_t waited = play->now - model->served;
        play->longest_wait = waited > play->longest_wait ? waited : play->longest_wait;
    }
    for (size_t i = 0; i < play->count; i++)
        if (has_memory(&play->models[i]))
            memory = hearth_memory_sum(memory, play->models[i].bytes);
    expect(play, hearth_memory_is_none(hearth_memory_less(memory, play->limit)),
           "more memory is taken than there is");
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void open_play(struct play *play, uint64_t number)
{
    *play = (struct play){.number = number, .seed = number * 0x9E3779B97F4A7C15u + 1, .now = 1000};
    struct hearth_memory largest = {0}, sum = {0};
    uint64_t *seed = &play->seed;
    bool has_gpu = number % 2 == 0;
    play->count = 2 + seeded_below(seed, MODELS_MAX - 1);
    play->gate = hearth_load_gate_create();
    for (size_t i = 0; i < play->count; i++) {
        struct model *model = &play->models[i];
        *model = (struct model){.bytes.host = 1 + seeded_below(seed, 40),
                                .load_ticks = 1 + seeded_below(seed, LOAD_MAX),
                                .load = (unsigned)seeded_below(seed, 4) * 33 + 1,
                                .served = play->now,
                                .pass = {.on_turn = nothing}};
        hearth_load_gate_add(play->gate, &model->pass);
        if (has_gpu && seeded_below(seed, 3) > 0)
            model->bytes.device = 1 + seeded_below(seed, 40);
        largest.host = larger(largest.host, model->bytes.host);
        largest.device = larger(largest.device, model->bytes.device);
        sum = hearth_memory_sum(sum, model->bytes);
    }
    /* One is pinned now and then; memory is for the largest of the others beside it, at least. */
    struct model *pinned = &play->models[seeded_below(seed, play->count)];
    pinned->pinned = seeded_below(seed, 3) == 0;
    play->limit = hearth_memory_sum(
        largest, (struct hearth_memory){.host = seeded_below(seed, sum.host / 2 + 1),
                                        .device = seeded_below(seed, sum.device / 2 + 1)});
    if (pinned->pinned)
        play->limit = hearth_memory_sum(play->limit, pinned->bytes);
}

static void close_play(struct play *play)
{
    for (size_t i = 0; i < play->count; i++)
        hearth_load_gate_remove(play->gate, &play->models[i].pass);
    hearth_load_gate_destroy(play->gate);
}

static bool is_over(const struct play *play)
{
    for (size_t i = 0; i < play->count; i++)
        if (play->models[i].queued || runs(&play->models[i]))
            return false;
    return true;
}

/* Of each other model one turn: its hold, what runs there, its going, and the load. */
static uint64_t bound(const struct play *play)
{
    return LONGEST_WAIT + play->count * (LONGEST_WAIT + RUN_MAX + LOAD_MAX + 3);
}

static void test_nobody_waits_for_ever_and_nothing_busy_goes(void **state)
{
    (void)state;
    uint64_t count = schedules_count(), longest = 0, loads = 0;
    for (uint64_t number = 1; number <= count; number++) {
        struct play play;
        open_play(&play, number);
        for (int i = 0; i < TICKS; i++)
            tick(&play, true);
        for (int i = 0; i < QUIET && !is_over(&play); i++)
            tick(&play, false);
        expect(&play, is_over(&play), "a request was never answered");
        expect(&play, play.longest_wait <= bound(&play), "a model waited for longer than it may");
        longest = play.longest_wait > longest ? play.longest_wait : longest;
        loads += play.loads;
        close_play(&play);
    }
    print_message("%llu schedules, %llu loads, longest wait %llu ticks\n",
                  (unsigned long long)count, (unsigned long long)loads,
                  (unsigned long long)longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_waits_for_ever_and_nothing_busy_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
