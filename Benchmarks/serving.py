#!/usr/bin/env python3
"""Martlet beside nginx and FastAPI + scikit-learn, in one run on one machine.

Each server has core 0 to itself while it is measured, wrk has core 1. The servers are measured in
turn, several rounds, and medians are reported, so that a machine whose speed drifts hurts all of
them alike. nginx answers a constant as long as Martlet's answer. Needs wrk and nginx (Debian);
FastAPI and scikit-learn come from PyPI into the build folder.
"""
import argparse
import json
import os
import pathlib
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
FEATURES = 16
CONNECTIONS = 32
PORTS = {"martlet": 18480, "nginx": 18481, "fastapi": 18482}


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def post(port, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict", body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


def start(words, port, path, **options):
    """Starts a server on core 0; returns it with the milliseconds until its first 200."""
    began = time.monotonic()
    process = subprocess.Popen(["taskset", "-c", "0", *words], **options)
    while time.monotonic() - began < 60:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                if answer.status == 200:
                    return process, (time.monotonic() - began) * 1000
        except OSError:
            time.sleep(0.001)
    raise SystemExit(f"{words[0]} did not answer")


def tree(pid):
    """A process and its descendants: nginx and uvicorn work in children."""
    found = [pid]
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += tree(int(entry.parent.name))
    return found


def cpu_seconds(pid):
    ticks = 0
    for each in tree(pid):
        fields = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    kib = 0
    for each in tree(pid):
        found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{each}/status").read_text())
        kib += int(found.group(1)) if found else 0
    return kib / 1024


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def load(name, pid, script, seconds):
    before = cpu_seconds(pid)
    text = run("taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}",
               "--latency", "-s", script, f"http://127.0.0.1:{PORTS[name]}/predict")
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{name}: {text}")
    count = int(re.search(r"(\d+) requests in", text).group(1))
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50": milliseconds(re.search(r"(?m)^\s+50%\s+(\S+)", text).group(1)),
        "p99": milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", text).group(1)),
        "cpu": (cpu_seconds(pid) - before) / count * 1e6,
    }


def nginx_configuration(folder, answer):
    path = folder / "nginx.conf"
    path.write_text(f"""
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{PORTS['nginx']}; default_type application/json;
    location / {{ return 200 '{answer}'; }} }} }}
""")
    return path


def prepare(build, folder):
    registry = folder / "registry"
    run(f"{build}/martlet-train", "synthetic", "--rows", "5000", "--features", str(FEATURES),
        "--seed", "1", "--output", f"{folder}/data.csv")
    run(f"{build}/martlet-train", "fit", "--data", f"{folder}/data.csv", "--target", "label",
        "--model", "logistic", "--name", "bench", "--registry", str(registry),
        "--alias", "production")
    run(f"{build}/martlet", "models", "export", "bench", "--registry", str(registry),
        "--output", f"{folder}/model.safetensors")
    venv = pathlib.Path(build).parent / "bench-venv"
    if not (venv / "ready").exists():
        run(sys.executable, "-m", "venv", str(venv))
        run(f"{venv}/bin/pip", "install", "--quiet", "fastapi", "uvicorn[standard]",
            "scikit-learn")
        (venv / "ready").touch()
    return registry, venv


def report(results, ready, idle, loaded, rounds, seconds):
    names = list(PORTS)
    median = {name: {key: statistics.median(each[key] for each in results[name])
                     for key in ("rate", "p50", "p99", "cpu")} for name in names}
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())

    def row(label, values, form, better):
        base = values["martlet"]
        ratios = [better(base, values[name]) for name in names[1:]]
        cells = [form.format(values[name]) for name in names] + [f"{x:.2f}" for x in ratios]
        return f"| {label} | " + " | ".join(cells) + " |"

    more = lambda ours, theirs: ours / theirs
    pick = lambda key: {name: median[name][key] for name in names}
    ratio = [statistics.median(a["rate"] / b["rate"] for a, b in
                               zip(results["martlet"], results[name])) for name in names[1:]]
    lines = [
        "# HTTP benchmark", "",
        f"`POST /predict`, {FEATURES} numbers of full precision, {CONNECTIONS} keep-alive "
        "connections, one core for the",
        f"server and one for wrk; {rounds} rounds of {seconds} s in turn, medians. {model}, "
        f"{os.cpu_count()} cores.", "",
        "| figure | Martlet | nginx `return 200` | FastAPI + scikit-learn | Martlet ÷ nginx | "
        "Martlet ÷ FastAPI |",
        "|---|---|---|---|---|---|",
        row("requests/s", pick("rate"), "{:,.0f}", more),
        row("p50, ms", pick("p50"), "{:.3f}", more), row("p99, ms", pick("p99"), "{:.3f}", more),
        row("CPU µs a request", pick("cpu"), "{:.2f}", more),
        row("resident MiB, idle", idle, "{:.1f}", more),
        row("resident MiB, after load", loaded, "{:.1f}", more),
        row("ms to the first 200", ready, "{:.0f}", more), "",
        f"Requests/s, round by round: {ratio[0]:.2f} of nginx, {ratio[1]:.1f} times FastAPI "
        "(median of the rounds' ratios).", "",
        "Rounds of Martlet: " + ", ".join(f"{each['rate']:,.0f}" for each in results["martlet"])
        + "; of nginx: " + ", ".join(f"{each['rate']:,.0f}" for each in results["nginx"]) + ".",
    ]
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", required=True, help="folder of the release programs")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=4)
    options = options.parse_args()
    build = os.path.abspath(options.build)
    processes = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        registry, venv = prepare(build, folder)
        random.seed(1)
        body = json.dumps({"features": [random.gauss(0, 1) for _ in range(FEATURES)]})
        script = folder / "post.lua"
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
            f"wrk.body = [[{body}]]\n")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            ready, idle, loaded = {}, {}, {}
            pids = {}

            def launch(server, words, path, **more):
                process, ready[server] = start(words, PORTS[server], path, **quiet, **more)
                processes.append(process)
                pids[server] = process.pid

            launch("martlet", [f"{build}/martlet", "serve", "--registry", str(registry),
                               "--listen", f"127.0.0.1:{PORTS['martlet']}", "--loops", "1"],
                   "/readyz")
            idle["martlet"] = resident_mib(pids["martlet"])
            ours = post(PORTS["martlet"], body)
            launch("nginx", ["nginx", "-c", str(nginx_configuration(
                folder, ours.decode().strip() + "\\n"))], "/")
            launch("fastapi", [f"{venv}/bin/uvicorn", "service:app", "--app-dir",
                               str(HERE / "fastapi_service"), "--port", str(PORTS["fastapi"]),
                               "--no-access-log"], "/readyz",
                   env=os.environ | {"ARTIFACT": f"{folder}/model.safetensors"})
            for server in ("nginx", "fastapi"):
                idle[server] = resident_mib(pids[server])
            theirs = json.loads(post(PORTS["fastapi"], body))["probabilities"]
            for label, value in json.loads(ours)["probabilities"].items():
                if abs(value - theirs[label]) > 1e-9:
                    raise SystemExit("the two models do not agree")
            assert len(post(PORTS["nginx"], body)) == len(ours)
            results = {server: [] for server in PORTS}
            for _ in range(options.rounds):
                for server in PORTS:
                    results[server].append(
                        load(server, pids[server], str(script), options.seconds))
            for server in PORTS:
                loaded[server] = resident_mib(pids[server])
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait(timeout=30)
    text = report(results, ready, idle, loaded, options.rounds, options.seconds)
    (HERE / "results.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
