/* Requests under which worker after worker ended: kept, so that a person may read them, try them
 * again or throw them away. Bounded in number and bytes; the oldest goes first. Loop thread only.
 */
#ifndef HEARTH_SERVING_DEAD_LETTERS_H
#define HEARTH_SERVING_DEAD_LETTERS_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

struct hearth_dead_letter {
    struct hearth_dead_letter *next;
    uint64_t id;
    char *model; /* "name:version" */
    char *client, *request_id;
    struct hearth_input *input; /* one block, as input_copy.c makes it */
    enum hearth_class class_;
    uint32_t attempts;
    uint64_t died_ms; /* wall clock */
    struct hearth_error error;
};

struct hearth_dead_letters;

struct hearth_dead_letters *hearth_dead_letters_create(size_t count_max, uint64_t bytes_max);
void hearth_dead_letters_destroy(struct hearth_dead_letters *letters); /* NULL is allowed */

/* Copies what the letter points to; its id and `next` are set here when the id is 0. */
void hearth_dead_letters_add(struct hearth_dead_letters *letters,
                             const struct hearth_dead_letter *letter);
/* In the order in which they came. */
const struct hearth_dead_letter *hearth_dead_letters_first(const struct hearth_dead_letters *list);
size_t hearth_dead_letters_count(const struct hearth_dead_letters *letters);
/* Out of the list, the caller's now; NULL when there is none. */
struct hearth_dead_letter *hearth_dead_letters_take(struct hearth_dead_letters *letters,
                                                    uint64_t id);
void hearth_dead_letter_destroy(struct hearth_dead_letter *letter); /* NULL is allowed */

#endif
