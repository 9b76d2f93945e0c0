/* The prompts of /completion and /infill. */
#include "base/error.h"
#include "routes/native/native_read.h"
#include "routes/native/native_write.h"
#include "task/sampling.h"

/* What the inputs point to while they are made; `pieces` grows, so that places in it are kept as
 * numbers until all are there. */
struct making {
    struct hearth_arena *arena;
    struct hearth_buf *pieces;
    struct hearth_input *inputs;
    const char **prompts;
    size_t *places; /* in `pieces`, of inputs that lie there */
    uint32_t count;
};

static int too_large(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ETOOLARGE, "the prompt is too large");
}

static bool making_init(struct making *making, struct hearth_arena *arena,
                        struct hearth_buf *pieces, size_t count)
{
    *making = (struct making){
        .arena = arena,
        .pieces = pieces,
        .inputs = hearth_arena_alloc(arena, count * sizeof(*making->inputs)),
        .prompts = hearth_arena_alloc(arena, count * sizeof(*making->prompts)),
        .places = hearth_arena_alloc(arena, count * sizeof(*making->places)),
    };
    return making->inputs && making->prompts && making->places;
}

/* Its JSON is the input. */
static int add_json(struct making *making, enum hearth_input_kind kind, const json_t *value,
                    struct hearth_error *error)
{
    struct hearth_input *input = &making->inputs[making->count];
    making->places[making->count] = making->pieces->length;
    making->prompts[making->count++] = "";
    int rc = hearth_json_dump(making->pieces, value);
    *input =
        (struct hearth_input){.task = HEARTH_TASK_GENERATE,
                              .kind = kind,
                              .length = making->pieces->length - making->places[making->count - 1]};
    return rc ? too_large(error) : 0;
}

static bool all_integers(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_integer(json_array_get(list, i)))
            return false;
    return true;
}

static int add_prompt(struct making *making, const json_t *given, struct hearth_error *error)
{
    struct hearth_input *input = &making->inputs[making->count];
    const json_t *prompt = json_is_object(given) ? json_object_get(given, "prompt_string") : given;
    if (json_is_array(prompt) && !all_integers(prompt))
        return add_json(making, HEARTH_INPUT_PIECES, prompt, error);
    *input = (struct hearth_input){.task = HEARTH_TASK_GENERATE};
    if (json_is_array(prompt)) {
        input->kind = HEARTH_INPUT_TOKENS;
        input->tokens = hearth_tokens_read(prompt, making->arena);
        input->token_count = json_array_size(prompt);
        making->prompts[making->count++] = "";
        return input->tokens ? 0 : too_large(error);
    }
    input->kind = HEARTH_INPUT_TEXT;
    input->bytes = json_string_value(prompt);
    input->length = json_string_length(prompt);
    const char *copy = hearth_arena_strndup(making->arena, input->bytes, input->length);
    making->prompts[making->count++] = copy ? copy : "";
    return 0;
}

/* As llama-server tells them apart: a list with a number in it is one prompt. */
static bool is_several(const json_t *prompt)
{
    for (size_t i = 0; i < json_array_size(prompt); i++)
        if (json_is_number(json_array_get(prompt, i)))
            return false;
    return json_is_array(prompt);
}

static void finish(struct making *making, struct hearth_native_asked *asked,
                   struct hearth_generation_request *request)
{
    for (uint32_t i = 0; i < making->count; i++)
        if (making->inputs[i].kind != HEARTH_INPUT_TEXT &&
            making->inputs[i].kind != HEARTH_INPUT_TOKENS)
            making->inputs[i].bytes = making->pieces->bytes + making->places[i];
    asked->prompts = making->prompts;
    request->inputs = making->inputs;
    request->input_count = making->count;
    request->asked = asked;
}

static int read_prompts(const json_t *prompt, struct making *making, struct hearth_arena *arena,
                        struct hearth_buf *pieces, struct hearth_error *error)
{
    bool several = is_several(prompt);
    size_t count = several ? json_array_size(prompt) : 1;
    if (count > HEARTH_NATIVE_PROMPTS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "%zu prompts are too many; at most %d at once", count,
                                HEARTH_NATIVE_PROMPTS_MAX);
    if (!making_init(making, arena, pieces, count))
        return too_large(error);
    for (size_t i = 0; i < count; i++) {
        int rc = add_prompt(making, several ? json_array_get(prompt, i) : prompt, error);
        if (rc)
            return rc;
    }
    return 0;
}

/* Lists of lists have no order among their members: [1, [2]] is neither one prompt nor several. */
static int check_prompt(const json_t *prompt, struct hearth_error *error)
{
    bool several = is_several(prompt);
    for (size_t i = 0; i < json_array_size(prompt); i++)
        if (!several && json_is_array(json_array_get(prompt, i)))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "prompt[%zu] is a list beside numbers: give a list of prompts, "
                                    "or one of texts and token ids",
                                    i);
    return 0;
}

static struct hearth_generation_request request_of(const json_t *body)
{
    return (struct hearth_generation_request){
        .shape = &hearth_native_completion,
        .model = hearth_json_text(body, "model", ""),
        .n = 1,
        .class_ = HEARTH_CLASS_NORMAL,
        .stream = hearth_json_truth(body, "stream", false),
        .timings = hearth_json_truth(body, "timings_per_token", false),
    };
}

int hearth_native_completion_read(json_t *body, struct hearth_arena *arena,
                                  struct hearth_buf *pieces,
                                  struct hearth_generation_request *ret_request,
                                  const char **ret_param, struct hearth_error *error)
{
    struct hearth_generation_request request = request_of(body);
    struct hearth_native_asked *asked = hearth_arena_alloc(arena, sizeof(*asked));
    const json_t *prompt = json_object_get(body, "prompt");
    struct making making;
    *ret_param = NULL;
    if (!asked)
        return too_large(error);
    *asked = (struct hearth_native_asked){0};
    int rc = hearth_native_sampling_read(body, arena, &request, asked, ret_param, error);
    if (rc)
        return rc;
    *ret_param = "prompt";
    rc = check_prompt(prompt, error);
    if (!rc)
        rc = read_prompts(prompt, &making, arena, pieces, error);
    if (rc)
        return rc;
    finish(&making, asked, &request);
    request.list = making.count > 1;
    *ret_request = request;
    return 0;
}

int hearth_native_infill_read(json_t *body, struct hearth_arena *arena, struct hearth_buf *pieces,
                              struct hearth_generation_request *ret_request, const char **ret_param,
                              struct hearth_error *error)
{
    struct hearth_generation_request request = request_of(body);
    struct hearth_native_asked *asked = hearth_arena_alloc(arena, sizeof(*asked));
    struct making making;
    *ret_param = NULL;
    if (!asked || !making_init(&making, arena, pieces, 1))
        return too_large(error);
    *asked = (struct hearth_native_asked){0};
    int rc = hearth_native_sampling_read(body, arena, &request, asked, ret_param, error);
    if (rc)
        return rc;
    *ret_param = NULL;
    json_t *gap = json_pack("{s:O, s:O}", "prefix", json_object_get(body, "input_prefix"), "suffix",
                            json_object_get(body, "input_suffix"));
    json_t *prompt = json_object_get(body, "prompt"), *extra = json_object_get(body, "input_extra");
    if (json_is_string(prompt))
        json_object_set(gap, "prompt", prompt);
    if (json_is_array(extra))
        json_object_set(gap, "extra", extra);
    rc = add_json(&making, HEARTH_INPUT_INFILL, gap, error);
    json_decref(gap);
    if (rc)
        return rc;
    finish(&making, asked, &request);
    *ret_request = request;
    return 0;
}
