# SPDX-License-Identifier: GPL-2.0-or-later
"""Which level of Pod Security a pod fits ([K8S] Pod Security Standards)."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral",
           "persistentVolumeClaim", "projected", "secret"}
SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def contexts(spec):
    return [(c["name"], c.get("securityContext", {})) for c in spec["containers"]]


def why_not_baseline(spec):
    """What only the level "privileged" allows."""
    found = [f"hostPath {v['hostPath']['path']}" for v in spec.get("volumes", [])
             if "hostPath" in v]
    found += [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    for name, context in [("pod", spec.get("securityContext", {}))] + contexts(spec):
        if context.get("privileged"):
            found.append(f"{name} is privileged")
        if context.get("capabilities", {}).get("add"):
            found.append(f"{name} adds capabilities")
        if context.get("seLinuxOptions", {}).get("type", "") not in SELINUX:
            found.append(f"{name} has SELinux type {context['seLinuxOptions']['type']}")
        if context.get("seccompProfile", {}).get("type") == "Unconfined":
            found.append(f"{name} is without seccomp")
    return found


def why_not_restricted(spec):
    """What the level "restricted" forbids beside that."""
    around, found = spec.get("securityContext", {}), []
    for volume in spec.get("volumes", []):
        found += [f"volume {key}" for key in volume
                  if key not in VOLUMES | {"name", "hostPath"}]
    for name, context in contexts(spec):
        if context.get("allowPrivilegeEscalation") is not False:
            found.append(f"{name} may escalate")
        if not context.get("runAsNonRoot", around.get("runAsNonRoot")):
            found.append(f"{name} may be root")
        if context.get("runAsUser", around.get("runAsUser")) == 0:
            found.append(f"{name} is root")
        if context.get("capabilities", {}).get("drop") != ["ALL"]:
            found.append(f"{name} keeps capabilities")
        profile = context.get("seccompProfile", around.get("seccompProfile", {}))
        if profile.get("type") not in ("RuntimeDefault", "Localhost"):
            found.append(f"{name} names no seccomp profile")
    return found
