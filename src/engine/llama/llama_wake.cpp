#include "engine/llama/llama_wake.hpp"

#include <algorithm>

namespace
{

/* What a pattern fits is shorter than this. */
constexpr size_t pattern_room = 128;

size_t longest(const std::vector<std::string> &texts)
{
    size_t most = 0;
    for (const std::string &text : texts)
        most = std::max(most, text.size());
    return most;
}

/* Behind the last `text` in `tail` that ends in its last `fresh` bytes; 0: there is none. */
size_t behind(const std::string &tail, const std::string &text, size_t fresh)
{
    size_t at = text.empty() ? std::string::npos : tail.rfind(text);
    return at != std::string::npos && at + text.size() + fresh > tail.size() ? at + text.size() : 0;
}

} // namespace

/* A thought's beginning and end are looked for in what the last token has brought. What lies
 * before its end wakes nothing. */
void hearth_grammar_wake::think(size_t fresh)
{
    if (thinking) {
        size_t end = 0;
        for (const std::string &text : thought_ends)
            end = std::max(end, behind(tail_, text, fresh));
        if (end == 0)
            return;
        thinking = false;
        fresh = tail_.size() - end;
    }
    if (behind(tail_, thought_start, fresh) != 0)
        thinking = true;
}

bool hearth_grammar_wake::fits(size_t pattern)
{
    const std::string &text = patterns[pattern];
    if (compiled_.size() <= pattern)
        compiled_.emplace_back(text);
    if (!text.empty() && text.front() == '^' && text.back() == '$')
        return whole_ && std::regex_match(tail_, compiled_[pattern]);
    return std::regex_search(tail_, compiled_[pattern]);
}

bool hearth_grammar_wake::is_woken()
{
    for (size_t i = 0; i < patterns.size(); i++)
        if (fits(i))
            return true;
    return std::any_of(words.begin(), words.end(), [&](const std::string &word) {
        return tail_.find(word) != std::string::npos;
    });
}

/* Keeps what the next token could make a word of. */
void hearth_grammar_wake::shorten()
{
    const size_t kept = std::max({longest(words), longest(thought_ends), thought_start.size(),
                                  patterns.empty() ? 0 : pattern_room});
    while (!parts_.empty() && tail_.size() - parts_.front().length >= kept) {
        tail_.erase(0, parts_.front().length);
        parts_.pop_front();
        whole_ = false;
    }
}

std::vector<int32_t> hearth_grammar_wake::take(int32_t token, const std::string &piece)
{
    const bool thought = thinking;
    std::vector<int32_t> given;
    tail_ += piece;
    parts_.push_back({token, piece.size()});
    think(piece.size());
    if (!thinking && !thought && is_woken()) {
        for (const part &one : parts_)
            given.push_back(one.token);
        waits = false;
    }
    shorten();
    if (thought && !thinking) {
        waits = !words.empty() || !patterns.empty();
        tail_.clear();
        parts_.clear();
        whole_ = false;
    }
    return given;
}
