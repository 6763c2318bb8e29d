#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""virt-claim pin, unpin and show of claims of an API server."""
import copy
import json
import os
import re
import signal
import subprocess
import time

from harness import (REFUSED, REMOTE, TIMEOUT, USAGE, ServerTest, allocated, claim,
                     environment, main, setup, vm)

PROGRAM = os.environ.get("VIRT_CLAIM", "virt-claim")
ABSENT = 1
FINALIZER = "resource.kubernetes.io/delete-protection"
RECORD = "virt-claim.io/pinned"
UID = "0c9e0000-0000-4000-8000-000000000007"
OTHER = "0c9e0000-0000-4000-8000-000000000008"
POD = {"resource": "pods", "name": "launcher", "uid": "p1"}


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

    def writes(self):
        """Patches that were sent: what, how, body."""
        return [((r["resource"], "dryRun" in r["path"], r["type"].split("/")[1]),
                 json.loads(r["body"])) for r in self.requests("^PATCH")]

    def before(self, match, call, times=1):
        """`call` is made before a request that fits is answered: somebody was faster."""
        find, left = self.server.faults.find, [times]

        def wrapped(what):
            if left[0] and re.search(match, what):
                left[0] -= 1
                call()
            return find(what)

        self.server.faults.find = wrapped
        self.addCleanup(self.server.faults.__dict__.pop, "find", None)


def label(obj):
    labels = obj["metadata"].setdefault("labels", {})
    labels["n"] = str(int(labels.get("n", "0")) + 1)


def told(obj):
    """An object without what every write changes."""
    metadata = {k: v for k, v in obj["metadata"].items() if k != "resourceVersion"}
    return dict(obj, metadata=metadata)


APPLY, JSON_PATCH = "apply-patch+yaml", "json-patch+json"
CLAIMS, STATUS = "resourceclaims", "resourceclaims/status"
BINDING = r"\?fieldManager=virt-claim&force=false$"  # of a status: the second write


class Pin(PinTest):
    def test_pin(self):
        self.load(disk(reserved=[POD]))
        self.assertEqual(self.pin(), "lab/disk: pinned to virtual machine 'vm7' on node "
                         "'node1'\n")
        self.assertEqual(self.stored()["status"]["reservedFor"], [POD, vm("vm7", UID)])
        self.assertEqual((self.finalizers(), self.record()),
                         ([FINALIZER], f"vm7/{UID}"))

    def test_what_is_sent(self):
        self.load(disk(reserved=[POD]))
        metadata = self.stored()["metadata"]
        first = {"name": "disk", "uid": metadata["uid"],
                 "resourceVersion": metadata["resourceVersion"]}
        self.pin()
        (dry, asked), (guard, guarded), (reserve, reserved) = self.writes()
        self.assertEqual(dry, (STATUS, True, APPLY))
        self.assertEqual(guard, (CLAIMS, False, APPLY))
        self.assertEqual(reserve, (STATUS, False, APPLY))
        self.assertEqual(asked["metadata"], first)
        self.assertEqual(asked["status"], {"reservedFor": [vm("vm7", UID)]})
        # The scheduler's finalizer is not made ours: it would go with us.
        self.assertEqual(guarded["metadata"],
                         dict(first, annotations={RECORD: f"vm7/{UID}"}))
        self.assertNotIn("status", guarded)
        self.assertGreater(int(reserved["metadata"]["resourceVersion"]),
                           int(first["resourceVersion"]))
        self.assertEqual(reserved["status"], asked["status"])
        for request in self.requests("^PATCH"):
            self.assertIn("fieldManager=virt-claim&force=false", request["path"])

    def test_the_finalizer_is_added_when_nobody_has(self):
        self.load(disk(scheduled=False, finalizers=["example.org/keep"]))
        self.pin()
        self.assertEqual(self.finalizers(), ["example.org/keep", FINALIZER])
        own = [m for m in self.stored()["metadata"]["managedFields"]
               if m["manager"] == "virt-claim"]
        self.assertEqual([(m["operation"], m.get("subresource")) for m in own],
                         [("Apply", None), ("Apply", "status")])
        self.assertIn(f'v:"{FINALIZER}"', own[0]["fieldsV1"]["f:metadata"]["f:finalizers"])
        self.assertEqual(self.holders(), ["vm7"])

    def test_twice(self):
        self.load(disk(reserved=[POD]))
        self.pin()
        before, writes = self.all_claims(), len(self.writes())
        self.assertEqual(self.pin(), "lab/disk: is already pinned to virtual machine 'vm7' "
                         "on node 'node1'\n")
        self.assertEqual((self.all_claims(), len(self.writes())), (before, writes))

    def test_it_outlives_the_pod(self):
        self.server.controllers = True
        self.load({"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "launcher", "namespace": "lab", "uid": "p1"}}, disk(reserved=[POD]))
        self.pin()
        allocation = self.stored()["status"]["allocation"]
        with self.store.changed:
            self.store.delete(self.kind("pods"), "lab", "launcher", {})
        self.client("create", "pods", namespace="lab", text=json.dumps(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}}))
        self.assertEqual(self.stored()["status"],
                         {"allocation": allocation, "reservedFor": [vm("vm7", UID)]})

    def test_names(self):
        self.load(disk())
        self.assertIn("lab/disk: pinned", self.done("pin", "-n", "lab", "disk", "--vm",
                                                    "vm7"))
        self.refused("default/disk: the API server has no such claim", ABSENT, "pin",
                     "disk", "--vm", "vm7")

    def test_dry_run(self):
        self.load(disk(scheduled=False))
        before = self.all_claims()
        self.assertEqual(self.pin_dry(), "lab/disk: would be pinned to virtual machine "
                         "'vm7' on node 'node1'\n")
        self.assertEqual(self.all_claims(), before)
        self.assertEqual([how for how, _ in self.writes()],
                         [(STATUS, True, APPLY), (CLAIMS, True, APPLY)])

    def pin_dry(self):
        return self.done("pin", "lab/disk", "--vm", "vm7", "--dry-run")

    def test_dry_run_refuses_the_same(self):
        self.load(disk())
        self.refused("resourceclaims/binding", REMOTE, "pin", "lab/disk", "--vm", "vm7",
                     "--dry-run", user="status")

    def test_what_somebody_else_pinned(self):
        self.load(disk(reserved=[POD, vm("vm7", UID)],
                       entries=[entry_of("virt-controller")]))
        before = self.all_claims()
        self.assertEqual(self.pin(), "lab/disk: is pinned to virtual machine 'vm7' by "
                         "'virt-controller'; left alone\n")
        self.assertIn("is not pinned by virt-claim; virtual machine 'vm7' is entered by "
                      "somebody else and stays", self.unpin())
        self.assertEqual((self.all_claims(), self.writes()), (before, []))

    def test_what_nobody_is_known_to_have_pinned(self):
        self.load(disk(reserved=[vm("vm7", UID)], scheduled=False))
        self.assertIn("by somebody else; left alone", self.pin())
        self.assertEqual(self.writes(), [])

    def test_what_we_began_when_somebody_else_was_faster(self):
        self.load(disk(reserved=[vm("vm7", UID)], annotations={RECORD: f"vm7/{UID}"},
                       entries=[entry_of("virt-controller")]))
        self.assertIn("left alone", self.pin())
        self.assertIsNone(self.record())
        self.assertEqual(self.holders(), ["vm7"])

    def test_managed_fields_were_wiped(self):
        self.load(disk(reserved=[POD]))
        self.pin()
        self.wipe()
        self.assertIn("is already pinned", self.pin())
        self.assertIn("unpinned from virtual machine 'vm7'", self.unpin())
        self.assertEqual((self.holders(), self.record(), self.finalizers()),
                         (["launcher"], None, [FINALIZER]))

    def wipe(self):
        obj = copy.deepcopy(self.stored())
        obj["metadata"].pop("managedFields", None)
        self.load(obj)

    def test_a_half_of_the_guard_is_missing(self):
        for change in (lambda o: o["metadata"].pop("annotations"),
                       lambda o: o["metadata"].pop("finalizers")):
            self.load(disk(reserved=[POD], scheduled=False))
            self.pin()
            self.update(change)
            self.assertIn("pinned", self.pin())
            self.assertEqual((self.finalizers(), self.record(), self.holders()),
                             ([FINALIZER], f"vm7/{UID}", ["launcher", "vm7"]))

    def test_both_have_it(self):
        """Somebody else applies the same entry: it stays when we go."""
        self.load(disk())
        self.pin()
        with self.store.changed:
            kind = self.kind("resourceclaims")
            self.store.apply(kind, self.store.get(kind, "lab", "disk"),
                             {"status": {"reservedFor": [vm("vm7", UID)]}},
                             {"manager": "virt-controller", "subresource": "status",
                              "force": False})
        self.assertIn("is already pinned", self.pin())
        self.unpin()
        self.assertEqual((self.holders(), self.record()), (["vm7"], None))
        self.assertIn("allocation", self.stored()["status"])
        self.assertNotIn('"virt-claim"', json.dumps(self.stored()))


class Refusals(PinTest):
    def test_old_servers(self):
        self.load(disk())
        for version, text in (("v1.35.4", r"the API server is 1\.35; pinning needs 1\.36"),
                              ("v1.9.0", r"is 1\.9"), ("v0.99.0", r"is 0\.99")):
            self.server.git_version = version
            self.refuse_pin(text)
        self.assertEqual(self.writes(), [])
        for version in ("v1.36.0-rc.0", "v2.0.0"):
            self.server.git_version = version
            self.pin()

    def test_no_such_vm(self):
        self.load(disk())
        self.refused("there is no virtual machine 'vm9' in namespace 'lab'", ABSENT,
                     "pin", "lab/disk", "--vm", "vm9")

    def test_no_kubevirt(self):
        self.load(disk())
        self.fault("virtualmachines", do="status", code=404, times=-1,
                   body="404 page not found\n")
        self.refuse_pin("404", REMOTE)

    def test_a_vm_that_goes(self):
        self.load(disk(), machine(deletionTimestamp="2026-01-01T00:00:00Z",
                                  finalizers=["kubevirt.io/x"]))
        self.refuse_pin("virtual machine 'vm7' is being deleted")

    def test_a_claim_that_goes(self):
        self.load(disk(deletionTimestamp="2026-01-01T00:00:00Z"))
        self.refuse_pin("it is being deleted, and takes no new holders")

    def test_no_such_claim(self):
        self.refuse_pin("lab/disk: the API server has no such claim", ABSENT)

    def test_claims_of_templates(self):
        owner = [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "p1"}]
        for metadata, text in (
                ({"annotations": {"resource.kubernetes.io/pod-claim-name": "disk"}},
                 "it was made from a template and goes with its pod"),
                ({"ownerReferences": owner}, "it was made from a template"),
                ({"annotations": {"resource.kubernetes.io/extended-resource-claim": "true"}},
                 "made it for an extended resource")):
            self.load(disk(**metadata))
            self.refuse_pin(text)

    def test_a_claim_of_another_vm(self):
        other = vm("vm8", OTHER)
        for entries, annotations, text in (
                ([entry_of("virt-claim", OTHER, "Apply")], {}, "run 'virt-claim unpin' first"),
                ([entry_of("virt-controller", OTHER)], {}, "whoever wrote that entry"),
                ([], {RECORD: f"vm8/{OTHER}"}, "run 'virt-claim unpin' first")):
            self.load(disk(reserved=[other], entries=entries, annotations=annotations))
            self.refuse_pin(rf"belongs to virtual machine 'vm8' \(uid {OTHER}\), not to "
                            f"'vm7'; {text}")
        self.load(disk(annotations={RECORD: f"vm8/{OTHER}"}))
        self.refuse_pin("belongs to virtual machine 'vm8'")

    def test_a_claim_of_an_earlier_vm(self):
        self.load(disk(reserved=[vm("vm7", OTHER)],
                       entries=[entry_of("virt-claim", OTHER, "Apply")]))
        self.refuse_pin(rf"pinned to an earlier virtual machine 'vm7' \(uid {OTHER}\)")
        self.unpin()
        self.load(disk())
        self.pin()

    def test_an_interrupted_pin_of_an_earlier_vm(self):
        self.load(disk(annotations={RECORD: f"vm7/{OTHER}"}))
        self.pin()
        self.assertEqual((self.record(), self.holders()), (f"vm7/{UID}", ["vm7"]))

    def test_not_allocated(self):
        self.load(claim("disk", namespace="lab"))
        self.refuse_pin("it is not allocated; start the VM once")

    def test_no_timestamp(self):
        obj = disk()
        del obj["status"]["allocation"]["allocationTimestamp"]
        self.load(obj)
        self.refuse_pin("has no allocationTimestamp")

    def test_admin_access(self):
        obj = disk()
        obj["status"]["allocation"]["devices"]["results"][0]["adminAccess"] = True
        self.load(obj)
        self.refuse_pin("device '[^']+' was allocated with adminAccess")
        self.assertIn("allocated with adminAccess: it cannot be pinned",
                      self.done("show", "lab/disk"))

    def test_full(self):
        pods = [{"resource": "pods", "name": f"p{i}", "uid": f"u{i}"} for i in range(256)]
        self.load(disk(reserved=pods))
        self.refuse_pin("256 hold it already")
        self.load(disk(reserved=pods[1:]))
        self.pin()
        self.assertEqual(len(self.holders()), 256)

    def test_what_an_interrupted_run_left_is_taken_away(self):
        obj = claim("disk", namespace="lab", annotations={RECORD: f"vm7/{UID}"})
        self.load(obj)
        self.refused("it is not allocated", REFUSED, "pin", "lab/disk", "--vm", "vm7")
        self.assertIsNone(self.record())

    def test_records_that_cannot_be_read(self):
        for record in ("", "vm7", "/", f"/{UID}", "vm7/", f"vm7/{UID}/somebody", "x" * 3000):
            self.load(disk(annotations={RECORD: record}))
            self.pin()
            self.assertEqual(self.record(), f"vm7/{UID}")

    def test_usage(self):
        for arguments in (["pin", "lab/disk"], ["pin", "lab/disk", "--vm", "A B"],
                          ["pin", "a/b/c", "--vm", "vm7"], ["pin", "/", "--vm", "vm7"],
                          ["pin", "-n", "../x", "disk", "--vm", "vm7"],
                          ["unpin"], ["unpin", "--all", "lab/disk"],
                          ["unpin", "--all", "--node-lost", "n1"],
                          ["unpin", "--node-lost", "a/b"],
                          ["show", "--kube"], ["show", "lab/disk", "--claims", "x"]):
            self.refused(".", USAGE, *arguments)
        self.assertEqual(self.requests(), [])


class Access(PinTest):
    def setUp(self):
        super().setUp()
        self.load(disk(scheduled=False))

    def account(self, *rules):
        """Of token-pinner: exactly these."""
        self.server.access.accounts["token-pinner"] = {
            "user": "pinner", "rules": [
                {"verbs": [verb], "groups": [group], "resources": [resource]}
                for verb, group, resource in rules]}

    RULES = [("get", "resource.k8s.io", "resourceclaims"),
             ("get", "kubevirt.io", "virtualmachines"),
             ("patch", "resource.k8s.io", "resourceclaims"),
             ("patch", "resource.k8s.io", "resourceclaims/status"),
             ("patch", "resource.k8s.io", "resourceclaims/binding")]

    def test_these_rules_are_enough(self):
        self.account(*self.RULES)
        before = told(self.stored())
        self.pin(user="pinner")
        self.unpin(user="pinner")
        self.assertEqual(told(self.stored()), before)

    def test_and_each_is_needed(self):
        for rule in self.RULES:
            self.account(*(r for r in self.RULES if r != rule))
            self.refuse_pin(rf'cannot {rule[0]} resource "{rule[2]}"', REMOTE,
                            user="pinner")

    def test_binding_is_missing(self):
        for user in ("status", "role"):
            self.refuse_pin("lab/disk: who pins needs 'patch' of resourceclaims/binding in "
                            "a ClusterRole", REMOTE, user=user)
        self.assertTrue(all(dry for (_, dry, _), _ in self.writes()))

    def test_no_rights(self):
        self.refuse_pin('cannot patch resource "resourceclaims/status"', REMOTE,
                        user="reader")
        self.refuse_pin('cannot get resource "resourceclaims"', REMOTE, user="nobody")
        self.refuse_pin("401 Unauthorized", REMOTE, user="wrong")

    def test_the_right_went_between_the_writes(self):
        def take():
            self.account(*self.RULES[:-1])

        self.account(*self.RULES)
        self.before("/status" + BINDING, take)
        self.refused("resourceclaims/binding", REMOTE, "pin", "lab/disk", "--vm", "vm7",
                     user="pinner")
        self.account(*self.RULES)
        self.pin(user="pinner")
        self.assertEqual(self.holders(), ["vm7"])

    def test_unpin_all_needs_to_list(self):
        self.account(*self.RULES)
        self.refused('cannot list resource "resourceclaims"', REMOTE, "unpin", "--all",
                     user="pinner")


class Unpin(PinTest):
    def test_while_a_pod_runs(self):
        self.load(disk(reserved=[POD]))
        before = told(self.stored())
        self.pin()
        self.assertEqual(self.unpin(), "lab/disk: unpinned from virtual machine 'vm7'; "
                         "others still use it, and keep it allocated until they end\n")
        self.assertEqual(told(self.stored()), before)

    def test_nobody_uses_it(self):
        self.load(disk())
        self.pin()
        self.assertEqual(self.unpin(), "lab/disk: unpinned from virtual machine 'vm7'; its "
                         "devices are free\n")
        obj = self.stored()
        self.assertEqual((obj["status"], self.record()), ({}, None))
        self.assertNotIn('"virt-claim"', json.dumps(obj))
        how, patch = self.writes()[-2]
        self.assertEqual(how, (STATUS, False, JSON_PATCH))
        self.assertEqual([p["op"] for p in patch], ["test", "remove", "remove"])
        self.assertEqual(patch[0]["path"], "/metadata/resourceVersion")

    def test_what_somebody_allocated_stays_allocated(self):
        self.load(disk(scheduled=False))
        before = told(self.stored())
        self.pin()
        self.assertIn("it stays allocated, which was not Kubernetes' doing", self.unpin())
        self.assertEqual(told(self.stored()), before)

    def test_our_finalizer_stays_for_pods(self):
        self.load(disk(reserved=[POD], scheduled=False))
        self.pin()
        self.unpin()
        self.assertEqual((self.finalizers(), self.record(), self.holders()),
                         ([FINALIZER], None, ["launcher"]))
        self.assertIn("is not pinned by virt-claim", self.unpin())
        self.update(lambda o: o["status"].pop("reservedFor"), subresource="status")
        self.assertIn("what was left of a pin is removed", self.unpin())
        self.assertEqual(self.finalizers(), [])

    def test_status_of_devices_that_we_may_not_clear(self):
        self.load(disk())
        self.pin()
        self.fault("^PATCH.*/status", do="status", code=422, reason="Invalid", times=1,
                   message='changing status.devices requires '
                   'resource="resourceclaims/driver", verb="[arbitrary-node:patch]"')
        self.assertIn("it stays allocated until a pod has used it, because the right to "
                      "clear status.devices", self.unpin())
        obj = self.stored()
        self.assertIn("allocation", obj["status"])
        self.assertNotIn("reservedFor", obj["status"])
        self.assertNotIn('"virt-claim"', json.dumps(obj))

    def test_a_claim_that_is_being_deleted(self):
        self.server.controllers = True
        for scheduled in (True, False):
            self.load(disk(scheduled=scheduled))
            self.pin()
            self.good(self.client("delete", "resourceclaims", "disk", namespace="lab"))
            self.assertIn("is already pinned", self.pin())
            self.assertIn("unpinned", self.unpin())
            self.assertIsNone(self.stored())

    def test_twice_and_never(self):
        self.load(disk(reserved=[POD]))
        self.assertEqual(self.unpin(), "lab/disk: is not pinned by virt-claim\n")
        self.pin()
        self.unpin()
        writes = len(self.writes())
        self.assertEqual(self.unpin(), "lab/disk: is not pinned by virt-claim\n")
        self.assertEqual(len(self.writes()), writes)
        self.refused("lab/other: the API server has no such claim", ABSENT, "unpin",
                     "lab/other")

    def test_dry_run(self):
        self.load(disk())
        self.pin()
        before = self.all_claims()
        self.assertEqual(self.done("unpin", "--dry-run", "lab/disk"), "lab/disk: would be "
                         "unpinned from virtual machine 'vm7'; its devices would be free\n")
        self.assertEqual(self.all_claims(), before)

    def test_what_the_controller_pinned(self):
        self.load(disk(reserved=[POD, vm("vm7", UID)],
                       annotations={RECORD: f"vm7/{UID}/controller"}))
        run = self.run_program("unpin", "lab/disk")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("virt-claim-controller had pinned it because an annotation asks for "
                      "it, and will do so again", run.stderr)
        self.assertEqual((self.holders(), self.record()), (["launcher"], None))

    def test_on_an_older_server_too(self):
        self.load(disk(reserved=[POD]))
        self.pin()
        self.server.git_version, self.server.versions = "v1.33.0", ["v1beta1"]
        self.assertIn("unpinned", self.unpin())
        self.assertEqual(self.holders(), ["launcher"])

    def several(self):
        """Pinned in two namespaces; half done; somebody else's; nobody's."""
        second = disk(reserved=[POD])
        second["metadata"].update(name="second")
        third = disk()
        third["metadata"].update(name="third", annotations={RECORD: f"vm7/{UID}"})
        theirs = disk(reserved=[vm("vm8", OTHER)], entries=[entry_of("virt-controller",
                                                                     OTHER)])
        theirs["metadata"].update(name="theirs")
        plain = disk()
        plain["metadata"].update(name="plain")
        away = disk()
        away["metadata"].update(namespace="other")
        other = machine()
        other["metadata"].update(namespace="other")
        self.load(disk(), second, third, theirs, plain, away, other)
        for name in ("lab/disk", "lab/second", "other/disk"):
            self.done("pin", name, "--vm", "vm7")

    def test_all(self):
        self.several()
        before = self.all_claims()
        out = self.done("unpin", "--all", "--dry-run")
        self.assertEqual(len(out.splitlines()), 4)
        self.assertEqual(self.all_claims(), before)
        self.assertEqual(self.done("unpin", "--all", "-n", "other").splitlines(),
                         ["other/disk: unpinned from virtual machine 'vm7'; its devices "
                          "are free"])
        self.assertEqual(sorted(l.split(":")[0] for l in self.done("unpin", "--all")
                                .splitlines()), ["lab/disk", "lab/second", "lab/third"])
        after = self.all_claims()
        for key in (("lab", "theirs"), ("lab", "plain")):
            self.assertEqual(after[key], before[key])
        self.assertNotIn("virt-claim", json.dumps(list(after.values())))
        self.assertEqual(self.done("unpin", "--all"), "virt-claim has pinned no claim\n")
        self.assertEqual(self.done("unpin", "--all", "-n", "lab"),
                         "virt-claim has pinned no claim in namespace 'lab'\n")

    def test_one_of_all_cannot_be_read(self):
        self.several()
        broken = disk()
        broken["metadata"].update(name="broken")
        broken["status"]["reservedFor"] = [{"resource": "pods", "name": 7, "uid": "x"}]
        self.load(broken)
        run = self.run_program("unpin", "--all")
        self.assertEqual(run.returncode, REFUSED, run.stderr)
        self.assertIn("lab/broken: cannot be read", run.stderr)
        self.assertEqual(len(run.stdout.splitlines()), 4)

    def test_others_are_done_when_one_fails(self):
        self.several()
        self.fault("^PATCH .*lab/resourceclaims/disk", do="status", code=500, times=-1)
        run = self.run_program("unpin", "lab/disk", "lab/none", "lab/second")
        self.assertEqual(run.returncode, ABSENT, run.stderr)
        self.assertIn("500", run.stderr)
        self.assertIn("lab/none: the API server has no such claim", run.stderr)
        self.assertEqual([l.split(":")[0] for l in run.stdout.splitlines()],
                         ["lab/second"])

    def node(self, status):
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"},
                "status": {"conditions": [{"type": "DiskPressure", "status": "False"},
                                          {"type": "Ready", "status": status}]}}
        self.load(node)

    def test_node_lost(self):
        self.several()
        self.node("True")
        before = self.all_claims()
        self.refused("node 'node1' is Ready, so it is not lost", REFUSED, "unpin",
                     "--node-lost", "node1")
        self.assertEqual(self.all_claims(), before)
        self.node("Unknown")
        run = self.run_program("unpin", "--node-lost", "node1", "--dry-run")
        self.assertEqual(self.all_claims(), before)
        run = self.run_program("unpin", "--node-lost", "node1")
        self.assertEqual(run.returncode, REFUSED, run.stderr)
        self.assertIn("may now be started a second time elsewhere", run.stderr)
        self.assertIn("lab/second: pods 'launcher' still holds it; delete that first",
                      run.stderr)
        self.assertEqual(run.stdout.splitlines(), [
            f"{n}: unpinned from virtual machine 'vm7'; its devices are free"
            for n in ("lab/disk", "other/disk")])
        self.assertIn("vm7", self.holders("second"))
        self.assertEqual(self.stored()["status"], {})
        # it did not come with the node: nothing is known of where that claim is
        self.assertIsNotNone(self.record("third"))

    def test_node_nobody_knows_of(self):
        """An answer that is not about the node does not say that it is gone."""
        self.several()
        self.node("True")
        before = self.all_claims()
        self.fault("nodes", do="status", code=404, reason="NotFound", times=-1,
                   message="the server could not find the requested resource")
        self.refused("404", REMOTE, "unpin", "--node-lost", "node1")
        self.assertEqual(self.all_claims(), before)

    def test_another_node_lost(self):
        self.several()
        before = self.all_claims()
        self.assertEqual(self.done("unpin", "--node-lost", "node2"),
                         "virt-claim has pinned no claim to node 'node2'\n")
        self.assertEqual(self.all_claims(), before)


class Races(PinTest):
    def setUp(self):
        super().setUp()
        self.load(disk(reserved=[POD]))

    def test_a_write_in_between(self):
        for match in ("PATCH .*resourceclaims/disk" + BINDING, "/status" + BINDING,
                      "dryRun"):
            self.load(disk(reserved=[POD]))
            self.before(match, lambda: self.update(label))
            self.pin()
            self.assertEqual((self.holders(), self.stored()["metadata"]["labels"]),
                             (["launcher", "vm7"], {"n": "1"}))
            self.unpin()

    def test_a_write_in_between_of_unpin(self):
        for match in ("PATCH .*resourceclaims/disk" + BINDING, "/status"):
            for reserved in ([POD], []):
                self.load(disk(reserved=reserved))
                self.pin()
                self.before("PATCH.*" + match, lambda: self.update(label))
                self.unpin()
                self.assertEqual((self.holders(), self.record()),
                                 (["launcher"] if reserved else [], None))

    def test_a_pod_comes_while_we_release(self):
        self.load(disk())
        self.pin()

        def reserve():
            self.update(lambda o: o["status"]["reservedFor"].append(POD), "kube-scheduler",
                        "status")

        self.before("PATCH.*/status", reserve)
        self.assertIn("others still use it", self.unpin())
        self.assertEqual(self.holders(), ["launcher"])
        self.assertIn("allocation", self.stored()["status"])

    def test_the_claim_is_deallocated_while_we_pin(self):
        for match in ("dryRun", "resourceclaims/disk" + BINDING, "/status" + BINDING):
            self.load(disk(reserved=[POD]))
            self.before("PATCH.*" + match, lambda: self.update(
                lambda o: o.update(status={}), "kube-controller-manager", "status"))
            self.refused("it is not allocated", REFUSED, "pin", "lab/disk", "--vm", "vm7")
            self.assertIsNone(self.record())
            self.assertNotIn("virt-claim", json.dumps(self.stored()))

    def test_another_vm_is_faster(self):
        for match in ("dryRun", "resourceclaims/disk" + BINDING, "/status" + BINDING):
            self.load(disk(reserved=[POD]))
            self.before("PATCH.*" + match, lambda: self.update(
                lambda o: o["status"]["reservedFor"].append(vm("vm8", OTHER)), "other",
                "status"))
            self.refused("it belongs to virtual machine 'vm8'", REFUSED, "pin", "lab/disk",
                         "--vm", "vm7")
            self.assertEqual((self.holders(), self.record()), (["launcher", "vm8"], None))

    def test_the_vm_goes_while_we_pin(self):
        goes = machine(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["x/y"])
        for text, status, change in (
                ("there is no virtual machine 'vm7'", ABSENT, lambda: self.store.unload(
                    "kubevirt.io", "virtualmachines")),
                ("virtual machine 'vm7' is being deleted", REFUSED,
                 lambda: self.load(goes)),
                ("there is no virtual machine 'vm7'", ABSENT,
                 lambda: self.load(machine(uid=OTHER)))):
            for reserved in ([POD], []):
                self.load(machine(), disk(reserved=reserved, scheduled=False))
                self.before("PATCH.*/status" + BINDING, change)
                self.refused(text, status, "pin", "lab/disk", "--vm", "vm7")
                self.assertEqual((self.holders(), self.record()),
                                 (["launcher"] if reserved else [], None))
                self.assertIn("allocation", self.stored()["status"])

    def test_another_claim_of_that_name(self):
        def replace():
            obj = disk(reserved=[POD])
            with self.store.changed:
                self.store.unload("resource.k8s.io", "resourceclaims")
            self.load(obj)

        self.before("PATCH.*/status" + BINDING, replace)
        self.pin()
        self.assertEqual((self.holders(), self.record()),
                         (["launcher", "vm7"], f"vm7/{UID}"))

    def test_it_goes_while_we_unpin(self):
        self.pin()
        self.before("^PATCH", lambda: self.store.unload("resource.k8s.io",
                                                        "resourceclaims"))
        self.refused("the API server has no such claim", ABSENT, "unpin", "lab/disk")

    def test_somebody_never_stops(self):
        self.before("^PATCH", lambda: self.update(label), -1)
        self.refused("lab/disk: others keep changing it; try again later.*409", REMOTE,
                     "pin", "lab/disk", "--vm", "vm7")
        self.assertEqual(len(self.requests("^PATCH")), 8)
        self.assertEqual((self.holders(), self.record()), (["launcher"], None))

    def test_somebody_undoes_what_we_do(self):
        def undo():
            obj = copy.deepcopy(self.stored())
            obj["metadata"].pop("annotations", None)
            self.load(obj)

        self.before("^PATCH.*/status" + BINDING, undo, -1)
        self.refused("others (undo what is done to it|keep changing it)", REMOTE, "pin",
                     "lab/disk", "--vm", "vm7")
        self.assertLess(len(self.requests()), 60)

    def test_two_at_once(self):
        self.load(machine("vm8", OTHER))
        runs = [subprocess.Popen(self.command("pin", "lab/disk", "--vm", name), text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=environment()) for name in ("vm7", "vm8") * 3]
        ends = [(r.communicate(timeout=TIMEOUT), r.returncode) for r in runs]
        vms = [n for n in self.holders() if n != "launcher"]
        self.assertEqual(len(vms), 1, ends)
        self.assertEqual(self.record().split("/")[0], vms[0])
        for (out, err), status in ends:
            self.assertIn(status, (0, REFUSED, REMOTE), err)
            self.assertEqual(vms[0] in out, status == 0, (out, err))


class Interrupted(PinTest):
    def setUp(self):
        super().setUp()
        self.load(disk(scheduled=False))

    def test_the_server_is_away(self):
        path = self.path("kubeconfig-away")
        with open(self.path("kubeconfig-admin"), encoding="utf-8") as text:
            setup.write(path, text.read().replace(f":{self.port}", ":1"))
        for arguments in (["pin", "lab/disk", "--vm", "vm7"], ["unpin", "lab/disk"],
                          ["unpin", "--all"], ["show", "lab/disk"]):
            self.refused("127.0.0.1:1", REMOTE, *arguments, user="away")

    def test_what_is_no_answer(self):
        for fault in ({"do": "garbage"}, {"do": "cut", "bytes": 30}, {"do": "status",
                                                                    "code": 500}):
            self.load(disk(scheduled=False))
            self.fault("^PATCH", **fault)
            run = self.run_program("pin", "lab/disk", "--vm", "vm7")
            self.assertIn(run.returncode, (1, REMOTE), run.stderr)
            self.assertEqual(run.stdout, "")
            self.pin()
            self.assertEqual(self.holders(), ["vm7"])

    def test_busy(self):
        self.fault("^PATCH", do="status", code=429, retry_after=1)
        self.pin()
        self.assertEqual(self.holders(), ["vm7"])

    def kill(self, arguments, skip, fault):
        """kill -9 while the request after `skip` others that write hangs; whether there
        was one."""
        self.server.faults.set([dict(fault, match="^PATCH", skip=skip)])
        seen = len(self.requests("^PATCH")) + skip + 1
        with subprocess.Popen(self.command(*arguments), env=environment(),
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                deadline = time.monotonic() + TIMEOUT
                while process.poll() is None and time.monotonic() < deadline:
                    if len(self.requests("^PATCH")) >= seen and fault["do"] == "hang":
                        time.sleep(0.05)
                        process.send_signal(signal.SIGKILL)
                        return True
                    time.sleep(0.01)
            finally:
                process.kill()
        return len(self.requests("^PATCH")) >= seen

    # A request that never arrived, and one that was done although its answer was lost
    LOST = ({"do": "hang", "delay": 3600}, {"do": "cut", "bytes": 0})

    def test_killed_while_pinning(self):
        original = told(self.stored())
        for fault in self.LOST:
            for skip in range(4):
                for then in ("pin", "unpin"):
                    self.load(disk(scheduled=False, uid=original["metadata"]["uid"],
                                   creationTimestamp=original["metadata"]
                                   ["creationTimestamp"]))
                    reached = self.kill(["pin", "lab/disk", "--vm", "vm7"], skip, fault)
                    self.assertEqual(reached, skip < 3)
                    self.server.faults.set([])
                    if then == "pin":
                        self.pin()
                        self.assertEqual((self.holders(), self.record(), self.finalizers()),
                                         (["vm7"], f"vm7/{UID}", [FINALIZER]))
                    self.unpin()
                    self.assertEqual(told(self.stored()), original)

    def test_killed_while_unpinning(self):
        for fault in self.LOST:
            for skip in range(3):
                self.load(disk())
                self.pin()
                reached = self.kill(["unpin", "lab/disk"], skip, fault)
                self.assertEqual(reached, skip < 2)
                self.server.faults.set([])
                self.unpin()
                self.assertEqual((self.stored()["status"], self.record()), ({}, None))
                self.assertNotIn('"virt-claim"', json.dumps(self.stored()))

    def test_between_the_writes(self):
        """What others see then: the guard, and what to do about it."""
        self.assertTrue(self.kill(["pin", "lab/disk", "--vm", "vm7"], 2, self.LOST[0]))
        self.server.faults.set([])
        self.assertEqual((self.holders(), self.record(), self.finalizers()),
                         ([], f"vm7/{UID}", [FINALIZER]))
        self.assertIn("a pin to virtual machine 'vm7' is incomplete; run 'virt-claim pin' "
                      "again, or 'virt-claim unpin'", self.done("show", "lab/disk"))


class Show(PinTest):
    def show(self, **options):
        return self.done("show", "lab/disk", **options)

    def test_pinned(self):
        self.load(disk(reserved=[POD], uid="c0ffee",
                       entries=[entry_of("kube-scheduler", "p1")],
                       finalizers=[FINALIZER, "example.org/x"]))
        self.pin()
        since = next(m["time"] for m in self.stored()["metadata"]["managedFields"]
                     if m["manager"] == "virt-claim" and m.get("subresource"))
        self.assertEqual(self.show(), f"""\
claim lab/disk (c0ffee)
  state: allocated, pinned to virtual machine 'vm7'
  node: node1, since 2026-01-01T00:00:00Z
  devices:
    vfio.example.com/node1/pci-0000-04-00-0
  held by:
    pod 'launcher' (p1)
      by kube-scheduler, since 2026-02-03T04:05:06Z
      goes when the pod has ended
    virtual machine 'vm7' ({UID})
      by virt-claim, since {since}
      goes with 'virt-claim unpin lab/disk'
  finalizers:
    {FINALIZER}
      by kube-scheduler
      Kubernetes removes it when nobody holds the claim
    example.org/x
      by ?
      whoever put it there has to remove it
""")

    def test_json(self):
        self.load(disk(reserved=[POD], scheduled=False, uid="c0ffee"))
        self.pin()
        found = json.loads(self.done("show", "lab/disk", "--json"))["claims"]
        self.assertEqual(len(found), 1)
        since = found[0]["holders"][1].pop("since")
        self.assertRegex(since, "^20..-")
        self.assertEqual(found[0], {
            "namespace": "lab", "name": "disk", "uid": "c0ffee", "allocated": True,
            "allocatedAt": "2026-01-01T00:00:00Z", "nodes": ["node1"],
            "devices": ["vfio.example.com/node1/pci-0000-04-00-0"],
            "pin": {"virtualMachine": "vm7", "uid": UID, "controller": False},
            "holders": [
                dict(POD, apiGroup="", pinnedByUs=False, by=[],
                     release="goes when the pod has ended"),
                dict(vm("vm7", UID), pinnedByUs=True, by=["virt-claim"],
                     virtualMachine="there",
                     release="goes with 'virt-claim unpin lab/disk'")],
            "finalizers": [{"name": FINALIZER, "by": ["virt-claim"], "since":
                            found[0]["finalizers"][0]["since"],
                            "release": "Kubernetes removes it when nobody holds the "
                            "claim"}]})

    def test_states(self):
        controller = {RECORD: f"vm7/{UID}/controller"}
        for obj, texts in (
                (claim("disk", namespace="lab"), ["not allocated, not pinned"]),
                (disk(), ["allocated, held by nobody, so it may lose its devices"]),
                (disk(reserved=[POD]), ["allocated, not pinned"]),
                (disk(deletionTimestamp="2026-05-05T05:05:05Z", reserved=[POD]),
                 ["allocated, being deleted since 2026-05-05T05:05:05Z, not pinned"]),
                (disk(reserved=[vm("vm7", UID)], entries=[entry_of("virt-controller")]),
                 ["pinned to virtual machine 'vm7'", "by virt-controller, since",
                  "'virt-controller' has to remove it"]),
                (disk(reserved=[vm("vm7", UID)]), ["whoever entered it has to remove it"]),
                (disk(reserved=[vm("vm7", UID)], annotations=controller),
                 ["by virt-claim-controller", "goes with the annotation that asks for it"]),
                (disk(reserved=[vm("vm9", OTHER)], annotations={RECORD: f"vm9/{OTHER}"}),
                 [f"'vm9' ({OTHER}), gone",
                  "the virtual machine is gone: run 'virt-claim unpin lab/disk'"]),
                (disk(annotations={"resource.kubernetes.io/pod-claim-name": "x"}),
                 ["made for one pod: it cannot be pinned"])):
            self.load(obj)
            shown = self.show()
            for text in texts:
                self.assertIn(text, shown)

    def test_no_node_and_no_timestamp(self):
        obj = disk()
        obj["status"]["allocation"].pop("allocationTimestamp")
        obj["status"]["allocation"].pop("nodeSelector")
        self.load(obj)
        self.assertIn("node: the allocation names none; without allocationTimestamp, so "
                      "pods that want it fail in the scheduler", self.show())

    def test_a_vm_that_is_another_now(self):
        self.load(disk(reserved=[vm("vm7", OTHER)]))
        self.assertIn(f"virtual machine 'vm7' ({OTHER}), gone", self.show())
        self.load(machine(uid=OTHER, deletionTimestamp="2026-01-01T00:00:00Z",
                          finalizers=["x/y"]))
        self.assertIn(f"virtual machine 'vm7' ({OTHER}), being deleted", self.show())

    def test_who_may_not_read_vms(self):
        self.load(disk(reserved=[vm("vm7", UID)]))
        self.server.access.accounts["token-reader"] = {"user": "reader", "rules": [
            {"verbs": ["get"], "groups": ["resource.k8s.io"],
             "resources": ["resourceclaims"]}]}
        self.assertIn(f"virtual machine 'vm7' ({UID})\n", self.show(user="reader"))

    def test_what_is_meant_for_the_terminal(self):
        self.load(disk(reserved=[vm("vm7", UID)], entries=[entry_of("a\x1b[31m\nb")]))
        self.assertIn("by a?[31m?b", self.show())

    def test_no_claim(self):
        self.refused("lab/disk: the API server has no such claim", ABSENT, "show",
                     "lab/disk")

    def test_without_options(self):
        """Neither a file nor a claim of this host."""
        self.load(disk())
        env = environment(KUBECONFIG=self.path("kubeconfig-admin"),
                          VIRT_CLAIM_CONFIG=self.path("host.yaml"))
        setup.write(self.path("host.yaml"), "".join(
            f"{k}: {self.path(k)}\n" for k in ("state", "run", "leases", "cdi")))
        for arguments in (["lab/disk"], ["-n", "lab", "disk"], ["--kube", "lab/disk"]):
            done = subprocess.run([PROGRAM, "show", *arguments], env=env, text=True,
                                  capture_output=True, timeout=TIMEOUT, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("claim lab/disk", done.stdout)


class Docs(PinTest):
    """docs/persistent-claims.md says what really happens."""

    PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../../docs/persistent-claims.md")
    POD7 = {"resource": "pods", "name": "virt-launcher-vm7-x2v9k",
            "uid": "8d2f0d3e-52c0-4b6f-9a86-6a3a9e0f1c11"}
    POD8 = {"resource": "pods", "name": "virt-launcher-vm8-fw2nq", "uid": "p8"}
    UID8 = "0c9e0000-0000-4000-8000-000000000008"

    def sections(self):
        """Heading -> [(command, output)]"""
        found, heading, block = {}, "", False
        with open(self.PAGE, encoding="utf-8") as page:
            for line in page:
                if line.startswith("## "):
                    heading = line[3:].strip()
                elif line.startswith("```"):
                    block = line.strip() == "```console"
                elif block and line.startswith("$ "):
                    found.setdefault(heading, []).append([line[2:].strip(), ""])
                elif block:
                    found[heading][-1][1] += line
        return found

    def first(self, reserved=()):
        return disk(reserved=reserved, uid="2f0cf6b1-6c40-4f5e-a7a6-5a6f3fd6a1b0",
                    entries=[entry_of("kube-scheduler", self.POD7["uid"])])

    def second(self):
        made = disk()
        made["metadata"]["name"] = "gpu"
        return made

    def stop(self):
        self.update(lambda o: o["status"].update(
            reservedFor=o["status"]["reservedFor"][1:]), "kube-controller-manager", "status")

    def burn(self):
        self.load({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"},
                   "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}})

    def run_example(self, command, output):
        if not command.startswith("virt-claim"):
            {"kubectl": self.stop, "#": self.burn}[command.split()[0]]()
            self.assertEqual(output, "")
            return
        words = command.split()
        run = self.run_program(*words[1:])
        time_of = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        self.assertEqual(time_of.sub("2026-01-01T00:00:00Z", run.stderr + run.stdout),
                         output, command)

    def test_the_page(self):
        sections = self.sections()
        self.assertEqual(list(sections), ["From start to end", "Many at once",
                                          "A node that does not come back"])
        self.load(machine("vm8", self.UID8), self.first([self.POD7]))
        for command, output in sections["From start to end"]:
            self.run_example(command, output)
        self.pin_both()
        for command, output in sections["Many at once"]:
            self.run_example(command, output)
        self.pin_both()
        self.update(lambda o: o["status"]["reservedFor"].append(self.POD8),
                    "kube-scheduler", "status", "gpu")
        self.load({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"},
                   "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
        for command, output in sections["A node that does not come back"]:
            self.run_example(command, output)

    def pin_both(self):
        self.load(self.first(), self.second())
        self.pin()
        self.done("pin", "lab/gpu", "--vm", "vm8")

    def test_the_rules(self):
        """The ClusterRole of the page is enough for all that the page does."""
        with open(self.PAGE, encoding="utf-8") as page:
            rules = re.search(r"```yaml\n(.*?)```", page.read(), re.S)[1]
        found = re.findall(r'apiGroups: \[(.*?)\]\n  resources: \[(.*?)\]\n'
                           r'  verbs: \[(.*?)\]', rules)
        self.assertEqual(len(found), 4)
        self.server.access.accounts["token-admin"] = {"user": "admin", "rules": [
            {"groups": [group.strip('"')], "resources": resources.split(", "),
             "verbs": verbs.split(", ")} for group, resources, verbs in found]}
        self.test_the_page()


if __name__ == "__main__":
    main()
