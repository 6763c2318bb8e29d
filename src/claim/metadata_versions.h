/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata_versions.h - what reader and writer of DeviceMetadata share.
 */
#pragma once

/* [KEP-5304] v1 is not out yet; its fields are those of v1beta1. */
#define VC_METADATA_GROUP    "metadata.resource.k8s.io"
#define VC_METADATA_KIND     "DeviceMetadata"
#define VC_METADATA_VERSIONS 3

/* Newest first */
extern const char *const vc_metadata_versions[VC_METADATA_VERSIONS];
