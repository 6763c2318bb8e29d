/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_net.c - sockets to the kernel; rtnetlink for the network interfaces of PFs: MAC
 * address and VLAN of VFs.
 *
 * A netlink socket of a program becomes one end of a pair; what is sent is answered into
 * the other end before send(2) returns. functions/PF/vf-N has "MAC VLAN" of a VF. For
 * faults and log a request is a write of "MAC VLAN" to rtnetlink/INTERFACE/N.
 *
 * [RTNETLINK] rtnetlink(7), linux/if_link.h
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_kernel.h"

#define EXPORT       __attribute__((visibility("default")))
#define SOCKETS_MAX  16
#define MESSAGE_SIZE 65536
#define NO_SETTING   "00:00:00:00:00:00 0"

static struct {
	int fd, peer;
	ino_t inode;
	bool uevents;
} sockets[SOCKETS_MAX];
static size_t n_sockets;

struct message {
	unsigned char bytes[MESSAGE_SIZE];
	size_t len;
};

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool hears_uevents(int fd)
{
	for (size_t i = 0; i < n_sockets; i++)
		if (sockets[i].fd == fd && sockets[i].inode == inode_of(fd))
			return sockets[i].uevents;
	return false;
}

/* The end that answers; -1: not one of ours. */
static int peer_of(int fd)
{
	for (size_t i = 0; i < n_sockets; i++)
		if (sockets[i].fd == fd && sockets[i].inode == inode_of(fd))
			return sockets[i].peer;
	return -1;
}

static int make_uevent_socket(int type)
{
	bool inside = vc_fake_inside;
	int fd = -1;

	vc_fake_inside = true;
	if (n_sockets < SOCKETS_MAX)
		fd = vc_fake_uevent_socket(type);
	vc_fake_inside = inside;
	if (fd < 0)
		return -1;
	sockets[n_sockets].fd = fd;
	sockets[n_sockets].peer = -1;
	sockets[n_sockets].uevents = true;
	sockets[n_sockets++].inode = inode_of(fd);
	return fd;
}

static int make_socket(int type)
{
	int ends[2];

	if (n_sockets == SOCKETS_MAX) {
		errno = EMFILE;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0,
	               ends) < 0)
		return -1;
	sockets[n_sockets].fd = ends[0];
	sockets[n_sockets].peer = ends[1];
	sockets[n_sockets++].inode = inode_of(ends[0]);
	return ends[0];
}

static void put(struct message *m, const void *bytes, size_t len)
{
	if (m->len + NLMSG_ALIGN(len) > sizeof(m->bytes))
		return;
	memset(m->bytes + m->len, 0, NLMSG_ALIGN(len));
	memcpy(m->bytes + m->len, bytes, len);
	m->len += NLMSG_ALIGN(len);
}

static void put_attribute(struct message *m, unsigned short type, const void *bytes,
                          size_t len)
{
	const struct rtattr head = { (unsigned short)RTA_LENGTH(len), type };

	put(m, &head, sizeof(head));
	put(m, bytes, len);
}

static size_t begin_nest(struct message *m, unsigned short type)
{
	size_t at = m->len;

	put_attribute(m, type, "", 0);
	return at;
}

static void end_nest(struct message *m, size_t at)
{
	unsigned short len = (unsigned short)(m->len - at);

	memcpy(m->bytes + at, &len, sizeof(len));
}

static void answer(int peer, struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, sizeof(len));
	(void)write(peer, m->bytes, m->len);
}

static void answer_error(int peer, const struct nlmsghdr *request, int r)
{
	const struct nlmsghdr head = { .nlmsg_type = NLMSG_ERROR,
		                       .nlmsg_seq = request->nlmsg_seq };
	const struct nlmsgerr error = { .error = r, .msg = *request };
	struct message m = { .len = 0 };

	put(&m, &head, sizeof(head));
	put(&m, &error, sizeof(error));
	answer(peer, &m);
}

/* The next attribute of a list; false at its end. */
static bool next(const unsigned char **p, size_t *left, struct rtattr *head,
                 const unsigned char **value)
{
	size_t step;

	if (*left < sizeof(*head))
		return false;
	memcpy(head, *p, sizeof(*head));
	if (head->rta_len < sizeof(*head) || head->rta_len > *left)
		return false;
	*value = *p + sizeof(*head);
	step = RTA_ALIGN(head->rta_len) < *left ? RTA_ALIGN(head->rta_len) : *left;
	*p += step;
	*left -= step;
	head->rta_type &= NLA_TYPE_MASK;
	return true;
}

/* What is asked. */
struct question {
	char interface[32];
	int index;
	bool vfs;    /* they are to be listed */
	uint32_t vf; /* which one is to be set */
	unsigned mac[6];
	int vlan; /* -1: stays */
	bool sets_mac;
};

static void read_vf(struct question *q, const unsigned char *p, size_t left)
{
	const unsigned char *value;
	struct rtattr head;

	while (next(&p, &left, &head, &value)) {
		struct ifla_vf_mac mac;
		struct ifla_vf_vlan vlan;

		if (head.rta_type == IFLA_VF_MAC) {
			memcpy(&mac, value, sizeof(mac));
			q->vf = mac.vf;
			q->sets_mac = true;
			for (size_t i = 0; i < 6; i++)
				q->mac[i] = mac.mac[i];
		}
		if (head.rta_type == IFLA_VF_VLAN) {
			memcpy(&vlan, value, sizeof(vlan));
			q->vf = vlan.vf;
			q->vlan = (int)vlan.vlan;
		}
	}
}

static void read_vf_list(struct question *q, const unsigned char *p, size_t left)
{
	const unsigned char *value;
	struct rtattr head;

	while (next(&p, &left, &head, &value))
		if (head.rta_type == IFLA_VF_INFO)
			read_vf(q, value, head.rta_len - sizeof(head));
}

static struct question read_question(const unsigned char *p, size_t left)
{
	struct question q = { .vlan = -1 };
	const unsigned char *value;
	struct ifinfomsg info;
	struct rtattr head;
	uint32_t mask = 0;

	if (left < sizeof(info))
		return q;
	memcpy(&info, p, sizeof(info));
	q.index = info.ifi_index;
	p += NLMSG_ALIGN(sizeof(info));
	left -= NLMSG_ALIGN(sizeof(info));
	while (next(&p, &left, &head, &value)) {
		size_t len = head.rta_len - sizeof(head);

		if (head.rta_type == IFLA_IFNAME)
			(void)snprintf(q.interface, sizeof(q.interface), "%.*s", (int)len,
			               (const char *)value);
		if (head.rta_type == IFLA_EXT_MASK)
			memcpy(&mask, value, sizeof(mask));
		if (head.rta_type == IFLA_VFINFO_LIST)
			read_vf_list(&q, value, len);
	}
	q.vfs = mask & RTEXT_FILTER_VF;
	return q;
}

static int has_index(const char *name, void *arg)
{
	struct question *q = arg;

	if (vc_fake_number("sys/class/net/%s/ifindex", name) != q->index)
		return 0;
	(void)snprintf(q->interface, sizeof(q->interface), "%s", name);
	return 1;
}

/* The directory of the function that an interface belongs to. */
static bool find_function(struct question *q, char ret_at[VC_FAKE_PATH])
{
	char *net;

	if (q->interface[0] == '\0')
		(void)vc_fake_each("sys/class/net", has_index, q);
	if (!vc_fake_follow(ret_at, "sys/class/net/%s", q->interface))
		return false;
	net = strstr(ret_at, "/net/");
	if (net)
		*net = '\0';
	return net != NULL;
}

static void get_setting(char text[VC_FAKE_TEXT], const char *at, long index)
{
	vc_fake_get(text, "kernel/functions/%s/vf-%ld", vc_fake_last(at), index);
	if (text[0] == '\0')
		memcpy(text, NO_SETTING, sizeof(NO_SETTING));
}

static void put_vf(struct message *m, const char *at, long index)
{
	struct ifla_vf_mac mac = { .vf = (uint32_t)index };
	struct ifla_vf_vlan vlan = { .vf = (uint32_t)index };
	char text[VC_FAKE_TEXT];
	size_t nest = begin_nest(m, IFLA_VF_INFO);

	get_setting(text, at, index);
	for (size_t i = 0; i < 6; i++)
		mac.mac[i] = (unsigned char)(vc_fake_hex(text[3 * i]) << 4 |
		                             vc_fake_hex(text[3 * i + 1]));
	for (const char *p = text + 18; *p >= '0' && *p <= '9'; p++)
		vlan.vlan = vlan.vlan * 10 + (uint32_t)(*p - '0');
	put_attribute(m, IFLA_VF_MAC, &mac, sizeof(mac));
	put_attribute(m, IFLA_VF_VLAN, &vlan, sizeof(vlan));
	end_nest(m, nest);
}

static void answer_get(int peer, const struct nlmsghdr *request, struct question *q,
                       const char *at)
{
	const struct nlmsghdr head = { .nlmsg_type = RTM_NEWLINK,
		                       .nlmsg_seq = request->nlmsg_seq };
	const struct ifinfomsg info = {
		.ifi_index = (int)vc_fake_number("sys/class/net/%s/ifindex", q->interface)
	};
	const char *parent = vc_fake_last(at);
	long n = vc_fake_number("sys/%s/sriov_numvfs", at);
	struct message m = { .len = 0 };
	size_t nest;

	put(&m, &head, sizeof(head));
	put(&m, &info, sizeof(info));
	put_attribute(&m, IFLA_IFNAME, q->interface, strlen(q->interface) + 1);
	put_attribute(&m, IFLA_PARENT_DEV_NAME, parent, strlen(parent) + 1);
	nest = begin_nest(&m, IFLA_VFINFO_LIST);
	for (long i = 0; q->vfs && i < n; i++)
		put_vf(&m, at, i);
	if (q->vfs && n > 0)
		end_nest(&m, nest);
	else
		m.len = nest;
	answer(peer, &m);
}

/* What is not set stays. */
static void new_setting(char text[VC_FAKE_TEXT], const struct question *q, const char *at)
{
	char old[VC_FAKE_TEXT], mac[32];

	get_setting(old, at, (long)q->vf);
	if (q->sets_mac)
		(void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		               q->mac[0], q->mac[1], q->mac[2], q->mac[3], q->mac[4],
		               q->mac[5]);
	else
		(void)snprintf(mac, sizeof(mac), "%.17s", old);
	if (q->vlan >= 0)
		(void)snprintf(text, VC_FAKE_TEXT, "%s %d", mac, q->vlan);
	else
		(void)snprintf(text, VC_FAKE_TEXT, "%s %s", mac, old + 18);
}

static int set(const struct question *q, const char *at)
{
	struct vc_fake_write w = { .name = "vf" };
	char path[VC_FAKE_PATH], full[2 * VC_FAKE_PATH];
	bool go_on;
	int fd, r;

	(void)snprintf(path, sizeof(path), "rtnetlink/%s/%u", q->interface, q->vf);
	(void)snprintf(full, sizeof(full), "%s/sys/%s", vc_fake_root(), path);
	w.path = path;
	new_setting(w.text, q, at);
	/* a step of the program; all else here is the kernel's doing */
	vc_fake_inside = false;
	go_on = vc_fake_enter("netlink", full, NULL);
	vc_fake_inside = true;
	if (!go_on)
		return -errno;
	r = vc_fake_fault(&w);
	if (r == VC_FAKE_GO_ON &&
	    (long)q->vf >= vc_fake_number("sys/%s/sriov_numvfs", at))
		r = -EINVAL;
	if (r == VC_FAKE_GO_ON) {
		fd = vc_fake_lock("kernel/lock");
		r = vc_fake_put(w.text, "kernel/functions/%s/vf-%u", vc_fake_last(at),
		                q->vf);
		vc_fake_unlock(fd);
	}
	vc_fake_log(&w, r < 0 ? r : 0);
	vc_fake_leave_call(r >= 0);
	return r < 0 ? r : 0;
}

static void hear(int peer, const unsigned char *bytes, size_t len)
{
	char at[VC_FAKE_PATH];
	struct nlmsghdr head;
	struct question q;

	if (len < sizeof(head))
		return;
	memcpy(&head, bytes, sizeof(head));
	q = read_question(bytes + sizeof(head), len - sizeof(head));
	if (!find_function(&q, at))
		answer_error(peer, &head, -ENODEV);
	else if (head.nlmsg_type == RTM_GETLINK)
		answer_get(peer, &head, &q, at);
	else if (head.nlmsg_type == RTM_SETLINK)
		answer_error(peer, &head, set(&q, at));
	else
		answer_error(peer, &head, -EOPNOTSUPP);
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

/* The names in the headers of the C library are reserved for it.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

EXPORT int socket(int domain, int type, int protocol)
{
	if (domain == AF_NETLINK && protocol == NETLINK_ROUTE && vc_fake_root())
		return make_socket(type);
	if (domain == AF_NETLINK && protocol == NETLINK_KOBJECT_UEVENT && vc_fake_root())
		return make_uevent_socket(type);
	return REAL(socket)(domain, type, protocol);
}

EXPORT int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	return peer_of(fd) >= 0 ? 0 : REAL(connect)(fd, address, len);
}

EXPORT int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	if (address->sa_family == AF_NETLINK && (peer_of(fd) >= 0 || hears_uevents(fd)))
		return 0;
	return REAL(bind)(fd, address, len);
}

EXPORT int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (level == SOL_NETLINK && peer_of(fd) >= 0)
		return 0;
	return REAL(setsockopt)(fd, level, option, value, len);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t n = REAL(recvmsg)(fd, message, flags);

	if (n >= 0 && hears_uevents(fd))
		vc_fake_uevent_sender(message);
	return n;
}

EXPORT ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	int peer = peer_of(fd);
	bool inside = vc_fake_inside;

	if (peer < 0)
		return REAL(send)(fd, bytes, len, flags);
	vc_fake_inside = true;
	hear(peer, bytes, len);
	vc_fake_inside = inside;
	return (ssize_t)len;
}

EXPORT ssize_t sendto(int fd, const void *bytes, size_t len, int flags,
                      const struct sockaddr *to, socklen_t to_len)
{
	return peer_of(fd) >= 0 ? send(fd, bytes, len, flags)
	                        : REAL(sendto)(fd, bytes, len, flags, to, to_len);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
