# SPDX-License-Identifier: Apache-2.0
"""Writes seeded tables of numbers and categories with three answers, for comparing learners.

    python Tests/Peers/mixed_table.py PREFIX

PREFIX-train.csv and PREFIX-small.csv have missing values, PREFIX-whole.csv has none; each comes with
a table of test rows, PREFIX-…-test.csv.
"""
import sys

import numpy as np
import pandas as pd


def table(generator, count, gaps):
    x = generator.normal(size=(count, 5))
    x[:, 1] += 0.8 * x[:, 0]
    x[:, 2] = np.exp(x[:, 2])
    city = generator.choice(["Bern", "Köln", "Ulm", "Wien"], count, p=[0.4, 0.3, 0.2, 0.1])
    size = generator.choice(["s", "m", "l"], count)
    effect = pd.Series(city).map({"Bern": 0.0, "Köln": 1.0, "Ulm": -1.0, "Wien": 0.5}).to_numpy()
    score = x[:, 0] * x[:, 1] + x[:, 2] - x[:, 3] + effect + 0.5 * generator.normal(size=count)
    result = pd.DataFrame(np.round(x, 4), columns=[f"x{index}" for index in range(5)])
    result["city"], result["size"] = city, size
    if gaps:
        for name in ("x1", "x4", "city"):
            result.loc[generator.random(count) < 0.07, name] = None
    result["value"] = np.round(100 + 20 * score, 3)
    result["two"] = np.where(score > 1.5, "yes", "no")
    result["three"] = np.where(score > 2, "high", np.where(score > 0.5, "middle", "low"))
    return result


def main():
    generator = np.random.default_rng(7)
    for name, count, gaps in (("train", 6000, True), ("whole", 4000, False), ("small", 800, True)):
        for suffix, rows in (("", count), ("-test", count // 4)):
            path = f"{sys.argv[1]}-{name}{suffix}.csv"
            table(generator, rows, gaps).to_csv(path, index=False)


if __name__ == "__main__":
    main()
