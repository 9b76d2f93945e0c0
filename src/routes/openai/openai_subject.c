#include "routes/openai/openai_subject.h"

#include "base/error.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "task/sampling.h"

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
