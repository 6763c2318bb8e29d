/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "claimd/notify.h"
#include "temp_tree.h"

/* A service manager: a datagram socket at @name, "@" for the abstract namespace. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path) + (name[0] == '/');
	assert_int_equal(bind(fd, (struct sockaddr *)&address, (socklen_t)len), 0);
	return fd;
}

static void expect_message(int fd, const char *expected)
{
	char text[8192];
	ssize_t len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_true(len >= 0);
	text[len] = '\0';
	assert_string_equal(text, expected);
}

static void test_heard(void **state)
{
	const struct temp_tree *t = *state;
	char names[2][96];

	(void)snprintf(names[0], sizeof(names[0]), "%s/notify", t->path);
	(void)snprintf(names[1], sizeof(names[1]), "@vc-test-%d", (int)getpid());
	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		struct vc_notify notify = VC_NOTIFY_INIT;
		struct vc_err err = VC_ERR_INIT;
		int fd = listen_at(names[i]);

		assert_int_equal(vc_notify_open(names[i], &notify, &err), 0);
		assert_int_equal(vc_notify_send(&notify, &err, "READY=%d\nSTATUS=%s", 1,
		                                "100% well"),
		                 0);
		expect_message(fd, "READY=1\nSTATUS=100% well");
		(void)close(fd);
		/* nobody is there any more */
		assert_true(vc_notify_send(&notify, &err, "READY=1") < 0);
		assert_non_null(strstr(err.msg, "cannot notify the service manager"));
		vc_notify_close(&notify);
		vc_notify_close(&notify);
	}
}

static void test_nobody(void **state VC_UNUSED)
{
	static const char *const names[] = { NULL, "" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		struct vc_notify notify = VC_NOTIFY_INIT;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_notify_open(names[i], &notify, &err), 0);
		assert_int_equal(notify.fd, -1);
		assert_int_equal(vc_notify_send(&notify, &err, "READY=1"), 0);
	}
}

static void test_refused(void **state VC_UNUSED)
{
	char longest[200];
	const char *const names[] = { "notify", "vsock:2:1234", "@", "/", longest };
	struct vc_notify notify = { .fd = -7 };

	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_notify_open(names[i], &notify, &err), -VC_ERR_INPUT);
		assert_non_null(strstr(err.msg, "NOTIFY_SOCKET: expected"));
		assert_int_equal(notify.fd, -7);
	}
}

static void test_too_long(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_notify notify = VC_NOTIFY_INIT;
	struct vc_err err = VC_ERR_INIT;
	char name[96], text[5000];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/notify", t->path);
	fd = listen_at(name);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(vc_notify_open(name, &notify, &err), 0);
	assert_int_equal(vc_notify_send(&notify, &err, "STATUS=%s", text),
	                 -VC_ERR_INTERNAL);
	assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) < 0);
	vc_notify_close(&notify);
	(void)close(fd);
}

/* What is logged to a file, with $JOURNAL_STREAM as @stream, in which "D:I" is that of the
 * file, "D" its device, "I" its inode. */
static void expect_log(const struct temp_tree *t, const char *stream, const char *message,
                       const char *expected)
{
	int fd = openat(t->dir, "log", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[4096] = "";
	struct vc_log log;
	struct stat st;
	ssize_t len;

	assert_int_equal(fstat(fd, &st), 0);
	for (const char *p = stream; *p; p++) {
		size_t used = strlen(text);

		if (*p == 'D' || *p == 'I')
			(void)snprintf(text + used, sizeof(text) - used, "%ju",
			               *p == 'D' ? (uintmax_t)st.st_dev
			                         : (uintmax_t)st.st_ino);
		else
			text[used] = *p;
	}
	vc_log_open(&log, "virt-claimd", fd, text);
	vc_log(&log, VC_LOG_WARNING, "%s", message);
	len = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(len > 0);
	text[len] = '\0';
	assert_string_equal(text, expected);
	(void)close(fd);
}

static void test_log(void **state)
{
	static const char *const others[] = { "",     "D:",   "D:1", "1:I",
		                              "D:Ix", " D:I", "I:D", "D" };
	const struct temp_tree *t = *state;

	expect_log(t, "D:I", "a b", "<4>a b\n");
	expect_log(t, "D:I", "a\nb\x1b[1m\x7f", "<4>a?b?[1m?\n");
	for (size_t i = 0; i < VC_ARRAY_SIZE(others); i++)
		expect_log(t, others[i], "a\tb", "virt-claimd: a?b\n");
}

/* However long, it is one line. */
static void test_log_long(void **state)
{
	const struct temp_tree *t = *state;
	int fd = openat(t->dir, "log", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct vc_log log;
	char text[6000];
	ssize_t len;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	vc_log_open(&log, "virt-claimd", fd, NULL);
	vc_log(&log, VC_LOG_ERROR, "%s", text);
	len = pread(fd, text, sizeof(text), 0);
	assert_true(len > VC_ERR_MSG_SIZE && len < (ssize_t)sizeof(text) / 2);
	assert_ptr_equal(memchr(text, '\n', (size_t)len), text + len - 1);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_heard, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_too_long, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_log, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_log_long, temp_tree_setup,
		                                temp_tree_teardown),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
