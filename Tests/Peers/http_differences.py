# SPDX-License-Identifier: Apache-2.0
"""The ways in which Martlet's parser and another may differ, each with what proves it.

Each predicate looks for the fault in the bytes by rules of its own, on a view of the head that the
parsers have no part in. A difference that no predicate admits is unexplained.
"""
import dataclasses
import ipaddress
import re
import typing

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
CONTROLS = rb"\x00-\x08\x0a-\x1f\x7f"
METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT")
SINGLETONS = (b"host", b"content-length", b"transfer-encoding", b"expect", b"content-type",
              b"content-encoding", b"authorization", b"request-timeout", b"x-request-timeout-ms")
PCHAR = rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
TARGET = re.compile(rb"(?:(?i:https?)://(?P<authority>[^/?]+))?(?P<path>(?:/%b*)?)"
                    rb"(?:\?(?P<query>(?:%b|\?)*))?" % (PCHAR, PCHAR))
NUMBER_MAX = 8 * 1_048_576


class Head:
    """The first message of some bytes, taken apart without judging it."""

    def __init__(self, data):
        self.data = data
        self.text = data[2:] if data.startswith(b"\r\n") else data
        self.head, self.ending, self.body = self.text.partition(b"\r\n\r\n")
        self.start, *lines = self.head.split(b"\r\n")
        self.lines = lines
        self.fields = [(line.partition(b":")[0].lower(), line.partition(b":")[2].strip(b" \t"))
                       for line in lines]
        words = self.start.split(b" ")
        self.method, self.target = words[0], words[1] if len(words) > 1 else b""
        self.version = words[-1]

    def values(self, name):
        return [value for each, value in self.fields if each == name]

    def line_fault(self):
        """The first CR or LF of the head that stands alone."""
        found = re.search(rb"\r(?!\n)|(?<!\r)\n", self.head if self.ending else self.text)
        return found.group() if found else None

    def chunk_fault(self):
        """Which part of a chunked body breaks its grammar first; None if none does."""
        rest = self.body
        while True:
            size = re.match(rb"[0-9A-Fa-f]{1,15}(?![0-9A-Fa-f])", rest)
            if not size:
                return "size"
            rest = rest[size.end():]
            if rest[:1] not in (b"\r", b";"):
                return "size"
            extension = re.match(
                rb'(?:;%b(?:=(?:%b|"(?:[^"\\%b]|\\[^%b])*"))?)*'
                % (TOKEN, TOKEN, CONTROLS, CONTROLS), rest)
            if rest[:1] == b";" and not rest[extension.end():].startswith(b"\r"):
                return "extension"
            if not rest[extension.end():].startswith(b"\r\n"):
                return "size"
            rest = rest[extension.end() + 2:]
            count = int(size.group(), 16)
            if count == 0:
                trailer = re.match(rb"(?:%b:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*\r\n" % TOKEN, rest)
                return None if trailer else "trailer"
            if rest[count:count + 2] != b"\r\n":
                return "end"
            rest = rest[count + 2:]


def is_target(head):
    if head.method == b"CONNECT":
        return is_authority(head.target)
    if head.target == b"*":
        return head.method == b"OPTIONS"
    found = TARGET.fullmatch(head.target)
    if not found or not found["authority"] and not found["path"]:
        return False
    if found["authority"] and not is_authority(found["authority"]):
        return False
    plain = re.sub(rb"%(..)", lambda each: bytes.fromhex(each[1].decode()),
                   found["path"] + b"?" + (found["query"] or b""))
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        return False
    depth = 0
    for segment in re.sub(rb"(?i)%2e", b".", found["path"]).split(b"/")[1:]:
        depth += {b"..": -1, b".": 0}.get(segment, 1)
        if depth < 0:
            return False
    return not re.search(r"[\x00-\x1f\x7f]", text)


def is_authority(text):
    found = re.fullmatch(rb"(?:[A-Za-z0-9\-._~!$&'()*+;=]+|\[([0-9A-Fa-f:.]+)\])(?::(\d{0,5}))?",
                         text)
    if not found or int(found[2] or 0) > 65_535:
        return False
    try:
        return not found[1] or bool(ipaddress.IPv6Address(found[1].decode()))
    except ValueError:
        return False


def is_host_wrong(head):
    absolute = TARGET.fullmatch(head.target)
    authority = absolute and absolute["authority"]
    return any(not is_authority(each) or authority and each.lower() != authority.lower()
               for each in head.values(b"host"))


def is_over_a_limit(head):
    sizes = [int(each) for each in head.values(b"content-length") if each.isdigit()]
    sizes += [int(each, 16) for each in re.findall(rb"(?m)^([0-9A-Fa-f]{6,15})[\r;]", head.body)]
    return max(sizes, default=0) > NUMBER_MAX or len(head.fields) > 100 or len(head.data) > 8_192


def is_upgrade(head):
    return bool(head.values(b"upgrade")) and any(
        b"upgrade" in each.lower() for each in head.values(b"connection"))


def has_framing_trailer(head):
    return bool(re.search(
        rb"(?mi)^0+[^\r\n]*\r\n(?:[^\r\n]+\r\n)*(?:content-length|transfer-encoding|connection):",
        head.body))


@dataclasses.dataclass(frozen=True)
class Difference:
    """`reasons` are Martlet's refusals; without any, the message is one that Martlet takes, and
    with `None` it may be either."""
    name: str
    reasons: typing.Optional[tuple]
    holds: typing.Callable[[Head], bool]
    example: bytes
    why: str
    # The parser that differs so, if only one does.
    peer: typing.Optional[str] = None
    # Whether both may take the message and yet see another body.
    parts_bodies: bool = False


def request(*lines, start=b"GET / HTTP/1.1", host=b"Host: a", body=b""):
    return b"\r\n".join([start, *([host] if host else []), *lines]) + b"\r\n\r\n" + body


def chunked(body):
    return request(b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.1", body=body)


ALL = [
    Difference(
        "request line", ("malformed_request_line", "missing_version", "client_hello"),
        lambda head: head.data.startswith(b"\r\n\r\n")
        or not re.match(rb"%b [^ ]+ " % TOKEN, head.start),
        request(start=b"GET  / HTTP/1.1"),
        "one space between the parts; lenient splitting is left to who wants it (RFC 9112 3). Of "
        "empty lines before a request one is ignored (2.2), not any number"),
    Difference(
        "version", ("malformed_version", "unsupported_version"),
        lambda head: not re.fullmatch(rb"%b [^ ]+ HTTP/1\.\d" % TOKEN, head.start),
        request(start=b"GET / HTTP/2.0"),
        "another major version is another syntax: 505 (RFC 9110 15.6.6)"),
    Difference(
        "method", ("unknown_method",), lambda head: head.method not in METHODS,
        request(start=b"BREW / HTTP/1.1"),
        "not a fault of framing: the parser knows what the server implements, else 501 (RFC 9110 "
        "9.1)"),
    Difference(
        "target", ("malformed_target", "malformed_escape", "path_above_root"),
        lambda head: not is_target(head), request(start=b"GET /a%0d%0ab HTTP/1.1"),
        "bytes outside RFC 3986, escapes that stand for controls or no UTF-8, and paths above the "
        "root never reach routing (RFC 9112 3.2)"),
    Difference(
        "missing host", ("missing_host",), lambda head: not head.values(b"host"),
        request(host=None), "400 is a MUST (RFC 9112 3.2)"),
    Difference(
        "host", ("malformed_host", "host_mismatch"), is_host_wrong,
        request(host=b"Host: a/b"),
        "an invalid value is 400, a MUST (RFC 9112 3.2); one that an absolute target contradicts is "
        "in doubt"),
    Difference(
        "field twice", ("duplicate_field", "duplicate_host", "duplicate_content_length",
                        "duplicate_transfer_encoding"),
        lambda head: any(len(head.values(each)) > 1 for each in SINGLETONS),
        request(b"Host: b"),
        "two hosts are 400, a MUST (RFC 9112 3.2); of other fields that are no lists, readers take "
        "the first or the last (RFC 9110 5.3)"),
    Difference(
        "expectation", ("unsupported_expectation",),
        lambda head: any(each.lower() != b"100-continue" for each in head.values(b"expect")),
        request(b"Expect: x"), "417 (RFC 9110 10.1.1)"),
    Difference(
        "limit", ("body_too_large", "head_too_large", "request_line_too_long", "too_many_fields",
                  "chunk_overhead_too_large", "chunk_extension_too_large", "trailer_too_large"),
        is_over_a_limit, request(b"Content-Length: 99999999", start=b"POST / HTTP/1.1"),
        "limits hold while the message is read; the other parsers leave them to who calls them"),
    Difference(
        "bare LF", ("bare_line_feed",), lambda head: head.line_fault() == b"\n",
        request(b"A: b\nC: d"),
        "a recipient MAY take LF for a line's end (RFC 9112 2.2); where two do not agree, one reads a "
        "field that the other does not"),
    Difference(
        "bare CR", ("bare_carriage_return",), lambda head: head.line_fault() == b"\r",
        b"\r" + request(), "invalid, or to be replaced, a MUST (RFC 9112 2.2)"),
    Difference(
        "folded line", ("line_folding",),
        lambda head: any(line[:1] in (b" ", b"\t") for line in head.lines),
        request(b"A: b", b" c"), "400, or replaced, a MUST (RFC 9112 5.2)"),
    Difference(
        "field value", ("malformed_field_value",),
        lambda head: any(re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value)
                         for _, value in head.fields),
        request(b"A: \x01"),
        "controls in a value are dangerous and may be refused; NUL must not pass (RFC 9110 5.5)"),
    Difference(
        "length", ("malformed_content_length",),
        lambda head: any(not re.fullmatch(rb"\d{1,18}", each)
                         for each in head.values(b"content-length")),
        request(b"Content-Length: 0, 0", start=b"POST / HTTP/1.1"),
        "an invalid length is an error, a MUST; a list of the same lengths may be refused "
        "(RFC 9112 6.3), and 18 digits are more than any body has"),
    Difference(
        "length and chunks", ("content_length_with_transfer_encoding",),
        lambda head: head.values(b"content-length") and head.values(b"transfer-encoding"),
        request(b"Content-Length: 5", b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.1",
                body=b"0\r\n\r\n"),
        "may be refused, and is what smuggling is made of (RFC 9112 6.1)"),
    Difference(
        "transfer coding", ("malformed_transfer_encoding", "unsupported_transfer_coding",
                            "chunked_not_final"),
        lambda head: any(each.lower() != b"chunked" for each in head.values(b"transfer-encoding")),
        request(b"Transfer-Encoding: gzip, chunked", start=b"POST / HTTP/1.1", body=b"0\r\n\r\n"),
        "an unknown coding is 501 (RFC 9112 6.1); a body of unknown coding cannot be used"),
    Difference(
        "chunks in 1.0", ("transfer_encoding_in_http10",),
        lambda head: head.version == b"HTTP/1.0" and head.values(b"transfer-encoding"),
        request(b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.0", body=b"0\r\n\r\n"),
        "faulty framing, a MUST (RFC 9112 6.1)"),
    Difference(
        "chunk size", ("malformed_chunk_size",), lambda head: head.chunk_fault() == "size",
        chunked(b"0 \r\n\r\n"),
        "digits, then the line's end: white space and a bare LF there split readers (RFC 9112 7.1, "
        "erratum 7633)"),
    Difference(
        "chunk extension", ("malformed_chunk_extension",),
        lambda head: head.chunk_fault() == "extension", chunked(b"0;\r\n\r\n"),
        "an extension has a name, and its line no control (RFC 9112 7.1.1); CVE-2025-55315 came in "
        "here"),
    Difference(
        "trailer", ("malformed_trailer",), lambda head: head.chunk_fault() == "trailer",
        chunked(b"0\r\nA: b\r\n c\r\n\r\n"), "trailers follow the rules of fields (RFC 9112 7.1.2)"),
    Difference(
        "CONNECT", (), lambda head: head.method == b"CONNECT",
        request(start=b"CONNECT a:80 HTTP/1.1", host=b"Host: a:80"),
        "no tunnel is made; what follows was meant for one and is not executed (RFC 9110 9.3.6)",
        parts_bodies=True),
    Difference(
        "upgrade", None, is_upgrade, request(b"Connection: upgrade", b"Upgrade: h2c"),
        "Upgrade may be ignored, and then HTTP/1.1 goes on (RFC 9110 7.8); httptools hands over to "
        "another protocol", "httptools", True),
    Difference(
        "minor version", (), lambda head: re.fullmatch(rb"HTTP/1\.[2-9]", head.version),
        request(start=b"GET / HTTP/1.2"),
        "a higher minor version is read as the highest known (RFC 9110 2.5)", "httptools"),
    Difference(
        "framing in trailers", (), has_framing_trailer,
        chunked(b"0\r\nTransfer-Encoding: gzip\r\n\r\n"),
        "a trailer must not be read as framing (RFC 9110 6.5.1), so it is dropped like any other; "
        "the peers judge it as if it stood in the head"),
    Difference(
        "empty line", (), lambda head: head.data.startswith(b"\r\n"), b"\r\n" + request(),
        "one empty line before a request is ignored, a SHOULD (RFC 9112 2.2)", "h11"),
    Difference(
        "tab behind a value", (),
        lambda head: re.search(rb"(?mi)^(?:transfer-encoding|content-length):[^\r\n]*\t[ \t]*\r?$",
                               head.head),
        request(b"Transfer-Encoding: chunked\t", start=b"POST / HTTP/1.1", body=b"0\r\n\r\n"),
        "a tab around a value is white space like a space (RFC 9110 5.6.3)", "httptools"),
    Difference(
        "close and keep-alive", (),
        lambda head: len(head.values(b"connection")) > 1
        and any(b"close" in each.lower() for each in head.values(b"connection")),
        request(b"Connection: keep-alive", b"Connection: close", start=b"GET / HTTP/1.0"),
        "close is asked for first, whatever else is (RFC 9112 9.3)", "httptools"),
    Difference(
        "keep-alive in 1.0", (),
        lambda head: head.version == b"HTTP/1.0"
        and any(b"keep-alive" in each.lower() for each in head.values(b"connection")),
        request(b"Connection: keep-alive", start=b"GET / HTTP/1.0"),
        "kept when asked for (RFC 9112 9.3); h11 never does", "h11"),
]
