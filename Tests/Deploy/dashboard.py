#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Evaluates every panel and variable of the Grafana dashboard on a real Prometheus that watches
real servers, and draws the same panels, as Grafana cannot be had from Debian or PyPI.

    dashboard.py [--build DIR] [--draw FILE.svg]
"""
import json
import math
import re
import subprocess
import sys
import time
import urllib.parse

import yaml

from picture import draw
from watched import ROOT, Watched, get, programs, until

DASHBOARD = ROOT / "deploy/grafana/dashboards/martlet.json"
UNITS = {"none", "reqps", "cps", "s", "percentunit", "bytes"}
PLAN = {"shadow_pairs": 200, "shadow_seconds": 5, "step_seconds": 600, "step_requests": 100}
# Long enough for a line that can be seen in the picture.
SECONDS = 60


def panels(dashboard: dict) -> list:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def check_form(dashboard: dict) -> list:
    """What Grafana takes without a word and shows wrongly."""
    findings = []
    numbers = [panel["id"] for panel in dashboard["panels"]]
    if len(set(numbers)) != len(numbers):
        findings.append("panel ids are not unique")
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        if taken & cells or place["x"] + place["w"] > 24:
            findings.append(f"{panel['title']} lies upon another")
        taken |= cells
    for panel in panels(dashboard):
        title = panel["title"]
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            findings.append(f"{title} has no unit")
        if not panel.get("description"):
            findings.append(f"{title} has no description")
        for target in panel["targets"]:
            used = set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}
            if not used <= variables:
                findings.append(f"{title} uses {used - variables}")
            if target["datasource"]["uid"] != "${datasource}":
                findings.append(f"{title} has a data source of its own")
    return findings


def check_rules(dashboard: dict, folder) -> list:
    """promtool reads every expression as a recording rule's."""
    rules = [{"record": "x", "expr": concrete(target["expr"])}
             for panel in panels(dashboard) for target in panel["targets"]]
    file = folder / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", "--lint=none", str(file)],
                          capture_output=True, text=True)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def concrete(expression: str, **chosen) -> str:
    """The expression as Grafana asks it, everything being chosen unless said otherwise."""
    expression = expression.replace("$__rate_interval", "10s")
    return re.sub(r"\$(\w+)", lambda match: chosen.get(match[1], ".*"), expression)


def check_variables(dashboard: dict, stand: Watched) -> list:
    """Each variable has values, and a panel filtered by one of them still shows something."""
    findings, chosen = [], {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                     variable["query"]["query"]).groups()
        words = urllib.parse.urlencode({"match[]": concrete(series)})
        values = json.loads(get(f"{stand.prometheus}/api/v1/label/{label}/values?{words}"))["data"]
        if not values:
            findings.append(f"variable {variable['name']} has no values")
            continue
        chosen[variable["name"]] = values
    for name, values in chosen.items():
        shown = sum(bool(stand.query(concrete(target["expr"], **{name: value})))
                    for value in values for panel in panels(dashboard)
                    for target in panel["targets"] if f"${name}" in target["expr"])
        nothing = sum(bool(stand.query(concrete(target["expr"], **{name: "nobody"})))
                      for panel in panels(dashboard) for target in panel["targets"]
                      if f"${name}" in target["expr"])
        if not shown or nothing:
            findings.append(f"variable {name}: {shown} panels by its values, {nothing} by none")
        print(f"  ${name}: {', '.join(values)}")
    return findings


def is_shown(samples: list) -> bool:
    return any(not math.isnan(float(sample["value"][1])) for sample in samples)


def check_panels(dashboard: dict, stand: Watched) -> list:
    """Every expression gives a number within a while; panels of rates need a second scrape."""
    empty = {}
    for panel in panels(dashboard):
        for target in panel["targets"]:
            empty[(panel["title"], concrete(target["expr"]))] = True
    deadline = time.monotonic() + 60
    while empty and time.monotonic() < deadline:
        for title, expression in list(empty):
            if is_shown(stand.query(expression)):
                del empty[(title, expression)]
        time.sleep(1)
    return [f"{title} is empty: {expression}" for title, expression in empty]


def main() -> int:
    began = time.monotonic()
    arguments = programs(sys.argv[1:])
    dashboard = json.loads(DASHBOARD.read_text())
    findings = check_form(dashboard)
    with Watched(arguments.build) as stand:
        findings += check_rules(dashboard, stand.folder)
        stand.begin(failing_pause=2)
        good = stand.roll_out(3, **PLAN)
        until("the good candidate gets users", 90,
              lambda: stand.state(good).startswith("canary"), lambda: stand.state(good))
        if arguments.draw:
            time.sleep(SECONDS)
        stand.drift()
        until("drift is seen", 60, lambda: stand.query("max(drift_severity) == 3"))
        findings += check_panels(dashboard, stand)
        findings += check_variables(dashboard, stand)
        if arguments.draw:
            time.sleep(SECONDS / 2)
            draw(dashboard, stand, concrete, arguments.draw)
    for finding in findings:
        print(f"dashboard: {finding}", file=sys.stderr)
    print(f"dashboard: {len(panels(dashboard))} panels, {len(findings)} findings, "
          f"{time.monotonic() - began:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
