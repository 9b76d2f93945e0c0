#include "routes/openai/responses_lookup.h"

#include "base/error.h"
#include "routes/openai/responses_background.h"
#include "routes/openai/responses_keep.h"
#include "routes/openai/responses_read.h"

static int look_up(struct hearth_store *store, const char *principal, const char *id,
                   json_t **ret_answer, struct hearth_error *error)
{
    json_t *response = NULL;
    int rc = hearth_response_load(store, id, principal, ret_answer, error);
    if (!rc)
        hearth_responses_index(*ret_answer);
    if (rc != HEARTH_ENOTFOUND)
        return rc;
    rc = hearth_background_load(store, id, principal, &response, error);
    if (!rc)
        *ret_answer = json_pack("{s:O}", "status", json_object_get(response, "status"));
    json_decref(response);
    return rc;
}

int hearth_responses_look_up(struct hearth_store *store, const char *principal, const json_t *ids,
                             json_t **ret_found, struct hearth_error *error)
{
    json_t *found = json_object(), *id;
    size_t i;
    int rc = 0;
    json_array_foreach((json_t *)ids, i, id)
    {
        json_t *answer = NULL;
        rc = look_up(store, principal, json_string_value(id), &answer, error);
        if (rc && rc != HEARTH_ENOTFOUND)
            break;
        if (!rc)
            json_object_set_new(found, json_string_value(id), answer);
    }
    *ret_found = found;
    return rc == HEARTH_ENOTFOUND ? 0 : rc;
}

/* As they are put together when the answer is made. */
static int items_of(struct hearth_store *store, const char *principal, const char *id,
                    const json_t *body, json_t **ret_items, struct hearth_error *error)
{
    json_t *ids = NULL, *found = NULL;
    const char *param;
    int rc = hearth_responses_needs(body, &ids, &param, error);
    if (!rc)
        rc = hearth_responses_look_up(store, principal, ids, &found, error);
    if (!rc)
        rc = hearth_responses_items(body, found, ret_items, &param, error);
    if (!rc)
        hearth_response_complete_items(*ret_items, id);
    json_decref(ids);
    json_decref(found);
    return rc;
}

int hearth_responses_input_items(struct hearth_store *store, const char *principal, const char *id,
                                 json_t **ret_items, struct hearth_error *error)
{
    json_t *kept = NULL, *body = NULL;
    int rc = hearth_response_load(store, id, principal, &kept, error);
    if (!rc)
        *ret_items = json_incref(json_object_get(kept, "items"));
    json_decref(kept);
    if (rc != HEARTH_ENOTFOUND)
        return rc;
    rc = hearth_background_body(store, id, principal, &body, error);
    if (!rc)
        rc = items_of(store, principal, id, body, ret_items, error);
    json_decref(body);
    return rc;
}
