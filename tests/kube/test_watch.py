#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Watches: one consistent story, whatever the server and the network do."""
import json
import os
import queue
import random
import threading
import time

from harness import ServerTest, allocated, claim, main, setup, web

QUICK = {"backoff_ms": 20, "backoff_max_ms": 100}


class Watcher:
    """A running client; `state` is what it should believe by the rules of watch.h."""

    def __init__(self, process):
        self.process, self.lines, self.seen = process, queue.Queue(), []
        self.state, self.versions, self.synced = {}, {}, 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def take(self, line):
        self.seen.append(line)
        word, *rest = line.split()
        if word == "SYNCED":
            self.synced = int(rest[0])
            self.state = {k: n for k, n in self.state.items() if n == self.synced}
        elif word in ("SYNC", "ADDED", "MODIFIED"):
            self.state[rest[1]] = int(rest[0])
            self.versions[rest[1]] = rest[-1]
        elif word == "DELETED":
            self.state.pop(rest[1], None)

    def until(self, done, seconds=20):
        """Reads lines until done() or nothing comes."""
        end = time.monotonic() + seconds
        while not done():
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise AssertionError("it did not come; so far:\n"
                                     + "\n".join(self.seen[-30:])) from None
            if line is None:
                raise AssertionError("the client ended:\n" + "\n".join(self.seen[-30:]))
            self.take(line)

    def until_seen(self, text, times=1, seconds=20):
        self.until(lambda: sum(text in line for line in self.seen) >= times, seconds)

    def count(self, text):
        return sum(text in line for line in self.seen)


class WatchTest(ServerTest):
    def watch(self, *resources, **options):
        options = dict(dict(QUICK, for_ms=60000), **options)
        context = self.running("watch", *(resources or ["resourceclaims"]), **options)
        process = context.__enter__()  # pylint: disable=unnecessary-dunder-call
        self.addCleanup(context.__exit__, None, None, None)
        return Watcher(process)

    def names(self):
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        with self.store.changed:
            return {f"{ns}/{name}" for ns, name in self.store.tables[kind].objects}

    def versions(self):
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        with self.store.changed:
            return {f"{ns}/{name}": obj["metadata"]["resourceVersion"]
                    for (ns, name), obj in self.store.tables[kind].objects.items()}

    def delete(self, name):
        kind = next(k for k in self.store.tables if k.plural == "resourceclaims")
        self.store.delete(kind, "default", name, {})

    def agree(self, watcher, seconds=20):
        watcher.until(lambda: set(watcher.state) == self.names(), seconds)


class Story(WatchTest):
    def test_from_the_list_to_the_events(self):
        self.load(claim("a"), claim("b"))
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.assertEqual(watcher.seen, ["SYNC 1 default/a 1", "SYNC 1 default/b 1",
                                        "SYNCED 1"])
        self.load(claim("c"))
        self.load(allocated("a"))
        self.delete("b")
        watcher.until_seen("DELETED")
        self.assertEqual(watcher.seen[3:], ["ADDED 1 default/c 1", "MODIFIED 1 default/a 1",
                                            "DELETED 1 default/b 1"])
        self.agree(watcher)

    def test_several_at_once(self):
        self.load(claim("a"), {"apiVersion": "v1", "kind": "Pod",
                               "metadata": {"name": "p"}})
        watcher = self.watch("resourceclaims", "pods", "resourceslices")
        watcher.until_seen("SYNCED", 3)
        self.load(claim("b"), {"apiVersion": "v1", "kind": "Pod",
                               "metadata": {"name": "q"}})
        watcher.until(lambda: set(watcher.seen) >= {"ADDED 1 default/b 1",
                                                    "ADDED 1 default/q 1"})
        self.assertEqual(watcher.count("TROUBLE"), 0)

    def test_requests_from_inside(self):
        self.store.load(claim(f"c{i}") for i in range(5))
        watcher = self.watch(nested=1)
        watcher.until_seen("SYNCED")
        self.load(claim("new"))
        watcher.until_seen("default/new")
        self.assertEqual(watcher.count("v1.36.2"), 7)
        self.assertEqual(watcher.count("TROUBLE"), 0)

    def test_pages(self):
        self.store.load(claim(f"c{i:03}") for i in range(50))
        watcher = self.watch(page=7)
        watcher.until_seen("SYNCED")
        self.agree(watcher)
        self.assertEqual(watcher.count("SYNC 1"), 50)

    def test_versions(self):
        self.server.versions = ["v1beta1"]
        self.load(claim("a"))
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.load(claim("b"))
        watcher.until_seen("ADDED 1 default/b 1")

    def test_a_server_that_is_upgraded(self):
        self.server.versions = ["v1beta1"]
        self.load(claim("a"))
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.server.versions = ["v1"]
        self.store.compact()
        watcher.until_seen("SYNCED", 2)
        self.assertTrue(self.requests("v1/resourceclaims"))

    def test_no_such_group_yet(self):
        self.server.versions = []
        watcher = self.watch()
        watcher.until_seen("TROUBLE", 2)
        self.server.versions = ["v1"]
        watcher.until_seen("SYNCED")

    def test_selectors(self):
        def pod(name, node, **labels):
            return {"apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": name, "labels": labels},
                    "spec": {"nodeName": node}}

        self.load(pod("a", "n1"), pod("b", "n2"))
        watcher = self.watch("pods", fields="spec.nodeName=n1")
        watcher.until_seen("SYNCED")
        self.load(pod("c", "n1"), pod("d", "n2"))
        self.load(pod("b", "n1"))  # comes in
        self.load(pod("a", "n2"))  # goes out
        watcher.until_seen("DELETED")
        self.assertEqual(watcher.seen, [
            "SYNC 1 default/a 1", "SYNCED 1", "ADDED 1 default/c 1", "ADDED 1 default/b 1",
            "DELETED 1 default/a 1"])

    def test_custom_resources_and_namespaces(self):
        def machine(name, namespace):
            return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
                    "metadata": {"name": name, "namespace": namespace}}

        self.load(machine("a", "lab"), machine("b", "other"))
        watcher = self.watch("virtualmachines", namespace="lab")
        watcher.until_seen("SYNCED")
        self.load(machine("c", "other"), machine("d", "lab"))
        watcher.until_seen("lab/d")
        self.assertEqual([line.split()[2] for line in watcher.seen if "/" in line],
                         ["lab/a", "lab/d"])

    def test_bookmarks_carry_the_version(self):
        self.server.bookmark_s = 0.1
        self.load(claim("a"))
        watcher = self.watch(watch_s=1)
        watcher.until_seen("SYNCED")
        kept = self.store.version
        for i in range(5):  # of another kind: only bookmarks tell of these
            self.load({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{i}"}})
        time.sleep(2.5)
        paths = [r["path"] for r in self.requests("resourceclaims.*timeoutSeconds=1$")]
        self.assertIn(f"resourceVersion={kept}&", paths[0])
        self.assertIn(f"resourceVersion={self.store.version}&", paths[-1])
        self.assertEqual(watcher.count("SYNCED"), 1)

    def test_watches_end_by_themselves(self):
        self.server.watch_max_s = 1.2
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        time.sleep(2.8)
        self.load(claim("a"))
        watcher.until_seen("ADDED 1 default/a")
        self.assertEqual(watcher.count("TROUBLE"), 0)
        self.assertEqual(watcher.count("SYNCED"), 1)

    def test_a_large_event(self):
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.load(claim("big", annotations={"a": "x" * 3000000}), claim("b"))
        watcher.until_seen("default/b 1")
        self.assertEqual(watcher.seen[1:], ["ADDED 1 default/big 1", "ADDED 1 default/b 1"])

    def test_events_that_cannot_be_read(self):
        watcher = self.watch(max_object=100000)
        watcher.until_seen("SYNCED")
        self.load(claim("big", annotations={"a": "x" * 200000}),
                  claim("nul", annotations={"a": "\0"}), claim("b"))
        watcher.until_seen("default/b 1")
        self.assertRegex(watcher.seen[1], "ADDED 1 default/big problem: .*larger than")
        self.assertRegex(watcher.seen[2], "ADDED 1 default/nul problem: .*NUL")
        self.agree(watcher)

    def test_it_can_be_stopped_from_inside(self):
        self.store.load(claim(f"c{i}") for i in range(20))
        for n in (1, 5, 20, 21):
            run = self.good(self.client("watch", "resourceclaims", stop=n, for_ms=3000))
            self.assertEqual(len(run.lines), n)
            self.assertNotIn("TROUBLE", run.out)

    def test_a_receiver_that_fails(self):
        self.store.load(claim(f"c{i}") for i in range(5))
        for n in (3, 6):  # in the list, and when it is complete
            watcher = self.watch(fail=n)
            watcher.until_seen("SYNCED 2")
            self.agree(watcher)
            self.assertEqual(watcher.count("told to fail"), 1)
        watcher = self.watch(fail=7)  # an event
        watcher.until_seen("SYNCED 1")
        self.load(claim("new"))
        watcher.until_seen("SYNCED 2")
        self.agree(watcher)


class Trouble(WatchTest):
    def settled(self, **options):
        self.load(claim("a"), claim("b"))
        watcher = self.watch(**options)
        watcher.until_seen("SYNCED")
        # the watch has begun when something comes through it
        self.load(claim("warm"))
        watcher.until_seen("default/warm")
        return watcher

    def test_410_in_the_stream(self):
        watcher = self.settled()
        with self.store.changed:  # nothing of this is told
            self.store.load([claim("c")])
            self.delete("a")
            self.store.compact()
        watcher.until_seen("SYNCED 2")
        self.assertEqual(set(watcher.state), {"default/b", "default/c", "default/warm"})
        self.assertEqual(watcher.count("TROUBLE"), 0)

    def test_410_instead_of_a_stream(self):
        self.fault("watch=1", do="status", code=410, reason="Expired")
        self.load(claim("a"))
        watcher = self.watch()
        watcher.until_seen("SYNCED 2")
        self.load(claim("b"))
        self.agree(watcher)

    def test_410_all_the_time_is_not_a_loop(self):
        self.fault("watch=1", do="status", code=410, reason="Expired", times=-1)
        watcher = self.watch(backoff_ms=200, backoff_max_ms=400)
        time.sleep(2)
        self.assertLess(len(self.requests("limit=")), 12)
        self.assertGreater(len(self.requests("limit=")), 2)
        self.server.faults.set([])
        self.load(claim("a"))
        self.agree(watcher)

    def test_other_errors_in_the_stream(self):
        for code, reason in ((500, "InternalError"), (504, "Timeout"), (429, None)):
            self.fault("watch=1", do="error", code=code, reason=reason)
        watcher = self.watch()
        watcher.until_seen("TROUBLE", 3)
        self.load(claim("a"))
        self.agree(watcher)
        self.assertEqual(watcher.count("SYNCED"), 1)

    def test_streams_that_break(self):
        watcher = self.settled(watch_s=1)
        for what in ("cut", "end"):
            for n in (0, 1, 50, 700):
                self.fault("watch=1", do=what, bytes=n)
        for i in range(20):
            self.load(claim(f"c{i}"))
            time.sleep(0.1)
        self.agree(watcher)
        watcher.until(lambda: not any(f["times"] for f in self.server.faults.faults), 40)
        self.load(claim("last"))
        self.agree(watcher)

    def test_garbage(self):
        for body in ("<html>", "{}", '{"type":"ADDED"}', '{"type":"ADDED","object":7}',
                     "[1]", "\0\0", '{"type":"ERROR","object":{}}', '"',
                     '{"type":"ADDED","object":{}}}'):
            self.fault("watch=1", do="event", body=body)
        watcher = self.watch()
        watcher.until_seen("TROUBLE", 8)
        self.load(claim("a"))
        self.agree(watcher)

    def test_events_of_a_kind_that_is_not_known(self):
        self.fault("watch=1", do="event", body=json.dumps(
            {"type": "RENAMED", "object": {"metadata": {"name": "x"}}}))
        self.load(claim("a"))
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.load(claim("b"))
        self.agree(watcher)
        self.assertEqual(watcher.count("TROUBLE"), 0)

    def test_a_slow_stream(self):
        self.fault("watch=1", do="drip", bytes=100, delay=0.01)
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.load(claim("a"), claim("b"))
        self.agree(watcher)
        self.assertEqual(watcher.count("TROUBLE"), 0)

    def test_a_stream_in_single_bytes(self):
        self.fault("watch=1", do="drip", bytes=1, delay=0)
        self.fault("limit=", do="drip", bytes=1, delay=0)
        self.load(claim("x"))
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.load(claim("a"), claim("b"))
        self.agree(watcher)

    def test_a_list_that_fails(self):
        self.store.load(claim(f"c{i}") for i in range(10))
        self.fault("limit=", do="status", code=500)
        self.fault("limit=", do="cut", bytes=1000)
        self.fault("limit=", do="garbage", body="{}")
        self.fault("continue=", do="status", code=410, reason="Expired")
        self.fault("continue=", do="cut", bytes=100)
        watcher = self.watch(page=4)
        watcher.until_seen("SYNCED")
        self.agree(watcher)

    def test_retry_after(self):
        self.fault("limit=", do="status", code=429, retry_after=2)
        began = time.monotonic()
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertEqual(watcher.count("again in 2000 ms"), 1)

    def test_pauses_grow_and_differ(self):
        self.fault("limit=", do="status", code=500, times=-1)
        watcher = self.watch(backoff_ms=20, backoff_max_ms=320)
        watcher.until_seen("TROUBLE", 14)
        pauses = [int(line.split("again in ")[1].split()[0]) for line in watcher.seen
                  if "again in" in line]
        self.assertEqual(pauses[0], 20)
        self.assertTrue(all(20 <= p <= 320 for p in pauses), pauses)
        self.assertGreater(max(pauses), 80)
        self.assertGreater(len(set(pauses[5:])), 3)

    def test_not_allowed_and_then_allowed(self):
        self.load(claim("a"))
        watcher = self.watch(user="nobody")
        watcher.until_seen("403 Forbidden", 2)
        self.server.access.accounts["token-nobody"] = setup.ACCOUNTS["token-reader"]
        watcher.until_seen("SYNCED")

    def test_a_token_that_expires(self):
        self.load(claim("a"))
        watcher = self.watch(user="file", watch_s=1)
        watcher.until_seen("SYNCED")
        accounts = self.server.access.accounts
        accounts["token-new"] = accounts.pop("token-admin")
        watcher.until_seen("401 Unauthorized")
        setup.write(self.path("serviceaccount/token"), "token-new\n")
        try:
            self.load(claim("b"))
            self.agree(watcher)
        finally:
            setup.write(self.path("serviceaccount/token"), "token-admin\n")
        self.assertEqual(watcher.count("SYNCED"), 1)

    def test_a_server_that_is_away(self):
        watcher = self.settled()
        cls = type(self)
        port = self.server.server_port
        self.server.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        watcher.until_seen("TROUBLE", 3)
        store = self.server.store
        store.load([claim("c")])
        self.delete("a")
        cls.server = web.Server(self.directory, setup.ACCOUNTS, True, port)
        cls.server.store = store
        threading.Thread(target=cls.server.serve_forever,
                         kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.agree(watcher)
        self.assertEqual(watcher.count("SYNCED"), 1)  # it went on where it was

    def test_a_store_that_was_restored(self):
        """Its versions are older than ours: the server waits for them, in vain."""
        watcher = self.settled()
        self.server.order({"close_watches": True, "faults": [
            {"match": "watch=1", "do": "status", "code": 504, "reason": "Timeout",
             "message": "Too large resource version", "times": 5}]})
        self.delete("a")
        watcher.until_seen("SYNCED 2")
        self.agree(watcher)
        self.assertEqual(watcher.count("Too large resource version"), 5)


class Chaos(WatchTest):
    def test_the_end_is_always_right(self):
        """Everything goes wrong at random; then nothing does, and the story is true."""
        seed = int(os.environ.get("KUBE_SEED", random.randrange(10**6)))
        print(f"seed {seed}", end=" ")
        rng = random.Random(seed)
        self.server.bookmark_s, self.server.watch_max_s = 0.2, 0.7
        watcher = self.watch(page=5, watch_s=1, versions=1)
        end = time.monotonic() + 8
        while time.monotonic() < end:
            name = f"c{rng.randrange(30)}"
            if rng.random() < 0.4 and f"default/{name}" in self.names():
                self.delete(name)
            else:
                self.load(rng.choice([claim, allocated])(name))
            if rng.random() < 0.1:
                self.fault("limit=|continue=|watch=1", do=rng.choice(["cut", "end", "drip"]),
                           bytes=rng.randrange(2000), delay=0.01)
            if rng.random() < 0.05:
                self.fault("limit=|continue=|watch=1", do="status",
                           code=rng.choice([410, 429, 500, 503]))
            if rng.random() < 0.02:
                self.store.compact()
            time.sleep(rng.random() * 0.03)
        self.server.faults.set([])
        self.load(claim("end"))
        self.agree(watcher)
        # not only which objects there are: each as it is now
        watcher.until(lambda: {k: watcher.versions[k] for k in watcher.state}
                      == self.versions())

    def test_a_hundred_events_in_a_second(self):
        watcher = self.watch()
        watcher.until_seen("SYNCED")
        began = time.monotonic()
        for i in range(500):
            self.load(allocated(f"c{i % 50}"))
            time.sleep(max(0, began + i * 0.01 - time.monotonic()))
        made = time.monotonic()
        watcher.until(lambda: len(watcher.seen) == 501)
        self.assertLess(time.monotonic() - made, 1)


if __name__ == "__main__":
    main()
