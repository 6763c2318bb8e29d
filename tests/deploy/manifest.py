# SPDX-License-Identifier: GPL-2.0-or-later
"""Manifests: read strictly, and put together as kustomize does.

Only what deploy/kubernetes uses is known here; anything else is an error, so that nothing
is left out silently.
"""
import os
import re
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kube"))
# pylint: disable=wrong-import-position
from server import patches

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
DEPLOY = os.path.join(ROOT, "deploy", "kubernetes")

CLUSTER_KINDS = {"Namespace", "ClusterRole", "ClusterRoleBinding", "DeviceClass",
                 "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"}
# Plain scalars that readers of YAML 1.1 and 1.2 take for different things
AMBIGUOUS = re.compile(r"^(y|n|yes|no|on|off|0[0-9_]+|[0-9][0-9_]*:[0-9:]+)$", re.I)


class ManifestError(Exception):
    """What is wrong, and where."""


class Loader(yaml.SafeLoader):
    """Of a key that is there twice the last one would win."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise ManifestError(f"{self.peek_event().start_mark}: aliases are not used")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise ManifestError(f"{key.start_mark}: a key that is no text")
            if name in seen:
                raise ManifestError(f"{key.start_mark}: '{name}' is there twice")
            seen.add(name)
        return super().construct_mapping(node, deep)


def construct_scalar(loader, node):
    if node.style is None and AMBIGUOUS.match(node.value):
        raise ManifestError(f"{node.start_mark}: put {node.value} in quotes")
    kind = node.tag.rpartition(":")[2]
    return getattr(yaml.SafeLoader, "construct_yaml_" + kind)(loader, node)


for _kind in ("bool", "int", "str", "float", "null"):
    Loader.add_constructor("tag:yaml.org,2002:" + _kind, construct_scalar)


def load(text, name="text"):
    """The documents of a text."""
    try:
        found = list(yaml.load_all(text, Loader=Loader))
    except yaml.YAMLError as error:
        raise ManifestError(f"{name}: {error}") from None
    except ManifestError as error:
        raise ManifestError(f"{name}: {error}") from None
    for at, document in enumerate(found):
        if not isinstance(document, dict):
            raise ManifestError(f"{name}: document {at + 1} is no object")
    return found


def load_file(path):
    with open(path, encoding="utf-8") as text:
        return load(text.read(), os.path.relpath(path, ROOT))


def identity(obj):
    return (obj["apiVersion"].rpartition("/")[0], obj["kind"],
            obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def group_of(obj):
    return obj["apiVersion"].rpartition("/")[0]


# kustomize

# Not "namespace": kustomize 5.5 takes MutatingAdmissionPolicies for objects of a namespace.
KNOWN = {"apiVersion", "kind", "resources", "components", "labels", "images", "patches"}


def read_kustomization(directory):
    path = os.path.join(directory, "kustomization.yaml")
    if not os.path.isfile(path):
        raise ManifestError(f"{directory}: no kustomization.yaml")
    found = load_file(path)
    if len(found) != 1:
        raise ManifestError(f"{path}: one document expected")
    unknown = set(found[0]) - KNOWN
    if unknown:
        raise ManifestError(f"{path}: unknown: {', '.join(sorted(unknown))}")
    wanted = {"Kustomization": "kustomize.config.k8s.io/v1beta1",
              "Component": "kustomize.config.k8s.io/v1alpha1"}
    if wanted.get(found[0].get("kind")) != found[0].get("apiVersion"):
        raise ManifestError(f"{path}: kind and apiVersion do not belong together")
    return found[0]


def add(objects, more, where):
    for obj in more:
        for key in ("apiVersion", "kind", "metadata"):
            if key not in obj:
                raise ManifestError(f"{where}: an object without {key}")
        if identity(obj) in [identity(o) for o in objects]:
            raise ManifestError(f"{where}: {identity(obj)} is there twice")
        objects.append(obj)


def build(directory, base=()):
    """The objects that `kustomize build` prints for a directory."""
    directory = os.path.normpath(directory)
    rules, objects = read_kustomization(directory), list(base)
    for name in rules.get("resources", []):
        path = os.path.normpath(os.path.join(directory, name))
        if os.path.isdir(path):
            add(objects, build(path), path)
        elif os.path.dirname(path) != directory:
            raise ManifestError(f"{path}: kustomize reads no files outside of {directory}")
        elif not os.path.isfile(path):
            raise ManifestError(f"{path}: there is no such file")
        else:
            add(objects, load_file(path), path)
    for name in rules.get("components", []):
        objects = build(os.path.join(directory, name), objects)
    transform(rules, objects, directory)
    return objects


def transform(rules, objects, where):
    for patch in rules.get("patches", []):
        apply_patch(patch, objects, where)
    for labels in rules.get("labels", []):
        if set(labels) != {"pairs"}:
            raise ManifestError(f"{where}: labels: only pairs are known here")
        for obj in objects:
            obj["metadata"].setdefault("labels", {}).update(labels["pairs"])
    for image in rules.get("images", []):
        for obj in objects:
            for container in containers_of(obj):
                set_image(container, image)


def apply_patch(patch, objects, where):
    target = patch["target"]
    found = [o for o in objects
             if o["kind"] == target["kind"]
             and target.get("name") in (None, o["metadata"]["name"])
             and o["apiVersion"] == "/".join(
                 filter(None, [target.get("group", ""), target["version"]]))]
    if not found:
        raise ManifestError(f"{where}: a patch for {target} that is not there")
    steps = yaml.load(patch["patch"], Loader=Loader)
    for obj in found:
        made = patches.json_patch(obj, steps)
        obj.clear()
        obj.update(made)


def pod_of(obj):
    """The pod template of an object, or nothing."""
    return obj.get("spec", {}).get("template") if obj["kind"] in (
        "DaemonSet", "Deployment", "Job") else None


def containers_of(obj):
    pod = pod_of(obj)
    return pod["spec"]["containers"] + pod["spec"].get("initContainers", []) if pod else []


def set_image(container, image):
    name, _, _ = container["image"].partition(":")
    if name == image["name"]:
        container["image"] = image.get("newName", name) + ":" + image["newTag"]
