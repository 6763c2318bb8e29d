/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation. What the machine says is indexed once; then each device is looked
 * at by itself. A VFIO device number means one function. An IOMMU group means one when it
 * holds one function that can be passed through, bridges aside; if several can, the
 * device stays without an address and .unresolved says which they are. What a claim says
 * about a known address must be what the machine says: group and device numbers change
 * over reboots, and an old number is another device's today. A claim that says in which
 * boot it was prepared is believed in that boot only.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "claim/join_internal.h"

#define BRIDGE_CLASS   0x06
#define MAX_CANDIDATES 16

struct host_index {
	const struct vc_function **by_address, **by_group;
	const struct vc_mdev_fact **by_uuid, **mdevs_by_group;
	const struct vc_cdev_fact **by_number;
	size_t n_functions, n_mdevs, n_cdevs;
};

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_address(const void *va, const void *vb)
{
	const struct vc_function *a = *(const struct vc_function *const *)va;
	const struct vc_function *b = *(const struct vc_function *const *)vb;

	return vc_pci_address_compare(&a->address, &b->address);
}

static int by_group(const void *va, const void *vb)
{
	const struct vc_function *a = *(const struct vc_function *const *)va;
	const struct vc_function *b = *(const struct vc_function *const *)vb;
	int c = compare_int(a->iommu_group, b->iommu_group);

	return c != 0 ? c : vc_pci_address_compare(&a->address, &b->address);
}

static int by_uuid(const void *va, const void *vb)
{
	const struct vc_mdev_fact *a = *(const struct vc_mdev_fact *const *)va;
	const struct vc_mdev_fact *b = *(const struct vc_mdev_fact *const *)vb;

	return strcmp(a->uuid, b->uuid);
}

static int mdev_by_group(const void *va, const void *vb)
{
	const struct vc_mdev_fact *a = *(const struct vc_mdev_fact *const *)va;
	const struct vc_mdev_fact *b = *(const struct vc_mdev_fact *const *)vb;
	int c = compare_int(a->iommu_group, b->iommu_group);

	return c != 0 ? c : strcmp(a->uuid, b->uuid);
}

static int by_number(const void *va, const void *vb)
{
	const struct vc_cdev_fact *a = *(const struct vc_cdev_fact *const *)va;
	const struct vc_cdev_fact *b = *(const struct vc_cdev_fact *const *)vb;

	return compare_int(a->number, b->number);
}

static int index_host(struct vc_arena *arena, const struct vc_host_facts *host,
                      struct host_index *ret_index, struct vc_err *err)
{
	struct host_index x = {
		.n_functions = host->functions.n,
		.n_mdevs = host->mdevs.n,
		.n_cdevs = host->cdevs.n,
	};

	x.by_address = vc_arena_alloc(arena, x.n_functions, sizeof(void *));
	x.by_group = vc_arena_alloc(arena, x.n_functions, sizeof(void *));
	x.by_uuid = vc_arena_alloc(arena, x.n_mdevs, sizeof(void *));
	x.mdevs_by_group = vc_arena_alloc(arena, x.n_mdevs, sizeof(void *));
	x.by_number = vc_arena_alloc(arena, x.n_cdevs, sizeof(void *));
	if (!x.by_address || !x.by_group || !x.by_uuid || !x.mdevs_by_group ||
	    !x.by_number)
		return vc_fail_oom(err);
	for (size_t i = 0; i < x.n_functions; i++)
		x.by_address[i] = x.by_group[i] = &host->functions.v[i];
	for (size_t i = 0; i < x.n_mdevs; i++)
		x.by_uuid[i] = x.mdevs_by_group[i] = &host->mdevs.v[i];
	for (size_t i = 0; i < x.n_cdevs; i++)
		x.by_number[i] = &host->cdevs.v[i];
	qsort(x.by_address, x.n_functions, sizeof(void *), by_address);
	qsort(x.by_group, x.n_functions, sizeof(void *), by_group);
	qsort(x.by_uuid, x.n_mdevs, sizeof(void *), by_uuid);
	qsort(x.mdevs_by_group, x.n_mdevs, sizeof(void *), mdev_by_group);
	qsort(x.by_number, x.n_cdevs, sizeof(void *), by_number);
	*ret_index = x;
	return 0;
}

static int address_key(const void *key, const void *element)
{
	const struct vc_function *f = *(const struct vc_function *const *)element;

	return vc_pci_address_compare(key, &f->address);
}

static int uuid_key(const void *key, const void *element)
{
	return strcmp(key, (*(const struct vc_mdev_fact *const *)element)->uuid);
}

static int number_key(const void *key, const void *element)
{
	const struct vc_cdev_fact *c = *(const struct vc_cdev_fact *const *)element;

	return compare_int(*(const int64_t *)key, c->number);
}

static const struct vc_function *find_function(const struct host_index *x,
                                               const struct vc_pci_address *address)
{
	const struct vc_function **hit = NULL;

	if (x->n_functions > 0)
		hit = bsearch(address, x->by_address, x->n_functions, sizeof(void *),
		              address_key);
	return hit ? *hit : NULL;
}

static const struct vc_mdev_fact *find_mdev(const struct host_index *x, const char *uuid)
{
	const struct vc_mdev_fact **hit = NULL;

	if (x->n_mdevs > 0)
		hit = bsearch(uuid, x->by_uuid, x->n_mdevs, sizeof(void *), uuid_key);
	return hit ? *hit : NULL;
}

static const struct vc_cdev_fact *find_cdev(const struct host_index *x, int64_t number)
{
	const struct vc_cdev_fact **hit = NULL;

	if (x->n_cdevs > 0)
		hit = bsearch(&number, x->by_number, x->n_cdevs, sizeof(void *),
		              number_key);
	return hit ? *hit : NULL;
}

/* What of a group could be the device; the first MAX_CANDIDATES are kept for messages. */
struct members {
	const struct vc_function *functions[MAX_CANDIDATES];
	const struct vc_mdev_fact *mdevs[MAX_CANDIDATES];
	size_t n_functions, n_mdevs, n_on_vfio;
	const struct vc_function *on_vfio; /* the last one */
};

static void find_functions(const struct host_index *x, int64_t group,
                           struct members *members)
{
	size_t low = 0, high = x->n_functions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->by_group[mid]->iommu_group < group)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i < x->n_functions; i++) {
		const struct vc_function *f = x->by_group[i];

		if (f->iommu_group != group)
			return;
		if (f->class_code >> 16 == BRIDGE_CLASS)
			continue;
		if (f->on_vfio) {
			members->on_vfio = f;
			members->n_on_vfio++;
		}
		if (members->n_functions < MAX_CANDIDATES)
			members->functions[members->n_functions++] = f;
	}
}

static void find_mdevs(const struct host_index *x, int64_t group, struct members *members)
{
	size_t low = 0, high = x->n_mdevs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->mdevs_by_group[mid]->iommu_group < group)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i < x->n_mdevs; i++) {
		if (x->mdevs_by_group[i]->iommu_group != group ||
		    members->n_mdevs == MAX_CANDIDATES)
			return;
		members->mdevs[members->n_mdevs++] = x->mdevs_by_group[i];
	}
}

static void add_name(struct vc_buf *buf, size_t i, size_t n, const char *name)
{
	vc_buf_printf(buf, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", name);
}

static int say_empty(struct vc_arena *arena, struct vc_device *device, struct vc_err *err)
{
	device->unresolved = vc_arena_printf(
		arena, "no device is in IOMMU group %" PRId64 " of this machine",
		device->iommu_group);
	return device->unresolved ? 0 : vc_fail_oom(err);
}

/* "IOMMU group 37 holds 0000:65:00.0 and 0000:65:00.1" */
static int say_ambiguous(struct vc_arena *arena, struct vc_device *device,
                         const struct members *m, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(4096);
	VC_AUTOFREE char *text = NULL;
	size_t n = m->n_functions + m->n_mdevs, i = 0;
	size_t len;

	vc_buf_printf(&buf, "IOMMU group %" PRId64 " holds ", device->iommu_group);
	for (size_t f = 0; f < m->n_functions; f++) {
		char address[VC_PCI_ADDRESS_SIZE];

		vc_pci_address_format(&m->functions[f]->address, address);
		add_name(&buf, i++, n, address);
	}
	for (size_t f = 0; f < m->n_mdevs; f++)
		add_name(&buf, i++, n, m->mdevs[f]->uuid);
	if (vc_buf_take(&buf, &text, &len, err) < 0)
		return -(int)err->kind;
	device->unresolved = vc_arena_strndup(arena, text, len);
	return device->unresolved ? 0 : vc_fail_oom(err);
}

/* The kind that its attributes ask for, else what it is. */
static void settle(struct vc_device *device)
{
	(void)vc_host_side_settle(
		&device->host, vc_attributes_string(&device->attributes, VC_ATTR_KIND));
	device->unresolved = NULL;
}

static void set_pci(struct vc_device *device, const struct vc_pci_address *address)
{
	device->host.has_pci = true;
	device->host.pci = *address;
	settle(device);
}

static int say_no_cdev(struct vc_arena *arena, struct vc_device *device,
                       struct vc_err *err)
{
	device->unresolved = vc_arena_printf(
		arena, "this machine has no /dev/vfio/devices/vfio%" PRId64,
		device->vfio_cdev);
	return device->unresolved ? 0 : vc_fail_oom(err);
}

/* Whether one function of the group is meant: the only one on a vfio driver, unless it
 * accompanies another function of its card. Drivers put a GPU on vfio and leave its audio
 * function; an audio function alone on vfio is not "the GPU". */
static bool one_stands_out(const struct members *m)
{
	const struct vc_pci_address *only;

	if (m->n_on_vfio != 1 || m->n_functions == MAX_CANDIDATES)
		return false;
	only = &m->on_vfio->address;
	for (size_t i = 0; i < m->n_functions; i++) {
		const struct vc_pci_address *a = &m->functions[i]->address;

		if (a->domain == only->domain && a->bus == only->bus &&
		    a->slot == only->slot && a->function < only->function)
			return false;
	}
	return true;
}

/* A function on vfio is preferred: its siblings in the group stay with the host. With a
 * VFIO device number that no function has, the group is of another boot, too. */
static int resolve_group(struct vc_arena *arena, const struct host_index *x,
                         struct vc_device *device, struct vc_err *err)
{
	struct members m = { 0 };

	find_functions(x, device->iommu_group, &m);
	find_mdevs(x, device->iommu_group, &m);
	if (device->vfio_cdev >= 0 && m.n_functions > 0)
		return say_no_cdev(arena, device, err);
	if (m.n_mdevs == 1 && m.n_functions == 0) {
		device->host.mdev_uuid = m.mdevs[0]->uuid;
		settle(device);
		return 0;
	}
	if (m.n_mdevs > 0 || m.n_functions == 0 ||
	    (m.n_functions > 1 && !one_stands_out(&m)))
		return m.n_functions + m.n_mdevs == 0
		               ? say_empty(arena, device, err)
		               : say_ambiguous(arena, device, &m, err);
	set_pci(device,
	        m.n_on_vfio == 1 ? &m.on_vfio->address : &m.functions[0]->address);
	return 0;
}

static int resolve_address(struct vc_arena *arena, const struct host_index *x,
                           struct vc_device *device, struct vc_err *err)
{
	const struct vc_cdev_fact *cdev =
		device->vfio_cdev >= 0 ? find_cdev(x, device->vfio_cdev) : NULL;

	if (cdev) {
		set_pci(device, &cdev->address);
		return 0;
	}
	if (device->iommu_group >= 0)
		return resolve_group(arena, x, device, err);
	return device->vfio_cdev >= 0 ? say_no_cdev(arena, device, err) : 0;
}

static int check_group(const struct vc_device *device, const char *what, int64_t group,
                       struct vc_err *err)
{
	if (device->iommu_group < 0 || group < 0 || device->iommu_group == group)
		return 0;
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: says IOMMU group %" PRId64 ", but '%s' is in group %" PRId64
		" of this machine; the file is from before a reboot or a change of "
		"hardware, let the driver prepare the claim again",
		vc_join_origin(device->origin), device->iommu_group, what, group);
}

static int check_pci(const struct host_index *x, const struct vc_device *device,
                     struct vc_err *err)
{
	const struct vc_function *f = find_function(x, &device->host.pci);
	const struct vc_cdev_fact *cdev =
		device->vfio_cdev >= 0 ? find_cdev(x, device->vfio_cdev) : NULL;
	char claimed[VC_PCI_ADDRESS_SIZE], real[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(&device->host.pci, claimed);
	if (f && check_group(device, claimed, f->iommu_group, err) < 0)
		return -(int)err->kind;
	if (!cdev || vc_pci_address_compare(&cdev->address, &device->host.pci) == 0)
		return 0;
	vc_pci_address_format(&cdev->address, real);
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: says '%s' is /dev/vfio/devices/vfio%" PRId64
	               ", but that is '%s' on this machine; let the driver prepare the "
	               "claim again",
	               vc_join_origin(device->origin), claimed, device->vfio_cdev, real);
}

static int check_mdev(const struct host_index *x, struct vc_device *device,
                      struct vc_err *err)
{
	const struct vc_mdev_fact *m = find_mdev(x, device->host.mdev_uuid);

	if (!m)
		return 0;
	if (check_group(device, m->uuid, m->iommu_group, err) < 0)
		return -(int)err->kind;
	if (device->host.mdev_model == VC_MDEV_UNKNOWN)
		device->host.mdev_model = m->model;
	if (m->model == VC_MDEV_UNKNOWN || device->host.mdev_model == m->model)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: says mdev '%s' is %s, but it is %s on this machine",
	               vc_join_origin(device->origin), m->uuid,
	               vc_mdev_model_name(device->host.mdev_model),
	               vc_mdev_model_name(m->model));
}

/* Groups, numbers and addresses of another boot may be other devices' today. */
static int check_boot(const struct vc_claim *claim, const struct vc_device *device,
                      const struct vc_host_facts *host, struct vc_err *err)
{
	const char *boot = vc_attributes_string(&device->attributes, VC_ATTR_BOOT_ID);
	char label[512];

	if (!boot || !host || !host->boot_id || strcasecmp(boot, host->boot_id) == 0)
		return 0;
	vc_join_claim_label(claim, label, sizeof(label));
	if (vc_driver_equal(device->driver, VC_ATTR_DOMAIN) && claim->name)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: was prepared in boot '%.64s' of the machine, and this "
			"is boot '%s'; run: virt-claim prepare %s",
			vc_join_origin(device->origin), boot, host->boot_id, label);
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: claim '%s' was prepared in boot '%.64s' of the machine, and "
	               "this is boot '%s'; let the driver prepare the claim again",
	               vc_join_origin(device->origin), label, boot, host->boot_id);
}

static int resolve_device(struct vc_arena *arena, const struct host_index *x,
                          struct vc_device *device, struct vc_err *err)
{
	if (!vc_device_has_address(device) && !device->unresolved &&
	    resolve_address(arena, x, device, err) < 0)
		return -(int)err->kind;
	if (device->host.mdev_uuid)
		return check_mdev(x, device, err);
	if (device->host.has_pci)
		return check_pci(x, device, err);
	return 0;
}

/* Without a machine to ask, a group or a number means nothing. */
static int say_unknown(struct vc_arena *arena, struct vc_device *device,
                       struct vc_err *err)
{
	if (vc_device_has_address(device) || device->unresolved)
		return 0;
	if (device->iommu_group >= 0)
		device->unresolved = vc_arena_printf(
			arena, "only its IOMMU group %" PRId64 " is known; give --sysfs",
			device->iommu_group);
	else if (device->vfio_cdev >= 0)
		device->unresolved = vc_arena_printf(arena,
		                                     "only /dev/vfio/devices/vfio%" PRId64
		                                     " is known; give --sysfs",
		                                     device->vfio_cdev);
	else
		return 0;
	return device->unresolved ? 0 : vc_fail_oom(err);
}

static bool same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* @x is NULL when nothing is known of the machine. */
static int resolve_one(struct vc_arena *arena, const struct host_index *x,
                       const struct vc_claim *claim, struct vc_device *device,
                       const struct vc_host_facts *host, struct vc_err *err)
{
	if (check_boot(claim, device, host, err) < 0 ||
	    vc_resolve_usb(arena, device, host, err) < 0)
		return -(int)err->kind;
	return x ? resolve_device(arena, x, device, err)
	         : say_unknown(arena, device, err);
}

/* Rather too often than not: what is behind the name in a pod is not known here. */
static bool may_mean(const struct vc_binding *b, const struct vc_claim *claim)
{
	if (b->pod_claim || (!b->claim && !b->uid))
		return claim->name || !b->pod_claim;
	return same(b->claim, claim->name) || same(b->uid, claim->uid);
}

static bool is_wanted(const struct vc_bindings *wanted, const struct vc_claim *claim)
{
	for (size_t i = 0; wanted && i < wanted->n; i++)
		if (may_mean(&wanted->v[i], claim))
			return true;
	return !wanted;
}

/* A stale file of a claim that nobody asked for must not keep others from their devices. */
static int forget_address(struct vc_arena *arena, struct vc_device *device,
                          struct vc_err *err)
{
	char *why = vc_arena_strdup(arena, err->msg);

	if (!why)
		return vc_fail_oom(err);
	device->host = (struct vc_host_side){ 0 };
	device->unresolved = why;
	*err = (struct vc_err)VC_ERR_INIT;
	return 0;
}

/**
 * vc_resolve() - Find addresses through the machine, and check those that are known
 * @arena:	holds what is added
 * @claims:	joined claims; a device whose address cannot be told gets .unresolved
 * @host:	NULL: nothing is known of the machine
 * @wanted:	bindings that say which claims matter; NULL: all of them do
 * @err:	what the claim says and what the machine says
 *
 * A device that is not what the machine says is an error when its claim matters; else it
 * has no address afterwards, and .unresolved says why.
 *
 * Return: 0, -VC_ERR_REFUSED (a group, device number or mdev model that is not true on
 * this machine; another boot) or -VC_ERR_INTERNAL
 */
int vc_resolve(struct vc_arena *arena, struct vc_claims *claims,
               const struct vc_host_facts *host, const struct vc_bindings *wanted,
               struct vc_err *err)
{
	struct host_index x = { 0 };

	if (host && index_host(arena, host, &x, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < claims->n; i++) {
		struct vc_devices *d = &claims->v[i].devices;

		for (size_t j = 0; j < d->n; j++) {
			int r = resolve_one(arena, host ? &x : NULL, &claims->v[i],
			                    &d->v[j], host, err);

			if (r == -VC_ERR_REFUSED && !is_wanted(wanted, &claims->v[i]))
				r = forget_address(arena, &d->v[j], err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}
