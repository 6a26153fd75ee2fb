# SPDX-License-Identifier: Apache-2.0
"""Whether docs/kubernetes.md can be followed: what its commands name is there."""
import os
import pathlib
import re
import tempfile
from collections.abc import Iterator

import yaml

from manifests import ROOT, Rendered, kustomize

KINDS = {"job": "Job", "deployment": "Deployment", "service": "Service", "cronjob": "CronJob",
         "statefulset": "StatefulSet", "secret": "Secret"}
NAMED = re.compile(r"\b(job|deployment|service|cronjob|statefulset|secret)[/ ]([a-z][a-z0-9-]+)")


def findings(all_rendered: list[Rendered], secrets: set[str],
             page: pathlib.Path = ROOT / "docs/kubernetes.md") -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    dev = {(each["kind"], each["metadata"]["name"]) for each in all_rendered[0].objects} | {
        ("Secret", name) for name in secrets}
    made = set(re.findall(r"create job --from=\S+ (\S+)", text))
    commands = [line for block in blocks for line in re.sub(r"\\\n\s*", " ", block).splitlines()
                if "kubectl -n martlet" in line]
    if len(commands) < 8:
        yield f"{page.name}: only {len(commands)} commands were found"
    for line in commands:
        for kind, name in NAMED.findall(line.replace("create job", "create")):
            if (KINDS[kind], name) not in dev and name not in made:
                yield f"{page.name}: there is no {kind} {name}: {line}"
    for path in re.findall(r"apply -[kf] (deploy/\S+)", text):
        if not (ROOT / path).exists():
            yield f"{page.name}: there is no {path}"
    owns = re.findall(r"<<'END'\n(.*?)\nEND\n", text, re.S)
    for own in owns:
        with tempfile.TemporaryDirectory() as folder:
            deploy = os.path.relpath(ROOT / "deploy", os.path.realpath(folder))
            pathlib.Path(folder, "kustomization.yaml").write_text(
                own.replace("../../deploy", deploy))
            if not list(yaml.safe_load_all(kustomize(pathlib.Path(folder)))):
                yield f"{page.name}: a kustomization gives nothing"
    if not owns:
        yield f"{page.name}: no kustomization of one's own"
