#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules that deploy/kubernetes grants are those that the programs use: all, and no more.

The API server of tests/kube grants what the manifests say, and writes down each time that
it looked for a rule. A request that is refused and a rule that nobody used both fail.

test_rbac.py BUILD, with CONTROLLER in the environment
"""
import contextlib
import copy
import glob
import json
import os
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../kube"), os.path.join(HERE, "../companion")]
# pylint: disable=wrong-import-position
import controller
import manifest
from companion import DRIVER, NODE
from companion import claim as claimed
from controller import ControllerTest, allocated, asking, claim, uid, vm
from harness import ServerTest, environment, setup
from where import BUILD

# Everybody may ask these: [K8S] ClusterRole system:public-info-viewer, system:discovery
PUBLIC = ("/version", "/apis/resource.k8s.io")


def granted(objects, account):
    """Rules of a service account, as tests/kube/server/access.py wants them."""
    roles = {o["metadata"]["name"]: o for o in objects if o["kind"] == "ClusterRole"}
    for binding in objects:
        if binding["kind"] == "ClusterRoleBinding" and any(
                s["name"] == account for s in binding["subjects"]):
            for rule in roles[binding["roleRef"]["name"]]["rules"]:
                yield {"verbs": rule["verbs"], "groups": rule["apiGroups"],
                       "resources": rule["resources"]}


def triples(rules):
    return {(verb, group, resource) for r in rules for verb in r["verbs"]
            for group in r["groups"] for resource in r["resources"]}


class Recorder:
    """Stands before Access.may(), and keeps what one account was asked for."""

    def __init__(self, access, user):
        self.ask, self.user = access.may, user
        self.used, self.refused = set(), set()
        access.may = self.may

    def may(self, account, verb, kind, resource, namespace=None, name=None):
        answer = self.ask(account, verb, kind, resource, namespace, name)
        if account.get("user") == self.user:
            (self.used if answer else self.refused).add((verb, kind.group, resource))
        return answer


class Rules(unittest.TestCase):
    """What the test itself is made of."""

    def test_granted(self):
        objects = [
            {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [
                {"apiGroups": ["g"], "resources": ["a", "b"], "verbs": ["get"]}]},
            {"kind": "ClusterRoleBinding", "roleRef": {"name": "r"},
             "subjects": [{"name": "x"}]}]
        self.assertEqual(triples(granted(objects, "x")), {("get", "g", "a"),
                                                          ("get", "g", "b")})
        self.assertEqual(triples(granted(objects, "y")), set())

    def test_reservations_are_allowed_in_the_whole_cluster(self):
        """[K8S 1.36] binding counts only with a ClusterRoleBinding."""
        objects = manifest.build(manifest.DEPLOY)
        rules = triples(granted(objects, "virt-claim-controller"))
        self.assertIn(("patch", "resource.k8s.io", "resourceclaims/binding"), rules)
        self.assertFalse([o for o in objects if o["kind"] in ("Role", "RoleBinding")])

    def test_nobody_may_do_everything(self):
        for account in ("virt-claimd", "virt-claim-controller"):
            for rule in triples(granted(manifest.build(manifest.DEPLOY), account)):
                self.assertNotIn("*", rule)

    def test_the_companion_writes_nothing(self):
        rules = triples(granted(manifest.build(manifest.DEPLOY), "virt-claimd"))
        self.assertLessEqual({verb for verb, _, _ in rules}, {"get", "list", "watch"})

    def test_both_agree_with_the_tests_of_the_controller(self):
        self.assertEqual(triples(controller.RULES), triples(granted(
            manifest.build(manifest.DEPLOY), "virt-claim-controller")))

    def test_what_the_tests_of_the_controller_recorded(self):
        """tests/kube leaves in the build tree what each of its classes asked for."""
        records = glob.glob(f"{BUILD}/tests/kube/requests/controller-*.json")
        if not records:
            self.skipTest("they did not run in this build tree")
        granted_there = triples(granted(manifest.build(manifest.DEPLOY),
                                        "virt-claim-controller"))
        for record in records:
            with open(record, encoding="utf-8") as text:
                asked = {(r["verb"], r["group"], r["resource"]) for r in json.load(text)}
            self.assertLessEqual(asked, granted_there, record)


@unittest.skipUnless(os.path.exists(controller.PROGRAM), "virt-claim-controller is not built")
class ControllerRules(ControllerTest):
    def setUp(self):
        super().setUp()
        self.server.controllers = True
        self.rules = list(granted(manifest.build(manifest.DEPLOY), "virt-claim-controller"))
        self.give(self.rules)
        self.recorder = Recorder(self.server.access, controller.ACCOUNT["user"])

    def tearDown(self):
        self.server.access.may = self.recorder.ask
        super().tearDown()

    def give(self, rules):
        account = dict(copy.deepcopy(controller.ACCOUNT), rules=rules)
        self.server.access.accounts["token-controller"] = account

    def life(self):
        """Claims pinned by either annotation, and released in every way there is."""
        self.load(asking(allocated("a"), "v"), allocated("b"), claim("c"), allocated("d"),
                  vm("v", uid(1), claims="b,c"), vm("w", uid(2), claims="d"))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", uid(1))
                          and self.is_pinned("b", "v", uid(1))
                          and self.is_pinned("d", "w", uid(2)))
            self.allocate("c")
            running.until(lambda: self.is_pinned("c", "v", uid(1)))
            self.annotate("a", pin_to=None)
            running.until(lambda: not self.holders("a"))
            self.delete("w")
            running.until(lambda: not self.holders("d"))
            self.assertEqual(running.stop(), 0)
        self.once()
        done = self.run_it("--release-all")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.holders("b") + self.holders("c"))

    def test_all_of_them_and_no_more(self):
        self.life()
        self.assertEqual(self.recorder.refused, set())
        self.assertEqual(self.recorder.used, triples(self.rules))
        for request in self.requests():
            if request["user"] == controller.ACCOUNT["user"]:
                self.assertTrue(request["resource"] or request["path"] in PUBLIC,
                                request["path"])

    def test_a_rule_that_is_missing_is_seen(self):
        self.give([r for r in self.rules if "resourceclaims/status" not in r["resources"]])
        self.load(asking(allocated("a"), "v"), vm("v", uid(1)))
        self.once(status=6)
        self.assertIn(("patch", "resource.k8s.io", "resourceclaims/status"),
                      self.recorder.refused)

    def test_a_rule_too_many_is_seen(self):
        self.give(self.rules + [{"verbs": ["list"], "groups": [""],
                                 "resources": ["secrets"]}])
        self.load(asking(allocated("a"), "v"), vm("v", uid(1)))
        self.once()
        self.assertNotIn(("list", "", "secrets"), self.recorder.used)


COMPANION = f"{BUILD}/src/cli/virt-claimd"
CONFIG = """role: kubernetes
sysfs: {root}/tests/fixtures/sysfs/lab
run: {scratch}/run
state: {scratch}/state
leases: {scratch}/run/leases
cdi: {scratch}/cdi
cdi-directories: [{scratch}/cdi]
kubelet-plugins: {scratch}/plugins
kubeconfig: {scratch}/kubeconfig-companion
"""


def node_slice():
    """What a driver says of a disk of the fixture machine."""
    return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
            "metadata": {"name": "slice"},
            "spec": {"driver": DRIVER, "nodeName": NODE,
                     "pool": {"name": NODE, "generation": 1, "resourceSliceCount": 1},
                     "devices": [{"name": "nvme-0", "attributes": {
                         "resource.kubernetes.io/pciBusID": {"string": "0000:c1:00.0"}}}]}}


@unittest.skipUnless(os.path.exists(COMPANION), "virt-claimd is not built")
class CompanionRules(ServerTest):
    USER = "system:serviceaccount:virt-claim:virt-claimd"

    def setUp(self):
        super().setUp()
        self.rules = list(granted(manifest.build(manifest.DEPLOY), "virt-claimd"))
        self.give(self.rules)
        setup.write(self.path("kubeconfig-companion"), setup.KUBECONFIG.format(
            port=self.port, user="{token: token-companion}"))
        for name in ("run", "state", "cdi", "plugins"):
            os.makedirs(self.path(name), exist_ok=True)
        setup.write(self.path("claimd.yaml"), CONFIG.format(root=manifest.ROOT,
                                                            scratch=self.directory))
        self.recorder = Recorder(self.server.access, self.USER)

    def tearDown(self):
        self.server.access.may = self.recorder.ask

    def give(self, rules):
        self.server.access.accounts["token-companion"] = {"user": self.USER, "rules": rules}

    @contextlib.contextmanager
    def running(self, *command, **options):  # pylint: disable=arguments-differ
        with subprocess.Popen(
                [COMPANION, "--config", self.path("claimd.yaml"), *self.arguments_there()],
                stderr=subprocess.PIPE, text=True,
                env=environment(NODE_NAME=NODE)) as process:
            try:
                yield process
            finally:
                process.terminate()
                self.said = process.communicate(timeout=30)[1]

    @staticmethod
    def arguments_there():
        """As the DaemonSet has them."""
        pod = next(o for o in manifest.build(manifest.DEPLOY) if o["kind"] == "DaemonSet")
        return manifest.containers_of(pod)[0]["args"]

    def wait(self, done):
        end = time.monotonic() + 60
        while not done():
            self.assertLess(time.monotonic(), end, "it did not come to pass")
            time.sleep(0.02)

    def published(self):
        return os.path.exists(self.path("run/claims/lab/one"))

    def life(self):
        """A claim comes and goes."""
        self.load(node_slice(), claimed("one", 0, reserved=[
            {"resource": "pods", "name": "p", "uid": controller.uid(7)}]),
            dict(controller.pod("p"), spec={"nodeName": NODE, "resourceClaims": [
                {"name": "disk", "resourceClaimName": "one"}]}))
        with self.running():
            self.wait(self.published)
            self.store.delete(next(k for k in self.store.tables
                                   if k.plural == "resourceclaims"), "lab", "one", {})
            self.wait(lambda: not self.published())

    def test_all_of_them_and_no_more(self):
        self.life()
        self.assertEqual(self.recorder.refused, set(), self.said)
        self.assertEqual(self.recorder.used, triples(self.rules))
        self.assertNotIn("token-companion", self.said)
        for request in self.requests():
            self.assertEqual(request["method"], "GET")
            self.assertTrue(request["resource"] or request["path"] in PUBLIC)

    def test_it_asks_for_its_own_node_only(self):
        self.life()
        for request in self.requests("/pods|/resourceslices"):
            self.assertIn("spec.nodeName%3D" + NODE, request["path"])

    def test_a_rule_that_is_missing_is_seen(self):
        self.give([r for r in self.rules if "pods" not in r["resources"]])
        self.load(node_slice(), claimed("one", 0))
        with self.running():
            self.wait(lambda: ("list", "", "pods") in self.recorder.refused)


if __name__ == "__main__":
    unittest.main(verbosity=2)
