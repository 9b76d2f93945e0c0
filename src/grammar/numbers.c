/* A range is cut into that of the negative numbers, whose digits lie in the mirrored range, and
 * that of the others. Digits are compared from the left: as long as they are those of a bound, the
 * next one is limited by it; once they differ, all that follow are free. */
#include "grammar/numbers.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Digits that a double keeps apart; of whole numbers it keeps one more, up to 2^53. */
#define DIGITS_MAX 15
#define INTEGER_MAX 16
/* Of numbers that nothing bounds, so that some digits are left behind the point. */
#define WHOLE_MAX 9

/* Numbers of so many digits before the point. `low` and `high` are the digits of the bounds,
 * without the point, of the same length: the shorter one is filled up with zeros. */
struct digits {
    struct hearth_gbnf *gbnf;
    bool integer;
    size_t whole, length;
    char low[36], high[36];
    bool low_open, high_open; /* the bound itself is not allowed */
};

int hearth_decimal_read(double number, struct hearth_decimal *ret_decimal)
{
    struct hearth_decimal decimal = {.negative = number < 0};
    char text[64];
    double read = -1;
    if (!isfinite(number) || fabs(number) > (double)HEARTH_DECIMAL_LIMIT)
        return HEARTH_EINVAL;
    for (int places = 0; read != fabs(number); places++) {
        if (places >= DIGITS_MAX)
            return HEARTH_EINVAL;
        snprintf(text, sizeof(text), "%.*f", places, fabs(number));
        hearth_parse_double(text, &read);
    }
    char *point = strchr(text, '.');
    if (point)
        *point = '\0';
    snprintf(decimal.whole, sizeof(decimal.whole), "%.16s", text);
    snprintf(decimal.fraction, sizeof(decimal.fraction), "%.15s", point ? point + 1 : "");
    if (point && strlen(decimal.whole) + strlen(decimal.fraction) > DIGITS_MAX)
        return HEARTH_EINVAL;
    *ret_decimal = decimal;
    return 0;
}

static int digits_order(const struct hearth_decimal *a, const struct hearth_decimal *b)
{
    size_t a_length = strlen(a->whole), b_length = strlen(b->whole);
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    int order = strcmp(a->whole, b->whole);
    return order ? order : strcmp(a->fraction, b->fraction);
}

int hearth_decimal_order(const struct hearth_decimal *a, const struct hearth_decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? digits_order(b, a) : digits_order(a, b);
}

static bool zeros(const char *text)
{
    return text[strspn(text, "0")] == '\0';
}

/* May the number end before digit `at`, where so far it is that of the bounds that still hold? An
 * end is as good as zeros for ever. */
static bool may_end(const struct digits *digits, size_t at, bool on_low, bool on_high)
{
    if (at < digits->whole)
        return false;
    bool above = !on_low || (zeros(digits->low + at) && !digits->low_open);
    bool below = !on_high || !zeros(digits->high + at) || !digits->high_open;
    return above && below;
}

/* What follows when no bound holds any more. */
static void write_free(const struct digits *digits, size_t at, struct hearth_buf *body)
{
    if (at < digits->whole)
        hearth_buf_printf(body, "[0-9]{%zu} ", digits->whole - at);
    if (digits->integer)
        return;
    size_t whole = at > digits->whole ? at : digits->whole;
    size_t room = whole < DIGITS_MAX ? DIGITS_MAX - whole : 0;
    if (at <= digits->whole && room > 0)
        hearth_buf_printf(body, "(\".\" [0-9]{1,%zu})?", room);
    else if (room > 0)
        hearth_buf_printf(body, "[0-9]{0,%zu}", room);
}

static void begin_alternative(struct hearth_buf *body)
{
    hearth_buf_text(body, body->length ? " | " : "");
}

/* Behind all digits of the bounds. On the upper one nothing but its end may follow; on an open
 * lower one something that is not zero. */
static void write_behind(const struct digits *digits, bool on_low, bool on_high,
                         struct hearth_buf *body)
{
    size_t at = digits->length;
    if (may_end(digits, at, on_low, on_high))
        hearth_buf_text(body, "\"\"");
    if (on_high || digits->integer)
        return;
    size_t room = at < DIGITS_MAX ? DIGITS_MAX - at : 0;
    const char *point = at == digits->whole ? "\".\" " : "";
    if (room == 0)
        return;
    begin_alternative(body);
    if (digits->low_open)
        hearth_buf_printf(body, "%s[0-9]{0,%zu} [1-9]", point, room - 1);
    else
        hearth_buf_printf(body, "%s[0-9]{1,%zu}", point, room);
}

static uint32_t write_from(const struct digits *digits, size_t at, bool on_low, bool on_high);

/* One digit, from `first` to `last`, and what may follow it. */
static void write_step(const struct digits *digits, size_t at, const char *range, bool on_low,
                       bool on_high, struct hearth_buf *body)
{
    const char *point = at == digits->whole ? "\".\" " : "";
    uint32_t rest = on_low || on_high ? write_from(digits, at + 1, on_low, on_high) : 0;
    if ((on_low || on_high) && !rest)
        return;
    begin_alternative(body);
    hearth_buf_printf(body, "%s[%s] ", point, range);
    if (rest)
        hearth_buf_printf(body, "r%u", rest);
    else
        write_free(digits, at + 1, body);
}

/* The digits that a bound allows: its own, behind which it still holds, and those between. */
static void write_digit(const struct digits *digits, size_t at, bool on_low, bool on_high,
                        struct hearth_buf *body)
{
    char low = on_low ? digits->low[at] : '0', high = on_high ? digits->high[at] : '9', range[4];
    if (low > high)
        return;
    if (on_low && on_high && low == high) {
        snprintf(range, sizeof(range), "%c", low);
        write_step(digits, at, range, true, true, body);
        return;
    }
    snprintf(range, sizeof(range), "%c", low);
    if (on_low)
        write_step(digits, at, range, true, false, body);
    snprintf(range, sizeof(range), "%c", high);
    if (on_high)
        write_step(digits, at, range, false, true, body);
    low = (char)(low + on_low);
    high = (char)(high - on_high);
    snprintf(range, sizeof(range), "%c-%c", low, high);
    if (low <= high)
        write_step(digits, at, range, false, false, body);
}

/* The rule of the digits from `at` on, where those before are the lower or upper bound's; 0 where
 * no number goes on so. */
static uint32_t write_from(const struct digits *digits, size_t at, bool on_low, bool on_high)
{
    struct hearth_buf body;
    hearth_buf_init(&body, 4096);
    if (at == digits->length) {
        write_behind(digits, on_low, on_high, &body);
    } else {
        if (may_end(digits, at, on_low, on_high))
            hearth_buf_text(&body, "\"\"");
        if (at < digits->whole || !digits->integer)
            write_digit(digits, at, on_low, on_high, &body);
    }
    uint32_t rule = body.length ? hearth_gbnf_rule(digits->gbnf, &body) : 0;
    hearth_buf_finish(&body);
    return rule;
}

/* Digits of a bound for numbers with `whole` digits before the point, filled up to `length`. */
static void fill(char *ret_digits, const struct hearth_decimal *value, size_t length)
{
    snprintf(ret_digits, 36, "%s%s", value->whole, value->fraction);
    for (size_t i = strlen(ret_digits); i < length; i++)
        ret_digits[i] = '0';
    ret_digits[length] = '\0';
}

/* The numbers with as many digits before the point as `low` or `high` has, or both. */
static void write_length(struct hearth_gbnf *gbnf, bool integer, size_t whole,
                         const struct hearth_number_bound *low,
                         const struct hearth_number_bound *high, struct hearth_buf *body)
{
    static const struct hearth_decimal nothing = {.whole = "0"};
    struct hearth_decimal least = {.whole = ""};
    for (size_t i = 0; i < whole; i++)
        least.whole[i] = i == 0 && whole > 1 ? '1' : '0';
    bool on_low = low->given && strlen(low->value.whole) == whole;
    bool on_high = high->given && strlen(high->value.whole) == whole;
    const struct hearth_decimal *from = on_low ? &low->value : &least;
    const struct hearth_decimal *to = on_high ? &high->value : &nothing;
    size_t fraction = strlen(from->fraction) > strlen(to->fraction) ? strlen(from->fraction)
                                                                    : strlen(to->fraction);
    struct digits digits = {.gbnf = gbnf,
                            .integer = integer,
                            .whole = whole,
                            .length = whole + fraction,
                            .low_open = on_low && low->exclusive,
                            .high_open = on_high && high->exclusive};
    fill(digits.low, from, digits.length);
    fill(digits.high, to, digits.length);
    uint32_t rule = write_from(&digits, 0, true, on_high);
    if (rule) {
        begin_alternative(body);
        hearth_buf_printf(body, "r%u", rule);
    }
}

/* Numbers that are not negative, nor are the bounds; appends alternatives. */
static void write_positive(struct hearth_gbnf *gbnf, bool integer,
                           const struct hearth_number_bound *low,
                           const struct hearth_number_bound *high, struct hearth_buf *body)
{
    size_t shortest = low->given ? strlen(low->value.whole) : 1;
    size_t longest = high->given ? strlen(high->value.whole) : integer ? INTEGER_MAX : WHOLE_MAX;
    if (low->given && high->given) {
        int order = digits_order(&low->value, &high->value);
        if (order > 0 || (order == 0 && (low->exclusive || high->exclusive)))
            return;
    }
    write_length(gbnf, integer, shortest, low, high, body);
    size_t between = shortest + 1, last = high->given ? longest - 1 : longest;
    if (between <= last && longest > shortest) {
        begin_alternative(body);
        hearth_buf_printf(body, "[1-9] [0-9]{%zu,%zu}", between - 1, last - 1);
        if (!integer && last < DIGITS_MAX)
            hearth_buf_printf(body, " (\".\" [0-9]{1,%zu})?", DIGITS_MAX - last);
    }
    if (high->given && longest > shortest)
        write_length(gbnf, integer, longest, low, high, body);
}

static const struct hearth_number_bound zero = {.given = true, .value = {.whole = "0"}};

static struct hearth_number_bound mirrored(const struct hearth_number_bound *bound)
{
    struct hearth_number_bound other = *bound;
    other.value.negative = false;
    return other;
}

uint32_t hearth_numbers_write(struct hearth_gbnf *gbnf, bool integer,
                              const struct hearth_number_bound *low,
                              const struct hearth_number_bound *high)
{
    bool low_negative = !low->given || low->value.negative;
    bool high_negative = high->given && high->value.negative;
    struct hearth_buf positive, negative;
    hearth_buf_init(&positive, 4096);
    hearth_buf_init(&negative, 4096);
    if (!high_negative)
        write_positive(gbnf, integer, low->given && !low->value.negative ? low : &zero, high,
                       &positive);
    if (low_negative) {
        struct hearth_number_bound from = high_negative ? mirrored(high) : zero;
        struct hearth_number_bound to = mirrored(low);
        from.exclusive = high_negative ? from.exclusive : true; /* no -0 */
        write_positive(gbnf, integer, &from, &to, &negative);
    }
    if (negative.length) {
        begin_alternative(&positive);
        uint32_t rule = hearth_gbnf_rule(gbnf, &negative);
        hearth_buf_printf(&positive, "\"-\" r%u", rule);
    }
    uint32_t rule = positive.length ? hearth_gbnf_rule(gbnf, &positive) : 0;
    hearth_buf_finish(&positive);
    hearth_buf_finish(&negative);
    return rule;
}
