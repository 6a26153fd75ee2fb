#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges what a program consists of by what this machine knows, without asking anybody.

    scan.py .build/sbom/martlet.cdx.json...

Fails when Debian has a newer version of a library than the one that is linked (security updates
come so), when a licence is not one we may have, when a Swift package is not a released version, or
when a tool of the checks is not pinned. Known vulnerabilities by name are another question: for
that OSV and Trivy are asked by the security workflow.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LICENCES = {"Apache-2.0", "MIT", "BSD-3-Clause", "Apache-2.0 WITH Swift-exception"}
RELEASED = re.compile(r"\d+(\.\d+){1,2}")


def candidate(package: str) -> str | None:
    """The version that apt would install, by the lists that it has."""
    text = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True).stdout
    found = re.search(r"^  Candidate: (\S+)$", text, re.M)
    return found.group(1) if found and found.group(1) != "(none)" else None


def is_newer(one: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other]).returncode == 0


def of_component(component: dict, newest=candidate) -> list[str]:
    """What is wrong with one part. `newest` tells a Debian package's newest version."""
    name, version, purl = component["name"], component["version"], component["purl"]
    if purl.startswith("pkg:deb/"):
        available = newest(name)
        if available is None:
            return [f"{name} {version}: no archive has it any more"]
        if is_newer(available, version):
            return [f"{name} {version}: Debian has {available}; apt-get upgrade, and build anew"]
        return []
    problems = []
    if not RELEASED.fullmatch(version):
        problems.append(f"{name} {version}: not a released version")
    terms = [one.get("expression") or one["license"]["id"] for one in component.get("licenses", [])]
    if not terms or not set(terms) <= LICENCES:
        problems.append(f"{name} {version}: licence {' '.join(terms) or 'unknown'}")
    return problems


def of_requirements(text: str) -> list[str]:
    """Each line names one version, so that a laptop and the CI run the same tools."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [f"requirements: {line}: not pinned" for line in lines
            if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)]


def main(paths: list[str]) -> int:
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    count, problems = 0, []
    for path in paths:
        for component in json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["components"]:
            count += 1
            problems += of_component(component)
    requirements = ROOT / "Tests/Deploy/requirements.txt"
    problems += of_requirements(requirements.read_text(encoding="utf-8"))
    print("\n".join(dict.fromkeys(problems)))
    print(f"{count} components: {len(set(problems))} problems")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
