#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab machine: a QEMU process, what is plugged into it, and the talk with it.

As a program, for build-image: machine.py IMAGE-DIRECTORY DISK WORK-DIRECTORY boots a root disk
once, and keeps what was written.
"""

import hashlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BOOT_SECONDS = 120

# Where things are, as the scenarios know them. A device on a root port keeps its slot when
# something is plugged in front, but not its bus number; that is a renumbering.
#
#   NVMe LAB0001          on the root complex, alone in its group
#   NVMe LAB0002          behind a root port; a PF that can have four VFs
#   NVMe LAB0003          on NUMA node 1, behind a root port of an expander bus
#   two e1000             behind a conventional bridge: one IOMMU group
#   two e1000e            two functions of one slot, behind a root port: one IOMMU group
#   igb                   a NIC with VFs, behind a root port (QEMU 8 and newer)
#   two USB sticks        USB0001, USB0002, alike but for the serial, and a tablet
#   e1000e of the host    the machine's own NIC, with an address


class LabError(Exception):
    """The lab itself did not work; says nothing about virt-claim."""


class Unable(LabError):
    """This host cannot run the lab."""


class Ended(LabError):
    """The machine went off or does not answer."""


def image_directory():
    if os.geteuid() != 0:
        raise Unable("needs root")
    build = subprocess.run([os.path.join(HERE, "build-image")], stdout=subprocess.PIPE, text=True)
    if build.returncode == 77:
        raise Unable("the image cannot be built here")
    if build.returncode != 0:
        raise LabError("no image")
    return build.stdout.strip()


def install(build, destination):
    """The programs as a package would install them. Without a build directory: a release."""
    quiet = {"stdout": subprocess.DEVNULL, "check": True, "stdin": subprocess.DEVNULL}
    if build is None:
        build = os.path.join(ROOT, "build", "lab")
        if not os.path.exists(os.path.join(build, "build.ninja")):
            subprocess.run(["cmake", "--preset", "release", "-S", ROOT, "-B", build,
                            "-DBUILD_TESTING=OFF", "-DCMAKE_INSTALL_PREFIX=/usr"], cwd=ROOT, **quiet)
        subprocess.run(["cmake", "--build", build], **quiet)
    elif not os.path.exists(os.path.join(build, "cmake_install.cmake")):
        raise LabError("'%s' is no build directory" % build)
    subprocess.run(["cmake", "--install", build],
                   env=dict(os.environ, DESTDIR=destination), **quiet)


def make_share(share, programs):
    """What the machine sees as /lab."""
    os.makedirs(os.path.join(share, "output"))
    os.makedirs(os.path.join(share, "state"))
    os.makedirs(programs, exist_ok=True)
    shutil.copytree(programs, os.path.join(share, "programs"), symlinks=True)
    shutil.copytree(os.path.join(HERE, "scenarios"), os.path.join(share, "scenarios"))
    shutil.copy(os.path.join(HERE, "lib.sh"), share)
    digest = hashlib.sha256()
    for directory, _, files in sorted(os.walk(programs)):
        for name in sorted(files):
            with open(os.path.join(directory, name), "rb") as file:
                digest.update(name.encode() + file.read())
    with open(os.path.join(share, "programs.id"), "w") as file:
        file.write(digest.hexdigest() + "\n")


def qemu_command(image, program="qemu-system-x86_64"):
    """The QEMU of the image with its own loader and libraries, whatever this host is."""
    qemu = os.path.join(image, "qemu")
    command = [os.path.join(qemu, "lib", "ld-linux-x86-64.so.2"),
               "--library-path", os.path.join(qemu, "lib"), os.path.join(qemu, program)]
    if program.startswith("qemu-system"):
        command += ["-L", os.path.join(qemu, "share")]
    return command


class Machine:
    def __init__(self, image, disk, share, work):
        self.image = image
        self.disk = os.path.join(image, disk + ".img")
        self.share = share
        self.work = work
        self.process = None
        self.boots = 0
        self.jobs = 0
        self.events = []
        self.environment = dict(os.environ,
                                QEMU_MODULE_DIR=os.path.join(image, "qemu", "modules"))
        os.makedirs(work, exist_ok=True)
        if not self._has_device("nvme"):
            raise LabError("the lab's QEMU does not run")
        self.has_igb = self._has_device("igb")

    def _has_device(self, name):
        run = subprocess.run(qemu_command(self.image) + ["-device", name + ",help"],
                             env=self.environment, capture_output=True, timeout=60)
        return run.returncode == 0

    def path(self, name):
        return os.path.join(self.work, name)

    def new_disks(self):
        """Forget what earlier boots wrote."""
        subprocess.run(qemu_command(self.image, "qemu-img") + [
            "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self.disk, self.path("root.qcow2")],
            check=True, env=self.environment, timeout=60)
        for name in ("nvme1", "nvme2", "nvme3", "usb1", "usb2"):
            with open(self.path(name), "wb") as disk:
                disk.truncate(16 << 20)

    def _disk(self, name):
        return ["-blockdev", json.dumps({
            "driver": "raw", "node-name": name, "cache": {"no-flush": True},
            "file": {"driver": "file", "filename": self.path(name), "locking": "off"}})]

    def _arguments(self, layout, append, prompt):
        kernel = "root=/dev/vda rw console=ttyS0 intel_iommu=on iommu=nopt " \
            "vfio_iommu_type1.allow_unsafe_interrupts=1 mitigations=off apparmor=0 selinux=0 audit=0 " \
            "systemd.show_status=0 quiet loglevel=4 panic=-1 nokaslr tsc=reliable lab.layout=%s %s" % (layout, append)
        front = []
        if layout == "shifted":
            front = ["-device", "virtio-rng-pci,bus=pcie.0",
                     "-device", "pcie-root-port,id=front,chassis=90,bus=pcie.0",
                     "-device", "e1000e,romfile=,bus=front,mac=52:54:00:1a:b0:99"]
        elif layout != "standard":
            raise LabError("unknown layout '%s'" % layout)
        arguments = [
            "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max",
            "-smp", "1", "-m", "2048", "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot",
            "-object", "memory-backend-ram,id=ram0,size=1G",
            "-object", "memory-backend-ram,id=ram1,size=1G",
            "-numa", "node,nodeid=0,cpus=0,memdev=ram0",
            "-numa", "node,nodeid=1,memdev=ram1",
            "-device", "intel-iommu,intremap=off,caching-mode=on",
            "-kernel", os.path.join(self.image, "vmlinux"),
            "-initrd", os.path.join(self.image, "initrd"), "-append", kernel,
            "-chardev", "file,id=console,append=on,path=" + self.path("console.log"),
            "-serial", "chardev:console",
            "-qmp", "unix:%s,server=on,wait=off" % self.path("qmp"),
            "-blockdev", json.dumps({
                "driver": "qcow2", "node-name": "root", "cache": {"no-flush": True},
                "file": {"driver": "file", "filename": self.path("root.qcow2")}}),
            "-device", "virtio-blk-pci,drive=root,bus=pcie.0",
            "-fsdev", "local,id=lab,security_model=none,path=" + self.share,
            "-device", "virtio-9p-pci,fsdev=lab,mount_tag=lab,bus=pcie.0",
            "-device", "virtio-serial-pci,bus=pcie.0"]
        for port in ("agent", "host"):
            arguments += [
                "-chardev", "socket,id=%s,server=on,wait=off,path=%s" % (port, self.path(port)),
                "-device", "virtserialport,chardev=%s,name=lab.%s" % (port, port)]
        if prompt:
            arguments += ["-chardev", "stdio,id=prompt,signal=off",
                          "-device", "virtconsole,chardev=prompt"]
        for name in ("nvme1", "nvme2", "nvme3", "usb1", "usb2"):
            arguments += self._disk(name)
        arguments += front + [
            "-device", "nvme,id=nvme1,drive=nvme1,serial=LAB0001,bus=pcie.0",
            "-device", "pcie-root-port,id=port2,chassis=2,bus=pcie.0",
            "-device", "nvme-subsys,id=subsystem2,nqn=lab2",
            # [QEMU] nvme: VFs want flexible resources, and some left for the PF
            "-device", "nvme,id=nvme2,serial=LAB0002,bus=port2,subsys=subsystem2,"
            "sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=18,"
            "msix_qsize=17",
            "-device", "nvme-ns,drive=nvme2,bus=nvme2,nsid=1,shared=off",
            "-device", "pxb-pcie,id=node1,bus_nr=64,numa_node=1,bus=pcie.0",
            "-device", "pcie-root-port,id=port3,chassis=3,bus=node1",
            "-device", "nvme,id=nvme3,drive=nvme3,serial=LAB0003,bus=port3",
            "-device", "pcie-pci-bridge,id=bridge,bus=pcie.0",
            "-device", "e1000,romfile=,id=old1,bus=bridge,addr=1,mac=52:54:00:1a:b0:01",
            "-device", "e1000,romfile=,id=old2,bus=bridge,addr=2,mac=52:54:00:1a:b0:02",
            "-device", "pcie-root-port,id=port5,chassis=5,bus=pcie.0",
            "-device", "e1000e,romfile=,id=board0,bus=port5,addr=0.0,multifunction=on,"
            "mac=52:54:00:1a:b0:03",
            "-device", "e1000e,romfile=,id=board1,bus=port5,addr=0.1,mac=52:54:00:1a:b0:04",
            "-netdev", "user,id=own,restrict=on",
            "-device", "e1000e,romfile=,netdev=own,bus=pcie.0,mac=52:54:00:1a:b0:00"]
        if self.has_igb:
            arguments += ["-device", "pcie-root-port,id=port6,chassis=6,bus=pcie.0",
                          "-device", "igb,romfile=,id=igb,bus=port6,mac=52:54:00:1a:b0:10"]
        arguments += [
            "-device", "qemu-xhci,id=usb-a,bus=pcie.0", "-device", "qemu-xhci,id=usb-b,bus=pcie.0",
            "-device", "usb-storage,id=usb1,drive=usb1,serial=USB0001,bus=usb-a.0,port=1",
            "-device", "usb-storage,id=usb2,drive=usb2,serial=USB0002,bus=usb-a.0,port=2",
            "-device", "usb-tablet,id=tablet,bus=usb-a.0,port=3"]
        return arguments

    def boot(self, layout="standard", append="", prompt=False):
        """Power on; returns the seconds until the machine was ready."""
        started = time.monotonic()
        self.boots += 1
        for name in ("qmp", "agent", "host"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        command = ["setpriv", "--pdeathsig", "KILL", "--"] + qemu_command(self.image) + \
            self._arguments(layout, append, prompt)
        self.errors = open(self.path("qemu.err"), "ab")
        self.process = subprocess.Popen(
            command, env=self.environment, stderr=self.errors,
            stdin=None if prompt else subprocess.DEVNULL,
            stdout=None if prompt else subprocess.DEVNULL)
        self.qmp = Lines(self._connect("qmp"))
        self.qmp.read(20)
        self.command("qmp_capabilities")
        self.agent = Lines(self._connect("agent"))
        self.host = Lines(self._connect("host"))
        if prompt:
            return 0
        line = self._wait_line(self.agent, BOOT_SECONDS)
        if not line.startswith("ready"):
            raise Ended("the machine said '%s' instead of ready" % line)
        return time.monotonic() - started

    def _connect(self, name):
        deadline = time.monotonic() + 20
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(self.path(name))
                return connection
            except OSError:
                connection.close()
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Ended("QEMU did not start: " + self.last_error()) from None
                time.sleep(0.05)

    def last_error(self):
        with open(self.path("qemu.err"), errors="replace") as errors:
            return errors.read()[-500:].strip()

    def _wait_line(self, lines, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            line = lines.read(1)
            if line is not None:
                return line
            if self.process.poll() is not None:
                raise Ended("QEMU ended: " + self.last_error())
        raise Ended("no answer within %d s" % seconds)

    def command(self, name, **arguments):
        """A command of QMP; events are kept in self.events."""
        self.qmp.write(json.dumps({"execute": name, "arguments": arguments}))
        while True:
            line = self.qmp.read(30)
            if line is None:
                raise Ended("QEMU does not answer '%s'" % name)
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise LabError("QEMU: " + answer["error"]["desc"])
            self.events.append(answer)

    def wait_event(self, name, device, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for event in self.events:
                if event["event"] == name and event["data"].get("device") == device:
                    self.events.clear()
                    return
            line = self.qmp.read(1)
            if line:
                self.events.append(json.loads(line))
        raise LabError("no %s of '%s' within %d s" % (name, device, seconds))

    def start(self, shell_command):
        """Let the agent run a command of shell; its output goes to output/ID of the share."""
        self.jobs += 1
        job = "%d.%d" % (self.boots, self.jobs)
        self.agent.write("run %s %s" % (job, shell_command))
        return job

    def run(self, shell_command, seconds=60, ask=None, stop=lambda: False):
        """Run a command; returns its status (None: not within the time) and the file with its
        output. ask(words) answers what the command asks of the host, until stop() is true."""
        job = self.start(shell_command)
        output = os.path.join(self.share, "output", job)
        deadline = time.monotonic() + seconds
        selector = selectors.DefaultSelector()
        for lines in (self.agent, self.host):
            selector.register(lines.connection, selectors.EVENT_READ, lines)
        with selector:
            while time.monotonic() < deadline:
                for key, _ in selector.select(0.5):
                    key.data.fill()
                line = self.agent.next()
                if line and line.startswith("done %s " % job):
                    return int(line.split()[2]), output
                line = self.host.next()
                if line and ask:
                    answer = ask(line.split())
                    if stop():
                        return None, output
                    self.host.write(answer)
                if self.process.poll() is not None:
                    raise Ended("QEMU ended: " + self.last_error())
        return None, output

    def move_usb(self, name, bus, port):
        """Pull a stick out, and plug it in elsewhere."""
        number = name[-1]
        self.command("device_del", id=name)
        self.wait_event("DEVICE_DELETED", name)
        self.command("device_add", driver="usb-storage", id=name, drive=name,
                     serial="USB000" + number, bus=bus + ".0", port=port)

    def cut(self):
        """Pull the plug."""
        if self.process:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            for lines in (self.qmp, self.agent, self.host):
                lines.connection.close()
            self.errors.close()
        self.process = None

    def commit(self):
        """What was written to the root disk becomes part of the image."""
        subprocess.run(qemu_command(self.image, "qemu-img") + [
            "commit", "-q", self.path("root.qcow2")], check=True, env=self.environment,
            timeout=120)

    def remove(self):
        self.cut()
        shutil.rmtree(self.work, ignore_errors=True)


class Lines:
    """Lines of a socket, with a time limit."""

    def __init__(self, connection):
        self.connection = connection
        self.data = b""

    def fill(self):
        try:
            self.data += self.connection.recv(65536)
        except OSError:
            pass

    def next(self):
        line, newline, rest = self.data.partition(b"\n")
        if not newline:
            return None
        self.data = rest
        return line.decode(errors="replace").strip()

    def read(self, seconds):
        self.connection.settimeout(seconds)
        line = self.next()
        if line is None:
            self.fill()
            line = self.next()
        return line

    def write(self, line):
        self.connection.settimeout(30)
        self.connection.sendall(line.encode() + b"\n")


def prime(image, disk, work):
    share = os.path.join(work, "share")
    make_share(share, os.path.join(share, "nothing"))
    machine = Machine(image, disk, share, os.path.join(work, "machine"))
    machine.new_disks()
    try:
        machine.boot()
        status, output = machine.run(
            "virsh -q capabilities && virsh -q domcapabilities --virttype qemu && "
            "virsh -q domcapabilities --virttype kvm; sync; fstrim / || :", 200)
        if status != 0:
            with open(output, errors="replace") as file:
                raise LabError("priming failed: " + file.read())
        machine.agent.write("off")
        machine.process.wait(60)
        machine.commit()
    finally:
        machine.remove()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    try:
        prime(*sys.argv[1:])
    except (LabError, subprocess.SubprocessError) as problem:
        sys.exit("machine.py: %s" % problem)
