/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_watch.c - as long as there is kernel/no-watches, fs.inotify.max_user_watches is
 * used up: no directory can be watched that is not yet. [inotify_add_watch(2)] ENOSPC
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/inotify.h>

#include "fake_kernel.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int inotify_add_watch(int fd, const char *name, uint32_t mask)
{
	__typeof__(&inotify_add_watch) real =
		(__typeof__(&inotify_add_watch))dlsym(RTLD_NEXT, "inotify_add_watch");

	if (vc_fake_root() && vc_fake_exists("kernel/no-watches")) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, name, mask);
}
