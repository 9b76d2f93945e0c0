/* A model's fingerprint, which answers carry as OpenAI's `system_fingerprint`:
 *
 *     fp_3f2a9c1b04de_own_avx512_bf16_f16
 *
 * twelve digits of a digest of its files, its engine, the settings that only its engine knows, its
 * adapters' values, the context and Hearth's version; then in words what computes it with which
 * instructions, and the type of its KV cache, as far as its engine tells. Where our own decoder
 * computes, two answers with one fingerprint to one prompt and seed have the same tokens and
 * logprobs.
 *
 * Pure; any thread. */
#ifndef HEARTH_SERVING_FINGERPRINT_H
#define HEARTH_SERVING_FINGERPRINT_H

#include "hearth/engine.h"

enum { HEARTH_FINGERPRINT_SIZE = 96 };

struct hearth_fingerprint_parts {
    const char *files;       /* a digest of them, or what else tells them from others */
    const char *engine;      /* its name … */
    const char *engine_json; /* … and its settings */
    const struct hearth_model_facts *facts; /* as loaded */
};

void hearth_fingerprint_make(const struct hearth_fingerprint_parts *parts,
                             char ret_text[HEARTH_FINGERPRINT_SIZE]);

#endif
