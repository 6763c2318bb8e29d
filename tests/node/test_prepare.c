/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_machine.h"

#define DISK  "0000:02:00.0"
#define DISK2 "0000:03:00.0"

static const char *const one_disk[] = { DISK, NULL };

static void test_there_and_back(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	node_done(m, node_prepare(m, "disk"));
	assert_int_equal(m->report.steps.n, 1);
	assert_false(m->report.unchanged);
	node_assert_driver(m, DISK, "vfio-pci");
	node_assert_override(m, DISK, "vfio-pci");
	node_assert_prepared(m, &claim);
	assert_true(node_read(m, "disk").persistent);

	node_faults(m, "");
	node_done(m, node_prepare(m, "disk"));
	assert_true(m->report.unchanged);
	assert_string_equal(node_get(m, "kernel/log"), "");

	node_done(m, node_unprepare(m, "disk"));
	assert_int_equal(m->report.steps.n, 1);
	node_assert_driver(m, DISK, "nvme");
	node_assert_override(m, DISK, "(null)");
	node_assert_forgotten(m, &claim);
	assert_false(node_read(m, "disk").persistent);
	node_done(m, node_unprepare(m, "disk"));
	assert_true(m->report.unchanged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, node_setup,
		                                node_teardown),
	};

	return cmocka_run_group_tests_name("prepare", tests, NULL, NULL);
}
