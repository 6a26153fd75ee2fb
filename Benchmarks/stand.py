# SPDX-License-Identifier: Apache-2.0
"""The test stand: a trained model, one request, and the servers that answer it."""
import contextlib
import dataclasses
import json
import os
import pathlib
import random
import subprocess
import sys

from processes import Unavailable, free_port, run, serving

HERE = pathlib.Path(__file__).resolve().parent
FEATURES = 16


@dataclasses.dataclass
class Trees:
    """Boosted trees in a registry of their own, with one row, many, and the answer to the one."""
    registry: pathlib.Path
    body: str
    rows_body: str
    row_count: int
    prediction: str = ""


class Stand:
    """What all measurements share. Servers are started by `with stand.martlet() as server`."""

    def __init__(self, build, folder):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(folder)
        self.registry = self.folder / "registry"
        self.body = self._body()
        self.predict = self.folder / "predict.http"
        self.healthz = self.folder / "healthz.http"
        self._write_requests()
        self._train()
        self.load = self._compile("load")
        self.hold = self._compile("hold")
        self._flags = run(self.build / "martlet", "serve", "--help")
        with self.martlet() as server:
            self.prediction = server.post(self.body).decode()
            self.health = server.get("/healthz").decode()

    # Servers.

    def has_flag(self, flag):
        return flag in self._flags

    def martlet(self, *flags, tls=False, preload=None, log=subprocess.DEVNULL, model=None):
        """Martlet on one loop. `preload` is an environment, `log` where its lines go."""
        port = free_port()
        registry = model.registry if model else self.registry
        words = [self.build / "martlet", "serve", "--registry", registry,
                 "--listen", f"127.0.0.1:{port}", "--loops", "1", *flags]
        if tls:
            if not self.has_flag("--tls-certificate"):
                raise Unavailable("this build of Martlet has no --tls-certificate")
            certificate, key = self.certificate()
            words += ["--tls-certificate", certificate, "--tls-key", key]
        return serving(words, port, None if tls else "/readyz",
                       env=os.environ | (preload or {}), stderr=log)

    @contextlib.contextmanager
    def nginx(self, tls=False, model=None):
        """nginx with one worker; it answers constants as long as Martlet's answers."""
        port = free_port()
        path = self.folder / "nginx.conf"
        secure = ""
        if tls:
            certificate, key = self.certificate()
            secure = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
        body, prediction = self.body, self.prediction
        if model:
            body, prediction = model.body, model.prediction
        text = prediction.strip().replace("'", "\\'")
        health = self.health.strip().replace("'", "\\'")
        path.write_text(f"""
worker_processes 1; daemon off; pid {self.folder}/nginx.pid; error_log /dev/null;
worker_rlimit_nofile 20000;
events {{ worker_connections 16384; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server {{ listen 127.0.0.1:{port}{' ssl' if tls else ''}; {secure}
    default_type application/json;
    location / {{ return 200 '{text}\\n'; }}
    location = /healthz {{ return 200 '{health}\\n'; }} }} }}
""")
        with serving(["nginx", "-c", path], port, None if tls else "/") as server:
            if not tls and (len(server.post(body)) != len(prediction)
                            or len(server.get("/healthz")) != len(self.health)):
                raise RuntimeError("nginx's answers are not as long as Martlet's")
            yield server

    @contextlib.contextmanager
    def hummingbird(self):
        """Hummingbird 2 with the same model (see hummingbird_service)."""
        root = HERE.parent
        scratch = root / ".build-hummingbird"
        try:
            run("swift", "build", "-c", "release", "--static-swift-stdlib", "--package-path",
                HERE / "hummingbird_service", "--scratch-path", scratch)
        except RuntimeError as error:
            raise Unavailable(f"Hummingbird cannot be built: {error}") from error
        port = free_port()
        with serving([scratch / "release" / "Peer", port, self.artifact], port,
                     "/readyz") as server:
            self._check(server, "Hummingbird")
            yield server

    @contextlib.contextmanager
    def fastapi(self):
        """FastAPI and scikit-learn with the same model (see fastapi_service)."""
        venv = self.build.parent / "bench-venv"
        if not (venv / "ready").exists():
            try:
                run(sys.executable, "-m", "venv", venv)
                run(f"{venv}/bin/pip", "install", "--quiet", "fastapi", "uvicorn[standard]",
                    "scikit-learn")
            except RuntimeError as error:
                raise Unavailable(f"FastAPI cannot be installed: {error}") from error
            (venv / "ready").touch()
        port = free_port()
        with serving([f"{venv}/bin/uvicorn", "service:app", "--app-dir",
                      HERE / "fastapi_service", "--port", port, "--no-access-log"], port,
                     "/readyz", env=os.environ | {"ARTIFACT": str(self.artifact)}) as server:
            self._check(server, "FastAPI")
            yield server

    # What they need.

    def trees(self):
        """100 trees of 31 leaves on 28 numbers, and a thousand rows of seven digits."""
        program, data = self.build / "martlet-train", self.folder / "trees.csv"
        generator = random.Random(2)
        rows = [[float(f"{generator.gauss(0, 1):.7g}") for _ in range(28)] for _ in range(1000)]
        model = Trees(self.folder / "trees-registry", json.dumps({"features": rows[0]}),
                      json.dumps({"instances": rows}, separators=(",", ":")), len(rows))
        run(program, "synthetic", "--rows", "50000", "--features", "28", "--seed", "1",
            "--output", data)
        run(program, "fit", "--data", data, "--target", "label", "--model", "boosted-trees",
            "--num-iterations", "100", "--num-leaves", "31", "--name", "trees",
            "--registry", model.registry, "--alias", "production")
        with self.martlet(model=model) as server:
            model.prediction = server.post(model.body).decode()
        return model

    @property
    def artifact(self):
        path = self.folder / "model.safetensors"
        if not path.exists():
            run(self.build / "martlet", "models", "export", "bench", "--registry", self.registry,
                "--output", path)
        return path

    def certificate(self):
        """A self-signed ECDSA certificate and its key."""
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        if not certificate.exists():
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                "-days", "30", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1")
        return certificate, key

    def compile_preload(self, source):
        """A shared library for LD_PRELOAD."""
        path = self.folder / (pathlib.Path(source).stem + ".so")
        run("cc", "-O2", "-shared", "-fPIC", "-o", path, source)
        return path

    def _compile(self, name):
        path = self.folder / name
        run("cc", "-O2", "-pthread", "-D_GNU_SOURCE", "-o", path, HERE / "client" / f"{name}.c")
        return path

    def _check(self, server, name):
        ours = json.loads(self.prediction)["probabilities"]
        theirs = json.loads(server.post(self.body))["probabilities"]
        if any(abs(value - theirs[label]) > 1e-9 for label, value in ours.items()):
            raise RuntimeError(f"{name}'s model does not agree with Martlet's")

    def _body(self):
        generator = random.Random(1)
        return json.dumps({"features": [generator.gauss(0, 1) for _ in range(FEATURES)]})

    def _write_requests(self):
        self.predict.write_text(
            "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n{self.body}")
        self.healthz.write_text("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    def _train(self):
        program = self.build / "martlet-train"
        data = self.folder / "data.csv"
        run(program, "synthetic", "--rows", "5000", "--features", FEATURES, "--seed", "1",
            "--output", data)
        run(program, "fit", "--data", data, "--target", "label", "--model", "logistic",
            "--name", "bench", "--registry", self.registry, "--alias", "production")
