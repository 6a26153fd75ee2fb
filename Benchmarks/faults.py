#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A million connections that end in a reset, at each stage of a request.

Connects, says nothing, a piece of a head, a whole request, or a piece of a chunked body, and resets;
in the end the server has the descriptors that it began with, and serves. Exits with 1 otherwise.
"""
import argparse
import socket
import struct
import sys
import tempfile
import time

from processes import raise_descriptor_limit
from stand import Stand

RESET = struct.pack("ii", 1, 0)
WORDS = [
    b"", b"POST /pred", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"\x16\x03\x01", b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{",
]


def cycles(port, count):
    for index in range(count):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            # Spread over source addresses: ports are looked for among those of one.
            client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            client.bind((f"127.0.0.{1 + index % 8}", 0))
            client.connect(("127.0.0.1", port))
            try:
                client.send(WORDS[index % len(WORDS)])
            except ConnectionError:
                pass  # the server was faster


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="folder of the release programs")
    parser.add_argument("--count", type=int, default=1_000_000)
    chosen = parser.parse_args()
    raise_descriptor_limit()
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(chosen.build, folder)
        with stand.martlet() as server:
            server.post(stand.body)
            cycles(server.port, 10_000)
            time.sleep(2)
            before, kib = server.descriptor_count(), server.resident_kib()
            began = time.monotonic()
            cycles(server.port, chosen.count)
            seconds = time.monotonic() - began
            for _ in range(100):
                after = server.descriptor_count()
                if after == before:
                    break
                time.sleep(0.1)
            server.post(stand.body)
            print(f"{chosen.count} cycles in {seconds:.0f} s; descriptors {before} before, {after} "
                  f"after; resident {kib} KiB before, {server.resident_kib()} KiB after")
    return 0 if after == before else 1


if __name__ == "__main__":
    sys.exit(main())
