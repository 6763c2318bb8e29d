#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/kubevirt.md: what it shows is well-formed, and what it names exists."""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import manifest
import schema
import test_admission
from manifest import DEPLOY, ROOT
from server import patches
from where import BUILD

PAGE = ROOT + "/docs/kubevirt.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def blocks(language):
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", read(PAGE))
    assert found, language
    return found


def anchors(path):
    """As GitHub makes them of headings."""
    for line in re.sub(r"(?ms)^```.*?^```$", "", read(path)).splitlines():
        if line.startswith("#"):
            text = re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower())
            yield text.strip().replace(" ", "-")


class Page(unittest.TestCase):
    def test_yaml(self):
        for text in blocks("yaml"):
            for obj in manifest.load(text, PAGE):
                if obj["kind"] == "Kustomization":
                    self.assertLessEqual(set(obj), manifest.KNOWN)
                else:
                    schema.check(obj)

    def test_the_kustomization_of_a_site(self):
        """Built from beside the source tree, by us and by kustomize."""
        text, = [b for b in blocks("yaml") if "kind: Kustomization" in b]
        with tempfile.TemporaryDirectory() as scratch:
            os.symlink(ROOT, scratch + "/virt-claim")
            os.mkdir(scratch + "/site")
            with open(scratch + "/site/kustomization.yaml", "w", encoding="utf-8") as out:
                # kustomize resolves the link, and then wants the way from there
                out.write(text.replace("../virt-claim", os.path.relpath(
                    ROOT, os.path.realpath(scratch) + "/site")))
            made = manifest.build(os.path.realpath(scratch) + "/site")
            images = {c["image"] for o in made for c in manifest.containers_of(o)}
            self.assertEqual(len(images), 1)
            self.assertTrue(images.pop().startswith("registry.internal/infra/virt-claim:"))
            if shutil.which("kubectl"):
                done = subprocess.run(["kubectl", "kustomize", scratch + "/site"],
                                      capture_output=True, text=True, check=False,
                                      timeout=120)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual({manifest.identity(o): o for o in made},
                                 {manifest.identity(o): o
                                  for o in manifest.load(done.stdout)})

    def test_a_vm_is_asked_before_it_runs(self):
        """The filter of step 6."""
        if not BUILD or not shutil.which("jq"):
            self.skipTest("no jq, or no build tree")
        page = next(b for b in blocks("sh") if "kind: \"VirtualMachineInstance\"" in b)
        program = re.search(r"jq '(.*?)' >vmi\.json", page, re.S)[1]
        vm = next(o for o in manifest.build(DEPLOY + "/examples/nvme")
                  if o["kind"] == "VirtualMachine")
        done = subprocess.run(["jq", program], input=json.dumps(vm), text=True, timeout=60,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as vmi:
            vmi.write(done.stdout)
            vmi.flush()
            done = subprocess.run([BUILD + "/src/cli/virt-claim", "verify", "--vmi",
                                   vmi.name], capture_output=True, text=True, timeout=60,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("door 1", done.stdout)

    def test_the_patch_of_the_webhook_does_what_the_policies_do(self):
        patch = next(json.loads(b) for b in blocks("json") if b.startswith("["))
        pod = test_admission.launcher(
            {"virt-claim.io/compute-claims": "disks/log", "virt-claim.io/hook": "claims"},
            hooks=1, claims=["disks"], compute=[{"name": "disks", "request": "nvme"}])
        self.assertEqual(patches.json_patch(pod, patch), test_admission.admit(pod))

    def test_json(self):
        for text in blocks("json"):
            json.loads(text)

    def test_links(self):
        for link in LINK.findall(read(PAGE)):
            path, _, anchor = link.partition("#")
            path = os.path.join(ROOT, "docs", path) if path else PAGE
            if "://" in link:
                continue
            self.assertTrue(os.path.exists(path), link)
            if anchor:
                self.assertIn(anchor, anchors(path), link)

    def test_files(self):
        for name in set(re.findall(r"\bdeploy/[A-Za-z/-]+[A-Za-z]", read(PAGE))):
            self.assertTrue(os.path.exists(os.path.join(ROOT, name)), name)
        for name in set(re.findall(r"`((?:overlays|components|admission)/[a-z-]*)`",
                                   read(PAGE))):
            self.assertTrue(os.path.exists(os.path.join(DEPLOY, name)), name)

    def test_annotations(self):
        """Each is known to a policy or to a program."""
        sources = "".join(read(p) for p in
                          glob.glob(ROOT + "/src/**/*.[ch]", recursive=True) +
                          glob.glob(DEPLOY + "/**/*.yaml", recursive=True))
        for name in set(re.findall(r"\b(virt-claim\.io/[a-z-]+)(?=[:`\"])", read(PAGE))):
            self.assertIn(name, sources)

    def test_commands(self):
        if not BUILD:
            self.skipTest("no build tree was named")
        program = BUILD + "/src/cli/virt-claim"
        for words in set(re.findall(r"(?m)[`$(^]virt-claim ([a-z]+(?: [a-z]+)?[^`\n]*)",
                                    read(PAGE))):
            command = words.split()[:2 if words.startswith("generate") else 1]
            done = subprocess.run([program, *command, "--help"], capture_output=True,
                                  text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, words)
            for option in re.findall(r" (--[a-z-]+)", words):
                self.assertRegex(done.stdout, rf"(?m)^\s+(-., )?{option}\b", words)

    def test_rights_are_those_of_the_manifests(self):
        """The words of the table, against the rules."""
        row = next(line for line in read(PAGE).splitlines()
                   if line.startswith("| API server |"))
        for cell, role in zip(row.split("|")[2:4], ("virt-claimd",
                                                    "virt-claim-controller")):
            rules = next(o for o in manifest.build(DEPLOY) if o["kind"] == "ClusterRole"
                         and o["metadata"]["name"] == role)["rules"]
            verbs = {v for r in rules for v in r["verbs"]}
            self.assertEqual(set(re.findall(r"`([a-z]+)`", cell)), verbs)

    def test_mounts_are_those_of_the_manifests(self):
        pod = next(o for o in manifest.build(DEPLOY) if o["kind"] == "DaemonSet")
        spec = pod["spec"]["template"]["spec"]
        said = set()
        for line in read(PAGE).splitlines():
            row = re.match(r"\| (`/.*?`) \| (read|write) \|", line)
            for path in re.findall(r"`([^`]+)`", row[1]) if row else []:
                said.add((path, row[2] == "read"))
        self.assertEqual(said, {(m["mountPath"], bool(m.get("readOnly")))
                                for m in spec["containers"][0]["volumeMounts"]
                                if m["name"] != "config"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
