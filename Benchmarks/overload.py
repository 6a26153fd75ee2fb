#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Overload: five times what the server can do, open loop, and what becomes of it.

The load is a compressed prediction of many rows, whose work lies off the loop; capacity is what a
closed loop of a few clients gets of it. Then requests are due at five times that rate, whatever
becomes of those before, and a probe asks for /healthz beside them, in rounds between which capacity
is measured again; medians are told. Server and clients have a core
each; the probe's share of the clients' core is small. Times are without those that were under way
while a core of the machine stood still (see client/stalls.h). Exits with 1 where a demand is missed.
"""
import argparse
import gzip
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time

from processes import CLIENT_CORE, raise_descriptor_limit
from stand import FEATURES, Stand

# Rows that repeat make a body that is small to send and long to work on.
ROWS, DISTINCT_ROWS = 1500, 48


def write_request(stand):
    """The heavy request as a file, and how many times its text is its size."""
    generator = random.Random(2)
    distinct = [[round(generator.gauss(0, 1), 8) for _ in range(FEATURES)]
                for _ in range(DISTINCT_ROWS)]
    rows = [distinct[index % DISTINCT_ROWS] for index in range(ROWS)]
    text = json.dumps({"instances": rows}, separators=(",", ":")).encode()
    body = gzip.compress(text, 9)
    path = stand.folder / "heavy.http"
    head = ("POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            "Content-Encoding: gzip\r\nAccept-Encoding: gzip\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    path.write_bytes(head.encode() + body)
    return path, len(text), len(body)


def begin(stand, port, request, **options):
    words = [f"-{letter}{value}" for letter, value in options.items()]
    return subprocess.Popen(
        ["taskset", "-c", CLIENT_CORE, str(stand.load), *words, str(port), str(request)],
        stdout=subprocess.PIPE, text=True)


def finish(process):
    output = process.communicate()[0]
    if process.returncode != 0:
        raise RuntimeError("the client failed")
    return json.loads(output)


def load(stand, port, request, **options):
    return finish(begin(stand, port, request, **options))


def rate(answer):
    return answer["2xx"] / answer["seconds"]


def milliseconds_until_normal(stand, server, request, baseline):
    """Time from the load's end until an answer comes within twice what it usually takes."""
    begin = time.monotonic()
    while time.monotonic() - begin < 30:
        answer = load(stand, server.port, request, c=1, n=1)
        if answer["2xx"] == 1 and answer["max"] <= 2 * baseline["p99"]:
            return (time.monotonic() - begin) * 1000
    return float("inf")


def overload(stand, server, request, seconds, peak, factor, baseline):
    """One round: what became of the load, of the probe beside it, and how long it was felt."""
    probe = begin(stand, server.port, stand.healthz, c=1, s=seconds, r=100, w="")
    answer = load(stand, server.port, request, c=1024, s=seconds, r=round(peak * factor), w="")
    recovery = milliseconds_until_normal(stand, server, request, baseline)
    return answer, finish(probe), recovery


def experiment(stand, rounds, seconds, factor, flags):
    request, text_bytes, body_bytes = write_request(stand)
    print(f"{ROWS} rows, {text_bytes} bytes of JSON in {body_bytes} bytes of gzip")
    with stand.martlet(*flags) as server:
        baseline = load(stand, server.port, request, c=1, s=3)
        print(f"alone p50 {baseline['p50'] / 1e3:.2f} ms, p99 {baseline['p99'] / 1e3:.2f} ms")
        load(stand, server.port, request, c=8, s=seconds)
        # The machine's speed drifts: capacity is what it was just before and just after.
        peaks = [rate(load(stand, server.port, request, c=8, s=seconds))]
        answers, probes, recoveries, ratios, offered = [], [], [], [], []
        for _ in range(rounds):
            offered.append(peaks[-1] * factor)
            answer, health, recovery = overload(
                stand, server, request, seconds, peaks[-1], factor, baseline)
            peaks.append(rate(load(stand, server.port, request, c=8, s=seconds)))
            goodput = answer["2xx"] / seconds
            capacity = (peaks[-2] + peaks[-1]) / 2
            ratios.append(goodput / capacity)
            print(f"capacity {peaks[-2]:.0f}/s and {peaks[-1]:.0f}/s, offered {offered[-1]:.0f}/s: "
                  f"goodput {goodput:.0f}/s, {ratios[-1]:.2f}", flush=True)
            answers.append(answer)
            probes.append(health)
            recoveries.append(recovery)
        metrics = server.get("/metrics").decode()
        shed = [line for line in metrics.splitlines() if line.startswith("requests_shed_total")]
    print(*shed, sep="\n")

    def median(samples, name, divisor=1e3):
        return statistics.median(each[name] for each in samples) / divisor

    return [
        ("goodput ÷ capacity", statistics.median(ratios), "≥", 0.9),
        ("refused within, p50 ms", median(answers, "calm_4xx_p50"), "≤", 5),
        ("refused within, p99 ms", median(answers, "calm_4xx_p99"), "≤", 5),
        ("answered within, p99 ms", median(answers, "calm_2xx_p99"), "≤", 1000),
        ("/healthz p50, ms", median(probes, "calm_p50"), "≤", 10),
        ("/healthz p99, ms", median(probes, "calm_p99"), "≤", 10),
        ("/healthz failed", sum(each["failed"] for each in probes), "≤", 0),
        ("requests lost", sum(each["failed"] for each in answers), "≤", 0),
        ("answers of 5xx", sum(each["5xx"] for each in answers), "≤", 0),
        ("ms until normal", max(recoveries), "≤", 1000),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="folder of the release programs")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--factor", type=float, default=5)
    parser.add_argument("flags", nargs="*", help="for the server, after --")
    chosen = parser.parse_args()
    raise_descriptor_limit()
    with tempfile.TemporaryDirectory() as folder:
        figures = experiment(
            Stand(chosen.build, folder), chosen.rounds, chosen.seconds, chosen.factor, chosen.flags)
    has_failed = False
    print("| figure | measured | demand |", "|---|---|---|", sep="\n")
    for name, value, sign, bound in figures:
        is_met = value >= bound if sign == "≥" else value <= bound
        has_failed |= not is_met
        print(f"| {name} | {value:.2f} | {sign} {bound:g}{'' if is_met else ' **missed**'} |")
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
