# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of virt-claim-controller share.

The controller runs with the account "controller", which has RULES and no more. With
KUBE_REQUESTS in the environment, each class leaves DIRECTORY/controller-CLASS.json there:
what was asked for with that account, sorted, as [{"group", "resource", "verb"}].
"""
import contextlib
import copy
import json
import os
import queue
import signal
import subprocess
import threading
import time

from harness import ServerTest, allocated, claim, environment, setup

PROGRAM = os.environ.get("CONTROLLER", "virt-claim-controller")
TIMEOUT = 30
FINALIZER = "resource.kubernetes.io/delete-protection"
RECORD = "virt-claim.io/pinned"
PIN_TO = "virt-claim.io/pin-to"
NAMES = "virt-claim.io/persistent-claims"
DRA = "resource.k8s.io"

RULES = [
    {"verbs": ["get", "list", "watch", "patch"], "groups": [DRA],
     "resources": ["resourceclaims"]},
    {"verbs": ["patch"], "groups": [DRA],
     "resources": ["resourceclaims/status", "resourceclaims/binding"]},
    {"verbs": ["get", "list", "watch"], "groups": ["kubevirt.io"],
     "resources": ["virtualmachines"]},
    {"verbs": ["create"], "groups": [""], "resources": ["events"]},
]
ACCOUNT = {"user": "system:serviceaccount:virt-claim:controller", "rules": RULES}


def vm(name, uid=None, claims=None, namespace="default", **metadata):
    metadata = dict(name=name, namespace=namespace, **metadata)
    if uid:
        metadata["uid"] = uid
    if claims is not None:
        metadata["annotations"] = {NAMES: claims}
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": metadata,
            "spec": {"running": False}}


def uid(n):
    return f"00000000-0000-4000-8000-{n:012}"


def pod(name, **more):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"nodeName": "node1"}, **more}


def asking(made, name):
    """A claim with the annotation."""
    made["metadata"].setdefault("annotations", {})[PIN_TO] = name
    return made


class Controller:
    """A running controller, and what it says."""

    def __init__(self, process):
        self.process, self.seen, self.lines = process, [], queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def take(self, seconds=0.0):
        try:
            line = self.lines.get(timeout=seconds) if seconds else self.lines.get_nowait()
        except queue.Empty:
            return False
        if line is not None:
            self.seen.append(line)
        return line is not None

    def text(self):
        while self.take():
            pass
        return "\n".join(self.seen)

    def count(self, words):
        return self.text().count(words)

    def until(self, done, seconds=40):
        """Waits until done() is true."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise AssertionError("it did not come; it said:\n" + self.text())
            if self.process.poll() is not None:
                time.sleep(0.2)
                if done():
                    return
                raise AssertionError("the controller ended:\n" + self.text())
            time.sleep(0.02)

    def until_said(self, words, times=1, seconds=40):
        self.until(lambda: self.count(words) >= times, seconds)

    def stop(self, seconds=30):
        """TERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=seconds)
        self.reader.join(seconds)
        return status


class ControllerTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.server.access.accounts["token-controller"] = copy.deepcopy(ACCOUNT)
        setup.write(self.path("kubeconfig-controller"), setup.KUBECONFIG.format(
            port=self.port, user="{token: token-controller}"))

    def tearDown(self):
        self.keep_requests()

    # What it asked for

    def keep_requests(self):
        directory = os.environ.get("KUBE_REQUESTS")
        if not directory:
            return
        os.makedirs(directory, exist_ok=True)
        path = f"{directory}/controller-{type(self).__name__}.json"
        made = set()
        if os.path.exists(path) and getattr(type(self), "recording", False):
            with open(path, encoding="utf-8") as text:
                made = {tuple(sorted(r.items())) for r in json.load(text)}
        type(self).recording = True
        for r in self.requests():
            if r["user"] == ACCOUNT["user"] and r["resource"] and r["code"] < 400:
                made |= {tuple(sorted(x.items())) for x in self.rules_of(r)}
        setup.write(path, json.dumps([dict(r) for r in sorted(made)], indent=1) + "\n",
                    0o644)

    @staticmethod
    def rules_of(request):
        """Changing reservations needs one more rule than the log shows."""
        made = {k: request[k] for k in ("group", "resource", "verb")}
        yield made
        if made["resource"] == "resourceclaims/status" and made["verb"] != "get":
            yield dict(made, resource="resourceclaims/binding")

    # Running it

    def command(self, *arguments, user="controller"):
        return [PROGRAM, "--kubeconfig", self.path("kubeconfig-" + user), *arguments]

    def run_it(self, *arguments, user="controller", timeout=120):
        done = subprocess.run(self.command(*arguments, user=user), capture_output=True,
                              text=True, timeout=timeout, check=False, env=environment())
        self.clean(done.stderr)
        return done

    def clean(self, text):
        for word in ("Sanitizer", "runtime error", "token-controller", "BEGIN "):
            self.assertNotIn(word, text)

    def once(self, *arguments, status=0, **options):
        done = self.run_it("--once", *arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    @contextlib.contextmanager
    def controller(self, *arguments, pause=1, user="controller"):
        command = self.command("--longest-pause", str(pause), *arguments, user=user)
        with subprocess.Popen(command, text=True, stderr=subprocess.PIPE,
                              env=environment()) as process:
            running = Controller(process)
            try:
                yield running
            finally:
                process.kill()
                process.wait()
                running.reader.join(TIMEOUT)
                self.clean(running.text())

    # What is there

    def kind(self, plural):
        return next(k for k in self.store.tables if k.plural == plural)

    def all(self, plural):
        with self.store.changed:
            return list(self.store.tables[self.kind(plural)].objects.values())

    def get(self, name, plural="resourceclaims", namespace="default"):
        with self.store.changed:
            return self.store.tables[self.kind(plural)].objects.get((namespace, name))

    def holders(self, name, **options):
        found = self.get(name, **options)
        return [(c["resource"], c["name"], c["uid"])
                for c in (found or {}).get("status", {}).get("reservedFor", [])]

    def is_pinned(self, name, to, to_uid, **options):
        """Whole: entry, record, finalizer."""
        found = self.get(name, **options)
        metadata = found["metadata"] if found else {}
        return bool(found and ("virtualmachines", to, to_uid) in self.holders(name, **options)
                    and metadata.get("annotations", {}).get(RECORD, "").startswith(
                        f"{to}/{to_uid}") and FINALIZER in metadata.get("finalizers", []))

    def is_untouched(self, name, **options):
        """Nothing of ours."""
        found = self.get(name, **options)
        written = json.dumps([m for m in found["metadata"].get("managedFields", [])
                              if m["manager"] == "virt-claim"])
        ours = [f for f in (RECORD, FINALIZER, "f:reservedFor") if f in written]
        return (not any(r == "virtualmachines" for r, _, _ in self.holders(name, **options))
                and RECORD not in found["metadata"].get("annotations", {}) and not ours)

    def delete(self, name, plural="virtualmachines", namespace="default"):
        self.store.delete(self.kind(plural), namespace, name, {})

    def change(self, name, change, plural="resourceclaims", namespace="default",
               subresource=None):
        """As another writer does it."""
        kind = self.kind(plural)
        with self.store.changed:
            old = self.store.get(kind, namespace, name)
            new = copy.deepcopy(old)
            change(new)
            self.store.update(kind, old, new, subresource, "somebody")

    def annotate(self, name, plural="resourceclaims", **annotations):
        def change(obj):
            have = obj["metadata"].setdefault("annotations", {})
            for key, value in annotations.items():
                key = {"pin_to": PIN_TO, "names": NAMES}[key]
                have.pop(key, None)
                if value is not None:
                    have[key] = value

        self.change(name, change, plural)

    def allocate(self, name):
        status = allocated(name)["status"]
        self.change(name, lambda obj: obj.update(status=dict(status)),
                    subresource="status")

    def events(self, reason=None):
        return [e for e in self.all("events") if reason in (None, e["reason"])]

    def writes(self):
        """Those that a fault took the place of have no user."""
        return [r for r in self.requests() if r["method"] != "GET"
                and r["user"] in (ACCOUNT["user"], "")]


__all__ = ["ControllerTest", "Controller", "allocated", "asking", "claim", "pod", "uid",
           "vm", "FINALIZER", "NAMES", "PIN_TO", "RECORD", "RULES", "ACCOUNT"]
