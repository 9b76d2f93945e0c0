/* A conversation becomes a prompt, and with it how its answer is read. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"

#include <string.h>

static const char *next_text(const struct hearth_buf *list, const char *text)
{
    const char *next = text != NULL ? text + strlen(text) + 1 : list->bytes;
    return next != NULL && next < list->bytes + list->length ? next : NULL;
}

/* A text that is not one control token is shown anyway. */
static int find_shown(const struct hearth_engine *engine, const struct hearth_buf *texts,
                      struct hearth_llama_input *made, struct hearth_error *error)
{
    uint32_t room = 0;
    for (const char *text = next_text(texts, NULL); text != NULL; text = next_text(texts, text))
        room++;
    made->shown = hearth_try_calloc(room + 1, sizeof(*made->shown));
    if (made->shown == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for an input");
    for (const char *text = next_text(texts, NULL); text != NULL; text = next_text(texts, text)) {
        int32_t *tokens = NULL;
        uint32_t count = 0;
        int rc = hearth_llama_encode(engine, text, strlen(text), false, true, NULL, &tokens, &count,
                                     error);
        if (rc == 0 && count == 1)
            made->shown[made->shown_count++] = tokens[0];
        hearth_free(tokens);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* The template has taken away its own BOS where the tokenizer adds one. */
static int take_rendered(const struct hearth_engine *engine, const struct hearth_input *input,
                         struct hearth_chat_rendered *rendered, struct hearth_llama_input *made,
                         struct hearth_error *error)
{
    const struct hearth_buf *prompt = &rendered->prompt;
    int rc = hearth_llama_check_bytes(engine, input, prompt->length, error);
    if (rc == 0)
        rc = hearth_llama_encode(engine, prompt->bytes, prompt->length, !input->no_special_tokens,
                                 true, input->canceled, &made->tokens, &made->head.token_count,
                                 error);
    if (rc != 0 || input->task != HEARTH_TASK_GENERATE)
        return rc;
    rc = find_shown(engine, &rendered->shown, made, error);
    made->form = rendered->form;
    rendered->form = NULL;
    return rc;
}

/* The text itself is what was asked for: it goes over to the input. */
static void keep_rendered(struct hearth_buf *prompt, struct hearth_llama_input *made)
{
    made->rendered = *prompt;
    made->head.rendered =
        (struct hearth_bytes){prompt->length ? prompt->bytes : "", prompt->length};
    hearth_buf_init(prompt, 0);
}

int hearth_llama_chat_input(struct hearth_engine *engine, const struct hearth_input *input,
                            size_t messages_max, struct hearth_chat_rendered *rendered,
                            struct hearth_llama_input *made, struct hearth_error *error)
{
    if (engine->chat == NULL)
        return hearth_error_set(error, HEARTH_EINVAL, "this model takes no messages");
    int rc = hearth_chat_render(engine->chat, input->bytes, input->length, messages_max, rendered,
                                error);
    if (rc != 0)
        return rc;
    if (input->form != HEARTH_FORM_RENDERED)
        return take_rendered(engine, input, rendered, made, error);
    keep_rendered(&rendered->prompt, made);
    return 0;
}
