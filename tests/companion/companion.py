# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kubernetes node for tests: a machine of tests/node with disks, virt-claimd as its
companion, and what it publishes. The API server is that of tests/kube."""
import json
import os
import select
import shutil
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../kube"), os.path.join(HERE, "../node")]
# pylint: disable=wrong-import-position,unused-import
import daemon as node_daemon
from machine import KILL_AFTER, KILL_ONE, Machine, parse_stream

NODE = "node1"
DRIVER = "nvme.example.org"
REQUEST = "disk"


def address(i):
    """Of disk i of make-machine --disks N, with more than 48 of them."""
    return f"0000:{0x80 + i // 64:02x}:{i % 64 // 8:02x}.{i % 8}"


class Daemon(node_daemon.Daemon):
    """One whose messages are read as they come: there is room for only a few."""

    def __init__(self, machine, *options, **more):
        super().__init__(machine, *options, **more)
        self.closed = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        while not self.closed.is_set():
            poll.poll(100)
            self.messages()

    def __exit__(self, *why):
        if not self.closed.is_set():
            self.closed.set()
            self.reader.join()
            super().__exit__(*why)


# Objects of the API server

def selector(node):
    return {"nodeSelectorTerms": [{"matchFields": [
        {"key": "metadata.name", "operator": "In", "values": [node]}]}]}


def claim(name, *disks, node=NODE, uid=None, reserved=()):
    """Allocated to disks; without any it is not."""
    metadata = {"name": name, "namespace": "lab"}
    if uid:
        metadata["uid"] = uid
    made = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": metadata,
            "spec": {"devices": {"requests": [{"name": REQUEST, "exactly": {
                "deviceClassName": "nvme", "allocationMode": "ExactCount",
                "count": max(len(disks), 1)}}]}}}
    if disks:
        made["status"] = {"allocation": {
            "devices": {"results": [
                {"request": REQUEST, "driver": DRIVER, "pool": node, "device": f"nvme-{i}"}
                for i in disks]},
            "nodeSelector": selector(node)}}
        if reserved:
            made["status"]["reservedFor"] = list(reserved)
    return made


def slices(n, node=NODE, generation=1):
    """ResourceSlices with disks 0 to n - 1."""
    parts = [range(at, min(at + 128, n)) for at in range(0, n, 128)] or [range(0)]
    return [{"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
             "metadata": {"name": f"{at:05x}-{node}"},
             "spec": {"driver": DRIVER, "nodeName": node,
                      "pool": {"name": node, "generation": generation,
                               "resourceSliceCount": len(parts)},
                      "devices": [{"name": f"nvme-{i}", "attributes": {
                          "resource.kubernetes.io/pciBusID": {"string": address(i)},
                          "model": {"string": "LAB DISK"}}} for i in part]}}
            for at, part in enumerate(parts)]


# Files of a driver

def leave_metadata(machine, name, uid, disk):
    """As a driver does that prepares a claim: in place."""
    at = f"{machine.root}/plugins/{DRIVER}/dra-device-metadata/lab_{name}/{REQUEST}"
    os.makedirs(at, exist_ok=True)
    with open(f"{at}/metadata.json", "w", encoding="utf-8") as f:
        json.dump({
            "apiVersion": "metadata.resource.k8s.io/v1alpha1", "kind": "DeviceMetadata",
            "metadata": {"name": name, "namespace": "lab", "uid": uid, "generation": 1},
            "requests": [{"name": REQUEST, "devices": [{
                "driver": DRIVER, "pool": NODE, "name": f"nvme-{disk}", "attributes": {
                    "resource.kubernetes.io/pciBusID": {"string": address(disk)}}}]}]}, f)


def take_metadata_away(machine, name):
    shutil.rmtree(f"{machine.root}/plugins/{DRIVER}/dra-device-metadata/lab_{name}",
                  ignore_errors=True)


# What is published

def uid_of(documents):
    return documents[0]["metadata"]["uid"]


class Companion(Machine):
    """The machine, and what the companion does to it."""

    def __init__(self, build, kubeconfig, *options, sources="kube", disks=56):
        super().__init__(build, "--disks", str(disks), *options)
        self.shared = f"{self.root}/run/claims"
        self.configure(kubeconfig, sources)

    def configure(self, kubeconfig, sources="kube", **more):
        root = self.root
        lines = [f"claims: [{self.shared}]", f"leases: {root}/run/leases",
                 f"sysfs: {root}/sys", f"state: {root}/var", f"run: {root}/run",
                 f"cdi: {root}/run/cdi", f"proc: {root}/proc", f"dev: {root}/dev",
                 f"modules-alias: {root}/etc/modules.alias", "role: kubernetes",
                 f"sources: [{sources}]", f"kubelet-plugins: {root}/plugins",
                 f"cdi-directories: [{root}/drivers-cdi]", f"node-name: {NODE}",
                 *([f"kubeconfig: {kubeconfig}"] if kubeconfig else []),
                 *(f"{key}: {value}" for key, value in more.items())]
        for name in ("plugins", "drivers-cdi"):
            os.makedirs(f"{root}/{name}", exist_ok=True)
        with open(f"{root}/etc/virt-claim.yaml", "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")

    def env(self, **more):
        # proxies and kubeconfigs of whoever runs the tests are not ours
        return {**super().env(**more),
                "VIRT_CLAIM_MODULE_DIR": f"{self.build}/src/cli"}

    def daemon(self, *options, **more):
        return Daemon(self, *options, **more)

    def folders(self):
        """Names of claims that readers see, "namespace/name", but for foreign ones."""
        found = set()
        for namespace in listing(self.shared):
            for name in listing(f"{self.shared}/{namespace}"):
                found.add(f"{namespace}/{name}")
        return found - FOREIGN_FOLDERS

    def published(self):
        """Documents of each file of a claim: {"lab/a": {"disk/x-metadata.json": [...]}}"""
        found = {}
        for key in self.folders():
            files = found.setdefault(key, {})
            for request in listing(f"{self.shared}/{key}"):
                for file in listing(f"{self.shared}/{key}/{request}"):
                    path = f"{self.shared}/{key}/{request}/{file}"
                    try:
                        with open(path, encoding="utf-8") as f:
                            text = f.read()
                    except (FileNotFoundError, NotADirectoryError):
                        continue  # withdrawn right now
                    files[f"{request}/{file}"] = parse_stream(text, path)
        return found

    def addresses(self):
        """Of the devices of each claim, by its name and UID: {"lab/a": ("UID", [...])}"""
        found = {}
        for key, files in self.published().items():
            uids, places = set(), []
            for documents in files.values():
                uids.add(uid_of(documents))
                for request in documents[0]["requests"]:
                    for device in request["devices"]:
                        places.append(device["attributes"][
                            "resource.kubernetes.io/pciBusID"]["string"])
            found[key] = ("/".join(sorted(uids)), sorted(places))
        return found


def listing(path):
    """Names in a directory that readers see."""
    try:
        return sorted(n for n in os.listdir(path) if not n.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def wait(condition, seconds=30, what=None):
    """Until condition() is true; AssertionError says what it was instead."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"it did not come to pass: {what() if what else ''}")
        time.sleep(0.02)


# What somebody else put there, and nobody here may touch

THEIRS = json.dumps({
    "apiVersion": "metadata.resource.k8s.io/v1alpha1", "kind": "DeviceMetadata",
    "metadata": {"name": "theirs", "namespace": "lab", "generation": 1,
                 "uid": "00000000-0000-4000-8000-00000000ffff"},
    "requests": [{"name": REQUEST, "devices": [{
        "driver": DRIVER, "pool": NODE, "name": "nvme-55", "attributes": {
            "resource.kubernetes.io/pciBusID": {"string": address(55)}}}]}]}) + "\n"
FOREIGN = {
    f"run/claims/lab/theirs/{REQUEST}/{DRIVER}-metadata.json": THEIRS,
    "run/claims/README": "not a claim\n",
    "run/claims/elsewhere/other/gpu/gpu.example.org-metadata.json": "whatever it is\n",
    "run/claims/lab/by-hand/gpu/gpu.example.org-metadata.json": "not ours\n",
    "run/claims/lab/notes.txt": "a file among folders\n",
    "run/cdi/vendor.example.org-gpu.json": '{"cdiVersion": "0.5.0"}\n',
    "run/keep.me": "in our own directory\n",
}
FOREIGN_FOLDERS = {"elsewhere/other", "lab/by-hand", "lab/notes.txt", "lab/theirs"}


def plant_foreign(machine):
    for path, text in FOREIGN.items():
        path = f"{machine.root}/{path}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def missing_foreign(machine):
    """What of it is gone, or is not what it was."""
    missing = []
    for path, text in FOREIGN.items():
        try:
            with open(f"{machine.root}/{path}", encoding="utf-8") as f:
                same = f.read() == text
        except OSError:
            same = False
        if not same:
            missing.append(path)
    return missing


class Clock:
    """The time of day of programs that have env() of it."""

    def __init__(self, machine):
        self.path = f"{machine.root}/clock"
        self.set(0)

    def set(self, seconds):
        mode = "r+b" if os.path.exists(self.path) else "wb"
        with open(self.path, mode) as f:
            f.write(struct.pack("=q", seconds))
