/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation
 *
 * [KEP-5304] A metadata file holds the same facts several times, once per version of
 * the format, newest first; a reader uses the first version that it knows. A person may
 * also put several files into one: `cat *-metadata.json`. Both are streams of documents.
 *
 * Two documents are the same facts when claim (UID, namespace, name), generation, the
 * requests and the drivers are equal, their versions differ and nothing else stands
 * between them; then the first one counts. Otherwise they are separate facts, and join
 * puts them together. A version that
 * we do not know is skipped, with a note unless a known document is about the same
 * claim. A known version that is malformed is an error: the next one is no way out.
 *
 * This file has the reader; metadata_write.c has the writer.
 */
#include "claim/device_metadata.h"

#include <string.h>

#include "base/parse.h"
#include "claim/attributes.h"
#include "claim/metadata_versions.h"
#include "claim/names.h"

#define REQUESTS_MAX  512
#define DEVICES_MAX   1024
#define IPS_MAX       64
#define INTERFACE_MAX 256 /* [DRA] resource/v1 networkData */
#define HARDWARE_MAX  128

/* The facts of one document, and the versions that said the same. */
struct fact_set {
	struct vc_claim claim;
	unsigned versions; /* bit set of indices of vc_metadata_versions */
};

struct reader {
	struct vc_arena *arena;
	struct {
		struct fact_set *v;
		size_t n, cap;
	} sets;
	struct vc_node *unknown; /* roots of documents of unknown versions */
	size_t n_unknown;
	struct vc_err *err;
};

const char *const vc_metadata_versions[VC_METADATA_VERSIONS] = {
	"v1",
	"v1beta1",
	"v1alpha1",
};

/* Strings */

struct rule {
	bool (*fits)(const char *text);
	const char *what;
};

static const struct rule dns_label = { vc_is_dns_label, "a DNS label" };
static const struct rule dns_name = { vc_is_dns_subdomain, "a DNS subdomain" };
static const struct rule driver_name = { vc_is_driver_name, "the name of a driver" };
static const struct rule pool_name = { vc_is_pool_name, "the name of a pool" };
static const struct rule object_uid = { vc_is_uid, "a UID" };

static int read_name(struct reader *r, const struct vc_node *node, const char *key,
                     const struct rule *rule, char **ret_name)
{
	struct vc_node member;
	char *name = NULL;

	if (vc_node_string(r->arena, node, key, VC_REQUIRED, &name, r->err) < 0)
		return -(int)r->err->kind;
	if (!rule->fits(name)) {
		(void)vc_node_member(node, key, &member);
		return vc_node_fail(&member, r->err, VC_ERR_INPUT,
		                    "expected %s, not '%.128s'", rule->what, name);
	}
	*ret_name = name;
	return 0;
}

static int read_line(struct reader *r, const struct vc_node *node, const char *key,
                     size_t max, char **ret_text)
{
	struct vc_node member;
	char *text = NULL;

	if (vc_node_string(r->arena, node, key, VC_OPTIONAL, &text, r->err) < 0)
		return -(int)r->err->kind;
	if (!text || *text == '\0')
		return 0;
	(void)vc_node_member(node, key, &member);
	if (!vc_is_one_line(text))
		return vc_node_fail(&member, r->err, VC_ERR_INPUT,
		                    "has a control character");
	if (strlen(text) > max)
		return vc_node_fail(&member, r->err, VC_ERR_INPUT,
		                    "more than %zu characters", max);
	*ret_text = text;
	return 0;
}

/* The text of a member, or of a member of @object, without complaints */
static const char *text_of(const struct vc_node *node, const char *object,
                           const char *key)
{
	struct vc_node o, member;

	if (object && !vc_node_member(node, object, &o))
		return NULL;
	if (!vc_node_member(object ? &o : node, key, &member))
		return NULL;
	return vc_node_text(&member);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool has_value(const struct vc_node *node, const char *key)
{
	struct vc_node member;

	return vc_node_member(node, key, &member) &&
	       vc_node_type(&member) != VC_NODE_NULL;
}

/* Devices */

static int read_ip(struct reader *r, const struct vc_node *node, struct vc_device *device)
{
	const char *text = vc_node_text(node);
	char **slot;

	if (!text || *text == '\0' ||
	    text[strspn(text, "0123456789abcdefABCDEF.:/")] != '\0' || strlen(text) > 64)
		return vc_node_fail(node, r->err, VC_ERR_INPUT,
		                    "expected an address like '192.0.2.7/24'");
	slot = vc_list_push(r->arena, &device->ips);
	if (slot)
		*slot = vc_arena_strdup(r->arena, text);
	return slot && *slot ? 0 : vc_fail_oom(r->err);
}

static int read_ips(struct reader *r, const struct vc_node *network,
                    struct vc_device *device)
{
	struct vc_node ips;
	bool found = false;
	int ret = vc_node_array(network, "ips", VC_OPTIONAL, &ips, &found, r->err);

	if (ret < 0 || !found)
		return ret;
	if (vc_node_count(&ips) > IPS_MAX)
		return vc_node_fail(&ips, r->err, VC_ERR_INPUT, "more than %d addresses",
		                    IPS_MAX);
	for (size_t i = 0; ret == 0 && i < vc_node_count(&ips); i++) {
		struct vc_node ip = vc_node_element(&ips, i);

		ret = read_ip(r, &ip, device);
	}
	return ret;
}

static int read_network(struct reader *r, const struct vc_node *node,
                        struct vc_device *device)
{
	struct vc_node network;
	bool found = false;
	int ret = vc_node_object(node, "networkData", VC_OPTIONAL, &network, &found,
	                         r->err);

	if (ret < 0 || !found)
		return ret;
	ret = read_line(r, &network, "interfaceName", INTERFACE_MAX,
	                &device->interface_name);
	if (ret == 0)
		ret = read_line(r, &network, "hardwareAddress", HARDWARE_MAX,
		                &device->hardware_address);
	return ret < 0 ? ret : read_ips(r, &network, device);
}

static int read_device_names(struct reader *r, const struct vc_node *node,
                             struct vc_device *device)
{
	if (read_name(r, node, "driver", &driver_name, &device->driver) < 0 ||
	    read_name(r, node, "pool", &pool_name, &device->pool) < 0 ||
	    read_name(r, node, "name", &dns_label, &device->name) < 0)
		return -(int)r->err->kind;
	device->origin = vc_node_where(r->arena, node);
	return device->origin ? 0 : vc_fail_oom(r->err);
}

static int read_device(struct reader *r, const struct vc_node *node,
                       struct vc_device *device)
{
	struct vc_node attributes;
	int ret = read_device_names(r, node, device);

	if (ret == 0 && vc_node_member(node, "attributes", &attributes))
		ret = vc_attributes_read(r->arena, &attributes, device->driver,
		                         &device->attributes, r->err);
	if (ret == 0)
		ret = vc_device_apply_attributes(r->arena, device, device->origin,
		                                 r->err);
	return ret < 0 ? ret : read_network(r, node, device);
}

/* Requests */

/* [KEP-5304] "request" or "request/subrequest" */
static int read_request_name(struct reader *r, const struct vc_node *node,
                             char **ret_request, char **ret_subrequest)
{
	struct vc_node member;
	char *name = NULL, *slash;

	if (vc_node_string(r->arena, node, "name", VC_REQUIRED, &name, r->err) < 0)
		return -(int)r->err->kind;
	slash = strchr(name, '/');
	if (slash)
		*slash = '\0';
	if (!vc_is_dns_label(name) || (slash && !vc_is_dns_label(slash + 1))) {
		(void)vc_node_member(node, "name", &member);
		return vc_node_fail(&member, r->err, VC_ERR_INPUT,
		                    "expected 'request' or 'request/subrequest', each a "
		                    "DNS label");
	}
	*ret_request = name;
	*ret_subrequest = slash ? slash + 1 : NULL;
	return 0;
}

static int add_device(struct reader *r, const struct vc_node *node, char *request,
                      char *subrequest, struct vc_claim *claim)
{
	struct vc_device device = VC_DEVICE_INIT, *slot;

	device.request = request;
	device.subrequest = subrequest;
	if (claim->devices.n == DEVICES_MAX)
		return vc_node_fail(node, r->err, VC_ERR_INPUT,
		                    "more than %d devices in one document", DEVICES_MAX);
	if (read_device(r, node, &device) < 0)
		return -(int)r->err->kind;
	slot = vc_list_push(r->arena, &claim->devices);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = device;
	return 0;
}

static int check_new_request(struct reader *r, const struct vc_node *node,
                             const char *request, const struct vc_claim *claim)
{
	const struct vc_devices *devices = &claim->devices;

	for (size_t i = 0; i < devices->n; i++)
		if (same_text(devices->v[i].request, request))
			return vc_node_fail(node, r->err, VC_ERR_INPUT,
			                    "request '%s' is there twice", request);
	return 0;
}

static int read_request(struct reader *r, const struct vc_node *node,
                        struct vc_claim *claim)
{
	char *request = NULL, *subrequest = NULL;
	struct vc_node devices;
	bool found = false;
	int ret = read_request_name(r, node, &request, &subrequest);

	if (ret == 0)
		ret = check_new_request(r, node, request, claim);
	if (ret == 0)
		ret = vc_node_array(node, "devices", VC_OPTIONAL, &devices, &found,
		                    r->err);
	if (ret < 0 || !found)
		return ret;
	for (size_t i = 0; ret == 0 && i < vc_node_count(&devices); i++) {
		struct vc_node device = vc_node_element(&devices, i);

		ret = add_device(r, &device, request, subrequest, claim);
	}
	return ret;
}

static int read_requests(struct reader *r, const struct vc_node *root,
                         struct vc_claim *claim)
{
	struct vc_node requests;
	bool found = false;
	int ret = vc_node_array(root, "requests", VC_OPTIONAL, &requests, &found, r->err);

	if (ret < 0 || !found)
		return ret;
	if (vc_node_count(&requests) > REQUESTS_MAX)
		return vc_node_fail(&requests, r->err, VC_ERR_INPUT,
		                    "more than %d requests", REQUESTS_MAX);
	for (size_t i = 0; ret == 0 && i < vc_node_count(&requests); i++) {
		struct vc_node request = vc_node_element(&requests, i);

		ret = read_request(r, &request, claim);
	}
	return ret;
}

/* Documents */

static int read_generation(struct reader *r, const struct vc_node *metadata,
                           int64_t *ret_generation)
{
	int64_t generation = 0;

	if (vc_node_int(metadata, "generation", VC_OPTIONAL, &generation, r->err) < 0)
		return -(int)r->err->kind;
	if (generation < 0)
		return vc_node_fail(metadata, r->err, VC_ERR_INPUT,
		                    "'generation' is less than 0");
	*ret_generation = generation;
	return 0;
}

static int read_identity(struct reader *r, const struct vc_node *root,
                         struct vc_claim *claim)
{
	struct vc_node metadata;
	const char *text;

	if (vc_node_object(root, "metadata", VC_REQUIRED, &metadata, NULL, r->err) < 0 ||
	    read_name(r, &metadata, "name", &dns_name, &claim->name) < 0 ||
	    read_name(r, &metadata, "namespace", &dns_label, &claim->namespace) < 0 ||
	    read_name(r, &metadata, "uid", &object_uid, &claim->uid) < 0 ||
	    read_generation(r, &metadata, &claim->generation) < 0)
		return -(int)r->err->kind;
	text = text_of(root, NULL, "podClaimName");
	if ((!text || *text != '\0') && has_value(root, "podClaimName") &&
	    read_name(r, root, "podClaimName", &dns_label, &claim->pod_claim) < 0)
		return -(int)r->err->kind;
	claim->origin = vc_node_where(r->arena, root);
	return claim->origin ? 0 : vc_fail_oom(r->err);
}

static bool same_place(const struct vc_device *a, const struct vc_device *b)
{
	return same_text(a->request, b->request) &&
	       same_text(a->subrequest, b->subrequest) &&
	       vc_driver_equal(a->driver, b->driver);
}

/* Whether every request and driver of @a is in @b; mostly in the same order. */
static bool covers(const struct vc_devices *a, const struct vc_devices *b)
{
	size_t at = 0;

	for (size_t i = 0; i < a->n; i++) {
		size_t tried = 0;

		while (tried < b->n && !same_place(&a->v[i], &b->v[at])) {
			at = at + 1 < b->n ? at + 1 : 0;
			tried++;
		}
		if (tried == b->n)
			return false;
	}
	return true;
}

static bool same_facts(const struct vc_claim *a, const struct vc_claim *b)
{
	return same_text(a->uid, b->uid) && same_text(a->namespace, b->namespace) &&
	       same_text(a->name, b->name) && a->generation == b->generation &&
	       covers(&a->devices, &b->devices) && covers(&b->devices, &a->devices);
}

/* The versions of one file follow each other; only the set before can be meant. */
static int add_facts(struct reader *r, const struct vc_claim *claim, unsigned version)
{
	struct fact_set *last = r->sets.n > 0 ? &r->sets.v[r->sets.n - 1] : NULL;
	struct fact_set *set;

	if (last && !(last->versions & version) && same_facts(&last->claim, claim)) {
		last->versions |= version;
		return 0;
	}
	set = vc_list_push(r->arena, &r->sets);
	if (!set)
		return vc_fail_oom(r->err);
	*set = (struct fact_set){ .claim = *claim, .versions = version };
	return 0;
}

/* Index of the version, VC_METADATA_VERSIONS when it is not known */
static int read_version(struct reader *r, const struct vc_node *root, size_t *ret_version)
{
	char *api = NULL, *kind = NULL;
	const char *p;
	size_t i = 0;

	if (vc_node_string(r->arena, root, "apiVersion", VC_REQUIRED, &api, r->err) < 0 ||
	    vc_node_string(r->arena, root, "kind", VC_REQUIRED, &kind, r->err) < 0)
		return -(int)r->err->kind;
	p = api;
	if (!vc_parse_literal(&p, VC_METADATA_GROUP "/") ||
	    strcmp(kind, VC_METADATA_KIND) != 0)
		return vc_node_fail(root, r->err, VC_ERR_INPUT,
		                    "expected %s of %s, not '%.64s' of '%.64s'",
		                    VC_METADATA_KIND, VC_METADATA_GROUP, kind, api);
	while (i < VC_METADATA_VERSIONS && strcmp(p, vc_metadata_versions[i]) != 0)
		i++;
	*ret_version = i;
	return 0;
}

static int read_document(struct reader *r, const struct vc_node *root)
{
	struct vc_claim claim = { 0 };
	size_t version = VC_METADATA_VERSIONS;
	int ret = read_version(r, root, &version);

	if (ret < 0)
		return ret;
	if (version == VC_METADATA_VERSIONS) {
		r->unknown[r->n_unknown++] = *root;
		return 0;
	}
	ret = read_identity(r, root, &claim);
	if (ret == 0)
		ret = read_requests(r, root, &claim);
	return ret < 0 ? ret : add_facts(r, &claim, 1U << version);
}

/* Unknown versions */

static bool is_about_known_claim(const struct reader *r, const struct vc_node *root)
{
	const char *uid = text_of(root, "metadata", "uid");

	for (size_t i = 0; uid && i < r->sets.n; i++)
		if (strcmp(r->sets.v[i].claim.uid, uid) == 0)
			return true;
	return false;
}

static int note_unknown(struct reader *r, struct vc_facts *facts)
{
	for (size_t i = 0; i < r->n_unknown; i++) {
		const struct vc_node *root = &r->unknown[i];
		const char *api = text_of(root, NULL, "apiVersion");

		if (r->sets.n == 0)
			return vc_node_fail(
				root, r->err, VC_ERR_INPUT,
				"no version that we know: '%.64s'; known are "
				"v1, v1beta1 and v1alpha1 of " VC_METADATA_GROUP,
				api);
		if (!is_about_known_claim(r, root) &&
		    vc_facts_note(r->arena, facts, r->err,
		                  "%s: document %zu: '%.64s' is not known; skipped",
		                  root->file, root->index + 1, api) < 0)
			return -(int)r->err->kind;
	}
	return 0;
}

/**
 * vc_device_metadata_recognise() - Whether a tree is for vc_device_metadata_read()
 * @tree:	tree
 *
 * Return: whether its first document is of the group metadata.resource.k8s.io
 */
bool vc_device_metadata_recognise(const struct vc_tree *tree)
{
	struct vc_node root = vc_tree_root(tree, 0);
	const char *api = text_of(&root, NULL, "apiVersion");
	const char *kind = text_of(&root, NULL, "kind");

	return (api && vc_parse_literal(&api, VC_METADATA_GROUP "/")) ||
	       (kind && strcmp(kind, VC_METADATA_KIND) == 0);
}

/**
 * vc_device_metadata_read() - Read a stream of DeviceMetadata documents
 * @arena:	holds the facts
 * @tree:	tree
 * @facts:	gets one claim per set of facts, in the order of the input; unchanged on
 *		failure, but for notes
 * @err:	what is wrong, with the pointer
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_device_metadata_read(struct vc_arena *arena, const struct vc_tree *tree,
                            struct vc_facts *facts, struct vc_err *err)
{
	size_t n = vc_tree_documents(tree);
	struct reader r = { .arena = arena, .err = err };
	int ret = 0;

	r.unknown = vc_arena_alloc(arena, n, sizeof(*r.unknown));
	if (!r.unknown)
		return vc_fail_oom(err);
	for (size_t i = 0; ret == 0 && i < n; i++) {
		struct vc_node root = vc_tree_root(tree, i);

		ret = read_document(&r, &root);
	}
	if (ret == 0)
		ret = note_unknown(&r, facts);
	for (size_t i = 0; ret == 0 && i < r.sets.n; i++) {
		struct vc_claim *claim = vc_list_push(arena, &facts->claims);

		if (!claim)
			return vc_fail_oom(err);
		*claim = r.sets.v[i].claim;
	}
	return ret;
}
