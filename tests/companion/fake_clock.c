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

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("FAKE_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		offset = map;
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
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret_time)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
