#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs with the user, the capabilities, the file system and the mounts that the
manifests give them, and the token of a pod. Needs root.

test_sandbox.py BUILD
"""
import contextlib
import copy
import json
import os
import shutil
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../kube"), os.path.join(HERE, "../companion")]
# pylint: disable=wrong-import-position
import controller
import manifest
import sandbox
from controller import ControllerTest, allocated, asking, uid, vm
from harness import ServerTest, setup
from test_examples import DOMAIN, example, metadata_of, vmi_of
from test_rbac import NODE, claimed, granted, node_slice
from where import BUILD

PROGRAMS = {"/usr/sbin/virt-claimd": "/src/cli/virt-claimd",
            "/usr/sbin/virt-claim-controller": "/src/cli/virt-claim-controller",
            "/usr/bin/virt-claim": "/src/cli/virt-claim",
            "/usr/bin/onDefineDomain": "/hooks/onDefineDomain"}
UID = "3b0c52a4-7d1e-4f60-9a35-c81d20e6f700"


def programs(*names):
    return {p: BUILD + q for p, q in PROGRAMS.items() if os.path.basename(p) in names}


def workload(kind):
    """Pod template and container of the manifests."""
    spec = manifest.pod_of(next(o for o in manifest.build(manifest.DEPLOY)
                                if o["kind"] == kind))["spec"]
    return spec, spec["containers"][0]


def config_maps():
    return {o["metadata"]["name"]: o["data"] for o in manifest.build(manifest.DEPLOY)
            if o["kind"] == "ConfigMap"}


CLAIMS = "/var/run/kubernetes.io/dra-device-attributes"
ADDRESSES = {"nvme": "0000:c1:00.0", "log": "0000:65:00.0"}


def run_hook(folder=None, metadata=None):
    """The hook of examples/nvme-hook in its sidecar: status, domain, message.

    KubeVirt makes the container, and policies add to it (test_admission.py): either the
    shared directory of the node `folder`, or a claim's metadata.
    """
    mounts = [{"name": "virt-claim-folder", "readOnly": True,
               "mountPath": "/run/virt-claim/claims/orchard"}] if folder else []
    spec = {"securityContext": {"runAsUser": 107, "runAsGroup": 107}, "volumes": [
        {"name": "virt-claim-folder", "hostPath": {
            "path": "/run/virt-claim/claims/orchard", "type": "DirectoryOrCreate"}}]}
    container = {"securityContext": {"capabilities": {"drop": ["ALL"]},
                                     "allowPrivilegeEscalation": False},
                 "volumeMounts": mounts}
    with sandbox.Container(spec, container, programs("onDefineDomain"),
                           folder or "/none") as made:
        made.bind(manifest.ROOT + "/tests/fixtures/sysfs/lab", "/sys")
        config = made.config_map("hook", example("nvme-hook", "ConfigMap")["data"])
        # KubeVirt mounts config maps of hooks with mode 0755
        os.chmod(config + "/virt-claim.yaml", 0o755)
        made.bind(config + "/virt-claim.yaml", "/etc/virt-claim/virt-claim.yaml")
        if metadata:
            made.bind(metadata, CLAIMS)
        vmi = json.dumps(vmi_of(example("nvme-hook", "VirtualMachine")))
        with made.start(["/usr/bin/onDefineDomain", "--vmi", vmi, "--domain",
                         DOMAIN]) as process:
            out, said = process.communicate(timeout=60)
            return process.returncode, out, said


class Pod:
    """Mixed into tests with a server: an account, and its token in a container."""

    def account(self, name, user, rules):
        self.server.access.accounts["token-" + name] = {"user": user, "rules": rules}
        directory = self.path("account-" + name)
        os.makedirs(directory, exist_ok=True)
        setup.write(directory + "/token", "token-" + name, 0o644)
        setup.write(directory + "/namespace", "virt-claim", 0o644)
        shutil.copy(self.path("ca.crt"), directory + "/ca.crt")
        os.chmod(directory + "/ca.crt", 0o644)
        os.chmod(directory, 0o755)
        os.chmod(self.directory, 0o755)
        return directory

    def env(self):
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(self.port)}

    @contextlib.contextmanager
    def started(self, container, **env):
        with container.start(config_maps=config_maps(), **dict(self.env(), **env)) as process:
            try:
                yield process
            finally:
                self.said = sandbox.stop(process)

    def wait(self, process, done):
        end = time.monotonic() + 60
        while not done():
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                self.fail("it did not come to pass: " + process.communicate()[1])
            time.sleep(0.02)


@unittest.skipUnless(sandbox.possible(), "mounts need root")
class Companion(Pod, ServerTest):
    def setUp(self):
        super().setUp()
        self.node = self.path("node")
        shutil.rmtree(self.node, ignore_errors=True)
        os.makedirs(self.node + "/var/lib/kubelet/plugins")
        os.makedirs(self.node + "/sys")
        shutil.copytree(manifest.ROOT + "/tests/fixtures/sysfs/lab", self.node + "/sys",
                        symlinks=True, dirs_exist_ok=True)
        self.token = self.account("companion", "system:serviceaccount:virt-claim:virt-claimd",
                                  list(granted(manifest.build(manifest.DEPLOY),
                                               "virt-claimd")))

    def container(self, change=None):
        spec, container = copy.deepcopy(workload("DaemonSet"))
        container = spec["containers"][0]
        if change:
            change(container)
        made = sandbox.Container(spec, container, programs("virt-claimd", "virt-claim"),
                                 self.node)
        made.bind(self.token, sandbox.TOKEN)
        return made

    def leave_metadata(self, name="one"):
        """What a driver leaves on the node."""
        path = (f"{self.node}/var/lib/kubelet/plugins/nvme.example.org/dra-device-metadata/"
                f"lab_{name}/disk")
        os.makedirs(path)
        document = {"apiVersion": "metadata.resource.k8s.io/v1alpha1",
                    "kind": "DeviceMetadata",
                    "metadata": {"name": name, "namespace": "lab", "uid": UID,
                                 "generation": 1},
                    "requests": [{"name": "disk", "devices": [{
                        "driver": "nvme.example.org", "pool": NODE, "name": "nvme-0",
                        "attributes": {"resource.kubernetes.io/pciBusID":
                                       {"string": "0000:c1:00.0"}}}]}]}
        # as strict as a driver may be
        with open(path + "/metadata.json", "w", encoding="utf-8",
                  opener=lambda p, f: os.open(p, f, 0o600)) as out:
            json.dump(document, out)

    def published(self, name="one"):
        return os.path.isdir(f"{self.node}/run/virt-claim/claims/lab/{name}/disk")

    def test_claims_of_the_api_server_and_of_drivers(self):
        self.load(node_slice(), claimed("two", 0))
        with self.container() as container, self.started(container,
                                                         NODE_NAME=NODE) as process:
            self.wait(process, lambda: self.published("two"))
            self.leave_metadata()
            self.wait(process, self.published)
            shown = sandbox.execute(container, process, "virt-claim", "show", "lab/one")
            self.assertIn("is published in '/run/virt-claim/claims/lab/one'", shown.stdout,
                          shown.stderr)
            with open(f"/proc/{sandbox.inner(process)}/status", encoding="utf-8") as status:
                found = dict(line.split(":\t", 1) for line in status if ":\t" in line)
            self.assertEqual(int(found["CapEff"], 16) | int(found["CapBnd"], 16), 0)
            self.assertEqual(found["NoNewPrivs"].strip(), "1")
        self.assertEqual(process.returncode, 0, self.said)
        self.assertTrue(self.published(), "claims outlive the daemon")
        self.assertNotIn("token-companion", self.said)

    def test_from_the_driver_to_the_domain(self):
        """A driver leaves metadata, the companion publishes, the hook reads the folder."""
        plugin = self.node + "/var/lib/kubelet/plugins/nvme.example.com"
        for request, document in metadata_of(example("nvme-hook", "ResourceClaim"),
                                             ADDRESSES):
            path = f"{plugin}/dra-device-metadata/orchard_plum-disks/{request}"
            os.makedirs(path)
            with open(path + "/metadata.json", "w", encoding="utf-8") as out:
                json.dump(document, out)
        folder = self.node + "/run/virt-claim/claims/orchard/plum-disks"
        with self.container() as container, self.started(container,
                                                         NODE_NAME=NODE) as process:
            self.wait(process, lambda: all(os.path.isdir(f"{folder}/{r}")
                                           for r in ADDRESSES))
            status, out, said = run_hook(folder=self.node)
        self.assertEqual(status, 0, said)
        self.assertIn("ua-log", out)

    def everything(self):
        """Files of the node, but for those that are ours."""
        found = {}
        for directory, below, names in os.walk(self.node):
            if directory == self.node + "/run":
                below.clear()
            for name in names:
                status = os.lstat(os.path.join(directory, name))
                found[os.path.join(directory, name)] = (status.st_ino, status.st_mtime_ns,
                                                        status.st_ctime_ns)
        return found

    def test_a_new_pod_finds_what_the_old_one_left(self):
        """And writes nothing beside the shared directory, nor the same once more."""
        self.leave_metadata()
        folder, made = self.node + "/run/virt-claim/claims/lab/one", []
        before = self.everything()
        for _ in range(2):
            with self.container() as container, self.started(
                    container, NODE_NAME=NODE) as process:
                self.wait(process, self.published)
                self.wait(process, lambda: any(r["resource"] == "resourceclaims" and
                                               r["verb"] == "watch"
                                               for r in self.requests()))
                with self.server.lock:
                    self.server.log.clear()
            made.append(os.stat(folder).st_ino)
        self.assertEqual(made[0], made[1], "it was made anew")
        self.assertEqual(self.everything(), before)

    def test_without_its_shared_directory_it_says_so(self):
        """What the sandbox is worth: one mount less, and it does not work."""
        def change(container):
            container["volumeMounts"] = [m for m in container["volumeMounts"]
                                         if m["name"] != "run"]
        with self.container(change) as container, self.started(
                container, NODE_NAME=NODE) as process:
            self.wait_for_end(process)
        self.assertRegex(self.said, "Read-only file system|/run/virt-claim")
        self.assertNotEqual(process.returncode, 0)

    def test_as_somebody_else_it_sees_nothing(self):
        self.leave_metadata()

        def change(container):
            container["securityContext"]["runAsUser"] = 65532
        with self.container(change) as container, self.started(
                container, NODE_NAME=NODE) as process:
            self.wait_for_end(process)
        self.assertFalse(self.published())

    def wait_for_end(self, process):
        end = time.monotonic() + 40
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)


@unittest.skipUnless(sandbox.possible(), "mounts need root")
class Controller(Pod, ControllerTest):
    def setUp(self):
        super().setUp()
        self.token = self.account("pod", controller.ACCOUNT["user"],
                                  list(granted(manifest.build(manifest.DEPLOY),
                                               "virt-claim-controller")))
        spec, container = workload("Deployment")
        self.container = sandbox.Container(spec, container,
                                           programs("virt-claim-controller"), "/none")
        self.container.bind(self.token, sandbox.TOKEN)
        self.addCleanup(self.container.work.cleanup)

    def probe(self):
        words = self.container.container["livenessProbe"]["exec"]["command"]
        with self.container.start(words, **self.env()) as process:
            return process.wait(timeout=30), process.stderr.read()

    def health(self):
        return self.container.work.name + "/empty-health/health"

    def test_it_pins_and_is_healthy(self):
        self.load(asking(allocated("a"), "v"), vm("v", uid(1)))
        with self.started(self.container) as process:
            self.wait(process, lambda: self.is_pinned("a", "v", uid(1)))
            self.wait(process, lambda: os.path.exists(self.health()))
            self.assertEqual(self.probe()[0], 0)
            with open(f"/proc/{sandbox.inner(process)}/status", encoding="utf-8") as status:
                text = status.read()
            self.assertIn("Uid:\t65532\t65532\t65532\t65532", text)
            self.assertRegex(text, r"NSpid:\t\d+\t1\n")
        self.assertEqual(process.returncode, 0, self.said)

    def test_uninstalling_leaves_nothing(self):
        """The job, as one has to call it: after the controller."""
        self.load(asking(allocated("a"), "v"), allocated("b"), vm("v", uid(1), claims="b"))
        with self.started(self.container) as process:
            self.wait(process, lambda: self.is_pinned("a", "v", uid(1))
                      and self.is_pinned("b", "v", uid(1)))
        job, = [manifest.pod_of(o)["spec"] for o in
                manifest.build(manifest.DEPLOY + "/uninstall")]
        with sandbox.Container(job, job["containers"][0],
                               programs("virt-claim-controller"), "/none") as container:
            container.bind(self.token, sandbox.TOKEN)
            with container.start(**self.env()) as process:
                said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, said)
        self.assertTrue(self.is_untouched("a") and self.is_untouched("b"))

    def test_one_that_is_not(self):
        self.assertNotEqual(self.probe()[0], 0, "there is no file")
        with self.started(self.container) as process:
            self.wait(process, lambda: os.path.exists(self.health()))
        self.assertEqual(self.probe()[0], 0, "it is young")
        with open(self.health(), "r+", encoding="utf-8") as file:
            other_boot = int(file.read()) + 3600000
            file.seek(0)
            file.write(f"{other_boot}\n")
        self.assertNotEqual(self.probe()[0], 0, "it is of another boot")


@unittest.skipUnless(sandbox.possible(), "mounts need root")
class Sidecar(unittest.TestCase):
    def claim(self, root, container):
        """Files of a driver, as they are in a container or in the shared directory."""
        claim = example("nvme-hook", "ResourceClaim")
        name = claim["metadata"]["name"]
        for request, document in metadata_of(claim, ADDRESSES):
            path = f"{root}/resourceclaims/{name}/{request}" if container else \
                f"{root}/run/virt-claim/claims/orchard/{name}/{request}"
            os.makedirs(path, exist_ok=True)
            with open(path + "/nvme.example.com-metadata.json", "w",
                      encoding="utf-8") as out:
                json.dump(document, out)
        return root

    def test_with_the_claims(self):
        with sandbox.tempfile.TemporaryDirectory() as scratch:
            os.chmod(scratch, 0o755)
            status, out, said = run_hook(metadata=self.claim(scratch, True))
        self.assertEqual(status, 0, said)
        self.assertIn("ua-log", out)

    def test_with_the_folder(self):
        with sandbox.tempfile.TemporaryDirectory() as scratch:
            os.chmod(scratch, 0o755)
            status, out, said = run_hook(folder=self.claim(scratch, False))
        self.assertEqual(status, 0, said)
        self.assertIn("ua-log", out)

    def test_with_neither(self):
        status, out, said = run_hook()
        self.assertEqual((status, out), (1, ""), said)
        self.assertIn("nothing is known of claim 'plum-disks'", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
