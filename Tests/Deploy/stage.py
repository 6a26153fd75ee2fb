# SPDX-License-Identifier: Apache-2.0
"""Real servers, proxies, a Prometheus and users, for the tests of what moves traffic."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

from addresses import free_port

FEATURES = 8


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return
        time.sleep(0.05)
    raise SystemExit(f"{what} did not come in {seconds} s")


def get(url, token=None):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"}
                                     if token else {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()


class Stage:
    """A folder, and the processes that were started in it; `with` stops all of them."""

    def __init__(self, build, folder):
        self.build, self.folder, self.processes = pathlib.Path(build).resolve(), folder, []
        folder.chmod(0o755)
        self.registry = folder / "models.registry"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.stop(process)

    @staticmethod
    def stop(process):
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def run(self, *words):
        return subprocess.run([str(word) for word in words], check=True, capture_output=True,
                              text=True).stdout

    def start(self, name, *words):
        words = [str(word) for word in words]
        program = shutil.which(words[0], path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise SystemExit(f"{words[0]} is not installed: make check-scripts installs it")
        with open(self.folder / f"{name}.log", "a") as log:
            process = subprocess.Popen([program, *words[1:]], stdout=log, stderr=log,
                                       cwd=self.folder)
        self.processes.append(process)
        return process

    def train(self):
        """Version 1 is production; 2 learnt from more rows; 3 from rows in another unit."""
        trainer, data = self.build / "martlet-train", self.folder / "all.csv"
        self.run(trainer, "synthetic", "--rows", "16000", "--features", str(FEATURES), "--seed",
                 "1", "--output", data)
        lines = data.read_text().splitlines()
        broken = [lines[0]] + [self.times_hundred(line) for line in lines[1:8001]]
        self.rows = [[float(each) for each in line.split(",")[:FEATURES]]
                     for line in lines[8001:]]
        for number, part in enumerate((lines[:4001], lines[:8001], broken), 1):
            path = self.folder / f"{number}.csv"
            path.write_text("\n".join(part) + "\n")
            self.run(trainer, "fit", "--data", path, "--target", "label", "--model", "logistic",
                     "--name", "demo", "--registry", self.registry, "--seed", "1",
                     *(["--alias", "production"] if number == 1 else []))

    @staticmethod
    def times_hundred(line):
        first, rest = line.split(",", 1)
        return f"{float(first) * 100},{rest}"

    def tokens(self):
        """A tokens file, and a file with one token of each role; returns the tokens."""
        lines, self.token_files, tokens = [], {}, {}
        for role in ("viewer", "operator"):
            made = self.run(self.build / "martlet", "tokens", "create", role, "--role", role)
            token = made.split("token: ")[1].split()[0]
            lines.append(made.split("line:  ")[1].splitlines()[0])
            path = self.folder / f"{role}.token"
            path.write_text(token + "\n")
            path.chmod(0o600)
            self.token_files[role], tokens[role] = path, token
        (self.folder / "tokens").write_text("\n".join(lines) + "\n")
        return tokens

    def martlet(self, name, *more, registry=None, is_ready=True):
        server = Server(free_port(), free_port())
        server.process = self.start(
            name, self.build / "martlet", "serve", "--registry", registry or self.registry,
            "--listen", f"127.0.0.1:{server.port}", "--admin-listen", f"127.0.0.1:{server.admin}",
            "--tokens-file", self.folder / "tokens", "--loops", "1", "--log-level", "warning",
            *more)
        wait_for(lambda: get(f"{server.url}/livez"), name)
        if is_ready:
            wait_for(lambda: get(f"{server.url}/readyz"), name)
        return server

    def prometheus(self, servers):
        port = free_port()
        targets = [f"127.0.0.1:{server.admin}" for server in servers]
        (self.folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
  - job_name: martlet
    authorization: {{credentials_file: "{self.token_files['viewer']}"}}
    static_configs: [{{targets: {json.dumps(targets)}}}]
""")
        process = self.start(
            "prometheus", "prometheus", f"--config.file={self.folder}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/tsdb-{port}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn")
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: get(f"{url}/-/ready"), "Prometheus")
        return process, url


class Server:
    """A Martlet's addresses: of predictions, and of administration."""

    def __init__(self, port, admin):
        self.port, self.admin, self.process = port, admin, None
        self.url, self.admin_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin}"


class HAProxy:
    """Two servers, whose weights are moved at a runtime socket."""

    def __init__(self, stage, stable, canary):
        self.stage, self.port = stage, free_port()
        self.socket = stage.folder / f"haproxy-{self.port}.sock"
        path = stage.folder / f"haproxy-{self.port}.cfg"
        path.write_text(f"""
global
  stats socket {self.socket} mode 600 level admin
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  option redispatch
  retries 2
frontend public
  bind 127.0.0.1:{self.port}
  default_backend martlet
backend martlet
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 500ms fall 2 rise 1
  http-response set-header X-Served-By %s
  server one 127.0.0.1:{stable.port} weight 100
  server two 127.0.0.1:{canary.port} weight 0
""")
        self.process = stage.start("haproxy", "haproxy", "-q", "-db", "-f", path)
        wait_for(lambda: get(f"http://127.0.0.1:{self.port}/readyz"), "HAProxy")
        self.words = ["--mode", "haproxy", "--socket", str(self.socket), "--backend", "martlet",
                      "--stable", "one", "--canary", "two", "--stable-url", stable.url,
                      "--canary-url", canary.url]
        self.canary_name = "two"

    def weights(self):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b"show servers state martlet\n")
            text = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        rows = [line.split() for line in text.splitlines()[2:] if line]
        return tuple(int(row[7]) for row in rows)


class Nginx:
    """Two servers, whose weights stand in a file that the configuration includes."""

    def __init__(self, stage, stable, canary):
        self.stage, self.port = stage, free_port()
        folder = stage.folder / f"nginx {self.port}"
        folder.mkdir()
        self.file, self.pair = folder / "servers.conf", (stable, canary)
        self.file.write_text(f"server 127.0.0.1:{stable.port};\n")
        path = folder / "nginx.conf"
        path.write_text(f"""
daemon off; worker_processes 1; pid "{folder}/nginx.pid"; error_log "{folder}/error.log";
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_timeout 60s; keepalive_requests 100000;
  client_body_temp_path "{folder}/b"; proxy_temp_path "{folder}/p";
  fastcgi_temp_path "{folder}/f"; uwsgi_temp_path "{folder}/u"; scgi_temp_path "{folder}/s";
  upstream martlet {{ include "{self.file}"; keepalive 8; }}
  server {{
    listen 127.0.0.1:{self.port};
    location / {{ proxy_pass http://martlet; proxy_http_version 1.1;
      proxy_set_header Connection ""; add_header X-Served-By $upstream_addr always; }} }}
}}
""")
        self.process = stage.start("nginx", "nginx", "-c", path)
        wait_for(lambda: get(f"http://127.0.0.1:{self.port}/readyz"), "nginx")
        self.words = ["--mode", "nginx", "--upstream-file", str(self.file), "--nginx-conf",
                      str(path), "--stable", f"127.0.0.1:{stable.port}", "--canary",
                      f"127.0.0.1:{canary.port}", "--stable-url", stable.url, "--canary-url",
                      canary.url]
        self.canary_name = f"127.0.0.1:{canary.port}"

    def weights(self):
        text = self.file.read_text()

        def weight(server):
            for line in text.splitlines():
                words = line.rstrip(";").split()
                if words[:2] == ["server", f"127.0.0.1:{server.port}"]:
                    return next((int(word[7:]) for word in words if word.startswith("weight=")), 1)
            return 0
        return tuple(weight(server) for server in self.pair)


class Users:
    """Connections that ask for predictions through a proxy; `with` stops them.

    An answer is (when, status, by the canary or not); a status of 0 is a connection that broke
    within a request. One that the proxy closes between two requests is opened anew, as clients do,
    and counted in `reconnects`.
    """

    def __init__(self, proxy, rows, connections=4, pause=0.01, batch=1):
        self.proxy, self.rows, self.pause, self.batch = proxy, rows, pause, batch
        self.answers, self.weights, self.is_over = [], [], threading.Event()
        self.reconnects = 0
        self.threads = [threading.Thread(target=self.ask, args=[number], daemon=True)
                        for number in range(connections)]
        self.threads.append(threading.Thread(target=self.watch, daemon=True))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_for(lambda: len(self.answers) > 200, "users' answers")
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(10)

    def ask(self, number):
        connection, count = None, number
        while not self.is_over.is_set():
            first = count % (len(self.rows) - self.batch)
            asked = {"features": self.rows[first]} if self.batch == 1 else \
                {"instances": self.rows[first:first + self.batch]}
            body = json.dumps({**asked, "key": f"user-{count}"})
            count += len(self.threads)
            is_reused = connection is not None
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.proxy.port,
                                                                  timeout=10)
            status, is_canary = 0, False
            try:
                connection.request("POST", "/predict", body,
                                   {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
                is_canary = answer.headers.get("X-Served-By", "").endswith(self.proxy.canary_name)
                if answer.will_close:
                    connection = None
            except ConnectionError:
                connection = None
                if is_reused:
                    self.reconnects += 1
                    status = None
            except (OSError, http.client.HTTPException):
                connection = None
            if status is not None:
                self.answers.append((time.monotonic(), status, is_canary))
            self.is_over.wait(self.pause)

    def watch(self):
        while not self.is_over.is_set():
            with contextlib.suppress(OSError, IndexError):
                weights = self.proxy.weights()
                if not self.weights or self.weights[-1][1] != weights:
                    self.weights.append((time.monotonic(), weights))
            self.is_over.wait(0.02)

    def failures(self):
        return [answer for answer in self.answers if answer[1] != 200]

    def shares(self):
        """For each pair of weights: the canary's share of the answers meanwhile, and their number.

        What was asked within 0.3 s of a change may be of before: a proxy has it under way.
        """
        ends = [at for at, _ in self.weights[1:]] + [time.monotonic()]
        for (began, weights), ended in zip(self.weights, ends):
            seen = [is_canary for at, status, is_canary in self.answers
                    if began + 0.3 < at < ended and status]
            yield weights, sum(seen) / max(len(seen), 1), len(seen)
