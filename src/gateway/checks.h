/* The rules that a schema names with `x-check`, for what our subset of JSON Schema cannot say. Each
 * returns true for a good value; otherwise it adds a fault to the site and returns false. Pure; any
 * thread. */
#ifndef HEARTH_GATEWAY_CHECKS_H
#define HEARTH_GATEWAY_CHECKS_H

#include "base/schema.h"

bool hearth_check_model_name(const json_t *value, struct hearth_schema_site *site);
bool hearth_check_metadata(const json_t *value, struct hearth_schema_site *site);
bool hearth_check_source(const json_t *value, struct hearth_schema_site *site);
bool hearth_check_task(const json_t *value, struct hearth_schema_site *site);
bool hearth_check_quantization(const json_t *value, struct hearth_schema_site *site);
bool hearth_check_device(const json_t *value, struct hearth_schema_site *site);
/* 0 tokens are no answer; -1 is no limit. */
bool hearth_check_max_tokens(const json_t *value, struct hearth_schema_site *site);
/* The type of a message's part. */
bool hearth_check_text_part(const json_t *value, struct hearth_schema_site *site);
/* The settings of a model: each unknown or wrong key is a fault of its own. */
bool hearth_check_settings(const json_t *value, struct hearth_schema_site *site);

#endif
