/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify.h - "would this domain start with the devices that it claims?" Pure.
 *
 * One verdict for each check and device. What the inputs cannot show is unknown, never
 * ok; what libvirt or the kernel may still mend is a warning.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"
#include "domain/memory.h"
#include "domain/schema.h"
#include "translate/translate.h"

enum vc_verdict {
	VC_VERDICT_OK,
	VC_VERDICT_UNKNOWN,
	VC_VERDICT_WARNING,
	VC_VERDICT_FAILED,
};

/**
 * struct vc_check - one verdict
 * @device:	alias, else host address, of the device; NULL: the whole domain
 * @name:	what was looked at, one word
 * @verdict:	verdict
 * @reason:	why, one clause
 * @change:	failed only because a rewrite would change something
 */
struct vc_check {
	const char *device;
	const char *name;
	enum vc_verdict verdict;
	const char *reason;
	bool change;
};

struct vc_checks {
	struct vc_check *v;
	size_t n, cap;
};

/* What is in /dev/vfio; names are sorted by byte value. */
struct vc_vfio_nodes {
	const char *directory; /* "/dev/vfio", for messages */
	struct vc_names groups;
	struct vc_names cdevs; /* of /dev/vfio/devices */
};

#define VC_MEMLOCK_UNLIMITED UINT64_MAX

/**
 * struct vc_verify_input - what is known
 * @t:		of vc_translate_claims(), and of vc_translate_domain() when @planned
 * @planned:	whether there is a plan
 * @refusal:	why there is none
 * @complaints:	of the schemas; NULL: not validated
 * @not_validated: why not
 * @nodes:	NULL: not looked at
 * @memory:	of the domain
 * @memlock_kib: how much memory this user may lock
 */
struct vc_verify_input {
	const struct vc_translation *t;
	bool planned;
	const struct vc_err *refusal;
	const struct vc_complaints *complaints;
	const char *not_validated;
	const struct vc_vfio_nodes *nodes;
	struct vc_domain_memory memory;
	uint64_t memlock_kib;
};

int vc_verify(struct vc_arena *arena, const struct vc_verify_input *input,
              struct vc_checks *ret_checks, struct vc_err *err) VC_MUST_CHECK;
const char *vc_verdict_name(enum vc_verdict verdict);
