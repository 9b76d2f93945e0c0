/* /api/generate: events into Ollama's responses, a line each. What the body asks for is read by
 * ollama_generate_read.c. */
#include "routes/ollama/ollama_routes.gen.h"
#include "routes/ollama/ollama_subject.h"
#include "routes/ollama/ollama_write.h"

/* Text, and what the model thought before it; either may be empty. */
static void write_text(const struct hearth_choice *choice, const struct hearth_bytes *text,
                       const struct hearth_bytes *thinking, struct hearth_buf *buf)
{
    hearth_ollama_write_head(choice->generation->model, buf);
    hearth_buf_text(buf, ",\"response\":");
    hearth_json_write_string(buf, text->bytes, text->length);
    if (!thinking->length)
        return;
    hearth_buf_text(buf, ",\"thinking\":");
    hearth_json_write_string(buf, thinking->bytes, thinking->length);
}

static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    static const struct hearth_bytes nothing = {"", 0};
    bool thinks = event->channel == HEARTH_CHANNEL_REASONING;
    write_text(choice, thinks ? &nothing : &event->bytes, thinks ? &event->bytes : &nothing, buf);
    hearth_ollama_write_logprobs(choice, event, buf);
    hearth_buf_text(buf, ",\"done\":false}");
}

static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    static const struct hearth_bytes nothing = {"", 0};
    write_text(choice, &nothing, &nothing, buf);
    hearth_ollama_write_end(choice, buf);
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    const struct hearth_choice *choice = &generation->choices[0];
    const struct hearth_bytes text = {choice->text.bytes, choice->text.length};
    const struct hearth_bytes thinking = {choice->reasoning.bytes, choice->reasoning.length};
    write_text(choice, &text, &thinking, buf);
    hearth_ollama_write_logprobs(choice, NULL, buf);
    hearth_ollama_write_end(choice, buf);
}

const struct hearth_generation_shape hearth_ollama_generate = {
    .id_prefix = "generate-",
    .framing = HEARTH_FRAMING_LINES,
    .places = hearth_ollama_places,
    .input_param = "prompt",
    .write_answer = write_answer,
    .write_delta = write_delta,
    .write_finish = write_finish,
    .kept_size = sizeof(struct hearth_ollama_kept),
    .keep = hearth_ollama_keep,
    .forget = hearth_ollama_forget,
};

void hearth_route_ollama_generate(struct hearth_call *call)
{
    static const struct hearth_ollama_way way = {.read = hearth_ollama_generate_read,
                                                 .asks = hearth_ollama_generate_asks,
                                                 .empty = ",\"response\":\"\""};
    hearth_ollama_run(call, &way);
}
