# SPDX-License-Identifier: Apache-2.0
"""Three parsers behind one face: a stream of requests in, messages and an end out.

A message is (method, target, body, whether the connection is kept). The end is `incomplete` when
more is wanted, `closed` when the connection is over, or the parser's own words for a refusal.
"""
import dataclasses
import json
import struct
import subprocess

import h11
import httptools


@dataclasses.dataclass
class Reading:
    messages: list
    end: str
    # How many bytes each message took; Martlet only.
    sizes: tuple = ()

    @property
    def is_refused(self):
        return self.end not in ("incomplete", "closed")


def martlet(program, streams):
    """Reads all streams in one run of the program."""
    data = b"".join(struct.pack("<I", len(each)) + each for each in streams)
    run = subprocess.run([program], input=data, stdout=subprocess.PIPE, check=True)
    readings = []
    for line in run.stdout.splitlines():
        row = json.loads(line)
        messages = [(method.encode(), bytes.fromhex(target), bytes.fromhex(body), keeps)
                    for method, target, body, keeps, _ in row["messages"]]
        readings.append(Reading(messages, row["end"], tuple(each[-1] for each in row["messages"])))
    assert len(readings) == len(streams), "the program stopped early"
    return readings


class HTTPTools:
    """The callbacks of llhttp, as httptools passes them on."""

    def __init__(self):
        self.messages, self.is_closed = [], False
        self.target, self.body = b"", b""
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self):
        self.target, self.body = b"", b""

    def on_url(self, url):
        self.target += url

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        keeps = self.parser.should_keep_alive()
        if not self.is_closed:
            self.messages.append((self.parser.get_method(), self.target, self.body, keeps))
        self.is_closed |= not keeps

    def read(self, stream):
        end = "incomplete"
        try:
            self.parser.feed_data(stream)
        except httptools.HttpParserUpgrade:
            # What follows is another protocol's.
            self.is_closed = True
            if self.messages:
                self.messages[-1] = (*self.messages[-1][:3], False)
        except httptools.HttpParserError as error:
            end = f"{type(error).__name__}: {error}"
        return Reading(self.messages, "closed" if self.is_closed else end)


def read_httptools(stream):
    return HTTPTools().read(stream)


def read_h11(stream):
    connection = h11.Connection(h11.SERVER)
    messages, request, body = [], None, b""
    try:
        connection.receive_data(stream)
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                return Reading(messages, "incomplete")
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                # Not 200: that would make a tunnel of a CONNECT.
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                keeps = connection.our_state is h11.DONE and connection.their_state is h11.DONE
                messages.append((request.method, request.target, body, keeps))
                if not keeps:
                    return Reading(messages, "closed")
                connection.start_next_cycle()
            else:
                return Reading(messages, "closed")
    except h11.RemoteProtocolError as error:
        return Reading(messages, str(error))
