#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The admission policies of deploy/kubernetes: pods before and after."""
import copy
import itertools
import os
import unittest

import admission
import manifest
from admission import CelError, Refused


def policies():
    """Those of the base, and those of the component."""
    objects = manifest.build(manifest.DEPLOY)
    folder = manifest.build(os.path.join(manifest.DEPLOY, "components/hook-folder"))
    return pick(objects + folder)


def pick(objects):
    bindings = [o for o in objects if o["kind"] == "MutatingAdmissionPolicyBinding"]
    return [admission.Policy(o, bindings) for o in objects
            if o["kind"] == "MutatingAdmissionPolicy"]


POLICIES = policies()


def launcher(annotations=None, hooks=0, claims=None, compute=None, **spec):
    """A virt-launcher pod, as virt-controller makes it: compute comes first."""
    containers = [{"name": "compute", "image": "virt-launcher", "resources":
                   {"requests": {"cpu": "100m"}}, "volumeMounts":
                   [{"name": "private", "mountPath": "/var/run/kubevirt-private"}]}]
    if compute is not None:
        containers[0]["resources"]["claims"] = compute
    for at in range(hooks):
        containers.append({
            "name": f"hook-sidecar-{at}", "image": "sidecar",
            "args": ["--version", "v1alpha3"], "resources": {},
            "volumeMounts": [{"name": "hook-sidecar-sockets", "subPath":
                              f"hook-sidecar-{at}",
                              "mountPath": "/var/run/kubevirt-hooks"}]})
    containers.append({"name": "guest-console-log", "image": "virt-launcher",
                       "resources": {}})
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"generateName": "virt-launcher-quince-", "labels":
                        {"kubevirt.io": "virt-launcher"},
                        "annotations": dict({"kubevirt.io/domain": "quince"},
                                            **(annotations or {}))},
           "spec": dict({"containers": containers,
                         "volumes": [{"name": "private", "emptyDir": {}},
                                     {"name": "hook-sidecar-sockets", "emptyDir": {}}]},
                        **spec)}
    if claims:
        pod["spec"]["resourceClaims"] = [
            {"name": c, "resourceClaimName": "orchard-" + c} for c in claims]
    return pod


def admit(pod):
    """In every order the same comes out, and once more changes nothing."""
    results = []
    before, pod = copy.deepcopy(pod), admission.typed(pod)
    for order in itertools.permutations(POLICIES):
        results.append(admission.admit(order, pod, "orchard"))
    assert pod == admission.typed(before), "the pod that came in was changed"
    assert all(r == results[0] for r in results), "the order of policies matters"
    assert admission.admit(POLICIES, results[0], "orchard") == results[0]
    return results[0]


def claims_of(pod, name="compute"):
    found = [c for c in pod["spec"]["containers"] if c["name"] == name]
    return found[0]["resources"].get("claims")


def asks(value):
    return {"virt-claim.io/compute-claims": value}


class Compute(unittest.TestCase):
    def made(self, value, claims=("disks", "sound"), compute=None):
        return claims_of(admit(launcher(asks(value), claims=claims, compute=compute)))

    def test_adds_a_pair(self):
        self.assertEqual(self.made("disks/log", compute=[
            {"name": "disks", "request": "nvme"}]),
            [{"name": "disks", "request": "nvme"}, {"name": "disks", "request": "log"}])

    def test_without_any_claim_before(self):
        self.assertEqual(self.made("disks/log"), [{"name": "disks", "request": "log"}])

    def test_several_with_spaces_and_a_comma_too_many(self):
        self.assertEqual(self.made(" disks/log ,sound,, "),
                         [{"name": "disks", "request": "log"}, {"name": "sound"}])

    def test_what_is_there_stays_as_it_is(self):
        for there in ([{"name": "disks", "request": "log"}], [{"name": "disks"}]):
            self.assertEqual(self.made("disks/log", compute=there), there)

    def test_a_whole_claim_takes_the_place_of_its_requests(self):
        self.assertEqual(self.made("disks", compute=[
            {"name": "disks", "request": "nvme"}, {"name": "sound", "request": "card"}]),
            [{"name": "sound", "request": "card"}, {"name": "disks"}])

    def test_an_empty_value_changes_nothing(self):
        self.assertIsNone(self.made(""))

    def test_no_resources_at_all(self):
        pod = launcher(asks("sound"), claims=["sound"])
        del pod["spec"]["containers"][0]["resources"]
        self.assertEqual(claims_of(admit(pod)), [{"name": "sound"}])

    def test_compute_is_found_wherever_it_stands(self):
        pod = launcher(asks("sound"), hooks=1, claims=["sound"])
        pod["spec"]["containers"].reverse()
        made = admit(pod)
        self.assertEqual(claims_of(made), [{"name": "sound"}])
        self.assertIsNone(claims_of(made, "hook-sidecar-0"))

    def test_the_rest_of_the_pod_stays(self):
        pod = launcher(asks("disks/log"), claims=["disks"], compute=[], hooks=2)
        made = admit(pod)
        made["spec"]["containers"][0]["resources"]["claims"] = []
        self.assertEqual(made, pod)

    def test_the_api_server_refuses_what_makes_no_sense(self):
        for value, why in (("disk/log", 'Not found: "disk"'),
                           ("disks/log/x", 'Invalid value: "log/x"'),
                           ("disks/", 'Invalid value: ""'),
                           ("/log", 'Not found: ""'),
                           ("disks,disks/log", 'Duplicate value: "disks'),
                           ("sound,sound", 'Duplicate value: "sound"')):
            with self.subTest(value), self.assertRaisesRegex(Refused, why):
                self.made(value)

    def test_not_asked_for(self):
        for pod in (launcher(claims=["disks"]), launcher({"a": "disks"}, claims=["disks"])):
            self.assertEqual(admit(pod), pod)
        pod = launcher(claims=["disks"])
        del pod["metadata"]["annotations"]
        self.assertEqual(admit(pod), pod)

    def test_pods_of_others_are_not_touched(self):
        pod = launcher(asks("disks"), claims=["disks"])
        pod["metadata"]["labels"]["kubevirt.io"] = "hotplug-disk"
        self.assertEqual(admit(pod), pod)
        del pod["metadata"]["labels"]
        self.assertEqual(admit(pod), pod)

    def test_a_launcher_without_compute(self):
        pod = launcher(asks("disks"), claims=["disks"])
        del pod["spec"]["containers"][0]
        self.assertEqual(admit(pod), pod)


class HookClaims(unittest.TestCase):
    ASKS = {"virt-claim.io/hook": "claims"}

    def test_hooks_get_every_claim(self):
        made = admit(launcher(self.ASKS, hooks=2, claims=["disks", "sound"],
                              compute=[{"name": "disks", "request": "nvme"}]))
        for name in ("hook-sidecar-0", "hook-sidecar-1"):
            self.assertEqual(claims_of(made, name), [{"name": "disks"}, {"name": "sound"}])
        self.assertEqual(claims_of(made), [{"name": "disks", "request": "nvme"}])
        self.assertIsNone(claims_of(made, "guest-console-log"))
        self.assertEqual(len(made["spec"]["volumes"]), 2)

    def test_a_request_becomes_the_whole_claim(self):
        pod = launcher(self.ASKS, hooks=1, claims=["disks"])
        pod["spec"]["containers"][1]["resources"]["claims"] = [
            {"name": "disks", "request": "nvme"}]
        self.assertEqual(claims_of(admit(pod), "hook-sidecar-0"), [{"name": "disks"}])

    def test_limits_of_the_hook_stay(self):
        pod = launcher(self.ASKS, hooks=1, claims=["disks"])
        pod["spec"]["containers"][1]["resources"]["limits"] = {"memory": "64M"}
        self.assertEqual(admit(pod)["spec"]["containers"][1]["resources"],
                         {"limits": {"memory": "64M"}, "claims": [{"name": "disks"}]})

    def test_no_resources_at_all(self):
        pod = launcher(self.ASKS, hooks=1, claims=["disks"])
        del pod["spec"]["containers"][1]["resources"]
        self.assertEqual(claims_of(admit(pod), "hook-sidecar-0"), [{"name": "disks"}])

    def test_nothing_to_do(self):
        for pod in (launcher(self.ASKS, hooks=1), launcher(self.ASKS, claims=["disks"]),
                    launcher({"virt-claim.io/hook": "yes"}, hooks=1, claims=["disks"]),
                    launcher(hooks=1, claims=["disks"])):
            self.assertEqual(admit(pod), pod)


class HookFolder(unittest.TestCase):
    ASKS = {"virt-claim.io/hook": "folder"}
    FOLDER = "/run/virt-claim/claims/orchard"

    def test_hooks_get_the_folder_of_their_namespace(self):
        made = admit(launcher(self.ASKS, hooks=2, claims=["disks"]))
        self.assertEqual(made["spec"]["volumes"][2:], [
            {"name": "virt-claim-folder", "hostPath":
             {"path": self.FOLDER, "type": "DirectoryOrCreate"}}])
        for container in made["spec"]["containers"]:
            mounts = [m for m in container.get("volumeMounts", [])
                      if m["name"] == "virt-claim-folder"]
            wanted = [{"name": "virt-claim-folder", "mountPath": self.FOLDER,
                       "readOnly": True}] if "hook" in container["name"] else []
            self.assertEqual(mounts, wanted)
            self.assertNotIn("claims", container["resources"])

    def test_a_pod_without_volumes(self):
        pod = launcher(self.ASKS, hooks=1, volumes=[])
        for container in pod["spec"]["containers"]:
            container["volumeMounts"] = []
        pod["spec"]["containers"][1]["volumeMounts"] = [{"name": "x", "mountPath": "/x"}]
        with self.assertRaisesRegex(Refused, 'Not found: "x"'):
            admit(pod)  # by the validation that follows: the policy has done its part
        made = POLICIES[-1].mutate(admission.typed(pod), "orchard")
        self.assertEqual([v["name"] for v in made["spec"]["volumes"]],
                         ["virt-claim-folder"])

    def test_a_hook_without_its_sockets_is_none(self):
        pod = launcher(self.ASKS, hooks=1)
        pod["spec"]["containers"][1]["volumeMounts"] = []
        with self.assertRaisesRegex(Refused, "no such key: volumeMounts"):
            admit(pod)

    def test_nothing_to_do(self):
        for pod in (launcher(self.ASKS), launcher({"virt-claim.io/hook": "Folder"}, hooks=1)):
            self.assertEqual(admit(pod), pod)

    def test_all_at_once(self):
        made = admit(launcher(dict(self.ASKS, **asks("disks/log")), hooks=1,
                              claims=["disks"]))
        self.assertEqual(claims_of(made), [{"name": "disks", "request": "log"}])
        self.assertEqual(len(made["spec"]["volumes"]), 3)


class Typed(unittest.TestCase):
    def test_what_is_empty_is_gone(self):
        self.assertEqual(admission.typed({"spec": {"volumes": [], "resources": {}, "a": [
            {"limits": {}, "emptyDir": {}}]}, "labels": {}}),
            {"spec": {"resources": {}, "a": [{"emptyDir": {}}]}})


class Broken(unittest.TestCase):
    """A policy that does not compile, or does something else, is seen."""

    def policy(self, name="compute-claims.virt-claim.io"):
        return copy.deepcopy(next(
            o for o in manifest.build(manifest.DEPLOY)
            if o["kind"] == "MutatingAdmissionPolicy" and o["metadata"]["name"] == name))

    def bind(self, policy):
        return admission.Policy(policy, [{"spec": {"policyName":
                                                   policy["metadata"]["name"]}}])

    def compiles(self, expression):
        policy = self.policy()
        policy["spec"]["mutations"][0]["jsonPatch"]["expression"] = expression
        return self.bind(policy)

    def test_what_does_not_compile(self):
        for expression, why in (
                ("[JSONPatch{op: \"add\"", "expected"),
                ("[JSONPatch{of: \"add\"}]", "undefined field 'of'"),
                ("[JSONPatch{op: 1}]", "another type"),
                ("[Patch{op: \"add\"}]", "expected"),
                ("objekt.spec", "undeclared reference to 'objekt'"),
                ("variables.idex", "undefined field 'idex'"),
                ("[{\"name\": \"a\", \"readOnly\": true}]", "of several types"),
                ("[1, \"a\"]", "of several types"),
                ("Object.spec.volumes{nam: \"a\"}", "undefined field 'nam'"),
                ("Object.spec.volume{name: \"a\"}", "undeclared reference"),
                ("object.spec.containers.sort()", "outside of the subset"),
                ("object.spec.containers.map(object, 1)", "name of another variable"),
                ("namespace", "reserved word"),
                ("size(1, 2)", "one argument")):
            with self.subTest(expression), self.assertRaisesRegex(CelError, why):
                self.compiles(expression)

    def test_a_variable_knows_those_before_it_only(self):
        policy = self.policy()
        policy["spec"]["variables"].reverse()
        with self.assertRaisesRegex(CelError, "undefined field"):
            self.bind(policy)

    def test_conditions_know_no_variables(self):
        policy = self.policy()
        policy["spec"]["matchConditions"][0]["expression"] = "variables.index == 0"
        with self.assertRaisesRegex(CelError, "undefined field 'index' of variables"):
            self.bind(policy)

    def test_an_object_at_another_place(self):
        broken = self.compiles(
            '[JSONPatch{op: "add", path: "/spec/containers/0", '
            'value: Object.spec.volumes{name: "a"}}]')
        with self.assertRaisesRegex(Refused, "does not belong at"):
            broken.mutate(launcher(asks("x"), claims=["x"]), "orchard")

    def test_one_that_never_ends(self):
        broken = self.compiles('[JSONPatch{op: "add", path: "/spec/volumes/-", '
                               'value: {"name": string(size(object.spec.volumes))}}]')
        with self.assertRaisesRegex(Refused, "never come to an end"):
            admission.admit([broken], launcher(asks("x"), claims=["x"]), "orchard")

    def test_without_a_binding_nothing_happens(self):
        pod = launcher(asks("x"), claims=["x"])
        self.assertEqual(admission.Policy(self.policy(), []).mutate(pod, "orchard"), pod)


if __name__ == "__main__":
    unittest.main(verbosity=2)
