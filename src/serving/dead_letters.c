#include "serving/dead_letters.h"

#include "base/memory.h"
#include "serving/shared_input.h"

#include <string.h>

/* About what a letter takes beside its input. */
enum { OWN_BYTES = 1024 };

struct hearth_dead_letters {
    struct hearth_dead_letter *first, **last;
    size_t count, count_max;
    uint64_t bytes, bytes_max, last_id;
};

struct hearth_dead_letters *hearth_dead_letters_create(size_t count_max, uint64_t bytes_max)
{
    struct hearth_dead_letters *letters = hearth_calloc(1, sizeof(*letters));
    letters->last = &letters->first;
    letters->count_max = count_max;
    letters->bytes_max = bytes_max;
    return letters;
}

void hearth_dead_letters_destroy(struct hearth_dead_letters *letters)
{
    if (!letters)
        return;
    while (letters->first)
        hearth_dead_letter_destroy(hearth_dead_letters_take(letters, letters->first->id));
    hearth_free(letters);
}

static uint64_t bytes_of(const struct hearth_dead_letter *letter)
{
    return OWN_BYTES + hearth_shared_input_bytes(letter->shared);
}

/* Would a letter of `more` bytes have to wait for room? The letters that are there are never more
 * than the bound, so that the sum cannot wrap around. */
static bool is_full(const struct hearth_dead_letters *letters, uint64_t more)
{
    return letters->count >= letters->count_max || letters->bytes + more > letters->bytes_max;
}

/* The oldest ones go until there is room: a person who looks in after a bad night wants to see the
 * last failures. The input is shared with whoever else still has it, and is counted here in full
 * all the same, because it may soon be held by nobody but its letter. */
void hearth_dead_letters_add(struct hearth_dead_letters *letters,
                             const struct hearth_dead_letter *letter)
{
    uint64_t bytes = bytes_of(letter);
    if (bytes > letters->bytes_max)
        return;
    while (letters->first && is_full(letters, bytes))
        hearth_dead_letter_destroy(hearth_dead_letters_take(letters, letters->first->id));
    struct hearth_dead_letter *copy = hearth_alloc(sizeof(*copy));
    *copy = *letter;
    copy->next = NULL;
    copy->id = letter->id ? letter->id : ++letters->last_id;
    copy->model = hearth_strdup(letter->model);
    copy->client = hearth_strdup(letter->client);
    copy->request_id = hearth_strdup(letter->request_id);
    copy->shared = hearth_shared_input_keep(letter->shared);
    *letters->last = copy;
    letters->last = &copy->next;
    letters->count++;
    letters->bytes += bytes;
}

void hearth_dead_letters_each(const struct hearth_dead_letters *letters,
                              void (*visit)(void *argument,
                                            const struct hearth_dead_letter *letter),
                              void *argument)
{
    for (const struct hearth_dead_letter *one = letters->first; one; one = one->next)
        visit(argument, one);
}

size_t hearth_dead_letters_count(const struct hearth_dead_letters *letters)
{
    return letters->count;
}

/* `last` points at the link that the next letter goes into, so it moves back when the last letter
 * goes. */
struct hearth_dead_letter *hearth_dead_letters_take(struct hearth_dead_letters *letters,
                                                    uint64_t id)
{
    struct hearth_dead_letter **link = &letters->first;
    while (*link && (*link)->id != id)
        link = &(*link)->next;
    struct hearth_dead_letter *letter = *link;
    if (!letter)
        return NULL;
    *link = letter->next;
    if (!*link)
        letters->last = link;
    letter->next = NULL;
    letters->count--;
    letters->bytes -= bytes_of(letter);
    return letter;
}

void hearth_dead_letter_destroy(struct hearth_dead_letter *letter)
{
    if (!letter)
        return;
    hearth_free(letter->model);
    hearth_free(letter->client);
    hearth_free(letter->request_id);
    hearth_shared_input_release(letter->shared);
    hearth_free(letter);
}
