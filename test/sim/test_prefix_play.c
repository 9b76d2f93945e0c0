/* The prefix tree over a cache that is a model of the real ones: cells of several tokens that are
 * counted, shared by copies, and copied by whoever writes into one that others have too. Requests
 * of random prompts come, read in pieces, answer, fail and end; after each of these the cells may
 * not have run out, what a slot starts with must be its prompt's beginning, and what is offered to
 * be written must be the beginning of what a request has computed that does not forbid it. */
#include "domain/prefix_tree.h"

#include "base/memory.h"
#include "support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SLOTS = 5, PLACES = 7, CONTEXT = 96, CELLS_MAX = 600, SEQUENCES = SLOTS + PLACES };

struct model {
    struct hearth_prefix_cells base; /* first */
    uint32_t each, cells, free_count, least_free;
    uint32_t references[CELLS_MAX];
    int32_t tokens[CELLS_MAX][8];
    uint32_t tables[SEQUENCES][CONTEXT];
    uint32_t lengths[SEQUENCES];
};

static uint32_t cells_for(const struct model *model, uint32_t tokens)
{
    return (tokens + model->each - 1) / model->each;
}

static uint32_t take_cell(struct model *model)
{
    assert_true(model->free_count > 0);
    uint32_t cell = 0;
    while (model->references[cell])
        cell++;
    assert_true(cell < model->cells);
    model->references[cell] = 1;
    model->free_count--;
    model->least_free =
        model->free_count < model->least_free ? model->free_count : model->least_free;
    return cell;
}

static void drop_cell(struct model *model, uint32_t cell)
{
    assert_true(model->references[cell] > 0);
    if (--model->references[cell] == 0)
        model->free_count++;
}

static void cut_place(struct model *model, uint32_t place, uint32_t count)
{
    assert_true(count <= model->lengths[place]);
    for (uint32_t i = cells_for(model, count); i < cells_for(model, model->lengths[place]); i++)
        drop_cell(model, model->tables[place][i]);
    model->lengths[place] = count;
}

static void cut(struct hearth_prefix_cells *cells, uint32_t place, uint32_t count)
{
    cut_place((struct model *)cells, place, count);
}

static void copy(struct hearth_prefix_cells *cells, uint32_t from, uint32_t to, uint32_t count)
{
    struct model *model = (struct model *)cells;
    assert_true(from != to && count <= model->lengths[from]);
    assert_int_equal(model->lengths[to], 0);
    for (uint32_t i = 0; i < cells_for(model, count); i++) {
        model->tables[to][i] = model->tables[from][i];
        model->references[model->tables[to][i]]++;
    }
    model->lengths[to] = count;
}

static void append(struct model *model, uint32_t slot, int32_t token)
{
    uint32_t at = model->lengths[slot], cell = at / model->each;
    if (at % model->each == 0) {
        model->tables[slot][cell] = take_cell(model);
    } else if (model->references[model->tables[slot][cell]] > 1) {
        uint32_t shared = model->tables[slot][cell], own = take_cell(model);
        memcpy(model->tokens[own], model->tokens[shared], sizeof(model->tokens[own]));
        drop_cell(model, shared);
        model->tables[slot][cell] = own;
    }
    model->tokens[model->tables[slot][cell]][at % model->each] = token;
    model->lengths[slot]++;
}

static int32_t token_at(const struct model *model, uint32_t place, uint32_t at)
{
    return model->tokens[model->tables[place][at / model->each]][at % model->each];
}

struct request {
    bool busy, started;
    int32_t tokens[CONTEXT];
    uint32_t count, most, done, computed;
    uint64_t key;
    bool off_disk;
};

/* Tokens that may be written: of requests that have ended, and of what was adopted. */
struct let_out {
    int32_t tokens[CONTEXT];
    uint32_t count;
};

enum { LET_OUT_MAX = 2048 };

struct play {
    struct model model;
    struct hearth_prefix_tree *tree;
    struct request requests[SLOTS];
    uint64_t seed;
    uint64_t started, waited, offered;
    struct let_out let_out[LET_OUT_MAX];
    uint32_t let_out_count;
};

static void let_out(struct play *play, const int32_t *tokens, uint32_t count)
{
    assert_true(play->let_out_count < LET_OUT_MAX);
    struct let_out *out = &play->let_out[play->let_out_count++];
    memcpy(out->tokens, tokens, count * sizeof(*tokens));
    out->count = count;
}

static bool begins(const struct play *play, uint32_t place, const int32_t *tokens, uint32_t count)
{
    uint32_t same = 0, length = play->model.lengths[place];
    while (same < length && same < count && token_at(&play->model, place, same) == tokens[same])
        same++;
    return same == length;
}

static bool may_be_written(const struct play *play, uint32_t place)
{
    for (uint32_t i = 0; i < play->let_out_count; i++)
        if (begins(play, place, play->let_out[i].tokens, play->let_out[i].count))
            return true;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        const struct request *request = &play->requests[slot];
        if (request->busy && request->started && !request->off_disk &&
            begins(play, place, request->tokens, request->computed))
            return true;
    }
    return false;
}

/* Few words and few beginnings, so that prompts have much in common. */
static void new_request(struct play *play, uint32_t slot)
{
    struct request *request = &play->requests[slot];
    *request = (struct request){.busy = true};
    request->key = seeded_pick(&play->seed, 0, 9) == 0 ? 0 : seeded_pick(&play->seed, 1, 2);
    request->off_disk = seeded_pick(&play->seed, 0, 1) == 0;
    request->count = seeded_pick(&play->seed, 1, CONTEXT - 10);
    request->most = seeded_pick(&play->seed, request->count, CONTEXT);
    uint32_t family = seeded_pick(&play->seed, 0, 2), parts = seeded_pick(&play->seed, 0, CONTEXT);
    for (uint32_t i = 0; i < request->count; i++)
        request->tokens[i] =
            i < parts ? (int32_t)(family + i % 7) : (int32_t)seeded_pick(&play->seed, 0, 2);
    const struct hearth_prefix_prompt prompt = {
        .key = request->key,
        .adapter = request->key == 2 ? 5 : 0,
        .tokens = request->tokens,
        .count = request->count,
        .most = request->most,
        .off_disk = request->off_disk,
        .class_ = (enum hearth_class)seeded_pick(&play->seed, 0, HEARTH_CLASS_COUNT - 1)};
    hearth_prefix_tree_enter(play->tree, slot, &prompt);
}

static void check_slot(const struct play *play, uint32_t slot)
{
    const struct request *request = &play->requests[slot];
    assert_int_equal(play->model.lengths[slot], request->computed);
    for (uint32_t i = 0; i < request->computed; i++)
        assert_int_equal(token_at(&play->model, slot, i), request->tokens[i]);
}

static void start(struct play *play, uint32_t slot)
{
    struct request *request = &play->requests[slot];
    uint32_t count;
    if (!hearth_prefix_tree_start(play->tree, slot, &count)) {
        play->waited++;
        return;
    }
    play->started++;
    assert_true(count < request->count);
    assert_true(request->key || count == 0);
    request->started = true;
    request->done = request->computed = count;
    check_slot(play, slot);
}

static void end(struct play *play, uint32_t slot, bool loses)
{
    struct request *request = &play->requests[slot];
    uint32_t holds = request->started ? request->computed : 0;
    /* An engine that failed may hold less than it said. */
    if (loses && holds) {
        holds = seeded_pick(&play->seed, 0, holds);
        cut_place(&play->model, slot, holds);
    }
    if (request->key == 1 && request->started && !request->off_disk)
        let_out(play, request->tokens, request->computed);
    hearth_prefix_tree_end(play->tree, slot, request->tokens, holds);
    assert_int_equal(play->model.lengths[slot], 0);
    request->busy = false;
}

static void read_or_answer(struct play *play, uint32_t slot)
{
    struct request *request = &play->requests[slot];
    uint32_t piece = seeded_pick(&play->seed, 1, 20);
    if (request->done == request->count) {
        if (request->computed == request->most) {
            end(play, slot, false);
            return;
        }
        request->tokens[request->computed] = (int32_t)seeded_pick(&play->seed, 0, 2);
        append(&play->model, slot, request->tokens[request->computed++]);
        return;
    }
    for (; piece && request->done < request->count; piece--)
        append(&play->model, slot, request->tokens[request->done++]);
    request->computed = request->done;
    hearth_prefix_tree_grow(play->tree, slot, request->done);
    check_slot(play, slot);
}

/* What comes back from a disk takes a place and cells like any other. */
static void adopt(struct play *play)
{
    int32_t tokens[CONTEXT];
    uint32_t count = seeded_pick(&play->seed, 1, CONTEXT), place, family;
    if (!hearth_prefix_tree_place(play->tree, count, &place))
        return;
    family = seeded_pick(&play->seed, 0, 2);
    for (uint32_t i = 0; i < count; i++)
        tokens[i] = (int32_t)(family + i % 7);
    assert_int_equal(play->model.lengths[place], 0);
    bool good = seeded_pick(&play->seed, 0, 3) > 0;
    for (uint32_t i = 0; i < count && good; i++)
        append(&play->model, place, tokens[i]);
    if (good)
        let_out(play, tokens, count);
    hearth_prefix_tree_adopt(play->tree, 1, tokens, good ? count : 0, place);
}

/* Each leaf that is kept and may be written is offered until it is settled. */
static void save(struct play *play)
{
    uint32_t place, most = PLACES + 1;
    uint64_t key;
    while (hearth_prefix_tree_unsettled(play->tree, &place, &key)) {
        assert_true(most-- > 0 && place >= SLOTS && play->model.lengths[place] > 0 && key == 1);
        assert_true(may_be_written(play, place));
        play->offered++;
        hearth_prefix_tree_settle(play->tree, place);
    }
}

static void turn(struct play *play)
{
    uint32_t slot = seeded_pick(&play->seed, 0, SLOTS - 1), what = seeded_pick(&play->seed, 0, 99);
    struct request *request = &play->requests[slot];
    if (what == 99)
        adopt(play);
    else if (what == 98)
        save(play);
    else if (!request->busy)
        new_request(play, slot);
    else if (what < 3)
        end(play, slot, what == 0);
    else if (what < 6)
        hearth_prefix_tree_rest(play->tree, slot, what == 4);
    else if (!request->started)
        start(play, slot);
    else
        read_or_answer(play, slot);
}

/* The books: what the tree says that it has is never less than what lies in its places. */
static void check_books(const struct play *play)
{
    uint32_t kept = 0;
    bool seen[CELLS_MAX] = {false};
    for (uint32_t place = SLOTS; place < SEQUENCES; place++)
        for (uint32_t i = 0; i < cells_for(&play->model, play->model.lengths[place]); i++) {
            uint32_t cell = play->model.tables[place][i];
            kept += !seen[cell];
            seen[cell] = true;
        }
    assert_true(kept <= hearth_prefix_tree_counts(play->tree).cells);
}

static void open_play(struct play *play, uint64_t seed)
{
    memset(play, 0, sizeof(*play));
    play->seed = seed;
    play->model.base = (struct hearth_prefix_cells){.copy = copy, .cut = cut};
    play->model.each = 1u << seeded_pick(&play->seed, 0, 3);
    uint32_t whole = cells_for(&play->model, CONTEXT);
    /* From barely enough for one to more than ever wanted. */
    play->model.cells = seeded_pick(&play->seed, whole + 2, (SLOTS + 1) * (whole + 2));
    play->model.cells = play->model.cells < CELLS_MAX ? play->model.cells : CELLS_MAX;
    play->model.free_count = play->model.least_free = play->model.cells;
    const struct hearth_prefix_limits limits = {.slots = SLOTS,
                                                .places = seeded_pick(&play->seed, 0, PLACES),
                                                .cell_tokens = play->model.each,
                                                .cells = play->model.cells,
                                                .kept_cells =
                                                    seeded_pick(&play->seed, 0, play->model.cells)};
    play->tree = hearth_prefix_tree_create(&limits, &play->model.base);
}

static void one_play(uint64_t seed, uint32_t turns, uint64_t *hits, uint64_t *offered)
{
    static struct play play;
    open_play(&play, seed);
    for (uint32_t i = 0; i < turns; i++) {
        turn(&play);
        check_books(&play);
        if (seeded_pick(&play.seed, 0, 199) == 0) {
            for (uint32_t slot = 0; slot < SLOTS; slot++)
                if (play.requests[slot].busy && play.requests[slot].key == 2)
                    end(&play, slot, false);
            hearth_prefix_tree_forget(play.tree, 5);
        }
    }
    assert_true(play.started > turns / 200);
    *hits += hearth_prefix_tree_counts(play.tree).hits;
    /* When nobody runs any more, all that is held is kept; and nothing waits for ever. */
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (play.requests[slot].busy)
            end(&play, slot, false);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        assert_int_equal(play.model.lengths[slot], 0);
    hearth_prefix_tree_forget_off_disk(play.tree);
    check_books(&play);
    save(&play);
    *offered += play.offered;
    new_request(&play, 0);
    start(&play, 0);
    assert_true(play.requests[0].started);
    hearth_prefix_tree_destroy(play.tree);
}

static void test_cells_never_run_out_and_beginnings_are_true(void **state)
{
    (void)state;
    const char *asked = getenv("HEARTH_SIM_PLAYS");
    uint64_t plays = asked ? strtoull(asked, NULL, 10) : 400, hits = 0, offered = 0;
    for (uint64_t seed = 1; seed <= plays; seed++)
        one_play(seed * 0x9E3779B97F4A7C15ull, 1500, &hits, &offered);
    assert_true(hits > plays * 10);
    assert_true(offered > plays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_never_run_out_and_beginnings_are_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
