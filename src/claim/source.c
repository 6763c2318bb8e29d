/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "claim/cdi.h"
#include "claim/device_metadata.h"
#include "claim/directory.h"
#include "claim/kubernetes.h"
#include "claim/tree.h"

#define STDIN_NAME "standard input"

struct reader {
	struct vc_arena *arena;
	const struct vc_source_options *options;
	unsigned trust; /* of PATHs: where they lie is the caller's business */
	struct vc_facts *facts;
	struct {
		const char **v;
		size_t n, cap;
	} cdi; /* directories */
	struct vc_err *err;
};

/* Texts */

static const char *member_text(const struct vc_node *root, const char *key)
{
	struct vc_node member;
	const char *text =
		vc_node_member(root, key, &member) ? vc_node_text(&member) : NULL;

	return text ? text : "";
}

static bool is_vmi(const struct vc_node *root)
{
	return strcmp(member_text(root, "kind"), "VirtualMachineInstance") == 0;
}

static int fail_unknown_tree(struct reader *r, const struct vc_node *root)
{
	if (is_vmi(root))
		return vc_node_fail(root, r->err, VC_ERR_INPUT,
		                    "a VirtualMachineInstance holds no claims; give it "
		                    "with --vmi");
	return vc_node_fail(root, r->err, VC_ERR_INPUT,
	                    "expected DeviceMetadata, a CDI specification, or a "
	                    "ResourceClaim, ResourceSlice, Pod or List of them, not kind "
	                    "'%.64s' of apiVersion '%.64s'",
	                    member_text(root, "kind"), member_text(root, "apiVersion"));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_text(struct reader *r, const char *text, size_t len, const char *name)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	int ret = vc_tree_parse(text, len, name, &tree, r->err);
	struct vc_node root;

	if (ret < 0)
		return ret;
	root = vc_tree_root(tree, 0);
	if (vc_device_metadata_recognise(tree))
		return vc_device_metadata_read(r->arena, tree, r->facts, r->err);
	if (vc_cdi_recognise(tree))
		return vc_cdi_read(r->arena, tree, base_name(name), true, r->trust,
		                   r->facts, r->err);
	if (vc_kubernetes_recognise(tree) && !is_vmi(&root))
		return vc_kubernetes_read(r->arena, tree, r->facts, r->err);
	return fail_unknown_tree(r, &root);
}

static int read_stdin(struct reader *r)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	char *text = NULL;
	size_t len = 0;

	if (vc_file_read_stream(&scratch, r->options->stdin_fd, &text, &len, r->err) < 0)
		return vc_err_context(r->err, STDIN_NAME);
	return read_text(r, text, len, STDIN_NAME);
}

static int read_file(struct reader *r, const char *path)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	char *text = NULL;
	size_t len = 0;
	int ret = vc_file_read(&scratch, AT_FDCWD, path, r->trust, &text, &len, r->err);

	return ret < 0 ? ret : read_text(r, text, len, path);
}

/* CDI directories */

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), n = strlen(suffix);

	return len > n && strcmp(text + len - n, suffix) == 0;
}

/* Whether the file in @dir is CDI; -kind when it is not readable at all */
static int is_cdi_file(struct reader *r, int dir, const char *path, const char *name)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	char *text = NULL;
	size_t len = 0;
	int ret = vc_file_read(&scratch, dir, name, r->trust, &text, &len, r->err);

	if (ret == 0)
		ret = vc_tree_parse(text, len, name, &tree, r->err);
	if (ret < 0)
		return vc_err_context(r->err, "%s", path);
	return vc_cdi_recognise(tree);
}

/*
 * A directory of CDI files is known by the first file that is one. When none is and some
 * could not be read, the first of those is what to complain about.
 */
static int recognise_cdi(struct reader *r, int dir, const char *path,
                         const struct vc_names *names, bool *ret_is_cdi)
{
	struct vc_err first = VC_ERR_INIT;

	for (size_t i = 0; i < names->n; i++) {
		struct vc_err saved = *r->err;
		int is;

		if (!has_suffix(names->v[i], ".json") &&
		    !has_suffix(names->v[i], ".yaml"))
			continue;
		is = is_cdi_file(r, dir, path, names->v[i]);
		if (is < 0 && first.kind == VC_ERR_NONE)
			first = *r->err;
		*r->err = saved;
		if (is > 0) {
			*ret_is_cdi = true;
			return 0;
		}
	}
	if (first.kind != VC_ERR_NONE) {
		*r->err = first;
		return -(int)first.kind;
	}
	*ret_is_cdi = false;
	return 0;
}

static int add_cdi_directory(struct reader *r, const char *path)
{
	const char **slot = vc_list_push(r->arena, &r->cdi);

	if (!slot)
		return vc_fail_oom(r->err);
	*slot = path;
	return 0;
}

/* Trees of metadata */

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Several aliases may be devices of one request. */
static bool is_same_lookup(const struct vc_binding *a, const struct vc_binding *b)
{
	return same(a->namespace, b->namespace) && same(a->claim, b->claim) &&
	       same(a->pod_claim, b->pod_claim) && same(a->uid, b->uid) &&
	       same(a->request, b->request);
}

static bool is_looked_up(const struct vc_bindings *bindings, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_same_lookup(&bindings->v[j], &bindings->v[i]))
			return true;
	return false;
}

static int read_tree(struct reader *r, const struct vc_directory *tree)
{
	const struct vc_source_options *o = r->options;
	int ret = 0;

	if (!o->bindings || o->bindings->n == 0)
		return vc_directory_read_all(r->arena, tree, r->facts, r->err);
	for (size_t i = 0; ret >= 0 && i < o->bindings->n; i++)
		if (!is_looked_up(o->bindings, i))
			ret = vc_directory_read_binding(
				r->arena, tree, &o->bindings->v[i], o->default_namespace,
				r->facts, r->err);
	return ret < 0 ? ret : 0;
}

/* Directories */

static int fail_unknown_directory(struct reader *r, const char *path)
{
	return vc_fail(r->err, VC_ERR_INPUT,
	               "%s: expected CDI files, resourceclaims/, "
	               "<driver>/dra-device-metadata/ or <namespace>/<claim>/",
	               path);
}

/*
 * The names of a container or host tree leave no doubt. Anything with a directory in it
 * could be a shared directory, so CDI files, which stand at the top, come first.
 */
static int read_open_directory(struct reader *r, const struct vc_directory *tree)
{
	struct vc_names names = { 0 };
	bool is_cdi = false;
	int ret;

	if (tree->layout == VC_LAYOUT_CONTAINER || tree->layout == VC_LAYOUT_HOST)
		return read_tree(r, tree);
	ret = vc_file_list(r->arena, tree->fd, &names, r->err);
	if (ret < 0)
		return vc_err_context(r->err, "%s", tree->path);
	if (names.n == 0)
		return vc_facts_note(r->arena, r->facts, r->err,
		                     "%s: the directory is empty", tree->path);
	ret = recognise_cdi(r, tree->fd, tree->path, &names, &is_cdi);
	if (ret < 0)
		return ret;
	if (is_cdi)
		return add_cdi_directory(r, tree->path);
	if (tree->layout == VC_LAYOUT_SHARED)
		return read_tree(r, tree);
	return fail_unknown_directory(r, tree->path);
}

static int read_directory(struct reader *r, const char *path)
{
	struct vc_directory tree = { .path = path, .file_flags = r->options->file_flags };
	VC_AUTOCLOSE int dir = -1;
	int ret = vc_file_open_directory(AT_FDCWD, path, r->trust, &dir, r->err);

	if (ret < 0)
		return ret;
	tree.fd = dir;
	ret = vc_directory_recognise(r->arena, dir, &tree.layout, r->err);
	if (ret < 0)
		return vc_err_context(r->err, "%s", path);
	return read_open_directory(r, &tree);
}

static int read_path(struct reader *r, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return read_stdin(r);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return read_directory(r, path);
	return read_file(r, path);
}

/**
 * vc_sources_read() - Read every PATH of --claims
 * @arena:	holds the facts
 * @paths:	files, directories, "-" (once)
 * @n_paths:	how many
 * @options:	how to read
 * @facts:	facts to add to; CDI directories come last
 * @err:	what is wrong
 *
 * A CDI file that fails in a directory is noted and costs only itself.
 *
 * Return: 0, -VC_ERR_ABSENT (no such PATH), -VC_ERR_INPUT, -VC_ERR_REFUSED (another UID, a
 * symbolic link, VC_FILE_TRUSTED), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_sources_read(struct vc_arena *arena, const char *const paths[], size_t n_paths,
                    const struct vc_source_options *options, struct vc_facts *facts,
                    struct vc_err *err)
{
	struct reader r = {
		.arena = arena,
		.options = options,
		.trust = options->file_flags & VC_FILE_TRUSTED,
		.facts = facts,
		.err = err,
	};
	size_t n_failed;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n_paths; i++)
		ret = read_path(&r, paths[i]);
	if (ret < 0 || r.cdi.n == 0)
		return ret;
	return vc_cdi_read_directories(arena, r.cdi.v, r.cdi.n, NULL, r.trust, facts,
	                               &n_failed, err);
}
