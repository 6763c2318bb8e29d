/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/claim_steps.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "claim/json_writer.h"
#include "cli/output.h"

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal VC_UNUSED)
{
	stop_asked = 1;
}

/* A signal ends a step when that is over, and then all is given back. */
static int catch_signals(struct vc_err *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = ask_to_stop };

	for (size_t i = 0; i < VC_ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], &action, NULL) < 0)
			return vc_fail_sys(err, errno, "cannot catch signals");
	return 0;
}

/* What people want to see in one line; permissions they do not. */
static bool is_worth_a_word(const struct vc_step *step)
{
	return step->kind != VC_STEP_ACCESS;
}

static int print_steps(struct vc_arena *arena, const struct vc_claim_work *work,
                       const struct vc_prepare_report *report, struct vc_buf *buf,
                       struct vc_err *err)
{
	bool dry = work->options.dry_run;

	for (size_t i = 0; i < report->steps.n; i++) {
		char *text;

		if (!dry && !is_worth_a_word(&report->steps.v[i]))
			continue;
		text = work->text(arena, &report->steps.v[i]);
		if (!text)
			return vc_fail_oom(err);
		vc_buf_printf(buf, "%s%s", dry ? "\n  " : ", ", text);
	}
	return 0;
}

static int print_claim(struct vc_arena *arena, const struct vc_claim_work *work,
                       const struct vc_told_claim *told, struct vc_buf *buf,
                       struct vc_err *err)
{
	const struct vc_prepare_report *report = &told->report;
	bool dry = work->options.dry_run;
	const char *what = report->unchanged ? work->already
	                   : dry             ? work->would
	                                     : work->done;

	vc_buf_printf(buf, "%s/%s: %s", told->namespace, told->name, what);
	if (print_steps(arena, work, report, buf, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; dry && i < report->notes.n; i++)
		vc_buf_printf(buf, "\n  %s", report->notes.v[i]);
	vc_buf_puts(buf, "\n");
	return 0;
}

static void write_notes(struct vc_json_writer *w, const struct vc_prepare_report *report)
{
	vc_json_array(w, "notes");
	for (size_t i = 0; i < report->notes.n; i++)
		vc_json_string(w, NULL, report->notes.v[i]);
	vc_json_close(w);
}

static void write_driver(struct vc_json_writer *w, const struct vc_step *step)
{
	char pci[VC_PCI_ADDRESS_SIZE];

	if (step->kind != VC_STEP_DRIVER && step->kind != VC_STEP_VFS &&
	    step->kind != VC_STEP_VF)
		return;
	vc_pci_address_format(&step->pci, pci);
	vc_json_string(w, "address", pci);
	if (step->kind != VC_STEP_DRIVER)
		return;
	vc_json_string(w, "driver", step->driver);
	vc_json_string_if(w, "oldDriver", step->old_driver);
}

static int write_steps(struct vc_arena *arena, struct vc_json_writer *w,
                       const struct vc_prepare_report *report, struct vc_err *err)
{
	vc_json_array(w, "steps");
	for (size_t i = 0; i < report->steps.n; i++) {
		const struct vc_step *step = &report->steps.v[i];
		char *text = vc_step_text(arena, step);

		if (!text)
			return vc_fail_oom(err);
		vc_json_object(w, NULL);
		vc_json_string(w, "kind", vc_step_kind_name(step->kind));
		vc_json_string(w, "state", vc_step_state_name(step->state));
		vc_json_string(w, "text", text);
		write_driver(w, step);
		vc_json_close(w);
	}
	vc_json_close(w);
	return 0;
}

static int write_claims(struct vc_arena *arena, const struct vc_told_claims *told,
                        struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_array(&w, "claims");
	for (size_t i = 0; i < told->n; i++) {
		vc_json_object(&w, NULL);
		vc_json_string(&w, "namespace", told->v[i].namespace);
		vc_json_string(&w, "name", told->v[i].name);
		vc_json_bool(&w, "changed", !told->v[i].report.unchanged);
		if (write_steps(arena, &w, &told->v[i].report, err) < 0)
			return -(int)err->kind;
		write_notes(&w, &told->v[i].report);
		vc_json_close(&w);
	}
	vc_json_close(&w);
	vc_json_close(&w);
	return 0;
}

static int tell(struct vc_arena *arena, const struct vc_claim_work *work,
                const struct vc_told_claims *told, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);

	if (work->json) {
		if (write_claims(arena, told, &buf, err) < 0)
			return -(int)err->kind;
		return vc_output_buf(&buf, err);
	}
	for (size_t i = 0; i < told->n; i++) {
		const struct vc_names *notes = &told->v[i].report.notes;

		for (size_t j = 0; !work->options.dry_run && j < notes->n; j++)
			vc_output_warning("%s", notes->v[j]);
		if (print_claim(arena, work, &told->v[i], &buf, err) < 0)
			return -(int)err->kind;
	}
	return vc_output_buf(&buf, err);
}

/* Nothing is on stdout when it ends with an error, and yet it is to be known. */
static void warn_of_those_before(const struct vc_claim_work *work,
                                 const struct vc_told_claims *told)
{
	for (size_t i = 0; i < told->n && !work->options.dry_run; i++)
		vc_output_warning("%s/%s: %s", told->v[i].namespace, told->v[i].name,
		                  told->v[i].report.unchanged ? work->already
		                                              : work->done);
}

static int work_on(struct vc_arena *arena, const struct vc_local_node *node,
                   const struct vc_claim_work *work,
                   const struct vc_claim_operand *operand, struct vc_told_claims *told,
                   struct vc_err *err)
{
	struct vc_prepare_options options = work->options;
	struct vc_told_claim *slot = vc_list_push(arena, told);

	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_told_claim){ .namespace = operand->namespace,
		                        .name = operand->name };
	options.stop = &stop_asked;
	if (stop_asked)
		(void)vc_fail(err, VC_ERR_SYSTEM,
		              "interrupted by a signal before '%s/%s'",
		              operand->namespace, operand->name);
	if (!stop_asked && work->run(arena, node, operand->namespace, operand->name,
	                             &options, &slot->report, err) == 0)
		return 0;
	told->n--;
	return -(int)err->kind;
}

/**
 * vc_claims_work() - Do the same with several claims, and tell
 * @arena:	holds everything
 * @options:	where the configuration is
 * @work:	what to do
 * @n_operands:	how many
 * @operands:	"[NAMESPACE/]NAME"
 * @err:	of the first claim that fails; those after it are not begun
 *
 * Return: 0, -VC_ERR_USAGE, or as vc_node_options_open() and @work->run
 */
int vc_claims_work(struct vc_arena *arena, const struct vc_node_options *options,
                   const struct vc_claim_work *work, int n_operands, char **operands,
                   struct vc_err *err)
{
	struct vc_told_claims told = { 0 };
	struct vc_claim_operand *claims =
		vc_arena_alloc(arena, (size_t)n_operands + 1, sizeof(*claims));
	struct vc_local_node node;

	if (!claims)
		return vc_fail_oom(err);
	for (int i = 0; i < n_operands; i++)
		if (vc_claim_operand_parse(arena, operands[i], &claims[i], err) < 0)
			return -(int)err->kind;
	if (vc_node_options_open(arena, options, &node, err) < 0 ||
	    catch_signals(err) < 0)
		return -(int)err->kind;
	for (int i = 0; i < n_operands; i++) {
		if (work_on(arena, &node, work, &claims[i], &told, err) == 0)
			continue;
		warn_of_those_before(work, &told);
		return -(int)err->kind;
	}
	return tell(arena, work, &told, err);
}

static int write_recovery(struct vc_arena *arena, const struct vc_prepare_report *report,
                          struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_int(&w, "failed", (int64_t)report->n_failed);
	if (write_steps(arena, &w, report, err) < 0)
		return -(int)err->kind;
	write_notes(&w, report);
	vc_json_close(&w);
	return 0;
}

/**
 * vc_recovery_tell() - Tell what a recovery did
 * @arena:	for texts
 * @report:	of vc_node_recover()
 * @json:	to a program, also when something failed
 * @err:	claims that could not be helped
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_recovery_tell(struct vc_arena *arena, const struct vc_prepare_report *report,
                     bool json, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);

	if (json) {
		if (write_recovery(arena, report, &buf, err) < 0 ||
		    vc_output_buf(&buf, err) < 0)
			return -(int)err->kind;
	}
	for (size_t i = 0; !json && i < report->notes.n; i++) {
		if (report->n_failed > 0)
			vc_output_warning("%s", report->notes.v[i]);
		else
			vc_buf_printf(&buf, "%s\n", report->notes.v[i]);
	}
	if (report->n_failed > 0)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "%zu claim%s could not be helped; free the device%s, then "
		               "run 'virt-claim recover' again",
		               report->n_failed, report->n_failed == 1 ? "" : "s",
		               report->n_failed == 1 ? "" : "s");
	return json ? 0 : vc_output_buf(&buf, err);
}
