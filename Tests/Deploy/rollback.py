#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rollback.sh against a kubectl that is a cluster of its own: each time within a minute.

    rollback.py [-v] [Rollback.test_name]
"""
import os
import time
import unittest

from cluster import COULD_NOT_ACT, NEW, OLD, USAGE, Cluster, deployment, lease, left_canary
from judges import Judges

MINUTE = 60


def rolled(image=NEW, before=OLD, replicas=4):
    made = deployment("martlet", image, replicas)
    made["metadata"]["history"] = [before]
    return made


class Rollback(Cluster, unittest.TestCase):
    """What rollback.sh does to what it finds."""

    shell = os.environ.get("SHELLS", "dash").split()[0]

    def rollback(self, *words, status=0):
        began = time.monotonic()
        process = self.start("rollback.sh", *words)
        self.output = process.communicate(timeout=MINUTE)[0]
        self.assertEqual(process.returncode, status, self.output)
        self.assertLess(time.monotonic() - began, MINUTE)

    def image(self, *more, status=0):
        self.rollback("image", "--mode", "kubernetes", *more, status=status)

    def test_takes_the_canary_away(self):
        self.cluster({"martlet": deployment("martlet", OLD, 4), "martlet-canary": left_canary()})
        self.image()
        self.assertStable()
        self.assertIn(f"martlet serves {OLD} by 4 replicas; no canary", self.output)

    def test_undoes_a_promotion_that_was_cut_off(self):
        for image in (OLD, NEW):
            with self.subTest(image):
                self.cluster({"martlet": rolled(image),
                              "martlet-canary": left_canary(phase="promoting")})
                self.image()
                self.assertStable()

    def test_undoes_a_promotion_once(self):
        self.cluster({"martlet": rolled()})
        self.image("--from", NEW)
        self.assertStable()
        self.image("--from", NEW)
        self.assertStable()
        self.assertIn("nothing to do", self.output)
        self.assertEqual(self.changes(), ["rollout undo deployment/martlet"])

    def test_does_not_guess(self):
        self.cluster({"martlet": rolled()})
        self.image(status=COULD_NOT_ACT)
        self.assertIn("--from", self.output)
        self.assertEqual(self.changes(), [])

    def test_not_in_time(self):
        self.cluster({"martlet": rolled()}, rules={"no_progress": OLD})
        self.image("--from", NEW, "--deadline-seconds", "3", status=COULD_NOT_ACT)
        self.assertIn("no progress", self.output)

    def test_cluster_that_does_not_answer(self):
        self.cluster({"martlet": deployment("martlet", OLD, 4), "martlet-canary": left_canary()},
                     rules={"fail": [["delete", 2]]})
        self.image()
        self.assertStable()

    def test_goes_before_a_canary_that_runs(self):
        with Judges({}) as server:
            process = self.start("canary.sh", *self.canary_words(
                server, "--interval-seconds", "1", "--step-seconds", "30"))
            self.wait_for(lambda: "martlet-canary" in self.state()["deployments"])
            self.image()
            self.assertNotIn("martlet-canary", self.state()["deployments"])
            self.output = process.communicate(timeout=MINUTE)[0]
        self.assertNotEqual(process.returncode, 0, self.output)
        self.assertStable()

    def test_takes_a_lock_by_force(self):
        self.cluster({"martlet": deployment("martlet", OLD, 4), "martlet-canary": left_canary()},
                     {"martlet-canary": lease(age=1)})
        self.image()
        self.assertIn("takes over the lock of another-host:1", self.output)
        self.assertStable()

    def test_dry_run(self):
        self.cluster({"martlet": rolled()})
        self.image("--from", NEW, "--dry-run")
        self.assertIn("+ kubectl --request-timeout=10s rollout undo deployment/martlet",
                      self.output)
        self.assertEqual([call for call in self.calls() if call["changes"]], [])

    def test_usage(self):
        for wrong in ([], ["both"], ["image"], ["image", "--mode", "ftp"], ["model"],
                      ["image", "--mode", "kubernetes", "--from", "a b"],
                      ["model", "--rollout", "7/..", "--admin", "http://127.0.0.1:1"],
                      ["model", "--model", "Demo", "--from", "1", "--registry", "x", "--admin",
                       "http://127.0.0.1:1"],
                      ["image", "--mode", "kubernetes", "--deadline-seconds", "0"]):
            with self.subTest(wrong):
                self.rollback(*wrong, status=USAGE)
                self.assertEqual(self.calls(), [])


if __name__ == "__main__":
    began = time.monotonic()
    program = unittest.main(exit=False)
    print(f"roll-backs: {time.monotonic() - began:.0f} s")
    raise SystemExit(not program.result.wasSuccessful())
