#include "cli/terminal.h"

#include "base/error.h"
#include "base/memory.h"

#include "text/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* LEAST_WIDTH is the width below which a cut column would say nothing any more. */
enum { COLUMNS_MAX = 16, GAP = 2, LEAST_WIDTH = 8 };

bool hearth_terminal_out(void)
{
    return isatty(STDOUT_FILENO);
}

bool hearth_terminal_err(void)
{
    return isatty(STDERR_FILENO);
}

size_t hearth_terminal_columns(void)
{
    struct winsize size;
    if (!hearth_terminal_out() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/* https://no-color.org: NO_COLOR counts when it is not empty. */
/* A terminal that calls itself dumb understands no sequences either. */
static const char *style_on(bool terminal, enum hearth_style style)
{
    static const char *const sequences[] = {
        [HEARTH_PLAIN] = "\033[0m",  [HEARTH_BOLD] = "\033[1m",    [HEARTH_DIM] = "\033[2m",
        [HEARTH_GREEN] = "\033[32m", [HEARTH_YELLOW] = "\033[33m", [HEARTH_RED] = "\033[31m",
    };
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if (!terminal || (no && *no) || (term && strcmp(term, "dumb") == 0))
        return "";
    return sequences[style];
}

const char *hearth_style(enum hearth_style style)
{
    return style_on(hearth_terminal_out(), style);
}

const char *hearth_style_err(enum hearth_style style)
{
    return style_on(hearth_terminal_err(), style);
}

/* A model's name or a server's message may hold escape sequences, and a terminal obeys them: they
 * could hide text, or make it type. */
static void print_clean(FILE *out, const char *text, size_t length)
{
    while (length) {
        const struct hearth_character character = hearth_character_at(text, length);
        if (character.steers && *text != '\n')
            fputc('?', out);
        else
            fwrite(text, 1, character.length, out);
        text += character.length;
        length -= character.length;
    }
}

void hearth_print_clean(FILE *out, const char *text)
{
    print_clean(out, text, strlen(text));
}

void hearth_print_field(const char *key, const char *value)
{
    if (!value || !*value)
        return;
    printf("%s%-12s%s ", hearth_style(HEARTH_DIM), key, hearth_style(HEARTH_PLAIN));
    hearth_print_clean(stdout, value);
    putchar('\n');
}

void hearth_print_place(const char *key, const char *path, const char *home)
{
    char *whole = hearth_format("%s/%s", home, path);
    bool is_here = *path && *path != '/' && access(whole, F_OK) == 0;
    hearth_print_field(key, is_here ? whole : path);
    hearth_free(whole);
}

/* How many bytes the longest beginning of a text has that takes at most `columns` columns. */
static size_t bytes_within(const char *text, size_t columns)
{
    size_t taken = 0;
    for (size_t length = strlen(text); taken < length;) {
        const struct hearth_character character = hearth_character_at(text + taken, length - taken);
        if (character.columns > columns)
            break;
        columns -= character.columns;
        taken += character.length;
    }
    return taken;
}

void hearth_print_beginning(FILE *out, const char *text, size_t columns)
{
    print_clean(out, text, bytes_within(text, columns));
}

/* Prints at most `width` columns, the last one '…' when the text is longer; pads to the width. */
static void print_cell(const char *text, size_t width, bool pad)
{
    size_t length = strlen(text);
    bool is_cut = hearth_text_columns(text, length) > width;
    if (is_cut)
        length = bytes_within(text, width - 1);
    print_clean(stdout, text, length);
    if (is_cut)
        fputs("…", stdout);
    /* A wide character that did not fit leaves one column more. */
    if (pad)
        printf("%*s", (int)(width - hearth_text_columns(text, length) - is_cut + GAP), "");
}

/* Takes columns away from the widest, one at a time, until a row fits. Where all have reached the
 * least width, the terminal wraps the row. */
static void fit(size_t *widths, size_t columns)
{
    size_t room = hearth_terminal_columns(), total = 0;
    for (size_t i = 0; i < columns; i++)
        total += widths[i] + (i + 1 < columns ? GAP : 0);
    while (total > room) {
        size_t widest = 0;
        for (size_t i = 1; i < columns; i++)
            if (widths[i] > widths[widest])
                widest = i;
        if (widths[widest] <= LEAST_WIDTH)
            return;
        widths[widest]--;
        total--;
    }
}

void hearth_print_table(const char *const *cells, size_t rows, size_t columns)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < rows * columns; i++) {
        size_t width = hearth_text_columns(cells[i], strlen(cells[i]));
        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    /* In a file or a pipe nothing is cut: whatever reads it wants the whole. */
    if (hearth_terminal_out())
        fit(widths, columns);
    for (size_t row = 0; row < rows; row++) {
        if (row == 0)
            fputs(hearth_style(HEARTH_BOLD), stdout);
        for (size_t i = 0; i < columns; i++)
            print_cell(cells[row * columns + i], widths[i], i + 1 < columns);
        if (row == 0)
            fputs(hearth_style(HEARTH_PLAIN), stdout);
        putchar('\n');
    }
}

int hearth_print_items(struct hearth_arena *arena, const json_t *items,
                       const struct hearth_item_table *table, struct hearth_error *error)
{
    size_t count = json_array_size(items), columns = table->columns;
    const char **cells = hearth_arena_alloc(arena, (count + 1) * columns * sizeof(*cells));
    if (!cells)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "there are too many rows to show");
    memcpy(cells, table->head, columns * sizeof(*cells));
    for (size_t i = 0; i < count; i++)
        table->fill_row(arena, json_array_get(items, i), cells + (i + 1) * columns);
    if (count)
        hearth_print_table(cells, count + 1, columns);
    else
        printf("%s\n", table->none);
    return 0;
}
