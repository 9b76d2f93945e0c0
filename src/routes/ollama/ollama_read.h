/* Bodies of Ollama's API into what generation asks for.
 *
 * A body has passed its schema before it comes here; what a schema cannot say is checked here.
 * Pure: no call, no loop, no server, so that a fuzz target and unit tests can drive it. On a fault
 * the error says what is wrong, and the outputs are left alone. What a request points to lies in
 * the body, in the arena and in `conversation`, and must outlive it. Ollama's defaults are written
 * into the body's `options`. */
#ifndef HEARTH_ROUTES_OLLAMA_OLLAMA_READ_H
#define HEARTH_ROUTES_OLLAMA_OLLAMA_READ_H

#include "task/generation.h"

#include "base/arena.h"
#include "base/json.h"

/* /api/chat. `conversation`, an empty buffer, takes the JSON that the worker reads: OpenAI's
 * messages, tools and what else a template may ask for. */
int hearth_ollama_chat_read(json_t *body, struct hearth_arena *arena,
                            struct hearth_buf *conversation,
                            struct hearth_generation_request *ret_request,
                            struct hearth_error *error);

/* /api/generate. A prompt becomes a message, a raw one stays a text, and one with a suffix is
 * filled in between. */
int hearth_ollama_generate_read(json_t *body, struct hearth_arena *arena,
                                struct hearth_buf *conversation,
                                struct hearth_generation_request *ret_request,
                                struct hearth_error *error);

/* Whether there is something to answer; else the model is only loaded or unloaded. */
bool hearth_ollama_chat_asks(const json_t *body);
bool hearth_ollama_generate_asks(const json_t *body);

/* Shared by the two readers. */

/* Sampling out of `options`, logprobs, and what both bodies have in common. */
int hearth_ollama_options_read(json_t *body, struct hearth_arena *arena,
                               struct hearth_generation_request *request,
                               struct hearth_error *error);
/* Ollama's messages as OpenAI's; a new list. Calls without an id get one, and the results of tools
 * that name none get those of the calls before them, in order. */
json_t *hearth_ollama_messages(const json_t *messages);
/* `think` and `format` in the members of the conversation that mean the same. */
void hearth_ollama_set_think(const json_t *body, json_t *conversation);
void hearth_ollama_set_format(const json_t *body, json_t *conversation);

#endif
