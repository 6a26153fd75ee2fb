# SPDX-License-Identifier: Apache-2.0
"""A client that reads answers strictly and says what it cannot account for."""
import dataclasses
import re
import socket
import time


@dataclasses.dataclass
class Answer:
    status: int
    id: bytes
    body: bytes


class MalformedAnswer(Exception):
    """Bytes that are no HTTP answer: the stream is out of step."""


class Client:
    """One connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 2)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.is_closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            # What the peer said before it closed can still be read.
            pass

    def answer(self, seconds, is_head=False):
        """The next final answer; None when the peer closed or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.take(is_head)
            while found and found.status < 200:
                found = self.take(is_head)
            if found or self.is_closed or not self.read(deadline):
                return found

    def rest(self, seconds):
        """All that has come and comes within `seconds`, not taken for answers."""
        deadline = time.monotonic() + seconds
        while not self.is_closed and self.read(deadline):
            pass
        return self.buffer

    def read(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.is_closed = not data
        self.buffer += data
        return True

    def take(self, is_head):
        """Takes one whole answer off the buffer."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if self.buffer[:7] != b"HTTP/1."[:len(self.buffer)]:
                raise MalformedAnswer(self.buffer[:60])
            return None
        status = re.match(rb"HTTP/1\.[01] (\d{3})", self.buffer)
        if not status:
            raise MalformedAnswer(self.buffer[:60])
        fields = {}
        for line in self.buffer[:end].split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        status, start = int(status.group(1)), end + 4
        if is_head or status < 200 or status in (204, 304):
            stop, body = start, b""
        elif b"transfer-encoding" in fields:
            found = self.chunked(start)
            if not found:
                return None
            body, stop = found
        elif b"content-length" in fields:
            stop = start + int(fields[b"content-length"])
            if len(self.buffer) < stop:
                return None
            body = self.buffer[start:stop]
        else:
            if not self.is_closed:
                return None
            stop, body = len(self.buffer), self.buffer[start:]
        self.buffer = self.buffer[stop:]
        return Answer(status, fields.get(b"x-request-id", b""), body)

    def chunked(self, position):
        body = b""
        while True:
            end = self.buffer.find(b"\r\n", position)
            if end < 0:
                return None
            size = int(self.buffer[position:end].split(b";")[0], 16)
            position = end + 2 + size + 2
            if len(self.buffer) < position:
                return None
            if size == 0:
                return body, position
            body += self.buffer[end + 2:end + 2 + size]
