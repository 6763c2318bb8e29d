/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [KV] pkg/dra/utils.go, pkg/virt-launcher/virtwrap/device/hostdevice/: what KubeVirt
 * makes of a claim by itself. [libvirtxml] domain.go: what a CEL expression can say.
 */
#include "translate/doors.h"

#include <string.h>

/* Origins are places in the VMI, "vmi.json: /metadata/annotations/..." */
#define ANNOTATION ": /metadata/annotations/"

/**
 * vc_door_asks() - Whether a VMI asks for an option that KubeVirt does not write
 * @binding:	binding of a VMI
 * @opt:	option
 *
 * What the VMI itself says (bootOrder and pciAddress of an interface, display of a
 * virtual GPU) is KubeVirt's own business; what our annotation says is not.
 *
 * Return: whether it does
 */
bool vc_door_asks(const struct vc_binding *binding, enum vc_opt opt)
{
	const char *origin = vc_options_origin(&binding->options, opt, binding->origin);

	if (!vc_options_has(&binding->options, opt))
		return false;
	return !binding->kubevirt_made || (origin && strstr(origin, ANNOTATION));
}

/**
 * vc_door_asks_any() - Whether a VMI asks for any option that KubeVirt does not write
 * @binding:	binding of a VMI
 *
 * Return: whether it does
 */
bool vc_door_asks_any(const struct vc_binding *binding)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_door_asks(binding, opt))
			return true;
	return false;
}

/**
 * vc_door_of_option() - The first door that an option fits through
 * @options:	options
 * @opt:	one of them that is given
 *
 * Return: VC_DOOR_PLUGIN or VC_DOOR_HOOK
 */
enum vc_door vc_door_of_option(const struct vc_options *options, enum vc_opt opt)
{
	switch (opt) {
	case VC_OPT_KIND:
		return options->kind == VC_KIND_PCI ? VC_DOOR_PLUGIN : VC_DOOR_HOOK;
	case VC_OPT_GUEST_ADDRESS:
	case VC_OPT_MULTIFUNCTION:
	case VC_OPT_UNASSIGNED:
	case VC_OPT_BOOT_ORDER:
	case VC_OPT_ROM_BAR:
	case VC_OPT_ROM_FILE:
	case VC_OPT_DISPLAY:
	case VC_OPT_RAMFB:
	case VC_OPT_MANAGED:
	case VC_OPT_DRIVER_MODEL:
	case VC_OPT_IOMMUFD:
	case VC_OPT_ACPI_INDEX:
		return VC_DOOR_PLUGIN;
	case VC_OPT_ACPI_NODESET: /* DomainDeviceACPI has an index only */
	case VC_OPT_TEAMING:      /* nothing looks whether the interface is there */
	case VC_OPT_READONLY:
	case VC_OPT_SHAREABLE:
	case VC_OPT_MAC:
	case VC_OPT_VLAN:
		break;
	}
	return VC_DOOR_HOOK;
}

/**
 * vc_door_of_kind() - The first door that devices of a kind fit through
 * @kind:	kind; VC_KIND_UNKNOWN counts as a PCI function
 *
 * Return: door
 */
enum vc_door vc_door_of_kind(enum vc_kind kind)
{
	return kind == VC_KIND_UNKNOWN || kind == VC_KIND_PCI || kind == VC_KIND_MDEV
	               ? VC_DOOR_STOCK
	               : VC_DOOR_HOOK;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool is_claim(const struct vc_claim *claim, const struct vc_binding *binding)
{
	if (binding->namespace && claim->namespace &&
	    strcmp(binding->namespace, claim->namespace) != 0)
		return false;
	return binding->claim ? same(binding->claim, claim->name)
	                      : same(binding->pod_claim, claim->pod_claim);
}

static bool is_device(const struct vc_device *device, const struct vc_binding *binding)
{
	return same(device->request, binding->request) &&
	       (!binding->subrequest || same(device->subrequest, binding->subrequest));
}

/* Whether a device before @end has the driver of device @end. */
static bool is_known_driver(const struct vc_claim *claim,
                            const struct vc_binding *binding, size_t end)
{
	const struct vc_device *d = claim->devices.v;

	for (size_t i = 0; i < end; i++)
		if (is_device(&d[i], binding) && d[i].driver && d[end].driver &&
		    vc_driver_equal(d[i].driver, d[end].driver))
			return true;
	return false;
}

/**
 * vc_door_find() - The devices of the request that a binding of a VMI names
 * @claims:	joined and resolved
 * @binding:	binding of a VMI
 * @ret_match:	what was found; zero when the claim is not there
 */
void vc_door_find(const struct vc_claims *claims, const struct vc_binding *binding,
                  struct vc_door_match *ret_match)
{
	struct vc_door_match match = { 0 };

	for (size_t i = 0; i < claims->n; i++) {
		if (!is_claim(&claims->v[i], binding))
			continue;
		match.ambiguous |= match.claim != NULL;
		match.claim = &claims->v[i];
	}
	for (size_t i = 0; match.claim && i < match.claim->devices.n; i++) {
		const struct vc_device *device = &match.claim->devices.v[i];

		if (!is_device(device, binding))
			continue;
		if (++match.n == 1)
			match.first = device;
		if (!is_known_driver(match.claim, binding, i))
			match.n_drivers++;
	}
	*ret_match = match;
}
