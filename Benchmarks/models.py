#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each kind of model reaches on public data, with the trainer's defaults.

    models.py BUILD DATA [--seeds 3]

`DATA` holds adult_train.csv, adult_test.csv, california_housing.csv, higgs_train.tsv, higgs_test.tsv,
letters.csv and sms_spam.tsv. Where the data has no test part of its own a share is held out, drawn
by each seed in turn; the median is reported. Writes its section of results.md.
"""
import argparse
import json
import pathlib
import sys
import tempfile

from processes import run
from results import write_section
from table import Row, at_least, at_most, machine

ADULT = ["--data", "adult_train.csv", "--test", "adult_test.csv", "--target", "income"]
HOUSING = ["--data", "california_housing.csv", "--target", "median_house_value"]
HIGGS = ["--data", "higgs_train.tsv", "--test", "higgs_test.tsv", "--no-header",
         "--target", "column_1"]
LETTERS = ["--data", "letters.csv", "--target", "lettr"]
SMS = ["--data", "sms_spam.tsv", "--columns", "label,message", "--target", "label",
       "--text", "message", "--holdout", "0.25"]

CASES = [
    ("boosted-trees", "Adult", ADULT, [("roc_auc", at_least(0.929)), ("log_loss", at_most(0.277))]),
    ("boosted-trees", "California housing, 20 % held out", HOUSING, [("r2", at_least(0.845))]),
    ("boosted-trees", "HIGGS sample", [*HIGGS, "--task", "classification"],
     [("roc_auc", at_least(0.830))]),
    ("boosted-trees", "letters, 20 % held out", LETTERS, [("accuracy", at_least(0.963))]),
    ("random-forest", "Adult", ADULT, [("roc_auc", at_least(0.917))]),
    ("extra-trees", "Adult", ADULT, [("roc_auc", at_least(0.917))]),
    ("logistic", "Adult", ADULT, [("roc_auc", at_least(0.905))]),
    ("mlp", "letters, 20 % held out", LETTERS, [("accuracy", at_least(0.945))]),
    ("text", "SMS spam, 25 % held out", SMS,
     [("accuracy", at_least(0.988)), ("roc_auc", at_least(0.996))]),
]


def fit(build, data, folder, kind, options, seed):
    words = [data / word if word.endswith((".csv", ".tsv")) else word for word in options]
    return json.loads(run(
        build / "martlet-train", "fit", *words, "--model", kind, "--seed", str(seed),
        "--bootstrap", "0", "--name", kind, "--registry", folder / "registry", "--json"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for kind, title, options, demands in CASES:
            runs = [fit(chosen.build.resolve(), chosen.data.resolve(), pathlib.Path(name), kind,
                        options, seed) for seed in range(1, chosen.seeds + 1)]
            seconds = sorted(each["learning"]["seconds"] for each in runs)
            for metric, demand in demands:
                row = Row(f"`{kind}`, {title}: {metric}",
                          [each["metrics"]["test"][metric] for each in runs], demand, "{:.4f}",
                          f"learnt in {seconds[len(seconds) // 2]:.1f} s")
                print("| " + " | ".join(row.cells()) + " |", flush=True)
                rows.append(row)
    lines = [
        f"Measured by `make bench-models`: {machine().split(';')[0]}; the trainer's defaults, "
        f"seeds 1 to {chosen.seeds}.", "",
        "| figure | demand | median | seeds | Martlet |", "|---|---|---|---|---|",
        *("| " + " | ".join(row.cells()[:5]) + " |" for row in rows)]
    write_section("What models reach", "\n".join(lines))
    sys.exit(any(not row.is_met for row in rows))


if __name__ == "__main__":
    main()
