#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""virt-claim-controller: it ends in the right state, whatever goes wrong meanwhile."""
import copy
import json
import os
import random
import re
import signal
import tempfile
import time

from controller import (ACCOUNT, FINALIZER, RECORD, ControllerTest, allocated, asking,
                        claim, uid, vm)
from harness import REFUSED, REMOTE, environment, main, setup
from harness import vm as holder

A, B = uid(1), uid(2)
DOWN = {"match": "^(?!.*_test)", "do": "cut", "bytes": 0, "times": -1}


class Live(ControllerTest):
    """Changes while it runs."""

    def test_everything_comes_later(self):
        with self.controller() as running:
            running.until_said("the API server is")
            self.load(asking(claim("a"), "v"))
            running.until_said("waiting for it")
            self.load(vm("v", A))
            running.until_said("as soon as the scheduler")
            self.allocate("a")
            running.until(lambda: self.is_pinned("a", "v", A))
            self.annotate("a", pin_to=None)
            running.until(lambda: self.is_untouched("a"))
            self.annotate("v", "virtualmachines", names="a")
            running.until(lambda: self.is_pinned("a", "v", A))
            self.delete("v")
            running.until(lambda: self.is_untouched("a"))
            self.assertEqual(running.count("as soon as the scheduler"), 1)
            self.assertEqual(running.stop(), 0)

    def test_two_vms(self):
        self.load(allocated("a"), vm("v", A, claims="a"))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            self.load(vm("w", B, claims="a"))
            running.until_said("belongs to virtual machine 'v'")
            self.annotate("v", "virtualmachines", names=None)
            running.until(lambda: self.holders("a") == [])
            self.allocate("a")
            running.until(lambda: self.is_pinned("a", "w", B))
            self.assertEqual(running.count("belongs to"), 1)

    def test_a_vm_made_again(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            with self.store.changed:
                self.delete("v")
                self.load(vm("v", B))
            running.until(lambda: not self.is_pinned("a", "v", A))
            self.allocate("a")
            running.until(lambda: self.is_pinned("a", "v", B))

    def test_a_claim_that_is_deleted(self):
        self.server.controllers = True
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            self.delete("a", "resourceclaims")
            running.until(lambda: self.get("a") is None)
            self.load(asking(allocated("a"), "v"))
            running.until(lambda: self.is_pinned("a", "v", A))

    def test_somebody_undoes_it(self):
        """What others take away is put back, and not in a hot loop."""
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller(pause=300) as running:
            end, n = time.monotonic() + 8, 0
            while time.monotonic() < end:
                if self.is_pinned("a", "v", A):
                    self.change("a", lambda o: o["status"].pop("reservedFor"),
                                subresource="status")
                    n += 1
                time.sleep(0.005)
            # four at once, then after 1, 2 and 4 seconds or a little less
            self.assertIn(n, range(5, 10))
            running.until(lambda: self.is_pinned("a", "v", A))

    def test_two_controllers(self):
        """They do the work twice, and no harm."""
        n = 20
        with self.controller() as one, self.controller() as two:
            for running in (one, two):
                running.until_said("the API server is")
            for i in range(n):
                self.load(asking(allocated(f"c{i}"), f"v{i}"), vm(f"v{i}", uid(100 + i)))
            one.until(lambda: all(self.is_pinned(f"c{i}", f"v{i}", uid(100 + i))
                                  for i in range(n)))
            for i in range(n):
                self.delete(f"v{i}")
            one.until(lambda: all(self.is_untouched(f"c{i}") for i in range(n)))
            self.assertEqual((one.stop(), two.stop()), (0, 0))
            self.assertNotIn("NotPinned", [e["reason"] for e in self.events()])

    def test_many_who_want_one(self):
        self.load(allocated("a"), *(vm(f"v{i:02}", uid(100 + i), claims="a",
                                       creationTimestamp=f"20{i + 10}-01-01T00:00:00Z")
                                    for i in range(30)))
        with self.controller() as running:
            running.until(lambda: len(self.events("ClaimTaken")) == 29)
            self.assertTrue(self.is_pinned("a", "v00", uid(100)))
            self.assertEqual(running.count("belongs to virtual machine 'v00'"), 29)

    def test_nothing_happens_when_nothing_happens(self):
        self.load(asking(allocated("a"), "v"), vm("v", A), asking(claim("b"), "v"),
                  asking(allocated("t", annotations={
                      "resource.kubernetes.io/pod-claim-name": "x"}), "v"))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            running.until_said("made from a template")
            running.until(lambda: len(self.events()) == 6)
            time.sleep(1)
            requests, used = len(self.requests()), self.cpu(running)
            time.sleep(4)
            self.assertEqual(len(self.requests()), requests)
            self.assertLess(self.cpu(running) - used, 0.2)
            self.assertEqual(running.count("made from a template"), 1)

    @staticmethod
    def cpu(running):
        with open(f"/proc/{running.process.pid}/stat", encoding="ascii") as text:
            fields = text.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_many(self):
        n = 120
        self.load(*(asking(allocated(f"c{i:03}"), f"v{i % 20}") for i in range(n)),
                  *(vm(f"v{i}", uid(100 + i)) for i in range(20)))
        with self.controller() as running:
            running.until(lambda: all(self.is_pinned(f"c{i:03}", f"v{i % 20}",
                                                     uid(100 + i % 20)) for i in range(n)),
                          100)
            for i in range(10):
                self.delete(f"v{i}")
            running.until(lambda: all(self.is_untouched(f"c{i:03}") for i in range(n)
                                      if i % 20 < 10), 100)
            self.assertTrue(self.is_pinned("c010", "v10", uid(110)))


class Ends(ControllerTest):
    def test_term_finishes_what_is_at_hand(self):
        self.load(asking(allocated("a"), "v"), asking(allocated("b"), "v"), vm("v", A))
        self.fault("PATCH", do="delay", delay=0.5, times=-1)
        with self.controller() as running:
            running.until(lambda: any(r["verb"] == "patch" for r in self.requests()))
            self.assertEqual(running.stop(), 0)
        done = [n for n in "ab" if self.is_pinned(n, "v", A)]
        self.assertEqual(len(done), 1)
        other = "b" if done == ["a"] else "a"
        self.assertTrue(self.is_untouched(other))

    def test_term_while_waiting(self):
        for fault in ({"match": "/version", "do": "status", "code": 500, "times": -1},
                      {"match": "virtualmachines", "do": "status", "code": 404,
                       "times": -1}, DOWN):
            self.server.faults.set([fault])
            with self.controller() as running:
                running.until(lambda: running.text() != "")
                self.assertEqual(running.stop(5), 0)
        self.server.faults.set([])

    def test_pins_stay(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            self.assertEqual(running.stop(), 0)
        self.assertTrue(self.is_pinned("a", "v", A))

    def kill_after(self, n):
        """-9, as soon as n writes to claims were done."""
        def done():
            return sum(r["verb"] == "patch" and r["code"] == 200
                       and "dryRun" not in r["path"] for r in self.requests()) >= n

        self.server.log.clear()
        self.server.faults.set([{"match": "PATCH", "do": "delay", "delay": 0.15,
                                 "times": -1}])
        with self.controller() as running:
            end = time.monotonic() + 20
            while not done() and time.monotonic() < end:
                time.sleep(0.002)
            running.process.send_signal(signal.SIGKILL)
            running.process.wait()
        self.server.faults.set([])
        self.assertTrue(done())

    def test_killed_after_each_write(self):
        for n in (0, 1, 2):
            self.store.unload("resource.k8s.io", "resourceclaims")
            self.load(asking(allocated("a"), "v"), vm("v", A))
            self.kill_after(n)
            self.once()
            self.assertTrue(self.is_pinned("a", "v", A), n)
            self.delete("v")
            self.kill_after(n)
            self.once()
            self.assertTrue(self.is_untouched("a"), n)

    def test_killed_between_and_not_wanted_any_more(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.kill_after(1)
        self.assertFalse(self.is_untouched("a"))
        self.annotate("a", pin_to=None)
        self.once()
        self.assertTrue(self.is_untouched("a"))

    def test_killed_all_the_time(self):
        n, chance = 40, random.Random(5)
        self.load(*(asking(allocated(f"c{i}"), f"v{i}") for i in range(n)),
                  *(vm(f"v{i}", uid(100 + i)) for i in range(n)))
        for round_ in range(6):
            with self.controller() as running:
                time.sleep(0.3 + chance.random() * 0.7)
                if round_ == 3:
                    for i in range(0, n, 2):
                        self.delete(f"v{i}")
                running.process.send_signal(signal.SIGKILL)
        self.once()
        for i in range(n):
            if i % 2:
                self.assertTrue(self.is_pinned(f"c{i}", f"v{i}", uid(100 + i)))
            else:
                self.assertTrue(self.is_untouched(f"c{i}"))


class Server(ControllerTest):
    """The API server misbehaves."""

    def test_too_old(self):
        for version in ("v1.35.9", "v1.20.0+k3s1", "v0.99.0"):
            self.server.git_version = version
            self.server.log.clear()
            done = self.run_it()
            self.assertEqual(done.returncode, REFUSED, done.stderr)
            self.assertIn(f"the API server is {version}; pinning claims needs Kubernetes "
                          "1.36 or newer", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertEqual([r["path"] for r in self.requests()], ["/version"])

    def test_away(self):
        self.load(asking(allocated("a"), "v"), asking(allocated("b"), "w"), vm("v", A),
                  vm("w", B))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A)
                          and self.is_pinned("b", "w", B))
            self.server.faults.set([DOWN])
            self.server.order({"close_watches": True})
            self.delete("v")
            self.load(asking(allocated("c"), "w"))
            before = len(self.requests())
            running.until_said("://", 2)
            time.sleep(6)
            # two watches, a pause of half a second to a second between tries
            self.assertLess(len(self.requests()) - before, 40)
            lines = running.text().splitlines()
            self.server.faults.set([])
            running.until(lambda: self.is_untouched("a") and self.is_pinned("c", "w", B))
            self.assertTrue(self.is_pinned("b", "w", B))
            self.assertLess(len(lines), 12, lines)
            self.assertEqual(running.count("answers again"), 2)

    def test_away_at_the_start(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.server.faults.set([DOWN])
        with self.controller() as running:
            running.until(lambda: running.text() != "")
            time.sleep(2)
            self.assertEqual(len(running.text().splitlines()), 1)
            self.server.faults.set([])
            running.until(lambda: self.is_pinned("a", "v", A))

    def test_away_with_once(self):
        self.server.faults.set([DOWN])
        self.assertIn("127.0.0.1", self.once(status=REMOTE))

    def test_watches_that_are_cut(self):
        self.load(*(vm(f"v{i}", uid(100 + i)) for i in range(8)))
        self.fault("watch=1", do="cut", bytes=10, times=4)
        with self.controller() as running:
            running.until_said("the API server is")
            for i in range(8):
                self.load(asking(allocated(f"a{i}"), f"v{i}"))
                time.sleep(0.3)
                if i == 4:
                    self.server.order({"close_watches": True})
            running.until(lambda: all(self.is_pinned(f"a{i}", f"v{i}", uid(100 + i))
                                      for i in range(8)))

    def test_too_old_versions(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            with self.store.changed:
                self.delete("v")
                self.load(asking(allocated("b"), "w"), vm("w", B))
                self.store.compact()
            running.until(lambda: self.is_untouched("a") and self.is_pinned("b", "w", B))

    def test_conflicts(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.fault("PATCH .*resourceclaims", do="status", code=409, reason="Conflict",
                   times=25)
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A), 60)
            tries = [r for r in self.writes() if r["verb"] == "patch"]
            self.assertLess(len(tries), 40)

    def test_busy(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        for match in ("/version", "limit=", "PATCH", "events"):
            self.fault(match, do="status", code=429, retry_after=1, times=2)
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A), 60)

    def test_errors_of_the_server(self):
        self.load(*(asking(allocated(f"a{i}"), "v") for i in range(50)), vm("v", A))
        self.fault("PATCH", do="status", code=500, reason="InternalError", times=-1)
        with self.controller() as running:
            running.until_said("500 InternalError")
            time.sleep(4)
            self.assertLess(len(self.writes()), 15)  # not each claim for itself
            self.assertEqual(running.count("500 InternalError"), 1)
            self.server.faults.set([])
            running.until(lambda: all(self.is_pinned(f"a{i}", "v", A) for i in range(50)),
                          90)

    def test_a_token_that_expires(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        account = self.server.access.accounts["token-controller"]
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            account["expired"] = True
            self.server.order({"close_watches": True})
            running.until_said("the token is wrong or has expired")
            self.delete("v")
            time.sleep(2)
            self.assertTrue(self.is_pinned("a", "v", A))
            self.assertLessEqual(running.count("expired"), 3)  # two watches, a call
            account["expired"] = False
            running.until(lambda: self.is_untouched("a"))

    def test_a_token_that_is_replaced(self):
        setup.write(self.path("kubeconfig-controller"), setup.KUBECONFIG.format(
            port=self.port, user="{tokenFile: token}"))
        setup.write(self.path("token"), "token-controller\n")
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            accounts = self.server.access.accounts
            accounts["token-new"] = accounts.pop("token-controller")
            setup.write(self.path("token"), "token-new\n")
            self.delete("v")
            running.until(lambda: self.is_untouched("a"))
            self.assertNotIn("token-new", running.text())

    def test_kubevirt_comes_later(self):
        self.load(asking(allocated("a"), "v"))
        self.fault("virtualmachines", do="status", code=404, reason="NotFound", times=-1,
                   message="the server could not find the requested resource")
        with self.controller() as running:
            running.until_said("waiting for KubeVirt to be installed")
            time.sleep(3)
            self.assertEqual(running.count("waiting for KubeVirt"), 1)
            self.assertEqual(self.writes(), [])
            self.server.faults.set([])
            self.load(vm("v", A))
            running.until(lambda: self.is_pinned("a", "v", A))
        self.fault("virtualmachines", do="status", code=404, reason="NotFound", times=-1)
        self.assertIn("waiting for KubeVirt", self.once(status=REMOTE))

    def test_kubevirt_goes_for_a_while(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            self.fault("virtualmachines", do="status", code=404, reason="NotFound",
                       times=-1, message="the server could not find the requested "
                       "resource")
            self.server.order({"close_watches": True})
            running.until_said("waiting for KubeVirt")
            # whether the VM asks for it now is not known
            self.annotate("a", pin_to=None)
            running.until(lambda: self.requests("GET .*virtualmachines/v"))
            time.sleep(1)
            self.assertTrue(self.is_pinned("a", "v", A))
        # nor by one that never saw it
        with self.controller() as running:
            running.until_said("waiting for KubeVirt")
            time.sleep(1)
            self.assertTrue(self.is_pinned("a", "v", A))
            self.server.faults.set([])
            running.until(lambda: self.is_untouched("a"))

    def test_a_list_that_lies(self):
        """A mirror that is wrong takes no device away."""
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.once()
        empty = {"kind": "VirtualMachineList", "apiVersion": "kubevirt.io/v1",
                 "metadata": {"resourceVersion": str(self.store.version)}, "items": []}
        for change in ("gone", "annotation"):
            if change == "annotation":
                self.annotate("v", "virtualmachines", names="a")
                self.annotate("a", pin_to=None)
                other = copy.deepcopy(self.get("v", "virtualmachines"))
                other["metadata"]["annotations"] = {}
                empty["items"] = [other]
                empty["metadata"]["resourceVersion"] = str(self.store.version)
            self.server.faults.set([{"match": "virtualmachines\\?limit", "do": "garbage",
                                     "body": json.dumps(empty), "times": -1}])
            with self.controller() as running:
                running.until(lambda: self.requests("GET .*virtualmachines/v"))
                time.sleep(1)
                self.assertTrue(self.is_pinned("a", "v", A))
                self.assertEqual(running.count("released"), 0)
            self.server.log.clear()

    def test_objects_that_cannot_be_read(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            self.change("v", lambda o: o["metadata"].update(annotations={"x": "\0"}),
                        "virtualmachines")
            running.until_said("cannot be read")
            for i in range(5):
                self.change("v", lambda o, i=i: o.update(status={"x": i}),
                            "virtualmachines")
            lists = len(self.requests("virtualmachines.limit"))
            self.store.compact()
            running.until(lambda: len(self.requests("virtualmachines.limit")) > lists)
            time.sleep(0.5)
            self.assertEqual(running.count("cannot be read"), 1)
            self.assertTrue(self.is_pinned("a", "v", A))

    def test_garbage(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        for match in ("/version", "limit=", "watch=1", "PATCH", "GET .*resourceclaims/a"):
            self.fault(match, do="garbage", times=1)
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v", A))


class Rules(ControllerTest):
    def without(self, resource):
        account = self.server.access.accounts["token-controller"]
        account["rules"] = [dict(r, resources=[x for x in r["resources"] if x != resource])
                            for r in ACCOUNT["rules"]]
        return account

    def test_no_binding(self):
        account = self.without("resourceclaims/binding")
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller() as running:
            running.until_said("resourceclaims/binding in a ClusterRole")
            time.sleep(3)
            # a line, and no more; an Event on both
            self.assertEqual(running.count("in a ClusterRole"), 1)
            self.assertTrue(self.is_untouched("a"))
            self.assertEqual(len(self.events("NotPinned")), 2)
            account["rules"] = ACCOUNT["rules"]
            running.until(lambda: self.is_pinned("a", "v", A))

    def test_no_events(self):
        self.without("events")
        self.load(asking(allocated("a"), "v"), asking(allocated("b"), "v"), vm("v", A))
        said = self.once()
        self.assertTrue(self.is_pinned("a", "v", A) and self.is_pinned("b", "v", A))
        self.assertEqual(said.count("cannot write Events"), 1)

    def test_no_watch(self):
        account = self.server.access.accounts["token-controller"]
        account["rules"] = [dict(r, verbs=[v for v in r["verbs"] if v != "watch"])
                            for r in ACCOUNT["rules"]]
        with self.controller() as running:
            running.until_said('cannot watch resource "virtualmachines"')
            running.until_said('cannot watch resource "resourceclaims"')

    def test_no_list(self):
        self.without("virtualmachines")
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.assertIn("cannot list resource \"virtualmachines\"", self.once(status=REMOTE))
        self.assertTrue(self.is_untouched("a"))


class Health(ControllerTest):
    def healthy(self, path):
        return self.run_it("--healthy", path)

    def test_a_file(self):
        path = self.path("health")
        with self.controller("--health-file", path) as running:
            running.until(lambda: os.path.exists(path) and os.path.getsize(path))
            self.assertEqual(self.healthy(path).returncode, 0)
            self.server.faults.set([DOWN])
            self.assertEqual(self.healthy(path).returncode, 0)

    def test_refused(self):
        now = int(time.monotonic() * 1000)
        for text, status, words in ((f"{now - 310000}\n", REFUSED, "no sign of life"),
                                    (f"{now + 100000}\n", REFUSED, "no sign of life"),
                                    ("", 1, "expected a time"), ("x\n", 1, "expected"),
                                    ("1", 1, "expected"), ("-5\n", 1, "expected")):
            setup.write(self.path("health"), text)
            done = self.healthy(self.path("health"))
            self.assertEqual(done.returncode, status, (text, done.stderr))
            self.assertIn(words, done.stderr)
        self.assertNotEqual(self.healthy(self.path("none")).returncode, 0)
        setup.write(self.path("health"), f"{now - 10000}\n")
        self.assertEqual(self.healthy(self.path("health")).returncode, 0)

    def test_a_file_that_cannot_be_written(self):
        self.load(asking(allocated("a"), "v"), vm("v", A))
        with self.controller("--health-file", self.path("none/health")) as running:
            running.until(lambda: self.is_pinned("a", "v", A))
            self.assertEqual(running.count("none/health"), 1)


class Secrets(ControllerTest):
    """Messages are looked at by every test."""

    @staticmethod
    def dumps_core(command, ready):
        """Whether a core dump is made of a program that dies."""
        with tempfile.TemporaryDirectory() as scratch:
            pid = os.posix_spawn("/bin/sh", ["sh", "-c", 'ulimit -c unlimited && cd "$0" && '
                                             'exec "$@" 2>/dev/null', scratch, *command],
                                 environment())
            time.sleep(0.2)
            end = time.monotonic() + 30
            while not ready() and time.monotonic() < end:
                time.sleep(0.05)
            os.kill(pid, signal.SIGQUIT)
            return os.WCOREDUMP(os.waitpid(pid, 0)[1])

    def test_no_core_dump(self):
        if os.environ.get("KUBE_SANITIZED") or not self.dumps_core(["sleep", "60"],
                                                                   lambda: True):
            self.skipTest("nothing leaves core dumps here")
        self.load(asking(allocated("a"), "v"), vm("v", A))
        self.assertFalse(self.dumps_core(self.command(),
                                         lambda: self.is_pinned("a", "v", A)))
        self.assertTrue(self.is_pinned("a", "v", A))


class Memory(ControllerTest):
    def test_it_keeps_little(self):
        """10,000 claims, 1,000 VMs; fewer where it takes long and says nothing."""
        n = 1500 if os.environ.get("KUBE_SANITIZED") else 10000
        self.server.order({"claims": {"n": n, "namespace": "default"}})
        self.load(*(vm(f"v{i:04}", uid(1000 + i), claims=f"mine-{i}",
                       labels={"x": "y" * 500}) for i in range(n // 10)))
        self.load(asking(allocated("a"), "v0001"))
        before = self.server.connections
        with self.controller() as running:
            running.until(lambda: self.is_pinned("a", "v0001", uid(1001)), 120)
            sizes = [self.size(running)]
            for _ in range(4):
                count = len(self.requests("resourceclaims.*limit="))
                self.store.compact()
                running.until(lambda c=count: len(self.requests("resourceclaims.*limit="))
                              >= c + n // 500, 120)
                time.sleep(0.5)
                sizes.append(self.size(running))
            self.assertGreater(self.server.connections, before)
        print(f"{n} claims, {n // 10} VMs: {sizes} KiB", end=" ")
        if not os.environ.get("KUBE_SANITIZED"):
            self.assertLess(max(sizes), 24 << 10)
            self.assertLess(sizes[-1] - sizes[1], 1024)

    @staticmethod
    def size(running):
        with open(f"/proc/{running.process.pid}/status", encoding="ascii") as text:
            return int(re.search(r"VmRSS:\s+(\d+)", text.read())[1])


__all__ = ["holder", "FINALIZER", "RECORD"]

if __name__ == "__main__":
    main()
