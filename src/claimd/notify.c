/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [SD] sd_notify(3): the variables, the protocol, and what the addresses look like. */
#include "claimd/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_SIZE 4096

/**
 * vc_notify_open() - Find out who wants to know
 * @name:	value of $NOTIFY_SOCKET; NULL or "" nobody
 * @ret_notify:	for vc_notify_send(); vc_notify_close() closes it
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (neither a path nor an abstract name, or too long) or
 * -VC_ERR_SYSTEM
 */
int vc_notify_open(const char *name, struct vc_notify *ret_notify, struct vc_err *err)
{
	struct vc_notify notify = VC_NOTIFY_INIT;
	size_t len = name ? strlen(name) : 0;

	if (len > 0 && ((name[0] != '/' && name[0] != '@') || len == 1 ||
	                len >= sizeof(notify.address.sun_path)))
		return vc_fail(err, VC_ERR_INPUT,
		               "NOTIFY_SOCKET: expected a path or '@name', is '%.100s'",
		               name);
	if (len > 0) {
		notify.address.sun_family = AF_UNIX;
		memcpy(notify.address.sun_path, name, len);
		if (name[0] == '@')
			notify.address.sun_path[0] = '\0';
		/* an abstract name has no NUL behind it */
		notify.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
		                         (name[0] == '/'));
		notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (notify.fd < 0)
			return vc_fail_sys(err, errno, "cannot make a socket");
	}
	*ret_notify = notify;
	return 0;
}

/**
 * vc_notify_send() - Say something to the service manager
 * @notify:	to whom
 * @err:	why it was not heard
 * @fmt:	lines "KEY=VALUE", separated by newlines, together less than 4 KiB
 *
 * What begins with STATUS is not waited for when there is no room: .sys is EAGAIN then.
 *
 * Return: 0 (also when nobody listens), -VC_ERR_SYSTEM, -VC_ERR_ABSENT (the socket is
 * gone) or -VC_ERR_INTERNAL (too long)
 */
int vc_notify_send(const struct vc_notify *notify, struct vc_err *err, const char *fmt,
                   ...)
{
	const struct sockaddr *to = (const void *)&notify->address;
	char text[MESSAGE_SIZE];
	int flags = MSG_NOSIGNAL;
	va_list ap;
	int len;

	if (notify->fd < 0)
		return 0;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(text))
		return vc_fail(err, VC_ERR_INTERNAL, "a notification is too long");
	/* a status is not worth waiting for, anything else is */
	if (strncmp(text, "STATUS=", strlen("STATUS=")) == 0)
		flags |= MSG_DONTWAIT;
	if (sendto(notify->fd, text, (size_t)len, flags, to, notify->len) < 0)
		return vc_fail_sys(err, errno, "cannot notify the service manager");
	return 0;
}

/**
 * vc_notify_close() - Say nothing more
 * @notify:	may be closed already
 */
void vc_notify_close(struct vc_notify *notify)
{
	if (notify->fd >= 0)
		(void)close(notify->fd);
	notify->fd = -1;
}
