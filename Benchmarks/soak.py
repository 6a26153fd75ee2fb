#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hours at half load: memory, descriptors and threads must stay flat.

The load is mixed: predictions, probes, malformed bodies, unknown paths, and clients that close
their connection after ten requests. Fails, with the reasons, when something grows.
"""
import argparse
import concurrent.futures
import pathlib
import statistics
import sys
import tempfile
import time

from load import exchange, wrk, wrk_script
from processes import raise_descriptor_limit
from stand import Stand

# What may grow in an hour, as a share; and what a measurement of a page-wise quantity may err.
RESIDENT_GROWTH_MAX = 0.005
RESIDENT_NOISE_KIB = 256


def slope(points):
    """The slope of the line of least squares through (x, y) points."""
    xs, ys = zip(*points)
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    spread = sum((each - x) ** 2 for each in xs)
    return sum((a - x) * (b - y) for a, b in points) / spread if spread else 0.0


def mixed_requests(stand):
    """Of twenty requests: sixteen predictions, two probes, a malformed body, an unknown path."""
    malformed = stand.folder / "malformed.http"
    malformed.write_text("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                         "Content-Length: 15\r\n\r\n{\"features\": [1")
    unknown = stand.folder / "unknown.http"
    unknown.write_text("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
    return [stand.predict] * 16 + [stand.healthz] * 2 + [malformed, unknown]


class Soak:
    def __init__(self, stand, server, hours):
        self.stand, self.server = stand, server
        self.end = time.monotonic() + hours * 3600
        # Buffers and pools find their size in the first sixth, at most ten minutes.
        self.warm = time.monotonic() + min(600, hours * 600)
        self.samples, self.medians, self.answers = [], [], 0

    def run(self):
        rate = wrk(self.server, wrk_script(self.stand), 3).rate / 2
        requests = mixed_requests(self.stand)
        segment = max(2, min(30, (self.end - time.monotonic()) / 20))
        print(f"{rate:,.0f} requests/s in segments of {segment:.0f} s", file=sys.stderr)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            while time.monotonic() < self.end:
                loads = [
                    pool.submit(exchange, self.stand, self.server.port, *requests, c=32,
                                r=rate * 0.9, s=segment, statuses=("2xx", "4xx")),
                    pool.submit(exchange, self.stand, self.server.port, self.stand.predict, c=4,
                                k=10, r=rate * 0.1, s=segment)]
                time.sleep(segment / 2)
                self.sample()
                steady, _ = (load.result() for load in loads)
                self.answers += sum(load.result()["answers"] for load in loads)
                errors = steady["4xx"] / steady["answers"]
                if not 0.09 < errors < 0.11:
                    raise RuntimeError(f"not a tenth of 4xx but {errors:.3f}")
                if time.monotonic() > self.warm:
                    self.medians.append((time.monotonic() / 3600, steady["p50"]))

    def sample(self):
        if time.monotonic() < self.warm:
            return
        self.samples.append((time.monotonic() / 3600, self.server.resident_kib(),
                             self.server.descriptor_count(), self.server.thread_count()))

    def complaints(self):
        """What grew; empty if nothing did."""
        if len(self.samples) < 5:
            return ["too few samples: the soak was too short"]
        found = []
        span = self.samples[-1][0] - self.samples[0][0]
        resident = statistics.median(each[1] for each in self.samples)
        grown = slope([(each[0], each[1]) for each in self.samples]) * span
        if grown > resident * RESIDENT_GROWTH_MAX * span + RESIDENT_NOISE_KIB:
            found.append(f"resident memory grew by {grown:.0f} KiB in {span:.2f} h")
        for index, name, noise in ((2, "descriptors", 8), (3, "threads", 2)):
            grown = slope([(each[0], each[index]) for each in self.samples]) * span
            if grown > noise:
                found.append(f"{name} grew by {grown:.0f} in {span:.2f} h")
        return found

    def summary(self):
        columns = list(zip(*self.samples))[1:]
        names = ("resident KiB", "descriptors", "threads")
        ranges = ", ".join(f"{name} {min(column):,}–{max(column):,}"
                           for name, column in zip(names, columns))
        # Told and not judged: on a shared machine it drifts by itself.
        medians = [p50 for _, p50 in self.medians]
        drift = slope(self.medians) * (self.medians[-1][0] - self.medians[0][0])
        return (f"{self.answers:,} answers; {ranges}; p50 {statistics.median(medians):.0f} µs, "
                f"{drift / statistics.median(medians):+.0%} over the run")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="folder of the release programs")
    parser.add_argument("--hours", type=float, default=1)
    chosen = parser.parse_args()
    raise_descriptor_limit()
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(chosen.build, pathlib.Path(folder))
        with stand.martlet() as server:
            soak = Soak(stand, server, chosen.hours)
            soak.run()
    complaints = soak.complaints()
    if soak.samples:
        print(soak.summary())
    for complaint in complaints:
        print(f"not flat: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
