# SPDX-License-Identifier: Apache-2.0
"""Compares a multilayer perceptron's artifact with scikit-learn on its training and test rows.

What its layers give in double must agree with the metrics that martlet recorded for the test rows,
and must not fall behind scikit-learn's perceptron of the same shape by more than 0.01.

    python Tests/Peers/mlp_parity.py ARTIFACT TRAIN.csv TEST.csv
"""
import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor

from linear_parity import encode, read_artifact, read_table


def main():
    tensors, meta = read_artifact(sys.argv[1])
    training, labels = meta["training"], meta["output"].get("labels")
    sets = []
    for path in sys.argv[2:4]:
        table = read_table(path, False)
        target = table[training["target"]]
        y = (target.map({label: code for code, label in enumerate(labels)}).to_numpy()
             if labels else pd.to_numeric(target).to_numpy(float))
        sets.append((encode(table, meta["schema"], tensors), y))
    (x, y), (x_test, y_test) = sets
    values = x_test
    layer_count = sum(name.startswith("weights_") for name in tensors)
    for index in range(layer_count):
        weights, biases = tensors[f"weights_{index}"], tensors[f"biases_{index}"]
        values = values @ weights.astype(float) + biases.astype(float)
        if index + 1 < layer_count:
            values = np.maximum(values, 0)
    settings = {
        "hidden_layer_sizes": training["hidden_layer_sizes"], "alpha": training["alpha"],
        "batch_size": training["batch_size"], "max_iter": training["max_iter"],
        "learning_rate_init": training["learning_rate_init"], "early_stopping": True,
        "random_state": 0}
    warnings.simplefilter("ignore")
    if labels:
        name, score = "accuracy", accuracy_score
        guess = values.argmax(axis=1) if len(labels) > 2 else (values[:, 0] > 0).astype(int)
        theirs = MLPClassifier(**settings).fit(x, y).predict(x_test)
    else:
        name, score = "r2", r2_score
        guess = values[:, 0]
        mean, scale = y.mean(), y.std()
        theirs = MLPRegressor(**settings).fit(x, (y - mean) / scale).predict(x_test)
        theirs = theirs * scale + mean
    recorded = training["metrics"]["test"][name]
    own, peer = score(y_test, guess), score(y_test, theirs)
    print(f"{name}, recorded by martlet  {recorded!r}")
    print(f"{name}, its layers here      {own!r}")
    print(f"{name}, scikit-learn         {peer!r}")
    # A row on the border may fall to either side of it in another precision.
    assert abs(recorded - own) <= max(1e-4, 2 / len(y_test)), "layers differ"
    assert own >= peer - 0.01, "scikit-learn learns better"


if __name__ == "__main__":
    main()
