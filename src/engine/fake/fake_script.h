/* Reads the script of a fake model: what it answers, how long it takes, and how it fails. The
 * format is docs/fake-engine.md. Plain data, any thread once read. */
#ifndef HEARTH_ENGINE_FAKE_SCRIPT_H
#define HEARTH_ENGINE_FAKE_SCRIPT_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_SCRIPT_MAX (64u << 10)
#define FAKE_NEVER UINT32_MAX

enum fake_crash { FAKE_CRASH_ABORT, FAKE_CRASH_SEGV, FAKE_CRASH_EXIT };

struct fake_script {
    char *reply;   /* NULL: echo of the input */
    char *thought; /* told as reasoning before the reply; NULL: none */
    char *call;    /* "NAME {…}": a tool call behind the reply to a chat with tools; NULL: none */
    uint32_t tasks;
    uint32_t trained_context;
    uint32_t vector_length;
    uint32_t labels; /* numbers of a score */
    uint32_t load_ms, prepare_ms, token_us, prefill_us;
    uint64_t load_bytes; /* held while loaded */
    uint64_t plan_bytes; /* what plan_memory says beyond; 0: load_bytes */
    bool cache;          /* free sequences remember their prompt */
    bool load_fails;
    uint32_t stall_at; /* token of an answer, from 1; FAKE_NEVER */
    enum fake_crash crash;
    bool crash_at_load, crash_at_describe;
    uint32_t crash_at_token, crash_at_request; /* from 1; FAKE_NEVER */
    uint32_t error_at_token;                   /* as these */
    char *crash_word;                          /* NULL: none */
    char *error_word;                          /* a prompt that contains it is refused */
    /* NULL: none. What a prompt that contains it does while it is prepared: it never comes back, it
     * crashes, it takes memory until there is none. */
    char *hang_word, *crash_early_word, *grow_word;
};

/* Reads a script; HEARTH_EMODEL names line and fault. */
int fake_script_read(const char *path, struct fake_script *ret_script, struct hearth_error *error);
/* Frees the texts; a script that was never filled in must be zeroed. */
void fake_script_finish(struct fake_script *script);
/* Ends the process in the way that the script says; does not return. */
void fake_crash_now(const struct fake_script *script);

#endif
