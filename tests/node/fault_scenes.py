# SPDX-License-Identifier: GPL-2.0-or-later
"""fault_scenes.py - test-faults for what is no command about one claim: a boot, as
`virt-claimd --once` sees it, and `virt-claim sync`.

Each scene has start(), which leads to where its command begins, command(), and check(), which says
what has to hold at any time, and what else does when the command ended well.
"""

import json
import os
import shutil
import subprocess

from machine import FAIL, FULL, Machine, difference

QEMU = 64055
DISK, OTHER_DISK, PF, VF = "0000:02:00.0", "0000:03:00.0", "0000:05:00.0", "0000:05:02.1"


class Wrong(Exception):
    pass


def want(good, what):
    if not good:
        raise Wrong(what)


class Scene:
    def __init__(self, build):
        self.build = build
        self.machine = None
        self.runs = 0
        self.fresh()

    def fresh(self):
        if self.machine:
            self.machine.__exit__()
        self.machine = Machine(self.build)
        if os.getuid() == 0:
            with open(f"{self.machine.root}/etc/virt-claim.yaml", "a", encoding="ascii") as f:
                f.write(f"qemu-user: {QEMU}\nqemu-group: {QEMU}\n")
        self.prepare()

    def do(self, *arguments):
        result = self.machine.claim(*arguments)
        want(
            result.returncode == 0,
            f"'virt-claim {' '.join(arguments)}' exits with {result.returncode}: {result.stderr}",
        )
        return result.stdout

    def command(self, *, timeout=60):
        raise NotImplementedError

    def finish(self):
        """The command once more, without a fault: it ends well."""
        result = self.command()
        want(result.returncode == 0, f"once more it exits with {result.returncode}: {result.stderr}")

    def count(self, _scenario, _start=None):
        self.start()
        self.machine.inject(0)
        self.finish()
        n, _ = self.machine.injected()
        calls = self.machine.calls()
        self.machine.inject_nothing()
        self.check(True)
        return n, calls

    def run(self, fault):
        """Returns whether the fault came to pass."""
        m = self.machine
        self.start()
        m.inject(fault.mode, fault.target)
        result = self.command()
        _, hit = m.injected()
        m.wait_for_killed()
        m.inject_nothing()
        survives = fault.mode in (FAIL, FULL) or not hit
        if not hit:
            want(result.returncode == 0, f"without a fault: {result.stderr}")
        want(
            result.returncode >= 0 or (not survives and result.returncode == -9),
            f"dies of signal {-result.returncode}: {result.stderr}",
        )
        want(result.returncode != 7, f"calls it a bug: {result.stderr}")
        self.check(result.returncode == 0)
        self.runs += 1
        if self.runs % 2 == 0:
            self.do("recover")
            self.check(False)
        self.finish()
        self.check(True, again=True)
        return hit


class Boot(Scene):
    """Two persistent claims, a disk and a VF with settings, after a boot."""

    CLAIMS = {"disk": ["device"], "net": ["device"]}

    def prepare(self):
        m = self.machine
        self.snapshot = f"{m.root}/etc/snapshot"
        self.do("create", "disk", "--device", OTHER_DISK)
        self.do("create", "net", "--device", f"{PF}/vf1", "--mac", "52:54:00:aa:00:01")
        self.do("prepare", "disk", "net")
        m.boot()
        self.before = m.state()
        os.mkdir(self.snapshot)
        for name in ("sys", "proc", "dev", "run", "kernel", "var"):
            subprocess.run(["cp", "-a", f"{m.root}/{name}", self.snapshot], check=True)
        self.finish()
        self.prepared = m.state()
        want(m.driver(OTHER_DISK) == m.driver(VF) == "vfio-pci", "a boot does not prepare what is persistent")

    def start(self):
        # processes of the run before are gone, or about to be
        subprocess.run(
            f"cd {self.machine.root} && rm -rf sys proc dev run kernel var && cp -a etc/snapshot/. .",
            shell=True, check=True,
        )

    def command(self):
        return self.machine.run(f"{self.machine.build}/src/cli/virt-claimd", "--once", timeout=60)

    def check(self, done, again=False):
        m = self.machine
        documents = m.documents()
        phases = {
            text[0]["name"]: text[0]["phase"] for path, text in documents.items() if path.startswith("run/journal/")
        }
        specs = sum(path.startswith("run/cdi/") for path in documents)
        for name, requests in self.CLAIMS.items():
            want(f"var/claims/default/{name}.json" in documents, f"claim {name} is lost")
            want(documents[f"var/claims/default/{name}.json"][0]["metadata"]["annotations"]["virt-claim.io/persistent"] == "true",
                 f"claim {name} is not persistent any more")
            folder = f"{m.root}/run/claims/default/{name}"
            published = os.path.isdir(folder)
            if published:
                found = sorted(request for request in os.listdir(folder) if request[0] != ".")
                want(found == requests, f"half a claim is published: {found}")
                want(name in phases, f"{name} is published without a journal")
            want(published or phases.get(name) != "prepared", f"{name} is prepared and not published")
        for address, name in ((OTHER_DISK, "disk"), (VF, "net")):
            want(m.driver(address) != "vfio-pci" or name in phases, f"{address} is on vfio without a journal")
        if not done:
            return
        left = difference(self.prepared, m.state())
        want(not left, f"says that it is done, but {left}")
        want(phases == dict.fromkeys(self.CLAIMS, "prepared"), f"says that it is done, but {phases}")
        want(specs == len(self.CLAIMS), f"CDI files: {specs}")


DOMAIN = """<domain type='kvm'>
  <name>vm1</name>
  <uuid>11111111-1111-4111-8111-111111111111</uuid>
  <memory unit='MiB'>512</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
  </devices>
</domain>
"""


class Sync(Scene):
    """A stored definition with the address that a disk had, of a domain that libvirt was to start. That
    libvirt is a directory."""

    def prepare(self):
        m = self.machine
        self.libvirt = f"{m.root}/libvirt"
        self.do("create", "disk", "--device", OTHER_DISK)
        self.do("prepare", "disk")
        with open(f"{m.root}/etc/vm1.xml", "w", encoding="ascii") as f:
            f.write(DOMAIN)
        self.new = self.do("rewrite", "--claims", f"{m.root}/run/claims", "--sysfs", m.sys, "--bind", "disk=disk:device", f"{m.root}/etc/vm1.xml")
        self.old = self.new.replace("0x03", "0x7f")
        want(self.old != self.new, f"the disk is not at bus 3: {self.new}")
        self.state = m.state()
        self.published = self.files()

    def files(self):
        return sorted(path for path in self.machine.documents() if "/leases/" not in path)

    def start(self):
        shutil.rmtree(self.libvirt, ignore_errors=True)
        shutil.rmtree(f"{self.machine.root}/run/leases", ignore_errors=True)
        os.mkdir(self.libvirt)
        for name, text in (("inactive.xml", self.old), ("uri", "qemu:///system"), ("state", "autostart"), ("faults", "")):
            with open(f"{self.libvirt}/{name}", "w", encoding="utf-8") as f:
                f.write(text)

    def command(self):
        module = f"{self.machine.build}/tests/unit/fake"
        return self.machine.claim(
            "sync", "--autostart", "--connect", "qemu:///system", "vm1", timeout=60,
            env={"VIRT_CLAIM_MODULE_DIR": module, "VC_FAKE_DIR": self.libvirt},
        )

    def definition(self, name):
        try:
            with open(f"{self.libvirt}/{name}", encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def leases(self):
        """By name; each of them can be read."""
        at = f"{self.machine.root}/run/leases"
        names = [name for name in os.listdir(at) if name[0] != "."] if os.path.isdir(at) else []
        leases = {}
        for name in names:
            with open(f"{at}/{name}", encoding="utf-8") as f:
                text = f.read()
            try:
                leases[name] = json.loads(text)
            except json.JSONDecodeError as e:
                raise Wrong(f"lease {name} is torn: {text!r}") from e
        return leases

    def check(self, done, again=False):
        stored, live, leases = self.definition("inactive.xml"), self.definition("live.xml"), self.leases()
        want(stored in (self.old, self.new), f"the definition is {stored}")
        want(live in (None, self.new), f"it was started as {live}")
        want(set(leases) <= {f"pci-{OTHER_DISK}"}, f"leases: {list(leases)}")
        changed = difference(self.state, self.machine.state())
        want(not changed, f"a device changed: {changed}")
        want(self.files() == self.published, "files of claims changed")
        if not done:
            return
        want(stored == self.new, "says that it is done, and the definition is the old one")
        want(live == self.new, "says that it is done, and the domain does not run")
        # no process is this guest: its lease is dead as soon as nobody holds it
        if os.getuid() == 0 and not again:
            states = [lease["state"] for lease in leases.values()]
            want(states == ["started"], f"says that it is done, and leases are {states}")


SCENES = {"boot": Boot, "sync": Sync}
