#include "base/json.h"

#include "base/float_text.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With duplicate keys two readers of one text could see different values. JSON_DECODE_ANY lets a
 * document be any value, not only an object or a list. */
enum { FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY };

static json_t *parse(const char *text, size_t length, json_error_t *ret_fault)
{
    return json_loadb(text, length, FLAGS, ret_fault);
}

/* A fault in our own words: jansson's quote what stands in the text, which may be a secret, and
 * speak about its interface. */
static const char *fault_text(enum json_error_code code)
{
    switch (code) {
    case json_error_out_of_memory:
        return "there is not enough memory to read it";
    case json_error_stack_overflow:
        return "the lists and objects are nested too deeply";
    case json_error_invalid_utf8:
        return "a byte here is not valid UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends before its value is complete";
    case json_error_end_of_input_expected:
        return "the value is complete, but the text goes on";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a text contains the character U+0000, which is not allowed here";
    case json_error_numeric_overflow:
        return "the number is too large";
    default:
        return "this is not valid JSON";
    }
}

/* The key that ends, with its quote, at `end`. Only a plain one is told: any other could be as long
 * as the body, or hold what makes a mess of a terminal. 0: it is not plain. */
static size_t plain_key_before(const char *text, size_t end, const char **ret_key)
{
    enum { KEY_MAX = 64 };
    if (end < 2 || text[end - 1] != '"')
        return 0;
    size_t start = end - 1;
    while (start && (isalnum((unsigned char)text[start - 1]) || strchr("_-.", text[start - 1])) &&
           end - start <= KEY_MAX)
        start--;
    *ret_key = text + start;
    bool is_whole = start && text[start - 1] == '"' && (start < 2 || text[start - 2] != '\\');
    return is_whole ? end - 1 - start : 0;
}

/* What is wrong, without its place. Line, column and position are jansson's: behind what it could
 * not take. */
static int tell_fault(const char *text, size_t length, const json_error_t *fault,
                      struct hearth_error *error)
{
    enum json_error_code code = json_error_code(fault);
    size_t end = fault->position > 0 ? (size_t)fault->position : 0;
    const char *key = "";
    size_t known =
        code == json_error_duplicate_key && end <= length ? plain_key_before(text, end, &key) : 0;
    int number = code == json_error_out_of_memory ? HEARTH_ENOMEM : HEARTH_EPARSE;
    if (code == json_error_duplicate_key)
        return hearth_error_set(error, number, "%s%.*s%s stands twice in the same object",
                                known ? "the key \"" : "a key", (int)known, key, known ? "\"" : "");
    return hearth_error_set(error, number, "%s", fault_text(code));
}

static void tell(const char *text, size_t length, const json_error_t *fault,
                 struct hearth_error *error)
{
    tell_fault(text, length, fault, error);
    hearth_error_prefix(error, "JSON, line %d, column %d", fault->line, fault->column);
}

json_t *hearth_json_parse(const char *text, size_t length, struct hearth_error *error)
{
    json_error_t fault;
    json_t *value = parse(text, length, &fault);
    if (!value)
        tell(text, length, &fault, error);
    return value;
}

json_t *hearth_json_parse_part(const char *text, size_t length, int *ret_line, int *ret_column,
                               struct hearth_error *error)
{
    json_error_t fault;
    json_t *value = parse(text, length, &fault);
    if (!value) {
        tell_fault(text, length, &fault, error);
        *ret_line = fault.line > 0 ? fault.line : 1;
        *ret_column = fault.column > 0 ? fault.column : 1;
    }
    return value;
}

json_t *hearth_json_parse_any_text(const char *text, size_t length, struct hearth_error *error)
{
    json_error_t fault;
    json_t *value = json_loadb(text, length, FLAGS | JSON_ALLOW_NUL, &fault);
    if (!value)
        tell(text, length, &fault, error);
    return value;
}

/* The parser bounds the depth (2,048), and so this recursion. */
bool hearth_json_has_nul(const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)value, key, member) if (hearth_json_has_nul(member)) return true;
    json_array_foreach(value, i, member) if (hearth_json_has_nul(member)) return true;
    return json_is_string(value) &&
           memchr(json_string_value(value), '\0', json_string_length(value));
}

/* Numbers too big */

/* Of digits without leading zeros, which JSON does not have. */
static bool has_room_in_64_bits(const char *digits, size_t length, bool negative)
{
    /* INT64_MIN and INT64_MAX without their signs; of equal length, digits compare like texts. */
    const char *most = negative ? "9223372036854775808" : "9223372036854775807";
    return length < 19 || (length == 19 && memcmp(digits, most, 19) <= 0);
}

/* The number at `at`, without its sign. An integer becomes d.ddd…e18 within the same bytes. */
static void widen_number(char *at, size_t length, bool negative)
{
    static const char most[] = "1e308";
    char exponent[24];
    bool integer = !memchr(at, '.', length) && !memchr(at, 'e', length) && !memchr(at, 'E', length);
    if (integer && (*at == '0' || has_room_in_64_bits(at, length, negative)))
        return;
    if (integer) {
        size_t width = (size_t)snprintf(exponent, sizeof(exponent), "e%zu", length - 1);
        memmove(at + 2, at + 1, length - 2 - width);
        at[1] = '.';
        memcpy(at + length - width, exponent, width);
    }
    /* A number beyond a double becomes the greatest power of ten, padded with blanks to its old
     * length. */
    if (length >= sizeof(most) - 1 && isinf(strtod(at, NULL))) {
        memcpy(at, most, sizeof(most) - 1);
        memset(at + sizeof(most) - 1, ' ', length - (sizeof(most) - 1));
    }
}

/* From the opening quote to behind the closing one; behind a backslash stands something that cannot
 * close it. */
static size_t string_length(const char *text, size_t length)
{
    size_t i = 1;
    while (i < length && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
    return i < length ? i + 1 : length;
}

/* The first place that is no digit. */
static size_t digits_end(const char *text, size_t at, size_t length)
{
    while (at < length && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

/* RFC 8259, section 6, but for the sign, which the caller has passed. */
static size_t number_length(const char *text, size_t length)
{
    size_t end = digits_end(text, 0, length);
    if (end < length && text[end] == '.')
        end = digits_end(text, end + 1, length);
    if (end < length && (text[end] == 'e' || text[end] == 'E')) {
        bool sign = end + 1 < length && (text[end + 1] == '+' || text[end + 1] == '-');
        end = digits_end(text, end + 1 + sign, length);
    }
    return end;
}

/* Texts are passed over, so that digits in them stay as they are. */
static void widen_numbers(char *text, size_t length)
{
    for (size_t i = 0, count; i < length; i += count) {
        count = 1;
        if (text[i] == '"') {
            count = string_length(text + i, length - i);
        } else if (text[i] >= '0' && text[i] <= '9') {
            count = number_length(text + i, length - i);
            /* At the very end it stands in no object, and nothing ends it for strtod. */
            if (i + count < length)
                widen_number(text + i, count, i && text[i - 1] == '-');
        }
    }
}

/* jansson refuses integers beyond 64 bits and reals beyond a double. They are rewritten in place,
 * at most as long as before, and parsed again; only texts with such a number pay for it. */
json_t *hearth_json_parse_wide(char *text, size_t length, struct hearth_error *error)
{
    json_error_t fault;
    json_t *value = parse(text, length, &fault);
    if (!value && json_error_code(&fault) == json_error_numeric_overflow) {
        widen_numbers(text, length);
        value = parse(text, length, &fault);
    }
    if (!value)
        tell(text, length, &fault, error);
    return value;
}

/* The text belongs to the object. */
const char *hearth_json_text(const json_t *object, const char *key, const char *fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_string_value(value) : fallback;
}

json_int_t hearth_json_integer(const json_t *object, const char *key, json_int_t fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

double hearth_json_number(const json_t *object, const char *key, double fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool hearth_json_truth(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

/* RFC 8259, section 7: quote, backslash and the control characters must be escaped. */
static int write_escaped(struct hearth_buf *buf, unsigned char c)
{
    switch (c) {
    case '"':
        return hearth_buf_append(buf, "\\\"", 2);
    case '\\':
        return hearth_buf_append(buf, "\\\\", 2);
    /* The short forms where JSON has one; every other control character becomes \u00XX. */
    case '\n':
        return hearth_buf_append(buf, "\\n", 2);
    case '\r':
        return hearth_buf_append(buf, "\\r", 2);
    case '\t':
        return hearth_buf_append(buf, "\\t", 2);
    case '\b':
        return hearth_buf_append(buf, "\\b", 2);
    case '\f':
        return hearth_buf_append(buf, "\\f", 2);
    default:
        return hearth_buf_printf(buf, "\\u%04x", c);
    }
}

/* Runs of plain characters are appended whole. What is no UTF-8 becomes U+FFFD, since JSON must be
 * UTF-8. */
int hearth_json_write_string(struct hearth_buf *buf, const char *text, size_t length)
{
    if (!length) /* of a buffer that nothing was put into, the text is NULL */
        return hearth_buf_text(buf, "\"\"");
    hearth_buf_char(buf, '"');
    size_t plain = 0, i = 0;
    while (i < length) {
        unsigned char c = (unsigned char)text[i];
        size_t width = 1;
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        if (c >= 0x80 && (width = hearth_utf8_width(text + i, length - i)) > 0) {
            i += width;
            continue;
        }
        hearth_buf_append(buf, text + plain, i - plain);
        if (c >= 0x80)
            hearth_buf_append(buf, "\xef\xbf\xbd", 3);
        else
            write_escaped(buf, c);
        /* The next run begins behind the character that could not be copied. */
        plain = ++i;
    }
    hearth_buf_append(buf, text + plain, length - plain);
    return hearth_buf_char(buf, '"');
}

int hearth_json_write_text(struct hearth_buf *buf, const char *text)
{
    return hearth_json_write_string(buf, text, text ? strlen(text) : 0);
}

/* The shortest of a few precisions that reads back as the same double; 17 digits always do (IEEE
 * 754). */
int hearth_json_write_double(struct hearth_buf *buf, double value)
{
    if (!isfinite(value))
        return hearth_buf_text(buf, "null");
    char text[40];
    for (int digits = 6; digits <= 17; digits += digits < 15 ? 9 : 1) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return hearth_buf_text(buf, text);
}

/* It stays a real when it is read again. */
static void write_real(struct hearth_buf *buf, double value)
{
    size_t start = buf->length;
    hearth_json_write_double(buf, value);
    for (size_t i = start; i < buf->length; i++)
        if (!strchr("-0123456789", buf->bytes[i]))
            return;
    hearth_buf_text(buf, ".0");
}

static void write_value(struct hearth_buf *buf, const json_t *value);

static void write_object(struct hearth_buf *buf, const json_t *object)
{
    char open = '{';
    void *at = json_object_iter((json_t *)object);
    hearth_buf_text(buf, at ? "" : "{");
    for (; at; at = json_object_iter_next((json_t *)object, at)) {
        hearth_buf_char(buf, open);
        hearth_json_write_string(buf, json_object_iter_key(at), json_object_iter_key_len(at));
        hearth_buf_char(buf, ':');
        write_value(buf, json_object_iter_value(at));
        open = ',';
    }
    hearth_buf_char(buf, '}');
}

static void write_array(struct hearth_buf *buf, const json_t *array)
{
    size_t count = json_array_size(array);
    hearth_buf_char(buf, '[');
    for (size_t i = 0; i < count && !buf->failed; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_value(buf, json_array_get(array, i));
    }
    hearth_buf_char(buf, ']');
}

static void write_value(struct hearth_buf *buf, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(buf, value);
        break;
    case JSON_ARRAY:
        write_array(buf, value);
        break;
    case JSON_STRING:
        hearth_json_write_string(buf, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        hearth_buf_printf(buf, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(buf, json_real_value(value));
        break;
    default:
        hearth_buf_text(buf, json_is_true(value)    ? "true"
                             : json_is_false(value) ? "false"
                                                    : "null");
        break;
    }
}

int hearth_json_dump(struct hearth_buf *buf, const json_t *value)
{
    if (!value)
        return HEARTH_EINVAL;
    write_value(buf, value);
    return buf->failed;
}

/* JSON has no infinities; null is what other libraries write for them. */
int hearth_json_write_float(struct hearth_buf *buf, float value)
{
    char text[HEARTH_FLOAT_TEXT_MAX];
    if (!isfinite(value))
        return hearth_buf_text(buf, "null");
    return hearth_buf_append(buf, text, hearth_float_text(value, text));
}

/* A block at a time, so that the buffer is asked for room once in a while and not at every float.
 */
int hearth_json_write_floats(struct hearth_buf *buf, const float *values, size_t count)
{
    enum { BLOCK = 64, EACH = HEARTH_FLOAT_TEXT_MAX + 1 };
    char block[BLOCK * EACH];
    hearth_buf_char(buf, '[');
    for (size_t i = 0; i < count;) {
        size_t length = 0, end = count - i < BLOCK ? count : i + BLOCK;
        for (; i < end; i++) {
            if (i)
                block[length++] = ',';
            if (isfinite(values[i])) {
                length += hearth_float_text(values[i], block + length);
            } else {
                memcpy(block + length, "null", 4);
                length += 4;
            }
        }
        hearth_buf_append(buf, block, length);
    }
    return hearth_buf_char(buf, ']');
}
