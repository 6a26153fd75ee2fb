#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what a real server exports with the definitions of OpenTelemetry's own protocol.

    tracing.py [--build DIR]

A server is asked with and without a sampled traceparent; what it sends to a small collector is
parsed by `opentelemetry-proto` in the strict reading of protobuf's JSON, which refuses a field that
the protocol does not have or that is written otherwise. Two things of OTLP's JSON are not
protobuf's: ids are hexadecimal, and numbers of enums are numbers.
"""
import argparse
import base64
import gzip
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from addresses import free_port

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PATIENCE = 20
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Collector(http.server.ThreadingHTTPServer):
    """Keeps what it gets."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spans(self) -> list:
        """Every span, with the resource and scope that it came with."""
        return [(span, resource.resource, scope.scope)
                for body in list(self.requests)
                for resource in parse(body).resource_spans
                for scope in resource.scope_spans
                for span in scope.spans]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces", self.path
        assert self.headers["Content-Type"] == "application/json"
        self.server.requests.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def parse(document: dict) -> trace_service_pb2.ExportTraceServiceRequest:
    """Strictly: unknown fields and wrong types raise. Ids become what protobuf's JSON has, and must
    have been lower-case hexadecimal of the right length."""
    text = json.dumps(document)

    def recode(match: re.Match) -> str:
        name, digits = match.groups()
        length = 32 if name == "traceId" else 16
        assert re.fullmatch(f"[0-9a-f]{{{length}}}", digits), match.group(0)
        return f'"{name}": "{base64.b64encode(bytes.fromhex(digits)).decode()}"'

    text = re.sub(r'"(traceId|spanId|parentSpanId)": "([^"]*)"', recode, text)
    request = trace_service_pb2.ExportTraceServiceRequest()
    json_format.Parse(text, request, ignore_unknown_fields=False)
    return request


def attributes(values) -> dict:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in values}


def wait_for(what: str, condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found = condition()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"there was no {what} within {PATIENCE} s")


def predict(address: str, body: bytes, **fields: str) -> dict:
    request = urllib.request.Request(
        f"{address}/predict", data=body,
        headers={"Content-Type": "application/json", **fields})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def train(build: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A registry with one version in production."""
    data, registry = folder / "data.csv", folder / "registry"
    trainer = build / "martlet-train"
    for words in (["synthetic", "--rows", "400", "--features", "4", "--output", data],
                  ["fit", "--data", data, "--target", "label", "--name", "m",
                   "--model", "logistic", "--registry", registry, "--alias", "production"]):
        subprocess.run([trainer, *words], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    return registry


def check(spans: list, prediction: dict) -> None:
    """The tree of the one request that was sampled, and the reading of the registry."""
    for span, resource, scope in spans:
        known = attributes(resource.attributes)
        assert known["service.name"] == "checked" and known["host.name"], known
        assert known["deployment.environment.name"] == "test", known
        assert scope.name == "martlet" and scope.version == known["service.version"]
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
        assert abs(span.end_time_unix_nano / 1e9 - time.time()) < 60
        assert span.flags & 0x1FF == 0x101, f"{span.name}: {span.flags:x}"
    spans = [span for span, _, _ in spans]
    assert any(span.name == "registry reload" and not span.parent_span_id for span in spans)
    server, = [span for span in spans if span.kind == trace_pb2.Span.SPAN_KIND_SERVER]
    assert server.name == "POST /predict"
    assert (server.trace_id.hex(), server.parent_span_id.hex()) == (TRACE, PARENT)
    assert server.trace_state == "vendor=1" and server.flags & 0x200
    assert server.status.code == trace_pb2.Status.STATUS_CODE_UNSET
    told = attributes(server.attributes)
    assert told["http.request.method"] == "POST" and told["http.route"] == "/predict", told
    assert told["http.response.status_code"] == 200 and told["url.scheme"] == "http", told
    assert told["martlet.request_id"] == "mine", told
    model, = [span for span in spans if span.parent_span_id == server.span_id]
    told = attributes(model.attributes)
    assert model.name == "model" and model.kind == trace_pb2.Span.SPAN_KIND_INTERNAL
    assert told["martlet.model.name"] == "m" and told["martlet.model.version"] == 1, told
    assert told["martlet.prediction_id"] == prediction["prediction_id"], told
    assert server.span_id.hex() == prediction["prediction_id"][16:]
    assert server.start_time_unix_nano <= model.start_time_unix_nano
    assert model.end_time_unix_nano <= server.end_time_unix_nano
    assert model.trace_id == server.trace_id


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", default=str(ROOT / ".build/release"), type=pathlib.Path)
    build = pathlib.Path(arguments.parse_args().build).resolve()
    start = time.monotonic()
    collector = Collector()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        registry = train(build, folder)
        port = free_port()
        with open(folder / "log", "wb") as log, subprocess.Popen(
                [build / "martlet", "serve", "--registry", registry,
                 "--listen", f"127.0.0.1:{port}", "--trace-share", "0",
                 "--otlp-endpoint", f"http://127.0.0.1:{collector.server_address[1]}",
                 "--trace-service-name", "checked",
                 "--trace-resource-attribute", "deployment.environment.name=test"],
                stdout=log, stderr=log) as server:
            try:
                address = f"http://127.0.0.1:{port}"
                wait_for("answer", lambda: urllib.request.urlopen(f"{address}/readyz", timeout=1))
                row = b'{"features":[1,2,3,4]}'
                for flags in ("00", "01"):
                    prediction = predict(
                        address, row, traceparent=f"00-{TRACE}-{PARENT}-{flags}",
                        tracestate="vendor=1", **{"X-Request-Id": "mine"})
                predict(address, row)
                wait_for("span of the prediction", lambda: len(collector.spans()) >= 3)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(PATIENCE)
    check(collector.spans(), prediction)
    print(f"tracing: {len(collector.spans())} spans read by opentelemetry-proto, "
          f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
