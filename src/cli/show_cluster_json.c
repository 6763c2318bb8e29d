/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/json_writer.h"
#include "cli/show_cluster.h"

static void add_texts(struct vc_json_writer *w, const char *key,
                      const struct vc_pin_texts *texts)
{
	vc_json_array(w, key);
	for (size_t i = 0; i < texts->n; i++)
		vc_json_string(w, NULL, texts->v[i]);
	vc_json_close(w);
}

static void add_managers(struct vc_json_writer *w, const struct vc_pin_managers *managers)
{
	vc_json_array(w, "by");
	if (managers->ours)
		vc_json_string(w, NULL, VC_PIN_MANAGER);
	if (managers->other)
		vc_json_string(w, NULL, managers->other);
	vc_json_close(w);
	vc_json_string_if(w, "since", managers->since);
}

static void add_vm_state(struct vc_json_writer *w, enum vc_vm_state state)
{
	static const char *const names[] = {
		[VC_VM_UNKNOWN] = NULL,
		[VC_VM_THERE] = "there",
		[VC_VM_DELETING] = "deleting",
		[VC_VM_GONE] = "gone",
	};

	vc_json_string_if(w, "virtualMachine", names[state]);
}

static int add_holder(struct vc_arena *arena, struct vc_json_writer *w,
                      const struct vc_held_claim *held, size_t i, struct vc_err *err)
{
	const struct vc_pin_holder *holder = &held->claim.holders.v[i];
	const char *release = vc_holder_release(arena, held, i);

	if (!release)
		return vc_fail_oom(err);
	vc_json_object(w, NULL);
	vc_json_string(w, "apiGroup", holder->group);
	vc_json_string(w, "resource", holder->resource);
	vc_json_string(w, "name", holder->name);
	vc_json_string(w, "uid", holder->uid);
	vc_json_bool(w, "pinnedByUs", vc_pin_is_ours(&held->claim, holder));
	add_managers(w, &holder->managers);
	add_vm_state(w, held->vms[i]);
	vc_json_string(w, "release", release);
	vc_json_close(w);
	return 0;
}

static void add_finalizers(struct vc_json_writer *w, const struct vc_pin_claim *claim)
{
	vc_json_array(w, "finalizers");
	for (size_t i = 0; i < claim->finalizers.n; i++) {
		const struct vc_pin_finalizer *f = &claim->finalizers.v[i];

		vc_json_object(w, NULL);
		vc_json_string(w, "name", f->name);
		add_managers(w, &f->managers);
		vc_json_string(w, "release", vc_finalizer_release(f));
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_record(struct vc_json_writer *w, const struct vc_pin_claim *claim)
{
	if (!claim->record_uid)
		return;
	vc_json_object(w, "pin");
	vc_json_string(w, "virtualMachine", claim->record_vm);
	vc_json_string(w, "uid", claim->record_uid);
	vc_json_bool(w, "controller", claim->record_by != NULL);
	vc_json_close(w);
}

static int add_claim(struct vc_arena *arena, struct vc_json_writer *w,
                     const struct vc_held_claim *held, struct vc_err *err)
{
	const struct vc_pin_claim *claim = &held->claim;

	vc_json_object(w, NULL);
	vc_json_string(w, "namespace", claim->namespace);
	vc_json_string(w, "name", claim->name);
	vc_json_string(w, "uid", claim->uid);
	vc_json_bool(w, "allocated", claim->allocated);
	vc_json_string_if(w, "allocatedAt", claim->allocated_at);
	vc_json_string_if(w, "deletedAt", claim->deleted);
	add_texts(w, "nodes", &claim->nodes);
	add_texts(w, "devices", &claim->devices);
	add_record(w, claim);
	vc_json_array(w, "holders");
	for (size_t i = 0; i < claim->holders.n; i++)
		if (add_holder(arena, w, held, i, err) < 0)
			return -(int)err->kind;
	vc_json_close(w);
	add_finalizers(w, claim);
	vc_json_close(w);
	return 0;
}

/**
 * vc_held_claims_json() - Claims for programs
 * @arena:	for texts
 * @v:		claims
 * @n:		how many
 * @buf:	gets one document
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_held_claims_json(struct vc_arena *arena, const struct vc_held_claim *v, size_t n,
                        struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_array(&w, "claims");
	for (size_t i = 0; i < n; i++)
		if (add_claim(arena, &w, &v[i], err) < 0)
			return -(int)err->kind;
	vc_json_close(&w);
	vc_json_close(&w);
	return buf->failed ? vc_fail_oom(err) : 0;
}
