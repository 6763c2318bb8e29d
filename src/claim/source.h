/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - one PATH of --claims: recognised by its content and read.
 *
 * A file, "-" (standard input), a CDI directory, or a tree of directory.h.
 */
#pragma once

#include "model/binding.h"
#include "model/claim.h"

/**
 * struct vc_source_options - how to read
 * @bindings:	with bindings, directory trees are only looked up for these; NULL or
 *		empty: everything is read
 * @default_namespace: of bindings without one; NULL
 * @file_flags:	enum vc_file_flags
 * @stdin_fd:	what "-" reads
 */
struct vc_source_options {
	const struct vc_bindings *bindings;
	const char *default_namespace;
	unsigned file_flags;
	int stdin_fd;
};

/* CDI directories among @paths form one set, in order of priority. */
int vc_sources_read(struct vc_arena *arena, const char *const paths[], size_t n_paths,
                    const struct vc_source_options *options, struct vc_facts *facts,
                    struct vc_err *err) VC_MUST_CHECK;
