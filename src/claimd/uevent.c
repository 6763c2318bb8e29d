/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [KERNEL] lib/kobject_uevent.c: a message is "ACTION@DEVPATH", NUL, then "KEY=VALUE", NUL
 * ...; the kernel is port 0 and broadcasts to group 1, with the credentials of root.
 * netlink(7): ENOBUFS says that messages were dropped.
 */
#include "claimd/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdalign.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define GROUP_KERNEL  1U
#define RECEIVE_BYTES (1 << 20)
#define VARIABLES_MAX 128U

/* Value of "@key=..." if that is what @text is. */
static const char *value_of(const char *text, const char *key)
{
	return vc_parse_literal(&text, key) && vc_parse_literal(&text, "=") ? text : NULL;
}

/* Sets *slot, which may be set only once. */
static bool take_variable(const char *text, const char *key, const char **slot)
{
	const char *value = value_of(text, key);

	if (!value)
		return true;
	if (*slot)
		return false;
	*slot = value;
	return true;
}

static bool header_agrees(const char *header, const struct vc_uevent *event)
{
	return vc_parse_literal(&header, event->action) &&
	       vc_parse_literal(&header, "@") && strcmp(header, event->path) == 0;
}

/**
 * vc_uevent_parse() - Understand a message
 * @message:	bytes
 * @len:	how many
 * @ret_event:	points into @message
 *
 * Return: false when it is none of the kernel's: not terminated, a header that says
 * something else than the variables, a variable that is there twice, too many of them
 */
bool vc_uevent_parse(const char *message, size_t len, struct vc_uevent *ret_event)
{
	struct vc_uevent event = { 0 };
	const char *text = message;
	unsigned n = 0;

	if (len == 0 || len > VC_UEVENT_MAX_BYTES || message[len - 1] != '\0')
		return false;
	for (text += strlen(text) + 1; text < message + len; text += strlen(text) + 1)
		if (++n > VARIABLES_MAX ||
		    !take_variable(text, "ACTION", &event.action) ||
		    !take_variable(text, "DEVPATH", &event.path) ||
		    !take_variable(text, "SUBSYSTEM", &event.subsystem))
			return false;
	if (!event.action || !event.path || !event.subsystem || event.path[0] != '/' ||
	    !header_agrees(message, &event))
		return false;
	event.name = strrchr(event.path, '/') + 1;
	*ret_event = event;
	return true;
}

static bool is_one_of(const char *text, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/**
 * vc_uevent_matters() - Whether to look at the machine
 * @event:	event
 *
 * Serial numbers of NVMe and addresses of network cards are evidence, which appears some
 * time after its PCI function. Disks are not claimed, and their events are the most.
 *
 * Return: whether
 */
bool vc_uevent_matters(const struct vc_uevent *event)
{
	static const char *const subsystems[] = { "pci",  "usb",      "mdev", "mdev_bus",
		                                  "vfio", "vfio-dev", "nvme", "net" };
	static const char *const actions[] = { "add",  "remove", "bind",
		                               "move", "unbind", "change" };

	return is_one_of(event->subsystem, subsystems, VC_ARRAY_SIZE(subsystems)) &&
	       is_one_of(event->action, actions, VC_ARRAY_SIZE(actions));
}

/**
 * vc_uevent_is_new_device() - Whether a device was plugged in, or made
 * @event:	event
 *
 * Return: whether; .name is what people call it
 */
bool vc_uevent_is_new_device(const struct vc_uevent *event)
{
	static const char *const subsystems[] = { "pci", "usb", "mdev" };

	return strcmp(event->action, "add") == 0 &&
	       is_one_of(event->subsystem, subsystems, VC_ARRAY_SIZE(subsystems));
}

static bool has_root_credentials(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct ucred who;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
		    c->cmsg_len != CMSG_LEN(sizeof(who)))
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		return who.uid == 0;
	}
	return false;
}

/**
 * vc_uevent_is_genuine() - Whether the kernel sent a message
 * @message:	with the sender's address and credentials
 *
 * Return: false for any process, also of root, and for what did not go to the group
 */
bool vc_uevent_is_genuine(struct msghdr *message)
{
	struct sockaddr_nl from;

	if (message->msg_namelen != sizeof(from))
		return false;
	memcpy(&from, message->msg_name, sizeof(from));
	return from.nl_family == AF_NETLINK && from.nl_pid == 0 &&
	       from.nl_groups == GROUP_KERNEL &&
	       !(message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	       has_root_credentials(message);
}

/**
 * vc_uevent_open() - Listen to the kernel
 * @ret_fd:	socket, non-blocking
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_uevent_open(int *ret_fd, struct vc_err *err)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK,
		                             .nl_groups = GROUP_KERNEL };
	const int on = 1, bytes = RECEIVE_BYTES;
	VC_AUTOCLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                             NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot listen to events of the kernel");
	/* a small buffer is no failure: what is lost is noticed */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) <
	            0)
		return vc_fail_sys(err, errno, "cannot listen to events of the kernel");
	*ret_fd = vc_steal_fd(&fd);
	return 0;
}

/**
 * vc_uevent_read() - Take one message
 * @fd:		socket of vc_uevent_open()
 * @message:	buffer; holds it when there is one
 * @ret_news:	whether there is one; a forged one is none, and others may follow it
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_uevent_read(int fd, struct vc_uevent_message *message,
                   enum vc_uevent_news *ret_news, struct vc_err *err)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec data = { .iov_base = message->bytes,
		              .iov_len = sizeof(message->bytes) };
	struct sockaddr_nl from = { 0 };
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (len < 0 && errno == ENOBUFS) {
		*ret_news = VC_UEVENT_LOST;
		return 0;
	}
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot read events of the kernel");
	*ret_news = VC_UEVENT_NONE;
	if (len >= 0 && vc_uevent_is_genuine(&header)) {
		message->len = (size_t)len;
		*ret_news = VC_UEVENT_SOME;
	}
	return 0;
}
