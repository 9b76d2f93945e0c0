/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "engine/llama/llama_grammar.h"

#include "base/error.h"
#include "chat/llama_log.h"
#include "grammar/gbnf_check.h"
}
#pragma GCC diagnostic pop
#include "chat/llama_bounds.hpp"
#include "engine/llama/llama_wake.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/* Tokens by the number of other tokens that their text begins with, each within the next. */
struct hearth_llama_prefixes {
    const llama_vocab *vocab;
    std::once_flag made;
    std::vector<int32_t> parents; /* the longest that a text begins with; -1: none */
    std::vector<std::vector<int32_t>> levels;
};

namespace
{

/* Fewer are asked one by one: that is what the sampler does with the tokens that it has drawn. */
constexpr size_t many_tokens = 1024;

/* Of the text, and of the work that it may make. All answers of a model wait for that of one, so
 * that a token has a short time, and what tokens leave of theirs is saved up to a maximum. */
constexpr size_t text_max = 256u << 10, memory_max = 256u << 20;
constexpr uint64_t read_ms = 1000, token_ns = 50 * 1000000u, saved_ns = 500 * 1000000u;
/* The library's grammars throw from each of their allocations without harm. */
constexpr size_t least_bytes = 1;

std::string text_of(const llama_vocab *vocab, int32_t token)
{
    std::string text(64, '\0');
    int32_t length = llama_token_to_piece(vocab, token, text.data(), 64, 0, true);
    if (length < 0) {
        text.resize(static_cast<size_t>(-length));
        length = llama_token_to_piece(vocab, token, text.data(), -length, 0, true);
    }
    text.resize(length > 0 ? static_cast<size_t>(length) : 0);
    return text;
}

/* In the order of their texts, what begins with a text follows it at once; those that a text begins
 * with are on a stack. A token that ends a generation is allowed by another rule than its text. */
void find_prefixes(hearth_llama_prefixes &prefixes)
{
    const auto count = static_cast<size_t>(llama_vocab_n_tokens(prefixes.vocab));
    std::vector<std::string> texts(count);
    std::vector<int32_t> order(count), stack;
    std::vector<size_t> depths(count, 0);
    for (size_t i = 0; i < count; i++) {
        order[i] = static_cast<int32_t>(i);
        if (!llama_vocab_is_eog(prefixes.vocab, order[i]))
            texts[i] = text_of(prefixes.vocab, order[i]);
    }
    std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
        int by_text = texts[static_cast<size_t>(a)].compare(texts[static_cast<size_t>(b)]);
        return by_text != 0 ? by_text < 0 : a < b;
    });
    prefixes.parents.assign(count, -1);
    for (int32_t token : order) {
        const auto at = static_cast<size_t>(token);
        const std::string &text = texts[at];
        while (!stack.empty() && text.compare(0, texts[static_cast<size_t>(stack.back())].size(),
                                              texts[static_cast<size_t>(stack.back())]) != 0)
            stack.pop_back();
        if (!stack.empty()) {
            prefixes.parents[at] = stack.back();
            depths[at] = depths[static_cast<size_t>(stack.back())] + 1;
        }
        if (!text.empty())
            stack.push_back(token);
        if (prefixes.levels.size() <= depths[at])
            prefixes.levels.resize(depths[at] + 1);
        prefixes.levels[depths[at]].push_back(token);
    }
}

} // namespace

extern "C" struct hearth_llama_prefixes *
hearth_llama_prefixes_create(const struct llama_vocab *vocab)
{
    try {
        auto prefixes = std::make_unique<hearth_llama_prefixes>();
        prefixes->vocab = vocab;
        return prefixes.release();
    } catch (...) {
        return nullptr;
    }
}

extern "C" void hearth_llama_prefixes_destroy(struct hearth_llama_prefixes *prefixes)
{
    delete prefixes;
}

struct hearth_llama_grammar {
    llama_sampler *sampler = nullptr;
    hearth_llama_prefixes *prefixes = nullptr;
    /* A grammar may name whole tokens, <[1000]> or <think>: what begins with a refused one may be
     * allowed then. */
    bool by_text = false;
    std::optional<hearth_grammar_wake> wake; /* of one that waits, or has waited */
    std::vector<llama_token_data> asked;     /* scratch */
    std::vector<char> allowed;               /* scratch: of all tokens */
    uint64_t left_ns = saved_ns;             /* of its time */
    bool exhausted = false;                  /* it wanted more */

    hearth_llama_grammar() = default;
    ~hearth_llama_grammar()
    {
        if (sampler != nullptr)
            llama_sampler_free(sampler);
    }
    hearth_llama_grammar(const hearth_llama_grammar &) = delete;
    hearth_llama_grammar &operator=(const hearth_llama_grammar &) = delete;

    /* The library marks what it refuses by a logit of -∞, and leaves the order alone. */
    void ask()
    {
        llama_token_data_array array = {asked.data(), asked.size(), -1, false};
        llama_sampler_apply(sampler, &array);
    }

    /* What is thrown leaves the library's state as it was. */
    template <class work_type> void work(work_type ask_library)
    {
        hearth_bounds bounds(left_ns / 1000000u, memory_max, least_bytes);
        try {
            ask_library();
        } catch (const hearth_bound_reached &) {
            exhausted = true;
            left_ns = 0;
            throw;
        }
        left_ns = bounds.left_ns();
    }

    bool sleeps() const
    {
        return wake && wake->waits;
    }

    /* From short texts to long ones. */
    void ask_vocabulary()
    {
        allowed.assign(prefixes->parents.size(), 0);
        for (const auto &level : prefixes->levels) {
            asked.clear();
            for (int32_t token : level) {
                int32_t parent = prefixes->parents[static_cast<size_t>(token)];
                if (parent < 0 || allowed[static_cast<size_t>(parent)] != 0)
                    asked.push_back({token, 0, 0});
            }
            if (asked.empty())
                return;
            ask();
            for (const llama_token_data &one : asked)
                allowed[static_cast<size_t>(one.id)] = one.logit == 0;
        }
    }
};

namespace
{

std::vector<std::string> texts_of(const struct hearth_buf *list)
{
    std::vector<std::string> texts;
    for (size_t at = 0; at < list->length; at += texts.back().size() + 1)
        texts.emplace_back(list->bytes + at);
    return texts;
}

/* A regular expression that a text, and nothing else, fits. */
std::string pattern_of(const std::string &word)
{
    std::string pattern;
    for (char c : word) {
        if (std::string("\\^$.|?*+()[]{}").find(c) != std::string::npos)
            pattern += '\\';
        pattern += c;
    }
    return pattern;
}

llama_sampler *waiting_sampler(const llama_vocab *vocab, const std::string &text,
                               const hearth_grammar_wake &wake)
{
    std::vector<std::string> patterns = wake.patterns;
    std::vector<const char *> pointers;
    for (const std::string &word : wake.words)
        patterns.push_back(pattern_of(word));
    for (const std::string &pattern : patterns)
        pointers.push_back(pattern.c_str());
    return llama_sampler_init_grammar_lazy_patterns(vocab, text.c_str(), "root", pointers.data(),
                                                    pointers.size(), nullptr, 0);
}

std::unique_ptr<hearth_llama_grammar> make(struct hearth_llama_prefixes *prefixes,
                                           const std::string &text,
                                           std::optional<hearth_grammar_wake> wake)
{
    auto grammar = std::make_unique<hearth_llama_grammar>();
    if (text.find('\0') != std::string::npos)
        return grammar;
    grammar->sampler = wake ? waiting_sampler(prefixes->vocab, text, *wake)
                            : llama_sampler_init_grammar(prefixes->vocab, text.c_str(), "root");
    grammar->prefixes = prefixes;
    grammar->wake = std::move(wake);
    return grammar;
}

/* libllama says what is wrong in its log, which is the server's. */
int create(struct hearth_llama_prefixes *prefixes, const char *text, size_t length,
           std::optional<hearth_grammar_wake> wake, struct hearth_llama_grammar **ret_grammar,
           struct hearth_error *error)
{
    if (length > text_max)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "grammar: it has %zu bytes, at most %zu are taken", length,
                                text_max);
    try {
        std::call_once(prefixes->made, find_prefixes, std::ref(*prefixes));
        hearth_bounds bounds(read_ms, memory_max, least_bytes);
        const std::string own(text, length);
        struct hearth_gbnf_verdict verdict;
        const int rc = hearth_gbnf_check(text, length, &verdict, error);
        if (rc != 0)
            return rc;
        auto grammar = make(prefixes, own, std::move(wake));
        grammar->by_text = verdict.by_text;
        if (grammar->sampler == nullptr)
            return hearth_error_set(
                error, HEARTH_EINVAL,
                verdict.by_text ? "grammar: it cannot be compiled: what is repeated without "
                                  "end may not be empty, and 2,000 repetitions are the "
                                  "most, also of repetitions in groups"
                                : "grammar: it cannot be compiled: it names a token that "
                                  "the model does not have, or over 2,000 repetitions");
        *ret_grammar = grammar.release();
        return 0;
    } catch (const hearth_bound_reached &reached) {
        char words[100];
        hearth_bound_words(reached, words, sizeof(words));
        return hearth_error_set(error, HEARTH_EINVAL, "grammar: it %s", words);
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the grammar");
    } catch (const std::exception &e) {
        hearth_llama_log_words(e.what());
        return hearth_error_set(error, HEARTH_EINVAL, "the grammar cannot be read");
    }
}

} // namespace

extern "C" int hearth_llama_grammar_create(struct hearth_llama_prefixes *prefixes, const char *text,
                                           size_t length, struct hearth_llama_grammar **ret_grammar,
                                           struct hearth_error *error)
{
    return create(prefixes, text, length, std::nullopt, ret_grammar, error);
}

extern "C" int hearth_llama_grammar_create_waiting(struct hearth_llama_prefixes *prefixes,
                                                   const char *text, size_t length,
                                                   const struct hearth_llama_wake_words *wake,
                                                   struct hearth_llama_grammar **ret_grammar,
                                                   struct hearth_error *error)
{
    hearth_grammar_wake own;
    try {
        const std::vector<std::string> starts = texts_of(wake->thought_starts);
        own.words = texts_of(wake->words);
        own.patterns = texts_of(wake->patterns);
        own.thought_start = starts.empty() ? "" : starts.front();
        own.thought_ends = texts_of(wake->thought_ends);
        own.thinking = wake->thinking;
        return create(prefixes, text, length, std::move(own), ret_grammar, error);
    } catch (...) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the grammar");
    }
}

extern "C" int hearth_llama_grammar_wait_for_thought(struct hearth_llama_grammar *grammar,
                                                     const struct hearth_buf *thought_ends,
                                                     struct hearth_error *error)
{
    try {
        hearth_grammar_wake wake;
        wake.thought_ends = texts_of(thought_ends);
        wake.thinking = true;
        grammar->wake = std::move(wake);
        return 0;
    } catch (...) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the grammar");
    }
}

extern "C" struct hearth_llama_grammar *
hearth_llama_grammar_copy(const struct hearth_llama_grammar *from)
{
    try {
        auto grammar = std::make_unique<hearth_llama_grammar>();
        grammar->sampler = llama_sampler_clone(from->sampler);
        grammar->prefixes = from->prefixes;
        grammar->by_text = from->by_text;
        grammar->wake = from->wake;
        return grammar.release();
    } catch (...) {
        return nullptr;
    }
}

extern "C" void hearth_llama_grammar_destroy(struct hearth_llama_grammar *grammar)
{
    delete grammar;
}

extern "C" void hearth_llama_grammar_test(void *argument, const int32_t *tokens, size_t count,
                                          bool *ret_allowed)
{
    auto *grammar = static_cast<hearth_llama_grammar *>(argument);
    try {
        if (grammar->sleeps() || grammar->exhausted) {
            std::fill(ret_allowed, ret_allowed + count, !grammar->exhausted);
            return;
        }
        if (grammar->by_text && count >= many_tokens) {
            grammar->work([&] { grammar->ask_vocabulary(); });
            for (size_t i = 0; i < count; i++)
                ret_allowed[i] = grammar->allowed[static_cast<size_t>(tokens[i])] != 0;
            return;
        }
        grammar->asked.resize(count);
        for (size_t i = 0; i < count; i++)
            grammar->asked[i] = {tokens[i], 0, 0};
        grammar->work([&] { grammar->ask(); });
        for (size_t i = 0; i < count; i++)
            ret_allowed[i] = grammar->asked[i].logit == 0;
    } catch (...) {
        std::fill(ret_allowed, ret_allowed + count, false);
    }
}

extern "C" bool hearth_llama_grammar_exhausted(const struct hearth_llama_grammar *grammar)
{
    return grammar->exhausted;
}

extern "C" int hearth_llama_grammar_accept(struct hearth_llama_grammar *grammar, int32_t token)
{
    try {
        grammar->left_ns = std::min(grammar->left_ns + token_ns, saved_ns);
        grammar->work([&] {
            if (!grammar->sleeps())
                return llama_sampler_accept(grammar->sampler, token);
            for (int32_t one : grammar->wake->take(token, text_of(grammar->prefixes->vocab, token)))
                llama_sampler_accept(grammar->sampler, one);
        });
        return 0;
    } catch (const std::exception &e) {
        hearth_llama_log_words(e.what());
        return HEARTH_EINTERNAL;
    } catch (...) {
        return HEARTH_EINVAL;
    }
}
