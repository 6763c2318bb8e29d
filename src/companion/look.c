/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look: everything is collected, joined, compared with the machine and with what is
 * published, decided, and done. There is nothing that could have been missed since the
 * last one.
 *
 * What is published is withdrawn first: a device may have gone from one claim to another.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "companion/companion.h"
#include "companion/decide.h"
#include "companion/status.h"
#include "host/gather.h"
#include "node/publish.h"
#include "store/boot_id.h"

/* In RUN; the same that hooks read, and that a host without Kubernetes uses. */
#define CLAIMS_DIRECTORY "claims"

/**
 * struct eye - one look
 * @arena:	holds everything
 * @publish:	where we write
 * @told, @seen, @published, @decisions: what there is, and what to do
 * @written:	one for each in @seen: it is published as it should be
 * @failures:	one for each in @seen: why it could not be written; NULL
 * @settled:	see struct vc_situation
 */
struct eye {
	const struct vc_companion_look *look;
	struct vc_arena *arena;
	struct vc_publish publish;
	struct vc_told told;
	struct vc_seen_list seen;
	struct vc_published published;
	struct vc_decisions decisions;
	bool *written;
	const char **failures;
	bool settled;
	struct vc_companion_counts counts;
};

static int done(const struct eye *eye, const char *subject, const char *text,
                struct vc_err *err)
{
	const struct vc_companion_listener *l = eye->look->listener;

	return l->done(l->arg, subject, text, err);
}

static int problem(struct eye *eye, const char *subject, const char *text,
                   enum vc_err_kind kind, bool failed, struct vc_err *err)
{
	const struct vc_companion_listener *l = eye->look->listener;

	eye->counts.problems++;
	return l->problem(l->arg, subject, text, kind, failed, err);
}

/* Looking */

static int collect(struct eye *eye, struct vc_err *err)
{
	const struct vc_companion *c = eye->look->companion;

	eye->told.arena = eye->arena;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].source->collect(c->v[i].state, &eye->told, err) < 0)
			return vc_err_context(err, "source %s", c->v[i].source->name);
	eye->settled = vc_companion_settled(c);
	return 0;
}

/* What is torn for more than a moment is a problem, and protects nothing any more. */
static int weigh_troubles(struct eye *eye, struct vc_err *err)
{
	const struct vc_companion_listener *l = eye->look->listener;

	for (size_t i = 0; i < eye->told.troubles.n; i++) {
		struct vc_trouble *t = &eye->told.troubles.v[i];

		if (t->passing && l->torn(l->arg, t->subject, err) < 0)
			return -(int)err->kind;
		if (t->passing &&
		    vc_patience_waits(eye->look->patience, t->subject, eye->look->now))
			continue;
		t->passing = false;
		if (problem(eye, t->subject, t->text, t->kind, false, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int compare_with_machine(struct eye *eye, struct vc_err *err)
{
	const struct vc_config *config = eye->look->companion->config;
	struct vc_host_facts host = { 0 };
	struct vc_claims claims;
	VC_AUTOCLOSE int sysfs = -1;

	if (vc_seen_claims(eye->arena, &eye->seen, &claims, err) < 0 ||
	    vc_file_open_directory(AT_FDCWD, config->sysfs, 0, &sysfs, err) < 0 ||
	    vc_host_gather(eye->arena, sysfs, &claims, NULL, 0, &host, err) < 0)
		return -(int)err->kind;
	host.boot_id = vc_arena_strdup(eye->arena, eye->publish.boot_id);
	if (!host.boot_id)
		return vc_fail_oom(err);
	return vc_seen_check(eye->arena, &eye->seen, &host, err);
}

/* One folder; one that vanishes meanwhile is none. */
static int look_at_folder(struct eye *eye, const struct vc_claim *claim,
                          struct vc_err *err)
{
	struct vc_folder_owner owner = { 0 };
	struct vc_published_claim *slot;
	int r = vc_publish_owner(eye->arena, &eye->publish, claim->namespace, claim->name,
	                         &owner, err);

	if (r == -VC_ERR_ABSENT) {
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	if (r < 0)
		return r;
	slot = vc_list_push(eye->arena, &eye->published);
	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_published_claim){
		.uid = claim->uid,
		.namespace = claim->namespace,
		.name = claim->name,
		.ours = owner.owner && strcmp(owner.owner, VC_COMPANION_OWNER) == 0,
		.foreign = owner.foreign,
	};
	return 0;
}

static int list_published(struct eye *eye, struct vc_err *err)
{
	struct vc_claims claims = { 0 };

	if (vc_publish_list(eye->arena, &eye->publish, &claims, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < claims.n; i++)
		if (look_at_folder(eye, &claims.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int decide(struct eye *eye, struct vc_err *err)
{
	const struct vc_situation situation = {
		.seen = &eye->seen,
		.published = &eye->published,
		.troubles = &eye->told.troubles,
		.settled = eye->settled,
		.directory = eye->publish.claims,
	};

	eye->written = vc_arena_alloc(eye->arena, eye->seen.n + 1, sizeof(*eye->written));
	eye->failures =
		vc_arena_alloc(eye->arena, eye->seen.n + 1, sizeof(*eye->failures));
	if (!eye->written || !eye->failures)
		return vc_fail_oom(err);
	return vc_companion_decide(eye->arena, &situation, &eye->decisions, err);
}

/* Doing */

static const char *label(struct eye *eye, const char *namespace, const char *name,
                         const char *uid)
{
	return namespace && name ? vc_arena_printf(eye->arena, "%s/%s", namespace, name)
	                         : vc_arena_printf(eye->arena, "claim %s", uid);
}

static int withdraw(struct eye *eye, size_t i, struct vc_err *err)
{
	const struct vc_published_claim *p = &eye->published.v[i];
	const char *why = eye->decisions.published[i].text;
	const char *subject = label(eye, p->namespace, p->name, p->uid);
	struct vc_err own = VC_ERR_INIT;
	const char *text;

	if (!subject)
		return vc_fail_oom(err);
	if (vc_publish_withdraw(eye->arena, &eye->publish, p->namespace, p->name, p->uid,
	                        &own) < 0)
		return problem(eye, subject, own.msg, own.kind, true, err);
	text = why ? vc_arena_printf(eye->arena, "withdrawn: %s", why)
	           : "withdrawn: no source knows it any more";
	return text ? done(eye, subject, text, err) : vc_fail_oom(err);
}

static int compare_places(const void *va, const void *vb)
{
	const struct vc_published_claim *a = va, *b = vb;
	int c = strcmp(a->namespace, b->namespace);

	return c != 0 ? c : strcmp(a->name, b->name);
}

/* Of a claim that is complete. */
static bool is_published(const struct eye *eye, const struct vc_claim *claim)
{
	const struct vc_published_claim key = { .namespace = claim->namespace,
		                                .name = claim->name };
	const struct vc_published_claim *p =
		eye->published.n == 0 ? NULL
				      : bsearch(&key, eye->published.v, eye->published.n,
	                                        sizeof(key), compare_places);

	return p && strcmp(p->uid, claim->uid) == 0;
}

static int write_claim(struct eye *eye, size_t i, struct vc_err *err)
{
	const struct vc_claim *claim = &eye->seen.v[i].claim;
	const char *subject = label(eye, claim->namespace, claim->name, claim->uid);
	struct vc_err own = VC_ERR_INIT;
	bool changed = false;

	if (!subject)
		return vc_fail_oom(err);
	if (vc_publish_write(eye->arena, &eye->publish, claim, &changed, &own) < 0) {
		eye->failures[i] = vc_arena_printf(
			eye->arena, "is not published as it should be: %s", own.msg);
		if (!eye->failures[i])
			return vc_fail_oom(err);
		return problem(eye, subject, own.msg, own.kind, true, err);
	}
	eye->written[i] = true;
	if (!changed)
		return 0;
	return done(eye, subject,
	            is_published(eye, claim) ? "published anew" : "published", err);
}

/* What cannot be published, of claims that could be expected to be. */
static int complain(struct eye *eye, size_t i, struct vc_err *err)
{
	const struct vc_seen_claim *seen = &eye->seen.v[i];
	const char *text = eye->decisions.seen[i].text;
	const char *subject;

	if (!text || seen->state == VC_SEEN_UNRELATED)
		return 0;
	subject = label(eye, seen->claim.namespace, seen->claim.name, seen->claim.uid);
	if (!subject)
		return vc_fail_oom(err);
	return problem(eye, subject, text,
	               seen->state == VC_SEEN_BROKEN ? VC_ERR_INPUT : VC_ERR_REFUSED,
	               false, err);
}

static int apply(struct eye *eye, struct vc_err *err)
{
	for (size_t i = 0; i < eye->published.n; i++)
		if (eye->decisions.published[i].action == VC_WITHDRAW &&
		    withdraw(eye, i, err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < eye->seen.n; i++)
		if (eye->decisions.seen[i].action == VC_WRITE
		            ? write_claim(eye, i, err) < 0
		            : complain(eye, i, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Saying */

static const char *state_of(const struct eye *eye, size_t i)
{
	const struct vc_seen_claim *seen = &eye->seen.v[i];

	if (eye->written[i] ||
	    (seen->state == VC_SEEN_COMPLETE && is_published(eye, &seen->claim)))
		return "published";
	if (seen->state == VC_SEEN_UNRELATED)
		return "unrelated";
	return seen->state == VC_SEEN_BROKEN ? "broken" : "incomplete";
}

static int say_claim(struct eye *eye, size_t i, struct vc_companion_status *status,
                     struct vc_err *err)
{
	const struct vc_claim *claim = &eye->seen.v[i].claim;
	const char *text =
		eye->failures[i] ? eye->failures[i] : eye->decisions.seen[i].text;
	struct vc_companion_claim *slot = vc_list_push(eye->arena, &status->claims);

	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_companion_claim){ .uid = claim->uid,
		                             .namespace = claim->namespace,
		                             .name = claim->name,
		                             .state = state_of(eye, i),
		                             .text = text };
	eye->counts.claims++;
	eye->counts.published += strcmp(slot->state, "published") == 0;
	return 0;
}

/* Who asks gets to know what the log says. */
static int say(struct eye *eye, struct vc_err *err)
{
	const struct vc_config *config = eye->look->companion->config;
	struct vc_companion_status status = { .settled = eye->settled };
	struct vc_err own = VC_ERR_INIT;

	for (size_t i = 0; i < eye->seen.n; i++)
		if (say_claim(eye, i, &status, err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < eye->told.troubles.n; i++)
		if (!eye->told.troubles.v[i].passing &&
		    vc_trouble_add(eye->arena, &status.troubles, &eye->told.troubles.v[i],
		                   err) < 0)
			return -(int)err->kind;
	if (vc_companion_status_write(eye->arena, config->run, &status, &own) == 0)
		return 0;
	return problem(eye, VC_COMPANION_STATUS, own.msg, own.kind, true, err);
}

static int open_eye(struct eye *eye, struct vc_err *err)
{
	const struct vc_config *config = eye->look->companion->config;
	char *claims = vc_arena_printf(eye->arena, "%s/" CLAIMS_DIRECTORY, config->run);
	char *boot_id = NULL;

	if (!claims)
		return vc_fail_oom(err);
	if (vc_boot_id(eye->arena, config->proc, &boot_id, err) < 0)
		return -(int)err->kind;
	eye->publish = (struct vc_publish){ .claims = claims,
		                            .boot_id = boot_id,
		                            .owner = VC_COMPANION_OWNER };
	return 0;
}

/**
 * vc_companion_look() - Look at everything, and put right what is published
 * @look:	with what
 * @ret_counts:	how many there are
 * @err:	why it could not be done at all
 *
 * One claim that is broken, or cannot be written, is no obstacle to others.
 *
 * Return: 0, -VC_ERR_REFUSED (others can write the shared directory), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_companion_look(const struct vc_companion_look *look,
                      struct vc_companion_counts *ret_counts, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct eye eye = { .look = look, .arena = &arena };

	if (open_eye(&eye, err) < 0 || collect(&eye, err) < 0 ||
	    weigh_troubles(&eye, err) < 0 ||
	    vc_seen_join(&arena, &eye.told.facts, &eye.seen, err) < 0 ||
	    compare_with_machine(&eye, err) < 0 || list_published(&eye, err) < 0 ||
	    decide(&eye, err) < 0 || apply(&eye, err) < 0 || say(&eye, err) < 0)
		return -(int)err->kind;
	*ret_counts = eye.counts;
	return 0;
}
