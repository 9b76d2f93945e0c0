/* Objects: the declared members in their order, those that need not be there may be left out, and
 * others only where the schema speaks of them. */
#include "grammar/json_schema_walk.h"
#include "grammar/points.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 1000u
#define NAME_MAX_BESIDE                                                                            \
    200u /* bytes of a name that others must differ from: one group for each                       \
          */

struct member {
    const char *name;
    uint32_t rule; /* "name": value */
    bool required;
};

struct members {
    struct member *list;
    size_t count, required_count;
    uint32_t others; /* the rule of a member that is not declared; 0: there are none */
};

static bool lists_name(const json_t *names, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)names, i, one)
    {
        if (!strcmp(json_string_value(one), name))
            return true;
    }
    return false;
}

/* A name as JSON has it. */
static uint32_t name_rule(struct hearth_json_schema_walk *walk, const char *name, uint32_t value)
{
    struct hearth_buf quoted, body;
    hearth_buf_init(&quoted, 64u << 10);
    hearth_buf_init(&body, 256u << 10);
    hearth_json_write_text(&quoted, name);
    hearth_gbnf_literal(&body, quoted.bytes ? quoted.bytes : "", quoted.length);
    hearth_buf_printf(&body, " \":\" r%u r%u", hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_SPACE),
                      value);
    uint32_t rule = hearth_gbnf_rule(walk->gbnf, &body);
    hearth_buf_finish(&body);
    hearth_buf_finish(&quoted);
    return rule;
}

static void add_member(struct hearth_json_schema_walk *walk, hearth_place place, const char *name,
                       const json_t *schema, bool required, struct members *members)
{
    struct hearth_json_schema_place here = hearth_json_schema_below(place, name);
    if (json_is_false(schema) && !required)
        return;
    uint32_t value = hearth_json_schema_visit_inside(walk, &here, schema);
    if (walk->failed)
        return;
    members->list[members->count++] = (struct member){name, name_rule(walk, name, value), required};
    members->required_count += required;
}

/* Names that are required without being declared are what additional ones are. */
static void take_members(struct hearth_json_schema_walk *walk, hearth_place place,
                         const json_t *schema, struct members *members)
{
    struct hearth_json_schema_place below = hearth_json_schema_below(place, "properties");
    json_t *declared = json_object_get(schema, "properties"), *value;
    const json_t *required = json_object_get(schema, "required");
    const json_t *more = json_object_get(schema, "additionalProperties");
    const char *name;
    size_t i;
    json_object_foreach(declared, name, value)
        add_member(walk, &below, name, value, lists_name(required, name), members);
    json_array_foreach((json_t *)required, i, value)
    {
        bool again = false;
        name = json_string_value(value);
        for (size_t j = 0; j < members->count; j++)
            again = again || !strcmp(members->list[j].name, name);
        if (again)
            continue;
        if (json_object_get(declared, name) || json_is_false(more))
            hearth_json_schema_fail(walk, place, "required: %.64s is not allowed", name);
        json_t *any = json_true();
        add_member(walk, &below, name, more ? more : any, true, members);
    }
}

/* The node of names that begin in the same way: a name that is not declared leaves them at one. */
static void write_other_names(struct hearth_json_schema_walk *walk, const struct members *members,
                              size_t begin, size_t end, size_t depth, struct hearth_buf *body)
{
    uint32_t plain = hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_PLAIN);
    struct hearth_buf inner;
    bool some = false;
    bool used[256] = {false};
    hearth_buf_init(&inner, 64u << 10);
    for (size_t i = begin; i < end; i++)
        used[(unsigned char)members->list[i].name[depth]] = true;
    struct hearth_points points = {.count = 0};
    hearth_points_invert(&points);
    hearth_points_remove(&points, 0, 0x1F);
    hearth_points_remove(&points, 0x7F, HEARTH_POINT_LAST);
    hearth_points_remove(&points, '"', '"');
    hearth_points_remove(&points, '\\', '\\');
    for (unsigned first = 1; first < 256; first++) {
        if (!used[first])
            continue;
        hearth_points_remove(&points, first, first);
        if (first < 0x20 || first >= 0x7F || first == '"' || first == '\\')
            continue;
        size_t from = begin;
        while ((unsigned char)members->list[from].name[depth] != first)
            from++;
        size_t to = from;
        while (to < end && (unsigned char)members->list[to].name[depth] == first)
            to++;
        hearth_buf_text(&inner, some ? " | [" : "[");
        hearth_gbnf_point(&inner, first);
        hearth_buf_text(&inner, "] ");
        write_other_names(walk, members, from, to, depth + 1, &inner);
        some = true;
    }
    if (points.count) {
        hearth_buf_text(&inner, some ? " | " : "");
        hearth_points_write(&points, &inner);
        hearth_buf_printf(&inner, " r%u*", plain);
    }
    hearth_buf_char(body, '(');
    if (inner.length)
        hearth_buf_append(body, inner.bytes, inner.length);
    hearth_buf_text(body, used[0] || depth == 0 ? ")" : ")?");
    if (inner.failed)
        body->failed = inner.failed;
    hearth_buf_finish(&inner);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

/* Names of members that are not declared begin with ASCII where declared ones do, so that no name
 * is written twice, escaped or not. */
static uint32_t other_names(struct hearth_json_schema_walk *walk, const struct members *members)
{
    if (!members->count)
        return hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_STRING);
    struct members sorted = *members;
    struct hearth_buf body;
    hearth_buf_init(&body, 128u << 10);
    sorted.list = hearth_alloc(members->count * sizeof(*sorted.list));
    memcpy(sorted.list, members->list, members->count * sizeof(*sorted.list));
    qsort(sorted.list, sorted.count, sizeof(*sorted.list), by_name);
    hearth_buf_text(&body, "\"\\\"\" ");
    write_other_names(walk, &sorted, 0, sorted.count, 0, &body);
    hearth_buf_text(&body, " \"\\\"\"");
    uint32_t rule = hearth_gbnf_rule(walk->gbnf, &body);
    hearth_buf_finish(&body);
    hearth_free(sorted.list);
    return rule;
}

static void take_others(struct hearth_json_schema_walk *walk, hearth_place place,
                        const json_t *schema, struct members *members)
{
    const json_t *more = json_object_get(schema, "additionalProperties");
    struct hearth_json_schema_place here = hearth_json_schema_below(place, "additionalProperties");
    bool bare = !json_object_get(schema, "properties") && !members->count;
    if (walk->failed || json_is_false(more) || (!more && !bare))
        return;
    for (size_t i = 0; i < members->count; i++)
        if (strlen(members->list[i].name) > NAME_MAX_BESIDE)
            hearth_json_schema_fail(
                walk, &here, "beside names of over %u bytes it is not supported", NAME_MAX_BESIDE);
    json_t *any = json_true();
    uint32_t value = hearth_json_schema_visit_inside(walk, &here, more ? more : any);
    if (walk->failed)
        return;
    members->others =
        hearth_gbnf_rule_of(walk->gbnf, "r%u \":\" r%u r%u", other_names(walk, members),
                            hearth_gbnf_part(walk->gbnf, HEARTH_GBNF_SPACE), value);
}

/* How many members there are is only known where none can be left out or added. */
static void check_counts(struct hearth_json_schema_walk *walk, hearth_place place,
                         const json_t *schema, const struct members *members)
{
    uint32_t least = hearth_json_schema_count(schema, "minProperties", 0);
    uint32_t most = hearth_json_schema_count(schema, "maxProperties", UINT32_MAX);
    if (least > members->required_count)
        hearth_json_schema_fail(walk, place,
                                "minProperties: more members than are required is not supported");
    if (most != UINT32_MAX && (members->others || most < members->count))
        hearth_json_schema_fail(
            walk, place,
            "maxProperties: fewer members than are declared, or any others, is not "
            "supported");
}

/* Two rules for each place between members: `after` where something was written already, so that a
 * comma comes first, and `before` where nothing was. They are written from the last to the first.
 */
static uint32_t write_object(struct hearth_json_schema_walk *walk, const struct members *members)
{
    struct hearth_gbnf *gbnf = walk->gbnf;
    uint32_t space = hearth_gbnf_part(gbnf, HEARTH_GBNF_SPACE), others = members->others;
    uint32_t after = others
                         ? hearth_gbnf_rule_of(gbnf, "(\",\" r%u r%u)* r%u", space, others, space)
                         : hearth_gbnf_rule_of(gbnf, "r%u", space);
    uint32_t before = others ? hearth_gbnf_rule_of(gbnf, "(r%u r%u)?", others, after) : 0;
    for (size_t i = members->count; i-- > 0;) {
        const struct member *member = &members->list[i];
        if (member->required)
            before = hearth_gbnf_rule_of(gbnf, "r%u r%u", member->rule, after);
        else if (before)
            before = hearth_gbnf_rule_of(gbnf, "r%u r%u | r%u", member->rule, after, before);
        else
            before = hearth_gbnf_rule_of(gbnf, "(r%u r%u)?", member->rule, after);
        after = hearth_gbnf_rule_of(gbnf,
                                    member->required ? "\",\" r%u r%u r%u" : "(\",\" r%u r%u)? r%u",
                                    space, member->rule, after);
    }
    return before ? hearth_gbnf_rule_of(gbnf, "\"{\" r%u r%u \"}\"", space, before)
                  : hearth_gbnf_rule_of(gbnf, "\"{}\"");
}

uint32_t hearth_json_schema_object(struct hearth_json_schema_walk *walk, hearth_place place,
                                   const json_t *schema)
{
    size_t most = json_object_size(json_object_get(schema, "properties")) +
                  json_array_size(json_object_get(schema, "required"));
    if (most > MEMBERS_MAX)
        return hearth_json_schema_fail(walk, place, "has %zu members, at most %u are taken", most,
                                       MEMBERS_MAX);
    struct members members = {.list = hearth_calloc(most + 1, sizeof(*members.list))};
    take_members(walk, place, schema, &members);
    take_others(walk, place, schema, &members);
    if (!walk->failed)
        check_counts(walk, place, schema, &members);
    uint32_t rule = walk->failed ? 0 : write_object(walk, &members);
    hearth_free(members.list);
    return rule;
}
