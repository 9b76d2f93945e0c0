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
};

/* One field into input->row; what ended it: the separator, '\n' or HEARTH_INPUT_END. */
static int read_field(struct csv *csv, bool *ret_too_long)
{
    struct hearth_dataset_input *input = csv->input;
    bool quoted = hearth_input_peek(input) == '"';
    if (quoted)
        hearth_input_next(input);
    for (;;) {
        int byte = hearth_input_next(input);
        if (byte == HEARTH_INPUT_END)
            return byte;
        if (quoted && byte == '"') {
            /* Two marks are one; a single one ends what is quoted. */
            if (hearth_input_peek(input) != '"') {
                quoted = false;
                continue;
            }
            hearth_input_next(input);
        } else if (!quoted && (byte == csv->separator || byte == '\n')) {
            return byte;
        } else if (!quoted && byte == '\r' && hearth_input_peek(input) == '\n') {
            continue;
        }
        *ret_too_long = *ret_too_long || hearth_buf_char(&input->row, (char)byte);
    }
}

/* Ends at the end of its line, whatever stands in it. `ret_long`: a row, not a field, is too long.
 */
static json_t *read_record(struct csv *csv, bool *ret_long)
{
    json_t *fields = json_array();
    struct hearth_dataset_input *input = csv->input;
    size_t bytes = 0;
    int end;
    do {
        hearth_buf_clear(&input->row);
        end = read_field(csv, ret_long);
        bytes += input->row.length;
        *ret_long = *ret_long || bytes > HEARTH_DATASET_ROW_MAX ||
                    json_array_size(fields) == HEARTH_DATASET_COLUMNS_MAX;
        const char *text = hearth_buf_cstr(&input->row);
        if (!*ret_long)
            json_array_append_new(fields, text ? json_stringn(text, input->row.length) : NULL);
    } while (end == csv->separator);
    hearth_buf_clear(&input->row);
    return fields;
}

static bool is_json_column(const char *name)
{
    return strcmp(name, "messages") == 0 || strcmp(name, "conversations") == 0 ||
           strcmp(name, "tools") == 0;
}

static json_t *object_of(const struct csv *csv, const json_t *fields)
{
    json_t *row = json_object();
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name = json_string_value(json_array_get(csv->names, i));
        json_t *field = json_array_get(fields, i);
        const char *text = json_string_value(field);
        if (name && text && is_json_column(name) && *text)
            json_object_set_new(row, name, hearth_json_parse(text, strlen(text), NULL));
        else if (name && text && *text)
            json_object_set(row, name, field);
    }
    return row;
}

static void take_record(struct csv *csv, uint64_t line, const json_t *fields, bool too_long)
{
    size_t names = json_array_size(csv->names), count = json_array_size(fields);
    char message[200];
    if (count == 1 && !*json_string_value(json_array_get(fields, 0)))
        return; /* an empty line */
    if (too_long) {
        hearth_input_fault(csv->input, line, "the row is too long, or has too many fields");
    } else if (count != names) {
        snprintf(message, sizeof(message), "the row has %zu fields and the head %zu", count, names);
        hearth_input_fault(csv->input, line, message);
    } else {
        json_t *row = object_of(csv, fields);
        hearth_input_row(csv->input, line, row);
        json_decref(row);
    }
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

void hearth_input_csv(struct hearth_dataset_input *input)
{
    struct csv csv = {.input = input, .separator = find_separator(input)};
    bool too_long = false;
    csv.names = read_record(&csv, &too_long);
    if (too_long)
        hearth_input_fault(input, 1, "the head is too long, or the file is no data set");
    while (!too_long && !input->rc && hearth_input_peek(input) != HEARTH_INPUT_END) {
        uint64_t line = input->line;
        bool row_too_long = false;
        json_t *fields = read_record(&csv, &row_too_long);
        if (!input->rc)
            take_record(&csv, line, fields, row_too_long);
        json_decref(fields);
    }
    json_decref(csv.names);
}
