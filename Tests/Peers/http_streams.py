# SPDX-License-Identifier: Apache-2.0
"""Streams of requests to compare parsers on: good ones, the smuggling payloads, and mutations."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Proxies"))
import payloads  # noqa: E402

MARKER = b"GET /marker HTTP/1.1\r\nHost: marker\r\n\r\n"

GOOD = [each.replace(b"\n", b"\r\n") for each in (
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"\nGET / HTTP/1.1\nHost: a\n\n",
    b"GET /a/b;c?d=e&f=%20g HTTP/1.1\nHost: example.org:8080\nAccept: */*\n\n",
    b"HEAD /livez HTTP/1.1\nhost: [2001:db8::1]:80\nUser-Agent: x/1.0 (y)\n\n",
    b"OPTIONS * HTTP/1.1\nHost: a\n\n",
    b"GET http://a/b?c HTTP/1.1\nHost: a\n\n",
    b"GET / HTTP/1.0\n\n",
    b"GET / HTTP/1.0\nHost: a\nConnection: keep-alive\n\n",
    b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n",
    b"GET / HTTP/1.1\nHost: a\nConnection: x, Keep-Alive\n\n",
    b"GET / HTTP/1.1\nHost: a\nX-Empty:\nX-Text: caf\xc3\xa9 \t \"q\" \n\n",
    b"POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
    b"POST /predict HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: 11\n\n"
    b"hello world",
    b"PUT /x HTTP/1.1\nHost: a\nContent-Length: 003\nExpect: 100-continue\n\nabc",
    b"DELETE /x HTTP/1.1\nHost: a\nContent-Length: 2\n\nok",
    b"PATCH /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n",
    b"POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: Chunked\n\n00A\n0123456789\n2\nxy\n0\n\n",
    b"POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3;a;b=c;d=\"e\\\"f\"\nabc\n0;z\n\n",
    b"POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTrailer: X-A\n\n1\na\n0\nX-A: b\n\n",
    b"POST /x HTTP/1.0\nContent-Length: 3\n\nabc",
    b"TRACE / HTTP/1.1\nHost: a\n\n",
)]

TOKENS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\x00", b"\x0b", b"\x7f", b"\x80", b"\xff",
    b":", b",", b";", b"/", b"//", b"/../", b"%", b"%2e", b"%00", b"%zz", b"#", b"?", b"*", b"\\",
    b"0", b"1", b"-1", b"+1", b"0x1", b"1_0", b"18446744073709551616", b"999999999999",
    b"chunked", b"identity", b"gzip", b"close", b"keep-alive", b"upgrade", b"100-continue",
    b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b"HTTP/1.2", b"HTTP/0.9",
    b"GET ", b"get ", b"BREW ", b"CONNECT ", b"PRI ", b"M-SEARCH ",
    b"Content-Length: 3\r\n", b"Content-Length: 0\r\n", b"Content-Length : 3\r\n",
    b"Content-Length: 3, 3\r\n", b"Content-Length:\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding:\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n",
    b"Host: b\r\n", b"Host:\r\n", b"Host: a b\r\n", b"Host: a/b\r\n", b"Host: u@a\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n",
    b"Upgrade: h2c\r\nConnection: upgrade\r\n",
    b"Expect: x\r\n", b" folded\r\n", b"\tfolded\r\n", b"X Y: z\r\n", b": z\r\n", b"nocolon\r\n",
    b"0\r\n\r\n", b"3\r\nabc\r\n", b"ffffffffffffffff\r\n", b";a=b", b";", b";a=\"", b"X-T: u\r\n",
]


def mutate(stream, random):
    stream = bytearray(stream)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
        place = random.randrange(len(stream) + 1)
        end = min(len(stream), place + random.choice((1, 1, 1, 2, 4, 8)))
        kind = random.randrange(7)
        if kind == 0:
            stream[place:place + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            del stream[place:end]
        elif kind in (2, 3):
            stream[place:place] = random.choice(TOKENS)
        elif kind == 4:
            stream[place:end] = random.choice(TOKENS)
        elif kind == 5:
            # At the start of a line, where a whole field fits.
            starts = [at + 2 for at in range(len(stream)) if stream[at:at + 2] == b"\r\n"] or [0]
            place = random.choice(starts)
            stream[place:place] = random.choice(TOKENS)
        else:
            stream[place:place] = stream[place:end] * random.choice((1, 1, 2, 40))
    return bytes(stream)


def streams(count, random):
    """`count` streams, each of one or two messages with the marker behind them."""
    rows = [each + MARKER for each in GOOD]
    for each in payloads.TABLE:
        for is_complete in (True, False):
            rows.append(each.build(payloads.hidden(is_complete)) + MARKER)
    seeds = GOOD * 8 + [each for each in rows[len(GOOD):] if len(each) < 600]
    while len(rows) < count:
        stream = mutate(random.choice(seeds), random)
        if random.random() < 0.2:
            stream += random.choice(GOOD)
        rows.append(stream + MARKER)
    return rows
