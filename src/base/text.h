/* Small functions for texts: reading numbers strictly, checking UTF-8, writing hexadecimal and
 * base64, comparing secrets, finding the word that was probably meant. None of them depends on the
 * locale. Any thread. */
#ifndef HEARTH_BASE_TEXT_H
#define HEARTH_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole text must be a decimal number in [low, high]; otherwise HEARTH_EPARSE and the output
 * is untouched. */
int hearth_parse_int(const char *text, int64_t low, int64_t high, int64_t *ret_value);
int hearth_parse_double(const char *text, double *ret_value);
/* "10MB", "4GiB", "512" to bytes (k, M, G, T are powers of 1024). */
int hearth_parse_size(const char *text, uint64_t *ret_bytes);
/* "250ms", "30s", "5m", "2h", or a bare number of seconds, to milliseconds. */
int hearth_parse_duration(const char *text, uint64_t *ret_ms);

/* Bytes of the well-formed character at the start of the text (1 to 4), 0 when it is malformed or
 * cut off (RFC 3629: no surrogates, no overlong forms). */
size_t hearth_utf8_width(const char *text, size_t length);
bool hearth_utf8_valid(const char *text, size_t length);
/* Length of the longest prefix that ends with a whole character, when the rest is a character
 * that more bytes could complete. */
size_t hearth_utf8_whole(const char *text, size_t length);

/* `ret_hex` takes 2 × length characters and a NUL. */
void hearth_hex(const void *bytes, size_t length, char *ret_hex);

bool hearth_text_ends(const char *text, const char *end);
/* For qsort of an array of const char *. */
int hearth_text_order(const void *a, const void *b);

/* Is it this machine: "localhost", 127.0.0.0/8, ::1 (also in brackets)? */
bool hearth_host_is_loopback(const char *host);

/* Standard alphabet, padded (RFC 4648). */
int hearth_base64_append(struct hearth_buf *buf, const void *bytes, size_t length);

/* Time depends only on the lengths. */
bool hearth_secret_equal(const char *a, size_t a_length, const char *b, size_t b_length);

/* "1.5 GiB": the units that hearth_parse_size reads, one digit behind the point. Every size that a
 * person reads is written by this. */
void hearth_size_text(uint64_t bytes, char ret_text[16]);

/* The candidate nearest to a mistyped word (edit distance of at most a third of its length, and of
 * at most 3), or NULL. `candidates` ends with NULL. */
const char *hearth_nearest_word(const char *word, const char *const *candidates);

/* The sentence of a message that begins with its place in a source ("/folder/file.c:12: what went
 * wrong"): the part behind that, or all of it. */
const char *hearth_message_sentence(const char *message);

/* A model's name: [A-Za-z0-9][A-Za-z0-9._-]{0,95}, not all digits. The rule in words, for whoever
 * refuses a name: "… must be " HEARTH_NAME_RULE. */
#define HEARTH_NAME_RULE                                                                           \
    "1 to 96 letters, digits, dots, dashes and underscores that begin with a letter or digit and " \
    "are not all digits"
bool hearth_model_name_valid(const char *name);

/* A path within a folder: relative, UTF-8 without control characters and backslashes, at most
 * 512 bytes, no part empty, ".", ".." or longer than 255. */
bool hearth_inner_path_valid(const char *path);

#endif
