#include "gateway/query_reader.h"

#include "base/text.h"
#include "wire/http.h"

#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 500 };

/* Faults have a maximum; what is beyond it is only said to exist (`more`). */
static void tell(struct hearth_query_reader *reader, enum hearth_schema_fault_kind kind,
                 const char *key, const char *expected, const char *got, const char *suggestion)
{
    struct hearth_schema_faults *faults = &reader->faults;
    const char *path = hearth_arena_strdup(reader->arena, key);
    const char *quoted = hearth_arena_format(reader->arena, "\"%.100s\"", got);
    if (faults->count == HEARTH_SCHEMA_FAULTS_MAX || !path || !quoted)
        faults->more = true;
    else
        faults->rows[faults->count++] = (struct hearth_schema_fault){
            .kind = kind,
            .path = path,
            .expected = expected,
            .got = kind == HEARTH_FAULT_UNKNOWN ? "an unknown key" : quoted,
            .suggestion = suggestion};
}

void hearth_query_fault(struct hearth_query_reader *reader, const char *name, const char *expected,
                        const char *got)
{
    tell(reader, HEARTH_FAULT_VALUE, name, expected, got, NULL);
}

static void check_keys(struct hearth_query_reader *reader, const char *const *known)
{
    const char *query = hearth_exchange_head(reader->exchange)->query;
    for (size_t length; *query; query += length + (query[length] == '&')) {
        length = strcspn(query, "&");
        char *key = hearth_arena_strndup(reader->arena, query, strcspn(query, "&="));
        const char *const *one = known;
        if (!length || !key)
            continue;
        if (!hearth_http_percent_decode(key, true) || !hearth_utf8_valid(key, strlen(key)))
            key = "?";
        while (*one && strcmp(*one, key) != 0)
            one++;
        if (!*one)
            tell(reader, HEARTH_FAULT_UNKNOWN, key, "a known key", "",
                 hearth_nearest_word(key, known));
    }
}

void hearth_query_reader_init(struct hearth_query_reader *reader, struct hearth_call *call,
                              const char *const *known)
{
    reader->exchange = call->exchange;
    reader->arena = hearth_call_arena(call);
    reader->faults.count = 0;
    reader->faults.more = false;
    check_keys(reader, known);
}

const char *hearth_query_read_text(const struct hearth_query_reader *reader, const char *name)
{
    const char *text = hearth_exchange_query(reader->exchange, name);
    return text && *text ? text : NULL;
}

void hearth_query_read_number(struct hearth_query_reader *reader, const char *name, int64_t high,
                              const char *expected, int64_t *value)
{
    const char *text = hearth_exchange_query(reader->exchange, name);
    if (text && hearth_parse_int(text, 1, high, value))
        hearth_query_fault(reader, name, expected, text);
}

void hearth_query_read_page(struct hearth_query_reader *reader, int64_t *ret_page,
                            int64_t *ret_limit)
{
    *ret_page = 1;
    *ret_limit = PAGE_DEFAULT;
    hearth_query_read_number(reader, "limit", PAGE_MAX, "a number from 1 to 500", ret_limit);
    hearth_query_read_number(reader, "page", INT32_MAX, "a number from 1 on", ret_page);
}
