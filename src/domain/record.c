/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our metadata: <claims xmlns='urn:virt-claim:domain:1'><device alias= .../></claims>.
 * docs/design.md describes it.
 *
 * [LV] of several children of <metadata> with one namespace libvirt keeps the first.
 */
#include <stdint.h>
#include <string.h>

#include "base/parse.h"
#include "domain/index.h"
#include "domain/read.h"
#include "domain/xml.h"

#define INDEX_MAX 65535

/* Compared with each other. */
#define CONTROLLERS_MAX 512
#define ADDRESSES_MAX   512

static const char *const no_yes[2] = { "no", "yes" };
static const char *const off_on[2] = { "off", "on" };

static bool is_ours(xmlNodePtr node)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       strcmp((const char *)node->ns->href, VC_DOMAIN_NS) == 0;
}

static xmlNodePtr first_ours(xmlNodePtr node)
{
	while (node && !is_ours(node))
		node = node->next;
	return node;
}

static int read_index(const struct vc_reader *reader, xmlNodePtr node,
                      struct vc_record *record, struct vc_err *err)
{
	char *text = NULL;
	uint64_t index = 1;

	if (vc_xml_attribute(reader->arena, node, "index", &text, err) < 0)
		return -(int)err->kind;
	if (text && (!vc_parse_number(text, INDEX_MAX, &index) || index == 0))
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "index '%s' is not 1 to %d", text, INDEX_MAX);
	record->binding.index = record->binding.request ? (unsigned)index : 0;
	return 0;
}

static int read_kind(const struct vc_reader *reader, xmlNodePtr node,
                     struct vc_record *record, struct vc_err *err)
{
	const char *text = vc_xml_peek(node, "kind");
	enum vc_kind kind = VC_KIND_UNKNOWN;

	if (text && (!vc_kind_parse(text, &kind) || !vc_kind_is_pci(kind)))
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "kind '%.64s' is not pci, network or nvme", text);
	record->kind = kind;
	return 0;
}

static int read_strings(const struct vc_reader *reader, xmlNodePtr node,
                        struct vc_record *record, struct vc_err *err)
{
	struct vc_binding *b = &record->binding;
	const struct {
		const char *name;
		char **value;
	} fields[] = {
		{ "alias", &b->alias },
		{ "namespace", &b->namespace },
		{ "claim", &b->claim },
		{ "podClaim", &b->pod_claim },
		{ "uid", &b->uid },
		{ "request", &b->request },
		{ "subrequest", &b->subrequest },
		{ "driver", &record->driver },
		{ "pool", &record->pool },
		{ "device", &record->device },
		{ "identity", &record->identity },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(fields); i++)
		if (vc_xml_attribute(reader->arena, node, fields[i].name, fields[i].value,
		                     err) < 0)
			return -(int)err->kind;
	return 0;
}

static int check_record(const struct vc_reader *reader, xmlNodePtr node,
                        const struct vc_record *record, struct vc_err *err)
{
	const struct vc_binding *b = &record->binding;

	if (!b->alias)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "<device> without 'alias' in our metadata");
	if (!vc_alias_is_valid(b->alias))
		return vc_xml_fail(
			reader->document, node, err, VC_ERR_INPUT,
			"alias '%s' in our metadata is none: expected 'ua-' and "
			"letters, digits, '-' and '_'",
			b->alias);
	if (!b->request && !record->device)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "alias '%s' has neither 'request' nor 'device' in our "
		                   "metadata",
		                   b->alias);
	if (b->request && !b->claim && !b->pod_claim && !b->uid)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "alias '%s' has neither 'claim' nor 'podClaim' nor "
		                   "'uid' in our metadata",
		                   b->alias);
	return 0;
}

static int read_record(const struct vc_reader *reader, xmlNodePtr node,
                       struct vc_err *err)
{
	struct vc_record *record = vc_list_push(reader->arena, &reader->domain->records);
	enum vc_tri made = VC_UNKNOWN, keep = VC_UNKNOWN;

	if (!record)
		return vc_fail_oom(err);
	record->line = xmlGetLineNo(node);
	if (read_strings(reader, node, record, err) < 0 ||
	    check_record(reader, node, record, err) < 0 ||
	    read_index(reader, node, record, err) < 0 ||
	    read_kind(reader, node, record, err) < 0 ||
	    vc_read_switch(reader, node, "made", no_yes, &made, err) < 0 ||
	    vc_read_switch(reader, node, "keepAlias", no_yes, &keep, err) < 0)
		return -(int)err->kind;
	record->made = made == VC_YES;
	record->keep_alias = keep == VC_YES;
	record->binding.device = record->binding.request ? NULL : record->device;
	record->binding.origin_kind = VC_BINDING_DOMAIN;
	record->binding.origin = vc_arena_printf(reader->arena, "%s:%ld",
	                                         reader->document->file, record->line);
	return record->binding.origin ? 0 : vc_fail_oom(err);
}

static int read_controller(const struct vc_reader *reader, xmlNodePtr node,
                           struct vc_err *err)
{
	struct vc_controller_records *records = &reader->domain->controller_records;
	struct vc_controller_record record = { .line = xmlGetLineNo(node) };
	struct vc_controller_record *slot;
	uint64_t index = 0;
	char *text = NULL;

	if (vc_xml_attribute(reader->arena, node, "type", &record.type, err) < 0 ||
	    vc_xml_attribute(reader->arena, node, "model", &record.model, err) < 0 ||
	    vc_xml_attribute(reader->arena, node, "index", &text, err) < 0)
		return -(int)err->kind;
	if (!record.type || !record.model || !text ||
	    !vc_parse_number(text, UINT32_MAX, &index))
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "<controller> in our metadata needs 'type', 'model' "
		                   "and a number as 'index'");
	record.index = (unsigned)index;
	for (size_t i = 0; i < records->n; i++)
		if (records->v[i].index == record.index &&
		    strcmp(records->v[i].type, record.type) == 0)
			return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
			                   "%s controller %u is in our metadata twice",
			                   record.type, record.index);
	if (records->n == CONTROLLERS_MAX)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "more than %d controllers in our metadata",
		                   CONTROLLERS_MAX);
	slot = vc_list_push(reader->arena, records);
	if (!slot)
		return vc_fail_oom(err);
	*slot = record;
	return 0;
}

static int read_place(const struct vc_reader *reader, xmlNodePtr node, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	char *what = NULL;

	if (vc_xml_attribute(reader->arena, node, "what", &what, err) < 0)
		return -(int)err->kind;
	if (what && vc_place_parse_list(what, ' ', &reader->domain->place, &why) < 0)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "<place> in our metadata: %s", why.msg);
	return 0;
}

static int read_remembered(const struct vc_reader *reader, xmlNodePtr node,
                           struct vc_err *err)
{
	struct vc_remembereds *list = &reader->domain->addresses;
	struct vc_remembered r = { .line = xmlGetLineNo(node) }, *slot;
	enum vc_tri multifunction = VC_UNKNOWN;
	struct vc_err why = VC_ERR_INIT;
	char *address = NULL;

	if (vc_xml_attribute(reader->arena, node, "alias", &r.alias, err) < 0 ||
	    vc_xml_attribute(reader->arena, node, "address", &address, err) < 0 ||
	    vc_read_switch(reader, node, "multifunction", off_on, &multifunction, err) <
	            0)
		return -(int)err->kind;
	if (!r.alias || !vc_alias_is_valid(r.alias) || !address)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "<address> in our metadata needs 'alias' and "
		                   "'address'");
	if (vc_guest_address_parse(address, &r.address, &why) < 0)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "<address> in our metadata: %s", why.msg);
	r.address.multifunction = multifunction;
	if (list->n == ADDRESSES_MAX)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "more than %d addresses in our metadata",
		                   ADDRESSES_MAX);
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].alias, r.alias) == 0)
			return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
			                   "the address of '%s' is in our metadata twice",
			                   r.alias);
	slot = vc_list_push(reader->arena, list);
	if (!slot)
		return vc_fail_oom(err);
	*slot = r;
	return 0;
}

static int read_entry(const struct vc_reader *reader, xmlNodePtr node, struct vc_err *err)
{
	if (strcmp((const char *)node->name, "controller") == 0)
		return read_controller(reader, node, err);
	if (strcmp((const char *)node->name, "place") == 0)
		return read_place(reader, node, err);
	if (strcmp((const char *)node->name, "address") == 0)
		return read_remembered(reader, node, err);
	if (strcmp((const char *)node->name, "device") != 0)
		return 0;
	if (reader->domain->records.n == VC_HOSTDEVS_MAX)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "more than %d devices in our metadata",
		                   VC_HOSTDEVS_MAX);
	return read_record(reader, node, err);
}

static int check_unique(const struct vc_reader *reader, struct vc_err *err)
{
	const struct vc_records *records = &reader->domain->records;
	struct vc_index index = { 0 };

	for (size_t i = 0; i < records->n; i++)
		if (vc_index_add(reader->arena, &index, records->v[i].binding.alias, i,
		                 err) < 0)
			return -(int)err->kind;
	vc_index_sort(&index);
	for (size_t i = 1; i < index.n; i++)
		if (strcmp(index.v[i - 1].key, index.v[i].key) == 0)
			return vc_fail(err, VC_ERR_INPUT,
			               "%s:%ld: alias '%s' is in our metadata twice, "
			               "first in line %ld",
			               reader->document->file,
			               records->v[index.v[i].value].line, index.v[i].key,
			               records->v[index.v[i - 1].value].line);
	return 0;
}

/**
 * vc_read_metadata() - Read the records of our metadata
 * @reader:	reader; fills .domain->records and .controller_records
 * @metadata:	the <metadata> element, NULL when there is none
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_read_metadata(const struct vc_reader *reader, xmlNodePtr metadata,
                     struct vc_err *err)
{
	xmlNodePtr claims = metadata ? first_ours(metadata->children) : NULL;
	xmlNodePtr node;

	if (!claims)
		return 0;
	if (strcmp((const char *)claims->name, "claims") != 0)
		return vc_xml_fail(reader->document, claims, err, VC_ERR_INPUT,
		                   "<%s> in namespace '%s', expected <claims>",
		                   (const char *)claims->name, VC_DOMAIN_NS);
	for (node = first_ours(claims->children); node; node = first_ours(node->next))
		if (read_entry(reader, node, err) < 0)
			return -(int)err->kind;
	return check_unique(reader, err);
}
