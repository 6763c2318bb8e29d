/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/claim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/**
 * vc_kind_name() - The name of a device kind, as in xslt/ and in our formats
 * @kind:	kind
 *
 * Return: a static string
 */
const char *vc_kind_name(enum vc_kind kind)
{
	switch (kind) {
	case VC_KIND_PCI:
		return "pci";
	case VC_KIND_MDEV:
		return "mdev";
	case VC_KIND_UNKNOWN:
		break;
	}
	return "unknown";
}

/**
 * vc_mdev_model_name() - [LV] formatdomain, hostdev/@model
 * @model:	model
 *
 * Return: a static string; "vfio-pci" when unknown, which is what KubeVirt assumes
 */
const char *vc_mdev_model_name(enum vc_mdev_model model)
{
	switch (model) {
	case VC_MDEV_VFIO_CCW:
		return "vfio-ccw";
	case VC_MDEV_VFIO_AP:
		return "vfio-ap";
	case VC_MDEV_VFIO_PCI:
	case VC_MDEV_UNKNOWN:
		break;
	}
	return "vfio-pci";
}

/**
 * vc_mdev_model_parse() - Read an mdev model
 * @text:	text
 * @ret_model:	model, when @text is one
 *
 * Return: whether @text is one
 */
bool vc_mdev_model_parse(const char *text, enum vc_mdev_model *ret_model)
{
	for (enum vc_mdev_model m = VC_MDEV_VFIO_PCI; m <= VC_MDEV_VFIO_AP; m++) {
		if (strcmp(text, vc_mdev_model_name(m)) == 0) {
			*ret_model = m;
			return true;
		}
	}
	return false;
}

/**
 * vc_facts_note() - Add a warning
 * @arena:	holds it
 * @facts:	facts
 * @err:	out of memory
 * @fmt:	one line without newline, starting with the file it is about
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_facts_note(struct vc_arena *arena, struct vc_facts *facts, struct vc_err *err,
                  const char *fmt, ...)
{
	char text[VC_ERR_MSG_SIZE];
	char **slot = vc_list_push(arena, &facts->notes);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = vc_arena_strdup(arena, text);
	return slot && *slot ? 0 : vc_fail_oom(err);
}

/**
 * vc_driver_equal() - Whether two driver names are the same
 * @a:		name, NULL is never equal
 * @b:		name, NULL is never equal
 *
 * [DRA] driver names are validated caselessly.
 *
 * Return: whether they are
 */
bool vc_driver_equal(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}
