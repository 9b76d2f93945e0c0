/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "engine/llama/llama_shim.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_log.h"
}
#pragma GCC diagnostic pop

#include <chat.h>
#include <common.h>
#include <log.h>

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

struct hearth_chat {
    common_chat_templates_ptr templates;
    bool parallel_tools = false;
};

namespace
{

template <typename F> int guarded(struct hearth_error *error, int code, const char *what, F &&body)
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "%s: no memory", what);
    } catch (const std::exception &e) {
        return hearth_error_set(error, code, "%s: %s", what, e.what());
    } catch (...) {
        return hearth_error_set(error, HEARTH_EINTERNAL, "%s: an unknown exception", what);
    }
}

common_chat_templates_inputs inputs_of(const common_json &body, bool parallel_tools)
{
    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(body.at("messages"));
    if (inputs.messages.empty())
        throw std::invalid_argument("there are no messages");
    if (body.contains("tools"))
        inputs.tools = common_chat_tools_parse_oaicompat(body.at("tools"));
    if (body.contains("tool_choice") && body.at("tool_choice").is_string())
        inputs.tool_choice =
            common_chat_tool_choice_parse_oaicompat(body.at("tool_choice").get<std::string>());
    inputs.use_jinja = true;
    inputs.parallel_tool_calls = body.value("parallel_tool_calls", parallel_tools);
    inputs.add_generation_prompt = body.value("add_generation_prompt", true);
    /* As llama-server does it: a last message of the assistant's is one to go on with. */
    if (inputs.messages.back().role == "assistant") {
        inputs.continue_final_message = COMMON_CHAT_CONTINUATION_AUTO;
        inputs.add_generation_prompt = false;
    }
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    if (body.contains("chat_template_kwargs"))
        for (const auto &item : body.at("chat_template_kwargs").items())
            inputs.chat_template_kwargs[item.key()] = item.value().dump();
    auto thinking = inputs.chat_template_kwargs.find("enable_thinking");
    if (thinking != inputs.chat_template_kwargs.end())
        inputs.enable_thinking = thinking->second != "false";
    return inputs;
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

extern "C" int hearth_chat_create(const struct llama_model *model, const char *template_text,
                                  struct hearth_chat **ret_chat, struct hearth_error *error)
{
    common_log_set_verbosity_thold(-1);
    return guarded(error, HEARTH_EMODEL, "chat template", [&] {
        auto chat = std::make_unique<hearth_chat>();
        chat->templates =
            common_chat_templates_init(model, template_text != nullptr ? template_text : "");
        auto caps = common_chat_templates_get_caps(chat->templates.get());
        chat->parallel_tools = caps["supports_parallel_tool_calls"];
        *ret_chat = chat.release();
        return 0;
    });
}

extern "C" void hearth_chat_destroy(struct hearth_chat *chat)
{
    delete chat;
}

extern "C" int hearth_chat_render(const struct hearth_chat *chat, const char *json, size_t length,
                                  struct hearth_buf *prompt, struct hearth_buf *stops,
                                  struct hearth_error *error)
{
    common_json body;
    int rc = guarded(error, HEARTH_EPARSE, "messages", [&] {
        body = common_json::parse(std::string(json, length));
        return 0;
    });
    if (rc != 0)
        return rc;
    return guarded(error, HEARTH_EINVAL, "chat template", [&] {
        auto rendered = common_chat_templates_apply(chat->templates.get(),
                                                    inputs_of(body, chat->parallel_tools));
        hearth_buf_append(prompt, rendered.prompt.data(), rendered.prompt.size());
        for (const auto &stop : rendered.additional_stops)
            hearth_buf_append(stops, stop.c_str(), stop.size() + 1);
        if (prompt->failed != 0 || stops->failed != 0)
            return hearth_error_set(error, HEARTH_ETOOLARGE, "the rendered chat is too long");
        return 0;
    });
}

extern "C" int hearth_llama_tokenize(const struct llama_vocab *vocab, const char *text,
                                     size_t length, bool add_special, bool parse_special,
                                     int32_t **ret_tokens, uint32_t *ret_count,
                                     struct hearth_error *error)
{
    if (length > INT32_MAX / 4)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "a text of %zu bytes is too long", length);
    int32_t *tokens = nullptr;
    int rc = guarded(error, HEARTH_EINVAL, "tokenizer", [&] {
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
    if (rc == 0)
        *ret_tokens = tokens;
    else
        hearth_free(tokens);
    return rc;
}

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

extern "C" struct llama_model *hearth_llama_load(const char *path,
                                                 const struct llama_model_params *params,
                                                 struct hearth_error *error)
{
    struct llama_model *model = nullptr;
    hearth_llama_log_clear(true);
    int rc = guarded(error, HEARTH_EMODEL, "libllama", [&] {
        model = llama_model_load_from_file(path, *params);
        return 0;
    });
    if (rc == 0 && model == nullptr)
        hearth_llama_log_error(error, HEARTH_EMODEL, "libllama cannot load the model");
    return model;
}

extern "C" struct llama_context *hearth_llama_context(struct llama_model *model,
                                                      const struct llama_context_params *params,
                                                      struct hearth_error *error)
{
    struct llama_context *context = nullptr;
    hearth_llama_log_clear(false);
    int rc = guarded(error, HEARTH_ENOMEM, "libllama", [&] {
        context = llama_init_from_model(model, *params);
        return 0;
    });
    if (rc == 0 && context == nullptr)
        hearth_llama_log_error(error, HEARTH_ENOMEM, "libllama cannot make a context");
    return context;
}

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

extern "C" int32_t hearth_llama_sample(struct llama_sampler *chain, llama_token_data *candidates,
                                       size_t count)
{
    int32_t token = -1;
    guarded(nullptr, HEARTH_EINTERNAL, "sampler", [&] {
        llama_token_data_array array = {candidates, count, -1, false};
        llama_sampler_apply(chain, &array);
        if (array.selected >= 0 && static_cast<size_t>(array.selected) < array.size)
            token = array.data[array.selected].id;
        return 0;
    });
    return token;
}
