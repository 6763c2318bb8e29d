/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source "metadata": what the metadata files of drivers say, where they lie.
 *
 * No symbolic link below the directory of plugins is followed, and each file has to be
 * about the claim, the request and the driver of its place. A file that cannot be read
 * costs only itself: drivers write into files in place, and what is torn now is whole a
 * moment later.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/parse.h"
#include "claim/device_metadata.h"
#include "claim/names.h"
#include "companion/metadata_tree.h"
#include "companion/source.h"

#define FLAGS (VC_FILE_BENEATH | VC_FILE_TRUSTED)

enum level {
	LEVEL_PLUGINS,
	LEVEL_DRIVER,
	LEVEL_CLAIMS,
	LEVEL_CLAIM,
	LEVEL_REQUEST,
};

struct metadata {
	const struct vc_config *config;
	struct vc_tree_watch *watch;
};

/* Where we are in the tree, from the top down. */
struct place {
	struct vc_told *told;
	const char *plugins;
	const char *path;                                 /* below @plugins */
	const char *driver, *namespace, *claim, *request; /* "" above them */
};

static bool matters(unsigned level, const char *name)
{
	switch ((enum level)level) {
	case LEVEL_PLUGINS:
	case LEVEL_CLAIMS:
	case LEVEL_CLAIM:
		return name[0] != '.';
	case LEVEL_DRIVER:
		return strcmp(name, VC_METADATA_DIRECTORY) == 0;
	case LEVEL_REQUEST:
		return strcmp(name, VC_METADATA_FILE) == 0;
	}
	return false;
}

const struct vc_tree_form vc_metadata_form = {
	.depth = LEVEL_REQUEST,
	.matters = matters,
};

static void close_metadata(void *state)
{
	struct metadata *m = state;

	if (!m)
		return;
	vc_tree_watch_close(m->watch);
	free(m);
}

static int open_metadata(const struct vc_config *config, void **ret_state,
                         struct vc_err *err)
{
	const char *const root = config->kubelet_plugins;
	struct metadata *m = calloc(1, sizeof(*m));

	if (!m)
		return vc_fail_oom(err);
	m->config = config;
	if (vc_tree_watch_open(&vc_metadata_form, &root, 1, &m->watch, err) < 0) {
		close_metadata(m);
		return -(int)err->kind;
	}
	*ret_state = m;
	return 0;
}

static int metadata_fd(const void *state)
{
	const struct metadata *m = state;

	return vc_tree_watch_fd(m->watch);
}

static int work(void *state, bool *ret_changed, struct vc_err *err)
{
	struct metadata *m = state;

	return vc_tree_watch_work(m->watch, ret_changed, err);
}

/* Directories can be looked at at any time. */
static bool settled(const void *state VC_UNUSED)
{
	return true;
}

static const char *path_of(const struct place *at)
{
	return at->path ? vc_arena_printf(at->told->arena, "%s/%s", at->plugins, at->path)
	                : at->plugins;
}

/* Goes on after what is broken, but not without memory. A directory above claims hides nobody
 * knows whose. */
static int tell(const struct place *at, const struct vc_err *why, struct vc_err *err)
{
	bool above = !*at->claim;
	struct vc_trouble trouble = { .text = why->msg,
		                      .kind = why->kind,
		                      .namespace = above ? NULL : at->namespace,
		                      .name = above ? NULL : at->claim,
		                      .passing = !above,
		                      .fatal = above };
	size_t len;

	if (why->kind == VC_ERR_INTERNAL) {
		*err = *why;
		return -(int)err->kind;
	}
	trouble.subject = path_of(at);
	if (!trouble.subject)
		return vc_fail_oom(err);
	/* what readers say begins with the file and perhaps a line */
	len = strlen(trouble.subject);
	if (strncmp(why->msg, trouble.subject, len) == 0 && why->msg[len] == ':')
		trouble.text = why->msg + len + 1 + strspn(why->msg + len + 1, " ");
	return vc_trouble_add(at->told->arena, &at->told->troubles, &trouble, err);
}

static int enter(const struct place *at, const char *name, struct place *ret_place,
                 struct vc_err *err)
{
	struct place place = *at;

	place.path = at->path ? vc_arena_printf(at->told->arena, "%s/%s", at->path, name)
	                      : vc_arena_strdup(at->told->arena, name);
	if (!place.path)
		return vc_fail_oom(err);
	*ret_place = place;
	return 0;
}

/* Files */

static int disagree(const struct place *at, const char *what, const char *inside,
                    const char *outside, struct vc_err *err)
{
	const char *path = path_of(at);

	if (!path)
		return vc_fail_oom(err);
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: is about %s '%s', but lies in the place of %s '%s'", path,
	               what, inside, what, outside);
}

static int check_place(const struct place *at, const struct vc_claim *claim,
                       struct vc_err *err)
{
	if (strcmp(claim->namespace, at->namespace) != 0)
		return disagree(at, "namespace", claim->namespace, at->namespace, err);
	if (strcmp(claim->name, at->claim) != 0)
		return disagree(at, "claim", claim->name, at->claim, err);
	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_device *d = &claim->devices.v[i];

		if (strcmp(d->request, at->request) != 0)
			return disagree(at, "request", d->request, at->request, err);
		if (!vc_driver_equal(d->driver, at->driver))
			return disagree(at, "driver", d->driver, at->driver, err);
	}
	return 0;
}

static int parse(const struct place *at, const char *text, size_t len,
                 struct vc_facts *facts, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	const char *file = path_of(at);

	if (!file)
		return vc_fail_oom(err);
	if (vc_tree_parse(text, len, file, &tree, err) < 0 ||
	    vc_device_metadata_read(at->told->arena, tree, facts, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < facts->claims.n; i++)
		if (check_place(at, &facts->claims.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int take(const struct place *at, const struct vc_facts *facts, struct vc_err *err)
{
	for (size_t i = 0; i < facts->claims.n; i++) {
		struct vc_claim *claim =
			vc_list_push(at->told->arena, &at->told->facts.claims);

		if (!claim)
			return vc_fail_oom(err);
		*claim = facts->claims.v[i];
	}
	for (size_t i = 0; i < facts->notes.n; i++) {
		const char *rest = strstr(facts->notes.v[i], ": ");
		const struct vc_trouble trouble = {
			.subject = path_of(at),
			.text = rest ? rest + 2 : facts->notes.v[i],
			.kind = VC_ERR_INPUT,
		};

		if (!trouble.subject)
			return vc_fail_oom(err);
		if (vc_trouble_add(at->told->arena, &at->told->troubles, &trouble, err) <
		    0)
			return -(int)err->kind;
	}
	return 0;
}

/* What is gone was never there. */
static int read_file(const struct place *at, int dir, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	struct vc_err why = VC_ERR_INIT;
	struct vc_facts facts = { 0 };
	char *text = NULL;
	size_t len = 0;
	int r = vc_file_read(&scratch, dir, VC_METADATA_FILE, FLAGS, &text, &len, &why);

	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r == 0)
		r = parse(at, text, len, &facts, &why);
	return r < 0 ? tell(at, &why, err) : take(at, &facts, err);
}

/* Directories */

typedef int visit(const struct place *at, int dir, const char *name, struct vc_err *err);

static int visit_all(const struct place *at, int dir, visit *each, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	struct vc_names names = { 0 };

	if (vc_file_list(at->told->arena, dir, &names, &why) < 0)
		return tell(at, &why, err);
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] != '.' && each(at, dir, names.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* *ret_fd is -1 when there is no such directory. */
static int open_below(const struct place *at, int dir, const char *name, int *ret_fd,
                      struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r = vc_file_open_directory(dir, name, FLAGS, ret_fd, &why);

	if (r == 0 || r == -VC_ERR_ABSENT)
		return 0;
	return tell(at, &why, err);
}

static int visit_request(const struct place *at, int dir, const char *name,
                         struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct place place = *at, file = *at;

	if (!vc_is_dns_label(name))
		return 0;
	if (enter(at, name, &place, err) < 0 ||
	    open_below(&place, dir, name, &fd, err) < 0)
		return -(int)err->kind;
	if (fd < 0)
		return 0;
	place.request = name;
	if (enter(&place, VC_METADATA_FILE, &file, err) < 0)
		return -(int)err->kind;
	return read_file(&file, fd, err);
}

static int visit_claim(const struct place *at, int dir, const char *name,
                       struct vc_err *err)
{
	const char *line = strchr(name, '_');
	VC_AUTOCLOSE int fd = -1;
	struct place place = *at;
	char *namespace;

	if (!line || !vc_is_dns_subdomain(line + 1))
		return 0;
	namespace = vc_arena_strndup(at->told->arena, name, (size_t)(line - name));
	if (!namespace)
		return vc_fail_oom(err);
	if (!vc_is_dns_label(namespace))
		return 0;
	if (enter(at, name, &place, err) < 0)
		return -(int)err->kind;
	place.namespace = namespace;
	place.claim = line + 1;
	if (open_below(&place, dir, name, &fd, err) < 0)
		return -(int)err->kind;
	return fd < 0 ? 0 : visit_all(&place, fd, visit_request, err);
}

/* Most directories of plugins have no metadata, and need not be readable for us. */
static int visit_driver(const struct place *at, int dir, const char *name,
                        struct vc_err *err)
{
	struct vc_err ignored = VC_ERR_INIT;
	VC_AUTOCLOSE int driver = -1;
	VC_AUTOCLOSE int fd = -1;
	struct place place = *at;

	if (!vc_is_driver_name(name) ||
	    vc_file_open_directory(dir, name, VC_FILE_BENEATH, &driver, &ignored) < 0 ||
	    faccessat(driver, VC_METADATA_DIRECTORY, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (enter(at, name, &place, err) < 0)
		return -(int)err->kind;
	place.driver = name;
	if (open_below(&place, dir, name, &fd, err) < 0)
		return -(int)err->kind;
	if (fd < 0)
		return 0;
	vc_closep(&fd);
	if (enter(&place, VC_METADATA_DIRECTORY, &place, err) < 0 ||
	    open_below(&place, driver, VC_METADATA_DIRECTORY, &fd, err) < 0)
		return -(int)err->kind;
	return fd < 0 ? 0 : visit_all(&place, fd, visit_claim, err);
}

static int collect(const void *state, struct vc_told *told, struct vc_err *err)
{
	const struct metadata *m = state;
	const struct place root = {
		told, m->config->kubelet_plugins, NULL, "", "", "", ""
	};
	struct vc_err why = VC_ERR_INIT;
	VC_AUTOCLOSE int fd = -1;
	int r;

	if (vc_trouble_blind(told, vc_companion_metadata.name, m->watch, err) < 0)
		return -(int)err->kind;
	r = vc_file_open_directory(AT_FDCWD, root.plugins, VC_FILE_TRUSTED, &fd, &why);
	if (r == -VC_ERR_ABSENT)
		return 0;
	return r < 0 ? tell(&root, &why, err) : visit_all(&root, fd, visit_driver, err);
}

const struct vc_companion_source vc_companion_metadata = {
	.name = "metadata",
	.open = open_metadata,
	.fd = metadata_fd,
	.work = work,
	.settled = settled,
	.collect = collect,
	.close = close_metadata,
};
