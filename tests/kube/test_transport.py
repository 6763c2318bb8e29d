#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections, certificates, credentials, deadlines, limits, proxies."""
import base64
import os
import select
import socket
import threading
import time

from harness import (BUSY, CONFLICT, FAILED, FORBIDDEN, INPUT, NO_ANSWER, OTHER, REFUSED,
                     REMOTE, UNAUTHORIZED, ServerTest, claim, main)
from server import setup


class Silent:
    """A server that takes connections and says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Proxy:
    """CONNECT, and nothing else; notes what it was asked for."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.asked = self.socket.getsockname()[1], []

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(connection,), daemon=True).start()

    def tunnel(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        self.asked.append(head.decode())
        host, port = head.split()[1].decode().rsplit(":", 1)
        other = socket.create_connection((host, int(port)))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        pair = {connection: other, other: connection}
        with connection, other:
            while True:
                for one in select.select(list(pair), [], [])[0]:
                    piece = one.recv(65536)
                    if not piece:
                        return
                    pair[one].sendall(piece)


class Transport(ServerTest):
    def kubeconfig(self, name, cluster, user="{token: token-admin}"):
        """A kubeconfig whose cluster has these lines."""
        text = setup.KUBECONFIG.format(port=self.port, user=user)
        lines = "".join(f"\n    {k}: {v}" for k, v in cluster.items())
        text = text.replace("\n    certificate-authority: ca.crt", lines)
        if "server" in cluster:
            text = text.replace(f"\n    server: https://127.0.0.1:{self.port}", "", 1)
        setup.write(self.path(name), text)
        return self.path(name)

    def test_every_way_to_say_who_we_are(self):
        for user in ("admin", "certificate", "password", "file", "reader"):
            self.good(self.client("version", user=user))
        users = {r["user"] for r in self.requests()}
        self.assertEqual(users, {"admin", "system:serviceaccount:default:reader"})

    def test_unknown_credentials(self):
        self.bad(self.client("version", user="wrong"), REMOTE, "401 Unauthorized",
                 UNAUTHORIZED)
        self.bad(self.client("list", "resourceclaims", user="anonymous"), REMOTE,
                 'User "system:anonymous" cannot list', FORBIDDEN)

    def test_a_token_that_was_replaced(self):
        self.fault("version", do="status", code=401, reason="Unauthorized")
        self.good(self.client("version", user="file"))
        self.assertEqual([r["code"] for r in self.requests()], [401, 200])

    def test_a_token_that_nobody_replaces(self):
        self.fault("version", do="status", code=401, reason="Unauthorized")
        self.bad(self.client("version"), REMOTE, "401", UNAUTHORIZED)
        self.assertEqual(len(self.requests()), 1)

    def test_an_expired_token_is_asked_with_twice_at_most(self):
        self.server.access.accounts["token-admin"] = {"expired": True}
        self.bad(self.client("version", user="file"), REMOTE, "has expired", UNAUTHORIZED)
        self.assertEqual(len(self.requests()), 2)

    def test_an_authority_that_we_do_not_trust(self):
        for ca in ("other-ca.crt", "admin.crt"):
            path = self.kubeconfig("k", {"certificate-authority": ca})
            self.bad(self.client("version", kubeconfig=path), REMOTE,
                     "not the one that we trust", NO_ANSWER)
        path = self.kubeconfig("k", {})  # that of the system
        self.bad(self.client("version", kubeconfig=path), REMOTE,
                 "not the one that we trust", NO_ANSWER)
        self.assertEqual(self.requests(), [])

    def test_a_server_with_another_certificate(self):
        self.server.use_certificate("other-server", "other-ca")
        self.bad(self.client("version"), REMOTE, "not the one that we trust", NO_ANSWER)
        self.assertEqual(self.requests(), [])
        path = self.kubeconfig("k", {"insecure-skip-tls-verify": "true"})
        self.good(self.client("version", kubeconfig=path))

    def test_an_authority_that_is_replaced(self):
        account = self.path("serviceaccount")
        env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1",
               "KUBERNETES_SERVICE_PORT": str(self.port), "HOME": "/nonexistent"}
        self.good(self.client("version", kubeconfig=None, account=account, env=env))
        self.server.use_certificate("other-server", "other-ca")
        self.bad(self.client("version", kubeconfig=None, account=account, env=env), REMOTE,
                 "not the one that we trust")
        with open(self.path("other-ca.crt"), encoding="utf-8") as new:
            setup.write(account + "/ca.crt", new.read())
        try:
            self.good(self.client("version", kubeconfig=None, account=account, env=env))
        finally:
            with open(self.path("ca.crt"), encoding="utf-8") as old:
                setup.write(account + "/ca.crt", old.read())

    def test_the_name_in_the_certificate(self):
        for name, good in (("localhost", True), ("kubernetes.default.svc", True),
                           ("elsewhere.example.org", False), ("default.svc", False)):
            path = self.kubeconfig("k", {"certificate-authority": "ca.crt",
                                         "tls-server-name": name})
            run = self.client("version", kubeconfig=path)
            if good:
                self.good(run)
            else:
                self.bad(run, REMOTE, "not the one that we trust", NO_ANSWER)

    def test_a_certificate_of_ours_that_the_server_does_not_know(self):
        path = self.kubeconfig(
            "k", {"certificate-authority": "ca.crt"},
            "{client-certificate: other-admin.crt, client-key: other-admin.key}")
        self.bad(self.client("version", kubeconfig=path), REMOTE, ".", NO_ANSWER)

    def test_a_key_that_is_none(self):
        for certificate, key in (("admin.crt", "ca.crt"), ("admin.key", "admin.key"),
                                 ("admin.crt", "other-admin.key")):
            path = self.kubeconfig(
                "k", {"certificate-authority": "ca.crt"},
                f"{{client-certificate: {certificate}, client-key: {key}}}")
            self.bad(self.client("version", kubeconfig=path), REMOTE,
                     "our certificate or its key", NO_ANSWER)

    def test_files_that_are_missing(self):
        for user, name in (("{tokenFile: gone}", "gone"),
                           ("{client-certificate: gone, client-key: admin.key}", "gone")):
            path = self.kubeconfig("k", {"certificate-authority": "ca.crt"}, user)
            self.bad(self.client("version", kubeconfig=path), INPUT,
                     f"k: context 'test': cannot open '.*{name}'")
        self.assertEqual(self.requests(), [])

    def test_a_token_with_a_second_line(self):
        setup.write(self.path("token"), "token-admin\r\nX-Evil: 1\n")
        path = self.kubeconfig("k", {"certificate-authority": "ca.crt"},
                               "{tokenFile: token}")
        self.bad(self.client("version", kubeconfig=path), INPUT, "more than one line")

    def test_credentials_in_the_clear(self):
        for user in ("{token: token-admin}", "{username: admin, password: swordfish}",
                     "{tokenFile: serviceaccount/token}"):
            path = self.kubeconfig("k", {"server": "http://127.0.0.1:1"}, user)
            self.bad(self.client("version", kubeconfig=path), REFUSED, "in the clear")
        path = self.kubeconfig("k", {"server": "http://127.0.0.1:1"}, "{}")
        self.bad(self.client("version", kubeconfig=path), REMOTE, ".", NO_ANSWER)

    def test_nobody_is_there(self):
        with Silent() as silent:
            port = silent.port
        path = self.kubeconfig("k", {"server": f"https://127.0.0.1:{port}"})
        self.bad(self.client("version", kubeconfig=path), REMOTE, "refused|connect",
                 NO_ANSWER)
        path = self.kubeconfig("k", {"server": "https://nowhere.invalid:6443"})
        self.bad(self.client("version", kubeconfig=path, connect_ms=5000), REMOTE,
                 "nowhere.invalid", NO_ANSWER)

    # Deadlines

    def timed(self, text, least, most, *command, **options):
        began = time.monotonic()
        self.bad(self.client(*(command or ("version",)), **options), REMOTE, text,
                 NO_ANSWER)
        took = time.monotonic() - began
        self.assertTrue(least <= took <= most + 3, took)

    def test_a_server_that_does_not_finish_the_handshake(self):
        with Silent() as silent:
            path = self.kubeconfig("k", {"server": f"https://127.0.0.1:{silent.port}"})
            self.timed("no connection within 400 ms", 0.4, 1, kubeconfig=path,
                       connect_ms=400)
            self.timed("no connection within 300 ms", 0.3, 1, kubeconfig=path,
                       total_ms=300)

    def test_a_server_that_does_not_answer(self):
        self.fault(do="hang", times=-1)
        self.timed("no answer within 400 ms", 0.4, 1, answer_ms=400)
        self.timed("not complete within 500 ms", 0.5, 1, total_ms=500)

    def test_an_answer_that_stops(self):
        self.fault(do="drip", delay=30, bytes=10, times=-1)
        self.timed("the answer stopped for 400 ms", 0.4, 1, idle_ms=400)

    def test_an_answer_that_drips(self):
        self.fault(do="drip", delay=0.1, times=-1)
        self.timed("not complete within 1000 ms", 1, 2, idle_ms=400, total_ms=1000)

    def test_a_slow_answer_is_an_answer(self):
        self.fault(do="drip", delay=0.02, bytes=5)
        self.good(self.client("version", idle_ms=500))
        self.fault(do="delay", delay=0.5)
        self.good(self.client("version"))

    # What comes back

    def test_connections_that_break(self):
        for n in (0, 1, 30):
            self.fault(do="cut", bytes=n)
            self.bad(self.client("version"), REMOTE, ".", NO_ANSWER)

    def test_garbage(self):
        self.fault("GET /version", do="garbage", times=-1)
        self.bad(self.client("version"), REMOTE, "is this an API server")
        self.fault("resourceclaims", do="garbage", times=-1)
        self.bad(self.client("list", "resourceclaims"), REMOTE, "byte 0x00")
        self.fault("/apis/resource.k8s.io$", do="garbage", body="<html>hello</html>")
        self.bad(self.client("discover"), REMOTE, "not what an API server sends")
        for body in ("", "[]", "{}", '{"gitVersion": 1}', '{"gitVersion": "1.36"}',
                     '{"gitVersion": "v99999.1"}', '{"gitVersion": "v1.36'):
            self.server.faults.set([{"match": "version", "do": "garbage", "body": body}])
            self.bad(self.client("version"), REMOTE, "is this an API server")

    def test_too_much(self):
        self.fault(do="headers", times=-1)
        self.bad(self.client("version"), REMOTE, "headers|header", NO_ANSWER)
        self.server.faults.set([])
        self.load(claim("big", annotations={"a": "x" * 200000}))
        self.good(self.client("get", "resourceclaims", "big", namespace="default"))
        self.bad(self.client("get", "resourceclaims", "big", namespace="default",
                             max_object=100000), REMOTE, "more than 100000 bytes")

    def test_redirections_are_not_followed(self):
        self.fault(do="status", code=302, body="elsewhere",
                   headers=[["Location", f"https://127.0.0.1:{self.port}/healthz"]])
        self.bad(self.client("version"), REMOTE, "302", OTHER)
        self.assertEqual(len(self.requests()), 1)

    def test_errors_that_are_no_status(self):
        self.fault(do="status", code=502, body="<h1>bad\ngateway</h1>" + "x" * 100000)
        run = self.bad(self.client("version"), REMOTE, "502: <h1>bad.gateway", FAILED)
        self.assertLess(len(run.err), 1000)
        self.fault(do="status", code=500, body='{"kind":"Status","message":7,"code":"x"}')
        self.bad(self.client("version"), REMOTE, "500", FAILED)
        self.fault(do="status", code=500, body="")
        self.bad(self.client("version"), REMOTE, "500", FAILED)
        self.fault(do="status", code=500, body="x" * 1000000)
        self.bad(self.client("version"), REMOTE, "500: xxx", FAILED)

    # Asking again

    def test_busy_and_says_when(self):
        self.fault(do="status", code=429, reason="TooManyRequests", retry_after=1, times=2)
        began = time.monotonic()
        self.good(self.client("version"))
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertEqual([r["code"] for r in self.requests()], [429, 429, 200])

    def test_busy_for_too_long(self):
        self.fault(do="status", code=429, retry_after=3600, times=-1)
        began = time.monotonic()
        self.bad(self.client("version"), REMOTE, "429", BUSY)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(len(self.requests()), 1)

    def test_busy_for_ever(self):
        self.fault(do="status", code=429, times=-1, retry_after=0)
        self.bad(self.client("version"), REMOTE, "429", BUSY)
        self.assertEqual(len(self.requests()), 4)

    def test_what_may_have_been_done_is_not_asked_for_twice(self):
        create = ("create", "resourceclaims")
        text = '{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim"}'
        for code, reason in ((503, BUSY), (500, FAILED), (504, BUSY), (409, CONFLICT)):
            self.server.faults.set([{"match": "POST", "do": "status", "code": code,
                                     "times": -1}])
            with self.server.lock:
                self.server.log.clear()
            self.bad(self.client(*create, namespace="default", text=text), REMOTE,
                     str(code), reason)
            self.assertEqual(len(self.requests("POST")), 1)
        self.server.faults.set([{"match": "POST", "do": "status", "code": 429,
                                 "retry_after": 1}])
        self.bad(self.client(*create, namespace="default", text=text), REMOTE, "422")

    def test_a_connection_that_ends_without_an_answer(self):
        """libcurl asks again on a new connection when an old one gave nothing."""
        self.fault("POST", do="hang", delay=0, times=-1)
        text = '{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim"}'
        self.bad(self.client("create", "resourceclaims", namespace="default", text=text),
                 REMOTE, ".", NO_ANSWER)
        self.assertEqual(len(self.requests("POST")), 1)

    # Proxies

    def test_proxies(self):
        with Proxy() as proxy:
            url = f"http://user:sekrit@127.0.0.1:{proxy.port}"
            for env in ({"https_proxy": url}, {"HTTPS_PROXY": url}):
                self.good(self.client("version", env=env))
            self.assertEqual(len(proxy.asked), 2)
            self.good(self.client("version", env={"https_proxy": url,
                                                  "no_proxy": "127.0.0.1"}))
            self.assertEqual(len(proxy.asked), 2)
            path = self.kubeconfig("k", {"certificate-authority": "ca.crt",
                                         "proxy-url": url})
            self.good(self.client("version", kubeconfig=path))
            self.assertEqual(len(proxy.asked), 3)
            path = self.kubeconfig("k", {"certificate-authority": "ca.crt",
                                         "tls-server-name": "localhost",
                                         "proxy-url": url})
            self.good(self.client("version", kubeconfig=path))
        word = base64.b64encode(b"user:sekrit").decode()
        for head in proxy.asked:
            self.assertIn(f"CONNECT 127.0.0.1:{self.port} ", head)
            self.assertIn(word, head)
            self.assertNotIn("token-admin", head)

    def test_a_proxy_that_is_not_there(self):
        with Silent() as silent:
            url = f"http://user:sekrit@127.0.0.1:{silent.port}"
        self.bad(self.client("version", env={"https_proxy": url}), REMOTE, ".", NO_ANSWER)
        self.assertEqual(self.requests(), [])

    # Secrets

    def test_memory_that_a_core_dump_would_have(self):
        if os.environ.get("KUBE_SANITIZED"):
            self.skipTest("the sanitizer keeps what was freed")
        if os.geteuid() != 0:
            self.skipTest("only root may look at what leaves no core dump")
        self.server.bookmark_s = 0.2
        for user, secret in (("file", "token-admin"), ("password", "swordfish"),
                             ("password",
                              base64.b64encode(b"admin:swordfish").decode())):
            run = self.good(self.client("secrets", secret[::-1], user=user))
            self.assertIn("found 0 in many mappings", run.out)
        # the search finds what is there
        run = self.good(self.client("secrets", f"127.0.0.1:{self.port}"[::-1], user="file"))
        self.assertRegex(run.out, "found [1-9]")


if __name__ == "__main__":
    main()
