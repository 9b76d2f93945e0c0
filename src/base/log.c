#include "base/log.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Bytes of one line; what would make it longer is left out. */
enum { LINE_MAX_BYTES = 16 * 1024 };

/* Set once at the start; atomic because threads of the pool log too. */
static _Atomic int lowest_level = HEARTH_LOG_INFO;
static _Atomic int target = STDERR_FILENO;
static const char *const level_names[] = {"debug", "info", "warning", "error", "silent"};

void hearth_log_set_level(enum hearth_log_level level)
{
    atomic_store(&lowest_level, level);
}

/* The descriptor stays the caller's. */
void hearth_log_set_descriptor(int descriptor)
{
    atomic_store(&target, descriptor);
}

bool hearth_log_wanted(enum hearth_log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest_level, memory_order_relaxed);
}

int hearth_log_level_parse(const char *name)
{
    for (int i = 0; i <= HEARTH_LOG_SILENT; i++)
        if (strcmp(name, level_names[i]) == 0)
            return i;
    return -1;
}

static void append_time(struct hearth_buf *line)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    hearth_buf_printf(line, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"",
                      utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                      utc.tm_sec, now.tv_nsec / 1000000);
}

/* A NULL text is a field that is not there, so that callers need no branch. */
static void append_field(struct hearth_buf *line, const struct hearth_log_field *field)
{
    if (field->kind == HEARTH_FIELD_TEXT && !field->text)
        return;
    hearth_buf_char(line, ',');
    hearth_json_write_string(line, field->key, strlen(field->key));
    hearth_buf_char(line, ':');
    switch (field->kind) {
    case HEARTH_FIELD_TEXT:
        hearth_json_write_string(line, field->text, strnlen(field->text, LINE_MAX_BYTES / 2));
        break;
    case HEARTH_FIELD_INT:
        hearth_buf_printf(line, "%lld", (long long)field->integer);
        break;
    case HEARTH_FIELD_REAL:
        hearth_json_write_double(line, field->real);
        break;
    }
}

/* One write for each line, which the kernel keeps whole for files opened to append and for pipes up
 * to PIPE_BUF (write(2), pipe(7)). */
void hearth_log_write(enum hearth_log_level level, const char *event,
                      const struct hearth_log_field *fields, size_t count)
{
    struct hearth_buf line;
    hearth_buf_init(&line, LINE_MAX_BYTES);
    append_time(&line);
    hearth_buf_printf(&line, ",\"level\":\"%s\",\"event\":", level_names[level]);
    hearth_json_write_string(&line, event, strlen(event));
    for (size_t i = 0; i < count; i++) {
        /* To come back to, should the field not fit. */
        size_t before = line.length;
        append_field(&line, &fields[i]);
        if (line.failed || line.length + 2 > line.max) {
            line.failed = 0;
            line.length = before; /* a field that does not fit is left out whole */
        }
    }
    hearth_buf_text(&line, "}\n");
    if (write(atomic_load(&target), line.bytes, line.length) < 0) {
        /* There is nowhere left to say so. */
    }
    hearth_buf_finish(&line);
}
