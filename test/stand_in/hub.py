#!/usr/bin/env python3
"""A stand-in for the Hugging Face hub: the endpoints that clients download models through.

    test/stand_in/hub.py SPEC.json     serves on two free loopback ports (the second is the storage
                                       that large files are redirected to) and prints
                                       "ready http://127.0.0.1:PORT http://127.0.0.1:PORT"

The spec:

    {"repos": {"org/name": {"files": {"path": CONTENT}, "gated": false, "private": false,
                            "tags": ["v1"], "rows": [extra rows of the listing]},
               "org/old": {"moved_to": "org/name"}},
     "plain": {"name": CONTENT},        served under /plain/ with an ETag
     "token": "hf_…",                   opens private and gated repositories
     "page": 1000}                      rows in a page of a listing

CONTENT is {"text": …}, {"hex": …}, {"file": path}, {"size": n, "seed": n, "start": text}, or a
whole but empty-headed model of that many bytes of weights: {"gguf": n, "seed": n},
{"safetensors": n, "seed": n}.
Files of a kilobyte and more, and *.gguf and *.safetensors, are "large": LFS with a sha256.

A test drives it over HTTP: POST /_stand_in/faults takes a list of rules, each used `times` times
on requests whose path contains `match`: {"kind": "drop", "after": n}, {"kind": "status",
"status": n, "headers": {}}, {"kind": "slow", "rate": bytes a second}, {"kind": "corrupt"},
{"kind": "change"} (another ETag). GET /_stand_in/log tells every request with the bytes sent,
DELETE /_stand_in/log forgets them.
"""
import hashlib
import json
import math
import random
import re
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGE = 1024
PIECE = 16384


def text_of_gguf(text):
    return struct.pack("<Q", len(text)) + text.encode()


def gguf(weights):
    """Version 3, all that an engine wants of a LLaMA of one layer and no vocabulary. What is left of
    the weights behind the last tensor belongs to none."""
    width, words = 8, 4
    inner = max(8, (len(weights) - 4 * width * (words + 3 + 4 * width)) // (12 * width))
    numbers = {"block_count": 1, "context_length": 64, "embedding_length": width,
               "feed_forward_length": inner, "vocab_size": words, "attention.head_count": 1}
    layer = {"attn_norm": (width,), "attn_q": (width, width), "attn_k": (width, width),
             "attn_v": (width, width), "attn_output": (width, width), "ffn_norm": (width,),
             "ffn_gate": (width, inner), "ffn_up": (width, inner), "ffn_down": (inner, width)}
    tensors = {"token_embd.weight": (width, words), "output_norm.weight": (width,),
               **{f"blk.0.{name}.weight": shape for name, shape in layer.items()}}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 3 + len(numbers))
    for key, value in (("general.architecture", "llama"), ("tokenizer.ggml.model", "none")):
        head += text_of_gguf(key) + struct.pack("<I", 8) + text_of_gguf(value)
    for key, value in numbers.items():
        head += text_of_gguf("llama." + key) + struct.pack("<II", 4, value)
    head += text_of_gguf("llama.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5)
    at = 0
    for name, shape in tensors.items():
        head += text_of_gguf(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, at)
        at += 4 * math.prod(shape)
    return head + bytes(-len(head) % 32) + weights + bytes(max(0, at - len(weights)))


def safetensors(weights):
    head = json.dumps({"w": {"dtype": "F32", "shape": [len(weights) // 4],
                             "data_offsets": [0, len(weights)]}}).encode()
    return struct.pack("<Q", len(head)) + head + weights


def content_of(spec):
    for kind, wrap in (("gguf", gguf), ("safetensors", safetensors)):
        if kind in spec:
            return wrap(random.Random(spec.get("seed", 0)).randbytes(spec[kind] // 4 * 4))
    if "text" in spec:
        return spec["text"].encode()
    if "hex" in spec:
        return bytes.fromhex(spec["hex"])
    if "file" in spec:
        with open(spec["file"], "rb") as file:
            return file.read()
    start = spec.get("start", "").encode()
    return start + random.Random(spec.get("seed", 0)).randbytes(spec["size"] - len(start))


class StoredFile:
    """Bytes with the names that the hub gives them."""

    def __init__(self, path, data):
        self.path, self.data = path, data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        self.large = len(data) >= LARGE or path.endswith((".gguf", ".safetensors"))

    def row(self):
        row = {"type": "file", "oid": self.oid, "size": len(self.data), "path": self.path}
        if self.large:
            row["lfs"] = {"oid": self.sha256, "size": len(self.data), "pointerSize": 134}
        return row


class Repository:
    def __init__(self, name, spec):
        self.name, self.spec = name, spec
        self.files = {path: StoredFile(path, content_of(content))
                      for path, content in spec.get("files", {}).items()}
        text = name + "".join(f.path + f.sha256 for f in self.files.values())
        self.commit = hashlib.sha1(text.encode()).hexdigest()

    def has_revision(self, revision):
        return revision in ("main", "refs/heads/main", self.commit, *self.spec.get("tags", []))

    def rows(self):
        folders = sorted({path.rsplit("/", 1)[0] for path in self.files if "/" in path})
        rows = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": f} for f in folders]
        rows += [file.row() for file in self.files.values()]
        return rows + self.spec.get("rows", [])


class Hub:
    """What both servers know."""

    def __init__(self, spec):
        self.repositories = {name: Repository(name, one) for name, one in spec["repos"].items()}
        self.plain = {name: StoredFile(name, content_of(content))
                      for name, content in spec.get("plain", {}).items()}
        self.token, self.page = spec.get("token"), spec.get("page", 1000)
        self.lock, self.faults, self.log = threading.Lock(), [], []
        self.address = self.storage = None
        self.by_digest = {file.sha256: file for repository in self.repositories.values()
                          for file in repository.files.values()}

    def take_fault(self, path):
        with self.lock:
            for fault in self.faults:
                if fault.get("match", "") in path and fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub = None
    place = "hub"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer()

    def do_HEAD(self):
        self.answer()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/_stand_in/faults":
            with self.hub.lock:
                self.hub.faults = json.loads(body)
            return self.send_json(200, {})
        return self.fail(404, "EntryNotFound", "no such route")

    def do_DELETE(self):
        with self.hub.lock:
            self.hub.log.clear()
        self.send_json(200, {})

    def answer(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        if path == "/_stand_in/log":
            with self.hub.lock:
                entries = list(self.hub.log)
            return self.send_json(200, entries)
        self.entry = {"place": self.place, "method": self.command, "path": path, "sent": 0,
                      "range": self.headers.get("Range"), "if_range": self.headers.get("If-Range"),
                      "authorized": "Authorization" in self.headers, "time": time.monotonic()}
        with self.hub.lock:
            self.hub.log.append(self.entry)
        self.fault = self.hub.take_fault(path)
        if self.fault.get("kind") == "status":
            return self.fail(self.fault["status"], "", "as the test asked",
                             self.fault.get("headers", {}))
        return self.route(path)

    # Answers -------------------------------------------------------------------------------

    def send_head(self, status, length, headers):
        self.entry_status(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def entry_status(self, status):
        if hasattr(self, "entry"):
            self.entry["status"] = status

    def send_json(self, status, value, headers=None):
        body = json.dumps(value).encode()
        self.send_head(status, len(body), {"Content-Type": "application/json", **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status, code, message, headers=None):
        extra = {"X-Error-Message": message, **(headers or {})}
        if code:
            extra["X-Error-Code"] = code
        if status == 401:
            extra["WWW-Authenticate"] = 'Bearer realm="Authentication required"'
        self.send_json(status, {"error": message}, extra)

    def range_of(self, size, etag):
        """(first, end, status) of the part that is asked for (RFC 9110, 14)."""
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if not match or (condition and condition != etag):
            return 0, size, 200
        first = int(match[1])
        end = min(int(match[2]) + 1, size) if match[2] else size
        return (first, end, 206) if first < end else (0, 0, 416)

    def send_file(self, file, etag, headers):
        if self.fault.get("kind") == "change":
            etag = '"changed"'
        size = len(file.data)
        first, end, status = self.range_of(size, etag)
        headers = {"ETag": etag, "Accept-Ranges": "bytes", **headers}
        if status == 416:
            return self.send_head(416, 0, {"Content-Range": f"bytes */{size}"})
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
        self.send_head(status, end - first, headers)
        if self.command == "HEAD":
            return None
        data = bytearray(file.data[first:end])
        if self.fault.get("kind") == "corrupt" and data:
            data[-1] ^= 1
        return self.send_bytes(bytes(data))

    def send_bytes(self, data):
        """In pieces, so that the log tells how much has left when the client goes away."""
        limit = self.fault["after"] if self.fault.get("kind") == "drop" else len(data)
        rate = self.fault.get("rate")
        piece = min(PIECE, max(1, rate // 20)) if rate else PIECE
        try:
            for at in range(0, min(limit, len(data)), piece):
                end = min(at + piece, limit, len(data))
                self.wfile.write(data[at:end])
                self.entry["sent"] += end - at
                if rate:
                    time.sleep((end - at) / rate)
        except OSError:
            limit = 0
        if limit < len(data):
            self.close_connection = True

    # Routes of the hub ---------------------------------------------------------------------

    def route(self, path):
        plain = re.fullmatch(r"/plain/(.+)", path)
        cached = re.fullmatch(r"/api/resolve-cache/models/([^/]+/[^/]+)/([0-9a-f]+)/(.+)", path)
        api = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/(.+))?", path)
        resolve = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if plain and plain[1] in self.hub.plain:
            file = self.hub.plain[plain[1]]
            return self.send_file(file, f'"{file.sha256[:16]}"', {})
        if cached:
            return self.small_file(*cached.groups())
        if resolve:
            return self.resolve(*resolve.groups())
        if api:
            return self.api(api[1], api[2], api[3] or "main")
        return self.fail(404, "EntryNotFound", "Sorry, we can't find what you are looking for.")

    def has_token(self):
        return self.hub.token and self.headers.get("Authorization") == f"Bearer {self.hub.token}"

    def find(self, name, revision):
        """The repository, or None after an answer that says why not."""
        repository = self.hub.repositories.get(name)
        if "Authorization" in self.headers and not self.has_token():
            return self.fail(401, "", "Invalid credentials in Authorization header")
        if repository and "moved_to" in repository.spec:
            target = self.path.replace(name, repository.spec["moved_to"], 1)
            self.send_head(307, 0, {"Location": target})
            return None
        if not repository or (repository.spec.get("private") and not self.has_token()):
            if self.has_token():
                return self.fail(404, "RepoNotFound", "Repository not found")
            return self.fail(401, "RepoNotFound", "Invalid username or password.")
        if not repository.has_revision(revision):
            return self.fail(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repository

    def api(self, name, what, revision):
        repository = self.find(name, revision)
        if not repository:
            return None
        if what == "tree":
            return self.tree(repository)
        siblings = [{"rfilename": path} for path in repository.files]
        return self.send_json(200, {
            "_id": "0" * 24, "id": name, "modelId": name, "sha": repository.commit,
            "private": bool(repository.spec.get("private")), "tags": [], "downloads": 0,
            "gated": "auto" if repository.spec.get("gated") else False, "siblings": siblings})

    def tree(self, repository):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        first = int(query.get("cursor", ["0"])[0])
        limit = min(self.hub.page, int(query.get("limit", [self.hub.page])[0]))
        rows, headers = repository.rows(), {}
        if first + limit < len(rows):
            query = {key: values[0] for key, values in query.items()}
            query["cursor"] = first + limit
            where = self.path.split("?")[0] + "?" + urllib.parse.urlencode(query)
            headers["Link"] = f'<{self.hub.address}{where}>; rel="next"'
        return self.send_json(200, rows[first:first + limit], headers)

    def resolve(self, name, revision, path):
        repository = self.find(name, revision)
        if not repository:
            return None
        headers = {"X-Repo-Commit": repository.commit}
        if repository.spec.get("gated") and not self.has_token():
            return self.fail(401, "GatedRepo", f"Access to model {name} is restricted.", headers)
        file = repository.files.get(path)
        if not file:
            return self.fail(404, "EntryNotFound", "Entry not found", headers)
        headers["X-Linked-Size"] = str(len(file.data))
        if file.large:
            headers["X-Linked-Etag"] = f'"{file.sha256}"'
            headers["Location"] = f"{self.hub.storage}/{file.sha256}?Expires=1&Signature=abc"
            return self.send_head(302, 0, headers)
        headers["X-Linked-Etag"] = headers["ETag"] = f'"{file.oid}"'
        quoted = urllib.parse.quote(path)
        headers["Location"] = f"/api/resolve-cache/models/{name}/{repository.commit}/{quoted}"
        return self.send_head(307, 0, headers)

    def small_file(self, name, commit, path):
        repository = self.find(name, commit)
        if repository:
            file = repository.files[path]
            self.send_file(file, f'"{file.oid}"', {"X-Repo-Commit": commit})


class StorageHandler(Handler):
    """Where large files lie: another host, which must never see the hub's token."""
    place = "storage"

    def route(self, path):
        file = self.hub.by_digest.get(path.lstrip("/"))
        if "Authorization" in self.headers:
            return self.fail(400, "", "only one authentication mechanism is allowed")
        if not file:
            return self.fail(404, "", "no such key")
        return self.send_file(file, f'"{file.oid[:32]}-1"', {})


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that goes away is what the tests do."""


def start(hub, handler):
    server = Server(("127.0.0.1", 0), type("Bound", (handler,), {"hub": hub}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def serve(spec):
    """Starts both servers; `address` and `storage` of the result say where."""
    hub = Hub(spec)
    hub.address, hub.storage = start(hub, Handler), start(hub, StorageHandler)
    return hub


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as spec_file:
        stand_in = serve(json.load(spec_file))
    print("ready", stand_in.address, stand_in.storage, flush=True)
    sys.stdin.read()  # ends with whoever started it
