/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_claim_internal.h - what reader and writer of host claims have to agree about.
 */
#pragma once

#include "claim/host_claim.h"

#define VC_HOST_API_VERSION "resource.k8s.io/v1"
#define VC_HOST_KIND        "ResourceClaim"
#define VC_HOST_MODE        "ExactCount"
#define VC_HOST_PERSISTENT  VC_HOST_DRIVER "/persistent"
#define VC_OURS_API_VERSION VC_HOST_DRIVER "/v1alpha1"
#define VC_OURS_PARAMETERS  "DeviceParameters"
#define VC_OURS_IDENTITY    "DeviceIdentity"

/* [DRA] resource/v1 types.go: bytes of opaque parameters, and of the data of a device */
#define VC_OPAQUE_MAX ((size_t)10240)

/* What has to hold for a claim as a whole. -VC_ERR_INPUT says where it does not. */
int vc_host_claim_check(const struct vc_host_claim *claim, struct vc_err *err)
	VC_MUST_CHECK;
