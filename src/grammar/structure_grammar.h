/* What an answer must be, as a client says it, into one grammar in GBNF. A JSON object says it by
 * one of its members; null is as good as none:
 *
 *     response_format     {"type": "json_schema", "json_schema": {"schema": …}}, {"type":
 *                         "json_object"} (with a "schema", or without one: any object), or {"type":
 *                         "text"}, which says nothing
 *     json_schema         a JSON schema (json_schema.h), or its text; as llama-server has it
 *     regex               a regular expression that the whole answer matches (pattern.h)
 *     choice              a list of texts, of which it is one
 *     grammar             GBNF, with a rule "root"
 *     structured_outputs  {"json": …}, {"regex": …}, {"choice": …}, {"grammar": …} or
 *                         {"json_object": true}, as vLLM has it
 *     guided_json, guided_regex, guided_choice, guided_grammar: as vLLM had it before
 *
 * Pure, bounded in time and memory whatever comes (json_schema.h, pattern.h); one thread. */
#ifndef HEARTH_GRAMMAR_STRUCTURE_GRAMMAR_H
#define HEARTH_GRAMMAR_STRUCTURE_GRAMMAR_H

#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>

/* Bytes of a grammar, a client's or a made one. */
#define HEARTH_GRAMMAR_BYTES_MAX (256u << 10)
#define HEARTH_CHOICES_MAX 1000u

/* A JSON text that is longer than this asks for more than can be compiled. */
#define HEARTH_STRUCTURE_BYTES_MAX (2u << 20)

/* The members; ends with NULL. */
extern const char *const hearth_structure_members[];

/* May this text of a JSON object have one of the members? It is looked for without parsing: a
 * member's name between its quotation marks cannot stand within a text, where they are escaped. */
bool hearth_structure_may_ask(const char *json, size_t length);

/* Appends the grammar; nothing where the object asks for none. HEARTH_EINVAL: the message begins
 * with the place. */
int hearth_structure_write(const json_t *members, struct hearth_buf *grammar,
                           struct hearth_error *error);

/* Appends the rules of the values of a schema for a larger grammar: their names begin with
 * `prefix`, and the first of them is `prefix` and "root". `document` is what the schema's
 * references belong to, often the schema itself. HEARTH_EINVAL: nothing is appended, and the
 * message begins with `place`. */
int hearth_structure_write_rules(const json_t *document, const json_t *schema, const char *place,
                                 const char *prefix, struct hearth_buf *grammar,
                                 struct hearth_error *error);

#endif
