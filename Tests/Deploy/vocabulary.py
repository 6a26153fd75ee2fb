# SPDX-License-Identifier: Apache-2.0
"""What exists: the names that documents and manifests may use, each from where it is defined."""
import contextlib
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.request

from addresses import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("martlet", "martlet-train")


class Vocabulary:
    """Names of metrics, routes, flags, settings, make targets, JSON members and files."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.commands = {}
        for program in PROGRAMS:
            self._add_commands(json.loads(self._run(program, "--experimental-dump-help"))["command"])
        self.settings = set(re.findall(
            r"^([a-z0-9-]+): ", self._run("martlet", "serve", "--registry", "r", "--print-config"), re.M)) | {
                flag[2:] for flag in self.commands["martlet serve"] if flag.startswith("--")}
        self.metrics, self.members, self.routes = self._of_server()
        self.metrics |= metrics_in_sources()
        self.make_targets = set(re.findall(
            r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
        self.recorded, self.alerts = rules()
        sources = "".join(path.read_text(encoding="utf-8")
                          for path in (ROOT / "Sources").rglob("*.swift"))
        self.tables = set(re.findall(r"CREATE TABLE (\w+)", sources))
        self.variables = set(re.findall(r'"(MARTLET_\w+)["=]', sources))

    @property
    def flags(self):
        """Of all commands."""
        return set().union(*self.commands.values())

    def has_metric(self, name):
        stem = re.sub(r"_(bucket|count|sum)$", "", name)
        return name in self.metrics or stem in self.metrics or name in self.recorded

    def has_route(self, path):
        """Whether some route is that path, where braces, dollars and names stand for a segment."""
        path = re.sub(r"[?#].*", "", path).rstrip(".,;:") or "/"
        return any(_matches(path, route) for route in self.routes)

    def _run(self, program, *words):
        return subprocess.run([self.build / program, *words], capture_output=True, text=True,
                              check=True).stdout

    def _add_commands(self, command, before=""):
        name = f"{before} {command['commandName']}".strip()
        self.commands[name] = {
            {"long": "--", "short": "-", "longWithSingleDash": "-"}[each["kind"]] + each["name"]
            for argument in command.get("arguments", []) for each in argument.get("names", [])}
        for each in command.get("subcommands", []):
            self._add_commands(each, name)

    def _of_server(self):
        """Metrics, members and routes of a server in which everything is on."""
        with tempfile.TemporaryDirectory() as folder, _serving(self.build, folder) as address:
            metrics = set(re.findall(r"^# TYPE (\S+)", _get(address, "/metrics"), re.M))
            document = json.loads(_get(address, "/openapi.json"))
        source = (ROOT / "Sources/Serving/Route.swift").read_text(encoding="utf-8")
        return (metrics, set(_properties(document)),
                set(document["paths"]) | set(re.findall(r'"(/[^"]*)"', source)))


def metrics_in_sources():
    """Metrics by the literal that registers each: some appear only when something has happened."""
    names = set()
    for path in (ROOT / "Sources").rglob("*.swift"):
        names |= set(re.findall(
            r'\b(?:counter|gauge|histogram|computedGauge|computedCounter|show)\(\s*"([a-z0-9_]+)"',
            path.read_text(encoding="utf-8")))
    quality = (ROOT / "Sources/Serving/Feedback/QualityBook.swift").read_text(encoding="utf-8")
    return names | {f"model_live_{name}" for name in re.findall(r'"([a-z0-9_]+)"', quality)}


def rules():
    """Recording rules, and alerts."""
    text = "".join(path.read_text(encoding="utf-8")
                   for path in (ROOT / "deploy/prometheus/rules").glob("*.yml"))
    return (set(re.findall(r"^\s*(?:- )?record: (\S+)", text, re.M)),
            set(re.findall(r"^\s*(?:- )?alert: (\S+)", text, re.M)))


def _matches(path, route):
    ours, theirs = path.split("/"), route.split("/")
    return len(ours) == len(theirs) and all(
        there == here or there.startswith("{") and here not in ("", "..")
        for here, there in zip(ours, theirs))


def _properties(node):
    if isinstance(node, dict):
        yield from node.get("properties", {}) if isinstance(node.get("properties"), dict) else ()
        for value in node.values():
            yield from _properties(value)
    elif isinstance(node, list):
        for value in node:
            yield from _properties(value)


def _get(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
        return answer.read().decode()


@contextlib.contextmanager
def _serving(build, folder):
    folder = pathlib.Path(folder)
    def run(program, *words):
        subprocess.run([build / program, *words], check=True, capture_output=True)
    run("martlet-train", "synthetic", "--rows", "500", "--features", "3", "--seed", "1",
        "--output", folder / "data.csv")
    run("martlet-train", "fit", "--data", folder / "data.csv", "--target", "label", "--name", "m",
        "--model", "logistic", "--registry", folder / "registry", "--alias", "production")
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [build / "martlet", "serve", "--registry", folder / "registry", "--listen", address,
         "--feedback-store", folder / "feedback", "--log-level", "error"])
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _get(address, "/readyz")
                break
            time.sleep(0.05)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)
