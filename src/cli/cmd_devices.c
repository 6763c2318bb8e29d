/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_devices.c - virt-claim devices: what could be given to a virtual machine.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/devices.h"
#include "cli/node_options.h"
#include "cli/output.h"
#include "host/inventory.h"

struct devices_options {
	struct vc_node_options node;
	bool json, wide, claimable;
	const char *sysfs, *proc, *modules_alias, *pci_ids, *driver;
	struct vc_strings classes;
};

#define AT(field) offsetof(struct devices_options, field)
static const struct vc_option options[] = {
	{ "json", 0, VC_OPTION_FLAG, AT(json), NULL, "print JSON", VC_COMPLETES_NOTHING,
	  NULL },
	{ "wide", 'w', VC_OPTION_FLAG, AT(wide), NULL,
	  "also show the NUMA node and what each device proves to be by",
	  VC_COMPLETES_NOTHING, NULL },
	{ "claimable", 0, VC_OPTION_FLAG, AT(claimable), NULL,
	  "only devices that can be claimed", VC_COMPLETES_NOTHING, NULL },
	{ "class", 0, VC_OPTION_LIST, AT(classes), "CLASS",
	  "only devices of this class: a word or the first 2, 4 or 6 hex digits",
	  VC_COMPLETES_WORDS,
	  "accelerator audio bridge display mdev mdev-type network nvme pci storage usb "
	  "usb-controller" },
	{ "driver", 0, VC_OPTION_STRING, AT(driver), "DRIVER",
	  "only devices that this driver holds; 'none': no driver", VC_COMPLETES_WORDS,
	  "none vfio-pci" },
	VC_NODE_OPTION_CONFIG(struct devices_options),
	{ "sysfs", 0, VC_OPTION_STRING, AT(sysfs), "DIR",
	  "use this tree instead of that of this host", VC_COMPLETES_DIRECTORY, NULL },
	{ "proc", 0, VC_OPTION_STRING, AT(proc), "DIR",
	  "see here what the host needs, instead of in /proc", VC_COMPLETES_DIRECTORY,
	  NULL },
	{ "modules-alias", 0, VC_OPTION_STRING, AT(modules_alias), "FILE",
	  "find variants of vfio-pci here, instead of in the running kernel's "
	  "modules.alias",
	  VC_COMPLETES_FILE, NULL },
	{ "pci-ids", 0, VC_OPTION_STRING, AT(pci_ids), "FILE",
	  "take names from here instead of the system's pci.ids", VC_COMPLETES_FILE,
	  NULL },
	{ 0 },
};

/* What the configuration of this host says is not true of another tree. */
static int make_request(struct vc_arena *arena, const struct devices_options *o,
                        struct vc_inventory_request *ret_request, struct vc_err *err)
{
	struct vc_inventory_request request = { .sysfs = o->sysfs, .vpd = true };
	struct vc_local_node node;

	if (!o->sysfs) {
		if (vc_node_options_open(arena, &o->node, &node, err) < 0)
			return -(int)err->kind;
		request = vc_node_inventory_request(arena, &node);
	}
	if (o->proc)
		request.proc = o->proc;
	if (o->modules_alias)
		request.modules_alias = o->modules_alias;
	if (o->pci_ids)
		request.pci_ids = o->pci_ids;
	*ret_request = request;
	return 0;
}

static int check_classes(const struct vc_strings *classes, struct vc_err *err)
{
	for (size_t i = 0; i < classes->n; i++)
		if (!vc_class_known(classes->v[i]))
			return vc_fail(
				err, VC_ERR_USAGE,
				"'%s' is no class; expected a word like 'network', "
				"'nvme', 'display', 'usb' or 'mdev', or 2, 4 or 6 "
				"hex digits of a class code",
				classes->v[i]);
	return 0;
}

static bool class_matches(const struct vc_host_device *d,
                          const struct vc_strings *classes)
{
	for (size_t i = 0; i < classes->n; i++)
		if (vc_class_matches(d, classes->v[i]))
			return true;
	return classes->n == 0;
}

/* A USB device has one driver for each interface, with blanks between. */
static bool driver_matches(const struct vc_host_device *d, const char *driver)
{
	const char *list = d->driver;

	if (!driver)
		return true;
	if (!list)
		return strcmp(driver, "none") == 0;
	while (*list != '\0') {
		size_t len = strcspn(list, " ");

		if (strlen(driver) == len && strncmp(list, driver, len) == 0)
			return true;
		list += len + (list[len] == ' ');
	}
	return false;
}

static bool wanted(const struct vc_host_device *d, const struct devices_options *o)
{
	return (!o->claimable || d->verdict.claimable) && class_matches(d, &o->classes) &&
	       driver_matches(d, o->driver);
}

/* For each device whether it was named; all are, when nothing was. NULL on failure. */
static bool *find_named(struct vc_arena *arena, const struct vc_inventory *inventory,
                        const struct vc_names *names, struct vc_err *err)
{
	bool *named = vc_arena_alloc(arena, inventory->devices.n + 1, sizeof(*named));

	if (!named) {
		(void)vc_fail_oom(err);
		return NULL;
	}
	for (size_t i = 0; i < inventory->devices.n; i++)
		named[i] = names->n == 0;
	for (size_t i = 0; i < names->n; i++) {
		const struct vc_host_device *d =
			vc_inventory_find(inventory, names->v[i]);

		if (!d) {
			(void)vc_fail(err, VC_ERR_ABSENT,
			              "there is no device '%s'; 'virt-claim devices' "
			              "lists them all",
			              names->v[i]);
			return NULL;
		}
		named[d - inventory->devices.v] = true;
	}
	return named;
}

static int select_devices(struct vc_arena *arena, const struct vc_inventory *inventory,
                          const struct devices_options *o, const struct vc_names *names,
                          struct vc_shown *shown, struct vc_err *err)
{
	const bool *named = find_named(arena, inventory, names, err);

	if (!named)
		return -(int)err->kind;
	for (size_t i = 0; i < inventory->devices.n; i++) {
		struct vc_shown_device *slot;

		if (!named[i] || !wanted(&inventory->devices.v[i], o))
			continue;
		slot = vc_list_push(arena, shown);
		if (!slot)
			return vc_fail_oom(err);
		slot->device = &inventory->devices.v[i];
	}
	return 0;
}

static void warn(const struct vc_inventory *inventory)
{
	if (!inventory->protection_known)
		vc_output_warning("which devices the host needs for itself is unknown; "
		                  "give --proc");
	for (size_t i = 0; i < inventory->notes.n; i++)
		vc_output_warning("%s", inventory->notes.v[i]);
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct devices_options *o = values;
	const struct vc_names names = { operands, (size_t)n_operands, 0 };
	struct vc_inventory_request request;
	struct vc_inventory inventory;
	struct vc_shown shown = { 0 };
	int r;

	if (check_classes(&o->classes, err) < 0 ||
	    make_request(arena, o, &request, err) < 0 ||
	    vc_inventory_take(arena, &request, &inventory, err) < 0 ||
	    select_devices(arena, &inventory, o, &names, &shown, err) < 0)
		return -(int)err->kind;
	r = o->json ? vc_devices_json(arena, &inventory, &shown, &buf, err)
	            : vc_devices_text(arena, &shown, o->wide, &buf, err);
	if (r < 0)
		return r;
	if (!o->json)
		warn(&inventory);
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_devices = {
	.name = "devices",
	.operands = "[ADDRESS]...",
	.summary = "show the devices of this host, and which can be claimed",
	.description =
		"Lists PCI functions, USB devices, types of mediated devices that can still "
		"be made, and mediated devices; for each whether it can be claimed, or every "
		"reason why not. 'with' names the devices of its IOMMU group that have to be "
		"claimed together with it. An ADDRESS is a PCI address, a USB port path "
		"(1-4.2), the UUID of a mediated device, or a name as --json prints it.\n"
		"\n"
		"Devices that the host needs for itself cannot be claimed: the disk under a "
		"mounted file system or swap space, the network card of the default route or "
		"of an ssh session, the boot display, and the controllers above them; unless "
		"the configuration names that very device.\n"
		"\n"
		"Nothing is changed. With --sysfs the tree is that of another machine, so "
		"that nothing is looked up in /proc or in the running kernel's files unless "
		"--proc and --modules-alias say where. Serial numbers in vital product data "
		"and PCIe device serial numbers are visible to root only.\n",
	.examples = "virt-claim devices --claimable --class network\n"
		    "\tnetwork cards and virtual functions that are free\n"
		    "virt-claim devices --wide 0000:65:00.0\n"
		    "\tone device, with its NUMA node and serial number\n"
		    "virt-claim devices --json\n"
		    "\tall attributes, as a DRA driver would publish them\n",
	.min_operands = 0,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct devices_options),
	.run = run,
};
