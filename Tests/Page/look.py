# SPDX-License-Identifier: Apache-2.0
"""Whoever looks, and with whatever: keys alone, a narrow window, a dark screen, a reader aloud."""
import gzip
import json
import urllib.request

from checks import check

CHECKS = []
BYTES_MAX = 60 * 1024

# Every text's contrast with the first background that is painted behind it (WCAG 2.2, 1.4.3).
FAINT = """(() => {
    const channels = (text) => text.match(/[0-9.]+/g).map(Number);
    const luminance = (colour) => channels(colour).slice(0, 3).map((each) => each / 255)
        .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
        .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
    const painted = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (channels(colour)[3] !== 0) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let count = 0;
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
        count += 1;
        const style = getComputedStyle(element);
        const both = [luminance(style.color), luminance(painted(element))].sort((a, b) => b - a);
        const contrast = (both[0] + 0.05) / (both[1] + 0.05);
        if (contrast < 4.5) faint.push([texts.currentNode.data, contrast]);
    }
    return { count, faint };
})()"""

# What WCAG asks of structure, as far as it can be computed.
FAULTS = """(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const name = (e) => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText
        || (e.getAttribute("aria-labelledby") ?? "").split(" ").map((id) =>
            document.getElementById(id)?.innerText ?? "").join("");
    const faults = [];
    const say = (what, elements) => elements.forEach((e) => faults.push(`${what}: ${e.outerHTML
        .slice(0, 120)}`));
    say("no name", all("a, button, input, select, textarea, article, section, nav, [role=img],"
        + "[role=region]").filter((e) => !name(e)?.trim()));
    say("no caption", all("table").filter((e) => !e.caption?.innerText));
    say("no scope", all("thead th, tbody th").filter((e) => !e.scope));
    const ids = all("[id]").map((e) => e.id);
    say("id twice", all("[id]").filter((e) => ids.indexOf(e.id) !== ids.lastIndexOf(e.id)));
    say("leads nowhere", all("[aria-describedby], [aria-labelledby], label[for]").filter((e) =>
        `${e.getAttribute("aria-describedby") ?? ""} ${e.getAttribute("aria-labelledby") ?? ""}`
            .concat(` ${e.getAttribute("for") ?? ""}`).trim().split(/\\s+/)
            .some((id) => !document.getElementById(id))));
    say("picture neither named nor hidden", all("svg").filter((e) =>
        e.getAttribute("role") !== "img" && e.getAttribute("aria-hidden") !== "true"));
    let level = 0;
    for (const e of all("h1, h2, h3, h4, h5, h6")) {
        const next = Number(e.localName[1]);
        if (next > level + 1) say(`from h${level} to h${next}`, [e]);
        level = next;
    }
    for (const landmark of ["header", "nav", "main", "footer", "h1"]) {
        if (all(landmark).length !== 1) faults.push(`${all(landmark).length} of ${landmark}`);
    }
    if (!document.documentElement.lang) faults.push("no language");
    return faults;
})()"""

# What the focus can be at: all of this must be reached by Tab, in this order.
STOPS = """[...document.querySelectorAll("a[href], button, input, select, textarea, summary,"
    + " [tabindex='0']")].filter((e) => e.checkVisibility({ visibilityProperty: true }))"""


def open_whole(browser, url):
    """The page with all that it can show, the result of a prediction included."""
    browser.open(url)
    browser.until("document.querySelector('.features')", "the form")
    browser.click(".choices button[type=submit]")
    browser.until("document.querySelector('.result output')", "a prediction")


def open_docs(browser, url):
    browser.open(url + "/docs")
    browser.until("document.querySelector('article')", "an operation")
    browser.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    browser.until("document.querySelector('.schema li')", "a schema")


def check_look(browser):
    faults = browser.value(FAULTS)
    assert not faults, "\n".join(faults)
    for scheme in ("light", "dark"):
        browser.show(1200, 900, scheme)
        found = browser.value(FAINT)
        assert found["count"] > 50, found
        assert not found["faint"], (scheme, found["faint"][:10])


@check(CHECKS)
def can_be_read(world, server, browser):
    open_whole(browser, server.url)
    check_look(browser)


@check(CHECKS)
def has_an_api_that_can_be_read(world, server, browser):
    open_docs(browser, server.url)
    check_look(browser)


@check(CHECKS)
def is_reached_by_keys_alone(world, server, browser):
    open_whole(browser, server.url)
    # A page that is drawn anew keeps its elements, so the list holds while the keys are pressed.
    count = browser.value(f"window.stops = {STOPS};"
                          "stops.forEach((e, i) => { e.stop = i; }); stops.length")
    assert count > 20, count
    reached, unseen = [], []
    # Once around: all of it, and the window itself.
    for _ in range(count + 1):
        browser.press("Tab")
        stop, outline = browser.value(
            "[document.activeElement.stop ?? -1,"
            " getComputedStyle(document.activeElement).outlineStyle]")
        reached.append(stop)
        if outline == "none" and stop >= 0:
            unseen.append(stop)
    begin = reached.index(-1)
    assert reached[begin + 1:] + reached[:begin] == list(range(count)), reached
    assert not unseen, unseen


@check(CHECKS)
def sends_a_form_by_enter(world, server, browser):
    browser.open(server.url)
    browser.until("document.querySelector('.features')", "the form")
    browser.type("#f0", "30")
    browser.press("Enter")
    browser.until("document.querySelector('.result output')", "a prediction")


@check(CHECKS)
def fits_a_narrow_window(world, server, browser):
    browser.show(400, 800)
    open_whole(browser, server.url)
    assert_narrow(browser)
    open_docs(browser, server.url)
    assert_narrow(browser)


@check(CHECKS, server="wide")
def fits_a_narrow_window_with_many_features(world, server, browser):
    browser.show(400, 800)
    browser.open(server.url + "/#models/wide")
    browser.until("document.querySelectorAll('.features input').length === 300", "300 fields")
    assert_narrow(browser)


def assert_narrow(browser):
    width = browser.value("document.documentElement.scrollWidth")
    beyond = browser.value(
        "[...document.querySelectorAll('body *')].filter((e) => !e.closest('.scroller, pre')"
        " && e.getBoundingClientRect().right > 401).map((e) => e.outerHTML.slice(0, 99))")
    assert width <= 400, (width, beyond[:5])


@check(CHECKS)
def documents_every_operation(world, server, browser):
    paths = server.ask("/openapi.json")["paths"]
    operations = {f"{method} {path}" for path, item in paths.items() for method in item
                  if method in ("get", "put", "post", "delete", "patch")}
    assert len(operations) > 15, operations
    open_docs(browser, server.url)
    shown = browser.value("[...document.querySelectorAll('article')].map((each) => each.id)")
    assert set(shown) == operations, set(shown) ^ operations
    links = browser.value("[...document.querySelectorAll('.contents a')].map((each) =>"
                          " decodeURIComponent(each.hash.slice(1)))")
    assert set(links) == operations, set(links) ^ operations


@check(CHECKS)
def follows_references(world, server, browser):
    """Every member of a body's schema is there once it is opened, wherever `$ref` keeps it."""
    api = server.ask("/openapi.json")
    body = api["paths"]["/rollouts"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    while "$ref" in schema:
        parts = schema["$ref"].removeprefix("#/").split("/")
        schema = api
        for part in parts:
            schema = schema[part.replace("~1", "/").replace("~0", "~")]
    browser.open(server.url + "/docs")
    browser.until("document.querySelector('article')", "an operation")
    here = "document.getElementById('post /rollouts')"
    browser.value(
        f"{here}.querySelectorAll('.schema details').forEach((e) => {{ e.open = true; }})")
    for name in schema["properties"]:
        browser.until(f"[...{here}.querySelectorAll('.schema li > code')].some((each) =>"
                      f" each.innerText.startsWith({json.dumps(name)}))", name)


@check(CHECKS)
def is_small_and_guarded(world, server, browser):
    """What is loaded, by its wire: types, policy, codings, and the size of it all."""
    browser.open(server.url)
    browser.until("document.querySelector('.features')", "the form")
    browser.open(server.url + "/docs")
    browser.until("document.querySelector('footer')", "the API")
    names = {url for url in browser.requests if "/assets/" in url} | {
        server.url + "/", server.url + "/docs"}
    size = 0
    for url in names:
        with urllib.request.urlopen(url) as answer:
            plain, fields = answer.read(), answer.headers
        size += len(plain)
        assert fields["X-Content-Type-Options"] == "nosniff", url
        is_page = fields["Content-Type"].startswith("text/html")
        policy = fields["Content-Security-Policy"] or ""
        assert is_page == ("script-src 'self';" in policy), (url, policy)
        assert "unsafe" not in policy, policy
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
        if len(plain) > 1024:
            assert gzip.decompress(body) == plain, url
        head = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(head) as answer:
            assert answer.read() == b"" and int(answer.headers["Content-Length"]) == len(plain), url
    assert len(names) == 15 and size < BYTES_MAX, (size, names)
    print(f"     {len(names)} files, {size} bytes")
