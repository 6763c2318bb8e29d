#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""deploy/kubernetes: YAML, schemas, what kustomize makes of it, and what refers to what."""
import copy
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import manifest
import pods
import schema
from manifest import DEPLOY, ROOT, ManifestError, identity
from schema import SchemaError

BUILDS = {
    "everything": "", "companion-only": "overlays/companion-only",
    "controller-only": "overlays/controller-only", "uninstall": "uninstall",
    "example nvme": "examples/nvme",
    "example nvme-hook": "examples/nvme-hook"}
COMPONENTS = ["components/hook-folder", "components/selinux",
              "components/admission-v1beta1"]


def path(name):
    return os.path.join(DEPLOY, name)


def with_components(names=tuple(COMPONENTS), builder=manifest.build):
    """The base with components, as a site's own kustomization has them."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
        text = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization",
                "resources:", f"- {os.path.relpath(DEPLOY, scratch)}", "components:"]
        text += [f"- {os.path.relpath(path(n), scratch)}" for n in names]
        with open(scratch + "/kustomization.yaml", "w", encoding="utf-8") as out:
            out.write("\n".join(text) + "\n")
        return builder(scratch)


def of_kind(objects, kind):
    return [o for o in objects if o["kind"] == kind]


def named(objects, kind, name):
    return next(o for o in of_kind(objects, kind) if o["metadata"]["name"] == name)


class Yaml(unittest.TestCase):
    def test_every_file_is_strict_and_belongs_to_a_build(self):
        used = set()
        for directory, _, names in os.walk(DEPLOY):
            for name in names:
                self.assertRegex(name, r"^[a-z-]+\.yaml$")
                manifest.load_file(os.path.join(directory, name))
        for kustomization in glob.glob(DEPLOY + "/**/kustomization.yaml", recursive=True):
            here = os.path.dirname(kustomization)
            rules = manifest.read_kustomization(here)
            used |= {os.path.normpath(os.path.join(here, r)) for r in
                     rules.get("resources", [])} | {kustomization}
        for file in glob.glob(DEPLOY + "/**/*.yaml", recursive=True):
            self.assertIn(file, used, "no kustomization has this file")

    def test_what_is_refused(self):
        for text, why in (("a: 1\na: 2\n", "twice"), ("a: yes\n", "in quotes"),
                          ("a: 0755\n", "in quotes"), ("a: &x 1\nb: *x\n", "aliases"),
                          ("a: {b: on}\n", "in quotes"), ("1: a\n", "no text"),
                          ("- a\n", "no object"), ("a: [\n", "expected"),
                          ("a: !!python/object:os.system {}\n", "could not determine")):
            with self.subTest(text), self.assertRaisesRegex(ManifestError, why):
                manifest.load(text)
        self.assertEqual(manifest.load("a: 'yes'\n"), [{"a": "yes"}])


class Schemas(unittest.TestCase):
    def test_every_object(self):
        for name, directory in BUILDS.items():
            for obj in manifest.build(path(directory)):
                with self.subTest(f"{name}: {identity(obj)}"):
                    schema.check(obj)
        for obj in with_components():
            schema.check(obj)

    def test_what_is_refused(self):
        """One change each to a good object."""
        def change(kind, name, steps):
            obj = copy.deepcopy(named(manifest.build(DEPLOY), kind, name))
            steps(obj["spec"])
            with self.assertRaises(SchemaError, msg=f"{kind}: {steps}") as caught:
                schema.check(obj)
            return str(caught.exception)

        def container(spec):
            return spec["template"]["spec"]["containers"][0]

        daemon, deployment = ("DaemonSet", "virt-claimd"), \
            ("Deployment", "virt-claim-controller")
        policy = ("MutatingAdmissionPolicy", "hook-claims.virt-claim.io")
        for target, steps, why in (
                (daemon, lambda s: s.update(replicas=1), "unknown field 'replicas'"),
                (daemon, lambda s: s.pop("selector"), "'selector' is missing"),
                (daemon, lambda s: container(s).update(imagePullPolice="Always"),
                 "unknown field"),
                (daemon, lambda s: container(s).update(image="virt-claim"),
                 "does not look right"),
                (daemon, lambda s: container(s)["securityContext"].update(
                    readonlyRootFilesystem=True), "unknown field"),
                (daemon, lambda s: container(s)["resources"]["requests"].update(cpu=1),
                 "expected a text"),
                (daemon, lambda s: container(s)["resources"]["requests"].update(
                    memory="32MB"), "does not look right"),
                (daemon, lambda s: container(s)["volumeMounts"][1].pop("readOnly"),
                 "recursiveReadOnly without readOnly"),
                (daemon, lambda s: container(s)["volumeMounts"].append(
                    container(s)["volumeMounts"][0]), "twice"),
                (daemon, lambda s: s["template"]["spec"]["volumes"][1].update(
                    emptyDir={}), "expected one of"),
                (daemon, lambda s: s["template"]["spec"].update(
                    automountServiceAccountToken="true"), "expected true or false"),
                (deployment, lambda s: s.update(replicas=2), "not from 1 to 1"),
                (deployment, lambda s: s["strategy"].update(type="RollingUpdate"),
                 "none of Recreate"),
                (policy, lambda s: s.update(mutations=[]), "entries"),
                (policy, lambda s: s.pop("reinvocationPolicy"), "is missing"),
                (policy, lambda s: s["matchConstraints"]["resourceRules"][0].update(
                    operations=["DELETE"]), "none of CREATE"),
                (policy, lambda s: s["matchConditions"].append(s["matchConditions"][0]),
                 "twice")):
            with self.subTest(why):
                self.assertIn(why, change(*target, steps))
        with self.assertRaisesRegex(SchemaError, "no schema for"):
            schema.check({"apiVersion": "apps/v1beta1", "kind": "Deployment"})

    def test_a_constraint_of_a_request_that_is_not_there(self):
        claim = copy.deepcopy(named(manifest.build(path("examples/nvme")),
                                    "ResourceClaim", "quince-disks"))
        constraint = {"matchAttribute": "resource.kubernetes.io/pcieRoot",
                      "requests": ["nvme", "log"]}
        claim["spec"]["devices"]["constraints"] = [constraint]
        schema.check(claim)
        constraint["requests"].append("swap")
        with self.assertRaisesRegex(SchemaError, "no request is called 'swap'"):
            schema.check(claim)


class Build(unittest.TestCase):
    def test_what_is_refused(self):
        good = {"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\n"
                                      "kind: Kustomization\nresources: [a.yaml]\n",
                "a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"}
        outside = good["kustomization.yaml"].replace("a.yaml", "../a.yaml")
        for change, why in (
                ({"kustomization.yaml": good["kustomization.yaml"].replace("a.y", "b.y")},
                 "no such file"),
                ({"kustomization.yaml": outside}, "outside"),
                ({"kustomization.yaml": good["kustomization.yaml"] + "namePrefix: x\n"},
                 "unknown: namePrefix"),
                ({"a.yaml": good["a.yaml"] + "---\n" + good["a.yaml"]}, "is there twice"),
                ({"a.yaml": "kind: Namespace\nmetadata: {name: a}\n"},
                 "without apiVersion"),
                ({"kustomization.yaml": good["kustomization.yaml"] + "patches:\n"
                  "- target: {version: v1, kind: Namespace, name: b}\n"
                  "  patch: '[]'\n"}, "not there")):
            with self.subTest(why), tempfile.TemporaryDirectory() as scratch:
                for name, text in dict(good, **change).items():
                    with open(f"{scratch}/{name}", "w", encoding="utf-8") as out:
                        out.write(text)
                with self.assertRaisesRegex(ManifestError, why):
                    manifest.build(scratch)

    def test_kustomize_makes_the_same(self):
        tools = [["kustomize", "build"], ["kubectl", "kustomize"]]
        tool = next((t for t in tools if shutil.which(t[0])), None)
        if not tool:
            self.skipTest("neither kustomize nor kubectl")

        def kustomize(directory):
            done = subprocess.run([*tool, directory], capture_output=True, text=True,
                                  check=False, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            return manifest.load(done.stdout)

        self.maxDiff = None
        pairs = [(manifest.build(path(d)), kustomize(path(d))) for d in BUILDS.values()]
        pairs.append((with_components(), with_components(builder=kustomize)))
        for ours, theirs in pairs:
            self.assertEqual({identity(o): o for o in ours},
                             {identity(o): o for o in theirs})


class References(unittest.TestCase):
    """Nothing refers to something that is not there."""

    @staticmethod
    def builds():
        return [manifest.build(path(d)) for d in BUILDS.values()] + [with_components()]

    def test_namespaces(self):
        for name in ("everything", "companion-only", "controller-only", "uninstall"):
            objects = manifest.build(path(BUILDS[name]))
            self.assertEqual([o["metadata"]["name"] for o in of_kind(objects, "Namespace")],
                             [] if name == "uninstall" else ["virt-claim"])
            for obj in objects:
                self.assertEqual(obj["metadata"].get("namespace"),
                                 None if obj["kind"] in manifest.CLUSTER_KINDS
                                 else "virt-claim", identity(obj))
                self.assertEqual(obj["metadata"]["labels"]["app.kubernetes.io/part-of"],
                                 "virt-claim")
        for name in ("example nvme", "example nvme-hook"):
            for obj in manifest.build(path(BUILDS[name])):
                self.assertEqual(obj["metadata"].get("namespace"),
                                 None if obj["kind"] in manifest.CLUSTER_KINDS
                                 else "orchard")

    def test_pods(self):
        for objects in self.builds():
            for obj in objects:
                template = manifest.pod_of(obj)
                if template:
                    self.check_pod(objects, obj, template)

    def check_pod(self, objects, obj, template):
        spec, labels = template["spec"], template["metadata"]["labels"]
        for key, value in obj["spec"].get("selector", {}).get("matchLabels", {}).items():
            self.assertEqual(labels.get(key), value, "the selector selects no pod")
        if obj["kind"] == "Job":  # beside everything else
            objects = manifest.build(DEPLOY)
        named(objects, "ServiceAccount", spec["serviceAccountName"])
        volumes = {v["name"]: v for v in spec.get("volumes", [])}
        mounted = set()
        for container in spec["containers"]:
            for mount in container.get("volumeMounts", []):
                mounted.add(mount["name"])
                config = volumes[mount["name"]].get("configMap")
                if config:
                    data = named(objects, "ConfigMap", config["name"])["data"]
                    self.assertIn(mount["subPath"], data)
                elif "hostPath" in volumes[mount["name"]]:
                    # hooks and drivers speak of paths of the node
                    self.assertEqual(mount["mountPath"],
                                     volumes[mount["name"]]["hostPath"]["path"])
        self.assertEqual(mounted, set(volumes), "a volume that nobody mounts")

    def test_roles(self):
        for objects in self.builds():
            bound = set()
            for binding in of_kind(objects, "ClusterRoleBinding"):
                bound.add(named(objects, "ClusterRole",
                                binding["roleRef"]["name"])["metadata"]["name"])
                for subject in binding["subjects"]:
                    account = named(objects, "ServiceAccount", subject["name"])
                    self.assertEqual(account["metadata"]["namespace"],
                                     subject["namespace"])
            self.assertEqual(bound, {r["metadata"]["name"] for r in
                                     of_kind(objects, "ClusterRole")})

    def test_policies(self):
        for objects in self.builds():
            self.assertEqual({b["spec"]["policyName"] for b in of_kind(
                objects, "MutatingAdmissionPolicyBinding")},
                {p["metadata"]["name"] for p in of_kind(objects,
                                                        "MutatingAdmissionPolicy")})

    def test_images_have_the_version_of_the_project(self):
        with open(ROOT + "/CMakeLists.txt", encoding="utf-8") as text:
            version = re.search(r"project\(virt-claim VERSION ([0-9.]+)", text.read())[1]
        seen = set()
        for objects in self.builds():
            for obj in objects:
                seen |= {c["image"] for c in manifest.containers_of(obj)}
                for text in re.findall(r"registry\.example\.org/[^\"\s]*", json.dumps(obj)):
                    seen.add(text.rstrip("\\"))
        self.assertEqual(seen, {"registry.example.org/virt-claim:" + version,
                                "registry.example.org/virt-claim-sidecar:" + version})


class Security(unittest.TestCase):
    def pods(self, objects):
        return {o["metadata"]["name"]: manifest.pod_of(o)["spec"] for o in objects
                if manifest.pod_of(o)}

    def test_the_companion_has_what_it_needs_and_no_more(self):
        spec = self.pods(manifest.build(DEPLOY))["virt-claimd"]
        self.assertEqual(pods.why_not_baseline(spec), [
            "hostPath /var/run/cdi", "hostPath /etc/cdi",
            "hostPath /var/lib/kubelet/plugins", "hostPath /sys",
            "hostPath /run/virt-claim"])
        self.assertEqual(pods.why_not_restricted(spec), ["virt-claimd may be root",
                                                         "virt-claimd is root"])
        container = spec["containers"][0]
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        self.assertEqual([m["name"] for m in container["volumeMounts"]
                          if not m.get("readOnly")], ["run"])

    def test_the_controller_fits_restricted(self):
        for name, build in (("virt-claim-controller", DEPLOY),
                            ("virt-claim-release-all", path("uninstall"))):
            spec = self.pods(manifest.build(build))[name]
            self.assertEqual(pods.why_not_baseline(spec) + pods.why_not_restricted(spec),
                             [])
            self.assertTrue(spec["containers"][0]["securityContext"][
                "readOnlyRootFilesystem"])

    def test_namespaces_have_the_level_of_their_pods(self):
        for name, level in (("everything", "privileged"), ("companion-only", "privileged"),
                            ("controller-only", "restricted")):
            objects = manifest.build(path(BUILDS[name]))
            labels = of_kind(objects, "Namespace")[0]["metadata"]["labels"]
            self.assertEqual(labels["pod-security.kubernetes.io/enforce"], level)
            for spec in self.pods(objects).values():
                if level == "restricted":
                    self.assertEqual(pods.why_not_baseline(spec) +
                                     pods.why_not_restricted(spec), [])

    def test_older_clusters(self):
        """Nothing of the policies is left in a version that they do not have."""
        versions = {o["apiVersion"] for o in with_components() if "Admission" in o["kind"]}
        self.assertEqual(versions, {"admissionregistration.k8s.io/v1beta1"})

    def test_selinux(self):
        spec = self.pods(with_components(["components/selinux"]))["virt-claimd"]
        self.assertIn("pod has SELinux type spc_t", pods.why_not_baseline(spec))

    def test_what_is_seen(self):
        """Each rule once."""
        good = self.pods(manifest.build(DEPLOY))["virt-claim-controller"]
        for steps, why in (
                (lambda s: s["containers"][0]["securityContext"].update(privileged=True),
                 "is privileged"),
                (lambda s: s["containers"][0]["securityContext"].pop(
                    "allowPrivilegeEscalation"), "may escalate"),
                (lambda s: s["securityContext"].pop("runAsNonRoot"), "may be root"),
                (lambda s: s["securityContext"].update(runAsUser=0), "is root"),
                (lambda s: s["containers"][0]["securityContext"].pop("capabilities"),
                 "keeps capabilities"),
                (lambda s: s["containers"][0]["securityContext"]["capabilities"].update(
                    add=["SYS_ADMIN"]), "adds capabilities"),
                (lambda s: s["securityContext"].pop("seccompProfile"), "no seccomp"),
                (lambda s: s.update(hostNetwork=True), "hostNetwork"),
                (lambda s: s["volumes"].append({"name": "x", "nfs": {}}), "volume nfs")):
            spec = copy.deepcopy(good)
            steps(spec)
            with self.subTest(why):
                self.assertIn(why, "\n".join(pods.why_not_baseline(spec) +
                                             pods.why_not_restricted(spec)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
