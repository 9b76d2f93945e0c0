"""The part of scripts/generate that reads api/routes.json and api/schemas/: C tables of routes and
schemas, openapi.json, the embedded pages, docs/errors.md."""
import base64
import hashlib
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
API = ROOT / "api"
NOTE = "Made by scripts/generate from {}; do not edit."
# How an API says an error: the column `errors` of routes.json, and the schema of the answer.
ERROR_SCHEMAS = {"hearth": "Error", "openai": "OpenaiError", "anthropic": "AnthropicError",
                 "ollama": "OllamaError"}
# Families whose streams are no server-sent events.
STREAM_TYPES = {"ollama": "application/x-ndjson"}
VERSION = re.search(r"VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()
                    .split("project(", 1)[1]).group(1)

TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
WORDS = {"null": "null", "boolean": "true or false", "integer": "an integer", "number": "a number",
         "string": "a string", "array": "an array", "object": "an object"}
KEYWORDS = {"type", "properties", "required", "additionalProperties", "enum", "const", "minimum",
            "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "items",
            "minItems", "maxItems", "oneOf", "anyOf", "$ref", "nullable", "default", "description",
            "x-refused", "x-check", "x-expected", "x-nul"}


def c_string(text):
    return json.dumps(text, ensure_ascii=True).replace("\\/", "/")


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def schemas():
    """All named schemas: name → (file, schema); names are unique over the files."""
    named = {}
    for path in sorted((API / "schemas").glob("*.json")):
        for name, schema in json.loads(path.read_text()).items():
            if name in named:
                raise SystemExit(f"{path}: {name} is already in {named[name][0]}")
            named[name] = (path.name, schema)
    return named


def ref_name(ref):
    return ref.rsplit("/", 1)[1]


def types_of(schema):
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else list(types)
    if not types and ("enum" in schema or "const" in schema):
        types = ["string"]
    if types and schema.get("nullable"):
        types.append("null")
    return types


def number(value):
    return f"{value:g}" if abs(value) < 1e6 else f"{value:,}"


def bounds(schema):
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {number(low)} to {number(high)}"
    if "exclusiveMinimum" in schema:
        text = f" over {number(schema['exclusiveMinimum'])}"
        return text + (f" and at most {number(high)}" if high is not None else "")
    if low is not None:
        return f" of at least {number(low)}"
    return f" of at most {number(high)}" if high is not None else ""


def lengths(schema, low_key, high_key, unit):
    low, high = schema.get(low_key, 0), schema.get(high_key)
    if low and high:
        return f" of {low:,} to {high:,} {unit}"
    if low:
        return f" of at least {low:,} {unit}" if low > 1 else " that is not empty"
    return f" of at most {high:,} {unit}" if high else ""


def expected(schema, named, seen=()):
    """What a value must be, in words."""
    if "$ref" in schema:
        name = ref_name(schema["$ref"])
        return "an object" if name in seen else expected(named[name][1], named, (*seen, name))
    if "x-refused" in schema:
        return "nothing"
    if "x-expected" in schema:
        return schema["x-expected"]
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if choices:
        quoted = [json.dumps(choice) for choice in choices]
        return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        words = [expected(one, named, seen) for one in alternatives if one != {"type": "null"}]
        return " or ".join(dict.fromkeys(words))
    types = [t for t in types_of(schema) if t != "null"]
    parts = []
    for one in types:
        text = WORDS[one]
        if one in ("integer", "number"):
            text += bounds(schema)
        elif one == "string":
            text += lengths(schema, "minLength", "maxLength", "characters")
        elif one == "array":
            if "items" in schema:
                inner = expected(schema["items"], named, seen)
                text = "an array of " + plural(inner)
            text += lengths(schema, "minItems", "maxItems", "items")
        parts.append(text)
    return " or ".join(parts) if parts else "any value"


def plural(words):
    for one, many in (("an integer", "integers"), ("a number", "numbers"), ("a string", "strings"),
                      ("an object", "objects"), ("an array", "arrays")):
        if words.startswith(one):
            return many + words[len(one):].replace(" that is not empty", " that are not empty")
    return words


class SchemaWriter:
    """Writes constant trees, inner nodes first."""

    def __init__(self, named):
        self.named = named
        self.lines = []
        self.count = 0

    def node(self, schema, where):
        """Returns a C expression for a pointer to this schema."""
        unknown = set(schema) - KEYWORDS
        if unknown:
            raise SystemExit(f"{where}: the subset does not have {', '.join(sorted(unknown))}")
        if "$ref" in schema:
            name = ref_name(schema["$ref"])
            if name not in self.named:
                raise SystemExit(f"{where}: there is no {name}")
            target = f"&hearth_schema_{snake(name)}"
            if not schema.get("nullable"):
                return target
            inner = dict(self.named[name][1], nullable=True)
            return self.node(inner, where)
        self.count += 1
        symbol = f"node_{self.count}"
        text = self.body(schema, where, symbol)
        self.lines.append(f"static const struct hearth_schema {symbol} = {text};")
        return "&" + symbol

    def body(self, schema, where, symbol):
        members = [f".expected = {c_string(expected(schema, self.named))}"]
        types = types_of(schema)
        if types:
            bits = " | ".join(f"HEARTH_SCHEMA_{t.upper()}" for t in dict.fromkeys(types))
            members.append(f".types = {bits}")
        if "x-refused" in schema:
            members.append(f".refused = {c_string(schema['x-refused'])}")
        if schema.get("x-nul"):
            members.append(".takes_nul = true")
        choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
        if choices:
            words = ", ".join(c_string(choice) for choice in choices)
            members.append(f".choices = (const char *const[]){{{words}, NULL}}")
        for key, member in (("minimum", "minimum"), ("exclusiveMinimum", "minimum"),
                            ("maximum", "maximum"), ("exclusiveMaximum", "maximum")):
            if key in schema:
                members.append(f".{member} = &(const double){{{float(schema[key])!r}}}")
                if key.startswith("exclusive"):
                    members.append(f".{member}_exclusive = true")
        low = schema.get("minLength", schema.get("minItems", 0))
        high = schema.get("maxLength", schema.get("maxItems", 0))
        if low:
            members.append(f".length_min = {low}")
        if high:
            members.append(f".length_max = {high}")
        members += self.object_members(schema, where, symbol)
        if "x-check" in schema:
            members.append(f".check = hearth_check_{schema['x-check']}")
        if "items" in schema:
            members.append(f".items = {self.node(schema['items'], where + '[]')}")
        alternatives = schema.get("anyOf") or schema.get("oneOf")
        if alternatives:
            nodes = [self.node(one, f"{where}|{i}") for i, one in enumerate(alternatives)]
            members.append(
                f".any_of = (const struct hearth_schema *const[]){{{', '.join(nodes)}, NULL}}")
        return "{\n    " + ",\n    ".join(members) + ",\n}"

    def object_members(self, schema, where, symbol):
        members = []
        properties = schema.get("properties", {})
        required = set(schema.get("required", []))
        if required - set(properties):
            raise SystemExit(f"{where}: required but not among the properties: "
                             + ", ".join(sorted(required - set(properties))))
        if properties:
            rows = []
            for name, inner in properties.items():
                pointer = self.node(inner, f"{where}.{name}")
                rows.append(f"    {{{c_string(name)}, {pointer}, "
                            f"{'true' if name in required else 'false'}}},")
            self.lines.append(f"static const struct hearth_schema_property {symbol}_properties[] = "
                              "{\n" + "\n".join(rows) + "\n};")
            members += [f".properties = {symbol}_properties",
                        f".property_count = {len(properties)}"]
        additional = schema.get("additionalProperties", True)
        if additional is False:
            members.append(".closed = true")
        elif isinstance(additional, dict):
            members.append(f".additional = {self.node(additional, where + '.*')}")
        return members


def reachable(named, roots):
    """The schemas that C code needs: those of request bodies and what they refer to."""
    found, todo = [], list(roots)
    while todo:
        name = todo.pop(0)
        if name in found:
            continue
        found.append(name)
        todo += [ref_name(r) for r in re.findall(r'"\$ref": "([^"]+)"', json.dumps(named[name][1]))]
    return [name for name in named if name in found]


def schema_tables(named, rows):
    names = reachable(named, [r["request"] for r in rows if "request" in r])
    head = [f"/* {NOTE.format('api/schemas/')} */", "#ifndef HEARTH_GATEWAY_SCHEMAS_GEN_H",
            "#define HEARTH_GATEWAY_SCHEMAS_GEN_H", "", '#include "base/schema.h"', ""]
    head += [f"extern const struct hearth_schema hearth_schema_{snake(n)};" for n in names]
    head += ["", "#endif", ""]
    writer = SchemaWriter(named)
    for name in names:
        symbol = f"top_{snake(name)}"
        text = writer.body(named[name][1], name, symbol)
        writer.lines.append(f"const struct hearth_schema hearth_schema_{snake(name)} = {text};")
    body = [f"/* {NOTE.format('api/schemas/')} */", '#include "gateway/schemas.gen.h"', "",
            '#include "gateway/checks.h"', "", "/* clang-format off */", *writer.lines, ""]
    return {"src/gateway/schemas.gen.h": "\n".join(head), "src/gateway/schemas.gen.c": "\n".join(body)}


def family_header(family, rows):
    """The handlers of one folder of routes."""
    guard = f"HEARTH_ROUTES_{family.upper()}_{family.upper()}_ROUTES_GEN_H"
    return "\n".join([f"/* {NOTE.format('api/routes.json')} */", f"#ifndef {guard}", f"#define {guard}",
                      "", "struct hearth_call;", "",
                      *(f"void hearth_route_{row['name']}(struct hearth_call *call);" for row in rows),
                      "", "#endif", ""])


def route_tables(rows):
    families = sorted({r["family"] for r in rows})
    head = [f"/* {NOTE.format('api/routes.json')} */", "#ifndef HEARTH_SERVER_ROUTES_GEN_H",
            "#define HEARTH_SERVER_ROUTES_GEN_H", "", '#include "gateway/router.h"', "",
            "extern const struct hearth_route_table hearth_routes;", "", "#endif", ""]
    body = [f"/* {NOTE.format('api/routes.json')} */", '#include "server/routes.gen.h"', "",
            '#include "gateway/schemas.gen.h"',
            *(f'#include "routes/{family}/{family}_routes.gen.h"' for family in families), "",
            "/* clang-format off */", "static const struct hearth_route rows[] = {"]
    for r in rows:
        aliases = "NULL"
        if "aliases" in r:
            aliases = f"(const char *const[]){{{', '.join(map(c_string, r['aliases']))}, NULL}}"
        request = f"&hearth_schema_{snake(r['request'])}" if "request" in r else "NULL"
        limit = "HEARTH_BODY_DEFAULT" if "body_max" not in r else str(r["body_max"])
        body.append(
            f"    {{.method = {c_string(r['method'])}, .path = {c_string(r['path'])}, .aliases = {aliases},\n"
            f"     .group = {c_string(r['group'])}, .name = {c_string(r['name'])}, .errors = HEARTH_ERRORS_{r['errors'].upper()},\n"
            f"     .scope = HEARTH_SCOPE_{r['scope'].upper()}, "
            f".kind = HEARTH_ROUTE_{r['kind'].upper()}, .body_max = {limit}, .request = {request},\n"
            f"     .may_ignore = {'true' if r.get('unknown') == 'setting' else 'false'}, .handle = hearth_route_{r['name']}}},")
    body += ["};", "const struct hearth_route_table hearth_routes = {rows, sizeof(rows) / sizeof(rows[0])};",
             ""]
    files = {"src/server/routes.gen.h": "\n".join(head), "src/server/routes.gen.c": "\n".join(body)}
    for family in families:
        files[f"src/routes/{family}/{family}_routes.gen.h"] = family_header(
            family, [r for r in rows if r["family"] == family])
    return files


# OpenAPI
# -------
def openapi_schema(schema):
    """Our subset as JSON Schema 2020-12: nullable becomes a type, references point to components."""
    if isinstance(schema, bool):
        return schema
    out = {}
    for key, value in schema.items():
        if key == "$ref":
            out[key] = "#/components/schemas/" + ref_name(value)
        elif key in ("properties",):
            out[key] = {name: openapi_schema(inner) for name, inner in value.items()}
        elif key in ("items", "additionalProperties"):
            out[key] = openapi_schema(value)
        elif key in ("anyOf", "oneOf"):
            out[key] = [openapi_schema(one) for one in value]
        elif key == "x-refused":
            out["description"] = "Refused: " + value + "."
            out["type"] = "null"
        elif key not in ("nullable", "x-check", "x-expected", "x-nul"):
            out[key] = value
    if not schema.get("nullable") or "x-refused" in schema:
        return out
    if "type" in out:
        out["type"] = [*([out["type"]] if isinstance(out["type"], str) else out["type"]), "null"]
        if "enum" in out:
            out["enum"] = [*out["enum"], None]
        return out
    return {"anyOf": [out, {"type": "null"}]}


def openapi_operation(row, statuses):
    operation = {"operationId": row["name"], "summary": row["summary"], "tags": [row["group"]]}
    parameters = [{"name": name.rstrip("*"), "in": "path", "required": True, "schema": {"type": "string"}}
                  for name in re.findall(r"{([^}]+)}", row["path"])]
    for query in row.get("query", []):
        schema = {"type": query.get("type", "string")}
        if "enum" in query:
            schema["enum"] = query["enum"]
        parameters.append({"name": query["name"], "in": "query",
                           "description": query.get("description", ""), "schema": schema})
    if "aliases" in row:
        paths = " and ".join(f"`{alias}`" for alias in row["aliases"])
        operation["description"] = f"Also at {paths}, for clients that ask there."
    if parameters:
        operation["parameters"] = parameters
    if "request" in row:
        operation["requestBody"] = {"required": True, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/" + row["request"]}}}}
    responses = {}
    for status, name in row["response"].items():
        media, schema = "application/json", {"$ref": "#/components/schemas/" + name}
        if "/" in name:
            media, schema = name, {"type": "string"}
        content = {media: {"schema": schema}}
        if "stream" in row:
            content[STREAM_TYPES.get(row["family"], "text/event-stream")] = {"schema": {"$ref": "#/components/schemas/" + row["stream"]}}
        responses[status] = {"description": statuses.get(status, "An answer"), "content": content}
    shape = ERROR_SCHEMAS[row["errors"]]
    responses["default"] = {"description": "An error", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/" + shape}}}}
    operation["responses"] = responses
    if row["scope"] == "open":
        operation["security"] = []
    return operation


def openapi(named, rows, groups):
    statuses = {"200": "Done", "201": "Made", "202": "Under way", "302": "Elsewhere", "503": "Not now"}
    paths = {}
    for row in rows:
        path = row["path"].replace("*}", "}")
        paths.setdefault(path, {})[row["method"].lower()] = openapi_operation(row, statuses)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hearth", "version": VERSION,
                 "description": "Keeps, trains and serves models on machines that you own."},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"key": []}, {}],
        "tags": [{"name": name, "description": title} for name, title in groups.items()],
        "paths": paths,
        "components": {
            "schemas": {name: openapi_schema(schema) for name, (_, schema) in named.items()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"},
                                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def page_lines(text):
    """C string literals of a bounded width; no part may end within an escape."""
    out = []
    for line in text.splitlines(keepends=True):
        out += [line[i:i + 80] for i in range(0, len(line), 80)]
    return [f"    {c_string(part)}" for part in out]


def page_policy(html):
    """The Content-Security-Policy of a page: its own style and scripts, by their digests; no other
    source, no attribute of style, and requests to its own server alone."""
    def digests(tag):
        texts = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        return " ".join("'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
                        for text in texts) or "'none'"
    return (f"default-src 'none'; style-src {digests('style')}; script-src {digests('script')}; "
            "img-src data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")


def pages(document):
    compact = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    source = "api/"
    head = [f"/* {NOTE.format(source)} */", "#ifndef HEARTH_ROUTES_ADMIN_PAGES_GEN_H",
            "#define HEARTH_ROUTES_ADMIN_PAGES_GEN_H", "", "#include <stddef.h>", "",
            "extern const char hearth_page_openapi[], hearth_page_docs[];",
            "/* The Content-Security-Policy that the page works under. */",
            "extern const char hearth_page_docs_policy[];",
            "extern const size_t hearth_page_openapi_length, hearth_page_docs_length;", "", "#endif",
            ""]
    body = [f"/* {NOTE.format(source)} */", '#include "routes/admin/pages.gen.h"', "",
            "/* clang-format off */"]
    docs = (API / "docs.html").read_text()
    body += ["const char hearth_page_docs_policy[] =", *page_lines(page_policy(docs))]
    body[-1] += ";"
    for name, text in (("openapi", compact), ("docs", docs)):
        text.encode("ascii")
        body += [f"const char hearth_page_{name}[] =", *page_lines(text)]
        body[-1] += ";"
        body.append(f"const size_t hearth_page_{name}_length = sizeof(hearth_page_{name}) - 1;")
    return {"src/routes/admin/pages.gen.h": "\n".join(head), "src/routes/admin/pages.gen.c":
            "\n".join(body) + "\n", "api/openapi.json": json.dumps(document, indent=1) + "\n"}


def errors_page():
    rows = json.loads((API / "errors.json").read_text())["errors"]
    out = ["# Errors", "", f"<!-- {NOTE.format('api/errors.json')} -->", "",
           "Under `/v1`, and on the other paths of OpenAI's routes, an error has OpenAI's shape, `{\"error\": {\"message\", \"type\", \"param\", "
           "\"code\"}}`;", "under `/v1/messages` Anthropic's, `{\"type\": \"error\", \"error\": {\"type\", \"message\"}, \"request_id\"}`, with 400 for 422 "
           "and 529 for 503;", "elsewhere it is `{\"error\", \"detail\", \"code\", \"request_id\"}`, with "
           "`fields` (field, expected,", "got, message) when the status is 422. `hearth` exits with the "
           "code below. *Retry* says whether the", "same request may succeed later; then there is often a "
           "`Retry-After`.", "", "| code | HTTP | gRPC | exit | retry | meaning |",
           "|---|---|---|---|---|---|"]
    out += [f"| `{r['code']}` | {r['http']} | {r['grpc']} | {r['exit']} | "
            f"{'yes' if r['retry'] else 'no'} | {r['text']} |" for r in rows]
    out += ["", "Under `/v1` some errors carry OpenAI's own words as their code: `invalid_api_key`, "
            "`invalid_type`,", "`invalid_value`, `missing_required_parameter`, `unknown_parameter`, "
            "`unsupported_parameter`,", "`rate_limit_exceeded`.", ""]
    return {"docs/errors.md": "\n".join(out)}


def check_paths(rows):
    """Each method and path once, aliases included; and every row says what its errors look like."""
    seen = {}
    for row in rows:
        if row.get("errors") not in ERROR_SCHEMAS:
            raise SystemExit(f"routes.json: {row['name']}: errors must be one of "
                             + ", ".join(ERROR_SCHEMAS))
        if row.get("unknown", "refuse") not in ("refuse", "setting"):
            raise SystemExit(f"routes.json: {row['name']}: unknown must be refuse or setting")
        for path in [row["path"], *row.get("aliases", [])]:
            key = row["method"], re.sub(r"{[^}]*}", "{}", path)
            if key in seen:
                raise SystemExit(f"routes.json: {row['name']}: {' '.join(key)} is {seen[key]} already")
            seen[key] = row["name"]


def api():
    """Everything from routes.json, schemas/ and errors.json."""
    named = schemas()
    routes = json.loads((API / "routes.json").read_text())
    rows, groups = routes["routes"], routes["groups"]
    used = {row["group"] for row in rows}
    if used != set(groups):
        raise SystemExit("routes.json: groups and the group column differ in "
                         + ", ".join(sorted(used ^ set(groups))))
    check_paths(rows)
    for row in rows:
        for name in [row.get("request"), row.get("stream"), *row["response"].values()]:
            if name and "/" not in name and name not in named:
                raise SystemExit(f"routes.json: {row['name']}: there is no schema {name}")
    files = {}
    for part in (schema_tables(named, rows), route_tables(rows), pages(openapi(named, rows, groups)),
                 errors_page()):
        files.update(part)
    return files
