/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_vmi.h - "will stock KubeVirt manage this VM alone?" - and if not, what it would
 * refuse, and which door is needed. There is no domain yet.
 */
#pragma once

#include "translate/verify.h"

/* A request that a metadata file has, as KubeVirt's reader sees it. */
struct vc_metadata_request {
	const char *uid;     /* of the claim */
	const char *request; /* "name", or "name/subrequest" */
	bool understood;     /* in a version that KubeVirt reads */
};

struct vc_metadata_requests {
	struct vc_metadata_request *v;
	size_t n, cap;
};

/**
 * struct vc_verify_vmi_input - what is known
 * @t:		of vc_translate_claims(), with .have_vmi
 * @listed:	names of ResourceClaims in /spec/resourceClaims
 * @metadata:	of vc_metadata_look()
 * @have_claims: whether there was any --claims
 */
struct vc_verify_vmi_input {
	const struct vc_translation *t;
	struct vc_names listed;
	struct vc_metadata_requests metadata;
	bool have_claims;
};

int vc_verify_vmi_look(struct vc_arena *arena, const struct vc_translate_input *input,
                       const struct vc_translation *t,
                       struct vc_verify_vmi_input *ret_input, struct vc_err *err)
	VC_MUST_CHECK;
int vc_verify_vmi(struct vc_arena *arena, const struct vc_verify_vmi_input *input,
                  struct vc_checks *ret_checks, struct vc_err *err) VC_MUST_CHECK;
