/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases by hand. The hook takes leases at every start; hot-plug goes through no hook,
 * and the hook may not be installed. So they are taken here as well: for the same domain
 * that does no harm, whoever comes second takes the lease over.
 *
 * Nobody is told when the domain ends without the hook: such leases are found dead when
 * somebody else wants the device (see store/lease.h).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hook/qemu_hook.h"
#include "manage/internal.h"
#include "store/boot_id.h"

#define PROC        "/proc"
#define LIBVIRT_RUN "/run/libvirt/qemu"

/* [LV] Only the system's daemon shares its devices with anybody. */
static bool is_ours_to_keep(const struct vc_virt_domain *domain)
{
	return geteuid() == 0 && vc_virt_is_system(domain->uri);
}

/* Leaves the records of @aliases. */
static int select_records(struct vc_arena *arena, const struct vc_names *aliases,
                          struct vc_domain *domain, struct vc_err *err)
{
	struct vc_records some = { 0 };

	for (size_t i = 0; i < domain->records.n; i++) {
		struct vc_record *slot;

		if (!vc_manage_has(aliases, domain->records.v[i].binding.alias))
			continue;
		slot = vc_list_push(arena, &some);
		if (!slot)
			return vc_fail_oom(err);
		*slot = domain->records.v[i];
	}
	domain->records = some;
	return 0;
}

static int find_devices(struct vc_arena *arena, const struct vc_virt_domain *domain,
                        const struct vc_names *aliases, struct vc_names *ret_devices,
                        struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_domain read;

	if (vc_document_parse(domain->xml, domain->xml_len, domain->name, &document,
	                      err) < 0 ||
	    vc_domain_read(arena, document, &read, err) < 0)
		return -(int)err->kind;
	if (aliases && select_records(arena, aliases, &read, err) < 0)
		return -(int)err->kind;
	return vc_qemu_leases(arena, &read, ret_devices, err);
}

/**
 * vc_lease_use_find() - The leases that some devices of a domain need
 * @arena:	holds them
 * @manage:	configuration
 * @domain:	domain, with the XML that has the devices
 * @aliases:	whole aliases, NULL all
 * @ret_use:	leases; no devices for other machines and other users: [LV] only the
 *		system's daemon shares its devices with anybody
 * @err:	broken XML
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_lease_use_find(struct vc_arena *arena, const struct vc_manage *manage,
                      const struct vc_virt_domain *domain, const struct vc_names *aliases,
                      struct vc_lease_use *ret_use, struct vc_err *err)
{
	struct vc_process self;
	struct vc_lease_use use = {
		.store = { manage->config.leases, PROC, LIBVIRT_RUN },
		.who = { .uuid = domain->uuid, .domain = domain->name },
	};

	if (is_ours_to_keep(domain)) {
		if (find_devices(arena, domain, aliases, &use.devices, err) < 0 ||
		    vc_process_read(arena, PROC, getpid(), &self, err) < 0)
			return -(int)err->kind;
		use.who.holder_pid = self.pid;
		use.who.holder_start = self.start;
	}
	*ret_use = use;
	return 0;
}

/**
 * vc_lease_use_list() - The leases that a domain has
 * @arena:	holds them
 * @manage:	configuration
 * @domain:	domain; its XML is not looked at
 * @ret_leases:	leases of devices that its guest was given; none where
 *		vc_lease_use_find() finds none
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_lease_use_list(struct vc_arena *arena, const struct vc_manage *manage,
                      const struct vc_virt_domain *domain, struct vc_leases *ret_leases,
                      struct vc_err *err)
{
	const struct vc_lease_store store = { manage->config.leases, PROC, LIBVIRT_RUN };
	struct vc_leases all = { 0 }, some = { 0 };

	if (is_ours_to_keep(domain) && vc_lease_living(arena, &store, &all, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < all.n; i++) {
		const struct vc_lease *l = &all.v[i];
		struct vc_lease *slot;

		if (l->problem || l->state != VC_LEASE_STARTED ||
		    strcmp(l->uuid, domain->uuid) != 0)
			continue;
		slot = vc_list_push(arena, &some);
		if (!slot)
			return vc_fail_oom(err);
		*slot = *l;
	}
	*ret_leases = some;
	return 0;
}

/**
 * vc_lease_use_add_gone() - Add leases whose device the guest has no longer
 * @arena:	holds them
 * @domain:	domain with its live XML
 * @leases:	as of vc_lease_use_list() before that XML was asked for, so that a device that
 *		is being attached is not taken for one that has gone
 * @use:	leases
 * @err:	broken XML
 *
 * A guest that was asked to let a device go may do so when nobody waits any more.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_lease_use_add_gone(struct vc_arena *arena, const struct vc_virt_domain *domain,
                          const struct vc_leases *leases, struct vc_lease_use *use,
                          struct vc_err *err)
{
	struct vc_names present = { 0 };

	if (leases->n == 0)
		return 0;
	if (find_devices(arena, domain, NULL, &present, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < leases->n; i++) {
		char *device = leases->v[i].device;

		if (!vc_manage_has(&present, device) &&
		    vc_manage_push(arena, &use->devices, device, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_lease_use_after() - The leases that a domain needs after its translation
 * @arena:	holds them
 * @manage:	configuration
 * @definition:	.domain and .translation
 * @aliases:	whole aliases, NULL all
 * @ret_use:	leases
 * @err:	out of memory
 *
 * Return: as vc_lease_use_find()
 */
int vc_lease_use_after(struct vc_arena *arena, const struct vc_manage *manage,
                       const struct vc_definition *definition,
                       const struct vc_names *aliases, struct vc_lease_use *ret_use,
                       struct vc_err *err)
{
	const struct vc_translation *t = &definition->translation;
	struct vc_virt_domain domain = definition->domain;

	domain.xml = vc_arena_strndup(arena, t->xml, t->len);
	domain.xml_len = t->len;
	if (!domain.xml)
		return vc_fail_oom(err);
	return vc_lease_use_find(arena, manage, &domain, aliases, ret_use, err);
}

static const char *const *devices_of(const struct vc_lease_use *use)
{
	return (const char *const *)use->devices.v;
}

/**
 * vc_lease_use_take() - Take leases for what is about to happen
 * @arena:	scratch
 * @use:	leases
 * @err:	who has one
 *
 * Return: as vc_lease_take()
 */
int vc_lease_use_take(struct vc_arena *arena, const struct vc_lease_use *use,
                      struct vc_err *err)
{
	return vc_lease_take(arena, &use->store, devices_of(use), use->devices.n,
	                     &use->who, err);
}

/**
 * vc_lease_use_confirm() - The guest runs with the devices
 * @arena:	scratch
 * @use:	leases
 * @err:	who has one
 *
 * Return: as vc_lease_confirm()
 */
int vc_lease_use_confirm(struct vc_arena *arena, const struct vc_lease_use *use,
                         struct vc_err *err)
{
	return vc_lease_confirm(arena, &use->store, devices_of(use), use->devices.n,
	                        &use->who, err);
}

/**
 * vc_lease_use_undo() - Give back what this process took
 * @arena:	scratch
 * @use:	leases
 *
 * A failure is not worth a word: without this process and without the guest the lease is
 * dead anyway.
 */
void vc_lease_use_undo(struct vc_arena *arena, const struct vc_lease_use *use)
{
	struct vc_err unused = VC_ERR_INIT;

	(void)!vc_lease_drop(arena, &use->store, devices_of(use), use->devices.n,
	                     &use->who, &unused);
}

/**
 * vc_lease_use_failed() - Give back what this process took for a start that failed
 * @arena:	scratch
 * @use:	leases
 * @err:	of the start; when libvirt did not answer, the guest may start yet, and the
 *		leases stay
 */
void vc_lease_use_failed(struct vc_arena *arena, const struct vc_lease_use *use,
                         const struct vc_err *err)
{
	if (err->sys != EINPROGRESS)
		vc_lease_use_undo(arena, use);
}

/**
 * vc_lease_use_drop() - Give leases back, whoever took them for this domain
 * @arena:	scratch
 * @use:	leases
 * @err:	why not
 *
 * Return: as vc_lease_drop()
 */
int vc_lease_use_drop(struct vc_arena *arena, const struct vc_lease_use *use,
                      struct vc_err *err)
{
	struct vc_lease anybody = use->who;

	anybody.holder_pid = 0;
	return vc_lease_drop(arena, &use->store, devices_of(use), use->devices.n,
	                     &anybody, err);
}
