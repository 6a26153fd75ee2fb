# SPDX-License-Identifier: Apache-2.0
"""Users: connections that ask for predictions all the time and judge each answer."""
import collections
import http.client
import json
import random
import threading
import time

from scenario import check
from service import MODEL, without_request


class Load:
    """Predictions at a steady rate, until it is left. Each answer is kept once and judged in the
    end, when it is known what the versions that were published meanwhile should have said.
    """

    def __init__(self, port, rows, threads=2, per_second=300, timeout=5, path="/predict",
                 context=None, keys=0):
        self.port, self.timeout, self.path, self.context = port, timeout, path, context
        self.rows = rows
        self.bodies = [json.dumps({"features": row}).encode() for row in rows]
        # How many users there are, for rollouts; 0 for requests without a key.
        self.keys = keys
        self.interval = threads / per_second
        self.lock = threading.Lock()
        self.statuses = collections.Counter()
        # What was said to each row, by the version that claims it.
        self.said = collections.defaultdict(set)
        self.goods = []
        self.by_key = collections.defaultdict(list)
        self.failures = []
        self.milliseconds = []
        self.others = []
        self.is_over = threading.Event()
        self.threads = [
            threading.Thread(target=self.work, args=(number,)) for number in range(threads)]

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        self.ended = time.monotonic()

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=self.timeout, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)

    def work(self, number):
        choice = random.Random(number)
        connection = self.connect()
        due = time.monotonic()
        while not self.is_over.is_set():
            index = choice.randrange(len(self.bodies))
            began = time.monotonic()
            try:
                body, key = self.bodies[index], None
                if self.keys:
                    key = f"user-{choice.randrange(self.keys)}"
                    body = json.dumps({"features": self.rows[index], "key": key}).encode()
                connection.request("POST", self.path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                content = answer.read()
                self.judge(answer.status, content, index, began, key)
                if answer.will_close:
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.failures.append((began, time.monotonic(), type(error).__name__))
                connection.close()
                connection = self.connect()
                self.is_over.wait(0.01)
            due = max(due + self.interval, time.monotonic() - 1)
            self.is_over.wait(max(0, due - time.monotonic()))
        connection.close()

    def judge(self, status, content, index, began, key):
        now = time.monotonic()
        with self.lock:
            self.statuses[status] += 1
            if status != 200:
                self.others.append((began, status, content[:200]))
                return
            self.milliseconds.append((now - began) * 1000)
            version = json.loads(content)["model_version"]
            self.goods.append((began, now, version))
            self.said[version, index].add(without_request(content))
            if key:
                self.by_key[key].append((now, version))

    @property
    def answered(self):
        return sum(self.statuses.values())

    def versions(self, since=0.0, until=float("inf")):
        """Who answered what was asked after `since` and answered before `until`."""
        with self.lock:
            return {version for began, ended, version in self.goods
                    if began >= since and ended <= until}

    def is_flowing(self, seconds=5, count=20):
        """Waits until `count` more requests have been answered well."""
        wanted = len(self.goods) + count
        deadline = time.monotonic() + seconds
        while len(self.goods) < wanted:
            check(time.monotonic() < deadline,
                  f"no {count} good answers within {seconds} s: {self.others[-1:]}")
            time.sleep(0.005)

    def longest_gap(self):
        """The longest time, in seconds, in which nobody was answered well."""
        moments = [self.began, *sorted(ended for _, ended, _ in self.goods), self.ended]
        return max(later - earlier for earlier, later in zip(moments, moments[1:]))

    def quantile(self, share, since=0):
        """Of the times that answers took, in milliseconds, from the `since`-th good one on."""
        ordered = sorted(self.milliseconds[since:])
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def check_answers(self, truth, statuses=(200,)):
        """No wrong answer, and no status but these."""
        check(self.goods, "nobody was answered")
        for (version, index), contents in self.said.items():
            wrong = contents - {truth.get((version, index))}
            check(not wrong, f"row {index} of version {version} was answered {wrong}, "
                             f"not {truth.get((version, index))}")
        other = {status: count for status, count in self.statuses.items()
                 if status not in statuses}
        check(not other, f"users saw {other}: {self.others[:1]}")

    def check_flawless(self, truth, statuses=(200,)):
        """Neither that, nor a connection that broke."""
        check(not self.failures, f"{len(self.failures)} requests failed: {self.failures[:1]}")
        self.check_answers(truth, statuses)
