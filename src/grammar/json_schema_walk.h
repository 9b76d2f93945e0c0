/* A walk through a schema; shared by the files that know one part of it each. What goes wrong first
 * is kept in the walk: everything after it does nothing and gives rule 0. */
#ifndef HEARTH_GRAMMAR_JSON_SCHEMA_WALK_H
#define HEARTH_GRAMMAR_JSON_SCHEMA_WALK_H

#include "grammar/json_schema.h"

#include <stdbool.h>

/* Where in the schema: the last part of a chain. */
struct hearth_json_schema_place {
    const struct hearth_json_schema_place *up;
    const char *key; /* NULL: an index */
    size_t index;
    unsigned depth;
};

struct hearth_json_schema_ref {
    const json_t *target;
    uint32_t rule;
    uint32_t containers; /* around it, while it is being written */
    bool open;
};

#define HEARTH_JSON_SCHEMA_REFS_MAX 1024u

struct hearth_json_schema_walk {
    struct hearth_gbnf *gbnf;
    const json_t *root;
    const struct hearth_json_schema_place *top;
    struct hearth_error *error;
    int failed;
    uint32_t visits;
    uint32_t
        containers; /* objects and lists around the place: what a reference must pass to go on */
    json_t *kept;   /* schemas that were put together on the way */
    uint32_t ref_count;
    struct hearth_json_schema_ref refs[HEARTH_JSON_SCHEMA_REFS_MAX];
};

enum hearth_json_schema_type {
    HEARTH_JSON_SCHEMA_OBJECT = 1 << 0,
    HEARTH_JSON_SCHEMA_ARRAY = 1 << 1,
    HEARTH_JSON_SCHEMA_STRING = 1 << 2,
    HEARTH_JSON_SCHEMA_NUMBER = 1 << 3,
    HEARTH_JSON_SCHEMA_INTEGER = 1 << 4,
    HEARTH_JSON_SCHEMA_BOOLEAN = 1 << 5,
    HEARTH_JSON_SCHEMA_NULL = 1 << 6,
};

typedef const struct hearth_json_schema_place *hearth_place;

/* json_schema.c */
uint32_t hearth_json_schema_visit(struct hearth_json_schema_walk *walk, hearth_place place,
                                  const json_t *schema);
/* The same, one object or list deeper. */
uint32_t hearth_json_schema_visit_inside(struct hearth_json_schema_walk *walk, hearth_place place,
                                         const json_t *schema);
struct hearth_json_schema_place hearth_json_schema_below(hearth_place up, const char *key);
struct hearth_json_schema_place hearth_json_schema_element(hearth_place up, size_t index);
/* Sets the error, unless there is one; 0. */
uint32_t hearth_json_schema_fail(struct hearth_json_schema_walk *walk, hearth_place place,
                                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* json_schema_keywords.c: refuses what is not supported or has a value of the wrong kind. */
void hearth_json_schema_check(struct hearth_json_schema_walk *walk, hearth_place place,
                              const json_t *schema);
/* Does it have keywords that say something, besides this one? */
bool hearth_json_schema_has_others(const json_t *schema, const char *keyword);
bool hearth_json_schema_is_note(const char *keyword);
/* Bits of enum hearth_json_schema_type: what `type` says, else what the other keywords are about,
 * else 0. */
unsigned hearth_json_schema_types(const json_t *schema);
unsigned hearth_json_schema_type_of(const json_t *value);
/* A keyword that counts, at most `most`; the fallback where it is absent. */
uint32_t hearth_json_schema_count(const json_t *schema, const char *keyword, uint32_t fallback);

/* json_schema_refs.c: what a reference within the document leads to; NULL after a failure. */
const json_t *hearth_json_schema_target(struct hearth_json_schema_walk *walk, hearth_place place,
                                        const json_t *ref);
/* Without $ref and allOf at its head: they are put together into one. Kept by the walk. */
const json_t *hearth_json_schema_flat(struct hearth_json_schema_walk *walk, hearth_place place,
                                      const json_t *schema);

/* json_schema_merge.c: a schema of what both accept, owned by the caller; NULL after a failure. */
json_t *hearth_json_schema_merge(struct hearth_json_schema_walk *walk, hearth_place place,
                                 const json_t *a, const json_t *b);

/* json_schema_apart.c: is it certain that nothing that is written for one is accepted by the other?
 */
bool hearth_json_schema_apart(struct hearth_json_schema_walk *walk, hearth_place place,
                              const json_t *a, const json_t *b);

/* One type each. */
uint32_t hearth_json_schema_object(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema);
uint32_t hearth_json_schema_array(struct hearth_json_schema_walk *walk, hearth_place place,
                                  const json_t *schema);
uint32_t hearth_json_schema_string(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema);
uint32_t hearth_json_schema_number(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema, bool integer);

#endif
