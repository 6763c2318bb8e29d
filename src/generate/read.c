/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: which devices an annotation adds is decided by the pipeline of the
 * hook, run on a domain without devices: so that whatever the hook refuses is refused here
 * as well. Devices of KubeVirt's own go along when the claims show them, for what is
 * refused only: KubeVirt finds them itself.
 */
#include <string.h>

#include "claim/tree.h"
#include "generate/plugin.h"
#include "translate/doors.h"

/* As much of a domain as the pipeline needs */
static const char empty_domain[] =
	"<domain type='kvm'><name>vm</name><devices/></domain>";

static int add_device(struct vc_arena *arena, struct vc_plugin *plugin,
                      const struct vc_plugin_device *device, struct vc_err *err)
{
	struct vc_plugin_device *slot = vc_list_push(arena, &plugin->devices);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *device;
	return 0;
}

/* KubeVirt writes the display of virtualGPUOptions itself. */
static struct vc_options options_of(const struct vc_binding *binding)
{
	struct vc_options options = binding->options;

	if (binding->kubevirt_display) {
		vc_options_clear(&options, VC_OPT_DISPLAY);
		vc_options_clear(&options, VC_OPT_RAMFB);
	}
	return options;
}

static int add_own(struct vc_arena *arena, const struct vc_claims *claims,
                   const struct vc_binding *binding, struct vc_plugin *plugin,
                   struct vc_err *err)
{
	struct vc_plugin_device device = {
		.alias = binding->alias,
		.origin = binding->origin,
		.options = options_of(binding),
	};
	struct vc_door_match match;

	plugin->own = true;
	if (!vc_door_asks_any(binding))
		return 0;
	vc_door_find(claims, binding, &match);
	if (match.n == 1 && !match.ambiguous)
		device.kind = match.first->host.kind;
	return add_device(arena, plugin, &device, err);
}

static int add_unseen(struct vc_arena *arena, const struct vc_binding *binding,
                      struct vc_plugin *plugin, struct vc_err *err)
{
	const struct vc_plugin_device device = {
		.alias = binding->alias,
		.appended = true,
		.kind = VC_KIND_PCI,
		.options = options_of(binding),
		.origin = binding->origin,
	};

	if (binding->index == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: without 'index' it means all devices of the request, "
		               "and nothing says how many there are; add 'index': 1, or "
		               "give the claims with --claims",
		               binding->origin);
	return add_device(arena, plugin, &device, err);
}

static int add_planned(struct vc_arena *arena, const struct vc_plan *plan,
                       const struct vc_binding *binding, struct vc_plugin *plugin,
                       struct vc_err *err)
{
	for (size_t i = 0; i < plan->devices.n; i++) {
		const struct vc_plan_device *d = &plan->devices.v[i];
		struct vc_plugin_device device = {
			.alias = d->alias,
			.appended = true,
			.kind = d->host.kind,
			.host = &d->host,
			.options = options_of(binding),
			.origin = binding->origin,
		};

		if (strcmp(d->origin, binding->origin) == 0 &&
		    add_device(arena, plugin, &device, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int add_all(struct vc_arena *arena, const struct vc_translation *t, bool planned,
                   struct vc_plugin *plugin, struct vc_err *err)
{
	const struct vc_bindings *bindings = &plugin->vmi.bindings;

	for (size_t i = 0; i < bindings->n; i++) {
		const struct vc_binding *b = &bindings->v[i];
		int r;

		if (b->kubevirt_made)
			r = add_own(arena, &t->claims, b, plugin, err);
		else if (planned)
			r = add_planned(arena, &t->plan, b, plugin, err);
		else
			r = add_unseen(arena, b, plugin, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Those that the annotation adds, and those of KubeVirt's whose device is known */
static int plannable(struct vc_arena *arena, const struct vc_claims *claims,
                     const struct vc_bindings *all, struct vc_bindings *ret_bindings,
                     struct vc_err *err)
{
	struct vc_bindings some = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		struct vc_door_match match;
		struct vc_binding *slot;

		vc_door_find(claims, &all->v[i], &match);
		if (all->v[i].kubevirt_made && match.n != 1)
			continue;
		slot = vc_list_push(arena, &some);
		if (!slot)
			return vc_fail_oom(err);
		*slot = all->v[i];
	}
	*ret_bindings = some;
	return 0;
}

static int add_notes(struct vc_arena *arena, const struct vc_translation *t,
                     struct vc_names *notes, struct vc_err *err)
{
	const size_t n = t->facts.notes.n;

	for (size_t i = 0; i < n + t->plan.notes.n; i++) {
		char **slot = vc_list_push(arena, notes);

		if (!slot)
			return vc_fail_oom(err);
		*slot = i < n ? t->facts.notes.v[i] : t->plan.notes.v[i - n];
	}
	return 0;
}

static int read_claims(struct vc_arena *arena, const struct vc_translate_input *given,
                       struct vc_translation *t, struct vc_plugin *plugin,
                       struct vc_err *err)
{
	struct vc_translate_input input = *given;

	input.xml = empty_domain;
	input.xml_len = sizeof(empty_domain) - 1;
	input.xml_name = "the domain";
	input.mode = VC_MODE_REWRITE;
	if (vc_translate_claims(arena, &input, t, err) < 0)
		return -(int)err->kind;
	plugin->vmi = t->vmi;
	if (plannable(arena, &t->claims, &plugin->vmi.bindings, &t->vmi.bindings, err) <
	    0)
		return -(int)err->kind;
	if (t->vmi.bindings.n > 0 && vc_translate_domain(arena, &input, t, err) < 0)
		return -(int)err->kind;
	return add_notes(arena, t, &plugin->notes, err);
}

static int read_vmi(struct vc_arena *arena, const struct vc_translate_input *input,
                    struct vc_plugin *plugin, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;

	if (vc_tree_parse(input->vmi, input->vmi_len, input->vmi_name, &tree, err) < 0)
		return -(int)err->kind;
	return vc_vmi_read(arena, tree, &plugin->vmi, err);
}

/**
 * vc_plugin_read() - Find the devices that a VMI wants and KubeVirt does not finish
 * @arena:	holds the result
 * @input:	.vmi, and .claims when there are any
 * @ret_plugin:	result
 * @err:	what is wrong with which input
 *
 * Without claims the devices of the annotation are taken for PCI functions, and have no
 * address.
 *
 * Return: as vc_translate()
 */
int vc_plugin_read(struct vc_arena *arena, const struct vc_translate_input *input,
                   struct vc_plugin *ret_plugin, struct vc_err *err)
{
	struct vc_plugin plugin = { 0 };
	struct vc_translation *t = vc_arena_alloc(arena, 1, sizeof(*t));
	const bool planned = input->n_claims > 0;

	if (!t)
		return vc_fail_oom(err);
	if ((planned ? read_claims(arena, input, t, &plugin, err)
	             : read_vmi(arena, input, &plugin, err)) < 0 ||
	    add_all(arena, t, planned, &plugin, err) < 0)
		return -(int)err->kind;
	*ret_plugin = plugin;
	return 0;
}

/* What no CEL expression can say */

static int check_option(const struct vc_plugin_device *device, enum vc_opt opt,
                        unsigned long libvirt, struct vc_err *err)
{
	const struct vc_opt_rule *rule = &vc_opt_rules[opt];
	const enum vc_kind kind =
		device->kind == VC_KIND_UNKNOWN ? VC_KIND_PCI : device->kind;
	const char *origin = vc_options_origin(&device->options, opt, device->origin);

	if (vc_door_of_option(&device->options, opt) != VC_DOOR_PLUGIN)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: no Plugin can say '%s' of a device; use the hook "
		               "onDefineDomain instead",
		               origin, rule->key);
	if (!vc_opt_fits(opt, kind) &&
	    !(device->kind == VC_KIND_UNKNOWN && vc_opt_fits(opt, VC_KIND_MDEV)))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: a device of kind %s has no option '%s'", origin,
		               vc_kind_name(kind), rule->key);
	if (!vc_opt_known(opt, kind, libvirt) &&
	    !vc_options_is_standard(&device->options, opt))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: option '%s' needs libvirt %lu.%lu in virt-launcher; "
		               "--target-libvirt says which one it has",
		               origin, rule->key, rule->since / 1000000,
		               rule->since / 1000 % 1000);
	return 0;
}

/* What the pipeline refuses too, but without claims there is none */
static int check_together(const struct vc_plugin_device *device, struct vc_err *err)
{
	static const enum vc_opt opts[] = { VC_OPT_GUEST_ADDRESS, VC_OPT_BOOT_ORDER,
		                            VC_OPT_DISPLAY, VC_OPT_ROM_FILE };
	const struct vc_options *o = &device->options;

	if (o->rom_file && o->rom_bar == VC_NO)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: %s cannot have rom.file with rom.bar 'off': a guest "
		               "does not see the file when the ROM is off",
		               vc_options_origin(o, VC_OPT_ROM_FILE, device->origin),
		               device->alias);
	for (size_t i = 0; o->unassigned == VC_YES && i < VC_ARRAY_SIZE(opts); i++)
		if (vc_options_has(o, opts[i]))
			return vc_fail(err, VC_ERR_REFUSED,
			               "%s: %s cannot have %s with unassigned: the guest "
			               "does not get the device",
			               vc_options_origin(o, opts[i], device->origin),
			               device->alias, vc_opt_rules[opts[i]].key);
	return 0;
}

static int check_device(const struct vc_plugin_device *device, unsigned long libvirt,
                        struct vc_err *err)
{
	if (vc_door_of_kind(device->kind) == VC_DOOR_HOOK)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: %s is of kind %s; a Plugin attaches PCI functions and "
			"mediated devices only, use the hook onDefineDomain instead",
			device->origin, device->alias, vc_kind_name(device->kind));
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_options_has(&device->options, opt) &&
		    check_option(device, opt, libvirt, err) < 0)
			return -(int)err->kind;
	return check_together(device, err);
}

/* Several devices of one entry cannot have what a guest has once. */
static int check_pair(const struct vc_plugin_device *a, const struct vc_plugin_device *b,
                      struct vc_err *err)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_opt_rules[opt].single &&
		    vc_options_same(&a->options, &b->options, opt))
			return vc_fail(
				err, VC_ERR_REFUSED,
				"%s: %s and %s cannot have the same %s; add 'index'",
				b->origin, a->alias, b->alias, vc_opt_rules[opt].key);
	return 0;
}

/**
 * vc_plugin_check() - Refuse what this door cannot do
 * @plugin:	plugin
 * @file:	name of the VMI's file, for messages
 * @libvirt:	of virt-launcher; 0: VC_PLUGIN_LIBVIRT
 * @err:	what, and which door can
 *
 * Return: 0, -VC_ERR_INPUT (no namespace) or -VC_ERR_REFUSED
 */
int vc_plugin_check(const struct vc_plugin *plugin, const char *file,
                    unsigned long libvirt, struct vc_err *err)
{
	if (!plugin->vmi.namespace)
		return vc_fail(
			err, VC_ERR_INPUT,
			"%s: /metadata/namespace: it is missing, and a Plugin is for "
			"VMs of one namespace",
			file);
	if (plugin->vmi.place != 0)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: 'placement' of the annotation needs the whole domain, "
			"which an expression cannot plan; use the hook "
			"onDefineDomain, or give each device its 'guestAddress'",
			file);
	for (size_t i = 0; i < plugin->devices.n; i++) {
		if (check_device(&plugin->devices.v[i],
		                 libvirt != 0 ? libvirt : VC_PLUGIN_LIBVIRT, err) < 0)
			return -(int)err->kind;
		if (i > 0 &&
		    check_pair(&plugin->devices.v[i - 1], &plugin->devices.v[i], err) < 0)
			return -(int)err->kind;
	}
	if (plugin->devices.n > 0)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: the VM asks for nothing that KubeVirt does not do itself; no "
	               "Plugin is needed",
	               file);
}
