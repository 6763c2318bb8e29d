/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_sync.c - virt-claim sync: stored definitions that follow their claims.
 */
#include <stdio.h>
#include <string.h>

#include "claim/json_writer.h"
#include "cli/by_hand.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "domain/document.h"

struct sync_options {
	struct vc_translator_options translator;
	const char *timeout;
	bool all;
	bool dry_run;
	bool autostart;
	bool json;
};

#define TRANSLATOR(member) offsetof(struct sync_options, translator.member)

static const struct vc_option options[] = {
	{ "all", 0, VC_OPTION_FLAG, offsetof(struct sync_options, all), NULL,
	  "every domain that names a claim", VC_COMPLETES_NOTHING, NULL },
	{ "dry-run", 0, VC_OPTION_FLAG, offsetof(struct sync_options, dry_run), NULL,
	  "change nothing; exit with 4 if a definition would change",
	  VC_COMPLETES_NOTHING, NULL },
	{ "autostart", 0, VC_OPTION_FLAG, offsetof(struct sync_options, autostart), NULL,
	  "then start the domains that are marked autostart and do not run",
	  VC_COMPLETES_NOTHING, NULL },
	{ "json", 0, VC_OPTION_FLAG, offsetof(struct sync_options, json), NULL,
	  "print one JSON document", VC_COMPLETES_NOTHING, NULL },
	{ "claims", 'c', VC_OPTION_LIST, TRANSLATOR(claims), "PATH",
	  "instead of the claims of the configuration; repeatable", VC_COMPLETES_FILE,
	  NULL },
	{ "sysfs", 0, VC_OPTION_STRING, TRANSLATOR(sysfs), "DIR",
	  "look devices up in this sysfs tree (default: of the configuration)",
	  VC_COMPLETES_DIRECTORY, NULL },
	{ "target-libvirt", 0, VC_OPTION_STRING, TRANSLATOR(target_libvirt), "VERSION",
	  "write only what this libvirt understands (default: the one of the connection)",
	  VC_COMPLETES_NOTHING, NULL },
	{ "site", 0, VC_OPTION_STRING, TRANSLATOR(site), "FILE",
	  "stylesheet of this site (default: of the configuration)", VC_COMPLETES_FILE,
	  NULL },
	{ "connect", 0, VC_OPTION_STRING, TRANSLATOR(connect), "URI",
	  "the libvirt of the domains (default: libvirt's own default)",
	  VC_COMPLETES_WORDS, "qemu:///system qemu:///session test:///default" },
	{ "timeout", 0, VC_OPTION_STRING, offsetof(struct sync_options, timeout),
	  "SECONDS", "how long libvirt may take to start a domain (default: 300)",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

/* One call. */
struct sync {
	const struct sync_options *o;
	struct vc_manage manage;
	struct vc_json_writer w;
	size_t n, n_failed, n_would;
	enum vc_err_kind worst; /* of the first failure */
};

static const char *describe(const struct vc_sync *s)
{
	switch (s->state) {
	case VC_SYNC_NO_CLAIMS:
		return "names no claim";
	case VC_SYNC_CURRENT:
		return "up to date";
	case VC_SYNC_WOULD_CHANGE:
		return "would change";
	case VC_SYNC_CHANGED:
		break;
	}
	return s->active ? "changed, for the next start" : "changed";
}

static const char *state_name(enum vc_sync_state state)
{
	static const char *const names[] = {
		[VC_SYNC_NO_CLAIMS] = "no-claims",
		[VC_SYNC_CURRENT] = "current",
		[VC_SYNC_WOULD_CHANGE] = "would-change",
		[VC_SYNC_CHANGED] = "changed",
	};

	return names[state];
}

static const char *or_nothing(const char *text)
{
	return text ? text : "nothing";
}

static void add_text(struct vc_buf *buf, const struct vc_sync *s)
{
	vc_buf_printf(buf, "%s: %s%s\n", s->name, describe(s),
	              s->started ? "; started" : "");
	for (size_t i = 0; i < s->plan.devices.n; i++) {
		const struct vc_plan_device *d = &s->plan.devices.v[i];

		if (d->action != VC_PLAN_KEEP && s->state >= VC_SYNC_WOULD_CHANGE)
			vc_buf_printf(buf, "%s: %s: %s %s -> %s (%s)\n", s->name,
			              d->alias, vc_plan_action_name(d->action),
			              or_nothing(d->from), or_nothing(d->to), d->why);
	}
}

static void add_json(struct sync *sync, const struct vc_sync *s)
{
	struct vc_json_writer *w = &sync->w;

	vc_json_object(w, NULL);
	vc_json_string(w, "domain", s->name);
	vc_json_string(w, "state", state_name(s->state));
	vc_json_bool(w, "active", s->active);
	vc_json_bool(w, "started", s->started);
	vc_json_array(w, "devices");
	for (size_t i = 0; i < s->plan.devices.n; i++) {
		const struct vc_plan_device *d = &s->plan.devices.v[i];

		vc_json_object(w, NULL);
		vc_json_string(w, "alias", d->alias);
		vc_json_string(w, "action", vc_plan_action_name(d->action));
		vc_json_string_if(w, "from", d->from);
		vc_json_string_if(w, "to", d->to);
		vc_json_string_if(w, "why", d->why);
		vc_json_close(w);
	}
	vc_json_close(w);
	vc_json_close(w);
}

static void add_json_failure(struct sync *sync, const char *name,
                             const struct vc_err *err)
{
	struct vc_json_writer *w = &sync->w;

	vc_json_object(w, NULL);
	vc_json_string(w, "domain", name);
	vc_json_string(w, "state", "failed");
	vc_json_string(w, "error", err->msg);
	vc_json_close(w);
}

static void note_failure(struct sync *sync, const char *name, const struct vc_err *err)
{
	if (sync->n_failed++ == 0)
		sync->worst = err->kind;
	if (sync->o->json)
		add_json_failure(sync, name, err);
	else
		(void)fprintf(stderr, VC_PROGRAM ": domain '%s': %s\n", name, err->msg);
}

/* What goes wrong with one domain does not stop the others. */
static int sync_one(struct sync *sync, const char *key, const char *name,
                    struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_sync_options how = { sync->o->dry_run, sync->o->autostart };
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	struct vc_err why = VC_ERR_INIT;
	struct vc_sync s;

	sync->n++;
	if (vc_manage_sync(&arena, &sync->manage, key, &how, &s, &why) < 0) {
		note_failure(sync, name, &why);
		return 0;
	}
	sync->n_would += s.state == VC_SYNC_WOULD_CHANGE;
	for (size_t i = 0; i < s.plan.notes.n; i++)
		vc_output_warning("%s", s.plan.notes.v[i]);
	if (sync->o->json) {
		add_json(sync, &s);
		return 0;
	}
	add_text(&buf, &s);
	return vc_output_buf(&buf, err);
}

static int sync_all(struct vc_arena *arena, struct sync *sync, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.uri = sync->manage.uri,
		.metadata_ns = VC_DOMAIN_NS,
	};
	struct vc_virt_domains domains;

	if (vc_virt_list(arena, &request, &domains, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < domains.n; i++)
		if (sync_one(sync, domains.v[i].uuid, domains.v[i].name, err) < 0)
			return -(int)err->kind;
	return 0;
}

static int check(const struct sync_options *o, int n_operands, struct vc_err *err)
{
	if (o->all && n_operands > 0)
		return vc_fail(err, VC_ERR_USAGE, "--all and names of domains are given");
	if (!o->all && n_operands == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "expected names of domains, or --all; try '" VC_PROGRAM
		               " sync --help'");
	if (o->dry_run && o->autostart)
		return vc_fail(
			err, VC_ERR_USAGE,
			"--dry-run changes nothing, and --autostart starts domains");
	return 0;
}

static int finish(const struct sync *sync, struct vc_err *err)
{
	if (sync->n_failed > 0)
		return vc_fail(err, sync->worst, "%zu of %zu domains failed",
		               sync->n_failed, sync->n);
	if (sync->n_would > 0)
		return vc_fail(err, VC_ERR_CHANGED, "%zu of %zu domains would change",
		               sync->n_would, sync->n);
	return 0;
}

static int perform(struct vc_arena *arena, struct sync *sync, int n_operands,
                   char **operands, struct vc_err *err)
{
	if (sync->o->all)
		return sync_all(arena, sync, err);
	for (int i = 0; i < n_operands; i++)
		if (sync_one(sync, operands[i], operands[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf json = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct sync_options *o = values;
	struct sync sync = { .o = o, .w = { .buf = &json } };

	if (check(o, n_operands, err) < 0 ||
	    vc_by_hand_manage(arena, &o->translator, o->timeout, VC_BY_HAND_TIMEOUT,
	                      &sync.manage, err) < 0)
		return -(int)err->kind;
	vc_json_object(&sync.w, NULL);
	vc_json_array(&sync.w, "domains");
	if (perform(arena, &sync, n_operands, operands, err) < 0)
		return -(int)err->kind;
	vc_json_close(&sync.w);
	vc_json_close(&sync.w);
	if (o->json && vc_output_buf(&json, err) < 0)
		return -(int)err->kind;
	return finish(&sync, err);
}

const struct vc_command vc_command_sync = {
	.name = "sync",
	.operands = "[NAME]...",
	.summary = "rewrite the stored definitions of domains",
	.description =
		"Rewrites the definitions that libvirt has stored, for the claims of today: "
		"those of the named domains, or with --all of every domain that names a "
		"claim in its metadata. Then virsh, virt-manager and libvirt's autostart "
		"start the right devices too. A domain that names no claim is not touched. A "
		"guest that runs is not touched either: it gets the devices when it is "
		"started again.\n"
		"\n"
		"Each definition is read again just before it is replaced; when somebody "
		"edited it meanwhile, the edit is kept and the rewrite done anew. libvirt "
		"validates what it is given. One domain that fails does not stop the others; "
		"the status is that of the first failure.\n"
		"\n"
		"libvirt starts domains that are marked autostart before anything else can "
		"ask it. With the qemu hook installed those whose devices have moved are kept "
		"from starting then; --autostart starts them after the rewrite. "
		"virt-claim-sync.service does this when the host boots.\n",
	.examples = "virt-claim sync vm7\n"
		    "\tone domain, with the claims of the configuration\n"
		    "virt-claim sync --all --dry-run\n"
		    "\twhat would change?\n"
		    "virt-claim sync --connect qemu:///system --all --autostart\n"
		    "\twhat virt-claim-sync.service runs\n",
	.min_operands = 0,
	.max_operands = 4096,
	.options = options,
	.options_size = sizeof(struct sync_options),
	.run = run,
};
