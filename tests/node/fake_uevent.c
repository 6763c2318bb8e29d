/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_uevent.c - the kernel says what happens to devices.
 *
 * A netlink socket for uevents is a socket in kernel/uevents/ instead, to which every
 * process sends what it changes; recvmsg(2) says that it came from the kernel.
 *
 * [UEVENT] lib/kobject_uevent.c: "ACTION@PATH", then KEY=VALUE, each with its NUL
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fake_kernel.h"

#define MESSAGE_SIZE 2048

struct event {
	char text[MESSAGE_SIZE];
	size_t len;
};

static bool address_of(struct sockaddr_un *address, const char *name)
{
	int n;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(address->sun_path, sizeof(address->sun_path), "%s/kernel/uevents/%s",
	             vc_fake_root(), name);
	return n > 0 && n < (int)sizeof(address->sun_path);
}

/* [SOCKET] as socket(2); its end is noticed when nobody hears any more. */
int vc_fake_uevent_socket(int type)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0);
	struct sockaddr_un address;
	char name[32];

	(void)snprintf(name, sizeof(name), "%d-%d", (int)getpid(), fd);
	(void)vc_fake_directory("kernel/uevents");
	vc_fake_unlink("kernel/uevents/%s", name);
	if (fd >= 0 && address_of(&address, name) &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int tell(const char *name, void *arg)
{
	const struct event *event = arg;
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && address_of(&address, name) &&
	    sendto(fd, event->text, event->len, MSG_DONTWAIT,
	           (const struct sockaddr *)&address, sizeof(address)) < 0 &&
	    errno == ECONNREFUSED)
		vc_fake_unlink("kernel/uevents/%s", name);
	if (fd >= 0)
		(void)close(fd);
	return 0;
}

static void add(struct event *event, const char *key, const char *separator,
                const char *value)
{
	int n = snprintf(event->text + event->len, sizeof(event->text) - event->len,
	                 "%s%s%s", key, separator, value);

	if (n > 0 && event->len + (size_t)n + 1 < sizeof(event->text))
		event->len += (size_t)n + 1;
}

/* @at: from the root of sysfs */
void vc_fake_uevent(const char *action, const char *at, const char *subsystem)
{
	struct event event = { .len = 0 };
	char path[VC_FAKE_PATH], number[32];
	struct timespec now;

	if (!vc_fake_exists("kernel/uevents"))
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(path, sizeof(path), "/%s", at);
	(void)snprintf(number, sizeof(number), "%lld%09ld", (long long)now.tv_sec,
	               now.tv_nsec);
	add(&event, action, "@", path);
	add(&event, "ACTION", "=", action);
	add(&event, "DEVPATH", "=", path);
	add(&event, "SUBSYSTEM", "=", subsystem);
	add(&event, "SEQNUM", "=", number);
	(void)vc_fake_each("kernel/uevents", tell, &event);
}

void vc_fake_uevent_sender(struct msghdr *message)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	if (!message->msg_name)
		return;
	memcpy(message->msg_name, &kernel, sizeof(kernel));
	message->msg_namelen = sizeof(kernel);
}
