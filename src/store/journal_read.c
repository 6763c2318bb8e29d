/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The strict reader of entries: what it does not know, it does not believe. A step names
 * files that root writes to, so names stay names and paths stay below their directory.
 */
#include <stdint.h>
#include <string.h>

#include "base/parse.h"
#include "claim/tree.h"
#include "model/host_claim.h"
#include "store/journal_fields.h"

#define PID_MAX  INT32_MAX
#define VLAN_MAX 4095

static bool is_known(const char *key, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(key, *known) == 0)
			return true;
	return false;
}

static int refuse_unknown(const struct vc_node *node, const char *const *known,
                          struct vc_err *err)
{
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node member = vc_node_nth_member(node, i);

		if (!is_known(member.key, known))
			return vc_node_fail(&member, err, VC_ERR_INPUT,
			                    "unknown key; another version of virt-claim "
			                    "wrote it");
	}
	return 0;
}

static int read_text(struct vc_arena *arena, const struct vc_node *node, const char *key,
                     enum vc_presence presence, char **ret_text, struct vc_err *err)
{
	char *text = NULL;
	int r = vc_node_string(arena, node, key, presence, &text, err);

	if (r < 0)
		return r;
	if (text && strlen(text) > VC_JOURNAL_MAX_TEXT)
		return vc_node_fail(node, err, VC_ERR_INPUT, "'%s' is too long", key);
	if (text)
		*ret_text = text;
	return 0;
}

/* Any name that a driver may give itself; a component never begins with a dot. */
static size_t component_length(const char *text)
{
	size_t n = 0;

	if (*text == '.')
		return 0;
	while (text[n] >= ' ' && text[n] <= '~' && text[n] != '/')
		n++;
	return n;
}

static bool is_path(const char *text, bool one_component)
{
	for (;;) {
		size_t n = component_length(text);

		if (n == 0 || n > 255)
			return false;
		text += n;
		if (*text == '\0')
			return true;
		if (*text++ != '/' || one_component)
			return false;
	}
}

static int read_name(struct vc_arena *arena, const struct vc_node *node,
                     const struct vc_step_field *field, char **ret_text,
                     struct vc_err *err)
{
	char *text = NULL;

	if (read_text(arena, node, field->key,
	              field->required ? VC_REQUIRED : VC_OPTIONAL, &text, err) < 0)
		return -(int)err->kind;
	if (text && field->type != VC_FIELD_TEXT &&
	    !is_path(text, field->type == VC_FIELD_NAME))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "'%s' is '%.64s', expected %s", field->key, text,
		                    field->type == VC_FIELD_NAME
		                            ? "a name"
		                            : "a path below a directory");
	if (text)
		*ret_text = text;
	return 0;
}

static int read_pci(struct vc_arena *arena, const struct vc_node *node, const char *key,
                    enum vc_presence presence, struct vc_pci_address *ret_address,
                    bool *ret_found, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	char *text = NULL;

	if (read_text(arena, node, key, presence, &text, err) < 0)
		return -(int)err->kind;
	if (text && vc_pci_address_parse(text, ret_address, &why) < 0)
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "'%s' is '%.64s', expected a PCI address", key, text);
	*ret_found = text != NULL;
	return 0;
}

static int read_number(const struct vc_node *node, const char *key,
                       enum vc_presence presence, int64_t max, int64_t *value,
                       struct vc_err *err)
{
	if (vc_node_int(node, key, presence, value, err) < 0)
		return -(int)err->kind;
	if (*value > max)
		return vc_node_fail(node, err, VC_ERR_INPUT, "'%s' is too large", key);
	return 0;
}

static int read_field(struct vc_arena *arena, const struct vc_node *node,
                      const struct vc_step_field *field, struct vc_step *step,
                      struct vc_err *err)
{
	void *value = (char *)step + field->offset;
	int64_t number = -1;
	bool found;

	switch (field->type) {
	case VC_FIELD_PCI:
		return read_pci(arena, node, field->key, VC_REQUIRED, value, &found, err);
	case VC_FIELD_NUMBER:
		if (read_number(node, field->key, VC_REQUIRED, UINT32_MAX, &number, err) <
		    0)
			return -(int)err->kind;
		if (number < 0)
			return vc_node_fail(node, err, VC_ERR_INPUT, "'%s' is negative",
			                    field->key);
		*(uint32_t *)value = (uint32_t)number;
		return 0;
	case VC_FIELD_VLAN:
		if (read_number(node, field->key, VC_OPTIONAL, VLAN_MAX, &number, err) <
		    0)
			return -(int)err->kind;
		*(int *)value = number < 0 ? -1 : (int)number;
		return 0;
	case VC_FIELD_FLAG:
		return vc_node_bool(node, field->key, VC_REQUIRED, value, err);
	case VC_FIELD_NAME:
	case VC_FIELD_PATH:
	case VC_FIELD_TEXT:
		break;
	}
	return read_name(arena, node, field, value, err);
}

static bool has_field(const struct vc_step *step, const struct vc_step_field *field)
{
	return (field->kinds & 1U << step->kind) != 0;
}

static int refuse_unknown_fields(const struct vc_node *node, const struct vc_step *step,
                                 struct vc_err *err)
{
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node member = vc_node_nth_member(node, i);
		size_t f = 0;

		if (strcmp(member.key, "kind") == 0 || strcmp(member.key, "state") == 0)
			continue;
		while (f < vc_n_step_fields &&
		       !(has_field(step, &vc_step_fields[f]) &&
		         strcmp(member.key, vc_step_fields[f].key) == 0))
			f++;
		if (f == vc_n_step_fields)
			return vc_node_fail(&member, err, VC_ERR_INPUT,
			                    "unknown key of a '%s' step; another version "
			                    "of virt-claim wrote it",
			                    vc_step_kind_name(step->kind));
	}
	return 0;
}

/* The index of a text in a row of names; @n when it is none of them. */
static size_t find_name(const char *text, const char *(*name)(size_t i), size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(text, name(i)) != 0)
		i++;
	return i;
}

static const char *kind_at(size_t i)
{
	return vc_step_kind_name((enum vc_step_kind)i);
}

static const char *state_at(size_t i)
{
	return vc_step_state_name((enum vc_step_state)i);
}

static const char *phase_at(size_t i)
{
	return vc_phase_name((enum vc_phase)i);
}

static int read_word(struct vc_arena *arena, const struct vc_node *node, const char *key,
                     const char *(*name)(size_t i), size_t n, size_t *ret_i,
                     struct vc_err *err)
{
	char *text = NULL;
	size_t i;

	if (read_text(arena, node, key, VC_REQUIRED, &text, err) < 0)
		return -(int)err->kind;
	i = text ? find_name(text, name, n) : n;
	if (i == n)
		return vc_node_fail(node, err, VC_ERR_INPUT, "unknown %s '%.64s'", key,
		                    text ? text : "");
	*ret_i = i;
	return 0;
}

static int read_step(struct vc_arena *arena, const struct vc_node *node,
                     struct vc_step *step, struct vc_err *err)
{
	size_t kind = 0, state = 0;

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, err, VC_ERR_INPUT, "expected an object");
	if (read_word(arena, node, "kind", kind_at, VC_STEP_KINDS, &kind, err) < 0 ||
	    read_word(arena, node, "state", state_at, VC_STEP_STUCK + 1, &state, err) < 0)
		return -(int)err->kind;
	*step = (struct vc_step){
		.kind = (enum vc_step_kind)kind,
		.state = (enum vc_step_state)state,
		.vlan = -1,
		.old_vlan = -1,
	};
	for (size_t i = 0; i < vc_n_step_fields; i++)
		if (has_field(step, &vc_step_fields[i]) &&
		    read_field(arena, node, &vc_step_fields[i], step, err) < 0)
			return -(int)err->kind;
	return refuse_unknown_fields(node, step, err);
}

/* As in leases: safe as the name of a file. */
static bool is_key(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.:";
	size_t n = strspn(text, plain);

	return text[0] >= 'a' && text[0] <= 'z' && strchr(text, '-') && text[n] == '\0' &&
	       n <= 200;
}

static int read_device(struct vc_arena *arena, const struct vc_node *node,
                       struct vc_reserved *device, struct vc_err *err)
{
	static const char *const known[] = { "request", "name", "key", "pf", NULL };

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, err, VC_ERR_INPUT, "expected an object");
	if (read_text(arena, node, "request", VC_REQUIRED, &device->request, err) < 0 ||
	    read_text(arena, node, "name", VC_REQUIRED, &device->name, err) < 0 ||
	    read_text(arena, node, "key", VC_REQUIRED, &device->key, err) < 0 ||
	    read_pci(arena, node, "pf", VC_OPTIONAL, &device->pf, &device->has_pf, err) <
	            0 ||
	    refuse_unknown(node, known, err) < 0)
		return -(int)err->kind;
	if (!is_key(device->key))
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "'key' is '%.64s', expected one like "
		                    "'pci-0000:65:00.0'",
		                    device->key);
	return 0;
}

static int read_array(const struct vc_node *root, const char *key, size_t max,
                      struct vc_node *ret_array, struct vc_err *err)
{
	bool found;

	if (vc_node_array(root, key, VC_REQUIRED, ret_array, &found, err) < 0)
		return -(int)err->kind;
	if (vc_node_count(ret_array) > max)
		return vc_node_fail(ret_array, err, VC_ERR_INPUT,
		                    "expected at most %zu elements", max);
	return 0;
}

static int read_devices(struct vc_arena *arena, const struct vc_node *root,
                        struct vc_entry *entry, struct vc_err *err)
{
	struct vc_node array;

	if (read_array(root, "devices", VC_HOST_CLAIM_DEVICES_MAX, &array, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < vc_node_count(&array); i++) {
		struct vc_node element = vc_node_element(&array, i);
		struct vc_reserved *slot = vc_list_push(arena, &entry->devices);

		if (!slot)
			return vc_fail_oom(err);
		if (read_device(arena, &element, slot, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int read_steps(struct vc_arena *arena, const struct vc_node *root,
                      struct vc_entry *entry, struct vc_err *err)
{
	struct vc_node array;

	if (read_array(root, "steps", VC_JOURNAL_MAX_STEPS, &array, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < vc_node_count(&array); i++) {
		struct vc_node element = vc_node_element(&array, i);
		struct vc_step *slot = vc_list_push(arena, &entry->steps);

		if (!slot)
			return vc_fail_oom(err);
		if (read_step(arena, &element, slot, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int read_owner(const struct vc_node *root, struct vc_entry *entry,
                      struct vc_err *err)
{
	static const char *const known[] = { "pid", "start", NULL };
	int64_t pid = 0, start = 0;
	struct vc_node owner;
	bool found = false;

	if (vc_node_object(root, "owner", VC_OPTIONAL, &owner, &found, err) < 0)
		return -(int)err->kind;
	if (!found)
		return 0;
	if (read_number(&owner, "pid", VC_REQUIRED, PID_MAX, &pid, err) < 0 ||
	    read_number(&owner, "start", VC_REQUIRED, INT64_MAX, &start, err) < 0 ||
	    refuse_unknown(&owner, known, err) < 0)
		return -(int)err->kind;
	if (pid < 1 || start < 0)
		return vc_node_fail(&owner, err, VC_ERR_INPUT, "expected a process");
	entry->owner_pid = (long)pid;
	entry->owner_start = (unsigned long long)start;
	return 0;
}

static int read_head(struct vc_arena *arena, const struct vc_node *root,
                     struct vc_entry *entry, struct vc_err *err)
{
	size_t phase = 0;

	if (read_text(arena, root, "uid", VC_REQUIRED, &entry->uid, err) < 0 ||
	    read_text(arena, root, "namespace", VC_REQUIRED, &entry->namespace, err) <
	            0 ||
	    read_text(arena, root, "name", VC_REQUIRED, &entry->name, err) < 0 ||
	    read_text(arena, root, "bootID", VC_REQUIRED, &entry->boot_id, err) < 0 ||
	    read_word(arena, root, "phase", phase_at, VC_PHASE_QUARANTINED + 1, &phase,
	              err) < 0)
		return -(int)err->kind;
	if (!vc_is_uuid(entry->uid) || !vc_is_uuid(entry->boot_id) ||
	    !vc_is_dns_label(entry->namespace) || !vc_is_dns_subdomain(entry->name))
		return vc_node_fail(root, err, VC_ERR_INPUT,
		                    "expected UUIDs as uid and bootID, and the name of a "
		                    "claim");
	entry->phase = (enum vc_phase)phase;
	return read_owner(root, entry, err);
}

static int read_entry(struct vc_arena *arena, const struct vc_node *root,
                      struct vc_entry *entry, struct vc_err *err)
{
	static const char *const known[] = { "version", "uid",   "namespace", "name",
		                             "bootID",  "phase", "owner",     "devices",
		                             "steps",   NULL };
	int64_t version = 0;

	if (vc_node_type(root) != VC_NODE_OBJECT)
		return vc_node_fail(root, err, VC_ERR_INPUT, "expected an object");
	if (vc_node_int(root, "version", VC_REQUIRED, &version, err) < 0)
		return -(int)err->kind;
	if (version != VC_JOURNAL_VERSION)
		return vc_node_fail(root, err, VC_ERR_INPUT,
		                    "expected version %d; another version of virt-claim "
		                    "wrote it",
		                    VC_JOURNAL_VERSION);
	if (refuse_unknown(root, known, err) < 0 ||
	    read_head(arena, root, entry, err) < 0 ||
	    read_devices(arena, root, entry, err) < 0)
		return -(int)err->kind;
	return read_steps(arena, root, entry, err);
}

/**
 * vc_entry_parse() - Read an entry from its text
 * @arena:	holds the entry
 * @text:	text
 * @len:	its length
 * @file:	for messages
 * @ret_entry:	entry
 * @err:	what is wrong, and where
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_entry_parse(struct vc_arena *arena, const char *text, size_t len, const char *file,
                   struct vc_entry *ret_entry, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_entry entry = { 0 };
	struct vc_node root;

	if (vc_tree_parse(text, len, file, &tree, err) < 0)
		return -(int)err->kind;
	if (vc_tree_format(tree) != VC_TREE_JSON || vc_tree_documents(tree) != 1)
		return vc_fail(err, VC_ERR_INPUT, "%s: expected one JSON object", file);
	root = vc_tree_root(tree, 0);
	if (read_entry(arena, &root, &entry, err) < 0)
		return -(int)err->kind;
	*ret_entry = entry;
	return 0;
}
