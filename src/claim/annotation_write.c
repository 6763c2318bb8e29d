/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the annotation says already is copied, key by key; only guest addresses, and
 * whether they have further functions, are those of now.
 */
#include "claim/annotation_write.h"

#include <string.h>

#include "claim/json_writer.h"
#include "model/place.h"

struct writer {
	struct vc_arena *arena;
	const struct vc_vmi *vmi;
	const struct vc_seen *seen;
	size_t n_seen;
	struct vc_json_writer json;
	struct vc_err *err;
};

static const struct vc_seen *find_seen(const struct writer *w, const char *alias)
{
	for (size_t i = 0; i < w->n_seen; i++)
		if (w->seen[i].address.set && strcmp(w->seen[i].alias, alias) == 0)
			return &w->seen[i];
	return NULL;
}

/* Whether one entry stands for several devices, which have no address together. */
static bool is_several(const struct writer *w, const char *alias)
{
	const char *second = vc_arena_printf(w->arena, "%s-2", alias);

	for (size_t i = 0; second && i < w->n_seen; i++)
		if (strcmp(w->seen[i].alias, second) == 0)
			return true;
	return false;
}

static int put_seen(struct writer *w, const struct vc_seen *seen)
{
	char *text = vc_guest_address_text(w->arena, &seen->address);

	if (!text)
		return vc_fail_oom(w->err);
	vc_json_string(&w->json, "guestAddress", text);
	if (seen->address.multifunction != VC_UNKNOWN)
		vc_json_bool(&w->json, "multifunction",
		             seen->address.multifunction == VC_YES);
	return 0;
}

/* A member that was read before, so that its type is right. */
static int copy_member(struct writer *w, const struct vc_node *parent,
                       const struct vc_node *member)
{
	int64_t number = 0;
	bool flag = false;
	int r = 0;

	switch (vc_node_type(member)) {
	case VC_NODE_OBJECT:
		vc_json_object(&w->json, member->key);
		for (size_t i = 0; i < vc_node_count(member) && r == 0; i++) {
			struct vc_node child = vc_node_nth_member(member, i);

			/* nothing of ours is deeper than this */
			if (vc_node_type(&child) != VC_NODE_OBJECT)
				r = copy_member(w, member, &child);
		}
		vc_json_close(&w->json);
		return r;
	case VC_NODE_STRING:
		vc_json_string(&w->json, member->key, vc_node_text(member));
		return 0;
	case VC_NODE_INT:
		if (vc_node_int_value(member, &number))
			vc_json_int(&w->json, member->key, number);
		return 0;
	case VC_NODE_BOOL:
		if (vc_node_bool(parent, member->key, VC_REQUIRED, &flag, w->err) < 0)
			return -(int)w->err->kind;
		vc_json_bool(&w->json, member->key, flag);
		return 0;
	case VC_NODE_NULL:
	case VC_NODE_FLOAT:
	case VC_NODE_ARRAY:
		break;
	}
	return 0;
}

static char *alias_of(const struct writer *w, const struct vc_node *entry)
{
	struct vc_node member;
	const char *text;

	if (!vc_node_member(entry, "alias", &member))
		return NULL;
	text = vc_node_text(&member);
	if (!text || strncmp(text, VC_ALIAS_PREFIX, strlen(VC_ALIAS_PREFIX)) == 0)
		return vc_arena_strdup(w->arena, text);
	return vc_arena_printf(w->arena, VC_ALIAS_PREFIX "%s", text);
}

static int copy_entry(struct writer *w, const struct vc_node *entry)
{
	const char *alias = alias_of(w, entry);
	const struct vc_seen *seen = NULL;
	int r = 0;

	if (!alias)
		return vc_fail_oom(w->err);
	if (!is_several(w, alias))
		seen = find_seen(w, alias);
	vc_json_object(&w->json, NULL);
	for (size_t i = 0; i < vc_node_count(entry) && r == 0; i++) {
		struct vc_node member = vc_node_nth_member(entry, i);

		if (!seen || (strcmp(member.key, "guestAddress") != 0 &&
		              strcmp(member.key, "multifunction") != 0))
			r = copy_member(w, entry, &member);
	}
	if (r == 0 && seen)
		r = put_seen(w, seen);
	vc_json_close(&w->json);
	return r;
}

static bool is_listed(const struct writer *w, const struct vc_node *devices,
                      const char *alias)
{
	for (size_t i = 0; devices && i < vc_node_count(devices); i++) {
		struct vc_node entry = vc_node_element(devices, i);
		const char *other = alias_of(w, &entry);

		if (other && strcmp(other, alias) == 0)
			return true;
	}
	return false;
}

/* KubeVirt's own devices that the annotation says nothing of. */
static int put_others(struct writer *w, const struct vc_node *devices)
{
	for (size_t i = 0; i < w->vmi->bindings.n; i++) {
		const struct vc_binding *b = &w->vmi->bindings.v[i];
		const struct vc_seen *seen = find_seen(w, b->alias);

		if (!seen || b->origin_kind != VC_BINDING_VMI ||
		    is_listed(w, devices, b->alias))
			continue;
		vc_json_object(&w->json, NULL);
		vc_json_string(&w->json, "alias", b->alias);
		if (put_seen(w, seen) < 0)
			return -(int)w->err->kind;
		vc_json_close(&w->json);
	}
	return 0;
}

static int put_devices(struct writer *w, const struct vc_node *root)
{
	struct vc_node devices;
	bool found = root && vc_node_member(root, "devices", &devices);

	vc_json_array(&w->json, "devices");
	for (size_t i = 0; found && i < vc_node_count(&devices); i++) {
		struct vc_node entry = vc_node_element(&devices, i);

		if (copy_entry(w, &entry) < 0)
			return -(int)w->err->kind;
	}
	if (put_others(w, found ? &devices : NULL) < 0)
		return -(int)w->err->kind;
	vc_json_close(&w->json);
	return 0;
}

static void put_placement(struct writer *w)
{
	static const unsigned flags[] = { VC_PLACE_ADDRESSES, VC_PLACE_FUNCTIONS,
		                          VC_PLACE_NUMA };

	if (w->vmi->place == 0)
		return;
	vc_json_array(&w->json, "placement");
	for (size_t i = 0; i < VC_ARRAY_SIZE(flags); i++)
		if ((w->vmi->place & flags[i]) != 0)
			vc_json_string(&w->json, NULL, vc_place_text(flags[i]));
	vc_json_close(&w->json);
}

/**
 * vc_annotation_write() - Our annotation with the guest addresses of now
 * @arena:	scratch
 * @vmi:	VMI, with the annotation that it has
 * @seen:	where the guest sees devices, for all aliases of the domain
 * @n_seen:	how many
 * @buf:	gets the JSON
 * @err:	error
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
/* The signature is the contract of the header. NOLINTNEXTLINE(*-function-size) */
int vc_annotation_write(struct vc_arena *arena, const struct vc_vmi *vmi,
                        const struct vc_seen *seen, size_t n_seen, struct vc_buf *buf,
                        struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct writer w = { .arena = arena,
		            .vmi = vmi,
		            .seen = seen,
		            .n_seen = n_seen,
		            .json = { .buf = buf },
		            .err = err };
	struct vc_node root;

	if (vmi->annotation && vc_tree_parse(vmi->annotation, strlen(vmi->annotation),
	                                     VC_VMI_ANNOTATION, &tree, err) < 0)
		return -(int)err->kind;
	if (tree)
		root = vc_tree_root(tree, 0);
	vc_json_object(&w.json, NULL);
	if (put_devices(&w, tree ? &root : NULL) < 0)
		return -(int)err->kind;
	put_placement(&w);
	vc_json_close(&w.json);
	return 0;
}
