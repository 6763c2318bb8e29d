/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/memory.h"

#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "domain/xml.h"

#define KIB     ((uint64_t)1024)
#define GIB_KIB (KIB * KIB)
#define MAX_KIB (UINT64_MAX / 4096) /* room for any factor that fits a domain */

/* [LV] formatdomain, memory: units and their bytes; no unit is KiB */
static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "b", 1 },
	{ "bytes", 1 },
	{ "KB", 1000 },
	{ "k", KIB },
	{ "KiB", KIB },
	{ "MB", 1000000 },
	{ "M", KIB *KIB },
	{ "MiB", KIB *KIB },
	{ "GB", 1000000000 },
	{ "G", (uint64_t)KIB *KIB *KIB },
	{ "GiB", (uint64_t)KIB *KIB *KIB },
	{ "TB", 1000000000000 },
	{ "T", (uint64_t)KIB *KIB *KIB *KIB },
	{ "TiB", (uint64_t)KIB *KIB *KIB *KIB },
};

static uint64_t unit_bytes(const char *unit)
{
	if (!unit)
		return KIB;
	for (size_t i = 0; i < VC_ARRAY_SIZE(units); i++)
		if (strcasecmp(units[i].name, unit) == 0)
			return units[i].bytes;
	return 0;
}

/* A scaled number in KiB, rounded up; 0 when there is none that makes sense. */
static uint64_t read_kib(xmlNodePtr element)
{
	VC_AUTO_XML_STRING xmlChar *content = element ? xmlNodeGetContent(element) : NULL;
	const char *text = (const char *)content;
	uint64_t bytes = unit_bytes(element ? vc_xml_peek(element, "unit") : NULL);
	uint64_t value;

	if (!text || bytes == 0)
		return 0;
	text += strspn(text, " \t\r\n");
	if (!vc_parse_decimal(&text, UINT64_MAX, &value))
		return 0;
	text += strspn(text, " \t\r\n");
	if (!vc_parse_end(text) || value > UINT64_MAX / bytes)
		return 0;
	value = value * bytes / KIB + (value * bytes % KIB != 0);
	return value > MAX_KIB ? MAX_KIB : value;
}

static bool has_type(const xmlNode *element, const char *type)
{
	const char *value = vc_xml_peek(element, "type");

	return value && strcmp(value, type) == 0;
}

static void count_device(const xmlNode *element, struct vc_domain_memory *m)
{
	if (vc_xml_is(element, "hostdev", NULL))
		m->n_vfio += has_type(element, "pci") || has_type(element, "mdev");
	else if (vc_xml_is(element, "interface", NULL)) {
		m->n_vfio += has_type(element, "hostdev");
		m->n_vdpa += has_type(element, "vdpa");
	} else if (vc_xml_is(element, "disk", NULL)) {
		m->n_nvme += has_type(element, "nvme");
		m->n_vdpa += has_type(element, "vhostvdpa");
	} else if (vc_xml_is(element, "iommu", NULL))
		m->has_iommu = true;
}

/**
 * vc_domain_memory_read() - Read what the memory to lock depends on
 * @document:	domain
 * @ret_memory:	facts; a number that cannot be read counts as absent
 */
void vc_domain_memory_read(const struct vc_document *document,
                           struct vc_domain_memory *ret_memory)
{
	xmlNodePtr root = xmlDocGetRootElement(document->xml);
	xmlNodePtr devices = vc_xml_child(root, "devices");
	struct vc_domain_memory m = {
		.guest_kib = read_kib(vc_xml_child(root, "memory")),
		.hard_limit_kib = read_kib(
			vc_xml_child(vc_xml_child(root, "memtune"), "hard_limit")),
		.locked = vc_xml_child(vc_xml_child(root, "memoryBacking"), "locked"),
	};

	for (const xmlNode *n = devices ? devices->children : NULL; n; n = n->next)
		count_device(n, &m);
	*ret_memory = m;
}

/**
 * vc_domain_memory_to_lock() - Memory that QEMU will lock at most
 * @memory:	facts; .hard_limit_kib and .locked are not looked at
 *
 * Return: KiB, 0 when nothing has to be locked or the guest's memory is not known
 */
uint64_t vc_domain_memory_to_lock(const struct vc_domain_memory *memory)
{
	uint64_t factor = (uint64_t)memory->n_nvme + memory->n_vdpa;

	if (memory->n_vfio > 0)
		factor += memory->has_iommu ? memory->n_vfio : 1;
	if (factor == 0 || memory->guest_kib == 0)
		return 0;
	if (memory->guest_kib > (UINT64_MAX - GIB_KIB) / factor)
		return UINT64_MAX;
	return factor * memory->guest_kib + GIB_KIB;
}
