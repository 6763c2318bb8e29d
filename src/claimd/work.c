/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/work.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "claimd/missing.h"
#include "claimd/note.h"
#include "claimd/now.h"
#include "node/prepare.h"
#include "node/publish.h"
#include "node/reconcile.h"
#include "store/boot_id.h"
#include "store/claim_store.h"
#include "store/lock.h"

#define LOCK_WAIT_MS 30000

/* What is not a change of a driver: reading the machine, writing files. */
#define PATIENCE_MS 120000

static volatile sig_atomic_t stopped;

/* All that is known at one moment, and what follows from it. */
struct view {
	const struct vc_work *work;
	struct vc_arena *arena;
	struct vc_node node;
	struct vc_publish publish;
	struct vc_inventory inventory;
	struct vc_host_claims claims;
	struct vc_entries entries;
	struct vc_leases leases;
	struct vc_names missing;
	struct vc_duty *duties; /* of each claim */
	struct vc_counts counts;
	bool recover;   /* a claim needs it */
	bool recovered; /* it was done in this run */
};

/**
 * vc_work_stop() - Begin with no other claim
 * @signal:	SIGTERM
 */
void vc_work_stop(int signal VC_UNUSED)
{
	stopped = 1;
}

static int tell(const struct view *view, const struct vc_note *note, struct vc_err *err)
{
	return vc_note_send(view->work->notes, note, err);
}

/* @subject NULL: no claim */
static int say(const struct view *view, enum vc_note_kind kind, const char *subject,
               const char *text, enum vc_err_kind kind_of_err, struct vc_err *err)
{
	struct vc_note note = { .kind = kind, .err = kind_of_err };

	(void)snprintf(note.subject, sizeof(note.subject), "%s",
	               subject ? subject : VC_SUBJECT_NODE);
	(void)snprintf(note.text, sizeof(note.text), "%s", text ? text : "");
	return tell(view, &note, err);
}

/* Each is "FILE: what is wrong". */
static int say_notes(const struct view *view, const struct vc_names *notes,
                     struct vc_err *err)
{
	for (size_t i = 0; i < notes->n; i++) {
		const char *rest = strstr(notes->v[i], ": ");
		char subject[256];

		(void)snprintf(subject, sizeof(subject), "%.*s",
		               rest ? (int)(rest - notes->v[i]) : 200, notes->v[i]);
		if (say(view, VC_NOTE_PROBLEM, subject, rest ? rest + 2 : notes->v[i],
		        VC_ERR_INPUT, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int be_patient(const struct view *view, size_t n_steps, struct vc_err *err)
{
	/* each is done, and undone when a later one fails */
	struct vc_note note = {
		.kind = VC_NOTE_PATIENCE,
		.number = PATIENCE_MS +
		          (int64_t)n_steps * 2 * view->work->config->driver_deadline_ms,
	};

	return tell(view, &note, err);
}

/* "NAMESPACE/NAME", as the ledger knows it. */
static char *subject_of(struct view *view, const struct vc_host_claim *claim)
{
	return vc_arena_printf(view->arena, "%s/%s", claim->namespace, claim->name);
}

static size_t count_steps(const struct vc_entries *entries)
{
	size_t n = 0;

	for (size_t i = 0; i < entries->n; i++)
		n += entries->v[i].steps.n;
	return n;
}

static int recover(struct view *view, struct vc_err *err)
{
	struct vc_prepare_report report = { 0 };
	struct vc_entries entries;

	if (vc_journal_list(view->arena, view->work->config->run, view->node.boot_id,
	                    &entries, err) < 0 ||
	    be_patient(view, count_steps(&entries), err) < 0 ||
	    vc_node_recover(view->arena, &view->node, false, &report, err) < 0)
		return -(int)err->kind;
	view->recovered = true;
	/* what is tried again and again is told of as a problem of the claim */
	if (!view->work->recover && report.n_failed > 0)
		return 0;
	for (size_t i = 0; i < report.notes.n; i++)
		if (say(view, VC_NOTE_DONE, NULL, report.notes.v[i], VC_ERR_NONE, err) <
		    0)
			return -(int)err->kind;
	return 0;
}

/* Everything that decisions are made from. Under the lock. */
static int look(struct view *view, struct vc_err *err)
{
	const struct vc_config *config = view->work->config;
	struct vc_names notes = { 0 };

	if (vc_node_observe(view->arena, &view->node, &view->inventory, err) < 0 ||
	    vc_claim_store_list(view->arena, config->state, &view->claims, &notes, err) <
	            0 ||
	    vc_journal_list(view->arena, config->run, view->node.boot_id, &view->entries,
	                    err) < 0 ||
	    vc_lease_clean(view->arena, &view->node.leases, &notes, err) < 0 ||
	    vc_lease_living(view->arena, &view->node.leases, &view->leases, err) < 0 ||
	    vc_missing_list(view->arena, config->run, &view->missing, err) < 0)
		return -(int)err->kind;
	view->duties = vc_arena_alloc(view->arena, view->claims.n, sizeof(*view->duties));
	if (!view->duties)
		return vc_fail_oom(err);
	view->counts = (struct vc_counts){ .claims = (unsigned)view->claims.n };
	return say_notes(view, &notes, err);
}

static struct vc_prepare_input input_of(const struct view *view,
                                        const struct vc_host_claim *claim)
{
	return (struct vc_prepare_input){
		.node = &view->node,
		.claim = claim,
		.inventory = &view->inventory,
		.entries = &view->entries,
		.leases = &view->leases,
	};
}

static bool has_name(const struct vc_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return true;
	return false;
}

/* Of the devices themselves, or of those that they are made from. */
static bool any_renewed(const struct view *view, const struct vc_found_devices *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (vc_renewed_has(view->work->renewed,
		                   found->v[i].located.device->address))
			return true;
	return false;
}

/* Whether there is nothing where a device, or the one that it is made from, was last. */
static bool any_gone(const struct view *view, const struct vc_host_claim *claim)
{
	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_identity *identity = &claim->devices.v[i].identity;

		if (identity->kind != VC_DEVICE_MDEV && identity->address &&
		    !vc_inventory_find(&view->inventory, identity->address))
			return true;
	}
	return false;
}

/* Sets .not_found, .gone and .renewed. */
static int find_devices(struct view *view, const struct vc_host_claim *claim,
                        struct vc_duty_facts *facts, struct vc_err *err)
{
	const struct vc_prepare_input input = input_of(view, claim);
	struct vc_err not_found = VC_ERR_INIT;
	struct vc_found_devices found = { 0 };

	facts->renewed = has_name(&view->missing, claim->uid);
	if (vc_plan_find(view->arena, &input, &found, &not_found) == 0) {
		facts->renewed = facts->renewed || any_renewed(view, &found);
		return 0;
	}
	if (not_found.kind == VC_ERR_INTERNAL) {
		*err = not_found;
		return -(int)err->kind;
	}
	facts->gone = any_gone(view, claim);
	facts->not_found = vc_arena_strdup(view->arena, not_found.msg);
	return facts->not_found ? 0 : vc_fail_oom(err);
}

static int decide(struct view *view, const struct vc_claim_status *status,
                  const char *subject, struct vc_duty *ret_duty, struct vc_err *err)
{
	const struct vc_host_claim *claim = status->claim;
	struct vc_duty_facts facts = {
		.status = status,
		.may_try =
			vc_ledger_may_try(view->work->ledger, subject, view->work->now),
	};
	bool wanted = status->state == VC_CLAIM_CREATED && claim->persistent;

	if ((wanted || !status->healthy) && find_devices(view, claim, &facts, err) < 0)
		return -(int)err->kind;
	return vc_duty_decide(view->arena, &facts, ret_duty, err);
}

static int publish(struct view *view, const struct vc_host_claim *claim,
                   const char *subject, struct vc_err *err)
{
	const struct vc_prepare_input input = input_of(view, claim);
	struct vc_found_devices found;
	struct vc_claim published;
	bool changed;

	if (vc_plan_find(view->arena, &input, &found, err) < 0 ||
	    vc_publish_claim(view->arena, claim, &found, &view->inventory, &published,
	                     err) < 0 ||
	    vc_publish_write(view->arena, &view->publish, &published, &changed, err) < 0)
		return -(int)err->kind;
	if (!changed)
		return 0;
	return say(view, VC_NOTE_DONE, subject, "published", VC_ERR_NONE, err);
}

static int withdraw(struct view *view, const struct vc_host_claim *claim,
                    struct vc_err *err)
{
	return vc_publish_withdraw(view->arena, &view->publish, claim->namespace,
	                           claim->name, claim->uid, err);
}

static int remember(struct view *view, const struct vc_host_claim *claim, bool missing,
                    struct vc_err *err)
{
	const char *run = view->work->config->run;
	bool known = has_name(&view->missing, claim->uid);

	if (missing == known)
		return 0;
	return missing ? vc_missing_add(view->arena, run, claim->uid, err)
	               : vc_missing_remove(view->arena, run, claim->uid, err);
}

/* The files of one claim; what is wrong with it is told. */
static int settle_claim(struct view *view, const struct vc_host_claim *claim,
                        const char *subject, const struct vc_duty *duty,
                        struct vc_err *err)
{
	struct vc_err own = VC_ERR_INIT;
	int r = remember(view, claim, duty->missing, &own);

	if (r == 0 && duty->withdraw)
		r = withdraw(view, claim, &own);
	if (r == 0 && duty->publish)
		r = publish(view, claim, subject, &own);
	if (r < 0)
		return say(view, VC_NOTE_FAILED, subject, own.msg, own.kind, err);
	if (duty->recover && !view->recovered)
		return 0; /* it will be looked at again after that */
	if (duty->problem)
		return say(view, duty->recover ? VC_NOTE_FAILED : VC_NOTE_PROBLEM,
		           subject, duty->problem, VC_ERR_REFUSED, err);
	return duty->wait ? say(view, VC_NOTE_WAIT, subject, NULL, VC_ERR_NONE, err) : 0;
}

static void count(struct vc_counts *counts, enum vc_claim_state state)
{
	counts->prepared += state == VC_CLAIM_PREPARED || state == VC_CLAIM_IN_USE;
	counts->in_use += state == VC_CLAIM_IN_USE;
}

static int visit_claim(struct view *view, size_t i, struct vc_err *err)
{
	const struct vc_host_claim *claim = &view->claims.v[i];
	const struct vc_prepare_input input = input_of(view, claim);
	char *subject = subject_of(view, claim);
	struct vc_claim_status status;

	if (!subject)
		return vc_fail_oom(err);
	if (vc_claim_status(view->arena, &input, &status, err) < 0 ||
	    decide(view, &status, subject, &view->duties[i], err) < 0)
		return -(int)err->kind;
	count(&view->counts, status.state);
	view->counts.absent +=
		status.state == VC_CLAIM_CREATED && view->duties[i].problem;
	view->recover = view->recover || view->duties[i].recover;
	return settle_claim(view, claim, subject, &view->duties[i], err);
}

/* One that cannot be asked about is taken to live. */
static bool owner_lives(const struct view *view, const struct vc_entry *entry)
{
	struct vc_process process;
	struct vc_err err = VC_ERR_INIT;
	int r;

	if (entry->owner_pid <= 0)
		return false;
	r = vc_process_read(view->arena, view->node.leases.proc, (pid_t)entry->owner_pid,
	                    &process, &err);
	return r == 0 ? process.start == entry->owner_start : r != -VC_ERR_ABSENT;
}

/* Processes at work: when one ends, there is perhaps something to recover. */
static int tell_owners(const struct view *view, struct vc_err *err)
{
	for (size_t i = 0; i < view->entries.n; i++) {
		const struct vc_entry *entry = &view->entries.v[i];
		const struct vc_note note = { .kind = VC_NOTE_OWNER,
			                      .number = entry->owner_pid,
			                      .start = entry->owner_start };

		if (entry->owner_pid == view->node.owner_pid || !owner_lives(view, entry))
			continue;
		if (tell(view, &note, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static bool has_claim(const struct view *view, const char *uid)
{
	for (size_t i = 0; i < view->claims.n; i++)
		if (strcmp(view->claims.v[i].uid, uid) == 0)
			return true;
	return false;
}

/* An entry whose claim was removed from the store by hand, or cannot be read. */
static int visit_orphan(struct view *view, const struct vc_entry *entry,
                        struct vc_err *err)
{
	const char *subject =
		vc_arena_printf(view->arena, "%s/%s", entry->namespace, entry->name);
	bool may_try;

	if (!subject)
		return vc_fail_oom(err);
	if (entry->phase == VC_PHASE_PREPARED)
		return say(view, VC_NOTE_PROBLEM, subject,
		           "is prepared, but its document is gone or cannot be read",
		           VC_ERR_ABSENT, err);
	if (view->recovered && !owner_lives(view, entry))
		return say(view, VC_NOTE_FAILED, subject,
		           "is not prepared any more, and not undone either",
		           VC_ERR_SYSTEM, err);
	may_try = vc_ledger_may_try(view->work->ledger, subject, view->work->now) &&
	          !owner_lives(view, entry);
	view->recover = view->recover || may_try;
	return may_try ? 0 : say(view, VC_NOTE_WAIT, subject, NULL, VC_ERR_NONE, err);
}

static int visit_orphans(struct view *view, struct vc_err *err)
{
	for (size_t i = 0; i < view->entries.n; i++)
		if (!has_claim(view, view->entries.v[i].uid) &&
		    visit_orphan(view, &view->entries.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Marks of claims that are no more, or not prepared. */
static int forget_missing(struct view *view, struct vc_err *err)
{
	for (size_t i = 0; i < view->missing.n; i++) {
		const char *uid = view->missing.v[i];
		bool known = false;

		for (size_t j = 0; j < view->entries.n && !known; j++)
			known = strcmp(view->entries.v[j].uid, uid) == 0;
		if (!known &&
		    vc_missing_remove(view->arena, view->work->config->run, uid, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* One look at everything, and its consequences for files. */
static int survey(struct view *view, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (be_patient(view, 0, err) < 0 ||
	    vc_lock_take(view->work->config->run, LOCK_WAIT_MS, &lock, err) < 0 ||
	    look(view, err) < 0)
		return -(int)err->kind;
	view->recover = false;
	for (size_t i = 0; i < view->claims.n; i++)
		if (visit_claim(view, i, err) < 0)
			return -(int)err->kind;
	if (visit_orphans(view, err) < 0 || forget_missing(view, err) < 0)
		return -(int)err->kind;
	return tell_owners(view, err);
}

/* Steps as one line. */
static char *describe(struct vc_arena *arena, const struct vc_prepare_report *report)
{
	char *text = vc_arena_strdup(arena, "prepared");

	for (size_t i = 0; text && i < report->steps.n; i++) {
		char *step = vc_step_text(arena, &report->steps.v[i]);

		text = step ? vc_arena_printf(arena, "%s%s%s", text, i > 0 ? "; " : ": ",
		                              step)
		            : NULL;
	}
	return text;
}

static int prepare_claim(struct view *view, const struct vc_host_claim *claim,
                         const struct vc_duty *duty, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_prepare_options options = { .transient = !claim->persistent };
	const char *subject = subject_of(view, claim);
	struct vc_prepare_report report = { 0 };
	struct vc_err own = VC_ERR_INIT;
	const char *text;

	if (!subject)
		return vc_fail_oom(err);
	if (be_patient(view, claim->devices.n * VC_STEP_KINDS, err) < 0)
		return -(int)err->kind;
	if (vc_node_prepare(&arena, &view->node, claim->namespace, claim->name, &options,
	                    &report, &own) < 0)
		return say(view, VC_NOTE_FAILED, subject, own.msg, own.kind, err);
	/* one that was prepared, and lost a device, is counted already */
	view->counts.prepared += !duty->withdraw;
	text = describe(&arena, &report);
	return say(view, VC_NOTE_DONE, subject, text ? text : "prepared", VC_ERR_NONE,
	           err);
}

static int prepare_all(struct view *view, struct vc_err *err)
{
	for (size_t i = 0; i < view->claims.n && !stopped; i++)
		if (view->duties[i].prepare &&
		    prepare_claim(view, &view->claims.v[i], &view->duties[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int open_view(struct view *view, struct vc_err *err)
{
	const struct vc_config *config = view->work->config;
	char *claims = vc_arena_printf(view->arena, "%s/claims", config->run);

	if (!claims)
		return vc_fail_oom(err);
	if (vc_node_open(view->arena, config, &view->node, err) < 0)
		return -(int)err->kind;
	view->publish = (struct vc_publish){ .claims = claims,
		                             .cdi = config->cdi,
		                             .boot_id = view->node.boot_id };
	return 0;
}

/**
 * vc_work_run() - Bring claims, devices and files together once
 * @work:	what to do it with
 * @err:	why it could not be done at all
 *
 * One claim that fails does not stop the others.
 *
 * Return: 0 or any kind of error
 */
int vc_work_run(const struct vc_work *work, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct view view = { .work = work, .arena = &arena };
	struct vc_note summary = { .kind = VC_NOTE_SUMMARY };
	int64_t began;

	if (open_view(&view, err) < 0)
		return -(int)err->kind;
	if (work->recover && recover(&view, err) < 0)
		return -(int)err->kind;
	began = vc_now_ms();
	if (survey(&view, err) < 0)
		return -(int)err->kind;
	summary.number = vc_now_ms() - began;
	if (view.recover && !view.recovered &&
	    (recover(&view, err) < 0 || survey(&view, err) < 0))
		return -(int)err->kind;
	if (prepare_all(&view, err) < 0)
		return -(int)err->kind;
	summary.counts = view.counts;
	return tell(&view, &summary, err);
}
