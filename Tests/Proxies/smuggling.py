#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends every smuggling payload to Martlet, alone and behind real proxies.

    smuggling.py --build .build/release [--only NAME] [--verbose]

Five things must never happen:
- executed: the hidden request reached a route; `/metrics` counts it, and no proxy lets it pass;
- unsent: the backend ran more requests than the clients sent;
- extra: the client got an answer to a request that it had not sent, or two to one;
- poisoned: a second client, on its own connection, got an answer that was not its own;
- status: alone, Martlet answered the outer request otherwise than the table says.

First some of the payloads go to a backend that is careless on purpose: if the harness did not catch
it alone and behind each proxy, its silence about Martlet would mean nothing. And honest requests
must pass each proxy, or nothing has been tested.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

import exchange
import fronts
import lenient_backend
import payloads

DIRECT = "none"
# How long to wait for what may never come, and for what must.
PATIENCE, TRUST = 0.25, 10
OWN_FAILURES = (502, 503, 504)
# Name, whether the hidden request is complete, whether a probe follows on the same connection.
# Without one, what is left before the backend meets the second client's request first.
FORMS = (("complete", True, True), ("open", False, True), ("open, unprobed", False, False))


class Backend:
    """The server under test: its port, and how many requests it has run (hidden ones, all)."""

    def __init__(self, port, counts):
        self.port, self.counts = port, counts


def martlet(build, folder):
    """Starts Martlet with a model to predict with; returns the process and its backend."""
    registry, port = folder / "models.registry", fronts.free_port()
    if not registry.exists():
        run = lambda *words: subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        trainer = f"{build}/martlet-train"
        run(trainer, "synthetic", "--rows", "500", "--features", "4", "--seed", "1",
            "--output", f"{folder}/data.csv")
        run(trainer, "fit", "--data", f"{folder}/data.csv", "--target", "label", "--model",
            "logistic", "--name", "demo", "--registry", str(registry), "--alias", "production")
    log = open(folder / "martlet.log", "a")
    process = subprocess.Popen(
        [f"{build}/martlet", "serve", "--registry", str(registry), "--loops", "1",
         "--listen", f"127.0.0.1:{port}", "--log-level", "error"],
        stdout=subprocess.DEVNULL, stderr=log)
    fronts.wait_for_port(port, process, "martlet")

    def counts():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TRUST) as answer:
            text = answer.read().decode()
        runs = [(route, int(float(value))) for route, value in re.findall(
            r'(?m)^http_requests_total\{[^}]*route="([^"]*)"[^}]*\} (\S+)$', text)]
        return (sum(count for route, count in runs if route == "/version"),
                sum(count for route, count in runs if route != "/metrics"))
    return process, Backend(port, counts)


class Trial:
    """All payloads through one front (or none), one after another."""

    def __init__(self, name, port, backend, rows):
        self.name, self.port, self.backend, self.rows = name, port, backend, rows
        self.findings, self.serial, self.own_failures = [], 0, 0

    def run(self):
        self.check_honest()
        before = self.backend.counts()
        for payload in self.rows:
            for form, is_complete, has_probe in FORMS[:2 if self.name == DIRECT else 3]:
                self.sent = 0
                found = self.attempt(payload, is_complete, has_probe)
                now = self.backend.counts()
                found += self.judge_counts(payload, now[0] - before[0], now[1] - before[1])
                before = now
                self.findings += [(payload.name, form, fault) for fault in found]
        # What runs late is charged to the payload before.
        time.sleep(PATIENCE)
        if self.backend.counts() != before:
            self.findings.append((self.rows[-1].name, "any", "unsent: requests that came late"))
        return self

    def check_honest(self):
        """Both framings of a body, and two requests at once, pass and are answered in order."""
        body = b'{"features":[1,2,3,4]}'
        sized = payloads.request(payloads.sized(len(body)), body=body)
        chunks = payloads.chunk(body[:9]) + payloads.chunk(body[9:]) + payloads.LAST
        chunked = payloads.request(payloads.CHUNKED, body=chunks)
        with exchange.Client(self.port) as client:
            for number, message in enumerate((sized, chunked, sized + innocent(b"honest-b"))):
                name = b"honest-%d" % number
                client.send(message.replace(payloads.OUTER_ID, name))
                names = [name, b"honest-b"] if number == 2 else [name]
                answers = [client.answer(TRUST) for _ in names]
                if [(each.status, each.id) if each else None for each in answers] \
                        != [(200, each) for each in names]:
                    raise SystemExit(f"control: behind {self.name} {name} got {answers}")

    def judge_counts(self, payload, hidden, all):
        """What the backend ran since the payload before: none hidden, and none that nobody sent."""
        if payload.is_honest and self.name == DIRECT:
            hidden, self.sent = 0, self.sent + 1
        faults = ["executed"] if hidden else []
        if all > self.sent:
            faults.append(f"unsent: {all} requests were run, {self.sent} were sent")
        return faults

    def attempt(self, payload, is_complete, has_probe):
        self.serial += 1
        # As long as what they stand in for, or the lengths that the payload declares would be off.
        outer, hidden, probe = b"o%06d" % self.serial, b"h%07d" % self.serial, b"p%d" % self.serial
        message = payload.build(payloads.hidden(is_complete))
        message = message.replace(payloads.OUTER_ID, outer).replace(payloads.HIDDEN_ID, hidden)
        faults = []
        # Alone, an answer that must come is waited for.
        is_sure = self.name == DIRECT and payload.direct
        try:
            with exchange.Client(self.port) as client:
                answers = self.converse(
                    client, message, probe if has_probe else None, TRUST if is_sure else PATIENCE)
        except exchange.MalformedAnswer as problem:
            answers, faults = [], [f"extra: not an answer: {problem}"]
        faults += self.judge(payload, answers, outer, hidden, probe)
        return faults + self.victim(b"victim-%d" % self.serial)

    def converse(self, client, message, probe, patience):
        """The payload, then an innocent request on the same connection, if there is a `probe`."""
        is_head = message.startswith(b"HEAD")
        answers = []
        self.sent += 1
        client.send(message)
        if message.split(b"\r\n")[0].count(b" ") == 1 and is_bare_document(client):
            return []
        if first := client.answer(patience, is_head):
            answers.append(first)
        if probe:
            self.sent += 1
            client.send(innocent(probe))
        while True:
            # The probe's own answer ends it, but for what may come behind.
            is_last = answers and answers[-1].id == probe or not probe
            last = client.answer(0.02 if is_last else PATIENCE, is_head and not answers)
            if not last:
                return answers
            answers.append(last)

    def judge(self, payload, answers, outer, hidden, probe):
        faults = []
        ids = [answer.id for answer in answers]
        expected = (outer, probe, hidden) if payload.is_honest else (outer, probe)
        if hidden in ids and not payload.is_honest:
            faults.append("extra: an answer to the hidden request")
        for id in (outer, probe, hidden):
            if ids.count(id) > 1:
                faults.append(f"extra: {ids.count(id)} answers to {id.decode()}")
        if self.name == DIRECT:
            status = answers[0].status if answers else None
            if answers and answers[0].id == probe:
                status = None
            if status != payload.direct:
                faults.append(f"status: {status}, not {payload.direct}")
            refusals = [each for each in answers if each.id not in expected]
            if len(refusals) > 1:
                faults.append(f"extra: {len(refusals)} answers to nobody")
        return faults

    def victim(self, name):
        """Another client, right after, twice: it must get its own answers and no other byte."""
        for _ in range(8):
            try:
                with exchange.Client(self.port) as client:
                    statuses = []
                    for turn in (b"a", b"b"):
                        self.sent += 1
                        client.send(innocent(name + turn))
                        answer = client.answer(TRUST)
                        if not answer:
                            return ["poisoned: a second client got no answer"]
                        statuses.append(answer.status)
                        if answer.status in OWN_FAILURES and not answer.id:
                            break
                        if answer.id != name + turn or answer.status != 200:
                            return [f"poisoned: a second client got {answer.status} for "
                                    f"{answer.id.decode(errors='replace')}"]
                    else:
                        rest = client.rest(0.002)
                        return [f"poisoned: {rest[:40]!r} behind the answer"] if rest else []
            except exchange.MalformedAnswer as problem:
                return [f"poisoned: a second client got {problem}"]
            # The proxy's own failure: its backend connection was just closed under it.
            self.own_failures += 1
            time.sleep(0.02)
        return ["poisoned: a second client got only the proxy's failures"]


def innocent(id):
    return b"GET /livez HTTP/1.1\r\nHost: martlet\r\nX-Request-Id: " + id + b"\r\n\r\n"


def is_bare_document(client):
    """Whether what came is the answer to a request of HTTP/0.9: one document without a head.

    Its end is the connection's, so a second answer would show inside it.
    """
    text = client.rest(TRUST if client.read(time.monotonic() + PATIENCE) else 0)
    if not text or text.startswith(b"HTTP/"):
        return False
    if text.startswith(b"<"):
        if text.count(b"</html>") == 1 and text.endswith(b"</html>\n"):
            return True
        raise exchange.MalformedAnswer(text[-60:])
    try:
        json.loads(text)
    except ValueError:
        raise exchange.MalformedAnswer(text[-60:]) from None
    return True


def trials(name, backend, folder, rows):
    if name == DIRECT:
        return Trial(name, backend.port, backend, rows).run()
    with fronts.Front(name, folder, backend.port) as front:
        return Trial(name, front.port, backend, rows).run()


def check_controls(backend):
    """The counter counts: an honest `/version`, pipelined, raises it by one."""
    before = backend.counts()
    with exchange.Client(backend.port) as client:
        client.send(innocent(b"first") + payloads.hidden(True))
        ids = [client.answer(TRUST), client.answer(TRUST)]
    if [each and each.id for each in ids] != [b"first", payloads.HIDDEN_ID] \
            or backend.counts() != (before[0] + 1, before[1] + 2):
        raise SystemExit("control: the counter does not count")


def check_harness(names, folder):
    """The careless backend must be caught, in each way and behind each front."""
    rows = [each for each in payloads.TABLE if each.name in (
        "CL.0 GET", "CL.0 wrong method", "CL.0 unknown route", "TE.CL xchunked", "CL.TE plain")]
    for name in names:
        server = lenient_backend.Server()
        backend = Backend(server.port, lambda server=server: server.counts())
        found = trials(name, backend, folder / "self-check", rows).findings
        server.shutdown()
        server.server_close()
        kinds = {fault.split(":")[0] for _, _, fault in found}
        missing = {"executed", "unsent", "poisoned" if name != DIRECT else "extra"} - kinds
        if missing:
            raise SystemExit(f"self-check: behind {name} the careless backend shows no {missing}")
        print(f"self-check  {name:18} {len(found):3} findings: caught", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--build", required=True, help="folder of the programs")
    options.add_argument("--only", help="payloads whose name contains this")
    options.add_argument("--verbose", action="store_true", help="name each finding by its front")
    options = options.parse_args()
    rows = [each for each in payloads.TABLE if (options.only or "") in each.name]
    names = [DIRECT, *fronts.FRONTS]
    with tempfile.TemporaryDirectory(prefix="martlet-proxies-") as name:
        folder = pathlib.Path(name)
        check_harness(names, folder)
        processes, work = [], []
        try:
            with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
                for name in names:
                    process, backend = martlet(options.build, folder)
                    processes.append(process)
                    check_controls(backend)
                    work.append(pool.submit(trials, name, backend, folder, rows))
                results = [each.result() for each in work]
            died = [each.pid for each in processes if each.poll() is not None]
            last_words = (folder / "martlet.log").read_text()[-2000:] if died else ""
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)
    print(f"\n{len(rows)} payloads, each complete and open; probes and a second client behind them\n")
    print(f"{'front':18} {'sent':>5} {'executed':>9} {'unsent':>7} {'extra':>6} {'poisoned':>9} "
          f"{'status':>7}")
    for trial in results:
        kinds = [fault.split(":")[0] for _, _, fault in trial.findings]
        counts = [kinds.count(each)
                  for each in ("executed", "unsent", "extra", "poisoned", "status")]
        print(f"{trial.name:18} {trial.serial:5} {counts[0]:9} {counts[1]:7} {counts[2]:6} "
              f"{counts[3]:9} {counts[4] if trial.name == DIRECT else '-':>7}")
    for trial in results:
        for payload, form, fault in trial.findings:
            print(f"FOUND  {trial.name}: {payload} ({form}): {fault}")
        if options.verbose:
            print(f"{trial.name}: {trial.own_failures} failures of its own, retried")
    if died:
        print(f"FOUND  a server died: {last_words}")
    return 1 if died or any(trial.findings for trial in results) else 0


if __name__ == "__main__":
    sys.exit(main())
