# SPDX-License-Identifier: Apache-2.0
"""Where a server asks who somebody is."""
import time
import urllib.request

from checks import check, rows

CHECKS = []
REFUSALS = ["401 (Unauthorized)", "403 (Forbidden)"]


def use(browser, secret):
    browser.until("document.querySelector('#token')", "the field for a token")
    browser.type("#token", secret)
    browser.click(".token button")


def refusals(server):
    """How many requests the server has refused, by its metrics."""
    request = urllib.request.Request(
        server.url + "/metrics", headers={"Authorization": f"Bearer {server.tokens['viewer']}"})
    with urllib.request.urlopen(request) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines
               if line.startswith("access_refused_total{"))


@check(CHECKS, server="guarded", permits=REFUSALS)
def asks_for_a_token_once(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('#token')", "the field for a token")
    said = browser.value("document.body.innerText")
    assert "loans" not in said and "Who are you?" in said, said
    assert browser.value("document.querySelector('#state').innerText") == "ready"
    assert browser.value("document.querySelector('#token').type") == "password"
    before = refusals(server)
    time.sleep(7)
    assert refusals(server) == before, "it goes on asking"


@check(CHECKS, server="guarded", permits=REFUSALS)
def uses_a_token_and_forgets_it(world, server, browser):
    browser.open(server.url)
    use(browser, "martlet_wrong")
    browser.until("document.querySelector('#token-reason').innerText.includes('none that')",
                  "what is said of it")
    assert browser.value("document.querySelector('#token').value") == ""
    use(browser, server.tokens["viewer"])
    browser.until("document.querySelector('#model-heading')", "a model")
    assert rows(browser, "Registered models")[0][0] == "loans"
    assert not browser.value("document.querySelector('#token')")
    # It lives as long as the tab, across its pages, and nowhere else.
    browser.open(server.url + "/docs")
    browser.until("document.querySelector('#version').innerText", "the API")
    assert browser.value("[sessionStorage.length, localStorage.length]") == [1, 0]
    assert not browser.cookies()
    assert not any(server.tokens["viewer"] in url for url in browser.requests)
    browser.open(server.url)
    browser.until("document.querySelector('#model-heading')", "a model")
    browser.click("#access button")
    browser.until("document.querySelector('#token')", "the field for a token")
    assert browser.value("sessionStorage.length") == 0


@check(CHECKS, server="guarded", permits=REFUSALS)
def says_which_role_is_missing(world, server, browser):
    browser.open(server.url)
    use(browser, server.tokens["predictor"])
    browser.until("document.querySelector('#token-reason').innerText.includes('too little')", "403")
    assert "viewer" in browser.value("document.querySelector('#token-reason').innerText")
    use(browser, server.tokens["viewer"])
    browser.until("document.querySelector('.features')", "the form")
    browser.click(".choices button[type=submit]")
    browser.until("document.querySelector('.result .fault')", "403")
    assert "predictor" in browser.value("document.querySelector('.result').innerText")
    browser.click("#access button")
    use(browser, server.tokens["operator"])
    browser.until("document.querySelector('.features')", "the form")
    browser.click(".choices button[type=submit]")
    browser.until("document.querySelector('.result output')", "a prediction")
    browser.click("#access button")
    browser.until("document.querySelector('#token')", "the field for a token")
