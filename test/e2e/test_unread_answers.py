"""Clients that ask and do not read: the server's memory stays, whatever they ask for, however many
they are, and those that read are served."""
import contextlib
import pathlib
import re
import socket
import struct
import time

import pytest

from conftest import SLOW

PIPELINED = 5000
STREAMS = 100
# A sanitizer keeps what was freed: there (SLOW > 1) only the server's own sum is looked at.
GROWTH_MAX = 16 << 20  # bytes, for one connection: mostly what the allocator keeps
CLIENTS = 150
SUM = 16 << 20  # --connection-buffers-max in the test of many
# What a connection costs beside its answers: the parser, the session, and the stream's state.
PER_CLIENT_MAX = 200 << 10


def resident(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


def connect(server):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    client.setblocking(False)
    return client


def send_what_fits(client, data):
    with contextlib.suppress(BlockingIOError, ConnectionError):
        while data:
            data = data[client.send(data):]


def pipeline(server, path, times):
    client = connect(server)
    send_what_fits(client, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * times)
    return client


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def open_streams(server, path, times):
    """HTTP/2 with a window of 2 GB for each stream, so that only the connection's is shut."""
    client = connect(server)
    target = path.encode()
    head = b"\x82\x86\x04" + bytes([len(target)]) + target + b"\x01\x09localhost"
    send_what_fits(client, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                   + frame(4, 0, 0, b"\x00\x04\x7f\xff\xff\xff")
                   + b"".join(frame(1, 5, 2 * i + 1, head) for i in range(times)))
    return client


def most_resident(server, seconds):
    """The largest of what is seen until it has not grown for a second."""
    most, since = 0, time.monotonic()
    end = time.monotonic() + seconds
    while time.monotonic() < end and time.monotonic() - since < 1:
        now = resident(server)
        if now > most + (256 << 10):
            most, since = now, time.monotonic()
        time.sleep(0.05)
    return most


@pytest.mark.parametrize("path", ["/openapi.json", "/metrics", "/docs"])
@pytest.mark.parametrize("ask,times", [(pipeline, PIPELINED), (open_streams, STREAMS)])
def test_one_connection_that_reads_nothing_takes_no_memory(server, path, ask, times):
    server.get(path)
    before = resident(server)
    client = ask(server, path, times)
    most = most_resident(server, 8)
    assert SLOW > 1 or most - before < GROWTH_MAX, f"{(most - before) >> 20} MiB more"
    assert server.get("/health").status == 200
    client.close()


@pytest.mark.parametrize("ask,times", [(pipeline, PIPELINED), (open_streams, STREAMS)])
def test_many_connections_that_read_nothing_stay_under_the_sum(start, ask, times):
    server = start(env={"HEARTH_CONNECTION_BUFFERS_MAX": str(SUM)})
    before = resident(server)
    clients = [ask(server, path, times) for path in ["/openapi.json", "/metrics"]
               for _ in range(CLIENTS // 2)]
    most = most_resident(server, 20)
    assert SLOW > 1 or most - before < 2 * SUM + CLIENTS * PER_CLIENT_MAX, f"{(most - before) >> 20} MiB more"
    assert server.metric("hearth_connections_held_bytes") <= SUM + (256 << 10)
    assert server.get("/openapi.json").status == 200
    for client in clients:
        client.close()
