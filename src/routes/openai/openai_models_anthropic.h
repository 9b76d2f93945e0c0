/* The list of models in the shape that Anthropic's clients read, at the same path: they say who
 * they are by the header `anthropic-version`. Loop thread only. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_MODELS_ANTHROPIC_H
#define HEARTH_ROUTES_OPENAI_OPENAI_MODELS_ANTHROPIC_H

#include "base/json.h"
#include "catalog/catalog.h"
#include "gateway/call.h"

#include <stdbool.h>

bool hearth_openai_is_anthropic(const struct hearth_call *call);

/* {"type": "model", "id", "display_name", "created_at"} */
json_t *hearth_openai_anthropic_model(const struct hearth_catalog_entry *entry, const char *id);

/* Answers the call with a page of the models: `limit` of them (1 to 1,000; 20), those behind the
 * one named `after_id`, or those before `before_id`. A cursor that names no model, or a wrong
 * limit, is 400. */
void hearth_openai_list_anthropic(struct hearth_call *call);

#endif
