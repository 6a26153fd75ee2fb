#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the workflows to rules that no linter knows: they call what the Makefile has, with the
least rights, and nothing reaches production but through staging and a canary.

    workflows.py

Each rule is proved first: it must find the mistake that is made on purpose in a copy.
"""
import copy
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^\s*(?:- )?uses: [\w./-]+@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
OWN = re.compile(r"^\s*(?:- )?uses: \$/\.github/(?:actions/\w+|workflows/\w+\.yml)$")
IMAGE = re.compile(r"swift:[\w.-]+@sha256:[0-9a-f]{64}")
# What may be written, by whom, because what it does is that.
WRITERS = {("delivery.yml", "build"): {"packages"},
           ("delivery.yml", "sign"): {"packages", "id-token", "attestations"}}
NIGHTLY = {"fuzz", "soak", "test-sanitized", "test-peers"}


class Workflow:
    """One file: its text, its jobs, and what its steps run."""

    def __init__(self, name: str, text: str):
        self.name, self.text = name, text
        self.tree = yaml.safe_load(text)
        # YAML 1.1 reads `on` as a truth value.
        self.triggers = self.tree.get("on", self.tree.get(True))
        self.jobs = self.tree.get("jobs", {})

    def steps(self):
        """Each step with the name of its job; a composite action's are of no job."""
        for name, job in self.jobs.items():
            for step in job.get("steps", []):
                yield name, step
        for step in self.tree.get("runs", {}).get("steps", []):
            yield None, step


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z0-9-]*)(?: [a-z -]+)?:(?!=)", text, re.M))


def check_targets(flow: Workflow, targets: set[str]) -> list[str]:
    """A step is one make target that exists; what a matrix names too."""
    problems = []
    for job, step in flow.steps():
        run = step.get("run")
        if run is None or job is None:
            continue
        called = re.fullmatch(r'make ("?\$?[\w-]+"?)((?: [A-Z]+=("?\$?\w*"?)?)*)', run.strip())
        if not called:
            problems.append(f"{job}: runs more than a make target: {run!r}")
        elif called[1] != '"$TARGET"' and called[1] not in targets:
            problems.append(f"{job}: no make target {called[1]}")
    for job, tree in flow.jobs.items():
        for target in tree.get("strategy", {}).get("matrix", {}).get("target", []):
            if target not in targets:
                problems.append(f"{job}: no make target {target} of its matrix")
    return problems


def check_pins(flow: Workflow) -> list[str]:
    """Actions by a commit with its version beside it, one version of each; images by digest."""
    problems = [f"not pinned: {line.strip()}" for line in flow.text.splitlines()
                if re.match(r"\s*(- )?uses:", line)
                and not PINNED.match(line) and not OWN.match(line)]
    toolchain = IMAGE.search((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    for name, job in flow.jobs.items():
        container = job.get("container", {}).get("image")
        if container and (not toolchain or container != toolchain.group()):
            problems.append(f"{name}: not the toolchain of the Dockerfile: {container}")
    return problems


def check_permissions(flow: Workflow) -> list[str]:
    if "runs" in flow.tree:
        return []
    problems = []
    if flow.tree.get("permissions") != {}:
        problems.append("begins with permissions")
    for name, job in flow.jobs.items():
        rights = job.get("permissions")
        if not isinstance(rights, dict):
            problems.append(f"{name}: does not say its permissions")
            continue
        written = {right for right, kind in rights.items() if kind == "write"}
        extra = written - WRITERS.get((flow.name, name), set())
        if extra:
            problems.append(f"{name}: may write {', '.join(sorted(extra))}")
    return problems


def check_bounds(flow: Workflow) -> list[str]:
    """Every job ends by itself, and runs do not pile up."""
    problems = [f"{name}: no timeout" for name, job in flow.jobs.items()
                if "uses" not in job and not 0 < job.get("timeout-minutes", 0) <= 360]
    if flow.jobs and "group" not in flow.tree.get("concurrency", {}):
        problems.append("no concurrency group")
    return problems


def check_inputs(flow: Workflow) -> list[str]:
    """No text of a stranger becomes part of a script, and secrets are values of variables only."""
    problems = []
    for job, step in flow.steps():
        if "${{" in step.get("run", ""):
            problems.append(f"{job}: an expression in a script: {step['run']!r}")
        for key, value in step.items():
            if "secrets." in str(value) and key != "env":
                problems.append(f"{job}: a secret in {key}")
        if step.get("uses", "").startswith("actions/checkout@") \
                and step.get("with", {}).get("persist-credentials") is not False:
            problems.append(f"{job}: the checkout keeps its credentials")
    for name, job in flow.jobs.items():
        if "secrets." in str({key: job[key] for key in job if key != "steps"}):
            problems.append(f"{name}: a secret for the whole job")
        if "secrets." in str(job) and "environment" not in job:
            problems.append(f"{name}: a secret of no environment")
    if "pull_request_target" in flow.triggers if flow.triggers else False:
        problems.append("runs strangers' changes with our rights")
    return problems


def runs(job: dict) -> list[str]:
    return [step["run"].strip() for step in job.get("steps", []) if "run" in step]


def position(job: dict, start: str) -> int:
    """Of the step that begins so, or -1."""
    return next((index for index, step in enumerate(job.get("steps", []))
                 if step.get("run", "").startswith(start)), -1)


def check_delivery(flow: Workflow) -> list[str]:
    """A tag's way: tests, build, signature, scan, staging, canary; and the way back."""
    if flow.name != "delivery.yml":
        return []
    problems, jobs = [], flow.jobs
    if set(flow.triggers) != {"push"} or set(flow.triggers["push"]) != {"tags"}:
        problems.append("delivers something else than a tag")

    def before(name, seen=()):
        needs = jobs[name].get("needs", [])
        needs = [needs] if isinstance(needs, str) else needs
        return set(needs).union(
            *(before(each, (*seen, name)) for each in needs if each not in seen))

    for name, needed in (("build", {"quality", "tests"}), ("sign", {"build"}),
                         ("staging", {"sign", "scan"}), ("production", {"staging", "scan"})):
        if not needed <= before(name):
            problems.append(f"{name}: does not wait for {', '.join(sorted(needed))}")
    for name in ("staging", "production"):
        job = jobs[name]
        if job.get("environment") != name:
            problems.append(f"{name}: not protected by an environment")
        verified, deployed = position(job, "make verify-image"), position(job, "make deploy")
        if not 0 <= verified < position(job, "make cluster") < deployed:
            problems.append(f"{name}: reaches the cluster before the signature is verified")
        if job.get("if") or flow.tree["concurrency"].get("cancel-in-progress"):
            problems.append(f"{name}: may be skipped or broken off")
    production = jobs["production"]
    canary, deployed = position(production, "make canary"), position(production, "make deploy")
    if not 0 <= canary < deployed:
        problems.append("production: deployed without a canary before")
    last = production["steps"][-1]
    if last.get("run") != "make rollback" or not {"failure()", "cancelled()"} <= set(
            re.findall(r"\w+\(\)", last.get("if", ""))):
        problems.append("production: does not end with a roll-back")
    if any("cache" in str(step.get("uses", "")) or "cache" in step.get("with", {})
           for step in jobs["build"]["steps"]):
        problems.append("build: something from a cache is signed")
    return problems


def check_nightly(flow: Workflow) -> list[str]:
    if flow.name != "nightly.yml":
        return []
    named = {target for job in flow.jobs.values()
             for target in job.get("strategy", {}).get("matrix", {}).get("target", [])}
    problems = [f"{target} does not run" for target in sorted(NIGHTLY - named)]
    return problems + ([] if "schedule" in flow.triggers else ["not by the clock"])


def judge(flow: Workflow, targets: set[str]) -> list[str]:
    checks = (check_pins, check_permissions, check_bounds, check_inputs, check_delivery,
              check_nightly)
    return [f"{flow.name}: {problem}" for problem in
            check_targets(flow, targets) + [each for check in checks for each in check(flow)]]


def check_together(flows: list[Workflow]) -> list[str]:
    """What only all files show: one version of an action, both machines, every check."""
    problems, versions = [], {}
    for flow in flows:
        for name, commit in re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40})", flow.text):
            versions.setdefault(name, set()).add(commit)
    problems += [f"{name}: {len(found)} versions" for name, found in versions.items()
                 if len(found) > 1]
    on_change = [flow for flow in flows if flow.triggers and "pull_request" in flow.triggers]
    called = {run for flow in on_change for job in flow.jobs.values() for run in runs(job)}
    demanded = re.findall(r"^make ([a-z-]+)$",
                          (ROOT / ".ci/run").read_text(encoding="utf-8"), re.M)
    demanded += ["smoke", "check-api", "check-deploy", "scan-secrets", "scan-dependencies"]
    problems += [f"make {target} does not run for a pull request" for target in demanded
                 if target != "setup" and f"make {target}" not in called]
    machines = {machine for flow in on_change for job in flow.jobs.values()
                for machine in job.get("strategy", {}).get("matrix", {}).get("machine", [])}
    if not {"ubuntu-24.04", "ubuntu-24.04-arm"} <= machines:
        problems.append("tests run on one architecture only")
    return problems


# A file, a text in it, what it is replaced by, and a word of what must be found.
MISTAKES = (
    ("tests.yml", "make smoke", "make smoek", "no make target"),
    ("tests.yml", "run: make smoke", "run: ./deploy/smoke.sh", "more than a make target"),
    ("nightly.yml", "test-peers,", "test-peer,", "no make target test-peer"),
    ("nightly.yml", "soak, ", "", "soak does not run"),
    ("tests.yml", " # v7.0.1", "", "not pinned"),
    ("tests.yml", re.compile(r"checkout@\w+ # v7.0.1"), "checkout@v7", "not pinned"),
    ("tests.yml", re.compile(r"@sha256:\w+"), "", "not the toolchain"),
    ("quality.yml", "permissions: {}", "permissions: read-all", "begins with permissions"),
    ("quality.yml", "contents: read", "contents: write", "may write contents"),
    ("delivery.yml", "timeout-minutes: 30", "timeout-minutes: 9999", "no timeout"),
    ("delivery.yml", 'VERSION="$GITHUB_REF_NAME"', "VERSION=${{ github.ref_name }}", "expression"),
    ("delivery.yml", "run: make cluster\n        env:", "run: make cluster\n        with:",
     "a secret in with"),
    ("delivery.yml", "    environment: production\n", "", "environment"),
    ("delivery.yml", "needs: [sign, scan, staging]", "needs: [sign, scan]", "does not wait"),
    ("delivery.yml", "needs: [quality, tests]", "needs: [quality]", "does not wait"),
    ("delivery.yml", "run: make canary", "run: make image", "without a canary"),
    ("delivery.yml", "(failure() || cancelled())", "failure()", "roll-back"),
    ("delivery.yml", "      - run: make verify-image\n", "", "before the signature"),
    ("delivery.yml", 'tags: ["v*"]', "branches: [main]", "something else than a tag"),
    ("tests.yml", "persist-credentials: false", "persist-credentials: true", "credentials"),
    ("security.yml", "  pull_request:\n", "  pull_request_target:\n", "strangers"),
)


def check_itself(files: dict[str, str], targets: set[str]) -> list[str]:
    problems = []
    for name, text, other, word in MISTAKES:
        if isinstance(text, str):
            changed = files[name].replace(text, other)
        else:
            changed = text.sub(other, files[name])
        if changed == files[name]:
            problems.append(f"workflows.py: nothing to change in {name}: {text}")
        elif not any(word in problem for problem in judge(Workflow(name, changed), targets)):
            problems.append(f"workflows.py does not find in {name}: {other or text}")
    for name, text, word in (("tests.yml", "make smoke", "smoke does not run"),
                             ("tests.yml", "ubuntu-24.04-arm", "one architecture")):
        changed = {**files, name: files[name].replace(text, "make lint" if "make" in text else "x")}
        if not any(word in problem for problem in check_together(parsed(changed))):
            problems.append(f"workflows.py does not find: {word}")
    return problems


def parsed(files: dict[str, str]) -> list[Workflow]:
    return [Workflow(name, text) for name, text in files.items()]


def main() -> int:
    paths = [*sorted((ROOT / ".github/workflows").glob("*.yml")),
             *sorted((ROOT / ".github/actions").glob("*/action.yml"))]
    files = {path.name if path.name != "action.yml" else f"{path.parent.name}/action.yml":
             path.read_text(encoding="utf-8") for path in paths}
    targets = make_targets()
    flows = parsed(copy.copy(files))
    problems = [problem for flow in flows for problem in judge(flow, targets)]
    problems += check_together(flows) + check_itself(files, targets)
    print("\n".join(problems))
    print(f"{len(flows)} files, {sum(len(flow.jobs) for flow in flows)} jobs, {len(MISTAKES) + 2} "
          f"mistakes on purpose: {len(problems)} problems")
    return 1 if problems or not flows else 0


if __name__ == "__main__":
    sys.exit(main())
