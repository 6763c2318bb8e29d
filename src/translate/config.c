/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate/config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "claim/tree.h"
#include "translate/libvirt_version.h"

#define DEFAULT_LEASES          "/run/virt-claim/leases"
#define DEFAULT_SYSFS           "/sys"
#define DEFAULT_STATE           "/var/lib/virt-claim"
#define DEFAULT_RUN             "/run/virt-claim"
#define DEFAULT_CDI             "/var/run/cdi" /* [CDI] SPEC: the dynamic directory */
#define DEFAULT_PROC            "/proc"
#define DEFAULT_DEV             "/dev"

#define DEFAULT_PLUGINS         "/var/lib/kubelet/plugins" /* [KEP-5304] */
#define STATIC_CDI              "/etc/cdi"                 /* [CDI] SPEC */

#define DEFAULT_DEADLINE        5
#define MAX_DEADLINE            60

#define DEFAULT_DRIVER_DEADLINE 30
#define MAX_DRIVER_DEADLINE     600

/* Of the configuration's @run; what was prepared here */
#define RUN_CLAIMS "claims"
/* [KEP-5304] container tree */
#define KUBERNETES_CLAIMS "/var/run/kubernetes.io/dra-device-attributes"

static int add_claims(struct vc_arena *arena, struct vc_config *config, const char *path,
                      struct vc_err *err)
{
	char **slot = vc_list_push(arena, &config->claims);

	if (slot)
		*slot = vc_arena_strdup(arena, path);
	return slot && *slot ? 0 : vc_fail_oom(err);
}

/* A path from the root: what runs the hook decides on its working directory. */
static int read_path(struct vc_arena *arena, const struct vc_node *value, char **ret_path,
                     struct vc_err *err)
{
	const char *text = vc_node_text(value);
	char *path;

	if (!text || *text != '/')
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected a path that begins with '/'");
	path = vc_arena_strdup(arena, text);
	if (!path)
		return vc_fail_oom(err);
	*ret_path = path;
	return 0;
}

static int read_claims(struct vc_arena *arena, const struct vc_node *value,
                       struct vc_config *config, struct vc_err *err)
{
	size_t n = vc_node_count(value);

	if (vc_node_type(value) != VC_NODE_ARRAY)
		return vc_node_fail(value, err, VC_ERR_INPUT, "expected a list of paths");
	config->claims.n = 0;
	for (size_t i = 0; i < n; i++) {
		struct vc_node element = vc_node_element(value, i);
		char *path = NULL;

		if (read_path(arena, &element, &path, err) < 0 ||
		    add_claims(arena, config, path, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int read_target(struct vc_arena *arena VC_UNUSED, const struct vc_node *value,
                       struct vc_config *config, struct vc_err *err)
{
	const char *text = vc_node_text(value);
	unsigned long version;

	if (!text || vc_libvirt_version_parse(text, &version, err) < 0)
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected a version in quotes, like \"12.8\"");
	config->target_libvirt = version;
	return 0;
}

static int read_seconds(const struct vc_node *value, int64_t max, unsigned *ret_ms,
                        struct vc_err *err)
{
	int64_t seconds;

	if (!vc_node_int_value(value, &seconds) || seconds < 1 || seconds > max)
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected a number of seconds from 1 to %" PRId64,
		                    max);
	*ret_ms = (unsigned)seconds * 1000;
	return 0;
}

static int read_deadline(struct vc_arena *arena VC_UNUSED, const struct vc_node *value,
                         struct vc_config *config, struct vc_err *err)
{
	return read_seconds(value, MAX_DEADLINE, &config->deadline_ms, err);
}

static int read_driver_deadline(struct vc_arena *arena VC_UNUSED,
                                const struct vc_node *value, struct vc_config *config,
                                struct vc_err *err)
{
	return read_seconds(value, MAX_DRIVER_DEADLINE, &config->driver_deadline_ms, err);
}

static int read_role(struct vc_arena *arena VC_UNUSED, const struct vc_node *value,
                     struct vc_config *config, struct vc_err *err)
{
	const char *text = vc_node_text(value);

	if (text && strcmp(text, "host") == 0)
		config->role = VC_ROLE_HOST;
	else if (text && strcmp(text, "kubernetes") == 0)
		config->role = VC_ROLE_KUBERNETES;
	else
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected 'host' or 'kubernetes'");
	return 0;
}

/* A name or a number; whether there is such a user is seen when it is needed. */
static int read_account(struct vc_arena *arena, const struct vc_node *value,
                        char **ret_account, struct vc_err *err)
{
	const char *text = vc_node_text(value);
	int64_t number = 0;
	bool is_number = vc_node_int_value(value, &number);
	char *account;

	if (is_number ? number < 0 || number >= UINT32_MAX : !text || *text == '\0')
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected a name or a number");
	account = is_number ? vc_arena_printf(arena, "%" PRId64, number)
	                    : vc_arena_strdup(arena, text);
	if (!account)
		return vc_fail_oom(err);
	*ret_account = account;
	return 0;
}

static int read_qemu_user(struct vc_arena *arena, const struct vc_node *value,
                          struct vc_config *config, struct vc_err *err)
{
	return read_account(arena, value, &config->qemu_user, err);
}

static int read_qemu_group(struct vc_arena *arena, const struct vc_node *value,
                           struct vc_config *config, struct vc_err *err)
{
	return read_account(arena, value, &config->qemu_group, err);
}

static int read_allowed(struct vc_arena *arena, const struct vc_node *value,
                        struct vc_config *config, struct vc_err *err)
{
	size_t n = vc_node_count(value);

	if (vc_node_type(value) != VC_NODE_ARRAY)
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected a list of addresses");
	for (size_t i = 0; i < n; i++) {
		struct vc_node element = vc_node_element(value, i);
		const char *text = vc_node_text(&element);
		char **slot;

		if (!text || *text == '\0')
			return vc_node_fail(&element, err, VC_ERR_INPUT,
			                    "expected an address in quotes, like "
			                    "\"0000:65:00.0\"");
		slot = vc_list_push(arena, &config->allowed);
		if (slot)
			*slot = vc_arena_strdup(arena, text);
		if (!slot || !*slot)
			return vc_fail_oom(err);
	}
	return 0;
}

static const struct {
	enum vc_config_source source;
	const char *name;
} source_names[] = {
	{ VC_SOURCE_CDI, "cdi" },
	{ VC_SOURCE_METADATA, "metadata" },
	{ VC_SOURCE_KUBE, "kube" },
};

/* 0: there is none of that name. */
static unsigned find_source(const char *name, size_t len)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(source_names); i++)
		if (strlen(source_names[i].name) == len &&
		    memcmp(source_names[i].name, name, len) == 0)
			return (unsigned)source_names[i].source;
	return 0;
}

/**
 * vc_config_sources() - Read names of sources
 * @text:	"cdi,metadata"
 * @ret_sources: bits of enum vc_config_source, at least one
 * @err:	which name is wrong
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_config_sources(const char *text, unsigned *ret_sources, struct vc_err *err)
{
	unsigned sources = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		unsigned source = find_source(text, len);

		if (!source || sources & source)
			return vc_fail(err, VC_ERR_INPUT,
			               "'%.*s' is %s: expected cdi, metadata, kube or "
			               "several of them with commas",
			               len > 64 ? 64 : (int)len, text,
			               source ? "there twice" : "no source");
		sources |= source;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*ret_sources = sources;
	return 0;
}

static int read_sources(struct vc_arena *arena VC_UNUSED, const struct vc_node *value,
                        struct vc_config *config, struct vc_err *err)
{
	size_t n = vc_node_count(value);
	unsigned sources = 0;

	if (vc_node_type(value) != VC_NODE_ARRAY)
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected a list of cdi, metadata, kube");
	for (size_t i = 0; i < n; i++) {
		struct vc_node element = vc_node_element(value, i);
		const char *text = vc_node_text(&element);
		unsigned source = text ? find_source(text, strlen(text)) : 0;

		if (!source || sources & source)
			return vc_node_fail(&element, err, VC_ERR_INPUT,
			                    "expected cdi, metadata or kube, each once");
		sources |= source;
	}
	config->sources = sources;
	return 0;
}

static int read_cdi_directories(struct vc_arena *arena, const struct vc_node *value,
                                struct vc_config *config, struct vc_err *err)
{
	size_t n = vc_node_count(value);

	if (vc_node_type(value) != VC_NODE_ARRAY || n == 0)
		return vc_node_fail(value, err, VC_ERR_INPUT, "expected a list of paths");
	for (size_t i = 0; i < n; i++) {
		struct vc_node element = vc_node_element(value, i);
		char **slot = vc_list_push(arena, &config->cdi_directories);

		if (!slot)
			return vc_fail_oom(err);
		if (read_path(arena, &element, slot, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* [DRA] names of nodes are DNS subdomains. */
static int read_node_name(struct vc_arena *arena, const struct vc_node *value,
                          struct vc_config *config, struct vc_err *err)
{
	const char *text = vc_node_text(value);

	if (!text || !vc_is_dns_subdomain(text))
		return vc_node_fail(value, err, VC_ERR_INPUT,
		                    "expected the name of a node, like 'node-7'");
	config->node_name = vc_arena_strdup(arena, text);
	return config->node_name ? 0 : vc_fail_oom(err);
}

static const struct key {
	const char *name;
	int (*read)(struct vc_arena *arena, const struct vc_node *value,
	            struct vc_config *config, struct vc_err *err);
} keys[] = {
	{ "claims", read_claims },
	{ "target-libvirt", read_target },
	{ "hook-deadline", read_deadline },
	{ "role", read_role },
	{ "qemu-user", read_qemu_user },
	{ "qemu-group", read_qemu_group },
	{ "allow-host-devices", read_allowed },
	{ "driver-deadline", read_driver_deadline },
	{ "sources", read_sources },
	{ "cdi-directories", read_cdi_directories },
	{ "node-name", read_node_name },
};

static const struct path_key {
	const char *name;
	size_t offset;
} path_keys[] = {
	{ "leases", offsetof(struct vc_config, leases) },
	{ "sysfs", offsetof(struct vc_config, sysfs) },
	{ "site-stylesheet", offsetof(struct vc_config, site) },
	{ "state", offsetof(struct vc_config, state) },
	{ "run", offsetof(struct vc_config, run) },
	{ "cdi", offsetof(struct vc_config, cdi) },
	{ "proc", offsetof(struct vc_config, proc) },
	{ "dev", offsetof(struct vc_config, dev) },
	{ "modules-alias", offsetof(struct vc_config, modules_alias) },
	{ "pci-ids", offsetof(struct vc_config, pci_ids) },
	{ "kubelet-plugins", offsetof(struct vc_config, kubelet_plugins) },
	{ "kubeconfig", offsetof(struct vc_config, kubeconfig) },
};

static char **path_at(struct vc_config *config, size_t offset)
{
	return (char **)(void *)((char *)config + offset);
}

static int read_member(struct vc_arena *arena, const struct vc_node *value,
                       struct vc_config *config, struct vc_err *err)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(keys); i++)
		if (strcmp(value->key, keys[i].name) == 0)
			return keys[i].read(arena, value, config, err);
	for (size_t i = 0; i < VC_ARRAY_SIZE(path_keys); i++)
		if (strcmp(value->key, path_keys[i].name) == 0)
			return read_path(arena, value,
			                 path_at(config, path_keys[i].offset), err);
	return vc_node_fail(value, err, VC_ERR_INPUT,
	                    "unknown key; docs/hooks.md, docs/node.md and "
	                    "docs/companion.md list the keys");
}

static int read_tree(struct vc_arena *arena, const struct vc_tree *tree, const char *path,
                     struct vc_config *config, bool *ret_has_claims, struct vc_err *err)
{
	struct vc_node root, claims;
	size_t n;

	if (vc_tree_documents(tree) > 1)
		return vc_fail(err, VC_ERR_INPUT, "%s: expected one document", path);
	root = vc_tree_root(tree, 0);
	if (vc_node_type(&root) != VC_NODE_OBJECT)
		return vc_node_fail(&root, err, VC_ERR_INPUT, "expected keys and values");
	n = vc_node_count(&root);
	for (size_t i = 0; i < n; i++) {
		struct vc_node value = vc_node_nth_member(&root, i);

		if (read_member(arena, &value, config, err) < 0)
			return -(int)err->kind;
	}
	*ret_has_claims = vc_node_member(&root, "claims", &claims);
	return 0;
}

/* Only comments: what remains of a sample whose lines are all commented out. */
static bool says_nothing(const char *text)
{
	while (*text) {
		text += strspn(text, " \t\r\n");
		if (*text && *text != '#' && !vc_parse_literal(&text, "---\n"))
			return false;
		if (*text == '#')
			text += strcspn(text, "\n");
	}
	return true;
}

/* Sets *ret_has_claims when the file says where claims are, be it nowhere. */
static int read_file(struct vc_arena *arena, const char *path, bool trusted,
                     struct vc_config *config, bool *ret_has_claims, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err reason = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	int r = vc_file_read(arena, AT_FDCWD, path, trusted ? VC_FILE_TRUSTED : 0, &text,
	                     &len, &reason);

	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r < 0) {
		*err = reason;
		return r;
	}
	if (says_nothing(text))
		return 0;
	if (vc_tree_parse(text, len, path, &tree, err) < 0)
		return -(int)err->kind;
	return read_tree(arena, tree, path, config, ret_has_claims, err);
}

static const struct path_default {
	size_t offset;
	const char *path;
} path_defaults[] = {
	{ offsetof(struct vc_config, leases), DEFAULT_LEASES },
	{ offsetof(struct vc_config, sysfs), DEFAULT_SYSFS },
	{ offsetof(struct vc_config, state), DEFAULT_STATE },
	{ offsetof(struct vc_config, run), DEFAULT_RUN },
	{ offsetof(struct vc_config, cdi), DEFAULT_CDI },
	{ offsetof(struct vc_config, proc), DEFAULT_PROC },
	{ offsetof(struct vc_config, dev), DEFAULT_DEV },
	{ offsetof(struct vc_config, kubelet_plugins), DEFAULT_PLUGINS },
};

static int set_defaults(struct vc_arena *arena, struct vc_config *config,
                        struct vc_err *err)
{
	config->deadline_ms = DEFAULT_DEADLINE * 1000;
	config->driver_deadline_ms = DEFAULT_DRIVER_DEADLINE * 1000;
	for (size_t i = 0; i < VC_ARRAY_SIZE(path_defaults); i++) {
		char *path = vc_arena_strdup(arena, path_defaults[i].path);

		if (!path)
			return vc_fail_oom(err);
		*path_at(config, path_defaults[i].offset) = path;
	}
	if (access(VC_CONFIG_SITE, F_OK) == 0) {
		config->site = vc_arena_strdup(arena, VC_CONFIG_SITE);
		if (!config->site)
			return vc_fail_oom(err);
	}
	return 0;
}

/* Those that exist. */
static int set_default_claims(struct vc_arena *arena, struct vc_config *config,
                              struct vc_err *err)
{
	char *own = vc_arena_printf(arena, "%s/" RUN_CLAIMS, config->run);

	if (!own)
		return vc_fail_oom(err);
	if (access(own, F_OK) == 0 && add_claims(arena, config, own, err) < 0)
		return -(int)err->kind;
	return access(KUBERNETES_CLAIMS, F_OK) == 0
	               ? add_claims(arena, config, KUBERNETES_CLAIMS, err)
	               : 0;
}

/* [CDI] SPEC: what comes and goes is believed more than what an administrator wrote. */
static int set_default_cdi(struct vc_arena *arena, struct vc_config *config,
                           struct vc_err *err)
{
	const char *const directories[] = { STATIC_CDI, config->cdi };

	for (size_t i = 0; i < VC_ARRAY_SIZE(directories); i++) {
		char **slot = vc_list_push(arena, &config->cdi_directories);

		if (slot)
			*slot = vc_arena_strdup(arena, directories[i]);
		if (!slot || !*slot)
			return vc_fail_oom(err);
	}
	return 0;
}

/**
 * vc_config_read() - Read the configuration
 * @arena:	holds it
 * @path:	file, usually VC_CONFIG_FILE; a missing one gives the defaults
 * @trusted:	refuse a file that is not root's or ours, or that others can write
 * @ret_config:	configuration
 * @err:	"FILE: /key: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_config_read(struct vc_arena *arena, const char *path, bool trusted,
                   struct vc_config *ret_config, struct vc_err *err)
{
	struct vc_config config = { 0 };
	bool has_claims = false;

	if (set_defaults(arena, &config, err) < 0 ||
	    read_file(arena, path, trusted, &config, &has_claims, err) < 0 ||
	    (!has_claims && set_default_claims(arena, &config, err) < 0) ||
	    (config.cdi_directories.n == 0 && set_default_cdi(arena, &config, err) < 0))
		return -(int)err->kind;
	*ret_config = config;
	return 0;
}
