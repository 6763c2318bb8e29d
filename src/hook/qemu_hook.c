/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doing half. Nothing here calls libvirt: [LV] hooks, the daemon waits for us with
 * the domain locked. The XML on stdin may hold passwords: it is never logged and never
 * put in a file; messages name domains, aliases and addresses only.
 *
 * `started` and `reconnect` do their work in a child, so that neither an error nor a
 * crash nor a hanging file system reaches the exit status.
 */
#include "hook/qemu_hook.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/run.h"
#include "hook/deadline.h"
#include "store/boot_id.h"
#include "store/lease.h"

#define PROGRAM     "virt-claim"
#define PROC        "/proc"
#define LIBVIRT_RUN "/run/libvirt/qemu"
#define XML_NAME    "XML"

/* Until the configuration is read; and for `started` always, see confirm(). */
#define FIRST_DEADLINE_MS 5000U
#define GRACE_MS          1000U
#define CHILD_MAX_OUTPUT  ((size_t)VC_ERR_MSG_SIZE)
#define MAX_ANCESTORS     8

/* One call of the hook. */
struct call {
	struct vc_arena *arena;
	const char *name; /* of the domain */
	enum vc_qemu_step step;
	char *xml;
	size_t len;
	struct vc_domain domain;
	struct vc_config config;
};

static bool is_daemon(const char *comm)
{
	static const char *const daemons[] = { "libvirtd", "virtqemud" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(daemons); i++)
		if (strcmp(comm, daemons[i]) == 0)
			return true;
	return false;
}

/* The daemon that asked: our parent, or further up when a script stands between. */
static void find_daemon(struct vc_arena *arena, struct vc_lease *who)
{
	struct vc_process process = { 0 };
	struct vc_err unused = VC_ERR_INIT;
	pid_t pid = getppid();

	for (int i = 0; i < MAX_ANCESTORS && pid > 1; i++) {
		if (vc_process_read(arena, PROC, pid, &process, &unused) < 0)
			return;
		if (i == 0 || is_daemon(process.comm)) {
			who->holder_pid = process.pid;
			who->holder_start = process.start;
		}
		if (is_daemon(process.comm))
			return;
		pid = process.parent;
	}
}

static struct vc_lease_store store_of(const struct call *call)
{
	return (struct vc_lease_store){
		.directory = call->config.leases,
		.proc = PROC,
		.libvirt = LIBVIRT_RUN,
	};
}

static int read_domain(struct call *call, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;

	if (vc_document_parse(call->xml, call->len, XML_NAME, &document, err) < 0)
		return -(int)err->kind;
	return vc_domain_read(call->arena, document, &call->domain, err);
}

static int read_config(struct call *call, struct vc_err *err)
{
	if (vc_config_read(call->arena, vc_hook_config_path(), true, &call->config, err) <
	    0)
		return -(int)err->kind;
	if (call->step == VC_QEMU_CONFIRM)
		return 0;
	return vc_deadline_start(PROGRAM, call->config.deadline_ms,
	                         vc_exit_status(VC_ERR_SYSTEM), err);
}

static bool is_system(void)
{
	return geteuid() == 0;
}

static int translate(struct call *call, struct vc_translation *ret_translation,
                     struct vc_err *err)
{
	const struct vc_translate_input input = {
		.xml = call->xml,
		.xml_len = call->len,
		.xml_name = XML_NAME,
		.claims = (const char *const *)call->config.claims.v,
		.n_claims = call->config.claims.n,
		.mode = VC_MODE_REWRITE,
		.sysfs = call->config.sysfs,
		.proc = call->config.proc,
		.target_libvirt = call->config.target_libvirt,
		.site = call->config.site,
		.trusted_only = true,
		.stdin_fd = -1,
	};
	int r;

	if (input.n_claims == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "it has devices of claims, but this host has no claims; "
		               "prepare them, or name their directory in '%s'",
		               vc_hook_config_path());
	r = vc_translate(call->arena, &input, ret_translation, err);
	if (r == 0 || is_system() || err->sys != EACCES)
		return r;
	return vc_err_context(err,
	                      "this daemon runs hooks as user %u, who cannot read "
	                      "the claims; use qemu:///system or let that user read "
	                      "them",
	                      geteuid());
}

static struct vc_lease who_of(const struct call *call)
{
	return (struct vc_lease){
		.uuid = call->domain.uuid,
		.domain = call->domain.name,
	};
}

/* Daemons of users verify only: they have no part in the system's leases. */
static int take_leases(struct call *call, struct vc_err *err)
{
	struct vc_lease_store store = store_of(call);
	struct vc_lease who = who_of(call);
	struct vc_names devices;

	if (!is_system())
		return 0;
	if (vc_qemu_leases(call->arena, &call->domain, &devices, err) < 0)
		return -(int)err->kind;
	find_daemon(call->arena, &who);
	return vc_lease_take(call->arena, &store, (const char *const *)devices.v,
	                     devices.n, &who, err);
}

static int verify(struct call *call, struct vc_err *err)
{
	struct vc_translation t = { 0 };
	char *remedy = NULL;

	if (read_config(call, err) < 0 || translate(call, &t, err) < 0 ||
	    vc_qemu_remedy(call->arena, call->name, is_system(), &remedy, err) < 0 ||
	    vc_qemu_judge_start(&t, remedy, err) < 0)
		return -(int)err->kind;
	return take_leases(call, err);
}

static int rewrite(struct call *call, struct vc_hook_answer *answer, struct vc_err *err)
{
	struct vc_translation t = { 0 };

	if (read_config(call, err) < 0 || translate(call, &t, err) < 0 ||
	    vc_qemu_judge_rewrite(&t, err) < 0)
		return -(int)err->kind;
	if (t.changed) {
		answer->text = t.xml;
		answer->len = t.len;
	}
	return 0;
}

static int release(struct call *call, struct vc_err *err)
{
	struct vc_lease_store store;

	if (!is_system())
		return 0;
	if (read_config(call, err) < 0)
		return -(int)err->kind;
	store = store_of(call);
	return vc_lease_release(call->arena, &store,
	                        call->domain.uuid ? call->domain.uuid : "", err);
}

/* What confirm_main() gets in the child. */
struct confirm_job {
	struct call *call;
	struct vc_lease daemon; /* looked up before: the child's parent is the hook */
};

static int confirm_leases(struct confirm_job *job, struct vc_err *err)
{
	struct call *call = job->call;
	struct vc_lease who;
	struct vc_lease_store store;
	struct vc_names devices;

	if (read_domain(call, err) < 0)
		return -(int)err->kind;
	if (call->domain.records.n == 0)
		return 0;
	if (read_config(call, err) < 0 ||
	    vc_qemu_leases(call->arena, &call->domain, &devices, err) < 0)
		return -(int)err->kind;
	store = store_of(call);
	who = who_of(call);
	who.holder_pid = job->daemon.holder_pid;
	who.holder_start = job->daemon.holder_start;
	return vc_lease_confirm(call->arena, &store, (const char *const *)devices.v,
	                        devices.n, &who, err);
}

/* Prints the message of its error, whose kind it returns. */
static int confirm_main(void *arg)
{
	struct confirm_job *job = arg;
	struct vc_err err = VC_ERR_INIT;
	ssize_t n;

	if (vc_deadline_start(PROGRAM, FIRST_DEADLINE_MS, VC_ERR_SYSTEM, &err) == 0 &&
	    confirm_leases(job, &err) == 0)
		return 0;
	n = write(STDOUT_FILENO, err.msg, strlen(err.msg));
	return n < 0 ? (int)VC_ERR_SYSTEM : (int)err.kind;
}

static int confirm(struct call *call, struct vc_err *err)
{
	struct confirm_job job = { .call = call };
	const struct vc_run run = {
		.fn = confirm_main,
		.arg = &job,
		.what = "confirming the leases",
		.deadline_ms = FIRST_DEADLINE_MS - GRACE_MS,
		.max_output = CHILD_MAX_OUTPUT,
	};
	struct vc_run_result result = { 0 };

	if (!is_system())
		return 0;
	find_daemon(call->arena, &job.daemon);
	if (vc_run(call->arena, &run, &result, err) < 0)
		return -(int)err->kind;
	if (result.status != 0)
		return vc_fail(err, (enum vc_err_kind)result.status, "%s", result.output);
	return 0;
}

static int perform(struct call *call, struct vc_hook_answer *answer, struct vc_err *err)
{
	if (vc_file_read_stream(call->arena, STDIN_FILENO, &call->xml, &call->len, err) <
	    0)
		return vc_err_context(err, "standard input");
	if (vc_qemu_cannot_claim(call->xml, call->len))
		return 0;
	if (call->step == VC_QEMU_CONFIRM)
		return confirm(call, err);
	if (read_domain(call, err) < 0)
		return -(int)err->kind;
	if (call->domain.records.n == 0)
		return 0;
	switch (call->step) {
	case VC_QEMU_VERIFY:
		return verify(call, err);
	case VC_QEMU_RELEASE:
		return release(call, err);
	case VC_QEMU_REWRITE:
		return rewrite(call, answer, err);
	case VC_QEMU_CONFIRM:
	case VC_QEMU_NOTHING:
		break;
	}
	return 0;
}

/**
 * vc_qemu_hook() - One call of the qemu hook
 * @arena:	holds the answer
 * @argc:	5
 * @argv:	program, domain name, operation, suboperation, extra argument
 * @answer:	what to print, and whether a failure counts
 * @err:	one line for the person who started the domain
 *
 * Reads the domain from stdin. Ends the process itself when a deadline is over.
 *
 * Return: 0 or -(int)kind
 */
int vc_qemu_hook(struct vc_arena *arena, int argc, char **argv,
                 struct vc_hook_answer *answer, struct vc_err *err)
{
	struct call call = { .arena = arena };
	int status = vc_exit_status(VC_ERR_SYSTEM);

	if (argc != 5)
		return vc_fail(
			err, VC_ERR_USAGE,
			"libvirt calls this program with NAME OPERATION "
			"SUBOPERATION EXTRA and the domain's XML on standard input");
	call.name = argv[1];
	call.step = vc_qemu_step(argv[2], argv[3]);
	answer->harmless = call.step == VC_QEMU_CONFIRM;
	if (call.step == VC_QEMU_NOTHING)
		return 0;
	if (vc_deadline_start(PROGRAM, FIRST_DEADLINE_MS, answer->harmless ? 0 : status,
	                      err) < 0 ||
	    perform(&call, answer, err) < 0)
		return vc_err_context(err, "domain '%s'", call.name);
	return 0;
}
