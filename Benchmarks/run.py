#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The speed table: Martlet beside its peers, in one run on one machine.

Without --only every figure is measured and its section of results.md is written, with notes.md behind it; with
--only the rows are printed.
Needs nginx, wrk, perf or strace, openssl and a C compiler (Debian); FastAPI and scikit-learn come
from PyPI into the build folder, Hummingbird is built by Swift.
"""
import argparse
import sys
import tempfile
import traceback

import budgets
import evidence
import latency
import throughput
import trees
from processes import Unavailable, raise_descriptor_limit
from results import write_section
from stand import HERE, Stand
from table import Row, render

GROUPS = {
    "predict": throughput.predict,
    "trees": trees.trees,
    "healthz": throughput.healthz,
    "pipelined": throughput.pipelined,
    "reconnecting": throughput.reconnecting,
    "tls": throughput.tls,
    "system-calls": budgets.system_calls,
    "allocations": budgets.allocations,
    "idle-memory": budgets.idle_memory,
    "half-of-peak": latency.half_of_peak,
    "slow-clients": latency.among_slow_clients,
    "observed": throughput.observed,
    "drift": evidence.drift,
    "shadow": evidence.shadow,
}


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="folder of the release programs")
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="FIGURE",
                        help="of " + ", ".join(GROUPS) + "; may be given several times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="for each server in each round")
    return parser.parse_args()


def main():
    chosen = options()
    raise_descriptor_limit()
    rows, has_failed = [], False
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(chosen.build, folder)
        for name in chosen.only or GROUPS:
            print(f"{name} …", file=sys.stderr, flush=True)
            try:
                found = GROUPS[name](stand, chosen.rounds, chosen.seconds)
            except Unavailable as reason:
                found = [Row(GROUPS[name].__doc__.splitlines()[0], [], missing=str(reason))]
            except (RuntimeError, OSError):
                # One figure's failure leaves the others; the run as a whole has failed.
                traceback.print_exc()
                found = [Row(GROUPS[name].__doc__.splitlines()[0], [], missing="it failed")]
                has_failed = True
            for row in found:
                print("| " + " | ".join(row.cells()) + " |", flush=True)
            rows += found
    if not chosen.only:
        notes = (HERE / "notes.md").read_text(encoding="utf-8")
        write_section("Over HTTP", render(rows, chosen.rounds, chosen.seconds) + "\n" + notes)
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
