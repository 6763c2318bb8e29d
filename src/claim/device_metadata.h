/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_metadata.h - [KEP-5304] DeviceMetadata documents, read and written.
 */
#pragma once

#include "base/buf.h"
#include "claim/tree.h"
#include "model/claim.h"

/* metadata.resource.k8s.io/... of the first document: is the tree for this reader? */
bool vc_device_metadata_recognise(const struct vc_tree *tree);
int vc_device_metadata_read(struct vc_arena *arena, const struct vc_tree *tree,
                            struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
/* One document per version of @versions ("v1beta1", "v1alpha1"), in that order. */
int vc_device_metadata_write(const struct vc_claim *claim, const char *const versions[],
                             size_t n_versions, struct vc_buf *buf, struct vc_err *err)
	VC_MUST_CHECK;
