#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the built fuzz targets, each for some seconds, as many at once as there are processors.

    run.py BUILD --seconds 10 [--only TARGET] [--update]

A corpus is a file of lines, one input each as Python would escape it, so that a reader sees what is
in it. It is unpacked beside the build, where what a run finds is kept as well; `--update` adds what
reaches new code to the file. An input at fault is printed in the same form: it belongs into the
corpus and, as a vector, into a test.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
TARGETS = {
    "request": "http", "chunked": "http", "path": "http", "response": "http", "fields": "http",
    "gzip": None,
    "json": "json", "predict": "json", "lightgbm": "lightgbm", "xgboost": "xgboost",
    "catboost": "catboost", "onnx": None, "artifact": "artifact",
}
# A slow input is a fault as well: none of these may take a second for a few kilobytes.
LIMITS = ["-timeout=5", "-rss_limit_mb=2048", "-max_len=4096"]


def escape(data):
    return data.decode("latin-1").encode("unicode_escape").decode()


def unescape(line):
    return line.encode().decode("unicode_escape").encode("latin-1")


def unpack(target, build):
    folder = build / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate((HERE / "corpus" / f"{target}.txt").read_text().splitlines()):
        (folder / f"committed-{number:04}").write_bytes(unescape(line))
    return folder


def fuzz(target, build, seconds):
    """Returns what is to be said of the target, and the inputs at fault."""
    faults = build / "faults" / target
    faults.mkdir(parents=True, exist_ok=True)
    before = set(faults.iterdir())
    words = [build / target, f"-max_total_time={seconds}", "-print_final_stats=1", *LIMITS,
             f"-artifact_prefix={faults}/", unpack(target, build)]
    if TARGETS[target]:
        words.insert(1, f"-dict={HERE / TARGETS[target]}.dict")
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace")
    runs = [line.split()[-1] for line in run.stdout.splitlines()
            if line.startswith("stat::number_of_executed_units")]
    found = [(each.name, escape(each.read_bytes())) for each in set(faults.iterdir()) - before]
    if run.returncode or found:
        return f"{target}: FAULT\n{run.stdout[-4000:]}", found or [("none", "")]
    return f"{target}: {runs[0] if runs else 0} runs", []


def check_canary(build):
    """A trap, a read out of bounds and a broken rule must each end a run with these words."""
    for input, words in (("t", "deadly signal"), ("o", "heap-buffer-overflow"),
                         ("c", "a broken rule"), ("", "Executed")):
        (build / "canary-input").write_text(input)
        run = subprocess.run([build / "canary", "canary-input"], cwd=build, capture_output=True,
                             text=True, errors="replace")
        if words not in run.stderr or (run.returncode == 0) != (input == ""):
            sys.exit(f"canary {input!r}: no {words!r} in\n{run.stderr}")


def update(target, build):
    """Rewrites the committed corpus with as few inputs as reach all that the kept ones reach."""
    merged = build / "merged" / target
    merged.mkdir(parents=True, exist_ok=True)
    for old in merged.iterdir():
        old.unlink()
    words = [build / target, "-set_cover_merge=1", "-max_len=1024", merged, build / "corpus" / target]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    lines = sorted(escape(each.read_bytes()) for each in merged.iterdir())
    (HERE / "corpus" / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    targets = [name for name in TARGETS if options.only in (None, name)]
    build, failed = options.build.resolve(), False
    check_canary(build)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, faults in pool.map(lambda each: fuzz(each, build, options.seconds), targets):
            print(text, flush=True)
            for name, input in faults:
                print(f"  input {name}: {input}")
                failed = True
        if options.update and not failed:
            list(pool.map(lambda each: update(each, build), targets))
    return failed


if __name__ == "__main__":
    sys.exit(main())
