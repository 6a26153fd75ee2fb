#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The engine's table: Martlet beside LightGBM, XGBoost and ONNX Runtime, in process, in one run.

Trains 100 trees of 31 leaves on 28 float features, checks that Martlet and LightGBM give the same
bits, and measures each in turn, round by round, on one core. Times are the measuring thread's own,
so that other work of the machine counts for nobody. Writes its section of results.md; with --print, prints it.
Needs lightgbm, xgboost, onnxmltools, onnxruntime (PyPI) and a C compiler.
"""
import argparse
import datetime
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from processes import run
from results import write_section
from table import at_least, at_most, machine, Row

HERE = pathlib.Path(__file__).parent
FEATURES, TRAINING, ROWS = 28, 40_000, 20_000


class Program:
    """A measuring program: a task to it is a line, its answer too."""

    def __init__(self, *words):
        self.process = subprocess.Popen([str(word) for word in words], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, task):
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"no answer to {task}")
        return answer

    def time(self, task):
        return float(self.ask(task))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def rows_and_labels(seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(TRAINING + ROWS, FEATURES)).astype(np.float32)
    score = (rows @ random.normal(size=FEATURES) + 2 * rows[:, 0] * rows[:, 1]
             + 2 * np.sin(3 * rows[:, 2]) + random.normal(size=len(rows)))
    return rows, (score > 0).astype(np.float64)


def timed(work, count):
    start = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - start) / count


class Peers:
    def __init__(self, folder, rows, labels):
        training, self.rows = rows[:TRAINING], rows[TRAINING:]
        settings = dict(objective="binary", num_leaves=31, verbose=-1, num_threads=1)
        self.lightgbm = lightgbm.train(settings, lightgbm.Dataset(
            training.astype(np.float64), labels[:TRAINING]), 100)
        self.lightgbm.save_model(folder / "model.txt")
        self.xgboost = xgboost.train(
            dict(objective="binary:logistic", max_depth=6, nthread=1, eta=0.1),
            xgboost.DMatrix(training, labels[:TRAINING]), 100)
        graph = onnxmltools.convert_lightgbm(
            self.lightgbm, initial_types=[("x", FloatTensorType([None, FEATURES]))],
            zipmap=False)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.onnx = onnxruntime.InferenceSession(graph.SerializeToString(), options,
                                                 providers=["CPUExecutionProvider"])
        library = next(pathlib.Path(lightgbm.__file__).parent.rglob("lib_lightgbm.so"))
        client = folder / "lightgbm_times"
        subprocess.run(["cc", "-O2", "-o", client, HERE / "client/lightgbm_times.c", "-ldl"],
                       check=True)
        self.rows.astype(np.float64).tofile(folder / "rows")
        self.client = Program(client, library, folder / "model.txt", folder / "rows", FEATURES)

    def xgboost_batch(self):
        return timed(lambda: self.xgboost.inplace_predict(self.rows, predict_type="margin"), ROWS)

    def onnx_batch(self):
        return timed(lambda: self.onnx.run(None, {"x": self.rows}), ROWS)

    def onnx_row(self):
        def work():
            for row in range(1_000):
                self.onnx.run(None, {"x": self.rows[row:row + 1]})
        return timed(work, 1_000)


def measure(martlet, peers, rounds):
    kernels = martlet.ask("kernels").split()
    found = {}

    def note(name, value):
        found.setdefault(name, []).append(value)

    for number in range(rounds + 1):
        measured = [("row", martlet.time("row")), ("lightgbm row", peers.client.time("row")),
                    ("onnx row", peers.onnx_row()), ("batch", martlet.time("batch")),
                    ("lightgbm batch", peers.client.time("batch")),
                    ("xgboost batch", peers.xgboost_batch()), ("onnx batch", peers.onnx_batch()),
                    ("explain", martlet.time("explain"))]
        for kernel in kernels[2:]:
            measured += [(f"{task}, {kernel}", martlet.time(f"{task} {kernel}"))
                         for task in ("row", "batch")]
        # The first round warms up.
        for name, value in measured if number else []:
            note(name, value)
    return kernels, found


def convert(martlet, booster, folder):
    """LightGBM's model as an artifact, by the importer."""
    booster.save_model(folder / "model.txt")
    place = ["--registry", folder / "registry"]
    run(martlet, "models", "import", folder / "model.txt", "--name", "trees", *place)
    run(martlet, "models", "export", "trees", "1", *place, "--output", folder / "model.safetensors")


def figures(kernels, found):
    def ratio(peer, ours):
        return [one / other for one, other in zip(found[peer], found[ours])]

    def median(name):
        return f"{statistics.median(found[name]):,.0f} ns"

    microseconds = {name: [value / 1000 for value in found[name]] for name in found}
    batch_peers = ["lightgbm batch", "xgboost batch", "onnx batch"]
    quickest = min(batch_peers, key=lambda name: statistics.median(found[name]))
    return [
        Row("one row, µs", microseconds["row"], at_most(0.7), ours=kernels[0],
            peers=f"LightGBM C API {median('lightgbm row')}, "
                  f"ONNX Runtime from Python {median('onnx row')}"),
        Row("one row: LightGBM ÷ Martlet", ratio("lightgbm row", "row"), at_least(8),
            "{:.1f}"),
        Row("20,000 rows, µs a row", microseconds["batch"], at_most(0.4), ours=kernels[1],
            peers=", ".join(f"{name.split()[0]} {median(name)}" for name in batch_peers)),
        Row(f"20,000 rows: quickest peer ({quickest.split()[0]}) ÷ Martlet",
            ratio(quickest, "batch"), at_least(2), "{:.1f}"),
        Row("one row explained, ms", [value / 1e6 for value in found["explain"]], at_most(0.5)),
    ] + [Row(f"{task}, {kernel}: µs a row", microseconds[f"{task}, {kernel}"])
         for kernel in kernels[2:] for task in ("row", "batch")]


def render(rows, rounds, load):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    lines = [
        f"Measured by `make bench-inference` on {today}: {machine().split(';')[0]}, "
        f"load average {load:.1f} beforehand.", "",
        "100 trees of 31 leaves on 28 float features, trained by LightGBM in the run; XGBoost's are of",
        f"depth 6. Martlet and its peers are measured in turn on one core, {rounds} rounds, in the time",
        "of the measuring thread; the median is reported. Before that, Martlet's 20,000 margins were",
        f"LightGBM's bit for bit. LightGBM {lightgbm.__version__} is called through its C API from C, "
        f"XGBoost {xgboost.__version__} and ONNX",
        f"Runtime {onnxruntime.__version__} from Python.", "",
        "| figure | demand | measured | rounds | Martlet | peers |", "|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + ["| " + " | ".join(row.cells()) + " |" for row in rows]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="folder of the release programs")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--print", action="store_true", help="instead of writing results.md")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows, labels = rows_and_labels(seed=1)
        peers = Peers(folder, rows, labels)
        convert(pathlib.Path(chosen.build) / "martlet", peers.lightgbm, folder)
        martlet = Program(pathlib.Path(chosen.build) / "inference-times",
                          folder / "model.safetensors", folder / "rows")
        martlet.ask(f"margins {folder / 'margins'}")
        expected = peers.lightgbm.predict(peers.rows.astype(np.float64), raw_score=True)
        if np.fromfile(folder / "margins").tobytes() != expected.tobytes():
            sys.exit("Martlet and LightGBM disagree")
        kernels, found = measure(martlet, peers, chosen.rounds)
        for program in (martlet, peers.client):
            program.end()
    page = render(figures(kernels, found), chosen.rounds, load)
    if chosen.print:
        print(page)
    else:
        write_section("Inference in process", page)


if __name__ == "__main__":
    main()
