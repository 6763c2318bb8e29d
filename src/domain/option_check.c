/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a device can have the options that are asked for: its kind, the target libvirt,
 * and what options say about each other, those that the element has already among them.
 *
 * What a switch is anyway may always be said; it is then not written.
 */
#include <string.h>

#include "domain/planner.h"

/* A bound, and what it is about to be. */
struct subject {
	const struct vc_planner *planner;
	const struct vc_bound *bound;
	const struct vc_host_side *host;
	struct vc_options after; /* asked for, else as in the element */
	struct vc_err *err;
};

static const char *origin_of(const struct subject *s, enum vc_opt opt)
{
	const struct vc_bound *b = s->bound;
	const char *place;

	if (vc_options_has(&b->options, opt) || !b->hostdev)
		return vc_options_origin(&b->options, opt, b->binding->origin);
	place = vc_arena_printf(s->planner->arena, "%s:%ld", s->planner->document->file,
	                        b->hostdev->line);
	return place ? place : "?";
}

static int refuse(const struct subject *s, enum vc_opt opt, const char *why)
{
	return vc_fail(s->err, VC_ERR_REFUSED, "%s: alias '%s' cannot have %s: %s",
	               origin_of(s, opt), s->bound->alias, vc_opt_rules[opt].key, why);
}

/* @opt was asked for; the other may be older. */
static int refuse_pair(const struct subject *s, enum vc_opt opt, enum vc_opt other,
                       const char *why)
{
	char *value = vc_options_text(s->planner->arena, &s->after, other);

	return vc_fail(s->err, VC_ERR_REFUSED,
	               "%s: alias '%s' cannot have %s with %s '%s' (%s): %s",
	               origin_of(s, opt), s->bound->alias, vc_opt_rules[opt].key,
	               vc_opt_rules[other].key, value ? value : "?", origin_of(s, other),
	               why);
}

static bool asked(const struct subject *s, enum vc_opt opt)
{
	return vc_options_has(&s->bound->options, opt);
}

static const char *kinds_with(const struct subject *s, enum vc_opt opt)
{
	const char *text = "";

	for (enum vc_kind kind = VC_KIND_PCI; kind < VC_KINDS && text; kind++)
		if (vc_opt_fits(opt, kind))
			text = vc_arena_printf(s->planner->arena, "%s%s%s", text,
			                       text[0] != '\0' ? ", " : "",
			                       vc_kind_name(kind));
	return text ? text : "?";
}

static int refuse_kind(const struct subject *s, enum vc_opt opt)
{
	return vc_fail(
		s->err, VC_ERR_REFUSED,
		"%s: alias '%s' cannot have %s: it is of kind %s, and only %s have "
		"it",
		origin_of(s, opt), s->bound->alias, vc_opt_rules[opt].key,
		vc_kind_name(s->host->kind), kinds_with(s, opt));
}

static int refuse_version(const struct subject *s, enum vc_opt opt)
{
	unsigned long since = vc_opt_rules[opt].since;
	unsigned long target = s->planner->input->target_libvirt;

	return vc_fail(s->err, VC_ERR_REFUSED,
	               "%s: alias '%s' cannot have %s: libvirt knows it from %lu.%lu on, "
	               "and the target is %lu.%lu.%lu; see --target-libvirt",
	               origin_of(s, opt), s->bound->alias, vc_opt_rules[opt].key,
	               since / 1000000, since / 1000 % 1000, target / 1000000,
	               target / 1000 % 1000, target % 1000);
}

static int check_row(const struct subject *s, enum vc_opt opt)
{
	enum vc_kind kind = s->host->kind;
	bool fits = vc_opt_fits(opt, kind);

	if (!asked(s, opt) || vc_options_is_standard(&s->bound->options, opt))
		return 0;
	if (!fits)
		return refuse_kind(s, opt);
	if (!vc_opt_known(opt, kind, s->planner->input->target_libvirt))
		return refuse_version(s, opt);
	return 0;
}

/* [LV] what QEMU's driver in libvirt refuses for each model */
static int check_mdev(const struct subject *s)
{
	const struct vc_options *o = &s->bound->options;
	enum vc_mdev_model model = s->host->mdev_model;

	if (s->host->kind != VC_KIND_MDEV)
		return 0;
	if (o->boot_order > 0 && model != VC_MDEV_VFIO_CCW)
		return refuse(s, VC_OPT_BOOT_ORDER,
		              "libvirt does not boot from a mediated device");
	if (model != VC_MDEV_VFIO_CCW && model != VC_MDEV_VFIO_AP)
		return 0;
	if (o->address.set)
		return refuse(s, VC_OPT_GUEST_ADDRESS,
		              "only vfio-pci mediated devices are on a PCI bus");
	if (o->acpi_index > 0)
		return refuse(s, VC_OPT_ACPI_INDEX,
		              "only vfio-pci mediated devices are on a PCI bus");
	if (o->display == VC_YES || o->ramfb == VC_YES)
		return refuse(s, o->display == VC_YES ? VC_OPT_DISPLAY : VC_OPT_RAMFB,
		              "only vfio-pci mediated devices have a display");
	return 0;
}

static int check_display(const struct subject *s)
{
	const char *why = "the firmware's picture needs a display";

	if (s->after.ramfb != VC_YES || s->after.display == VC_YES)
		return 0;
	if (asked(s, VC_OPT_RAMFB))
		return s->after.display == VC_NO
		               ? refuse_pair(s, VC_OPT_RAMFB, VC_OPT_DISPLAY, why)
		               : refuse(s, VC_OPT_RAMFB, "it needs display");
	return asked(s, VC_OPT_DISPLAY)
	               ? refuse_pair(s, VC_OPT_DISPLAY, VC_OPT_RAMFB, why)
	               : 0;
}

static int check_rom(const struct subject *s)
{
	const char *why = "a guest does not see the file when the ROM is off";

	if (s->after.rom_bar != VC_NO || !s->after.rom_file)
		return 0;
	if (asked(s, VC_OPT_ROM_FILE))
		return refuse_pair(s, VC_OPT_ROM_FILE, VC_OPT_ROM_BAR, why);
	return asked(s, VC_OPT_ROM_BAR)
	               ? refuse_pair(s, VC_OPT_ROM_BAR, VC_OPT_ROM_FILE, why)
	               : 0;
}

static int check_multifunction(const struct subject *s)
{
	if (!asked(s, VC_OPT_MULTIFUNCTION) || s->after.address.set)
		return 0;
	return refuse(s, VC_OPT_MULTIFUNCTION, "it needs guestAddress");
}

/* [LV] address type='unassigned'. What the guest sees of a device that is there is not
 * taken from it, nor the other way round. */
static int check_unassigned(const struct subject *s)
{
	static const enum vc_opt opts[] = { VC_OPT_GUEST_ADDRESS, VC_OPT_BOOT_ORDER,
		                            VC_OPT_DISPLAY, VC_OPT_ROM_FILE };
	const struct vc_hostdev *h = s->bound->hostdev;

	if (!asked(s, VC_OPT_UNASSIGNED))
		return 0;
	if (s->bound->options.unassigned == VC_NO)
		return h && h->options.unassigned == VC_YES
		               ? refuse(s, VC_OPT_UNASSIGNED,
		                        "the element is so; take its <address> out first")
		               : 0;
	if (h && h->has_address && h->options.unassigned != VC_YES)
		return refuse(
			s, VC_OPT_UNASSIGNED,
			"the element has an address in the guest; take its <address> "
			"out first");
	for (size_t i = 0; i < VC_ARRAY_SIZE(opts); i++)
		if (asked(s, opts[i]))
			return refuse_pair(s, VC_OPT_UNASSIGNED, opts[i],
			                   "the guest does not get the device");
	return 0;
}

/* [LV] the name of the driver is that of another way of giving devices to guests. */
static int check_driver(const struct subject *s)
{
	static const enum vc_opt opts[] = { VC_OPT_DRIVER_MODEL, VC_OPT_IOMMUFD };
	const struct vc_hostdev *h = s->bound->hostdev;
	const char *name = h ? h->driver : NULL;

	if (!name || strcmp(name, "vfio") == 0)
		return 0;
	for (size_t i = 0; i < VC_ARRAY_SIZE(opts); i++)
		if (asked(s, opts[i]) &&
		    !vc_options_is_standard(&s->bound->options, opts[i]))
			return vc_fail(
				s->err, VC_ERR_REFUSED,
				"%s: alias '%s' cannot have %s: it goes with driver "
				"'vfio', and the element in line %ld has '%s'",
				origin_of(s, opts[i]), s->bound->alias,
				vc_opt_rules[opts[i]].key, h->line, name);
	return 0;
}

/* [LV] formatdomain, "Teaming": define does not look for the other interface. */
static int check_teaming(const struct subject *s)
{
	const struct vc_guest_devices *guests = &s->planner->domain->guests;
	const char *alias = s->bound->options.teaming;
	const struct vc_index_entry *e;
	const struct vc_guest_device *g;

	if (!alias)
		return 0;
	e = vc_index_find(&s->planner->guests, alias, NULL);
	if (!e)
		return vc_fail(s->err, VC_ERR_REFUSED,
		               "%s: alias '%s' cannot have teaming with '%s': the domain "
		               "has no device of that alias",
		               origin_of(s, VC_OPT_TEAMING), s->bound->alias, alias);
	g = &guests->v[e->value];
	if (!g->teaming_persistent)
		return vc_fail(
			s->err, VC_ERR_REFUSED,
			"%s: alias '%s' cannot have teaming with '%s': the <%s> in "
			"line %ld has no <teaming type='persistent'/>",
			origin_of(s, VC_OPT_TEAMING), s->bound->alias, alias, g->element,
			g->line);
	return 0;
}

/**
 * vc_check_options() - Refuse options that a device cannot have
 * @planner:	planner
 * @bound:	alias with its options
 * @host:	what the device is
 * @err:	begins with who gave the option
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_check_options(const struct vc_planner *planner, const struct vc_bound *bound,
                     const struct vc_host_side *host, struct vc_err *err)
{
	static int (*const checks[])(const struct subject *s) = {
		check_mdev,   check_display, check_rom,        check_multifunction,
		check_driver, check_teaming, check_unassigned,
	};
	struct subject s = { .planner = planner,
		             .bound = bound,
		             .host = host,
		             .after = bound->options,
		             .err = err };

	if (!vc_options_any(&bound->options))
		return 0;
	if (bound->hostdev)
		vc_options_merge(&s.after, &bound->hostdev->options);
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (check_row(&s, opt) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < VC_ARRAY_SIZE(checks); i++)
		if (checks[i](&s) < 0)
			return -(int)err->kind;
	return 0;
}
