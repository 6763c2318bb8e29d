/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a CDI device says about host devices. Each driver's way, as read from its source:
 *
 * [KV]    KubeVirt, docs/devel/host-devices-and-device-plugins.md: PCI_RESOURCE_<NAME>
 *         and MDEV_PCI_RESOURCE_<NAME>, comma lists; also used by dra-pci-driver;
 *         USB_RESOURCE_<NAME>, a comma list of <bus>:<device> in decimal
 * [SRIOV] dra-driver-sriov: SRIOVNETWORK_VF_DEVICE_<address>, and the address in the name
 * [INTEL] intel-resource-drivers: 0000-03-00-0-0x56a0 as name
 * [VFIO]  /dev/vfio/<group>, /dev/vfio/devices/vfio<N>; /dev/vfio/vfio and /dev/iommu are
 *         no devices, /dev/vfio/noiommu-<group> protects nothing
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "claim/cdi_recover.h"

#define VFIO_DIRECTORY "/dev/vfio/"
#define VFIO_NO_IOMMU  VFIO_DIRECTORY "noiommu-"
#define VFIO_CDEV      VFIO_DIRECTORY "devices/vfio"

/* What the value of a variable is. */
enum env_kind {
	ENV_OTHER,
	ENV_PCI,
	ENV_MDEV,
	ENV_USB,
};

static const struct {
	const char *prefix;
	enum env_kind kind;
} env_rules[] = {
	{ "PCI_RESOURCE_", ENV_PCI },           /* [KV] */
	{ "MDEV_PCI_RESOURCE_", ENV_MDEV },     /* [KV] */
	{ "USB_RESOURCE_", ENV_USB },           /* [KV] */
	{ "SRIOVNETWORK_VF_DEVICE_", ENV_PCI }, /* [SRIOV] */
};

/* One step of the ladder: what is being looked at, and what it said. */
struct climb {
	struct vc_arena *arena;
	const struct vc_cdi_device *device;
	struct vc_cdi_evidence found;
};

static enum env_kind kind_of_env(const char *variable)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(env_rules); i++) {
		const char *cursor = variable;

		if (vc_parse_literal(&cursor, env_rules[i].prefix))
			return env_rules[i].kind;
	}
	return ENV_OTHER;
}

static int fail_too_many(const struct climb *c, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: names more than %d host devices; expected one, or a few",
	               c->device->where, VC_CDI_MAX_EVIDENCE);
}

static int add_address(struct climb *c, const struct vc_pci_address *address,
                       struct vc_err *err)
{
	struct vc_pci_address *slot;

	for (size_t i = 0; i < c->found.addresses.n; i++)
		if (vc_pci_address_compare(&c->found.addresses.v[i], address) == 0)
			return 0;
	if (c->found.addresses.n == VC_CDI_MAX_EVIDENCE)
		return fail_too_many(c, err);
	slot = vc_list_push(c->arena, &c->found.addresses);
	if (!slot)
		return vc_fail_oom(err);
	*slot = *address;
	return 0;
}

static int add_mdev(struct climb *c, const char *uuid, struct vc_err *err)
{
	char *lower = vc_cdi_lower(c->arena, uuid, strlen(uuid));
	char **slot;

	if (!lower)
		return vc_fail_oom(err);
	for (size_t i = 0; i < c->found.mdevs.n; i++)
		if (strcmp(c->found.mdevs.v[i], lower) == 0)
			return 0;
	if (c->found.mdevs.n == VC_CDI_MAX_EVIDENCE)
		return fail_too_many(c, err);
	slot = vc_list_push(c->arena, &c->found.mdevs);
	if (!slot)
		return vc_fail_oom(err);
	*slot = lower;
	return 0;
}

static int add_number(struct climb *c, bool cdev, int64_t number, struct vc_err *err)
{
	size_t n = cdev ? c->found.cdevs.n : c->found.groups.n;
	const int64_t *v = cdev ? c->found.cdevs.v : c->found.groups.v;
	int64_t *slot;

	for (size_t i = 0; i < n; i++)
		if (v[i] == number)
			return 0;
	if (n == VC_CDI_MAX_EVIDENCE)
		return fail_too_many(c, err);
	slot = cdev ? vc_list_push(c->arena, &c->found.cdevs)
	            : vc_list_push(c->arena, &c->found.groups);
	if (!slot)
		return vc_fail_oom(err);
	*slot = number;
	return 0;
}

/* "1:5", as KubeVirt has it; libvirt's numbers have three digits. */
static bool parse_usb(const char *item, struct vc_usb_device *ret_usb)
{
	const char *colon = strchr(item, ':');
	char bus[4] = "";
	uint64_t numbers[2];

	if (!colon || colon - item >= (ptrdiff_t)sizeof(bus))
		return false;
	memcpy(bus, item, (size_t)(colon - item));
	if (!vc_parse_number(bus, 999, &numbers[0]) ||
	    !vc_parse_number(colon + 1, 999, &numbers[1]) || numbers[0] == 0 ||
	    numbers[1] == 0)
		return false;
	*ret_usb = (struct vc_usb_device){
		.bus = (unsigned)numbers[0],
		.device = (unsigned)numbers[1],
	};
	return true;
}

static int add_usb(struct climb *c, const char *item, const char *what,
                   struct vc_err *err)
{
	struct vc_usb_device usb, *slot;

	if (!parse_usb(item, &usb))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: %s holds '%.64s', expected a USB bus and device like "
		               "'1:5'",
		               c->device->where, what, item);
	for (size_t i = 0; i < c->found.usbs.n; i++)
		if (c->found.usbs.v[i].bus == usb.bus &&
		    c->found.usbs.v[i].device == usb.device)
			return 0;
	if (c->found.usbs.n == VC_CDI_MAX_EVIDENCE)
		return fail_too_many(c, err);
	slot = vc_list_push(c->arena, &c->found.usbs);
	if (!slot)
		return vc_fail_oom(err);
	*slot = usb;
	return 0;
}

/* One item of what @what holds. */
static int add_item(struct climb *c, enum env_kind kind, const char *item,
                    const char *what, struct vc_err *err)
{
	struct vc_err no_address = VC_ERR_INIT;
	struct vc_pci_address address;

	if (kind == ENV_USB)
		return add_usb(c, item, what, err);
	if (kind == ENV_MDEV && vc_is_uuid(item))
		return add_mdev(c, item, err);
	if (kind == ENV_MDEV)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: %s holds '%.64s', expected the UUID of an mdev",
		               c->device->where, what, item);
	if (vc_pci_address_parse(item, &address, &no_address) < 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: %s holds '%.64s', expected a PCI address like "
		               "'0000:65:00.0'",
		               c->device->where, what, item);
	return add_address(c, &address, err);
}

/* [KV] a comma list; KubeVirt lets it end in a comma. */
static int add_list(struct climb *c, enum env_kind kind, const char *list,
                    const char *what, struct vc_err *err)
{
	while (*list != '\0') {
		const char *comma = strchrnul(list, ',');
		char *item = vc_arena_strndup(c->arena, list, (size_t)(comma - list));
		int r;

		if (!item)
			return vc_fail_oom(err);
		r = add_item(c, kind, item, what, err);
		if (r < 0)
			return r;
		list = *comma == ',' ? comma + 1 : comma;
	}
	return 0;
}

static int read_env(struct climb *c, struct vc_err *err)
{
	for (size_t i = 0; i < c->device->edits.env.n; i++) {
		const char *variable = c->device->edits.env.v[i];
		const char *equals = strchr(variable, '=');
		enum env_kind kind = kind_of_env(variable);
		char *what;
		int r;

		if (kind == ENV_OTHER)
			continue;
		what = vc_arena_printf(
			c->arena, "variable '%.*s'",
			(int)(equals - variable > 128 ? 128 : equals - variable),
			variable);
		if (!what)
			return vc_fail_oom(err);
		r = add_list(c, kind, equals + 1, what, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "0000-03-00-0" */
static bool parse_dashed(const char **cursor, struct vc_pci_address *ret_address)
{
	const char *p = *cursor;
	uint32_t domain, bus, slot, function;

	if (!vc_parse_hex(&p, 4, 8, &domain) || !vc_parse_literal(&p, "-") ||
	    !vc_parse_hex(&p, 2, 2, &bus) || !vc_parse_literal(&p, "-") ||
	    !vc_parse_hex(&p, 2, 2, &slot) || !vc_parse_literal(&p, "-") ||
	    !vc_parse_hex(&p, 1, 1, &function) || slot > 0x1f || function > 7)
		return false;
	*ret_address = (struct vc_pci_address){
		.domain = domain,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
	*cursor = p;
	return true;
}

/* [INTEL] address and device id */
static bool parse_intel_name(const char *name, struct vc_pci_address *ret_address)
{
	struct vc_pci_address address;
	uint32_t id;

	if (!parse_dashed(&name, &address) || !vc_parse_literal(&name, "-0x") ||
	    !vc_parse_hex(&name, 1, 8, &id) || !vc_parse_end(name))
		return false;
	*ret_address = address;
	return true;
}

/* [SRIOV] claim UID and address */
static bool parse_sriov_name(const char *name, struct vc_pci_address *ret_address)
{
	struct vc_pci_address address;

	name += vc_cdi_uid_prefix(name);
	if (!parse_dashed(&name, &address) || !vc_parse_end(name))
		return false;
	*ret_address = address;
	return true;
}

static const struct {
	const char *vendor;
	bool (*parse)(const char *name, struct vc_pci_address *ret_address);
} name_rules[] = {
	{ "intel.com", parse_intel_name },
	{ "sriovnetwork.k8snetworkplumbingwg.io", parse_sriov_name },
};

/* Only of drivers whose names are known to mean it, and only for a device that VFIO has:
 * Intel's file lists the GPUs of containers in the same way. */
static int read_name(struct climb *c, const struct vc_cdi_spec *spec, struct vc_err *err)
{
	struct vc_pci_address address;

	for (size_t i = 0; i < VC_ARRAY_SIZE(name_rules); i++)
		if (strcmp(spec->vendor, name_rules[i].vendor) == 0 &&
		    name_rules[i].parse(c->device->name, &address))
			return add_address(c, &address, err);
	return 0;
}

static int read_node(struct climb *c, const char *path, struct vc_err *err)
{
	const char *cursor = path;
	uint64_t number;

	if (vc_parse_literal(&cursor, VFIO_NO_IOMMU)) {
		c->found.no_iommu = path;
		return 0;
	}
	if (vc_parse_literal(&cursor, VFIO_CDEV))
		return vc_parse_number(cursor, INT_MAX, &number)
		               ? add_number(c, true, (int64_t)number, err)
		               : 0;
	if (vc_parse_literal(&cursor, VFIO_DIRECTORY))
		return vc_parse_number(cursor, INT_MAX, &number)
		               ? add_number(c, false, (int64_t)number, err)
		               : 0;
	return 0;
}

static int read_nodes(struct climb *c, struct vc_err *err)
{
	for (size_t i = 0; i < c->device->edits.nodes.n; i++) {
		const struct vc_cdi_node *node = &c->device->edits.nodes.v[i];
		int r = read_node(c, node->host_path ? node->host_path : node->path, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_number(struct climb *c, const char *key, bool cdev, struct vc_err *err)
{
	const char *text = vc_cdi_annotation(&c->device->annotations, key);
	uint64_t number;

	if (!text)
		return 0;
	if (!vc_parse_number(text, INT_MAX, &number))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: annotation '%s' holds '%.64s', expected a number",
		               c->device->where, key, text);
	return add_number(c, cdev, (int64_t)number, err);
}

static int read_mdev_model(struct climb *c, struct vc_err *err)
{
	static const char key[] = VC_CDI_ANNOTATION("mdev-model");
	const char *text = vc_cdi_annotation(&c->device->annotations, key);

	if (!text || vc_mdev_model_parse(text, &c->found.mdev_model))
		return 0;
	return vc_fail(
		err, VC_ERR_INPUT,
		"%s: annotation '%s' holds '%.64s', expected vfio-pci, vfio-ccw or "
		"vfio-ap",
		c->device->where, key, text);
}

static int read_annotations(struct climb *c, struct vc_err *err)
{
	static const struct {
		const char *key;
		enum env_kind kind;
	} rules[] = {
		{ VC_CDI_ANNOTATION("pci-address"), ENV_PCI },
		{ VC_CDI_ANNOTATION("mdev-uuid"), ENV_MDEV },
		{ VC_CDI_ANNOTATION("usb-device"), ENV_USB },
	};
	int r = read_mdev_model(c, err);

	for (size_t i = 0; i < VC_ARRAY_SIZE(rules) && r == 0; i++) {
		const char *text =
			vc_cdi_annotation(&c->device->annotations, rules[i].key);

		if (text)
			r = add_item(c, rules[i].kind, text, rules[i].key, err);
	}
	if (r == 0)
		r = read_number(c, VC_CDI_ANNOTATION("iommu-group"), false, err);
	if (r == 0)
		r = read_number(c, VC_CDI_ANNOTATION("vfio-cdev"), true, err);
	return r;
}

static bool has_address(const struct vc_cdi_evidence *evidence,
                        const struct vc_pci_address *address)
{
	for (size_t i = 0; i < evidence->addresses.n; i++)
		if (vc_pci_address_compare(&evidence->addresses.v[i], address) == 0)
			return true;
	return false;
}

static bool has_mdev(const struct vc_cdi_evidence *evidence, const char *uuid)
{
	for (size_t i = 0; i < evidence->mdevs.n; i++)
		if (strcmp(evidence->mdevs.v[i], uuid) == 0)
			return true;
	return false;
}

/* Whether both name the same addresses, or one of them none. */
static bool agree(const struct vc_cdi_evidence *a, const struct vc_cdi_evidence *b)
{
	if (a->addresses.n > 0 && b->addresses.n > 0) {
		if (a->addresses.n != b->addresses.n)
			return false;
		for (size_t i = 0; i < a->addresses.n; i++)
			if (!has_address(b, &a->addresses.v[i]))
				return false;
	}
	if (a->mdevs.n > 0 && b->mdevs.n > 0) {
		if (a->mdevs.n != b->mdevs.n)
			return false;
		for (size_t i = 0; i < a->mdevs.n; i++)
			if (!has_mdev(b, a->mdevs.v[i]))
				return false;
	}
	return true;
}

/* Adds what a lower step found and a higher one did not. */
static int take_step(struct vc_cdi_evidence *into, const struct vc_cdi_evidence *step,
                     const struct vc_cdi_device *device, const char *what,
                     struct vc_err *err)
{
	if (!agree(into, step))
		return vc_fail(
			err, VC_ERR_INPUT,
			"%s: %s contradicts what the device says elsewhere; expected "
			"the same addresses in both",
			device->where, what);
	if (into->usbs.n == 0)
		into->usbs = step->usbs;
	if (into->addresses.n == 0 && into->mdevs.n == 0) {
		into->addresses = step->addresses;
		into->mdevs = step->mdevs;
	}
	if (into->groups.n == 0)
		into->groups = step->groups;
	if (into->cdevs.n == 0)
		into->cdevs = step->cdevs;
	if (into->mdev_model == VC_MDEV_UNKNOWN)
		into->mdev_model = step->mdev_model;
	if (!into->no_iommu)
		into->no_iommu = step->no_iommu;
	return 0;
}

/**
 * vc_cdi_collect_evidence() - Climb the ladder for one device
 * @arena:	holds the result
 * @spec:	its file
 * @device:	device
 * @ret_evidence: what it says; of each kind the highest step that says something
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT (a value that is no address where one belongs; two steps that
 * name different devices; an attack) or -VC_ERR_INTERNAL
 */
int vc_cdi_collect_evidence(struct vc_arena *arena, const struct vc_cdi_spec *spec,
                            const struct vc_cdi_device *device,
                            struct vc_cdi_evidence *ret_evidence, struct vc_err *err)
{
	struct climb annotations = { .arena = arena, .device = device };
	struct climb env = annotations, name = annotations, nodes = annotations;
	struct vc_cdi_evidence evidence = { 0 };

	if (read_annotations(&annotations, err) < 0 || read_env(&env, err) < 0 ||
	    read_nodes(&nodes, err) < 0)
		return -(int)err->kind;
	if (nodes.found.groups.n > 0 || nodes.found.cdevs.n > 0)
		if (read_name(&name, spec, err) < 0)
			return -(int)err->kind;
	if (take_step(&evidence, &annotations.found, device, "an annotation", err) < 0 ||
	    take_step(&evidence, &env.found, device, "its environment", err) < 0 ||
	    take_step(&evidence, &name.found, device, "its name", err) < 0 ||
	    take_step(&evidence, &nodes.found, device, "a device node", err) < 0)
		return -(int)err->kind;
	*ret_evidence = evidence;
	return 0;
}

/* A variable with an address, and who sets it. */
struct setting {
	const char *variable; /* "NAME=VALUE" */
	size_t name_len;
	const struct vc_cdi_device *device;
};

static int compare_settings(const void *va, const void *vb)
{
	const struct setting *a = va, *b = vb;
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	int c = strncmp(a->variable, b->variable, len);

	if (c == 0)
		c = (a->name_len > b->name_len) - (a->name_len < b->name_len);
	return c != 0 ? c : (a->device > b->device) - (a->device < b->device);
}

struct settings {
	struct setting *v;
	size_t n, cap;
};

static bool collide(const struct setting *a, const struct setting *b)
{
	return a->name_len == b->name_len && a->device != b->device &&
	       strncmp(a->variable, b->variable, a->name_len) == 0 &&
	       strcmp(a->variable, b->variable) != 0;
}

static int add_settings(struct vc_arena *arena, const struct vc_cdi_device *device,
                        struct settings *settings, struct vc_err *err)
{
	for (size_t i = 0; i < device->edits.env.n; i++) {
		const char *variable = device->edits.env.v[i];
		struct setting *slot;

		if (kind_of_env(variable) == ENV_OTHER)
			continue;
		slot = vc_list_push(arena, settings);
		if (!slot)
			return vc_fail_oom(err);
		slot->variable = variable;
		slot->name_len = strcspn(variable, "=");
		slot->device = device;
	}
	return 0;
}

/**
 * vc_cdi_note_collisions() - Note variables that several devices set
 * @arena:	holds the notes
 * @spec:	file
 * @facts:	one note for each such variable
 * @err:	out of memory
 *
 * [CDI] edits are applied one after the other, so in a container the last value wins and
 * hides the other devices. Each device is still known here.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_cdi_note_collisions(struct vc_arena *arena, const struct vc_cdi_spec *spec,
                           struct vc_facts *facts, struct vc_err *err)
{
	struct settings all = { 0 };
	bool noted = false;

	for (size_t i = 0; i < spec->devices.n; i++)
		if (!spec->devices.v[i].dropped &&
		    add_settings(arena, &spec->devices.v[i], &all, err) < 0)
			return -(int)err->kind;
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), compare_settings);
	for (size_t i = 1; i < all.n; i++) {
		const struct setting *a = &all.v[i - 1], *b = &all.v[i];
		bool now = collide(a, b);

		if (now && !noted &&
		    vc_facts_note(arena, facts, err,
		                  "%s: sets '%.*s' as '%s' does; a container with both "
		                  "sees only the last value",
		                  b->device->where, (int)b->name_len, b->variable,
		                  a->device->name) < 0)
			return -(int)err->kind;
		noted = now;
	}
	return 0;
}
