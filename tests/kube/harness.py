# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of this directory share: a server, and the client run against it."""
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position,unused-import
from server import kinds, setup, web

CLIENT = os.environ.get("KUBE_CLIENT", "kube-client")
TIMEOUT = 60

# Exit statuses, and reasons as struct vc_kube_status has them
INPUT, USAGE, REFUSED, SYSTEM, REMOTE = 1, 2, 3, 5, 6
(OK, NO_ANSWER, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, ALREADY_EXISTS, CONFLICT, GONE,
 INVALID, BAD_REQUEST, BUSY, FAILED, OTHER) = range(13)


class Run:
    """How a run of the client ended."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        found = re.search(r"^reason (\d+)$", self.err, re.M)
        self.reason = int(found[1]) if found else OK

    @property
    def lines(self):
        return self.out.splitlines()

    def json(self):
        return json.loads(self.out)


def environment(**more):
    env = {k: v for k, v in os.environ.items()
           if not k.lower().endswith("_proxy") and not k.startswith("KUBE")}
    return dict(env, **more)


def claim(name, namespace="default", **metadata):
    return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": dict(name=name, namespace=namespace, **metadata),
            "spec": {"devices": {"requests": [
                {"name": "pci", "exactly": {"deviceClassName": "pci-passthrough",
                                            "allocationMode": "ExactCount", "count": 1}}]}}}


def allocated(name, node="node1", reserved=(), **metadata):
    made = claim(name, **metadata)
    made["status"] = {"allocation": {
        "devices": {"results": [{"request": "pci", "driver": "vfio.example.com",
                                 "pool": node, "device": "pci-0000-04-00-0"}]},
        "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [
            {"key": "metadata.name", "operator": "In", "values": [node]}]}]},
        "allocationTimestamp": "2026-01-01T00:00:00Z"}}
    if reserved:
        made["status"]["reservedFor"] = list(reserved)
    return made


def vm(name, uid):
    return {"apiGroup": "kubevirt.io", "resource": "virtualmachines", "name": name,
            "uid": uid}


class ServerTest(unittest.TestCase):
    """Each class has a server with certificates of its own; each test an empty one."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="vc-kube-")
        cls.directory = cls.scratch.name
        cls.server = setup.start(cls.directory)
        cls.thread = threading.Thread(target=cls.server.serve_forever,
                                      kwargs={"poll_interval": 0.02}, daemon=True)
        cls.thread.start()
        cls.port = cls.server.server_port

    @classmethod
    def tearDownClass(cls):
        cls.server.stopped.set()
        cls.server.shutdown()
        cls.server.server_close()
        cls.scratch.cleanup()

    def setUp(self):
        server = self.server
        server.faults.set([])
        server.access.accounts = dict(setup.ACCOUNTS)
        server.access.rbac = True
        server.versions = list(kinds.DRA_VERSIONS)
        server.git_version = "v1.36.2"
        server.bookmark_s, server.watch_max_s = 60.0, 3600
        server.controllers = False
        server.use_certificate("server", "ca")
        for kind in kinds.KINDS:
            server.store.unload(kind.group, kind.plural)
        with server.lock:
            server.log.clear()

    @property
    def store(self):
        return self.server.store

    def load(self, *objects):
        self.store.load(objects)

    def fault(self, match="", **fault):
        self.server.faults.add(match=match, **fault)

    def path(self, name):
        return os.path.join(self.directory, name)

    def arguments(self, options, command):
        options = dict({"kubeconfig": self.path("kubeconfig-" + options.pop("user",
                                                                          "admin"))},
                       **options)
        return [CLIENT, *(f"{k}={v}" for k, v in options.items() if v is not None),
                *command]

    def client(self, *command, env=None, **options):
        """Runs the client; `user` picks the kubeconfig."""
        done = subprocess.run(self.arguments(options, command), capture_output=True,
                              text=True, timeout=TIMEOUT, check=False,
                              env=environment(**(env or {})))
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error"):
            self.assertNotIn(word, done.stderr)
        return Run(done)

    @contextlib.contextmanager
    def running(self, *command, **options):
        """The client while it runs; it is killed at the end."""
        with subprocess.Popen(self.arguments(options, command), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=environment()) as process:
            try:
                yield process
            finally:
                process.kill()

    def requests(self, match=""):
        with self.server.lock:
            return [r for r in self.server.log
                    if re.search(match, f"{r['method']} {r['path']}")]

    def good(self, run):
        self.assertEqual((run.status, run.err), (0, ""), run.out)
        return run

    def bad(self, run, status, text, reason=None):
        """It failed so, said so in one line, and printed nothing."""
        self.assertEqual(run.status, status, run.err)
        self.assertRegex(run.err, text)
        if reason is not None:
            self.assertEqual(run.reason, reason, run.err)
        for secret in ("token-", "swordfish", "sekrit"):
            self.assertNotIn(secret, run.err)
        return run


def main():
    unittest.main(verbosity=2)
