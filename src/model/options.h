/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - what may be said of a device beyond which one it is.
 *
 * An option is one row of vc_opt_rules. Reading (--option, our annotation), merging,
 * comparing and refusing go along the rows; what an option looks like in a domain is said
 * by src/domain/ and xslt/. docs/options.md lists them for people.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/claim.h"

enum vc_opt {
	VC_OPT_KIND,
	VC_OPT_GUEST_ADDRESS,
	VC_OPT_MULTIFUNCTION,
	VC_OPT_UNASSIGNED,
	VC_OPT_BOOT_ORDER,
	VC_OPT_ROM_BAR,
	VC_OPT_ROM_FILE,
	VC_OPT_DISPLAY,
	VC_OPT_RAMFB,
	VC_OPT_MANAGED,
	VC_OPT_DRIVER_MODEL,
	VC_OPT_IOMMUFD,
	VC_OPT_ACPI_INDEX,
	VC_OPT_ACPI_NODESET,
	VC_OPT_TEAMING,
	VC_OPT_READONLY,
	VC_OPT_SHAREABLE,
	VC_OPT_MAC,
	VC_OPT_VLAN,
};
#define VC_OPTS (VC_OPT_VLAN + 1)

/* Where the guest sees the device; [LV] formatdomain, address type='pci' */
struct vc_guest_address {
	bool set;
	uint8_t bus, slot, function;
	enum vc_tri multifunction;
};

/**
 * struct vc_options - options of one device; 0, NULL and unknown mean "not given"
 * @kind:	what to make of a device that can be several things
 * @address:	guest PCI address
 * @unassigned:	the domain takes the device, and the guest does not get it
 * @boot_order:	from 1
 * @rom_bar, @rom_file: <rom>
 * @display, @ramfb: of the element
 * @managed:	whether libvirt binds the host's driver and takes it back
 * @driver_model: host driver that libvirt binds: a variant of vfio-pci
 * @iommufd:	<driver iommufd=>
 * @acpi_index, @acpi_nodeset: <acpi>; the nodes as libvirt prints them, "1-2,4"
 * @teaming:	alias of the persistent interface that takes over
 * @readonly, @shareable: of a disk or SCSI device
 * @mac:	lower case
 * @vlan:	1..4094
 * @origins:	who gave each of them, in words for messages; NULL: whoever made the
 *		binding
 */
struct vc_options {
	enum vc_kind kind;
	struct vc_guest_address address;
	enum vc_tri unassigned;
	unsigned boot_order;
	enum vc_tri rom_bar;
	char *rom_file;
	enum vc_tri display;
	enum vc_tri ramfb;
	enum vc_tri managed;
	char *driver_model;
	enum vc_tri iommufd;
	unsigned acpi_index;
	char *acpi_nodeset;
	char *teaming;
	enum vc_tri readonly, shareable;
	char *mac;
	unsigned vlan;
	const char *origins[VC_OPTS];
};

enum vc_opt_type {
	VC_OPT_IS_SWITCH,  /* on or off */
	VC_OPT_IS_NUMBER,  /* from 1 to .max */
	VC_OPT_IS_TEXT,    /* of the form that the row's reader knows */
	VC_OPT_IS_ADDRESS, /* guest PCI address */
	VC_OPT_IS_KIND,
};

/**
 * struct vc_opt_rule - one option
 * @key:	name: "rom.bar" in --option, {"rom": {"bar": ...}} in JSON
 * @expected:	what a value has to be, in words
 * @meaning:	for the help
 * @read:	makes the kept form of a text, in the arena; NULL when it is none, and when
 *		out of memory
 * @offset:	in struct vc_options
 * @since:	version of libvirt that brought it, 0: the oldest that we write for
 * @since_kinds: kinds for which @since holds: bit 1 << kind
 * @kinds:	which kinds of devices have it
 * @max:	of a number
 * @type:	of the value
 * @standard:	what a switch is when the element does not say it; VC_UNKNOWN: it depends
 * @single:	two devices of a guest cannot have the same value
 */
struct vc_opt_rule {
	const char *key;
	const char *expected;
	const char *meaning;
	char *(*read)(struct vc_arena *arena, const char *text);
	size_t offset;
	unsigned long since;
	unsigned since_kinds;
	unsigned kinds;
	unsigned max;
	enum vc_opt_type type;
	enum vc_tri standard;
	bool single;
};

extern const struct vc_opt_rule vc_opt_rules[VC_OPTS];

/* Options for whatever is bound to an alias: --option */
struct vc_alias_options {
	char *alias; /* whole */
	struct vc_options options;
};

struct vc_alias_options_list {
	struct vc_alias_options *v;
	size_t n, cap;
};

bool vc_opt_parse(const char *key, enum vc_opt *ret_opt) VC_NONNULL;
bool vc_opt_fits(enum vc_opt opt, enum vc_kind kind);
bool vc_opt_known(enum vc_opt opt, enum vc_kind kind, unsigned long libvirt);

bool vc_options_has(const struct vc_options *options, enum vc_opt opt) VC_NONNULL;
bool vc_options_any(const struct vc_options *options) VC_NONNULL;
int vc_options_set(struct vc_arena *arena, struct vc_options *options, enum vc_opt opt,
                   const char *text, const char *origin, struct vc_err *err)
	VC_MUST_CHECK;
void vc_options_set_switch(struct vc_options *options, enum vc_opt opt, bool value,
                           const char *origin);
void vc_options_clear(struct vc_options *options, enum vc_opt opt) VC_NONNULL;
void vc_options_merge(struct vc_options *into, const struct vc_options *from) VC_NONNULL;
bool vc_options_satisfied(const struct vc_options *want, const struct vc_options *have,
                          enum vc_opt opt) VC_NONNULL;
bool vc_options_is_standard(const struct vc_options *options, enum vc_opt opt) VC_NONNULL;
bool vc_options_same(const struct vc_options *a, const struct vc_options *b,
                     enum vc_opt opt) VC_NONNULL;
const char *vc_options_origin(const struct vc_options *options, enum vc_opt opt,
                              const char *binding);
char *vc_options_text(struct vc_arena *arena, const struct vc_options *options,
                      enum vc_opt opt) VC_NONNULL;

int vc_guest_address_parse(const char *text, struct vc_guest_address *ret_address,
                           struct vc_err *err) VC_MUST_CHECK;
char *vc_nodeset_canonical(struct vc_arena *arena, const char *text);
char *vc_mac_canonical(struct vc_arena *arena, const char *text);
