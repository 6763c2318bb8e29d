/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_internal.h - what verify.c and verify_device.c share.
 */
#pragma once

#include "domain/index.h"
#include "translate/verify.h"

/* What the plan says of one host device; NULL nothing. */
struct vc_planned {
	const struct vc_plan_device *device;
};

/**
 * struct vc_verifier - one run
 * @records:	alias -> record
 * @claim_uids:	UID -> claim
 * @claim_names: "name" and "namespace/name" -> claim
 * @hosts:	host address -> host device of the domain
 * @aliases:	alias -> nothing; counts
 * @planned:	one for each host device
 */
struct vc_verifier {
	struct vc_arena *arena;
	const struct vc_verify_input *in;
	struct vc_checks checks;
	struct vc_index records, claim_uids, claim_names, hosts, aliases;
	struct vc_planned *planned;
};

int vc_verify_add(struct vc_verifier *v, const struct vc_check *check, struct vc_err *err,
                  const char *fmt, ...) VC_PRINTF(4, 5);
int vc_verify_device(struct vc_verifier *v, size_t hostdev, struct vc_err *err)
	VC_MUST_CHECK;
