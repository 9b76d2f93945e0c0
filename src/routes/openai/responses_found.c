/* What a body of the Responses API refers to: the answer before it, and single items of others. */
#include "routes/openai/responses_read.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Items have the digits of their answer in their id, so that one finds the other. */
bool hearth_responses_owner(const char *item, char ret_id[HEARTH_RESPONSES_ID_MAX])
{
    const char *digits = strchr(item, '_');
    size_t length = digits ? strcspn(digits + 1, "_") : 0;
    if (!length || digits[1 + length] != '_' || length > HEARTH_RESPONSES_ID_MAX - sizeof("resp_"))
        return false;
    snprintf(ret_id, HEARTH_RESPONSES_ID_MAX, "resp_%.*s", (int)length, digits + 1);
    return true;
}

static bool is_reference(const json_t *item)
{
    return strcmp(hearth_json_text(item, "type", ""), "item_reference") == 0;
}

/* A list and what is in it, so that each id is looked for in one step. */
struct needs {
    json_t *ids, *known;
};

/* Whether there is room for it. */
static bool need(struct needs *needs, const char *id)
{
    if (json_object_get(needs->known, id))
        return true;
    json_object_set_new(needs->known, id, json_true());
    json_array_append_new(needs->ids, json_string(id));
    return json_array_size(needs->ids) <= HEARTH_RESPONSES_FOUND_MAX;
}

static bool need_all(struct needs *needs, const json_t *body)
{
    const char *previous = hearth_json_text(body, "previous_response_id", NULL);
    char owner[HEARTH_RESPONSES_ID_MAX];
    bool fits = !previous || need(needs, previous);
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(body, "input"), i, item)
    {
        if (is_reference(item) && hearth_responses_owner(hearth_json_text(item, "id", ""), owner))
            fits = need(needs, owner);
        if (!fits)
            break;
    }
    return fits;
}

int hearth_responses_needs(const json_t *body, json_t **ret_ids, const char **ret_param,
                           struct hearth_error *error)
{
    struct needs needs = {.ids = json_array(), .known = json_object()};
    bool fits = need_all(&needs, body);
    json_decref(needs.known);
    if (fits) {
        *ret_ids = needs.ids;
        return 0;
    }
    json_decref(needs.ids);
    *ret_param = "input";
    return hearth_error_set(error, HEARTH_EINVAL,
                            "the input refers to items of more than %d answers",
                            HEARTH_RESPONSES_FOUND_MAX);
}

/* The first of an id stays. */
static void index_list(json_t *by_id, const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)list, i, item)
    {
        const char *id = hearth_json_text(item, "id", "");
        if (!json_object_get(by_id, id))
            json_object_set(by_id, id, item);
    }
}

void hearth_responses_index(json_t *answer)
{
    json_t *by_id = json_object();
    index_list(by_id, json_object_get(json_object_get(answer, "response"), "output"));
    index_list(by_id, json_object_get(answer, "items"));
    json_object_set_new(answer, "by_id", by_id);
}

static json_t *find_item(const json_t *found, const char *id)
{
    char owner[HEARTH_RESPONSES_ID_MAX];
    if (!hearth_responses_owner(id, owner))
        return NULL;
    return json_object_get(json_object_get(json_object_get(found, owner), "by_id"), id);
}

static int add_previous(const char *id, const json_t *found, json_t *items,
                        struct hearth_error *error)
{
    const json_t *answer = json_object_get(found, id);
    if (!answer)
        return hearth_error_set(error, HEARTH_ENOTFOUND,
                                "Previous response with id '%.64s' not found.", id);
    const char *status = hearth_json_text(answer, "status", NULL);
    if (status)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "Previous response with id '%.64s' is %s: there is no answer to go "
                                "on from.",
                                id, status);
    json_array_extend(items, json_object_get(answer, "items"));
    json_array_extend(items, json_object_get(json_object_get(answer, "response"), "output"));
    return 0;
}

static int add_item(json_t *item, const json_t *found, json_t *items, struct hearth_error *error)
{
    const char *id = hearth_json_text(item, "id", "");
    if (!is_reference(item)) {
        json_array_append(items, item);
        return 0;
    }
    json_t *meant = find_item(found, id);
    if (!meant)
        return hearth_error_set(error, HEARTH_ENOTFOUND, "Item with id '%.64s' not found.", id);
    json_array_append(items, meant);
    return 0;
}

static int add_input(const json_t *body, const json_t *found, json_t *items,
                     struct hearth_error *error)
{
    json_t *input = json_object_get(body, "input");
    size_t i;
    json_t *item;
    int rc = 0;
    if (json_is_string(input))
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:[{s:s, s:O}]}", "type", "message", "role",
                                        "user", "content", "type", "input_text", "text", input));
    json_array_foreach(input, i, item)
    {
        rc = rc ? rc : add_item(item, found, items, error);
    }
    if (!rc && json_array_size(items) > HEARTH_RESPONSES_ITEMS_MAX)
        rc = hearth_error_set(error, HEARTH_EINVAL, "the conversation has more than %d items",
                              HEARTH_RESPONSES_ITEMS_MAX);
    return rc;
}

int hearth_responses_items(const json_t *body, const json_t *found, json_t **ret_items,
                           const char **ret_param, struct hearth_error *error)
{
    json_t *items = json_array();
    const char *previous = hearth_json_text(body, "previous_response_id", NULL);
    *ret_param = "previous_response_id";
    int rc = previous ? add_previous(previous, found, items, error) : 0;
    if (!rc) {
        *ret_param = "input";
        rc = add_input(body, found, items, error);
    }
    if (!rc && json_array_size(items) == 0)
        rc = hearth_error_set(error, HEARTH_EINVAL, "there is nothing to answer");
    if (rc) {
        json_decref(items);
        return rc;
    }
    *ret_items = items;
    return 0;
}
