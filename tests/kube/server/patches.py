# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches that are not server-side apply: RFC 7386, RFC 6902, strategic."""
import copy

from . import fields
from .failure import Failure, bad_request

REJECTED = Failure(422, "Invalid",
                   "the server rejected our request due to an error in our request")


def merge(base, patch):
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def strategic(base, patch):
    """As far as it is needed: lists with keys are merged, nulls delete."""
    return merge(fields.merge(base, patch), {k: v for k, v in patch.items() if v is None})


def walk(obj, parts):
    for part in parts:
        obj = obj[int(part)] if isinstance(obj, list) else obj[part]
    return obj


def step(obj, operation):
    parts = [p.replace("~1", "/").replace("~0", "~")
             for p in operation["path"].split("/")[1:]]
    where, last = walk(obj, parts[:-1]), parts[-1]
    kind = operation["op"]
    if kind == "test":
        if walk(where, [last]) != operation["value"]:
            raise REJECTED
    elif kind == "remove":
        del where[int(last) if isinstance(where, list) else last]
    elif kind == "add" and isinstance(where, list):
        where.insert(len(where) if last == "-" else int(last), operation["value"])
    elif kind in ("add", "replace"):
        if kind == "replace":
            walk(where, [last])
        where[int(last) if isinstance(where, list) else last] = operation["value"]
    else:
        raise bad_request(f"unexpected kind: {kind}")


def json_patch(base, patch):
    result = copy.deepcopy(base)
    try:
        for operation in patch:
            step(result, operation)
    except (KeyError, IndexError, ValueError, TypeError):
        raise REJECTED from None
    return result
