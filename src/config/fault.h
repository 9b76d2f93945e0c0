/* Gathers what is wrong with a configuration file, each fault with its file, line and column, so
 * that a person can mend all of them at once. Only HEARTH_FAULTS_MAX faults are kept; further ones
 * are counted. The list is allocated in the arena that is passed; one thread at a time. */
#ifndef HEARTH_CONFIG_FAULT_H
#define HEARTH_CONFIG_FAULT_H

#include "base/arena.h"
#include "config/definition.h"
#include "hearth/error.h"

#include <stddef.h>

enum { HEARTH_FAULTS_MAX = 100 };

struct hearth_fault_list {
    struct hearth_arena *arena;
    const char *file; /* of the faults to come */
    struct hearth_faults faults;
    size_t more; /* faults that were not kept */
};

/* An empty list. `file` (may be NULL) and the arena must outlive it; `list->file` may be changed as
 * reading moves on to the next file. */
void hearth_fault_list_init(struct hearth_fault_list *list, struct hearth_arena *arena,
                            const char *file);
/* Adds a fault. Line 0 says that it has no place in a file. Faults of one file are kept in the
 * order of their places. The message is cut at 511 bytes. */
void hearth_fault_add(struct hearth_fault_list *list, unsigned line, unsigned column,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* "KIND `WORD` is not known", with the nearest of the candidates (which end with NULL). */
void hearth_fault_add_unknown(struct hearth_fault_list *list, unsigned line, unsigned column,
                              const char *kind, const char *word, const char *const *candidates);
/* What was gathered as a return code: 0, or HEARTH_EFIELDS with the first fault and the number of
 * the others as the message. `ret_faults` may be NULL. */
int hearth_fault_list_end(const struct hearth_fault_list *list, struct hearth_faults *ret_faults,
                          struct hearth_error *error);

#endif
