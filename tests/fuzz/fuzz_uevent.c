/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message that is understood consists of parts of itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claimd/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_within(const char *part, const char *message, size_t size)
{
	return part >= message && part < message + size &&
	       memchr(part, '\0', size - (size_t)(part - message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a copy of its own, so that reading past its end is seen */
	char *message = malloc(size > 0 ? size : 1);
	struct vc_uevent event;

	if (!message)
		return 0;
	memcpy(message, data, size);
	if (vc_uevent_parse(message, size, &event)) {
		if (!is_within(event.action, message, size) ||
		    !is_within(event.path, message, size) ||
		    !is_within(event.subsystem, message, size) ||
		    !is_within(event.name, message, size) || event.path[0] != '/' ||
		    strchr(event.name, '/'))
			abort();
		(void)vc_uevent_matters(&event);
		if (vc_uevent_is_new_device(&event) && !vc_uevent_matters(&event))
			abort();
	}
	free(message);
	return 0;
}
