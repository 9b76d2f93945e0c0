/* Models by names with a tag, as Ollama's clients write them: "smollm2:latest" is the bare name,
 * "smollm2:3" a version, "smollm2:best" an alias or the label of a version, "best" alone an alias
 * that only one model has, and "hf.co/ORG/REPO:QUANT" what was installed from there. Loop thread
 * only. */
#ifndef HEARTH_CATALOG_CATALOG_TAGS_H
#define HEARTH_CATALOG_CATALOG_TAGS_H

#include "catalog/catalog.h"
#include "domain/reference.h"

#include <stdbool.h>

/* "NAME:TAG" in two: the tag of "NAME" and of "NAME:latest" is "". False when a part is too long to
 * be one. Pure. */
struct hearth_tagged_name {
    char name[2 * HEARTH_NAME_MAX + 32]; /* a hub's host, ORG and REPO have room in it */
    char tag[HEARTH_NAME_MAX];
};
bool hearth_tagged_name_split(const char *text, struct hearth_tagged_name *ret_name);

/* As hearth_catalog_acquire, which finds all other names too. */
int hearth_catalog_acquire_tagged(struct hearth_catalog *catalog, const char *text,
                                  const struct hearth_catalog_entry **ret_entry,
                                  struct hearth_error *error);

/* The model that has an alias of this name, when exactly one has it; NULL: none, or several. Valid
 * until the next turn of the loop. */
const char *hearth_catalog_alias_owner(const struct hearth_catalog *catalog, const char *alias);

/* Every name by which a version that can be used may be asked for: "NAME:latest" for what the bare
 * name means, "NAME:ALIAS", and "NAME:3" for a version that none of these means. */
void hearth_catalog_each_tag(struct hearth_catalog *catalog,
                             void (*visit)(void *argument, const char *name,
                                           const struct hearth_catalog_entry *entry),
                             void *argument);

#endif
