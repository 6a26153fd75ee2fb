# SPDX-License-Identifier: Apache-2.0
"""The form that tries a prediction; names and values that would run if they were taken for HTML."""
import json
import time

import served
from checks import check, rows

CHECKS = []
CONTRIBUTIONS = "What each feature contributes to the margin"


def fixed(number):
    return f"{number:.3f}".replace("-", "−")


def signed(number):
    return ("+" if number > 0 else "") + fixed(number)


def open_form(browser, url):
    browser.open(url)
    browser.until("document.querySelector('form .features')", "the form")


def fill(browser, features, row):
    for index, feature in enumerate(features):
        browser.type(f"#f{index}", str(row[feature["name"]]))


def choose(browser, path):
    browser.value(f"document.querySelector('select[name=path]').value = {json.dumps(path)}")


def submit(browser):
    browser.click("form .choices button[type=submit]")


@check(CHECKS)
def predicts_and_explains(world, server, browser):
    open_form(browser, server.url)
    features = server.ask("/models/loans/versions/1")["features"]
    row = next(served.loans(1, seed=9))
    row.pop(served.TARGET)
    fill(browser, features, row)
    choose(browser, "models/loans/versions/1/predict")
    submit(browser)
    browser.until("document.querySelector('.result output')", "a prediction")
    answer = server.ask("/models/loans/versions/1/predict", {"features": row, "explain": True})
    said = browser.value("document.querySelector('.result output').innerText")
    assert said == answer["prediction"], said
    shares = rows(browser, "Probabilities")
    assert {label for label, *_ in shares} == answer["probabilities"].keys(), shares
    for label, share, _ in shares:
        assert abs(float(share.rstrip(" %")) - 100 * answer["probabilities"][label]) < 0.01, share
    explanation = answer["explanation"]
    table = rows(browser, CONTRIBUTIONS)
    expected = sorted(explanation["contributions"].items(), key=lambda each: -abs(each[1]))
    assert [cells[:2] for cells in table[:-2]] == [
        [name, signed(part)] for name, part in expected], table
    margin = explanation["base"] + sum(explanation["contributions"].values())
    assert [cells[:2] for cells in table[-2:]] == [
        ["base", fixed(explanation["base"])], ["margin: the sum", fixed(margin)]], table
    assert "loans, version 1" in browser.value("document.querySelector('.result').innerText")


@check(CHECKS)
def sends_what_is_left_empty_as_missing(world, server, browser):
    open_form(browser, server.url)
    browser.value("document.querySelector('input[name=explain]').click()")
    choose(browser, "models/loans/versions/1/predict")
    submit(browser)
    browser.until("document.querySelector('.result output')", "a prediction")
    features = server.ask("/models/loans/versions/1")["features"]
    answer = server.ask("/models/loans/versions/1/predict",
                        {"features": {each["name"]: None for each in features}})
    shown = {label: float(share.rstrip(" %")) for label, share, _ in rows(browser, "Probabilities")}
    for label, share in answer["probabilities"].items():
        assert abs(shown[label] - 100 * share) < 0.01, (shown, answer)
    assert not browser.value("document.querySelector('.result').innerText.includes('base')")


@check(CHECKS)
def keeps_what_is_typed_and_the_focus(world, server, browser):
    open_form(browser, server.url)
    browser.type("#f1", "123")
    browser.value("window.kept = document.querySelector('#f1');"
                  "window.top0 = kept.getBoundingClientRect().top; window.renewed = 0;"
                  "new MutationObserver(() => window.renewed++).observe("
                  "document.querySelector('.charts'), {subtree: true, attributes: true})")
    browser.until("window.renewed > 1", "new points of the charts")
    time.sleep(6)
    browser.value("if (document.activeElement !== kept || kept.value !== '123'"
                  " || !kept.isConnected) throw Error('lost')")
    # What comes above it may be scrolled away by the browser, so that it stays where it is seen.
    moved = browser.value("kept.getBoundingClientRect().top - top0")
    assert abs(moved) < 30, f"the field has moved by {moved} pixels"


@check(CHECKS)
def takes_no_name_for_html(world, server, browser):
    open_form(browser, server.url)
    features = server.ask("/models/loans/versions/1")["features"]
    row = {each["name"]: 1 if each["type"] == "number" else served.HOSTILE_VALUE
           for each in features}
    fill(browser, features, row)
    submit(browser)
    browser.until("document.querySelector('.result output')", "a prediction")
    found = browser.value(
        "document.querySelectorAll('main img, main script, main [onerror]').length")
    assert found == 0, found
    # It is there, as text: among labels, contributions and drift, and in the list of values.
    for place in ("label", "tbody th"):
        texts = browser.value(f"[...document.querySelectorAll('{place}')].map((e) => e.innerText)")
        assert any(served.HOSTILE_FEATURE in text for text in texts), (place, texts)
    values = browser.value("[...document.querySelectorAll('datalist option')].map((e) => e.value)")
    assert served.HOSTILE_VALUE in values, values
    browser.open(server.url + "/docs")
    browser.until("document.querySelector('h2')", "operations")
    browser.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    time.sleep(0.5)
    assert browser.value("document.querySelectorAll('main img, main script').length") == 0


@check(CHECKS, server="wide")
def fills_in_an_example_of_three_hundred_features(world, server, browser):
    open_form(browser, server.url + "/#models/wide")
    browser.until("document.querySelectorAll('.features input').length === 300", "300 fields")
    browser.click(".choices button[type=button]")
    example = server.ask("/models/wide/versions/1")["example"]
    filled = browser.value("[...document.querySelectorAll('.features input')]"
                           ".map((each) => each.value === '' ? null : Number(each.value))")
    assert filled == list(example.values()), filled[:5]
    submit(browser)
    browser.until("document.querySelector('.result output')", "a prediction")
    answer = server.ask("/models/wide/predict", {"features": example, "explain": True})
    explanation = answer["explanation"]
    parts = sorted(explanation["contributions"].values(), key=lambda part: -abs(part))
    table = rows(browser, CONTRIBUTIONS)
    assert table[15][:2] == ["285 others", signed(sum(parts[15:]))], table[15]
    assert table[17][1] == fixed(explanation["base"] + sum(parts)), table[17]


@check(CHECKS, server="wide", permits=["422 (Unprocessable"])
def tells_why_a_prediction_is_refused(world, server, browser):
    open_form(browser, server.url + "/#models/opaque")
    browser.click(".choices button[type=button]")
    submit(browser)
    browser.until("document.querySelector('.result .fault')", "a refusal")
    said = browser.value("document.querySelector('.result').innerText")
    assert said.startswith("not-explainable"), said
    browser.click("input[name=explain]")
    submit(browser)
    browser.until("document.querySelector('.result output')", "a prediction")


@check(CHECKS, permits=["422 (Unprocessable"])
def points_at_the_field_that_is_at_fault(world, server, browser):
    open_form(browser, server.url)
    features = server.ask("/models/loans/versions/1")["features"]
    index = [each["name"] for each in features].index("region")
    # A number of the form turned into a text is what a browser never sends by itself.
    number = [each["name"] for each in features].index(served.HOSTILE_FEATURE)
    browser.value(f"document.querySelector('#f{number}').type = 'text';"
                  "const send = fetch; window.fetch = (url, options) => send(url, {...options,"
                  " body: options.body?.replace(':123', ':\"x\"')})")
    browser.type(f"#f{number}", "123")
    browser.type(f"#f{index}", "north")
    submit(browser)
    browser.until(f"document.querySelector('#f{number}-fault')", "the fault at its field")
    assert browser.value(f"document.querySelector('#f{number}').ariaInvalid") == "true"
    assert not browser.value(f"document.querySelector('#f{index}-fault')")
