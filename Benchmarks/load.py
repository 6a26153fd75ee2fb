# SPDX-License-Identifier: Apache-2.0
"""Loads: wrk for what it can do, and client/load.c for the rest."""
import contextlib
import dataclasses
import json
import re
import statistics

from processes import Unavailable, on_client_core


@dataclasses.dataclass
class Load:
    """What one server did in one round. Times in milliseconds, CPU in microseconds a request."""
    rate: float
    p50: float
    p99: float
    cpu: float
    # The share of its core that the server used: below one, the client was the limit.
    busy: float


def _milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def wrk_script(stand, path="/predict", depth=1, body=None, name=None):
    """A Lua script for wrk: a POST of the row, or of `body`, to /predict or a GET, `depth` at a
    time."""
    if path == "/predict":
        lines = ['wrk.method = "POST"', 'wrk.headers["Content-Type"] = "application/json"',
                 f"wrk.body = [=[{body or stand.body}]=]"]
    else:
        lines = ['wrk.method = "GET"']
    if depth > 1:
        lines += ["local batch", f"init = function() batch = wrk.format():rep({depth}) end",
                  "request = function() return batch end"]
    script = stand.folder / f"wrk-{name or path.strip('/')}-{depth}.lua"
    script.write_text("\n".join(lines) + "\n")
    return script


def wrk(server, script, seconds, path="/predict", connections=32, scheme="http"):
    before = server.cpu_seconds()
    text = on_client_core("wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s",
                          script, f"{scheme}://127.0.0.1:{server.port}{path}")
    cpu = server.cpu_seconds() - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk: {text}")
    count, took, unit = re.search(r"(\d+) requests in ([\d.]+)(s|m)", text).groups()
    return Load(
        rate=float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        p50=_milliseconds(re.search(r"(?m)^\s+50%\s+(\S+)", text).group(1)),
        p99=_milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", text).group(1)),
        cpu=cpu / int(count) * 1e6, busy=cpu / (float(took) * (60 if unit == "m" else 1)))


def exchange(stand, port, *requests, statuses=("2xx",), **options):
    """Runs client/load.c; options are its letters. Fails when an answer is lost or of another
    status than said."""
    words = [f"-{letter}{value}" for letter, value in options.items()]
    answer = json.loads(on_client_core(stand.load, *words, port, *requests))
    others = sum(answer[each] for each in ("2xx", "3xx", "4xx", "5xx") if each not in statuses)
    if answer["failed"] or others:
        raise RuntimeError(f"load: {answer}")
    return answer


def measured_exchange(stand, server, *requests, **options):
    before = server.cpu_seconds()
    answer = exchange(stand, server.port, *requests, **options)
    cpu = server.cpu_seconds() - before
    return Load(
        rate=answer["answers"] / answer["seconds"], p50=answer["p50"] / 1e3,
        p99=answer["p99"] / 1e3, cpu=cpu / answer["answers"] * 1e6, busy=cpu / answer["seconds"])


@dataclasses.dataclass
class Turns:
    """Several servers' rounds: a load for each by name, and the servers as they were in the end."""
    rounds: dict
    servers: dict
    loaded_kib: dict
    # Peers that could not be had, with the reason.
    missing: dict

    def ratios(self, pick, peer="nginx", ours="martlet"):
        """Round by round, ours divided by the peer's."""
        return [pick(a) / pick(b) for a, b in zip(self.rounds[ours], self.rounds[peer])]

    def median(self, name, pick):
        return statistics.median(pick(each) for each in self.rounds[name])


def in_turn(rounds, servers, measure):
    """Measures servers one after the other, round by round, so that a machine whose speed drifts
    hurts all alike. `servers` maps a name to what starts it, `measure` takes the name and the
    server; only Martlet must be had."""
    turns = Turns({}, {}, {}, {})
    with contextlib.ExitStack() as stack:
        for name, make in servers.items():
            try:
                turns.servers[name] = stack.enter_context(make())
            except Unavailable as error:
                if name == "martlet":
                    raise
                turns.missing[name] = str(error)
        turns.rounds = {name: [] for name in turns.servers}
        for _ in range(rounds):
            for name, server in turns.servers.items():
                turns.rounds[name].append(measure(name, server))
        for name, server in turns.servers.items():
            turns.loaded_kib[name] = server.resident_kib()
    return turns
