/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * companion.c - what virt-claimd does on a Kubernetes node: its sources as things to wait
 * for, and one look of the companion as the work of a worker.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/now.h"
#include "claimd/daemon.h"

/* Files come and go in bursts of a few milliseconds, and somebody waits for the result. */
static const struct vc_burst_pace pace = { .quiet_ms = 12, .max_ms = 40, .share = 2 };

/* A look that takes longer hangs: a thousand claims are written in a second. */
#define PATIENCE_MS 60000

/**
 * vc_daemon_works() - Whether there is anything to do but to wait for the end
 * @daemon:	daemon
 *
 * Return: whether
 */
bool vc_daemon_works(const struct vc_daemon *daemon)
{
	return daemon->config.role == VC_ROLE_HOST || daemon->companion.n > 0;
}

static const struct vc_companion_slot *find(const struct vc_daemon *daemon, int fd)
{
	const struct vc_companion *c = &daemon->companion;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].source->fd(c->v[i].state) == fd)
			return &c->v[i];
	return NULL;
}

static int on_source(struct vc_daemon *daemon, int fd, struct vc_err *err)
{
	const struct vc_companion_slot *slot = find(daemon, fd);
	bool changed = false;

	if (!slot)
		return 0;
	if (slot->source->work(slot->state, &changed, err) < 0)
		return vc_err_context(err, "source %s", slot->source->name);
	if (changed)
		vc_daemon_happened(daemon);
	return 0;
}

const struct vc_source vc_source_companion = {
	.name = "what drivers prepared",
	.ready = on_source,
	.lends = true,
};

/**
 * vc_daemon_adopt() - Listen to other sources than before
 * @daemon:	daemon, which closes them in the end
 * @companion:	sources
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_daemon_adopt(struct vc_daemon *daemon, const struct vc_companion *companion,
                    struct vc_err *err)
{
	struct vc_companion *old = &daemon->companion;

	for (size_t i = 0; i < old->n; i++)
		vc_daemon_remove(daemon, old->v[i].source->fd(old->v[i].state));
	vc_companion_close(old);
	daemon->companion = *companion;
	daemon->burst.pace = companion->n > 0 ? &pace : NULL;
	for (size_t i = 0; i < companion->n; i++)
		if (vc_daemon_add(daemon, &vc_source_companion,
		                  companion->v[i].source->fd(companion->v[i].state),
		                  err) < 0)
			return -(int)err->kind;
	return 0;
}

/* In the worker */

static int tell(int notes, struct vc_note *note, const char *subject, const char *text,
                struct vc_err *err)
{
	(void)snprintf(note->subject, sizeof(note->subject), "%s", subject);
	(void)snprintf(note->text, sizeof(note->text), "%s", text);
	return vc_note_send(notes, note, err);
}

static int on_done(void *arg, const char *subject, const char *text, struct vc_err *err)
{
	struct vc_note note = { .kind = VC_NOTE_DONE };

	return tell(*(const int *)arg, &note, subject, text, err);
}

static int on_problem(void *arg, const char *subject, const char *text,
                      enum vc_err_kind kind, bool failed, struct vc_err *err)
{
	struct vc_note note = { .kind = failed ? VC_NOTE_FAILED : VC_NOTE_PROBLEM,
		                .err = kind };

	return tell(*(const int *)arg, &note, subject, text, err);
}

static int on_torn(void *arg, const char *subject, struct vc_err *err)
{
	struct vc_note note = { .kind = VC_NOTE_TORN };

	return tell(*(const int *)arg, &note, subject, "", err);
}

/**
 * vc_daemon_look() - One look of the companion
 * @daemon:	as it was when the worker was started
 * @notes:	for what is found
 * @err:	why it could not be done at all
 *
 * Return: 0 or any kind of error
 */
int vc_daemon_look(const struct vc_daemon *daemon, int notes, struct vc_err *err)
{
	const struct vc_companion_listener listener = {
		.done = on_done,
		.problem = on_problem,
		.torn = on_torn,
		.arg = &notes,
	};
	const struct vc_companion_look look = {
		.companion = &daemon->companion,
		.patience = &daemon->patience,
		.listener = &listener,
		.now = daemon->worker_began,
		.last = daemon->options->once,
	};
	const struct vc_note patience = { .kind = VC_NOTE_PATIENCE,
		                          .number = PATIENCE_MS };
	struct vc_note summary = { .kind = VC_NOTE_SUMMARY };
	struct vc_companion_counts counts = { 0 };

	if (vc_note_send(notes, &patience, err) < 0)
		return -(int)err->kind;
	if (vc_companion_look(&look, &counts, err) < 0)
		return -(int)err->kind;
	summary.counts = (struct vc_counts){ .claims = counts.claims,
		                             .prepared = counts.published };
	summary.number = vc_now_ms() - daemon->worker_began;
	return vc_note_send(notes, &summary, err);
}
