#include "base/schema.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* One step of the way from the document to a value; the way is only written out at a fault. */
struct step {
    const struct step *parent;
    const char *key; /* NULL: an index */
    size_t index;
};

struct check {
    struct hearth_arena *arena;
    struct hearth_schema_faults *faults;   /* NULL: nobody wants to know them */
    struct hearth_schema_ignored *ignored; /* NULL: a key that is not known is a fault */
    unsigned depth;
};

static bool check_value(struct check *check, const struct hearth_schema *schema,
                        const json_t *value, const struct step *way);

/* The bits of all types that a value is of: an integer is a number as well. */
static unsigned type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return HEARTH_SCHEMA_OBJECT;
    case JSON_ARRAY:
        return HEARTH_SCHEMA_ARRAY;
    case JSON_STRING:
        return HEARTH_SCHEMA_STRING;
    case JSON_INTEGER:
        return HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NUMBER;
    case JSON_REAL:
        /* 2.0 is an integer too (JSON Schema 2020-12, core, 4.2.3), up to 2^53, beyond which a
         * double skips some. */
        return HEARTH_SCHEMA_NUMBER | (floor(json_real_value(value)) == json_real_value(value) &&
                                               fabs(json_real_value(value)) <= 9007199254740992.0
                                           ? (unsigned)HEARTH_SCHEMA_INTEGER
                                           : 0u);
    case JSON_TRUE:
    case JSON_FALSE:
        return HEARTH_SCHEMA_BOOLEAN;
    default:
        return HEARTH_SCHEMA_NULL;
    }
}

/* Characters of a text; jansson has made sure that it is UTF-8. */
static size_t character_count(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t count = 0;
    for (size_t i = 0; i < json_string_length(value); i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* A value as a person would name it, short enough for a message. */
static const char *describe(struct check *check, const json_t *value, bool by_type)
{
    enum { SHOWN = 64 };
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return by_type ? "an array"
                       : hearth_arena_format(check->arena, "%zu item%s", json_array_size(value),
                                             json_array_size(value) == 1 ? "" : "s");
    case JSON_STRING:
        if (by_type)
            return "a string";
        if (json_string_length(value) > SHOWN)
            return hearth_arena_format(check->arena, "a string of %zu characters",
                                       character_count(value));
        return hearth_arena_format(check->arena, "\"%s\"", json_string_value(value));
    case JSON_INTEGER:
        return hearth_arena_format(check->arena, "%" JSON_INTEGER_FORMAT,
                                   json_integer_value(value));
    case JSON_REAL:
        return hearth_arena_format(check->arena, "%.15g", json_real_value(value));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}

/* By its type; a list by that of its first item too. */
static const char *describe_start(struct check *check, const json_t *value)
{
    /* NULL for anything that is no list. */
    const json_t *first = json_array_get(value, 0);
    return first ? hearth_arena_format(check->arena, "an array that begins with %s",
                                       describe(check, first, true))
                 : describe(check, value, true);
}

/* From the document down; the recursion is as deep as the value that was checked. */
static void write_way(struct hearth_buf *buf, const struct step *way)
{
    if (!way)
        return;
    write_way(buf, way->parent);
    if (way->key)
        hearth_buf_printf(buf, buf->length ? ".%s" : "%s", way->key);
    else
        hearth_buf_printf(buf, "[%zu]", way->index);
}

static const char *path_of(struct check *check, const struct step *way)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 16 << 10);
    write_way(&buf, way);
    const char *path = hearth_arena_strndup(check->arena, buf.bytes ? buf.bytes : "", buf.length);
    hearth_buf_finish(&buf);
    return path;
}

/* Adds a fault at this place. Always false, so that a check can end with it. */
static bool add_fault(struct check *check, const struct step *way,
                      const struct hearth_schema_fault *what)
{
    struct hearth_schema_faults *faults = check->faults;
    if (!faults)
        return false;
    /* A document may have a million faults; a person mends a few at a time. */
    if (faults->count == HEARTH_SCHEMA_FAULTS_MAX) {
        faults->more = true;
        return false;
    }
    const char *path = path_of(check, way);
    if (!path || !what->got) {
        faults->more = true;
        return false;
    }
    faults->rows[faults->count] = *what;
    faults->rows[faults->count++].path = path;
    return false;
}

static bool fault(struct check *check, enum hearth_schema_fault_kind kind, const struct step *way,
                  const char *expected, const char *got)
{
    return add_fault(check, way,
                     &(struct hearth_schema_fault){.kind = kind, .expected = expected, .got = got});
}

/* Describing a value takes memory, which a quiet check has no use for. */
static bool value_fault(struct check *check, const struct hearth_schema *schema,
                        const json_t *value, const struct step *way)
{
    if (!check->faults)
        return false;
    return fault(check, HEARTH_FAULT_VALUE, way, schema->expected, describe(check, value, false));
}

static bool check_number(struct check *check, const struct hearth_schema *schema,
                         const json_t *value, const struct step *way)
{
    double number = json_number_value(value);
    bool low = schema->minimum && (number < *schema->minimum ||
                                   (schema->minimum_exclusive && number == *schema->minimum));
    bool high = schema->maximum && (number > *schema->maximum ||
                                    (schema->maximum_exclusive && number == *schema->maximum));
    return low || high ? value_fault(check, schema, value, way) : true;
}

static bool check_text(struct check *check, const struct hearth_schema *schema, const json_t *value,
                       const struct step *way)
{
    /* Counted only where it is asked: a text may be megabytes long. */
    if (schema->length_min || schema->length_max) {
        size_t length = character_count(value);
        if (length < schema->length_min || (schema->length_max && length > schema->length_max))
            return value_fault(check, schema, value, way);
    }
    if (!schema->choices)
        return true;
    for (const char *const *choice = schema->choices; *choice; choice++)
        if (strlen(*choice) == json_string_length(value) &&
            memcmp(*choice, json_string_value(value), json_string_length(value)) == 0)
            return true;
    return value_fault(check, schema, value, way);
}

/* Once nobody wants more faults, or the list of them is full, the rest is not looked at: a body may
 * have a million items. */
static bool check_array(struct check *check, const struct hearth_schema *schema,
                        const json_t *value, const struct step *way)
{
    size_t count = json_array_size(value);
    if (count < schema->length_min || (schema->length_max && count > schema->length_max))
        return value_fault(check, schema, value, way);
    if (!schema->items)
        return true;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct step step = {.parent = way, .index = i};
        good &= check_value(check, schema->items, json_array_get(value, i), &step);
        if (!good && (!check->faults || check->faults->more))
            break;
    }
    return good;
}

/* One by one: an object of ours has a dozen properties. */
static const struct hearth_schema_property *property_of(const struct hearth_schema *schema,
                                                        const char *key)
{
    for (size_t i = 0; i < schema->property_count; i++)
        if (strcmp(schema->properties[i].name, key) == 0)
            return &schema->properties[i];
    return NULL;
}

static bool unknown_key(struct check *check, const struct hearth_schema *schema, const char *key,
                        const struct step *way)
{
    /* More than any schema of ours has. */
    enum { NAMES = 128 };
    if (!check->faults)
        return false;
    const char *names[NAMES + 1];
    size_t count = 0;
    for (size_t i = 0; i < schema->property_count && count < NAMES; i++)
        if (!schema->properties[i].schema->refused)
            names[count++] = schema->properties[i].name;
    names[count] = NULL;
    return add_fault(check, way,
                     &(struct hearth_schema_fault){.kind = HEARTH_FAULT_UNKNOWN,
                                                   .expected = "a known key",
                                                   .got = "an unknown key",
                                                   .suggestion = hearth_nearest_word(key, names)});
}

/* Once there are too many to name, no more are looked at: a body may have a million. */
static void pass_over(struct check *check, const struct step *way)
{
    struct hearth_buf path;
    if (check->ignored->more)
        return;
    hearth_buf_init(&path, 16 << 10);
    write_way(&path, way);
    hearth_schema_ignored_add(check->ignored, path.bytes, path.length);
    hearth_buf_finish(&path);
}

static bool check_object(struct check *check, const struct hearth_schema *schema,
                         const json_t *value, const struct step *way)
{
    bool good = true;
    const char *key;
    json_t *member;
    /* The iterator only needs a mutable document for setting members. */
    json_object_foreach((json_t *)value, key, member)
    {
        struct step step = {.parent = way, .key = key};
        const struct hearth_schema_property *property = property_of(schema, key);
        if (property)
            good &= check_value(check, property->schema, member, &step);
        else if (schema->additional)
            good &= check_value(check, schema->additional, member, &step);
        else if (schema->closed && check->ignored)
            pass_over(check, &step);
        else if (schema->closed)
            good = unknown_key(check, schema, key, &step);
        if (!good && (!check->faults || check->faults->more))
            break;
    }
    if (!good && (!check->faults || check->faults->more))
        return false;
    /* Behind the wrong members, which are often why another is missing. */
    for (size_t i = 0; i < schema->property_count; i++) {
        const struct hearth_schema_property *property = &schema->properties[i];
        if (!property->required || json_object_get(value, property->name))
            continue;
        struct step step = {.parent = way, .key = property->name};
        good = fault(check, HEARTH_FAULT_MISSING, &step, property->schema->expected, "nothing");
    }
    return good;
}

/* How far a list or object goes along with an alternative, for telling which one was meant: a list
 * of items of any kind may be meant by what begins as a list of one kind does, but less so. */
enum nearness { FAR, NEAR, NEAREST };

static enum nearness nearness_of(const struct hearth_schema *schema, const json_t *value)
{
    if (!(schema->types & type_of(value)))
        return FAR;
    if (!json_is_array(value) || !schema->items || json_array_size(value) == 0)
        return NEAR;
    unsigned types = schema->items->types;
    if (!types)
        return NEAR;
    return types & type_of(json_array_get(value, 0)) ? NEAREST : FAR;
}

/* The alternative that is nearer than all others, or NULL; also whether any is near. */
static const struct hearth_schema *meant_by(const struct hearth_schema *schema, const json_t *value,
                                            bool *ret_near)
{
    const struct hearth_schema *meant = NULL;
    enum nearness best = FAR;
    for (const struct hearth_schema *const *one = schema->any_of; *one; one++) {
        enum nearness nearness = nearness_of(*one, value);
        if (nearness < best || nearness == FAR)
            continue;
        meant = nearness > best ? *one : NULL;
        best = nearness;
    }
    *ret_near = best != FAR;
    return meant;
}

/* Without a list of faults: the first alternative that fits is enough, and the others' faults are
 * nobody's, nor are the keys that they do not know. */
static bool fits_one(const struct check *check, const struct hearth_schema *schema,
                     const json_t *value, const struct step *way)
{
    struct check quiet = {.arena = check->arena, .ignored = check->ignored, .depth = check->depth};
    const uint32_t count = check->ignored ? check->ignored->count : 0;
    const bool more = check->ignored && check->ignored->more;
    for (const struct hearth_schema *const *one = schema->any_of; *one; one++) {
        if (check_value(&quiet, *one, value, way))
            return true;
        if (check->ignored) {
            check->ignored->count = count;
            check->ignored->more = more;
        }
    }
    return false;
}

static bool check_any(struct check *check, const struct hearth_schema *schema, const json_t *value,
                      const struct step *way)
{
    if (fits_one(check, schema, value, way))
        return true;
    /* The faults of the one alternative that takes such a value say more than "none matches". */
    bool near;
    const struct hearth_schema *meant = meant_by(schema, value, &near);
    if (!check->faults)
        return false;
    if (meant)
        return check_value(check, meant, value, way);
    /* An empty list has the right type everywhere; what is wrong is that it is empty. */
    if (json_is_array(value) && json_array_size(value) == 0 && near)
        return fault(check, HEARTH_FAULT_VALUE, way, schema->expected,
                     describe(check, value, false));
    return fault(check, HEARTH_FAULT_TYPE, way, schema->expected, describe_start(check, value));
}

static bool check_typed(struct check *check, const struct hearth_schema *schema,
                        const json_t *value, const struct step *way)
{
    unsigned type = type_of(value);
    /* The type first: the other rules only make sense for it. */
    if (schema->types && !(schema->types & type))
        return check->faults ? fault(check, HEARTH_FAULT_TYPE, way, schema->expected,
                                     describe(check, value, true))
                             : false;
    if (schema->any_of)
        return check_any(check, schema, value, way);
    if (type & HEARTH_SCHEMA_NUMBER)
        return check_number(check, schema, value, way);
    if (type & HEARTH_SCHEMA_STRING)
        return check_text(check, schema, value, way);
    if (type & HEARTH_SCHEMA_ARRAY)
        return check_array(check, schema, value, way);
    if (type & HEARTH_SCHEMA_OBJECT)
        return check_object(check, schema, value, way);
    return true;
}

/* Where a check of the schema's own stands. */
struct hearth_schema_site {
    struct check *check;
    const struct step *way;
};

bool hearth_schema_tell(struct hearth_schema_site *site, const char *key,
                        const struct hearth_schema_fault *what)
{
    struct step step = {.parent = site->way, .key = key};
    return add_fault(site->check, key ? &step : site->way, what);
}

struct hearth_arena *hearth_schema_site_arena(struct hearth_schema_site *site)
{
    return site->check->arena;
}

const char *hearth_schema_site_describe(struct hearth_schema_site *site, const json_t *value)
{
    return describe(site->check, value, false);
}

static bool refuse(struct check *check, const struct hearth_schema *schema, const json_t *value,
                   const struct step *way)
{
    if (!check->faults)
        return false;
    return add_fault(check, way,
                     &(struct hearth_schema_fault){.kind = HEARTH_FAULT_REFUSED,
                                                   .expected = "nothing",
                                                   .got = describe(check, value, true),
                                                   .message = schema->refused});
}

/* Says that a client knows the key and does not use it: some write every key they know, with the
 * value that switches it off. An empty object is none of these: it may ask for all defaults. */
static bool is_off(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) ||
           (json_is_number(value) && json_number_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static bool check_value(struct check *check, const struct hearth_schema *schema,
                        const json_t *value, const struct step *way)
{
    if (schema->refused)
        return is_off(value) ? true : refuse(check, schema, value, way);
    if (check->depth == HEARTH_SCHEMA_DEPTH_MAX)
        return fault(check, HEARTH_FAULT_DEPTH, way, "at most 64 levels", "more levels");
    check->depth++;
    bool good = check_typed(check, schema, value, way);
    /* Only for values that are right otherwise, so that a check of our own need not look at types.
     */
    if (good && schema->check && !json_is_null(value))
        good = schema->check(value, &(struct hearth_schema_site){.check = check, .way = way});
    check->depth--;
    return good;
}

static int check_document(const struct hearth_schema *schema, const json_t *value,
                          struct hearth_arena *arena, struct hearth_schema_faults *ret_faults,
                          struct hearth_schema_ignored *ignored)
{
    ret_faults->count = 0;
    ret_faults->more = false;
    struct check check = {.arena = arena, .faults = ret_faults, .ignored = ignored};
    return check_value(&check, schema, value, NULL) ? 0 : HEARTH_EFIELDS;
}

int hearth_schema_check(const struct hearth_schema *schema, const json_t *value,
                        struct hearth_arena *arena, struct hearth_schema_faults *ret_faults)
{
    return check_document(schema, value, arena, ret_faults, NULL);
}

int hearth_schema_check_tolerant(const struct hearth_schema *schema, const json_t *value,
                                 struct hearth_arena *arena,
                                 struct hearth_schema_faults *ret_faults,
                                 struct hearth_schema_ignored *ret_ignored)
{
    ret_ignored->count = 0;
    ret_ignored->more = false;
    return check_document(schema, value, arena, ret_faults, ret_ignored);
}

const char *hearth_schema_fault_text(const struct hearth_schema_fault *fault,
                                     struct hearth_arena *arena)
{
    const char *where = *fault->path ? fault->path : "the body";
    /* Every sentence begins with the place, and one fact has one wording, whatever the schema. */
    const char *text = NULL;
    switch (fault->kind) {
    case HEARTH_FAULT_MISSING:
        text = hearth_arena_format(arena, "%s is missing; it must be %s", where, fault->expected);
        break;
    case HEARTH_FAULT_UNKNOWN:
        text = fault->suggestion ? hearth_arena_format(arena, "%s is not known here; was %s meant?",
                                                       where, fault->suggestion)
                                 : hearth_arena_format(arena, "%s is not known here", where);
        break;
    case HEARTH_FAULT_REFUSED:
        text = hearth_arena_format(arena, "%s is not allowed here: %s", where, fault->message);
        break;
    case HEARTH_FAULT_DEPTH:
        text = hearth_arena_format(arena, "%s has more than %d levels of nesting", where,
                                   HEARTH_SCHEMA_DEPTH_MAX);
        break;
    default:
        text = fault->message ? fault->message
                              : hearth_arena_format(arena, "%s must be %s, but it is %s", where,
                                                    fault->expected, fault->got);
    }
    return text ? text : "";
}
