/* A tokenizer out of tokenizer.json, or of an old BERT's vocab.txt. */
#include "base/error.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "text/tokenizer_parts.h"

#include <string.h>

/* Several times what the largest vocabularies of today take. */
enum { FILE_BYTES_MAX = 256 << 20 };

/* A new kind of model is a file with such a table, and a word here. */
static const struct token_model_ops *const models[] = {&wordpiece_model, &bpe_model,
                                                       &unigram_model};

static int read_model(const json_t *json, struct hearth_tokenizer *tokenizer,
                      struct hearth_error *error)
{
    const char *type = hearth_json_text(json, "type", "");
    /* Older files have no type; only WordPiece has a word length. */
    if (!*type && json_object_get(json, "max_input_chars_per_word"))
        type = "WordPiece";
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        if (strcmp(type, models[i]->name) == 0)
            return models[i]->read(json, &tokenizer->model, error);
    return hearth_error_set(error, HEARTH_ENOTIMPL,
                            "tokenizer.json: model \"%.60s\" is not known here", type);
}

static int read_all(const json_t *json, struct hearth_tokenizer *tokenizer,
                    struct hearth_error *error)
{
    /* The order matters: added tokens are normalized when they are read. After a fault the rest
     * stays zero, which closes like any other tokenizer. */
    int rc = normalizer_read(json_object_get(json, "normalizer"), &tokenizer->normalizer, error);
    if (!rc)
        rc = pre_tokenizer_read(json_object_get(json, "pre_tokenizer"), &tokenizer->pre_tokenizer,
                                error);
    tokenizer->asks_first = pre_tokenizer_asks_first(&tokenizer->pre_tokenizer);
    if (!rc)
        rc = read_model(json_object_get(json, "model"), tokenizer, error);
    if (!rc)
        rc = added_tokens_read(json_object_get(json, "added_tokens"), &tokenizer->normalizer,
                               &tokenizer->added, error);
    if (!rc)
        rc = post_processor_read(json_object_get(json, "post_processor"), &tokenizer->post, error);
    if (!rc)
        decoder_read(json_object_get(json, "decoder"), &tokenizer->decoder);
    return rc;
}

static int from_json(const json_t *json, struct hearth_tokenizer **ret_tokenizer,
                     struct hearth_error *error)
{
    struct hearth_tokenizer *tokenizer = hearth_calloc(1, sizeof(*tokenizer));
    int rc = read_all(json, tokenizer, error);
    if (rc)
        hearth_tokenizer_close(tokenizer);
    else
        *ret_tokenizer = tokenizer;
    return rc;
}

int hearth_tokenizer_parse(char *text, size_t length, struct hearth_tokenizer **ret_tokenizer,
                           struct hearth_error *error)
{
    json_t *json = hearth_json_parse_wide(text, length, error);
    if (!json) {
        hearth_error_prefix(error, "tokenizer.json");
        if (error)
            error->code = HEARTH_EMODEL;
        return HEARTH_EMODEL;
    }
    int rc = from_json(json, ret_tokenizer, error);
    json_decref(json);
    return rc;
}

/* Errors name the file and never the folder, which is nobody's business who asks for the model. */
static int read_file(const char *directory, const char *name, struct hearth_buf *text,
                     struct hearth_error *error)
{
    int rc = hearth_small_file_read_in(directory, name, text, NULL);
    if (rc == HEARTH_ENOMEM || rc == HEARTH_ENOTFOUND)
        return hearth_error_set(error, rc, "%s",
                                rc == HEARTH_ENOMEM ? "there is not enough memory for the tokenizer"
                                                    : "there is no such file");
    return rc ? hearth_error_set(error, HEARTH_EMODEL, "%s %s", name,
                                 rc == HEARTH_ETOOLARGE ? "is too large" : "cannot be read")
              : 0;
}

/* The tokenizer.json that transformers makes of an old BERT's vocab.txt. */
static json_t *bert_of(json_t *vocabulary, const json_t *config)
{
    /* strip_accents may be null, which means something else than false (see read_bert in
     * normalizer.c), so it is passed on as it is. */
    json_t *accents = json_object_get(config, "strip_accents");
    json_t *added = json_array();
    static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (size_t i = 0; i < 5; i++) {
        json_t *id = json_object_get(vocabulary, specials[i]);
        if (id)
            json_array_append_new(
                added, json_pack("{sssOsb}", "content", specials[i], "id", id, "special", 1));
    }
    return json_pack("{s{sssbsOsb},s{ss},s{sssOsssi},so,s{sss[sO]s[sO]},s{ss}}", "normalizer",
                     "type", "BertNormalizer", "handle_chinese_chars",
                     hearth_json_truth(config, "tokenize_chinese_chars", true), "strip_accents",
                     json_is_boolean(accents) ? accents : json_null(), "lowercase",
                     hearth_json_truth(config, "do_lower_case", true), "pre_tokenizer", "type",
                     "BertPreTokenizer", "model", "type", "WordPiece", "vocab", vocabulary,
                     "unk_token", "[UNK]", "max_input_chars_per_word", 100, "added_tokens", added,
                     "post_processor", "type", "BertProcessing", "cls", "[CLS]",
                     json_object_get(vocabulary, "[CLS]"), "sep", "[SEP]",
                     json_object_get(vocabulary, "[SEP]"), "decoder", "type", "WordPiece");
}

static json_t *vocabulary_of(const struct hearth_buf *text)
{
    json_t *vocabulary = json_object();
    /* A token a line; its id is the number of the line, from 0. Of a token that stands there twice,
     * transformers keeps the later id, and so does setting a member again. */
    json_int_t id = 0;
    for (size_t at = 0; at < text->length;) {
        const char *line = text->bytes + at, *end = memchr(line, '\n', text->length - at);
        size_t length = end ? (size_t)(end - line) : text->length - at;
        at += length + 1;
        if (length && line[length - 1] == '\r')
            length--;
        char *token = hearth_strndup(line, length);
        json_object_set_new(vocabulary, token, json_integer(id++));
        hearth_free(token);
    }
    return vocabulary;
}

static int open_vocabulary(const char *directory, struct hearth_tokenizer **ret_tokenizer,
                           struct hearth_error *error)
{
    struct hearth_buf text, config_text;
    hearth_buf_init(&text, FILE_BYTES_MAX);
    hearth_buf_init(&config_text, FILE_BYTES_MAX);
    int rc = read_file(directory, "vocab.txt", &text, error);
    if (rc == HEARTH_ENOTFOUND)
        rc = hearth_error_set(error, HEARTH_EMODEL,
                              "there is neither a tokenizer.json nor a vocab.txt");
    /* tokenizer_config.json may be missing or broken: its defaults are those of BERT. */
    json_t *config = NULL;
    if (!rc && !read_file(directory, "tokenizer_config.json", &config_text, NULL))
        config = config_text.bytes
                     ? hearth_json_parse_wide(config_text.bytes, config_text.length, NULL)
                     : NULL;
    if (!rc) {
        json_t *vocabulary = vocabulary_of(&text), *json = bert_of(vocabulary, config);
        rc = json ? from_json(json, ret_tokenizer, error)
                  : hearth_error_set(error, HEARTH_EMODEL, "vocab.txt lacks [CLS] or [SEP]");
        json_decref(json);
        json_decref(vocabulary);
    }
    json_decref(config);
    hearth_buf_finish(&text);
    hearth_buf_finish(&config_text);
    return rc;
}

int hearth_tokenizer_open(const char *directory, struct hearth_tokenizer **ret_tokenizer,
                          struct hearth_error *error)
{
    struct hearth_buf text;
    char nothing[1] = "";
    hearth_buf_init(&text, FILE_BYTES_MAX);
    int rc = read_file(directory, "tokenizer.json", &text, error);
    /* Models from before tokenizer.json have only the list of their words. */
    if (rc == HEARTH_ENOTFOUND)
        rc = open_vocabulary(directory, ret_tokenizer, error);
    else if (!rc)
        rc = hearth_tokenizer_parse(text.bytes ? text.bytes : nothing, text.length, ret_tokenizer,
                                    error);
    hearth_buf_finish(&text);
    return rc;
}

int hearth_tokenizer_lower(struct hearth_tokenizer *tokenizer, struct hearth_error *error)
{
    return normalizer_lower_first(&tokenizer->normalizer, error);
}

void hearth_tokenizer_close(struct hearth_tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    added_tokens_finish(&tokenizer->added);
    normalizer_finish(&tokenizer->normalizer);
    pre_tokenizer_finish(&tokenizer->pre_tokenizer);
    if (tokenizer->model)
        tokenizer->model->ops->destroy(tokenizer->model);
    hearth_free(tokenizer);
}
