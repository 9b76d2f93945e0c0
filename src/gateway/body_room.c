/* The arithmetic is in domain/body_limits.h; here are the counters that several threads share. */
#include "gateway/body_room.h"

#include "base/memory.h"
#include "domain/body_limits.h"

#include <stdatomic.h>

/* Freed bytes after which the kernel should have the memory back. */
enum { TRIM_AFTER = 32 << 20 };

struct hearth_body_room {
    struct hearth_body_limits limits;
    atomic_uint_fast64_t used, freed;
};

struct hearth_body_room *hearth_body_room_create(uint64_t body_max)
{
    struct hearth_body_room *room = hearth_calloc(1, sizeof(*room));
    room->limits = hearth_body_limits_for(body_max);
    return room;
}

void hearth_body_room_destroy(struct hearth_body_room *room)
{
    hearth_free(room);
}

/* Taken before it is judged, and given back when it does not fit: two that are parsed on different
 * threads never have the same room. */
static enum hearth_body_verdict take(struct hearth_body_room *room,
                                     const struct hearth_json_size *size)
{
    uint64_t used = atomic_fetch_add(&room->used, size->bytes);
    enum hearth_body_verdict verdict =
        hearth_body_judge(&room->limits, used, size->bytes, size->depth);
    if (verdict != HEARTH_BODY_FITS)
        atomic_fetch_sub(&room->used, size->bytes);
    return verdict;
}

static int refuse(const struct hearth_body_room *room, enum hearth_body_verdict verdict,
                  const struct hearth_json_size *size, struct hearth_error *error)
{
    switch (verdict) {
    case HEARTH_BODY_FITS:
        return 0;
    case HEARTH_BODY_TOO_DEEP:
        return hearth_error_set(error, HEARTH_EPARSE, "the JSON is nested deeper than %d levels",
                                HEARTH_BODY_NESTING_MAX);
    case HEARTH_BODY_TOO_LARGE:
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "the body holds %llu values, which would take %llu MB of memory; "
                                "%llu MB is the most for one request",
                                (unsigned long long)size->values,
                                (unsigned long long)(size->bytes >> 20),
                                (unsigned long long)(room->limits.each_max >> 20));
    case HEARTH_BODY_NO_ROOM:
        break;
    }
    return hearth_error_set(error, HEARTH_EQUEUEFULL,
                            "other requests' bodies take all the memory that there is for bodies");
}

int hearth_body_room_take(struct hearth_body_room *room, uint64_t bytes, struct hearth_error *error)
{
    const struct hearth_json_size size = {.bytes = bytes};
    return refuse(room, take(room, &size), &size, error);
}

/* `freed` only grows until the next trim: it says how much the allocator may be sitting on. */
void hearth_body_room_give(struct hearth_body_room *room, uint64_t bytes)
{
    atomic_fetch_sub(&room->used, bytes);
    atomic_fetch_add(&room->freed, bytes);
}

/* Room is taken by the measure, before the first byte is parsed, and given back if parsing
 * fails. */
int hearth_body_parse(struct hearth_body_room *room, const char *text, size_t length,
                      struct hearth_parsed_body *ret_body, struct hearth_error *error)
{
    *ret_body = (struct hearth_parsed_body){0};
    if (length == 0)
        return hearth_error_set(error, HEARTH_EPARSE, "the body is empty; JSON is expected");
    const struct hearth_json_size size = hearth_json_measure(text, length);
    int rc = refuse(room, take(room, &size), &size, error);
    if (rc)
        return rc;
    ret_body->bytes = size.bytes;
    ret_body->json = hearth_json_parse_any_text(text, length, error);
    if (ret_body->json)
        return 0;
    hearth_body_free(room, *ret_body);
    *ret_body = (struct hearth_parsed_body){0};
    return error->code;
}

void hearth_body_free(struct hearth_body_room *room, struct hearth_parsed_body body)
{
    json_decref(body.json);
    hearth_body_room_give(room, body.bytes);
}

bool hearth_body_room_is_untrimmed(const struct hearth_body_room *room)
{
    return atomic_load(&room->freed) >= TRIM_AFTER;
}

/* Two threads may both come here; the second trim finds little to do, which is cheaper than a
 * lock. */
void hearth_body_room_trim(struct hearth_body_room *room)
{
    if (!hearth_body_room_is_untrimmed(room))
        return;
    atomic_store(&room->freed, 0);
    hearth_memory_trim();
}
