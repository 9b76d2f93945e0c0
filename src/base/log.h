/* The log: one JSON object a line on standard error (or the descriptor given), with time, level,
 * event and fields. Library code does not log above debug. Any thread: a line is one write.
 *
 *     HEARTH_LOG(HEARTH_LOG_INFO, "worker.ready", HEARTH_TEXT("model", name), HEARTH_INT("pid",
 * pid));
 */
#ifndef HEARTH_BASE_LOG_H
#define HEARTH_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_log_level {
    HEARTH_LOG_DEBUG,
    HEARTH_LOG_INFO,
    HEARTH_LOG_WARNING,
    HEARTH_LOG_ERROR,
    HEARTH_LOG_SILENT,
};

struct hearth_log_field {
    const char *key;
    enum { HEARTH_FIELD_TEXT, HEARTH_FIELD_INT, HEARTH_FIELD_REAL } kind;
    const char *text; /* NULL leaves the field out; invalid UTF-8 is escaped */
    int64_t integer;
    double real;
};

#define HEARTH_TEXT(k, v)                                                                          \
    ((struct hearth_log_field){.key = (k), .kind = HEARTH_FIELD_TEXT, .text = (v)})
#define HEARTH_INT(k, v)                                                                           \
    ((struct hearth_log_field){.key = (k), .kind = HEARTH_FIELD_INT, .integer = (int64_t)(v)})
#define HEARTH_REAL(k, v)                                                                          \
    ((struct hearth_log_field){.key = (k), .kind = HEARTH_FIELD_REAL, .real = (v)})

/* The arguments behind the event are fields; there may be none. */
#define HEARTH_LOG(level, event, ...)                                                              \
    do {                                                                                           \
        if (hearth_log_wanted(level)) {                                                            \
            const struct hearth_log_field fields_[] = {{.key = NULL}, ##__VA_ARGS__};              \
            hearth_log_write(level, event, fields_ + 1, sizeof(fields_) / sizeof(fields_[0]) - 1); \
        }                                                                                          \
    } while (0)

void hearth_log_set_level(enum hearth_log_level level);
void hearth_log_set_descriptor(int descriptor);
/* Whether a line of this level would be written: for texts that are costly to make. */
bool hearth_log_wanted(enum hearth_log_level level);
/* "debug", "info", "warning", "error", "silent"; negative for anything else. */
int hearth_log_level_parse(const char *name);
/* Writes one line; HEARTH_LOG is the way to call it. A line that cannot be written is lost without
 * an error. */
void hearth_log_write(enum hearth_log_level level, const char *event,
                      const struct hearth_log_field *fields, size_t count);

#endif
