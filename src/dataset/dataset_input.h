/* The bytes of a file one after the other, with their digest and the number of the line. Private to
 * src/dataset. */
#ifndef HEARTH_DATASET_INPUT_H
#define HEARTH_DATASET_INPUT_H

#include "base/buf.h"
#include "dataset/dataset.h"

enum { HEARTH_INPUT_END = -1, HEARTH_INPUT_ROOM = 1 << 16 };

struct hearth_dataset_input {
    const struct hearth_dataset_reader *reader;
    struct hearth_dataset_facts *facts;
    struct hearth_error *error;
    struct hearth_sha256 *digest;
    int descriptor, rc;    /* rc: what ended the reading, and nothing more is read then */
    uint64_t line, column; /* of the next byte, from 1 */
    size_t at, end;
    struct hearth_buf row; /* the bytes of a row */
    unsigned char room[HEARTH_INPUT_ROOM];
};

/* HEARTH_INPUT_END at the end, and once `rc` is set. */
int hearth_input_peek(struct hearth_dataset_input *input);
int hearth_input_next(struct hearth_dataset_input *input);
void hearth_input_skip_space(struct hearth_dataset_input *input);

static inline bool hearth_input_is_space(int byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* A row of the file that is JSON, or why there is none. Both count it; the value stays the
 * caller's.
 */
void hearth_input_row(struct hearth_dataset_input *input, uint64_t line, const json_t *value);
void hearth_input_fault(struct hearth_dataset_input *input, uint64_t line, uint64_t column,
                        const char *message);

/* The three formats: read all rows. */
void hearth_input_json_lines(struct hearth_dataset_input *input);
void hearth_input_json_array(struct hearth_dataset_input *input);
void hearth_input_csv(struct hearth_dataset_input *input);

#endif
