# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of objects that are served, and the older shapes of some of them."""
import copy

DRA = "resource.k8s.io"
DRA_VERSIONS = ["v1", "v1beta2", "v1beta1"]


class Kind:
    def __init__(self, group, versions, plural, kind, namespaced, **options):
        self.group, self.versions, self.plural = group, versions, plural
        self.kind, self.namespaced = kind, namespaced
        self.status = options.get("status", False)
        self.generation = options.get("generation", False)
        self.custom = options.get("custom", False)  # of a CustomResourceDefinition
        self.selectors = {"metadata.name", "metadata.namespace",
                          *options.get("selectors", ())}

    @property
    def api_version(self):
        """In which objects are stored."""
        return (self.group + "/" if self.group else "") + self.versions[0]


KINDS = [
    Kind(DRA, DRA_VERSIONS, "resourceclaims", "ResourceClaim", True, status=True),
    Kind(DRA, DRA_VERSIONS, "resourceclaimtemplates", "ResourceClaimTemplate", True),
    Kind(DRA, DRA_VERSIONS, "resourceslices", "ResourceSlice", False, generation=True,
         selectors=["spec.nodeName", "spec.driver"]),
    Kind(DRA, DRA_VERSIONS, "deviceclasses", "DeviceClass", False, generation=True),
    Kind("", ["v1"], "pods", "Pod", True, status=True, generation=True,
         selectors=["spec.nodeName", "status.phase"]),
    Kind("", ["v1"], "nodes", "Node", False, status=True),
    Kind("", ["v1"], "namespaces", "Namespace", False, status=True),
    Kind("", ["v1"], "secrets", "Secret", True),
    Kind("", ["v1"], "events", "Event", True, selectors=["involvedObject.name"]),
    Kind("coordination.k8s.io", ["v1"], "leases", "Lease", True),
    Kind("kubevirt.io", ["v1"], "virtualmachines", "VirtualMachine", True,
         generation=True, custom=True),
    Kind("kubevirt.io", ["v1"], "virtualmachineinstances", "VirtualMachineInstance", True,
         generation=True, custom=True),
    Kind("apiextensions.k8s.io", ["v1"], "customresourcedefinitions",
         "CustomResourceDefinition", False, generation=True),
]
BY_PLURAL = {(k.group, k.plural): k for k in KINDS}

# [DRA] what v1beta1 has beside the name of a request, v1 has in "exactly"
EXACTLY = ("deviceClassName", "selectors", "allocationMode", "count", "adminAccess",
           "tolerations", "capacity")


def to_version(kind, obj, version):
    """An object as it was stored, in the shape of a version."""
    if kind.group != DRA or version == "v1":
        return obj
    obj = copy.deepcopy(obj)
    obj["apiVersion"] = f"{DRA}/{version}"
    if version == "v1beta1":
        for request in requests_of(kind, obj):
            request.update(request.pop("exactly", {}))
        if kind.plural == "resourceslices":
            for device in obj.get("spec", {}).get("devices", []):
                basic = {k: device.pop(k) for k in list(device) if k != "name"}
                device["basic"] = basic
    return obj


def from_version(kind, obj, version):
    """An object as it came, in the shape in which it is stored."""
    obj = copy.deepcopy(obj)
    if kind.group != DRA or version == "v1":
        return obj
    obj["apiVersion"] = f"{DRA}/v1"
    if version == "v1beta1":
        for request in requests_of(kind, obj):
            exactly = {k: request.pop(k) for k in EXACTLY if k in request}
            if exactly:
                request["exactly"] = exactly
        if kind.plural == "resourceslices":
            for device in obj.get("spec", {}).get("devices", []):
                device.update(device.pop("basic", {}))
    return obj


def requests_of(kind, obj):
    if kind.plural != "resourceclaims":
        return []
    found = obj.get("spec", {}).get("devices", {}).get("requests", [])
    return [r for r in found if isinstance(r, dict)]
