#include "catalog/catalog_names.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "openai/ORG/REPO" has the most parts that a client is known to send. */
enum { PARTS_MAX = 3, BASE_MAX = 256 };

/* A client's text in two: what names the model, and what names the version ("", ":3", "@alias"). */
struct spelling {
    const char *text;
    size_t length; /* of the part that names the model */
};

static const struct hearth_catalog_entry *
file_named(const struct hearth_catalog_names *names, const char *name, size_t length,
           int (*compare)(const char *, const char *, size_t))
{
    for (size_t i = 0; i < names->file_count; i++)
        if (strlen(names->files[i]->name) == length &&
            compare(names->files[i]->name, name, length) == 0)
            return names->files[i];
    return NULL;
}

static bool came_from(const struct hearth_catalog_entry *entry, const struct spelling *spelling)
{
    return hearth_source_has_hub_id(entry->source, spelling->text, spelling->length);
}

/* The version of a model that came from a hub id: the one that the bare name means if it did, else
 * the newest that did; NULL when none did. */
static const struct hearth_catalog_entry *from_hub(const struct hearth_snapshot_model *model,
                                                   const struct spelling *spelling)
{
    const struct hearth_catalog_entry *entry = hearth_snapshot_default(model);
    if (entry && came_from(entry, spelling))
        return entry;
    for (size_t i = model->entry_count; i-- > 0;)
        if (came_from(model->entries[i], spelling))
            return model->entries[i];
    return NULL;
}

/* One that was found by something else than its name, with the version that the client asked for.
 */
static int choose(const struct hearth_snapshot_model *model, const struct spelling *spelling,
                  const struct hearth_catalog_entry *unnamed,
                  const struct hearth_catalog_entry **ret_entry, struct hearth_error *error)
{
    char text[2 * HEARTH_NAME_MAX];
    struct hearth_reference reference;
    const char *version = spelling->text + spelling->length;
    if (!*version && unnamed && unnamed->state == HEARTH_VERSION_READY) {
        *ret_entry = unnamed;
        return 0;
    }
    snprintf(text, sizeof(text), "%s%s", model->name, version);
    int rc = hearth_reference_parse(text, &reference, error);
    return rc ? hearth_error_set(error, HEARTH_ENOMODEL,
                                 "model '%s' has no version that is called '%.100s'", model->name,
                                 *version ? version + 1 : "")
              : hearth_snapshot_choose(model, &reference, ret_entry, error);
}

/* 1: found or refused (`*ret_rc`), 0: no model is meant by this spelling. */
static int find_spelling(const struct hearth_catalog_names *names, const struct spelling *spelling,
                         const struct hearth_catalog_entry **ret_entry, int *ret_rc,
                         struct hearth_error *error)
{
    const struct hearth_snapshot *snapshot = names->snapshot;
    const struct hearth_snapshot_model *same = NULL;
    const struct hearth_catalog_entry *entry = NULL;
    for (size_t i = 0; snapshot && i < snapshot->count; i++) {
        const struct hearth_snapshot_model *model = &snapshot->models[i];
        entry = from_hub(model, spelling);
        if (entry) {
            *ret_rc = choose(model, spelling, entry, ret_entry, error);
            return 1;
        }
        if (strlen(model->name) == spelling->length &&
            strncasecmp(model->name, spelling->text, spelling->length) == 0)
            same = model;
    }
    if (!spelling->text[spelling->length])
        entry = file_named(names, spelling->text, spelling->length, strncasecmp);
    if (!entry && !same)
        return 0;
    *ret_rc = 0;
    if (entry)
        *ret_entry = entry;
    else
        *ret_rc = choose(same, spelling, NULL, ret_entry, error);
    return 1;
}

static const char *nearest_name(const struct hearth_catalog_names *names, const char *word)
{
    size_t models = names->snapshot ? names->snapshot->count : 0, count = 0;
    const char **words = hearth_calloc(names->file_count + models + 1, sizeof(*words));
    for (size_t i = 0; i < names->file_count; i++)
        words[count++] = names->files[i]->name;
    for (size_t i = 0; i < models; i++)
        words[count++] = names->snapshot->models[i].name;
    const char *nearest = hearth_nearest_word(word, words);
    hearth_free(words);
    return nearest;
}

static int missing(const struct hearth_catalog_names *names, const char *text,
                   struct hearth_error *error)
{
    char shown[HEARTH_REFERENCE_SHOWN_MAX], word[HEARTH_NAME_MAX];
    hearth_reference_show(text, shown);
    /* Only the last part is compared: the provider before it is no part of any name here. */
    const char *slash = strrchr(text, '/'), *last = slash ? slash + 1 : text;
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(last, ":@"), last);
    const char *near = nearest_name(names, word);
    return hearth_error_set(error, HEARTH_ENOMODEL, "there is no model '%s'%s%s%s", shown,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The name as it is registered: the usual case, and the only one that needs no walk. */
static int find_exact(const struct hearth_catalog_names *names, const char *text,
                      const struct hearth_catalog_entry **ret_entry, int *ret_rc,
                      struct hearth_error *error)
{
    struct hearth_reference parsed;
    struct hearth_error ignored;
    if (hearth_reference_parse(text, &parsed, &ignored))
        return 0;
    const struct hearth_catalog_entry *file = NULL;
    if (!parsed.number && !parsed.alias[0])
        file = file_named(names, parsed.name, strlen(parsed.name), strncmp);
    const struct hearth_snapshot_model *model =
        file ? NULL : hearth_snapshot_find(names->snapshot, parsed.name);
    if (!file && !model)
        return 0;
    *ret_rc = 0;
    if (file)
        *ret_entry = file;
    else
        *ret_rc = hearth_snapshot_choose(model, &parsed, ret_entry, error);
    return 1;
}

static int find_one(const struct hearth_catalog_names *names, const char *text,
                    const struct hearth_catalog_entry **ret_entry, struct hearth_error *error);

/* Any version of the model where the client named none, for its bare name may mean a newer one than
 * the adapter was made for. */
static bool is_based_on(const struct hearth_catalog_names *names,
                        const struct hearth_catalog_entry *adapter,
                        const struct hearth_catalog_entry *base, bool any_version)
{
    const struct hearth_snapshot_model *model =
        any_version ? hearth_snapshot_find(names->snapshot, base->name) : NULL;
    if (!adapter->base_version_id)
        return false;
    for (size_t i = 0; model && i < model->entry_count; i++)
        if (model->entries[i]->version_id == adapter->base_version_id)
            return true;
    return adapter->base_version_id == base->version_id;
}

static int find_adapted(const struct hearth_catalog_names *names, const char *text,
                        const char *plus, const struct hearth_catalog_entry **ret_entry,
                        struct hearth_error *error)
{
    char base_name[BASE_MAX];
    const struct hearth_catalog_entry *base, *adapter;
    if ((size_t)(plus - text) >= sizeof(base_name))
        return missing(names, text, error);
    snprintf(base_name, sizeof(base_name), "%.*s", (int)(plus - text), text);
    int rc = find_one(names, base_name, &base, error);
    if (rc == 0)
        rc = find_one(names, plus + 1, &adapter, error);
    if (rc)
        return rc;
    if (!is_based_on(names, adapter, base, !strpbrk(base_name, ":@")))
        return hearth_error_set(error, HEARTH_ECONFLICT, "%s is no adapter of %s", adapter->id,
                                base->id);
    *ret_entry = adapter;
    return 0;
}

/* No model has a '+' in its name, and no hub's repository either; but where any name means the one
 * file, a client may have written whatever it likes. */
int hearth_catalog_names_find(const struct hearth_catalog_names *names, const char *text,
                              const struct hearth_catalog_entry **ret_entry,
                              struct hearth_error *error)
{
    const char *plus = strrchr(text, '+');
    return plus && !names->any_name ? find_adapted(names, text, plus, ret_entry, error)
                                    : find_one(names, text, ret_entry, error);
}

static int find_one(const struct hearth_catalog_names *names, const char *text,
                    const struct hearth_catalog_entry **ret_entry, struct hearth_error *error)
{
    int rc = 0;
    if (find_exact(names, text, ret_entry, &rc, error))
        return rc;
    const char *rest = text;
    for (int parts = 0; rest && parts < PARTS_MAX; parts++) {
        const struct spelling spelling = {.text = rest, .length = strcspn(rest, ":@")};
        if (find_spelling(names, &spelling, ret_entry, &rc, error))
            return rc;
        const char *slash = strchr(rest, '/');
        rest = slash ? slash + 1 : NULL;
    }
    if (names->any_name && names->file_count == 1) {
        *ret_entry = names->files[0];
        return 0;
    }
    return missing(names, text, error);
}
