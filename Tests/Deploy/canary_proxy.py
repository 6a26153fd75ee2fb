#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""canary.sh and rollback.sh over real traffic: two Martlets behind HAProxy and behind nginx.

    canary_proxy.py --build .build/release [--only WORDS] [--show]

Users ask for predictions all the while and tell who answered. What is judged is what they saw: the
canary's share at each weight, failed requests, and how long a bad canary was there after it was
found to be bad. Prometheus and the verdict of a rollout in the server are real too.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from stage import HAProxy, Nginx, Stage, Users, get, wait_for

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
PROMOTED, COULD_NOT_ACT, ROLLED_BACK, NO_DECISION = 0, 1, 3, 4
MINUTE = 60
# Rollouts of hours, in seconds: the same plan otherwise.
PLAN = {"steps": [0.05, 0.25, 0.5], "shadow_pairs": 300, "shadow_seconds": 2, "step_seconds": 2,
        "bake_seconds": 2, "step_deadline_seconds": 120, "error_limit": 0.02}
STEPS = ["--steps", "5,25,50", "--step-seconds", "3", "--bake-seconds", "3",
         "--interval-seconds", "0.5", "--hold-seconds", "3", "--ready-seconds", "5",
         "--deadline-seconds", "120"]


class Fault(Exception):
    """What was not as it should be."""


def expect(is_true, *why):
    if not is_true:
        raise Fault(" ".join(str(each) for each in why))


class Trial:
    """What all scenarios need: a stage with a stable server, and Prometheus."""

    def __init__(self, stage, shows=False):
        self.stage, self.shows = stage, shows
        stage.train()
        self.tokens = stage.tokens()

    def script(self, name, *words):
        return subprocess.Popen(["dash", str(DEPLOY / name), *map(str, words)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={**os.environ, "PATH": f"{self.stage.build}:/usr/sbin:"
                                     f"{os.environ['PATH']}"})

    def finish(self, process, status, seconds=150):
        try:
            self.output = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
            raise Fault("it does not end\n" + process.communicate()[0]) from None
        if self.shows:
            print(" ".join(process.args[1:]), self.output, sep="\n")
        expect(process.returncode == status, "status", process.returncode, "and not", status,
               "\n" + self.output)
        return self.output

    def by_prometheus(self, url, stable, canary):
        return ["--prometheus", url, "--stable-selector", f'instance="127.0.0.1:{stable.admin}"',
                "--canary-selector", f'instance="127.0.0.1:{canary.admin}"',
                "--window-seconds", "4", "--requests-min", "20", "--p95-slack-seconds", "0.1"]

    def by_rollout(self, number, server):
        return ["--rollout", number, "--admin", server.admin_url,
                "--token-file", self.stage.token_files["viewer"]]

    def start_rollout(self, server, candidate):
        plan = self.stage.folder / "plan.json"
        plan.write_text(json.dumps(PLAN))
        text = self.stage.run(
            self.stage.build / "martlet", "rollout", "start", "demo", "--candidate", candidate,
            "--plan", plan, "--supersede", "--format", "json", "--server", server.admin_url,
            "--token-file", self.stage.token_files["operator"])
        return json.loads(text)["id"]

    def steer(self, server, verb, number):
        self.stage.run(self.stage.build / "martlet", "rollout", verb, number, "--server",
                       server.admin_url, "--token-file", self.stage.token_files["operator"])

    def rollout(self, server, number):
        return json.loads(get(f"{server.admin_url}/rollouts/{number}", self.tokens["viewer"]))

    # Each scenario is called with servers of its own, and returns what it has measured.

    def good_canary_by_prometheus(self, proxy_kind):
        stable, canary = self.stage.martlet("stable"), self.stage.martlet("canary")
        proxy = proxy_kind(self.stage, stable, canary)
        _, url = self.stage.prometheus((stable, canary))
        with Users(proxy, self.stage.rows) as users:
            began = time.monotonic()
            words = [*proxy.words, *self.by_prometheus(url, stable, canary), *STEPS]
            self.finish(self.script("canary.sh", *words), PROMOTED)
            took = time.monotonic() - began
            wait_for(lambda: users.weights[-1][1] == proxy.weights()
                     and time.monotonic() - users.weights[-1][0] > 2, "a last look")
            expect(not users.failures(), "failed:", users.failures()[:5])
            shares = self.check_shares(users, [(100, 0), (95, 5), (75, 25), (50, 50), (0, 100)])
            # Again: nothing to do. And back, by hand, as somebody has changed their mind.
            again = self.finish(self.script("canary.sh", *words), PROMOTED)
            expect("already promoted" in again, again)
            back = self.roll_back(proxy, users)
            expect(not users.failures(), "failed:", users.failures()[:5])
        return f"promoted in {took:.0f} s, {len(users.answers)} answers, none failed, " \
            f"{users.reconnects} reconnected; {shares}; rolled back by hand in {back:.1f} s"

    def check_shares(self, users, expected):
        seen = [(weights, share, count) for weights, share, count in users.shares()
                if weights != (1, 0)]
        # HAProxy sets one weight after the other: a look may fall between the two.
        seen = [row for row in seen if sum(row[0]) == 100]
        weights = [row[0] for row in seen]
        expect(weights[-len(expected):] == expected or weights == expected[1:],
               "weights", weights, "and not", expected)
        for (_, weight), share, count in seen:
            expect(count > 30, "only", count, "answers at weight", weight, seen)
            expect(abs(share - weight / 100) < 0.03, "share", share, "at weight", weight)
        return ", ".join(f"{weight} %: {100 * share:.1f} %" for (_, weight), share, _ in seen)

    def roll_back(self, proxy, users):
        """Rolls back with rollback.sh; how long users met the canary from then on."""
        began = time.monotonic()
        self.finish(self.script("rollback.sh", "image", *proxy.words), 0)
        return self.last_of_canary(users, began)

    def last_of_canary(self, users, began):
        """How long after `began` a user met the canary for the last time."""
        count = len(users.answers)
        wait_for(lambda: len(users.answers) > count + 200 and
                 not any(is_canary for _, _, is_canary in users.answers[-200:]),
                 "the canary's end", MINUTE)
        last = max((at for at, _, is_canary in users.answers if is_canary), default=began)
        seconds = max(last - began, 0)
        expect(seconds < MINUTE, "rolled back after", seconds, "s")
        return seconds

    def bad_setting_by_prometheus(self, proxy_kind):
        stable = self.stage.martlet("stable")
        canary = self.stage.martlet("canary", "--body-bytes-max", "16")
        return self.judged_bad(proxy_kind, stable, canary, "errors:")

    def rate_limit_by_prometheus(self, proxy_kind):
        """As if all users were one, which they are for a server behind a proxy."""
        stable = self.stage.martlet("stable")
        canary = self.stage.martlet("canary", "--rate-limit-per-second", "4")
        return self.judged_bad(proxy_kind, stable, canary, "")

    def slow_model_by_prometheus(self, proxy_kind):
        stable = self.stage.martlet("stable")
        registry = self.stage.folder / "slow.registry"
        if not registry.exists():
            self.stage.run(
                self.stage.build / "martlet-train", "fit", "--data", self.stage.folder / "1.csv",
                "--target", "label", "--model", "random-forest", "--name", "demo", "--registry",
                registry, "--alias", "production", "--n-estimators", "1000")
        canary = self.stage.martlet("canary", registry=registry)
        return self.judged_bad(proxy_kind, stable, canary, "slow:", "--p95-slack-seconds",
                               "0.001", "--requests-min", "10", batch=300)

    def judged_bad(self, proxy_kind, stable, canary, why, *more, batch=1):
        proxy = proxy_kind(self.stage, stable, canary)
        _, url = self.stage.prometheus((stable, canary))
        with Users(proxy, self.stage.rows, batch=batch) as users:
            began = time.monotonic()
            text = self.finish(self.script(
                "canary.sh", *proxy.words, *self.by_prometheus(url, stable, canary), *STEPS,
                *more), ROLLED_BACK)
            expect(why in text, text)
            seconds = self.last_of_canary(users, began)
            expect(max(weights[1] for _, weights in users.weights) <= 25, users.weights)
        return f"users met the bad canary for {seconds:.1f} s, {len(users.failures())} of " \
            f"{len(users.answers)} requests failed"

    def canary_without_a_registry(self, proxy_kind):
        stable = self.stage.martlet("stable")
        canary = self.stage.martlet("canary", registry=self.stage.folder / "nowhere",
                                    is_ready=False)
        proxy = proxy_kind(self.stage, stable, canary)
        _, url = self.stage.prometheus((stable, canary))
        with Users(proxy, self.stage.rows) as users:
            self.finish(self.script(
                "canary.sh", *proxy.words, *self.by_prometheus(url, stable, canary), *STEPS),
                ROLLED_BACK)
            expect(not any(is_canary for _, _, is_canary in users.answers), "it was asked")
            expect(not users.failures(), users.failures()[:5])
        return f"no request of {len(users.answers)} reached it"

    def canary_killed(self, proxy_kind):
        return self.broken_off(proxy_kind, lambda canary, prometheus: canary.process.kill(),
                               ROLLED_BACK, "not ready any more")

    def prometheus_killed(self, proxy_kind):
        return self.broken_off(proxy_kind, lambda canary, prometheus: prometheus.kill(),
                               NO_DECISION, "no answer for too long")

    def broken_off(self, proxy_kind, break_off, status, why):
        stable, canary = self.stage.martlet("stable"), self.stage.martlet("canary")
        proxy = proxy_kind(self.stage, stable, canary)
        prometheus, url = self.stage.prometheus((stable, canary))
        with Users(proxy, self.stage.rows) as users:
            process = self.script("canary.sh", *proxy.words,
                                  *self.by_prometheus(url, stable, canary), *STEPS)
            wait_for(lambda: proxy.weights()[1] == 25, "the second step", 60)
            began = time.monotonic()
            break_off(canary, prometheus)
            expect(why in self.finish(process, status), self.output)
            seconds = time.monotonic() - began
            expect(proxy.weights() == (100, 0), proxy.weights())
            expect(seconds < MINUTE, seconds)
            failed = len(users.failures())
        return f"all traffic back after {seconds:.1f} s, {failed} of {len(users.answers)} failed"

    def signals_and_locks(self, proxy_kind):
        """A second run, SIGTERM, kill -9 and a run after it, and rollback.sh against a run."""
        stable, canary = self.stage.martlet("stable"), self.stage.martlet("canary")
        proxy = proxy_kind(self.stage, stable, canary)
        _, url = self.stage.prometheus((stable, canary))
        words = [*proxy.words, *self.by_prometheus(url, stable, canary), *STEPS,
                 "--step-seconds", "60"]

        def started():
            # A run that was killed has left the same weights: they change twice.
            count = len(users.weights)
            process = self.script("canary.sh", *words)
            wait_for(lambda: len(users.weights) > count and users.weights[-1][1] == (95, 5),
                     "the first step", 60)
            return process
        with Users(proxy, self.stage.rows) as users:
            process = started()
            text = self.finish(self.script("canary.sh", *words), COULD_NOT_ACT)
            expect("another run has the lock" in text and str(process.pid) in text, text)
            expect(proxy.weights() == (95, 5), "the second run has moved weights")
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            self.finish(process, NO_DECISION)
            by_signal = self.last_of_canary(users, began)
            killed = started()
            killed.kill()
            killed.communicate()
            expect(proxy.weights() == (95, 5), "kill -9 leaves what was")
            process = started()
            by_hand = self.roll_back(proxy, users)
            self.finish(process, NO_DECISION)
            expect(not users.failures(), users.failures()[:5])
        return f"by SIGTERM in {by_signal:.1f} s, by rollback.sh in {by_hand:.1f} s"

    def verdict_of_a_good_rollout(self, proxy_kind):
        stable, canary = self.stage.martlet("stable"), self.stage.martlet("canary")
        proxy = proxy_kind(self.stage, stable, canary)
        with Users(proxy, self.stage.rows, pause=0.002) as users:
            number = self.start_rollout(stable, 2)
            self.finish(self.script("canary.sh", *proxy.words, *self.by_rollout(number, stable),
                                    *STEPS), PROMOTED)
            early = self.output.split(": pass")[0]
            expect("inconclusive" in early and "step 2" not in early, self.output)
            expect(self.rollout(stable, number)["state"] == "promoted", "not promoted")
            expect(not users.failures(), users.failures()[:5])
            # A promoted version is taken back in the registry, and served.
            words = ["model", "--model", "demo", "--from", "2", "--registry",
                     self.stage.registry, "--admin", canary.admin_url, "--token-file",
                     self.stage.token_files["viewer"]]
            began = time.monotonic()
            self.finish(self.script("rollback.sh", *words), 0)
            seconds = time.monotonic() - began
            expect("demo@production is version 1 again" in self.output, self.output)
            expect(seconds < MINUTE, seconds)
            again = self.finish(self.script("rollback.sh", *words), 0)
            expect("nothing to do" in again, again)
            expect(not users.failures(), users.failures()[:5])
        return f"promoted with {len(users.answers)} answers, none failed; " \
            f"the model rolled back in {seconds:.1f} s"

    def verdict_of_a_bad_rollout(self, proxy_kind):
        stable, canary = self.stage.martlet("stable"), self.stage.martlet("canary")
        proxy = proxy_kind(self.stage, stable, canary)
        # Few requests: the rollout must not know before the canary is there.
        with Users(proxy, self.stage.rows, pause=0.05) as users:
            number = self.start_rollout(stable, 3)
            wait_for(lambda: self.rollout(stable, number)["state"] == "shadow", "the shadow")
            self.steer(stable, "pause", number)
            process = self.script("canary.sh", *proxy.words, *self.by_rollout(number, stable),
                                  *STEPS)
            wait_for(lambda: proxy.weights()[1] == 5, "the first step", 60)
            began = time.monotonic()
            self.steer(stable, "resume", number)
            self.finish(process, ROLLED_BACK)
            expect("rollout 1: fail" in self.output, self.output)
            seconds = self.last_of_canary(users, began)
            expect(not users.failures(), users.failures()[:5])
            reason = self.rollout(stable, number)["state"]
        return f"{reason}; no user's request failed; the canary was there for {seconds:.1f} s"

    def rollout_rolled_back(self, proxy_kind):
        stable = self.stage.martlet("stable")
        proxy = proxy_kind(self.stage, stable, stable)
        with Users(proxy, self.stage.rows) as users:
            number = self.start_rollout(stable, 2)
            words = ["model", "--rollout", number, "--admin", stable.admin_url, "--token-file",
                     self.stage.token_files["operator"]]
            dry = self.finish(self.script("rollback.sh", *words, "--dry-run"), 0)
            expect("+ curl --request POST" in dry and self.tokens["operator"] not in dry, dry)
            expect(not self.rollout(stable, number)["is_terminal"], "a dry run has acted")
            began = time.monotonic()
            self.finish(self.script("rollback.sh", *words), 0)
            seconds = time.monotonic() - began
            expect(self.rollout(stable, number)["state"].startswith("rolled_back"), self.output)
            expect(seconds < MINUTE, seconds)
            again = self.finish(self.script("rollback.sh", *words), 0)
            expect("nothing to do" in again, again)
            expect(not users.failures(), users.failures()[:5])
        return f"in {seconds:.1f} s: {re.search('rollout .*', again).group()}"


SCENARIOS = [
    ("good_canary_by_prometheus", HAProxy), ("good_canary_by_prometheus", Nginx),
    ("bad_setting_by_prometheus", HAProxy), ("rate_limit_by_prometheus", Nginx),
    ("slow_model_by_prometheus", Nginx),
    ("canary_without_a_registry", HAProxy), ("canary_without_a_registry", Nginx),
    ("canary_killed", HAProxy), ("canary_killed", Nginx), ("prometheus_killed", Nginx),
    ("signals_and_locks", HAProxy), ("signals_and_locks", Nginx),
    ("verdict_of_a_bad_rollout", Nginx), ("verdict_of_a_good_rollout", HAProxy),
    ("rollout_rolled_back", HAProxy),
]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default=".build/release")
    options.add_argument("--only", default="")
    options.add_argument("--show", action="store_true", help="what the scripts say, too")
    asked = options.parse_args()
    began, failed = time.monotonic(), 0
    for name, proxy_kind in SCENARIOS:
        title = f"{name.replace('_', ' ')}, {proxy_kind.__name__}"
        if asked.only.lower() not in title.lower():
            continue
        with tempfile.TemporaryDirectory(prefix="martlet-canary-") as folder, \
                Stage(asked.build, pathlib.Path(folder)) as stage:
            try:
                trial = Trial(stage, asked.show)
                print(f"{title}: {getattr(trial, name)(proxy_kind)}", flush=True)
            except Fault as fault:
                failed += 1
                print(f"{title}: FAILED: {fault}", flush=True)
    print(f"canaries behind proxies: {time.monotonic() - began:.0f} s, {failed} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
