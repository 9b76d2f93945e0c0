/* Text that is generated for a call: one inference for each choice, its events collected into an
 * answer or sent as a stream of server-sent events, in the shape that the route wants.
 *
 * A stream keeps its status back until a worker has prepared a prompt, so that a request which
 * cannot be answered gets the status of its error, whether the model was loaded or not. Whoever
 * waits for longer than ten seconds, or sends `Hearth-Progress`, gets 200 and comments meanwhile;
 * an error is an event then. Loop thread only. */
#ifndef HEARTH_TASK_GENERATION_H
#define HEARTH_TASK_GENERATION_H

#include "gateway/sse.h"
#include "serving/fingerprint.h"
#include "task/answering.h"
#include "task/fault_place.h"

struct hearth_error_detail;
struct hearth_generation;

enum { HEARTH_GENERATED_CALLS_MAX = 128 }; /* tool calls of one choice; more fail it */

/* A tool call that a model makes. */
struct hearth_generated_call {
    char id[64]; /* the model's, or one of our own behind the shape's prefix */
    struct hearth_buf name;
    struct hearth_buf arguments; /* a JSON text */
};

struct hearth_choice {
    struct hearth_generation *generation;
    uint32_t index;
    uint32_t characters;            /* in the text so far */
    uint32_t tokens;                /* sampled so far */
    uint32_t reasoning_tokens;      /* of these, those of thoughts */
    uint64_t prepared_us, first_us; /* when its prompt was ready to be read, and had been read */
    bool opened;                    /* the stream has its first event */
    /* Collected when the answer does not stream, or the shape `collects`. Of calls, ids and names
     * are always there. */
    struct hearth_buf text, reasoning;
    struct hearth_generated_call *calls;
    uint32_t call_count, call_capacity;
    int failed;  /* more was generated than may be collected */
    bool unread; /* it ends with a tool call that is not whole */
    void *kept;  /* `kept_size` bytes, zero at first, for the shape's own use */
    struct hearth_inference_done done;
};

/* How the texts that a shape writes become a stream. */
enum hearth_stream_framing {
    HEARTH_FRAMING_DATA,  /* what one writer appends, a JSON text, is one event */
    HEARTH_FRAMING_NAMED, /* writers append whole events: hearth_sse_open_named */
    HEARTH_FRAMING_LINES, /* what one writer appends, a JSON text, is a line; no comments */
};

/* How an API writes what is generated. Nothing appended is no event. A shape without `write_delta`
 * does not stream. */
struct hearth_generation_shape {
    const char *id_prefix;   /* what the answer's id begins with: "chatcmpl-" */
    const char *call_prefix; /* and that of a tool call: "call_"; NULL is that */
    enum hearth_stream_framing framing;
    bool collects;           /* also while it streams: the last event repeats the whole */
    const char *input_param; /* named when an input is at fault: "messages" */
    const struct hearth_place_name *places; /* its members that chat names otherwise; or NULL */
    void (*write_answer)(const struct hearth_generation *generation, struct hearth_buf *buf);

    /* optional */
    void (*write_open)(const struct hearth_choice *choice, struct hearth_buf *buf);
    void (*write_delta)(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf);
    /* How far the prompt has been read; only where the sampling asks for it. */
    void (*write_progress)(const struct hearth_choice *choice, const struct hearth_event *event,
                           struct hearth_buf *buf);
    void (*write_finish)(const struct hearth_choice *choice, struct hearth_buf *buf);
    /* Of a stream that has begun; NULL: as the route's column `errors` says, in one event. */
    void (*write_error)(const struct hearth_generation *generation,
                        const struct hearth_error *error, struct hearth_buf *buf);
    /* Only when the usage was asked for. */
    void (*write_usage)(const struct hearth_generation *generation, struct hearth_buf *buf);
    const char *last_words; /* the last event of every stream, also of one that fails: "[DONE]" */
    /* Collects what the answer needs of the events beside their text, when it does not stream.
     * Where the sampling asks for prompt_logprobs, `keep` and `write_delta` get the PROMPT events
     * too. */
    size_t kept_size;
    void (*keep)(struct hearth_choice *choice, const struct hearth_event *event);
    void (*forget)(struct hearth_choice *choice);
};

/* What writers may read; only generation.c and generation_stream.c write to it. */
struct hearth_generation {
    struct hearth_answering answering; /* first */
    const struct hearth_generation_shape *shape;
    char id[64];
    const char *model;                         /* as the client named it; in the call's arena */
    char fingerprint[HEARTH_FINGERPRINT_SIZE]; /* of what computes; empty before it is known */
    const char *const *echo; /* for each input the text that goes before its answers; or NULL */
    int64_t created_s;
    bool stream, include_usage, logprobs;
    bool list;                         /* the input was a list of texts */
    uint32_t n;                        /* choices of each input */
    uint32_t given;                    /* of these, the likeliest, that are answered */
    const struct hearth_input *inputs; /* valid while start runs */
    struct hearth_sampling sampling;
    struct hearth_adapter_choice adapters;
    bool off_disk;
    const void *asked; /* the request's */
    bool timings;
    uint32_t choice_count;

    struct hearth_sse sse; /* used when the answer streams */
    bool tells;            /* comments may be sent before the first event */
    int loaded;            /* how much of the model, in per cent; -1 before it is known */
    struct hearth_choice choices[];
};

struct hearth_generation_request {
    const struct hearth_generation_shape *shape;
    const char *model;     /* as the client named it */
    const char *submit_as; /* the version that it means; NULL: as named */
    const char *id;        /* of the answer, where the client knows it already; NULL: a new one */
    const struct hearth_input *inputs; /* `sampling` is set by start */
    uint32_t input_count, n;           /* choices: input_count × n */
    struct hearth_sampling sampling;   /* choice i of an input uses seed + i */
    struct hearth_adapter_choice adapters;
    bool off_disk; /* as struct hearth_input has it */
    enum hearth_class class_;
    const char *const *echo; /* in the call's arena */
    const void *asked;       /* the shape's own, for its writers; in the call's arena */
    bool timings; /* the answer tells how fast it was read and written, where its shape can */
    /* What `kept` of each choice begins with (`kept_size` bytes, with all that `forget` frees);
     * NULL: zeros. */
    const void *kept;
    bool stream, include_usage, list;
    uint32_t given;      /* of the n choices of an input, the likeliest that are answered; 0: all */
    bool hides_logprobs; /* they are computed, not shown */
};

/* Takes the call over, whatever comes of it. The inputs are copied. */
void hearth_generation_start(struct hearth_call *call,
                             const struct hearth_generation_request *request);

/* For writers, until the call is answered: the version that answers, and how long it took. */
const char *hearth_generation_version(const struct hearth_generation *generation);
uint64_t hearth_generation_took_us(const struct hearth_generation *generation);

/* ,"timings":{…}, llama-server's member, where it was asked for: as far as the choice has come. */
void hearth_generation_write_timings(const struct hearth_choice *choice, struct hearth_buf *buf);
/* ,"prompt_progress":{…}, llama-server's member, of a PROGRESS event. */
void hearth_generation_write_progress(const struct hearth_choice *choice,
                                      const struct hearth_event *event, struct hearth_buf *buf);

/* Sums over the choices. */
struct hearth_usage {
    uint64_t prompt_tokens, cached_tokens, completion_tokens;
    uint64_t reasoning_tokens; /* among completion_tokens */
};
struct hearth_usage hearth_generation_usage(const struct hearth_generation *generation);
const char *hearth_finish_name(enum hearth_finish finish); /* "stop" … */
/* Characters of UTF-8; a part of one counts where it begins. */
uint32_t hearth_character_count(const char *text, size_t length);

#endif
