#include "chat/base_words.h"

#include "base/error.h"
#include "base/memory.h"
#include "chat/llama_chat.h"
#include "chat/llama_log.h"
#include "chat/llama_screen.h"
#include "chat/llama_shim.h"
#include "chat/llama_wording.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct hearth_base_words {
    struct hearth_words words;
    struct llama_model *model; /* a vocabulary alone */
    const struct llama_vocab *vocab;
    struct hearth_tokenizer *tokenizer; /* of a folder; NULL: libllama's tokenizer */
    struct hearth_chat *chat;
};

static int render(void *argument, const json_t *conversation, struct hearth_buf *text,
                  struct hearth_error *error)
{
    struct hearth_base_words *base = argument;
    struct hearth_buf json;
    hearth_buf_init(&json, 4 * (size_t)HEARTH_DATASET_ROW_MAX);
    int rc = hearth_json_dump(&json, conversation);
    if (rc == 0)
        rc = hearth_chat_write(base->chat, json.bytes, json.length, text, error);
    else
        hearth_error_set(error, rc, "the conversation is too long");
    hearth_buf_finish(&json);
    return rc;
}

static int encode_own(const struct hearth_base_words *base, const char *text, size_t length,
                      bool begins, int32_t **ret_tokens, uint32_t *ret_count,
                      struct hearth_error *error)
{
    struct hearth_tokens tokens = {.ids = NULL};
    int rc =
        hearth_tokenizer_encode(base->tokenizer, text, length, NULL, 0, begins, &tokens, error);
    int32_t *ids = rc == 0 ? hearth_try_calloc(tokens.count + 1, sizeof(*ids)) : NULL;
    if (rc == 0 && (ids == NULL || tokens.count > INT32_MAX))
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for %zu tokens", tokens.count);
    if (rc == 0 && tokens.count > 0)
        memcpy(ids, tokens.ids, tokens.count * sizeof(*ids));
    if (rc == 0) {
        *ret_tokens = ids;
        *ret_count = (uint32_t)tokens.count;
    } else {
        hearth_free(ids);
    }
    hearth_tokens_finish(&tokens);
    return rc;
}

/* A folder's tokenizer always takes special tokens for what they are. */
static int tokenize(void *argument, const char *text, size_t length, bool begins, bool special,
                    int32_t **ret_tokens, uint32_t *ret_count, struct hearth_error *error)
{
    const struct hearth_base_words *base = argument;
    if (length == 0)
        text = "";
    return base->tokenizer != NULL
               ? encode_own(base, text, length, begins, ret_tokens, ret_count, error)
               : hearth_llama_tokenize(base->vocab, text, length, begins, special, ret_tokens,
                                       ret_count, error);
}

static void spell(void *argument, int32_t token, struct hearth_buf *text)
{
    const struct hearth_base_words *base = argument;
    if (token >= 0 && token < llama_vocab_n_tokens(base->vocab))
        hearth_llama_piece(base->vocab, token, true, text);
}

static bool ends(void *argument, int32_t token)
{
    const struct hearth_base_words *base = argument;
    return llama_vocab_is_eog(base->vocab, token);
}

static int open_folder(struct hearth_base_words *base, const char *path, struct hearth_error *error)
{
    struct hearth_llama_wording wording = {.begin = -1};
    int rc = hearth_tokenizer_open(path, &base->tokenizer, error);
    size_t count = rc == 0 ? hearth_tokenizer_vocabulary(base->tokenizer) : 0;
    if (rc == 0 && count > INT32_MAX)
        rc = hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: too many tokens");
    if (rc == 0)
        rc = hearth_llama_wording_read(path, base->tokenizer, (uint32_t)count, &wording, error);
    if (rc == 0)
        rc = hearth_llama_vocabulary_make(base->tokenizer, &wording, (uint32_t)count, &base->model,
                                          error);
    hearth_llama_wording_finish(&wording);
    return rc;
}

static int open_file(struct hearth_base_words *base, const char *path, struct hearth_error *error)
{
    struct hearth_gguf *gguf = NULL;
    int rc = hearth_gguf_open(path, &gguf, error);
    if (rc == 0) {
        struct hearth_gguf_text name = hearth_gguf_text(gguf, "general.architecture");
        char *architecture = hearth_strndup(name.bytes ? name.bytes : "", name.length);
        rc = hearth_llama_screen(gguf, architecture, error);
        hearth_free(architecture);
    }
    hearth_gguf_destroy(gguf);
    if (rc != 0)
        return rc;
    struct llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    base->model = hearth_llama_load(path, &params, error);
    return base->model != NULL ? 0 : error != NULL ? error->code : (int)HEARTH_EMODEL;
}

static int open_base(struct hearth_base_words *base, const char *path, struct hearth_error *error)
{
    struct stat status;
    const bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    int rc = folder ? open_folder(base, path, error) : open_file(base, path, error);
    if (rc != 0)
        return rc;
    base->vocab = llama_model_get_vocab(base->model);
    if (llama_vocab_n_tokens(base->vocab) <= 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the model has no vocabulary");
    base->words = (struct hearth_words){.render = render,
                                        .tokenize = tokenize,
                                        .spell = spell,
                                        .argument = base,
                                        .end = llama_vocab_eos(base->vocab),
                                        .ends = ends};
    return hearth_chat_create(base->model, NULL, &base->chat, error);
}

int hearth_base_words_open(const char *path, struct hearth_base_words **ret_words,
                           struct hearth_error *error)
{
    struct hearth_base_words *base = hearth_calloc(1, sizeof(*base));
    hearth_llama_log_start();
    llama_backend_init();
    int rc = open_base(base, path, error);
    if (rc == 0)
        *ret_words = base;
    else
        hearth_base_words_close(base);
    return rc;
}

void hearth_base_words_close(struct hearth_base_words *words)
{
    if (words == NULL)
        return;
    hearth_chat_destroy(words->chat);
    if (words->model != NULL)
        llama_model_free(words->model);
    hearth_tokenizer_close(words->tokenizer);
    hearth_free(words);
}

const struct hearth_words *hearth_base_words(const struct hearth_base_words *words)
{
    return &words->words;
}

uint32_t hearth_base_words_vocabulary(const struct hearth_base_words *words)
{
    return (uint32_t)llama_vocab_n_tokens(words->vocab);
}
