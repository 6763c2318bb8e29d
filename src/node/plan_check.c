/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: docs/devices.md says which devices can be claimed, and the
 * inventory has asked all of it already: protection by the host, bridges, PFs with VFs,
 * parents, groups with members that nobody can claim. What is left are the other claims,
 * the leases, and that a group is not torn apart.
 */
#include "node/plan_check.h"

#include <string.h>

#include "base/buf.h"

#define LIST_SIZE ((size_t)1024)

/**
 * vc_plan_entry() - The journal of the claim that is planned for
 * @input:	input
 *
 * Return: one of .entries, NULL none
 */
const struct vc_entry *vc_plan_entry(const struct vc_prepare_input *input)
{
	for (size_t i = 0; i < input->entries->n; i++)
		if (strcmp(input->entries->v[i].uid, input->claim->uid) == 0)
			return &input->entries->v[i];
	return NULL;
}

/**
 * vc_plan_holder() - The other claim that has the function at an address
 * @input:	input
 * @address:	"0000:65:00.0"; NULL unknown
 *
 * Return: its entry, NULL none
 */
const struct vc_entry *vc_plan_holder(const struct vc_prepare_input *input,
                                      const char *address)
{
	static const char prefix[] = "pci-";

	for (size_t i = 0; address && i < input->entries->n; i++) {
		const struct vc_entry *entry = &input->entries->v[i];

		if (strcmp(entry->uid, input->claim->uid) == 0)
			continue;
		for (size_t j = 0; j < entry->devices.n; j++)
			if (strncmp(entry->devices.v[j].key, prefix, strlen(prefix)) ==
			            0 &&
			    strcmp(entry->devices.v[j].key + strlen(prefix), address) ==
			            0)
				return entry;
	}
	return NULL;
}

/**
 * vc_plan_pf() - The PF of a virtual function
 * @found:	device; it need not exist yet
 * @ret_pf:	its PF, when it is a VF
 *
 * Return: whether it is one
 */
bool vc_plan_pf(const struct vc_found_device *found, struct vc_pci_address *ret_pf)
{
	const struct vc_host_device *d = found->device;

	if (found->claimed->made_from == VC_MADE_FROM_PF) {
		*ret_pf = found->located.device->pci.address;
		return true;
	}
	if (!d || d->kind != VC_DEVICE_PCI || !d->pci.is_vf)
		return false;
	*ret_pf = d->pci.pf;
	return true;
}

/* "vf-0000:01:00.0-3" */
static char *vf_key(struct vc_arena *arena, const struct vc_pci_address *pf,
                    unsigned index)
{
	char text[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(pf, text);
	return vc_arena_printf(arena, "vf-%s-%u", text, index);
}

/**
 * vc_plan_key() - Under which key a device is reserved
 * @arena:	holds it
 * @found:	device
 *
 * Return: vc_host_side_key() of a device that is there; "vf-PF-3" or "mdev-UUID" of one that
 * has to be made; NULL out of memory
 */
char *vc_plan_key(struct vc_arena *arena, const struct vc_found_device *found)
{
	if (!found->device && found->claimed->made_from == VC_MADE_FROM_PF)
		return vf_key(arena, &found->located.device->pci.address,
		              found->claimed->vf_index);
	return vc_host_side_key(arena, &found->host);
}

/**
 * struct subject - how other claims may know a device
 * @key:	under which it is reserved
 * @vf:	the key that it has, or had, before it was made; NULL it is no VF
 * @source:	key of the function that it is made from; NULL none
 * @has_pci:	whether it is a function itself
 * @pci:	which
 * @address:	the same for people and as a parent of mediated devices
 */
struct subject {
	char *key, *vf, *source;
	bool has_pci;
	struct vc_pci_address pci;
	const char *address;
};

static int describe(struct vc_arena *arena, const struct vc_found_device *found,
                    struct subject *s, struct vc_err *err)
{
	const struct vc_host_device *located = found->located.device, *d = found->device;
	struct vc_pci_address pf;
	int index = -1;

	s->key = vc_plan_key(arena, found);
	s->address = d ? d->address : found->claimed->name;
	if (vc_plan_pf(found, &pf)) {
		index = d && d->kind == VC_DEVICE_PCI ? d->pci.vf_index
		                                      : (int)found->claimed->vf_index;
		s->vf = vf_key(arena, &pf, index < 0 ? 0 : (unsigned)index);
	}
	if (located != d && located->kind == VC_DEVICE_PCI)
		s->source = vc_arena_printf(arena, "pci-%s", located->address);
	s->has_pci = d && d->kind == VC_DEVICE_PCI;
	if (s->has_pci)
		s->pci = d->pci.address;
	if (!s->key || (index >= 0 && !s->vf))
		return vc_fail_oom(err);
	return 0;
}

/* What @reserved has to do with the device; NULL nothing. */
static const char *conflict(const struct subject *s, const struct vc_reserved *reserved)
{
	if (strcmp(reserved->key, s->key) == 0 ||
	    (s->vf && strcmp(reserved->key, s->vf) == 0))
		return "has it";
	if (s->source && strcmp(reserved->key, s->source) == 0)
		return "has what it is made from";
	if (s->has_pci && reserved->has_pf &&
	    vc_pci_address_compare(&reserved->pf, &s->pci) == 0)
		return "has a virtual function of it";
	return NULL;
}

static bool makes_mdev_of(const struct vc_entry *entry, const struct subject *s)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->kind == VC_STEP_MDEV && step->state != VC_STEP_UNDONE &&
		    strcmp(step->parent, s->address) == 0)
			return true;
	}
	return false;
}

static int refuse_claim(const struct subject *s, const struct vc_entry *other,
                        const char *why, struct vc_err *err)
{
	if (other->phase == VC_PHASE_QUARANTINED)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s': claim '%s/%s' %s, and is quarantined; free the "
		               "device, then run: virt-claim recover",
		               s->address, other->namespace, other->name, why);
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s': claim '%s/%s' %s (%s); run: virt-claim unprepare %s/%s",
	               s->address, other->namespace, other->name, why,
	               vc_phase_name(other->phase), other->namespace, other->name);
}

static int check_entry(const struct subject *s, const struct vc_entry *other,
                       struct vc_err *err)
{
	for (size_t i = 0; i < other->devices.n; i++) {
		const char *why = conflict(s, &other->devices.v[i]);

		if (why)
			return refuse_claim(s, other, why, err);
	}
	if (s->has_pci && makes_mdev_of(other, s))
		return refuse_claim(s, other, "has a mediated device of it", err);
	return 0;
}

static int refuse_lease(const struct vc_lease *lease, struct vc_err *err)
{
	const char *device = strchr(lease->device, '-');

	device = device ? device + 1 : lease->device;
	if (lease->problem)
		return vc_fail(err, VC_ERR_REFUSED, "%s", lease->problem);
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s' is in use by domain '%s' (%s); stop that domain first",
	               device, lease->domain, lease->uuid);
}

/**
 * vc_plan_check_lease() - No running domain uses a device
 * @leases:	that live; NULL: not asked
 * @key:	of the device
 * @err:	which domain does
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_plan_check_lease(const struct vc_leases *leases, const char *key,
                        struct vc_err *err)
{
	for (size_t i = 0; leases && i < leases->n; i++)
		if (strcmp(leases->v[i].device, key) == 0)
			return refuse_lease(&leases->v[i], err);
	return 0;
}

/**
 * vc_plan_check_free() - Nobody else has a device, or what it is made from
 * @arena:	for keys
 * @input:	.entries of all claims, .leases that live (NULL: not asked)
 * @found:	device
 * @err:	who has it
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plan_check_free(struct vc_arena *arena, const struct vc_prepare_input *input,
                       const struct vc_found_device *found, struct vc_err *err)
{
	struct subject s = { 0 };

	if (describe(arena, found, &s, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < input->entries->n; i++) {
		const struct vc_entry *other = &input->entries->v[i];

		if (strcmp(other->uid, input->claim->uid) != 0 &&
		    check_entry(&s, other, err) < 0)
			return -(int)err->kind;
	}
	return vc_plan_check_lease(input->leases, s.key, err);
}

static void add_to_list(struct vc_buf *list, const char *separator, const char *text)
{
	vc_buf_printf(list, "%s%s", list->len > 0 ? separator : "", text);
}

/* What of it fits. */
static const char *list_text(const struct vc_buf *list)
{
	return list->data ? list->data : "nothing is known";
}

/**
 * vc_plan_check_device() - The verdict of the inventory on a device
 * @found:	device; fine when it is not there yet
 * @err:	every reason why not
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_plan_check_device(const struct vc_found_device *found, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf list = VC_BUF_INIT(LIST_SIZE);
	const struct vc_host_device *d = found->device;

	if (!d || d->verdict.claimable)
		return 0;
	for (size_t i = 0; i < d->verdict.reasons.n; i++)
		add_to_list(&list, "; ", d->verdict.reasons.v[i]);
	return vc_fail(err, VC_ERR_REFUSED, "'%s' cannot be given away: %s", d->address,
	               list_text(&list));
}

static bool has_address(const struct vc_found_devices *found, const char *address)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->v[i].device &&
		    strcmp(found->v[i].device->address, address) == 0)
			return true;
	return false;
}

static int check_group(const struct vc_host_device *d,
                       const struct vc_found_devices *found, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf list = VC_BUF_INIT(LIST_SIZE);

	for (size_t i = 0; i < d->verdict.together.n; i++)
		if (!has_address(found, d->verdict.together.v[i]))
			add_to_list(&list, ", ", d->verdict.together.v[i]);
	if (list.len == 0)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s' shares IOMMU group %lld with devices that a driver of the "
	               "host holds and that the claim does not have: %s; claim them "
	               "together, or take their drivers away",
	               d->address, (long long)d->iommu_group, list_text(&list));
}

/**
 * vc_plan_check_groups() - No IOMMU group is torn apart
 * @found:	all devices of the claim
 * @err:	the list of what is missing
 *
 * [VFIO] group viability: members that a driver of the host holds.
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_plan_check_groups(const struct vc_found_devices *found, struct vc_err *err)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct vc_host_device *d = found->v[i].device;

		if (d && d->kind == VC_DEVICE_PCI && check_group(d, found, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}
