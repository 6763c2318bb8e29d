/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which claim a CDI device is for.
 *
 * Drivers put the claim UID after a '_' of the file name, in front of the device name, or
 * into an environment variable. A UID has '-' itself, so it is never found by splitting:
 * it is 36 characters of the right form, in the right place.
 */
#include <ctype.h>
#include <string.h>

#include "base/parse.h"
#include "claim/cdi_recover.h"

#define UUID_LEN 36U

/* [SRIOV] the device of a pod-wide file carries the pod's UID and these addresses. */
#define POD_ADDRESSES "SRIOVNETWORK_PCI_ADDRESSES="
/* dra-example-driver and its descendants: <CLASS>_DEVICE_<NAME>_RESOURCE_CLAIM=<uid> */
#define ENV_CLAIM "_RESOURCE_CLAIM"

/* One place that names a claim. */
struct witness {
	const char *uid; /* 36 characters, more may follow; NULL */
	const char *what;
};

/**
 * vc_cdi_annotation() - Look an annotation up
 * @annotations: annotations
 * @key:	key
 *
 * Return: its value, NULL when there is none or it is empty
 */
const char *vc_cdi_annotation(const struct vc_cdi_annotations *annotations,
                              const char *key)
{
	for (size_t i = 0; i < annotations->n; i++)
		if (strcmp(annotations->v[i].key, key) == 0)
			return annotations->v[i].value[0] != '\0'
			               ? annotations->v[i].value
			               : NULL;
	return NULL;
}

/**
 * vc_cdi_lower() - Copy a text in lower case
 * @arena:	holds the copy
 * @text:	text
 * @len:	how much of it
 *
 * Return: the copy, or NULL when out of memory
 */
char *vc_cdi_lower(struct vc_arena *arena, const char *text, size_t len)
{
	char *copy = vc_arena_strndup(arena, text, len);

	for (char *p = copy; p && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static bool starts_with_uuid(const char *text)
{
	char head[UUID_LEN + 1] = "";
	size_t len = strnlen(text, UUID_LEN);

	memcpy(head, text, len);
	return vc_is_uuid(head);
}

/**
 * vc_cdi_uid_prefix() - How long a claim UID in front of a device name is
 * @name:	name of a CDI device
 *
 * Return: the length with the '-' or '_' that ends it; 0 when there is none. A name that
 * is nothing but a UUID is no claim UID.
 */
size_t vc_cdi_uid_prefix(const char *name)
{
	if (!starts_with_uuid(name))
		return 0;
	return name[UUID_LEN] == '-' || name[UUID_LEN] == '_' ? UUID_LEN + 1 : 0;
}

/**
 * vc_cdi_uid_in_file_name() - The UUID that a file name carries
 * @file_name:	base name
 *
 * It stands after a '_' and is followed by '_', '.' or the end.
 *
 * Return: where it starts, or NULL
 */
const char *vc_cdi_uid_in_file_name(const char *file_name)
{
	const char *at = strchr(file_name, '_');

	for (; at; at = strchr(at, '_')) {
		at++;
		if (starts_with_uuid(at) &&
		    (at[UUID_LEN] == '\0' || strchr("_.", at[UUID_LEN])))
			return at;
	}
	return NULL;
}

/**
 * vc_cdi_is_pod_device() - Whether a device stands for a pod, not for a claim
 * @device:	device
 *
 * Return: whether it does
 */
bool vc_cdi_is_pod_device(const struct vc_cdi_device *device)
{
	if (!vc_is_uuid(device->name))
		return false;
	for (size_t i = 0; i < device->edits.env.n; i++) {
		const char *cursor = device->edits.env.v[i];

		if (vc_parse_literal(&cursor, POD_ADDRESSES))
			return true;
	}
	return false;
}

/* The value of the first variable that names a claim. */
static const char *uid_in_env(const struct vc_cdi_texts *env)
{
	const size_t end_len = strlen(ENV_CLAIM);

	for (size_t i = 0; i < env->n; i++) {
		const char *equals = strchr(env->v[i], '=');
		size_t len = (size_t)(equals - env->v[i]);

		if (len > end_len && strncmp(equals - end_len, ENV_CLAIM, end_len) == 0 &&
		    vc_is_uuid(equals + 1))
			return equals + 1;
	}
	return NULL;
}

static int check_agree(const struct vc_cdi_device *device, const struct witness *a,
                       const struct witness *b, struct vc_err *err)
{
	if (!b->uid || strncasecmp(a->uid, b->uid, UUID_LEN) == 0)
		return 0;
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: %s says claim '%.36s', but %s says '%.36s'; was the file "
	               "copied or renamed?",
	               device->where, a->what, a->uid, b->what, b->uid);
}

/**
 * vc_cdi_claim_uid() - Find the claim that a device is for
 * @arena:	holds the UID
 * @device:	device, not a pod's
 * @file_name:	base name of its file
 * @ret_uid:	claim UID in lower case; NULL when nothing says it
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT (an annotation that is no UID; two places that name two
 * claims) or -VC_ERR_INTERNAL
 */
int vc_cdi_claim_uid(struct vc_arena *arena, const struct vc_cdi_device *device,
                     const char *file_name, char **ret_uid, struct vc_err *err)
{
	const char *annotation =
		vc_cdi_annotation(&device->annotations, VC_CDI_ANNOTATION("claim-uid"));
	const struct witness witnesses[] = {
		{ annotation, "the annotation" },
		{ vc_cdi_uid_prefix(device->name) > 0 ? device->name : NULL,
		  "the device name" },
		{ uid_in_env(&device->edits.env), "the environment" },
		{ vc_cdi_uid_in_file_name(file_name), "the file name" },
	};
	const struct witness *first = NULL;
	char *uid;

	if (annotation && !vc_is_uuid(annotation))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: annotation '%s' holds '%.64s', expected a UUID",
		               device->where, VC_CDI_ANNOTATION("claim-uid"), annotation);
	for (size_t i = 0; i < VC_ARRAY_SIZE(witnesses); i++) {
		if (first && check_agree(device, first, &witnesses[i], err) < 0)
			return -(int)err->kind;
		if (!first && witnesses[i].uid)
			first = &witnesses[i];
	}
	uid = first ? vc_cdi_lower(arena, first->uid, UUID_LEN) : NULL;
	if (first && !uid)
		return vc_fail_oom(err);
	*ret_uid = uid;
	return 0;
}
