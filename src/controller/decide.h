/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide.h - what is to be done about a claim. Pure: the world goes in, a decision comes
 * out, and nothing is remembered.
 *
 * A claim has one VM. Who has it keeps it as long as it exists and wants it; then comes
 * the one that the claim itself asks for, then the oldest VM that names the claim. A pin
 * that was made by hand is not taken back because no annotation asks for it.
 */
#pragma once

#include "controller/world.h"

enum vc_verdict {
	VC_LEAVE, /* all is as it should be */
	VC_WAIT,  /* what is missing may come */
	VC_PIN,
	VC_UNPIN,
};

enum vc_why {
	VC_WHY_NONE,
	VC_WHY_NO_CLAIM,       /* WAIT: the claim that a VM names is not there */
	VC_WHY_NO_VM,          /* WAIT: the VM that a claim asks for is not there */
	VC_WHY_UNALLOCATED,    /* WAIT: for the scheduler */
	VC_WHY_VM_GONE,        /* UNPIN */
	VC_WHY_VM_REPLACED,    /* UNPIN: another VM has the name now */
	VC_WHY_NOT_ASKED,      /* UNPIN: no annotation asks for it any more */
	VC_WHY_CLAIM_DELETING, /* UNPIN: the claim waits for us to go */
	VC_WHY_LEFTOVER,       /* UNPIN: half of a pin that nobody wants */
};

/**
 * struct vc_decision - what to do
 * @verdict:	what
 * @why:	why; VC_WHY_NONE it speaks for itself
 * @vm:		VM that it is about; NULL none
 * @uid:	of that VM; with VC_UNPIN: of the pin, NULL whatever is ours
 * @keeper:	reservation that stays; NULL there is none
 */
struct vc_decision {
	enum vc_verdict verdict;
	enum vc_why why;
	const struct vc_known_vm *vm;
	const char *uid;
	const struct vc_tie *keeper;
};

struct vc_decision vc_decide(const struct vc_known_claim *claim);
/* Whether the VM of this tie wants the claim and does not get it. */
bool vc_is_loser(const struct vc_decision *decision, const struct vc_tie *tie);
