# SPDX-License-Identifier: Apache-2.0
"""Pictures of the page for the documentation."""
import time

import form
import served

# As long as the charts reach back.
SECONDS = 600
WIDTH = 1100
BYTES_MAX = 150_000
PICTURES = {
    "page.png": ("header", "#service"),
    "page-rollout.png": ("#rollouts article", ".columns"),
    "page-drift.png": ("[aria-label^='Drift of version 1']", "[aria-label^='Drift of version 1']"),
    "page-prediction.png": (".features", ".result"),
}


def take(server, browser, folder):
    """Writes each picture, after ten minutes of use."""
    browser.show(WIDTH, 900)
    browser.open(server.url)
    browser.until("document.querySelector('.features')", "the form")
    time.sleep(SECONDS)
    row = next(served.loans(1, seed=9))
    form.fill(browser, server.ask("/models/loans/versions/1")["features"], row)
    form.submit(browser)
    browser.until("document.querySelector('.result output')", "a prediction")
    browser.value("document.activeElement.blur(); scrollTo(0, 0)")
    for name, (first, last) in PICTURES.items():
        x, top, right, bottom = browser.value(
            f"(() => {{ const [a, b] = [{first!r}, {last!r}].map((each) =>"
            " document.querySelector(each).getBoundingClientRect());"
            " return [0, a.top, innerWidth, b.bottom]; })()")
        picture = browser.screenshot(x, max(0, top - 12), right, bottom - max(0, top - 12) + 12)
        if len(picture) > BYTES_MAX:
            raise SystemExit(f"{name} has {len(picture)} bytes, more than {BYTES_MAX}")
        (folder / name).write_bytes(picture)
        print(f"{folder / name}: {len(picture)} bytes")
    return 0
