# SPDX-License-Identifier: Apache-2.0
"""The dashboard's panels drawn as SVG from what Prometheus answers: the same places, titles, units,
series and thresholds as in Grafana, in plain lines."""
import html
import math
import pathlib
import time

COLORS = ["#3274d9", "#e0762b", "#37872d", "#a352cc", "#c4162a", "#0f8b8d", "#8f6b00", "#5d6b7a"]
NAMED = {"green": "#37872d", "yellow": "#b58900", "orange": "#e0762b", "red": "#c4162a"}
COLUMN, LINE = 50, 26
POINTS, SERIES = 50, 8


def number(value: float, unit: str) -> str:
    if math.isnan(value):
        return "no data"
    if unit == "percentunit":
        return f"{value * 100:.0f} %" if abs(value) >= 1 else f"{value * 100:.3g} %"
    if unit == "bytes":
        return f"{value / 2**20:.3g} MiB"
    if unit == "s":
        for bound, factor, name in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (120, 1, "s"),
                                    (7200, 1 / 60, "min"), (172800, 1 / 3600, "h")):
            if abs(value) < bound:
                return f"{value * factor:.3g} {name}"
        return f"{value / 86400:.3g} d"
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text + {"reqps": " req/s", "cps": " /s"}.get(unit, "")


def legend(template: str, labels: dict) -> str:
    for name in ("model", "version", "feature", "arm", "rule", "outcome", "result", "route", "code",
                 "reason", "instance", "severity", "kind"):
        template = template.replace("{{" + name + "}}", labels.get(name, ""))
    return " ".join(template.split())


def color(value: float, steps: list) -> str:
    chosen = steps[0]["color"]
    for step in steps[1:]:
        if value >= step["value"]:
            chosen = step["color"]
    return NAMED[chosen]


class Picture:
    def __init__(self):
        self.parts = []

    def text(self, x, y, words, size=10, fill="#24292f", anchor="start", weight="normal"):
        self.parts.append(f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{fill}" '
                          f'text-anchor="{anchor}" font-weight="{weight}">'
                          f'{html.escape(words)}</text>')

    def box(self, x, y, width, height, fill, stroke="none"):
        self.parts.append(f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" '
                          f'height="{height:.0f}" fill="{fill}" stroke="{stroke}"/>')

    def line(self, points, stroke, dashes=""):
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{stroke}"{dashes}/>')


def lines(picture, panel, place, answers, span):
    """A panel of lines over time."""
    x, y, width, height = place
    defaults = panel["fieldConfig"]["defaults"]
    left, top, right, bottom = x + 52, y + 24, x + width - 10, y + height - 34
    series = [(legend(target["legendFormat"], found["metric"]),
               [(float(at), float(value)) for at, value in found["values"]])
              for target, found in answers][:SERIES]
    values = [value for _, points in series for _, value in points if math.isfinite(value)]
    high = (max(values, default=0) or 1) * 1.08
    high = min(high, defaults.get("max", high)) if defaults.get("max", 0) == 1 else high
    begin, end = span
    for part in (0, 0.5, 1):
        level = bottom - (bottom - top) * part
        picture.line([(left, level), (right, level)], "#d8dee4")
        picture.text(left - 4, level + 3, number(high * part, defaults["unit"]), 8, "#57606a",
                     "end")
    for step in defaults["thresholds"]["steps"][1:]:
        if step["value"] <= high:
            level = bottom - (bottom - top) * step["value"] / high
            picture.line([(left, level), (right, level)], NAMED[step["color"]],
                         ' stroke-dasharray="3 3"')
    at, row = left, bottom + 14
    for index, (name, points) in enumerate(series):
        stroke = COLORS[index % len(COLORS)]
        picture.line([(left + (right - left) * (moment - begin) / (end - begin),
                       bottom - (bottom - top) * min(value, high) / high)
                      for moment, value in points if math.isfinite(value)], stroke)
        wide = 14 + len(name) * 4.9
        if at + wide > right and at > left:
            at, row = left, row + 11
        if row < y + height - 2:
            picture.box(at, row - 6, 8, 3, stroke)
            picture.text(at + 11, row, name, 8, "#57606a")
        at += wide


def figure(picture, panel, place, answers):
    """A panel of one number."""
    x, y, width, height = place
    defaults = panel["fieldConfig"]["defaults"]
    value = float(answers[0][1]["value"][1]) if answers else math.nan
    picture.text(x + width / 2, y + height / 2 + 18, number(value, defaults["unit"]), 22,
                 color(value, defaults["thresholds"]["steps"]), "middle", "bold")


def bars(picture, panel, place, answers):
    """A panel of one bar for each series."""
    x, y, width, height = place
    defaults = panel["fieldConfig"]["defaults"]
    names = {key: value["text"] for mapping in defaults["mappings"]
             for key, value in mapping["options"].items()}
    rows = sorted(((legend(target["legendFormat"], found["metric"]), float(found["value"][1]))
                   for target, found in answers), key=lambda row: -row[1])[:10]
    for index, (name, value) in enumerate(rows):
        top = y + 28 + index * 19
        share = min(max(value / defaults["max"], 0.01), 1)
        picture.text(x + 8, top + 9, name, 8, "#57606a")
        picture.box(x + 130, top, (width - 210) * share, 11,
                    color(value, defaults["thresholds"]["steps"]))
        picture.text(x + width - 8, top + 9,
                     names.get(f"{value:.0f}") or number(value, defaults["unit"]), 8, "#24292f",
                     "end")


def draw(dashboard: dict, stand, concrete, path: str):
    picture = Picture()
    span = stand.since, time.time()
    step = max((span[1] - span[0]) / POINTS, 1)
    bottom = 0
    for panel in dashboard["panels"]:
        grid = panel["gridPos"]
        x, y = grid["x"] * COLUMN, grid["y"] * LINE
        width, height = grid["w"] * COLUMN, grid["h"] * LINE
        bottom = max(bottom, y + height)
        if panel["type"] == "row":
            picture.text(x + 6, y + 18, panel["title"], 13, weight="bold")
            continue
        picture.box(x + 3, y + 3, width - 6, height - 6, "#ffffff", "#d0d7de")
        picture.text(x + 10, y + 17, panel["title"], 10, weight="bold")
        place = (x, y, width, height)
        over_time = panel["type"] == "timeseries"
        options = {"start": span[0], "end": span[1], "step": step} if over_time else {}
        answers = [(target, found) for target in panel["targets"]
                   for found in stand.query(concrete(target["expr"]), **options)]
        if over_time:
            lines(picture, panel, place, answers, span)
        elif panel["type"] == "stat":
            figure(picture, panel, place, answers)
        else:
            bars(picture, panel, place, answers)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {bottom + 4}" '
            f'font-family="DejaVu Sans, Helvetica, sans-serif">\n'
            f'<!-- SPDX-License-Identifier: Apache-2.0 -->\n'
            f'<rect width="100%" height="100%" fill="#f6f8fa"/>\n')
    pathlib.Path(path).write_text(head + "\n".join(picture.parts) + "\n</svg>\n")
