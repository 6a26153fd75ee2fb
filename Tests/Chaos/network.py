# SPDX-License-Identifier: Apache-2.0
"""A network that is cut: a pair of interfaces, one of them in a namespace of its own."""
import contextlib
import ctypes
import http.server
import json
import os
import socket
import subprocess
import threading
import time

from kills import PLAN
from load import Load
from scenario import Skip, check, eventually, scenario, stop
from service import Registry, Server, reference, run

HERE, THERE, NOBODY = "10.66.0.1", "10.66.0.2", "02:00:00:00:00:99"
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class Elsewhere:
    """A host behind a link that can be cut without a word to either side."""

    def __init__(self, place):
        if "CHAOS_INSIDE" not in os.environ:
            raise Skip("no network namespace of its own")
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "300"])
        place.callback(stop, self.keeper)
        self.there = ["nsenter", "--target", self.keeper.pid, "--net"]
        mine = os.readlink("/proc/self/ns/net")
        eventually(lambda: os.readlink(f"/proc/{self.keeper.pid}/ns/net") != mine, 5,
                   "no second namespace")
        made = run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
                   self.keeper.pid, may_fail=True)
        if made.returncode != 0:
            raise Skip(f"no pair of interfaces: {made.stderr.strip()}")
        place.callback(run, "ip", "link", "del", "here", may_fail=True)
        run("ip", "addr", "add", f"{HERE}/24", "dev", "here")
        run("ip", "link", "set", "here", "up")
        for words in (f"addr add {THERE}/24 dev there", "link set there up", "link set lo up"):
            run(*self.there, "ip", *words.split())

    def cut(self):
        """Packets go to hardware addresses that are nobody's, so that neither side is told: a
        cable that is cut far away, without a reset or an ICMP. It takes no module of the kernel.
        """
        run("ip", "neigh", "replace", THERE, "lladdr", NOBODY, "dev", "here", "nud", "permanent")
        run(*self.there, "ip", "neigh", "replace", HERE, "lladdr", NOBODY, "dev", "there",
            "nud", "permanent")

    def heal(self):
        run("ip", "neigh", "del", THERE, "dev", "here")
        run(*self.there, "ip", "neigh", "del", HERE, "dev", "there")

    def within(self, function):
        """What `function` gives when a thread in that namespace calls it; sockets stay there."""
        result = []

        def work():
            with open(f"/proc/{self.keeper.pid}/ns/net") as file:
                if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            result.append(function())
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        check(result, "nothing came of it in the other namespace")
        return result[0]


def request(row, length=None):
    body = json.dumps({"features": row}).encode()
    head = (f"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length or len(body)}\r\n\r\n").encode()
    return head, body


@scenario("network-cut")
def network_cut(place):
    """Half of the clients vanish without a word: idle, within a head, within a body.

    The server lets go of each when its time is over, and has its descriptors back within 8 s; the
    others notice nothing; who comes back after a short cut gets the answer.
    """
    elsewhere = Elsewhere(place)
    registry = Registry(place).fit(1, "production")
    rows, expected = registry.rows(), reference(place, registry)
    server = Server(place, registry, "--insecure-admin", "--idle-timeout-seconds", 3,
                    "--head-timeout-seconds", 3, "--body-timeout-seconds", 3,
                    "--write-timeout-seconds", 3, "--linger-timeout-seconds", 1,
                    listens_on="0.0.0.0").start()
    head, body = request(rows[0])
    words = [b"", b"POST /pre", head + body[:9], head[:-2], head + body]
    count = 200
    with contextlib.ExitStack() as clients, Load(server.port, rows) as load:
        load.is_flowing()
        time.sleep(0.3)
        baseline = server.descriptors()

        def connect():
            opened = []
            for number in range(count):
                client = clients.enter_context(socket.create_connection((HERE, server.port), 5))
                client.sendall(words[number % len(words)])
                opened.append(client)
            return opened
        opened = elsewhere.within(connect)
        eventually(lambda: server.descriptors() >= baseline + count, 3, "not all are connected")
        elsewhere.cut()
        cut = time.monotonic()
        eventually(lambda: server.descriptors() <= baseline, 8,
                   lambda: f"{server.descriptors()} descriptors, {baseline} before")
        cleaned = time.monotonic() - cut
        load.is_flowing()
        elsewhere.heal()
        timeouts = server.metric("timeouts_total")
        check(timeouts >= count, f"only {timeouts} connections were given up by time")

        # Within the time for a body: the client's second half waits out the cut and arrives.
        waiting = elsewhere.within(lambda: clients.enter_context(
            socket.create_connection((HERE, server.port), 5)))
        waiting.sendall(head + body[:9])
        time.sleep(0.1)
        elsewhere.cut()
        waiting.sendall(body[9:])
        time.sleep(1)
        elsewhere.heal()
        healed = time.monotonic()
        waiting.settimeout(5)
        answer = waiting.recv(65536)
        check(answer.startswith(b"HTTP/1.1 200"), f"after the cut: {answer[:60]}")
        resumed = time.monotonic() - healed
        del opened
    load.check_flawless(expected)
    place.figure(f"{count} half-open connections gone after {cleaned:.1f} s, by {timeouts:.0f} "
                 f"timeouts; a request across a cut of 1 s answered {resumed:.1f} s after it; "
                 f"{load.answered} answers to others")


class Receiver(http.server.ThreadingHTTPServer):
    """Takes events and remembers their ids."""

    def __init__(self, address):
        super().__init__(address, Handler)
        self.ids = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.ids.append(json.loads(body)["id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@scenario("webhook-cut")
def webhook_cut(place):
    """The network between the server and its webhook is cut during a rollout.

    Users notice nothing, the rollout goes on, the events wait, and all of them arrive, in order,
    once the network is back.
    """
    elsewhere = Elsewhere(place)
    receiver = elsewhere.within(lambda: Receiver((THERE, 0)))
    place.callback(receiver.server_close)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    place.callback(receiver.shutdown)
    registry = Registry(place).fit(1, "production").fit(2)
    rows, expected = registry.rows(), reference(place, registry)
    server = Server(place, registry, "--webhook-url",
                    f"http://{THERE}:{receiver.server_address[1]}/", "--webhook-timeout-seconds", 1,
                    "--drift-window-rows", 0).start()
    with Load(server.port, rows, keys=2000, per_second=400) as load:
        elsewhere.cut()
        begun = server.ask("POST", "/rollouts",
                           {"candidate": 2, "plan": PLAN | {"step_seconds": 1}})
        check(begun.status == 201, f"POST /rollouts: {begun.status} {begun.body}")
        path = begun.fields["Location"]
        eventually(lambda: server.ask("GET", path).json["state"] == "promoted", 30,
                   "the rollout waits for its webhook")
        eventually(lambda: server.metric("events_delivery_retries_total") >= 2, 10, "no retries")
        check(server.metric('events_delivered_total') == 0 and not receiver.ids,
              "an event came through the cut")
        check(server.is_ready(), "not ready because of the webhook")
        elsewhere.heal()
        told = [line["id"] for line in server.log_lines("event")]
        _, seconds = eventually(lambda: len(set(receiver.ids)) == len(told), 20,
                                lambda: f"{len(set(receiver.ids))} of {len(told)} events arrived")
        load.is_flowing()
    load.check_flawless(expected)
    check(list(dict.fromkeys(receiver.ids)) == told, f"{receiver.ids} arrived, {told} happened")
    check(server.metric("events_dropped_total") == 0, "events were dropped")
    place.figure(f"{len(told)} events waited and arrived in order within {seconds:.1f} s; "
                 f"{load.answered} answers")
