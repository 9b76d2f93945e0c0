/* What an answer must be (src/grammar/structure_grammar.h has the members), on its way from a body
 * to the worker, which reads and compiles it in its sandbox. A format that asks for nothing,
 * {"type": "text"}, is left out, so that it can be said to any engine. Pure. */
#ifndef HEARTH_TASK_STRUCTURE_H
#define HEARTH_TASK_STRUCTURE_H

#include "base/arena.h"
#include "base/json.h"
#include "hearth/engine.h"

/* For messages: puts the members into the JSON that the worker's template reads. */
void hearth_structure_pass(const json_t *body, json_t *conversation);

/* For other inputs: sets `sampling->grammar` to a JSON object of the members, in the arena; leaves
 * it empty where there are none. HEARTH_ETOOLARGE. */
int hearth_structure_read(const json_t *body, struct hearth_arena *arena,
                          struct hearth_sampling *sampling, struct hearth_error *error);

#endif
