/* What a GGUF header says about a model: its facts, and the memory that it would take. Nothing is
 * loaded for it. The header is read by our own reader (format/gguf.h), so that libllama sees only
 * files that have been found sound. Any thread. */
#ifndef HEARTH_LLAMA_HEADER_H
#define HEARTH_LLAMA_HEADER_H

#include "chat/llama_shim.h"
#include "engine/llama/llama_settings.h"
#include "hearth/engine.h"

#define HEARTH_LLAMA_CONTEXT_DEFAULT 4096u
#define HEARTH_LLAMA_SLOTS_DEFAULT 4u
#define HEARTH_LLAMA_BATCH_DEFAULT 512u
/* Tokens whose hidden states are taken out at once, when a generating model makes a vector: each
 * costs a row of logits too, because libllama computes those with them. */
#define HEARTH_LLAMA_POOL_CHUNK 64u

struct hearth_llama_header {
    struct hearth_model_facts facts;
    bool folder;              /* a Hugging Face folder: only our own decoder computes it */
    uint64_t tokenizer_bytes; /* of its tokenizer.json */
    enum hearth_llama_family family;
    enum llama_pooling_type pooling; /* of the header or the setting; UNSPECIFIED when neither */
    bool encoder;                    /* bidirectional attention, no KV cache */
    bool pooled;                     /* it only makes vectors or scores */
    uint32_t label_count;            /* of one that ranks */
    bool says_yes;                   /* its labels are "yes" and "no": a reranker */
    bool gives_shares;               /* libllama gives the softmax of its labels' logits */
    bool repacked;                   /* libllama lays its weights out anew when it loads them */
    bool window;                     /* it attends to the newest tokens only, in some layers */
    uint64_t cache_bytes_per_token;
    uint64_t state_bytes_per_sequence; /* of recurrent layers */
    uint32_t width;                    /* of the residual stream; facts tell that of a result */
    uint32_t widest_layer;             /* values per token in the widest activation */
    uint32_t head_count;
};

/* What load will do with the parameters: defaults filled in, limits checked. */
struct hearth_llama_plan {
    uint32_t context, slots, batch, threads;
    uint32_t adapter_places; /* that come later */
    uint32_t prefix_places;  /* sequences behind the slots; 0: none */
};

/* Code and heap of a worker with so many words. */
uint64_t hearth_llama_process_bytes(uint64_t vocabulary);
/* Blocks: reads the headers of all parts. HEARTH_EMODEL for what cannot be a model, HEARTH_ENOTIMPL
 * for what this engine does not serve, HEARTH_EINVAL for a setting that does not fit the model. */
int hearth_llama_header_read(const char *path, const struct hearth_llama_settings *settings,
                             struct hearth_llama_header *ret_header, struct hearth_error *error);
/* HEARTH_EINVAL names what is beyond the model's or the library's limit. */
int hearth_llama_plan_make(const struct hearth_llama_header *header,
                           const struct hearth_load_params *params,
                           const struct hearth_llama_settings *settings,
                           struct hearth_llama_plan *ret_plan, struct hearth_error *error);
/* libllama pools an input whole: a batch of it must hold one. */
void hearth_llama_plan_whole(const struct hearth_llama_header *header,
                             struct hearth_llama_plan *plan);
/* Which tokens the sequences behind the slots hold. */
uint64_t hearth_llama_prefix_bytes(const struct hearth_llama_plan *plan);
/* Bytes, estimated from above. Never fails. */
void hearth_llama_plan_memory(const struct hearth_llama_header *header,
                              const struct hearth_llama_settings *settings,
                              struct hearth_llama_plan *plan,
                              struct hearth_memory_plan *ret_memory);
/* Whether sequences of libllama's share one KV cache for the sake of prefixes, and how many cells
 * it has: those of the slots, or more by the setting. Cells lie in steps of 256. */
bool hearth_llama_shares_cells(const struct hearth_llama_header *header,
                               const struct hearth_llama_settings *settings,
                               const struct hearth_llama_plan *plan);
uint64_t hearth_llama_library_cells(const struct hearth_llama_header *header,
                                    const struct hearth_llama_settings *settings,
                                    const struct hearth_llama_plan *plan);

#endif
