/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/node.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/parse.h"
#include "node/observe.h"
#include "store/boot_id.h"

#define LIBVIRT_RUN "/run/libvirt/qemu"

static int find_user(const char *name, struct vc_local_node *node, struct vc_err *err)
{
	const struct passwd *entry;
	uint64_t number;

	if (vc_parse_number(name, UINT32_MAX - 1, &number)) {
		node->uid = (uid_t)number;
		return 0;
	}
	entry = getpwnam(name);
	if (!entry)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: /qemu-user: there is no user '%s' on this host",
		               VC_CONFIG_FILE, name);
	node->uid = entry->pw_uid;
	node->gid = entry->pw_gid;
	return 0;
}

static int find_group(const char *name, struct vc_local_node *node, struct vc_err *err)
{
	const struct group *entry;
	uint64_t number;

	if (vc_parse_number(name, UINT32_MAX - 1, &number)) {
		node->gid = (gid_t)number;
		return 0;
	}
	entry = getgrnam(name);
	if (!entry)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: /qemu-group: there is no group '%s' on this host",
		               VC_CONFIG_FILE, name);
	node->gid = entry->gr_gid;
	return 0;
}

static int find_accounts(const struct vc_config *config, struct vc_local_node *node,
                         struct vc_err *err)
{
	node->has_user = config->qemu_user || config->qemu_group;
	if (config->qemu_user && find_user(config->qemu_user, node, err) < 0)
		return -(int)err->kind;
	if (config->qemu_group && find_group(config->qemu_group, node, err) < 0)
		return -(int)err->kind;
	return 0;
}

/* [DRA] a pool is a path of DNS labels; the host name up to its first dot is one. */
static char *make_pool(struct vc_arena *arena)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (gethostname(name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	name[strcspn(name, ".")] = '\0';
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return vc_arena_strdup(arena, vc_is_dns_label(name) ? name : "host");
}

/**
 * vc_node_open() - The node that a configuration describes
 * @arena:	holds it
 * @config:	lives as long as the node
 * @ret_node:	node
 * @err:	a user that does not exist, an unreadable /proc
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_node_open(struct vc_arena *arena, const struct vc_config *config,
                 struct vc_local_node *ret_node, struct vc_err *err)
{
	struct vc_local_node node = { .config = config };
	struct vc_process self;

	if (find_accounts(config, &node, err) < 0 ||
	    vc_boot_id(arena, config->proc, &node.boot_id, err) < 0 ||
	    vc_process_read(arena, "/proc", getpid(), &self, err) < 0)
		return -(int)err->kind;
	node.pool = make_pool(arena);
	if (!node.pool)
		return vc_fail_oom(err);
	node.owner_pid = self.pid;
	node.owner_start = self.start;
	node.leases = (struct vc_lease_store){ config->leases, "/proc", LIBVIRT_RUN };
	*ret_node = node;
	return 0;
}

/* The file of the running kernel, if there is one and it speaks about this sysfs. */
static const char *find_modules_alias(struct vc_arena *arena,
                                      const struct vc_config *config)
{
	struct utsname name;
	char *path;

	if (config->modules_alias)
		return config->modules_alias;
	if (strcmp(config->sysfs, "/sys") != 0 || uname(&name) < 0)
		return NULL;
	path = vc_arena_printf(arena, "/lib/modules/%s/modules.alias", name.release);
	return path && access(path, R_OK) == 0 ? path : NULL;
}

/**
 * vc_node_inventory_request() - What there is to look at
 * @arena:	for a path
 * @node:	node
 *
 * Return: request; it lives as long as @node
 */
struct vc_inventory_request vc_node_inventory_request(struct vc_arena *arena,
                                                      const struct vc_local_node *node)
{
	const struct vc_config *config = node->config;

	return (struct vc_inventory_request){
		.sysfs = config->sysfs,
		.proc = config->proc,
		.modules_alias = find_modules_alias(arena, config),
		.pci_ids = config->pci_ids,
		.allowed = (const char *const *)config->allowed.v,
		.n_allowed = config->allowed.n,
		.vpd = true,
	};
}

/**
 * vc_node_observe() - Look at the whole machine
 * @arena:	holds the result
 * @node:	node
 * @ret_inventory: what it has now
 * @err:	reason
 *
 * Return: 0, or what vc_inventory_take() returns
 */
int vc_node_observe(struct vc_arena *arena, const struct vc_local_node *node,
                    struct vc_inventory *ret_inventory, struct vc_err *err)
{
	const struct vc_inventory_request request =
		vc_node_inventory_request(arena, node);
	struct vc_inventory inventory;

	if (vc_inventory_take(arena, &request, &inventory, err) < 0 ||
	    vc_observe_vfs(arena, node, &inventory, err) < 0 ||
	    vc_observe_nodes(arena, node, &inventory, err) < 0)
		return -(int)err->kind;
	*ret_inventory = inventory;
	return 0;
}
