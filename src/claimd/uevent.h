/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uevent.h - what the kernel says about devices that come, go, or change.
 *
 * Straight from the kernel, without udevd in between: it says more than we need, and
 * also works where no udevd runs. Anybody with CAP_NET_ADMIN can send to the same group;
 * such messages are not believed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

/* [KERNEL] uevent_sock.c: 2 KiB of variables behind a header of a path */
#define VC_UEVENT_MAX_BYTES ((size_t)8192)

/**
 * struct vc_uevent - one message; all point into it
 * @action:	"add", "remove", "bind" ...
 * @path:	of the device, from the root of sysfs: "/devices/pci0000:64/0000:65:00.0"
 * @subsystem:	"pci"
 * @name:	last component of @path: "0000:65:00.0", "1-4.2", a UUID
 */
struct vc_uevent {
	const char *action;
	const char *path;
	const char *subsystem;
	const char *name;
};

/* As it came: parts that end with a NUL. */
struct vc_uevent_message {
	char bytes[VC_UEVENT_MAX_BYTES];
	size_t len;
};

enum vc_uevent_news {
	VC_UEVENT_NONE, /* nothing that can be believed */
	VC_UEVENT_SOME, /* one message of the kernel */
	VC_UEVENT_LOST, /* some did not fit: anything may have happened */
};

/* @message has @len bytes, the last of which has to be a NUL. */
bool vc_uevent_parse(const char *message, size_t len, struct vc_uevent *ret_event)
	VC_MUST_CHECK;
/* Whether what it says can matter to a claim. */
bool vc_uevent_matters(const struct vc_uevent *event);
/* Whether the device is a new one, although it may have had its name before. */
bool vc_uevent_is_new_device(const struct vc_uevent *event);
/* Whether a message that recvmsg(2) filled in came from the kernel. */
bool vc_uevent_is_genuine(struct msghdr *message);

int vc_uevent_open(int *ret_fd, struct vc_err *err) VC_MUST_CHECK;
/* Takes the next message; does not wait. */
int vc_uevent_read(int fd, struct vc_uevent_message *message,
                   enum vc_uevent_news *ret_news, struct vc_err *err) VC_MUST_CHECK;
