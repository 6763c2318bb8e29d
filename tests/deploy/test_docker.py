#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""deploy/docker: what can be known of the images without a container engine.

The stages and arguments resolve; what is copied exists; the build stage's own commands
configure the files that the builder gets, and lay out what is copied from it; Debian has
the packages, and they have every library that the programs want.

test_docker.py BUILD - a build tree with the programs
"""
import functools
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import docker
import manifest
from docker import DockerError
from manifest import ROOT
from where import BUILD

DOCKERFILE = os.path.join(ROOT, "deploy/docker/Dockerfile")
# Of every Debian image
BASE = {"libc6", "libgcc-s1", "libstdc++6", "zlib1g", "base-files", "bash", "coreutils"}


def read(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def stages():
    return {s.name: s for s in docker.read(read(DOCKERFILE))}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=280, **options)


def build_command(word):
    """The cmake command of the build stage that has this word."""
    found = [t for t in stages()["build"].texts("RUN") if word in t and "cmake" in t]
    assert len(found) == 1, found
    return found[0].split()


def install_layout(tree):
    """Paths below the prefix, as cmake --install would lay them out."""
    found = set()
    for script in glob.glob(tree + "/**/cmake_install.cmake", recursive=True):
        for target, rest in re.findall(
                r'file\(INSTALL DESTINATION "([^"]+)"([^)]*)\)', read(script)):
            target = target.replace("${CMAKE_INSTALL_PREFIX}", "/usr")
            renamed = re.search(r'RENAME "([^"]+)"', rest)
            for file in re.findall(r'"(/[^"]+)"', rest):
                found.add(os.path.join(target, renamed[1] if renamed
                                       else os.path.basename(file)))
    return found


class Dockerfile(unittest.TestCase):
    def test_stages(self):
        found = stages()
        self.assertEqual(list(found), ["build", "node", "shim", "sidecar"])
        self.assertEqual(found["node"].base, found["build"].base)
        self.assertEqual(found["sidecar"].base, found["build"].base)
        self.assertRegex(found["shim"].base, r"/sidecar-shim:v\d+\.\d+\.\d+$")
        for stage in found.values():
            self.assertNotRegex(stage.base, r":latest$|^[^:]*$")

    def test_a_builder_without_shim_can_make_the_other_image(self):
        names = list(stages())
        self.assertLess(names.index("node"), names.index("shim"))

    def test_sources_of_copies(self):
        known = {}
        ignore = docker.Ignore(read(ROOT + "/.dockerignore"))
        for stage in stages().values():
            for source, names, target in docker.copies(stage):
                self.assertTrue(target.startswith("/"), target)
                self.assertTrue(len(names) == 1 or target.endswith("/"))
                if source:
                    self.assertIn(source, known)
                for name in names:
                    if not source and name != ".":
                        self.assertTrue(os.path.exists(os.path.join(ROOT, name)), name)
                        self.assertTrue(ignore.keeps(name), name)
            known[stage.name] = stage

    def test_users_and_programs(self):
        for name, user in (("node", "65532:65532"), ("sidecar", "107:107")):
            stage = stages()[name]
            self.assertEqual(stage.texts("USER"), [user])
            words = docker.exec_form((stage.texts("ENTRYPOINT") + stage.texts("CMD"))[0])
            copied = {t + os.path.basename(n) if t.endswith("/") else t
                      for _, names, t in docker.copies(stage) for n in names}
            self.assertIn(words[0], copied)
        self.assertEqual(docker.exec_form(stages()["sidecar"].texts("CMD")[0]),
                         ["--version", "v1alpha3"])

    def test_the_programs_of_the_manifests_are_in_the_image(self):
        there = {t + os.path.basename(n) if t.endswith("/") else t
                 for _, names, t in docker.copies(stages()["node"]) for n in names}
        for obj in manifest.build(manifest.DEPLOY):
            for container in manifest.containers_of(obj):
                self.assertIn(container["command"][0], there)
                if "livenessProbe" in container:
                    self.assertIn(container["livenessProbe"]["exec"]["command"][0], there)

    def test_what_is_refused(self):
        for text, why in (("RUN x", "before FROM"), ("FROM a", "expected FROM"),
                          ("FROM ${A} AS a", "no ARG 'A'"), ("ADD a b", "unknown"),
                          ("ARG A=1\nFROM a:1 AS a\nCOPY ${A} /", "no ARG 'A'"),
                          ("FROM a:1 AS a\nRUN x \\\n", "never ends")):
            with self.subTest(text), self.assertRaisesRegex(DockerError, why):
                docker.read(text)
        with self.assertRaisesRegex(DockerError, "list of words"):
            docker.exec_form("/usr/bin/sidecar-shim")
        made = docker.read("ARG A=1\nARG B=x:${A}\nFROM ${B} AS a\nARG A\nCOPY f$A /\n")
        self.assertEqual((made[0].base, made[0].steps[0][1]), ("x:1", "f1 /"))

    def test_dockerignore(self):
        ignore = docker.Ignore("*\n!src\n!scripts/one\nsrc/secret\n")
        for name, kept in (("src/a/b.c", True), ("README.md", False), (".git/config", False),
                           ("scripts/one", True), ("scripts/two", False),
                           ("src/secret", False), ("src/a/secret", True)):
            self.assertEqual(ignore.keeps(name), kept, name)


class BuildStage(unittest.TestCase):
    """The files that the builder gets are enough, and give what is copied."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="vc-docker-")
        cls.src, cls.out = cls.scratch.name + "/src", cls.scratch.name + "/build"
        ignore = docker.Ignore(read(ROOT + "/.dockerignore"))
        cls.files = sorted(ignore.context(ROOT))
        for name in cls.files:
            os.makedirs(os.path.dirname(f"{cls.src}/{name}"), exist_ok=True)
            shutil.copy2(f"{ROOT}/{name}", f"{cls.src}/{name}")
        command = [w.replace("/src", cls.src, 1) if w == "/src" else
                   cls.out if w == "/build" else w for w in build_command("-S")]
        cls.configured = run(command)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_context_is_small(self):
        self.assertFalse([f for f in self.files if f.startswith(("tests/", "build/",
                                                                 ".git/"))])
        size = sum(os.path.getsize(f"{self.src}/{f}") for f in self.files)
        self.assertLess(size, 16 << 20)

    def test_it_configures(self):
        self.assertEqual(self.configured.returncode, 0, self.configured.stderr)

    def test_every_source_is_there(self):
        """A dry run stops at a file that nobody makes."""
        done = run(["ninja", "-n", "-C", self.out])
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)

    def test_what_is_copied_is_laid_out(self):
        layout = install_layout(self.out)
        self.assertIn("/usr/bin/virt-claim", layout)
        for stage in stages().values():
            for source, names, _ in docker.copies(stage):
                if source == "build":
                    for name in names:
                        self.assertTrue(name.startswith("/out/"))
                        self.assertIn(name[len("/out"):], layout)
        self.assertFalse([p for p in layout if p.endswith(".service")])

    def test_the_build_installs_there(self):
        self.assertEqual(build_command("--install")[:2], ["DESTDIR=/out", "cmake"])
        self.assertEqual(build_command("--build"), ["cmake", "--build", "/build"])


@functools.lru_cache
def installed():
    """Libraries of this machine, and their packages, as dpkg -S would say."""
    found = {}
    for name in glob.glob("/var/lib/dpkg/info/*.list"):
        package = os.path.basename(name)[:-len(".list")].partition(":")[0]
        for path in read(name).splitlines():
            if ".so" in path:
                found[path] = package
    return found


class Packages(unittest.TestCase):
    def setUp(self):
        if not shutil.which("apt-cache"):
            self.skipTest("no apt-cache")
        if not re.search(r'VERSION_ID="12"', read("/etc/os-release")):
            self.skipTest("not the Debian of the images")

    def test_debian_has_them(self):
        known = set(run(["apt-cache", "pkgnames"]).stdout.split())
        for name in ("node", "sidecar"):
            found = set(docker.packages(stages()[name]))
            self.assertTrue(found)
            self.assertLessEqual(found, known)
        self.assertNotIn("libjson-c6", known)

    def closure(self, names):
        """Packages, and all that they depend on."""
        done = run(["apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests",
                    "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances",
                    *names])
        return {line.strip().partition(":")[0] for line in done.stdout.splitlines()
                if line and not line.startswith(" ")} | BASE

    def wanted(self, program):
        """Packages of its libraries; those of sanitizers are not in a release."""
        done = run(["ldd", program], env=dict(os.environ, LD_PRELOAD=""))
        self.assertEqual(done.returncode, 0, done.stderr)
        needed = re.findall(r"NEEDED.*\[(.+)\]", run(["readelf", "-d", program]).stdout)
        for name, path in re.findall(r"(\S+) => (/\S+)", done.stdout):
            if name in needed and not name.startswith(("libasan", "libubsan", "libtirpc")):
                yield name, self.package_of(os.path.realpath(path))

    def package_of(self, path):
        for tried in (path, path.removeprefix("/usr")):
            if tried in installed():
                return installed()[tried]
        self.fail(f"no package has {path}")
        return None

    def test_every_library_is_installed(self):
        if not BUILD:
            self.skipTest("no build tree was named")
        for stage in (stages()["node"], stages()["sidecar"]):
            there = self.closure(docker.packages(stage))
            for source, names, _ in docker.copies(stage):
                for name in names if source == "build" else []:
                    program = self.find(os.path.basename(name))
                    for library, package in self.wanted(program):
                        self.assertIn(package, there, f"{program} wants {library}")

    def find(self, name):
        found = [p for p in glob.glob(BUILD + "/**/" + name, recursive=True)
                 if os.path.isfile(p)]
        self.assertTrue(found, f"{name} was not built in {BUILD}")
        return found[0]

    def test_no_library_is_installed_in_vain(self):
        if not BUILD:
            self.skipTest("no build tree was named")
        for stage in (stages()["node"], stages()["sidecar"]):
            used = {package for source, names, _ in docker.copies(stage)
                    for name in (names if source == "build" else [])
                    for _, package in self.wanted(self.find(os.path.basename(name)))}
            self.assertLessEqual(set(docker.packages(stage)), used)


if __name__ == "__main__":
    unittest.main(verbosity=2)
