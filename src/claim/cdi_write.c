/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [CDI] SPEC and what the library enforces: annotations need 0.6.0, and nothing else here
 * needs more; a device must have an edit; a later value of a variable replaces an earlier
 * one, so no variable is set.
 * [VFIO] /dev/vfio/vfio is the container of groups, shared by all of them.
 */
#include "claim/cdi_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "claim/cdi_recover.h"
#include "claim/json_writer.h"
#include "claim/names.h"

#define FILE_PREFIX VC_ATTR_DOMAIN "-claim_"
#define FILE_SUFFIX ".json"
#define NODES_MAX   3U

/* The nodes below /dev that a device consists of. */
struct nodes {
	char *v[NODES_MAX];
	size_t n;
	bool vfio;
};

/**
 * vc_cdi_claim_file() - What the CDI file of a claim is called
 * @arena:	holds the name
 * @uid:	UID of the claim, a UUID
 *
 * Return: a file name, or NULL when out of memory
 */
char *vc_cdi_claim_file(struct vc_arena *arena, const char *uid)
{
	return vc_arena_printf(arena, FILE_PREFIX "%s" FILE_SUFFIX, uid);
}

/**
 * vc_cdi_is_claim_file() - Whether a file is the CDI file of a claim of ours
 * @name:	its name in the directory
 * @ret_uid:	UID of the claim, when it is
 *
 * Return: whether it is called so
 */
bool vc_cdi_is_claim_file(const char *name, char ret_uid[VC_CDI_UID_SIZE])
{
	char uid[VC_CDI_UID_SIZE] = "";
	const char *cursor = name;

	if (!vc_parse_literal(&cursor, FILE_PREFIX) ||
	    strlen(cursor) != VC_CDI_UID_SIZE - 1 + strlen(FILE_SUFFIX) ||
	    strcmp(cursor + VC_CDI_UID_SIZE - 1, FILE_SUFFIX) != 0)
		return false;
	memcpy(uid, cursor, VC_CDI_UID_SIZE - 1);
	if (!vc_is_uuid(uid))
		return false;
	memcpy(ret_uid, uid, VC_CDI_UID_SIZE);
	return true;
}

static int refuse(const struct vc_claim *claim, const struct vc_device *device,
                  const char *problem, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "claim '%s/%s': device '%s' of request '%s': %s",
	               claim->namespace ? claim->namespace : "?",
	               claim->name ? claim->name : "?", device->name ? device->name : "?",
	               device->request ? device->request : "?", problem);
}

static int check_claim(const struct vc_claim *claim, struct vc_err *err)
{
	if (!vc_is_uuid(claim->uid) || !vc_is_dns_label(claim->namespace) ||
	    !vc_is_dns_subdomain(claim->name))
		return vc_fail(err, VC_ERR_REFUSED,
		               "claim '%s/%s': a CDI file needs namespace, name and a "
		               "UUID as UID, not '%s'",
		               claim->namespace ? claim->namespace : "?",
		               claim->name ? claim->name : "?",
		               claim->uid ? claim->uid : "?");
	if (claim->devices.n == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "claim '%s/%s': a CDI file needs a device",
		               claim->namespace, claim->name);
	return 0;
}

static bool add_node(struct nodes *nodes, char *path)
{
	if (path)
		nodes->v[nodes->n++] = path;
	return path != NULL;
}

static int find_nodes(struct vc_arena *arena, const struct vc_device *d,
                      struct nodes *ret_nodes, struct vc_err *err)
{
	const struct vc_usb_device *usb = &d->host.usb;
	struct nodes nodes = { .vfio = d->iommu_group >= 0 || d->vfio_cdev >= 0 };
	bool ok = true;

	if (d->host.kind == VC_KIND_USB)
		nodes.vfio = false;
	if (nodes.vfio && d->iommu_group >= 0)
		ok = add_node(&nodes, vc_arena_printf(arena, "/dev/vfio/%" PRId64,
		                                      d->iommu_group));
	if (ok && nodes.vfio && d->vfio_cdev >= 0)
		ok = add_node(&nodes,
		              vc_arena_printf(arena, "/dev/vfio/devices/vfio%" PRId64,
		                              d->vfio_cdev));
	if (ok && d->host.kind == VC_KIND_USB && usb->bus > 0 && usb->device > 0)
		ok = add_node(&nodes, vc_arena_printf(arena, "/dev/bus/usb/%03u/%03u",
		                                      usb->bus, usb->device));
	if (!ok)
		return vc_fail_oom(err);
	*ret_nodes = nodes;
	return 0;
}

static void write_nodes(struct vc_json_writer *json, char *const *paths, size_t n)
{
	vc_json_object(json, "containerEdits");
	vc_json_array(json, "deviceNodes");
	for (size_t i = 0; i < n; i++) {
		vc_json_object(json, NULL);
		vc_json_string(json, "path", paths[i]);
		vc_json_string(json, "type", "c");
		vc_json_string(json, "permissions", "rw");
		vc_json_close(json);
	}
	vc_json_close(json);
	vc_json_close(json);
}

/* [CDI] the values of annotations are strings. */
static void write_number(struct vc_json_writer *json, const char *key, int64_t number)
{
	char text[24];

	if (number < 0)
		return;
	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	vc_json_string(json, key, text);
}

static void write_usb(struct vc_json_writer *json, const struct vc_usb_device *usb)
{
	char text[24];

	if (usb->bus == 0 || usb->device == 0)
		return;
	(void)snprintf(text, sizeof(text), "%u:%u", usb->bus, usb->device);
	vc_json_string(json, VC_CDI_ANNOTATION("usb-device"), text);
}

static void write_place(struct vc_json_writer *json, const struct vc_device *d)
{
	const struct vc_host_side *host = &d->host;
	char address[VC_PCI_ADDRESS_SIZE];

	if (vc_kind_is_pci(host->kind) && host->has_pci) {
		vc_pci_address_format(&host->pci, address);
		vc_json_string(json, VC_CDI_ANNOTATION("pci-address"), address);
	}
	vc_json_string_if(json, VC_CDI_ANNOTATION("mdev-uuid"), host->mdev_uuid);
	if (host->mdev_uuid && host->mdev_model != VC_MDEV_UNKNOWN)
		vc_json_string(json, VC_CDI_ANNOTATION("mdev-model"),
		               vc_mdev_model_name(host->mdev_model));
	if (host->kind == VC_KIND_USB)
		write_usb(json, &host->usb);
	write_number(json, VC_CDI_ANNOTATION("iommu-group"), d->iommu_group);
	write_number(json, VC_CDI_ANNOTATION("vfio-cdev"), d->vfio_cdev);
}

static void write_annotations(struct vc_json_writer *json, const struct vc_claim *claim,
                              const struct vc_device *d)
{
	vc_json_object(json, "annotations");
	vc_json_string(json, VC_CDI_ANNOTATION("claim-uid"), claim->uid);
	vc_json_string(json, VC_CDI_ANNOTATION("claim-namespace"), claim->namespace);
	vc_json_string(json, VC_CDI_ANNOTATION("claim-name"), claim->name);
	vc_json_string(json, VC_CDI_ANNOTATION("request"), d->request);
	vc_json_string_if(json, VC_CDI_ANNOTATION("driver"), d->driver);
	vc_json_string_if(json, VC_CDI_ANNOTATION("pool"), d->pool);
	vc_json_string_if(json, VC_CDI_ANNOTATION("device"), d->name);
	write_place(json, d);
	for (size_t i = 0; i < VC_CDI_DESCRIBED; i++)
		vc_json_string_if(json, vc_cdi_described[i].annotation,
		                  vc_attributes_string(&d->attributes,
		                                       vc_cdi_described[i].attribute));
	vc_json_close(json);
}

/* How many earlier devices have the same request. */
static size_t index_in_request(const struct vc_devices *devices, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < at; i++)
		n += strcmp(devices->v[i].request, devices->v[at].request) == 0;
	return n;
}

static int write_device(struct vc_json_writer *json, const struct vc_claim *claim,
                        size_t at, bool *uses_vfio, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_device *d = &claim->devices.v[at];
	struct nodes nodes = { 0 };
	char *name;

	if (!vc_is_dns_label(d->request))
		return refuse(claim, d, "the name of its request is not known", err);
	if (find_nodes(&arena, d, &nodes, err) < 0)
		return -(int)err->kind;
	if (nodes.n == 0)
		return refuse(
			claim, d,
			"no node of it below /dev is known; it has neither an IOMMU "
			"group nor a USB device number",
			err);
	name = vc_arena_printf(&arena, "%s_%s_%zu", claim->uid, d->request,
	                       index_in_request(&claim->devices, at));
	if (!name)
		return vc_fail_oom(err);
	vc_json_object(json, NULL);
	vc_json_string(json, "name", name);
	write_annotations(json, claim, d);
	write_nodes(json, nodes.v, nodes.n);
	vc_json_close(json);
	*uses_vfio |= nodes.vfio;
	return 0;
}

/**
 * vc_cdi_write() - Write a prepared claim as a CDI file
 * @claim:	claim with UID, namespace, name; each device has a request and a node
 * @buf:	gets the text; may hold a part of it on failure
 * @err:	why not; names claim and device
 *
 * A failed @buf is reported by vc_buf_take().
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_cdi_write(const struct vc_claim *claim, struct vc_buf *buf, struct vc_err *err)
{
	static char container[] = "/dev/vfio/vfio";
	struct vc_json_writer json = { .buf = buf };
	bool uses_vfio = false;

	if (check_claim(claim, err) < 0)
		return -(int)err->kind;
	vc_json_object(&json, NULL);
	vc_json_string(&json, "cdiVersion", vc_cdi_version_name(VC_CDI_0_6));
	vc_json_string(&json, "kind", VC_CDI_CLAIM_KIND);
	vc_json_array(&json, "devices");
	for (size_t i = 0; i < claim->devices.n; i++)
		if (write_device(&json, claim, i, &uses_vfio, err) < 0)
			return -(int)err->kind;
	vc_json_close(&json);
	if (uses_vfio)
		write_nodes(&json, (char *const[]){ container }, 1);
	vc_json_close(&json);
	return 0;
}
