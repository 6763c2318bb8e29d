/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [DRA] resource/v1 types.go, ResourceSlice. In v1beta1 the attributes of a device stand
 * under 'basic'.
 */
#include "claim/attributes.h"
#include "claim/kubernetes_internal.h"

/* The API's limit is 128. */
#define DEVICES_MAX 4096

struct slice_reader {
	struct vc_facts *facts;
	struct vc_slice slice;
};

static int read_attributes(const struct vc_object_reader *r, const struct vc_node *node,
                           struct vc_device *device)
{
	struct vc_node basic, attributes;
	bool found = false;

	if (vc_node_object(node, "basic", VC_OPTIONAL, &basic, &found, r->err) < 0 ||
	    vc_node_object(found ? &basic : node, "attributes", VC_OPTIONAL, &attributes,
	                   &found, r->err) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	return vc_attributes_read(r->arena, &attributes, device->driver,
	                          &device->attributes, r->err);
}

/* A driver may publish an address that is none; that costs only this device. */
static int apply_attributes(const struct vc_object_reader *r, struct vc_facts *facts,
                            struct vc_device *device)
{
	struct vc_device applied = *device;
	struct vc_err why = VC_ERR_INIT;
	int ret = vc_device_apply_attributes(r->arena, &applied, device->origin, &why);

	if (ret == 0)
		*device = applied;
	if (ret == -VC_ERR_INPUT)
		return vc_facts_note(r->arena, facts, r->err, "%s", why.msg);
	return ret == 0 ? 0 : vc_fail(r->err, why.kind, "%s", why.msg);
}

static int read_device(const struct vc_object_reader *r, const struct vc_node *node,
                       void *data)
{
	struct slice_reader *s = data;
	struct vc_device device = VC_DEVICE_INIT, *slot;

	device.driver = s->slice.driver;
	device.pool = s->slice.pool;
	device.origin = vc_node_where(r->arena, node);
	if (!device.origin)
		return vc_fail_oom(r->err);
	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_label, &device.name) <
	            0 ||
	    read_attributes(r, node, &device) < 0 ||
	    apply_attributes(r, s->facts, &device) < 0)
		return -(int)r->err->kind;
	slot = vc_list_push(r->arena, &s->slice.devices);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = device;
	return 0;
}

static int read_pool(const struct vc_object_reader *r, const struct vc_node *spec,
                     struct vc_slice *slice)
{
	struct vc_node pool;

	if (vc_node_object(spec, "pool", VC_REQUIRED, &pool, NULL, r->err) < 0 ||
	    vc_object_text(r, &pool, "name", VC_REQUIRED, &vc_name_pool, &slice->pool) <
	            0 ||
	    vc_node_int(&pool, "generation", VC_OPTIONAL, &slice->generation, r->err) <
	            0 ||
	    vc_node_int(&pool, "resourceSliceCount", VC_REQUIRED, &slice->slice_count,
	                r->err) < 0)
		return -(int)r->err->kind;
	if (slice->slice_count < 1 || slice->generation < 0)
		return vc_node_fail(&pool, r->err, VC_ERR_INPUT,
		                    "expected a resourceSliceCount above 0 and a "
		                    "generation of 0 or more");
	return 0;
}

/**
 * vc_resource_slice_read() - Read a ResourceSlice
 * @reader:	arena and error
 * @object:	object of kind ResourceSlice
 * @facts:	the slice is added; a device whose attributes hold a broken address gets a
 *		note and no address
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_resource_slice_read(const struct vc_object_reader *reader,
                           const struct vc_node *object, struct vc_facts *facts)
{
	struct slice_reader s = { .facts = facts };
	struct vc_slice *slot;
	struct vc_node spec;

	s.slice.origin = vc_node_where(reader->arena, object);
	if (!s.slice.origin)
		return vc_fail_oom(reader->err);
	if (vc_node_object(object, "spec", VC_REQUIRED, &spec, NULL, reader->err) < 0 ||
	    vc_object_text(reader, &spec, "driver", VC_REQUIRED, &vc_name_driver,
	                   &s.slice.driver) < 0 ||
	    vc_object_text(reader, &spec, "nodeName", VC_OPTIONAL, &vc_name_subdomain,
	                   &s.slice.node) < 0 ||
	    read_pool(reader, &spec, &s.slice) < 0 ||
	    vc_object_each(reader, &spec, "devices", DEVICES_MAX, read_device, &s) < 0)
		return -(int)reader->err->kind;
	slot = vc_list_push(reader->arena, &facts->slices);
	if (!slot)
		return vc_fail_oom(reader->err);
	*slot = s.slice;
	return 0;
}
