#include "gateway/body_room.h"

#include "base/memory.h"

#include <stdatomic.h>

enum {
    NESTING_MAX = 256, /* deeper than any body that a schema allows; jansson recurses */
    GROWTH_MAX = 10,   /* of the text's limit: token ids of four digits grow so */
    BODIES = 4,        /* of the largest at once */
    SMALL = 1 << 20,   /* these may have the last quarter, which the others leave to them */
    LEAST = 16 << 20,  /* of one body's limit, however small that of its text */
    TRIM_AFTER = 32 << 20,
};

struct hearth_body_room {
    uint64_t each_max, all_max;
    atomic_uint_fast64_t used, freed;
};

struct hearth_body_room *hearth_body_room_create(uint64_t body_max)
{
    struct hearth_body_room *room = hearth_calloc(1, sizeof(*room));
    room->each_max =
        body_max > UINT64_MAX / GROWTH_MAX / BODIES ? UINT64_MAX / BODIES : body_max * GROWTH_MAX;
    if (room->each_max < LEAST)
        room->each_max = LEAST;
    room->all_max = room->each_max * BODIES;
    return room;
}

void hearth_body_room_destroy(struct hearth_body_room *room)
{
    hearth_free(room);
}

static bool take(struct hearth_body_room *room, uint64_t bytes)
{
    uint64_t limit = bytes > SMALL ? room->all_max / 4 * 3 : room->all_max;
    if (atomic_fetch_add(&room->used, bytes) + bytes <= limit)
        return true;
    atomic_fetch_sub(&room->used, bytes);
    return false;
}

static int check(const struct hearth_body_room *room, const struct hearth_json_size *size,
                 struct hearth_error *error)
{
    if (size->depth > NESTING_MAX)
        return hearth_error_set(error, HEARTH_EPARSE, "JSON, nested deeper than %d levels",
                                NESTING_MAX);
    if (size->bytes > room->each_max)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "the body holds %llu values, which would take %llu MB of memory; "
                                "%llu MB is the most for one request",
                                (unsigned long long)size->values,
                                (unsigned long long)(size->bytes >> 20),
                                (unsigned long long)(room->each_max >> 20));
    return 0;
}

int hearth_body_room_take(struct hearth_body_room *room, uint64_t bytes, struct hearth_error *error)
{
    return take(room, bytes) ? 0
                             : hearth_error_set(error, HEARTH_EQUEUEFULL,
                                                "other requests' bodies take all the memory that "
                                                "there is for bodies");
}

void hearth_body_room_give(struct hearth_body_room *room, uint64_t bytes)
{
    atomic_fetch_sub(&room->used, bytes);
    atomic_fetch_add(&room->freed, bytes);
}

int hearth_body_parse(struct hearth_body_room *room, const char *text, size_t length,
                      struct hearth_parsed_body *ret_body, struct hearth_error *error)
{
    *ret_body = (struct hearth_parsed_body){0};
    if (length == 0)
        return hearth_error_set(error, HEARTH_EPARSE, "the body is empty, JSON is expected");
    const struct hearth_json_size size = hearth_json_measure(text, length);
    int rc = check(room, &size, error);
    if (rc)
        return rc;
    rc = hearth_body_room_take(room, size.bytes, error);
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

void hearth_body_room_trim(struct hearth_body_room *room)
{
    if (!hearth_body_room_is_untrimmed(room))
        return;
    atomic_store(&room->freed, 0);
    hearth_memory_trim();
}
