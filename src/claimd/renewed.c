/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/renewed.h"

#include <stdio.h>
#include <string.h>

/**
 * vc_renewed_has() - Whether a device is new
 * @renewed:	devices
 * @name:	as people call it, NULL not known
 *
 * Return: whether
 */
bool vc_renewed_has(const struct vc_renewed *renewed, const char *name)
{
	for (size_t i = 0; name && i < renewed->n; i++)
		if (strcmp(renewed->names[i], name) == 0)
			return true;
	return false;
}

/**
 * vc_renewed_add() - Note that there is a new device
 * @renewed:	devices so far
 * @name:	as sysfs calls it; a longer one is none of a device that can be claimed
 */
void vc_renewed_add(struct vc_renewed *renewed, const char *name)
{
	if (renewed->n == VC_RENEWED_MAX || vc_renewed_has(renewed, name) ||
	    strlen(name) >= sizeof(renewed->names[0]))
		return;
	(void)snprintf(renewed->names[renewed->n++], sizeof(renewed->names[0]), "%s",
	               name);
}
