#include "chat/llama_perplexity.h"

#include "base/error.h"
#include "base/memory.h"
#include "chat/llama_log.h"
#include "chat/llama_shim.h"

#include <math.h>

/* Logits of so many tokens are held at once: of a vocabulary of 256 Ki they take 128 MiB. */
enum { STEP = 128 };

/* K and V of a piece in f16, logits where they are computed, kept and copied, and 64 vectors of a
 * step's tokens. */
uint64_t hearth_llama_perplexity_bytes(uint64_t layers, uint64_t width, uint64_t words)
{
    return layers * width * 2 * 2 * HEARTH_PERPLEXITY_PIECE + words * STEP * 3 * sizeof(float) +
           width * STEP * 64 * sizeof(float);
}

struct measuring {
    const struct hearth_llama_perplexing *perplexing;
    struct llama_model *model;
    struct llama_context *context;
    struct llama_batch batch;
    int32_t *tokens;
    uint32_t count, counted;
    double sum; /* of −ln p over those counted */
};

static int open_model(struct measuring *measuring, struct hearth_error *error)
{
    struct llama_model_params model = llama_model_default_params();
    model.load_mode = LLAMA_LOAD_MODE_MMAP;
    model.n_gpu_layers = 0;
    model.use_extra_bufts = false; /* a second layout of the weights is not worth its memory here */
    measuring->model = hearth_llama_load(measuring->perplexing->path, &model, error);
    if (!measuring->model)
        return error->code;
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = HEARTH_PERPLEXITY_PIECE;
    params.n_batch = params.n_ubatch = STEP;
    params.n_outputs_max = STEP;
    params.n_threads = params.n_threads_batch = (int32_t)measuring->perplexing->threads;
    params.no_perf = true;
    measuring->context = hearth_llama_context(measuring->model, &params, error);
    if (!measuring->context)
        return error->code;
    measuring->batch = llama_batch_init(STEP, 0, 1);
    return 0;
}

static void close_model(struct measuring *measuring)
{
    if (measuring->batch.token)
        llama_batch_free(measuring->batch);
    if (measuring->context)
        llama_free(measuring->context);
    if (measuring->model)
        llama_model_free(measuring->model);
    hearth_free(measuring->tokens);
}

/* −ln of the share that the token has, which is the largest logit's distance and the rest's weight.
 */
static double loss_of(const float *logits, int32_t count, int32_t token)
{
    double sum = 0, most = logits[0];
    for (int32_t i = 1; i < count; i++)
        most = logits[i] > most ? logits[i] : most;
    for (int32_t i = 0; i < count; i++)
        sum += exp(logits[i] - most);
    return log(sum) + most - logits[token];
}

/* `tokens` are those of a step of a piece, of which the next one is foreseen from `counted_from`
 * on.
 */
static int step(struct measuring *measuring, const int32_t *tokens, uint32_t first, uint32_t count,
                uint32_t counted_from, uint32_t piece)
{
    struct llama_batch *batch = &measuring->batch;
    int32_t words = llama_vocab_n_tokens(llama_model_get_vocab(measuring->model));
    batch->n_tokens = (int32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        batch->token[i] = tokens[first + i];
        batch->pos[i] = (llama_pos)(first + i);
        batch->n_seq_id[i] = 1;
        batch->seq_id[i][0] = 0;
        batch->logits[i] = first + i >= counted_from && first + i + 1 < piece;
    }
    if (hearth_llama_decode(measuring->context, batch))
        return HEARTH_EMODEL;
    for (uint32_t i = 0; i < count; i++) {
        if (!batch->logits[i])
            continue;
        const float *logits = llama_get_logits_ith(measuring->context, (int32_t)i);
        if (!logits)
            return HEARTH_EMODEL;
        measuring->sum += loss_of(logits, words, tokens[first + i + 1]);
        measuring->counted++;
    }
    return 0;
}

/* A piece begins as a text does. */
static int read_piece(struct measuring *measuring, uint32_t at, uint32_t length)
{
    const struct llama_vocab *vocab = llama_model_get_vocab(measuring->model);
    int32_t *tokens = measuring->tokens + at, kept = tokens[0];
    int rc = 0;
    if (llama_vocab_get_add_bos(vocab))
        tokens[0] = llama_vocab_bos(vocab);
    llama_memory_clear(llama_get_memory(measuring->context), true);
    for (uint32_t first = 0; rc == 0 && first < length; first += STEP) {
        uint32_t count = length - first < STEP ? length - first : STEP;
        rc = step(measuring, tokens, first, count, length / 2, length);
    }
    tokens[0] = kept;
    return rc;
}

/* What is left behind the last whole piece counts as one if it is long enough. */
static int measure(struct measuring *measuring, struct hearth_error *error)
{
    const struct hearth_llama_perplexing *perplexing = measuring->perplexing;
    const uint32_t piece = HEARTH_PERPLEXITY_PIECE, least = HEARTH_PERPLEXITY_TOKENS_MIN;
    int rc = hearth_llama_tokenize(llama_model_get_vocab(measuring->model), perplexing->text,
                                   perplexing->length, true, false, &measuring->tokens,
                                   &measuring->count, error);
    if (rc)
        return rc;
    if (measuring->count < least)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the text has %u tokens of this model; to measure a perplexity it "
                                "must have %u",
                                measuring->count, least);
    uint32_t pieces = (measuring->count + piece - least) / piece;
    for (uint32_t i = 0; rc == 0 && i < pieces; i++) {
        uint32_t left = measuring->count - i * piece;
        rc = read_piece(measuring, i * piece, left < piece ? left : piece);
        if (perplexing->on_piece)
            perplexing->on_piece(perplexing->argument, i + 1, pieces);
    }
    return rc ? hearth_llama_log_error(error, rc, "the model cannot be computed") : 0;
}

int hearth_llama_perplexity(const struct hearth_llama_perplexing *perplexing,
                            double *ret_perplexity, uint32_t *ret_tokens,
                            struct hearth_error *error)
{
    struct measuring measuring = {.perplexing = perplexing};
    hearth_llama_log_start();
    hearth_llama_log_clear(true);
    llama_backend_init();
    int rc = open_model(&measuring, error);
    if (!rc)
        rc = measure(&measuring, error);
    double perplexity = exp(measuring.sum / (measuring.counted ? measuring.counted : 1));
    if (!rc && !isfinite(perplexity))
        rc = hearth_error_set(error, HEARTH_EMODEL, "what the model computes are no numbers");
    close_model(&measuring);
    if (!rc) {
        *ret_perplexity = perplexity;
        *ret_tokens = measuring.counted;
    }
    return rc;
}
