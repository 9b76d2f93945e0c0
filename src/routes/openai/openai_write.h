/* Pieces of JSON that the answers of the OpenAI API share. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_WRITE_H
#define HEARTH_ROUTES_OPENAI_OPENAI_WRITE_H

#include "base/json.h"
#include "task/generation.h"

#define HEARTH_OPENAI_LAST_WORDS "[DONE]" /* the last event of every stream */

/* {"id":…,"object":"…","created":…,"model":… and nothing behind it */
void hearth_openai_write_head(const struct hearth_generation *generation, const char *object,
                              struct hearth_buf *buf);
void hearth_openai_write_usage(const struct hearth_generation *generation, struct hearth_buf *buf);
/* The text of a token as a JSON string. One that is only a part of a character has none: OpenAI
 * spells its bytes out behind `prefix` ("bytes:" in completions, nothing in chat), "\\xf0\\x9f". */
void hearth_openai_write_token(struct hearth_buf *buf, const struct hearth_bytes *text,
                               const char *prefix);
/* OpenAI's least value stands for minus infinity, which JSON cannot say. */
void hearth_openai_write_logprob(struct hearth_buf *buf, float logprob);

/* {"token":…,"logprob":…,"bytes":[…],"top_logprobs":[…]}: `top_logprobs` is a list here, so that
 * tokens of one text may stand in it beside each other. */
void hearth_openai_write_scored(struct hearth_buf *buf, const struct hearth_token *token);

/* A whole answer, with what `write_choice` writes of each choice. */
void hearth_openai_write_answer(const struct hearth_generation *generation, const char *object,
                                void (*write_choice)(const struct hearth_choice *choice,
                                                     struct hearth_buf *buf),
                                struct hearth_buf *buf);
/* The end of a chunk, behind its choice's text; `finish` may be NULL. */
void hearth_openai_close_chunk(const struct hearth_choice *choice, const char *finish,
                               struct hearth_buf *buf);
/* The chunk that carries nothing but the usage. */
void hearth_openai_write_usage_chunk(const struct hearth_generation *generation, const char *object,
                                     struct hearth_buf *buf);

/* Chat, /v1/completions, and their streams. */
extern const struct hearth_generation_shape hearth_openai_chat, hearth_openai_completion;
/* Chat for clients that send `functions`, the older name of tools. */
extern const struct hearth_generation_shape hearth_openai_chat_functions;

bool hearth_openai_wants_usage(const json_t *body);

#endif
