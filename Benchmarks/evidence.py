# SPDX-License-Identifier: Apache-2.0
"""What watching costs: drift counted, and a candidate that computes copies of every request.

Two servers of the same build side by side, round by round in turn, each on core 0; the client is on
core 1. Part of `Benchmarks/run.py`.
"""
import contextlib
import json
import statistics
import time

from latency import paced, peak
from load import in_turn, wrk, wrk_script
from processes import run
from table import Row, at_least, at_most

# A shadow that lasts for the whole measurement.
SHADOW = {"steps": [0.01], "shadow_pairs": 1 << 40, "shadow_seconds": 36_000,
          "step_deadline_seconds": 72_000, "deadline_seconds": 144_000, "rules": ["harm"]}


def drift(stand, rounds, seconds):
    """POST /predict with its rows counted for drift, beside a server that counts none."""
    script = wrk_script(stand)
    turns = in_turn(rounds, {
        "martlet": stand.martlet,
        "without": lambda: stand.martlet("--drift-window-rows", "0"),
    }, lambda _, server: wrk(server, script, seconds))

    def text(name, prefix=""):
        return (f"{prefix}{turns.median(name, lambda each: each.rate):,.0f}/s, "
                f"{turns.median(name, lambda each: each.cpu):.2f} µs CPU")

    yield Row("drift counted: requests/s ÷ without", turns.ratios(
        lambda each: each.rate, peer="without"), at_least(0.97), form="{:.3f}",
        ours=text("martlet"), peers=text("without", "without: "))
    yield Row("drift counted: CPU a request ÷ without", turns.ratios(
        lambda each: each.cpu, peer="without"), at_most(1.03), form="{:.3f}",
        ours=text("martlet"), peers=text("without", "without: "))


@contextlib.contextmanager
def _shadowed(stand):
    """A server in whose shadow a second version computes copies."""
    registry = stand.folder / "shadow-registry"
    if not registry.exists():
        registry.write_bytes(stand.registry.read_bytes())
        run(stand.build / "martlet-train", "fit", "--data", stand.folder / "data.csv", "--target",
            "label", "--model", "logistic", "--C", "0.1", "--name", "bench", "--registry", registry)
    with stand.martlet("--registry", registry) as server:
        server.post(json.dumps({"candidate": 2, "plan": SHADOW}), "/rollouts")
        for _ in range(100):
            if json.loads(server.get("/rollouts/1"))["state"] == "shadow":
                break
            time.sleep(0.05)
        else:
            raise RuntimeError(f"no shadow: {server.get('/rollouts/1')}")
        yield server


def shadow(stand, rounds, seconds):
    """POST /predict at a quarter of peak with copies of it computed, and without, in turn."""
    with stand.martlet() as plain, _shadowed(stand) as shadowed:
        rate = peak(stand, plain) / 4
        without, with_it = [], []
        for _ in range(rounds):
            without.append(paced(stand, plain, rate, seconds))
            with_it.append(paced(stand, shadowed, rate, seconds))
        pairs = next(float(line.split()[-1]) for line in shadowed.get("/metrics").decode()
                     .splitlines() if line.startswith('rollout_copies_total{result="computed"}'))
    for name in ("p99", "p50"):
        yield Row(
            f"shadow: {name} of answers ÷ without, fixed rate",
            [ours[name] / base[name] for ours, base in zip(with_it, without)],
            at_most(1.05) if name == "p99" else None, form="{:.2f}",
            ours=f"{statistics.median(each[name] for each in with_it):,.0f} µs at {rate:,.0f}/s, "
                 f"{pairs:,.0f} copies computed",
            peers=f"without: {statistics.median(each[name] for each in without):,.0f} µs")
