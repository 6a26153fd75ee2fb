# SPDX-License-Identifier: Apache-2.0
"""Users who go on asking for predictions, each row a user of its own."""
import json
import socket
import threading


class Traffic:
    """A connection to each server that takes eight requests at a time, until the block's end."""

    def __init__(self, ports: list[int], rows: list[list[float]]):
        self.rows = rows
        self.answers = self.failures = 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=each, daemon=True)
                         for each in enumerate(ports)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)

    def _ask(self, index: int, port: int) -> None:
        number = index * 10_000_000
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            answers = connection.makefile("rb")
            while not self._over.is_set():
                batch = b"".join(self._request(number + each) for each in range(8))
                number += 8
                connection.sendall(batch)
                statuses = [self._status(answers) for _ in range(8)]
                with self._lock:
                    self.answers += len(statuses)
                    self.failures += sum(status != 200 for status in statuses)

    def _request(self, number: int) -> bytes:
        body = json.dumps({"features": self.rows[number % len(self.rows)],
                           "key": f"user-{number}"}).encode()
        return (b"POST /predict HTTP/1.1\r\nHost: martlet\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    @staticmethod
    def _status(answers) -> int:
        status, length = int(answers.readline().split()[1]), 0
        while (line := answers.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answers.read(length)
        return status
