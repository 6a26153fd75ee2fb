#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares imported ONNX models with ONNX Runtime: models of many families, made afresh.

    onnx_parity.py BUILD [--seeds 3] [--only NAME] [--keep FOLDER]

Each family is fitted by scikit-learn on synthetic data, exported by skl2onnx, imported by
`martlet models import` and asked by `martlet predict` about rows with exact split thresholds, their
neighbours, missing values where the model takes them and categories never seen. Values must agree
within 1e-5 (of the largest, where a target is large), labels in every row. Exits with 1 otherwise.

Needs numpy, pandas, scikit-learn, onnx, onnxruntime and skl2onnx.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier, ExtraTreesClassifier, ExtraTreesRegressor, GradientBoostingClassifier,
    GradientBoostingRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor,
    RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier)
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer, MaxAbsScaler, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder,
    PolynomialFeatures, RobustScaler, StandardScaler)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

ROWS = 400
COLOURS = ["red", "green", "blue", "süß", "a,b"]


class Data:
    """Numbers in six columns and two columns of categories, with targets of every kind."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.rng = rng
        scale = 10.0 ** rng.integers(-1, 3, 6)
        self.x = (rng.normal(size=(1500, 6)) * scale + scale * rng.normal(size=6)).astype(np.float32)
        self.x[:, 5] = rng.integers(0, 8, 1500)  # ties, and thresholds at halves
        z = (self.x - self.x.mean(0)) / self.x.std(0)
        self.colour = rng.choice(COLOURS[:4], 1500)
        self.size = rng.integers(0, 4, 1500)
        signal = z[:, 0] + z[:, 1] * z[:, 2] + (self.colour == "red") + 0.3 * self.size
        self.y = (signal + 0.3 * rng.normal(size=1500)).astype(np.float32)
        self.binary = (self.y > np.median(self.y)).astype(int)
        self.three = np.digitize(self.y, np.quantile(self.y, [0.33, 0.66]))
        self.names = np.array(["low", "middle", "high"])[self.three]

    def rows(self, missing):
        rows = self.x[self.rng.permutation(len(self.x))[:ROWS]].copy()
        if missing:
            for row in range(0, 60):
                rows[row, self.rng.integers(6)] = np.nan
        return rows

    def frame(self, missing):
        frame = pd.DataFrame(self.rows(missing), columns=[f"x{i}" for i in range(6)])
        order = self.rng.permutation(1500)[:ROWS]
        frame["colour"] = self.colour[order].astype(object)
        frame["size"] = self.size[order]
        frame.loc[0, "colour"] = "never-seen"
        frame.loc[1, "size"] = 99
        return frame


def thresholds(onnx, rows, rng):
    """Moves some cells onto thresholds of the model's trees and next to them."""
    for node in onnx.graph.node:
        lists = {a.name: a for a in node.attribute}
        if "nodes_values" not in lists:
            continue
        splits = [
            (f, v)
            for f, v, m in zip(
                lists["nodes_featureids"].ints, lists["nodes_values"].floats,
                lists["nodes_modes"].strings) if m != b"LEAF"]
        for row in range(100, min(300, len(rows))):
            feature, value = splits[rng.integers(len(splits))]
            value = np.float32(value)
            rows[row, feature] = [
                value, np.nextafter(value, np.float32(np.inf)),
                np.nextafter(value, np.float32(-np.inf))][row % 3]


def families(data, seed):
    """Name, fitted model, whether it predicts classes, whether rows may lack values, columns."""
    x, y, b, three, names = data.x, data.y, data.binary, data.three, data.names
    holes = x.copy()
    holes[data.rng.random(x.shape) < 0.05] = np.nan
    s = dict(random_state=seed)
    for name, model in dict(
            logistic_pipeline=make_pipeline(StandardScaler(), LogisticRegression()),
            logistic_minmax=make_pipeline(MinMaxScaler(), LogisticRegression()),
            logistic_robust=make_pipeline(RobustScaler(), LogisticRegression()),
            sgd_log=make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", **s)),
            decision_tree=DecisionTreeClassifier(max_depth=6, **s),
            forest=RandomForestClassifier(25, max_depth=7, **s),
            forest_grown=RandomForestClassifier(20, **s),
            extra_trees=ExtraTreesClassifier(25, max_depth=8, **s),
            boosting=GradientBoostingClassifier(n_estimators=30, **s),
            hist_boosting=HistGradientBoostingClassifier(max_iter=30, **s),
            adaboost=AdaBoostClassifier(n_estimators=10, **s),
            mlp=make_pipeline(StandardScaler(), MLPClassifier((16, 8), max_iter=80, **s)),
            mlp_tanh=make_pipeline(
                StandardScaler(), MLPClassifier((12,), activation="tanh", max_iter=80, **s)),
            mlp_logistic=make_pipeline(
                StandardScaler(), MLPClassifier((12,), activation="logistic", max_iter=80, **s)),
            gaussian_nb=make_pipeline(StandardScaler(), GaussianNB()),
            bernoulli_nb=make_pipeline(StandardScaler(), BernoulliNB()),
            multinomial_nb=make_pipeline(MinMaxScaler(clip=True), MultinomialNB()),
            normaliser=make_pipeline(Normalizer(), LogisticRegression(C=100)),
            normaliser_l1=make_pipeline(Normalizer("l1"), LogisticRegression(C=100)),
            normaliser_max=make_pipeline(Normalizer("max"), LogisticRegression(C=100)),
            max_abs=make_pipeline(MaxAbsScaler(), LogisticRegression()),
            polynomial=make_pipeline(
                StandardScaler(), PolynomialFeatures(2), LogisticRegression()),
            binarizer=make_pipeline(StandardScaler(), Binarizer(), LogisticRegression()),
    ).items():
        yield f"{name}_binary", model.fit(x, b), True, False
        yield f"{name}_three", model.__sklearn_clone__().fit(x, three), True, False
        if name in ("logistic_pipeline", "forest", "boosting", "mlp", "gaussian_nb"):
            yield f"{name}_names", model.__sklearn_clone__().fit(x, names), True, False
    for name, model in dict(
            linear=LinearRegression(), ridge=make_pipeline(StandardScaler(), Ridge()),
            lasso=make_pipeline(StandardScaler(), Lasso(0.01)),
            elastic_net=make_pipeline(StandardScaler(), ElasticNet(0.01)),
            tree_regression=DecisionTreeRegressor(max_depth=6, **s),
            forest_regression=RandomForestRegressor(25, max_depth=7, **s),
            extra_trees_regression=ExtraTreesRegressor(25, max_depth=7, **s),
            boosting_regression=GradientBoostingRegressor(n_estimators=40, **s),
            hist_boosting_regression=HistGradientBoostingRegressor(max_iter=30, **s),
            mlp_regression=make_pipeline(
                StandardScaler(), MLPRegressor(hidden_layer_sizes=(16,), max_iter=200, **s)),
    ).items():
        yield name, model.fit(x, y), False, False
    for name, model in dict(
            imputed_ridge=make_pipeline(SimpleImputer(), StandardScaler(), Ridge()),
            imputed_median=make_pipeline(SimpleImputer(strategy="median"), Ridge()),
            hist_boosting_holes=HistGradientBoostingRegressor(max_iter=30, **s),
    ).items():
        yield name, model.fit(holes, y), False, True
    yield "hist_boosting_holes_binary", HistGradientBoostingClassifier(
        max_iter=30, **s).fit(holes, b), True, True
    yield "forest_holes", RandomForestClassifier(15, max_depth=6, **s).fit(holes, b), True, True
    yield "k_means", make_pipeline(StandardScaler(), KMeans(5, n_init=2, **s)).fit(x), None, False
    # Mixed columns.
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(6)])
    frame["colour"], frame["size"] = data.colour.astype(object), data.size
    numeric = [f"x{i}" for i in range(6)]
    ignore = OneHotEncoder(handle_unknown="ignore")
    for name, last in dict(
            mixed_logistic=LogisticRegression(max_iter=300),
            mixed_forest=RandomForestClassifier(15, max_depth=6, **s),
            mixed_mlp=MLPClassifier((8,), max_iter=60, **s)).items():
        columns = ColumnTransformer([
            ("n", make_pipeline(SimpleImputer(), StandardScaler()), numeric),
            ("c", ignore, ["colour"]), ("s", ignore, ["size"])])
        yield name, make_pipeline(columns, last).fit(frame, b), True, "mixed"
    ordinal = ColumnTransformer([
        ("n", MinMaxScaler(), numeric),
        ("c", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["colour"]),
        ("s", "passthrough", ["size"])])
    yield "mixed_ordinal", make_pipeline(ordinal, Ridge()).fit(frame, data.y), False, "mixed"
    both = ColumnTransformer([("c", ignore, ["colour", "copy"]), ("n", "passthrough", numeric)])
    frame["copy"] = data.rng.permutation(data.colour).astype(object)
    yield "two_categories", make_pipeline(
        both, GradientBoostingRegressor(n_estimators=20, **s)).fit(frame, data.y), False, "copy"


def export(model, classifies, columns):
    options = {id(model): {"zipmap": False}} if classifies else None
    if columns in ("mixed", "copy"):
        types = [(f"x{i}", FloatTensorType([None, 1])) for i in range(6)]
        types.append(("colour", StringTensorType([None, 1])))
        if columns == "mixed":
            types.append(("size", Int64TensorType([None, 1])))
        else:
            types.append(("copy", StringTensorType([None, 1])))
    else:
        types = [("X", FloatTensorType([None, 6]))]
    return to_onnx(model, initial_types=types, options=options,
                   target_opset={"": 18, "ai.onnx.ml": 3})


def reference(onnx, frame):
    # With more threads the order of a forest's sums depends on them and on the number of rows, and
    # so does its answer where classes are tied.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        onnx.SerializeToString(), options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) == 1:
        feed = {inputs[0].name: frame.to_numpy(np.float32)}
    else:
        kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object}
        feed = {i.name: frame[[i.name]].to_numpy().astype(kinds[i.type]) for i in inputs}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feed)))


def score(martlet, folder, onnx, frame):
    """Our own answers as a table, or why there are none."""
    (folder / "model.onnx").write_bytes(onnx.SerializeToString())
    frame.to_csv(folder / "rows.csv", index=False, float_format="%.9g")
    registry = folder / "models.registry"
    registry.unlink(missing_ok=True)
    for command in (
            ["models", "import", folder / "model.onnx", "--name", "peer", "--registry", registry,
             "--alias", "production"],
            ["predict", "--registry", registry, "--model", "peer", "--input", folder / "rows.csv",
             "--output", folder / "out.csv"]):
        run = subprocess.run([martlet, *command], capture_output=True, text=True)
        if run.returncode != 0:
            return None, (run.stdout + run.stderr).strip().splitlines()[-1]
    return pd.read_csv(folder / "out.csv", dtype=object), ""


def difference(expected, table):
    """How far the values lie apart, and how many labels differ."""
    worst, labels = 0.0, 0
    for name, values in expected.items():
        values = np.asarray(values).reshape(len(table), -1)
        if values.dtype.kind in "iuOUS":
            labels += int((values[:, 0].astype(str) != table[f"{name}_0"].astype(str)).sum())
            continue
        for column in range(values.shape[1]):
            ours = table[f"{name}_{column}"].astype(float).to_numpy()
            theirs = values[:, column].astype(float)
            size = np.maximum(1, np.abs(theirs))
            worst = max(worst, float(np.max(np.abs(ours - theirs) / size)))
    return worst, labels


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(1, options.seeds + 1):
            data = Data(seed)
            for name, model, classifies, columns in families(data, seed):
                if options.only and options.only not in name:
                    continue
                folder = (options.keep or pathlib.Path(temporary)) / f"{name}-{seed}"
                folder.mkdir(parents=True, exist_ok=True)
                try:
                    onnx = export(model, classifies, columns)
                except Exception as error:
                    print(f"{name:32} seed {seed}  skl2onnx: {str(error).splitlines()[0][:80]}")
                    continue
                if columns in ("mixed", "copy"):
                    frame = data.frame(columns == "mixed" and "ordinal" not in name)
                    if columns == "copy":
                        frame["copy"] = frame.pop("size").map(lambda i: COLOURS[i % 4])
                    if "ordinal" in name:
                        frame.loc[1, "size"] = 3
                else:
                    rows = data.rows(columns)
                    thresholds(onnx, rows, data.rng)
                    frame = pd.DataFrame(rows, columns=[f"X_{i}" for i in range(6)])
                try:
                    expected = reference(onnx, frame)
                except Exception as error:
                    print(f"{name:32} seed {seed}  ONNX Runtime: {str(error).splitlines()[0][:80]}")
                    continue
                table, reason = score(
                    pathlib.Path(options.build) / "martlet", folder, onnx, frame)
                if table is None:
                    print(f"{name:32} seed {seed}  refused: {reason}")
                    failures += 1
                    continue
                worst, labels = difference(expected, table)
                good = worst <= 1e-5 and labels == 0
                failures += not good
                print(f"{name:32} seed {seed}  {worst:.1e}  {labels} labels  "
                      f"{'ok' if good else 'DIFFERS'}")
    print(f"{failures} of the models differ or are refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
