/* llama.cpp as a peer in process, for test/bench/embeddings.py:
 *
 *     peer_llama GGUF THREADS
 *
 * Tokenized by llama_tokenize; a batch is one llama_decode of many sequences. */
#include "bench/embedding_child.h"

#include <llama.h>
#include <math.h>

/* Texts are cut to MiniLM's own limit, as the other peers do. More than so many tokens at once only
 * slow it down: its attention is computed between all tokens of a batch, and masked. */
enum { TOKENS_MAX = 256, BATCH_TOKENS_MAX = 4096 };

struct peer {
    struct llama_model *model;
    struct llama_context *context;
    struct llama_batch batch;
    int32_t sequences, sequences_max;
};

static void on_log(enum ggml_log_level level, const char *text, void *unused)
{
    (void)unused;
    if (level >= GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

static void write_vector(const float *values, int32_t width, FILE *file)
{
    double square = 0;
    for (int32_t i = 0; i < width; i++)
        square += (double)values[i] * values[i];
    for (int32_t i = 0; i < width; i++) {
        float value = (float)(values[i] / sqrt(square));
        fwrite(&value, sizeof(value), 1, file);
    }
}

/* Computes what is in the batch and empties it. */
static void compute(struct peer *peer, FILE *vectors)
{
    int32_t width = llama_model_n_embd(peer->model);
    if (peer->batch.n_tokens && llama_decode(peer->context, peer->batch))
        exit(1);
    for (int32_t i = 0; i < peer->sequences; i++) {
        const float *values = llama_get_embeddings_seq(peer->context, i);
        if (!values)
            exit(1);
        if (vectors)
            write_vector(values, width, vectors);
    }
    peer->batch.n_tokens = peer->sequences = 0;
}

static int32_t tokenize(const struct peer *peer, const char *text, llama_token *tokens)
{
    static llama_token all[LINE_LENGTH_MAX];
    const struct llama_vocab *vocab = llama_model_get_vocab(peer->model);
    int32_t count =
        llama_tokenize(vocab, text, (int32_t)strlen(text), all, LINE_LENGTH_MAX, true, false);
    if (count <= 0)
        exit(1);
    int32_t kept = count < TOKENS_MAX ? count : TOKENS_MAX;
    memcpy(tokens, all, (size_t)kept * sizeof(*tokens));
    tokens[kept - 1] = all[count - 1]; /* the closing token stays */
    return kept;
}

static void add(struct peer *peer, const llama_token *tokens, int32_t count)
{
    struct llama_batch *batch = &peer->batch;
    for (int32_t i = 0; i < count; i++) {
        int32_t at = batch->n_tokens++;
        batch->token[at] = tokens[i];
        batch->pos[at] = i;
        batch->n_seq_id[at] = 1;
        batch->seq_id[at][0] = peer->sequences;
        batch->logits[at] = 1;
    }
    peer->sequences++;
}

static double embed(void *engine, char **texts, size_t count, size_t batch, FILE *vectors)
{
    struct peer *peer = engine;
    uint64_t started = hearth_clock_monotonic_ns();
    for (size_t i = 0; i < count; i++) {
        llama_token tokens[TOKENS_MAX];
        int32_t length = tokenize(peer, texts[i], tokens);
        if (peer->batch.n_tokens + length > BATCH_TOKENS_MAX ||
            peer->sequences == peer->sequences_max)
            compute(peer, vectors);
        add(peer, tokens, length);
        if ((size_t)peer->sequences == batch)
            compute(peer, vectors);
    }
    compute(peer, vectors);
    return (double)(hearth_clock_monotonic_ns() - started) / 1e9;
}

int main(int argc, char **argv)
{
    int64_t threads;
    if (argc != 3 || hearth_parse_int(argv[2], 1, 256, &threads))
        return 2;
    llama_log_set(on_log, NULL);
    llama_backend_init();
    struct peer peer = {.model = llama_model_load_from_file(argv[1], llama_model_default_params()),
                        .sequences_max = (int32_t)llama_max_parallel_sequences()};
    if (!peer.model)
        return 1;
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = BATCH_TOKENS_MAX;
    params.n_seq_max = (uint32_t)peer.sequences_max;
    params.n_threads = params.n_threads_batch = (int32_t)threads;
    params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
    params.attention_type = LLAMA_ATTENTION_TYPE_NON_CAUSAL;
    params.embeddings = true;
    params.kv_unified = true;
    peer.context = llama_init_from_model(peer.model, params);
    if (!peer.context)
        return 1;
    peer.batch = llama_batch_init(BATCH_TOKENS_MAX, 0, 1);
    serve_embeddings(embed, &peer);
    llama_batch_free(peer.batch);
    llama_free(peer.context);
    llama_model_free(peer.model);
    return 0;
}
