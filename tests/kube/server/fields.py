# SPDX-License-Identifier: GPL-2.0-or-later
"""Who wrote which field: metadata.managedFields, and server-side apply.

A path is a tuple of the keys that FieldsV1 has: "f:NAME", "k:{...}" for an element of a
list with keys, "v:..." for one of a set, and "." at its end for the thing itself.
"""
import copy
import json

from .failure import Failure, details

# Lists whose elements have an identity, by the path of names that leads to them
LIST_KEYS = {
    ("status", "reservedFor"): ("uid",),
    ("status", "devices"): ("device", "driver", "pool", "shareID"),
    ("status", "devices", "conditions"): ("type",),
    ("status", "conditions"): ("type",),
    ("metadata", "ownerReferences"): ("uid",),
}
SETS = {("metadata", "finalizers")}
# Objects that are taken or left as a whole
ATOMIC = {("status", "allocation", "nodeSelector"), ("status", "devices", "data"),
          ("spec", "devices", "attributes")}
ATOMIC_ELEMENTS = {("metadata", "ownerReferences")}
# Structs that are never absent: nobody makes them
ALWAYS = {("metadata",), ("spec",), ("status",), ("spec", "devices"), ("spec", "pool"),
          ("spec", "metadata"), ("spec", "spec"), ("spec", "spec", "devices")}
# What nobody owns
UNOWNED = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"),
           ("metadata", "uid"), ("metadata", "resourceVersion"),
           ("metadata", "creationTimestamp"), ("metadata", "generation"),
           ("metadata", "deletionTimestamp"), ("metadata", "managedFields"),
           ("metadata", "deletionGracePeriodSeconds")}


def element_key(names, element):
    if names in SETS:
        return "v:" + json.dumps(element, separators=(",", ":"))
    keys = LIST_KEYS[names]
    found = {k: element[k] for k in keys if k in element}
    return "k:" + json.dumps(found, sort_keys=True, separators=(",", ":"))


def leaves(value, names=(), path=(), applied=False):
    """Path -> value of everything that has an owner."""
    found = {}
    if names in UNOWNED or (names in ALWAYS and not value):
        return found
    if isinstance(value, dict) and names not in ATOMIC and (value or not names):
        if path and not applied and names not in ALWAYS:
            found[path + (".",)] = None
        for key, child in value.items():
            found.update(leaves(child, names + (key,), path + ("f:" + key,), applied))
    elif isinstance(value, list) and (names in LIST_KEYS or names in SETS):
        if not applied:
            found[path + (".",)] = None
        for element in value:
            found.update(element_leaves(element, names, path, applied))
    elif path:
        found[path] = value
    return found


def element_leaves(element, names, path, applied):
    here = path + (element_key(names, element),)
    if names in SETS or names in ATOMIC_ELEMENTS:
        return {here: element}
    found = {here + (".",): None}
    for key, child in element.items():
        found.update(leaves(child, names + (key,), here + ("f:" + key,), applied))
    return found


def to_fields(paths):
    root = {}
    for path in sorted(paths):
        node = root
        for part in path:
            node = node.setdefault(part, {})
    return root


def from_fields(node, path=()):
    if not node:
        return {path} if path else set()
    return {p for part, child in node.items() for p in from_fields(child, path + (part,))}


def entry(manager, operation, api_version, subresource):
    made = {"manager": manager, "operation": operation, "apiVersion": api_version,
            "time": None, "fieldsType": "FieldsV1", "fieldsV1": {}}
    if subresource:
        made["subresource"] = subresource
    return made


def find(entries, manager, operation, subresource):
    for one in entries:
        if (one["manager"] == manager and one["operation"] == operation
                and one.get("subresource") == subresource):
            return one
    return None


def order(one):
    return (one["operation"], one["time"], one["manager"], one["apiVersion"],
            one.get("subresource", ""))


def track(old, new, manager, api_version, subresource, now):
    """managedFields after an update (not an apply) of `old` to `new`."""
    entries = copy.deepcopy(old.get("metadata", {}).get("managedFields", []))
    before, after = leaves(old), leaves(new)
    changed = {p for p in after if p not in before or before[p] != after[p]}
    for one in entries:
        mine = (one["manager"] == manager and one["operation"] == "Update"
                and one.get("subresource") == subresource)
        kept = from_fields(one["fieldsV1"])
        kept = {p for p in kept if p in after or owns_container(p, after)}
        if not mine:
            kept -= {p for p in changed if p in before}
        one["fieldsV1"] = to_fields(kept)
    own = find(entries, manager, "Update", subresource)
    if changed:
        if not own:
            own = entry(manager, "Update", api_version, subresource)
            entries.append(own)
        own["time"] = now
        own["fieldsV1"] = to_fields(from_fields(own["fieldsV1"]) | changed)
    return sorted((e for e in entries if e["fieldsV1"]), key=order)


def owns_container(path, after):
    """Paths of whoever applied have no "." for objects: they live while these do."""
    return any(p[:len(path)] == path for p in after)


# Server-side apply


def merge(base, patch, names=()):
    """`base` with what `patch` says."""
    if isinstance(patch, dict) and isinstance(base, dict) and names not in ATOMIC:
        result = dict(base)
        for key, value in patch.items():
            result[key] = merge(base.get(key), value, names + (key,))
        return result
    if isinstance(patch, list) and (names in LIST_KEYS or names in SETS):
        result = list(base or [])
        index = {element_key(names, e): i for i, e in enumerate(result)}
        for element in patch:
            key = element_key(names, element)
            if key in index:
                result[index[key]] = merge(result[index[key]], element, names)
            else:
                result.append(element)
        return result
    return copy.deepcopy(patch)


def remove(value, path, names=()):
    """Takes what is at a path away, and lists and objects that it leaves empty."""
    part, rest = path[0], path[1:]
    if isinstance(value, dict) and part.startswith("f:"):
        key = part[2:]
        if key not in value:
            return
        if rest and rest != (".",):
            remove(value[key], rest, names + (key,))
            if value[key] in ({}, []) and names + (key,) not in ALWAYS:
                del value[key]
        elif not rest:
            del value[key]
    elif isinstance(value, list):
        for element in list(value):
            if element_key(names, element) == part:
                if not rest or rest == (".",):
                    value.remove(element)
                else:
                    remove(element, rest, names)


def apply(kind, old, patch, manager, options):
    """The object after an apply; options: api_version, subresource, now, force."""
    entries = copy.deepcopy(old.get("metadata", {}).get("managedFields", []))
    subresource = options["subresource"]
    wanted = leaves({k: v for k, v in patch.items() if k in ("spec", "status")}
                    | {"metadata": patch.get("metadata", {})}, applied=True)
    own = find(entries, manager, "Apply", subresource)
    others = [e for e in entries if e is not own]
    check_conflicts(kind, old, wanted, others, options)
    gone = (from_fields(own["fieldsV1"]) if own else set()) - set(wanted)
    for one in others:
        gone -= from_fields(one["fieldsV1"])
    new = merge(copy.deepcopy(old),
                {k: v for k, v in patch.items() if k in ("spec", "status")})
    metadata = {k: v for k, v in patch.get("metadata", {}).items()
                if k in ("labels", "annotations", "finalizers", "ownerReferences")}
    new["metadata"] = merge(new["metadata"], metadata, ("metadata",))
    # whole elements first: without its keys one could not be found
    for path in sorted(gone, key=lambda p: (p[-1] != ".", -len(p))):
        remove(new, path)
    if not own:
        own = entry(manager, "Apply", options["api_version"], subresource)
        entries.append(own)
    fields = to_fields(set(wanted))
    if own["fieldsV1"] != fields:
        own["time"] = options["now"]
        own["fieldsV1"] = fields
    new["metadata"]["managedFields"] = sorted((e for e in entries if e["fieldsV1"]),
                                              key=order)
    if not new["metadata"]["managedFields"]:
        del new["metadata"]["managedFields"]
    return new


def applied_entry(obj, manager, api_version, now):
    """managedFields of an object that an apply created."""
    made = entry(manager, "Apply", api_version, None)
    made["time"] = now
    made["fieldsV1"] = to_fields(leaves(obj, applied=True))
    return [made] if made["fieldsV1"] else []


def check_conflicts(kind, old, wanted, others, options):
    have, causes = leaves(old), []
    for one in others:
        owned = from_fields(one["fieldsV1"])
        hit = sorted(p for p, v in wanted.items()
                     if p in owned and p[-1] != "." and have.get(p) != v)
        for path in hit:
            if options["force"]:
                owned.discard(path)
            else:
                causes.append((one, path))
        one["fieldsV1"] = to_fields(owned)
    if not causes:
        return
    found = details(kind, old["metadata"]["name"])
    found["causes"] = [
        {"reason": "FieldManagerConflict", "field": field_name(path),
         "message": f'conflict with "{one["manager"]}"' + (
             f' with subresource "{one["subresource"]}"' if "subresource" in one else "")}
        for one, path in causes]
    first, path = causes[0]
    text = f'conflict with "{first["manager"]}": {field_name(path)}'
    raise Failure(409, "Conflict", f"Apply failed with {len(causes)} conflict"
                  f'{"s" if len(causes) > 1 else ""}: {text}', found)


def field_name(path):
    text = ""
    for part in path:
        if part.startswith("f:"):
            text += "." + part[2:]
        elif part.startswith("k:"):
            keys = json.loads(part[2:])
            text += "[" + ",".join(f"{k}={json.dumps(v)}" for k, v in keys.items()) + "]"
    return text
