#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""daemon.py BUILD [--claims N] [--prepared N] [--idle SECONDS] - what virt-claimd costs while nothing happens.
daemon.py BUILD --boot [--claims N] - how long it takes to prepare N persistent claims.

Starts it on a machine of tests/node/make-machine with a disk and a claim for each of N,
waits until it says that it is ready, and then looks at its memory and at the processor
time that it takes. Nothing here passes or fails; the target stands beside each number.
"""

import argparse
import glob
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid

sys.dont_write_bytecode = True

from bench import find  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../node"))
from machine import Machine  # noqa: E402

MEMORY_TARGET = 16.0  # MiB, with 1,000 claims
CPU_TARGET = 10.0  # ms in 60 s
READY_SECONDS = 120
BOOT_SECONDS = 1800
SETTLE_SECONDS = 3


def disk_address(i, n):
    """As make-machine lays them out."""
    if n <= 48:
        return f"0000:{0x80 + i:02x}:00.0"
    return f"0000:{0x80 + i // 64:02x}:{i % 64 // 8:02x}.{i % 8}"


def make_claims(machine, n, persistent=False):
    """One is created, the others are what it is but for the disk: n runs of create would
    take n inventories."""
    result = machine.claim("create", "claim-0000", "--device", "0000:80:00.0")
    if result.returncode != 0:
        sys.exit(f"daemon: create: {result.stderr}")
    path = f"{machine.root}/var/claims/default/claim-0000.json"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    uid = json.loads(text)["metadata"]["uid"]
    if persistent:
        text = text.replace('virt-claim.io/persistent": "false"', 'virt-claim.io/persistent": "true"')
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    for i in range(1, n):
        other = text.replace(uid, str(uuid.uuid4())).replace("claim-0000", f"claim-{i:04d}")
        other = other.replace("DISK0000", f"DISK{i:04d}").replace("disk0000", f"disk{i:04d}")
        with open(path.replace("claim-0000", f"claim-{i:04d}"), "w", encoding="utf-8") as f:
            f.write(other.replace("0000:80:00.0", disk_address(i, n)))
    os.sync()


def wait_until_ready(notify, daemon):
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        try:
            if b"READY=1" in notify.recv(4096).split(b"\n"):
                return
        except TimeoutError:
            pass
        if daemon.poll() is not None:
            sys.exit(f"daemon: virt-claimd ends with status {daemon.returncode}")
    sys.exit("daemon: virt-claimd does not become ready")


def family(pid):
    """A process and its children."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [pid, *map(int, f.read().split())]


def memory(pid):
    """Resident MiB."""
    total = 0
    for one in family(pid):
        with open(f"/proc/{one}/status", encoding="ascii", errors="replace") as f:
            total += int(re.search(r"^VmRSS:\s*(\d+)", f.read(), re.M).group(1))
    return total / 1024


def processor(pid):
    """Milliseconds on a processor so far, of all threads, and how often they were put on one."""
    total, times = 0, 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as f:
            ran, _, slices = map(int, f.read().split())
        total, times = total + ran, times + slices
    return total / 1e6, times


def show(what, value, target, unit):
    mark = "" if value <= target else "   above target"
    print(f"{what:<58} {value:7.2f} {unit}  (target {target:.0f}){mark}", flush=True)


def boot(machine, program, n):
    """Everything that a boot asks of it; then again, when nothing is left to be done."""
    for what in ("boot", "and once more"):
        looks = len(machine.log())
        begin = time.monotonic()
        once = machine.run(program, "--once", timeout=BOOT_SECONDS)
        took = time.monotonic() - begin
        if once.returncode != 0:
            sys.exit(f"daemon: {what}: {once.stderr[:2000]}")
        prepared = sum(machine.driver(disk_address(i, n)) == "vfio-pci" for i in range(n))
        writes = len(machine.log()) - looks
        print(f"{what}: {prepared} of {n} claims prepared, {took:.2f} s, {took * 1000 / n:.1f} ms each, {writes} writes to sysfs")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="build tree, preferably of the preset 'release'")
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--prepared", type=int, default=16, help="so many of them; default: 16")
    parser.add_argument("--boot", action="store_true", help="all claims are persistent and prepared by the daemon")
    parser.add_argument("--idle", type=float, default=60, metavar="SECONDS")
    options = parser.parse_args()
    program = find(options.build, "virt-claimd")
    with Machine(options.build, "--disks", str(options.claims)) as machine:
        make_claims(machine, options.claims, options.boot)
        if options.boot:
            boot(machine, program, options.claims)
            return
        for i in range(options.prepared):
            result = machine.claim("prepare", f"claim-{i:04d}")
            if result.returncode != 0:
                sys.exit(f"daemon: prepare: {result.stderr}")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(f"{machine.root}/notify")
        notify.settimeout(1)
        log = open(f"{machine.root}/daemon.log", "w+", encoding="utf-8")
        begin = time.monotonic()
        daemon = subprocess.Popen(
            [program], env=machine.env(NOTIFY_SOCKET=f"{machine.root}/notify"), stderr=log, stdout=log
        )
        try:
            wait_until_ready(notify, daemon)
            print(f"{options.claims} claims, {options.prepared} prepared; ready after {time.monotonic() - begin:.1f} s")
            time.sleep(SETTLE_SECONDS)
            before, slices = processor(daemon.pid)
            time.sleep(options.idle)
            after, more = processor(daemon.pid)
            show("resident memory of virt-claimd", memory(daemon.pid), MEMORY_TARGET, "MiB")
            show(
                f"processor time of {options.idle:.0f} s without events, for 60 s",
                (after - before) * 60 / options.idle, CPU_TARGET, "ms ",
            )
            print(f"it ran {more - slices} times meanwhile")
        finally:
            daemon.terminate()
            try:
                daemon.wait(30)
            except subprocess.TimeoutExpired:
                daemon.kill()
            log.seek(0)
            lines = log.read().splitlines()
            print(*lines[:5], sep="\n")


if __name__ == "__main__":
    main()
