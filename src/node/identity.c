/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: every device of the inventory is held against what was recorded
 * (likeness.c). One that is the same is it, wherever it is. When none is, the best of the
 * others decides what is said: one whose evidence cannot be seen, one that is the same in
 * part, the one that sits in its slot now.
 *
 * [PCIe] the functions of one card share its device serial number and vital product data.
 * Among them the number of the function says which one it is.
 */
#include "node/identity.h"

#include <string.h>

#include "claim/names.h"
#include "node/likeness.h"

#define ADOPT "'virt-claim claim adopt'"

/* So many devices are named in a message. */
#define NAMED_MAX 4U

static int copy_text(struct vc_arena *arena, const char *text, char **ret_text,
                     struct vc_err *err)
{
	char *copy = text ? vc_arena_strdup(arena, text) : NULL;

	if (text && !copy)
		return vc_fail_oom(err);
	*ret_text = copy;
	return 0;
}

/* One line that fits into a claim. */
static bool is_recordable(const struct vc_evidence *e)
{
	return !e->useless && vc_is_one_line(e->value) &&
	       strlen(e->value) <= VC_IDENTITY_TEXT_MAX;
}

static int record_evidence(struct vc_arena *arena, const struct vc_host_device *d,
                           struct vc_identity *identity, struct vc_err *err)
{
	for (size_t i = 0; i < d->evidence.n; i++) {
		const struct vc_evidence *e = &d->evidence.v[i];
		struct vc_evidence *slot;

		if (!is_recordable(e) || identity->evidence.n == VC_IDENTITY_EVIDENCE_MAX)
			continue;
		slot = vc_list_push(arena, &identity->evidence);
		if (!slot)
			return vc_fail_oom(err);
		slot->kind = e->kind;
		slot->useless = NULL;
		if (copy_text(arena, e->value, &slot->value, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static void record_ids(const struct vc_host_device *d, struct vc_identity *identity)
{
	if (d->kind == VC_DEVICE_USB) {
		identity->vendor = d->usb.vendor;
		identity->device = d->usb.product;
	}
	if (d->kind != VC_DEVICE_PCI)
		return;
	identity->vendor = d->pci.vendor;
	identity->device = d->pci.device;
	identity->subsystem_vendor = d->pci.subsystem_vendor;
	identity->subsystem_device = d->pci.subsystem_device;
}

/**
 * vc_identity_record() - Note what a device is
 * @arena:	holds the identity
 * @device:	PCI function or USB device; a type of mediated devices or one of them stands
 *		for its parent, which is no PCI function
 * @boot_id:	boot in which it is seen
 * @ret_identity: identity
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_identity_record(struct vc_arena *arena, const struct vc_host_device *device,
                       const char *boot_id, struct vc_identity *ret_identity,
                       struct vc_err *err)
{
	bool is_parent =
		device->kind == VC_DEVICE_MDEV_TYPE || device->kind == VC_DEVICE_MDEV;
	struct vc_identity identity = {
		.kind = is_parent ? VC_DEVICE_MDEV : device->kind,
		.seen = is_parent ? VC_SEEN_ON_HOST_DRIVER : device->seen,
	};
	const char *parent = is_parent ? device->mdev.parent : NULL;

	record_ids(device, &identity);
	if (record_evidence(arena, device, &identity, err) < 0 ||
	    copy_text(arena, is_parent ? parent : device->slot_path, &identity.slot_path,
	              err) < 0 ||
	    copy_text(arena, is_parent ? parent : device->address, &identity.address,
	              err) < 0 ||
	    copy_text(arena, boot_id, &identity.boot_id, err) < 0)
		return -(int)err->kind;
	*ret_identity = identity;
	return 0;
}

/* Searching */

struct candidate {
	struct vc_host_device *device;
	struct vc_comparison c;
};

struct candidates {
	struct candidate *v;
	size_t n, cap;
};

/**
 * struct search - a device that is looked for
 * @arena:	holds notes and texts of messages
 * @scratch:	holds candidates, which may be as many as there are devices
 * @identity:	what it is
 * @same, @maybe, @partly: devices by their likeness
 * @in_slot:	what is in its slot now; NULL nothing, or that is not known
 * @failed:	no memory
 */
struct search {
	struct vc_arena *arena, *scratch;
	const struct vc_identity *identity;
	struct candidates same, maybe, partly;
	struct vc_host_device *in_slot;
	bool failed;
};

static void add_candidate(struct search *s, struct candidates *list,
                          struct vc_host_device *d, const struct vc_comparison *c)
{
	struct candidate *slot = vc_list_push(s->scratch, list);

	if (slot)
		*slot = (struct candidate){ d, *c };
	else
		s->failed = true;
}

/* One parent of mediated devices is in the inventory as many of its types and devices:
 * the first stands for it. */
static void add_device(struct search *s, struct vc_host_device *d)
{
	const struct vc_comparison c = vc_identity_compare(s->identity, d);

	if (c.same_slot && !s->in_slot)
		s->in_slot = d;
	switch (c.likeness) {
	case VC_LIKE_SAME:
		if (s->identity->kind != VC_DEVICE_MDEV || s->same.n == 0)
			add_candidate(s, &s->same, d, &c);
		break;
	case VC_LIKE_MAYBE:
		add_candidate(s, &s->maybe, d, &c);
		break;
	case VC_LIKE_PARTLY:
		add_candidate(s, &s->partly, d, &c);
		break;
	case VC_LIKE_OTHER:
		break;
	}
}

/* "01.0" of "\_SB_.PC12/00.0/01.0" */
static const char *last_part(const char *slot_path)
{
	const char *slash = slot_path ? strrchr(slot_path, '/') : NULL;

	return slash ? slash + 1 : "";
}

static bool on_one_card(const struct candidates *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct vc_host_device *d = list->v[i].device;
		struct vc_pci_address card = list->v[0].device->pci.address;

		card.function = d->pci.address.function;
		if (d->kind != VC_DEVICE_PCI ||
		    vc_pci_address_compare(&card, &d->pci.address) != 0)
			return false;
	}
	return list->n > 0;
}

/* Functions of one card: that with the recorded number remains. */
static void narrow(struct search *s)
{
	const char *part = last_part(s->identity->slot_path);
	size_t n = 0;

	if (s->same.n < 2 || s->identity->kind != VC_DEVICE_PCI || !on_one_card(&s->same))
		return;
	for (size_t i = 0; i < s->same.n; i++)
		if (strcmp(last_part(s->same.v[i].device->slot_path), part) == 0)
			s->same.v[n++] = s->same.v[i];
	if (n > 0)
		s->same.n = n;
}

/* Texts of messages; NULL when out of memory. */

static const char *evidence_text(struct search *s, const struct vc_evidence *e)
{
	return vc_arena_printf(s->arena, "%s '%.80s'", vc_evidence_kind_name(e->kind),
	                       e->value);
}

static const char *ids_text(struct search *s, const struct vc_host_device *d)
{
	if (d->kind == VC_DEVICE_USB)
		return vc_arena_printf(s->arena, "%04x:%04x", d->usb.vendor,
		                       d->usb.product);
	return vc_arena_printf(s->arena, "%04x:%04x, subsystem %04x:%04x", d->pci.vendor,
	                       d->pci.device, d->pci.subsystem_vendor,
	                       d->pci.subsystem_device);
}

static const char *recorded_ids_text(struct search *s)
{
	const struct vc_identity *i = s->identity;

	if (i->kind == VC_DEVICE_USB)
		return vc_arena_printf(s->arena, "%04x:%04x", i->vendor, i->device);
	return vc_arena_printf(s->arena, "%04x:%04x, subsystem %04x:%04x", i->vendor,
	                       i->device, i->subsystem_vendor, i->subsystem_device);
}

/* "nvmeSerial 'A', dsn 'B'", or the ids. */
static const char *recorded_text(struct search *s)
{
	const struct vc_identity *identity = s->identity;
	const char *text = NULL;

	for (size_t i = 0; i < identity->evidence.n && i < NAMED_MAX; i++) {
		const char *next = evidence_text(s, &identity->evidence.v[i]);

		text = text && next ? vc_arena_printf(s->arena, "%s, %s", text, next)
		                    : next;
		if (!text)
			return NULL;
	}
	return text ? text : recorded_ids_text(s);
}

/* "0000:65:00.0 (144d:a80a, nvmeSerial 'B')" */
static const char *device_text(struct search *s, const struct vc_host_device *d)
{
	const char *ids = ids_text(s, d);
	const char *evidence =
		d->evidence.n > 0 ? evidence_text(s, &d->evidence.v[0]) : "";

	if (!ids || !evidence)
		return NULL;
	return vc_arena_printf(s->arena, "%s (%s%s%s)", d->address, ids,
	                       *evidence ? ", " : "", evidence);
}

/* "0000:65:00.0 or 0000:66:00.0" */
static const char *list_text(struct search *s, const struct candidates *list,
                             const char *between)
{
	const char *text = list->v[0].device->address;

	for (size_t i = 1; text && i < list->n && i < NAMED_MAX; i++)
		text = vc_arena_printf(s->arena, "%s%s%s", text, between,
		                       list->v[i].device->address);
	if (text && list->n > NAMED_MAX)
		text = vc_arena_printf(s->arena, "%s (and %zu more)", text,
		                       list->n - NAMED_MAX);
	return text;
}

/* Why evidence cannot be seen. */
static const char *unseen_text(struct search *s, const struct vc_host_device *d)
{
	switch (d->seen) {
	case VC_SEEN_ON_VFIO:
		return vc_arena_printf(s->arena, "while '%s' holds it",
		                       d->driver ? d->driver : "vfio-pci");
	case VC_SEEN_ON_NOTHING:
		return "while no driver has it";
	case VC_SEEN_ON_HOST_DRIVER:
		break;
	}
	return "now, although its driver has it";
}

/* Refusals */

static int fail_missing(struct search *s, struct vc_err *err)
{
	const char *who = recorded_text(s);
	const char *now = s->in_slot ? device_text(s, s->in_slot) : "";

	if (s->identity->kind == VC_DEVICE_MDEV)
		return vc_fail(err, VC_ERR_REFUSED,
		               "nothing called '%s' makes mediated devices now; is its "
		               "driver loaded?",
		               s->identity->slot_path);
	if (!who || !now)
		return vc_fail_oom(err);
	return vc_fail(err, VC_ERR_REFUSED,
	               "the device with %s is not here; it was last seen at %s%s%s; put "
	               "it back, or accept another one with " ADOPT,
	               who, s->identity->address, *now ? ", and in its slot is now " : "",
	               now);
}

/* "nvmeSerial was 'A' and is 'B'" */
static const char *difference_text(struct search *s, const struct candidate *one)
{
	const char *was = recorded_ids_text(s), *is = ids_text(s, one->device);

	if (one->c.was)
		return vc_arena_printf(s->arena, "its %s was '%.80s' and is '%.80s'",
		                       vc_evidence_kind_name(one->c.was->kind),
		                       one->c.was->value, one->c.is->value);
	if (!was || !is)
		return NULL;
	return vc_arena_printf(s->arena, "its ids were %s and are %s", was, is);
}

static int fail_partly(struct search *s, struct vc_err *err)
{
	const struct candidate *one = &s->partly.v[0];
	const char *same = one->c.same ? evidence_text(s, one->c.same) : "its slot";
	const char *difference = difference_text(s, one);

	if (!same || !difference)
		return vc_fail_oom(err);
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s has %s as recorded, but %s; if it is meant, accept it with " ADOPT,
		one->device->address, same, difference);
}

static int fail_unverified(struct search *s, struct vc_err *err)
{
	const struct candidate *one = &s->maybe.v[0];
	const char *which, *evidence, *why;

	for (size_t i = 0; i < s->maybe.n; i++)
		if (s->maybe.v[i].c.same_slot)
			one = &s->maybe.v[i];
	which = one->c.same_slot ? one->device->address : list_text(s, &s->maybe, " or ");
	evidence = evidence_text(s, one->c.unseen);
	why = unseen_text(s, one->device);
	if (!which || !evidence || !why)
		return vc_fail_oom(err);
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s may be it, but whether it has %s cannot be seen %s; let the "
		"driver of the host have it once, or accept it as it is with " ADOPT,
		which, evidence, why);
}

static int fail_ambiguous(struct search *s, struct vc_err *err)
{
	const struct candidate *one = &s->same.v[0];
	const char *which = list_text(s, &s->same, " and ");
	const char *what = one->c.same ? evidence_text(s, one->c.same) : "its slot";

	if (!which || !what)
		return vc_fail_oom(err);
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s all have %s, so that none of them is certain; '" ADOPT
	               " --device ADDRESS' says which is meant",
	               which, what);
}

static int fail_unstable(struct search *s, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "nothing proves which device it is, and its slot '%s' has another "
	               "name after a change of the hardware; accept a device with " ADOPT
	               " --device ADDRESS",
	               s->identity->slot_path ? s->identity->slot_path : "unknown");
}

/* Success */

static const char *recognised_text(struct search *s, const struct candidate *one,
                                   bool by_journal)
{
	if (by_journal)
		return "recognised by the journal: virt-claim bound it in this boot";
	if (s->identity->evidence.n == 0 && s->identity->kind != VC_DEVICE_MDEV)
		return "recognised by its ids and its slot only: another one of its kind "
		       "would be taken for it there";
	if (one->c.same && one->c.same->kind == VC_EVIDENCE_DSN)
		return "recognised by its device serial number, which not every maker "
		       "keeps unique";
	return NULL;
}

static int accept(struct search *s, const struct candidate *one, bool by_journal,
                  struct vc_located *ret_located, struct vc_err *err)
{
	const char *little = recognised_text(s, one, by_journal);
	const char *now = s->identity->kind == VC_DEVICE_MDEV ? one->device->mdev.parent
	                                                      : one->device->address;
	struct vc_located located = {
		.device = one->device,
		.moved = strcmp(now, s->identity->address) != 0,
	};

	if (located.moved || little) {
		located.note = vc_arena_printf(
			s->arena, "%s%s%s%s", located.moved ? "moved from " : "",
			located.moved ? s->identity->address : "",
			located.moved && little ? "; " : "", little ? little : "");
		if (!located.note)
			return vc_fail_oom(err);
	}
	*ret_located = located;
	return 0;
}

/* Where the journal says, and still on the driver that it was given to. */
static bool is_ours(const struct vc_host_device *d, const struct vc_pci_address *ours)
{
	return ours && d->kind == VC_DEVICE_PCI && d->seen == VC_SEEN_ON_VFIO &&
	       vc_pci_address_compare(&d->pci.address, ours) == 0;
}

static const struct candidate *find_ours(const struct candidates *list,
                                         const struct vc_pci_address *ours)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_ours(list->v[i].device, ours))
			return &list->v[i];
	return NULL;
}

/* Only its place says that it is the one, and places have other names tomorrow. */
static bool is_unstable(const struct vc_identity *identity)
{
	return identity->evidence.n == 0 && identity->kind != VC_DEVICE_MDEV &&
	       !vc_slot_path_is_stable(identity->slot_path);
}

static int decide(struct search *s, const struct vc_pci_address *ours,
                  struct vc_located *ret_located, struct vc_err *err)
{
	const struct candidate *bound = find_ours(&s->maybe, ours);

	if (is_unstable(s->identity)) {
		bound = find_ours(&s->same, ours);
		s->same.n = 0;
		if (!bound)
			return fail_unstable(s, err);
	}
	if (s->same.n > 1)
		return fail_ambiguous(s, err);
	if (s->same.n == 1)
		return accept(s, &s->same.v[0], false, ret_located, err);
	if (bound)
		return accept(s, bound, true, ret_located, err);
	if (s->maybe.n > 0)
		return fail_unverified(s, err);
	return s->partly.n > 0 ? fail_partly(s, err) : fail_missing(s, err);
}

/**
 * vc_identity_locate() - Find a device again
 * @arena:	holds the note
 * @inventory:	the machine now
 * @identity:	what was recorded
 * @ours:	where the journal of this boot says that it is; NULL it does not
 * @ret_located: where it is
 * @err:	why none can be taken for it: what was recorded, what is there, what to do
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_identity_locate(struct vc_arena *arena, const struct vc_inventory *inventory,
                       const struct vc_identity *identity,
                       const struct vc_pci_address *ours, struct vc_located *ret_located,
                       struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	struct search s = { .arena = arena, .scratch = &scratch, .identity = identity };

	for (size_t i = 0; i < inventory->devices.n && !s.failed; i++)
		add_device(&s, &inventory->devices.v[i]);
	if (s.failed)
		return vc_fail_oom(err);
	narrow(&s);
	return decide(&s, ours, ret_located, err);
}
