#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The speed of learning boosted trees: martlet-train beside LightGBM, in turn, on one machine.

200,000 rows of 28 floats, 100 trees of 31 leaves, two threads. What is timed begins with the rows
in memory and ends with the trees: binning and boosting, without reading the file. LightGBM comes
from PyPI; run this with the Python that has it (`make bench-training`). Writes its section of results.md.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from results import write_section
from table import at_most, machine

ROWS, FEATURES, TREES, LEAVES, THREADS = 200_000, 28, 100, 31, 2

PEER = """
import sys, time, numpy as np, lightgbm
data = np.load(sys.argv[1])
x, y = np.ascontiguousarray(data[:, :-1]), data[:, -1]
rows, trees, leaves, threads = map(int, sys.argv[2:])
parameters = dict(objective="binary", num_leaves=leaves, num_threads=threads, verbose=-1)
start = time.perf_counter()
lightgbm.train(parameters, lightgbm.Dataset(x, y, params=parameters), trees)
print(time.perf_counter() - start, lightgbm.__version__)
"""


def made_up(folder):
    """Numbers of a few digits; the answer follows from eight of them, with noise."""
    draws = np.random.default_rng(5)
    x = draws.normal(size=(ROWS, FEATURES)).round(4)
    margin = x[:, :4].sum(axis=1) + (x[:, 4:8] ** 2 - 1).sum(axis=1)
    y = (margin + draws.normal(size=ROWS) * 2 > 0).astype(int)
    names = ",".join([f"x{index}" for index in range(FEATURES)] + ["y"])
    table = folder / "rows.csv"
    np.savetxt(table, np.column_stack([x, y]), fmt=["%.4f"] * FEATURES + ["%d"], delimiter=",",
               header=names, comments="")
    array = folder / "rows.npy"
    np.save(array, np.column_stack([x, y]).astype(np.float32))
    return table, array


def ours(build, folder, table):
    """Seconds, and by how much learning raised the resident memory."""
    output = subprocess.run(
        [build / "martlet-train", "fit", "--data", table, "--test", table, "--target", "y",
         "--model", "boosted-trees", "--num-iterations", str(TREES), "--num-leaves", str(LEAVES),
         "--threads", str(THREADS), "--name", "bench", "--registry", folder / "registry", "--json"],
        check=True, capture_output=True, text=True).stdout
    learning = json.loads(output)["learning"]
    return learning["seconds"], learning["peak_bytes"]


def peers(array):
    output = subprocess.run(
        [sys.executable, "-c", PEER, array, *map(str, (ROWS, TREES, LEAVES, THREADS))],
        check=True, capture_output=True, text=True).stdout.split()
    return float(output[0]), output[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    build = chosen.build.resolve()
    our_seconds, their_seconds, growth, version = [], [], [], ""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        table, array = made_up(folder)
        for _ in range(chosen.rounds):
            seconds, grown = ours(build, folder, table)
            our_seconds.append(seconds)
            growth.append(grown / (ROWS * FEATURES))
            seconds, version = peers(array)
            their_seconds.append(seconds)
    ratios = [a / b for a, b in zip(our_seconds, their_seconds)]
    rows = [
        (f"wall, against LightGBM {version}", ratios, at_most(1.2),
         f"{statistics.median(our_seconds):.2f} s", f"{statistics.median(their_seconds):.2f} s"),
        ("peak memory of learning, against the binned matrix", growth, at_most(3), "", ""),
    ]
    lines = [
        f"Measured by `make bench-training`: {machine().split(';')[0]}.", "",
        f"{ROWS:,} rows of {FEATURES} floats, {TREES} trees of {LEAVES} leaves, {THREADS} threads; "
        f"medians of {chosen.rounds} rounds in turn.", "",
        "| figure | median | rounds | demand | Martlet | LightGBM |", "|---|---|---|---|---|---|",
    ]
    has_failed = False
    for figure, values, demand, own, other in rows:
        median = statistics.median(values)
        has_failed |= not demand.is_met_by(median)
        spread = ", ".join(f"{value:.2f}" for value in values)
        lines.append(f"| {figure} | {median:.2f} | {spread} | {demand} | {own} | {other} |")
    text = "\n".join(lines)
    print(text)
    write_section("Learning", text)
    sys.exit(has_failed)


if __name__ == "__main__":
    main()
