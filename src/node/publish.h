/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publish.h - the files that say what a prepared claim became: the shared claims
 * directory and a CDI spec. See docs/formats.md.
 *
 *   CLAIMS/NAMESPACE/CLAIM/REQUEST/DRIVER-metadata.json    newest version first, then v1alpha1
 *   CLAIMS/NAMESPACE/CLAIM/.container/...  a [KEP-5304] container tree of that claim alone,
 *                                          to be mounted into one pod; hard links
 *   CLAIMS/NAMESPACE/CLAIM/.owner          whose it is, see struct vc_publish
 *   CDI/virt-claim.io-claim_UID.json       [CDI] SPEC, lowest cdiVersion that does
 *
 * A claim appears and disappears as a whole folder (rename). Later updates replace single
 * files, with a higher generation; the same content again writes nothing. What is not
 * finished has a name ".vc-PID-START-N" of the process at work, which readers leave out
 * and vc_publish_list() removes when that process is gone. Synced to disk: at most
 * VC_PUBLISH_SYNCS(files) calls of fsync.
 */
#pragma once

#include "model/claim.h"
#include "node/plan.h"

/* Of a claim that consists of @files metadata files, one for each request and driver: the
 * file and two directories each; the folder, three directories of .container, namespace,
 * shared directory, and the CDI file with its directory; three more for the directories
 * above, as long as they do not exist. */
#define VC_PUBLISH_SYNCS(files) (3 * (files) + 11)
/* A withdrawal: namespace, and the directory of CDI files. */
#define VC_WITHDRAW_SYNCS 2

/**
 * struct vc_publish - where
 * @claims:	shared claims directory, made with mode 0755 when missing
 * @cdi:	directory of CDI specs, made likewise; NULL: none is written
 * @boot_id:	goes into every device, as attribute and annotation; NULL unknown
 * @owner:	goes into every new folder, as content of the file ".owner", which readers
 *		leave out: who may withdraw it again. NULL none
 */
struct vc_publish {
	const char *claims;
	const char *cdi;
	const char *boot_id;
	const char *owner;
};

/* A prepared claim as the model knows it, with every attribute that can be known. */
int vc_publish_claim(struct vc_arena *arena, const struct vc_host_claim *claim,
                     const struct vc_found_devices *found,
                     const struct vc_inventory *inventory, struct vc_claim *ret_claim,
                     struct vc_err *err) VC_MUST_CHECK;
/* Writes what is not there yet, and replaces what is different. A folder of that name whose
 * UID is another one is replaced as a whole. *ret_changed: whether anything was written. */
int vc_publish_write(struct vc_arena *arena, const struct vc_publish *publish,
                     const struct vc_claim *claim, bool *ret_changed, struct vc_err *err)
	VC_MUST_CHECK;
/* Only when the UID inside is @uid; none is fine, and so is a folder of another UID. */
int vc_publish_withdraw(struct vc_arena *arena, const struct vc_publish *publish,
                        const char *namespace, const char *name, const char *uid,
                        struct vc_err *err) VC_MUST_CHECK;
/* Whose folder a published claim has, and whether all that is in there can be of us: what
 * somebody put there is not ours to remove. */
struct vc_folder_owner {
	char *owner;   /* NULL: no ".owner" */
	char *foreign; /* a name below the folder that nobody here writes; NULL none */
};
int vc_publish_owner(struct vc_arena *arena, const struct vc_publish *publish,
                     const char *namespace, const char *name,
                     struct vc_folder_owner *ret_owner, struct vc_err *err) VC_MUST_CHECK;
/* What is published, claims with .uid, .namespace, .name, sorted by namespace and name;
 * of a CDI spec that is left alone and cannot be read the names are "". Leftovers of a
 * crashed writer (temporary names) are removed when their writer is gone. */
int vc_publish_list(struct vc_arena *arena, const struct vc_publish *publish,
                    struct vc_claims *ret_claims, struct vc_err *err) VC_MUST_CHECK;
