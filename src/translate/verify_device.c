/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of one host device of a domain: whose it is, then what it is, then
 * whether the host has it ready.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "domain/claim_owner.h"
#include "translate/verify_internal.h"

#define NO_SYSFS   "no --sysfs to look it up in"
#define NAMES_MAX  4
#define BRIDGE     0x06      /* [PCI] base class code */
#define KUBEVIRT_A "ua-dra-" /* [KV] aliases of its own elements */
#define KUBEVIRT_B "ua-sriov-"

/**
 * struct subject - one host device, and what is known of it
 * @name:	what verdicts call it
 * @hostdev:	element
 * @planned:	what the plan says of it; NULL
 * @record:	of its alias; NULL
 * @claim:	NULL unknown
 * @device:	of @claim, at the address that the element has; NULL
 * @function:	what the host says of it; NULL
 * @mdev:	the same of a mediated device
 * @usb:	the same of a USB device
 * @exists:	whether the host has it, of whatever kind
 */
struct subject {
	const char *name;
	const struct vc_hostdev *hostdev;
	const struct vc_plan_device *planned;
	const struct vc_record *record;
	const struct vc_claim *claim;
	const struct vc_device *device;
	const struct vc_function *function;
	const struct vc_mdev_fact *mdev;
	const struct vc_usb_fact *usb;
	bool exists;
};

static struct vc_check verdict(const struct subject *s, const char *name,
                               enum vc_verdict value)
{
	return (struct vc_check){ .device = s->name, .name = name, .verdict = value };
}

static const char *host_name(struct vc_verifier *v, const struct vc_hostdev *h)
{
	return vc_host_side_text(v->arena, &h->host);
}

/* "lab/vm7-dev", or what else there is */
static const char *claim_name(struct vc_verifier *v, const struct vc_claim *c)
{
	const char *text;

	if (c->name && c->namespace)
		text = vc_arena_printf(v->arena, "%s/%s", c->namespace, c->name);
	else if (c->name)
		text = c->name;
	else
		text = c->uid;
	return text ? text : "?";
}

static const char *binding_name(struct vc_verifier *v, const struct vc_binding *b)
{
	const char *claim = b->claim ? b->claim : (b->pod_claim ? b->pod_claim : b->uid);
	const char *text = claim;

	if (b->namespace && claim)
		text = vc_arena_printf(v->arena, "%s/%s", b->namespace, claim);
	return text ? text : "?";
}

static const struct vc_claim *find_claim(const struct vc_verifier *v,
                                         const struct vc_index *index, const char *key)
{
	size_t n = 0;
	const struct vc_index_entry *e = key ? vc_index_find(index, key, &n) : NULL;

	return n == 1 ? &v->in->t->claims.v[e->value] : NULL;
}

static const struct vc_claim *claim_of(struct vc_verifier *v, const struct subject *s)
{
	const char *uid = s->planned ? s->planned->uid : NULL;
	const struct vc_claim *claim;

	if (!uid && s->record)
		uid = s->record->binding.uid;
	claim = find_claim(v, &v->claim_uids, uid);
	if (claim || uid)
		return claim;
	if (s->planned && s->planned->claim) {
		const struct vc_binding b = { .namespace = s->planned->namespace,
			                      .claim = s->planned->claim };

		return find_claim(v, &v->claim_names, binding_name(v, &b));
	}
	if (s->record)
		return find_claim(v, &v->claim_names,
		                  binding_name(v, &s->record->binding));
	return NULL;
}

static const struct vc_device *device_of(struct vc_verifier *v, const struct subject *s)
{
	const char *key = vc_host_side_key(v->arena, &s->hostdev->host);

	for (size_t i = 0; key && s->claim && i < s->claim->devices.n; i++) {
		const struct vc_device *d = &s->claim->devices.v[i];
		const char *other = vc_host_side_key(v->arena, &d->host);

		if (other && strcmp(key, other) == 0)
			return d;
	}
	return NULL;
}

/* The recorded claim has gone: is there another one of its name? */
static int check_lost_claim(struct vc_verifier *v, const struct subject *s,
                            struct vc_err *err)
{
	const struct vc_binding *b = &s->record->binding;
	const struct vc_claim *other = find_claim(v, &v->claim_names, binding_name(v, b));
	struct vc_check check = verdict(s, "claim", VC_VERDICT_UNKNOWN);

	if (!b->uid || !other || !other->uid)
		return vc_verify_add(v, &check, err, "no input describes claim '%s'",
		                     binding_name(v, b));
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(v, &check, err,
	                     "bound to claim '%s' with UID %s, which now has UID %s (%s)",
	                     binding_name(v, b), b->uid, other->uid, other->origin);
}

static int check_claim(struct vc_verifier *v, const struct subject *s, struct vc_err *err)
{
	struct vc_check check = verdict(s, "claim", VC_VERDICT_FAILED);
	const struct vc_claim *c = s->claim;

	if (!c && s->record)
		return check_lost_claim(v, s, err);
	if (!c) {
		check.verdict = VC_VERDICT_UNKNOWN;
		return vc_verify_add(v, &check, err,
		                     "no binding; 'virt-claim adopt' makes one");
	}
	if (c->deleting)
		return vc_verify_add(v, &check, err, "claim '%s' is being deleted",
		                     claim_name(v, c));
	if (c->from_api && !c->allocated)
		return vc_verify_add(v, &check, err, "claim '%s' is not allocated",
		                     claim_name(v, c));
	if (!s->device && s->planned && s->planned->to)
		return vc_verify_add(v, &check, err, "claim '%s' has %s now",
		                     claim_name(v, c), s->planned->to);
	if (!s->device)
		return vc_verify_add(v, &check, err,
		                     "claim '%s' does not have this device now (%s)",
		                     claim_name(v, c), c->origin);
	check.verdict = VC_VERDICT_OK;
	return vc_verify_add(v, &check, err, "claim '%s', request '%s'", claim_name(v, c),
	                     s->device->request ? s->device->request : "?");
}

static int check_owner(struct vc_verifier *v, const struct subject *s, struct vc_err *err)
{
	struct vc_check check = verdict(s, "owner", VC_VERDICT_UNKNOWN);
	const struct vc_vmi *vmi = &v->in->t->vmi;
	const struct vc_plan_input who = {
		.pods = &v->in->t->facts.pods,
		.vmi_name = vmi->name,
		.vmi_uid = vmi->uid,
		.vm_uid = vmi->vm_uid,
	};

	if (!s->claim)
		return vc_verify_add(v, &check, err, "the claim is not known");
	if (s->device && s->device->admin_access == VC_YES) {
		check.verdict = VC_VERDICT_FAILED;
		return vc_verify_add(v, &check, err,
		                     "adminAccess: the device may belong to others too");
	}
	if (!s->claim->from_api)
		return vc_verify_add(v, &check, err,
		                     "only a ResourceClaim object says who has it");
	if (!v->in->t->have_vmi)
		return vc_verify_add(v, &check, err, "no --vmi says which VM this is");
	if (!v->in->planned)
		return vc_verify_add(v, &check, err, "see check 'rewrite'");
	if (vc_claim_owner(&who, s->claim) != VC_YES)
		return vc_verify_add(v, &check, err, "reserved for nobody that is known");
	check.verdict = VC_VERDICT_OK;
	return vc_verify_add(v, &check, err, "reserved for VM '%s'",
	                     vmi->name ? vmi->name : "?");
}

static int check_alias(struct vc_verifier *v, const struct subject *s, struct vc_err *err)
{
	const char *alias = s->hostdev->alias;
	struct vc_check check = verdict(s, "alias", VC_VERDICT_UNKNOWN);
	size_t n = 0;

	if (!alias)
		return vc_verify_add(v, &check, err, "none");
	(void)vc_index_find(&v->aliases, alias, &n);
	if (n > 1) {
		check.verdict = VC_VERDICT_FAILED;
		return vc_verify_add(v, &check, err, "%zu devices have it", n);
	}
	if (!vc_alias_is_valid(alias))
		return vc_verify_add(v, &check, err, "libvirt's own, not a user alias");
	if (!s->record && strncmp(alias, KUBEVIRT_A, strlen(KUBEVIRT_A)) != 0 &&
	    strncmp(alias, KUBEVIRT_B, strlen(KUBEVIRT_B)) != 0)
		return vc_verify_add(v, &check, err, "not recorded as ours");
	check.verdict = VC_VERDICT_OK;
	return vc_verify_add(v, &check, err, "%s", s->record ? "ours" : "KubeVirt's");
}

/* Ours, or the one of the driver */
static const char *id_attribute(struct vc_verifier *v, const struct vc_device *device,
                                const char *ours, const char *name)
{
	const char *value = vc_attributes_string(&device->attributes, ours);
	const char *theirs;

	if (value || !device->driver)
		return value;
	theirs = vc_arena_printf(v->arena, "%s/%s", device->driver, name);
	return theirs ? vc_attributes_string(&device->attributes, theirs) : NULL;
}

/* "10de" or "0x10DE" */
static bool parse_id(const char *text, uint32_t *ret_id)
{
	if (!text)
		return false;
	if (!vc_parse_literal(&text, "0x"))
		(void)vc_parse_literal(&text, "0X");
	return vc_parse_hex(&text, 4, 4, ret_id) && vc_parse_end(text);
}

/* "10de:2684" as recorded, or as the claim says; NULL neither does. */
static const char *expected_ids(struct vc_verifier *v, const struct subject *s)
{
	uint32_t vendor, device;

	if (s->record && s->record->identity)
		return s->record->identity;
	if (!s->device)
		return NULL;
	if (s->usb && s->device->host.usb.has_ids)
		return vc_arena_printf(v->arena, "%04x:%04x", s->device->host.usb.vendor,
		                       s->device->host.usb.product);
	if (!parse_id(id_attribute(v, s->device, VC_ATTR_VENDOR_ID, "vendorID"),
	              &vendor) ||
	    !parse_id(id_attribute(v, s->device, VC_ATTR_DEVICE_ID, "deviceID"), &device))
		return NULL;
	return vc_arena_printf(v->arena, "%04x:%04x", vendor, device);
}

static int check_identity(struct vc_verifier *v, const struct subject *s,
                          struct vc_err *err)
{
	struct vc_check check = verdict(s, "identity", VC_VERDICT_UNKNOWN);
	const char *expected;
	char found[sizeof("ffff:ffff")];
	uint16_t vendor, product;

	if (s->mdev) {
		check.verdict = VC_VERDICT_OK;
		return vc_verify_add(v, &check, err, "the UUID says it");
	}
	if (!s->function && !s->usb)
		return vc_verify_add(v, &check, err,
		                     !v->in->t->have_host ? NO_SYSFS
		                     : s->exists ? "devices of this kind have no ids"
		                                 : "the device is not there");
	expected = expected_ids(v, s);
	vendor = s->usb ? s->usb->vendor : s->function->vendor;
	product = s->usb ? s->usb->product : s->function->device;
	(void)snprintf(found, sizeof(found), "%04x:%04x", vendor, product);
	if (!expected)
		return vc_verify_add(v, &check, err,
		                     "no input says what device it is; the host has %s",
		                     found);
	check.verdict = strncmp(expected, found, strlen(found)) == 0 ? VC_VERDICT_OK
	                                                             : VC_VERDICT_FAILED;
	if (check.verdict == VC_VERDICT_OK)
		return vc_verify_add(v, &check, err, "%s", found);
	return vc_verify_add(v, &check, err, "expected %s, the host has %s", expected,
	                     found);
}

static int check_address(struct vc_verifier *v, const struct subject *s,
                         struct vc_err *err)
{
	struct vc_check check = verdict(s, "address", VC_VERDICT_UNKNOWN);
	const char *host = host_name(v, s->hostdev);

	if (!v->in->t->have_host)
		return vc_verify_add(v, &check, err, NO_SYSFS);
	check.verdict = s->exists ? VC_VERDICT_OK : VC_VERDICT_FAILED;
	return vc_verify_add(v, &check, err, "%s %s", host ? host : "?",
	                     check.verdict == VC_VERDICT_OK ? "exists"
	                                                    : "does not exist");
}

static int check_driver(struct vc_verifier *v, const struct subject *s,
                        struct vc_err *err)
{
	struct vc_check check = verdict(s, "driver", VC_VERDICT_OK);
	const char *driver =
		s->function && s->function->driver ? s->function->driver : "no driver";

	if (s->mdev)
		return vc_verify_add(v, &check, err, "a mediated device of '%s'",
		                     s->mdev->parent ? s->mdev->parent : "?");
	if (!s->function) {
		check.verdict = VC_VERDICT_UNKNOWN;
		return vc_verify_add(v, &check, err,
		                     v->in->t->have_host ? "the device is not there"
		                                         : NO_SYSFS);
	}
	if (s->function->on_vfio)
		return vc_verify_add(v, &check, err, "%s", driver);
	if (s->hostdev->managed == VC_YES)
		return vc_verify_add(v, &check, err,
		                     "%s; managed='yes': libvirt binds it at start",
		                     driver);
	check.verdict = VC_VERDICT_FAILED;
	return vc_verify_add(v, &check, err,
	                     "%s instead of vfio-pci or a variant of it, and the domain "
	                     "does not say managed='yes'",
	                     driver);
}

static int64_t group_of(const struct subject *s)
{
	if (s->function)
		return s->function->iommu_group;
	if (s->mdev)
		return s->mdev->iommu_group;
	return s->device ? s->device->iommu_group : -1;
}

static bool is_in_domain(const struct vc_verifier *v, const char *address)
{
	size_t n = 0;

	(void)vc_index_find(&v->hosts, address, &n);
	return n > 0;
}

/* Whether this member of the group is in the way: held by a driver of the host. */
static bool is_in_the_way(const struct vc_verifier *v, const struct vc_function *f,
                          const char *address)
{
	return f->class_code >> 16 != BRIDGE && f->driver && !f->on_vfio &&
	       !is_in_domain(v, address);
}

static int check_group(struct vc_verifier *v, const struct subject *s, struct vc_err *err)
{
	struct vc_check check = verdict(s, "iommu-group", VC_VERDICT_UNKNOWN);
	int64_t group = group_of(s);
	char bad[256] = "";
	size_t n = 0, used = 0;

	if (!s->function && !s->mdev)
		return vc_verify_add(v, &check, err,
		                     v->in->t->have_host ? "the device is not there"
		                                         : NO_SYSFS);
	check.verdict = VC_VERDICT_FAILED;
	if (group < 0)
		return vc_verify_add(v, &check, err, "none; is the IOMMU switched on?");
	for (size_t i = 0; i < v->in->t->host.functions.n; i++) {
		const struct vc_function *f = &v->in->t->host.functions.v[i];
		char text[VC_PCI_ADDRESS_SIZE];

		vc_pci_address_format(&f->address, text);
		if (f->iommu_group != group || !is_in_the_way(v, f, text))
			continue;
		if (n++ < NAMES_MAX && used < sizeof(bad))
			used += (size_t)snprintf(bad + used, sizeof(bad) - used,
			                         "%s%s (%s)", n > 1 ? ", " : "", text,
			                         f->driver);
	}
	if (n > 0)
		return vc_verify_add(v, &check, err,
		                     "%" PRId64 ": %zu of its devices stay%s with the "
		                     "host: %s%s",
		                     group, n, n == 1 ? "s" : "", bad,
		                     n > NAMES_MAX ? ", ..." : "");
	check.verdict = VC_VERDICT_OK;
	return vc_verify_add(v, &check, err, "%" PRId64, group);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_name(const struct vc_names *names, const char *name)
{
	return names->n > 0 &&
	       bsearch(&name, names->v, names->n, sizeof(*names->v), compare_text);
}

static int check_node(struct vc_verifier *v, const struct subject *s, struct vc_err *err)
{
	const struct vc_vfio_nodes *nodes = v->in->nodes;
	struct vc_check check = verdict(s, "node", VC_VERDICT_UNKNOWN);
	int64_t group = group_of(s);
	char name[32];

	if (!nodes)
		return vc_verify_add(v, &check, err, "no --dev to look in");
	if (s->device && s->device->vfio_cdev >= 0) {
		(void)snprintf(name, sizeof(name), "vfio%" PRId64, s->device->vfio_cdev);
		if (has_name(&nodes->cdevs, name)) {
			check.verdict = VC_VERDICT_OK;
			return vc_verify_add(v, &check, err, "%s/devices/%s",
			                     nodes->directory, name);
		}
	}
	if (group < 0)
		return vc_verify_add(v, &check, err, "the IOMMU group is not known");
	(void)snprintf(name, sizeof(name), "%" PRId64, group);
	if (!has_name(&nodes->groups, name) && s->hostdev->managed == VC_YES &&
	    s->function && !s->function->on_vfio)
		return vc_verify_add(v, &check, err,
		                     "%s/%s appears when libvirt binds the device",
		                     nodes->directory, name);
	check.verdict =
		has_name(&nodes->groups, name) ? VC_VERDICT_OK : VC_VERDICT_FAILED;
	return vc_verify_add(v, &check, err, "%s/%s%s", nodes->directory, name,
	                     check.verdict == VC_VERDICT_OK ? "" : " does not exist");
}

static void describe(struct vc_verifier *v, size_t i, struct subject *s)
{
	const struct vc_translation *t = v->in->t;
	const struct vc_hostdev *h = &t->domain.hostdevs.v[i];
	const struct vc_index_entry *e;
	size_t n = 0;

	s->hostdev = h;
	s->name = h->alias ? h->alias : host_name(v, h);
	s->planned = v->planned[i].device;
	e = h->alias ? vc_index_find(&v->records, h->alias, &n) : NULL;
	s->record = n > 0 ? &t->domain.records.v[e->value] : NULL;
	s->claim = claim_of(v, s);
	s->device = device_of(v, s);
	if (!t->have_host)
		return;
	s->exists = vc_host_facts_has(&t->host, &h->host);
	if (h->host.kind == VC_KIND_USB)
		s->usb = vc_host_facts_usb(&t->host, &h->host.usb, &n);
	s->function =
		h->host.has_pci ? vc_host_facts_function(&t->host, &h->host.pci) : NULL;
	s->mdev = h->host.mdev_uuid ? vc_host_facts_mdev(&t->host, h->host.mdev_uuid)
	                            : NULL;
}

/**
 * vc_verify_device() - All checks of one host device
 * @v:		verifier, indexes sorted
 * @hostdev:	which one of the domain's
 * @err:	out of memory
 *
 * Devices of kinds that we do not translate are left out.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify_device(struct vc_verifier *v, size_t hostdev, struct vc_err *err)
{
	/* The last three are about VFIO. */
	static int (*const checks[])(struct vc_verifier *, const struct subject *,
	                             struct vc_err *) = {
		check_claim,   check_owner,  check_alias, check_identity,
		check_address, check_driver, check_group, check_node,
	};
	struct subject s = { 0 };
	size_t n = VC_ARRAY_SIZE(checks);

	describe(v, hostdev, &s);
	if (!vc_host_side_known(&s.hostdev->host))
		return 0;
	if (!s.name)
		return vc_fail_oom(err);
	if (!vc_kind_is_pci(s.hostdev->host.kind) && s.hostdev->host.kind != VC_KIND_MDEV)
		n -= 3;
	for (size_t i = 0; i < n; i++)
		if (checks[i](v, &s, err) < 0)
			return -(int)err->kind;
	return 0;
}
