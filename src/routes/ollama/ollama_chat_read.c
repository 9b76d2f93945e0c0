/* The body of /api/chat into what generation asks for. */
#include "routes/ollama/ollama_read.h"
#include "routes/ollama/ollama_write.h"

bool hearth_ollama_chat_asks(const json_t *body)
{
    return json_array_size(json_object_get(body, "messages")) > 0;
}

int hearth_ollama_chat_read(json_t *body, struct hearth_arena *arena,
                            struct hearth_buf *conversation,
                            struct hearth_generation_request *ret_request,
                            struct hearth_error *error)
{
    struct hearth_generation_request request = {.shape = &hearth_ollama_chat};
    json_t *tools = json_object_get(body, "tools"), *choice = json_object_get(body, "tool_choice");
    struct hearth_input *input = hearth_arena_alloc(arena, sizeof(*input));
    if (!input)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the request is too large");
    int rc = hearth_ollama_options_read(body, arena, &request, error);
    if (rc)
        return rc;
    json_t *object = json_object();
    json_object_set_new(object, "messages",
                        hearth_ollama_messages(json_object_get(body, "messages")));
    if (json_array_size(tools))
        json_object_set(object, "tools", tools);
    if (json_array_size(tools) && choice && !json_is_null(choice))
        json_object_set(object, "tool_choice", choice);
    hearth_ollama_set_think(body, object);
    hearth_ollama_set_format(body, object);
    rc = hearth_json_dump(conversation, object);
    json_decref(object);
    if (rc)
        return hearth_error_set(error, rc, "the conversation is too large");
    *input = (struct hearth_input){.task = HEARTH_TASK_GENERATE,
                                   .kind = HEARTH_INPUT_MESSAGES,
                                   .bytes = conversation->bytes,
                                   .length = conversation->length,
                                   .keeps_turns = !hearth_json_truth(body, "truncate", true)};
    request.inputs = input;
    *ret_request = request;
    return 0;
}
