/* The answer so far is parsed from its beginning whenever enough of it is new, and what the message
 * has more than what was told is told. */
#include "chat/llama_reply_form.hpp"

#include "chat/llama_bounds.hpp"

#include <chat-peg-parser.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace
{

/* Of one reading. A parser that calls itself takes some 5 KiB of the stack for each bracket. */
constexpr uint64_t read_ms = 500;
constexpr size_t read_base = 64u << 20, read_per_byte = 512, depth_max = 200;
constexpr size_t fresh_share = 512;

/* What a reading found. `end` is how far into the answer what may be told reaches: the text, the
 * reasoning and the calls that are whole. */
struct reading {
    common_chat_msg message;
    bool failed = false;  /* it does not go on in the form */
    bool in_call = false; /* a call has begun behind `end` */
    size_t end = 0;
};

std::unique_ptr<common_chat_peg_mapper> mapper_of(common_chat_format format, common_chat_msg &to)
{
    if (format == COMMON_CHAT_FORMAT_PEG_GEMMA4)
        return std::make_unique<common_chat_peg_gemma4_mapper>(to);
    if (format == COMMON_CHAT_FORMAT_PEG_MINIMAX_M3)
        return std::make_unique<common_chat_peg_minimax_m3_mapper>(to);
    return std::make_unique<common_chat_peg_mapper>(to);
}

bool is_whole(const common_chat_tool_call &call)
{
    return !call.name.empty() && common_json::parse_no_throw(call.arguments).is_object();
}

/* Those before the first that is not. */
size_t whole_calls(const std::vector<common_chat_tool_call> &calls)
{
    size_t count = 0;
    while (count < calls.size() && is_whole(calls[count]))
        count++;
    return count;
}

/* Where what is told ends, in the parser's input. */
void find_end(const common_peg_parse_context &context, const common_peg_parse_result &result,
              reading &read)
{
    size_t end = 0, call = 0;
    context.ast.visit(result, [&](const common_peg_ast_node &node) {
        using builder = common_chat_peg_builder;
        if (node.tag == builder::CONTENT || node.tag == builder::REASONING ||
            (node.tag == builder::TOOL && !node.is_partial) || node.tag == builder::TOOL_CLOSE)
            end = std::max(end, node.end);
        if (node.tag == builder::TOOL_OPEN || node.tag == builder::TOOL)
            call = std::max(call, node.start + 1);
    });
    read.end = end;
    read.in_call = call > end;
}

/* As common_chat_parse does it, which tells neither the end nor whether there may be more.
 * `lenient`: the answer may go on. */
reading read_answer(const hearth_llama_reply_form &form, const std::string &answer, bool lenient)
{
    reading read;
    common_peg_parse_context context(form.opening + answer, lenient ? COMMON_PEG_PARSE_FLAG_LENIENT
                                                                    : COMMON_PEG_PARSE_FLAG_NONE);
    const common_peg_parse_result result = form.parser.parse(context);
    read.failed = result.fail();
    if (read.failed)
        return read;
    mapper_of(form.format, read.message)->from_ast(context.ast, result);
    find_end(context, result, read);
    read.end -= std::min(read.end, form.opening.size());
    return read;
}

bool begins_with(const std::string &text, const std::string &start)
{
    return text.compare(0, start.size(), start) == 0;
}

} // namespace

struct hearth_llama_reply {
    const hearth_llama_reply_form &form;
    std::string answer;
    size_t read_length = 0; /* of the answer, at the last reading */
    size_t told_end = 0;    /* of the answer, what is told of it */
    common_chat_msg told;
    size_t depth = 0;
    bool unread = false; /* it cannot be read: the rest is text */
    bool in_call = false;

    explicit hearth_llama_reply(const hearth_llama_reply_form &the_form) : form(the_form)
    {
        if (form.goes_on)
            told = read_answer(form, "", true).message;
    }

    void add(const std::string &more, hearth_llama_reply_listener &listener);
    bool end(hearth_llama_reply_listener &listener);

  private:
    std::optional<reading> look(bool lenient) const;
    bool agrees(const common_chat_msg &message) const;
    void tell(hearth_llama_reply_listener &listener, hearth_text_channel channel,
              const std::string &text, size_t call = 0, const std::string &id = "") const;
    void tell_text(const common_chat_msg &message, hearth_llama_reply_listener &listener);
    void tell_calls(const common_chat_msg &message, size_t count,
                    hearth_llama_reply_listener &listener);
    bool tell_rest(size_t whole, hearth_llama_reply_listener &listener);
    void give_up(hearth_llama_reply_listener &listener);
    bool has_mark(const std::string &text) const;
};

/* Nothing where a bound is reached, or the library fails. */
std::optional<reading> hearth_llama_reply::look(bool lenient) const
{
    try {
        hearth_bounds bounds(read_ms, read_base + read_per_byte * answer.size(),
                             hearth_bounds_interpreter);
        return read_answer(form, answer, lenient);
    } catch (...) {
        return std::nullopt;
    }
}

/* What is told cannot be taken back: a reading is of use only where it says the same and more. */
bool hearth_llama_reply::agrees(const common_chat_msg &message) const
{
    if (!begins_with(message.content, told.content) ||
        !begins_with(message.reasoning_content, told.reasoning_content) ||
        message.tool_calls.size() < told.tool_calls.size())
        return false;
    for (size_t i = 0; i < told.tool_calls.size(); i++)
        if (message.tool_calls[i].name != told.tool_calls[i].name ||
            !begins_with(message.tool_calls[i].arguments, told.tool_calls[i].arguments))
            return false;
    return true;
}

void hearth_llama_reply::tell(hearth_llama_reply_listener &listener, hearth_text_channel channel,
                              const std::string &text, size_t call, const std::string &id) const
{
    if (text.empty())
        return;
    const hearth_llama_reply_piece piece = {
        channel, static_cast<uint32_t>(call), {text.data(), text.size()}, {id.data(), id.size()}};
    listener.tell(&listener, &piece);
}

void hearth_llama_reply::tell_text(const common_chat_msg &message,
                                   hearth_llama_reply_listener &listener)
{
    tell(listener, HEARTH_CHANNEL_REASONING,
         message.reasoning_content.substr(told.reasoning_content.size()));
    tell(listener, HEARTH_CHANNEL_CONTENT, message.content.substr(told.content.size()));
    told.reasoning_content = message.reasoning_content;
    told.content = message.content;
}

/* The first `count` calls, or what there is more of them. */
void hearth_llama_reply::tell_calls(const common_chat_msg &message, size_t count,
                                    hearth_llama_reply_listener &listener)
{
    for (size_t i = told.tool_calls.empty() ? 0 : told.tool_calls.size() - 1; i < count; i++) {
        const common_chat_tool_call &call = message.tool_calls[i];
        if (i == told.tool_calls.size()) {
            tell(listener, HEARTH_CHANNEL_CALL, call.name, i, call.id);
            told.tool_calls.push_back({call.name, "", call.id});
        }
        tell(listener, HEARTH_CHANNEL_ARGUMENTS,
             call.arguments.substr(told.tool_calls[i].arguments.size()), i);
        told.tool_calls[i].arguments = call.arguments;
    }
}

bool hearth_llama_reply::has_mark(const std::string &text) const
{
    return std::any_of(form.marks.begin(), form.marks.end(), [&](const std::string &mark) {
        return text.find(mark) != std::string::npos;
    });
}

/* What is left has no form. Where it would be a call it is told as such a one; else it is text, or
 * a thought that was not ended. */
bool hearth_llama_reply::tell_rest(size_t whole, hearth_llama_reply_listener &listener)
{
    const std::string rest = answer.substr(std::min(told_end, answer.size()));
    told_end = answer.size();
    if (told.tool_calls.size() > whole || in_call || has_mark(rest))
        tell(listener, HEARTH_CHANNEL_UNREAD, rest, whole);
    else if (told.content.empty() && !told.reasoning_content.empty() && !unread)
        tell(listener, HEARTH_CHANNEL_REASONING, rest);
    else
        tell(listener, HEARTH_CHANNEL_CONTENT, rest);
    return false;
}

/* It is told from here on as it comes, unless it may still have to be told as a call that is not
 * whole. */
void hearth_llama_reply::give_up(hearth_llama_reply_listener &listener)
{
    unread = true;
    if (!told.tool_calls.empty() || in_call)
        return;
    const std::string rest = answer.substr(told_end);
    if (has_mark(rest))
        return;
    tell(listener, HEARTH_CHANNEL_CONTENT, rest);
    told_end = answer.size();
}

void hearth_llama_reply::add(const std::string &more, hearth_llama_reply_listener &listener)
{
    answer += more;
    for (char c : more) {
        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= (c == '}' || c == ']') && depth > 0 ? 1 : 0;
    }
    if (unread || depth > depth_max) {
        give_up(listener);
        return;
    }
    if (!hearth_llama_reply_due(answer.size(), answer.size() - read_length))
        return;
    read_length = answer.size();
    const std::optional<reading> read = look(true);
    if (!read || read->failed) {
        give_up(listener);
        return;
    }
    if (!agrees(read->message))
        return; /* it may once more is there; else the end says so */
    in_call = read->in_call;
    tell_text(read->message, listener);
    if (form.held)
        tell_calls(read->message, read->message.tool_calls.size(), listener);
    told_end = read->end;
}

/* Read once more as an answer that does not go on. One that does not fit its form so, because it
 * was cut or the model left the form, is told as far as its calls are whole. */
bool hearth_llama_reply::end(hearth_llama_reply_listener &listener)
{
    if (unread)
        return tell_rest(whole_calls(told.tool_calls), listener);
    const std::optional<reading> whole = look(false);
    if (whole && !whole->failed && agrees(whole->message) &&
        std::all_of(whole->message.tool_calls.begin(), whole->message.tool_calls.end(), is_whole)) {
        tell_text(whole->message, listener);
        tell_calls(whole->message, whole->message.tool_calls.size(), listener);
        return !told.tool_calls.empty();
    }
    const std::optional<reading> part = look(true);
    size_t count = whole_calls(told.tool_calls);
    if (part && !part->failed && agrees(part->message)) {
        const auto &calls = part->message.tool_calls;
        count = whole_calls(calls);
        tell_text(part->message, listener);
        tell_calls(part->message, count, listener);
        in_call = part->in_call || count < calls.size();
        told_end = part->end;
    }
    if (count > 0 && !in_call && count == told.tool_calls.size())
        return true;
    return tell_rest(count, listener);
}

extern "C" bool hearth_llama_reply_due(size_t length, size_t fresh)
{
    return fresh > 0 && fresh >= length / fresh_share;
}

extern "C" void hearth_llama_reply_form_destroy(struct hearth_llama_reply_form *form)
{
    delete form;
}

extern "C" struct hearth_llama_reply *
hearth_llama_reply_create(const struct hearth_llama_reply_form *form)
{
    try {
        return new hearth_llama_reply(*form);
    } catch (...) {
        return nullptr;
    }
}

extern "C" void hearth_llama_reply_destroy(struct hearth_llama_reply *reply)
{
    delete reply;
}

extern "C" void hearth_llama_reply_add(struct hearth_llama_reply *reply, const char *text,
                                       size_t length, struct hearth_llama_reply_listener *listener)
{
    try {
        reply->add(std::string(text, length), *listener);
    } catch (...) {
        reply->unread = true;
    }
}

extern "C" bool hearth_llama_reply_end(struct hearth_llama_reply *reply,
                                       struct hearth_llama_reply_listener *listener)
{
    try {
        return reply->end(*listener);
    } catch (...) {
        return false;
    }
}
