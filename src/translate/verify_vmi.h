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

/* One of /spec/resourceClaims */
struct vc_listed_claim {
	char *name;  /* NULL: has none, which KubeVirt refuses */
	char *claim; /* NULL: made from a template */
};

struct vc_listed_claims {
	struct vc_listed_claim *v;
	size_t n, cap;
};

/* Of deploy/kubernetes/admission/compute-claims.yaml */
#define VC_COMPUTE_CLAIMS "virt-claim.io/compute-claims"

/**
 * struct vc_compute_claim - what the policy compute-claims is asked to add
 * @name:	in /spec/resourceClaims
 * @listed:	it, there; NULL it is not there
 * @request:	NULL all of the claim
 */
struct vc_compute_claim {
	char *name;
	const struct vc_listed_claim *listed;
	char *request;
};

struct vc_compute_claims {
	struct vc_compute_claim *v;
	size_t n, cap;
};

/**
 * struct vc_verify_vmi_input - what is known
 * @t:		of vc_translate_claims(), with .have_vmi
 * @listed:	/spec/resourceClaims
 * @compute:	of vc_verify_vmi_compute()
 * @metadata:	of vc_metadata_look()
 * @have_claims: whether there was any --claims
 */
struct vc_verify_vmi_input {
	const struct vc_translation *t;
	struct vc_listed_claims listed;
	struct vc_compute_claims compute;
	struct vc_metadata_requests metadata;
	bool have_claims;
};

struct vc_node;

int vc_verify_vmi_listed(struct vc_arena *arena, const struct vc_node *root,
                         struct vc_listed_claims *ret_list, struct vc_err *err)
	VC_MUST_CHECK;
int vc_verify_vmi_compute(struct vc_arena *arena, const struct vc_node *root,
                          const struct vc_listed_claims *listed,
                          struct vc_compute_claims *ret_list, struct vc_err *err)
	VC_MUST_CHECK;
bool vc_compute_gets(const struct vc_compute_claims *list,
                     const struct vc_binding *binding);
int vc_verify_vmi_look(struct vc_arena *arena, const struct vc_translate_input *input,
                       const struct vc_translation *t,
                       struct vc_verify_vmi_input *ret_input, struct vc_err *err)
	VC_MUST_CHECK;
int vc_verify_vmi(struct vc_arena *arena, const struct vc_verify_vmi_input *input,
                  struct vc_checks *ret_checks, struct vc_err *err) VC_MUST_CHECK;
