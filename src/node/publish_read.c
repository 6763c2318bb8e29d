/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is published already, read back with the reader that everybody uses. Files are
 * only ever replaced by rename, so one reading is enough.
 */
#include <string.h>

#include "claim/cdi.h"
#include "claim/device_metadata.h"
#include "claim/tree.h"
#include "node/publish_internal.h"

/**
 * vc_part_read() - Read one metadata file
 * @arena:	holds the result
 * @dir:	directory that @path is relative to
 * @path:	file
 * @ret_read:	its text and its one claim
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (no metadata, or of several claims),
 * -VC_ERR_REFUSED (others can write it), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_part_read(struct vc_arena *arena, int dir, const char *path,
                 struct vc_part_read *ret_read, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_facts facts = { 0 };
	char *text = NULL;
	size_t len = 0;

	if (vc_file_read(arena, dir, path,
	                 VC_FILE_BENEATH | VC_FILE_TRUSTED | VC_FILE_WHOLE, &text, &len,
	                 err) < 0 ||
	    vc_tree_parse(text, len, path, &tree, err) < 0 ||
	    vc_device_metadata_read(arena, tree, &facts, err) < 0)
		return -(int)err->kind;
	if (facts.claims.n != 1)
		return vc_fail(err, VC_ERR_INPUT, "%s: expected one claim, not %zu", path,
		               facts.claims.n);
	*ret_read = (struct vc_part_read){ facts.claims.v[0], text, len };
	return 0;
}

/* The UID that the first readable file of a request says; NULL when none does. */
static int uid_in_request(struct vc_arena *arena, int dir, const char *request,
                          char **ret_uid, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_names names = { 0 };

	*ret_uid = NULL;
	if (vc_file_open_directory(dir, request, VC_FILE_BENEATH, &fd, err) < 0 ||
	    vc_file_list(arena, fd, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n && !*ret_uid; i++) {
		struct vc_part_read part = { 0 };

		if (names.v[i][0] == '.')
			continue;
		if (vc_part_read(arena, fd, names.v[i], &part, err) == 0)
			*ret_uid = part.claim.uid;
		else if (err->kind == VC_ERR_INTERNAL)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_folder_uid() - Whose folder it is
 * @arena:	holds the UID
 * @dir:	folder of a claim
 * @ret_uid:	UID that its first readable file says; NULL when nothing in there does
 * @err:	why it cannot be said; files that are no metadata are no error
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_folder_uid(struct vc_arena *arena, int dir, char **ret_uid, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT; /* what cannot be read fills it too */
	struct vc_names names = { 0 };
	char *uid = NULL;

	if (vc_file_list(arena, dir, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n && !uid; i++) {
		if (names.v[i][0] == '.')
			continue;
		if (uid_in_request(arena, dir, names.v[i], &uid, &why) ==
		    -VC_ERR_INTERNAL) {
			*err = why;
			return -(int)err->kind;
		}
	}
	*ret_uid = uid;
	return 0;
}

/**
 * vc_cdi_names() - Which claim a CDI file of ours is about
 * @arena:	holds the names
 * @dir:	directory
 * @file:	name of the file
 * @ret_namespace: namespace; "" when the file cannot be read or does not say it
 * @ret_name:	name, likewise
 */
void vc_cdi_names(struct vc_arena *arena, int dir, const char *file,
                  const char **ret_namespace, const char **ret_name)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err ignored = VC_ERR_INIT;
	struct vc_facts facts = { 0 };
	char *text = NULL;
	size_t len = 0;

	*ret_namespace = *ret_name = "";
	if (vc_file_read(arena, dir, file, VC_FILE_BENEATH | VC_FILE_WHOLE, &text, &len,
	                 &ignored) < 0 ||
	    vc_tree_parse(text, len, file, &tree, &ignored) < 0 ||
	    vc_cdi_read(arena, tree, file, false, 0, &facts, &ignored) < 0 ||
	    facts.claims.n != 1 || !facts.claims.v[0].name ||
	    !facts.claims.v[0].namespace)
		return;
	*ret_namespace = facts.claims.v[0].namespace;
	*ret_name = facts.claims.v[0].name;
}
