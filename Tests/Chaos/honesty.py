# SPDX-License-Identifier: Apache-2.0
"""A server that errs on purpose: were it not caught, silence about Martlet would mean nothing."""
import http.server
import itertools
import json
import threading

from load import Load
from scenario import Failure, check, scenario
from service import Registry, Server, reference, without_request

FAULTS = ("wrong number", "version that never was", "status 500", "answer cut short")


class Careless(http.server.ThreadingHTTPServer):
    """Answers from the truth, and errs once in thirty requests."""
    daemon_threads = True

    def __init__(self, truth, rows, fault):
        super().__init__(("127.0.0.1", 0), Handler)
        self.truth, self.rows, self.fault = truth, rows, fault
        self.turns = itertools.count(1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = self.server.truth[1, self.server.rows.index(request["features"])]
        status, cut = 200, 0
        if next(self.server.turns) % 30 == 0:
            match self.server.fault:
                case "wrong number":
                    body = body.replace(b'"no":0.', b'"no":0.0')
                case "version that never was":
                    body = body.replace(b'"model_version":1', b'"model_version":7')
                case "status 500":
                    status = 500
                case "answer cut short":
                    cut = 20
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) - cut])
        self.close_connection = cut > 0

    def log_message(self, *_):
        pass


@scenario("harness")
def harness(place):
    """A careless server in Martlet's place is caught: a wrong number, version, status, cut answer.

    And without a fault it is not blamed.
    """
    registry = Registry(place).fit(1, "production")
    rows = registry.rows()
    server = Server(place, registry).start()
    bodies = {(1, index): server.ask("POST", "/predict", {"features": row}).body.rstrip()
              for index, row in enumerate(rows)}
    expected = {key: without_request(body) for key, body in bodies.items()}
    check({key: body.rstrip() for key, body in reference(place, registry).items()} == expected,
          "the reference is another")
    for fault in (None, *FAULTS):
        careless = Careless(bodies, rows, fault)
        thread = threading.Thread(target=careless.serve_forever, daemon=True)
        thread.start()
        try:
            with Load(careless.server_address[1], rows) as load:
                load.is_flowing(count=100)
        finally:
            careless.shutdown()
            careless.server_close()
        try:
            load.check_flawless(expected)
        except Failure:
            check(fault, "a server without a fault is blamed")
        else:
            check(not fault, f"not caught: {fault}")
    place.figure(f"{len(FAULTS)} faults caught")
