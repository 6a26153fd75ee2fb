#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what documents and manifests say to what exists: no metric, route, flag, setting, command,
make target, alert, anchor or file is named that is not there.

    names.py [--build DIR]
"""
import argparse
import re
import sys

from vocabulary import ROOT, Vocabulary

# What begins like a metric of ours is taken to be meant as one.
METRIC = re.compile(
    r"\b(?:http|process|model|rollout|drift|feedback|registry|tls|events|access|requests_shed|"
    r"connections|timeouts|log_lines|trace|work|retrain)_[a-z0-9_]+\b")
# Words of the API and of the log that begin so, beside the members of the OpenAPI document.
NO_METRICS = set("""
    model_version model_version_before model_name feedback_store registry_path rollout_id
    trace_id trace_flags
""".split())
EXPRESSION_WORDS = set("""
    abs absent absent_over_time and avg avg_over_time bool bottomk by ceil changes clamp clamp_max
    clamp_min count count_over_time count_values delta deriv exp floor group group_left group_right
    histogram_quantile ignoring increase inf irate label_replace last_over_time le max
    max_over_time min min_over_time nan offset on or predict_linear present_over_time quantile
    quantile_over_time rate resets round scalar sgn sort sort_desc stddev sum sum_over_time time
    timestamp topk unless vector without year day_of_week hour
""".split())
# Of Prometheus itself and of what scrapes nodes and pods.
OTHER_METRICS = re.compile(r"^(up|ALERTS|scrape_\w+|prometheus_\w+|alertmanager_\w+|kube_\w+|"
                           r"container_\w+|node_\w+|martlet_canary_\w+)$")
PLACES = ("README.md", "docs/**/*.md", "deploy/**/*", ".github/**/*.yml", "Makefile")
FOLDERS = r"(?:deploy|docs|Benchmarks|Tests|Sources|Fuzz|\.github|\.ci)"


class Findings(list):
    def add(self, path, line, what):
        self.append(f"{path}:{line}: {what}")


def check(name, text, words, root=ROOT):
    """What is wrong in one file."""
    findings = Findings()
    is_prose = name.endswith(".md")
    for number, line in enumerate(text.splitlines(), 1):
        _check_settings(findings, name, number, line, words)
        _check_files(findings, name, number, line, root)
        _check_targets(findings, name, number, line, words, is_prose)
        _check_routes(findings, name, number, line, words)
        if is_prose:
            _check_metrics(findings, name, number, line, words)
    _check_expressions(findings, name, text, words)
    _check_commands(findings, name, text, words)
    if is_prose:
        _check_links(findings, name, text, root)
    return findings


def _check_metrics(findings, name, number, line, words):
    for code in re.findall(r"`([^`]+)`", line):
        for metric in METRIC.findall(re.sub(r'"[^"]*"', '""', code)):
            known = words.members | words.tables | NO_METRICS
            if not words.has_metric(metric) and metric not in known and not _is_label(code, metric):
                findings.add(name, number, f"no metric {metric}")


def _is_label(code, word):
    return re.search(rf"[{{,(]\s*{word}\s*(=|!|,|}}|\))", code) is not None


def _check_expressions(findings, name, text, words):
    """PromQL in rules, tests and dashboards."""
    if not re.search(r"deploy/(prometheus|grafana)/.*\.(yml|json)$", name):
        return
    expressions = re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', text)
    # With what stands further in than `expr:` itself.
    expressions += [found[2] for found in re.finditer(
        r"^( *)expr: (.*\n(?:\1 +\S.*\n)*)", text, re.M)]
    for expression in expressions:
        plain = re.sub(r'\\?"(?:[^"\\]|\\[^"])*\\?"', "", expression)
        plain = re.sub(r"\{[^}]*\}", "", plain)
        plain = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", "", plain)
        plain = re.sub(r"\[[^\]]*\]", "", plain)
        for word in re.findall(r"[A-Za-z_][A-Za-z0-9_:]*", re.sub(r"\$\w+|#.*", "", plain)):
            if word.lower() in EXPRESSION_WORDS or OTHER_METRICS.match(word):
                continue
            if re.fullmatch(r"(\d*[smhdwy])+|n", word) or words.has_metric(word):
                continue
            number = text[:text.find(expression)].count("\n") + 1
            findings.add(name, number, f"no metric {word} in an expression")


def _check_settings(findings, name, number, line, words):
    for variable in re.findall(r"\bMARTLET_[A-Z0-9_]*[A-Z0-9]\b", line):
        setting = variable.removeprefix("MARTLET_").lower().replace("_", "-")
        if variable in words.variables or setting in words.settings or "_SERVICE_" in variable:
            continue
        findings.add(name, number, f"no setting {variable}")


def _check_files(findings, name, number, line, root):
    for path in re.findall(rf"(?<![\w/.*-]){FOLDERS}/[\w./*-]*[\w*]", line):
        if not any(root.glob(path.rstrip("."))):
            findings.add(name, number, f"no file {path}")


def _check_targets(findings, name, number, line, words, is_prose):
    pattern = r"`make ([a-z][a-z0-9-]*)|^\$ make ([a-z][a-z0-9-]*)" if is_prose \
        else r"(?:run:|&&|^\s+)\s*make ([a-z][a-z0-9-]*)"
    for found in re.finditer(pattern, line):
        target = next(each for each in found.groups() if each)
        if target not in words.make_targets:
            findings.add(name, number, f"no make target {target}")


def _check_routes(findings, name, number, line, words):
    told = re.findall(r"\b(?:GET|POST|HEAD) (/[^\s`\",;)|]*)", line)
    told += re.findall(r"https?://(?:127\.0\.0\.1|localhost|martlet[\w.-]*|\$\w+)(?::\w+|:\$\w+)?"
                       r"(/[^\s`\"'),;]*)", line)
    told += re.findall(r"\bcurl (?:-\S+ )*127\.0\.0\.1:\d+(/[^\s`\"'),;]*)", line)
    if name.startswith("docs/http-"):
        return  # They are about messages that no route takes.
    others = ("/api/", "/v1/", "/-/", "/path", "/d/", "/…", "/hook", "/apis/")
    for path in told:
        if path in ("/", "/…") or path.startswith(others) or "…" in path:
            continue
        if not words.has_route(path):
            findings.add(name, number, f"no route {path}")


def _check_commands(findings, name, text, words):
    """Flags and subcommands of our programs, where a command line of theirs stands."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        for found in re.finditer(r"(?<![\w./-])(?:\S*/)?(martlet-train|martlet)((?: [^`|;&#\n]*)?)",
                                 line):
            program, rest = found.groups()
            before = line[:found.start()]
            if not (re.search(r"(`|\$ |^\s*|&& |\| |exec |if |! )$", before)):
                continue
            _check_command(findings, name, text, words, program, rest)


def _check_command(findings, name, text, words, program, rest):
    rest = re.sub(r"\"[^\"]*\"|'[^']*'", "_", rest)
    parts, command = rest.split(), program
    while parts and f"{command} {parts[0]}" in words.commands:
        command += f" {parts.pop(0)}"
    number = next((index for index, line in enumerate(text.splitlines(), 1)
                   if program in line and (not parts or parts[0] in line)), 1)
    has_children = any(each.startswith(command + " ") for each in words.commands)
    if has_children and parts and re.fullmatch(r"[a-z][a-z-]+", parts[0]):
        if command == program and not any(p.startswith("-") for p in parts):
            return  # Prose after a name.
        findings.add(name, number, f"no command {command} {parts[0]}")
        return
    for part in parts:
        flag = re.match(r"--[a-z][a-z0-9-]*", part)
        if flag and not _has_flag(flag.group(), words.commands[command]):
            findings.add(name, number, f"{command} has no flag {flag.group()}")


def _has_flag(flag, flags):
    return flag in flags or flag.replace("--no-", "--", 1) in flags or flag.endswith("-")


def _check_links(findings, name, text, root):
    for number, line in enumerate(text.splitlines(), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (root / name).parent / path if path else root / name
            if not file.exists():
                findings.add(name, number, f"no file {target}")
            elif anchor and file.suffix == ".md" and anchor not in _anchors(file):
                findings.add(name, number, f"no section {target}")


def _anchors(file):
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)).strip()
            .lower().replace(" ", "-") for title in titles}


def check_itself(words):
    """Each kind of mistake is found."""
    mistakes = {
        "no metric": "`http_request_total{code=\"200\"}`",
        "no route": "`GET /helthz`", "no setting": "MARTLET_REGISTRIES",
        "no file": "see deploy/none.yml", "no make target": "`make everything`",
        "no command": "`martlet models demote m --registry r`",
        "has no flag": "`martlet serve --listen-on 1`", "no section": "[a](README.md#none)",
    }
    for what, text in mistakes.items():
        if not any(what in each for each in check("README.md", text, words)):
            raise SystemExit(f"names.py does not find: {text}")
    rule = "      - alert: A\n        expr: sum(http_request_total) > 0\n"
    if not check("deploy/prometheus/rules/a.yml", rule, words):
        raise SystemExit("names.py does not find a metric of a rule")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".build/release", help="folder of the programs")
    words = Vocabulary(parser.parse_args().build)
    check_itself(words)
    findings, count = [], 0
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            if path.is_file() and path.suffix not in (".png", ".svg", ".pyc"):
                count += 1
                findings += check(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"),
                                  words)
    print("\n".join(findings))
    print(f"{count} files name {len(words.metrics)} metrics, {len(words.routes)} routes, "
          f"{len(words.flags)} flags and others: {len(findings)} names that do not exist")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
