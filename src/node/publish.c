/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that can be refused is refused before anything is written. The folder comes
 * first and goes first: it is what hooks read.
 */
#include "node/publish.h"

#include <string.h>

#include "base/parse.h"
#include "claim/names.h"
#include "host/device_attributes.h"
#include "node/publish_internal.h"

/* Attributes of ours that may go, the least missed first, when there would be more than
 * [DRA] allows. Those that say which device it is, and where, stay. */
static const char *const expendable[] = {
	VC_ATTR_DOMAIN "/product",
	VC_ATTR_DOMAIN "/vendor",
	VC_ATTR_DOMAIN "/interface",
	VC_ATTR_DOMAIN "/interfaceClasses",
	VC_ATTR_DOMAIN "/resetMethods",
	VC_ATTR_DOMAIN "/numVFs",
	VC_ATTR_DOMAIN "/totalVFs",
	VC_ATTR_DOMAIN "/acpiPath",
	VC_ATTR_DOMAIN "/physicalSlot",
	VC_ATTR_DOMAIN "/vfioDriver",
	VC_ATTR_DOMAIN "/class",
	VC_ATTR_DOMAIN "/driver",
	VC_ATTR_DOMAIN "/classCode",
	VC_ATTR_DOMAIN "/subsystemDeviceID",
	VC_ATTR_DOMAIN "/subsystemVendorID",
	VC_ATTR_PCIE_ROOT,
};

/* What the writer may add to a device of another driver: address, group, mdev, boot. */
#define ADDED_MAX 4U

static void drop(struct vc_attributes *list, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].name, name) != 0)
			list->v[n++] = list->v[i];
	list->n = n;
}

static void limit(struct vc_attributes *list, size_t max)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(expendable) && list->n > max; i++)
		drop(list, expendable[i]);
}

static int set_text(struct vc_arena *arena, struct vc_attribute *a, const char *name,
                    const char *text, struct vc_err *err)
{
	a->type = VC_ATTRIBUTE_STRING;
	a->n = 1;
	a->name = vc_arena_strdup(arena, name);
	a->strings = vc_arena_alloc(arena, 1, sizeof(*a->strings));
	if (!a->name || !a->strings)
		return vc_fail_oom(err);
	a->strings[0] = vc_arena_strdup(arena, text);
	return a->strings[0] ? 0 : vc_fail_oom(err);
}

/* The attributes of a device in a list of its own, with the boot in which it holds. What a
 * driver says itself stays, and has no room for ours when it says a lot. */
static int finish_device(struct vc_arena *arena, const char *boot_id,
                         struct vc_device *device, struct vc_err *err)
{
	bool ours = vc_driver_equal(device->driver, VC_HOST_DRIVER);
	size_t max = ours ? VC_ATTRIBUTES_MAX - 1 : VC_ATTRIBUTES_MAX - ADDED_MAX;
	struct vc_attributes list = { 0 };

	list.v = vc_arena_alloc(arena, device->attributes.n + 1, sizeof(*list.v));
	if (!list.v)
		return vc_fail_oom(err);
	list.cap = device->attributes.n + 1;
	for (size_t i = 0; i < device->attributes.n; i++)
		list.v[list.n++] = device->attributes.v[i];
	if (ours)
		limit(&list, max);
	if (boot_id && list.n <= max && !vc_attributes_find(&list, VC_ATTR_BOOT_ID) &&
	    set_text(arena, &list.v[list.n++], VC_ATTR_BOOT_ID, boot_id, err) < 0)
		return -(int)err->kind;
	device->attributes = list;
	return 0;
}

static int finish_claim(struct vc_arena *arena, const struct vc_publish *publish,
                        const struct vc_claim *claim, struct vc_claim *ret_claim,
                        struct vc_err *err)
{
	struct vc_devices devices = { 0 };

	for (size_t i = 0; i < claim->devices.n; i++) {
		struct vc_device *d = vc_list_push(arena, &devices);

		if (!d)
			return vc_fail_oom(err);
		*d = claim->devices.v[i];
		if (finish_device(arena, publish->boot_id, d, err) < 0)
			return -(int)err->kind;
	}
	*ret_claim = *claim;
	ret_claim->devices = devices;
	return 0;
}

static int check_device(const struct vc_claim *claim, const struct vc_device *d,
                        struct vc_err *err)
{
	if (vc_is_dns_label(d->request) && vc_is_driver_name(d->driver))
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "claim '%s/%s': request and driver of device '%s' are not both "
	               "known, so it has no place among the files",
	               claim->namespace, claim->name, d->name ? d->name : "?");
}

/* Names become parts of paths. */
static int check_claim(const struct vc_claim *claim, struct vc_err *err)
{
	if (!vc_is_dns_label(claim->namespace) || !vc_is_dns_subdomain(claim->name) ||
	    !vc_is_uid(claim->uid))
		return vc_fail(err, VC_ERR_REFUSED,
		               "claim '%s/%s' (uid %s): namespace, name and UID are not "
		               "all known, so it has no place among the files",
		               claim->namespace ? claim->namespace : "?",
		               claim->name ? claim->name : "?",
		               claim->uid ? claim->uid : "?");
	if (claim->devices.n == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "claim '%s/%s' has no devices, so there is nothing to "
		               "publish",
		               claim->namespace, claim->name);
	for (size_t i = 0; i < claim->devices.n; i++)
		if (check_device(claim, &claim->devices.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static void release_folder(const struct vc_folder *folder)
{
	vc_closep(&folder->namespace);
	vc_closep(&folder->claims);
}

#define AUTO_FOLDER VC_CLEANUP(release_folder) struct vc_folder

static int make_namespace(const char *path, const char *namespace,
                          struct vc_folder *folder, struct vc_err *err)
{
	bool made = false;

	if (vc_publish_make(folder->claims, namespace, &folder->namespace, &made, err) <
	    0)
		return vc_err_context(err, "%s", path);
	return made ? vc_publish_sync(folder->claims, path, err) : 0;
}

static int write_folder(struct vc_writer *writer, const char *path,
                        const struct vc_claim *claim, bool *ret_changed,
                        struct vc_err *err)
{
	AUTO_FOLDER folder = { .claims = -1, .namespace = -1, .name = claim->name };

	folder.label = vc_arena_printf(writer->arena, "%s/%s/%s", path, claim->namespace,
	                               claim->name);
	if (!folder.label)
		return vc_fail_oom(err);
	if (vc_publish_open(writer, path, VC_FILE_TRUSTED, true, &folder.claims, err) <
	            0 ||
	    make_namespace(path, claim->namespace, &folder, err) < 0)
		return -(int)err->kind;
	return vc_folder_write(writer, &folder, claim, ret_changed, err);
}

/**
 * vc_publish_write() - Publish a prepared claim
 * @arena:	holds names and texts
 * @publish:	where
 * @claim:	claim, of our driver or of others; everything the formats ask for is known
 * @ret_changed: whether anything was written; the same claim again changes nothing
 * @err:	what is unknown, or what is in the way
 *
 * Durable. What one driver's device has in attributes beyond the limit is left out if the
 * driver is ours, the least important first.
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_publish_write(struct vc_arena *arena, const struct vc_publish *publish,
                     const struct vc_claim *claim, bool *ret_changed, struct vc_err *err)
{
	bool changed = false, cdi_changed = false;
	const char *cdi = NULL;
	struct vc_writer writer;
	struct vc_claim finished = { 0 };

	if (check_claim(claim, err) < 0 ||
	    finish_claim(arena, publish, claim, &finished, err) < 0)
		return -(int)err->kind;
	if (publish->cdi && vc_cdi_text(arena, &finished, &cdi, err) < 0)
		return -(int)err->kind;
	if (vc_writer_open(arena, &writer, err) < 0)
		return -(int)err->kind;
	writer.owner = publish->owner;
	if (write_folder(&writer, publish->claims, &finished, &changed, err) < 0)
		return -(int)err->kind;
	if (cdi && vc_cdi_publish(&writer, publish->cdi, finished.uid, cdi, &cdi_changed,
	                          err) < 0)
		return -(int)err->kind;
	*ret_changed = changed || cdi_changed;
	return 0;
}

/* No directory, no folder: *ret_there says which. */
static int open_place(const struct vc_writer *writer, const char *path,
                      const char *namespace, struct vc_folder *folder, bool *ret_there,
                      struct vc_err *err)
{
	int r = vc_publish_open(writer, path, VC_FILE_TRUSTED, false, &folder->claims,
	                        err);

	if (r == 0)
		r = vc_file_open_directory(folder->claims, namespace, VC_FILE_BENEATH,
		                           &folder->namespace, err);
	*ret_there = r == 0;
	if (r != -VC_ERR_ABSENT)
		return r;
	*err = (struct vc_err)VC_ERR_INIT;
	return 0;
}

static int withdraw_folder(struct vc_writer *writer, const char *path,
                           const char *namespace, const char *name, const char *uid,
                           struct vc_err *err)
{
	AUTO_FOLDER folder = { .claims = -1, .namespace = -1, .name = name };
	bool there = false;

	if (!vc_is_dns_label(namespace) || !vc_is_dns_subdomain(name))
		return 0;
	folder.label = vc_arena_printf(writer->arena, "%s/%s/%s", path, namespace, name);
	if (!folder.label)
		return vc_fail_oom(err);
	if (open_place(writer, path, namespace, &folder, &there, err) < 0)
		return vc_err_context(err, "%s", path);
	return there ? vc_folder_withdraw(writer, &folder, uid, err) : 0;
}

/**
 * vc_publish_withdraw() - Take the files of a claim away
 * @arena:	holds names
 * @publish:	where
 * @namespace:	namespace; a text that is none ("", of vc_publish_list()): no folder is
 *		looked for
 * @name:	name, likewise
 * @uid:	UID; the folder of another claim with the same name stays
 * @err:	why not
 *
 * Return: 0, also when there is nothing; -VC_ERR_REFUSED (others can write the shared
 * directory), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_publish_withdraw(struct vc_arena *arena, const struct vc_publish *publish,
                        const char *namespace, const char *name, const char *uid,
                        struct vc_err *err)
{
	struct vc_writer writer;

	if (vc_writer_open(arena, &writer, err) < 0 ||
	    withdraw_folder(&writer, publish->claims, namespace, name, uid, err) < 0)
		return -(int)err->kind;
	if (!publish->cdi || !vc_is_uuid(uid))
		return 0;
	return vc_cdi_withdraw(&writer, publish->cdi, uid, err);
}
