/* Rows of a CSV file (RFC 4180) with a head: the separator is what the head has most of. A row
 * becomes an object of texts, with `messages`, `conversations` and `tools` read as JSON. */
#include "dataset/dataset_input.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct csv {
    struct hearth_dataset_input *input;
    int separator;
    json_t *names; /* texts */
    /* Of the record at hand: what is wrong first, and where. */
    const char *why;
    uint64_t line, column;
};

static void blame(struct csv *csv, uint64_t line, uint64_t column, const char *why)
{
    if (csv->why)
        return;
    csv->why = why;
    csv->line = line;
    csv->column = column;
}

/* One byte of a field. False at its end, which `byte` is then. */
static bool take_byte(struct csv *csv, int byte, bool *quoted, bool *closed)
{
    struct hearth_dataset_input *input = csv->input;
    if (*quoted && byte == '"') {
        /* Two marks are one; a single one ends what is quoted. */
        *closed = hearth_input_peek(input) != '"';
        *quoted = !*closed;
        if (*closed)
            return true;
        hearth_input_next(input);
    } else if (!*quoted && (byte == csv->separator || byte == '\n')) {
        return false;
    } else if (!*quoted && byte == '\r' && hearth_input_peek(input) == '\n') {
        return true;
    } else if (*closed) {
        blame(csv, input->line, input->column - 1,
              "behind a closing quotation mark a separator must follow, or the end of the line");
    }
    if (hearth_buf_char(&input->row, (char)byte))
        blame(csv, input->line, 0, "the row is longer than 4 MiB");
    return true;
}

/* One field into input->row; what ended it: the separator, '\n' or HEARTH_INPUT_END. */
static int read_field(struct csv *csv)
{
    struct hearth_dataset_input *input = csv->input;
    const uint64_t line = input->line, column = input->column;
    bool quoted = hearth_input_peek(input) == '"', closed = false;
    if (quoted)
        hearth_input_next(input);
    int byte;
    do
        byte = hearth_input_next(input);
    while (byte != HEARTH_INPUT_END && take_byte(csv, byte, &quoted, &closed));
    if (quoted)
        blame(csv, line, column, "the quotation mark that opens here is not closed");
    if (input->row.length && memchr(input->row.bytes, '\0', input->row.length))
        blame(csv, line, column, "the field holds a NUL");
    else if (input->row.length && !hearth_utf8_valid(input->row.bytes, input->row.length))
        blame(csv, line, column, "the field is not UTF-8");
    return byte;
}

/* Ends at the end of its line, whatever stands in it. */
static json_t *read_record(struct csv *csv)
{
    json_t *fields = json_array();
    struct hearth_dataset_input *input = csv->input;
    const uint64_t line = input->line;
    size_t bytes = 0;
    int end;
    csv->why = NULL;
    do {
        hearth_buf_clear(&input->row);
        end = read_field(csv);
        bytes += input->row.length;
        if (bytes > HEARTH_DATASET_ROW_MAX)
            blame(csv, line, 0, "the row is longer than 4 MiB");
        if (json_array_size(fields) == HEARTH_DATASET_COLUMNS_MAX)
            blame(csv, line, 0, "the row has too many fields");
        if (!csv->why)
            json_array_append_new(
                fields, json_stringn(input->row.length ? input->row.bytes : "", input->row.length));
    } while (end == csv->separator);
    hearth_buf_clear(&input->row);
    return fields;
}

static bool is_json_column(const char *name)
{
    return strcmp(name, "messages") == 0 || strcmp(name, "conversations") == 0 ||
           strcmp(name, "tools") == 0;
}

/* Values within a field. */
static void put_json(struct csv *csv, json_t *row, const char *name, const char *text)
{
    struct hearth_json_size size = hearth_json_measure(text, strlen(text));
    int line = 1, column = 1;
    json_t *value = size.depth > HEARTH_DATASET_DEPTH_MAX || size.bytes > HEARTH_DATASET_PARSED_MAX
                        ? NULL
                        : hearth_json_parse_part(text, strlen(text), &line, &column, NULL);
    if (!value)
        blame(csv, csv->line, 0, "messages, conversations and tools must be JSON in a CSV file");
    else
        json_object_set_new(row, name, value);
}

static json_t *object_of(struct csv *csv, const json_t *fields)
{
    json_t *row = json_object();
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name = json_string_value(json_array_get(csv->names, i));
        json_t *field = json_array_get(fields, i);
        const char *text = json_string_value(field);
        if (!is_json_column(name))
            json_object_set(row, name, field);
        else if (*text)
            put_json(csv, row, name, text);
    }
    return row;
}

static void take_record(struct csv *csv, uint64_t line, const json_t *fields)
{
    size_t names = json_array_size(csv->names), count = json_array_size(fields);
    char message[200];
    if (!csv->why && count == 1 && !*json_string_value(json_array_get(fields, 0)))
        return; /* an empty line */
    snprintf(message, sizeof(message), "the row has %zu fields and the head %zu", count, names);
    if (!csv->why && count != names)
        blame(csv, line, 0, message);
    if (!csv->why)
        csv->line = line;
    json_t *row = csv->why ? NULL : object_of(csv, fields);
    if (csv->why)
        hearth_input_fault(csv->input, csv->line, csv->column, csv->why);
    else
        hearth_input_row(csv->input, line, row);
    json_decref(row);
}

/* The head lies in the first piece that was read, or is no head: it is looked at without reading
 * on.
 */
static int find_separator(const struct hearth_dataset_input *input)
{
    static const char separators[] = ",;\t";
    size_t best = 0, counts[sizeof(separators)] = {0};
    for (size_t i = input->at; i < input->end && input->room[i] != '\n'; i++) {
        const char *found = input->room[i] ? strchr(separators, input->room[i]) : NULL;
        if (found)
            counts[found - separators]++;
    }
    for (size_t i = 1; i < sizeof(separators); i++)
        if (counts[i] > counts[best])
            best = i;
    return separators[best];
}

/* Two columns of one name would be one member; columns without a name are nobody's. */
static void check_head(struct csv *csv, uint64_t line)
{
    json_t *seen = json_object();
    size_t index;
    json_t *name;
    json_array_foreach(csv->names, index, name)
    {
        const char *text = json_string_value(name);
        if (strchr(text, '\r'))
            blame(csv, line, 0, "lines must end with \\n or \\r\\n, not with \\r alone");
        if (*text && json_object_get(seen, text))
            blame(csv, line, 0, "two columns have the same name");
        json_object_set(seen, text, json_true());
    }
    json_decref(seen);
}

void hearth_input_csv(struct hearth_dataset_input *input)
{
    struct csv csv = {.input = input, .separator = find_separator(input)};
    uint64_t line = input->line;
    csv.names = read_record(&csv);
    check_head(&csv, line);
    if (csv.why) {
        hearth_input_fault(input, csv.line, csv.column, csv.why);
        json_decref(csv.names);
        return;
    }
    while (!input->rc && hearth_input_peek(input) != HEARTH_INPUT_END) {
        line = input->line;
        json_t *fields = read_record(&csv);
        if (!input->rc)
            take_record(&csv, line, fields);
        json_decref(fields);
    }
    json_decref(csv.names);
}
