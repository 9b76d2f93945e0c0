/* What /api/pull is asked for, as a source of ours. Pure. */
#ifndef HEARTH_ROUTES_OLLAMA_OLLAMA_SOURCE_H
#define HEARTH_ROUTES_OLLAMA_OLLAMA_SOURCE_H

#include "base/arena.h"
#include "hearth/error.h"

/* "hf.co/ORG/REPO:QUANT" is "hf:ORG/REPO:QUANT"; a source of ours stays as it is. HEARTH_ENOTFOUND
 * for another name: there is no registry of Ollama's behind this server. */
int hearth_ollama_source(const char *name, struct hearth_arena *arena, const char **ret_source,
                         struct hearth_error *error);

#endif
