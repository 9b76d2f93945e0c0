#include "serving/model_identity.h"

#include "base/arena.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "serving/vector_digest.h"

enum {
    ARENA_MAX = 4 << 20
}; /* of a definition's settings: text that was checked when it was written */

static void read_settings(struct hearth_model_identity *identity)
{
    struct hearth_model_settings *settings = &identity->settings;
    const struct hearth_settings *server = identity->server;
    hearth_arena_destroy(identity->arena);
    identity->arena = hearth_arena_create(ARENA_MAX);
    /* What cannot be read was checked when it was written: it counts as a definition that sets
     * nothing. */
    if (hearth_model_settings_read(identity->entry->settings_json, server, identity->arena,
                                   settings, NULL))
        hearth_model_settings_read("{}", server, identity->arena, settings, NULL);
    if (identity->forces_shape) {
        settings->replicas = server->replicas;
        settings->threads = server->threads;
    }
}

void hearth_identity_init(struct hearth_model_identity *identity,
                          const struct hearth_catalog_entry *entry)
{
    identity->entry = hearth_catalog_entry_keep(entry);
    read_settings(identity);
    hearth_identity_renew_maker(identity);
}

void hearth_identity_finish(struct hearth_model_identity *identity)
{
    hearth_catalog_entry_release(identity->entry);
    hearth_arena_destroy(identity->arena);
}

/* Kept before the old one is released: they may be the same. */
void hearth_identity_adopt(struct hearth_model_identity *identity,
                           const struct hearth_catalog_entry *entry)
{
    const struct hearth_catalog_entry *old = identity->entry;
    identity->entry = hearth_catalog_entry_keep(entry);
    hearth_catalog_entry_release(old);
    read_settings(identity);
}

void hearth_identity_renew_maker(struct hearth_model_identity *identity)
{
    const struct hearth_catalog_entry *entry = identity->entry;
    struct hearth_digesting *digesting = hearth_digesting_begin();
    hearth_digesting_text(digesting, entry->id);
    hearth_digesting_number(digesting, (uint64_t)entry->model_id);
    hearth_digesting_number(digesting, (uint64_t)entry->number);
    hearth_digesting_number(digesting, (uint64_t)entry->created_ms);
    hearth_digesting_text(digesting, entry->engine);
    hearth_digesting_text(digesting, entry->device);
    hearth_digesting_text(digesting, entry->path);
    /* A version's files never change; a file that no registry row vouches for (an adapter is such a
     * one) may be another one at the next load, so that each of its loads is a maker of its own. */
    bool vouched = entry->model_id && !identity->settings.readable;
    hearth_digesting_number(digesting, vouched ? 0 : identity->loads_ended);
    hearth_digesting_number(digesting, (uint64_t)identity->settings.context);
    hearth_digesting_text(digesting, identity->settings.engine_json);
    hearth_digesting_end(digesting, &identity->maker);
}

void hearth_identity_load_ended(struct hearth_model_identity *identity)
{
    identity->loads_ended++;
    hearth_identity_renew_maker(identity);
}
