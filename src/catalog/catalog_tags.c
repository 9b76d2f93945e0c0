#include "catalog/catalog_tags.h"

#include "base/error.h"
#include "base/text.h"
#include "catalog/catalog_snapshot.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char latest[] = "latest"; /* Ollama's tag of a name that has none */

bool hearth_tagged_name_split(const char *text, struct hearth_tagged_name *ret_name)
{
    const char *slash = strrchr(text, '/');
    const char *colon = strchr(slash ? slash : text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    const char *tag = colon ? colon + 1 : "";
    if (length >= sizeof(ret_name->name) || strlen(tag) >= sizeof(ret_name->tag))
        return false;
    memcpy(ret_name->name, text, length);
    ret_name->name[length] = '\0';
    snprintf(ret_name->tag, sizeof(ret_name->tag), "%s", strcmp(tag, latest) ? tag : "");
    return true;
}

/* "ORG/REPO" behind the hub's host, or NULL. */
static const char *hub_id(const char *name)
{
    static const char *const hosts[] = {"hf.co/", "huggingface.co/"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (strncasecmp(name, hosts[i], strlen(hosts[i])) == 0)
            return name + strlen(hosts[i]);
    return NULL;
}

static bool is_usable(const struct hearth_catalog_entry *entry)
{
    return entry->state == HEARTH_VERSION_READY || entry->state == HEARTH_VERSION_DEPRECATED;
}

/* What a quantization is called stands in the name of the file: "hf:ORG/REPO:model-Q4_K_M.gguf". */
static bool came_from(const struct hearth_catalog_entry *entry, const char *id, const char *quant)
{
    const char *file = strlen(entry->source) > 3 ? strchr(entry->source + 3, ':') : NULL;
    return is_usable(entry) && hearth_source_has_hub_id(entry->source, id, strlen(id)) &&
           (!*quant || (file && strcasestr(file, quant)));
}

/* The newest one, of all models. */
static const struct hearth_catalog_entry *from_hub(const struct hearth_snapshot *snapshot,
                                                   const char *id, const char *quant)
{
    const struct hearth_catalog_entry *found = NULL;
    for (size_t i = 0; snapshot && i < snapshot->count; i++)
        for (size_t k = 0; k < snapshot->models[i].entry_count; k++) {
            const struct hearth_catalog_entry *entry = snapshot->models[i].entries[k];
            if (came_from(entry, id, quant) && (!found || entry->created_ms > found->created_ms))
                found = entry;
        }
    return found;
}

static bool has_alias(const struct hearth_snapshot_model *model, const char *alias)
{
    for (size_t i = 0; i < model->alias_count; i++)
        if (strcmp(model->aliases[i].name, alias) == 0)
            return true;
    return false;
}

const char *hearth_catalog_alias_owner(const struct hearth_catalog *catalog, const char *alias)
{
    const struct hearth_snapshot *snapshot = hearth_catalog_snapshot(catalog);
    const char *owner = NULL;
    for (size_t i = 0; snapshot && i < snapshot->count; i++) {
        if (!has_alias(&snapshot->models[i], alias))
            continue;
        if (owner || strcmp(alias, "default") == 0)
            return NULL;
        owner = snapshot->models[i].name;
    }
    return owner;
}

/* The newest version whose label is the tag. */
static const struct hearth_catalog_entry *labelled(const struct hearth_snapshot *snapshot,
                                                   const char *name, const char *label)
{
    const struct hearth_snapshot_model *model = hearth_snapshot_find(snapshot, name);
    for (size_t i = model ? model->entry_count : 0; i-- > 0;)
        if (is_usable(model->entries[i]) && strcmp(model->entries[i]->label, label) == 0)
            return model->entries[i];
    return NULL;
}

/* The catalogue's own form: "NAME", "NAME:3", "NAME@TAG". */
static int acquire(struct hearth_catalog *catalog, const struct hearth_tagged_name *tagged,
                   const struct hearth_catalog_entry **ret_entry, struct hearth_error *error)
{
    char text[sizeof(tagged->name) + sizeof(tagged->tag) + 2];
    const char *tag = tagged->tag;
    bool numbered = *tag && strspn(tag, "0123456789") == strlen(tag);
    snprintf(text, sizeof(text), "%s%s%s", tagged->name, !*tag ? "" : numbered ? ":" : "@", tag);
    return hearth_catalog_acquire(catalog, text, ret_entry, error);
}

/* What the catalogue's own form does not find. */
static int acquire_other(struct hearth_catalog *catalog, const struct hearth_tagged_name *tagged,
                         const struct hearth_catalog_entry **ret_entry)
{
    const struct hearth_snapshot *snapshot = hearth_catalog_snapshot(catalog);
    const struct hearth_catalog_entry *entry = NULL;
    struct hearth_error ignored;
    const char *id = hub_id(tagged->name);
    const char *owner = *tagged->tag ? NULL : hearth_catalog_alias_owner(catalog, tagged->name);
    if (id)
        entry = from_hub(snapshot, id, tagged->tag);
    else if (*tagged->tag)
        entry = labelled(snapshot, tagged->name, tagged->tag);
    if (entry) {
        *ret_entry = hearth_catalog_entry_keep(entry);
        return 0;
    }
    if (!owner)
        return HEARTH_ENOMODEL;
    struct hearth_tagged_name alias;
    snprintf(alias.name, sizeof(alias.name), "%s", owner);
    snprintf(alias.tag, sizeof(alias.tag), "%.*s", HEARTH_NAME_MAX - 1, tagged->name);
    return acquire(catalog, &alias, ret_entry, &ignored);
}

/* The first fault is the one that is told: it names the nearest model. */
int hearth_catalog_acquire_tagged(struct hearth_catalog *catalog, const char *text,
                                  const struct hearth_catalog_entry **ret_entry,
                                  struct hearth_error *error)
{
    struct hearth_tagged_name tagged;
    if (!hearth_tagged_name_split(text, &tagged)) {
        char shown[HEARTH_REFERENCE_SHOWN_MAX];
        hearth_reference_show(text, shown);
        return hearth_error_set(error, HEARTH_ENOMODEL, "there is no model '%s'", shown);
    }
    int rc = acquire(catalog, &tagged, ret_entry, error);
    return rc && !acquire_other(catalog, &tagged, ret_entry) ? 0 : rc;
}

struct tags {
    void (*visit)(void *argument, const char *name, const struct hearth_catalog_entry *entry);
    void *argument;
};

static void visit(const struct tags *tags, const char *tag,
                  const struct hearth_catalog_entry *entry)
{
    char name[2 * HEARTH_NAME_MAX + 24];
    if (!is_usable(entry))
        return;
    snprintf(name, sizeof(name), "%s:%s", entry->name, tag);
    tags->visit(tags->argument, name, entry);
}

static void visit_latest(void *argument, const struct hearth_catalog_entry *entry)
{
    visit(argument, latest, entry);
}

static bool is_aliased(const struct hearth_snapshot_model *model, int64_t number)
{
    for (size_t i = 0; i < model->alias_count; i++)
        if (model->aliases[i].number == number)
            return true;
    return false;
}

static void visit_others(const struct tags *tags, const struct hearth_snapshot_model *model)
{
    const struct hearth_catalog_entry *bare = hearth_snapshot_default(model), *entry;
    for (size_t i = 0; i < model->alias_count; i++) {
        entry = hearth_snapshot_numbered(model, model->aliases[i].number);
        if (entry && strcmp(model->aliases[i].name, "default") != 0)
            visit(tags, model->aliases[i].name, entry);
    }
    for (size_t i = 0; i < model->entry_count; i++) {
        char number[24];
        entry = model->entries[i];
        snprintf(number, sizeof(number), "%lld", (long long)entry->number);
        if (entry != bare && !is_aliased(model, entry->number))
            visit(tags, number, entry);
    }
}

void hearth_catalog_each_tag(struct hearth_catalog *catalog,
                             void (*visitor)(void *argument, const char *name,
                                             const struct hearth_catalog_entry *entry),
                             void *argument)
{
    const struct hearth_snapshot *snapshot = hearth_catalog_snapshot(catalog);
    struct tags tags = {.visit = visitor, .argument = argument};
    hearth_catalog_each_model(catalog, visit_latest, &tags);
    for (size_t i = 0; snapshot && i < snapshot->count; i++)
        visit_others(&tags, &snapshot->models[i]);
}
