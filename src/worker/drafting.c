#include "worker/drafting.h"

#include "base/memory.h"
#include "worker/plugin.h"

#define DRAFT_US_WEIGHT 0.2

void drafting_init(struct drafting *drafting, const struct worker *worker)
{
    *drafting = (struct drafting){.engine = worker->engine};
    if (!PLUGIN_HAS(worker->ops, draft))
        return;
    drafting->ops = worker->ops;
    drafting->drafts = hearth_calloc(worker->slots, sizeof(*drafting->drafts));
    drafting->streams = hearth_calloc(worker->slots, sizeof(*drafting->streams));
}

void drafting_finish(struct drafting *drafting)
{
    hearth_free(drafting->drafts);
    hearth_free(drafting->streams);
}

void drafting_begin(const struct drafting *drafting, struct stream *stream)
{
    for (int i = 0; i < HEARTH_DRAFT_METHODS; i++)
        hearth_speculation_begin(&stream->speculation[i], &drafting->general[i]);
}

/* How many tokens by each method. The engine takes the first method that finds any, so the larger
 * number counts as a part of the step. */
static void ask(struct drafting *drafting, struct stream *stream, struct hearth_draft *draft,
                struct hearth_speculation_step *step)
{
    struct hearth_speculation_step larger = *step;
    *draft = (struct hearth_draft){.sequence = stream->sequence};
    for (int i = HEARTH_DRAFT_LOOKUP; i < HEARTH_DRAFT_METHODS; i++) {
        struct hearth_speculation_step one = *step;
        draft->most[i] = hearth_speculation_most(&stream->speculation[i], &drafting->cost,
                                                 drafting->draft_us[i], &one);
        if (one.us > larger.us || one.tokens > larger.tokens)
            larger = one;
    }
    *step = larger;
}

/* What came of the draft that the last step checked, whose method the stream remembers. */
static void learn(struct drafting *drafting, struct stream *stream,
                  const struct hearth_draft *draft)
{
    if (stream->checked == 0)
        return;
    hearth_speculation_observe(&stream->speculation[stream->method], stream->checked,
                               draft->accepted);
    hearth_speculation_observe(&drafting->general[stream->method], stream->checked,
                               draft->accepted);
    stream->checked = 0;
}

/* Time of drafting is of the draft model alone: a lookup takes next to none. */
static void observe_drafting(struct drafting *drafting, size_t count, uint64_t us)
{
    uint32_t tokens = 0;
    for (size_t i = 0; i < count; i++)
        if (drafting->drafts[i].method == HEARTH_DRAFT_MODEL)
            tokens += drafting->drafts[i].count;
    double *average = &drafting->draft_us[HEARTH_DRAFT_MODEL];
    if (tokens == 0)
        return;
    double now = (double)us / tokens;
    *average = *average > 0 ? *average + DRAFT_US_WEIGHT * (now - *average) : now;
}

static bool decodes(const struct stream *stream)
{
    return stream != NULL && stream->begun && stream->batch.prompt_left == 0;
}

void drafting_draft(struct drafting *drafting, struct stream *const *running, uint32_t slots)
{
    size_t count = 0;
    if (drafting->ops == NULL)
        return;
    for (uint32_t i = 0; i < slots; i++)
        if (decodes(running[i]))
            drafting->streams[count++] = running[i];
    if (count == 0)
        return;
    struct hearth_speculation_step step = {
        .tokens = (double)count, .us = hearth_step_cost_of(&drafting->cost, (uint32_t)count)};
    for (size_t i = 0; i < count; i++)
        ask(drafting, drafting->streams[i], &drafting->drafts[i], &step);
    uint64_t began_us = worker_now_us();
    drafting->ops->draft(drafting->engine, drafting->drafts, count);
    observe_drafting(drafting, count, worker_now_us() - began_us);
    for (size_t i = 0; i < count; i++) {
        struct stream *stream = drafting->streams[i];
        learn(drafting, stream, &drafting->drafts[i]);
        stream->batch.drafted = drafting->drafts[i].count;
        stream->method = drafting->drafts[i].method;
    }
}

void drafting_observe(struct drafting *drafting, uint32_t rows, uint32_t prefill, uint64_t us)
{
    if (drafting->ops != NULL && prefill == 0)
        hearth_step_cost_observe(&drafting->cost, rows, us);
}

void drafting_count(struct drafting *drafting, const struct hearth_event *done)
{
    drafting->drafted += done->drafted_tokens;
    drafting->accepted += done->accepted_tokens;
}
