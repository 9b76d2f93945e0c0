/* Takes a stream apart into its lines, for server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html) and for JSON by the line: bytes
 * come cut anywhere. Main thread only. */
#ifndef HEARTH_CLI_EVENT_LINES_H
#define HEARTH_CLI_EVENT_LINES_H

#include "base/buf.h"
#include "hearth/error.h"

struct hearth_event_lines {
    struct hearth_buf line; /* what has come of the line that is not over yet */
    /* A line without its end; other than 0 stops with that code. */
    int (*on_line)(void *argument, const char *line);
    void *argument;
};

void hearth_event_lines_init(struct hearth_event_lines *lines,
                             int (*on_line)(void *argument, const char *line), void *argument);
void hearth_event_lines_finish(struct hearth_event_lines *lines);
/* HEARTH_ETOOLARGE: a line is longer than 1 MiB. */
int hearth_event_lines_take(struct hearth_event_lines *lines, const char *bytes, size_t length);
/* What stands behind "data:" on such a line, or NULL when it is another one. Each event is one
 * line, since JSON has no raw line ends. */
const char *hearth_event_line_data(const char *line);

#endif
