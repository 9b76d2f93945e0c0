/* Any bytes as the file of a batch: what passes can be read again line by line, and its results are
 * lines that are JSON and are found again; what does not is told with a line and a code. */
#include "base/memory.h"
#include "deferred/batch_lines.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int file_of(const void *bytes, size_t length)
{
    int descriptor = memfd_create("batch", MFD_CLOEXEC);
    assert(descriptor >= 0);
    ssize_t written = write(descriptor, bytes, length);
    assert(written == (ssize_t)length);
    return descriptor;
}

static void check_faults(const struct hearth_batch_lines *lines)
{
    assert(lines->fault_count <= HEARTH_BATCH_FAULTS_MAX);
    for (size_t i = 0; i < lines->fault_count; i++)
        assert(lines->faults[i].line >= 0 && lines->faults[i].code[0] &&
               lines->faults[i].message[0]);
}

static void write_one(struct hearth_buf *results, const struct hearth_batch_line *line,
                      size_t index)
{
    struct hearth_answer_record answer = {.status = 200, .type = "application/json"};
    struct hearth_error error;
    char name[64];
    size_t start = results->length;
    snprintf(name, sizeof(name), "batch_req_0123456789abcdef01234567_%zu", index);
    hearth_buf_init(&answer.body, 1 << 20);
    hearth_buf_text(&answer.body, "{\"a\":\n1}\n");
    if (index % 2)
        hearth_batch_result_write(results, name, line->custom_id, &answer, name);
    else
        hearth_batch_error_write(results, name, line->custom_id, "x", "y");
    hearth_buf_finish(&answer.body);
    json_t *json = hearth_json_parse(results->bytes + start, results->length - start - 1, &error);
    assert(json && results->bytes[results->length - 1] == '\n');
    assert(!memchr(results->bytes + start, '\n', results->length - start - 1));
    assert(json_equal(json_object_get(json, "custom_id"), line->custom_id));
    json_decref(json);
}

static void check_results(const struct hearth_buf *results, size_t count)
{
    struct hearth_error error;
    size_t found = 0;
    int64_t size = 0;
    unsigned char *done = hearth_calloc(count + 1, 1);
    int descriptor = file_of(results->bytes, results->length);
    assert(write(descriptor, "{\"id\":\"batch_req_torn_0", 23) == 23);
    int rc = hearth_batch_results_scan(descriptor, done, count, &found, &size, &error);
    assert(rc == 0 && found == count && size == (int64_t)results->length);
    close(descriptor);
    hearth_free(done);
}

static void check_lines(int descriptor, const struct hearth_batch_lines *lines)
{
    struct hearth_buf results;
    hearth_buf_init(&results, 64 << 20);
    for (size_t i = 0; i < lines->count; i++) {
        struct hearth_batch_line line;
        struct hearth_error error;
        int64_t end = i + 1 < lines->count ? lines->offsets[i + 1] : lines->end;
        int rc = hearth_batch_line_read(descriptor, lines->offsets[i], end, &line, &error);
        assert(rc == 0 && json_is_string(line.custom_id) && line.body.length >= 2);
        write_one(&results, &line, i);
        hearth_batch_line_finish(&line);
    }
    if (lines->count)
        check_results(&results, lines->count);
    hearth_buf_finish(&results);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct hearth_batch_limits limits = {.lines_max = 20, .line_bytes_max = 4096};
    struct hearth_batch_lines lines;
    struct hearth_error error;
    int descriptor = file_of(bytes, length);
    int rc = hearth_batch_lines_read(descriptor, "/v1/embeddings", &limits, &lines, &error);
    assert(rc == 0);
    check_faults(&lines);
    assert(lines.count <= limits.lines_max && (lines.count || lines.fault_count));
    check_lines(descriptor, &lines);
    hearth_batch_lines_finish(&lines);
    close(descriptor);
    return 0;
}
