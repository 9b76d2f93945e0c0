/* Parses a YAML text into a bounded tree, in which everything knows its line and column.
 *
 * A text is one document of maps, lists and scalars. What a configuration does not need and what
 * makes a reader unsafe is a fault: aliases and anchors, tags, several documents, keys that are
 * not plain text, duplicate keys, NUL characters. Values may name variables: `${NAME}` must be
 * set, `${NAME:-default}` need not be, `$$` is a dollar sign. The tree lies in the arena. One
 * thread. */
#ifndef HEARTH_CONFIG_YAML_H
#define HEARTH_CONFIG_YAML_H

#include "base/arena.h"
#include "config/fault.h"

#include <stddef.h>

enum {
    HEARTH_YAML_BYTES_MAX = 1 << 20,
    HEARTH_YAML_SCALAR_MAX = 64 << 10, /* bytes of one value, variables filled in */
    HEARTH_YAML_DEPTH_MAX = 16,
    HEARTH_YAML_NODES_MAX = 4096,
};

enum hearth_yaml_kind {
    HEARTH_YAML_NULL, /* nothing, `~` or `null` */
    HEARTH_YAML_SCALAR,
    HEARTH_YAML_LIST,
    HEARTH_YAML_MAP,
};

/* One value: a scalar, or a map or list with its members. Lines and columns count from 1. */
struct hearth_yaml {
    enum hearth_yaml_kind kind;
    unsigned line, column; /* of the value, from 1 */
    const char *text;      /* of a scalar */
    const char *key;       /* of a member of a map */
    unsigned key_line, key_column;
    struct hearth_yaml *first, *next; /* members of a map or list, in order */
};

/* Adds what is wrong to `faults`, and then still gives as much of the tree as makes sense: NULL
 * when the text is not YAML. An empty text is an empty map. `env` (as environ) has the variables.
 */
struct hearth_yaml *hearth_yaml_parse(const char *text, size_t length, const char *const *env,
                                      struct hearth_arena *arena, struct hearth_fault_list *faults);

/* "a map", "a list" … for messages. */
const char *hearth_yaml_kind_name(enum hearth_yaml_kind kind);

#endif
