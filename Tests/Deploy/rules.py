#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the files of deploy/prometheus to Prometheus' own tools and to each other, offline: rules
and configurations are valid, each alert has a case in which it fires and one in which it does not,
severity, texts, a runbook's section, and a way to somebody.

    rules.py
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/prometheus"
RUNBOOK = "https://docs.example/martlet/runbook.md#"
RECEIVERS = {"critical": "pager", "warning": "tickets"}
# Events of Martlet's own, which no rule makes.
EVENTS = ["MartletDrift", "MartletRollout", "MartletQuality"]
# A pod as Kubernetes would tell of it, and whether it is to be scraped.
PODS = [
    ({"pod_label_martlet_serves": "predictions", "pod_container_port_name": "admin"}, True),
    # As Flagger names its copies.
    ({"pod_label_martlet_serves": "predictions", "pod_container_port_name": "admin",
      "pod_label_app_kubernetes_io_name": "martlet-primary"}, True),
    ({"pod_label_martlet_serves": "predictions", "pod_container_port_name": "http"}, False),
    ({"pod_label_app_kubernetes_io_name": "martlet", "pod_container_port_name": "admin"}, False),
    ({"pod_label_martlet_serves": "predictions", "pod_container_port_name": "admin",
      "pod_phase": "Succeeded"}, False),
]


def tool(*words) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def judged_by_tools() -> list:
    findings = []
    rules = sorted(FOLDER.glob("rules/*.yml"))
    for words in (["promtool", "check", "rules", *rules],
                  ["promtool", "check", "config", FOLDER / "prometheus.yml"],
                  ["promtool", "test", "rules", *sorted(FOLDER.glob("tests/*.yml"))],
                  ["amtool", "check-config", FOLDER / "alertmanager.yml"]):
        done = tool(*words)
        if done.returncode != 0:
            findings.append(f"{' '.join(map(str, words[:3]))}: {done.stdout}{done.stderr}")
    return findings


def alerts() -> dict:
    found = {}
    for file in sorted(FOLDER.glob("rules/*.yml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    assert rule["alert"] not in found, f"{rule['alert']} twice"
                    found[rule["alert"]] = rule
    return found


def anchors(page: pathlib.Path) -> set:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_texts(rules: dict) -> list:
    findings = []
    sections = anchors(ROOT / "docs/runbook.md")
    for name, rule in rules.items():
        notes = rule.get("annotations", {})
        if rule.get("labels", {}).get("severity") not in RECEIVERS:
            findings.append(f"{name}: severity {rule.get('labels')}")
        if set(notes) != {"summary", "description", "runbook_url"}:
            findings.append(f"{name}: annotations {sorted(notes)}")
        if notes.get("runbook_url") != RUNBOOK + name.lower():
            findings.append(f"{name}: runbook_url {notes.get('runbook_url')}")
        if name.lower() not in sections:
            findings.append(f"docs/runbook.md has no section {name}")
    for name in EVENTS:
        if name.lower() not in sections:
            findings.append(f"docs/runbook.md has no section {name}")
    for section in sections:
        if section.startswith("martlet") and section not in {n.lower() for n in [*rules, *EVENTS]}:
            findings.append(f"docs/runbook.md has a section {section} for no alert")
    return findings


def check_selectors() -> list:
    """Every metric that is not recorded here is asked for by job: others may use its name too."""
    findings = []
    for file in sorted(FOLDER.glob("rules/*.yml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                expression = rule["expr"]
                for name, matchers in re.findall(r"(?<![\w:])([a-z_]+)(\{[^}]*\})", expression):
                    if 'job="martlet"' not in matchers:
                        findings.append(f"{file.name}: {name} without its job")
                bare = re.sub(r"by \([^)]*\)", "", re.sub(r"\{[^}]*\}", "{}", expression))
                for name in re.findall(
                        r"(?<![\w:.])(up|ready|draining|(?:http|requests|work|connections|timeouts|"
                        r"log|tls|access|process|model|rollout|drift|feedback|registry|events|"
                        r"retrain)_[a-z0-9_]+)\b(?!\s*[{(])", bare):
                    findings.append(f"{file.name}: {name} without its job")
    return findings


def check_cases(rules: dict) -> list:
    """Each alert fires in one test and not in another, where its series are there all the same."""
    fires, silent = collections.Counter(), collections.Counter()
    for file in sorted(FOLDER.glob("tests/*.yml")):
        for test in yaml.safe_load(file.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else silent)[case["alertname"]] += 1
                if not test["input_series"]:
                    silent[case["alertname"]] -= 1
    return [f"{name} has {fires[name]} cases in which it fires and {silent[name]} in which not"
            for name in rules if not fires[name] or not silent[name]] + [
            f"{name} is tested and is no alert" for name in {*fires, *silent} - set(rules)]


def check_routes(rules: dict) -> list:
    findings = []
    wanted = {name: RECEIVERS.get(rule["labels"].get("severity")) for name, rule in rules.items()}
    for name in [*wanted, *EVENTS, "SomebodyElses"]:
        receiver = "events" if name in EVENTS else wanted.get(name, "tickets")
        labels = [f"alertname={name}"]
        if name in rules:
            labels.append(f"severity={rules[name]['labels']['severity']}")
        done = tool("amtool", "config", "routes", "test", "--verify.receivers", str(receiver),
                    "--config.file", FOLDER / "alertmanager.yml", *labels)
        if done.returncode != 0:
            findings.append(f"{name} goes to {done.stdout.strip()}, not to {receiver}")
    for rule in yaml.safe_load((FOLDER / "alertmanager.yml").read_text())["inhibit_rules"]:
        for side in ("source_matchers", "target_matchers"):
            for matcher in rule[side]:
                what, operator, value = re.fullmatch(r'(\w+) (=~?) "(.*)"', matcher).groups()
                if what != "alertname":
                    continue
                pattern = value if operator == "=~" else re.escape(value)
                if not any(re.fullmatch(pattern, name) for name in rules):
                    findings.append(f"alertmanager.yml: {matcher} is none of the alerts")
    return findings


def check_kubernetes() -> list:
    """Debian's Prometheus cannot watch Kubernetes: a list of pods stands in for it, on which promtool
    tries the relabelling."""
    config = yaml.safe_load((FOLDER / "prometheus-kubernetes.yml").read_text())
    places = [config["alerting"]["alertmanagers"][0], config["scrape_configs"][0]]
    # Nowhere else: a pod of another namespace may have any label.
    findings = [f"prometheus-kubernetes.yml: finds more than the pods of {name}"
                for place, name in zip(places, ("monitoring", "martlet"))
                if place.pop("kubernetes_sd_configs") != [
                    {"role": "pod", "namespaces": {"names": [name]}}]]
    places[0]["static_configs"] = [{"targets": ["127.0.0.1:9093"]}]
    meta = {"namespace": "models", "pod_name": "martlet-0", "pod_node_name": "one",
            "pod_phase": "Running"}
    places[1]["static_configs"] = [
        {"targets": [f"10.0.0.{number}:9090"],
         "labels": {f"__meta_kubernetes_{name}": value for name, value in {**meta, **pod}.items()}}
        for number, (pod, _) in enumerate(PODS)]
    with tempfile.TemporaryDirectory() as folder:
        token = pathlib.Path(folder) / "token"
        token.write_text("x")
        places[1]["authorization"]["credentials_file"] = str(token)
        config["rule_files"] = [str(FOLDER / "rules/*.yml")]
        file = pathlib.Path(folder) / "prometheus.yml"
        file.write_text(yaml.safe_dump(config))
        done = tool("promtool", "check", "config", file)
        if done.returncode != 0:
            return findings + [f"prometheus-kubernetes.yml: {done.stdout}{done.stderr}"]
        found = tool("promtool", "check", "service-discovery", file, "martlet")
    labels = [target.get("labels") or {} for target in json.loads(found.stdout)]
    kept = {label["__address__"]: label for label in labels if "__address__" in label}
    wanted = {f"10.0.0.{number}:9090" for number, (_, is_ours) in enumerate(PODS) if is_ours}
    if set(kept) != wanted:
        findings.append(f"prometheus-kubernetes.yml scrapes {sorted(kept)}, not {sorted(wanted)}")
    for label in kept.values():
        said = [label.get(name) for name in ("job", "namespace", "pod")]
        if said != ["martlet", "models", "martlet-0"]:
            findings.append(f"prometheus-kubernetes.yml: labels {label}")
    return findings


def main() -> int:
    began = time.monotonic()
    rules = alerts()
    findings = (judged_by_tools() + check_texts(rules) + check_selectors() + check_cases(rules)
                + check_routes(rules) + check_kubernetes())
    for finding in findings:
        print(f"rules: {finding}", file=sys.stderr)
    print(f"rules: {len(rules)} alerts, {len(findings)} findings, "
          f"{time.monotonic() - began:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
