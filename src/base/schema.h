/* Checks parsed JSON against a schema, and tells every fault, not only the first.
 *
 * The schemas of api/schemas/ are compiled to constant trees of the struct below by
 * scripts/generate; the subset of JSON Schema 2020-12 that they may use is what its members say,
 * plus `x-refused`, the reason why a known key is not taken (but for values that say that it is not
 * used: null, false, 0, "" and []), `x-expected`, `expected` in better words than the generator's,
 * and `x-nul`, true where the texts of a member of the document may hold U+0000 (the reader of the
 * document sees to that). Pure; any thread. Depth and number of faults are bounded, whatever the
 * document. */
#ifndef HEARTH_BASE_SCHEMA_H
#define HEARTH_BASE_SCHEMA_H

#include "base/arena.h"
#include "base/json.h"
#include "base/schema_ignored.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_schema_type {
    HEARTH_SCHEMA_NULL = 1 << 0,
    HEARTH_SCHEMA_BOOLEAN = 1 << 1,
    HEARTH_SCHEMA_INTEGER = 1 << 2, /* 2.0 is one too */
    HEARTH_SCHEMA_NUMBER = 1 << 3,
    HEARTH_SCHEMA_STRING = 1 << 4,
    HEARTH_SCHEMA_ARRAY = 1 << 5,
    HEARTH_SCHEMA_OBJECT = 1 << 6,
};

struct hearth_schema;
struct hearth_schema_site;

struct hearth_schema_property {
    const char *name;
    const struct hearth_schema *schema;
    bool required;
};

/* A member that is zero does not constrain. */
struct hearth_schema {
    const char *expected;       /* what is wanted here, in words: "a number from 0 to 2" */
    unsigned types;             /* bits of enum hearth_schema_type; 0: any */
    const char *refused;        /* why any value that asks for something is refused */
    bool takes_nul;             /* its texts are read with their length */
    const char *const *choices; /* texts allowed (enum, const); ends with NULL */
    const double *minimum, *maximum;
    bool minimum_exclusive, maximum_exclusive;
    uint32_t length_min, length_max;                 /* characters of a text, items of a list */
    const struct hearth_schema_property *properties; /* in the order of the schema */
    size_t property_count;
    bool closed;                            /* no key but the properties */
    const struct hearth_schema *additional; /* of keys that are not among the properties */
    const struct hearth_schema *items;
    const struct hearth_schema *const *any_of; /* ends with NULL */
    /* `x-check`: a rule that the subset cannot say, for a value whose type is right. Returns false
     * when there is a fault, which it has told with hearth_schema_tell. */
    bool (*check)(const json_t *value, struct hearth_schema_site *site);
};

enum hearth_schema_fault_kind {
    HEARTH_FAULT_TYPE,
    HEARTH_FAULT_VALUE,
    HEARTH_FAULT_MISSING,
    HEARTH_FAULT_UNKNOWN,
    HEARTH_FAULT_REFUSED,
    HEARTH_FAULT_DEPTH,
};

struct hearth_schema_fault {
    enum hearth_schema_fault_kind kind;
    const char *path;       /* "messages[0].role"; "" is the document itself */
    const char *expected;   /* in words */
    const char *got;        /* "a string", "7", "\"purple\"" */
    const char *suggestion; /* a key that may have been meant, or NULL */
    /* The whole sentence, where there is a reason that `expected` and `got` do not tell; or NULL.
     */
    const char *message;
};

#define HEARTH_SCHEMA_FAULTS_MAX 32
#define HEARTH_SCHEMA_DEPTH_MAX 64

struct hearth_schema_faults {
    struct hearth_schema_fault rows[HEARTH_SCHEMA_FAULTS_MAX];
    size_t count;
    bool more; /* there were others, or memory for them was short */
};

/* For checks of our own: tells a fault at the value or, where `key` is not NULL, at its member; the
 * path of `fault` is filled in here. Its texts must be constant or in the arena of the site. Always
 * false, so that a check can end with it. */
bool hearth_schema_tell(struct hearth_schema_site *site, const char *key,
                        const struct hearth_schema_fault *fault);
struct hearth_arena *hearth_schema_site_arena(struct hearth_schema_site *site);
/* The value in words. */
const char *hearth_schema_site_describe(struct hearth_schema_site *site, const json_t *value);

/* Returns 0 or HEARTH_EFIELDS. The texts of the faults live in the arena. */
int hearth_schema_check(const struct hearth_schema *schema, const json_t *value,
                        struct hearth_arena *arena, struct hearth_schema_faults *ret_faults);

/* The same for bodies of clients that send keys which only other servers know: a key that a closed
 * object does not have is no fault but noted in `ret_ignored`, which is cleared first. Keys that
 * are known and refused stay faults. */
int hearth_schema_check_tolerant(const struct hearth_schema *schema, const json_t *value,
                                 struct hearth_arena *arena,
                                 struct hearth_schema_faults *ret_faults,
                                 struct hearth_schema_ignored *ret_ignored);

/* One sentence about a fault, for a person; in the arena, "" when that is full. */
const char *hearth_schema_fault_text(const struct hearth_schema_fault *fault,
                                     struct hearth_arena *arena);

#endif
