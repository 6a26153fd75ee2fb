# SPDX-License-Identifier: Apache-2.0
"""What the checks of the page are made of."""
import dataclasses
import json
from collections.abc import Callable


@dataclasses.dataclass
class Check:
    name: str
    run: Callable
    server: str
    # Parts of what the browser's console says because the check provokes it.
    permits: tuple


def check(checks, server="busy", permits=()):
    """Adds a function of the world, a server and the browser to the checks."""
    def add(function):
        checks.append(Check(function.__name__, function, server, tuple(permits)))
        return function
    return add


def rows(browser, caption):
    """The cells' texts of a table's body."""
    return browser.value(
        f"(() => {{ const table = [...document.querySelectorAll('table')].find((each) =>"
        f" each.caption.innerText === {json.dumps(caption)});"
        " return [...table.tBodies[0].rows].map((row) =>"
        " [...row.cells].map((cell) => cell.innerText.trim())); })()")
