/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "manage/internal.h"

/**
 * vc_manage_facts() - What libvirt knows of a domain
 * @arena:	holds it
 * @manage:	connection
 * @name:	name or UUID
 * @form:	which XML
 * @ret_domain:	facts
 * @err:	libvirt's message
 *
 * Return: as vc_virt_facts()
 */
int vc_manage_facts(struct vc_arena *arena, const struct vc_manage *manage,
                    const char *name, enum vc_virt_form form,
                    struct vc_virt_domain *ret_domain, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.uri = manage->uri,
		.domain = name,
		.form = form,
	};

	return vc_virt_facts(arena, &request, ret_domain, err);
}

/* What the command line left open. The claims and the devices of this machine say
 * nothing about another one. */
static int fill_in(const struct vc_manage *manage, const struct vc_virt_domain *domain,
                   struct vc_translate_input *input, struct vc_err *err)
{
	const struct vc_config *config = &manage->config;
	bool local = vc_virt_is_local(domain->uri);

	if (input->mode == VC_MODE_DETACH) {
		input->n_claims = 0;
		input->sysfs = NULL;
		return 0;
	}
	if (input->n_claims == 0) {
		if (!local)
			return vc_fail(err, VC_ERR_REFUSED,
			               "'%s' is another machine: say with --claims what "
			               "is prepared there",
			               domain->uri);
		input->claims = (const char *const *)config->claims.v;
		input->n_claims = config->claims.n;
		input->trusted_only = true;
	}
	if (!input->sysfs && local) {
		input->sysfs = config->sysfs;
		input->proc = config->proc;
	}
	if (!input->site)
		input->site = config->site;
	if (input->target_libvirt == 0)
		input->target_libvirt = config->target_libvirt;
	if (input->target_libvirt == 0)
		input->target_libvirt = domain->libvirt;
	return 0;
}

/**
 * vc_manage_translate() - Translate a domain of libvirt's
 * @arena:	holds the result
 * @manage:	options and defaults
 * @domain:	domain with XML
 * @input:	.mode, .attach_all, .running, .aliases; .options instead of those of @manage;
 *		the rest comes from @manage
 * @ret_translation: result
 * @err:	what is wrong
 *
 * Return: as vc_translate(); -VC_ERR_REFUSED also for another machine without claims
 */
int vc_manage_translate(struct vc_arena *arena, const struct vc_manage *manage,
                        const struct vc_virt_domain *domain,
                        const struct vc_translate_input *input,
                        struct vc_translation *ret_translation, struct vc_err *err)
{
	struct vc_translate_input in = manage->input;

	in.mode = input->mode;
	in.attach_all = input->attach_all;
	in.aliases = input->aliases;
	in.n_aliases = input->n_aliases;
	in.running = input->running;
	if (input->options.n > 0)
		in.options = input->options;
	in.xml = domain->xml;
	in.xml_len = domain->xml_len;
	in.xml_name = domain->name;
	in.stdin_fd = -1;
	if (fill_in(manage, domain, &in, err) < 0)
		return -(int)err->kind;
	return vc_translate(arena, &in, ret_translation, err);
}

/**
 * vc_manage_has() - Whether a list has a text
 * @names:	list
 * @name:	text
 *
 * Return: whether it does
 */
bool vc_manage_has(const struct vc_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return true;
	return false;
}

/**
 * vc_manage_push() - Add a text to a list
 * @arena:	holds the list
 * @names:	list
 * @text:	text in an arena; NULL: out of memory
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_manage_push(struct vc_arena *arena, struct vc_names *names, char *text,
                   struct vc_err *err)
{
	char **slot = text ? vc_list_push(arena, names) : NULL;

	if (!slot)
		return vc_fail_oom(err);
	*slot = text;
	return 0;
}

/**
 * vc_manage_line() - Add a line to a report
 * @arena:	holds it
 * @report:	report
 * @err:	out of memory
 * @fmt:	line, without line end
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_manage_line(struct vc_arena *arena, struct vc_manage_report *report,
                   struct vc_err *err, const char *fmt, ...)
{
	char text[VC_ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return vc_manage_push(arena, &report->lines, vc_arena_strdup(arena, text), err);
}

/**
 * vc_manage_notes() - Add the notes of a translation to a report
 * @arena:	holds them
 * @report:	report
 * @translation: translation
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_manage_notes(struct vc_arena *arena, struct vc_manage_report *report,
                    const struct vc_translation *translation, struct vc_err *err)
{
	const struct vc_translation *t = translation;

	for (size_t i = 0; i < t->facts.notes.n; i++)
		if (vc_manage_push(arena, &report->notes, t->facts.notes.v[i], err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < t->plan.notes.n; i++)
		if (vc_manage_push(arena, &report->notes, t->plan.notes.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_manage_scope() - Where to attach and detach
 * @domain:	facts
 * @asked:	of the command line
 * @ret_scope:	the guest, the stored definition, or both
 * @err:	what is asked for is not there
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_manage_scope(const struct vc_virt_domain *domain,
                    const struct vc_manage_scope *asked,
                    struct vc_manage_scope *ret_scope, struct vc_err *err)
{
	if (asked->live && !domain->active)
		return vc_fail(err, VC_ERR_REFUSED,
		               "domain '%s' does not run; --config changes its stored "
		               "definition",
		               domain->name);
	if (asked->config && !domain->persistent)
		return vc_fail(err, VC_ERR_REFUSED,
		               "domain '%s' has no stored definition; --live changes the "
		               "guest that runs",
		               domain->name);
	*ret_scope = *asked;
	if (!asked->live && !asked->config)
		*ret_scope = (struct vc_manage_scope){ .live = domain->active,
			                               .config = domain->persistent };
	return 0;
}

/**
 * vc_manage_devices() - Report what happened to the devices of a plan
 * @arena:	holds the lines
 * @report:	report
 * @domain:	domain
 * @plan:	plan that was carried out
 * @action:	only devices to which this happened
 * @what:	what happened, in words
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_manage_devices(struct vc_arena *arena, struct vc_manage_report *report,
                      const struct vc_virt_domain *domain, const struct vc_plan *plan,
                      enum vc_plan_action action, const char *what, struct vc_err *err)
{
	for (size_t i = 0; i < plan->devices.n; i++) {
		const struct vc_plan_device *d = &plan->devices.v[i];
		const char *host = d->to ? d->to : d->from;

		if (d->action == action &&
		    vc_manage_line(arena, report, err, "%s: %s: %s %s", domain->name,
		                   d->alias, host ? host : "record", what) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_manage_undisturbed() - Do something of which no half may remain
 * @fn:		what; each of its steps has a deadline
 * @arg:	for @fn
 * @err:	of @fn
 *
 * Keys and signals that ask the program to end have their effect afterwards.
 *
 * Return: what @fn returns
 */
int vc_manage_undisturbed(int (*fn)(void *arg, struct vc_err *err), void *arg,
                          struct vc_err *err)
{
	sigset_t block, before;
	int r;

	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGINT);
	(void)sigaddset(&block, SIGTERM);
	(void)sigaddset(&block, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &block, &before);
	r = fn(arg, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}
