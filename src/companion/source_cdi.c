/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source "cdi": the directories of container runtimes, in which drivers leave files.
 *
 * [KEP-5304] A metadata CDI file leads to a metadata file below the drivers' directories,
 * which is rewritten without the CDI file being touched; so these are watched, too.
 *
 * What is wrong with a file comes as a note, "FILE: what". A file that fails says nothing
 * at all about claims: somebody may be writing it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "claim/cdi.h"
#include "claim/cdi_recover.h"
#include "companion/metadata_tree.h"
#include "companion/source.h"
#include "companion/tree_watch.h"

#define UUID_LEN 36U

struct cdi {
	const struct vc_config *config;
	struct vc_tree_watch *watch;
};

/* [CDI] spec-dirs: nothing else is read. */
static bool matters(unsigned level VC_UNUSED, const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".yaml") == 0);
}

static const struct vc_tree_form form = { .matters = matters, .links = true };

static int open_watch(struct cdi *cdi, struct vc_err *err)
{
	const struct vc_config *config = cdi->config;

	if (vc_tree_watch_open(&form, (const char *const *)config->cdi_directories.v,
	                       config->cdi_directories.n, &cdi->watch, err) < 0)
		return -(int)err->kind;
	return vc_tree_watch_add(cdi->watch, &vc_metadata_form, config->kubelet_plugins,
	                         err);
}

static void close_cdi(void *state)
{
	struct cdi *cdi = state;

	if (!cdi)
		return;
	vc_tree_watch_close(cdi->watch);
	free(cdi);
}

static int open_cdi(const struct vc_config *config, void **ret_state, struct vc_err *err)
{
	struct cdi *cdi = calloc(1, sizeof(*cdi));

	if (!cdi)
		return vc_fail_oom(err);
	cdi->config = config;
	if (open_watch(cdi, err) < 0) {
		close_cdi(cdi);
		return -(int)err->kind;
	}
	*ret_state = cdi;
	return 0;
}

static int cdi_fd(const void *state)
{
	const struct cdi *cdi = state;

	return vc_tree_watch_fd(cdi->watch);
}

static int work(void *state, bool *ret_changed, struct vc_err *err)
{
	struct cdi *cdi = state;

	return vc_tree_watch_work(cdi->watch, ret_changed, err);
}

/* Directories can be looked at at any time. */
static bool settled(const void *state VC_UNUSED)
{
	return true;
}

static bool begins_with(const char *text, const char *start, size_t len)
{
	return text && strncmp(text, start, len) == 0;
}

/* Whether anything of a file is among the facts. */
static bool has_said(const struct vc_facts *facts, const char *file, size_t len)
{
	for (size_t i = 0; i < facts->claims.n; i++) {
		const struct vc_claim *claim = &facts->claims.v[i];

		if (begins_with(claim->origin, file, len))
			return true;
		for (size_t j = 0; j < claim->devices.n; j++)
			if (begins_with(claim->devices.v[j].origin, file, len))
				return true;
	}
	return false;
}

static int add_note(struct vc_told *told, const struct vc_facts *facts, const char *note,
                    struct vc_err *err)
{
	const char *rest = strstr(note, ": ");
	struct vc_trouble trouble = { .kind = VC_ERR_INPUT };
	const char *uid, *base;

	if (!rest)
		rest = note + strlen(note);
	trouble.subject = vc_arena_strndup(told->arena, note, (size_t)(rest - note));
	if (!trouble.subject)
		return vc_fail_oom(err);
	trouble.text = *rest ? rest + 2 : note;
	trouble.passing = !has_said(facts, note, (size_t)(rest - note));
	base = strrchr(trouble.subject, '/');
	uid = vc_cdi_uid_in_file_name(base ? base + 1 : trouble.subject);
	if (uid) {
		trouble.uid = vc_cdi_lower(told->arena, uid, UUID_LEN);
		if (!trouble.uid)
			return vc_fail_oom(err);
	}
	return vc_trouble_add(told->arena, &told->troubles, &trouble, err);
}

static int add_claims(struct vc_told *told, const struct vc_facts *facts,
                      struct vc_err *err)
{
	for (size_t i = 0; i < facts->claims.n; i++) {
		struct vc_claim *claim = vc_list_push(told->arena, &told->facts.claims);

		if (!claim)
			return vc_fail_oom(err);
		*claim = facts->claims.v[i];
	}
	for (size_t i = 0; i < facts->notes.n; i++)
		if (add_note(told, facts, facts->notes.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int collect(const void *state, struct vc_told *told, struct vc_err *err)
{
	const struct cdi *cdi = state;
	const struct vc_config *config = cdi->config;
	struct vc_facts facts = { 0 };
	struct vc_err why = VC_ERR_INIT;
	struct vc_trouble trouble;
	size_t n_failed;

	if (vc_trouble_blind(told, vc_companion_cdi.name, cdi->watch, err) < 0)
		return -(int)err->kind;
	if (vc_cdi_read_directories(told->arena,
	                            (const char *const *)config->cdi_directories.v,
	                            config->cdi_directories.n, NULL, VC_FILE_TRUSTED,
	                            &facts, &n_failed, &why) == 0)
		return add_claims(told, &facts, err);
	if (why.kind == VC_ERR_INTERNAL) {
		*err = why;
		return -(int)err->kind;
	}
	trouble = (struct vc_trouble){
		.subject = "source cdi", .text = why.msg, .kind = why.kind, .fatal = true
	};
	return vc_trouble_add(told->arena, &told->troubles, &trouble, err);
}

const struct vc_companion_source vc_companion_cdi = {
	.name = "cdi",
	.open = open_cdi,
	.fd = cdi_fd,
	.work = work,
	.settled = settled,
	.collect = collect,
	.close = close_cdi,
};
