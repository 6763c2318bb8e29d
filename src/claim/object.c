/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/object.h"

#include <string.h>

#include "base/parse.h"
#include "claim/names.h"

#define OWNERS_MAX 64

const struct vc_name_rule vc_name_label = { vc_is_dns_label, "a DNS label" };
const struct vc_name_rule vc_name_subdomain = { vc_is_dns_subdomain, "a DNS subdomain" };
const struct vc_name_rule vc_name_driver = { vc_is_driver_name, "the name of a driver" };
const struct vc_name_rule vc_name_pool = { vc_is_pool_name, "the name of a pool" };
const struct vc_name_rule vc_name_uid = { vc_is_uid, "a UID" };
const struct vc_name_rule vc_name_line = { vc_is_one_line, "one line of text" };

/**
 * vc_object_text() - A member that is a string of some form
 * @reader:	arena and error
 * @node:	object
 * @key:	key
 * @presence:	whether absent and null are errors; an empty string counts as absent, as
 *		in Go's JSON
 * @rule:	form
 * @ret_text:	copy of the string, when it is there
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_object_text(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *key, enum vc_presence presence,
                   const struct vc_name_rule *rule, char **ret_text)
{
	struct vc_node member;
	char *text = NULL;

	if (vc_node_string(reader->arena, node, key, presence, &text, reader->err) < 0)
		return -(int)reader->err->kind;
	if (!text || (*text == '\0' && presence == VC_OPTIONAL))
		return 0;
	if (rule->fits(text)) {
		*ret_text = text;
		return 0;
	}
	(void)vc_node_member(node, key, &member);
	return vc_node_fail(&member, reader->err, VC_ERR_INPUT,
	                    "expected %s, not '%.128s'", rule->what, text);
}

/**
 * vc_object_each() - Read the elements of an array
 * @reader:	arena and error
 * @node:	object
 * @key:	member that is an array; absent and null have no elements
 * @max:	most elements that are read
 * @read:	called with each element; its first error ends the walk
 * @data:	for @read
 *
 * Return: 0, -VC_ERR_INPUT or what @read returned
 */
int vc_object_each(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *key, size_t max, vc_element_fn *read, void *data)
{
	struct vc_node array;
	bool found = false;
	size_t n;
	int r = vc_node_array(node, key, VC_OPTIONAL, &array, &found, reader->err);

	if (r < 0 || !found)
		return r;
	n = vc_node_count(&array);
	if (n > max)
		return vc_node_fail(&array, reader->err, VC_ERR_INPUT,
		                    "%zu elements; at most %zu are read", n, max);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct vc_node element = vc_node_element(&array, i);

		r = read(reader, &element, data);
	}
	return r;
}

/* "apps/v1" -> "apps", "v1" -> "" */
static int read_group(const struct vc_object_reader *reader, const struct vc_node *node,
                      char **ret_group)
{
	char *version = NULL;
	char *slash;

	if (vc_object_text(reader, node, "apiVersion", VC_OPTIONAL, &vc_name_line,
	                   &version) < 0)
		return -(int)reader->err->kind;
	slash = version ? strchr(version, '/') : NULL;
	*ret_group = slash ? vc_arena_strndup(reader->arena, version,
	                                      (size_t)(slash - version))
	                   : vc_arena_strdup(reader->arena, "");
	return *ret_group ? 0 : vc_fail_oom(reader->err);
}

static int read_owner(const struct vc_object_reader *reader, const struct vc_node *node,
                      void *data)
{
	struct vc_consumers *owners = data;
	struct vc_consumer owner = { 0 }, *slot;

	if (vc_object_text(reader, node, "kind", VC_REQUIRED, &vc_name_line,
	                   &owner.resource) < 0 ||
	    vc_object_text(reader, node, "name", VC_REQUIRED, &vc_name_line,
	                   &owner.name) < 0 ||
	    vc_object_text(reader, node, "uid", VC_OPTIONAL, &vc_name_uid, &owner.uid) <
	            0 ||
	    read_group(reader, node, &owner.api_group) < 0)
		return -(int)reader->err->kind;
	slot = vc_list_push(reader->arena, owners);
	if (!slot)
		return vc_fail_oom(reader->err);
	*slot = owner;
	return 0;
}

/**
 * vc_object_meta_read() - Read the metadata of an object
 * @reader:	arena and error
 * @object:	object, with a member 'metadata'
 * @ret_meta:	metadata
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_object_meta_read(const struct vc_object_reader *reader,
                        const struct vc_node *object, struct vc_object_meta *ret_meta)
{
	struct vc_object_meta meta = { 0 };
	struct vc_node node;
	char *deleted = NULL;

	if (vc_node_object(object, "metadata", VC_REQUIRED, &node, NULL, reader->err) <
	            0 ||
	    vc_object_text(reader, &node, "namespace", VC_OPTIONAL, &vc_name_label,
	                   &meta.namespace) < 0 ||
	    vc_object_text(reader, &node, "name", VC_REQUIRED, &vc_name_subdomain,
	                   &meta.name) < 0 ||
	    vc_object_text(reader, &node, "uid", VC_OPTIONAL, &vc_name_uid, &meta.uid) <
	            0 ||
	    vc_object_text(reader, &node, "deletionTimestamp", VC_OPTIONAL, &vc_name_line,
	                   &deleted) < 0 ||
	    vc_object_each(reader, &node, "ownerReferences", OWNERS_MAX, read_owner,
	                   &meta.owners) < 0)
		return -(int)reader->err->kind;
	meta.deleting = deleted != NULL;
	*ret_meta = meta;
	return 0;
}

/**
 * vc_object_annotation() - Look an annotation up
 * @reader:	arena (holds the nodes above the result) and error
 * @object:	object
 * @key:	key of the annotation
 * @ret_text:	its node, a string, when it is there
 * @ret_found:	whether it is there
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_object_annotation(const struct vc_object_reader *reader,
                         const struct vc_node *object, const char *key,
                         struct vc_node *ret_text, bool *ret_found)
{
	struct vc_node *above = vc_arena_alloc(reader->arena, 2, sizeof(*above));
	struct vc_node text;
	bool found = false;

	if (!above)
		return vc_fail_oom(reader->err);
	if (vc_node_object(object, "metadata", VC_REQUIRED, &above[0], NULL,
	                   reader->err) < 0 ||
	    vc_node_object(&above[0], "annotations", VC_OPTIONAL, &above[1], &found,
	                   reader->err) < 0)
		return -(int)reader->err->kind;
	found = found && vc_node_member(&above[1], key, &text);
	if (found && !vc_node_text(&text))
		return vc_node_fail(&text, reader->err, VC_ERR_INPUT,
		                    "expected a string");
	if (found)
		*ret_text = text;
	*ret_found = found;
	return 0;
}
