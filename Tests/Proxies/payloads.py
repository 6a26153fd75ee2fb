# SPDX-License-Identifier: Apache-2.0
"""The smuggling payloads, by name.

A payload is an outer request that hides a second one, `GET /version`, where one reader of the outer
message's framing sees its body and another sees the next message. The hidden request comes in two
forms: complete, to draw an answer that nobody asked for; and open (cut off inside a field's value),
to swallow the head of whatever the connection carries next.

`direct` is what Martlet itself must answer to the outer request: a status, or `None` where it says
nothing yet (the message has not ended) or nothing at all. `is_honest` marks the few whose hidden
request is by the letter a second one that the client pipelined, and is answered when sent directly.
"""
import dataclasses
import typing

OUTER_ID = b"@OUTER@"  # as long as the id that replaces it
HIDDEN_ID = b"@HIDDEN@"


@dataclasses.dataclass(frozen=True)
class Payload:
    name: str
    direct: typing.Optional[int]
    build: typing.Callable[[bytes], bytes]
    is_honest: bool = False


def hidden(is_complete):
    head = b"GET /version HTTP/1.1\r\n"
    if is_complete:
        return head + b"Host: martlet\r\nX-Request-Id: " + HIDDEN_ID + b"\r\n\r\n"
    return head + b"X-Request-Id: " + HIDDEN_ID + b"\r\nX-Swallow: "


def request(*lines, body=b"", start=b"POST /predict HTTP/1.1", host=b"Host: martlet"):
    head = [start] + ([host] if host else [])
    if not any(line.startswith(b"Content-Type") for line in lines):
        head.append(b"Content-Type: application/json")
    head += [b"X-Request-Id: " + OUTER_ID, *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def sized(count):
    return b"Content-Length: %d" % count


def chunk(data, size=None):
    return (b"%x" % len(data) if size is None else size) + b"\r\n" + data + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked"
LAST = b"0\r\n\r\n"
TABLE = []


def add(name, direct, build, is_honest=False):
    TABLE.append(Payload(name, direct, build, is_honest))


def both_readings(name, direct, *lines):
    """`lines` declare chunks to some readers; Content-Length says otherwise."""
    add(f"CL.TE {name}", direct, lambda rest: request(
        sized(len(LAST + rest)), *lines, body=LAST + rest))

    def by_length(rest):
        body = chunk(rest) + LAST
        return request(sized(body.index(b"\n") + 1), *lines, body=body)
    add(f"TE.CL {name}", direct, by_length)


both_readings("plain", 400, CHUNKED)
both_readings("upper case", 400, b"TRANSFER-ENCODING: CHUNKED")
both_readings("tab before the value", 400, b"Transfer-Encoding:\tchunked")
both_readings("space before the colon", 400, b"Transfer-Encoding : chunked")
both_readings("tab before the colon", 400, b"Transfer-Encoding\t: chunked")
both_readings("vertical tab", 400, b"Transfer-Encoding:\x0bchunked")
both_readings("form feed", 400, b"Transfer-Encoding: chunked\x0c")
both_readings("NUL behind", 400, b"Transfer-Encoding: chunked\x00")
both_readings("NUL before", 400, b"Transfer-Encoding: \x00chunked")
both_readings("NUL in the name", 400, b"Transfer-\x00Encoding: chunked")
both_readings("next line U+0085 behind", 400, b"Transfer-Encoding: chunked\x85")
both_readings("no-break space before", 400, b"Transfer-Encoding: \xa0chunked")
both_readings("Kelvin sign", 400, b"Transfer-Encoding: chun\xe2\x84\xaaed")
both_readings("xchunked", 400, b"Transfer-Encoding: xchunked")
both_readings("chunk", 400, b"Transfer-Encoding: chunk")
both_readings("quoted", 400, b'Transfer-Encoding: "chunked"')
both_readings("parameter", 400, b"Transfer-Encoding: chunked;q=1")
both_readings("empty value", 400, b"Transfer-Encoding:")
both_readings("identity", 400, b"Transfer-Encoding: identity")
both_readings("chunked, identity", 400, b"Transfer-Encoding: chunked, identity")
both_readings("identity, chunked", 400, b"Transfer-Encoding: identity, chunked")
both_readings("gzip, chunked", 400, b"Transfer-Encoding: gzip, chunked")
both_readings("chunked twice in a line", 400, b"Transfer-Encoding: chunked, chunked")
both_readings("leading comma", 400, b"Transfer-Encoding: ,chunked")
both_readings("trailing comma", 400, b"Transfer-Encoding: chunked,")
both_readings("two lines, chunked last", 400, b"Transfer-Encoding: x", CHUNKED)
both_readings("two lines, chunked first", 400, CHUNKED, b"Transfer-Encoding: x")
both_readings("two lines, both chunked", 400, CHUNKED, CHUNKED)
both_readings("folded value", 400, b"Transfer-Encoding:\r\n chunked")
both_readings("folded behind another field", 400, b"X-Fold: a", b" Transfer-Encoding: chunked")
both_readings("behind a bare LF", 400, b"X-Line: a\nTransfer-Encoding: chunked")
both_readings("behind a bare CR", 400, b"X-Line: a\rTransfer-Encoding: chunked")
both_readings("LF in the name", 400, b"Transfer-Encoding\n: chunked")
both_readings("behind CR CR LF", 400, b"X-Line: a\r", CHUNKED)
both_readings("named a hop's field", 400, b"Connection: Transfer-Encoding", CHUNKED)
# A name of its own, whatever a CGI makes of it: the length counts, and what follows is pipelined.
add("CL.TE underscore", 422, lambda rest: request(
    sized(len(LAST + rest)), b"Transfer_Encoding: chunked", body=LAST + rest))
add("TE.CL underscore", 422, lambda rest: request(
    sized(4), b"Transfer_Encoding: chunked", body=b"%02x\r\n" % len(rest) + rest + b"\r\n" + LAST),
    is_honest=True)


def lengths(name, direct, make):
    """A first reader sees the hidden request as body, a second sees no body, or the reverse."""
    add(f"CL {name}", direct, lambda rest: request(*make(len(rest)), body=rest))


lengths("two, 0 first", 400, lambda n: [sized(0), sized(n)])
lengths("two, 0 last", 400, lambda n: [sized(n), sized(0)])
lengths("two, the same", 400, lambda n: [sized(n), sized(n)])
lengths("two in a line", 400, lambda n: [b"Content-Length: 0, %d" % n])
lengths("the same twice in a line", 400, lambda n: [b"Content-Length: %d, %d" % (n, n)])
lengths("plus sign", 400, lambda n: [b"Content-Length: +%d" % n])
lengths("minus zero", 400, lambda n: [b"Content-Length: -0"])
lengths("negative", 400, lambda n: [b"Content-Length: -%d" % n])
lengths("hexadecimal", 400, lambda n: [b"Content-Length: 0x%x" % n])
lengths("underscore in the digits", 400, lambda n: [b"Content-Length: %d_0" % n])
lengths("space in the digits", 400, lambda n: [b"Content-Length: 0 %d" % n])
lengths("fraction", 400, lambda n: [b"Content-Length: %d.0" % n])
lengths("exponent", 400, lambda n: [b"Content-Length: %de0" % n])
lengths("empty", 400, lambda n: [b"Content-Length:"])
lengths("vertical tab", 400, lambda n: [b"Content-Length:\x0b%d" % n])
lengths("NUL behind", 400, lambda n: [b"Content-Length: %d\x00" % n])
lengths("no-break space behind", 400, lambda n: [b"Content-Length: %d\xa0" % n])
lengths("64 bits and n", 400, lambda n: [b"Content-Length: %d" % (2 ** 64 + n)])
lengths("32 bits and n", 413, lambda n: [b"Content-Length: %d" % (2 ** 32 + n)])
lengths("space before the colon", 400, lambda n: [b"Content-Length : %d" % n])
add("CL underscore", 400, lambda rest: request(b"Content_Length: %d" % len(rest), body=rest),
    is_honest=True)
lengths("folded value", 400, lambda n: [b"Content-Length:\r\n %d" % n])
lengths("folded behind another field", 400, lambda n: [b"X-Fold: a", b" " + sized(n)])
lengths("behind a bare LF", 400, lambda n: [b"X-Line: a\n" + sized(n)])
lengths("behind a bare CR", 400, lambda n: [b"X-Line: a\r" + sized(n)])
lengths("NUL in the name", 400, lambda n: [b"Content-\x00Length: %d" % n])
lengths("leading zeros", 400, lambda n: [b"Content-Length: 0%d" % n])
lengths("named a hop's field", 400, lambda n: [b"Connection: Content-Length", sized(n)])
lengths("over the limit", 413, lambda n: [sized(99_999_999)])


def ignored_body(name, direct, start, *lines):
    """CL.0: a body where a server may expect none, and leave it for the next reader."""
    add(f"CL.0 {name}", direct, lambda rest: request(
        sized(len(rest)), *lines, start=start, body=rest))


ignored_body("GET", 200, b"GET /livez HTTP/1.1")
ignored_body("HEAD", 200, b"HEAD /livez HTTP/1.1")
ignored_body("OPTIONS", 204, b"OPTIONS /livez HTTP/1.1")
ignored_body("OPTIONS *", 204, b"OPTIONS * HTTP/1.1")
ignored_body("DELETE", 405, b"DELETE /livez HTTP/1.1")
ignored_body("unknown method", 501, b"BREW /livez HTTP/1.1")
ignored_body("unknown route", 404, b"POST /nowhere HTTP/1.1")
ignored_body("wrong method", 405, b"POST /livez HTTP/1.1")
ignored_body("early 415", 415, b"POST /predict HTTP/1.1", b"Content-Type: text/plain")
ignored_body("not JSON", 400, b"POST /predict HTTP/1.1")
ignored_body("TRACE", 405, b"TRACE /livez HTTP/1.1")
ignored_body("CONNECT", 405, b"CONNECT martlet:80 HTTP/1.1")
ignored_body("HTTP/1.0", 400, b"POST /predict HTTP/1.0")
ignored_body("HTTP/1.0 keep-alive", 400, b"POST /predict HTTP/1.0", b"Connection: keep-alive")
ignored_body("WebSocket upgrade", 200, b"GET /livez HTTP/1.1", b"Connection: Upgrade",
             b"Upgrade: websocket", b"Sec-WebSocket-Version: 777", b"Sec-WebSocket-Key: AAAA")
ignored_body("h2c upgrade", 200, b"GET /livez HTTP/1.1", b"Connection: Upgrade, HTTP2-Settings",
             b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__")
ignored_body("Expect", 400, b"POST /predict HTTP/1.1", b"Expect: 100-continue")
ignored_body("Expect on GET", 200, b"GET /livez HTTP/1.1", b"Expect: 100-continue")
ignored_body("Expect in capitals", 400, b"POST /predict HTTP/1.1", b"Expect: 100-CONTINUE")
ignored_body("Expect of a stranger", 417, b"POST /predict HTTP/1.1", b"Expect: y 100-continue")
ignored_body("Expect with a second member", 417, b"POST /predict HTTP/1.1",
             b"Expect: 100-continue, x")
ignored_body("Expect folded", 400, b"POST /predict HTTP/1.1", b"Expect:\r\n 100-continue")
ignored_body("method override", 400, b"POST /predict HTTP/1.1", b"X-HTTP-Method-Override: GET")
ignored_body("absolute target", 200, b"GET http://martlet/livez HTTP/1.1")
ignored_body("absolute target of another host", 400, b"GET http://elsewhere/livez HTTP/1.1")
ignored_body("empty segment", 404, b"POST //predict HTTP/1.1")
ignored_body("declared form", 415, b"POST /predict HTTP/1.1",
             b"Content-Type: application/x-www-form-urlencoded")


def waiting(name, direct, start, *lines):
    """0.CL: a front that sees no body sends the next client's request into the declared one."""
    add(f"0.CL {name}", direct, lambda rest: request(*lines, start=start) + rest)


waiting("Expect", None, b"POST /predict HTTP/1.1", sized(400), b"Expect: 100-continue")
waiting("Expect on GET", None, b"GET /livez HTTP/1.1", sized(400), b"Expect: 100-continue")
waiting("GET", None, b"GET /livez HTTP/1.1", sized(400))
waiting("space before the colon", 400, b"GET /livez HTTP/1.1", b"Content-Length : 400")
waiting("folded name", 400, b"GET /livez HTTP/1.1", b"X-Fold:", b"\tContent-Length: 400")
waiting("NUL in the name", 400, b"GET /livez HTTP/1.1", b"Content\x00-Length: 400")


def chunks(name, direct, body, *lines):
    add(f"chunk {name}", direct, lambda rest: request(CHUNKED, *lines, body=body(rest)))


chunks("size with 0x", 400, lambda rest: chunk(rest, b"0x%x" % len(rest)) + LAST)
chunks("size 0x0", 400, lambda rest: b"0x0\r\n\r\n" + rest)
chunks("size with plus", 400, lambda rest: chunk(rest, b"+%x" % len(rest)) + LAST)
chunks("size with minus", 400, lambda rest: b"-1\r\n" + rest + b"\r\n" + LAST)
chunks("size -0", 400, lambda rest: b"-0\r\n\r\n" + rest)
chunks("size with an underscore", 400, lambda rest: chunk(rest, b"0_%x" % len(rest)) + LAST)
chunks("size behind a space", 400, lambda rest: chunk(rest, b" %x" % len(rest)) + LAST)
chunks("size before a space", 400, lambda rest: chunk(rest, b"%x " % len(rest)) + LAST)
chunks("size before a tab", 400, lambda rest: chunk(rest, b"%x\t" % len(rest)) + LAST)
chunks("size of nothing", 400, lambda rest: b"\r\n" + rest + b"\r\n" + LAST)
chunks("size in words", 400, lambda rest: b"zero\r\n\r\n" + rest)
chunks("size before a NUL", 400, lambda rest: b"0\x00\r\n\r\n" + rest)
chunks("size over 64 bits", 400, lambda rest: b"1" + b"0" * 16 + b"\r\n\r\n" + rest)
chunks("size 64 bits and n", 400, lambda rest: chunk(rest, b"1%016x" % len(rest)) + LAST)
chunks("size over the limit", 413, lambda rest: b"fffffff\r\n" + rest)
chunks("size line ends in LF", 400, lambda rest: b"%x\n" % len(rest) + rest + b"\r\n" + LAST)
chunks("size line ends in CR", 400, lambda rest: b"%x\r" % len(rest) + rest + b"\r\n" + LAST)
chunks("last line ends in LF", 400, lambda rest: b"0\n\r\n" + rest)
chunks("all lines end in LF", 400, lambda rest: b"0\n\n" + rest)
chunks("last line ends in CR", 400, lambda rest: b"0\r\r\n" + rest)
chunks("end of the message is LF", 400, lambda rest: b"0\r\n\n" + rest)
chunks("end of the message is CR", 400, lambda rest: b"0\r\n\r" + rest)
chunks("data ends in LF", 400, lambda rest: b"1\r\nA\n" + LAST + rest)
chunks("data ends in two other bytes", 400, lambda rest: b"1\r\nAXX" + LAST + rest)
chunks("data without an end", 400, lambda rest: b"1\r\nA" + LAST + rest)
chunks("data spills over the size", 400, lambda rest: b"5\r\nAAAAAAA\r\n" + LAST + rest)
chunks("data falls short of the size", 400, lambda rest: b"7\r\nAAA\r\n" + LAST + rest)
chunks("extension ends in LF", 400, lambda rest: b"1;a\nA\r\n" + LAST + rest)
chunks("extension holds LF, reader by LF", 400, lambda rest: b"2;\nxx\r\n%x\r\n" % len(rest)
       + rest + b"\r\n" + LAST)
chunks("extension holds CR", 400, lambda rest: b"0;a\rb\r\n\r\n" + rest)
chunks("extension holds CR CR LF", 400, lambda rest: b"0;a\r\r\n\r\n" + rest)
chunks("extension is bare", 400, lambda rest: b"0;\r\n\r\n" + rest)
chunks("extension holds a NUL", 400, lambda rest: b"0;a=\x00\r\n\r\n" + rest)
chunks("extension quotes a line end", 400, lambda rest: b'0;a="\r\n\r\n' + rest)
chunks("extension quotes LF", 400, lambda rest: b'0;a="\n"\r\n\r\n' + rest)
chunks("extension is too long", 400, lambda rest: b"1;a=" + b"b" * 20_000 + b"\r\nA\r\n" + LAST
       + rest)
chunks("trailer behind LF", 400, lambda rest: b"0\r\nX-Trailer: a\n\r\n" + rest)
chunks("trailer folded", 400, lambda rest: b"0\r\nX-Trailer: a\r\n b\r\n\r\n" + rest)
chunks("trailer without a colon", 400, lambda rest: b"0\r\nX-Trailer\r\n\r\n" + rest)
chunks("trailer space before the colon", 400, lambda rest: b"0\r\nX-T : a\r\n\r\n" + rest)
chunks("never ends", None, lambda rest: b"ff\r\n" + rest)
chunks("holds a whole request", 400, lambda rest: chunk(rest) + LAST)
chunks("on HTTP/1.1 that closes", 400, lambda rest: LAST + rest, b"Connection: close")

add("chunk on HTTP/1.0", 400, lambda rest: request(
    CHUNKED, b"Connection: keep-alive", start=b"POST /predict HTTP/1.0", body=LAST + rest))
for method, path, status in ((b"GET", b"/livez", 200), (b"HEAD", b"/livez", 200),
                             (b"OPTIONS", b"*", 204), (b"DELETE", b"/livez", 405)):
    add(f"TE.0 {method.decode()}", status, lambda rest, start=b"%s %s HTTP/1.1" % (method, path):
        request(CHUNKED, start=start, body=chunk(rest) + LAST))
    add(f"TE.0 {method.decode()}, empty", status,
        lambda rest, start=b"%s %s HTTP/1.1" % (method, path):
        request(CHUNKED, b"Connection: close", start=start, body=LAST + rest))
add("TE chunk unknown coding", 400, lambda rest: request(
    b"Transfer-Encoding: br", body=LAST + rest))


def head(name, direct, build):
    add(f"head {name}", direct, build)


def then(raw):
    return lambda rest: raw.replace(b"@ID@", b"X-Request-Id: " + OUTER_ID) + rest


head("lines end in LF", 400, then(b"GET /livez HTTP/1.1\nHost: martlet\n@ID@\n\n"))
head("ends in LF LF", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\n\n"))
head("ends in CR CR", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\r"))
head("ends in LF CR LF", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\n\r\n"))
head("NUL in a value", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\nX: \x00\r\n\r\n"))
head("NUL before the method", 400, then(b"\x00GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("folded first field", 400, then(b"GET /livez HTTP/1.1\r\n Host: martlet\r\n@ID@\r\n\r\n"))
head("blank in the empty line", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n \r\n"))
head("empty name", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n: x\r\n\r\n"))
head("no colon", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\nword\r\n\r\n"))
head("three empty lines before", 400, then(
    b"\r\n\r\n\r\nGET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("two hosts", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet\r\nHost: x\r\n@ID@\r\n\r\n"))
head("no host", 400, then(b"GET /livez HTTP/1.1\r\n@ID@\r\n\r\n"))
head("host with a path", 400, then(b"GET /livez HTTP/1.1\r\nHost: martlet/x\r\n@ID@\r\n\r\n"))
head("absolute target, other host", 400, then(
    b"GET http://elsewhere/livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("absolute target, two hosts", 400, then(
    b"GET http://martlet/livez HTTP/1.1\r\nHost: martlet\r\nHost: x\r\n@ID@\r\n\r\n"))
head("two versions", 400, then(
    b"GET /livez HTTP/1.1 HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("HTTP/0.9", 400, then(b"GET /livez\r\n\r\n"))
head("HTTP/1.0 by default", 200, then(b"GET /livez HTTP/1.0\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("HTTP/2.0", 505, then(b"GET /livez HTTP/2.0\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("lower-case version", 400, then(b"GET /livez http/1.1\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("preface of HTTP/2", 505, then(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
head("h2c upgrade and preface", 200, then(
    b"GET /livez HTTP/1.1\r\nHost: martlet\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n@ID@\r\n\r\n"
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
head("line end in the target", 400, then(
    b"GET /livez?\rHTTP/1.1 HTTP/1.1\r\nHost: martlet\r\n@ID@\r\n\r\n"))
head("encoded line end in the target", 400, then(
    b"GET /livez%0d%0aX:%20y HTTP/1.1\r\nHost: martlet\r\nConnection: close\r\n@ID@\r\n\r\n"))
head("close, then more", 200, then(
    b"GET /livez HTTP/1.1\r\nHost: martlet\r\nConnection: close\r\n@ID@\r\n\r\n"))
head("close in a list, then more", 200, then(
    b"GET /livez HTTP/1.1\r\nHost: martlet\r\nConnection: x, CLOSE\r\n@ID@\r\n\r\n"))
head("CONNECT, then more", 405, then(
    b"CONNECT martlet:80 HTTP/1.1\r\nHost: martlet:80\r\n@ID@\r\n\r\n"))
head("fields over the limit", 431, then(
    b"GET /livez HTTP/1.1\r\nHost: martlet\r\n@ID@\r\nX: " + b"a" * 40_000 + b"\r\n\r\n"))
head("TLS in the clear", 400, then(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n"))
