"""JSON schemas for test_structure.py: what grammars claim to hold, alone, nested and together.

`schemas()` gives (name, schema) pairs, always the same. `unsupported()` gives schemas that a grammar
cannot hold, with the keyword that the refusal must name.
"""
import random

KEYS = ["name", "größe", "名前", "a b", "x-y", "quote\"d", "back\\slash", "ключ", "e\u0301", "0", "item"]
PATTERNS = [r"^\d{3}-\d{4}$", "^(yes|no|maybe)$", "^[A-Z][a-z]{1,5}$", r"^\w+@\w+\.(com|org)$", "^a*b+c?$",
            r"^(?:[01]\d|2[0-3]):[0-5]\d$", "^[^a-y]{1,4}$", "cat|dog", r"^\S{1,6}$", r'^"\\?"$', "^[ä-ü]{2}$",
            r"^\u0041\x42$", "^(a|b|(c|d)e){2,4}$", r"^[\w.]{1,8}$", r"^[+-]?\d{1,3}(\.\d{1,2})?$"]
FORMATS = ["date", "time", "date-time", "duration", "uuid", "email", "hostname", "ipv4", "ipv6", "uri"]


def leaves():
    """Schemas of one value that is neither an object nor a list."""
    yield from ({"type": name} for name in ("boolean", "null", "integer", "number"))
    yield {"type": "string", "maxLength": 12}
    for low, high in [(0, 0), (0, 1), (-1, 1), (5, 7), (-12, -3), (99, 101), (0, 255), (-1000, 1000), (1900, 2100)]:
        yield {"type": "integer", "minimum": low, "maximum": high}
        yield {"type": "integer", "exclusiveMinimum": low - 1, "exclusiveMaximum": high + 1}
        yield {"type": "number", "minimum": low, "maximum": high}
    for low, high in [(0.5, 0.75), (-0.1, 0.1), (2.5, 1e6), (0, 1e-3), (-273.15, 99.9)]:
        yield {"type": "number", "minimum": low, "maximum": high}
        yield {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": high}
        yield {"type": "number", "minimum": low}
        yield {"type": "number", "exclusiveMaximum": high}
    for low, high in [(0, 0), (1, 1), (2, 5), (8, 8), (0, 3)]:
        yield {"type": "string", "minLength": low, "maxLength": high}
    yield from ({"type": "string", "pattern": pattern} for pattern in PATTERNS)
    yield from ({"type": "string", "format": name} for name in FORMATS)
    for values in (["red", "green"], [1, 2.5, None, True, "x"], [{"a": [1, "zwei"]}], ["\"", "\\", "\n", "日本"], [[]]):
        yield {"enum": values}
        yield {"const": values[0]}
    yield {"type": ["string", "null"], "maxLength": 4}
    yield {"type": ["integer", "boolean"], "minimum": 3, "maximum": 9}
    yield {"type": "string", "enum": ["a", 1, None]}
    yield {"anyOf": [{"type": "integer", "maximum": 9, "minimum": 0}, {"const": "none"}]}
    yield {"oneOf": [{"type": "boolean"}, {"type": "string", "maxLength": 3}]}
    yield {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 5}]}
    yield {"minLength": 1, "maxLength": 3}
    yield {"minimum": 1, "maximum": 3, "type": "number", "description": "notes say nothing", "default": 2}


def bounded(leaf):
    """Without leaves whose values may be long, so that an answer has an end."""
    return leaf.get("type") not in ("integer", "number") or "minimum" in leaf or "exclusiveMinimum" in leaf


def nest(schema, depth):
    for level in range(depth):
        schema = ({"type": "array", "items": schema, "minItems": 1, "maxItems": 1} if level % 2 else
                  {"type": "object", "properties": {"d": schema}, "required": ["d"], "additionalProperties": False})
    return schema


def recursive():
    tree = {"type": "object", "required": ["v"], "additionalProperties": False,
            "properties": {"v": {"type": "integer", "minimum": 0, "maximum": 9},
                           "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    yield "a schema within itself", tree
    yield "definitions that need each other", {
        "$defs": {"odd": {"type": "array", "items": {"$ref": "#/$defs/even"}, "maxItems": 1},
                  "even": {"type": "object", "properties": {"o": {"$ref": "#/$defs/odd"}}, "additionalProperties": False}},
        "$ref": "#/$defs/odd"}
    yield "definitions under old and escaped names", {
        "definitions": {"a/b~c": {"enum": [1, 2]}, "é%": {"const": "x"}}, "type": "object", "required": ["p", "q"],
        "properties": {"p": {"$ref": "#/definitions/a~1b~0c"}, "q": {"$ref": "#/definitions/é%25"}}}
    yield "a reference beside other keywords", {
        "$defs": {"n": {"type": "integer", "minimum": 1}}, "$ref": "#/$defs/n", "maximum": 4, "title": "few"}
    yield "names that differ by what a rule's name cannot hold", {
        "$defs": {"a b": {"const": 1}, "a-b": {"const": "two"}}, "type": "array", "minItems": 2, "maxItems": 2,
        "prefixItems": [{"$ref": "#/$defs/a b"}, {"$ref": "#/$defs/a-b"}]}


def wholes(rng, leaf):
    """Objects and lists around leaves."""
    pool = [one for one in leaf if bounded(one)]
    for number in range(150):
        keys = rng.sample(KEYS, rng.randint(1, 4))
        members = {key: rng.choice(pool) for key in keys}
        schema = {"type": "object", "properties": members, "required": rng.sample(keys, rng.randint(0, len(keys)))}
        extra = rng.choice([None, False, True, {"type": "integer", "minimum": 0, "maximum": 3}])
        if extra is not None:
            schema["additionalProperties"] = extra
        yield f"object {number}", schema
    for number in range(30):
        low = rng.randint(0, 2)
        yield f"list {number}", {"type": "array", "items": rng.choice(pool), "minItems": low,
                                 "maxItems": low + rng.randint(0, 2)}
    for number in range(12):
        yield f"tuple {number}", {"type": "array", "prefixItems": rng.sample(pool, rng.randint(1, 3)),
                                  "items": rng.choice([False, {"type": "boolean"}]), "maxItems": 4}
    for number in range(12):
        tagged = [{"type": "object", "properties": {"kind": {"const": tag}, "value": rng.choice(pool)},
                   "required": ["kind", "value"]} for tag in "abc"[:rng.randint(2, 3)]]
        yield f"tagged union {number}", {"oneOf": tagged, "discriminator": {"propertyName": "kind"}}
    for number in range(12):
        first, second = rng.sample(KEYS, 2)
        yield f"all of {number}", {"allOf": [
            {"type": "object", "properties": {first: rng.choice(pool)}, "required": [first]},
            {"type": "object", "properties": {second: rng.choice(pool)}, "required": [second]}]}
    for depth in (1, 2, 3, 5, 8, 20, 40):
        yield f"{depth} deep", nest({"enum": [0]}, depth)


def schemas():
    rng = random.Random(5)
    leaf = list(leaves())
    rows = [(f"leaf {number}", schema) for number, schema in enumerate(leaf)]
    rows += [*recursive(), *wholes(rng, leaf)]
    return rows


def unsupported():
    def inside(schema):
        return {"type": "object", "properties": {"a": {"type": "array", "items": schema}}}
    rows = [("not", {"not": {"type": "string"}}), ("if", {"if": {"const": 1}, "then": {"const": 2}}),
            ("else", {"else": {"const": 2}}), ("patternProperties", {"patternProperties": {"^a": {}}}),
            ("propertyNames", {"propertyNames": {"maxLength": 3}}), ("dependentRequired", {"dependentRequired": {"a": ["b"]}}),
            ("dependentSchemas", {"dependentSchemas": {"a": {}}}), ("dependencies", {"dependencies": {"a": ["b"]}}),
            ("contains", {"contains": {"const": 1}}), ("minContains", {"minContains": 2}),
            ("unevaluatedProperties", {"unevaluatedProperties": False}), ("unevaluatedItems", {"unevaluatedItems": False}),
            ("uniqueItems", {"type": "array", "uniqueItems": True}), ("multipleOf", {"type": "integer", "multipleOf": 3}),
            ("format", {"type": "string", "format": "regex"}), ("$dynamicRef", {"$dynamicRef": "#x"}),
            ("pattern", {"type": "string", "pattern": "^(?=a)b"}), ("pattern", {"type": "string", "pattern": r"(a)\1"}),
            ("pattern", {"type": "string", "pattern": "a{1000000000}"}), ("pattern", {"type": "string", "pattern": "("}),
            ("pattern", {"type": "string", "pattern": "^a+$", "maxLength": 3}),
            ("oneOf", {"oneOf": [{"type": "integer"}, {"type": "number"}]}),
            ("minProperties", {"type": "object", "minProperties": 2}), ("maxProperties", {"type": "object", "maxProperties": 2}),
            ("$ref", {"$ref": "https://example.org/schema"}), ("$ref", {"$ref": "#/nowhere"}),
            ("maxLength", {"type": "string", "maxLength": 1000000000}), ("maxItems", {"type": "array", "maxItems": 1000000000}),
            ("minLength", {"type": "string", "minLength": 3, "maxLength": 2}), ("type", {"type": "text"}),
            ("minimum", {"type": "integer", "minimum": "3"}), ("enum", {"enum": []}), ("required", {"required": [1]}),
            ("items", {"type": "array", "items": 3}), ("type", {"allOf": [{"type": "string"}, {"type": "null"}]}),
            ("bounds", {"type": "integer", "minimum": 5, "maximum": 4})]
    return [(word, inside(schema)) for word, schema in rows]
