/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/write.h"

#include <errno.h>
#include <unistd.h>

/**
 * vc_write_all() - Write, however many calls it takes
 * @fd:		descriptor that blocks
 * @bytes:	what
 * @len:	how many
 *
 * Return: 0 or -errno; a part may be written then
 */
int vc_write_all(int fd, const void *bytes, size_t len)
{
	const char *rest = bytes;

	while (len > 0) {
		ssize_t n = write(fd, rest, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		rest += n;
		len -= (size_t)n;
	}
	return 0;
}
