#include "serving/request_target.h"

#include "base/memory.h"
#include "catalog/catalog.h"

/* First in the list: nobody walks over targets, so their order means nothing. */
struct hearth_inference_target *hearth_target_create(struct hearth_inference_target **list,
                                                     const struct hearth_catalog_entry *entry,
                                                     const struct hearth_request_terms *terms)
{
    struct hearth_inference_target *target = hearth_calloc(1, sizeof(*target));
    target->entry = hearth_catalog_entry_keep(entry);
    target->terms = *terms;
    target->list = list;
    target->next = *list;
    if (target->next)
        target->next->previous = target;
    *list = target;
    return target;
}

/* From here on the target leads nowhere. Whatever it has of its own stays, because its owner still
 * has it. */
static void unlink_from(struct hearth_inference_target *target)
{
    if (target->next)
        target->next->previous = target->previous;
    *(target->previous ? &target->previous->next : target->list) = target->next;
    target->next = target->previous = NULL;
    target->list = NULL;
    target->scheduler = NULL;
    target->model = NULL;
}

void hearth_target_destroy(struct hearth_inference_target *target)
{
    if (target->list)
        unlink_from(target);
    hearth_catalog_entry_release(target->entry);
    hearth_caller_release(target->terms.caller);
    hearth_free(target);
}

void hearth_targets_orphan(struct hearth_inference_target **list)
{
    while (*list)
        unlink_from(*list);
}
