/* Two schemas into one of what both accept. What cannot be put together is refused, so that nothing
 * gets lost. */
#include "grammar/json_schema_walk.h"

#include <string.h>

static json_t *both(const json_t *a, const json_t *b)
{
    return json_equal((json_t *)a, (json_t *)b) ? json_incref((json_t *)a)
                                                : json_pack("{s:[O,O]}", "allOf", a, b);
}

static json_t *extreme(const json_t *a, const json_t *b, bool larger)
{
    bool first = json_number_value(a) > json_number_value(b);
    return json_incref((json_t *)(first == larger ? a : b));
}

static bool lists(const json_t *list, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (json_equal(one, value))
            return true;
    }
    return false;
}

static json_t *union_of(const json_t *a, const json_t *b)
{
    json_t *all = json_copy((json_t *)a), *one;
    size_t i;
    json_array_foreach((json_t *)b, i, one)
    {
        if (!lists(all, one))
            json_array_append(all, one);
    }
    return all;
}

static json_t *intersection_of(const json_t *a, const json_t *b)
{
    json_t *common = json_array(), *one;
    size_t i;
    json_array_foreach((json_t *)a, i, one)
    {
        if (lists(b, one))
            json_array_append(common, one);
    }
    return common;
}

/* NULL: none is of both. An integer is a number too. */
static json_t *common_types(const json_t *a, const json_t *b)
{
    json_t *a_list = json_is_array(a) ? json_incref((json_t *)a) : json_pack("[O]", a);
    json_t *b_list = json_is_array(b) ? json_incref((json_t *)b) : json_pack("[O]", b);
    json_t *common = intersection_of(a_list, b_list);
    json_t *integer = json_string("integer"), *number = json_string("number");
    bool narrowed = (lists(a_list, integer) && lists(b_list, number)) ||
                    (lists(b_list, integer) && lists(a_list, number));
    if (narrowed && !lists(common, integer) && !lists(common, number))
        json_array_append(common, integer);
    json_decref(integer);
    json_decref(number);
    json_decref(a_list);
    json_decref(b_list);
    if (json_array_size(common))
        return common;
    json_decref(common);
    return NULL;
}

/* The value of one keyword that both have; NULL: the two cannot be one. */
static json_t *merge_values(const char *key, const json_t *a, const json_t *b)
{
    static const char *const rising[] = {"minimum",  "exclusiveMinimum", "minLength",
                                         "minItems", "minProperties",    NULL};
    static const char *const falling[] = {"maximum",  "exclusiveMaximum", "maxLength",
                                          "maxItems", "maxProperties",    NULL};
    if (json_equal((json_t *)a, (json_t *)b) || hearth_json_schema_is_note(key))
        return json_incref((json_t *)a);
    if (!strcmp(key, "type"))
        return common_types(a, b);
    if (!strcmp(key, "required"))
        return union_of(a, b);
    if (!strcmp(key, "enum"))
        return intersection_of(a, b);
    if (!strcmp(key, "items") && !json_is_array(a) && !json_is_array(b))
        return both(a, b);
    if (!strcmp(key, "allOf")) {
        json_t *all = json_copy((json_t *)a);
        json_array_extend(all, (json_t *)b);
        return all;
    }
    for (const char *const *one = rising; *one; one++)
        if (!strcmp(*one, key))
            return extreme(a, b, true);
    for (const char *const *one = falling; *one; one++)
        if (!strcmp(*one, key))
            return extreme(a, b, false);
    return NULL;
}

/* Members that only `from` declares must be what the other one says of additional ones. */
static void take_members(const json_t *from, const json_t *other, json_t *members)
{
    json_t *declared = json_object_get(from, "properties"), *value;
    const json_t *theirs = json_object_get(other, "properties");
    const json_t *additional = json_object_get(other, "additionalProperties");
    const char *key;
    json_object_foreach(declared, key, value)
    {
        const json_t *same = json_object_get(theirs, key);
        if (!same && json_is_false(additional))
            continue;
        if (same || (additional && !json_is_true(additional)))
            json_object_set_new(members, key, both(value, same ? same : additional));
        else
            json_object_set(members, key, value);
    }
}

static void merge_objects(const json_t *a, const json_t *b, json_t *merged)
{
    json_t *members = json_object();
    const json_t *a_more = json_object_get(a, "additionalProperties");
    const json_t *b_more = json_object_get(b, "additionalProperties");
    take_members(a, b, members);
    const char *key;
    json_t *value, *added = json_object();
    take_members(b, a, added);
    json_object_foreach(added, key, value)
    {
        if (!json_object_get(members, key))
            json_object_set(members, key, value);
    }
    json_decref(added);
    if (json_object_get(a, "properties") || json_object_get(b, "properties"))
        json_object_set(merged, "properties", members);
    json_decref(members);
    if (json_is_false(a_more) || json_is_false(b_more))
        json_object_set_new(merged, "additionalProperties", json_false());
    else if (a_more && b_more)
        json_object_set_new(merged, "additionalProperties", both(a_more, b_more));
}

json_t *hearth_json_schema_merge(struct hearth_json_schema_walk *walk, hearth_place place,
                                 const json_t *a, const json_t *b)
{
    json_t *merged = json_copy((json_t *)a), *value;
    const char *key;
    bool tuples = json_object_get(a, "prefixItems") || json_object_get(b, "prefixItems");
    json_object_foreach((json_t *)b, key, value)
    {
        const json_t *ours = json_object_get(a, key);
        if (!strcmp(key, "properties") || !strcmp(key, "additionalProperties")) {
            json_object_set(merged, key, value);
            continue;
        }
        /* `items` is about what `prefixItems` beside it leaves over. */
        json_t *one = !ours                               ? json_incref(value)
                      : tuples && (!strcmp(key, "items")) ? NULL
                                                          : merge_values(key, ours, value);
        if (!one) {
            hearth_json_schema_fail(
                walk, place,
                "%.64s: two schemas that must both hold say different things, and "
                "they cannot be put together",
                key);
            json_decref(merged);
            return NULL;
        }
        json_object_set_new(merged, key, one);
    }
    merge_objects(a, b, merged);
    return merged;
}
