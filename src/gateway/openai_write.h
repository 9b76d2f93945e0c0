/* Pieces of JSON that the answers of the OpenAI API share. */
#ifndef HEARTH_GATEWAY_OPENAI_WRITE_H
#define HEARTH_GATEWAY_OPENAI_WRITE_H

#include "base/json.h"
#include "gateway/generation.h"

/* {"id":…,"object":"…","created":…,"model":… and nothing behind it */
void hearth_openai_write_head(const struct hearth_generation *generation, const char *object,
                              struct hearth_buf *buf);
void hearth_openai_write_usage(const struct hearth_generation *generation, struct hearth_buf *buf);
void hearth_openai_write_text(struct hearth_buf *buf, const char *text);

/* Writers of chat, /v1/completions and their streams. */
extern const struct hearth_generation_shape hearth_chat_shape, hearth_completion_shape;

/* response_format: HEARTH_EINVAL unless it is text, because nothing here holds an answer to a form
 * yet, and an answer that ignores it would fail open. */
int hearth_openai_check_format(const json_t *body, struct hearth_error *error);
bool hearth_openai_wants_usage(const json_t *body);

#endif
