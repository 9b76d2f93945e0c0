/* Whether two schemas are apart for certain: by their types, their constants, or a member that both
 * need and whose values are apart, as unions have it that carry a tag. */
#include "grammar/json_schema_walk.h"

#include <string.h>

#define DEPTH_MAX 4u

static bool apart(struct hearth_json_schema_walk *walk, hearth_place place, const json_t *a,
                  const json_t *b, unsigned depth);

/* What a bare reference leads to; NULL where it goes on and on. */
static const json_t *led_to(struct hearth_json_schema_walk *walk, hearth_place place,
                            const json_t *schema)
{
    for (unsigned i = 0; i < 16 && !walk->failed; i++) {
        const json_t *ref = json_object_get(schema, "$ref");
        if (!ref)
            return schema;
        schema = hearth_json_schema_target(walk, place, ref);
    }
    return NULL;
}

static bool may_be(const json_t *schema, const json_t *value)
{
    const json_t *constant = json_object_get(schema, "const"), *one;
    const json_t *values = json_object_get(schema, "enum");
    size_t i;
    if (constant)
        return json_equal((json_t *)constant, (json_t *)value);
    json_array_foreach((json_t *)values, i, one)
    {
        if (json_equal((json_t *)one, (json_t *)value))
            return true;
    }
    return false;
}

static bool has_values(const json_t *schema)
{
    return json_object_get(schema, "const") || json_object_get(schema, "enum");
}

static bool values_apart(const json_t *a, const json_t *b)
{
    const json_t *constant = json_object_get(a, "const");
    json_t *value;
    size_t i;
    if (constant)
        return !may_be(b, constant);
    json_array_foreach(json_object_get(a, "enum"), i, value)
    {
        if (may_be(b, value))
            return false;
    }
    return true;
}

/* The types of its values: of constants their own. ~0: any. */
static unsigned types_of(const json_t *schema)
{
    unsigned types = json_object_get(schema, "type") ? hearth_json_schema_types(schema) : 0;
    const json_t *constant = json_object_get(schema, "const");
    json_t *value;
    size_t i;
    if (!types && constant)
        types = hearth_json_schema_type_of(constant);
    if (!types)
        json_array_foreach(json_object_get(schema, "enum"), i, value) types |=
            hearth_json_schema_type_of(value);
    if (types & HEARTH_JSON_SCHEMA_NUMBER)
        types |= HEARTH_JSON_SCHEMA_INTEGER;
    return types ? types : ~0u;
}

static bool requires(const json_t *schema, const char *name)
{
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(schema, "required"), i, one)
    {
        if (json_is_string(one) && !strcmp(json_string_value(one), name))
            return true;
    }
    return false;
}

/* A member that `a` needs and that tells them apart. */
static bool told_by_member(struct hearth_json_schema_walk *walk, hearth_place place,
                           const json_t *a, const json_t *b, unsigned depth)
{
    const char *name;
    json_t *mine, *theirs = json_object_get(b, "properties");
    json_object_foreach(json_object_get(a, "properties"), name, mine)
    {
        const json_t *other = json_object_get(theirs, name);
        if (!requires(a, name))
            continue;
        if (other ? apart(walk, place, mine, other, depth + 1)
                  : json_is_false(json_object_get(b, "additionalProperties")))
            return true;
    }
    return false;
}

/* Is there a member that `a` needs, and that is never written for `b`? */
static bool has_own_member(const json_t *a, const json_t *b)
{
    const char *name;
    json_t *mine;
    const json_t *more = json_object_get(b, "additionalProperties");
    json_object_foreach(json_object_get(a, "properties"), name, mine)
    {
        if (requires(a, name) && !json_object_get(json_object_get(b, "properties"), name) &&
            !requires(b, name) && json_object_get(b, "properties") &&
            (!more || json_is_false(more)))
            return true;
    }
    return false;
}

static bool apart(struct hearth_json_schema_walk *walk, hearth_place place, const json_t *a,
                  const json_t *b, unsigned depth)
{
    a = led_to(walk, place, a);
    b = led_to(walk, place, b);
    if (!a || !b || depth > DEPTH_MAX)
        return false;
    unsigned a_types = types_of(a), b_types = types_of(b);
    if (!(a_types & b_types))
        return true;
    if (has_values(a) && has_values(b))
        return values_apart(a, b);
    if ((a_types & b_types) != HEARTH_JSON_SCHEMA_OBJECT)
        return false;
    return told_by_member(walk, place, a, b, depth) || told_by_member(walk, place, b, a, depth) ||
           (has_own_member(a, b) && has_own_member(b, a));
}

bool hearth_json_schema_apart(struct hearth_json_schema_walk *walk, hearth_place place,
                              const json_t *a, const json_t *b)
{
    return apart(walk, place, a, b, 0);
}
