/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - tell the service manager how we are: the protocol of sd_notify(3), which
 * systemd promises to keep, so that nothing has to be linked for it.
 *
 * One datagram of lines "KEY=VALUE" to the socket that $NOTIFY_SOCKET names: a path, or
 * "@name" in the abstract namespace. Without that variable nobody listens, and saying
 * something is fine.
 */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

/**
 * struct vc_notify - whom to tell
 * @fd:		socket; -1 nobody listens
 * @address:	of the service manager
 * @len:	of that address
 */
struct vc_notify {
	int fd;
	struct sockaddr_un address;
	socklen_t len;
};

#define VC_NOTIFY_INIT    \
	{                 \
		.fd = -1, \
	}

/* @name is the value of $NOTIFY_SOCKET, or NULL. */
int vc_notify_open(const char *name, struct vc_notify *ret_notify, struct vc_err *err)
	VC_MUST_CHECK;
int vc_notify_send(const struct vc_notify *notify, struct vc_err *err, const char *fmt,
                   ...) VC_PRINTF(3, 4) VC_MUST_CHECK;
void vc_notify_close(struct vc_notify *notify);
