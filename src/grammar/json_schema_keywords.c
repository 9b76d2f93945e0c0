/* The keywords of JSON Schema: which are notes, which say something, which no grammar can hold. */
#include "grammar/json_schema_walk.h"

#include <string.h>

enum kind {
    NOTE = 1, /* says nothing about the value */
    REFUSED,
    TEXT,
    COUNT,
    NUMBER,
    SCHEMA,  /* an object, true or false */
    SCHEMAS, /* a list of them, not empty */
    MEMBERS, /* an object of them */
    ITEMS,   /* a schema or, in older drafts, a list of them */
    NAMES,
    LIST, /* not empty */
    TRUTH,
    TYPES,
    ANY,
};

static const struct keyword {
    const char *name;
    enum kind kind;
    unsigned types; /* that it is about */
} keywords[] = {
    {"title", NOTE, 0},
    {"description", NOTE, 0},
    {"default", NOTE, 0},
    {"examples", NOTE, 0},
    {"deprecated", NOTE, 0},
    {"readOnly", NOTE, 0},
    {"writeOnly", NOTE, 0},
    {"$schema", NOTE, 0},
    {"$id", NOTE, 0},
    {"$comment", NOTE, 0},
    {"$anchor", NOTE, 0},
    {"$vocabulary", NOTE, 0},
    {"$defs", NOTE, 0},
    {"definitions", NOTE, 0},
    {"contentMediaType", NOTE, 0},
    {"contentEncoding", NOTE, 0},
    {"contentSchema", NOTE, 0},
    {"$ref", TEXT, 0},
    {"allOf", SCHEMAS, 0},
    {"anyOf", SCHEMAS, 0},
    {"oneOf", SCHEMAS, 0},
    {"const", ANY, 0},
    {"enum", LIST, 0},
    {"type", TYPES, 0},
    {"properties", MEMBERS, HEARTH_JSON_SCHEMA_OBJECT},
    {"required", NAMES, HEARTH_JSON_SCHEMA_OBJECT},
    {"additionalProperties", SCHEMA, HEARTH_JSON_SCHEMA_OBJECT},
    {"minProperties", COUNT, HEARTH_JSON_SCHEMA_OBJECT},
    {"maxProperties", COUNT, HEARTH_JSON_SCHEMA_OBJECT},
    {"items", ITEMS, HEARTH_JSON_SCHEMA_ARRAY},
    {"prefixItems", SCHEMAS, HEARTH_JSON_SCHEMA_ARRAY},
    {"additionalItems", SCHEMA, HEARTH_JSON_SCHEMA_ARRAY},
    {"minItems", COUNT, HEARTH_JSON_SCHEMA_ARRAY},
    {"maxItems", COUNT, HEARTH_JSON_SCHEMA_ARRAY},
    {"uniqueItems", TRUTH, HEARTH_JSON_SCHEMA_ARRAY},
    {"pattern", TEXT, HEARTH_JSON_SCHEMA_STRING},
    {"format", TEXT, HEARTH_JSON_SCHEMA_STRING},
    {"minLength", COUNT, HEARTH_JSON_SCHEMA_STRING},
    {"maxLength", COUNT, HEARTH_JSON_SCHEMA_STRING},
    {"minimum", NUMBER, HEARTH_JSON_SCHEMA_NUMBER},
    {"maximum", NUMBER, HEARTH_JSON_SCHEMA_NUMBER},
    {"exclusiveMinimum", NUMBER, HEARTH_JSON_SCHEMA_NUMBER},
    {"exclusiveMaximum", NUMBER, HEARTH_JSON_SCHEMA_NUMBER},
    {"multipleOf", NUMBER, HEARTH_JSON_SCHEMA_NUMBER},
    {"not", REFUSED, 0},
    {"if", REFUSED, 0},
    {"then", REFUSED, 0},
    {"else", REFUSED, 0},
    {"patternProperties", REFUSED, 0},
    {"propertyNames", REFUSED, 0},
    {"dependencies", REFUSED, 0},
    {"dependentRequired", REFUSED, 0},
    {"dependentSchemas", REFUSED, 0},
    {"unevaluatedProperties", REFUSED, 0},
    {"unevaluatedItems", REFUSED, 0},
    {"contains", REFUSED, 0},
    {"minContains", REFUSED, 0},
    {"maxContains", REFUSED, 0},
    {"$dynamicRef", REFUSED, 0},
    {"$dynamicAnchor", REFUSED, 0},
    {"$recursiveRef", REFUSED, 0},
    {"$recursiveAnchor", REFUSED, 0},
};

static const struct {
    const char *name;
    unsigned type;
} types[] = {
    {"object", HEARTH_JSON_SCHEMA_OBJECT},   {"array", HEARTH_JSON_SCHEMA_ARRAY},
    {"string", HEARTH_JSON_SCHEMA_STRING},   {"number", HEARTH_JSON_SCHEMA_NUMBER},
    {"integer", HEARTH_JSON_SCHEMA_INTEGER}, {"boolean", HEARTH_JSON_SCHEMA_BOOLEAN},
    {"null", HEARTH_JSON_SCHEMA_NULL},
};

static const struct keyword *find(const char *name)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (!strcmp(keywords[i].name, name))
            return &keywords[i];
    return NULL;
}

bool hearth_json_schema_is_note(const char *name)
{
    const struct keyword *keyword = find(name);
    return !keyword || keyword->kind == NOTE;
}

bool hearth_json_schema_has_others(const json_t *schema, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)schema, key, value)
    {
        if (strcmp(key, name) != 0 && !hearth_json_schema_is_note(key))
            return true;
    }
    return false;
}

static unsigned type_named(const json_t *name)
{
    for (size_t i = 0; json_is_string(name) && i < sizeof(types) / sizeof(types[0]); i++)
        if (!strcmp(types[i].name, json_string_value(name)))
            return types[i].type;
    return 0;
}

/* 0 where a name is no type's. */
static unsigned types_named(const json_t *value)
{
    unsigned named = type_named(value);
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)value, i, one)
    {
        if (!type_named(one))
            return 0;
        named |= type_named(one);
    }
    return named;
}

static bool are_texts(const json_t *list)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (!json_is_string(one))
            return false;
    }
    return json_is_array(list);
}

/* JSON knows no integers: 3.0 counts too. */
static bool counts(const json_t *value)
{
    double number = json_number_value(value);
    return json_is_number(value) && number >= 0 && number < 4e9 &&
           number == (double)(uint32_t)number;
}

uint32_t hearth_json_schema_count(const json_t *schema, const char *keyword, uint32_t fallback)
{
    const json_t *value = json_object_get(schema, keyword);
    return value ? (uint32_t)json_number_value(value) : fallback;
}

/* What the value must be, in words, or NULL where it is. */
static const char *fault_of(enum kind kind, const json_t *value)
{
    switch (kind) {
    case TEXT:
        return json_is_string(value) ? NULL : "must be a text";
    case COUNT:
        return counts(value) ? NULL : "must be a whole number that is not negative";
    case NUMBER:
        return json_is_number(value) ? NULL : "must be a number";
    case SCHEMA:
        return json_is_object(value) || json_is_boolean(value)
                   ? NULL
                   : "must be a schema: an object, true or false";
    case SCHEMAS:
    case LIST:
        return json_array_size(value) > 0 ? NULL : "must be a list that is not empty";
    case MEMBERS:
        return json_is_object(value) ? NULL : "must be an object of schemas";
    case ITEMS:
        return json_is_object(value) || json_is_boolean(value) || json_is_array(value)
                   ? NULL
                   : "must be a schema or a list of schemas";
    case NAMES:
        return are_texts(value) ? NULL : "must be a list of names";
    case TRUTH:
        return json_is_boolean(value) ? NULL : "must be true or false";
    case TYPES:
        return types_named(value) ? NULL
                                  : "must be one of object, array, string, number, integer, "
                                    "boolean, null, or a list of them";
    default:
        return NULL;
    }
}

void hearth_json_schema_check(struct hearth_json_schema_walk *walk, hearth_place place,
                              const json_t *schema)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)schema, key, value)
    {
        const struct keyword *keyword = find(key);
        if (!keyword)
            continue;
        if (keyword->kind == REFUSED)
            hearth_json_schema_fail(walk, place, "the keyword %s is not supported", key);
        const char *fault = fault_of(keyword->kind, value);
        if (fault)
            hearth_json_schema_fail(walk, place, "%s %s", key, fault);
    }
}

unsigned hearth_json_schema_type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return HEARTH_JSON_SCHEMA_OBJECT;
    case JSON_ARRAY:
        return HEARTH_JSON_SCHEMA_ARRAY;
    case JSON_STRING:
        return HEARTH_JSON_SCHEMA_STRING;
    case JSON_INTEGER:
        return HEARTH_JSON_SCHEMA_INTEGER;
    case JSON_REAL:
        return HEARTH_JSON_SCHEMA_NUMBER;
    case JSON_NULL:
        return HEARTH_JSON_SCHEMA_NULL;
    default:
        return HEARTH_JSON_SCHEMA_BOOLEAN;
    }
}

unsigned hearth_json_schema_types(const json_t *schema)
{
    const json_t *named = json_object_get(schema, "type");
    if (named)
        return types_named(named);
    unsigned about = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)schema, key, value)
    {
        const struct keyword *keyword = find(key);
        about |= keyword ? keyword->types : 0;
    }
    return about;
}
