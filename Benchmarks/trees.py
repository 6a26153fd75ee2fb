# SPDX-License-Identifier: Apache-2.0
"""Boosted trees over HTTP: one row a request beside nginx, and a thousand rows a request."""
from load import in_turn, wrk, wrk_script
from table import Row, at_least
from throughput import rate_row

MODEL = "100 trees of 31 leaves on 28 numbers"
# Enough that one is being read while another is predicted.
BATCH_CONNECTIONS = 8


def trees(stand, rounds, seconds):
    """POST /predict with boosted trees over keep-alive connections."""
    model = stand.trees()
    script = wrk_script(stand, body=model.body, name="trees")
    turns = in_turn(
        rounds, {"martlet": lambda: stand.martlet(model=model),
                 "nginx": lambda: stand.nginx(model=model)},
        lambda _, server: wrk(server, script, seconds))
    rows = [rate_row(turns, f"`/predict`, {MODEL}, 32 keep-alive connections: requests/s ÷ nginx",
                     at_least(0.8))]
    script = wrk_script(stand, body=model.rows_body, name="rows")
    turns = in_turn(
        rounds, {"martlet": lambda: stand.martlet(model=model)},
        lambda _, server: wrk(server, script, seconds, connections=BATCH_CONNECTIONS))
    rates = [load.rate * model.row_count for load in turns.rounds["martlet"]]
    cpu = turns.median("martlet", lambda load: load.cpu) / model.row_count
    rows.append(Row(
        f"`/predict`, the same trees, {model.row_count:,} rows a request, {BATCH_CONNECTIONS} "
        "connections: rows/s", rates, at_least(600_000), "{:,.0f}",
        f"{cpu:.2f} µs CPU a row, {len(model.rows_body) / model.row_count:.0f} bytes a row"))
    return rows
