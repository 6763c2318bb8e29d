/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: wishes for an address come first, because they leave no choice.
 * Then each --match takes the first devices that fit. A device whose IOMMU group has other
 * members on drivers of the host is taken together with them: each has to be in the claim
 * already, or has to fit a wish that has room. A device for which that fails is passed
 * over, and its reason kept for the message.
 */
#include "node/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_attributes.h"
#include "node/claimed.h"
#include "node/match.h"
#include "node/taken.h"

/* So many devices that came close are named in a message. */
#define NAMED_MAX 6U

static const char own[] = "this claim";

/**
 * struct chosen - a device of the claim
 * @target:	what was chosen
 * @claimed:	what it becomes
 * @wish:	which one it answers
 * @number:	in the order of choice
 */
struct chosen {
	struct vc_claim_target target;
	struct vc_claimed_device claimed;
	size_t wish, number;
};

/**
 * struct selection - a claim that is being filled
 * @arena:	holds everything
 * @select:	what is decided on
 * @taken:	by other claims, and by this one
 * @chosen:	so far
 * @conditions:	of each wish; empty for an address
 * @left:	of each wish: devices that are still to be found
 * @attributes:	of each device of the inventory; NULL: nobody asked yet
 * @n_uuids:	how many were used
 * @close:	why devices that fit cannot be had
 * @n_close:	how many there are; NAMED_MAX are kept
 */
struct selection {
	struct vc_arena *arena;
	const struct vc_select *select;
	struct vc_taken taken;
	struct {
		struct chosen *v;
		size_t n, cap;
	} chosen;
	struct vc_conditions *conditions;
	unsigned *left;
	struct vc_attributes **attributes;
	size_t n_uuids;
	struct vc_names close;
	size_t n_close;
};

static struct vc_host_device *device_at(const struct selection *s, size_t i)
{
	return &s->select->inventory->devices.v[i];
}

/* Whether a device can be had */

static const char *join(struct vc_arena *arena, const struct vc_names *names,
                        const char *between)
{
	const char *text = names->n > 0 ? names->v[0] : "";

	for (size_t i = 1; text && i < names->n; i++)
		text = vc_arena_printf(arena, "%s%s%s", text, between, names->v[i]);
	return text;
}

/* @err gets only the reason. */
static int refuse(struct vc_err *err, const char *reason)
{
	return reason ? vc_fail(err, VC_ERR_REFUSED, "%s", reason) : vc_fail_oom(err);
}

/* The VF of a PF, when it exists. */
static struct vc_host_device *find_vf(const struct selection *s,
                                      const struct vc_host_device *pf, unsigned index)
{
	for (size_t i = 0; i < s->select->inventory->n_pci; i++) {
		struct vc_host_device *d = device_at(s, i);

		if (d->pci.is_vf && d->pci.vf_index >= 0 &&
		    (unsigned)d->pci.vf_index == index &&
		    vc_pci_address_compare(&d->pci.pf, &pf->pci.address) == 0)
			return d;
	}
	return NULL;
}

static int check_claimable(const struct selection *s, const struct vc_host_device *d,
                           struct vc_err *err)
{
	if (d->verdict.claimable)
		return 0;
	return refuse(err, d->verdict.reasons.n > 0
	                           ? join(s->arena, &d->verdict.reasons, "; ")
	                           : "it cannot be claimed");
}

/* Room for virtual functions that do not exist: the PF makes them. */
static int check_maker(const struct selection *s, const struct vc_host_device *pf,
                       struct vc_err *err)
{
	if (pf->protection)
		return refuse(err, vc_arena_printf(s->arena,
		                                   "the host needs its PF: it %s; making "
		                                   "virtual functions could interrupt it",
		                                   pf->protection));
	if (pf->iommu_group < 0)
		return refuse(err, "its PF has no IOMMU group");
	if (pf->pci.on_vfio)
		return refuse(err, "a vfio driver holds its PF, which makes no virtual "
		                   "functions for the host then");
	return 0;
}

static int check_vf(const struct selection *s, const struct vc_host_device *pf,
                    unsigned index, struct vc_err *err)
{
	const struct vc_host_device *vf = find_vf(s, pf, index);
	const char *reason = vc_taken_vf(&s->taken, pf, index);

	if (pf->kind != VC_DEVICE_PCI || pf->pci.is_vf || pf->pci.total_vfs == 0)
		return refuse(err, "is no physical function (SR-IOV)");
	if (pf->broken)
		return refuse(err,
		              vc_arena_printf(s->arena, "its PF cannot be judged: %s",
		                              pf->broken));
	if (pf->pci.n_vfs > 0 && index >= pf->pci.n_vfs)
		return refuse(err, vc_arena_printf(s->arena,
		                                   "there are %u virtual functions, and "
		                                   "more can only be made when there are "
		                                   "none",
		                                   pf->pci.n_vfs));
	if (index >= pf->pci.total_vfs)
		return refuse(err, vc_arena_printf(s->arena,
		                                   "it can have %u virtual functions",
		                                   pf->pci.total_vfs));
	if (reason)
		return refuse(err, reason);
	if (vf)
		return check_claimable(s, vf, err);
	return check_maker(s, pf, err);
}

static int check_type(const struct selection *s, const struct vc_host_device *type,
                      const struct vc_host_device *parent, struct vc_err *err)
{
	int64_t promised = vc_taken_instances(&s->taken, type);
	const char *reason = parent != type ? vc_taken_whole(&s->taken, parent) : NULL;

	if (check_claimable(s, type, err) < 0)
		return -(int)err->kind;
	if (reason)
		return refuse(err, vc_arena_printf(s->arena, "its parent: %s", reason));
	if (promised >= type->mdev.available)
		return refuse(err, vc_arena_printf(s->arena,
		                                   "%lld instances are left, and as many "
		                                   "are promised to claims",
		                                   (long long)type->mdev.available));
	return 0;
}

/* -VC_ERR_REFUSED with the reason alone. The group is looked at elsewhere. */
static int check_target(const struct selection *s, const struct vc_claim_target *target,
                        struct vc_err *err)
{
	const struct vc_host_device *d = target->device;
	const struct vc_host_device *base =
		vc_claim_target_base(s->select->inventory, target);
	const char *reason;

	if (target->vf_index >= 0)
		return check_vf(s, d, (unsigned)target->vf_index, err);
	if (!base)
		return refuse(err, "what it is made from is not to be found");
	if (d->kind == VC_DEVICE_MDEV_TYPE)
		return check_type(s, d, base, err);
	reason = vc_taken_device(&s->taken, d);
	return reason ? refuse(err, reason) : check_claimable(s, d, err);
}

/* Choosing */

/* Whether a member of a group is in the claim. */
static bool is_chosen(const struct selection *s, const struct vc_host_device *d)
{
	for (size_t i = 0; i < s->chosen.n; i++)
		if (s->chosen.v[i].target.vf_index < 0 &&
		    s->chosen.v[i].target.device == d)
			return true;
	return false;
}

/* A VF that exists is a device of its own. */
static struct vc_claim_target settle(const struct selection *s,
                                     const struct vc_claim_target *target)
{
	struct vc_host_device *vf =
		target->vf_index >= 0
			? find_vf(s, target->device, (unsigned)target->vf_index)
			: NULL;

	return vf ? (struct vc_claim_target){ vf, -1 } : *target;
}

/* There is room for it. On failure @err begins with the reason, or lacks memory. */
static int choose(struct selection *s, size_t wish, const struct vc_claim_target *target,
                  struct vc_err *err)
{
	const struct vc_wish *w = &s->select->wishes[wish];
	struct chosen one = { settle(s, target), { 0 }, wish, s->chosen.n };
	struct chosen *slot;

	if (vc_claimed_make(s->arena, s->select->inventory, &one.target,
	                    s->select->boot_id, s->select->uuids[s->n_uuids],
	                    &one.claimed, err) < 0)
		return -(int)err->kind;
	if ((w->mac || w->vlan != -1) && one.claimed.made_from != VC_MADE_FROM_PF)
		return refuse(err,
		              "only a virtual function can be given a MAC address or "
		              "a VLAN");
	slot = vc_list_push(s->arena, &s->chosen);
	if (!slot)
		return vc_fail_oom(err);
	*slot = one;
	s->n_uuids += target->device->kind == VC_DEVICE_MDEV_TYPE;
	s->left[wish]--;
	return vc_taken_add(s->arena, &s->taken, &one.claimed,
	                    vc_claim_target_base(s->select->inventory, &one.target), own,
	                    err);
}

/* "0000:65:00.0: REASON" is kept for the message; lack of memory stays an error. */
static int note_close(struct selection *s, const struct vc_claim_target *target,
                      struct vc_err *err)
{
	const char *what = vc_claim_target_text(s->arena, target);
	char **slot;

	if (err->kind != VC_ERR_REFUSED)
		return -(int)err->kind;
	if (s->n_close++ < NAMED_MAX) {
		slot = vc_list_push(s->arena, &s->close);
		if (slot && what)
			*slot = vc_arena_printf(s->arena, "%s: %.300s", what, err->msg);
		if (!slot || !what || !*slot)
			return vc_fail_oom(err);
	}
	*err = (struct vc_err)VC_ERR_INIT;
	return 0;
}

/* The reason of @err, with the device in front. */
static int refuse_target(const struct selection *s, const struct vc_claim_target *target,
                         struct vc_err *err)
{
	const char *what = vc_claim_target_text(s->arena, target);

	if (err->kind != VC_ERR_REFUSED)
		return -(int)err->kind;
	return vc_err_context(err, "%s", what ? what : target->device->address);
}

/* Groups */

static int fits_wish(struct selection *s, size_t wish, struct vc_host_device *d,
                     bool *ret_fits, struct vc_err *err)
{
	size_t i = (size_t)(d - s->select->inventory->devices.v);
	const struct vc_conditions *conditions = &s->conditions[wish];
	struct vc_attributes *attributes = s->attributes[i];

	if (!attributes) {
		attributes = vc_arena_alloc(s->arena, 1, sizeof(*attributes));
		if (!attributes)
			return vc_fail_oom(err);
		if (vc_host_device_attributes(s->arena, d, attributes, err) < 0)
			return -(int)err->kind;
		s->attributes[i] = attributes;
	}
	*ret_fits = conditions->n > 0;
	for (size_t k = 0; *ret_fits && k < conditions->n; k++)
		*ret_fits = vc_condition_fits(&conditions->v[k], d, attributes);
	return 0;
}

/* The first wish that has room for a device; n_wishes: none. */
static int find_room(struct selection *s, struct vc_host_device *d,
                     const unsigned planned[], size_t *ret_wish, struct vc_err *err)
{
	size_t wish = 0;

	for (; wish < s->select->n_wishes; wish++) {
		bool fits = false;

		if (s->left[wish] <= planned[wish])
			continue;
		if (fits_wish(s, wish, d, &fits, err) < 0)
			return -(int)err->kind;
		if (fits)
			break;
	}
	*ret_wish = wish;
	return 0;
}

static int refuse_group(const struct selection *s, const struct vc_host_device *d,
                        const struct vc_names *missing, struct vc_err *err)
{
	const char *list = join(s->arena, missing, ", ");

	if (!list)
		return vc_fail_oom(err);
	return vc_fail(err, VC_ERR_REFUSED,
	               "it cannot be claimed alone: IOMMU group %lld also has %s; claim "
	               "%s too, or take %s from the drivers of the host first",
	               (long long)d->iommu_group, list, missing->n == 1 ? "that" : "them",
	               missing->n == 1 ? "it" : "them");
}

/* One member of a group that has to be in the claim: where, or that it is missing. */
static int plan_member(struct selection *s, const char *name, unsigned planned[],
                       struct vc_names *missing, struct vc_err *err)
{
	struct vc_host_device *d = vc_inventory_find(s->select->inventory, name);
	size_t wish = s->select->n_wishes;
	char **slot;

	if (d && is_chosen(s, d))
		return 0;
	if (d && find_room(s, d, planned, &wish, err) < 0)
		return -(int)err->kind;
	if (d && wish < s->select->n_wishes) {
		const struct vc_claim_target target = { d, -1 };

		if (check_target(s, &target, err) == 0) {
			planned[wish]++;
			return 0;
		}
		if (err->kind != VC_ERR_REFUSED)
			return -(int)err->kind;
		*err = (struct vc_err)VC_ERR_INIT;
	}
	slot = vc_list_push(s->arena, missing);
	if (slot)
		*slot = d && d->driver ? vc_arena_printf(s->arena, "%s (on '%s')", name,
		                                         d->driver)
		                       : vc_arena_strdup(s->arena, name);
	return slot && *slot ? 0 : vc_fail_oom(err);
}

/* Whether those that have to be claimed with a device can be. @planned: of each wish, how
 * many devices of it are spoken for. */
static int check_group(struct selection *s, const struct vc_host_device *d,
                       unsigned planned[], struct vc_err *err)
{
	const struct vc_names *together = &d->verdict.together;
	struct vc_names missing = { 0 };

	for (size_t i = 0; i < together->n; i++)
		if (plan_member(s, together->v[i], planned, &missing, err) < 0)
			return -(int)err->kind;
	return missing.n > 0 ? refuse_group(s, d, &missing, err) : 0;
}

/* After check_group() said that there is room for all of them. */
static int choose_group(struct selection *s, const struct vc_host_device *d,
                        struct vc_err *err)
{
	unsigned *none = vc_arena_alloc(s->arena, s->select->n_wishes + 1, sizeof(*none));

	if (!none)
		return vc_fail_oom(err);
	for (size_t i = 0; i < d->verdict.together.n; i++) {
		struct vc_host_device *member =
			vc_inventory_find(s->select->inventory, d->verdict.together.v[i]);
		const struct vc_claim_target target = { member, -1 };
		size_t wish = 0;

		if (!member || is_chosen(s, member))
			continue;
		if (find_room(s, member, none, &wish, err) < 0)
			return -(int)err->kind;
		if (choose(s, wish, &target, err) < 0)
			return refuse_target(s, &target, err);
	}
	return 0;
}

/* Wishes for an address */

/* "0000:01:00.0/vf3" -> PF and 3; "0000:01:00.0/vf" -> PF and -1. False: something else. */
static bool parse_vf(struct selection *s, const char *text,
                     struct vc_host_device **ret_pf, int *ret_index)
{
	const char *slash = strrchr(text, '/');
	const char *cursor = slash ? slash + 1 : "";
	uint64_t index = 0;
	char *pf;

	if (!vc_parse_literal(&cursor, "vf") ||
	    (*cursor != '\0' && !vc_parse_number(cursor, VC_VF_INDEX_MAX, &index)))
		return false;
	pf = vc_arena_strndup(s->arena, text, (size_t)(slash - text));
	*ret_pf = pf ? vc_inventory_find(s->select->inventory, pf) : NULL;
	*ret_index = *cursor != '\0' ? (int)index : -1;
	return true;
}

static int absent(const char *address, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_ABSENT,
	               "there is no device '%.128s'; 'virt-claim devices' lists them all",
	               address);
}

/* The first VF of a PF that can be had. */
static int choose_any_vf(struct selection *s, size_t wish, struct vc_host_device *pf,
                         struct vc_err *err)
{
	unsigned n = pf->pci.n_vfs > 0 ? pf->pci.n_vfs : pf->pci.total_vfs;
	struct vc_claim_target target = { pf, 0 };
	struct vc_err first = VC_ERR_INIT;

	for (; (unsigned)target.vf_index < n; target.vf_index++) {
		if (check_target(s, &target, err) == 0)
			return choose(s, wish, &target, err);
		if (err->kind != VC_ERR_REFUSED)
			return -(int)err->kind;
		if (first.kind == VC_ERR_NONE)
			first = *err;
		*err = (struct vc_err)VC_ERR_INIT;
	}
	if (n == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s is no physical function (SR-IOV), and has no virtual "
		               "ones",
		               pf->address);
	return vc_fail(err, VC_ERR_REFUSED,
	               "none of the %u virtual functions of %s can be had; the first: "
	               "%.1000s",
	               n, pf->address, first.msg);
}

static int choose_target(struct selection *s, size_t wish,
                         const struct vc_claim_target *target, struct vc_err *err)
{
	if (check_target(s, target, err) < 0 || choose(s, wish, target, err) < 0)
		return refuse_target(s, target, err);
	return 0;
}

static int choose_address(struct selection *s, size_t wish, struct vc_err *err)
{
	const char *address = s->select->wishes[wish].address;
	struct vc_claim_target target = { NULL, -1 };
	bool is_vf = parse_vf(s, address, &target.device, &target.vf_index);

	if (!is_vf)
		target.device = vc_inventory_find(s->select->inventory, address);
	if (!target.device)
		return absent(address, err);
	if (s->left[wish] > 1 &&
	    (is_vf ? target.vf_index >= 0 : target.device->kind != VC_DEVICE_MDEV_TYPE))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s is one device, and %u are asked for", address,
		               s->left[wish]);
	while (s->left[wish] > 0)
		if ((is_vf && target.vf_index < 0
		             ? choose_any_vf(s, wish, target.device, err)
		             : choose_target(s, wish, &target, err)) < 0)
			return -(int)err->kind;
	return 0;
}

/* The groups of what was named: a --match may supply the rest of them. */
static int complete_groups(struct selection *s, struct vc_err *err)
{
	size_t n = s->chosen.n;

	for (size_t i = 0; i < n; i++) {
		const struct vc_claim_target target = s->chosen.v[i].target;
		unsigned *planned = vc_arena_alloc(s->arena, s->select->n_wishes + 1,
		                                   sizeof(*planned));

		if (!planned)
			return vc_fail_oom(err);
		if (target.vf_index >= 0) /* its group is seen when it is made */
			continue;
		if (check_group(s, target.device, planned, err) < 0)
			return refuse_target(s, &target, err);
		if (choose_group(s, target.device, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* Wishes for what fits */

static int try_device(struct selection *s, size_t wish, struct vc_host_device *d,
                      struct vc_err *err)
{
	const struct vc_claim_target target = { d, -1 };
	unsigned *planned =
		vc_arena_alloc(s->arena, s->select->n_wishes + 1, sizeof(*planned));

	if (!planned)
		return vc_fail_oom(err);
	planned[wish] = 1;
	if (check_target(s, &target, err) < 0 || check_group(s, d, planned, err) < 0 ||
	    choose(s, wish, &target, err) < 0)
		return note_close(s, &target, err);
	return choose_group(s, d, err);
}

/* A type of mediated devices can be chosen again. */
static bool is_used_up(const struct selection *s, const struct vc_host_device *d)
{
	return d->kind != VC_DEVICE_MDEV_TYPE && is_chosen(s, d);
}

static int try_all(struct selection *s, size_t wish, struct vc_err *err)
{
	for (size_t i = 0; i < s->select->inventory->devices.n; i++) {
		struct vc_host_device *d = device_at(s, i);
		bool fits = false;

		if (fits_wish(s, wish, d, &fits, err) < 0)
			return -(int)err->kind;
		while (fits && s->left[wish] > 0 && !is_used_up(s, d)) {
			size_t n = s->chosen.n;

			if (try_device(s, wish, d, err) < 0)
				return -(int)err->kind;
			fits = s->chosen.n > n;
		}
	}
	return 0;
}

/* The first condition that no device at all fulfils. */
static int find_hopeless(struct selection *s, size_t wish,
                         const struct vc_condition **ret_condition, struct vc_err *err)
{
	const struct vc_conditions *conditions = &s->conditions[wish];

	*ret_condition = NULL;
	for (size_t k = 0; !*ret_condition && k < conditions->n; k++) {
		size_t n = 0;

		for (size_t i = 0; i < s->select->inventory->devices.n; i++) {
			bool fits;

			if (fits_wish(s, wish, device_at(s, i), &fits, err) < 0)
				return -(int)err->kind;
			n += vc_condition_fits(&conditions->v[k], device_at(s, i),
			                       s->attributes[i]);
		}
		if (n == 0)
			*ret_condition = &conditions->v[k];
	}
	return 0;
}

static int fail_match(struct selection *s, size_t wish, struct vc_err *err)
{
	const struct vc_wish *w = &s->select->wishes[wish];
	const struct vc_condition *hopeless;
	const char *list;

	if (s->n_close > 0) {
		list = join(s->arena, &s->close, "; ");
		if (!list)
			return vc_fail_oom(err);
		return vc_fail(err, VC_ERR_REFUSED,
		               "--match '%.200s': %u of %u devices can be had; of those "
		               "that fit: %.1400s%s",
		               w->match, w->count - s->left[wish], w->count, list,
		               s->n_close > s->close.n ? "; and more" : "");
	}
	if (find_hopeless(s, wish, &hopeless, err) < 0)
		return -(int)err->kind;
	if (hopeless)
		return vc_fail(err, VC_ERR_REFUSED,
		               "--match '%.200s': no device has %s=%.128s; 'virt-claim "
		               "devices --json' shows what they have",
		               w->match, hopeless->key->name, hopeless->value);
	return vc_fail(err, VC_ERR_REFUSED,
	               "--match '%.200s': %u of %u devices fit; 'virt-claim devices "
	               "--json' shows what they have",
	               w->match, w->count - s->left[wish], w->count);
}

static int choose_matching(struct selection *s, size_t wish, struct vc_err *err)
{
	s->close.n = s->n_close = 0;
	if (s->left[wish] > 0 && try_all(s, wish, err) < 0)
		return -(int)err->kind;
	return s->left[wish] > 0 ? fail_match(s, wish, err) : 0;
}

/* Result */

static size_t request_order(const struct selection *s, size_t wish)
{
	const struct vc_wish *w = s->select->wishes;
	const char *name = w[wish].request ? w[wish].request : VC_HOST_REQUEST;
	size_t i = 0;

	while (strcmp(w[i].request ? w[i].request : VC_HOST_REQUEST, name) != 0)
		i++;
	return i;
}

/* Requests in the order of the command line, and the wishes in them. */
static bool comes_before(const struct selection *s, const struct chosen *a,
                         const struct chosen *b)
{
	size_t x = request_order(s, a->wish), y = request_order(s, b->wish);

	if (x != y)
		return x < y;
	if (a->wish != b->wish)
		return a->wish < b->wish;
	if (a->target.device != b->target.device)
		return a->target.device < b->target.device;
	return a->number < b->number;
}

static void sort_chosen(struct selection *s)
{
	struct chosen *v = s->chosen.v;

	for (size_t i = 1; i < s->chosen.n; i++) {
		const struct chosen one = v[i];
		size_t k = i;

		for (; k > 0 && comes_before(s, &one, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = one;
	}
}

static bool is_used(const struct vc_host_claim *claim, const char *name)
{
	for (size_t i = 0; i < claim->devices.n; i++)
		if (strcmp(claim->devices.v[i].name, name) == 0)
			return true;
	return false;
}

/* Two devices whose names are the same get a number. */
static int make_unique(struct vc_arena *arena, const struct vc_host_claim *claim,
                       struct vc_claimed_device *d, struct vc_err *err)
{
	const char *wanted = d->name;

	for (unsigned n = 2; is_used(claim, d->name); n++) {
		d->name = vc_arena_printf(arena, "%.58s-%u", wanted, n);
		if (!d->name)
			return vc_fail_oom(err);
	}
	return 0;
}

static int add_note(struct vc_arena *arena, struct vc_names *notes, char *text,
                    struct vc_err *err)
{
	char **slot = vc_list_push(arena, notes);

	if (!slot)
		return vc_fail_oom(err);
	*slot = text;
	return 0;
}

/* Another claim has given the address to a VF already. */
static int note_mac(const struct selection *s, const struct vc_claimed_device *d,
                    struct vc_names *notes, struct vc_err *err)
{
	for (size_t i = 0; d->mac && i < s->select->claims->n; i++) {
		const struct vc_host_claim *other = &s->select->claims->v[i];

		for (size_t k = 0; k < other->devices.n; k++) {
			const char *mac = other->devices.v[k].mac;
			char *text;

			if (!mac || strcasecmp(mac, d->mac) != 0)
				continue;
			text = vc_arena_printf(s->arena,
			                       "claim '%s/%s' has a device with MAC "
			                       "address %s too",
			                       other->namespace, other->name, mac);
			return text ? add_note(s->arena, notes, text, err)
			            : vc_fail_oom(err);
		}
	}
	return 0;
}

static int finish_device(const struct selection *s, const struct chosen *one,
                         struct vc_host_claim *claim, struct vc_names *notes,
                         struct vc_err *err)
{
	const struct vc_wish *w = &s->select->wishes[one->wish];
	struct vc_claimed_device d = one->claimed, *slot;
	char *doubt = vc_claimed_doubt(s->arena, &d);

	d.request = vc_arena_strdup(s->arena, w->request ? w->request : VC_HOST_REQUEST);
	d.mac = w->mac ? vc_arena_strdup(s->arena, w->mac) : NULL;
	d.vlan = w->vlan;
	d.match = w->match ? vc_arena_strdup(s->arena, w->match) : NULL;
	if (!d.request || (w->mac && !d.mac) || (w->match && !d.match))
		return vc_fail_oom(err);
	if (make_unique(s->arena, claim, &d, err) < 0 ||
	    (doubt && add_note(s->arena, notes, doubt, err) < 0) ||
	    note_mac(s, &d, notes, err) < 0)
		return -(int)err->kind;
	slot = vc_list_push(s->arena, &claim->devices);
	if (!slot)
		return vc_fail_oom(err);
	*slot = d;
	return 0;
}

/* Everything that lies in the wishes alone. */
static int prepare_wishes(struct selection *s, struct vc_err *err)
{
	unsigned total = 0;

	for (size_t i = 0; i < s->select->n_wishes; i++) {
		const struct vc_wish *w = &s->select->wishes[i];

		if (w->count == 0 || w->count > VC_HOST_CLAIM_DEVICES_MAX ||
		    (total += w->count) > VC_HOST_CLAIM_DEVICES_MAX)
			return vc_fail(err, VC_ERR_REFUSED, "a claim has 1 to %u devices",
			               VC_HOST_CLAIM_DEVICES_MAX);
		if (w->mac && w->count > 1)
			return vc_fail(err, VC_ERR_REFUSED,
			               "one MAC address is given for %u devices",
			               w->count);
		s->left[i] = w->count;
		if (!w->address &&
		    vc_match_parse(s->arena, w->match, &s->conditions[i], NULL, err) < 0)
			return vc_err_context(err, "--match");
	}
	return total > 0 ? 0 : vc_fail(err, VC_ERR_REFUSED, "no device is asked for");
}

static int allocate(struct selection *s, struct vc_err *err)
{
	size_t n = s->select->n_wishes + 1;

	s->conditions = vc_arena_alloc(s->arena, n, sizeof(*s->conditions));
	s->left = vc_arena_alloc(s->arena, n, sizeof(*s->left));
	s->attributes = vc_arena_alloc(s->arena, s->select->inventory->devices.n + 1,
	                               sizeof(struct vc_attributes *));
	return s->conditions && s->left && s->attributes ? 0 : vc_fail_oom(err);
}

static int run(struct selection *s, struct vc_err *err)
{
	const struct vc_select *select = s->select;

	if (allocate(s, err) < 0 || prepare_wishes(s, err) < 0 ||
	    vc_taken_make(s->arena, select, NULL, &s->taken, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < select->n_wishes; i++)
		if (select->wishes[i].address && choose_address(s, i, err) < 0)
			return -(int)err->kind;
	if (complete_groups(s, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < select->n_wishes; i++)
		if (!select->wishes[i].address && choose_matching(s, i, err) < 0)
			return -(int)err->kind;
	sort_chosen(s);
	return 0;
}

/**
 * vc_select_devices() - Choose the devices of a new claim
 * @arena:	holds them
 * @select:	what is decided on
 * @claim:	.devices is filled; the rest is not looked at
 * @notes:	what people should know is added
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (no device of that address), -VC_ERR_REFUSED, -VC_ERR_USAGE
 * (a --match that makes no sense) or -VC_ERR_INTERNAL
 */
int vc_select_devices(struct vc_arena *arena, const struct vc_select *select,
                      struct vc_host_claim *claim, struct vc_names *notes,
                      struct vc_err *err)
{
	struct selection s = { .arena = arena, .select = select };
	struct vc_host_claim filled = { 0 };
	struct vc_names all = *notes;

	if (run(&s, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < s.chosen.n; i++)
		if (finish_device(&s, &s.chosen.v[i], &filled, &all, err) < 0)
			return -(int)err->kind;
	claim->devices.v = filled.devices.v;
	claim->devices.n = filled.devices.n;
	claim->devices.cap = filled.devices.cap;
	*notes = all;
	return 0;
}
