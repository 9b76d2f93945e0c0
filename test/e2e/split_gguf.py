"""Splits a GGUF file as llama.cpp's own program does: all metadata in the first part, the tensors
one after the other over all parts, and `split.*` keys in each."""
import struct

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # by type of value
U16, I32, STRING, ARRAY = 2, 5, 8, 9


class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, form):
        value, = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def skip_text(self):
        self.at += 8 + struct.unpack_from("<Q", self.raw, self.at)[0]

    def skip_value(self, kind):
        if kind == STRING:
            self.skip_text()
        elif kind != ARRAY:
            self.at += SIZES[kind]
        else:
            inner, count = self.take("I"), self.take("Q")
            if inner == STRING:
                for _ in range(count):
                    self.skip_text()
            else:
                self.at += SIZES[inner] * count


def padded(raw, to=32):
    return raw + bytes(-len(raw) % to)


def key(name, kind, value):
    form = {U16: "H", I32: "i"}[kind]
    return struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I" + form, kind, value)


def read(path):
    """The number and bytes of the metadata, and per tensor its description and its bytes."""
    raw = path.read_bytes()
    reader = Reader(raw)
    assert raw[:4] == b"GGUF" and struct.unpack_from("<I", raw, 4)[0] == 3
    reader.at = 8
    tensors, keys = reader.take("Q"), reader.take("Q")
    start = reader.at
    for _ in range(keys):
        reader.skip_text()
        reader.skip_value(reader.take("I"))
    metadata, rows = raw[start:reader.at], []
    for _ in range(tensors):
        begin = reader.at
        reader.skip_text()
        dimensions = reader.take("I")
        reader.at += 8 * dimensions + 4
        rows.append((raw[begin:reader.at], reader.take("Q")))
    data = (reader.at + 31) // 32 * 32
    ends = sorted(offset for _, offset in rows) + [len(raw) - data]
    following = {offset: ends[ends.index(offset) + 1] for _, offset in rows}
    return keys, metadata, [(head, raw[data + offset:data + following[offset]])
                            for head, offset in rows]


def split(path, folder, stem, count):
    """Writes `count` parts into the folder and returns their paths."""
    keys, metadata, tensors = read(path)
    share, paths = -(-len(tensors) // count), []
    for number in range(count):
        mine = tensors[number * share:(number + 1) * share]
        own = (key("split.no", U16, number) + key("split.count", U16, count) +
               key("split.tensors.count", I32, len(tensors)))
        all_keys = (keys, metadata) if number == 0 else (0, b"")
        heads, data = b"", b""
        for head, content in mine:
            heads += head + struct.pack("<Q", len(data))
            data += padded(content)
        start = struct.pack("<4sIQQ", b"GGUF", 3, len(mine), all_keys[0] + 3)
        paths.append(folder / f"{stem}-{number + 1:05}-of-{count:05}.gguf")
        paths[-1].write_bytes(padded(start + all_keys[1] + own + heads) + data)
    return paths
