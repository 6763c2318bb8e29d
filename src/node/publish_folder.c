/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation. A folder is built under a temporary name beside its place and moved
 * there by one rename, so a reader sees none or all of it. When there is a folder already:
 *
 *   same UID, same files      each file that differs is replaced by rename, with the next
 *                             generation; its twin below .container is a link to it
 *   anything else             a new folder is built and exchanged with the old one, which
 *                             is removed under the temporary name
 *
 * A folder goes by being renamed first, then removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim/device_metadata.h"
#include "node/publish_internal.h"

/* Others create and remove folders of that name at the same time. */
#define ATTEMPTS 8

/* [KEP-5304] v1 is not out yet. KubeVirt reads v1alpha1 and nothing else. */
static const char *const versions[] = { "v1beta1", "v1alpha1" };

/* The folder that is there. */
struct old {
	int dir;
	bool fits; /* same claim, same files */
	int64_t generation;
};

/* A folder on its way. */
struct build {
	struct vc_writer *writer;
	const struct vc_folder *folder;
	int dir;       /* it */
	int container; /* .container/resourceclaims/CLAIM of it */
};

static void release_old(const struct old *old)
{
	vc_closep(&old->dir);
}

static void release_build(const struct build *build)
{
	vc_closep(&build->container);
	vc_closep(&build->dir);
}

/* Parts */

static struct vc_part *find_part(struct vc_parts *parts, const struct vc_device *d)
{
	for (size_t i = 0; i < parts->n; i++) {
		const struct vc_device *first = &parts->v[i].claim.devices.v[0];

		if (strcmp(first->request, d->request) == 0 &&
		    vc_driver_equal(first->driver, d->driver))
			return &parts->v[i];
	}
	return NULL;
}

static struct vc_part *add_part(struct vc_arena *arena, struct vc_parts *parts,
                                const struct vc_claim *claim, const struct vc_device *d)
{
	struct vc_part *part = vc_list_push(arena, parts);

	if (!part)
		return NULL;
	part->claim = *claim;
	part->claim.devices = (struct vc_devices){ 0 };
	part->request = d->request;
	part->file = vc_arena_printf(arena, "%s" VC_PUBLISH_SUFFIX, d->driver);
	return part->file ? part : NULL;
}

/* One file for each request and driver. */
static int split(struct vc_arena *arena, const struct vc_claim *claim,
                 struct vc_parts *ret_parts, struct vc_err *err)
{
	struct vc_parts parts = { 0 };

	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_device *d = &claim->devices.v[i];
		struct vc_part *part = find_part(&parts, d);
		struct vc_device *slot;

		if (!part)
			part = add_part(arena, &parts, claim, d);
		slot = part ? vc_list_push(arena, &part->claim.devices) : NULL;
		if (!slot)
			return vc_fail_oom(err);
		*slot = *d;
	}
	*ret_parts = parts;
	return 0;
}

static int part_text(struct vc_arena *arena, const struct vc_part *part,
                     int64_t generation, const char **ret_text, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_FILE_MAX_BYTES);
	VC_AUTOFREE char *text = NULL;
	struct vc_claim claim = part->claim;
	size_t len;

	claim.generation = generation;
	if (vc_device_metadata_write(&claim, versions, VC_ARRAY_SIZE(versions), &buf,
	                             err) < 0 ||
	    vc_buf_take(&buf, &text, &len, err) < 0)
		return -(int)err->kind;
	*ret_text = vc_arena_strndup(arena, text, len);
	return *ret_text ? 0 : vc_fail_oom(err);
}

/* Building */

static int link_file(int from, const char *name, int to, const char *as,
                     struct vc_err *err)
{
	if (linkat(from, name, to, as, 0) < 0)
		return vc_fail_sys(err, errno, "cannot link '%s' to '%s'", as, name);
	return 0;
}

static int build_part(const struct build *b, const struct vc_part *part,
                      int64_t generation, struct vc_err *err)
{
	VC_AUTOCLOSE int request = -1;
	VC_AUTOCLOSE int twin = -1;
	const char *text = NULL;
	bool made;

	if (part_text(b->writer->arena, part, generation, &text, err) < 0 ||
	    vc_publish_make(b->dir, part->request, &request, &made, err) < 0 ||
	    vc_publish_make(b->container, part->request, &twin, &made, err) < 0 ||
	    vc_publish_file(request, part->file, text, err) < 0 ||
	    link_file(request, part->file, twin, part->file, err) < 0 ||
	    vc_publish_sync(request, part->request, err) < 0)
		return -(int)err->kind;
	return vc_publish_sync(twin, part->request, err);
}

/* .container/resourceclaims/CLAIM */
static int build_container(struct build *b, struct vc_err *err)
{
	VC_AUTOCLOSE int container = -1;
	VC_AUTOCLOSE int claims = -1;

	if (vc_publish_make(b->dir, VC_PUBLISH_CONTAINER, &container, NULL, err) < 0 ||
	    vc_publish_make(container, VC_PUBLISH_RESOURCE_CLAIMS, &claims, NULL, err) <
	            0 ||
	    vc_publish_make(claims, b->folder->name, &b->container, NULL, err) < 0 ||
	    vc_publish_sync(claims, VC_PUBLISH_RESOURCE_CLAIMS, err) < 0)
		return -(int)err->kind;
	return vc_publish_sync(container, VC_PUBLISH_CONTAINER, err);
}

static int build_tree(struct build *b, const char *name, const struct vc_parts *parts,
                      int64_t generation, struct vc_err *err)
{
	if (vc_publish_remove(b->writer, b->folder->namespace, name, err) < 0 ||
	    vc_publish_make(b->folder->namespace, name, &b->dir, NULL, err) < 0 ||
	    build_container(b, err) < 0 ||
	    (b->writer->owner &&
	     vc_publish_file(b->dir, VC_PUBLISH_OWNER, b->writer->owner, err) < 0))
		return -(int)err->kind;
	for (size_t i = 0; i < parts->n; i++)
		if (build_part(b, &parts->v[i], generation, err) < 0)
			return -(int)err->kind;
	if (vc_publish_sync(b->container, b->folder->name, err) < 0)
		return -(int)err->kind;
	return vc_publish_sync(b->dir, name, err);
}

/* What is left of it goes; what cannot be removed now is removed as a leftover later. */
static void discard(struct vc_writer *writer, const struct vc_folder *folder,
                    const char *name)
{
	struct vc_err ignored = VC_ERR_INIT;
	int r = vc_publish_remove(writer, folder->namespace, name, &ignored);

	(void)r;
}

static int build_folder(struct vc_writer *writer, const struct vc_folder *folder,
                        const struct vc_parts *parts, int64_t generation, char **ret_name,
                        struct vc_err *err)
{
	VC_CLEANUP(release_build)
	struct build b = { writer, folder, -1, -1 };
	char *name = vc_writer_name(writer);

	if (!name)
		return vc_fail_oom(err);
	if (build_tree(&b, name, parts, generation, err) < 0) {
		discard(writer, folder, name);
		return -(int)err->kind;
	}
	*ret_name = name;
	return 0;
}

/* Moves a built folder into its place. *ret_done is false when somebody was faster. */
static int move_in(struct vc_writer *writer, const struct vc_folder *folder,
                   const char *name, bool exchange, bool *ret_done, struct vc_err *err)
{
	unsigned flag = exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE;
	int r = renameat2(folder->namespace, name, folder->namespace, folder->name, flag);
	int sys = errno;

	*ret_done = r == 0;
	if (r < 0) {
		discard(writer, folder, name);
		if (sys == (exchange ? ENOENT : EEXIST))
			return 0;
		return vc_fail_sys(err, sys, "cannot rename a folder to '%s'",
		                   folder->name);
	}
	if (vc_publish_sync(folder->namespace, folder->label, err) < 0)
		return -(int)err->kind;
	if (exchange)
		discard(writer, folder, name);
	return 0;
}

/* Looking */

/* -VC_ERR_ABSENT when there is none. */
static int open_folder(const struct vc_folder *folder, int *ret_dir, struct vc_err *err)
{
	int r = vc_file_open_directory(folder->namespace, folder->name, VC_FILE_BENEATH,
	                               ret_dir, err);

	if (r < 0 && (err->sys == ENOTDIR || err->sys == ELOOP))
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s' is no directory; move it away, it is in the place of "
			"the claim",
			folder->name);
	return r;
}

static bool is_request(const struct vc_parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->n; i++)
		if (strcmp(parts->v[i].request, name) == 0)
			return true;
	return false;
}

static bool is_file(const struct vc_parts *parts, const char *request, const char *name)
{
	for (size_t i = 0; i < parts->n; i++)
		if (strcmp(parts->v[i].request, request) == 0 &&
		    strcmp(parts->v[i].file, name) == 0)
			return true;
	return false;
}

/* Whether a request has no files but those of the parts. */
static bool fits_request(struct vc_arena *arena, int dir, const char *request,
                         const struct vc_parts *parts)
{
	struct vc_err ignored = VC_ERR_INIT;
	VC_AUTOCLOSE int fd = -1;
	struct vc_names names = { 0 };

	if (vc_file_open_directory(dir, request, VC_FILE_BENEATH | VC_FILE_TRUSTED, &fd,
	                           &ignored) < 0 ||
	    vc_file_list(arena, fd, &names, &ignored) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (!is_file(parts, request, names.v[i]))
			return false;
	return true;
}

static char *twin_path(struct vc_arena *arena, const struct vc_folder *folder,
                       const char *request)
{
	return vc_arena_printf(
		arena, VC_PUBLISH_CONTAINER "/" VC_PUBLISH_RESOURCE_CLAIMS "/%s/%s",
		folder->name, request);
}

static bool has_twin(struct vc_arena *arena, int dir, const struct vc_folder *folder,
                     const struct vc_part *part)
{
	struct vc_err ignored = VC_ERR_INIT;
	VC_AUTOCLOSE int fd = -1;
	const char *path = twin_path(arena, folder, part->request);

	return path &&
	       vc_file_open_directory(dir, path, VC_FILE_BENEATH | VC_FILE_TRUSTED, &fd,
	                              &ignored) == 0;
}

static char *part_path(struct vc_arena *arena, const struct vc_part *part)
{
	return vc_arena_printf(arena, "%s/%s", part->request, part->file);
}

/* Whether one file is there, and the claim's; notes its generation. */
static bool fits_part(struct vc_arena *arena, struct old *old,
                      const struct vc_folder *folder, const struct vc_part *part)
{
	struct vc_err ignored = VC_ERR_INIT;
	const char *path = part_path(arena, part);
	struct vc_part_read read = { 0 };

	if (!path || vc_part_read(arena, old->dir, path, &read, &ignored) < 0 ||
	    strcmp(read.claim.uid, part->claim.uid) != 0)
		return false;
	if (read.claim.generation > old->generation)
		old->generation = read.claim.generation;
	return strcmp(read.claim.namespace, part->claim.namespace) == 0 &&
	       strcmp(read.claim.name, part->claim.name) == 0 &&
	       has_twin(arena, old->dir, folder, part);
}

static bool is_trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* What is in the place of the claim. What does not fit is replaced as a whole. */
static int look_at(struct vc_arena *arena, const struct vc_folder *folder,
                   const struct vc_parts *parts, struct old *old, struct vc_err *err)
{
	struct vc_names names = { 0 };
	struct stat st;

	if (open_folder(folder, &old->dir, err) < 0 ||
	    vc_file_list(arena, old->dir, &names, err) < 0)
		return -(int)err->kind;
	old->fits = fstat(old->dir, &st) == 0 && is_trusted(&st);
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i], VC_PUBLISH_CONTAINER) != 0 &&
		    strcmp(names.v[i], VC_PUBLISH_OWNER) != 0)
			old->fits = old->fits && is_request(parts, names.v[i]) &&
			            fits_request(arena, old->dir, names.v[i], parts);
	for (size_t i = 0; i < parts->n; i++)
		if (!fits_part(arena, old, folder, &parts->v[i]))
			old->fits = false;
	return 0;
}

/* Updating */

static int replace(struct vc_writer *writer, const struct vc_folder *folder, int dir,
                   const char *temp, const char *name, struct vc_err *err)
{
	if (renameat(folder->namespace, temp, dir, name) < 0) {
		int sys = errno;

		discard(writer, folder, temp);
		return vc_fail_sys(err, sys, "cannot replace '%s'", name);
	}
	return vc_publish_sync(dir, name, err);
}

/* Below .container there is the same file; after a crash it may be an older one. */
static int update_twin(struct vc_writer *writer, const struct vc_folder *folder,
                       int request, int twin, const char *file, bool *changed,
                       struct vc_err *err)
{
	struct stat a, b;
	char *temp;

	if (fstatat(request, file, &a, AT_SYMLINK_NOFOLLOW) < 0)
		return vc_fail_sys(err, errno, "cannot stat '%s'", file);
	if (fstatat(twin, file, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev)
		return 0;
	temp = vc_writer_name(writer);
	if (!temp)
		return vc_fail_oom(err);
	discard(writer, folder, temp);
	if (link_file(request, file, folder->namespace, temp, err) < 0 ||
	    replace(writer, folder, twin, temp, file, err) < 0)
		return -(int)err->kind;
	*changed = true;
	return 0;
}

static int update_file(struct vc_writer *writer, const struct vc_folder *folder,
                       int request, const struct vc_part *part, bool *changed,
                       struct vc_err *err)
{
	struct vc_part_read old = { .text = "" };
	const char *text = "";
	char *temp = NULL;

	if (vc_part_read(writer->arena, request, part->file, &old, err) < 0 ||
	    part_text(writer->arena, part, old.claim.generation, &text, err) < 0)
		return -(int)err->kind;
	if (strlen(text) == old.len && memcmp(text, old.text, old.len) == 0)
		return 0;
	if (part_text(writer->arena, part, old.claim.generation + 1, &text, err) < 0 ||
	    vc_writer_file(writer, folder->namespace, text, &temp, err) < 0 ||
	    replace(writer, folder, request, temp, part->file, err) < 0)
		return -(int)err->kind;
	*changed = true;
	return 0;
}

static int update_part(struct vc_writer *writer, const struct vc_folder *folder,
                       const struct old *old, const struct vc_part *part, bool *changed,
                       struct vc_err *err)
{
	const char *path = twin_path(writer->arena, folder, part->request);
	VC_AUTOCLOSE int request = -1;
	VC_AUTOCLOSE int twin = -1;

	if (!path)
		return vc_fail_oom(err);
	if (vc_file_open_directory(old->dir, part->request, VC_FILE_BENEATH, &request,
	                           err) < 0 ||
	    vc_file_open_directory(old->dir, path, VC_FILE_BENEATH, &twin, err) < 0 ||
	    update_file(writer, folder, request, part, changed, err) < 0)
		return -(int)err->kind;
	return update_twin(writer, folder, request, twin, part->file, changed, err);
}

/* Writing */

/* One try. *ret_done is false when somebody else moved the folder meanwhile. */
static int write_once(struct vc_writer *writer, const struct vc_folder *folder,
                      const struct vc_parts *parts, bool *ret_done, bool *changed,
                      struct vc_err *err)
{
	VC_CLEANUP(release_old) struct old old = { .dir = -1 };
	char *name = NULL;
	int r = look_at(writer->arena, folder, parts, &old, err);

	if (r < 0 && r != -VC_ERR_ABSENT)
		return r;
	*err = (struct vc_err)VC_ERR_INIT;
	if (r == 0 && old.fits) {
		*ret_done = true;
		for (size_t i = 0; i < parts->n; i++)
			if (update_part(writer, folder, &old, &parts->v[i], changed,
			                err) < 0)
				return -(int)err->kind;
		return 0;
	}
	*changed = true;
	if (build_folder(writer, folder, parts, old.generation + 1, &name, err) < 0)
		return -(int)err->kind;
	return move_in(writer, folder, name, r == 0, ret_done, err);
}

/**
 * vc_folder_write() - Publish a claim in the shared claims directory
 * @writer:	writer
 * @folder:	its place
 * @claim:	claim, all names known
 * @ret_changed: whether anything was written
 * @err:	why not; begins with the path of the folder
 *
 * Return: 0, -VC_ERR_REFUSED (no directory in its place; what the format cannot say),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_folder_write(struct vc_writer *writer, const struct vc_folder *folder,
                    const struct vc_claim *claim, bool *ret_changed, struct vc_err *err)
{
	struct vc_parts parts = { 0 };
	bool done = false, changed = false;

	if (split(writer->arena, claim, &parts, err) < 0)
		return -(int)err->kind;
	for (unsigned i = 0; i < ATTEMPTS && !done; i++)
		if (write_once(writer, folder, &parts, &done, &changed, err) < 0)
			return vc_err_context(err, "%s", folder->label);
	if (!done)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "%s: other processes replace the claim all the time; try "
		               "again when they are done",
		               folder->label);
	*ret_changed = changed;
	return 0;
}

/* Withdrawing */

/* Whether it is the folder of claim @uid. */
static int is_folder_of(struct vc_writer *writer, const struct vc_folder *folder,
                        const char *uid, bool *ret_is, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	char *found = NULL;
	int r = open_folder(folder, &dir, err);

	*ret_is = false;
	if (r == -VC_ERR_ABSENT || r == -VC_ERR_REFUSED) {
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	if (r < 0 || vc_folder_uid(writer->arena, dir, &found, err) < 0)
		return -(int)err->kind;
	*ret_is = found && strcmp(found, uid) == 0;
	return 0;
}

/* Between look and rename somebody may have exchanged the folder: then it goes back. */
static int remove_hidden(struct vc_writer *writer, const struct vc_folder *folder,
                         const char *temp, const char *uid, struct vc_err *err)
{
	struct vc_folder hidden = *folder;
	bool is = false;

	hidden.name = temp;
	if (is_folder_of(writer, &hidden, uid, &is, err) < 0)
		return -(int)err->kind;
	if (!is && renameat2(folder->namespace, temp, folder->namespace, folder->name,
	                     RENAME_NOREPLACE) == 0)
		return 0;
	if (vc_publish_sync(folder->namespace, folder->label, err) < 0)
		return -(int)err->kind;
	return vc_publish_remove(writer, folder->namespace, temp, err);
}

/**
 * vc_folder_withdraw() - Take a claim out of the shared claims directory
 * @writer:	writer
 * @folder:	its place
 * @uid:	UID of the claim; a folder of another one stays
 * @err:	why not; begins with the path of the folder
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_folder_withdraw(struct vc_writer *writer, const struct vc_folder *folder,
                       const char *uid, struct vc_err *err)
{
	char *temp = vc_writer_name(writer);
	bool is = false;

	if (!temp)
		return vc_fail_oom(err);
	if (is_folder_of(writer, folder, uid, &is, err) < 0)
		return vc_err_context(err, "%s", folder->label);
	if (!is)
		return 0;
	discard(writer, folder, temp);
	if (renameat2(folder->namespace, folder->name, folder->namespace, temp,
	              RENAME_NOREPLACE) < 0)
		return errno == ENOENT ? 0
		                       : vc_fail_sys(err, errno, "%s: cannot rename it",
		                                     folder->label);
	if (remove_hidden(writer, folder, temp, uid, err) < 0)
		return vc_err_context(err, "%s", folder->label);
	return 0;
}
