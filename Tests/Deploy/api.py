#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds a running server to its own description, and the description to OpenAPI 3.1.

    api.py [--build .build/release] [--examples N]

A server with one model of each kind, a store for labels and a version that waits to be rolled out
is asked for `/openapi.json`. `openapi-spec-validator` judges the document; `schemathesis` makes
requests of it, good ones and bad ones, and compares what comes back with all its checks: once at a
server that is open to this machine, once at one that knows its callers by a tokens file.
`schemathesis.toml` says what is expected besides, and why. The seed is fixed.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import openapi_spec_validator

from addresses import free_port

HERE = pathlib.Path(__file__).resolve().parent
SEED, PATIENCE = 20261121, 20
# Name, what the trainer is told, and whether a second version follows that nothing names.
MODELS = (
    ("demo", ["--model", "logistic", "--target", "class", "--ignore", "note,price"], False),
    ("forest", ["--model", "boosted-trees", "--target", "class", "--ignore", "note,price",
                "--num-iterations", "20"], False),
    ("notes", ["--model", "text", "--target", "class", "--text", "note",
               "--ignore", "size,shape,price"], False),
    ("price", ["--model", "linear", "--target", "price", "--ignore", "note,class"], True),
    ("groups", ["--model", "k-means", "--ignore", "note,class,price"], False),
)


def write_rows(path: pathlib.Path) -> None:
    """Numbers, categories with a gap here and there, texts, a class of three and a number."""
    source = random.Random(SEED)
    with open(path, "w") as file:
        file.write("size,weight,shape,note,class,price\n")
        for _ in range(400):
            size, weight = source.gauss(10, 3), source.gauss(0, 1)
            shape = source.choice(["round", "long", "flat", ""])
            kind = "small" if size < 8 else "large" if size > 12 else "middle"
            note = " ".join(source.choices(["good", "bad", kind, "as new"], k=4))
            file.write(f"{size:.4f},{weight:.4f},{shape},{note},{kind},{size * 3 + weight:.4f}\n")


def train(build: str, folder: pathlib.Path) -> pathlib.Path:
    rows, registry = folder / "rows.csv", folder / "models.registry"
    write_rows(rows)
    for name, options, is_twice in MODELS:
        alias = ["--alias", "production"]
        for seed, more in (("1", alias), ("2", []))[:2 if is_twice else 1]:
            subprocess.run(
                [f"{build}/martlet-train", "fit", "--data", rows, "--name", name, "--registry",
                 registry, "--seed", seed, *options, *more],
                check=True, stdout=subprocess.DEVNULL, timeout=60)
    return registry


def make_token(build: str, path: pathlib.Path) -> str:
    """A tokens file with an administrator and somebody who predicts; the first one's token."""
    lines, tokens = [], []
    for name, role in (("tester", "admin"), ("client", "predictor")):
        text = subprocess.run(
            [f"{build}/martlet", "tokens", "create", name, "--role", role],
            check=True, capture_output=True, text=True).stdout
        said = dict(line.split(":", 1) for line in text.splitlines())
        lines.append(said["line"].strip())
        tokens.append(said["token"].strip())
    path.write_text("\n".join(lines) + "\n")
    return tokens[0]


@contextlib.contextmanager
def serving(build: str, registry: pathlib.Path, folder: pathlib.Path, *options: str):
    """A server that is ready, by its address."""
    address = f"http://127.0.0.1:{free_port()}"
    with open(folder / "martlet.log", "w") as log:
        process = subprocess.Popen(
            [f"{build}/martlet", "serve", "--registry", registry, "--listen",
             address.removeprefix("http://"), "--model", "demo", "--feedback-store",
             folder / "feedback", "--log-level", "error", *map(str, options)]
            + [word for name, _, _ in MODELS[1:] for word in ("--model", name)],
            stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(f"{address}/readyz"):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("api: no server:\n" + (folder / "martlet.log").read_text())
                time.sleep(0.05)
            yield address
            if process.poll() is not None:
                sys.exit("api: the server ended:\n" + (folder / "martlet.log").read_text())
        finally:
            process.terminate()
            process.wait(PATIENCE)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def fetch(url: str, fields: dict[str, str]) -> dict:
    with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=5) as answer:
        return json.load(answer)


def check(address: str, token: str | None, folder: pathlib.Path, examples: int) -> bool:
    fields = {"Authorization": f"Bearer {token}"} if token else {}
    document = fetch(f"{address}/openapi.json", fields)
    openapi_spec_validator.validate(document)
    paths = document["paths"]
    print(f"api: a document of {len(paths)} paths, {len(json.dumps(document)) // 1024} KiB, "
          f"valid OpenAPI {document['openapi']}", flush=True)
    absent = [name for name, _, _ in MODELS if f"/models/{name}/predict" not in paths]
    if absent:
        print(f"api: no path for {', '.join(absent)}")
        return False
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "--config-file",
        HERE / "schemathesis.toml", "run", f"{address}/openapi.json", "--url", address,
        "--seed", str(SEED), "--max-examples", str(examples), "--no-color"]
    for name, value in fields.items():
        command += ["--header", f"{name}: {value}"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "api_hooks", "PYTHONPATH": str(HERE)}
    return subprocess.run(command, cwd=folder, env=environment, timeout=300).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=".build/release")
    parser.add_argument("--examples", type=int, default=6, help="requests for each operation")
    options = parser.parse_args()
    build, start = str(pathlib.Path(options.build).resolve()), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="martlet-api-") as name:
        folder = pathlib.Path(name)
        registry = train(build, folder)
        # Rollouts that begin at the first server are no matter of the second's.
        another = shutil.copy(registry, folder / "another.registry")
        with serving(build, registry, folder) as address:
            is_good = check(address, None, folder, options.examples)
        token = make_token(build, folder / "tokens")
        with serving(build, another, folder, "--tokens-file", folder / "tokens") as address:
            is_good = check(address, token, folder, options.examples) and is_good
    print(f"api: {'passed' if is_good else 'FAILED'} in {time.monotonic() - start:.0f} s")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
