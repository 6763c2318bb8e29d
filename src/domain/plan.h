/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - decide what a domain needs: bind, check, plan. Pure.
 */
#pragma once

#include "domain/document.h"
#include "model/host_facts.h"
#include "model/plan.h"

enum vc_plan_mode {
	VC_MODE_REWRITE,
	VC_MODE_ADOPT,  /* take over hostdevs that the domain already has */
	VC_MODE_UNBIND, /* the way back: devices stay, aliases and bindings go */
	VC_MODE_ATTACH, /* rewrite for the bindings given, all others stay as they are */
	VC_MODE_DETACH, /* elements and bindings of some aliases go */
};

/**
 * struct vc_plan_input - everything that a plan depends on
 * @mode:	see there
 * @claims:	joined and resolved
 * @searched:	where claims were looked for, for messages: "'PATH', 'PATH'"; NULL nowhere
 * @bindings:	of command line, VMI and annotation; the domain's own are added
 * @options:	of --option, for aliases whoever bound them; NULL none
 * @attach_all:	with no binding at all, attach every device of @claims
 * @pods:	who is who in reservedFor; NULL
 * @host:	NULL: nothing is known of the machine
 * @namespace:	default namespace of bindings; NULL: any
 * @vmi_name, @vmi_uid, @vm_uid: who the VM is; NULL unknown
 * @running:	the domain is that of a guest that runs: controllers that we made stay
 * @managed:	write managed='yes' (only if asked)
 * @place:	--place: how new devices are placed, now and at later runs
 * @vmi_place:	VC_PLACE_ flags of our annotation, for this run only
 * @target_libvirt: major * 1000000 + minor * 1000 + release
 * @aliases, @n_aliases: VC_MODE_UNBIND, ADOPT: only these; none: all. VC_MODE_DETACH:
 *		these, whole aliases; the domain need not have them
 */
struct vc_plan_input {
	enum vc_plan_mode mode;
	const struct vc_claims *claims;
	const char *searched;
	const struct vc_bindings *bindings;
	const struct vc_alias_options_list *options;
	bool attach_all;
	const struct vc_pods *pods;
	const struct vc_host_facts *host;
	const char *namespace;
	const char *vmi_name, *vmi_uid, *vm_uid;
	bool managed;
	bool running;
	struct vc_place_wish place;
	unsigned vmi_place;
	unsigned long target_libvirt;
	const char *const *aliases;
	size_t n_aliases;
};

/* Refusals (-VC_ERR_REFUSED) name both sides: see docs/errors.md. */
int vc_plan_make(struct vc_arena *arena, const struct vc_document *document,
                 const struct vc_domain *domain, const struct vc_plan_input *input,
                 struct vc_plan *ret_plan, struct vc_err *err) VC_MUST_CHECK;
