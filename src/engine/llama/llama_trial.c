/* What a trial does: a load without memory for the weights, the plan of one step, the templates. */
#include "engine/llama/llama_trial.h"

#include "base/error.h"
#include "chat/llama_chat.h"
#include "chat/llama_log.h"
#include "format/gguf.h"

/* Of the step that is planned: more would find nothing more. */
#define TRIAL_CONTEXT 256u
#define TRIAL_BATCH 32u

bool hearth_llama_fills_gaps(const struct llama_vocab *vocab)
{
    return llama_vocab_fim_pre(vocab) != LLAMA_TOKEN_NULL &&
           llama_vocab_fim_suf(vocab) != LLAMA_TOKEN_NULL &&
           llama_vocab_fim_mid(vocab) != LLAMA_TOKEN_NULL;
}

int hearth_llama_check_vocabulary(const struct llama_vocab *vocab, struct hearth_error *error)
{
    const struct {
        bool added;
        llama_token token;
        const char *name;
    } wanted[] = {
        {llama_vocab_get_add_bos(vocab), llama_vocab_bos(vocab), "beginning of a text"},
        {llama_vocab_get_add_eos(vocab), llama_vocab_eos(vocab), "end of a text"},
        {llama_vocab_get_add_sep(vocab), llama_vocab_sep(vocab), "separator"},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (wanted[i].added && wanted[i].token == LLAMA_TOKEN_NULL)
            return hearth_error_set(error, HEARTH_EMODEL,
                                    "the model wants a token for the %s that its vocabulary does "
                                    "not have",
                                    wanted[i].name);
    if (llama_vocab_n_tokens(vocab) <= 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the model has no vocabulary");
    return 0;
}

/* Makes the graph of a step: the shapes of what is computed are checked, nothing is allocated. */
static int plan_step(struct llama_model *model, const struct hearth_llama_header *header,
                     struct hearth_error *error)
{
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = TRIAL_CONTEXT;
    params.n_batch = params.n_ubatch = TRIAL_BATCH;
    params.n_threads = params.n_threads_batch = 1;
    params.embeddings = header->pooled;
    if (header->pooled)
        params.pooling_type = header->pooling;
    params.no_perf = true;
    struct llama_context *context = hearth_llama_context(model, &params, error);
    if (context == NULL)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "the model's tensors do not make a step that can be computed");
    llama_free(context);
    return 0;
}

/* no_alloc makes libllama read everything but the tensors' bytes: it checks their names, types and
 * shapes, and allocates nothing for them. */
static int try_model(const char *path, struct hearth_llama_header *header,
                     struct hearth_error *error)
{
    struct hearth_error fault = {0};
    struct llama_model_params params = llama_model_default_params();
    params.load_mode = LLAMA_LOAD_MODE_NONE; /* it maps nothing when it holds nothing */
    params.no_alloc = true;
    params.n_gpu_layers = 0;
    hearth_llama_log_start();
    llama_backend_init();
    struct llama_model *model = hearth_llama_load(path, &params, &fault);
    if (model == NULL)
        return hearth_error_set(error, fault.code != 0 ? fault.code : HEARTH_EMODEL, "%s",
                                fault.message);
    int rc = hearth_llama_check_vocabulary(llama_model_get_vocab(model), error);
    header->facts.fills_gaps = hearth_llama_fills_gaps(llama_model_get_vocab(model));
    if (rc == 0)
        rc = plan_step(model, header, error);
    llama_model_free(model);
    return rc;
}

/* Read from the file again, since the model of the trial is gone by now. */
/* A model without any has no chats: nothing is said of its tools then. */
static int check_templates(const char *path, struct hearth_model_facts *facts,
                           struct hearth_error *error)
{
    static const char *const keys[] = {"tokenizer.chat_template",
                                       "tokenizer.chat_template.tool_use"};
    struct hearth_gguf *gguf = NULL;
    struct hearth_chat_knows knows = {.tools = false};
    int rc = hearth_gguf_open(path, &gguf, error);
    for (size_t i = 0; rc == 0 && i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct hearth_gguf_text text = hearth_gguf_text(gguf, keys[i]);
        if (text.bytes == NULL)
            continue;
        rc = hearth_chat_check(text.bytes, text.length, &knows, error);
        hearth_chat_note(facts, knows);
    }
    hearth_gguf_destroy(gguf);
    return rc;
}

int hearth_llama_trial(const char *path, struct hearth_llama_header *header,
                       struct hearth_error *error)
{
    int rc = try_model(path, header, error);
    if (rc == 0 && (header->facts.tasks & HEARTH_TASK_GENERATE) != 0)
        rc = check_templates(path, &header->facts, error);
    return rc;
}
