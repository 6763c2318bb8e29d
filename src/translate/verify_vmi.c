/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [KV] pkg/dra/utils.go and admitter/dra_admitter.go, device/hostdevice/dra/,
 * services/renderresources.go, vmitrait: what stock KubeVirt reads, refuses and counts.
 */
#include "translate/verify_vmi.h"

#include <stdio.h>
#include <string.h>

#include "translate/doors.h"
#include "translate/verify_internal.h"

#define OPTIONS_TEXT 256
#define PCI_BUS_ID   (sizeof("0000:00:00.0") - 1)

/* One binding of the VMI */
struct subject {
	const struct vc_binding *binding;
	struct vc_door_match match;
	enum vc_door door; /* the first that it fits through */
};

struct verifier {
	struct vc_verifier v; /* only .arena and .checks */
	const struct vc_verify_vmi_input *in;
};

static struct vc_check verdict(const char *alias, const char *name, enum vc_verdict value)
{
	return (struct vc_check){
		.device = alias,
		.name = name,
		.verdict = value,
	};
}

static const char *door_text(enum vc_door door)
{
	return door == VC_DOOR_HOOK
	               ? "door 3, the hook onDefineDomain in a sidecar"
	               : "door 2, 'virt-claim generate plugin', or door 3, the hook";
}

/* ---- one device ---- */

static int check_element(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	const bool known = s->match.first != NULL;
	const enum vc_kind kind = known ? s->match.first->host.kind : VC_KIND_UNKNOWN;
	struct vc_check check = verdict(s->binding->alias, "element", VC_VERDICT_OK);

	if (s->binding->kubevirt_made && vc_door_of_kind(kind) != VC_DOOR_HOOK)
		return vc_verify_add(&v->v, &check, err, "KubeVirt makes it");
	check.verdict = VC_VERDICT_FAILED;
	if (s->binding->kubevirt_made)
		return vc_verify_add(
			&v->v, &check, err,
			"KubeVirt makes no device of kind %s from a claim and "
			"refuses to start; name it in the annotation instead of "
			"the VMI's lists, for %s",
			vc_kind_name(kind), door_text(VC_DOOR_HOOK));
	return vc_verify_add(
		&v->v, &check, err,
		"only the annotation names it, so KubeVirt does not make it; "
		"it needs %s",
		door_text(s->door));
}

static bool is_listed(const struct vc_listed_claims *listed, const char *claim)
{
	for (size_t i = 0; i < listed->n; i++)
		if (listed->v[i].claim && strcmp(listed->v[i].claim, claim) == 0)
			return true;
	return false;
}

static int check_listed(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	const char *claim = s->binding->claim;
	struct vc_check check = verdict(s->binding->alias, "claim", VC_VERDICT_OK);

	if (!claim || is_listed(&v->in->listed, claim))
		return vc_verify_add(&v->v, &check, err,
		                     "the pod gets it by spec.resourceClaims");
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(&v->v, &check, err,
	                     "'%s' is not in spec.resourceClaims, so nothing is prepared "
	                     "for the VM's pod; add it",
	                     claim);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Another entry of the VMI's own that names the same request; NULL none */
static const struct vc_binding *named_by(const struct verifier *v,
                                         const struct subject *s)
{
	const struct vc_bindings *all = &v->in->t->vmi.bindings;

	for (size_t i = 0; i < all->n; i++) {
		const struct vc_binding *b = &all->v[i];

		if (b != s->binding && b->kubevirt_made &&
		    same(b->claim, s->binding->claim) &&
		    same(b->pod_claim, s->binding->pod_claim) &&
		    same(b->request, s->binding->request))
			return b;
	}
	return NULL;
}

static int check_compute(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	const struct vc_binding *other = named_by(v, s);
	struct vc_check check = verdict(s->binding->alias, "compute", VC_VERDICT_OK);

	if (s->binding->kubevirt_made && other) {
		check.verdict = VC_VERDICT_FAILED;
		return vc_verify_add(
			&v->v, &check, err,
			"%s names the same request, and KubeVirt accepts each "
			"request once",
			other->alias);
	}
	if (s->binding->kubevirt_made || other)
		return vc_verify_add(
			&v->v, &check, err,
			"KubeVirt adds the request to container 'compute'%s%s",
			other ? " because of " : "", other ? other->alias : "");
	if (vc_compute_gets(&v->in->compute, s->binding)) {
		check.verdict = VC_VERDICT_UNKNOWN;
		return vc_verify_add(&v->v, &check, err,
		                     "the annotation " VC_COMPUTE_CLAIMS
		                     " asks for it; whether the cluster has the policy "
		                     "cannot be seen here");
	}
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(&v->v, &check, err,
	                     "container 'compute' does not list request '%s', so it gets "
	                     "no device node; the annotation " VC_COMPUTE_CLAIMS
	                     " and its policy add it",
	                     s->binding->request);
}

/* Without the claim nothing is known; says so and returns true. */
static bool is_unknown(struct verifier *v, const struct subject *s, const char *name,
                       int *ret_r, struct vc_err *err)
{
	struct vc_check check = verdict(s->binding->alias, name, VC_VERDICT_UNKNOWN);

	if (s->match.n > 0 && !s->match.ambiguous)
		return false;
	*ret_r = vc_verify_add(&v->v, &check, err, "%s",
	                       !v->in->have_claims ? "no --claims to look in"
	                       : s->match.ambiguous
	                               ? "several of the claims have that name"
	                       : s->match.claim ? "the claim has no such request yet"
	                                        : "the claim is not among --claims");
	return true;
}

/* "name" or "name/subrequest" belongs to request "name". */
static bool is_request(const char *text, const char *request)
{
	size_t len = strlen(request);

	return strncmp(text, request, len) == 0 &&
	       (text[len] == '\0' || text[len] == '/');
}

static int check_metadata(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	const struct vc_metadata_requests *list = &v->in->metadata;
	struct vc_check check =
		verdict(s->binding->alias, "metadata", VC_VERDICT_UNKNOWN);
	const char *request = s->binding->request, *other = NULL;
	bool any = false;
	int r = 0;

	if (is_unknown(v, s, "metadata", &r, err))
		return r;
	for (size_t i = 0; i < list->n; i++) {
		const struct vc_metadata_request *m = &list->v[i];

		if (!same(m->uid, s->match.claim->uid) ||
		    !is_request(m->request, request))
			continue;
		any = true;
		if (m->understood && strcmp(m->request, request) == 0) {
			check.verdict = VC_VERDICT_OK;
			return vc_verify_add(&v->v, &check, err,
			                     "version " VC_KUBEVIRT_METADATA_VERSION);
		}
		if (m->understood)
			other = m->request;
	}
	if (!any)
		return vc_verify_add(&v->v, &check, err,
		                     "no metadata file of the claim is among --claims");
	check.verdict = VC_VERDICT_FAILED;
	if (other)
		return vc_verify_add(
			&v->v, &check, err,
			"it names the request '%s', and KubeVirt looks for '%s'", other,
			request);
	return vc_verify_add(
		&v->v, &check, err,
		"the driver does not write version " VC_KUBEVIRT_METADATA_VERSION
		", the only one that KubeVirt "
		"reads");
}

static int check_one_device(struct verifier *v, const struct subject *s,
                            struct vc_err *err)
{
	struct vc_check check =
		verdict(s->binding->alias, "one-device", VC_VERDICT_FAILED);
	int r = 0;

	if (is_unknown(v, s, "one-device", &r, err))
		return r;
	if (s->match.n_drivers > 1)
		return vc_verify_add(&v->v, &check, err,
		                     "%zu drivers answer the request, and KubeVirt reads "
		                     "one file of metadata",
		                     s->match.n_drivers);
	if (s->match.n > 1)
		return vc_verify_add(
			&v->v, &check, err,
			"the request has %zu devices, and KubeVirt takes one; "
			"give each a request of its own",
			s->match.n);
	check.verdict = VC_VERDICT_OK;
	return vc_verify_add(&v->v, &check, err, "the request has one device");
}

static int check_address(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	const struct vc_device *d = s->match.first;
	struct vc_check check = verdict(s->binding->alias, "address", VC_VERDICT_OK);
	struct vc_pci_address address;
	struct vc_err why = VC_ERR_INIT;
	const char *mdev, *pci;
	int r = 0;

	if (is_unknown(v, s, "address", &r, err))
		return r;
	mdev = vc_arena_printf(v->v.arena, "%s/" VC_KUBEVIRT_MDEV_UUID,
	                       d->driver ? d->driver : "");
	if (!mdev)
		return vc_fail_oom(err);
	mdev = vc_attributes_string(&d->attributes, mdev);
	pci = vc_attributes_string(&d->attributes, VC_ATTR_PCI_BUS_ID);
	if (mdev && pci)
		check.verdict = VC_VERDICT_WARNING;
	if (mdev)
		return vc_verify_add(&v->v, &check, err, "%s %s%s", VC_KUBEVIRT_MDEV_UUID,
		                     mdev, pci ? ", although it has a pciBusID too" : "");
	if (pci && strlen(pci) == PCI_BUS_ID &&
	    vc_pci_address_parse(pci, &address, &why) == 0)
		return vc_verify_add(&v->v, &check, err, "pciBusID %s", pci);
	check.verdict = VC_VERDICT_FAILED;
	if (pci)
		return vc_verify_add(&v->v, &check, err,
		                     "pciBusID '%.64s' is not of the form that KubeVirt "
		                     "takes, 'dddd:bb:ss.f'",
		                     pci);
	return vc_verify_add(&v->v, &check, err,
	                     "the device has neither " VC_ATTR_PCI_BUS_ID
	                     " nor " VC_KUBEVIRT_MDEV_UUID
	                     ", so KubeVirt does not find it");
}

static int check_options(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	struct vc_check check = verdict(s->binding->alias, "options", VC_VERDICT_OK);
	char text[OPTIONS_TEXT] = "";
	size_t used = 0;

	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_door_asks(s->binding, opt) && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
			                         used > 0 ? ", " : "",
			                         vc_opt_rules[opt].key);
	if (used == 0)
		return vc_verify_add(&v->v, &check, err,
		                     "nothing is asked for that KubeVirt does not write");
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(
		&v->v, &check, err,
		"KubeVirt ignores what the annotation asks for: %s; it needs "
		"%s",
		text, door_text(s->door));
}

static void describe(struct verifier *v, const struct vc_binding *binding,
                     struct subject *s)
{
	s->binding = binding;
	vc_door_find(&v->in->t->claims, binding, &s->match);
	s->door = binding->kubevirt_made ? VC_DOOR_STOCK : VC_DOOR_PLUGIN;
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		if (!vc_door_asks(binding, opt))
			continue;
		if (vc_door_of_option(&binding->options, opt) > s->door)
			s->door = vc_door_of_option(&binding->options, opt);
	}
	if (s->match.first && vc_door_of_kind(s->match.first->host.kind) > s->door)
		s->door = vc_door_of_kind(s->match.first->host.kind);
}

static int check_device(struct verifier *v, const struct subject *s, struct vc_err *err)
{
	/* The last four are about what KubeVirt reads for devices that it makes. */
	static int (*const checks[])(struct verifier *, const struct subject *,
	                             struct vc_err *) = {
		check_element,  check_listed,     check_compute, check_options,
		check_metadata, check_one_device, check_address,
	};
	size_t n = VC_ARRAY_SIZE(checks) - (s->binding->kubevirt_made ? 0 : 3);

	for (size_t i = 0; i < n; i++)
		if (checks[i](v, s, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* ---- the VM as a whole ---- */

/* [KV] vmitrait: limit and overhead follow from the VMI's own lists. */
static int check_memory(struct verifier *v, size_t n_own, struct vc_err *err)
{
	struct vc_check check = verdict(NULL, "memory-lock", VC_VERDICT_OK);

	if (n_own > 0)
		return vc_verify_add(
			&v->v, &check, err,
			"KubeVirt lifts the limit and reserves memory for VFIO");
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(&v->v, &check, err,
	                     "no entry of hostDevices, gpus or networks claims a device: "
	                     "KubeVirt lifts no limit and reserves no memory for VFIO");
}

static int check_migration(struct verifier *v, size_t n_own, struct vc_err *err)
{
	struct vc_check check = verdict(NULL, "migration", VC_VERDICT_OK);

	if (n_own > 0)
		return vc_verify_add(&v->v, &check, err,
		                     "KubeVirt knows of devices that cannot migrate");
	check.verdict = VC_VERDICT_WARNING;
	return vc_verify_add(&v->v, &check, err,
	                     "KubeVirt takes the VM for one that can migrate, which its "
	                     "devices cannot");
}

static int check_placement(struct verifier *v, struct vc_err *err)
{
	struct vc_check check = verdict(NULL, "placement", VC_VERDICT_OK);

	if (v->in->t->vmi.place == 0)
		return vc_verify_add(&v->v, &check, err, "nothing is asked for");
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(&v->v, &check, err,
	                     "KubeVirt ignores the placement of the annotation; it needs "
	                     "%s",
	                     door_text(VC_DOOR_HOOK));
}

/* No input shows the versions of a cluster. */
static int check_versions(struct verifier *v, enum vc_door door, struct vc_err *err)
{
	struct vc_check check = verdict(NULL, "versions", VC_VERDICT_UNKNOWN);
	static const char *const needs[] = {
		[VC_DOOR_STOCK] =
			"needs Kubernetes 1.36, and KubeVirt 1.9, which has the "
			"gates GPUsWithDRA and HostDevicesWithDRA on "
			"(NetworkDevicesWithDRA is off)",
		[VC_DOOR_PLUGIN] =
			"needs Kubernetes 1.36, and KubeVirt 1.9 with the gate "
			"Plugins, which is alpha, or Sidecar",
		[VC_DOOR_HOOK] = "needs Kubernetes 1.36, and KubeVirt 1.9 with the gate "
				 "Sidecar, which is deprecated",
	};

	return vc_verify_add(&v->v, &check, err, "%s", needs[door]);
}

/* KubeVirt, or its pod, fails on these before any hook runs. */
static bool is_refusal(const struct verifier *v, const struct vc_check *check)
{
	static const char *const names[] = { "metadata", "one-device", "address" };

	if (check->verdict != VC_VERDICT_FAILED)
		return false;
	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++)
		if (strcmp(check->name, names[i]) == 0)
			return true;
	if (strcmp(check->name, "compute") != 0)
		return false;
	if (!check->device)
		return true;
	for (size_t i = 0; i < v->in->t->vmi.bindings.n; i++)
		if (v->in->t->vmi.bindings.v[i].alias == check->device)
			return v->in->t->vmi.bindings.v[i].kubevirt_made;
	return false;
}

/* What all other verdicts come to */
static int check_door(struct verifier *v, enum vc_door door, struct vc_err *err)
{
	struct vc_check check = verdict(NULL, "door", VC_VERDICT_OK);
	size_t refusals = 0, unknown = 0;

	for (size_t i = 0; i < v->v.checks.n; i++) {
		refusals += is_refusal(v, &v->v.checks.v[i]);
		unknown += v->v.checks.v[i].verdict == VC_VERDICT_UNKNOWN;
	}
	if (refusals > 0 || door != VC_DOOR_STOCK)
		check.verdict = VC_VERDICT_FAILED;
	else if (unknown > 0)
		check.verdict = VC_VERDICT_UNKNOWN;
	if (refusals > 0)
		return vc_verify_add(
			&v->v, &check, err,
			"none: KubeVirt refuses to start for %zu reason%s above, "
			"before any hook runs%s%s",
			refusals, refusals == 1 ? "" : "s",
			door == VC_DOOR_STOCK ? "" : "; after that, ",
			door == VC_DOOR_STOCK ? "" : door_text(door));
	if (door != VC_DOOR_STOCK)
		return vc_verify_add(&v->v, &check, err,
		                     "stock KubeVirt does not manage alone: it needs %s",
		                     door_text(door));
	return vc_verify_add(&v->v, &check, err, "door 1, stock KubeVirt alone%s",
	                     unknown > 0 ? ", as far as is known" : "");
}

/* [K8S] a pod whose container names a claim that the pod has not is refused. */
static int check_compute_names(struct verifier *v, struct vc_err *err)
{
	const struct vc_compute_claims *all = &v->in->compute;
	struct vc_check check = verdict(NULL, "compute", VC_VERDICT_FAILED);

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].listed)
			continue;
		if (vc_verify_add(&v->v, &check, err,
		                  VC_COMPUTE_CLAIMS " names '%.100s', which is not in "
		                                    "spec.resourceClaims: the API server "
		                                    "refuses the pod",
		                  all->v[i].name) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int check_vm(struct verifier *v, size_t n_own, enum vc_door door,
                    struct vc_err *err)
{
	if (check_compute_names(v, err) < 0 || check_memory(v, n_own, err) < 0 ||
	    check_migration(v, n_own, err) < 0 || check_placement(v, err) < 0 ||
	    check_door(v, door, err) < 0)
		return -(int)err->kind;
	return check_versions(v, door, err);
}

static int check_nothing(struct verifier *v, struct vc_err *err)
{
	struct vc_check check = verdict(NULL, "door", VC_VERDICT_OK);

	return vc_verify_add(&v->v, &check, err, "the VM claims no device");
}

/**
 * vc_verify_vmi() - Verdicts about a VM that has no domain yet
 * @arena:	holds the verdicts
 * @input:	what is known
 * @ret_checks:	for each device in the order of the VMI, then for the VM
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify_vmi(struct vc_arena *arena, const struct vc_verify_vmi_input *input,
                  struct vc_checks *ret_checks, struct vc_err *err)
{
	const struct vc_bindings *bindings = &input->t->vmi.bindings;
	struct verifier v = { .v = { .arena = arena }, .in = input };
	enum vc_door door = input->t->vmi.place != 0 ? VC_DOOR_HOOK : VC_DOOR_STOCK;
	size_t n_own = 0;

	for (size_t i = 0; i < bindings->n; i++) {
		struct subject s;

		describe(&v, &bindings->v[i], &s);
		n_own += s.binding->kubevirt_made;
		door = s.door > door ? s.door : door;
		if (check_device(&v, &s, err) < 0)
			return -(int)err->kind;
	}
	if ((bindings->n == 0 ? check_nothing(&v, err) : check_vm(&v, n_own, door, err)) <
	    0)
		return -(int)err->kind;
	*ret_checks = v.v.checks;
	return 0;
}
