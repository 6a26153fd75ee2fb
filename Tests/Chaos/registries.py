# SPDX-License-Identifier: Apache-2.0
"""The registry changed under the server by other means than its own."""
import os
import pathlib
import shutil
import sqlite3
import time

from load import Load
from scenario import Skip, check, eventually, scenario
from service import MODEL, Registry, Server, reference, run


def put(path, content):
    """Puts a file in the other's place at once, as who writes files with care does."""
    beside = pathlib.Path(f"{path}.new")
    beside.write_bytes(content)
    os.replace(beside, path)


def foreign(path):
    beside = pathlib.Path(f"{path}.new")
    database = sqlite3.connect(beside)
    database.execute("CREATE TABLE accounts (id INTEGER)")
    database.commit()
    database.close()
    os.replace(beside, path)


def directory(path):
    os.remove(path)
    os.mkdir(path)


def damage(path):
    """Overwrites pages in the middle, in place, and tells SQLite's readers that it changed."""
    with open(path, "r+b") as file:
        for page in range(1, os.path.getsize(path) // 4096):
            file.seek(page * 4096)
            file.write(b"\xa5" * 512)
        file.seek(24)
        file.write(os.urandom(4))


HARMS = {
    "moved away": os.remove,
    "empty": lambda path: os.truncate(path, 0),
    "cut in half": lambda path: os.truncate(path, os.path.getsize(path) // 2),
    "replaced by text": lambda path: put(path, b"id,age,label\n" * 2000),
    "replaced by another program's database": foreign,
    "replaced by a directory": directory,
    "damaged in place": damage,
}


@scenario("registry-replaced")
def registry_replaced(place):
    """The registry is taken away, cut, damaged, and other things are put in its place.

    Users notice nothing; the server stays ready, warns of its registry in /healthz and the log, and
    follows the right file within 2 s of its return.
    """
    registry = Registry(place).fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    kept = place.path("kept")
    registry.models("backup", "--output", kept)
    server = Server(place, registry).start()
    noticed, back, silent = [], [], []
    with Load(server.port, rows, per_second=200) as load:
        for what, harm in HARMS.items():
            load.is_flowing()
            harm(registry.path)
            check_warns(server, what, noticed, silent)
            check(server.is_ready(), f"{what}: not ready, though it serves")
            load.is_flowing()
            if registry.path.is_dir():
                registry.path.rmdir()
            shutil.copy(kept, f"{registry.path}.new")
            os.replace(f"{registry.path}.new", registry.path)
            back.append(eventually(lambda: "registry" not in server.checks(), 2,
                                   lambda: f"{what}: {server.checks()} after its return")[1])
        registry.models("promote", MODEL, 2)
        eventually(lambda: server.serves() == 2, 2, "it does not follow any more")
        load.is_flowing()
    load.check_flawless(expected)
    check(registry.verify() == 2, "the registry that was put back is another")
    check(not silent, f"not told of: {', '.join(silent)}")
    place.figure(f"{len(HARMS)} harms, told of after {max(noticed) * 1000:.0f} ms at most; back "
                 f"after {max(back) * 1000:.0f} ms; {load.answered} answers")


def check_warns(server, what, noticed, silent):
    began = time.monotonic()
    while time.monotonic() - began < 2:
        if server.checks().get("registry", {}).get("status") == "warn":
            noticed.append(time.monotonic() - began)
            return
        time.sleep(0.01)
    silent.append(what)


@scenario("registry-older")
def registry_older(place):
    """An older backup is put in the registry's place while its newer versions are served.

    The server goes back to what the backup says, without a failed request, and the bytes of the
    answers are those of before.
    """
    registry = Registry(place).fit(1, "production")
    rows = registry.rows()
    older = place.path("older")
    registry.models("backup", "--output", older)
    registry.fit(2, "production").fit(3, "production")
    expected = reference(place, registry)
    server = Server(place, registry).start()
    with Load(server.port, rows) as load:
        load.is_flowing()
        check(load.versions() == {3}, f"{load.versions()} answered")
        os.replace(older, registry.path)
        _, seconds = eventually(lambda: server.serves() == 1, 2, "still on the newer registry")
        restored = time.monotonic()
        load.is_flowing()
        time.sleep(0.2)
        check(load.versions(since=restored) == {1}, f"{load.versions(since=restored)} answered")
        check(server.ask("POST", f"/models/{MODEL}/versions/3/predict",
                         {"features": rows[0]}).status == 404, "version 3 is still served")
        # Its number was another version's before; its answers must be its own.
        registry.fit(4, "production")
        eventually(lambda: server.serves() == 2, 2, "what is published next is not served")
    load.check_flawless(expected | reference(place, registry, only=2))
    with Load(server.port, rows) as after:
        after.is_flowing(count=100)
    after.check_flawless(reference(place, registry, only=2))
    place.figure(f"the backup's version answered after {seconds * 1000:.0f} ms; "
                 f"{load.answered} answers")


@scenario("registry-permissions")
def registry_permissions(place):
    """The right to read the registry is taken from the server's user, and given back.

    The server serves on, warns, and follows within 2 s of getting it back; one that starts
    meanwhile listens, is not ready, and becomes so by itself.
    """
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    folder = place.path("shared")
    folder.mkdir()
    os.chmod(place.folder, 0o755)
    registry = Registry(place, folder / "registry").fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    if run(*user, place.build / "martlet", "--version", may_fail=True).returncode != 0:
        raise Skip("no other user can run the programs: " + str(place.build))
    server = Server(place, registry, wrapper=user).start()
    with Load(server.port, rows) as load:
        load.is_flowing()
        # An open file stays readable; the next look at another file in its place is not.
        shutil.copy(registry.path, folder / "new")
        os.chmod(folder / "new", 0o600)
        os.replace(folder / "new", registry.path)
        said, _ = eventually(lambda: server.checks().get("registry"), 2, "it warns of nothing")
        check("Permission denied" in said["detail"], f"it says {said}")
        check(server.is_ready(), "not ready, though it serves")
        late = Server(place, registry, wrapper=user).start(until="alive")
        check(late.try_get("/readyz") == 503, "ready without a registry")
        load.is_flowing()
        os.chmod(registry.path, 0o644)
        registry.models("promote", MODEL, 2)
        _, seconds = eventually(lambda: server.serves() == 2, 2, "version 2 is not served")
        eventually(late.is_ready, 2, "the late server does not become ready")
        load.is_flowing()
    load.check_flawless(expected)
    place.figure(f"followed {seconds * 1000:.0f} ms after it could read again; "
                 f"{load.answered} answers")
