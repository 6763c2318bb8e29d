/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our annotation of a VMI; docs/annotation.md describes it, and
 * schemas/vmi-annotation.schema.json says it to machines. It is ours, so it is read
 * strictly: a key that we do not know is a mistake of somebody who expects it to work.
 */
#include <string.h>

#include "claim/names.h"
#include "claim/vmi_internal.h"

#define INDEX_MAX   32 /* [DRA] results of one claim */
#define MEMBERS_MAX 32

struct reader {
	const struct vc_object_reader *object;
	const struct vc_vmi_claims *claims;
	struct vc_vmi *vmi;
	size_t n_before; /* bindings of the VMI itself */
	struct {
		char **v;
		size_t n, cap;
	} aliases; /* of the entries so far */
};

/* KubeVirt finds its own elements by these, and detaches the last at migration. */
static const char *const kubevirt_prefixes[] = { VC_ALIAS_PREFIX "dra-hostdevice-",
	                                         VC_ALIAS_PREFIX "dra-gpu-",
	                                         VC_ALIAS_PREFIX "sriov-" };

static const char *const root_keys[] = { "devices", "placement", NULL };
/* What says which device it is; the other keys are options. */
static const char *const device_keys[] = { "alias",   "claim", "resourceClaim",
	                                   "request", "index", NULL };

static bool is_known(const char *const keys[], const char *key)
{
	for (size_t i = 0; keys[i]; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* @keys may be NULL: vc_vmi_options() knows the keys then. */
static int check_keys(const struct vc_object_reader *r, const struct vc_node *node,
                      const char *const keys[])
{
	size_t n = vc_node_count(node);

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, r->err, VC_ERR_INPUT, "expected an object");
	if (n > MEMBERS_MAX)
		return vc_node_fail(node, r->err, VC_ERR_INPUT,
		                    "%zu keys; there are not so many", n);
	for (size_t i = 0; i < n; i++) {
		struct vc_node member = vc_node_nth_member(node, i);

		if (keys && !is_known(keys, member.key))
			return vc_node_fail(&member, r->err, VC_ERR_INPUT, "unknown key");
		if (vc_node_type(&member) == VC_NODE_NULL)
			return vc_node_fail(&member, r->err, VC_ERR_INPUT,
			                    "null is no value; leave the key out");
	}
	return 0;
}

static bool has(const struct vc_node *node, const char *key)
{
	struct vc_node member;

	return vc_node_member(node, key, &member);
}

static int fail_member(const struct vc_object_reader *r, const struct vc_node *node,
                       const char *key, const char *message)
{
	struct vc_node member = *node;

	(void)vc_node_member(node, key, &member);
	return vc_node_fail(&member, r->err, VC_ERR_INPUT, "%s", message);
}

/* Options */

/* What the annotation says wins over what the VMI says. */
static void take_options(struct vc_binding *into, const struct vc_options *from)
{
	struct vc_options merged = *from;

	vc_options_merge(&merged, &into->options);
	into->options = merged;
	if (vc_options_has(from, VC_OPT_DISPLAY) || vc_options_has(from, VC_OPT_RAMFB))
		into->kubevirt_display = false;
}

/* What the options of one device say about each other */
static int check_options(const struct vc_object_reader *r, const struct vc_node *node,
                         const struct vc_options *o)
{
	if (o->address.multifunction != VC_UNKNOWN && !o->address.set)
		return fail_member(r, node, "multifunction",
		                   "needs 'guestAddress' as well");
	if (o->ramfb == VC_YES && o->display != VC_YES)
		return fail_member(r, node, "ramfb", "needs 'display': true as well");
	return 0;
}

/* What two devices have in common although only one can have it; VC_OPTS: nothing */
static enum vc_opt find_clash(const struct vc_options *a, const struct vc_options *b)
{
	enum vc_opt opt = 0;

	if (a->ramfb == VC_YES && b->ramfb == VC_YES)
		return VC_OPT_RAMFB;
	while (opt < VC_OPTS && !(vc_opt_rules[opt].single && vc_options_same(a, b, opt)))
		opt++;
	return opt;
}

/* What the options of two devices say about each other */
static int check_against(const struct vc_object_reader *r,
                         const struct vc_binding *binding, const struct vc_binding *other)
{
	const struct vc_options *o = &binding->options;
	enum vc_opt opt = find_clash(o, &other->options);

	if (opt == VC_OPTS)
		return 0;
	return vc_fail(r->err, VC_ERR_INPUT,
	               "%s: '%s' has the same %s already (%s), and a guest can have it "
	               "once",
	               vc_options_origin(o, opt, binding->origin), other->alias,
	               vc_opt_rules[opt].key,
	               vc_options_origin(&other->options, opt, other->origin));
}

static int check_binding(const struct reader *reader, const struct vc_node *node,
                         const struct vc_binding *binding)
{
	const struct vc_bindings *all = &reader->vmi->bindings;

	if (check_options(reader->object, node, &binding->options) < 0)
		return -(int)reader->object->err->kind;
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].alias, binding->alias) == 0)
			continue;
		if (check_against(reader->object, binding, &all->v[i]) < 0)
			return -(int)reader->object->err->kind;
	}
	return 0;
}

/* Which device */

static int read_alias(struct reader *reader, const struct vc_node *node, char **ret_alias)
{
	const struct vc_object_reader *r = reader->object;
	char *alias = NULL, **slot;

	if (vc_node_string(r->arena, node, "alias", VC_REQUIRED, &alias, r->err) < 0)
		return -(int)r->err->kind;
	if (strncmp(alias, VC_ALIAS_PREFIX, strlen(VC_ALIAS_PREFIX)) != 0)
		alias = vc_arena_printf(r->arena, VC_ALIAS_PREFIX "%s", alias);
	if (!alias)
		return vc_fail_oom(r->err);
	if (!vc_alias_is_valid(alias))
		return fail_member(r, node, "alias",
		                   "expected letters, digits, '-' and '_', with 'ua-' in "
		                   "front at most 200");
	for (size_t i = 0; i < reader->aliases.n; i++)
		if (strcmp(reader->aliases.v[i], alias) == 0)
			return fail_member(r, node, "alias", "this alias is there twice");
	slot = vc_list_push(r->arena, &reader->aliases);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = alias;
	*ret_alias = alias;
	return 0;
}

static int read_index(const struct vc_object_reader *r, const struct vc_node *node,
                      unsigned *ret_index)
{
	int64_t index = 1;

	if (vc_node_int(node, "index", VC_OPTIONAL, &index, r->err) < 0)
		return -(int)r->err->kind;
	if (index < 1 || index > INDEX_MAX)
		return fail_member(r, node, "index", "expected a number from 1 to 32");
	*ret_index = has(node, "index") ? (unsigned)index : 0;
	return 0;
}

static int read_device(const struct reader *reader, const struct vc_node *node,
                       struct vc_binding *binding)
{
	const struct vc_object_reader *r = reader->object;

	if (has(node, "claim") == has(node, "resourceClaim"))
		return vc_node_fail(
			node, r->err, VC_ERR_INPUT,
			"expected one of 'claim' (a name in "
			"/spec/resourceClaims) and 'resourceClaim' (the name of "
			"a ResourceClaim), with 'request'");
	if (read_index(r, node, &binding->index) < 0)
		return -(int)r->err->kind;
	if (has(node, "claim"))
		return vc_vmi_bind(r, node, "claim", "request", reader->claims, binding);
	if (vc_object_text(r, node, "resourceClaim", VC_REQUIRED, &vc_name_subdomain,
	                   &binding->claim) < 0)
		return -(int)r->err->kind;
	return vc_vmi_request(r, node, "request", binding);
}

static struct vc_binding *find_kubevirt(const struct reader *reader, const char *alias)
{
	for (size_t i = 0; i < reader->n_before; i++)
		if (strcmp(reader->vmi->bindings.v[i].alias, alias) == 0)
			return &reader->vmi->bindings.v[i];
	return NULL;
}

static bool is_kubevirts(const char *alias)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(kubevirt_prefixes); i++)
		if (strncmp(alias, kubevirt_prefixes[i], strlen(kubevirt_prefixes[i])) ==
		    0)
			return true;
	return false;
}

/* Options for an element that KubeVirt makes */
static int add_options(struct reader *reader, const struct vc_node *node,
                       const struct vc_binding *entry)
{
	struct vc_binding *binding = find_kubevirt(reader, entry->alias);

	if (!binding)
		return vc_node_fail(node, reader->object->err, VC_ERR_INPUT,
		                    "no device of this VMI has the alias '%s'; say which "
		                    "device it is with 'claim' or 'resourceClaim', and "
		                    "'request'",
		                    entry->alias);
	if (vc_node_count(node) == 1)
		return vc_node_fail(node, reader->object->err, VC_ERR_INPUT,
		                    "says nothing about '%s'", entry->alias);
	take_options(binding, &entry->options);
	return check_binding(reader, node, binding);
}

static int add_device(struct reader *reader, const struct vc_node *node,
                      struct vc_binding *entry)
{
	const struct vc_object_reader *r = reader->object;
	struct vc_binding *slot;

	if (is_kubevirts(entry->alias))
		return fail_member(
			r, node, "alias",
			find_kubevirt(reader, entry->alias)
				? "KubeVirt makes this device; only options can "
				  "be added to it"
				: "aliases that begin like this are KubeVirt's");
	entry->namespace = reader->vmi->namespace;
	entry->origin_kind = VC_BINDING_ANNOTATION;
	entry->origin = vc_node_where(r->arena, node);
	if (!entry->origin)
		return vc_fail_oom(r->err);
	if (read_device(reader, node, entry) < 0 ||
	    check_binding(reader, node, entry) < 0)
		return -(int)r->err->kind;
	slot = vc_list_push(r->arena, &reader->vmi->bindings);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = *entry;
	return 0;
}

static int read_entry(const struct vc_object_reader *r, const struct vc_node *node,
                      void *data)
{
	struct reader *reader = data;
	struct vc_binding entry = { 0 };

	if (check_keys(r, node, NULL) < 0 || read_alias(reader, node, &entry.alias) < 0 ||
	    vc_vmi_options(r, node, device_keys, &entry.options) < 0)
		return -(int)r->err->kind;
	if (has(node, "claim") || has(node, "resourceClaim") || has(node, "request") ||
	    has(node, "index"))
		return add_device(reader, node, &entry);
	return add_options(reader, node, &entry);
}

/* A display that the annotation chose takes the place of the first vGPU's. */
static void drop_primary_display(struct vc_vmi *vmi)
{
	bool chosen = false;

	for (size_t i = 0; i < vmi->bindings.n; i++)
		chosen |= vmi->bindings.v[i].options.display != VC_UNKNOWN;
	for (size_t i = 0; chosen && i < vmi->bindings.n; i++)
		vmi->bindings.v[i].primary_display = false;
}

static int read_placement(struct reader *reader, const struct vc_node *root)
{
	const struct vc_object_reader *r = reader->object;
	struct vc_node list;
	bool found = false;

	if (vc_node_array(root, "placement", VC_OPTIONAL, &list, &found, r->err) < 0)
		return -(int)r->err->kind;
	for (size_t i = 0; found && i < vc_node_count(&list); i++) {
		struct vc_node item = vc_node_element(&list, i);
		unsigned flag = 0;

		if (vc_node_type(&item) != VC_NODE_STRING ||
		    !vc_place_parse(vc_node_text(&item), &flag))
			return vc_node_fail(&item, r->err, VC_ERR_INPUT,
			                    "expected one of " VC_PLACE_WORDS);
		if ((reader->vmi->place & flag) != 0)
			return vc_node_fail(&item, r->err, VC_ERR_INPUT,
			                    "is there twice");
		reader->vmi->place |= flag;
	}
	return 0;
}

static int read_root(struct reader *reader, const struct vc_tree *tree)
{
	const struct vc_object_reader *r = reader->object;
	struct vc_node root = vc_tree_root(tree, 0);

	if (vc_tree_documents(tree) != 1)
		return vc_node_fail(&root, r->err, VC_ERR_INPUT,
		                    "expected one JSON object, not %zu",
		                    vc_tree_documents(tree));
	if (check_keys(r, &root, root_keys) < 0)
		return -(int)r->err->kind;
	if (read_placement(reader, &root) < 0)
		return -(int)r->err->kind;
	if (!has(&root, "devices") && has(&root, "placement"))
		return 0;
	if (!has(&root, "devices"))
		return vc_node_fail(&root, r->err, VC_ERR_INPUT, "'devices' is missing");
	return vc_object_each(r, &root, "devices", VC_VMI_MAX_ENTRIES, read_entry,
	                      reader);
}

/**
 * vc_vmi_annotation_read() - Read our annotation
 * @reader:	arena and error
 * @annotation:	its node, a string
 * @claims:	spec.resourceClaims of the VMI
 * @vmi:	bindings are added, options of its bindings are replaced
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL; messages begin with
 * "FILE: /metadata/annotations/virt-claim.io~1devices: /pointer/in/it"
 */
int vc_vmi_annotation_read(const struct vc_object_reader *reader,
                           const struct vc_node *annotation,
                           const struct vc_vmi_claims *claims, struct vc_vmi *vmi)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct reader r = {
		.object = reader,
		.claims = claims,
		.vmi = vmi,
		.n_before = vmi->bindings.n,
	};
	const char *text = vc_node_text(annotation);
	const char *where = vc_node_where(reader->arena, annotation);

	if (!text || !where)
		return vc_fail_oom(reader->err);
	if (text[strspn(text, " \t\r\n")] != '{')
		return vc_node_fail(annotation, reader->err, VC_ERR_INPUT,
		                    "expected a JSON object like {\"devices\": [...]}");
	if (vc_tree_parse(text, strlen(text), where, &tree, reader->err) < 0 ||
	    read_root(&r, tree) < 0)
		return -(int)reader->err->kind;
	drop_primary_display(vmi);
	vmi->annotation = vc_arena_strdup(reader->arena, text);
	return vmi->annotation ? 0 : vc_fail_oom(reader->err);
}
