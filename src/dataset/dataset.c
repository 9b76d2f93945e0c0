#include "dataset/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "dataset/dataset_input.h"
#include "dataset/row_shape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fill(struct hearth_dataset_input *input)
{
    const struct hearth_dataset_reader *reader = input->reader;
    if (reader->is_canceled && reader->is_canceled(reader->argument))
        input->rc = hearth_error_set(input->error, HEARTH_ECANCELED, "the reading was canceled");
    ssize_t got = 0;
    do
        got = input->rc ? 0 : read(input->descriptor, input->room, sizeof(input->room));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        input->rc = hearth_error_set_errno(input->error, errno, "the data cannot be read");
    input->at = 0;
    input->end = got > 0 ? (size_t)got : 0;
    input->facts->bytes += input->end;
    hearth_sha256_update(input->digest, input->room, input->end);
}

int hearth_input_peek(struct hearth_dataset_input *input)
{
    if (input->at == input->end && !input->rc)
        fill(input);
    return input->rc || input->at == input->end ? HEARTH_INPUT_END : input->room[input->at];
}

int hearth_input_next(struct hearth_dataset_input *input)
{
    int byte = hearth_input_peek(input);
    if (byte == HEARTH_INPUT_END)
        return byte;
    input->at++;
    input->column++;
    if (byte == '\n') {
        input->line++;
        input->column = 1;
    }
    return byte;
}

void hearth_input_skip_space(struct hearth_dataset_input *input)
{
    while (hearth_input_is_space(hearth_input_peek(input)))
        hearth_input_next(input);
}

void hearth_input_fault(struct hearth_dataset_input *input, uint64_t line, uint64_t column,
                        const char *message)
{
    struct hearth_dataset_facts *facts = input->facts;
    facts->faulty++;
    if (facts->fault_count == HEARTH_DATASET_FAULTS_MAX)
        return;
    struct hearth_dataset_fault *fault = &facts->faults[facts->fault_count++];
    fault->line = line;
    fault->column = column;
    snprintf(fault->message, sizeof(fault->message), "%.199s", message);
}

void hearth_input_row(struct hearth_dataset_input *input, uint64_t line, const json_t *value)
{
    struct hearth_dataset_row row = {.line = line};
    struct hearth_error why = {.code = 0};
    const char *shape = "";
    json_t *shaped = NULL;
    if (hearth_row_shape(value, &shape, &row.form, &shaped, &why)) {
        hearth_input_fault(input, line, 0, why.message);
        return;
    }
    row.value = shaped;
    row.source = value;
    if (input->facts->rows++ == 0)
        input->facts->shape = shape;
    if (input->reader->on_row)
        input->rc = input->reader->on_row(input->reader->argument, &row, input->error);
    json_decref(shaped);
}

/* A byte order mark says nothing here. */
static void skip_mark(struct hearth_dataset_input *input)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
    hearth_input_peek(input);
    if (input->end >= sizeof(mark) && memcmp(input->room, mark, sizeof(mark)) == 0)
        input->at = sizeof(mark);
}

/* Tabs that a head begins with stand before its first names: the first column has none. */
static void take_back_tabs(struct hearth_dataset_input *input)
{
    for (; input->at > 0 && input->room[input->at - 1] == '\t'; input->at--)
        input->column--;
}

/* Files that people have data in and that are not read: a CSV of such bytes would be told as
 * thousands of faults. Each row: what a file begins with. */
static int refuse_other(struct hearth_dataset_input *input)
{
    static const struct {
        const char *begins, *is, *advice;
    } others[] = {
        {"PAR1", "Parquet",
         "write it as JSONL first, for example with pandas: read_parquet(FILE).to_json(OTHER, "
         "orient='records', lines=True)"},
        {"ARROW1", "Arrow",
         "write it as JSONL first, for example with pandas: read_feather(FILE).to_json(OTHER, "
         "orient='records', lines=True)"},
        {"\x1f\x8b", "gzip", "unpack it first, with gunzip"},
        {"\x28\xb5\x2f\xfd", "zstd", "unpack it first, with unzstd"},
        {"PK\x03\x04", "a zip archive", "unpack it first, and register a file of it"},
        {"\xff\xfe", "UTF-16", "save it as UTF-8 first"},
        {"\xfe\xff", "UTF-16", "save it as UTF-8 first"},
    };
    hearth_input_peek(input);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        size_t length = strlen(others[i].begins);
        if (input->end >= length && memcmp(input->room, others[i].begins, length) == 0)
            return hearth_error_set(input->error, HEARTH_EFIELDS,
                                    "the data is %s, which is not read; %s", others[i].is,
                                    others[i].advice);
    }
    return 0;
}

static void read_rows(struct hearth_dataset_input *input)
{
    if (!input->rc)
        input->rc = refuse_other(input);
    skip_mark(input);
    hearth_input_skip_space(input);
    int first = hearth_input_peek(input);
    input->facts->format = first == '[' ? "json" : first == '{' || first < 0 ? "jsonl" : "csv";
    if (first == '[') {
        hearth_input_json_array(input);
    } else if (first == '{') {
        hearth_input_json_lines(input);
    } else if (first != HEARTH_INPUT_END) {
        take_back_tabs(input);
        hearth_input_csv(input);
    }
    /* The digest is that of the whole file, wherever the rows ended. */
    while (!input->rc && hearth_input_peek(input) != HEARTH_INPUT_END)
        input->at = input->end;
}

/* Links were followed when it was registered, within bounds that are not known here: one that
 * stands in its place now leads elsewhere. */
static int open_file(const char *path, struct hearth_error *error)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0 && errno == ELOOP) {
        hearth_error_set(error, HEARTH_EPATH, "%s is a link now, which is not followed", path);
        return -1;
    }
    if (descriptor < 0) {
        hearth_error_set_errno(error, errno, "%s cannot be opened", path);
        return -1;
    }
    if (fstat(descriptor, &status) || !S_ISREG(status.st_mode)) {
        close(descriptor);
        hearth_error_set(error, HEARTH_EPATH, "%s is no regular file", path);
        return -1;
    }
    return descriptor;
}

static struct hearth_dataset_input *create_input(int descriptor,
                                                 const struct hearth_dataset_reader *reader,
                                                 struct hearth_dataset_facts *facts,
                                                 struct hearth_error *error)
{
    struct hearth_dataset_input *input = hearth_calloc(1, sizeof(*input));
    *facts = (struct hearth_dataset_facts){.format = "", .shape = ""};
    input->reader = reader;
    input->facts = facts;
    input->error = error;
    input->digest = hearth_sha256_create();
    input->descriptor = descriptor;
    input->line = input->column = 1;
    hearth_buf_init(&input->row, HEARTH_DATASET_ROW_MAX);
    return input;
}

static int finish_input(struct hearth_dataset_input *input)
{
    int rc = input->rc;
    hearth_sha256_hex(input->digest, input->facts->sha256);
    hearth_sha256_destroy(input->digest);
    hearth_buf_finish(&input->row);
    hearth_free(input);
    return rc;
}

int hearth_dataset_read_open(int descriptor, const struct hearth_dataset_reader *reader,
                             struct hearth_dataset_facts *ret_facts, struct hearth_error *error)
{
    struct hearth_error own = {.code = 0};
    struct hearth_dataset_input *input =
        create_input(descriptor, reader, ret_facts, error ? error : &own);
    read_rows(input);
    return finish_input(input);
}

int hearth_dataset_digest(int descriptor, const struct hearth_dataset_reader *reader,
                          char ret_sha256[HEARTH_SHA256_HEX], struct hearth_error *error)
{
    struct hearth_error own = {.code = 0};
    struct hearth_dataset_facts facts;
    struct hearth_dataset_input *input =
        create_input(descriptor, reader, &facts, error ? error : &own);
    while (hearth_input_peek(input) != HEARTH_INPUT_END)
        input->at = input->end;
    int rc = finish_input(input);
    memcpy(ret_sha256, facts.sha256, sizeof(facts.sha256));
    return rc;
}

int hearth_dataset_read(const char *path, const struct hearth_dataset_reader *reader,
                        struct hearth_dataset_facts *ret_facts, struct hearth_error *error)
{
    struct hearth_error own = {.code = 0};
    error = error ? error : &own;
    *ret_facts = (struct hearth_dataset_facts){.format = "", .shape = ""};
    int descriptor = open_file(path, error);
    if (descriptor < 0)
        return error->code;
    int rc = hearth_dataset_read_open(descriptor, reader, ret_facts, error);
    close(descriptor);
    return rc;
}
