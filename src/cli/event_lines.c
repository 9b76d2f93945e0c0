#include "cli/event_lines.h"

#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20 };

void hearth_event_lines_init(struct hearth_event_lines *lines,
                             int (*on_line)(void *argument, const char *line), void *argument)
{
    *lines = (struct hearth_event_lines){.on_line = on_line, .argument = argument};
    hearth_buf_init(&lines->line, LINE_MAX_BYTES);
}

void hearth_event_lines_finish(struct hearth_event_lines *lines)
{
    hearth_buf_finish(&lines->line);
}

int hearth_event_lines_take(struct hearth_event_lines *lines, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        /* Lines may end in "\r\n"; JSON never holds a raw carriage return. */
        if (bytes[i] == '\r')
            continue;
        if (bytes[i] != '\n') {
            if (hearth_buf_char(&lines->line, bytes[i]))
                return HEARTH_ETOOLARGE;
            continue;
        }
        const char *line = hearth_buf_cstr(&lines->line);
        int rc = line ? lines->on_line(lines->argument, line) : HEARTH_ETOOLARGE;
        hearth_buf_clear(&lines->line);
        if (rc)
            return rc;
    }
    return 0;
}

const char *hearth_event_line_data(const char *line)
{
    if (strncmp(line, "data:", 5) != 0)
        return NULL;
    return line + 5 + (line[5] == ' ');
}
