# SPDX-License-Identifier: Apache-2.0
"""The time of day jumps; what is measured in seconds must not."""
import pathlib
import shutil
import struct
import time

from kills import PLAN
from load import Load
from scenario import Skip, check, eventually, scenario
from service import MODEL, Registry, Server, reference, run

SOURCE = pathlib.Path(__file__).parent.parent / "ServiceTests" / "ClockShift.c"
HOUR, YEAR = 3600, 366 * 86_400


class Clock:
    """The time of day of the programs that are started with `environment`."""

    def __init__(self, place):
        if not shutil.which("cc"):
            raise Skip("no C compiler for the library that shifts the clock")
        self.shift, library = place.path("shift"), place.path("clock.so")
        self.shift.write_bytes(bytes(4096))
        run("cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self.shift)}

    def set(self, seconds):
        with open(self.shift, "r+b") as file:
            file.write(struct.pack("q", seconds))


@scenario("clock-jump")
def clock_jump(place):
    """The time of day jumps forward by a year, back by two, and to where it was, in a canary.

    Nobody is turned away or cut off, no rollout is hurried or judged by it, a token is over by the
    clock as it stands, and the registry's history stays in order.
    """
    clock = Clock(place)
    registry = Registry(place).fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    tokens = place.path("tokens")
    tokens.touch(0o600)
    made = run(place.build / "martlet", "tokens", "create", "chaos", "--role", "admin",
               "--expires", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86_400)))
    token, line = (part.split(":", 1)[1].strip() for part in made.stdout.splitlines()[:2])
    tokens.write_text(line + "\n")
    bearer = {"Authorization": f"Bearer {token}"}
    server = Server(place, registry, "--feedback-store", place.path("feedback"), "--tokens-file",
                    tokens, env=clock.environment).start()
    plan = PLAN | {"step_seconds": 6, "telemetry_gap_seconds": 2}
    with Load(server.port, rows, keys=2000, per_second=400) as load:
        begun = server.ask("POST", "/rollouts", {"candidate": 2, "plan": plan}, fields=bearer)
        check(begun.status == 201, f"POST /rollouts: {begun.status} {begun.body}")
        path = begun.fields["Location"]
        state = lambda: server.ask("GET", path, fields=bearer).json["state"]
        eventually(lambda: state() == "canary:0", 30, lambda: f"no canary: {state()}")
        entered, moves = time.monotonic(), 0
        for shift in (YEAR, -YEAR, 0, -HOUR, HOUR, 0):
            clock.set(shift)
            moves += 1
            time.sleep(0.3)
            admitted = server.ask("GET", "/version", fields=bearer).status
            check(admitted == (401 if shift == YEAR else 200), f"{admitted} at a shift of {shift}")
            if shift != YEAR:
                check(state() == "canary:0", f"the shift of {shift} s moved it to {state()}")
            else:
                run(place.build / "martlet", "models", "promote", MODEL, 2, "--alias", "later",
                    "--registry", registry.path, env=clock.environment)
            load.is_flowing()
            check(server.is_ready(), f"not ready at a shift of {shift}")
        eventually(lambda: state() == "promoted", 30, lambda: f"not promoted: {state()}")
        seconds = time.monotonic() - entered
    load.check_flawless(expected)
    check(seconds >= plan["step_seconds"] + plan["bake_seconds"] - 0.5, "the clock hurried it")
    registry.verify()
    history = registry.models("history", MODEL, "--json").stdout
    check('"later"' in history, f"the move of a year ahead is gone: {history}")
    place.figure(f"{moves} jumps of up to two years; promoted {seconds:.1f} s after it began to "
                 f"count, as planned; {load.answered} answers")
