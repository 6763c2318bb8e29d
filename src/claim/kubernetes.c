/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kubectl get -o json` prints one object, or a List of kind "List" whose items say what
 * they are. The API server itself answers with a "ResourceClaimList", whose items do
 * not. YAML files may hold several documents. What we have no use for is skipped, so
 * that a dump of a whole namespace can be given as it is.
 */
#include <string.h>

#include "claim/kubernetes_internal.h"

/* Kinds that are counted one by one for the note about skipped objects */
#define SKIPPED_KINDS 8
#define ITEMS_MAX     200000

typedef int read_fn(const struct vc_object_reader *reader, const struct vc_node *object,
                    struct vc_facts *facts);

/* [DRA] v1beta1 and v1beta2 are read like v1; the readers know the differences. */
static const char *const dra_versions[] = { "resource.k8s.io/v1",
	                                    "resource.k8s.io/v1beta2",
	                                    "resource.k8s.io/v1beta1", NULL };
static const char *const core_versions[] = { "v1", NULL };

static const struct kind {
	const char *name;
	const char *group; /* with its slash */
	const char *const *versions;
	const char *expected;
	read_fn *read;
} kinds[] = {
	{ "ResourceClaim", "resource.k8s.io/", dra_versions,
	  "resource.k8s.io/v1, v1beta2 or v1beta1", vc_resource_claim_read },
	{ "ResourceSlice", "resource.k8s.io/", dra_versions,
	  "resource.k8s.io/v1, v1beta2 or v1beta1", vc_resource_slice_read },
	{ "Pod", "", core_versions, "v1", vc_pod_read },
};

struct reader {
	struct vc_object_reader object;
	struct vc_facts *facts;
	size_t n_read;
	struct {
		const char *kind;
		size_t n;
	} skipped[SKIPPED_KINDS + 1]; /* the last one counts all further kinds */
};

static const char *member_text(const struct vc_node *node, const char *key)
{
	struct vc_node member;

	return vc_node_member(node, key, &member) ? vc_node_text(&member) : NULL;
}

/**
 * vc_kubernetes_recognise() - Whether a tree holds Kubernetes objects
 * @tree:	tree
 *
 * Return: whether the first document has kind and apiVersion and is no DeviceMetadata
 */
bool vc_kubernetes_recognise(const struct vc_tree *tree)
{
	static const char metadata[] = "metadata.resource.k8s.io/";
	struct vc_node root;
	const char *version;

	if (vc_tree_documents(tree) == 0)
		return false;
	root = vc_tree_root(tree, 0);
	if (vc_node_type(&root) != VC_NODE_OBJECT)
		return false;
	version = member_text(&root, "apiVersion");
	return version && member_text(&root, "kind") &&
	       strncmp(version, metadata, sizeof(metadata) - 1) != 0;
}

static void count_skipped(struct reader *r, const char *kind)
{
	size_t i = 0;

	while (i < SKIPPED_KINDS && r->skipped[i].kind &&
	       strcmp(r->skipped[i].kind, kind) != 0)
		i++;
	r->skipped[i].kind = i < SKIPPED_KINDS ? kind : "any other kind";
	r->skipped[i].n++;
}

/* A kind of this name in another group is somebody else's. */
static const struct kind *find_kind(const char *name, const char *version)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (strcmp(k->name, name) != 0)
			continue;
		if (*k->group == '\0' ? !strchr(version, '/')
		                      : strncmp(version, k->group, strlen(k->group)) == 0)
			return k;
	}
	return NULL;
}

static bool is_read(const struct kind *kind, const char *version)
{
	for (size_t i = 0; kind->versions[i]; i++)
		if (strcmp(kind->versions[i], version) == 0)
			return true;
	return false;
}

/* @kind and @version are those of the list when an item says neither. */
static int read_object(struct reader *r, const struct vc_node *node, const char *name,
                       const char *version)
{
	const struct kind *kind;

	if (!name || !version)
		return vc_node_fail(node, r->object.err, VC_ERR_INPUT,
		                    "expected a Kubernetes object with the strings "
		                    "'apiVersion' and 'kind'");
	kind = find_kind(name, version);
	if (!kind) {
		count_skipped(r, name);
		return 0;
	}
	if (!is_read(kind, version))
		return vc_node_fail(
			node, r->object.err, VC_ERR_INPUT,
			"apiVersion '%.64s' of a %s is not known; expected %s", version,
			kind->name, kind->expected);
	r->n_read++;
	return kind->read(&r->object, node, r->facts);
}

struct list {
	struct reader *reader;
	const char *kind; /* of the items; NULL: they say it themselves */
	const char *version;
};

static int read_item(const struct vc_object_reader *reader VC_UNUSED,
                     const struct vc_node *item, void *data)
{
	const struct list *list = data;
	const char *kind = NULL, *version = NULL;

	if (vc_node_type(item) == VC_NODE_OBJECT) {
		kind = member_text(item, "kind");
		version = member_text(item, "apiVersion");
	}
	return read_object(list->reader, item, kind ? kind : list->kind,
	                   version ? version : list->version);
}

/* "PodList" -> "Pod" when we read pods; NULL else */
static const struct kind *kind_of_list(const char *name)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].name);

		if (strncmp(name, kinds[i].name, len) == 0 &&
		    strcmp(name + len, "List") == 0)
			return &kinds[i];
	}
	return NULL;
}

static int read_document(struct reader *r, const struct vc_node *root)
{
	struct list list = { .reader = r };
	const char *kind, *version;
	const struct kind *of;

	if (vc_node_type(root) == VC_NODE_NULL)
		return 0; /* "---" with nothing behind it */
	if (vc_node_type(root) != VC_NODE_OBJECT)
		return vc_node_fail(root, r->object.err, VC_ERR_INPUT,
		                    "expected a Kubernetes object");
	kind = member_text(root, "kind");
	version = member_text(root, "apiVersion");
	of = kind ? kind_of_list(kind) : NULL;
	if (of) {
		list.kind = of->name;
		list.version = version;
	} else if (!kind || strcmp(kind, "List") != 0) {
		return read_object(r, root, kind, version);
	}
	return vc_object_each(&r->object, root, "items", ITEMS_MAX, read_item, &list);
}

static int note_skipped(struct reader *r, const char *file)
{
	for (size_t i = 0; i <= SKIPPED_KINDS; i++) {
		if (r->skipped[i].n == 0)
			continue;
		if (vc_facts_note(r->object.arena, r->facts, r->object.err,
		                  "%s: %zu of kind '%.64s' skipped: not used", file,
		                  r->skipped[i].n, r->skipped[i].kind) < 0)
			return -(int)r->object.err->kind;
	}
	return 0;
}

static int fail_unused(const struct reader *r, const char *file)
{
	bool vmi = strcmp(r->skipped[0].kind, "VirtualMachineInstance") == 0;

	return vc_fail(r->object.err, VC_ERR_INPUT,
	               "%s: expected a ResourceClaim, ResourceSlice or Pod, or a list of "
	               "them, not a %.64s%s",
	               file, r->skipped[0].kind, vmi ? "; give it with --vmi" : "");
}

/**
 * vc_kubernetes_read() - Read objects and lists of them
 * @arena:	holds what is read
 * @tree:	one or more documents
 * @facts:	claims, slices, pods and notes are added
 * @err:	what is wrong, with the pointer
 *
 * Objects of other kinds are skipped with a note, unless there is nothing else.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_kubernetes_read(struct vc_arena *arena, const struct vc_tree *tree,
                       struct vc_facts *facts, struct vc_err *err)
{
	struct reader r = { .object = { arena, err }, .facts = facts };
	size_t n = vc_tree_documents(tree);
	struct vc_node root;
	int ret = 0;

	if (n == 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "expected a Kubernetes object, not nothing");
	for (size_t i = 0; ret == 0 && i < n; i++) {
		root = vc_tree_root(tree, i);
		ret = read_document(&r, &root);
	}
	if (ret < 0)
		return ret;
	root = vc_tree_root(tree, 0);
	if (r.n_read == 0 && r.skipped[0].n > 0)
		return fail_unused(&r, root.file);
	return note_skipped(&r, root.file);
}
