#include "config/fault.h"

#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

void hearth_fault_list_init(struct hearth_fault_list *list, struct hearth_arena *arena,
                            const char *file)
{
    *list = (struct hearth_fault_list){.arena = arena, .file = file};
}

/* A message longer than this is cut: it quotes what the user wrote. */
enum { MESSAGE_MAX = 512 };

/* The rows are one array, made with the first fault: most files have none. */
static struct hearth_fault *next_row(struct hearth_fault_list *list)
{
    if (!list->faults.rows)
        list->faults.rows =
            hearth_arena_alloc(list->arena, HEARTH_FAULTS_MAX * sizeof(*list->faults.rows));
    if (!list->faults.rows || list->faults.count == HEARTH_FAULTS_MAX)
        return NULL;
    return &list->faults.rows[list->faults.count];
}

/* Faults of different files keep the order in which the files were read. */
static bool comes_before(const struct hearth_fault *a, const struct hearth_fault *b)
{
    if (a->file != b->file)
        return false;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void hearth_fault_add(struct hearth_fault_list *list, unsigned line, unsigned column,
                      const char *format, ...)
{
    struct hearth_fault *row = next_row(list);
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    /* A message that is cut ends with a whole character. */
    size_t kept = length < 0 ? 0 : (size_t)length;
    if (kept >= sizeof(message))
        kept = hearth_utf8_whole(message, sizeof(message) - 1);
    /* Without room for one more, or for its text, a fault is only counted. */
    const char *copy = row ? hearth_arena_strndup(list->arena, message, kept) : NULL;
    if (!copy) {
        list->more++;
        return;
    }
    *row = (struct hearth_fault){list->file, line, column, copy};
    list->faults.count++;
    /* A reader goes through the file once, from its top. */
    for (; row > list->faults.rows && comes_before(row, row - 1); row--) {
        struct hearth_fault later = row[-1];
        row[-1] = *row;
        *row = later;
    }
}

/* A word with no candidate near it gets no suggestion: a wrong one would be worse than none. */
void hearth_fault_add_unknown(struct hearth_fault_list *list, unsigned line, unsigned column,
                              const char *kind, const char *word, const char *const *candidates)
{
    const char *nearest = hearth_nearest_word(word, candidates);
    if (nearest)
        hearth_fault_add(list, line, column, "%s `%s` is not known; did you mean `%s`?", kind, word,
                         nearest);
    else
        hearth_fault_add(list, line, column, "%s `%s` is not known", kind, word);
}

/* The error carries the first fault and counts the others; the whole list is for who can show it.
 */
int hearth_fault_list_end(const struct hearth_fault_list *list, struct hearth_faults *ret_faults,
                          struct hearth_error *error)
{
    if (ret_faults)
        *ret_faults = list->faults;
    size_t others = list->faults.count + list->more;
    if (others == 0)
        return 0;
    /* Faults that were only counted: not even the first one found memory. */
    if (list->faults.count == 0)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "%s is too large to be read",
                                list->file ? list->file : "the input");
    const struct hearth_fault *first = &list->faults.rows[0];
    char rest[48] = "";
    if (--others)
        snprintf(rest, sizeof(rest), " (and %zu more)", others);
    if (first->line)
        return hearth_error_set(error, HEARTH_EFIELDS, "%s:%u:%u: %s%s", first->file, first->line,
                                first->column, first->message, rest);
    return hearth_error_set(error, HEARTH_EFIELDS, "%s%s", first->message, rest);
}
