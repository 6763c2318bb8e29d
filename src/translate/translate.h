/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translate.h - the one pipeline behind every command and hook:
 *
 *   read -> join -> bind -> resolve -> plan -> plan as XML -> XSLT -> check -> print
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "claim/vmi.h"
#include "domain/apply.h"
#include "domain/plan.h"
#include "translate/libvirt_version.h"

/**
 * struct vc_translate_input - what to translate
 * @xml, @xml_len, @xml_name: the domain; the name is for messages
 * @vmi, @vmi_len, @vmi_name: VMI JSON; NULL none
 * @claims, @n_claims: paths as of --claims
 * @bindings:	of --bind
 * @options:	of --option
 * @mode:	rewrite, adopt, unbind
 * @attach_all:	with no binding at all, attach everything (never in a hook)
 * @namespace:	--namespace; NULL
 * @sysfs:	path of a sysfs root; NULL: no host facts
 * @proc:	path of the proc root that belongs to @sysfs; NULL: "/proc", which says nothing
 *		about another sysfs than "/sys"
 * @running:	see struct vc_plan_input
 * @managed:	--managed
 * @place:	--place
 * @target_libvirt: 0: the installed one, or the oldest we know
 * @site:	site stylesheet; NULL
 * @tolerates_stale: a device that is not what the machine says is no error
 * @trusted_only: read claims only from files of root or ourselves
 * @aliases, @n_aliases: of adopt and unbind
 */
struct vc_translate_input {
	const char *xml;
	size_t xml_len;
	const char *xml_name;
	const char *vmi;
	size_t vmi_len;
	const char *vmi_name;
	const char *const *claims;
	size_t n_claims;
	const struct vc_bindings *bindings;
	struct vc_alias_options_list options;
	enum vc_plan_mode mode;
	bool attach_all;
	const char *namespace;
	const char *sysfs;
	const char *proc;
	bool managed;
	bool running;
	struct vc_place_wish place;
	unsigned long target_libvirt;
	const char *site;
	bool tolerates_stale;
	bool trusted_only;
	int stdin_fd;
	const char *const *aliases;
	size_t n_aliases;
};

/**
 * struct vc_translation - the result, and everything on the way to it (for `verify`)
 * @facts:	what the readers found; .notes are warnings
 * @claims:	joined and resolved
 * @host:	facts; only meaningful when @have_host
 * @domain:	the input domain; only meaningful when @have_domain
 * @vmi:	only meaningful when @have_vmi
 * @plan:	plan; .notes are warnings
 * @xml, @len:	output, in the arena
 * @changed:	whether it differs from the input
 */
struct vc_translation {
	struct vc_facts facts;
	struct vc_claims claims;
	bool have_host;
	struct vc_host_facts host;
	bool have_domain;
	struct vc_domain domain;
	bool have_vmi;
	struct vc_vmi vmi;
	struct vc_plan plan;
	const char *xml;
	size_t len;
	bool changed;
};

int vc_translate(struct vc_arena *arena, const struct vc_translate_input *input,
                 struct vc_translation *ret_translation, struct vc_err *err)
	VC_MUST_CHECK;

/* The same in two halves: everything up to resolved claims (.xml may be NULL), then
 * plan and result for what the first half found. */
int vc_translate_claims(struct vc_arena *arena, const struct vc_translate_input *input,
                        struct vc_translation *ret_translation, struct vc_err *err)
	VC_MUST_CHECK;
int vc_translate_domain(struct vc_arena *arena, const struct vc_translate_input *input,
                        struct vc_translation *translation, struct vc_err *err)
	VC_MUST_CHECK;
