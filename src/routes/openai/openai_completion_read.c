/* The body of /v1/completions into what generation asks for: prompts of four kinds. */
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_write.h"
#include "task/sampling.h"
#include "task/structure.h"

enum { CHOICES_MAX = 2048, GAP_MAX = 64 << 20 };

/* The schema has seen to it that a list is of one kind: its first member tells which. */
static bool is_token_list(const json_t *value)
{
    return json_is_array(value) && json_is_number(json_array_get(value, 0));
}

/* One prompt: a text or a list of tokens. */
static int read_prompt(const json_t *prompt, struct hearth_arena *arena, struct hearth_input *input)
{
    input->task = HEARTH_TASK_GENERATE;
    if (json_is_string(prompt)) {
        input->kind = HEARTH_INPUT_TEXT;
        input->bytes = json_string_value(prompt);
        input->length = json_string_length(prompt);
        return 0;
    }
    input->kind = HEARTH_INPUT_TOKENS;
    input->tokens = hearth_tokens_read(prompt, arena);
    input->token_count = json_array_size(prompt);
    return input->tokens ? 0 : HEARTH_ETOOLARGE;
}

/* What stands before and behind a gap, which the engine fills with the vocabulary's own tokens for
 * that. The JSON lies in the arena. */
static int read_gap(const json_t *prompt, const json_t *suffix, struct hearth_arena *arena,
                    struct hearth_input *input)
{
    struct hearth_buf text;
    json_t *gap = json_pack("{s:O, s:O}", "prefix", prompt, "suffix", suffix);
    hearth_buf_init(&text, GAP_MAX);
    int rc = hearth_json_dump(&text, gap);
    const char *copy = rc ? NULL : hearth_arena_strndup(arena, text.bytes, text.length);
    *input = (struct hearth_input){.task = HEARTH_TASK_GENERATE,
                                   .kind = HEARTH_INPUT_INFILL,
                                   .bytes = copy,
                                   .length = text.length};
    hearth_buf_finish(&text);
    json_decref(gap);
    return copy ? 0 : HEARTH_ETOOLARGE;
}

/* An empty suffix is none. Only texts have gaps, and what an engine puts around one is no part of
 * an echo. */
static int read_suffix(const json_t *body, struct hearth_arena *arena,
                       struct hearth_generation_request *request, struct hearth_error *error)
{
    const json_t *suffix = json_object_get(body, "suffix"),
                 *prompt = json_object_get(body, "prompt");
    struct hearth_input *inputs = (struct hearth_input *)request->inputs;
    if (!json_string_length(suffix))
        return 0;
    if (request->sampling.prompt_logprobs)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a suffix does not go with echo and logprobs, or token ids");
    for (uint32_t i = 0; i < request->input_count; i++) {
        const json_t *one = request->list ? json_array_get(prompt, i) : prompt;
        if (!json_is_string(one))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "a suffix goes with prompts that are text");
        if (read_gap(one, suffix, arena, &inputs[i]))
            return hearth_error_set(error, HEARTH_ETOOLARGE, "the prompt is too large");
    }
    return 0;
}

/* Their number is bounded, however prompts and best_of make it; those that find no sequence wait.
 */
static int read_prompts(const json_t *prompt, struct hearth_arena *arena,
                        struct hearth_generation_request *request, struct hearth_error *error)
{
    request->list = json_is_array(prompt) && !is_token_list(prompt);
    size_t count = request->list ? json_array_size(prompt) : 1;
    if (count * request->n > CHOICES_MAX)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "%zu prompts with %u choices of each would be %zu; at most %d are "
                                "made for one request",
                                count, request->n, count * request->n, CHOICES_MAX);
    struct hearth_input *inputs = hearth_arena_alloc(arena, count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++)
        if (read_prompt(request->list ? json_array_get(prompt, i) : prompt, arena, &inputs[i]))
            inputs = NULL;
    if (!inputs)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the prompt is too large");
    request->inputs = inputs;
    request->input_count = (uint32_t)count;
    return 0;
}

/* The text is copied: the body is freed before the answer is written. Of token ids the engine tells
 * it. */
static int read_echo(const json_t *body, struct hearth_arena *arena,
                     struct hearth_generation_request *request, struct hearth_error *error)
{
    if (!hearth_json_truth(body, "echo", false))
        return 0;
    const char **echo = hearth_arena_alloc(arena, request->input_count * sizeof(*echo));
    for (uint32_t i = 0; echo && i < request->input_count; i++) {
        const struct hearth_input *input = &request->inputs[i];
        echo[i] = NULL;
        if (input->kind != HEARTH_INPUT_TEXT)
            continue;
        echo[i] = hearth_arena_strndup(arena, input->bytes, input->length);
        if (!echo[i])
            echo = NULL;
    }
    bool ids = request->input_count && request->inputs[0].kind == HEARTH_INPUT_TOKENS;
    request->sampling.prompt_logprobs =
        ids || (request->sampling.logprobs && !request->hides_logprobs);
    request->echo = echo;
    return echo ? 0 : hearth_error_set(error, HEARTH_ETOOLARGE, "the prompt is too large");
}

/* OpenAI: best_of choices are made of each prompt, and the n of them that are likeliest per token
 * are answered. */
static int read_best_of(const json_t *body, struct hearth_generation_request *request,
                        struct hearth_error *error)
{
    int64_t best_of = hearth_body_integer(body, "best_of", request->n);
    if (best_of < request->n)
        return hearth_error_set(error, HEARTH_EINVAL, "best_of must be at least n, which is %u",
                                request->n);
    if (best_of == request->n)
        return 0;
    if (request->stream)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a stream cannot choose the best of %lld: leave best_of or "
                                "stream out",
                                (long long)best_of);
    request->given = request->n;
    request->n = (uint32_t)best_of;
    request->hides_logprobs = !request->sampling.logprobs;
    request->sampling.logprobs = true;
    return 0;
}

static int read_body(const json_t *body, struct hearth_arena *arena,
                     struct hearth_generation_request *request, const char **ret_param,
                     struct hearth_error *error)
{
    int rc = hearth_sampling_read(body, arena, &request->sampling, ret_param, error);
    if (rc)
        return rc;
    *ret_param = NULL;
    rc = hearth_structure_read(body, arena, &request->sampling, error);
    if (rc)
        return rc;
    *ret_param = "lora";
    rc = hearth_adapters_read(body, arena, &request->adapters, error);
    if (rc)
        return rc;
    request->sampling.max_tokens = hearth_max_tokens_read(body, "max_tokens", 16);
    request->sampling.no_answer = hearth_body_integer(body, "max_tokens", 16) == 0;
    int64_t logprobs = hearth_body_integer(body, "logprobs", -1);
    request->sampling.logprobs = logprobs >= 0;
    request->sampling.top_logprobs = logprobs > 0 ? (uint32_t)logprobs : 0;
    *ret_param = "best_of";
    rc = read_best_of(body, request, error);
    if (rc)
        return rc;
    *ret_param = "prompt";
    rc = read_prompts(json_object_get(body, "prompt"), arena, request, error);
    if (rc)
        return rc;
    *ret_param = "echo";
    rc = read_echo(body, arena, request, error);
    if (rc)
        return rc;
    *ret_param = "suffix";
    return read_suffix(body, arena, request, error);
}

int hearth_openai_completion_read(const json_t *body, struct hearth_arena *arena,
                                  struct hearth_generation_request *ret_request,
                                  const char **ret_param, struct hearth_error *error)
{
    struct hearth_generation_request request = {
        .shape = &hearth_openai_completion,
        .model = hearth_json_text(body, "model", ""),
        .n = (uint32_t)hearth_body_integer(body, "n", 1),
        .class_ = hearth_class_read(body),
        .off_disk = hearth_off_disk_read(body),
        .stream = hearth_json_truth(body, "stream", false),
        .include_usage = hearth_openai_wants_usage(body),
        .timings = hearth_json_truth(body, "timings_per_token", false),
    };
    int rc = read_body(body, arena, &request, ret_param, error);
    if (!rc)
        *ret_request = request;
    return rc;
}
