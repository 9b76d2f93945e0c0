/* /v1/embeddings and /v1/rerank: many inputs, each a vector or a score. */
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/etag.h"
#include "gateway/gateway_state.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_write.h"
#include "serving/scheduler.h"
#include "task/default_model.h"
#include "task/model_facts.h"
#include "task/sampling.h"
#include "task/vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A catalogue entry and its facts, for as long as a handler runs. */
struct subject {
    const struct hearth_catalog_entry *entry;
    struct hearth_model_facts facts;
    bool known; /* the facts */
};

/* False: there is no such model, and the call is answered. `fits` chooses for a client that names
 * none. */
static bool find_subject(struct hearth_call *call, hearth_model_fits *fits,
                         struct subject *ret_subject)
{
    if (hearth_default_model(call, "model", fits))
        return false;
    struct hearth_error error;
    const char *model = hearth_json_text(call->json, "model", "");
    if (hearth_catalog_acquire(call->gateway->catalog, model, &ret_subject->entry, &error)) {
        hearth_answer_error(call, &error, &(struct hearth_error_detail){.param = "model"});
        return false;
    }
    ret_subject->known =
        hearth_model_facts_find(call->gateway, ret_subject->entry, &ret_subject->facts);
    return true;
}

static void write_usage(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu",
                      (unsigned long long)vectors->prompt_tokens,
                      (unsigned long long)vectors->prompt_tokens);
    if (vectors->truncated_tokens)
        hearth_buf_printf(buf, ",\"truncated_tokens\":%llu",
                          (unsigned long long)vectors->truncated_tokens);
    hearth_buf_char(buf, '}');
}

static void write_missing(const struct hearth_error *error, struct hearth_buf *buf)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    hearth_buf_text(buf, "null,\"error\":{\"message\":");
    hearth_json_write_text(buf, *error->message ? error->message : row->text);
    hearth_buf_printf(buf, ",\"type\":\"%s\",\"code\":\"%s\"}", row->openai_type, row->code);
}

static void write_embeddings(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_text(buf, "{\"object\":\"list\",\"data\":[");
    for (uint32_t i = 0; i < vectors->count; i++) {
        const struct hearth_vector_row *row = &vectors->rows[i];
        hearth_buf_printf(
            buf, "%s{\"object\":\"embedding\",\"index\":%u,\"embedding\":", i ? "," : "", i);
        if (row->error)
            write_missing(row->error, buf);
        else
            hearth_vector_write(vectors, i, buf);
        if (row->truncated_tokens)
            hearth_buf_printf(buf, ",\"truncated_tokens\":%u", row->truncated_tokens);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_text(buf, "],\"model\":");
    hearth_json_write_text(buf, vectors->model);
    hearth_buf_char(buf, ',');
    write_usage(vectors, buf);
    if (vectors->missing)
        hearth_buf_printf(buf, ",\"missing\":%u", vectors->missing);
    hearth_buf_char(buf, '}');
}

static enum hearth_truncate read_truncate(const json_t *body)
{
    const json_t *value = json_object_get(body, "truncate");
    const char *word = json_is_string(value) ? json_string_value(value) : "";
    if (strcasecmp(word, "start") == 0)
        return HEARTH_TRUNCATE_START;
    return json_is_true(value) || strcasecmp(word, "end") == 0 ? HEARTH_TRUNCATE_END
                                                               : HEARTH_TRUNCATE_NEVER;
}

static int read_input(const json_t *value, struct hearth_arena *arena, struct hearth_input *input)
{
    if (json_is_string(value)) {
        input->kind = HEARTH_INPUT_TEXT;
        input->bytes = json_string_value(value);
        input->length = json_string_length(value);
        return 0;
    }
    input->kind = HEARTH_INPUT_TOKENS;
    input->token_count = json_array_size(value);
    input->tokens = hearth_tokens_read(value, arena);
    return input->tokens ? 0 : HEARTH_ETOOLARGE;
}

static struct hearth_input *read_inputs(struct hearth_call *call, const json_t *given, bool list,
                                        size_t count)
{
    struct hearth_arena *arena = hearth_call_arena(call);
    struct hearth_input *inputs = hearth_arena_alloc(arena, count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++) {
        inputs[i].task = HEARTH_TASK_EMBED;
        inputs[i].truncate = read_truncate(call->json);
        inputs[i].prompt_name = hearth_json_text(call->json, "prompt_name", NULL);
        if (read_input(list ? json_array_get(given, i) : given, arena, &inputs[i]))
            inputs = NULL;
    }
    return inputs;
}

/* A single text goes ahead of lists, unless the request says what it wants: somebody waits for it.
 */
static enum hearth_class class_of(const json_t *body, size_t count)
{
    enum hearth_class asked = hearth_class_read(body);
    return asked == HEARTH_CLASS_NORMAL && count == 1 ? HEARTH_CLASS_INTERACTIVE : asked;
}

static void list_names(const char *prompts_json, struct hearth_buf *buf)
{
    json_t *prompts =
        *prompts_json ? hearth_json_parse(prompts_json, strlen(prompts_json), NULL) : NULL;
    const char *name;
    json_t *text;
    size_t count = 0;
    json_object_foreach(prompts, name, text)
        hearth_buf_printf(buf, "%s%.80s", count++ ? ", " : "it has ", name);
    if (!count)
        hearth_buf_text(buf, "it has none");
    json_decref(prompts);
}

static bool has_prompt(const struct hearth_model_facts *facts, const char *name)
{
    json_t *prompts = *facts->prompts_json ? hearth_json_parse(facts->prompts_json,
                                                               strlen(facts->prompts_json), NULL)
                                           : NULL;
    bool has = json_object_get(prompts, name) != NULL;
    json_decref(prompts);
    return has;
}

static bool may_cut(const struct hearth_catalog_entry *entry)
{
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    bool may = hearth_json_truth(settings, "matryoshka", true);
    json_decref(settings);
    return may;
}

/* What can be refused before anything is computed. True: the call is answered. */
static bool refuses_embedding(struct hearth_call *call, const struct subject *subject,
                              uint32_t dimensions)
{
    const struct hearth_model_facts *facts = &subject->facts;
    const char *prompt = hearth_json_text(call->json, "prompt_name", NULL);
    if (!subject->known)
        return false;
    if (!(facts->tasks & HEARTH_TASK_EMBED)) {
        hearth_answer_message(call, HEARTH_EINVAL, "model", "%s makes no embeddings",
                              subject->entry->id);
        return true;
    }
    if (dimensions > facts->embedding_length) {
        hearth_answer_message(call, HEARTH_EINVAL, "dimensions",
                              "Invalid value for 'dimensions' = %u. Must be from 1 to %u, the "
                              "width of this model's vectors.",
                              dimensions, facts->embedding_length);
        return true;
    }
    if (dimensions && dimensions < facts->embedding_length &&
        dimensions != facts->default_dimensions && !may_cut(subject->entry)) {
        hearth_answer_message(call, HEARTH_EINVAL, "dimensions",
                              "Invalid value for 'dimensions' = %u. The vectors of this model may "
                              "not be cut (its setting matryoshka is false): they have %u.",
                              dimensions, facts->embedding_length);
        return true;
    }
    if (!prompt || !*prompt || has_prompt(facts, prompt))
        return false;
    struct hearth_buf names;
    hearth_buf_init(&names, 4096);
    list_names(facts->prompts_json, &names);
    const char *listed = hearth_buf_cstr(&names);
    hearth_answer_message(call, HEARTH_EINVAL, "prompt_name",
                          "the model has no prompt named \"%.80s\"; %.800s", prompt,
                          listed ? listed : "it has many");
    hearth_buf_finish(&names);
    return true;
}

/* The client has the answer that would be computed: the call is ended with 304. A file that no
 * registry row vouches for may change, so its answers have no tags. `*ret_digest` is NULL then, and
 * when the request is too large. */
static bool answered_before(struct hearth_call *call, const struct subject *subject,
                            const char **ret_digest)
{
    static const char *const tagged[] = {
        "model", "input", "encoding_format", "dimensions", "truncate", "prompt_name", NULL};
    char digest[HEARTH_SHA256_HEX], tag[HEARTH_ETAG_MAX];
    struct hearth_vector_digest maker;
    *ret_digest = NULL;
    if (!subject->entry->number || !hearth_etag_digest(call->json, tagged, digest) ||
        hearth_scheduler_maker(call->gateway->scheduler, subject->entry, &maker))
        return false;
    *ret_digest = hearth_arena_strdup(hearth_call_arena(call), digest);
    hearth_etag_make(digest, &maker, tag);
    if (!hearth_etag_matches(hearth_exchange_header(call->exchange, "if-none-match"), tag))
        return false;
    hearth_exchange_set_header(call->exchange, "etag", tag);
    hearth_exchange_set_header(call->exchange, "cache-control", "private, no-cache");
    hearth_answer_bytes(call, 304, NULL, NULL, 0);
    return true;
}

static void embed(struct hearth_call *call, const struct subject *subject)
{
    const json_t *body = call->json, *given = json_object_get(body, "input");
    bool list = json_is_array(given) && !json_is_number(json_array_get(given, 0));
    size_t count = list ? json_array_size(given) : 1;
    uint32_t dimensions = (uint32_t)hearth_body_integer(body, "dimensions", 0);
    const char *digest;
    const json_t *first = list ? json_array_get(given, 0) : given;
    if (refuses_embedding(call, subject, dimensions))
        return;
    if (!json_is_string(first) && *hearth_json_text(body, "prompt_name", "")) {
        hearth_answer_message(call, HEARTH_EINVAL, "prompt_name",
                              "a prompt goes before a text; token ids are taken as they are");
        return;
    }
    if (answered_before(call, subject, &digest))
        return;
    struct hearth_input *inputs = read_inputs(call, given, list, count);
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, "input", "the input is too large");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(body, "model", ""),
        .submit_as = hearth_arena_strdup(hearth_call_arena(call), subject->entry->id),
        .param = "input",
        .digest = digest,
        .inputs = inputs,
        .count = (uint32_t)count,
        .dimensions = dimensions,
        .default_dimensions = subject->facts.default_dimensions,
        .class_ = class_of(body, count),
        .base64 = strcmp(hearth_json_text(body, "encoding_format", "float"), "base64") == 0,
        .list = list,
        .partial = hearth_json_truth(body, "partial", false),
        .write = write_embeddings,
    };
    hearth_vectors_start(call, &request);
}

void hearth_route_embeddings(struct hearth_call *call)
{
    struct subject subject = {0};
    if (!find_subject(call, hearth_model_embeds, &subject))
        return;
    embed(call, &subject);
    hearth_catalog_entry_release(subject.entry);
}

/* Reranking */

struct ranked {
    uint32_t index;
    double score;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static const json_t *document_text(const json_t *document)
{
    return json_is_string(document) ? document : json_object_get(document, "text");
}

static void write_ranked(const struct hearth_vectors *vectors, const struct ranked *ranked,
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

static void write_ranking(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    const json_t *body = vectors->request;
    bool raw = hearth_json_truth(body, "raw_scores", false);
    struct ranked *ranked = hearth_try_calloc(vectors->count, sizeof(*ranked));
    if (!ranked) {
        buf->failed = HEARTH_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < vectors->count; i++)
        ranked[i] = (struct ranked){i, score_of(vectors->values[i], raw)};
    qsort(ranked, vectors->count, sizeof(*ranked), compare_ranked);
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
    write_usage(vectors, buf);
    hearth_buf_char(buf, '}');
    hearth_free(ranked);
}

static bool refuses_ranking(struct hearth_call *call, const struct subject *subject)
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

static void rank(struct hearth_call *call, const struct subject *subject)
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
                                          .truncate = read_truncate(body)};
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
        .class_ = class_of(body, count),
        .list = true,
        .one_number = true,
        .keeps_body = true, /* the documents are in it */
        .write = write_ranking,
    };
    hearth_vectors_start(call, &request);
}

void hearth_route_rerank(struct hearth_call *call)
{
    struct subject subject = {0};
    if (!find_subject(call, hearth_model_ranks, &subject))
        return;
    rank(call, &subject);
    hearth_catalog_entry_release(subject.entry);
}
