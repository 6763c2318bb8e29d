/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_vmi_compute.c - what the policy compute-claims is asked to give to the container
 * of QEMU: "disks/nvme, sound", names as in spec.resourceClaims.
 */
#include <string.h>

#include "claim/tree.h"
#include "translate/verify_vmi.h"

static const char *text_of(const struct vc_node *node, const char *key)
{
	struct vc_node member;

	return vc_node_member(node, key, &member) ? vc_node_text(&member) : NULL;
}

static const char *find_annotation(const struct vc_node *root)
{
	struct vc_node metadata, annotations;

	if (!vc_node_member(root, "metadata", &metadata) ||
	    !vc_node_member(&metadata, "annotations", &annotations))
		return NULL;
	return text_of(&annotations, VC_COMPUTE_CLAIMS);
}

/* Which claim @wanted->name is; none if the VMI does not list it. */
static int find_claim(struct vc_arena *arena, const struct vc_node *root,
                      struct vc_compute_claim *wanted, struct vc_err *err)
{
	struct vc_node spec, claims;

	if (!vc_node_member(root, "spec", &spec) ||
	    !vc_node_member(&spec, "resourceClaims", &claims) ||
	    vc_node_type(&claims) != VC_NODE_ARRAY)
		return 0;
	for (size_t i = 0; i < vc_node_count(&claims); i++) {
		struct vc_node item = vc_node_element(&claims, i);
		const char *name = text_of(&item, "name");
		const char *claim = text_of(&item, "resourceClaimName");

		if (!name || strcmp(name, wanted->name) != 0)
			continue;
		wanted->listed = true;
		wanted->claim = claim ? vc_arena_strdup(arena, claim) : NULL;
		return claim && !wanted->claim ? vc_fail_oom(err) : 0;
	}
	return 0;
}

static int add(struct vc_arena *arena, const struct vc_node *root, const char *text,
               size_t len, struct vc_compute_claims *list, struct vc_err *err)
{
	const char *slash = memchr(text, '/', len);
	size_t name_len = slash ? (size_t)(slash - text) : len;
	struct vc_compute_claim *slot = vc_list_push(arena, list);

	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_compute_claim){ .name = vc_arena_strndup(arena, text,
		                                                    name_len) };
	if (slash)
		slot->request = vc_arena_strndup(arena, slash + 1, len - name_len - 1);
	if (!slot->name || (slash && !slot->request))
		return vc_fail_oom(err);
	return find_claim(arena, root, slot, err);
}

/**
 * vc_verify_vmi_compute() - Read the annotation virt-claim.io/compute-claims of a VMI
 * @arena:	holds the result
 * @root:	the VMI
 * @ret_list:	its entries; empty without the annotation
 * @err:	out of memory
 *
 * As the policy reads it: blanks around an entry and empty entries mean nothing.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify_vmi_compute(struct vc_arena *arena, const struct vc_node *root,
                          struct vc_compute_claims *ret_list, struct vc_err *err)
{
	static const char blanks[] = " \t\r\n";
	const char *text = find_annotation(root);
	struct vc_compute_claims list = { 0 };

	while (text && *text) {
		size_t whole = strcspn(text, ","), len;
		const char *start = text + strspn(text, blanks);

		text += whole;
		len = start < text ? (size_t)(text - start) : 0;
		while (len > 0 && strchr(blanks, start[len - 1]))
			len--;
		if (len > 0 && add(arena, root, start, len, &list, err) < 0)
			return -(int)err->kind;
		text += *text == ',';
	}
	*ret_list = list;
	return 0;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/**
 * vc_compute_gets() - Whether the annotation asks for a device's request
 * @list:	of vc_verify_vmi_compute()
 * @binding:	device
 *
 * Return: whether it names the request, or its whole claim
 */
bool vc_compute_gets(const struct vc_compute_claims *list,
                     const struct vc_binding *binding)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct vc_compute_claim *c = &list->v[i];

		if (!c->listed || (c->request && !same(c->request, binding->request)))
			continue;
		if (c->claim ? same(c->claim, binding->claim)
		             : same(c->name, binding->pod_claim))
			return true;
	}
	return false;
}
