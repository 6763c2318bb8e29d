/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/show_cluster.h"

/* What an object says may be meant for the terminal. */
static void add_printable(struct vc_buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		vc_buf_add(buf, c < 0x20 || c == 0x7f ? "?" : text, 1);
	}
}

static void add_line(struct vc_buf *buf, const char *label, const char *text)
{
	vc_buf_puts(buf, label);
	add_printable(buf, text);
	vc_buf_puts(buf, "\n");
}

/* The entry that decides: ours, else any VM's */
static const struct vc_pin_holder *pinner(const struct vc_pin_claim *claim)
{
	const struct vc_pin_holder *found = NULL;

	for (size_t i = 0; i < claim->holders.n; i++) {
		const struct vc_pin_holder *holder = &claim->holders.v[i];

		if (vc_pin_is_ours(claim, holder))
			return holder;
		if (!found && vc_pin_is_vm(holder))
			found = holder;
	}
	return found;
}

static const char *pinned_text(struct vc_arena *arena, const struct vc_pin_claim *claim)
{
	const struct vc_pin_holder *holder = pinner(claim);

	if (holder)
		return vc_arena_printf(arena, "pinned to virtual machine '%s'",
		                       holder->name);
	if (claim->record_vm)
		return vc_arena_printf(arena,
		                       "a pin to virtual machine '%s' is incomplete; run "
		                       "'virt-claim pin' again, or 'virt-claim unpin'",
		                       claim->record_vm);
	if (claim->allocated && claim->holders.n == 0)
		return "held by nobody, so it may lose its devices";
	return "not pinned";
}

static int add_state(struct vc_arena *arena, const struct vc_pin_claim *claim,
                     struct vc_buf *buf, struct vc_err *err)
{
	const char *pinned = pinned_text(arena, claim);

	if (!pinned)
		return vc_fail_oom(err);
	vc_buf_printf(buf, "  state: %s",
	              claim->allocated ? "allocated" : "not allocated");
	if (claim->deleted)
		vc_buf_printf(buf, ", being deleted since %s", claim->deleted);
	add_line(buf, ", ", pinned);
	if (claim->pod_claim || claim->extended)
		vc_buf_puts(buf, "  made for one pod: it cannot be pinned\n");
	if (claim->admin_device)
		vc_buf_puts(buf, "  allocated with adminAccess: it cannot be pinned\n");
	return 0;
}

static void add_allocation(const struct vc_pin_claim *claim, struct vc_buf *buf)
{
	if (!claim->allocated)
		return;
	vc_buf_puts(buf, "  node: ");
	for (size_t i = 0; i < claim->nodes.n; i++) {
		vc_buf_puts(buf, i > 0 ? ", " : "");
		add_printable(buf, claim->nodes.v[i]);
	}
	vc_buf_puts(buf, claim->nodes.n == 0 ? "the allocation names none" : "");
	if (claim->allocated_at)
		vc_buf_printf(buf, ", since %s\n", claim->allocated_at);
	else
		vc_buf_puts(buf, "; without allocationTimestamp, so pods that want it "
		                 "fail in the scheduler\n");
	vc_buf_puts(buf, claim->devices.n > 0 ? "  devices:\n" : "");
	for (size_t i = 0; i < claim->devices.n; i++)
		add_line(buf, "    ", claim->devices.v[i]);
}

static const char *kind_text(const struct vc_pin_holder *holder)
{
	if (vc_pin_is_vm(holder))
		return "virtual machine";
	if (*holder->group == '\0' && strcmp(holder->resource, "pods") == 0)
		return "pod";
	return holder->resource;
}

static const char *by_text(struct vc_arena *arena, const struct vc_pin_claim *claim,
                           const struct vc_pin_holder *holder)
{
	bool ours = vc_pin_is_ours(claim, holder);
	const char *also = ours && holder->managers.other ? holder->managers.other : NULL;
	const char *by = holder->managers.other ? holder->managers.other : "?";

	if (ours)
		by = claim->record_by ? "virt-claim-controller" : "virt-claim";
	return vc_arena_printf(arena, "by %s%s%s%s%s", by, also ? " and " : "",
	                       also ? also : "", holder->managers.since ? ", since " : "",
	                       holder->managers.since ? holder->managers.since : "");
}

static const char *vm_text(enum vc_vm_state state)
{
	static const char *const texts[] = {
		[VC_VM_UNKNOWN] = "",
		[VC_VM_THERE] = "",
		[VC_VM_DELETING] = ", being deleted",
		[VC_VM_GONE] = ", gone",
	};

	return texts[state];
}

static int add_holder(struct vc_arena *arena, const struct vc_held_claim *held, size_t i,
                      struct vc_buf *buf, struct vc_err *err)
{
	const struct vc_pin_holder *holder = &held->claim.holders.v[i];
	const char *by = by_text(arena, &held->claim, holder);
	const char *release = vc_holder_release(arena, held, i);

	if (!by || !release)
		return vc_fail_oom(err);
	vc_buf_printf(buf, "    %s '", kind_text(holder));
	add_printable(buf, holder->name);
	vc_buf_printf(buf, "' (%s)%s\n", holder->uid, vm_text(held->vms[i]));
	add_line(buf, "      ", by);
	add_line(buf, "      ", release);
	return 0;
}

static void add_finalizers(const struct vc_pin_claim *claim, struct vc_buf *buf)
{
	vc_buf_puts(buf, claim->finalizers.n > 0 ? "  finalizers:\n" : "");
	for (size_t i = 0; i < claim->finalizers.n; i++) {
		const struct vc_pin_finalizer *f = &claim->finalizers.v[i];
		const char *other = f->managers.other ? f->managers.other : "?";

		add_line(buf, "    ", f->name);
		add_line(buf, "      by ", f->managers.ours ? VC_PIN_MANAGER : other);
		add_line(buf, "      ", vc_finalizer_release(f));
	}
}

/**
 * vc_held_claim_text() - A claim for people
 * @arena:	for texts
 * @held:	claim
 * @buf:	gets the text
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_held_claim_text(struct vc_arena *arena, const struct vc_held_claim *held,
                       struct vc_buf *buf, struct vc_err *err)
{
	const struct vc_pin_claim *claim = &held->claim;

	vc_buf_printf(buf, "claim %s/%s (%s)\n", claim->namespace, claim->name,
	              claim->uid);
	if (add_state(arena, claim, buf, err) < 0)
		return -(int)err->kind;
	add_allocation(claim, buf);
	vc_buf_puts(buf, claim->holders.n > 0 ? "  held by:\n" : "");
	for (size_t i = 0; i < claim->holders.n; i++)
		if (add_holder(arena, held, i, buf, err) < 0)
			return -(int)err->kind;
	add_finalizers(claim, buf);
	return 0;
}
