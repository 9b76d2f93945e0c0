/* An entry and all its text lie in one block, so that one count keeps both and one call frees both.
 * The count is ahead of the entry that others see. */
#include "catalog/catalog.h"
#include "catalog/catalog_snapshot.h"

#include "base/memory.h"

#include <stdatomic.h>
#include <string.h>

/* The head of each entry's block; its text lies behind it. The count is atomic because snapshots
 * are built on the store's lane. */
struct counted {
    _Atomic unsigned uses;
    struct hearth_catalog_entry entry;
    char text[];
};

#define OFFSET(member) offsetof(struct hearth_catalog_entry, member)
static const size_t text_offsets[] = {
    OFFSET(id),           OFFSET(name),      OFFSET(label),
    OFFSET(engine),       OFFSET(task),      OFFSET(device),
    OFFSET(description),  OFFSET(tags_json), OFFSET(settings_json),
    OFFSET(facts_json),   OFFSET(source),    OFFSET(revision),
    OFFSET(state_reason), OFFSET(path),
};
enum { TEXT_COUNT = sizeof(text_offsets) / sizeof(text_offsets[0]) };

/* Text members are reached by their offsets, so that a new one is one line in the table above and
 * cannot be forgotten in one of the two runs below. */
static const char **text_of(struct hearth_catalog_entry *entry, size_t i)
{
    return (const char **)((char *)entry + text_offsets[i]);
}

const struct hearth_catalog_entry *
hearth_catalog_entry_create(const struct hearth_catalog_entry *from)
{
    struct hearth_catalog_entry source = *from;
    size_t size = 0;
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const char **text = text_of(&source, i);
        *text = *text ? *text : "";
        size += strlen(*text) + 1;
    }
    struct counted *counted = hearth_calloc(1, sizeof(*counted) + size);
    atomic_init(&counted->uses, 1);
    counted->entry = source;
    char *end = counted->text;
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const char **text = text_of(&counted->entry, i);
        size_t length = strlen(*text) + 1;
        memcpy(end, *text, length);
        *text = end;
        end += length;
    }
    return &counted->entry;
}

static struct counted *counted_of(const struct hearth_catalog_entry *entry)
{
    return (struct counted *)((char *)entry - offsetof(struct counted, entry));
}

const struct hearth_catalog_entry *
hearth_catalog_entry_keep(const struct hearth_catalog_entry *entry)
{
    atomic_fetch_add(&counted_of(entry)->uses, 1);
    return entry;
}

void hearth_catalog_entry_release(const struct hearth_catalog_entry *entry)
{
    if (entry && atomic_fetch_sub(&counted_of(entry)->uses, 1) == 1)
        hearth_free(counted_of(entry));
}
