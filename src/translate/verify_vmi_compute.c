/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_vmi_compute.c - what the policy compute-claims is asked to give to the container
 * of QEMU: "disks/nvme, sound", names as in spec.resourceClaims.
 */
#include <string.h>

#include "claim/tree.h"
#include "translate/verify_vmi.h"

static const char *find_annotation(const struct vc_node *root)
{
	struct vc_node metadata, annotations;

	if (!vc_node_member(root, "metadata", &metadata) ||
	    !vc_node_member(&metadata, "annotations", &annotations))
		return NULL;
	return vc_node_member_text(&annotations, VC_COMPUTE_CLAIMS);
}

static const struct vc_listed_claim *find_listed(const struct vc_listed_claims *listed,
                                                 const char *name)
{
	for (size_t i = 0; i < listed->n; i++)
		if (listed->v[i].name && strcmp(listed->v[i].name, name) == 0)
			return &listed->v[i];
	return NULL;
}

static int add(struct vc_arena *arena, const struct vc_listed_claims *listed,
               const char *text, size_t len, struct vc_compute_claims *list,
               struct vc_err *err)
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
	slot->listed = find_listed(listed, slot->name);
	return 0;
}

/**
 * vc_verify_vmi_compute() - Read the annotation virt-claim.io/compute-claims of a VMI
 * @arena:	holds the result
 * @root:	the VMI
 * @listed:	of vc_verify_vmi_listed(); the result points to it
 * @ret_list:	its entries; empty without the annotation
 * @err:	out of memory
 *
 * As the policy reads it: blanks around an entry and empty entries mean nothing.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify_vmi_compute(struct vc_arena *arena, const struct vc_node *root,
                          const struct vc_listed_claims *listed,
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
		if (len > 0 && add(arena, listed, start, len, &list, err) < 0)
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
		if (c->listed->claim ? same(c->listed->claim, binding->claim)
		                     : same(c->name, binding->pod_claim))
			return true;
	}
	return false;
}
