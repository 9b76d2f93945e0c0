/* The state of a loaded model, shared by the files of this plug-in.
 *
 * Threads: everything belongs to the compute thread, with two exceptions. `prepare` runs on another
 * thread and reads what does not change after the load (model, vocabulary, chat, limits);
 * `abort_wanted` may be set by any thread. */
#ifndef HEARTH_LLAMA_ENGINE_H
#define HEARTH_LLAMA_ENGINE_H

#include "base/buf.h"
#include "chat/llama_chat.h"
#include "chat/llama_shim.h"
#include "compute/sampler.h"
#include "engine/llama/llama_breakers.h"
#include "engine/llama/llama_compute.h"
#include "engine/llama/llama_grammar.h"
#include "engine/llama/llama_header.h"
#include "engine/llama/llama_structure.h"
#include "hearth/engine.h"
#include "text/tokenizer.h"

#include <stdatomic.h>

/* Drafted tokens of a sequence. */
#define HEARTH_LLAMA_DRAFT_MOST 32u

/* A prepared input; the head is what the worker sees. */
struct hearth_llama_input {
    struct hearth_prepared head;
    int32_t *tokens; /* owned; head.tokens */
    enum hearth_task task;
    struct hearth_sampling sampling; /* stops and biases point into memory of this object; what is
                                        made of breakers and grammar stands below */
    struct hearth_bytes *stops;
    struct hearth_logit_bias *biases;
    char *stop_text;
    float *scales; /* [adapters] owned */
    struct hearth_llama_breakers breakers;
    struct hearth_llama_grammar *grammar; /* NULL: none */
    struct hearth_buf rendered;           /* head.rendered */
    struct hearth_llama_reply_form *form; /* how the answer is read; NULL: it is text */
    int32_t *shown;                       /* control tokens whose text is a part of the answer */
    uint32_t shown_count;
    uint32_t max_tokens; /* never 0: what the request and the context allow */
    uint32_t pair_at;    /* where the second text of a pair begins; 0: there is none */
    uint32_t opening;    /* tokens of a prompt, which stay as well */
    uint32_t closing;    /* tokens at the end that stay where a text is cut; 0: a special one */
};

/* A token that was sampled and whose text is not released yet. */
struct hearth_llama_pending {
    int32_t token;
    float logprob;
    size_t start; /* of its text, in the release buffer */
    uint32_t alternative_count;
    size_t text_at, text_length; /* in the buffer of logprob texts */
    struct {
        int32_t token;
        float logprob;
        size_t text_at, text_length;
    } alternatives[20];
};

/* Generated text on its way out: held back while it could be the start of a stop string or of a
 * character. */
struct hearth_llama_release {
    struct hearth_buf text;   /* generated, not yet released */
    struct hearth_buf clean;  /* scratch: the same with U+FFFD for what is not UTF-8 */
    struct hearth_buf labels; /* texts of pending tokens and alternatives */
    struct hearth_llama_pending *pending;
    uint32_t pending_count, pending_capacity;
    uint32_t silent_count; /* sampled since the last event, when logprobs are not asked for */
    uint32_t stop;         /* the stop string that was found, counted from 1; 0: none */
};

struct hearth_llama_drafter;
struct hearth_llama_draft_order;

struct hearth_llama_sequence {
    const struct hearth_llama_input *input; /* NULL: free */
    int32_t *held; /* the tokens that the KV cache holds, from position 0 */
    uint32_t held_count;
    uint32_t computed;    /* more than those: drafted tokens behind them are to be cut off */
    uint32_t prompt_done; /* tokens of the prompt that are in the cache */
    uint32_t cached;      /* of those, found there at the start */
    uint32_t generated;
    int32_t next;                         /* sampled, not decoded yet */
    struct hearth_llama_grammar *grammar; /* the input's, at its place in this text; or NULL */
    struct hearth_llama_release release;
    struct hearth_llama_reply
        *reply;    /* reads what is released, where the input has a form; or NULL */
    float *scales; /* [adapters] that what is held was computed with */
    double *sum;   /* of hidden states, while a generating model makes a vector */
    /* Where the step that runs began, for taking it back. */
    uint32_t step_held, step_prompt_done;
    bool step_began;
    int32_t step_output;  /* index in the batch of the last row to sample from; negative: none */
    uint32_t step_drafts; /* rows before that, which are to be sampled from as well */
    /* Tokens that may follow `next`. */
    int32_t *draft; /* [HEARTH_LLAMA_DRAFT_MOST] */
    uint32_t draft_count;
    enum hearth_draft_method draft_method;
    uint32_t drafted, accepted; /* that were checked, of this answer; and were right */
    uint32_t step_accepted;     /* by the last step */
};

/* Of sampling. */
struct hearth_llama_scratch {
    struct hearth_sampler *sampler;
    struct hearth_penalty_scratch penalties;
    float *unchanged; /* the logits before bias and penalties */
};

struct hearth_engine {
    struct hearth_model_facts facts;
    struct hearth_llama_header header;
    struct hearth_llama_plan plan;
    struct hearth_llama_settings settings;
    struct llama_model *model;
    struct hearth_llama_compute *compute;
    const struct llama_vocab *vocab;
    struct hearth_tokenizer *tokenizer; /* of a folder: instead of the vocabulary's own */
    struct hearth_chat *chat;
    const char *pair_template; /* the model's own words around a pair, with a "{document}"; or NULL.
                                  Of the model */
    struct hearth_llama_prefixes *prefixes; /* for grammars */
    struct hearth_llama_structures *structures;
    struct hearth_llama_batch batch;
    struct hearth_llama_sequence *sequences; /* the slots, and those behind them */
    uint32_t sequence_count;
    struct hearth_llama_drafter *drafter;          /* the draft model; or NULL */
    struct hearth_llama_draft_order *draft_orders; /* [slots] scratch; NULL without a drafter */
    size_t token_bytes;  /* no token stands for more bytes of a text; 0: it is not known */
    int32_t *end_tokens; /* that end a generation */
    uint32_t end_count;
    struct hearth_llama_scratch scratch;
    float *vector; /* scratch of pooling */
    float *scores; /* the same, of a classifier's labels */
    uint32_t vector_length;
    /* The step that runs can no longer be taken back: it has emitted, or added to an older sum. */
    bool committed;
    atomic_bool running;
    atomic_bool abort_wanted;
};

/* llama_prepare.c */
int hearth_llama_prepare(struct hearth_engine *engine, const struct hearth_input *input,
                         struct hearth_prepared **ret_prepared, struct hearth_error *error);
void hearth_llama_discard(struct hearth_engine *engine, struct hearth_prepared *prepared);
int hearth_llama_detokenize(struct hearth_engine *engine, const int32_t *tokens, size_t count,
                            struct hearth_event_sink *sink, struct hearth_error *error);

/* llama_chat_input.c: a conversation into tokens, and how the answer is read; the rest of what its
 * template says stays in `rendered`. `messages_max`: see llama_chat.h. */
int hearth_llama_chat_input(struct hearth_engine *engine, const struct hearth_input *input,
                            size_t messages_max, struct hearth_chat_rendered *rendered,
                            struct hearth_llama_input *made, struct hearth_error *error);
/* llama_answer_grammar.c: the grammar of tool calls by what was rendered, with that of the answer's
 * structure, in GBNF, of which either may be empty. */
int hearth_llama_answer_grammar(struct hearth_engine *engine, const struct hearth_buf *structure,
                                const struct hearth_chat_rendered *chat,
                                struct hearth_llama_input *made, struct hearth_error *error);

/* llama_prepare.c: what cannot fit is not tokenized, which takes many times the memory of the
 * text. HEARTH_ECONTEXT. */
int hearth_llama_check_bytes(const struct hearth_engine *engine, const struct hearth_input *input,
                             size_t length, struct hearth_error *error);

/* llama_tokens.c. As hearth_llama_tokenize; of a folder, with its own tokenizer, which always takes
 * special tokens in a text for what they are. One place more than `*ret_count` is allocated.
 * `canceled` may be NULL. */
int hearth_llama_encode(const struct hearth_engine *engine, const char *text, size_t length,
                        bool add_special, bool parse_special, const hearth_flag *canceled,
                        int32_t **ret_tokens, uint32_t *ret_count, struct hearth_error *error);

/* llama_pair.c: the tokens of a query and a document. */
int hearth_llama_make_pair(struct hearth_engine *engine, const struct hearth_input *input,
                           struct hearth_llama_input *made, struct hearth_error *error);
/* Of a text without the special ones around it. */
int hearth_llama_count_tokens(struct hearth_engine *engine, const char *text, size_t length,
                              uint32_t *ret_count, struct hearth_error *error);

/* llama_pieces.c: HEARTH_INPUT_INFILL and HEARTH_INPUT_PIECES. */
int hearth_llama_make_pieces(struct hearth_engine *engine, const struct hearth_input *input,
                             struct hearth_llama_input *made, struct hearth_error *error);

/* llama_step.c */
int hearth_llama_step(struct hearth_engine *engine, const struct hearth_step_item *items,
                      size_t count, struct hearth_event_sink *sink, struct hearth_error *error);

/* llama_draft.c: hearth_engine_ops.draft. */
void hearth_llama_draft(struct hearth_engine *engine, struct hearth_draft *drafts, size_t count);

/* llama_sequence.c */
/* How many leading tokens of the input the sequence's cache holds; at least one is left over. */
uint32_t hearth_llama_held(const struct hearth_engine *engine, uint32_t index,
                           const struct hearth_llama_input *input);
void hearth_llama_sequence_begin(struct hearth_engine *engine, uint32_t index,
                                 const struct hearth_llama_input *input);
/* Free again; the cache stays for the next one's prefix. */
void hearth_llama_sequence_end(struct hearth_engine *engine, uint32_t index);
/* Cuts off the drafted tokens that were not right. */
void hearth_llama_sequence_settle(struct hearth_engine *engine, uint32_t index);
void hearth_llama_sequence_forget(struct hearth_engine *engine, uint32_t index);
/* Takes the step that failed back, for each sequence of it. */
void hearth_llama_sequence_rollback(struct hearth_engine *engine, uint32_t index);

/* llama_keep.c: of sequences without a request, those behind the slots too. HEARTH_ENOTIMPL where
 * what computes cannot. */
uint32_t hearth_llama_list_held(struct hearth_engine *engine, uint32_t index,
                                const int32_t **ret_tokens);
/* Of facts. */
void hearth_llama_tell_prefixes(struct hearth_engine *engine);
int hearth_llama_fork(struct hearth_engine *engine, uint32_t from, uint32_t to);
int hearth_llama_trim(struct hearth_engine *engine, uint32_t index, uint32_t token_count);
int hearth_llama_save(struct hearth_engine *engine, uint32_t index, int descriptor,
                      struct hearth_error *error);
int hearth_llama_restore(struct hearth_engine *engine, uint32_t index, int descriptor,
                         struct hearth_error *error);

/* llama_sampling.c */
int hearth_llama_sampling_init(struct hearth_llama_scratch *scratch, uint32_t vocabulary,
                               uint32_t context, enum hearth_isa isa);
void hearth_llama_sampling_finish(struct hearth_llama_scratch *scratch); /* half-built ones too */
/* The next token; changes the logits. −1: the grammar allows none, or there is no memory for it. */
int32_t hearth_llama_pick(struct hearth_engine *engine, struct hearth_llama_sequence *sequence,
                          float *logits);
/* The same, and fills in all of `pending` but `start`. */
int32_t hearth_llama_pick_with_logprobs(struct hearth_engine *engine,
                                        struct hearth_llama_sequence *sequence, float *logits,
                                        struct hearth_llama_pending *pending);

/* Fills in all of `pending` but `start` for a token that is given. False: the model gave no
 * numbers. The logits stay. */
bool hearth_llama_score_token(struct hearth_engine *engine,
                              const struct hearth_llama_sequence *sequence, const float *logits,
                              int32_t token, struct hearth_llama_pending *ret_pending);

/* llama_release.c */
void hearth_llama_release_init(struct hearth_llama_release *release);
void hearth_llama_release_finish(struct hearth_llama_release *release);
void hearth_llama_release_clear(struct hearth_llama_release *release);
/* Takes a token in. True when a stop string is complete: what follows it is gone. `pending` is
 * NULL when logprobs are not asked for. */
bool hearth_llama_release_token(struct hearth_engine *engine,
                                struct hearth_llama_sequence *sequence, int32_t token,
                                const struct hearth_llama_pending *pending);
/* Takes in a token that has no text of its own in the answer, with its logprob: one of the prompt,
 * or the one that ends it. */
void hearth_llama_release_add(struct hearth_engine *engine, struct hearth_llama_sequence *sequence,
                              const struct hearth_llama_pending *pending);
/* The tokens that were taken in, as a PROMPT event. */
void hearth_llama_release_emit_prompt(struct hearth_engine *engine, uint32_t index,
                                      struct hearth_event_sink *sink);
/* Emits what is decided; at the end, everything: then true says that the answer asks for tools. */
bool hearth_llama_release_emit(struct hearth_engine *engine, uint32_t index, bool at_end,
                               struct hearth_event_sink *sink);

#endif
