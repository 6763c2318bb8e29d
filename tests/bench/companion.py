#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""companion.py BUILD [--claims N] [--here N] - what virt-claimd costs on a Kubernetes node.

Starts the API server of tests/kube with N claims, some of them on a node with that many
disks, and virt-claimd with the source kube on it. Prints its memory, also after its
watches were begun anew ten times; how far behind it is with 100 events in a second; and
how long it takes from the last input of a claim to its folder. Nothing here passes or
fails; the limit stands beside each number.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../companion"))

from companion import NODE, Companion, claim, slices, wait  # noqa: E402
from server import setup, web  # noqa: E402

MEMORY_LIMIT = 24.0  # MiB
GROWTH_LIMIT = 1.0  # MiB, over ten watches
BEHIND_LIMIT = 1000.0  # ms
LATENCY_LIMIT = 50.0  # ms, median
RATE = 100  # events in a second
SPARE = 8  # disks whose claims come and go


def show(what, value, limit, unit, more=""):
    mark = "" if value <= limit else "   above the limit"
    print(f"{what:<66} {value:8.2f} {unit} (limit {limit:.0f}){mark}{more}", flush=True)


class Bench:
    """A node, its daemon, and an API server with many claims."""

    def __init__(self, options, directory):
        self.here = options.here
        self.server = setup.start(directory)
        self.store = self.server.store
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        self.machine = Companion(options.build, f"{directory}/kubeconfig-reader",
                                 disks=self.here + SPARE)
        others = [c for c in web.make_claims(options.claims * 2)
                  if c["status"]["allocation"]["devices"]["results"][0]["pool"] != NODE]
        self.store.load(others[: options.claims - self.here])
        self.store.load([claim(f"c{i}", i) for i in range(self.here)])
        self.store.load(slices(self.here + SPARE))
        self.daemon = self.machine.daemon(preload=False)

    def settled(self):
        wait(lambda: len(self.machine.folders()) == self.here, 120, self.daemon.log)

    def memory(self):
        """Resident MiB now, and the most there ever was, of the daemon."""
        with open(f"/proc/{self.daemon.pid}/status", encoding="ascii") as f:
            text = f.read()
        return [int(re.search(rf"^{name}:\s*(\d+)", text, re.M)[1]) / 1024
                for name in ("VmRSS", "VmHWM")]

    def processor(self):
        with open(f"/proc/{self.daemon.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(") ", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def lists(self):
        with self.server.lock:
            return sum("resourceclaims?limit" in r["path"] and "continue" not in r["path"]
                       for r in self.server.log)

    def watches(self):
        with self.server.lock:
            return sum("resourceclaims?watch" in r["path"] for r in self.server.log)

    def delete(self, name):
        self.store.delete(self.kind, "lab", name, {})

    def is_there(self, name):
        return os.path.isdir(f"{self.machine.shared}/lab/{name}")


def measure_memory(bench, n):
    bench.settled()
    time.sleep(2)
    before, most = bench.memory()
    show(f"resident memory, {n} claims of which {bench.here} here", before, MEMORY_LIMIT,
         "MiB", f"  at most {most:.1f}")
    # the server ends watches, as it does every few minutes
    bench.server.watch_max_s, begun = 1.2, bench.watches()
    bench.store.compact()
    wait(lambda: bench.watches() >= begun + 11, 60)
    bench.server.watch_max_s = 3600
    after, _ = bench.memory()
    show("growth over 10 watches that ended", after - before, GROWTH_LIMIT, "MiB")
    bench.store.compact()
    time.sleep(2)
    before, begun = bench.memory()[0], bench.lists()
    for i in range(10):
        bench.store.compact()  # history is gone: everything is listed again
        wait(lambda: bench.lists() > begun + i, 60)  # pylint: disable=cell-var-from-loop
        time.sleep(1.5)
    after, most = bench.memory()
    show("growth over 10 watches that had to list again", after - before, GROWTH_LIMIT,
         "MiB", f"  at most {most:.1f}")


def measure_latency(bench, times):
    """From the event of a claim, whose slices are known, to its folder, and back."""
    came, went = [], []
    for i in range(times):
        name, disk = f"late{i}", bench.here + i % SPARE
        began = time.perf_counter()
        bench.store.load([claim(name, disk)])
        wait_for(lambda: bench.is_there(name))  # pylint: disable=cell-var-from-loop
        came.append((time.perf_counter() - began) * 1000)
        time.sleep(0.15)
        began = time.perf_counter()
        bench.delete(name)
        wait_for(lambda: not bench.is_there(name))  # pylint: disable=cell-var-from-loop
        went.append((time.perf_counter() - began) * 1000)
        time.sleep(0.15)
    for what, taken in (("from the last input of a claim to its folder", came),
                        ("from the end of a claim to its folder's", went)):
        show(f"{what}, median", statistics.median(taken), LATENCY_LIMIT, "ms ",
             f"  95 of 100 {sorted(taken)[int(len(taken) * 0.95)]:.0f}")


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it does not come")
        time.sleep(0.0005)


def measure_events(bench, seconds):
    """Claims of this node come and go, RATE times in a second; and as many of others."""
    used, began = bench.processor(), time.monotonic()
    sent = 0
    while time.monotonic() < began + seconds:
        behind = began + sent / RATE - time.monotonic()
        if behind > 0:
            time.sleep(behind)
        slot = sent // 2 % SPARE
        if sent % 2 == 0:
            bench.store.load([claim(f"e{slot}", bench.here + slot)])
        else:
            bench.delete(f"e{slot}")
        sent += 1
    bench.store.load([claim("last", bench.here)])
    at = time.perf_counter()
    wait_for(lambda: bench.is_there("last"))
    late = (time.perf_counter() - at) * 1000
    rate = sent / (time.monotonic() - began)
    show(f"behind after {seconds} s of {rate:.0f} events a second", late, BEHIND_LIMIT,
         "ms ")
    wait_for(lambda: len(bench.machine.folders()) == bench.here + 1 + sent % 2)
    used = (bench.processor() - used) / (time.monotonic() - began) * 100
    print(f"processor time meanwhile, with workers: {used:.0f} % of one")
    bench.delete("last")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build", help="build tree, of the preset 'release'")
    parser.add_argument("--claims", type=int, default=10000)
    parser.add_argument("--here", type=int, default=50, help="of them on this node")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vc-companion-") as directory:
        bench = Bench(options, directory)
        with bench.machine, bench.daemon:
            measure_memory(bench, options.claims)
            measure_latency(bench, options.times)
            measure_events(bench, options.seconds)
        bench.server.stopped.set()


if __name__ == "__main__":
    main()
