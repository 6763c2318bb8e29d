/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors, arena, buffer and UUIDs. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/inotify.h"
#include "base/parse.h"
#include "base/uuid.h"
#include "unit.h"

static void test_fail_fills_kind_and_text(void **state VC_UNUSED)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_fail(&err, VC_ERR_REFUSED, "no '%s'", "x"), -VC_ERR_REFUSED);
	assert_int_equal(err.kind, VC_ERR_REFUSED);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.msg, "no 'x'");
}

static void test_fail_sys_tells_absent_from_broken(void **state VC_UNUSED)
{
	static const struct {
		int sys;
		enum vc_err_kind kind;
	} cases[] = {
		{ ENOENT, VC_ERR_ABSENT },
		{ ENOTDIR, VC_ERR_ABSENT },
		{ EACCES, VC_ERR_SYSTEM },
		{ EIO, VC_ERR_SYSTEM },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_fail_sys(&err, cases[i].sys, "open"),
		                 -(int)cases[i].kind);
		assert_int_equal(err.sys, cases[i].sys);
		assert_non_null(strstr(err.msg, "open: "));
	}
}

static void test_context_goes_in_front_and_keeps_the_kind(void **state VC_UNUSED)
{
	struct vc_err err = VC_ERR_INIT;

	(void)vc_fail(&err, VC_ERR_INPUT, "bad");
	assert_int_equal(vc_err_context(&err, "file '%s'", "f"), -VC_ERR_INPUT);
	assert_string_equal(err.msg, "file 'f': bad");
}

static void test_control_characters_do_not_pass(void **state VC_UNUSED)
{
	struct vc_err err = VC_ERR_INIT;

	(void)vc_fail(&err, VC_ERR_INPUT, "'%s'", "a\x1b[31m\nb\x7f");
	assert_string_equal(err.msg, "'a?[31m?b?'");
}

static void test_a_long_message_is_cut(void **state VC_UNUSED)
{
	static char text[3 * VC_ERR_MSG_SIZE];
	struct vc_err err = VC_ERR_INIT;

	memset(text, 'x', sizeof(text) - 1);
	(void)vc_fail(&err, VC_ERR_INPUT, "%s", text);
	(void)vc_err_context(&err, "%s", text);
	assert_int_equal(strlen(err.msg), VC_ERR_MSG_SIZE - 1);
}

static void test_every_kind_has_its_exit_status(void **state VC_UNUSED)
{
	static const int expected[] = {
		[VC_ERR_NONE] = 0,   [VC_ERR_USAGE] = 2,   [VC_ERR_INPUT] = 1,
		[VC_ERR_ABSENT] = 1, [VC_ERR_REFUSED] = 3, [VC_ERR_CHANGED] = 4,
		[VC_ERR_SYSTEM] = 5, [VC_ERR_REMOTE] = 6,  [VC_ERR_INTERNAL] = 7,
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(expected); i++)
		assert_int_equal(vc_exit_status((enum vc_err_kind)i), expected[i]);
}

static void test_arena_gives_zeroed_aligned_memory(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 1; i < 5000; i += 7) {
		unsigned char *p = vc_arena_alloc(&arena, i, 1);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xff, i);
	}
}

static void test_arena_refuses_what_does_not_fit(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = 100000 };

	assert_null(vc_arena_alloc(&arena, SIZE_MAX, 2));
	assert_null(vc_arena_alloc(&arena, SIZE_MAX / 2 + 2, 2));
	assert_null(vc_arena_alloc(&arena, SIZE_MAX, 1));
	assert_null(vc_arena_alloc(&arena, 100001, 1));
	assert_non_null(vc_arena_alloc(&arena, 60000, 1));
	assert_null(vc_arena_alloc(&arena, 60000, 1));
}

static void test_arena_strings(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	assert_null(vc_arena_strdup(&arena, NULL));
	assert_string_equal(vc_arena_strdup(&arena, "abc"), "abc");
	assert_string_equal(vc_arena_strndup(&arena, "abc", 2), "ab");
	assert_string_equal(vc_arena_printf(&arena, "%s-%d", "x", 7), "x-7");
}

static void test_list_keeps_elements_over_growth(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct {
		int *v;
		size_t n, cap;
	} list = { 0 };

	for (int i = 0; i < 1000; i++) {
		int *slot = vc_list_push(&arena, &list);

		assert_non_null(slot);
		assert_int_equal(*slot, 0);
		*slot = i;
	}
	assert_int_equal(list.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list.v[i], i);
}

static void test_list_push_fails_and_changes_nothing(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = 0 };
	struct {
		int *v;
		size_t n, cap;
	} list = { 0 };

	assert_null(vc_list_push(&arena, &list));
	assert_int_equal(list.n, 0);
	assert_null(list.v);
}

static void test_buf_collects(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(10000);
	VC_AUTOFREE char *text = NULL;
	struct vc_err err = VC_ERR_INIT;
	size_t len = 0;

	vc_buf_puts(&buf, "a");
	vc_buf_printf(&buf, "%d", 12);
	vc_buf_add(&buf, "\0x", 2);
	for (int i = 0; i < 2000; i++)
		vc_buf_puts(&buf, "y");
	assert_int_equal(vc_buf_take(&buf, &text, &len, &err), 0);
	assert_int_equal(len, 2005);
	assert_memory_equal(text, "a12\0xy", 6);
}

static void test_empty_buf_is_an_empty_string(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(10);
	VC_AUTOFREE char *text = NULL;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), 0);
	assert_string_equal(text, "");
}

static void test_buf_over_its_limit_stays_failed(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(4);
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;

	vc_buf_puts(&buf, "abcd");
	assert_false(buf.failed);
	vc_buf_puts(&buf, "e");
	vc_buf_puts(&buf, "");
	assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), -VC_ERR_INTERNAL);
	assert_null(text);
}

static void test_uuids(void **state VC_UNUSED)
{
	char seen[64][VC_UUID_SIZE];
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(seen); i++) {
		assert_int_equal(vc_uuid_make(seen[i], &err), 0);
		assert_true(vc_is_uuid(seen[i]));
		assert_int_equal(seen[i][14], '4'); /* [RFC 9562] version, variant */
		assert_non_null(strchr("89ab", seen[i][19]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
}

static void test_inotify_says_which_limit(void **state VC_UNUSED)
{
	struct rlimit before, none;
	struct vc_err err = VC_ERR_INIT;
	int fd = -1, r;

	assert_int_equal(vc_inotify_open(&fd, &err), 0);
	(void)close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = vc_inotify_open(&fd, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r, -VC_ERR_SYSTEM);
	assert_non_null(strstr(err.msg, "raise fs.inotify.max_user_instances"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail_fills_kind_and_text),
		cmocka_unit_test(test_fail_sys_tells_absent_from_broken),
		cmocka_unit_test(test_context_goes_in_front_and_keeps_the_kind),
		cmocka_unit_test(test_control_characters_do_not_pass),
		cmocka_unit_test(test_a_long_message_is_cut),
		cmocka_unit_test(test_every_kind_has_its_exit_status),
		cmocka_unit_test(test_arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(test_arena_refuses_what_does_not_fit),
		cmocka_unit_test(test_arena_strings),
		cmocka_unit_test(test_list_keeps_elements_over_growth),
		cmocka_unit_test(test_list_push_fails_and_changes_nothing),
		cmocka_unit_test(test_buf_collects),
		cmocka_unit_test(test_empty_buf_is_an_empty_string),
		cmocka_unit_test(test_buf_over_its_limit_stays_failed),
		cmocka_unit_test(test_uuids),
		cmocka_unit_test(test_inotify_says_which_limit),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
