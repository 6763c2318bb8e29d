/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_mdev.c - mediated devices: drivers/vfio/mdev of Linux.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_kernel.h"

#define UUID_LEN 36

static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[UUID_LEN] == '\0';
}

static void add_to(const char *type, long n)
{
	long now = vc_fake_number("sys/%s/available_instances", type);
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", now + n);
	(void)vc_fake_put(text, "sys/%s/available_instances", type);
}

static void link_up(const char *at, const char *type)
{
	const char *uuid = vc_fake_last(at);
	char link[VC_FAKE_PATH], group[VC_FAKE_PATH];

	(void)snprintf(link, sizeof(link), "%s/mdev_type", at);
	(void)vc_fake_link(link, type);
	(void)snprintf(link, sizeof(link), "%s/devices/%s", type, uuid);
	(void)vc_fake_link(link, at);
	(void)snprintf(link, sizeof(link), "%s/driver", at);
	(void)vc_fake_link(link, "bus/mdev/drivers/vfio_mdev");
	(void)snprintf(link, sizeof(link), "bus/mdev/drivers/vfio_mdev/%s", uuid);
	(void)vc_fake_link(link, at);
	(void)vc_fake_join(at);
	(void)snprintf(link, sizeof(link), "bus/mdev/devices/%s", uuid);
	(void)vc_fake_link(link, at);
	if (vc_fake_follow(group, "sys/%s/iommu_group", at))
		(void)vc_fake_node("dev/vfio/%s", vc_fake_last(group));
}

/* [MDEV] mdev_device_create() */
int vc_fake_mdev_create(const struct vc_fake_write *write)
{
	const char *type = write->dir;
	char uuid[UUID_LEN + 1] = "", at[VC_FAKE_PATH];
	const char *types = strstr(type, "/mdev_supported_types/");

	if (!types || !is_uuid(write->text))
		return -EINVAL;
	for (size_t i = 0; i < UUID_LEN; i++)
		uuid[i] = (char)tolower((unsigned char)write->text[i]);
	if (vc_fake_exists("sys/bus/mdev/devices/%s", uuid))
		return -EEXIST;
	if (vc_fake_number("sys/%s/available_instances", type) <= 0)
		return -EUSERS;
	(void)snprintf(at, sizeof(at), "%.*s/%s", (int)(types - type), type, uuid);
	(void)vc_fake_directory("sys/%s", at);
	(void)vc_fake_write_only("sys/%s/remove", at);
	add_to(type, -1);
	link_up(at, type);
	vc_fake_uevent("add", at, "mdev");
	return 0;
}

/* [MDEV] remove_store() */
int vc_fake_mdev_remove(const struct vc_fake_write *write)
{
	const char *at = write->dir;
	const char *uuid = vc_fake_last(at);
	char type[VC_FAKE_PATH];

	if (strcmp(write->text, "1") != 0)
		return -EINVAL;
	if (!vc_fake_exists("sys/bus/mdev/devices/%s", uuid) ||
	    !vc_fake_follow(type, "sys/%s/mdev_type", at))
		return -ENODEV;
	vc_fake_unlink("sys/bus/mdev/devices/%s", uuid);
	vc_fake_unlink("sys/bus/mdev/drivers/vfio_mdev/%s", uuid);
	vc_fake_unlink("sys/%s/devices/%s", type, uuid);
	vc_fake_leave(at);
	vc_fake_remove("sys/%s", at);
	add_to(type, 1);
	vc_fake_uevent("remove", at, "mdev");
	return 0;
}
