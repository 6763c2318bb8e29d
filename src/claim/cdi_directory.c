/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [CDI] pkg/cdi/cache, spec-dirs: directories in order of priority.
 *
 * Only *.json and *.yaml, not recursive; dot files and symbolic links count. A file that
 * fails costs only itself. A name that two files of one directory define is dropped
 * altogether, even if a directory of higher priority defines it once (so the library
 * does); otherwise the higher priority wins without a word.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "claim/cdi.h"
#include "claim/cdi_recover.h"

#define UUID_LEN 36U

/* One file that could be read. */
struct file {
	struct vc_cdi_spec spec;
	char *name; /* base name */
	size_t priority;
};

/* One device of one file. */
struct definition {
	struct vc_cdi_device *device;
	const struct file *file;
};

struct scan {
	struct vc_arena *arena;
	struct vc_cdi_options options;
	struct vc_facts *facts;
	struct {
		struct file *v;
		size_t n, cap;
	} files;
	size_t n_failed;
};

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

/* Goes on after a file that fails, but not without memory. */
static int note_failure(struct scan *s, const struct vc_err *why, struct vc_err *err)
{
	if (why->kind == VC_ERR_INTERNAL) {
		*err = *why;
		return -(int)err->kind;
	}
	s->n_failed++;
	return vc_facts_note(s->arena, s->facts, err, "%s", why->msg);
}

/* A file that carries the UID of another claim need not be opened. */
static bool is_of_other_claim(const struct scan *s, const char *name)
{
	const char *uid = vc_cdi_uid_in_file_name(name);

	return s->options.uid && uid && strncasecmp(uid, s->options.uid, UUID_LEN) != 0;
}

static int parse_file(struct scan *s, const char *path, const char *text, size_t len,
                      struct vc_cdi_spec *ret_spec, struct vc_err *err)
{
	bool json = ends_in(path, ".json");
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err why = VC_ERR_INIT;
	int r = vc_tree_parse(text, len, path, &tree, &why);

	if (r == 0 && json && vc_tree_format(tree) != VC_TREE_JSON)
		r = vc_fail(&why, VC_ERR_INPUT, "%s:1:1: expected '{'", path);
	if (r == -VC_ERR_INPUT && json)
		return vc_fail(
			err, VC_ERR_INPUT,
			"%s; this is not strict JSON, which is all that is read "
			"here (container runtimes read .json files as YAML and may "
			"accept it): write JSON or call the file .yaml",
			why.msg);
	if (r < 0) {
		*err = why;
		return r;
	}
	return vc_cdi_spec_read(s->arena, tree, ret_spec, err);
}

static int read_spec(struct scan *s, int dir, const char *directory, const char *name,
                     struct vc_cdi_spec *ret_spec, struct vc_err *err)
{
	char *path = vc_arena_printf(s->arena, "%s/%s", directory, name);
	char *text = NULL;
	size_t len = 0;

	if (!path)
		return vc_fail_oom(err);
	if (vc_file_read(s->arena, dir, name, s->options.file_flags, &text, &len, err) <
	    0)
		return vc_err_context(err, "%s", path);
	return parse_file(s, path, text, len, ret_spec, err);
}

static int scan_file(struct scan *s, int dir, const char *directory, const char *name,
                     size_t priority, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	struct vc_cdi_spec spec;
	struct file *file;
	struct stat st;

	if (!ends_in(name, ".json") && !ends_in(name, ".yaml"))
		return 0;
	if (fstatat(dir, name, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (is_of_other_claim(s, name))
		return 0;
	if (read_spec(s, dir, directory, name, &spec, &why) < 0)
		return note_failure(s, &why, err);
	file = vc_list_push(s->arena, &s->files);
	if (file)
		file->name = vc_arena_strdup(s->arena, name);
	if (!file || !file->name)
		return vc_fail_oom(err);
	file->spec = spec;
	file->priority = priority;
	return 0;
}

static int scan_directory(struct scan *s, const char *directory, size_t priority,
                          struct vc_err *err)
{
	unsigned flags = s->options.file_flags & ~(unsigned)VC_FILE_BENEATH;
	struct vc_err why = VC_ERR_INIT;
	struct vc_names names = { 0 };
	VC_AUTOCLOSE int dir = -1;
	int r = vc_file_open_directory(AT_FDCWD, directory, flags, &dir, &why);

	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	if (vc_file_list(s->arena, dir, &names, err) < 0)
		return vc_err_context(err, "%s", directory);
	for (size_t i = 0; i < names.n; i++)
		if (scan_file(s, dir, directory, names.v[i], priority, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* By name, then the highest priority first. */
static int compare_definitions(const void *va, const void *vb)
{
	const struct definition *a = va, *b = vb;
	int c = strcmp(a->device->qualified, b->device->qualified);

	if (c == 0)
		c = (a->file->priority < b->file->priority) -
		    (a->file->priority > b->file->priority);
	return c != 0 ? c : strcmp(a->file->name, b->file->name);
}

/* Two neighbours of one priority, or NULL. */
static const struct definition *find_conflict(const struct definition *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i - 1].file->priority == v[i].file->priority)
			return &v[i];
	return NULL;
}

/* The definitions of one name: the first wins, or all lose. */
static int settle(struct scan *s, struct definition *v, size_t n, struct vc_err *err)
{
	const struct definition *conflict = find_conflict(v, n);

	for (size_t i = conflict ? 0 : 1; i < n; i++)
		v[i].device->dropped = true;
	if (!conflict)
		return 0;
	return vc_facts_note(s->arena, s->facts, err,
	                     "%s: '%s' is left out, as runtimes do: '%s' of the same "
	                     "priority defines it too",
	                     conflict->device->where, conflict->device->qualified,
	                     conflict[-1].file->spec.file);
}

static int settle_all(struct scan *s, struct vc_err *err)
{
	struct definition *v;
	size_t n = 0, end;

	for (size_t i = 0; i < s->files.n; i++)
		n += s->files.v[i].spec.devices.n;
	v = vc_arena_alloc(s->arena, n + 1, sizeof(*v));
	if (!v)
		return vc_fail_oom(err);
	n = 0;
	for (size_t i = 0; i < s->files.n; i++)
		for (size_t j = 0; j < s->files.v[i].spec.devices.n; j++)
			v[n++] = (struct definition){
				.device = &s->files.v[i].spec.devices.v[j],
				.file = &s->files.v[i],
			};
	qsort(v, n, sizeof(*v), compare_definitions);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && strcmp(v[i].device->qualified,
		                                    v[end].device->qualified) == 0;)
			end++;
		if (settle(s, &v[i], end - i, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int recover_all(struct scan *s, struct vc_err *err)
{
	for (size_t i = 0; i < s->files.n; i++) {
		const struct file *file = &s->files.v[i];
		struct vc_err why = VC_ERR_INIT;

		if (vc_cdi_recover(s->arena, &file->spec, file->name, &s->options,
		                   s->facts, &why) < 0 &&
		    note_failure(s, &why, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_cdi_read_directories() - Read CDI directories as container runtimes do
 * @arena:	holds the facts
 * @directories: paths, the lowest priority first; a missing one is fine
 * @n_directories: how many
 * @uid:	only devices of this claim, and those of which no claim is known (they may
 *		be its devices); NULL: all
 * @file_flags:	enum vc_file_flags, also for the metadata files that are followed;
 *		VC_FILE_BENEATH forbids symbolic links in a directory, not on the way to it
 * @facts:	facts and notes are added
 * @ret_failed:	how many files failed; each has a note
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many files), -VC_ERR_REFUSED (VC_FILE_TRUSTED, of a
 * directory), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
/* The signature is the contract of the header. NOLINTNEXTLINE(*-function-size) */
int vc_cdi_read_directories(struct vc_arena *arena, const char *const directories[],
                            size_t n_directories, const char *uid, unsigned file_flags,
                            struct vc_facts *facts, size_t *ret_failed,
                            struct vc_err *err)
{
	struct scan s = {
		.arena = arena,
		.options = { .uid = uid, .follow = true, .file_flags = file_flags },
		.facts = facts,
	};

	for (size_t i = 0; i < n_directories; i++)
		if (scan_directory(&s, directories[i], i, err) < 0)
			return -(int)err->kind;
	if (settle_all(&s, err) < 0 || recover_all(&s, err) < 0)
		return -(int)err->kind;
	*ret_failed = s.n_failed;
	return 0;
}
