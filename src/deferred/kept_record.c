#include "deferred/kept_record.h"

#include "base/clock.h"
#include "base/error.h"

#include <string.h>

enum { FACTS_MAX = 1 << 20 };

const char *hearth_kept_record_principal(const char *principal)
{
    return strcmp(principal, "key") == 0 ? "key" : "local";
}

/* Credentials are not written down; who asks was settled when it was asked. The rest of these says
 * how the bytes came, which is over. */
static bool is_kept(const char *name)
{
    static const char *const left_out[] = {"authorization",
                                           "x-api-key",
                                           "cookie",
                                           "host",
                                           "connection",
                                           "content-length",
                                           "transfer-encoding",
                                           "expect",
                                           "te",
                                           "upgrade",
                                           "accept-encoding",
                                           "idempotency-key",
                                           "proxy-authorization",
                                           "origin",
                                           "referer",
                                           "x-request-id",
                                           "keep-alive",
                                           "if-none-match",
                                           "prefer"};
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        if (strcmp(name, left_out[i]) == 0)
            return false;
    return true;
}

const char *hearth_kept_record_facts_text(const json_t *facts, struct hearth_arena *arena)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, FACTS_MAX);
    hearth_json_dump(&buf, facts);
    const char *text = buf.failed ? NULL : hearth_arena_strndup(arena, buf.bytes, buf.length);
    hearth_buf_finish(&buf);
    return text ? text : "{}";
}

const char *hearth_kept_record_facts(const struct hearth_kept_order *order,
                                     struct hearth_arena *arena)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < order->header_count; i++)
        if (is_kept(order->headers[i].name))
            json_object_set_new(headers, order->headers[i].name,
                                json_string(order->headers[i].value));
    json_t *facts = json_pack("{s:s, s:s, s:o, s:i}", "path", order->path, "query", order->query,
                              "headers", headers, "attempts", 0);
    if (order->callback_url)
        json_object_set_new(facts, "callback_url", json_string(order->callback_url));
    const char *text = hearth_kept_record_facts_text(facts, arena);
    json_decref(facts);
    return text;
}

const struct hearth_header *hearth_kept_record_headers(const json_t *facts, const char *id,
                                                       struct hearth_arena *arena,
                                                       size_t *ret_count)
{
    json_t *kept = json_object_get(facts, "headers"), *value;
    const char *name;
    size_t count = 0;
    *ret_count = 0;
    struct hearth_header *headers =
        hearth_arena_alloc(arena, (json_object_size(kept) + 1) * sizeof(*headers));
    if (!headers)
        return NULL;
    headers[count++] = (struct hearth_header){"x-request-id", id};
    json_object_foreach(kept, name, value)
    {
        if (json_is_string(value))
            headers[count++] = (struct hearth_header){name, json_string_value(value)};
    }
    *ret_count = count;
    return headers;
}

/* Changes of facts that the store has: parsed, changed, written. */

static const char *take_text(json_t *facts, struct hearth_arena *arena)
{
    const char *text = hearth_kept_record_facts_text(facts, arena);
    json_decref(facts);
    return text;
}

static json_t *parse(const char *facts)
{
    return hearth_json_parse(facts, strlen(facts), NULL);
}

const char *hearth_kept_record_begun(const char *text, int64_t now_ms, struct hearth_arena *arena)
{
    json_t *facts = parse(text);
    json_int_t attempts = hearth_json_integer(facts, "attempts", 0);
    json_object_set_new(facts, "attempts", json_integer(attempts + 1));
    json_object_set_new(facts, "started_ms", json_integer(now_ms));
    return take_text(facts, arena);
}

const char *hearth_kept_record_ended(const char *text, int64_t now_ms, struct hearth_arena *arena)
{
    json_t *facts = parse(text);
    json_object_set_new(facts, "ended_ms", json_integer(now_ms));
    return take_text(facts, arena);
}

const char *hearth_kept_record_given_up(const char *text, int64_t now_ms,
                                        struct hearth_arena *arena)
{
    json_t *facts = parse(text);
    json_object_set_new(facts, "ended_ms", json_integer(now_ms));
    hearth_kept_record_set_error(facts, HEARTH_ECRASHED,
                                 "the server ended twice while it worked on this request");
    return take_text(facts, arena);
}

uint32_t hearth_kept_record_attempts(const char *text)
{
    json_t *facts = parse(text);
    json_int_t attempts = hearth_json_integer(facts, "attempts", 0);
    json_decref(facts);
    return (uint32_t)attempts;
}

const char *hearth_kept_record_callback(const struct hearth_record *record,
                                        struct hearth_arena *arena)
{
    json_t *facts = parse(record->facts_json);
    const char *url = hearth_json_text(facts, "callback_url", NULL);
    const char *copy = url ? hearth_arena_strdup(arena, url) : NULL;
    json_decref(facts);
    return copy;
}

void hearth_kept_record_set_answer(json_t *facts, const struct hearth_answer_record *answer)
{
    json_t *headers = answer->headers ? json_copy(answer->headers) : json_object();
    json_object_set_new(facts, "answer",
                        json_pack("{s:i, s:s, s:o}", "status", answer->status, "type", answer->type,
                                  "headers", headers));
}

void hearth_kept_record_set_error(json_t *facts, int code, const char *message)
{
    json_object_set_new(
        facts, "error",
        json_pack("{s:s, s:s}", "code", hearth_error_row(code)->code, "message", message));
}

static json_t *time_json(int64_t wall_ms)
{
    char text[25];
    if (wall_ms <= 0)
        return json_null();
    hearth_clock_iso8601(wall_ms, text);
    return json_string(text);
}

static json_t *member(const json_t *facts, const char *key)
{
    json_t *value = json_object_get(facts, key);
    return value ? json_incref(value) : json_null();
}

/* The status of the answer stands here too, so that who only looks at the state learns of errors.
 */
json_t *hearth_kept_record_json(const struct hearth_record *record)
{
    json_t *facts = parse(record->facts_json);
    json_t *answer = json_object_get(facts, "answer");
    json_t *shown =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", record->id, "object",
                  "request", "status", record->label, "path", hearth_json_text(facts, "path", ""),
                  "created_at", time_json(record->created_ms), "started_at",
                  time_json(hearth_json_integer(facts, "started_ms", 0)), "ended_at",
                  time_json(hearth_json_integer(facts, "ended_ms", 0)), "expires_at",
                  time_json(record->expires_ms), "attempts", member(facts, "attempts"));
    json_object_set_new(shown, "answer_status",
                        answer ? json_integer(hearth_json_integer(answer, "status", 0))
                               : json_null());
    json_object_set_new(shown, "error", member(facts, "error"));
    json_object_set_new(shown, "callback_url", member(facts, "callback_url"));
    json_decref(facts);
    return shown;
}
