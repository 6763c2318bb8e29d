/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of device_metadata.h.
 *
 * Everything is written in a fixed order, attributes by name, so that the same claim
 * gives the same bytes whatever files it came from. Nothing is invented: a claim of
 * which a name is unknown is refused. What is known of a device without an attribute
 * (an address from a CDI file, a group) becomes one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "claim/device_metadata.h"
#include "claim/json_writer.h"
#include "claim/metadata_versions.h"
#include "claim/names.h"

#define ATTRIBUTES_MAX 32 /* [KEP-5304] v1beta1 */

/* What may not be written */

static const char *name_of(const char *text)
{
	return text ? text : "?";
}

static int refuse_unknown(const struct vc_claim *claim, const char *what,
                          const char *source, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: claim '%s/%s' (uid %s): %s is not known; give %s as well",
	               claim->origin ? claim->origin : "claims",
	               name_of(claim->namespace), name_of(claim->name),
	               name_of(claim->uid), what, source);
}

static int check_claim(const struct vc_claim *claim, struct vc_err *err)
{
	static const char object[] = "the ResourceClaim (kubectl get resourceclaim -o "
				     "json)";

	if (!vc_is_uid(claim->uid))
		return refuse_unknown(claim, "its UID", object, err);
	if (!vc_is_dns_label(claim->namespace))
		return refuse_unknown(claim, "its namespace", object, err);
	if (!vc_is_dns_subdomain(claim->name))
		return refuse_unknown(claim, "its name", object, err);
	return 0;
}

static int refuse_device(const struct vc_device *device, const char *problem,
                         struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED, "%s: device '%s' of driver '%s': %s",
	               device->origin ? device->origin : "claims", name_of(device->name),
	               name_of(device->driver), problem);
}

static int check_device(const struct vc_device *d, struct vc_err *err)
{
	if (!vc_is_dns_label(d->request))
		return refuse_device(d,
		                     "the request that it answers is not known; give "
		                     "the allocated ResourceClaim as well",
		                     err);
	if (d->subrequest && !vc_is_dns_label(d->subrequest))
		return refuse_device(d, "its subrequest is no DNS label", err);
	if (!vc_is_driver_name(d->driver) || !vc_is_pool_name(d->pool) ||
	    !vc_is_dns_label(d->name))
		return refuse_device(d,
		                     "driver, pool and name of the device are not all "
		                     "known; give the allocated ResourceClaim as well",
		                     err);
	if (d->admin_access == VC_YES)
		return refuse_device(d,
		                     "it was allocated for administration "
		                     "(adminAccess), which the format cannot say",
		                     err);
	return 0;
}

static int check_devices(const struct vc_devices *devices, struct vc_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < devices->n; i++)
		r = check_device(&devices->v[i], err);
	return r;
}

/* Attributes */

struct entry {
	const char *name; /* as written */
	const struct vc_attribute *attribute;
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

static int add_entry(struct vc_arena *arena, const struct vc_device *d,
                     const struct vc_attribute *attribute, struct entries *entries,
                     struct vc_err *err)
{
	struct entry *entry = vc_list_push(arena, entries);
	size_t len = strlen(d->driver);

	if (!entry)
		return vc_fail_oom(err);
	entry->attribute = attribute;
	entry->name = attribute->name;
	/* KubeVirt knows mdevUUID only without its domain. */
	if (strncasecmp(entry->name, d->driver, len) == 0 && entry->name[len] == '/')
		entry->name += len + 1;
	return 0;
}

static bool says(const struct vc_device *d, const char *name)
{
	return vc_attributes_find(&d->attributes, name) != NULL;
}

static int add_own_text(struct vc_arena *arena, const struct vc_device *d,
                        const char *name, const char *text, struct entries *entries,
                        struct vc_err *err)
{
	struct vc_attribute *a = vc_arena_alloc(arena, 1, sizeof(*a));

	if (!a)
		return vc_fail_oom(err);
	a->type = VC_ATTRIBUTE_STRING;
	a->n = 1;
	a->name = vc_arena_strdup(arena, name);
	a->strings = vc_arena_alloc(arena, 1, sizeof(*a->strings));
	if (!a->name || !a->strings)
		return vc_fail_oom(err);
	a->strings[0] = vc_arena_strdup(arena, text);
	if (!a->strings[0])
		return vc_fail_oom(err);
	return add_entry(arena, d, a, entries, err);
}

static int add_own_int(struct vc_arena *arena, const struct vc_device *d,
                       const char *name, int64_t value, struct entries *entries,
                       struct vc_err *err)
{
	struct vc_attribute *a = vc_arena_alloc(arena, 1, sizeof(*a));

	if (!a)
		return vc_fail_oom(err);
	a->type = VC_ATTRIBUTE_INT;
	a->n = 1;
	a->name = vc_arena_strdup(arena, name);
	a->ints = vc_arena_alloc(arena, 1, sizeof(*a->ints));
	if (!a->name || !a->ints)
		return vc_fail_oom(err);
	a->ints[0] = value;
	return add_entry(arena, d, a, entries, err);
}

static int add_own_address(struct vc_arena *arena, const struct vc_device *d,
                           struct entries *entries, struct vc_err *err)
{
	char address[VC_PCI_ADDRESS_SIZE];

	if (!vc_kind_is_pci(d->host.kind) || !d->host.has_pci ||
	    says(d, VC_ATTR_PCI_BUS_ID) || says(d, VC_ATTR_PCI_ADDRESS))
		return 0;
	vc_pci_address_format(&d->host.pci, address);
	/* [DRA] deviceattribute: the standard one has four digits of domain */
	return add_own_text(arena, d,
	                    d->host.pci.domain <= 0xffff ? VC_ATTR_PCI_BUS_ID
	                                                 : VC_ATTR_PCI_ADDRESS,
	                    address, entries, err);
}

static int add_own_mdev(struct vc_arena *arena, const struct vc_device *d,
                        struct entries *entries, struct vc_err *err)
{
	const char *uuid_name = vc_arena_printf(arena, "%s/mdevUUID", d->driver);
	int r = 0;

	if (!uuid_name)
		return vc_fail_oom(err);
	if (d->host.mdev_uuid && !says(d, uuid_name) && !says(d, VC_ATTR_MDEV_UUID))
		r = add_own_text(arena, d, uuid_name, d->host.mdev_uuid, entries, err);
	if (r == 0 && d->host.mdev_model != VC_MDEV_UNKNOWN &&
	    !says(d, VC_ATTR_MDEV_MODEL))
		r = add_own_text(arena, d, VC_ATTR_MDEV_MODEL,
		                 vc_mdev_model_name(d->host.mdev_model), entries, err);
	return r;
}

static int add_own_usb(struct vc_arena *arena, const struct vc_device *d,
                       struct entries *entries, struct vc_err *err)
{
	const struct vc_usb_device *usb = &d->host.usb;

	if (d->host.kind != VC_KIND_USB || usb->bus == 0 || says(d, VC_ATTR_USB_BUS))
		return 0;
	if (add_own_int(arena, d, VC_ATTR_USB_BUS, usb->bus, entries, err) < 0)
		return -(int)err->kind;
	if (usb->device == 0)
		return 0;
	return add_own_int(arena, d, VC_ATTR_USB_DEVICE, usb->device, entries, err);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int collect(struct vc_arena *arena, const struct vc_device *d,
                   struct entries *entries, struct vc_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->attributes.n; i++)
		r = add_entry(arena, d, &d->attributes.v[i], entries, err);
	if (r == 0)
		r = add_own_address(arena, d, entries, err);
	if (r == 0)
		r = add_own_mdev(arena, d, entries, err);
	if (r == 0)
		r = add_own_usb(arena, d, entries, err);
	if (r == 0 && d->iommu_group >= 0 && !says(d, VC_ATTR_IOMMU_GROUP))
		r = add_own_int(arena, d, VC_ATTR_IOMMU_GROUP, d->iommu_group, entries,
		                err);
	if (r < 0)
		return r;
	if (entries->n > ATTRIBUTES_MAX)
		return refuse_device(d,
		                     "it has more than 32 attributes, which the "
		                     "format does not allow",
		                     err);
	if (entries->n > 0)
		qsort(entries->v, entries->n, sizeof(*entries->v), compare_entries);
	return 0;
}

static void write_value(struct vc_json_writer *json, const struct vc_attribute *a,
                        const char *key, size_t i)
{
	switch (a->type) {
	case VC_ATTRIBUTE_INT:
		vc_json_int(json, key, a->ints[i]);
		return;
	case VC_ATTRIBUTE_BOOL:
		vc_json_bool(json, key, a->bools[i]);
		return;
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		break;
	}
	vc_json_string(json, key, a->strings[i]);
}

static void write_attribute(struct vc_json_writer *json, const struct entry *entry)
{
	static const char *const keys[] = {
		[VC_ATTRIBUTE_INT] = "ints",
		[VC_ATTRIBUTE_BOOL] = "bools",
		[VC_ATTRIBUTE_STRING] = "strings",
		[VC_ATTRIBUTE_VERSION] = "versions",
	};
	static const char *const scalar_keys[] = {
		[VC_ATTRIBUTE_INT] = "int",
		[VC_ATTRIBUTE_BOOL] = "bool",
		[VC_ATTRIBUTE_STRING] = "string",
		[VC_ATTRIBUTE_VERSION] = "version",
	};
	const struct vc_attribute *a = entry->attribute;

	vc_json_object(json, entry->name);
	if (a->list) {
		vc_json_array(json, keys[a->type]);
		for (size_t i = 0; i < a->n; i++)
			write_value(json, a, NULL, i);
		vc_json_close(json);
	} else {
		write_value(json, a, scalar_keys[a->type], 0);
	}
	vc_json_close(json);
}

/* Documents */

static void write_network(struct vc_json_writer *json, const struct vc_device *d)
{
	if (!d->interface_name && !d->hardware_address && d->ips.n == 0)
		return;
	vc_json_object(json, "networkData");
	vc_json_string_if(json, "interfaceName", d->interface_name);
	if (d->ips.n > 0) {
		vc_json_array(json, "ips");
		for (size_t i = 0; i < d->ips.n; i++)
			vc_json_string(json, NULL, d->ips.v[i]);
		vc_json_close(json);
	}
	vc_json_string_if(json, "hardwareAddress", d->hardware_address);
	vc_json_close(json);
}

static int write_device(struct vc_json_writer *json, const struct vc_device *d,
                        struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct entries entries = { 0 };
	int r = collect(&arena, d, &entries, err);

	if (r < 0)
		return r;
	vc_json_object(json, NULL);
	vc_json_string(json, "driver", d->driver);
	vc_json_string(json, "pool", d->pool);
	vc_json_string(json, "name", d->name);
	if (entries.n > 0) {
		vc_json_object(json, "attributes");
		for (size_t i = 0; i < entries.n; i++)
			write_attribute(json, &entries.v[i]);
		vc_json_close(json);
	}
	write_network(json, d);
	vc_json_close(json);
	return 0;
}

/* [KEP-5304] "request" or "request/subrequest"; one request, one alternative */
static int find_subrequest(const struct vc_devices *devices, size_t first,
                           const char **ret_subrequest, struct vc_err *err)
{
	const char *request = devices->v[first].request, *subrequest = NULL;

	for (size_t i = first; i < devices->n; i++) {
		const struct vc_device *d = &devices->v[i];

		if (strcmp(d->request, request) != 0 || !d->subrequest)
			continue;
		if (subrequest && strcmp(d->subrequest, subrequest) != 0)
			return refuse_device(d,
			                     "its request is answered by two "
			                     "subrequests",
			                     err);
		subrequest = d->subrequest;
	}
	*ret_subrequest = subrequest;
	return 0;
}

static int write_request(struct vc_json_writer *json, const struct vc_devices *devices,
                         size_t first, struct vc_err *err)
{
	const char *request = devices->v[first].request, *subrequest = NULL;
	char name[2 * 64 + 1];
	int r = find_subrequest(devices, first, &subrequest, err);

	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "%s%s%s", request, subrequest ? "/" : "",
	               subrequest ? subrequest : "");
	vc_json_object(json, NULL);
	vc_json_string(json, "name", name);
	vc_json_array(json, "devices");
	for (size_t i = first; r == 0 && i < devices->n; i++)
		if (strcmp(devices->v[i].request, request) == 0)
			r = write_device(json, &devices->v[i], err);
	vc_json_close(json);
	vc_json_close(json);
	return r;
}

/* Whether an earlier device has the same request, which is then already written */
static bool is_written(const struct vc_devices *devices, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(devices->v[j].request, devices->v[i].request) == 0)
			return true;
	return false;
}

static int write_document(struct vc_json_writer *json, const struct vc_claim *claim,
                          const char *version, struct vc_err *err)
{
	char api[64];
	int r = 0;

	(void)snprintf(api, sizeof(api), VC_METADATA_GROUP "/%s", version);
	vc_json_object(json, NULL);
	vc_json_string(json, "kind", VC_METADATA_KIND);
	vc_json_string(json, "apiVersion", api);
	vc_json_object(json, "metadata");
	vc_json_string(json, "name", claim->name);
	vc_json_string(json, "namespace", claim->namespace);
	vc_json_string(json, "uid", claim->uid);
	vc_json_int(json, "generation", claim->generation > 0 ? claim->generation : 1);
	vc_json_close(json);
	vc_json_string_if(json, "podClaimName", claim->pod_claim);
	vc_json_array(json, "requests");
	for (size_t i = 0; r == 0 && i < claim->devices.n; i++)
		if (!is_written(&claim->devices, i))
			r = write_request(json, &claim->devices, i, err);
	vc_json_close(json);
	vc_json_close(json);
	return r;
}

static int check_version(const char *version, struct vc_err *err)
{
	for (size_t i = 0; i < VC_METADATA_VERSIONS; i++)
		if (strcmp(version, vc_metadata_versions[i]) == 0)
			return 0;
	return vc_fail(err, VC_ERR_USAGE,
	               "'%s' is no version of " VC_METADATA_GROUP
	               "; known are v1, v1beta1 and v1alpha1",
	               version);
}

/**
 * vc_device_metadata_write() - Write a claim as DeviceMetadata
 * @claim:	claim
 * @versions:	"v1", "v1beta1", "v1alpha1": one document each, in this order; readers
 *		take the first that they know, so the newest comes first
 * @n_versions:	how many, >= 1
 * @buf:	gets the text, each document ending in a newline; may hold a part of it on
 *		failure
 * @err:	why not; names what is missing and which input would supply it
 *
 * Several requests and drivers are one document. A failed @buf is reported by
 * vc_buf_take().
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_USAGE (not a version) or -VC_ERR_INTERNAL
 */
int vc_device_metadata_write(const struct vc_claim *claim, const char *const versions[],
                             size_t n_versions, struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer json = { .buf = buf };
	int r = check_claim(claim, err);

	if (r == 0)
		r = check_devices(&claim->devices, err);
	for (size_t i = 0; r == 0 && i < n_versions; i++)
		r = check_version(versions[i], err);
	for (size_t i = 0; r == 0 && i < n_versions; i++)
		r = write_document(&json, claim, versions[i], err);
	return r;
}
