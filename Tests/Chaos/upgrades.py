# SPDX-License-Identifier: Apache-2.0
"""Programs of two ages over one registry, and one taking over from the other."""
import contextlib
import os
import socket
import sqlite3
import subprocess

from load import Load
from scenario import Skip, check, eventually, scenario
from service import MODEL, Registry, Server, reference


class Successor(Server):
    """A server on a listening socket that it is handed, as by systemd (sd_listen_fds(3))."""

    def __init__(self, place, registry, listener, *flags, build=None):
        super().__init__(place, registry, *flags, port=listener.getsockname()[1], build=build,
                         log=place.path(f"log-{len(os.listdir(place.folder))}"))
        self.listener = listener

    def start(self):
        words = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"',
                 self.build / "martlet", "serve", "--registry", self.registry.path, *self.flags]
        number = self.listener.fileno()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words], stdout=log, stderr=log,
                env=os.environ | self.env, pass_fds=(3,),
                preexec_fn=lambda: os.dup2(number, 3))
        eventually(lambda: self.log_lines("listening"), 10, lambda: self.log()[-400:])
        return self


@scenario("upgrade-binary")
def upgrade_binary(place):
    """One server takes over from the other six times, on one socket, under load.

    No request fails. With --previous the first one, and what it serves, is of those programs.
    """
    registry, new = Registry(place), place.build
    place.build = place.previous or new
    registry.fit(1, "production")
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    place.callback(listener.close)
    current = Successor(place, registry, listener).start()
    place.build = new
    rows, expected = registry.rows(), reference(place, registry)
    with Load(listener.getsockname()[1], rows) as load:
        for _ in range(6):
            load.is_flowing()
            following = Successor(place, registry, listener).start()
            check(current.stop() == 0, f"the old server: {current.log()[-300:]}")
            clean = current.log_lines("stopped")[-1]["clean"]
            check(clean == "true", "the old server cut requests off")
            current = following
        load.is_flowing()
    load.check_flawless(expected)
    kind = "from --previous" if place.previous else "one build, as there is no --previous"
    place.figure(f"6 takeovers ({kind}), no request failed of {load.answered}")


def to_first_schema(path):
    """Takes away what the second migration added: the file as the first version wrote it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("""
            BEGIN IMMEDIATE;
            DROP TABLE rollout_event;
            DROP TABLE rollout;
            DELETE FROM grdb_migrations WHERE identifier <> '1';
            COMMIT;
        """)


def schemas(path):
    """The migrations that a file has had."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [name for name, in database.execute("SELECT identifier FROM grdb_migrations")]


def to_later_schema(path):
    """Adds what a later version might: a table, and the name of the migration that made it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("""
            BEGIN IMMEDIATE;
            CREATE TABLE of_the_future (id INTEGER PRIMARY KEY) STRICT;
            INSERT INTO grdb_migrations VALUES ('99');
            COMMIT;
        """)


@scenario("upgrade-schema")
def upgrade_schema(place):
    """Servers over a registry that is older, is migrated, and is of a later version than they.

    A server takes an older file as it is; the first newer writer migrates it under the running
    server, which goes on; one that runs when a later version migrates serves on; one that starts
    on such a file listens and is not ready, and its commands refuse to write.
    """
    registry = Registry(place).fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    to_first_schema(registry.path)
    server = Server(place, registry).start()
    with Load(server.port, rows) as load:
        load.is_flowing()
        begun = server.ask("GET", "/rollouts")
        check(begun.status == 200, f"GET /rollouts over an older file: {begun.status}")
        check(registry.verify() == 2, "an older file does not verify")
        check(schemas(registry.path) == ["1"], "a server that only reads has migrated the file")
        registry.models("promote", MODEL, 2)
        eventually(lambda: server.serves() == 2, 2, "it does not follow the migrated file")
        check(registry.verify() == 2, "the migrated file does not verify")
        check(len(schemas(registry.path)) > 1, "a newer writer has not migrated the file")
        load.is_flowing()
        to_later_schema(registry.path)
        refused = registry.models("promote", MODEL, 1, may_fail=True)
        check(refused.returncode == 1 and "later version of martlet" in refused.stderr,
              f"promote: {refused.returncode} {refused.stderr!r}")
        load.is_flowing(count=200)
        check(server.serves() == 2 and server.is_ready(), "the running server gave up")
        late = Server(place, registry).start(until="alive")
        said, _ = eventually(lambda: late.checks().get("registry"), 3, "it warns of nothing")
        check("later version of martlet" in said["detail"], f"the late server says {said}")
        check(late.try_get("/readyz") == 503, "ready over what it cannot read")
    load.check_flawless(expected)
    place.figure(f"schema 1, 2 and a later one under one server, {load.answered} answers")


@scenario("upgrade-previous")
def upgrade_previous(place):
    """The programs of --previous make a registry, which the new ones take over beside them.

    Both answer the same, byte for byte; the old server goes on even where the file is migrated; an
    old writer writes on, or refuses a schema that is too new for it.
    """
    if not place.previous:
        raise Skip("no --previous programs to be upgraded from")
    registry = Registry(place)
    new, place.build = place.build, place.previous
    registry.fit(1, "production").fit(2)
    rows = registry.rows()
    old = Server(place, registry).start()
    place.build = new
    expected = reference(place, registry)
    with Load(old.port, rows) as load:
        load.is_flowing()
        registry.models("promote", MODEL, 2)
        eventually(lambda: old.serves() == 2, 2, "the old server does not follow the new writer")
        load.is_flowing()
        upgraded = Server(place, registry).start()
        with Load(upgraded.port, rows) as beside:
            beside.is_flowing(count=200)
        done = registry.models("promote", MODEL, 1, build=place.previous, may_fail=True)
        is_too_new = "later version of martlet" in done.stderr
        check(done.returncode == (1 if is_too_new else 0), f"the old writer: {done.stderr}")
        wanted = 2 if is_too_new else 1
        eventually(lambda: upgraded.serves() == wanted and old.serves() == wanted, 2,
                   "they do not agree")
    for part in (load, beside):
        part.check_flawless(expected)
    check(registry.verify() == 2, "the registry does not verify")
    writer = "refuses the migrated file" if is_too_new else "may write too"
    place.figure(f"old and new beside each other, the old writer {writer}; {load.answered} "
                 f"answers of the old server, {beside.answered} of the new one")
