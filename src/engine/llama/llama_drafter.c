#include "engine/llama/llama_drafter.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* A token that the draft model itself thinks less likely ends a draft: it would mostly be wrong. */
#define SURE 0.4
/* Tokens of texts that it reads between two steps of the model that is served, which waits. */
#define READ_MOST 64u

struct drafter_sequence {
    int32_t *held; /* [context] */
    uint32_t held_count;
};

struct hearth_llama_drafter {
    struct hearth_llama_settings settings;
    struct hearth_llama_header header;
    struct hearth_llama_plan plan;
    struct llama_model *model;
    struct hearth_tokenizer *tokenizer; /* of a folder; only the vocabulary is looked at */
    struct hearth_llama_compute *compute;
    struct hearth_llama_batch batch;
    struct hearth_sampler *sampler;
    uint32_t vocabulary;
    struct drafter_sequence *sequences; /* [slots] */
    uint32_t *rows;                     /* [slots] an order's row with a result; or NO_ROW */
};

#define NO_ROW UINT32_MAX

/* Sizes of the one that is served, with the draft model's own limit of context. */
static int read_plan(const char *path, const struct hearth_llama_plan *main,
                     struct hearth_llama_settings *settings, struct hearth_llama_header *header,
                     struct hearth_llama_plan *plan, struct hearth_error *error)
{
    const struct hearth_load_params params = {.context = main->context,
                                              .context_is_limit = true,
                                              .slots = main->slots,
                                              .batch = main->batch,
                                              .threads = main->threads};
    int rc = hearth_llama_settings_init(settings, NULL, error);
    if (rc == 0)
        rc = hearth_llama_header_read(path, settings, header, error);
    if (rc == 0 && header->pooled)
        rc = hearth_error_set(error, HEARTH_EMODEL, "it does not generate");
    if (rc == 0)
        rc = hearth_llama_plan_make(header, &params, settings, plan, error);
    return rc;
}

/* What is wrong with it, or with the two together, is a conflict of the settings; so is a file that
 * is not there, or cannot be read. */
static int prefixed(int rc, struct hearth_error *error)
{
    if (rc == 0)
        return 0;
    hearth_error_prefix(error, "setting 'draft_model'");
    if (rc == HEARTH_EMODEL || rc == HEARTH_ENOTIMPL || rc == HEARTH_ENOTFOUND || rc == HEARTH_EIO)
        error->code = rc = HEARTH_ECONFLICT;
    return rc;
}

int hearth_llama_drafter_plan(const char *path, const struct hearth_llama_plan *main,
                              struct hearth_memory_plan *add, struct hearth_error *error)
{
    struct hearth_llama_settings settings;
    struct hearth_llama_header header;
    struct hearth_llama_plan plan;
    struct hearth_memory_plan memory = {0};
    struct hearth_llama_choice choice;
    int rc = read_plan(path, main, &settings, &header, &plan, error);
    const struct hearth_llama_load load = {
        .path = path, .header = &header, .plan = &plan, .settings = &settings};
    if (rc == 0)
        rc = hearth_llama_choose(&load, &memory, &choice, error);
    hearth_llama_settings_finish(&settings);
    add->weights += memory.weights;
    add->cache += memory.cache;
    add->scratch += memory.scratch;
    add->process += memory.process;
    return prefixed(rc, error);
}

/* Token by token: a draft is a row of numbers, which must mean the same to both. */
static int check_vocabulary(const struct hearth_engine *engine,
                            const struct hearth_llama_drafter *drafter, struct hearth_error *error)
{
    const struct llama_vocab *own = llama_model_get_vocab(drafter->model);
    int32_t count = llama_vocab_n_tokens(engine->vocab), its = llama_vocab_n_tokens(own);
    if (count != its)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "its vocabulary has %d tokens, the model's has %d", its, count);
    for (llama_token i = 0; i < count; i++)
        if (strcmp(llama_vocab_get_text(own, i), llama_vocab_get_text(engine->vocab, i)) != 0)
            return hearth_error_set(error, HEARTH_ECONFLICT,
                                    "its vocabulary is another than the model's, from token %d on",
                                    i);
    return 0;
}

static int make_buffers(struct hearth_llama_drafter *drafter, struct hearth_error *error)
{
    const struct hearth_llama_plan *plan = &drafter->plan;
    bool whole = true;
    drafter->vocabulary = (uint32_t)llama_vocab_n_tokens(llama_model_get_vocab(drafter->model));
    drafter->batch.capacity = plan->batch;
    drafter->batch.rows = hearth_try_calloc(plan->batch, sizeof(*drafter->batch.rows));
    drafter->rows = hearth_try_calloc(plan->slots, sizeof(*drafter->rows));
    drafter->sequences = hearth_try_calloc(plan->slots, sizeof(*drafter->sequences));
    drafter->sampler = hearth_sampler_create(
        drafter->vocabulary, hearth_logit_ops(hearth_decoder_kernels_for(drafter->settings.isa)));
    for (uint32_t i = 0; drafter->sequences != NULL && i < plan->slots; i++) {
        drafter->sequences[i].held = hearth_try_calloc(plan->context, sizeof(int32_t));
        whole = whole && drafter->sequences[i].held != NULL;
    }
    if (!whole || drafter->sequences == NULL || drafter->sampler == NULL || drafter->rows == NULL ||
        drafter->batch.rows == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for its buffers");
    return 0;
}

static int load(struct hearth_llama_drafter *drafter, const struct hearth_engine *engine,
                struct hearth_error *error)
{
    const char *path = engine->settings.draft_model;
    struct hearth_memory_plan memory;
    struct hearth_llama_choice choice;
    int rc =
        read_plan(path, &engine->plan, &drafter->settings, &drafter->header, &drafter->plan, error);
    const struct hearth_llama_load from = {.path = path,
                                           .header = &drafter->header,
                                           .plan = &drafter->plan,
                                           .settings = &drafter->settings,
                                           .ret_tokenizer = &drafter->tokenizer};
    if (rc == 0)
        rc = hearth_llama_choose(&from, &memory, &choice, error);
    if (rc == 0)
        rc = choice.own
                 ? hearth_llama_compute_own(&from, &drafter->model, &drafter->compute, error)
                 : hearth_llama_compute_library(&from, &drafter->model, &drafter->compute, error);
    if (rc == 0)
        rc = check_vocabulary(engine, drafter, error);
    if (rc == 0 && (!drafter->compute->keeps || !drafter->compute->cuttable))
        rc = hearth_error_set(error, HEARTH_ENOTIMPL, "its state cannot be taken back");
    return rc == 0 ? make_buffers(drafter, error) : rc;
}

int hearth_llama_drafter_create(const struct hearth_engine *engine,
                                struct hearth_llama_drafter **ret_drafter,
                                struct hearth_error *error)
{
    struct hearth_llama_drafter *drafter = hearth_calloc(1, sizeof(*drafter));
    int rc = load(drafter, engine, error);
    if (rc != 0)
        hearth_llama_drafter_destroy(drafter);
    else
        *ret_drafter = drafter;
    return prefixed(rc, error);
}

void hearth_llama_drafter_destroy(struct hearth_llama_drafter *drafter)
{
    if (drafter == NULL)
        return;
    for (uint32_t i = 0; drafter->sequences != NULL && i < drafter->plan.slots; i++)
        hearth_free(drafter->sequences[i].held);
    hearth_free(drafter->sequences);
    hearth_free(drafter->rows);
    hearth_free(drafter->batch.rows);
    hearth_sampler_destroy(drafter->sampler);
    if (drafter->compute != NULL)
        drafter->compute->ops->destroy(drafter->compute);
    if (drafter->model != NULL)
        llama_model_free(drafter->model);
    hearth_tokenizer_close(drafter->tokenizer);
    hearth_llama_settings_finish(&drafter->settings);
    hearth_free(drafter);
}

static void add_row(struct hearth_llama_drafter *drafter, uint32_t index, int32_t token,
                    bool output)
{
    struct drafter_sequence *sequence = &drafter->sequences[index];
    drafter->batch.rows[drafter->batch.count++] = (struct hearth_llama_row){
        .token = token, .sequence = index, .position = sequence->held_count, .output = output};
    sequence->held[sequence->held_count++] = token;
}

/* Drafts that were wrong, or another text: all behind what the two have in common goes. */
static void keep_common(struct hearth_llama_drafter *drafter,
                        const struct hearth_llama_draft_order *order)
{
    struct drafter_sequence *sequence = &drafter->sequences[order->sequence];
    uint32_t most = order->held_count, same = 0;
    if (most > sequence->held_count)
        most = sequence->held_count;
    while (same < most && sequence->held[same] == order->held[same])
        same++;
    if (same == sequence->held_count)
        return;
    bool cut = drafter->compute->ops->cut(drafter->compute, order->sequence, same);
    sequence->held_count = cut ? same : 0;
}

/* The row with a result, or NO_ROW where it has not read all of the text yet. */
static uint32_t read_text(struct hearth_llama_drafter *drafter,
                          const struct hearth_llama_draft_order *order)
{
    struct hearth_llama_batch *batch = &drafter->batch;
    uint32_t most = batch->capacity < READ_MOST ? batch->capacity : READ_MOST;
    struct drafter_sequence *sequence = &drafter->sequences[order->sequence];
    if (order->held_count + 1 + order->most > drafter->plan.context)
        return NO_ROW;
    keep_common(drafter, order);
    while (sequence->held_count <= order->held_count) {
        bool last = sequence->held_count == order->held_count;
        if (batch->count >= most)
            return NO_ROW;
        add_row(drafter, order->sequence, last ? order->next : order->held[sequence->held_count],
                last);
    }
    return batch->count - 1;
}

/* Nothing is known of what was computed of a step that failed. */
static bool decode(struct hearth_llama_drafter *drafter)
{
    struct hearth_error error = {0};
    if (drafter->batch.count == 0)
        return false;
    if (drafter->compute->ops->decode(drafter->compute, &drafter->batch, HEARTH_LLAMA_LOGITS, NULL,
                                      &error) == 0)
        return true;
    for (uint32_t i = 0; i < drafter->plan.slots; i++) {
        drafter->compute->ops->cut(drafter->compute, i, 0);
        drafter->sequences[i].held_count = 0;
    }
    return false;
}

/* The likeliest token behind a row; false where that is not sure enough. */
static bool pick(struct hearth_llama_drafter *drafter, uint32_t row, int32_t *ret_token)
{
    const float *logits = drafter->compute->ops->logits(drafter->compute, row);
    double log_sum = 0;
    if (logits == NULL ||
        hearth_sampler_likeliest(drafter->sampler, logits, 1, ret_token, &log_sum) != 1)
        return false;
    return exp((double)logits[*ret_token] - log_sum) >= SURE;
}

/* After a step: each order's next token, and its row in the step after. */
static void go_on(struct hearth_llama_drafter *drafter, struct hearth_llama_draft_order *orders,
                  size_t count)
{
    drafter->batch.count = 0;
    for (size_t i = 0; i < count; i++) {
        struct hearth_llama_draft_order *order = &orders[i];
        int32_t token = -1;
        if (drafter->rows[i] == NO_ROW)
            continue;
        bool sure = pick(drafter, drafter->rows[i], &token);
        drafter->rows[i] = NO_ROW;
        if (!sure)
            continue;
        order->draft[order->count++] = token;
        if (order->count == order->most)
            continue;
        drafter->rows[i] = drafter->batch.count;
        add_row(drafter, order->sequence, token, true);
    }
}

void hearth_llama_drafter_draft(struct hearth_llama_drafter *drafter,
                                struct hearth_llama_draft_order *orders, size_t count)
{
    drafter->batch.count = 0;
    for (size_t i = 0; i < count; i++) {
        orders[i].count = 0;
        drafter->rows[i] = read_text(drafter, &orders[i]);
    }
    while (decode(drafter))
        go_on(drafter, orders, count);
}
