/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a folder is. The file that says it is put there before the folder gets its name,
 * and nothing that is written later takes it away.
 */
#include <string.h>

#include "base/parse.h"
#include "node/publish.h"
#include "node/publish_internal.h"

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* *@foreign is set to the first name in request @name that is no metadata file. */
static int look_into(struct vc_arena *arena, int dir, const char *name, char **foreign,
                     struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_names files = { 0 };
	struct vc_err why = VC_ERR_INIT;

	if (vc_file_open_directory(dir, name, VC_FILE_BENEATH, &fd, &why) < 0) {
		*foreign = vc_arena_strdup(arena, name);
		return *foreign ? 0 : vc_fail_oom(err);
	}
	if (vc_file_list(arena, fd, &files, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < files.n && !*foreign; i++) {
		if (ends_in(files.v[i], VC_PUBLISH_SUFFIX))
			continue;
		*foreign = vc_arena_printf(arena, "%s/%s", name, files.v[i]);
		if (!*foreign)
			return vc_fail_oom(err);
	}
	return 0;
}

static int read_owner(struct vc_arena *arena, int dir, char **ret_owner,
                      struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	size_t len = 0;
	int r = vc_file_read(arena, dir, VC_PUBLISH_OWNER,
	                     VC_FILE_BENEATH | VC_FILE_TRUSTED | VC_FILE_WHOLE, ret_owner,
	                     &len, &why);

	if (r != -VC_ERR_INTERNAL)
		return 0;
	*err = why;
	return r;
}

static int look_at(struct vc_arena *arena, int dir, struct vc_folder_owner *owner,
                   struct vc_err *err)
{
	struct vc_names names = { 0 };

	if (read_owner(arena, dir, &owner->owner, err) < 0 ||
	    vc_file_list(arena, dir, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n && !owner->foreign; i++) {
		if (strcmp(names.v[i], VC_PUBLISH_OWNER) == 0 ||
		    strcmp(names.v[i], VC_PUBLISH_CONTAINER) == 0)
			continue;
		if (look_into(arena, dir, names.v[i], &owner->foreign, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_publish_owner() - Whose folder a claim has
 * @arena:	holds the answer
 * @publish:	where
 * @namespace:	namespace
 * @name:	name
 * @ret_owner:	answer
 * @err:	why it cannot be said
 *
 * Return: 0, -VC_ERR_ABSENT (there is no such folder), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_publish_owner(struct vc_arena *arena, const struct vc_publish *publish,
                     const char *namespace, const char *name,
                     struct vc_folder_owner *ret_owner, struct vc_err *err)
{
	struct vc_folder_owner owner = { 0 };
	VC_AUTOCLOSE int claims = -1;
	VC_AUTOCLOSE int dir = -1;
	const char *path = vc_arena_printf(arena, "%s/%s", namespace, name);
	struct vc_writer writer = { .arena = arena };

	if (!path)
		return vc_fail_oom(err);
	if (!vc_is_dns_label(namespace) || !vc_is_dns_subdomain(name))
		return vc_fail(err, VC_ERR_ABSENT, "'%s' is the place of no claim", path);
	if (vc_publish_open(&writer, publish->claims, 0, false, &claims, err) < 0 ||
	    vc_file_open_directory(claims, path, VC_FILE_BENEATH, &dir, err) < 0)
		return vc_err_context(err, "%s", publish->claims);
	if (look_at(arena, dir, &owner, err) < 0)
		return vc_err_context(err, "%s/%s", publish->claims, path);
	*ret_owner = owner;
	return 0;
}
