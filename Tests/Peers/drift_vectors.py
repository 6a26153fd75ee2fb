#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what SciPy says of pairs of binned counts, for Tests/RolloutTests/DriftVectors.swift.

    python3 Tests/Peers/drift_vectors.py > Tests/RolloutTests/DriftVectors.swift

Half an event is added to each bin for the index and the Jensen-Shannon distance, as in the server.
"""
import numpy as np
import scipy
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import chi2, ks_2samp, norm

HEADER = """// SPDX-License-Identifier: Apache-2.0

/// What SciPy {version} says of pairs of binned counts; written by `Tests/Peers/drift_vectors.py`.
enum DriftVectors {{
    struct Distance: Sendable {{
        let window: [UInt64]
        let reference: [UInt64]
        let stabilityIndex: Double
        let jensenShannon: Double
        let jensenShannonBinary: Double
        let kolmogorov: Double
        /// The upper tail of chi-square at the scaled index.
        let probability: Double
    }}

    /// Events and rows of the window, then of the reference, and the two-sided probability.
    struct Share: Sendable {{
        let window: [UInt64]
        let reference: [UInt64]
        let probability: Double
    }}
"""


def distance(window, reference):
    n, m, bins = window.sum(), reference.sum(), len(window)
    p = (window + 0.5) / (n + bins / 2)
    q = (reference + 0.5) / (m + bins / 2)
    index = float(np.sum(rel_entr(p, q) + rel_entr(q, p)))
    places = np.arange(bins)
    gap = ks_2samp(np.repeat(places, window), np.repeat(places, reference), method="asymp")
    numbers = [
        ("stabilityIndex", index), ("jensenShannon", float(jensenshannon(p, q))),
        ("jensenShannonBinary", float(jensenshannon(p, q, base=2))),
        ("kolmogorov", float(gap.statistic)),
        ("probability", float(chi2.sf(index * n * m / (n + m), bins - 1))),
    ]
    lines = [f"            window: {window.tolist()},", f"            reference: {reference.tolist()},"]
    lines += [f"            {name}: {value!r}," for name, value in numbers]
    return "        .init(\n" + "\n".join(lines)[:-1] + "),"


def share(a, n, b, m):
    pooled = (a + b) / (n + m)
    z = (a / n - b / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return (
        f"        .init(window: [{a}, {n}], reference: [{b}, {m}], "
        f"probability: {float(2 * norm.sf(abs(z)))!r}),"
    )


def main():
    random = np.random.default_rng(5)
    pairs = [(np.array([50, 50]), np.array([60, 40])), (np.array([7, 0]), np.array([0, 9]))]
    for bins in range(2, 21):
        shares = random.dirichlet(np.full(bins, 2.0))
        moved = 0.8 * shares + 0.2 * random.dirichlet(np.full(bins, 0.3))
        n, m = int(random.integers(200, 5000)), int(random.integers(1000, 50000))
        pairs.append((random.multinomial(n, moved), random.multinomial(m, shares)))
        pairs.append((random.multinomial(n, shares), random.multinomial(m, shares)))
    print(HEADER.format(version=scipy.__version__))
    print("    static let distances: [Distance] = [")
    for window, reference in pairs:
        print(distance(window, reference))
    print("    ]\n\n    static let shares: [Share] = [")
    for counts in [(0, 200, 3, 5000), (12, 1000, 20, 5000), (60, 1000, 50, 1000), (1000, 1000, 999, 1000),
                   (3, 1000, 0, 100000), (500, 1000, 100, 5000), (1, 200, 25, 5000)]:
        print(share(*counts))
    print("    ]\n}")


if __name__ == "__main__":
    main()
