/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml.h - the YAML parser behind tree.c: libyaml's events, with what tree.h forbids.
 */
#pragma once

#include "claim/tree_builder.h"

int vc_yaml_parse(const char *text, size_t len, const char *file,
                  struct vc_tree_builder *builder, struct vc_err *err) VC_MUST_CHECK;
