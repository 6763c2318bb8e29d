/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [DRA] resource/v1 AllocationResult.nodeSelector; [K8S] core/v1 NodeSelector: terms are
 * alternatives, the requirements of a term hold together. For a device of a slice with a
 * nodeName the scheduler writes one term with the field metadata.name. Labels of nodes
 * are not read: what they select is open.
 */
#include "companion/kube_scope.h"

#include <string.h>

#define NODE_NAME_FIELD "metadata.name"

static const char *member_text(const struct vc_node *node, const char *key)
{
	struct vc_node member;
	const char *text =
		vc_node_member(node, key, &member) ? vc_node_text(&member) : NULL;

	return text ? text : "";
}

static bool member_of_type(const struct vc_node *node, const char *key,
                           enum vc_node_type type, struct vc_node *ret_member)
{
	return vc_node_type(node) == VC_NODE_OBJECT &&
	       vc_node_member(node, key, ret_member) && vc_node_type(ret_member) == type;
}

static bool has_text(const struct vc_node *array, const char *text)
{
	for (size_t i = 0; i < vc_node_count(array); i++) {
		struct vc_node element = vc_node_element(array, i);
		const char *value = vc_node_text(&element);

		if (value && strcmp(value, text) == 0)
			return true;
	}
	return false;
}

/* One requirement of matchFields. Of several names none is certain. */
static enum vc_tri ask_field(const struct vc_node *field, const char *node)
{
	const char *how = member_text(field, "operator");
	struct vc_node values;

	if (strcmp(member_text(field, "key"), NODE_NAME_FIELD) != 0 ||
	    !member_of_type(field, "values", VC_NODE_ARRAY, &values))
		return VC_UNKNOWN;
	if (strcmp(how, "In") == 0 && !has_text(&values, node))
		return VC_NO;
	if (strcmp(how, "NotIn") == 0 && has_text(&values, node))
		return VC_NO;
	return strcmp(how, "In") == 0 && vc_node_count(&values) == 1 ? VC_YES
	                                                             : VC_UNKNOWN;
}

static enum vc_tri ask_term(const struct vc_node *term, const char *node)
{
	struct vc_node fields, labels;
	bool has_fields = member_of_type(term, "matchFields", VC_NODE_ARRAY, &fields) &&
	                  vc_node_count(&fields) > 0;
	bool has_labels =
		member_of_type(term, "matchExpressions", VC_NODE_ARRAY, &labels) &&
		vc_node_count(&labels) > 0;
	enum vc_tri here = VC_UNKNOWN;

	if (!has_fields)
		return has_labels ? VC_UNKNOWN : VC_NO;
	for (size_t i = 0; i < vc_node_count(&fields); i++) {
		struct vc_node field = vc_node_element(&fields, i);
		enum vc_tri one = vc_node_type(&field) == VC_NODE_OBJECT
		                          ? ask_field(&field, node)
		                          : VC_UNKNOWN;

		if (one == VC_NO)
			return VC_NO;
		here = one == VC_YES ? VC_YES : here;
	}
	return here;
}

/* A single term that names the node is certain; one of several is not. */
static enum vc_tri ask_selector(const struct vc_node *selector, const char *node)
{
	enum vc_tri here = VC_NO;
	struct vc_node terms;
	size_t n;

	if (!member_of_type(selector, "nodeSelectorTerms", VC_NODE_ARRAY, &terms))
		return VC_UNKNOWN;
	n = vc_node_count(&terms);
	for (size_t i = 0; i < n; i++) {
		struct vc_node term = vc_node_element(&terms, i);
		enum vc_tri one = ask_term(&term, node);

		if (one != VC_NO)
			here = n == 1 ? one : VC_UNKNOWN;
	}
	return n > 0 ? here : VC_UNKNOWN;
}

/**
 * vc_kube_allocation_read() - Whether a claim is allocated, and what its selector says
 * @claim:	an object of kind ResourceClaim; what is broken in it says nothing
 * @node:	name of this node
 *
 * Return: both
 */
struct vc_kube_allocation vc_kube_allocation_read(const struct vc_node *claim,
                                                  const char *node)
{
	struct vc_kube_allocation found = { .here = VC_UNKNOWN };
	struct vc_node status, allocation, selector;

	if (!member_of_type(claim, "status", VC_NODE_OBJECT, &status) ||
	    !member_of_type(&status, "allocation", VC_NODE_OBJECT, &allocation))
		return found;
	found.allocated = true;
	if (member_of_type(&allocation, "nodeSelector", VC_NODE_OBJECT, &selector))
		found.here = ask_selector(&selector, node);
	return found;
}

static bool is_of_pool(const struct vc_device *device, const struct vc_slice *slice)
{
	return device->driver && device->pool && slice->driver && slice->pool &&
	       vc_driver_equal(device->driver, slice->driver) &&
	       strcmp(device->pool, slice->pool) == 0;
}

/**
 * vc_kube_claim_in_pools() - Whether a device of a claim is of one of these pools
 * @claim:	claim, as the API shows it
 * @slices:	slices of this node
 *
 * Return: whether
 */
bool vc_kube_claim_in_pools(const struct vc_claim *claim, const struct vc_slices *slices)
{
	for (size_t i = 0; i < claim->devices.n; i++)
		for (size_t j = 0; j < slices->n; j++)
			if (is_of_pool(&claim->devices.v[i], &slices->v[j]))
				return true;
	return false;
}

/**
 * vc_kube_claim_for_pod() - Whether a claim is reserved for a pod
 * @claim:	claim, as the API shows it
 * @pod:	pod
 *
 * Return: whether
 */
bool vc_kube_claim_for_pod(const struct vc_claim *claim, const struct vc_pod *pod)
{
	for (size_t i = 0; i < claim->reserved_for.n; i++) {
		const struct vc_consumer *c = &claim->reserved_for.v[i];

		if (*c->api_group == '\0' && strcmp(c->resource, "pods") == 0 &&
		    pod->uid && strcmp(c->uid, pod->uid) == 0)
			return true;
	}
	return false;
}
