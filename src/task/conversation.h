/* Builds the conversation that a model's chat template reads, from bodies of any API.
 *
 * A conversation is the JSON of HEARTH_INPUT_MESSAGES: OpenAI's chat body with `messages`, `tools`
 * and what else the worker takes. Readers of other APIs put their messages together with the verbs
 * below, so that texts which belong to one turn become one message: templates of many models refuse
 * two messages of one role in a row. Pure; any thread. Values that are given as `json_t *` are
 * borrowed and shared, never copied. */
#ifndef HEARTH_TASK_CONVERSATION_H
#define HEARTH_TASK_CONVERSATION_H

#include "base/arena.h"
#include "base/json.h"
#include "hearth/engine.h"

/* Adds a text (a JSON string) to the last message if it has this role, else to a new one. The
 * second text of a message makes its content a list of parts. */
void hearth_conversation_add_text(json_t *messages, const char *role, json_t *text);
/* What the model has thought before it answered: of the assistant's last message, or a new one.
 * Several make one text, which hearth_conversation_input puts together. */
void hearth_conversation_add_reasoning(json_t *messages, const char *text);
/* The assistant asks for a tool: its arguments are the text of a JSON object. */
void hearth_conversation_add_call(json_t *messages, const char *id, const char *name,
                                  const char *arguments);
/* What the tool said. `content` is a JSON string or a list of text parts; `name`, which function
 * it was, may be NULL. */
void hearth_conversation_add_result(json_t *messages, const char *id, const char *name,
                                    json_t *content);
/* A tool of OpenAI's shape; `description` and `parameters` may be NULL. */
void hearth_conversation_add_tool(json_t *tools, const char *name, json_t *description,
                                  json_t *parameters, json_t *strict);

/* Finishes the conversation and writes it into `text`, an empty buffer, which the input points to.
 * HEARTH_ETOOLARGE or HEARTH_ENOMEM with words for it. */
int hearth_conversation_input(json_t *conversation, enum hearth_task task, struct hearth_buf *text,
                              struct hearth_arena *arena, struct hearth_input **ret_input,
                              struct hearth_error *error);

#endif
