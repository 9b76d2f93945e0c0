/* The model of a request that names none: clients of local servers often leave it out. */
#ifndef HEARTH_TASK_DEFAULT_MODEL_H
#define HEARTH_TASK_DEFAULT_MODEL_H

#include "hearth/engine.h"

#include <stdbool.h>

struct hearth_call;

/* Can a model with these facts do what the route is for? */
typedef bool hearth_model_fits(const struct hearth_model_facts *facts);
bool hearth_model_generates(const struct hearth_model_facts *facts);
bool hearth_model_embeds(const struct hearth_model_facts *facts);
bool hearth_model_ranks(const struct hearth_model_facts *facts); /* one score for a pair */
bool hearth_model_tokenizes(const struct hearth_model_facts *facts);

/* Puts a model's name into the member `key` of the call's body where the client gave none: that of
 * the setting default_model if it fits, else the only model that does. So the handler goes on as if
 * the client had named it, and the answer names what was used. True: no such model can be told, and
 * the call is answered with 400 and the names of those to choose from. Loop thread only. */
bool hearth_default_model(struct hearth_call *call, const char *key, hearth_model_fits *fits);

#endif
