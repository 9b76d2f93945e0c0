/* The frames that gateway and worker exchange, and the fields inside them. Each side takes the
 * bytes of the other as hostile: everything is bounded and checked. What the frames mean is in
 * ipc_request.h (gateway to worker) and ipc_event.h (worker to gateway). Pure but for memfds; not
 * thread-safe.
 *
 * A frame is a head of 12 bytes and a payload, little-endian:
 *
 *     u32 payload length (at most HEARTH_IPC_PAYLOAD_MAX)
 *     u8 type · u8 flags · u16 zero
 *     u32 stream
 *
 * Flag 1 says that the payload came as a sealed memfd beside the bytes: the length is the memfd's
 * size then, and nothing of it follows in the bytes. Stream 0 is the connection itself, the others
 * are requests, numbered by the gateway and never reused. The payload is a row of fields: u16 tag ·
 * u16 zero · u32 length · bytes, padded to 4. */
#ifndef HEARTH_WIRE_IPC_H
#define HEARTH_WIRE_IPC_H

#include "base/buf.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_IPC_VERSION 1u
#define HEARTH_IPC_PAYLOAD_MAX (16u << 20)
#define HEARTH_IPC_INLINE_MAX (256u << 10) /* larger payloads travel as a memfd */

enum hearth_ipc_type {
    /* gateway to worker */
    HEARTH_IPC_HELLO = 1, /* version, engine, model path, load params, sandbox */
    HEARTH_IPC_REQUEST,   /* task, kind, input, sampling …; `credit` events may be sent. The task
                             TOKENIZE with an input of TOKENS is the way back: text for tokens */
    HEARTH_IPC_CREDIT,    /* allows this stream more events: HEARTH_TAG_CREDIT says how many */
    HEARTH_IPC_CANCEL,
    HEARTH_IPC_PING,
    HEARTH_IPC_STOP,         /* finish what runs, then end */
    HEARTH_IPC_PAUSE,        /* to a trainer: rest after the batch that runs … */
    HEARTH_IPC_RESUME,       /* … and go on */
    HEARTH_IPC_ADAPTER,      /* an adapter comes (ipc_adapter.h), its file as a descriptor */
    HEARTH_IPC_ADAPTER_DROP, /* it goes again: no stream names it any more */
    /* worker to gateway */
    HEARTH_IPC_STARTED = 64, /* version, engine version, sandbox state, facts, memory plan */
    HEARTH_IPC_PROGRESS,     /* loading: fraction */
    HEARTH_IPC_READY,        /* facts as loaded */
    HEARTH_IPC_FAILED,       /* load failed: code, message; the worker ends */
    HEARTH_IPC_PONG,         /* counters: sequences busy, tokens held … */
    HEARTH_IPC_PREPARED,     /* stream: token count, truncated count */
    HEARTH_IPC_TEXT,
    HEARTH_IPC_VECTOR,
    HEARTH_IPC_TOKENS, /* answer to a tokenise request */
    HEARTH_IPC_TENSOR,
    HEARTH_IPC_BYTES,
    HEARTH_IPC_DONE,
    HEARTH_IPC_ERROR,
    HEARTH_IPC_PROMPT,        /* tokens of the prompt with their logprobs */
    HEARTH_IPC_PROMPT_READ,   /* stream: tokens of the prompt, cached and read so far */
    HEARTH_IPC_JOB_EVENT,     /* of a trainer: what it tells, as JSON (ipc_job.h) */
    HEARTH_IPC_JOB_DONE,      /* its result, as JSON; it ends */
    HEARTH_IPC_ADAPTER_READY, /* an adapter is there, or why it is not */
};

/* Tags of fields; the comment is the type. A reader skips tags that it does not know. */
enum hearth_ipc_tag {
    HEARTH_TAG_VERSION = 1,    /* u32 */
    HEARTH_TAG_ENGINE,         /* text: "llama" */
    HEARTH_TAG_ENGINE_VERSION, /* text */
    HEARTH_TAG_MODEL_PATH,     /* text */
    HEARTH_TAG_PLUGIN_DIR,     /* text */
    HEARTH_TAG_CONTEXT,        /* u32 */
    HEARTH_TAG_SLOTS,          /* u32 */
    HEARTH_TAG_BATCH,          /* u32 */
    HEARTH_TAG_THREADS,        /* u32 */
    HEARTH_TAG_DEVICE,         /* text */
    HEARTH_TAG_SETTINGS,       /* text: JSON */
    HEARTH_TAG_SANDBOX, /* u32: HELLO enum hearth_sandbox_mode, STARTED bits HEARTH_SANDBOX_… */
    HEARTH_TAG_MEMORY_LIMIT,      /* u64: bytes the plan may not exceed; 0 none */
    HEARTH_TAG_FACTS,             /* struct hearth_model_facts as JSON */
    HEARTH_TAG_PLAN,              /* u64 × 4 */
    HEARTH_TAG_FRACTION,          /* f32 */
    HEARTH_TAG_CODE,              /* i32: enum hearth_error_code */
    HEARTH_TAG_MESSAGE,           /* text */
    HEARTH_TAG_TASK,              /* u32 */
    HEARTH_TAG_KIND,              /* u32: enum hearth_input_kind */
    HEARTH_TAG_INPUT,             /* bytes */
    HEARTH_TAG_PAIR,              /* bytes */
    HEARTH_TAG_TOKENS,            /* i32 × n */
    HEARTH_TAG_TRUNCATE,          /* u32 */
    HEARTH_TAG_PROMPT_NAME,       /* text */
    HEARTH_TAG_PLAIN_TOKENS,      /* u32: no special tokens */
    HEARTH_TAG_SAMPLING,          /* the fixed part of struct hearth_sampling, see ipc_request.c */
    HEARTH_TAG_STOP,              /* text; repeated */
    HEARTH_TAG_BIAS,              /* (i32 token, f32) × n */
    HEARTH_TAG_CREDIT,            /* u32 */
    HEARTH_TAG_CLASS,             /* u32: enum hearth_class of domain/queue.h */
    HEARTH_TAG_TRACEPARENT,       /* text */
    HEARTH_TAG_TOKEN_COUNT,       /* u32 */
    HEARTH_TAG_TRUNCATED,         /* u32 */
    HEARTH_TAG_TEXT,              /* text */
    HEARTH_TAG_LOGPROB,           /* i32 token, f32, u32 text length, text; repeated */
    HEARTH_TAG_ALTERNATIVE,       /* the same, of the LOGPROB field before it; repeated */
    HEARTH_TAG_VALUES,            /* f32 × n */
    HEARTH_TAG_FINISH,            /* u32: enum hearth_finish */
    HEARTH_TAG_PROMPT_TOKENS,     /* u32 */
    HEARTH_TAG_CACHED_TOKENS,     /* u32 */
    HEARTH_TAG_COMPLETION_TOKENS, /* u32 */
    HEARTH_TAG_TIMES,             /* u64 × 3: queued, prefill, decode, in microseconds */
    HEARTH_TAG_COUNTERS,          /* u64 × n: see enum hearth_worker_counter */
    HEARTH_TAG_PROBE,             /* u32: 1: describe and plan, then end */
    HEARTH_TAG_CONTEXT_IS_LIMIT,  /* u32: 1: a model that can less takes what it can */
    HEARTH_TAG_CPUS,              /* text: cores to stay on, "0-3,8" */
    HEARTH_TAG_PREPARE_US,        /* u32: time of prepare */
    HEARTH_TAG_PREPARE_MS,  /* u32: HELLO: what prepare may take, beside what its length allows */
    HEARTH_TAG_READABLE,    /* text: HELLO: paths that may be read beside the model, one a line */
    HEARTH_TAG_ADAPTERS,    /* (u32 adapter, f32 scale) × n; there when a request chooses */
    HEARTH_TAG_DRY_BREAKER, /* text; repeated */
    HEARTH_TAG_GRAMMAR,     /* text: GBNF */
    HEARTH_TAG_CHANNEL,     /* u32: enum hearth_text_channel; absent: content */
    HEARTH_TAG_CALL,        /* u32: which tool call of an answer */
    HEARTH_TAG_CALL_ID,     /* text */
    HEARTH_TAG_LITERAL,     /* u32: special tokens in a text are text */
    HEARTH_TAG_FORM,        /* u32: enum hearth_token_form */
    HEARTH_TAG_STOP_NUMBER, /* u32: DONE: the stop string that ended the answer, from 1 */
    HEARTH_TAG_ADAPTER_PLACES, /* u32: HELLO: for adapters that come later */
    HEARTH_TAG_ADAPTER_PLACE,  /* u32: from 0; of a REQUEST: the adapter that it uses */
    HEARTH_TAG_ADAPTER_NAME,   /* text */
    HEARTH_TAG_PREFIX_FOLDER,  /* text: HELLO: a folder to write what is kept of prompts into … */
    HEARTH_TAG_PREFIX_IDENTITY, /* text: … of this model … */
    HEARTH_TAG_PREFIX_BYTES,    /* u64: … at most so many bytes */
    HEARTH_TAG_DRAFTED,         /* u32: DONE: drafted tokens that were checked */
    HEARTH_TAG_ACCEPTED,        /* u32: DONE: those that were right */
    HEARTH_TAG_FITTING,         /* u32 × 2: STARTED: context and slots that would fit */
    HEARTH_TAG_DROPS_TURNS,     /* u32: HELLO: 1: of conversations that are too long */
    HEARTH_TAG_GAP_MAX,         /* u32: HELLO: milliseconds between two tokens of a stream */
    HEARTH_TAG_MEMORY_REACH, /* u64: HELLO: bytes for what is proposed where a plan does not fit */
    HEARTH_TAG_KEEPS_TURNS,  /* u32: REQUEST: 1: they are never dropped */
    HEARTH_TAG_OFF_DISK,     /* u32: REQUEST: 1: what is computed of it stays in memory */
};

enum hearth_worker_counter {
    HEARTH_COUNT_SEQUENCES_BUSY,
    HEARTH_COUNT_SEQUENCES_WAITING,
    HEARTH_COUNT_STEPS,
    HEARTH_COUNT_STEP_TOKENS,
    HEARTH_COUNT_STEP_US,
    HEARTH_COUNT_PREPARED, /* inputs prepared */
    HEARTH_COUNT_PREPARE_US,
    HEARTH_COUNT_CANCELED,
    HEARTH_COUNT_BATCH, /* most tokens of a step */
    /* Steps by their tokens: at most 16, 64, 256, 1,024, 4,096, more. */
    HEARTH_COUNT_TOKENS_FIRST,
    HEARTH_COUNT_TOKENS_LAST = HEARTH_COUNT_TOKENS_FIRST + 5,
    /* Steps by how full they were: at most 10, 25, 50, 75, 90 per cent, more. */
    HEARTH_COUNT_FILL_FIRST,
    HEARTH_COUNT_FILL_LAST = HEARTH_COUNT_FILL_FIRST + 5,
    /* Prompts that began with something that was computed, or with nothing; tokens that they were
     * spared; what went for others; bytes that are kept or shared now. */
    HEARTH_COUNT_PREFIX_HITS,
    HEARTH_COUNT_PREFIX_MISSES,
    HEARTH_COUNT_PREFIX_TOKENS,
    HEARTH_COUNT_PREFIX_EVICTIONS,
    HEARTH_COUNT_PREFIX_BYTES,
    /* Files: read back, written, not written (the disk is full), deleted because they could not be
     * used; bytes of all now. */
    HEARTH_COUNT_PREFIX_DISK_LOADS,
    HEARTH_COUNT_PREFIX_DISK_SAVES,
    HEARTH_COUNT_PREFIX_DISK_FAILED,
    HEARTH_COUNT_PREFIX_DISK_DROPPED,
    HEARTH_COUNT_PREFIX_DISK_BYTES,
    HEARTH_COUNT_DRAFTED, /* tokens that were drafted and checked; and those that were right */
    HEARTH_COUNT_ACCEPTED,
    HEARTH_COUNTER_COUNT,
};

struct hearth_ipc_frame {
    uint8_t type;
    uint32_t stream;
    const char *payload;
    size_t length;
};

/* Writing. begin reserves the head, fields are appended, end fills in the length. */
struct hearth_ipc_writer {
    struct hearth_buf *buf;
    size_t head; /* offset of the frame that is open */
};
void hearth_ipc_begin(struct hearth_ipc_writer *writer, struct hearth_buf *buf, uint8_t type,
                      uint32_t stream);
void hearth_ipc_put(struct hearth_ipc_writer *writer, uint16_t tag, const void *bytes,
                    size_t length);
void hearth_ipc_put_text(struct hearth_ipc_writer *writer, uint16_t tag, const char *text);
void hearth_ipc_put_u32(struct hearth_ipc_writer *writer, uint16_t tag, uint32_t value);
void hearth_ipc_put_u64(struct hearth_ipc_writer *writer, uint16_t tag, uint64_t value);
void hearth_ipc_put_f32(struct hearth_ipc_writer *writer, uint16_t tag, float value);
void hearth_ipc_put_i32(struct hearth_ipc_writer *writer, uint16_t tag, int32_t value);
/* 0, or HEARTH_ETOOLARGE or HEARTH_ENOMEM and the frame is taken back. A payload larger than
 * HEARTH_IPC_INLINE_MAX moves into a sealed memfd, `*ret_descriptor`, which the caller sends beside
 * the frame's bytes (one such frame a write) and closes; else it is -1. */
int hearth_ipc_end(struct hearth_ipc_writer *writer, int *ret_descriptor);

/* Reading frames out of a stream of bytes. */
struct hearth_ipc_reader;
/* `take_descriptor` gives the oldest descriptor that came beside the bytes, or -1; NULL: this side
 * takes none. */
struct hearth_ipc_reader *hearth_ipc_reader_create(int (*take_descriptor)(void *argument),
                                                   void *argument);
void hearth_ipc_reader_destroy(struct hearth_ipc_reader *reader);
/* Calls back for each whole frame, whose payload is valid during the call and aligned to 4; other
 * than 0 from the callback stops and is returned. A frame that breaks a rule is HEARTH_EPARSE.
 * After a failure the connection is of no more use. The callback may not destroy the reader. */
int hearth_ipc_read(struct hearth_ipc_reader *reader, const char *bytes, size_t length,
                    int (*on_frame)(void *argument, const struct hearth_ipc_frame *frame),
                    void *argument, struct hearth_error *error);

/* Fields of a payload: 1 and the next one, 0 at the end, HEARTH_EPARSE when it is malformed. */
struct hearth_ipc_field {
    uint16_t tag;
    const char *bytes;
    size_t length;
};
int hearth_ipc_next(const struct hearth_ipc_frame *frame, size_t *offset,
                    struct hearth_ipc_field *ret_field);
/* HEARTH_EPARSE when the width is wrong. */
int hearth_ipc_u32(const struct hearth_ipc_field *field, uint32_t *ret_value);
int hearth_ipc_u64(const struct hearth_ipc_field *field, uint64_t *ret_value);
int hearth_ipc_i32(const struct hearth_ipc_field *field, int32_t *ret_value);
int hearth_ipc_f32(const struct hearth_ipc_field *field, float *ret_value);
/* A NUL-terminated copy into `size` bytes; HEARTH_EPARSE when it does not fit, has a NUL inside or
 * is not UTF-8. */
int hearth_ipc_text(const struct hearth_ipc_field *field, char *ret_text, size_t size);

#endif
