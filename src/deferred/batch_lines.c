#include "deferred/batch_lines.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 256 << 10,
    CUSTOM_ID_MAX = 512,
    NAME_LENGTH_MAX = 96,
    MARK_BYTES = 16, /* of a digest: enough that no two ids meet by chance or on purpose */
};

/* One custom_id, as a digest, with where it stood. */
struct mark {
    char digest[2 * MARK_BYTES];
    int64_t line;
};

struct reader {
    const char *endpoint;
    const struct hearth_batch_limits *limits;
    struct hearth_batch_lines *lines;
    struct mark *marks;
    size_t capacity;
    int64_t number; /* of the present line, from 1 */
};

static void tell(struct hearth_batch_lines *lines, int64_t number, const char *code,
                 const char *param, const char *message)
{
    if (lines->fault_count == HEARTH_BATCH_FAULTS_MAX)
        return;
    struct hearth_batch_fault *fault = &lines->faults[lines->fault_count++];
    *fault = (struct hearth_batch_fault){.line = number, .code = code, .param = param};
    snprintf(fault->message, sizeof(fault->message), "%s", message);
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r", text[i]) || !text[i])
            return false;
    return true;
}

/* Some programs begin a file with U+FEFF, which JSON does not have. */
static json_t *parse_line(const char *text, size_t length, struct hearth_error *error)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t skipped = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    return hearth_json_parse(text + skipped, length - skipped, error);
}

/* The first thing that is wrong with a line, or NULL; `param` is the member. */
static const char *fault_of(const struct reader *reader, const json_t *line, const char **code,
                            const char **param)
{
    const json_t *id = json_object_get(line, "custom_id");
    const json_t *body = json_object_get(line, "body");
    *param = "custom_id";
    *code = id ? "invalid_custom_id" : "missing_required_parameter";
    if (!json_is_string(id) || !json_string_length(id) || json_string_length(id) > CUSTOM_ID_MAX)
        return "custom_id must be a text of 1 to 512 bytes";
    *param = "method";
    *code = "invalid_method";
    if (strcmp(hearth_json_text(line, "method", ""), "POST") != 0)
        return "method must be POST";
    *param = "url";
    *code = "invalid_url";
    if (strcmp(hearth_json_text(line, "url", ""), reader->endpoint) != 0)
        return "url must be the endpoint of the batch";
    *param = "body";
    *code = "invalid_request";
    if (!json_is_object(body))
        return "body must be an object";
    if (json_is_true(json_object_get(body, "stream")))
        return "a request of a batch cannot stream";
    return NULL;
}

static void add(struct reader *reader, int64_t offset, const json_t *custom_id)
{
    struct hearth_batch_lines *lines = reader->lines;
    if (lines->count == reader->capacity) {
        reader->capacity = reader->capacity ? 2 * reader->capacity : 64;
        lines->offsets = hearth_realloc(lines->offsets, reader->capacity * sizeof(*lines->offsets));
        lines->numbers = hearth_realloc(lines->numbers, reader->capacity * sizeof(*lines->numbers));
        reader->marks = hearth_realloc(reader->marks, reader->capacity * sizeof(*reader->marks));
    }
    char hex[HEARTH_SHA256_HEX];
    hearth_sha256_of(json_string_value(custom_id), json_string_length(custom_id), hex);
    struct mark *mark = &reader->marks[lines->count];
    memcpy(mark->digest, hex, sizeof(mark->digest));
    mark->line = reader->number;
    lines->offsets[lines->count] = offset;
    lines->numbers[lines->count++] = reader->number;
}

static void check_line(struct reader *reader, const char *text, size_t length, int64_t offset)
{
    struct hearth_batch_lines *lines = reader->lines;
    struct hearth_error error;
    const char *code, *param;
    reader->number++;
    if (is_blank(text, length))
        return;
    if (lines->count == reader->limits->lines_max) {
        if (lines->fault_count == 0 || lines->faults[lines->fault_count - 1].line)
            tell(lines, 0, "too_many_requests", NULL,
                 "the file has more requests than a batch may have");
        return;
    }
    json_t *line = parse_line(text, length, &error);
    if (!json_is_object(line)) {
        tell(lines, reader->number, "invalid_json_line", NULL,
             line ? "the line is not a JSON object" : "the line is not JSON");
    } else {
        const char *fault = fault_of(reader, line, &code, &param);
        if (fault)
            tell(lines, reader->number, code, param, fault);
        else
            add(reader, offset, json_object_get(line, "custom_id"));
    }
    json_decref(line);
}

static int by_digest(const void *a, const void *b)
{
    const struct mark *left = a, *right = b;
    int order = memcmp(left->digest, right->digest, sizeof(left->digest));
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static void check_marks(struct reader *reader)
{
    struct hearth_batch_lines *lines = reader->lines;
    if (lines->count)
        qsort(reader->marks, lines->count, sizeof(*reader->marks), by_digest);
    for (size_t i = 1; i < lines->count; i++) {
        char message[160];
        if (memcmp(reader->marks[i - 1].digest, reader->marks[i].digest,
                   sizeof(reader->marks[i].digest)) != 0)
            continue;
        snprintf(message, sizeof(message), "the custom_id is that of line %lld too",
                 (long long)reader->marks[i - 1].line);
        tell(lines, reader->marks[i].line, "duplicate_custom_id", "custom_id", message);
    }
    if (!lines->count && !lines->fault_count)
        tell(lines, 0, "empty_file", NULL, "the file has no requests");
}

static ssize_t read_at(int descriptor, char *bytes, size_t length, int64_t offset)
{
    ssize_t got;
    do
        got = pread(descriptor, bytes, length, offset);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Hands out the lines that the buffer holds whole, and keeps the beginning of the next. */
static void check_whole_lines(struct reader *reader, struct hearth_buf *buf, int64_t *offset)
{
    size_t at = 0;
    const char *end;
    while (at < buf->length && (end = memchr(buf->bytes + at, '\n', buf->length - at))) {
        size_t length = (size_t)(end - buf->bytes) - at;
        check_line(reader, buf->bytes + at, length, *offset);
        *offset += (int64_t)length + 1;
        at += length + 1;
    }
    hearth_buf_consume(buf, at);
}

/* A line that is too long is told, and what follows is not looked at: nothing says where it ends
 * before all of it was read. */
static int read_lines(struct reader *reader, int descriptor, struct hearth_error *error)
{
    struct hearth_buf buf;
    char *piece = hearth_alloc(PIECE);
    int64_t offset = 0, at = 0;
    ssize_t got = 0;
    hearth_buf_init(&buf, reader->limits->line_bytes_max + PIECE);
    while (!buf.failed && (got = read_at(descriptor, piece, PIECE, at)) > 0) {
        at += got;
        if (buf.length <= reader->limits->line_bytes_max)
            hearth_buf_append(&buf, piece, (size_t)got);
        else
            buf.failed = HEARTH_ETOOLARGE;
        if (!buf.failed)
            check_whole_lines(reader, &buf, &offset);
    }
    if (buf.failed)
        tell(reader->lines, reader->number + 1, "line_too_long", NULL,
             "the line is longer than a request may be (body_bytes_max)");
    else if (buf.length)
        check_line(reader, buf.bytes, buf.length, offset);
    reader->lines->end = at;
    hearth_buf_finish(&buf);
    hearth_free(piece);
    return got < 0 ? hearth_error_set_errno(error, errno, "the file cannot be read") : 0;
}

int hearth_batch_lines_read(int descriptor, const char *endpoint,
                            const struct hearth_batch_limits *limits,
                            struct hearth_batch_lines *ret_lines, struct hearth_error *error)
{
    struct reader reader = {.endpoint = endpoint, .limits = limits, .lines = ret_lines};
    *ret_lines = (struct hearth_batch_lines){.count = 0};
    int rc = read_lines(&reader, descriptor, error);
    if (!rc)
        check_marks(&reader);
    hearth_free(reader.marks);
    return rc;
}

void hearth_batch_lines_finish(struct hearth_batch_lines *lines)
{
    hearth_free(lines->offsets);
    hearth_free(lines->numbers);
    lines->offsets = lines->numbers = NULL;
    lines->count = 0;
}

/* One line */

int hearth_batch_line_read(int descriptor, int64_t offset, int64_t end,
                           struct hearth_batch_line *ret_line, struct hearth_error *error)
{
    size_t size = (size_t)(end - offset);
    char *text = hearth_try_alloc(size + 1);
    *ret_line = (struct hearth_batch_line){.custom_id = NULL};
    hearth_buf_init(&ret_line->body, size + 64);
    ssize_t got = text ? read_at(descriptor, text, size, offset) : -1;
    json_t *line = NULL;
    if (got > 0) {
        const char *newline = memchr(text, '\n', (size_t)got);
        line = parse_line(text, newline ? (size_t)(newline - text) : (size_t)got, NULL);
    }
    json_t *custom_id = json_object_get(line, "custom_id");
    int rc =
        custom_id ? hearth_json_dump(&ret_line->body, json_object_get(line, "body")) : HEARTH_EIO;
    if (!rc)
        ret_line->custom_id = json_incref(custom_id);
    json_decref(line);
    hearth_free(text);
    return rc ? hearth_error_set(error, rc, "the line cannot be read again") : 0;
}

void hearth_batch_line_finish(struct hearth_batch_line *line)
{
    json_decref(line->custom_id);
    line->custom_id = NULL;
    hearth_buf_finish(&line->body);
}

/* Results */

static void write_start(struct hearth_buf *buf, const char *name, const json_t *custom_id)
{
    hearth_buf_text(buf, "{\"id\":");
    hearth_json_write_text(buf, name);
    hearth_buf_text(buf, ",\"custom_id\":");
    hearth_json_write_string(buf, json_string_value(custom_id), json_string_length(custom_id));
}

/* JSON has no raw line breaks within its texts, so each is white space between two values. */
static void write_body(struct hearth_buf *buf, const struct hearth_answer_record *answer)
{
    if (strncmp(answer->type, "application/json", 16) != 0 || !answer->body.length) {
        hearth_buf_text(buf, "null");
        return;
    }
    size_t start = buf->length;
    hearth_buf_append(buf, answer->body.bytes, answer->body.length);
    for (size_t i = start; i < buf->length; i++)
        if (buf->bytes[i] == '\n' || buf->bytes[i] == '\r')
            buf->bytes[i] = ' ';
}

void hearth_batch_result_write(struct hearth_buf *buf, const char *name, const json_t *custom_id,
                               const struct hearth_answer_record *answer, const char *request_id)
{
    write_start(buf, name, custom_id);
    hearth_buf_printf(buf, ",\"response\":{\"status_code\":%d,\"request_id\":", answer->status);
    hearth_json_write_text(buf, request_id);
    hearth_buf_text(buf, ",\"body\":");
    write_body(buf, answer);
    hearth_buf_text(buf, "},\"error\":null}\n");
}

void hearth_batch_error_write(struct hearth_buf *buf, const char *name, const json_t *custom_id,
                              const char *code, const char *message)
{
    write_start(buf, name, custom_id);
    hearth_buf_text(buf, ",\"response\":null,\"error\":{\"code\":");
    hearth_json_write_text(buf, code);
    hearth_buf_text(buf, ",\"message\":");
    hearth_json_write_text(buf, message);
    hearth_buf_text(buf, "}}\n");
}

/* The index stands behind the last underscore of the id, which is the first text of the line. */
static void mark_done(const char *head, size_t length, unsigned char *done, size_t count,
                      size_t *found)
{
    static const char start[] = "{\"id\":\"batch_req_";
    char digits[24];
    int64_t index;
    if (length < sizeof(start) || memcmp(head, start, sizeof(start) - 1) != 0)
        return;
    const char *end = memchr(head + sizeof(start) - 1, '"', length - (sizeof(start) - 1));
    const char *underscore = end ? memrchr(head, '_', (size_t)(end - head)) : NULL;
    if (!underscore || end - underscore >= (int)sizeof(digits))
        return;
    snprintf(digits, sizeof(digits), "%.*s", (int)(end - underscore - 1), underscore + 1);
    if (hearth_parse_int(digits, 0, (int64_t)count - 1, &index) || done[index])
        return;
    done[index] = 1;
    ++*found;
}

/* Only the head of each line is kept: an answer may be large. */
int hearth_batch_results_scan(int descriptor, unsigned char *done, size_t count, size_t *ret_count,
                              int64_t *ret_size, struct hearth_error *error)
{
    char *piece = hearth_alloc(PIECE);
    char head[NAME_LENGTH_MAX];
    size_t head_length = 0, found = 0;
    int64_t at = 0, whole = 0;
    ssize_t got;
    while ((got = read_at(descriptor, piece, PIECE, at)) > 0)
        for (ssize_t i = 0; i < got; i++, at++) {
            if (piece[i] != '\n') {
                if (head_length < sizeof(head))
                    head[head_length++] = piece[i];
                continue;
            }
            mark_done(head, head_length, done, count, &found);
            head_length = 0;
            whole = at + 1;
        }
    hearth_free(piece);
    if (got < 0 || ftruncate(descriptor, whole))
        return hearth_error_set_errno(error, errno, "results of a batch cannot be read");
    *ret_count = found;
    *ret_size = whole;
    return 0;
}
