/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_argument.h - arguments of --option: ALIAS.KEY=VALUE.
 */
#pragma once

#include "cli/command.h"
#include "model/options.h"

int vc_option_arguments(struct vc_arena *arena, const struct vc_strings *given,
                        struct vc_alias_options_list *ret_list, struct vc_err *err)
	VC_MUST_CHECK;
