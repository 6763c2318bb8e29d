#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tokens, passwords and keys are in no log, on no command line, in no file that is
published, and in no core dump."""
import base64
import glob
import os
import resource
import shutil
import signal
import subprocess
import time

from companion import Companion, Daemon, claim, slices, wait
from harness import ServerTest, environment, main

BUILD = os.environ.get("VC_BUILD", "")
SOURCE = os.environ.get("KUBE_SOURCE", "kube-source")
NOBODY = 65534


class SecretsTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.machine = Companion(BUILD, self.path("kubeconfig-admin"))
        self.addCleanup(self.machine.__exit__)
        self.store.load([*slices(56), claim("a", 0)])

    def users(self):
        """Kubeconfigs, and what must not be seen of each."""
        def text(name):
            with open(self.path(name), encoding="utf-8") as f:
                return f.read()

        key = base64.b64encode(text("admin.key").encode()).decode()
        certificate = base64.b64encode(text("admin.crt").encode()).decode()
        inline = text("kubeconfig-certificate").replace(
            "{client-certificate: admin.crt, client-key: admin.key}",
            f"{{client-certificate-data: {certificate}, client-key-data: {key}}}")
        with open(self.path("kubeconfig-inline"), "w", encoding="utf-8") as f:
            f.write(inline)
        basic = base64.b64encode(b"admin:swordfish").decode()
        body = "".join(text("admin.key").splitlines()[1:-1])
        return {"admin": ["token-admin"], "file": ["token-admin"],
                "password": ["swordfish", basic], "certificate": [body[:40]],
                "inline": [body[:40], key[:60]]}

    def everything_said(self, daemon):
        """Logs, command lines, published files."""
        found = {"log": daemon.log().encode()}
        for at, _, names in os.walk(f"{self.machine.root}/run"):
            for name in names:
                with open(f"{at}/{name}", "rb") as f:
                    found[f"{at}/{name}"] = f.read()
        return found

    def look(self, daemon, lines):
        for pid in [daemon.pid, *daemon.children()]:
            for name in ("cmdline", "environ", "comm"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as f:
                        lines.add(f.read())
                except OSError:
                    pass

    def test_not_seen(self):
        for user, secrets in self.users().items():
            with self.subTest(user=user):
                self.machine.configure(self.path("kubeconfig-" + user))
                with Daemon(self.machine) as daemon:
                    wait(lambda: "lab/a" in self.machine.folders(), 30, daemon.log)
                    lines = set()
                    for i in range(20):
                        self.store.load([claim("b", 1 + i % 2)])
                        self.look(daemon, lines)
                        time.sleep(0.01)
                    # it complains about everything that there is
                    self.fault("", do="status", code=401, times=-1,
                               message="token-echo is no good")
                    self.store.compact()
                    wait(lambda: "401" in daemon.log(), 30, daemon.log)
                    self.server.faults.set([])
                    said = self.everything_said(daemon)
                    daemon.stop()
                    said["log at the end"] = daemon.log().encode()
                for secret in secrets:
                    for where, data in said.items():
                        self.assertNotIn(secret.encode(), data, where)
                    for line in lines:
                        self.assertNotIn(secret.encode(), line)

    def core(self, *command, env=None):
        """Core dumps of a command that is hit by SIGSEGV after a second or two."""
        place = f"{self.machine.root}/cores"
        os.makedirs(place, exist_ok=True)
        script = 'ulimit -c unlimited && cd "$0" && exec "$@"'
        with subprocess.Popen(["sh", "-c", script, place, *command], env=env,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            wait(lambda: "lab/a" in self.machine.folders() or command[0] == "sleep", 30)
            time.sleep(0.3)
            process.send_signal(signal.SIGSEGV)
            process.wait(30)
        found = glob.glob(f"{place}/core*")
        for path in found:
            os.unlink(path)
        return process.returncode, found

    def test_no_core(self):
        if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest("no core dumps here")
        if not self.core("sleep", "60")[1]:
            self.skipTest("core dumps go elsewhere")
        env = self.machine.env(ASAN_OPTIONS="handle_segv=0:disable_coredump=0:"
                               "detect_leaks=0:verify_asan_link_order=0")
        status, found = self.core(f"{BUILD}/src/cli/virt-claimd", env=env)
        self.assertEqual((status, found), (-signal.SIGSEGV, []))

    def test_not_dumpable(self):
        """The files in /proc of a process that may not be dumped are root's."""
        if os.geteuid() != 0:
            self.skipTest("has to become somebody else")
        for path in [self.directory, self.path("kubeconfig-admin"), self.path("ca.crt")]:
            os.chmod(path, 0o755)
        # others may not be able to look into the build directory
        source = shutil.copy(SOURCE, self.path("kube-source"))
        shutil.copy(f"{BUILD}/src/cli/virt-claim-curl.so", self.directory)
        prefix = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY),
                  "--clear-groups"]
        owners = {}
        for name, command in (
                ("sleep", ["sleep", "30"]),
                ("source", [source, self.path("kubeconfig-admin"), "node1"])):
            with subprocess.Popen([*prefix, *command], stdout=subprocess.DEVNULL,
                                  env=environment(VIRT_CLAIM_MODULE_DIR=self.directory)
                                  ) as process:
                time.sleep(1.5)
                self.assertIsNone(process.poll(), name)
                owners[name] = os.stat(f"/proc/{process.pid}/status").st_uid
                process.kill()
        self.assertEqual(owners, {"sleep": NOBODY, "source": 0})


if __name__ == "__main__":
    main()
