/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - what was done to the machine for each claim: RUN/journal/UID.json.
 *
 * One entry a claim, there from the moment something is reserved until all of it is given
 * back. It is replaced as a whole (rename), so a reader sees a step before or after, and
 * never torn. Not synced to disk: it speaks about the kernel of this boot, which a power
 * cut takes along. An entry of another boot is void.
 *
 * Reserving (vc_journal_write() of a new entry or of new steps) happens under the lock of
 * store/lock.h; progress of own steps needs none, since an entry has one owner at a time.
 */
#pragma once

#include "base/file.h"
#include "model/step.h"

enum vc_phase {
	VC_PHASE_PREPARING,
	VC_PHASE_PREPARED,
	VC_PHASE_UNPREPARING,
	VC_PHASE_QUARANTINED, /* a step is stuck */
};

/**
 * struct vc_reserved - a device that an entry keeps from others
 * @request, @name: as in struct vc_claimed_device
 * @key:	vc_host_side_key() of the device, as in leases: "pci-0000:65:00.0"; of one that
 *		is not made yet "vf-0000:01:00.0-3" or "mdev-UUID"
 * @pf:		of a VF, has_pf: its PF
 */
struct vc_reserved {
	char *request, *name;
	char *key;
	bool has_pf;
	struct vc_pci_address pf;
};

/**
 * struct vc_entry - the journal of one claim
 * @uid, @namespace, @name: of the claim
 * @boot_id:	boot in which it holds
 * @phase:	where it is
 * @owner_pid, @owner_start: the process at work on it and when it started; 0 none. An
 *		owner that is gone left the entry to be recovered
 * @devices:	reserved
 * @steps:	in the order in which they are done
 */
struct vc_entry {
	char *uid, *namespace, *name;
	char *boot_id;
	enum vc_phase phase;
	long owner_pid;
	unsigned long long owner_start;
	struct {
		struct vc_reserved *v;
		size_t n, cap;
	} devices;
	struct vc_steps steps;
};

struct vc_entries {
	struct vc_entry *v;
	size_t n, cap;
};

/* Absent, or of another boot: -VC_ERR_ABSENT. */
int vc_journal_read(struct vc_arena *arena, const char *run, const char *uid,
                    const char *boot_id, struct vc_entry *ret_entry, struct vc_err *err)
	VC_MUST_CHECK;
/* Of this boot, sorted by UID. A file that cannot be read as an entry is an error: it may
 * hold any device. */
int vc_journal_list(struct vc_arena *arena, const char *run, const char *boot_id,
                    struct vc_entries *ret_entries, struct vc_err *err) VC_MUST_CHECK;
int vc_journal_write(struct vc_arena *arena, const char *run,
                     const struct vc_entry *entry, struct vc_err *err) VC_MUST_CHECK;
int vc_journal_remove(struct vc_arena *arena, const char *run, const char *uid,
                      struct vc_err *err) VC_MUST_CHECK;
/* Entries of other boots. */
int vc_journal_forget(struct vc_arena *arena, const char *run, const char *boot_id,
                      struct vc_err *err) VC_MUST_CHECK;
const char *vc_phase_name(enum vc_phase phase);
