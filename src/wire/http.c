/* The head of a request: its strings, the fields that decide about framing, the target, the
 * authority. */
#include "wire/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A kept connection has an empty builder most of the time: larger buffers are not kept for the next
 * head. */
enum { KEEP_MAX = 4096 };

void hearth_http_builder_init(struct hearth_http_builder *builder,
                              const struct hearth_http_limits *limits)
{
    memset(builder, 0, sizeof(*builder));
    /* Room for the NULs, which the peer did not send. */
    hearth_buf_init(&builder->text,
                    limits->header_bytes_max + 2 * ((size_t)limits->header_count_max + 8));
    hearth_buf_init(&builder->fields, limits->header_count_max * sizeof(struct hearth_http_field));
    builder->target_max = limits->header_bytes_max < HEARTH_HTTP_TARGET_MAX
                              ? limits->header_bytes_max
                              : HEARTH_HTTP_TARGET_MAX;
    hearth_http_builder_clear(builder);
}

void hearth_http_builder_finish(struct hearth_http_builder *builder)
{
    hearth_buf_finish(&builder->text);
    hearth_buf_finish(&builder->fields);
}

static void clear_buf(struct hearth_buf *buf)
{
    if (buf->capacity > KEEP_MAX)
        hearth_buf_finish(buf);
    hearth_buf_clear(buf);
}

/* -1 is "no Content-Length", which differs from a length of 0: the former may have chunks. */
void hearth_http_builder_clear(struct hearth_http_builder *builder)
{
    clear_buf(&builder->text);
    clear_buf(&builder->fields);
    builder->method = builder->target = builder->authority = HEARTH_HTTP_ABSENT;
    builder->host = builder->protocol = builder->scheme = HEARTH_HTTP_ABSENT;
    builder->content_length = -1;
    builder->host_count = 0;
    builder->transfer_encoding = builder->expect_continue = false;
}

int hearth_http_builder_text(struct hearth_http_builder *builder, const char *bytes, size_t length,
                             uint32_t *ret_offset)
{
    size_t offset = builder->text.length;
    if (hearth_buf_append(&builder->text, bytes, length) || hearth_buf_char(&builder->text, '\0'))
        return HEARTH_EHEADERS;
    *ret_offset = (uint32_t)offset;
    return 0;
}

/* Digits only: "+5", "5, 5" and "0x5" are read differently by different programs. (INT64_MAX - 9) /
 * 10 keeps the next step from overflowing. */
static int parse_content_length(struct hearth_http_builder *builder, const char *value,
                                struct hearth_error *error)
{
    int64_t length = 0;
    if (builder->content_length >= 0)
        return hearth_error_set(error, HEARTH_EPARSE, "more than one Content-Length");
    for (const char *digit = value; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || length > (INT64_MAX - 9) / 10)
            return hearth_error_set(error, HEARTH_EPARSE, "Content-Length is not a number");
        length = length * 10 + (*digit - '0');
    }
    if (!*value)
        return hearth_error_set(error, HEARTH_EPARSE, "Content-Length is empty");
    builder->content_length = length;
    return 0;
}

/* Only "chunked" is implemented, and RFC 9112 6.1 wants a request with any other coding refused. */
static int parse_transfer_encoding(struct hearth_http_builder *builder, const char *value,
                                   struct hearth_error *error)
{
    if (builder->transfer_encoding || strcasecmp(value, "chunked") != 0)
        return hearth_error_set(error, HEARTH_EPARSE,
                                "Transfer-Encoding must be \"chunked\", once and alone");
    builder->transfer_encoding = true;
    return 0;
}

/* Fields that decide where the message ends or whom it is for. */
static int note_field(struct hearth_http_builder *builder, const char *name, uint32_t value_offset,
                      struct hearth_error *error)
{
    const char *value = builder->text.bytes + value_offset;
    switch (name[0]) {
    case 'c':
        return strcmp(name, "content-length") == 0 ? parse_content_length(builder, value, error)
                                                   : 0;
    case 't':
        return strcmp(name, "transfer-encoding") == 0
                   ? parse_transfer_encoding(builder, value, error)
                   : 0;
    case 'h':
        if (strcmp(name, "host") == 0) {
            builder->host = value_offset;
            builder->host_count++;
        }
        return 0;
    case 'e':
        if (strcmp(name, "expect") == 0)
            builder->expect_continue = strcasecmp(value, "100-continue") == 0;
        return 0;
    default:
        return 0;
    }
}

/* Names are made lower case in place: they are compared often, and HTTP/2 has them so. */
int hearth_http_builder_field(struct hearth_http_builder *builder, uint32_t name, uint32_t value,
                              struct hearth_error *error)
{
    struct hearth_http_field field = {.name = name, .value = value};
    char *text = builder->text.bytes;
    for (char *c = text + name; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    for (const unsigned char *c = (unsigned char *)text + value; *c; c++)
        if ((*c < 0x20 && *c != '\t') || *c == 0x7f)
            return hearth_error_set(error, HEARTH_EPARSE,
                                    "a header field holds a control character");
    if (hearth_buf_append(&builder->fields, &field, sizeof(field)))
        return hearth_error_set(error, HEARTH_EHEADERS, "more than %zu header fields",
                                builder->fields.max / sizeof(field));
    return note_field(builder, text + name, value, error);
}

/* reg-name, IPv4 or [IPv6], with an optional port (RFC 3986 3.2.2); no user information. */
static bool authority_valid(const char *authority)
{
    static const char allowed[] = "-._~!$&'()*+,;=%:[]";
    for (const unsigned char *c = (const unsigned char *)authority; *c; c++)
        if (!isalnum(*c) && !strchr(allowed, *c))
            return false;
    return true;
}

/* Returns the path of an absolute-form target ("http://host/path") and takes its authority, which
 * goes before the Host field (RFC 9112 3.2.2). NULL: the target is not of a known form. */
static char *origin_form(struct hearth_http_builder *builder, char *target, char *ret_authority,
                         size_t size)
{
    size_t scheme = strncasecmp(target, "http://", 7) == 0    ? 7
                    : strncasecmp(target, "https://", 8) == 0 ? 8
                                                              : 0;
    ret_authority[0] = '\0';
    if (target[0] == '/')
        return target;
    if (strcmp(target, "*") == 0)
        return strcmp(builder->text.bytes + builder->method, "OPTIONS") == 0 ? target : NULL;
    if (!scheme)
        return NULL;
    size_t length = strcspn(target + scheme, "/?");
    if (length == 0 || length >= size)
        return NULL;
    memcpy(ret_authority, target + scheme, length);
    ret_authority[length] = '\0';
    return target + scheme + length;
}

/* The head keeps the query undecoded, since "&" and "=" separate its pairs before decoding. The
 * path is decoded exactly once: decoding twice would turn "%252e" into ".". */
static int split_target(struct hearth_http_builder *builder, struct hearth_http_head *head,
                        struct hearth_error *error)
{
    char authority[512];
    char *target = builder->text.bytes + builder->target;
    for (const unsigned char *c = (unsigned char *)target; *c; c++)
        if (*c <= 0x20 || *c >= 0x7f || *c == '#')
            return hearth_error_set(
                error, HEARTH_EPARSE,
                "the request target holds a character that is not allowed there");
    char *path = origin_form(builder, target, authority, sizeof(authority));
    if (!path)
        return hearth_error_set(error, HEARTH_EPARSE, "the request target must be a path");
    char *query = strchr(path, '?');
    char *end = path + strlen(path);
    head->query = (uint32_t)((query ? query + 1 : end) - builder->text.bytes);
    if (query)
        *query = '\0';
    if (path[0] == '\0') /* "http://host?query": the byte before is the host's, already copied */
        *--path = '/';
    head->path = (uint32_t)(path - builder->text.bytes);
    if (!hearth_http_percent_decode(path, false))
        return hearth_error_set(error, HEARTH_EPARSE,
                                "the request target holds a %% that is not followed by two "
                                "hexadecimal digits, or %%00");
    if (authority[0] &&
        hearth_http_builder_text(builder, authority, strlen(authority), &builder->authority))
        return hearth_error_set(error, HEARTH_EHEADERS, "the header fields are too long");
    return 0;
}

/* RFC 9112 3.2: exactly one Host in HTTP/1.1. Where both are there, the target's or :authority goes
 * first, but a Host with bad characters is refused even then: some program behind us may read
 * it. */
static int settle_authority(struct hearth_http_builder *builder, bool needed,
                            struct hearth_error *error)
{
    if (builder->host_count > 1)
        return hearth_error_set(error, HEARTH_EPARSE, "more than one Host");
    if (builder->authority == HEARTH_HTTP_ABSENT)
        builder->authority = builder->host;
    if (builder->authority == HEARTH_HTTP_ABSENT)
        return needed ? hearth_error_set(error, HEARTH_EPARSE, "Host is missing") : 0;
    if (!authority_valid(builder->text.bytes + builder->authority) ||
        (builder->host_count && !authority_valid(builder->text.bytes + builder->host)))
        return hearth_error_set(error, HEARTH_EPARSE,
                                "Host holds a character that is not allowed there");
    return 0;
}

/* The offsets become pointers only now, because the text moves while it grows. */
int hearth_http_builder_head(struct hearth_http_builder *builder, bool authority_needed,
                             struct hearth_http_head *ret_head, struct hearth_error *error)
{
    struct hearth_http_head head = {.path = HEARTH_HTTP_ABSENT, .query = HEARTH_HTTP_ABSENT};
    if (builder->text.failed)
        return hearth_error_set(error, HEARTH_EHEADERS, "the header fields are too long");
    if (builder->method == HEARTH_HTTP_ABSENT || builder->target == HEARTH_HTTP_ABSENT)
        return hearth_error_set(error, HEARTH_EPARSE, "method or target is missing");
    int rc = split_target(builder, &head, error);
    if (!rc)
        rc = settle_authority(builder, authority_needed, error);
    if (rc)
        return rc;
    head.text = builder->text.bytes;
    head.text_length = builder->text.length;
    head.method = builder->method;
    head.authority = builder->authority;
    head.protocol = builder->protocol;
    head.fields = (const struct hearth_http_field *)builder->fields.bytes;
    head.field_count = builder->fields.length / sizeof(struct hearth_http_field);
    head.content_length = builder->content_length;
    head.expect_continue = builder->expect_continue;
    *ret_head = head;
    return 0;
}

const char *hearth_http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } phrases[] = {{100, "Continue"},
                   {101, "Switching Protocols"},
                   {200, "OK"},
                   {201, "Created"},
                   {202, "Accepted"},
                   {204, "No Content"},
                   {206, "Partial Content"},
                   {301, "Moved Permanently"},
                   {302, "Found"},
                   {304, "Not Modified"},
                   {307, "Temporary Redirect"},
                   {308, "Permanent Redirect"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {411, "Length Required"},
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {415, "Unsupported Media Type"},
                   {416, "Range Not Satisfiable"},
                   {422, "Unprocessable Content"},
                   {426, "Upgrade Required"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {499, "Client Closed Request"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"},
                   {505, "HTTP Version Not Supported"},
                   {507, "Insufficient Storage"},
                   {529, "Overloaded"}};
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return "";
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: what is decoded is never longer. %00 would end the string early. */
bool hearth_http_percent_decode(char *text, bool plus)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != '%') {
            *to++ = plus && *from == '+' ? ' ' : *from;
            continue;
        }
        int high = hex_digit(from[1]);
        int low = high < 0 ? -1 : hex_digit(from[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return true;
}

/* Whether the parameters after a coding say q=0 (or 0.0…): not wanted. */
static bool refused_by_weight(const char *parameters, size_t length)
{
    const char *q = memchr(parameters, ';', length);
    const char *end = parameters + length;
    if (!q)
        return false;
    for (q++; q < end && (*q == ' ' || *q == '\t'); q++)
        ;
    if (end - q < 3 || (*q | 0x20) != 'q' || q[1] != '=')
        return false;
    for (q += 2; q < end; q++)
        if (*q >= '1' && *q <= '9')
            return false;
    return true;
}

/* A coding that is named itself wins over "*", wherever it stands in the list. */
bool hearth_http_accepts_coding(const char *accept_encoding, const char *coding)
{
    size_t coding_length = strlen(coding);
    bool any = false;
    for (const char *item = accept_encoding; item && *item;) {
        item += strspn(item, " \t,");
        size_t length = strcspn(item, ",");
        size_t name = strcspn(item, " \t,;");
        bool wanted = !refused_by_weight(item, length);
        if (name == coding_length && strncasecmp(item, coding, name) == 0)
            return wanted;
        if (name == 1 && *item == '*')
            any = wanted;
        item += length;
    }
    return any;
}

/* RFC 9110 5.6.7, written without strftime, whose names depend on the locale. The remainders only
 * tell the compiler how wide the numbers can be. */
void hearth_http_date(int64_t unix_seconds, char ret_text[30])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)unix_seconds;
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    snprintf(ret_text, 30, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * (utc.tm_wday % 7),
             (unsigned)utc.tm_mday % 100, months + 3 * (utc.tm_mon % 12),
             (unsigned)(utc.tm_year + 1900) % 10000, (unsigned)utc.tm_hour % 100,
             (unsigned)utc.tm_min % 100, (unsigned)utc.tm_sec % 100);
}
