# SPDX-License-Identifier: Apache-2.0
"""Too little of what a machine has: memory, descriptors, processor time."""
import contextlib
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import time

from load import Load
from scenario import Skip, check, eventually, scenario, stop
from service import MODEL, Registry, Server, reference

CGROUPS = pathlib.Path("/sys/fs/cgroup")


class Group:
    """A control group of cgroup v1 or v2 for one controller."""

    def __init__(self, place, controller):
        unified = (CGROUPS / "cgroup.controllers").exists()
        parent = CGROUPS if unified else CGROUPS / controller
        self.is_unified = unified
        self.folder = parent / f"martlet-chaos-{os.getpid()}-{time.monotonic_ns()}"
        try:
            if unified:
                (parent / "cgroup.subtree_control").write_text(f"+{controller}")
            self.folder.mkdir()
        except OSError as error:
            raise Skip(f"no control group for {controller}: {error}")
        place.callback(self.remove)

    def set(self, name, value):
        (self.folder / name).write_text(str(value))

    def add(self, pid):
        self.set("cgroup.procs", pid)

    def remove(self):
        """Once those in it have ended, which takes the kernel a moment."""
        for _ in range(100):
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.02)


def stress(place, *words):
    """Programs that eat what there is."""
    if not shutil.which("stress-ng"):
        raise Skip("no stress-ng")
    process = subprocess.Popen(
        ["stress-ng", "--quiet", "--temp-path", str(place.folder), *map(str, words)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place.callback(stop, process)
    return process


@scenario("memory-pressure")
def memory_pressure(place):
    """Neighbours in the server's control group want more memory than it may have.

    The kernel takes it from them, not from the server, which answers on.
    """
    group = Group(place, "memory")
    registry = Registry(place).fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    server = Server(place, registry).start()
    limit = "memory.max" if group.is_unified else "memory.limit_in_bytes"
    group.set(limit, 160 << 20)
    group.add(server.pid)
    with Load(server.port, rows) as load:
        load.is_flowing(count=200)
        before, count = load.quantile(0.99), len(load.milliseconds)
        eater = stress(place, "--vm", 2, "--vm-bytes", "400M", "--oomable", "--timeout", 4)
        group.add(eater.pid)
        events = group.folder / ("memory.events" if group.is_unified else "memory.oom_control")
        failures = group.folder / "memory.failcnt"

        def is_tight():
            if group.is_unified:
                return any(line.startswith("max ") and line != "max 0"
                           for line in events.read_text().splitlines())
            return int(failures.read_text()) > 0
        eventually(is_tight, 4, "the group never reached its limit")
        registry.models("promote", MODEL, 2)
        eventually(lambda: server.serves() == 2, 3, "version 2 is not served")
        load.is_flowing(count=300)
        check(server.process.poll() is None and server.is_ready(), "the server is not ready")
        after = load.quantile(0.99, since=count)
        stop(eater)
    load.check_flawless(expected)
    place.figure(f"p99 of predictions {before:.1f} ms before and {after:.1f} ms meanwhile; "
                 f"{load.answered} answers")


@scenario("no-descriptors")
def no_descriptors(place):
    """The process has no descriptor left, while clients come and the registry is replaced.

    Open connections are served; newcomers wait or get 503; given descriptors again, the server
    takes newcomers and has followed the registry within 2 s, if it could not before.
    """
    registry = Registry(place).fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    newer = place.path("newer")
    registry.models("promote", MODEL, 2)
    registry.models("backup", "--output", newer)
    registry.models("rollback", MODEL)
    server = Server(place, registry).start()
    limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    with Load(server.port, rows) as load, contextlib.ExitStack() as crowd:
        load.is_flowing()
        time.sleep(0.3)
        room = server.descriptors() + 10
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (room, limits[1]))
        newcomers = [crowd.enter_context(socket.create_connection(("127.0.0.1", server.port), 2))
                     for _ in range(40)]
        eventually(lambda: server.descriptors() >= room - 1, 3, "descriptors are left")
        os.replace(newer, registry.path)
        time.sleep(1)
        load.is_flowing(count=200)
        refused = 0
        for client in newcomers:
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                refused += client.recv(100).startswith(b"HTTP/1.1 503")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        _, seconds = eventually(lambda: server.serves() == 2, 2, "version 2 is not served")
        load.is_flowing(count=50)
    load.check_flawless(expected)
    check(server.is_ready() and "registry" not in server.checks(), f"{server.checks()}")
    place.figure(f"{refused} of 40 newcomers told 503, the others waited; the registry followed "
                 f"{seconds * 1000:.0f} ms after; {load.answered} answers")


@scenario("little-processor")
def little_processor(place):
    """The server may use 3 % of a core, beside neighbours that want all of them.

    Users get 200, or 429 and 504 from a server that says what it cannot do; readiness answers; a
    second after the rest of the cores is back, everybody gets 200.
    """
    group = Group(place, "cpu")
    registry = Registry(place).fit(1, "production")
    rows, expected = registry.rows(), reference(place, registry)
    server = Server(place, registry).start()
    if group.is_unified:
        throttle = lambda is_on: group.set("cpu.max", "3000 100000" if is_on else "max 100000")
    else:
        throttle = lambda is_on: group.set("cpu.cfs_quota_us", 3000 if is_on else -1)
    with Load(server.port, rows, threads=4, per_second=600) as load:
        load.is_flowing(count=200)
        before, count = load.quantile(0.99), len(load.milliseconds)
        eater = stress(place, "--cpu", os.cpu_count() * 2, "--timeout", 20)
        throttle(True)
        group.add(server.pid)
        slowest, end = 0.0, time.monotonic() + 4
        while time.monotonic() < end:
            asked = time.monotonic()
            check(server.try_get("/readyz") == 200, "a probe failed")
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.1)
        check(slowest < 2, f"a probe took {slowest:.1f} s")
        meanwhile = load.quantile(0.99, since=count)
        stop(eater)
        throttle(False)
        time.sleep(1)
        calm = time.monotonic()
        load.is_flowing(count=200)
    late = [status for began, status, _ in load.others if began > calm]
    check(not late, f"{late} a second after the shortage")
    load.check_flawless(expected, (200, 429, 504))
    place.figure(f"p99 of predictions {before:.1f} ms before and {meanwhile:.0f} ms meanwhile, a "
                 f"probe {slowest * 1000:.0f} ms at most; {dict(load.statuses)}")
