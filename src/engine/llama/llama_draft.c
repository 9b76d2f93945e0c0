/* Drafting: tokens that may follow, for a step to check. Prompt lookup takes what followed when the
 * same tokens stood in this sequence before: in code that is edited, quotes, lists, data. */
#include "engine/llama/llama_drafter.h"

/* Fewer tokens than this stand together by chance. */
#define MATCH_LEAST 2u
/* A longer match says no more. */
#define MATCH_MOST 16u

/* How many of the last tokens, of which `next` is the newest, also stand at `at`. */
static uint32_t match_at(const int32_t *held, uint32_t count, int32_t next, uint32_t at)
{
    uint32_t length = 1;
    if (held[at] != next)
        return 0;
    while (length < MATCH_MOST && length <= at && held[at - length] == held[count - length])
        length++;
    return length;
}

/* The longest match, and of equal ones the newest. What matched for long goes on for long. A text
 * that runs into its own end repeats itself from there. */
static uint32_t look_up(const int32_t *held, uint32_t count, int32_t next, uint32_t most,
                        int32_t *ret_tokens)
{
    uint32_t best = 0, from = 0;
    for (uint32_t at = count; at-- > 0 && best < MATCH_MOST;) {
        uint32_t length = match_at(held, count, next, at);
        if (length <= best)
            continue;
        best = length;
        from = at + 1;
    }
    if (best < MATCH_LEAST)
        return 0;
    if (most > 2 * best)
        most = 2 * best;
    for (uint32_t i = 0; i < most; i++) {
        uint32_t at = from + i;
        ret_tokens[i] = at < count ? held[at] : at == count ? next : ret_tokens[at - count - 1];
    }
    return most;
}

/* So many may be checked of it: an answer ends in time, and within the context. */
static uint32_t room_of(const struct hearth_engine *engine,
                        const struct hearth_llama_sequence *sequence)
{
    uint32_t answer = sequence->input->max_tokens - sequence->generated;
    uint32_t context = engine->plan.context - sequence->held_count;
    uint32_t room = answer < context ? answer : context;
    if (room > HEARTH_LLAMA_DRAFT_MOST)
        room = HEARTH_LLAMA_DRAFT_MOST;
    return room > 0 ? room - 1 : 0;
}

/* A draft that is wrong must be cut off again, without loss of what a window drops. Where a token
 * depends on how many are computed with it, only what was asked for is drafted. */
static bool can_draft(const struct hearth_engine *engine, enum hearth_draft_method method)
{
    const struct hearth_llama_compute *compute = engine->compute;
    enum hearth_llama_speculation wanted = engine->settings.speculation;
    if (!compute->keeps || !compute->cuttable || compute->pools ||
        (compute->window > 0 && !compute->exact))
        return false;
    if (method == HEARTH_DRAFT_MODEL)
        return engine->drafter != NULL && (wanted == HEARTH_LLAMA_SPECULATION_DRAFT ||
                                           wanted == HEARTH_LLAMA_SPECULATION_AUTO);
    return wanted == HEARTH_LLAMA_SPECULATION_LOOKUP ||
           (wanted == HEARTH_LLAMA_SPECULATION_AUTO && compute->exact);
}

static bool decodes(const struct hearth_engine *engine, uint32_t index)
{
    if (index >= engine->plan.slots)
        return false;
    const struct hearth_llama_sequence *sequence = &engine->sequences[index];
    return sequence->input != NULL && sequence->input->task == HEARTH_TASK_GENERATE &&
           sequence->generated > 0 && sequence->prompt_done == sequence->input->head.token_count;
}

/* How many tokens the sequence may draft by this method. One that has a draft keeps it. */
static uint32_t most_of(const struct hearth_engine *engine, const struct hearth_draft *draft,
                        enum hearth_draft_method method)
{
    if (!decodes(engine, draft->sequence) || !can_draft(engine, method))
        return 0;
    const struct hearth_llama_sequence *sequence = &engine->sequences[draft->sequence];
    uint32_t room = room_of(engine, sequence);
    if (sequence->draft_count > 0)
        return 0;
    return draft->most[method] < room ? draft->most[method] : room;
}

static void draft_by_lookup(struct hearth_engine *engine, const struct hearth_draft *draft)
{
    uint32_t most = most_of(engine, draft, HEARTH_DRAFT_LOOKUP);
    if (most == 0)
        return;
    struct hearth_llama_sequence *sequence = &engine->sequences[draft->sequence];
    sequence->draft_count =
        look_up(sequence->held, sequence->held_count, sequence->next, most, sequence->draft);
    sequence->draft_method = HEARTH_DRAFT_LOOKUP;
}

/* Those that found nothing in their own text, in one batch. */
static void draft_by_model(struct hearth_engine *engine, const struct hearth_draft *drafts,
                           size_t count)
{
    struct hearth_llama_draft_order *orders = engine->draft_orders;
    size_t asked = 0;
    for (size_t i = 0; i < count && asked < engine->plan.slots; i++) {
        uint32_t most = most_of(engine, &drafts[i], HEARTH_DRAFT_MODEL);
        if (most == 0)
            continue;
        struct hearth_llama_sequence *sequence = &engine->sequences[drafts[i].sequence];
        orders[asked++] = (struct hearth_llama_draft_order){.sequence = drafts[i].sequence,
                                                            .held = sequence->held,
                                                            .held_count = sequence->held_count,
                                                            .next = sequence->next,
                                                            .most = most,
                                                            .draft = sequence->draft};
    }
    if (asked > 0)
        hearth_llama_drafter_draft(engine->drafter, orders, asked);
    for (size_t i = 0; i < asked; i++) {
        engine->sequences[orders[i].sequence].draft_count = orders[i].count;
        engine->sequences[orders[i].sequence].draft_method = HEARTH_DRAFT_MODEL;
    }
}

/* Beside a row of results for each sequence there is room for so many drafted tokens. */
void hearth_llama_draft(struct hearth_engine *engine, struct hearth_draft *drafts, size_t count)
{
    uint32_t results = engine->compute->logits_max, slots = engine->plan.slots;
    uint32_t room = results > slots ? results - slots : 0;
    for (size_t i = 0; i < count && room > 0; i++)
        draft_by_lookup(engine, &drafts[i]);
    if (room > 0)
        draft_by_model(engine, drafts, count);
    for (size_t i = 0; i < count; i++) {
        struct hearth_draft *draft = &drafts[i];
        draft->method = HEARTH_DRAFT_NONE;
        draft->count = draft->accepted = 0;
        if (!decodes(engine, draft->sequence))
            continue;
        const struct hearth_llama_sequence *sequence = &engine->sequences[draft->sequence];
        draft->accepted = sequence->step_accepted;
        draft->count = sequence->draft_count < room ? sequence->draft_count : room;
        room -= draft->count;
        if (draft->count > 0)
            draft->method = sequence->draft_method;
    }
}
