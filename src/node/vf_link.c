/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/vf_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/parse.h"
#include "base/run.h"
#include "node/rtnl.h"

#define VFS_MAX    65535U
#define VLAN_MASK  4095U
#define LINE_SIZE  64U
#define OUTPUT_MAX ((size_t)8 << 20)
/* Exit status of a child whose output is a message without an errno. */
#define NO_ERRNO 255

/**
 * struct job - what a child does
 * @sysfs_is_ours: names of interfaces are of this machine
 * @links, @n_links: PFs
 * @write:	what to set, for the only PF; NULL: print what all of them have set
 */
struct job {
	bool sysfs_is_ours;
	const struct vc_pf_link *links;
	size_t n_links;
	const struct vc_rtnl_vf *write;
};

/* What a child has. */
struct session {
	const struct job *job;
	struct vc_arena *arena;
	int fd;
};

/* Only an interface of this very PF; with @index only if it knows that VF. */
static int check_link(const struct session *s, const char *pf, const char *interface,
                      const struct vc_rtnl_link *link, struct vc_err *err)
{
	if (!link->parent && s->job->sysfs_is_ours)
		return 0;
	if (link->parent && strcmp(link->parent, pf) == 0)
		return 0;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "network interface '%s' belongs to %s%s, not to '%s'", interface,
	               link->parent ? "" : "an unknown device",
	               link->parent ? link->parent : "", pf);
}

static bool has_vf(const struct vc_rtnl_link *link, uint32_t index)
{
	for (size_t i = 0; i < link->vfs.n; i++)
		if (link->vfs.v[i].index == index)
			return true;
	return false;
}

/* The interface of a PF that knows its VFs, or the one VF. */
static int find_link(const struct session *s, const struct vc_pf_link *pf,
                     struct vc_rtnl_link *ret_link, struct vc_err *err)
{
	char name[VC_PCI_ADDRESS_SIZE];
	bool failed = false;

	vc_pci_address_format(&pf->pf, name);
	for (size_t i = 0; i < pf->interfaces.n; i++) {
		const char *interface = pf->interfaces.v[i];
		struct vc_rtnl_link link = { 0 };

		if (vc_rtnl_get(s->arena, s->fd, interface, &link, err) < 0 ||
		    check_link(s, name, interface, &link, err) < 0) {
			failed = true;
			continue;
		}
		if (s->job->write ? !has_vf(&link, s->job->write->index) : !link.vfs.n)
			continue;
		*ret_link = link;
		return 0;
	}
	if (failed)
		return -(int)err->kind;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "no network interface of '%s' knows %s; its driver has to let it "
	               "set what they have",
	               name,
	               s->job->write ? "this virtual function" : "virtual functions");
}

/* A line for each VF: "0000:01:00.0 3 52:54:00:12:34:56 100". */
static void print_vfs(const struct vc_pf_link *pf, const struct vc_rtnl_link *link)
{
	char name[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(&pf->pf, name);
	for (size_t i = 0; i < link->vfs.n; i++) {
		const struct vc_rtnl_vf *vf = &link->vfs.v[i];

		(void)dprintf(STDOUT_FILENO, "%s %u %02x:%02x:%02x:%02x:%02x:%02x %u\n",
		              name, vf->index, vf->mac[0], vf->mac[1], vf->mac[2],
		              vf->mac[3], vf->mac[4], vf->mac[5], vf->vlan & VLAN_MASK);
	}
}

static int do_job(const struct session *s, struct vc_err *err)
{
	size_t n_found = 0;

	for (size_t i = 0; i < s->job->n_links; i++) {
		struct vc_rtnl_link link = { 0 };

		if (find_link(s, &s->job->links[i], &link, err) < 0)
			continue;
		n_found++;
		if (!s->job->write)
			print_vfs(&s->job->links[i], &link);
		else if (vc_rtnl_set_vf(s->arena, s->fd, link.ifindex, s->job->write,
		                        err) < 0)
			return -(int)err->kind;
	}
	return n_found > 0 || s->job->n_links == 0 ? 0 : -(int)err->kind;
}

/* Runs in the child: exit status 0, or an errno and the message as output. */
static int child(void *arg)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int fd = -1;
	struct session s = { .job = arg, .arena = &arena };
	struct vc_err err = VC_ERR_INIT;

	if (vc_rtnl_open(&fd, &err) == 0) {
		s.fd = fd;
		if (do_job(&s, &err) == 0)
			return 0;
	}
	(void)dprintf(STDOUT_FILENO, "%s", err.msg);
	return err.sys > 0 && err.sys < NO_ERRNO ? err.sys : NO_ERRNO;
}

static int run_job(struct vc_arena *arena, struct job *job, unsigned deadline_ms,
                   char **ret_output, struct vc_err *err)
{
	const struct vc_run run = {
		.fn = child,
		.arg = job,
		.what = "rtnetlink",
		.deadline_ms = deadline_ms,
		.max_output = OUTPUT_MAX,
		.abandons = true,
	};
	struct vc_run_result result;

	if (vc_run(arena, &run, &result, err) < 0)
		return -(int)err->kind;
	if (result.status != 0) {
		(void)vc_fail(err, VC_ERR_SYSTEM, "%s", result.output);
		err->sys = result.status == NO_ERRNO ? 0 : result.status;
		return -VC_ERR_SYSTEM;
	}
	*ret_output = result.output;
	return 0;
}

static bool parse_line(struct vc_arena *arena, char *line, struct vc_vf_setting *setting)
{
	struct vc_err no_address = VC_ERR_INIT;
	char *index, *mac, *vlan, *rest = line;
	uint64_t number, tag;

	(void)strsep(&rest, " ");
	index = strsep(&rest, " ");
	mac = strsep(&rest, " ");
	vlan = strsep(&rest, " ");
	if (!vlan || vc_pci_address_parse(line, &setting->pf, &no_address) < 0 ||
	    !vc_parse_number(index, VFS_MAX, &number) ||
	    !vc_parse_number(vlan, VLAN_MASK, &tag))
		return false;
	setting->index = (unsigned)number;
	setting->vlan = (int)tag;
	setting->mac = vc_arena_strdup(arena, mac);
	return setting->mac != NULL;
}

/**
 * vc_vf_settings_read() - What PFs have set for their VFs
 * @arena:	holds the result
 * @node:	where sysfs is
 * @links:	PFs
 * @n_links:	how many
 * @deadline_ms: for all of them
 * @ret_settings: of those PFs that answer, in the order of @links
 * @err:	what the last one that does not answer has
 *
 * Return: 0, -VC_ERR_SYSTEM (none answers; deadline over: .sys is ETIMEDOUT) or
 * -VC_ERR_INTERNAL
 */
int vc_vf_settings_read(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_pf_link links[], size_t n_links,
                        unsigned deadline_ms, struct vc_vf_settings *ret_settings,
                        struct vc_err *err)
{
	struct job job = {
		.sysfs_is_ours = strcmp(node->config->sysfs, "/sys") == 0,
		.links = links,
		.n_links = n_links,
	};
	struct vc_vf_settings settings = { 0 };
	char *output = NULL, *line;

	if (run_job(arena, &job, deadline_ms, &output, err) < 0)
		return -(int)err->kind;
	while ((line = strsep(&output, "\n")) && *line != '\0') {
		struct vc_vf_setting *setting = vc_list_push(arena, &settings);

		if (!setting || !parse_line(arena, line, setting))
			return vc_fail_oom(err);
	}
	*ret_settings = settings;
	return 0;
}

static bool parse_mac(const char *text, uint8_t ret_mac[VC_MAC_BYTES])
{
	for (size_t i = 0; i < VC_MAC_BYTES; i++) {
		uint32_t byte;

		if ((i > 0 && !vc_parse_literal(&text, ":")) ||
		    !vc_parse_hex(&text, 2, 2, &byte))
			return false;
		ret_mac[i] = (uint8_t)byte;
	}
	return vc_parse_end(text);
}

/**
 * vc_vf_setting_write() - Set MAC address and VLAN of a VF through its PF
 * @arena:	for the child's output
 * @node:	where sysfs is, and how long it may take
 * @link:	PF
 * @setting:	what is set; .pf does not count
 * @err:	reason, in the kernel's words
 *
 * Return: 0, -VC_ERR_INPUT (no MAC address, no VLAN), -VC_ERR_SYSTEM (refused by kernel or
 * driver; deadline over: .sys is ETIMEDOUT) or -VC_ERR_INTERNAL
 */
int vc_vf_setting_write(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_pf_link *link,
                        const struct vc_vf_setting *setting, struct vc_err *err)
{
	struct vc_rtnl_vf vf = {
		.index = setting->index,
		.has_mac = setting->mac != NULL,
		.has_vlan = setting->vlan >= 0,
		.vlan = setting->vlan >= 0 ? (uint32_t)setting->vlan : 0,
	};
	struct job job = {
		.sysfs_is_ours = strcmp(node->config->sysfs, "/sys") == 0,
		.links = link,
		.n_links = 1,
		.write = &vf,
	};
	char *output = NULL;

	if (setting->mac && !parse_mac(setting->mac, vf.mac))
		return vc_fail(err, VC_ERR_INPUT, "'%.40s' is no MAC address",
		               setting->mac);
	if (vf.vlan > VLAN_MASK)
		return vc_fail(err, VC_ERR_INPUT, "%u is no VLAN: expected 0 to 4095",
		               vf.vlan);
	return run_job(arena, &job, node->config->driver_deadline_ms, &output, err);
}
