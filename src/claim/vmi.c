/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [KV] kubevirt.io/api core/v1: VirtualMachineInstance. hostDevices and gpus with a
 * deviceName are the device plugin's, those with a claimName are DRA's; a network with a
 * resourceClaim belongs to the interface of its name. KubeVirt gives the elements that it
 * makes for them the aliases that are used here.
 *
 * It is KubeVirt's object: what we do not use is not looked at.
 */
#include <string.h>

#include "claim/vmi_internal.h"

#define ALIAS_HOST_DEVICE VC_ALIAS_PREFIX "dra-hostdevice-"
#define ALIAS_GPU         VC_ALIAS_PREFIX "dra-gpu-"
#define ALIAS_SRIOV       VC_ALIAS_PREFIX "sriov-"

struct reader {
	const struct vc_object_reader *object;
	struct vc_vmi vmi;
	struct vc_vmi_claims claims;
	struct vc_node domain, devices; /* /spec/domain, /spec/domain/devices */
	bool display_set;               /* whether some GPU says something about it */
};

static int find_object(const struct vc_object_reader *r, const struct vc_node *node,
                       const char *key, struct vc_node *child, bool *found)
{
	*found = false;
	return vc_node_object(node, key, VC_OPTIONAL, child, found, r->err);
}

/* Parts of a binding, for vmi_annotation.c too */

/**
 * vc_vmi_request() - Read the name of a request, "name" or "name/subrequest"
 * @reader:	arena and error
 * @node:	object
 * @key:	its member, which must be there
 * @binding:	gets .request and .subrequest
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_vmi_request(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *key, struct vc_binding *binding)
{
	struct vc_node member;
	char *text = NULL, *slash;

	if (vc_object_text(reader, node, key, VC_REQUIRED, &vc_name_line, &text) < 0)
		return -(int)reader->err->kind;
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	if (vc_name_label.fits(text) && (!slash || vc_name_label.fits(slash + 1))) {
		binding->request = text;
		binding->subrequest = slash ? slash + 1 : NULL;
		return 0;
	}
	(void)vc_node_member(node, key, &member);
	return vc_node_fail(
		&member, reader->err, VC_ERR_INPUT,
		"expected the name of a request, 'name' or 'name/subrequest'");
}

/**
 * vc_vmi_bind() - Read which request of which claim of the VMI is meant
 * @reader:	arena and error
 * @node:	object
 * @claim_key:	member that names one of spec.resourceClaims
 * @request_key: member that names the request
 * @claims:	spec.resourceClaims
 * @binding:	gets .claim or .pod_claim, .request, .subrequest
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_vmi_bind(const struct vc_object_reader *reader, const struct vc_node *node,
                const char *claim_key, const char *request_key,
                const struct vc_vmi_claims *claims, struct vc_binding *binding)
{
	struct vc_node member;
	char *name = NULL;

	if (vc_object_text(reader, node, claim_key, VC_REQUIRED, &vc_name_label, &name) <
	            0 ||
	    vc_vmi_request(reader, node, request_key, binding) < 0)
		return -(int)reader->err->kind;
	for (size_t i = 0; i < claims->n; i++) {
		const struct vc_vmi_claim *c = &claims->v[i];

		if (strcmp(c->name, name) != 0)
			continue;
		binding->claim = c->claim_name;
		binding->pod_claim = c->claim_name ? NULL : c->name;
		return 0;
	}
	(void)vc_node_member(node, claim_key, &member);
	return vc_node_fail(&member, reader->err, VC_ERR_INPUT,
	                    "'%s' is not in /spec/resourceClaims of the VMI", name);
}

/* The lists of the VMI */

static int read_claim(const struct vc_object_reader *r, const struct vc_node *node,
                      void *data)
{
	struct vc_vmi_claims *claims = data;
	struct vc_vmi_claim claim = { 0 }, *slot;

	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_label, &claim.name) <
	            0 ||
	    vc_object_text(r, node, "resourceClaimName", VC_OPTIONAL, &vc_name_subdomain,
	                   &claim.claim_name) < 0)
		return -(int)r->err->kind;
	slot = vc_list_push(r->arena, claims);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = claim;
	return 0;
}

static bool alias_is_taken(const struct vc_bindings *bindings, const char *alias)
{
	for (size_t i = 0; i < bindings->n; i++)
		if (strcmp(bindings->v[i].alias, alias) == 0)
			return true;
	return false;
}

/* Gives the binding of @node its alias and adds it to the VMI's. */
static int add_binding(struct reader *reader, const struct vc_node *node,
                       const char *prefix, const char *name, struct vc_binding *binding)
{
	const struct vc_object_reader *r = reader->object;
	struct vc_binding *slot;

	binding->alias = vc_arena_printf(r->arena, "%s%s", prefix, name);
	binding->origin = vc_node_where(r->arena, node);
	if (!binding->alias || !binding->origin)
		return vc_fail_oom(r->err);
	if (!vc_alias_is_valid(binding->alias))
		return vc_node_fail(
			node, r->err, VC_ERR_INPUT,
			"libvirt drops the alias '%.220s': a name has letters, "
			"digits, '-' and '_' only",
			binding->alias);
	if (alias_is_taken(&reader->vmi.bindings, binding->alias))
		return vc_node_fail(node, r->err, VC_ERR_INPUT,
		                    "a second device with the name '%s'", name);
	binding->namespace = reader->vmi.namespace;
	binding->index = 1;
	binding->origin_kind = VC_BINDING_VMI;
	binding->kubevirt_made = true;
	slot = vc_list_push(r->arena, &reader->vmi.bindings);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = *binding;
	return 0;
}

/* [KV] an entry is DRA's when it has no deviceName but a claimName or a requestName. */
static int is_claimed(const struct vc_object_reader *r, const struct vc_node *node,
                      bool *ret_claimed)
{
	char *device = NULL, *claim = NULL, *request = NULL;

	if (vc_object_text(r, node, "deviceName", VC_OPTIONAL, &vc_name_line, &device) <
	            0 ||
	    vc_object_text(r, node, "claimName", VC_OPTIONAL, &vc_name_line, &claim) <
	            0 ||
	    vc_object_text(r, node, "requestName", VC_OPTIONAL, &vc_name_line, &request) <
	            0)
		return -(int)r->err->kind;
	*ret_claimed = !device && (claim || request);
	return 0;
}

static int read_device(struct reader *reader, const struct vc_node *node,
                       const char *prefix, struct vc_binding *binding)
{
	const struct vc_object_reader *r = reader->object;
	bool claimed = false;
	char *name = NULL;

	if (is_claimed(r, node, &claimed) < 0)
		return -(int)r->err->kind;
	if (!claimed)
		return 0;
	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_line, &name) < 0 ||
	    vc_vmi_bind(r, node, "claimName", "requestName", &reader->claims, binding) <
	            0)
		return -(int)r->err->kind;
	return add_binding(reader, node, prefix, name, binding);
}

static int read_host_device(const struct vc_object_reader *r VC_UNUSED,
                            const struct vc_node *node, void *data)
{
	struct vc_binding binding = { 0 };

	return read_device(data, node, ALIAS_HOST_DEVICE, &binding);
}

/* [KV] a FeatureState that is there without 'enabled' is on. */
static int read_enabled(const struct vc_object_reader *r, const struct vc_node *node,
                        enum vc_opt opt, struct vc_options *options)
{
	const char *origin = vc_node_where(r->arena, node);
	bool enabled = true;

	if (!origin)
		return vc_fail_oom(r->err);
	if (vc_node_bool(node, "enabled", VC_OPTIONAL, &enabled, r->err) < 0)
		return -(int)r->err->kind;
	vc_options_set_switch(options, opt, enabled, origin);
	return 0;
}

/* [KV] with a display there is a ramfb, unless it is switched off. */
static int read_display(struct reader *reader, const struct vc_node *gpu,
                        struct vc_options *options)
{
	const struct vc_object_reader *r = reader->object;
	struct vc_node vgpu, display, ramfb;
	bool found;

	if (find_object(r, gpu, "virtualGPUOptions", &vgpu, &found) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (find_object(r, &vgpu, "display", &display, &found) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	reader->display_set = true;
	if (read_enabled(r, &display, VC_OPT_DISPLAY, options) < 0 ||
	    find_object(r, &display, "ramFB", &ramfb, &found) < 0)
		return -(int)r->err->kind;
	if (options->display == VC_NO)
		return 0;
	vc_options_set_switch(options, VC_OPT_RAMFB, true,
	                      options->origins[VC_OPT_DISPLAY]);
	return found ? read_enabled(r, &ramfb, VC_OPT_RAMFB, options) : 0;
}

static int read_gpu(const struct vc_object_reader *r, const struct vc_node *node,
                    void *data)
{
	struct vc_binding binding = { .primary_display = true };

	if (read_display(data, node, &binding.options) < 0)
		return -(int)r->err->kind;
	binding.kubevirt_display = vc_options_has(&binding.options, VC_OPT_DISPLAY);
	return read_device(data, node, ALIAS_GPU, &binding);
}

/* A display that somebody chose is the only one. */
static void clear_primary_display(struct vc_bindings *bindings)
{
	for (size_t i = 0; i < bindings->n; i++)
		bindings->v[i].primary_display = false;
}

struct interface {
	const char *name;
	bool found;
	struct vc_options options;
};

/* As everywhere in KubeVirt's objects, null and "" are the same as nothing. */
static int read_option(const struct vc_object_reader *r, const struct vc_node *node,
                       const char *key, enum vc_opt opt, struct vc_options *options)
{
	struct vc_node member;
	const char *text;

	if (!vc_node_member(node, key, &member) || vc_node_type(&member) == VC_NODE_NULL)
		return 0;
	text = vc_node_text(&member);
	if (text && text[0] == '\0')
		return 0;
	return vc_vmi_option(r, &member, opt, options);
}

/* [KV] pciAddress and bootOrder of an SR-IOV interface end up in its hostdev. */
static int match_interface(const struct vc_object_reader *r, const struct vc_node *node,
                           void *data)
{
	struct interface *wanted = data;
	struct vc_node sriov;
	char *name = NULL;
	bool found;

	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_line, &name) < 0 ||
	    find_object(r, node, "sriov", &sriov, &found) < 0)
		return -(int)r->err->kind;
	if (!found || strcmp(name, wanted->name) != 0)
		return 0;
	wanted->found = true;
	if (read_option(r, node, "pciAddress", VC_OPT_GUEST_ADDRESS, &wanted->options) <
	    0)
		return -(int)r->err->kind;
	return read_option(r, node, "bootOrder", VC_OPT_BOOT_ORDER, &wanted->options);
}

static int read_network(const struct vc_object_reader *r, const struct vc_node *node,
                        void *data)
{
	struct reader *reader = data;
	struct vc_binding binding = { 0 };
	struct interface interface = { 0 };
	struct vc_node claim;
	char *name = NULL;
	bool found;

	if (find_object(r, node, "resourceClaim", &claim, &found) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (vc_object_text(r, node, "name", VC_REQUIRED, &vc_name_line, &name) < 0)
		return -(int)r->err->kind;
	interface.name = name;
	if (vc_object_each(r, &reader->devices, "interfaces", VC_VMI_MAX_ENTRIES,
	                   match_interface, &interface) < 0)
		return -(int)r->err->kind;
	if (!interface.found)
		return 0; /* a binding plugin's */
	if (vc_vmi_bind(r, &claim, "claimName", "requestName", &reader->claims,
	                &binding) < 0)
		return -(int)r->err->kind;
	binding.options = interface.options;
	return add_binding(reader, node, ALIAS_SRIOV, name, &binding);
}

/* The object as a whole */

static int check_kind(const struct vc_object_reader *r, const struct vc_node *root)
{
	char *kind = NULL, *version = NULL;

	if (vc_object_text(r, root, "kind", VC_OPTIONAL, &vc_name_line, &kind) < 0 ||
	    vc_object_text(r, root, "apiVersion", VC_OPTIONAL, &vc_name_line, &version) <
	            0)
		return -(int)r->err->kind;
	if (kind && strcmp(kind, "VirtualMachine") == 0)
		return vc_node_fail(
			root, r->err, VC_ERR_INPUT,
			"expected a VirtualMachineInstance, not the "
			"VirtualMachine; `kubectl get vmi -o json` prints it");
	/* KubeVirt hands its hooks a VMI without kind and apiVersion. */
	if ((kind && strcmp(kind, "VirtualMachineInstance") != 0) ||
	    (version && strncmp(version, "kubevirt.io/", 12) != 0))
		return vc_node_fail(
			root, r->err, VC_ERR_INPUT,
			"expected a VirtualMachineInstance of kubevirt.io, not "
			"%.64s%s%.64s",
			kind ? kind : "an object", version ? " of " : "",
			version ? version : "");
	return 0;
}

static int read_meta(struct reader *reader, const struct vc_node *root)
{
	struct vc_object_meta meta;

	if (vc_object_meta_read(reader->object, root, &meta) < 0)
		return -(int)reader->object->err->kind;
	reader->vmi.namespace = meta.namespace;
	reader->vmi.name = meta.name;
	reader->vmi.uid = meta.uid;
	for (size_t i = 0; i < meta.owners.n; i++)
		if (strcmp(meta.owners.v[i].resource, "VirtualMachine") == 0 &&
		    strcmp(meta.owners.v[i].api_group, "kubevirt.io") == 0)
			reader->vmi.vm_uid = meta.owners.v[i].uid;
	return 0;
}

static int read_devices(struct reader *reader, const struct vc_node *spec)
{
	const struct vc_object_reader *r = reader->object;
	bool found;

	if (find_object(r, spec, "domain", &reader->domain, &found) < 0)
		return -(int)r->err->kind;
	if (found &&
	    find_object(r, &reader->domain, "devices", &reader->devices, &found) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (vc_object_each(r, &reader->devices, "hostDevices", VC_VMI_MAX_ENTRIES,
	                   read_host_device, reader) < 0 ||
	    vc_object_each(r, &reader->devices, "gpus", VC_VMI_MAX_ENTRIES, read_gpu,
	                   reader) < 0 ||
	    vc_object_each(r, spec, "networks", VC_VMI_MAX_ENTRIES, read_network,
	                   reader) < 0)
		return -(int)r->err->kind;
	if (reader->display_set)
		clear_primary_display(&reader->vmi.bindings);
	return 0;
}

static int read_annotation(struct reader *reader, const struct vc_node *root)
{
	struct vc_node annotation;
	bool found = false;
	int r = vc_object_annotation(reader->object, root, VC_VMI_ANNOTATION, &annotation,
	                             &found);

	if (r < 0 || !found)
		return r;
	return vc_vmi_annotation_read(reader->object, &annotation, &reader->claims,
	                              &reader->vmi);
}

/**
 * vc_vmi_read() - Read a VirtualMachineInstance
 * @arena:	holds what is read
 * @tree:	one document
 * @ret_vmi:	who it is, and its bindings
 * @err:	what is wrong, with the pointer
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_vmi_read(struct vc_arena *arena, const struct vc_tree *tree,
                struct vc_vmi *ret_vmi, struct vc_err *err)
{
	const struct vc_object_reader object = { arena, err };
	struct reader reader = { .object = &object };
	struct vc_node root, spec;

	if (vc_tree_documents(tree) == 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "expected a VirtualMachineInstance, not nothing");
	root = vc_tree_root(tree, 0);
	if (vc_tree_documents(tree) != 1)
		return vc_node_fail(
			&root, err, VC_ERR_INPUT,
			"expected one VirtualMachineInstance, not %zu documents",
			vc_tree_documents(tree));
	if (check_kind(&object, &root) < 0 || read_meta(&reader, &root) < 0 ||
	    vc_node_object(&root, "spec", VC_REQUIRED, &spec, NULL, err) < 0 ||
	    vc_object_each(&object, &spec, "resourceClaims", VC_VMI_MAX_ENTRIES,
	                   read_claim, &reader.claims) < 0 ||
	    read_devices(&reader, &spec) < 0 || read_annotation(&reader, &root) < 0)
		return -(int)err->kind;
	*ret_vmi = reader.vmi;
	return 0;
}
