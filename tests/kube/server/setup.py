# SPDX-License-Identifier: GPL-2.0-or-later
"""The files beside a server: certificates, kubeconfigs, a service account."""
import base64
import os

from . import certificates
from .web import Server

# Token -> account; what the companion's role needs, and some that lack something
READ = {"verbs": ["get", "list", "watch"], "groups": ["*"],
        "resources": ["resourceclaims", "resourceslices", "pods", "nodes",
                      "virtualmachines", "virtualmachineinstances", "namespaces",
                      "deviceclasses"]}
STATUS = {"verbs": ["update", "patch"], "groups": ["resource.k8s.io"],
          "resources": ["resourceclaims", "resourceclaims/status"]}
BINDING = {"verbs": ["update", "patch"], "groups": ["resource.k8s.io"],
           "resources": ["resourceclaims/binding"]}
ACCOUNTS = {
    "token-admin": {"user": "admin", "groups": ["system:masters"]},
    "token-reader": {"user": "system:serviceaccount:default:reader", "rules": [READ]},
    "token-status": {"user": "system:serviceaccount:default:comp",
                     "rules": [READ, STATUS]},
    "token-role": {"user": "system:serviceaccount:default:comp",
                   "rules": [READ, STATUS, dict(BINDING, namespace="default")]},
    "token-pinner": {"user": "system:serviceaccount:default:comp",
                     "rules": [READ, STATUS, BINDING]},
    "token-nobody": {"user": "system:serviceaccount:default:nobody", "rules": []},
    "token-node": {"user": "system:node:node1", "groups": ["system:nodes"],
                   "rules": [{"verbs": ["*"], "groups": ["*"],
                              "resources": ["resourceslices", "pods", "nodes"]}]},
    "Basic " + base64.b64encode(b"admin:swordfish").decode():
        {"user": "admin", "groups": ["system:masters"]},
}

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster:
    server: https://127.0.0.1:{port}
    certificate-authority: ca.crt
contexts:
- name: test
  context: {{cluster: test, user: test, namespace: default}}
users:
- name: test
  user: {user}
"""


def write(path, text, mode=0o600):
    with open(path + ".new", "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), mode)
        out.write(text)
    os.rename(path + ".new", path)


def start(directory, rbac=True, port=0):
    os.makedirs(directory, exist_ok=True)
    certificates.make(directory)
    server = Server(directory, ACCOUNTS, rbac, port)
    users = {name[6:]: f"{{token: {name}}}" for name in ACCOUNTS
             if name.startswith("token-")}
    users["certificate"] = "{client-certificate: admin.crt, client-key: admin.key}"
    users["anonymous"] = "{}"
    users["wrong"] = "{token: token-wrong}"
    users["password"] = "{username: admin, password: swordfish}"
    users["file"] = "{tokenFile: serviceaccount/token}"
    for name, user in users.items():
        write(f"{directory}/kubeconfig-{name}",
              KUBECONFIG.format(port=server.server_port, user=user))
    account = directory + "/serviceaccount"
    os.makedirs(account, exist_ok=True)
    write(account + "/token", "token-admin\n")
    write(account + "/namespace", "default")
    with open(directory + "/ca.crt", encoding="utf-8") as text:
        write(account + "/ca.crt", text.read())
    return server
