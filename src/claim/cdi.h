/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cdi.h - [CDI] specification files, and what each driver's file says about a claim.
 */
#pragma once

#include "claim/tree.h"
#include "model/claim.h"

bool vc_cdi_recognise(const struct vc_tree *tree);

/* One file. @file_name is its base name: most drivers put the claim UID there. A
 * metadata CDI file [KEP-5304] is followed to the mount's hostPath when @follow, which is
 * then read with @file_flags. On failure facts are as they were. */
int vc_cdi_read(struct vc_arena *arena, const struct vc_tree *tree, const char *file_name,
                bool follow, unsigned file_flags, struct vc_facts *facts,
                struct vc_err *err) VC_MUST_CHECK;

/* Directories in order of priority, the last one wins [CDI] SPEC; a missing directory is
 * fine. Files that fail are noted in facts->notes and cost only themselves, as the
 * library does; *ret_failed counts them so that `verify` can complain. Only devices of
 * claim @uid when it is not NULL. */
int vc_cdi_read_directories(struct vc_arena *arena, const char *const directories[],
                            size_t n_directories, const char *uid, unsigned file_flags,
                            struct vc_facts *facts, size_t *ret_failed,
                            struct vc_err *err) VC_MUST_CHECK;
