# SPDX-License-Identifier: Apache-2.0
"""What a request and a connection cost: system calls, allocations, memory."""
import contextlib
import functools
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

from load import exchange
from processes import Unavailable, run
from stand import HERE
from table import Row, at_most

IDLE_CONNECTIONS = 5000


@functools.cache
def _perf_counts():
    """Whether perf is there and may count system calls."""
    try:
        run("perf", "stat", "-e", "raw_syscalls:sys_enter", "true")
    except (OSError, RuntimeError):
        return False
    return True


@contextlib.contextmanager
def _system_calls(server):
    """Counts a server's system calls meanwhile; yields a list that gets the count in the end."""
    count = []
    if _perf_counts():
        words = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p",
                 ",".join(map(str, server.pids))]
        pattern = r"(?m)^(\d+),,raw_syscalls"
    elif shutil.which("strace"):
        # It slows the server down, so that more comes in a batch than would otherwise.
        words = ["strace", "-c", "-f", *(word for pid in server.pids for word in ("-p", str(pid)))]
        pattern = r"(?m)^100\.00\s+\S+\s+\d*\s+(\d+) .*total$"
    else:
        raise Unavailable("it takes perf or strace")
    tracer = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    try:
        yield count
    finally:
        tracer.send_signal(signal.SIGINT)
        text = tracer.communicate(timeout=30)[1]
    found = re.search(pattern, text)
    if not found:
        raise Unavailable(f"{words[0]}: {text.strip()[-200:]}")
    count.append(int(found.group(1)))


def system_calls(stand, rounds, seconds):
    """System calls for an exact number of requests, one and sixteen at a time."""
    del seconds
    rows = []
    for depth, number, bound in ((1, 100_000, 2.3), (16, 400_000, 0.25)):
        values = {"martlet": [], "nginx": []}
        for name, start in (("martlet", stand.martlet), ("nginx", stand.nginx)):
            with start() as server:
                exchange(stand, server.port, stand.predict, c=64, d=depth, n=10_000)
                for _ in range(rounds):
                    with _system_calls(server) as count:
                        exchange(stand, server.port, stand.predict, c=64, d=depth, n=number)
                    values[name].append(count[0] / number)
        how = "one at a time" if depth == 1 else f"pipelined {depth} deep"
        peers = sorted(values["nginx"])[rounds // 2]
        rows.append(Row(f"system calls a request, 64 connections, {how}", values["martlet"],
                        at_most(bound), peers=f"nginx {peers:.2f}"))
    return rows


def allocations(stand, rounds, seconds):
    """Heap allocations a request, counted by interposing; what an idle server allocates in the
    same time (the registry is polled) is taken off."""
    del seconds
    library = stand.compile_preload(
        HERE.parent / "Tests" / "ServiceTests" / "AllocationCount.c")
    path = pathlib.Path(stand.folder) / "allocations"
    path.write_bytes(bytes(4096))

    def count():
        return int.from_bytes(path.read_bytes()[:8], "little")

    number, values, idle = 100_000, [], 0
    preload = {"LD_PRELOAD": str(library), "ALLOCATION_COUNT": str(path)}
    with stand.martlet(preload=preload) as server:
        exchange(stand, server.port, stand.predict, c=32, n=20_000)
        if count() < 1000:
            raise Unavailable("the counter was not loaded")
        for _ in range(rounds):
            before = count()
            time.sleep(1)
            idle = count() - before
            before = count()
            seconds = exchange(stand, server.port, stand.predict, c=32, n=number)["seconds"]
            values.append(max(0, count() - before - idle * seconds) / number)
    return [Row("heap allocations a steady-state request", values, at_most(0),
                ours=f"{idle} a second when idle")]


def _open(port, context):
    """A connection that has asked once and then says nothing."""
    client = socket.create_connection(("127.0.0.1", port))
    if context:
        client = context.wrap_socket(client, server_hostname="localhost")
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{answer[:60]}")
    return client


def idle_memory(stand, rounds, seconds):
    """Resident memory that a connection adds, once it has been answered and is idle."""
    del seconds
    rows = []
    for secure, bound in ((False, 4), (True, 40)):
        context = None
        if secure:
            context = ssl.create_default_context(cafile=stand.certificate()[0])
        figure = f"KiB for an idle connection, {'TLS' if secure else 'plain'}"
        values = {"martlet": [], "nginx": []}
        try:
            for name, start in (("martlet", stand.martlet), ("nginx", stand.nginx)):
                for _ in range(rounds if name == "martlet" else 1):
                    values[name].append(
                        _idle_kib(functools.partial(start, tls=secure), context))
        except Unavailable as error:
            rows.append(Row(figure, [], at_most(bound), missing=str(error)))
            continue
        rows.append(Row(figure, values["martlet"], at_most(bound),
                        ours=f"{IDLE_CONNECTIONS:,} connections, one answer each",
                        peers=f"nginx {values['nginx'][0]:.2f}"))
    return rows


def _idle_kib(start, context):
    with start() as server, contextlib.ExitStack() as clients:
        for _ in range(200):
            _open(server.port, context).close()
        before = server.resident_kib()
        for _ in range(IDLE_CONNECTIONS):
            clients.enter_context(contextlib.closing(_open(server.port, context)))
        time.sleep(1.5)
        return (server.resident_kib() - before) / IDLE_CONNECTIONS
