/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "translate/translate.h"
#include "unit.h"

#define DOMAIN(name) VC_FIXTURES "/domains/" name ".xml"
#define CLAIMS(name) VC_FIXTURES "/claims/" name

/* An input with one path of claims, ready for changes. */
struct fixture {
	struct vc_arena arena;
	struct vc_err err;
	struct vc_translate_input input;
	const char *claims[1];
};

static void release(struct fixture *f)
{
	vc_arena_release(&f->arena);
}
#define FIXTURE VC_CLEANUP(release) struct fixture

static void load(struct fixture *f, const char *domain, const char *claims)
{
	char *text;

	*f = (struct fixture){ .arena = VC_ARENA_INIT, .err = VC_ERR_INIT };
	assert_int_equal(vc_file_read(&f->arena, AT_FDCWD, domain, 0, &text,
	                              &f->input.xml_len, &f->err),
	                 0);
	f->claims[0] = claims;
	f->input.xml = text;
	f->input.xml_name = "vm.xml";
	f->input.claims = f->claims;
	f->input.n_claims = claims != NULL;
	f->input.target_libvirt = VC_LIBVIRT_OLDEST;
}

static void load_vmi(struct fixture *f, const char *path)
{
	char *text;

	assert_int_equal(vc_file_read(&f->arena, AT_FDCWD, path, 0, &text,
	                              &f->input.vmi_len, &f->err),
	                 0);
	f->input.vmi = text;
	f->input.vmi_name = "vmi.json";
}

static void bind(struct fixture *f, struct vc_bindings *bindings, const char *text)
{
	struct vc_binding *b = vc_list_push(&f->arena, bindings);

	assert_non_null(b);
	assert_int_equal(vc_binding_parse(&f->arena, text, b, &f->err), 0);
	f->input.bindings = bindings;
}

/* A domain that names no claim: its own bytes, and no claim is looked at. */
static void test_passes_through(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_translation t;

	load(&f, DOMAIN("q35"), "/nonexistent");
	assert_int_equal(vc_translate(&f.arena, &f.input, &t, &f.err), 0);
	assert_false(t.changed);
	assert_int_equal(t.len, f.input.xml_len);
	assert_memory_equal(t.xml, f.input.xml, t.len);
	assert_int_equal(t.claims.n, 0);
}

static void test_attach_all_and_again(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_translation t, again;

	load(&f, DOMAIN("q35"), CLAIMS("gpu/metadata.json"));
	f.input.attach_all = true;
	assert_int_equal(vc_translate(&f.arena, &f.input, &t, &f.err), 0);
	assert_true(t.changed);
	assert_int_equal(t.plan.devices.n, 1);
	assert_non_null(strstr(t.xml, "bus=\"0x65\""));

	/* now the domain itself says what it is bound to */
	f.input.attach_all = false;
	f.input.xml = t.xml;
	f.input.xml_len = t.len;
	assert_int_equal(vc_translate(&f.arena, &f.input, &again, &f.err), 0);
	assert_false(again.changed);
	assert_int_equal(again.len, t.len);
	assert_memory_equal(again.xml, t.xml, t.len);
}

/* Only what is bound is looked up in a tree of claims. */
static void test_reads_what_is_bound(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_bindings bindings = { 0 };
	struct vc_translation t;

	load(&f, DOMAIN("q35"), CLAIMS("shared-directory"));
	bind(&f, &bindings, "gpu=vm7-dev:gpu");
	f.input.namespace = "lab";
	assert_int_equal(vc_translate_claims(&f.arena, &f.input, &t, &f.err), 0);
	assert_int_equal(t.claims.n, 1);
	assert_string_equal(t.claims.v[0].namespace, "lab");
	assert_int_equal(t.claims.v[0].devices.n, 1);

	f.input.bindings = NULL;
	f.input.namespace = NULL;
	f.input.attach_all = true;
	assert_int_equal(vc_translate_claims(&f.arena, &f.input, &t, &f.err), 0);
	assert_true(t.claims.n > 1);
}

/* --bind takes an alias from the record; the record's claim is not needed then. */
static void test_command_line_wins(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_bindings bindings = { 0 };
	struct vc_translation t;

	load(&f, DOMAIN("q35-bound"), CLAIMS("two-of-one/metadata.json"));
	bind(&f, &bindings, "gpu=vm7-dev:disk#2");
	assert_int_equal(vc_translate(&f.arena, &f.input, &t, &f.err), 0);
	assert_int_equal(t.plan.devices.n, 1);
	assert_string_equal(t.plan.devices.v[0].to, "0000:c2:00.0");
}

static void test_vmi_names_namespace(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_translation t;

	load(&f, DOMAIN("q35"), CLAIMS("vmi/claims"));
	load_vmi(&f, CLAIMS("vmi/vm7.json"));
	assert_int_equal(vc_translate(&f.arena, &f.input, &t, &f.err), 0);
	assert_true(t.have_vmi);
	assert_true(t.plan.devices.n > 0);
	for (size_t i = 0; i < t.claims.n; i++)
		assert_string_equal(t.claims.v[i].namespace, t.vmi.namespace);
}

static void test_halves(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_translation whole, halves;

	load(&f, DOMAIN("q35-bound"), CLAIMS("gpu-bound/metadata.json"));
	f.input.sysfs = VC_FIXTURES "/sysfs/lab";
	assert_int_equal(vc_translate(&f.arena, &f.input, &whole, &f.err), 0);
	assert_int_equal(vc_translate_claims(&f.arena, &f.input, &halves, &f.err), 0);
	assert_true(halves.have_host && halves.have_domain);
	assert_null(halves.xml);
	assert_int_equal(vc_translate_domain(&f.arena, &f.input, &halves, &f.err), 0);
	assert_int_equal(f.err.kind, VC_ERR_NONE);
	assert_true(halves.changed);
	assert_int_equal(halves.len, whole.len);
	assert_memory_equal(halves.xml, whole.xml, whole.len);
}

static void test_no_domain(void **state VC_UNUSED)
{
	FIXTURE f = { .claims = { NULL } };
	struct vc_translation t;

	load(&f, DOMAIN("q35"), CLAIMS("gpu/metadata.json"));
	f.input.xml = NULL;
	f.input.attach_all = true;
	assert_int_equal(vc_translate_claims(&f.arena, &f.input, &t, &f.err), 0);
	assert_false(t.have_domain);
	assert_int_equal(t.claims.n, 1);
}

static void no_claims(struct fixture *f)
{
	f->claims[0] = "/nonexistent";
}

static void no_sysfs(struct fixture *f)
{
	f->input.sysfs = "/nonexistent";
}

static void broken_domain(struct fixture *f)
{
	f->input.xml_len--;
	while (f->input.xml[f->input.xml_len] != '<')
		f->input.xml_len--;
}

static void broken_vmi(struct fixture *f)
{
	f->input.vmi = "{\"kind\": ";
	f->input.vmi_len = strlen(f->input.vmi);
	f->input.vmi_name = "vmi.json";
}

static void claims_that_are_none(struct fixture *f)
{
	f->claims[0] = DOMAIN("q35");
}

static void no_site(struct fixture *f)
{
	f->input.site = "/nonexistent.xsl";
}

static void unknown_claim(struct fixture *f)
{
	f->claims[0] = CLAIMS("many/metadata.json");
}

static void test_fails(void **state VC_UNUSED)
{
	static const struct {
		void (*break_it)(struct fixture *f);
		int result; /* 0: any failure */
		const char *message;
	} cases[] = {
		{ no_claims, -VC_ERR_ABSENT, "/nonexistent" },
		{ no_sysfs, -VC_ERR_ABSENT, "/nonexistent" },
		{ broken_domain, -VC_ERR_INPUT, "vm.xml:" },
		{ broken_vmi, -VC_ERR_INPUT, "vmi.json" },
		{ claims_that_are_none, -VC_ERR_INPUT, "q35.xml" },
		{ no_site, 0, "/nonexistent.xsl" },
		{ unknown_claim, 0, "vm7-dev" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		FIXTURE f = { .claims = { NULL } };
		struct vc_translation before = { .len = 77 }, t = before;
		int r;

		load(&f, DOMAIN("q35-bound"), CLAIMS("gpu-bound/metadata.json"));
		cases[i].break_it(&f);
		r = vc_translate(&f.arena, &f.input, &t, &f.err);
		if (r == 0 || (cases[i].result != 0 && r != cases[i].result) ||
		    !strstr(f.err.msg, cases[i].message))
			fail_msg("case %zu: %d, %s", i, r, f.err.msg);
		assert_int_equal(r, -(int)f.err.kind);
		assert_memory_equal(&t, &before, sizeof(t));
	}
}

/* A file that anybody may write is not believed by a hook. */
static void test_trust(void **state VC_UNUSED)
{
	char path[] = "/tmp/vc-test-XXXXXX";
	int fd = mkstemp(path);
	FIXTURE f = { .claims = { NULL } };
	struct vc_translation t;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{}", 2), 2);
	assert_int_equal(fchmod(fd, 0666), 0);
	(void)close(fd);
	load(&f, DOMAIN("q35-bound"), path);
	f.input.trusted_only = true;
	assert_int_equal(vc_translate(&f.arena, &f.input, &t, &f.err), -VC_ERR_REFUSED);
	assert_non_null(strstr(f.err.msg, path));
	assert_int_equal(unlink(path), 0);
}

/* A proc that says which boot this is; the caller removes it. */
static void make_proc(char *directory, const char *boot)
{
	static const char *const parts[] = { "/sys", "/sys/kernel",
		                             "/sys/kernel/random" };
	char path[128];
	FILE *f;

	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < VC_ARRAY_SIZE(parts); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", directory, parts[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/sys/kernel/random/boot_id", directory);
	f = fopen(path, "we");
	assert_true(f && fprintf(f, "%s\n", boot) > 0);
	assert_int_equal(fclose(f), 0);
}

static int remove_proc(const char *path, const struct stat *st VC_UNUSED,
                       int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

/* Claims of another boot are refused where the boot of the machine is known: a proc that
 * does not belong to the sysfs says nothing. */
static void test_boot(void **state VC_UNUSED)
{
	static const char this_boot[] = "9c1b0e52-64f3-4a8d-b7d0-15ce8a7f2b36";
	static const struct {
		const char *boot; /* NULL: no proc is given */
		const char *sysfs;
		int result;
	} cases[] = {
		{ this_boot, VC_FIXTURES "/sysfs/lab", 0 },
		{ "00000000-64f3-4a8d-b7d0-15ce8a7f2b36", VC_FIXTURES "/sysfs/lab",
		  -VC_ERR_REFUSED },
		{ "none of your business", VC_FIXTURES "/sysfs/lab", 0 },
		{ NULL, VC_FIXTURES "/sysfs/lab", 0 },
		{ "00000000-64f3-4a8d-b7d0-15ce8a7f2b36", NULL, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char proc[] = "/tmp/vc-test-proc-XXXXXX";
		FIXTURE f = { .claims = { NULL } };
		struct vc_translation t = { 0 };

		load(&f, DOMAIN("q35"), VC_FIXTURES "/cdi/own");
		f.input.attach_all = true;
		f.input.sysfs = cases[i].sysfs;
		if (cases[i].boot) {
			make_proc(proc, cases[i].boot);
			f.input.proc = proc;
		}
		if (vc_translate_claims(&f.arena, &f.input, &t, &f.err) !=
		    cases[i].result)
			fail_msg("case %zu: %s", i, f.err.msg);
		if (cases[i].result < 0)
			assert_non_null(strstr(f.err.msg, this_boot));
		if (cases[i].boot)
			assert_int_equal(nftw(proc, remove_proc, 8, FTW_DEPTH | FTW_PHYS),
			                 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes_through),
		cmocka_unit_test(test_attach_all_and_again),
		cmocka_unit_test(test_reads_what_is_bound),
		cmocka_unit_test(test_command_line_wins),
		cmocka_unit_test(test_vmi_names_namespace),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_no_domain),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_boot),
	};

	return cmocka_run_group_tests_name("translate", tests, NULL, NULL);
}
