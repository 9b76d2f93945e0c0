/* /tokenize and /detokenize. */
#include "base/error.h"
#include "gateway/answers.h"
#include "routes/hub/hub_input.h"
#include "routes/hub/hub_routes.gen.h"
#include "task/default_model.h"
#include "task/sampling.h"
#include "task/tokens.h"

/* `out` holds the ids already written as JSON, without the brackets. */
static void write_answer(const struct hearth_tokens_answer *answer, struct hearth_buf *buf)
{
    if (answer->to_text) {
        hearth_buf_text(buf, "{\"content\":");
        hearth_json_write_string(buf, answer->out->bytes, answer->out->length);
    } else {
        hearth_buf_text(buf, "{\"tokens\":[");
        hearth_buf_append(buf, answer->out->bytes, answer->out->length);
        hearth_buf_printf(buf, "],\"count\":%u", answer->count);
    }
    hearth_buf_text(buf, ",\"model\":");
    hearth_json_write_text(buf, answer->model);
    hearth_buf_char(buf, '}');
}

static void start(struct hearth_call *call, const struct hearth_input *input, bool to_text)
{
    if (hearth_default_model(call, "model", hearth_model_tokenizes))
        return;
    const struct hearth_tokens_request request = {
        .model = hearth_json_text(call->json, "model", ""),
        .input = input,
        .to_text = to_text,
        .write = write_answer,
    };
    hearth_tokens_start(call, &request);
}

/* Exactly one of the two: equal answers of is_string and is_array mean both or neither. */
void hearth_route_tokenize(struct hearth_call *call)
{
    json_t *text = json_object_get(call->json, "content");
    json_t *messages = json_object_get(call->json, "messages");
    struct hearth_input input = {
        .task = HEARTH_TASK_TOKENIZE,
        .no_special_tokens = !hearth_json_truth(call->json, "add_special", true),
        .literal = !hearth_json_truth(call->json, "parse_special", true),
        .form = hearth_json_truth(call->json, "with_pieces", false) ? HEARTH_FORM_PIECES
                                                                    : HEARTH_FORM_IDS,
    };
    if (!json_is_string(text)) /* TEI's name for it */
        text = json_object_get(call->json, "text");
    if (json_is_string(text) == json_is_array(messages)) {
        hearth_answer_message(call, HEARTH_EINVAL, "content", "give either content or messages");
        return;
    }
    if (json_is_string(text)) {
        hearth_hub_text(text, &input);
    } else if (hearth_hub_messages(call, messages, &input)) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "messages", "the conversation is too large");
        return;
    }
    start(call, &input, false);
}

/* The ids are checked by the schema; whether they are in the vocabulary only the worker knows. */
void hearth_route_detokenize(struct hearth_call *call)
{
    const json_t *tokens = json_object_get(call->json, "tokens");
    struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE, .kind = HEARTH_INPUT_TOKENS};
    input.token_count = json_array_size(tokens);
    input.tokens = hearth_tokens_read(tokens, hearth_call_arena(call));
    if (!input.tokens)
        hearth_answer_message(call, HEARTH_ETOOLARGE, "tokens", "there are too many tokens");
    else
        start(call, &input, true);
}
