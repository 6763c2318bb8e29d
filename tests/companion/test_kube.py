#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The source "kube": what it tells, whatever the API server does and does not say."""
import os
import queue
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kube"))
# pylint: disable=wrong-import-position
from harness import ServerTest, environment, main, vm

SOURCE = os.environ.get("KUBE_SOURCE", "kube-source")
NODE = "node1"
DRIVER = "gpu.example.org"


def selector(*nodes, key="metadata.name", operator="In"):
    return {"nodeSelectorTerms": [{"matchFields": [
        {"key": key, "operator": operator, "values": list(nodes)}]}]}


def claim(name, device="gpu-0", nodes=(NODE,), reserved=(), pool=NODE, **metadata):
    """A ResourceClaim; allocated when it has a device."""
    made = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": dict(name=name, namespace="lab", **metadata),
            "spec": {"devices": {"requests": [
                {"name": "gpu", "exactly": {"deviceClassName": "gpu",
                                            "allocationMode": "ExactCount",
                                            "count": 1}}]}}}
    if not device:
        return made
    allocation = {"devices": {"results": [{"request": "gpu", "driver": DRIVER,
                                           "pool": pool, "device": device}]}}
    if nodes:
        allocation["nodeSelector"] = nodes if isinstance(nodes, dict) else selector(*nodes)
    made["status"] = {"allocation": allocation}
    if reserved:
        made["status"]["reservedFor"] = list(reserved)
    return made


def pod_entry(name, uid):
    return {"resource": "pods", "name": name, "uid": uid}


def device(name="gpu-0", address="0000:65:00.0"):
    return {"name": name, "attributes": {
        "resource.kubernetes.io/pciBusID": {"string": address}}}


def resource_slice(name="s0", node=NODE, devices=None, pool=None, generation=1, count=1):
    return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
            "metadata": {"name": name},
            "spec": {"driver": DRIVER, "nodeName": node,
                     "pool": {"name": pool or node, "generation": generation,
                              "resourceSliceCount": count},
                     "devices": [device()] if devices is None else devices}}


def pod(name, uid, claims=("vm-gpu",), node=NODE):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "lab", "uid": uid},
            "spec": {"nodeName": node, "resourceClaims": [
                {"name": f"c{i}", "resourceClaimName": c} for i, c in enumerate(claims)]}}


class Source:
    """A running source; `told` are the lines of the last time it told something."""

    def __init__(self, process):
        self.process, self.queue = process, queue.Queue()
        self.told, self.history = None, []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] in ("settled", "open"):
                self.queue.put(lines)
                lines = []
        self.queue.put(None)

    def take(self, seconds):
        told = self.queue.get(timeout=max(seconds, 0))
        if told is None:
            raise AssertionError("the source ended")
        self.told = told
        self.history.append(told)

    def until(self, done, seconds=20):
        """Until done(lines) holds for what is told."""
        end = time.monotonic() + seconds
        while self.told is None or not done(self.told):
            try:
                self.take(end - time.monotonic())
            except queue.Empty:
                raise AssertionError(f"it did not come; told last: {self.told}") from None
        return self.told

    def until_claims(self, *names, seconds=20):
        return self.until(lambda told: told[-1] == "settled" and claims_of(told) == set(names),
                          seconds)

    def drain(self, seconds):
        """What is told within a time."""
        end = time.monotonic() + seconds
        try:
            while True:
                self.take(end - time.monotonic())
        except queue.Empty:
            return self.told


def claims_of(told):
    return {line.split()[1] for line in told if line.startswith("claim ")}


def lines_of(told, word):
    return [line for line in told if line.startswith(word + " ")]


class KubeTest(ServerTest):
    def source(self, *arguments, user="reader", env=None):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [SOURCE, *(arguments or [self.path("kubeconfig-" + user), NODE])], text=True,
            stdout=subprocess.PIPE, stderr=sys.stderr, env=environment(**(env or {})))

        def end():
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return Source(process)

    def delete(self, plural, name, namespace="lab"):
        kind = next(k for k in self.store.tables if k.plural == plural)
        self.store.delete(kind, namespace, name, {"gracePeriodSeconds": 0})


class WhatIsTold(KubeTest):
    def test_claims_of_this_node(self):
        self.load(claim("here"), claim("there", nodes=("node2",), pool="node2"),
                  claim("waiting", device=None), claim("two", nodes=("node1", "node2"),
                                                       pool="fabric"),
                  resource_slice(), resource_slice("s1", "node2"))
        source = self.source()
        source.until_claims("lab/here")
        self.assertEqual(lines_of(source.told, "slice"), [f"slice {DRIVER}/{NODE} 1"])
        self.load(claim("waiting"))
        source.until_claims("lab/here", "lab/waiting")
        self.load(claim("here", device=None))
        source.until_claims("lab/waiting")
        self.delete("resourceclaims", "waiting")
        source.until_claims()

    def test_order_of_requests(self):
        """What decides about claims is asked for first, and by field selectors."""
        self.source().until_claims()
        asked = [r["path"] for r in self.requests() if "watch=" not in r["path"]]
        claims = next(i for i, p in enumerate(asked) if "/resourceclaims" in p)
        for i, path in enumerate(asked):
            if "/resourceslices" in path or "/pods" in path:
                self.assertIn("fieldSelector=spec.nodeName%3Dnode1", path)
                self.assertLess(i, claims)

    def claim_lists(self):
        return [r for r in self.requests("resourceclaims") if "watch=" not in r["path"]]

    def test_slices_that_take_their_time(self):
        """Claims wait for them; it is not the second list that finds this one."""
        self.load(claim("ours", nodes=()), resource_slice())
        self.fault("resourceslices", do="delay", delay=1.5)
        self.source().until_claims("lab/ours")
        self.assertEqual(len(self.claim_lists()), 1)

    def test_device_of_a_pool_of_this_node(self):
        self.load(claim("ours", nodes=()), claim("theirs", nodes=(), pool="node2"),
                  claim("labels", nodes={"nodeSelectorTerms": [{"matchExpressions": [
                      {"key": "rack", "operator": "Exists"}]}]}),
                  claim("not", nodes=("node2",)), resource_slice())
        self.source().until_claims("lab/ours", "lab/labels")

    def test_pool_that_appears(self):
        self.load(claim("ours", nodes=()))
        source = self.source()
        source.until_claims()
        self.load(resource_slice())
        source.until_claims("lab/ours", seconds=60)
        # slices go while a driver is replaced; what the allocation says does not change
        self.delete("resourceslices", "s0", "")
        self.load(claim("ours", nodes=(), reserved=[vm("vm", "u")]))
        source.until(lambda told: "virtualmachines:vm" in " ".join(told))
        source.until_claims("lab/ours")

    def test_slices_that_go_for_a_while(self):
        """As when a kubelet starts: their devices are what they were, while claims use
        them."""
        self.load(claim("here"), resource_slice(), resource_slice("s1", pool="spare"))
        source = self.source()
        source.until_claims("lab/here")
        source.until(lambda told: len(lines_of(told, "slice")) == 2)
        self.delete("resourceslices", "s0", "")
        self.delete("resourceslices", "s1", "")
        source.until(lambda told: len(lines_of(told, "slice")) == 1)
        source.drain(0.5)
        self.assertEqual(lines_of(source.told, "slice"), [f"slice {DRIVER}/{NODE} 1"])
        self.load(resource_slice(devices=[device(), device("gpu-1", "0000:66:00.0")]))
        source.until(lambda told: f"slice {DRIVER}/{NODE} 2" in told)
        self.delete("resourceslices", "s0", "")
        self.delete("resourceclaims", "here")
        source.until(lambda told: not lines_of(told, "slice"))

    def test_pool_in_transition(self):
        """The old generation counts until all slices of the new one are there."""
        two = [device(), device("gpu-1", "0000:66:00.0")]
        self.load(claim("here"), resource_slice())
        source = self.source()
        source.until(lambda told: f"slice {DRIVER}/{NODE} 1" in told)
        self.load(resource_slice(devices=two, generation=2, count=2))
        source.drain(1)
        self.assertEqual(lines_of(source.told, "slice"), [f"slice {DRIVER}/{NODE} 1"])
        self.load(resource_slice("s1", devices=[], generation=2, count=2))
        source.until(lambda told: sorted(lines_of(told, "slice")) == [
            f"slice {DRIVER}/{NODE} 0", f"slice {DRIVER}/{NODE} 2"])
        # generations may begin anew
        self.delete("resourceslices", "s0", "")
        self.delete("resourceslices", "s1", "")
        self.load(resource_slice())
        source.until(lambda told: lines_of(told, "slice") == [f"slice {DRIVER}/{NODE} 1"])

    def test_pool_that_was_never_complete(self):
        """What there is of it is told: whoever reads it says what is missing."""
        self.load(claim("here"), resource_slice(count=2))
        self.source().until(lambda told: f"slice {DRIVER}/{NODE} 1" in told)

    def test_pod_that_runs_here(self):
        entries = [pod_entry("launcher", "pod-1")]
        self.load(claim("vm-gpu", nodes=(), pool="fabric", reserved=entries),
                  claim("other", nodes=(), pool="fabric"))
        source = self.source()
        source.until_claims()
        self.load(pod("launcher", "pod-1"), pod("elsewhere", "pod-2", node="node2"),
                  {**pod("plain", "pod-3", claims=())})
        source.until_claims("lab/vm-gpu", seconds=60)
        self.assertEqual(lines_of(source.told, "pod"), ["pod lab/launcher pod-1"])
        self.load(claim("vm-gpu", nodes=(), pool="fabric"))
        source.until_claims()

    def test_pods_of_a_claim_that_is_there(self):
        """Nothing is listed again for the usual pods."""
        self.load(claim("vm-gpu", reserved=[pod_entry("launcher", "pod-1")]),
                  resource_slice())
        source = self.source()
        source.until_claims("lab/vm-gpu")
        self.load(pod("launcher", "pod-1"), pod("early", "pod-2", claims=("not-yet",)))
        source.until(lambda told: len(lines_of(told, "pod")) == 2)
        source.drain(2)
        self.assertEqual(len(self.claim_lists()), 1)

    def test_older_servers(self):
        for version in ("v1beta2", "v1beta1"):
            self.server.versions = [version]
            self.load(claim("here"), resource_slice())
            source = self.source()
            source.until_claims("lab/here")
            self.assertEqual(lines_of(source.told, "slice"), [f"slice {DRIVER}/{NODE} 1"])

    def test_same_name_again(self):
        self.load(claim("here", uid="00000000-0000-4000-8000-000000000001"))
        source = self.source()
        source.until_claims("lab/here")
        self.delete("resourceclaims", "here")
        self.load(claim("here", uid="00000000-0000-4000-8000-000000000002"))
        source.until(lambda told: "000000000002" in " ".join(told))
        source.until_claims("lab/here")

    def test_many_claims_of_others(self):
        """They change nothing, so nobody is woken up."""
        self.load(claim("here"))
        source = self.source()
        source.until_claims("lab/here")
        source.drain(0.5)
        told = len(source.history)
        self.load(*(claim(f"c{i}", nodes=("node2",), pool="node2") for i in range(500)))
        source.drain(2)
        self.assertEqual(len(source.history), told)


class WhoAnswers(KubeTest):
    def test_nobody_at_first(self):
        """Not settled: what was published before stays."""
        self.load(claim("here"))
        self.fault("GET ", do="status", code=503, times=-1)
        source = self.source()
        source.until(lambda told: lines_of(told, "trouble"))
        self.assertEqual(source.told[-1], "open")
        self.assertEqual(len(lines_of(source.told, "trouble")), 1)
        self.assertRegex(source.told[0], r"^trouble https://127\.0\.0\.1:\d+: ")
        self.server.faults.set([])
        source.until_claims("lab/here", seconds=60)
        source.until(lambda told: not lines_of(told, "trouble"), seconds=60)

    def test_claims_alone_are_not_told(self):
        self.load(resource_slice())
        self.fault("resourceclaims", do="status", code=500, times=-1)
        source = self.source()
        source.until(lambda told: lines_of(told, "trouble") and lines_of(told, "slice"))
        source.drain(1)
        self.assertTrue(all(told[-1] == "open" for told in source.history))

    def test_silence(self):
        """What was known stays, and is told with the trouble."""
        self.load(claim("here"), resource_slice())
        source = self.source()
        source.until_claims("lab/here")
        self.fault("", do="status", code=500, times=-1)
        self.store.compact()  # lists have to be made again
        source.until(lambda told: lines_of(told, "trouble"), seconds=60)
        self.assertEqual(claims_of(source.told), {"lab/here"})
        self.assertEqual(source.told[-1], "settled")
        self.delete("resourceclaims", "here")
        source.drain(2)
        self.assertEqual(claims_of(source.told), {"lab/here"})
        self.server.faults.set([])
        source.until_claims(seconds=60)

    def test_trouble_that_ends_in_silence(self):
        """Nothing happens in the cluster, but there are bookmarks."""
        self.load(claim("here"))
        self.server.watch_max_s, self.server.bookmark_s = 2, 0.2
        source = self.source()
        source.until_claims("lab/here")
        self.fault("resourceclaims.*watch=1", do="status", code=500, times=3)
        source.until(lambda told: lines_of(told, "trouble"))
        self.server.watch_max_s = 3600
        source.until(lambda told: not lines_of(told, "trouble"), seconds=40)
        lists = [r for r in self.requests("resourceclaims") if "watch=" not in r["path"]]
        self.assertEqual(len(lists), 1)

    def test_list_without_it(self):
        """What vanished while nobody watched is gone with the next whole list."""
        self.load(claim("here"), claim("stays"))
        source = self.source()
        source.until_claims("lab/here", "lab/stays")
        self.fault("watch=1", do="status", code=500, times=4)
        self.delete("resourceclaims", "here")
        self.store.compact()
        source.until_claims("lab/stays", seconds=60)
        self.assertTrue(all(claims_of(told) >= {"lab/stays"} for told in source.history
                            if told[-1] == "settled"))

    def test_half_a_list(self):
        """A list that breaks off says nothing about what it did not reach."""
        self.load(*(claim(f"c{i:03}") for i in range(120)))
        source = self.source()
        source.until(lambda told: len(claims_of(told)) == 120)
        self.fault(r"resourceclaims\?limit", do="cut", bytes=9000, times=2)
        self.fault(r"watch=1", do="error", code=410, reason="Expired", times=3)
        self.store.compact()
        source.drain(6)
        self.assertTrue(all(len(claims_of(told)) == 120 for told in source.history
                            if told[-1] == "settled"))

    def test_forbidden(self):
        self.load(claim("here"))
        source = self.source(user="nobody")
        source.until(lambda told: lines_of(told, "trouble"))
        text = source.until(lambda told: "resourceclaims" in told[0])[0]
        self.assertEqual(source.told[-1], "open")
        self.assertEqual(len(lines_of(source.told, "trouble")), 1)
        self.assertRegex(text, "resourceslices")
        self.assertNotIn("token-", text)

    def test_without_pods(self):
        """They are not needed, unless a claim depends on them."""
        rules = [{"verbs": ["list", "watch"], "groups": ["resource.k8s.io"],
                  "resources": ["resourceclaims", "resourceslices"]}]
        self.server.access.accounts["token-nobody"] = {"user": "companion",
                                                       "rules": rules}
        self.load(claim("here"), resource_slice())
        source = self.source(user="nobody")
        source.until_claims("lab/here")
        self.assertEqual(lines_of(source.told, "trouble"), [])
        self.load(claim("fabric", nodes=(), pool="fabric"))
        source.until(lambda told: lines_of(told, "trouble"))
        self.assertRegex("\n".join(lines_of(source.told, "trouble")), "pods")
        self.assertEqual(claims_of(source.told), {"lab/here"})
        rules[0]["groups"].append("")
        rules[0]["resources"].append("pods")
        source.until(lambda told: not lines_of(told, "trouble"), seconds=90)

    def test_no_such_node_name(self):
        for arguments, env, words in (
                ([self.path("kubeconfig-reader")], {}, "--node-name"),
                ([self.path("kubeconfig-reader")], {"NODE_NAME": "no/de"}, "no/de"),
                ([self.path("nothing"), NODE], {}, "nothing")):
            done = subprocess.run([SOURCE, *arguments], capture_output=True, text=True,
                                  timeout=20, check=False, env=environment(**env))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stderr)

    def test_node_name_of_the_environment(self):
        self.load(claim("here"))
        source = self.source(self.path("kubeconfig-reader"), env={"NODE_NAME": NODE})
        source.until_claims("lab/here")


class BrokenObjects(KubeTest):
    BROKEN = {"allocation": {"devices": {"results": [{"request": "A B"}]},
                             "nodeSelector": selector(NODE)}}

    UID = "00000000-0000-4000-8000-000000000001"

    def test_known_stays(self):
        self.load(claim("here", uid=self.UID))
        source = self.source()
        source.until_claims("lab/here")
        self.load(dict(claim("here", uid=self.UID), status=self.BROKEN))
        source.until(lambda told: lines_of(told, "trouble"))
        self.assertEqual(claims_of(source.told), {"lab/here"})
        self.assertRegex("\n".join(source.told),
                         "trouble lab/here: ResourceClaim 'lab/here': /status/allocation")
        self.load(claim("here", reserved=[vm("vm", "u")], uid=self.UID))
        source.until(lambda told: not lines_of(told, "trouble"))
        source.until_claims("lab/here")

    def test_another_one_is_not_known(self):
        """Of the same name; the one that was known is gone."""
        self.load(claim("here", uid=self.UID))
        source = self.source()
        source.until_claims("lab/here")
        self.load(dict(claim("here"), status=self.BROKEN))
        source.until(lambda told: lines_of(told, "trouble") and not claims_of(told))

    def test_not_known(self):
        self.load(dict(claim("broken"), status=self.BROKEN), claim("here"),
                  dict(claim("elsewhere"), status={"allocation": {
                      "devices": 1, "nodeSelector": selector("node2")}}))
        source = self.source()
        source.until_claims("lab/here")
        self.assertEqual(len(lines_of(source.told, "trouble")), 1)
        self.delete("resourceclaims", "broken")
        source.until(lambda told: not lines_of(told, "trouble"))

    def test_too_large(self):
        made = claim("huge")
        made["metadata"]["annotations"] = {"x": "y" * (5 << 20)}
        self.load(made, claim("here"))
        source = self.source()
        source.until_claims("lab/here")
        self.assertRegex("\n".join(source.told), "trouble lab/huge: .*larger")

    def test_many(self):
        """As many are told of as anybody reads."""
        self.load(*(dict(claim(f"b{i:03}"), status=self.BROKEN) for i in range(100)))
        source = self.source()
        source.until_claims()
        self.assertEqual(len(lines_of(source.told, "trouble")), 32)

    def test_slice(self):
        bad = resource_slice("s1")
        bad["spec"]["pool"]["resourceSliceCount"] = 0
        self.load(claim("here"), resource_slice(), bad)
        source = self.source()
        source.until_claims("lab/here")
        self.assertEqual(len(lines_of(source.told, "slice")), 1)
        self.assertRegex("\n".join(source.told), "trouble s1: ResourceSlice 's1': /spec/pool")


if __name__ == "__main__":
    main()
