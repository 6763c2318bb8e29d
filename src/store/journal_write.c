/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of an entry, and its writer.
 */
#include <stdint.h>
#include <string.h>

#include "claim/json_writer.h"
#include "store/journal_fields.h"

#define VFS       (1U << VC_STEP_VFS)
#define VF        (1U << VC_STEP_VF)
#define MDEV      (1U << VC_STEP_MDEV)
#define DRIVER    (1U << VC_STEP_DRIVER)
#define ACCESS    (1U << VC_STEP_ACCESS)
#define ALL       (VFS | VF | MDEV | DRIVER | ACCESS)

#define AT(field) offsetof(struct vc_step, field)
const struct vc_step_field vc_step_fields[] = {
	{ "pci", VC_FIELD_PCI, AT(pci), VFS | VF | DRIVER, true },
	{ "count", VC_FIELD_NUMBER, AT(n_vfs), VFS, true },
	{ "autoprobe", VC_FIELD_FLAG, AT(autoprobe), VFS, true },
	{ "index", VC_FIELD_NUMBER, AT(vf_index), VF, true },
	{ "mac", VC_FIELD_TEXT, AT(mac), VF, false },
	{ "vlan", VC_FIELD_VLAN, AT(vlan), VF, false },
	{ "oldMAC", VC_FIELD_TEXT, AT(old_mac), VF, false },
	{ "oldVLAN", VC_FIELD_VLAN, AT(old_vlan), VF, false },
	{ "parent", VC_FIELD_NAME, AT(parent), MDEV, true },
	{ "type", VC_FIELD_NAME, AT(type), MDEV, true },
	{ "uuid", VC_FIELD_NAME, AT(uuid), MDEV, true },
	{ "driver", VC_FIELD_NAME, AT(driver), DRIVER, true },
	{ "oldDriver", VC_FIELD_NAME, AT(old_driver), DRIVER, false },
	{ "oldOverride", VC_FIELD_TEXT, AT(old_override), DRIVER, false },
	{ "node", VC_FIELD_PATH, AT(node), ACCESS, true },
	{ "uid", VC_FIELD_NUMBER, AT(uid), ACCESS, true },
	{ "gid", VC_FIELD_NUMBER, AT(gid), ACCESS, true },
	{ "mode", VC_FIELD_NUMBER, AT(mode), ACCESS, true },
	{ "oldUID", VC_FIELD_NUMBER, AT(old_uid), ACCESS, true },
	{ "oldGID", VC_FIELD_NUMBER, AT(old_gid), ACCESS, true },
	{ "oldMode", VC_FIELD_NUMBER, AT(old_mode), ACCESS, true },
	{ "problem", VC_FIELD_TEXT, AT(problem), ALL, false },
};
const size_t vc_n_step_fields = VC_ARRAY_SIZE(vc_step_fields);

_Static_assert(sizeof(uid_t) == sizeof(uint32_t) && sizeof(gid_t) == sizeof(uint32_t) &&
                       sizeof(mode_t) == sizeof(uint32_t) &&
                       sizeof(unsigned) == sizeof(uint32_t),
               "fields of VC_FIELD_NUMBER have 32 bits");

/* "null" is what an override that was never set reads as; a missing key is none. */
static void write_field(struct vc_json_writer *w, const struct vc_step *step,
                        const struct vc_step_field *field)
{
	const void *value = (const char *)step + field->offset;
	char pci[VC_PCI_ADDRESS_SIZE];

	switch (field->type) {
	case VC_FIELD_PCI:
		vc_pci_address_format(value, pci);
		vc_json_string(w, field->key, pci);
		break;
	case VC_FIELD_NUMBER:
		vc_json_int(w, field->key, *(const uint32_t *)value);
		break;
	case VC_FIELD_VLAN:
		if (*(const int *)value >= 0)
			vc_json_int(w, field->key, *(const int *)value);
		break;
	case VC_FIELD_FLAG:
		vc_json_bool(w, field->key, *(const bool *)value);
		break;
	case VC_FIELD_NAME:
	case VC_FIELD_PATH:
	case VC_FIELD_TEXT:
		vc_json_string_if(w, field->key, *(char *const *)value);
		break;
	}
}

static void write_step(struct vc_json_writer *w, const struct vc_step *step)
{
	vc_json_object(w, NULL);
	vc_json_string(w, "kind", vc_step_kind_name(step->kind));
	vc_json_string(w, "state", vc_step_state_name(step->state));
	for (size_t i = 0; i < vc_n_step_fields; i++)
		if (vc_step_fields[i].kinds & 1U << step->kind)
			write_field(w, step, &vc_step_fields[i]);
	vc_json_close(w);
}

static void write_device(struct vc_json_writer *w, const struct vc_reserved *device)
{
	char pci[VC_PCI_ADDRESS_SIZE];

	vc_json_object(w, NULL);
	vc_json_string(w, "request", device->request);
	vc_json_string(w, "name", device->name);
	vc_json_string(w, "key", device->key);
	if (device->has_pf) {
		vc_pci_address_format(&device->pf, pci);
		vc_json_string(w, "pf", pci);
	}
	vc_json_close(w);
}

/**
 * vc_entry_print() - Write an entry as a document
 * @entry:	entry
 * @buf:	gets it
 * @err:	out of memory, or over VC_JOURNAL_MAX_BYTES
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_entry_print(const struct vc_entry *entry, struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_int(&w, "version", VC_JOURNAL_VERSION);
	vc_json_string(&w, "uid", entry->uid);
	vc_json_string(&w, "namespace", entry->namespace);
	vc_json_string(&w, "name", entry->name);
	vc_json_string(&w, "bootID", entry->boot_id);
	vc_json_string(&w, "phase", vc_phase_name(entry->phase));
	if (entry->owner_pid > 0) {
		vc_json_object(&w, "owner");
		vc_json_int(&w, "pid", entry->owner_pid);
		vc_json_int(&w, "start", (int64_t)entry->owner_start);
		vc_json_close(&w);
	}
	vc_json_array(&w, "devices");
	for (size_t i = 0; i < entry->devices.n; i++)
		write_device(&w, &entry->devices.v[i]);
	vc_json_close(&w);
	vc_json_array(&w, "steps");
	for (size_t i = 0; i < entry->steps.n; i++)
		write_step(&w, &entry->steps.v[i]);
	vc_json_close(&w);
	vc_json_close(&w);
	if (buf->failed)
		return vc_fail(err, VC_ERR_INTERNAL,
		               "the journal of claim '%s/%s' is larger than %zu bytes",
		               entry->namespace, entry->name, VC_JOURNAL_MAX_BYTES);
	return 0;
}
