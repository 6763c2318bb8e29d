/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/embedded.h"

#include <string.h>

/**
 * vc_embedded_find() - A file that is compiled in
 * @name:	whole name, as in "virt-claim:pci.xsl"
 *
 * Return: the file, or NULL
 */
const struct vc_embedded *vc_embedded_find(const char *name)
{
	const struct vc_embedded *file = vc_embedded;

	for (; file->name; file++)
		if (strcmp(file->name, name) == 0)
			return file;
	return NULL;
}
