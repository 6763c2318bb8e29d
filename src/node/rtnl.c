/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [NETLINK] netlink(7): messages of a header and attributes, each padded to four bytes;
 * NLMSG_ERROR answers, error 0 means done, NLMSGERR_ATTR_MSG is the kernel's own words.
 * [RTNETLINK] rtnetlink(7), linux/if_link.h: RTM_GETLINK, RTM_SETLINK, IFLA_VFINFO_LIST of
 * IFLA_VF_INFO of IFLA_VF_MAC and IFLA_VF_VLAN.
 */
#include "node/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_SIZE 256U
/* An attribute has at most 64 KiB, and VFs are in one. */
#define ANSWER_MAX  ((size_t)1 << 20)
#define ANSWERS_MAX 16
#define VFS_MAX     65536U
#define SEQUENCE    1U

/* A message that is put together. */
struct request {
	_Alignas(NLMSG_ALIGNTO) unsigned char bytes[REQUEST_SIZE];
	size_t len;
};

/* Attributes that are read; what is cut short is no attribute. */
struct span {
	const unsigned char *p;
	size_t len;
};

static void put(struct request *q, const void *bytes, size_t len)
{
	memcpy(q->bytes + q->len, bytes, len);
	q->len += NLMSG_ALIGN(len);
}

static void put_attribute(struct request *q, uint16_t type, const void *bytes, size_t len)
{
	const struct rtattr head = {
		.rta_len = (unsigned short)RTA_LENGTH(len),
		.rta_type = type,
	};

	put(q, &head, sizeof(head));
	put(q, bytes, len);
}

/* Returns where the nest began, for end_nest(). */
static size_t begin_nest(struct request *q, uint16_t type)
{
	size_t at = q->len;

	put_attribute(q, type | NLA_F_NESTED, "", 0);
	return at;
}

static void end_nest(struct request *q, size_t at)
{
	unsigned short len = (unsigned short)(q->len - at);

	memcpy(q->bytes + at + offsetof(struct rtattr, rta_len), &len, sizeof(len));
}

static struct request make_request(uint16_t type, uint16_t flags, int32_t ifindex)
{
	const struct nlmsghdr head = {
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = SEQUENCE,
	};
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct request q = { .len = 0 };

	put(&q, &head, sizeof(head));
	put(&q, &info, sizeof(info));
	return q;
}

static int send_request(int fd, struct request *q, struct vc_err *err)
{
	uint32_t len = (uint32_t)q->len;

	memcpy(q->bytes + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof(len));
	if (send(fd, q->bytes, q->len, 0) != (ssize_t)q->len)
		return vc_fail_sys(err, errno, "cannot ask rtnetlink");
	return 0;
}

/* One datagram, whatever its size. */
static int receive(struct vc_arena *arena, int fd, struct span *ret_span,
                   struct vc_err *err)
{
	ssize_t len = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	unsigned char *bytes;

	if (len < 0)
		return vc_fail_sys(err, errno, "no answer from rtnetlink");
	if ((size_t)len > ANSWER_MAX)
		return vc_fail(err, VC_ERR_SYSTEM, "rtnetlink: %zd bytes are too many",
		               len);
	bytes = vc_arena_alloc(arena, (size_t)len + 1, 1);
	if (!bytes)
		return vc_fail_oom(err);
	len = recv(fd, bytes, (size_t)len, 0);
	if (len < 0)
		return vc_fail_sys(err, errno, "no answer from rtnetlink");
	*ret_span = (struct span){ bytes, (size_t)len };
	return 0;
}

static int fail_answer(struct vc_err *err)
{
	return vc_fail(err, VC_ERR_SYSTEM, "rtnetlink: the answer makes no sense");
}

/* Takes the first @len bytes off, and their padding. */
static bool take(struct span *span, void *bytes, size_t len)
{
	size_t step = NLMSG_ALIGN(len);

	if (len > span->len)
		return false;
	if (bytes)
		memcpy(bytes, span->p, len);
	if (step > span->len)
		step = span->len;
	span->p += step;
	span->len -= step;
	return true;
}

static bool next_attribute(struct span *span, uint16_t *type, struct span *value)
{
	struct rtattr head;

	if (span->len < sizeof(head))
		return false;
	memcpy(&head, span->p, sizeof(head));
	if (head.rta_len < sizeof(head) || head.rta_len > span->len)
		return false;
	*type = (uint16_t)(head.rta_type & (unsigned)NLA_TYPE_MASK);
	*value = (struct span){ span->p + sizeof(head), head.rta_len - sizeof(head) };
	return take(span, NULL, head.rta_len);
}

/* The kernel's own words, if it has some; not NUL-terminated. */
static struct span find_words(struct span body, uint16_t flags)
{
	struct span value;
	uint16_t type;

	if (!(flags & NLM_F_ACK_TLVS) || !take(&body, NULL, sizeof(struct nlmsghdr)))
		return (struct span){ NULL, 0 };
	while (next_attribute(&body, &type, &value))
		if (type == NLMSGERR_ATTR_MSG)
			return value;
	return (struct span){ NULL, 0 };
}

/* An NLMSG_ERROR; 0 when it says that all went well. */
static int read_error(struct span body, uint16_t flags, struct vc_err *err)
{
	struct span words;
	int32_t code;

	if (!take(&body, &code, sizeof(code)) || code > 0)
		return fail_answer(err);
	if (code == 0)
		return 0;
	words = find_words(body, flags);
	(void)vc_fail(err, VC_ERR_SYSTEM, "%s%s%.*s", strerror(-code),
	              words.len > 0 ? ": " : "", (int)(words.len > 500 ? 500 : words.len),
	              words.len > 0 ? (const char *)words.p : "");
	err->sys = -code;
	return -VC_ERR_SYSTEM;
}

/* Takes one message off a datagram. */
static bool next_message(struct span *span, struct nlmsghdr *head, struct span *body)
{
	if (span->len < sizeof(*head))
		return false;
	memcpy(head, span->p, sizeof(*head));
	if (head->nlmsg_len < sizeof(*head) || head->nlmsg_len > span->len)
		return false;
	*body = (struct span){ span->p + sizeof(*head), head->nlmsg_len - sizeof(*head) };
	return take(span, NULL, head->nlmsg_len);
}

/* What follows the header of the answer to our request; other messages are passed over. */
static int await(struct vc_arena *arena, int fd, uint16_t wanted, struct span *ret_body,
                 struct vc_err *err)
{
	for (int i = 0; i < ANSWERS_MAX; i++) {
		struct span datagram = { NULL, 0 }, body;
		struct nlmsghdr head;

		if (receive(arena, fd, &datagram, err) < 0)
			return -(int)err->kind;
		if (datagram.len == 0)
			return vc_fail(err, VC_ERR_SYSTEM, "no answer from rtnetlink");
		while (next_message(&datagram, &head, &body)) {
			*ret_body = body;
			if (head.nlmsg_seq != SEQUENCE)
				continue;
			if (head.nlmsg_type == NLMSG_ERROR &&
			    read_error(body, head.nlmsg_flags, err) < 0)
				return -(int)err->kind;
			if (head.nlmsg_type == wanted)
				return 0;
		}
	}
	return fail_answer(err);
}

static bool read_vf(struct span info, struct vc_rtnl_vf *vf)
{
	struct ifla_vf_vlan vlan;
	struct ifla_vf_mac mac;
	struct span value;
	uint16_t type;

	while (next_attribute(&info, &type, &value)) {
		if (type == IFLA_VF_MAC && take(&value, &mac, sizeof(mac))) {
			vf->index = mac.vf;
			vf->has_mac = true;
			memcpy(vf->mac, mac.mac, sizeof(vf->mac));
		}
		if (type == IFLA_VF_VLAN && take(&value, &vlan, sizeof(vlan))) {
			vf->has_vlan = true;
			vf->vlan = vlan.vlan;
		}
	}
	return vf->has_mac && vf->has_vlan && info.len == 0;
}

static int read_vfs(struct vc_arena *arena, struct span list, struct vc_rtnl_link *link,
                    struct vc_err *err)
{
	struct span value;
	uint16_t type;

	while (next_attribute(&list, &type, &value)) {
		struct vc_rtnl_vf *vf;

		if (type != IFLA_VF_INFO)
			continue;
		vf = link->vfs.n < VFS_MAX ? vc_list_push(arena, &link->vfs) : NULL;
		if (!vf)
			return vc_fail_oom(err);
		if (!read_vf(value, vf))
			return fail_answer(err);
	}
	return list.len == 0 ? 0 : fail_answer(err);
}

static int read_link(struct vc_arena *arena, struct span body, struct vc_rtnl_link *link,
                     struct vc_err *err)
{
	struct ifinfomsg info;
	struct span value;
	uint16_t type;

	if (!take(&body, &info, sizeof(info)))
		return fail_answer(err);
	link->ifindex = info.ifi_index;
	while (next_attribute(&body, &type, &value)) {
		if (type == IFLA_PARENT_DEV_NAME) {
			link->parent = vc_arena_strndup(
				arena, (const char *)value.p,
				strnlen((const char *)value.p, value.len));
			if (!link->parent)
				return vc_fail_oom(err);
		}
		if (type == IFLA_VFINFO_LIST && read_vfs(arena, value, link, err) < 0)
			return -(int)err->kind;
	}
	return body.len == 0 ? 0 : fail_answer(err);
}

static int prepare_socket(int fd, struct vc_err *err)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const int on = 1;

	/* Only messages about errors are shorter or poorer without these. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	/* A socket that is connected to the kernel takes messages from nobody else. */
	if (connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return vc_fail_sys(err, errno, "cannot reach rtnetlink");
	return 0;
}

/**
 * vc_rtnl_open() - A socket to the kernel's network configuration
 * @ret_fd:	socket, the caller's
 * @err:	reason
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_rtnl_open(int *ret_fd, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot reach rtnetlink");
	if (prepare_socket(fd, err) < 0)
		return -(int)err->kind;
	*ret_fd = vc_steal_fd(&fd);
	return 0;
}

/**
 * vc_rtnl_get() - Ask for an interface and its VFs
 * @arena:	holds the answer
 * @fd:		from vc_rtnl_open()
 * @interface:	name
 * @ret_link:	what the kernel says
 * @err:	reason
 *
 * Return: 0, -VC_ERR_SYSTEM (.sys ENODEV: no such interface in this network namespace;
 * EMSGSIZE: more VFs than fit into an answer) or -VC_ERR_INTERNAL
 */
int vc_rtnl_get(struct vc_arena *arena, int fd, const char *interface,
                struct vc_rtnl_link *ret_link, struct vc_err *err)
{
	const uint32_t mask = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS;
	struct request q = make_request(RTM_GETLINK, 0, 0);
	struct vc_rtnl_link link = { 0 };
	size_t len = strlen(interface);
	struct span body;

	if (len == 0 || len >= IFNAMSIZ)
		return vc_fail(err, VC_ERR_SYSTEM, "'%.64s' is no name of an interface",
		               interface);
	put_attribute(&q, IFLA_IFNAME, interface, len + 1);
	put_attribute(&q, IFLA_EXT_MASK, &mask, sizeof(mask));
	if (send_request(fd, &q, err) < 0 ||
	    await(arena, fd, RTM_NEWLINK, &body, err) < 0 ||
	    read_link(arena, body, &link, err) < 0)
		return vc_err_context(err, "network interface '%s'", interface);
	*ret_link = link;
	return 0;
}

/**
 * vc_rtnl_set_vf() - Set MAC address and VLAN of a VF
 * @arena:	for the answer
 * @fd:		from vc_rtnl_open()
 * @ifindex:	interface of the PF
 * @vf:		what is set; the priority of a VLAN becomes 0
 * @err:	reason, in the kernel's words
 *
 * The kernel hands them to the driver one after the other: after a failure the first may
 * have been set.
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_rtnl_set_vf(struct vc_arena *arena, int fd, int32_t ifindex,
                   const struct vc_rtnl_vf *vf, struct vc_err *err)
{
	struct request q = make_request(RTM_SETLINK, NLM_F_ACK, ifindex);
	const struct ifla_vf_vlan vlan = { .vf = vf->index, .vlan = vf->vlan };
	struct ifla_vf_mac mac = { .vf = vf->index };
	struct span body;
	size_t list, info;

	memcpy(mac.mac, vf->mac, sizeof(vf->mac));
	list = begin_nest(&q, IFLA_VFINFO_LIST);
	info = begin_nest(&q, IFLA_VF_INFO);
	if (vf->has_mac)
		put_attribute(&q, IFLA_VF_MAC, &mac, sizeof(mac));
	if (vf->has_vlan)
		put_attribute(&q, IFLA_VF_VLAN, &vlan, sizeof(vlan));
	end_nest(&q, info);
	end_nest(&q, list);
	if (send_request(fd, &q, err) < 0)
		return -(int)err->kind;
	return await(arena, fd, NLMSG_ERROR, &body, err);
}
