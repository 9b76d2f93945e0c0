/* The JSON of a conversation, as OpenAI's chat API has it, into what llama-common's templates take.
 * Read here and not by llama-common, whose reader refuses what clients send (optional members that
 * are null) and answers with its own inside. */
#include "engine/llama/llama_chat_parts.hpp"

namespace
{

[[noreturn]] void refuse(const std::string &place, const std::string &what)
{
    throw hearth_chat_fault{HEARTH_EINVAL, place + " " + what};
}

/* A member that is null is as absent as one that is not there. */
bool has(const common_json &object, const char *name)
{
    return object.contains(name) && !object.at(name).is_null();
}

std::string text_of(const common_json &object, const char *name, const std::string &place)
{
    if (!has(object, name))
        return "";
    if (!object.at(name).is_string())
        refuse(place + "." + name, "must be a text");
    return object.at(name).get<std::string>();
}

std::string needed_text(const common_json &object, const char *name, const std::string &place)
{
    if (!has(object, name))
        refuse(place + "." + name, "is missing");
    return text_of(object, name, place);
}

std::string element(const std::string &place, size_t index)
{
    return place + "[" + std::to_string(index) + "]";
}

void need_object(const common_json &value, const std::string &place)
{
    if (!value.is_object())
        refuse(place, "must be an object");
}

/* The list of this name, or NULL where it is absent. */
const common_json *list_of(const common_json &object, const char *name, const std::string &place)
{
    if (!has(object, name))
        return nullptr;
    if (!object.at(name).is_array())
        refuse(place, "must be a list");
    return &object.at(name);
}

void need_function_type(const common_json &object, const std::string &place)
{
    if (has(object, "type") && text_of(object, "type", place) != "function")
        refuse(place + ".type", "must be \"function\"");
}

const common_json &function_of(const common_json &object, const std::string &place)
{
    if (!has(object, "function"))
        refuse(place + ".function", "is missing");
    need_object(object.at("function"), place + ".function");
    return object.at("function");
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
    read_calls(message, place, object_arguments, read);
    read.reasoning_content = text_of(message, "reasoning_content", place);
    read.tool_name = text_of(message, "name", place);
    read.tool_call_id = text_of(message, "tool_call_id", place);
    return read;
}

common_chat_tool read_tool(const common_json &tool, const std::string &place)
{
    need_object(tool, place);
    need_function_type(tool, place);
    const common_json &function = function_of(tool, place);
    const std::string function_place = place + ".function";
    common_chat_tool read;
    read.name = needed_text(function, "name", function_place);
    read.description = text_of(function, "description", function_place);
    read.parameters = "{}";
    if (has(function, "parameters")) {
        need_object(function.at("parameters"), function_place + ".parameters");
        read.parameters = function.at("parameters").dump();
    }
    return read;
}

/* A named function arrives as an object, and is refused elsewhere as long as it cannot be
 * forced. */
common_chat_tool_choice read_choice(const common_json &body)
{
    if (!has(body, "tool_choice") || !body.at("tool_choice").is_string())
        return COMMON_CHAT_TOOL_CHOICE_AUTO;
    const std::string word = body.at("tool_choice").get<std::string>();
    if (word == "none")
        return COMMON_CHAT_TOOL_CHOICE_NONE;
    if (word == "required")
        return COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    if (word != "auto")
        refuse("tool_choice", "must be \"auto\", \"none\" or \"required\"");
    return COMMON_CHAT_TOOL_CHOICE_AUTO;
}

bool truth_of(const common_json &body, const char *name, bool otherwise)
{
    if (!has(body, name))
        return otherwise;
    if (!body.at(name).is_boolean())
        refuse(name, "must be true or false");
    return body.at(name).get<bool>();
}

/* Values for the template's own variables, each as JSON text; enable_thinking is one that
 * llama-common wants to know itself. */
void read_values(const common_json &body, common_chat_templates_inputs &inputs)
{
    if (!has(body, "chat_template_kwargs"))
        return;
    need_object(body.at("chat_template_kwargs"), "chat_template_kwargs");
    for (const auto &item : body.at("chat_template_kwargs").items())
        inputs.chat_template_kwargs[item.key()] = item.value().dump();
    auto thinking = inputs.chat_template_kwargs.find("enable_thinking");
    if (thinking != inputs.chat_template_kwargs.end())
        inputs.enable_thinking = thinking->second != "false";
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
    const common_json *tools = list_of(body, "tools", "tools");
    for (size_t i = 0; tools != nullptr && i < tools->size(); i++)
        inputs.tools.push_back(read_tool(tools->at(i), element("tools", i)));
    inputs.tool_choice = read_choice(body);
    inputs.use_jinja = true;
    inputs.parallel_tool_calls = truth_of(body, "parallel_tool_calls", abilities.parallel_tools);
    inputs.add_generation_prompt = truth_of(body, "add_generation_prompt", true);
    /* As llama-server does it: a last message of the assistant's is one to go on with. */
    if (inputs.messages.back().role == "assistant") {
        inputs.continue_final_message = COMMON_CHAT_CONTINUATION_AUTO;
        inputs.add_generation_prompt = false;
    }
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    read_values(body, inputs);
    return inputs;
}
