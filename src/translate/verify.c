/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translate/verify_internal.h"

#define KIB_PER_MIB 1024U
#define NAMES_MAX   4

/**
 * vc_verdict_name() - A verdict as users see it
 * @verdict:	verdict
 *
 * Return: static text
 */
const char *vc_verdict_name(enum vc_verdict verdict)
{
	switch (verdict) {
	case VC_VERDICT_OK:
		return "ok";
	case VC_VERDICT_UNKNOWN:
		return "unknown";
	case VC_VERDICT_WARNING:
		return "warning";
	case VC_VERDICT_FAILED:
		return "failed";
	}
	return "unknown";
}

/**
 * vc_verify_add() - Add a verdict
 * @v:		verifier
 * @check:	everything but .reason
 * @err:	out of memory
 * @fmt:	reason: one clause, lower case, no full stop
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify_add(struct vc_verifier *v, const struct vc_check *check, struct vc_err *err,
                  const char *fmt, ...)
{
	struct vc_check *slot = vc_list_push(v->arena, &v->checks);
	char text[VC_ERR_MSG_SIZE];
	va_list ap;

	if (!slot)
		return vc_fail_oom(err);
	*slot = *check;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	slot->reason = vc_arena_strdup(v->arena, text);
	return slot->reason ? 0 : vc_fail_oom(err);
}

/* A verdict about the whole domain */
static struct vc_check verdict(const char *name, enum vc_verdict value)
{
	return (struct vc_check){ .name = name, .verdict = value };
}

/* "ua-gpu, ua-disk, ..." of those that would change; how many there are. */
static size_t list_changes(const struct vc_plan *plan, char *text, size_t size)
{
	size_t n = 0, used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan->devices.n; i++) {
		if (plan->devices.v[i].action == VC_PLAN_KEEP)
			continue;
		if (++n > NAMES_MAX || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		                         n > 1 ? ", " : "", plan->devices.v[i].alias);
	}
	return n;
}

static int check_rewrite(struct vc_verifier *v, struct vc_err *err)
{
	const struct vc_err *refusal = v->in->refusal;
	struct vc_check check = verdict("rewrite", VC_VERDICT_OK);
	char names[NAMES_MAX * (VC_ALIAS_MAX + 4)];
	size_t n;

	if (!v->in->planned) {
		check.verdict = refusal && refusal->kind == VC_ERR_ABSENT
		                        ? VC_VERDICT_UNKNOWN
		                        : VC_VERDICT_FAILED;
		return vc_verify_add(v, &check, err, "%s",
		                     refusal ? refusal->msg : "there is no plan");
	}
	if (!v->in->t->changed)
		return vc_verify_add(v, &check, err, "a rewrite changes nothing");
	n = list_changes(&v->in->t->plan, names, sizeof(names));
	if (n == 0) {
		check.verdict = VC_VERDICT_WARNING;
		return vc_verify_add(v, &check, err,
		                     "a rewrite changes the metadata only");
	}
	check.verdict = VC_VERDICT_FAILED;
	check.change = true;
	return vc_verify_add(v, &check, err, "a rewrite changes %zu device%s: %s%s", n,
	                     n == 1 ? "" : "s", names, n > NAMES_MAX ? ", ..." : "");
}

static int check_schema(struct vc_verifier *v, struct vc_err *err)
{
	const struct vc_complaints *c = v->in->complaints;
	struct vc_check check = verdict("schema", VC_VERDICT_OK);

	if (!c) {
		check.verdict = VC_VERDICT_UNKNOWN;
		return vc_verify_add(v, &check, err, "%s", v->in->not_validated);
	}
	if (c->n == 0)
		return vc_verify_add(v, &check, err, "valid");
	check.verdict = VC_VERDICT_FAILED;
	for (size_t i = 0; i < c->n; i++) {
		int r = c->v[i].line > 0
		                ? vc_verify_add(v, &check, err, "line %ld: %s",
		                                c->v[i].line, c->v[i].text)
		                : vc_verify_add(v, &check, err, "%s", c->v[i].text);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_memory(struct vc_verifier *v, struct vc_err *err)
{
	const struct vc_domain_memory *m = &v->in->memory;
	struct vc_check check = verdict("memory-lock", VC_VERDICT_OK);
	uint64_t need = vc_domain_memory_to_lock(m) / KIB_PER_MIB;
	uint64_t hard_limit = m->hard_limit_kib / KIB_PER_MIB;
	uint64_t limit = v->in->memlock_kib / KIB_PER_MIB;

	if (m->n_vfio + m->n_nvme + m->n_vdpa == 0)
		return 0;
	if (need == 0) {
		check.verdict = VC_VERDICT_UNKNOWN;
		return vc_verify_add(v, &check, err,
		                     "the domain does not say its <memory>");
	}
	if (m->hard_limit_kib == 0 && m->locked)
		return vc_verify_add(v, &check, err, "<locked/> sets no limit");
	if (m->hard_limit_kib > 0 && hard_limit < need) {
		check.verdict = VC_VERDICT_WARNING;
		return vc_verify_add(v, &check, err,
		                     "QEMU may lock %" PRIu64 " MiB, and <hard_limit> is "
		                     "%" PRIu64 " MiB",
		                     need, hard_limit);
	}
	if (v->in->memlock_kib != VC_MEMLOCK_UNLIMITED && limit < need) {
		check.verdict = VC_VERDICT_WARNING;
		return vc_verify_add(v, &check, err,
		                     "QEMU may lock %" PRIu64 " MiB, and this user may "
		                     "lock %" PRIu64 " MiB (ulimit -l)",
		                     need, limit);
	}
	return vc_verify_add(v, &check, err, "QEMU may lock %" PRIu64 " MiB", need);
}

static int index_claims(struct vc_verifier *v, struct vc_err *err)
{
	const struct vc_claims *claims = &v->in->t->claims;

	for (size_t i = 0; i < claims->n; i++) {
		const struct vc_claim *c = &claims->v[i];
		char *full;

		if (c->uid && vc_index_add(v->arena, &v->claim_uids, c->uid, i, err) < 0)
			return -(int)err->kind;
		if (!c->name)
			continue;
		if (vc_index_add(v->arena, &v->claim_names, c->name, i, err) < 0)
			return -(int)err->kind;
		if (!c->namespace)
			continue;
		full = vc_arena_printf(v->arena, "%s/%s", c->namespace, c->name);
		if (!full)
			return vc_fail_oom(err);
		if (vc_index_add(v->arena, &v->claim_names, full, i, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int index_domain(struct vc_verifier *v, struct vc_err *err)
{
	const struct vc_domain *d = &v->in->t->domain;

	for (size_t i = 0; i < d->records.n; i++) {
		const char *alias = d->records.v[i].binding.alias;

		if (alias && vc_index_add(v->arena, &v->records, alias, i, err) < 0)
			return -(int)err->kind;
	}
	for (size_t i = 0; i < d->aliases.n; i++)
		if (vc_index_add(v->arena, &v->aliases, d->aliases.v[i], i, err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < d->hostdevs.n; i++) {
		char text[VC_PCI_ADDRESS_SIZE];
		char *key;

		if (!d->hostdevs.v[i].host.has_pci)
			continue;
		vc_pci_address_format(&d->hostdevs.v[i].host.pci, text);
		key = vc_arena_strdup(v->arena, text);
		if (!key)
			return vc_fail_oom(err);
		if (vc_index_add(v->arena, &v->hosts, key, i, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int compare_at(const void *a, const void *b)
{
	const struct vc_plan_device *x = ((const struct vc_planned *)a)->device;
	const struct vc_plan_device *y = ((const struct vc_planned *)b)->device;

	return (x->at > y->at) - (x->at < y->at);
}

/* Puts planned devices beside host devices; both are in the order of .at then. */
static int pair_with_plan(struct vc_verifier *v, struct vc_err *err)
{
	const struct vc_hostdevs *hostdevs = &v->in->t->domain.hostdevs;
	const struct vc_plan *plan = &v->in->t->plan;
	struct vc_planned *sorted;
	size_t n = v->in->planned ? plan->devices.n : 0;

	v->planned = vc_arena_alloc(v->arena, hostdevs->n + 1, sizeof(*v->planned));
	sorted = vc_arena_alloc(v->arena, n + 1, sizeof(*sorted));
	if (!v->planned || !sorted)
		return vc_fail_oom(err);
	for (size_t i = 0; i < n; i++)
		sorted[i].device = &plan->devices.v[i];
	qsort(sorted, n, sizeof(*sorted), compare_at);
	for (size_t i = 0, j = 0; i < hostdevs->n; i++) {
		while (j < n && sorted[j].device->at < hostdevs->v[i].at)
			j++;
		if (j < n && sorted[j].device->at == hostdevs->v[i].at)
			v->planned[i] = sorted[j];
	}
	return 0;
}

/**
 * vc_verify() - Come to a verdict on each check
 * @arena:	holds the verdicts
 * @input:	what is known
 * @ret_checks:	verdicts: host devices in document order, then the whole domain
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify(struct vc_arena *arena, const struct vc_verify_input *input,
              struct vc_checks *ret_checks, struct vc_err *err)
{
	struct vc_verifier v = { .arena = arena, .in = input };

	if (index_claims(&v, err) < 0 || index_domain(&v, err) < 0 ||
	    pair_with_plan(&v, err) < 0)
		return -(int)err->kind;
	vc_index_sort(&v.records);
	vc_index_sort(&v.claim_uids);
	vc_index_sort(&v.claim_names);
	vc_index_sort(&v.hosts);
	vc_index_sort(&v.aliases);
	for (size_t i = 0; i < input->t->domain.hostdevs.n; i++)
		if (vc_verify_device(&v, i, err) < 0)
			return -(int)err->kind;
	if (check_rewrite(&v, err) < 0 || check_schema(&v, err) < 0 ||
	    check_memory(&v, err) < 0)
		return -(int)err->kind;
	*ret_checks = v.checks;
	return 0;
}
