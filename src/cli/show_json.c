/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "claim/json_writer.h"
#include "cli/show.h"

static void add_missings(struct vc_json_writer *w, const struct vc_missings *list)
{
	vc_json_array(w, "missing");
	for (size_t i = 0; i < list->n; i++) {
		vc_json_object(w, NULL);
		vc_json_string(w, "fact", list->v[i].fact);
		vc_json_string(w, "hint", list->v[i].hint);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_consumers(struct vc_json_writer *w, const char *key,
                          const struct vc_consumers *list)
{
	vc_json_array(w, key);
	for (size_t i = 0; i < list->n; i++) {
		vc_json_object(w, NULL);
		vc_json_string_if(w, "apiGroup", list->v[i].api_group);
		vc_json_string_if(w, "resource", list->v[i].resource);
		vc_json_string_if(w, "name", list->v[i].name);
		vc_json_string_if(w, "uid", list->v[i].uid);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_value(struct vc_json_writer *w, const char *key,
                      const struct vc_attribute *a, size_t i)
{
	switch (a->type) {
	case VC_ATTRIBUTE_INT:
		vc_json_int(w, key, a->ints[i]);
		break;
	case VC_ATTRIBUTE_BOOL:
		vc_json_bool(w, key, a->bools[i]);
		break;
	case VC_ATTRIBUTE_STRING:
	case VC_ATTRIBUTE_VERSION:
		vc_json_string(w, key, a->strings[i]);
		break;
	}
}

static void add_attributes(struct vc_json_writer *w, const struct vc_attributes *list)
{
	vc_json_object(w, "attributes");
	for (size_t i = 0; i < list->n; i++) {
		const struct vc_attribute *a = &list->v[i];

		if (!a->list) {
			add_value(w, a->name, a, 0);
			continue;
		}
		vc_json_array(w, a->name);
		for (size_t j = 0; j < a->n; j++)
			add_value(w, NULL, a, j);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_host(struct vc_json_writer *w, const struct vc_translation *t,
                     const struct vc_device *d)
{
	const struct vc_function *f =
		d->host.has_pci ? vc_host_facts_function(&t->host, &d->host.pci) : NULL;

	if (!t->have_host || !vc_host_side_known(&d->host))
		return;
	vc_json_object(w, "host");
	vc_json_bool(w, "exists", vc_host_facts_has(&t->host, &d->host));
	if (f) {
		vc_json_string_if(w, "driver", f->driver);
		vc_json_bool(w, "onVfio", f->on_vfio);
		if (f->iommu_group >= 0)
			vc_json_int(w, "iommuGroup", f->iommu_group);
		if (f->numa_node >= 0)
			vc_json_int(w, "numaNode", f->numa_node);
	}
	vc_json_close(w);
}

static void add_usb(struct vc_json_writer *w, const struct vc_usb_device *usb)
{
	char id[sizeof("ffff")];

	if (usb->bus > 0)
		vc_json_int(w, "usbBus", usb->bus);
	if (usb->device > 0)
		vc_json_int(w, "usbDevice", usb->device);
	vc_json_string_if(w, "usbPort", usb->port);
	vc_json_string_if(w, "usbSerial", usb->serial);
	if (!usb->has_ids)
		return;
	(void)snprintf(id, sizeof(id), "%04x", usb->vendor);
	vc_json_string(w, "usbVendorID", id);
	(void)snprintf(id, sizeof(id), "%04x", usb->product);
	vc_json_string(w, "usbProductID", id);
}

static void add_scsi(struct vc_json_writer *w, const struct vc_scsi_unit *unit)
{
	char text[sizeof("4294967295:4294967295:4294967295:18446744073709551615")];

	(void)snprintf(text, sizeof(text), "%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu64,
	               unit->host, unit->channel, unit->target, unit->lun);
	vc_json_string(w, "scsiAddress", text);
}

static void add_location(struct vc_json_writer *w, const struct vc_device *d)
{
	char pci[VC_PCI_ADDRESS_SIZE];

	if (d->host.kind != VC_KIND_UNKNOWN)
		vc_json_string(w, "kind", vc_kind_name(d->host.kind));
	if (d->host.has_pci) {
		vc_pci_address_format(&d->host.pci, pci);
		vc_json_string(w, "pciAddress", pci);
	}
	vc_json_string_if(w, "mdevUUID", d->host.mdev_uuid);
	if (d->host.mdev_model != VC_MDEV_UNKNOWN)
		vc_json_string(w, "mdevModel", vc_mdev_model_name(d->host.mdev_model));
	if (d->host.kind == VC_KIND_NVME)
		vc_json_int(w, "nvmeNamespace", vc_nvme_namespace(&d->host));
	if (d->host.kind == VC_KIND_USB)
		add_usb(w, &d->host.usb);
	if (d->host.scsi.set)
		add_scsi(w, &d->host.scsi);
	vc_json_string_if(w, "vdpaPath", d->host.vdpa);
	vc_json_string_if(w, "wwpn", d->host.wwpn);
	if (d->iommu_group >= 0)
		vc_json_int(w, "iommuGroup", d->iommu_group);
	if (d->vfio_cdev >= 0)
		vc_json_int(w, "vfioCdev", d->vfio_cdev);
}

static int add_device(struct vc_arena *arena, struct vc_json_writer *w,
                      const struct vc_translation *t, const struct vc_device *d,
                      struct vc_err *err)
{
	struct vc_missings missing = { 0 };

	if (vc_show_missing_of_device(arena, d, &missing, err) < 0)
		return -(int)err->kind;
	vc_json_object(w, NULL);
	vc_json_string_if(w, "request", d->request);
	vc_json_string_if(w, "subrequest", d->subrequest);
	vc_json_string_if(w, "driver", d->driver);
	vc_json_string_if(w, "pool", d->pool);
	vc_json_string_if(w, "device", d->name);
	vc_json_string_if(w, "cdiDevice", d->cdi_name);
	add_location(w, d);
	vc_json_string_if(w, "interfaceName", d->interface_name);
	vc_json_string_if(w, "hardwareAddress", d->hardware_address);
	if (d->admin_access != VC_UNKNOWN)
		vc_json_bool(w, "adminAccess", d->admin_access == VC_YES);
	add_attributes(w, &d->attributes);
	add_host(w, t, d);
	vc_json_string_if(w, "origin", d->origin);
	add_missings(w, &missing);
	vc_json_close(w);
	return 0;
}

static int add_claim(struct vc_arena *arena, struct vc_json_writer *w,
                     const struct vc_translation *t, const struct vc_claim *c,
                     struct vc_err *err)
{
	struct vc_missings missing = { 0 };

	if (vc_show_missing_of_claim(arena, c, &missing, err) < 0)
		return -(int)err->kind;
	vc_json_object(w, NULL);
	vc_json_string_if(w, "namespace", c->namespace);
	vc_json_string_if(w, "name", c->name);
	vc_json_string_if(w, "uid", c->uid);
	vc_json_string_if(w, "podClaim", c->pod_claim);
	if (c->generation > 0)
		vc_json_int(w, "generation", c->generation);
	if (c->from_api) {
		vc_json_bool(w, "allocated", c->allocated);
		vc_json_bool(w, "deleting", c->deleting);
		add_consumers(w, "reservedFor", &c->reserved_for);
		add_consumers(w, "owners", &c->owners);
	}
	vc_json_array(w, "devices");
	for (size_t i = 0; i < c->devices.n; i++)
		if (add_device(arena, w, t, &c->devices.v[i], err) < 0)
			return -(int)err->kind;
	vc_json_close(w);
	vc_json_string_if(w, "origin", c->origin);
	add_missings(w, &missing);
	vc_json_close(w);
	return 0;
}

static void add_binding(struct vc_json_writer *w, const struct vc_binding *b)
{
	vc_json_object(w, NULL);
	vc_json_string_if(w, "alias", b->alias);
	vc_json_string_if(w, "namespace", b->namespace);
	vc_json_string_if(w, "claim", b->claim);
	vc_json_string_if(w, "podClaim", b->pod_claim);
	vc_json_string_if(w, "uid", b->uid);
	vc_json_string_if(w, "request", b->request);
	vc_json_string_if(w, "subrequest", b->subrequest);
	vc_json_string_if(w, "device", b->device);
	if (b->index > 0)
		vc_json_int(w, "index", b->index);
	vc_json_string_if(w, "origin", b->origin);
	vc_json_close(w);
}

static void add_vmi(struct vc_json_writer *w, const struct vc_vmi *vmi)
{
	vc_json_object(w, "vmi");
	vc_json_string_if(w, "namespace", vmi->namespace);
	vc_json_string_if(w, "name", vmi->name);
	vc_json_string_if(w, "uid", vmi->uid);
	vc_json_array(w, "bindings");
	for (size_t i = 0; i < vmi->bindings.n; i++)
		add_binding(w, &vmi->bindings.v[i]);
	vc_json_close(w);
	vc_json_close(w);
}

static void add_hostdev(struct vc_json_writer *w, const struct vc_hostdev *h)
{
	const struct vc_device device = {
		.host = h->host,
		.iommu_group = -1,
		.vfio_cdev = -1,
	};

	vc_json_object(w, NULL);
	vc_json_string_if(w, "alias", h->alias);
	vc_json_string_if(w, "element", h->element);
	add_location(w, &device);
	vc_json_int(w, "line", h->line);
	vc_json_close(w);
}

static void add_domain(struct vc_json_writer *w, const struct vc_domain *d)
{
	vc_json_object(w, "domain");
	vc_json_string_if(w, "name", d->name);
	vc_json_string_if(w, "uuid", d->uuid);
	vc_json_array(w, "hostDevices");
	for (size_t i = 0; i < d->hostdevs.n; i++)
		add_hostdev(w, &d->hostdevs.v[i]);
	vc_json_close(w);
	vc_json_array(w, "bindings");
	for (size_t i = 0; i < d->records.n; i++)
		add_binding(w, &d->records.v[i].binding);
	vc_json_close(w);
	vc_json_close(w);
}

/**
 * vc_show_json() - What is known and what is missing, for a program
 * @arena:	holds intermediate texts
 * @t:		of vc_translate_claims()
 * @buf:	gets the JSON
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_show_json(struct vc_arena *arena, const struct vc_translation *t,
                 struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_array(&w, "claims");
	for (size_t i = 0; i < t->claims.n; i++)
		if (add_claim(arena, &w, t, &t->claims.v[i], err) < 0)
			return -(int)err->kind;
	vc_json_close(&w);
	if (t->have_vmi)
		add_vmi(&w, &t->vmi);
	if (t->have_domain)
		add_domain(&w, &t->domain);
	vc_json_array(&w, "warnings");
	for (size_t i = 0; i < t->facts.notes.n; i++)
		vc_json_string(&w, NULL, t->facts.notes.v[i]);
	vc_json_close(&w);
	vc_json_close(&w);
	return 0;
}
