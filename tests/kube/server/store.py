# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects, their versions, and what happened to them.

A stored object is never changed in place: writers put a new one in its place, so that
readers, watchers and pages of a list need no copies.
"""
import base64
import bisect
import copy
import json
import threading
import time
import uuid

from . import fields, rules
from .failure import Failure, bad_request, conflict, exists, expired, invalid, not_found
from .failure import Cause
from .kinds import BY_PLURAL, KINDS

HISTORY = 20000
SNAPSHOTS = 16
GRACE = 30


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Table:
    """The objects of a kind."""

    def __init__(self):
        self.objects, self.keys, self.history = {}, [], []


class Selector:
    """fieldSelector and labelSelector of a request."""

    def __init__(self, kind, field, label):
        self.tests = [(False, *t) for t in self.parse(field)]
        for _, path, _, _ in self.tests:
            if path not in kind.selectors:
                raise bad_request(f"field label not supported: {path}")
        self.tests += [(True, *t) for t in self.parse(label)]

    @staticmethod
    def parse(text):
        found = []
        for part in filter(None, (text or "").split(",")):
            equal = "!=" not in part
            path, _, value = part.partition("=" if equal else "!=")
            found.append((path, value.lstrip("="), equal))
        return found

    def fits(self, obj):
        for label, path, value, equal in self.tests:
            have = obj.get("metadata", {}).get("labels", {}) if label else obj
            for part in [path] if label else path.split("."):
                have = have.get(part, "") if isinstance(have, dict) else ""
            if (str(have) == value) != equal:
                return False
        return True


class Store:
    def __init__(self):
        self.changed = threading.Condition(threading.RLock())
        self.version, self.compacted = 100, 0
        self.tables = {kind: Table() for kind in KINDS}
        self.snapshots = {}

    # Reading

    def get(self, kind, namespace, name):
        with self.changed:
            obj = self.tables[kind].objects.get((namespace or "", name))
        if obj is None:
            raise not_found(kind, name)
        return obj

    def snapshot(self, kind):
        with self.changed:
            key = (kind, self.version)
            if key not in self.snapshots:
                table = self.tables[kind]
                while len(self.snapshots) >= SNAPSHOTS:
                    del self.snapshots[next(iter(self.snapshots))]
                self.snapshots[key] = [table.objects[k] for k in table.keys]
            return self.version, self.snapshots[key]

    def list(self, kind, namespace, selector, limit, token):
        """A page: its objects, and its metadata."""
        start = ""
        if token:
            version, start = self.read_token(token)
            objects = self.snapshots.get((kind, version))
            if objects is None or version < self.compacted:
                raise expired("The provided continue parameter is too old to display a "
                              "consistent list result. You can start a new list without "
                              "the continue parameter.")
        else:
            version, objects = self.snapshot(kind)
        rest = [o for o in objects
                if (not namespace or o["metadata"].get("namespace") == namespace)
                and self.key_text(o) >= start and selector.fits(o)]
        metadata = {"resourceVersion": str(version)}
        if limit and len(rest) > limit:
            metadata["continue"] = self.make_token(version, rest[limit - 1])
            metadata["remainingItemCount"] = len(rest) - limit
            rest = rest[:limit]
        return rest, metadata

    @staticmethod
    def key_text(obj):
        metadata = obj["metadata"]
        return f"/{metadata.get('namespace', '')}/{metadata['name']}"

    def make_token(self, version, last):
        token = {"v": "meta.k8s.io/v1", "rv": version, "start": self.key_text(last) + "\0"}
        text = json.dumps(token, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    @staticmethod
    def read_token(token):
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            found = json.loads(text)
            return found["rv"], found["start"]
        except (ValueError, KeyError, TypeError):
            raise bad_request("continue key is not valid") from None

    def events_after(self, kind, version):
        with self.changed:
            history = self.tables[kind].history
            return history[bisect.bisect_right(history, version, key=lambda e: e[0]):]

    # Writing; the lock is held by the callers

    def put(self, kind, old, new, event=None):
        self.version += 1
        new["metadata"]["resourceVersion"] = str(self.version)
        table = self.tables[kind]
        key = (new["metadata"].get("namespace", ""), new["metadata"]["name"])
        if event == "DELETED":
            del table.objects[key]
            table.keys.remove(key)
        else:
            if key not in table.objects:
                bisect.insort(table.keys, key)
            table.objects[key] = new
        table.history.append((self.version, event or ("MODIFIED" if old else "ADDED"),
                              old, new))
        if len(table.history) > HISTORY:
            self.compacted = max(self.compacted, table.history[HISTORY // 2][0])
            del table.history[:HISTORY // 2]
        self.changed.notify_all()
        return new

    def compact(self):
        """Nobody may watch from a version before now, or go on with a page."""
        with self.changed:
            self.version += 1
            self.compacted = self.version
            self.snapshots.clear()
            for table in self.tables.values():
                table.history.clear()
            self.changed.notify_all()

    def load(self, objects):
        """Puts objects as they are; what has no uid or time gets one."""
        with self.changed:
            for obj in objects:
                group, _, _ = obj["apiVersion"].rpartition("/")
                kind = next(k for k in KINDS
                            if (k.group, k.kind) == (group, obj["kind"]))
                obj = copy.deepcopy(obj)
                obj["metadata"].setdefault("uid", str(uuid.uuid4()))
                obj["metadata"].setdefault("creationTimestamp", now())
                if kind.namespaced:
                    obj["metadata"].setdefault("namespace", "default")
                key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
                self.put(kind, self.tables[kind].objects.get(key), obj)

    def unload(self, group, plural):
        with self.changed:
            kind = BY_PLURAL[group, plural]
            for obj in list(self.tables[kind].objects.values()):
                self.put(kind, obj, copy.deepcopy(obj), "DELETED")

    def create(self, kind, namespace, obj, manager, applied=False):
        with self.changed:
            obj = copy.deepcopy(obj)
            metadata = obj.setdefault("metadata", {})
            if namespace:
                metadata["namespace"] = namespace
            if not metadata.get("name"):
                if not metadata.get("generateName"):
                    raise invalid(kind, "", [Cause("FieldValueRequired", "metadata.name",
                                                   "name or generateName is required")])
                metadata["name"] = metadata["generateName"] + uuid.uuid4().hex[:5]
            if (namespace or "", metadata["name"]) in self.tables[kind].objects:
                raise exists(kind, metadata["name"])
            for key in ("managedFields", "resourceVersion", "deletionTimestamp"):
                metadata.pop(key, None)
            metadata["uid"] = str(uuid.uuid4())
            metadata["creationTimestamp"] = now()
            if kind.generation:
                metadata["generation"] = 1
            if kind.plural in ("resourceclaims", "resourceclaimtemplates"):
                rules.add_defaults(obj)
            if kind.plural == "resourceclaims":
                causes = rules.check_spec(obj)
                if causes:
                    raise invalid(kind, metadata["name"], causes)
                obj["status"] = {}
            if applied:
                managed = fields.applied_entry(obj, manager, kind.api_version, now())
            else:
                managed = fields.track({}, obj, manager, kind.api_version, None, now())
            if managed and not kind.custom:
                metadata["managedFields"] = managed
            return self.put(kind, None, obj)

    def check_identity(self, kind, old, metadata):
        name = old["metadata"]["name"]
        version, uid = metadata.get("resourceVersion"), metadata.get("uid")
        if uid and uid != old["metadata"]["uid"]:
            raise conflict(kind, name, "Precondition failed: UID in precondition: "
                           f"{uid}, UID in object meta: {old['metadata']['uid']}")
        if version and version != old["metadata"]["resourceVersion"]:
            raise conflict(kind, name)

    def update(self, kind, old, new, subresource, manager, managed=None):
        """`new` in place of `old`, which was read under the same lock."""
        self.check_identity(kind, old, new.get("metadata", {}))
        if subresource == "status":
            new = dict(old, status=new.get("status", {}),
                       metadata=dict(old["metadata"]))
        else:
            new = dict(new, metadata=dict(new["metadata"]))
            if kind.status and "status" in old:
                new["status"] = old["status"]
            for key in ("uid", "creationTimestamp", "namespace", "deletionTimestamp",
                        "deletionGracePeriodSeconds", "resourceVersion", "generation"):
                new["metadata"].pop(key, None)
                if key in old["metadata"]:
                    new["metadata"][key] = old["metadata"][key]
            for key in ("annotations", "labels"):
                if not new["metadata"].get(key):
                    new["metadata"].pop(key, None)
        self.check_claim(kind, old, new, subresource)
        return self.finish_update(kind, old, new, subresource, manager, managed)

    @staticmethod
    def check_claim(kind, old, new, subresource):
        if kind.plural != "resourceclaims":
            return
        if subresource == "status":
            rules.tidy_status(new)
            causes = rules.check_status(new, old.get("status", {}), new["status"])
        else:
            causes = rules.check_spec_change(old, new)
        if causes:
            raise invalid(kind, old["metadata"]["name"], causes)

    def finish_update(self, kind, old, new, subresource, manager, managed):
        if managed is None:
            managed = fields.track(old, new, manager, kind.api_version, subresource, now())
        new["metadata"].pop("managedFields", None)
        if managed and not kind.custom:
            new["metadata"]["managedFields"] = managed
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        if new == old:
            return old  # nothing was written
        if kind.generation and new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        if not new["metadata"].get("finalizers"):
            new["metadata"].pop("finalizers", None)
            if old["metadata"].get("deletionTimestamp") and kind.plural != "pods":
                return self.put(kind, old, new, "DELETED")
        return self.put(kind, old, new)

    def apply(self, kind, old, patch, options):
        """Server-side apply; `options` as fields.apply() has them, and manager."""
        metadata = patch.get("metadata", {})
        self.check_identity(kind, old, metadata)
        subresource = options["subresource"]
        if subresource == "status":
            patch = {"status": patch.get("status", {}), "metadata": {}}
        else:
            patch = {k: v for k, v in patch.items() if k != "status"}
        new = fields.apply(kind, old, patch, options["manager"],
                           dict(options, api_version=kind.api_version, now=now()))
        managed = new["metadata"].get("managedFields", [])
        if options.get("check"):
            options["check"](new)
        return self.update(kind, old, new, subresource, options["manager"], managed)

    def delete(self, kind, namespace, name, options):
        with self.changed:
            old = self.get(kind, namespace, name)
            self.check_identity(kind, old, options.get("preconditions") or {})
            new = dict(old, metadata=dict(old["metadata"]))
            grace = options.get("gracePeriodSeconds")
            waits = (kind.plural == "pods" and grace != 0
                     and old.get("spec", {}).get("nodeName"))
            if kind.plural == "pods" or old["metadata"].get("finalizers"):
                new["metadata"].setdefault("deletionTimestamp", now())
                new["metadata"]["deletionGracePeriodSeconds"] = GRACE if waits else 0
            if not waits and not old["metadata"].get("finalizers"):
                return self.put(kind, old, new, "DELETED"), True
            if old["metadata"].get("deletionTimestamp"):
                return old, False
            return self.put(kind, old, new), False


__all__ = ["Failure", "Selector", "Store", "now"]
