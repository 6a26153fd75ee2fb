# SPDX-License-Identifier: Apache-2.0
"""Servers for the page's checks: models with names and values that mean harm, and their traffic."""
import csv
import http.client
import json
import math
import pathlib
import random
import subprocess
import threading
import time
import urllib.request

PATIENCE = 30
# What would run, load or break out if a page took it for HTML, and what would break a selector.
HOSTILE_FEATURE = "<img src=x onerror=alert(1)>"
HOSTILE_VALUE = "\"><script>alert(2)</script>'`${alert(3)}"
TARGET = "defaulted"
TEXTS = ("region", "purpose", TARGET)


def loans(count, seed):
    """Rows of loans and whether they were paid back, with a known law behind them."""
    chance = random.Random(seed)
    for _ in range(count):
        row = {
            "age": chance.randint(19, 75),
            "income": round(chance.lognormvariate(10.4, 0.5)),
            "debt ratio": round(chance.betavariate(2, 4), 3),
            "months employed": chance.randint(0, 240),
            "region": chance.choice(["north", "south", "east", "west"]),
            "purpose": chance.choice(["car", "home", "study", HOSTILE_VALUE]),
            HOSTILE_FEATURE: round(chance.gauss(0, 1), 3),
        }
        margin = (4 * row["debt ratio"] - 0.00002 * row["income"] - 0.006 * row["months employed"]
                  + 0.5 * row[HOSTILE_FEATURE] + 0.6 * (row["purpose"] == "study") - 1.2)
        row[TARGET] = "yes" if chance.random() < 1 / (1 + math.exp(-margin)) else "no"
        yield row


def write_loans(path, count, seed):
    rows = list(loans(count, seed))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


class Workshop:
    """The programs under test, and a folder for what they make."""

    def __init__(self, build, folder):
        self.build, self.folder = pathlib.Path(build), pathlib.Path(folder)

    def run(self, program, *words):
        done = subprocess.run([self.build / program, *map(str, words)], capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise SystemExit(f"{program} {words[0]}: {done.stderr}")
        return done.stdout

    def fit(self, registry, name, data, target, *more, production=True):
        alias = ("--alias", "production") if production else ()
        self.run("martlet-train", "fit", "--data", data, "--target", target, "--model", "logistic",
                 "--name", name, "--registry", self.folder / registry, "--seed", 1, *alias, *more)

    def token(self, role):
        """A token, and its line for a tokens file."""
        lines = self.run("martlet", "tokens", "create", f"test-{role}", "--role", role).splitlines()
        said = dict(line.split(":", 1) for line in lines if ":" in line)
        return said["token"].strip(), said["line"].strip()


class Server:
    """One `martlet serve`, for as long as the `with` lasts."""

    def __init__(self, workshop, registry, *settings, port=0):
        self.workshop, self.settings, self.port = workshop, settings, port
        self.registry = workshop.folder / registry
        self.log = workshop.folder / f"{registry}.log"

    def __enter__(self):
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [self.workshop.build / "martlet", "serve", "--registry", self.registry, "--listen",
                 f"127.0.0.1:{self.port}", *map(str, self.settings)],
                stdout=log, stderr=subprocess.STDOUT)
        self.port = self._wait_for_port()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _wait_for_port(self):
        """The port that the log names, once the server listens there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text().splitlines():
                said = json.loads(line) if line.startswith("{") else {}
                if said.get("msg") == "listening":
                    return int(said["address"].rpartition(":")[2])
            time.sleep(0.05)
        raise SystemExit(f"no server: {self.log.read_text()[-2000:]}")

    def ask(self, path, body=None, token=None):
        """A document of the API."""
        request = urllib.request.Request(
            self.url + path, data=None if body is None else json.dumps(body).encode())
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)


class Crowd:
    """Users of a model, each with a key, who earn more than those it was trained on; labels
    follow. A mistake now and then: what is asked of a model that is not there."""

    def __init__(self, server, name, per_second):
        self.server, self.name, self.pause = server, name, 1 / per_second
        self.is_over = threading.Event()
        self.failures, self.count = [], 0
        self.thread = threading.Thread(target=self._go)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _go(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        rows = list(loans(4000, seed=2))
        number = 0
        while not self.is_over.wait(self.pause):
            row = dict(rows[number % len(rows)])
            truth, region = row.pop(TARGET), row["region"]
            row["income"] *= 1.6
            body = {"features": row, "key": f"user-{number}"}
            status, answer = self._post(connection, f"/models/{self.name}/predict", body)
            if status != 200:
                self.failures.append(answer)
            elif number % 3 == 0:
                self._post(connection, "/feedback", {
                    "prediction_id": answer["prediction_id"], "label": truth, "slice": region})
            if number % 50 == 0:
                self._post(connection, "/models/none/predict", {})
            number, self.count = number + 1, self.count + 1
        connection.close()

    @staticmethod
    def _post(connection, path, body):
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.load(answer)
