/* /v1/embeddings: each input becomes a vector; openai_embedding.h has who else asks for some. */
#include "base/digest.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/etag.h"
#include "gateway/gateway_state.h"
#include "routes/openai/openai_embedding.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_subject.h"
#include "serving/scheduler.h"
#include "task/sampling.h"
#include "task/vectors.h"

#include <string.h>

/* In a partial answer each row says for itself why it has no vector. */
static void write_missing(const struct hearth_error *error, struct hearth_buf *buf)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    hearth_buf_text(buf, "null,\"error\":{\"message\":");
    hearth_json_write_text(buf, *error->message ? error->message : row->text);
    hearth_buf_printf(buf, ",\"type\":\"%s\",\"code\":\"%s\"}", row->openai_type, row->code);
}

/* Runs on the pool for long answers: reads nothing but the vectors. */
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
    hearth_openai_write_vector_usage(vectors, buf);
    if (vectors->missing)
        hearth_buf_printf(buf, ",\"missing\":%u", vectors->missing);
    hearth_buf_char(buf, '}');
}

static struct hearth_input *read_inputs(struct hearth_call *call,
                                        const struct hearth_openai_subject *subject,
                                        const json_t *given, bool list, size_t count)
{
    struct hearth_arena *arena = hearth_call_arena(call);
    struct hearth_input *inputs = hearth_arena_alloc(arena, count * sizeof(*inputs));
    for (size_t i = 0; inputs && i < count; i++) {
        inputs[i].task = HEARTH_TASK_EMBED;
        inputs[i].truncate = hearth_openai_truncate(call->json, subject->entry);
        inputs[i].prompt_name = hearth_json_text(call->json, "prompt_name", NULL);
        if (hearth_openai_embedding_input(list ? json_array_get(given, i) : given, arena,
                                          &inputs[i]))
            inputs = NULL;
    }
    return inputs;
}

/* The prompts are a model file's: there may be many, with long names. */
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

/* Looked up in the facts, which the registry knows before the model is loaded. */
static bool has_prompt(const struct hearth_model_facts *facts, const char *name)
{
    json_t *prompts = *facts->prompts_json ? hearth_json_parse(facts->prompts_json,
                                                               strlen(facts->prompts_json), NULL)
                                           : NULL;
    bool has = json_object_get(prompts, name) != NULL;
    json_decref(prompts);
    return has;
}

/* Only vectors that were trained for it (Matryoshka) stay good when they are cut; no file says so,
 * so the definition may say no. */
static bool may_cut(const struct hearth_catalog_entry *entry)
{
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    bool may = hearth_json_truth(settings, "matryoshka", true);
    json_decref(settings);
    return may;
}

/* What can be refused before anything is computed. True: the call is answered. */
static bool refuses_embedding(struct hearth_call *call, const struct hearth_openai_subject *subject,
                              const char *param, uint32_t dimensions)
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
        hearth_answer_message(call, HEARTH_EINVAL, param,
                              "Invalid value for '%s' = %u. Must be from 1 to %u, the width of "
                              "this model's vectors.",
                              param, dimensions, facts->embedding_length);
        return true;
    }
    if (dimensions && dimensions < facts->embedding_length &&
        dimensions != facts->default_dimensions && !may_cut(subject->entry)) {
        hearth_answer_message(call, HEARTH_EINVAL, param,
                              "Invalid value for '%s' = %u. The vectors of this model may not be "
                              "cut (its setting matryoshka is false): they have %u.",
                              param, dimensions, facts->embedding_length);
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
static bool answered_before(struct hearth_call *call, const struct hearth_openai_subject *subject,
                            const char **ret_digest)
{
    static const char *const tagged[] = {
        "model",      "input",    "inputs",           "texts",       "encoding_format",
        "dimensions", "truncate", "output_dimension", "prompt_name", "truncation_direction",
        NULL};
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

/* What can be refused is refused before anything is computed, and what the client has already is
 * not computed again. */
static void embed(struct hearth_call *call, const struct hearth_openai_subject *subject,
                  const struct hearth_openai_embedding *shape)
{
    const json_t *body = call->json, *given = json_object_get(body, shape->inputs);
    bool list = json_is_array(given) && !json_is_number(json_array_get(given, 0));
    size_t count = list ? json_array_size(given) : 1;
    uint32_t dimensions = (uint32_t)hearth_body_integer(body, shape->dimensions, 0);
    const char *digest;
    if (refuses_embedding(call, subject, shape->dimensions, dimensions))
        return;
    if (hearth_openai_embedding_has_ids(given, list) &&
        *hearth_json_text(body, "prompt_name", "")) {
        hearth_answer_message(call, HEARTH_EINVAL, "prompt_name",
                              "a prompt goes before a text; token ids are taken as they are");
        return;
    }
    if (answered_before(call, subject, &digest))
        return;
    struct hearth_input *inputs = read_inputs(call, subject, given, list, count);
    if (!inputs) {
        hearth_answer_message(call, HEARTH_ETOOLARGE, shape->inputs, "the input is too large");
        return;
    }
    const struct hearth_vectors_request request = {
        .model = hearth_json_text(body, "model", ""),
        .submit_as = hearth_arena_strdup(hearth_call_arena(call), subject->entry->id),
        .param = shape->inputs,
        .digest = digest,
        .inputs = inputs,
        .count = (uint32_t)count,
        .dimensions = dimensions,
        .default_dimensions = subject->facts.default_dimensions,
        .class_ = hearth_openai_class_of(body, count),
        .base64 = strcmp(hearth_json_text(body, "encoding_format", "float"), "base64") == 0,
        .list = list,
        .partial = hearth_json_truth(body, "partial", false),
        .write = shape->write,
    };
    hearth_vectors_start(call, &request);
}

void hearth_openai_embed(struct hearth_call *call, const struct hearth_openai_embedding *shape)
{
    struct hearth_openai_subject subject = {0};
    if (!hearth_openai_subject_find(call, hearth_model_embeds, &subject))
        return;
    embed(call, &subject, shape);
    hearth_openai_subject_release(&subject);
}

void hearth_route_embeddings(struct hearth_call *call)
{
    static const struct hearth_openai_embedding shape = {"input", "dimensions", write_embeddings};
    hearth_openai_embed(call, &shape);
}
