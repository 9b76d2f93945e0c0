/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "engine/llama/llama_grammar.h"

#include "base/error.h"
#include "engine/llama/llama_log.h"
}
#pragma GCC diagnostic pop

#include <cmath>
#include <exception>
#include <memory>
#include <string>
#include <vector>

struct hearth_llama_grammar {
    llama_sampler *sampler = nullptr;
    std::vector<llama_token_data> asked; /* scratch */

    hearth_llama_grammar() = default;
    ~hearth_llama_grammar()
    {
        if (sampler != nullptr)
            llama_sampler_free(sampler);
    }
    hearth_llama_grammar(const hearth_llama_grammar &) = delete;
    hearth_llama_grammar &operator=(const hearth_llama_grammar &) = delete;
};

/* libllama says what is wrong in its log, which is the server's. */
extern "C" int hearth_llama_grammar_create(const struct llama_vocab *vocab, const char *text,
                                           size_t length, struct hearth_llama_grammar **ret_grammar,
                                           struct hearth_error *error)
{
    try {
        auto grammar = std::make_unique<hearth_llama_grammar>();
        const std::string own(text, length);
        if (own.find('\0') == std::string::npos)
            grammar->sampler = llama_sampler_init_grammar(vocab, own.c_str(), "root");
        if (grammar->sampler == nullptr)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "the grammar cannot be read: it must be GBNF with a rule "
                                    "\"root\" that does not begin with itself");
        *ret_grammar = grammar.release();
        return 0;
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the grammar");
    } catch (const std::exception &e) {
        hearth_llama_log_words(e.what());
        return hearth_error_set(error, HEARTH_EINVAL, "the grammar cannot be read");
    }
}

extern "C" struct hearth_llama_grammar *
hearth_llama_grammar_copy(const struct hearth_llama_grammar *from)
{
    try {
        auto grammar = std::make_unique<hearth_llama_grammar>();
        grammar->sampler = llama_sampler_clone(from->sampler);
        return grammar.release();
    } catch (...) {
        return nullptr;
    }
}

extern "C" void hearth_llama_grammar_destroy(struct hearth_llama_grammar *grammar)
{
    delete grammar;
}

/* The library marks what it refuses by a logit of -∞, and leaves the order alone. */
extern "C" void hearth_llama_grammar_test(void *argument, const int32_t *tokens, size_t count,
                                          bool *ret_allowed)
{
    auto *grammar = static_cast<hearth_llama_grammar *>(argument);
    try {
        grammar->asked.resize(count);
        for (size_t i = 0; i < count; i++)
            grammar->asked[i] = {tokens[i], 0, 0};
        llama_token_data_array array = {grammar->asked.data(), count, -1, false};
        llama_sampler_apply(grammar->sampler, &array);
        for (size_t i = 0; i < count; i++)
            ret_allowed[i] = grammar->asked[i].logit == 0;
    } catch (...) {
        for (size_t i = 0; i < count; i++)
            ret_allowed[i] = false;
    }
}

extern "C" int hearth_llama_grammar_accept(struct hearth_llama_grammar *grammar, int32_t token)
{
    try {
        llama_sampler_accept(grammar->sampler, token);
        return 0;
    } catch (const std::exception &e) {
        hearth_llama_log_words(e.what());
        return HEARTH_EINTERNAL;
    }
}
