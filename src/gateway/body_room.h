/* The memory that the parsed bodies of all requests together may take. JSON of a few megabytes may
 * become seventy times as much when it is parsed. So what a body would become is measured before;
 * one that is too large by itself is refused, and so is one for which the others leave no room.
 * What was freed is given back to the kernel. Any thread. */
#ifndef HEARTH_GATEWAY_BODY_ROOM_H
#define HEARTH_GATEWAY_BODY_ROOM_H

#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_body_room;

/* A body with its room. Zeroed is one without. */
struct hearth_parsed_body {
    json_t *json;
    uint64_t bytes;
};

/* `body_max`: the most bytes that a body may have as text. */
struct hearth_body_room *hearth_body_room_create(uint64_t body_max);
void hearth_body_room_destroy(struct hearth_body_room *room); /* NULL is allowed */

/* Texts may hold U+0000 (hearth_json_parse_any_text). HEARTH_EPARSE for what is not JSON;
 * HEARTH_ETOOLARGE when it would be too much even alone; HEARTH_EQUEUEFULL while others have the
 * room. The caller frees the body with hearth_body_free. */
int hearth_body_parse(struct hearth_body_room *room, const char *text, size_t length,
                      struct hearth_parsed_body *ret_body, struct hearth_error *error);
void hearth_body_free(struct hearth_body_room *room, struct hearth_parsed_body body);

/* Room for what a request keeps beside its body: copies of its inputs that wait in a queue.
 * HEARTH_EQUEUEFULL while others have the room. */
int hearth_body_room_take(struct hearth_body_room *room, uint64_t bytes,
                          struct hearth_error *error);
void hearth_body_room_give(struct hearth_body_room *room, uint64_t bytes);

/* Whether enough has been freed that the kernel should have it back. */
bool hearth_body_room_is_untrimmed(const struct hearth_body_room *room);
/* Does it then; not on the loop. */
void hearth_body_room_trim(struct hearth_body_room *room);

#endif
