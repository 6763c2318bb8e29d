/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * binding.h - "request R of claim C is the device with alias A", and how it is to look.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"

/* Who asked for it; the first of these that names an alias wins [design 5]. */
enum vc_binding_origin {
	VC_BINDING_COMMAND_LINE, /* --bind */
	VC_BINDING_VMI,          /* hostDevices, gpus, networks of the VMI */
	VC_BINDING_ANNOTATION,   /* our annotation of the VMI */
	VC_BINDING_DOMAIN,       /* our metadata in the domain */
	VC_BINDING_ALL,          /* no binding at all: every device of the claims */
};

/* Where the guest sees the device; [LV] formatdomain, address type='pci' */
struct vc_guest_address {
	bool set;
	uint8_t bus, slot, function;
	enum vc_tri multifunction;
};

/**
 * struct vc_options - what a binding says beyond "which device"
 * @address:	guest PCI address
 * @boot_order:	0 not given
 * @rom_bar:	<rom bar=>
 * @rom_file:	<rom file=>; NULL not given
 * @display:	display attribute
 * @ramfb:	ramfb attribute
 * @kind:	what to make of a device that can be several things; VC_KIND_UNKNOWN not given
 * @mac:	MAC address of a network device, lower case; NULL not given
 * @vlan:	VLAN of a network device, 1..4094; 0 not given
 * @readonly, @shareable: of a disk or SCSI device
 */
struct vc_options {
	struct vc_guest_address address;
	unsigned boot_order;
	enum vc_tri rom_bar;
	char *rom_file;
	enum vc_tri display;
	enum vc_tri ramfb;
	enum vc_kind kind;
	char *mac;
	unsigned vlan;
	enum vc_tri readonly, shareable;
};

/**
 * struct vc_binding - one binding
 * @alias:	whole alias, "ua-..."; [LV] letters, digits, '-' and '_' after the prefix
 * @namespace:	of the claim; NULL: the only one that fits
 * @claim:	name of the claim; NULL when @pod_claim or @uid says which
 * @pod_claim:	name in spec.resourceClaims of a template claim; NULL
 * @uid:	of the claim, when recorded; another claim of the same name is refused
 * @request:	request; NULL only together with @device
 * @subrequest:	NULL: whichever was chosen
 * @device:	device name; NULL: by @index
 * @index:	1 for the first device of the request ...; 0: all of them, the second one
 *		with alias "<alias>-2" and so on
 * @origin_kind: who asked
 * @origin:	the same in words, for messages: "--bind gpu=c:r", "vmi.json: /spec/..."
 * @kubevirt_made: KubeVirt writes this element itself: when no claim file is at hand
 *		the element is kept as it is, instead of an error
 * @primary_display: a virtual GPU that gets the display when no other has it
 * @options:	options
 */
struct vc_binding {
	char *alias;
	char *namespace;
	char *claim;
	char *pod_claim;
	char *uid;
	char *request;
	char *subrequest;
	char *device;
	unsigned index;
	enum vc_binding_origin origin_kind;
	char *origin;
	bool kubevirt_made;
	bool primary_display;
	struct vc_options options;
};

struct vc_bindings {
	struct vc_binding *v;
	size_t n, cap;
};

/* [LV] user aliases begin with "ua-"; libvirt took 200 characters. */
#define VC_ALIAS_PREFIX "ua-"
#define VC_ALIAS_MAX    200

bool vc_alias_is_valid(const char *alias) VC_NONNULL;
int vc_binding_parse(struct vc_arena *arena, const char *text,
                     struct vc_binding *ret_binding, struct vc_err *err) VC_MUST_CHECK;
int vc_guest_address_parse(const char *text, struct vc_guest_address *ret_address,
                           struct vc_err *err) VC_MUST_CHECK;
