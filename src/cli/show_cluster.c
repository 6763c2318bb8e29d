/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_cluster.h"

#include <string.h>

#include "cli/output.h"

/* VMs that are looked up for a claim; usually there is one. */
#define VMS_MAX 16U

static int fail_absent(const struct vc_cluster_name *name, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_ABSENT, "%s/%s: the API server has no such claim",
	               name->namespace, name->name);
}

static int read_claim(struct vc_arena *arena, struct vc_cluster *cluster,
                      const struct vc_cluster_name *name, struct vc_pin_claim *ret_claim,
                      struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	const struct vc_kube_target target = {
		.resource = &vc_kube_claims,
		.namespace = name->namespace,
		.name = name->name,
	};
	struct vc_err failed = VC_ERR_INIT;
	struct vc_kube_text text;

	if (vc_kube_get(cluster->kube, &scratch, &target, &text, &failed) < 0) {
		if (failed.kind == VC_ERR_REMOTE &&
		    vc_kube_status_absent(vc_kube_last(cluster->kube)))
			return fail_absent(name, err);
		*err = failed;
		return -(int)err->kind;
	}
	if (vc_pin_claim_parse(arena, &text, ret_claim, err) < 0)
		return vc_err_context(err, "%s/%s", name->namespace, name->name);
	return 0;
}

/* Whoever may not read VMs sees the rest all the same. */
static enum vc_vm_state look_up(struct vc_cluster *cluster,
                                const struct vc_pin_claim *claim,
                                const struct vc_pin_holder *holder)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	const struct vc_kube_target target = {
		.resource = &vc_kube_vms,
		.namespace = claim->namespace,
		.name = holder->name,
	};
	struct vc_err err = VC_ERR_INIT;
	struct vc_kube_text text;
	struct vc_pin_vm vm;

	if (vc_kube_get(cluster->kube, &scratch, &target, &text, &err) < 0)
		return err.kind == VC_ERR_REMOTE &&
		                       vc_kube_status_absent(vc_kube_last(cluster->kube))
		               ? VC_VM_GONE
		               : VC_VM_UNKNOWN;
	if (vc_pin_vm_parse(&scratch, &text, &vm, &err) < 0)
		return VC_VM_UNKNOWN;
	if (strcmp(vm.uid, holder->uid) != 0)
		return VC_VM_GONE;
	return vm.deleting ? VC_VM_DELETING : VC_VM_THERE;
}

static int read_held(struct vc_arena *arena, struct vc_cluster *cluster,
                     const struct vc_cluster_name *name, struct vc_held_claim *ret_held,
                     struct vc_err *err)
{
	struct vc_held_claim held = { 0 };
	unsigned n_vms = 0;

	if (read_claim(arena, cluster, name, &held.claim, err) < 0)
		return -(int)err->kind;
	held.vms = vc_arena_alloc(arena, held.claim.holders.n + 1, sizeof(*held.vms));
	if (!held.vms)
		return vc_fail_oom(err);
	for (size_t i = 0; i < held.claim.holders.n; i++)
		if (vc_pin_is_vm(&held.claim.holders.v[i]) && n_vms++ < VMS_MAX)
			held.vms[i] =
				look_up(cluster, &held.claim, &held.claim.holders.v[i]);
	*ret_held = held;
	return 0;
}

/**
 * vc_holder_release() - What makes a holder let a claim go
 * @arena:	for texts
 * @held:	claim
 * @i:		holder
 *
 * Return: a clause
 */
const char *vc_holder_release(struct vc_arena *arena, const struct vc_held_claim *held,
                              size_t i)
{
	const struct vc_pin_claim *claim = &held->claim;
	const struct vc_pin_holder *holder = &claim->holders.v[i];
	bool gone = held->vms[i] == VC_VM_GONE;

	if (vc_pin_is_ours(claim, holder)) {
		if (claim->record_by)
			return gone ? "goes as soon as virt-claim-controller sees that "
			              "the virtual machine is gone"
			            : "goes with the annotation that asks for it, or "
			              "with the virtual machine";
		return vc_arena_printf(arena, "%s 'virt-claim unpin %s/%s'",
		                       gone ? "the virtual machine is gone: run"
		                            : "goes with",
		                       claim->namespace, claim->name);
	}
	if (*holder->group == '\0' && strcmp(holder->resource, "pods") == 0)
		return "goes when the pod has ended";
	if (!holder->managers.other)
		return "whoever entered it has to remove it";
	return vc_arena_printf(arena, "'%s' has to remove it", holder->managers.other);
}

/**
 * vc_finalizer_release() - What makes a finalizer go
 * @finalizer:	finalizer
 *
 * Return: a clause
 */
const char *vc_finalizer_release(const struct vc_pin_finalizer *finalizer)
{
	return strcmp(finalizer->name, VC_PIN_FINALIZER) == 0
	               ? "Kubernetes removes it when nobody holds the claim"
	               : "whoever put it there has to remove it";
}

/**
 * vc_show_cluster_claims() - Print claims of an API server
 * @arena:	holds everything
 * @cluster:	server
 * @json:	for programs
 * @operands:	"[NAMESPACE/]NAME"
 * @n_operands:	at least one
 * @err:	why not
 *
 * Return: 0, -VC_ERR_USAGE, -VC_ERR_ABSENT (no such claim), or as vc_kube_get()
 */
int vc_show_cluster_claims(struct vc_arena *arena, struct vc_cluster *cluster, bool json,
                           char **operands, int n_operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	struct vc_held_claim *v = vc_arena_alloc(arena, (size_t)n_operands, sizeof(*v));

	if (!v)
		return vc_fail_oom(err);
	for (int i = 0; i < n_operands; i++) {
		struct vc_cluster_name name;

		if (vc_cluster_name_parse(arena, cluster, operands[i], &name, err) < 0 ||
		    read_held(arena, cluster, &name, &v[i], err) < 0)
			return -(int)err->kind;
		if (json)
			continue;
		vc_buf_puts(&buf, i > 0 ? "\n" : "");
		if (vc_held_claim_text(arena, &v[i], &buf, err) < 0)
			return -(int)err->kind;
	}
	if (json && vc_held_claims_json(arena, v, (size_t)n_operands, &buf, err) < 0)
		return -(int)err->kind;
	return vc_output_buf(&buf, err);
}
