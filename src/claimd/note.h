/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * note.h - what a worker tells the daemon while it works: one packet each, between two
 * processes of the same program.
 */
#pragma once

#include <stdint.h>

#include "claimd/ledger.h"

/* What has a problem when no claim has. */
#define VC_SUBJECT_NODE "this node"

enum vc_note_kind {
	VC_NOTE_DONE,     /* .text: what was done */
	VC_NOTE_PROBLEM,  /* .text: what is wrong with .subject */
	VC_NOTE_FAILED,   /* the same, after an attempt to put it right */
	VC_NOTE_TORN,     /* .subject is half written */
	VC_NOTE_WAIT,     /* .subject was not looked into */
	VC_NOTE_OWNER,    /* .number: a process at work on an entry, since .start */
	VC_NOTE_PATIENCE, /* .number: ms that the next note may take */
	VC_NOTE_SUMMARY,  /* .counts; .number: ms that one look took; the last one */
};

/**
 * struct vc_counts - claims
 * @claims:	that there are
 * @prepared:	that are prepared, those in use too
 * @in_use:	that a running domain has
 * @absent:	that are to be prepared, and whose devices are not there
 */
struct vc_counts {
	unsigned claims, prepared, in_use, absent;
};

/**
 * struct vc_note - one note; which fields are set follows from @kind
 * @err:	of _PROBLEM and _FAILED: what sort of error
 */
struct vc_note {
	enum vc_note_kind kind;
	enum vc_err_kind err;
	int64_t number;
	unsigned long long start;
	struct vc_counts counts;
	char subject[VC_SUBJECT_SIZE];
	char text[VC_ERR_MSG_SIZE];
};

enum vc_notes {
	VC_NOTES_NONE, /* now */
	VC_NOTES_ONE,
	VC_NOTES_ENDED, /* nobody is there any more to say something */
};

/* Waits until there is room. */
int vc_note_send(int fd, const struct vc_note *note, struct vc_err *err) VC_MUST_CHECK;
/* Does not wait. */
int vc_note_receive(int fd, struct vc_note *ret_note, enum vc_notes *ret_notes,
                    struct vc_err *err) VC_MUST_CHECK;
