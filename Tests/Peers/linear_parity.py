# SPDX-License-Identifier: Apache-2.0
"""Compares a linear artifact with scikit-learn on the same rows.

Reads the artifact as any safetensors reader would, encodes the CSV by the schema on its own, runs
scikit-learn to a tight tolerance on that matrix, and compares penalised objectives and metrics.

    python Tests/Peers/linear_parity.py ARTIFACT TRAIN.csv [TEST.csv] [--no-header]

Without TEST only the objective at all rows of TRAIN is compared, so train with --test TRAIN.
"""
import argparse
import json
import struct

import numpy as np
import pandas as pd
from sklearn import metrics as m
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"]


def read_artifact(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            dtype = {"F64": "<f8", "F32": "<f4"}[entry["dtype"]]
            tensors[name] = np.frombuffer(body[start:end], dtype).reshape(entry["shape"])
    metadata = header["__metadata__"]
    return tensors, {k: json.loads(metadata[k]) for k in ("schema", "output", "training")}


def read_table(path, no_header):
    table = pd.read_csv(
        path, dtype=str, keep_default_na=False, sep="\t" if path.endswith(".tsv") else ",",
        header=None if no_header else 0)
    if no_header:
        table.columns = [f"column_{index + 1}" for index in range(table.shape[1])]
    return table


def is_missing(column):
    return column.str.strip().isin(MISSING).to_numpy()


def encode(table, schema, tensors):
    columns = []
    for index, feature in enumerate(schema):
        text = table[feature["name"]]
        gone = is_missing(text)
        if feature["type"] == "number":
            value = pd.to_numeric(text.where(~gone)).to_numpy(float)
            scaled = (value - tensors["mean"][index]) / tensors["scale"][index]
            columns += [np.where(gone, 0, scaled), gone.astype(float)]
        else:
            known = [(text == value).to_numpy() & ~gone for value in feature["values"]]
            other = ~np.any(known + [gone], axis=0)
            columns += [k.astype(float) for k in known] + [other.astype(float), gone.astype(float)]
    return np.column_stack(columns)


def check_standardisation(table, schema, tensors):
    worst = 0.0
    for index, feature in enumerate(schema):
        if feature["type"] != "number":
            continue
        text = table[feature["name"]]
        value = pd.to_numeric(text.where(~is_missing(text))).to_numpy(float)
        mean, scale = np.nanmean(value), np.nanstd(value) or 1.0
        worst = max(worst, abs(mean - tensors["mean"][index]) / scale)
        worst = max(worst, abs(scale - tensors["scale"][index]) / scale)
    return worst


def log_losses(margins, y):
    if margins.shape[1] == 1:
        return np.logaddexp(0, margins[:, 0]) - y * margins[:, 0]
    largest = margins.max(axis=1, keepdims=True)
    total = np.log(np.exp(margins - largest).sum(axis=1)) + largest[:, 0]
    return total - margins[np.arange(len(y)), y]


def row_weights(y, training):
    if training.get("class_weight") != "balanced":
        return np.ones(len(y))
    counts = np.bincount(y)
    return (len(y) / (len(counts) * counts))[y]


def objective(x, y, weights, intercepts, training):
    margins = x @ weights.T + intercepts
    ratio = training.get("l1_ratio", 0)
    net = 0.5 * (1 - ratio) * np.sum(weights**2) + ratio * np.sum(np.abs(weights))
    if "alpha" in training:
        squares = np.sum((margins[:, 0] - y) ** 2)
        if ratio > 0:
            return squares / (2 * len(y)) + training["alpha"] * net
        return squares + training["alpha"] * np.sum(weights**2)
    return net + training["C"] * np.sum(row_weights(y, training) * log_losses(margins, y))


def fit_peer(x, y, training, labels):
    """scikit-learn's optimum, by the solver that gets nearest to it."""
    ratio = training.get("l1_ratio", 0)
    if labels:
        smooth = "newton-cg" if len(labels) > 2 else "newton-cholesky"
        peer = LogisticRegression(
            C=training["C"], solver="saga" if ratio > 0 else smooth, l1_ratio=ratio,
            class_weight=training.get("class_weight"), tol=1e-7 if ratio > 0 else 1e-10,
            max_iter=4000 if ratio > 0 else 1000, random_state=0)
        peer.fit(x, y)
        return peer.coef_, peer.intercept_
    if ratio > 0:
        peer = ElasticNet(
            alpha=training["alpha"], l1_ratio=ratio, tol=1e-10, max_iter=100_000)
    else:
        peer = Ridge(alpha=training["alpha"], solver="cholesky")
    peer.fit(x, y)
    return peer.coef_.reshape(1, -1), np.atleast_1d(peer.intercept_)


def metrics(x, y, weights, intercepts):
    margins = x @ weights.T + intercepts
    if margins.shape[1] == 1:
        p = 1 / (1 + np.exp(-margins[:, 0]))
        guess = (margins[:, 0] > 0).astype(int)
        pair = np.column_stack([1 - p, p])
        return {
            "accuracy": m.accuracy_score(y, guess), "precision": m.precision_score(y, guess),
            "recall": m.recall_score(y, guess), "f1": m.f1_score(y, guess),
            "roc_auc": m.roc_auc_score(y, p), "pr_auc": m.average_precision_score(y, p),
            "log_loss": m.log_loss(y, pair), "brier": m.brier_score_loss(y, p)}
    p = np.exp(margins - margins.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    guess = margins.argmax(axis=1)
    return {
        "accuracy": m.accuracy_score(y, guess),
        "precision_macro": m.precision_score(y, guess, average="macro"),
        "recall_macro": m.recall_score(y, guess, average="macro"),
        "f1_macro": m.f1_score(y, guess, average="macro"),
        "roc_auc_ovr": m.roc_auc_score(y, p, multi_class="ovr"),
        "log_loss": m.log_loss(y, p), "brier": m.brier_score_loss(y, p)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("artifact")
    parser.add_argument("train")
    parser.add_argument("test", nargs="?")
    parser.add_argument("--no-header", action="store_true")
    options = parser.parse_args()
    tensors, meta = read_artifact(options.artifact)
    training, labels = meta["training"], meta["output"].get("labels")
    train = read_table(options.train, options.no_header)
    test = read_table(options.test, options.no_header) if options.test else train
    answers = []
    for table in (train, test):
        target = table[training["target"]]
        answers.append(
            target.map({label: code for code, label in enumerate(labels)}).to_numpy()
            if labels else pd.to_numeric(target).to_numpy(float))
    x, x_test = (encode(table, meta["schema"], tensors) for table in (train, test))
    y, y_test = answers
    own = (tensors["weights"], tensors["intercepts"])

    best = fit_peer(x, y, training, labels)
    ours, theirs = objective(x, y, *own, training), objective(x, y, *best, training)
    print(f"standardisation differs by      {check_standardisation(train, meta['schema'], tensors):.1e}")
    print(f"objective, recorded by martlet  {training['final_objective']!r}")
    print(f"objective, its weights here     {ours!r}")
    print(f"objective, scikit-learn         {theirs!r}")
    print(f"relative excess                 {(ours - theirs) / abs(theirs):+.2e}")
    worst = 0.0
    if labels:
        expected = metrics(x_test, y_test, *own)
    else:
        predicted = (x_test @ own[0].T + own[1])[:, 0]
        expected = {
            "rmse": m.root_mean_squared_error(y_test, predicted),
            "mae": m.mean_absolute_error(y_test, predicted), "r2": m.r2_score(y_test, predicted)}
    for name, value in expected.items():
        recorded = training["metrics"]["test"][name]
        worst = max(worst, abs(recorded - value) / max(1, abs(value)))
    print(f"metrics of the test rows differ by at most {worst:.1e}")
    assert ours <= theirs * (1 + 1e-6) and worst <= 1e-9, "not at parity"


if __name__ == "__main__":
    main()
