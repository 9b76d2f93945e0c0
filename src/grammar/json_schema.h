/* JSON Schema (drafts 7 to 2020-12) into a grammar: every text of the grammar is a JSON value that
 * the schema accepts. The other way does not hold: of what a schema accepts, a grammar may leave
 * something out. Objects have the members that are declared, in their order; others only where
 * additionalProperties asks for them. Numbers are at most as long as a double keeps apart.
 *
 * A keyword that a grammar cannot hold is refused with its place, never ignored: not, if, then,
 * else, patternProperties, propertyNames, dependent…, contains, unevaluated…, uniqueItems,
 * multipleOf, formats without a rule, remote references. So is a schema that nothing satisfies, or
 * nothing finite. Words that are no keywords of JSON Schema say nothing, as the standard has it.
 *
 * Bounds: nesting of 200, 20,000 places that are looked at (a reference counts where it leads),
 * the rules and the bytes of the grammar. Pure; one thread. */
#ifndef HEARTH_GRAMMAR_JSON_SCHEMA_H
#define HEARTH_GRAMMAR_JSON_SCHEMA_H

#include "base/error.h"
#include "base/json.h"
#include "grammar/gbnf.h"

/* The rule of the values that the schema accepts. HEARTH_EINVAL: the message begins with the place,
 * of which `name` is the first part ("response_format.json_schema.schema"). */
int hearth_json_schema_write(struct hearth_gbnf *gbnf, const json_t *schema, const char *name,
                             uint32_t *ret_rule, struct hearth_error *error);

/* The same for a schema that stands in another one, to which its references belong. */
int hearth_json_schema_write_within(struct hearth_gbnf *gbnf, const json_t *document,
                                    const json_t *schema, const char *name, uint32_t *ret_rule,
                                    struct hearth_error *error);

#endif
