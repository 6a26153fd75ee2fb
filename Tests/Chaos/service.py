# SPDX-License-Identifier: Apache-2.0
"""Registries with models in them, and servers over them."""
import contextlib
import csv
import http.client
import json
import os
import re
import socket
import subprocess

from scenario import Failure, check, eventually, stop

MODEL = "demo"
ROW_COUNT = 40


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*words, may_fail=False, **options):
    """Runs a program to its end; returns what it did."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=60, **options)
    check(may_fail or done.returncode == 0,
          f"{' '.join(map(str, words[:3]))}: exit {done.returncode}: {done.stderr.strip()[-600:]}")
    return done


class Registry:
    """A registry file and what can be put into it."""

    def __init__(self, place, path=None):
        self.place = place
        self.path = path or place.path("registry")
        self.data = place.path("data.csv")
        if not self.data.exists():
            run(place.build / "martlet-train", "synthetic", "--rows", 600, "--features", 6,
                "--seed", 1, "--output", self.data)

    def fit_words(self, seed, alias=None, kind="logistic"):
        """A command that trains one more version: other seeds hold other rows out."""
        words = [self.place.build / "martlet-train", "fit", "--data", self.data, "--target",
                 "label", "--model", kind, "--name", MODEL, "--registry", self.path,
                 "--seed", seed]
        return [str(word) for word in words + (["--alias", alias] if alias else [])]

    def fit(self, seed, alias=None, kind="logistic"):
        run(*self.fit_words(seed, alias, kind))
        return self

    def models(self, *words, may_fail=False, build=None):
        return run((build or self.place.build) / "martlet", "models", *words,
                   "--registry", self.path, may_fail=may_fail)

    def versions(self):
        return json.loads(self.models("list", "--json").stdout)

    def verify(self):
        """Digests, audit chain, numbering and golden rows, by Martlet's own command."""
        done = self.models("verify", "--json", may_fail=True)
        check(done.returncode == 0, f"models verify: {done.stdout.strip() or done.stderr.strip()}")
        return json.loads(done.stdout)["versions"]

    def rows(self):
        with open(self.data) as file:
            table = list(csv.reader(file))[1:1 + ROW_COUNT]
        return [[float(cell) for cell in row[:-1]] for row in table]


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """`martlet serve` on a port of its own, its log in a file."""

    def __init__(self, place, registry, *flags, port=None, build=None, log=None, env=None,
                 wrapper=(), listens_on=None):
        self.place, self.registry, self.flags = place, registry, list(flags)
        self.port = port or free_port()
        self.build = build or place.build
        self.log_path = log or place.path(f"log-{self.port}")
        self.env = {"SWIFT_BACKTRACE": "enable=no"} | (env or {})
        self.wrapper = list(wrapper)
        self.listens_on = listens_on or "127.0.0.1"
        self.process = None
        place.callback(self.stop)

    def start(self, until="ready", seconds=15):
        words = [*self.wrapper, self.build / "martlet", "serve", "--registry",
                 self.registry.path, "--listen", f"{self.listens_on}:{self.port}", *self.flags]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words], stdout=log, stderr=log,
                env=os.environ | self.env)
        wanted = {"ready": self.is_ready, "alive": lambda: self.try_get("/livez") == 200}[until]

        def is_so():
            check(self.process.poll() is None,
                  f"the server ended with {self.process.returncode}: {self.log()[-600:]}")
            return wanted()
        eventually(is_so, seconds, lambda: f"not {until}: {self.log()[-600:]}", pause=0.002)
        return self

    def stop(self):
        return stop(self.process) if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with contextlib.suppress(OSError):
            return self.log_path.read_text(errors="replace")
        return ""

    def log_lines(self, message):
        lines = []
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):
                if (found := json.loads(line)).get("msg") == message:
                    lines.append(found)
        return lines

    def ask(self, method, path, document=None, timeout=5, fields=None):
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            body = None if document is None else json.dumps(document)
            connection.request(
                method, path, body, {"Content-Type": "application/json"} | (fields or {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def try_get(self, path, timeout=5):
        """The status, or `None` without an answer."""
        try:
            return self.ask("GET", path, timeout=timeout).status
        except (OSError, http.client.HTTPException):
            return None

    def is_ready(self):
        return self.try_get("/readyz") == 200

    def checks(self):
        """What `/healthz` says of each part."""
        return {item["name"]: item for item in self.ask("GET", "/healthz").json["checks"]}

    def serves(self):
        """The version under production, as the server has it."""
        return self.checks().get(f"model:{MODEL}@production", {}).get("version")

    def metric(self, name):
        """The sum over the samples whose name, or name with labels, begins so."""
        text = self.ask("GET", "/metrics").body.decode()
        found = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        if not found:
            raise Failure(f"/metrics has no {name}")
        return sum(float(value) for value in found)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def truth(server, versions, rows):
    """What each version answers to each row when nothing is wrong, but for the request's id.

    Asked of a server that nobody disturbs; later answers must have the same bytes.
    """
    answers = {}
    for version in versions:
        for index, row in enumerate(rows):
            answer = server.ask(
                "POST", f"/models/{MODEL}/versions/{version}/predict", {"features": row})
            check(answer.status == 200, f"version {version}: {answer.body[:200]}")
            answers[version, index] = without_request(answer.body)
    return answers


def without_request(body):
    """An answer without what differs from request to request."""
    body = re.sub(rb'"prediction_id":"[0-9a-f]{32}"', b"", body)
    return re.sub(rb',"arm":"[a-z0-9-]+"', b"", body)


def reference(place, registry, only=None):
    """The truth of every version, or of one, from a server over a copy that nobody touches."""
    copy = Registry(place, place.path(f"reference-{free_port()}"))
    registry.models("backup", "--output", copy.path)
    versions = [item["version"] for item in copy.versions()]
    for version in versions:
        # Versions without an alias are not all loaded.
        copy.models("promote", MODEL, version, "--alias", f"truth-{version}")
    server = Server(place, copy).start()
    try:
        return truth(server, [only] if only else versions, registry.rows())
    finally:
        server.stop()
