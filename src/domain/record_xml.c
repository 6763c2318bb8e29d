/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/record_xml.h"

#include <stdio.h>
#include <string.h>

#include "domain/document.h"
#include "domain/index.h"
#include "domain/xml.h"

/* What a device of that kind would not be without somebody's wish */
static const char *recorded_kind(enum vc_kind kind)
{
	return kind == VC_KIND_NETWORK || kind == VC_KIND_NVME ? vc_kind_name(kind)
	                                                       : NULL;
}

/**
 * vc_record_attributes() - The attributes of a <device> of our metadata
 * @device:	planned device
 * @ret_attributes: attributes; they point into @device and into themselves
 */
void vc_record_attributes(const struct vc_plan_device *device,
                          struct vc_record_attributes *ret_attributes)
{
	struct vc_record_attributes *a = ret_attributes;
	const struct {
		const char *name, *value;
	} all[VC_RECORD_ATTRIBUTES_MAX] = {
		{ "alias", device->alias },
		{ "namespace", device->namespace },
		{ "claim", device->claim },
		{ "podClaim", device->pod_claim },
		{ "uid", device->uid },
		{ "request", device->request },
		{ "subrequest", device->subrequest },
		{ "index", device->index > 0 ? a->index : NULL },
		{ "kind", recorded_kind(device->host.kind) },
		{ "driver", device->driver },
		{ "pool", device->pool },
		{ "device", device->device_name },
		{ "identity", device->identity },
		{ "made", device->made ? "yes" : NULL },
		{ "keepAlias", device->keep_alias ? "yes" : NULL },
	};

	(void)snprintf(a->index, sizeof(a->index), "%u", device->index);
	a->n = 0;
	for (size_t i = 0; i < VC_ARRAY_SIZE(all); i++) {
		if (!all[i].value)
			continue;
		a->v[a->n].name = all[i].name;
		a->v[a->n].value = all[i].value;
		a->n++;
	}
}

/**
 * vc_record_count() - How many entries our metadata has after a plan
 * @plan:	plan
 *
 * Return: the number of recorded devices, controllers and addresses
 */
size_t vc_record_count(const struct vc_plan *plan)
{
	size_t n = plan->addresses.n;

	for (size_t i = 0; i < plan->devices.n; i++)
		n += plan->devices.v[i].recorded;
	for (size_t i = 0; i < plan->controllers.n; i++)
		n += plan->controllers.v[i].recorded;
	return n;
}

static size_t count_attributes(const xmlNode *element)
{
	const xmlAttr *attr = element->properties;
	size_t n = 0;

	for (; attr; attr = attr->next)
		n++;
	return n;
}

static bool has(const xmlNode *element, const char *name, const char *value)
{
	const char *is = vc_xml_peek(element, name);

	return is && strcmp(is, value) == 0;
}

static bool is_controller(const xmlNode *element,
                          const struct vc_plan_controller *controller)
{
	char index[sizeof("4294967295")];

	(void)snprintf(index, sizeof(index), "%u", controller->index);
	return count_attributes(element) == 3 && has(element, "type", controller->type) &&
	       has(element, "index", index) && has(element, "model", controller->model);
}

static bool is_record(const xmlNode *element, const struct vc_plan_device *device)
{
	struct vc_record_attributes want;

	vc_record_attributes(device, &want);
	if (count_attributes(element) != want.n)
		return false;
	for (size_t i = 0; i < want.n; i++)
		if (!has(element, want.v[i].name, want.v[i].value))
			return false;
	return true;
}

/* The recorded controllers of the plan, one element each, in any order. */
static bool controllers_match(const struct vc_plan *plan, const xmlNode *claims)
{
	const xmlNode *node = claims->children;
	size_t n = 0, n_want = 0;

	for (size_t i = 0; i < plan->controllers.n; i++)
		n_want += plan->controllers.v[i].recorded;
	for (; node; node = node->next) {
		bool found = false;

		if (!vc_xml_is(node, "controller", VC_DOMAIN_NS))
			continue;
		if (++n > n_want)
			return false;
		for (size_t i = 0; i < plan->controllers.n && !found; i++)
			found = plan->controllers.v[i].recorded && !node->children &&
			        is_controller(node, &plan->controllers.v[i]);
		if (!found)
			return false;
	}
	return n == n_want;
}

/**
 * vc_record_address() - A guest address as our metadata writes it
 * @address:	address
 * @ret_text:	"05:00.0"
 */
void vc_record_address(const struct vc_guest_address *address,
                       char ret_text[sizeof("00:00.0")])
{
	(void)snprintf(ret_text, sizeof("00:00.0"), "%02x:%02x.%x",
	               (unsigned)address->bus, address->slot & 0x1fu,
	               address->function & 7u);
}

static bool is_address(const xmlNode *element, const struct vc_remembered *remembered)
{
	enum vc_tri multifunction = remembered->address.multifunction;
	char text[sizeof("00:00.0")];

	vc_record_address(&remembered->address, text);
	if (!has(element, "alias", remembered->alias) || !has(element, "address", text))
		return false;
	if (multifunction == VC_UNKNOWN)
		return count_attributes(element) == 2;
	return count_attributes(element) == 3 &&
	       has(element, "multifunction", multifunction == VC_YES ? "on" : "off");
}

/* The remembered addresses of the plan, and how devices are placed, in this order. */
static bool place_matches(const struct vc_plan *plan, const xmlNode *claims)
{
	const xmlNode *node = claims->children;
	bool placed = plan->place == 0;
	size_t n = 0;

	for (; node; node = node->next) {
		if (vc_xml_is(node, "place", VC_DOMAIN_NS)) {
			if (placed || node->children || count_attributes(node) != 1 ||
			    !has(node, "what", vc_place_text(plan->place)))
				return false;
			placed = true;
		} else if (vc_xml_is(node, "address", VC_DOMAIN_NS)) {
			if (n == plan->addresses.n || node->children ||
			    !is_address(node, &plan->addresses.v[n++]))
				return false;
		}
	}
	return placed && n == plan->addresses.n;
}

/* Entries that are not of devices. */
static bool is_other_entry(const xmlNode *node)
{
	return vc_xml_is(node, "controller", VC_DOMAIN_NS) ||
	       vc_xml_is(node, "place", VC_DOMAIN_NS) ||
	       vc_xml_is(node, "address", VC_DOMAIN_NS);
}

/* Whether each child of @claims is the record of another device of the plan. @seen is a
 * flag for each of these. */
static bool children_match(const struct vc_plan *plan, const struct vc_index *index,
                           const xmlNode *claims, bool *seen)
{
	const xmlNode *node = claims->children;
	size_t n = 0;

	for (; node; node = node->next) {
		const struct vc_index_entry *entry = NULL;
		const char *alias = NULL;
		size_t n_found = 0;

		if (vc_xml_is_blank(node) || node->type == XML_COMMENT_NODE ||
		    is_other_entry(node))
			continue;
		if (!vc_xml_is(node, "device", VC_DOMAIN_NS) || node->children)
			return false;
		alias = vc_xml_peek(node, "alias");
		entry = alias ? vc_index_find(index, alias, &n_found) : NULL;
		if (!entry || n_found != 1 || seen[entry->value] ||
		    !is_record(node, &plan->devices.v[entry->value]))
			return false;
		seen[entry->value] = true;
		n++;
	}
	return n == index->n;
}

/**
 * vc_record_matches() - Whether metadata says what a plan wants it to say
 * @arena:	scratch
 * @plan:	plan
 * @claims:	<claims> of our namespace; NULL: there is none
 * @ret_matches: whether it does; without @claims, whether nothing is to be said
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_record_matches(struct vc_arena *arena, const struct vc_plan *plan,
                      const xmlNode *claims, bool *ret_matches, struct vc_err *err)
{
	struct vc_index index = { 0 };
	bool *seen = vc_arena_alloc(arena, plan->devices.n + 1, sizeof(*seen));

	if (!seen)
		return vc_fail_oom(err);
	for (size_t i = 0; i < plan->devices.n; i++)
		if (plan->devices.v[i].recorded &&
		    vc_index_add(arena, &index, plan->devices.v[i].alias, i, err) < 0)
			return -(int)err->kind;
	if (!claims) {
		*ret_matches = vc_record_count(plan) == 0;
		return 0;
	}
	vc_index_sort(&index);
	*ret_matches = vc_record_count(plan) > 0 && controllers_match(plan, claims) &&
	               place_matches(plan, claims) &&
	               children_match(plan, &index, claims, seen);
	return 0;
}
