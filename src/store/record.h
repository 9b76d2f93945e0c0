/* Records: what the store keeps for clients beside the registry, each of a kind (a request that
 * runs without its client, a file, a batch …), an id that is unique within the kind, an owner, a
 * short label that lists may be filtered by, facts as JSON, and bytes. What the facts mean is the
 * kind's own business.
 *
 * The verbs are the store's like those of store.h: blocking, each one transaction, one thread at a
 * time. Rows lie in the arena that is passed. */
#ifndef HEARTH_STORE_RECORD_H
#define HEARTH_STORE_RECORD_H

#include "store/store.h"

enum { HEARTH_RECORD_BODY_MAX = 256 << 20, HEARTH_RECORD_ID = 32 };

struct hearth_record {
    const char *kind, *id;
    const char *principal;  /* whose it is */
    const char *label;      /* "queued" …; or "" */
    const char *facts_json; /* an object */
    const void *body;       /* NULL: none; in an update: the one that is there stays */
    size_t body_length;
    int64_t size; /* bytes that count towards the bounds: of the body, or of a file elsewhere */
    int64_t created_ms, expires_ms; /* expires 0: never */
    int64_t sequence, revision;     /* the order of creation; grows with each change */
};

/* Of all records of a kind, whoever owns them; 0: no bound. */
struct hearth_record_bounds {
    int64_t count_max, size_max;
};

struct hearth_record_filter {
    const char *kind;
    const char *principal, *label; /* NULL: any */
    const char *after;             /* an id: only what follows it in the order; or NULL */
    bool ascending;                /* the oldest first; else the newest */
    int64_t expired_by_ms;         /* > 0: only what has expired by then */
    int64_t limit;                 /* at least 1 */
};

/* A new id by chance: the prefix (at most 7 letters) and 24 hex digits. Any thread. */
void hearth_record_id(const char *prefix, char ret_id[HEARTH_RECORD_ID]);

/* HEARTH_ECONFLICT when the kind has that id; HEARTH_EQUEUEFULL when it would break a bound (NULL:
 * there are none). */
int hearth_store_record_create(struct hearth_store *store, const struct hearth_record *record,
                               const struct hearth_record_bounds *bounds,
                               struct hearth_error *error);
/* With its body. Another owner's is HEARTH_ENOTFOUND, as if it were not there; `principal` NULL: of
 * whomever. */
int hearth_store_record_get(struct hearth_store *store, const char *kind, const char *id,
                            const char *principal, struct hearth_arena *arena,
                            struct hearth_record **ret_record, struct hearth_error *error);
/* Without bodies; `body_length` is told. An `after` that is not there is HEARTH_ENOTFOUND. */
int hearth_store_record_list(struct hearth_store *store, const struct hearth_record_filter *filter,
                             struct hearth_arena *arena, struct hearth_record **ret_records,
                             size_t *ret_count, struct hearth_error *error);
/* How many there are; of the filter only kind, principal and label count. */
int hearth_store_record_count(struct hearth_store *store, const struct hearth_record_filter *filter,
                              int64_t *ret_count, struct hearth_error *error);
/* Label, facts, body, size and expiry; `record->revision` must be the row's, else HEARTH_ECONFLICT.
 */
int hearth_store_record_update(struct hearth_store *store, const struct hearth_record *record,
                               struct hearth_error *error);
/* HEARTH_ENOTFOUND. */
int hearth_store_record_delete(struct hearth_store *store, const char *kind, const char *id,
                               struct hearth_error *error);

#endif
