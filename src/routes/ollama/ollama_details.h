/* What Ollama's API tells of a model, made of what is known here without loading it. Loop thread
 * only. */
#ifndef HEARTH_ROUTES_OLLAMA_OLLAMA_DETAILS_H
#define HEARTH_ROUTES_OLLAMA_OLLAMA_DETAILS_H

#include "base/json.h"
#include "catalog/catalog.h"
#include "hearth/engine.h"

/* `known` false: the facts are zero. */
struct hearth_ollama_model {
    const struct hearth_catalog_entry *entry;
    struct hearth_model_facts facts;
    bool known;
};

/* {"format", "family", "parameter_size", "quantization_level", …} */
json_t *hearth_ollama_details(const struct hearth_ollama_model *model);
/* {"general.architecture": …, "llama.context_length": …}, with the keys of GGUF */
json_t *hearth_ollama_model_info(const struct hearth_ollama_model *model);
/* "completion", "embedding", "tools" … */
json_t *hearth_ollama_capabilities(const struct hearth_ollama_model *model);
/* The settings of its definition, a line each, as Ollama's Modelfile has them. */
json_t *hearth_ollama_parameters(const struct hearth_ollama_model *model);
/* 64 hex digits that name this version and no other; not a digest of its files. */
json_t *hearth_ollama_digest(const struct hearth_catalog_entry *entry);
/* RFC 3339 */
json_t *hearth_ollama_time(int64_t wall_ms);

#endif
