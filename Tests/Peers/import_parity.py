#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Imports fresh models of LightGBM, XGBoost and CatBoost and compares the answers.

    import_parity.py make FOLDER [--seed 11] [--library xgboost]
    import_parity.py check BUILD FOLDER

`make` trains small models on synthetic data, one for each objective, booster and treatment of missing
values or categories, and writes for each a folder: the model as its library saves it, rows.csv (at
thresholds and beside them, infinite, missing, of unseen categories), and expected.csv, what the library
answered. Another version of a library is tried by running `make` with it on PYTHONPATH.

`check` imports each with the built `martlet` and scores the rows. Raw margins must be equal bit for bit,
predictions within 1e-6 (XGBoost) or 1e-12, contributions within 1e-6. Cases named `refused_…` hold what
must be refused, with the words in refused.txt.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
ROWS = 240
TEXTS = ["amber", "blue", "cyan", "dun", "ecru", "fawn", "gold"]


class Source:
    """A table with numbers that repeat, missing values and categories, and targets of all kinds."""

    def __init__(self, seed, count=3000):
        rng = np.random.default_rng(seed)
        x = pd.DataFrame({
            "a": rng.normal(size=count), "b": np.round(rng.gamma(2.0, 3.0, count), 1),
            "c": rng.integers(-3, 9, count).astype(float), "d": rng.normal(size=count) * 1e-3,
            "e": rng.integers(0, 3, count).astype(float)})
        x["colour"] = rng.choice(TEXTS, count, p=[.3, .2, .2, .1, .1, .06, .04])
        x["size"] = rng.choice(["S", "M, or so"], count)
        for column in ("a", "c"):
            x.loc[rng.random(count) < .1, column] = np.nan
        signal = (np.nan_to_num(x.a) + .3 * np.sqrt(x.b) * (x.colour < "c") - .2 * np.nan_to_num(x.c)
                  + (x["size"] == "S") * x.e + rng.normal(size=count) * .3)
        self.rng, self.x, self.signal = rng, x, signal.to_numpy()
        self.positive = np.exp(self.signal / 2) + .01
        self.binary = (self.signal > np.median(self.signal)).astype(int)
        self.share = 1 / (1 + np.exp(-self.signal))
        self.counts = np.floor(self.positive)
        self.classes = np.digitize(self.signal, np.quantile(self.signal, [.3, .7]))
        self.numbers = ["a", "b", "c", "d", "e"]

    def rows(self, columns, thresholds, infinite=True, missing=True, unseen=True, step=np.float64):
        rows = self.x[columns].sample(ROWS, random_state=3).reset_index(drop=True)
        numbers = [name for name in columns if name in self.numbers]
        for i in range(120):
            if thresholds:
                name, value = thresholds[i * len(thresholds) // 120]
                value = step(value)
                rows.loc[i, name] = [value, np.nextafter(value, step(np.inf)),
                                     np.nextafter(value, step(-np.inf))][i % 3]
        for i in range(120, 140):
            if infinite:
                rows.loc[i, numbers[i % len(numbers)]] = [np.inf, -np.inf, -0.0, 1e-36][i % 4]
        for i in range(140, 180):
            if missing:
                rows.loc[i, columns[i % len(columns)] if unseen else numbers[i % len(numbers)]] = None
        for i in range(180, 200):
            if unseen and "colour" in columns:
                rows.loc[i, "colour"] = "never-seen"
        return rows


def write(folder, name, save, rows, raw, prediction, contributions=None):
    place = folder / name
    place.mkdir(parents=True)
    save(place)
    rows.to_csv(place / "rows.csv", index=False, float_format="%.17g")
    raw, prediction = (np.asarray(each, np.float64).reshape(len(rows), -1) for each in (raw, prediction))
    expected = {f"raw_{k}": raw[:, k] for k in range(raw.shape[1])}
    expected |= {f"prediction_{k}": prediction[:, k] for k in range(prediction.shape[1])}
    pd.DataFrame(expected).to_csv(place / "expected.csv", index=False, float_format="%.17g")
    if contributions is not None:
        table = pd.DataFrame(np.asarray(contributions, np.float64).reshape(len(rows), -1))
        table.to_csv(place / "contributions.csv", index=False, float_format="%.17g")


def refuse(folder, name, save, words):
    place = folder / f"refused_{name}"
    place.mkdir(parents=True)
    save(place)
    (place / "refused.txt").write_text(words)


def make_lightgbm(folder, source):
    import lightgbm as lgb
    x = source.x.copy()
    for column in ("colour", "size"):
        x[column] = pd.Categorical(x[column])
    common = dict(verbose=-1, num_threads=2, seed=5, num_leaves=12, min_data_in_leaf=10)
    both, number = list(x.columns), source.numbers
    targets = dict(regression=source.signal, positive=source.positive, binary=source.binary, share=source.share,
                   counts=source.counts, classes=source.classes)
    cases = {
        "regression": ("regression", both, {}), "sqrt": ("regression", number, dict(reg_sqrt=True)),
        "l1": ("regression", number, dict(objective="l1")), "huber": ("regression", number, dict(objective="huber")),
        "fair": ("regression", number, dict(objective="fair")),
        "quantile": ("regression", both, dict(objective="quantile", alpha=.8)),
        "mape": ("positive", number, dict(objective="mape")), "poisson": ("counts", both, dict(objective="poisson")),
        "gamma": ("positive", number, dict(objective="gamma")),
        "tweedie": ("positive", number, dict(objective="tweedie")),
        "binary": ("binary", both, dict(objective="binary", sigmoid=.7)),
        "multiclass": ("classes", both, dict(objective="multiclass", num_class=3)),
        "two_classes": ("binary", both, dict(objective="multiclass", num_class=2)),
        "ova": ("classes", number, dict(objective="multiclassova", num_class=3, sigmoid=1.3)),
        "cross_entropy": ("share", number, dict(objective="cross_entropy")),
        "cross_entropy_lambda": ("share", number, dict(objective="cross_entropy_lambda")),
        "zero_as_missing": ("regression", both, dict(zero_as_missing=True)),
        "no_missing": ("regression", both, dict(use_missing=False)),
        "dart": ("binary", both, dict(objective="binary", boosting="dart", drop_rate=.4)),
        "forest": ("binary", both, dict(objective="binary", boosting="rf", bagging_freq=1, bagging_fraction=.6)),
        "forest_counts": ("counts", number, dict(objective="poisson", boosting="rf", bagging_freq=1, bagging_fraction=.6)),
        "forest_classes": ("classes", both, dict(objective="multiclass", num_class=3, boosting="rf", bagging_freq=1, bagging_fraction=.6)),
        "goss": ("binary", both, dict(objective="binary", data_sample_strategy="goss")),
        "one_leaf": ("regression", number, dict(min_data_in_leaf=10_000)),
        "one_hot": ("regression", both, dict(max_cat_to_onehot=20)),
        "extra": ("regression", both, dict(extra_trees=True, num_leaves=60, min_data_in_leaf=2)),
        "monotone": ("regression", number, dict(monotone_constraints=[1, 0, -1, 0, 0])),
    }
    def save_to(model):
        return lambda place: model.save_model(str(place / "model.txt"))
    for name, (target, columns, settings) in cases.items():
        model = lgb.train({**common, "objective": "regression", **settings}, lgb.Dataset(x[columns], targets[target]), 25)
        frame = model.trees_to_dataframe()
        frame = frame[frame.decision_type == "<="]
        rows = source.rows(columns, [(row.split_feature, row.threshold) for row in frame.itertuples()])
        ready = rows.copy()
        for column in set(columns) & {"colour", "size"}:
            ready[column] = pd.Categorical(ready[column])
        write(folder, f"lightgbm_{name}", save_to(model), rows, model.predict(ready, raw_score=True),
              model.predict(ready), model.predict(ready, pred_contrib=True))
    coded = source.x[number].copy()
    coded["e"] = coded["e"].astype(int)
    model = lgb.train({**common, "objective": "regression"}, lgb.Dataset(coded, source.signal, categorical_feature=["e"]), 25)
    rows = source.rows(number, [])
    rows["e"] = np.arange(len(rows)) % 9 - 2 + np.where(np.arange(len(rows)) % 4 == 0, .5, 0)
    write(folder, "lightgbm_codes", save_to(model), rows, model.predict(rows, raw_score=True), model.predict(rows),
          model.predict(rows, pred_contrib=True))
    group = np.full(60, 50)
    model = lgb.train({**common, "objective": "lambdarank"}, lgb.Dataset(source.x[number], source.classes, group=group), 10)
    rows = source.rows(number, [])
    write(folder, "lightgbm_rank", save_to(model), rows, model.predict(rows, raw_score=True), model.predict(rows))
    model = lgb.train({**common, "objective": "regression", "linear_tree": True}, lgb.Dataset(source.x[number].fillna(0), source.signal), 3)
    refuse(folder, "lightgbm_linear_tree", save_to(model), "linear leaves in tree")


def make_xgboost(folder, source):
    import xgboost as xgb
    version = tuple(int(part) for part in xgb.__version__.split(".")[:2])
    number, both = source.numbers, list(source.x.columns)
    tag = "xgboost_" + "_".join(map(str, version))
    if version < (3, 1):
        # The file has no values: the codes are what the model knows.
        for column in ("colour", "size"):
            source.x[column] = pd.Categorical(source.x[column]).codes.astype(int)
    x = source.x.copy()
    for column in ("colour", "size"):
        x[column] = pd.Categorical(x[column])
    targets = dict(regression=source.signal, positive=source.positive, binary=source.binary, share=source.share,
                   counts=source.counts, classes=source.classes)
    cases = {
        "regression": ("regression", number, {}), "absolute": ("regression", number, dict(objective="reg:absoluteerror")),
        "squaredlog": ("positive", number, dict(objective="reg:squaredlogerror")),
        "pseudohuber": ("regression", number, dict(objective="reg:pseudohubererror")),
        "share": ("share", number, dict(objective="reg:logistic")),
        "logistic": ("binary", number, dict(objective="binary:logistic")),
        "logistic_base": ("binary", number, dict(objective="binary:logistic", base_score=.2)),
        "logitraw": ("binary", number, dict(objective="binary:logitraw", base_score=.3)),
        "hinge": ("binary", number, dict(objective="binary:hinge")),
        "poisson": ("counts", number, dict(objective="count:poisson")), "gamma": ("positive", number, dict(objective="reg:gamma")),
        "tweedie": ("positive", number, dict(objective="reg:tweedie")),
        "cox": ("positive", number, dict(objective="survival:cox")),
        "softprob": ("classes", number, dict(objective="multi:softprob", num_class=3)),
        "two_classes": ("binary", number, dict(objective="multi:softprob", num_class=2)),
        "dart": ("binary", number, dict(objective="binary:logistic", booster="dart", rate_drop=.4)),
        "dart_classes": ("classes", number, dict(objective="multi:softprob", num_class=3, booster="dart", rate_drop=.4, one_drop=1)),
        "forest": ("regression", number, dict(num_parallel_tree=4, subsample=.6, colsample_bynode=.6)),
        "lossguide": ("regression", number, dict(grow_policy="lossguide", max_leaves=40, max_depth=0, tree_method="hist")),
        "exact": ("regression", number, dict(tree_method="exact")),
        "pruned": ("regression", number, dict(tree_method="exact", gamma=5)),
        "linear": ("regression", number, dict(booster="gblinear", updater="coord_descent")),
        "linear_classes": ("classes", number, dict(booster="gblinear", objective="multi:softprob", num_class=3)),
        "categories": ("binary", both, dict(objective="binary:logistic", tree_method="hist")),
        "one_hot": ("regression", both, dict(tree_method="hist", max_cat_to_onehot=20)),
    }
    if version >= (2, 0):
        cases["quantile"] = ("regression", number, dict(objective="reg:quantileerror", quantile_alpha=.3))
    for name, (target, columns, settings) in cases.items():
        data = xgb.DMatrix(x[columns], targets[target], enable_categorical=True)
        model = xgb.train({"objective": "reg:squarederror", "max_depth": 4, "seed": 5, "nthread": 2, **settings}, data, 12)
        thresholds = []
        if settings.get("booster") != "gblinear":
            frame = model.trees_to_dataframe()
            frame = frame[frame.Split.notna() & frame.Feature.isin(number)]
            thresholds = [(row.Feature, row.Split) for row in frame.itertuples()]
        rows = source.rows(columns, thresholds, infinite=False, unseen=False, step=np.float32)
        ready = rows.copy()
        for column in set(columns) & {"colour", "size"}:
            ready[column] = pd.Categorical(ready[column], x[column].cat.categories)
        data = xgb.DMatrix(ready, enable_categorical=True)
        raw, prediction = model.predict(data, output_margin=True), model.predict(data)
        if not model.feature_names:  # an older version with a newer pandas
            rows.columns = [f"f{index}" for index in range(len(columns))]
        contributions = None if settings.get("booster") == "gblinear" else model.predict(data, pred_contribs=True)
        for suffix in ("json", "ubj"):
            write(folder, f"{tag}_{name}_{suffix}", lambda place: model.save_model(place / f"model.{suffix}"), rows, raw,
                  prediction, contributions)
    if version >= (2, 0):
        pair = np.stack([source.signal, source.positive], 1)
        for name, settings, words in (("targets", {}, "2 targets"), ("vector", dict(multi_strategy="multi_output_tree"), "2 targets")):
            model = xgb.train({"tree_method": "hist", **settings}, xgb.DMatrix(x[number], pair), 2)
            refuse(folder, f"{tag}_{name}", lambda place: model.save_model(place / "model.json"), words)
        classes = xgb.train({"tree_method": "hist", "multi_strategy": "multi_output_tree", "objective": "multi:softprob", "num_class": 3},
                            xgb.DMatrix(x[number], source.classes), 2)
        refuse(folder, f"{tag}_vector_leaves", lambda place: classes.save_model(place / "model.json"), "vector leaves in tree 0")


def make_catboost(folder, source):
    from catboost import CatBoost, Pool
    number, both = source.numbers, list(source.x.columns)
    names = np.array(["low", "middle", "high"])[source.classes]
    cases = {
        "RMSE": ("RMSE", source.signal, number, {}), "MAE": ("MAE", source.signal, number, {}),
        "quantile": ("Quantile:alpha=0.8", source.signal, number, {}), "poisson": ("Poisson", source.counts, number, {}),
        "tweedie": ("Tweedie:variance_power=1.5", source.positive, number, {}),
        "logloss": ("Logloss", np.where(source.binary, "yes", "no"), both, {}),
        "cross_entropy": ("CrossEntropy", source.share, number, {}),
        "multiclass": ("MultiClass", names, both, {}), "two_classes": ("MultiClass", source.binary, number, {}),
        "ova": ("MultiClassOneVsAll", source.classes, number, {}),
        "depthwise": ("Logloss", source.binary, both, dict(grow_policy="Depthwise", depth=5)),
        "lossguide": ("MultiClass", source.classes, both, dict(grow_policy="Lossguide", max_leaves=20)),
        "nan_max": ("RMSE", source.signal, number, dict(nan_mode="Max")),
        "one_hot": ("RMSE", source.signal, both, {}), "deep": ("RMSE", source.signal, both, dict(depth=9)),
    }
    def pool(columns, rows, target=None):
        return Pool(rows, target, cat_features=[name for name in columns if name not in number])
    for name, (loss, target, columns, settings) in cases.items():
        model = CatBoost(dict(loss_function=loss, iterations=23, depth=4, random_seed=5, thread_count=2, verbose=0,
                              allow_writing_files=False, one_hot_max_size=50) | settings)
        model.fit(pool(columns, source.x[columns], target))
        borders = [(column, border) for column, points in zip(columns, [
            model.get_borders().get(index, []) for index in range(len(columns))]) for border in points]
        rows = source.rows(columns, borders, missing=False, step=np.float32)
        for i in range(140, 180):
            rows.loc[i, ["a", "c"][i % 2]] = np.nan
        prediction = {"Logloss": "Probability", "CrossEntropy": "Probability", "MultiClass": "Probability",
                      "MultiClassOneVsAll": "Probability", "Poisson": "Exponent", "Tweedie": "Exponent"
                      }.get(loss.split(":")[0], "RawFormulaVal")
        ready = pool(columns, rows)
        answer = model.predict(ready, prediction_type=prediction)
        if loss in ("Logloss", "CrossEntropy"):
            answer = answer[:, 1]
        raw, contributions = model.predict(ready, prediction_type="RawFormulaVal"), model.get_feature_importance(
            ready, type="ShapValues")
        # The library's own miss the margin where trees that are not oblivious have empty leaves.
        if np.abs(contributions.sum(-1) - raw).max() > 1e-6:
            contributions = None
        write(folder, f"catboost_{name}", lambda place: model.save_model(str(place / "model.json"), format="json"), rows,
              raw, answer, contributions)
    for name, loss, columns, target, settings, words in (
            ("ctr", "Logloss", both, source.binary, dict(one_hot_max_size=1), "CTR split in tree"),
            ("uncertainty", "RMSEWithUncertainty", number, source.signal, {}, "RMSEWithUncertainty"),
            ("multi", "MultiRMSE", number, np.stack([source.signal, source.positive], 1), {}, "MultiRMSE")):
        model = CatBoost(dict(loss_function=loss, iterations=5, verbose=0, allow_writing_files=False) | settings)
        model.fit(pool(columns, source.x[columns], target))
        refuse(folder, f"catboost_{name}", lambda place: model.save_model(str(place / "model.json"), format="json"), words)


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def compare(martlet, case, work):
    """Returns what is wrong, or nothing."""
    model, = case.glob("model.*")
    registry, output = work / "registry", work / "output.csv"
    registry.unlink(missing_ok=True)
    done = run(martlet, "models", "import", model, "--name", "m", "--registry", registry, "--alias", "production")
    if case.name.startswith("refused_"):
        words = (case / "refused.txt").read_text()
        return "" if done.returncode == 1 and words in done.stderr else f"not refused: {done.stderr}"
    if done.returncode:
        return done.stderr
    words = [martlet, "predict", "--registry", registry, "--model", "m", "--input", case / "rows.csv", "--output", output, "--raw"]
    explains = (case / "contributions.csv").exists()
    done = run(*words, *["--contributions"] * explains)
    if done.returncode:
        return done.stderr
    expected, found = (pd.read_csv(path) for path in (case / "expected.csv", output))
    for column in expected:
        if column not in found:
            return f"no column {column}"
        wanted, got = expected[column].to_numpy(float), found[column].to_numpy(float)
        if column.startswith("raw_"):
            wrong = wanted.view(np.int64) != got.view(np.int64)
        else:
            tolerance = 1e-6 if "xgboost" in case.name else 1e-12
            wrong = ~(np.abs(wanted - got) <= tolerance * np.maximum(1, np.abs(wanted)))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            return f"{column}: {wrong.sum()} rows differ, row {row}: {got[row]!r} for {wanted[row]!r}"
    if explains:
        wanted = pd.read_csv(case / "contributions.csv").to_numpy(float)
        got = found[[column for column in found if column.startswith("contribution_")]].to_numpy(float)
        wrong = ~(np.abs(wanted - got) <= 1e-6 * np.maximum(1, np.abs(wanted)))
        if wrong.any():
            row, column = (int(each[0]) for each in np.nonzero(wrong))
            return f"contribution {column}: {wrong.any(1).sum()} rows differ, row {row}: {got[row, column]!r} for {wanted[row, column]!r}"
        margins = found[[column for column in found if column.startswith("raw_")]].to_numpy(float)
        sums = got.reshape(*margins.shape, -1).sum(-1)
        if not (np.abs(sums - margins) <= 1e-6 * np.maximum(1, np.abs(margins))).all():
            return "contributions that do not sum to the margin"
    return ""


def check(build, folder):
    cases, failed = sorted(path for path in folder.iterdir() if path.is_dir()), 0
    with tempfile.TemporaryDirectory() as work:
        for case in cases:
            fault = compare(build / "martlet", case, pathlib.Path(work))
            failed += bool(fault)
            if fault:
                print(f"{case.name}: {fault.strip()}", flush=True)
    print(f"{len(cases) - failed} of {len(cases)} models as their libraries")
    return failed > 0 or not cases


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("folder", type=pathlib.Path)
    make.add_argument("--seed", type=int, default=11)
    make.add_argument("--library", choices=["lightgbm", "xgboost", "catboost"])
    checking = commands.add_parser("check")
    checking.add_argument("build", type=pathlib.Path)
    checking.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    if options.command == "check":
        return check(options.build.resolve(), options.folder)
    for name, made in (("lightgbm", make_lightgbm), ("xgboost", make_xgboost), ("catboost", make_catboost)):
        if options.library in (None, name):
            made(options.folder, Source(options.seed))


if __name__ == "__main__":
    sys.exit(main())
