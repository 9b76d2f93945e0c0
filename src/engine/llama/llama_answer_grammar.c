/* The grammar of an answer: of its tool calls, as the chat template has them; of the whole, as the
 * request asks for it; or of either where the model may choose. What the model thinks before it
 * answers keeps to none. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"
#include "grammar/gbnf_rename.h"

#define GRAMMAR_MAX (1u << 20)

/* A grammar of the whole answer goes on from what the template has begun of it. */
static int pass_opening(const struct hearth_engine *engine, const struct hearth_buf *opening,
                        struct hearth_llama_grammar *grammar, struct hearth_error *error)
{
    int32_t *tokens = NULL;
    uint32_t count = 0;
    if (opening->length == 0)
        return 0;
    int rc = hearth_llama_encode(engine, opening->bytes, opening->length, false, true, NULL,
                                 &tokens, &count, error);
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        if (hearth_llama_grammar_accept(grammar, tokens[i]) != 0)
            rc = hearth_error_set(error, HEARTH_EMODEL,
                                  "the model's chat template begins an answer in another form than "
                                  "that of its tool calls");
    hearth_free(tokens);
    return rc;
}

static bool waits(const struct hearth_chat_rendered *chat)
{
    return chat->wake_words.length + chat->wake_patterns.length > 0;
}

/* Forced calls have a grammar from the start, which knows how the template begins an answer; others
 * one that waits for a call to begin. */
static int make_calls(const struct hearth_engine *engine, const struct hearth_chat_rendered *chat,
                      struct hearth_llama_input *made, struct hearth_error *error)
{
    const struct hearth_llama_wake_words wake = {.words = &chat->wake_words,
                                                 .patterns = &chat->wake_patterns,
                                                 .thought_starts = &chat->thought_starts,
                                                 .thought_ends = &chat->thought_ends,
                                                 .thinking = chat->thinking};
    const struct hearth_buf *text = &chat->grammar;
    if (waits(chat))
        return hearth_llama_grammar_create_waiting(engine->prefixes, text->bytes, text->length,
                                                   &wake, &made->grammar, error);
    int rc = hearth_llama_grammar_create(engine->prefixes, text->bytes, text->length,
                                         &made->grammar, error);
    return rc != 0 ? rc : pass_opening(engine, &chat->opening, made->grammar, error);
}

/* An answer in the form that is asked for, or calls. A client's own grammar may have names that the
 * rules of calls have too, so both get other ones. */
static int make_either(struct hearth_engine *engine, const struct hearth_buf *structure,
                       const struct hearth_buf *calls, struct hearth_llama_input *made,
                       struct hearth_error *error)
{
    struct hearth_buf both;
    hearth_buf_init(&both, GRAMMAR_MAX);
    hearth_buf_text(&both, "root ::= answer-root | calls-root\n");
    hearth_gbnf_rename(structure->bytes, structure->length, "answer-", &both);
    hearth_gbnf_rename(calls->bytes, calls->length, "calls-", &both);
    int rc = both.failed != 0
                 ? hearth_error_set(error, both.failed, "the grammar of the answer is too long")
                 : hearth_llama_structure_compile(engine->structures, engine->prefixes, &both,
                                                  &made->grammar, error);
    hearth_buf_finish(&both);
    return rc;
}

int hearth_llama_answer_grammar(struct hearth_engine *engine, const struct hearth_buf *structure,
                                const struct hearth_chat_rendered *chat,
                                struct hearth_llama_input *made, struct hearth_error *error)
{
    bool calls = chat->grammar.length > 0;
    if (structure->length == 0)
        return calls ? make_calls(engine, chat, made, error) : 0;
    if (calls && !waits(chat))
        return make_calls(engine, chat, made, error);
    int rc = calls ? make_either(engine, structure, &chat->grammar, made, error)
                   : hearth_llama_structure_compile(engine->structures, engine->prefixes, structure,
                                                    &made->grammar, error);
    if (rc == 0 && chat->thinking)
        rc = hearth_llama_grammar_wait_for_thought(made->grammar, &chat->thought_ends, error);
    return rc;
}
