/* A template by itself. llama-common works out with each rendering how the answer would be read,
 * which takes some ten times as long as the rendering. Who only wants the text of many
 * conversations has them rendered here, as long as that gives the library's own text: it changes
 * some conversations before it renders them, so the first of each kind and some of the others are
 * compared. */
#include "chat/llama_chat_parts.hpp"

#include <chat-auto-parser.h>
#include <common.h>

namespace
{

/* One in so many is compared though its kind was found equal. */
constexpr unsigned compared_each = 64;
constexpr size_t kinds_max = 256;

/* What the library could treat in a way of its own. */
std::string kind_of(const common_chat_templates_inputs &inputs)
{
    std::string kind = inputs.add_generation_prompt ? "+" : "-";
    std::map<std::string, bool> members;
    for (const auto &message : inputs.messages) {
        std::string one = message.role;
        one += message.content.empty() ? "" : " content";
        one += message.content_parts.empty() ? "" : " parts";
        one += message.reasoning_content.empty() ? "" : " reasoning";
        one += message.tool_calls.empty() ? "" : " calls";
        members[one] = true;
    }
    for (const auto &one : members)
        kind += one.first.substr(0, 64) + ";";
    return kind + inputs.messages.front().role.substr(0, 32) + ";" +
           inputs.messages.back().role.substr(0, 32);
}

std::string text_of(const struct llama_vocab *vocab, llama_token token)
{
    return token == LLAMA_TOKEN_NULL ? "" : common_token_to_piece(vocab, token, true);
}

} // namespace

hearth_chat_plain::hearth_chat_plain(const struct llama_model *model,
                                     const common_chat_templates *templates)
{
    if (model != nullptr) {
        const struct llama_vocab *vocab = llama_model_get_vocab(model);
        begin_ = text_of(vocab, llama_vocab_bos(vocab));
        end_ = text_of(vocab, llama_vocab_eos(vocab));
        adds_begin_ = llama_vocab_get_add_bos(vocab);
        adds_end_ = llama_vocab_get_add_eos(vocab);
    }
    template_ = std::make_unique<common_chat_template>(common_chat_templates_source(templates),
                                                       begin_, end_);
}

std::string hearth_chat_plain::render(const common_chat_templates_inputs &inputs) const
{
    autoparser::generation_params params;
    params.messages = common_chat_msgs_to_json_oaicompat(inputs.messages);
    params.add_generation_prompt = inputs.add_generation_prompt;
    params.enable_thinking = inputs.enable_thinking;
    params.add_bos = adds_begin_;
    params.add_eos = adds_end_;
    params.extra_context = common_json::object();
    return common_chat_template_direct_apply(*template_, params);
}

std::string hearth_chat_plain::write(const common_chat_templates *templates,
                                     const common_chat_templates_inputs &inputs)
{
    const bool known = inputs.tools.empty() && inputs.chat_template_kwargs.empty();
    kind *same = nullptr;
    if (known) {
        const std::string name = kind_of(inputs);
        auto found = kinds_.find(name);
        if (found != kinds_.end())
            same = &found->second;
        else if (kinds_.size() < kinds_max)
            same = &kinds_[name];
    }
    if (same != nullptr && same->equal && same->count++ % compared_each != 0)
        return render(inputs);
    std::string prompt = common_chat_templates_apply(templates, inputs).prompt;
    if (same != nullptr && same->equal)
        same->equal = render(inputs) == prompt;
    return prompt;
}
