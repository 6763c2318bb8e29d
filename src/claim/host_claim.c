/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of host_claim.h. Only virt-claim writes these documents, so it knows every
 * key: another one was written by a newer virt-claim, and may mean that the device is not
 * what this one takes it for.
 */
#include <string.h>

#include "base/parse.h"
#include "claim/host_claim_internal.h"
#include "claim/names.h"
#include "claim/object.h"

/**
 * struct reader - a claim on its way into the model
 * @object:	arena and error
 * @claim:	so far
 * @counts:	of each request: how many devices it has by its .count
 * @n_status:	devices whose identity was read
 */
struct reader {
	struct vc_object_reader object;
	struct vc_host_claim *claim;
	struct {
		struct request *v;
		size_t n, cap;
	} requests;
	size_t n_status;
};

struct request {
	char *name;
	int64_t count;
};

/* Words that stand for a number of an enum. */
struct word {
	const char *word;
	int value;
};

static const char *const root_keys[] = { "apiVersion", "kind",   "metadata",
	                                 "spec",       "status", NULL };
static const char *const metadata_keys[] = { "namespace",  "name",        "uid",
	                                     "generation", "annotations", NULL };
static const char *const annotation_keys[] = { VC_HOST_PERSISTENT, NULL };
static const char *const spec_keys[] = { "devices", NULL };
static const char *const spec_devices_keys[] = { "requests", "config", NULL };
static const char *const request_keys[] = { "name", "exactly", NULL };
static const char *const exactly_keys[] = { "deviceClassName", "allocationMode", "count",
	                                    NULL };
static const char *const config_keys[] = { "requests", "opaque", NULL };
static const char *const opaque_keys[] = { "driver", "parameters", NULL };
static const char *const parameters_keys[] = { "apiVersion", "kind",     "device", "mac",
	                                       "vlan",       "mdevType", "match",  NULL };
static const char *const status_keys[] = { "allocation", "devices", NULL };
static const char *const allocation_keys[] = { "devices", NULL };
static const char *const results_keys[] = { "results", NULL };
static const char *const result_keys[] = { "request", "driver", "pool", "device", NULL };
static const char *const status_device_keys[] = { "driver", "pool", "device", "data",
	                                          NULL };
static const char *const data_keys[] = { "apiVersion",
	                                 "kind",
	                                 "madeFrom",
	                                 "vfIndex",
	                                 "mdevUUID",
	                                 "deviceKind",
	                                 "vendorID",
	                                 "deviceID",
	                                 "subsystemVendorID",
	                                 "subsystemDeviceID",
	                                 "evidence",
	                                 "slotPath",
	                                 "address",
	                                 "bootID",
	                                 "seenOn",
	                                 NULL };
static const char *const evidence_keys[] = { "kind", "value", NULL };

static int check_keys(const struct reader *r, const struct vc_node *node,
                      const char *const keys[])
{
	size_t n = vc_node_count(node);

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, r->object.err, VC_ERR_INPUT,
		                    "expected an object");
	for (size_t i = 0; i < n; i++) {
		struct vc_node member = vc_node_nth_member(node, i);
		size_t k = 0;

		while (keys[k] && strcmp(keys[k], member.key) != 0)
			k++;
		if (!keys[k])
			return vc_node_fail(&member, r->object.err, VC_ERR_INPUT,
			                    "unknown key; a newer virt-claim may have "
			                    "written it");
	}
	return 0;
}

/* An object that has to be there, with these keys. */
static int open_object(const struct reader *r, const struct vc_node *node,
                       const char *key, const char *const keys[],
                       struct vc_node *ret_child)
{
	if (vc_node_object(node, key, VC_REQUIRED, ret_child, NULL, r->object.err) < 0)
		return -(int)r->object.err->kind;
	return check_keys(r, ret_child, keys);
}

static int read_text(const struct reader *r, const struct vc_node *node, const char *key,
                     enum vc_presence presence, char **ret_text)
{
	return vc_object_text(&r->object, node, key, presence, &vc_name_line, ret_text);
}

/* A member that can have one value only. */
static int check_constant(const struct reader *r, const struct vc_node *node,
                          const char *key, const char *value)
{
	struct vc_node member = *node;
	char *text = NULL;

	if (read_text(r, node, key, VC_REQUIRED, &text) < 0)
		return -(int)r->object.err->kind;
	if (strcmp(text, value) == 0)
		return 0;
	(void)vc_node_member(node, key, &member);
	return vc_node_fail(&member, r->object.err, VC_ERR_INPUT,
	                    "expected '%s', not '%.64s'", value, text);
}

static int read_word(const struct reader *r, const struct vc_node *node, const char *key,
                     const struct word words[], int *ret_value)
{
	struct vc_node member = *node;
	char *text = NULL;

	if (read_text(r, node, key, VC_REQUIRED, &text) < 0)
		return -(int)r->object.err->kind;
	for (size_t i = 0; words[i].word; i++)
		if (strcmp(words[i].word, text) == 0) {
			*ret_value = words[i].value;
			return 0;
		}
	(void)vc_node_member(node, key, &member);
	return vc_node_fail(&member, r->object.err, VC_ERR_INPUT,
	                    "'%.64s' is not known; a newer virt-claim may have written "
	                    "it",
	                    text);
}

/* *ret_value stays as it is when the member is absent. */
static int read_int(const struct reader *r, const struct vc_node *node, const char *key,
                    int64_t min, int64_t max, int64_t *ret_value)
{
	struct vc_node member = *node;
	int64_t value = min;

	if (vc_node_int(node, key, VC_OPTIONAL, &value, r->object.err) < 0)
		return -(int)r->object.err->kind;
	if (!vc_node_member(node, key, &member) || vc_node_type(&member) == VC_NODE_NULL)
		return 0;
	if (value < min || value > max)
		return vc_node_fail(&member, r->object.err, VC_ERR_INPUT,
		                    "expected %lld..%lld", (long long)min,
		                    (long long)max);
	*ret_value = value;
	return 0;
}

/* Metadata */

static int read_annotations(const struct reader *r, const struct vc_node *metadata)
{
	static const struct word words[] = { { "false", 0 }, { "true", 1 }, { 0 } };
	struct vc_node annotations;
	int value = 0;

	if (open_object(r, metadata, "annotations", annotation_keys, &annotations) < 0 ||
	    read_word(r, &annotations, VC_HOST_PERSISTENT, words, &value) < 0)
		return -(int)r->object.err->kind;
	r->claim->persistent = value == 1;
	return 0;
}

static int read_metadata(const struct reader *r, const struct vc_node *root)
{
	const struct vc_object_reader *o = &r->object;
	struct vc_host_claim *claim = r->claim;
	struct vc_node node;

	if (open_object(r, root, "metadata", metadata_keys, &node) < 0 ||
	    vc_object_text(o, &node, "namespace", VC_REQUIRED, &vc_name_label,
	                   &claim->namespace) < 0 ||
	    vc_object_text(o, &node, "name", VC_REQUIRED, &vc_name_label, &claim->name) <
	            0 ||
	    vc_object_text(o, &node, "uid", VC_REQUIRED, &vc_name_uid, &claim->uid) < 0 ||
	    vc_node_int(&node, "generation", VC_REQUIRED, &claim->generation, o->err) < 0)
		return -(int)o->err->kind;
	return read_annotations(r, &node);
}

/* Results come first: they are the devices that the rest speaks about. */

static int read_result(const struct vc_object_reader *o, const struct vc_node *node,
                       void *data)
{
	const struct reader *r = data;
	struct vc_claimed_device *d = vc_list_push(o->arena, &r->claim->devices);
	char *pool = NULL;

	if (!d)
		return vc_fail_oom(o->err);
	d->vlan = -1;
	if (check_keys(r, node, result_keys) < 0 ||
	    check_constant(r, node, "driver", VC_HOST_DRIVER) < 0 ||
	    vc_object_text(o, node, "request", VC_REQUIRED, &vc_name_label, &d->request) <
	            0 ||
	    vc_object_text(o, node, "device", VC_REQUIRED, &vc_name_label, &d->name) <
	            0 ||
	    vc_object_text(o, node, "pool", VC_REQUIRED, &vc_name_pool, &pool) < 0)
		return -(int)o->err->kind;
	if (r->claim->pool && strcmp(r->claim->pool, pool) != 0)
		return vc_node_fail(node, o->err, VC_ERR_INPUT,
		                    "devices of two pools, '%.64s' and '%.64s'",
		                    r->claim->pool, pool);
	r->claim->pool = pool;
	return 0;
}

static int read_results(struct reader *r, const struct vc_node *status)
{
	struct vc_node allocation, devices;

	if (open_object(r, status, "allocation", allocation_keys, &allocation) < 0 ||
	    open_object(r, &allocation, "devices", results_keys, &devices) < 0)
		return -(int)r->object.err->kind;
	return vc_object_each(&r->object, &devices, "results", VC_HOST_CLAIM_DEVICES_MAX,
	                      read_result, r);
}

/* The device that a member 'device' names; NULL: there is none, or something failed. */
static struct vc_claimed_device *find_device(const struct reader *r,
                                             const struct vc_node *node)
{
	struct vc_node member = *node;
	char *name = NULL;

	if (vc_object_text(&r->object, node, "device", VC_REQUIRED, &vc_name_label,
	                   &name) < 0)
		return NULL;
	for (size_t i = 0; i < r->claim->devices.n; i++)
		if (strcmp(r->claim->devices.v[i].name, name) == 0)
			return &r->claim->devices.v[i];
	(void)vc_node_member(node, "device", &member);
	(void)vc_node_fail(&member, r->object.err, VC_ERR_INPUT,
	                   "'%.64s' is not among the results of the allocation", name);
	return NULL;
}

/* Identity */

static int read_id(const struct reader *r, const struct vc_node *node, const char *key,
                   enum vc_presence presence, uint16_t *ret_id)
{
	struct vc_node member = *node;
	const char *cursor;
	char *text = NULL;
	uint32_t value;

	if (read_text(r, node, key, presence, &text) < 0)
		return -(int)r->object.err->kind;
	if (!text)
		return 0;
	cursor = text;
	if (vc_parse_hex(&cursor, 4, 4, &value) && vc_parse_end(cursor)) {
		*ret_id = (uint16_t)value;
		return 0;
	}
	(void)vc_node_member(node, key, &member);
	return vc_node_fail(&member, r->object.err, VC_ERR_INPUT,
	                    "expected four hex digits, not '%.64s'", text);
}

static int read_evidence(const struct vc_object_reader *o, const struct vc_node *node,
                         void *data)
{
	static const struct word words[] = {
		{ "nvmeSerial", VC_EVIDENCE_NVME }, { "vpdSerial", VC_EVIDENCE_VPD },
		{ "usbSerial", VC_EVIDENCE_USB },   { "dsn", VC_EVIDENCE_DSN },
		{ "mac", VC_EVIDENCE_MAC },         { 0 },
	};
	const struct reader *r = data;
	struct vc_claimed_device *d = &r->claim->devices.v[r->n_status];
	struct vc_evidence *e = vc_list_push(o->arena, &d->identity.evidence);
	int kind = 0;

	if (!e)
		return vc_fail_oom(o->err);
	if (check_keys(r, node, evidence_keys) < 0 ||
	    read_word(r, node, "kind", words, &kind) < 0 ||
	    read_text(r, node, "value", VC_REQUIRED, &e->value) < 0)
		return -(int)o->err->kind;
	e->kind = (enum vc_evidence_kind)kind;
	return 0;
}

static int read_ids(const struct reader *r, const struct vc_node *data,
                    struct vc_identity *identity)
{
	enum vc_presence ids =
		identity->kind == VC_DEVICE_MDEV ? VC_OPTIONAL : VC_REQUIRED;

	if (read_id(r, data, "vendorID", ids, &identity->vendor) < 0 ||
	    read_id(r, data, "deviceID", ids, &identity->device) < 0 ||
	    read_id(r, data, "subsystemVendorID", VC_OPTIONAL,
	            &identity->subsystem_vendor) < 0)
		return -(int)r->object.err->kind;
	return read_id(r, data, "subsystemDeviceID", VC_OPTIONAL,
	               &identity->subsystem_device);
}

static int read_seen(const struct reader *r, const struct vc_node *data,
                     struct vc_identity *identity)
{
	static const struct word words[] = { { "nothing", VC_SEEN_ON_NOTHING },
		                             { "host-driver", VC_SEEN_ON_HOST_DRIVER },
		                             { "vfio", VC_SEEN_ON_VFIO },
		                             { 0 } };
	int seen = 0;

	if (read_text(r, data, "slotPath", VC_OPTIONAL, &identity->slot_path) < 0 ||
	    read_text(r, data, "address", VC_REQUIRED, &identity->address) < 0 ||
	    read_text(r, data, "bootID", VC_REQUIRED, &identity->boot_id) < 0 ||
	    read_word(r, data, "seenOn", words, &seen) < 0)
		return -(int)r->object.err->kind;
	identity->seen = (enum vc_seen)seen;
	return 0;
}

static int read_made_from(const struct reader *r, const struct vc_node *data,
                          struct vc_claimed_device *d)
{
	static const struct word words[] = { { "nobody", VC_MADE_BY_NOBODY },
		                             { "pf", VC_MADE_FROM_PF },
		                             { "mdev-type", VC_MADE_FROM_TYPE },
		                             { 0 } };
	int64_t index = -1;
	int made_from = 0;

	if (read_word(r, data, "madeFrom", words, &made_from) < 0 ||
	    read_int(r, data, "vfIndex", 0, VC_VF_INDEX_MAX, &index) < 0 ||
	    read_text(r, data, "mdevUUID", VC_OPTIONAL, &d->mdev_uuid) < 0)
		return -(int)r->object.err->kind;
	d->made_from = (enum vc_made_from)made_from;
	if ((index >= 0) != (d->made_from == VC_MADE_FROM_PF))
		return vc_node_fail(data, r->object.err, VC_ERR_INPUT,
		                    "vfIndex goes with madeFrom 'pf'");
	d->vf_index = index >= 0 ? (unsigned)index : 0;
	return 0;
}

static int read_data(struct reader *r, const struct vc_node *status_device,
                     struct vc_claimed_device *d)
{
	static const struct word kinds[] = { { "pci", VC_DEVICE_PCI },
		                             { "usb", VC_DEVICE_USB },
		                             { "mdev", VC_DEVICE_MDEV },
		                             { 0 } };
	struct vc_node data;
	int kind = 0;

	if (open_object(r, status_device, "data", data_keys, &data) < 0 ||
	    check_constant(r, &data, "apiVersion", VC_OURS_API_VERSION) < 0 ||
	    check_constant(r, &data, "kind", VC_OURS_IDENTITY) < 0 ||
	    read_made_from(r, &data, d) < 0 ||
	    read_word(r, &data, "deviceKind", kinds, &kind) < 0)
		return -(int)r->object.err->kind;
	d->identity.kind = (enum vc_device_kind)kind;
	if (read_ids(r, &data, &d->identity) < 0 ||
	    vc_object_each(&r->object, &data, "evidence", VC_IDENTITY_EVIDENCE_MAX,
	                   read_evidence, r) < 0)
		return -(int)r->object.err->kind;
	return read_seen(r, &data, &d->identity);
}

/* In the order of the results: as they were written. */
static int read_status_device(const struct vc_object_reader *o,
                              const struct vc_node *node, void *data)
{
	struct reader *r = data;
	struct vc_claimed_device *d;

	if (check_keys(r, node, status_device_keys) < 0 ||
	    check_constant(r, node, "driver", VC_HOST_DRIVER) < 0)
		return -(int)o->err->kind;
	d = find_device(r, node);
	if (!d || check_constant(r, node, "pool", r->claim->pool) < 0)
		return -(int)o->err->kind;
	if (d != &r->claim->devices.v[r->n_status])
		return vc_node_fail(node, o->err, VC_ERR_INPUT,
		                    "expected device '%s', as in the results",
		                    r->claim->devices.v[r->n_status].name);
	if (read_data(r, node, d) < 0)
		return -(int)o->err->kind;
	r->n_status++;
	return 0;
}

static int read_status(struct reader *r, const struct vc_node *root)
{
	struct vc_node status;

	if (open_object(r, root, "status", status_keys, &status) < 0 ||
	    read_results(r, &status) < 0 ||
	    vc_object_each(&r->object, &status, "devices", r->claim->devices.n,
	                   read_status_device, r) < 0)
		return -(int)r->object.err->kind;
	if (r->n_status < r->claim->devices.n)
		return vc_node_fail(&status, r->object.err, VC_ERR_INPUT,
		                    "device '%s' has no identity in devices",
		                    r->claim->devices.v[r->n_status].name);
	return 0;
}

/* What was asked for */

static int read_request(const struct vc_object_reader *o, const struct vc_node *node,
                        void *data)
{
	struct reader *r = data;
	struct request *request = vc_list_push(o->arena, &r->requests);
	struct vc_node exactly;

	if (!request)
		return vc_fail_oom(o->err);
	if (check_keys(r, node, request_keys) < 0 ||
	    vc_object_text(o, node, "name", VC_REQUIRED, &vc_name_label, &request->name) <
	            0 ||
	    open_object(r, node, "exactly", exactly_keys, &exactly) < 0 ||
	    check_constant(r, &exactly, "deviceClassName", VC_HOST_DRIVER) < 0 ||
	    check_constant(r, &exactly, "allocationMode", VC_HOST_MODE) < 0)
		return -(int)o->err->kind;
	return vc_node_int(&exactly, "count", VC_REQUIRED, &request->count, o->err);
}

/* Results and requests say the same in the same order. */
static int check_requests(const struct reader *r, const struct vc_node *devices)
{
	const struct vc_host_claim *claim = r->claim;
	size_t at = 0;

	for (size_t i = 0; i < r->requests.n; i++) {
		const struct request *q = &r->requests.v[i];
		int64_t n = 0;

		while (at < claim->devices.n &&
		       strcmp(claim->devices.v[at].request, q->name) == 0) {
			at++;
			n++;
		}
		if (n != q->count || n == 0)
			return vc_node_fail(devices, r->object.err, VC_ERR_INPUT,
			                    "request '%s' is for %lld devices and has "
			                    "%lld",
			                    q->name, (long long)q->count, (long long)n);
	}
	if (at < claim->devices.n)
		return vc_node_fail(devices, r->object.err, VC_ERR_INPUT,
		                    "device '%s' answers no request",
		                    claim->devices.v[at].name);
	return 0;
}

/* The entry is for the request of its device. */
static int check_config_request(const struct reader *r, const struct vc_node *config,
                                const struct vc_claimed_device *d)
{
	struct vc_node requests, request;
	const char *text;

	if (vc_node_array(config, "requests", VC_REQUIRED, &requests, NULL,
	                  r->object.err) < 0)
		return -(int)r->object.err->kind;
	if (vc_node_count(&requests) != 1)
		return vc_node_fail(&requests, r->object.err, VC_ERR_INPUT,
		                    "expected one request");
	request = vc_node_element(&requests, 0);
	text = vc_node_text(&request);
	if (text && strcmp(text, d->request) == 0)
		return 0;
	return vc_node_fail(&request, r->object.err, VC_ERR_INPUT,
	                    "expected '%s', as of device '%s'", d->request, d->name);
}

/* NULL: failed */
static struct vc_claimed_device *read_parameters(const struct reader *r,
                                                 const struct vc_node *opaque)
{
	const struct vc_object_reader *o = &r->object;
	struct vc_claimed_device *d;
	struct vc_node node;
	int64_t vlan = -1;

	if (open_object(r, opaque, "parameters", parameters_keys, &node) < 0 ||
	    check_constant(r, &node, "apiVersion", VC_OURS_API_VERSION) < 0 ||
	    check_constant(r, &node, "kind", VC_OURS_PARAMETERS) < 0)
		return NULL;
	d = find_device(r, &node);
	if (!d)
		return NULL;
	if (d->mac || d->vlan != -1 || d->mdev_type || d->match) {
		(void)vc_node_fail(&node, o->err, VC_ERR_INPUT,
		                   "device '%s' has parameters already", d->name);
		return NULL;
	}
	if (read_text(r, &node, "mac", VC_OPTIONAL, &d->mac) < 0 ||
	    read_int(r, &node, "vlan", 1, VC_VLAN_MAX, &vlan) < 0 ||
	    read_text(r, &node, "mdevType", VC_OPTIONAL, &d->mdev_type) < 0 ||
	    read_text(r, &node, "match", VC_OPTIONAL, &d->match) < 0)
		return NULL;
	d->vlan = (int)vlan;
	return d;
}

static int read_config(const struct vc_object_reader *o, const struct vc_node *node,
                       void *data)
{
	const struct reader *r = data;
	const struct vc_claimed_device *d;
	struct vc_node opaque;

	if (check_keys(r, node, config_keys) < 0 ||
	    open_object(r, node, "opaque", opaque_keys, &opaque) < 0 ||
	    check_constant(r, &opaque, "driver", VC_HOST_DRIVER) < 0)
		return -(int)o->err->kind;
	d = read_parameters(r, &opaque);
	return d ? check_config_request(r, node, d) : -(int)o->err->kind;
}

static int read_spec(struct reader *r, const struct vc_node *root)
{
	struct vc_node spec, devices;

	if (open_object(r, root, "spec", spec_keys, &spec) < 0 ||
	    open_object(r, &spec, "devices", spec_devices_keys, &devices) < 0 ||
	    vc_object_each(&r->object, &devices, "requests", VC_HOST_CLAIM_DEVICES_MAX,
	                   read_request, r) < 0 ||
	    check_requests(r, &devices) < 0)
		return -(int)r->object.err->kind;
	return vc_object_each(&r->object, &devices, "config", VC_HOST_CLAIM_DEVICES_MAX,
	                      read_config, r);
}

static int read_root(struct reader *r, const struct vc_node *root)
{
	if (check_keys(r, root, root_keys) < 0 ||
	    check_constant(r, root, "apiVersion", VC_HOST_API_VERSION) < 0 ||
	    check_constant(r, root, "kind", VC_HOST_KIND) < 0 ||
	    read_metadata(r, root) < 0 || read_status(r, root) < 0)
		return -(int)r->object.err->kind;
	return read_spec(r, root);
}

/**
 * vc_host_claim_read() - Read a host claim
 * @arena:	holds the claim
 * @tree:	one document
 * @ret_claim:	claim; .origin is the file that @tree names
 * @err:	"FILE: /pointer: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_host_claim_read(struct vc_arena *arena, const struct vc_tree *tree,
                       struct vc_host_claim *ret_claim, struct vc_err *err)
{
	struct vc_host_claim claim = { 0 };
	struct reader r = { .object = { arena, err }, .claim = &claim };
	struct vc_node root = vc_tree_root(tree, 0);

	if (vc_tree_documents(tree) != 1)
		return vc_fail(err, VC_ERR_INPUT, "%s: expected one ResourceClaim",
		               root.file);
	claim.origin = vc_arena_strdup(arena, root.file);
	if (!claim.origin)
		return vc_fail_oom(err);
	if (read_root(&r, &root) < 0 || vc_host_claim_check(&claim, err) < 0)
		return -(int)err->kind;
	*ret_claim = claim;
	return 0;
}
