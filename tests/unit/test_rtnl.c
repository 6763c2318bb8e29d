/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_rtnl.c - what is asked of rtnetlink, and answers of all sorts. A pair of sockets
 * stands for the kernel: answers lie there before they are asked for.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/rtnl.h"
#include "unit.h"

#define SIZE 4096U

struct wire {
	struct vc_arena arena;
	struct vc_err err;
	int ours, kernel;
};

struct message {
	unsigned char bytes[SIZE];
	size_t len;
};

static int setup(void **state)
{
	struct wire *w = calloc(1, sizeof(*w));
	int ends[2];

	if (!w || socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
		return 1;
	*w = (struct wire){
		.arena = VC_ARENA_INIT,
		.ours = ends[0],
		.kernel = ends[1],
	};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct wire *w = *state;

	(void)close(w->ours);
	(void)close(w->kernel);
	vc_arena_release(&w->arena);
	free(w);
	return 0;
}

static void put(struct message *m, const void *bytes, size_t len)
{
	assert_true(m->len + NLMSG_ALIGN(len) <= SIZE);
	memcpy(m->bytes + m->len, bytes, len);
	m->len += NLMSG_ALIGN(len);
}

static size_t begin(struct message *m, unsigned short type)
{
	const struct rtattr head = { .rta_len = sizeof(head), .rta_type = type };
	size_t at = m->len;

	put(m, &head, sizeof(head));
	return at;
}

static void set_length(struct message *m, size_t at, size_t len)
{
	unsigned short length = (unsigned short)len;

	memcpy(m->bytes + at, &length, sizeof(length));
}

static void put_attribute(struct message *m, unsigned short type, const void *bytes,
                          size_t len)
{
	size_t at = begin(m, type);

	put(m, bytes, len);
	set_length(m, at, sizeof(struct rtattr) + len);
}

static struct message make(unsigned short type, unsigned short flags, uint32_t sequence)
{
	const struct nlmsghdr head = {
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = sequence,
	};
	struct message m = { .len = 0 };

	put(&m, &head, sizeof(head));
	return m;
}

static void finish(struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, sizeof(len));
}

static void answer(struct wire *w, struct message *m)
{
	finish(m);
	assert_int_equal(send(w->kernel, m->bytes, m->len, 0), (ssize_t)m->len);
}

static void put_vf(struct message *m, uint32_t index, uint8_t last, uint32_t vlan)
{
	const struct ifla_vf_mac mac = { .vf = index,
		                         .mac = { 0x52, 0x54, 0, 1, 2, last } };
	const struct ifla_vf_vlan tag = { .vf = index, .vlan = vlan };
	size_t at = begin(m, IFLA_VF_INFO);

	put_attribute(m, IFLA_VF_MAC, &mac, sizeof(mac));
	put_attribute(m, IFLA_VF_BROADCAST, "\377\377\377\377\377\377", 6);
	put_attribute(m, IFLA_VF_VLAN, &tag, sizeof(tag));
	set_length(m, at, m->len - at);
}

static struct message link_message(void)
{
	const struct ifinfomsg info = { .ifi_index = 12 };
	struct message m = make(RTM_NEWLINK, 0, 1);

	put(&m, &info, sizeof(info));
	put_attribute(&m, IFLA_IFNAME, "enp5s0", sizeof("enp5s0"));
	put_attribute(&m, IFLA_PARENT_DEV_NAME, "0000:05:00.0", sizeof("0000:05:00.0"));
	return m;
}

/* As the kernel makes it. */
static struct message full_message(void)
{
	struct message m = link_message();
	size_t at = begin(&m, IFLA_VFINFO_LIST | NLA_F_NESTED);

	put_vf(&m, 0, 7, 0);
	put_vf(&m, 5, 8, 4094);
	set_length(&m, at, m.len - at);
	put_attribute(&m, IFLA_PARENT_DEV_BUS_NAME, "pci", sizeof("pci"));
	return m;
}

static int get(struct wire *w, struct vc_rtnl_link *link)
{
	return vc_rtnl_get(&w->arena, w->ours, "enp5s0", link, &w->err);
}

static void put_error(struct message *m, int code, const char *words)
{
	const struct nlmsgerr error = { .error = code };

	put(m, &error, sizeof(error));
	if (words)
		put_attribute(m, NLMSGERR_ATTR_MSG, words, strlen(words) + 1);
}

static void test_get(void **state)
{
	struct wire *w = *state;
	struct message m = full_message();
	struct vc_rtnl_link link;
	struct nlmsghdr head;
	ssize_t n;

	answer(w, &m);
	assert_int_equal(get(w, &link), 0);
	assert_int_equal(link.ifindex, 12);
	assert_string_equal(link.parent, "0000:05:00.0");
	assert_int_equal(link.vfs.n, 2);
	assert_int_equal(link.vfs.v[0].index, 0);
	assert_int_equal(link.vfs.v[1].index, 5);
	assert_int_equal(link.vfs.v[1].mac[0], 0x52);
	assert_int_equal(link.vfs.v[1].mac[5], 8);
	assert_int_equal(link.vfs.v[1].vlan, 4094);
	/* what was asked */
	n = recv(w->kernel, m.bytes, sizeof(m.bytes), 0);
	memcpy(&head, m.bytes, sizeof(head));
	assert_int_equal(head.nlmsg_len, n);
	assert_int_equal(head.nlmsg_type, RTM_GETLINK);
	assert_int_equal(head.nlmsg_flags, NLM_F_REQUEST);
	assert_non_null(memmem(m.bytes, (size_t)n, "enp5s0", sizeof("enp5s0")));
}

/* Before 5.14 nothing is said of the device; most interfaces have no VFs. */
static void test_get_little(void **state)
{
	const struct ifinfomsg info = { .ifi_index = 12 };
	struct wire *w = *state;
	struct message m = make(RTM_NEWLINK, 0, 1);
	struct vc_rtnl_link link;

	put(&m, &info, sizeof(info));
	answer(w, &m);
	assert_int_equal(get(w, &link), 0);
	assert_null(link.parent);
	assert_int_equal(link.vfs.n, 0);
}

/* Answers to somebody else's questions, also in one datagram with ours. */
static void test_get_passes_over(void **state)
{
	struct wire *w = *state;
	struct message other = make(RTM_NEWLINK, 0, 77), ours = full_message();
	struct message done = make(NLMSG_ERROR, 0, 1);
	struct vc_rtnl_link link;

	answer(w, &other);
	put_error(&done, 0, NULL);
	finish(&done);
	finish(&ours);
	put(&done, ours.bytes, ours.len);
	assert_int_equal(send(w->kernel, done.bytes, done.len, 0), (ssize_t)done.len);
	assert_int_equal(get(w, &link), 0);
	assert_int_equal(link.vfs.n, 2);
}

static void test_errors(void **state)
{
	static const struct {
		int code;
		unsigned short flags;
		const char *words;
		const char *text;
		int sys;
	} cases[] = {
		{ -ENODEV, 0, NULL, "'enp5s0': No such device", ENODEV },
		{ -EPERM, NLM_F_ACK_TLVS, "not for you", "permitted: not for you",
		  EPERM },
		{ -EINVAL, 0, "not words", "Invalid argument", EINVAL },
		{ -EINVAL, NLM_F_ACK_TLVS, "a\033[1mb", "a?[1mb", EINVAL },
		{ 5, 0, NULL, "makes no sense", 0 },
	};
	struct wire *w = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct message m = make(NLMSG_ERROR, cases[i].flags, 1);
		struct vc_rtnl_link link = { .ifindex = 77 };

		put_error(&m, cases[i].code, cases[i].words);
		answer(w, &m);
		assert_int_equal(get(w, &link), -VC_ERR_SYSTEM);
		assert_int_equal(w->err.sys, cases[i].sys);
		if (!strstr(w->err.msg, cases[i].text))
			fail_msg("'%s'", w->err.msg);
		assert_null(strstr(w->err.msg, "not words"));
		assert_int_equal(link.ifindex, 77);
	}
}

/* Every cut, and every length that is wrong. */
static void test_broken(void **state)
{
	struct wire *w = *state;
	size_t whole = full_message().len;

	for (size_t len = 1; len < whole; len++) {
		struct message m = full_message();
		struct vc_rtnl_link link = { .ifindex = 77 };
		int r;

		m.len = len;
		if (len >= sizeof(struct nlmsghdr))
			finish(&m);
		assert_int_equal(send(w->kernel, m.bytes, m.len, 0), (ssize_t)m.len);
		/* a question that is not understood is asked no second time */
		assert_int_equal(send(w->kernel, "", 0, 0), 0);
		r = get(w, &link);
		if (r == 0)
			assert_true(link.vfs.n == 0 || link.vfs.n == 2);
		else
			assert_int_equal(link.ifindex, 77);
		while (recv(w->ours, m.bytes, sizeof(m.bytes), MSG_DONTWAIT) >= 0)
			;
		while (recv(w->kernel, m.bytes, sizeof(m.bytes), MSG_DONTWAIT) >= 0)
			;
	}
}

/* One VF in a list; what is wrong with it depends on @i. */
static struct message odd_message(unsigned i)
{
	const struct ifla_vf_mac mac = { .vf = 0 };
	const struct ifla_vf_vlan tag = { .vf = 0 };
	struct message m = link_message();
	size_t list = begin(&m, IFLA_VFINFO_LIST), vf = begin(&m, IFLA_VF_INFO);

	if (i != 0)
		put_attribute(&m, IFLA_VF_MAC, &mac, sizeof(mac) - (i == 1 ? 1 : 0));
	if (i != 2)
		put_attribute(&m, IFLA_VF_VLAN, &tag, sizeof(tag) - (i == 3 ? 4 : 0));
	set_length(&m, vf, m.len - vf);
	if (i == 4)
		set_length(&m, vf, 3);
	if (i == 5)
		set_length(&m, vf, 4000);
	set_length(&m, list, m.len - list - (i == 6 ? 6 : 0));
	return m;
}

static void test_nonsense(void **state)
{
	struct wire *w = *state;

	for (unsigned i = 0; i < 8; i++) {
		struct message m = odd_message(i);
		struct vc_rtnl_link link = { .ifindex = 77 };

		answer(w, &m);
		assert_int_equal(get(w, &link), i == 7 ? 0 : -VC_ERR_SYSTEM);
		assert_int_equal(link.ifindex, i == 7 ? 12 : 77);
		(void)recv(w->kernel, m.bytes, sizeof(m.bytes), 0);
		if (i < 7)
			assert_non_null(strstr(w->err.msg, "makes no sense"));
	}
}

static void test_names(void **state)
{
	static const char *const names[] = { "", "0123456789abcdef",
		                             "0123456789abcdefg" };
	struct wire *w = *state;
	struct vc_rtnl_link link = { .ifindex = 77 };
	char byte;

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++)
		assert_int_equal(
			vc_rtnl_get(&w->arena, w->ours, names[i], &link, &w->err),
			-VC_ERR_SYSTEM);
	assert_int_equal(link.ifindex, 77);
	assert_int_equal(recv(w->kernel, &byte, 1, MSG_DONTWAIT), -1);
}

/* RTA_NEXT() through void, as clang wants it. */
static struct rtattr *next_attribute(struct rtattr *a, size_t *len)
{
	size_t size = RTA_ALIGN(a->rta_len);

	*len -= size;
	return (void *)((char *)a + size);
}

/* The attributes of a VF, three levels down. */
static void read_request(struct wire *w, struct ifla_vf_mac *mac,
                         struct ifla_vf_vlan *vlan)
{
	struct rtattr *list, *info, *a;
	_Alignas(8) unsigned char bytes[SIZE];
	ssize_t n = recv(w->kernel, bytes, sizeof(bytes), 0);
	struct nlmsghdr *head = (void *)bytes;
	struct ifinfomsg *link = (void *)(bytes + NLMSG_HDRLEN);
	size_t len;

	*mac = (struct ifla_vf_mac){ .vf = 77 };
	*vlan = (struct ifla_vf_vlan){ .vf = 77 };
	assert_int_equal(head->nlmsg_len, n);
	assert_int_equal(head->nlmsg_type, RTM_SETLINK);
	assert_int_equal(head->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(link->ifi_index, 12);
	list = (void *)(bytes + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(*link)));
	assert_int_equal(list->rta_type, IFLA_VFINFO_LIST | NLA_F_NESTED);
	assert_int_equal(list->rta_len,
	                 n - (ssize_t)(NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(*link))));
	info = RTA_DATA(list);
	assert_int_equal(info->rta_type, IFLA_VF_INFO | NLA_F_NESTED);
	assert_int_equal(info->rta_len, RTA_PAYLOAD(list));
	len = RTA_PAYLOAD(info);
	for (a = RTA_DATA(info); RTA_OK(a, len); a = next_attribute(a, &len)) {
		if (a->rta_type == IFLA_VF_MAC)
			memcpy(mac, RTA_DATA(a), sizeof(*mac));
		else if (a->rta_type == IFLA_VF_VLAN)
			memcpy(vlan, RTA_DATA(a), sizeof(*vlan));
		else
			fail();
	}
	assert_int_equal(len, 0);
}

static void test_set(void **state)
{
	struct wire *w = *state;

	for (int i = 1; i < 4; i++) {
		const struct vc_rtnl_vf vf = {
			.index = 5,
			.has_mac = i & 1,
			.mac = { 0x52, 0x54, 0, 1, 2, 3 },
			.has_vlan = i & 2,
			.vlan = 100,
		};
		struct message m = make(NLMSG_ERROR, 0, 1);
		struct ifla_vf_vlan vlan;
		struct ifla_vf_mac mac;

		put_error(&m, 0, NULL);
		answer(w, &m);
		assert_int_equal(vc_rtnl_set_vf(&w->arena, w->ours, 12, &vf, &w->err), 0);
		read_request(w, &mac, &vlan);
		assert_int_equal(mac.vf, vf.has_mac ? 5 : 77);
		assert_int_equal(vlan.vf, vf.has_vlan ? 5 : 77);
		if (vf.has_mac)
			assert_memory_equal(mac.mac, vf.mac, sizeof(vf.mac));
		if (vf.has_vlan)
			assert_int_equal(vlan.vlan, 100);
	}
}

static void test_set_refused(void **state)
{
	const struct vc_rtnl_vf vf = { .index = 5, .has_vlan = true, .vlan = 100 };
	struct wire *w = *state;
	struct message m = make(NLMSG_ERROR, NLM_F_ACK_TLVS, 1);

	put_error(&m, -EOPNOTSUPP, "VF VLAN is not supported");
	answer(w, &m);
	assert_int_equal(vc_rtnl_set_vf(&w->arena, w->ours, 12, &vf, &w->err),
	                 -VC_ERR_SYSTEM);
	assert_int_equal(w->err.sys, EOPNOTSUPP);
	assert_non_null(strstr(w->err.msg, "VF VLAN is not supported"));
	/* the kernel is gone */
	(void)shutdown(w->ours, SHUT_RDWR);
	assert_int_equal(vc_rtnl_set_vf(&w->arena, w->ours, 12, &vf, &w->err),
	                 -VC_ERR_SYSTEM);
}

/* The kernel of this machine. */
static void test_loopback(void **state)
{
	const struct vc_rtnl_vf vf = { .has_vlan = true, .vlan = 100 };
	struct wire *w = *state;
	VC_AUTOCLOSE int fd = -1;
	struct vc_rtnl_link link;

	if (vc_rtnl_open(&fd, &w->err) < 0)
		skip();
	assert_int_equal(vc_rtnl_get(&w->arena, fd, "lo", &link, &w->err), 0);
	assert_int_equal(link.ifindex, 1);
	assert_int_equal(link.vfs.n, 0);
	assert_int_equal(vc_rtnl_get(&w->arena, fd, "no-such-if", &link, &w->err),
	                 -VC_ERR_SYSTEM);
	assert_int_equal(w->err.sys, ENODEV);
	assert_int_equal(vc_rtnl_set_vf(&w->arena, fd, 1, &vf, &w->err), -VC_ERR_SYSTEM);
	assert_true(w->err.sys == EOPNOTSUPP || w->err.sys == EPERM);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_get),      TEST(test_get_little), TEST(test_get_passes_over),
		TEST(test_errors),   TEST(test_broken),     TEST(test_nonsense),
		TEST(test_names),    TEST(test_set),        TEST(test_set_refused),
		TEST(test_loopback),
	};

	return cmocka_run_group_tests_name("rtnl", tests, NULL, NULL);
}
