/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.h - what the daemon has to do for a claim, from what is there now. Pure.
 *
 *   not prepared, persistent      prepare it, once its devices are there
 *   prepared, all right           its files have to be published
 *   prepared, device gone         its files are withdrawn; the journal stays, so that the
 *                                 other devices of the claim stay with it
 *   the same, device came back    prepare it again, unless a running domain has it
 *   prepared, something changed   its files are withdrawn; somebody did that on purpose,
 *                                 so nothing is taken back from him
 *   left behind, quarantined      recover
 */
#pragma once

#include "node/status.h"

/**
 * struct vc_duty_facts - what is decided on
 * @status:	the claim as it is
 * @not_found:	of a claim that is to be prepared, or is not healthy: why a device, or the
 *		one that it is made from, cannot be found; NULL all can
 * @gone:	there is nothing where it was. It may be there and not be known again: what
 *		it proves depends on who has it
 * @renewed:	of a prepared claim: one of them was gone, or is a new one in the place of
 *		the old one
 * @may_try:	false: the last attempt failed too recently
 */
struct vc_duty_facts {
	const struct vc_claim_status *status;
	const char *not_found;
	bool gone;
	bool renewed;
	bool may_try;
};

/**
 * struct vc_duty - what to do
 * @recover:	vc_node_recover()
 * @prepare:	vc_node_prepare(), after a withdrawal
 * @publish:	vc_publish_write()
 * @withdraw:	vc_publish_withdraw()
 * @wait:	what was wrong before is not looked into now: somebody is at work on the
 *		claim, or it is too early to try again
 * @missing:	to be remembered until the claim is right: a device of it was gone
 * @problem:	what is wrong now, NULL nothing
 */
struct vc_duty {
	bool recover;
	bool prepare;
	bool publish;
	bool withdraw;
	bool wait;
	bool missing;
	const char *problem;
};

int vc_duty_decide(struct vc_arena *arena, const struct vc_duty_facts *facts,
                   struct vc_duty *ret_duty, struct vc_err *err) VC_MUST_CHECK;
