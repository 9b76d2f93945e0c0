/* Reading lines from a terminal: moving, deleting, and the lines typed before (arrow up).
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
/* `ret_text` is valid until the next read; UTF-8. */
enum hearth_line_result hearth_line_editor_read(struct hearth_line_editor *editor,
                                                const char *prompt, const char **ret_text);

#endif
