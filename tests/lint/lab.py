#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lab.py SOURCE - tests/lab/run refuses what is no run, and leaves the logs of the last one."""
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop(1)
ONE, OTHER = "01-one", "02-other"


class RunTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        lab = f"{self.root}/tests/lab"
        os.makedirs(f"{lab}/scenarios")
        for name in ("run", "machine.py"):
            shutil.copy(f"{SOURCE}/tests/lab/{name}", lab)
        for name, images in ((ONE, "debian12 newest"), (OTHER, "debian12")):
            with open(f"{lab}/scenarios/{name}", "w", encoding="ascii") as f:
                f.write(f"# title: {name}\n# images: {images}\n")
        os.makedirs(f"{self.root}/build/logs/lab")
        self.log = f"{self.root}/build/logs/lab/of-the-last-run"
        with open(self.log, "w", encoding="ascii"):
            pass

    def refused(self, status, text, *arguments):
        done = subprocess.run([f"{self.root}/tests/lab/run", *arguments], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertTrue(os.path.exists(self.log), arguments)

    def test_list(self):
        done = subprocess.run([f"{self.root}/tests/lab/run", "--list"], capture_output=True,
                              text=True, timeout=60, check=True)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], [ONE, OTHER])

    def test_what_is_no_run(self):
        for arguments in (["--jobs", "0"], ["--repeat", "0"], ["--patience", "-1"],
                          ["--random", "x"], ["--image", "debian13"], ["--nonsense"]):
            self.refused(2, arguments[0], *arguments)

    def test_nothing_to_run(self):
        self.refused(1, "no scenario '03'; see --list", "01", "03")
        self.refused(1, "no such scenario is for image 'newest'", "--image", "newest", "02")

    def test_one_at_a_time(self):
        with open(f"{self.root}/build/logs/lab.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refused(1, "another run writes to build/logs/lab", "01")


if __name__ == "__main__":
    unittest.main()
