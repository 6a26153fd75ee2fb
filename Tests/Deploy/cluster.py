# SPDX-License-Identifier: Apache-2.0
"""What the tests of canary.sh and rollback.sh have in common: a cluster that is a script's file.

After every run of canary.sh its calls are judged as a whole: never more than half of the ready pods
are canaries before promotion, the stable Deployment is never scaled, nothing changes without the
lock, and no command line has shown the token.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import time

from judges import TOKEN

HERE = pathlib.Path(__file__).resolve().parent
DEPLOY = HERE.parent.parent / "deploy"
OLD, NEW = "registry.example:5000/a_b/martlet:1.4.0", "registry.example:5000/a_b/martlet@sha256:" \
    + "ab" * 32
PROMOTED, COULD_NOT_ACT, USAGE, ROLLED_BACK, NO_DECISION = range(5)
LABELS = {"app.kubernetes.io/name": "martlet", "app.kubernetes.io/component": "server"}


def deployment(name, image, replicas, more_labels=None, annotations=None):
    labels = {**LABELS, **(more_labels or {})}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "generation": 3, "resourceVersion": "7", "uid": "1",
                     "labels": labels, "annotations": annotations or {}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "martlet", "image": image},
                                    {"name": "side", "image": "side:1"}]}}},
    }


def left_canary(image=NEW, phase="canary"):
    return deployment("martlet-canary", image, 2, {"martlet-track": "canary"},
                      {"martlet-canary-phase": phase, "martlet-stable-image": OLD})


def lease(age, seconds=60):
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - age))
    return {"kind": "Lease", "metadata": {"name": "martlet-canary", "resourceVersion": "9"},
            "spec": {"holderIdentity": "another-host:1", "leaseDurationSeconds": seconds,
                     "renewTime": at}}


class Cluster:
    """For a TestCase: a cluster with four replicas of the old image, and scripts to run in it."""

    shell = "dash"

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="canary's $(touch pwned) ")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "kubectl").symlink_to(HERE / "fake_kubectl.py")
        curl = subprocess.run(["which", "curl"], capture_output=True, text=True, check=True)
        (programs / "curl").write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> "$FAKE_CLUSTER/curl.txt"\n'
            f'exec {curl.stdout.strip()} "$@"\n')
        (programs / "curl").chmod(0o755)
        self.token = self.folder / "the token"
        self.token.write_text(TOKEN + "\n")
        self.environment = {**os.environ, "FAKE_CLUSTER": str(self.folder),
                            "PATH": f"{programs}:{os.environ['PATH']}"}
        self.cluster({"martlet": deployment("martlet", OLD, 4)})

    def cluster(self, deployments, leases=None, hpas=(), rules=None):
        self.write({"deployments": deployments, "leases": leases or {}, "hpas": list(hpas),
                    "rules": rules or {}, "version": 10})

    def write(self, state):
        (self.folder / "state.json").write_text(json.dumps(state))

    def state(self):
        return json.loads((self.folder / "state.json").read_text())

    def rule(self, **rules):
        self.write({**self.state(), "rules": rules})

    def calls(self):
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] \
            if path.exists() else []

    def changes(self):
        """The calls that changed something but for the lock, as text."""
        return [" ".join(call["words"]) for call in self.calls()
                if call["changes"] and not call["error"] and not self.is_of_lock(call)]

    @staticmethod
    def is_of_lock(call):
        return call["kind"] == "Lease" or "lease" in call["words"]

    def start(self, script, *more):
        return subprocess.Popen(
            [self.shell, str(DEPLOY / script), *more], env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder,
            start_new_session=True)

    def canary_words(self, server, *more, judge="prometheus"):
        by = {"prometheus": ["--prometheus", server.url],
              "rollout": ["--rollout", "7", "--admin", server.url, "--token-file",
                          str(self.token)]}[judge]
        return ["--mode", "kubernetes", "--image", NEW, *by, "--namespace", "models",
                "--context", "the cluster's \"$HOME\"", "--interval-seconds", "0.05",
                "--steps", "25,50", "--step-seconds", "0.05", "--bake-seconds", "0.1",
                "--hold-seconds", "0.1", "--ready-seconds", "0.1", "--deadline-seconds", "0.3",
                *more]

    def canary(self, server, *more, judge="prometheus", status=PROMOTED):
        process = self.start("canary.sh", *self.canary_words(server, *more, judge=judge))
        self.output = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, status, self.output)
        self.check_calls()

    def check_calls(self):
        holds, is_promoting = False, False
        for call in self.calls():
            words = call["words"]
            self.assertEqual(call["flags"].get("--request-timeout"), "10s", words)
            if not call["error"]:
                self.assertLess(call["share"], 100, words)
                is_promoting = is_promoting or words[:2] == ["set", "image"]
                if not is_promoting:
                    self.assertLessEqual(call["share"], 50, words)
            self.assertNotEqual(words[:3], ["scale", "deployment", "martlet"])
            if call["changes"] and not call["error"]:
                is_of_lock = self.is_of_lock(call)
                self.assertTrue(holds or is_of_lock, words)
                holds = words[0] != "delete" if is_of_lock else holds
        shown = self.folder / "curl.txt"
        if shown.exists():
            self.assertNotIn(TOKEN, shown.read_text())
        self.assertFalse((self.folder / "pwned").exists())

    def assertStable(self, image=OLD):
        """The stable Deployment as it was, no canary, no lock."""
        state = self.state()
        self.assertEqual(list(state["deployments"]), ["martlet"], self.output)
        containers = state["deployments"]["martlet"]["spec"]["template"]["spec"]["containers"]
        self.assertEqual([each["image"] for each in containers], [image, "side:1"], self.output)
        self.assertEqual(state["leases"], {}, self.output)

    def wait_for(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline, "this never came")
            time.sleep(0.01)
