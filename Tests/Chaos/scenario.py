# SPDX-License-Identifier: Apache-2.0
"""What a scenario is: a function with a name, what it may say, and what it may use."""
import contextlib
import pathlib
import signal
import time


class Failure(Exception):
    """Users saw what they must not see, or the server did not come back."""


class Skip(Exception):
    """What the scenario needs cannot be had on this machine; says what."""


SCENARIOS = {}


def scenario(name):
    """Registers a function of a `Place`; its docstring says what happens and what must hold."""
    def register(function):
        SCENARIOS[name] = function
        return function
    return register


def check(is_so, otherwise):
    if not is_so:
        raise Failure(otherwise)


def eventually(condition, seconds, otherwise, pause=0.01):
    """Asks until `condition()` is truthy; returns what it gave and the seconds that it took.

    `otherwise` says what is wrong if it never is: a text, or what gives one then.
    """
    began = time.monotonic()
    while True:
        value = condition()
        elapsed = time.monotonic() - began
        if value:
            return value, elapsed
        if elapsed >= seconds:
            raise Failure(f"after {seconds} s: {otherwise() if callable(otherwise) else otherwise}")
        time.sleep(pause)


class Place(contextlib.ExitStack):
    """A scenario's folder, programs and figures. What it entered is undone however it ends."""

    def __init__(self, build, folder, previous):
        super().__init__()
        self.build = pathlib.Path(build).resolve()
        self.previous = pathlib.Path(previous).resolve() if previous else None
        self.folder = pathlib.Path(folder)
        self.figures = []

    def figure(self, text):
        self.figures.append(text)

    def path(self, name):
        return self.folder / name


def stop(process, seconds=10):
    """Ends a child: by SIGTERM, and by SIGKILL if it will not. A child that is stopped goes on."""
    if process.poll() is not None:
        return process.returncode
    for number in (signal.SIGTERM, signal.SIGCONT):
        process.send_signal(number)
    try:
        return process.wait(seconds)
    except Exception:
        process.kill()
        return process.wait()
