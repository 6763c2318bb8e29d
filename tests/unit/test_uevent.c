/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/netlink.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "claimd/uevent.h"
#include "unit.h"

/* '|' stands for the NUL behind each part. */
static size_t make_message(const char *text, char *buf)
{
	size_t len = strlen(text);

	memcpy(buf, text, len + 1);
	for (size_t i = 0; i < len; i++)
		if (buf[i] == '|')
			buf[i] = '\0';
	return len;
}

#define PCI "/devices/pci0000:00/0000:00:06.0/0000:02:00.0"

static void test_parse(void **state VC_UNUSED)
{
	static const struct {
		const char *message, *action, *subsystem, *name;
	} cases[] = {
		{ "add@" PCI "|ACTION=add|DEVPATH=" PCI "|SUBSYSTEM=pci|SEQNUM=7|", "add",
		  "pci", "0000:02:00.0" },
		/* any order, others in between, an empty value */
		{ "remove@/devices/x/1-4.2|SEQNUM=|SUBSYSTEM=usb|DEVPATH=/devices/x/1-4.2|"
		  "ACTION=remove|",
		  "remove", "usb", "1-4.2" },
		{ "change@/a|ACTION=change|DEVPATH=/a|SUBSYSTEM=net|NOVALUE|||", "change",
		  "net", "a" },
		{ "bind@/a/|ACTION=bind|DEVPATH=/a/|SUBSYSTEM=|", "bind", "", "" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_uevent event;
		char buf[512];
		size_t len = make_message(cases[i].message, buf);

		assert_true(vc_uevent_parse(buf, len, &event));
		assert_string_equal(event.action, cases[i].action);
		assert_string_equal(event.subsystem, cases[i].subsystem);
		assert_string_equal(event.name, cases[i].name);
	}
}

static void test_not_parsed(void **state VC_UNUSED)
{
	static const char *const messages[] = {
		"",
		"|",
		"add@/a|",
		"add@/a|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci", /* not terminated */
		"add@/a|ACTION=add|DEVPATH=/a|",
		"add@/a|ACTION=add|SUBSYSTEM=pci|",
		"add@/a|DEVPATH=/a|SUBSYSTEM=pci|",
		"add@/b|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|",
		"remove@/a|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|",
		"add/a|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|",
		"add@a|ACTION=add|DEVPATH=a|SUBSYSTEM=pci|",
		"add@|ACTION=add|DEVPATH=|SUBSYSTEM=pci|",
		"add@/a|ACTION=add|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|",
		"add@/a|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|SUBSYSTEM=usb|",
		"add@/a|action=add|DEVPATH=/a|SUBSYSTEM=pci|",
		"libudev|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|",
	};
	const struct vc_uevent untouched = { .action = "before" };
	struct vc_uevent event = untouched;
	char buf[512];

	for (size_t i = 0; i < VC_ARRAY_SIZE(messages); i++) {
		size_t len = make_message(messages[i], buf);

		if (vc_uevent_parse(buf, len, &event))
			fail_msg("'%s' was parsed", messages[i]);
		assert_memory_equal(&event, &untouched, sizeof(event));
	}
}

/* As long as the limit, and with as many variables; one more is too much. */
static void test_limits(void **state VC_UNUSED)
{
	static const char head[] = "add@/a|ACTION=add|DEVPATH=/a|SUBSYSTEM=pci|";
	char buf[VC_UEVENT_MAX_BYTES + 1];
	struct vc_uevent event;
	size_t len = make_message(head, buf);

	memset(buf + len, 'x', sizeof(buf) - len);
	buf[VC_UEVENT_MAX_BYTES - 1] = '\0';
	buf[VC_UEVENT_MAX_BYTES] = '\0';
	assert_true(vc_uevent_parse(buf, VC_UEVENT_MAX_BYTES, &event));
	assert_false(vc_uevent_parse(buf, VC_UEVENT_MAX_BYTES + 1, &event));
	memset(buf + len, '\0', sizeof(buf) - len);
	assert_true(vc_uevent_parse(buf, len + 125, &event));
	assert_false(vc_uevent_parse(buf, len + 126, &event));
}

static void test_matters(void **state VC_UNUSED)
{
	static const struct {
		const char *action, *subsystem;
		bool matters, is_new;
	} cases[] = {
		{ "add", "pci", true, true },        { "remove", "pci", true, false },
		{ "bind", "pci", true, false },      { "unbind", "pci", true, false },
		{ "change", "pci", true, false },    { "add", "usb", true, true },
		{ "add", "mdev", true, true },       { "add", "nvme", true, false },
		{ "move", "net", true, false },      { "add", "vfio", true, false },
		{ "add", "block", false, false },    { "change", "block", false, false },
		{ "add", "", false, false },         { "add", "pci_bus", false, false },
		{ "online", "pci", false, false },   { "", "pci", false, false },
		{ "change", "power", false, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const struct vc_uevent event = { .action = cases[i].action,
			                         .subsystem = cases[i].subsystem };

		assert_int_equal(vc_uevent_matters(&event), cases[i].matters);
		assert_int_equal(vc_uevent_is_new_device(&event), cases[i].is_new);
	}
}

/* What recvmsg(2) says of a sender. */
struct sender {
	unsigned port, groups, uid;
	int flags;
	unsigned short family;
	bool credentials, cut;
};

static bool is_genuine(const struct sender *s)
{
	struct sockaddr_nl from = { .nl_family = s->family,
		                    .nl_pid = s->port,
		                    .nl_groups = s->groups };
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))] = { 0 };
	const struct ucred who = { .uid = s->uid };
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = s->cut ? 2 : sizeof(from),
		.msg_control = control,
		.msg_controllen = s->credentials ? sizeof(control) : 0,
		.msg_flags = s->flags,
	};
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(who));
	memcpy(CMSG_DATA(c), &who, sizeof(who));
	return vc_uevent_is_genuine(&message);
}

static void test_genuine(void **state VC_UNUSED)
{
	const struct sender kernel = { .groups = 1,
		                       .family = AF_NETLINK,
		                       .credentials = true };
	struct sender forged[7];

	assert_true(is_genuine(&kernel));
	for (size_t i = 0; i < VC_ARRAY_SIZE(forged); i++)
		forged[i] = kernel;
	forged[0].port = 4711; /* a process */
	forged[1].groups = 2;  /* udevd's */
	forged[2].groups = 0;  /* to us alone */
	forged[3].uid = 1000;
	forged[4].credentials = false;
	forged[5].flags = MSG_TRUNC;
	forged[6].family = AF_UNIX;
	for (size_t i = 0; i < VC_ARRAY_SIZE(forged); i++)
		assert_false(is_genuine(&forged[i]));
	forged[0] = kernel;
	forged[0].cut = true;
	assert_false(is_genuine(&forged[0]));
}

/* Another process may send to a netlink socket if it is privileged; a socket that is none
 * of netlink's has nothing that could be believed. */
static void test_read(void **state VC_UNUSED)
{
	struct vc_uevent_message message = { .len = 0 };
	enum vc_uevent_news news = VC_UEVENT_SOME;
	struct vc_err err = VC_ERR_INIT;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(vc_uevent_read(ends[0], &message, &news, &err), 0);
	assert_int_equal(news, VC_UEVENT_NONE);
	assert_int_equal(write(ends[1], "add@/a", 7), 7);
	news = VC_UEVENT_SOME;
	assert_int_equal(vc_uevent_read(ends[0], &message, &news, &err), 0);
	assert_int_equal(news, VC_UEVENT_NONE);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(vc_uevent_read(ends[0], &message, &news, &err), -VC_ERR_SYSTEM);
	assert_int_equal(message.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),   cmocka_unit_test(test_not_parsed),
		cmocka_unit_test(test_limits),  cmocka_unit_test(test_matters),
		cmocka_unit_test(test_genuine), cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests_name("uevent", tests, NULL, NULL);
}
