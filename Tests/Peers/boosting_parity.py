# SPDX-License-Identifier: Apache-2.0
"""Compares boosted trees with LightGBM: the same split, the same settings, the same metric.

    python Tests/Peers/boosting_parity.py BUILD [DATA]

Without DATA, a folder with adult_train.csv and the others, made-up tables are used. Fails where
martlet-train is more than 0.002 below LightGBM on the rows that neither has seen; of made-up
tables, each of which differs by more than that either way, in the mean of each task's.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import lightgbm
import numpy as np
import pandas as pd
from sklearn import metrics

TOLERANCE = 0.002

def made_up(seed):
    """Numbers, a category of 30 values, missing values in both."""
    draws = np.random.default_rng(seed)
    count = 12_000
    table = pd.DataFrame({f"x{i}": draws.normal(size=count).round(3) for i in range(6)})
    table["c"] = [f"c{value:02d}" for value in draws.integers(0, 30, count)]
    margin = table.x0 + table.x1 * table.x2 + draws.normal(size=count) / 2
    margin += table.c.str[1:].astype(int) % 5 - 2
    table.loc[draws.random(count) < 0.1, "x0"] = np.nan
    table.loc[draws.random(count) < 0.05, "c"] = None
    return table, margin


def made_up_cases():
    for seed in range(1, 5):
        table, margin = made_up(seed)
        half = len(table) * 3 // 4
        for name, answer, score in (
                ("binary", np.where(margin > 0, "yes", "no"), "roc_auc"),
                ("regression", margin.round(4), "r2"),
                ("multiclass", pd.cut(margin, 5, labels=list("abcde")).astype(str), "accuracy")):
            whole = table.assign(y=answer)
            yield f"{name} {seed}", whole[:half], whole[half:], "y", name, score


def public_cases(folder):
    adult = [pd.read_csv(folder / f"adult_{part}.csv") for part in ("train", "test")]
    yield "adult", *adult, "income", "binary", "roc_auc"
    names = ["y"] + [f"x{i}" for i in range(28)]
    higgs = [pd.read_csv(folder / f"higgs_{part}.tsv", sep="\t", names=names)
             for part in ("train", "test")]
    yield "higgs", *higgs, "y", "binary", "roc_auc"
    for name, target, task, score in (
            ("california_housing", "median_house_value", "regression", "r2"),
            ("letters", "lettr", "multiclass", "accuracy")):
        table = pd.read_csv(folder / f"{name}.csv").sample(frac=1, random_state=1)
        part = len(table) // 5
        yield name, table[part:], table[:part], target, task, score


def ours(build, folder, train, test, target, task):
    paths = [folder / "train.csv", folder / "test.csv"]
    for path, table in zip(paths, (train, test)):
        table.to_csv(path, index=False)
    output = subprocess.run(
        [build / "martlet-train", "fit", "--data", paths[0], "--test", paths[1], "--target", target,
         "--model", "boosted-trees", "--objective", task, "--num-iterations", "100",
         "--min-category-count", "1", "--name", "parity", "--registry", folder / "registry",
         "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(output)["metrics"]["test"]


def theirs(train, test, target, task):
    train, test = train.copy(), test.copy()
    answers = [table.pop(target) for table in (train, test)]
    for column in train:
        if pd.api.types.is_numeric_dtype(train[column]):
            continue
        values = sorted(train[column].dropna().unique())
        for table in (train, test):
            table[column] = pd.Categorical(table[column], values)
    parameters = dict(objective=task, verbose=-1, seed=1)
    if task == "regression":
        model = lightgbm.train(parameters, lightgbm.Dataset(train, answers[0]), 100)
        return {"r2": metrics.r2_score(answers[1], model.predict(test))}
    labels = sorted(answers[0].unique())
    codes = [answer.map({label: code for code, label in enumerate(labels)}) for answer in answers]
    if task == "multiclass":
        parameters["num_class"] = len(labels)
    predicted = lightgbm.train(
        parameters, lightgbm.Dataset(train, codes[0]), 100).predict(test)
    if task == "binary":
        return {"roc_auc": metrics.roc_auc_score(codes[1], predicted),
                "log_loss": metrics.log_loss(codes[1], predicted)}
    return {"accuracy": metrics.accuracy_score(codes[1], predicted.argmax(axis=1)),
            "log_loss": metrics.log_loss(codes[1], predicted, labels=range(len(labels)))}


def main():
    build = pathlib.Path(sys.argv[1])
    cases = public_cases(pathlib.Path(sys.argv[2])) if len(sys.argv) > 2 else made_up_cases()
    differences = collections.defaultdict(list)
    for name, train, test, target, task, score in cases:
        with tempfile.TemporaryDirectory() as folder:
            own = ours(build, pathlib.Path(folder), train, test, target, task)
        other = theirs(train, test, target, task)
        print(f"{name:20} {score:9} martlet {own[score]:.5f}, LightGBM {other[score]:.5f}")
        differences[name.split()[0]].append(own[score] - other[score])
        if "log_loss" in other:
            print(f"{'':20} log loss  martlet {own['log_loss']:.5f}, "
                  f"LightGBM {other['log_loss']:.5f}", flush=True)
    failures = [name for name, values in differences.items() if np.mean(values) < -TOLERANCE]
    if failures:
        sys.exit("more than 0.002 below LightGBM: " + ", ".join(failures))


if __name__ == "__main__":
    main()
