/* Digests of what a vector depends on, put together part by part. Two rows of parts never give the
 * same bytes: each goes in with its length. SHA-256; one use each. */
#ifndef HEARTH_SERVING_VECTOR_DIGEST_H
#define HEARTH_SERVING_VECTOR_DIGEST_H

#include "domain/vector_cache.h"

#include <stddef.h>
#include <stdint.h>

struct hearth_digesting;

struct hearth_digesting *hearth_digesting_begin(void);
/* `bytes` NULL is another part than an empty one. */
void hearth_digesting_bytes(struct hearth_digesting *digesting, const void *bytes, size_t length);
void hearth_digesting_text(struct hearth_digesting *digesting, const char *text); /* or NULL */
void hearth_digesting_number(struct hearth_digesting *digesting, uint64_t number);
/* Frees it. */
void hearth_digesting_end(struct hearth_digesting *digesting,
                          struct hearth_vector_digest *ret_digest);

#endif
