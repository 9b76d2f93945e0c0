/* Lists: what stands first one by one (prefixItems, or a list of items in older drafts), then
 * however many of what items says. */
#include "grammar/json_schema_walk.h"

#include <string.h>

struct list {
    const json_t *first; /* a list of schemas, or NULL */
    size_t first_count;
    const json_t *rest; /* of all behind them; NULL: there are none unless some are needed */
    const char *rest_keyword;
    uint32_t least, most;
};

static struct list read_list(const json_t *schema)
{
    const json_t *items = json_object_get(schema, "items");
    struct list list = {.first = json_object_get(schema, "prefixItems"),
                        .rest = items,
                        .rest_keyword = "items",
                        .least = hearth_json_schema_count(schema, "minItems", 0),
                        .most = hearth_json_schema_count(schema, "maxItems", HEARTH_GBNF_NO_LIMIT)};
    if (json_is_array(items)) {
        list.first = items;
        list.rest = json_object_get(schema, "additionalItems");
        list.rest_keyword = "additionalItems";
    }
    list.first_count = json_array_size(list.first);
    if (list.first_count > list.most)
        list.first_count = list.most;
    return list;
}

static void check(struct hearth_json_schema_walk *walk, hearth_place place, const json_t *schema,
                  const struct list *list)
{
    if (list->least > list->most)
        hearth_json_schema_fail(walk, place, "minItems is over maxItems: no list is allowed here");
    if (list->least > HEARTH_GBNF_REPEAT_MAX)
        hearth_json_schema_fail(walk, place, "minItems is %u, at most %u are taken", list->least,
                                HEARTH_GBNF_REPEAT_MAX);
    if (list->most > HEARTH_GBNF_REPEAT_MAX && list->most != HEARTH_GBNF_NO_LIMIT)
        hearth_json_schema_fail(walk, place, "maxItems is %u, at most %u are taken", list->most,
                                HEARTH_GBNF_REPEAT_MAX);
    if (json_is_true(json_object_get(schema, "uniqueItems")) && list->most > 1)
        hearth_json_schema_fail(walk, place, "the keyword uniqueItems is not supported");
    if (list->least > list->first_count && json_is_false(list->rest))
        hearth_json_schema_fail(walk, place, "minItems: more are needed than items allows");
}

/* `count` counts those that are there already. */
static uint32_t write_rest(struct hearth_json_schema_walk *walk, hearth_place place,
                           const struct list *list, size_t count)
{
    uint32_t least = list->least > count ? list->least - (uint32_t)count : 0;
    uint32_t most = list->most == HEARTH_GBNF_NO_LIMIT ? list->most : list->most - (uint32_t)count;
    bool wanted = list->rest ? !json_is_false(list->rest) : least > 0 || !list->first;
    if (!wanted || most == 0)
        return 0;
    if (!list->rest && list->first)
        most = least;
    struct hearth_json_schema_place below = hearth_json_schema_below(place, list->rest_keyword);
    json_t *any = json_true();
    uint32_t item = hearth_json_schema_visit_inside(walk, &below, list->rest ? list->rest : any);
    uint32_t space = hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_SPACE);
    uint32_t next = hearth_gbnf_rule_of(walk->gbnf, "\",\" r%u r%u", space, item);
    if (count > 0)
        return hearth_gbnf_repeat(walk->gbnf, next, least, most);
    uint32_t more = hearth_gbnf_repeat(walk->gbnf, next, least > 0 ? least - 1 : 0,
                                       most == HEARTH_GBNF_NO_LIMIT ? most : most - 1);
    return hearth_gbnf_rule_of(walk->gbnf, least > 0 ? "r%u r%u" : "(r%u r%u)?", item, more);
}

uint32_t hearth_json_schema_array(struct hearth_json_schema_walk *walk, hearth_place place,
                                  const json_t *schema)
{
    const struct list list = read_list(schema);
    struct hearth_json_schema_place below = hearth_json_schema_below(
        place, json_object_get(schema, "prefixItems") ? "prefixItems" : "items");
    uint32_t space = hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_SPACE);
    struct hearth_buf body;
    check(walk, place, schema, &list);
    hearth_buf_init(&body, 64u << 10);
    hearth_buf_printf(&body, "\"[\" r%u", space);
    for (size_t i = 0; i < list.first_count && !walk->failed; i++) {
        struct hearth_json_schema_place here = hearth_json_schema_element(&below, i);
        uint32_t item = hearth_json_schema_visit_inside(walk, &here, json_array_get(list.first, i));
        if (i > 0)
            hearth_buf_printf(&body, " \",\" r%u", space);
        hearth_buf_printf(&body, " r%u", item);
    }
    uint32_t rest = walk->failed ? 0 : write_rest(walk, place, &list, list.first_count);
    if (rest)
        hearth_buf_printf(&body, " r%u", rest);
    hearth_buf_printf(&body, " r%u \"]\"", space);
    uint32_t rule = walk->failed ? 0 : hearth_gbnf_rule(walk->gbnf, &body);
    hearth_buf_finish(&body);
    return rule;
}
