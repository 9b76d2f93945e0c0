/* The engine ABI: what a plug-in under lib/hearth/engines/ exports.
 *
 * A plug-in is a shared object with one exported symbol, HEARTH_ENGINE_SYMBOL, a
 * `const struct hearth_engine_ops`. The worker loads it inside its sandbox. The table is
 * append-only: `size` tells how much of it a plug-in knows; out-parameters are untouched on
 * failure.
 *
 * Life of a model: describe and plan_memory read the header only; load; then prepare and step until
 * unload. The worker composes each step with policy from src/domain/batch.h; the engine only runs
 * it. A `sequence` is a slot in [0, slots): the worker begins one by putting a prepared input into
 * a step item, and it is free again after its DONE or ERROR event or after cancel. Behind the slots
 * an engine may have sequences that never run, in [slots, slots + prefix_places): they keep what
 * was computed, by policy from src/domain/prefix_tree.h.
 *
 * Threads: `prepare`, `discard`, `detokenize` and `abort` may be called from any thread while a
 * step runs; everything else belongs to the compute thread. Events are emitted from inside `step`.
 */
#ifndef HEARTH_ENGINE_H
#define HEARTH_ENGINE_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_ENGINE_ABI 1u
#define HEARTH_ENGINE_SYMBOL "hearth_engine_plugin"

/* Set by one thread and looked at by another. C++ has another spelling for it: a plug-in in C++
 * hands it on to its C. */
#ifdef __cplusplus
typedef int hearth_flag;
#else
typedef _Atomic int hearth_flag;
#endif

/* What a request wants from a model; also the bits of facts.tasks. */
enum hearth_task {
    HEARTH_TASK_GENERATE = 1 << 0, /* text, token by token */
    HEARTH_TASK_EMBED = 1 << 1,    /* one vector for an input */
    HEARTH_TASK_SCORE = 1 << 2,    /* one number for a pair of texts, or one for each label */
    HEARTH_TASK_TOKENIZE = 1 << 3, /* only prepare: the token ids */
};

/* Where the model lies. `path` is a file (GGUF, a fake script) or a directory (Hugging Face);
 * absolute, NUL-terminated. */
struct hearth_model_files {
    const char *path;
    /* Asks `describe` to look at all that `load` would refuse, not only at the header: a model is
     * being installed, and there is time. An engine that cannot tell more may ignore it. */
    bool thorough;
};

/* What the header of a model says. Strings live as long as the plug-in or the engine. */
struct hearth_model_facts {
    char architecture[64];
    uint32_t tasks;            /* bits of enum hearth_task */
    uint32_t trained_context;  /* tokens; 0 when the model has no limit */
    uint32_t context;          /* tokens a sequence may have, as loaded; set by load */
    uint32_t embedding_length; /* width of a vector, 0 when it makes none */
    uint32_t vocabulary_length;
    uint32_t layer_count;
    uint64_t parameter_count;
    uint64_t weight_bytes;
    char quantization[32];
    char pooling[16]; /* "mean", "cls", "cls+max", "last", "rank", "none" or empty */
    bool normalized;  /* vectors have length 1 */
    bool has_chat_template;
    /* Names of the prompts an embedding model knows, with their texts, which are cut where all of
     * them have no room here (not where they are used); a JSON object or empty. */
    char prompts_json[16384];
    char default_prompt[128]; /* the name of the one that an input gets that names none; or empty */
    /* Names of the labels of a classifier, in the order of its numbers; a JSON list or empty. */
    char labels_json[4096];
    bool labels_independent; /* a text may have several: each number stands for itself */
    /* As loaded, set by load: the engine's own default where the params say 0. */
    uint32_t slots; /* sequences at once */
    uint32_t batch; /* most tokens in a step; a whole input of `context` tokens fits */
    /* How many numbers of a vector an answer has that does not say; 0: all embedding_length. */
    uint32_t default_dimensions;
    /* What computes it, where an engine has several ways, and with which instructions: "own,
     * avx512_bf16", "libllama"; from describe what would where no setting says: "own". */
    char compute[32];
    /* The type of its KV cache, as loaded: "f16", or "f16, q8_0" where values have another than
     * keys; empty before, and where it keeps none. */
    char cache_type[24];
    /* How a chat's tools are told to it: "template", by its own chat template, or "generic", in a
     * text of the engine's, because its template knows none; empty where it has no chats, and where
     * a describe has not looked thoroughly. */
    char tools[12];
    /* Names of the adapters, in the order of their numbers; a JSON list or empty; as loaded. */
    char adapters_json[4096];
    /* What tells the values of all of them from others; as loaded, empty where nothing does. */
    char adapters_digest[72];
    /* Both false where a describe has not looked thoroughly. */
    bool thinks;             /* its chats have thoughts, which are told apart from the answer */
    bool fills_gaps;         /* its vocabulary has the tokens that HEARTH_INPUT_INFILL needs */
    uint32_t adapter_places; /* for adapter_load; as loaded */
    /* As loaded, of an engine whose sequences share what they have computed alike (fork, trim and
     * held go together): how many it has behind its slots, 0: none; tokens and bytes of a cell of
     * its KV cache, how many cells there are, and how many of them may hold what nobody runs with.
     * A sequence has a cell for itself for each `cell_tokens` of its tokens, or those that it
     * shares with others, and gets a copy of a shared one that it writes into. */
    uint32_t prefix_places;
    uint32_t cell_tokens, cells, prefix_cells;
    uint64_t cell_bytes;
};

/* How to load. Zero means the default that is written behind the field. */
struct hearth_load_params {
    uint32_t context; /* tokens for each sequence; the smaller of the trained one and 4,096 */
    bool
        context_is_limit; /* `context` may be more than this model can: then what it can is taken */
    uint32_t slots;       /* sequences at once; the engine's own number */
    uint32_t batch;       /* most tokens in a step; the engine's own number */
    uint32_t threads;     /* all cores */
    const char *device;   /* "cpu", "cuda:0"; "cpu" when NULL */
    const char *settings_json; /* the definition's settings that only the engine knows, or NULL */
    uint32_t adapter_places;   /* for adapter_load, beside the settings' own; none */
};

/* What a loaded model will hold of memory, in bytes. Each is an upper bound. */
struct hearth_memory_plan {
    uint64_t weights;
    uint64_t cache;   /* KV cache at context × slots */
    uint64_t scratch; /* activations, logits, work buffers */
    uint64_t process; /* the rest: code, vocabulary, allocator */
    uint64_t device;  /* beside those four, which are the machine's own: memory of its GPUs */
};

enum hearth_input_kind {
    HEARTH_INPUT_MESSAGES =
        1, /* JSON: {"messages":[…],"tools":[…],…}, rendered by the chat template */
    HEARTH_INPUT_TEXT,
    HEARTH_INPUT_TOKENS,
    HEARTH_INPUT_TENSORS, /* Open Inference Protocol, JSON */
    HEARTH_INPUT_BYTES,   /* audio, images */
    /* JSON: {"prefix", "suffix", "prompt", "extra": [{"filename", "text"}]}, texts around a gap
     * that is to be filled, with the vocabulary's own tokens for that; `prompt` (may be absent)
     * begins what fills it. HEARTH_ENOTIMPL where the vocabulary has none. */
    HEARTH_INPUT_INFILL,
    HEARTH_INPUT_PIECES, /* JSON: a list of texts and token ids, as they stand behind each other */
};

/* What prepare does with an input that is too long: refuse it, or take tokens away from its end or
 * its start. */
enum hearth_truncate { HEARTH_TRUNCATE_NEVER, HEARTH_TRUNCATE_END, HEARTH_TRUNCATE_START };

struct hearth_logit_bias {
    int32_t token;
    float bias; /* added to the logit; -100 forbids */
};

/* An adapter by its place in the model's list, and how strongly it counts: finite, 0 is not at
 * all. */
struct hearth_adapter_scale {
    uint32_t adapter;
    float scale;
};

/* Which adapters of its model an input uses, each at most once; not `given`: all of them with a
 * scale of 1. */
struct hearth_adapter_choice {
    bool given;
    const struct hearth_adapter_scale *scales;
    uint32_t count;
};

struct hearth_bytes {
    const char *bytes;
    size_t length;
};

/* Sampling of one choice: the rules of llama.cpp, in its order. Values are checked by the gateway;
 * the engine may clamp them. */
struct hearth_sampling {
    float temperature;       /* 0: greedy */
    float dynamic_range;     /* temperature ± range, by the entropy; 0: off */
    float dynamic_exponent;  /* how the entropy maps to that range; 1: in proportion */
    float top_p;             /* 1: off */
    float min_p;             /* 0: off */
    float typical_p;         /* 0, 1: off */
    float top_n_sigma;       /* 0 and below: off */
    float xtc_probability;   /* 0: off */
    float xtc_threshold;     /* over 0.5: off */
    float repeat_penalty;    /* 1: off */
    float presence_penalty;  /* 0: off */
    float frequency_penalty; /* 0: off */
    float dry_multiplier;    /* 0: off */
    float dry_base;
    int32_t dry_allowed_length; /* a repetition of so many tokens is not punished */
    int32_t dry_penalty_last_n; /* tokens that DRY looks at; 0: off; -1: the context */
    int32_t top_k;              /* 0: off */
    int32_t repeat_last_n;      /* tokens that the penalties look at; -1: the context */
    uint64_t seed;
    uint32_t max_tokens;   /* 0: as many as the context has room for */
    uint32_t top_logprobs; /* alternatives with each token, at most 20 */
    bool logprobs;
    bool prompt_logprobs; /* with `logprobs`: those of the prompt's tokens too, as PROMPT events */
    bool progress;        /* PROGRESS events are wanted */
    bool no_answer; /* nothing is generated: the answer ends behind the prompt, as if cut off */
    bool ignore_eos;
    const struct hearth_bytes *stops;
    uint32_t stop_count;
    const struct hearth_bytes *dry_breakers; /* texts that end a repetition for DRY */
    uint32_t dry_breaker_count;
    const struct hearth_logit_bias *biases;
    uint32_t bias_count;
    /* What the generated text must be: GBNF, llama.cpp's form of grammars, with a rule "root"; or a
     * JSON object with a member of a chat's body that says so ("response_format", "regex",
     * "choice", "grammar"). Empty: anything. */
    struct hearth_bytes grammar;
};

/* What HEARTH_TASK_TOKENIZE answers: the ids; TEXT events that hold the tokens with the bytes of
 * each; or, of messages, one TEXT event with what the chat template made of them. */
enum hearth_token_form { HEARTH_FORM_IDS, HEARTH_FORM_PIECES, HEARTH_FORM_RENDERED };

/* One input. Everything that it points to is valid during prepare only. */
struct hearth_input {
    enum hearth_task task; /* exactly one */
    enum hearth_input_kind kind;
    const char *bytes; /* text, JSON or raw, by kind; not NUL-terminated */
    size_t length;
    const int32_t *tokens; /* for HEARTH_INPUT_TOKENS */
    size_t token_count;
    const char *pair; /* second text of HEARTH_TASK_SCORE, or NULL */
    size_t pair_length;
    /* Takes away what is over the limit, never special tokens nor the prompt; of a pair, only the
     * end of the second text; of a conversation that is answered, whole turns, the oldest first,
     * whatever the side. */
    enum hearth_truncate truncate;
    /* HEARTH_TASK_EMBED of text: one of facts.prompts_json, NULL for the default one, "" for none.
     */
    const char *prompt_name;
    /* Without BOS, CLS … : of a text that is tokenised, none are added; ids that are embedded need
     * not have them (else those that do not begin and end so are refused as another model's). */
    bool no_special_tokens;
    /* What looks like a special token in a text is only that text. HEARTH_ENOTIMPL where the
     * tokenizer cannot. */
    bool literal;
    enum hearth_token_form form;            /* HEARTH_TASK_TOKENIZE only */
    const struct hearth_sampling *sampling; /* HEARTH_TASK_GENERATE only */
    /* NULL, or what becomes other than 0 when nobody waits for this any more: a prepare that may
     * take long should look at it every 100 ms and end with HEARTH_ECANCELED. */
    const hearth_flag *canceled;
    struct hearth_adapter_choice adapters; /* HEARTH_TASK_GENERATE; of others never given */
    /* HEARTH_TASK_GENERATE: an adapter of adapter_load by its place, counted from 1; 0: none. It
     * stands behind the model's own in their list: with a scale of 1 where `adapters` is not given.
     */
    uint32_t adapter;
    /* The worker's business, not the engine's. */
    bool keeps_turns; /* of HEARTH_TRUNCATE_NEVER: also where the model's settings drop turns */
    bool off_disk;    /* what is computed of it is never written to disk */
};

/* The result of prepare: the head of a struct of the engine's own; read-only for the worker. */
struct hearth_prepared {
    const int32_t *tokens;
    uint32_t token_count;     /* what the model will see, special tokens included */
    uint32_t truncated_count; /* tokens that truncate took away; of a conversation, its turns */
    bool indivisible;         /* all tokens must come in one step (bidirectional attention) */
    /* What was computed of a prompt serves others of the same key that begin with the same tokens,
     * until the adapter that it names goes; 0: it serves nobody, and nothing serves it. */
    uint64_t prefix_key;
    uint32_t tokens_most; /* that the sequence may come to hold, answer included */
    /* HEARTH_FORM_RENDERED: the text, and no tokens; NULL: the engine has no templates. */
    struct hearth_bytes rendered;
};

enum hearth_event_kind {
    HEARTH_EVENT_TEXT = 1, /* generated text, whole UTF-8 characters, stop strings taken out */
    HEARTH_EVENT_VECTOR,   /* floats: an embedding, or the scores of HEARTH_TASK_SCORE */
    HEARTH_EVENT_TENSOR,   /* JSON of an Open Inference Protocol output */
    HEARTH_EVENT_BYTES,
    /* Tokens of the prompt, the next ones each time, before any text; the first of all has the
     * logprob NaN, since nothing stands before it. */
    HEARTH_EVENT_PROMPT,
    /* How much of the prompt has been read, where sampling.progress asks for it: first what the
     * cache had, then after each step. The last one, of the whole prompt, is before any text. */
    HEARTH_EVENT_PROGRESS,
    HEARTH_EVENT_DONE,
    HEARTH_EVENT_ERROR,
};

/* Why an answer ended: the model or a stop string ended it, there was no more room, or it asks for
 * a tool. */
enum hearth_finish { HEARTH_FINISH_STOP = 1, HEARTH_FINISH_LENGTH, HEARTH_FINISH_TOOLS };

/* What generated text is. A model whose answers have no parts gives CONTENT alone. */
enum hearth_text_channel {
    HEARTH_CHANNEL_CONTENT,
    HEARTH_CHANNEL_REASONING, /* what a model thinks before it answers */
    HEARTH_CHANNEL_CALL,      /* a tool call begins: the text is the function's name, whole */
    HEARTH_CHANNEL_ARGUMENTS, /* of the call that began last: a piece of a JSON text */
    /* The last of an answer: a call that is not whole, as the model wrote it, because the answer
     * was cut or the model left the form. `call` tells how many are whole: one that has begun
     * beyond them is this one, and is none. */
    HEARTH_CHANNEL_UNREAD,
};

struct hearth_alternative {
    int32_t token;
    float logprob;
    struct hearth_bytes text;
};

/* A token that a TEXT event releases, or one of a PROMPT event; given only when logprobs were asked
 * for. */
struct hearth_token {
    int32_t token;
    float logprob;
    struct hearth_bytes text; /* its own bytes, maybe a part of a character */
    const struct hearth_alternative *alternatives;
    uint32_t alternative_count;
};

/* Everything behind a pointer is valid during the call only. */
struct hearth_event {
    enum hearth_event_kind kind;
    uint32_t sequence;
    struct hearth_bytes bytes;         /* TEXT, TENSOR, BYTES; the message of ERROR */
    const struct hearth_token *tokens; /* TEXT, PROMPT */
    uint32_t token_count; /* TEXT: tokens sampled since the last event; PROGRESS: read so far */
    bool has_tokens;      /* TEXT, PROMPT: `tokens` holds token_count entries */
    enum hearth_text_channel channel; /* TEXT */
    uint32_t call;                    /* TEXT of CALL, ARGUMENTS, UNREAD: which call, from 0 */
    struct hearth_bytes call_id;      /* TEXT of CALL: the id that the model gave, or empty */
    const float *values;              /* VECTOR */
    uint32_t value_count;
    int error;                 /* ERROR: one of enum hearth_error_code */
    enum hearth_finish finish; /* DONE */
    uint32_t stop;          /* DONE: the stop string that ended it, counted from 1; 0: none did */
    uint32_t prompt_tokens; /* DONE, PROGRESS */
    uint32_t cached_tokens; /* DONE, PROGRESS: of the prompt, taken from the cache */
    uint32_t completion_tokens; /* DONE */
    uint32_t drafted_tokens;    /* DONE: that were checked, and how many of them were right */
    uint32_t accepted_tokens;
};

/* The worker's; an engine calls `emit` from inside `step` or `detokenize`, and never keeps it.
 */
struct hearth_event_sink {
    void (*emit)(struct hearth_event_sink *sink, const struct hearth_event *event);
};

/* What one sequence does in a step. */
struct hearth_step_item {
    uint32_t sequence;
    /* Not NULL: the sequence begins with this input, which the engine keeps (unowned) until DONE,
     * ERROR or cancel. NULL: it goes on. */
    const struct hearth_prepared *begin;
    /* Prompt tokens to take now; of a sequence that decodes 1, and so many more as drafted tokens
     * are to be checked. */
    uint32_t token_count;
};

/* How tokens are drafted for a step to check (speculative decoding): by prompt lookup, which is in
 * the sequence's own text, or by a smaller model. */
enum hearth_draft_method {
    HEARTH_DRAFT_NONE,
    HEARTH_DRAFT_LOOKUP,
    HEARTH_DRAFT_MODEL,
    HEARTH_DRAFT_METHODS,
};

/* Of one sequence that decodes. */
struct hearth_draft {
    uint32_t sequence;
    uint32_t most[HEARTH_DRAFT_METHODS]; /* tokens by each method; 0: not by this one */
    /* out: */
    enum hearth_draft_method method;
    uint32_t count;    /* tokens that the next step may check; the step is told how many */
    uint32_t accepted; /* of those that its last step checked */
};

struct hearth_load_progress {
    /* `fraction` in [0,1]; false asks the engine to give up with HEARTH_ECANCELED. */
    bool (*report)(struct hearth_load_progress *progress, float fraction);
};

struct hearth_engine; /* the plug-in's own */

struct hearth_engine_ops {
    uint32_t abi;  /* HEARTH_ENGINE_ABI */
    uint32_t size; /* sizeof(struct hearth_engine_ops) of the plug-in's build */
    const char *name;
    const char *version;

    /* Reads the header. HEARTH_EMODEL names a fault, HEARTH_ENOTIMPL an architecture that this
     * engine does not have. Bounded time and memory for any bytes. */
    int (*describe)(const struct hearth_model_files *files, struct hearth_model_facts *ret_facts,
                    struct hearth_error *error);
    int (*plan_memory)(const struct hearth_model_files *files,
                       const struct hearth_load_params *params, struct hearth_memory_plan *ret_plan,
                       struct hearth_error *error);
    /* `ret_facts` has `context`, `slots` and `batch` filled in. */
    int (*load)(const struct hearth_model_files *files, const struct hearth_load_params *params,
                struct hearth_load_progress *progress, struct hearth_engine **ret_engine,
                struct hearth_model_facts *ret_facts, struct hearth_error *error);
    /* Template, tokens, limits. HEARTH_ECONTEXT says both numbers, HEARTH_ECANCELED that the input
     * asked to end. The input may go away after. */
    int (*prepare)(struct hearth_engine *engine, const struct hearth_input *input,
                   struct hearth_prepared **ret_prepared, struct hearth_error *error);
    /* Frees what prepare gave; not while a sequence still runs with it. */
    void (*discard)(struct hearth_engine *engine, struct hearth_prepared *prepared);
    /* Runs the items as one batch. A failure that belongs to one sequence is its ERROR event; a
     * return of other than 0 ends every sequence (HEARTH_ECANCELED after abort ends none: the same
     * items may be given again, without those that were cancelled). */
    int (*step)(struct hearth_engine *engine, const struct hearth_step_item *items, size_t count,
                struct hearth_event_sink *sink, struct hearth_error *error);
    /* Between steps; emits nothing. */
    void (*cancel)(struct hearth_engine *engine, uint32_t sequence);
    /* Makes a running step return HEARTH_ECANCELED soon; without one it does nothing. */
    void (*abort)(struct hearth_engine *engine);
    /* Ends every sequence without an event and frees the engine; no step runs any more. */
    void (*unload)(struct hearth_engine *engine);

    /* optional */
    /* Appends the text of tokens through `emit` (TEXT events). */
    int (*detokenize)(struct hearth_engine *engine, const int32_t *tokens, size_t count,
                      struct hearth_event_sink *sink, struct hearth_error *error);
    /* How many leading tokens of the input a free sequence still holds, of which the worker plans
     * only the rest. Where there are no prefix_places, it takes the sequence that holds the most.
     */
    uint32_t (*held_tokens)(struct hearth_engine *engine, uint32_t sequence,
                            const struct hearth_prepared *prepared);
    /* Sequence `to`, which is free, becomes a copy of `from` as it stands, which may be running.
     * Between steps. */
    int (*fork)(struct hearth_engine *engine, uint32_t from, uint32_t to);
    /* Forgets all but the first tokens of a free sequence. */
    int (*trim)(struct hearth_engine *engine, uint32_t sequence, uint32_t token_count);
    int (*save)(struct hearth_engine *engine, uint32_t sequence, int descriptor,
                struct hearth_error *error);
    int (*restore)(struct hearth_engine *engine, uint32_t sequence, int descriptor,
                   struct hearth_error *error);
    /* Takes an adapter from a whole GGUF file in memory, which may go away after, into a free place
     * in [0, facts.adapter_places). Between steps; inputs that name the place are prepared only
     * while it is taken. HEARTH_EMODEL, HEARTH_ENOTIMPL as an adapter of the settings,
     * HEARTH_ENOMEM when there is no room for it; the model goes on as before. */
    int (*adapter_load)(struct hearth_engine *engine, uint32_t place, const char *name,
                        const void *bytes, size_t length, struct hearth_error *error);
    /* Between steps; no sequence runs with it, no prepared input names it. A place that is free is
     * left alone. What was computed with it is forgotten. */
    void (*adapter_unload)(struct hearth_engine *engine, uint32_t place);
    /* Asked when the process is about to end, or takes too long, at work that the model's files
     * decide: which part of them runs as a program just now ("the model's chat template"), or NULL.
     * Then `ret_why` is why the engine itself ended the process ("takes longer than it may (2 s)"),
     * or NULL. The loop thread of a worker; the texts stay. */
    const char *(*at_work)(const char **ret_why);
    /* The tokens that a sequence holds, prompt and answer, which live until it is stepped or
     * changed; how many. */
    uint32_t (*held)(struct hearth_engine *engine, uint32_t sequence, const int32_t **ret_tokens);
    /* Drafts tokens that may follow, between steps; a draft stays until a step has checked it. A
     * step gives those that are right and one more, as if each had been computed by itself: with
     * the same seed the same tokens. An engine that has no method leaves every count 0. */
    void (*draft)(struct hearth_engine *engine, struct hearth_draft *drafts, size_t count);
};

#endif
