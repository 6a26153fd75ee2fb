# SPDX-License-Identifier: Apache-2.0
"""Times at a fixed rate: alone, and among slow clients."""
import contextlib
import json
import statistics
import subprocess

from load import exchange, wrk, wrk_script
from table import Row, at_most

SLOW_HEADS, SLOW_BODIES = 10_000, 5_000


def peak(stand, server):
    return wrk(server, wrk_script(stand), 2).rate


def paced(stand, server, rate, seconds):
    try:
        answer = exchange(stand, server.port, stand.predict, c=32, r=rate, s=seconds, w="")
    except RuntimeError:
        # Without the right to real-time priority nothing tells when the machine stood still.
        answer = exchange(stand, server.port, stand.predict, c=32, r=rate, s=seconds)
    if answer["unsent"] > rate * seconds / 100:
        raise RuntimeError(f"the rate of {rate:.0f}/s was not held: {answer}")
    return answer


def _both_ways(figure, demand, text, value, *series):
    """Two rows of one figure: as it was, and without what the machine's own stalls touched.

    `value` makes a round's value of one answer of each series, `text` tells of a series.
    """
    for prefix, suffix in (("", ""), ("calm_", ", the machine's own stalls set aside")):
        if not all(f"{prefix}p99" in each for answers in series for each in answers):
            yield Row(figure + suffix, [], demand, missing="it takes real-time priority")
            continue
        values = [value(prefix, *answers) for answers in zip(*series)]
        yield Row(figure + suffix, values, demand, ours=text(prefix, series[0]),
                  peers=text(prefix, series[1]))


def _middle(answers, name):
    return statistics.median(each[name] for each in answers)


def _stalled(prefix, answers):
    return f", {_middle(answers, 'stalled_share'):.1%} of the time set aside" if prefix else ""


def half_of_peak(stand, rounds, seconds):
    """POST /predict at half of what the server takes, requests due at fixed instants."""
    answers, rates = {"martlet": [], "nginx": []}, {"martlet": [], "nginx": []}
    with stand.martlet() as martlet, stand.nginx() as nginx:
        for _ in range(rounds):
            for name, server in (("martlet", martlet), ("nginx", nginx)):
                rates[name].append(peak(stand, server) / 2)
                answers[name].append(paced(stand, server, rates[name][-1], seconds))

    def text(prefix, series):
        name = "martlet" if series is answers["martlet"] else "nginx"
        times = ", ".join(f"{title} {_middle(series, prefix + key):,.0f} µs" for title, key in (
            ("p50", "p50"), ("p99", "p99"), ("p99.9", "p999")))
        return ("" if name == "martlet" else "nginx: ") + \
            f"{times} at {statistics.median(rates[name]):,.0f}/s{_stalled(prefix, series)}"

    return list(_both_ways(
        "p99 ÷ p50 at half of peak, fixed rate", at_most(3), text,
        lambda prefix, ours, _: ours[f"{prefix}p99"] / ours[f"{prefix}p50"],
        answers["martlet"], answers["nginx"]))


@contextlib.contextmanager
def _held(stand, server, heads, bodies):
    """Holds slow connections meanwhile; yields a dictionary that gets what became of them."""
    outcome = {}
    before = server.descriptor_count()
    with subprocess.Popen(
            ["taskset", "-c", "1", stand.hold, str(server.port), str(heads), str(bodies)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout.readline().strip() != "held":
            raise RuntimeError("the slow connections could not be opened")
        try:
            yield outcome
            outcome["descriptors"] = server.descriptor_count() - before
        finally:
            outcome.update(json.loads(process.communicate()[0] or "{}"))


def among_slow_clients(stand, rounds, seconds):
    """Honest requests at a quarter of peak, with and without slow connections, in turn."""
    with_them, without = [], []
    with stand.martlet("--connections-max", "16000") as server:
        rate = peak(stand, server) / 4
        # Once unmeasured: memory that is touched for the first time comes slowly on some hosts.
        for turn in range(rounds + 1):
            with _held(stand, server, 0, 0):
                without.append(paced(stand, server, rate, seconds))
            with _held(stand, server, SLOW_HEADS, SLOW_BODIES) as outcome:
                with_them.append(paced(stand, server, rate, seconds))
            if outcome["descriptors"] < 0.98 * (SLOW_HEADS + SLOW_BODIES):
                raise RuntimeError(f"they were not held: {outcome}")
            if turn == 0:
                with_them, without = [], []

    def text(prefix, series):
        which = "" if series is with_them else "without them: "
        return (f"{which}p99 {_middle(series, prefix + 'p99'):,.0f} µs at {rate:,.0f}/s"
                f"{_stalled(prefix, series)}")

    return list(_both_ways(
        f"{SLOW_HEADS:,} slow heads and {SLOW_BODIES:,} slow bodies held: honest p99 ÷ without "
        "them", at_most(1.2), text,
        lambda prefix, ours, base: ours[f"{prefix}p99"] / base[f"{prefix}p99"],
        with_them, without))
