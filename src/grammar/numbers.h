/* Numbers within bounds, as rules: "from 0.5 to 2" is a language of digits. Bounds are decimals of
 * at most 15 digits, or whole numbers up to 2^53; so are the numbers of the rules, which have no
 * exponent: doubles keep such numbers apart, so that reading one never moves it onto a bound or
 * beyond it. Pure. */
#ifndef HEARTH_GRAMMAR_NUMBERS_H
#define HEARTH_GRAMMAR_NUMBERS_H

#include "base/error.h"
#include "grammar/gbnf.h"

#include <stdbool.h>

/* 2^53: beyond it no number of the rules goes. */
#define HEARTH_DECIMAL_LIMIT 9007199254740992

struct hearth_decimal {
    bool negative;
    char whole[17];    /* digits before the point, "0" at least, no zero in front of others */
    char fraction[17]; /* digits behind it, without zeros at the end */
};

/* A bound of a range; where it is not given, everything is allowed on its side. */
struct hearth_number_bound {
    bool given, exclusive;
    struct hearth_decimal value;
};

/* HEARTH_EINVAL where it has too many digits. */
int hearth_decimal_read(double number, struct hearth_decimal *ret_decimal);
/* Below, equal, above: negative, 0, positive. */
int hearth_decimal_order(const struct hearth_decimal *a, const struct hearth_decimal *b);

/* The rule of the numbers from `low` to `high`; 0 where there are none. */
uint32_t hearth_numbers_write(struct hearth_gbnf *gbnf, bool integer,
                              const struct hearth_number_bound *low,
                              const struct hearth_number_bound *high);

#endif
