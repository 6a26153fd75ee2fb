# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, and one that is slow."""
import contextlib
import os
import pathlib
import time

from load import Load
from scenario import Skip, check, eventually, scenario
from service import MODEL, Registry, Server, reference, run


def small_disk(place, name, kibibytes):
    """A file system of so many KiB, gone when the scenario is."""
    folder = place.path(name)
    folder.mkdir()
    mounted = run("mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", folder,
                  may_fail=True)
    if mounted.returncode != 0:
        raise Skip(f"no file system can be mounted: {mounted.stderr.strip()}")
    place.callback(run, "umount", "--lazy", folder, may_fail=True)
    return folder


def fill(folder):
    """Takes all the space that is left; returns the file that holds it."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (65536, 4096):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
    return filler


@scenario("full-disk-registry")
def full_disk_registry(place):
    """The registry's disk is full when versions are to be published, moved and backed up.

    Each command says so and changes nothing, users notice nothing, and when there is space again
    publishing goes on.
    """
    disk = small_disk(place, "disk", 2048)
    registry = Registry(place, disk / "registry").fit(1, "production").fit(2)
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry).start()
    with Load(server.port, rows) as load:
        load.is_flowing()
        filler = fill(disk)
        trained = run(*registry.fit_words(3, "production"), may_fail=True)
        check(trained.returncode == 73, f"the trainer exits with {trained.returncode}")
        check("disk is full" in trained.stderr, f"the trainer says {trained.stderr!r}")
        moved = registry.models("promote", MODEL, 2, may_fail=True)
        check(moved.returncode == 1 and "disk is full" in moved.stderr,
              f"promote: {moved.returncode} {moved.stderr!r}")
        copied = registry.models("backup", "--output", disk / "backup", may_fail=True)
        check(copied.returncode == 1 and "cannot write a backup" in copied.stderr,
              f"backup: {copied.returncode} {copied.stderr!r}")
        left = sorted(file.name for file in disk.iterdir())
        check(left == ["filler", "registry"], f"left on the disk: {left}")
        check(server.is_ready() and "registry" not in server.checks(), f"{server.checks()}")
        check(registry.verify() == 2, "the registry changed")
        load.is_flowing()
        filler.unlink()
        registry.models("promote", MODEL, 2)
        _, seconds = eventually(lambda: server.serves() == 2, 2, "version 2 is not served")
        load.is_flowing()
    load.check_flawless(truth)
    place.figure(f"three writers refused, {load.answered} answers; the next promotion served "
                 f"after {seconds * 1000:.0f} ms")


@scenario("full-disk-feedback")
def full_disk_feedback(place):
    """The feedback store's disk is full.

    Predictions go on; labels get 503 feedback-store-unavailable, so that they are sent again; the
    server can be started in this state; when there is space again labels are taken.
    """
    disk = small_disk(place, "disk", 1024)
    registry = Registry(place).fit(1, "production")
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry, "--feedback-store", disk / "feedback").start()

    def label(answer, port_server=server):
        return port_server.ask("POST", "/feedback", {
            "prediction_id": answer["prediction_id"], "label": answer["prediction"]})
    with Load(server.port, rows, per_second=600) as load:
        first = server.ask("POST", "/predict", {"features": rows[0]}).json
        eventually(lambda: label(first).json.get("joined") == 1
                   or label(first).json.get("duplicates") == 1, 3, "the first label is not taken")
        filler = fill(disk)
        _, noticed = eventually(lambda: server.metric("feedback_store_errors_total") > 0, 10,
                                "the store goes on on a full disk")
        refused = label(server.ask("POST", "/predict", {"features": rows[1]}).json)
        check(refused.status == 503 and b"feedback-store-unavailable" in refused.body,
              f"a label on a full disk: {refused.status} {refused.body}")
        check(server.is_ready(), "not ready because of the feedback store")
        load.is_flowing(count=200)
        restarted = Server(place, registry, "--feedback-store", disk / "feedback",
                           "--feedback-server-name", "second").start(until="alive")
        eventually(restarted.is_ready, 5,
                   lambda: f"a server that starts now: {restarted.log()[-400:]}")
        restarted.stop()
        filler.unlink()
        last = server.ask("POST", "/predict", {"features": rows[2]}).json
        _, seconds = eventually(lambda: label(last).status == 200, 5, "labels are still refused")
        eventually(lambda: label(last).json.get("duplicates") == 1, 3, "the label was not kept")
    load.check_flawless(truth)
    place.figure(f"noticed after {noticed:.1f} s; labels taken {seconds * 1000:.0f} ms after "
                 f"there was space; {load.answered} answers")


@scenario("full-disk-log")
def full_disk_log(place):
    """The disk under the log is full.

    Nobody waits for it; the lines that found no space are counted, and later ones are written.
    """
    disk = small_disk(place, "disk", 512)
    registry = Registry(place).fit(1, "production")
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry, "--access-log-share", 1, log=disk / "log").start()
    with Load(server.port, rows) as load:
        load.is_flowing()
        filler = fill(disk)
        eventually(lambda: server.metric("log_lines_dropped_total") > 0, 10, "no line dropped")
        load.is_flowing(count=200)
        dropped, size = server.metric("log_lines_dropped_total"), server.log_path.stat().st_size
        filler.unlink()
        _, seconds = eventually(lambda: server.log_path.stat().st_size > size, 3,
                                "the log does not go on")
        load.is_flowing()
    load.check_flawless(truth)
    place.figure(f"{dropped:.0f} lines dropped and counted; the log went on after "
                 f"{seconds * 1000:.0f} ms; {load.answered} answers")


class SlowDisk:
    """An ext4 file system on a loop device whose writes the kernel throttles.

    cgroup v1: the rule is the root group's, where writeback and syncs are done. There is none such
    in cgroup v2, whose `io.max` holds back the writer's own group instead.
    """
    THROTTLE = pathlib.Path("/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device")

    def __init__(self, place):
        if not os.access(self.THROTTLE, os.W_OK):
            raise Skip("no blkio controller of cgroup v1 that may be written")
        self.folder, image = place.path("slow"), place.path("image")
        self.folder.mkdir()
        with open(image, "wb") as file:
            file.truncate(32 << 20)
        run("mkfs.ext4", "-q", image)
        found = run("losetup", "--find", "--show", image, may_fail=True)
        if found.returncode != 0:
            raise Skip(f"no loop device: {found.stderr.strip()}")
        device = found.stdout.strip()
        place.callback(run, "losetup", "--detach", device, may_fail=True)
        self.number = pathlib.Path(f"/sys/block/{os.path.basename(device)}/dev").read_text().strip()
        mounted = run("mount", device, self.folder, may_fail=True)
        if mounted.returncode != 0:
            raise Skip(f"no loop device can be mounted: {mounted.stderr.strip()}")
        place.callback(run, "umount", "--lazy", self.folder, may_fail=True)
        place.callback(self.set, 0)

    def set(self, bytes_per_second):
        self.THROTTLE.write_text(f"{self.number} {bytes_per_second}")

    def sync_seconds(self):
        began = time.monotonic()
        with open(self.folder / "probe", "wb") as file:
            file.write(bytes(16384))
            file.flush()
            os.fsync(file.fileno())
        return time.monotonic() - began


@scenario("slow-disk")
def slow_disk(place):
    """Registry, feedback store and log lie on a disk that writes 64 KiB a second.

    No prediction and no probe waits for it; a promotion takes its seconds and is served then.
    """
    disk = SlowDisk(place)
    registry = Registry(place, disk.folder / "registry").fit(1, "production").fit(2)
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry, "--feedback-store", disk.folder / "feedback",
                    "--access-log-share", 1, log=disk.folder / "log").start()
    with Load(server.port, rows) as load:
        load.is_flowing(count=300)
        before, count = load.quantile(0.99), len(load.milliseconds)
        disk.set(64 << 10)
        sync = disk.sync_seconds()
        check(sync > 0.1, f"a sync takes {sync * 1000:.0f} ms only: the disk is not slow")
        began, slowest = time.monotonic(), 0.0
        promoting = time.monotonic()
        registry.models("promote", MODEL, 2)
        promoted = time.monotonic() - promoting
        while time.monotonic() - began < 4:
            asked = time.monotonic()
            check(server.try_get("/livez") == 200 and server.is_ready(), "a probe failed")
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.05)
        eventually(lambda: server.serves() == 2, 10, "version 2 is not served")
        load.is_flowing()
        after = load.quantile(0.99, since=count)
        disk.set(0)
    load.check_flawless(truth)
    check(slowest < 0.5, f"a probe took {slowest:.2f} s")
    place.figure(f"a sync took {sync * 1000:.0f} ms, the promotion {promoted:.1f} s; p99 of "
                 f"predictions {before:.1f} ms before and {after:.1f} ms meanwhile, two probes "
                 f"{slowest * 1000:.0f} ms at most; {load.answered} answers")
