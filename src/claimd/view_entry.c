/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_entry.c - entries of the journal: who is at work on them, and those whose claim is
 * not there.
 */
#include <string.h>

#include "claimd/view.h"
#include "store/boot_id.h"

/* One that cannot be asked about is taken to live. */
static bool owner_lives(const struct vc_view *view, const struct vc_entry *entry)
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
static int tell_owners(const struct vc_view *view, struct vc_err *err)
{
	for (size_t i = 0; i < view->entries.n; i++) {
		const struct vc_entry *entry = &view->entries.v[i];
		const struct vc_note note = { .kind = VC_NOTE_OWNER,
			                      .number = entry->owner_pid,
			                      .start = entry->owner_start };

		if (entry->owner_pid == view->node.owner_pid || !owner_lives(view, entry))
			continue;
		if (vc_view_tell(view, &note, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static bool has_claim(const struct vc_view *view, const char *uid)
{
	for (size_t i = 0; i < view->claims.n; i++)
		if (strcmp(view->claims.v[i].uid, uid) == 0)
			return true;
	return false;
}

/* An entry whose claim was removed from the store by hand, or cannot be read. */
static int visit_orphan(struct vc_view *view, const struct vc_entry *entry,
                        struct vc_err *err)
{
	const char *subject =
		vc_arena_printf(view->arena, "%s/%s", entry->namespace, entry->name);
	bool may_try;

	if (!subject)
		return vc_fail_oom(err);
	if (entry->phase == VC_PHASE_PREPARED)
		return vc_view_say(
			view, VC_NOTE_PROBLEM, subject,
			"is prepared, but its document is gone or cannot be read",
			VC_ERR_ABSENT, err);
	if (view->recovered && !owner_lives(view, entry))
		return vc_view_say(view, VC_NOTE_FAILED, subject,
		                   "is not prepared any more, and not undone either",
		                   VC_ERR_SYSTEM, err);
	may_try = vc_ledger_may_try(view->work->ledger, subject, view->work->now) &&
	          !owner_lives(view, entry);
	view->recover = view->recover || may_try;
	return may_try ? 0
	               : vc_view_say(view, VC_NOTE_WAIT, subject, NULL, VC_ERR_NONE, err);
}

static int visit_orphans(struct vc_view *view, struct vc_err *err)
{
	for (size_t i = 0; i < view->entries.n; i++)
		if (!has_claim(view, view->entries.v[i].uid) &&
		    visit_orphan(view, &view->entries.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_view_visit_entries() - See to the entries of the journal
 * @view:	run that has looked
 * @err:	why the run cannot go on
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_view_visit_entries(struct vc_view *view, struct vc_err *err)
{
	if (visit_orphans(view, err) < 0)
		return -(int)err->kind;
	return tell_owners(view, err);
}
