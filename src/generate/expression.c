/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [libvirtxml] domain.go: DomainHostdev and the types of its fields. [KV]
 * pkg/virt-launcher/virtwrap/plugins/cel: the result is a sparse Domain; a list in it
 * replaces the whole list, so that every host device that stays has to be named.
 *
 * The shape is
 *
 *   Domain{Devices: DomainDeviceList{Hostdevs:
 *     domainSpec.Devices.Hostdevs.map(h, IS-THIS-ONE ? DomainHostdev{...} : h)
 *     + (domainSpec.Devices.Hostdevs.exists(h, IS-THAT-ONE) ? [] : [DomainHostdev{...}])}}
 *
 * KubeVirt evaluates it up to three times per start, later on its own copy of the result,
 * which has lost what its schema does not know (multifunction, ROM) and has gained the
 * addresses that libvirt chose. So a device that was appended before is completed like
 * one of KubeVirt's, and not appended twice.
 *
 * A pointer that may be nil is never copied, since that makes an empty element of it:
 * has() is asked first. What cannot be right is made to fail by reading an annotation that
 * does not exist, whose name is the message: CEL has no other way to raise an error.
 */
#include <stdio.h>
#include <string.h>

#include "generate/cel.h"
#include "generate/plugin.h"

#define EXPRESSION_MAX ((size_t)1 << 20)  /* [DRA] an object has 1.5 MiB at most */
#define TEXT_MAX       ((size_t)64 << 20) /* more than any VMI can make */
#define HOSTDEVS       "domainSpec.Devices.Hostdevs"

struct writer {
	struct vc_arena *arena;
	struct vc_cel_writer cel;
	struct vc_err *err;
};

static const char *on_off(enum vc_tri value)
{
	return value == VC_YES ? "on" : "off";
}

static void put(struct writer *w, const char *text)
{
	vc_buf_puts(w->cel.buf, text);
}

/* h is the host device with this alias */
static void put_match(struct writer *w, const char *alias)
{
	put(w, "has(h.Alias) && h.Alias.Name == ");
	vc_cel_string(w->cel.buf, alias);
}

/* ---- the guest's side ---- */

static void put_address(struct writer *w, const struct vc_guest_address *a)
{
	vc_cel_message(&w->cel, "Address", "DomainAddress");
	vc_cel_message(&w->cel, "PCI", "DomainAddressPCI");
	vc_cel_field_uint(&w->cel, "Domain", 0);
	vc_cel_field_uint(&w->cel, "Bus", a->bus);
	vc_cel_field_uint(&w->cel, "Slot", a->slot);
	vc_cel_field_uint(&w->cel, "Function", a->function);
	if (a->multifunction != VC_UNKNOWN)
		vc_cel_field_string(&w->cel, "MultiFunction", on_off(a->multifunction));
	vc_cel_close(&w->cel);
	vc_cel_close(&w->cel);
}

static void put_unassigned(struct writer *w)
{
	vc_cel_message(&w->cel, "Address", "DomainAddress");
	vc_cel_message(&w->cel, "Unassigned", "DomainAddressUnassigned");
	vc_cel_close(&w->cel);
	vc_cel_close(&w->cel);
}

/* Whether the options say where the guest sees the device */
static bool has_address(const struct vc_options *o)
{
	return o->address.set || o->unassigned == VC_YES;
}

static void put_guest_side(struct writer *w, const struct vc_options *o)
{
	if (o->boot_order > 0) {
		vc_cel_message(&w->cel, "Boot", "DomainDeviceBoot");
		vc_cel_field_uint(&w->cel, "Order", o->boot_order);
		vc_cel_close(&w->cel);
	}
	if (o->rom_bar != VC_UNKNOWN || o->rom_file) {
		vc_cel_message(&w->cel, "ROM", "DomainROM");
		if (o->rom_bar != VC_UNKNOWN)
			vc_cel_field_string(&w->cel, "Bar", on_off(o->rom_bar));
		if (o->rom_file)
			vc_cel_field_string(&w->cel, "File", o->rom_file);
		vc_cel_close(&w->cel);
	}
	if (o->acpi_index > 0) {
		vc_cel_message(&w->cel, "ACPI", "DomainDeviceACPI");
		vc_cel_field_uint(&w->cel, "Index", o->acpi_index);
		vc_cel_close(&w->cel);
	}
	if (o->unassigned == VC_YES)
		put_unassigned(w);
	else if (o->address.set)
		put_address(w, &o->address);
}

/* ---- the host's side ---- */

static bool has_display(const struct vc_options *o)
{
	return o->display != VC_UNKNOWN || o->ramfb != VC_UNKNOWN;
}

static bool has_driver(const struct vc_options *o)
{
	return o->driver_model || o->iommufd == VC_YES;
}

/* @from is what has the fields now, "h.SubsysPCI"; NULL: a new element. */
static void put_display(struct writer *w, const struct vc_options *o, const char *from)
{
	char text[64];

	if (o->display != VC_UNKNOWN) {
		vc_cel_field_string(&w->cel, "Display", on_off(o->display));
	} else if (from) {
		(void)snprintf(text, sizeof(text), "%s.Display", from);
		vc_cel_field(&w->cel, "Display", text);
	}
	if (o->ramfb != VC_UNKNOWN) {
		vc_cel_field_string(&w->cel, "RamFB", on_off(o->ramfb));
	} else if (from) {
		(void)snprintf(text, sizeof(text), "%s.RamFB", from);
		vc_cel_field(&w->cel, "RamFB", text);
	}
}

static void put_driver(struct writer *w, const struct vc_options *o)
{
	vc_cel_message(&w->cel, "Driver", "DomainHostdevSubsysPCIDriver");
	vc_cel_field_string(&w->cel, "Name", "vfio");
	if (o->driver_model)
		vc_cel_field_string(&w->cel, "Model", o->driver_model);
	if (o->iommufd == VC_YES)
		vc_cel_field_string(&w->cel, "IommuFD", "yes");
	vc_cel_close(&w->cel);
}

static void put_pci_again(struct writer *w, const struct vc_options *o)
{
	if (!has_display(o) && !has_driver(o)) {
		vc_cel_field(&w->cel, "SubsysPCI", "h.SubsysPCI");
		return;
	}
	vc_cel_message(&w->cel, "SubsysPCI", "DomainHostdevSubsysPCI");
	put_display(w, o, "h.SubsysPCI");
	if (has_driver(o))
		put_driver(w, o);
	vc_cel_field(&w->cel, "Source", "h.SubsysPCI.Source");
	vc_cel_close(&w->cel);
}

static void put_mdev_again(struct writer *w, const struct vc_options *o)
{
	if (!has_display(o)) {
		vc_cel_field(&w->cel, "SubsysMDev", "h.SubsysMDev");
		return;
	}
	vc_cel_message(&w->cel, "SubsysMDev", "DomainHostdevSubsysMDev");
	vc_cel_field(&w->cel, "Model", "h.SubsysMDev.Model");
	put_display(w, o, "h.SubsysMDev");
	vc_cel_field(&w->cel, "Source", "h.SubsysMDev.Source");
	vc_cel_close(&w->cel);
}

/* ---- a device that is there ---- */

static void put_managed(struct writer *w, const struct vc_options *o, bool there)
{
	if (o->managed != VC_UNKNOWN)
		vc_cel_field_string(&w->cel, "Managed",
		                    o->managed == VC_YES ? "yes" : "no");
	else if (there)
		vc_cel_field(&w->cel, "Managed", "h.Managed");
	else
		vc_cel_field_string(&w->cel, "Managed", "no");
}

static void put_again(struct writer *w, const struct vc_plugin_device *d,
                      enum vc_kind kind, bool keep_address)
{
	const struct vc_options *o = &d->options;

	vc_cel_message(&w->cel, NULL, "DomainHostdev");
	put_managed(w, o, true);
	if (kind == VC_KIND_MDEV)
		put_mdev_again(w, o);
	else
		put_pci_again(w, o);
	vc_cel_field(&w->cel, "Alias", "h.Alias");
	put_guest_side(w, o);
	if (keep_address)
		vc_cel_field(&w->cel, "Address", "h.Address");
	vc_cel_close(&w->cel);
}

static void put_branch(struct writer *w, const struct vc_plugin_device *d,
                       enum vc_kind kind)
{
	if (has_address(&d->options)) {
		put_again(w, d, kind, false);
		return;
	}
	put(w, "(has(h.Address) ?\n          ");
	put_again(w, d, kind, true);
	put(w, " :\n          ");
	put_again(w, d, kind, false);
	put(w, ")");
}

/* What is read does not exist; KubeVirt says so with this text. */
static int put_failure(struct writer *w, const struct vc_plugin_device *d,
                       const char *what)
{
	const char *text =
		vc_arena_printf(w->arena, "virt-claim: %s is no %s", d->alias, what);

	if (!text)
		return vc_fail_oom(w->err);
	vc_cel_message(&w->cel, NULL, "DomainHostdev");
	vc_cel_field_annotation(&w->cel, "Managed", text, false);
	vc_cel_close(&w->cel);
	return 0;
}

static bool all_fit(const struct vc_options *options, enum vc_kind kind)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_options_has(options, opt) && !vc_opt_fits(opt, kind))
			return false;
	/* [LV] of mediated devices only those of model vfio-ccw boot. */
	return kind != VC_KIND_MDEV || options->boot_order == 0;
}

static int put_there(struct writer *w, const struct vc_plugin_device *d)
{
	const bool pci = d->kind == VC_KIND_PCI || (d->kind == VC_KIND_UNKNOWN &&
	                                            all_fit(&d->options, VC_KIND_PCI));
	const bool mdev = d->kind == VC_KIND_MDEV || (d->kind == VC_KIND_UNKNOWN &&
	                                              all_fit(&d->options, VC_KIND_MDEV));

	put(w, "\n    ");
	put_match(w, d->alias);
	put(w, " ?\n      (");
	if (pci) {
		put(w, "has(h.SubsysPCI) ?\n        ");
		put_branch(w, d, VC_KIND_PCI);
		put(w, " :\n      ");
	}
	if (mdev) {
		put(w, "has(h.SubsysMDev) ?\n        ");
		put_branch(w, d, VC_KIND_MDEV);
		put(w, " :\n      ");
	}
	if (put_failure(w, d, pci ? "PCI function" : "mediated device") < 0)
		return -(int)w->err->kind;
	put(w, ") :");
	return 0;
}

/* ---- a new device ---- */

static int put_annotation(struct writer *w, const struct vc_plugin_device *d,
                          const char *field, const char *part, bool number)
{
	char *key;

	if (vc_plugin_key(w->arena, d, part, &key, w->err) < 0)
		return -(int)w->err->kind;
	vc_cel_field_annotation(&w->cel, field, key, number);
	return 0;
}

static int put_new_pci(struct writer *w, const struct vc_plugin_device *d)
{
	static const char *const parts[][2] = { { "Domain", "domain" },
		                                { "Bus", "bus" },
		                                { "Slot", "slot" },
		                                { "Function", "function" } };

	vc_cel_message(&w->cel, "SubsysPCI", "DomainHostdevSubsysPCI");
	put_display(w, &d->options, NULL);
	put_driver(w, &d->options);
	vc_cel_message(&w->cel, "Source", "DomainHostdevSubsysPCISource");
	vc_cel_message(&w->cel, "Address", "DomainAddressPCI");
	for (size_t i = 0; i < VC_ARRAY_SIZE(parts); i++)
		if (put_annotation(w, d, parts[i][0], parts[i][1], true) < 0)
			return -(int)w->err->kind;
	vc_cel_close(&w->cel);
	vc_cel_close(&w->cel);
	vc_cel_close(&w->cel);
	return 0;
}

static int put_new_mdev(struct writer *w, const struct vc_plugin_device *d)
{
	const enum vc_mdev_model model = d->host ? d->host->mdev_model : VC_MDEV_UNKNOWN;

	vc_cel_message(&w->cel, "SubsysMDev", "DomainHostdevSubsysMDev");
	vc_cel_field_string(
		&w->cel, "Model",
		vc_mdev_model_name(model == VC_MDEV_UNKNOWN ? VC_MDEV_VFIO_PCI : model));
	put_display(w, &d->options, NULL);
	vc_cel_message(&w->cel, "Source", "DomainHostdevSubsysMDevSource");
	vc_cel_message(&w->cel, "Address", "DomainAddressMDev");
	if (put_annotation(w, d, "UUID", "uuid", false) < 0)
		return -(int)w->err->kind;
	vc_cel_close(&w->cel);
	vc_cel_close(&w->cel);
	vc_cel_close(&w->cel);
	return 0;
}

static int put_new(struct writer *w, const struct vc_plugin_device *d)
{
	put(w, "\n  + (" HOSTDEVS ".exists(h, ");
	put_match(w, d->alias);
	put(w, ") ? [] :\n    [");
	vc_cel_message(&w->cel, NULL, "DomainHostdev");
	put_managed(w, &d->options, false);
	if ((d->kind == VC_KIND_MDEV ? put_new_mdev : put_new_pci)(w, d) < 0)
		return -(int)w->err->kind;
	vc_cel_message(&w->cel, "Alias", "DomainAlias");
	vc_cel_field_string(&w->cel, "Name", d->alias);
	vc_cel_close(&w->cel);
	put_guest_side(w, &d->options);
	vc_cel_close(&w->cel);
	put(w, "])");
	return 0;
}

/* ---- all of it ---- */

/* Whether there is anything to complete in an element that is there */
static bool is_completed(const struct vc_plugin_device *d)
{
	return !d->appended || vc_options_any(&d->options);
}

static int put_list(struct writer *w, const struct vc_plugin *plugin)
{
	bool any = false;

	for (size_t i = 0; i < plugin->devices.n; i++)
		any |= is_completed(&plugin->devices.v[i]);
	put(w, any ? "\n  " HOSTDEVS ".map(h," : "\n  " HOSTDEVS);
	for (size_t i = 0; any && i < plugin->devices.n; i++)
		if (is_completed(&plugin->devices.v[i]) &&
		    put_there(w, &plugin->devices.v[i]) < 0)
			return -(int)w->err->kind;
	if (any)
		put(w, "\n    h)");
	for (size_t i = 0; i < plugin->devices.n; i++)
		if (plugin->devices.v[i].appended &&
		    put_new(w, &plugin->devices.v[i]) < 0)
			return -(int)w->err->kind;
	return 0;
}

/**
 * vc_plugin_expression() - The CEL expression of a Plugin
 * @arena:	holds the text
 * @plugin:	checked by vc_plugin_check()
 * @ret_text:	expression
 * @err:	the alias of a device, or the expression, is too long
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plugin_expression(struct vc_arena *arena, const struct vc_plugin *plugin,
                         char **ret_text, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	struct writer w = { .arena = arena, .cel = { .buf = &buf }, .err = err };
	VC_AUTOFREE char *text = NULL;
	char *copy;
	size_t len;

	put(&w, "Domain{Devices: DomainDeviceList{Hostdevs:");
	if (put_list(&w, plugin) < 0)
		return -(int)err->kind;
	put(&w, "}}");
	if (vc_buf_take(&buf, &text, &len, err) < 0)
		return -(int)err->kind;
	if (len > EXPRESSION_MAX)
		return vc_fail(err, VC_ERR_REFUSED,
		               "the expression has %zu bytes, more than an object of "
		               "Kubernetes can hold; use the hook onDefineDomain instead",
		               len);
	copy = vc_arena_strndup(arena, text, len);
	if (!copy)
		return vc_fail_oom(err);
	*ret_text = copy;
	return 0;
}
