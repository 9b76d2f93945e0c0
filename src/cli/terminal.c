#include "cli/terminal.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MAX = 16, GAP = 2, LEAST_WIDTH = 8 };

bool hearth_terminal_out(void)
{
    return isatty(STDOUT_FILENO);
}

bool hearth_terminal_err(void)
{
    return isatty(STDERR_FILENO);
}

int hearth_terminal_columns(void)
{
    struct winsize size;
    if (!hearth_terminal_out() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
        return 80;
    return size.ws_col;
}

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

size_t hearth_text_columns(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void hearth_print_clean(const char *text)
{
    for (size_t length = strlen(text); length;) {
        size_t width = hearth_utf8_width(text, length);
        unsigned char c = (unsigned char)*text;
        bool control = width == 0 || (width == 1 && (c < 0x20 || c == 0x7f) && c != '\n') ||
                       (width == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0);
        if (control)
            putchar('?');
        else
            fwrite(text, 1, width, stdout);
        width = width ? width : 1;
        text += width;
        length -= width;
    }
}

/* Prints at most `width` columns, the last one '…' when the text is longer; pads to the width. */
static void print_cell(const char *text, size_t width, bool pad)
{
    size_t columns = hearth_text_columns(text);
    char cut[1024];
    if (columns > width) {
        size_t bytes = 0, kept = 0;
        while (text[bytes] && bytes + 8 < sizeof(cut)) {
            if (((unsigned char)text[bytes] & 0xc0) != 0x80 && ++kept == width)
                break;
            bytes++;
        }
        snprintf(cut, sizeof(cut), "%.*s…", (int)bytes, text);
        text = cut;
        columns = width;
    }
    hearth_print_clean(text);
    if (pad)
        printf("%*s", (int)(width - columns + GAP), "");
}

/* Takes columns away from the widest until the row fits. */
static void fit(size_t *widths, size_t columns)
{
    size_t room = (size_t)hearth_terminal_columns(), total = 0;
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
        size_t width = hearth_text_columns(cells[i]);
        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
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
