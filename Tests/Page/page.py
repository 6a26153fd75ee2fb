#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tries the page and the API's documentation in headless Chromium, against real servers.

    page.py --build .build/release [--only NAME] [--screenshots docs]

Whatever a check is about, the browser must meet no error, no dialog, nothing that the Content
Security Policy forbids, and no request to anywhere but the server. Answers other than 200 are
errors to the browser's console; a check says which of them it provokes.
"""
import argparse
import contextlib
import pathlib
import sys
import tempfile
import time
import traceback

import form
import look
import state
import tokens
import pictures
import served
from browser import Browser

PLAN = {"steps": [0.05, 0.25, 0.5], "shadow_pairs": 200, "shadow_seconds": 2, "step_seconds": 3600,
        "step_deadline_seconds": 7200, "rules": ["paired_error", "disagreement"]}
CHECKS = [*state.CHECKS, *form.CHECKS, *look.CHECKS, *tokens.CHECKS]


class World:
    """The servers that checks are about, each started when the first asks for it."""

    def __init__(self, workshop, stack):
        self.workshop, self.stack, self.servers, self.crowds = workshop, stack, {}, []

    def server(self, name):
        if name not in self.servers:
            self.servers[name] = getattr(self, f"_{name}")()
        return self.servers[name]

    def _start(self, registry, *settings):
        return self.stack.enter_context(served.Server(self.workshop, registry, *settings))

    def _none(self):
        """No registry at all."""
        return self._start("none")

    def _busy(self):
        """Loans, with users, labels, drift and a rollout in its canary."""
        folder = self.workshop.folder
        served.write_loans(folder / "loans.csv", 6000, seed=1)
        served.write_loans(folder / "fewer.csv", 3500, seed=3)
        self.workshop.fit("busy", "loans", folder / "loans.csv", served.TARGET)
        self.workshop.fit("busy", "loans", folder / "fewer.csv", served.TARGET, production=False)
        server = self._start("busy", "--feedback-store", folder / "feedback",
                             "--drift-window-rows", 250)
        self.gather(server)
        server.ask("/rollouts", {"model": "loans", "candidate": 2, "plan": PLAN})
        wait("the canary", lambda: server.ask("/rollouts/1")["state"] == "canary:0")
        # Drift is what two windows running say.
        wait("drift", lambda: server.ask("/models/loans/drift")["versions"][0]["features"]
             and severity(server, "income") == "critical")
        return server

    def gather(self, server):
        """Users come to the busy server, until the crowd is over."""
        self.crowds.append(self.stack.enter_context(served.Crowd(server, "loans", 60)))

    @contextlib.contextmanager
    def pause(self, server):
        """A while without users, so that two looks see the same."""
        self.crowd.__exit__()
        time.sleep(1.5)
        try:
            yield
        finally:
            self.gather(server)

    @property
    def crowd(self):
        return self.crowds[-1]

    def _wide(self):
        """A model of 300 features, and one that cannot explain itself."""
        folder = self.workshop.folder
        self.workshop.run("martlet-train", "synthetic", "--rows", 600, "--features", 300, "--seed",
                          3, "--output", folder / "wide.csv")
        self.workshop.fit("wide", "wide", folder / "wide.csv", "label")
        self.workshop.fit("wide", "opaque", folder / "wide.csv", "label", "--model", "mlp",
                          "--max-iter", 2)
        return self._start("wide")

    def _many(self):
        """Fifty models."""
        data = self.workshop.folder / "few.csv"
        served.write_loans(data, 300, seed=4)
        for number in range(50):
            self.workshop.fit("many", f"model-{number:02}", data, served.TARGET)
        return self._start("many")

    def _guarded(self):
        """A server that asks who somebody is."""
        folder = self.workshop.folder
        served.write_loans(folder / "guarded.csv", 600, seed=5)
        self.workshop.fit("guarded", "loans", folder / "guarded.csv", served.TARGET)
        pairs = {role: self.workshop.token(role) for role in ("viewer", "predictor", "operator")}
        tokens = folder / "tokens"
        tokens.write_text("".join(f"{line}\n" for _, line in pairs.values()))
        tokens.chmod(0o600)
        server = self._start("guarded", "--tokens-file", tokens)
        server.tokens = {role: secret for role, (secret, _) in pairs.items()}
        return server


def severity(server, feature):
    features = server.ask("/models/loans/drift")["versions"][0]["features"]
    return next(each["severity"] for each in features if each["name"] == feature)


def wait(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.2)
    raise SystemExit(f"waited in vain for {what}")


def attempt(check, world, browser):
    """Runs one check; returns what is wrong."""
    server = world.server(check.server)
    browser.open("about:blank")
    browser.complaints.clear()
    browser.requests.clear()
    browser.show(1200, 900)
    try:
        check.run(world, server, browser)
    except AssertionError:
        return traceback.format_exc(limit=-2)
    browser.value("0")
    # Where no labels are kept, that is said by 404.
    permits = (*check.permits, *(["/quality"] if check.server != "busy" else []))
    wrong = [each for each in browser.complaints
             if not any(permitted in each for permitted in permits)]
    wrong += [f"a request to {url}" for url in browser.requests
              if not url.startswith((server.url + "/", "data:", "about:"))]
    return "\n".join(wrong)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", default=".build/release")
    arguments.add_argument("--only")
    arguments.add_argument("--screenshots", type=pathlib.Path)
    given = arguments.parse_args()
    failures, begin = 0, time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="martlet-page-"))
        world = World(served.Workshop(given.build, folder), stack)
        browser = stack.enter_context(Browser())
        if given.screenshots:
            return pictures.take(world.server("busy"), browser, given.screenshots)
        for check in CHECKS:
            if given.only and given.only not in check.name:
                continue
            since = time.monotonic()
            wrong = attempt(check, world, browser)
            failures += bool(wrong)
            print(f"{'FAIL' if wrong else 'ok  '} {check.name} ({time.monotonic() - since:.1f} s)")
            if wrong:
                print(wrong)
        refused = [answer for crowd in world.crowds for answer in crowd.failures]
        if refused:
            failures += 1
            print(f"FAIL users were refused: {refused[:2]}")
    print(f"{failures} failures, {time.monotonic() - begin:.0f} s")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
