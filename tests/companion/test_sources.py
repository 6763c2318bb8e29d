#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What drivers write appears, changes and vanishes under a running companion; what it
publishes is right at each step, and no reader ever sees half a claim."""
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import unittest

from companion import Companion, listing, parse_stream, wait
from drivers import (Amd, Claim, Classic, Example, ExampleContainers, Intel, MetadataOnly,
                     Nvidia, NvidiaFd, Sriov, put_in_place, put_renamed)

BUILD = os.environ.get("VC_BUILD", "")
DISKS = 16
# A torn file is waited for that long; see src/companion/patience.h
PATIENCE = 2.0


def disk(i):
    """Of make-machine --disks, up to 48."""
    return f"0000:{0x80 + i:02x}:00.0"


def uid(i):
    return f"5b6f0c7e-2d41-4c0a-9a53-{i:012x}"


class SourcesTest(unittest.TestCase):
    sources = "cdi, metadata"
    options = ()

    def setUp(self):
        self.machine = Companion(BUILD, None, *self.options, sources=self.sources, disks=DISKS)
        self.addCleanup(self.machine.__exit__)
        self.daemon = None

    def start(self, *options):
        self.daemon = self.machine.daemon(*options)
        self.addCleanup(self.daemon.__exit__)
        self.assertTrue(self.daemon.wait_ready(), self.daemon.log())
        return self.daemon

    def finish(self):
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())

    def wait(self, condition, seconds=20):
        return wait(condition, seconds,
                    lambda: f"{self.daemon.log()}{self.machine.published().keys()}")

    def devices(self, key):
        """(request, driver) -> addresses, as published, of the newest version"""
        found = {}
        for path, documents in self.machine.published().get(key, {}).items():
            request, file = path.split("/")
            self.assertEqual([d["apiVersion"].rsplit("/", 1)[1] for d in documents],
                             ["v1beta1", "v1alpha1"])
            first, last = (dict(d, apiVersion=None) for d in documents)
            self.assertEqual(first, last)
            for part in first["requests"]:
                self.assertEqual(part["name"], request)
                for device in part["devices"]:
                    self.assertEqual(file, f"{device['driver']}-metadata.json")
                    found.setdefault((request, device["driver"]), []).append(
                        device["attributes"]["resource.kubernetes.io/pciBusID"]["string"])
        return found

    def expected(self, driver, claim):
        return {(request, driver.name): addresses
                for request, addresses in claim.requests.items()}

    def is_right(self, driver, claim):
        try:
            return self.devices(claim.key) == self.expected(driver, claim)
        except (KeyError, json.JSONDecodeError):
            return False

    def attributes(self, key):
        """Of each device, by its address."""
        return {d["attributes"]["resource.kubernetes.io/pciBusID"]["string"]: d["attributes"]
                for documents in self.machine.published()[key].values()
                for part in documents[0]["requests"] for d in part["devices"]}

    def generation(self, key):
        return max(documents[0]["metadata"]["generation"]
                   for documents in self.machine.published()[key].values())

    def status(self):
        with open(f"{self.machine.root}/run/companion.json", encoding="utf-8") as f:
            return json.load(f)

    def state(self, claim):
        return next((c for c in self.status()["claims"] if c["uid"] == claim.uid), None)

    def marks(self, key):
        """What changes when anything is written: inodes, times."""
        found = {}
        for at, directories, names in os.walk(f"{self.machine.shared}/{key}"):
            for name in [".", *directories, *names]:
                st = os.stat(f"{at}/{name}")
                found[f"{at}/{name}"] = (st.st_ino, st.st_mtime_ns)
        return found

    def stays(self, key, seconds):
        """Nothing of a published claim changes for a while."""
        before = self.marks(key)
        self.assertTrue(before)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.marks(key), before, self.daemon.log())
            time.sleep(0.02)


class DriversTest(SourcesTest):
    """The files of each driver, one after the other."""

    options = ("--vfio-at-boot", disk(5))

    def follow(self, driver, claim, other):
        """Appears, changes to @other requests, vanishes."""
        driver.prepare(claim)
        self.wait(lambda: self.is_right(driver, claim))
        for address, attributes in self.attributes(claim.key).items():
            self.assertEqual(attributes["virt-claim.io/iommuGroup"],
                             {"int": int(driver.group(address))})
            self.assertIn("resource.kubernetes.io/numaNode", attributes)
            self.assertEqual(attributes["virt-claim.io/vendorID"], {"string": "144d"})
            self.assertIn("virt-claim.io/bootID", attributes)
        self.assertEqual(self.state(claim)["state"], "published")
        generation = self.generation(claim.key)
        claim.requests = other
        driver.put_cdi(claim)
        driver.update(claim)
        self.wait(lambda: self.is_right(driver, claim))
        self.assertGreater(self.generation(claim.key), generation)
        driver.unprepare(claim)
        self.wait(lambda: not self.machine.folders())
        self.wait(lambda: not self.state(claim))

    def test_nvidia(self):
        self.start()
        self.follow(Nvidia(self.machine), Claim("vm1", uid(1), {"gpu": [disk(1), disk(2)]}),
                    {"gpu": [disk(1), disk(3)]})
        self.finish()

    def test_nvidia_iommufd(self):
        place = f"{self.machine.sys}/bus/pci/devices/{disk(5)}/vfio-dev"
        os.symlink(f"../../../{disk(5)}", f"{place}/{os.listdir(place)[0]}/device")
        self.start()
        driver = NvidiaFd(self.machine)
        claim = Claim("vm1", uid(1), {"gpu": [disk(5)]})
        driver.prepare(claim)
        self.wait(lambda: self.is_right(driver, claim))
        driver.unprepare(claim)
        self.wait(lambda: not self.machine.folders())
        self.finish()

    def test_example(self):
        self.start()
        self.follow(Example(self.machine), Claim("vm1", uid(1), {"gpu": [disk(1)]}),
                    {"gpu": [disk(2)]})
        self.finish()

    def test_sriov(self):
        self.start()
        self.follow(Sriov(self.machine),
                    Claim("vm1", uid(1), {"net": [disk(1)], "storage": [disk(2)]}),
                    {"net": [disk(4)], "storage": [disk(2)]})
        self.finish()

    def test_intel(self):
        driver = Intel(self.machine)
        driver.all = [disk(i) for i in range(8)]
        put_renamed(f"{driver.cdi}/intel.com-gpu.yaml", driver.cdi_text())
        self.start()
        self.follow(driver, Claim("vm1", uid(1), {"gpu": [disk(1)]}), {"gpu": [disk(2)]})
        self.finish()

    def test_amd(self):
        self.start()
        self.follow(Amd(self.machine), Claim("vm1", uid(1), {"gpu": [disk(1)]}),
                    {"gpu": [disk(2)]})
        self.finish()

    def test_metadata_only(self):
        self.start()
        self.follow(MetadataOnly(self.machine), Claim("vm1", uid(1), {"net": [disk(1)]}),
                    {"net": [disk(2)]})
        self.finish()

    def test_all_together(self):
        """Also two drivers that answer requests of one claim."""
        self.start()
        pairs = [(kind(self.machine), Claim(f"vm{i}", uid(i), {"dev": [disk(i)]}))
                 for i, kind in enumerate((Nvidia, Example, Sriov, Amd, MetadataOnly))]
        for driver, claim in pairs:
            driver.prepare(claim)
        both = Claim("vm0", uid(0), {"second": [disk(9)]})
        MetadataOnly(self.machine).prepare(both)
        self.wait(lambda: all(self.is_right(d, c) for d, c in pairs[1:]))
        self.wait(lambda: self.devices("lab/vm0") == {
            ("dev", Nvidia.name): [disk(0)], ("second", MetadataOnly.name): [disk(9)]})
        pairs[2][0].unprepare(pairs[2][1])
        self.wait(lambda: self.machine.folders() ==
                  {c.key for i, (_, c) in enumerate(pairs) if i != 2})
        self.finish()

    def test_nobody_knows_the_name(self):
        """What a driver without metadata leaves is not enough: that is said, once."""
        self.start()
        driver = Classic(self.machine)
        claim = Claim("vm1", uid(1), {"nvme": [disk(1)]})
        driver.prepare(claim)
        self.assertTrue(self.daemon.wait_log("its namespace and name"), self.daemon.log())
        for i in range(5):
            MetadataOnly(self.machine).prepare(Claim(f"x{i}", uid(100 + i), {"n": [disk(4)]}))
            time.sleep(0.1)
        self.assertEqual(self.daemon.log().count("its namespace and name"), 1)
        self.assertEqual(self.state(claim)["state"], "incomplete")
        self.assertIn("its request", self.state(claim)["text"])
        driver.unprepare(claim)
        self.assertTrue(self.daemon.wait_log(f"claim {claim.uid}: all right again"))
        self.finish()

    def test_containers(self):
        """A claim of containers is nothing to complain about."""
        self.start()
        claim = Claim("pod1", uid(1), {"gpu": [disk(1)]})
        ExampleContainers(self.machine).prepare(claim)
        self.wait(lambda: self.state(claim))
        self.assertEqual(self.state(claim)["state"], "unrelated")
        self.assertEqual(self.daemon.log(), "")
        self.finish()


class EachAloneTest(SourcesTest):
    """One source knows less than both."""

    def alone(self, source, driver, claim):
        self.start("--source", source)
        driver.prepare(claim)
        self.wait(lambda: self.is_right(driver, claim))
        driver.update(claim)
        claim.requests = {"gpu": [disk(3)]}
        driver.put_cdi(claim)
        driver.update(claim)
        self.wait(lambda: self.is_right(driver, claim))
        driver.unprepare(claim)
        self.wait(lambda: not self.machine.folders())
        self.finish()

    def test_cdi(self):
        """It leads to metadata, and notices when that is written anew."""
        self.alone("cdi", Nvidia(self.machine), Claim("vm1", uid(1), {"gpu": [disk(1)]}))

    def test_metadata(self):
        self.alone("metadata", Nvidia(self.machine), Claim("vm1", uid(1), {"gpu": [disk(1)]}))

    def test_metadata_without_address(self):
        """Its address is in the CDI file, which nobody reads."""
        self.start("--source", "metadata")
        claim = Claim("vm1", uid(1), {"gpu": [disk(1)]})
        driver = Amd(self.machine)
        driver.prepare(claim)
        self.wait(lambda: self.state(claim))
        time.sleep(0.2)
        self.assertEqual(self.machine.folders(), set())
        self.finish()


class TornTest(SourcesTest):
    """Files that are half written, for a moment and for longer."""

    def setUp(self):
        super().setUp()
        self.driver = MetadataOnly(self.machine)
        # with several versions, the first half of a file may be a whole one
        self.driver.versions = ("v1beta1",)
        self.claim = Claim("vm1", uid(1), {"gpu": [disk(1)]})
        self.start()
        self.driver.prepare(self.claim)
        self.wait(lambda: self.is_right(self.driver, self.claim))
        self.path = self.driver.metadata_path(self.claim, "gpu")
        self.text = self.driver.metadata_text(self.claim, "gpu")

    @contextlib.contextmanager
    def moment(self):
        """What fails in it says nothing when it took too long."""
        at = time.monotonic()
        try:
            yield
        except AssertionError:
            if time.monotonic() - at > PATIENCE * 0.7:
                self.skipTest("this machine is too slow to tell")
            raise

    def test_moment(self):
        before = self.generation(self.claim.key)
        for size in (0, 1, 60, len(self.text) // 2, len(self.text) - 2):
            with self.moment():
                put_in_place(self.path, self.text[:size])
                self.stays(self.claim.key, 0.4)
            put_in_place(self.path, self.text)
            self.stays(self.claim.key, 0.2)
        self.assertEqual(self.generation(self.claim.key), before)
        self.assertNotIn("metadata.json", self.daemon.log())
        self.finish()

    def test_slow_writer(self):
        """In place, in pieces, with pauses; then it says something else."""
        self.claim.requests = {"gpu": [disk(2)]}
        self.claim.generation = 2
        text = self.driver.metadata_text(self.claim, "gpu")
        with self.moment(), open(self.path, "w", encoding="utf-8") as f:
            for at in range(0, len(text), len(text) // 5):
                f.write(text[at:at + len(text) // 5])
                f.flush()
                if at + len(text) // 5 < len(text):
                    self.stays(self.claim.key, 0.1)
        self.wait(lambda: self.is_right(self.driver, self.claim))
        self.finish()

    def test_broken(self):
        """Torn for good: withdrawn, said once; whole again: published again."""
        put_in_place(self.path, self.text[:100])
        at = time.monotonic()
        self.wait(lambda: not self.machine.folders())
        self.assertGreater(time.monotonic() - at, PATIENCE * 0.8)
        self.assertTrue(self.daemon.wait_log(self.path))
        time.sleep(0.5)
        self.assertEqual(self.daemon.log().count(self.path), 2, self.daemon.log())
        self.assertTrue(any(self.path in t["subject"] for t in self.status()["troubles"]))
        put_in_place(self.path, self.text)
        self.wait(lambda: self.is_right(self.driver, self.claim))
        self.wait(lambda: not self.status()["troubles"])
        self.assertTrue(self.daemon.wait_log("all right again"), self.daemon.log())
        self.finish()

    def test_new_and_torn(self):
        """A new claim appears when it is whole, not before."""
        claim = Claim("vm2", uid(2), {"gpu": [disk(2)], "audio": [disk(3)]})
        with self.moment():
            for request in claim.requests:
                text = self.driver.metadata_text(claim, request)
                put_in_place(self.driver.metadata_path(claim, request), text[:len(text) // 2])
            time.sleep(0.3)
            put_in_place(self.driver.metadata_path(claim, "gpu"),
                         self.driver.metadata_text(claim, "gpu"))
            time.sleep(0.3)
            self.assertEqual(self.machine.folders(), {self.claim.key})
        put_in_place(self.driver.metadata_path(claim, "audio"),
                     self.driver.metadata_text(claim, "audio"))
        self.wait(lambda: self.is_right(self.driver, claim))
        self.finish()

    def test_others_go_on(self):
        """A torn file of one claim holds up nobody else."""
        put_in_place(self.path, "{")
        at = time.monotonic()
        other = Claim("vm2", uid(2), {"gpu": [disk(2)]})
        self.driver.prepare(other)
        self.wait(lambda: self.is_right(self.driver, other))
        self.driver.unprepare(other)
        self.wait(lambda: other.key not in self.machine.folders())
        if time.monotonic() - at > PATIENCE:
            self.skipTest("this machine is too slow to tell")
        self.assertEqual(self.machine.folders(), {self.claim.key})
        self.finish()

    def test_late_mode(self):
        """Others can write it: it is not believed, until its mode is right."""
        claim = Claim("vm2", uid(2), {"gpu": [disk(2)]})
        path = self.driver.metadata_path(claim, "gpu")
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), 0o666)
            f.write(self.driver.metadata_text(claim, "gpu"))
        time.sleep(PATIENCE * 1.5)
        self.assertEqual(self.machine.folders(), {self.claim.key})
        os.chmod(path, 0o644)
        self.wait(lambda: self.is_right(self.driver, claim), 5)
        self.finish()

    def test_torn_cdi(self):
        """A CDI file that somebody writes in place."""
        nvidia = Nvidia(self.machine)
        nvidia.attributes = lambda address: {}
        claim = Claim("vm3", uid(3), {"gpu": [disk(3)]})
        nvidia.prepare(claim)
        self.wait(lambda: self.is_right(nvidia, claim))
        text = nvidia.cdi_text(claim)
        with self.moment():
            put_in_place(nvidia.cdi_path(claim), text[:70])
            self.stays(claim.key, 0.5)
        put_in_place(nvidia.cdi_path(claim), text)
        self.stays(claim.key, 0.3)
        self.finish()

    def test_torn_static_file(self):
        """One that is about all devices of a node may hide any claim."""
        intel = Intel(self.machine)
        intel.attributes = lambda address: {}
        claim = Claim("vm4", uid(4), {"gpu": [disk(4)]})
        intel.prepare(claim)
        self.wait(lambda: self.is_right(intel, claim))
        path = f"{intel.cdi}/intel.com-gpu.yaml"
        with self.moment():
            put_in_place(path, intel.cdi_text(claim)[:90])
            self.stays(claim.key, 0.5)
        put_in_place(path, intel.cdi_text(claim))
        self.stays(claim.key, 0.3)
        put_in_place(path, "devices: [")
        self.wait(lambda: claim.key not in self.machine.folders())
        self.assertIn(self.claim.key, self.machine.folders())
        self.finish()


class DirectoriesTest(SourcesTest):
    """Directories that appear late, vanish, move, or are links."""

    def both(self, i, seconds=20):
        """A claim of metadata, and one that needs its CDI file, appear."""
        first, second = MetadataOnly(self.machine), Nvidia(self.machine)
        second.attributes = lambda address: {}
        claims = (Claim(f"m{i}", uid(2 * i), {"r": [disk(1)]}),
                  Claim(f"c{i}", uid(2 * i + 1), {"r": [disk(2)]}))
        first.prepare(claims[0])
        second.prepare(claims[1])
        self.wait(lambda: self.is_right(first, claims[0]) and
                  self.is_right(second, claims[1]), seconds)
        return {c.key for c in claims}

    def remove(self, *names):
        for name in names:
            shutil.rmtree(f"{self.machine.root}/{name}")

    def test_late(self):
        self.remove("plugins", "drivers-cdi")
        self.start()
        os.makedirs(f"{self.machine.root}/drivers-cdi")
        self.both(1)
        self.finish()

    def test_made_again(self):
        self.start()
        keys = self.both(1)
        for i in range(3):
            self.remove("plugins", "drivers-cdi")
            self.wait(lambda: not self.machine.folders())
            os.makedirs(f"{self.machine.root}/drivers-cdi")
            self.assertNotEqual(self.both(i + 2), keys)
        self.finish()

    def test_parent_moves(self):
        """Nothing happens to the directories themselves."""
        root = self.machine.root
        self.remove("plugins", "drivers-cdi")
        os.makedirs(f"{root}/a/b/plugins")
        os.makedirs(f"{root}/a/b/drivers-cdi")
        os.symlink("a/b/plugins", f"{root}/plugins")
        os.symlink(f"{root}/a/b/drivers-cdi", f"{root}/drivers-cdi")
        self.start()
        self.both(1)
        os.rename(f"{root}/a", f"{root}/z")
        self.wait(lambda: not self.machine.folders())
        os.rename(f"{root}/z", f"{root}/a")
        self.wait(lambda: len(self.machine.folders()) == 2)
        os.rename(f"{root}/a/b", f"{root}/a/c")
        self.wait(lambda: not self.machine.folders())
        self.finish()

    def test_link_leads_elsewhere(self):
        root = self.machine.root
        self.start()
        self.both(1)
        for name in ("plugins", "drivers-cdi"):
            os.rename(f"{root}/{name}", f"{root}/old-{name}")
        self.wait(lambda: not self.machine.folders())
        for name in ("plugins", "drivers-cdi"):
            os.symlink(f"old-{name}", f"{root}/{name}")
        self.wait(lambda: len(self.machine.folders()) == 2)
        self.finish()

    def test_mode_of_a_directory(self):
        """Others can write it: it is not believed, and hides nothing that was believed."""
        self.start()
        keys = self.both(1)
        for name, text in (("drivers-cdi", "source cdi: "), ("plugins", "plugins: "),
                           ("plugins/net.example.org/dra-device-metadata", "-metadata: ")):
            path = f"{self.machine.root}/{name}"
            os.chmod(path, 0o777)
            self.assertTrue(self.daemon.wait_log(text), self.daemon.log())
            time.sleep(PATIENCE * 1.2)
            self.assertEqual(self.machine.folders(), keys)
            os.chmod(path, 0o755)
            self.assertTrue(self.daemon.wait_log(f"{text}all right again"), self.daemon.log())
        self.assertEqual(len(self.both(2)), 2)
        self.assertEqual(len(self.machine.folders()), 4)
        self.finish()

    def test_linked_files(self):
        """CDI files may be links; what they lead to may be replaced or written into."""
        root = self.machine.root
        driver = Nvidia(self.machine)
        driver.attributes = lambda address: {}
        claim = Claim("vm1", uid(1), {"gpu": [disk(1)]})
        driver.prepare(claim)
        os.makedirs(f"{root}/elsewhere")
        target = f"{root}/elsewhere/{os.path.basename(driver.cdi_path(claim))}"
        os.rename(driver.cdi_path(claim), target)
        self.start()
        self.assertEqual(self.machine.folders(), set())
        os.symlink(target, driver.cdi_path(claim))
        self.wait(lambda: self.is_right(driver, claim))
        claim.requests = {"gpu": [disk(2)]}
        put_in_place(target, driver.cdi_text(claim))
        self.wait(lambda: self.is_right(driver, claim))
        claim.requests = {"gpu": [disk(3)]}
        put_renamed(target, driver.cdi_text(claim))
        self.wait(lambda: self.is_right(driver, claim))
        os.unlink(target)
        self.wait(lambda: not self.machine.folders())
        self.finish()

    def test_links_below_plugins(self):
        """There they are not followed."""
        driver = MetadataOnly(self.machine)
        claim = Claim("vm1", uid(1), {"gpu": [disk(1)]})
        driver.prepare(claim)
        for name in os.listdir(driver.cdi):
            os.unlink(f"{driver.cdi}/{name}")
        os.rename(f"{self.machine.root}/plugins/{driver.name}", f"{self.machine.root}/away")
        os.symlink("../away", f"{self.machine.root}/plugins/{driver.name}")
        self.start()
        time.sleep(0.3)
        self.assertEqual(self.machine.folders(), set())
        self.finish()

    def test_overflow(self):
        """The kernel drops events: everything is looked at again. Of one source, since each
        has a queue of its own."""
        self.start("--source", "cdi")
        self.both(1)
        with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as f:
            limit = int(f.read())
        if limit > 100000:
            self.skipTest("the kernel queues too many events")
        os.kill(self.daemon.pid, signal.SIGSTOP)
        # which say nothing, so that the overflow is all that is heard
        names = [f"{self.machine.root}/drivers-cdi/{c}.tmp" for c in "ab"]
        for i in range(limit // 2):
            with open(names[i % 2], "w", encoding="ascii"):
                pass
            os.unlink(names[i % 2])
        shutil.rmtree(f"{self.machine.root}/plugins")
        driver = MetadataOnly(self.machine)
        claim = Claim("late", uid(77), {"gpu": [disk(7)]})
        driver.prepare(claim)
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.wait(lambda: self.machine.folders() == {claim.key})
        self.finish()

    def test_no_room_for_watches(self):
        """What the kernel cannot tell is looked for, and only as long as that is so."""
        self.machine.watches(False)
        self.start()
        keys = self.both(1)
        for source in ("cdi", "metadata"):
            self.assertRegex(self.daemon.log(), f"source {source}: .*cannot be watched .*"
                                                "raise fs.inotify.max_user_watches")
        self.machine.watches(True)
        self.assertTrue(self.daemon.quiet(6))
        self.remove("plugins")
        self.wait(lambda: not keys & self.machine.folders())
        self.both(2)
        self.finish()

    def test_hostile_names(self):
        """Nothing of it is anybody's claim, and nothing of it does harm."""
        root = f"{self.machine.root}/plugins/net.example.org/dra-device-metadata"
        for name in ("a_b/../../x", "lab_", "_vm", "lab", "LAB_vm", "lab_vm1/UP", "a_b/r"):
            os.makedirs(f"{root}/{name}", exist_ok=True)
        os.mkfifo(f"{root}/a_b/r/metadata.json")
        os.makedirs(f"{root}/c_d/r/metadata.json")
        os.mkfifo(f"{self.machine.root}/drivers-cdi/x.json")
        os.makedirs(f"{self.machine.root}/drivers-cdi/y.yaml")
        with open(f"{self.machine.root}/drivers-cdi/z.yaml", "wb") as f:
            f.truncate(17 << 20)
        self.start()
        self.both(1)
        self.finish()


class LifeTest(SourcesTest):
    """Restarts, ownership, the command line."""

    def setUp(self):
        super().setUp()
        self.driver = Nvidia(self.machine)
        self.claims = [Claim(f"vm{i}", uid(i), {"gpu": [disk(i)]}) for i in range(4)]

    def publish(self):
        for claim in self.claims:
            self.driver.prepare(claim)
        self.wait(lambda: all(self.is_right(self.driver, c) for c in self.claims))

    def test_restart(self):
        """Nothing flaps: not one file is written again."""
        self.start()
        self.publish()
        self.assertTrue(self.daemon.quiet(0.5))
        for way in ("kill", "stop"):
            before = [self.marks(c.key) for c in self.claims]
            getattr(self.daemon, way)()
            self.start()
            self.assertTrue(self.daemon.quiet(0.5))
            self.assertEqual([self.marks(c.key) for c in self.claims], before)
            self.assertEqual(self.daemon.log(), "")
        self.finish()

    def test_changes_while_away(self):
        self.start()
        self.publish()
        self.daemon.kill()
        self.driver.unprepare(self.claims[0])
        self.claims[1].requests = {"gpu": [disk(9)]}
        self.driver.put_cdi(self.claims[1])
        self.driver.update(self.claims[1])
        self.start()
        self.wait(lambda: self.machine.folders() == {c.key for c in self.claims[1:]})
        self.assertTrue(self.is_right(self.driver, self.claims[1]))
        self.assertTrue(self.daemon.wait_log("lab/vm0: withdrawn"), self.daemon.log())
        self.finish()

    def test_only_ours(self):
        """What others wrote stays, and what they put into ours keeps it."""
        shared = self.machine.shared
        theirs = f"{shared}/lab/others/gpu/gpu.nvidia.com-metadata.json"
        claim = Claim("others", uid(40), {"gpu": [disk(8)]})
        put_in_place(theirs, self.driver.metadata_text(claim, "gpu"))
        self.start()
        self.publish()
        put_in_place(f"{shared}/lab/vm0/README", "mine")
        os.chmod(f"{shared}/lab/vm0", 0o755)
        self.driver.prepare(claim)
        self.assertTrue(self.daemon.wait_log("lab/others: is not published: virt-claimd did "
                                             "not write"), self.daemon.log())
        self.driver.unprepare(claim)
        for c in self.claims:
            self.driver.unprepare(c)
        self.wait(lambda: self.machine.folders() == {"lab/others", "lab/vm0"})
        self.daemon.kill()
        self.start()
        self.assertTrue(self.daemon.quiet(0.5))
        self.assertEqual(self.machine.folders(), {"lab/others", "lab/vm0"})
        with open(theirs, encoding="utf-8") as f:
            self.assertEqual(f.read(), self.driver.metadata_text(claim, "gpu"))
        os.unlink(f"{shared}/lab/vm0/README")
        self.daemon.reload()
        self.wait(lambda: self.machine.folders() == {"lab/others"})
        self.finish()

    def test_shared_directory_removed(self):
        """Somebody cleans up too much: it is written again at the next event."""
        self.start()
        self.publish()
        shutil.rmtree(self.machine.shared)
        self.driver.update(self.claims[0])
        self.wait(lambda: all(self.is_right(self.driver, c) for c in self.claims))
        self.finish()

    def test_new_claim_of_that_name(self):
        """Deleted and made again: another UID, perhaps another device."""
        self.start()
        self.publish()
        old = self.claims[0]
        self.driver.unprepare(old)
        new = Claim(old.name, uid(50), {"gpu": [disk(10)]})
        self.driver.prepare(new)
        self.wait(lambda: self.is_right(self.driver, new))
        # the driver leaves the CDI file of the old one behind, which has no name
        self.driver.put_cdi(old)
        time.sleep(0.3)
        self.assertTrue(self.is_right(self.driver, new))
        self.finish()

    def test_broken_neighbours(self):
        """Claims that contradict themselves or the machine hold up nobody."""
        self.start()
        gone = Claim("gone", uid(60), {"gpu": ["0000:fe:00.0"]})
        gone_driver = MetadataOnly(self.machine)
        twice = Claim("twice", uid(61), {"gpu": [disk(6)]})
        gone_driver.prepare(gone)
        self.driver.prepare(twice)
        other = Claim("twice", uid(61), {"gpu": [disk(7)]})
        put_in_place(f"{self.driver.cdi}/k8s.other.example.com-x_{twice.uid}.yaml",
                     self.driver.cdi_text(other).replace("k8s.gpu.nvidia.com/claim",
                                                         "k8s.gpu.nvidia.com/other"))
        self.publish()
        self.assertTrue(self.daemon.wait_log("0000:fe:00.0 is no device of this machine"))
        self.wait(lambda: self.machine.folders() == {c.key for c in self.claims})
        self.assertEqual(self.state(gone)["state"], "broken")
        self.assertIn(self.state(twice)["state"], ("broken", "incomplete"))
        self.assertEqual(self.daemon.log().count("is no device of this machine"), 1)
        self.finish()

    def test_device_is_pulled_out(self):
        """The kernel would say it; here somebody asks to look again."""
        self.start()
        self.publish()
        link = f"{self.machine.sys}/bus/pci/devices/{disk(1)}"
        target = os.readlink(link)
        os.unlink(link)
        self.daemon.reload()
        self.wait(lambda: len(self.machine.folders()) == 3)
        self.assertTrue(self.daemon.wait_log(f"lab/vm1: is not published: device 'gpu-vfio-0': "
                                             f"{disk(1)} is no device"), self.daemon.log())
        os.symlink(target, link)
        self.daemon.reload()
        self.wait(lambda: len(self.machine.folders()) == 4)
        self.finish()

    def test_many(self):
        """Hundreds of claims appear at once, and most of them vanish again."""
        driver = MetadataOnly(self.machine)
        many = [Claim(f"many{i}", uid(1000 + i), {"r": [disk(i % DISKS)]}) for i in range(300)]
        for claim in many:
            driver.prepare(claim)
        self.start()
        self.wait(lambda: len(self.machine.folders()) == 300, 100)
        for claim in many[10:]:
            driver.unprepare(claim)
        self.wait(lambda: self.machine.folders() == {c.key for c in many[:10]}, 100)
        self.assertTrue(all(self.is_right(driver, c) for c in many[:10]))
        self.finish()

    def test_machine_untouched(self):
        """Nothing is written to sysfs, no driver changes."""
        def tree():
            found = {}
            for at, directories, names in os.walk(self.machine.sys):
                for name in directories + names:
                    st = os.lstat(f"{at}/{name}")
                    found[f"{at}/{name}"] = (st.st_ino, st.st_mtime_ns, st.st_size)
            return found
        before, log = tree(), self.machine.log()
        self.start()
        self.publish()
        for claim in self.claims:
            self.driver.unprepare(claim)
        self.wait(lambda: not self.machine.folders())
        self.finish()
        self.assertEqual(tree(), before)
        self.assertEqual(self.machine.log(), log)

    def test_once(self):
        for claim in self.claims:
            self.driver.prepare(claim)
        result = self.once()
        self.assertEqual((result.returncode, result.stderr.count(": published\n")), (0, 4))
        self.assertTrue(all(self.is_right(self.driver, c) for c in self.claims))
        self.driver.unprepare(self.claims[0])
        result = self.once()
        self.assertEqual((result.returncode, result.stderr),
                         (0, "virt-claimd: lab/vm0: withdrawn: no source knows it any more\n"))
        Classic(self.machine).prepare(Claim("x", uid(70), {"r": [disk(1)]}))
        result = self.once()
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("its namespace and name", result.stderr)

    def once(self, *options):
        return self.machine.run(f"{BUILD}/src/cli/virt-claimd", "--once", *options)

    def test_command_line(self):
        for sources in ("", "cdi,", "api", "cdi,cdi", "cdi metadata"):
            result = self.once("--source", sources)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("--source: '", result.stderr)
        self.assertEqual(self.once("--node-name", "Node_1").returncode, 2)
        config = f"{self.machine.root}/etc/virt-claim.yaml"
        with open(config, encoding="utf-8") as f:
            text = f.read()
        with open(config, "w", encoding="utf-8") as f:
            f.write(text.replace("role: kubernetes", "role: host"))
        result = self.once()
        self.assertEqual(result.returncode, 3)
        self.assertIn("for 'role: kubernetes' only", result.stderr)

    def test_reload(self):
        """Other sources after SIGHUP; a broken configuration changes nothing."""
        config = f"{self.machine.root}/etc/virt-claim.yaml"
        with open(config, encoding="utf-8") as f:
            text = f.read()
        self.start()
        self.publish()
        with open(config, "w", encoding="utf-8") as f:
            f.write(text + "nonsense: 1\n")
        self.daemon.reload()
        self.assertTrue(self.daemon.wait_log("the old one stays"), self.daemon.log())
        self.assertEqual(len(self.machine.folders()), 4)
        with open(config, "w", encoding="utf-8") as f:
            f.write(text.replace(f"{self.machine.root}/drivers-cdi",
                                 f"{self.machine.root}/other-cdi")
                    .replace(f"{self.machine.root}/plugins", f"{self.machine.root}/other"))
        self.daemon.reload()
        self.wait(lambda: not self.machine.folders())
        with open(config, "w", encoding="utf-8") as f:
            f.write(text)
        self.daemon.reload()
        self.wait(lambda: all(self.is_right(self.driver, c) for c in self.claims))
        self.driver.unprepare(self.claims[0])
        self.wait(lambda: len(self.machine.folders()) == 3)
        self.finish()


# A reader that never stops

def read_claim(path):
    """Requests of one folder with their texts; None when it went away meanwhile."""
    try:
        before = os.stat(path)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        if os.fstat(fd).st_ino != before.st_ino:
            return None
        found = {}
        for base in (".", f".container/resourceclaims/{os.path.basename(path)}"):
            for request in os.listdir(f"/proc/self/fd/{fd}/{base}"):
                if request.startswith("."):
                    continue
                for file in os.listdir(f"/proc/self/fd/{fd}/{base}/{request}"):
                    with open(f"/proc/self/fd/{fd}/{base}/{request}/{file}",
                              encoding="utf-8") as f:
                        found[f"{base}/{request}/{file}"] = f.read()
    except FileNotFoundError:
        found = None
    finally:
        os.close(fd)
    try:
        same = os.stat(path).st_ino == before.st_ino
    except FileNotFoundError:
        same = False
    if not same:
        return None
    return found if found is not None else {}


def read_for_ever(shared, requests, results):
    """Puts what is wrong into @results, and at the end how much was read."""
    n = whole = 0
    stop = results["stop"]
    while not stop.is_set():
        n += 1
        for name in listing(f"{shared}/lab"):
            path = f"{shared}/lab/{name}"
            found = read_claim(path)
            if found is None:
                continue
            whole += 1
            texts = list(found.values())
            wrong = None
            if len(found) != 2 * len(requests):
                wrong = f"files {sorted(found)}"
            else:
                try:
                    parsed = [parse_stream(text, path) for text in texts]
                    uids = {p[0]["metadata"]["uid"] for p in parsed}
                    if len(uids) != 1 or any(len(p) != 2 for p in parsed):
                        wrong = f"UIDs {uids}"
                except ValueError as e:
                    wrong = str(e)
            if wrong:
                results["wrong"].put(f"{path}: {wrong}")
    results["read"].put((n, whole))


class ReaderTest(SourcesTest):
    """A process that polls all the time never sees half a claim."""

    def test_never_half(self):
        requests = ("audio", "gpu", "net")
        results = {"stop": multiprocessing.Event(), "wrong": multiprocessing.Queue(),
                   "read": multiprocessing.Queue()}
        reader = multiprocessing.Process(target=read_for_ever, daemon=True,
                                         args=(self.machine.shared, requests, results))
        driver = Nvidia(self.machine)
        self.start()
        reader.start()
        claims = []
        latencies = []
        for i in range(30):
            claim = Claim(f"vm{i % 5}", uid(i), {r: [disk(j + 3 * (i % 5))]
                                                 for j, r in enumerate(requests)})
            if len(claims) == 4:
                driver.unprepare(claims.pop(0))
            driver.prepare(claim)
            at = time.monotonic()
            claims.append(claim)
            self.wait(lambda: self.is_right(driver, claims[-1]))
            latencies.append(time.monotonic() - at)
            for c in claims:
                if i % 3 == 0:
                    driver.update(c)
        results["stop"].set()
        n, whole = results["read"].get(timeout=30)
        reader.join(30)
        wrong = []
        while not results["wrong"].empty():
            wrong.append(results["wrong"].get())
        print(f"{n} rounds, {whole} claims read; a folder is there after "
              f"{statistics.median(latencies) * 1000:.0f} ms (median, with this reader)",
              file=sys.stderr)
        self.assertEqual(wrong[:3], [], self.daemon.log())
        self.assertGreater(whole, 100)
        self.finish()


class ShowTest(SourcesTest):
    """What is missing is said by `virt-claim show`."""

    def show(self, name, *options):
        return self.machine.claim("show", name, *options)

    def test_show(self):
        self.start()
        driver = Nvidia(self.machine)
        claim = Claim("vm1", uid(1), {"gpu": [disk(1)]})
        driver.prepare(claim)
        self.wait(lambda: self.is_right(driver, claim))
        result = self.show("lab/vm1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("published", result.stdout)
        bad = Claim("bad", uid(2), {"gpu": ["0000:fe:00.0"]})
        MetadataOnly(self.machine).prepare(bad)
        self.wait(lambda: self.state(bad))
        result = self.show("lab/bad")
        self.assertIn("0000:fe:00.0 is no device of this machine", result.stdout)
        result = self.show("lab/nobody")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.finish()


if __name__ == "__main__":
    unittest.main(verbosity=2)
