/* Reads parameters that several routes have out of a checked body. Pure. */
#ifndef HEARTH_TASK_SAMPLING_H
#define HEARTH_TASK_SAMPLING_H

#include "base/arena.h"
#include "base/json.h"
#include "domain/queue.h"
#include "hearth/engine.h"

/* An integer, also one that was written as 2.0; the fallback when it is absent or null. */
int64_t hearth_body_integer(const json_t *body, const char *key, int64_t fallback);

/* The most tokens of an answer, as struct hearth_sampling has it: 0 is as many as there is room
 * for, which clients ask for with -1 (llama.cpp's and LM Studio's "no limit"). */
uint32_t hearth_max_tokens_read(const json_t *body, const char *key, uint32_t fallback);

/* Everything but max_tokens and logprobs, whose names and meaning differ between routes. Without a
 * seed a random one is taken. Texts point into the body, arrays lie in the arena. HEARTH_EINVAL
 * names the fault; `*ret_param` is the parameter. */
int hearth_sampling_read(const json_t *body, struct hearth_arena *arena,
                         struct hearth_sampling *ret_sampling, const char **ret_param,
                         struct hearth_error *error);

/* `lora`, as llama-server has it: a list of adapters and their scales, in the arena. HEARTH_EINVAL
 * names the fault; the parameter is "lora". */
int hearth_adapters_read(const json_t *body, struct hearth_arena *arena,
                         struct hearth_adapter_choice *ret_adapters, struct hearth_error *error);

/* truncate: "start", "end" or true, in whatever case; else HEARTH_TRUNCATE_NEVER. With TEI's
 * `truncation_direction` "left", true is the start. */
enum hearth_truncate hearth_truncate_read(const json_t *parameters);

/* service_tier: priority is interactive, flex is batch, else normal. */
enum hearth_class hearth_class_read(const json_t *body);

/* prompt_cache_retention: what is computed of the prompt is not written to disk. */
bool hearth_off_disk_read(const json_t *body);

/* JSON integers as tokens, in the arena; NULL when that is full. */
int32_t *hearth_tokens_read(const json_t *list, struct hearth_arena *arena);

#endif
