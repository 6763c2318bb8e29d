/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.c - what proves which device this is, apart from where it is.
 *
 * A value proves nothing when a device of another slot says the same: makers give whole
 * series one serial number. The functions of one card may well share theirs, and VFs
 * have that of their PF.
 */
#include <stdlib.h>
#include <string.h>

#include "host/pci.h"
#include "host/scan.h"

/* For one device, and for all of them: then the rest stays unread. */
#define VPD_DEADLINE_MS 2000U
#define VPD_SLOW_MAX    3U

/* One evidence, and whose card it is on. */
struct entry {
	struct vc_evidence *evidence;
	const struct vc_host_device *device;
	struct vc_pci_address card; /* function 0 */
};

/* Nothing but zeros or nothing but ones is what unprogrammed memory says. */
static bool is_blank(enum vc_evidence_kind kind, const char *value)
{
	size_t len = strlen(value);

	return strspn(value, "0:- .") == len ||
	       (kind == VC_EVIDENCE_DSN && strspn(value, "f") == len);
}

/**
 * vc_add_evidence() - Note what a device says about itself
 * @arena:	holds it
 * @device:	device
 * @kind:	kind of evidence
 * @value:	text as read; NULL or blank: nothing is noted
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_add_evidence(struct vc_arena *arena, struct vc_host_device *device,
                    enum vc_evidence_kind kind, const char *value, struct vc_err *err)
{
	char *text = vc_clean_text(vc_arena_strdup(arena, value));
	struct vc_evidence *slot;

	if (!text)
		return 0;
	slot = vc_list_push(arena, &device->evidence);
	if (!slot)
		return vc_fail_oom(err);
	slot->kind = kind;
	slot->value = text;
	if (is_blank(kind, text)) {
		slot->useless = vc_arena_strdup(arena, "it was never programmed");
		if (!slot->useless)
			return vc_fail_oom(err);
	}
	return 0;
}

static int compare_evidence(const void *a, const void *b)
{
	const struct vc_evidence *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->value, y->value);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = compare_evidence(x->evidence, y->evidence);

	/* Devices are in one array: their order is that of the inventory. */
	return c != 0 ? c : (x->device > y->device) - (x->device < y->device);
}

static struct vc_pci_address card_of(const struct vc_host_device *d)
{
	struct vc_pci_address card = { 0 };

	if (d->kind == VC_DEVICE_PCI)
		card = d->pci.is_vf ? d->pci.pf : d->pci.address;
	card.function = 0;
	return card;
}

static bool same_card(const struct entry *a, const struct entry *b)
{
	if (a->device == b->device)
		return true;
	return a->device->kind == VC_DEVICE_PCI && b->device->kind == VC_DEVICE_PCI &&
	       vc_pci_address_compare(&a->card, &b->card) == 0;
}

static int mark_duplicate(struct vc_arena *arena, struct entry *entry,
                          const struct entry *other, struct vc_err *err)
{
	if (entry->evidence->useless)
		return 0;
	entry->evidence->useless =
		vc_arena_printf(arena, "%s has the same", other->device->address);
	return entry->evidence->useless ? 0 : vc_fail_oom(err);
}

/* @v are the @n entries with one value; each is marked with the first on another card. */
static int judge_run(struct vc_arena *arena, struct entry *v, size_t n,
                     struct vc_err *err)
{
	const struct entry *other = NULL;

	for (size_t i = 1; i < n && !other; i++)
		if (!same_card(&v[0], &v[i]))
			other = &v[i];
	for (size_t i = 0; other && i < n; i++) {
		const struct entry *who = same_card(&v[0], &v[i]) ? other : &v[0];

		if (mark_duplicate(arena, &v[i], who, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* All evidence there is; NULL: no memory. */
static struct entry *collect(struct vc_scan *scan, size_t *ret_n)
{
	struct vc_inventory *inventory = scan->inventory;
	struct entry *v;
	size_t n = 0;

	for (size_t i = 0; i < inventory->devices.n; i++)
		n += inventory->devices.v[i].evidence.n;
	v = vc_arena_alloc(scan->arena, n + 1, sizeof(*v));
	if (!v)
		return NULL;
	n = 0;
	for (size_t i = 0; i < inventory->devices.n; i++) {
		struct vc_host_device *d = &inventory->devices.v[i];

		if (d->evidence.n > 1)
			qsort(d->evidence.v, d->evidence.n, sizeof(*d->evidence.v),
			      compare_evidence);
		for (size_t j = 0; j < d->evidence.n; j++)
			v[n++] = (struct entry){ &d->evidence.v[j], d, card_of(d) };
	}
	*ret_n = n;
	return v;
}

/**
 * vc_judge_evidence() - Find out which evidence proves something
 * @scan:	scan; all devices are known
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_judge_evidence(struct vc_scan *scan, struct vc_err *err)
{
	size_t n = 0;
	struct entry *v = collect(scan, &n);

	if (!v)
		return vc_fail_oom(err);
	qsort(v, n, sizeof(*v), compare_entries);
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n; next++)
			if (compare_evidence(v[i].evidence, v[next].evidence) != 0)
				break;
		if (judge_run(scan->arena, &v[i], next - i, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_scan_vpd() - Read the serial numbers in vital product data
 * @scan:	scan; its functions are known
 * @err:	out of memory
 *
 * [ABI-PCI] vpd is readable by root only. A device that does not answer costs its
 * deadline; after a few of them the others are not asked.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_scan_vpd(struct vc_scan *scan, struct vc_err *err)
{
	unsigned slow = 0;

	for (size_t i = 0; i < scan->inventory->n_pci && slow < VPD_SLOW_MAX; i++) {
		struct vc_host_device *d = &scan->inventory->devices.v[i];
		char *serial = NULL;
		int r;

		/* A VF shows that of its PF, or garbage. */
		if (!d->pci.has_vpd || d->pci.is_vf)
			continue;
		r = vc_pci_vpd_serial(scan->arena, scan->request->sysfs, &d->pci.address,
		                      VPD_DEADLINE_MS, &serial, err);
		if (r == -VC_ERR_INTERNAL)
			return r;
		if (r < 0) {
			slow++;
			vc_scan_note(scan, "vital product data of '%s': %s", d->address,
			             err->msg);
			*err = (struct vc_err)VC_ERR_INIT;
		}
		if (vc_add_evidence(scan->arena, d, VC_EVIDENCE_VPD, serial, err) < 0)
			return -(int)err->kind;
	}
	if (slow == VPD_SLOW_MAX)
		vc_scan_note(scan, "vital product data of further devices were not read");
	return 0;
}
