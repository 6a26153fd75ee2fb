# SPDX-License-Identifier: Apache-2.0
"""Programs that are measured: started on a core of their own, read through /proc, and stopped."""
import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.request

SERVER_CORE, CLIENT_CORE = "0", "1"


class Unavailable(Exception):
    """A measurement that this machine, or this build, cannot make; the reason is shown."""


def run(*words, **options):
    """Runs a program to its end and returns what it printed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: exit {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout


def on_client_core(*words, **options):
    return run("taskset", "-c", CLIENT_CORE, *words, **options)


def raise_descriptor_limit():
    """Thousands of connections are held, here and in the servers, which inherit this."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid):
    """A process and its descendants: nginx and uvicorn work in children."""
    found = [pid]
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += tree(int(entry.parent.name))
    return found


class Server:
    """A running server, with its descendants."""

    def __init__(self, process, port, milliseconds_to_first_answer):
        self.process = process
        self.port = port
        self.milliseconds_to_first_answer = milliseconds_to_first_answer
        self.pids = tree(process.pid)
        self.idle_kib = self.resident_kib()

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        return self._status("VmRSS")

    def thread_count(self):
        return self._status("Threads")

    def descriptor_count(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids)

    def post(self, body, path="/predict"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body.encode(),
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read()

    def get(self, path):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read()

    def _status(self, field):
        total = 0
        for pid in self.pids:
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
            found = re.search(rf"{field}:\s+(\d+)", text)
            total += int(found.group(1)) if found else 0
        return total


def _accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_ready(port, path):
    """Whether the server gives a 200; without a path, whether it takes connections (TLS)."""
    if path is None:
        return _accepts(port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextlib.contextmanager
def serving(words, port, path, **options):
    """Runs a server on its core, from its first 200 on, and stops it in the end."""
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
    began = time.monotonic()
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, *(str(word) for word in words)], **options)
    try:
        while not _is_ready(port, path):
            if process.poll() is not None or time.monotonic() - began > 60:
                raise RuntimeError(f"{words[0]} did not answer: {process.returncode}")
            time.sleep(0.001)
        yield Server(process, port, (time.monotonic() - began) * 1000)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
