/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/buf.h"
#include "kube/api.h"
#include "pin/body.h"
#include "pin/plan.h"
#include "unit.h"

#define VM    "{\"apiGroup\":\"kubevirt.io\",\"resource\":\"virtualmachines\","
#define VM7   VM "\"name\":\"vm7\",\"uid\":\"u7\"}"
#define VM8   VM "\"name\":\"vm8\",\"uid\":\"u8\"}"
#define POD   "{\"resource\":\"pods\",\"name\":\"p\",\"uid\":\"p1\"}"
#define ALLOC "\"allocation\":{\"allocationTimestamp\":\"2026-01-01T00:00:00Z\"}"
/* two devices, and for the second of them */
#define ADMIN(value)                                                                  \
	"\"allocation\":{\"allocationTimestamp\":\"t\",\"devices\":{\"results\":["    \
	"{\"driver\":\"d.io\",\"pool\":\"p\",\"device\":\"a\"},"                      \
	"{\"driver\":\"d.io\",\"pool\":\"p\",\"device\":\"b\",\"adminAccess\":" value \
	"}]}}"
#define FINALIZERS   "\"finalizers\":[\"x/y\",\"resource.kubernetes.io/delete-protection\"]"
#define RECORD(text) "\"annotations\":{\"virt-claim.io/pinned\":\"" text "\"}"

/* managedFields: by whom, how, what */
#define BY(manager, operation, sub, fields)                           \
	"{\"manager\":\"" manager "\",\"operation\":\"" operation     \
	"\",\"time\":\"2026-02-02T00:00:00Z\",\"subresource\":\"" sub \
	"\",\"fieldsV1\":" fields "}"
#define ENTRY(uid) \
	"{\"f:status\":{\"f:reservedFor\":{\"k:{\\\"uid\\\":\\\"" uid "\\\"}\":{}}}}"
#define OUR_ENTRY BY("virt-claim", "Apply", "status", ENTRY("u7"))
#define OUR_GUARD                                                                \
	BY("virt-claim", "Apply", "",                                            \
	   "{\"f:metadata\":{\"f:annotations\":{\"f:virt-claim.io/pinned\":{}}," \
	   "\"f:finalizers\":{\"v:\\\"resource.kubernetes.io/"                   \
	   "delete-protection\\\"\":{}}}}")
#define OUR_RECORD                    \
	BY("virt-claim", "Apply", "", \
	   "{\"f:metadata\":{\"f:annotations\":{\"f:virt-claim.io/pinned\":{}}}}")
#define MANAGED(entries) "\"managedFields\":[" entries "]"

/* A claim: more metadata, status */
#define CLAIM(metadata, status)                                                 \
	"{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"ResourceClaim\","    \
	"\"metadata\":{\"namespace\":\"lab\",\"name\":\"disk\",\"uid\":\"c1\"," \
	"\"resourceVersion\":\"7\"" metadata "},\"status\":{" status "}}"
#define RESERVED(entries) ALLOC ",\"reservedFor\":[" entries "]"

static struct vc_pin_claim read_claim(struct vc_arena *arena, const char *text)
{
	const struct vc_kube_text answer = { text, strlen(text) };
	struct vc_err err = VC_ERR_INIT;
	struct vc_pin_claim claim;

	if (vc_pin_claim_parse(arena, &answer, &claim, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return claim;
}

/* Pinning */

struct pin_case {
	const char *claim;
	enum vc_pin_step step;
	enum vc_pin_refusal refusal;
	bool foreign;
};

static const struct pin_case pin_cases[] = {
	{ CLAIM("", RESERVED(POD)), VC_PIN_GUARD, VC_PIN_GRANTED, false },
	{ CLAIM("," FINALIZERS, ALLOC), VC_PIN_GUARD, VC_PIN_GRANTED, false },
	{ CLAIM("," FINALIZERS "," RECORD("vm7/u7"), RESERVED(POD)), VC_PIN_RESERVE,
	  VC_PIN_GRANTED, false },
	{ CLAIM("," RECORD("vm7/u7"), RESERVED(POD)), VC_PIN_GUARD, VC_PIN_GRANTED,
	  false },
	{ CLAIM("," FINALIZERS "," RECORD("vm7/u6"), ALLOC), VC_PIN_GUARD, VC_PIN_GRANTED,
	  false },
	{ CLAIM("," FINALIZERS "," RECORD("nonsense"), ALLOC), VC_PIN_GUARD,
	  VC_PIN_GRANTED, false },
	/* pinned */
	{ CLAIM("," FINALIZERS "," RECORD("vm7/u7") "," MANAGED(OUR_ENTRY),
	        RESERVED(POD "," VM7)),
	  VC_PIN_NOTHING, VC_PIN_GRANTED, false },
	{ CLAIM("," FINALIZERS "," RECORD("vm7/u7"), RESERVED(VM7)), VC_PIN_NOTHING,
	  VC_PIN_GRANTED, false },
	{ CLAIM("," FINALIZERS "," MANAGED(OUR_ENTRY), RESERVED(VM7)), VC_PIN_GUARD,
	  VC_PIN_GRANTED, false },
	{ CLAIM(",\"deletionTimestamp\":\"t\"," MANAGED(OUR_ENTRY), RESERVED(VM7)),
	  VC_PIN_NOTHING, VC_PIN_GRANTED, false },
	/* by somebody else */
	{ CLAIM("", RESERVED(VM7)), VC_PIN_NOTHING, VC_PIN_GRANTED, true },
	{ CLAIM("," MANAGED(BY("kv", "Update", "status", ENTRY("u7"))), RESERVED(VM7)),
	  VC_PIN_NOTHING, VC_PIN_GRANTED, true },
	{ CLAIM("," RECORD("vm7/u7") "," MANAGED(
			BY("kv", "Apply", "status", ENTRY("u7"))),
	        RESERVED(VM7)),
	  VC_PIN_UNGUARD, VC_PIN_GRANTED, true },
	{ CLAIM("," MANAGED(OUR_ENTRY "," BY("kv", "Apply", "status", ENTRY("u7"))),
	        RESERVED(VM7)),
	  VC_PIN_GUARD, VC_PIN_GRANTED, false },
	/* of the wrong object of managedFields */
	{ CLAIM("," MANAGED(BY("virt-claim", "Apply", "", ENTRY("u7"))), RESERVED(VM7)),
	  VC_PIN_NOTHING, VC_PIN_GRANTED, true },
	/* refused */
	{ CLAIM(",\"deletionTimestamp\":\"t\"", RESERVED(POD)), VC_PIN_NOTHING,
	  VC_PIN_CLAIM_DELETING, false },
	{ CLAIM(",\"annotations\":{\"resource.kubernetes.io/pod-claim-name\":\"d\"}",
	        ALLOC),
	  VC_PIN_NOTHING, VC_PIN_TEMPLATE, false },
	{ CLAIM(",\"annotations\":{\"resource.kubernetes.io/extended-resource-claim\":"
	        "\"true\"}",
	        ALLOC),
	  VC_PIN_NOTHING, VC_PIN_TEMPLATE, false },
	{ CLAIM(",\"ownerReferences\":[{\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"p1\"}]",
	        ALLOC),
	  VC_PIN_NOTHING, VC_PIN_TEMPLATE, false },
	{ CLAIM(",\"ownerReferences\":[{\"kind\":\"VirtualMachine\",\"name\":\"vm7\","
	        "\"uid\":\"u7\"}]",
	        ALLOC),
	  VC_PIN_GUARD, VC_PIN_GRANTED, false },
	{ CLAIM("", RESERVED(VM8)), VC_PIN_NOTHING, VC_PIN_OTHER_VM, false },
	{ CLAIM("," RECORD("vm8/u8"), ALLOC), VC_PIN_NOTHING, VC_PIN_OTHER_VM, false },
	{ CLAIM("," RECORD("vm7/u7"), RESERVED(VM8)), VC_PIN_UNGUARD, VC_PIN_OTHER_VM,
	  false },
	{ CLAIM("", ""), VC_PIN_NOTHING, VC_PIN_UNALLOCATED, false },
	{ CLAIM("," RECORD("vm7/u7"), ""), VC_PIN_UNGUARD, VC_PIN_UNALLOCATED, false },
	{ CLAIM("," RECORD("vm7/u6"), ""), VC_PIN_UNGUARD, VC_PIN_UNALLOCATED, false },
	{ CLAIM("", ADMIN("true")), VC_PIN_NOTHING, VC_PIN_ADMIN, false },
	{ CLAIM("," RECORD("vm7/u7"), ADMIN("true")), VC_PIN_UNGUARD, VC_PIN_ADMIN,
	  false },
	{ CLAIM("", ADMIN("false")), VC_PIN_GUARD, VC_PIN_GRANTED, false },
	{ CLAIM("", "\"allocation\":{}"), VC_PIN_NOTHING, VC_PIN_NO_TIMESTAMP, false },
};

static void test_pin(void **state VC_UNUSED)
{
	struct vc_pin_vm vm = { (char[]){ "vm7" }, (char[]){ "u7" }, false };

	for (size_t i = 0; i < VC_ARRAY_SIZE(pin_cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct pin_case *c = &pin_cases[i];
		const struct vc_pin_claim claim = read_claim(&arena, c->claim);
		const struct vc_pin_input input = { 1, 36, &claim, "vm7", &vm };
		const struct vc_pin_plan plan = vc_pin_plan_pin(&input);

		if (plan.step != c->step || plan.refusal != c->refusal ||
		    plan.foreign != c->foreign)
			fail_msg("case %zu: step %d, refusal %d, foreign %d: %s", i,
			         (int)plan.step, (int)plan.refusal, plan.foreign,
			         c->claim);
	}
}

/* Version and VM, of a claim that is fine, and of one that is pinned already */
static void test_pin_elsewhere(void **state VC_UNUSED)
{
	static const struct {
		unsigned major, minor;
		bool vm, deleting;
		enum vc_pin_refusal refusal;
	} cases[] = {
		{ 1, 36, true, false, VC_PIN_GRANTED },
		{ 1, 37, true, false, VC_PIN_GRANTED },
		{ 2, 0, true, false, VC_PIN_GRANTED },
		{ 1, 35, true, false, VC_PIN_OLD_SERVER },
		{ 0, 99, true, false, VC_PIN_OLD_SERVER },
		{ 1, 36, false, false, VC_PIN_VM_ABSENT },
		{ 1, 36, true, true, VC_PIN_VM_DELETING },
	};
	static const char *const claims[] = {
		CLAIM("", ALLOC),
		CLAIM("," FINALIZERS "," RECORD("vm7/u7") "," MANAGED(OUR_ENTRY),
		      RESERVED(VM7)),
	};

	for (size_t i = 0; i < 2 * VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_pin_vm vm = { (char[]){ "vm7" }, (char[]){ "u7" },
			                cases[i / 2].deleting };
		const struct vc_pin_claim claim = read_claim(&arena, claims[i % 2]);
		const struct vc_pin_input input = { cases[i / 2].major,
			                            cases[i / 2].minor, &claim, "vm7",
			                            cases[i / 2].vm ? &vm : NULL };
		const struct vc_pin_plan plan = vc_pin_plan_pin(&input);
		struct vc_err err = VC_ERR_INIT;
		int r;

		assert_int_equal(plan.refusal, cases[i / 2].refusal);
		if (plan.refusal == VC_PIN_GRANTED)
			continue;
		assert_int_equal(plan.step, VC_PIN_NOTHING);
		r = vc_pin_refuse(&input, &plan, &err);
		assert_int_equal(r, plan.refusal == VC_PIN_VM_ABSENT ? -VC_ERR_ABSENT
		                                                     : -VC_ERR_REFUSED);
		assert_non_null(strstr(err.msg, "lab/disk: "));
	}
}

static void test_full(void **state VC_UNUSED)
{
	for (unsigned n = VC_PIN_MAX_RESERVED - 1; n <= VC_PIN_MAX_RESERVED; n++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)1 << 20);
		struct vc_pin_vm vm = { (char[]){ "vm7" }, (char[]){ "u7" }, false };
		struct vc_pin_claim claim;
		struct vc_pin_input input = { 1, 36, &claim, "vm7", &vm };

		vc_buf_puts(
			&buf,
			"{\"kind\":\"ResourceClaim\",\"metadata\":{\"namespace\":"
			"\"lab\",\"name\":\"disk\",\"uid\":\"c1\",\"resourceVersion\":"
			"\"7\"},\"status\":{" ALLOC ",\"reservedFor\":[");
		for (unsigned i = 0; i < n; i++)
			vc_buf_printf(&buf,
			              "%s{\"resource\":\"pods\",\"name\":\"p\",\"uid\":"
			              "\"p%u\"}",
			              i > 0 ? "," : "", i);
		vc_buf_puts(&buf, "]}}");
		claim = read_claim(&arena, buf.data);
		assert_int_equal(vc_pin_plan_pin(&input).refusal,
		                 n < VC_PIN_MAX_RESERVED ? VC_PIN_GRANTED : VC_PIN_FULL);
	}
}

/* Unpinning, and the body of the step */

#define PRE "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"},"
#define APPLY(metadata)                                                                     \
	"{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"ResourceClaim\","                \
	"\"metadata\":{\"name\":\"disk\",\"uid\":\"c1\",\"resourceVersion\":\"7\"" metadata \
	"}}"
#define KEPT ",\"finalizers\":[\"resource.kubernetes.io/delete-protection\"]"
#define GUARDED_BY_SCHEDULER \
	FINALIZERS "," RECORD("vm7/u7") "," MANAGED(OUR_ENTRY "," OUR_RECORD)
#define GUARDED_BY_US FINALIZERS "," RECORD("vm7/u7") "," MANAGED(OUR_ENTRY "," OUR_GUARD)

static const struct {
	const char *claim, *vm_uid;
	enum vc_pin_step step;
	const char *body;
} unpin_cases[] = {
	{ CLAIM("", RESERVED(POD)), NULL, VC_PIN_NOTHING, NULL },
	{ CLAIM("," FINALIZERS, RESERVED(VM7)), NULL, VC_PIN_NOTHING, NULL },
	{ CLAIM("," GUARDED_BY_SCHEDULER, RESERVED(VM7)), NULL, VC_PIN_RELEASE,
	  PRE "{\"op\":\"remove\",\"path\":\"/status/reservedFor\"},"
	      "{\"op\":\"remove\",\"path\":\"/status/allocation\"}]\n" },
	{ CLAIM("," GUARDED_BY_SCHEDULER, RESERVED(VM7)), "u7", VC_PIN_RELEASE, NULL },
	{ CLAIM("," GUARDED_BY_SCHEDULER, RESERVED(VM7)), "u8", VC_PIN_NOTHING, NULL },
	{ CLAIM("," GUARDED_BY_SCHEDULER, RESERVED(POD "," VM7)), NULL, VC_PIN_UNRESERVE,
	  APPLY("") "\n" },
	{ CLAIM("," GUARDED_BY_US, RESERVED(VM7)), NULL, VC_PIN_UNRESERVE,
	  APPLY("") "\n" },
	{ CLAIM(",\"deletionTimestamp\":\"t\"," GUARDED_BY_SCHEDULER, RESERVED(VM7)),
	  NULL, VC_PIN_UNRESERVE, APPLY("") "\n" },
	/* managedFields are gone */
	{ CLAIM("," FINALIZERS "," RECORD("vm7/u7"), RESERVED(POD "," VM7)), NULL,
	  VC_PIN_UNRESERVE,
	  PRE "{\"op\":\"test\",\"path\":\"/status/reservedFor/1/uid\",\"value\":\"u7\"},"
	      "{\"op\":\"remove\",\"path\":\"/status/reservedFor/1\"}]\n" },
	{ CLAIM("," FINALIZERS "," RECORD("vm7/u7"), RESERVED(POD)), NULL, VC_PIN_UNGUARD,
	  PRE "{\"op\":\"remove\",\"path\":\"/metadata/annotations/"
	      "virt-claim.io~1pinned\"}]\n" },
	{ CLAIM("," FINALIZERS "," RECORD("?"), ""), NULL, VC_PIN_UNGUARD, NULL },
	/* what is left */
	{ CLAIM("," GUARDED_BY_SCHEDULER, ""), NULL, VC_PIN_UNGUARD, APPLY("") "\n" },
	{ CLAIM("," GUARDED_BY_SCHEDULER, ""), "u8", VC_PIN_NOTHING, NULL },
	{ CLAIM("," GUARDED_BY_US, ALLOC), NULL, VC_PIN_UNGUARD, APPLY("") "\n" },
	{ CLAIM("," GUARDED_BY_US, RESERVED(POD)), NULL, VC_PIN_UNGUARD,
	  APPLY(KEPT) "\n" },
	{ CLAIM("," FINALIZERS "," MANAGED(OUR_GUARD), RESERVED(POD)), NULL,
	  VC_PIN_NOTHING, NULL },
	{ CLAIM("," FINALIZERS "," MANAGED(OUR_GUARD), ALLOC), NULL, VC_PIN_UNGUARD,
	  APPLY("") "\n" },
	/* somebody else has it, too: it is theirs to keep */
	{ CLAIM("," GUARDED_BY_SCHEDULER, RESERVED(VM8)), NULL, VC_PIN_UNGUARD, NULL },
};

static void test_unpin(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(unpin_cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_PIN_BODY_MAX);
		const struct vc_pin_claim claim =
			read_claim(&arena, unpin_cases[i].claim);
		const struct vc_pin_plan plan =
			vc_pin_plan_unpin(&claim, unpin_cases[i].vm_uid);
		const struct vc_pin_wish wish = { .step = plan.step,
			                          .claim = &claim,
			                          .entry = plan.holder,
			                          .api_version = "v1" };
		struct vc_pin_body body;

		if (plan.step != unpin_cases[i].step)
			fail_msg("case %zu: step %d: %s", i, (int)plan.step,
			         unpin_cases[i].claim);
		if (!unpin_cases[i].body)
			continue;
		body = vc_pin_body_write(&wish, &buf);
		assert_string_equal(buf.data, unpin_cases[i].body);
		assert_int_equal(body.method,
		                 *buf.data == '[' ? VC_PIN_JSON_PATCH : VC_PIN_APPLY);
		assert_int_equal(body.status, plan.step != VC_PIN_UNGUARD);
	}
}

/* Somebody else applied the same entry: taking ours back is all that is done. */
static void test_unpin_what_both_have(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_pin_claim claim = read_claim(
		&arena,
		CLAIM("," FINALIZERS "," RECORD("vm7/u7") "," MANAGED(
			      OUR_ENTRY "," BY("kv", "Apply", "status", ENTRY("u7"))),
	              RESERVED(VM7)));

	assert_int_equal(vc_pin_plan_unpin(&claim, NULL).step, VC_PIN_UNRESERVE);
	assert_true(claim.holders.v[0].managers.applied);
	assert_string_equal(claim.holders.v[0].managers.other, "kv");
}

static void test_touched(void **state VC_UNUSED)
{
	static const struct {
		const char *claim;
		bool touched;
	} cases[] = {
		{ CLAIM("", ""), false },
		{ CLAIM("," FINALIZERS, RESERVED(VM7)), false },
		{ CLAIM("," RECORD("vm7/u7"), ""), true },
		{ CLAIM("," MANAGED(OUR_ENTRY), RESERVED(VM7)), true },
		{ CLAIM("," FINALIZERS "," MANAGED(OUR_GUARD), ""), true },
		{ CLAIM("," FINALIZERS "," MANAGED(OUR_GUARD), RESERVED(POD)), false },
		{ CLAIM("," MANAGED(OUR_GUARD), ""), false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct vc_pin_claim claim = read_claim(&arena, cases[i].claim);

		assert_int_equal(vc_pin_is_touched(&claim), cases[i].touched);
	}
}

/* Reading */

static void test_read(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_pin_claim claim = read_claim(
		&arena,
		CLAIM(",\"annotations\":{\"virt-claim.io/pinned\":\"vm7/u7/controller\"}",
	              "\"allocation\":{\"devices\":{\"results\":[{\"driver\":\"d.example\","
	              "\"pool\":\"p/q\",\"device\":\"x\"}]},\"nodeSelector\":"
	              "{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":\"metadata.name\","
	              "\"operator\":\"In\",\"values\":[\"n1\"]},{\"key\":\"metadata.name\","
	              "\"operator\":\"NotIn\",\"values\":[\"n9\"]}],\"matchExpressions\":["
	              "{\"key\":\"kubernetes.io/hostname\",\"operator\":\"In\",\"values\":["
	              "\"n2\"]},{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"z\"]}]}]}},"
	              "\"reservedFor\":[" POD "]"));

	assert_string_equal(claim.record_vm, "vm7");
	assert_string_equal(claim.record_uid, "u7");
	assert_string_equal(claim.record_by, "controller");
	assert_true(claim.allocated);
	assert_null(claim.allocated_at);
	assert_int_equal(claim.nodes.n, 2);
	assert_string_equal(claim.nodes.v[0], "n1");
	assert_string_equal(claim.nodes.v[1], "n2");
	assert_string_equal(claim.devices.v[0], "d.example/p/q/x");
	assert_string_equal(claim.holders.v[0].group, "");
	assert_false(vc_pin_is_vm(&claim.holders.v[0]));
}

static void test_read_refuses(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"kind\":\"Pod\"}",
		"{\"kind\":\"ResourceClaim\"}",
		"{\"kind\":\"ResourceClaim\",\"metadata\":{\"name\":\"disk\"}}",
		"{\"kind\":\"ResourceClaim\",\"metadata\":{\"namespace\":\"lab\",\"name\":"
		"\"disk\",\"uid\":\"c1\"}}",
		CLAIM(",\"finalizers\":[7]", ""),
		CLAIM(",\"finalizers\":{}", ""),
		CLAIM(",\"annotations\":{\"virt-claim.io/pinned\":{}}", ""),
		CLAIM("", "\"allocation\":[]"),
		CLAIM("", "\"allocation\":{\"devices\":{\"results\":[{}]}}"),
		CLAIM("", "\"reservedFor\":[{\"resource\":\"pods\",\"name\":\"p\"}]"),
		CLAIM("",
		      "\"reservedFor\":[{\"resource\":\"pods\",\"name\":\"p\",\"uid\":"
		      "\"\\\"}\"}]"),
		CLAIM("", "") CLAIM("", ""),
		"{\"kind\":\"Status\",\"status\":\"Failure\"}",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct vc_kube_text text = { texts[i], strlen(texts[i]) };
		struct vc_err err = VC_ERR_INIT;
		struct vc_pin_claim claim = { .name = (char[]){ "untouched" } };

		if (vc_pin_claim_parse(&arena, &text, &claim, &err) != -VC_ERR_INPUT)
			fail_msg("case %zu was read: %s", i, texts[i]);
		assert_string_equal(claim.name, "untouched");
	}
}

/* managedFields that make no sense say nothing. */
static void test_odd_managed_fields(void **state VC_UNUSED)
{
	static const char *const odd[] = {
		"\"managedFields\":7",
		"\"managedFields\":[7,null,{}]",
		MANAGED("{\"manager\":7,\"subresource\":\"status\",\"fieldsV1\":7}"),
		MANAGED("{\"manager\":\"virt-claim\",\"subresource\":7,\"fieldsV1\":" ENTRY(
			"u7") "}"),
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(odd); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(4096);
		struct vc_pin_claim claim;

		vc_buf_printf(&buf,
		              "{\"kind\":\"ResourceClaim\",\"metadata\":{\"namespace\":"
		              "\"lab\",\"name\":\"disk\",\"uid\":\"c1\","
		              "\"resourceVersion\":\"7\",%s},\"status\":{%s}}",
		              odd[i], RESERVED(VM7));
		claim = read_claim(&arena, buf.data);
		assert_false(claim.holders.v[0].managers.ours);
		assert_null(claim.holders.v[0].managers.since);
	}
}

static void test_read_vm(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		int r;
		bool deleting;
	} cases[] = {
		{ "{\"kind\":\"VirtualMachine\",\"metadata\":{\"name\":\"vm7\",\"uid\":"
		  "\"u7\"}}",
		  0, false },
		{ "{\"kind\":\"VirtualMachine\",\"metadata\":{\"name\":\"vm7\",\"uid\":"
		  "\"u7\",\"deletionTimestamp\":\"t\"}}",
		  0, true },
		{ "{\"kind\":\"VirtualMachine\",\"metadata\":{\"name\":\"vm7\"}}",
		  -VC_ERR_INPUT, false },
		{ "{\"kind\":\"VirtualMachineInstance\",\"metadata\":{\"name\":\"vm7\","
		  "\"uid\":\"u7\"}}",
		  -VC_ERR_INPUT, false },
		{ "{\"kind\":\"VirtualMachine\"}", -VC_ERR_INPUT, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct vc_kube_text text = { cases[i].text, strlen(cases[i].text) };
		struct vc_pin_vm vm = { .deleting = false };
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_pin_vm_parse(&arena, &text, &vm, &err), cases[i].r);
		assert_int_equal(vm.deleting, cases[i].deleting);
		if (cases[i].r < 0)
			assert_null(vm.name);
		else
			assert_string_equal(vm.uid, "u7");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_pin_elsewhere),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_unpin),
		cmocka_unit_test(test_unpin_what_both_have),
		cmocka_unit_test(test_touched),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_refuses),
		cmocka_unit_test(test_odd_managed_fields),
		cmocka_unit_test(test_read_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
