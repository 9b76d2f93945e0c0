#include "base/input_error.h"

#include "base/error.h"

#include <string.h>

/* LangChain's OpenAIEmbeddings tokenizes with OpenAI's vocabulary unless it is told not to. */
#define SEND_TEXT                                                                                  \
    "send the text itself instead (in LangChain: OpenAIEmbeddings(check_embedding_ctx_length="     \
    "False))"

/* LiteLLM knows the fault by the beginning of our sentence, LangChain by these words of its end. */
#define PROMPT_TOO_LONG "The prompt is too long."

static const char *name_of(const struct hearth_input *input)
{
    if (input->task != HEARTH_TASK_GENERATE)
        return "input";
    return input->kind == HEARTH_INPUT_MESSAGES ? "messages" : "prompt";
}

int hearth_input_error_length(struct hearth_error *error, const struct hearth_input *input,
                              size_t least_count, size_t context)
{
    const char *name = name_of(input);
    const char *end = input->task == HEARTH_TASK_GENERATE ? " " PROMPT_TOO_LONG : "";
    return hearth_error_set(error, HEARTH_ECONTEXT,
                            "This model's maximum context length is %zu tokens. However, you "
                            "requested at least %zu tokens in the %s. Please reduce the length of "
                            "the %s.%s",
                            context, least_count, name, name, end);
}

int hearth_input_error_context(struct hearth_error *error, const struct hearth_input *input,
                               size_t token_count, size_t context)
{
    if (input->task != HEARTH_TASK_GENERATE)
        return hearth_error_set(error, HEARTH_ECONTEXT,
                                "This model's maximum context length is %zu tokens. However, you "
                                "requested %zu tokens (%zu in the input). Please reduce the length "
                                "of the input.",
                                context, token_count, token_count);
    /* An answer has a token at least, so that an input that just fits is too long too. */
    size_t asked = input->sampling && input->sampling->max_tokens ? input->sampling->max_tokens : 1;
    const char *name = name_of(input);
    return hearth_error_set(error, HEARTH_ECONTEXT,
                            "This model's maximum context length is %zu tokens. However, you "
                            "requested %zu tokens (%zu in the %s, %zu in the completion). Please "
                            "reduce the length of the %s or completion. " PROMPT_TOO_LONG,
                            context, token_count + asked, token_count, name, asked, name);
}

int hearth_input_error_vocabulary(struct hearth_error *error, const struct hearth_input *input,
                                  int32_t id, size_t vocabulary)
{
    /* Only embedding clients are known to send ids of a vocabulary that is not the model's. */
    bool embeds = input->task == HEARTH_TASK_EMBED;
    return hearth_error_set(
        error, HEARTH_EINVAL, "token id %d is not in this model's vocabulary of %zu tokens%s", id,
        vocabulary, embeds ? "; if the ids are another model's, " SEND_TEXT : "");
}

static bool same_ids(const int32_t *a, const int32_t *b, size_t count)
{
    return count == 0 || memcmp(a, b, count * sizeof(*a)) == 0;
}

int hearth_input_check_frame(const struct hearth_input *input, const int32_t *frame,
                             size_t frame_count, size_t opening, struct hearth_error *error)
{
    /* A text of the model's own tokenizer has the opening ids first and the closing ones last.
     * Fewer ids than both together cannot be such a text. */
    size_t count = input->token_count, closing = frame_count - opening;
    if (input->kind != HEARTH_INPUT_TOKENS || input->task != HEARTH_TASK_EMBED ||
        input->no_special_tokens)
        return 0;
    if (count >= frame_count && same_ids(input->tokens, frame, opening) &&
        same_ids(input->tokens + count - closing, frame + opening, closing))
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "the token ids do not begin and end with the special tokens that this "
                            "model's inputs have, so they seem to be another model's; " SEND_TEXT);
}
