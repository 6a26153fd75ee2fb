# SPDX-License-Identifier: Apache-2.0
"""Compares a k-means artifact with scikit-learn on the rows it was trained on.

Encodes the rows on its own, lets scikit-learn go on from martlet's centres (it must find nothing
better nearby) and start afresh (its best of as many starts must not be better by more than 1 %).

    python Tests/Peers/kmeans_parity.py ARTIFACT TRAIN.csv
"""
import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from linear_parity import is_missing, read_artifact, read_table


def encode(table, schema, tensors):
    columns = []
    for index, feature in enumerate(schema):
        text = table[feature["name"]]
        gone = is_missing(text)
        if feature["type"] == "number":
            value = pd.to_numeric(text.where(~gone)).to_numpy(float)
            scaled = (value - np.nanmean(value)) / (np.nanstd(value) or 1.0)
            columns.append(np.where(gone, 0, scaled))
        else:
            known = [(text == value).to_numpy() & ~gone for value in feature["values"]]
            hot = np.column_stack(known + [~np.any(known + [gone], axis=0)]).astype(float)
            hot[gone] = hot[~gone].mean(axis=0)
            columns += list(hot.T)
    return np.column_stack(columns)


def main():
    tensors, meta = read_artifact(sys.argv[1])
    training = meta["training"]
    x = encode(read_table(sys.argv[2], False), meta["schema"], tensors)
    centres = tensors["centres"]
    distances = ((x[:, None, :] - centres[None]) ** 2).sum(axis=2)
    own = distances.min(axis=1).sum()
    recorded = next(
        m["inertia"] for m in training["metrics"].values() if m["rows"] == len(x))
    warnings.simplefilter("ignore")
    on = KMeans(len(centres), init=centres, n_init=1, tol=0, max_iter=1000).fit(x)
    fresh = KMeans(
        len(centres), n_init=training["n_init"], tol=training["tol"],
        max_iter=training["max_iter"], random_state=0).fit(x)
    print(f"inertia, recorded by martlet    {recorded!r}")
    print(f"inertia, its centres here       {own!r}")
    print(f"inertia, scikit-learn from them {on.inertia_!r}")
    print(f"inertia, scikit-learn afresh    {fresh.inertia_!r}")
    assert abs(recorded - own) <= 1e-9 * own, "distances differ"
    assert on.inertia_ >= own * (1 - 1e-3), "not at a minimum"
    assert own <= fresh.inertia_ * 1.01, "scikit-learn finds better clusters"
    if len(x) <= 1000:
        score = silhouette_score(x, distances.argmin(axis=1))
        silhouette = next(
            m["silhouette"] for m in training["metrics"].values() if m["rows"] == len(x))
        print(f"silhouette                      {silhouette!r}, scikit-learn {score!r}")
        assert abs(silhouette - score) <= 1e-9, "silhouettes differ"


if __name__ == "__main__":
    main()
