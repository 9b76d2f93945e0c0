/* Pieces of JSON that the answers of Ollama's API share. */
#ifndef HEARTH_ROUTES_OLLAMA_OLLAMA_WRITE_H
#define HEARTH_ROUTES_OLLAMA_OLLAMA_WRITE_H

#include "base/json.h"
#include "task/generation.h"

/* /api/chat and /api/generate, as lines or as one object. */
extern const struct hearth_generation_shape hearth_ollama_chat, hearth_ollama_generate;
/* Of both. */
extern const struct hearth_place_name hearth_ollama_places[];

/* {"model":…,"created_at":"2026-11-27T11:22:33.444Z" and nothing behind it. */
void hearth_ollama_write_head(const char *model, struct hearth_buf *buf);
/* ,"done":true,… with the reason, the counts and the times in nanoseconds, and the brace. */
void hearth_ollama_write_end(const struct hearth_choice *choice, struct hearth_buf *buf);

/* Logprobs, which are kept as JSON while an answer is collected: a shape's kept, keep and forget.
 */
struct hearth_ollama_kept {
    struct hearth_buf entries;
    bool begun;
};
void hearth_ollama_keep(struct hearth_choice *choice, const struct hearth_event *event);
void hearth_ollama_forget(struct hearth_choice *choice);
/* ,"logprobs":[…] of an event, or of all that was kept; nothing where they were not asked for. */
void hearth_ollama_write_logprobs(const struct hearth_choice *choice,
                                  const struct hearth_event *event, struct hearth_buf *buf);

#endif
