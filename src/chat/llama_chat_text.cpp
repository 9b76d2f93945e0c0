/* The text of a chat template, before it is a program: whether llama-common's lexer and parser take
 * it, where they do not, and how deep it nests. The library tells the place of a fault in the
 * middle of a message or not at all, so it is found here. */
#include "chat/llama_chat_parts.hpp"

#include <jinja/lexer.h>
#include <jinja/parser.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace
{

using token = jinja::token;

constexpr size_t text_max = 1u << 20;
/* Levels of blocks, brackets and operators. A level costs the parser some 14 calls, and about 4 KiB
 * of the 8 MiB that a thread has; templates of published models nest about 20 deep. */
constexpr size_t depth_max = 256;

/* Lines and columns count from 1, as editors do; a column is a byte. */
std::string place_of(const std::string &text, size_t at)
{
    at = std::min(at, text.size());
    size_t line = 1 + static_cast<size_t>(std::count(text.begin(), text.begin() + at, '\n'));
    size_t start = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    size_t column = start == std::string::npos ? at + 1 : at - start;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

[[noreturn]] void refuse(const std::string &text, size_t at, const std::string &what)
{
    throw hearth_chat_fault{HEARTH_EMODEL,
                            "the chat template, " + place_of(text, at) + ": " + what};
}

/* What of a token can be shown: a short piece without control characters. */
std::string shown(const std::string &value)
{
    std::string piece = value.substr(0, 40);
    for (char &c : piece)
        if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~')
            c = '?';
    return "\"" + piece + "\"";
}

/* The first line of what the library says, which does not quote the text around. */
std::string kind_of(const std::exception &fault)
{
    std::string kind = fault.what();
    return kind.substr(0, kind.find('\n'));
}

/* Calls `fails(n)` to see whether the first n parts give the same fault as all of them: true from
 * just behind the faulty part on. */
template <typename F> size_t first_failing(size_t count, F &&fails)
{
    size_t low = 1, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fails(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Empty: there is none. */
std::string lexer_fault(const std::string &text)
{
    try {
        jinja::lexer().tokenize(text);
    } catch (const std::exception &fault) {
        return kind_of(fault);
    }
    return "";
}

/* Something that is not closed shows only at the end of the text, so its beginning is told instead:
 * the last opening mark. */
[[noreturn]] void refuse_character(const std::string &text, const std::string &fault)
{
    if (fault.find("unexpected end") != std::string::npos ||
        fault.find("missing end") != std::string::npos) {
        size_t at = std::string::npos;
        for (const char *opening : {"{{", "{%", "{#"}) {
            size_t found = text.rfind(opening);
            if (found != std::string::npos && (at == std::string::npos || found > at))
                at = found;
        }
        refuse(text, at == std::string::npos ? 0 : at, "what begins here is not closed");
    }
    size_t count = first_failing(text.size(),
                                 [&](size_t n) { return lexer_fault(text.substr(0, n)) == fault; });
    refuse(text, count - 1,
           "the character " + shown(text.substr(count - 1, 1)) + " is not expected here");
}

/* Of the first `count` tokens alone. */
std::string parser_fault(const jinja::lexer_result &all, size_t count)
{
    jinja::lexer_result part = {{all.tokens.begin(), all.tokens.begin() + static_cast<long>(count)},
                                all.source};
    try {
        jinja::parse_from_tokens(part);
    } catch (const std::exception &fault) {
        return fault.what();
    }
    return "";
}

/* Depth as the recursive parser and the interpreter see it. */
class nesting
{
  public:
    explicit nesting(const std::vector<token> &tokens) : tokens_(tokens)
    {
    }

    /* The token at which it is too deep, or the number of tokens. */
    size_t too_deep_at()
    {
        for (size_t i = 0; i < tokens_.size(); i++) {
            take(i);
            if (blocks_.size() + branches_ + levels_.size() + chained_ > depth_max)
                return i;
        }
        return tokens_.size();
    }

    /* The token that opened the innermost block still open; the number of tokens: none is. */
    size_t open_block() const
    {
        return blocks_.empty() ? tokens_.size() : blocks_.back().opened;
    }

  private:
    /* Of an open bracket, or of the tag itself: each operator makes the tree one level deeper. */
    struct level {
        size_t operators;
    };
    struct block {
        size_t opened, branches;
    };

    /* A comma ends the operators of an element: elements lie side by side in the tree, not below
     * each other. */
    void take(size_t i)
    {
        const token &one = tokens_[i];
        switch (one.t) {
        case token::open_statement:
            begin_tag();
            take_statement(i);
            break;
        case token::open_expression:
            begin_tag();
            break;
        case token::open_paren:
        case token::open_square_bracket:
        case token::open_curly_bracket:
            if (i > 0 && is_value_end(tokens_[i - 1].t))
                add_operator(); /* a call or an element, of what is before it */
            levels_.push_back({0});
            break;
        case token::close_paren:
        case token::close_square_bracket:
        case token::close_curly_bracket:
            if (levels_.size() > 1)
                drop_level();
            break;
        case token::comma:
            if (!levels_.empty())
                chained_ -= std::exchange(levels_.back().operators, 0);
            break;
        case token::dot:
        case token::pipe:
        case token::additive_binary_operator:
        case token::multiplicative_binary_operator:
        case token::comparison_binary_operator:
        case token::unary_operator:
            add_operator();
            break;
        case token::identifier:
            if (operators().count(one.value) != 0)
                add_operator();
            break;
        default:
            break;
        }
    }

    static const std::set<std::string> &operators()
    {
        static const std::set<std::string> names = {"and", "or", "not", "in", "is", "if", "else"};
        return names;
    }

    static bool is_value_end(token::type type)
    {
        return type == token::identifier || type == token::string_literal ||
               type == token::close_paren || type == token::close_square_bracket ||
               type == token::close_curly_bracket;
    }

    void begin_tag()
    {
        levels_.assign(1, {0});
        chained_ = 0;
    }

    void add_operator()
    {
        if (levels_.empty())
            return;
        levels_.back().operators++;
        chained_++;
    }

    void drop_level()
    {
        chained_ -= levels_.back().operators;
        levels_.pop_back();
    }

    void take_statement(size_t i)
    {
        if (i + 1 >= tokens_.size() || tokens_[i + 1].t != token::identifier)
            return;
        const std::string &name = tokens_[i + 1].value;
        if (name == "if" || name == "for" || name == "macro" || name == "call" ||
            name == "filter" || (name == "set" && opens_block(i))) {
            blocks_.push_back({i, 0});
        } else if (name == "elif" && !blocks_.empty()) {
            blocks_.back().branches++; /* the library nests it in the branch before */
            branches_++;
        } else if (name.compare(0, 3, "end") == 0 && name != "endgeneration" && !blocks_.empty()) {
            branches_ -= blocks_.back().branches;
            blocks_.pop_back();
        }
    }

    /* {% set name %}…{% endset %}, and not {% set name = value %}. */
    bool opens_block(size_t i) const
    {
        for (; i < tokens_.size() && tokens_[i].t != token::close_statement; i++)
            if (tokens_[i].t == token::equals)
                return false;
        return true;
    }

    const std::vector<token> &tokens_;
    std::vector<block> blocks_;
    std::vector<level> levels_;
    size_t branches_ = 0, chained_ = 0;
};

/* A fault at the end of the tokens is a block that was not closed. */
[[noreturn]] void refuse_token(const std::string &text, const jinja::lexer_result &all,
                               const std::string &fault, size_t open_block)
{
    const std::vector<token> &tokens = all.tokens;
    size_t count =
        first_failing(tokens.size(), [&](size_t n) { return parser_fault(all, n) == fault; });
    const token &last = tokens[count - 1];
    bool at_end = fault.find("Unexpected EOF") != std::string::npos ||
                  fault.find("Unexpected token type") != std::string::npos ||
                  fault.find("(Got )") != std::string::npos;
    if (at_end && open_block < tokens.size())
        refuse(text, tokens[open_block].pos,
               "the block " + shown(tokens[open_block + 1].value) +
                   " that begins here is not closed");
    if (count > 1 && tokens[count - 2].t == token::open_statement)
        refuse(text, last.pos, "there is no statement " + shown(last.value) + " at this place");
    refuse(text, last.pos, shown(last.value) + " is not expected here");
}

} // namespace

/* The order bounds the work: the length before the lexer, the depth before the recursive parser.
 * Looking for the place of a fault costs some twenty more runs, of a text of at most a megabyte. */
void hearth_chat_check_text(const std::string &text)
{
    if (text.size() > text_max)
        throw hearth_chat_fault{HEARTH_EMODEL, "the chat template is longer than 1 MiB"};
    std::string fault = lexer_fault(text);
    if (!fault.empty())
        refuse_character(text, fault);
    const jinja::lexer_result all = jinja::lexer().tokenize(text);
    nesting depth(all.tokens);
    size_t deep = depth.too_deep_at();
    if (deep < all.tokens.size())
        refuse(text, all.tokens[deep].pos,
               "it nests more than " + std::to_string(depth_max) + " deep here");
    fault = all.tokens.empty() ? "" : parser_fault(all, all.tokens.size());
    if (!fault.empty())
        refuse_token(text, all, fault, depth.open_block());
}
