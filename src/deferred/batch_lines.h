/* The lines of a batch: JSON texts, one a line, each a request. Reading and checking them, and the
 * lines that become of their answers (OpenAI's formats). All of it blocks on files that are given
 * as descriptors, or is pure; any thread, an object at a time. */
#ifndef HEARTH_DEFERRED_BATCH_LINES_H
#define HEARTH_DEFERRED_BATCH_LINES_H

#include "base/buf.h"
#include "base/json.h"
#include "hearth/error.h"
#include "net/answer_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEARTH_BATCH_FAULTS_MAX = 100 };

struct hearth_batch_fault {
    int64_t line;      /* from 1; 0: of the whole file */
    const char *code;  /* static */
    const char *param; /* static, or NULL */
    char message[160];
};

/* What checking found. Zeroed memory is an empty one; finish frees it. */
struct hearth_batch_lines {
    int64_t *offsets; /* of each request's line; empty lines are none */
    int64_t *numbers; /* of the line in the file, from 1 */
    int64_t end;      /* of the file */
    size_t count;
    struct hearth_batch_fault faults[HEARTH_BATCH_FAULTS_MAX];
    size_t fault_count;
};

struct hearth_batch_limits {
    size_t lines_max, line_bytes_max;
};

/* Reads the file through and checks each line: an object with a custom_id of 1 to 512 characters
 * that no other line has, method POST, url `endpoint`, and a body that is an object and does not
 * stream. Faults are gathered, not returned; what is returned is that the file could not be read,
 * or no memory. */
int hearth_batch_lines_read(int descriptor, const char *endpoint,
                            const struct hearth_batch_limits *limits,
                            struct hearth_batch_lines *ret_lines, struct hearth_error *error);
void hearth_batch_lines_finish(struct hearth_batch_lines *lines);

/* Reads one line that has been checked: its custom_id, and its body as text, both for the caller to
 * free (json_decref, hearth_buf_finish). */
struct hearth_batch_line {
    json_t *custom_id; /* a string */
    struct hearth_buf body;
};
int hearth_batch_line_read(int descriptor, int64_t offset, int64_t end,
                           struct hearth_batch_line *ret_line, struct hearth_error *error);
void hearth_batch_line_finish(struct hearth_batch_line *line);

/* Appends a line of the results. `name` is the id of the line ("batch_req_…_7"): it comes first,
 * and ends with the index of the request, so that hearth_batch_results_scan finds it. */
void hearth_batch_result_write(struct hearth_buf *buf, const char *name, const json_t *custom_id,
                               const struct hearth_answer_record *answer, const char *request_id);
/* The same for a request that has no answer. */
void hearth_batch_error_write(struct hearth_buf *buf, const char *name, const json_t *custom_id,
                              const char *code, const char *message);

/* Marks the requests whose results a file of results has already, and cuts off a last line that is
 * not whole. `ret_count`: how many there are; `ret_size`: bytes of the file. */
int hearth_batch_results_scan(int descriptor, unsigned char *done, size_t count, size_t *ret_count,
                              int64_t *ret_size, struct hearth_error *error);

#endif
