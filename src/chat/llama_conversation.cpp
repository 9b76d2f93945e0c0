/* The JSON of a conversation, as OpenAI's chat API has it, into what llama-common's templates take.
 * Read here and not by llama-common, whose reader refuses what clients send (optional members that
 * are null) and answers with its own inside. */
#include "chat/llama_json_read.hpp"

#include <set>

namespace
{

/* JSON within a text: levels of a call's arguments or a tool's result. A request's own body is
 * bounded before it comes here, but its texts are not looked into, and the library walks what it
 * finds in them by recursion. */
constexpr uint64_t nesting_max = 256;

/* The brackets of a text that is no JSON are nobody's levels: the library leaves it a text. Its
 * parser does not recurse. */
void check_nesting(const std::string &text, const std::string &place)
{
    if (hearth_json_measure(text.data(), text.size()).depth > nesting_max &&
        !common_json::parse_no_throw(text).is_discarded())
        refuse(place,
               "is JSON that is nested deeper than " + std::to_string(nesting_max) + " levels");
}

/* Arguments are a text that holds JSON in OpenAI's API; some clients send the object itself. */
common_chat_tool_call read_call(const common_json &call, const std::string &place)
{
    need_object(call, place);
    need_function_type(call, place);
    const common_json &function = function_of(call, place);
    common_chat_tool_call read;
    read.id = text_of(call, "id", place);
    read.name = needed_text(function, "name", place + ".function");
    if (!has(function, "arguments"))
        read.arguments = "{}";
    else if (function.at("arguments").is_string())
        read.arguments = function.at("arguments").get<std::string>();
    else if (function.at("arguments").is_object())
        read.arguments = function.at("arguments").dump();
    else
        refuse(place + ".function.arguments", "must be a text or an object");
    return read;
}

/* Some templates read the arguments as an object: then a text that is no JSON would fail inside the
 * template, without a place. */
void read_calls(const common_json &message, const std::string &place, bool object_arguments,
                common_chat_msg &ret_message)
{
    const std::string calls_place = place + ".tool_calls";
    const common_json *calls = list_of(message, "tool_calls", calls_place);
    for (size_t i = 0; calls != nullptr && i < calls->size(); i++) {
        const std::string call_place = element(calls_place, i);
        common_chat_tool_call call = read_call(calls->at(i), call_place);
        if (call.arguments.empty())
            call.arguments = "{}";
        check_nesting(call.arguments, call_place + ".function.arguments");
        if (object_arguments && common_json::parse_no_throw(call.arguments).is_discarded())
            refuse(call_place + ".function.arguments",
                   "must be the text of a JSON value, which this model's chat template reads");
        ret_message.tool_calls.push_back(call);
    }
}

void read_content(const common_json &message, const std::string &place,
                  common_chat_msg &ret_message)
{
    if (!has(message, "content"))
        return;
    const common_json &content = message.at("content");
    const std::string content_place = place + ".content";
    if (content.is_string()) {
        ret_message.content = content.get<std::string>();
        return;
    }
    if (!content.is_array())
        refuse(content_place, "must be a text or a list of text parts");
    for (size_t i = 0; i < content.size(); i++) {
        const std::string part_place = element(content_place, i);
        need_object(content.at(i), part_place);
        if (needed_text(content.at(i), "type", part_place) != "text")
            refuse(part_place + ".type", "must be \"text\": this model reads text only");
        ret_message.content_parts.push_back(
            {"text", needed_text(content.at(i), "text", part_place)});
    }
}

common_chat_msg read_message(const common_json &message, const std::string &place,
                             bool object_arguments)
{
    need_object(message, place);
    common_chat_msg read;
    read.role = needed_text(message, "role", place);
    read_content(message, place, read);
    /* Some templates show a tool's result as the object that its text holds. */
    if (read.role == "tool")
        check_nesting(read.content, place + ".content");
    read_calls(message, place, object_arguments, read);
    read.reasoning_content = text_of(message, "reasoning_content", place);
    read.tool_name = text_of(message, "name", place);
    read.tool_call_id = text_of(message, "tool_call_id", place);
    return read;
}

/* Of chat_template_kwargs: what the library does with them grows with the square of their number,
 * and templates know a handful. */
constexpr size_t values_max = 64, values_bytes_max = 64u << 10;

/* The words of OpenAI's `reasoning_effort`; templates know three, and whether to think at all.
 * "auto", which some clients send, leaves it to the template. */
void read_effort(const common_json &body, common_chat_templates_inputs &inputs)
{
    std::string effort = text_of(body, "reasoning_effort", "the conversation");
    if (effort.empty() || effort == "auto")
        return;
    if (effort == "none")
        inputs.enable_thinking = false;
    else if (effort == "minimal")
        effort = "low";
    else if (effort == "xhigh")
        effort = "high";
    if (effort != "none")
        inputs.chat_template_kwargs["reasoning_effort"] = common_json(effort).dump();
}

/* Values for the template's own variables, each as JSON text; enable_thinking is one that
 * llama-common wants to know itself. */
void read_values(const common_json &body, common_chat_templates_inputs &inputs)
{
    const char *place = "chat_template_kwargs";
    if (!has(body, place))
        return;
    need_object(body.at(place), place);
    if (body.at(place).size() > values_max)
        refuse(place, "must have at most " + std::to_string(values_max) + " members");
    size_t bytes = 0;
    for (const auto &item : body.at(place).items()) {
        std::string &value = inputs.chat_template_kwargs[item.key()];
        value = item.value().dump();
        bytes += item.key().size() + value.size();
    }
    if (bytes > values_bytes_max)
        refuse(place, "must be at most 64 KiB in all");
    auto thinking = inputs.chat_template_kwargs.find("enable_thinking");
    if (thinking != inputs.chat_template_kwargs.end())
        inputs.enable_thinking = thinking->second != "false";
}

void read_reasoning(const common_json &body, common_chat_templates_inputs &inputs)
{
    read_effort(body, inputs);
    inputs.enable_thinking = truth_of(body, "enable_thinking", inputs.enable_thinking);
    read_values(body, inputs);
    const std::string format = text_of(body, "reasoning_format", "the conversation");
    inputs.reasoning_format =
        format == "none" ? COMMON_REASONING_FORMAT_NONE : COMMON_REASONING_FORMAT_DEEPSEEK;
}

/* As llama-server does it: a last message of the assistant's is one to go on with. One that says
 * nothing has no end to go on from: the answer to it begins as any other does; so does one to calls
 * of tools, which are whole. */
bool can_go_on(const common_chat_msg &last)
{
    bool says = !last.content.empty() || !last.reasoning_content.empty();
    for (const auto &part : last.content_parts)
        says = says || !part.text.empty();
    return last.role == "assistant" && says && last.tool_calls.empty();
}

void read_continuation(const common_json &body, common_chat_templates_inputs &inputs)
{
    const bool possible = can_go_on(inputs.messages.back());
    const bool wanted = truth_of(body, "continue_final_message", possible);
    if (wanted && !possible)
        refuse("continue_final_message",
               "needs a last message of the assistant's that says something");
    inputs.add_generation_prompt = truth_of(body, "add_generation_prompt", true);
    if (!wanted)
        return;
    inputs.continue_final_message = COMMON_CHAT_CONTINUATION_AUTO;
    inputs.add_generation_prompt = false;
}

/* A result answers a call of before: by its id, where both have one. */
void check_results(const std::vector<common_chat_msg> &messages)
{
    std::set<std::string> ids;
    bool called = false;
    for (size_t i = 0; i < messages.size(); i++) {
        for (const auto &call : messages[i].tool_calls)
            ids.insert(call.id);
        called = called || !messages[i].tool_calls.empty();
        if (messages[i].role != "tool")
            continue;
        const std::string &id = messages[i].tool_call_id;
        if (!called)
            refuse(element("messages", i), "is a tool's result, but no call stands before it");
        if (!id.empty() && ids.count(id) == 0 && ids.count("") == 0)
            refuse(element("messages", i) + ".tool_call_id", "is of no call that stands before it");
    }
}

} // namespace

common_chat_templates_inputs hearth_conversation_read(const common_json &body,
                                                      const hearth_chat_abilities &abilities)
{
    common_chat_templates_inputs inputs;
    need_object(body, "the conversation");
    const common_json *messages = list_of(body, "messages", "messages");
    if (messages == nullptr || messages->empty())
        refuse("messages", "must hold at least one message");
    for (size_t i = 0; i < messages->size(); i++)
        inputs.messages.push_back(
            read_message(messages->at(i), element("messages", i), abilities.object_arguments));
    check_results(inputs.messages);
    inputs.use_jinja = true;
    /* A small model that must call repeats its call until it is cut: several of them are for those
     * whose template knows them, and for who asks. */
    inputs.parallel_tool_calls = truth_of(body, "parallel_tool_calls", abilities.parallel_tools);
    hearth_tools_read(body, inputs);
    read_continuation(body, inputs);
    read_reasoning(body, inputs);
    return inputs;
}
