/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to libvirt, each in a child process of its own.
 *
 * No call of libvirt's has a time limit: a hook that hangs, a guest without a monitor or
 * a lost connection keep it for ever. So a child makes one call and is killed when it
 * takes too long; the daemon may then still carry out what it was asked for, which is
 * what the message says. The program itself never loads libvirt and has no threads.
 *
 * A child has no standard input: libvirt cannot ask for a password.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/run.h"
#include "virt/loader.h"

/* The XML of a domain is at most what libvirt's protocol carries, 4 MiB a text. */
#define MAX_ANSWER ((size_t)16 << 20)
#define N_FACTS    6

/* Texts of an answer. */
struct texts {
	char **v;
	size_t n, cap;
};

/* What the child gets. */
struct job {
	struct vc_arena *arena;
	const struct vc_virt_request *request;
};

/* Prints the answer, or the message of the error whose kind it returns. */
static int ask_main(void *arg)
{
	const struct job *job = arg;
	struct vc_err err = VC_ERR_INIT;
	const struct vc_virt_module *module = vc_virt_load(job->arena, &err);

	if (module && module->ask(job->request, STDOUT_FILENO, &err) == 0)
		return 0;
	if (vc_virt_print_all(err.msg) < 0)
		return VC_ERR_SYSTEM;
	return (int)err.kind;
}

/* The message is what was printed last: an answer may have begun before. */
static int fail_as_told(const struct vc_run_result *result, struct vc_err *err)
{
	const char *text = result->output;

	for (const char *p = text; p < result->output + result->len; p++)
		if (*p == '\0')
			text = p + 1;
	return vc_fail(err, (enum vc_err_kind)result->status, "%s", text);
}

static int split(struct vc_arena *arena, const struct vc_run_result *result,
                 struct texts *ret_texts, struct vc_err *err)
{
	struct texts texts = { 0 };
	char *p = result->output;

	while (p < result->output + result->len) {
		char **slot = vc_list_push(arena, &texts);

		if (!slot)
			return vc_fail_oom(err);
		*slot = p;
		p += strlen(p) + 1;
	}
	*ret_texts = texts;
	return 0;
}

/* Whatever was asked for may be done yet. */
static int no_answer(const struct vc_virt_request *request, struct vc_err *err)
{
	if (request->operation == VC_VIRT_FACTS || request->operation == VC_VIRT_LIST)
		return vc_err_context(err, "libvirt");
	err->sys = EINPROGRESS;
	return vc_err_context(err, "libvirt, which may still do what it was asked for");
}

static int ask(struct vc_arena *arena, const struct vc_virt_request *request,
               struct texts *ret_texts, struct vc_err *err)
{
	struct job job = { .arena = arena, .request = request };
	const struct vc_run run = {
		.fn = ask_main,
		.arg = &job,
		.what = request->domain ? request->domain : "libvirt",
		.deadline_ms = request->deadline_ms > 0 ? request->deadline_ms
		                                        : VC_VIRT_DEADLINE_MS,
		.max_output = MAX_ANSWER,
		/* libvirt starts the daemon of a user when that is not there */
		.keeps_daemons = true,
	};
	struct vc_run_result result = { 0 };

	if (vc_run(arena, &run, &result, err) < 0)
		return no_answer(request, err);
	if (result.status == 0)
		return split(arena, &result, ret_texts, err);
	if (result.status > VC_ERR_INTERNAL)
		return vc_fail(err, VC_ERR_INTERNAL, "%s: status %d of a child", run.what,
		               result.status);
	return fail_as_told(&result, err);
}

static bool has_word(const char *text, const char *word)
{
	const char *found = strstr(text, word);

	return found && (found == text || found[-1] == ' ');
}

/**
 * vc_virt_facts() - What libvirt knows of a domain, and its XML
 * @arena:	holds it
 * @request:	.uri, .domain, .form; .operation is not looked at
 * @ret_domain:	facts
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT (no such domain), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_virt_facts(struct vc_arena *arena, const struct vc_virt_request *request,
                  struct vc_virt_domain *ret_domain, struct vc_err *err)
{
	struct vc_virt_request facts = *request;
	struct texts t = { 0 };
	uint64_t version = 0;

	facts.operation = VC_VIRT_FACTS;
	if (ask(arena, &facts, &t, err) < 0)
		return -(int)err->kind;
	if (t.n != N_FACTS || !vc_parse_number(t.v[3], ULONG_MAX, &version))
		return vc_fail(err, VC_ERR_INTERNAL, "libvirt, '%s': %zu facts",
		               request->domain, t.n);
	*ret_domain = (struct vc_virt_domain){
		.name = t.v[0],
		.uuid = t.v[1],
		.uri = t.v[2],
		.libvirt = (unsigned long)version,
		.active = has_word(t.v[4], "active"),
		.persistent = has_word(t.v[4], "persistent"),
		.managed_save = has_word(t.v[4], "saved"),
		.autostart = has_word(t.v[4], "autostart"),
		.xml = t.v[5],
		.xml_len = strlen(t.v[5]),
	};
	return 0;
}

/**
 * vc_virt_domain_xml() - Fetch the XML of a domain that libvirt knows
 * @arena:	holds it
 * @uri:	connection, NULL: libvirt's default
 * @name:	name or UUID of the domain
 * @ret_xml:	its inactive XML, with passwords: for rewriting, never for logs
 * @ret_len:	length
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT (no such domain), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_virt_domain_xml(struct vc_arena *arena, const char *uri, const char *name,
                       char **ret_xml, size_t *ret_len, struct vc_err *err)
{
	const struct vc_virt_request request = { .uri = uri, .domain = name };
	struct vc_virt_domain domain = { 0 };

	if (vc_virt_facts(arena, &request, &domain, err) < 0)
		return -(int)err->kind;
	*ret_xml = domain.xml;
	*ret_len = domain.xml_len;
	return 0;
}

/**
 * vc_virt_list() - The persistent domains with metadata of ours
 * @arena:	holds them
 * @request:	.uri, .metadata_ns; .operation is not looked at
 * @ret_domains: domains, in libvirt's order; only .name and .uuid are set
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_virt_list(struct vc_arena *arena, const struct vc_virt_request *request,
                 struct vc_virt_domains *ret_domains, struct vc_err *err)
{
	struct vc_virt_request list = *request;
	struct vc_virt_domains domains = { 0 };
	struct texts t = { 0 };

	list.operation = VC_VIRT_LIST;
	if (ask(arena, &list, &t, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i + 1 < t.n; i += 2) {
		struct vc_virt_domain *d = vc_list_push(arena, &domains);

		if (!d)
			return vc_fail_oom(err);
		d->name = t.v[i];
		d->uuid = t.v[i + 1];
	}
	*ret_domains = domains;
	return 0;
}

/**
 * vc_virt_change() - VC_VIRT_DEFINE and VC_VIRT_CREATE
 * @arena:	scratch
 * @request:	see there
 * @ret_stale:	the definition is not request->expected any more; nothing was done
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED (runs already, has a saved state, a hook
 * said no), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_virt_change(struct vc_arena *arena, const struct vc_virt_request *request,
                   bool *ret_stale, struct vc_err *err)
{
	struct texts t = { 0 };

	if (ask(arena, request, &t, err) < 0)
		return -(int)err->kind;
	*ret_stale = t.n > 0;
	return 0;
}

/**
 * vc_virt_device() - VC_VIRT_ATTACH, VC_VIRT_DETACH and VC_VIRT_RECORD
 * @arena:	scratch
 * @request:	see there
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED (by the guest), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_virt_device(struct vc_arena *arena, const struct vc_virt_request *request,
                   struct vc_err *err)
{
	struct texts t = { 0 };

	return ask(arena, request, &t, err);
}

/* Where the path begins: behind "SCHEME://HOST". */
static const char *path_of(const char *uri)
{
	const char *rest = strstr(uri, "://");

	return rest ? rest + 3 + strcspn(rest + 3, "/?") : "";
}

/**
 * vc_virt_is_local() - Whether a connection is to this machine
 * @uri:	as spelled out by libvirt
 *
 * Return: whether it names no host
 */
bool vc_virt_is_local(const char *uri)
{
	const char *rest = strstr(uri, "://");

	return rest && path_of(uri) == rest + 3;
}

/**
 * vc_virt_is_system() - Whether a connection is to the system daemon of this machine
 * @uri:	as spelled out by libvirt
 *
 * Return: whether it is
 */
bool vc_virt_is_system(const char *uri)
{
	const char *path = path_of(uri);

	return vc_virt_is_local(uri) && strncmp(path, "/system", 7) == 0 &&
	       (path[7] == '\0' || path[7] == '?');
}
