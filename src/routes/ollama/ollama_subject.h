/* Which model a body of Ollama's means, and what its keep_alive asks: the way that chat, generate
 * and vectors have in common. Loop thread only. */
#ifndef HEARTH_ROUTES_OLLAMA_OLLAMA_SUBJECT_H
#define HEARTH_ROUTES_OLLAMA_OLLAMA_SUBJECT_H

#include "gateway/call.h"
#include "routes/ollama/ollama_read.h"
#include "task/default_model.h"
#include "task/keep_alive.h"

struct hearth_ollama_subject {
    char id[256];                  /* "name:3": the version that the name means */
    struct hearth_keep_alive keep; /* for where nothing is asked of the model */
};

/* False: the call is answered. `fits` chooses for a client that names no model. */
bool hearth_ollama_subject_find(struct hearth_call *call, hearth_model_fits *fits,
                                struct hearth_ollama_subject *ret_subject);
/* How chat and generate differ. */
struct hearth_ollama_way {
    int (*read)(json_t *body, struct hearth_arena *arena, struct hearth_buf *conversation,
                struct hearth_generation_request *ret_request, struct hearth_error *error);
    bool (*asks)(const json_t *body);
    const char *empty; /* the members of an answer that says nothing */
};
/* Answers; or, where nothing is asked, loads the model, or unloads it with keep_alive 0. Takes the
 * call over. */
void hearth_ollama_run(struct hearth_call *call, const struct hearth_ollama_way *way);

#endif
