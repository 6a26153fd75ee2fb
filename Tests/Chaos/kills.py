# SPDX-License-Identifier: Apache-2.0
"""SIGKILL and SIGSTOP, at the worst moments."""
import json
import os
import random
import signal
import subprocess
import time

from load import Load
from scenario import Failure, check, eventually, scenario, stop
from service import MODEL, Registry, Server, reference

# A step is half of all users; an error limit of 5 % takes some eighty requests to be shown.
PLAN = {"steps": [0.5], "shadow_seconds": 1, "shadow_pairs": 100, "step_seconds": 4,
        "step_requests": 50, "bake_seconds": 1, "error_limit": 0.05, "step_deadline_seconds": 60}


@scenario("kill-under-load")
def kill_under_load(place):
    """The server is killed five times under load and started again.

    Users see broken connections from the kill until it is ready again, within 2 s; nothing else.
    """
    registry = Registry(place).fit(1, "production")
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry).start()
    outages, down = [], []
    with Load(server.port, rows) as load:
        for _ in range(5):
            load.is_flowing()
            killed = time.monotonic()
            server.kill()
            server.start()
            down.append((killed, time.monotonic()))
            load.is_flowing()
            first = min(ended for began, ended, _ in load.goods if began > killed)
            outages.append(first - killed)
    load.check_answers(truth)
    for began, ended, kind in load.failures:
        check(any(began <= back and ended >= killed for killed, back in down),
              f"{kind} while the server was up")
    check(max(outages) < 2, f"down for {max(outages):.2f} s")
    place.figure(f"{load.answered} answers; from kill to answer {max(outages) * 1000:.0f} ms at "
                 f"most; {len(load.failures)} connections broken")


@scenario("kill-in-rollout")
def kill_in_rollout(place):
    """The server is killed in the middle of a canary and started again.

    Nobody changes sides, the evidence goes on from where it was, and the rollout ends promoted.
    """
    registry = Registry(place).fit(1, "production").fit(2)
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry, "--feedback-store", place.path("feedback"),
                    "--feedback-server-name", "chaos").start()
    with Load(server.port, rows, keys=2000, per_second=500) as load:
        begun = server.ask("POST", "/rollouts", {"candidate": 2, "plan": PLAN})
        check(begun.status == 201, f"POST /rollouts: {begun.status} {begun.body}")
        path = begun.fields["Location"]
        state = lambda: server.ask("GET", path).json["state"]
        eventually(lambda: state() == "canary:0", 30, "no canary")
        canary = time.monotonic()
        saved, _ = eventually(lambda: evidence(server, path) > 60 and evidence(server, path), 10,
                              "no requests for the candidate")
        # The keeper saves once a second.
        time.sleep(1.5)
        killed = time.monotonic()
        server.kill()
        server.start()
        kept, after = evidence(server, path), state()
        check(after == "canary:0", f"the rollout is in {after} after the restart")
        check(kept >= saved, f"{kept} requests in evidence after the kill, {saved} before it")
        load.is_flowing(count=400)
        back = time.monotonic()
        _, seconds = eventually(lambda: state() == "promoted", 40,
                                lambda: f"not promoted: {state()}")
    load.check_answers(truth)
    for key, answers in load.by_key.items():
        sides = {version for moment, version in answers if canary + 0.5 < moment < back}
        check(len(sides) < 2, f"{key} was on both sides")
    sides = {version for answers in load.by_key.values() for moment, version in answers
             if killed < moment < back}
    check(sides == {1, 2}, f"the canary was answered by {sides}")
    check(registry.verify() == 2, "a version is gone")
    place.figure(f"{saved} of the candidate's requests in evidence before the kill, {kept} after; "
                 f"promoted {seconds:.1f} s later; {load.answered} answers")


def evidence(server, path):
    found = {item["name"]: item["value"] for item in server.ask("GET", path).json["evidence"]}
    return int(found["candidate_requests"])


@scenario("kill-in-publish")
def kill_in_publish(place):
    """Trainers are killed in the middle of a commit, while a server reads the registry.

    A version is there whole, with its alias's move, or not at all; the server follows, and rolls
    back what a killed writer left; `models verify` finds nothing.
    """
    registry = Registry(place).fit(1, "production")
    rows = registry.rows()
    server = Server(place, registry, "--registry-poll-milliseconds", 20).start()
    journal = f"{registry.path}-journal"
    choice, halves, whole, waits = random.Random(6), 0, 0, []
    # How long a commit takes is the machine's affair: half of the kills are to come within it.
    window = 0.05
    with Load(server.port, rows, per_second=200) as load:
        for seed in range(2, 60):
            before = len(registry.versions())
            process = subprocess.Popen(
                registry.fit_words(seed, "production"), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            while not os.path.exists(journal) and process.poll() is None:
                pass
            spin(choice.random() * window)
            process.kill()
            process.wait()
            is_half = os.path.exists(journal)
            halves += is_half
            window *= 1.25 if is_half else 0.8
            versions = registry.versions()
            check(len(versions) - before in (0, 1), "more than one version came")
            whole += len(versions) - before
            newest = versions[-1]["version"]
            check("production" in versions[-1]["aliases"], "a version without its alias's move")
            waits.append(eventually(
                lambda: server.serves() == newest and "registry" not in server.checks(), 3,
                lambda: f"the server serves {server.serves()}, not {newest}: {server.checks()}")[1])
            if halves >= 5 and whole >= 5 and seed > 20:
                break
        registry.fit(99, "production")
        eventually(lambda: server.serves() == newest + 1, 2, "the next version is not served")
    check(halves >= 3, f"only {halves} kills hit a commit: nothing was tested")
    load.check_flawless(reference(place, registry))
    check(registry.verify() == newest + 1, "versions are not without gaps")
    place.figure(f"{seed - 1} trainers killed: {halves} commits in half, {whole} versions whole; "
                 f"served again after {max(waits) * 1000:.0f} ms at most; {load.answered} answers")


def spin(seconds):
    """Waits for less than a scheduler's turn."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


@scenario("stopped")
def stopped(place):
    """The server is stopped (SIGSTOP) for 3 s under load, and goes on.

    Who was waiting is answered, by 200 or 504, and a second later all is as before.
    """
    registry = Registry(place).fit(1, "production")
    rows, truth = registry.rows(), reference(place, registry)
    server = Server(place, registry).start()
    with Load(server.port, rows, timeout=10) as load:
        load.is_flowing()
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        server.process.send_signal(signal.SIGCONT)
        resumed = time.monotonic()
        load.is_flowing(seconds=1)
        first = min(ended for _, ended, _ in load.goods if ended > resumed)
        check(server.is_ready(), "not ready after SIGCONT")
        load.is_flowing(count=200)
    load.check_flawless(truth, (200, 504))
    place.figure(f"answers went on {(first - resumed) * 1000:.0f} ms after SIGCONT; "
                 f"{dict(load.statuses)}")
