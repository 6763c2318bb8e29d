/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim/cdi.h"
#include "claim/cdi_spec.h"
#include "unit.h"

#define ENV      "{\"env\":[\"A=1\"]}"
#define EDIT(x)  "{" x "}"
#define NODE(x)  "{\"deviceNodes\":[{" x "}]}"
#define MOUNT(x) "{\"mounts\":[{" x "}]}"
#define HOOK(x)  "{\"hooks\":[{" x "}]}"
#define NET(x)   "{\"netDevices\":[" x "]}"
#define RDT(x)   "{\"intelRdt\":{" x "}}"
#define PATHS    "\"hostPath\":\"/h\",\"containerPath\":\"/c\""
#define NET_AB   "{\"hostInterfaceName\":\"a\",\"name\":\"b\"}"

/* A file with one device; NULL members have a value that is right. */
struct vector {
	const char *version, *kind, *name;
	const char *edits;
	const char *device_more, *spec_more; /* further members, with a comma in front */
	const char *complaint;               /* part of the message; NULL: accepted */
};

static const char *pick(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static int read_text(struct vc_arena *arena, const char *text, struct vc_cdi_spec *spec,
                     struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	int r = vc_tree_parse(text, strlen(text), "f.json", &tree, err);

	return r < 0 ? r : vc_cdi_spec_read(arena, tree, spec, err);
}

static void check_text(const char *text, const char *complaint)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_cdi_spec spec = { .file = NULL, .version = VC_CDI_0_4 };
	const struct vc_cdi_spec before = spec;
	struct vc_err err = VC_ERR_INIT;
	int r = read_text(&arena, text, &spec, &err);

	if ((r == 0) != (complaint == NULL) || (r < 0 && !strstr(err.msg, complaint)))
		print_error("%s\n-> %s, expected: %s\n", text,
		            r < 0 ? err.msg : "accepted", pick(complaint, "accepted"));
	assert_int_equal(r, complaint ? -VC_ERR_INPUT : 0);
	if (!complaint)
		return;
	assert_non_null(strstr(err.msg, complaint));
	assert_int_equal(strncmp(err.msg, "f.json", 6), 0);
	assert_memory_equal(&spec, &before, sizeof(spec));
}

static void check_vectors(const struct vector *vectors, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct vector *v = &vectors[i];
		VC_AUTOFREE char *text = NULL;

		assert_true(
			asprintf(&text,
		                 "{\"cdiVersion\":\"%s\",\"kind\":\"%s\",\"devices\":["
		                 "{\"name\":\"%s\",\"containerEdits\":%s%s}]%s}",
		                 pick(v->version, "1.1.0"),
		                 pick(v->kind, "acme.test/gpu"), pick(v->name, "a"),
		                 pick(v->edits, ENV), pick(v->device_more, ""),
		                 pick(v->spec_more, "")) > 0);
		check_text(text, v->complaint);
	}
}

static void test_versions(void **state VC_UNUSED)
{
	static const struct vector vectors[] = {
		{ .version = "0.3.0" },
		{ .version = "0.4.0" },
		{ .version = "0.5.0" },
		{ .version = "0.6.0" },
		{ .version = "0.7.0" },
		{ .version = "0.8.0" },
		{ .version = "1.0.0" },
		{ .version = "1.1.0" },
		{ .version = "v0.6.0" },
		{ .version = "0.1.0", .complaint = "/cdiVersion: CDI version '0.1.0'" },
		{ .version = "0.2.0", .complaint = "not known" },
		{ .version = "0.6", .complaint = "not known" },
		{ .version = "0.6.1", .complaint = "not known" },
		{ .version = "0.9.0", .complaint = "not known" },
		{ .version = "1.0.1", .complaint = "not known" },
		{ .version = "1.2.0", .complaint = "not known" },
		{ .version = "vv0.6.0", .complaint = "not known" },
		{ .version = "V0.6.0", .complaint = "not known" },
		{ .version = " 0.6.0", .complaint = "not known" },
		{ .version = "v", .complaint = "not known" },
		{ .version = "", .complaint = "'cdiVersion' must not be empty" },
		/* the version explains the unknown field */
		{ .version = "1.2.0",
		  .spec_more = ",\"new\":1",
		  .complaint = "not known" },
	};

	check_vectors(vectors, VC_ARRAY_SIZE(vectors));
}

/* Each feature, with the newest version that lacks it and the first that has it. */
static void test_version_gates(void **state VC_UNUSED)
{
	static const struct {
		struct vector feature;
		const char *too_old, *enough;
	} gates[] = {
		{ { .edits = MOUNT(PATHS ",\"type\":\"tmpfs\"") }, "0.3.0", "0.4.0" },
		{ { .edits = NODE("\"path\":\"/d\",\"hostPath\":\"/h\"") },
		  "0.4.0",
		  "0.5.0" },
		{ { .name = "0a" }, "0.4.0", "0.5.0" },
		{ { .device_more = ",\"annotations\":{\"k\":\"v\"}" }, "0.5.0", "0.6.0" },
		{ { .spec_more = ",\"annotations\":{\"k\":\"v\"}" }, "0.5.0", "0.6.0" },
		{ { .kind = "acme.test/gpu.big" }, "0.5.0", "0.6.0" },
		{ { .edits = RDT("") }, "0.6.0", "0.7.0" },
		{ { .edits = EDIT("\"additionalGids\":[5]") }, "0.6.0", "0.7.0" },
		{ { .spec_more = ",\"containerEdits\":{\"additionalGids\":[5]}" },
		  "0.6.0",
		  "0.7.0" },
		{ { .edits = NET(NET_AB) }, "1.0.0", "1.1.0" },
		{ { .edits = RDT("\"schemata\":[]") }, "1.0.0", "1.1.0" },
		{ { .edits = RDT("\"enableMonitoring\":true") }, "1.0.0", "1.1.0" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(gates); i++) {
		struct vector v = gates[i].feature;
		char complaint[32];

		v.version = gates[i].enough;
		check_vectors(&v, 1);
		v.version = gates[i].too_old;
		(void)snprintf(complaint, sizeof(complaint), "needs %s", gates[i].enough);
		v.complaint = complaint;
		check_vectors(&v, 1);
	}
}

/* An empty value is no value, so it needs no version. */
static void test_empty_needs_no_version(void **state VC_UNUSED)
{
	static const struct vector vectors[] = {
		{ .version = "0.3.0", .edits = MOUNT(PATHS ",\"type\":\"\"") },
		{ .version = "0.3.0", .edits = MOUNT(PATHS ",\"type\":null") },
		{ .version = "0.3.0",
		  .edits = NODE("\"path\":\"/d\",\"hostPath\":\"\"") },
		{ .version = "0.3.0", .device_more = ",\"annotations\":{}" },
		{ .version = "0.3.0", .spec_more = ",\"annotations\":null" },
		{ .version = "0.3.0",
		  .edits = EDIT("\"env\":[\"A=1\"],\"netDevices\":[]") },
		{ .version = "0.3.0",
		  .edits = EDIT("\"env\":[\"A=1\"],\"intelRdt\":null") },
		{ .version = "0.7.0", .edits = RDT("\"enableMonitoring\":false") },
		{ .version = "0.7.0", .edits = RDT("\"schemata\":null") },
	};

	check_vectors(vectors, VC_ARRAY_SIZE(vectors));
}

static void test_names(void **state VC_UNUSED)
{
	static const struct vector vectors[] = {
		{ .kind = "acme..test/gpu" },
		{ .kind = "acme_x.test/gpu" },
		{ .kind = "ACME/GPU" },
		{ .kind = "a/b" },
		{ .kind = "acme.test", .complaint = "/kind: 'acme.test' is not VENDOR" },
		{ .kind = "", .complaint = "'kind' must not be empty" },
		{ .kind = "/gpu", .complaint = "is not VENDOR" },
		{ .kind = "acme.test/", .complaint = "is not VENDOR" },
		{ .kind = "1acme/gpu", .complaint = "is not VENDOR" },
		{ .kind = "acme./gpu", .complaint = "is not VENDOR" },
		{ .kind = "-acme/gpu", .complaint = "is not VENDOR" },
		{ .kind = "acme/2gpu", .complaint = "is not VENDOR" },
		{ .kind = "acme/gpu/x", .complaint = "is not VENDOR" },
		{ .kind = "acme/gp u", .complaint = "is not VENDOR" },
		{ .kind = "acme/gpu_", .complaint = "is not VENDOR" },
		{ .kind = "acme:x/gpu", .complaint = "is not VENDOR" },
		{ .name = "0000:65:00.0" },
		{ .name = "uid_req" },
		{ .name = "a:b" },
		{ .name = "7" },
		{ .name = "", .complaint = "/devices/0/name: 'name' must not be empty" },
		{ .name = "a:", .complaint = "/devices/0/name" },
		{ .name = "-a", .complaint = "/devices/0/name" },
		{ .name = "a-", .complaint = "/devices/0/name" },
		{ .name = "a b", .complaint = "/devices/0/name" },
		{ .name = "a/b", .complaint = "/devices/0/name" },
		{ .name = "a=b", .complaint = "/devices/0/name" },
		{ .name = "a@b", .complaint = "/devices/0/name" },
		{ .name = "\xc3\xa9", .complaint = "/devices/0/name" },
		{ .name = "a\\nb", .complaint = "/devices/0/name" },
		{ .name = "a\\u0000b", .complaint = "NUL" },
	};

	check_vectors(vectors, VC_ARRAY_SIZE(vectors));
}

static void test_nodes_and_mounts(void **state VC_UNUSED)
{
	static const struct vector vectors[] = {
		{ .edits = NODE("\"path\":\"/d\"") },
		{ .edits = NODE("\"path\":\"../relative\"") },
		{ .edits = NODE("\"path\":\"/d\",\"type\":\"\"") },
		{ .edits = NODE("\"path\":\"/d\",\"type\":\"u\"") },
		{ .edits = NODE(
			  "\"path\":\"/d\",\"type\":\"p\",\"major\":-1,\"minor\":0") },
		{ .edits = NODE("\"path\":\"/d\",\"fileMode\":432,\"uid\":4294967295") },
		{ .edits = NODE("\"path\":\"/d\",\"permissions\":\"mrw\"") },
		{ .edits = NODE("\"path\":\"/d\",\"permissions\":\"rwmrwm\"") },
		{ .edits = NODE("\"path\":\"/d\",\"permissions\":\"none\"") },
		{ .edits = NODE(""), .complaint = "/deviceNodes/0: 'path' is missing" },
		{ .edits = NODE("\"path\":\"\""), .complaint = "must not be empty" },
		{ .edits = NODE("\"path\":null"), .complaint = "'path' is missing" },
		{ .edits = NODE("\"path\":5"), .complaint = "expected a string" },
		{ .edits = NODE("\"path\":\"/d\",\"type\":\"char\""),
		  .complaint = "/type: 'char' is not b, c, u or p" },
		{ .edits = NODE("\"path\":\"/d\",\"type\":\"C\""), .complaint = "/type" },
		{ .edits = NODE("\"path\":\"/d\",\"permissions\":\"x\""),
		  .complaint = "/permissions: 'x' is not" },
		{ .edits = NODE("\"path\":\"/d\",\"permissions\":\"rw \""),
		  .complaint = "/permissions" },
		{ .edits = NODE("\"path\":\"/d\",\"fileMode\":\"0660\""),
		  .complaint = "/fileMode: expected a whole number" },
		{ .edits = NODE("\"path\":\"/d\",\"fileMode\":-1"),
		  .complaint = "from 0" },
		{ .edits = NODE("\"path\":\"/d\",\"uid\":4294967296"),
		  .complaint = "from 0 to 4294967295" },
		{ .edits = NODE("\"path\":\"/d\",\"gid\":1.5"), .complaint = "/gid" },
		{ .edits = NODE("\"path\":\"/d\",\"major\":\"c\""),
		  .complaint = "/major" },
		{ .edits = NODE("\"path\":\"/d\",\"mode\":1"),
		  .complaint = "/mode: unknown field" },
		{ .edits = EDIT("\"deviceNodes\":[null]"),
		  .complaint = "/deviceNodes/0: expected a device node" },
		{ .edits = EDIT("\"deviceNodes\":{}"), .complaint = "a list of objects" },
		{ .edits = EDIT("\"deviceNodes\":[\"/d\"]"),
		  .complaint = "/deviceNodes/0" },
		{ .edits = MOUNT(PATHS ",\"options\":[\"ro\",\"\"]") },
		{ .edits = MOUNT("\"hostPath\":\"/h\""),
		  .complaint = "'containerPath' is missing" },
		{ .edits = MOUNT("\"containerPath\":\"/c\""),
		  .complaint = "'hostPath' is missing" },
		{ .edits = MOUNT(PATHS ",\"options\":\"ro\""), .complaint = "/options" },
		{ .edits = MOUNT(PATHS ",\"options\":[null]"),
		  .complaint = "/options/0" },
		{ .edits = EDIT("\"mounts\":[null]"), .complaint = "/mounts/0" },
	};

	check_vectors(vectors, VC_ARRAY_SIZE(vectors));
}

static void test_other_edits(void **state VC_UNUSED)
{
	static const struct vector vectors[] = {
		{ .edits = EDIT("\"env\":[\" A=1\",\"A B=1\",\"A=\",\"A=b=c\"]") },
		{ .edits = EDIT("\"env\":[\"=1\"]"), .complaint = "/env/0: '=1' is not" },
		{ .edits = EDIT("\"env\":[\"A\"]"), .complaint = "/env/0" },
		{ .edits = EDIT("\"env\":[\"\"]"), .complaint = "/env/0" },
		{ .edits = EDIT("\"env\":[null]"), .complaint = "/env/0" },
		{ .edits = EDIT("\"env\":[1]"), .complaint = "/env/0" },
		{ .edits = EDIT("\"env\":{\"A\":\"1\"}"), .complaint = "/env: expected" },
		{ .edits = HOOK(
			  "\"hookName\":\"createRuntime\",\"path\":\"bin/x\","
			  "\"args\":[\"x\",\"\"],\"env\":[\"A=1\"],\"timeout\":-1") },
		{ .edits = HOOK("\"hookName\":\"poststop\",\"path\":\"/x\"") },
		{ .edits = HOOK("\"hookName\":\"custom\",\"path\":\"/x\""),
		  .complaint = "'custom' is not prestart" },
		{ .edits = HOOK("\"hookName\":\"PreStart\",\"path\":\"/x\""),
		  .complaint = "/hookName" },
		{ .edits = HOOK("\"hookName\":\"prestart\""), .complaint = "'path'" },
		{ .edits = HOOK("\"path\":\"/x\""),
		  .complaint = "'hookName' is missing" },
		{ .edits = HOOK(
			  "\"hookName\":\"prestart\",\"path\":\"/x\",\"env\":[\"A\"]"),
		  .complaint = "/hooks/0/env/0" },
		{ .edits = HOOK(
			  "\"hookName\":\"prestart\",\"path\":\"/x\",\"timeout\":\"5\""),
		  .complaint = "/timeout" },
		{ .edits = NET(NET_AB ",{\"hostInterfaceName\":\"b\",\"name\":\"a\"}") },
		{ .edits = NET("{\"hostInterfaceName\":\"a\",\"name\":\"b\"},"
		               "{\"hostInterfaceName\":\"a\",\"name\":\"c\"}"),
		  .complaint = "two netDevices are called 'a'" },
		{ .edits = NET("{\"hostInterfaceName\":\"a\",\"name\":\"c\"},"
		               "{\"hostInterfaceName\":\"b\",\"name\":\"c\"}"),
		  .complaint = "two netDevices are called 'c'" },
		{ .edits = NET("{\"name\":\"c\"}"), .complaint = "'hostInterfaceName'" },
		{ .edits = NET("{\"hostInterfaceName\":\"a\",\"name\":\"\"}"),
		  .complaint = "'name' must not be empty" },
		/* unique in one edits object, not across them */
		{ .edits = NET(NET_AB), .spec_more = ",\"containerEdits\":" NET(NET_AB) },
		{ .edits = RDT("\"closID\":\"/\",\"l3CacheSchema\":\"L3:0=f\"") },
		{ .edits = RDT("\"closID\":\"guest\",\"memBwSchema\":\"MB:0=5\"") },
		{ .edits = RDT("\"schemata\":[\"L3:0=f\"],\"enableMonitoring\":true") },
		{ .edits = RDT("\"closID\":\".\""), .complaint = "/closID" },
		{ .edits = RDT("\"closID\":\"..\""), .complaint = "/closID" },
		{ .edits = RDT("\"closID\":\"a/b\""), .complaint = "/closID" },
		{ .edits = RDT("\"closID\":\"a\\nb\""), .complaint = "/closID" },
		{ .edits = RDT("\"enableCMT\":true"), .complaint = "unknown field" },
		{ .edits = RDT("\"enableMBM\":false"), .complaint = "unknown field" },
		{ .edits = RDT("\"enableMonitoring\":\"yes\""),
		  .complaint = "true or false" },
		{ .edits = EDIT("\"intelRdt\":[]"), .complaint = "expected an object" },
		{ .edits = EDIT("\"additionalGids\":[0,4294967295]") },
		{ .edits = EDIT("\"additionalGids\":[-1]"), .complaint = "Gids/0" },
		{ .edits = EDIT("\"additionalGids\":[\"5\"]"), .complaint = "Gids/0" },
		{ .edits = EDIT("\"additionalGids\":5"), .complaint = "a list of whole" },
	};

	check_vectors(vectors, VC_ARRAY_SIZE(vectors));
}

static void test_structure(void **state VC_UNUSED)
{
	static const struct vector vectors[] = {
		{ .edits = "{}", .complaint = "at least one edit" },
		{ .edits = "{\"env\":[],\"mounts\":[]}",
		  .complaint = "at least one edit" },
		{ .edits = "{\"env\":null}", .complaint = "at least one edit" },
		{ .edits = "null", .complaint = "'containerEdits' is missing" },
		{ .edits = "[]", .complaint = "expected an object" },
		{ .spec_more = ",\"containerEdits\":{}" },
		{ .spec_more = ",\"containerEdits\":null" },
		{ .spec_more = ",\"containerEdits\":[{}]", .complaint = "an object" },
		{ .spec_more = ",\"x\":null", .complaint = "/x: unknown field" },
		{ .device_more = ",\"edits\":{}", .complaint = "/edits: unknown field" },
		{ .device_more = ",\"name\":\"b\"", .complaint = "duplicate key" },
		{ .device_more = ",\"NAME\":\"b\"", .complaint = "in two spellings" },
		{ .device_more = ",\"annotations\":{\"k\":5}",
		  .complaint = "/annotations/k: expected a string" },
		{ .device_more = ",\"annotations\":{\"k\":null}", .complaint = "/k" },
		{ .device_more = ",\"annotations\":[]", .complaint = "an object with" },
		{ .device_more = ",\"annotations\":{\"\":\"\",\"no key \":\"v\"}" },
	};
	static const char *const refused[][2] = {
		{ "{}", "'cdiVersion' is missing" },
		{ "[]", "expected a CDI file: an object" },
		{ "{\"cdiVersion\":\"0.5.0\"}", "'kind' is missing" },
		{ "{\"kind\":\"a/b\",\"devices\":[]}", "must not be empty" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\"}", "'devices' is missing" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\",\"devices\":null}",
		  "'devices' is missing" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\",\"devices\":[null]}",
		  "/devices/0: expected a device" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\",\"devices\":[{}]}",
		  "/devices/0: 'name' is missing" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\",\"devices\":[{\"name\":\"a\"}]}",
		  "'containerEdits' is missing" },
		{ "{\"cdiVersion\":0.5,\"kind\":\"a/b\"}",
		  "/cdiVersion: expected a string" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\",\"devices\":["
		  "{\"name\":\"a\",\"containerEdits\":" ENV "},"
		  "{\"name\":\"b\",\"containerEdits\":" ENV "},"
		  "{\"name\":\"a\",\"containerEdits\":" ENV "}]}",
		  "/devices/2: device 'a' is already defined by f.json: /devices/0" },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a/b\",\"devices\":["
		  "{\"name\":\"a\",\"containerEdits\":" ENV "}]} {}",
		  "2 documents" },
		{ "cdiVersion: 0.5.0\nkind: a/b\ndevices:\n- name: 0\n",
		  "expected a string" },
	};

	check_vectors(vectors, VC_ARRAY_SIZE(vectors));
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++)
		check_text(refused[i][0], refused[i][1]);
}

static void test_kept(void **state VC_UNUSED)
{
	static const char text[] =
		"{\"CDIVERSION\":\"v0.8.0\",\"Kind\":\"acme.test/gpu.x\",\"DEVICES\":[{"
		"\"name\":\"g-1\",\"annotations\":{\"k\":\"v\"},\"containeredits\":{"
		"\"env\":[\"A=1\",\"B=2\"],\"devicenodes\":[{\"path\":\"/d\",\"hostpath\":"
		"\"/h\"}],\"mounts\":[{\"hostPath\":\"/m\",\"containerPath\":\"/n\"}],"
		"\"additionalGIDs\":[1]}}]}";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_cdi_spec spec = { 0 };
	const struct vc_cdi_device *device;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(read_text(&arena, text, &spec, &err), 0);
	assert_int_equal(spec.version, VC_CDI_0_8);
	assert_string_equal(spec.vendor, "acme.test");
	assert_string_equal(spec.class, "gpu.x");
	assert_string_equal(spec.file, "f.json");
	assert_int_equal(spec.devices.n, 1);
	device = spec.devices.v;
	if (!device)
		abort();
	assert_string_equal(device->qualified, "acme.test/gpu.x=g-1");
	assert_string_equal(device->where, "f.json: /DEVICES/0");
	assert_string_equal(device->annotations.v[0].value, "v");
	assert_int_equal(device->edits.env.n, 2);
	assert_string_equal(device->edits.env.v[1], "B=2");
	assert_string_equal(device->edits.nodes.v[0].host_path, "/h");
	assert_string_equal(device->edits.mounts.v[0].host_path, "/m");
	assert_string_equal(device->edits.mounts.v[0].container_path, "/n");
}

/* 300 characters of vendor are fine for the library, and 4096 of closID are not. */
static void test_lengths(void **state VC_UNUSED)
{
	char longest[4096 + 1], kind[512], edits[4200];

	memset(longest, 'v', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	(void)snprintf(kind, sizeof(kind), "%.300s/gpu", longest);
	check_vectors(&(struct vector){ .kind = kind }, 1);
	(void)snprintf(edits, sizeof(edits), "{\"intelRdt\":{\"closID\":\"%.4095s\"}}",
	               longest);
	check_vectors(&(struct vector){ .edits = edits }, 1);
	(void)snprintf(edits, sizeof(edits), "{\"intelRdt\":{\"closID\":\"%s\"}}",
	               longest);
	check_vectors(&(struct vector){ .edits = edits, .complaint = "/closID" }, 1);
}

static void test_recognise(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		bool is_cdi;
	} cases[] = {
		{ "{\"cdiVersion\":\"0.5.0\"}", true },
		{ "{\"CDIversion\":\"0.5.0\"}", true },
		{ "kind: a/b\ndevices: []\n", true },
		{ "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"devices\":[]}", false },
		{ "{\"kind\":\"a/b\"}", false },
		{ "{}", false },
		{ "[{\"cdiVersion\":\"0.5.0\"}]", false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_TREE struct vc_tree *tree = NULL;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_tree_parse(cases[i].text, strlen(cases[i].text), "f",
		                               &tree, &err),
		                 0);
		assert_int_equal(vc_cdi_recognise(tree), cases[i].is_cdi);
	}
}

static void test_out_of_memory(void **state VC_UNUSED)
{
	static const char text[] =
		"{\"cdiVersion\":\"0.8.0\",\"kind\":\"a/b\",\"devices\":[{\"name\":\"0\","
		"\"annotations\":{\"k\":\"v\"},\"containerEdits\":{\"env\":[\"A=1\"],"
		"\"deviceNodes\":[{\"path\":\"/d\"}],\"mounts\":[{" PATHS "}]}}]}";
	size_t limit = 0;

	for (int r = -VC_ERR_INTERNAL; r != 0; limit += 64) {
		VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = limit };
		struct vc_cdi_spec spec = { 0 };
		struct vc_err err = VC_ERR_INIT;

		assert_true(limit < 100000);
		r = read_text(&arena, text, &spec, &err);
		assert_true(r == 0 || r == -VC_ERR_INTERNAL);
		assert_true(r == 0 || spec.devices.n == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_version_gates),
		cmocka_unit_test(test_empty_needs_no_version),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nodes_and_mounts),
		cmocka_unit_test(test_other_edits),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_recognise),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("cdi_spec", tests, NULL, NULL);
}
