#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading the rows of a request and writing numbers, beside orjson (from PyPI), in turn.

    json_reading.py BUILD [--rounds 40]

`BUILD` holds json-times, built in release. Bodies are 1,000 rows of 28 numbers, as Python's json
prints them: floats of 7 significant digits, and doubles with all of theirs, of 15 to 17. Times are
of the processor, and ratios are made round by round.
"""
import argparse
import array
import json
import pathlib
import random
import statistics
import subprocess
import tempfile
import time

import orjson

from results import write_section
from table import machine

ROWS, WIDTH = 1000, 28


def bodies():
    """By the name of a style, a body and its rows."""
    generator = random.Random(1)
    full = [[generator.gauss(0, 1) for _ in range(WIDTH)] for _ in range(ROWS)]
    short = [[float(f"{number:.7g}") for number in row] for row in full]
    for style, rows in (("7 digits", short), ("17 digits", full)):
        yield style, json.dumps({"instances": rows}).encode(), rows


class Driver:
    """json-times, which has read a body."""

    def __init__(self, build, body):
        self.process = subprocess.Popen(
            [build / "json-times", body, str(WIDTH)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def ask(self, task):
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"json-times did not answer {task!r}")
        return int(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check(driver, rows, folder):
    """What was read are Python's own doubles, bit for bit."""
    path = folder / "rows"
    driver.ask("read")
    driver.ask(f"rows {path}")
    if path.read_bytes() != array.array("d", [number for row in rows for number in row]).tobytes():
        raise RuntimeError("json-times has read other numbers")


def nanoseconds(work, argument):
    start = time.thread_time_ns()
    work(argument)
    return time.thread_time_ns() - start


def measure(build, rounds):
    """Yields a style's name, the bytes, and the pairs of times of reading and of writing."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for style, body, rows in bodies():
            path = folder / "body.json"
            path.write_bytes(body)
            numbers = [number for row in rows for number in row]
            driver = Driver(build, path)
            try:
                check(driver, rows, folder)
                reading, writing = [], []
                for _ in range(rounds):
                    reading.append((driver.ask("read"), nanoseconds(orjson.loads, body)))
                    writing.append((driver.ask("write"), nanoseconds(orjson.dumps, numbers)))
                yield style, len(body), len(orjson.dumps(numbers)), reading, writing
            finally:
                driver.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    lines = [
        f"Measured by `make bench-inference`: {machine().split(';')[0]}; 1,000 rows of 28 numbers, "
        f"beside orjson {orjson.__version__}.", "",
        "| figure | demand | Martlet | orjson | ratio |", "|---|---|---|---|---|"]
    for style, read, written, reading, writing in measure(options.build.resolve(), options.rounds):
        for what, size, times in (("reading", read, reading), ("writing", written, writing)):
            ours, peers = (statistics.median(column) for column in zip(*times))
            ratio = statistics.median(peer / our for our, peer in times)
            demand = "≥ 500 MB/s, aim 3 × orjson" if what == "reading" else "–"
            lines.append(f"| {what}, {style} | {demand} | {size * 1000 / ours:,.0f} MB/s "
                         f"| {size * 1000 / peers:,.0f} MB/s | {ratio:.2f} |")
    print("\n".join(lines))
    write_section("Reading and writing JSON", "\n".join(lines))


if __name__ == "__main__":
    main()
