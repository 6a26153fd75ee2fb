# SPDX-License-Identifier: Apache-2.0
"""Runs the containers of manifests as processes: same command line, environment, files and volumes.

Volumes are folders, mount paths in texts become those folders, and addresses become free ports.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import yaml

from addresses import free_port
from manifests import ROOT, Rendered, containers

# As in the Dockerfile.
ENTRYPOINTS = {"martlet": "martlet", "martlet-trainer": "martlet-train", "haproxy": "haproxy"}
PATIENCE = 30
SERVERS = ("Deployment martlet", "StatefulSet martlet-controller")


def until(condition, what: str, seconds: float = PATIENCE):
    """Polls until `condition` gives something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError(what)


def ask(url: str, token: str | None = None, body: dict | None = None, method: str | None = None):
    """Status and text of an answer; 0 where there is none."""
    request = urllib.request.Request(url, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Stage:
    """A folder that stands for a cluster: its volumes, its Secrets, its addresses."""

    def __init__(self, folder: pathlib.Path, build: pathlib.Path):
        self.folder, self.processes = folder, []
        self.binaries = folder / "bin"
        self.binaries.mkdir()
        for name in ("martlet", "martlet-train"):
            (self.binaries / name).symlink_to(build / name)
        for name in ("train-and-roll-out", "back-up"):
            (self.binaries / name).symlink_to(ROOT / f"deploy/{name}.sh")
        self.secrets = self.make_secrets()
        # What stands for an address of a Service; more come as servers start.
        self.texts: dict[str, str] = {}
        # What a test gives in place of a file of a ConfigMap.
        self.files: dict[str, str] = {}

    def make_secrets(self, **environment: str) -> dict[str, dict[str, str]]:
        result = subprocess.run(
            ["sh", ROOT / "deploy/kubernetes/tokens.sh"], capture_output=True, text=True,
            check=True, env=os.environ | {"MARTLET": str(self.binaries / "martlet")}
            | environment)
        return {each["metadata"]["name"]: each["stringData"]
                for each in yaml.safe_load_all(result.stdout)}

    def token(self, name: str) -> str:
        return self.secrets[f"martlet-{name}-token"]["token"]

    def volume(self, name: str) -> pathlib.Path:
        path = self.folder / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def prepare(self, rendered: Rendered, pod: dict, name: str, claims: tuple = ()):
        """The command line and environment of a container."""
        container = next(each for each in containers(pod) if each["name"] == name)
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        paths = {}
        for mount in container["volumeMounts"]:
            volume = volumes.get(mount["name"], {"persistentVolumeClaim": {
                "claimName": mount["name"]}} if mount["name"] in claims else None)
            paths[mount["mountPath"]] = str(self._contents(rendered, volume))
        texts = paths | self.texts

        def local(text: str) -> str:
            pattern = "|".join(re.escape(each) for each in sorted(texts, key=len, reverse=True))
            return re.sub(rf"(?<![\w/.-])({pattern})(?![\w.-])",
                          lambda found: texts[found[0]], text)

        for path in paths.values():
            for file in pathlib.Path(path).glob("*"):
                if file.suffix in (".yaml", ".cfg"):
                    file.write_text(local(file.read_text()))
        image = container["image"].split("@")[0].split(":")[0].rsplit("/", 1)[-1]
        command = [pathlib.Path(each).name for each in container.get("command", [])[:1]]
        words = (command or [ENTRYPOINTS[image]]) + container.get("command", [])[1:]
        words = words[:1] + [local(each) for each in words[1:] + container.get("args", [])]
        found = shutil.which(words[0], path=f"{self.binaries}:{os.environ['PATH']}:/usr/sbin")
        variables = {each["name"]: local(each["value"]) for each in container.get("env", [])}
        return [found or words[0], *words[1:]], variables | {
            "PATH": f"{self.binaries}:/usr/bin:/bin:/usr/sbin:/sbin"}

    @staticmethod
    def read_only(words: list[str], *folders: pathlib.Path) -> list[str]:
        """The command where those folders cannot be written, whoever asks."""
        mounts = "".join(f"mount --bind {each} {each} && mount -o remount,bind,ro {each} && "
                         for each in folders)
        return ["unshare", "--map-root-user", "--mount", "sh", "-c", mounts + 'exec "$@"', "sh",
                *words]

    def _contents(self, rendered: Rendered, volume: dict) -> pathlib.Path:
        if "persistentVolumeClaim" in volume:
            return self.volume(volume["persistentVolumeClaim"]["claimName"])
        if "emptyDir" in volume:
            return self.volume(f"empty-{volume['name']}-{time.monotonic_ns()}")
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            files = rendered.one("ConfigMap", name)["data"]
            files = {key: self.files.get(key, text) for key, text in files.items()}
        else:
            name = volume["secret"]["secretName"]
            files = self.secrets[name]
        place = self.volume(f"{name}-{time.monotonic_ns()}")
        for key, text in files.items():
            (place / key).write_text(text)
        return place

    def run(self, rendered: Rendered, pod: dict, name: str, **variables: str):
        """A job's container, to its end."""
        words, environment = self.prepare(rendered, pod, name)
        return subprocess.run(words, env=environment | variables, capture_output=True, text=True,
                              timeout=180)

    def start(self, rendered: Rendered, pod: dict, name: str, log: str, claims: tuple = (),
              *more: str) -> subprocess.Popen:
        words, environment = self.prepare(rendered, pod, name, claims)
        if _has_read_only_registry(pod):
            words = self.read_only(words, self.volume("martlet-registry"))
        with open(self.folder / log, "w", encoding="utf-8") as output:
            process = subprocess.Popen([*words, *more], env=environment, stdout=output,
                                       stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def serve(self, rendered: Rendered, owner: str, *more: str) -> "Server":
        """A server of the manifests, at free ports."""
        pod = dict(rendered.pods())[owner]
        ports = {"http": free_port(), "admin": free_port()}
        self.texts |= {"0.0.0.0:8080": f"127.0.0.1:{ports['http']}",
                       "0.0.0.0:9090": f"127.0.0.1:{ports['admin']}"}
        if "controller" in owner:
            self.texts |= {f"martlet-controller{suffix}:9090": f"127.0.0.1:{ports['admin']}"
                           for suffix in ("", ".martlet")}
        process = self.start(rendered, pod, "martlet", f"{owner.split()[1]}.log", ("feedback",),
                             *more)
        return Server(process, pod, ports)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def _has_read_only_registry(pod: dict) -> bool:
    return any(mount["mountPath"] == "/registry" and mount.get("readOnly")
               for container in containers(pod) for mount in container["volumeMounts"])


class Server:
    def __init__(self, process: subprocess.Popen, pod: dict, ports: dict[str, int]):
        self.process, self.pod, self.ports = process, pod, ports

    def address(self, port: str = "http") -> str:
        return f"http://127.0.0.1:{self.ports[port]}"

    def probe(self, name: str) -> int:
        """The status that the kubelet would see."""
        wanted = self.pod["spec"]["containers"][0][f"{name}Probe"]["httpGet"]
        return ask(self.address(wanted["port"]) + wanted["path"])[0]

    def until_ready(self) -> None:
        until(lambda: self.probe("readiness") == 200, "the server is not ready")
