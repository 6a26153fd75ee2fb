# SPDX-License-Identifier: Apache-2.0
"""Martlet servers of which every feature is in use, watched by a real Prometheus and Alertmanager.

The rules and both configurations are those of deploy/prometheus. Changed are only addresses and,
so that nobody waits for it, `scrape_interval`, `evaluation_interval` and each group's `interval`,
which are a second. No window, threshold or `for` is touched.
"""
import argparse
import csv
import http.client
import http.server
import json
import pathlib
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from addresses import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus"
FEATURES = 8
JSON = {"Content-Type": "application/json"}


def until(what: str, seconds: float, look, otherwise=lambda: ""):
    """What `look` gives, once it gives anything; `otherwise` tells how things stand if not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what}: not within {seconds} s {otherwise()}")


def get(url: str, **options):
    try:
        with urllib.request.urlopen(url, timeout=10, **options) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def run(*words) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-800:]
        raise SystemExit(f"{words[0]}: exit {done.returncode}: {said}")
    return done.stdout


class Webhook:
    """Takes what Alertmanager sends, by the path it is sent to."""

    def __init__(self):
        taken = self.taken = []

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for alert in json.loads(body)["alerts"]:
                    taken.append((self.path.strip("/"), alert))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def alerts(self, receiver: str, name: str) -> list:
        return [alert for where, alert in list(self.taken)
                if where == receiver and alert["labels"]["alertname"] == name]


class Crowd:
    """Clients that go on asking, each over one connection, until they are stopped."""

    def __init__(self):
        self.is_over = threading.Event()
        self.threads = []

    def ask(self, port: int, path: str, bodies, headers=(), pause: float = 0.002):
        """`bodies` gives the next request's body each time it is called."""
        def go():
            connection = None
            while not self.is_over.is_set():
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", port, 10)
                    connection.request("POST", path, bodies(), {**JSON, **dict(headers)})
                    connection.getresponse().read()
                except (OSError, http.client.HTTPException):
                    connection = None
                self.is_over.wait(pause)
        self.threads.append(threading.Thread(target=go, daemon=True))
        self.threads[-1].start()

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(5)


class Rows:
    """Rows of the training's kind, one after the other, the first number moved by `shift`."""

    def __init__(self, path: pathlib.Path):
        with open(path, newline="") as file:
            lines = list(csv.reader(file))[1:]
        self.rows = [[float(cell) for cell in line[:FEATURES]] for line in lines]
        self.labels = [line[FEATURES] for line in lines]
        self.shift = 0.0
        self.next = 0

    def features(self) -> list:
        self.next += 1
        row = self.rows[self.next % len(self.rows)]
        return [row[0] + self.shift, *row[1:]]

    def body(self) -> bytes:
        row = self.features()
        return json.dumps({"features": row, "key": f"user-{self.next}"}).encode()

    def batch(self) -> bytes:
        rows = [[row[0] + self.shift, *row[1:]] for row in self.rows[:2000]]
        return json.dumps({"instances": rows}).encode()


class Watched:
    """All of it; `with` stops it and takes its files away."""

    def __init__(self, programs: str):
        self.martlet = pathlib.Path(programs) / "martlet"
        self.trainer = pathlib.Path(programs) / "martlet-train"
        self.processes = []
        self.crowd = Crowd()

    def __enter__(self):
        self.place = tempfile.TemporaryDirectory(prefix="martlet-watched-")
        self.folder = pathlib.Path(self.place.name)
        try:
            self._train()
            self.webhook = Webhook()
            self._start_alertmanager()
            self._start_servers()
            self._start_prometheus()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.crowd.stop()
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        if hasattr(self, "webhook"):
            self.webhook.server.shutdown()
        self.place.cleanup()

    # The models: `demo` is asked for what it was not trained on; of `shop` a bad and a good
    # candidate are rolled out.
    def _train(self):
        everything = self.folder / "all.csv"
        run(self.trainer, "synthetic", "--rows", 12000, "--features", FEATURES, "--seed", 1,
            "--output", everything)
        lines = everything.read_text().splitlines(keepends=True)
        small, broken = self.folder / "small.csv", self.folder / "broken.csv"
        small.write_text("".join(lines[:4001]))
        broken.write_text("".join([lines[0]] + [
            f"{float(line.split(',', 1)[0]) * 100},{line.split(',', 1)[1]}"
            for line in lines[1:8001]]))
        self.rows = Rows(everything)
        self.drifting = Rows(everything)
        for name, file, more in (("demo", everything, ["--alias", "production"]),
                                 ("shop", small, ["--alias", "production"]),
                                 ("shop", broken, []), ("shop", everything, [])):
            run(self.trainer, "fit", "--data", file, "--target", "label", "--model", "logistic",
                "--name", name, "--registry", self.folder / "registry", "--seed", 1, *more)

    def _start(self, name: str, *words, ready=None):
        log = open(self.folder / f"{name}.log", "wb")
        process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log,
                                   cwd=self.folder)
        log.close()
        self.processes.append(process)

        def look():
            if process.poll() is not None:
                tail = (self.folder / f"{name}.log").read_text()[-800:]
                raise SystemExit(f"{name} ended with {process.returncode}: {tail}")
            return ready()
        until(f"{name} starts", 30, look)

    def _start_alertmanager(self):
        port = free_port()
        text = (RULES / "alertmanager.yml").read_text()
        file = self.folder / "alertmanager.yml"
        file.write_text(text.replace("receiver:9099", f"127.0.0.1:{self.webhook.port}"))
        self.alertmanager = f"http://127.0.0.1:{port}"
        self._start("alertmanager", "prometheus-alertmanager", f"--config.file={file}",
                    f"--storage.path={self.folder}/alerts", "--cluster.listen-address=",
                    f"--web.listen-address=127.0.0.1:{port}",
                    ready=lambda: get(f"{self.alertmanager}/-/ready"))

    def _start_servers(self):
        self.port, self.broken_port, self.tls_port = free_port(), free_port(), free_port()
        registry = self.folder / "registry"
        serve = [self.martlet, "serve", "--registry", registry]
        self._start(
            "martlet", *serve, "--listen", f"127.0.0.1:{self.port}",
            "--feedback-store", self.folder / "feedback", "--quality-floor", "0.9",
            "--drift-window-rows", 500, "--queue-milliseconds-max", 1,
            "--webhook-url", self.alertmanager, "--webhook-format", "alertmanager",
            "--on-drift-exec", "/bin/true",
            ready=lambda: get(f"http://127.0.0.1:{self.port}/readyz"))
        # One that promises a model nobody has registered: not ready, and 503 for predictions.
        self._start(
            "broken", *serve, "--model", "ghost", "--listen", f"127.0.0.1:{self.broken_port}",
            ready=lambda: get(f"http://127.0.0.1:{self.broken_port}/livez"))
        self._make_credentials()
        context = ssl.create_default_context(cafile=self.folder / "certificate.pem")
        self.context = context
        self._start(
            "tls", *serve, "--listen", f"127.0.0.1:{self.tls_port}",
            "--tls-certificate", self.folder / "certificate.pem",
            "--tls-key", self.folder / "key.pem", "--tokens-file", self.folder / "tokens",
            ready=lambda: get(f"https://localhost:{self.tls_port}/livez", context=context))

    def _make_credentials(self):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", 2, "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
            "-keyout", self.folder / "key.pem", "-out", self.folder / "certificate.pem")
        made = run(self.martlet, "tokens", "create", "prometheus", "--role", "viewer",
                   "--expires", "2099-01-31")
        words = dict(line.split(":", 1) for line in made.splitlines())
        (self.folder / "tokens").write_text(words["line"].strip() + "\n")
        self.token = words["token"].strip()
        (self.folder / "token").write_text(self.token)

    def _start_prometheus(self):
        rules = self.folder / "rules"
        rules.mkdir()
        for file in (RULES / "rules").glob("*.yml"):
            document = yaml.safe_load(file.read_text())
            for group in document["groups"]:
                group["interval"] = "1s"
            (rules / file.name).write_text(yaml.safe_dump(document))
        config = yaml.safe_load((RULES / "prometheus.yml").read_text())
        config["global"].update(scrape_interval="1s", scrape_timeout="1s", evaluation_interval="1s")
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [
            self.alertmanager.removeprefix("http://")]
        job, = config["scrape_configs"]
        labels = {"namespace": "models", "job": "martlet"}
        job["static_configs"] = [{"labels": labels, "targets": [
            f"127.0.0.1:{self.port}", f"127.0.0.1:{self.broken_port}"]}]
        config["scrape_configs"].append({
            **job, "job_name": "martlet-tls", "scheme": "https",
            "authorization": {"credentials_file": str(self.folder / "token")},
            "tls_config": {"ca_file": str(self.folder / "certificate.pem")},
            "static_configs": [{"labels": labels, "targets": [f"localhost:{self.tls_port}"]}]})
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        port = free_port()
        self.prometheus = f"http://127.0.0.1:{port}"
        self._start("prometheus", "prometheus", f"--config.file={self.folder}/prometheus.yml",
                    f"--storage.tsdb.path={self.folder}/tsdb",
                    f"--web.listen-address=127.0.0.1:{port}",
                    ready=lambda: get(f"{self.prometheus}/-/ready"))
        self.since = time.time()

    # Traffic.
    def begin(self, failing_pause: float = 0.002):
        """Predictions, mistakes, batches that are refused, labels of which half are wrong, and
        failures: without a longer pause a third of all, more than the 7.2 % that wake somebody."""
        crowd, rows = self.crowd, self.rows
        for _ in range(2):
            crowd.ask(self.port, "/models/shop/predict", rows.body)
        crowd.ask(self.port, "/models/demo/predict", self.drifting.body)
        crowd.ask(self.port, "/models/demo/predict", lambda: b'{"features":[1]}', pause=0.2)
        for _ in range(4):
            crowd.ask(self.port, "/models/demo/predict", self.drifting.batch, pause=0.05)
        for _ in range(2):
            crowd.ask(self.broken_port, "/predict", rows.body, pause=failing_pause)
        threading.Thread(target=self._label, daemon=True).start()
        self._ask_over_tls()

    def drift(self):
        self.drifting.shift = 3.0

    def post(self, path: str, document, port=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}", json.dumps(document).encode(), JSON)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def _label(self):
        """Labels of predictions, every other wrong."""
        number = 0
        while not self.crowd.is_over.is_set():
            number += 1
            row = number % len(self.rows.rows)
            truth = self.rows.labels[row]
            label = truth if number % 2 else {"yes": "no", "no": "yes"}[truth]
            try:
                answer = self.post("/models/shop/predict", {"features": self.rows.rows[row]})
                self.post("/feedback", {"prediction_id": answer["prediction_id"], "label": label,
                                        "value": 1.5})
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass  # The server is busy, or being stopped.
            self.crowd.is_over.wait(0.05)

    def _ask_over_tls(self):
        """With the token, without one, and with a wrong one."""
        url = f"https://localhost:{self.tls_port}/models"
        for headers in ({"Authorization": f"Bearer {self.token}"}, {},
                        {"Authorization": "Bearer martlet_wrong"}):
            get(urllib.request.Request(url, headers=headers), context=self.context)
        get(f"https://localhost:{self.tls_port}/livez", context=ssl.create_default_context())

    def roll_out(self, candidate: int, **plan) -> int:
        document = {"model": "shop", "candidate": candidate, "plan": plan}
        return self.post("/rollouts", document)["id"]

    def state(self, rollout: int) -> str:
        return json.loads(get(f"http://127.0.0.1:{self.port}/rollouts/{rollout}"))["state"]

    # What Prometheus knows.
    def query(self, expression: str, **options):
        """Samples of an instant vector, or with `start`, `end` and `step` of a matrix."""
        kind = "query_range" if "start" in options else "query"
        words = urllib.parse.urlencode({"query": expression, **options})
        try:
            url = f"{self.prometheus}/api/v1/{kind}?{words}"
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.loads(answer.read())["data"]["result"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{expression}: {error.read().decode()}") from error

    def firing(self) -> dict:
        """The state of each alert that is one."""
        alerts = json.loads(get(f"{self.prometheus}/api/v1/alerts"))["data"]["alerts"]
        return {alert["labels"]["alertname"]: alert["state"] for alert in alerts}

    def metrics(self) -> list:
        """What each server's /metrics says."""
        with_token = urllib.request.Request(
            f"https://localhost:{self.tls_port}/metrics",
            headers={"Authorization": f"Bearer {self.token}"})
        return [get(f"http://127.0.0.1:{self.port}/metrics"),
                get(f"http://127.0.0.1:{self.broken_port}/metrics"),
                get(with_token, context=self.context)]


def programs(arguments: list) -> argparse.Namespace:
    """`--build DIR` of a check's arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=ROOT / ".build/release",
                        type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--draw", help="write the dashboard's picture here")
    return parser.parse_args(arguments)
