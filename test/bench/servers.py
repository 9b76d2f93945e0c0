"""Starts what is measured: hearth, llama-server and nginx, on free loopback ports, ended by pid."""
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", ROOT / "build"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, path, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.005)
    raise TimeoutError(f"port {port} did not answer {path}")


def memory_mb(pid, kind="Rss"):
    """Rss, or Pss, in which shared pages count in part; 0 when the process has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines()
               if line.startswith(kind + ":")) / 1024


class Server:
    """A child process with a port; `with` ends it."""

    def __init__(self, argv, port, ready_path, env=None):
        self.port = port
        self.log = tempfile.NamedTemporaryFile(prefix="bench-", suffix=".log", delete=False)
        started = time.monotonic()
        self.process = subprocess.Popen(argv, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        try:
            wait_for(port, ready_path)
        except TimeoutError:
            self.stop()
            raise RuntimeError(f"{argv[0]} did not start, see {self.log.name}") from None
        self.ready_ms = (time.monotonic() - started) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def rss_mb(self):
        return memory_mb(self.process.pid)


class Hearth(Server):
    def __init__(self, models=(), **settings):
        """`models`: (name, source) or (name, source, settings) that are installed before it starts."""
        self.home = tempfile.mkdtemp(prefix="bench-home-")
        env = {"HEARTH_HOME": self.home, "LOG_LEVEL": "warning"}
        env |= {"HEARTH_" + key.upper(): str(value) for key, value in settings.items()}
        for name, source, *rest in models:
            chosen = [word for key, value in dict(*rest).items() for word in ("--set", f"{key}={value}")]
            done = subprocess.run([BUILD / "bin/hearth", "install", source, "--name", name, *chosen],
                                  env={**os.environ, **env}, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr)
        port = free_port()
        super().__init__([BUILD / "bin/hearth", "serve", "--port", str(port)], port, "/ready", env)

    def stop(self):
        super().stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def install(self, source, name, **more):
        """While it runs, through its API."""
        body = json.dumps({"name": name, "source": source, **more}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/models", body,
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def metric(self, name):
        """Its sum over all labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            rows = [line.rpartition(" ") for line in answer.read().decode().splitlines()]
        return sum(float(value) for head, _, value in rows if head.split("{")[0] == name)

    def workers(self):
        """Process numbers of the loaded models' workers."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


class LlamaServer(Server):
    def __init__(self, binary, gguf, threads, slots, context, extra=(), env=None):
        port = free_port()
        super().__init__([binary, "-m", gguf, "--host", "127.0.0.1", "--port", str(port), "-t",
                          str(threads), "-np", str(slots), "-c", str(context * slots),
                          "--no-webui", *extra], port, "/health", env)


class Nginx(Server):
    def __init__(self):
        port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-nginx-"))
        (self.folder / "nginx.conf").write_text(f"""
            worker_processes 1; daemon off; pid {self.folder}/pid; error_log stderr;
            events {{ worker_connections 1024; }}
            http {{ access_log off; client_body_temp_path {self.folder}; proxy_temp_path {self.folder};
                fastcgi_temp_path {self.folder}; uwsgi_temp_path {self.folder};
                scgi_temp_path {self.folder}; keepalive_requests 100000000;
                server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }} }}""")
        super().__init__(["nginx", "-c", str(self.folder / "nginx.conf")], port, "/")

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def chat(port, model, prompt, tokens):
    """One streamed answer: (seconds to the first token, seconds in all, gaps, number of deltas).

    Read off the socket and not parsed: clients share the machine with what they measure, and
    http.client takes as long for a token as a fast decoder does."""
    body = json.dumps({"model": model, "stream": True, "max_tokens": tokens, "temperature": 0,
                       "ignore_eos": True, "messages": [{"role": "user", "content": prompt}]}).encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    times, came = [], b""
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started = time.monotonic()
        connection.sendall(head + body)
        while b"data: [DONE]" not in came[-64:]:
            more = connection.recv(1 << 16)
            if not more:
                break
            came += more
            times += [time.monotonic()] * (deltas_in(came) - len(times))
    if not came.startswith(b"HTTP/1.1 200") or not times:
        raise RuntimeError(came[:2000])
    gaps = [b - a for a, b in zip(times, times[1:])]
    return times[0] - started, times[-1] - started, gaps, len(times)


def deltas_in(came):
    """How many texts there are in what has come: both servers write an object's keys without spaces,
    and a first one that is empty or null."""
    return came.count(b'"delta":{"content":"')
