/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain/memory.h"
#include "unit.h"

#define MIB ((uint64_t)1024)
#define GIB (1024 * MIB)

static void read_memory(const char *inner, struct vc_domain_memory *memory)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_err err = VC_ERR_INIT;
	char text[1024];

	(void)snprintf(text, sizeof(text), "<domain>%s</domain>", inner);
	assert_int_equal(vc_document_parse(text, strlen(text), "x", &document, &err), 0);
	vc_domain_memory_read(document, memory);
}

static void test_units(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		uint64_t kib;
	} cases[] = {
		{ "<memory>2048</memory>", 2048 },
		{ "<memory unit='KiB'> 2048\n</memory>", 2048 },
		{ "<memory unit='GiB'>4</memory>", 4 * GIB },
		{ "<memory unit='mib'>4</memory>", 4 * MIB },
		{ "<memory unit='KB'>1</memory>", 1 },
		{ "<memory unit='b'>1025</memory>", 2 },
		{ "<memory unit='T'>1</memory>", 1024 * GIB },
		{ "", 0 },
		{ "<memory/>", 0 },
		{ "<memory>-1</memory>", 0 },
		{ "<memory>12x</memory>", 0 },
		{ "<memory>1.5</memory>", 0 },
		{ "<memory unit='parsec'>1</memory>", 0 },
		{ "<memory unit='TiB'>18446744073709551615</memory>", 0 },
		{ "<memory>99999999999999999999999</memory>", 0 },
		{ "<memory xmlns='urn:x'>5</memory>", 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_domain_memory memory;

		read_memory(cases[i].text, &memory);
		assert_int_equal(memory.guest_kib, cases[i].kib);
	}
}

static void test_to_lock(void **state VC_UNUSED)
{
	static const struct {
		const char *devices;
		uint64_t kib;
	} cases[] = {
		{ "", 0 },
		{ "<hostdev type='usb'/><disk type='file'/>", 0 },
		{ "<hostdev type='pci'/>", 5 * GIB },
		{ "<hostdev type='pci'/><hostdev type='mdev'/>", 5 * GIB },
		{ "<hostdev type='pci'/><hostdev type='mdev'/><iommu/>", 9 * GIB },
		{ "<iommu/>", 0 },
		{ "<interface type='hostdev'/>", 5 * GIB },
		{ "<disk type='nvme'/>", 5 * GIB },
		{ "<disk type='nvme'/><hostdev type='pci'/><interface type='vdpa'/>",
		  13 * GIB },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_domain_memory memory;
		char text[512];

		(void)snprintf(text, sizeof(text),
		               "<memory unit='GiB'>4</memory><devices>%s</devices>",
		               cases[i].devices);
		read_memory(text, &memory);
		assert_int_equal(vc_domain_memory_to_lock(&memory), cases[i].kib);
	}
}

static void test_limits(void **state VC_UNUSED)
{
	struct vc_domain_memory memory;

	read_memory("<memtune><hard_limit unit='G'>6</hard_limit></memtune>"
	            "<memoryBacking><locked/></memoryBacking>",
	            &memory);
	assert_int_equal(memory.hard_limit_kib, 6 * GIB);
	assert_true(memory.locked);
	read_memory("<memoryBacking/>", &memory);
	assert_int_equal(memory.hard_limit_kib, 0);
	assert_false(memory.locked);

	memory = (struct vc_domain_memory){ .guest_kib = UINT64_MAX / 4096,
		                            .has_iommu = true,
		                            .n_vfio = 4000000000U };
	assert_int_equal(vc_domain_memory_to_lock(&memory), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_to_lock),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
