/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look: everything is collected, joined, compared with the machine and with what is
 * published, decided, and done. There is nothing that could have been missed since the
 * last one.
 *
 * A claim that is not whole may be one that a driver is about to write, or to remove. So
 * it is treated like a torn file: for a moment nothing is said, and what is published of
 * it stays.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "companion/eye.h"
#include "host/gather.h"
#include "store/boot_id.h"

/* In RUN; the same that hooks read, and that a host without Kubernetes uses. */
#define CLAIMS_DIRECTORY "claims"

/* Who listens tells subjects apart by that many characters. */
#define SUBJECT_MAX 318

/* [FNV-1a] */
#define FNV_BASE  UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* A subject that is not mistaken for another when it is cut. */
static const char *short_subject(struct vc_eye *eye, const char *subject)
{
	uint64_t hash = FNV_BASE;

	if (strlen(subject) <= SUBJECT_MAX)
		return subject;
	for (const char *p = subject; *p; p++)
		hash = (hash ^ (unsigned char)*p) * FNV_PRIME;
	return vc_arena_printf(eye->arena, "%.*s...%016" PRIx64, SUBJECT_MAX - 32,
	                       subject, hash);
}

/**
 * vc_eye_problem() - Tell that something is wrong
 * @eye:	look
 * @subject:	what it is about
 * @text:	what
 * @kind:	sort of error
 * @failed:	we tried, and it should be tried again
 * @err:	why it could not be told
 *
 * Return: 0, -VC_ERR_INTERNAL, or what the listener says
 */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters): subject, then text, as in a log */
int vc_eye_problem(struct vc_eye *eye, const char *subject, const char *text,
                   enum vc_err_kind kind, bool failed, struct vc_err *err)
{
	const struct vc_companion_listener *l = eye->look->listener;

	eye->counts.problems++;
	subject = short_subject(eye, subject);
	if (!subject)
		return vc_fail_oom(err);
	return l->problem(l->arg, subject, text, kind, failed, err);
}

/* Something is torn. *ret_waits: it may be whole in a moment; *ret_says: and nobody will
 * look again then, or the moment is over. */
static int weigh(struct vc_eye *eye, const char *subject, bool *ret_waits, bool *ret_says,
                 struct vc_err *err)
{
	const struct vc_companion_look *look = eye->look;
	bool waits;

	subject = short_subject(eye, subject);
	if (!subject)
		return vc_fail_oom(err);
	if (look->listener->torn(look->listener->arg, subject, err) < 0)
		return -(int)err->kind;
	waits = vc_patience_waits(look->patience, subject, look->now);
	*ret_waits = waits || look->last;
	*ret_says = !waits || look->last;
	return 0;
}

/* Looking */

static int collect(struct vc_eye *eye, struct vc_err *err)
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
static int weigh_troubles(struct vc_eye *eye, struct vc_err *err)
{
	for (size_t i = 0; i < eye->told.troubles.n; i++) {
		struct vc_trouble *t = &eye->told.troubles.v[i];
		bool says = true;

		if (t->passing && weigh(eye, t->subject, &t->passing, &says, err) < 0)
			return -(int)err->kind;
		if (says &&
		    vc_eye_problem(eye, t->subject, t->text, t->kind, false, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* The same for claims of which not enough is seen: each becomes a trouble. */
static int weigh_claims(struct vc_eye *eye, struct vc_err *err)
{
	eye->quiet = vc_arena_alloc(eye->arena, eye->seen.n + 1, sizeof(*eye->quiet));
	if (!eye->quiet)
		return vc_fail_oom(err);
	for (size_t i = 0; i < eye->seen.n; i++) {
		const struct vc_seen_claim *seen = &eye->seen.v[i];
		struct vc_trouble trouble = { .uid = seen->claim.uid, .text = "" };
		bool says = true;

		if (seen->state == VC_SEEN_COMPLETE || seen->state == VC_SEEN_UNRELATED)
			continue;
		trouble.subject =
			vc_arena_printf(eye->arena, "claim %s", seen->claim.uid);
		if (!trouble.subject)
			return vc_fail_oom(err);
		if (weigh(eye, trouble.subject, &trouble.passing, &says, err) < 0)
			return -(int)err->kind;
		eye->quiet[i] = !says;
		if (trouble.passing &&
		    vc_trouble_add(eye->arena, &eye->told.troubles, &trouble, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int compare_with_machine(struct vc_eye *eye, struct vc_err *err)
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
static int look_at_folder(struct vc_eye *eye, const struct vc_claim *claim,
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

static int list_published(struct vc_eye *eye, struct vc_err *err)
{
	struct vc_claims claims = { 0 };

	if (vc_publish_list(eye->arena, &eye->publish, &claims, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < claims.n; i++)
		if (look_at_folder(eye, &claims.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int decide(struct vc_eye *eye, struct vc_err *err)
{
	const struct vc_situation situation = {
		.seen = &eye->seen,
		.published = &eye->published,
		.troubles = &eye->told.troubles,
		.settled = eye->settled,
		.directory = eye->publish.claims,
	};

	return vc_companion_decide(eye->arena, &situation, &eye->decisions, err);
}

static int open_eye(struct vc_eye *eye, struct vc_err *err)
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

static int look_and_act(struct vc_eye *eye, struct vc_err *err)
{
	if (open_eye(eye, err) < 0 || collect(eye, err) < 0 ||
	    weigh_troubles(eye, err) < 0 ||
	    vc_seen_join(eye->arena, &eye->told.facts, &eye->seen, err) < 0 ||
	    compare_with_machine(eye, err) < 0 || weigh_claims(eye, err) < 0 ||
	    list_published(eye, err) < 0 || decide(eye, err) < 0 ||
	    vc_eye_act(eye, err) < 0)
		return -(int)err->kind;
	return vc_eye_report(eye, err);
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
	struct vc_eye eye = { .look = look, .arena = &arena };

	if (look_and_act(&eye, err) < 0)
		return -(int)err->kind;
	*ret_counts = eye.counts;
	return 0;
}
