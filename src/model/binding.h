/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * binding.h - "request R of claim C is the device with alias A", and how it is to look.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"
#include "model/options.h"

/* Who asked for it; the first of these that names an alias wins [design 5]. */
enum vc_binding_origin {
	VC_BINDING_COMMAND_LINE, /* --bind */
	VC_BINDING_VMI,          /* hostDevices, gpus, networks of the VMI */
	VC_BINDING_ANNOTATION,   /* our annotation of the VMI */
	VC_BINDING_DOMAIN,       /* our metadata in the domain */
	VC_BINDING_ALL,          /* no binding at all: every device of the claims */
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
 * @kubevirt_display: display and ramfb are what virtualGPUOptions say, which KubeVirt
 *		writes for mediated devices only
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
	bool kubevirt_display;
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
