#include "routes/openai/openai_subject.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "task/sampling.h"

#include <math.h>
#include <string.h>

/* False: there is no such model, and the call is answered. `fits` chooses for a client that names
 * none. */
bool hearth_openai_subject_find(struct hearth_call *call, hearth_model_fits *fits,
                                struct hearth_openai_subject *ret_subject)
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

enum hearth_truncate hearth_openai_truncate(const json_t *body,
                                            const struct hearth_catalog_entry *entry)
{
    const json_t *asked = json_object_get(body, "truncate");
    if (asked && !json_is_null(asked))
        return hearth_truncate_read(body);
    json_t *settings = hearth_json_parse(entry->settings_json, strlen(entry->settings_json), NULL);
    enum hearth_truncate truncate = hearth_truncate_read(settings);
    json_decref(settings);
    return truncate;
}

enum hearth_truncate hearth_openai_truncate_pair(const json_t *body,
                                                 const struct hearth_catalog_entry *entry)
{
    enum hearth_truncate truncate = hearth_openai_truncate(body, entry);
    return truncate == HEARTH_TRUNCATE_START ? HEARTH_TRUNCATE_END : truncate;
}

bool hearth_openai_refuses_pairs(struct hearth_call *call,
                                 const struct hearth_openai_subject *subject)
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

double hearth_openai_score_of(float logit, bool raw)
{
    return raw ? (double)logit : 1 / (1 + exp(-(double)logit));
}

void hearth_openai_make_id(char ret_id[25])
{
    unsigned char random[12];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), ret_id);
}

void hearth_openai_write_vector_usage(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu",
                      (unsigned long long)vectors->prompt_tokens,
                      (unsigned long long)vectors->prompt_tokens);
    if (vectors->truncated_tokens)
        hearth_buf_printf(buf, ",\"truncated_tokens\":%llu",
                          (unsigned long long)vectors->truncated_tokens);
    hearth_buf_char(buf, '}');
}

/* A single text goes ahead of lists, unless the request says what it wants: somebody waits for it.
 */
enum hearth_class hearth_openai_class_of(const json_t *body, size_t count)
{
    enum hearth_class asked = hearth_class_read(body);
    return asked == HEARTH_CLASS_NORMAL && count == 1 ? HEARTH_CLASS_INTERACTIVE : asked;
}

void hearth_openai_subject_release(struct hearth_openai_subject *subject)
{
    hearth_catalog_entry_release(subject->entry);
    subject->entry = NULL;
}
