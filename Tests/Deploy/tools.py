# SPDX-License-Identifier: Apache-2.0
"""What other people's tools say of manifests and images; all of them without a network."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import yaml

from custom_resources import is_custom
from manifests import ROOT, Rendered

BIN = pathlib.Path(sys.executable).parent
VERSIONS = ("1.32", "1.34", "1.36")
YAMLLINT = """{extends: default, rules: {
    document-start: disable, line-length: {max: 200}, comments-indentation: disable,
    indentation: {indent-sequences: whatever}, braces: {max-spaces-inside: 1},
    truthy: {check-keys: false}}}"""


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          env=os.environ | {"PYTHONWARNINGS": "ignore"})


def schemas(all_rendered: list[Rendered], versions: tuple = VERSIONS) -> Iterator[str]:
    """By kubernetes-validate, strictly: a member that a version does not know is a finding."""
    # Each object once, though most are in several renderings.
    objects = {yaml.safe_dump(each) for rendered in all_rendered for each in rendered.objects
               if not is_custom(each)}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("---\n".join(sorted(objects)))
        file.flush()
        for version in versions:
            result = run(BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version,
                         file.name)
            if result.returncode:
                yield f"kubernetes {version}: {(result.stdout + result.stderr).strip()}"


def checkov(all_rendered: list[Rendered]) -> Iterator[str]:
    """Nothing fails, and what is skipped has a reason and would fail otherwise, somewhere."""
    failed, skipped = _checkov(all_rendered, with_skips=True)
    yield from (f"checkov: {check} of {name}" for check, name in sorted(failed))
    needed, _ = _checkov(all_rendered, with_skips=False)
    for check, name in sorted(set(skipped) - needed):
        yield f"checkov: {name} skips {check}, which does not fail"
    for (check, name), reason in skipped.items():
        if len(reason) < 15:
            yield f"checkov: {name} skips {check} without a reason"


def _checkov(all_rendered: list[Rendered], with_skips: bool) -> tuple[set, dict]:
    with tempfile.TemporaryDirectory() as folder:
        for index, rendered in enumerate(all_rendered):
            text = rendered.text if with_skips else rendered.text.replace("checkov.io/", "was/")
            pathlib.Path(folder, f"{index}.yaml").write_text(text)
        result = run(BIN / "checkov", "--framework", "kubernetes", "--directory", folder,
                     "--compact", "--skip-download", "--output", "json")
    try:
        document = json.loads(result.stdout[result.stdout.index("{"):])["results"]
    except (ValueError, KeyError) as error:
        raise SystemExit(f"checkov: {result.stdout[-500:]}{result.stderr[-500:]}") from error
    if len(document["passed_checks"]) < 100:
        raise SystemExit("checkov looked at next to nothing")
    # kind.namespace.name, and of a pod in a template more behind it.
    failed = {(each["check_id"], _name(each)) for each in document["failed_checks"]}
    skipped = {(each["check_id"], _name(each)): each["check_result"]["suppress_comment"]
               for each in document["skipped_checks"]}
    return failed, skipped


def _name(check: dict) -> str:
    return ".".join(check["resource"].split(".")[:3])


def dockerfile(path: pathlib.Path = ROOT / "Dockerfile") -> Iterator[str]:
    result = run(BIN / "hadolint", path)
    lines = (result.stdout + result.stderr).splitlines()
    yield from (f"hadolint: {line}" for line in lines if line)
    result = run(BIN / "checkov", "--framework", "dockerfile", "--file", path, "--compact",
                 "--quiet", "--skip-download")
    if result.returncode or "Passed checks" not in result.stdout:
        yield f"checkov: {result.stdout[-1000:]}{result.stderr[-500:]}"


def yaml_files(folder: pathlib.Path = ROOT / "deploy/kubernetes") -> Iterator[str]:
    result = run("yamllint", "--format", "parsable", "-d", YAMLLINT, "--strict", folder,
                 ROOT / "deploy/grafana/kustomization.yaml")
    yield from (result.stdout + result.stderr).splitlines()


def scripts() -> Iterator[str]:
    paths = [ROOT / "deploy" / name for name in (
        "train-and-roll-out.sh", "back-up.sh", "kubernetes/tokens.sh")]
    result = run("shellcheck", "--format", "gcc", *paths)
    yield from (result.stdout + result.stderr).splitlines()


def rules_are_current() -> Iterator[str]:
    """The PrometheusRule is that of the rule files, which its generator reads."""
    folder = ROOT / "deploy/kubernetes/components/prometheus-operator"
    result = run(sys.executable, folder / "rules.py", ROOT / "deploy/prometheus/rules")
    if result.returncode or result.stdout != (folder / "prometheus-rules.yaml").read_text():
        yield f"prometheus-rules.yaml is of other rules: make kubernetes-rules {result.stderr}"
