/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/parse.h"
#include "unit.h"

static void test_hex(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		size_t min, max;
		bool ok;
		uint32_t value;
		size_t taken;
	} cases[] = {
		{ "0", 1, 8, true, 0, 1 },
		{ "ffffffff", 1, 8, true, 0xffffffff, 8 },
		{ "aBc:", 1, 8, true, 0xabc, 3 },
		{ "123456789", 1, 8, false, 0, 0 },
		{ "12", 3, 8, false, 0, 0 },
		{ "1234", 1, 3, false, 0, 0 },
		{ "", 1, 8, false, 0, 0 },
		{ "+1", 1, 8, false, 0, 0 },
		{ " 1", 1, 8, false, 0, 0 },
		{ "0x1", 4, 8, false, 0, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const char *p = cases[i].text;
		uint32_t value = 77;

		assert_int_equal(vc_parse_hex(&p, cases[i].min, cases[i].max, &value),
		                 cases[i].ok);
		assert_int_equal(value, cases[i].ok ? cases[i].value : 77);
		assert_ptr_equal(p, cases[i].text + cases[i].taken);
	}
}

static void test_number(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "0", 10, true, 0 },
		{ "10", 10, true, 10 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "11", 10, false, 0 },
		{ "8", 7, false, 0 },
		{ "9", 1, false, 0 },
		{ "1", 0, false, 0 },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999999", UINT64_MAX, false, 0 },
		{ "", 10, false, 0 },
		{ "01", 10, false, 0 },
		{ "-1", 10, false, 0 },
		{ "+1", 10, false, 0 },
		{ "1 ", 10, false, 0 },
		{ " 1", 10, false, 0 },
		{ "1.0", 10, false, 0 },
		{ NULL, 10, false, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		uint64_t value = 77;

		assert_int_equal(vc_parse_number(cases[i].text, cases[i].max, &value),
		                 cases[i].ok);
		assert_int_equal(value, cases[i].ok ? cases[i].value : 77);
	}
}

static void test_literal(void **state VC_UNUSED)
{
	const char *text = "abc";
	const char *p = text;

	assert_false(vc_parse_literal(&p, "abcd"));
	assert_false(vc_parse_literal(&p, "b"));
	assert_ptr_equal(p, text);
	assert_true(vc_parse_literal(&p, "ab"));
	assert_ptr_equal(p, text + 2);
	assert_false(vc_parse_end(p));
	assert_true(vc_parse_literal(&p, "c"));
	assert_true(vc_parse_end(p));
}

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_dns_names(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		bool label, subdomain;
	} cases[] = {
		{ "a", true, true },       { "a-1", true, true },
		{ "0", true, true },       { A63, true, true },
		{ "a.b", false, true },    { A63 "." A63 "." A63, false, true },
		{ A63 "a", false, false }, { A63 "." A63 "." A63 "." A63, false, false },
		{ "", false, false },      { ".", false, false },
		{ "..", false, false },    { "a..b", false, false },
		{ ".a", false, false },    { "a.", false, false },
		{ "-a", false, false },    { "a-", false, false },
		{ "a-.b", false, false },  { "A", false, false },
		{ "a_b", false, false },   { "a/b", false, false },
		{ "../x", false, false },  { "a b", false, false },
		{ "a\nb", false, false },  { "\xc3\xa9", false, false },
		{ NULL, false, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		assert_int_equal(vc_is_dns_label(cases[i].text), cases[i].label);
		assert_int_equal(vc_is_dns_subdomain(cases[i].text), cases[i].subdomain);
	}
}

static void test_uuid(void **state VC_UNUSED)
{
	static const char *const refused[] = {
		"",
		"5d1f0c52-0f1e-4b53-9e0e-00000000000",
		"5d1f0c52-0f1e-4b53-9e0e-0000000000077",
		"5d1f0c52_0f1e_4b53_9e0e_000000000007",
		"5d1f0c5g-0f1e-4b53-9e0e-000000000007",
		"{5d1f0c52-0f1e-4b53-9e0e-00000000000}",
		"5d1f0c520f1e4b539e0e000000000007",
	};

	assert_true(vc_is_uuid("5d1f0c52-0f1e-4b53-9e0e-000000000007"));
	assert_true(vc_is_uuid("5D1F0C52-0F1E-4B53-9E0E-00000000ABCD"));
	assert_false(vc_is_uuid(NULL));
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++)
		assert_false(vc_is_uuid(refused[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),     cmocka_unit_test(test_number),
		cmocka_unit_test(test_literal), cmocka_unit_test(test_dns_names),
		cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
