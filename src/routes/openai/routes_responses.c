/* POST /v1/responses and its input_tokens: what the body refers to is looked up, then the answer is
 * generated, or its prompt counted. */
#include "base/error.h"
#include "config/settings.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/responses_background.h"
#include "routes/openai/responses_lookup.h"
#include "routes/openai/responses_read.h"
#include "routes/openai/responses_write.h"
#include "task/default_model.h"
#include "task/store_job.h"
#include "task/tokens.h"

enum { CONVERSATION_MAX = 64 << 20, ABOUT_MAX = 16 << 20 };

/* The object without its braces, to stand behind other members. NULL when it is too large. */
static char *members_of(json_t *object)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, ABOUT_MAX);
    if (!hearth_json_dump(&buf, object)) {
        buf.length--;
        hearth_buf_consume(&buf, 1);
    }
    json_decref(object);
    return hearth_buf_take(&buf);
}

/* Kept unless the client or the settings say no. */
static bool is_kept(const struct hearth_call *call)
{
    return call->gateway->settings->responses_keep && hearth_json_truth(call->json, "store", true);
}

static bool wants_summary(const json_t *body)
{
    const json_t *reasoning = json_object_get(body, "reasoning");
    return json_is_string(json_object_get(reasoning, "summary")) ||
           json_is_string(json_object_get(reasoning, "generate_summary"));
}

static void generate(struct hearth_call *call, json_t *items,
                     struct hearth_generation_request *request)
{
    bool kept = is_kept(call);
    request->id = hearth_background_id(call);
    json_t *about = hearth_responses_about(call->json);
    json_object_set_new(about, "store", json_boolean(kept));
    const struct hearth_response response = {.about = members_of(about),
                                             .items = kept ? json_incref(items) : NULL,
                                             .background = request->id != NULL,
                                             .summary = wants_summary(call->json)};
    request->kept = &response;
    hearth_generation_start(call, request);
}

/* What is done once all that the body refers to has been found. `found` is borrowed. Whatever comes
 * of it, the call is taken over. */
typedef void begin_fn(struct hearth_call *call, const json_t *found);

static void begin(struct hearth_call *call, const json_t *found)
{
    struct hearth_generation_request request;
    struct hearth_buf conversation;
    struct hearth_error error;
    const char *param = NULL;
    json_t *items = NULL;
    hearth_buf_init(&conversation, CONVERSATION_MAX);
    int rc = hearth_responses_items(call->json, found, &items, &param, &error);
    if (!rc)
        rc = hearth_responses_read(call->json, items, hearth_call_arena(call), &conversation,
                                   &request, &param, &error);
    if (rc)
        hearth_answer_message(call, error.code, param, "%s", error.message);
    else if (hearth_json_truth(call->json, "background", false) && !call->is_detached)
        hearth_background_start(call);
    else
        generate(call, items, &request);
    json_decref(items);
    hearth_buf_finish(&conversation);
}

static void write_count(const struct hearth_tokens_answer *answer, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"object\":\"response.input_tokens\",\"input_tokens\":%u}",
                      answer->count);
}

static void count(struct hearth_call *call, const json_t *found)
{
    struct hearth_tokens_request request = {.model = hearth_json_text(call->json, "model", ""),
                                            .write = write_count};
    struct hearth_buf conversation;
    struct hearth_error error;
    struct hearth_input *input;
    const char *param = NULL;
    json_t *items = NULL;
    hearth_buf_init(&conversation, CONVERSATION_MAX);
    int rc = hearth_responses_items(call->json, found, &items, &param, &error);
    if (!rc)
        rc = hearth_responses_input(call->json, items, HEARTH_TASK_TOKENIZE,
                                    hearth_call_arena(call), &conversation, &input, &param, &error);
    if (rc) {
        hearth_answer_message(call, error.code, param, "%s", error.message);
    } else {
        request.input = input;
        hearth_tokens_start(call, &request);
    }
    json_decref(items);
    hearth_buf_finish(&conversation);
}

/* On the store's lane: ids become answers by their id. What is not there is left out: who reads the
 * body says so. */
static int find(struct hearth_store *store, struct hearth_store_job *job)
{
    json_t *ids = job->result;
    int rc = hearth_responses_look_up(store, job->call->principal, ids, &job->result, &job->error);
    json_decref(ids);
    return rc;
}

static void found(struct hearth_store_job *job)
{
    begin_fn *const *next = job->input;
    (*next)(job->call, job->result);
}

/* Takes the ids. */
static void look_up(struct hearth_call *call, json_t *ids, begin_fn *next)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    begin_fn **kept = hearth_arena_alloc(job->arena, sizeof(*kept));
    *kept = next;
    job->input = kept;
    job->work = find;
    job->on_done = found;
    job->result = ids;
    hearth_store_job_start(job);
}

/* An answer in the background is fetched where it is kept. */
static int check_background(const struct hearth_call *call, const char **ret_param,
                            struct hearth_error *error)
{
    if (!hearth_json_truth(call->json, "background", false))
        return 0;
    *ret_param = "stream";
    if (hearth_json_truth(call->json, "stream", false))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "an answer in the background does not stream here; ask for it with "
                                "GET until it is there");
    *ret_param = "background";
    return is_kept(call) ? 0
                         : hearth_error_set(error, HEARTH_EINVAL,
                                            "an answer in the background must be stored, and this "
                                            "one would not be");
}

static void find_and(struct hearth_call *call, begin_fn *next)
{
    struct hearth_error error;
    const char *param = NULL;
    json_t *ids;
    if (hearth_responses_needs(call->json, &ids, &param, &error)) {
        hearth_answer_message(call, error.code, param, "%s", error.message);
    } else if (json_array_size(ids)) {
        look_up(call, ids, next);
    } else {
        json_decref(ids);
        next(call, NULL);
    }
}

void hearth_route_responses(struct hearth_call *call)
{
    struct hearth_error error;
    const char *param = NULL;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    if (check_background(call, &param, &error))
        hearth_answer_message(call, error.code, param, "%s", error.message);
    else
        find_and(call, begin);
}

void hearth_route_response_tokens(struct hearth_call *call)
{
    if (!hearth_default_model(call, "model", hearth_model_generates))
        find_and(call, count);
}
