/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "claim/join.h"

/* Devices of which it is said what they lack; the others are counted. */
#define NAMED_MAX 4
#define TEXT_MAX  1024
#define BUF_MAX   ((size_t)16 * 1024)

/* Joining */

static int compare_uids(const void *va, const void *vb)
{
	const struct vc_claim *a = *(const struct vc_claim *const *)va;
	const struct vc_claim *b = *(const struct vc_claim *const *)vb;
	int c = strcmp(a->uid, b->uid);

	/* all of one list: its order stays */
	return c != 0 ? c : (a > b) - (a < b);
}

/* Pieces that have a UID, sorted by it; the others go to @loose. */
static int sort_pieces(struct vc_arena *arena, const struct vc_claims *claims,
                       const struct vc_claim ***ret_sorted, size_t *ret_n,
                       struct vc_claims *loose, struct vc_err *err)
{
	const struct vc_claim **sorted =
		vc_arena_alloc(arena, claims->n + 1, sizeof(void *));
	size_t n = 0;

	if (!sorted)
		return vc_fail_oom(err);
	for (size_t i = 0; i < claims->n; i++) {
		struct vc_claim *slot;

		if (claims->v[i].uid) {
			sorted[n++] = &claims->v[i];
			continue;
		}
		slot = vc_list_push(arena, loose);
		if (!slot)
			return vc_fail_oom(err);
		*slot = claims->v[i];
	}
	qsort(sorted, n, sizeof(void *), compare_uids);
	*ret_sorted = sorted;
	*ret_n = n;
	return 0;
}

/* The facts of one claim: its pieces, and what has no claim. */
static int gather(struct vc_arena *arena, const struct vc_claim *const *pieces, size_t n,
                  const struct vc_claims *loose, struct vc_facts *facts,
                  struct vc_err *err)
{
	for (size_t i = 0; i < n + loose->n; i++) {
		struct vc_claim *slot = vc_list_push(arena, &facts->claims);

		if (!slot)
			return vc_fail_oom(err);
		*slot = i < n ? *pieces[i] : loose->v[i - n];
	}
	return 0;
}

/* What is known of a claim whose pieces do not fit together. */
static void take_names(const struct vc_claim *const *pieces, size_t n,
                       struct vc_claim *claim)
{
	claim->uid = pieces[0]->uid;
	for (size_t i = 0; i < n; i++) {
		if (claim->name || !pieces[i]->name || !pieces[i]->namespace)
			continue;
		claim->name = pieces[i]->name;
		claim->namespace = pieces[i]->namespace;
	}
}

static int join_one(struct vc_arena *arena, const struct vc_claim *const *pieces,
                    size_t n, const struct vc_facts *all, const struct vc_claims *loose,
                    struct vc_seen_claim *seen, struct vc_err *err)
{
	struct vc_facts facts = { .slices = all->slices, .pods = all->pods };
	struct vc_claims claims = { 0 };
	struct vc_err why = VC_ERR_INIT;
	int r;

	if (gather(arena, pieces, n, loose, &facts, err) < 0)
		return -(int)err->kind;
	r = vc_join(arena, &facts, &claims, &why);
	if (r == -VC_ERR_INTERNAL) {
		*err = why;
		return r;
	}
	for (size_t i = 0; r == 0 && i < claims.n; i++) {
		if (!claims.v[i].uid || strcmp(claims.v[i].uid, pieces[0]->uid) != 0)
			continue;
		seen->claim = claims.v[i];
		seen->state = VC_SEEN_COMPLETE;
		return 0;
	}
	take_names(pieces, n, &seen->claim);
	seen->state = VC_SEEN_BROKEN;
	seen->text = vc_arena_printf(arena, "is not published: %s",
	                             r < 0 ? why.msg : "its pieces vanish");
	return seen->text ? 0 : vc_fail_oom(err);
}

/**
 * vc_seen_join() - Put pieces together, each claim for itself
 * @arena:	holds the result, and everything that @facts points to
 * @facts:	what sources told
 * @ret_seen:	claims, sorted by UID; those whose pieces contradict each other are broken.
 *		Whether the others are complete is not known yet
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_seen_join(struct vc_arena *arena, const struct vc_facts *facts,
                 struct vc_seen_list *ret_seen, struct vc_err *err)
{
	const struct vc_claim **sorted = NULL;
	struct vc_claims loose = { 0 };
	struct vc_seen_list seen = { 0 };
	size_t n = 0, end;

	if (sort_pieces(arena, &facts->claims, &sorted, &n, &loose, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < n; i = end) {
		struct vc_seen_claim *slot = vc_list_push(arena, &seen);

		if (!slot)
			return vc_fail_oom(err);
		for (end = i + 1;
		     end < n && strcmp(sorted[i]->uid, sorted[end]->uid) == 0;)
			end++;
		if (join_one(arena, &sorted[i], end - i, facts, &loose, slot, err) < 0)
			return -(int)err->kind;
	}
	*ret_seen = seen;
	return 0;
}

/**
 * vc_seen_claims() - The claims that can be asked about
 * @arena:	holds the list
 * @seen:	claims
 * @ret_claims:	those that are not broken, in the same order
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_seen_claims(struct vc_arena *arena, const struct vc_seen_list *seen,
                   struct vc_claims *ret_claims, struct vc_err *err)
{
	struct vc_claims claims = { 0 };

	for (size_t i = 0; i < seen->n; i++) {
		struct vc_claim *slot;

		if (seen->v[i].state == VC_SEEN_BROKEN)
			continue;
		slot = vc_list_push(arena, &claims);
		if (!slot)
			return vc_fail_oom(err);
		*slot = seen->v[i].claim;
	}
	*ret_claims = claims;
	return 0;
}

/* Completeness */

static bool has_address(const struct vc_device *d)
{
	return vc_host_side_has_address(&d->host);
}

/* Whether anything says that a guest may get it. */
static bool is_for_guests(const struct vc_device *d)
{
	return has_address(d) || d->iommu_group >= 0 || d->vfio_cdev >= 0 ||
	       d->unresolved;
}

static const char *device_label(const struct vc_device *d)
{
	if (d->name)
		return d->name;
	return d->cdi_name ? d->cdi_name : "?";
}

static void add_word(struct vc_buf *buf, unsigned *n, const char *word)
{
	vc_buf_printf(buf, "%s%s", (*n)++ == 0 ? "" : ", ", word);
}

/* Whether it lacks something; says it unless @buf is NULL. */
static bool lacks(const struct vc_device *d, struct vc_buf *buf)
{
	unsigned n = 0;

	if (d->request && d->driver && d->pool && d->name && has_address(d))
		return false;
	if (!buf)
		return true;
	vc_buf_printf(buf, "of device '%.128s' its ", device_label(d));
	if (!d->request)
		add_word(buf, &n, "request");
	if (!d->driver)
		add_word(buf, &n, "driver");
	if (!d->pool)
		add_word(buf, &n, "pool");
	if (!d->name)
		add_word(buf, &n, "name in the pool");
	if (!has_address(d))
		add_word(buf, &n, "host address");
	if (!has_address(d) && d->unresolved)
		vc_buf_printf(buf, " (%.400s)", d->unresolved);
	return true;
}

static void say_devices(const struct vc_devices *devices, struct vc_buf *buf)
{
	size_t n = 0;

	for (size_t i = 0; i < devices->n; i++) {
		if (!lacks(&devices->v[i], NULL))
			continue;
		if (n++ >= NAMED_MAX)
			continue;
		vc_buf_printf(buf, "; ");
		(void)lacks(&devices->v[i], buf);
	}
	if (n > NAMED_MAX)
		vc_buf_printf(buf, "; and things of %zu more devices", n - NAMED_MAX);
}

static int say_missing(struct vc_arena *arena, const struct vc_claim *claim,
                       char **ret_text, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(BUF_MAX);
	VC_AUTOFREE char *text = NULL;
	const char *start;
	size_t len;

	if (!claim->name || !claim->namespace)
		vc_buf_printf(&buf, "; its namespace and name");
	if (claim->devices.n == 0)
		vc_buf_printf(&buf, "; its devices");
	say_devices(&claim->devices, &buf);
	if (vc_buf_take(&buf, &text, &len, err) < 0)
		return -(int)err->kind;
	if (len == 0)
		return 0;
	start = text + 2;
	*ret_text = vc_arena_printf(
		arena,
		"is not published, because this is not known: %.*s. Device metadata of "
		"its driver would say it, or the source 'kube'",
		TEXT_MAX, start);
	return *ret_text ? 0 : vc_fail_oom(err);
}

/* Devices against the machine; the first that is not true decides. */
static int check_devices(struct vc_arena *arena, struct vc_seen_claim *seen,
                         const struct vc_host_facts *host, struct vc_err *err)
{
	struct vc_devices *devices = &seen->claim.devices;

	for (size_t i = 0; i < devices->n; i++) {
		char *wrong = NULL;

		if (vc_seen_check_device(arena, &devices->v[i], host, &wrong, err) < 0)
			return -(int)err->kind;
		if (!wrong)
			continue;
		seen->state = VC_SEEN_BROKEN;
		seen->text = vc_arena_printf(arena, "is not published: device '%s': %s",
		                             device_label(&devices->v[i]), wrong);
		return seen->text ? 0 : vc_fail_oom(err);
	}
	return 0;
}

static bool is_unrelated(const struct vc_claim *claim)
{
	for (size_t i = 0; i < claim->devices.n; i++)
		if (is_for_guests(&claim->devices.v[i]))
			return false;
	return true;
}

static int check_claim(struct vc_arena *arena, struct vc_seen_claim *seen,
                       const struct vc_host_facts *host, struct vc_err *err)
{
	if (check_devices(arena, seen, host, err) < 0)
		return -(int)err->kind;
	if (seen->state == VC_SEEN_BROKEN)
		return 0;
	if (say_missing(arena, &seen->claim, &seen->text, err) < 0)
		return -(int)err->kind;
	if (seen->text)
		seen->state = is_unrelated(&seen->claim) ? VC_SEEN_UNRELATED
		                                         : VC_SEEN_INCOMPLETE;
	return 0;
}

/**
 * vc_seen_check() - Compare claims with the machine, and say which are complete
 * @arena:	holds what is added
 * @seen:	of vc_seen_join()
 * @host:	what vc_host_gather() found for vc_seen_claims()
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_seen_check(struct vc_arena *arena, struct vc_seen_list *seen,
                  const struct vc_host_facts *host, struct vc_err *err)
{
	const struct vc_bindings nothing = { 0 };
	struct vc_claims claims;

	/* no claim is asked for: what is not true becomes .unresolved of its device, and
	 * the devices of the list are those of @seen */
	if (vc_seen_claims(arena, seen, &claims, err) < 0 ||
	    vc_resolve(arena, &claims, host, &nothing, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < seen->n; i++)
		if (seen->v[i].state != VC_SEEN_BROKEN &&
		    check_claim(arena, &seen->v[i], host, err) < 0)
			return -(int)err->kind;
	return 0;
}
