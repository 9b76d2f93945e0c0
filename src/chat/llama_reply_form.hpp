/* How answers to one prompt are read; made with the prompt (llama_chat.cpp). C++; only the files of
 * the chat templates and of replies include it. */
#ifndef HEARTH_LLAMA_REPLY_FORM_H
#define HEARTH_LLAMA_REPLY_FORM_H

/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "chat/llama_reply.h"
}
#pragma GCC diagnostic pop

#include <chat.h>

#include <string>
#include <vector>

struct hearth_llama_reply_form {
    common_chat_format format = COMMON_CHAT_FORMAT_PEG_NATIVE;
    common_peg_arena parser;
    /* What the template has begun the answer with: the parser wants to see it. */
    std::string opening;
    bool goes_on = false; /* `opening` ends with what a client gave; it is not told again */
    bool held = false;    /* a grammar holds calls to their form */
    std::vector<std::string> marks; /* what only a call has: where it begins, names of tools */
};

#endif
