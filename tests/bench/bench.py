#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench.py BUILD [--rounds N] - what virt-claim costs, as ratios of one run.

Whole processes are measured, the two sides of a ratio in turn, and the medians are
divided: that holds on any machine, also on a busy one. Nothing here passes or fails;
the target stands beside each ratio.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time

IDENTITY = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>
</xsl:stylesheet>
"""

HOSTDEV = """    <hostdev mode='subsystem' type='pci' managed='no'>
      <source><address domain='0x0009' bus='0x{bus:02x}' slot='0x00' function='0x0'/></source>
    </hostdev>
"""


def domain(path, hostdevs=0):
    """A domain of everyday size: 24 root ports, 4 disks, 2 network cards."""
    ports = "".join(
        f"    <controller type='pci' index='{i}' model='pcie-root-port'>"
        f"<target chassis='{i}' port='0x{i:x}'/></controller>\n"
        for i in range(1, 25)
    )
    disks = "".join(
        f"    <disk type='block' device='disk'><driver name='qemu' type='raw'/>"
        f"<source dev='/dev/vg0/d{i}'/><target dev='vd{chr(97 + i)}' bus='virtio'/></disk>\n"
        for i in range(4)
    )
    nics = "".join(
        f"    <interface type='bridge'><mac address='52:54:00:00:00:{i:02x}'/>"
        f"<source bridge='br0'/><model type='virtio'/></interface>\n"
        for i in range(2)
    )
    others = "".join(HOSTDEV.format(bus=i) for i in range(hostdevs))
    with open(path, "w", encoding="utf-8") as f:
        f.write(
            "<domain type='kvm'>\n  <name>bench</name>\n"
            "  <uuid>4f0d5a6e-7f0e-4e0b-8a53-6a1c9e100001</uuid>\n"
            "  <memory unit='GiB'>4</memory>\n"
            "  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n  </os>\n  <devices>\n"
            f"{ports}{disks}{nics}{others}  </devices>\n</domain>\n"
        )
    return path


def metadata(path, name, uid, count, segment=0):
    """DeviceMetadata of one claim with one request of `count` devices."""
    devices = [
        {
            "driver": "pci.example.org",
            "pool": "node-7",
            "name": f"d{i}",
            "attributes": {
                "resource.kubernetes.io/pciBusID": {
                    "string": f"{segment:04x}:{1 + i // 8:02x}:{i % 8:02x}.0"
                }
            },
        }
        for i in range(count)
    ]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(
            {
                "apiVersion": "metadata.resource.k8s.io/v1alpha1",
                "kind": "DeviceMetadata",
                "metadata": {"name": name, "namespace": "lab", "uid": uid, "generation": 1},
                "requests": [{"name": "all", "devices": devices}],
            },
            f,
        )
    return path


def shared_directory(path, count):
    for i in range(count):
        metadata(
            f"{path}/lab/claim-{i}/all/pci.example.org-metadata.json",
            f"claim-{i}",
            f"4f0d5a6e-7f0e-4e0b-8a53-{i:012d}",
            1,
        )
    return path


class Command:
    """One process to measure; `ok` are the exit statuses that are meant."""

    def __init__(self, *argv, stdin="/dev/null", ok=(0,), env=None):
        self.argv = [shutil.which(argv[0]) or argv[0], *argv[1:]]
        self.stdin, self.ok = stdin, ok
        self.env = dict(os.environ, LC_ALL="C", **(env or {}))

    def run(self, stdout="/dev/null"):
        """Seconds and peak KiB of one run."""
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, self.stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
        ]
        start = time.perf_counter()
        pid = os.posix_spawn(self.argv[0], self.argv, self.env, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in self.ok:
            raise RuntimeError(f"{' '.join(self.argv)}: status {os.waitstatus_to_exitcode(status)}")
        return seconds, usage.ru_maxrss


def pair(a, b, rounds):
    """Medians of both, run in turn, the order alternating."""
    times = ([], [])
    for _ in range(3):
        a.run(), b.run()
    for i in range(rounds):
        order = ((0, a), (1, b)) if i % 2 == 0 else ((1, b), (0, a))
        for side, command in order:
            times[side].append(command.run()[0])
    return statistics.median(times[0]), statistics.median(times[1])


def show(what, a, b, target, unit):
    ratio = a / b
    mark = "" if ratio <= target else "   above target"
    scale, digits = (1000, 2) if unit == "ms" else (1 / 1024, 1)
    print(
        f"{what:<58} {ratio:5.2f}  (target {target:4.2f})"
        f"  {a * scale:8.{digits}f} / {b * scale:.{digits}f} {unit}{mark}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="build tree, preferably of the preset 'release'")
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    program = find(options.build, "virt-claim")
    hook = find(options.build, "virt-claim-qemu-hook")
    # what ulimit or an earlier child left must not be measured
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with tempfile.TemporaryDirectory() as work:
        measure(program, hook, work, options.rounds)


def find(build, name):
    for directory, _, files in os.walk(build):
        path = os.path.join(directory, name)
        if name in files and os.access(path, os.X_OK) and "CMakeFiles" not in directory:
            return path
    sys.exit(f"bench: no program '{name}' in {build}")


def measure(program, hook, work, rounds):
    def rewrite(xml, *claims_and_more):
        return Command(program, "rewrite", "--target-libvirt", "9.0.0", *claims_and_more, xml)

    identity = os.path.join(work, "identity.xsl")
    with open(identity, "w", encoding="utf-8") as f:
        f.write(IDENTITY)
    xml = domain(f"{work}/domain.xml")
    one = metadata(f"{work}/one.json", "claim-1", "4f0d5a6e-7f0e-4e0b-8a53-000000000001", 1)
    xsltproc = Command("xsltproc", identity, xml)
    one_device = rewrite(xml, "--claims", one)

    a, b = pair(one_device, xsltproc, rounds)
    show("rewrite of one device / xsltproc with an identity sheet", a, b, 1.5, "ms")

    config = f"{work}/virt-claim.yaml"
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"claims:\n- {shared_directory(f'{work}/hook-claims', 1)}\nleases: {work}/leases\n")
    os.chmod(config, 0o644)
    quiet = Command(
        hook, "bench", "prepare", "begin", "-", stdin=xml, env={"VIRT_CLAIM_CONFIG": config}
    )
    xmllint = Command("xmllint", "--noout", xml)
    a, b = pair(quiet, xmllint, rounds)
    show("qemu hook, domain without claims / xmllint --noout", a, b, 1.3, "ms")

    many = {
        n: metadata(f"{work}/{n}.json", "farm", "4f0d5a6e-7f0e-4e0b-8a53-000000000002", n)
        for n in (32, 256)
    }
    plain = {n: rewrite(xml, "--claims", many[n]) for n in many}
    a, b = pair(plain[256], plain[32], max(rounds // 3, 5))
    show("256 devices / 32 devices, from plain input", a, b, 9, "ms")
    for n in many:
        plain[n].run(stdout=f"{work}/own-{n}.xml")
    own = {n: rewrite(f"{work}/own-{n}.xml", "--claims", many[n]) for n in many}
    a, b = pair(own[256], own[32], max(rounds // 3, 5))
    show("256 devices / 32 devices, from our own output", a, b, 9, "ms")

    few, lots = shared_directory(f"{work}/few", 10), shared_directory(f"{work}/lots", 10000)
    bind = ("--bind", "gpu=lab/claim-3:all")
    a, b = pair(
        rewrite(xml, "--claims", lots, *bind), rewrite(xml, "--claims", few, *bind), rounds
    )
    show("10000 claims / 10 claims in the shared directory", a, b, 1.2, "ms")

    peaks = [statistics.median(c.run()[1] for _ in range(5)) for c in (one_device, xsltproc)]
    show("peak memory of rewrite / of xsltproc", *peaks, 2, "MiB")


if __name__ == "__main__":
    main()
