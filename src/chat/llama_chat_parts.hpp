/* What the files of the chat templates share. C++; no other file includes it. */
#ifndef HEARTH_LLAMA_CHAT_PARTS_H
#define HEARTH_LLAMA_CHAT_PARTS_H

/* In C a function may have the name of a struct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "chat/llama_chat.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
}
#pragma GCC diagnostic pop

#include <chat.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

/* A fault that is told as it stands: our words. */
struct hearth_chat_fault {
    int code;
    std::string text;
};

/* llama_chat_text.cpp: throws a hearth_chat_fault when the text cannot be a template, or nests so
 * deep that a recursive parser or interpreter would run out of stack. */
void hearth_chat_check_text(const std::string &text);

/* What a template can do, as llama-common found by trying it. */
struct hearth_chat_abilities {
    bool parallel_tools;   /* several calls in a message */
    bool object_arguments; /* it reads the arguments of a call, not only their text */
    bool tells_tools;      /* its prompt has the tools, and calls have a form that is known */
    bool thinks;           /* answers have thoughts, in tags that are known */
};

/* llama_chat_plain.cpp: conversations into text, and nothing else. One thread at a time. */
class hearth_chat_plain
{
  public:
    /* `model`: its vocabulary has the texts of the tokens that templates are told. */
    hearth_chat_plain(const struct llama_model *model, const common_chat_templates *templates);
    /* The library's own text. */
    std::string write(const common_chat_templates *templates,
                      const common_chat_templates_inputs &inputs);

  private:
    struct kind {
        bool equal = true;
        unsigned count = 0;
    };
    std::string render(const common_chat_templates_inputs &inputs) const;

    std::unique_ptr<common_chat_template> template_;
    std::string begin_, end_;
    bool adds_begin_ = false, adds_end_ = false;
    std::map<std::string, kind> kinds_;
};

/* llama_conversation.cpp: throws a hearth_chat_fault that names the member. */
common_chat_templates_inputs hearth_conversation_read(const common_json &body,
                                                      const hearth_chat_abilities &abilities);

/* llama_tool_choice.cpp: the tools that may be called, and whether one must be; throws alike. */
void hearth_tools_read(const common_json &body, common_chat_templates_inputs &ret_inputs);

/* llama_tools.cpp, for templates that drop tools. The same conversation with tools, calls and
 * results as texts; */
common_chat_templates_inputs hearth_tools_as_texts(const common_chat_templates_inputs &inputs);
/* and into what rendering that gave: how calls in the answer are read and held to their form. */
void hearth_tools_read_calls(const common_chat_templates_inputs &inputs, common_chat_params &ret);

/* llama_tool_schemas.cpp: what stands in the request of the parameters of each tool that may be
 * called. */
struct hearth_tool_schema {
    std::string tool, place, parameters;
    bool forced; /* a call must satisfy it */
};
/* Throws a hearth_chat_fault, with the place, where no grammar holds the schema; */
void hearth_tools_check_schema(const hearth_tool_schema &schema);
/* and does so of every tool where a call is forced. */
std::vector<hearth_tool_schema> hearth_tools_schemas(const common_json &body,
                                                     const common_chat_templates_inputs &inputs);
/* Puts rules of our own in the place of the library's into the grammar of calls. False: in this
 * form of calls, arguments of some tool cannot be held to all that its schema says. */
bool hearth_tools_hold(const std::vector<hearth_tool_schema> &schemas, common_chat_params &params);

#endif
