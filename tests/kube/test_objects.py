#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Versions, lists, writes, and what an API server says when it says no."""
import json
import os

from harness import (ALREADY_EXISTS, BAD_REQUEST, CONFLICT, FORBIDDEN, GONE, INPUT,
                     INVALID, NOT_FOUND, OTHER, REFUSED, REMOTE, USAGE, ServerTest,
                     allocated, claim, main, vm)

FINALIZER = "resource.kubernetes.io/delete-protection"


class Versions(ServerTest):
    def test_version(self):
        for text, want in (("v1.36.2", "1.36 v1.36.2"), ("v1.35.0+k3s1", "1.35"),
                           ("v1.37.0-rc.1", "1.37")):
            self.server.git_version = text
            self.assertIn(want, self.good(self.client("version")).out)

    def test_the_best_version_is_used(self):
        for served, used in ((["v1", "v1beta2", "v1beta1"], "v1"),
                             (["v1beta1", "v1beta2"], "v1beta2"),
                             (["v1beta1", "v1alpha3"], "v1beta1")):
            self.server.versions = served
            self.assertEqual(self.good(self.client("discover")).out, used + "\n")

    def test_no_version_that_we_know(self):
        self.server.versions = ["v1alpha3", "v2"]
        self.bad(self.client("discover"), REMOTE, "v1, v1beta2, v1beta1")
        self.server.versions = []
        self.bad(self.client("list", "resourceclaims"), REMOTE, "no resource.k8s.io",
                 NOT_FOUND)

    def test_every_version_is_read(self):
        self.load(allocated("one"))
        for version in ("v1", "v1beta2", "v1beta1"):
            self.server.versions = [version]
            self.assertEqual(self.good(self.client("list", "resourceclaims")).lines,
                             ["BEGIN", "ITEM 0 default/one 1", "1 objects"])
            got = self.good(self.client("get", "resourceclaims", "one",
                                        namespace="default")).json()
            self.assertEqual(got["apiVersion"], "resource.k8s.io/" + version)


class Lists(ServerTest):
    def names(self, run):
        return [line.split()[2] for line in run.lines if line.startswith("ITEM")]

    def test_all_pages(self):
        self.store.load(claim(f"c{i:03}") for i in range(101))
        for page in (1, 7, 50, 100, 101, 102):
            run = self.good(self.client("list", "resourceclaims", page=page))
            self.assertEqual(self.names(run), [f"default/c{i:03}" for i in range(101)])
        self.assertEqual(self.good(self.client("list", "resourceslices")).lines,
                         ["BEGIN", "0 objects"])

    def test_pages_are_of_one_moment(self):
        self.store.load(claim(f"c{i}") for i in range(6))
        self.fault("continue=", do="delay", delay=0.5)
        with self.running("list", "resourceclaims", page=2) as process:
            while len(self.requests("limit")) < 1:
                pass
            self.load(claim("c1a"), claim("c5a"))
            out = process.communicate(timeout=20)[0]
        self.assertIn("6 objects", out)

    def test_a_page_that_expires(self):
        self.store.load(claim(f"c{i}") for i in range(5))
        self.fault("continue=", do="status", code=410, reason="Expired")
        run = self.good(self.client("list", "resourceclaims", page=2))
        self.assertEqual([line.split()[0] for line in run.lines],
                         ["BEGIN", "ITEM", "ITEM", "BEGIN"] + ["ITEM"] * 5 + ["5"])

    def test_pages_that_expire_all_the_time(self):
        self.store.load(claim(f"c{i}") for i in range(5))
        self.fault("continue=", do="status", code=410, reason="Expired", times=-1)
        run = self.good(self.client("list", "resourceclaims", page=2))
        self.assertEqual(run.lines[-1], "5 objects")
        self.assertNotIn("limit", self.requests("resourceclaims")[-1]["path"])

    def test_410_for_the_first_page_is_an_error(self):
        self.fault("limit=", do="status", code=410, reason="Gone", times=-1)
        self.bad(self.client("list", "resourceclaims"), REMOTE, "410 Gone", GONE)

    def test_selectors(self):
        self.load(*({"apiVersion": "v1", "kind": "Pod",
                     "metadata": {"name": f"p{i}", "labels": {"app": f"a{i % 2}"}},
                     "spec": {"nodeName": f"n{i % 3}"}} for i in range(6)))
        for options, wanted in (({"fields": "spec.nodeName=n1"}, "14"),
                                ({"labels": "app=a0"}, "024"),
                                ({"labels": "app=a0", "fields": "spec.nodeName=n1"}, "4"),
                                ({"fields": "spec.nodeName!=n1,metadata.name=p0"}, "0"),
                                ({"fields": "spec.nodeName=n 1&x=%2F"}, ""),
                                ({"namespace": "other"}, "")):
            run = self.good(self.client("list", "pods", **options))
            self.assertEqual(self.names(run), [f"default/p{i}" for i in wanted])
        self.bad(self.client("list", "pods", fields="spec.color=red"), REMOTE,
                 "field label not supported", BAD_REQUEST)

    def test_objects_that_cannot_be_read(self):
        self.load(claim("a"), claim("b", annotations={"x": "\0"}),
                  claim("c", annotations={"x": "y" * 3000000}),
                  claim("d", annotations={"deep": json.loads("[" * 60 + "]" * 60)}),
                  claim("e"))
        run = self.good(self.client("list", "resourceclaims"))
        self.assertEqual(self.names(run), [f"default/{n}" for n in "abcde"])
        problems = [line for line in run.lines if "problem" in line]
        self.assertRegex(problems[0], "default/b problem: .*NUL")
        self.assertRegex(problems[1], "default/d problem: .*48 levels")
        self.assertEqual(len(problems), 2)
        run = self.good(self.client("list", "resourceclaims", max_object=1000000))
        self.assertRegex(run.out, "default/c problem: 'default/c': larger than what is "
                         "read")

    def test_a_list_that_is_cut_off(self):
        self.store.load(claim(f"c{i}") for i in range(50))
        for n in (0, 1, 500, 5000):
            self.fault("limit=", do="cut", bytes=n)
            self.bad(self.client("list", "resourceclaims"), REMOTE, ".")
        self.fault("limit=", do="garbage", body='{"kind":"X","items":[{"metadata":')
        self.bad(self.client("list", "resourceclaims"), REMOTE, "ends in the middle")

    def test_a_receiver_that_fails(self):
        self.store.load(claim(f"c{i}") for i in range(50))
        run = self.bad(self.client("list", "resourceclaims", fail=7), REFUSED,
                       "told to fail")
        self.assertEqual(len(self.names(run)), 7)

    def test_memory_follows_what_is_kept(self):
        def needed(n):
            self.server.store.unload("resource.k8s.io", "resourceclaims")
            self.server.order({"claims": {"n": n}})
            run = self.good(self.client("list", "resourceclaims", quiet="1",
                                        env={"KUBE_CLIENT_MEMORY": "1"}))
            self.assertIn(f"{n} objects", run.out)
            return int(run.lines[-1].split()[1])

        few, many = needed(500), needed(10000)
        print(f"500 claims: {few} KiB, 10000 claims: {many} KiB", end=" ")
        # the sanitizer keeps what was freed for a while
        if not os.environ.get("KUBE_SANITIZED"):
            self.assertLess(many - few, 1024)


class Errors(ServerTest):
    def get(self, user="admin", **options):
        return self.client("get", "resourceclaims", "x", namespace="default", user=user,
                           **options)

    def test_not_found(self):
        self.bad(self.get(), REMOTE, 'resourceclaims.resource.k8s.io "x" not found',
                 NOT_FOUND)
        self.bad(self.client("get", "virtualmachines", "x", namespace="default"), REMOTE,
                 "kubevirt.io/v1/namespaces/default/virtualmachines/x: 404", NOT_FOUND)

    def test_forbidden_says_what_is_missing(self):
        run = self.bad(self.get("nobody"), REMOTE, "403 Forbidden", FORBIDDEN)
        for part in ("system:serviceaccount:default:nobody", "cannot get",
                     '"resourceclaims"', '"resource.k8s.io"', 'namespace "default"',
                     "(Cluster)Role"):
            self.assertIn(part, run.err)
        self.bad(self.client("list", "events", user="reader"), REMOTE,
                 'cannot list resource "events" in API group "" at the cluster scope',
                 FORBIDDEN)

    def test_names_that_are_none(self):
        for name in ("a/b", "..", "A", "a b", "x" * 254, "%2e", "", "a?b"):
            self.bad(self.client("get", "resourceclaims", name, namespace="default"),
                     INPUT, "cannot be the name of a ResourceClaim")
        for namespace in ("a.b", "..", "A", "x" * 64):
            self.bad(self.client("get", "resourceclaims", "x", namespace=namespace), INPUT,
                     "cannot be the name of a namespace")
        self.assertEqual([r for r in self.requests() if "apis/resource.k8s.io/v1"
                          in r["path"]], [])
        self.bad(self.client("get", "colours", "x"), USAGE, "no resource")

    def test_reasons(self):
        for code, reason, want in ((400, "BadRequest", BAD_REQUEST),
                                   (404, "NotFound", NOT_FOUND),
                                   (409, "AlreadyExists", ALREADY_EXISTS),
                                   (409, "Conflict", CONFLICT), (409, None, CONFLICT),
                                   (410, "Gone", GONE), (410, "Expired", GONE),
                                   (410, None, GONE), (422, "Invalid", INVALID),
                                   (405, "MethodNotAllowed", OTHER),
                                   (415, "UnsupportedMediaType", OTHER),
                                   (413, "RequestEntityTooLarge", OTHER),
                                   (418, None, OTHER)):
            self.fault("resourceclaims/x", do="status", code=code, reason=reason)
            self.bad(self.get(), REMOTE, f"{code}( {reason})?: told to fail", want)


class Writes(ServerTest):
    def write(self, command, resource, name, obj, user="admin", **options):
        command = (command, resource) + ((name,) if name else ())
        return self.client(*command, namespace="default", user=user, text=json.dumps(obj),
                           **options)

    def stored(self, name, plural="resourceclaims"):
        kind = next(k for k in self.store.tables if k.plural == plural)
        return self.store.get(kind, "default", name)

    # Create

    def test_create(self):
        made = self.good(self.write("create", "resourceclaims", None, claim("c"))).json()
        self.assertEqual(made, self.stored("c"))
        fields = made["metadata"]["managedFields"][0]
        self.assertEqual((fields["manager"], fields["operation"]), ("virt-claim", "Update"))
        self.bad(self.write("create", "resourceclaims", None, claim("c")), REMOTE,
                 "already exists", ALREADY_EXISTS)

    def test_generated_names(self):
        obj = claim("x")
        obj["metadata"] = {"generateName": "c-"}
        names = {self.good(self.write("create", "resourceclaims", None, obj)).json()
                 ["metadata"]["name"] for _ in range(3)}
        self.assertEqual(len(names), 3)

    def test_create_what_is_wrong(self):
        bad = claim("c")
        del bad["spec"]["devices"]["requests"][0]["exactly"]
        self.bad(self.write("create", "resourceclaims", None, bad), REMOTE,
                 r"422 Invalid: .*spec.devices.requests\[0\]: Required value", INVALID)
        self.bad(self.write("create", "resourceclaims", None,
                            dict(claim("c"), apiVersion="v1")), REMOTE,
                 "does not match the expected API version", BAD_REQUEST)
        self.bad(self.client("create", "resourceclaims", namespace="default",
                             text='{"kind":'), INPUT, "request:1:9")
        self.bad(self.write("create", "resourceclaims", None, claim("c"), "reader"),
                 REMOTE, "cannot create", FORBIDDEN)

    def test_dry_run(self):
        self.good(self.write("create", "resourceclaims", None, claim("c"), dry="1"))
        self.bad(self.client("get", "resourceclaims", "c", namespace="default"), REMOTE,
                 "404", NOT_FOUND)
        self.load(claim("c"))
        self.good(self.write("apply", "resourceclaims", "c", dict(
            claim("c"), metadata={"name": "c", "labels": {"a": "b"}}), dry="1"))
        self.assertNotIn("labels", self.stored("c")["metadata"])

    # Replace

    def test_replace(self):
        self.load(claim("c"))
        obj = self.stored("c")
        changed = dict(obj, metadata=dict(obj["metadata"], labels={"a": "b"}))
        self.good(self.write("replace", "resourceclaims", "c", changed))
        self.assertEqual(self.stored("c")["metadata"]["labels"], {"a": "b"})
        self.bad(self.write("replace", "resourceclaims", "c", changed), REMOTE,
                 "409 Conflict: .*has been modified", CONFLICT)

    def test_replace_blindly(self):
        self.load(claim("c"))
        for metadata in ({"name": "c"}, {"name": "c", "resourceVersion": ""},
                         {"name": "c", "resourceVersion": 7}):
            self.bad(self.write("replace", "resourceclaims", "c",
                                dict(claim("c"), metadata=metadata)), REFUSED,
                     "metadata.resourceVersion is missing")
        self.assertEqual(self.requests("PUT"), [])

    def test_another_object_of_the_same_name(self):
        self.load(claim("c"))
        obj = self.stored("c")
        other = dict(obj, metadata=dict(obj["metadata"], uid="another"))
        self.bad(self.write("replace", "resourceclaims", "c", other), REMOTE,
                 "409 Conflict: .*UID in precondition", CONFLICT)

    def test_spec_and_allocation_are_written_once(self):
        self.load(allocated("c", reserved=[vm("vm1", "u1")]))
        obj = json.loads(json.dumps(self.stored("c")))
        obj["spec"]["devices"]["requests"][0]["exactly"]["count"] = 2
        self.bad(self.write("replace", "resourceclaims", "c", obj), REMOTE,
                 "spec: Invalid value: .*field is immutable", INVALID)
        obj = json.loads(json.dumps(self.stored("c")))
        obj["status"]["allocation"]["devices"]["results"][0]["device"] = "other"
        self.bad(self.write("replace", "resourceclaims/status", "c", obj), REMOTE,
                 "status.allocation: .*field is immutable", INVALID)
        del obj["status"]["allocation"]
        self.bad(self.write("replace", "resourceclaims/status", "c", obj), REMOTE,
                 "status.reservedFor: Forbidden: may not be specified", INVALID)
        del obj["status"]["reservedFor"]
        self.good(self.write("replace", "resourceclaims/status", "c", obj))
        self.assertEqual(self.stored("c")["status"], {})

    # Server-side apply

    def entry(self, consumer, **metadata):
        return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
                "metadata": dict(name="c", **metadata),
                "status": {"reservedFor": [vm("vm1", consumer)] if consumer else []}}

    def reserve(self, consumer, user="admin", **metadata):
        return self.write("apply", "resourceclaims/status", "c",
                          self.entry(consumer, **metadata), user)

    def consumers(self):
        return [c["uid"] for c in self.stored("c")["status"].get("reservedFor", [])]

    def test_apply_one_entry_beside_others(self):
        pod = {"resource": "pods", "name": "p", "uid": "p1"}
        self.load(allocated("c", reserved=[pod]))
        self.good(self.reserve("u1", "pinner"))
        self.assertEqual(self.consumers(), ["p1", "u1"])
        self.good(self.reserve("u1", "pinner"))
        self.assertEqual(self.consumers(), ["p1", "u1"])
        self.good(self.reserve("u2", "pinner"))  # what we no longer say goes
        self.assertEqual(self.consumers(), ["p1", "u2"])
        self.good(self.reserve(None, "pinner"))
        self.assertEqual(self.consumers(), ["p1"])

    def test_apply_a_finalizer(self):
        self.load(claim("c", finalizers=["example.org/keep"]))
        obj = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
               "metadata": {"name": "c", "finalizers": [FINALIZER]}}
        self.good(self.write("apply", "resourceclaims", "c", obj))
        self.assertEqual(self.stored("c")["metadata"]["finalizers"],
                         ["example.org/keep", FINALIZER])
        obj["metadata"].pop("finalizers")
        self.good(self.write("apply", "resourceclaims", "c", obj))
        self.assertEqual(self.stored("c")["metadata"]["finalizers"], ["example.org/keep"])

    def test_apply_is_never_forced(self):
        self.load(allocated("c"))
        self.good(self.reserve("u1"))
        with self.store.changed:
            old = self.stored("c")
            new = json.loads(json.dumps(old))
            new["status"]["reservedFor"][0]["name"] = "renamed"
            kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
            self.store.update(kind, old, new, "status", "somebody")
        self.bad(self.reserve("u1"), REMOTE,
                 'Apply failed with 1 conflict: conflict with "somebody"', CONFLICT)
        self.assertEqual(self.requests("force=true"), [])
        self.assertEqual(len(self.requests("PATCH.*force=false")), 2)

    def test_apply_with_preconditions(self):
        self.load(allocated("c"))
        metadata = self.stored("c")["metadata"]
        self.bad(self.reserve("u1", uid="another"), REMOTE, "UID in precondition", CONFLICT)
        self.bad(self.reserve("u1", resourceVersion="1"), REMOTE, "has been modified",
                 CONFLICT)
        self.assertEqual(self.consumers(), [])
        self.good(self.reserve("u1", uid=metadata["uid"],
                               resourceVersion=metadata["resourceVersion"]))

    def test_apply_to_what_is_not_there(self):
        self.bad(self.reserve("u1"), REMOTE, "404", NOT_FOUND)
        obj = dict(claim("c"), metadata={"name": "c", "uid": "u"})
        self.bad(self.write("apply", "resourceclaims", "c", obj), REMOTE, "uid mismatch",
                 CONFLICT)
        labels = dict(claim("c"), metadata={"name": "c", "labels": {"a": "b"}})
        self.good(self.write("apply", "resourceclaims", "c", labels))
        self.good(self.write("apply", "resourceclaims", "c", claim("c")))
        self.assertNotIn("labels", self.stored("c")["metadata"])

    def test_what_a_reservation_may_be(self):
        self.load(allocated("c"))
        for entry, text in ((dict(vm("v", "u"), uid=""), "uid: Required value"),
                            ({"kind": "VirtualMachine", "name": "x", "uid": "y"},
                             "resource: Required value")):
            obj = self.entry("u")
            obj["status"]["reservedFor"] = [entry]
            self.bad(self.write("apply", "resourceclaims/status", "c", obj), REMOTE, text,
                     INVALID)
        self.load(claim("c"))
        self.bad(self.reserve("u1"), REMOTE, "may not be specified when `allocated`",
                 INVALID)
        self.load(allocated("c", deletionTimestamp="2026-01-01T00:00:00Z",
                            finalizers=[FINALIZER]))
        self.bad(self.reserve("u1"), REMOTE, "new entries may not be added", INVALID)

    def test_binding_needs_a_rule_of_its_own(self):
        self.load(allocated("c"))
        for user in ("status", "role"):
            run = self.bad(self.reserve("u1", user), REMOTE,
                           "422 Invalid: .*resourceclaims/binding", INVALID)
            self.assertIn("a Role is not enough", run.err)
        self.bad(self.reserve("u1", "reader"), REMOTE,
                 'cannot patch resource "resourceclaims/status"', FORBIDDEN)
        self.assertEqual(self.consumers(), [])
        self.good(self.reserve("u1", "pinner"))

    # Patch

    def test_merge_patch(self):
        self.load(claim("c"))
        version = self.stored("c")["metadata"]["resourceVersion"]
        patch = {"metadata": {"labels": {"a": "b"}}}
        self.bad(self.write("merge", "resourceclaims", "c", patch), REFUSED,
                 "resourceVersion is missing")
        patch["metadata"]["resourceVersion"] = version
        self.good(self.write("merge", "resourceclaims", "c", patch))
        self.bad(self.write("merge", "resourceclaims", "c", patch), REMOTE, "409",
                 CONFLICT)

    def test_json_patch(self):
        self.load(allocated("c", reserved=[vm("vm1", "u1"), vm("vm2", "u2")]))
        remove = {"op": "remove", "path": "/status/reservedFor/0"}
        for patch in ([remove], [], {}, [{"op": "Test"}]):
            self.bad(self.write("json", "resourceclaims/status", "c", patch), REFUSED,
                     "needs a 'test'")
        for value in ("u2", "", None):
            test = {"op": "test", "path": "/status/reservedFor/0/uid", "value": value}
            self.bad(self.write("json", "resourceclaims/status", "c", [test, remove]),
                     REMOTE, "422 Invalid", INVALID)
        test["value"] = "u1"
        self.good(self.write("json", "resourceclaims/status", "c", [test, remove]))
        self.assertEqual(self.consumers(), ["u2"])

    # Delete

    def test_delete(self):
        self.load(claim("c"), {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
                               "metadata": {"name": "v"}})
        uid = self.stored("c")["metadata"]["uid"]
        delete = ("delete", "resourceclaims", "c")
        self.bad(self.client(*delete, namespace="default", uid="another"), REMOTE, "409",
                 CONFLICT)
        self.bad(self.client(*delete, namespace="default", uid=uid, version="1"), REMOTE,
                 "409", CONFLICT)
        self.bad(self.client(*delete, namespace="default", user="reader"), REMOTE,
                 "cannot delete", FORBIDDEN)
        self.good(self.client(*delete, namespace="default", uid=uid))
        self.bad(self.client(*delete, namespace="default"), REMOTE, "404", NOT_FOUND)
        self.good(self.client("delete", "virtualmachines", "v", namespace="default"))

    def test_delete_what_has_a_finalizer(self):
        self.load(claim("c", finalizers=[FINALIZER]))
        self.good(self.client("delete", "resourceclaims", "c", namespace="default"))
        obj = self.stored("c")
        self.assertIn("deletionTimestamp", obj["metadata"])
        obj = dict(obj, metadata=dict(obj["metadata"], finalizers=[]))
        self.good(self.write("replace", "resourceclaims", "c", obj))
        self.bad(self.client("get", "resourceclaims", "c", namespace="default"), REMOTE,
                 "404", NOT_FOUND)


class Controllers(ServerTest):
    """The life of a claim, as it was seen with the real controllers."""

    POD = {"resource": "pods", "name": "p", "uid": "p1"}

    def setUp(self):
        super().setUp()
        self.server.controllers = True
        self.load({"apiVersion": "v1", "kind": "Pod",
                   "metadata": {"name": "p", "uid": "p1"}},
                  {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
                   "metadata": {"name": "vm1", "uid": "u1"}})

    def claim(self):
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        return self.store.tables[kind].objects.get(("default", "c"))

    def consumers(self):
        return [c["name"] for c in self.claim()["status"].get("reservedFor", [])]

    def delete(self, resource, name):
        self.good(self.client("delete", resource, name, namespace="default"))

    def unreserve(self):
        obj = json.loads(json.dumps(self.claim()))
        obj["status"]["reservedFor"] = [c for c in obj["status"]["reservedFor"]
                                        if c["resource"] == "pods"]
        self.good(self.client("replace", "resourceclaims/status", "c",
                              namespace="default", text=json.dumps(obj)))

    def test_a_claim_of_a_pod_is_deallocated_with_it(self):
        self.load(allocated("c", reserved=[self.POD], finalizers=[FINALIZER]))
        self.delete("pods", "p")
        self.assertEqual(self.claim()["status"], {})
        self.assertNotIn("finalizers", self.claim()["metadata"])

    def test_a_claim_of_a_vm_stays_allocated(self):
        self.load(allocated("c", reserved=[vm("vm1", "u1"), self.POD],
                            finalizers=[FINALIZER]))
        self.delete("pods", "p")
        self.assertEqual(self.consumers(), ["vm1"])
        self.assertIn("allocation", self.claim()["status"])
        self.unreserve()  # while no pod runs: nobody deallocates
        self.assertIn("allocation", self.claim()["status"])

    def test_without_the_finalizer_it_is_never_deallocated(self):
        self.load(allocated("c", reserved=[self.POD]))
        self.delete("pods", "p")
        self.assertEqual(self.consumers(), [])
        self.assertIn("allocation", self.claim()["status"])

    def test_deletion_waits_for_the_reservation(self):
        self.load(allocated("c", reserved=[vm("vm1", "u1")], finalizers=[FINALIZER]))
        self.delete("resourceclaims", "c")
        self.assertIn("deletionTimestamp", self.claim()["metadata"])
        self.unreserve()
        self.assertIsNone(self.claim())

    def test_a_claim_goes_with_the_vm_that_owns_it(self):
        owner = [{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "vm1",
                  "uid": "u1"}]
        self.load(allocated("c", reserved=[vm("vm1", "u1"), self.POD],
                            finalizers=[FINALIZER], ownerReferences=owner))
        self.delete("virtualmachines", "vm1")
        self.assertIn("deletionTimestamp", self.claim()["metadata"])
        self.delete("pods", "p")
        self.assertEqual(self.consumers(), ["vm1"])
        self.unreserve()
        self.assertIsNone(self.claim())
        self.load({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
                   "metadata": {"name": "vm1", "uid": "u1"}},
                  allocated("c", reserved=[vm("vm1", "u1")], ownerReferences=owner))
        self.delete("virtualmachines", "vm1")  # without the finalizer: at once
        self.assertIsNone(self.claim())


if __name__ == "__main__":
    main()
