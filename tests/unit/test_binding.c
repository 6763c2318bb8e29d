/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "model/binding.h"
#include "unit.h"

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

static void test_bind_argument(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *alias, *namespace, *claim, *request, *sub;
		unsigned index;
	} cases[] = {
		{ "gpu=c:r", "ua-gpu", "-", "c", "r", "-", 0 },
		{ "ua-gpu=c:r", "ua-gpu", "-", "c", "r", "-", 0 },
		{ "g_1=lab/vm7.dev:gpu", "ua-g_1", "lab", "vm7.dev", "gpu", "-", 0 },
		{ "g=lab/c:nic/fast#2", "ua-g", "lab", "c", "nic", "fast", 2 },
		{ "g=c:r#32", "ua-g", "-", "c", "r", "-", 32 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_binding b;

		assert_int_equal(vc_binding_parse(&arena, cases[i].text, &b, &err), 0);
		assert_string_equal(b.alias, cases[i].alias);
		assert_string_equal(or_none(b.namespace), cases[i].namespace);
		assert_string_equal(b.claim, cases[i].claim);
		assert_string_equal(b.request, cases[i].request);
		assert_string_equal(or_none(b.subrequest), cases[i].sub);
		assert_int_equal(b.index, cases[i].index);
		assert_int_equal(b.origin_kind, VC_BINDING_COMMAND_LINE);
	}
}

static void test_bind_argument_refused(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"",        "gpu",       "gpu=c",     "gpu=:r",   "gpu=c:",    "=c:r",
		"g.p=c:r", "g p=c:r",   "ua-=c:r",   "g=C:r",    "g=../c:r",  "g=/c:r",
		"g=a/:r",  "g=a/b/c:r", "g=n.s/c:r", "g=c:r.s",  "g=c:r/",    "g=c:r/s/t",
		"g=c:r#0", "g=c:r#33",  "g=c:r#-1",  "g=c:r#",   "g=c:r#1#2", "g=c:r:s",
		"g=c:r ",  "g=c:R",     "g=c\n:r",   "g=c:r#1x", "g=c:r/#1",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_binding b = { .index = 77 };

		assert_int_equal(vc_binding_parse(&arena, texts[i], &b, &err),
		                 -VC_ERR_USAGE);
		assert_int_equal(b.index, 77);
		assert_non_null(strstr(err.msg, "--bind"));
	}
}

static void test_alias(void **state VC_UNUSED)
{
	char text[VC_ALIAS_MAX + 2];

	memset(text, 'a', sizeof(text));
	memcpy(text, "ua-", 3);
	text[VC_ALIAS_MAX] = '\0';
	assert_true(vc_alias_is_valid(text));
	text[VC_ALIAS_MAX] = 'a';
	text[VC_ALIAS_MAX + 1] = '\0';
	assert_false(vc_alias_is_valid(text));
	assert_true(vc_alias_is_valid("ua-dra-gpu-x_1"));
	assert_false(vc_alias_is_valid("ua-"));
	assert_false(vc_alias_is_valid("ua-a.b"));
	assert_false(vc_alias_is_valid("hostdev0"));
	assert_false(vc_alias_is_valid("UA-a"));
	assert_false(vc_alias_is_valid("ua-\xc3\xa9"));
}

static void test_guest_address(void **state VC_UNUSED)
{
	static const char *const refused[] = {
		"",         "5:00.0",       "05:00",          "05:20.0",  "05:00.8",
		"05:00.0 ", "0001:05:00.0", "0000:05:00.0.0", "0x05:00.0"
	};
	struct vc_guest_address address = { .bus = 77 };
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		assert_int_equal(vc_guest_address_parse(refused[i], &address, &err),
		                 -VC_ERR_INPUT);
		assert_int_equal(address.bus, 77);
	}
	assert_int_equal(vc_guest_address_parse("0a:1f.7", &address, &err), 0);
	assert_true(address.set);
	assert_int_equal(address.bus, 0x0a);
	assert_int_equal(address.slot, 0x1f);
	assert_int_equal(address.function, 7);
	assert_int_equal(vc_guest_address_parse("0000:05:00.0", &address, &err), 0);
	assert_int_equal(address.bus, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind_argument),
		cmocka_unit_test(test_bind_argument_refused),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_guest_address),
	};

	return cmocka_run_group_tests_name("binding", tests, NULL, NULL);
}
