/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_fields.h - the fields of an entry of the journal: one table for the reader and
 * the writer. Internal to src/store.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "store/journal.h"

/* Changes whenever an older virt-claim could misread an entry. */
#define VC_JOURNAL_VERSION 1

/* Larger than an entry of VC_HOST_CLAIM_DEVICES_MAX devices with every step stuck. */
#define VC_JOURNAL_MAX_BYTES ((size_t)1 << 20)
#define VC_JOURNAL_MAX_STEPS 512U
#define VC_JOURNAL_MAX_TEXT  4096U

enum vc_field_type {
	VC_FIELD_PCI,    /* struct vc_pci_address */
	VC_FIELD_NUMBER, /* 32 bits, unsigned */
	VC_FIELD_VLAN,   /* int, -1 none: left out */
	VC_FIELD_FLAG,   /* bool */
	VC_FIELD_NAME,   /* char *, one component of a path */
	VC_FIELD_PATH,   /* char *, components below a directory */
	VC_FIELD_TEXT,   /* char *, anything */
};

/**
 * struct vc_step_field - one field of struct vc_step
 * @key:	in the document
 * @type:	type
 * @offset:	in the struct
 * @kinds:	1 << enum vc_step_kind of those that have it
 * @required:	whether they always do
 */
struct vc_step_field {
	const char *key;
	enum vc_field_type type;
	size_t offset;
	unsigned kinds;
	bool required;
};

extern const struct vc_step_field vc_step_fields[];
extern const size_t vc_n_step_fields;

int vc_entry_parse(struct vc_arena *arena, const char *text, size_t len, const char *file,
                   struct vc_entry *ret_entry, struct vc_err *err) VC_MUST_CHECK;
int vc_entry_print(const struct vc_entry *entry, struct vc_buf *buf, struct vc_err *err)
	VC_MUST_CHECK;
