/* A regular expression as rules. Sequences are walked in a loop, since they are nested to the left;
 * what recurses is bounded by the depth of groups. */
#include "base/error.h"
#include "grammar/pattern_parts.h"

#define BODY_MAX (256u << 10)

struct writer {
    struct hearth_gbnf *gbnf;
    struct hearth_arena *arena;
    bool in_json;
};

static void write_node(const struct writer *writer, const struct hearth_pattern_node *node,
                       struct hearth_buf *body);

/* What JSON escapes in a text. The long forms are only for a set of nothing else. */
static void write_escaped(const struct hearth_points *points, struct hearth_buf *body)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    for (size_t i = 0; i < sizeof(plain) - 1; i++)
        if (hearth_points_has(points, (unsigned char)plain[i])) {
            char escape[2] = {'\\', letters[i]};
            hearth_buf_text(body, " | ");
            hearth_gbnf_literal(body, escape, sizeof(escape));
        }
    bool others = points->ranges[points->count - 1].last > 0x7F || body->length > 0;
    for (unsigned point = 0x20; point < 0x7F; point++)
        others = others || hearth_points_has(points, point);
    for (unsigned point = others ? 0x80 : 1; point <= 0x7F;
         point = point == 0x1F ? 0x7F : point + 1)
        if (point != '\b' && point != '\f' && point != '\n' && point != '\r' && point != '\t' &&
            hearth_points_has(points, point))
            hearth_buf_printf(body, " | \"\\\\u00%02X\"", point);
}

static void write_points(const struct writer *writer, const struct hearth_points *points,
                         struct hearth_buf *body)
{
    if (!writer->in_json) {
        hearth_points_write(points, body);
        return;
    }
    struct hearth_points plain = *points;
    hearth_points_remove(&plain, 0, 0x1F);
    hearth_points_remove(&plain, '"', '"');
    hearth_points_remove(&plain, '\\', '\\');
    hearth_points_remove(&plain, 0x7F, 0x7F);
    struct hearth_buf escaped;
    hearth_buf_init(&escaped, 4096);
    write_escaped(points, &escaped);
    const char *others = escaped.length ? hearth_buf_cstr(&escaped) : "";
    bool group = escaped.length > 0;
    hearth_buf_text(body, group ? "(" : "");
    if (plain.count)
        hearth_points_write(&plain, body);
    hearth_buf_text(body, plain.count || !group ? others : others + 3);
    hearth_buf_text(body, group ? ")" : "");
    hearth_buf_finish(&escaped);
}

static uint32_t rule_of(const struct writer *writer, const struct hearth_pattern_node *node)
{
    struct hearth_buf body;
    hearth_buf_init(&body, BODY_MAX);
    write_node(writer, node, &body);
    uint32_t rule = hearth_gbnf_rule(writer->gbnf, &body);
    hearth_buf_finish(&body);
    return rule;
}

static void write_repeat(const struct writer *writer, const struct hearth_pattern_node *node,
                         struct hearth_buf *body)
{
    uint32_t rule = rule_of(writer, node->first);
    rule = hearth_gbnf_repeat(writer->gbnf, rule, node->low, node->high);
    hearth_buf_printf(body, "r%u", rule);
}

/* The parts of a chain of one kind. It grows to the left, so they are found from the last to the
 * first. */
static void write_chain(const struct writer *writer, const struct hearth_pattern_node *node,
                        struct hearth_buf *body)
{
    enum hearth_pattern_kind kind = node->kind;
    size_t count = 1;
    for (const struct hearth_pattern_node *at = node; at->kind == kind; at = at->first)
        count++;
    const struct hearth_pattern_node **parts =
        hearth_arena_alloc(writer->arena, count * sizeof(*parts));
    if (!parts) {
        body->failed = HEARTH_ETOOLARGE;
        return;
    }
    for (size_t i = count - 1; i > 0; i--, node = node->first)
        parts[i] = node->second;
    parts[0] = node;
    hearth_buf_char(body, '(');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            hearth_buf_text(body, kind == HEARTH_PATTERN_EITHER ? " | " : " ");
        write_node(writer, parts[i], body);
    }
    hearth_buf_char(body, ')');
}

static void write_node(const struct writer *writer, const struct hearth_pattern_node *node,
                       struct hearth_buf *body)
{
    switch (node->kind) {
    case HEARTH_PATTERN_POINTS:
        write_points(writer, node->points, body);
        return;
    case HEARTH_PATTERN_THEN:
    case HEARTH_PATTERN_EITHER:
        write_chain(writer, node, body);
        return;
    case HEARTH_PATTERN_REPEAT:
        write_repeat(writer, node, body);
        return;
    default:
        hearth_buf_text(body, "\"\"");
    }
}

uint32_t hearth_pattern_write(struct hearth_pattern *pattern, bool in_json,
                              struct hearth_gbnf *gbnf)
{
    const struct writer writer = {gbnf, pattern->arena, in_json};
    return rule_of(&writer, pattern->root);
}
