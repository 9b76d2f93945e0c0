/* Tools for a model whose template drops them in silence: they are told in a system text of ours,
 * with the form that a call has to take, and calls and results of before are told as texts. The
 * form is the one that most models with tools have learnt (NousResearch's Hermes, Qwen 2.5). */
#include "chat/llama_chat_parts.hpp"

#include <chat-peg-parser.h>
#include <json-schema-to-grammar.h>

namespace
{

const std::string call_start = "<tool_call>", call_end = "</tool_call>";

std::string tools_text(const common_chat_templates_inputs &inputs)
{
    std::string text = "You can call tools. Each line is one, with the JSON schema of its "
                       "arguments:\n";
    for (const common_chat_tool &tool : inputs.tools) {
        common_json line = common_json::object();
        line["name"] = tool.name;
        if (!tool.description.empty())
            line["description"] = tool.description;
        line["parameters"] = common_json::parse(tool.parameters);
        text += line.dump() + "\n";
    }
    text += "\nTo call a tool, write its name and its arguments as JSON, and nothing else:\n" +
            call_start +
            "\n{\"name\": \"the tool\", \"arguments\": {\"an argument\": \"its value\"}}\n" +
            call_end;
    if (inputs.parallel_tool_calls)
        text += "\nTo call several, write one such block after the other.";
    if (inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_REQUIRED)
        text += "\nCall a tool now.";
    return text;
}

/* As the model is asked to write it. */
std::string call_text(const common_chat_tool_call &call)
{
    common_json line = common_json::object();
    const common_json arguments = common_json::parse_no_throw(call.arguments);
    line["name"] = call.name;
    line["arguments"] = arguments.is_discarded() ? common_json(call.arguments) : arguments;
    return call_start + "\n" + line.dump() + "\n" + call_end;
}

void add_text(common_chat_msg &message, const std::string &text)
{
    if (!message.content_parts.empty())
        message.content_parts.push_back({"text", text});
    else
        message.content += (message.content.empty() ? "" : "\n") + text;
}

void tell_system(std::vector<common_chat_msg> &messages, const std::string &text)
{
    if (messages.front().role != "system" && messages.front().role != "developer") {
        common_chat_msg system;
        system.role = "system";
        messages.insert(messages.begin(), system);
    }
    add_text(messages.front(), text);
}

/* Results come from the user's side, since a template without tools may know no role for them;
 * results that follow each other are one message, as roles may have to take turns. */
std::vector<common_chat_msg> as_texts(const std::vector<common_chat_msg> &messages)
{
    std::vector<common_chat_msg> told;
    bool answered = false;
    for (common_chat_msg message : messages) {
        for (const common_chat_tool_call &call : message.tool_calls)
            add_text(message, call_text(call));
        message.tool_calls.clear();
        if (message.role != "tool") {
            told.push_back(message);
            answered = false;
            continue;
        }
        const std::string result =
            "<tool_response>\n" + message.render_content() + "\n</tool_response>";
        if (!answered) {
            common_chat_msg answer;
            answer.role = "user";
            told.push_back(answer);
        }
        add_text(told.back(), result);
        answered = true;
    }
    return told;
}

} // namespace

common_chat_templates_inputs hearth_tools_as_texts(const common_chat_templates_inputs &inputs)
{
    common_chat_templates_inputs told = inputs;
    told.messages = as_texts(inputs.messages);
    told.tools.clear();
    told.tool_choice = COMMON_CHAT_TOOL_CHOICE_AUTO;
    if (!inputs.tools.empty())
        tell_system(told.messages, tools_text(inputs));
    return told;
}

/* A forced call has nothing but a thought before it: a text there could go on without an end. */
void hearth_tools_read_calls(const common_chat_templates_inputs &inputs, common_chat_params &ret)
{
    const bool forced = inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    const bool thinks = inputs.reasoning_format != COMMON_REASONING_FORMAT_NONE &&
                        !ret.thinking_start_tag.empty() && !ret.thinking_end_tags.empty();
    const common_json tools = common_chat_tools_to_json_oaicompat(inputs.tools);
    const common_peg_arena parser = build_chat_peg_parser([&](common_chat_peg_builder &p) {
        auto thought = p.eps();
        if (thinks)
            thought = p.prefix(ret.generation_prompt, ret.thinking_start_tag) +
                      p.optional(p.space() + p.literal(ret.thinking_start_tag) +
                                 p.reasoning(p.until(ret.thinking_end_tags.front())) +
                                 p.literal(ret.thinking_end_tags.front()) + p.space());
        auto call = p.standard_json_tools(call_start, call_end, tools, false, true);
        auto calls = inputs.parallel_tool_calls
                         ? p.trigger_rule("tool-calls", p.one_or_more(call + p.space()))
                         : call + p.space();
        if (forced)
            return thought + p.space() + calls + p.end();
        return thought + p.content(p.until(call_start)) + p.optional(calls) + p.end();
    });
    if (!thinks)
        ret.generation_prompt.clear();
    ret.parser = parser.save();
    ret.format = COMMON_CHAT_FORMAT_PEG_NATIVE;
    ret.grammar_lazy = !forced;
    ret.grammar = build_grammar(
        [&](const common_grammar_builder &builder) { parser.build_grammar(builder, !forced); });
    ret.grammar_triggers = {{COMMON_GRAMMAR_TRIGGER_TYPE_WORD, call_start}};
}
