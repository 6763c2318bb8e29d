/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/work.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/now.h"
#include "claimd/missing.h"
#include "claimd/view.h"
#include "node/prepare.h"
#include "store/claim_store.h"
#include "store/lock.h"

#define LOCK_WAIT_MS 30000

/* What is not a change of a driver: reading the machine, writing files. */
#define PATIENCE_MS 120000

static volatile sig_atomic_t stopped;

/**
 * vc_work_stop() - Begin with no other claim
 * @signal:	SIGTERM
 */
void vc_work_stop(int signal VC_UNUSED)
{
	stopped = 1;
}

/**
 * vc_view_tell() - Tell the daemon something
 * @view:	run
 * @note:	what
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM (it is gone)
 */
int vc_view_tell(const struct vc_view *view, const struct vc_note *note,
                 struct vc_err *err)
{
	return vc_note_send(view->work->notes, note, err);
}

/**
 * vc_view_say() - Tell the daemon something in words
 * @view:	run
 * @kind:	sort of note
 * @subject:	what it is about; NULL the node
 * @text:	what; NULL nothing to be said
 * @kind_of_err: of a problem
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM (the daemon is gone)
 */
int vc_view_say(const struct vc_view *view, enum vc_note_kind kind, const char *subject,
                const char *text, enum vc_err_kind kind_of_err, struct vc_err *err)
{
	struct vc_note note = { .kind = kind, .err = kind_of_err };

	(void)snprintf(note.subject, sizeof(note.subject), "%s",
	               subject ? subject : VC_SUBJECT_NODE);
	(void)snprintf(note.text, sizeof(note.text), "%s", text ? text : "");
	return vc_view_tell(view, &note, err);
}

/* Each is "FILE: what is wrong". */
static int say_notes(const struct vc_view *view, const struct vc_names *notes,
                     struct vc_err *err)
{
	for (size_t i = 0; i < notes->n; i++) {
		const char *rest = strstr(notes->v[i], ": ");
		char subject[256];

		(void)snprintf(subject, sizeof(subject), "%.*s",
		               rest ? (int)(rest - notes->v[i]) : 200, notes->v[i]);
		if (vc_view_say(view, VC_NOTE_PROBLEM, subject,
		                rest ? rest + 2 : notes->v[i], VC_ERR_INPUT, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int be_patient(const struct vc_view *view, size_t n_steps, struct vc_err *err)
{
	/* each is done, and undone when a later one fails */
	struct vc_note note = {
		.kind = VC_NOTE_PATIENCE,
		.number = PATIENCE_MS +
		          (int64_t)n_steps * 2 * view->work->config->driver_deadline_ms,
	};

	return vc_view_tell(view, &note, err);
}

static size_t count_steps(const struct vc_entries *entries)
{
	size_t n = 0;

	for (size_t i = 0; i < entries->n; i++)
		n += entries->v[i].steps.n;
	return n;
}

static int recover(struct vc_view *view, struct vc_err *err)
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
		if (vc_view_say(view, VC_NOTE_DONE, NULL, report.notes.v[i], VC_ERR_NONE,
		                err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Everything that decisions are made from. Under the lock. */
static int look(struct vc_view *view, struct vc_err *err)
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

/* Marks of claims that are no more, or not prepared. */
static int forget_missing(struct vc_view *view, struct vc_err *err)
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
static int survey(struct vc_view *view, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (be_patient(view, 0, err) < 0 ||
	    vc_lock_take(view->work->config->run, LOCK_WAIT_MS, &lock, err) < 0 ||
	    look(view, err) < 0)
		return -(int)err->kind;
	view->recover = false;
	for (size_t i = 0; i < view->claims.n; i++)
		if (vc_view_visit_claim(view, i, err) < 0)
			return -(int)err->kind;
	if (vc_view_visit_entries(view, err) < 0)
		return -(int)err->kind;
	return forget_missing(view, err);
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

/* The claims that are to be prepared. */
struct preparing {
	struct vc_view *view;
	struct vc_host_claim *claims;
	size_t *indices;
	size_t n;
};

static int before_steps(void *arg, size_t n_steps, struct vc_err *err)
{
	const struct preparing *preparing = arg;

	return be_patient(preparing->view, n_steps, err);
}

static int on_prepared(void *arg, size_t i, const struct vc_prepare_report *report,
                       const struct vc_err *why, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct preparing *preparing = arg;
	const struct vc_host_claim *claim = &preparing->claims[i];
	struct vc_view *view = preparing->view;
	const char *subject =
		vc_arena_printf(&arena, "%s/%s", claim->namespace, claim->name);
	const char *text;

	if (!subject)
		return vc_fail_oom(err);
	if (!report)
		return vc_view_say(view, VC_NOTE_FAILED, subject, why->msg, why->kind,
		                   err);
	/* one that was prepared, and lost a device, is counted already */
	view->counts.prepared += !view->duties[preparing->indices[i]].withdraw;
	text = describe(&arena, report);
	return vc_view_say(view, VC_NOTE_DONE, subject, text ? text : "prepared",
	                   VC_ERR_NONE, err);
}

static int prepare_all(struct vc_view *view, struct vc_err *err)
{
	struct preparing preparing = {
		.view = view,
		.claims = vc_arena_alloc(view->arena, view->claims.n + 1,
		                         sizeof(*preparing.claims)),
		.indices = vc_arena_alloc(view->arena, view->claims.n + 1,
		                          sizeof(*preparing.indices)),
	};
	struct vc_prepare_many many = { .claims = preparing.claims,
		                        .stop = &stopped,
		                        .before = before_steps,
		                        .over = on_prepared,
		                        .arg = &preparing };

	if (!preparing.claims || !preparing.indices)
		return vc_fail_oom(err);
	for (size_t i = 0; i < view->claims.n; i++) {
		if (!view->duties[i].prepare)
			continue;
		preparing.claims[preparing.n] = view->claims.v[i];
		preparing.indices[preparing.n++] = i;
	}
	many.n = preparing.n;
	return many.n > 0 ? vc_node_prepare_many(&view->node, &many, err) : 0;
}

static int open_view(struct vc_view *view, struct vc_err *err)
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
	struct vc_view view = { .work = work, .arena = &arena };
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
	return vc_view_tell(&view, &summary, err);
}
