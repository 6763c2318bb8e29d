/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/status.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "claim/json_writer.h"
#include "claim/tree.h"

#define FILE_MODE 0644

static void write_claim(struct vc_json_writer *w, const struct vc_companion_claim *claim)
{
	vc_json_object(w, NULL);
	vc_json_string(w, "uid", claim->uid);
	vc_json_string_if(w, "namespace", claim->namespace);
	vc_json_string_if(w, "name", claim->name);
	vc_json_string(w, "state", claim->state);
	vc_json_string_if(w, "text", claim->text);
	vc_json_close(w);
}

static void write_all(struct vc_json_writer *w, const struct vc_companion_status *status)
{
	vc_json_object(w, NULL);
	vc_json_bool(w, "settled", status->settled);
	vc_json_array(w, "claims");
	for (size_t i = 0; i < status->claims.n; i++)
		write_claim(w, &status->claims.v[i]);
	vc_json_close(w);
	vc_json_array(w, "troubles");
	for (size_t i = 0; i < status->troubles.n; i++) {
		vc_json_object(w, NULL);
		vc_json_string(w, "subject", status->troubles.v[i].subject);
		vc_json_string(w, "text", status->troubles.v[i].text);
		vc_json_close(w);
	}
	vc_json_close(w);
	vc_json_close(w);
}

static bool is_written(struct vc_arena *arena, int dir, const char *text, size_t len)
{
	struct vc_err ignored = VC_ERR_INIT;
	char *old = NULL;
	size_t old_len = 0;

	return vc_file_read(arena, dir, VC_COMPANION_STATUS,
	                    VC_FILE_BENEATH | VC_FILE_WHOLE, &old, &old_len,
	                    &ignored) == 0 &&
	       old_len == len && memcmp(old, text, len) == 0;
}

/**
 * vc_companion_status_write() - Say what is known
 * @arena:	scratch
 * @run:	directory
 * @status:	what is known
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_companion_status_write(struct vc_arena *arena, const char *run,
                              const struct vc_companion_status *status,
                              struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_FILE_MAX_BYTES);
	struct vc_json_writer w = { .buf = &buf };
	VC_AUTOFREE char *text = NULL;
	VC_AUTOCLOSE int dir = -1;
	size_t len;

	write_all(&w, status);
	if (vc_buf_take(&buf, &text, &len, err) < 0 ||
	    vc_file_open_directory(AT_FDCWD, run, 0, &dir, err) < 0)
		return -(int)err->kind;
	if (is_written(arena, dir, text, len))
		return 0;
	if (vc_file_replace(dir, VC_COMPANION_STATUS, text, len, FILE_MODE, err) < 0)
		return vc_err_context(err, "%s", run);
	return 0;
}

/* Reading */

static int read_text(struct vc_arena *arena, const struct vc_node *node, const char *key,
                     enum vc_presence presence, const char **ret_text, struct vc_err *err)
{
	char *text = NULL;
	int r = vc_node_string(arena, node, key, presence, &text, err);

	if (r == 0)
		*ret_text = text;
	return r;
}

static int read_claim(struct vc_arena *arena, const struct vc_node *node,
                      struct vc_companion_claim *claim, struct vc_err *err)
{
	if (read_text(arena, node, "uid", VC_REQUIRED, &claim->uid, err) < 0 ||
	    read_text(arena, node, "namespace", VC_OPTIONAL, &claim->namespace, err) <
	            0 ||
	    read_text(arena, node, "name", VC_OPTIONAL, &claim->name, err) < 0 ||
	    read_text(arena, node, "state", VC_REQUIRED, &claim->state, err) < 0)
		return -(int)err->kind;
	return read_text(arena, node, "text", VC_OPTIONAL, &claim->text, err);
}

static int read_claims(struct vc_arena *arena, const struct vc_node *array,
                       struct vc_companion_status *status, struct vc_err *err)
{
	size_t n = vc_node_count(array);

	for (size_t i = 0; i < n; i++) {
		struct vc_node node = vc_node_element(array, i);
		struct vc_companion_claim *claim = vc_list_push(arena, &status->claims);

		if (!claim)
			return vc_fail_oom(err);
		if (read_claim(arena, &node, claim, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int read_troubles(struct vc_arena *arena, const struct vc_node *array,
                         struct vc_companion_status *status, struct vc_err *err)
{
	size_t n = vc_node_count(array);

	for (size_t i = 0; i < n; i++) {
		struct vc_node node = vc_node_element(array, i);
		struct vc_trouble *trouble = vc_list_push(arena, &status->troubles);

		if (!trouble)
			return vc_fail_oom(err);
		if (read_text(arena, &node, "subject", VC_REQUIRED, &trouble->subject,
		              err) < 0 ||
		    read_text(arena, &node, "text", VC_REQUIRED, &trouble->text, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int read_all(struct vc_arena *arena, const struct vc_tree *tree,
                    struct vc_companion_status *status, struct vc_err *err)
{
	const struct vc_node root = vc_tree_root(tree, 0);
	struct vc_node claims, troubles;
	bool found;

	if (vc_node_bool(&root, "settled", VC_REQUIRED, &status->settled, err) < 0 ||
	    vc_node_array(&root, "claims", VC_REQUIRED, &claims, &found, err) < 0 ||
	    vc_node_array(&root, "troubles", VC_REQUIRED, &troubles, &found, err) < 0)
		return -(int)err->kind;
	if (read_claims(arena, &claims, status, err) < 0)
		return -(int)err->kind;
	return read_troubles(arena, &troubles, status, err);
}

/**
 * vc_companion_status_read() - Read what was said last
 * @arena:	holds it
 * @run:	directory
 * @ret_status:	what was said
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT, -VC_ERR_REFUSED (others can write it),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_companion_status_read(struct vc_arena *arena, const char *run,
                             struct vc_companion_status *ret_status, struct vc_err *err)
{
	struct vc_companion_status status = { 0 };
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	const char *file = vc_arena_printf(arena, "%s/" VC_COMPANION_STATUS, run);
	char *text = NULL;
	size_t len = 0;

	if (!file)
		return vc_fail_oom(err);
	if (vc_file_read(arena, AT_FDCWD, file, VC_FILE_TRUSTED | VC_FILE_WHOLE, &text,
	                 &len, err) < 0 ||
	    vc_tree_parse(text, len, file, &tree, err) < 0 ||
	    read_all(arena, tree, &status, err) < 0)
		return -(int)err->kind;
	*ret_status = status;
	return 0;
}

/**
 * vc_companion_status_find() - Look a claim up
 * @status:	what is known
 * @namespace:	namespace
 * @name:	name
 *
 * Return: the claim, one that is published rather than another of the same name; NULL
 * there is none
 */
const struct vc_companion_claim *
vc_companion_status_find(const struct vc_companion_status *status, const char *namespace,
                         const char *name)
{
	const struct vc_companion_claim *found = NULL;

	for (size_t i = 0; i < status->claims.n; i++) {
		const struct vc_companion_claim *claim = &status->claims.v[i];

		if (!claim->namespace || !claim->name || strcmp(claim->name, name) != 0 ||
		    strcmp(claim->namespace, namespace) != 0)
			continue;
		if (!found || strcmp(claim->state, "published") == 0)
			found = claim;
	}
	return found;
}
