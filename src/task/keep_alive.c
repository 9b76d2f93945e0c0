/* Durations as Go's time.ParseDuration reads them, which is what Ollama's clients write. */
#include "task/keep_alive.h"

#include "base/error.h"
#include "domain/residency.h"

#include <string.h>

enum { DIGITS_MAX = 12 };

/* Milliseconds of one; 0: no such unit. */
static double unit_ms(const char *unit, size_t length)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"µs", 1e-3}, {"ms", 1},
                 {"s", 1e3},   {"m", 6e4},   {"h", 3.6e6}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].name) == length && memcmp(units[i].name, unit, length) == 0)
            return units[i].ms;
    return 0;
}

/* "1.5" of "1.5h"; the number of bytes, 0 for no number. */
static size_t read_number(const char *text, double *ret_value)
{
    double value = 0, place = 1;
    size_t length = 0, digits = 0;
    bool behind_point = false;
    for (; (text[length] >= '0' && text[length] <= '9') || (text[length] == '.' && !behind_point);
         length++) {
        if (text[length] == '.') {
            behind_point = true;
            continue;
        }
        if (++digits > DIGITS_MAX)
            return 0;
        value = value * 10 + (text[length] - '0');
        place *= behind_point ? 10 : 1;
    }
    *ret_value = value / place;
    return digits ? length : 0;
}

/* A sum of numbers with units. A bare number is seconds, which Ollama takes too. */
static bool read_sum(const char *text, double *ret_ms)
{
    double sum = 0, value;
    size_t length = read_number(text, &value);
    if (length && !text[length]) {
        *ret_ms = value * 1000;
        return true;
    }
    while (*text) {
        length = read_number(text, &value);
        size_t unit = strcspn(text + length, "0123456789.");
        double ms = length ? unit_ms(text + length, unit) : 0;
        if (ms <= 0)
            return false;
        sum += value * ms;
        text += length + unit;
    }
    *ret_ms = sum;
    return true;
}

static bool read_text(const char *text, double *ret_ms)
{
    bool negative = *text == '-';
    if (!text[negative] || !read_sum(text + negative, ret_ms))
        return false;
    if (negative)
        *ret_ms = -1;
    return true;
}

int hearth_keep_alive_read(const json_t *body, struct hearth_keep_alive *ret_keep,
                           struct hearth_error *error)
{
    const json_t *given = json_object_get(body, "keep_alive");
    double ms = json_number_value(given) * 1000;
    bool is_text = json_is_string(given) && json_string_length(given) > 0;
    if (is_text && !read_text(json_string_value(given), &ms))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "keep_alive: \"%.64s\" is no duration; \"5m\", \"1h30m\" and a "
                                "number of seconds are",
                                json_string_value(given));
    *ret_keep = (struct hearth_keep_alive){
        .given = is_text || json_is_number(given),
        .ms = ms < 0 || ms >= 1e15 ? HEARTH_KEEP_FOREVER : (uint64_t)ms,
    };
    return 0;
}
