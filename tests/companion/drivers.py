# SPDX-License-Identifier: GPL-2.0-or-later
"""What DRA drivers leave on a node, in their names, their dialects and their ways to write.

None of the texts is a driver's: they have the same shapes, with values of our own. Each
driver has prepare(claim), update(claim) and unprepare(claim); what they leave out, the
companion has to find, or to miss."""
import json
import os
import shutil

KEP_TREE = "/var/run/kubernetes.io/dra-device-attributes/resourceclaims"


class Claim:
    """A claim and its devices: {request: [address, ...]}"""

    def __init__(self, name, uid, requests, namespace="lab"):
        self.name, self.uid, self.namespace, self.requests = name, uid, namespace, requests
        self.generation = 1

    @property
    def key(self):
        return f"{self.namespace}/{self.name}"


def put_renamed(path, text, chmod_later=None):
    """As the CDI library writes: complete before it has its name, mode 0600."""
    temp = f"{os.path.dirname(path)}/spec.{os.path.basename(path)}.tmp"
    with open(temp, "w", encoding="utf-8") as f:
        os.fchmod(f.fileno(), 0o600)
        f.write(text)
    os.rename(temp, path)
    if chmod_later is not None:
        os.chmod(path, chmod_later)


def put_in_place(path, text):
    """As os.WriteFile does: emptied first, then written."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def nodes(*paths, host=True, kind="c", **more):
    """deviceNodes with four spaces and the dash indented, as yaml.v3 writes them."""
    lines = []
    for path in paths:
        lines.append(f"            - path: {path}\n")
        if host:
            lines.append(f"              hostPath: {path}\n              type: {kind}\n")
        lines += [f"              {key}: {value}\n" for key, value in more.items()]
    return "          deviceNodes:\n".replace("          ", "        ") + "".join(lines)


class Driver:
    """What all have in common."""

    name = None
    metadata = True  # opts in to device metadata
    versions = ("v1alpha1",)

    def __init__(self, machine):
        self.machine = machine
        self.cdi = f"{machine.root}/drivers-cdi"
        self.tree = f"{machine.root}/plugins/{self.name}/dra-device-metadata"

    def group(self, address):
        link = f"{self.machine.root}/sys/bus/pci/devices/{address}/iommu_group"
        return os.path.basename(os.readlink(link))

    # Device metadata

    def attributes(self, address):
        return {"resource.kubernetes.io/pciBusID": {"string": address},
                "resource.kubernetes.io/pcieRoot": {"string": f"pci{address[:4]}:00"}}

    def device(self, claim, request, i, address):
        return {"driver": self.name, "pool": "node1",
                "name": self.device_name(claim, request, i, address),
                "attributes": self.attributes(address)}

    def device_name(self, _claim, request, i, _address):
        return f"{request}-{i}"

    def documents(self, claim, request):
        return [{"kind": "DeviceMetadata", "apiVersion": f"metadata.resource.k8s.io/{version}",
                 "metadata": {"name": claim.name, "namespace": claim.namespace,
                              "uid": claim.uid, "generation": claim.generation},
                 "requests": [{"name": request, "devices": [
                     self.device(claim, request, i, address)
                     for i, address in enumerate(claim.requests[request])]}]}
                for version in self.versions]

    def metadata_text(self, claim, request):
        return "".join(json.dumps(d, indent=1) + "\n" for d in self.documents(claim, request))

    def metadata_path(self, claim, request):
        return f"{self.tree}/{claim.namespace}_{claim.name}/{request}/metadata.json"

    def metadata_cdi(self, claim, request):
        return f"{self.cdi}/{self.name}_metadata_{claim.uid}_{request}.json"

    def put_metadata(self, claim):
        for request in claim.requests:
            put_in_place(self.metadata_path(claim, request), self.metadata_text(claim, request))
            put_renamed(self.metadata_cdi(claim, request), json.dumps({
                "cdiVersion": "0.5.0", "kind": f"{self.name}/metadata", "devices": [{
                    "name": f"{claim.uid}_{request}", "containerEdits": {"mounts": [{
                        "hostPath": self.metadata_path(claim, request),
                        "containerPath":
                            f"{KEP_TREE}/{claim.name}/{request}/{self.name}-metadata.json",
                        "options": ["ro", "bind"]}]}}]}))

    # CDI

    def cdi_path(self, claim):
        raise NotImplementedError

    def cdi_text(self, claim):
        raise NotImplementedError

    def put_cdi(self, claim):
        put_renamed(self.cdi_path(claim), self.cdi_text(claim))

    # Life of a claim

    def prepare(self, claim):
        self.put_cdi(claim)
        if self.metadata:
            self.put_metadata(claim)

    def update(self, claim):
        """As UpdateRequestMetadata: in place, one generation more."""
        claim.generation += 1
        for request in claim.requests:
            put_in_place(self.metadata_path(claim, request), self.metadata_text(claim, request))

    def unprepare(self, claim):
        for name in os.listdir(self.cdi):
            if claim.uid in name:
                os.unlink(f"{self.cdi}/{name}")
        shutil.rmtree(f"{self.tree}/{claim.namespace}_{claim.name}", ignore_errors=True)


def devices_of(claim):
    """(request, number in it, number in the claim, address)"""
    n = 0
    for request, addresses in claim.requests.items():
        for i, address in enumerate(addresses):
            yield request, i, n, address
            n += 1


class Nvidia(Driver):
    """A node with a path alone; the mode of the file changes a moment later."""

    name = "gpu.nvidia.com"
    cdev = None  # number behind /dev/vfio/devices/vfio

    def device_name(self, claim, request, i, _address):
        return next(f"gpu-vfio-{n}" for r, j, n, _ in devices_of(claim)
                    if (r, j) == (request, i))

    def cdi_path(self, claim):
        return f"{self.cdi}/k8s.gpu.nvidia.com-claim_{claim.uid}.yaml"

    def node(self, address):
        return f"/dev/vfio/{self.group(address)}"

    def cdi_text(self, claim):
        devices = "".join(
            f"    - name: {claim.uid}-gpu-vfio-{n}\n      containerEdits:\n"
            + nodes(self.node(address), host=False)
            for _, _, n, address in devices_of(claim))
        return ("---\ncdiVersion: 0.5.0\nkind: k8s.gpu.nvidia.com/claim\ndevices:\n" + devices
                + "containerEdits:\n    env:\n        - NVIDIA_VISIBLE_DEVICES=void\n"
                  "    deviceNodes:\n        - path: /dev/vfio/vfio\n")

    def put_cdi(self, claim):
        put_renamed(self.cdi_path(claim), self.cdi_text(claim), chmod_later=0o644)


class NvidiaFd(Nvidia):
    """With IOMMUFD there is no group node; metadata says no address either."""

    def node(self, address):
        names = os.listdir(f"{self.machine.root}/sys/bus/pci/devices/{address}/vfio-dev")
        return f"/dev/vfio/devices/{names[0]}"

    def attributes(self, address):
        return {"uuid": {"string": "0a1b2c3d-0000-5000-8000-000000000001"}}


class Example(Driver):
    """The template of most drivers, with the profile that KubeVirt's tests use."""

    name = "gpu.example.com"
    versions = ("v1beta1", "v1alpha1")

    def device_name(self, claim, request, i, _address):
        return next(f"gpu-{n}" for r, j, n, _ in devices_of(claim) if (r, j) == (request, i))

    def cdi_path(self, claim):
        return f"{self.cdi}/k8s.gpu.example.com-vfio-gpu_{claim.uid}.yaml"

    def cdi_text(self, claim):
        devices = "".join(
            f"    - name: {claim.uid}-gpu-{n}\n      containerEdits:\n        env:\n"
            f"            - GPU_DEVICE_GPU_{n}_RESOURCE_CLAIM={claim.uid}\n"
            f"            - DRA_ADMIN_ACCESS=false\n" for _, _, n, _ in devices_of(claim))
        # [CDI] SPEC: names that begin with a digit came with 0.5.0
        version = "0.5.0" if claim.uid[0].isdigit() else "0.3.0"
        return (f"---\ncdiVersion: {version}\nkind: k8s.gpu.example.com/vfio-gpu\ndevices:\n"
                + devices)

    def prepare(self, claim):
        put_renamed(f"{self.cdi}/k8s.gpu.example.com-common.yaml",
                    "---\ncdiVersion: 0.3.0\nkind: k8s.gpu.example.com/vfio-gpu\ndevices:\n"
                    "    - name: common\n      containerEdits:\n        env:\n"
                    "            - KUBERNETES_NODE_NAME=node1\n"
                    "            - DRA_RESOURCE_DRIVER_NAME=gpu.example.com\n")
        super().prepare(claim)


class ExampleContainers(Example):
    """The same, for containers: nothing of it is a guest's."""

    metadata = False

    def cdi_path(self, claim):
        return f"{self.cdi}/k8s.gpu.example.com-gpu_{claim.uid}.yaml"


class Sriov(Driver):
    """Addresses in the environment and in names; a second file named by the pod."""

    name = "sriovnetwork.k8snetworkplumbingwg.io"
    pod = "9f1e2d3c-4b5a-4678-9abc-def012345678"

    def device_name(self, _claim, _request, _i, address):
        return address.replace(":", "-").replace(".", "-")

    def cdi_path(self, claim):
        return f"{self.cdi}/{self.name}-vf_{claim.uid}.yaml"

    def cdi_text(self, claim):
        text = f"---\ncdiVersion: 0.5.0\nkind: {self.name}/vf\ndevices:\n"
        for _, _, _, address in devices_of(claim):
            flat = address.replace(":", "_").replace(".", "_")
            node = f"/dev/vfio/{self.group(address)}"
            text += (f"    - name: {claim.uid}-{flat.replace('_', '-')}\n"
                     "      containerEdits:\n        env:\n"
                     f"            - SRIOVNETWORK_VF_DEVICE_{flat}={address}\n"
                     "            - SRIOVNETWORK_NET_ATTACH_DEF_NAME=vf-net\n"
                     f"            - SRIOVNETWORK_{flat}_VFIO_DEVICE={node}\n"
                     + nodes(node, "/dev/vfio/vfio"))
        return text

    def put_cdi(self, claim):
        super().put_cdi(claim)
        addresses = ",".join(address for _, _, _, address in devices_of(claim))
        put_renamed(f"{self.cdi}/{self.name}-vf_{self.pod}.yaml",
                    f"---\ncdiVersion: 0.5.0\nkind: {self.name}/vf\ndevices:\n"
                    f"    - name: {self.pod}\n      containerEdits:\n        env:\n"
                    f"            - SRIOVNETWORK_PCI_ADDRESSES={addresses}\n")

    def attributes(self, address):
        return {"vfID": {"int": 3}}

    def unprepare(self, claim):
        os.unlink(f"{self.cdi}/{self.name}-vf_{self.pod}.yaml")
        super().unprepare(claim)


class Intel(Driver):
    """One static file for the node, whose content follows the drivers of the devices."""

    name = "gpu.intel.com"
    all = ()

    def device_name(self, _claim, _request, _i, address):
        return address.replace(":", "-").replace(".", "-") + "-0x56a0"

    def cdi_text(self, claim=None):
        text = "---\ncdiVersion: 0.5.0\nkind: intel.com/gpu\ndevices:\n"
        taken = [a for _, _, _, a in devices_of(claim)] if claim else []
        for address in sorted({*self.all, *taken}):
            text += (f"    - name: {self.device_name(None, None, 0, address)}\n"
                     "      containerEdits:\n")
            if address in taken:
                text += nodes(f"/dev/vfio/{self.group(address)}", "/dev/vfio/vfio")
            else:
                text += nodes("/dev/dri/card1", "/dev/dri/renderD129")
        return text

    def put_cdi(self, claim):
        put_renamed(f"{self.cdi}/intel.com-gpu.yaml", self.cdi_text(claim))

    def unprepare(self, claim):
        super().unprepare(claim)
        put_renamed(f"{self.cdi}/intel.com-gpu.yaml", self.cdi_text())


class Amd(Driver):
    """Nodes with real numbers; the name counts devices."""

    name = "gpu.amd.com"

    def device_name(self, claim, request, i, _address):
        return next(f"gpu-vfio-{n}" for r, j, n, _ in devices_of(claim)
                    if (r, j) == (request, i))

    def attributes(self, address):
        return {"pciAddr": {"string": address}, "isVF": {"bool": False}}

    def cdi_path(self, claim):
        return f"{self.cdi}/k8s.gpu.amd.com-gpu_{claim.uid}.yaml"

    def cdi_text(self, claim):
        return ("---\ncdiVersion: 0.5.0\nkind: k8s.gpu.amd.com/gpu\ndevices:\n" + "".join(
            f"    - name: {claim.uid}-gpu-vfio-{n}\n      containerEdits:\n"
            + nodes(f"/dev/vfio/{self.group(address)}", major=241, minor=3, permissions="rwm")
            + nodes("/dev/vfio/vfio", major=10, minor=196,
                    permissions="rwm").split("\n", 1)[1]
            for _, _, n, address in devices_of(claim)))


class Classic(Driver):
    """The first PCI driver: alphabetical keys, addresses in the environment, new names at
    each start, no metadata."""

    name = "pci.resource.kubevirt.io"
    metadata = False

    def cdi_path(self, claim):
        return f"{self.cdi}/k8s.pci.resource.kubevirt.io-pci_{claim.uid}.yaml"

    def cdi_text(self, claim):
        _, _, _, address = next(devices_of(claim))
        group = self.group(address)
        return ("cdiVersion: 0.5.0\ncontainerEdits: {}\ndevices:\n- containerEdits:\n"
                "    deviceNodes:\n"
                "    - gid: 107\n      hostPath: /dev/vfio/vfio\n      path: /dev/vfio/vfio\n"
                "      permissions: mrw\n      uid: 107\n"
                f"    - gid: 107\n      hostPath: /dev/vfio/{group}\n"
                f"      path: /dev/vfio/{group}\n      permissions: mrw\n      uid: 107\n"
                f"    env:\n    - PCI_RESOURCE_DEVICES_KUBEVIRT_IO_NVME={address}\n"
                "  name: 7a1e3d52-0c7b-4b4e-8f0d-3a5d0f2c1b11\n"
                "kind: k8s.pci.resource.kubevirt.io/pci\n")


class MetadataOnly(Driver):
    """No CDI file but those of the metadata; addresses with all attributes."""

    name = "net.example.org"
    versions = ("v1beta1", "v1alpha1")

    def put_cdi(self, claim):
        pass
