/* /inference and /inference/stream: a prompt goes to a model that is named by its id or name. */
#include "base/error.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/hub/hub_routes.gen.h"
#include "task/default_model.h"
#include "task/generation.h"
#include "task/sampling.h"

#include <string.h>

/* These routes make one choice of one prompt: its figures are the answer's. */
static void write_figures(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    const struct hearth_inference_done *done = &generation->choices[0].done;
    hearth_buf_printf(buf, "\"tokens\":%u,\"latency_ms\":", done->completion_tokens);
    hearth_json_write_double(buf, (double)hearth_generation_took_us(generation) / 1000);
    hearth_buf_printf(buf, ",\"prompt_tokens\":%u,\"finish_reason\":\"%s\",\"model\":",
                      done->prompt_tokens, hearth_finish_name(done->finish));
    hearth_json_write_text(buf, hearth_generation_version(generation));
    hearth_buf_char(buf, '}');
}

static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    (void)choice;
    hearth_buf_text(buf, "{\"text\":");
    hearth_json_write_string(buf, event->bytes.bytes, event->bytes.length);
    hearth_buf_char(buf, '}');
}

/* The last event of a stream has no text and carries the figures that an answer given at once
 * has. */
static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"text\":\"\",\"done\":true,");
    write_figures(choice->generation, buf);
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    const struct hearth_buf *text = &generation->choices[0].text;
    hearth_buf_text(buf, "{\"text\":");
    hearth_json_write_string(buf, text->bytes, text->length);
    hearth_buf_char(buf, ',');
    write_figures(generation, buf);
}

static const struct hearth_generation_shape shape = {.id_prefix = "inference-",
                                                     .input_param = "prompt",
                                                     .write_answer = write_answer,
                                                     .write_delta = write_delta,
                                                     .write_finish = write_finish,
                                                     .last_words = "[DONE]"};

struct id_search {
    int64_t id;
    struct hearth_arena *arena;
    const char *name;
};

/* Several versions have one model_id; the first one's name is that of the model. */
static void match_id(void *argument, const struct hearth_catalog_entry *entry)
{
    struct id_search *search = argument;
    if (entry->model_id == search->id && !search->name)
        search->name = hearth_arena_strdup(search->arena, entry->name);
}

/* The reference that the body's model_id stands for; NULL when no model has that id. */
static const char *model_of(struct hearth_call *call)
{
    const json_t *given = json_object_get(call->json, "model_id");
    if (json_is_string(given))
        return json_string_value(given);
    struct id_search search = {.id = (int64_t)json_number_value(given),
                               .arena = hearth_call_arena(call)};
    hearth_catalog_each_version(call->gateway->catalog, match_id, &search);
    return search.name;
}

/* The default model is put into the body where the client named none, so what follows always finds
 * one. */
static void start(struct hearth_call *call, bool stream)
{
    if (hearth_default_model(call, "model_id", hearth_model_generates))
        return;
    const json_t *body = call->json;
    const char *prompt = hearth_json_text(body, "prompt", ""), *param;
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = prompt,
                                       .length = strlen(prompt)};
    struct hearth_generation_request request = {
        .shape = &shape,
        .model = model_of(call),
        .inputs = &input,
        .input_count = 1,
        .n = 1,
        .class_ = HEARTH_CLASS_NORMAL,
        .stream = stream,
    };
    struct hearth_error error;
    if (!request.model) {
        hearth_answer_message(call, HEARTH_ENOMODEL, "model_id", "no model has that id");
        return;
    }
    if (hearth_sampling_read(body, hearth_call_arena(call), &request.sampling, &param, &error)) {
        hearth_answer_message(call, error.code, param, "%s", error.message);
        return;
    }
    request.sampling.max_tokens = hearth_max_tokens_read(body, "max_tokens", 0);
    hearth_generation_start(call, &request);
}

void hearth_route_inference(struct hearth_call *call)
{
    start(call, false);
}

void hearth_route_inference_stream(struct hearth_call *call)
{
    start(call, true);
}
