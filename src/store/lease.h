/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lease.h - "domain U uses device D now": one small file per device.
 *
 * A lease is keyed by what the device is on the host (vc_host_side_key()), holds
 * domain UUID, name and boot id. The store is locked while leases are taken, and a file
 * appears with an exclusive link(2), so two starts at the same instant cannot both have
 * it. It ends with the boot, with `release end`, or when there is evidence that its
 * domain is gone: never by age.
 *
 *   prepared  dead when the daemon that asked for it is gone and no QEMU of that domain
 *             lives
 *   started   dead when no QEMU of that domain lives
 *
 * A file that cannot be read as a lease counts as held, and the error says what to remove.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

enum vc_lease_state {
	VC_LEASE_PREPARED, /* a start is under way */
	VC_LEASE_STARTED,  /* QEMU runs */
};

/**
 * struct vc_lease - one lease
 * @device:	key of vc_host_side_key(): "pci-0000:65:00.0", "mdev-<uuid>" ...
 * @uuid:	of the domain
 * @domain:	its name
 * @boot_id:	boot in which it was taken
 * @state:	state
 * @holder_pid, @holder_start: the daemon that asked (parent of the hook) and its start
 *		time in clock ticks: a prepared lease whose daemon is gone is dead
 * @problem:	why its file cannot be read, and what to do: somebody may have @device, and
 *		nobody knows who; @uuid and @domain are "" then. NULL it was read
 */
struct vc_lease {
	char *device;
	char *uuid;
	char *domain;
	char *boot_id;
	enum vc_lease_state state;
	long holder_pid;
	unsigned long long holder_start;
	char *problem;
};

struct vc_leases {
	struct vc_lease *v;
	size_t n, cap;
};

/* Where evidence is looked for; tests point it elsewhere. */
struct vc_lease_store {
	const char *directory; /* made with mode 0700 when missing */
	const char *proc;      /* "/proc" */
	const char *libvirt;   /* "/run/libvirt/qemu": NAME.pid of running domains */
};

/* All or none of @devices for one domain. Held by another living domain:
 * -VC_ERR_REFUSED naming device and holder. Held by the same domain: taken over. */
int vc_lease_take(struct vc_arena *arena, const struct vc_lease_store *store,
                  const char *const devices[], size_t n_devices,
                  const struct vc_lease *who, struct vc_err *err) VC_MUST_CHECK;
/* To VC_LEASE_STARTED; taken anew if they are not there (reconnect). */
int vc_lease_confirm(struct vc_arena *arena, const struct vc_lease_store *store,
                     const char *const devices[], size_t n_devices,
                     const struct vc_lease *who, struct vc_err *err) VC_MUST_CHECK;
/* Every lease of that domain; none is fine. */
int vc_lease_release(struct vc_arena *arena, const struct vc_lease_store *store,
                     const char *uuid, struct vc_err *err) VC_MUST_CHECK;
/* These devices, when @who has them: that domain, and unless .holder_pid is 0 that process
 * asked for them. Devices of others, and none, are fine. */
int vc_lease_drop(struct vc_arena *arena, const struct vc_lease_store *store,
                  const char *const devices[], size_t n_devices,
                  const struct vc_lease *who, struct vc_err *err) VC_MUST_CHECK;
int vc_lease_list(struct vc_arena *arena, const struct vc_lease_store *store,
                  struct vc_leases *ret_leases, struct vc_err *err) VC_MUST_CHECK;
/* As vc_lease_list(), for whoever decides about devices: a file that cannot be read keeps its
 * device from others, and is in the result with .problem. */
int vc_lease_living(struct vc_arena *arena, const struct vc_lease_store *store,
                    struct vc_leases *ret_leases, struct vc_err *err) VC_MUST_CHECK;
/* Removes the files of the dead, by evidence; returns how many. Files that cannot be read
 * stay, and @notes says so. */
int vc_lease_clean(struct vc_arena *arena, const struct vc_lease_store *store,
                   struct vc_names *notes, struct vc_err *err) VC_MUST_CHECK;
