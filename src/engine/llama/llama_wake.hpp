/* Where in an answer a grammar begins to hold that waits for a tool call: at a word of the
 * template's, "<tool_call>", or where a regular expression fits, outside of what the model thinks.
 * libllama looks for it in the whole answer after each token; here only the end of it is looked at,
 * and libllama gets the tokens that stand there, to find the same. C++ only; one thread at a time.
 */
#ifndef HEARTH_LLAMA_WAKE_H
#define HEARTH_LLAMA_WAKE_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <regex>
#include <string>
#include <vector>

struct hearth_grammar_wake {
    /* Any of these wakes it; with none of them the end of a thought does, and no token is given to
     * libllama. A pattern from "^" to "$" fits a whole answer, as libllama has it. */
    std::vector<std::string> words, patterns;
    std::string thought_start;
    std::vector<std::string> thought_ends;
    bool thinking = false; /* the answer begins within a thought */

    bool waits = true;

    /* Takes the text of a token in, and says which tokens libllama is to accept, the oldest first:
     * none as long as nothing wakes it. */
    std::vector<int32_t> take(int32_t token, const std::string &piece);

  private:
    struct part {
        int32_t token;
        size_t length;
    };
    std::string tail_;
    std::deque<part> parts_; /* tail_, token by token */
    bool whole_ = true;      /* tail_ is the whole answer */
    std::vector<std::regex> compiled_;

    void think(size_t fresh);
    bool is_woken();
    bool fits(size_t pattern);
    void shorten();
};

#endif
