#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kube.py BUILD [--claims N] - what the client of the API server costs.

Starts the API server of tests/kube with N claims and runs tests/kube/kube-client against
it. Nothing here passes or fails; the target stands beside each number. Times of the server
itself (Python) are in none of them but the last two.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kube"))
import subprocess  # noqa: E402

from harness import environment  # noqa: E402
from server import setup, web  # noqa: E402

MEMORY_TARGET = 1.05
RESTART_TARGET = 1.02
CPU_TARGET = 100.0  # microseconds for an object, whole process
LATENCY_TARGET = 20.0  # ms
RATE_TARGET = 100.0  # events in a second


class Client:
    """kube-client of a build, against a server."""

    def __init__(self, build, directory):
        self.program = os.path.join(build, "tests/kube/kube-client")
        self.options = [f"kubeconfig={directory}/kubeconfig-admin"]
        self.env = environment(VIRT_CLAIM_MODULE_DIR=os.path.join(build, "src/cli"),
                               KUBE_CLIENT_MEMORY="1")
        if not os.path.exists(self.program):
            sys.exit(f"kube: {self.program} is not built")

    def start(self, *words):
        return subprocess.Popen([self.program, *self.options, *words], text=True,
                                stdout=subprocess.PIPE, env=self.env)

    def run(self, *words):
        """Peak KiB, and seconds of processor time."""
        with self.start(*words) as process:
            out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"kube-client {' '.join(words)}: {out}")
        memory = next(line for line in out.splitlines() if line.startswith("memory"))
        return int(memory.split()[1]), usage.ru_utime + usage.ru_stime


def show(what, value, target, text):
    mark = "" if value <= target else "   above target"
    print(f"{what:<58} {text}{mark}", flush=True)


def claims(server, n):
    server.store.unload("resource.k8s.io", "resourceclaims")
    server.order({"claims": {"n": n}})


def measure_lists(server, client, n):
    claims(server, 100)
    few, few_cpu = client.run("quiet=1", "list", "resourceclaims")
    claims(server, n)
    many, many_cpu = client.run("quiet=1", "list", "resourceclaims")
    show(f"memory: a list of {n} claims / of 100", many / few, MEMORY_TARGET,
         f"{many / few:5.2f}  (target {MEMORY_TARGET:4.2f})"
         f"  {many / 1024:.1f} / {few / 1024:.1f} MiB")
    each = (many_cpu - few_cpu) / (n - 100) * 1e6
    show("processor time for each object of a list", each, CPU_TARGET,
         f"{each:5.1f} us  (target {CPU_TARGET:.0f})")


def measure_restarts(server, client, n):
    """A watch that the server ends every second, for one second and for ten."""
    server.watch_max_s, server.bookmark_s = 1, 0.2
    one, _ = client.run("quiet=1", "for_ms=1500", "watch_s=1", "watch", "resourceclaims")
    ten, _ = client.run("quiet=1", "for_ms=12000", "watch_s=1", "watch", "resourceclaims")
    server.watch_max_s, server.bookmark_s = 3600, 60
    show(f"memory: {n} claims, after ten watches / after one", ten / one, RESTART_TARGET,
         f"{ten / one:5.2f}  (target {RESTART_TARGET:4.2f})"
         f"  {ten / 1024:.1f} / {one / 1024:.1f} MiB")


def follow(process, times):
    for line in process.stdout:
        times.append((time.perf_counter(), line))


def measure_events(server, client, n):
    """From the store to a line of output; then as many as there can be."""
    process = client.start("for_ms=60000", "watch", "resourceclaims")
    seen = []
    threading.Thread(target=follow, args=(process, seen), daemon=True).start()
    while not any("SYNCED" in line for _, line in seen):
        time.sleep(0.05)
    claims_now = list(web.make_claims(1000))
    time.sleep(0.5)
    taken = []
    for claim in claims_now[:100]:
        count, began = len(seen), time.perf_counter()
        server.store.load([claim])
        while len(seen) == count:
            time.sleep(0.0005)
        taken.append((seen[-1][0] - began) * 1000)
        time.sleep(0.01)
    middle = statistics.median(taken)
    show(f"an event of {n} claims, median (with the server's part)", middle,
         LATENCY_TARGET, f"{middle:5.1f} ms  (target {LATENCY_TARGET:.0f})")
    count, began = len(seen), time.perf_counter()
    server.store.load(claims_now)
    while len(seen) < count + len(claims_now):
        time.sleep(0.001)
    rate = len(claims_now) / (time.perf_counter() - began)
    show("events in a second (with the server's part)", RATE_TARGET / rate, 1,
         f"{rate:5.0f}  (target {RATE_TARGET:.0f})")
    process.kill()
    process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build")
    parser.add_argument("--claims", type=int, default=10000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vc-kube-") as directory:
        server = setup.start(directory)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(os.path.abspath(options.build), directory)
        measure_lists(server, client, options.claims)
        measure_restarts(server, client, options.claims)
        measure_events(server, client, options.claims)
        server.stopped.set()


if __name__ == "__main__":
    main()
