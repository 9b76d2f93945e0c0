/* Stores what the registry knows: models, their versions and files, aliases, changes and claims.
 *
 * One interface over several back-ends (sqlite/, postgres/, memory/); the conformance suite
 * test/conformance/test_store.c is its definition. Every verb is one transaction. A conflict is
 * HEARTH_ECONFLICT: foreign keys, unique constraints and a revision on each row hold the rules, so
 * there is no check before an insert that another writer could slip past.
 *
 * The verbs below block. A program with a loop calls them through hearth_store_submit, which runs
 * its work on the store's one write lane; the command line calls them directly. One thread at a
 * time. Rows are allocated in the arena that is passed; HEARTH_ETOOLARGE when it is full. Times
 * are milliseconds since 1970 (wall clock) and are given by the caller. */
#ifndef HEARTH_STORE_STORE_H
#define HEARTH_STORE_STORE_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_loop;
struct hearth_store;

enum hearth_version_state {
    HEARTH_VERSION_REGISTERED = 1,
    HEARTH_VERSION_INSTALLING,
    HEARTH_VERSION_READY,
    HEARTH_VERSION_FAILED,
    HEARTH_VERSION_DEPRECATED,
};
/* "registered" …; and back, negative when it is none of them. */
const char *hearth_version_state_name(enum hearth_version_state state);
int hearth_version_state_parse(const char *name);
/* The diagram: registered → installing → ready | failed; failed → installing; ready ↔ deprecated.
 */
bool hearth_version_state_may_follow(enum hearth_version_state from, enum hearth_version_state to);

struct hearth_model {
    int64_t id; /* 0 in a row to be created */
    const char *name;
    const char *task;          /* "chat", "completion", "embedding", "rerank" … or "" */
    const char *description;   /* or "" */
    const char *tags_json;     /* object of strings, "{}" when empty */
    const char *base_model;    /* or "" */
    const char *device;        /* "auto", "cpu", "cuda:0" */
    const char *settings_json; /* the definition's settings: context, slots, pin … */
    int64_t created_ms, updated_ms;
    int64_t revision; /* grows by one with each change of the row */
};

struct hearth_file {
    const char *path;   /* relative, without "..", unique within the version */
    const char *sha256; /* 64 hex digits; the blob's name */
    int64_t size;
};

struct hearth_version {
    int64_t id, model_id;
    int64_t number;              /* 1, 2, …; assigned by version_create when 0 */
    const char *label;           /* or "" */
    const char *source;          /* "file:…", "hf:…" as asked for */
    const char *source_revision; /* what it was resolved to: a commit, an ETag, or "" */
    const char *engine;          /* "llama", "encoder", "fake" or "" while unknown */
    enum hearth_version_state state;
    const char *state_reason; /* why it failed, or "" */
    const char *metrics_json; /* object */
    const char *lineage_json; /* object */
    const char *facts_json;   /* what the header says: struct hearth_model_facts, or "{}" */
    int64_t base_version_id;  /* of an adapter; 0 */
    const struct hearth_file *files;
    size_t file_count;
    int64_t created_ms, updated_ms, revision;
};

/* A registered version of which no more is known yet, to be created. NULL is "". */
struct hearth_version hearth_version_fresh(int64_t model_id, const char *label, const char *source);

struct hearth_alias {
    int64_t model_id;
    const char *name;
    int64_t number; /* of the version */
    int64_t revision;
};

struct hearth_model_filter {
    const char *task, *tag, *device, *state, *name; /* NULL: any; tag is "key" or "key=value"; name
                                                       is a substring; state is of any version */
    const char *sort; /* "name", "created", "updated"; a leading '-' turns it round; NULL: name */
    int64_t offset, limit; /* limit 0: all that the arena takes */
};

struct hearth_change {
    int64_t sequence; /* grows */
    const char *kind; /* "model", "version", "alias" */
    int64_t model_id;
    bool deleted;
};

/* A text that is NULL counts as empty ("{}" for JSON, "auto" for the device). Faulty rows are
 * HEARTH_EINVAL: names, states, digests and paths that are none, JSON that is no object, texts that
 * are not UTF-8 or longer than HEARTH_STORE_TEXT_MAX. What is not there is HEARTH_ENOTFOUND; only a
 * list of something that is not there is empty. */
enum {
    HEARTH_STORE_TEXT_MAX = 1 << 20,
    HEARTH_STORE_FILES_MAX = 10000, /* of a version */
};

/* models */
int hearth_store_model_create(struct hearth_store *store, const struct hearth_model *model,
                              int64_t now_ms, int64_t *ret_id, struct hearth_error *error);
/* By its exact name, or by its id. */
int hearth_store_model_get(struct hearth_store *store, const char *name, struct hearth_arena *arena,
                           struct hearth_model **ret_model, struct hearth_error *error);
int hearth_store_model_get_id(struct hearth_store *store, int64_t id, struct hearth_arena *arena,
                              struct hearth_model **ret_model, struct hearth_error *error);
/* `ret_total`, how many there are without offset and limit, may be NULL. */
int hearth_store_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                            struct hearth_arena *arena, struct hearth_model **ret_models,
                            size_t *ret_count, int64_t *ret_total, struct hearth_error *error);
/* All but id and name; `model->revision` must be the row's, else HEARTH_ECONFLICT. */
int hearth_store_model_update(struct hearth_store *store, const struct hearth_model *model,
                              int64_t now_ms, struct hearth_error *error);
/* With its versions and aliases. HEARTH_ECONFLICT while a version of another model is based on one
 * of its versions. Numbers of versions and ids are never used again. */
int hearth_store_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                              struct hearth_error *error);

/* versions; a new one may be in any state */
int hearth_store_version_create(struct hearth_store *store, const struct hearth_version *version,
                                int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                struct hearth_error *error);
/* HEARTH_ENOTFOUND when the model, or this version of it, is not there. */
int hearth_store_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                             struct hearth_arena *arena, struct hearth_version **ret_version,
                             struct hearth_error *error);
/* In order of number. */
int hearth_store_version_list(struct hearth_store *store, int64_t model_id,
                              struct hearth_arena *arena, struct hearth_version **ret_versions,
                              size_t *ret_count, struct hearth_error *error);
/* By id. State (the same, or as the diagram allows, else HEARTH_ECONFLICT), reason, files, facts,
 * engine, label, metrics, lineage, source_revision; `version->revision` must be the row's. */
int hearth_store_version_update(struct hearth_store *store, const struct hearth_version *version,
                                int64_t now_ms, struct hearth_error *error);
/* With the aliases that point to it; HEARTH_ECONFLICT while another version is based on it. */
int hearth_store_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                int64_t now_ms, struct hearth_error *error);

/* aliases; "latest" is reserved: HEARTH_EINVAL */
int hearth_store_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                           int64_t number, int64_t expected_revision /* -1: any, 0: new */,
                           int64_t now_ms, struct hearth_error *error);
/* HEARTH_ENOTFOUND when the model has no such alias. */
int hearth_store_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                              int64_t now_ms, struct hearth_error *error);
/* In order of name. */
int hearth_store_alias_list(struct hearth_store *store, int64_t model_id,
                            struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                            size_t *ret_count, struct hearth_error *error);

/* How many versions have a file with these bytes. */
int hearth_store_blob_uses(struct hearth_store *store, const char *sha256, int64_t *ret_count,
                           struct hearth_error *error);

/* What changed after `since` (0: from the beginning), oldest first; also tells others' writes.
 * Sequences count up by one: a first change that is not `since` + 1 says that those between were
 * forgotten, and everything must be read. */
int hearth_store_changes(struct hearth_store *store, int64_t since, int64_t limit,
                         struct hearth_arena *arena, struct hearth_change **ret_changes,
                         size_t *ret_count, struct hearth_error *error);
/* Forgets all but the newest `keep` changes, at least one; `ret_count` is how many went. */
int hearth_store_forget_changes(struct hearth_store *store, int64_t keep, int64_t *ret_count,
                                struct hearth_error *error);

/* A claim on a named piece of work: free, expired or our own → the lease is ours until
 * now + lease and `fence` grows; else HEARTH_EINUSE. Writers pass the fence on, so that a late one
 * is found out. */
int hearth_store_claim(struct hearth_store *store, const char *work, const char *owner,
                       int64_t lease_ms, int64_t now_ms, int64_t *ret_fence,
                       struct hearth_error *error);
/* HEARTH_ECONFLICT when the fence is not the newest. */
int hearth_store_release(struct hearth_store *store, const char *work, int64_t fence,
                         struct hearth_error *error);

/* Opening. `loop` may be NULL when submit is not used. A schema newer than ours is
 * HEARTH_ECONFLICT. */
int hearth_store_open_sqlite(const char *path, struct hearth_loop *loop,
                             struct hearth_store **ret_store, struct hearth_error *error);
/* A database that several gateways may use at once. Its URL (postgresql://…) chooses TLS and
 * whatever else libpq knows. While it cannot be reached, verbs are HEARTH_EDATABASE, most of them
 * at once; it is found again by itself. A verb runs again where it clashed with another gateway's
 * or lost its connection before anything was kept. */
struct hearth_postgres_options {
    const char *url;
    unsigned connections;              /* most that are open at once, 1 to 64 */
    uint64_t connect_ms, statement_ms; /* longest waits */
};
/* HEARTH_EINVAL when the URL is none; no message repeats any of it. */
int hearth_store_open_postgres(const struct hearth_postgres_options *options,
                               struct hearth_loop *loop, struct hearth_store **ret_store,
                               struct hearth_error *error);
int hearth_store_open_memory(struct hearth_loop *loop, struct hearth_store **ret_store,
                             struct hearth_error *error);
/* A copy of all models, versions and aliases in memory, row for row as they are; it has no records,
 * changes and claims. It is to be read only, by any number of threads at once, and is closed by the
 * caller. What others write meanwhile may be in it in part. */
int hearth_store_copy_models(struct hearth_store *store, struct hearth_store **ret_copy,
                             struct hearth_error *error);
/* Is it on a server that can be away (HEARTH_EDATABASE)? Any thread. */
bool hearth_store_is_remote(const struct hearth_store *store);
void hearth_store_close(struct hearth_store *store); /* waits for its lane; NULL is allowed */

/* Runs `work` on the write lane, then `done` (may be NULL) on the loop thread, exactly once; close
 * runs what still waits. HEARTH_EQUEUEFULL. */
int hearth_store_submit(struct hearth_store *store,
                        void (*work)(struct hearth_store *store, void *argument),
                        void (*done)(void *argument), void *argument);

#endif
