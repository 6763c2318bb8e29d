/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_topology.c - virt-claim topology: host and guest side by side, as a picture.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/topology_print.h"
#include "cli/translator_options.h"
#include "domain/topology_svg.h"
#include "host/inventory.h"
#include "translate/topology.h"

/* Narrower screens get the guest below the host. */
#define WIDE 120

struct topology_options {
	struct vc_translator_options translator;
	bool svg, json, ascii, wide, used;
	const char *pci_ids;
};

#define AT(field) offsetof(struct topology_options, field)
static const struct vc_option options[] = {
	{ "svg", 0, VC_OPTION_FLAG, AT(svg), NULL, "print SVG, for a browser",
	  VC_COMPLETES_NOTHING, NULL },
	{ "json", 0, VC_OPTION_FLAG, AT(json), NULL, "print JSON", VC_COMPLETES_NOTHING,
	  NULL },
	{ "used", 'u', VC_OPTION_FLAG, AT(used), NULL,
	  "leave out host devices that nobody claims or uses, unless their IOMMU group has "
	  "one that is, and what QEMU emulates",
	  VC_COMPLETES_NOTHING, NULL },
	{ "wide", 'w', VC_OPTION_FLAG, AT(wide), NULL,
	  "host and guest side by side, whatever the terminal's width",
	  VC_COMPLETES_NOTHING, NULL },
	{ "ascii", 0, VC_OPTION_FLAG, AT(ascii), NULL,
	  "draw with ASCII (default: when the locale has no UTF-8)", VC_COMPLETES_NOTHING,
	  NULL },
	{ "pci-ids", 0, VC_OPTION_STRING, AT(pci_ids), "FILE",
	  "take names from here instead of the system's pci.ids", VC_COMPLETES_FILE,
	  NULL },
	{ 0 },
};

static void free_localep(locale_t *locale)
{
	if (*locale)
		freelocale(*locale);
}

static bool locale_has_utf8(void)
{
	VC_CLEANUP(free_localep)
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	return locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
}

static int read_buses(struct vc_arena *arena, const struct vc_translate_input *input,
                      struct vc_guest_buses *ret_buses, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;

	if (vc_document_parse(input->xml, input->xml_len, input->xml_name, &document,
	                      err) < 0)
		return -(int)err->kind;
	return vc_guest_buses_read(arena, document, ret_buses, err);
}

/* Reads everything, and puts the picture together. */
static int make(struct vc_arena *arena, const struct topology_options *o,
                const char *domain, struct vc_topology *ret_topology, struct vc_err *err)
{
	const struct vc_inventory_request request = {
		.sysfs = o->translator.sysfs,
		.pci_ids = o->pci_ids,
	};
	struct vc_translation *t = vc_arena_alloc(arena, 1, sizeof(*t));
	struct vc_inventory *inventory = vc_arena_alloc(arena, 1, sizeof(*inventory));
	struct vc_guest_buses buses = { 0 };
	struct vc_translate_input input;

	if (!t || !inventory)
		return vc_fail_oom(err);
	if (vc_translator_input(arena, &o->translator, domain, &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_REWRITE;
	input.attach_all = true;
	if (vc_translate_claims(arena, &input, t, err) < 0 ||
	    (domain && read_buses(arena, &input, &buses, err) < 0) ||
	    (request.sysfs && vc_inventory_take(arena, &request, inventory, err) < 0))
		return -(int)err->kind;
	vc_translator_warn(t);

	const struct vc_topology_input picture = {
		.translation = t,
		.buses = domain ? &buses : NULL,
		.inventory = request.sysfs ? inventory : NULL,
		.used_only = o->used,
	};

	return vc_topology_make(arena, &picture, ret_topology, err);
}

static int print_svg(struct vc_arena *arena, const struct vc_topology *topology,
                     struct vc_err *err)
{
	VC_AUTOFREE char *text = NULL;
	size_t len = 0;

	if (vc_topology_svg(arena, topology, &text, &len, err) < 0)
		return -(int)err->kind;
	return vc_output_write(text, len, err);
}

static int print_text(struct vc_arena *arena, const struct topology_options *o,
                      const struct vc_topology *topology, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct vc_topology_style style = {
		.ascii = o->ascii || !locale_has_utf8(),
		.colour = vc_output_has_colour(),
		.beside = o->wide || vc_output_width() >= WIDE,
		.width = vc_output_width(),
	};

	if (vc_topology_text(arena, topology, &style, &buf, err) < 0)
		return -(int)err->kind;
	return vc_output_buf(&buf, err);
}

static int print_json(const struct vc_topology *topology, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);

	vc_topology_json(topology, &buf);
	return vc_output_buf(&buf, err);
}

static int check(const struct topology_options *o, int n_operands, struct vc_err *err)
{
	if (o->svg && o->json)
		return vc_fail(err, VC_ERR_USAGE,
		               "--svg and --json are two formats; give one");
	if (o->pci_ids && !o->translator.sysfs)
		return vc_fail(err, VC_ERR_USAGE,
		               "--pci-ids names devices of the host; give --sysfs too");
	if (n_operands == 0 && !o->translator.sysfs && o->translator.claims.n == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "nothing to draw; give a DOMAIN, --claims or --sysfs");
	return 0;
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	const struct topology_options *o = values;
	struct vc_topology topology = { 0 };

	if (check(o, n_operands, err) < 0 ||
	    make(arena, o, n_operands > 0 ? operands[0] : NULL, &topology, err) < 0)
		return -(int)err->kind;
	if (o->svg)
		return print_svg(arena, &topology, err);
	if (o->json)
		return print_json(&topology, err);
	return print_text(arena, o, &topology, err);
}

const struct vc_command vc_command_topology = {
	.name = "topology",
	.operands = "[DOMAIN]",
	.summary = "draw host and guest, and which device is which",
	.description =
		"Draws the devices of the host by NUMA node, root port and IOMMU group, "
		"with their drivers and claims, and the buses of the guest with what is in "
		"their slots; devices that the guest has from the host are marked on both "
		"sides.\n"
		"\n"
		"Without --sysfs the host is not looked at: its side shows what claims and "
		"domain say. Nothing is changed, and nothing is checked: that is what "
		"'virt-claim verify' does.\n",
	.examples = "virt-claim topology --sysfs /sys vm7.xml\n"
		    "\ta tree of this host and one domain\n"
		    "virt-claim topology --sysfs /sys --connect qemu:///system --svg vm7 "
		    ">vm7.svg\n"
		    "\ta picture of a domain of libvirt\n",
	.min_operands = 0,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct topology_options),
	.run = run,
};
