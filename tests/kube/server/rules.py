# SPDX-License-Identifier: GPL-2.0-or-later
"""What a claim may be, and what may be done to it [DRA], as a server of 1.36 says it."""
import json

from .failure import Cause

MAX_RESERVED = 256


def go(value):
    """As Go prints the internal struct."""
    return json.dumps(value, separators=(",", ":"))


def go_allocation(allocation):
    results = [{"Request": r.get("request"), "Driver": r.get("driver"),
                "Pool": r.get("pool"), "Device": r.get("device"),
                "AdminAccess": r.get("adminAccess"), "Tolerations": None,
                "BindingConditions": None, "BindingFailureConditions": None,
                "ShareID": r.get("shareID"), "ConsumedCapacity": None}
               for r in allocation.get("devices", {}).get("results", [])]
    selector = allocation.get("nodeSelector")
    if selector:
        terms = [{"MatchExpressions": None,
                  "MatchFields": [{"Key": f["key"], "Operator": f["operator"],
                                   "Values": f["values"]} for f in t["matchFields"]]}
                 for t in selector["nodeSelectorTerms"]]
        selector = {"NodeSelectorTerms": terms}
    return go({"Devices": {"Results": results, "Config": None},
               "NodeSelector": selector,
               "AllocationTimestamp": allocation.get("allocationTimestamp")})


def go_spec(spec):
    requests = []
    for request in spec.get("devices", {}).get("requests", []):
        exactly = request.get("exactly")
        if exactly:
            exactly = {"DeviceClassName": exactly.get("deviceClassName"),
                       "Selectors": None,
                       "AllocationMode": exactly.get("allocationMode"),
                       "Count": exactly.get("count"), "AdminAccess": None,
                       "Tolerations": None, "Capacity": None}
        requests.append({"Name": request.get("name"), "Exactly": exactly,
                         "FirstAvailable": None})
    return go({"Devices": {"Requests": requests, "Constraints": None, "Config": None}})


def request_names(claim):
    names = set()
    for request in claim.get("spec", {}).get("devices", {}).get("requests", []):
        subs = request.get("firstAvailable", [])
        names |= {f"{request.get('name')}/{s.get('name')}" for s in subs}
        names.add(request.get("name"))
    return names


def add_defaults(obj):
    """Of a claim, or of a template."""
    spec = obj.get("spec", {})
    if obj.get("kind") == "ResourceClaimTemplate":
        spec.setdefault("metadata", {})
        spec = spec.get("spec", {})
    for request in spec.get("devices", {}).get("requests", []):
        exactly = [request["exactly"]] if "exactly" in request else []
        for wish in exactly + request.get("firstAvailable", []):
            wish.setdefault("allocationMode", "ExactCount")
            if wish["allocationMode"] == "ExactCount":
                wish.setdefault("count", 1)


def check_spec(claim):
    causes = []
    requests = claim.get("spec", {}).get("devices", {}).get("requests", [])
    for i, request in enumerate(requests):
        if ("exactly" in request) == ("firstAvailable" in request):
            causes.append(Cause("FieldValueRequired", f"spec.devices.requests[{i}]",
                                "exactly one of `exactly` or `firstAvailable` is "
                                "required"))
    return causes


def check_allocation(claim, old, new):
    before, after = old.get("allocation"), new.get("allocation")
    if before and after and before != after:
        return [Cause("FieldValueInvalid", "status.allocation",
                      go_allocation(after) + ": field is immutable")]
    names, causes = request_names(claim), []
    for i, result in enumerate((after or {}).get("devices", {}).get("results", [])):
        if result.get("request") not in names:
            causes.append(Cause(
                "FieldValueInvalid", f"status.allocation.devices.results[{i}].request",
                f"\"{result.get('request')}\": must be the name of a request in the claim "
                "or the name of a request and a subrequest separated by '/'"))
    return causes


def check_reserved(claim, old, new):
    reserved, field = new.get("reservedFor") or [], "status.reservedFor"
    if reserved and not new.get("allocation"):
        return [Cause("FieldValueForbidden", field,
                      "may not be specified when `allocated` is not set")]
    if len(reserved) > MAX_RESERVED:
        return [Cause("FieldValueTooMany", field,
                      f"{len(reserved)}: must have at most {MAX_RESERVED} items")]
    causes, seen = [], set()
    for i, consumer in enumerate(reserved):
        for key in ("resource", "name", "uid"):
            if not consumer.get(key):
                causes.append(Cause("FieldValueRequired", f"{field}[{i}].{key}"))
        uid = consumer.get("uid")
        if uid in seen:
            causes.append(Cause("FieldValueDuplicate", f"{field}[{i}]", f'"{uid}"'))
        seen.add(uid)
    before = {c.get("uid") for c in old.get("reservedFor") or []}
    if claim["metadata"].get("deletionTimestamp") and seen - before:
        causes.append(Cause(
            "FieldValueForbidden", field, "new entries may not be added while "
            "`deallocationRequested` or `deletionTimestamp` are set"))
    return causes


def check_status(claim, old, new):
    """Of `claim`, whose status was `old` and is to be `new`."""
    return check_allocation(claim, old, new) + check_reserved(claim, old, new)


def check_spec_change(old, new):
    if old.get("spec") == new.get("spec"):
        return []
    return [Cause("FieldValueInvalid", "spec",
                  go_spec(new.get("spec", {})) + ": field is immutable")]


def tidy_status(claim):
    """Empty lists are not stored; devices that are not allocated lose their status."""
    status = {k: v for k, v in claim.get("status", {}).items() if v not in (None, [], {})}
    allocated = {(r.get("driver"), r.get("pool"), r.get("device"))
                 for r in status.get("allocation", {}).get("devices", {}).get("results", [])}
    kept = [d for d in status.get("devices", [])
            if (d.get("driver"), d.get("pool"), d.get("device")) in allocated]
    status.pop("devices", None)
    if kept:
        status["devices"] = kept
    order = ("allocation", "reservedFor", "devices")
    claim["status"] = {k: status[k] for k in order if k in status}
