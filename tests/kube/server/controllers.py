# SPDX-License-Identifier: GPL-2.0-or-later
"""What kube-controller-manager does with claims, at once instead of soon.

Off unless asked for ("controllers": true). Seen of 1.36: pods that are gone or done lose
their reservation. When the last reservation of a pod goes, a claim with the finalizer is
deallocated and loses it; one without keeps its allocation for ever. A claim that is being
deleted goes when nobody reserves it. What has owners goes with the last of them.
"""
import copy

from .kinds import BY_PLURAL, DRA

FINALIZER = "resource.kubernetes.io/delete-protection"
CLAIMS = BY_PLURAL[DRA, "resourceclaims"]
PODS = BY_PLURAL["", "pods"]
MANAGER = "kube-controller-manager"


def is_gone(store, claim, consumer):
    """A pod that does not need its reservation any more; others are not known here."""
    if consumer.get("apiGroup") or consumer["resource"] != "pods":
        return False
    pod = store.tables[PODS].objects.get((claim["metadata"]["namespace"],
                                          consumer["name"]))
    return (not pod or pod["metadata"]["uid"] != consumer["uid"]
            or pod.get("status", {}).get("phase") in ("Succeeded", "Failed"))


def write_status(store, claim, status):
    return store.update(CLAIMS, claim, dict(copy.deepcopy(claim), status=status), "status",
                        MANAGER)


def drop_finalizer(store, claim):
    new = copy.deepcopy(claim)
    new["metadata"]["finalizers"] = [f for f in new["metadata"].get("finalizers", [])
                                     if f != FINALIZER]
    return store.update(CLAIMS, claim, new, None, MANAGER)


def settle_claim(store, claim):
    """Whether something changed."""
    status = claim.get("status", {})
    reserved = status.get("reservedFor", [])
    kept = [c for c in reserved if not is_gone(store, claim, c)]
    guarded = FINALIZER in claim["metadata"].get("finalizers", [])
    deleting = "deletionTimestamp" in claim["metadata"]
    if kept == reserved and not (deleting and guarded and not reserved):
        return False
    if kept or not guarded:
        write_status(store, claim, dict(status, reservedFor=kept))
    else:
        drop_finalizer(store, write_status(store, claim, {}))
    return True


def is_orphan(store, obj):
    owners = obj["metadata"].get("ownerReferences", [])
    uids = {o["metadata"]["uid"] for t in store.tables.values()
            for o in t.objects.values()}
    return bool(owners) and not any(o.get("uid") in uids for o in owners)


def settle(store):
    with store.changed:
        again = True
        while again:
            again = False
            for kind, table in store.tables.items():
                for obj in list(table.objects.values()):
                    metadata = obj["metadata"]
                    if is_orphan(store, obj) and "deletionTimestamp" not in metadata:
                        store.delete(kind, metadata.get("namespace"), metadata["name"], {})
                        again = True
            for claim in list(store.tables[CLAIMS].objects.values()):
                again = settle_claim(store, claim) or again
