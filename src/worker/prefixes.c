#include "worker/prefixes.h"

#include "worker/plugin.h"

/* Tokens beyond its end that a sequence may hold for a moment, while drafted ones are checked. */
#define BEYOND_MAX 32u

/* Both places are free, or the first one runs; and no step does. */
static void copy(struct hearth_prefix_cells *cells, uint32_t from, uint32_t to, uint32_t count)
{
    const struct worker *worker = ((struct prefixes *)cells)->worker;
    if (!worker->ops->fork(worker->engine, from, to))
        worker->ops->trim(worker->engine, to, count);
}

static void cut(struct hearth_prefix_cells *cells, uint32_t place, uint32_t count)
{
    const struct worker *worker = ((struct prefixes *)cells)->worker;
    worker->ops->trim(worker->engine, place, count);
}

void prefixes_init(struct prefixes *prefixes, struct worker *worker)
{
    const struct hearth_model_facts *facts = &worker->facts;
    *prefixes = (struct prefixes){.cells = {.copy = copy, .cut = cut}, .worker = worker};
    worker->prefixes = prefixes;
    if (!facts->prefix_places || !facts->cell_tokens || !PLUGIN_HAS(worker->ops, fork) ||
        !PLUGIN_HAS(worker->ops, trim) || !PLUGIN_HAS(worker->ops, held) ||
        !PLUGIN_HAS(worker->ops, held_tokens))
        return;
    const struct hearth_prefix_limits limits = {.slots = worker->slots,
                                                .places = facts->prefix_places,
                                                .cell_tokens = facts->cell_tokens,
                                                .cells = facts->cells,
                                                .kept_cells = facts->prefix_cells};
    prefixes->tree = hearth_prefix_tree_create(&limits, &prefixes->cells);
    prefixes_open_disk(prefixes);
}

void prefixes_finish(struct prefixes *prefixes)
{
    prefixes_close_disk(prefixes);
    prefixes->worker->prefixes = NULL;
    hearth_prefix_tree_destroy(prefixes->tree);
    prefixes->tree = NULL;
}

/* No engine holds more than its context, also of what is drafted. Without this bound the last of
 * the slots would find no room, and the only one never. */
static uint32_t tokens_most(const struct worker *worker, const struct hearth_prepared *prepared)
{
    uint32_t most = prepared->tokens_most + BEYOND_MAX, context = worker->facts.context;
    return context && most > context ? context : most;
}

void prefixes_enter(struct prefixes *prefixes, struct stream *stream)
{
    const struct hearth_prepared *prepared = stream->prepared;
    const struct worker *worker = prefixes->worker;
    if (!prefixes->tree)
        return;
    const struct hearth_prefix_prompt prompt = {.key = prepared->prefix_key,
                                                .adapter = stream->request->input.adapter,
                                                .tokens = prepared->tokens,
                                                .count = prepared->token_count,
                                                .most = tokens_most(worker, prepared),
                                                .class_ = stream->batch.class_,
                                                .off_disk = stream->request->input.off_disk};
    hearth_prefix_tree_enter(prefixes->tree, stream->sequence, &prompt);
    prefixes_ask_disk(prefixes, &prompt, stream);
    stream->waits = true;
}

/* The engine has the last word on what a sequence holds: by it, it goes on. */
void prefixes_start(struct prefixes *prefixes, struct stream *const *running)
{
    const struct worker *worker = prefixes->worker;
    prefixes_take_loaded(prefixes);
    for (uint32_t i = 0; prefixes->tree && i < worker->slots; i++) {
        struct stream *stream = running[i];
        uint32_t count = stream ? stream->prepared->token_count : 0, known;
        if (!stream || !stream->waits || stream->ticket > prefixes->loads_done ||
            !hearth_prefix_tree_start(prefixes->tree, i, &known))
            continue;
        uint32_t held = worker->ops->held_tokens(worker->engine, i, stream->prepared);
        stream->waits = false;
        stream->batch.prompt_left = held < count ? count - held : 1;
    }
}

bool prefixes_rest(struct prefixes *prefixes, struct stream *stream)
{
    bool rests = stream->credit <= 0;
    if (!prefixes->tree || stream->rests == rests)
        return false;
    stream->rests = rests;
    hearth_prefix_tree_rest(prefixes->tree, stream->sequence, rests);
    return true;
}

void prefixes_grow(struct prefixes *prefixes, const struct stream *stream)
{
    const struct worker *worker = prefixes->worker;
    const int32_t *tokens;
    if (!prefixes->tree)
        return;
    uint32_t read = stream->prepared->token_count - stream->batch.prompt_left;
    uint32_t held = worker->ops->held(worker->engine, stream->sequence, &tokens);
    hearth_prefix_tree_grow(prefixes->tree, stream->sequence, held < read ? held : read);
}

void prefixes_end(struct prefixes *prefixes, const struct stream *stream)
{
    const struct worker *worker = prefixes->worker;
    const int32_t *tokens = NULL;
    if (!prefixes->tree)
        return;
    uint32_t held = worker->ops->held(worker->engine, stream->sequence, &tokens);
    hearth_prefix_tree_end(prefixes->tree, stream->sequence, tokens, held);
}

void prefixes_count(const struct prefixes *prefixes, uint64_t counters[HEARTH_COUNTER_COUNT])
{
    if (!prefixes->tree)
        return;
    const struct hearth_prefix_counts counts = hearth_prefix_tree_counts(prefixes->tree);
    counters[HEARTH_COUNT_PREFIX_HITS] = counts.hits;
    counters[HEARTH_COUNT_PREFIX_MISSES] = counts.misses;
    counters[HEARTH_COUNT_PREFIX_TOKENS] = counts.hit_tokens;
    counters[HEARTH_COUNT_PREFIX_EVICTIONS] = counts.evictions;
    counters[HEARTH_COUNT_PREFIX_BYTES] =
        (uint64_t)counts.cells * prefixes->worker->facts.cell_bytes;
    prefixes_count_disk(prefixes, counters);
}

void prefixes_forget(struct prefixes *prefixes, uint32_t place)
{
    if (prefixes->tree)
        hearth_prefix_tree_forget(prefixes->tree, place + 1);
}
