/* Requests that were given up because worker after worker ended under them (domain/crash_budget.h).
 * They are kept, so that a person may read them, try them again or throw them away. Bounded in
 * number and bytes; the oldest goes first. Loop thread only. */
#ifndef HEARTH_SERVING_DEAD_LETTERS_H
#define HEARTH_SERVING_DEAD_LETTERS_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

struct hearth_shared_input;

struct hearth_dead_letter {
    struct hearth_dead_letter *next;
    uint64_t id;
    char *model; /* "name:version" */
    char *client, *request_id;
    struct hearth_shared_input *shared;
    uint64_t seed_offset; /* as it was submitted (struct hearth_inference_part) */
    enum hearth_class class_;
    uint32_t attempts;
    uint64_t died_ms; /* wall clock */
    struct hearth_error error;
};

struct hearth_dead_letters;

struct hearth_dead_letters *hearth_dead_letters_create(size_t count_max, uint64_t bytes_max);
void hearth_dead_letters_destroy(struct hearth_dead_letters *letters); /* NULL is allowed */

/* Copies what the letter points to, and keeps its shared input; its id is set here when it is 0. A
 * letter that alone is over the bound in bytes is not kept. */
void hearth_dead_letters_add(struct hearth_dead_letters *letters,
                             const struct hearth_dead_letter *letter);
/* In the order in which they came; each is valid during its visit. */
void hearth_dead_letters_each(const struct hearth_dead_letters *letters,
                              void (*visit)(void *argument,
                                            const struct hearth_dead_letter *letter),
                              void *argument);
size_t hearth_dead_letters_count(const struct hearth_dead_letters *letters);
/* Takes it out of the list; from now on it is the caller's. NULL when there is none. */
struct hearth_dead_letter *hearth_dead_letters_take(struct hearth_dead_letters *letters,
                                                    uint64_t id);
void hearth_dead_letter_destroy(struct hearth_dead_letter *letter); /* NULL is allowed */

#endif
