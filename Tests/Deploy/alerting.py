#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Injects drift, errors, a bad candidate and wrong labels into real servers, and sees the alerts
arrive where Alertmanager sends them.

    alerting.py [--build DIR]
"""
import collections
import re
import subprocess
import sys
import time

from watched import ROOT, Watched, programs, until

# What must arrive, and at which receiver of deploy/prometheus/alertmanager.yml.
EXPECTED = [
    ("pager", "MartletAvailabilityBurnsFast"), ("pager", "MartletDriftCritical"),
    ("pager", "MartletQualityBelowFloor"), ("tickets", "MartletRolledBack"),
    ("events", "MartletDrift"), ("events", "MartletRollout"), ("events", "MartletQuality"),
]
# What must not: somebody serves, and all goes well with the registry and the store.
SILENT = [
    "MartletNoServer", "MartletServerDown", "MartletNoneReady", "MartletRegistryUnreachable",
    "MartletVersionsDiffer", "MartletModelTooOld", "MartletRolloutStuck", "MartletEventsLost",
    "MartletFeedbackStoreFails", "MartletLogLinesDropped", "MartletDescriptorsNearLimit",
]
QUICK = {"shadow_pairs": 200, "shadow_seconds": 2, "step_seconds": 2, "step_requests": 50,
         "bake_seconds": 2}
FAMILY = re.compile(r"# TYPE (\S+) (\S+)")
ROW = re.compile(r"^\| `([a-z0-9_]+)(?:\{([a-z_,]+)\})?` \| (counter|gauge|histogram) \|")
# Of what does not go wrong here, and of regressions: their series come with the first of them.
LATER = {"feedback_store_errors_total", "model_refused_total", "model_live_rmse"}


def check_metrics(stand: Watched) -> list:
    """promtool's opinion of every server's metrics, and the table of docs/monitoring.md."""
    findings, families = [], {}
    labels = collections.defaultdict(set)
    for text in stand.metrics():
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True)
        if done.returncode != 0 or done.stdout or done.stderr:
            findings.append(f"promtool check metrics: {done.stdout}{done.stderr}")
        families.update(FAMILY.findall(text))
        for name, words in re.findall(r"^([a-z0-9_]+)(?:\{(.*)\})? ", text, re.M):
            family = re.sub("_(bucket|sum|count)$", "", name)
            family = family if family in families else name
            labels[family] |= set(re.findall(r'([a-z_]+)="', words)) - {"le"}
    real = {(name, kind, tuple(sorted(labels[name]))) for name, kind in families.items()}
    page = (ROOT / "docs/monitoring.md").read_text().splitlines()
    told = {(row[1], row[3], tuple(sorted(row[2].split(",") if row[2] else [])))
            for row in map(ROW.match, page) if row}
    findings += [f"docs/monitoring.md lacks {row}" for row in sorted(real - told)]
    findings += [f"docs/monitoring.md has {row}, no server does" for row in sorted(told - real)
                 if row[0] not in LATER]
    print(f"  {len(families)} metrics of 3 servers, read by promtool, compared with docs/monitoring.md")
    return findings


def main() -> int:
    began = time.monotonic()
    with Watched(programs(sys.argv[1:]).build) as stand:
        stand.begin()
        stand.drift()
        bad = stand.roll_out(2, **QUICK)
        until("the bad candidate is rolled back", 60,
              lambda: stand.state(bad).startswith("rolled_back"))
        print(f"  {time.monotonic() - began:5.0f} s  the bad candidate is rolled back")
        # Long steps: its series are there as long as somebody looks.
        stand.roll_out(3, **{**QUICK, "step_seconds": 600})
        for receiver, name in EXPECTED:
            alert = until(f"{name} arrives at {receiver}", 150,
                          lambda: stand.webhook.alerts(receiver, name), stand.firing)[0]
            print(f"  {time.monotonic() - began:5.0f} s  {receiver:8s} {name}: "
                  f"{alert['annotations']['summary']}")
        findings = [f"{name} fires" for name in SILENT if stand.firing().get(name) == "firing"]
        findings += [f"{where} was told of {alert['labels']['alertname']}"
                     for where, alert in stand.webhook.taken
                     if alert["labels"]["alertname"] in SILENT]
        findings += check_metrics(stand)
    for finding in findings:
        print(f"alerting: {finding}", file=sys.stderr)
    print(f"alerting: {len(EXPECTED)} alerts arrived, {len(SILENT)} kept silent, "
          f"{len(findings)} findings, {time.monotonic() - began:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
