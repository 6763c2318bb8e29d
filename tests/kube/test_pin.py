#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""virt-claim pin, unpin and show of claims of an API server."""
import contextlib
import copy
import json
import os
import signal
import subprocess
import threading
import time

from harness import REFUSED, REMOTE, TIMEOUT, USAGE, ServerTest, allocated, claim
from harness import environment, main, vm

PROGRAM = os.environ.get("VIRT_CLAIM", "virt-claim")
ABSENT = 1
FINALIZER = "resource.kubernetes.io/delete-protection"
RECORD = "virt-claim.io/pinned"
UID = "0c9e0000-0000-4000-8000-000000000007"
OTHER = "0c9e0000-0000-4000-8000-000000000008"
POD = {"resource": "pods", "name": "launcher", "uid": "p1"}
GET, PATCH = "^GET .*resourceclaims/disk", "^PATCH .*resourceclaims/disk"


def machine(name="vm7", uid=UID, **metadata):
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
            "metadata": dict(name=name, namespace="lab", uid=uid, **metadata)}


def managed(manager, fields, subresource=None, operation="Update"):
    made = {"manager": manager, "operation": operation,
            "apiVersion": "resource.k8s.io/v1", "time": "2026-02-03T04:05:06Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields}
    if subresource:
        made["subresource"] = subresource
    return made


def by_scheduler():
    return managed("kube-scheduler", {"f:metadata": {"f:finalizers": {
        ".": {}, f'v:"{FINALIZER}"': {}}}})


def entry_of(manager, uid=UID, operation="Update"):
    return managed(manager, {"f:status": {"f:reservedFor": {
        f'k:{{"uid":"{uid}"}}': {".": {}, "f:name": {}, "f:uid": {}}}}}, "status", operation)


def disk(reserved=(), scheduled=True, entries=(), **metadata):
    """An allocated claim; as the scheduler leaves it, or as somebody else allocated it."""
    fields = list(entries)
    if scheduled:
        metadata.setdefault("finalizers", [FINALIZER])
        fields.append(by_scheduler())
    if fields:
        metadata.setdefault("managedFields", fields)
    return allocated("disk", reserved=reserved, namespace="lab", **metadata)


class PinTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.load(machine())

    def command(self, *arguments, user="admin"):
        return [PROGRAM, arguments[0], "--kubeconfig", self.path("kubeconfig-" + user),
                *arguments[1:]]

    def run_program(self, *arguments, user="admin", env=None):
        done = subprocess.run(self.command(*arguments, user=user), capture_output=True,
                              text=True, timeout=TIMEOUT, check=False,
                              env=environment(**(env or {})))
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error", "token-"):
            self.assertNotIn(word, done.stderr)
        return done

    def done(self, *arguments, **options):
        run = self.run_program(*arguments, **options)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        return run.stdout

    def refused(self, text, status, *arguments, **options):
        run = self.run_program(*arguments, **options)
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        self.assertRegex(run.stderr, text)
        self.assertEqual(run.stderr.count("\n"), 1, run.stderr)
        return run.stderr

    def pin(self, **options):
        return self.done("pin", "lab/disk", "--vm", "vm7", **options)

    def unpin(self, **options):
        return self.done("unpin", "lab/disk", **options)

    def refuse_pin(self, text, status=REFUSED, **options):
        before = self.all_claims()
        self.refused(text, status, "pin", "lab/disk", "--vm", "vm7", **options)
        self.assertEqual(self.all_claims(), before)

    def kind(self, plural):
        return next(k for k in self.store.tables if k.plural == plural)

    def all_claims(self):
        with self.store.changed:
            return copy.deepcopy(self.store.tables[self.kind("resourceclaims")].objects)

    def stored(self, name="disk", namespace="lab"):
        return self.all_claims().get((namespace, name))

    def holders(self, name="disk"):
        return [c["name"] for c in self.stored(name)["status"].get("reservedFor", [])]

    def finalizers(self):
        return self.stored()["metadata"].get("finalizers", [])

    def record(self, name="disk"):
        return self.stored(name)["metadata"].get("annotations", {}).get(RECORD)

    def update(self, change, manager="somebody", subresource=None, name="disk"):
        """As another client would: reads, changes, writes."""
        with self.store.changed:
            old = self.store.tables[self.kind("resourceclaims")].objects["lab", name]
            new = copy.deepcopy(old)
            change(new)
            self.store.update(self.kind("resourceclaims"), old, new, subresource, manager)

    def bodies(self):
        """Patches that were sent: (path, content type, body)."""
        return [(r["path"], r.get("type"), r.get("body")) for r in self.requests("^PATCH")]


class Pin(PinTest):
    def test_pin(self):
        self.load(disk(reserved=[POD]))
        self.assertEqual(self.pin(), "lab/disk: pinned to virtual machine 'vm7' on node "
                         "'node1'\n")
        self.assertEqual(self.holders(), ["launcher", "vm7"])
        self.assertEqual(self.stored()["status"]["reservedFor"][1], vm("vm7", UID))
        self.assertEqual((self.finalizers(), self.record()),
                         ([FINALIZER], f"vm7/{UID}"))


if __name__ == "__main__":
    main()
