/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [K8S] core/v1 PodSpec.resourceClaims, PodStatus.resourceClaimStatuses: a claim made
 * from a template gets a name that only the status tells. A status without a name says
 * that no claim was needed.
 */
#include <string.h>

#include "claim/kubernetes_internal.h"

#define CLAIMS_MAX 256

static int read_claim(const struct vc_object_reader *r, const struct vc_node *node,
                      void *data)
{
	struct vc_pod *pod = data;
	struct vc_pod_claim claim = { 0 }, *slot;

	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_label, &claim.name) <
	            0 ||
	    vc_object_text(r, node, "resourceClaimName", VC_OPTIONAL, &vc_name_subdomain,
	                   &claim.claim_name) < 0)
		return -(int)r->err->kind;
	slot = vc_list_push(r->arena, &pod->claims);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = claim;
	return 0;
}

static int read_claim_status(const struct vc_object_reader *r, const struct vc_node *node,
                             void *data)
{
	struct vc_pod *pod = data;
	char *name = NULL, *claim_name = NULL;

	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_label, &name) < 0 ||
	    vc_object_text(r, node, "resourceClaimName", VC_OPTIONAL, &vc_name_subdomain,
	                   &claim_name) < 0)
		return -(int)r->err->kind;
	for (size_t i = 0; i < pod->claims.n; i++)
		if (strcmp(pod->claims.v[i].name, name) == 0 &&
		    !pod->claims.v[i].claim_name)
			pod->claims.v[i].claim_name = claim_name;
	return 0;
}

static int read_part(const struct vc_object_reader *r, const struct vc_node *object,
                     const char *part, const char *key, vc_element_fn *read, void *data)
{
	struct vc_node node;
	bool found = false;

	if (vc_node_object(object, part, VC_OPTIONAL, &node, &found, r->err) < 0)
		return -(int)r->err->kind;
	return found ? vc_object_each(r, &node, key, CLAIMS_MAX, read, data) : 0;
}

/**
 * vc_pod_read() - Read a Pod
 * @reader:	arena and error
 * @object:	object of kind Pod
 * @facts:	the pod is added
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_pod_read(const struct vc_object_reader *reader, const struct vc_node *object,
                struct vc_facts *facts)
{
	struct vc_object_meta meta;
	struct vc_pod pod = { 0 }, *slot;

	if (vc_object_meta_read(reader, object, &meta) < 0 ||
	    read_part(reader, object, "spec", "resourceClaims", read_claim, &pod) < 0 ||
	    read_part(reader, object, "status", "resourceClaimStatuses",
	              read_claim_status, &pod) < 0)
		return -(int)reader->err->kind;
	pod.namespace = meta.namespace;
	pod.name = meta.name;
	pod.uid = meta.uid;
	pod.owners = meta.owners;
	pod.origin = vc_node_where(reader->arena, object);
	slot = vc_list_push(reader->arena, &facts->pods);
	if (!slot || !pod.origin)
		return vc_fail_oom(reader->err);
	*slot = pod;
	return 0;
}
