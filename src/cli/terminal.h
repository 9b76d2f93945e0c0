/* What standard output can show: colours and tables on a terminal, plain text elsewhere. Main
 * thread only. */
#ifndef HEARTH_CLI_TERMINAL_H
#define HEARTH_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_style {
    HEARTH_PLAIN,
    HEARTH_BOLD,
    HEARTH_DIM,
    HEARTH_GREEN,
    HEARTH_YELLOW,
    HEARTH_RED,
};

/* Columns of the terminal at standard output; 80 where there is none. */
int hearth_terminal_columns(void);
bool hearth_terminal_out(void); /* is standard output a terminal? */
bool hearth_terminal_err(void); /* is standard error one? */
/* The escape sequence; "" where colours do not belong (no terminal, NO_COLOR, TERM=dumb). */
const char *hearth_style(enum hearth_style style);
const char *hearth_style_err(enum hearth_style style);

/* Characters of UTF-8 text (one column each is good enough here). */
size_t hearth_text_columns(const char *text);
/* Prints text that came from outside: control characters become '?'. */
void hearth_print_clean(const char *text);

/* A table: `cells` is rows × columns, the first row the head. On a terminal the widest column is
 * cut so that a row fits; elsewhere nothing is cut. */
void hearth_print_table(const char *const *cells, size_t rows, size_t columns);

#endif
