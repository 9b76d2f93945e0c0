#include "cli/line_editor.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "text/columns.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_BYTES = 64 * 1024, HISTORY = 200 };

/* What read_key returns: a key of these, or the first byte of what was typed. */
enum key {
    KEY_NONE = 0x110000, /* above every code point */
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_EOF,
};

/* A terminal sends Ctrl with a letter as the letter's lowest five bits (ASCII). */
#define CONTROL(letter) ((letter)&0x1f)

struct hearth_line_editor {
    struct hearth_buf line;
    size_t cursor; /* in bytes */
    char *history[HISTORY];
    size_t history_count, history_at; /* history_at == count: the line being typed */
    char *typed;                      /* that line, while an older one is shown */
    int shown_rows;                   /* rows above the cursor's when last drawn */
};

struct hearth_line_editor *hearth_line_editor_create(void)
{
    struct hearth_line_editor *editor = hearth_calloc(1, sizeof(*editor));
    hearth_buf_init(&editor->line, LINE_BYTES);
    return editor;
}

void hearth_line_editor_destroy(struct hearth_line_editor *editor)
{
    if (!editor)
        return;
    for (size_t i = 0; i < editor->history_count; i++)
        hearth_free(editor->history[i]);
    hearth_free(editor->typed);
    hearth_buf_finish(&editor->line);
    hearth_free(editor);
}

/* One at a time: what is typed ahead stays in the terminal for the next reader. */
static int read_byte(void)
{
    unsigned char byte;
    ssize_t got;
    do
        got = read(STDIN_FILENO, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 ? byte : -1;
}

/* What follows ESC: CSI sequences ("[", ECMA-48) or SS3 ones ("O", which terminals send in
 * application mode). Numbers behind the first are modifiers such as Shift, which mean nothing here,
 * but must be read to their end, or they would be typed into the line. */
static int read_escape(void)
{
    int kind = read_byte();
    if (kind != '[' && kind != 'O')
        return KEY_NONE;
    int byte = read_byte(), number = 0;
    while (byte >= '0' && byte <= '9') {
        /* Whatever is sent, the number stays small: it is only compared. */
        number = (number * 10 + byte - '0') % 1000;
        byte = read_byte();
    }
    while (byte == ';' || (byte >= '0' && byte <= '9'))
        byte = read_byte();
    switch (byte) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    /* "CSI number ~" is the way of the VT220; 7 and 8 are rxvt's Home and End. */
    case '~':
        return number == 3                  ? KEY_DELETE
               : number == 1 || number == 7 ? KEY_HOME
               : number == 4 || number == 8 ? KEY_END
                                            : KEY_NONE;
    default:
        return KEY_NONE;
    }
}

/* A key, or the first byte of a character all of whose bytes are put into `ret_text`. How many
 * follow is told by the first byte's upper bits (UTF-8, RFC 3629). */
static int read_key(char ret_text[5])
{
    int byte = read_byte();
    if (byte < 0)
        return KEY_EOF;
    if (byte == 27)
        return read_escape();
    size_t length = 1, want = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    ret_text[0] = (char)byte;
    while (length < want && (byte = read_byte()) >= 0)
        ret_text[length++] = (char)byte;
    ret_text[length] = '\0';
    return (unsigned char)ret_text[0];
}

/* Is what stands here put onto what is before it: a combining mark, a joiner? */
static bool is_mark(const struct hearth_line_editor *editor, size_t at)
{
    return at < editor->line.length &&
           hearth_character_at(editor->line.bytes + at, editor->line.length - at).columns == 0;
}

/* The start of the character before `at`, with the marks that it carries. */
static size_t before(const struct hearth_line_editor *editor, size_t at)
{
    /* Bytes of the form 10xxxxxx continue a character; its first byte is the one before them. */
    do
        while (at > 0 && ((unsigned char)editor->line.bytes[--at] & 0xc0) == 0x80)
            ;
    while (at > 0 && is_mark(editor, at));
    return at;
}

/* The start of the character behind the one at `at` and its marks. */
static size_t after(const struct hearth_line_editor *editor, size_t at)
{
    do
        if (at < editor->line.length)
            at += hearth_character_at(editor->line.bytes + at, editor->line.length - at).length;
    while (is_mark(editor, at));
    return at;
}

static void erase(struct hearth_line_editor *editor, size_t from, size_t to)
{
    memmove(editor->line.bytes + from, editor->line.bytes + to, editor->line.length - to);
    editor->line.length -= to - from;
    editor->cursor = from;
}

/* Only whole, valid characters: what a terminal sends in another encoding is dropped. */
static void insert(struct hearth_line_editor *editor, const char *text)
{
    size_t length = strlen(text);
    if (!hearth_utf8_valid(text, length) || editor->line.length + length >= LINE_BYTES ||
        hearth_buf_reserve(&editor->line, length))
        return;
    char *at = editor->line.bytes + editor->cursor;
    memmove(at + length, at, editor->line.length - editor->cursor);
    memcpy(at, text, length);
    editor->line.length += length;
    editor->cursor += length;
}

/* Where the cursor stands when this much has been written: in columns from the start of the first
 * row, all rows together, each of which has `width`. A wide character that the end of a row would
 * cut goes into the next one whole. */
static size_t place_behind(size_t at, const char *text, size_t length, size_t width)
{
    for (size_t i = 0; i < length;) {
        struct hearth_character character = hearth_character_at(text + i, length - i);
        if (at % width + character.columns > width)
            at += width - at % width;
        at += character.columns;
        i += character.length;
    }
    return at;
}

/* Draws prompt and line again, wrapped by the terminal, and puts the cursor in its place. */
static void draw(struct hearth_line_editor *editor, const char *prompt)
{
    size_t width = hearth_terminal_columns(), lead = place_behind(0, prompt, strlen(prompt), width);
    size_t all = place_behind(lead, editor->line.bytes, editor->line.length, width);
    size_t left = place_behind(lead, editor->line.bytes, editor->cursor, width);
    /* Back to the row where the prompt began; "J" then erases everything below. */
    if (editor->shown_rows)
        printf("\033[%dA", editor->shown_rows);
    printf("\r\033[J%s%s%s%.*s", hearth_style(HEARTH_BOLD), prompt, hearth_style(HEARTH_PLAIN),
           (int)editor->line.length, editor->line.bytes ? editor->line.bytes : "");
    /* A full row leaves the cursor at its end; a line end takes it to where it is counted. */
    if (all && all % width == 0)
        fputs("\r\n", stdout);
    size_t up = all / width - left / width;
    if (up)
        printf("\033[%zuA", up);
    printf("\r");
    if (left % width)
        printf("\033[%zuC", left % width);
    /* Remembered for the next drawing, which starts from the cursor and not from the prompt. */
    editor->shown_rows = (int)(left / width);
    fflush(stdout);
}

static void set_line(struct hearth_line_editor *editor, const char *text)
{
    hearth_buf_clear(&editor->line);
    hearth_buf_text(&editor->line, text);
    editor->cursor = editor->line.length;
}

/* The line that was being typed is kept while older ones are shown, and comes back behind the
 * newest. */
static void go_in_history(struct hearth_line_editor *editor, int step)
{
    /* Below zero it wraps around to a number that is greater than any count. */
    size_t to = editor->history_at + (size_t)step;
    if (to > editor->history_count)
        return; /* also below zero */
    if (editor->history_at == editor->history_count) {
        hearth_free(editor->typed);
        editor->typed =
            hearth_strndup(editor->line.bytes ? editor->line.bytes : "", editor->line.length);
    }
    editor->history_at = to;
    set_line(editor, to == editor->history_count ? editor->typed : editor->history[to]);
}

/* The same line twice in a row is kept once; the oldest goes when the list is full. */
static void remember(struct hearth_line_editor *editor, const char *text)
{
    size_t count = editor->history_count;
    if (!*text || (count && strcmp(editor->history[count - 1], text) == 0))
        return;
    if (count == HISTORY) {
        hearth_free(editor->history[0]);
        memmove(editor->history, editor->history + 1, (HISTORY - 1) * sizeof(char *));
        count--;
    }
    editor->history[count] = hearth_strdup(text);
    editor->history_count = count + 1;
}

/* As Ctrl-W does in a shell: the blanks before the cursor, then the word before them. */
static void erase_word(struct hearth_line_editor *editor)
{
    size_t from = editor->cursor;
    while (from > 0 && editor->line.bytes[from - 1] == ' ')
        from--;
    while (from > 0 && editor->line.bytes[from - 1] != ' ')
        from--;
    erase(editor, from, editor->cursor);
}

/* The keys of readline's Emacs mode. */
static void move_or_edit(struct hearth_line_editor *editor, int key, const char *text)
{
    switch (key) {
    case KEY_LEFT:
    case CONTROL('B'):
        editor->cursor = before(editor, editor->cursor);
        break;
    case KEY_RIGHT:
    case CONTROL('F'):
        editor->cursor = after(editor, editor->cursor);
        break;
    case KEY_HOME:
    case CONTROL('A'):
        editor->cursor = 0;
        break;
    case KEY_END:
    case CONTROL('E'):
        editor->cursor = editor->line.length;
        break;
    case KEY_UP:
    case CONTROL('P'):
        go_in_history(editor, -1);
        break;
    case KEY_DOWN:
    case CONTROL('N'):
        go_in_history(editor, 1);
        break;
    case KEY_DELETE:
    case CONTROL('D'):
        if (editor->cursor < editor->line.length)
            erase(editor, editor->cursor, after(editor, editor->cursor));
        break;
    case 127:
    case CONTROL('H'):
        if (editor->cursor)
            erase(editor, before(editor, editor->cursor), editor->cursor);
        break;
    /* Erasing moves the cursor to where it began, so nothing is to be done at the start. */
    case CONTROL('U'):
        if (editor->cursor)
            erase(editor, 0, editor->cursor);
        break;
    case CONTROL('K'):
        editor->line.length = editor->cursor;
        break;
    case CONTROL('W'):
        if (editor->cursor)
            erase_word(editor);
        break;
    /* The terminal is cleared, so no row stands above the cursor any more. */
    case CONTROL('L'):
        fputs("\033[H\033[2J", stdout);
        editor->shown_rows = 0;
        break;
    /* Control characters without a meaning here are dropped, not inserted. */
    default:
        if (key >= 32 && key < KEY_NONE)
            insert(editor, text);
    }
}

static enum hearth_line_result edit(struct hearth_line_editor *editor, const char *prompt)
{
    for (;;) {
        char text[5];
        draw(editor, prompt);
        int key = read_key(text);
        /* Ctrl-D ends only at an empty line; within one it deletes, as readline does. */
        if (key == KEY_EOF || (key == CONTROL('D') && editor->line.length == 0))
            return HEARTH_LINE_END;
        if (key == CONTROL('C'))
            return HEARTH_LINE_DROPPED;
        if (key == '\r' || key == '\n')
            return HEARTH_LINE_TEXT;
        move_or_edit(editor, key, text);
    }
}

/* Raw mode for as long as a line is typed: Ctrl-C is a key here, not a signal. Output keeps its
 * processing (OPOST), so "\n" still begins a line at its start. */
enum hearth_line_result hearth_line_editor_read(struct hearth_line_editor *editor,
                                                const char *prompt, const char **ret_text)
{
    struct termios before_reading, raw;
    if (tcgetattr(STDIN_FILENO, &before_reading))
        return HEARTH_LINE_END;
    raw = before_reading;
    raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON | ISTRIP | INPCK | BRKINT);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    /* A read waits for one byte, however long it takes. */
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw))
        return HEARTH_LINE_END;
    hearth_buf_clear(&editor->line);
    editor->cursor = 0;
    editor->shown_rows = 0;
    editor->history_at = editor->history_count;
    enum hearth_line_result result = edit(editor, prompt);
    /* Drawn once more with the cursor at the end, so that what follows begins behind a wrapped
     * line. */
    editor->cursor = editor->line.length;
    draw(editor, prompt);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before_reading);
    putchar('\n');
    fflush(stdout);
    const char *text = hearth_buf_cstr(&editor->line);
    *ret_text = text ? text : "";
    /* A line that was dropped is not remembered, as in a shell. */
    if (result == HEARTH_LINE_TEXT)
        remember(editor, *ret_text);
    return result;
}
