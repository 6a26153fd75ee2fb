# SPDX-License-Identifier: Apache-2.0
"""Writes the metrics that scikit-learn computes for small predictions, as a Swift table.

    python Tests/Peers/metrics_reference.py > Tests/TrainingTests/MetricsReference.swift
"""
import numpy as np
import sklearn
from sklearn import metrics as m


def expit(margins):
    return 1 / (1 + np.exp(-margins))


def softmax(margins):
    terms = np.exp(margins - margins.max(axis=1, keepdims=True))
    return terms / terms.sum(axis=1, keepdims=True)


def binary(y, margins):
    p = expit(margins)
    guess = (margins > 0).astype(int)
    pair = np.column_stack([1 - p, p])
    return {
        "accuracy": m.accuracy_score(y, guess),
        "precision": m.precision_score(y, guess, zero_division=0),
        "recall": m.recall_score(y, guess, zero_division=0),
        "f1": m.f1_score(y, guess, zero_division=0),
        "roc_auc": m.roc_auc_score(y, p),
        "pr_auc": m.average_precision_score(y, p),
        "log_loss": m.log_loss(y, pair),
        "brier": m.brier_score_loss(y, p),
    }


def multiclass(y, margins):
    p = softmax(margins)
    guess = margins.argmax(axis=1)
    labels = list(range(margins.shape[1]))
    return {
        "accuracy": m.accuracy_score(y, guess),
        "precision_macro": m.precision_score(y, guess, average="macro", zero_division=0),
        "recall_macro": m.recall_score(y, guess, average="macro", zero_division=0),
        "f1_macro": m.f1_score(y, guess, average="macro", zero_division=0),
        "roc_auc_ovr": m.roc_auc_score(y, p, multi_class="ovr", labels=labels),
        "log_loss": m.log_loss(y, p, labels=labels),
        "brier": m.brier_score_loss(y, p, labels=labels),
    }


def regression(y, values):
    return {
        "rmse": m.root_mean_squared_error(y, values),
        "mae": m.mean_absolute_error(y, values),
        "r2": m.r2_score(y, values),
    }


def cases():
    random = np.random.default_rng(7)
    y = random.integers(0, 2, 40)
    margins = np.round(random.normal(size=40) + y, 2)
    yield "binary", 2, y, margins, binary(y, margins)
    tied = np.round(margins)
    yield "binary with ties", 2, y, tied, binary(y, tied)
    sure = np.where(random.random(40) < 0.3, 60.0, -60.0)
    yield "saturated probabilities", 2, y, sure, binary(y, sure)
    low = -np.abs(margins) - 0.25
    yield "nothing predicted positive", 2, y, low, binary(y, low)
    y = np.concatenate([np.arange(4), random.integers(0, 4, 36)])
    margins = np.round(random.normal(size=(40, 4)) + 1.5 * np.eye(4)[y], 2)
    yield "four classes", 4, y, margins, multiclass(y, margins)
    never = margins.copy()
    never[:, 2] = -30
    yield "a class never predicted", 4, y, never, multiclass(y, never)
    y = np.round(random.normal(size=30) * 50 + 200, 1)
    values = np.round(y + random.normal(size=30) * 20, 1)
    yield "regression", 0, y, values, regression(y, values)
    yield "no variance", 0, np.full(30, 3.0), values, regression(np.full(30, 3.0), values)


def numbers(array, indent):
    lines, line = [], ""
    for value in np.asarray(array).ravel():
        text = repr(float(value))
        if len(line) + len(text) + 2 + indent > 96:
            lines.append(line.rstrip())
            line = ""
        line += text + ", "
    lines.append(line.rstrip())
    return ("\n" + " " * indent).join(lines)


print("// SPDX-License-Identifier: Apache-2.0")
print()
print(f"/// What scikit-learn {sklearn.__version__} computes; written by"
      " `Tests/Peers/metrics_reference.py`.")
print("enum MetricsReference {")
print("    struct Case: Sendable {")
print("        let name: String")
print("        /// 0 for regression.")
print("        let labelCount: Int")
print("        let answers: [Double]")
print("        let margins: [Double]")
print("        let expected: [String: Double]")
print("    }")
print()
print("    static let cases: [Case] = [")
for name, count, y, margins, expected in cases():
    print("        Case(")
    print(f'            name: "{name}", labelCount: {count},')
    print("            answers: [")
    print("                " + numbers(y.astype(float), 16))
    print("            ],")
    print("            margins: [")
    print("                " + numbers(margins, 16))
    print("            ],")
    print("            expected: [")
    for key, value in expected.items():
        print(f'                "{key}": {float(value)!r},')
    print("            ]),")
print("    ]")
print("}")
