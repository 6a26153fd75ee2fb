# SPDX-License-Identifier: Apache-2.0
"""Certificates that are exchanged for bad ones under a server that speaks TLS."""
import os
import shutil
import signal
import socket
import ssl

from load import Load
from scenario import Skip, check, eventually, scenario
from service import Registry, Server, reference, run


def make(folder, name, days=30):
    """A certificate for 127.0.0.1 that signed itself; returns its file and its key's."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-keyout", key, "-out", certificate, "-days", days, "-subj", f"/CN={name}",
        "-addext", "subjectAltName=IP:127.0.0.1")
    return certificate, key


def shown(port):
    """The certificate that a new connection is shown, in DER."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        with context.wrap_socket(plain) as session:
            return session.getpeercert(binary_form=True)


def put(source, target):
    """As a secret that is mounted changes: at once."""
    shutil.copy(source, f"{target}.new")
    os.replace(f"{target}.new", target)


def der(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


class SecureServer(Server):
    """Its probes, too, speak TLS; who it is they do not judge."""

    def try_get(self, path, timeout=5):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout) as plain:
                with context.wrap_socket(plain) as session:
                    session.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                    "Connection: close\r\n\r\n".encode())
                    return int(session.recv(4096).split()[1])
        except (OSError, IndexError):
            return None


@scenario("bad-certificate")
def bad_certificate(place):
    """The certificate is exchanged for garbage, another's key, half a file, and nothing.

    New connections get the old certificate each time and the log says why; a good one is shown
    within 10 s of its coming, and nobody is cut off.
    """
    if not shutil.which("openssl"):
        raise Skip("no openssl program")
    registry = Registry(place).fit(1, "production")
    rows, expected = registry.rows(), reference(place, registry)
    first, first_key = make(place.folder, "first")
    second, second_key = make(place.folder, "second")
    live, live_key = place.path("live.pem"), place.path("live.key")
    put(first, live)
    put(first_key, live_key)
    server = SecureServer(place, registry, "--tls-certificate", live, "--tls-key", live_key).start()
    context = ssl.create_default_context()
    for trusted in (first, second):
        context.load_verify_locations(trusted)
    garbage, half = place.path("garbage"), place.path("half")
    garbage.write_bytes(os.urandom(1200))
    half.write_bytes(first.read_bytes()[:300])
    refusals = lambda: len(server.log_lines("tls files not loaded, the old ones stay"))
    with Load(server.port, rows, context=context) as load:
        load.is_flowing()
        for what, harm in {
            "garbage": lambda: put(garbage, live), "half a file": lambda: put(half, live),
            "a certificate of another key": lambda: put(second, live),
            "no file": lambda: os.remove(live),
        }.items():
            before = refusals()
            harm()
            if what != "garbage":
                # Or else a bad file is tried for five seconds before it counts as such.
                server.process.send_signal(signal.SIGHUP)
            eventually(lambda: refusals() > before, 12, f"{what}: the log says nothing")
            check(shown(server.port) == der(first), f"{what}: another certificate is shown")
            check(server.is_ready(), f"{what}: not ready")
        load.is_flowing()
        put(second_key, live_key)
        put(second, live)
        _, seconds = eventually(lambda: shown(server.port) == der(second), 10,
                                "the new certificate is not shown")
        load.is_flowing()
    with Load(server.port, rows, context=context) as after:
        after.is_flowing()
    for part in (load, after):
        part.check_flawless(expected)
    place.figure(f"{refusals()} bad pairs refused, the good one shown after {seconds:.1f} s; "
                 f"{load.answered} answers")
