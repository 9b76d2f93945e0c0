/* Any bytes as the body of Anthropic's Messages or of its count of tokens: what passes the schema
 * is refused in words, or becomes a conversation that the worker reads. */
#include "fuzz/conversation_checks.h"
#include "routes/anthropic/anthropic_read.h"

#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_messages(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text)
{
    struct hearth_generation_request request;
    struct hearth_error error = {0};
    if (!is_valid(&hearth_schema_messages_request, body, arena))
        return;
    int rc = hearth_anthropic_read(body, arena, text, &request, &error);
    assert(rc == 0 || *error.message);
    if (rc)
        return;
    assert(request.sampling.max_tokens > 0);
    check_request(&request);
    check_conversation(text);
}

static void count_tokens(const json_t *body, struct hearth_arena *arena, struct hearth_buf *text)
{
    struct hearth_input *input;
    struct hearth_error error = {0};
    if (!is_valid(&hearth_schema_count_tokens_request, body, arena))
        return;
    int rc = hearth_anthropic_count_read(body, arena, text, &input, &error);
    assert(rc == 0 || *error.message);
    if (!rc)
        check_conversation(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_error error;
    json_t *body = hearth_json_parse((const char *)bytes, length, &error);
    if (!body)
        return 0;
    read_with(read_messages, body);
    read_with(count_tokens, body);
    json_decref(body);
    return 0;
}
