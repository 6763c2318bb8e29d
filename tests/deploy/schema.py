# SPDX-License-Identifier: GPL-2.0-or-later
"""Strict schemas of the kinds that deploy/ has.

They know the fields that are used there, with the rules of the API server that can be
checked without one ([K8S] API reference of 1.36, [KV] types.go of v1). A field that is not
here is an error: look it up, then add it.
"""
import re

LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
SUBDOMAIN = LABEL + r"(\." + LABEL + ")*"
QUALIFIED = rf"({SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?"
PATH = r"/[^:]*"


class SchemaError(Exception):
    """Where, and what is wrong."""


def fail(where, why):
    raise SchemaError(f"{where or '/'}: {why}")


class Text:
    def __init__(self, pattern=None, among=None, limit=None, empty=False):
        self.pattern, self.among, self.limit, self.empty = pattern, among, limit, empty

    def check(self, value, where):
        if not isinstance(value, str):
            fail(where, f"expected a text, not {value!r}")
        if not value and not self.empty:
            fail(where, "is empty")
        if self.pattern and not re.fullmatch(self.pattern, value):
            fail(where, f"{value!r} does not look right")
        if self.among and value not in self.among:
            fail(where, f"{value!r} is none of {', '.join(self.among)}")
        if self.limit and len(value) > self.limit:
            fail(where, f"has more than {self.limit} characters")


class Number:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def check(self, value, where):
        if isinstance(value, bool) or not isinstance(value, int):
            fail(where, f"expected a number, not {value!r}")
        if not self.low <= value <= self.high:
            fail(where, f"{value} is not from {self.low} to {self.high}")


class Truth:
    def check(self, value, where):
        if not isinstance(value, bool):
            fail(where, f"expected true or false, not {value!r}")


class Percent:
    def check(self, value, where):
        if isinstance(value, bool) or not (isinstance(value, int) or re.fullmatch(
                r"[0-9]+%", str(value))):
            fail(where, f"expected a number or a percentage, not {value!r}")


class Map:
    def __init__(self, key, value, limit=None):
        self.key, self.value, self.limit = key, value, limit

    def check(self, value, where):
        if not isinstance(value, dict):
            fail(where, f"expected an object, not {value!r}")
        for key, item in value.items():
            self.key.check(key, f"{where}/{key}")
            self.value.check(item, f"{where}/{key}")
        if self.limit and sum(len(k) + len(str(v)) for k, v in value.items()) > self.limit:
            fail(where, f"has more than {self.limit} bytes")


class List:
    def __init__(self, item, low=0, high=10000, unique=None):
        self.item, self.low, self.high, self.unique = item, low, high, unique

    def check(self, value, where):
        if not isinstance(value, list):
            fail(where, f"expected a list, not {value!r}")
        if not self.low <= len(value) <= self.high:
            fail(where, f"has {len(value)} entries, not {self.low} to {self.high}")
        for at, item in enumerate(value):
            self.item.check(item, f"{where}/{at}")
        keys = [v[self.unique] if self.unique else v for v in value] \
            if self.unique is not None else []
        if len(keys) != len({str(k) for k in keys}):
            fail(where, f"an entry is there twice: {keys}")


class Object:
    """needs: fields that have to be there; one_of: exactly one of these is there."""

    def __init__(self, fields, needs=(), one_of=(), rule=None):
        self.fields, self.needs, self.one_of, self.rule = fields, needs, one_of, rule

    def check(self, value, where):
        if not isinstance(value, dict):
            fail(where, f"expected an object, not {value!r}")
        for key, item in value.items():
            if key not in self.fields:
                fail(where, f"unknown field '{key}'")
            self.fields[key].check(item, f"{where}/{key}")
        for key in self.needs:
            if key not in value:
                fail(where, f"'{key}' is missing")
        if self.one_of and sum(key in value for key in self.one_of) != 1:
            fail(where, f"expected one of {', '.join(self.one_of)}")
        if self.rule:
            self.rule(value, where)


class Same:
    """A schema that is used before it is made."""

    def __init__(self, name):
        self.name = name

    def check(self, value, where):
        KINDS[self.name].check(value, where)


text, truth = Text(), Truth()
name, label = Text(SUBDOMAIN, limit=253), Text(LABEL)
labels = Map(Text(QUALIFIED), Text(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?",
                                   empty=True))
annotations = Map(Text(QUALIFIED), Text(empty=True), limit=262144)
metadata = Object({"name": name, "namespace": label, "labels": labels,
                   "annotations": annotations}, needs=["name"])
template_metadata = Object({"labels": labels, "annotations": annotations})
selector = Object({"matchLabels": labels})
quantities = Map(Text(among=["cpu", "memory"]), Text(QUANTITY))
user = Number(0, 2**31 - 1)


def check_mount(value, where):
    """[K8S] recursiveReadOnly needs readOnly, and no propagation."""
    if "recursiveReadOnly" in value and not value.get("readOnly"):
        fail(where, "recursiveReadOnly without readOnly")


def check_expression(value, where):
    """[K8S] a selector of DRA has at most 10 KiB."""
    if "expression" in value and len(value["expression"]) > 10240:
        fail(where, "the expression is too long")


env = Object({"name": Text(r"[A-Za-z_][A-Za-z0-9_]*"), "value": Text(empty=True),
              "valueFrom": Object({"fieldRef": Object({"fieldPath": Text(among=[
                  "spec.nodeName", "metadata.name", "metadata.namespace"])},
                  needs=["fieldPath"])}, needs=["fieldRef"])},
             needs=["name"], one_of=["value", "valueFrom"])
probe = Object({"exec": Object({"command": List(text, 1)}, needs=["command"]),
                "initialDelaySeconds": Number(0, 3600), "periodSeconds": Number(1, 3600),
                "timeoutSeconds": Number(1, 3600), "failureThreshold": Number(1, 100)},
               needs=["exec"])
selinux = Object({"type": Text(r"[a-z_]+_t"), "level": text})
seccomp = Object({"type": Text(among=["RuntimeDefault"])}, needs=["type"])
container_security = Object({
    "runAsUser": user, "runAsGroup": user, "runAsNonRoot": truth, "privileged": truth,
    "allowPrivilegeEscalation": truth, "readOnlyRootFilesystem": truth,
    "capabilities": Object({"drop": List(text, 1), "add": List(text)})})
mount = Object({"name": label, "mountPath": Text(PATH), "subPath": Text(r"[^/.][^:]*"),
                "readOnly": truth, "recursiveReadOnly": Text(among=["IfPossible",
                                                                    "Enabled"])},
               needs=["name", "mountPath"], rule=check_mount)
container = Object({
    "name": label, "image": Text(r"[a-z0-9./:-]+:[A-Za-z0-9_.-]+"),
    "command": List(Text(PATH), 1, 1), "args": List(Text(r"--.+")), "env": List(
        env, unique="name"), "resources": Object({"requests": quantities,
                                                  "limits": quantities}),
    "livenessProbe": probe, "securityContext": container_security,
    "volumeMounts": List(mount, unique="mountPath")},
    needs=["name", "image", "command", "resources", "securityContext"])
volume = Object({
    "name": label,
    "configMap": Object({"name": name}, needs=["name"]),
    "emptyDir": Object({"medium": Text(among=["Memory"]), "sizeLimit": Text(QUANTITY)}),
    "hostPath": Object({"path": Text(PATH), "type": Text(among=["Directory",
                                                                "DirectoryOrCreate"])},
                       needs=["path", "type"])},
    needs=["name"], one_of=["configMap", "emptyDir", "hostPath"])
toleration = Object({"key": Text(QUALIFIED), "operator": Text(among=["Exists"]),
                     "effect": Text(among=["NoSchedule", "NoExecute"])}, needs=["operator"])
pod = Object({
    "restartPolicy": Text(among=["Never"]),
    "serviceAccountName": name, "automountServiceAccountToken": truth,
    "priorityClassName": Text(among=["system-node-critical", "system-cluster-critical"]),
    "nodeSelector": labels, "tolerations": List(toleration), "enableServiceLinks": truth,
    "terminationGracePeriodSeconds": Number(0, 3600),
    "securityContext": Object({"runAsNonRoot": truth, "runAsUser": user, "runAsGroup": user,
                               "seccompProfile": seccomp, "seLinuxOptions": selinux}),
    "containers": List(container, 1, unique="name"),
    "volumes": List(volume, unique="name")},
    needs=["serviceAccountName", "priorityClassName", "containers", "securityContext"])
template = Object({"metadata": template_metadata, "spec": pod}, needs=["metadata", "spec"])
job_template = Object({"metadata": template_metadata, "spec": Object(
    pod.fields, needs=[*pod.needs, "restartPolicy"])}, needs=["metadata", "spec"])

policy_match = Object({
    "objectSelector": selector, "namespaceSelector": selector,
    "resourceRules": List(Object({
        "apiGroups": List(Text(empty=True), 1), "apiVersions": List(text, 1),
        "operations": List(Text(among=["CREATE", "UPDATE"]), 1),
        "resources": List(text, 1)},
        needs=["apiGroups", "apiVersions", "operations", "resources"]), 1)},
    needs=["resourceRules"])
named_expression = Object({"name": Text(QUALIFIED), "expression": text},
                          needs=["name", "expression"])
variable = Object({"name": Text(r"[A-Za-z_][A-Za-z0-9_]*"), "expression": text},
                  needs=["name", "expression"])
mutation = Object({"patchType": Text(among=["JSONPatch"]),
                   "jsonPatch": Object({"expression": text}, needs=["expression"])},
                  needs=["patchType", "jsonPatch"])

request = Object({"name": label, "exactly": Object({
    "deviceClassName": name, "allocationMode": Text(among=["ExactCount", "All"]),
    "count": Number(1, 32),
    "selectors": List(Object({"cel": Object({"expression": text}, needs=["expression"])},
                             needs=["cel"]), high=32)}, needs=["deviceClassName"])},
                 needs=["name", "exactly"])


def check_claim(value, where):
    names = [r["name"] for r in value["requests"]]
    for at, constraint in enumerate(value.get("constraints", [])):
        for one in constraint.get("requests", []):
            if one not in names:
                fail(f"{where}/constraints/{at}", f"no request is called '{one}'")


claim_devices = Object({
    "requests": List(request, 1, 32, unique="name"),
    "constraints": List(Object({"requests": List(label), "matchAttribute": Text(QUALIFIED)},
                               needs=["matchAttribute"]))}, needs=["requests"],
                       rule=check_claim)

vm_devices = Object({
    "disks": List(Object({"name": label, "disk": Object({"bus": Text(among=["virtio"])})},
                         needs=["name", "disk"]), unique="name"),
    "hostDevices": List(Object({"name": label, "claimName": label, "requestName": label},
                               needs=["name", "claimName", "requestName"]), unique="name"),
    "interfaces": List(Object({"name": label, "masquerade": Object({})},
                              needs=["name", "masquerade"]), unique="name")})
vmi_spec = Object({
    "resourceClaims": List(Object(
        {"name": label, "resourceClaimName": name, "resourceClaimTemplateName": name},
        needs=["name"], one_of=["resourceClaimName", "resourceClaimTemplateName"]),
        unique="name"),
    "domain": Object({"cpu": Object({"cores": Number(1, 512)}),
                      "memory": Object({"guest": Text(QUANTITY)}),
                      "devices": vm_devices}, needs=["devices"]),
    "networks": List(Object({"name": label, "pod": Object({})}, needs=["name", "pod"])),
    "volumes": List(Object({"name": label, "containerDisk": Object({"image": text},
                                                                   needs=["image"])},
                           needs=["name", "containerDisk"]))}, needs=["domain"])

GROUP = r"([a-z0-9.-]*)"
KINDS = {
    "v1/Namespace": Object({"apiVersion": text, "kind": text, "metadata": metadata}),
    "v1/ServiceAccount": Object({"apiVersion": text, "kind": text, "metadata": metadata,
                                 "automountServiceAccountToken": truth}),
    "v1/ConfigMap": Object({"apiVersion": text, "kind": text, "metadata": metadata,
                            "data": Map(Text(r"[-._a-zA-Z0-9]+"), Text(empty=True),
                                        limit=1048576)}, needs=["data"]),
    "rbac.authorization.k8s.io/v1/ClusterRole": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "rules": List(Object({
            "apiGroups": List(Text(GROUP, empty=True), 1, unique=""),
            "resources": List(Text(r"[a-z]+(/[a-z]+)?"), 1, unique=""),
            "verbs": List(Text(among=["get", "list", "watch", "create", "update", "patch",
                                      "delete"]), 1, unique="")},
            needs=["apiGroups", "resources", "verbs"]), 1)}, needs=["rules"]),
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "roleRef": Object({"apiGroup": Text(among=["rbac.authorization.k8s.io"]),
                           "kind": Text(among=["ClusterRole"]), "name": text},
                          needs=["apiGroup", "kind", "name"]),
        "subjects": List(Object({"kind": Text(among=["ServiceAccount"]), "name": name,
                                 "namespace": label},
                                needs=["kind", "name", "namespace"]), 1)},
        needs=["roleRef", "subjects"]),
    "networking.k8s.io/v1/NetworkPolicy": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"podSelector": selector,
                        "policyTypes": List(Text(among=["Ingress", "Egress"]), 1)},
                       needs=["podSelector"])}, needs=["spec"]),
    "apps/v1/DaemonSet": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"selector": selector, "template": template,
                        "updateStrategy": Object({
                            "type": Text(among=["RollingUpdate"]),
                            "rollingUpdate": Object({"maxUnavailable": Percent()})})},
                       needs=["selector", "template"])}, needs=["spec"]),
    "apps/v1/Deployment": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"replicas": Number(1, 1), "selector": selector,
                        "template": template,
                        "strategy": Object({"type": Text(among=["Recreate"])},
                                           needs=["type"])},
                       needs=["replicas", "selector", "template", "strategy"])},
        needs=["spec"]),
    "batch/v1/Job": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"backoffLimit": Number(0, 10), "template": job_template,
                        "activeDeadlineSeconds": Number(1, 3600)}, needs=["template"])},
        needs=["spec"]),
    "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({
            "failurePolicy": Text(among=["Fail", "Ignore"]),
            "reinvocationPolicy": Text(among=["Never", "IfNeeded"]),
            "matchConstraints": policy_match,
            "matchConditions": List(named_expression, high=64, unique="name"),
            "variables": List(variable, unique="name"),
            "mutations": List(mutation, 1)},
            needs=["matchConstraints", "mutations", "reinvocationPolicy"])},
        needs=["spec"]),
    "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"policyName": name, "matchResources": Object(
            {"namespaceSelector": selector})}, needs=["policyName"])}, needs=["spec"]),
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "webhooks": List(Object({
            "name": Text(rf"{LABEL}(\.{LABEL}){{2,}}"),
            "admissionReviewVersions": List(Text(among=["v1"]), 1),
            "sideEffects": Text(among=["None"]), "failurePolicy": Text(among=["Fail"]),
            "reinvocationPolicy": Text(among=["IfNeeded"]), "timeoutSeconds": Number(1, 30),
            "objectSelector": selector, "rules": policy_match.fields["resourceRules"],
            "matchConditions": List(named_expression, high=64, unique="name"),
            "clientConfig": Object({
                "service": Object({"name": label, "namespace": label, "path": Text(PATH)},
                                  needs=["name", "namespace"]),
                "caBundle": Text(r"[A-Za-z0-9+/]+=*")}, needs=["service"])},
            needs=["name", "admissionReviewVersions", "sideEffects", "clientConfig"]), 1)}),
    "resource.k8s.io/v1/DeviceClass": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"selectors": List(Object(
            {"cel": Object({"expression": text}, needs=["expression"],
                           rule=check_expression)}, needs=["cel"]), high=32)})},
        needs=["spec"]),
    "resource.k8s.io/v1/ResourceClaim": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"devices": claim_devices}, needs=["devices"])}, needs=["spec"]),
    "kubevirt.io/v1/VirtualMachine": Object({
        "apiVersion": text, "kind": text, "metadata": metadata,
        "spec": Object({"runStrategy": Text(among=["Halted", "Always"]),
                        "template": Object({"metadata": template_metadata,
                                            "spec": vmi_spec}, needs=["spec"])},
                       needs=["runStrategy", "template"])}, needs=["spec"]),
}

for _kind in ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"):
    KINDS["admissionregistration.k8s.io/v1beta1/" + _kind] = \
        KINDS["admissionregistration.k8s.io/v1/" + _kind]


def check(obj):
    """Raises SchemaError when an object is not as its kind has to be."""
    kind = f"{obj.get('apiVersion')}/{obj.get('kind')}"
    if kind not in KINDS:
        fail("", f"no schema for {kind}")
    KINDS[kind].check(obj, "")
    if "metadata" not in obj:
        fail("", "'metadata' is missing")
