# SPDX-License-Identifier: Apache-2.0
"""Addresses of this machine for the servers of a test."""
import socket


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
