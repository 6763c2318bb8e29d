/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only user of libpci; runs in a child process, see pci.h.
 *
 * [LIBPCI] pci.h: `error` must not return. Here it jumps back to the device that was
 * being read. What libpci had open then stays open until the child ends.
 */
#include "host/pci_module.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <pci/pci.h>

#include "host/vpd.h"

/* [PCI] 6.1: what every function has, and everybody may read */
#define HEADER_SIZE 64

/* [PCIe] 7.9.3 Device Serial Number: two words behind the header */
#define DSN_LOW  4
#define DSN_HIGH 8

#define WANTED                                                                    \
	(PCI_FILL_IDENT | PCI_FILL_CLASS | PCI_FILL_CLASS_EXT | PCI_FILL_SUBSYS | \
	 PCI_FILL_CAPS | PCI_FILL_EXT_CAPS)

/* libpci's callbacks get no argument of ours. */
static jmp_buf on_error;
static char error_text[VC_PCI_PROBLEM_SIZE];

static void __attribute__((noreturn, format(printf, 1, 2))) fail(char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(error_text, sizeof(error_text), fmt, ap);
	va_end(ap);
	longjmp(on_error, 1);
}

static void __attribute__((format(printf, 1, 2))) be_silent(char *fmt VC_UNUSED, ...)
{
}

/* NULL: libpci does not like this machine. */
static struct pci_access *start(const char *sysfs, const char *pci_ids,
                                struct vc_err *err)
{
	static char name[] = "sysfs.path";
	static char path[PATH_MAX], ids[PATH_MAX];
	struct pci_access *access;

	if (setjmp(on_error) != 0) {
		(void)vc_fail(err, VC_ERR_SYSTEM, "libpci: %s", error_text);
		return NULL;
	}
	access = pci_alloc();
	access->error = fail;
	access->warning = be_silent;
	access->debug = be_silent;
	access->method = PCI_ACCESS_SYS_BUS_PCI;
	(void)snprintf(path, sizeof(path), "%s/bus/pci", sysfs);
	(void)pci_set_param(access, name, path);
	if (pci_ids) {
		(void)snprintf(ids, sizeof(ids), "%s", pci_ids);
		pci_set_name_list_path(access, ids, 0);
	}
	pci_init(access);
	return access;
}

static uint64_t read_dsn(struct pci_dev *device)
{
	struct pci_cap *cap = pci_find_cap(device, PCI_EXT_CAP_ID_DSN, PCI_CAP_EXTENDED);
	uint64_t low, high;

	if (!cap)
		return 0;
	low = pci_read_long(device, (int)cap->addr + DSN_LOW);
	high = pci_read_long(device, (int)cap->addr + DSN_HIGH);
	return high << 32 | low;
}

static void look_names_up(struct pci_access *access, const struct pci_dev *d,
                          struct vc_pci_record *record)
{
	const int flags = PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB;

	(void)pci_lookup_name(access, record->class_name, VC_PCI_NAME_SIZE,
	                      flags | PCI_LOOKUP_CLASS, d->device_class);
	(void)pci_lookup_name(access, record->vendor_name, VC_PCI_NAME_SIZE,
	                      flags | PCI_LOOKUP_VENDOR, d->vendor_id);
	(void)pci_lookup_name(access, record->device_name, VC_PCI_NAME_SIZE,
	                      flags | PCI_LOOKUP_DEVICE, d->vendor_id, d->device_id);
}

static void describe_one(struct pci_access *access, const struct vc_pci_address *address,
                         struct vc_pci_record *record)
{
	u8 header[HEADER_SIZE];
	struct pci_dev *d;

	if (setjmp(on_error) != 0) {
		memset(record, 0, sizeof(*record));
		memcpy(record->problem, error_text, sizeof(record->problem));
		return;
	}
	d = pci_get_dev(access, (int)address->domain, address->bus, address->slot,
	                address->function);
	/* Read at once, or else libpci comes back for each register of it. */
	if (pci_read_block(d, 0, header, HEADER_SIZE))
		pci_setup_cache(d, header, HEADER_SIZE);
	(void)pci_fill_info(d, WANTED);
	record->vendor = d->vendor_id;
	record->device = d->device_id;
	record->subsystem_vendor = d->subsys_vendor_id;
	record->subsystem_device = d->subsys_id;
	record->class_code = (uint32_t)d->device_class << 8 | d->prog_if;
	record->revision = d->rev_id;
	record->dsn = read_dsn(d);
	look_names_up(access, d, record);
	pci_free_dev(d);
}

static int describe(const struct vc_pci_job *job, const struct vc_pci_sink *sink,
                    struct vc_err *err)
{
	struct pci_access *access = start(job->sysfs, job->pci_ids, err);

	if (!access)
		return -(int)err->kind;
	for (size_t i = 0; i < job->n; i++) {
		struct vc_pci_record record = { 0 };

		describe_one(access, &job->addresses[i], &record);
		if (!sink->put(sink->arg, &record, sizeof(record)))
			return vc_fail(err, VC_ERR_SYSTEM, "cannot write to a pipe");
	}
	return 0;
}

static bool read_vpd(void *arg, unsigned position, uint8_t *bytes, unsigned n)
{
	return pci_read_vpd(arg, (int)position, bytes, (int)n) != 0;
}

static int vpd(const char *sysfs, const struct vc_pci_address *address,
               const struct vc_pci_sink *sink, struct vc_err *err)
{
	struct pci_access *access = start(sysfs, NULL, err);
	char serial[VC_VPD_SERIAL_SIZE];
	struct vc_vpd_source source = { .read = read_vpd };

	if (!access)
		return -(int)err->kind;
	if (setjmp(on_error) != 0)
		return vc_fail(err, VC_ERR_SYSTEM, "libpci: %s", error_text);
	source.arg = pci_get_dev(access, (int)address->domain, address->bus,
	                         address->slot, address->function);
	if (vc_vpd_serial(&source, serial) &&
	    !sink->put(sink->arg, serial, strlen(serial)))
		return vc_fail(err, VC_ERR_SYSTEM, "cannot write to a pipe");
	return 0;
}

extern const struct vc_pci_module vc_pci_module;

__attribute__((visibility("default"))) const struct vc_pci_module vc_pci_module = {
	.version = VC_PCI_MODULE_VERSION,
	.describe = describe,
	.vpd = vpd,
};
