# SPDX-License-Identifier: Apache-2.0
"""The manifests as a cluster gets them: each overlay, with each set of components for it."""
import os
import pathlib
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS, ARGO, FLAGGER = "prometheus-operator", "argo-rollouts", "flagger"
# An overlay and the components on top. Argo Rollouts and Flagger are for production.
COMBINATIONS = [
    ("dev",),
    ("dev", PROMETHEUS),
    ("production",),
    ("production", PROMETHEUS),
    ("production", PROMETHEUS, ARGO),
    ("production", PROMETHEUS, ARGO, f"{ARGO}/judged-by-rollout"),
    ("production", PROMETHEUS, FLAGGER),
    ("production", PROMETHEUS, FLAGGER, f"{FLAGGER}/judged-by-rollout"),
]


class Rendered:
    """What `kubectl apply -k` would send."""

    def __init__(self, name: str, text: str):
        self.name, self.text = name, text
        self.objects = [each for each in yaml.safe_load_all(text) if each]

    def of(self, *kinds: str) -> list[dict]:
        return [each for each in self.objects if each["kind"] in kinds]

    def one(self, kind: str, name: str) -> dict:
        found = [each for each in self.of(kind) if each["metadata"]["name"].startswith(name)]
        exact = [each for each in found if each["metadata"]["name"] == name] or found
        if len(exact) != 1:
            raise LookupError(f"{self.name}: {len(exact)} of {kind} {name}")
        return exact[0]

    def one_or_none(self, kind: str, name: str) -> dict | None:
        found = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found[0] if found else None

    def pods(self) -> list[tuple[str, dict]]:
        """Every pod template, by what makes its pods."""
        return [(label(each), template(each)) for each in self.objects if template(each)]


def label(resource: dict) -> str:
    return f"{resource['kind']} {resource['metadata']['name']}"


def template(resource: dict) -> dict | None:
    spec = resource.get("spec", {})
    if resource["kind"] in ("Deployment", "StatefulSet", "Job"):
        return spec["template"]
    return spec["jobTemplate"]["spec"]["template"] if resource["kind"] == "CronJob" else None


def containers(pod: dict) -> list[dict]:
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def kustomize(folder: pathlib.Path) -> str:
    """Without a flag, as `kubectl apply -k` has none."""
    result = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"kubectl kustomize {folder}: {result.stderr.strip()}")
    return result.stdout


def render(combination: tuple[str, ...], root: pathlib.Path = ROOT) -> Rendered:
    overlay, *components = combination
    folder = root / "deploy/kubernetes"
    name = " + ".join(combination)
    if not components:
        return Rendered(name, kustomize(folder / "overlays" / overlay))
    # As somebody's own kustomization that has the overlay as its resource.
    with tempfile.TemporaryDirectory() as own:
        place = os.path.relpath(folder, os.path.realpath(own))
        pathlib.Path(own, "kustomization.yaml").write_text(yaml.safe_dump({
            "resources": [f"{place}/overlays/{overlay}"],
            "components": [f"{place}/components/{each}" for each in components]}))
        return Rendered(name, kustomize(pathlib.Path(own)))
