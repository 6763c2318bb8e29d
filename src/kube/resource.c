/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube/resource.h"

#include <string.h>

#include "base/parse.h"

#define DRA      "resource.k8s.io"
#define KUBEVIRT "kubevirt.io"

const struct vc_kube_resource vc_kube_claims = { DRA, NULL, "resourceclaims",
	                                         "ResourceClaim", true };
const struct vc_kube_resource vc_kube_slices = { DRA, NULL, "resourceslices",
	                                         "ResourceSlice", false };
const struct vc_kube_resource vc_kube_classes = { DRA, NULL, "deviceclasses",
	                                          "DeviceClass", false };
const struct vc_kube_resource vc_kube_pods = { "", "v1", "pods", "Pod", true };
const struct vc_kube_resource vc_kube_nodes = { "", "v1", "nodes", "Node", false };
const struct vc_kube_resource vc_kube_namespaces = { "", "v1", "namespaces", "Namespace",
	                                             false };
const struct vc_kube_resource vc_kube_events = { "", "v1", "events", "Event", true };
const struct vc_kube_resource vc_kube_leases = { "coordination.k8s.io", "v1", "leases",
	                                         "Lease", true };
const struct vc_kube_resource vc_kube_vms = { KUBEVIRT, "v1", "virtualmachines",
	                                      "VirtualMachine", true };
const struct vc_kube_resource vc_kube_vmis = { KUBEVIRT, "v1", "virtualmachineinstances",
	                                       "VirtualMachineInstance", true };

static int check_target(const struct vc_kube_target *target, struct vc_err *err)
{
	const struct vc_kube_resource *resource = target->resource;

	if (target->namespace && !resource->namespaced)
		return vc_fail(err, VC_ERR_INTERNAL, "%s are not in namespaces",
		               resource->plural);
	if (target->namespace && !vc_is_dns_label(target->namespace))
		return vc_fail(err, VC_ERR_INPUT,
		               "'%.128s' cannot be the name of a namespace",
		               target->namespace);
	if (target->name && resource->namespaced && !target->namespace)
		return vc_fail(err, VC_ERR_INTERNAL, "%s are in namespaces",
		               resource->plural);
	if (target->name && !vc_is_dns_subdomain(target->name))
		return vc_fail(err, VC_ERR_INPUT, "'%.128s' cannot be the name of a %s",
		               target->name, resource->kind);
	return 0;
}

/**
 * vc_kube_path() - Where an object is, below the URL of the server
 * @arena:	holds the path
 * @target:	object, or all of a kind
 * @version:	of the group, for a resource that leaves it open
 * @err:	why there is none
 *
 * Return: "/apis/...", or NULL (-VC_ERR_INPUT: not a name, -VC_ERR_INTERNAL)
 */
char *vc_kube_path(struct vc_arena *arena, const struct vc_kube_target *target,
                   const char *version, struct vc_err *err)
{
	const struct vc_kube_resource *resource = target->resource;
	char *path;

	if (check_target(target, err) < 0)
		return NULL;
	version = resource->version ? resource->version : version;
	path = vc_arena_printf(
		arena, "/%s%s/%s%s%s/%s%s%s%s%s", *resource->group ? "apis/" : "api",
		resource->group, version, target->namespace ? "/namespaces/" : "",
		target->namespace ? target->namespace : "", resource->plural,
		target->name ? "/" : "", target->name ? target->name : "",
		target->subresource ? "/" : "",
		target->subresource ? target->subresource : "");
	if (!path)
		(void)vc_fail_oom(err);
	return path;
}

/**
 * vc_kube_escape() - A value of a query
 * @arena:	holds the text
 * @text:	value
 *
 * Return: [RFC 3986] percent-encoded, or NULL: out of memory
 */
char *vc_kube_escape(struct vc_arena *arena, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";
	static const char hex[] = "0123456789ABCDEF";
	char *out = vc_arena_alloc(arena, 3 * strlen(text) + 1, 1);
	char *at = out;

	for (; out && *text != '\0'; text++) {
		if (strchr(plain, *text)) {
			*at++ = *text;
			continue;
		}
		*at++ = '%';
		*at++ = hex[(unsigned char)*text >> 4];
		*at++ = hex[(unsigned char)*text & 15];
	}
	return out;
}
