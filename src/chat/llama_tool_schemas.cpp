/* Arguments of tool calls by rules of our own: those that llama-common makes of a schema leave out
 * much of what it says (docs/decisions/084-answers-of-a-form.md). Its parsers of calls name the
 * place of each JSON value: "tool-NAME-schema" of all arguments, "tool-NAME-arg-MEMBER-schema" of
 * one, in forms that write each by itself. There a rule of ours is put in. */
#include "chat/llama_chat_parts.hpp"
#include "chat/llama_json_read.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "base/json.h"
#include "grammar/structure_grammar.h"
}
#pragma GCC diagnostic pop

#include <chat-peg-parser.h>
#include <json-schema-to-grammar.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <set>

namespace
{

struct json_unref {
    void operator()(json_t *value) const
    {
        json_decref(value);
    }
};
using owned_json = std::unique_ptr<json_t, json_unref>;

struct owned_buf : hearth_buf {
    owned_buf()
    {
        hearth_buf_init(this, HEARTH_GRAMMAR_BYTES_MAX);
    }
    ~owned_buf()
    {
        hearth_buf_finish(this);
    }
    owned_buf(const owned_buf &) = delete;
    owned_buf &operator=(const owned_buf &) = delete;
};

/* Arguments are an object, also where the schema does not say so. */
owned_json read_parameters(const hearth_tool_schema &schema)
{
    struct hearth_error error = {};
    owned_json read(hearth_json_parse(schema.parameters.data(), schema.parameters.size(), &error));
    if (!read)
        throw hearth_chat_fault{HEARTH_EINVAL, schema.place + ": " + error.message};
    if (json_object_get(read.get(), "type") == nullptr)
        json_object_set_new(read.get(), "type", json_string("object"));
    return read;
}

std::string member_place(const std::string &tool, const std::string &member)
{
    return "tool-" + tool + "-arg-" + member + "-schema";
}

/* Rules for the places where the library's form of calls has a JSON value, written as they are
 * asked for. */
class tool_rules
{
  public:
    explicit tool_rules(const std::vector<hearth_tool_schema> &schemas)
    {
        for (const hearth_tool_schema &schema : schemas) {
            documents_.push_back(read_parameters(schema));
            json_t *document = documents_.back().get(), *value = nullptr;
            add("tool-" + schema.tool + "-schema", document, document, schema.place);
            const char *member = nullptr;
            json_object_foreach(json_object_get(document, "properties"), member, value)
                add(member_place(schema.tool, member), document, value, schema.place);
        }
    }

    /* The name of the rule for this place; empty: there is none. */
    std::string write(const std::string &place)
    {
        auto found = spots_.find(place);
        if (found == spots_.end() || found->second.twice)
            return "";
        const spot &one = found->second;
        const std::string prefix = "hearth-" + std::to_string(names_.size()) + "-";
        struct hearth_error error = {};
        owned_buf rules;
        if (names_.count(place) != 0)
            return names_.at(place);
        if (hearth_structure_write_rules(one.document, one.schema, one.where.c_str(),
                                         prefix.c_str(), &rules, &error) != 0)
            return "";
        text_.append(rules.bytes, rules.length);
        return names_[place] = prefix + "root";
    }

    /* As write does it, in the library's way; of a member that refers to elsewhere there is none.
     */
    std::string write_by_library(const std::string &place, const common_grammar_builder &builder)
    {
        auto found = spots_.find(place);
        if (found == spots_.end() || found->second.twice ||
            found->second.schema != found->second.document)
            return "";
        char *text = json_dumps(found->second.schema, JSON_ENCODE_ANY);
        const common_json copy = common_json::parse_no_throw(text != nullptr ? text : "");
        std::free(text);
        const auto document = common_chat_schema_from_json(copy);
        return builder.add_schema(place, *document.root);
    }

    const std::string &text() const
    {
        return text_;
    }

    /* Are the arguments of this tool, of this number, held where `grammar` names our rules? */
    bool hold(const std::string &tool, size_t number, const std::string &grammar) const
    {
        return is_named("tool-" + tool + "-schema", grammar) ||
               members_hold(tool, documents_[number].get(), grammar);
    }

  private:
    struct spot {
        const json_t *document, *schema;
        std::string where;
        bool twice; /* the place could be meant by two tools */
    };
    std::vector<owned_json> documents_;
    std::map<std::string, spot> spots_;
    std::map<std::string, std::string> names_;
    std::string text_;

    void add(const std::string &place, const json_t *document, const json_t *schema,
             const std::string &where)
    {
        auto added = spots_.emplace(place, spot{document, schema, where, false});
        added.first->second.twice = !added.second;
    }

    bool is_named(const std::string &place, const std::string &grammar) const
    {
        auto name = names_.find(place);
        return name != names_.end() && grammar.find(name->second) != std::string::npos;
    }

    /* Where members are written one by one, nothing holds what is said of them together, nor a text
     * that stands there without quotation marks to anything. */
    bool members_hold(const std::string &tool, const json_t *parameters,
                      const std::string &grammar) const
    {
        const json_t *members = json_object_get(parameters, "properties");
        if (!has_only(parameters, {"type", "properties", "required", "additionalProperties"}))
            return false;
        const char *member = nullptr;
        json_t *schema = nullptr;
        json_object_foreach(const_cast<json_t *>(members), member, schema)
        {
            const bool any_text = std::string(hearth_json_text(schema, "type", "")) == "string" &&
                                  has_only(schema, {"type"});
            if (!any_text && !is_named(member_place(tool, member), grammar))
                return false;
        }
        size_t i = 0;
        json_array_foreach(json_object_get(parameters, "required"), i,
                           schema) if (json_object_get(members, json_string_value(schema)) ==
                                       nullptr) return false;
        return true;
    }

    /* Beside notes, which say nothing of a value. */
    static bool has_only(const json_t *schema, std::set<std::string> names)
    {
        const char *name = nullptr;
        json_t *one = nullptr;
        names.insert({"title", "description", "default", "examples", "$defs", "definitions",
                      "$schema", "$comment"});
        json_object_foreach(const_cast<json_t *>(schema), name,
                            one) if (names.count(name) == 0) return false;
        return json_is_object(schema);
    }
};

/* Tools that may not be called are no longer among those of the inputs. */
std::string place_of(const common_json &body, const std::string &tool)
{
    const common_json &tools = body.at("tools");
    for (size_t i = 0; i < tools.size(); i++)
        if (tools.at(i).at("function").at("name").get<std::string>() == tool)
            return element("tools", i) + ".function.parameters";
    return "tools";
}

/* The library's grammar, with the names of our rules. Parsers that were saved have no schemas any
 * more: where there is no rule of ours, the library's is made again. A text without quotation marks
 * (`raw`) is no JSON. */
std::string build(common_peg_arena &parsers, tool_rules &rules, bool lazy)
{
    return build_grammar([&](const common_grammar_builder &builder) {
        for (size_t id = 0; id < parsers.size(); id++) {
            const auto *schema = std::get_if<common_peg_schema_parser>(&parsers.get(id));
            if (schema == nullptr || schema->raw)
                continue;
            std::string rule = rules.write(schema->name);
            if (rule.empty())
                rule = rules.write_by_library(schema->name, builder);
            if (!rule.empty())
                parsers.get(id) = common_peg_gbnf_parser{schema->child, rule};
        }
        parsers.build_grammar(builder, lazy);
    });
}

} // namespace

void hearth_tools_check_schema(const hearth_tool_schema &schema)
{
    struct hearth_error error = {};
    owned_buf rules;
    const owned_json parameters = read_parameters(schema);
    const int rc = hearth_structure_write_rules(parameters.get(), parameters.get(),
                                                schema.place.c_str(), "", &rules, &error);
    if (rc != 0)
        throw hearth_chat_fault{rc, error.message};
}

/* Where no call is forced, what ours cannot hold is left to the library: clients send such tools
 * every day, and whoever runs the tool checks its arguments. */
std::vector<hearth_tool_schema> hearth_tools_schemas(const common_json &body,
                                                     const common_chat_templates_inputs &inputs)
{
    std::vector<hearth_tool_schema> schemas;
    const bool forced = inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    for (const common_chat_tool &tool : inputs.tools) {
        schemas.push_back({tool.name, place_of(body, tool.name), tool.parameters, forced});
        if (forced)
            hearth_tools_check_schema(schemas.back());
    }
    return schemas;
}

bool hearth_tools_hold(const std::vector<hearth_tool_schema> &schemas, common_chat_params &params)
{
    if (params.parser.empty() || params.grammar.empty())
        return false;
    common_peg_arena parsers;
    parsers.load(params.parser);
    tool_rules rules(schemas);
    const std::string grammar = build(parsers, rules, params.grammar_lazy);
    const bool fits = grammar.size() + rules.text().size() <= HEARTH_GRAMMAR_BYTES_MAX;
    if (!fits && schemas.front().forced)
        throw hearth_chat_fault{HEARTH_EINVAL, "tools: their schemas are too large together"};
    if (!fits)
        return false;
    params.grammar = grammar + rules.text();
    for (size_t i = 0; i < schemas.size(); i++)
        if (!rules.hold(schemas[i].tool, i, grammar))
            return false;
    return true;
}
