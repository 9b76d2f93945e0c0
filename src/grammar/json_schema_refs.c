/* References within the document, and schemas of several parts put together into one. */
#include "grammar/json_schema_walk.h"

#include "base/memory.h"

#include <string.h>

#define MERGES_MAX 1000u

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* A part of a pointer, its escapes undone in place: %XX of addresses (RFC 3986), then ~0 and ~1
 * (RFC 6901). */
static void undo_escapes(char *part)
{
    char *to = part;
    for (const char *at = part; *at; at++)
        if (*at == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            *to++ = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            at += 2;
        } else {
            *to++ = *at;
        }
    *to = '\0';
    to = part;
    for (const char *at = part; *at; at++) {
        bool escaped = *at == '~' && (at[1] == '0' || at[1] == '1');
        *to++ = !escaped ? *at : at[1] == '0' ? '~' : '/';
        at += escaped;
    }
    *to = '\0';
}

static const json_t *member(const json_t *value, const char *part)
{
    if (json_is_object(value))
        return json_object_get(value, part);
    size_t index = 0;
    for (const char *at = part; *at; at++) {
        if (*at < '0' || *at > '9' || index > 1000000)
            return NULL;
        index = index * 10 + (size_t)(*at - '0');
    }
    return *part ? json_array_get(value, index) : NULL;
}

static const json_t *follow(const json_t *root, const char *pointer)
{
    char *copy = hearth_strdup(pointer), *part = copy;
    const json_t *at = root;
    while (at && part) {
        char *slash = strchr(part, '/');
        if (slash)
            *slash = '\0';
        undo_escapes(part);
        at = member(at, part);
        part = slash ? slash + 1 : NULL;
    }
    hearth_free(copy);
    return at;
}

const json_t *hearth_json_schema_target(struct hearth_json_schema_walk *walk, hearth_place place,
                                        const json_t *ref)
{
    const char *text = json_string_value(ref);
    if (!text || text[0] != '#' || (text[1] && text[1] != '/')) {
        hearth_json_schema_fail(
            walk, place, "$ref: only references within the schema are followed (\"#/$defs/…\")");
        return NULL;
    }
    const json_t *target = text[1] ? follow(walk->root, text + 2) : walk->root;
    if (!target)
        hearth_json_schema_fail(walk, place, "$ref: %.100s leads to nothing", text);
    return target;
}

/* Takes the reference or one part of allOf out of the head and puts what it says in. */
static json_t *step(struct hearth_json_schema_walk *walk, hearth_place place, json_t *head)
{
    json_t *rest = json_copy(head);
    const json_t *part = json_object_get(head, "$ref");
    if (part) {
        part = hearth_json_schema_target(walk, place, part);
        json_object_del(rest, "$ref");
    } else {
        json_t *parts = json_copy(json_object_get(head, "allOf"));
        part = json_array_get(json_object_get(head, "allOf"), 0);
        json_array_remove(parts, 0);
        if (json_array_size(parts))
            json_object_set(rest, "allOf", parts);
        else
            json_object_del(rest, "allOf");
        json_decref(parts);
    }
    json_t *merged = NULL;
    if (json_is_true(part))
        merged = json_incref(rest);
    else if (!json_is_object(part))
        hearth_json_schema_fail(walk, place,
                                "allOf or $ref leads to something that no value satisfies");
    if (!merged && !walk->failed)
        hearth_json_schema_check(walk, place, part);
    if (!merged && !walk->failed)
        merged = hearth_json_schema_merge(walk, place, rest, part);
    json_decref(rest);
    return merged;
}

const json_t *hearth_json_schema_flat(struct hearth_json_schema_walk *walk, hearth_place place,
                                      const json_t *schema)
{
    json_t *head = json_copy((json_t *)schema);
    for (unsigned merges = 0;
         head && (json_object_get(head, "$ref") || json_object_get(head, "allOf")); merges++) {
        json_t *next = NULL;
        if (merges >= MERGES_MAX || ++walk->visits > 20000)
            hearth_json_schema_fail(
                walk, place,
                "allOf and $ref: there are too many, or they refer to themselves "
                "without end");
        else
            next = step(walk, place, head);
        json_decref(head);
        head = next;
    }
    if (head)
        json_array_append_new(walk->kept, head);
    return head;
}
