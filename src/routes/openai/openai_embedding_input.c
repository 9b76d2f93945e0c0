/* One input of /v1/embeddings: a text, token ids, or an object that holds a text. */
#include "base/error.h"
#include "routes/openai/openai_embedding.h"
#include "task/sampling.h"

#include <string.h>

/* The texts of `content`, behind each other. */
static int join_content(const json_t *content, struct hearth_arena *arena,
                        struct hearth_input *input)
{
    size_t length = 0, i;
    json_t *part;
    json_array_foreach(content, i, part) length +=
        json_string_length(json_object_get(part, "text"));
    char *joined = hearth_arena_alloc(arena, length + 1), *end = joined;
    if (!joined)
        return HEARTH_ETOOLARGE;
    json_array_foreach(content, i, part)
    {
        const json_t *text = json_object_get(part, "text");
        memcpy(end, json_string_value(text), json_string_length(text));
        end += json_string_length(text);
    }
    input->kind = HEARTH_INPUT_TEXT;
    input->bytes = joined;
    input->length = length;
    return 0;
}

/* Texts are not copied here: they lie in the body until their turn comes. */
int hearth_openai_embedding_input(const json_t *given, struct hearth_arena *arena,
                                  struct hearth_input *input)
{
    const json_t *content = json_object_get(given, "content");
    const json_t *value = json_is_object(given) ? json_object_get(given, "prompt_string") : given;
    if (content)
        return join_content(content, arena, input);
    if (json_is_string(value)) {
        input->kind = HEARTH_INPUT_TEXT;
        input->bytes = json_string_value(value);
        input->length = json_string_length(value);
        return 0;
    }
    input->kind = HEARTH_INPUT_TOKENS;
    input->token_count = json_array_size(value);
    input->tokens = hearth_tokens_read(value, arena);
    return input->tokens ? 0 : HEARTH_ETOOLARGE;
}

bool hearth_openai_embedding_has_ids(const json_t *given, bool list)
{
    for (size_t i = 0; list && i < json_array_size(given); i++)
        if (json_is_array(json_array_get(given, i)))
            return true;
    return json_is_array(given) && !list;
}
