#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares Martlet's request parser with httptools (llhttp) and h11 on mutated streams.

    http_parsers.py http-verdicts docs/http-peers.md [--count 50000] [--seed 1] [--write]

Where two differ, a row of `http_differences` must say why, by bytes that are there; and each row
has an example that shows its difference. The table of the page is these rows; `--write` renews it.
"""
import argparse
import collections
import random
import re
import sys

import http_differences
import http_readers
import http_streams

PEERS = {"httptools": http_readers.read_httptools, "h11": http_readers.read_h11}
# Escapes of letters, digits, "-", ".", "_" and "~" (RFC 3986 section 2.3).
UNRESERVED = re.compile(rb"(?i)%(2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)")
START, END = "<!-- differences -->\n", "<!-- end -->\n"


def routed(message):
    """A message with its target as Martlet gives it: without scheme, dot segments and
    needless escapes."""
    method, target, body, keeps = message
    if method != b"CONNECT":
        target = re.sub(rb"(?i)^https?://[^/?]*", b"", target)
        path, mark, query = target.partition(b"?")
        path = UNRESERVED.sub(lambda each: bytes.fromhex(each[1].decode()), path)
        kept = []
        segments = path.split(b"/")
        for segment in segments:
            if segment == b"..":
                kept = kept[:-1]
            elif segment != b".":
                kept.append(segment)
        if segments[-1] in (b".", b".."):
            kept.append(b"")
        target = b"/".join(kept) + mark + query
    return method, target, body, keeps


def compare(stream, ours, theirs):
    """Where the two part: the bytes from that message on, its number, and whether both take it and
    see another in it; None where they agree."""
    count = 0
    others = [routed(each) for each in theirs.messages]
    while count < min(len(ours.messages), len(others)) and ours.messages[count] == others[count]:
        count += 1
    is_all = count == len(ours.messages) == len(others)
    if is_all and (ours.end == theirs.end or ours.is_refused and theirs.is_refused):
        return None
    is_body = count < min(len(ours.messages), len(others)) \
        and ours.messages[count][:3] != others[count][:3]
    return stream[sum(ours.sizes[:count]):], count, is_body


def explain(stream, ours, theirs, peer):
    """The name of the row that holds, None where there is no difference, "" where no row does."""
    parting = compare(stream, ours, theirs)
    if not parting:
        return None
    rest, count, is_body = parting
    head = http_differences.Head(rest)
    reason = ours.end if ours.is_refused and count == len(ours.messages) else None
    for row in http_differences.ALL:
        is_kind = row.reasons is None or (reason in row.reasons if reason else not row.reasons)
        if row.peer in (None, peer) and is_kind and is_body <= row.parts_bodies \
                and row.holds(head):
            return row.name
    return ""


def words(reading):
    taken = f"takes {len(reading.messages)}" if reading.messages else ""
    end = {"incomplete": "waits", "closed": "closes"}.get(reading.end, "refuses")
    return ", ".join(each for each in (taken, end) if each)


def table(program):
    """The rows as Markdown; an example that shows no difference of its row ends it all."""
    lines = ["| difference | example | Martlet | httptools | h11 | why Martlet's is right |",
             "|---|---|---|---|---|---|"]
    streams = [row.example + http_streams.MARKER for row in http_differences.ALL]
    for row, stream, ours in zip(http_differences.ALL, streams,
                                 http_readers.martlet(program, streams)):
        readings = {peer: read(stream) for peer, read in PEERS.items()}
        shown = {explain(stream, ours, each, peer) for peer, each in readings.items()}
        if row.name not in shown or shown - {row.name, None}:
            sys.exit(f"{row.name}: the example shows {shown}: {ours.end}, {readings}")
        example = repr(row.example)[2:-1].replace("|", "\\|")
        lines.append(f"| {row.name} | `{example}` | {words(ours)} | "
                     f"{words(readings['httptools'])} | {words(readings['h11'])} | {row.why} |")
    return "\n".join(lines) + "\n"


def check_page(path, text, is_written):
    with open(path) as file:
        before, _, rest = file.read().partition(START)
    old, _, after = rest.partition(END)
    if is_written:
        with open(path, "w") as file:
            file.write(before + START + text + END + after)
    elif old != text:
        sys.exit(f"{path} shows another table; renew it with --write")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("page")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    check_page(options.page, table(options.program), options.write)
    streams = http_streams.streams(options.count, random.Random(options.seed))
    counts, unexplained, agreed = collections.Counter(), [], 0
    for stream, ours in zip(streams, http_readers.martlet(options.program, streams)):
        for peer, read in PEERS.items():
            theirs = read(stream)
            name = explain(stream, ours, theirs, peer)
            if name:
                counts[name, peer] += 1
            elif name is None:
                agreed += 1
            else:
                unexplained.append((peer, stream, ours, theirs))
    print(f"{len(streams)} streams, seed {options.seed}: {agreed} readings agree, "
          f"{sum(counts.values())} differ and are explained, {len(unexplained)} are not")
    for row in http_differences.ALL:
        print(f"  {row.name:20} " + "  ".join(
            f"{peer} {counts[row.name, peer]:6}" for peer in PEERS))
    for peer, stream, ours, theirs in unexplained[:10]:
        print(f"UNEXPLAINED  {peer}: {stream[:400]!r}\n  martlet {str(ours)[:400]}\n"
              f"  {peer} {str(theirs)[:400]}")
    # That nothing parts them would mean that nothing was compared.
    return 1 if unexplained or agreed < len(streams) or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
