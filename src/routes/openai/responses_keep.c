#include "routes/openai/responses_keep.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/deferred.h"
#include "gateway/gateway_state.h"
#include "routes/openai/responses_write.h"
#include "store/record.h"
#include "store/record_room.h"

#include <stdio.h>
#include <string.h>

enum {
    ROOM_MAX = 64 << 20, /* of what the store gives at once */
};

/* One answer on its way into the store; freed on the loop. */
struct keeping {
    char id[sizeof(((struct hearth_generation *)0)->id)];
    const char *principal;
    struct hearth_buf text;
    int64_t now_ms, expires_ms;
    struct hearth_record_bounds bounds;
    int rc;
    struct hearth_error error;
};

/* On the store's lane. Where there is no room, the oldest go. */
static void keep_on_lane(struct hearth_store *store, void *argument)
{
    struct keeping *keeping = argument;
    const struct hearth_record record = {.kind = HEARTH_KEPT_RESPONSE,
                                         .id = keeping->id,
                                         .principal = keeping->principal,
                                         .body = keeping->text.bytes,
                                         .body_length = keeping->text.length,
                                         .size = (int64_t)keeping->text.length,
                                         .created_ms = keeping->now_ms,
                                         .expires_ms = keeping->expires_ms};
    keeping->rc =
        hearth_record_room_create(store, &record, &keeping->bounds, NULL, &keeping->error);
}

static void tell(const char *id, const char *why)
{
    HEARTH_LOG(HEARTH_LOG_WARNING, "response.not_kept", HEARTH_TEXT("id", id),
               HEARTH_TEXT("error", why));
}

static void finish(struct keeping *keeping)
{
    hearth_buf_finish(&keeping->text);
    hearth_free(keeping);
}

static void kept_on_lane(void *argument)
{
    struct keeping *keeping = argument;
    if (keeping->rc)
        tell(keeping->id, keeping->error.message);
    finish(keeping);
}

static struct keeping *create(const struct hearth_generation *g)
{
    const struct hearth_call *call = g->answering.call;
    const struct hearth_settings *settings = call->gateway->settings;
    struct keeping *keeping = hearth_calloc(1, sizeof(*keeping));
    snprintf(keeping->id, sizeof(keeping->id), "%s", g->id);
    keeping->principal = call->principal;
    keeping->now_ms = (int64_t)hearth_clock_wall_ms();
    keeping->expires_ms = keeping->now_ms + (int64_t)settings->responses_keep;
    keeping->bounds.count_max = settings->responses_max;
    keeping->bounds.size_max = (int64_t)settings->responses_bytes_max;
    hearth_buf_init(&keeping->text, HEARTH_RESPONSE_KEPT_MAX);
    return keeping;
}

void hearth_response_keep(const struct hearth_choice *choice, const char *json, size_t length)
{
    const struct hearth_response *response = choice->kept;
    const struct hearth_generation *g = choice->generation;
    if (!response->items || !length)
        return;
    struct keeping *keeping = create(g);
    hearth_response_complete_items(response->items, g->id);
    hearth_buf_text(&keeping->text, "{\"response\":");
    hearth_buf_append(&keeping->text, json, length);
    hearth_buf_text(&keeping->text, ",\"items\":");
    hearth_json_dump(&keeping->text, response->items);
    hearth_buf_char(&keeping->text, '}');
    int rc = keeping->text.failed;
    if (!rc)
        rc = hearth_store_submit(g->answering.call->gateway->store, keep_on_lane, kept_on_lane,
                                 keeping);
    if (!rc)
        return;
    tell(g->id, hearth_error_row(rc)->text);
    finish(keeping);
}

static void complete_item(json_t *item, const char *digits, size_t number)
{
    json_t *content = json_object_get(item, "content");
    if (!json_is_string(json_object_get(item, "type")))
        json_object_set_new(item, "type", json_string("message"));
    if (!json_is_string(json_object_get(item, "id")))
        json_object_set_new(item, "id", json_sprintf("msg_%s_i%zu", digits, number));
    if (!json_is_string(content))
        return;
    bool said = strcmp(hearth_json_text(item, "role", ""), "assistant") == 0;
    json_object_set_new(
        item, "content",
        json_pack("[{s:s, s:O}]", "type", said ? "output_text" : "input_text", "text", content));
}

void hearth_response_complete_items(json_t *items, const char *response_id)
{
    const char *digits = strchr(response_id, '_');
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        complete_item(item, digits ? digits + 1 : response_id, i);
    }
}

static int not_found(const char *id, struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "Response with id '%.64s' not found.", id);
}

int hearth_response_load(struct hearth_store *store, const char *id, const char *principal,
                         json_t **ret_kept, struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ROOM_MAX);
    struct hearth_record *record;
    int rc =
        hearth_store_record_get(store, HEARTH_KEPT_RESPONSE, id, principal, arena, &record, error);
    if (rc == HEARTH_ENOTFOUND)
        rc = not_found(id, error);
    else if (!rc && record->expires_ms && record->expires_ms <= (int64_t)hearth_clock_wall_ms())
        rc = not_found(id, error);
    if (!rc) {
        json_t *kept = hearth_json_parse(record->body, record->body_length, error);
        rc = kept ? 0 : HEARTH_EIO;
        *ret_kept = kept ? kept : *ret_kept;
    }
    hearth_arena_destroy(arena);
    return rc;
}
