/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "chat/llama_shim.h"

#include "base/error.h"
#include "base/memory.h"
#include "chat/llama_log.h"
}
#pragma GCC diagnostic pop

#include <climits>
#include <exception>
#include <string>
#include <vector>

/* Of libllama's own llama-arch.h, which is not installed: its list of architectures is the one
 * that counts. */
enum llm_arch : int;
llm_arch llm_arch_from_string(const std::string &name);
bool llm_arch_is_recurrent(const llm_arch &arch);
bool llm_arch_is_hybrid(const llm_arch &arch);
bool llm_arch_is_diffusion(const llm_arch &arch);

namespace
{

/* `what` names the work in the error; `code` is what an ordinary exception of it means. */
template <typename F> int guarded(struct hearth_error *error, int code, const char *what, F &&body)
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory: %s failed", what);
    } catch (const std::exception &e) {
        hearth_llama_log_words(e.what());
        return hearth_error_set(error, code, "%s failed; the server's log says more", what);
    } catch (...) {
        return hearth_error_set(error, HEARTH_EINTERNAL, "%s failed", what);
    }
}

} // namespace

extern "C" enum hearth_llama_family hearth_llama_family_of(const char *architecture)
{
    try {
        /* No architecture has an empty name, so this is the value for an unknown one. */
        const llm_arch unknown = llm_arch_from_string("");
        const llm_arch arch = llm_arch_from_string(architecture);
        if (arch == unknown)
            return HEARTH_LLAMA_UNKNOWN;
        if (llm_arch_is_diffusion(arch))
            return HEARTH_LLAMA_DIFFUSION;
        if (llm_arch_is_recurrent(arch))
            return HEARTH_LLAMA_RECURRENT;
        return llm_arch_is_hybrid(arch) ? HEARTH_LLAMA_HYBRID : HEARTH_LLAMA_ATTENTION;
    } catch (...) {
        return HEARTH_LLAMA_UNKNOWN;
    }
}

/* The tokenizer takes about 120 bytes for each byte of a long word. A text of this length for
 * which there is no memory is too long for the worker, whatever else it holds. */
constexpr size_t long_text = 1u << 20;

/* A text has at most as many tokens as bytes, plus the special ones around it, so the first attempt
 * fits nearly always; the library tells the number when it does not. */
extern "C" int hearth_llama_tokenize(const struct llama_vocab *vocab, const char *text,
                                     size_t length, bool add_special, bool parse_special,
                                     int32_t **ret_tokens, uint32_t *ret_count,
                                     struct hearth_error *error)
{
    if (length > INT32_MAX / 4)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "a text of %zu bytes is too long", length);
    int32_t *tokens = nullptr;
    int rc = guarded(error, HEARTH_EINVAL, "the tokenizer", [&] {
        size_t room = length + 8;
        for (int attempt = 0; attempt < 2; attempt++) {
            tokens = static_cast<int32_t *>(hearth_try_calloc(room, sizeof(*tokens)));
            if (tokens == nullptr)
                throw std::bad_alloc();
            int32_t count = llama_tokenize(vocab, text, static_cast<int32_t>(length), tokens,
                                           static_cast<int32_t>(room), add_special, parse_special);
            if (count >= 0) {
                *ret_count = static_cast<uint32_t>(count);
                return 0;
            }
            if (count == INT32_MIN)
                break;
            hearth_free(tokens);
            tokens = nullptr;
            room = static_cast<size_t>(-count);
        }
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the text has too many tokens");
    });
    if (rc == 0) {
        *ret_tokens = tokens;
        return 0;
    }
    hearth_free(tokens);
    if (rc == HEARTH_ENOMEM && length >= long_text)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "a text of %zu bytes takes more memory to tokenize than this "
                                "model's process may have",
                                length);
    return rc;
}

/* A negative length is the room that the piece needs. */
extern "C" int hearth_llama_piece(const struct llama_vocab *vocab, int32_t token, bool special,
                                  struct hearth_buf *buf)
{
    return guarded(nullptr, HEARTH_EINTERNAL, "detokenizer", [&] {
        int32_t room = 64;
        for (int attempt = 0; attempt < 2; attempt++) {
            int rc = hearth_buf_reserve(buf, static_cast<size_t>(room));
            if (rc != 0)
                return rc;
            int32_t length =
                llama_token_to_piece(vocab, token, buf->bytes + buf->length, room, 0, special);
            if (length >= 0) {
                buf->length += static_cast<size_t>(length);
                return 0;
            }
            room = -length;
        }
        return static_cast<int>(HEARTH_EINTERNAL);
    });
}

/* The library gives NULL and logs why; the log is emptied first, so that what is in it is of this
 * load. */
extern "C" struct llama_model *hearth_llama_load(const char *path,
                                                 const struct llama_model_params *params,
                                                 struct hearth_error *error)
{
    struct llama_model *model = nullptr;
    hearth_llama_log_clear(true);
    int rc = guarded(error, HEARTH_EMODEL, "loading the model", [&] {
        model = llama_model_load_from_file(path, *params);
        return 0;
    });
    if (rc == 0 && model == nullptr)
        hearth_llama_log_error(error, HEARTH_EMODEL, "the llama engine cannot load the model");
    return model;
}

extern "C" struct llama_context *hearth_llama_context(struct llama_model *model,
                                                      const struct llama_context_params *params,
                                                      struct hearth_error *error)
{
    struct llama_context *context = nullptr;
    hearth_llama_log_clear(false);
    int rc = guarded(error, HEARTH_ENOMEM, "making the context", [&] {
        context = llama_init_from_model(model, *params);
        return 0;
    });
    if (rc == 0 && context == nullptr)
        hearth_llama_log_error(error, HEARTH_ENOMEM,
                               "the llama engine cannot make room for the model's context");
    return context;
}

extern "C" struct llama_adapter_lora *hearth_llama_adapter(struct llama_model *model, FILE *file,
                                                           struct hearth_error *error)
{
    struct llama_adapter_lora *adapter = nullptr;
    hearth_llama_log_clear(true);
    int rc = guarded(error, HEARTH_EMODEL, "loading an adapter", [&] {
        adapter = llama_adapter_lora_init_from_file_ptr(model, file);
        return 0;
    });
    if (rc == 0 && adapter == nullptr)
        hearth_llama_log_error(error, HEARTH_EMODEL, "the llama engine cannot load the adapter");
    return adapter;
}

extern "C" int hearth_llama_adapt(struct llama_context *context,
                                  struct llama_adapter_lora **adapters, size_t count, float *scales,
                                  struct hearth_error *error)
{
    hearth_llama_log_clear(false);
    return guarded(error, HEARTH_EINTERNAL, "choosing adapters", [&] {
        return llama_set_adapters_lora(context, adapters, count, scales) == 0
                   ? 0
                   : static_cast<int>(HEARTH_EINTERNAL);
    });
}

/* Warnings of a step are not printed: an aborted one logs, and aborting is our own doing. */
extern "C" int hearth_llama_decode(struct llama_context *context, const struct llama_batch *batch)
{
    int result = -100;
    hearth_llama_log_clear(false);
    guarded(nullptr, HEARTH_EINTERNAL, "libllama", [&] {
        result = llama_decode(context, *batch);
        return 0;
    });
    return result;
}
