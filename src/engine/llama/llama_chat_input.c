/* A conversation becomes a prompt, and with it how its answer is read. */
#include "base/error.h"
#include "base/input_error.h"
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

static int take(struct hearth_engine *engine, const struct hearth_input *input, size_t messages_max,
                size_t dropped, struct hearth_chat_rendered *rendered,
                struct hearth_llama_input *made, struct hearth_error *error)
{
    int rc = hearth_chat_render(engine->chat, input->bytes, input->length, messages_max, dropped,
                                rendered, error);
    if (rc != 0)
        return rc;
    if (input->form != HEARTH_FORM_RENDERED)
        return take_rendered(engine, input, rendered, made, error);
    keep_rendered(&rendered->prompt, made);
    return 0;
}

static void forget(struct hearth_chat_rendered *rendered, struct hearth_llama_input *made)
{
    hearth_chat_rendered_finish(rendered);
    hearth_chat_rendered_init(rendered);
    hearth_free(made->tokens);
    hearth_free(made->shown);
    hearth_llama_reply_form_destroy(made->form);
    made->tokens = made->shown = NULL;
    made->form = NULL;
    made->head.token_count = made->shown_count = 0;
}

/* What turns give way to: the tokens that the answer may have, but no more than a quarter of the
 * context. Else answers would become shorter and shorter before the first turn goes. */
static size_t answer_room(const struct hearth_engine *engine, const struct hearth_input *input)
{
    size_t asked = input->sampling ? input->sampling->max_tokens : 0;
    size_t quarter = engine->plan.context / 4;
    return asked && asked < quarter ? asked : quarter;
}

/* The same, where a prompt that leaves less than `room` tokens for an answer is too long as well.
 */
static int take_fitting(struct hearth_engine *engine, const struct hearth_input *input,
                        size_t messages_max, size_t dropped, size_t room,
                        struct hearth_chat_rendered *rendered, struct hearth_llama_input *made,
                        struct hearth_error *error)
{
    forget(rendered, made);
    int rc = take(engine, input, messages_max, dropped, rendered, made, error);
    if (rc == 0 && made->head.token_count + room > engine->plan.context)
        rc = hearth_input_error_context(error, input, made->head.token_count, engine->plan.context);
    return rc;
}

/* The fewest of the oldest turns are left out with which the rest fits, found by halving: what is
 * too long is seen by its bytes, most times, before it is tokenized. The last turn always stays.
 * An attempt that was too long is no error of the input: only the last one's is told; that one
 * needs place for a single token, where nothing is left that could go. */
static int drop_turns(struct hearth_engine *engine, const struct hearth_input *input,
                      size_t messages_max, struct hearth_chat_rendered *rendered,
                      struct hearth_llama_input *made, struct hearth_error *error)
{
    struct hearth_error fault;
    size_t least = 0, most = 0, room = answer_room(engine, input);
    int rc = take_fitting(engine, input, messages_max, 0, room, rendered, made, &fault);
    if (rc == 0)
        return 0;
    if (rc == HEARTH_ECONTEXT && rendered->turns > 1) {
        least = 1;
        most = rendered->turns - 1;
    }
    while (least < most) {
        size_t middle = least + (most - least) / 2;
        rc = take_fitting(engine, input, messages_max, middle, room, rendered, made, &fault);
        if (rc == 0)
            most = middle;
        else if (rc == HEARTH_ECONTEXT)
            least = middle + 1;
        else
            break; /* the last attempt says why */
    }
    rc = take_fitting(engine, input, messages_max, least, 1, rendered, made, error);
    made->head.truncated_count = rc == 0 ? (uint32_t)least : 0;
    return rc;
}

int hearth_llama_chat_input(struct hearth_engine *engine, const struct hearth_input *input,
                            size_t messages_max, struct hearth_chat_rendered *rendered,
                            struct hearth_llama_input *made, struct hearth_error *error)
{
    if (engine->chat == NULL)
        return hearth_error_set(error, HEARTH_EINVAL, "this model takes no messages");
    if (input->task == HEARTH_TASK_GENERATE && input->truncate != HEARTH_TRUNCATE_NEVER)
        return drop_turns(engine, input, messages_max, rendered, made, error);
    return take(engine, input, messages_max, 0, rendered, made, error);
}
