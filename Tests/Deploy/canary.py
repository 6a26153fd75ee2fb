#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""canary.sh against a kubectl that is a cluster of its own, and judges that answer by a script.

    canary.py [-v] [Scenario.test_name]

SHELLS="dash bash" says by which shells all of it is run.
"""
import os
import signal
import subprocess
import sys
import time
import unittest

import judges
from cluster import (COULD_NOT_ACT, DEPLOY, NEW, NO_DECISION, OLD, ROLLED_BACK, USAGE, Cluster,
                     deployment, lease, left_canary)
from judges import GOOD, Judges

SHELLS = os.environ.get("SHELLS", "dash").split()


class Scenario(Cluster, unittest.TestCase):
    """What canary.sh makes of it."""

    # To the end.

    def test_promotes(self):
        with Judges({}) as server:
            self.canary(server)
            query = server.queries[0]
            self.assertIn("pod=~\"martlet-canary-.+\"", query)
            # Pods of that name in another namespace are no evidence.
            self.assertEqual(query.count("pod=~"), query.count("namespace=\"models\",pod=~"))
            self.assertEqual(server.asked, 1 + 2 * 2 + 3)
        self.assertStable(NEW)
        self.assertEqual(self.changes(), [
            "create", "scale deployment martlet-canary",
            "annotate deployment martlet-canary martlet-canary-phase=promoting",
            f"set image deployment/martlet martlet={NEW}",
            "delete deployment martlet-canary", ])

    def test_promotes_by_a_rollouts_verdict(self):
        with Judges("inconclusive", "inconclusive", "pass") as server:
            self.canary(server, judge="rollout")
        self.assertStable(NEW)

    def test_both_judges_must_pass(self):
        with Judges("inconclusive") as one, Judges({}) as other:
            self.canary(one, "--prometheus", other.url, judge="rollout", status=NO_DECISION)
        self.assertStable()

    def test_shares_follow_the_replicas(self):
        with Judges({}) as server:
            self.canary(server, "--steps", "5,25,50")
        shares = [call["share"] for call in self.calls()
                  if call["words"][0] in ("create", "scale") and not self.is_of_lock(call)]
        self.assertEqual(shares, [20, 20, 50])

    def test_a_second_call_finds_it_promoted(self):
        self.cluster({"martlet": deployment("martlet", NEW, 4)})
        with Judges("gone") as server:
            self.canary(server)
        self.assertStable(NEW)

    # What takes it back.

    def test_never_ready(self):
        self.rule(never_ready=True)
        with Judges({}) as server:
            self.canary(server, status=ROLLED_BACK)
        self.assertStable()

    def test_image_missing(self):
        self.rule(image_missing=True)
        with Judges({}) as server:
            self.canary(server, "--ready-seconds", "600", status=ROLLED_BACK)
        self.assertIn("ImagePullBackOff", self.output)
        self.assertStable()

    def test_crash(self):
        self.rule(at=[["scale", {"rules": {"crashes": True}}]])
        with Judges({}) as server:
            self.canary(server, status=ROLLED_BACK)
        self.assertIn("has crashed", self.output)
        self.assertStable()

    def test_fail_at_the_second_step(self):
        with Judges(*["pass"] * 4, "fail") as server:
            self.canary(server, judge="rollout", status=ROLLED_BACK)
        self.assertIn("step 2", self.output)
        self.assertStable()
        self.assertNotIn("set image", " ".join(self.changes()))

    def test_fail_in_the_last_look_of_the_bake(self):
        with Judges(*[{}] * 7, {"canary_failures": "30"}) as server:
            self.canary(server, status=ROLLED_BACK)
        self.assertIn("bake", self.output)
        self.assertStable()

    def test_a_break_in_the_passes_begins_them_anew(self):
        with Judges(*[{}] * 7, {"canary_requests": "3"}, {}) as server:
            self.canary(server)
            self.assertEqual(server.asked, 8 + 3)
        self.assertStable(NEW)

    def test_fail_before_anything_is_moved(self):
        with Judges("fail") as server:
            self.canary(server, judge="rollout", status=ROLLED_BACK)
        self.assertEqual(self.changes(), [])

    def test_no_progress_of_the_promotion(self):
        self.rule(no_progress=NEW)
        with Judges({}) as server:
            self.canary(server, status=ROLLED_BACK)
        self.assertStable()

    # No evidence is no pass.

    def test_judge_gone(self):
        with Judges(*[{}] * 3, "gone") as server:
            self.canary(server, status=NO_DECISION)
        self.assertIn("no answer for too long", self.output)
        self.assertStable()

    def test_judge_gone_and_back(self):
        with Judges(*[{}] * 3, "gone", "gone", {}) as server:
            self.canary(server)
        self.assertStable(NEW)

    def test_no_number(self):
        with Judges({"canary_p95": "NaN"}) as server:
            self.canary(server, status=NO_DECISION)
        self.assertIn("nothing known of canary_p95", self.output)
        self.assertStable()

    def verdict(self, by_rollout, by_prometheus):
        """What judges.sh makes of two answers, None for no such judge."""
        with Judges(by_rollout) as one, Judges(by_prometheus) as other:
            settings = {
                "rollout": "7" if by_rollout is not None else "", "admin": one.url,
                "prometheus": other.url if by_prometheus is not None else "",
                "token_file": str(self.token), "requests_min": "100", "window_seconds": "120",
                "error_tolerance": "0.01", "p95_ratio": "1.5", "p95_slack_seconds": "0.02",
                "canary_replicas": "1", "ca_file": "", "prometheus_token_file": "",
                "prometheus_ca_file": "", "stable_selector": 'a="b"', "canary_selector": 'a="c"'}
            judged = subprocess.run(
                [self.shell, "-euc", '. "$1/canary/shell.sh"; . "$1/canary/judges.sh"; judge; '
                 'printf "%s\\n" "$verdict"', "judge", str(DEPLOY)], text=True,
                env={**self.environment, **settings}, capture_output=True, check=True)
        return judged.stdout.strip()

    def test_figures(self):
        for expected, figures in (
                ("pass", {}), ("pass", {"canary_failures": None}), ("pass", {"canary_up": "2"}),
                ("pass", {"canary_p95": "0.0219"}), ("pass", {"stable_failures": "500"}),
                ("pass", {"canary_requests": "1e+03"}),
                ("fail", {"canary_failures": "30"}), ("fail", {"canary_p95": "0.0221"}),
                ("fail", {"canary_requests": "7", "canary_failures": "7"}),
                ("fail", {"canary_failures": "30", "canary_p95": "NaN", "stable_requests": None}),
                ("inconclusive", {"canary_requests": "4", "canary_failures": "4"}),
                ("inconclusive", {"canary_requests": "100", "canary_failures": "4"}),
                ("inconclusive", {"canary_p95": "NaN"}), ("inconclusive", dict.fromkeys(GOOD)),
                ("inconclusive", {"canary_requests": "99"}), ("inconclusive", {"canary_up": "0"}),
                ("inconclusive", {"canary_up": None}), ("inconclusive", {"canary_age": "500"}),
                ("inconclusive", {"stable_age": "500"}), ("inconclusive", {"canary_age": "-9"}),
                ("inconclusive", {"canary_requests": "+Inf"}),
                ("inconclusive", {"stable_requests": None}),
                ("inconclusive", {"stable_failures": "3000"}),
                ("inconclusive", {"stable_p95": "NaN"}), ("inconclusive", {"stable_p95": ""})):
            with self.subTest(figures):
                self.assertEqual(self.verdict(None, figures), expected)

    def test_answers_that_are_none(self):
        for answer in (
                b'{"status":"error","error":"pass"}', b"pass", b"", b"null", "gone",
                b'{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}',
                b'{"status":"success","data":{"resultType":"vector"}}',
                judges.vector(GOOD).replace(b"stable_up", b"canary_up")):
            with self.subTest(answer):
                self.assertEqual(self.verdict(None, answer), "lost")
        empty = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
        self.assertEqual(self.verdict(None, empty), "inconclusive")

    def test_verdicts(self):
        for expected, answer in (
                ("pass", "pass"), ("fail", "fail"), ("inconclusive", "inconclusive"),
                ("lost", "passed"), ("lost", b'{"verdict":["pass"]}'), ("lost", b'"pass"'),
                ("lost", b""), ("lost", b'{"verdict":"pass\\nfail"}'), ("lost", "gone"),
                ("lost", b"<html>pass</html>"), ("lost", b'{"verdict":null}')):
            with self.subTest(answer):
                self.assertEqual(self.verdict(answer, None), expected)

    def test_two_judges(self):
        few, bad = {"canary_requests": "9"}, {"canary_failures": "90"}
        for expected, by_rollout, by_prometheus in (
                ("pass", "pass", {}), ("inconclusive", "pass", few), ("fail", "pass", bad),
                ("inconclusive", "inconclusive", {}), ("fail", "fail", {}), ("lost", "gone", {}),
                ("fail", "gone", bad), ("lost", "gone", few), ("fail", "inconclusive", bad),
                ("lost", "inconclusive", "gone"), ("fail", "fail", "gone")):
            with self.subTest((by_rollout, by_prometheus)):
                self.assertEqual(self.verdict(by_rollout, by_prometheus), expected)

    def test_judge_that_was_never_there(self):
        with Judges("gone") as server:
            self.canary(server, status=COULD_NOT_ACT)
        self.assertEqual(self.changes(), [])

    def test_token_refused(self):
        self.token.write_text("martlet_wrong\n")
        with Judges("pass") as server:
            self.canary(server, judge="rollout", status=COULD_NOT_ACT)
        self.assertEqual(self.changes(), [])

    # The cluster's doing.

    def test_autoscaler(self):
        hpa = {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "martlet"}}}
        self.cluster({"martlet": deployment("martlet", OLD, 8)}, hpas=[hpa])
        state = self.state()
        state["rules"] = {"at": [["scale", {"replicas": {"martlet": 6}}]]}
        self.write(state)
        with Judges({}) as server:
            self.canary(server, "--steps", "10,30", "--share-max", "30")
        self.assertIn("an autoscaler scales martlet", self.output)
        self.assertIn("6 ready replicas now: fewer canaries", self.output)
        self.assertStable(NEW)

    def test_stable_gone(self):
        self.rule(at=[["scale", {"rules": {"stable_ready": 0}}]])
        with Judges({}) as server:
            process = self.start("canary.sh", *self.canary_words(server))
            self.output = process.communicate(timeout=90)[0]
        self.assertEqual(process.returncode, COULD_NOT_ACT, self.output)
        self.assertIn("nothing else answers", self.output)
        self.assertIn("martlet-canary", self.state()["deployments"])

    def test_no_stable_replica_at_first(self):
        self.rule(stable_ready=0)
        with Judges({}) as server:
            self.canary(server, status=COULD_NOT_ACT)
        self.assertEqual(self.changes(), [])

    def test_one_canary_is_too_large(self):
        self.cluster({"martlet": deployment("martlet", OLD, 2)})
        with Judges({}) as server:
            self.canary(server, "--share-max", "25", "--steps", "5", status=COULD_NOT_ACT)
        self.assertEqual(self.changes(), [])

    def test_cluster_stutters(self):
        """Single calls that fail are neither a pass nor a reason to roll back."""
        self.rule(at=[["annotate", {"rules": {"fail": [["delete", 2]]}}],
                      ["scale", {"rules": {"fail": [["pods", 1], ["martlet-canary", 1]]}}]],
                  fail=[["pods", 2]])
        with Judges({}) as server:
            self.canary(server)
        self.assertStable(NEW)

    def test_cluster_gone(self):
        self.rule(at=[["scale", {"rules": {"fail": [["get", 40]]}}]])
        with Judges({}) as server:
            self.canary(server, status=NO_DECISION)
        self.assertIn("the cluster does not answer", self.output)
        self.assertEqual(list(self.state()["deployments"]), ["martlet"])
        self.assertNotIn("set image", " ".join(self.changes()))

    def test_somebody_deploys_meanwhile(self):
        with Judges(*[{}] * 4, "silent") as server:
            process = self.start("canary.sh", *self.canary_words(server))
            self.wait_for(lambda: server.asked >= 5)
            state = self.state()
            state["deployments"]["martlet"]["spec"]["template"]["spec"]["containers"][0]["image"] \
                = "martlet:other"
            self.write(state)
            self.output = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, COULD_NOT_ACT, self.output)
        self.assertStable("martlet:other")

    # Signals, locks and crashes.

    def stop(self, how, *more):
        """Sends a signal in the middle of the second step; returns how long the end took."""
        with Judges({}) as server:
            process = self.start("canary.sh", *self.canary_words(
                server, "--interval-seconds", "3", "--step-seconds", "3", *more))
            self.wait_for(lambda: "martlet-canary" in self.state()["deployments"])
            began = time.monotonic()
            process.send_signal(how)
            self.output = process.communicate(timeout=60)[0]
        return process.returncode, time.monotonic() - began

    def test_signals(self):
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(how):
                status, seconds = self.stop(how)
                self.assertEqual(status, NO_DECISION, self.output)
                self.assertStable()
                self.assertLess(seconds, 60)

    def test_keep(self):
        status, _ = self.stop(signal.SIGTERM, "--keep")
        self.assertEqual(status, NO_DECISION, self.output)
        self.assertIn("martlet-canary", self.state()["deployments"])
        self.assertEqual(self.state()["leases"], {})

    def test_keep_is_for_signals_only(self):
        with Judges(*["pass"] * 4, "fail") as server:
            self.canary(server, "--keep", judge="rollout", status=ROLLED_BACK)
        self.assertStable()

    def test_killed_and_run_again(self):
        status, _ = self.stop(signal.SIGKILL)
        self.assertEqual(status, -signal.SIGKILL)
        with Judges({}) as server:
            self.canary(server, status=COULD_NOT_ACT)
            self.assertIn("another run has the lock", self.output)
            state = self.state()
            state["leases"]["martlet-canary"]["spec"]["renewTime"] = "2026-01-01T00:00:00.000000Z"
            self.write(state)
            self.canary(server)
        self.assertIn("takes away the canary of a run that did not end", self.output)
        self.assertStable(NEW)

    def test_killed_in_the_promotion(self):
        for image in (OLD, NEW):
            with self.subTest(image):
                self.cluster({"martlet": deployment("martlet", image, 4),
                              "martlet-canary": left_canary(phase="promoting")})
                with Judges("gone") as server:
                    self.canary(server)
                self.assertStable(NEW)

    def test_other_image_after_a_promotion_was_cut_off(self):
        self.cluster({"martlet": deployment("martlet", NEW, 4),
                      "martlet-canary": left_canary("martlet:other", phase="promoting")})
        with Judges({}) as server:
            self.canary(server, status=COULD_NOT_ACT)

    def test_locked(self):
        self.cluster({"martlet": deployment("martlet", OLD, 4)},
                     {"martlet-canary": lease(age=50)})
        with Judges({}) as server:
            self.canary(server, status=COULD_NOT_ACT)
        self.assertIn("another-host:1", self.output)
        self.assertEqual(self.changes(), [])

    def test_lock_of_the_dead(self):
        self.cluster({"martlet": deployment("martlet", OLD, 4)},
                     {"martlet-canary": lease(age=61)})
        with Judges({}) as server:
            self.canary(server)
        self.assertStable(NEW)

    def test_lock_lost(self):
        self.rule(at=[["scale", {"steal": True}]])
        with Judges({}) as server:
            self.canary(server, status=NO_DECISION)
        self.assertEqual(self.changes()[-1], "scale deployment martlet-canary")

    # Words.

    def test_dry_run(self):
        with Judges({}) as server:
            self.canary(server, "--dry-run")
        self.assertEqual([call for call in self.calls() if call["changes"]], [])
        for words in ("kubectl", "set image deployment/martlet", "--replicas=4",
                      "delete deployment martlet-canary", "nothing was changed"):
            self.assertIn(words, self.output)

    def test_context_is_one_word(self):
        with Judges({}) as server:
            self.canary(server)
        self.assertEqual({call["flags"]["--context"] for call in self.calls()},
                         {'the cluster\'s "$HOME"'})

    def test_usage(self):
        for wrong in (["--image", "-x"], ["--image", "a b"], ["--image", "a;touch pwned"],
                      ["--image", "ok\n--x"], ["--deployment", "Martlet"], ["--steps", "0,5"],
                      ["--steps", "100"], ["--steps", "25,5"], ["--steps", "60"],
                      ["--steps", "5,"], ["--share-max", "100"], ["--rollout", "7/../8"],
                      ["--prometheus", "file:///etc/passwd"], ["--token-file", "/nowhere"],
                      ["--interval-seconds", "0"], ["--interval-seconds", "-1"],
                      ["--canary-selector", 'a="b"} or x{'], ["--nonsense", "1"], ["word"],
                      ["--image"], ["--mode", "ftp"], ["--step-seconds", "$(touch pwned)"]):
            with self.subTest(wrong), Judges({}) as server:
                self.canary(server, *wrong, status=USAGE)
                self.assertEqual(self.calls(), [])

    def test_nobody_judges(self):
        process = self.start("canary.sh", "--mode", "kubernetes", "--image", NEW)
        self.output = process.communicate()[0]
        self.assertEqual(process.returncode, USAGE, self.output)

    def test_help(self):
        for script in ("canary.sh", "rollback.sh"):
            process = self.start(script, "--help")
            self.assertIn("Exit status", process.communicate()[0])
            self.assertEqual(process.returncode, 0)


def main():
    began, failed = time.monotonic(), False
    for shell in SHELLS:
        Cluster.shell = shell
        program = unittest.main(exit=False)
        failed = failed or not program.result.wasSuccessful()
    print(f"canary scenarios in {', '.join(SHELLS)}: {time.monotonic() - began:.0f} s")
    sys.exit(failed)


if __name__ == "__main__":
    main()
