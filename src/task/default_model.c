#include "task/default_model.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "domain/reference.h"
#include "gateway/answers.h"
#include "gateway/call.h"
#include "gateway/gateway_state.h"
#include "task/model_facts.h"

#include <string.h>

enum { LIST_BYTES_MAX = 800 }; /* leaves room for the words of the message around it */

static enum hearth_model_fit able(bool is_able)
{
    return is_able ? HEARTH_FIT_ABLE : HEARTH_FIT_NONE;
}

enum hearth_model_fit hearth_model_generates(const struct hearth_model_facts *facts)
{
    return able(facts->tasks & HEARTH_TASK_GENERATE);
}

enum hearth_model_fit hearth_model_embeds(const struct hearth_model_facts *facts)
{
    bool embeds = facts->tasks & HEARTH_TASK_EMBED;
    return embeds && !(facts->tasks & HEARTH_TASK_GENERATE) ? HEARTH_FIT_MADE_FOR_IT : able(embeds);
}

enum hearth_model_fit hearth_model_ranks(const struct hearth_model_facts *facts)
{
    return able((facts->tasks & HEARTH_TASK_SCORE) && facts->embedding_length <= 1);
}

enum hearth_model_fit hearth_model_classifies(const struct hearth_model_facts *facts)
{
    bool scores = facts->tasks & HEARTH_TASK_SCORE;
    return scores && facts->embedding_length > 1 ? HEARTH_FIT_MADE_FOR_IT : able(scores);
}

enum hearth_model_fit hearth_model_tokenizes(const struct hearth_model_facts *facts)
{
    return able(facts->tasks & HEARTH_TASK_TOKENIZE);
}

struct candidates {
    struct hearth_gateway *gateway;
    hearth_model_fits *fits;
    enum hearth_model_fit best; /* of those so far; who suits less does not count */
    char only[HEARTH_NAME_MAX]; /* the first of the best */
    size_t count;
    struct hearth_buf list; /* the names of the best, as far as there is room */
};

/* What nobody can tell yet counts as able: a file that is served without a registry row and is not
 * loaded yet may well be the only model that there is. */
static enum hearth_model_fit fit_of(struct hearth_gateway *gateway,
                                    const struct hearth_catalog_entry *entry,
                                    hearth_model_fits *fits)
{
    struct hearth_model_facts facts;
    return hearth_model_facts_find(gateway, entry, &facts) ? fits(&facts) : HEARTH_FIT_ABLE;
}

static bool is_usable(const struct hearth_catalog_entry *entry)
{
    return entry->state == HEARTH_VERSION_READY || entry->state == HEARTH_VERSION_DEPRECATED;
}

static void consider(void *argument, const struct hearth_catalog_entry *entry)
{
    struct candidates *candidates = argument;
    if (!is_usable(entry))
        return;
    enum hearth_model_fit fit = fit_of(candidates->gateway, entry, candidates->fits);
    if (fit == HEARTH_FIT_NONE || fit < candidates->best)
        return;
    if (fit > candidates->best) {
        candidates->best = fit;
        candidates->count = 0;
        hearth_buf_clear(&candidates->list);
    }
    size_t length = strlen(entry->name);
    if (candidates->count++ == 0)
        memcpy(candidates->only, entry->name, length + 1);
    if (candidates->list.length + length + 2 <= LIST_BYTES_MAX)
        hearth_buf_printf(&candidates->list, "%s%s", candidates->count > 1 ? ", " : "",
                          entry->name);
}

/* The setting, if it names a model that fits. */
static bool take_setting(struct hearth_gateway *gateway, hearth_model_fits *fits)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_error ignored;
    const char *name = gateway->settings->default_model;
    if (!*name || hearth_catalog_acquire(gateway->catalog, name, &entry, &ignored))
        return false;
    bool taken = fit_of(gateway, entry, fits) != HEARTH_FIT_NONE;
    hearth_catalog_entry_release(entry);
    return taken;
}

/* OpenAI's code for it, so that clients say which member is missing. */
static void refuse(struct hearth_call *call, const char *key, const struct candidates *candidates)
{
    const struct hearth_error_detail detail = {.param = key,
                                               .openai_code = "missing_required_parameter"};
    struct hearth_error error;
    if (candidates->count)
        hearth_error_set(
            &error, HEARTH_EINVAL,
            "\"%s\" is missing, and several models here can do this: %.*s; name one of "
            "them, or set default_model",
            key, (int)candidates->list.length, candidates->list.bytes);
    else
        hearth_error_set(&error, HEARTH_EINVAL,
                         "\"%s\" is missing, and no model here can do this; `hearth install` adds "
                         "one",
                         key);
    hearth_answer_error(call, &error, &detail);
}

bool hearth_default_model(struct hearth_call *call, const char *key, hearth_model_fits *fits)
{
    struct hearth_gateway *gateway = call->gateway;
    const json_t *given = json_object_get(call->json, key);
    if (given && !json_is_null(given) && json_string_length(given) + !json_is_string(given) > 0)
        return false;
    if (take_setting(gateway, fits)) {
        json_object_set_new(call->json, key, json_string(gateway->settings->default_model));
        return false;
    }
    struct candidates candidates = {.gateway = gateway, .fits = fits};
    hearth_buf_init(&candidates.list, LIST_BYTES_MAX);
    hearth_catalog_each_model(gateway->catalog, consider, &candidates);
    bool refused = candidates.count != 1;
    if (refused)
        refuse(call, key, &candidates);
    else
        json_object_set_new(call->json, key, json_string(candidates.only));
    hearth_buf_finish(&candidates.list);
    return refused;
}
