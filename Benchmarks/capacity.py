#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What one core answers: times by rate, in steps up to beyond its capacity, and after a spike.

Requests are due at fixed instants (client/load.c), whether or not the server keeps up, and times
count from there. With --write the measured parts of docs/capacity.md and docs/cost.md are made
anew; without, they are printed.
"""
import argparse
import dataclasses
import json
import pathlib
import platform
import re
import statistics
import sys
import tempfile
import time

from load import exchange, wrk, wrk_script
from processes import raise_descriptor_limit
from stand import HERE, Stand

DOCS = HERE.parent / "docs"
# Of the capacity that is found first.
STEPS = (0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2)
# What a core may be used for in the long run, so that a failed neighbour's load finds room.
PLANNED_USE = 0.5
SPIKE, BASE = 3.0, 0.2
ROWS = 100
RECOVERY_SECONDS_MAX = 30


@dataclasses.dataclass
class Work:
    """One kind of request, and the server that answers it."""
    title: str
    path: pathlib.Path
    body: str
    model: object = None
    rows: int = 1


@dataclasses.dataclass
class Step:
    share: float
    offered: float
    answered: float
    refused: float
    p50: float
    p99: float
    busy: float


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".build/release", help="folder of the programs")
    parser.add_argument("--seconds", type=float, default=4, help="for each step")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is told")
    parser.add_argument("--write", action="store_true", help="write docs/capacity.md and cost.md")
    return parser.parse_args()


def works(stand):
    trees = stand.trees()
    rows = json.dumps({"instances": json.loads(trees.rows_body)["instances"][:ROWS]})
    return [
        Work("one row of 16 numbers, logistic regression", stand.predict, stand.body),
        Work("one row of 28 numbers, 100 boosted trees of 31 leaves",
             _request(stand, "one-tree-row", trees.body), trees.body, trees),
        Work(f"{ROWS} rows of 28 numbers, the same trees",
             _request(stand, "tree-rows", rows), rows, trees, ROWS),
    ]


def _request(stand, name, body):
    path = stand.folder / f"{name}.http"
    path.write_text("POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
                    f"\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    return path


def capacity(stand, server, work):
    """Requests a second in a closed loop."""
    return wrk(server, wrk_script(stand, body=work.body, name=work.path.stem), 2,
               connections=8 if work.rows > 1 else 32).rate


def offer(stand, server, work, rate, seconds, connections=256):
    """Requests at a fixed rate, of which some may be refused."""
    before, began = server.cpu_seconds(), time.monotonic()
    answer = exchange(stand, server.port, work.path, statuses=("2xx", "4xx"), c=connections,
                      r=rate, s=seconds)
    took = time.monotonic() - began
    return answer, (server.cpu_seconds() - before) / took


def step(stand, server, work, peak, share, seconds):
    answer, busy = offer(stand, server, work, peak * share, seconds)
    return Step(share, peak * share, answer["2xx"] / answer["seconds"],
                answer["4xx"] / answer["seconds"], answer["p50"], answer["p99"], busy)


def curve(stand, server, work, rounds, seconds):
    """The capacity, and each step as the median of the rounds."""
    peak = statistics.median(capacity(stand, server, work) for _ in range(rounds))
    found = {share: [] for share in STEPS}
    for _ in range(rounds):
        for share in STEPS:
            found[share].append(step(stand, server, work, peak, share, seconds))
    return peak, [_middle(steps) for steps in found.values()]


def _middle(steps):
    return Step(**{field.name: statistics.median(getattr(each, field.name) for each in steps)
                   for field in dataclasses.fields(Step)})


def spike(stand, server, work, peak):
    """The p99 before, the answers in a spike, and the seconds until the p99 is as before."""
    calm, _ = offer(stand, server, work, peak * BASE, 3)
    burst, _ = offer(stand, server, work, peak * SPIKE, 3)
    began = time.monotonic()
    while time.monotonic() - began < RECOVERY_SECONDS_MAX:
        after, _ = offer(stand, server, work, peak * BASE, 0.5)
        if after["p99"] <= 2 * calm["p99"]:
            break
    else:
        raise RuntimeError(f"not as before after {RECOVERY_SECONDS_MAX} s: {after}")
    return {"calm_p99": calm["p99"], "offered": peak * SPIKE, "burst": burst,
            "recovered": max(0.0, time.monotonic() - began - 0.5)}


def cpu_seconds(steps):
    """CPU of a request at half of the capacity, where batches of the loop are those of a day."""
    half = next(each for each in steps if each.share == 0.5)
    return half.busy / half.answered


def capacity_text(measured):
    lines = [f"Measured by `make load` on {time.strftime('%Y-%m-%d')}: {_machine()}. The server "
             "has one core and one loop, the", "client the other. Times are in milliseconds, "
             "medians of the rounds.", ""]
    for work, peak, steps, _ in measured:
        rows = f", {peak * work.rows:,.0f} rows/s" if work.rows > 1 else ""
        lines += [f"### {work.title}", "", f"Capacity in a closed loop: {peak:,.0f} requests/s{rows}"
                  f"; {cpu_seconds(steps) * 1e6:.1f} µs of the core for a request.", "",
                  "| offered | requests/s | answered/s | refused/s | p50 | p99 | core busy |",
                  "|---|---|---|---|---|---|---|"]
        lines += [f"| {each.share:.0%} | {each.offered:,.0f} | {each.answered:,.0f} | "
                  f"{each.refused:,.0f} | {each.p50 / 1e3:.2f} | {each.p99 / 1e3:.2f} | "
                  f"{each.busy:.0%} |" for each in steps]
        lines.append("")
    lines += ["### After a spike", "",
              f"Three seconds of {SPIKE:.0f} times the capacity, with {BASE:.0%} of it before and "
              "after.", "",
              "| request | p99 before | offered/s | answered/s | refused/s | p99 within | "
              "as before after |", "|---|---|---|---|---|---|---|"]
    for work, _, _, burst in measured:
        answer = burst["burst"]
        lines.append(
            f"| {work.title} | {burst['calm_p99'] / 1e3:.2f} | {burst['offered']:,.0f} | "
            f"{answer['2xx'] / answer['seconds']:,.0f} | {answer['4xx'] / answer['seconds']:,.0f} "
            f"| {answer['p99'] / 1e3:.0f} | {burst['recovered']:.1f} s |")
    return "\n".join(lines)


def cost_text(measured):
    prices = json.loads((HERE / "prices.json").read_text(encoding="utf-8"))
    lines = [f"Measured by `make load` on {time.strftime('%Y-%m-%d')}: {_machine()}. Prices: "
             f"{prices['source']}.", "",
             "| request | CPU | predictions for one core-second | a million predictions, at "
             f"{PLANNED_USE:.0%} of the cores |", "|---|---|---|---|"]
    per_core_second = prices["sizes"][0]["usd_per_hour"] / prices["sizes"][0]["cores"] / 3600
    for work, _, steps, _ in measured:
        cpu = cpu_seconds(steps)
        million = 1e6 * cpu / work.rows / PLANNED_USE * per_core_second
        lines.append(f"| {work.title} | {cpu * 1e6:,.1f} µs | {work.rows / cpu:,.0f} | "
                     f"${million:.5f} |")
    cpu = cpu_seconds(measured[1][2])
    lines += ["", f"Three tiers, for one row a request by the trees above ({cpu * 1e6:.1f} µs), "
              f"planned at {PLANNED_USE:.0%}:", "",
              "| tier | instances | a month | predictions/s | predictions a month | "
              "core use with one instance lost |", "|---|---|---|---|---|---|"]
    for size in prices["sizes"]:
        rate = size["cores"] * size["count"] * PLANNED_USE / cpu
        month = size["usd_per_hour"] * size["count"] * prices["hours_per_month"]
        billions = rate * 3600 * prices["hours_per_month"] / 1e9
        left = f"{PLANNED_USE * size['count'] / (size['count'] - 1):.0%}" \
            if size["count"] > 1 else "none is left"
        lines.append(f"| {size['tier']} | {size['count']} × {size['name']} ({size['cores']} "
                     f"core{'s' if size['cores'] > 1 else ''})"
                     f" | ${month:,.0f} | {rate:,.0f} | {billions:,.0f} billion | {left} |")
    return "\n".join(lines)


def _machine():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = re.search(r"model name\s*: (.*)", text)
    return f"{name.group(1) if name else platform.machine()}, Linux {platform.release()}"


def write_measured(path, text):
    """Replaces what stands between the marks."""
    begin, end = "<!-- measured -->", "<!-- end -->"
    page = path.read_text(encoding="utf-8")
    before, rest = page.split(begin, 1)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


def main():
    chosen = options()
    raise_descriptor_limit()
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(chosen.build, folder)
        for work in works(stand):
            print(f"{work.title} …", file=sys.stderr, flush=True)
            with stand.martlet(model=work.model) as server:
                peak, steps = curve(stand, server, work, chosen.rounds, chosen.seconds)
                measured.append((work, peak, steps, spike(stand, server, work, peak)))
    if chosen.write:
        write_measured(DOCS / "capacity.md", capacity_text(measured))
        write_measured(DOCS / "cost.md", cost_text(measured))
    else:
        print(capacity_text(measured), cost_text(measured), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
