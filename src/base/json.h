/* Reads and writes JSON: with jansson for parsing and for building small documents, with a writer
 * of our own that appends to a buffer for what is written often. Other folders include this header,
 * never <jansson.h>. Any thread, a document at a time. */
#ifndef HEARTH_BASE_JSON_H
#define HEARTH_BASE_JSON_H

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>

/* Parses a whole text; on failure returns NULL and sets HEARTH_EPARSE with line, column and what is
 * wrong, in words that quote nothing of the text but a plain key (or HEARTH_ENOMEM). Duplicate keys
 * and NUL characters are refused. The caller owns the result (json_decref). */
json_t *hearth_json_parse(const char *text, size_t length, struct hearth_error *error);

/* The same of one value among others: where a fault is, is given apart, and not told in the
 * message. Lines and columns count from 1 within the text. */
json_t *hearth_json_parse_part(const char *text, size_t length, int *ret_line, int *ret_column,
                               struct hearth_error *error);

/* The same for what other programs write without a thought for 64 bits ("model_max_length":
 * 1000000000000000019884624838656 is transformers' "no limit"): an integer that has no room in them
 * becomes a real of at least 13 digits, and what is beyond reals is 1e308. All other numbers stay
 * exact, and hearth_json_integer takes no real for one. `text` may be written to. */
json_t *hearth_json_parse_wide(char *text, size_t length, struct hearth_error *error);

/* The same, but a text (not a key) may hold U+0000: such a one is only whole with its length. Who
 * reads texts without it asks hearth_json_has_nul first. */
json_t *hearth_json_parse_any_text(const char *text, size_t length, struct hearth_error *error);
/* Does any text in it hold one? Recurses as deep as the value. */
bool hearth_json_has_nul(const json_t *value);

/* What a text becomes when it is parsed, told without parsing it: a byte or two of text may become
 * two hundred bytes of tree. Valid or not, the parser makes no more of it than this. Pure; a few
 * milliseconds for a megabyte. */
struct hearth_json_size {
    uint64_t bytes; /* of memory, texts included */
    uint64_t values, depth;
    uint64_t members; /* the most that one object has; very deep ones are counted together */
};
struct hearth_json_size hearth_json_measure(const char *text, size_t length);

/* Compact, keys in the order of insertion, reals short (0.0002, 2.0); as deep as the value. */
int hearth_json_dump(struct hearth_buf *buf, const json_t *value);

/* The member as text, number or truth, or the fallback when it is absent or of another type. The
 * object may be NULL. */
const char *hearth_json_text(const json_t *object, const char *key, const char *fallback);
json_int_t hearth_json_integer(const json_t *object, const char *key, json_int_t fallback);
double hearth_json_number(const json_t *object, const char *key, double fallback);
bool hearth_json_truth(const json_t *object, const char *key, bool fallback);

/* Appends a quoted string; bytes that are not UTF-8 become U+FFFD. `text` may be NULL when it is
 * empty. */
int hearth_json_write_string(struct hearth_buf *buf, const char *text, size_t length);
/* The same for a text that ends with NUL; NULL is an empty one. */
int hearth_json_write_text(struct hearth_buf *buf, const char *text);
/* Appends the shortest text that reads back as the same number; not-a-number and infinities
 * become null. */
int hearth_json_write_double(struct hearth_buf *buf, double value);
int hearth_json_write_float(struct hearth_buf *buf, float value);
/* "[1,0.5,…]" of `count` floats. */
int hearth_json_write_floats(struct hearth_buf *buf, const float *values, size_t count);

#endif
