#include "grammar/points.h"

#include "base/text.h"
#include "grammar/gbnf.h"

#include <string.h>

static void take_out(struct hearth_points *points, uint32_t at)
{
    memmove(&points->ranges[at], &points->ranges[at + 1],
            (points->count - at - 1) * sizeof(points->ranges[0]));
    points->count--;
}

static void put_in(struct hearth_points *points, uint32_t at, uint32_t first, uint32_t last)
{
    memmove(&points->ranges[at + 1], &points->ranges[at],
            (points->count - at) * sizeof(points->ranges[0]));
    points->ranges[at].first = first;
    points->ranges[at].last = last;
    points->count++;
}

/* One that touches another becomes one with it. */
static bool add(struct hearth_points *points, uint32_t first, uint32_t last)
{
    uint32_t at = 0;
    while (at < points->count && (uint64_t)points->ranges[at].last + 1 < first)
        at++;
    while (at < points->count && points->ranges[at].first <= (uint64_t)last + 1) {
        first = points->ranges[at].first < first ? points->ranges[at].first : first;
        last = points->ranges[at].last > last ? points->ranges[at].last : last;
        take_out(points, at);
    }
    if (points->count >= HEARTH_POINTS_MAX)
        return false;
    put_in(points, at, first, last);
    return true;
}

size_t hearth_point_read(const char *text, size_t length, uint32_t *ret_point)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t width = hearth_utf8_width(text, length);
    if (width == 0)
        return 0;
    *ret_point = width == 1 ? at[0] : at[0] & (0xFFu >> (width + 1));
    for (size_t i = 1; i < width; i++)
        *ret_point = *ret_point << 6 | (at[i] & 0x3Fu);
    return width;
}

bool hearth_points_add(struct hearth_points *points, uint32_t first, uint32_t last)
{
    bool below = first > 0xD7FF || add(points, first, last < 0xD7FF ? last : 0xD7FF);
    bool above = last < 0xE000 || add(points, first > 0xE000 ? first : 0xE000, last);
    return below && above;
}

bool hearth_points_add_all(struct hearth_points *points, const struct hearth_points *more)
{
    for (uint32_t i = 0; i < more->count; i++)
        if (!hearth_points_add(points, more->ranges[i].first, more->ranges[i].last))
            return false;
    return true;
}

void hearth_points_remove(struct hearth_points *points, uint32_t first, uint32_t last)
{
    for (uint32_t at = points->count; at-- > 0;) {
        uint32_t from = points->ranges[at].first, to = points->ranges[at].last;
        if (to < first || from > last)
            continue;
        take_out(points, at);
        if (to > last)
            put_in(points, at, last + 1, to);
        if (from < first)
            put_in(points, at, from, first - 1);
    }
}

void hearth_points_invert(struct hearth_points *points)
{
    struct hearth_points all = {.count = 2, .ranges = {{1, 0xD7FF}, {0xE000, HEARTH_POINT_LAST}}};
    for (uint32_t i = 0; i < points->count; i++)
        hearth_points_remove(&all, points->ranges[i].first, points->ranges[i].last);
    *points = all;
}

bool hearth_points_has(const struct hearth_points *points, uint32_t point)
{
    for (uint32_t i = 0; i < points->count; i++)
        if (point >= points->ranges[i].first && point <= points->ranges[i].last)
            return true;
    return false;
}

void hearth_points_write(const struct hearth_points *points, struct hearth_buf *body)
{
    hearth_buf_char(body, '[');
    for (uint32_t i = 0; i < points->count; i++) {
        hearth_gbnf_point(body, points->ranges[i].first);
        if (points->ranges[i].last == points->ranges[i].first)
            continue;
        hearth_buf_char(body, '-');
        hearth_gbnf_point(body, points->ranges[i].last);
    }
    hearth_buf_char(body, ']');
}
