/* /v1/rerank: each document becomes a score with the query; the best come first. A body with
 * `texts` instead of `documents` is one of Text Embeddings Inference, which answers with a bare
 * list. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_subject.h"
#include "task/ranking.h"
#include "task/sampling.h"
#include "task/vectors.h"

#include <string.h>

/* A text, or Cohere's {"text": …}. */
static const json_t *document_text(const json_t *document)
{
    return json_is_string(document) ? document : json_object_get(document, "text");
}

static bool is_tei(const json_t *body)
{
    return json_is_array(json_object_get(body, "texts"));
}

static const json_t *documents_of(const json_t *body)
{
    return json_object_get(body, is_tei(body) ? "texts" : "documents");
}

/* The document goes back only to who asks for it: it may be most of the answer. */
static void write_ranked(const struct hearth_vectors *vectors, const struct hearth_ranked *ranked,
                         struct hearth_buf *buf)
{
    const json_t *body = vectors->request;
    uint32_t truncated = vectors->rows[ranked->index].truncated_tokens;
    bool tei = is_tei(body);
    hearth_buf_printf(buf, "{\"index\":%u,\"%s\":", ranked->index,
                      tei ? "score" : "relevance_score");
    hearth_json_write_float(buf, (float)ranked->score);
    if (truncated)
        hearth_buf_printf(buf, ",\"truncated_tokens\":%u", truncated);
    if (hearth_json_truth(body, tei ? "return_text" : "return_documents", false)) {
        const json_t *text = document_text(json_array_get(documents_of(body), ranked->index));
        hearth_buf_text(buf, tei ? ",\"text\":" : ",\"document\":{\"text\":");
        hearth_json_write_string(buf, json_string_value(text), json_string_length(text));
        hearth_buf_text(buf, tei ? "" : "}");
    }
    hearth_buf_char(buf, '}');
}

static void open_answer(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    char id[25];
    hearth_openai_make_id(id);
    hearth_buf_printf(buf, "{\"id\":\"rerank-%s\",\"model\":", id);
    hearth_json_write_text(buf, vectors->model);
    hearth_buf_text(buf, ",\"results\":");
}

/* `meta` is where Cohere's clients look. */
static void close_answer(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_char(buf, ',');
    hearth_openai_write_vector_usage(vectors, buf);
    hearth_buf_text(buf, ",\"meta\":{\"api_version\":{\"version\":\"2\"}}}");
}

/* Runs on the pool for long answers; the documents are in the body, which the vectors keep. */
static void write_ranking(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    const json_t *body = vectors->request;
    bool raw = hearth_json_truth(body, "raw_scores", false);
    struct hearth_ranked *ranked = hearth_try_calloc(vectors->count, sizeof(*ranked));
    if (!ranked) {
        buf->failed = HEARTH_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < vectors->count; i++)
        ranked[i] = (struct hearth_ranked){i, hearth_openai_score_of(vectors->values[i], raw)};
    hearth_rank(ranked, vectors->count);
    int64_t top = hearth_body_integer(body, "top_n", vectors->count);
    if (!is_tei(body))
        open_answer(vectors, buf);
    hearth_buf_char(buf, '[');
    for (uint32_t i = 0; i < vectors->count && i < top; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_ranked(vectors, &ranked[i], buf);
    }
    hearth_buf_char(buf, ']');
    if (!is_tei(body))
        close_answer(vectors, buf);
    hearth_free(ranked);
}

static void rank(struct hearth_call *call, const struct hearth_openai_subject *subject)
{
    const json_t *body = call->json, *query = json_object_get(body, "query");
    const json_t *documents = documents_of(body);
    const char *param = is_tei(body) ? "texts" : "documents";
    size_t count = json_array_size(documents);
    if (hearth_openai_refuses_pairs(call, subject))
        return;
    enum hearth_truncate truncate = hearth_openai_truncate_pair(body, subject->entry);
    struct hearth_input *inputs =
        hearth_arena_alloc(hearth_call_arena(call), count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++) {
        const json_t *text = document_text(json_array_get(documents, i));
        inputs[i] = (struct hearth_input){.task = HEARTH_TASK_SCORE,
                                          .kind = HEARTH_INPUT_TEXT,
                                          .bytes = json_string_value(query),
                                          .length = json_string_length(query),
                                          .pair = json_string_value(text),
                                          .pair_length = json_string_length(text),
                                          .truncate = truncate};
    }
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, param, "there are too many documents");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(body, "model", ""),
        .submit_as = hearth_arena_strdup(hearth_call_arena(call), subject->entry->id),
        .param = param,
        .inputs = inputs,
        .count = (uint32_t)count,
        .class_ = hearth_openai_class_of(body, count),
        .list = true,
        .one_number = true,
        .keeps_body = true, /* the documents are in it */
        .write = write_ranking,
    };
    hearth_vectors_start(call, &request);
}

void hearth_route_rerank(struct hearth_call *call)
{
    struct hearth_openai_subject subject = {0};
    if (!json_array_size(documents_of(call->json))) {
        const struct hearth_error_detail detail = {.param = "documents",
                                                   .openai_code = "missing_required_parameter"};
        const struct hearth_error error = {.code = HEARTH_EINVAL,
                                           .message = "Missing required parameter: 'documents'."};
        hearth_answer_error(call, &error, &detail);
        return;
    }
    if (!hearth_openai_subject_find(call, hearth_model_ranks, &subject))
        return;
    rank(call, &subject);
    hearth_openai_subject_release(&subject);
}
