/* The walk: what stands at each place, and alternatives. */
#include "base/memory.h"
#include "grammar/json_schema_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 200u
#define VISITS_MAX 20000u
#define BODY_MAX (256u << 10)
#define APART_MAX 64u /* alternatives of oneOf, which are compared with each other */

struct hearth_json_schema_place hearth_json_schema_below(hearth_place up, const char *key)
{
    return (struct hearth_json_schema_place){.up = up, .key = key, .depth = up->depth + 1};
}

struct hearth_json_schema_place hearth_json_schema_element(hearth_place up, size_t index)
{
    return (struct hearth_json_schema_place){.up = up, .index = index, .depth = up->depth + 1};
}

/* The whole chain is as long as the nesting; of a long one the end is told, which is what helps. */
static void write_place(hearth_place place, char *ret_text, size_t size)
{
    char parts[256];
    size_t at = sizeof(parts) - 1;
    parts[at] = '\0';
    for (; place; place = place->up) {
        char part[80];
        int length = place->key
                         ? snprintf(part, sizeof(part), "%s%.64s", place->up ? "." : "", place->key)
                         : snprintf(part, sizeof(part), "[%zu]", place->index);
        if ((size_t)length + 3 > at) {
            at -= 3;
            memcpy(parts + at, "...", 3);
            break;
        }
        at -= (size_t)length;
        memcpy(parts + at, part, (size_t)length);
    }
    snprintf(ret_text, size, "%s", parts + at);
}

uint32_t hearth_json_schema_fail(struct hearth_json_schema_walk *walk, hearth_place place,
                                 const char *format, ...)
{
    char what[300], where[256];
    if (walk->failed)
        return 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    write_place(place, where, sizeof(where));
    walk->failed = hearth_error_set(walk->error, HEARTH_EINVAL, "%s: %s", where, what);
    return 0;
}

/* Of each type only the keywords that are about it say something. */
static uint32_t visit_type(struct hearth_json_schema_walk *walk, hearth_place place,
                           const json_t *schema, unsigned type)
{
    switch (type) {
    case HEARTH_JSON_SCHEMA_OBJECT:
        return hearth_json_schema_object(walk, place, schema);
    case HEARTH_JSON_SCHEMA_ARRAY:
        return hearth_json_schema_array(walk, place, schema);
    case HEARTH_JSON_SCHEMA_STRING:
        return hearth_json_schema_string(walk, place, schema);
    case HEARTH_JSON_SCHEMA_NUMBER:
    case HEARTH_JSON_SCHEMA_INTEGER:
        return hearth_json_schema_number(walk, place, schema, type == HEARTH_JSON_SCHEMA_INTEGER);
    case HEARTH_JSON_SCHEMA_BOOLEAN:
        return hearth_gbnf_rule_of(walk->gbnf, "\"true\" | \"false\"");
    default:
        return hearth_gbnf_rule_of(walk->gbnf, "\"null\"");
    }
}

static void add_alternative(struct hearth_buf *body, uint32_t rule)
{
    hearth_buf_printf(body, "%sr%u", body->length ? " | " : "", rule);
}

static uint32_t visit_types(struct hearth_json_schema_walk *walk, hearth_place place,
                            const json_t *schema)
{
    unsigned types = hearth_json_schema_types(schema);
    if (!types)
        return hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_VALUE);
    if (types & HEARTH_JSON_SCHEMA_NUMBER)
        types &= ~(unsigned)HEARTH_JSON_SCHEMA_INTEGER;
    if ((types & (types - 1)) == 0)
        return visit_type(walk, place, schema, types);
    struct hearth_buf body;
    hearth_buf_init(&body, BODY_MAX);
    for (unsigned type = 1; type <= HEARTH_JSON_SCHEMA_NULL; type <<= 1)
        if (types & type)
            add_alternative(&body, visit_type(walk, place, schema, type));
    uint32_t rule = hearth_gbnf_rule(walk->gbnf, &body);
    hearth_buf_finish(&body);
    return rule;
}

static bool holds(const json_t *values, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)values, i, one) if (json_equal(one, value)) return true;
    return false;
}

/* One of the values, as JSON; what the type or the constant beside them rules out is left away. */
static uint32_t visit_values(struct hearth_json_schema_walk *walk, hearth_place place,
                             const json_t *schema)
{
    static const char *const judged[] = {"type",  "const",       "enum",    "title",
                                         "$defs", "definitions", "default", NULL};
    const char *key;
    json_t *value, *constant = json_object_get(schema, "const");
    json_object_foreach((json_t *)schema, key, value)
    {
        bool known = hearth_json_schema_is_note(key);
        for (const char *const *one = judged; *one && !known; one++)
            known = !strcmp(*one, key);
        if (!known)
            return hearth_json_schema_fail(walk, place, "%.64s beside %s is not supported", key,
                                           constant ? "const" : "enum");
    }
    json_t *values = json_object_get(schema, "enum");
    json_t *alone = constant ? json_pack("[O]", constant) : NULL;
    unsigned types = json_object_get(schema, "type") ? hearth_json_schema_types(schema) : ~0u;
    struct hearth_buf body, text;
    hearth_buf_init(&body, BODY_MAX);
    size_t i;
    json_array_foreach(alone ? alone : values, i, value)
    {
        unsigned type = hearth_json_schema_type_of(value);
        if (!(types &
              (type & HEARTH_JSON_SCHEMA_INTEGER ? type | HEARTH_JSON_SCHEMA_NUMBER : type)) ||
            (alone && values && !holds(values, value)))
            continue;
        hearth_buf_init(&text, BODY_MAX);
        hearth_json_dump(&text, value);
        hearth_buf_text(&body, body.length ? " | " : "");
        hearth_gbnf_literal(&body, text.bytes ? text.bytes : "", text.length);
        hearth_buf_finish(&text);
    }
    json_decref(alone);
    uint32_t rule = body.length ? hearth_gbnf_rule(walk->gbnf, &body)
                                : hearth_json_schema_fail(walk, place, "no value is allowed here");
    hearth_buf_finish(&body);
    return rule;
}

/* A grammar cannot say "exactly one": the alternatives must be apart by what they are. */
static void check_apart(struct hearth_json_schema_walk *walk, hearth_place place,
                        const json_t *list)
{
    size_t count = json_array_size(list);
    if (count > APART_MAX)
        hearth_json_schema_fail(walk, place, "has %zu alternatives, at most %u are taken", count,
                                APART_MAX);
    for (size_t i = 1; i < count && !walk->failed; i++)
        for (size_t j = 0; j < i && !walk->failed; j++)
            if (!hearth_json_schema_apart(walk, place, json_array_get(list, i),
                                          json_array_get(list, j)))
                hearth_json_schema_fail(
                    walk, place,
                    "oneOf: a value might match both the alternatives %zu and %zu, "
                    "which oneOf forbids; use anyOf, or give each a constant of its "
                    "own",
                    j, i);
}

/* Keywords beside the alternatives hold for each of them. */
static uint32_t visit_alternatives(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema, const char *keyword)
{
    struct hearth_json_schema_place below = hearth_json_schema_below(place, keyword);
    const json_t *list = json_object_get(schema, keyword);
    json_t *rest = NULL, *alternative;
    size_t i;
    struct hearth_buf body;
    if (!strcmp(keyword, "oneOf"))
        check_apart(walk, &below, list);
    if (hearth_json_schema_has_others(schema, keyword)) {
        rest = json_copy((json_t *)schema);
        json_object_del(rest, keyword);
        json_array_append_new(walk->kept, rest);
    }
    hearth_buf_init(&body, BODY_MAX);
    json_array_foreach((json_t *)list, i, alternative)
    {
        struct hearth_json_schema_place here = hearth_json_schema_element(&below, i);
        json_t *both = rest ? json_pack("{s:[O,O]}", "allOf", rest, alternative) : NULL;
        if (both)
            json_array_append_new(walk->kept, both);
        add_alternative(&body, hearth_json_schema_visit(walk, &here, both ? both : alternative));
        if (walk->failed)
            break;
    }
    uint32_t rule = walk->failed ? 0 : hearth_gbnf_rule(walk->gbnf, &body);
    hearth_buf_finish(&body);
    return rule;
}

static struct hearth_json_schema_ref *find_ref(struct hearth_json_schema_walk *walk,
                                               const json_t *target)
{
    for (uint32_t i = 0; i < walk->ref_count; i++)
        if (walk->refs[i].target == target)
            return &walk->refs[i];
    if (walk->ref_count == HEARTH_JSON_SCHEMA_REFS_MAX)
        return NULL;
    struct hearth_json_schema_ref *ref = &walk->refs[walk->ref_count++];
    *ref = (struct hearth_json_schema_ref){.target = target};
    return ref;
}

/* What a reference leads to is written once, so that a schema may contain itself; but not without
 * an object or a list between. */
static uint32_t visit_ref(struct hearth_json_schema_walk *walk, hearth_place place,
                          const json_t *schema)
{
    const json_t *target = hearth_json_schema_target(walk, place, json_object_get(schema, "$ref"));
    struct hearth_json_schema_ref *ref = target ? find_ref(walk, target) : NULL;
    if (!ref)
        return hearth_json_schema_fail(walk, place, "$ref: the schema has too many references");
    if (ref->rule) {
        if (ref->open && ref->containers == walk->containers)
            return hearth_json_schema_fail(walk, place, "$ref: it refers to itself without end");
        return ref->rule;
    }
    ref->rule = hearth_gbnf_reserve(walk->gbnf);
    ref->containers = walk->containers;
    ref->open = true;
    const char *name = json_string_value(json_object_get(schema, "$ref"));
    struct hearth_json_schema_place there =
        hearth_json_schema_below(walk->top, name[1] ? name + 2 : name);
    there.depth = place->depth + 1;
    uint32_t inner = hearth_json_schema_visit(walk, name[1] ? &there : walk->top, target);
    struct hearth_buf body;
    hearth_buf_init(&body, 32);
    hearth_buf_printf(&body, "r%u", inner);
    hearth_gbnf_define(walk->gbnf, ref->rule, &body);
    hearth_buf_finish(&body);
    ref->open = false;
    return ref->rule;
}

uint32_t hearth_json_schema_visit(struct hearth_json_schema_walk *walk, hearth_place place,
                                  const json_t *schema)
{
    if (walk->failed)
        return 0;
    if (++walk->visits > VISITS_MAX || walk->gbnf->text.failed)
        return hearth_json_schema_fail(walk, place, "the schema is too large");
    if (place->depth > DEPTH_MAX)
        return hearth_json_schema_fail(walk, place, "the schema is nested too deep");
    if (json_is_true(schema))
        return hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_VALUE);
    if (json_is_false(schema))
        return hearth_json_schema_fail(walk, place,
                                       "false accepts no value, but one is needed here");
    if (!json_is_object(schema))
        return hearth_json_schema_fail(walk, place, "must be a schema: an object, true or false");
    hearth_json_schema_check(walk, place, schema);
    if (walk->failed)
        return 0;
    if (json_object_get(schema, "$ref") && !hearth_json_schema_has_others(schema, "$ref"))
        return visit_ref(walk, place, schema);
    if (json_object_get(schema, "$ref") || json_object_get(schema, "allOf"))
        schema = hearth_json_schema_flat(walk, place, schema);
    if (!schema)
        return 0;
    for (const char *const *keyword = (const char *const[]){"anyOf", "oneOf", NULL}; *keyword;
         keyword++)
        if (json_object_get(schema, *keyword))
            return visit_alternatives(walk, place, schema, *keyword);
    if (json_object_get(schema, "const") || json_object_get(schema, "enum"))
        return visit_values(walk, place, schema);
    return visit_types(walk, place, schema);
}

uint32_t hearth_json_schema_visit_inside(struct hearth_json_schema_walk *walk, hearth_place place,
                                         const json_t *schema)
{
    walk->containers++;
    uint32_t rule = hearth_json_schema_visit(walk, place, schema);
    walk->containers--;
    return rule;
}

int hearth_json_schema_write_within(struct hearth_gbnf *gbnf, const json_t *document,
                                    const json_t *schema, const char *name, uint32_t *ret_rule,
                                    struct hearth_error *error)
{
    struct hearth_json_schema_walk *walk = hearth_try_calloc(1, sizeof(*walk));
    if (!walk)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a schema");
    walk->gbnf = gbnf;
    walk->root = document;
    walk->error = error;
    walk->kept = json_array();
    const struct hearth_json_schema_place place = {.key = name};
    walk->top = &place;
    uint32_t rule = hearth_json_schema_visit(walk, &place, schema);
    if (gbnf->text.failed)
        hearth_json_schema_fail(walk, &place, "the schema is too large");
    int rc = walk->failed;
    json_decref(walk->kept);
    hearth_free(walk);
    if (!rc)
        *ret_rule = rule;
    return rc;
}

int hearth_json_schema_write(struct hearth_gbnf *gbnf, const json_t *schema, const char *name,
                             uint32_t *ret_rule, struct hearth_error *error)
{
    return hearth_json_schema_write_within(gbnf, schema, schema, name, ret_rule, error);
}
