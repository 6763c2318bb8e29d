#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The objects of deploy/kubernetes are accepted by the API server of tests/kube.

It knows claims, classes, VMs and namespaces. Nothing of them may be lost on the way.
"""
import copy
import json
import os
import ssl
import sys
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../kube"))
# pylint: disable=wrong-import-position
import manifest
from harness import ServerTest
from server.kinds import KINDS

BY_KIND = {(k.group, k.kind): k for k in KINDS}


class Apply(ServerTest):
    def post(self, obj):
        """The answer: its code, and its body."""
        kind = BY_KIND[manifest.group_of(obj), obj["kind"]]
        where = f"/namespaces/{obj['metadata']['namespace']}" if kind.namespaced else ""
        prefix = "/apis/" if kind.group else "/api/"
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{prefix}{obj['apiVersion']}{where}/"
            f"{kind.plural}", json.dumps(obj).encode(), method="POST",
            headers={"Authorization": "Bearer token-admin",
                     "Content-Type": "application/json"})
        trust = ssl.create_default_context(cafile=self.path("ca.crt"))
        try:
            with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def objects(self):
        for name in ("", "examples/nvme", "examples/nvme-hook"):
            for obj in manifest.build(os.path.join(manifest.DEPLOY, name)):
                if (manifest.group_of(obj), obj["kind"]) in BY_KIND:
                    yield obj

    def test_all_that_it_knows(self):
        kinds = set()
        for obj in self.objects():
            code, answer = self.post(obj)
            self.assertEqual(code, 201, answer)
            kinds.add(obj["kind"])
            if "spec" in obj:
                self.assertEqual(answer["spec"], obj["spec"], "a field was dropped")
        self.assertEqual(kinds, {"Namespace", "DeviceClass", "ResourceClaim",
                                 "VirtualMachine"})

    def test_what_it_refuses(self):
        good = next(o for o in self.objects() if o["kind"] == "ResourceClaim")
        for steps, code in ((lambda c: None, 201), (lambda c: None, 409),
                            (lambda c: c["metadata"].pop("name"), 422),
                            (lambda c: c.update(apiVersion="resource.k8s.io/v1alpha3"), 404)):
            obj = copy.deepcopy(good)
            steps(obj)
            with self.subTest(code):
                self.assertEqual(self.post(obj)[0], code)


if __name__ == "__main__":
    unittest.main(verbosity=2)
