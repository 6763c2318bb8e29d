/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start, attach, detach and sync against fake_libvirt.c: what is asked for, in which order,
 * and what happens when a step fails, hangs or crashes.
 */
#include "manage/manage.h"
#include "temp_tree.h"

#define LOCAL "test:///default"
#define FAR   "qemu+ssh://far/system"

#define DEVICE(request, bus)                                                    \
	"{\"name\": \"" request "\", \"devices\": [{\"name\": \"d" bus          \
	"\", \"pool\": \"p\", \"driver\": \"x.example.com\", \"attributes\": {" \
	"\"resource.kubernetes.io/pciBusID\": {\"string\": \"0000:" bus ":00.0\"}}}]}"
#define CLAIM                                                                          \
	"{\"apiVersion\": \"metadata.resource.k8s.io/v1alpha1\", \"kind\": "           \
	"\"DeviceMetadata\", \"metadata\": {\"name\": \"c\", \"namespace\": \"lab\", " \
	"\"uid\": \"5d1f0c52-6c0e-4d1c-9f63-0f6f2a3c1b10\", \"generation\": 1}, "      \
	"\"requests\": [" DEVICE("a", "65") ", " DEVICE("b", "66") "]}"

#define HOSTDEV(alias, bus)                                                \
	"<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\"><driver " \
	"name=\"vfio\"/><source><address domain=\"0x0000\" bus=\"0x" bus   \
	"\" slot=\"0x00\" function=\"0x0\"/></source><alias name=\"" alias \
	"\"/></hostdev>\n"
#define RECORD(alias, request)                                \
	"<vc:device alias=\"" alias                           \
	"\" namespace=\"lab\" claim=\"c\" request=\"" request \
	"\" index=\"1\" made=\"yes\"/>"
#define METADATA(records)                                                             \
	"<metadata><!--vc--><vc:claims xmlns:vc=\"urn:virt-claim:domain:1\">" records \
	"</vc:claims></metadata>\n"
#define DOMAIN(metadata, devices)                                      \
	"<domain type=\"test\">\n<name>vm1</name>\n"                   \
	"<uuid>11111111-1111-4111-8111-111111111111</uuid>\n" metadata \
	"<devices>\n" devices "</devices>\n</domain>\n"
#define EMPTY DOMAIN("", "")
#define BOTH                                                      \
	DOMAIN(METADATA(RECORD("ua-a", "a") RECORD("ua-b", "b")), \
	       HOSTDEV("ua-a", "65") HOSTDEV("ua-b", "66"))

/* A command about vm1. */
struct rig {
	const struct temp_tree *tree;
	struct vc_arena arena;
	struct vc_manage manage;
	struct vc_bindings bindings;
	struct vc_manage_report report;
	struct vc_err err;
	char claims[96];
	const char *paths[1];
};

static void rig_release(struct rig *rig)
{
	vc_arena_release(&rig->arena);
}
#define AUTO_RIG VC_CLEANUP(rig_release) struct rig

/* @live: NULL: it does not run */
static void prepare(struct rig *rig, void **state, const char *inactive, const char *live)
{
	*rig = (struct rig){ .tree = *state, .arena = VC_ARENA_INIT };
	assert_int_equal(setenv("VC_FAKE_DIR", rig->tree->path, 1), 0);
	temp_tree_put(rig->tree, "uri", LOCAL);
	temp_tree_put(rig->tree, "inactive.xml", inactive);
	if (live)
		temp_tree_put(rig->tree, "live.xml", live);
	temp_tree_put(rig->tree, "c.json", CLAIM);
	(void)snprintf(rig->claims, sizeof(rig->claims), "%s/c.json", rig->tree->path);
	rig->paths[0] = rig->claims;
	rig->manage = (struct vc_manage){
		.input = { .claims = rig->paths,
		           .n_claims = 1,
		           .bindings = &rig->bindings,
		           .target_libvirt = 9000000 },
		.timeout_ms = 500,
	};
}

static void bind(struct rig *rig, const char *text)
{
	struct vc_binding *b = vc_list_push(&rig->arena, &rig->bindings);

	assert_non_null(b);
	assert_int_equal(vc_binding_parse(&rig->arena, text, b, &rig->err), 0);
}

static char *read_file(struct rig *rig, const char *name)
{
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len;

	if (vc_file_read(&rig->arena, rig->tree->dir, name, 0, &text, &len, &err) < 0)
		return vc_arena_strdup(&rig->arena, "");
	return text;
}

static void must_have_done(struct rig *rig, const char *log)
{
	assert_string_equal(read_file(rig, "log"), log);
}

static void must_say(const struct rig *rig, const char *text)
{
	if (!strstr(rig->err.msg, text))
		fail_msg("'%s' is not in '%s'", text, rig->err.msg);
}

static int attach(struct rig *rig)
{
	const struct vc_manage_scope scope = { 0 };

	rig->err = (struct vc_err)VC_ERR_INIT;
	return vc_manage_attach(&rig->arena, &rig->manage, "vm1", &scope, &rig->report,
	                        &rig->err);
}

static int detach(struct rig *rig, const char *alias)
{
	const char *const aliases[] = { alias };
	const char *const claims[] = { "lab/c" };
	const struct vc_detach what = { .claims = claims, .n_claims = !alias };
	int r;

	rig->err = (struct vc_err)VC_ERR_INIT;
	rig->manage.input.aliases = aliases;
	rig->manage.input.n_aliases = alias != NULL;
	r = vc_manage_detach(&rig->arena, &rig->manage, "vm1", &what, &rig->report,
	                     &rig->err);
	rig->manage.input.aliases = NULL;
	return r;
}

static void test_attach(void **state)
{
	AUTO_RIG rig;

	prepare(&rig, state, EMPTY, EMPTY);
	bind(&rig, "a=c:a");
	bind(&rig, "b=c:b");
	assert_int_equal(attach(&rig), 0);
	must_have_done(&rig, "attach ua-a\nattach ua-b\nrecord -\ndefine -\n");
	assert_int_equal(rig.report.lines.n, 4);
	assert_string_equal(rig.report.lines.v[0],
	                    "vm1: ua-a: 0000:65:00.0 attached to the guest");
	assert_non_null(strstr(read_file(&rig, "inactive.xml"), "ua-b"));
	/* once more: nothing to do */
	assert_int_equal(attach(&rig), 0);
	must_have_done(&rig, "attach ua-a\nattach ua-b\nrecord -\ndefine -\n");
}

/* The guest needs a controller before it can have the device. */
static void test_attach_controller(void **state)
{
	static const char claim[] =
		"{\"apiVersion\": \"metadata.resource.k8s.io/v1alpha1\", \"kind\": "
		"\"DeviceMetadata\", \"metadata\": {\"name\": \"c\", \"namespace\": "
		"\"lab\", \"uid\": \"5d1f0c52-6c0e-4d1c-9f63-0f6f2a3c1b10\", "
		"\"generation\": 1}, \"requests\": [{\"name\": \"a\", \"devices\": "
		"[{\"name\": \"d\", \"pool\": \"p\", \"driver\": \"x.example.com\", "
		"\"attributes\": {\"virt-claim.io/scsiAddress\": {\"string\": "
		"\"2:0:1:0\"}}}]}]}";
	AUTO_RIG rig;

	prepare(&rig, state, EMPTY, EMPTY);
	temp_tree_put(rig.tree, "c.json", claim);
	temp_tree_put(rig.tree, "faults", "attach ua-a fail\n");
	bind(&rig, "a=c:a");
	assert_int_equal(attach(&rig), -VC_ERR_SYSTEM);
	must_have_done(&rig, "attach scsi0\nattach ua-a\ndetach scsi0\n");
	temp_tree_put(rig.tree, "faults", "");
	temp_tree_put(rig.tree, "log", "");
	temp_tree_put(rig.tree, "live.xml", EMPTY);
	assert_int_equal(attach(&rig), 0);
	must_have_done(&rig, "attach scsi0\nattach ua-a\nrecord -\ndefine -\n");
	assert_int_equal(detach(&rig, "ua-a"), 0);
	/* the controller of a guest that runs stays, that of the definition goes */
	assert_non_null(strstr(read_file(&rig, "live.xml"), "<controller"));
	assert_null(strstr(read_file(&rig, "inactive.xml"), "<controller"));
}

/* What each fault leads to; the guest and the definition are as before. */
static void test_attach_undone(void **state)
{
	static const struct {
		const char *faults, *log, *says;
		bool stuck;
	} cases[] = {
		{ "attach ua-a fail\n", "attach ua-a\n", "no attach of 'ua-a'", false },
		{ "attach ua-b fail\n", "attach ua-a\nattach ua-b\ndetach ua-a\n",
		  "the guest has the devices that it had before", false },
		{ "attach ua-b crash\n", "attach ua-a\nattach ua-b\ndetach ua-a\n",
		  "killed by signal 11", true },
		{ "attach ua-b hang\n", "attach ua-a\nattach ua-b\ndetach ua-a\n",
		  "'ua-b' may be attached yet", true },
		{ "attach ua-b late\n",
		  "attach ua-a\nattach ua-b\ndetach ua-b\ndetach ua-a\n",
		  "not done after 500 ms", true },
		{ "record - fail\n",
		  "attach ua-a\nattach ua-b\nrecord -\ndetach ua-b\ndetach ua-a\n",
		  "no record of '-'", false },
		{ "define - fail\n",
		  "attach ua-a\nattach ua-b\nrecord -\ndefine -\ndetach ua-b\n"
		  "detach ua-a\nrecord -\n",
		  "no define of '-'", false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(*state, i);
		void *mine = &own;
		AUTO_RIG rig;

		prepare(&rig, &mine, EMPTY, EMPTY);
		temp_tree_put(rig.tree, "faults", cases[i].faults);
		bind(&rig, "a=c:a");
		bind(&rig, "b=c:b");
		assert_int_equal(attach(&rig), -VC_ERR_SYSTEM);
		must_have_done(&rig, cases[i].log);
		must_say(&rig, cases[i].says);
		must_say(&rig,
		         cases[i].stuck ? "virsh detach-device-alias" : "had before");
		if (strstr(read_file(&rig, "live.xml"), "ua-"))
			fail_msg("%zu: %s", i, read_file(&rig, "live.xml"));
		assert_string_equal(read_file(&rig, "inactive.xml"), EMPTY);
		assert_int_equal(rig.report.lines.n, 0);
		(void)close(own.dir);
	}
}

static void test_attach_cannot_be_undone(void **state)
{
	AUTO_RIG rig;

	prepare(&rig, state, EMPTY, EMPTY);
	temp_tree_put(rig.tree, "faults", "attach ua-b fail\ndetach ua-a fail\n");
	bind(&rig, "a=c:a");
	bind(&rig, "b=c:b");
	assert_int_equal(attach(&rig), -VC_ERR_SYSTEM);
	must_say(&rig, "no attach of 'ua-b'; 'ua-a' could not be detached again: "
	               "libvirt, 'vm1': no detach of 'ua-a'");
}

static void test_detach(void **state)
{
	AUTO_RIG rig;

	prepare(&rig, state, BOTH, BOTH);
	assert_int_equal(detach(&rig, "ua-none"), -VC_ERR_REFUSED);
	must_say(&rig, "no device of alias 'ua-none'; bound are: 'ua-a', 'ua-b'");
	assert_int_equal(detach(&rig, "ua-a"), 0);
	must_have_done(&rig, "detach ua-a\nrecord -\ndefine -\n");
	assert_null(strstr(read_file(&rig, "inactive.xml"), "ua-a"));
	assert_non_null(strstr(read_file(&rig, "live.xml"), "ua-b"));
	assert_int_equal(detach(&rig, NULL), 0);
	if (strstr(read_file(&rig, "live.xml"), "ua-"))
		fail_msg("%s", read_file(&rig, "live.xml"));
	assert_int_equal(detach(&rig, NULL), -VC_ERR_REFUSED);
	must_say(&rig, "no device of claim 'lab/c'; bound are: none");
}

/* A guest that keeps one device gets the other one back. */
static void test_detach_undone(void **state)
{
	static const struct {
		const char *faults, *log;
	} cases[] = {
		{ "detach ua-b fail\n", "detach ua-a\ndetach ua-b\nattach ua-a\n" },
		{ "record - fail\n", "detach ua-a\ndetach ua-b\nrecord -\n"
		                     "attach ua-b\nattach ua-a\n" },
		{ "define - fail\n", "detach ua-a\ndetach ua-b\nrecord -\ndefine -\n"
		                     "attach ua-b\nattach ua-a\nrecord -\n" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(*state, i);
		void *mine = &own;
		AUTO_RIG rig;

		prepare(&rig, &mine, BOTH, BOTH);
		temp_tree_put(rig.tree, "faults", cases[i].faults);
		assert_int_equal(detach(&rig, NULL), -VC_ERR_SYSTEM);
		must_have_done(&rig, cases[i].log);
		must_say(&rig, "the guest has the devices that it had before");
		assert_non_null(strstr(read_file(&rig, "live.xml"), "ua-a"));
		assert_non_null(strstr(read_file(&rig, "live.xml"), "ua-b"));
		assert_string_equal(read_file(&rig, "inactive.xml"), BOTH);
		(void)close(own.dir);
	}
}

static int start(struct rig *rig)
{
	rig->err = (struct vc_err)VC_ERR_INIT;
	return vc_manage_start(&rig->arena, &rig->manage, "vm1", false, &rig->report,
	                       &rig->err);
}

static void test_start(void **state)
{
	AUTO_RIG rig;

	prepare(&rig, state, BOTH, NULL);
	temp_tree_put(rig.tree, "state", "saved");
	assert_int_equal(start(&rig), -VC_ERR_REFUSED);
	must_say(&rig, "has a managed-save image");
	temp_tree_put(rig.tree, "state", "");
	temp_tree_put(rig.tree, "faults", "create - fail\n");
	assert_int_equal(start(&rig), -VC_ERR_SYSTEM);
	/* of an answer that broke off only the error counts */
	assert_string_equal(rig.err.msg, "libvirt, 'vm1': no create of '-'");
	temp_tree_put(rig.tree, "faults", "");
	assert_int_equal(start(&rig), 0);
	assert_string_equal(rig.report.lines.v[0], "vm1: started");
	assert_int_equal(start(&rig), -VC_ERR_REFUSED);
	must_say(&rig, "domain 'vm1' runs already");
	must_have_done(&rig, "create -\ncreate -\n");
}

/* Whoever edits again and again is stronger. */
static void test_edited_meanwhile(void **state)
{
	const struct vc_sync_options options = { 0 };
	struct vc_sync sync = { .name = NULL };
	AUTO_RIG rig;

	prepare(&rig, state, DOMAIN(METADATA(RECORD("ua-a", "a")), ""), NULL);
	temp_tree_put(rig.tree, "faults", "define - edit\ncreate - edit\n");
	assert_int_equal(
		vc_manage_sync(&rig.arena, &rig.manage, "vm1", &options, &sync, &rig.err),
		-VC_ERR_REFUSED);
	must_say(&rig, "edited by somebody else 3 times");
	assert_null(sync.name);
	assert_int_equal(start(&rig), -VC_ERR_REFUSED);
	must_say(&rig, "edited by somebody else 3 times");
	must_have_done(&rig,
	               "define -\ndefine -\ndefine -\ncreate -\ncreate -\ncreate -\n");
}

static void test_sync(void **state)
{
	static const struct {
		const char *inactive, *live, *log;
		struct vc_sync_options options;
		enum vc_sync_state state;
		bool started;
	} cases[] = {
		{ EMPTY, NULL, "", { 0 }, VC_SYNC_NO_CLAIMS, false },
		{ EMPTY, NULL, "", { .autostart = true }, VC_SYNC_NO_CLAIMS, false },
		{ DOMAIN(METADATA(RECORD("ua-a", "a")), ""),
		  NULL,
		  "define -\n",
		  { 0 },
		  VC_SYNC_CHANGED,
		  false },
		{ DOMAIN(METADATA(RECORD("ua-a", "a")), ""),
		  NULL,
		  "",
		  { .dry_run = true },
		  VC_SYNC_WOULD_CHANGE,
		  false },
		{ DOMAIN(METADATA(RECORD("ua-a", "a")), ""),
		  NULL,
		  "define -\ncreate -\n",
		  { .autostart = true },
		  VC_SYNC_CHANGED,
		  true },
		{ DOMAIN(METADATA(RECORD("ua-a", "a")), ""),
		  EMPTY,
		  "define -\n",
		  { .autostart = true },
		  VC_SYNC_CHANGED,
		  false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(*state, i);
		void *mine = &own;
		struct vc_sync sync;
		AUTO_RIG rig;

		prepare(&rig, &mine, cases[i].inactive, cases[i].live);
		temp_tree_put(rig.tree, "state", "autostart");
		if (vc_manage_sync(&rig.arena, &rig.manage, "vm1", &cases[i].options,
		                   &sync, &rig.err) < 0)
			fail_msg("%zu: %s", i, rig.err.msg);
		assert_int_equal(sync.state, cases[i].state);
		assert_int_equal(sync.started, cases[i].started);
		assert_int_equal(sync.active, cases[i].live != NULL);
		must_have_done(&rig, cases[i].log);
		(void)close(own.dir);
	}
}

/* Our claims and devices say nothing about another machine. */
static void test_far(void **state)
{
	AUTO_RIG rig;

	prepare(&rig, state, BOTH, NULL);
	temp_tree_put(rig.tree, "uri", FAR);
	rig.manage.input.n_claims = 0;
	rig.manage.config.sysfs = rig.claims; /* no directory: must not be opened */
	assert_int_equal(start(&rig), -VC_ERR_REFUSED);
	must_say(&rig, "is another machine: say with --claims");
	rig.manage.input.n_claims = 1;
	assert_int_equal(start(&rig), 0);
}

static void test_uris(void **state VC_UNUSED)
{
	static const struct {
		const char *uri;
		bool local, system;
	} cases[] = {
		{ "qemu:///system", true, true },
		{ "qemu+unix:///system?socket=/x", true, true },
		{ "qemu:///session", true, false },
		{ "test:///default", true, false },
		{ "qemu:///embed?root=/system", true, false },
		{ "qemu+ssh://far/system", false, false },
		{ "qemu+ssh://root@far:22/system", false, false },
		{ "qemu:///systemd", true, false },
		{ "xen", false, false },
		{ "", false, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		assert_int_equal(vc_virt_is_local(cases[i].uri), cases[i].local);
		assert_int_equal(vc_virt_is_system(cases[i].uri), cases[i].system);
	}
}

/* A library that hangs or crashes is an error, and costs no more than its deadline. */
static void test_library_fails(void **state)
{
	static const struct {
		const char *faults, *says;
	} cases[] = {
		{ "facts - hang\n", "libvirt: vm1: not done after 500 ms" },
		{ "facts - crash\n",
		  "libvirt: vm1: killed by signal 11 (Segmentation fault)" },
		{ "facts - fail\n", "libvirt, 'vm1': no facts of '-'" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(*state, i);
		struct vc_virt_request request = { .domain = "vm1", .deadline_ms = 500 };
		struct vc_virt_domain domain = { .name = NULL };
		void *mine = &own;
		AUTO_RIG rig;

		prepare(&rig, &mine, EMPTY, NULL);
		temp_tree_put(rig.tree, "faults", cases[i].faults);
		assert_int_equal(vc_virt_facts(&rig.arena, &request, &domain, &rig.err),
		                 -VC_ERR_SYSTEM);
		assert_string_equal(rig.err.msg, cases[i].says);
		assert_null(domain.name);
		(void)close(own.dir);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attach),
		TEST(test_attach_controller),
		TEST(test_attach_undone),
		TEST(test_attach_cannot_be_undone),
		TEST(test_detach),
		TEST(test_detach_undone),
		TEST(test_start),
		TEST(test_edited_meanwhile),
		TEST(test_sync),
		TEST(test_far),
		cmocka_unit_test(test_uris),
		TEST(test_library_fails),
	};

	if (setenv("VIRT_CLAIM_MODULE_DIR", VC_FAKE_MODULE_DIR, 1) < 0)
		return 1;
	return cmocka_run_group_tests_name("manage", tests, NULL, NULL);
}
