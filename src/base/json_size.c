/* Sizes of jansson's tree on a 64-bit machine, with the allocator's own bytes. */
#include "base/json.h"

enum {
    OBJECT_BYTES = 224, /* the object, and the eight buckets that it begins with */
    ARRAY_BYTES = 128,  /* the list, and the eight places that it begins with */
    SLOT_BYTES = 16,    /* a list doubles its places */
    MEMBER_BYTES = 48,  /* beside the key, which counts as a text */
    TEXT_BYTES = 72,    /* beside its letters */
    NUMBER_BYTES = 32,
    LEVELS_COUNTED = 64, /* deeper ones are counted together */
};

/* One pass over the text, without memory of its own: it decides whether a body may be parsed at
 * all. */
struct scan {
    const char *text;
    size_t length, at;
    uint64_t depth;
    uint64_t members[LEVELS_COUNTED]; /* of the objects that are open */
    struct hearth_json_size size;
};

static void add(struct scan *scan, uint64_t bytes)
{
    scan->size.values++;
    scan->size.bytes += bytes;
}

static uint64_t *members_of(struct scan *scan)
{
    return &scan->members[scan->depth < LEVELS_COUNTED ? scan->depth : LEVELS_COUNTED - 1];
}

static void add_member(struct scan *scan)
{
    scan->size.bytes += MEMBER_BYTES;
    if (++*members_of(scan) > scan->size.members)
        scan->size.members = *members_of(scan);
}

/* The greatest depth bounds what the parser's recursion takes of the stack. */
static void open_level(struct scan *scan, uint64_t bytes)
{
    add(scan, bytes);
    if (++scan->depth > scan->size.depth)
        scan->size.depth = scan->depth;
    if (scan->depth < LEVELS_COUNTED - 1)
        *members_of(scan) = 0;
}

/* From the opening quote to behind the closing one. */
static void pass_text(struct scan *scan)
{
    size_t begin = scan->at++;
    while (scan->at < scan->length && scan->text[scan->at] != '"')
        scan->at += scan->text[scan->at] == '\\' ? 2 : 1;
    scan->at = scan->at < scan->length ? scan->at + 1 : scan->length;
    add(scan, TEXT_BYTES + (scan->at - begin));
}

/* A number, true, false, null, or what is none of them. */
static void pass_word(struct scan *scan)
{
    while (scan->at < scan->length) {
        char c = scan->text[scan->at];
        if (c == ',' || c == ':' || c == '"' || c == '[' || c == ']' || c == '{' || c == '}' ||
            (unsigned char)c <= ' ')
            break;
        scan->at++;
    }
    add(scan, NUMBER_BYTES);
}

static void pass_sign(struct scan *scan, char c)
{
    scan->at++;
    if (c == '{')
        open_level(scan, OBJECT_BYTES);
    else if (c == '[')
        open_level(scan, ARRAY_BYTES);
    else if (c == ',')
        scan->size.bytes += SLOT_BYTES;
    else if (c == ':')
        add_member(scan);
    else if ((c == ']' || c == '}') && scan->depth)
        scan->depth--;
}

/* An upper estimate, also of a text that is not JSON: the parser will say so, but may take this
 * much until then. */
struct hearth_json_size hearth_json_measure(const char *text, size_t length)
{
    struct scan scan = {.text = text, .length = length};
    while (scan.at < length) {
        char c = text[scan.at];
        if (c == '"')
            pass_text(&scan);
        else if (c == ',' || c == ':' || c == '[' || c == ']' || c == '{' || c == '}' ||
                 (unsigned char)c <= ' ')
            pass_sign(&scan, c);
        else
            pass_word(&scan);
    }
    return scan.size;
}
