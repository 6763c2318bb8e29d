/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [KEP-5304] The driver library writes, for each claim and request, a CDI file of kind
 * "<driver>/metadata" whose one device mounts the metadata file into the container. Its
 * hostPath is where that file is on the node.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "claim/cdi_recover.h"
#include "claim/device_metadata.h"

/**
 * vc_cdi_is_metadata() - Whether a file is a metadata CDI file
 * @spec:	file
 *
 * Return: whether it is
 */
bool vc_cdi_is_metadata(const struct vc_cdi_spec *spec)
{
	return strcmp(spec->class, "metadata") == 0;
}

/* The claims that were read after the first @n must be of claim @uid. */
static int check_claims(const struct vc_facts *facts, size_t n, const char *uid,
                        const struct vc_cdi_device *device, struct vc_err *err)
{
	for (size_t i = n; uid && i < facts->claims.n; i++) {
		const struct vc_claim *claim = &facts->claims.v[i];

		if (claim->uid && strcasecmp(claim->uid, uid) != 0)
			return vc_fail(
				err, VC_ERR_INPUT,
				"%s: is for claim '%s', but the metadata file that "
				"it mounts, '%s', is for claim '%s'",
				device->where, uid, claim->origin ? claim->origin : "",
				claim->uid);
	}
	return 0;
}

static int parse_metadata(struct vc_arena *arena, const char *path, const char *text,
                          size_t len, struct vc_facts *facts, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;

	if (vc_tree_parse(text, len, path, &tree, err) < 0)
		return -(int)err->kind;
	if (!vc_device_metadata_recognise(tree))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: is mounted as device metadata but is none; expected "
		               "apiVersion metadata.resource.k8s.io/...",
		               path);
	return vc_device_metadata_read(arena, tree, facts, err);
}

/**
 * vc_cdi_read_metadata() - Follow the mount of a metadata CDI device
 * @arena:	holds what is read
 * @device:	device of a metadata CDI file
 * @uid:	its claim; NULL unknown
 * @options:	only @follow and @file_flags matter
 * @facts:	what the metadata file says is added; a note when it is not there or may
 *		not be read
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED (VC_FILE_TRUSTED), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_cdi_read_metadata(struct vc_arena *arena, const struct vc_cdi_device *device,
                         const char *uid, const struct vc_cdi_options *options,
                         struct vc_facts *facts, struct vc_err *err)
{
	struct vc_err unread = VC_ERR_INIT;
	const size_t n = facts->claims.n;
	char *text = NULL;
	const char *path;
	size_t len = 0;
	int r;

	if (!options->follow)
		return 0;
	if (device->edits.mounts.n == 0 || device->edits.mounts.v[0].host_path[0] != '/')
		return vc_facts_note(arena, facts, err,
		                     "%s: expected a mount with an absolute hostPath; "
		                     "no metadata is read",
		                     device->where);
	path = device->edits.mounts.v[0].host_path;
	r = vc_file_read(arena, AT_FDCWD, path, options->file_flags & VC_FILE_TRUSTED,
	                 &text, &len, &unread);
	if (r == -VC_ERR_ABSENT || (r == -VC_ERR_SYSTEM && unread.sys == EACCES))
		return vc_facts_note(arena, facts, err, "%s: no metadata: %s",
		                     device->where, unread.msg);
	if (r < 0) {
		*err = unread;
		return vc_err_context(err, "%s", device->where);
	}
	if (parse_metadata(arena, path, text, len, facts, err) < 0)
		return vc_err_context(err, "%s", device->where);
	return check_claims(facts, n, uid, device, err);
}
