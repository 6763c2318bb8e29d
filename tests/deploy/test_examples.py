#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of deploy/kubernetes, as far as programs can judge them without a cluster.

test_examples.py BUILD
"""
import copy
import json
import os
import re
import subprocess
import tempfile
import unittest

import jsonschema

import admission
import manifest
from manifest import DEPLOY, ROOT
from test_admission import POLICIES
from where import BUILD

PROGRAMS = {"virt-claim": "src/cli/virt-claim", "virt-claimd": "src/cli/virt-claimd",
            "onDefineDomain": "hooks/onDefineDomain",
            "virt-claim-controller": "src/cli/virt-claim-controller"}
UID = "7e0b2c1a-5d3f-4a68-9c11-0d2f6a3b8e54"

# What KubeVirt makes of the VMI of examples/nvme-hook: one device, from hostDevices
DOMAIN = """<domain type='kvm'>
  <name>orchard_plum</name>
  <memory unit='b'>2147483648</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <hostdev type='pci' managed='no'>
      <source>
        <address type='pci' domain='0x0000' bus='0xc1' slot='0x00' function='0x0'/>
      </source>
      <alias name='ua-dra-hostdevice-nvme'/>
    </hostdev>
  </devices>
</domain>
"""


def program(name):
    return os.path.join(BUILD, PROGRAMS[name])


def run(name, *arguments):
    return subprocess.run([program(name), *arguments], capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)


def example(name, kind):
    objects = manifest.build(os.path.join(DEPLOY, "examples", name))
    return next(o for o in objects if o["kind"] == kind)


def vmi_of(vm):
    """As virt-controller makes it."""
    template = copy.deepcopy(vm["spec"]["template"])
    metadata = dict(template["metadata"], name=vm["metadata"]["name"],
                    namespace=vm["metadata"]["namespace"], uid=UID)
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
            "metadata": metadata, "spec": template["spec"]}


def launcher_of(vmi):
    """The pod that virt-controller makes for it, in what matters here."""
    sidecars = json.loads(vmi["metadata"].get("annotations", {}).get(
        "hooks.kubevirt.io/hookSidecars", "[]"))
    named = [{"name": d["claimName"], "request": d["requestName"]}
             for d in vmi["spec"]["domain"]["devices"].get("hostDevices", [])]
    containers = [{"name": "compute", "resources": {"claims": named}, "volumeMounts": []}]
    containers += [{"name": f"hook-sidecar-{at}", "image": s["image"], "resources": {},
                    "volumeMounts": []} for at, s in enumerate(sidecars)]
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"labels": {"kubevirt.io": "virt-launcher"},
                         "annotations": dict(vmi["metadata"].get("annotations", {}))},
            "spec": {"containers": containers, "volumes": [], "resourceClaims":
                     copy.deepcopy(vmi["spec"]["resourceClaims"])}}


def metadata_of(claim, addresses):
    """What a driver leaves for the pod: KEP-5304, a file for each request."""
    for request in claim["spec"]["devices"]["requests"]:
        name = request["name"]
        yield name, {
            "apiVersion": "metadata.resource.k8s.io/v1alpha1", "kind": "DeviceMetadata",
            "metadata": {"name": claim["metadata"]["name"], "generation": 1, "uid": UID,
                         "namespace": claim["metadata"]["namespace"]},
            "requests": [{"name": name, "devices": [{
                "driver": "nvme.example.com", "pool": "node1", "name": "nvme-" + name,
                "attributes": {"resource.kubernetes.io/pciBusID":
                               {"string": addresses[name]}}}]}]}


class Examples(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="vc-examples-")
        self.addCleanup(self.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text if isinstance(text, str) else json.dumps(text))
        os.chmod(self.path(name), 0o644)
        return self.path(name)

    def test_door_1_is_enough_for_the_first(self):
        vmi = self.write("vmi.json", vmi_of(example("nvme", "VirtualMachine")))
        done = run("virt-claim", "verify", "--vmi", vmi)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("failed", done.stdout)
        self.assertIn("door 1, stock KubeVirt alone", done.stdout)

    def test_the_second_needs_another_door(self):
        vmi = self.write("vmi.json", vmi_of(example("nvme-hook", "VirtualMachine")))
        done = run("virt-claim", "verify", "--vmi", vmi)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("ok       KubeVirt lifts the limit and reserves memory", done.stdout)

    def test_a_plugin_could_do_it_too(self):
        vmi = self.write("vmi.json", vmi_of(example("nvme-hook", "VirtualMachine")))
        done = run("virt-claim", "generate", "plugin", "--vmi", vmi)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["kind"], "Plugin")

    def test_annotations(self):
        vm = example("nvme-hook", "VirtualMachine")
        notes = vm["spec"]["template"]["metadata"]["annotations"]
        with open(ROOT + "/schemas/vmi-annotation.schema.json", encoding="utf-8") as text:
            jsonschema.validate(json.loads(notes["virt-claim.io/devices"]),
                                json.load(text))
        sidecar, = json.loads(notes["hooks.kubevirt.io/hookSidecars"])
        self.assertEqual(set(sidecar), {"image", "args", "configMap"})
        config = example("nvme-hook", "ConfigMap")
        self.assertEqual(sidecar["configMap"]["name"], config["metadata"]["name"])
        self.assertIn(sidecar["configMap"]["key"], config["data"])
        self.assertEqual(vm["metadata"]["annotations"]["virt-claim.io/persistent-claims"],
                         example("nvme-hook", "ResourceClaim")["metadata"]["name"])

    def test_claims_have_the_requests_that_vms_name(self):
        for name in ("nvme", "nvme-hook"):
            claim, vm = example(name, "ResourceClaim"), example(name, "VirtualMachine")
            requests = {r["name"] for r in claim["spec"]["devices"]["requests"]}
            spec = vm["spec"]["template"]["spec"]
            self.assertEqual([c["resourceClaimName"] for c in spec["resourceClaims"]],
                             [claim["metadata"]["name"]])
            for device in spec["domain"]["devices"]["hostDevices"]:
                self.assertIn(device["requestName"], requests)
            classes = {o["metadata"]["name"] for o in manifest.build(
                DEPLOY + "/examples/nvme") if o["kind"] == "DeviceClass"}
            for request in claim["spec"]["devices"]["requests"]:
                self.assertIn(request["exactly"]["deviceClassName"], classes)

    def test_policies_give_every_request_to_compute_and_the_claim_to_the_hook(self):
        for name in ("nvme", "nvme-hook"):
            vm = example(name, "VirtualMachine")
            pod = admission.admit(POLICIES, launcher_of(vmi_of(vm)), "orchard")
            claims = {c["name"]: c["resources"].get("claims")
                      for c in pod["spec"]["containers"]}
            self.assertEqual(sorted(e["request"] for e in claims["compute"]),
                             ["log", "nvme"])
            if name == "nvme-hook":
                self.assertEqual(claims["hook-sidecar-0"], [{"name": "disks"}])

    def test_the_hook_makes_both_disks(self):
        """With the files that the policy brings into the sidecar, and its ConfigMap."""
        claim = example("nvme-hook", "ResourceClaim")
        addresses = {"nvme": "0000:c1:00.0", "log": "0000:65:00.0"}
        for request, document in metadata_of(claim, addresses):
            self.write(f"claims/resourceclaims/{claim['metadata']['name']}/{request}/"
                       "nvme.example.com-metadata.json", document)
        config = self.write("virt-claim.yaml", example(
            "nvme-hook", "ConfigMap")["data"]["virt-claim.yaml"] +
            f"sysfs: {ROOT}/tests/fixtures/sysfs/lab\n")
        vmi = json.dumps(vmi_of(example("nvme-hook", "VirtualMachine")))
        done = run("onDefineDomain", "--vmi", vmi, "--domain", DOMAIN, "--config", config,
                   "--claims", self.path("claims"))
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = re.findall(r"<hostdev.*?</hostdev>", done.stdout, re.S)
        self.assertRegex(first, r"<boot order=.1.")
        self.assertRegex(first, r"<rom bar=.off.")
        self.assertRegex(second, r"ua-log")
        self.assertRegex(second, r"bus=.0x65.")
        self.assertRegex(second, r"bus=.0x0a.")
        again = run("onDefineDomain", "--vmi", vmi, "--domain", done.stdout, "--config",
                    config, "--claims", self.path("claims"))
        self.assertEqual(again.stdout, done.stdout)

    def test_without_the_policy_the_hook_says_what_is_missing(self):
        vmi = json.dumps(vmi_of(example("nvme-hook", "VirtualMachine")))
        os.makedirs(self.path("claims/resourceclaims"))
        done = run("onDefineDomain", "--vmi", vmi, "--domain", DOMAIN, "--config",
                   self.path("none.yaml"), "--claims", self.path("claims"))
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("plum-disks", done.stderr)

    def test_the_programs_have_the_options_of_the_manifests(self):
        for obj in manifest.build(DEPLOY) + manifest.build(DEPLOY + "/uninstall"):
            for container in manifest.containers_of(obj):
                name = os.path.basename(container["command"][0])
                words = container.get("args", []) + container.get(
                    "livenessProbe", {}).get("exec", {}).get("command", [])[1:]
                if not os.path.exists(program(name)):
                    self.fail(f"{name} was not built")
                text = run(name, "--help").stdout
                for word in words:
                    option, _, value = word.partition("=")
                    self.assertRegex(text, rf"(?m)^\s+{option} ", f"{name} {word}")
                    wants = re.search(rf"(?m)^\s+{option} [A-Z]+", text)
                    self.assertEqual(bool(value), bool(wants), word)

    def test_the_companion_accepts_its_configuration(self):
        text = next(o for o in manifest.build(DEPLOY) if o["kind"] == "ConfigMap")
        for change, status in (("", 0), ("rol: kubernetes\n", 1)):
            config = self.write("claimd.yaml", text["data"]["virt-claim.yaml"] + change +
                                f"run: {self.path('run')}\nstate: {self.path('state')}\n"
                                f"cdi: {self.path('cdi')}\n")
            os.makedirs(self.path("run"), exist_ok=True)
            os.makedirs(self.path("cdi"), exist_ok=True)
            done = run("virt-claimd", "--once", "--config", config)
            self.assertEqual(done.returncode, status, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
