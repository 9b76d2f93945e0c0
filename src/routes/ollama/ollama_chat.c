/* /api/chat: events into Ollama's messages, a line each. What the body asks for is read by
 * ollama_chat_read.c. */
#include "routes/ollama/ollama_routes.gen.h"
#include "routes/ollama/ollama_subject.h"
#include "routes/ollama/ollama_write.h"

static void open_message(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_ollama_write_head(choice->generation->model, buf);
    hearth_buf_text(buf, ",\"message\":{\"role\":\"assistant\",\"content\":");
}

/* Arguments are an object there. Clients that make OpenAI's pieces of it tell the calls of an
 * answer apart by `index`. */
static void write_call(const struct hearth_generated_call *call, const json_t *arguments,
                       unsigned index, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"id\":");
    hearth_json_write_text(buf, call->id);
    hearth_buf_printf(buf, ",\"function\":{\"index\":%u,\"name\":", index);
    hearth_json_write_string(buf, call->name.bytes, call->name.length);
    hearth_buf_text(buf, ",\"arguments\":");
    hearth_json_dump(buf, arguments);
    hearth_buf_text(buf, "}}");
}

/* ,"tool_calls":[…]; nothing where there is none. A call that was cut off has no whole arguments,
 * and is left out: half a call is worse than none. Returns how many were written. */
static unsigned write_calls(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    unsigned written = 0;
    for (uint32_t i = 0; i < choice->call_count; i++) {
        const struct hearth_generated_call *call = &choice->calls[i];
        json_t *arguments = hearth_json_parse(call->arguments.bytes ? call->arguments.bytes : "",
                                              call->arguments.length, NULL);
        if (json_is_object(arguments)) {
            hearth_buf_text(buf, written ? "," : ",\"tool_calls\":[");
            write_call(call, arguments, written++, buf);
        }
        json_decref(arguments);
    }
    if (written)
        hearth_buf_char(buf, ']');
    return written;
}

/* Calls are told at the end, each whole: nothing is written of their pieces. */
static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    bool thinks = event->channel == HEARTH_CHANNEL_REASONING;
    if (!thinks && event->channel != HEARTH_CHANNEL_CONTENT)
        return;
    open_message(choice, buf);
    if (thinks)
        hearth_buf_text(buf, "\"\",\"thinking\":");
    hearth_json_write_string(buf, event->bytes.bytes, event->bytes.length);
    hearth_buf_char(buf, '}');
    hearth_ollama_write_logprobs(choice, event, buf);
    hearth_buf_text(buf, ",\"done\":false}");
}

/* Clients take calls from lines that are not the last. */
static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    size_t start = buf->length;
    open_message(choice, buf);
    hearth_buf_text(buf, "\"\"");
    if (write_calls(choice, buf))
        hearth_buf_text(buf, "},\"done\":false}\n");
    else
        buf->length = start;
    open_message(choice, buf);
    hearth_buf_text(buf, "\"\"}");
    hearth_ollama_write_end(choice, buf);
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    const struct hearth_choice *choice = &generation->choices[0];
    open_message(choice, buf);
    hearth_json_write_string(buf, choice->text.bytes, choice->text.length);
    if (choice->reasoning.length) {
        hearth_buf_text(buf, ",\"thinking\":");
        hearth_json_write_string(buf, choice->reasoning.bytes, choice->reasoning.length);
    }
    write_calls(choice, buf);
    hearth_buf_char(buf, '}');
    hearth_ollama_write_logprobs(choice, NULL, buf);
    hearth_ollama_write_end(choice, buf);
}

const struct hearth_place_name hearth_ollama_places[] = {
    {"response_format.json_schema.schema", "format"}, {"response_format", "format"}, {NULL, NULL}};

const struct hearth_generation_shape hearth_ollama_chat = {
    .id_prefix = "chat-",
    .framing = HEARTH_FRAMING_LINES,
    .collects = true,
    .places = hearth_ollama_places,
    .input_param = "messages",
    .write_answer = write_answer,
    .write_delta = write_delta,
    .write_finish = write_finish,
    .kept_size = sizeof(struct hearth_ollama_kept),
    .keep = hearth_ollama_keep,
    .forget = hearth_ollama_forget,
};

void hearth_route_ollama_chat(struct hearth_call *call)
{
    static const struct hearth_ollama_way way = {.read = hearth_ollama_chat_read,
                                                 .asks = hearth_ollama_chat_asks,
                                                 .empty = ",\"message\":{\"role\":\"assistant\","
                                                          "\"content\":\"\"}"};
    hearth_ollama_run(call, &way);
}
