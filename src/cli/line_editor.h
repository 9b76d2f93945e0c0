/* Reads lines that somebody types at a terminal, with keys to move and delete, and with the lines
 * typed before (arrow up).
 *
 * Keys: arrows, Home, End, Ctrl-A/E, Backspace, Delete, Ctrl-U/K/W, Ctrl-L, Ctrl-C (drops the
 * line), Ctrl-D (ends on an empty line). Main thread only; the terminal is back as it was between
 * two reads. */
#ifndef HEARTH_CLI_LINE_EDITOR_H
#define HEARTH_CLI_LINE_EDITOR_H

struct hearth_line_editor;

struct hearth_line_editor *hearth_line_editor_create(void);
void hearth_line_editor_destroy(struct hearth_line_editor *editor); /* NULL is allowed */

enum hearth_line_result { HEARTH_LINE_TEXT, HEARTH_LINE_DROPPED, HEARTH_LINE_END };
/* Shows `prompt` and waits until a line is typed, dropped, or the input ends. `ret_text` is the
 * line as UTF-8 without its line end, at most 64 KiB; it belongs to the editor and is valid until
 * the next read. Where standard input is no terminal the answer is HEARTH_LINE_END. */
enum hearth_line_result hearth_line_editor_read(struct hearth_line_editor *editor,
                                                const char *prompt, const char **ret_text);

#endif
