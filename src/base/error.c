#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct hearth_error_row rows[] = {
#define ROW(symbol, word, say, http, grpc, exit_, again, openai)                                   \
    {.number = symbol,                                                                             \
     .code = word,                                                                                 \
     .text = say,                                                                                  \
     .http_status = http,                                                                          \
     .grpc_status = grpc,                                                                          \
     .exit_code = exit_,                                                                           \
     .retry = again,                                                                               \
     .openai_type = openai},
    HEARTH_ERROR_TABLE(ROW)
#undef ROW
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

const struct hearth_error_row *hearth_error_row(int number)
{
    /* Numbers run from -1 downwards without gaps, in the order of the table. */
    if (number < 0 && -number <= ROW_COUNT)
        return &rows[-number - 1];
    return &rows[-HEARTH_EINTERNAL - 1];
}

/* Answers of a newer server may have codes that are not known here. */
const struct hearth_error_row *hearth_error_row_by_code(const char *code)
{
    for (int i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    return NULL;
}

/* vsnprintf may cut a UTF-8 character in two: drop what is left of it. */
static void drop_partial_character(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    /* Back over the bytes of the form 10xxxxxx to the one that says how many belong together. */
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (length - (start - 1) < want)
        text[start - 1] = '\0';
}

static __attribute__((format(printf, 2, 0))) void
format_message(struct hearth_error *error, const char *format, va_list arguments)
{
    int length = vsnprintf(error->message, sizeof(error->message), format, arguments);
    if (length >= (int)sizeof(error->message))
        drop_partial_character(error->message);
}

int hearth_error_set(struct hearth_error *error, int number, const char *format, ...)
{
    if (!error)
        return number;
    va_list arguments;
    va_start(arguments, format);
    error->code = number;
    format_message(error, format, arguments);
    va_end(arguments);
    return number;
}

/* "PREFIX: MESSAGE"; the end of the message is what is cut when there is no room. */
void hearth_error_prefix(struct hearth_error *error, const char *format, ...)
{
    if (!error)
        return;
    /* Composed apart, because the old message is part of the new one. */
    struct hearth_error prefixed = {.code = error->code};
    va_list arguments;
    va_start(arguments, format);
    format_message(&prefixed, format, arguments);
    va_end(arguments);
    size_t used = strlen(prefixed.message);
    int length =
        snprintf(prefixed.message + used, sizeof(prefixed.message) - used, ": %s", error->message);
    if (length >= (int)(sizeof(prefixed.message) - used))
        drop_partial_character(prefixed.message);
    *error = prefixed;
}

/* A file that may not be read is HEARTH_EIO here: which right is missing depends on who asked. */
static int number_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return HEARTH_ENOSPACE;
    case ENOENT:
        return HEARTH_ENOTFOUND;
    case ENOMEM:
        return HEARTH_ENOMEM;
    default:
        return HEARTH_EIO;
    }
}

int hearth_error_set_errno(struct hearth_error *error, int errnum, const char *format, ...)
{
    int number = number_of_errno(errnum);
    if (!error)
        return number;
    va_list arguments;
    va_start(arguments, format);
    error->code = number;
    format_message(error, format, arguments);
    va_end(arguments);
    char reason[128];
    /* GNU's form, which answers the text and may leave the buffer alone. */
    const char *text = strerror_r(errnum, reason, sizeof(reason));
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof(error->message) - used, ": %s%s", text,
             number == HEARTH_ENOSPACE ? "; make room, then try again" : "");
    return number;
}
