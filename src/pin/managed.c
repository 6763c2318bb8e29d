/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pin/managed.h"

#include <string.h>

#define ENTRIES_MAX 1024U

static const char *text_of(const struct vc_node *node, const char *key)
{
	const char *text = vc_node_member_text(node, key);

	return text ? text : "";
}

static bool has_field(const struct vc_node *entry, const struct vc_pin_field *field)
{
	struct vc_node nodes[VC_PIN_PATH_MAX + 1];

	if (strcmp(text_of(entry, "subresource"),
	           field->subresource ? field->subresource : "") != 0 ||
	    !vc_node_member(entry, "fieldsV1", &nodes[0]))
		return false;
	for (unsigned i = 0; i < VC_PIN_PATH_MAX && field->path[i]; i++)
		if (!vc_node_member(&nodes[i], field->path[i], &nodes[i + 1]))
			return false;
	return true;
}

static int note(struct vc_arena *arena, const struct vc_node *entry,
                struct vc_pin_managers *managers, struct vc_err *err)
{
	const char *manager = text_of(entry, "manager"), *time = text_of(entry, "time");
	bool ours = strcmp(manager, VC_PIN_MANAGER) == 0;
	bool applied = strcmp(text_of(entry, "operation"), "Apply") == 0;

	if (!ours && managers->other)
		return 0;
	if (*time && (!managers->since || ours)) {
		managers->since = vc_arena_strdup(arena, time);
		if (!managers->since)
			return vc_fail_oom(err);
	}
	managers->ours = managers->ours || ours;
	managers->applied = managers->applied || (ours && applied);
	if (ours)
		return 0;
	managers->other = vc_arena_strdup(arena, manager);
	return managers->other ? 0 : vc_fail_oom(err);
}

/**
 * vc_pin_managers_find() - Who wrote a field
 * @arena:	holds the texts
 * @metadata:	metadata of the object; what is odd in its managedFields says nothing
 * @field:	field
 * @ret_managers: who
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_pin_managers_find(struct vc_arena *arena, const struct vc_node *metadata,
                         const struct vc_pin_field *field,
                         struct vc_pin_managers *ret_managers, struct vc_err *err)
{
	struct vc_pin_managers managers = { 0 };
	struct vc_node entries;
	size_t n;

	if (!vc_node_member(metadata, "managedFields", &entries) ||
	    vc_node_type(&entries) != VC_NODE_ARRAY) {
		*ret_managers = managers;
		return 0;
	}
	n = vc_node_count(&entries);
	for (size_t i = 0; i < n && i < ENTRIES_MAX; i++) {
		struct vc_node entry = vc_node_element(&entries, i);

		if (has_field(&entry, field) && note(arena, &entry, &managers, err) < 0)
			return -(int)err->kind;
	}
	*ret_managers = managers;
	return 0;
}
