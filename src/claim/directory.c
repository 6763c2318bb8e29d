/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation
 *
 * A place is what a path says about the files at its end: namespace, claim, request and
 * driver, as far as the layout has them. The walk goes down from the root of the tree;
 * at each level it either knows the next name (from a binding, checked before it becomes
 * a part of a path) or lists the directory. Every open is relative to the root and stays
 * beneath it. What vanishes between list and open was never there; names that do not
 * belong to the layout are left out with a note, hidden ones without.
 *
 * [KEP-5304] A claim made from a template is found under the name that the pod gave it.
 * When a second pod names that claim directly, the name is the first pod's, which
 * nobody told us: only then the few entries of resourceclaimtemplates/ are looked
 * through.
 *
 * A claim of the shared tree appears and disappears as a whole folder, by rename. It
 * counts when the folder that was in its place before its files were read is there
 * afterwards too: nothing is removed from a folder in its place.
 */
#include "claim/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/parse.h"
#include "claim/device_metadata.h"
#include "claim/names.h"

#define CLAIMS_DIR    "resourceclaims"
#define TEMPLATES_DIR "resourceclaimtemplates"
#define HOST_DIR      "dra-device-metadata"
#define HOST_FILE     "metadata.json"
#define FILE_SUFFIX   "-metadata.json"
#define PROBES_MAX    32
#define ATTEMPTS      20 /* of a folder that is replaced all the time */

struct walk {
	struct vc_arena *arena;
	int dir;
	const char *path; /* of @dir, for messages */
	unsigned flags;
	const struct vc_binding *binding; /* NULL: everything */
	const char *namespace;            /* of the binding, or the default; NULL */
	struct vc_facts *facts;
	int n_found; /* claims */
	struct vc_err *err;
};

/* NULL is what the path does not say. */
struct place {
	const char *path; /* from the root of the tree */
	const char *namespace;
	const char *claim;
	const char *pod_claim;
	const char *request;
	const char *driver;
};

typedef int visit(struct walk *w, const struct place *place, const char *name);

/* Directories */

/* Whether there was memory */
static bool enter(struct walk *w, const struct place *at, const char *name,
                  struct place *ret_place)
{
	struct place place = *at;

	place.path = at->path ? vc_arena_printf(w->arena, "%s/%s", at->path, name)
	                      : vc_arena_strdup(w->arena, name);
	if (!place.path)
		return false;
	*ret_place = place;
	return true;
}

/* Puts the tree in front; says what a link is, because the kernel's words do not. */
static int open_failed(const struct walk *w, const char *path)
{
	if (w->err->sys == ELOOP)
		return vc_fail(
			w->err, VC_ERR_REFUSED,
			"%s/%s: is or passes a symbolic link, which is not followed",
			w->path, path);
	return vc_err_context(w->err, "%s", w->path);
}

/* A directory that others can write must not be on the way to a file that they cannot. */
static int check_parents(const struct walk *w, const char *path)
{
	if (!(w->flags & VC_FILE_TRUSTED))
		return 0;
	for (const char *slash = strchr(path, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		VC_AUTOCLOSE int fd = -1;
		const char *parent =
			vc_arena_strndup(w->arena, path, (size_t)(slash - path));

		if (!parent)
			return vc_fail_oom(w->err);
		if (vc_file_open_directory(w->dir, parent, w->flags, &fd, w->err) < 0)
			return -(int)w->err->kind;
	}
	return 0;
}

/* The names in @path; none when there is no such directory. NULL is the root. */
static int list_names(struct walk *w, const char *path, struct vc_names *ret_names)
{
	VC_AUTOCLOSE int fd = -1;
	int r = vc_file_open_directory(w->dir, path ? path : ".", w->flags, &fd, w->err);

	if (r == -VC_ERR_ABSENT) {
		*w->err = (struct vc_err)VC_ERR_INIT;
		*ret_names = (struct vc_names){ 0 };
		return 0;
	}
	if (r < 0)
		return open_failed(w, path ? path : ".");
	r = vc_file_list(w->arena, fd, ret_names, w->err);
	return r < 0 ? vc_err_context(w->err, "%s/%s", w->path, path ? path : "") : 0;
}

static int visit_all(struct walk *w, const struct place *place, visit *each)
{
	struct vc_names names = { 0 };
	int r = list_names(w, place->path, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (names.v[i][0] != '.')
			r = each(w, place, names.v[i]);
	return r;
}

static int note_foreign(struct walk *w, const struct place *place, const char *name,
                        const char *expected)
{
	return vc_facts_note(
		w->arena, w->facts, w->err, "%s/%s%s%s: left out; expected %s", w->path,
		place->path ? place->path : "", place->path ? "/" : "", name, expected);
}

/* Files */

static int disagrees(const struct walk *w, const char *origin, const char *what,
                     const char *inside, const char *outside)
{
	return vc_fail(w->err, VC_ERR_INPUT,
	               "%s: is about %s '%s', but lies in the place of %s '%s'", origin,
	               what, inside, what, outside);
}

static int check_device_place(const struct walk *w, const struct vc_device *d,
                              const struct place *place)
{
	if (strcmp(d->request, place->request) != 0)
		return disagrees(w, d->origin, "request", d->request, place->request);
	if (!vc_driver_equal(d->driver, place->driver))
		return disagrees(w, d->origin, "driver", d->driver, place->driver);
	return 0;
}

static int check_place(const struct walk *w, const struct vc_claim *c,
                       const struct place *place)
{
	int r = 0;

	if (place->namespace && strcmp(c->namespace, place->namespace) != 0)
		return disagrees(w, c->origin, "namespace", c->namespace,
		                 place->namespace);
	if (place->claim && strcmp(c->name, place->claim) != 0)
		return disagrees(w, c->origin, "claim", c->name, place->claim);
	if (place->pod_claim && c->pod_claim &&
	    strcmp(c->pod_claim, place->pod_claim) != 0)
		return disagrees(w, c->origin, "pod claim", c->pod_claim,
		                 place->pod_claim);
	for (size_t i = 0; r == 0 && i < c->devices.n; i++)
		r = check_device_place(w, &c->devices.v[i], place);
	return r;
}

/* Whether the binding means this claim, as far as the path could not tell */
static bool is_meant(const struct walk *w, const struct vc_claim *c)
{
	const struct vc_binding *b = w->binding;

	if (!b)
		return true;
	if (b->claim && strcmp(b->claim, c->name) != 0)
		return false;
	return !w->namespace || strcmp(w->namespace, c->namespace) == 0;
}

static int check_uid(const struct walk *w, const struct vc_claim *c)
{
	const struct vc_binding *b = w->binding;

	if (!b || !b->uid || strcmp(b->uid, c->uid) == 0)
		return 0;
	return vc_fail(w->err, VC_ERR_REFUSED,
	               "%s: claim '%s/%s' has the UID '%s', but %s means '%s'; "
	               "if the new claim is meant, say so with --bind",
	               c->origin, c->namespace, c->name, c->uid,
	               b->origin ? b->origin : "the binding", b->uid);
}

static int take_claims(struct walk *w, const struct vc_claims *claims,
                       const struct place *place)
{
	for (size_t i = 0; i < claims->n; i++) {
		struct vc_claim *slot;

		if (check_place(w, &claims->v[i], place) < 0)
			return -(int)w->err->kind;
		if (!is_meant(w, &claims->v[i]))
			continue;
		if (check_uid(w, &claims->v[i]) < 0)
			return -(int)w->err->kind;
		slot = vc_list_push(w->arena, &w->facts->claims);
		if (!slot)
			return vc_fail_oom(w->err);
		*slot = claims->v[i];
		if (!slot->pod_claim && place->pod_claim)
			slot->pod_claim = vc_arena_strdup(w->arena, place->pod_claim);
		w->n_found++;
	}
	return 0;
}

static int parse_file(struct walk *w, const struct place *place, const char *text,
                      size_t len)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_facts facts = { .notes = w->facts->notes };
	const char *file = vc_arena_printf(w->arena, "%s/%s", w->path, place->path);
	int r;

	if (!file)
		return vc_fail_oom(w->err);
	r = vc_tree_parse(text, len, file, &tree, w->err);
	if (r == 0)
		r = vc_device_metadata_read(w->arena, tree, &facts, w->err);
	if (r < 0)
		return r;
	w->facts->notes = facts.notes;
	return take_claims(w, &facts.claims, place);
}

/* One metadata file; one that is not there says nothing. */
static int read_file(struct walk *w, const struct place *place)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	char *text = NULL;
	size_t len = 0;
	int r = check_parents(w, place->path);

	if (r == 0)
		r = vc_file_read(&scratch, w->dir, place->path, w->flags, &text, &len,
		                 w->err);
	if (r == -VC_ERR_ABSENT) {
		*w->err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	return r < 0 ? open_failed(w, place->path) : parse_file(w, place, text, len);
}

/* Requests: <request>/<driver>-metadata.json */

static int visit_driver_file(struct walk *w, const struct place *at, const char *name)
{
	size_t len = strlen(name), suffix = strlen(FILE_SUFFIX);
	struct place place = { 0 };
	char *driver;

	if (len <= suffix || strcmp(name + len - suffix, FILE_SUFFIX) != 0)
		return note_foreign(w, at, name, "'<driver>" FILE_SUFFIX "'");
	driver = vc_arena_strndup(w->arena, name, len - suffix);
	if (!driver)
		return vc_fail_oom(w->err);
	if (!vc_is_driver_name(driver))
		return note_foreign(w, at, name, "'<driver>" FILE_SUFFIX "'");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.driver = driver;
	return read_file(w, &place);
}

static int visit_request(struct walk *w, const struct place *at, const char *name)
{
	struct place place = { 0 };

	if (!vc_is_dns_label(name))
		return note_foreign(w, at, name, "a request");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.request = name;
	return visit_all(w, &place, visit_driver_file);
}

/* A claim of the shared directory also holds a container tree of its own [design 7]. */
static int visit_shared_request(struct walk *w, const struct place *at, const char *name)
{
	if (strcmp(name, CLAIMS_DIR) == 0 || strcmp(name, TEMPLATES_DIR) == 0)
		return 0;
	return visit_request(w, at, name);
}

/* The request of the binding, or all */
static int visit_requests(struct walk *w, const struct place *place, visit *each)
{
	if (w->binding && w->binding->request)
		return each(w, place, w->binding->request);
	return visit_all(w, place, each);
}

/* resourceclaims/<claim>, resourceclaimtemplates/<pod claim> */

static int visit_named_claim(struct walk *w, const struct place *at, const char *name)
{
	struct place place = { 0 };

	if (!vc_is_dns_subdomain(name))
		return note_foreign(w, at, name, "a claim");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.claim = name;
	return visit_requests(w, &place, visit_request);
}

static int visit_pod_claim(struct walk *w, const struct place *at, const char *name)
{
	struct place place = { 0 };

	if (!vc_is_dns_label(name))
		return note_foreign(w, at, name, "the name of a pod's claim");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.pod_claim = name;
	return visit_requests(w, &place, visit_request);
}

static int walk_container(struct walk *w)
{
	const struct place claims = { .path = CLAIMS_DIR };
	const struct place templates = { .path = TEMPLATES_DIR };
	const struct vc_binding *b = w->binding;
	int r = 0;

	if (!b) {
		r = visit_all(w, &claims, visit_named_claim);
		return r < 0 ? r : visit_all(w, &templates, visit_pod_claim);
	}
	if (b->claim)
		r = visit_named_claim(w, &claims, b->claim);
	if (r == 0 && w->n_found == 0 && b->pod_claim)
		r = visit_pod_claim(w, &templates, b->pod_claim);
	if (r == 0 && w->n_found == 0 && b->claim)
		r = visit_all(w, &templates, visit_pod_claim);
	return r;
}

/* <namespace>/<claim> */

static bool is_still_there(const struct walk *w, const struct place *place, int fd)
{
	struct stat before, now;

	return fstat(fd, &before) == 0 &&
	       fstatat(w->dir, place->path, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       before.st_ino == now.st_ino && before.st_dev == now.st_dev;
}

/* One try; @fd is the folder. *ret_whole is false when it went away meanwhile: then it
 * says nothing. The open descriptor keeps its inode from being given again. */
static int read_folder(struct walk *w, const struct place *place, int fd, bool *ret_whole)
{
	const struct vc_facts before = *w->facts;
	const int n_found = w->n_found;
	int r = visit_requests(w, place, visit_shared_request);

	*ret_whole = is_still_there(w, place, fd);
	if (*ret_whole || r == -VC_ERR_INTERNAL)
		return r;
	w->facts->claims.n = before.claims.n;
	w->facts->notes.n = before.notes.n;
	w->n_found = n_found;
	*w->err = (struct vc_err)VC_ERR_INIT;
	return 0;
}

static int read_whole_folder(struct walk *w, const struct place *place)
{
	bool whole = false;

	for (unsigned i = 0; i < ATTEMPTS && !whole; i++) {
		VC_AUTOCLOSE int fd = -1;
		int r = vc_file_open_directory(w->dir, place->path, w->flags, &fd,
		                               w->err);

		if (r == -VC_ERR_ABSENT) {
			*w->err = (struct vc_err)VC_ERR_INIT;
			return 0;
		}
		if (r < 0)
			return open_failed(w, place->path);
		r = read_folder(w, place, fd, &whole);
		if (r < 0)
			return r;
	}
	if (whole)
		return 0;
	return vc_fail(w->err, VC_ERR_SYSTEM,
	               "%s/%s: is replaced all the time; try again when its writer is "
	               "done",
	               w->path, place->path);
}

static int visit_shared_claim(struct walk *w, const struct place *at, const char *name)
{
	struct place place = { 0 };

	if (!vc_is_dns_subdomain(name))
		return note_foreign(w, at, name, "a claim");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.claim = name;
	return read_whole_folder(w, &place);
}

static int visit_namespace(struct walk *w, const struct place *at, const char *name)
{
	struct place place = { 0 };

	if (!vc_is_dns_label(name))
		return note_foreign(w, at, name, "a namespace");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.namespace = name;
	if (w->binding)
		return visit_shared_claim(w, &place, w->binding->claim);
	return visit_all(w, &place, visit_shared_claim);
}

static int walk_shared(struct walk *w)
{
	const struct place root = { 0 };

	if (w->binding && !w->binding->claim)
		return 0;
	if (w->binding && w->namespace)
		return visit_namespace(w, &root, w->namespace);
	return visit_all(w, &root, visit_namespace);
}

/* <driver>/dra-device-metadata/<namespace>_<claim>/<request>/metadata.json */

static int visit_host_request(struct walk *w, const struct place *at, const char *name)
{
	struct place request = { 0 }, file = { 0 };

	if (!vc_is_dns_label(name))
		return note_foreign(w, at, name, "a request");
	if (!enter(w, at, name, &request))
		return vc_fail_oom(w->err);
	request.request = name;
	if (!enter(w, &request, HOST_FILE, &file))
		return vc_fail_oom(w->err);
	return read_file(w, &file);
}

static int visit_host_claim(struct walk *w, const struct place *at, const char *name)
{
	const char *line = strchr(name, '_');
	struct place place = { 0 };
	char *namespace;

	if (!line || !vc_is_dns_subdomain(line + 1))
		return note_foreign(w, at, name, "'<namespace>_<claim>'");
	if (w->binding && strcmp(w->binding->claim, line + 1) != 0)
		return 0;
	namespace = vc_arena_strndup(w->arena, name, (size_t)(line - name));
	if (!namespace)
		return vc_fail_oom(w->err);
	if (!vc_is_dns_label(namespace))
		return note_foreign(w, at, name, "'<namespace>_<claim>'");
	if (!enter(w, at, name, &place))
		return vc_fail_oom(w->err);
	place.namespace = namespace;
	place.claim = line + 1;
	return visit_requests(w, &place, visit_host_request);
}

/* A driver's directory that holds no metadata is nothing to speak of. */
static int visit_driver(struct walk *w, const struct place *at, const char *name)
{
	struct place place = { 0 };
	char *claim;

	if (!vc_is_driver_name(name))
		return 0;
	if (!enter(w, at, name, &place) || !enter(w, &place, HOST_DIR, &place))
		return vc_fail_oom(w->err);
	place.driver = name;
	if (!w->binding || !w->namespace)
		return visit_all(w, &place, visit_host_claim);
	claim = vc_arena_printf(w->arena, "%s_%s", w->namespace, w->binding->claim);
	return claim ? visit_host_claim(w, &place, claim) : vc_fail_oom(w->err);
}

static int walk_host(struct walk *w)
{
	const struct place root = { 0 };

	if (w->binding && !w->binding->claim)
		return 0;
	return visit_all(w, &root, visit_driver);
}

static int run_walk(struct walk *w, enum vc_directory_layout layout)
{
	switch (layout) {
	case VC_LAYOUT_CONTAINER:
		return walk_container(w);
	case VC_LAYOUT_HOST:
		return walk_host(w);
	case VC_LAYOUT_SHARED:
		return walk_shared(w);
	case VC_LAYOUT_NONE:
		break;
	}
	return 0;
}

/* Recognising */

static bool is_directory(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool is_driver_tree(struct vc_arena *arena, int dir, const char *name)
{
	const char *path = vc_arena_printf(arena, "%s/" HOST_DIR, name);

	return path && vc_is_driver_name(name) && is_directory(dir, path);
}

/**
 * vc_directory_recognise() - Which tree a directory is
 * @arena:	scratch
 * @dir:	directory
 * @ret_layout:	layout; VC_LAYOUT_NONE when it is none, or empty
 * @err:	why it cannot be said
 *
 * A namespace is a DNS label, drivers have dots by convention: only some names without a
 * dot are looked into, so that a host with many namespaces costs no more than one with
 * few.
 *
 * Return: 0, -VC_ERR_INPUT (too many names), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_directory_recognise(struct vc_arena *arena, int dir,
                           enum vc_directory_layout *ret_layout, struct vc_err *err)
{
	enum vc_directory_layout layout = VC_LAYOUT_NONE;
	struct vc_names names = { 0 };
	unsigned probes = 0;
	int r;

	if (is_directory(dir, CLAIMS_DIR) || is_directory(dir, TEMPLATES_DIR)) {
		*ret_layout = VC_LAYOUT_CONTAINER;
		return 0;
	}
	r = vc_file_list(arena, dir, &names, err);
	if (r < 0)
		return r;
	for (size_t i = 0; layout != VC_LAYOUT_HOST && i < names.n; i++) {
		bool label = vc_is_dns_label(names.v[i]);

		if (label && probes++ >= PROBES_MAX)
			continue;
		if (is_driver_tree(arena, dir, names.v[i]))
			layout = VC_LAYOUT_HOST;
		else if (label && is_directory(dir, names.v[i]))
			layout = VC_LAYOUT_SHARED;
	}
	*ret_layout = layout;
	return 0;
}

/**
 * vc_directory_read_all() - Read every metadata file of a tree
 * @arena:	holds the facts
 * @directory:	tree
 * @facts:	facts to add to
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED (a symbolic link, VC_FILE_TRUSTED),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_directory_read_all(struct vc_arena *arena, const struct vc_directory *directory,
                          struct vc_facts *facts, struct vc_err *err)
{
	struct walk w = {
		.arena = arena,
		.dir = directory->fd,
		.path = directory->path,
		.flags = directory->file_flags | VC_FILE_BENEATH,
		.facts = facts,
		.err = err,
	};

	return run_walk(&w, directory->layout);
}

/* Names become parts of paths: a VMI or a domain may come from anybody. */
static int check_binding(const struct vc_binding *b, const char *namespace,
                         struct vc_err *err)
{
	const char *origin = b->origin ? b->origin : "binding";

	if (b->claim && !vc_is_dns_subdomain(b->claim))
		return vc_fail(err, VC_ERR_INPUT, "%s: '%s' is not the name of a claim",
		               origin, b->claim);
	if (b->pod_claim && !vc_is_dns_label(b->pod_claim))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: '%s' is not the name of a pod's claim", origin,
		               b->pod_claim);
	if (b->request && !vc_is_dns_label(b->request))
		return vc_fail(err, VC_ERR_INPUT, "%s: '%s' is not the name of a request",
		               origin, b->request);
	if (namespace && !vc_is_dns_label(namespace))
		return vc_fail(err, VC_ERR_INPUT, "%s: '%s' is not a namespace", origin,
		               namespace);
	return 0;
}

/**
 * vc_directory_read_binding() - Read the files that a binding means
 * @arena:	holds the facts
 * @directory:	tree
 * @binding:	binding; without .claim only a container tree has an answer
 * @default_namespace: namespace of a binding without one; NULL: any namespace
 * @facts:	facts to add to
 * @err:	what is wrong
 *
 * Return: how many claims were added, 0 when there is no file of them; -VC_ERR_INPUT,
 * -VC_ERR_REFUSED (another UID, a symbolic link, VC_FILE_TRUSTED), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_directory_read_binding(struct vc_arena *arena,
                              const struct vc_directory *directory,
                              const struct vc_binding *binding,
                              const char *default_namespace, struct vc_facts *facts,
                              struct vc_err *err)
{
	struct walk w = {
		.arena = arena,
		.dir = directory->fd,
		.path = directory->path,
		.flags = directory->file_flags | VC_FILE_BENEATH,
		.binding = binding,
		.namespace = binding->namespace ? binding->namespace : default_namespace,
		.facts = facts,
		.err = err,
	};
	int r = check_binding(binding, w.namespace, err);

	if (r == 0)
		r = run_walk(&w, directory->layout);
	return r < 0 ? r : w.n_found;
}
