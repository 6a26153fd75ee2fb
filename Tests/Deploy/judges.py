# SPDX-License-Identifier: Apache-2.0
"""A server that answers as a rollout's verdict and as Prometheus do, by a script."""
import http.server
import json
import threading
import time
import urllib.parse

TOKEN = "martlet_PkbVuenSO1-GNz3h0MM1S8-ECY6ifRTKBIGZYjdaI3c"
GOOD = {
    "stable_requests": "4000", "stable_failures": "4", "stable_p95": "0.002", "stable_up": "4",
    "stable_age": "1.5", "canary_requests": "900", "canary_failures": "1", "canary_p95": "0.0021",
    "canary_up": "9", "canary_age": "0.5",
}


class Judges:
    """Answers one after another, the last one for ever; `with` stops it.

    An answer is a verdict's word, a dictionary of what differs from GOOD, or bytes as they are;
    `"gone"` closes the connection without a word, `"silent"` says nothing for long.
    """

    def __init__(self, *answers):
        self.answers, self.asked, self.queries = list(answers), 0, []
        judges = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                judges.answer(self, self.path)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                judges.queries.append(urllib.parse.parse_qs(body)["query"][0])
                judges.answer(self, self.path)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request, path):
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if answer == "gone":
            request.close_connection = True
            return
        if answer == "silent":
            time.sleep(6)
            return
        if path.startswith("/rollouts/"):
            if request.headers["Authorization"] != f"Bearer {TOKEN}":
                return self.send(request, 401, b'{"status":401}')
            body = answer if isinstance(answer, bytes) else json.dumps(
                {"verdict": answer, "state": "canary:1", "reasons": [""], "evidence": {}}).encode()
        else:
            body = answer if isinstance(answer, bytes) else vector({**GOOD, **answer})
        return self.send(request, 200, body)

    @staticmethod
    def send(request, status, body):
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def vector(figures):
    """Prometheus' answer with these figures; None is a series that is not there."""
    result = [{"metric": {"measure": name}, "value": [1.7e9, value]}
              for name, value in figures.items() if value is not None]
    return json.dumps({"status": "success", "data": {
        "resultType": "vector", "result": result}}).encode()
