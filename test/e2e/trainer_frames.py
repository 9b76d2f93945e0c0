"""Speaks to hearth-trainer as the gateway does (src/wire/ipc.h, ipc_job.h)."""
import json
import os
import pathlib
import socket
import struct
import subprocess

HELLO, PING, STOP, PAUSE, RESUME = 1, 5, 6, 7, 8
STARTED, PROGRESS, READY, FAILED, PONG = 64, 65, 66, 67, 68
EVENT, DONE = 79, 80
VERSION_TAG, SETTINGS_TAG, SANDBOX_TAG, LIMIT_TAG, CODE_TAG, MESSAGE_TAG = 1, 11, 12, 13, 17, 18


def field(tag, data):
    return struct.pack("<HHI", tag, 0, len(data)) + data + b"\0" * (-len(data) % 4)


def fields(payload):
    found, at = {}, 0
    while at < len(payload):
        tag, _, length = struct.unpack_from("<HHI", payload, at)
        found[tag] = payload[at + 8:at + 8 + length]
        at += 8 + length + -length % 4
    return found


ROOT = pathlib.Path(__file__).resolve().parents[2]
HEARTH = pathlib.Path(os.environ.get("HEARTH_BIN", ROOT / "build/bin/hearth"))


class Trainer:
    def __init__(self, order, sandbox=1, memory_limit=0):
        ours, theirs = socket.socketpair()
        ours.settimeout(300)
        program = HEARTH.parent.parent / "libexec/hearth/hearth-trainer"

        def channel():
            os.dup2(theirs.fileno(), 3)
            os.set_inheritable(3, True)

        self.process = subprocess.Popen([program], preexec_fn=channel, pass_fds=[3], close_fds=True, start_new_session=True,
                                        env={"LANG": "C.UTF-8"}, stderr=subprocess.PIPE)
        theirs.close()
        self.socket, self.events, self.bytes = ours, [], b""
        text = order if isinstance(order, bytes) else json.dumps(order).encode()
        self.send(HELLO, field(VERSION_TAG, struct.pack("<I", 1)) +
                  field(SANDBOX_TAG, struct.pack("<I", sandbox)) +
                  field(LIMIT_TAG, struct.pack("<Q", memory_limit)) + field(SETTINGS_TAG, text))

    def send(self, kind, payload=b""):
        self.socket.sendall(struct.pack("<IBBHI", len(payload), kind, 0, 0, 0) + payload)

    def take(self, count):
        while len(self.bytes) < count:
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise EOFError
            self.bytes += piece
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def frame(self):
        length, kind, _, _, _ = struct.unpack("<IBBHI", self.take(12))
        return kind, fields(self.take(length))

    def until(self, wanted):
        """Reads on until `wanted(event)` is true of an event, or to the end: (kind, fields)."""
        while True:
            kind, content = self.frame()
            if kind == EVENT:
                self.events.append(json.loads(content[SETTINGS_TAG]))
                if wanted and wanted(self.events[-1]):
                    return kind, content
            elif kind in (DONE, FAILED) or (wanted is None and kind == PONG):
                return kind, content

    def end(self):
        """The result of the job, or its fault: (code, message)."""
        kind, content = self.until(lambda event: False)
        self.close()
        if kind == DONE:
            return json.loads(content[SETTINGS_TAG])
        return struct.unpack("<i", content[CODE_TAG])[0], content[MESSAGE_TAG].decode()

    def plan(self):
        self.end()
        return next(event for event in self.events if event["type"] == "plan")

    def close(self):
        self.socket.close()
        self.process.wait(20)
        self.process.stderr.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.socket.close()
