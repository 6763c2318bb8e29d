# SPDX-License-Identifier: GPL-2.0-or-later
"""Who asks, and what he may: tokens, client certificates, RBAC.

Accounts are a table: token -> {"user": ..., "groups": [...], "rules": [...]}. A rule is
{"verbs": [...], "groups": [...], "resources": [...], "names": [...] or nothing,
"namespace": NAME, or nothing for a ClusterRole}; "*" is everything.
"""
from .failure import Cause, Failure, details, invalid, qualified

MASTERS = "system:masters"
ANONYMOUS = {"user": "system:anonymous", "groups": ["system:unauthenticated"],
             "rules": []}
PUBLIC = ("/version", "/healthz", "/readyz", "/livez")


def fits(rule, verb, group, resource, namespace, name):
    def one(key, value):
        allowed = rule.get(key)
        return allowed is None or "*" in allowed or value in allowed

    where = rule.get("namespace")
    return (one("verbs", verb) and one("groups", group) and one("resources", resource)
            and (where is None or where == namespace)
            and (rule.get("names") is None or name in rule["names"]))


class Access:
    def __init__(self, accounts, rbac):
        self.accounts, self.rbac = accounts, rbac

    def who(self, authorization, certificate):
        """The account, or 401."""
        if authorization.startswith("Bearer "):
            account = self.accounts.get(authorization[7:])
            if not account or account.get("expired"):
                raise Failure(401, "Unauthorized", "Unauthorized")
            return account
        if authorization.startswith("Basic "):
            account = self.accounts.get(authorization)
            if not account:
                raise Failure(401, "Unauthorized", "Unauthorized")
            return account
        if certificate:
            return {"user": certificate["user"], "groups": certificate["groups"],
                    "rules": self.accounts.get("cn:" + certificate["user"],
                                               {}).get("rules", [])}
        return ANONYMOUS

    def may(self, account, verb, kind, resource, namespace=None, name=None):
        if not self.rbac or MASTERS in account.get("groups", []):
            return True
        return any(fits(r, verb, kind.group, resource, namespace, name)
                   for r in account.get("rules", []))

    def check(self, account, verb, kind, resource, namespace, name):
        if self.may(account, verb, kind, resource, namespace, name):
            return
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        subject = qualified(kind) + (f' "{name}"' if name else "")
        raise Failure(403, "Forbidden", f'{subject} is forbidden: User "{account["user"]}" '
                      f'cannot {verb} resource "{resource}" in API group "{kind.group}" '
                      f"{where}", details(kind, name))

    def check_node(self, account, kind, obj):
        """[DRA] a node makes slices of its own only."""
        user = account["user"]
        if not self.rbac or not user.startswith("system:node:"):
            return
        name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
        if (kind.plural == "resourceslices"
                and obj.get("spec", {}).get("nodeName") != user[len("system:node:"):]):
            raise Failure(403, "Forbidden", f'{qualified(kind)} "{name}" is forbidden: can '
                          "only create ResourceSlice with the same NodeName as the "
                          "requesting node", details(kind, name))

    def check_status(self, account, verb, kind, old, new):
        """[DRA] since 1.36: what in the status of a claim needs more than /status."""
        before, after = old.get("status", {}), new.get("status", {})
        name, namespace = old["metadata"]["name"], old["metadata"]["namespace"]
        user = account["user"]
        for field in ("allocation", "reservedFor"):
            if before.get(field) == after.get(field):
                continue
            if self.may(account, verb, kind, "resourceclaims/binding"):
                break
            raise invalid(kind, name, [Cause(
                "FieldValueForbidden", "status.allocation",
                "changing status.allocation or status.reservedFor requires "
                f'resource="resourceclaims/binding", verb="{verb}" permission: '
                f'{qualified(kind)} is forbidden: User "{user}" cannot {verb} resource '
                '"resourceclaims/binding" in API group "resource.k8s.io" at the cluster '
                "scope")])
        self.check_driver_status(account, verb, kind, (name, namespace), before, after)

    def check_driver_status(self, account, verb, kind, where, before, after):
        name, namespace = where
        old = {d.get("driver"): d for d in before.get("devices", [])}
        new = {d.get("driver"): d for d in after.get("devices", [])}
        for driver in sorted(set(old) | set(new)):
            if old.get(driver) == new.get(driver):
                continue
            wanted = "arbitrary-node:" + verb
            if any(self.may(account, v, kind, "resourceclaims/driver", namespace, driver)
                   for v in (wanted, "associated-node:" + verb)):
                continue
            raise invalid(kind, name, [Cause(
                "FieldValueForbidden", "status.devices",
                'changing status.devices requires resource="resourceclaims/driver", '
                f'verb="[{wanted}]" permission: {qualified(kind)} "{driver}" is forbidden: '
                f'User "{account["user"]}" cannot {wanted} resource '
                '"resourceclaims/driver" in API group "resource.k8s.io" in the namespace '
                f'"{namespace}"')])
