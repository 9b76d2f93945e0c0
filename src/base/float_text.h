/* The shortest decimal text of a 32-bit float: the fewest digits that read back as the same float,
 * and of those the nearest to it. Any thread; no allocation, no locale.
 *
 * Source of the algorithm: R. Giulietti, "The Schubfach way to render doubles", 2020, with the
 * widths of a 32-bit float. */
#ifndef HEARTH_BASE_FLOAT_TEXT_H
#define HEARTH_BASE_FLOAT_TEXT_H

#include <stddef.h>

#define HEARTH_FLOAT_TEXT_MAX 16 /* "-0.000012345678" is the longest, without a NUL */

/* Writes `value`, which must be finite, as a JSON number ("0.25", "-1.5e-7", "1e20"); returns the
 * length, at most HEARTH_FLOAT_TEXT_MAX. No NUL. */
size_t hearth_float_text(float value, char ret_text[HEARTH_FLOAT_TEXT_MAX]);

#endif
