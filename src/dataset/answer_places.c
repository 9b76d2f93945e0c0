#include "dataset/answer_places.h"

#include "dataset/learnt_answers.h"

#include <string.h>

/* A template that is not found out by then may have its answers looked for one by one. */
enum { RENDERED_MAX = HEARTH_LEARN_RENDERED_MAX / 2 };
enum { WINDOW_MAX = 8 }; /* messages; more where the last two questions lie further back */

struct walk {
    struct hearth_conversation_text *conversation;
    const struct hearth_buf *whole;
    size_t from, at;         /* the window: messages `from` … `at` − 1 */
    size_t place;            /* where message `at` begins in the whole */
    struct hearth_buf shown; /* the window's text */
    struct hearth_buf next;
};

static bool render(struct walk *walk, size_t to, bool answer_begins, struct hearth_buf *text)
{
    struct hearth_error refused = {.code = 0};
    return walk->conversation->rendered < RENDERED_MAX &&
           hearth_conversation_render(walk->conversation, walk->from, to, answer_begins, text,
                                      &refused) == 0;
}

static bool goes_on(const struct walk *walk)
{
    return hearth_conversation_common(&walk->shown, &walk->next) == walk->shown.length;
}

/* The last but one question within the window, or the window's own beginning: so an answer sees its
 * question, and the question what stood before it. */
static size_t later_beginning(const struct walk *walk)
{
    int questions = 0;
    for (size_t i = walk->at; i-- > walk->from + 1;) {
        const json_t *message = json_array_get(walk->conversation->messages, i);
        if (strcmp(hearth_json_text(message, "role", ""), "user") == 0 && ++questions == 2)
            return i;
    }
    return walk->from;
}

static bool move_window(struct walk *walk)
{
    size_t from = walk->at - walk->from > WINDOW_MAX ? later_beginning(walk) : walk->from;
    if (from == walk->from)
        return true;
    walk->from = from;
    return render(walk, walk->at, false, &walk->shown);
}

/* Behind message `at`, if what it adds stands in the whole. */
static bool step(struct walk *walk)
{
    if (!render(walk, walk->at + 1, false, &walk->next) || !goes_on(walk))
        return false;
    size_t added = walk->next.length - walk->shown.length;
    if (added > walk->whole->length - walk->place ||
        memcmp(walk->next.bytes + walk->shown.length, walk->whole->bytes + walk->place, added) != 0)
        return false;
    struct hearth_buf kept = walk->shown;
    walk->shown = walk->next;
    walk->next = kept;
    walk->place += added;
    walk->at++;
    return true;
}

/* The beginning of an answer may go another way than this one (it begins a thought). */
static bool find_start(struct walk *walk, size_t *ret_start)
{
    if (!render(walk, walk->at, true, &walk->next) || !goes_on(walk))
        return false;
    size_t from = walk->shown.length, same = 0;
    while (from + same < walk->next.length && walk->place + same < walk->whole->length &&
           walk->next.bytes[from + same] == walk->whole->bytes[walk->place + same])
        same++;
    *ret_start = walk->place + same;
    return true;
}

static bool find(struct walk *walk, const bool *learnt, size_t last,
                 struct hearth_answer_place *places)
{
    if (!render(walk, walk->at, false, &walk->shown) ||
        hearth_conversation_common(&walk->shown, walk->whole) != walk->shown.length)
        return false;
    walk->place = walk->shown.length;
    while (walk->at <= last) {
        size_t at = walk->at;
        if (!move_window(walk) || (learnt[at] && !find_start(walk, &places[at].start)) ||
            !step(walk) || (learnt[at] && places[at].start > walk->place))
            return false;
        places[at].stop = walk->place;
    }
    return walk->at < walk->conversation->count || walk->place == walk->whole->length;
}

bool hearth_answer_places_find(struct hearth_conversation_text *conversation,
                               const struct hearth_buf *whole, const bool *learnt,
                               struct hearth_answer_place *places)
{
    struct walk walk = {.conversation = conversation, .whole = whole};
    size_t last = conversation->count - 1;
    while (!learnt[walk.at])
        walk.at++;
    while (!learnt[last])
        last--;
    hearth_buf_init(&walk.shown, HEARTH_LEARNT_TEXT_MAX);
    hearth_buf_init(&walk.next, HEARTH_LEARNT_TEXT_MAX);
    bool found = find(&walk, learnt, last, places);
    hearth_buf_finish(&walk.shown);
    hearth_buf_finish(&walk.next);
    return found;
}
