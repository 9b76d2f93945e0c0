/* The routes of Anthropic's Messages API. What their bodies ask for is read by anthropic_read.c. */
#include "gateway/answers.h"
#include "routes/anthropic/anthropic_read.h"
#include "routes/anthropic/anthropic_routes.gen.h"
#include "task/default_model.h"
#include "task/tokens.h"

enum { CONVERSATION_MAX = 64 << 20 };

void hearth_route_messages(struct hearth_call *call)
{
    struct hearth_generation_request request;
    struct hearth_error error;
    struct hearth_buf conversation;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    hearth_answer_name(call->exchange, call->route->errors);
    hearth_buf_init(&conversation, CONVERSATION_MAX);
    if (hearth_anthropic_read(call->json, hearth_call_arena(call), &conversation, &request, &error))
        hearth_answer_error(call, &error, NULL);
    else
        hearth_generation_start(call, &request);
    hearth_buf_finish(&conversation);
}

void hearth_route_count_tokens(struct hearth_call *call)
{
    struct hearth_error error;
    struct hearth_buf conversation;
    struct hearth_input *input;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    hearth_answer_name(call->exchange, call->route->errors);
    hearth_buf_init(&conversation, CONVERSATION_MAX);
    if (hearth_anthropic_count_read(call->json, hearth_call_arena(call), &conversation, &input,
                                    &error)) {
        hearth_answer_error(call, &error, NULL);
    } else {
        const struct hearth_tokens_request request = {
            .model = hearth_json_text(call->json, "model", ""),
            .input = input,
            .write = hearth_tokens_write_count,
        };
        hearth_tokens_start(call, &request);
    }
    hearth_buf_finish(&conversation);
}
