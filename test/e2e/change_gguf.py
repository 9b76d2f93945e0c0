"""Writes a GGUF file with other values for some of its keys, for tests of models that are broken on
purpose. The tensors stay as they are."""
import struct

import split_gguf

FORMS = {"u16": (2, "<H"), "u32": (4, "<I"), "i32": (5, "<i"), "f32": (6, "<f"), "bool": (7, "<?")}
TEXT, ARRAY = 8, 9


def packed_text(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(raw)) + raw


def packed(value):
    """A text, ("u32", 7), or ("u32", [1, 2, 3])."""
    if isinstance(value, (str, bytes)):
        return struct.pack("<I", TEXT) + packed_text(value)
    kind, form = FORMS[value[0]]
    if isinstance(value[1], list):
        return (struct.pack("<IIQ", ARRAY, kind, len(value[1])) +
                b"".join(struct.pack(form, one) for one in value[1]))
    return struct.pack("<I", kind) + struct.pack(form, value[1])


def entries(metadata, count):
    """The name of each key, and the bytes of key and value."""
    reader = split_gguf.Reader(metadata)
    for _ in range(count):
        begin = reader.at
        reader.skip_text()
        name = metadata[begin + 8:reader.at].decode()
        reader.skip_value(reader.take("I"))
        yield name, metadata[begin:reader.at]


def change(path, target, changes):
    """`changes`: name of a key to its new value, or to None, which takes the key away."""
    count, metadata, tensors = split_gguf.read(path)
    kept = [raw for name, raw in entries(metadata, count) if name not in changes]
    kept += [packed_text(name) + packed(value)
             for name, value in changes.items() if value is not None]
    heads, data = b"", []
    at = 0
    for head, content in tensors:
        heads += head + struct.pack("<Q", at)
        data.append(split_gguf.padded(content))
        at += len(data[-1])
    start = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(kept))
    target.write_bytes(split_gguf.padded(start + b"".join(kept) + heads) + b"".join(data))
    return target
