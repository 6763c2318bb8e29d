/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/layout.h"

#include <string.h>

#include "base/attr.h"
#include "base/parse.h"

static const struct {
	enum vc_bus_model model;
	const char *name;
} bus_models[] = {
	{ VC_BUS_PCIE_ROOT, "pcie-root" },
	{ VC_BUS_ROOT_PORT, "pcie-root-port" },
	{ VC_BUS_UPSTREAM_PORT, "pcie-switch-upstream-port" },
	{ VC_BUS_DOWNSTREAM_PORT, "pcie-switch-downstream-port" },
	{ VC_BUS_PCIE_EXPANDER, "pcie-expander-bus" },
	{ VC_BUS_PCI_ROOT, "pci-root" },
	{ VC_BUS_PCI_BRIDGE, "pci-bridge" },
	{ VC_BUS_DMI_TO_PCI, "dmi-to-pci-bridge" },
	{ VC_BUS_PCIE_TO_PCI, "pcie-to-pci-bridge" },
	{ VC_BUS_PCI_EXPANDER, "pci-expander-bus" },
};

/**
 * vc_bus_model_of() - A model of <controller type='pci'>
 * @name:	attribute, NULL absent
 *
 * Return: the model, VC_BUS_UNKNOWN when there is none of that name
 */
enum vc_bus_model vc_bus_model_of(const char *name)
{
	for (size_t i = 0; name && i < VC_ARRAY_SIZE(bus_models); i++)
		if (strcmp(bus_models[i].name, name) == 0)
			return bus_models[i].model;
	return VC_BUS_UNKNOWN;
}

/**
 * vc_bus_model_name() - A model as it stands in a domain
 * @model:	model
 *
 * Return: its name, a static string; "?" for an unknown one
 */
const char *vc_bus_model_name(enum vc_bus_model model)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(bus_models); i++)
		if (bus_models[i].model == model)
			return bus_models[i].name;
	return "?";
}

/**
 * vc_machine_of() - How PCI is laid out on a machine
 * @name:	os/type/@machine, "q35", "pc-q35-9.0"; NULL absent
 *
 * Return: the machine, VC_MACHINE_UNKNOWN when its name does not tell
 */
enum vc_machine vc_machine_of(const char *name)
{
	static const struct {
		const char *prefix;
		bool whole;
		enum vc_machine machine;
	} machines[] = {
		{ "q35", true, VC_MACHINE_Q35 },
		{ "pc-q35-", false, VC_MACHINE_Q35 },
		{ "pc", true, VC_MACHINE_I440FX },
		{ "pc-i440fx-", false, VC_MACHINE_I440FX },
		{ "virt", true, VC_MACHINE_VIRT },
		{ "virt-", false, VC_MACHINE_VIRT },
		{ "microvm", true, VC_MACHINE_MICROVM },
	};

	for (size_t i = 0; name && i < VC_ARRAY_SIZE(machines); i++) {
		const char *p = name;

		if (vc_parse_literal(&p, machines[i].prefix) &&
		    vc_parse_end(p) == machines[i].whole)
			return machines[i].machine;
	}
	return VC_MACHINE_UNKNOWN;
}

/* "3", "0-2", "^1" */
static bool parse_range(const char **cursor, bool *set, size_t n_set)
{
	bool take = !vc_parse_literal(cursor, "^");
	uint64_t first, last;

	if (!vc_parse_decimal(cursor, n_set - 1, &first))
		return false;
	last = first;
	if (take && vc_parse_literal(cursor, "-") &&
	    (!vc_parse_decimal(cursor, n_set - 1, &last) || last < first))
		return false;
	for (; first <= last; first++)
		set[first] = take;
	return true;
}

/**
 * vc_nodeset_parse() - Read a set of NUMA nodes
 * @text:	[LV] "0-2,4,^1"
 * @ret_set:	a flag for each node; what it holds is undefined on failure
 * @n_set:	how many, from 1; a larger number in @text is a failure
 *
 * Return: whether @text is one, of at least one node
 */
bool vc_nodeset_parse(const char *text, bool *ret_set, size_t n_set)
{
	bool any = false;

	for (size_t i = 0; i < n_set; i++)
		ret_set[i] = false;
	do {
		if (!parse_range(&text, ret_set, n_set))
			return false;
	} while (vc_parse_literal(&text, ","));
	for (size_t i = 0; i < n_set; i++)
		any |= ret_set[i];
	return vc_parse_end(text) && any;
}

/* More NUMA nodes than Linux can have (NODES_SHIFT is 10 at most). */
#define NODES_MAX 1024

/**
 * vc_nodeset_has() - Whether a set of NUMA nodes has one
 * @text:	set; NULL none
 * @node:	number
 *
 * Return: whether; never for a text that is no set
 */
bool vc_nodeset_has(const char *text, unsigned node)
{
	bool set[NODES_MAX];

	return text && node < NODES_MAX && vc_nodeset_parse(text, set, NODES_MAX) &&
	       set[node];
}

/**
 * vc_layout_has_nodes() - Whether the guest has all NUMA cells of a set
 * @layout:	layout
 * @nodes:	set
 * @ret_missing: the first that it does not have
 *
 * Return: whether; a text that is no set is not judged here
 */
bool vc_layout_has_nodes(const struct vc_layout *layout, const char *nodes,
                         unsigned *ret_missing)
{
	bool set[NODES_MAX];

	if (!vc_nodeset_parse(nodes, set, NODES_MAX))
		return true;
	for (size_t i = 0; i < layout->cells.n; i++)
		if (layout->cells.v[i].id < NODES_MAX)
			set[layout->cells.v[i].id] = false;
	for (unsigned node = 0; node < NODES_MAX; node++) {
		if (!set[node])
			continue;
		*ret_missing = node;
		return false;
	}
	return true;
}
