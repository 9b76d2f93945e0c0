#include "config/yaml.h"

#include "base/error.h"
#include "base/text.h"
#include "config/expand.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

/* Built on libyaml's events rather than its documents, so that depth, count and size are bounded
 * while the text is read. */
struct reader {
    yaml_parser_t parser;
    const char *const *env;
    struct hearth_arena *arena;
    struct hearth_fault_list *faults;
    size_t node_count;
    bool stopped; /* a fault after which reading makes no sense */
};

const char *hearth_yaml_kind_name(enum hearth_yaml_kind kind)
{
    static const char *const names[] = {"nothing", "a single value", "a list", "a map"};
    return names[kind];
}

/* libyaml counts from 0, people and editors from 1. */
static unsigned line_of(yaml_mark_t mark)
{
    return (unsigned)mark.line + 1;
}

static unsigned column_of(yaml_mark_t mark)
{
    return (unsigned)mark.column + 1;
}

static void fault_at(struct reader *reader, yaml_mark_t mark, const char *message)
{
    hearth_fault_add(reader->faults, line_of(mark), column_of(mark), "%s", message);
}

/* For faults behind which the events no longer say what belongs to what. */
static void stop_at(struct reader *reader, yaml_mark_t mark, const char *message)
{
    fault_at(reader, mark, message);
    reader->stopped = true;
}

/* libyaml's own words, with the context that it was in when it knows one. */
static void stop_at_problem(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "the text cannot be read";
    unsigned line = line_of(parser->problem_mark), column = column_of(parser->problem_mark);
    reader->stopped = true;
    if (parser->error == YAML_READER_ERROR)
        hearth_fault_add(reader->faults, line, column, "not YAML: %s (at byte %zu)", problem,
                         parser->problem_offset);
    else if (parser->context)
        hearth_fault_add(reader->faults, line, column, "not YAML: %s, %s", parser->context,
                         problem);
    else
        hearth_fault_add(reader->faults, line, column, "not YAML: %s", problem);
}

/* False when reading has ended; else the event must be deleted. */
static bool next_event(struct reader *reader, yaml_event_t *event)
{
    if (reader->stopped)
        return false;
    if (!yaml_parser_parse(&reader->parser, event)) {
        stop_at_problem(reader);
        return false;
    }
    return true;
}

/* YAML 1.1's words for nothing, which count only without quotes. */
static bool is_null_word(const char *text, size_t length)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (length == strlen(words[i]) && memcmp(text, words[i], length) == 0)
            return true;
    return false;
}

/* All values stay texts: which type one should have is for its key to say. A fault in a variable is
 * told at the value and does not end the reading. */
static void read_scalar(struct reader *reader, const yaml_event_t *event, struct hearth_yaml *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    /* Never NULL, whatever follows: readers compare and print it without asking. */
    node->text = "";
    node->kind = plain && is_null_word(text, length) ? HEARTH_YAML_NULL : HEARTH_YAML_SCALAR;
    if (memchr(text, '\0', length)) {
        fault_at(reader, event->start_mark, "the value contains the character U+0000");
        return;
    }
    struct hearth_error error;
    if (hearth_expand_variables(text, length, reader->env, HEARTH_YAML_SCALAR_MAX, reader->arena,
                                &node->text, &error))
        fault_at(reader, event->start_mark, error.message);
}

static struct hearth_yaml *read_node(struct reader *reader, const yaml_event_t *event,
                                     unsigned depth);

/* One by one: with at most 4,096 values in the whole file this stays quick enough. */
static const struct hearth_yaml *find_key(const struct hearth_yaml *map, const char *key)
{
    for (const struct hearth_yaml *member = map->first; member; member = member->next)
        if (strcmp(member->key, key) == 0)
            return member;
    return NULL;
}

/* The key of the next member, or NULL; the fault is noted then. */
static const char *read_key(struct reader *reader, const struct hearth_yaml *map,
                            const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor || event->data.scalar.tag) {
        stop_at(reader, event->start_mark, "a key must be a plain text");
        return NULL;
    }
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (length > 256 || memchr(text, '\0', length)) {
        stop_at(reader, event->start_mark, "the key is longer than 256 bytes, or contains U+0000");
        return NULL;
    }
    const char *key = hearth_arena_strndup(reader->arena, text, length);
    if (!key) {
        stop_at(reader, event->start_mark, "the text needs too much memory");
        return NULL;
    }
    const struct hearth_yaml *twin = find_key(map, key);
    /* Reading goes on: both members stay, and the fault keeps the file from being used. */
    if (twin)
        hearth_fault_add(reader->faults, line_of(event->start_mark), column_of(event->start_mark),
                         "`%s` stands here a second time; the first is in line %u", key,
                         twin->key_line);
    return key;
}

/* An event is deleted before the next is asked for, which is why its mark is kept apart. */
static void read_members(struct reader *reader, struct hearth_yaml *parent, unsigned depth)
{
    bool is_map = parent->kind == HEARTH_YAML_MAP;
    yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct hearth_yaml **tail = &parent->first;
    yaml_event_t event;
    while (next_event(reader, &event)) {
        bool ended = event.type == end;
        const char *key = is_map && !ended ? read_key(reader, parent, &event) : NULL;
        yaml_mark_t key_mark = event.start_mark;
        if (key) {
            yaml_event_delete(&event);
            if (!next_event(reader, &event))
                return;
        }
        struct hearth_yaml *node =
            ended || reader->stopped ? NULL : read_node(reader, &event, depth + 1);
        yaml_event_delete(&event);
        if (!node)
            return;
        node->key = key;
        node->key_line = line_of(key_mark);
        node->key_column = column_of(key_mark);
        *tail = node;
        tail = &node->next;
    }
}

/* Aliases and anchors are refused because they make small texts large, tags because they ask for
 * types that there are none of. */
static bool is_plain_node(struct reader *reader, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_ALIAS_EVENT) {
        stop_at(reader, event->start_mark,
                "aliases (`*name`) are not allowed here; write the value itself");
        return false;
    }
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    /* One fault for each value is enough. */
    if (anchor)
        stop_at(reader, event->start_mark,
                "anchors (`&name`) are not allowed here; write the value itself");
    else if (tag)
        stop_at(reader, event->start_mark, "tags (`!name`) are not allowed here; leave them out");
    return !reader->stopped;
}

/* Recursion is bounded by HEARTH_YAML_DEPTH_MAX, which is checked before anything is read. */
static struct hearth_yaml *read_node(struct reader *reader, const yaml_event_t *event,
                                     unsigned depth)
{
    if (!is_plain_node(reader, event))
        return NULL;
    if (depth > HEARTH_YAML_DEPTH_MAX || ++reader->node_count > HEARTH_YAML_NODES_MAX) {
        stop_at(reader, event->start_mark,
                depth > HEARTH_YAML_DEPTH_MAX ? "the values are nested too deeply"
                                              : "the file has too many values");
        return NULL;
    }
    struct hearth_yaml *node = hearth_arena_alloc(reader->arena, sizeof(*node));
    if (!node) {
        stop_at(reader, event->start_mark, "the text needs too much memory");
        return NULL;
    }
    node->line = line_of(event->start_mark);
    node->column = column_of(event->start_mark);
    if (event->type == YAML_SCALAR_EVENT) {
        read_scalar(reader, event, node);
        return node;
    }
    node->kind = event->type == YAML_MAPPING_START_EVENT ? HEARTH_YAML_MAP : HEARTH_YAML_LIST;
    read_members(reader, node, depth);
    return reader->stopped ? NULL : node;
}

/* A file has one document; an empty one has none. */
static struct hearth_yaml *read_stream(struct reader *reader)
{
    struct hearth_yaml *root = NULL;
    yaml_event_t event;
    unsigned document_count = 0;
    for (bool ended = false; !ended && next_event(reader, &event); yaml_event_delete(&event)) {
        switch (event.type) {
        case YAML_STREAM_END_EVENT:
            ended = true;
            break;
        /* Neither carries a value. */
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_DOCUMENT_START_EVENT:
            if (++document_count > 1)
                stop_at(reader, event.start_mark,
                        "a second document begins here, but a file has only one");
            break;
        default:
            root = read_node(reader, &event, 1);
        }
    }
    return reader->stopped ? NULL : root;
}

/* Nothing written is an empty map: a file of comments is a good hearth.yml. */
struct hearth_yaml *hearth_yaml_parse(const char *text, size_t length, const char *const *env,
                                      struct hearth_arena *arena, struct hearth_fault_list *faults)
{
    if (length > HEARTH_YAML_BYTES_MAX) {
        hearth_fault_add(faults, 1, 1, "the text is larger than %d bytes", HEARTH_YAML_BYTES_MAX);
        return NULL;
    }
    struct reader reader = {.env = env, .arena = arena, .faults = faults};
    if (!yaml_parser_initialize(&reader.parser)) {
        hearth_fault_add(faults, 1, 1, "there is not enough memory to read the text");
        return NULL;
    }
    /* Not guessed from the first bytes: text_file.c has checked that the text is UTF-8. */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
    struct hearth_yaml *root = read_stream(&reader);
    yaml_parser_delete(&reader.parser);
    /* Nothing was wrong, and nothing was there: an empty text. */
    if (!root && !reader.stopped) {
        root = hearth_arena_alloc(arena, sizeof(*root));
        if (root)
            *root = (struct hearth_yaml){.line = 1, .column = 1};
    }
    if (root && root->kind == HEARTH_YAML_NULL)
        root->kind = HEARTH_YAML_MAP;
    return root;
}
