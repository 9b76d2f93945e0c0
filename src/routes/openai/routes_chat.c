/* /v1/chat/completions, and llama-server's count of the tokens that such a request has. What their
 * body asks for is read by openai_chat_read.c. */
#include "gateway/answers.h"
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_routes.gen.h"
#include "task/default_model.h"
#include "task/tokens.h"

enum { INPUT_MAX = 64 << 20 };

/* False: the call is answered. */
static bool read_call(struct hearth_call *call, struct hearth_buf *conversation,
                      struct hearth_generation_request *ret_request)
{
    struct hearth_error error;
    const char *param = NULL;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return false;
    if (!hearth_openai_chat_read(call->json, hearth_call_arena(call), conversation, ret_request,
                                 &param, &error))
        return true;
    hearth_answer_message(call, error.code, param, "%s", error.message);
    return false;
}

void hearth_route_chat_completions(struct hearth_call *call)
{
    struct hearth_generation_request request;
    struct hearth_buf conversation;
    hearth_buf_init(&conversation, INPUT_MAX);
    if (read_call(call, &conversation, &request))
        hearth_generation_start(call, &request);
    hearth_buf_finish(&conversation);
}

/* The body is that of an answer, which is counted instead of answered. */
void hearth_route_chat_input_tokens(struct hearth_call *call)
{
    struct hearth_generation_request request;
    struct hearth_buf conversation;
    hearth_buf_init(&conversation, INPUT_MAX);
    if (read_call(call, &conversation, &request)) {
        struct hearth_input input = request.inputs[0];
        input.task = HEARTH_TASK_TOKENIZE;
        const struct hearth_tokens_request count = {
            .model = request.model,
            .input = &input,
            .write = hearth_tokens_write_count,
        };
        hearth_tokens_start(call, &count);
    }
    hearth_buf_finish(&conversation);
}
