# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP: paths, verbs, watches; faults; and /_test, where tests give their orders."""
import copy
import http.server
import json
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
import urllib.parse

from . import controllers, patches
from .access import PUBLIC, Access
from .failure import Failure, bad_request, conflict, expired
from .faults import Faults
from .kinds import BY_PLURAL, DRA, DRA_VERSIONS, KINDS, from_version, to_version
from .store import Selector, Store

MAX_BODY = 3145728
MAX_LOGGED = 16384
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.2",
           "platform": "linux/amd64"}


class Cut(Exception):
    """The connection ends here."""


def status_success(kind, obj):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": obj["metadata"]["name"], "group": kind.group,
                        "kind": kind.plural, "uid": obj["metadata"]["uid"]}}


class Target:
    """What a path means."""

    PATTERN = re.compile(r"^/(?:api|apis/(?P<group>[^/]+))/(?P<version>v[^/]+)"
                         r"(?:/namespaces/(?P<namespace>[^/]+)(?=/))?/(?P<plural>[^/]+)"
                         r"(?:/(?P<name>[^/]+))?(?:/(?P<sub>[^/]+))?$")

    def __init__(self, path, versions):
        found = self.PATTERN.match(path)
        self.kind = found and BY_PLURAL.get((found["group"] or "", found["plural"]))
        if not self.kind:
            raise Failure(404, "NotFound", "the server could not find the requested "
                          "resource")
        self.version, self.namespace = found["version"], found["namespace"]
        self.name, self.sub = found["name"], found["sub"]
        served = versions if self.kind.group == DRA else self.kind.versions
        if self.version not in served or (self.sub and self.sub != "status"):
            raise Failure(404, "NotFound", "the server could not find the requested "
                          "resource")

    @property
    def api_version(self):
        return (self.kind.group + "/" if self.kind.group else "") + self.version

    @property
    def resource(self):
        return self.kind.plural + ("/" + self.sub if self.sub else "")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        try:
            self.request.do_handshake()
        except (OSError, ValueError):
            self.request.close()
        super().setup()

    def handle(self):
        try:
            super().handle()
        except (Cut, OSError, ValueError):
            self.reset()

    def reset(self):
        """No orderly end: the peer sees its connection break."""
        try:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
            self.request.close()
        except OSError:
            pass
        self.close_connection = True

    # Answers

    def send_response(self, code, message=None):
        self.note["code"] = code  # before the client can know it
        super().send_response(code, message)

    def send_json(self, code, body, headers=()):
        self.send_body(code, json.dumps(body, separators=(",", ":")).encode() + b"\n",
                       headers)

    def send_body(self, code, text, headers=(), kind="application/json"):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.send_pieces(text)

    def send_pieces(self, text):
        fault, what = self.fault, self.fault.get("do")
        if what == "cut":
            self.wfile.write(text[:fault.get("bytes", len(text) // 2)])
            raise Cut
        if what != "drip":
            self.wfile.write(text)
            return
        for at in range(0, len(text), fault.get("bytes", 1)):
            self.wfile.write(text[at:at + fault.get("bytes", 1)])
            if self.server.stopped.wait(fault.get("delay", 0.05)):
                raise Cut

    def send_failure(self, failure):
        headers = []
        if failure.retry_after is not None:
            headers = [("Retry-After", str(failure.retry_after))]
        self.send_json(failure.code, failure.status(), headers)

    # Requests

    def do_any(self):
        server = self.server
        if server.stopped.is_set():
            raise Cut
        self.fault, self.account, self.note = {}, {}, server.make_note(self)
        self.length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        body = self.rfile.read(min(self.length, 64 << 20))
        self.note["type"] = self.headers.get("Content-Type") or ""
        self.note["body"] = body[:MAX_LOGGED].decode("latin-1")
        if path == "/_test":
            self.send_json(200, server.order(json.loads(body or b"{}")))
            return
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.fault = server.faults.find(f"{self.command} {self.path}")
        try:
            if not self.misbehave():
                self.answer(urllib.parse.unquote(path), body)
        except Failure as failure:
            self.send_failure(failure)
        if server.controllers and self.command != "GET":
            controllers.settle(server.store)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_any

    def misbehave(self):
        """Faults that take the place of an answer."""
        fault, what = self.fault, self.fault.get("do")
        if what == "hang":
            self.server.stopped.wait(fault.get("delay", 3600))
            raise Cut
        if what == "delay":
            self.server.stopped.wait(fault.get("delay", 1))
        if what == "garbage":
            text = fault.get("body", "\x00\x01<html>not JSON}}]\xff")
            self.send_body(200, text.encode("latin-1"), kind="text/html")
            return True
        if what == "headers":
            self.send_body(200, b"{}\n", [(f"X-{i}", "x" * 4000) for i in range(60)])
            return True
        if what == "status":
            self.misbehave_status(fault)
            return True
        return False

    def misbehave_status(self, fault):
        code = fault.get("code", 500)
        failure = Failure(code, fault.get("reason"), fault.get("message", "told to fail"),
                          fault.get("details"), fault.get("retry_after"))
        if "body" not in fault:
            self.send_failure(failure)
            return
        headers = [tuple(h) for h in fault.get("headers", [])]
        if failure.retry_after is not None:
            headers.append(("Retry-After", str(failure.retry_after)))
        self.send_body(code, fault["body"].encode("latin-1"), headers, "text/html")

    def certificate(self):
        found = self.request.getpeercert()
        if not found:
            return None
        subject = [pair for part in found.get("subject", ()) for pair in part]
        return {"user": next((v for k, v in subject if k == "commonName"), ""),
                "groups": [v for k, v in subject if k == "organizationName"]}

    def answer(self, path, body):
        server = self.server
        self.account = server.access.who(self.headers.get("Authorization", ""),
                                         self.certificate())
        self.note["user"] = self.account["user"]
        if path in PUBLIC:
            self.send_json(200, dict(VERSION, gitVersion=server.git_version))
        elif path == "/apis/" + DRA:
            self.send_json(200, server.group())
        elif path in ["/apis/" + DRA + "/" + v for v in server.versions]:
            self.send_json(200, server.resources(path.rpartition("/")[2]))
        else:
            self.serve(Target(path, server.versions), body)

    def serve(self, target, body):
        watch = self.query.get("watch") in ("1", "true")
        self.verb = VERBS.get(self.command) or (
            "watch" if watch else "get" if target.name else "list")
        self.note.update(verb=self.verb, group=target.kind.group,
                         resource=target.resource, namespace=target.namespace or "")
        self.server.access.check(self.account, self.verb, target.kind, target.resource,
                                 target.namespace, target.name)
        if self.length > MAX_BODY:
            raise Failure(413, "RequestEntityTooLarge",
                          f"Request entity too large: limit is {MAX_BODY}")
        getattr(self, "serve_" + self.verb)(target, body)

    def reply(self, target, obj, code=200):
        headers = []
        if target.kind.group == DRA and target.version != "v1":
            headers = [("Warning", f'299 - "{target.api_version} {target.kind.kind} is '
                        'deprecated; use resource.k8s.io/v1"')]
        self.send_json(code, to_version(target.kind, obj, target.version), headers)

    def serve_get(self, target, _):
        self.reply(target, self.server.store.get(target.kind, target.namespace,
                                                 target.name))

    def selector(self, target):
        return Selector(target.kind, self.query.get("fieldSelector"),
                        self.query.get("labelSelector"))

    def serve_list(self, target, _):
        found, metadata = self.server.store.list(
            target.kind, target.namespace, self.selector(target),
            int(self.query.get("limit") or 0), self.query.get("continue"))
        items = []
        for obj in found:
            obj = dict(to_version(target.kind, obj, target.version))
            if not target.kind.custom:  # typed lists leave it out
                obj.pop("kind", None)
                obj.pop("apiVersion", None)
            items.append(obj)
        self.reply(target, {"kind": target.kind.kind + "List",
                            "apiVersion": target.api_version, "metadata": metadata,
                            "items": items})

    # Writing

    def parse(self, target, body):
        try:
            found = json.loads(body)
        except ValueError:
            text = body.decode("latin-1")
            raise bad_request(
                f"the object provided is unrecognized (must be of type "
                f"{target.kind.kind}): couldn't get version/kind; json parse error: "
                f"unexpected end of JSON input ({text})") from None
        if self.command != "PATCH" and (found.get("kind") != target.kind.kind
                                        or found.get("apiVersion") != target.api_version):
            raise bad_request(f"the API version in the data ({found.get('apiVersion')}) "
                              f"does not match the expected API version "
                              f"({target.api_version})")
        return found

    @property
    def manager(self):
        agent = self.headers.get("User-Agent") or "unknown"
        return self.query.get("fieldManager") or agent.split("/")[0]

    def dry(self):
        return self.query.get("dryRun") == "All"

    def serve_create(self, target, body):
        obj = from_version(target.kind, self.parse(target, body), target.version)
        self.server.access.check_node(self.account, target.kind, obj)
        store = self.server.store_for(self.dry())
        self.reply(target, store.create(target.kind, target.namespace, obj, self.manager),
                   201)

    def serve_update(self, target, body):
        obj = from_version(target.kind, self.parse(target, body), target.version)
        self.change(target, lambda old: obj)

    def change(self, target, make):
        """Puts make(old) in the place of old."""
        store = self.server.store_for(self.dry())
        with store.changed:
            old = store.get(target.kind, target.namespace, target.name)
            new = make(old)
            self.check_status(target, old, new)
            made = store.update(target.kind, old, new, target.sub, self.manager)
        self.reply(target, made)

    def check_status(self, target, old, new):
        if target.kind.plural == "resourceclaims" and target.sub == "status":
            self.server.access.check_status(self.account, self.verb, target.kind, old, new)

    def serve_patch(self, target, body):
        kind = (self.headers.get("Content-Type") or "").split(";")[0]
        patch = self.parse(target, body)
        if kind == "application/apply-patch+yaml":
            self.serve_apply(target, patch)
            return
        ways = {"application/merge-patch+json": patches.merge,
                "application/json-patch+json": patches.json_patch,
                "application/strategic-merge-patch+json": patches.strategic}
        if kind not in ways or (target.kind.custom and "strategic" in kind):
            raise Failure(415, "UnsupportedMediaType",
                          f"the body of the request was in an unknown format: {kind}")

        def make(old):
            shaped = to_version(target.kind, old, target.version)
            new = from_version(target.kind, ways[kind](shaped, patch), target.version)
            if kind == "application/json-patch+json":
                # its tests are its preconditions
                new["metadata"] = dict(new["metadata"],
                                       resourceVersion=old["metadata"]["resourceVersion"])
            return new

        self.change(target, make)

    def serve_apply(self, target, patch):
        if not self.query.get("fieldManager"):
            raise Failure(422, "Invalid", 'PatchOptions.meta.k8s.io "" is invalid: '
                          "fieldManager: Required value: is required for apply patch")
        patch = from_version(target.kind, patch, target.version)
        store = self.server.store_for(self.dry())
        with store.changed:
            try:
                old = store.get(target.kind, target.namespace, target.name)
            except Failure:
                self.apply_new(store, target, patch)
                return
            options = {"manager": self.manager, "subresource": target.sub,
                       "force": self.query.get("force") == "true",
                       "check": lambda new: self.check_status(target, old, new)}
            made = store.apply(target.kind, old, patch, options)
        self.reply(target, made)

    def apply_new(self, store, target, patch):
        name, uid = target.name, patch.get("metadata", {}).get("uid")
        if target.sub:
            store.get(target.kind, target.namespace, name)
        if uid:
            raise conflict(target.kind, name, "uid mismatch: the provided object "
                           f"specified uid {uid}, and no existing object was found")
        self.reply(target, store.create(target.kind, target.namespace, patch,
                                        self.manager, applied=True), 201)

    def serve_delete(self, target, body):
        options = json.loads(body) if body else {}
        if "gracePeriodSeconds" in self.query:
            options["gracePeriodSeconds"] = int(self.query["gracePeriodSeconds"])
        store = self.server.store_for(self.dry())
        obj, gone = store.delete(target.kind, target.namespace, target.name, options)
        if target.kind.custom and gone:
            self.send_json(200, status_success(target.kind, obj))
        else:
            self.reply(target, obj)

    # Watching

    def serve_watch(self, target, _):
        store, selector = self.server.store, self.selector(target)
        version = self.query.get("resourceVersion") or "0"
        streaming = self.query.get("sendInitialEvents") == "true"
        self.begin_chunks()
        if self.fault.get("do") == "event":
            self.send_chunk(self.fault["body"].encode("latin-1") + b"\n")
        if self.fault.get("do") == "error":
            failure = Failure(self.fault.get("code", 410), self.fault.get("reason"),
                              self.fault.get("message", "told to fail"),
                              self.fault.get("details"))
            self.send_event("ERROR", failure.status())
            self.end_chunks()
            return
        if streaming or version == "0":
            version, objects = store.snapshot(target.kind)
            for obj in objects:
                if self.concerns(target, selector, obj):
                    self.send_object(target, "ADDED", obj)
            if streaming:
                self.send_bookmark(target, version, True)
        try:
            self.follow(target, selector, int(version))
        except Failure as failure:
            self.send_event("ERROR", failure.status())
        if self.server.stopped.is_set():
            raise Cut
        self.end_chunks()

    def concerns(self, target, selector, obj):
        return obj and selector.fits(obj) and (
            not target.namespace or obj["metadata"].get("namespace") == target.namespace)

    def follow(self, target, selector, version):
        store, server = self.server.store, self.server
        end = time.monotonic() + min(int(self.query.get("timeoutSeconds") or 1800),
                                     server.watch_max_s)
        bookmark_due = time.monotonic() + server.bookmark_s
        bookmarks = self.query.get("allowWatchBookmarks") in ("1", "true")
        while time.monotonic() < end and not server.stopped.is_set():
            if version < store.compacted:
                raise expired(f"too old resource version: {version} ({store.version})")
            with store.changed:
                at, events = store.version, store.events_after(target.kind, version)
                if not events:
                    store.changed.wait(0.05)
            for when, event, old, new in events:
                self.send_change(target, selector, event, old, new)
                version = when
            if not events and bookmarks and time.monotonic() >= bookmark_due:
                self.send_bookmark(target, at)
                version = max(version, at)
                bookmark_due = time.monotonic() + server.bookmark_s
            if server.close_watches > self.began:
                return

    def send_change(self, target, selector, event, old, new):
        before = self.concerns(target, selector, old) if old else False
        after = event != "DELETED" and self.concerns(target, selector, new)
        if before or after:
            self.send_object(target, "MODIFIED" if before and after else
                             "ADDED" if after else "DELETED", new)

    def send_object(self, target, event, obj):
        self.send_event(event, dict(
            {"kind": target.kind.kind, "apiVersion": target.api_version},
            **to_version(target.kind, obj, target.version)))

    def send_bookmark(self, target, version, initial=False):
        metadata = {"resourceVersion": str(version)}
        if initial:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        obj = {"kind": target.kind.kind, "apiVersion": target.api_version,
               "metadata": metadata}
        if target.kind.plural == "resourceclaims":
            obj.update(spec={"devices": {"requests": None}}, status={})
        self.send_event("BOOKMARK", obj)

    def send_event(self, event, obj):
        text = json.dumps({"type": event, "object": obj}, separators=(",", ":"))
        self.send_chunk(text.encode() + b"\n")

    def begin_chunks(self):
        self.began, self.sent = time.monotonic(), 0
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send_chunk(self, text):
        fault, what = self.fault, self.fault.get("do")
        if what in ("cut", "end"):
            left = fault.get("bytes", 100) - self.sent
            if left < len(text):
                self.write_chunk(text[:max(left, 0)])
                if what == "end":
                    self.wfile.write(b"0\r\n\r\n")
                raise Cut
        self.sent += len(text)
        if what != "drip":
            self.write_chunk(text)
            return
        for at in range(0, len(text), fault.get("bytes", 1)):
            self.write_chunk(text[at:at + fault.get("bytes", 1)])
            if self.server.stopped.wait(fault.get("delay", 0.05)):
                raise Cut

    def write_chunk(self, text):
        if text:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            self.wfile.flush()

    def end_chunks(self):
        self.wfile.write(b"0\r\n\r\n")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, directory, accounts, rbac=True, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.directory = directory
        self.store, self.faults = Store(), Faults()
        self.access = Access(dict(accounts), rbac)
        self.versions, self.git_version = list(DRA_VERSIONS), VERSION["gitVersion"]
        self.stopped, self.lock, self.log = threading.Event(), threading.Lock(), []
        self.bookmark_s, self.watch_max_s, self.close_watches = 60.0, 3600, 0.0
        self.connections, self.controllers = 0, False
        self.use_certificate("server", "ca")

    def use_certificate(self, name, ca):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        base = f"{self.directory}/{name}"
        context.load_cert_chain(base + ".crt", base + ".key")
        context.load_verify_locations(f"{self.directory}/{ca}.crt")
        context.verify_mode = ssl.CERT_OPTIONAL
        self.context = context

    def get_request(self):
        connection, address = super().get_request()
        self.connections += 1
        # the handshake is made by the thread of the connection
        return self.context.wrap_socket(connection, server_side=True,
                                        do_handshake_on_connect=False), address

    def handle_error(self, *_):
        pass

    def store_for(self, dry):
        if not dry:
            return self.store
        with self.store.changed:
            made = Store()
            made.version = self.store.version
            for kind, table in self.store.tables.items():
                made.tables[kind].objects = dict(table.objects)
                made.tables[kind].keys = list(table.keys)
            return made

    def group(self):
        versions = [{"groupVersion": f"{DRA}/{v}", "version": v} for v in self.versions]
        if not versions:
            raise Failure(404, "NotFound", "the server could not find the requested "
                          "resource")
        return {"kind": "APIGroup", "apiVersion": "v1", "name": DRA, "versions": versions,
                "preferredVersion": versions[0]}

    @staticmethod
    def resources(version):
        found = []
        for kind in sorted((k for k in KINDS if k.group == DRA), key=lambda k: k.plural):
            found.append({"name": kind.plural, "singularName": kind.kind.lower(),
                          "namespaced": kind.namespaced, "kind": kind.kind,
                          "verbs": ["create", "delete", "deletecollection", "get", "list",
                                    "patch", "update", "watch"]})
            if kind.status:
                found.append({"name": kind.plural + "/status", "singularName": "",
                              "namespaced": kind.namespaced, "kind": kind.kind,
                              "verbs": ["get", "patch", "update"]})
        return {"kind": "APIResourceList", "apiVersion": "v1",
                "groupVersion": f"{DRA}/{version}", "resources": found}

    def make_note(self, handler):
        """A line of the log; what is known later is filled in later."""
        note = {"method": handler.command, "path": handler.path, "code": 0, "user": "",
                "agent": handler.headers.get("User-Agent", ""), "verb": "", "group": "",
                "resource": "", "namespace": ""}
        if handler.path != "/_test":
            with self.lock:
                self.log.append(note)
        return note

    def order(self, wanted):
        """What a test wants: any of these, in this order."""
        made = {}
        if "accounts" in wanted:
            self.access.accounts.update(wanted["accounts"])
        if "rbac" in wanted:
            self.access.rbac = wanted["rbac"]
        if "versions" in wanted:
            self.versions = wanted["versions"]
        if "git_version" in wanted:
            self.git_version = wanted["git_version"]
        for key in ("bookmark_s", "watch_max_s", "controllers"):
            if key in wanted:
                setattr(self, key, wanted[key])
        if "certificate" in wanted:
            self.use_certificate(*wanted["certificate"])
        if "faults" in wanted:
            self.faults.set(wanted["faults"])
        if "load" in wanted:
            self.store.load(wanted["load"])
        if "claims" in wanted:
            self.store.load(make_claims(**wanted["claims"]))
        if "unload" in wanted:
            self.store.unload(*wanted["unload"])
        if wanted.get("compact"):
            self.store.compact()
        if wanted.get("close_watches"):
            self.close_watches = time.monotonic()
        if "log" in wanted:
            with self.lock:
                made["log"] = copy.deepcopy(self.log)
        made["connections"] = self.connections
        return made


def make_claims(n, nodes=200, namespace="load", prefix="claim"):
    """Allocated claims, a part of them on each node."""
    for i in range(n):
        node = f"node{i % nodes}"
        yield {
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": {"name": f"{prefix}-{i:06}", "namespace": namespace,
                         "labels": {"app": f"load-{i % 7}"},
                         "annotations": {"example.org/note": "x" * 600}},
            "spec": {"devices": {"requests": [
                {"name": "pci", "exactly": {"deviceClassName": "pci-passthrough",
                                            "allocationMode": "ExactCount", "count": 1}}]}},
            "status": {
                "allocation": {
                    "devices": {"results": [
                        {"request": "pci", "driver": "vfio.example.com", "pool": node,
                         "device": f"pci-{i:06}"}]},
                    "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [
                        {"key": "metadata.name", "operator": "In", "values": [node]}]}]},
                    "allocationTimestamp": "2026-01-01T00:00:00Z"},
                "reservedFor": [{"resource": "pods", "name": f"pod-{i}",
                                 "uid": f"00000000-0000-4000-8000-{i:012}"}]}}
