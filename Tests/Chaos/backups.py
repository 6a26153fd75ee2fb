# SPDX-License-Identifier: Apache-2.0
"""Backups that are made while everything goes on, and restored after a loss."""
import contextlib
import json
import os
import sqlite3
import threading
import time

from load import Load
from scenario import check, eventually, scenario
from service import Registry, Server, reference, run, truth


class Publishing:
    """A trainer that publishes one version after the other, each into production."""

    def __init__(self, registry, first):
        self.registry, self.seed = registry, first
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.faults = []

    def __enter__(self):
        self.thread.start()
        return self

    def work(self):
        while not self.is_over.is_set():
            done = run(*self.registry.fit_words(self.seed, "production"), may_fail=True)
            if done.returncode != 0:
                self.faults.append(done.stderr.strip())
            self.seed += 1

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()


@scenario("restore")
def restore(place):
    """The registry is backed up while versions are published, lost, and restored.

    Each backup passes `models verify`; a server over the restored registry gives the same answers,
    byte for byte; nothing in a backup's way is overwritten; publishing goes on where it was.
    """
    registry = Registry(place).fit(1, "production")
    rows = registry.rows()
    server = Server(place, registry).start()
    backups, seconds = [], []
    with Load(server.port, rows) as load, Publishing(registry, 2) as publishing:
        for number in range(8):
            load.is_flowing()
            path = place.path(f"backup-{number}")
            began = time.monotonic()
            backups.append((path, json.loads(
                registry.models("backup", "--output", path, "--json").stdout)))
            seconds.append(time.monotonic() - began)
        again = registry.models("backup", "--output", path, may_fail=True)
        check(again.returncode == 1 and "exists" in again.stderr, f"it overwrites: {again.stderr}")
    check(not publishing.faults, f"the trainer was refused: {publishing.faults[:1]}")
    expected = reference(place, registry)
    load.check_flawless(expected)
    counts = [document["versions"] for _, document in backups]
    check(counts[-1] > counts[0], f"nothing was published meanwhile: {counts}")
    for path, document in backups:
        copy = Registry(place, path)
        check(copy.verify() == document["versions"], f"{path.name} is not what was said of it")
        newest = copy.versions()[-1]
        check(newest["version"] == document["versions"] and "production" in newest["aliases"],
              f"{path.name} is not of one moment")

    # The loss: the registry goes while a writer was in it, so that a journal stays.
    os.remove(registry.path)
    journal = place.path("registry-journal")
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))
    path, document = backups[-1]
    words = ["--output", registry.path]
    refused = Registry(place, path).models("backup", *words, may_fail=True)
    check(refused.returncode == 1 and "registry-journal exists" in refused.stderr,
          f"restored beside another file's journal: {refused.stderr!r}")
    journal.unlink()
    began = time.monotonic()
    Registry(place, path).models("backup", *words)
    restored = time.monotonic()
    eventually(lambda: server.serves() == document["versions"] and "registry" not in server.checks(),
               2, lambda: f"the server does not follow: {server.checks()}")
    follows = time.monotonic() - began
    fresh = Server(place, registry).start()
    check(registry.verify() == document["versions"], "the restored registry has other versions")
    newest = document["versions"]
    for serving in (server, fresh):
        found = truth(serving, [newest], rows)
        check(found == {key: expected[key] for key in found}, "predictions are other than before")
    registry.fit(9999, "production")
    eventually(lambda: fresh.serves() == newest + 1, 2, "what is published next is not served")
    place.figure(f"8 backups of {document['bytes'] >> 10} KiB at most, {max(seconds) * 1000:.0f} "
                 f"ms each at most, while {counts[-1] - counts[0]} versions came; restored in "
                 f"{(restored - began) * 1000:.0f} ms, served after {follows * 1000:.0f} ms; "
                 f"{load.answered} answers")


@scenario("restore-feedback")
def restore_feedback(place):
    """The feedback store is copied by SQLite's online backup while it is written, and restored.

    The copy is whole; a server over it takes labels of the predictions that it holds, which a
    server over an empty store keeps waiting.
    """
    registry = Registry(place).fit(1, "production")
    rows, expected = registry.rows(), reference(place, registry)
    store, copy = place.path("feedback"), place.path("feedback-copy")
    server = Server(place, registry, "--feedback-store", store).start()
    with Load(server.port, rows, per_second=600) as load:
        known = server.ask("POST", "/predict", {"features": rows[0]}).json
        eventually(lambda: server.metric("feedback_predictions_total") > 100, 5, "nothing is kept")
        with contextlib.closing(sqlite3.connect(store)) as source:
            with contextlib.closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        kept = server.metric("feedback_predictions_total")
        eventually(lambda: server.metric("feedback_predictions_total") > kept, 3,
                   "the store is not written any more")
    load.check_flawless(expected)
    check(server.metric("feedback_store_errors_total") == 0, "the copy cost the store a write")
    server.stop()
    with contextlib.closing(sqlite3.connect(copy)) as database:
        sound = database.execute("PRAGMA integrity_check").fetchall()
        count = database.execute("SELECT count(*) FROM prediction").fetchone()[0]
    check(sound == [("ok",)], f"the copy: {sound}")
    label = {"prediction_id": known["prediction_id"], "label": known["prediction"]}
    results = []
    for path in (copy, place.path("feedback-empty")):
        other = Server(place, registry, "--feedback-store", path).start()
        results.append(other.ask("POST", "/feedback", label).json)
        other.stop()
    check(results[0]["joined"] == 1, f"the restored store: {results[0]}")
    check(results[1]["waiting"] == 1, f"an empty store: {results[1]}")
    place.figure(f"{count} predictions in the copy, {load.answered} answers meanwhile")
