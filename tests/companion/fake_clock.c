/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_clock.c - the time of day as a test wants it: that of the machine plus as many
 * seconds as $FAKE_CLOCK, a file of eight bytes that is mapped, says at that moment.
 * Clocks that nobody sets stay what they are.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static _Atomic int64_t *offset;

/* Parameters of the C library have other names. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* Others are preloaded too, and perhaps are not ready yet: only system calls. */
static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("FAKE_CLOCK");
	long fd =
		path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
	long map;

	if (fd < 0)
		return;
	map = syscall(SYS_mmap, NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	if (map != -1)
		offset = (void *)map; /* NOLINT(performance-no-int-to-ptr) */
}

static int64_t seconds(void)
{
	return offset ? atomic_load(offset) : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *time)
{
	long r = syscall(SYS_clock_gettime, clock, time);

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		time->tv_sec += seconds();
	return (int)r;
}

EXPORT int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	long r = syscall(SYS_gettimeofday, time, zone);

	if (r == 0)
		time->tv_sec += seconds();
	return (int)r;
}

EXPORT time_t time(time_t *ret_time)
{
	struct timespec now = { 0 };

	(void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	now.tv_sec += seconds();
	if (ret_time)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
