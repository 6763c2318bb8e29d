/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was decided is done. What is published is withdrawn first: a device may have gone
 * from one claim to another.
 */
#include <stdlib.h>
#include <string.h>

#include "companion/eye.h"
#include "companion/status.h"

static int done(struct vc_eye *eye, const char *subject, const char *text,
                struct vc_err *err)
{
	const struct vc_companion_listener *l = eye->look->listener;

	return l->done(l->arg, subject, text, err);
}

/**
 * vc_eye_label() - What to call a claim
 * @eye:	look, holds it
 * @namespace:	NULL unknown
 * @name:	NULL unknown
 * @uid:	UID
 *
 * Return: the label, or NULL when out of memory
 */
const char *vc_eye_label(struct vc_eye *eye, const char *namespace, const char *name,
                         const char *uid)
{
	return namespace && name ? vc_arena_printf(eye->arena, "%s/%s", namespace, name)
	                         : vc_arena_printf(eye->arena, "claim %s", uid);
}

static int compare_places(const void *va, const void *vb)
{
	const struct vc_published_claim *a = va, *b = vb;
	int c = strcmp(a->namespace, b->namespace);

	return c != 0 ? c : strcmp(a->name, b->name);
}

/* The folder that a claim had when we looked; NULL none. */
static const struct vc_published_claim *find_published(const struct vc_eye *eye,
                                                       const struct vc_claim *claim)
{
	const struct vc_published_claim key = { .namespace = claim->namespace,
		                                .name = claim->name };
	const struct vc_published_claim *p;

	if (!claim->namespace || !claim->name || eye->published.n == 0)
		return NULL;
	p = bsearch(&key, eye->published.v, eye->published.n, sizeof(key),
	            compare_places);
	return p && strcmp(p->uid, claim->uid) == 0 ? p : NULL;
}

static int withdraw(struct vc_eye *eye, size_t i, struct vc_err *err)
{
	const struct vc_published_claim *p = &eye->published.v[i];
	const char *subject = vc_eye_label(eye, p->namespace, p->name, p->uid);
	struct vc_err own = VC_ERR_INIT;

	if (!subject)
		return vc_fail_oom(err);
	if (vc_publish_withdraw(eye->arena, &eye->publish, p->namespace, p->name, p->uid,
	                        &own) < 0)
		return vc_eye_problem(eye, subject, own.msg, own.kind, true, err);
	/* why, a complaint says */
	return done(eye, subject,
	            eye->decisions.published[i].text
	                    ? "withdrawn"
	                    : "withdrawn: no source knows it any more",
	            err);
}

static int write_claim(struct vc_eye *eye, size_t i, struct vc_err *err)
{
	const struct vc_claim *claim = &eye->seen.v[i].claim;
	const char *subject =
		vc_eye_label(eye, claim->namespace, claim->name, claim->uid);
	struct vc_err own = VC_ERR_INIT;
	bool changed = false;

	if (!subject)
		return vc_fail_oom(err);
	if (vc_publish_write(eye->arena, &eye->publish, claim, &changed, &own) < 0) {
		eye->failures[i] = vc_arena_printf(
			eye->arena, "is not published as it should be: %s", own.msg);
		if (!eye->failures[i])
			return vc_fail_oom(err);
		return vc_eye_problem(eye, subject, eye->failures[i], own.kind, true,
		                      err);
	}
	eye->written[i] = true;
	if (!changed)
		return 0;
	return done(eye, subject,
	            find_published(eye, claim) ? "published anew" : "published", err);
}

/* What cannot be published, of claims that could be expected to be. */
static int complain(struct vc_eye *eye, size_t i, struct vc_err *err)
{
	const struct vc_seen_claim *seen = &eye->seen.v[i];
	const char *text = eye->decisions.seen[i].text;
	const char *subject;

	if (!text || eye->quiet[i] || seen->state == VC_SEEN_UNRELATED)
		return 0;
	subject = vc_eye_label(eye, seen->claim.namespace, seen->claim.name,
	                       seen->claim.uid);
	if (!subject)
		return vc_fail_oom(err);
	return vc_eye_problem(eye, subject, text,
	                      seen->state == VC_SEEN_BROKEN ? VC_ERR_INPUT
	                                                    : VC_ERR_REFUSED,
	                      false, err);
}

/**
 * vc_eye_act() - Do what was decided
 * @eye:	look
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INTERNAL, or what the listener says
 */
int vc_eye_act(struct vc_eye *eye, struct vc_err *err)
{
	size_t n = eye->seen.n + 1;
	int r = 0;

	eye->written = vc_arena_alloc(eye->arena, n, sizeof(*eye->written));
	eye->failures = vc_arena_alloc(eye->arena, n, sizeof(*eye->failures));
	if (!eye->written || !eye->failures)
		return vc_fail_oom(err);
	for (size_t i = 0; r == 0 && i < eye->published.n; i++)
		if (eye->decisions.published[i].action == VC_WITHDRAW)
			r = withdraw(eye, i, err);
	for (size_t i = 0; r == 0 && i < eye->seen.n; i++)
		r = eye->decisions.seen[i].action == VC_WRITE ? write_claim(eye, i, err)
		                                              : complain(eye, i, err);
	return r;
}

/* Saying */

static const char *state_of(const struct vc_eye *eye, size_t i)
{
	const struct vc_seen_claim *seen = &eye->seen.v[i];
	const struct vc_published_claim *p = find_published(eye, &seen->claim);

	if (eye->written[i] ||
	    (p && eye->decisions.published[p - eye->published.v].action == VC_LEAVE))
		return "published";
	if (seen->state == VC_SEEN_UNRELATED)
		return "unrelated";
	return seen->state == VC_SEEN_BROKEN ? "broken" : "incomplete";
}

static int report_claim(struct vc_eye *eye, size_t i, struct vc_companion_status *status,
                        struct vc_err *err)
{
	const struct vc_claim *claim = &eye->seen.v[i].claim;
	const char *text =
		eye->failures[i] ? eye->failures[i] : eye->decisions.seen[i].text;
	struct vc_companion_claim *slot = vc_list_push(eye->arena, &status->claims);

	if (!slot)
		return vc_fail_oom(err);
	/* what is seen of it now may not be all that there is */
	if (text && eye->seen.v[i].state != VC_SEEN_COMPLETE &&
	    strcmp(state_of(eye, i), "published") == 0) {
		text = vc_arena_printf(eye->arena, "stays as it was; by now, it %s",
		                       text);
		if (!text)
			return vc_fail_oom(err);
	}
	*slot = (struct vc_companion_claim){ .uid = claim->uid,
		                             .namespace = claim->namespace,
		                             .name = claim->name,
		                             .state = state_of(eye, i),
		                             .text = text };
	eye->counts.claims++;
	eye->counts.published += strcmp(slot->state, "published") == 0;
	return 0;
}

/**
 * vc_eye_report() - Let those who ask know what the log says
 * @eye:	look
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INTERNAL, or what the listener says
 */
int vc_eye_report(struct vc_eye *eye, struct vc_err *err)
{
	const struct vc_config *config = eye->look->companion->config;
	struct vc_companion_status status = { .settled = eye->settled };
	struct vc_err own = VC_ERR_INIT;

	for (size_t i = 0; i < eye->seen.n; i++)
		if (report_claim(eye, i, &status, err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < eye->told.troubles.n; i++)
		if (!eye->told.troubles.v[i].passing &&
		    vc_trouble_add(eye->arena, &status.troubles, &eye->told.troubles.v[i],
		                   err) < 0)
			return -(int)err->kind;
	if (vc_companion_status_write(eye->arena, config->run, &status, &own) == 0)
		return 0;
	return vc_eye_problem(eye, VC_COMPANION_STATUS, own.msg, own.kind, true, err);
}
