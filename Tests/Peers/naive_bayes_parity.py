# SPDX-License-Identifier: Apache-2.0
"""Compares a naive Bayes artifact with scikit-learn on the rows it was trained on.

GaussianNB on the numbers and CategoricalNB on the categories each know one half of the model: their
joint log-likelihoods, less one prior, are its margins. Rows with a missing value are compared with
what martlet's tables say, since scikit-learn refuses them.

    python Tests/Peers/naive_bayes_parity.py ARTIFACT TRAIN.csv
"""
import sys

import numpy as np
import pandas as pd
from sklearn.naive_bayes import CategoricalNB, GaussianNB

from linear_parity import is_missing, read_artifact, read_table, row_weights


def columns(table, schema):
    numbers, codes, sizes = [], [], []
    for feature in schema:
        text = table[feature["name"]]
        gone = is_missing(text)
        if feature["type"] == "number":
            numbers.append(pd.to_numeric(text.where(~gone)).to_numpy(float))
        else:
            code = text.map({v: i for i, v in enumerate(feature["values"])})
            code = code.fillna(len(feature["values"])).to_numpy(float)
            codes.append(np.where(gone, np.nan, code))
            sizes.append(len(feature["values"]) + 1)
    rows = len(table)
    return (np.column_stack(numbers) if numbers else np.empty((rows, 0)),
            np.column_stack(codes) if codes else np.empty((rows, 0)), sizes)


def main():
    tensors, meta = read_artifact(sys.argv[1])
    training, labels = meta["training"], meta["output"]["labels"]
    table = read_table(sys.argv[2], False)
    y = table[training["target"]].map({v: i for i, v in enumerate(labels)}).to_numpy()
    numbers, codes, sizes = columns(table, meta["schema"])
    whole = ~(np.isnan(numbers).any(axis=1) | np.isnan(codes).any(axis=1))
    weights = row_weights(y, training)
    worst = 0.0
    print(f"{whole.sum()} of {len(y)} rows miss nothing")

    def differ(name, ours, theirs):
        nonlocal worst
        gap = np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))) if ours.size else 0
        worst = max(worst, gap)
        print(f"{name:<28}differ by at most {gap:.1e}")

    # A column at a time: what one misses, the others have. The smoothing is a part of the largest
    # variance of all numbers, so a single column gets its own part of it.
    variances = [np.nanvar(column) for column in numbers.T]
    for index, column in enumerate(numbers.T):
        there = ~np.isnan(column)
        smoothing = training["var_smoothing"] * max(variances) / np.var(column[there])
        peer = GaussianNB(var_smoothing=smoothing).fit(
            column[there, None], y[there], sample_weight=weights[there])
        differ(f"means of number {index}", tensors["means"][index], peer.theta_[:, 0])
        differ(f"variances of number {index}", tensors["variances"][index], peer.var_[:, 0])
    first = 0
    for index, size in enumerate(sizes):
        column = codes[:, index]
        there = ~np.isnan(column)
        peer = CategoricalNB(alpha=training["alpha"], min_categories=size).fit(
            column[there, None].astype(int), y[there], sample_weight=weights[there])
        ours = tensors["log_probabilities"][first:first + size]
        differ(f"tables of category {index}", ours, peer.feature_log_prob_[0].T)
        first += size
    priors = np.log(np.bincount(y, weights) / weights.sum())
    differ("priors", tensors["log_priors"], priors)

    if whole.all():
        joint = priors
        if numbers.shape[1]:
            peer = GaussianNB(var_smoothing=training["var_smoothing"]).fit(
                numbers, y, sample_weight=weights)
            joint = joint + peer.predict_joint_log_proba(numbers) - priors
        if codes.shape[1]:
            peer = CategoricalNB(alpha=training["alpha"], min_categories=sizes).fit(
                codes.astype(int), y, sample_weight=weights)
            joint = joint + peer.predict_joint_log_proba(codes.astype(int)) - priors
        accuracy = np.mean(joint.argmax(axis=1) == y)
        split = "train" if training["metrics"]["test"]["rows"] != len(y) else "test"
        differ(f"accuracy ({split})", np.array([training["metrics"][split]["accuracy"]]),
               np.array([accuracy]))
    assert worst <= 1e-9, "not at parity"


if __name__ == "__main__":
    main()
