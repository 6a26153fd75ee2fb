#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges deploy/kubernetes: as a schema, as policies, as a whole, and with the built programs.

    kubernetes.py --build .build/release [--only STATIC|PROGRAMS]

Every overlay is rendered with every set of components that goes with it. No cluster and no network.
"""
import argparse
import pathlib
import sys
import time
from collections.abc import Iterator

import custom_resources
import guide
import mutations
import pods
import programs
import structure
import tools
from manifests import COMBINATIONS, Rendered, render

RULES = (structure.references, structure.selectors, structure.network, structure.sizes,
         pods.security, pods.resources, pods.draining, pods.jobs, pods.alike,
         custom_resources.shapes, custom_resources.references)


def judge(rendered: Rendered) -> Iterator[str]:
    for rule in RULES:
        yield from (f"{rule.__name__}: {finding}" for finding in rule(rendered))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".build/release", type=pathlib.Path)
    parser.add_argument("--only", choices=("static", "programs"))
    options = parser.parse_args()
    started, findings = time.monotonic(), []

    def check(name: str, found) -> None:
        began, found = time.monotonic(), list(found)
        print(f"{'FAILED' if found else 'ok':7} {time.monotonic() - began:6.1f} s  {name}",
              flush=True)
        for each in found:
            print(f"    {each}", flush=True)
        findings.extend(found)

    all_rendered = [render(each) for each in COMBINATIONS]
    if options.only != "programs":
        for rendered in all_rendered:
            check(rendered.name, judge(rendered))
        check("kubernetes-validate --strict", tools.schemas(all_rendered))
        check("checkov", tools.checkov(all_rendered))
        check("Dockerfile", tools.dockerfile())
        check("yamllint", tools.yaml_files())
        check("shellcheck", tools.scripts())
        check("rules are of today", tools.rules_are_current())
        check("docs/kubernetes.md", guide.findings(all_rendered, set(structure.SECRETS)))
        check("every rule can fail", mutations.undetected(judge))
    if options.only != "static":
        for name, test in programs.tests(options.build.resolve(), all_rendered):
            check(name, test())
        check("each of these can fail", mutations.undetected_by_programs(
            options.build.resolve(), all_rendered))
    print(f"{len(all_rendered)} renderings, {len(findings)} findings, "
          f"{time.monotonic() - started:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
