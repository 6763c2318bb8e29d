/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook/deadline.h"
#include "hook/kubevirt_hook.h"
#include "unit.h"

#define VMI(spec) \
	"{\"metadata\":{\"name\":\"vm7\",\"namespace\":\"lab\"},\"spec\":" spec "}"
#define PLAIN VMI("{\"domain\":{\"devices\":{}}}")
#define CLAIMING                                                                          \
	VMI("{\"resourceClaims\":[{\"name\":\"dev\",\"resourceClaimName\":\"vm7-dev\"}]," \
	    "\"domain\":{\"devices\":{\"hostDevices\":[{\"name\":\"gpu\","                \
	    "\"claimName\":\"dev\",\"requestName\":\"gpu\"}]}}}")

/* Spaces and quotes that no serializer would write: a byte-for-byte answer shows. */
#define DOMAIN "<domain type='kvm' ><name>vm7</name>\n\n <devices></devices></domain >\n"

#define METADATA                                                                             \
	"{\"apiVersion\":\"metadata.resource.k8s.io/v1alpha1\",\"kind\":\"DeviceMetadata\"," \
	"\"metadata\":{\"name\":\"vm7-dev\",\"namespace\":\"lab\","                          \
	"\"uid\":\"5d1f0c52-0000-4000-8000-000000000001\",\"generation\":1},"                \
	"\"requests\":[{\"name\":\"gpu\",\"devices\":[{\"name\":\"gpu-0\","                  \
	"\"driver\":\"gpu.example.com\",\"pool\":\"node1\",\"attributes\":{"                 \
	"\"resource.kubernetes.io/pciBusID\":{\"string\":\"0000:65:00.0\"}}}]}]}"

static const char plain[] = PLAIN, claiming[] = CLAIMING, domain[] = DOMAIN;
static const char option_plain[] = "--vmi=" PLAIN;
static const char option_claiming[] = "--vmi=" CLAIMING;
static const char option_domain[] = "--domain=" DOMAIN;

static char root[] = "/tmp/vc-kubevirt-XXXXXX";
static char config[64], claims[64];

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state VC_UNUSED)
{
	char text[256];

	(void)umask(022);
	if (!mkdtemp(root))
		return 1;
	(void)snprintf(config, sizeof(config), "%s/config", root);
	(void)snprintf(claims, sizeof(claims), "%s/claims.json", root);
	(void)snprintf(text, sizeof(text),
	               "claims: [\"%s\"]\nsysfs: " VC_FIXTURES "/sysfs/lab\n", claims);
	write_file(config, text);
	write_file(claims, METADATA);
	return 0;
}

static int teardown(void **state VC_UNUSED)
{
	struct vc_err err = VC_ERR_INIT;

	(void)unlink(config);
	(void)unlink(claims);
	(void)rmdir(root);
	return vc_deadline_start("", 0, 0, &err);
}

#define MAX_ARGUMENTS 12

/* Calls the hook with @arguments, which a NULL ends. */
static int call(struct vc_arena *arena, const char *const *arguments,
                struct vc_hook_answer *answer, struct vc_err *err)
{
	char *argv[MAX_ARGUMENTS + 2] = { vc_arena_strdup(arena, "onDefineDomain") };
	int argc = 1;

	for (; arguments[argc - 1]; argc++) {
		assert_true(argc <= MAX_ARGUMENTS);
		argv[argc] = vc_arena_strdup(arena, arguments[argc - 1]);
	}
	*answer = (struct vc_hook_answer){ 0 };
	return vc_kubevirt_hook(arena, argc, argv, answer, err);
}

static void test_untouched_without_claims(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *const arguments[] = { "--vmi",    plain,  "--domain", domain,
		                          "--config", config, NULL };
	struct vc_err err = VC_ERR_INIT;
	struct vc_hook_answer answer;

	assert_int_equal(call(&arena, arguments, &answer, &err), 0);
	assert_int_equal(answer.len, strlen(domain));
	assert_memory_equal(answer.text, domain, answer.len);
}

static void test_attaches_and_settles(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *const first[] = { option_claiming, option_domain, "--config", config,
		                      NULL };
	const char *second[] = { "--domain", NULL,   "--vmi", claiming,
		                 "--config", config, NULL };
	struct vc_err err = VC_ERR_INIT;
	struct vc_hook_answer answer;

	assert_int_equal(call(&arena, first, &answer, &err), 0);
	assert_non_null(strstr(answer.text, "bus=\"0x65\""));
	second[1] = answer.text;
	assert_int_equal(call(&arena, second, &answer, &err), 0);
	assert_string_equal(answer.text, second[1]);
}

static void test_claims_of_the_command_line(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *const arguments[] = { "--vmi",    claiming,   "--domain",
		                          domain,     "--config", "/nonexistent",
		                          "--claims", claims,     NULL };
	struct vc_err err = VC_ERR_INIT;
	struct vc_hook_answer answer;
	int r = call(&arena, arguments, &answer, &err);

	/* The default sysfs is this machine's, which hardly has the device. */
	assert_true(r == 0 || r == -VC_ERR_REFUSED);
	assert_null(strstr(err.msg, "no claims"));
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		const char *vmi, *domain;
		int result;
	} cases[] = {
		{ "", domain, -VC_ERR_INPUT },
		{ "{", domain, -VC_ERR_INPUT },
		{ "[]", domain, -VC_ERR_INPUT },
		{ plain, "", -VC_ERR_INPUT },
		{ plain, "<domain>", -VC_ERR_INPUT },
		{ plain, "<network/>", -VC_ERR_INPUT },
		{ plain, "<!DOCTYPE domain><domain/>", -VC_ERR_INPUT },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const char *const arguments[] = {
			"--vmi",    cases[i].vmi, "--domain", cases[i].domain,
			"--config", config,       NULL,
		};
		struct vc_err err = VC_ERR_INIT;
		struct vc_hook_answer answer;

		assert_int_equal(call(&arena, arguments, &answer, &err), cases[i].result);
		assert_null(answer.text);
	}
}

static void test_untrusted_claims(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *const arguments[] = { "--vmi",    claiming, "--domain", domain,
		                          "--config", config,   NULL };
	struct vc_err err = VC_ERR_INIT;
	struct vc_hook_answer answer;

	assert_int_equal(chmod(claims, 0666), 0);
	assert_int_equal(call(&arena, arguments, &answer, &err), -VC_ERR_REFUSED);
	assert_int_equal(chmod(claims, 0644), 0);
	assert_null(answer.text);
}

static void test_command_line(void **state VC_UNUSED)
{
	static const char *const bad[][5] = {
		{ NULL },
		{ "--vmi", plain, NULL },
		{ "--domain", domain, NULL },
		{ "--vmi", NULL },
		{ "--vmi", plain, "--domain", NULL },
		{ "--vmi", plain, option_plain, NULL },
		{ "--what", NULL },
		{ option_plain, option_domain, "more", NULL },
	};
	static const char *const good[][2] = { { "--help", NULL },
		                               { "--version", NULL } };

	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_hook_answer answer;

		assert_int_equal(call(&arena, bad[i], &answer, &err), -VC_ERR_USAGE);
		assert_null(answer.text);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(good); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_hook_answer answer;

		assert_int_equal(call(&arena, good[i], &answer, &err), 0);
		assert_non_null(strstr(answer.text, "onDefineDomain"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched_without_claims),
		cmocka_unit_test(test_attaches_and_settles),
		cmocka_unit_test(test_claims_of_the_command_line),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_untrusted_claims),
		cmocka_unit_test(test_command_line),
	};

	return cmocka_run_group_tests_name("kubevirt_hook", tests, setup, teardown);
}
