/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * translator_options.h - the options that every command of the translator takes, and
 * what they become.
 *
 * A command's options struct begins with struct vc_translator_options; its table names
 * vc_translator_table as the shared one.
 */
#pragma once

#include "base/arena.h"
#include "cli/command.h"
#include "translate/translate.h"

struct vc_translator_options {
	struct vc_strings claims;
	const char *vmi;
	struct vc_strings bind;
	struct vc_strings option;
	const char *namespace;
	const char *sysfs;
	bool managed;
	struct vc_strings place;
	const char *target_libvirt;
	const char *site;
	const char *connect;
};

extern const struct vc_option vc_translator_table[];

int vc_translator_input(struct vc_arena *arena,
                        const struct vc_translator_options *options, const char *domain,
                        struct vc_translate_input *ret_input, struct vc_err *err)
	VC_MUST_CHECK;
int vc_translator_add_claims(struct vc_arena *arena,
                             struct vc_translator_options *options, char **paths,
                             int n_paths, struct vc_err *err) VC_MUST_CHECK;
int vc_translator_aliases(struct vc_arena *arena, const struct vc_strings *given,
                          struct vc_translate_input *input, struct vc_err *err)
	VC_MUST_CHECK;
void vc_translator_warn(const struct vc_translation *translation);
