/* Prints what standard output can show: colours and tables on a terminal, plain text in a file or a
 * pipe. Main thread only. */
#ifndef HEARTH_CLI_TERMINAL_H
#define HEARTH_CLI_TERMINAL_H

#include "base/arena.h"
#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum hearth_style {
    HEARTH_PLAIN,
    HEARTH_BOLD,
    HEARTH_DIM,
    HEARTH_GREEN,
    HEARTH_YELLOW,
    HEARTH_RED,
};

/* Columns of the terminal at standard output, now: a window may change. 80 where there is no
 * terminal, or it does not say. */
size_t hearth_terminal_columns(void);
bool hearth_terminal_out(void); /* is standard output a terminal? */
bool hearth_terminal_err(void); /* is standard error one? */
/* The escape sequence; "" where colours do not belong (no terminal, NO_COLOR, TERM=dumb). */
const char *hearth_style(enum hearth_style style);
const char *hearth_style_err(enum hearth_style style);

/* Prints text that came from outside: a control character but the line end becomes '?', so that it
 * cannot steer the terminal. */
void hearth_print_clean(FILE *out, const char *text);
/* The same, but prints only the beginning of the text that fits into `columns` columns. */
void hearth_print_beginning(FILE *out, const char *text, size_t columns);

/* "key          value" and a line end; nothing where the value is NULL or empty. */
void hearth_print_field(const char *key, const char *value);
/* The same of a path that the server tells from its home on: whole where it is of this machine's
 * `home`. */
void hearth_print_place(const char *key, const char *path, const char *home);

/* Prints a table: `cells` holds rows × columns texts, the first row is the head. On a terminal the
 * widest columns are cut so that a row fits; elsewhere nothing is cut. */
void hearth_print_table(const char *const *cells, size_t rows, size_t columns);

/* A table of things, a row for each. */
struct hearth_item_table {
    const char *const *head;
    size_t columns;
    /* Texts that live in the arena, or as long as the item. */
    void (*fill_row)(struct hearth_arena *arena, const json_t *item, const char **row);
    const char *none; /* printed where there are none */
};
/* HEARTH_ETOOLARGE when the arena is full. */
int hearth_print_items(struct hearth_arena *arena, const json_t *items,
                       const struct hearth_item_table *table, struct hearth_error *error);

#endif
