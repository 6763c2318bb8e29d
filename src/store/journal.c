/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/journal.h"

int vc_journal_read(struct vc_arena *arena VC_UNUSED, const char *run VC_UNUSED,
                    const char *uid VC_UNUSED, const char *boot_id VC_UNUSED,
                    struct vc_entry *ret_entry VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_journal_read() is not there yet");
}

int vc_journal_list(struct vc_arena *arena VC_UNUSED, const char *run VC_UNUSED,
                    const char *boot_id VC_UNUSED,
                    struct vc_entries *ret_entries VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_journal_list() is not there yet");
}

int vc_journal_write(struct vc_arena *arena VC_UNUSED, const char *run VC_UNUSED,
                     const struct vc_entry *entry VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_journal_write() is not there yet");
}

int vc_journal_remove(struct vc_arena *arena VC_UNUSED, const char *run VC_UNUSED,
                      const char *uid VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_journal_remove() is not there yet");
}

int vc_journal_forget(struct vc_arena *arena VC_UNUSED, const char *run VC_UNUSED,
                      const char *boot_id VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_journal_forget() is not there yet");
}

const char *vc_phase_name(enum vc_phase phase VC_UNUSED)
{
	return NULL;
}
