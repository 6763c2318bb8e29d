/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which claims are a node's, and what is kept of objects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "companion/kube_cache.h"
#include "companion/kube_pools.h"
#include "companion/kube_scope.h"
#include "unit.h"

#define NODE            "node-a"

#define SELECTOR(terms) "\"nodeSelector\":{\"nodeSelectorTerms\":[" terms "]}"
#define NAMES(op, values) \
	"{\"key\":\"metadata.name\",\"operator\":\"" op "\",\"values\":[" values "]}"
#define FIELDS(fields) "{\"matchFields\":[" fields "]}"
#define LABELS(more)                                                                              \
	"{\"matchExpressions\":[{\"key\":\"rack\",\"operator\":\"In\",\"values\":[\"r1\"]}]" more \
	"}"

static struct vc_tree *parse(const char *text)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_tree *tree = NULL;

	if (vc_tree_parse(text, strlen(text), "object", &tree, &err) < 0)
		fail_msg("%s", err.msg);
	return tree;
}

static struct vc_kube_allocation ask(const char *status)
{
	VC_AUTOFREE char *text = NULL;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	assert_true(asprintf(&text, "{\"kind\":\"ResourceClaim\"%s}", status) > 0);
	tree = parse(text);
	root = vc_tree_root(tree, 0);
	return vc_kube_allocation_read(&root, NODE);
}

static void test_not_allocated(void **state VC_UNUSED)
{
	static const char *const statuses[] = {
		"",
		",\"status\":null",
		",\"status\":{}",
		",\"status\":[]",
		",\"status\":\"allocated\"",
		",\"status\":{\"allocation\":null}",
		",\"status\":{\"allocation\":[]}",
		",\"status\":{\"reservedFor\":[]}",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(statuses); i++)
		if (ask(statuses[i]).allocated)
			fail_msg("allocated: %s", statuses[i]);
}

static void test_selectors(void **state VC_UNUSED)
{
	static const struct {
		const char *allocation;
		enum vc_tri here;
	} rows[] = {
		{ SELECTOR(FIELDS(NAMES("In", "\"node-a\""))), VC_YES },
		{ SELECTOR(FIELDS(NAMES("In", "\"node-b\""))), VC_NO },
		{ SELECTOR(FIELDS(NAMES("In", "\"node-aa\""))), VC_NO },
		{ SELECTOR(FIELDS(NAMES("In", ""))), VC_NO },
		{ SELECTOR(FIELDS(NAMES("In", "1,null,{}"))), VC_NO },
		{ SELECTOR(FIELDS(NAMES("NotIn", "\"node-a\""))), VC_NO },
		/* several nodes: on which of them is open */
		{ SELECTOR(FIELDS(NAMES("In", "\"node-a\",\"node-b\""))), VC_UNKNOWN },
		{ SELECTOR(FIELDS(NAMES("NotIn", "\"node-b\""))), VC_UNKNOWN },
		{ SELECTOR(FIELDS(NAMES("Exists", ""))), VC_UNKNOWN },
		/* all requirements of a term */
		{ SELECTOR(FIELDS(
			  NAMES("In", "\"node-a\"") "," NAMES("NotIn", "\"node-a\""))),
		  VC_NO },
		{ SELECTOR(FIELDS(
			  NAMES("NotIn", "\"node-b\"") "," NAMES("In", "\"node-a\""))),
		  VC_YES },
		/* labels are not read, names are */
		{ SELECTOR(LABELS("")), VC_UNKNOWN },
		{ SELECTOR(LABELS(",\"matchFields\":[" NAMES("In", "\"node-b\"") "]")),
		  VC_NO },
		{ SELECTOR(LABELS(",\"matchFields\":[" NAMES("In", "\"node-a\"") "]")),
		  VC_YES },
		/* any of the terms */
		{ SELECTOR(FIELDS(NAMES("In", "\"node-b\"")) "," FIELDS(
			  NAMES("In", "\"node-a\""))),
		  VC_UNKNOWN },
		{ SELECTOR(FIELDS(NAMES("In", "\"node-b\"")) "," FIELDS(
			  NAMES("In", "\"node-c\""))),
		  VC_NO },
		/* [K8S] a term without requirements matches nothing */
		{ SELECTOR("{}"), VC_NO },
		{ SELECTOR("null"), VC_NO },
		{ SELECTOR(FIELDS("\"\"")), VC_UNKNOWN },
		{ SELECTOR(FIELDS("{\"key\":\"metadata.name\"}")), VC_UNKNOWN },
		{ SELECTOR(FIELDS("{\"key\":\"spec.x\",\"operator\":\"In\",\"values\":["
		                  "\"b\"]}")),
		  VC_UNKNOWN },
		{ "\"nodeSelector\":{\"nodeSelectorTerms\":null}", VC_UNKNOWN },
		{ "\"nodeSelector\":{\"nodeSelectorTerms\":[]}", VC_UNKNOWN },
		{ "\"nodeSelector\":{}", VC_UNKNOWN },
		{ "\"nodeSelector\":null", VC_UNKNOWN },
		{ "\"nodeSelector\":\"node-b\"", VC_UNKNOWN },
		{ "\"devices\":{}", VC_UNKNOWN },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(rows); i++) {
		VC_AUTOFREE char *status = NULL;
		struct vc_kube_allocation found;

		assert_true(asprintf(&status, ",\"status\":{\"allocation\":{%s}}",
		                     rows[i].allocation) > 0);
		found = ask(status);
		assert_true(found.allocated);
		if (found.here != rows[i].here)
			fail_msg("%s: %d, expected %d", rows[i].allocation,
			         (int)found.here, (int)rows[i].here);
	}
}

/* Objects, as a watch gives them */

#define CLAIM(name, uid, pool)                                                               \
	"{\"kind\":\"ResourceClaim\",\"apiVersion\":\"resource.k8s.io/v1\",\"metadata\":{"   \
	"\"namespace\":\"lab\",\"name\":\"" name "\",\"uid\":\"" uid                         \
	"\"},\"status\":{\"allocation\":{\"devices\":{\"results\":[{\"request\":\"gpu\","    \
	"\"driver\":\"Gpu.example.org\",\"pool\":\"" pool                                    \
	"\",\"device\":\"gpu-0\"}]}},\"reservedFor\":[{\"resource\":\"pods\",\"name\":\"p\"" \
	",\"uid\":\"pod-1\"},{\"apiGroup\":\"kubevirt.io\",\"resource\":"                    \
	"\"virtualmachines\",\"name\":\"vm\",\"uid\":\"vm-1\"},{\"resource\":\"services\",\"name\":\"s\",\"uid\":\"pod-2\"}]}}"
#define SLICE(name, driver, pool)                                                           \
	"{\"kind\":\"ResourceSlice\",\"apiVersion\":\"resource.k8s.io/v1\",\"metadata\":{"  \
	"\"name\":\"" name "\"},\"spec\":{\"driver\":\"" driver                             \
	"\",\"nodeName\":\"node-a\",\"pool\":{\"name\":\"" pool                             \
	"\",\"generation\":1,\"resourceSliceCount\":1},\"devices\":[{\"name\":\"gpu-0\","   \
	"\"attributes\":{\"resource.kubernetes.io/pciBusID\":{\"string\":\"0000:65:00.0\"}" \
	"}}]}}"
#define POD(name, uid)                                                                    \
	"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"lab\","    \
	"\"name\":\"" name "\",\"uid\":\"" uid                                            \
	"\"},\"spec\":{\"resourceClaims\":[{\"name\":\"gpu\",\"resourceClaimName\":\"vm-" \
	"gpu\"}]}}"

static int read_into(struct vc_kube_cache *cache, const char *text, const char *namespace,
                     const char *name, unsigned sync, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = parse(text);
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *entry = NULL;
	const struct vc_kube_object object = {
		.tree = tree,
		.namespace = namespace,
		.name = name,
		.uid = "u",
		.resource_version = "7",
	};
	int r = vc_kube_entry_read(&object, sync, &entry, err);

	if (r < 0) {
		assert_null(entry);
		return r;
	}
	return vc_kube_cache_put(cache, &entry, err);
}

static void put(struct vc_kube_cache *cache, const char *text, const char *namespace,
                const char *name, unsigned sync)
{
	struct vc_err err = VC_ERR_INIT;

	if (read_into(cache, text, namespace, name, sync, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_pools_and_pods(void **state VC_UNUSED)
{
	static const struct {
		const char *slice;
		bool in;
	} rows[] = {
		{ SLICE("s", "gpu.example.org", "node-a"), true },
		{ SLICE("s", "GPU.example.org", "node-a"), true },
		{ SLICE("s", "gpu.example.org", "node-b"), false },
		{ SLICE("s", "gpu.example.or", "node-a"), false },
		{ SLICE("s", "gpu.example.org", "Node-a"), false },
	};
	struct vc_kube_cache claims = { 0 }, pods = { 0 };
	const struct vc_kube_entry *entry;
	const struct vc_claim *claim;

	put(&claims, CLAIM("vm-gpu", "c1", "node-a"), "lab", "vm-gpu", 1);
	entry = vc_kube_cache_find(&claims, "lab", "vm-gpu");
	assert_non_null(entry);
	claim = &entry->facts.claims.v[0];
	for (size_t i = 0; i < VC_ARRAY_SIZE(rows); i++) {
		struct vc_kube_cache slices = { 0 };
		struct vc_err err = VC_ERR_INIT;

		/* not the name of a pool at all */
		if (read_into(&slices, rows[i].slice, "", "s", 1, &err) < 0) {
			assert_int_equal(err.kind, VC_ERR_INPUT);
			assert_false(rows[i].in);
			continue;
		}
		assert_int_equal(
			vc_kube_claim_in_pools(claim, &slices.v[0]->facts.slices),
			rows[i].in);
		vc_kube_cache_release(&slices);
	}
	put(&pods, POD("p", "pod-1"), "lab", "p", 1);
	put(&pods, POD("q", "pod-2"), "lab", "q", 1);
	put(&pods, POD("vm", "vm-1"), "lab", "vm", 1);
	assert_non_null(pods.v);
	assert_true(vc_kube_claim_for_pod(claim, &pods.v[0]->facts.pods.v[0]));
	assert_false(vc_kube_claim_for_pod(claim, &pods.v[1]->facts.pods.v[0]));
	/* a VM is no pod, whatever its UID */
	assert_false(vc_kube_claim_for_pod(claim, &pods.v[2]->facts.pods.v[0]));
	vc_kube_cache_release(&claims);
	vc_kube_cache_release(&pods);
}

static void test_broken_objects(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "{\"kind\":\"ResourceClaim\",\"metadata\":{\"name\":\"..\"}}",
		  "ResourceClaim 'lab/x': /metadata/name: " },
		{ "{\"kind\":\"ResourceClaim\",\"metadata\":{\"name\":\"x\"},\"status\":1}",
		  "ResourceClaim 'lab/x': /status: " },
		{ "{\"kind\":\"ResourceClaim\"}", "ResourceClaim 'lab/x': " },
		{ "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"x\"}}",
		  "Secret 'lab/x': " },
		{ "{\"metadata\":{\"name\":\"x\"}}", "object 'lab/x': " },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(rows); i++) {
		struct vc_kube_cache cache = { 0 };
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(read_into(&cache, rows[i].text, "lab", "x", 1, &err),
		                 -VC_ERR_INPUT);
		assert_int_equal(cache.n, 0);
		if (strncmp(err.msg, rows[i].says, strlen(rows[i].says)) != 0)
			fail_msg("'%s' does not begin with '%s'", err.msg, rows[i].says);
	}
}

static void test_cache(void **state VC_UNUSED)
{
	static const char *const names[] = { "m", "c", "z", "a", "b", "y", "d" };
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_kube_cache cache = { 0 };
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;

	assert_null(vc_kube_cache_find(&cache, "lab", "m"));
	assert_false(vc_kube_cache_remove(&cache, "lab", "m"));
	for (unsigned round = 1; round <= 10; round++)
		for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++)
			put(&cache, CLAIM("n", "c1", "node-a"),
			    round % 2 ? "lab" : "other", names[i], round);
	assert_int_equal(cache.n, 2 * VC_ARRAY_SIZE(names));
	for (size_t i = 1; i < cache.n; i++) {
		int c = strcmp(cache.v[i - 1]->namespace, cache.v[i]->namespace);

		assert_true(c < 0 || (c == 0 && strcmp(cache.v[i - 1]->name,
		                                       cache.v[i]->name) < 0));
	}
	/* in the place of older ones */
	assert_int_equal(vc_kube_cache_find(&cache, "lab", "z")->sync, 9);
	assert_int_equal(vc_kube_cache_find(&cache, "other", "a")->sync, 10);
	assert_null(vc_kube_cache_find(&cache, "lab", "n"));
	assert_null(vc_kube_cache_find(&cache, "", "a"));
	assert_true(vc_kube_cache_remove(&cache, "lab", "c"));
	assert_null(vc_kube_cache_find(&cache, "lab", "c"));
	assert_non_null(vc_kube_cache_find(&cache, "other", "c"));
	assert_int_equal(vc_kube_cache_collect(&cache, &arena, &facts, &err), 0);
	assert_int_equal(facts.claims.n, cache.n);
	assert_string_equal(facts.claims.v[0].devices.v[0].pool, "node-a");
	/* what the list 9 did not have */
	assert_int_equal(vc_kube_cache_sweep(&cache, 9), 7);
	assert_int_equal(cache.n, 6);
	assert_null(vc_kube_cache_find(&cache, "other", "z"));
	assert_non_null(vc_kube_cache_find(&cache, "lab", "z"));
	vc_kube_cache_forget_syncs(&cache);
	assert_int_equal(vc_kube_cache_sweep(&cache, 9), 6);
	assert_int_equal(cache.n, 0);
	vc_kube_cache_release(&cache);
	vc_kube_cache_release(&cache);
}

/* Pools */

static void put_slice(struct vc_kube_cache *cache, const char *name, int generation,
                      int count, int n_devices)
{
	static const char *const devices[] = {
		"", "{\"name\":\"gpu-0\"}", "{\"name\":\"gpu-0\"},{\"name\":\"gpu-1\"}"
	};
	VC_AUTOFREE char *text = NULL;

	assert_true(
		asprintf(&text,
	                 "{\"kind\":\"ResourceSlice\",\"metadata\":{\"name\":\"%s\"},"
	                 "\"spec\":{\"driver\":\"gpu.example.org\",\"pool\":{\"name\":"
	                 "\"node-a\",\"generation\":%d,\"resourceSliceCount\":%d},"
	                 "\"devices\":[%s]}}",
	                 name, generation, count, devices[n_devices]) > 0);
	put(cache, text, "", name, 1);
}

/* What is told of slices, as "GENERATION:DEVICES ..." */
static void expect(struct vc_kube_pools *pools, const struct vc_kube_cache *slices,
                   const struct vc_kube_cache *claims, const char *expected)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	char *text = vc_arena_strdup(&arena, "");

	assert_int_equal(vc_kube_pools_update(pools, slices, claims, &err), 0);
	assert_int_equal(vc_kube_pools_collect(pools, slices, &arena, &facts, &err), 0);
	for (size_t i = 0; i < facts.slices.n; i++)
		text = vc_arena_printf(&arena, "%s%s%d:%zu", text, i > 0 ? " " : "",
		                       (int)facts.slices.v[i].generation,
		                       facts.slices.v[i].devices.n);
	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void test_pools(void **state VC_UNUSED)
{
	struct vc_kube_cache claims = { 0 }, slices = { 0 };
	struct vc_kube_pools pools = { 0 };

	expect(&pools, &slices, &claims, "");
	/* never complete: what there is */
	put_slice(&slices, "s0", 1, 2, 1);
	expect(&pools, &slices, &claims, "1:1");
	put_slice(&slices, "s1", 1, 2, 0);
	expect(&pools, &slices, &claims, "1:1 1:0");
	/* slice by slice: the old one counts until the new one is complete */
	put_slice(&slices, "s0", 2, 2, 2);
	expect(&pools, &slices, &claims, "1:1 1:0");
	put_slice(&slices, "s1", 2, 2, 1);
	expect(&pools, &slices, &claims, "2:2 2:1");
	/* leftovers of an older generation do not matter */
	put_slice(&slices, "s2", 1, 1, 1);
	expect(&pools, &slices, &claims, "2:2 2:1");
	/* gone, and used */
	put(&claims, CLAIM("vm-gpu", "c1", "node-a"), "lab", "vm-gpu", 1);
	assert_int_equal(vc_kube_cache_sweep(&slices, 7), 3);
	expect(&pools, &slices, &claims, "2:2 2:1");
	/* generations may begin anew */
	put_slice(&slices, "s3", 0, 1, 1);
	expect(&pools, &slices, &claims, "0:1");
	/* gone, and used by nobody; of another pool */
	assert_true(vc_kube_cache_remove(&slices, "", "s3"));
	assert_true(vc_kube_cache_remove(&claims, "lab", "vm-gpu"));
	put(&claims, CLAIM("vm-gpu", "c1", "node-b"), "lab", "vm-gpu", 1);
	expect(&pools, &slices, &claims, "");
	put_slice(&slices, "s0", 1, 1, 1);
	expect(&pools, &slices, &claims, "1:1");
	vc_kube_cache_release(&slices);
	vc_kube_cache_release(&claims);
	vc_kube_pools_release(&pools);
	vc_kube_pools_release(&pools);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_allocated),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_pools_and_pods),
		cmocka_unit_test(test_broken_objects),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_pools),
	};

	return cmocka_run_group_tests_name("companion_kube", tests, NULL, NULL);
}
