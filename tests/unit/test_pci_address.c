/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "model/pci_address.h"
#include "unit.h"

static void test_round_trip(void **state VC_UNUSED)
{
	static const char *const texts[][2] = {
		{ "0000:00:00.0", "0000:00:00.0" },
		{ "0000:ff:1f.7", "0000:ff:1f.7" },
		{ "0000:AB:0C.1", "0000:ab:0c.1" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
		{ "pci_0000_65_00_0", "0000:65:00.0" },
		{ "pci_10000_e1_00_0", "10000:e1:00.0" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		char back[VC_PCI_ADDRESS_SIZE];
		struct vc_err err = VC_ERR_INIT;
		struct vc_pci_address address;

		assert_int_equal(vc_pci_address_parse(texts[i][0], &address, &err), 0);
		vc_pci_address_format(&address, back);
		assert_string_equal(back, texts[i][1]);
	}
}

static void test_refused(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"",
		"01:00.0",
		"65",
		"000:01:00.0",
		"000000000:01:00.0",
		"0000:01:00",
		"0000:01:00.8",
		"0000:01:20.0",
		"0000:01:00.0 ",
		" 0000:01:00.0",
		"0000:01:00.0\n",
		"0000_01_00_0",
		"pci_0000:01:00.0",
		"0000:1:00.0",
		"0000:001:00.0",
		"0x0000:01:00.0",
		"-000:01:00.0",
		"0000:gg:00.0",
	};
	const struct vc_pci_address before = { 1, 2, 3, 4 };

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		struct vc_pci_address address = before;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_pci_address_parse(texts[i], &address, &err),
		                 -VC_ERR_INPUT);
		assert_int_equal(vc_pci_address_compare(&address, &before), 0);
		assert_non_null(strstr(err.msg, "PCI address"));
	}
}

static void test_order(void **state VC_UNUSED)
{
	static const struct vc_pci_address ordered[] = {
		{ 0, 1, 2, 3 }, { 0, 1, 2, 4 }, { 0, 1, 3, 0 },
		{ 0, 2, 0, 0 }, { 1, 0, 0, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(ordered); i++)
		for (size_t j = 0; j < VC_ARRAY_SIZE(ordered); j++) {
			int c = vc_pci_address_compare(&ordered[i], &ordered[j]);

			assert_int_equal(c < 0, i < j);
			assert_int_equal(c == 0, i == j);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("pci_address", tests, NULL, NULL);
}
