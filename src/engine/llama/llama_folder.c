#include "engine/llama/llama_folder.h"

#include "base/error.h"
#include "base/memory.h"
#include "chat/llama_chat.h"
#include "chat/llama_log.h"
#include "chat/llama_wording.h"
#include "engine/llama/llama_prompts.h"
#include "engine/llama/llama_trial.h"
#include "network/decoder.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The clauses of src/network say what of a model is not known; here nothing else can compute it. */
static int explain(int rc, struct hearth_error *error)
{
    if (rc == HEARTH_ENOTIMPL)
        hearth_error_prefix(error, "Hearth's decoder does not have");
    return rc;
}

static void name_type(uint32_t type, char *ret_name, size_t size)
{
    const struct hearth_quant_type *row = hearth_quant_type(type);
    snprintf(ret_name, size, "%s", row != NULL ? row->name : "");
    for (char *c = ret_name; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
}

static void fill_facts(const struct hearth_network *network, const struct hearth_weights *weights,
                       const struct hearth_llama_settings *settings,
                       struct hearth_model_facts *facts)
{
    snprintf(facts->architecture, sizeof(facts->architecture), "%s", network->architecture->name);
    facts->tasks = HEARTH_TASK_TOKENIZE | HEARTH_TASK_EMBED | HEARTH_TASK_GENERATE;
    facts->trained_context = network->trained_context;
    facts->embedding_length = network->width;
    facts->vocabulary_length = network->vocabulary;
    facts->layer_count = network->layers;
    facts->parameter_count = weights->parameter_count;
    facts->weight_bytes = weights->source_bytes;
    name_type(settings->quantize.wanted ? (uint32_t)settings->quantize.type : weights->source_type,
              facts->quantization, sizeof(facts->quantization));
    enum llama_pooling_type pooling = settings->pooling;
    if (pooling == LLAMA_POOLING_TYPE_UNSPECIFIED || pooling == LLAMA_POOLING_TYPE_NONE)
        pooling = LLAMA_POOLING_TYPE_MEAN;
    snprintf(facts->pooling, sizeof(facts->pooling), "%s", hearth_llama_pooling_name(pooling));
    facts->normalized = true;
}

static uint64_t file_bytes(const char *path, const char *name)
{
    char whole[4096];
    struct stat status;
    int length = snprintf(whole, sizeof(whole), "%s/%s", path, name);
    bool found = length > 0 && (size_t)length < sizeof(whole) && stat(whole, &status) == 0;
    return found ? (uint64_t)status.st_size : 0;
}

static int read_network(const char *path, const struct hearth_llama_settings *settings,
                        struct hearth_llama_header *header, struct hearth_error *error)
{
    struct hearth_checkpoint *checkpoint = NULL;
    struct hearth_network *network = hearth_calloc(1, sizeof(*network));
    struct hearth_weights weights = {0};
    int rc = hearth_checkpoint_open(path, &checkpoint, error);
    if (rc == 0)
        rc = hearth_checkpoint_network(checkpoint, NULL, network, error);
    if (rc == 0)
        rc = hearth_weights_describe(network, checkpoint, &settings->quantize, &weights, error);
    if (rc == 0) {
        fill_facts(network, &weights, settings, &header->facts);
        header->head_count = network->heads;
        header->width = network->width;
        header->widest_layer = network->feed > network->width ? network->feed : network->width;
    }
    hearth_weights_finish(&weights);
    hearth_checkpoint_close(checkpoint);
    hearth_free(network);
    return explain(rc, error);
}

int hearth_llama_folder_header(const char *path, const struct hearth_llama_settings *settings,
                               struct hearth_llama_header *ret_header, struct hearth_error *error)
{
    if (settings->pooling == LLAMA_POOLING_TYPE_RANK)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'pooling': this model has no head that ranks");
    struct hearth_llama_header *header = hearth_calloc(1, sizeof(*header));
    struct hearth_llama_wording wording = {0};
    header->folder = true;
    header->family = HEARTH_LLAMA_ATTENTION;
    header->pooling = settings->pooling;
    header->tokenizer_bytes = file_bytes(path, "tokenizer.json");
    int rc = read_network(path, settings, header, error);
    if (rc == 0)
        rc = hearth_llama_prompts_tell(settings, &header->facts, error);
    if (rc == 0)
        rc = hearth_llama_wording_read(path, NULL, 0, &wording, error);
    if (rc == 0) {
        header->facts.has_chat_template =
            wording.chat_template != NULL || settings->chat_template != NULL;
        *ret_header = *header;
    }
    hearth_llama_wording_finish(&wording);
    hearth_free(header);
    return rc;
}

int hearth_llama_folder_texts(const char *path, const struct hearth_llama_header *header,
                              struct hearth_tokenizer **ret_tokenizer,
                              struct llama_model **ret_model, struct hearth_error *error)
{
    uint32_t vocabulary = header->facts.vocabulary_length;
    struct hearth_llama_wording wording = {0};
    struct hearth_tokenizer *tokenizer = NULL;
    int rc = hearth_tokenizer_open(path, &tokenizer, error);
    if (rc == 0)
        rc = hearth_llama_wording_read(path, tokenizer, vocabulary, &wording, error);
    if (rc == 0)
        rc = hearth_llama_vocabulary_make(tokenizer, &wording, vocabulary, ret_model, error);
    hearth_llama_wording_finish(&wording);
    if (rc == 0)
        *ret_tokenizer = tokenizer;
    else
        hearth_tokenizer_close(tokenizer);
    return rc;
}

static int check_templates(const char *path, struct hearth_model_facts *facts,
                           struct hearth_error *error)
{
    struct hearth_llama_wording wording = {0};
    struct hearth_chat_knows knows = {.tools = false};
    int rc = hearth_llama_wording_read(path, NULL, 0, &wording, error);
    const char *const texts[] = {wording.chat_template, wording.tool_template};
    for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i] != NULL) {
            rc = hearth_chat_check(texts[i], strlen(texts[i]), &knows, error);
            hearth_chat_note(facts, knows);
        }
    hearth_llama_wording_finish(&wording);
    return rc;
}

/* The plan of a small decoder looks at all that opening one would refuse of the header; the
 * vocabulary is made as a load makes it. */
int hearth_llama_folder_trial(const char *path, struct hearth_llama_header *header,
                              struct hearth_error *error)
{
    const struct hearth_decoder_params params = {.context = 32,
                                                 .sequences = 1,
                                                 .batch = 8,
                                                 .outputs = 1,
                                                 .states = 1,
                                                 .threads = 1,
                                                 .kv_type = HEARTH_KV_F16};
    struct hearth_decoder_plan plan;
    struct hearth_tokenizer *tokenizer = NULL;
    struct llama_model *model = NULL;
    hearth_llama_log_start();
    llama_backend_init();
    int rc = explain(hearth_decoder_plan(path, &params, &plan, error), error);
    if (rc == 0)
        rc = hearth_llama_folder_texts(path, header, &tokenizer, &model, error);
    if (rc == 0)
        rc = hearth_llama_check_vocabulary(llama_model_get_vocab(model), error);
    header->facts.fills_gaps = rc == 0 && hearth_llama_fills_gaps(llama_model_get_vocab(model));
    if (model != NULL)
        llama_model_free(model);
    hearth_tokenizer_close(tokenizer);
    return rc != 0 ? rc : check_templates(path, &header->facts, error);
}
