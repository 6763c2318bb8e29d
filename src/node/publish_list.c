/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is published. A folder in which nobody could read a UID, and CDI files of others,
 * are not ours to speak about.
 */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "claim/cdi_write.h"
#include "node/publish.h"
#include "node/publish_internal.h"

struct listing {
	struct vc_writer writer;
	struct vc_claims claims;
	size_t n_folders; /* the first of .claims; then those of CDI files */
};

static int add_claim(struct listing *l, const char *uid, const char *namespace,
                     const char *name, struct vc_err *err)
{
	struct vc_arena *arena = l->writer.arena;
	struct vc_claim *claim = vc_list_push(arena, &l->claims);

	if (!claim)
		return vc_fail_oom(err);
	claim->uid = vc_arena_strdup(arena, uid);
	claim->namespace = vc_arena_strdup(arena, namespace);
	claim->name = vc_arena_strdup(arena, name);
	return claim->uid && claim->namespace && claim->name ? 0 : vc_fail_oom(err);
}

/* What vanishes meanwhile was withdrawn. */
static int list_folder(struct listing *l, int dir, const char *namespace,
                       const char *name, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_err ignored = VC_ERR_INIT;
	char *uid = NULL;

	if (name[0] == '.')
		return vc_writer_clean(&l->writer, dir, name, err);
	if (!vc_is_dns_subdomain(name) ||
	    vc_file_open_directory(dir, name, VC_FILE_BENEATH, &fd, &ignored) < 0)
		return 0;
	if (vc_folder_uid(l->writer.arena, fd, &uid, err) < 0)
		return -(int)err->kind;
	return uid ? add_claim(l, uid, namespace, name, err) : 0;
}

static int list_namespace(struct listing *l, int claims, const char *namespace,
                          struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_err ignored = VC_ERR_INIT;
	struct vc_names names = { 0 };

	if (!vc_is_dns_label(namespace) ||
	    vc_file_open_directory(claims, namespace, VC_FILE_BENEATH, &fd, &ignored) < 0)
		return 0;
	if (vc_file_list(l->writer.arena, fd, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++)
		if (list_folder(l, fd, namespace, names.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* A directory that is not there is empty. *ret_fd is -1 then. */
static int open_listed(struct listing *l, const char *path, unsigned flags, int *ret_fd,
                       struct vc_names *ret_names, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r = vc_publish_open(&l->writer, path, flags, false, ret_fd, &why);

	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r == 0)
		r = vc_file_list(l->writer.arena, *ret_fd, ret_names, &why);
	if (r < 0)
		*err = why;
	return r;
}

static int list_folders(struct listing *l, const char *path, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_names names = { 0 };

	if (open_listed(l, path, VC_FILE_TRUSTED, &fd, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++)
		if (list_namespace(l, fd, names.v[i], err) < 0)
			return vc_err_context(err, "%s/%s", path, names.v[i]);
	l->n_folders = l->claims.n;
	return 0;
}

static bool has_folder(const struct listing *l, const char *uid)
{
	for (size_t i = 0; i < l->n_folders; i++)
		if (strcmp(l->claims.v[i].uid, uid) == 0)
			return true;
	return false;
}

static int list_cdi_file(struct listing *l, int dir, const char *file, struct vc_err *err)
{
	const char *namespace, *name;
	char uid[VC_CDI_UID_SIZE];

	if (file[0] == '.')
		return vc_writer_clean(&l->writer, dir, file, err);
	if (!vc_cdi_is_claim_file(file, uid) || has_folder(l, uid))
		return 0;
	vc_cdi_names(l->writer.arena, dir, file, &namespace, &name);
	return add_claim(l, uid, namespace, name, err);
}

static int list_cdi(struct listing *l, const char *path, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_names names = { 0 };

	if (open_listed(l, path, 0, &fd, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++)
		if (list_cdi_file(l, fd, names.v[i], err) < 0)
			return vc_err_context(err, "%s", path);
	return 0;
}

static int compare_claims(const void *va, const void *vb)
{
	const struct vc_claim *a = va, *b = vb;
	int c = strcmp(a->namespace, b->namespace);

	if (c == 0)
		c = strcmp(a->name, b->name);
	return c != 0 ? c : strcmp(a->uid, b->uid);
}

/**
 * vc_publish_list() - What is published, by whomever
 * @arena:	holds the claims
 * @publish:	where
 * @ret_claims:	claims with .uid, .namespace, .name, sorted by namespace, name and UID. Of a
 *		CDI file without a folder, the names are what it says; "" when it says none
 * @err:	why not
 *
 * Leftovers of processes that are gone are removed. A directory that is not there is
 * empty.
 *
 * Return: 0, -VC_ERR_REFUSED (others can write the shared directory), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_publish_list(struct vc_arena *arena, const struct vc_publish *publish,
                    struct vc_claims *ret_claims, struct vc_err *err)
{
	struct listing l = { 0 };

	if (vc_writer_open(arena, &l.writer, err) < 0 ||
	    list_folders(&l, publish->claims, err) < 0)
		return -(int)err->kind;
	if (publish->cdi && list_cdi(&l, publish->cdi, err) < 0)
		return -(int)err->kind;
	if (l.claims.n > 1)
		qsort(l.claims.v, l.claims.n, sizeof(*l.claims.v), compare_claims);
	*ret_claims = l.claims;
	return 0;
}
