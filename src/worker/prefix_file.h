/* The file of one kept prefix: a head, the tokens, and the state that the engine has written. In
 * the machine's own byte order: it is read by the same installation, and nobody else.
 *
 *     magic      "hearthP1"
 *     identity   what computed it: 64 hexadecimal digits
 *     key, token count, bytes of the state   8 bytes each
 *     state      its SHA-256, 64 hexadecimal digits
 *     head       the SHA-256 of all above and the tokens
 *     tokens     4 bytes each
 *     state
 *
 * Anybody may have written such a file, so nothing in it is believed: lengths are bounded before
 * anything is sized by them, and digests tell what was damaged. They do not tell who wrote it: what
 * the engine makes of a state is the engine's to check. Pure; any thread. */
#ifndef HEARTH_WORKER_PREFIX_FILE_H
#define HEARTH_WORKER_PREFIX_FILE_H

#include "base/digest.h"

#include <stddef.h>
#include <stdint.h>

#define PREFIX_FILE_TOKENS_MAX (1u << 20)
/* Of the whole file: what is longer would hold the compute thread up while it is copied. */
#define PREFIX_FILE_BYTES_MAX (128ull << 20)
#define PREFIX_FILE_DIGITS (HEARTH_SHA256_HEX - 1)

struct prefix_file_head {
    char magic[8];
    char identity[PREFIX_FILE_DIGITS];
    uint64_t key, token_count, state_bytes;
    char state[PREFIX_FILE_DIGITS];
    char head[PREFIX_FILE_DIGITS];
};

/* Fills in all of it. */
void prefix_file_head_make(struct prefix_file_head *ret_head,
                           const char identity[HEARTH_SHA256_HEX], uint64_t key,
                           const int32_t *tokens, uint32_t token_count, const void *state,
                           uint64_t state_bytes);

/* Are these the first bytes of such a file of `file_bytes`, of this identity? Then `ret_tokens`
 * leads into the bytes, which are aligned as a head is. `length` bytes are there; HEARTH_EPARSE,
 * HEARTH_EMODEL when another model computed it, HEARTH_ETOOLARGE; HEARTH_ENOTFOUND when the tokens
 * are not all there yet: then the head says how many there are. */
int prefix_file_parse(const void *bytes, size_t length, uint64_t file_bytes,
                      const char identity[HEARTH_SHA256_HEX], struct prefix_file_head *ret_head,
                      const int32_t **ret_tokens);

#endif
