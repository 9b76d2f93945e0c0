/* The body of /api/generate into what generation asks for. */
#include "routes/ollama/ollama_read.h"
#include "routes/ollama/ollama_write.h"
#include "task/structure.h"

#include <string.h>

static const char *text_of(const json_t *body, const char *key)
{
    return hearth_json_text(body, key, "");
}

bool hearth_ollama_generate_asks(const json_t *body)
{
    return *text_of(body, "prompt") || *text_of(body, "suffix");
}

/* What the model's template is given: the prompt as a message of the user's. */
static json_t *conversation_of(const json_t *body)
{
    const char *system = text_of(body, "system");
    json_t *messages = json_array(), *object = json_object();
    if (*system)
        json_array_append_new(messages,
                              json_pack("{s:s, s:s}", "role", "system", "content", system));
    json_array_append_new(
        messages, json_pack("{s:s, s:s}", "role", "user", "content", text_of(body, "prompt")));
    json_object_set_new(object, "messages", messages);
    hearth_ollama_set_think(body, object);
    hearth_ollama_set_format(body, object);
    return object;
}

/* Without a template, the form of the answer goes with the sampling. */
static int read_format(const json_t *body, struct hearth_arena *arena,
                       struct hearth_sampling *sampling, struct hearth_error *error)
{
    json_t *object = json_object();
    hearth_ollama_set_format(body, object);
    int rc = hearth_structure_read(object, arena, sampling, error);
    json_decref(object);
    return rc;
}

static int write_input(const json_t *body, struct hearth_buf *conversation,
                       struct hearth_input *input, struct hearth_error *error)
{
    const json_t *prompt = json_object_get(body, "prompt");
    bool fills = *text_of(body, "suffix"), raw = hearth_json_truth(body, "raw", false);
    *input = (struct hearth_input){.task = HEARTH_TASK_GENERATE, .kind = HEARTH_INPUT_TEXT};
    if (raw && !fills) {
        input->bytes = json_string_value(prompt);
        input->length = json_string_length(prompt);
        return 0;
    }
    json_t *object = fills ? json_pack("{s:s, s:s}", "prefix", text_of(body, "prompt"), "suffix",
                                       text_of(body, "suffix"))
                           : conversation_of(body);
    int rc = hearth_json_dump(conversation, object);
    json_decref(object);
    if (rc)
        return hearth_error_set(error, rc, "the prompt is too large");
    input->kind = fills ? HEARTH_INPUT_INFILL : HEARTH_INPUT_MESSAGES;
    input->bytes = conversation->bytes;
    input->length = conversation->length;
    return 0;
}

int hearth_ollama_generate_read(json_t *body, struct hearth_arena *arena,
                                struct hearth_buf *conversation,
                                struct hearth_generation_request *ret_request,
                                struct hearth_error *error)
{
    struct hearth_generation_request request = {.shape = &hearth_ollama_generate};
    struct hearth_input *input = hearth_arena_alloc(arena, sizeof(*input));
    if (!input)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    int rc = hearth_ollama_options_read(body, arena, &request, error);
    if (!rc)
        rc = write_input(body, conversation, input, error);
    if (!rc && input->kind != HEARTH_INPUT_MESSAGES)
        rc = read_format(body, arena, &request.sampling, error);
    if (rc)
        return rc;
    request.inputs = input;
    *ret_request = request;
    return 0;
}
