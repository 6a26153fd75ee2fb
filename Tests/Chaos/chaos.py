#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks things under the built programs and looks at what users see.

    chaos.py [--build .build/release] [--previous FOLDER] [--only NAME]… [--list]

While predictions are asked for all the time, each scenario takes something away (a process, a disk,
the network, the clock, a file) and gives it back. Every answer is compared, byte for byte, with
what the same version said in peace. A scenario passes if nobody got a wrong answer or a status that
it does not name, readiness told the truth, and all was well again within the seconds it names; what
was measured is printed. What cannot be had here is SKIPPED, with the reason; that is no pass.

Everything runs in namespaces of its own (mounts, processes, network), so that whatever a scenario
leaves, or a ^C, goes with them. `--previous` names older programs, for the upgrade.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import honesty  # noqa: F401  (first, as the others rest on it)
import backups  # noqa: F401  (each registers its scenarios)
import certificates  # noqa: F401
import clocks  # noqa: F401
import disks  # noqa: F401
import kills  # noqa: F401
import network  # noqa: F401
import registries  # noqa: F401
import resources  # noqa: F401
import upgrades  # noqa: F401
from scenario import SCENARIOS, Failure, Place, Skip

INSIDE = "CHAOS_INSIDE"


def enter_namespaces():
    """Runs this program again where mounts, processes and interfaces are its own."""
    words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        words.append("--map-root-user")
    try:
        possible = subprocess.run([*words, "true"], capture_output=True, text=True)
    except FileNotFoundError:
        return "no unshare"
    if possible.returncode != 0:
        return possible.stderr.strip()
    environment = os.environ | {INSIDE: "root" if os.geteuid() == 0 else "user"}
    os.execvpe(words[0], [*words, sys.executable, *sys.argv], environment)
    return None


def perform(name, chosen):
    """Runs one scenario; returns its verdict and what there is to say."""
    with tempfile.TemporaryDirectory(prefix="martlet-chaos-", ignore_cleanup_errors=True) as folder:
        place = Place(chosen.build, folder, chosen.previous)
        try:
            with place:
                SCENARIOS[name](place)
            return "pass", "; ".join(place.figures)
        except Skip as reason:
            return "SKIP", str(reason)
        except Failure as failure:
            verdict = "; ".join([f"FAILED: {failure}", *place.figures])
        except Exception:
            verdict = f"FAILED: {traceback.format_exc()}"
        if chosen.keep:
            for log in sorted(pathlib.Path(folder).glob("log-*")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}", file=sys.stderr)
        return "FAIL", verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".build/release", help="folder of the programs")
    parser.add_argument("--previous", help="folder of older programs, to be upgraded from")
    parser.add_argument("--only", action="append", choices=sorted(SCENARIOS), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    parser.add_argument("--keep", action="store_true", help="print the logs of what failed")
    chosen = parser.parse_args()
    if chosen.list:
        for name, function in SCENARIOS.items():
            print(f"{name:22} {function.__doc__.splitlines()[0]}")
        return 0
    if INSIDE not in os.environ:
        reason = enter_namespaces()
        print(f"no namespaces ({reason}): what needs them is skipped")
    else:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    began, failed, skipped = time.monotonic(), 0, 0
    names = chosen.only or list(SCENARIOS)
    for name in names:
        start = time.monotonic()
        verdict, text = perform(name, chosen)
        failed += verdict == "FAIL"
        skipped += verdict == "SKIP"
        print(f"{verdict} {name:22} {time.monotonic() - start:5.1f} s  {text}", flush=True)
    print(f"{len(names)} scenarios in {time.monotonic() - began:.0f} s: "
          f"{failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
