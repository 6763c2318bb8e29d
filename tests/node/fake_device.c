/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_device.c - functions that come and go: virtual ones, hotplug; IOMMU groups.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_kernel.h"

/* A number without anything around it, at most 65535; -1 none. */
static long parse_count(const char *text)
{
	long value = 0;

	if (*text == '\0')
		return -1;
	for (; *text >= '0' && *text <= '9' && value <= 65535; text++)
		value = value * 10 + (*text - '0');
	return *text == '\0' && value <= 65535 ? value : -1;
}

/* A group of its own. */
int vc_fake_join(const char *at)
{
	unsigned n = vc_fake_free_number("sys/kernel/iommu_groups", "");
	char link[VC_FAKE_PATH], group[VC_FAKE_PATH];

	(void)snprintf(group, sizeof(group), "kernel/iommu_groups/%u", n);
	(void)vc_fake_directory("sys/%s/devices", group);
	(void)vc_fake_put("DMA-FQ", "sys/%s/type", group);
	(void)snprintf(link, sizeof(link), "%s/iommu_group", at);
	(void)vc_fake_link(link, group);
	(void)snprintf(link, sizeof(link), "%s/devices/%s", group, vc_fake_last(at));
	return vc_fake_link(link, at);
}

static int count(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return 1;
}

/* The group goes with its last member. */
void vc_fake_leave(const char *at)
{
	char group[VC_FAKE_PATH], members[VC_FAKE_PATH + 16];

	if (!vc_fake_follow(group, "sys/%s/iommu_group", at))
		return;
	vc_fake_unlink("sys/%s/devices/%s", group, vc_fake_last(at));
	(void)snprintf(members, sizeof(members), "sys/%s/devices", group);
	if (vc_fake_each(members, count, NULL) == 1)
		return;
	vc_fake_remove("sys/%s", group);
	vc_fake_unlink("dev/vfio/%s", vc_fake_last(group));
}

/* [SR-IOV] 9.2.1.2: routing id of the PF + offset + index * stride */
static void vf_address(char ret_address[32], const char *pf, long index)
{
	const char *at = vc_fake_last(pf);
	unsigned domain = 0, bus = 0, slot = 0;
	unsigned rid;

	for (const char *p = at; *p && *p != ':'; p++)
		domain = domain * 16 + vc_fake_hex(*p);
	at = strchr(at, ':') + 1;
	bus = vc_fake_hex(at[0]) * 16 + vc_fake_hex(at[1]);
	slot = vc_fake_hex(at[3]) * 16 + vc_fake_hex(at[4]);
	rid = bus << 8 | slot << 3 | vc_fake_hex(at[6]);
	rid += (unsigned)(vc_fake_number("sys/%s/sriov_offset", pf) +
	                  index * vc_fake_number("sys/%s/sriov_stride", pf));
	(void)snprintf(ret_address, 32, "%04x:%02x:%02x.%x", domain, rid >> 8,
	               rid >> 3 & 31, rid & 7);
}

static void copy_attributes(const char *pf, const char *at)
{
	static const char *const names[] = {
		"vendor", "class",     "subsystem_vendor", "subsystem_device", "revision",
		"irq",    "numa_node", "reset_method",     "resource",         "remove",
		"rescan", "config",    "driver_override",
	};
	char from[VC_FAKE_PATH], to[VC_FAKE_PATH], device[VC_FAKE_TEXT], text[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(from, sizeof(from), "sys/%s/%s", pf, names[i]);
		(void)snprintf(to, sizeof(to), "sys/%s/%s", at, names[i]);
		(void)vc_fake_copy(from, to);
	}
	vc_fake_get(device, "sys/%s/sriov_vf_device", pf);
	(void)snprintf(text, sizeof(text), "0x%.8s", device);
	(void)vc_fake_put(text, "sys/%s/device", at);
	(void)vc_fake_put("(null)", "sys/%s/driver_override", at);
}

static void describe_vf(const char *pf, const char *address)
{
	char driver[VC_FAKE_TEXT];

	vc_fake_get(driver, "kernel/functions/%s/vf-driver", vc_fake_last(pf));
	(void)vc_fake_directory("kernel/functions/%s/with", address);
	(void)vc_fake_put(driver, "kernel/functions/%s/driver", address);
	(void)vc_fake_put("", "kernel/functions/%s/names", address);
	(void)vc_fake_put("", "kernel/functions/%s/links", address);
}

static int add_vf(const char *pf, long index)
{
	char address[32], at[VC_FAKE_PATH], link[VC_FAKE_PATH];

	vf_address(address, pf, index);
	(void)snprintf(at, sizeof(at), "%.*s/%s", (int)(vc_fake_last(pf) - pf - 1), pf,
	               address);
	describe_vf(pf, address);
	(void)vc_fake_directory("sys/%s", at);
	copy_attributes(pf, at);
	(void)snprintf(link, sizeof(link), "%s/physfn", at);
	(void)vc_fake_link(link, pf);
	(void)vc_fake_join(at);
	(void)snprintf(link, sizeof(link), "bus/pci/devices/%s", address);
	(void)vc_fake_link(link, at);
	(void)snprintf(link, sizeof(link), "%s/virtfn%ld", pf, index);
	(void)vc_fake_link(link, at);
	vc_fake_uevent("add", at, "pci");
	if (vc_fake_number("sys/bus/pci/drivers_autoprobe") == 1)
		(void)vc_fake_attach(address);
	return 0;
}

static int remove_vf(const char *name, void *arg)
{
	const char *pf = arg;
	char at[VC_FAKE_PATH];

	if (strncmp(name, "virtfn", 6) != 0 || !vc_fake_follow(at, "sys/%s/%s", pf, name))
		return 0;
	(void)vc_fake_detach(vc_fake_last(at));
	vc_fake_unlink("sys/%s/%s", pf, name);
	vc_fake_unlink("kernel/functions/%s/vf-%s", vc_fake_last(pf),
	               name + strlen("virtfn"));
	vc_fake_unlink("sys/bus/pci/devices/%s", vc_fake_last(at));
	vc_fake_leave(at);
	vc_fake_remove("sys/%s", at);
	vc_fake_remove("kernel/functions/%s", vc_fake_last(at));
	vc_fake_uevent("remove", at, "pci");
	return 0;
}

/* Those of a PF, when it is one. */
int vc_fake_remove_vfs(const char *pf)
{
	char at[VC_FAKE_PATH], path[VC_FAKE_PATH + 8];

	if (!vc_fake_follow(at, "sys/bus/pci/devices/%s", pf) ||
	    vc_fake_number("sys/%s/sriov_numvfs", at) <= 0)
		return 0;
	(void)snprintf(path, sizeof(path), "sys/%s", at);
	(void)vc_fake_each(path, remove_vf, at);
	return vc_fake_put("0", "sys/%s/sriov_numvfs", at);
}

/* [IOV] sriov_numvfs_store(): only from none to some and back. */
int vc_fake_numvfs(const struct vc_fake_write *write)
{
	const char *pf = write->dir;
	long n = parse_count(write->text);
	long now = vc_fake_number("sys/%s/sriov_numvfs", pf);

	if (n < 0)
		return -EINVAL;
	if (n > vc_fake_number("sys/%s/sriov_totalvfs", pf))
		return -ERANGE;
	if (n == now)
		return 0;
	if (!vc_fake_natural(pf))
		return -ENOENT; /* no driver, or one that does not make VFs */
	if (n == 0)
		return vc_fake_remove_vfs(vc_fake_last(pf));
	if (now > 0)
		return -EBUSY;
	for (long i = 0; i < n; i++)
		(void)add_vf(pf, i);
	return vc_fake_put(write->text, "sys/%s", write->path);
}

/* [KSTRTO] kstrtobool(), as far as people use it */
int vc_fake_switch(const struct vc_fake_write *write)
{
	if (strcmp(write->text, "0") != 0 && strcmp(write->text, "1") != 0)
		return -EINVAL;
	return vc_fake_put(write->text, "sys/%s", write->path);
}

/* [HOTPLUG] the driver goes, then the function. Bridges stay where they are. */
static int pull(const char *address)
{
	char at[VC_FAKE_PATH], from[VC_FAKE_PATH + 8], to[VC_FAKE_PATH];

	if (!vc_fake_follow(at, "sys/bus/pci/devices/%s", address))
		return -ENODEV;
	(void)vc_fake_detach(address);
	vc_fake_unlink("sys/bus/pci/devices/%s", address);
	vc_fake_leave(at);
	vc_fake_unlink("sys/%s/iommu_group", at);
	(void)vc_fake_directory("kernel/removed/%s", address);
	(void)vc_fake_put(at, "kernel/removed/%s/path", address);
	(void)snprintf(from, sizeof(from), "sys/%s", at);
	(void)snprintf(to, sizeof(to), "kernel/removed/%s/function", address);
	vc_fake_uevent("remove", at, "pci");
	return vc_fake_rename(from, to);
}

int vc_fake_vanish(const char *address)
{
	(void)pull(address);
	return -ENODEV;
}

int vc_fake_pull(const struct vc_fake_write *write)
{
	if (write->function[0] == '\0' || strcmp(write->text, "1") != 0)
		return -EINVAL;
	return pull(write->function);
}

static int put_back(const char *address, void *arg)
{
	char at[VC_FAKE_TEXT], from[VC_FAKE_PATH], to[VC_FAKE_TEXT + 8];
	char link[VC_FAKE_PATH];

	(void)arg;
	vc_fake_get(at, "kernel/removed/%s/path", address);
	(void)snprintf(from, sizeof(from), "kernel/removed/%s/function", address);
	(void)snprintf(to, sizeof(to), "sys/%s", at);
	if (vc_fake_rename(from, to) < 0)
		return 0;
	vc_fake_remove("kernel/removed/%s", address);
	(void)vc_fake_put("(null)", "sys/%s/driver_override", at);
	(void)vc_fake_join(at);
	(void)snprintf(link, sizeof(link), "bus/pci/devices/%s", address);
	(void)vc_fake_link(link, at);
	vc_fake_uevent("add", at, "pci");
	if (vc_fake_number("sys/bus/pci/drivers_autoprobe") == 1)
		(void)vc_fake_attach(address);
	return 0;
}

int vc_fake_rescan(const struct vc_fake_write *write)
{
	if (strcmp(write->text, "1") != 0)
		return -EINVAL;
	(void)vc_fake_each("kernel/removed", put_back, NULL);
	return 0;
}
