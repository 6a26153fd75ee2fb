# SPDX-License-Identifier: Apache-2.0
"""The rows of the speed table, and how they are written."""
import dataclasses
import datetime
import platform
import os
import re
import statistics
import subprocess


@dataclasses.dataclass
class Demand:
    sign: str
    bound: float

    def __str__(self):
        return f"{self.sign} {self.bound:,g}"

    def is_met_by(self, value):
        return value >= self.bound if self.sign == "≥" else value <= self.bound


def at_least(bound):
    return Demand("≥", bound)


def at_most(bound):
    return Demand("≤", bound)


@dataclasses.dataclass
class Row:
    """One figure. `values` has one entry a round; what is reported is their median."""
    figure: str
    values: list
    demand: Demand | None = None
    form: str = "{:.2f}"
    # What was measured to make the figure, ours and the peers'.
    ours: str = ""
    peers: str = ""
    # Why there is no value.
    missing: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def is_met(self):
        if self.demand is None:
            return True
        # Judged as it is shown.
        return not self.missing and self.demand.is_met_by(float(
            self.form.format(self.median).replace(",", "")))

    def cells(self):
        demand = str(self.demand) if self.demand else "–"
        if self.missing:
            return [self.figure, demand, f"not measured: {self.missing}", "", "", ""]
        value = self.form.format(self.median)
        if self.demand:
            value = f"**{value}**" if self.is_met else f"**{value}** (not met)"
        spread = ""
        if len(self.values) > 1:
            spread = "–".join(self.form.format(each) for each in (min(self.values),
                                                                  max(self.values)))
        return [self.figure, demand, value, spread, self.ours, self.peers]


def _first_line(*words):
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ((done.stdout + done.stderr).strip().splitlines() or [""])[0]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    nginx = _first_line("nginx", "-v").rpartition(" ")[2]
    wrk = re.search(r"wrk \S+", _first_line("wrk", "-v"))
    return (f"{model}, {os.cpu_count()} cores, Linux {platform.release()}; {nginx}, "
            f"{wrk.group() if wrk else 'wrk'}")


def render(rows, rounds, seconds):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    lines = [
        f"Measured by `make bench` on {today}: {machine()}.", "",
        "The server has one core and one loop, the client the other core. Each ratio comes from one "
        f"run in which\nMartlet and its peers are measured in turn, {rounds} rounds of {seconds} s; "
        "the median of the rounds is what\nis reported, their least and greatest are beside it. "
        "nginx answers `return 200` with a body as long as\nMartlet's. \"Busy\" is how much of its "
        "core a server used: where it is well below 100 %, the client was\nthe limit, and the ratio "
        "says less than the CPU time.", "",
        "| figure | demand | measured | rounds | Martlet | peers |", "|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines) + "\n"
