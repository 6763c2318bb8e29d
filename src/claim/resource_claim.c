/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [DRA] resource/v1 types.go, ResourceClaim. v1beta1 differs only in spec: what v1 has
 * under 'exactly' stands in the request itself.
 */
#include <string.h>

#include "claim/kubernetes_internal.h"
#include "claim/names.h"

/* [DRA] constants of ResourceClaim */
#define POD_CLAIM_ANNOTATION "resource.kubernetes.io/pod-claim-name"

/* The API's limits are 32 requests, 8 alternatives, 32 results, 256 consumers, 16 IPs. */
#define REQUESTS_MAX  256
#define RESULTS_MAX   256
#define CONSUMERS_MAX 1024
#define IPS_MAX       64

/* [DRA] AllocationMode: clients must refuse to handle requests with unknown modes. */
static int check_mode(const struct vc_object_reader *r, const struct vc_node *request)
{
	char *mode = NULL;

	if (vc_object_text(r, request, "allocationMode", VC_OPTIONAL, &vc_name_line,
	                   &mode) < 0)
		return -(int)r->err->kind;
	if (!mode || strcmp(mode, "ExactCount") == 0 || strcmp(mode, "All") == 0)
		return 0;
	return vc_node_fail(request, r->err, VC_ERR_INPUT,
	                    "allocationMode '%.64s' is not known; expected 'ExactCount' "
	                    "or 'All'",
	                    mode);
}

static int check_alternative(const struct vc_object_reader *r, const struct vc_node *node,
                             void *data VC_UNUSED)
{
	return check_mode(r, node);
}

static int check_request(const struct vc_object_reader *r, const struct vc_node *node,
                         void *data VC_UNUSED)
{
	struct vc_node exactly;
	bool found = false;

	if (vc_node_object(node, "exactly", VC_OPTIONAL, &exactly, &found, r->err) < 0 ||
	    check_mode(r, found ? &exactly : node) < 0)
		return -(int)r->err->kind;
	return vc_object_each(r, node, "firstAvailable", REQUESTS_MAX, check_alternative,
	                      NULL);
}

static int check_spec(const struct vc_object_reader *r, const struct vc_node *object)
{
	struct vc_node spec, devices;
	bool found = false;

	if (vc_node_object(object, "spec", VC_OPTIONAL, &spec, &found, r->err) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (vc_node_object(&spec, "devices", VC_OPTIONAL, &devices, &found, r->err) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	return vc_object_each(r, &devices, "requests", REQUESTS_MAX, check_request, NULL);
}

/* "main" or "main/sub" */
static bool split_request(char *text, char **ret_request, char **ret_subrequest)
{
	char *slash = strchr(text, '/');

	if (slash)
		*slash = '\0';
	*ret_request = text;
	*ret_subrequest = slash ? slash + 1 : NULL;
	return vc_name_label.fits(text) && (!slash || vc_name_label.fits(slash + 1));
}

static int read_request(const struct vc_object_reader *r, const struct vc_node *result,
                        struct vc_device *device)
{
	struct vc_node member;
	char *text = NULL;

	if (vc_object_text(r, result, "request", VC_REQUIRED, &vc_name_line, &text) < 0)
		return -(int)r->err->kind;
	if (split_request(text, &device->request, &device->subrequest))
		return 0;
	(void)vc_node_member(result, "request", &member);
	return vc_node_fail(
		&member, r->err, VC_ERR_INPUT,
		"expected the name of a request, 'name' or 'name/subrequest'");
}

static int read_result(const struct vc_object_reader *r, const struct vc_node *node,
                       void *data)
{
	struct vc_claim *claim = data;
	struct vc_device device = VC_DEVICE_INIT, *slot;
	bool admin = false;

	if (read_request(r, node, &device) < 0 ||
	    vc_object_text(r, node, "driver", VC_REQUIRED, &vc_name_driver,
	                   &device.driver) < 0 ||
	    vc_object_text(r, node, "pool", VC_REQUIRED, &vc_name_pool, &device.pool) <
	            0 ||
	    vc_object_text(r, node, "device", VC_REQUIRED, &vc_name_label, &device.name) <
	            0 ||
	    vc_node_bool(node, "adminAccess", VC_OPTIONAL, &admin, r->err) < 0)
		return -(int)r->err->kind;
	device.admin_access = admin ? VC_YES : VC_NO;
	device.origin = vc_node_where(r->arena, node);
	slot = vc_list_push(r->arena, &claim->devices);
	if (!slot || !device.origin)
		return vc_fail_oom(r->err);
	*slot = device;
	return 0;
}

static int read_allocation(const struct vc_object_reader *r, const struct vc_node *status,
                           struct vc_claim *claim)
{
	struct vc_node allocation, devices;
	bool found = false;

	if (vc_node_object(status, "allocation", VC_OPTIONAL, &allocation, &found,
	                   r->err) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	claim->allocated = true;
	if (vc_node_object(&allocation, "devices", VC_OPTIONAL, &devices, &found,
	                   r->err) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	return vc_object_each(r, &devices, "results", RESULTS_MAX, read_result, claim);
}

static int read_consumer(const struct vc_object_reader *r, const struct vc_node *node,
                         void *data)
{
	struct vc_claim *claim = data;
	struct vc_consumer consumer = { 0 }, *slot;

	if (vc_object_text(r, node, "apiGroup", VC_OPTIONAL, &vc_name_line,
	                   &consumer.api_group) < 0 ||
	    vc_object_text(r, node, "resource", VC_REQUIRED, &vc_name_line,
	                   &consumer.resource) < 0 ||
	    vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_line, &consumer.name) <
	            0 ||
	    vc_object_text(r, node, "uid", VC_REQUIRED, &vc_name_uid, &consumer.uid) < 0)
		return -(int)r->err->kind;
	if (!consumer.api_group)
		consumer.api_group = vc_arena_strdup(r->arena, "");
	slot = vc_list_push(r->arena, &claim->reserved_for);
	if (!slot || !consumer.api_group)
		return vc_fail_oom(r->err);
	*slot = consumer;
	return 0;
}

static int read_ip(const struct vc_object_reader *r, const struct vc_node *node,
                   void *data)
{
	struct vc_device *device = data;
	const char *text = vc_node_text(node);
	char **slot;

	if (!vc_is_one_line(text))
		return vc_node_fail(node, r->err, VC_ERR_INPUT,
		                    "expected an address like '192.0.2.7/24'");
	slot = vc_list_push(r->arena, &device->ips);
	if (slot)
		*slot = vc_arena_strdup(r->arena, text);
	return slot && *slot ? 0 : vc_fail_oom(r->err);
}

static int read_network(const struct vc_object_reader *r, const struct vc_node *status,
                        struct vc_device *device)
{
	struct vc_node network;
	bool found = false;

	if (vc_node_object(status, "networkData", VC_OPTIONAL, &network, &found, r->err) <
	    0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	device->ips.n = 0;
	if (vc_object_text(r, &network, "interfaceName", VC_OPTIONAL, &vc_name_line,
	                   &device->interface_name) < 0 ||
	    vc_object_text(r, &network, "hardwareAddress", VC_OPTIONAL, &vc_name_line,
	                   &device->hardware_address) < 0)
		return -(int)r->err->kind;
	return vc_object_each(r, &network, "ips", IPS_MAX, read_ip, device);
}

/* [DRA] AllocatedDeviceStatus; the same device may answer several requests. */
static int read_status(const struct vc_object_reader *r, const struct vc_node *node,
                       void *data)
{
	struct vc_claim *claim = data;
	char *driver = NULL, *pool = NULL, *name = NULL;

	if (vc_object_text(r, node, "driver", VC_REQUIRED, &vc_name_driver, &driver) <
	            0 ||
	    vc_object_text(r, node, "pool", VC_REQUIRED, &vc_name_pool, &pool) < 0 ||
	    vc_object_text(r, node, "device", VC_REQUIRED, &vc_name_label, &name) < 0)
		return -(int)r->err->kind;
	for (size_t i = 0; i < claim->devices.n; i++) {
		struct vc_device *d = &claim->devices.v[i];

		if (!vc_driver_equal(d->driver, driver) || strcmp(d->pool, pool) != 0 ||
		    strcmp(d->name, name) != 0)
			continue;
		if (read_network(r, node, d) < 0)
			return -(int)r->err->kind;
	}
	return 0;
}

static int read_claim_status(const struct vc_object_reader *r,
                             const struct vc_node *object, struct vc_claim *claim)
{
	struct vc_node status;
	bool found = false;

	if (vc_node_object(object, "status", VC_OPTIONAL, &status, &found, r->err) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (read_allocation(r, &status, claim) < 0 ||
	    vc_object_each(r, &status, "reservedFor", CONSUMERS_MAX, read_consumer,
	                   claim) < 0)
		return -(int)r->err->kind;
	return vc_object_each(r, &status, "devices", RESULTS_MAX, read_status, claim);
}

static int read_pod_claim(const struct vc_object_reader *r, const struct vc_node *object,
                          struct vc_claim *claim)
{
	struct vc_node text;
	bool found = false;

	if (vc_object_annotation(r, object, POD_CLAIM_ANNOTATION, &text, &found) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (!vc_name_label.fits(vc_node_text(&text)))
		return vc_node_fail(&text, r->err, VC_ERR_INPUT, "expected %s",
		                    vc_name_label.what);
	claim->pod_claim = vc_arena_strdup(r->arena, vc_node_text(&text));
	return claim->pod_claim ? 0 : vc_fail_oom(r->err);
}

/**
 * vc_resource_claim_read() - Read a ResourceClaim
 * @reader:	arena and error
 * @object:	object of kind ResourceClaim
 * @facts:	the claim is added; its devices are the results of the allocation, without
 *		addresses
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_resource_claim_read(const struct vc_object_reader *reader,
                           const struct vc_node *object, struct vc_facts *facts)
{
	struct vc_claim claim = { .from_api = true }, *slot;
	struct vc_object_meta meta;

	if (vc_object_meta_read(reader, object, &meta) < 0 ||
	    read_pod_claim(reader, object, &claim) < 0 ||
	    check_spec(reader, object) < 0 ||
	    read_claim_status(reader, object, &claim) < 0)
		return -(int)reader->err->kind;
	claim.namespace = meta.namespace;
	claim.name = meta.name;
	claim.uid = meta.uid;
	claim.owners = meta.owners;
	claim.deleting = meta.deleting;
	claim.origin = vc_node_where(reader->arena, object);
	slot = vc_list_push(reader->arena, &facts->claims);
	if (!slot || !claim.origin)
		return vc_fail_oom(reader->err);
	*slot = claim;
	return 0;
}
