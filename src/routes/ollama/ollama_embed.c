/* /api/embed, and /api/embeddings before it: vectors in Ollama's shapes. */
#include "gateway/answers.h"
#include "routes/ollama/ollama_routes.gen.h"
#include "routes/ollama/ollama_subject.h"
#include "task/vectors.h"

static void write_embedded(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    uint64_t total_us = vectors->queued_us + vectors->load_us + vectors->compute_us;
    hearth_buf_text(buf, "{\"model\":");
    hearth_json_write_text(buf, vectors->model);
    hearth_buf_text(buf, ",\"embeddings\":[");
    for (uint32_t i = 0; i < vectors->count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        hearth_vector_write(vectors, i, buf);
    }
    hearth_buf_printf(buf,
                      "],\"total_duration\":%llu,\"load_duration\":%llu,"
                      "\"prompt_eval_count\":%llu}",
                      (unsigned long long)total_us * 1000,
                      (unsigned long long)vectors->load_us * 1000,
                      (unsigned long long)vectors->prompt_tokens);
}

static void write_embedding(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"embedding\":");
    hearth_vector_write(vectors, 0, buf);
    hearth_buf_char(buf, '}');
}

static struct hearth_input input_of(const json_t *text, enum hearth_truncate truncate)
{
    return (struct hearth_input){.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = json_string_value(text),
                                 .length = json_string_length(text),
                                 .truncate = truncate};
}

/* The inputs point into the body. */
static void start(struct hearth_call *call, const json_t *texts, const char *param,
                  void (*write)(const struct hearth_vectors *vectors, struct hearth_buf *buf))
{
    struct hearth_ollama_subject subject;
    bool list = json_is_array(texts);
    uint32_t count = list ? (uint32_t)json_array_size(texts) : 1;
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), (count + 1) * sizeof(*inputs));
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, param, "there are too many texts");
        return;
    }
    if (!hearth_ollama_subject_find(call, hearth_model_embeds, &subject))
        return;
    bool cut = hearth_json_truth(call->json, "truncate", true);
    for (uint32_t i = 0; i < count; i++)
        inputs[i] = input_of(list ? json_array_get(texts, i) : texts,
                             cut ? HEARTH_TRUNCATE_END : HEARTH_TRUNCATE_NEVER);
    json_int_t dimensions = hearth_json_integer(call->json, "dimensions", 0);
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(call->json, "model", ""),
        .submit_as = subject.id,
        .param = param,
        .inputs = inputs,
        .count = count,
        .dimensions = dimensions > 0 ? (uint32_t)dimensions : 0,
        .class_ = count == 1 ? HEARTH_CLASS_INTERACTIVE : HEARTH_CLASS_NORMAL,
        .list = list,
        .write = write,
    };
    hearth_vectors_start(call, &request);
}

/* Nothing to embed is a way to have a model loaded; Ollama answers it with no vectors. */
void hearth_route_ollama_embed(struct hearth_call *call)
{
    const json_t *texts = json_object_get(call->json, "input");
    if (json_is_array(texts) && !json_array_size(texts))
        hearth_answer_json(call, 200,
                           json_pack("{s:s, s:[]}", "model",
                                     hearth_json_text(call->json, "model", ""), "embeddings"));
    else
        start(call, texts, "input", write_embedded);
}

void hearth_route_ollama_embeddings(struct hearth_call *call)
{
    start(call, json_object_get(call->json, "prompt"), "prompt", write_embedding);
}
