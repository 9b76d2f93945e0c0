/* Declares the structures of the encoder engine: a transformer encoder out of a Hugging Face
 * directory.
 *
 * One struct describes every architecture that is served (BERT, RoBERTa and XLM-R, DistilBERT,
 * MPNet, NomicBERT, ModernBERT): what differs between them is data, read by encoder_config.c and
 * bound to tensors by encoder_weights.c; encoder_forward.c knows no names. Everything belongs to
 * the compute thread, but for what says otherwise. */
#ifndef HEARTH_ENGINE_ENCODER_H
#define HEARTH_ENGINE_ENCODER_H

#include "base/json.h"
#include "compute/kernels.h"
#include "compute/linear.h"
#include "compute/team.h"
#include "format/safetensors.h"
#include "hearth/engine.h"
#include "text/tokenizer.h"

enum {
    ENCODER_LAYERS_MAX = 256,
    ENCODER_DENSE_MAX = 4,
    ENCODER_POOLINGS_MAX = 6,
    ENCODER_SHARDS_MAX = 64,
    ENCODER_WIDTH_MAX = 1 << 16,
    ENCODER_PROMPT_NAME_MAX = sizeof(((struct hearth_model_facts *)0)->default_prompt),
};

enum encoder_architecture {
    ENCODER_BERT,
    ENCODER_ROBERTA, /* and XLM-R */
    ENCODER_DISTILBERT,
    ENCODER_MPNET,
    ENCODER_NOMIC,
    ENCODER_MODERNBERT,
};

enum encoder_pooling {
    POOL_MEAN,
    POOL_CLS,
    POOL_MAX,
    POOL_LAST,
    POOL_MEAN_SQRT,
    POOL_WEIGHTED_MEAN, /* the n-th token counts n times */
};

struct encoder_dense_config { /* sentence-transformers' Dense module */
    char path[128];           /* of its folder, relative */
    size_t in, out;
    enum hearth_activation activation;
};

/* Limits are checked when it is read, so products of these fit a size_t. */
struct encoder_config {
    enum encoder_architecture architecture;
    size_t hidden, layers, heads, head_dim, intermediate, vocabulary, positions, types;
    size_t position_offset; /* of the first token: RoBERTa counts from pad + 1 */
    bool pad_has_no_place;  /* in that count: its position is its id, position_offset - 1 */
    float epsilon;
    enum hearth_activation activation;
    bool norm_bias, attention_bias, mlp_bias; /* must be there; others are taken where they are */
    bool gated;                               /* up makes gate and value (GLU) */
    bool pre_norm;                            /* ModernBERT: norm before, residual around */
    bool rotary; /* rotary positions, pairs (i, i + dim/2); else learnt ones */
    float rope_base, rope_base_local;
    size_t window;           /* local layers: how far a token sees to each side */
    size_t global_every;     /* every n-th layer sees all; 0: all do */
    size_t relative_buckets; /* MPNet's relative position bias; 0: none */
    size_t labels;           /* of a sequence classification head; 0: none */
    char labels_json[4096];  /* their names, a JSON list; empty when there is no room for them */
    bool labels_independent;

    size_t tokens_max; /* what an input may have: the least of positions, max_seq_length … */
    enum encoder_pooling poolings[ENCODER_POOLINGS_MAX]; /* their vectors, one behind the other */
    size_t pooling_count;
    bool pools_prompt; /* else the prompt's tokens are left out of the pooling */
    bool normalize;
    bool lowers; /* sentence-transformers' do_lower_case: texts, before all else */
    struct encoder_dense_config dense[ENCODER_DENSE_MAX];
    size_t dense_count;
    char name[64]; /* architecture as config.json names it */
};

static inline size_t encoder_pooled_width(const struct encoder_config *config)
{
    return config->hidden * config->pooling_count;
}

/* What comes out of the pooling and the dense modules. */
static inline size_t encoder_embedding_width(const struct encoder_config *config)
{
    return config->dense_count ? config->dense[config->dense_count - 1].out
                               : encoder_pooled_width(config);
}

struct encoder_norm {
    float *weight, *bias; /* bias may be NULL */
};

struct encoder_layer {
    struct hearth_linear *qkv, *out, *up, *down;
    struct encoder_norm attention_norm, mlp_norm;
};

struct encoder_dense {
    struct hearth_linear *linear;
    size_t in, out;
    enum hearth_activation activation;
};

struct encoder_table { /* rows that stay in the file's mapping */
    const struct hearth_tensor *tensor;
    size_t rows, width;
};

struct encoder_model {
    struct encoder_config config;
    const struct hearth_kernels *kernels;
    enum hearth_precision precision;
    struct hearth_safetensors *shards[ENCODER_SHARDS_MAX];
    size_t shard_count;
    struct encoder_table words, positions, types;
    struct encoder_norm embedding_norm, final_norm;
    struct encoder_layer *layer;
    float *relative_bias; /* [buckets, heads] */
    struct encoder_dense dense[ENCODER_DENSE_MAX];
    size_t dense_count;
    struct hearth_linear *head; /* before the classifier: BERT's pooler, RoBERTa's dense */
    enum hearth_activation head_activation;
    struct encoder_norm head_norm;
    struct hearth_linear *classifier;
};

/* Reads a small JSON file of the model's directory. HEARTH_EMODEL when the file is missing or is
 * not JSON. The caller owns the value. */
int encoder_json_read(const char *directory, const char *name, json_t **ret_value,
                      struct hearth_error *error);
/* The same for a file that may be missing: then 0 is returned, and *ret_value is left alone. */
int encoder_json_read_optional(const char *directory, const char *name, json_t **ret_value,
                               struct hearth_error *error);

/* HEARTH_EMODEL for what is broken, HEARTH_ENOTIMPL for what this engine does not have. */
int encoder_config_read(const char *directory, struct encoder_config *ret_config,
                        struct hearth_error *error);

/* encoder_modules.c: adds what sentence-transformers' files say to what config.json has said:
 * pooling, normalization, dense modules, and the least limit of tokens. Source: the modules of
 * sentence-transformers, as its versions 2 to 6 save them. */
int encoder_modules_read(const char *directory, struct encoder_config *config,
                         struct hearth_error *error);
/* encoder_prompts.c: reads config_sentence_transformers.json into the facts: prompts_json,
 * default_prompt, and default_dimensions, which stays 0 unless the file wants less of a vector than
 * its embedding_length. `ret_prompts`, if not NULL, gets the prompts whole; the caller owns them.
 */
int encoder_prompts_read(const char *directory, struct hearth_model_facts *facts,
                         json_t **ret_prompts, struct hearth_error *error);

/* encoder_input.c: a text with its prompt, a pair or token ids become the tokens that the model
 * sees, cut where the request asks for it. Any thread. */
struct encoder_intake {
    const struct encoder_config *config;
    const struct hearth_tokenizer *tokenizer;
    json_t *prompts;            /* text by name, or NULL */
    const char *default_prompt; /* its name, or NULL */
};
struct encoder_prepared {
    struct hearth_prepared head; /* first: the worker sees only this */
    struct hearth_tokens tokens;
    uint32_t *positions; /* or NULL: one after the other */
    size_t unpooled;     /* leading tokens that the pooling leaves out */
};
int encoder_input_prepare(const struct encoder_intake *intake, const struct hearth_input *input,
                          struct encoder_prepared **ret_prepared, struct hearth_error *error);
void encoder_prepared_destroy(struct encoder_prepared *prepared);

/* encoder_weights.c */
int encoder_model_load(const char *directory, const struct encoder_config *config,
                       const struct hearth_kernels *kernels, enum hearth_precision precision,
                       struct hearth_load_progress *progress, struct encoder_model **ret_model,
                       struct hearth_error *error);
/* Checks that all tensors are there, in the right shape and in a type that can be read. Copies
 * nothing, so it costs little memory and time. */
int encoder_model_check(const char *directory, const struct encoder_config *config,
                        struct hearth_error *error);
void encoder_model_destroy(struct encoder_model *model);

/* encoder_forward.c: one batch of packed sequences. */
struct encoder_sequence {
    const int32_t *ids;
    const uint8_t *types;      /* or NULL */
    const uint32_t *positions; /* or NULL: one after the other */
    size_t count;
    size_t unpooled; /* leading tokens that count neither for a mean nor for a maximum; < count */
    float *vector;   /* takes encoder_vector_length floats */
};
struct encoder_workspace;
/* Grows as needed up to `tokens_max` rows. */
struct encoder_workspace *encoder_workspace_create(const struct encoder_model *model,
                                                   unsigned threads, size_t tokens_max);
void encoder_workspace_destroy(struct encoder_workspace *workspace);
size_t encoder_vector_length(const struct encoder_model *model);
/* Vectors (or logits, when the model classifies) of all sequences; `abort` is looked at between
 * layers. 0, HEARTH_ECANCELED, HEARTH_ENOMEM; HEARTH_EMODEL when a sequence does not fit the
 * model's tables, and then nothing is computed. */
int encoder_forward(const struct encoder_model *model, struct encoder_workspace *workspace,
                    struct hearth_team *team, const struct encoder_sequence *sequences,
                    size_t count, const _Atomic int *abort);

#endif
