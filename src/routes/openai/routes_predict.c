/* /predict, as Text Embeddings Inference has it: what a classifier says of texts, or of pairs. */
#include "base/error.h"
#include "gateway/answers.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_subject.h"
#include "task/labels.h"
#include "task/sampling.h"
#include "task/vectors.h"

/* Runs on the pool for long answers: reads nothing but the vectors, which own their labels. */
static void write_predictions(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    if (vectors->list)
        hearth_buf_char(buf, '[');
    for (uint32_t i = 0; i < vectors->count; i++) {
        hearth_buf_text(buf, i ? "," : "");
        hearth_labels_write(vectors->labels, vectors->values + (size_t)i * vectors->width,
                            vectors->width, buf);
    }
    if (vectors->list)
        hearth_buf_char(buf, ']');
}

/* A text, or a list of one or two. */
static void read_input(const json_t *given, enum hearth_truncate truncate,
                       struct hearth_input *input)
{
    const json_t *text = json_is_array(given) ? json_array_get(given, 0) : given;
    const json_t *pair = json_array_get(given, 1);
    *input = (struct hearth_input){.task = HEARTH_TASK_SCORE,
                                   .kind = HEARTH_INPUT_TEXT,
                                   .bytes = json_string_value(text),
                                   .length = json_string_length(text),
                                   .pair = pair ? json_string_value(pair) : NULL,
                                   .pair_length = pair ? json_string_length(pair) : 0,
                                   .truncate = truncate};
}

/* A list of lists is many; a list of texts is a pair. */
static struct hearth_input *read_inputs(struct hearth_call *call,
                                        const struct hearth_openai_subject *subject, bool list,
                                        size_t count)
{
    const json_t *given = json_object_get(call->json, "inputs");
    enum hearth_truncate truncate = hearth_openai_truncate_pair(call->json, subject->entry);
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++)
        read_input(list ? json_array_get(given, i) : given, truncate, &inputs[i]);
    return inputs;
}

static void predict(struct hearth_call *call, const struct hearth_openai_subject *subject)
{
    const json_t *body = call->json, *given = json_object_get(body, "inputs");
    bool list = json_is_array(given) && json_is_array(json_array_get(given, 0));
    size_t count = list ? json_array_size(given) : 1;
    struct hearth_input *inputs = read_inputs(call, subject, list, count);
    struct hearth_labels *labels = inputs ? hearth_labels_create(&subject->facts) : NULL;
    if (!labels) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "inputs", "the inputs are too large");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(body, "model", ""),
        .submit_as = hearth_arena_strdup(hearth_call_arena(call), subject->entry->id),
        .param = "inputs",
        .labels = labels,
        .inputs = inputs,
        .count = (uint32_t)count,
        .class_ = hearth_openai_class_of(body, count),
        .list = list,
        .write = write_predictions,
    };
    hearth_vectors_start(call, &request);
}

void hearth_route_predict(struct hearth_call *call)
{
    struct hearth_openai_subject subject = {0};
    if (!hearth_openai_subject_find(call, hearth_model_classifies, &subject))
        return;
    if (subject.known && !(subject.facts.tasks & HEARTH_TASK_SCORE))
        hearth_answer_message(call, HEARTH_EINVAL, "model", "%s is no classifier",
                              subject.entry->id);
    else
        predict(call, &subject);
    hearth_openai_subject_release(&subject);
}
