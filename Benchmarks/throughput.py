# SPDX-License-Identifier: Apache-2.0
"""Requests a second and CPU time, beside nginx and the frameworks."""
import contextlib
import functools
import threading

from load import in_turn, measured_exchange, wrk, wrk_script
from processes import Unavailable
from table import Row, at_least, at_most

TITLES = {"nginx": "nginx", "hummingbird": "Hummingbird 2", "fastapi": "FastAPI + scikit-learn"}


def _rate(load):
    return load.rate


def _cpu(load):
    return load.cpu


def rate_row(turns, figure, demand, peer="nginx", ours="martlet"):
    def text(name):
        busy = turns.median(name, lambda load: load.busy)
        return (f"{turns.median(name, _rate):,.0f}/s, {turns.median(name, _cpu):.2f} µs, "
                f"{min(busy, 1):.0%} busy")

    if peer in turns.missing:
        return Row(figure, [], demand, missing=turns.missing[peer])
    form = "{:.1f}" if demand and demand.bound > 2 else "{:.2f}"
    return Row(figure, turns.ratios(_rate, peer, ours), demand, form, text(ours), text(peer))


def predict(stand, rounds, seconds):
    """POST /predict over 32 keep-alive connections."""
    script = wrk_script(stand)
    turns = in_turn(
        rounds, {"martlet": stand.martlet, "nginx": stand.nginx,
                 "hummingbird": stand.hummingbird, "fastapi": stand.fastapi},
        lambda _, server: wrk(server, script, seconds))
    what = "`/predict`, 16 numbers, 32 keep-alive connections"
    rows = [
        rate_row(turns, f"{what}: requests/s ÷ nginx", at_least(1.0)),
        rate_row(turns, "the same ÷ Hummingbird 2", at_least(5), "hummingbird"),
        rate_row(turns, "the same ÷ FastAPI + scikit-learn", at_least(20), "fastapi"),
    ]

    def row(figure, form, value):
        values = {name: value(name) for name in turns.servers}
        rows.append(Row(
            figure, [values["martlet"]], None, form,
            peers=", ".join(f"{title} {form.format(values[name])}"
                            for name, title in TITLES.items() if name in values)))

    row("the same: p50, ms", "{:.3f}", lambda name: turns.median(name, lambda load: load.p50))
    row("the same: p99, ms", "{:.3f}", lambda name: turns.median(name, lambda load: load.p99))
    row("the same: CPU µs a request", "{:.2f}", lambda name: turns.median(name, _cpu))
    row("resident MiB, idle", "{:.1f}", lambda name: turns.servers[name].idle_kib / 1024)
    row("resident MiB, after that load", "{:.1f}", lambda name: turns.loaded_kib[name] / 1024)
    row("ms from start to the first 200", "{:.0f}",
        lambda name: turns.servers[name].milliseconds_to_first_answer)
    return rows


def healthz(stand, rounds, seconds):
    """GET /healthz over 32 keep-alive connections: CPU time."""
    script = wrk_script(stand, "/healthz")
    turns = in_turn(rounds, {"martlet": stand.martlet, "nginx": stand.nginx},
                    lambda _, server: wrk(server, script, seconds, "/healthz"))
    return [Row("`/healthz`: CPU µs a request ÷ nginx", turns.ratios(_cpu), at_most(1.0),
                ours=f"{turns.median('martlet', _cpu):.2f} µs",
                peers=f"{turns.median('nginx', _cpu):.2f} µs")]


def pipelined(stand, rounds, seconds):
    """16 requests at a time on each of 32 connections."""
    rows = []
    for path in ("/predict", "/healthz"):
        script = wrk_script(stand, path, depth=16)
        turns = in_turn(rounds, {"martlet": stand.martlet, "nginx": stand.nginx},
                        lambda _, server: wrk(server, script, seconds, path))
        rows.append(rate_row(turns, f"`{path}`, pipelined 16 deep: requests/s ÷ nginx",
                              at_least(4)))
    return rows


def reconnecting(stand, rounds, seconds):
    """32 clients that close their connection after 10 requests and open another."""
    turns = in_turn(
        rounds, {"martlet": stand.martlet, "nginx": stand.nginx},
        lambda _, server: measured_exchange(stand, server, stand.predict, c=32, k=10, s=seconds))
    return [rate_row(turns, "`/predict`, 10 requests a connection: requests/s ÷ nginx",
                      at_least(0.9))]


def tls(stand, rounds, seconds):
    """POST /predict over 32 keep-alive connections with TLS, the same certificate for both."""
    script = wrk_script(stand)
    turns = in_turn(
        rounds, {"martlet": functools.partial(stand.martlet, tls=True),
                 "nginx": functools.partial(stand.nginx, tls=True)},
        lambda _, server: wrk(server, script, seconds, scheme="https"))
    return [rate_row(turns, "`/predict`, TLS keep-alive: requests/s ÷ nginx", at_least(0.9))]


def observed(stand, rounds, seconds):
    """An access-log line for each request and a scrape each second, against neither."""
    if not stand.has_flag("--access-log-share"):
        raise Unavailable("this build of Martlet has no --access-log-share")
    script = wrk_script(stand)

    dropped = [0.0]

    def measure(name, server):
        if name != "on":
            return wrk(server, script, seconds)
        with _scraped(server):
            load = wrk(server, script, seconds)
        dropped.append(_sample(server, "log_lines_dropped_total"))
        return load

    with open(stand.folder / "access.log", "w", encoding="utf-8") as log:
        turns = in_turn(
            rounds,
            {"martlet": functools.partial(stand.martlet, "--access-log-share", "0"),
             "on": functools.partial(stand.martlet, "--access-log-share", "1", log=log)},
            measure)
    row = rate_row(turns, "every request logged and metrics scraped each second: requests/s ÷ "
                    "neither", at_least(0.95), peer="martlet", ours="on")
    row.ours += f"; {dropped[-1]:,.0f} lines dropped"
    return [row]


def _sample(server, name):
    """The sum of a metric's samples."""
    lines = server.get("/metrics").decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.partition(" ")[0].partition("{")[0] == name)


@contextlib.contextmanager
def _scraped(server):
    """Scrapes a server's metrics each second meanwhile."""
    ended = threading.Event()

    def scrape():
        while not ended.wait(1):
            server.get("/metrics")

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
