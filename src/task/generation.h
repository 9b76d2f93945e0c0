/* Text that is being generated for a call: one inference for each choice, its events turned into an
 * answer or a stream in the shape that the route wants. Loop thread only. */
#ifndef HEARTH_TASK_GENERATION_H
#define HEARTH_TASK_GENERATION_H

#include "base/buf.h"
#include "gateway/call.h"
#include "serving/inference.h"

struct hearth_generation;

struct hearth_choice {
    struct hearth_generation *generation;
    struct hearth_inference *inference; /* NULL once it has ended */
    uint32_t index;
    uint32_t owed;              /* credits that were not given back yet */
    uint32_t characters;        /* of the text so far */
    bool opened;                /* the stream has its first chunk */
    struct hearth_buf text;     /* of an answer that does not stream */
    struct hearth_buf parts[4]; /* the shape's own: logprobs so far */
    struct hearth_inference_done done;
};

/* How an answer looks; each verb appends JSON. */
struct hearth_generation_shape {
    /* The first chunk of a choice; may be NULL. */
    void (*write_open)(struct hearth_choice *choice, struct hearth_buf *buf);
    void (*write_delta)(struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf);
    void (*write_finish)(struct hearth_choice *choice, struct hearth_buf *buf);
    /* The chunk with the usage; only when it was asked for. */
    void (*write_usage)(struct hearth_generation *generation, struct hearth_buf *buf);
    /* Keeps what an answer needs of an event beside its text; may be NULL. */
    void (*keep)(struct hearth_choice *choice, const struct hearth_event *event);
    void (*write_answer)(struct hearth_generation *generation, struct hearth_buf *buf);
};

struct hearth_generation {
    struct hearth_call *call;
    const struct hearth_generation_shape *shape;
    const char *id, *model;  /* as the client named it; in the call's arena */
    const char *const *echo; /* by input: text that goes before the answer, or NULL */
    const char *input_param; /* "messages", "prompt": named when the input is too long */
    int64_t created_s;
    uint64_t written_ms; /* when something was last sent */
    bool stream, include_usage, logprobs;
    bool list;      /* the input was a list of texts */
    bool begun;     /* the head is sent */
    bool paused;    /* the client does not read */
    int shown_load; /* per cent, -1 before */
    uint32_t input_count, n, choice_count, live;
    struct hearth_generation *next, *previous; /* among the gateway's streams */
    struct hearth_choice choices[];
};

struct hearth_generation_request {
    const struct hearth_generation_shape *shape;
    const char *id_prefix; /* "chatcmpl-" */
    const char *model;
    const struct hearth_input *inputs; /* `sampling` is set by start */
    uint32_t input_count, n;           /* choices: input_count × n */
    struct hearth_sampling sampling;   /* choice i of an input uses seed + i */
    enum hearth_class class_;
    const char *const *echo; /* in the call's arena */
    const char *input_param;
    bool stream, include_usage, list;
};

/* Takes the call over, whatever comes of it. */
void hearth_generation_start(struct hearth_call *call,
                             const struct hearth_generation_request *request);

/* Sums over the choices. */
struct hearth_usage {
    uint64_t prompt_tokens, cached_tokens, completion_tokens;
};
struct hearth_usage hearth_generation_usage(const struct hearth_generation *generation);
const char *hearth_finish_name(enum hearth_finish finish); /* "stop" … */

/* Sends comments to streams that have waited long; called by the gateway's timer. */
void hearth_generations_keep_alive(struct hearth_gateway *gateway);

/* A request for one input, as far as it is the same for all routes. */
struct hearth_inference_request
hearth_inference_request_of(struct hearth_call *call, const char *model, enum hearth_class class_);

#endif
