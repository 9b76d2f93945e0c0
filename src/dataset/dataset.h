/* Reads files of examples: what format a file has and what shape its rows have is found by looking.
 *
 * Formats: JSONL (an object a line), JSON (an array of objects), CSV with a
 * head (RFC 4180; the separator is a comma, semicolon or tab). Shapes of rows:
 *
 *   messages  {"messages": [{"role", "content"} …], "tools"?: […]}
 *   prompt    {"prompt": text, "completion": text}; both may be lists of messages
 *   text      {"text": text}
 *   alpaca    {"instruction", "input"?, "output", "system"?}
 *   sharegpt  {"conversations": [{"from", "value"} …], "system"?, "tools"?}
 *
 * Each row comes out in one of three forms: messages, prompt or text. A row that cannot be used is
 * a fault, told with its line, and the reading goes on. The file is read in one pass in bounded
 * memory; every byte of it is a stranger's. Blocking; one thread. */
#ifndef HEARTH_DATASET_DATASET_H
#define HEARTH_DATASET_DATASET_H

#include "base/digest.h"
#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HEARTH_DATASET_ROW_MAX = 4 << 20, /* bytes of a row */
    HEARTH_DATASET_FAULTS_MAX = 20,   /* that are told; all are counted */
    HEARTH_DATASET_MESSAGES_MAX = 1000,
    HEARTH_DATASET_COLUMNS_MAX = 256,
    HEARTH_DATASET_DEPTH_MAX = 128,        /* of lists and objects in a row */
    HEARTH_DATASET_PARSED_MAX = 128 << 20, /* bytes of a row in memory */
};

enum hearth_dataset_form {
    HEARTH_FORM_MESSAGES, /* {"messages": […], "tools"?: …} */
    HEARTH_FORM_PROMPT,   /* {"prompt": text, "completion": text} */
    HEARTH_FORM_TEXT,     /* {"text": text} */
};

struct hearth_dataset_row {
    uint64_t line; /* where it begins, from 1 */
    enum hearth_dataset_form form;
    const json_t *value;  /* in its form */
    const json_t *source; /* as the file has it */
};

struct hearth_dataset_fault {
    uint64_t line, column; /* from 1; a column of 0: all of the row */
    char message[200];
};

struct hearth_dataset_facts {
    char sha256[HEARTH_SHA256_HEX];
    const char *format; /* "jsonl", "json", "csv" */
    const char *shape;  /* of the first usable row, by the names above; "" when there is none */
    uint64_t bytes, rows, faulty;
    size_t fault_count;
    struct hearth_dataset_fault faults[HEARTH_DATASET_FAULTS_MAX];
};

struct hearth_dataset_reader {
    /* Not 0 ends the reading with that error. NULL: rows are only counted and checked. */
    int (*on_row)(void *argument, const struct hearth_dataset_row *row, struct hearth_error *error);
    void *argument;
    bool (*is_canceled)(void *argument); /* asked now and then; may be NULL */
};

/* HEARTH_ENOTFOUND, HEARTH_EPATH (a link or no regular file), HEARTH_ECANCELED, HEARTH_EINVAL when
 * nothing of the format can be read any further. A file without a usable row is no error here. */
int hearth_dataset_read(const char *path, const struct hearth_dataset_reader *reader,
                        struct hearth_dataset_facts *ret_facts, struct hearth_error *error);
/* The same of a file that is open, from where it stands; it stays open. */
int hearth_dataset_read_open(int descriptor, const struct hearth_dataset_reader *reader,
                             struct hearth_dataset_facts *ret_facts, struct hearth_error *error);
/* Its digest alone, of the whole file: is it still the one that was read? */
int hearth_dataset_digest(int descriptor, const struct hearth_dataset_reader *reader,
                          char ret_sha256[HEARTH_SHA256_HEX], struct hearth_error *error);

#endif
