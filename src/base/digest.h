/* Computes SHA-256 (FIPS 180-4), and gives random bytes, both through OpenSSL and the kernel. Any
 * thread, an object at a time. */
#ifndef HEARTH_BASE_DIGEST_H
#define HEARTH_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define HEARTH_SHA256_HEX 65 /* 64 digits and a NUL */

struct hearth_sha256;

struct hearth_sha256 *hearth_sha256_create(void);
void hearth_sha256_destroy(struct hearth_sha256 *digest); /* NULL is allowed */
void hearth_sha256_update(struct hearth_sha256 *digest, const void *bytes, size_t length);
/* Ends the computation; only destroy may follow. */
void hearth_sha256_hex(struct hearth_sha256 *digest, char ret_hex[HEARTH_SHA256_HEX]);

/* Whether the text is a digest: 64 hexadecimal digits in lower case. */
bool hearth_sha256_valid(const char *text);

/* Of bytes at hand. */
void hearth_sha256_of(const void *bytes, size_t length, char ret_hex[HEARTH_SHA256_HEX]);

/* HMAC-SHA256 (RFC 2104) of bytes at hand. */
void hearth_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        char ret_hex[HEARTH_SHA256_HEX]);

/* Unpredictable bytes; aborts when the system has none. */
void hearth_random_bytes(void *ret_bytes, size_t length);

#endif
