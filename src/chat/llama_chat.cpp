/* Making and rendering: everything of llama-common that runs a template runs in `bounded`. */
#include "chat/llama_bounds.hpp"
#include "chat/llama_chat_parts.hpp"
#include "chat/llama_reply_form.hpp"

#include <common.h>
#include <log.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>

struct hearth_chat {
    common_chat_templates_ptr templates;
    hearth_chat_abilities abilities = {};
    const struct llama_model *model = nullptr;
    mutable std::unique_ptr<hearth_chat_plain> plain; /* made when it is asked for */
};

namespace
{

/* Processor time and memory of a template. Of short messages the library renders 5,000 in 0.7 s,
 * 10,000 in 1.8 s and 20,000 in 5 s (1.3 MiB), so a long conversation gets more. */
constexpr uint64_t base_ms = 4000, ms_per_mib = 20000;
/* At an install a template is made and renders one message, which takes some milliseconds. */
constexpr uint64_t trial_ms = 2000;
constexpr size_t base_bytes = 128u << 20, bytes_per_byte = 64;
/* Of one object: the library keeps objects as lists, so that reading one takes the square. */
constexpr unsigned members_max = 2000;
/* A prompt is the conversation and what the template says around it. */
constexpr size_t prompt_base = 1u << 20, prompt_per_byte = 8;
/* Of what rendering gives: in all, of a grammar, of one list. */
constexpr size_t prompt_max = 64u << 20, grammar_max = 4u << 20, list_max = 64u << 10;

/* The library's own words are for the log: one line, cut. */
void log_words(const char *words)
{
    std::string line = std::string(words).substr(0, 1000);
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "llama: chat template: %s\n", line.c_str());
}

int bound_error(struct hearth_error *error, const hearth_bound_reached &reached)
{
    char words[64];
    hearth_bound_words(reached, words, sizeof(words));
    return hearth_error_set(error, HEARTH_EMODEL, "the model's chat template %s and was stopped",
                            words);
}

/* Behind the last `mark`, up to the end of the line. */
std::string behind(const std::string &words, const char *mark)
{
    size_t at = words.rfind(mark);
    if (at == std::string::npos)
        return "";
    at += std::char_traits<char>::length(mark);
    return words.substr(at, words.find('\n', at) - at);
}

/* How a message begins that hands on a template's complaint; hearth_chat_check knows one by it. */
constexpr const char *complaint_words = "the model's chat template refuses this conversation: ";

/* A template complains with raise_exception('…'): the model's own words, which help. Of all else
 * that goes wrong while it runs, the place is told. */
int fault_error(struct hearth_error *error, const char *library_words)
{
    const std::string words = library_words;
    const std::string complaint = behind(words, "Jinja Exception: ");
    log_words(library_words);
    if (!complaint.empty())
        return hearth_error_set(error, HEARTH_EINVAL, "%s%.300s", complaint_words,
                                complaint.c_str());
    std::string place = behind(words, " at line ");
    place = place.substr(0, place.find(" in source"));
    if (place.empty())
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the model's chat template cannot render this conversation");
    return hearth_error_set(error, HEARTH_EINVAL,
                            "the model's chat template cannot render this conversation: it fails "
                            "at line %.40s",
                            place.c_str());
}

uint64_t allowed_ms(size_t input_bytes)
{
    return base_ms + ms_per_mib * (input_bytes >> 10) / 1024;
}

template <typename F>
int bounded(struct hearth_error *error, uint64_t processor_ms, size_t input_bytes, F &&body)
{
    try {
        hearth_bounds bounds(processor_ms, base_bytes + bytes_per_byte * input_bytes,
                             hearth_bounds_interpreter);
        return body();
    } catch (const hearth_bound_reached &reached) {
        return bound_error(error, reached);
    } catch (const hearth_chat_fault &fault) {
        return hearth_error_set(error, fault.code, "%s", fault.text.c_str());
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the chat template");
    } catch (const std::exception &fault) {
        return fault_error(error, fault.what());
    } catch (...) {
        return hearth_error_set(error, HEARTH_EINTERNAL, "the chat template fails");
    }
}

/* Some templates drop the tools in silence, and of some the library finds no form of calls,
 * whatever it says that they can: so one tool is tried. What a template complains of is told where
 * somebody asks for it. */
void try_tool(hearth_chat &chat)
{
    common_chat_templates_inputs inputs;
    common_chat_msg message;
    message.role = "user";
    message.content = "Hello";
    inputs.messages = {message};
    inputs.tools = {{"hearth_example", "an example", R"({"type":"object","properties":{}})"}};
    inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    try {
        const auto params = common_chat_templates_apply(chat.templates.get(), inputs);
        chat.abilities.tells_tools =
            params.prompt.find("hearth_example") != std::string::npos && !params.grammar.empty();
        chat.abilities.thinks = params.supports_thinking;
    } catch (const std::exception &) {
        chat.abilities.tells_tools = true;
    }
}

/* The library parses templates when it makes them, so each text is checked before. */
void make(hearth_chat &chat, const struct llama_model *model, const char *text)
{
    common_log_set_verbosity_thold(-1);
    chat.model = model;
    if (text != nullptr) {
        hearth_chat_check_text(text);
    } else {
        for (const char *name : {static_cast<const char *>(nullptr), "tool_use"}) {
            const char *own = llama_model_chat_template(model, name);
            if (own != nullptr)
                hearth_chat_check_text(own);
        }
    }
    chat.templates = common_chat_templates_init(model, text != nullptr ? text : "");
    auto abilities = common_chat_templates_get_caps(chat.templates.get());
    chat.abilities = {.parallel_tools = abilities["supports_parallel_tool_calls"],
                      .object_arguments = abilities["supports_object_arguments"],
                      .tells_tools = false,
                      .thinks = false};
    try_tool(chat);
}

void append_text(struct hearth_buf &list, const std::string &text)
{
    hearth_buf_append(&list, text.c_str(), text.size() + 1);
}

/* A template's answers have parts where there are tools or thoughts; else they are text, which
 * nobody needs to read. */
bool has_parts(const common_chat_templates_inputs &inputs, const common_chat_params &params)
{
    return !inputs.tools.empty() || params.format != COMMON_CHAT_FORMAT_PEG_NATIVE ||
           (params.supports_thinking && inputs.reasoning_format != COMMON_REASONING_FORMAT_NONE);
}

struct hearth_llama_reply_form *form_of(const common_chat_templates_inputs &inputs,
                                        const common_chat_params &params)
{
    if (params.parser.empty() || !has_parts(inputs, params))
        return nullptr;
    auto form = std::make_unique<hearth_llama_reply_form>();
    form->format = params.format;
    form->parser.load(params.parser);
    form->opening = params.generation_prompt;
    form->goes_on = inputs.continue_final_message != COMMON_CHAT_CONTINUATION_NONE;
    form->held = !params.grammar.empty();
    for (const auto &tool : inputs.tools)
        form->marks.push_back(tool.name);
    for (const auto &trigger : params.grammar_triggers)
        if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD)
            form->marks.push_back(trigger.value);
    return form.release();
}

/* Does the prompt end within a thought? */
bool begins_thinking(const common_chat_params &params)
{
    const std::string &opening = params.generation_prompt;
    const size_t start = params.thinking_start_tag.empty()
                             ? std::string::npos
                             : opening.rfind(params.thinking_start_tag);
    return start != std::string::npos &&
           std::none_of(params.thinking_end_tags.begin(), params.thinking_end_tags.end(),
                        [&](const std::string &end) {
                            return opening.find(end, start) != std::string::npos;
                        });
}

/* The form of tool calls; one for the whole answer is the request's own. */
void write_grammar(const common_chat_params &params, struct hearth_chat_rendered *rendered)
{
    hearth_buf_append(&rendered->grammar, params.grammar.data(), params.grammar.size());
    hearth_buf_append(&rendered->opening, params.generation_prompt.data(),
                      params.generation_prompt.size());
    for (const auto &trigger : params.grammar_triggers)
        if (params.grammar_lazy && trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD)
            append_text(rendered->wake_words, trigger.value);
        else if (params.grammar_lazy)
            append_text(rendered->wake_patterns, trigger.value);
    if (!params.thinking_start_tag.empty())
        append_text(rendered->thought_starts, params.thinking_start_tag);
    for (const auto &end : params.thinking_end_tags)
        append_text(rendered->thought_ends, end);
    rendered->thinking = begins_thinking(params);
}

/* In the form of ours, whose arguments are JSON and can be held to any schema that a grammar can.
 */
common_chat_params apply_generic(const hearth_chat &chat,
                                 const common_chat_templates_inputs &inputs,
                                 const std::vector<hearth_tool_schema> &schemas)
{
    common_chat_params params =
        common_chat_templates_apply(chat.templates.get(), hearth_tools_as_texts(inputs));
    if (inputs.tools.empty())
        return params;
    hearth_tools_read_calls(inputs, params);
    hearth_tools_hold(schemas, params);
    return params;
}

/* The same, whether the template knows tools or not. A forced call satisfies its schema: a model
 * whose own form of calls cannot promise that is told the tools in ours. */
common_chat_params apply(const hearth_chat &chat, const common_json &body,
                         const common_chat_templates_inputs &inputs)
{
    const auto schemas = hearth_tools_schemas(body, inputs);
    if (!chat.abilities.tells_tools)
        return apply_generic(chat, inputs, schemas);
    common_chat_params params = common_chat_templates_apply(chat.templates.get(), inputs);
    const bool forced = inputs.tool_choice == COMMON_CHAT_TOOL_CHOICE_REQUIRED;
    if (inputs.tools.empty() || hearth_tools_hold(schemas, params) || !forced)
        return params;
    return apply_generic(chat, inputs, schemas);
}

int failed_part(const struct hearth_chat_rendered *rendered)
{
    for (const struct hearth_buf *part :
         {&rendered->prompt, &rendered->stops, &rendered->shown, &rendered->grammar,
          &rendered->opening, &rendered->wake_words, &rendered->wake_patterns,
          &rendered->thought_starts, &rendered->thought_ends})
        if (part->failed != 0)
            return part->failed;
    return 0;
}

/* A turn is a user's message with all up to the next one. What stands before the first, but for the
 * system prompt, is dropped with it. Returns how many turns there were. */
size_t drop_turns(std::vector<common_chat_msg> &messages, size_t dropped)
{
    std::vector<common_chat_msg> kept;
    size_t turns = 0;
    for (const common_chat_msg &message : messages) {
        const bool lasting = message.role == "system" || message.role == "developer";
        turns += message.role == "user" ? 1 : 0;
        if (lasting || turns > dropped)
            kept.push_back(message);
    }
    if (dropped > 0)
        messages = std::move(kept);
    return turns;
}

common_json parse_conversation(const std::string &json)
{
    if (hearth_json_measure(json.data(), json.size()).members > members_max)
        throw hearth_chat_fault{HEARTH_EINVAL, "the conversation: an object in it has over " +
                                                   std::to_string(members_max) + " members"};
    common_json body = common_json::parse_no_throw(json);
    if (body.is_discarded())
        throw hearth_chat_fault{HEARTH_EPARSE, "the conversation is not JSON"};
    return body;
}

/* The size of the prompt is bounded by that of the conversation: a template that multiplies its
 * input is a fault of the template. */
int render(const hearth_chat &chat, const std::string &json, size_t messages_max, size_t dropped,
           struct hearth_chat_rendered *rendered, struct hearth_error *error)
{
    const common_json body = parse_conversation(json);
    auto inputs = hearth_conversation_read(body, chat.abilities);
    rendered->turns = drop_turns(inputs.messages, dropped);
    if (inputs.messages.size() > messages_max)
        return hearth_error_set(error, HEARTH_ECONTEXT,
                                "This model's maximum context length is %zu tokens. However, the "
                                "conversation has %zu messages, each of at least one token. Please "
                                "reduce the length of the messages. The prompt is too long.",
                                messages_max, inputs.messages.size());
    const common_chat_params params = apply(chat, body, inputs);
    if (params.prompt.size() > prompt_base + prompt_per_byte * json.size())
        throw hearth_bound_reached{hearth_bound::memory, 0};
    hearth_buf_append(&rendered->prompt, params.prompt.data(), params.prompt.size());
    for (const auto &stop : params.additional_stops)
        append_text(rendered->stops, stop);
    rendered->form = form_of(inputs, params);
    if (rendered->form != nullptr)
        for (const auto &token : params.preserved_tokens)
            append_text(rendered->shown, token);
    write_grammar(params, rendered);
    if (failed_part(rendered) != 0)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the rendered conversation is too long");
    return 0;
}

int write(const hearth_chat &chat, const std::string &json, struct hearth_buf *text,
          struct hearth_error *error)
{
    const common_json body = parse_conversation(json);
    auto inputs = hearth_conversation_read(body, chat.abilities);
    inputs.continue_final_message = COMMON_CHAT_CONTINUATION_NONE;
    inputs.add_generation_prompt =
        body.contains("add_generation_prompt") && body.at("add_generation_prompt") == true;
    if (!chat.abilities.tells_tools)
        inputs = hearth_tools_as_texts(inputs);
    if (!chat.plain)
        chat.plain = std::make_unique<hearth_chat_plain>(chat.model, chat.templates.get());
    const std::string prompt = chat.plain->write(chat.templates.get(), inputs);
    if (prompt.size() > prompt_base + prompt_per_byte * json.size())
        throw hearth_bound_reached{hearth_bound::memory, 0};
    if (hearth_buf_append(text, prompt.data(), prompt.size()) != 0)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the rendered conversation is too long");
    return 0;
}

} // namespace

extern "C" int hearth_chat_create(const struct llama_model *model, const char *template_text,
                                  struct hearth_chat **ret_chat, struct hearth_error *error)
{
    auto *chat = new hearth_chat;
    int rc = bounded(error, allowed_ms(0), 0, [&] {
        make(*chat, model, template_text);
        return 0;
    });
    if (rc == 0) {
        *ret_chat = chat;
        return 0;
    }
    delete chat;
    /* Nobody has asked anything yet: the fault is the model's, whatever it is called. */
    if (rc == HEARTH_EINVAL && error != nullptr)
        error->code = HEARTH_EMODEL;
    return rc == HEARTH_EINVAL ? static_cast<int>(HEARTH_EMODEL) : rc;
}

extern "C" void hearth_chat_destroy(struct hearth_chat *chat)
{
    delete chat;
}

extern "C" int hearth_chat_render(const struct hearth_chat *chat, const char *json, size_t length,
                                  size_t messages_max, size_t dropped,
                                  struct hearth_chat_rendered *rendered, struct hearth_error *error)
{
    return bounded(error, allowed_ms(length), length, [&] {
        return render(*chat, std::string(json, length), messages_max, dropped, rendered, error);
    });
}

extern "C" int hearth_chat_write(const struct hearth_chat *chat, const char *json, size_t length,
                                 struct hearth_buf *text, struct hearth_error *error)
{
    return bounded(error, allowed_ms(length), length,
                   [&] { return write(*chat, std::string(json, length), text, error); });
}

extern "C" struct hearth_chat_knows hearth_chat_knows(const struct hearth_chat *chat)
{
    return {.tools = chat->abilities.tells_tools, .thoughts = chat->abilities.thinks};
}

extern "C" void hearth_chat_note(struct hearth_model_facts *facts, struct hearth_chat_knows knows)
{
    std::snprintf(facts->tools, sizeof(facts->tools), "%s", knows.tools ? "template" : "generic");
    facts->thinks = knows.thoughts;
}

extern "C" void hearth_chat_rendered_init(struct hearth_chat_rendered *rendered)
{
    *rendered = {};
    hearth_buf_init(&rendered->prompt, prompt_max);
    hearth_buf_init(&rendered->grammar, grammar_max);
    hearth_buf_init(&rendered->opening, prompt_max);
    for (struct hearth_buf *list :
         {&rendered->stops, &rendered->shown, &rendered->wake_words, &rendered->wake_patterns,
          &rendered->thought_starts, &rendered->thought_ends})
        hearth_buf_init(list, list_max);
}

extern "C" void hearth_chat_rendered_finish(struct hearth_chat_rendered *rendered)
{
    for (struct hearth_buf *part :
         {&rendered->prompt, &rendered->stops, &rendered->shown, &rendered->grammar,
          &rendered->opening, &rendered->wake_words, &rendered->wake_patterns,
          &rendered->thought_starts, &rendered->thought_ends})
        hearth_buf_finish(part);
    hearth_llama_reply_form_destroy(rendered->form);
    rendered->form = nullptr;
}

/* A conversation that any template for chats can render; a template that refuses it in its own
 * words runs, and is taken. An empty text is none, as llama-common has it: ChatML is used then. */
extern "C" int hearth_chat_check(const char *text, size_t length, struct hearth_chat_knows *knows,
                                 struct hearth_error *error)
{
    bool tells = false, thinks = false;
    if (length == 0)
        return 0;
    static const std::string small = R"({"messages":[{"role":"user","content":"Hello"}]})";
    struct hearth_error fault = {};
    std::string copy(text, length);
    if (copy.find('\0') != std::string::npos)
        return hearth_error_set(error, HEARTH_EMODEL, "the chat template holds a NUL");
    struct hearth_chat_rendered rendered;
    hearth_chat_rendered_init(&rendered);
    int rc = bounded(&fault, trial_ms, small.size(), [&] {
        hearth_chat chat;
        make(chat, nullptr, copy.c_str());
        thinks = chat.abilities.thinks;
        tells = chat.abilities.tells_tools;
        return render(chat, small, 1, 0, &rendered, &fault);
    });
    hearth_chat_rendered_finish(&rendered);
    knows->tools = knows->tools || tells;
    knows->thoughts = knows->thoughts || thinks;
    if (rc == HEARTH_EINVAL && std::string(fault.message).rfind(complaint_words, 0) == 0)
        return 0;
    return rc == 0 ? 0 : hearth_error_set(error, HEARTH_EMODEL, "%s", fault.message);
}

extern "C" const char *hearth_chat_at_work(const char **ret_why)
{
    static char why[64];
    if (!hearth_bounds::running(why, sizeof(why)))
        return nullptr;
    *ret_why = why[0] != '\0' ? why : nullptr;
    return "the model's chat template";
}
