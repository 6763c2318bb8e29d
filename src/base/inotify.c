/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/inotify.h"

#include <errno.h>
#include <sys/inotify.h>

/**
 * vc_inotify_open() - Begin to watch files, none yet
 * @ret_fd:	descriptor, non-blocking; the caller closes it
 * @err:	why not
 *
 * [inotify_init(2)] EMFILE is a limit of the user, and of open files.
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_inotify_open(int *ret_fd, struct vc_err *err)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return vc_fail_sys(
			err, errno, "cannot watch files%s",
			errno == EMFILE ? " (raise fs.inotify.max_user_instances)" : "");
	*ret_fd = fd;
	return 0;
}
