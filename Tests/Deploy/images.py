#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs inside the file systems of the images, as a cluster does: the root read-only,
nobody's user id, volumes mounted. Needs root and namespaces of its own:

    unshare --mount --pid --fork images.py SERVER-LAYOUT TRAINER-LAYOUT
"""
import pathlib
import subprocess
import sys
import tempfile
import time

USER = 65532
VOLUMES = {"server": ("registry",), "trainer": ("registry", "tmp", "data", "backups")}
FEW = {"server": {"martlet"}, "trainer": {
    "martlet", "martlet-train", "train-and-roll-out", "back-up"}}


class Image:
    """A layout, mounted as the root of a container."""

    def __init__(self, name: str, layout: pathlib.Path, folder: pathlib.Path):
        self.name, self.layout, self.root = name, layout.resolve(), folder / name
        self.root.mkdir()
        # The runtime makes the places of mounts; an overlay keeps them out of the layout.
        upper, work = folder / f"{name}-upper", folder / f"{name}-work"
        for place in (upper, work, *(upper / each for each in (*VOLUMES[name], "proc", "dev"))):
            place.mkdir(exist_ok=True)
        (upper / "dev/null").touch()
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={self.layout},upperdir={upper},workdir={work}", self.root)
        run("mount", "-t", "proc", "proc", self.root / "proc")
        run("mount", "--bind", "/dev/null", self.root / "dev/null")
        for each in VOLUMES[name]:
            source = folder / "volumes" / each
            source.mkdir(parents=True, exist_ok=True)
            source.chmod(0o777)
            run("mount", "--bind", source, self.root / each)
        if name == "server":
            run("mount", "-o", "remount,bind,ro", self.root / "registry")
        run("mount", "-o", "remount,ro", self.root)

    def words(self, *words: object) -> list[str]:
        return ["/usr/sbin/chroot", f"--userspec={USER}:{USER}", str(self.root), *map(str, words)]

    def run(self, *words: object, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.words(*words), capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/local/bin:/bin"} | variables)


def run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True)


def findings(server: Image, trainer: Image):
    for image in (server, trainer):
        there = {path.name for path in (image.layout / "usr/local/bin").iterdir()}
        if there != FEW[image.name]:
            yield f"{image.name}: /usr/local/bin has {sorted(there)}"
        if not (image.layout / "usr/lib/ssl/cert.pem").stat().st_size > 100_000:
            yield f"{image.name}: no authorities for https"
    if (server.layout / "bin").exists():
        yield "server: a shell"
    data = ("/data/d.csv", "--target", "label", "--model", "logistic")
    steps = (
        ("made-up data", trainer, 0, ("martlet-train", "synthetic", "--rows", 2000, "--features", 4,
                                      "--seed", 1, "--output", data[0])),
        ("training", trainer, 0, ("train-and-roll-out", "demo", "--data", *data)),
        ("training for an alias", trainer, 2, ("train-and-roll-out", "demo", "--alias", "x")),
        ("verification", server, 0, ("/usr/local/bin/martlet", "models", "verify", "--registry",
                                     "/registry/models.registry")),
        ("a backup", trainer, 0, ("back-up",)),
        ("a write to the root", trainer, 1, ("/bin/sh", "-c", "echo > /file")),
        ("a write to the server's registry", server, 1, (
            "/usr/local/bin/martlet", "models", "promote", "demo", 1, "--alias", "x",
            "--registry", "/registry/models.registry")),
    )
    for what, image, wanted, words in steps:
        result = image.run(*words, REGISTRY="/registry/models.registry", BACKUPS="/backups")
        if result.returncode != wanted:
            yield f"{what}: {result.returncode}: {result.stdout}{result.stderr}"
    made_by = server.run("/usr/local/bin/martlet", "models", "list", "--registry",
                         "/registry/models.registry").stdout
    if "martlet-train" not in made_by:
        yield f"who has published is not named: {made_by}"
    yield from _serves(server)


def _serves(server: Image):
    """As the image does without arguments of anybody's, but at ports that are free."""
    process = subprocess.Popen(
        server.words("/usr/local/bin/martlet", "serve", "--registry", "/registry/models.registry",
                     "--listen", "127.0.0.1:18473", "--admin-listen", "127.0.0.1:18474"),
        stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 15
        while server.run("/usr/local/bin/martlet", "health", "--address",
                         "127.0.0.1:18473").returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                yield "the server's own health check never succeeds"
                break
            time.sleep(0.1)
    finally:
        process.terminate()
        log = process.communicate(timeout=40)[1]
    if process.returncode != 0:
        yield f"the server ended with {process.returncode}: {log[-800:]}"


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("mount", "-t", "tmpfs", "tmpfs", folder)
        try:
            images = [Image(each, pathlib.Path(layout), folder)
                      for each, layout in zip(("server", "trainer"), sys.argv[1:3], strict=True)]
            found = list(findings(*images))
        finally:
            run("umount", "--recursive", folder)
    for each in found:
        print(each)
    print(f"images: {len(found)} findings, {time.monotonic() - began:.1f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
