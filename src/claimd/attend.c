/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attend.c - the worker as the daemon sees it: what it says, and its end.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/now.h"
#include "claimd/daemon.h"
#include "store/boot_id.h"

/* On top of what the worker asks for. */
#define MARGIN_MS INT64_C(10000)

static int run_in_worker(void *arg, int notes)
{
	const struct vc_daemon *daemon = arg;
	const struct vc_work work = {
		.config = &daemon->config,
		.ledger = &daemon->ledger,
		.renewed = &daemon->given,
		.recover = daemon->recover,
		.now = daemon->worker_began,
		.notes = notes,
	};
	struct vc_note note = { .kind = VC_NOTE_FAILED, .subject = VC_SUBJECT_NODE };
	struct vc_err err = VC_ERR_INIT;
	struct vc_err lost = VC_ERR_INIT;

	if ((daemon->companion.n > 0 ? vc_daemon_look(daemon, notes, &err)
	                             : vc_work_run(&work, &err)) == 0)
		return 0;
	note.err = err.kind;
	memcpy(note.text, err.msg, sizeof(note.text));
	(void)!vc_note_send(notes, &note, &lost);
	return vc_exit_status(err.kind);
}

/* Those that are still at work will be named again. */
static void forget_owners(struct vc_daemon *daemon)
{
	for (size_t i = 0; i < VC_SLOTS_MAX; i++) {
		int fd = daemon->slots[i].fd;

		if (daemon->slots[i].source != &vc_source_owner)
			continue;
		vc_daemon_remove(daemon, fd);
		(void)close(fd);
	}
}

/**
 * vc_daemon_start_worker() - Begin a run
 * @daemon:	no worker may run
 * @err:	why not
 *
 * Return: 0 or as vc_watch_refresh()
 */
int vc_daemon_start_worker(struct vc_daemon *daemon, struct vc_err *err)
{
	/* what is in a new directory by now the worker sees, what comes later is an event */
	if (vc_daemon_refresh_files(daemon, err) < 0)
		return -(int)err->kind;
	vc_burst_begin(&daemon->burst);
	vc_ledger_begin(&daemon->ledger);
	vc_patience_begin(&daemon->patience);
	forget_owners(daemon);
	daemon->again = false;
	daemon->summary = false;
	daemon->given = daemon->renewed;
	daemon->renewed.n = 0;
	daemon->worker_began = vc_now_ms();
	daemon->worker_limit = daemon->worker_began + MARGIN_MS;
	if (vc_worker_start(&daemon->worker, run_in_worker, daemon, vc_work_stop, err) <
	    0)
		return -(int)err->kind;
	/* the worker has its own copy of all this */
	daemon->recover = false;
	if (vc_daemon_add(daemon, &vc_source_notes, daemon->worker.notes, err) < 0)
		return -(int)err->kind;
	return vc_daemon_add(daemon, &vc_source_worker, daemon->worker.pidfd, err);
}

static int on_problem(struct vc_daemon *daemon, const struct vc_note *note,
                      struct vc_err *err)
{
	bool news;
	int r = note->kind == VC_NOTE_FAILED
	                ? vc_ledger_failed(&daemon->ledger, note->subject, note->text,
	                                   vc_now_ms(), &news, err)
	                : vc_ledger_problem(&daemon->ledger, note->subject, note->text,
	                                    &news, err);

	if (r < 0)
		return r;
	if (daemon->worst == VC_ERR_NONE)
		daemon->worst = note->err;
	if (news)
		vc_log(&daemon->log, VC_LOG_WARNING, "%s: %s", note->subject, note->text);
	return 0;
}

static unsigned count_owners(const struct vc_daemon *daemon)
{
	unsigned n = 0;

	for (size_t i = 0; i < VC_SLOTS_MAX; i++)
		n += daemon->slots[i].source == &vc_source_owner;
	return n;
}

/* Its end is an event: what it leaves behind has to be recovered. When very many are at
 * work, the end of those that are watched makes room for the others. */
static int watch_owner(struct vc_daemon *daemon, const struct vc_note *note,
                       struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int fd = pidfd_open((pid_t)note->number, 0);
	struct vc_err gone = VC_ERR_INIT;
	struct vc_process process;

	if (count_owners(daemon) == VC_OWNERS_MAX)
		return 0;
	/* the descriptor first: from then on the number cannot be another process */
	if (fd < 0 ||
	    vc_process_read(&arena, "/proc", (pid_t)note->number, &process, &gone) < 0 ||
	    process.start != note->start) {
		vc_daemon_happened(daemon);
		return 0;
	}
	if (vc_daemon_add(daemon, &vc_source_owner, fd, err) < 0)
		return -(int)err->kind;
	(void)vc_steal_fd(&fd);
	return 0;
}

static void be_patient(struct vc_daemon *daemon, int64_t ms)
{
	int64_t limit = vc_now_ms() + ms + MARGIN_MS;

	if (daemon->stopping)
		return; /* it was told to hurry up */
	daemon->worker_limit = limit;
	if (!daemon->ready)
		vc_daemon_tell(daemon, "EXTEND_TIMEOUT_USEC=%" PRId64,
		               (ms + 2 * MARGIN_MS) * 1000);
}

static int on_note(struct vc_daemon *daemon, const struct vc_note *note,
                   struct vc_err *err)
{
	switch (note->kind) {
	case VC_NOTE_DONE:
		vc_log(&daemon->log, VC_LOG_INFO, "%s: %s", note->subject, note->text);
		return 0;
	case VC_NOTE_PROBLEM:
	case VC_NOTE_FAILED:
		return on_problem(daemon, note, err);
	case VC_NOTE_TORN:
		return vc_patience_torn(&daemon->patience, note->subject,
		                        daemon->worker_began, err);
	case VC_NOTE_WAIT:
		vc_ledger_keep(&daemon->ledger, note->subject);
		return 0;
	case VC_NOTE_OWNER:
		return watch_owner(daemon, note, err);
	case VC_NOTE_PATIENCE:
		be_patient(daemon, note->number);
		return 0;
	case VC_NOTE_SUMMARY:
		daemon->summary = true;
		daemon->counts = note->counts;
		daemon->look_ms = note->number;
		return 0;
	}
	return 0;
}

static int on_notes(struct vc_daemon *daemon, int fd, struct vc_err *err)
{
	for (;;) {
		enum vc_notes notes;
		struct vc_note note;

		if (vc_note_receive(fd, &note, &notes, err) < 0)
			return -(int)err->kind;
		if (notes == VC_NOTES_ENDED)
			vc_daemon_remove(daemon, fd);
		if (notes != VC_NOTES_ONE)
			return 0;
		if (on_note(daemon, &note, err) < 0)
			return -(int)err->kind;
	}
}

const struct vc_source vc_source_notes = {
	.name = "notes of the worker",
	.ready = on_notes,
};

static int on_owner(struct vc_daemon *daemon, int fd, struct vc_err *err VC_UNUSED)
{
	vc_daemon_remove(daemon, fd);
	(void)close(fd);
	vc_daemon_happened(daemon);
	return 0;
}

const struct vc_source vc_source_owner = {
	.name = "end of a process",
	.ready = on_owner,
};

/* It said all that it had to say: what it did not speak of is all right. */
static void settle(struct vc_daemon *daemon)
{
	char subject[VC_SUBJECT_SIZE];

	while (vc_ledger_settled(&daemon->ledger, subject, sizeof(subject)))
		vc_log(&daemon->log, VC_LOG_INFO, "%s: all right again", subject);
	vc_patience_end(&daemon->patience);
	daemon->given.n = 0;
}

/* It died, or was killed; why it failed it said itself. */
static int lament(struct vc_daemon *daemon, int status, struct vc_err *err)
{
	struct vc_note note = { .kind = VC_NOTE_FAILED,
		                .err = VC_ERR_INTERNAL,
		                .subject = VC_SUBJECT_NODE };

	for (size_t i = 0; i < daemon->given.n; i++)
		vc_renewed_add(&daemon->renewed, daemon->given.names[i]);
	daemon->given.n = 0;
	/* whatever it was at is to be recovered */
	daemon->recover = true;
	if (WIFEXITED(status))
		return 0;
	(void)snprintf(note.text, sizeof(note.text),
	               "a worker was killed by signal %d (%s)", WTERMSIG(status),
	               strsignal(WTERMSIG(status)));
	return on_problem(daemon, &note, err);
}

/**
 * vc_daemon_be_ready() - Let what comes after us start, or the reload be over
 * @daemon:	may be ready already
 */
void vc_daemon_be_ready(struct vc_daemon *daemon)
{
	if (!daemon->ready)
		vc_daemon_tell(daemon, "READY=1");
	daemon->ready = true;
	daemon->ready_limit = -1;
}

/* Said when it is another than before. */
static void say_status(struct vc_daemon *daemon)
{
	const struct vc_counts *counts = &daemon->counts;
	const char *claims = counts->claims == 1 ? "" : "s";
	const char *problems = daemon->ledger.n == 1 ? "" : "s";
	char status[sizeof(daemon->status)];

	if (daemon->companion.n > 0)
		(void)snprintf(status, sizeof(status),
		               "%u claim%s, %u published; %zu problem%s", counts->claims,
		               claims, counts->prepared, daemon->ledger.n, problems);
	else
		(void)snprintf(status, sizeof(status),
		               "%u claim%s, %u prepared, %u in use; %zu problem%s",
		               counts->claims, claims, counts->prepared, counts->in_use,
		               daemon->ledger.n, problems);
	if (strcmp(daemon->status, status) == 0)
		return;
	memcpy(daemon->status, status, sizeof(status));
	vc_daemon_tell(daemon, "STATUS=%s", status);
}

static void report(struct vc_daemon *daemon)
{
	say_status(daemon);
	/* domains are started once we are ready: better a moment later than without */
	if (!daemon->again &&
	    (daemon->counts.absent == 0 || vc_now_ms() >= daemon->ready_limit))
		vc_daemon_be_ready(daemon);
}

static int on_end(struct vc_daemon *daemon, int fd, struct vc_err *err)
{
	int status;

	if (on_notes(daemon, daemon->worker.notes, err) < 0)
		return -(int)err->kind;
	vc_daemon_remove(daemon, fd);
	vc_daemon_remove(daemon, daemon->worker.notes);
	status = vc_worker_finish(&daemon->worker);
	vc_burst_end(&daemon->burst, daemon->look_ms, vc_now_ms());
	if (status == 0 && daemon->summary)
		settle(daemon);
	else if (!daemon->stopping && lament(daemon, status, err) < 0)
		return -(int)err->kind;
	if (!daemon->stopping)
		report(daemon);
	if (daemon->options->once)
		daemon->stopping = true;
	return 0;
}

const struct vc_source vc_source_worker = {
	.name = "end of the worker",
	.ready = on_end,
};
