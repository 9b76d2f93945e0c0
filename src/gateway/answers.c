/* Errors in every shape, and answers that end a call. */
#include "gateway/answers.h"

#include "base/error.h"
#include "config/home.h"
#include "gateway/gateway_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS_ARENA_MAX = 1 << 20 };

static void write_member(struct hearth_buf *buf, const char *key, const char *text)
{
    hearth_buf_printf(buf, "\"%s\":", key);
    if (text)
        hearth_json_write_string(buf, text, strlen(text));
    else
        hearth_buf_text(buf, "null");
}

/* OpenAI's libraries look at `code` and `type`, so these are their words and not ours; `param` is
 * null rather than absent, as there. */
static void write_openai(struct hearth_buf *buf, const struct hearth_error *error,
                         const struct hearth_error_detail *detail)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    const char *code = detail->openai_code ? detail->openai_code : row->code;
    if (error->code == HEARTH_ERATE)
        code = "rate_limit_exceeded";
    hearth_buf_text(buf, "{\"error\":{");
    write_member(buf, "message", *error->message ? error->message : row->text);
    hearth_buf_char(buf, ',');
    write_member(buf, "type", row->openai_type);
    hearth_buf_char(buf, ',');
    write_member(buf, "param", detail->param);
    hearth_buf_char(buf, ',');
    write_member(buf, "code", code);
    hearth_buf_text(buf, "}}");
}

/* Clients look for "not found" in the message of a model that is missing. */
static void write_ollama(struct hearth_buf *buf, const struct hearth_error *error)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    struct hearth_error told = *error;
    if (!*told.message)
        hearth_error_set(&told, error->code, "%s", row->text);
    if (error->code == HEARTH_ENOMODEL)
        hearth_error_prefix(&told, "model not found");
    hearth_buf_char(buf, '{');
    write_member(buf, "error", told.message);
    hearth_buf_char(buf, '}');
}

/* The words of Anthropic's clients (docs.anthropic.com, "Errors"), by the status. */
static const char *anthropic_type(int status)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {{400, "invalid_request_error"}, {401, "authentication_error"},
                 {403, "permission_error"},      {404, "not_found_error"},
                 {413, "request_too_large"},     {429, "rate_limit_error"},
                 {504, "timeout_error"},         {529, "overloaded_error"}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].status == status)
            return types[i].type;
    return status < 500 ? "invalid_request_error" : "api_error";
}

static void write_anthropic(struct hearth_buf *buf, const char *request_id,
                            const struct hearth_error *error)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    hearth_buf_text(buf, "{\"type\":\"error\",\"error\":{");
    write_member(buf, "type",
                 anthropic_type(hearth_error_status(HEARTH_ERRORS_ANTHROPIC, error->code)));
    hearth_buf_char(buf, ',');
    write_member(buf, "message", *error->message ? error->message : row->text);
    hearth_buf_text(buf, "},");
    write_member(buf, "request_id", request_id);
    hearth_buf_char(buf, '}');
}

/* Neither has a 422; Anthropic says 529 where it has no room for a request now. */
int hearth_error_status(enum hearth_error_shape shape, int code)
{
    int status = hearth_error_row(code)->http_status;
    bool anthropic = shape == HEARTH_ERRORS_ANTHROPIC;
    if (anthropic && status == 503)
        return 529;
    return status == 422 && (anthropic || shape == HEARTH_ERRORS_OLLAMA) ? 400 : status;
}

/* All faults at once, so that a client mends them in one go. The arena only serves the texts made
 * here. */
static void write_fields(struct hearth_buf *buf, const struct hearth_schema_faults *faults)
{
    struct hearth_arena *arena = hearth_arena_create(FIELDS_ARENA_MAX);
    hearth_buf_text(buf, ",\"fields\":[");
    for (size_t i = 0; i < faults->count; i++) {
        const struct hearth_schema_fault *fault = &faults->rows[i];
        hearth_buf_text(buf, i ? ",{" : "{");
        write_member(buf, "field", fault->path);
        hearth_buf_char(buf, ',');
        write_member(buf, "expected", fault->expected);
        hearth_buf_char(buf, ',');
        write_member(buf, "got", fault->got);
        hearth_buf_char(buf, ',');
        write_member(buf, "message", hearth_schema_fault_text(fault, arena));
        if (fault->suggestion) {
            hearth_buf_char(buf, ',');
            write_member(buf, "suggestion", fault->suggestion);
        }
        hearth_buf_char(buf, '}');
    }
    hearth_buf_char(buf, ']');
    hearth_arena_destroy(arena);
}

void hearth_error_write(struct hearth_buf *buf, enum hearth_error_shape shape,
                        const char *request_id, const struct hearth_error *error,
                        const struct hearth_error_detail *detail)
{
    static const struct hearth_error_detail none = {0};
    detail = detail ? detail : &none;
    if (shape == HEARTH_ERRORS_OPENAI) {
        write_openai(buf, error, detail);
        return;
    }
    if (shape == HEARTH_ERRORS_OLLAMA) {
        write_ollama(buf, error);
        return;
    }
    if (shape == HEARTH_ERRORS_ANTHROPIC) {
        write_anthropic(buf, request_id, error);
        return;
    }
    const struct hearth_error_row *row = hearth_error_row(error->code);
    hearth_buf_char(buf, '{');
    write_member(buf, "error", row->text);
    hearth_buf_char(buf, ',');
    write_member(buf, "detail", *error->message ? error->message : row->text);
    hearth_buf_char(buf, ',');
    write_member(buf, "code", row->code);
    hearth_buf_char(buf, ',');
    write_member(buf, "request_id", request_id);
    if (detail->faults)
        write_fields(buf, detail->faults);
    hearth_buf_char(buf, '}');
}

void hearth_answer_name(struct hearth_exchange *exchange, enum hearth_error_shape shape)
{
    if (shape == HEARTH_ERRORS_ANTHROPIC)
        hearth_exchange_set_header(exchange, "request-id", hearth_exchange_id(exchange));
}

/* Writes the answer of an error and returns its status. */
static int send_error(struct hearth_exchange *exchange, enum hearth_error_shape shape,
                      const struct hearth_error *error, const struct hearth_error_detail *detail)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    int status = hearth_error_status(shape, error->code);
    uint32_t retry_ms = detail ? detail->retry_after_ms : 0;
    if (!retry_ms && row->retry && row->http_status == 503)
        retry_ms = 1000;
    if (retry_ms) {
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%u", (unsigned)((retry_ms + 999) / 1000));
        hearth_exchange_set_header(exchange, "retry-after", seconds);
    }
    if (row->http_status == 401)
        hearth_exchange_set_header(exchange, "www-authenticate", "Bearer");
    hearth_answer_name(exchange, shape);
    struct hearth_buf buf;
    hearth_buf_init(&buf, 256 << 10);
    hearth_error_write(&buf, shape, hearth_exchange_id(exchange), error, detail);
    hearth_exchange_answer(exchange, status, "application/json", buf.bytes, buf.length);
    hearth_buf_finish(&buf);
    return status;
}

void hearth_answer_refuse(struct hearth_exchange *exchange, enum hearth_error_shape shape,
                          const struct hearth_error *error,
                          const struct hearth_error_detail *detail)
{
    send_error(exchange, shape, error, detail);
}

void hearth_answer_hide(const struct hearth_call *call, struct hearth_error *error)
{
    if (call->gateway->home)
        hearth_home_hide(call->gateway->home, error);
}

/* The call is ended first, which counts it; from then on it may be gone, so what is needed is taken
 * out before. */
void hearth_answer_error(struct hearth_call *call, const struct hearth_error *error,
                         const struct hearth_error_detail *detail)
{
    struct hearth_exchange *exchange = call->exchange;
    enum hearth_error_shape shape = call->route->errors;
    struct hearth_error told = *error;
    hearth_answer_hide(call, &told);
    hearth_call_end(call, hearth_error_status(shape, told.code));
    send_error(exchange, shape, &told, detail);
}

void hearth_answer_message(struct hearth_call *call, int code, const char *param,
                           const char *format, ...)
{
    struct hearth_error error = {.code = code};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error.message, sizeof(error.message), format, arguments);
    va_end(arguments);
    struct hearth_error_detail detail = {.param = param};
    if (param && code == HEARTH_EINVAL)
        detail.openai_code = "invalid_value";
    hearth_answer_error(call, &error, &detail);
}

/* The words that OpenAI's clients know, for the first fault. */
static const char *openai_code(const struct hearth_schema_fault *fault)
{
    switch (fault->kind) {
    case HEARTH_FAULT_MISSING:
        return "missing_required_parameter";
    case HEARTH_FAULT_UNKNOWN:
        return "unknown_parameter";
    case HEARTH_FAULT_REFUSED:
        return "unsupported_parameter";
    case HEARTH_FAULT_TYPE:
        return "invalid_type";
    default:
        return "invalid_value";
    }
}

/* The body itself has no name. */
static void openai_value(const struct hearth_schema_fault *fault, const char *what,
                         struct hearth_error *error)
{
    const char *quote = *fault->path ? "'" : "";
    if (fault->message)
        hearth_error_set(error, HEARTH_EINVAL, "Invalid %s %s%s%s: %s.", what, quote,
                         *fault->path ? fault->path : "the body", quote, fault->message);
    else
        hearth_error_set(
            error, HEARTH_EINVAL, "Invalid %s %s%s%s: expected %s, but got %s instead.", what,
            quote, *fault->path ? fault->path : "the body", quote, fault->expected, fault->got);
}

static void openai_text(const struct hearth_schema_fault *fault, struct hearth_error *error)
{
    switch (fault->kind) {
    case HEARTH_FAULT_MISSING:
        hearth_error_set(error, HEARTH_EINVAL, "Missing required parameter: '%s'.", fault->path);
        break;
    case HEARTH_FAULT_UNKNOWN:
        hearth_error_set(error, HEARTH_EINVAL, "Unrecognized request argument supplied: %s%s%s%s",
                         fault->path, fault->suggestion ? " (did you mean '" : "",
                         fault->suggestion ? fault->suggestion : "",
                         fault->suggestion ? "'?)" : "");
        break;
    case HEARTH_FAULT_REFUSED:
        hearth_error_set(error, HEARTH_EINVAL, "Unsupported parameter: '%s': %s.", fault->path,
                         fault->message);
        break;
    case HEARTH_FAULT_TYPE:
        openai_value(fault, "type for", error);
        break;
    default:
        openai_value(fault, "value for", error);
    }
}

/* OpenAI's shape has room for one fault only: the first. */
void hearth_answer_faults(struct hearth_call *call, const struct hearth_schema_faults *faults)
{
    struct hearth_error error = {.code = HEARTH_EFIELDS};
    struct hearth_error_detail detail = {.faults = faults};
    const struct hearth_schema_fault *first = &faults->rows[0];
    if (faults->count == 0) {
        hearth_error_set(&error, HEARTH_EINVAL, "the body is not valid");
        detail.faults = NULL;
    } else if (call->route->errors == HEARTH_ERRORS_OPENAI) {
        openai_text(first, &error);
        detail.param = *first->path ? first->path : NULL;
        detail.openai_code = openai_code(first);
    } else {
        hearth_error_set(&error, HEARTH_EFIELDS, "%s%s",
                         hearth_schema_fault_text(first, hearth_call_arena(call)),
                         faults->count > 1 ? ", and there is more" : "");
    }
    hearth_answer_error(call, &error, &detail);
}

void hearth_answer_bytes(struct hearth_call *call, int status, const char *type, const void *bytes,
                         size_t length)
{
    struct hearth_exchange *exchange = call->exchange;
    hearth_call_end(call, status);
    hearth_exchange_answer(exchange, status, type, bytes, length);
}

void hearth_answer_static(struct hearth_call *call, int status, const char *type, const void *bytes,
                          size_t length)
{
    struct hearth_exchange *exchange = call->exchange;
    hearth_call_end(call, status);
    hearth_exchange_answer_static(exchange, status, type, bytes, length);
}

void hearth_answer_typed(struct hearth_call *call, int status, const char *type,
                         struct hearth_buf *buf)
{
    struct hearth_exchange *exchange = call->exchange;
    if (buf->failed) {
        hearth_answer_message(call, buf->failed, NULL, "the answer does not fit into memory");
    } else {
        hearth_call_end(call, status);
        hearth_exchange_answer_buf(exchange, status, type, buf);
    }
    hearth_buf_finish(buf);
}

void hearth_answer_buf(struct hearth_call *call, int status, struct hearth_buf *buf)
{
    hearth_answer_typed(call, status, "application/json", buf);
}

void hearth_answer_json(struct hearth_call *call, int status, json_t *value)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64 << 20);
    if (!value || hearth_json_dump(&buf, value))
        buf.failed = buf.failed ? buf.failed : HEARTH_ENOMEM;
    json_decref(value);
    hearth_answer_buf(call, status, &buf);
}
