/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which claim a binding means, and which devices of it.
 *
 * A recorded UID says which claim, whatever it is called now. Else the name (or the name
 * in the pod) and the namespace say it. Two claims that fit are refused, except that the
 * one that certainly belongs to this VM wins: every VM from one template has a claim of
 * the same name in its pod.
 *
 * -VC_ERR_ABSENT means that an input is missing, -VC_ERR_REFUSED that binding and claims
 * are both there and do not go together.
 */
#include <inttypes.h>
#include <string.h>

#include "domain/planner.h"

#define LIST_MAX 8 /* names in one message */

/* Joins up to LIST_MAX different texts for a message. */
struct lister {
	const struct vc_planner *planner;
	const char *text;
	const char *last;
	size_t n;
};

static void list_add(struct lister *l, const char *text)
{
	const char *more;

	if (l->last && strcmp(l->last, text) == 0)
		return;
	l->last = text;
	if (++l->n > LIST_MAX)
		return;
	more = vc_arena_printf(l->planner->arena, "%s%s'%s'", l->text ? l->text : "",
	                       l->text ? ", " : "", text);
	if (more)
		l->text = more;
}

static const char *list_end(const struct lister *l)
{
	const char *text = l->text ? l->text : "none";

	if (l->n > LIST_MAX)
		text = vc_arena_printf(l->planner->arena, "%s and %zu more", l->text,
		                       l->n - LIST_MAX);
	return text ? text : "?";
}

static const char *known_claims(const struct vc_planner *planner)
{
	const struct vc_claims *claims = planner->input->claims;
	struct lister l = { .planner = planner };

	for (size_t i = 0; i < claims->n; i++)
		if (l.n <= LIST_MAX)
			list_add(&l, vc_claim_label(planner, &claims->v[i]));
		else
			l.n++;
	return list_end(&l);
}

static const char *known_requests(const struct vc_planner *planner,
                                  const struct vc_claim *claim)
{
	struct lister l = { .planner = planner };

	for (size_t i = 0; i < claim->devices.n; i++)
		if (claim->devices.v[i].request)
			list_add(&l, claim->devices.v[i].request);
	return list_end(&l);
}

static const char *wanted_claim(const struct vc_binding *b)
{
	if (b->claim)
		return b->claim;
	if (b->pod_claim)
		return b->pod_claim;
	return b->uid ? b->uid : "without a name";
}

/* The first claim of which we know no name: why a name may not have been found. */
static const struct vc_claim *first_nameless(const struct vc_planner *planner)
{
	const struct vc_claims *claims = planner->input->claims;

	for (size_t i = 0; i < claims->n; i++)
		if (!claims->v[i].name)
			return &claims->v[i];
	return NULL;
}

static int claim_absent(const struct vc_planner *planner, const struct vc_binding *b,
                        const struct vc_claim *elsewhere, struct vc_err *err)
{
	const struct vc_claim *nameless = first_nameless(planner);

	if (elsewhere)
		return vc_fail(err, VC_ERR_ABSENT,
		               "%s: claim '%s' is wanted from namespace '%s', but '%s' "
		               "is about the one in '%s'",
		               b->origin, wanted_claim(b),
		               b->namespace ? b->namespace : planner->input->namespace,
		               elsewhere->origin, elsewhere->namespace);
	if (planner->input->claims->n == 0 && planner->input->searched)
		return vc_fail(
			err, VC_ERR_ABSENT,
			"%s: nothing is known of claim '%s': %s says nothing of it; it "
			"is not prepared on this machine yet, or its metadata file, CDI "
			"file or ResourceClaim is elsewhere",
			b->origin, wanted_claim(b), planner->input->searched);
	if (planner->input->claims->n == 0)
		return vc_fail(
			err, VC_ERR_ABSENT,
			"%s: nothing is known of claim '%s': no claims were given; "
			"name its metadata file, CDI file or ResourceClaim with "
			"--claims",
			b->origin, wanted_claim(b));
	if (nameless)
		return vc_fail(
			err, VC_ERR_ABSENT,
			"%s: claim '%s' is not among %s, and '%s' does not say the "
			"name of its claim (UID '%s'); its metadata file or "
			"ResourceClaim says it: give it with --claims too",
			b->origin, wanted_claim(b), known_claims(planner),
			nameless->origin, nameless->uid ? nameless->uid : "unknown");
	return vc_fail(err, VC_ERR_ABSENT,
	               "%s: claim '%s' is not among the claims given (%s); name its "
	               "metadata file, CDI file or ResourceClaim with --claims",
	               b->origin, wanted_claim(b), known_claims(planner));
}

static int ambiguous(const struct vc_planner *planner, const struct vc_binding *b,
                     const struct vc_claim *first, const struct vc_claim *second,
                     struct vc_err *err)
{
	const char *first_label = vc_claim_label(planner, first);
	const char *second_label = vc_claim_label(planner, second);

	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: claim '%s' can be '%s' (UID %s, '%s') or '%s' (UID %s, '%s'); "
		"say which with --bind %s=NAMESPACE/CLAIM:REQUEST, or give only one",
		b->origin, wanted_claim(b), first_label,
		first->uid ? first->uid : "unknown", first->origin, second_label,
		second->uid ? second->uid : "unknown", second->origin,
		b->alias + strlen(VC_ALIAS_PREFIX));
}

/* The claims that fit, best first: of ours, of a known and of an unknown namespace. */
struct candidates {
	const struct vc_claim *exact[2], *open[2], *ours[2];
	const struct vc_claim *elsewhere;
};

static void take(const struct vc_claim *slots[2], const struct vc_claim *claim)
{
	if (!slots[0])
		slots[0] = claim;
	else if (!slots[1])
		slots[1] = claim;
}

static void weigh(const struct vc_planner *planner, const struct vc_binding *b,
                  const struct vc_claim *claim, struct candidates *c)
{
	const char *want = b->namespace ? b->namespace : planner->input->namespace;

	if (want && claim->namespace && strcmp(want, claim->namespace) != 0) {
		c->elsewhere = claim;
		return;
	}
	take(want && !claim->namespace ? c->open : c->exact, claim);
	if (vc_claim_is_ours(planner, claim) == VC_YES)
		take(c->ours, claim);
}

static const struct vc_claim *find_by_name(const struct vc_planner *planner,
                                           const struct vc_binding *b,
                                           const struct vc_index *index, const char *key,
                                           struct vc_err *err)
{
	struct candidates c = { 0 };
	const struct vc_claim **best;
	const struct vc_index_entry *e;
	size_t n;

	e = vc_index_find(index, key, &n);
	for (size_t i = 0; i < n; i++)
		weigh(planner, b, &planner->input->claims->v[e[i].value], &c);
	best = c.exact[0] ? c.exact : c.open;
	if (best[1] && c.ours[0] && !c.ours[1])
		best = c.ours;
	if (best[0] && !best[1])
		return best[0];
	if (best[0])
		(void)ambiguous(planner, b, best[0], best[1], err);
	else
		(void)claim_absent(planner, b, c.elsewhere, err);
	return NULL;
}

static const struct vc_claim *find_named(const struct vc_planner *planner,
                                         const struct vc_binding *b, struct vc_err *err)
{
	bool by_name = b->claim && (!b->pod_claim ||
	                            vc_index_find(&planner->claim_names, b->claim, NULL));
	char *key;

	if (by_name)
		return find_by_name(planner, b, &planner->claim_names, b->claim, err);
	if (b->pod_claim)
		return find_by_name(planner, b, &planner->claim_pods, b->pod_claim, err);
	if (b->uid || !b->device) {
		(void)claim_absent(planner, b, NULL, err);
		return NULL;
	}
	key = vc_arena_printf(planner->arena, "/%s", b->device);
	if (!key) {
		(void)vc_fail_oom(err);
		return NULL;
	}
	return find_by_name(planner, b, &planner->claim_names, key, err);
}

/* The claim of a binding; NULL with *err filled when there is none. */
static const struct vc_claim *find_claim(const struct vc_planner *planner,
                                         const struct vc_binding *b, struct vc_err *err)
{
	const struct vc_index_entry *e =
		vc_index_find(&planner->claim_uids, b->uid, NULL);
	const struct vc_claim *claim;

	if (e)
		return &planner->input->claims->v[e->value];
	claim = find_named(planner, b, err);
	if (!claim || !b->uid || !claim->uid)
		return claim;
	(void)vc_fail(
		err, VC_ERR_REFUSED,
		"%s: alias '%s' was bound to claim UID '%s', but claim '%s' ('%s') has "
		"UID '%s': it was deleted and made again; --bind %s=... says that the "
		"new one is meant",
		b->origin, b->alias, b->uid, vc_claim_label(planner, claim),
		claim->origin, claim->uid, b->alias + strlen(VC_ALIAS_PREFIX));
	return NULL;
}

static const struct vc_device *first_without_request(const struct vc_claim *claim)
{
	for (size_t i = 0; i < claim->devices.n; i++)
		if (!claim->devices.v[i].request)
			return &claim->devices.v[i];
	return NULL;
}

static int devices_absent(const struct vc_planner *planner, const struct vc_binding *b,
                          const struct vc_claim *claim, struct vc_err *err)
{
	const char *label = vc_claim_label(planner, claim);
	const struct vc_device *open = first_without_request(claim);

	if (claim->devices.n == 0)
		return vc_fail(
			err, VC_ERR_ABSENT,
			"%s: '%s' names no device of claim '%s'; give its metadata "
			"file, its CDI file or its ResourceClaim with --claims too",
			b->origin, claim->origin, label);
	if (!b->request)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: claim '%s' ('%s') has no device '%s'; --bind %s=... "
		               "says which device is meant",
		               b->origin, label, claim->origin, b->device,
		               b->alias + strlen(VC_ALIAS_PREFIX));
	if (open)
		return vc_fail(err, VC_ERR_ABSENT,
		               "%s: '%s' does not say which request of claim '%s' its "
		               "device '%s' answers; the claim's metadata file or its "
		               "ResourceClaim says it: give it with --claims too",
		               b->origin, open->origin, label,
		               vc_device_label(open) ? vc_device_label(open) : "?");
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: claim '%s' ('%s') has no request '%s', it has %s", b->origin,
	               label, claim->origin, b->request, known_requests(planner, claim));
}

static int check_subrequest(const struct vc_planner *planner, const struct vc_binding *b,
                            const struct vc_match *match, struct vc_err *err)
{
	const struct vc_device *device;

	if (!b->subrequest || !b->request)
		return 0;
	device = &match->claim->devices.v[match->devices->value];
	if (device->subrequest && strcmp(device->subrequest, b->subrequest) == 0)
		return 0;
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: request '%s' of claim '%s' ('%s') was answered by '%s', not by "
		"'%s'",
		b->origin, b->request, vc_claim_label(planner, match->claim),
		match->claim->origin,
		device->subrequest ? device->subrequest : "no alternative",
		b->subrequest);
}

/**
 * vc_match() - Find the claim of a binding, and the devices of its request
 * @planner:	planner
 * @binding:	binding; .index is not looked at
 * @ret_match:	claim and at least one device
 * @err:	"ORIGIN: ..."
 *
 * Return: 0; -VC_ERR_ABSENT when an input is missing (the claim itself, its devices, or
 * which request they answer); -VC_ERR_REFUSED when two claims fit, the claim is another
 * one than was recorded, is not allocated, or has no such request; -VC_ERR_INTERNAL
 */
int vc_match(const struct vc_planner *planner, const struct vc_binding *binding,
             struct vc_match *ret_match, struct vc_err *err)
{
	const struct vc_index *index =
		binding->request ? &planner->requests : &planner->names;
	struct vc_match match = { .claim = find_claim(planner, binding, err) };
	char *key;

	if (!match.claim)
		return -(int)err->kind;
	if (match.claim->from_api && !match.claim->allocated)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: claim '%s' ('%s') is not allocated: it has no devices "
			"yet, or no longer",
			binding->origin, vc_claim_label(planner, match.claim),
			match.claim->origin);
	key = vc_arena_printf(planner->arena, "%zu/%s",
	                      (size_t)(match.claim - planner->input->claims->v),
	                      binding->request ? binding->request : binding->device);
	if (!key)
		return vc_fail_oom(err);
	match.devices = vc_index_find(index, key, &match.n);
	if (!match.devices)
		return devices_absent(planner, binding, match.claim, err);
	if (!binding->request && match.n > 1)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: claim '%s' ('%s') has %zu devices called '%s'",
		               binding->origin, vc_claim_label(planner, match.claim),
		               match.claim->origin, match.n, binding->device);
	if (check_subrequest(planner, binding, &match, err) < 0)
		return -(int)err->kind;
	*ret_match = match;
	return 0;
}

/**
 * vc_match_position() - Which device of its request a device is
 * @planner:	planner
 * @claim:	one of the claims
 * @device:	one of its devices
 *
 * Return: 1 for the first; 0 when its request is not known, or out of memory
 */
unsigned vc_match_position(const struct vc_planner *planner, const struct vc_claim *claim,
                           const struct vc_device *device)
{
	size_t want = (size_t)(device - claim->devices.v);
	const struct vc_index_entry *e = NULL;
	size_t low = 0, high = 0;
	char *key = NULL;

	if (device->request)
		key = vc_arena_printf(planner->arena, "%zu/%s",
		                      (size_t)(claim - planner->input->claims->v),
		                      device->request);
	e = vc_index_find(&planner->requests, key, &high);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (e[middle].value < want)
			low = middle + 1;
		else
			high = middle;
	}
	return e ? (unsigned)low + 1 : 0;
}
