#include "routes/openai/openai_models_anthropic.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"

#include <string.h>

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 1000 };

bool hearth_openai_is_anthropic(const struct hearth_call *call)
{
    return hearth_exchange_header(call->exchange, "anthropic-version") != NULL;
}

json_t *hearth_openai_anthropic_model(const struct hearth_catalog_entry *entry, const char *id)
{
    char created[25];
    hearth_clock_iso8601(entry->created_ms, created);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "model", "id", id, "display_name",
                     entry->name, "created_at", created, "lifecycle", "active");
}

static void add_model(void *argument, const struct hearth_catalog_entry *entry)
{
    json_array_append_new(argument, hearth_openai_anthropic_model(entry, entry->name));
}

/* Where a model stands in the list; its length for one that is not there. */
static size_t place_of(const json_t *all, const char *id)
{
    size_t i = 0;
    while (i < json_array_size(all) &&
           strcmp(hearth_json_text(json_array_get(all, i), "id", ""), id) != 0)
        i++;
    return i;
}

/* The models from `first` up to and without `end`. */
struct page {
    size_t first, end;
    bool has_more; /* in the direction that was asked for */
};

static int read_page(struct hearth_call *call, const json_t *all, struct page *ret_page,
                     const char **ret_param, struct hearth_error *error)
{
    const char *after = hearth_exchange_query(call->exchange, "after_id");
    const char *before = hearth_exchange_query(call->exchange, "before_id");
    const char *asked = hearth_exchange_query(call->exchange, "limit");
    const char *cursor = after ? after : before;
    size_t count = json_array_size(all), place = cursor ? place_of(all, cursor) : 0;
    int64_t limit = LIMIT_DEFAULT;
    *ret_param = "limit";
    if (asked && hearth_parse_int(asked, 1, LIMIT_MAX, &limit))
        return hearth_error_set(error, HEARTH_EINVAL, "limit must be an integer from 1 to %d",
                                LIMIT_MAX);
    *ret_param = after ? "after_id" : "before_id";
    if (cursor && place == count)
        return hearth_error_set(error, HEARTH_EINVAL, "%s names no model of this list", *ret_param);
    size_t most = (size_t)limit;
    if (before && !after) {
        ret_page->first = place > most ? place - most : 0;
        ret_page->end = place;
        ret_page->has_more = ret_page->first > 0;
    } else {
        ret_page->first = after ? place + 1 : 0;
        ret_page->end = count - ret_page->first > most ? ret_page->first + most : count;
        ret_page->has_more = ret_page->end < count;
    }
    return 0;
}

static json_t *id_at(const json_t *list, size_t place)
{
    json_t *id = json_object_get(json_array_get(list, place), "id");
    return id ? json_incref(id) : json_null();
}

static json_t *page_json(const json_t *all, const struct page *page)
{
    json_t *data = json_array();
    for (size_t i = page->first; i < page->end; i++)
        json_array_append(data, json_array_get(all, i));
    json_t *first = id_at(data, 0);
    json_t *last = json_array_size(data) ? id_at(data, json_array_size(data) - 1) : json_null();
    return json_pack("{s:o, s:b, s:o, s:o}", "data", data, "has_more", (int)page->has_more,
                     "first_id", first, "last_id", last);
}

void hearth_openai_list_anthropic(struct hearth_call *call)
{
    struct page page = {0};
    struct hearth_error error;
    const char *param;
    json_t *all = json_array();
    hearth_catalog_each_model(call->gateway->catalog, add_model, all);
    if (read_page(call, all, &page, &param, &error))
        hearth_answer_message(call, error.code, param, "%s", error.message);
    else
        hearth_answer_json(call, 200, page_json(all, &page));
    json_decref(all);
}
