/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: names are DNS labels, so no name is a path; below STATE no symbolic
 * link is followed. A writer that dies leaves at most a temporary file, which begins with
 * a dot: readers pass over it, and the next writer in that directory removes it.
 */
#include "store/claim_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "claim/host_claim.h"

#define CLAIMS         "claims"
#define SUFFIX         ".json"
#define TEMP_SUFFIX    ".tmp" /* of vc_file_replace() */
#define CLAIM_SIZE_MAX ((size_t)1 << 20)
#define CLAIMS_MAX     100000U
#define NOTES_MAX      64U
#define READ_FLAGS     (VC_FILE_BENEATH | VC_FILE_TRUSTED | VC_FILE_WHOLE)

/* Where the document of a claim is. */
struct place {
	struct vc_arena *arena;
	const char *namespace;
	const char *name;
	char *path; /* for messages */
	char *file; /* in its directory */
};

/* .path is NULL when it failed. */
static struct place make_place(struct vc_arena *arena, const char *state,
                               const char *namespace, const char *name,
                               struct vc_err *err)
{
	struct place place = {
		.arena = arena,
		.namespace = namespace,
		.name = name,
	};

	if (!vc_is_dns_label(namespace) || !vc_is_dns_label(name)) {
		(void)vc_fail(err, VC_ERR_INPUT,
		              "'%.100s/%.100s' cannot name a claim; expected lower case "
		              "letters, digits and '-'",
		              namespace, name);
		return place;
	}
	place.file = vc_arena_printf(arena, "%s" SUFFIX, name);
	if (place.file)
		place.path = vc_arena_printf(arena, "%s/" CLAIMS "/%s/%s" SUFFIX, state,
		                             namespace, name);
	if (!place.path)
		(void)vc_fail_oom(err);
	return place;
}

/* The directory of a namespace; NULL: that of all namespaces. */
static int open_directory(struct vc_arena *arena, const char *state,
                          const char *namespace, int *ret_dir, struct vc_err *err)
{
	VC_AUTOCLOSE int root = -1;
	char *path = vc_arena_printf(arena, CLAIMS "%s%s", namespace ? "/" : "",
	                             namespace ? namespace : "");

	if (!path)
		return vc_fail_oom(err);
	if (vc_file_open_directory(AT_FDCWD, state, VC_FILE_TRUSTED, &root, err) < 0)
		return -(int)err->kind;
	return vc_file_open_directory(root, path, VC_FILE_BENEATH | VC_FILE_TRUSTED,
	                              ret_dir, err);
}

/* What vc_file_read() says, with the whole path. */
static int read_document(const struct place *place, int dir,
                         struct vc_host_claim *ret_claim, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_host_claim claim = { 0 };
	char *text = NULL;
	size_t len = 0;
	int r = vc_file_read(place->arena, dir, place->file, READ_FLAGS, &text, &len,
	                     err);

	if (r < 0)
		return vc_err_context(err, "%s", place->path);
	if (len > CLAIM_SIZE_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: %zu bytes are too many for a claim", place->path,
		               len);
	if (vc_tree_parse(text, len, place->path, &tree, err) < 0 ||
	    vc_host_claim_read(place->arena, tree, &claim, err) < 0)
		return -(int)err->kind;
	if (strcmp(claim.namespace, place->namespace) != 0 ||
	    strcmp(claim.name, place->name) != 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: /metadata: is claim '%s/%s', which belongs elsewhere",
		               place->path, claim.namespace, claim.name);
	*ret_claim = claim;
	return 0;
}

static int absent(const struct place *place, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_ABSENT,
	               "there is no claim '%s/%s' on this host; 'virt-claim list' shows "
	               "all",
	               place->namespace, place->name);
}

static int read_at(struct vc_arena *arena, const char *state, const struct place *place,
                   struct vc_host_claim *ret_claim, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	int r = open_directory(arena, state, place->namespace, &dir, err);

	if (r == 0)
		r = read_document(place, dir, ret_claim, err);
	return r == -VC_ERR_ABSENT ? absent(place, err) : r;
}

/**
 * vc_claim_store_read() - Read a claim
 * @arena:	holds it
 * @state:	directory of the configuration
 * @namespace:	its namespace
 * @name:	its name
 * @ret_claim:	claim
 * @err:	reason
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (a name that none can have, a document that is
 * none), -VC_ERR_REFUSED (others can write it), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_claim_store_read(struct vc_arena *arena, const char *state, const char *namespace,
                        const char *name, struct vc_host_claim *ret_claim,
                        struct vc_err *err)
{
	const struct place place = make_place(arena, state, namespace, name, err);

	return place.path ? read_at(arena, state, &place, ret_claim, err)
	                  : -(int)err->kind;
}

/* Listing */

struct listing {
	struct vc_arena *arena;
	const char *state;
	struct vc_host_claims claims;
	struct vc_names *notes;
};

/* The error becomes a note; lack of memory stays one. */
static int add_note(struct listing *l, struct vc_err *err)
{
	char **slot;

	if (err->kind == VC_ERR_INTERNAL)
		return -VC_ERR_INTERNAL;
	if (l->notes->n < NOTES_MAX) {
		slot = vc_list_push(l->arena, l->notes);
		if (slot)
			*slot = vc_arena_strdup(l->arena, err->msg);
		if (!slot || !*slot)
			return vc_fail_oom(err);
	}
	*err = (struct vc_err)VC_ERR_INIT;
	return 0;
}

/* "vm7.json" -> "vm7", NULL when it is something else */
static char *claim_name(struct vc_arena *arena, const char *file)
{
	size_t len = strlen(file), suffix = strlen(SUFFIX);

	if (len <= suffix || strcmp(file + len - suffix, SUFFIX) != 0)
		return NULL;
	return vc_arena_strndup(arena, file, len - suffix);
}

static int add_claim(struct listing *l, int dir, const char *namespace, const char *file,
                     struct vc_err *err)
{
	const char *name = claim_name(l->arena, file);
	struct vc_host_claim claim = { 0 }, *slot;
	struct place place;

	if (!name || !vc_is_dns_label(name)) {
		(void)vc_fail(err, VC_ERR_INPUT,
		              "%s/" CLAIMS "/%s/%s: is no claim; expected NAME" SUFFIX,
		              l->state, namespace, file);
		return add_note(l, err);
	}
	place = make_place(l->arena, l->state, namespace, name, err);
	if (!place.path)
		return -(int)err->kind;
	if (read_document(&place, dir, &claim, err) < 0)
		return err->kind == VC_ERR_ABSENT ? 0 : add_note(l, err);
	if (l->claims.n == CLAIMS_MAX)
		return vc_fail(err, VC_ERR_INPUT, "%s/" CLAIMS ": more than %u claims",
		               l->state, CLAIMS_MAX);
	slot = vc_list_push(l->arena, &l->claims);
	if (!slot)
		return vc_fail_oom(err);
	*slot = claim;
	return 0;
}

static int add_namespace(struct listing *l, int root, const char *namespace,
                         struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	struct vc_names files = { 0 };

	if (!vc_is_dns_label(namespace)) {
		(void)vc_fail(err, VC_ERR_INPUT, "%s/" CLAIMS "/%s: is no namespace",
		              l->state, namespace);
		return add_note(l, err);
	}
	if (vc_file_open_directory(root, namespace, VC_FILE_BENEATH | VC_FILE_TRUSTED,
	                           &dir, err) < 0 ||
	    vc_file_list(l->arena, dir, &files, err) < 0) {
		(void)vc_err_context(err, "%s/" CLAIMS, l->state);
		return add_note(l, err);
	}
	for (size_t i = 0; i < files.n; i++)
		if (files.v[i][0] != '.' &&
		    add_claim(l, dir, namespace, files.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int compare_claims(const void *a, const void *b)
{
	const struct vc_host_claim *x = a, *y = b;
	int c = strcmp(x->namespace, y->namespace);

	return c != 0 ? c : strcmp(x->name, y->name);
}

/**
 * vc_claim_store_list() - Read all claims
 * @arena:	holds them
 * @state:	directory of the configuration; it need not be there
 * @ret_claims:	claims, sorted by namespace and name
 * @notes:	what could not be read, and why, is added; at most NOTES_MAX
 * @err:	reason
 *
 * Return: 0, -VC_ERR_INPUT (too many), -VC_ERR_REFUSED (others can write the directory),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_claim_store_list(struct vc_arena *arena, const char *state,
                        struct vc_host_claims *ret_claims, struct vc_names *notes,
                        struct vc_err *err)
{
	struct listing l = { .arena = arena, .state = state, .notes = notes };
	struct vc_err reason = VC_ERR_INIT;
	VC_AUTOCLOSE int root = -1;
	struct vc_names namespaces = { 0 };
	int r = open_directory(arena, state, NULL, &root, &reason);

	if (r < 0 && r != -VC_ERR_ABSENT) {
		*err = reason;
		return r;
	}
	if (r == 0 && vc_file_list(arena, root, &namespaces, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < namespaces.n; i++)
		if (namespaces.v[i][0] != '.' &&
		    add_namespace(&l, root, namespaces.v[i], err) < 0)
			return -(int)err->kind;
	if (l.claims.n > 1)
		qsort(l.claims.v, l.claims.n, sizeof(*l.claims.v), compare_claims);
	*ret_claims = l.claims;
	return 0;
}

/* Writing */

/* Makes a directory whose parent is there, with its entry on disk. */
static int make_directory(struct vc_arena *arena, const char *path, struct vc_err *err)
{
	const char *slash = strrchr(path, '/');
	VC_AUTOCLOSE int parent = -1;
	char *above;

	if (mkdir(path, 0755) < 0)
		return errno == EEXIST
		               ? 0
		               : vc_fail_sys(err, errno, "cannot make '%s'", path);
	above = vc_arena_printf(arena, "%.*s/", (int)(slash - path), path);
	if (!above)
		return vc_fail_oom(err);
	if (vc_file_open_directory(AT_FDCWD, above, 0, &parent, err) < 0)
		return -(int)err->kind;
	return fsync(parent) < 0 ? vc_fail_sys(err, errno, "cannot sync '%s'", above) : 0;
}

/* STATE, what is missing above it, and the directory of a namespace. */
static int make_directories(struct vc_arena *arena, const char *state,
                            const char *namespace, struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "%s/" CLAIMS "/%s", state, namespace);

	if (!path)
		return vc_fail_oom(err);
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (make_directory(arena, path, err) < 0)
			return -(int)err->kind;
		*p = '/';
	}
	return make_directory(arena, path, err);
}

/* What writers left that were killed; under the lock nobody is writing. */
static int remove_leftovers(struct vc_arena *arena, int dir, struct vc_err *err)
{
	struct vc_names files = { 0 };

	if (vc_file_list(arena, dir, &files, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < files.n; i++) {
		const char *name = files.v[i];
		size_t len = strlen(name), suffix = strlen(TEMP_SUFFIX);

		if (name[0] == '.' && len > suffix &&
		    strcmp(name + len - suffix, TEMP_SUFFIX) == 0)
			(void)unlinkat(dir, name, 0);
	}
	return 0;
}

static int write_document(const struct place *place, int dir, const struct vc_buf *buf,
                          struct vc_err *err)
{
	if (vc_file_replace(dir, place->file, buf->data, buf->len, 0644, err) < 0)
		return vc_err_context(err, "%s", place->path);
	return 0;
}

/**
 * vc_claim_store_create() - Write a new claim
 * @arena:	for paths
 * @state:	directory of the configuration; it is made when it is missing
 * @claim:	claim
 * @err:	reason
 *
 * Return: 0, -VC_ERR_REFUSED (there is one of that name), -VC_ERR_INPUT (it makes no
 * sense), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_claim_store_create(struct vc_arena *arena, const char *state,
                          const struct vc_host_claim *claim, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(CLAIM_SIZE_MAX);
	VC_AUTOCLOSE int dir = -1;
	const struct place place =
		make_place(arena, state, claim->namespace, claim->name, err);
	struct stat st;

	if (!place.path || vc_host_claim_write(claim, &buf, err) < 0 ||
	    make_directories(arena, state, claim->namespace, err) < 0 ||
	    open_directory(arena, state, claim->namespace, &dir, err) < 0 ||
	    remove_leftovers(arena, dir, err) < 0)
		return -(int)err->kind;
	if (fstatat(dir, place.file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "there is a claim '%s/%s' already (%s); 'virt-claim "
		               "delete' removes it",
		               claim->namespace, claim->name, place.path);
	if (errno != ENOENT)
		return vc_fail_sys(err, errno, "cannot look at '%s'", place.path);
	return write_document(&place, dir, &buf, err);
}

/* It is still the one that the caller read. */
static int check_current(const struct place *place, int dir,
                         const struct vc_host_claim *claim, struct vc_err *err)
{
	struct vc_host_claim current = { 0 };
	int r = read_document(place, dir, &current, err);

	if (r == -VC_ERR_ABSENT)
		return absent(place, err);
	if (r < 0)
		return r;
	if (current.uid && strcmp(current.uid, claim->uid) == 0 &&
	    current.generation == claim->generation)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "somebody changed claim '%s/%s' meanwhile; look at it and try "
	               "again",
	               place->namespace, place->name);
}

/* Opens the directory of a claim that is there. */
static int open_current(const struct place *place, const char *state,
                        const struct vc_host_claim *claim, int *ret_dir,
                        struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	int r = open_directory(place->arena, state, place->namespace, &dir, err);

	if (r < 0)
		return r == -VC_ERR_ABSENT ? absent(place, err) : r;
	if (check_current(place, dir, claim, err) < 0 ||
	    remove_leftovers(place->arena, dir, err) < 0)
		return -(int)err->kind;
	*ret_dir = vc_steal_fd(&dir);
	return 0;
}

/**
 * vc_claim_store_update() - Replace a claim
 * @arena:	for paths
 * @state:	directory of the configuration
 * @claim:	as it was read, and changed; .generation becomes the next one
 * @err:	reason
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED (somebody changed it meanwhile),
 * -VC_ERR_INPUT (what is there, or is to be there, makes no sense), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_claim_store_update(struct vc_arena *arena, const char *state,
                          struct vc_host_claim *claim, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(CLAIM_SIZE_MAX);
	VC_AUTOCLOSE int dir = -1;
	struct vc_host_claim next = *claim;
	const struct place place =
		make_place(arena, state, claim->namespace, claim->name, err);

	next.generation++;
	if (!place.path || vc_host_claim_write(&next, &buf, err) < 0 ||
	    open_current(&place, state, claim, &dir, err) < 0 ||
	    write_document(&place, dir, &buf, err) < 0)
		return -(int)err->kind;
	claim->generation = next.generation;
	return 0;
}

/**
 * vc_claim_store_delete() - Remove a claim
 * @arena:	for paths
 * @state:	directory of the configuration
 * @claim:	as it was read
 * @err:	reason
 *
 * Return: 0, or as vc_claim_store_update()
 */
int vc_claim_store_delete(struct vc_arena *arena, const char *state,
                          const struct vc_host_claim *claim, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	const struct place place =
		make_place(arena, state, claim->namespace, claim->name, err);

	if (!place.path || open_current(&place, state, claim, &dir, err) < 0)
		return -(int)err->kind;
	if (unlinkat(dir, place.file, 0) < 0 || fsync(dir) < 0)
		return vc_fail_sys(err, errno, "cannot remove '%s'", place.path);
	return 0;
}
