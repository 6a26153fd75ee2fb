# SPDX-License-Identifier: Apache-2.0
"""The page says what the API says, and goes on saying it."""
import time

from checks import check, rows

CHECKS = []
# How the page writes numbers.
MINUS = "−"


def fixed(number):
    return "–" if number is None else f"{number:.3f}".replace("-", MINUS)


@check(CHECKS)
def says_what_is_served(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#model-heading')", "a model")
    said = browser.value("document.querySelector('#state').innerText")
    assert said == server.ask("/readyz")["status"], said
    said = browser.value("document.querySelector('#version').innerText")
    assert said == server.ask("/version")["version"], said
    model = server.ask("/models")["models"][0]
    row = rows(browser, "Registered models")[0]
    assert row[:2] == [model["name"], str(model["serving_version"])], row
    assert row[2] == "production = 1", row
    versions = rows(browser, "Versions, newest first")
    assert [row[:3] for row in versions] == [["2", "", "loaded"], ["1", "production", "loaded"]], \
        versions


@check(CHECKS)
def shows_the_rollout_with_its_evidence(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#rollout-heading')", "a rollout")
    rollout = server.ask("/rollouts/1")
    heading = browser.value("document.querySelector('#rollout-heading').innerText")
    assert heading == f"Rollout 1: loans, 1 → 2 {rollout['state']}", heading
    step = browser.value("document.querySelector('.steps [aria-current=step]').innerText")
    assert step == "canary 5 %", step
    told = {row[0].split("\n")[0]: row for caption in ("Against", "For")
            for row in rows(browser, f"{caption} the candidate")}
    measures = {each["name"]: each for each in rollout["evidence"] if each["threshold"]}
    assert told.keys() == measures.keys(), told.keys() ^ measures.keys()
    for name, measure in measures.items():
        assert told[name][2].replace(",", "") == f"{measure['threshold']:g}", told[name]
    events = server.ask("/rollouts/1/history")["events"]
    transitions = rows(browser, "Transitions, newest first")
    assert [row[0] for row in transitions] == [each["to"] for each in events[::-1]], transitions


@check(CHECKS)
def shows_drift_and_quality(world, server, browser):
    with world.pause(server):
        compare_drift_and_quality(server, browser)


def compare_drift_and_quality(server, browser):
    drift = server.ask("/models/loans/drift")["versions"][0]
    variables = {each["name"]: each for each in drift["features"] + drift["outputs"]}
    assert variables["income"]["severity"] == "critical", variables["income"]
    browser.open(server.url)
    browser.until("document.querySelector('#model-heading')", "a model")
    table = rows(browser, "Drift of version 1 by feature, the greatest first")
    assert {row[0] for row in table} == variables.keys(), table
    assert table[0][0] == "income", table[0]
    for row in table:
        each = variables[row[0]]
        assert [row[1], row[2], row[4]] == [
            each["severity"], fixed(each["psi"]), fixed(each["jensen_shannon"])], (row, each)
    quality = server.ask("/models/loans/quality")["versions"][0]
    table = rows(browser, "Version 1: mean and 95 % interval by slice")
    assert [row[0] for row in table] == ["all", *quality["slices"]], table
    accuracy = quality["all"]["accuracy"]
    shown = [f"{fixed(accuracy['mean'])}\n{fixed(accuracy['low'])} to {fixed(accuracy['high'])}"]
    assert table[0][1:2] == shown, table[0]
    assert table[0][-1].replace(",", "") == f"{accuracy['labels']:.0f}", table[0]


@check(CHECKS)
def counts_what_happens_between_two_scrapes(world, server, browser):
    browser.open(server.url)
    first = world.crowd.count
    begin = time.monotonic()
    chart = "[...document.querySelectorAll('.chart')]"
    browser.until(
        f"{chart}[0].querySelector('.plot .line').getAttribute('d').includes('L')", "a line")
    actual = (world.crowd.count - first) / (time.monotonic() - begin)
    shown = float(browser.value(f"{chart}[0].querySelector('dd').innerText").split("/")[0])
    assert 0.6 * actual < shown < 1.6 * actual, (shown, actual)
    median = browser.value(f"{chart}[1].querySelector('dd').innerText")
    number, unit = median.split(" ")
    assert float(number) > 0 and unit in ("µs", "ms"), median


@check(CHECKS)
def reads_metrics_as_prometheus_does(world, server, browser):
    browser.open(server.url)
    got = browser.value(r"""(async () => {
        const { quantile, samples, Recent } = await import("/assets/metrics.js");
        const text = '# HELP a x\na{l="q\\"u\\\\o\\nte,}=",m="2"} 3\na 4 1700\nab 5\nb +Inf\n';
        const of = (answered, start) => `process_start_time_seconds ${start}\n`
            + `http_requests_total{route="/predict",code="200"} ${answered}\n`
            + `http_requests_total{route="/metrics",code="200"} 9${answered}\n`
            + `http_requests_total{route="/predict",code="422"} 7\n`;
        const recent = new Recent();
        [[10, 1], [60, 1], [3, 2], [13, 2]].forEach(([answered, start], index) =>
            recent.add(of(answered, start), 1000 + index * 5000));
        return {
            samples: [...samples(text, new Set(["a", "b"]))].map(({ name, labels, value }) =>
                [name, labels, String(value)]),
            quantiles: [0.5, 0.95, 1].map((share) =>
                quantile(share, [[1, 10], [2, 30], [4, 39], [Infinity, 40]])),
            none: Number.isNaN(quantile(0.5, [[1, 0], [Infinity, 0]])),
            rates: recent.points.map((point) => [point.answered, point.mistaken]),
        };
    })()""")
    assert got["samples"] == [["a", {"l": 'q"u\\o\nte,}=', "m": "2"}, "3"], ["a", {}, "4"],
                              ["b", {}, "Infinity"]], got
    # Half of 40 is the middle of the second bucket; 38 is 8 ninths into the third.
    assert [round(each, 9) for each in got["quantiles"]] == [1.5, round(2 + 2 * 8 / 9, 9), 4], got
    assert got["none"], got
    # Between the second scrape and the third the counters began anew.
    assert got["rates"] == [[10, 0], [2, 0]], got


@check(CHECKS)
def is_quiet_while_nobody_looks(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#model-heading')", "a model")
    hide = ("Object.defineProperty(document, 'hidden', {{value: {}, configurable: true}});"
            "document.dispatchEvent(new Event('visibilitychange'))")
    browser.value(hide.format("true"))
    time.sleep(1)
    browser.requests.clear()
    time.sleep(6)
    assert not browser.requests, browser.requests
    browser.value(hide.format("false"))
    time.sleep(1)
    assert any(url.endswith("/metrics") for url in browser.requests), browser.requests


@check(CHECKS, server="none", permits=["503 (Service Unavailable)"])
def says_what_is_missing(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#state').innerText === 'not ready'", "not ready")
    said = browser.value("document.body.innerText")
    for words in ("no model in the registry has the alias 'production'", "The registry has none.",
                  "There has been none."):
        assert words in said, said


@check(CHECKS, server="many")
def lists_fifty_models(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#model-heading')", "a model")
    assert len(rows(browser, "Registered models")) == 50
    browser.click("a[href='#models/model-37']")
    browser.until("document.activeElement.id === 'model-heading'", "the focus at its heading")
    assert browser.value("document.activeElement.innerText") == "model-37"
    current = browser.value("document.querySelector('main a[aria-current=true]').innerText")
    assert current == "model-37", current


@check(CHECKS, server="many", permits=["net::ERR_"])
def says_since_when_nothing_comes(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#model-heading')", "a model")
    server.stop()
    browser.until("document.querySelector('#notice').innerText.startsWith("
                  "'Server unreachable since')", "the notice")
    assert browser.value("document.querySelector('#state').innerText") == "unreachable"
    assert len(rows(browser, "Registered models")) == 50
    browser.requests.clear()
    time.sleep(8)
    # The second attempt comes ten seconds after the first.
    assert len(browser.requests) <= 1, browser.requests
    server.__enter__()
    browser.click("#notice button")
    browser.until("document.querySelector('#state').innerText === 'ready'", "ready again")
    assert browser.value("document.querySelector('#notice').innerText") == ""


@check(CHECKS, permits=["/models/100%25"])
def a_fragment_that_encodes_nothing_hides_nothing(world, server, browser):
    for path in ("/#models/100%", "/docs#100%"):
        browser.open("about:blank")
        browser.open(server.url + path)
        browser.until("document.querySelector('h2 ~ article, #service svg, article.card')",
                      "something below a heading")
