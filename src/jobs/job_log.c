#include "jobs/job_log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LANE_QUEUE_MAX = 100000,
    PIECE_BYTES = 64 << 10,
    LINE_MAX_BYTES = 192 << 10,
    WAITING_MAX = 4 << 20,
    METRICS_FILE_MAX = 48 << 20,
    FILE_MAX = 64 << 20,
};

struct hearth_job_logs {
    struct hearth_loop *loop;
    struct hearth_lane *lane; /* one thread: what is read has what was appended before */
    char *folder;
    struct hearth_job_log *first;
    struct hearth_job_reader *readers;
    bool is_stopped;
};

struct hearth_job_log {
    struct hearth_job_logs *logs;
    struct hearth_job_log *next;
    char id[64];
    struct hearth_buf waiting; /* events without their opening brace, a line each */
    bool is_writing, is_closed, is_full;
    /* The lane's, while is_writing: */
    struct hearth_buf writing;
    int descriptor;
    uint64_t number; /* of the last event in the file */
    uint64_t size;
};

struct hearth_job_reader {
    struct hearth_job_logs *logs;
    struct hearth_job_reader *next;
    char id[64];
    const struct hearth_job_reader_events *events;
    void *argument;
    bool follows, is_reading, waits, is_over, is_destroyed;
    /* The lane's, while is_reading: */
    uint64_t after;
    off_t offset;
    struct hearth_buf lines;
    int rc;
};

static void path_of(const struct hearth_job_logs *logs, const char *id, char ret_path[4096])
{
    snprintf(ret_path, 4096, "%s/%s.events.jsonl", logs->folder, id);
}

/* Writing, on the lane */

/* Counts the lines, and cuts off a last one that is not whole: a kill may have come amid it. */
static void take_stock(struct hearth_job_log *log)
{
    char piece[PIECE_BYTES];
    ssize_t got;
    uint64_t at = 0, end = 0;
    while ((got = pread(log->descriptor, piece, sizeof(piece), (off_t)at)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (piece[i] == '\n') {
                log->number++;
                end = at + (uint64_t)i + 1;
            }
        at += (uint64_t)got;
    }
    log->size = end;
    if (end < at && ftruncate(log->descriptor, (off_t)end))
        log->size = at;
}

static void open_file(struct hearth_job_log *log)
{
    char path[4096];
    path_of(log->logs, log->id, path);
    log->descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log->descriptor >= 0)
        take_stock(log);
}

static bool write_all(int descriptor, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* A disk that is full costs the log its end and the job nothing. */
static void write_events(void *argument)
{
    struct hearth_job_log *log = argument;
    struct hearth_buf text;
    if (log->descriptor < 0)
        open_file(log);
    hearth_buf_init(&text, 2 * WAITING_MAX);
    const char *line = log->writing.bytes, *end = line + log->writing.length;
    for (uint64_t number = log->number; log->descriptor >= 0 && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        hearth_buf_printf(&text, "{\"n\":%llu,", (unsigned long long)++number);
        hearth_buf_append(&text, line, (size_t)(stop + 1 - line));
        line = stop + 1;
    }
    if (log->descriptor >= 0 && write_all(log->descriptor, text.bytes, text.length)) {
        log->size += text.length;
        for (size_t i = 0; i < text.length; i++)
            log->number += text.bytes[i] == '\n';
    } else if (log->descriptor >= 0) {
        log->number = log->size = 0;
        take_stock(log);
    }
    hearth_buf_finish(&text);
}

/* On the loop */

static void wake_readers(struct hearth_job_logs *logs, const char *id)
{
    for (struct hearth_job_reader *reader = logs->readers, *next; reader; reader = next) {
        next = reader->next;
        if (reader->waits && strcmp(reader->id, id) == 0) {
            reader->waits = false;
            hearth_job_reader_next(reader);
        }
    }
}

static void free_log(struct hearth_job_log *log)
{
    struct hearth_job_logs *logs = log->logs;
    struct hearth_job_log **at = &logs->first;
    while (*at != log)
        at = &(*at)->next;
    *at = log->next;
    if (log->descriptor >= 0)
        close(log->descriptor);
    hearth_buf_finish(&log->waiting);
    hearth_buf_finish(&log->writing);
    wake_readers(logs, log->id);
    hearth_free(log);
}

static void written(void *argument, bool dropped);

static void go_on(struct hearth_job_log *log)
{
    if (log->is_writing || log->logs->is_stopped)
        return;
    if (log->waiting.length) {
        struct hearth_buf empty = log->writing;
        log->writing = log->waiting;
        log->waiting = empty;
        hearth_buf_clear(&log->waiting);
        log->is_writing = hearth_lane_submit(log->logs->lane, write_events, written, log) == 0;
    } else if (log->is_closed) {
        free_log(log);
    }
}

static void written(void *argument, bool dropped)
{
    struct hearth_job_log *log = argument;
    (void)dropped;
    log->is_writing = false;
    wake_readers(log->logs, log->id);
    go_on(log);
}

struct hearth_job_log *hearth_job_log_open(struct hearth_job_logs *logs, const char *id)
{
    struct hearth_job_log *log = hearth_calloc(1, sizeof(*log));
    log->logs = logs;
    log->next = logs->first;
    logs->first = log;
    snprintf(log->id, sizeof(log->id), "%s", id);
    log->descriptor = -1;
    hearth_buf_init(&log->waiting, WAITING_MAX);
    hearth_buf_init(&log->writing, WAITING_MAX);
    return log;
}

/* `size` may be as old as the last write, which is near enough for a bound. */
static bool has_room(struct hearth_job_log *log, bool is_metrics, size_t length)
{
    uint64_t size = log->is_writing ? 0 : log->size;
    if (log->is_full || log->waiting.length + length + 2 > WAITING_MAX)
        return false;
    return size < (is_metrics ? METRICS_FILE_MAX : FILE_MAX);
}

void hearth_job_log_append(struct hearth_job_log *log, const json_t *event)
{
    static const char full[] =
        "\"type\":\"log\",\"level\":\"warning\",\"message\":\"the log of this job is full\"}\n";
    struct hearth_buf text;
    bool is_metrics = strcmp(hearth_json_text(event, "type", ""), "metrics") == 0;
    hearth_buf_init(&text, LINE_MAX_BYTES);
    if (hearth_json_dump(&text, event) == 0 && text.length > 2 &&
        has_room(log, is_metrics, text.length + 64)) {
        hearth_buf_printf(&log->waiting, "\"at\":%lld,", (long long)hearth_clock_wall_ms());
        hearth_buf_append(&log->waiting, text.bytes + 1, text.length - 1);
        hearth_buf_append(&log->waiting, "\n", 1);
    } else if (!log->is_full && !log->is_writing && log->size >= METRICS_FILE_MAX) {
        log->is_full = true;
        hearth_buf_text(&log->waiting, full);
    }
    hearth_buf_finish(&text);
    go_on(log);
}

void hearth_job_log_close(struct hearth_job_log *log)
{
    log->is_closed = true;
    go_on(log);
}

static bool is_open(const struct hearth_job_logs *logs, const char *id)
{
    for (const struct hearth_job_log *log = logs->first; log; log = log->next)
        if (strcmp(log->id, id) == 0)
            return true;
    return false;
}

/* Reading, on the lane */

/* The number that a line begins with, as it was written here. */
static uint64_t number_of(const char *line)
{
    uint64_t number = 0;
    for (line += sizeof("{\"n\":") - 1; *line >= '0' && *line <= '9'; line++)
        number = number * 10 + (uint64_t)(*line - '0');
    return number;
}

/* Keeps what is whole and comes behind `after`; false: the piece held none of it, but more may
 * follow. */
static bool keep_lines(struct hearth_job_reader *reader, const char *bytes, size_t length)
{
    const char *line = bytes, *end = bytes + length, *stop;
    while ((stop = memchr(line, '\n', (size_t)(end - line)))) {
        if ((size_t)(stop - line) > sizeof("{\"n\":1}") && number_of(line) > reader->after)
            hearth_buf_append(&reader->lines, line, (size_t)(stop + 1 - line));
        line = stop + 1;
        if (line == end)
            break;
    }
    reader->offset += line - bytes;
    return reader->lines.length > 0 || line == bytes;
}

static void read_lines(void *argument)
{
    struct hearth_job_reader *reader = argument;
    char path[4096];
    static __thread char piece[LINE_MAX_BYTES + PIECE_BYTES];
    ssize_t got = 0;
    path_of(reader->logs, reader->id, path);
    hearth_buf_clear(&reader->lines);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    reader->rc = descriptor < 0 && errno != ENOENT ? HEARTH_EIO : 0;
    while (descriptor >= 0 && (got = pread(descriptor, piece, sizeof(piece), reader->offset)) > 0)
        if (keep_lines(reader, piece, (size_t)got))
            break;
    if (got < 0)
        reader->rc = HEARTH_EIO;
    if (descriptor >= 0)
        close(descriptor);
}

/* On the loop */

static void free_reader(struct hearth_job_reader *reader)
{
    struct hearth_job_reader **at = &reader->logs->readers;
    while (*at != reader)
        at = &(*at)->next;
    *at = reader->next;
    hearth_buf_finish(&reader->lines);
    hearth_free(reader);
}

static void lines_read(void *argument, bool dropped)
{
    struct hearth_job_reader *reader = argument;
    bool was_over = reader->is_over;
    reader->is_reading = false;
    if (reader->is_destroyed)
        free_reader(reader);
    else if (dropped || reader->rc || reader->lines.length || was_over)
        reader->events->on_lines(reader->argument, reader->lines.bytes, reader->lines.length,
                                 dropped ? HEARTH_EDRAINING : reader->rc);
    else if (is_open(reader->logs, reader->id))
        reader->waits = true;
    else
        hearth_job_reader_next(reader); /* it was closed while we read: once more, for the last */
}

struct hearth_job_reader *hearth_job_reader_create(struct hearth_job_logs *logs, const char *id,
                                                   uint64_t after, bool follows,
                                                   const struct hearth_job_reader_events *events,
                                                   void *argument)
{
    struct hearth_job_reader *reader = hearth_calloc(1, sizeof(*reader));
    reader->logs = logs;
    reader->next = logs->readers;
    logs->readers = reader;
    snprintf(reader->id, sizeof(reader->id), "%s", id);
    reader->after = after;
    reader->follows = follows;
    reader->events = events;
    reader->argument = argument;
    hearth_buf_init(&reader->lines, LINE_MAX_BYTES + PIECE_BYTES);
    return reader;
}

/* What is over when the reading begins has nothing more to say than what is read. */
void hearth_job_reader_next(struct hearth_job_reader *reader)
{
    if (reader->is_reading || reader->is_destroyed || reader->logs->is_stopped)
        return;
    reader->is_over = !reader->follows || !is_open(reader->logs, reader->id);
    reader->is_reading =
        hearth_lane_submit(reader->logs->lane, read_lines, lines_read, reader) == 0;
    if (!reader->is_reading)
        reader->events->on_lines(reader->argument, NULL, 0, HEARTH_EQUEUEFULL);
}

void hearth_job_reader_destroy(struct hearth_job_reader *reader)
{
    if (!reader)
        return;
    reader->is_destroyed = true;
    if (!reader->is_reading)
        free_reader(reader);
}

struct hearth_job_logs *hearth_job_logs_create(struct hearth_loop *loop, const char *folder)
{
    struct hearth_job_logs *logs = hearth_calloc(1, sizeof(*logs));
    logs->loop = loop;
    logs->folder = hearth_strdup(folder);
    logs->lane = hearth_lane_create(loop, "job-log", 1, LANE_QUEUE_MAX);
    return logs;
}

bool hearth_job_logs_idle(const struct hearth_job_logs *logs)
{
    return !logs->first;
}

void hearth_job_logs_destroy(struct hearth_job_logs *logs)
{
    if (!logs)
        return;
    logs->is_stopped = true;
    hearth_lane_destroy(logs->lane);
    while (logs->first)
        free_log(logs->first);
    while (logs->readers)
        free_reader(logs->readers);
    hearth_free(logs->folder);
    hearth_free(logs);
}
