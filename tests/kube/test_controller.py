#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""virt-claim-controller: claims that annotations ask for are pinned, and released."""
from controller import (ACCOUNT, FINALIZER, NAMES, PIN_TO, RECORD, ControllerTest, allocated,
                        asking, claim, pod, uid, vm)
from harness import REFUSED, REMOTE, USAGE, main
from harness import vm as holder
from server import controllers

A, B, C = uid(1), uid(2), uid(3)


class Once(ControllerTest):
    """What one run does to what it finds."""

    def test_nothing_to_do(self):
        self.load(claim("a"), allocated("b"), vm("v", A))
        self.assertNotIn("pinned", self.once())
        self.assertEqual(self.writes(), [])

    def test_a_claim_that_asks(self):
        self.load(asking(allocated("a"), "v"), vm("v", A), allocated("b"))
        said = self.once()
        self.assertTrue(self.is_pinned("a", "v", A))
        self.assertEqual(self.get("a")["metadata"]["annotations"][RECORD],
                         f"v/{A}/controller")
        self.assertIn("default/a: pinned to virtual machine 'v'", said)
        self.assertTrue(self.is_untouched("b"))

    def test_a_vm_that_names_claims(self):
        self.load(allocated("a"), allocated("b"), allocated("c"),
                  vm("v", A, claims=" a, b,,b"))
        self.once()
        self.assertEqual([self.is_pinned(n, "v", A) for n in "abc"], [True, True, False])

    def test_again_changes_nothing(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.once()
        before, events = self.get("a"), self.events()
        self.assertEqual(len(events), 2)
        said = self.once()
        self.assertNotIn("pinned", said)
        self.assertIs(self.get("a"), before)
        self.assertEqual(self.events(), events)

    def test_other_namespaces_are_other_names(self):
        self.load(asking(allocated("a"), "v"), vm("v", A, namespace="other"))
        self.assertIn("does not exist; waiting", self.once())
        self.assertTrue(self.is_untouched("a"))

    def test_one_namespace(self):
        other = asking(allocated("a"), "v")
        other["metadata"]["namespace"] = "other"
        self.load(asking(allocated("a"), "v"), vm("v", A), other,
                  vm("v", B, namespace="other"))
        self.once("--namespace", "other")
        self.assertTrue(self.is_untouched("a"))
        self.assertTrue(self.is_pinned("a", "v", B, namespace="other"))
        for r in self.requests("resourceclaims|virtualmachines|events"):
            self.assertIn("/namespaces/other/", r["path"])

    def test_waiting_is_no_error(self):
        self.load(asking(claim("a"), "v"), vm("v", A), asking(allocated("b"), "none"),
                  vm("w", B, claims="nothing"))
        said = self.once()
        for words in ("default/a: it will be pinned as soon as the scheduler",
                      "default/b: the virtual machine of its annotation",
                      "default/nothing: virtual machine 'w' names it, but there is no such "
                      "claim"):
            self.assertEqual(said.count(words), 1, said)
        self.assertEqual(sorted((e["reason"], e["involvedObject"]["kind"])
                                for e in self.events()),
                         [("NoSuchClaim", "VirtualMachine"),
                          ("NoSuchVirtualMachine", "ResourceClaim"),
                          ("WaitingForAllocation", "ResourceClaim"),
                          ("WaitingForAllocation", "VirtualMachine")])
        self.once()
        self.assertEqual(len(self.events()), 4)

    def test_what_cannot_be_pinned(self):
        template = asking(allocated("t", annotations={
            "resource.kubernetes.io/pod-claim-name": "x"}), "v")
        untimed = asking(allocated("u"), "v")
        del untimed["status"]["allocation"]["allocationTimestamp"]
        full = asking(allocated("f", reserved=[
            {"resource": "pods", "name": f"p{i}", "uid": uid(100 + i)} for i in range(256)]),
            "v")
        self.load(template, untimed, full, vm("v", A))
        said = self.once(status=REFUSED)
        self.assertIn("it was made from a template", said)
        self.assertIn("no allocationTimestamp", said)
        self.assertIn("takes no more than 256", said)
        self.assertIn("3 problems", said)
        for name in "tuf":
            self.assertTrue(self.is_untouched(name))
        self.assertEqual(len(self.events("NotPinned")), 6)

    def test_annotations_that_mean_nothing(self):
        self.load(asking(allocated("a"), "A/b"), asking(allocated("b"), ""),
                  vm("v", A, claims="../x"), vm("w", B, claims=",".join(
                      f"c{i}" for i in range(300))))
        said = self.once()
        self.assertIn("default/a cannot be read, and is as it was", said)
        self.assertIn("expected the name of a virtual machine, not 'A/b'", said)
        self.assertIn("'../x' is none", said)
        self.assertIn("more than 64 claims", said)
        self.assertEqual(sorted(e["involvedObject"]["name"] for e in self.events()),
                         ["a", "v", "w"])
        self.assertIn("not heeded: a: /metadata/annotations/virt-claim.io~1pin-to: expected "
                      "the name", next(e["message"] for e in self.events()
                                       if e["involvedObject"]["name"] == "a"))
        self.assertTrue(all(r["resource"] == "events" for r in self.writes()))

    def test_dry_run(self):
        self.load(asking(allocated("a"), "v"), vm("v", A), allocated("b", reserved=[
            holder("w", B)], annotations={RECORD: f"w/{B}/controller"}))
        before = [self.get("a"), self.get("b")]
        said = self.once("--dry-run")
        self.assertIn("default/a: would be pinned to virtual machine 'v'", said)
        self.assertIn("default/b: would be released: virtual machine 'w' is gone", said)
        self.assertEqual([self.get("a"), self.get("b")], before)
        self.assertTrue(all("dryRun=All" in r["path"] for r in self.writes()))
        self.assertEqual(self.events(), [])

    def test_events(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.once()
        found = {e["involvedObject"]["kind"]: e for e in self.events("Pinned")}
        self.assertEqual(set(found), {"ResourceClaim", "VirtualMachine"})
        one = found["ResourceClaim"]
        self.assertEqual(one["involvedObject"], {
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "name": "a",
            "namespace": "default", "uid": self.get("a")["metadata"]["uid"]})
        self.assertEqual((one["type"], one["source"]["component"], one["count"]),
                         ("Normal", "virt-claim-controller", 1))
        self.assertEqual(found["VirtualMachine"]["involvedObject"]["uid"], A)

    def test_older_versions_of_the_group(self):
        self.server.versions = ["v1beta2", "v1beta1"]
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.once()
        self.assertTrue(self.is_pinned("a", "v", A))


class Release(ControllerTest):
    def pinned(self, name="a", to="v", to_uid=A, **metadata):
        """A claim as a run left it."""
        self.load(asking(allocated(name, **metadata), to), vm(to, to_uid))
        self.once()
        self.assertTrue(self.is_pinned(name, to, to_uid))
        self.server.log.clear()

    def test_the_vm_goes(self):
        self.pinned()
        self.delete("v")
        said = self.once()
        self.assertIn("default/a: released: virtual machine 'v' is gone", said)
        self.assertTrue(self.is_untouched("a"))

    def test_a_vm_that_is_being_deleted_keeps_it(self):
        self.pinned()
        self.change("v", lambda o: o["metadata"].update(finalizers=["kubevirt.io/x"]),
                    "virtualmachines")
        self.delete("v")
        self.once()
        self.assertTrue(self.is_pinned("a", "v", A))
        self.change("v", lambda o: o["metadata"].update(finalizers=[]), "virtualmachines")
        self.once()
        self.assertTrue(self.is_untouched("a"))

    def test_a_vm_made_again_is_another(self):
        self.pinned()
        self.delete("v")
        self.load(vm("v", B))
        said = self.once()
        self.assertIn("was deleted, and made again as another one", said)
        # what was allocated for the earlier one is let go first
        self.assertFalse(self.is_pinned("a", "v", A))

    def test_the_annotation_of_the_claim_goes(self):
        self.pinned()
        self.annotate("a", pin_to=None)
        self.assertIn("no annotation asks for", self.once())
        self.assertTrue(self.is_untouched("a"))

    def test_the_annotation_of_the_vm_goes(self):
        self.load(allocated("a"), allocated("b"), vm("v", A, claims="a,b"))
        self.once()
        self.annotate("v", "virtualmachines", names="b")
        self.once()
        self.assertTrue(self.is_untouched("a"))
        self.assertTrue(self.is_pinned("b", "v", A))

    def test_one_of_two_annotations_is_enough(self):
        self.load(asking(allocated("a"), "v"), vm("v", A, claims="a"))
        self.once()
        self.annotate("a", pin_to=None)
        self.once()
        self.assertTrue(self.is_pinned("a", "v", A))
        self.annotate("v", "virtualmachines", names=None)
        self.once()
        self.assertTrue(self.is_untouched("a"))

    def test_a_pin_made_by_hand_needs_no_annotation(self):
        self.load(allocated("a", reserved=[holder("v", A)], annotations={RECORD: f"v/{A}"},
                            finalizers=[FINALIZER]), vm("v", A))
        before = self.get("a")
        self.once()
        self.assertIs(self.get("a"), before)
        self.delete("v")
        self.once()
        self.assertTrue(self.is_untouched("a"))

    def test_an_entry_of_somebody_else_stays(self):
        for i, wanted in enumerate(("v", "w")):
            name = f"a{i}"
            self.load(asking(allocated(name, managedFields=[{
                "manager": "virt-controller", "operation": "Apply", "subresource": "status",
                "apiVersion": "resource.k8s.io/v1", "fieldsType": "FieldsV1", "fieldsV1": {
                    "f:status": {"f:reservedFor": {'k:{"uid":"' + A + '"}': {".": {}}}}}}],
                reserved=[holder("v", A)]), wanted), vm("v", A), vm("w", B))
            before = self.get(name)
            self.once()
            self.assertIs(self.get(name), before)
        self.delete("v")
        self.once()
        self.assertEqual(self.holders("a0"), [("virtualmachines", "v", A)])

    def test_a_claim_that_is_deleted(self):
        self.server.controllers = True
        self.pinned()
        self.delete("a", "resourceclaims")
        self.assertIn("deletionTimestamp", self.get("a")["metadata"])
        self.once()
        self.assertIsNone(self.get("a"))

    def test_a_claim_that_is_deleted_while_a_pod_uses_it(self):
        self.server.controllers = True
        self.load(pod("p"))
        user = {"resource": "pods", "name": "p", "uid": self.get("p", "pods")["metadata"]["uid"]}
        self.load(asking(allocated("a", reserved=[user]), "v"), vm("v", A))
        self.once()
        self.delete("a", "resourceclaims")
        self.once()
        self.assertEqual([r for r, _, _ in self.holders("a")], ["pods"])
        self.assertIn(FINALIZER, self.get("a")["metadata"]["finalizers"])
        self.store.delete(self.kind("pods"), "default", "p", {"gracePeriodSeconds": 0})
        self.once()
        controllers.settle(self.store)
        self.assertIsNone(self.get("a"))

    def test_half_of_a_pin_that_nobody_wants(self):
        self.load(allocated("a", annotations={RECORD: f"v/{A}/controller"}), vm("v", A),
                  allocated("b", annotations={RECORD: "nonsense"}))
        self.once()
        for name in "ab":
            self.assertNotIn(RECORD, self.get(name)["metadata"].get("annotations", {}))

    def test_half_of_a_pin_that_is_wanted(self):
        self.load(asking(allocated("a", annotations={RECORD: f"v/{A}/controller"}), "v"),
                  vm("v", A))
        self.once()
        self.assertTrue(self.is_pinned("a", "v", A))

    def test_half_of_a_pin_whose_allocation_went(self):
        self.load(asking(claim("a", annotations={RECORD: f"v/{A}/controller"}), "v"),
                  vm("v", A))
        self.assertIn("as soon as the scheduler", self.once())
        self.assertNotIn(RECORD, self.get("a")["metadata"]["annotations"])

    def test_a_pin_that_lost_a_part(self):
        self.pinned()
        self.change("a", lambda o: o["metadata"].pop("finalizers"))
        self.once()
        self.assertTrue(self.is_pinned("a", "v", A))


class TwoVms(ControllerTest):
    def test_the_first_keeps_it(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.once()
        self.load(vm("w", B, claims="a", creationTimestamp="2000-01-01T00:00:00Z"))
        said = self.once()
        self.assertTrue(self.is_pinned("a", "v", A))
        self.assertIn("default/w: claim 'a' belongs to virtual machine 'v'", said)
        told = self.events("ClaimTaken")
        self.assertEqual([e["involvedObject"]["uid"] for e in told], [B])
        self.once()
        self.assertEqual(len(self.events("ClaimTaken")), 1)

    def test_who_has_none_the_claim_decides(self):
        self.load(asking(allocated("a"), "w"),
                  vm("v", A, claims="a", creationTimestamp="2000-01-01T00:00:00Z"),
                  vm("w", B, creationTimestamp="2001-01-01T00:00:00Z"))
        self.once()
        self.assertTrue(self.is_pinned("a", "w", B))

    def test_then_the_oldest(self):
        self.load(allocated("a"), *(
            vm(n, u, claims="a", creationTimestamp=f"200{t}-01-01T00:00:00Z")
            for n, u, t in (("v", A, 2), ("w", B, 1), ("x", C, 3))))
        self.once()
        self.assertTrue(self.is_pinned("a", "w", B))
        self.assertEqual(sorted(e["involvedObject"]["name"]
                                for e in self.events("ClaimTaken")), ["v", "x"])

    def test_the_next_one_gets_it(self):
        self.load(allocated("a", finalizers=[FINALIZER], reserved=[
            {"resource": "pods", "name": "p", "uid": uid(9)}]),
            vm("v", A, claims="a"), vm("w", B, claims="a",
                                       creationTimestamp="2999-01-01T00:00:00Z"))
        self.once()
        self.assertTrue(self.is_pinned("a", "v", A))
        self.delete("v")
        self.once()
        self.assertTrue(self.is_pinned("a", "w", B))


class ReleaseAll(ControllerTest):
    def fill(self):
        self.load(*(asking(allocated(f"a{i}"), "v") for i in range(5)), vm("v", A),
                  allocated("hand", reserved=[holder("v", A)],
                            annotations={RECORD: f"v/{A}"}), claim("b"), allocated("c"))
        self.once()
        self.server.log.clear()

    def test_everything_goes(self):
        self.fill()
        done = self.run_it("--release-all")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(done.stderr.count(": released"), 6)
        for found in self.all("resourceclaims"):
            self.assertTrue(self.is_untouched(found["metadata"]["name"]))
        # what users wrote stays
        self.assertEqual(self.get("a0")["metadata"]["annotations"], {PIN_TO: "v"})
        done = self.run_it("--release-all")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_dry_run(self):
        self.fill()
        done = self.run_it("--release-all", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count(": would be released"), 6)
        self.assertTrue(self.is_pinned("a0", "v", A))

    def test_one_namespace(self):
        self.fill()
        done = self.run_it("--release-all", "--namespace", "other")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(self.is_pinned("a0", "v", A))

    def test_older_servers(self):
        self.fill()
        self.server.git_version = "v1.35.0"
        self.assertEqual(self.run_it("--release-all").returncode, 0)
        self.assertTrue(self.is_untouched("a0"))

    def test_while_a_controller_runs(self):
        self.fill()
        with self.controller():
            done = self.run_it("--release-all")
            for _ in range(5):
                if done.returncode:
                    break
                done = self.run_it("--release-all")
        if done.returncode:
            self.assertIn("still running?", done.stderr)
            self.assertEqual(done.returncode, REFUSED)

    def test_what_fails_is_said(self):
        self.fill()
        self.fault("PATCH .*resourceclaims/a3", do="status", code=403, reason="Forbidden",
                   times=-1)
        done = self.run_it("--release-all")
        self.assertEqual(done.returncode, REMOTE)
        self.assertIn("1 claim could not be released", done.stderr)
        self.assertTrue(self.is_untouched("a4"))


class CommandLine(ControllerTest):
    def test_refused(self):
        for arguments, words in (
                (["--once", "--release-all"], "exclude each other"),
                (["--namespace", "A/b"], "cannot be the name of a namespace"),
                (["--longest-pause", "0"], "1 to 3600"),
                (["--longest-pause", "3601"], "1 to 3600"),
                (["--longest-pause", "x"], "1 to 3600"),
                (["operand"], "operand"), (["--nonsense"], "nonsense")):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(words, done.stderr)
        self.assertEqual(self.requests(), [])

    def test_help_and_version(self):
        self.assertRegex(self.run_it("--version").stdout, r"^virt-claim-controller \d")
        self.assertIn(NAMES, self.run_it("--help").stdout)

    def test_no_server(self):
        done = self.run_it("--once", user="nothing")
        self.assertEqual(done.returncode, 1)
        self.assertIn("kubeconfig-nothing", done.stderr)

    def test_it_needs_no_more_than_its_rules(self):
        """Each of them: without it something is refused."""
        self.load(asking(allocated("a"), "v"), vm("v", A))
        rules = ACCOUNT["rules"]
        for i, rule in enumerate(rules):
            for resource in rule["resources"]:
                for verb in set(rule["verbs"]) - {"watch"}:  # too quick for that
                    less = [dict(r) for r in rules]
                    less[i] = dict(rule, verbs=[v for v in rule["verbs"] if v != verb])
                    if len(rule["resources"]) > 1:
                        rest = [x for x in rule["resources"] if x != resource]
                        less.append(dict(rule, resources=rest))
                    self.server.access.accounts["token-controller"]["rules"] = less
                    self.server.store.unload("resource.k8s.io", "resourceclaims")
                    self.load(asking(allocated("a"), "v"))
                    done = self.run_it("--once")
                    self.assertIn("orbidden", done.stderr, (resource, verb))


if __name__ == "__main__":
    main()
