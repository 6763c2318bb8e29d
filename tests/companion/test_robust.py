#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The companion when things go wrong: killed at any point, no API server, clocks that
jump, disks that are full or read-only. It comes back by itself, ends in the right state,
and what it did not write stays."""
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest

if __name__ == "__main__" and os.geteuid() == 0 and "VC_UNSHARED" not in os.environ:
    os.execvpe("unshare", ["unshare", "-m", "--propagation", "private", sys.executable,
                           *sys.argv], dict(os.environ, VC_UNSHARED="1"))

# pylint: disable=wrong-import-position
from companion import (KILL_AFTER, KILL_ONE, NODE, Clock, Companion, Daemon, address,
                       claim, leave_metadata, missing_foreign, plant_foreign, slices,
                       take_metadata_away, wait)
from harness import ServerTest, main, setup

BUILD = os.environ.get("VC_BUILD", "")
SANITIZED = bool(os.environ.get("VC_SANITIZED"))
DISKS = 56
# Of the calls after which it may be killed; VC_EVERY=1 takes ten minutes.
EVERY = int(os.environ.get("VC_EVERY") or (17 if SANITIZED else 5))


class RobustTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.machine = Companion(BUILD, self.path("kubeconfig-reader"), disks=DISKS)
        self.addCleanup(self.machine.__exit__)
        plant_foreign(self.machine)
        self.store.load(slices(DISKS))
        self.daemons = []

    def start(self, *options, env=None, **more):
        daemon = Daemon(self.machine, *options, **more, **(env or {}))
        self.addCleanup(daemon.__exit__)
        self.daemons.append(daemon)
        return daemon

    def delete(self, *names):
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        for name in names:
            self.store.delete(kind, "lab", name, {})

    def right(self):
        """What has to be published: every allocated claim of this node."""
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        found = {}
        for (namespace, name), obj in dict(self.store.tables[kind].objects).items():
            results = obj.get("status", {}).get("allocation", {}).get("devices", {}) \
                .get("results", [])
            if results and results[0]["pool"] == NODE:
                found[f"{namespace}/{name}"] = (
                    obj["metadata"]["uid"],
                    sorted(address(int(r["device"].split("-")[1])) for r in results))
        return found

    def said(self):
        return "".join(f"--- daemon {i}\n{d.log()}" for i, d in enumerate(self.daemons))

    def ends_right(self, seconds=60):
        wait(lambda: self.machine.addresses() == self.right(), seconds,
             lambda: f"published: {self.machine.addresses()}\nright: {self.right()}\n"
             + self.said())
        self.assertEqual(missing_foreign(self.machine), [], self.said())

    def stays(self, expected, seconds=3):
        """Nothing of it is withdrawn or changed for that long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.machine.addresses(), expected, self.said())
            time.sleep(0.05)
        self.assertEqual(missing_foreign(self.machine), [])

    def leftovers(self):
        """Unfinished files of writers."""
        return [f"{at}/{name}" for at, directories, files in os.walk(self.machine.root)
                for name in [*directories, *files] if name.startswith(".vc-")]


def finish(daemon):
    """It ends as it was asked to."""
    wait(lambda: "READY=1" in daemon.heard, 30, daemon.log)
    status = daemon.stop()
    if status != 0:
        raise AssertionError(f"it ended with {status}:\n{daemon.log()}")
    daemon.__exit__()


class Killed(RobustTest):
    def prepare_changes(self):
        """A state that is published, and then other facts: claims that came, went, were
        made anew under the same name, and attributes that changed."""
        self.store.load([claim("gone", 0), claim("stays", 1, 2), claim("anew", 3)])
        daemon = self.start()
        self.ends_right()
        finish(daemon)
        self.delete("gone", "anew")
        changed = slices(DISKS)[0]
        for device in changed["spec"]["devices"]:
            device["attributes"]["model"]["string"] = "OTHER"
        self.store.load([claim("new", 4, 5), claim("anew", 6), changed])
        shutil.copytree(f"{self.machine.root}/run", f"{self.machine.root}/before",
                        symlinks=True)

    def back(self):
        shutil.rmtree(f"{self.machine.root}/run")
        shutil.copytree(f"{self.machine.root}/before", f"{self.machine.root}/run",
                        symlinks=True)

    def killed_at(self, n):
        """Whether there was a call number n after which it could be killed."""
        self.back()
        self.machine.inject(KILL_AFTER, n)
        daemon = self.start()
        wait(lambda: daemon.process.poll() is not None
             or self.machine.addresses() == self.right(), 30, self.said)
        hit = self.machine.injected()[1]
        if not hit:
            time.sleep(0.3)
            hit = self.machine.injected()[1]
        daemon.kill()
        daemon.__exit__()
        self.machine.inject_nothing()
        self.daemons = []
        daemon = self.start()
        self.ends_right()
        finish(daemon)
        self.assertEqual(self.leftovers(), [], f"killed after call {n}")
        return hit

    def test_after_every_call(self):
        self.prepare_changes()
        n, step = 1, EVERY
        while self.killed_at(n):
            n += step
        print(f"{n} calls ", end="", flush=True)
        self.assertGreater(n, 30, "hardly anything was written")

    def test_the_worker_alone(self):
        """Whoever does the work dies; the daemon has it done again."""
        self.prepare_changes()
        for n in range(3, 60, 19 if SANITIZED else 7):
            self.back()
            self.machine.inject(KILL_ONE, n)
            daemon = self.start()
            wait(lambda: self.machine.injected()[1], 30, self.said)
            if daemon.process.poll() is not None:
                daemon = self.start()  # that call was its own
            self.ends_right()
            self.machine.inject_nothing()
            finish(daemon)
            self.daemons = []

    def test_at_random(self):
        luck = random.Random(20260101)
        names = [f"c{i}" for i in range(6)]
        self.store.load([claim(name, i) for i, name in enumerate(names)])
        daemon = self.start()
        for _ in range(8 if SANITIZED else 30):
            for _ in range(luck.randrange(1, 5)):
                i = luck.randrange(len(names))
                kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
                if ("lab", names[i]) in self.store.tables[kind].objects:
                    self.delete(names[i])
                else:
                    self.store.load([claim(names[i], i)])
            time.sleep(luck.random() * (0.6 if SANITIZED else 0.25))
            daemon.kill()
            self.machine.addresses()  # nothing is torn
            daemon.__exit__()
            self.daemons = self.daemons[-3:]
            daemon = self.start()
        self.ends_right()
        finish(daemon)
        self.assertEqual(self.leftovers(), [])


    def test_with_files_of_drivers(self):
        """Two sources know of each claim; it goes when neither does any more."""
        luck = random.Random(20260202)
        self.machine.configure(self.path("kubeconfig-reader"), "cdi, metadata, kube")
        daemon, there = self.start(), set()
        for step in range(6 if SANITIZED else 24):
            i = luck.randrange(5)
            first, second = luck.sample((0, 1), 2)
            uid = f"00000000-0000-4000-8000-{step:012}"
            ways = ((lambda: self.store.load([claim(f"c{i}", i, uid=uid)]),
                     lambda: leave_metadata(self.machine, f"c{i}", uid, i))
                    if i not in there else
                    (lambda: self.delete(f"c{i}"),
                     lambda: take_metadata_away(self.machine, f"c{i}")))
            there ^= {i}
            ways[first]()
            time.sleep(luck.random() * 0.1)
            if luck.random() < 0.5:
                daemon.kill()
                daemon.__exit__()
                self.daemons = self.daemons[-3:]
                daemon = self.start()
            ways[second]()
            time.sleep(luck.random() * 0.1)
        self.ends_right()
        finish(daemon)
        self.assertEqual(self.leftovers(), [])


class NoServer(RobustTest):
    def go_away(self):
        """Nobody listens any more, and connections break."""
        old = self.server
        old.stopped.set()
        old.shutdown()
        old.server_close()
        return old.store

    def come_back(self, store):
        """On the same port, with new certificates."""
        cls = type(self)
        cls.server = setup.start(self.directory, port=self.port)
        cls.server.store = store
        cls.thread = threading.Thread(target=cls.server.serve_forever,
                                      kwargs={"poll_interval": 0.02}, daemon=True)
        cls.thread.start()

    @property
    def claims(self):
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        return self.store.tables[kind].objects

    def test_away_for_a_while(self):
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        store = self.go_away()
        store.load([claim("c", 2)])
        kind = next(k for k in store.tables if k.plural == "resourceclaims")
        store.delete(kind, "lab", "a", {})
        self.stays(before, 8)
        self.assertIn("https://127.0.0.1", daemon.log())
        self.come_back(store)
        self.ends_right(60)
        finish(daemon)

    def test_started_without_it(self):
        """Also when the daemon was started anew meanwhile: what is published stays until
        there is a whole list that says otherwise."""
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        finish(daemon)
        store = self.go_away()
        daemon = self.start()
        self.stays(before, 4)
        daemon.kill()
        daemon = self.start()
        self.stays(before, 3)
        kind = next(k for k in store.tables if k.plural == "resourceclaims")
        store.delete(kind, "lab", "a", {})
        store.load([claim("c", 2)])
        self.come_back(store)
        self.ends_right(60)
        finish(daemon)

    def test_it_hangs(self):
        """Nobody waits for it: files are read meanwhile, and signals heard."""
        uid = "00000000-0000-4000-8000-000000000001"
        self.machine.configure(self.path("kubeconfig-reader"), "metadata, kube")
        self.fault("", do="hang", times=-1)
        daemon = self.start()
        wait(lambda: "READY=1" in daemon.heard, 30, daemon.log)
        began = time.monotonic()
        leave_metadata(self.machine, "a", uid, 0)
        wait(lambda: self.machine.addresses() == {"lab/a": (uid, [address(0)])}, 20,
             self.said)
        finish(daemon)
        self.assertLess(time.monotonic() - began, 15)

    def test_slices_go_for_a_while(self):
        """A kubelet that starts deletes the slices of all drivers."""
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        self.store.unload("resource.k8s.io", "resourceslices")
        self.stays(before, 2)
        self.store.load([claim("c", 2)])
        self.store.load(slices(DISKS, generation=7))
        self.ends_right()
        finish(daemon)

    def test_half_of_it_works(self):
        """Claims are listed, slices are not: nothing is decided from that."""
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        finish(daemon)
        self.fault("resourceslices", do="status", code=500, times=-1)
        self.delete("a")
        daemon = self.start()
        self.stays(before, 5)
        self.server.faults.set([])
        self.ends_right(60)
        finish(daemon)

    def test_it_says_something_else(self):
        """An answer that is none does not make claims go."""
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        for fault in ({"do": "garbage"}, {"do": "status", "code": 404},
                      {"do": "garbage", "body": '{"kind":"ResourceClaimList","items":[]}'}):
            self.server.faults.set([])
            self.fault("resourceclaims", **fault, times=-1)
            self.store.compact()
            self.stays(before, 3)
        self.server.faults.set([])
        self.delete("a")
        self.ends_right(60)
        finish(daemon)


class Clocks(RobustTest):
    HOUR = 3600
    YEARS = 10 * 365 * 24 * 3600

    def test_jumps(self):
        """Only clocks that nobody sets matter; TLS has to wait for the right year."""
        clock = Clock(self.machine)
        library = os.environ["VC_FAKE_CLOCK"]
        self.store.load([claim("a", 0)])
        self.machine.preload[-1] = library  # no fake kernel: nothing needs it here
        daemon = self.start(env={"FAKE_CLOCK": clock.path})
        self.ends_right()
        for i, jump in enumerate((self.HOUR, -self.HOUR, self.YEARS, -self.YEARS, 0)):
            clock.set(jump)
            self.store.load([claim(f"b{i}", i + 1)])
            if i:
                self.delete(f"b{i - 1}")
            self.ends_right(20)
            clock.set(-jump)
            self.store.load([claim("a", 0, uid=f"00000000-0000-4000-8000-00000000000{i}")])
            self.ends_right(20)
        # a connection that breaks while the certificates are of another time
        clock.set(self.YEARS)
        before = self.machine.addresses()
        self.fault("watch=1", do="status", code=500, times=3)
        self.store.compact()
        self.stays(before, 4)
        clock.set(0)
        self.delete("a")
        self.ends_right(60)
        finish(daemon)


class Name(RobustTest):
    """Of the node: on the command line, in the configuration, in the environment."""

    def test_where_it_is_said(self):
        self.store.load([claim("a", 0)])
        config = f"{self.machine.root}/etc/virt-claim.yaml"
        with open(config, encoding="utf-8") as f:
            lines = [line for line in f if not line.startswith("node-name")]
        for more, options, env, works in (
                ("", [], {"NODE_NAME": NODE}, True),
                (f"node-name: {NODE}\n", [], {"NODE_NAME": "node2"}, True),
                ("node-name: node2\n", ["--node-name", NODE], {"NODE_NAME": "node3"}, True),
                ("", [], {}, False)):
            with self.subTest(more=more, options=options, env=env):
                with open(config, "w", encoding="utf-8") as f:
                    f.write("".join(lines) + more)
                daemon = self.start(*options, env=env)
                if works:
                    self.ends_right()
                    finish(daemon)
                    shutil.rmtree(f"{self.machine.shared}/lab/a")
                    continue
                self.assertEqual(daemon.process.wait(30), 1)
                self.assertIn("NODE_NAME", daemon.log())


@unittest.skipUnless(os.environ.get("VC_UNSHARED"), "needs a mount namespace of its own")
class Disks(RobustTest):
    def mount(self, *options, place=None):
        done = subprocess.run(["mount", *options, place or self.machine.shared],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def small_disk(self, place=None):
        place = place or self.machine.shared
        self.mount("-t", "tmpfs", "-o", "size=256k,mode=0755", "tmpfs", place=place)
        self.addCleanup(subprocess.run, ["umount", "-l", place], check=False)
        plant_foreign(self.machine)

    def fill(self, place=None):
        """Nothing more fits; also somebody else's file that stays."""
        path = f"{place or self.machine.shared}/filler"
        with open(path, "wb", buffering=0) as f:
            for size in (65536, 4096, 512, 1):
                try:
                    while True:
                        f.write(b"x" * size)
                except OSError:
                    pass
        return path

    def test_full(self):
        self.small_disk()
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        filler = self.fill()
        self.store.load([claim("c", 2), claim("d", 3)])
        wait(lambda: "No space left" in daemon.log(), 20, self.said)
        self.stays(before, 3)
        # there is no room to begin with either
        daemon.kill()
        daemon = self.start()
        self.stays(before, 3)
        self.delete("b")
        wait(lambda: "lab/b" not in self.machine.addresses(), 20, self.said)
        os.unlink(filler)
        self.ends_right(60)
        finish(daemon)
        self.assertEqual(self.leftovers(), [])

    def test_all_of_it_full(self):
        """Nor is there room for anything else of the daemon's own."""
        run = f"{self.machine.root}/run"
        self.small_disk(run)
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        filler = self.fill(run)
        self.store.load([claim("c", 2)])
        self.delete("a")
        wait(lambda: "No space left" in daemon.log()
             and "lab/a" not in self.machine.addresses(), 20, self.said)
        self.assertIn("lab/b", self.machine.addresses())
        os.unlink(filler)
        self.ends_right(60)
        finish(daemon)
        self.assertEqual(self.leftovers(), [])

    def test_read_only(self):
        self.small_disk()
        self.store.load([claim("a", 0), claim("b", 1)])
        daemon = self.start()
        self.ends_right()
        before = self.machine.addresses()
        self.mount("-o", "remount,ro")
        self.delete("a")
        self.store.load([claim("c", 2)])
        wait(lambda: "Read-only" in daemon.log(), 20, self.said)
        self.stays(before, 2)
        daemon.kill()
        daemon = self.start()
        self.stays(before, 3)
        self.mount("-o", "remount,rw")
        self.ends_right(60)
        finish(daemon)

    def test_said_once(self):
        self.small_disk()
        self.store.load([claim("a", 0)])
        daemon = self.start()
        self.ends_right()
        self.fill()
        self.store.load([claim("c", 2)])
        wait(lambda: "No space left" in daemon.log(), 20, self.said)
        for i in range(10):
            self.store.load([claim(f"elsewhere{i}", 5, node="node2")])
            time.sleep(0.2)
        self.assertLessEqual(daemon.log().count("No space left"), 2, daemon.log())
        finish(daemon)


if __name__ == "__main__":
    main()
