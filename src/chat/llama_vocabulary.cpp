/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "chat/llama_vocabulary.h"

#include "base/error.h"
#include "chat/llama_log.h"
#include "chat/llama_screen.h"
#include "format/gguf.h"
}
#pragma GCC diagnostic pop

#include <gguf.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace
{

/* Any that libllama knows; nothing is computed with it. */
constexpr const char *architecture = "llama";

struct gguf_free_it {
    void operator()(struct gguf_context *gguf) const
    {
        gguf_free(gguf);
    }
};
using gguf_owner = std::unique_ptr<struct gguf_context, gguf_free_it>;

/* llama_token_type of llama.h, as GGUF files have it. */
int32_t type_of(enum hearth_token_kind kind)
{
    switch (kind) {
    case HEARTH_TOKEN_SPECIAL:
        return LLAMA_TOKEN_TYPE_CONTROL;
    case HEARTH_TOKEN_ADDED:
        return LLAMA_TOKEN_TYPE_USER_DEFINED;
    case HEARTH_TOKEN_BYTE:
        return LLAMA_TOKEN_TYPE_BYTE;
    case HEARTH_TOKEN_NORMAL:
        break;
    }
    return LLAMA_TOKEN_TYPE_NORMAL;
}

/* Ids without a token get a name that no text makes: embeddings may have more rows than there are
 * tokens, so that their number is a round one. */
void put_tokens(struct gguf_context *gguf, const struct hearth_tokenizer *tokenizer, uint32_t count)
{
    std::vector<std::string> texts(count);
    std::vector<const char *> pointers(count);
    std::vector<int32_t> types(count);
    for (uint32_t i = 0; i < count; i++) {
        enum hearth_token_kind kind;
        size_t length;
        const char *text =
            hearth_tokenizer_token(tokenizer, static_cast<int32_t>(i), &length, &kind);
        texts[i] = text != nullptr && length != 0 ? std::string(text, length)
                                                  : "[no token " + std::to_string(i) + "]";
        pointers[i] = texts[i].c_str();
        types[i] = text != nullptr ? type_of(kind) : static_cast<int32_t>(LLAMA_TOKEN_TYPE_UNUSED);
    }
    gguf_set_arr_str(gguf, "tokenizer.ggml.tokens", pointers.data(), count);
    gguf_set_arr_data(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), count);
}

/* libllama takes a number of its own where none is given, which would be any token here. */
void put_ends(struct gguf_context *gguf, const struct hearth_llama_wording *wording)
{
    static const char *const keys[HEARTH_LLAMA_ENDS_MAX] = {"tokenizer.ggml.eos_token_id",
                                                            "tokenizer.ggml.eot_token_id",
                                                            "tokenizer.ggml.eom_token_id"};
    const int32_t begin = wording->begin >= 0 ? wording->begin : wording->ends[0];
    for (uint32_t i = 0; i < wording->end_count; i++)
        gguf_set_val_u32(gguf, keys[i], static_cast<uint32_t>(wording->ends[i]));
    gguf_set_val_u32(gguf, "tokenizer.ggml.bos_token_id", static_cast<uint32_t>(begin));
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_bos_token",
                      wording->adds_begin && wording->begin >= 0);
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_eos_token", false);
}

gguf_owner describe(const struct hearth_tokenizer *tokenizer,
                    const struct hearth_llama_wording *wording, uint32_t count)
{
    gguf_owner gguf(gguf_init_empty());
    const bool marks = hearth_tokenizer_spells(tokenizer) == HEARTH_SPELLS_MARKS;
    gguf_set_val_str(gguf.get(), "general.architecture", architecture);
    gguf_set_val_str(gguf.get(), "tokenizer.ggml.model", marks ? "llama" : "gpt2");
    gguf_set_val_str(gguf.get(), "tokenizer.ggml.pre", "default");
    put_tokens(gguf.get(), tokenizer, count);
    put_ends(gguf.get(), wording);
    if (!marks)
        gguf_set_arr_str(gguf.get(), "tokenizer.ggml.merges", nullptr, 0);
    if (wording->chat_template != nullptr)
        gguf_set_val_str(gguf.get(), "tokenizer.chat_template", wording->chat_template);
    if (wording->tool_template != nullptr)
        gguf_set_val_str(gguf.get(), "tokenizer.chat_template.tool_use", wording->tool_template);
    return gguf;
}

/* What libllama would abort on is looked for as in a file, above all a token that is there twice.
 */
int screen(const std::vector<char> &bytes, struct hearth_error *error)
{
    struct hearth_gguf *gguf = nullptr;
    int rc = hearth_gguf_parse(bytes.data(), bytes.size(), bytes.size(), &gguf, error);
    if (rc == 0)
        rc = hearth_llama_screen(gguf, architecture, error);
    hearth_gguf_destroy(gguf);
    return rc;
}

int load(std::vector<char> &bytes, struct llama_model **ret_model, struct hearth_error *error)
{
    std::unique_ptr<FILE, int (*)(FILE *)> file(fmemopen(bytes.data(), bytes.size(), "rb"), fclose);
    if (!file)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the vocabulary");
    struct llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    params.load_mode = LLAMA_LOAD_MODE_NONE; /* mapping wants tensors that are aligned in a file */
    hearth_llama_log_clear(true);
    struct llama_model *model = llama_model_load_from_file_ptr(file.get(), params);
    if (model == nullptr)
        return hearth_llama_log_error(error, HEARTH_EMODEL,
                                      "the llama engine cannot load the vocabulary");
    *ret_model = model;
    return 0;
}

} // namespace

extern "C" int hearth_llama_vocabulary_make(const struct hearth_tokenizer *tokenizer,
                                            const struct hearth_llama_wording *wording,
                                            uint32_t count, struct llama_model **ret_model,
                                            struct hearth_error *error)
{
    if (hearth_tokenizer_spells(tokenizer) == HEARTH_SPELLS_OTHERWISE)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "tokenizer.json: a decoder that spells neither bytes nor marks for "
                                "spaces");
    try {
        gguf_owner gguf = describe(tokenizer, wording, count);
        std::vector<char> bytes(gguf_get_meta_size(gguf.get()));
        gguf_get_meta_data(gguf.get(), bytes.data());
        gguf.reset();
        int rc = screen(bytes, error);
        return rc != 0 ? rc : load(bytes, ret_model, error);
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the vocabulary");
    } catch (const std::exception &fault) {
        hearth_llama_log_words(fault.what());
        return hearth_error_set(error, HEARTH_EMODEL,
                                "making the vocabulary failed; the server's log says more");
    }
}
