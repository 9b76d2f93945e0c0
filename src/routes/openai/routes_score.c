/* /v1/score, as vLLM has it: the scores of pairs of texts, in the order in which they came. */
#include "base/clock.h"
#include "base/error.h"
#include "gateway/answers.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_subject.h"
#include "task/sampling.h"
#include "task/vectors.h"

/* Runs on the pool for long answers. */
static void write_scores(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    bool raw = hearth_json_truth(vectors->request, "raw_scores", false);
    char id[25];
    hearth_openai_make_id(id);
    hearth_buf_printf(buf,
                      "{\"id\":\"score-%s\",\"object\":\"list\",\"created\":%lld,\"model\":", id,
                      (long long)(hearth_clock_wall_ms() / 1000));
    hearth_json_write_text(buf, vectors->model);
    hearth_buf_text(buf, ",\"data\":[");
    for (uint32_t i = 0; i < vectors->count; i++) {
        hearth_buf_printf(buf, "%s{\"index\":%u,\"object\":\"score\",\"score\":", i ? "," : "", i);
        hearth_json_write_float(buf, (float)hearth_openai_score_of(vectors->values[i], raw));
        if (vectors->rows[i].truncated_tokens)
            hearth_buf_printf(buf, ",\"truncated_tokens\":%u", vectors->rows[i].truncated_tokens);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_text(buf, "],");
    hearth_openai_write_vector_usage(vectors, buf);
    hearth_buf_char(buf, '}');
}

/* One side of the pairs: a text, or a list of them. */
struct side {
    const char *key;
    const json_t *texts;
    size_t count;
};

/* vLLM has had two names for each side. */
static struct side side_of(const json_t *body, const char *key, const char *other)
{
    const json_t *texts = json_object_get(body, key);
    if (!texts || json_is_null(texts)) {
        texts = json_object_get(body, other);
        key = texts && !json_is_null(texts) ? other : key;
    }
    return (struct side){key, texts,
                         json_is_array(texts) ? json_array_size(texts) : json_is_string(texts)};
}

static const json_t *text_at(const struct side *side, size_t i)
{
    return json_is_array(side->texts) ? json_array_get(side->texts, side->count == 1 ? 0 : i)
                                      : side->texts;
}

/* False: the call is answered. */
static bool check_sides(struct hearth_call *call, const struct side *first,
                        const struct side *second)
{
    const struct side *missing = !first->count ? first : !second->count ? second : NULL;
    if (missing)
        hearth_answer_message(call, HEARTH_EINVAL, missing->key,
                              "Missing required parameter: '%s'.", missing->key);
    else if (first->count != second->count && first->count != 1)
        hearth_answer_message(call, HEARTH_EINVAL, second->key,
                              "'%s' has %zu texts and '%s' %zu: there must be as many, or one in "
                              "the first",
                              first->key, first->count, second->key, second->count);
    else
        return true;
    return false;
}

static void score(struct hearth_call *call, const struct hearth_openai_subject *subject,
                  const struct side *first, const struct side *second)
{
    const json_t *body = call->json;
    enum hearth_truncate truncate = hearth_openai_truncate_pair(body, subject->entry);
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), second->count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < second->count; i++) {
        const json_t *a = text_at(first, i), *b = text_at(second, i);
        inputs[i] = (struct hearth_input){.task = HEARTH_TASK_SCORE,
                                          .kind = HEARTH_INPUT_TEXT,
                                          .bytes = json_string_value(a),
                                          .length = json_string_length(a),
                                          .pair = json_string_value(b),
                                          .pair_length = json_string_length(b),
                                          .truncate = truncate};
    }
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, second->key, "there are too many texts");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(body, "model", ""),
        .submit_as = hearth_arena_strdup(hearth_call_arena(call), subject->entry->id),
        .param = second->key,
        .inputs = inputs,
        .count = (uint32_t)second->count,
        .class_ = hearth_openai_class_of(body, second->count),
        .list = true,
        .one_number = true,
        .keeps_body = true, /* write reads raw_scores */
        .write = write_scores,
    };
    hearth_vectors_start(call, &request);
}

void hearth_route_score(struct hearth_call *call)
{
    struct hearth_openai_subject subject = {0};
    const struct side first = side_of(call->json, "text_1", "queries");
    const struct side second = side_of(call->json, "text_2", "documents");
    if (!check_sides(call, &first, &second) ||
        !hearth_openai_subject_find(call, hearth_model_ranks, &subject))
        return;
    if (!hearth_openai_refuses_pairs(call, &subject))
        score(call, &subject, &first, &second);
    hearth_openai_subject_release(&subject);
}
