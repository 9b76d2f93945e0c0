/* Rows that are JSON: one a line, or the items of an array, which are cut out of it so that no file
 * need be in memory whole. */
#include "dataset/dataset_input.h"

#include "base/error.h"

#include <string.h>

/* A row may be small as text and large as values. */
static const char *why_not(const char *text, size_t length)
{
    struct hearth_json_size size = hearth_json_measure(text, length);
    if (size.depth > HEARTH_DATASET_DEPTH_MAX)
        return "the row's lists and objects are nested too deep";
    return size.bytes > HEARTH_DATASET_PARSED_MAX ? "the row has too many values" : NULL;
}

static void parse_row(struct hearth_dataset_input *input, uint64_t line, uint64_t column,
                      const char *text)
{
    struct hearth_error why = {.code = 0};
    int fault_line = 1, fault_column = 1;
    json_t *value =
        hearth_json_parse_part(text, input->row.length, &fault_line, &fault_column, &why);
    if (value)
        hearth_input_row(input, line, value);
    else
        hearth_input_fault(input, line + (uint64_t)fault_line - 1,
                           (uint64_t)fault_column + (fault_line == 1 ? column - 1 : 0),
                           why.message);
    json_decref(value);
}

static void take_row(struct hearth_dataset_input *input, uint64_t line, uint64_t column,
                     bool too_long)
{
    const char *text = hearth_buf_cstr(&input->row);
    const char *why =
        too_long || !text ? "the row is longer than 4 MiB" : why_not(text, input->row.length);
    _Static_assert(HEARTH_DATASET_ROW_MAX == 4 << 20, "the message says so");
    if (why)
        hearth_input_fault(input, line, 0, why);
    else
        parse_row(input, line, column, text);
    hearth_buf_clear(&input->row);
}

/* Up to the end of the line, which is taken too: whole pieces, since files have gigabytes. Of one
 * that is too long nothing more is kept. */
static bool cut_line(struct hearth_dataset_input *input)
{
    bool too_long = false;
    while (hearth_input_peek(input) != HEARTH_INPUT_END) {
        const unsigned char *start = input->room + input->at;
        size_t length = input->end - input->at;
        const unsigned char *end = memchr(start, '\n', length);
        length = end ? (size_t)(end - start) : length;
        too_long = too_long || hearth_buf_append(&input->row, start, length);
        input->at += length;
        input->column += length;
        if (end) {
            hearth_input_next(input);
            break;
        }
    }
    return too_long;
}

static bool is_empty(const struct hearth_buf *row)
{
    size_t at = 0;
    while (at < row->length && hearth_input_is_space(row->bytes[at]))
        at++;
    return at == row->length;
}

/* A line that is no JSON costs that line, not the file. */
void hearth_input_json_lines(struct hearth_dataset_input *input)
{
    while (!input->rc && hearth_input_peek(input) != HEARTH_INPUT_END) {
        uint64_t line = input->line, column = input->column;
        bool too_long = cut_line(input);
        if (input->rc || (!too_long && is_empty(&input->row)))
            hearth_buf_clear(&input->row);
        else
            take_row(input, line, column, too_long);
    }
}

/* One item, up to the comma or bracket that ends it, which is left. Depth and texts are followed
 * only so far as that end needs; whether the item is JSON the parser says. */
static void cut_item(struct hearth_dataset_input *input, bool *ret_too_long)
{
    size_t depth = 0;
    bool in_text = false, escaped = false;
    for (;;) {
        int byte = hearth_input_peek(input);
        if (byte == HEARTH_INPUT_END)
            return;
        if (in_text) {
            in_text = escaped || byte != '"';
            escaped = !escaped && byte == '\\';
        } else if (byte == '"') {
            in_text = true;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (depth > 0 && (byte == '}' || byte == ']')) {
            depth--;
        } else if (depth == 0 && (byte == ',' || byte == ']')) {
            return;
        }
        *ret_too_long = *ret_too_long || hearth_buf_char(&input->row, (char)byte);
        hearth_input_next(input);
    }
}

void hearth_input_json_array(struct hearth_dataset_input *input)
{
    int byte = hearth_input_next(input); /* the bracket */
    while (!input->rc && byte != ']') {
        hearth_input_skip_space(input);
        uint64_t line = input->line, column = input->column;
        bool too_long = false;
        cut_item(input, &too_long);
        if (input->rc)
            return;
        if (hearth_input_peek(input) == HEARTH_INPUT_END) {
            hearth_buf_clear(&input->row);
            hearth_input_fault(input, line, column, "the file ends within the array");
            return;
        }
        if (input->row.length || too_long)
            take_row(input, line, column, too_long);
        byte = hearth_input_next(input);
    }
    hearth_input_skip_space(input);
    if (hearth_input_peek(input) != HEARTH_INPUT_END)
        hearth_input_fault(input, input->line, input->column,
                           "the file goes on behind the array, and what follows is not read");
}
