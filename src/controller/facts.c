/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controller/facts.h"

#include <string.h>

#include "base/parse.h"
#include "claim/object.h"
#include "pin/plan.h"

/* The text of an annotation; NULL there is none, or nothing is in it. */
static int read_annotation(const struct vc_object_reader *reader,
                           const struct vc_node *object, const char *key,
                           struct vc_node *ret_node, const char **ret_text)
{
	bool found = false;

	*ret_text = NULL;
	if (vc_object_annotation(reader, object, key, ret_node, &found) < 0)
		return -(int)reader->err->kind;
	if (found && *vc_node_text(ret_node))
		*ret_text = vc_node_text(ret_node);
	return 0;
}

static int read_wish(const struct vc_object_reader *reader, const struct vc_node *object,
                     char **ret_wanted)
{
	struct vc_node node;
	const char *text;

	if (read_annotation(reader, object, VC_PIN_TO, &node, &text) < 0)
		return -(int)reader->err->kind;
	if (!text)
		return 0;
	if (!vc_is_dns_subdomain(text))
		return vc_node_fail(
			&node, reader->err, VC_ERR_INPUT,
			"expected the name of a virtual machine, not '%.128s'", text);
	*ret_wanted = vc_arena_strdup(reader->arena, text);
	return *ret_wanted ? 0 : vc_fail_oom(reader->err);
}

static bool is_recorded(const struct vc_pin_claim *claim,
                        const struct vc_holder_facts *holder)
{
	return claim->record_uid && strcmp(claim->record_uid, holder->uid) == 0 &&
	       strcmp(claim->record_vm, holder->name) == 0;
}

static void take_holders(const struct vc_pin_claim *claim, struct vc_claim_facts *facts)
{
	bool promised = claim->record_uid && *claim->record_uid;

	for (size_t i = 0; i < claim->holders.n && facts->n_holders < VC_HOLDERS_MAX - 1;
	     i++) {
		const struct vc_pin_holder *from = &claim->holders.v[i];
		struct vc_holder_facts holder = { .name = from->name, .uid = from->uid };

		if (!vc_pin_is_vm(from))
			continue;
		holder.ours = vc_pin_is_ours(claim, from);
		holder.whole = claim->guarded && is_recorded(claim, &holder);
		promised = promised && strcmp(claim->record_uid, holder.uid) != 0;
		facts->holders[facts->n_holders++] = holder;
	}
	if (promised)
		facts->holders[facts->n_holders++] = (struct vc_holder_facts){
			.name = claim->record_vm, .uid = claim->record_uid, .ours = true
		};
}

/**
 * vc_facts_of_pin() - What matters of a claim that was pinned or unpinned
 * @claim:	as it is now; has the texts
 * @wanted:	VM that its annotation names; NULL none
 * @ret_facts:	facts
 */
void vc_facts_of_pin(const struct vc_pin_claim *claim, const char *wanted,
                     struct vc_claim_facts *ret_facts)
{
	ret_facts->uid = claim->uid;
	ret_facts->allocated = claim->allocated;
	ret_facts->deleting = claim->deleted != NULL;
	ret_facts->marked = vc_pin_is_touched(claim);
	ret_facts->kept = claim->record_by != NULL;
	ret_facts->wanted = wanted;
	ret_facts->n_holders = 0;
	take_holders(claim, ret_facts);
}

/**
 * vc_facts_of_claim() - What matters of a ResourceClaim
 * @arena:	holds the texts
 * @object:	claim, of any version of resource.k8s.io
 * @ret_facts:	facts
 * @err:	what cannot be read
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_facts_of_claim(struct vc_arena *arena, const struct vc_node *object,
                      struct vc_claim_facts *ret_facts, struct vc_err *err)
{
	const struct vc_object_reader reader = { .arena = arena, .err = err };
	struct vc_pin_claim claim;
	char *wanted = NULL;

	if (vc_pin_claim_read(arena, object, &claim, err) < 0 ||
	    read_wish(&reader, object, &wanted) < 0)
		return -(int)err->kind;
	vc_facts_of_pin(&claim, wanted, ret_facts);
	return 0;
}

static bool has(const struct vc_vm_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_claims; i++)
		if (strcmp(facts->claims[i], name) == 0)
			return true;
	return false;
}

/* One name of the list, with spaces around it or without */
static int take_name(const struct vc_object_reader *reader, const struct vc_node *node,
                     const char *text, size_t len, struct vc_vm_facts *facts)
{
	char *name;

	for (; len > 0 && *text == ' '; text++, len--)
		;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len == 0)
		return 0;
	name = vc_arena_strndup(reader->arena, text, len);
	if (!name)
		return vc_fail_oom(reader->err);
	if (!vc_is_dns_subdomain(name))
		return vc_node_fail(node, reader->err, VC_ERR_INPUT,
		                    "expected names of claims with commas between them; "
		                    "'%.128s' is none",
		                    name);
	if (has(facts, name))
		return 0;
	if (facts->n_claims == VC_NAMED_MAX)
		return vc_node_fail(node, reader->err, VC_ERR_INPUT,
		                    "more than %u claims", VC_NAMED_MAX);
	facts->claims[facts->n_claims++] = name;
	return 0;
}

static int read_names(const struct vc_object_reader *reader, const struct vc_node *object,
                      struct vc_vm_facts *facts)
{
	struct vc_node node;
	const char *text;

	if (read_annotation(reader, object, VC_PERSISTENT_CLAIMS, &node, &text) < 0)
		return -(int)reader->err->kind;
	while (text) {
		size_t len = strcspn(text, ",");

		if (take_name(reader, &node, text, len, facts) < 0)
			return -(int)reader->err->kind;
		text = text[len] == ',' ? text + len + 1 : NULL;
	}
	return 0;
}

/**
 * vc_facts_of_vm() - What matters of a VirtualMachine
 * @arena:	holds the texts
 * @object:	VM
 * @ret_facts:	facts
 * @err:	what cannot be read
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_facts_of_vm(struct vc_arena *arena, const struct vc_node *object,
                   struct vc_vm_facts *ret_facts, struct vc_err *err)
{
	const struct vc_object_reader reader = { .arena = arena, .err = err };
	struct vc_vm_facts facts = { .n_claims = 0 };
	struct vc_object_meta meta;
	struct vc_node metadata;
	char *created = NULL;

	if (vc_object_meta_read(&reader, object, &meta) < 0 ||
	    vc_node_object(object, "metadata", VC_REQUIRED, &metadata, NULL, err) < 0 ||
	    vc_object_text(&reader, &metadata, "creationTimestamp", VC_OPTIONAL,
	                   &vc_name_line, &created) < 0 ||
	    read_names(&reader, object, &facts) < 0)
		return -(int)err->kind;
	if (!meta.uid)
		return vc_node_fail(&metadata, err, VC_ERR_INPUT, "uid is missing");
	facts.uid = meta.uid;
	facts.created = created ? created : "";
	facts.deleting = meta.deleting;
	*ret_facts = facts;
	return 0;
}
