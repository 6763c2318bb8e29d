/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * likeness.h - whether a device can be the one whose identity was recorded.
 *
 * Evidence decides; ids and, where there is no evidence, the slot path have to agree.
 * Internal to src/node.
 */
#pragma once

#include "model/host_claim.h"

/* In the order of what they are worth. */
enum vc_likeness {
	VC_LIKE_OTHER,  /* another device */
	VC_LIKE_MAYBE,  /* nothing speaks against it, but what would prove it is unseen */
	VC_LIKE_PARTLY, /* something is as recorded, something else is not */
	VC_LIKE_SAME,   /* it */
};

/**
 * struct vc_comparison - an identity and a device
 * @likeness:	what follows from the rest
 * @same_ids:	ids are as recorded
 * @same_slot:	both have a slot path, and the same
 * @same:	the best evidence that is as recorded; NULL none
 * @was, @is:	first evidence that contradicts: as recorded, and as it is; NULL none
 * @unseen:	the best evidence that was recorded and cannot be seen now; NULL none
 */
struct vc_comparison {
	enum vc_likeness likeness;
	bool same_ids, same_slot;
	const struct vc_evidence *same;
	const struct vc_evidence *was, *is;
	const struct vc_evidence *unseen;
};

struct vc_comparison vc_identity_compare(const struct vc_identity *identity,
                                         const struct vc_host_device *device) VC_NONNULL;
bool vc_slot_path_is_stable(const char *slot_path);
