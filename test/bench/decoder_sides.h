/* What benches compare: a decoder of our own and libllama on one GGUF file, with the same threads
 * and the same type of KV cache, driven alike. */
#ifndef HEARTH_BENCH_DECODER_SIDES_H
#define HEARTH_BENCH_DECODER_SIDES_H

#include "network/decoder.h"

#include <llama.h>
#include <sched.h>

enum { BENCH_BATCH = 512, BENCH_SEQUENCES_MOST = 64 };

struct bench_setup {
    const char *path;
    uint32_t threads, sequences;
    uint32_t context; /* of each sequence */
    enum hearth_kv_type kv_type;
    enum hearth_isa isa; /* of our own */
    bool plain_layout;   /* libllama's weights as the file has them */
};

/* Threads, KV type and instruction set from BENCH_THREADS (all cores), BENCH_KV (f16), BENCH_ISA
 * (the best); BENCH_REPACK=0 leaves libllama's weights as the file has them. Ends the process when
 * one is wrong. */
struct bench_setup bench_setup_read(const char *path, uint32_t sequences, uint32_t context);

/* Each takes the tokens numbered `first` … of its stream (the same for all) for the sequences
 * `from` … `from + count − 1`; `outputs` of the last ones give logits. */
struct bench_side {
    const char *name;
    struct hearth_decoder *decoder; /* of our own, or … */
    struct llama_model *model;      /* … libllama's */
    struct llama_context *context;
    struct llama_batch batch;
    uint32_t words;
    cpu_set_t cores; /* that its caller may use while it computes */
};

void bench_open_own(struct bench_side *side, const struct bench_setup *setup);
void bench_open_library(struct bench_side *side, const struct bench_setup *setup);
void bench_close(struct bench_side *side);
void bench_take(struct bench_side *side, uint32_t from, uint32_t count, uint32_t first,
                uint32_t tokens, uint32_t outputs);
/* Each sequence keeps its first `count` tokens. */
void bench_trim(struct bench_side *side, uint32_t sequences, uint32_t count);

_Noreturn void bench_fail(const char *what);
/* Of BENCH_CLOCK: "cpu" counts the time that the process computes instead of the time that passes:
 * on a busy machine, with one thread, it still tells something. */
double bench_seconds(void);

#endif
