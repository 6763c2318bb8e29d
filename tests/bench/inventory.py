#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""inventory.py BUILD [--functions N] [--rounds N] - what `virt-claim devices` costs.

Lays out a sysfs tree with N PCI functions, as the kernel would, and measures virt-claim
against `lspci -Dnnvmm` and `lspci -Dnvmm` on it: whole processes, in turn, medians. Nothing
here passes or fails; the target stands beside each ratio. Without lspci it says so.
"""

import argparse
import os
import shutil
import sys
import tempfile

from bench import Command, find, pair, show

TARGET = 2.0
PER_PORT = 8  # functions behind each root port, in one slot

# Files that are in the directory of a function and that nobody here reads.
OTHERS = (
    "ari_enabled broken_parity_status consistent_dma_mask_bits current_link_speed "
    "current_link_width d3cold_allowed dma_mask_bits enable local_cpulist local_cpus "
    "max_link_speed max_link_width modalias msi_bus power_state remove rescan resource0 uevent"
).split()


def configuration(serial):
    """A PCIe endpoint whose extended capabilities are a device serial number."""
    data = bytearray(4096)
    data[0x06] = 0x10  # there is a list of capabilities
    data[0x34] = 0x40
    data[0x40] = 0x10  # PCI Express
    data[0x100:0x104] = (0x00010003).to_bytes(4, "little")
    data[0x104:0x10C] = serial.to_bytes(8, "little")
    return bytes(data)


class Tree:
    def __init__(self, root):
        self.root = root
        for directory in ("bus/pci/devices", "bus/pci/drivers/nvme", "bus/pci/drivers/vfio-pci"):
            os.makedirs(os.path.join(root, directory))
        self.groups = 0
        self.texts = {}
        os.mkdir(os.path.join(root, "texts"))

    def put(self, path, text):
        """Hard links to one file for each text: thousands of files fit into memory."""
        if text not in self.texts:
            self.texts[text] = os.path.join(self.root, "texts", str(len(self.texts)))
            with open(self.texts[text], "w", encoding="ascii") as f:
                f.write(text + "\n")
        os.link(self.texts[text], path)

    def function(self, parent, address, class_code, driver):
        at = os.path.join(self.root, parent, address)
        os.makedirs(at)
        number = self.groups
        self.groups += 1
        for name, text in {
            "vendor": "0x144d",
            "device": "0xa80c",
            "class": class_code,
            "subsystem_vendor": "0x144d",
            "subsystem_device": "0xa801",
            "revision": "0x00",
            "irq": "16",
            "numa_node": "0",
            "reset_method": "flr bus",
            "driver_override": "(null)",
            "resource": "\n".join(["0x0000000000000000 0x0000000000000000 0x0000000000000000"] * 13),
            **{name: "0" for name in OTHERS},
        }.items():
            self.put(os.path.join(at, name), text)
        with open(os.path.join(at, "config"), "wb") as f:
            f.write(configuration(number + 1))
        up = "../" * (parent.count("/") + 2)
        os.symlink(f"../../../{parent}/{address}", f"{self.root}/bus/pci/devices/{address}")
        group = f"kernel/iommu_groups/{number}"
        os.makedirs(f"{self.root}/{group}/devices")
        os.symlink(f"../../../../{parent}/{address}", f"{self.root}/{group}/devices/{address}")
        os.symlink(f"{up}{group}", f"{at}/iommu_group")
        os.symlink(f"{up}bus/pci/drivers/{driver}", f"{at}/driver")


def lay_out(root, functions):
    """Several domains: each has 248 buses at most, and a bridge for each."""
    tree = Tree(root)
    domain, bus, left = 0, 0, functions
    while left > 0:
        if bus == 248:
            domain, bus = domain + 1, 0
        parent = f"devices/pci{domain:04x}:00"
        bridge = f"{domain:04x}:00:{bus // 8:02x}.{bus % 8}"
        tree.function(parent, bridge, "0x060400", "nvme")
        bus, left = bus + 1, left - 1
        for i in range(min(PER_PORT, left)):
            tree.function(
                f"{parent}/{bridge}", f"{domain:04x}:{bus:02x}:00.{i}", "0x010802", "nvme"
            )
        left -= min(PER_PORT, left)
    return root


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="build tree, preferably of the preset 'release'")
    parser.add_argument("--functions", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    program = find(options.build, "virt-claim")
    if not shutil.which("lspci"):
        sys.exit("inventory: lspci is not installed (pciutils)")
    # sysfs is no disk either
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as work:
        sysfs = lay_out(f"{work}/sys", options.functions)
        for what, *more in (("table", "--wide"), ("JSON", "--json")):
            ours = Command(program, "devices", "--sysfs", sysfs, *more)
            for names in ("-Dnnvmm", "-Dnvmm"):
                theirs = Command("lspci", "-O", f"sysfs.path={sysfs}/bus/pci", "-A", "linux-sysfs", names)
                a, b = pair(ours, theirs, options.rounds)
                show(f"{options.functions} functions as {what} / lspci {names}", a, b, TARGET, "ms")


if __name__ == "__main__":
    main()
