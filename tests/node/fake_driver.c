/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_driver.c - the driver core for PCI: drivers/base/{bus,dd}.c, drivers/pci/pci-driver.c
 * of Linux.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_kernel.h"

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_vfio(const char *driver)
{
	return strcmp(driver, "vfio-pci") == 0 || ends_in(driver, "-vfio-pci") ||
	       ends_in(driver, "_vfio_pci");
}

static bool find_function(char ret_at[VC_FAKE_PATH], const char *address)
{
	return vc_fake_follow(ret_at, "sys/bus/pci/devices/%s", address);
}

/* "" none */
static void driver_of(char ret_driver[VC_FAKE_PATH], const char *at)
{
	char path[VC_FAKE_PATH];

	ret_driver[0] = '\0';
	if (vc_fake_follow(path, "sys/%s/driver", at))
		(void)snprintf(ret_driver, VC_FAKE_PATH, "%s", vc_fake_last(path));
}

/* Which driver takes the function: [PCI] pci_match_device(), pci_device_can_probe(). */
static void match(char ret_driver[VC_FAKE_TEXT], const char *at)
{
	char override[VC_FAKE_TEXT];

	vc_fake_get(override, "sys/%s/driver_override", at);
	if (strcmp(override, "(null)") != 0) {
		(void)snprintf(ret_driver, VC_FAKE_TEXT, "%s", override);
		return;
	}
	ret_driver[0] = '\0';
	if (vc_fake_exists("sys/%s/physfn", at) &&
	    vc_fake_number("sys/%s/physfn/sriov_drivers_autoprobe", at) == 0)
		return;
	vc_fake_get(ret_driver, "kernel/functions/%s/driver", vc_fake_last(at));
}

bool vc_fake_natural(const char *at)
{
	char driver[VC_FAKE_PATH], natural[VC_FAKE_TEXT];

	driver_of(driver, at);
	vc_fake_get(natural, "kernel/functions/%s/driver", vc_fake_last(at));
	return driver[0] != '\0' && strcmp(driver, natural) == 0;
}

struct evidence {
	const char *at, *address;
	bool appears;
};

static void move_one(const struct evidence *evidence, const char *name)
{
	char hidden[VC_FAKE_PATH], shown[VC_FAKE_PATH];

	(void)snprintf(hidden, sizeof(hidden), "kernel/functions/%s/with/%s",
	               evidence->address, name);
	(void)snprintf(shown, sizeof(shown), "sys/%s/%s", evidence->at, name);
	(void)vc_fake_rename(evidence->appears ? hidden : shown,
	                     evidence->appears ? shown : hidden);
}

/* "class/nvme/nvme0" is of the subsystem nvme. */
static void tell(const struct evidence *evidence, const char *link)
{
	char at[VC_FAKE_PATH], subsystem[64];

	(void)snprintf(at, sizeof(at), "%s/%s", evidence->at, vc_fake_last(link));
	if (strncmp(link, "class/", 6) != 0)
		return;
	(void)snprintf(subsystem, sizeof(subsystem), "%.*s", (int)strcspn(link + 6, "/"),
	               link + 6);
	vc_fake_uevent(evidence->appears ? "add" : "remove", at, subsystem);
}

static void link_one(const struct evidence *evidence, char *line)
{
	char *target = strchr(line, ' ');

	if (!target)
		return;
	*target++ = '\0';
	if (evidence->appears)
		(void)vc_fake_link_raw(line, target);
	tell(evidence, line);
	if (!evidence->appears)
		vc_fake_unlink("sys/%s", line);
}

/* What the natural driver makes appears or goes. */
static void show_evidence(const struct evidence *evidence)
{
	char text[VC_FAKE_TEXT];
	char *line, *rest;

	vc_fake_get_all(text, "kernel/functions/%s/names", evidence->address);
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (*line != '\0')
			move_one(evidence, line);
	vc_fake_get_all(text, "kernel/functions/%s/links", evidence->address);
	for (rest = text; (line = strsep(&rest, "\n"));)
		link_one(evidence, line);
}

static int is_on_vfio(const char *name, void *arg)
{
	char at[VC_FAKE_PATH], driver[VC_FAKE_PATH];

	if (strcmp(name, arg) == 0 || !find_function(at, name))
		return 0;
	driver_of(driver, at);
	return is_vfio(driver);
}

static void vfio_appears(const char *at)
{
	unsigned n = vc_fake_free_number("sys/class/vfio-dev", "vfio");
	char name[64], link[VC_FAKE_PATH], target[VC_FAKE_PATH], group[VC_FAKE_PATH];

	(void)snprintf(name, sizeof(name), "511:%u", n);
	(void)snprintf(link, sizeof(link), "class/vfio-dev/vfio%u", n);
	(void)snprintf(target, sizeof(target), "%s/vfio-dev/vfio%u", at, n);
	(void)vc_fake_directory("sys/%s", target);
	(void)vc_fake_put(name, "sys/%s/dev", target);
	(void)vc_fake_link(link, target);
	if (vc_fake_follow(group, "sys/%s/iommu_group", at))
		(void)vc_fake_node("dev/vfio/%s", vc_fake_last(group));
	if (vc_fake_exists("dev/vfio/devices"))
		(void)vc_fake_node("dev/vfio/devices/vfio%u", n);
}

static int forget_cdev(const char *name, void *arg)
{
	(void)arg;
	vc_fake_unlink("dev/vfio/devices/%s", name);
	vc_fake_unlink("sys/class/vfio-dev/%s", name);
	return 0;
}

static void vfio_goes(const char *at)
{
	char path[VC_FAKE_PATH], group[VC_FAKE_PATH], address[64];

	(void)snprintf(path, sizeof(path), "sys/%s/vfio-dev", at);
	(void)vc_fake_each(path, forget_cdev, NULL);
	vc_fake_remove("%s", path);
	if (!vc_fake_follow(group, "sys/%s/iommu_group", at))
		return;
	(void)snprintf(path, sizeof(path), "sys/%s/devices", group);
	(void)snprintf(address, sizeof(address), "%s", vc_fake_last(at));
	if (vc_fake_each(path, is_on_vfio, address) <= 0)
		vc_fake_unlink("dev/vfio/%s", vc_fake_last(group));
}

/* [DD] the link comes first, then what the driver makes. */
static int bind_to(const char *address, const char *at, const char *driver)
{
	char natural[VC_FAKE_TEXT], link[VC_FAKE_PATH], target[VC_FAKE_PATH];

	(void)snprintf(link, sizeof(link), "%s/driver", at);
	(void)snprintf(target, sizeof(target), "bus/pci/drivers/%s", driver);
	(void)vc_fake_link(link, target);
	(void)snprintf(link, sizeof(link), "bus/pci/drivers/%s/%s", driver, address);
	(void)vc_fake_link(link, at);
	vc_fake_get(natural, "kernel/functions/%s/driver", address);
	if (strcmp(natural, driver) == 0)
		show_evidence(&(struct evidence){ at, address, true });
	if (is_vfio(driver))
		vfio_appears(at);
	vc_fake_uevent("bind", at, "pci");
	return 0;
}

/**
 * vc_fake_attach() - Let the driver core find a driver for a function
 * @address:	function
 *
 * [DD] device_attach(): no driver is no error.
 */
int vc_fake_attach(const char *address)
{
	char at[VC_FAKE_PATH], driver[VC_FAKE_TEXT];

	if (!find_function(at, address))
		return -ENODEV;
	if (vc_fake_exists("sys/%s/driver", at))
		return 0;
	match(driver, at);
	if (driver[0] == '\0' || !vc_fake_exists("sys/bus/pci/drivers/%s/bind", driver))
		return 0;
	return bind_to(address, at, driver);
}

/* Takes the driver away; none is fine. */
int vc_fake_detach(const char *address)
{
	char at[VC_FAKE_PATH], driver[VC_FAKE_PATH], natural[VC_FAKE_TEXT];

	if (!find_function(at, address))
		return -ENODEV;
	driver_of(driver, at);
	if (driver[0] == '\0')
		return 0;
	(void)vc_fake_remove_vfs(address);
	vc_fake_get(natural, "kernel/functions/%s/driver", address);
	if (strcmp(natural, driver) == 0)
		show_evidence(&(struct evidence){ at, address, false });
	vc_fake_unlink("sys/%s/driver", at);
	vc_fake_unlink("sys/bus/pci/drivers/%s/%s", driver, address);
	if (is_vfio(driver))
		vfio_goes(at);
	vc_fake_uevent("unbind", at, "pci");
	return 0;
}

/* [BUS] bind_store(), driver_match_device() */
int vc_fake_bind(const struct vc_fake_write *write)
{
	char at[VC_FAKE_PATH], driver[VC_FAKE_TEXT];

	if (!find_function(at, write->text))
		return -ENODEV;
	match(driver, at);
	if (strcmp(driver, vc_fake_last(write->dir)) != 0)
		return -ENODEV;
	if (vc_fake_exists("sys/%s/driver", at))
		return -EBUSY;
	return bind_to(write->text, at, driver);
}

/* [BUS] unbind_store() */
int vc_fake_unbind(const struct vc_fake_write *write)
{
	char at[VC_FAKE_PATH], driver[VC_FAKE_PATH];

	if (!find_function(at, write->text))
		return -ENODEV;
	driver_of(driver, at);
	if (strcmp(driver, vc_fake_last(write->dir)) != 0)
		return -ENODEV;
	return vc_fake_detach(write->text);
}

/* [DRIVER] driver_set_override(): a newline clears it. */
int vc_fake_override(const struct vc_fake_write *write)
{
	return vc_fake_put(write->text[0] != '\0' ? write->text : "(null)", "sys/%s",
	                   write->path);
}

/* [BUS] drivers_probe_store(): whether a driver wanted it, it does not say. */
int vc_fake_probe(const struct vc_fake_write *write)
{
	return vc_fake_attach(write->text);
}
