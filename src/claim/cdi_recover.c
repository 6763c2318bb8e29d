/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/cdi_recover.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

const struct vc_cdi_described vc_cdi_described[VC_CDI_DESCRIBED] = {
	{ VC_CDI_ANNOTATION("boot-id"), VC_ATTR_BOOT_ID },
	{ VC_CDI_ANNOTATION("serial"), VC_ATTR_SERIAL },
	{ VC_CDI_ANNOTATION("vendor-id"), VC_ATTR_VENDOR_ID },
	{ VC_CDI_ANNOTATION("device-id"), VC_ATTR_DEVICE_ID },
};

/* A device and the claim that it is for; NULL unknown. */
struct entry {
	const struct vc_cdi_device *device;
	char *uid;
};

/* One file on its way into facts. */
struct recovery {
	struct vc_arena *arena;
	const struct vc_cdi_spec *spec;
	const struct vc_cdi_options *options;
	struct vc_facts *facts;
};

/* By claim, then in the order of the file. */
static int compare_entries(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int c = 0;

	if (a->uid && b->uid)
		c = strcmp(a->uid, b->uid);
	else
		c = (a->uid == NULL) - (b->uid == NULL);
	return c != 0 ? c : (a->device > b->device) - (a->device < b->device);
}

static bool is_wanted(const struct vc_cdi_options *options, const char *uid)
{
	return !options->uid || !uid || strcasecmp(options->uid, uid) == 0;
}

/* The devices of the file that count, with their claims, in order of claims. */
static int list_entries(struct recovery *r, const char *file_name,
                        struct entry **ret_entries, size_t *ret_n, struct vc_err *err)
{
	struct entry *v = vc_arena_alloc(r->arena, r->spec->devices.n, sizeof(*v));
	size_t n = 0;

	if (!v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < r->spec->devices.n; i++) {
		const struct vc_cdi_device *device = &r->spec->devices.v[i];
		char *uid = NULL;

		if (device->dropped || vc_cdi_is_pod_device(device))
			continue;
		if (vc_cdi_claim_uid(r->arena, device, file_name, &uid, err) < 0)
			return -(int)err->kind;
		if (is_wanted(r->options, uid))
			v[n++] = (struct entry){ .device = device, .uid = uid };
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), compare_entries);
	*ret_entries = v;
	*ret_n = n;
	return 0;
}

/*
 * The name of the DRA driver, where the vendor of the kind is known to lead to it:
 * drivers made from dra-example-driver put "k8s." in front of theirs, Intel's are
 * "<class>.intel.com". A vendor in general is not a driver, and nothing is invented.
 */
static int guess_driver(struct recovery *r, char **ret_driver, struct vc_err *err)
{
	static const char sriov[] = "sriovnetwork.k8snetworkplumbingwg.io";
	const char *vendor = r->spec->vendor;
	char *driver;

	if (vc_parse_literal(&vendor, "k8s.") || strcmp(vendor, sriov) == 0)
		driver = vc_arena_strdup(r->arena, vendor);
	else if (strcmp(vendor, "intel.com") == 0)
		driver = vc_arena_printf(r->arena, "%s.%s", r->spec->class, vendor);
	else
		return 0;
	if (!driver)
		return vc_fail_oom(err);
	*ret_driver = driver;
	return 0;
}

/*
 * The name in the pool: what follows "<claim UID>-", or the name of a device that is the
 * same for every claim. Behind "<claim UID>_" comes a request [KEP-5304], and a bare name
 * in a file of one claim means nothing: dra-pci-driver makes a new one at each start.
 */
static const char *pool_name(const struct vc_cdi_device *device, const char *uid)
{
	size_t prefix = vc_cdi_uid_prefix(device->name);

	if (prefix > 0)
		return device->name[prefix - 1] == '-' ? device->name + prefix : NULL;
	return uid ? NULL : device->name;
}

static int add_attribute(struct recovery *r, const char *name, const char *text,
                         struct vc_device *into, struct vc_err *err)
{
	struct vc_attribute *attribute = vc_list_push(r->arena, &into->attributes);

	if (!attribute)
		return vc_fail_oom(err);
	attribute->type = VC_ATTRIBUTE_STRING;
	attribute->n = 1;
	attribute->name = vc_arena_strdup(r->arena, name);
	attribute->strings = vc_arena_alloc(r->arena, 1, sizeof(char *));
	if (!attribute->name || !attribute->strings)
		return vc_fail_oom(err);
	attribute->strings[0] = vc_arena_strdup(r->arena, text);
	return attribute->strings[0] ? 0 : vc_fail_oom(err);
}

/* Only the boot is the same for all devices of a file. */
static int add_attributes(struct recovery *r, const struct vc_cdi_device *device,
                          struct vc_device *into, struct vc_err *err)
{
	for (size_t i = 0; i < VC_CDI_DESCRIBED; i++) {
		const struct vc_cdi_described *d = &vc_cdi_described[i];
		const char *text = vc_cdi_annotation(&device->annotations, d->annotation);

		if (!text && strcmp(d->attribute, VC_ATTR_BOOT_ID) == 0)
			text = vc_cdi_annotation(&r->spec->annotations, d->annotation);
		if (text && add_attribute(r, d->attribute, text, into, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* Everything but the address. */
static int describe_device(struct recovery *r, const struct entry *entry,
                           struct vc_device *ret_device, struct vc_err *err)
{
	struct vc_device device = VC_DEVICE_INIT;
	const struct {
		const char *key;
		char **into;
	} annotations[] = {
		{ VC_CDI_ANNOTATION("driver"), &device.driver },
		{ VC_CDI_ANNOTATION("pool"), &device.pool },
		{ VC_CDI_ANNOTATION("device"), &device.name },
		{ VC_CDI_ANNOTATION("request"), &device.request },
	};
	const char *name = pool_name(entry->device, entry->uid);

	device.cdi_name = entry->device->qualified;
	device.origin = entry->device->where;
	if (guess_driver(r, &device.driver, err) < 0)
		return -(int)err->kind;
	if (name) {
		device.name = vc_arena_strdup(r->arena, name);
		if (!device.name)
			return vc_fail_oom(err);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(annotations); i++) {
		const char *text = vc_cdi_annotation(&entry->device->annotations,
		                                     annotations[i].key);

		if (!text)
			continue;
		*annotations[i].into = vc_arena_strdup(r->arena, text);
		if (!*annotations[i].into)
			return vc_fail_oom(err);
	}
	if (add_attributes(r, entry->device, &device, err) < 0)
		return -(int)err->kind;
	*ret_device = device;
	return 0;
}

static struct vc_device *push_like(struct recovery *r, struct vc_claim *claim,
                                   const struct vc_device *like)
{
	struct vc_device *device = vc_list_push(r->arena, &claim->devices);

	if (device)
		*device = *like;
	return device;
}

/* Which list says what several devices of one CDI device are: the highest step. */
enum list {
	LIST_MDEVS,
	LIST_USBS,
	LIST_ADDRESSES,
	LIST_GROUPS,
	LIST_CDEVS,
};

static enum list deciding_list(const struct vc_cdi_evidence *evidence, size_t *ret_n)
{
	const size_t counts[] = {
		[LIST_MDEVS] = evidence->mdevs.n,
		[LIST_USBS] = evidence->usbs.n,
		[LIST_ADDRESSES] = evidence->addresses.n,
		[LIST_GROUPS] = evidence->groups.n,
		[LIST_CDEVS] = evidence->cdevs.n,
	};
	enum list list = LIST_MDEVS;

	while (list < LIST_CDEVS && counts[list] == 0)
		list++;
	*ret_n = counts[list];
	return list;
}

/* Only that one part: nothing says which group or cdev belongs to which address. */
static void set_part(struct vc_device *device, const struct vc_cdi_evidence *evidence,
                     enum list list, size_t i)
{
	switch (list) {
	case LIST_MDEVS:
		device->host.kind = VC_KIND_MDEV;
		device->host.mdev_uuid = evidence->mdevs.v[i];
		device->host.mdev_model = evidence->mdev_model;
		return;
	case LIST_USBS:
		device->host.kind = VC_KIND_USB;
		device->host.usb = evidence->usbs.v[i];
		return;
	case LIST_ADDRESSES:
		device->host.kind = VC_KIND_PCI;
		device->host.has_pci = true;
		device->host.pci = evidence->addresses.v[i];
		return;
	case LIST_GROUPS:
		device->iommu_group = evidence->groups.v[i];
		return;
	case LIST_CDEVS:
		device->vfio_cdev = evidence->cdevs.v[i];
		return;
	}
}

static int add_several(struct recovery *r, struct vc_claim *claim,
                       const struct vc_device *like,
                       const struct vc_cdi_evidence *evidence, struct vc_err *err)
{
	size_t n;
	enum list list = deciding_list(evidence, &n);

	for (size_t i = 0; i < n; i++) {
		struct vc_device *device = push_like(r, claim, like);

		if (!device)
			return vc_fail_oom(err);
		set_part(device, evidence, list, i);
	}
	return 0;
}

/* At most one of each: they all speak of the same device. An mdev wins over a PCI
 * address, as in KubeVirt. */
static int add_single(struct recovery *r, struct vc_claim *claim,
                      const struct vc_device *like,
                      const struct vc_cdi_evidence *evidence, struct vc_err *err)
{
	struct vc_device *device = push_like(r, claim, like);

	if (!device)
		return vc_fail_oom(err);
	if (evidence->groups.n > 0)
		device->iommu_group = evidence->groups.v[0];
	if (evidence->cdevs.n > 0)
		device->vfio_cdev = evidence->cdevs.v[0];
	if (evidence->mdevs.n > 0)
		set_part(device, evidence, LIST_MDEVS, 0);
	else if (evidence->usbs.n > 0)
		set_part(device, evidence, LIST_USBS, 0);
	else if (evidence->addresses.n > 0)
		set_part(device, evidence, LIST_ADDRESSES, 0);
	return 0;
}

static size_t most(const struct vc_cdi_evidence *evidence)
{
	const size_t counts[] = { evidence->addresses.n, evidence->mdevs.n,
		                  evidence->usbs.n, evidence->groups.n,
		                  evidence->cdevs.n };
	size_t n = 0;

	for (size_t i = 0; i < VC_ARRAY_SIZE(counts); i++)
		n = counts[i] > n ? counts[i] : n;
	return n;
}

/* A device that nobody claimed and that has nothing of VFIO is one for containers. */
static int add_device(struct recovery *r, struct vc_claim *claim,
                      const struct entry *entry, struct vc_err *err)
{
	struct vc_cdi_evidence evidence = { 0 };
	struct vc_device like;

	if (vc_cdi_collect_evidence(r->arena, r->spec, entry->device, &evidence, err) < 0)
		return -(int)err->kind;
	if (evidence.no_iommu && evidence.groups.n == 0 && evidence.cdevs.n == 0)
		return vc_facts_note(r->arena, r->facts, err,
		                     "%s: left out: '%.64s' works without an IOMMU, so "
		                     "no guest can have it; turn the IOMMU on",
		                     entry->device->where, evidence.no_iommu);
	if (!entry->uid && most(&evidence) == 0)
		return 0;
	if (describe_device(r, entry, &like, err) < 0)
		return -(int)err->kind;
	return most(&evidence) > 1 ? add_several(r, claim, &like, &evidence, err)
	                           : add_single(r, claim, &like, &evidence, err);
}

/* One of the names of a claim, which its devices may repeat but not contradict. */
static int take_claim_name(struct recovery *r, const struct vc_cdi_device *device,
                           const char *key, bool (*check)(const char *text), char **into,
                           struct vc_err *err)
{
	const char *text = vc_cdi_annotation(&device->annotations, key);

	if (!text)
		return 0;
	if (!check(text))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: annotation '%s' holds '%.64s', which no Kubernetes "
		               "object can have",
		               device->where, key, text);
	if (*into && strcmp(*into, text) != 0)
		return vc_fail(
			err, VC_ERR_INPUT,
			"%s: annotation '%s' holds '%s', but another device of the "
			"same claim has '%s'",
			device->where, key, text, *into);
	*into = vc_arena_strdup(r->arena, text);
	return *into ? 0 : vc_fail_oom(err);
}

static int add_claim(struct recovery *r, const struct entry *entries, size_t n,
                     struct vc_err *err)
{
	struct vc_claim claim = { .uid = entries[0].uid, .origin = r->spec->file };
	struct vc_claim *slot;

	for (size_t i = 0; i < n; i++) {
		const struct vc_cdi_device *device = entries[i].device;

		if (entries[i].uid &&
		    (take_claim_name(r, device, VC_CDI_ANNOTATION("claim-name"),
		                     vc_is_dns_subdomain, &claim.name, err) < 0 ||
		     take_claim_name(r, device, VC_CDI_ANNOTATION("claim-namespace"),
		                     vc_is_dns_label, &claim.namespace, err) < 0))
			return -(int)err->kind;
		if (add_device(r, &claim, &entries[i], err) < 0)
			return -(int)err->kind;
	}
	if (!claim.uid && claim.devices.n == 0)
		return 0;
	slot = vc_list_push(r->arena, &r->facts->claims);
	if (!slot)
		return vc_fail_oom(err);
	*slot = claim;
	return 0;
}

static bool same_claim(const struct entry *a, const struct entry *b)
{
	return a->uid && b->uid ? strcmp(a->uid, b->uid) == 0 : a->uid == b->uid;
}

/* [KEP-5304] The file says which claim has metadata, and where; no more. */
static int add_metadata(struct recovery *r, const struct entry *entry, struct vc_err *err)
{
	struct vc_claim *slot;

	if (entry->uid) {
		slot = vc_list_push(r->arena, &r->facts->claims);
		if (!slot)
			return vc_fail_oom(err);
		slot->uid = entry->uid;
		slot->origin = entry->device->where;
	}
	return vc_cdi_read_metadata(r->arena, entry->device, entry->uid, r->options,
	                            r->facts, err);
}

static int add_all_metadata(struct recovery *r, const struct entry *entries, size_t n,
                            struct vc_err *err)
{
	if (n > VC_CDI_MAX_EVIDENCE)
		return vc_fail(
			err, VC_ERR_INPUT,
			"%s: /devices: %zu devices in a metadata file, expected one",
			r->spec->file, n);
	for (size_t i = 0; i < n; i++)
		if (add_metadata(r, &entries[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int recover(struct recovery *r, const char *file_name, struct vc_err *err)
{
	struct entry *entries = NULL;
	size_t n = 0, end;

	if (list_entries(r, file_name, &entries, &n, err) < 0)
		return -(int)err->kind;
	if (vc_cdi_is_metadata(r->spec))
		return add_all_metadata(r, entries, n, err);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && same_claim(&entries[i], &entries[end]);)
			end++;
		if (add_claim(r, &entries[i], end - i, err) < 0)
			return -(int)err->kind;
	}
	return n > 1 ? vc_cdi_note_collisions(r->arena, r->spec, r->facts, err) : 0;
}

/**
 * vc_cdi_recover() - What a CDI file says about claims and their devices
 * @arena:	holds the facts
 * @spec:	file
 * @file_name:	its base name, in which many drivers put the claim UID; "" none
 * @options:	options
 * @facts:	one piece of a claim for each claim UID, one for the devices of which
 *		no claim is known; as it was on failure
 * @err:	"FILE: /devices/N: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT (values that are no addresses, contradictions),
 * -VC_ERR_REFUSED, -VC_ERR_SYSTEM (of a followed file) or -VC_ERR_INTERNAL
 */
int vc_cdi_recover(struct vc_arena *arena, const struct vc_cdi_spec *spec,
                   const char *file_name, const struct vc_cdi_options *options,
                   struct vc_facts *facts, struct vc_err *err)
{
	struct recovery r = {
		.arena = arena,
		.spec = spec,
		.options = options,
		.facts = facts,
	};
	const struct vc_facts before = *facts;

	if (recover(&r, file_name, err) == 0)
		return 0;
	facts->claims.n = before.claims.n;
	facts->slices.n = before.slices.n;
	facts->pods.n = before.pods.n;
	facts->notes.n = before.notes.n;
	return -(int)err->kind;
}
