/* Any bytes as the body of OpenAI's Responses, with earlier answers that it may go on from: what
 * passes the schema is refused in words, or becomes a conversation that the worker reads. */
#include "fuzz/conversation_checks.h"
#include "routes/openai/responses_keep.h"
#include "routes/openai/responses_read.h"

#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What was kept of an answer is what this body would be kept as. */
static json_t *answers_of(const json_t *body)
{
    json_t *input = json_object_get(body, "input");
    json_t *items = json_is_array(input) ? json_deep_copy(input) : json_array();
    hearth_response_complete_items(items, "resp_0");
    return json_pack("{s:{s:{s:O}, s:o}}", "resp_0", "response", "output", items, "items", items);
}

static void respond(const json_t *body, const json_t *items, struct hearth_arena *arena,
                    struct hearth_buf *text)
{
    struct hearth_generation_request request;
    struct hearth_error error = {0};
    const char *param = NULL;
    int rc = hearth_responses_read(body, items, arena, text, &request, &param, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    check_request(&request);
    check_conversation(text);
    json_decref(hearth_responses_about(body));
}

static void read_responses(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text)
{
    struct hearth_error error = {0};
    const char *param = NULL;
    json_t *ids, *items;
    if (!is_valid(&hearth_schema_responses_request, body, arena))
        return;
    int rc = hearth_responses_needs(body, &ids, &param, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    assert(json_array_size(ids) <= HEARTH_RESPONSES_FOUND_MAX);
    json_decref(ids);
    json_t *found = answers_of(body), *answer;
    const char *id;
    json_object_foreach(found, id, answer) hearth_responses_index(answer);
    rc = hearth_responses_items(body, found, &items, &param, &error);
    assert(rc == 0 || (*error.message && param));
    if (!rc) {
        respond(body, items, arena, text);
        json_decref(items);
    }
    json_decref(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_error error;
    json_t *body = hearth_json_parse((const char *)bytes, length, &error);
    if (!body)
        return 0;
    read_with(read_responses, body);
    json_decref(body);
    return 0;
}
