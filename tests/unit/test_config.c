/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "translate/config.h"
#include "unit.h"

static char path[64];

static int read_text(struct vc_arena *arena, const char *text, struct vc_config *config,
                     struct vc_err *err)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	return vc_config_read(arena, path, true, config, err);
}

static void test_defaults(void **state VC_UNUSED)
{
	static const char *const texts[] = { "", "# nothing\n", "---\n", "{}" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_config config;

		assert_int_equal(read_text(&arena, texts[i], &config, &err), 0);
		assert_string_equal(config.leases, "/run/virt-claim/leases");
		assert_string_equal(config.sysfs, "/sys");
		if (access(VC_CONFIG_SITE, F_OK) == 0)
			assert_string_equal(config.site, VC_CONFIG_SITE);
		else
			assert_null(config.site);
		assert_int_equal(config.target_libvirt, 0);
		assert_int_equal(config.deadline_ms, 5000);
		assert_int_equal(config.role, VC_ROLE_HOST);
		assert_string_equal(config.state, "/var/lib/virt-claim");
		assert_string_equal(config.run, "/run/virt-claim");
		assert_string_equal(config.cdi, "/var/run/cdi");
		assert_string_equal(config.proc, "/proc");
		assert_string_equal(config.dev, "/dev");
		assert_null(config.modules_alias);
		assert_null(config.pci_ids);
		assert_null(config.qemu_user);
		assert_null(config.qemu_group);
		assert_int_equal(config.allowed.n, 0);
		assert_int_equal(config.driver_deadline_ms, 30000);
	}
}

static void test_missing_file(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config config;

	assert_int_equal(vc_config_read(&arena, "/nonexistent/x", true, &config, &err),
	                 0);
	assert_string_equal(config.sysfs, "/sys");
}

static void test_all_keys(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config config;

	assert_int_equal(read_text(&arena,
	                           "claims: [/a, /b/c]\nleases: /l\nsysfs: /s\n"
	                           "site-stylesheet: /x.xsl\n"
	                           "target-libvirt: \"12.8\"\nhook-deadline: 9\n",
	                           &config, &err),
	                 0);
	assert_int_equal(config.claims.n, 2);
	assert_string_equal(config.claims.v[1], "/b/c");
	assert_string_equal(config.leases, "/l");
	assert_string_equal(config.sysfs, "/s");
	assert_string_equal(config.site, "/x.xsl");
	assert_int_equal(config.target_libvirt, 12008000);
	assert_int_equal(config.deadline_ms, 9000);
}

static void test_node_keys(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config config;

	assert_int_equal(read_text(&arena,
	                           "role: kubernetes\nstate: /st\nrun: /r\ncdi: /c\n"
	                           "proc: /p\ndev: /d\nmodules-alias: /m\npci-ids: /i\n"
	                           "qemu-user: libvirt-qemu\nqemu-group: 107\n"
	                           "allow-host-devices: [\"0000:65:00.0\", \"1-4\"]\n"
	                           "driver-deadline: 600\n",
	                           &config, &err),
	                 0);
	assert_int_equal(config.role, VC_ROLE_KUBERNETES);
	assert_string_equal(config.state, "/st");
	assert_string_equal(config.run, "/r");
	assert_string_equal(config.cdi, "/c");
	assert_string_equal(config.proc, "/p");
	assert_string_equal(config.dev, "/d");
	assert_string_equal(config.modules_alias, "/m");
	assert_string_equal(config.pci_ids, "/i");
	assert_string_equal(config.qemu_user, "libvirt-qemu");
	assert_string_equal(config.qemu_group, "107");
	assert_int_equal(config.allowed.n, 2);
	assert_string_equal(config.allowed.v[1], "1-4");
	assert_int_equal(config.driver_deadline_ms, 600000);
}

static void test_source_keys(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config config;

	assert_int_equal(read_text(&arena, "role: kubernetes\n", &config, &err), 0);
	assert_int_equal(config.sources, 0);
	assert_string_equal(config.kubelet_plugins, "/var/lib/kubelet/plugins");
	assert_int_equal(config.cdi_directories.n, 2);
	assert_string_equal(config.cdi_directories.v[0], "/etc/cdi");
	assert_string_equal(config.cdi_directories.v[1], "/var/run/cdi");
	assert_null(config.node_name);
	assert_null(config.kubeconfig);
	assert_int_equal(read_text(&arena, "cdi: /c\n", &config, &err), 0);
	assert_string_equal(config.cdi_directories.v[1], "/c");
	assert_int_equal(read_text(&arena,
	                           "sources: [kube, cdi]\ncdi-directories: [/e, /v]\n"
	                           "kubelet-plugins: /p\nnode-name: node-7.lab\n"
	                           "kubeconfig: /k\n",
	                           &config, &err),
	                 0);
	assert_int_equal(config.sources, VC_SOURCE_CDI | VC_SOURCE_KUBE);
	assert_int_equal(config.cdi_directories.n, 2);
	assert_string_equal(config.cdi_directories.v[0], "/e");
	assert_string_equal(config.kubelet_plugins, "/p");
	assert_string_equal(config.node_name, "node-7.lab");
	assert_string_equal(config.kubeconfig, "/k");
}

static void test_sources(void **state VC_UNUSED)
{
	static const char *const refused[] = { "",         ",",     "cdi,",    ",cdi",
		                               "CDI",      "cd",    "cdi cdi", "cdi,cdi",
		                               "all",      "kube ", "cdis",    "cdi;kube",
		                               "metadata," };
	unsigned sources = 77;
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		err = (struct vc_err)VC_ERR_INIT;
		assert_int_equal(vc_config_sources(refused[i], &sources, &err),
		                 -VC_ERR_INPUT);
		assert_int_equal(sources, 77);
	}
	assert_int_equal(vc_config_sources("metadata", &sources, &err), 0);
	assert_int_equal(sources, VC_SOURCE_METADATA);
	assert_int_equal(vc_config_sources("kube,cdi,metadata", &sources, &err), 0);
	assert_int_equal(sources, VC_SOURCE_CDI | VC_SOURCE_METADATA | VC_SOURCE_KUBE);
}

/* What was prepared is found where it was put. */
static void test_claims_below_run(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		bool found;
	} cases[] = {
		{ "run: %s\n", true },
		{ "sysfs: /s\nrun: %s\n", true },
		{ "run: %s/no\n", false },
		{ "run: %s\nclaims: []\n", false },
		{ "claims: [/a]\nrun: %s\n", false },
	};
	char run[] = "/tmp/vc-config-run-XXXXXX", claims[64];

	assert_non_null(mkdtemp(run));
	(void)snprintf(claims, sizeof(claims), "%s/claims", run);
	assert_int_equal(mkdir(claims, 0755), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_config config;
		const char *at = strstr(cases[i].text, "%s");
		const char *text =
			vc_arena_printf(&arena, "%.*s%s%s", (int)(at - cases[i].text),
		                        cases[i].text, run, at + 2);

		assert_int_equal(read_text(&arena, text, &config, &err), 0);
		assert_int_equal(config.claims.n > 0 &&
		                         strcmp(config.claims.v[0], claims) == 0,
		                 cases[i].found);
	}
	assert_int_equal(rmdir(claims), 0);
	assert_int_equal(rmdir(run), 0);
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "claim: [/a]\n", "/claim: unknown key" },
		{ "claims: /a\n", "/claims: expected a list" },
		{ "claims: [a]\n", "/claims/0: expected a path" },
		{ "claims: [/a, 1]\n", "/claims/1: expected a path" },
		{ "leases: run/leases\n", "/leases: expected a path" },
		{ "sysfs:\n", "/sysfs: expected a path" },
		{ "target-libvirt: 9.0\n", "/target-libvirt: expected a version" },
		{ "target-libvirt: new\n", "/target-libvirt: expected a version" },
		{ "hook-deadline: 0\n", "/hook-deadline: expected a number" },
		{ "hook-deadline: 61\n", "/hook-deadline: expected a number" },
		{ "hook-deadline: \"5\"\n", "/hook-deadline: expected a number" },
		{ "hook-deadline: -1\n", "/hook-deadline: expected a number" },
		{ "role: node\n", "/role: expected 'host' or 'kubernetes'" },
		{ "role: true\n", "/role: expected 'host' or 'kubernetes'" },
		{ "state: lib\n", "/state: expected a path" },
		{ "run: 1\n", "/run: expected a path" },
		{ "sources: cdi\n", "/sources: expected a list" },
		{ "sources: [cdi, api]\n", "/sources/1: expected cdi, metadata or kube" },
		{ "sources: [cdi, cdi]\n", "/sources/1: expected cdi, metadata or kube" },
		{ "sources: [1]\n", "/sources/0: expected cdi, metadata or kube" },
		{ "cdi-directories: /a\n", "/cdi-directories: expected a list" },
		{ "cdi-directories: []\n", "/cdi-directories: expected a list" },
		{ "cdi-directories: [a]\n", "/cdi-directories/0: expected a path" },
		{ "kubelet-plugins: plugins\n", "/kubelet-plugins: expected a path" },
		{ "node-name: Node_7\n", "/node-name: expected the name of a node" },
		{ "node-name: 7\n", "/node-name: expected the name of a node" },
		{ "kubeconfig: ~/.kube/config\n", "/kubeconfig: expected a path" },
		{ "cdi: [/a]\n", "/cdi: expected a path" },
		{ "proc:\n", "/proc: expected a path" },
		{ "dev: \"\"\n", "/dev: expected a path" },
		{ "modules-alias: modules.alias\n", "/modules-alias: expected a path" },
		{ "pci-ids: ./pci.ids\n", "/pci-ids: expected a path" },
		{ "qemu-user:\n", "/qemu-user: expected a name or a number" },
		{ "qemu-user: \"\"\n", "/qemu-user: expected a name or a number" },
		{ "qemu-user: -1\n", "/qemu-user: expected a name or a number" },
		{ "qemu-group: 4294967295\n", "/qemu-group: expected a name or" },
		{ "qemu-group: [kvm]\n", "/qemu-group: expected a name or a number" },
		{ "allow-host-devices: \"1-4\"\n",
		  "/allow-host-devices: expected a list of addresses" },
		{ "allow-host-devices: [\"\"]\n",
		  "/allow-host-devices/0: expected an address in quotes" },
		{ "allow-host-devices: [\"1-4\", 5]\n",
		  "/allow-host-devices/1: expected an address in quotes" },
		{ "driver-deadline: 0\n", "/driver-deadline: expected a number" },
		{ "driver-deadline: 601\n", "from 1 to 600" },
		{ "driver-deadline: 1.5\n", "/driver-deadline: expected a number" },
		{ "- a\n", "expected keys and values" },
		{ "just text\n", "not plain text" },
		{ "sysfs: /a\n---\nsysfs: /b\n", "expected one document" },
		{ "sysfs: /a\nsysfs: /b\n", "sysfs" },
		{ "sysfs: [\n", "" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_config config = { .deadline_ms = 77 };

		assert_int_equal(read_text(&arena, cases[i].text, &config, &err),
		                 -VC_ERR_INPUT);
		assert_non_null(strstr(err.msg, cases[i].message));
		assert_ptr_equal(strstr(err.msg, path), err.msg);
		assert_int_equal(config.deadline_ms, 77);
	}
}

static void test_trust(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config config = { .deadline_ms = 77 };

	assert_int_equal(read_text(&arena, "", &config, &err), 0);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(vc_config_read(&arena, path, true, &config, &err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(vc_config_read(&arena, path, false, &config, &err), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

/* The sample with every key that it shows switched on: these are the defaults, where there
 * are any. That it shows all keys is seen by tests/lint/config.sh. */
static void test_sample(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_config defaults, config;
	char *text = NULL;
	size_t len = 0;
	unsigned keys = 0;

	assert_int_equal(vc_file_read(&arena, AT_FDCWD,
	                              VC_FIXTURES "/../../deploy/virt-claim.yaml", 0,
	                              &text, &len, &err),
	                 0);
	assert_int_equal(read_text(&arena, text, &defaults, &err), 0);
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line[0] != '#' || line[1] < 'a' || line[1] > 'z')
			continue;
		line[0] = ' ';
		keys++;
	}
	assert_true(keys > 10);
	if (read_text(&arena, text, &config, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(config.role, defaults.role);
	assert_string_equal(config.state, defaults.state);
	assert_string_equal(config.run, defaults.run);
	assert_string_equal(config.leases, defaults.leases);
	assert_string_equal(config.cdi, defaults.cdi);
	assert_string_equal(config.sysfs, defaults.sysfs);
	assert_string_equal(config.proc, defaults.proc);
	assert_string_equal(config.dev, defaults.dev);
	assert_int_equal(config.deadline_ms, defaults.deadline_ms);
	assert_int_equal(config.driver_deadline_ms, defaults.driver_deadline_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_node_keys),
		cmocka_unit_test(test_source_keys),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_claims_below_run),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_sample),
	};
	int r;

	(void)snprintf(path, sizeof(path), "/tmp/vc-config-%d.yaml", (int)getpid());
	(void)umask(022);
	r = cmocka_run_group_tests_name("config", tests, NULL, NULL);
	(void)unlink(path);
	return r;
}
