# SPDX-License-Identifier: Apache-2.0
"""Lets testssl.sh judge the built server: nothing above LOW may remain.

    python3 Tests/Peers/tls_findings.py BUILD_FOLDER [REPORT.json]

The server runs with a certificate of an authority that is made for the run, once with an elliptic
key and once with RSA, and testssl.sh is given that authority.
"""
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# By the finding's id, without the number of the certificate. These speak of the run itself: of
# an authority that keeps no revocation service, or of the scanner.
EXCUSED = {
    "engine_problem": "of the openssl that scans, not of the server",
    "sessionresumption_ticket": "the scanner's client may hang up before TLS 1.3's ticket comes;"
                                " TLSServerTests resumes",
    "cert_revocation": "the run's authority publishes neither CRL nor OCSP",
}
ALLOWED = {"OK", "INFO", "LOW", "DEBUG"}
LEAF = "/CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"


def openssl(folder, arguments):
    subprocess.run(
        ["openssl", *arguments.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)


def make_certificates(folder):
    openssl(folder, "req -x509 -newkey rsa:3072 -nodes -days 90 -subj /CN=run"
                    " -keyout ca.key -out ca.pem")
    for name, key in (("ec", "ec -pkeyopt ec_paramgen_curve:P-256"), ("rsa", "rsa:3072")):
        openssl(folder, f"req -x509 -newkey {key} -nodes -days 90 -CA ca.pem -CAkey ca.key"
                        f" -subj {LEAF} -addext extendedKeyUsage=serverAuth"
                        f" -addext keyUsage=critical,digitalSignature"
                        f" -keyout {name}.key -out {name}.pem")


def wait_for(port, server):
    for _ in range(250):
        if server.poll() is not None:
            sys.exit("the server ended")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit("the server does not listen")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def judge(findings):
    wrong = 0
    for finding in findings:
        severity = finding["severity"]
        if severity in ALLOWED:
            continue
        name = finding["id"].split(" ")[0]
        reason = EXCUSED.get(name)
        wrong += reason is None
        print(f"{severity:9} {finding['id']}: {finding['finding']}"
              + (f"\n          excused: {reason}" if reason else ""))
    return wrong


def scan(build, certificate):
    """One certificate's findings."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-testssl-"))
    try:
        make_certificates(folder)
        port = free_port()
        server = subprocess.Popen(
            [build / "martlet", "serve", "--registry", folder / "registry",
             "--listen", f"127.0.0.1:{port}", "--log-level", "error",
             "--tls-certificate", folder / f"{certificate}.pem",
             "--tls-key", folder / f"{certificate}.key"], stderr=subprocess.DEVNULL)
        try:
            wait_for(port, server)
            report = folder / "report.json"
            scanner = shutil.which("testssl") or shutil.which("testssl.sh")
            subprocess.run(
                [scanner, "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1",
                 "--add-ca", folder / "ca.pem", "--jsonfile", report, f"https://localhost:{port}/"],
                stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
            return json.loads(report.read_text())
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    finally:
        shutil.rmtree(folder)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    wrong = 0
    reports = {}
    for certificate in ("ec", "rsa"):
        reports[certificate] = findings = scan(build, certificate)
        if len(sys.argv) > 2:
            pathlib.Path(sys.argv[2]).write_text(json.dumps(reports, indent=1))
        ids = {finding["id"].split(" ")[0] for finding in findings}
        # A scan that was cut short finds nothing.
        missing = {"TLS1_2", "TLS1_3", "heartbleed", "ROBOT", "LUCKY13", "HTTP_status_code"} - ids
        print(f"{certificate}: {len(findings)} findings")
        if missing:
            sys.exit(f"testssl.sh did not look at {sorted(missing)}")
        wrong += judge(findings)
    sys.exit(f"{wrong} findings above LOW" if wrong else 0)


if __name__ == "__main__":
    main()
