# SPDX-License-Identifier: Apache-2.0
"""Makes docs/rollout-statistics.md and its plots of what simulate-rollout has written.

    rollout_page.py simulation.jsonl docs

The same lines give the same bytes.
"""
import json
import math
import sys
from pathlib import Path

ALPHA = 0.01
INK, GREY, BLUE, RED = "#222", "#999", "#2a6fb0", "#c0392b"


def share(count, runs):
    return f"{100 * count / runs:.2f} %"


def upper(count, runs, z=1.645):
    """Wilson's one-sided 95 % limit of a share."""
    p = count / runs
    centre = p + z * z / (2 * runs)
    width = z * math.sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs))
    return (centre + width) / (1 + z * z / runs)


def rolled_back(row):
    return sum(n for name, n in row["ends"].items() if name.startswith("rolled_back"))


def reasons(row, prefix):
    found = {n.split(":")[1]: c for n, c in row["ends"].items() if n.startswith(prefix + ":")}
    return ", ".join(f"{n} {c}" for n, c in sorted(found.items(), key=lambda e: -e[1])) or "–"


def number(value):
    return "> limit" if value < 0 else f"{value:,}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def text(x, y, words, anchor="start", colour=INK, size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}">{words}</text>')


def svg(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n")


def plot_false(rows):
    """Each world's share of false roll-backs with its limit, beside α."""
    left, step, scale = 330, 34, 340 / 0.015
    parts = [text(10, 22, "False roll-backs of equal versions (dot), 95 % limit (bar)", size=14)]
    for index, row in enumerate(rows):
        y = 56 + step * index
        count, runs = rolled_back(row), row["runs"]
        parts.append(text(left - 10, y + 4, row["label"], "end"))
        parts.append(f'<line x1="{left}" x2="{left + scale * upper(count, runs):.1f}" y1="{y}" '
                     f'y2="{y}" stroke="{BLUE}" stroke-width="6" stroke-opacity="0.4"/>')
        parts.append(f'<circle cx="{left + scale * count / runs:.1f}" cy="{y}" r="5" '
                     f'fill="{BLUE}"/>')
    bottom = 56 + step * len(rows)
    x = left + scale * ALPHA
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="36" y2="{bottom}" stroke="{RED}"/>')
    parts.append(text(x + 5, bottom, "α = 1 %", colour=RED))
    for tick in (0, 0.005, 0.01, 0.015):
        parts.append(text(left + scale * tick, bottom + 20, f"{100 * tick:g} %", "middle", GREY))
    return svg(720, bottom + 32, parts)


def plot_delay(rows):
    """Candidate requests until no user meets the candidate, both axes logarithmic."""
    left, bottom, width, height = 70, 330, 560, 270
    low, high = math.log10(0.001), 0
    parts = [text(10, 22, "Candidate requests until it is off the users' way (median)", size=14)]

    def place(rate, value):
        x = left + width * (math.log10(rate) - low) / (high - low)
        return x, bottom - height * math.log10(max(1, value)) / 5.2

    for power in range(6):
        y = place(1, 10 ** power)[1]
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" '
                     f'stroke="#eee"/>')
        parts.append(text(left - 8, y + 4, f"{10 ** power:,}", "end", GREY))
    for rate in (0.002, 0.01, 0.05, 0.5, 1):
        parts.append(text(place(rate, 1)[0], bottom + 20, f"{100 * rate:g} %", "middle", GREY))
    parts.append(text(left + width / 2, bottom + 40, "the candidate's failures (base 0.1 %)",
                      "middle", GREY))
    series = [(10, 0, BLUE, ""), (10, 1, RED, ""), (50, 0, BLUE, "6 4"), (50, 1, RED, "6 4")]
    for line, (weight, late, colour, dash) in enumerate(series):
        points = sorted((float(r["rate"]), r["off_median"]) for r in rows
                        if r["weight"] == weight and r["late"] == late and r["off_median"] >= 0)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                     f'stroke-width="2" stroke-dasharray="{dash}"/>')
        when = "after 20,000 good" if late else "fresh"
        y = 60 + 20 * line
        parts.append(f'<line x1="430" x2="465" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" '
                     f'stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.append(text(472, y, f"{when}, weight {weight} %"))
    return svg(680, bottom + 55, parts)


def nulls_table(rows):
    return table(
        ["world", "rollouts", "promoted", "rolled back", "95 % limit", "suspected", "undecided or held"],
        [[r["label"], f'{r["runs"]:,}', share(r["ends"].get("promoted", 0), r["runs"]),
          f'{rolled_back(r)} ({share(rolled_back(r), r["runs"])})',
          f'{100 * upper(rolled_back(r), r["runs"]):.2f} %', share(r["quarantined"], r["runs"]),
          share(r["runs"] - rolled_back(r) - r["ends"].get("promoted", 0), r["runs"])]
         for r in rows])


def detection_table(rows):
    def name(rate):
        return {1: "always", 0.5: "half", 0.05: "5 %", 0.01: "1 % (10 × base)",
                0.002: "0.2 % (2 × base)"}[rate]
    return table(
        ["candidate fails", "fault", "weight", "runs", "requests until off traffic",
         "of them bad", "worst", "copies until rolled back", "convicted by"],
        [[name(float(r["rate"])), "after 20,000 good" if r["late"] else "fresh",
          f'{r["weight"]} %', str(r["runs"]),
          f'{number(r["off_median"])} / {number(r["off_p90"])}',
          f'{number(r["bad_median"])} / {number(r["bad_p90"])}', number(r["bad_max"]),
          f'{number(r["pairs_median"])} / {number(r["pairs_p90"])}',
          reasons(r, "rolled_back")] for r in rows])


def disturbance_table(rows):
    return table(
        ["disturbance", "weight", "fallback", "rollouts", "rolled back", "suspected", "paused",
         "promoted within 10 min", "waiting for an operator"],
        [[r["name"], f'{r["weight"]} %', "on" if r["fallback"] else "off", str(r["runs"]),
          str(rolled_back(r)), str(r["quarantined"]), str(r["paused"]),
          str(r["ends"].get("promoted", 0)),
          str(r["ends"].get("paused:repeated_suspicion", 0))] for r in rows])


def faults_table(rows):
    return table(
        ["candidate", "rollouts", "promoted", "rolled back by", "requests to the end"],
        [[r["name"], str(r["runs"]), str(r["ends"].get("promoted", 0)),
          reasons(r, "rolled_back"),
          f'{number(r["requests_median"])} / {number(r["requests_p90"])}'] for r in rows])


def page(rows):
    null, detection = rows["null"], rows["detection"]
    runs = sum(r["runs"] for r in null)
    false = sum(rolled_back(r) for r in null)
    return f"""# What the rollout statistics do

`make simulate-rollout` runs the rollout controller, the one that the server runs, through simulated
traffic with fixed seeds and writes this page. Nothing here is measured in time: the same seeds give the
same bytes on every machine. The rules and their reasons are in
[decision 20](decisions/0020-rollout-statistics.md).

The world: 100 requests a second; times lognormal (median 100 µs, σ 0.5); 3 % of answers differ; one pair in
20 has a label, each version alone wrong on 2.5 %. The plan: 2,000 pairs in shadow, 5 → 25 → 50 % for at
least 30 s each, 60 s at 100 %, α 1 %, β 5 %, all seven convicting rules armed, fallback on; a rollout is
followed for 60,000 requests. Pairs of numbers are median / 90th percentile.

## Equal versions

Whole rollouts in which the candidate is as good as the stable version: {false} of {runs:,} were rolled back
({share(false, runs)}; the plan allows {100 * ALPHA:g} %).

{nulls_table(null)}

![False roll-backs of equal versions beside α](rollout-false.svg)

Undecided is no failure: at 0.25 %, half the limit of 0.5 %, the evidence takes thousands of candidate
requests, and the page stops looking after 60,000 of both. Held are rollouts whose candidate was suspected
four times and waits for an operator: one heavy user's requests fail 20 % of the time, and that user is the
candidate's.

## Detection

The base rate is 0.1 %; the fault begins with the canary, or after 20,000 good candidate requests. The
candidate is off the users' way when it is quarantined or rolled back; copies are what it computed for no one
until it was rolled back. Every bad answer is replaced by the stable version's within the request.

{detection_table(detection)}

![Candidate requests until off traffic, by failure rate](rollout-detection.svg)

## Disturbances

Innocent candidates, 60 s of trouble from the 4,000th request (bursts last the whole rollout; users send their
1,000 failing requests as every second request).

{disturbance_table(rows["disturbance"])}

A pause is for the stable version's own trouble, and ends by itself. With the fallback on, a request that
fails on both accuses no one; with it off the candidate is suspected, its copies clear it.

## Other faults

From the first copy on. A candidate 10 % slower is no fault; one 25 % slower is at the edge of the tolerance:
neither convicted nor promoted, it ends in an operator's hands at the step's deadline.

{faults_table(rows["fault"])}

One point of accuracy takes thousands of labels.
"""


def main():
    rows = {"null": [], "detection": [], "disturbance": [], "fault": []}
    for line in Path(sys.argv[1]).read_text().splitlines():
        row = json.loads(line)
        rows[row["kind"]].append(row)
    for row in rows["null"]:
        row["label"] = row["name"] if "fail" in row["name"] else row["name"].replace(
            " %", " % failures", 1)
    docs = Path(sys.argv[2])
    (docs / "rollout-statistics.md").write_text(page(rows))
    (docs / "rollout-false.svg").write_text(plot_false(rows["null"]))
    (docs / "rollout-detection.svg").write_text(plot_delay(rows["detection"]))


main()
