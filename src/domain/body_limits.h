/* How much memory parsed bodies may take: one alone, and all together.
 *
 * The limits follow from the most bytes that a body may have as text. JSON grows when it is parsed;
 * lists of token ids, the largest honest ones, grow about tenfold, so ten times the text is the
 * most for one body, and four of the largest are the most for all. Small bodies may have the last
 * quarter of the room, so that a few large ones never lock everybody out.
 *
 * Pure arithmetic: who counts what is taken is the caller, from whatever thread. */
#ifndef HEARTH_DOMAIN_BODY_LIMITS_H
#define HEARTH_DOMAIN_BODY_LIMITS_H

#include <stdint.h>

#define HEARTH_BODY_NESTING_MAX 256 /* deeper than any schema allows; the JSON parser recurses */
#define HEARTH_BODY_GROWTH_MAX 10u
#define HEARTH_BODY_LARGEST_AT_ONCE 4u
/* Bytes, parsed: a body up to here may have the last quarter. */
#define HEARTH_BODY_SMALL (1u << 20)
/* Bytes, parsed, of one body's limit, however small that of its text. */
#define HEARTH_BODY_EACH_LEAST (16u << 20)

struct hearth_body_limits {
    uint64_t each_max, all_max; /* bytes, parsed */
};

enum hearth_body_verdict {
    HEARTH_BODY_FITS,
    HEARTH_BODY_TOO_DEEP,
    HEARTH_BODY_TOO_LARGE, /* even alone */
    HEARTH_BODY_NO_ROOM,   /* while others have it */
};

/* `text_max`: the most bytes of a body as text; any number. */
struct hearth_body_limits hearth_body_limits_for(uint64_t text_max);
/* A body that would take `bytes` and is nested `depth` levels, while others have `used` bytes. */
enum hearth_body_verdict hearth_body_judge(const struct hearth_body_limits *limits, uint64_t used,
                                           uint64_t bytes, uint64_t depth);

#endif
