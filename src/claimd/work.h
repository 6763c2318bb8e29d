/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work.h - one run over all claims: recover, look at the machine, publish or withdraw,
 * prepare. It runs in a worker process, and tells what it finds in notes.
 *
 * What is looked at and published is so under the lock of the node, so that what a
 * command does meanwhile is seen before or after, never in between. Drivers are changed
 * without it.
 */
#pragma once

#include <stdint.h>

#include "claimd/ledger.h"
#include "claimd/renewed.h"
#include "translate/config.h"

/**
 * struct vc_work - what one run needs
 * @config:	where things are
 * @ledger:	what failed lately
 * @renewed:	devices that came
 * @recover:	look for what processes left, even if nothing looks like it
 * @now:	of the clock of @ledger
 * @notes:	socket for notes
 */
struct vc_work {
	const struct vc_config *config;
	const struct vc_ledger *ledger;
	const struct vc_renewed *renewed;
	bool recover;
	int64_t now;
	int notes;
};

/* What is wrong with a claim is a note; what is wrong with the run is the error. */
int vc_work_run(const struct vc_work *work, struct vc_err *err) VC_MUST_CHECK;
/* From a signal handler: begin with no other claim. */
void vc_work_stop(int signal);
