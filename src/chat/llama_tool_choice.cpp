/* Which tools an answer may call, and whether it must: `tools` and `tool_choice` of OpenAI's chat
 * API. The model is shown those alone that it may call. */
#include "chat/llama_json_read.hpp"

#include <json-schema-to-grammar.h>

#include <algorithm>
#include <set>

namespace
{

constexpr size_t tools_max = 512, name_max = 256;

/* What the library cannot read fails in it without a place; ours says what is wrong. */
std::string read_parameters(const common_json &function, const std::string &place)
{
    if (!has(function, "parameters"))
        return "{}";
    const common_json &parameters = function.at("parameters");
    need_object(parameters, place);
    try {
        json_schema_to_grammar(parameters);
    } catch (const std::exception &) {
        hearth_tools_check_schema({"", place, parameters.dump(), true});
        refuse(place, "is no JSON schema that answers can be held to");
    }
    return parameters.dump();
}

common_chat_tool read_tool(const common_json &tool, const std::string &place)
{
    need_object(tool, place);
    need_function_type(tool, place);
    const common_json &function = function_of(tool, place);
    const std::string function_place = place + ".function";
    common_chat_tool read;
    read.name = needed_text(function, "name", function_place);
    if (read.name.empty() || read.name.size() > name_max)
        refuse(function_place + ".name", "must have 1 to " + std::to_string(name_max) + " bytes");
    read.description = text_of(function, "description", function_place);
    read.parameters = read_parameters(function, function_place + ".parameters");
    return read;
}

std::vector<common_chat_tool> read_tools(const common_json &body)
{
    std::vector<common_chat_tool> tools;
    std::set<std::string> names;
    const common_json *list = list_of(body, "tools", "tools");
    if (list != nullptr && list->size() > tools_max)
        refuse("tools", "must be at most " + std::to_string(tools_max));
    for (size_t i = 0; list != nullptr && i < list->size(); i++) {
        const std::string place = element("tools", i);
        tools.push_back(read_tool(list->at(i), place));
        if (!names.insert(tools.back().name).second)
            refuse(place + ".function.name", "is the name of an earlier tool too");
    }
    return tools;
}

common_chat_tool_choice read_word(const std::string &word, const std::string &place)
{
    if (word == "auto")
        return COMMON_CHAT_TOOL_CHOICE_AUTO;
    if (word == "none")
        return COMMON_CHAT_TOOL_CHOICE_NONE;
    if (word == "required" || word == "any")
        return COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    refuse(place, "must be \"auto\", \"none\", \"required\", or name tools");
}

/* {"type":"function","function":{"name":…}}, or with the name beside the type. */
std::string named_tool(const common_json &choice, const std::string &place)
{
    need_object(choice, place);
    need_function_type(choice, place);
    if (has(choice, "name"))
        return text_of(choice, "name", place);
    return needed_text(function_of(choice, place), "name", place + ".function");
}

void keep_named(std::vector<common_chat_tool> &tools, const std::set<std::string> &names,
                const std::string &place)
{
    for (const std::string &name : names)
        if (std::none_of(tools.begin(), tools.end(),
                         [&](const common_chat_tool &tool) { return tool.name == name; }))
            refuse(place, "names a tool that is not among the tools");
    tools.erase(
        std::remove_if(tools.begin(), tools.end(),
                       [&](const common_chat_tool &tool) { return names.count(tool.name) == 0; }),
        tools.end());
}

/* {"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[…]}} */
void read_allowed(const common_json &choice, common_chat_templates_inputs &inputs)
{
    const std::string place = "tool_choice.allowed_tools";
    const common_json &allowed = has(choice, "allowed_tools") ? choice.at("allowed_tools") : choice;
    need_object(allowed, place);
    const common_json *list = list_of(allowed, "tools", place + ".tools");
    std::set<std::string> names;
    for (size_t i = 0; list != nullptr && i < list->size(); i++)
        names.insert(named_tool(list->at(i), element(place + ".tools", i)));
    inputs.tool_choice = read_word(needed_text(allowed, "mode", place), place + ".mode");
    keep_named(inputs.tools, names, place + ".tools");
}

void read_choice(const common_json &body, common_chat_templates_inputs &inputs)
{
    if (!has(body, "tool_choice"))
        return;
    const common_json &choice = body.at("tool_choice");
    if (choice.is_string()) {
        inputs.tool_choice = read_word(choice.get<std::string>(), "tool_choice");
        return;
    }
    need_object(choice, "tool_choice");
    if (text_of(choice, "type", "tool_choice") == "allowed_tools") {
        read_allowed(choice, inputs);
        return;
    }
    inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    inputs.parallel_tool_calls = false; /* who names a tool gets one call of it, as from OpenAI */
    keep_named(inputs.tools, {named_tool(choice, "tool_choice")}, "tool_choice");
}

} // namespace

void hearth_tools_read(const common_json &body, common_chat_templates_inputs &ret_inputs)
{
    ret_inputs.tools = read_tools(body);
    read_choice(body, ret_inputs);
    if (ret_inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_REQUIRED && ret_inputs.tools.empty())
        refuse("tool_choice", "asks for a call, but there are no tools");
    if (ret_inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_NONE)
        ret_inputs.tools.clear();
}
