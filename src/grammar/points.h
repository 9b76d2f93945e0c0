/* Sets of Unicode code points: what a class of a regular expression matches. Half surrogates are
 * never in a set. A set holds at most HEARTH_POINTS_MAX ranges; what would need more is refused by
 * `add`. Pure; a set is a value. */
#ifndef HEARTH_GRAMMAR_POINTS_H
#define HEARTH_GRAMMAR_POINTS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_POINTS_MAX 256u
#define HEARTH_POINT_LAST 0x10FFFFu

struct hearth_points {
    uint32_t count;
    struct {
        uint32_t first, last;
    } ranges[HEARTH_POINTS_MAX + 16]; /* sorted, apart; more while one is being made */
};

/* The bytes of the code point of UTF-8 that a text begins with; 0 where none does. */
size_t hearth_point_read(const char *text, size_t length, uint32_t *ret_point);

/* False where there are too many ranges. */
bool hearth_points_add(struct hearth_points *points, uint32_t first, uint32_t last);
bool hearth_points_add_all(struct hearth_points *points, const struct hearth_points *more);
void hearth_points_remove(struct hearth_points *points, uint32_t first, uint32_t last);
void hearth_points_invert(struct hearth_points *points);
bool hearth_points_has(const struct hearth_points *points, uint32_t point);

/* "[a-z]" in GBNF; the set is not empty. */
void hearth_points_write(const struct hearth_points *points, struct hearth_buf *body);

#endif
