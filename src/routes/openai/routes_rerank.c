/* /v1/rerank: each document becomes a score with the query; the best come first. */
#include "base/digest.h"
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

#include <math.h>
#include <string.h>

/* A text, or Cohere's {"text": …}. */
static const json_t *document_text(const json_t *document)
{
    return json_is_string(document) ? document : json_object_get(document, "text");
}

/* The document goes back only to who asks for it: it may be most of the answer. */
static void write_ranked(const struct hearth_vectors *vectors, const struct hearth_ranked *ranked,
                         struct hearth_buf *buf)
{
    const json_t *body = vectors->request;
    uint32_t truncated = vectors->rows[ranked->index].truncated_tokens;
    hearth_buf_printf(buf, "{\"index\":%u,\"relevance_score\":", ranked->index);
    hearth_json_write_float(buf, (float)ranked->score);
    if (truncated)
        hearth_buf_printf(buf, ",\"truncated_tokens\":%u", truncated);
    if (hearth_json_truth(body, "return_documents", false)) {
        const json_t *text =
            document_text(json_array_get(json_object_get(body, "documents"), ranked->index));
        hearth_buf_text(buf, ",\"document\":{\"text\":");
        hearth_json_write_string(buf, json_string_value(text), json_string_length(text));
        hearth_buf_char(buf, '}');
    }
    hearth_buf_char(buf, '}');
}

/* One logit for a pair becomes a probability, as sentence-transformers' CrossEncoder does it. */
static double score_of(float logit, bool raw)
{
    return raw ? (double)logit : 1 / (1 + exp(-(double)logit));
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
        ranked[i] = (struct hearth_ranked){i, score_of(vectors->values[i], raw)};
    hearth_rank(ranked, vectors->count);
    int64_t top = hearth_body_integer(body, "top_n", vectors->count);
    char id[25];
    unsigned char random[12];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), id);
    hearth_buf_printf(buf, "{\"id\":\"rerank-%s\",\"model\":", id);
    hearth_json_write_text(buf, vectors->model);
    hearth_buf_text(buf, ",\"results\":[");
    for (uint32_t i = 0; i < vectors->count && i < top; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_ranked(vectors, &ranked[i], buf);
    }
    hearth_buf_text(buf, "],");
    hearth_openai_write_vector_usage(vectors, buf);
    hearth_buf_char(buf, '}');
    hearth_free(ranked);
}

/* A classifier makes scores too, but one for each label: no order of documents comes of that. */
static bool refuses_ranking(struct hearth_call *call, const struct hearth_openai_subject *subject)
{
    const struct hearth_model_facts *facts = &subject->facts;
    if (!subject->known || ((facts->tasks & HEARTH_TASK_SCORE) && facts->embedding_length <= 1))
        return false;
    if (facts->tasks & HEARTH_TASK_SCORE)
        hearth_answer_message(call, HEARTH_EINVAL, "model",
                              "%s returns %u scores for a text, one for each label; a reranker "
                              "returns one for a pair",
                              subject->entry->id, facts->embedding_length);
    else
        hearth_answer_message(
            call, HEARTH_EINVAL, "model", "%s is no reranker: it %s", subject->entry->id,
            facts->tasks & HEARTH_TASK_EMBED ? "makes embeddings" : "generates text");
    return true;
}

static void rank(struct hearth_call *call, const struct hearth_openai_subject *subject)
{
    const json_t *body = call->json, *query = json_object_get(body, "query");
    const json_t *documents = json_object_get(body, "documents");
    size_t count = json_array_size(documents);
    if (refuses_ranking(call, subject))
        return;
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
                                          .truncate = hearth_truncate_read(body)};
    }
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "documents", "there are too many documents");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(body, "model", ""),
        .submit_as = hearth_arena_strdup(hearth_call_arena(call), subject->entry->id),
        .param = "documents",
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
    if (!hearth_openai_subject_find(call, hearth_model_ranks, &subject))
        return;
    rank(call, &subject);
    hearth_openai_subject_release(&subject);
}
