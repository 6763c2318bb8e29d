# SPDX-License-Identifier: GPL-2.0-or-later
"""machine.py - a machine of make-machine and the programs that run on it, for the tests."""

import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT = 120


def sanitizer(build):
    """What has to be preloaded before anything else in a build with sanitizers of gcc."""
    with open(f"{build}/CMakeCache.txt", encoding="utf-8") as f:
        cache = f.read()
    compiler = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", cache, re.M).group(1)
    if not re.search(r"^VC_SANITIZE:\w+=.*address", cache, re.M) or "clang" in compiler:
        return []
    return [subprocess.check_output([compiler, "-print-file-name=libasan.so"], text=True).strip()]


class Machine:
    """A machine in a directory of its own, which goes with it."""

    def __init__(self, build, *options):
        self.build = os.path.abspath(build)
        self.library = f"{self.build}/tests/node/libfakekernel.so"
        self.program = f"{self.build}/src/cli/virt-claim"
        # sysfs is no disk either
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.work = tempfile.TemporaryDirectory(prefix="vc-node-", dir=memory)
        self.root = os.path.realpath(self.work.name)
        self.sys = f"{self.root}/sys"
        self.preload = sanitizer(self.build) + [self.library]
        self.boot(*options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # whoever still waits in the kernel may go on, and finds nothing
        self.faults("")
        self.work.cleanup()

    def boot(self, *options):
        subprocess.run([f"{HERE}/make-machine", self.root, *options], check=True)

    def env(self, **more):
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            "LD_PRELOAD": " ".join(self.preload),
            "FAKE_KERNEL": self.root,
            "VIRT_CLAIM_CONFIG": f"{self.root}/etc/virt-claim.yaml",
            "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0",
            **more,
        }

    def run(self, *command, env=None, timeout=TIMEOUT, **options):
        return subprocess.run(
            command, env=self.env(**(env or {})), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=timeout, check=False, **options,
        )

    def claim(self, *arguments, **options):
        """virt-claim ARGUMENTS"""
        return self.run(self.program, *arguments, **options)

    # What is there

    def faults(self, *lines):
        with open(f"{self.root}/kernel/faults", "w", encoding="ascii") as f:
            f.write("".join(line + "\n" for line in lines if line))

    def log(self):
        with open(f"{self.root}/kernel/log", encoding="ascii", errors="replace") as f:
            return f.read().splitlines()

    def clear_log(self):
        with open(f"{self.root}/kernel/log", "w", encoding="ascii"):
            pass

    def function(self, address):
        return f"{self.sys}/bus/pci/devices/{address}"

    def driver(self, address):
        try:
            return os.path.basename(os.readlink(f"{self.function(address)}/driver"))
        except FileNotFoundError:
            return None

    def override(self, address):
        with open(f"{self.function(address)}/driver_override", encoding="ascii") as f:
            return f.read().strip()

    def state(self):
        """All that a claim may change: drivers, overrides, VFs, mdevs, nodes."""
        state = {}
        for address in sorted(os.listdir(f"{self.sys}/bus/pci/devices")):
            at = self.function(address)
            state[address] = (self.driver(address), self.override(address))
            for name in ("sriov_numvfs", "sriov_drivers_autoprobe"):
                if os.path.exists(f"{at}/{name}"):
                    with open(f"{at}/{name}", encoding="ascii") as f:
                        state[f"{address}/{name}"] = f.read().strip()
        state["mdevs"] = sorted(os.listdir(f"{self.sys}/bus/mdev/devices"))
        for at in sorted(glob.glob(f"{self.root}/dev/**", recursive=True)):
            st = os.stat(at)
            state[at[len(self.root) :]] = (oct(st.st_mode), st.st_uid, st.st_gid)
        return state


def difference(before, after):
    """Lines that say what of one state() is not in the other."""
    return [
        f"{key}: was {before.get(key)}, is {after.get(key)}"
        for key in sorted(set(before) | set(after))
        if before.get(key) != after.get(key)
    ]


class Checks:
    """Counts, and prints what is wrong."""

    def __init__(self):
        self.n = self.bad = 0

    def __call__(self, what, good, got=""):
        self.n += 1
        if not good:
            self.bad += 1
            print(f"not ok {self.n} - {what}: {got}", flush=True)
        return good

    def equal(self, what, expected, got):
        return self(what, expected == got, f"expected {expected!r}, got {got!r}")

    def done(self, text=""):
        print(f"{self.n} checks, {self.bad} failed{text}")
        sys.exit(1 if self.bad else 0)
