/* The model of a request that names none: clients of local servers often leave it out. */
#ifndef HEARTH_TASK_DEFAULT_MODEL_H
#define HEARTH_TASK_DEFAULT_MODEL_H

#include "hearth/engine.h"

#include <stdbool.h>

struct hearth_call;

/* How well a model with these facts suits what the route is for. */
enum hearth_model_fit { HEARTH_FIT_NONE, HEARTH_FIT_ABLE, HEARTH_FIT_MADE_FOR_IT };
typedef enum hearth_model_fit hearth_model_fits(const struct hearth_model_facts *facts);
enum hearth_model_fit hearth_model_generates(const struct hearth_model_facts *facts);
/* A model that generates text is able to embed too; one that only embeds is made for it. */
enum hearth_model_fit hearth_model_embeds(const struct hearth_model_facts *facts);
enum hearth_model_fit
hearth_model_ranks(const struct hearth_model_facts *facts); /* a score a pair */
/* Scores a text by labels; what scores pairs is able to, by its one label. */
enum hearth_model_fit hearth_model_classifies(const struct hearth_model_facts *facts);
enum hearth_model_fit hearth_model_tokenizes(const struct hearth_model_facts *facts);

/* Puts a model's name into the member `key` of the call's body where the client gave none: that of
 * the setting default_model if it fits, else the only model of those that suit it best. So the
 * handler goes on as if the client had named it, and the answer names what was used. True: no such
 * model can be told, and the call is answered with 400 and the names of those to choose from. Loop
 * thread only. */
bool hearth_default_model(struct hearth_call *call, const char *key, hearth_model_fits *fits);

#endif
