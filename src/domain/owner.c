/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose claim it is: status.reservedFor and the owner references of a ResourceClaim.
 *
 * A consumer is taken for a VM: the VM or VMI itself, or a launcher pod, told by the
 * pod's owner when the pod was given and by its name otherwise. Several consumers that
 * are one VM are fine (a VM that keeps its claim, and its pod; two pods of a migration).
 *
 * [KV] launcher pods have generateName "virt-launcher-<vmi>-"; [K8S] names/generate.go
 * cuts that at 58 characters and adds five.
 */
#include <string.h>

#include "domain/planner.h"

#define LAUNCHER   "virt-launcher-"
#define SUFFIX_LEN ((size_t)5)
#define BASE_MAX   ((size_t)58)

/* The VM behind a consumer. */
struct party {
	enum {
		PARTY_UNKNOWN,  /* cannot be told from the inputs */
		PARTY_VM,       /* name of the VM */
		PARTY_LAUNCHER, /* name of a launcher pod: the VM's may be cut short */
		PARTY_OTHER,    /* some other pod: no VM at all */
	} kind;
	const char *name;
	const char *uid; /* of VM or VMI; NULL */
	bool is_vmi;
};

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool is_resource(const struct vc_consumer *c, const char *resource,
                        const char *kind)
{
	return c->resource &&
	       (strcmp(c->resource, resource) == 0 || strcmp(c->resource, kind) == 0);
}

static struct party party_of_vm(const struct vc_consumer *c)
{
	bool vmi = is_resource(c, "virtualmachineinstances", "VirtualMachineInstance");

	if (!vmi && !is_resource(c, "virtualmachines", "VirtualMachine"))
		return (struct party){ .kind = PARTY_UNKNOWN };
	return (struct party){
		.kind = c->name ? PARTY_VM : PARTY_UNKNOWN,
		.name = c->name,
		.uid = c->uid,
		.is_vmi = vmi,
	};
}

static bool is_pod(const struct vc_pod *pod, const struct vc_claim *claim,
                   const struct vc_consumer *c)
{
	if (c->uid && pod->uid)
		return same(c->uid, pod->uid);
	if (claim->namespace && pod->namespace && !same(claim->namespace, pod->namespace))
		return false;
	return same(c->name, pod->name);
}

/* A planner without indexes, for a single question, has all pods looked at. */
static const struct vc_pod *find_pod(const struct vc_planner *planner,
                                     const struct vc_claim *claim,
                                     const struct vc_consumer *c)
{
	const struct vc_pods *pods = planner->input->pods;
	const struct vc_index_entry *e;
	bool indexed = planner->pod_names.n > 0;
	size_t n;

	if (!pods)
		return NULL;
	n = pods->n;
	e = vc_index_find(&planner->pod_uids, c->uid, NULL);
	if (e)
		return &pods->v[e->value];
	if (indexed)
		e = vc_index_find(&planner->pod_names, c->name, &n);
	for (size_t i = 0; i < n; i++) {
		const struct vc_pod *pod = &pods->v[indexed ? e[i].value : i];

		if (is_pod(pod, claim, c))
			return pod;
	}
	return NULL;
}

static struct party party_of_pod(const struct vc_planner *planner,
                                 const struct vc_claim *claim,
                                 const struct vc_consumer *c)
{
	const struct vc_pod *pod = find_pod(planner, claim, c);
	bool launcher = c->name && strncmp(c->name, LAUNCHER, strlen(LAUNCHER)) == 0 &&
	                strlen(c->name) > strlen(LAUNCHER) + SUFFIX_LEN;

	for (size_t i = 0; pod && i < pod->owners.n; i++) {
		struct party p = party_of_vm(&pod->owners.v[i]);

		if (p.kind == PARTY_VM)
			return p;
	}
	return (struct party){
		.kind = launcher ? PARTY_LAUNCHER : PARTY_OTHER,
		.name = c->name,
	};
}

static struct party party_of(const struct vc_planner *planner,
                             const struct vc_claim *claim, const struct vc_consumer *c)
{
	if (is_resource(c, "pods", "Pod") && (!c->api_group || c->api_group[0] == '\0'))
		return party_of_pod(planner, claim, c);
	return party_of_vm(c);
}

/* Whether the pod can be a launcher of that VM. */
static bool launches(const char *pod, const char *vm)
{
	size_t base = strlen(pod) - SUFFIX_LEN;
	size_t vm_len = strlen(vm);
	const char *p = pod + strlen(LAUNCHER);
	size_t left = base - strlen(LAUNCHER);

	if (left == vm_len + 1)
		return strncmp(p, vm, vm_len) == 0 && p[vm_len] == '-';
	return base == BASE_MAX && left <= vm_len && strncmp(p, vm, left) == 0;
}

static enum vc_tri vm_is_ours(const struct vc_planner *planner, const struct party *p)
{
	const struct vc_plan_input *in = planner->input;
	const char *uid = p->is_vmi ? in->vmi_uid : in->vm_uid;

	if (uid && p->uid)
		return same(uid, p->uid) ? VC_YES : VC_NO;
	if (!in->vmi_name)
		return VC_UNKNOWN;
	return same(in->vmi_name, p->name) ? VC_YES : VC_NO;
}

static enum vc_tri party_is_ours(const struct vc_planner *planner, const struct party *p)
{
	const struct vc_plan_input *in = planner->input;

	switch (p->kind) {
	case PARTY_VM:
		return vm_is_ours(planner, p);
	case PARTY_LAUNCHER:
		if (!in->vmi_name)
			return VC_UNKNOWN;
		return launches(p->name, in->vmi_name) ? VC_YES : VC_NO;
	case PARTY_OTHER:
		return in->vmi_name ? VC_NO : VC_UNKNOWN;
	case PARTY_UNKNOWN:
		break;
	}
	return VC_UNKNOWN;
}

static bool same_launcher(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && strncmp(a, b, len - SUFFIX_LEN) == 0;
}

static bool same_party(const struct party *a, const struct party *b)
{
	if (a->kind == PARTY_VM && b->kind == PARTY_VM)
		return same(a->name, b->name);
	if (a->kind == PARTY_LAUNCHER && b->kind == PARTY_LAUNCHER)
		return same_launcher(a->name, b->name);
	if (a->kind == PARTY_LAUNCHER && b->kind == PARTY_VM)
		return launches(a->name, b->name);
	if (a->kind == PARTY_VM && b->kind == PARTY_LAUNCHER)
		return launches(b->name, a->name);
	return a->kind == PARTY_OTHER && b->kind == PARTY_OTHER && same(a->name, b->name);
}

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

static int refuse_other(const struct vc_planner *planner, const struct vc_bound *b,
                        const struct vc_consumer *c, const char *verb, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: claim '%s' ('%s') is %s %s '%s', which is not VM '%s'",
	               b->binding->origin, vc_claim_label(planner, b->claim),
	               b->claim->origin, verb, or_unknown(c->resource),
	               or_unknown(c->name), or_unknown(planner->input->vmi_name));
}

static int check_consumers(const struct vc_planner *planner, const struct vc_bound *b,
                           struct vc_err *err)
{
	const struct vc_consumers *list = &b->claim->reserved_for;
	struct party first = { 0 }, p;

	for (size_t i = 0; i < list->n; i++) {
		p = party_of(planner, b->claim, &list->v[i]);
		if (party_is_ours(planner, &p) == VC_NO)
			return refuse_other(planner, b, &list->v[i], "reserved for", err);
		if (i == 0)
			first = p;
		else if (!same_party(&first, &p))
			return vc_fail(err, VC_ERR_REFUSED,
			               "%s: claim '%s' ('%s') is shared: reserved for %s "
			               "'%s' and for %s '%s'",
			               b->binding->origin,
			               vc_claim_label(planner, b->claim),
			               b->claim->origin, or_unknown(list->v[0].resource),
			               or_unknown(list->v[0].name),
			               or_unknown(list->v[i].resource),
			               or_unknown(list->v[i].name));
	}
	return 0;
}

static int check_owners(const struct vc_planner *planner, const struct vc_bound *b,
                        struct vc_err *err)
{
	const struct vc_consumers *list = &b->claim->owners;

	for (size_t i = 0; i < list->n; i++) {
		struct party p = party_of(planner, b->claim, &list->v[i]);

		if (p.kind != PARTY_UNKNOWN && party_is_ours(planner, &p) == VC_NO)
			return refuse_other(planner, b, &list->v[i], "owned by", err);
	}
	return 0;
}

/**
 * vc_claim_is_ours() - Whether a claim belongs to the VM of this run
 * @planner:	planner
 * @claim:	claim
 *
 * Return: VC_YES when a consumer or owner is this VM, VC_NO when one is another one,
 * VC_UNKNOWN when the inputs do not show it
 */
enum vc_tri vc_claim_is_ours(const struct vc_planner *planner,
                             const struct vc_claim *claim)
{
	const struct vc_consumers *lists[] = { &claim->reserved_for, &claim->owners };
	enum vc_tri answer = VC_UNKNOWN;

	for (size_t k = 0; k < VC_ARRAY_SIZE(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			struct party p = party_of(planner, claim, &lists[k]->v[i]);
			enum vc_tri ours = party_is_ours(planner, &p);

			if (ours == VC_NO)
				return VC_NO;
			if (ours == VC_YES)
				answer = VC_YES;
		}
	return answer;
}

/**
 * vc_check_owner() - Refuse a claim of another VM, and one that several share
 * @planner:	planner
 * @bound:	.claim is known
 * @err:	"ORIGIN: ..." naming both
 *
 * Only a ResourceClaim says who has it; without one nothing is claimed.
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_check_owner(struct vc_planner *planner, const struct vc_bound *bound,
                   struct vc_err *err)
{
	const struct vc_plan_input *in = planner->input;
	const struct vc_claim *claim = bound->claim;

	if (in->vmi_name && in->namespace && claim->namespace &&
	    strcmp(in->namespace, claim->namespace) != 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: claim '%s' ('%s') is in another namespace than VM "
		               "'%s/%s'",
		               bound->binding->origin, vc_claim_label(planner, claim),
		               claim->origin, in->namespace, in->vmi_name);
	if (!claim->from_api)
		return 0;
	if (check_consumers(planner, bound, err) < 0)
		return -(int)err->kind;
	return check_owners(planner, bound, err);
}
