/* What the routes that answer with vectors share: OpenAI's /v1/embeddings, TEI's /embed, Cohere's
 * /v2/embed. They differ in the names of members and in the shape of the answer. Loop thread only,
 * but for the writer. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_EMBEDDING_H
#define HEARTH_ROUTES_OPENAI_OPENAI_EMBEDDING_H

#include "base/arena.h"
#include "base/json.h"
#include "gateway/call.h"
#include "task/vectors.h"

struct hearth_openai_embedding {
    const char *inputs, *dimensions; /* the members of the body that have them */
    void (*write)(const struct hearth_vectors *vectors, struct hearth_buf *buf);
};

/* Refuses what can be refused before anything is computed, answers 304 to who has the answer, else
 * computes. Takes the call over. */
void hearth_openai_embed(struct hearth_call *call, const struct hearth_openai_embedding *shape);

/* One input: a text, token ids, or an object that holds a text. Its bytes lie in `given` or in the
 * arena. HEARTH_ETOOLARGE is the only fault, since the schema has seen to the rest. */
int hearth_openai_embedding_input(const json_t *given, struct hearth_arena *arena,
                                  struct hearth_input *input);
/* Whether token ids are among what was given, which is a list of inputs, or one. */
bool hearth_openai_embedding_has_ids(const json_t *given, bool list);

#endif
