/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publish_internal.h - what the files of publish*.c share.
 *
 * publish.c puts the parts together; publish_claim.c makes the claim, publish_folder.c
 * its folder, publish_cdi.c its CDI file, publish_list.c and publish_read.c look at what
 * is there, and publish_files.c is about files in general.
 */
#pragma once

#include "base/file.h"
#include "model/claim.h"

#define VC_PUBLISH_SUFFIX    "-metadata.json"
#define VC_PUBLISH_CONTAINER ".container"
#define VC_PUBLISH_OWNER     ".owner"
/* [KEP-5304] of the tree in a container */
#define VC_PUBLISH_RESOURCE_CLAIMS "resourceclaims"

/**
 * struct vc_writer - one process at work on published files
 * @arena:	holds names and texts
 * @pid, @start: this process
 * @n:		temporary names that were given
 * @owner:	of new folders; NULL none
 */
struct vc_writer {
	struct vc_arena *arena;
	const char *owner;
	long pid;
	unsigned long long start;
	unsigned n;
};

/* publish_files.c */
int vc_writer_open(struct vc_arena *arena, struct vc_writer *ret_writer,
                   struct vc_err *err) VC_MUST_CHECK;
char *vc_writer_name(struct vc_writer *writer) VC_MUST_CHECK;
int vc_writer_clean(const struct vc_writer *writer, int dir, const char *name,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_writer_file(struct vc_writer *writer, int dir, const char *text, char **ret_name,
                   struct vc_err *err) VC_MUST_CHECK;
int vc_publish_sync(int fd, const char *what, struct vc_err *err) VC_MUST_CHECK;
int vc_publish_file(int dir, const char *name, const char *text, struct vc_err *err)
	VC_MUST_CHECK;
int vc_publish_open(const struct vc_writer *writer, const char *path, unsigned flags,
                    bool make, int *ret_fd, struct vc_err *err) VC_MUST_CHECK;
int vc_publish_make(int dir, const char *name, int *ret_fd, bool *ret_made,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_publish_remove(const struct vc_writer *writer, int dir, const char *name,
                      struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_part - one metadata file of a claim
 * @request, @file: "gpu", "virt-claim.io-metadata.json"
 * @claim:	the claim with the devices that belong into it
 */
struct vc_part {
	char *request;
	char *file;
	struct vc_claim claim;
};

struct vc_parts {
	struct vc_part *v;
	size_t n, cap;
};

/**
 * struct vc_folder - the place of a claim
 * @claims:	shared claims directory
 * @namespace:	its directory
 * @label:	"CLAIMS/NAMESPACE/NAME", for messages
 * @name:	name of the folder
 */
struct vc_folder {
	int claims, namespace;
	const char *label;
	const char *name;
};

/* publish_folder.c */
int vc_folder_write(struct vc_writer *writer, const struct vc_folder *folder,
                    const struct vc_claim *claim, bool *ret_changed, struct vc_err *err)
	VC_MUST_CHECK;
int vc_folder_withdraw(struct vc_writer *writer, const struct vc_folder *folder,
                       const char *uid, struct vc_err *err) VC_MUST_CHECK;

/* publish_read.c */
/* One metadata file: its first claim, and its text. */
struct vc_part_read {
	struct vc_claim claim;
	const char *text;
	size_t len;
};
int vc_part_read(struct vc_arena *arena, int dir, const char *path,
                 struct vc_part_read *ret_read, struct vc_err *err) VC_MUST_CHECK;
/* *ret_uid is NULL when nothing in there says it. */
int vc_folder_uid(struct vc_arena *arena, int dir, char **ret_uid, struct vc_err *err)
	VC_MUST_CHECK;
/* The claim that a CDI file of ours names; "" when it does not. */
void vc_cdi_names(struct vc_arena *arena, int dir, const char *file,
                  const char **ret_namespace, const char **ret_name);

/* publish_cdi.c */
int vc_cdi_text(struct vc_arena *arena, const struct vc_claim *claim,
                const char **ret_text, struct vc_err *err) VC_MUST_CHECK;
int vc_cdi_publish(struct vc_writer *writer, const char *directory, const char *uid,
                   const char *text, bool *ret_changed, struct vc_err *err) VC_MUST_CHECK;
int vc_cdi_withdraw(struct vc_writer *writer, const char *directory, const char *uid,
                    struct vc_err *err) VC_MUST_CHECK;
