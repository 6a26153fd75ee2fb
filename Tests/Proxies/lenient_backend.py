# SPDX-License-Identifier: Apache-2.0
"""A backend that does what Martlet must not, to prove that the harness sees it.

It guesses at framing as careless servers have: any line end will do, anything that mentions
`chunked` is chunked, the last Content-Length counts and only its first digits, and a request for a
route without a body keeps its body on the connection, where it becomes the next request.
"""
import re
import socketserver
import threading

BODILESS = (b"/livez", b"/nowhere", b"//predict")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.port = self.server_address[1]
        self.hidden_count = self.count = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def counts(self):
        return self.hidden_count, self.count


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while self.answer_one():
                pass
        except OSError:
            pass

    def answer_one(self):
        line = self.rfile.readline(65536)
        while line in (b"\r\n", b"\n"):
            line = self.rfile.readline(65536)
        words = line.split()
        if len(words) < 2:
            return False
        fields = []
        while True:
            field = self.rfile.readline(65536)
            if not field:
                return False
            if not field.strip():
                break
            name, _, value = field.partition(b":")
            fields.append((re.sub(rb"[^a-z]", b"", name.lower()), value.strip()))
        if words[1] not in BODILESS:
            self.skip_body(dict(fields))
        self.server.count += 1
        if words[1] == b"/version":
            self.server.hidden_count += 1
        known = [value for name, value in fields if name == b"xrequestid"]
        body = b"" if words[0] == b"HEAD" else b"ok"
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: "
                         + (known[0] if known else b"none") + b"\r\n\r\n" + body)
        return True

    def skip_body(self, fields):
        if b"chunked" in fields.get(b"transferencoding", b""):
            while True:
                size = re.match(rb"[0-9a-fA-F]*", self.rfile.readline(65536)).group()
                if not size or int(size, 16) == 0:
                    break
                self.rfile.read(min(int(size, 16), 1 << 20))
                self.rfile.readline(65536)
            while self.rfile.readline(65536).strip():
                pass
            return
        length = re.match(rb"\d+", fields.get(b"contentlength", b""))
        if length:
            self.rfile.read(min(int(length.group()), 1 << 20))
