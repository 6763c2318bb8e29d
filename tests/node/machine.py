# SPDX-License-Identifier: GPL-2.0-or-later
"""machine.py - a machine of make-machine and the programs that run on it, for the tests."""

import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time

# struct inject of fake_inject.c
INJECT = struct.Struct("=6I256i")
COUNT, FAIL, KILL_BEFORE, KILL_AFTER, KILL_ONE, FULL = range(6)

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

    def start(self, *arguments):
        """virt-claim ARGUMENTS, not waited for."""
        return subprocess.Popen(
            [self.program, *arguments], env=self.env(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    # Faults of calls

    def inject(self, mode, target=0, error=0):
        """For the programs that are started from now on."""
        with open(f"{self.root}/kernel/calls", "w", encoding="ascii"):
            pass
        with open(f"{self.root}/kernel/inject", "wb") as f:
            f.write(INJECT.pack(0, mode, target, error, 0, 0, *([0] * 256)))

    def inject_nothing(self):
        if os.path.exists(f"{self.root}/kernel/inject"):
            os.unlink(f"{self.root}/kernel/inject")

    def injected(self):
        """How many calls there were, and whether the fault came to pass."""
        with open(f"{self.root}/kernel/inject", "rb") as f:
            count, _, _, _, hit, *_ = INJECT.unpack(f.read())
        return count, hit > 0

    def wait_for_killed(self):
        """Until no process is left that had faults injected: the children of one that was killed
        are killed too, and take a moment to go."""
        with open(f"{self.root}/kernel/inject", "rb") as f:
            _, _, _, _, _, n, *pids = INJECT.unpack(f.read())
        end = time.monotonic() + 30
        while any(is_alive(pid) for pid in pids[:n]) and time.monotonic() < end:
            time.sleep(0.005)

    def calls(self):
        with open(f"{self.root}/kernel/calls", encoding="ascii", errors="replace") as f:
            return f.read().splitlines()

    # What is there

    def documents(self):
        """Every JSON file that a reader may see, by its path; what is wrong with one is an
        exception. Names that begin with a dot are nobody's business."""
        documents = {}
        for top in ("var", "run"):
            for at, directories, names in os.walk(f"{self.root}/{top}"):
                directories[:] = [d for d in directories if not d.startswith(".")]
                for name in names:
                    if name.startswith(".") or not name.endswith(".json"):
                        continue
                    path = f"{at}/{name}"
                    with open(path, encoding="utf-8") as f:
                        text = f.read()
                    documents[path[len(self.root) + 1 :]] = parse_stream(text, path)
        return documents

    def claims(self):
        """What `list --json` says, by name."""
        result = self.claim("list", "--json")
        if result.returncode != 0:
            raise AssertionError(f"list: {result.stderr}")
        return {claim["name"]: claim for claim in json.loads(result.stdout)["claims"]}

    def watches(self, room):
        """Whether inotify has room for more; it begins with some."""
        path = f"{self.root}/kernel/no-watches"
        if room:
            os.unlink(path)
        else:
            with open(path, "w", encoding="ascii"):
                pass

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
        state["mdevs"] = len(os.listdir(f"{self.sys}/bus/mdev/devices"))  # UUIDs are random
        for at in sorted(glob.glob(f"{self.root}/dev/**", recursive=True)):
            st = os.stat(at)
            state[at[len(self.root) :]] = (oct(st.st_mode), st.st_uid, st.st_gid)
        return state


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def parse_stream(text, path):
    """A metadata file is a stream of documents."""
    decoder, documents, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        try:
            document, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as e:
            raise AssertionError(f"{path} is torn: {e}: {text[:200]!r}") from e
        documents.append(document)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    if not documents:
        raise AssertionError(f"{path} is empty")
    return documents


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
