/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_machine.h - the machine of make-machine in a test, with claims that the test puts
 * there itself. Each test begins with a machine that has just been started.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "node/identity.h"
#include "node/prepare.h"
#include "store/claim_store.h"

#define MAKE_MACHINE VC_TESTS_NODE "/make-machine"
/* More than anything takes on a machine that is busy; and what is waited for in vain. */
#define NODE_DEADLINE_MS 30000U
#define NODE_HANG_MS     3000U

struct node_machine {
	char root[200];
	struct vc_arena arena;
	struct vc_config config;
	struct vc_local_node node;
	struct vc_err err;
	struct vc_prepare_report report;
	unsigned n_claims;
	char text[8192]; /* of node_get() */
};

static inline void node_boot(struct node_machine *m)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)unsetenv("LD_PRELOAD");
		(void)execl(MAKE_MACHINE, MAKE_MACHINE, m->root, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(vc_node_open(&m->arena, &m->config, &m->node, &m->err), 0);
}

static inline int node_remove(const char *path, const struct stat *st VC_UNUSED,
                              int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static inline int node_setup(void **state)
{
	const char *root = getenv("FAKE_KERNEL");
	struct node_machine *m = calloc(1, sizeof(*m));
	char path[512];

	if (!root || !m || setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1) < 0)
		return 1;
	*m = (struct node_machine){ .arena = VC_ARENA_INIT };
	(void)snprintf(m->root, sizeof(m->root), "%s", root);
	(void)snprintf(path, sizeof(path), "%s/etc/virt-claim.yaml", root);
	if (vc_config_read(&m->arena, path, false, &m->config, &m->err) < 0)
		return 1;
	m->config.driver_deadline_ms = NODE_DEADLINE_MS;
	(void)snprintf(path, sizeof(path), "%s/claims", m->config.state);
	(void)nftw(path, node_remove, 8, FTW_DEPTH | FTW_PHYS);
	node_boot(m);
	*state = m;
	return 0;
}

static inline int node_teardown(void **state)
{
	struct node_machine *m = *state;

	vc_arena_release(&m->arena);
	free(m);
	return 0;
}

/* Files of the machine */

static inline const char *node_path(struct node_machine *m, const char *path)
{
	return vc_arena_printf(&m->arena, "%s/%s", m->root, path);
}

static inline void node_put(struct node_machine *m, const char *path, const char *text)
{
	int fd = open(node_path(m, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static inline const char *node_get(struct node_machine *m, const char *path)
{
	int fd = open(node_path(m, path), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, m->text, sizeof(m->text) - 1) : -1;

	if (fd >= 0)
		(void)close(fd);
	m->text[n > 0 ? n : 0] = '\0';
	return m->text;
}

static inline bool node_exists(struct node_machine *m, const char *path)
{
	struct stat st;

	return lstat(node_path(m, path), &st) == 0;
}

static inline void node_faults(struct node_machine *m, const char *lines)
{
	node_put(m, "kernel/faults", lines);
	node_put(m, "kernel/log", "");
}

static inline void node_write(struct node_machine *m, const char *path, const char *text)
{
	int fd = open(node_path(m, path), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

/* "" none */
static inline const char *node_driver(struct node_machine *m, const char *address)
{
	char *path = vc_arena_printf(&m->arena, "%s/sys/bus/pci/devices/%s/driver",
	                             m->root, address);
	ssize_t n = readlink(path, m->text, sizeof(m->text) - 1);
	char *slash;

	m->text[n > 0 ? n : 0] = '\0';
	slash = strrchr(m->text, '/');
	return slash ? slash + 1 : m->text;
}

static inline void node_assert_driver(struct node_machine *m, const char *address,
                                      const char *driver)
{
	const char *got = node_driver(m, address);

	if (strcmp(got, driver) != 0)
		fail_msg("%s is on '%s', expected '%s'", address, got, driver);
}

static inline void node_assert_override(struct node_machine *m, const char *address,
                                        const char *text)
{
	char *path = vc_arena_printf(&m->arena, "sys/bus/pci/devices/%s/driver_override",
	                             address);

	(void)node_get(m, path);
	m->text[strcspn(m->text, "\n")] = '\0';
	assert_string_equal(m->text, text);
}

static inline void node_says(const struct node_machine *m, const char *text)
{
	if (!strstr(m->err.msg, text))
		fail_msg("'%s' is not in '%s'", text, m->err.msg);
}

/* Claims */

/* "0000:02:00.0", "0000:05:00.0/vf3", "0000:17:00.0/nvidia-558", "1-1" */
static inline void node_add_device(struct node_machine *m,
                                   const struct vc_inventory *inventory, const char *text,
                                   struct vc_host_claim *claim)
{
	struct vc_claimed_device *d = vc_list_push(&m->arena, &claim->devices);
	char *address = vc_arena_strdup(&m->arena, text);
	char *slash = strchr(address, '/');
	struct vc_host_device *device;

	if (slash)
		*slash++ = '\0';
	device = vc_inventory_find(inventory, address);
	if (!d || !device)
		abort(); /* the analyzers learn nothing from cmocka's assertions */
	*d = (struct vc_claimed_device){ .vlan = -1 };
	d->request = vc_arena_strdup(&m->arena, "device");
	d->name = vc_arena_printf(&m->arena, "%s-%zu", device->name, claim->devices.n);
	assert_int_equal(vc_identity_record(&m->arena, device, m->node.boot_id,
	                                    &d->identity, &m->err),
	                 0);
	if (slash && strncmp(slash, "vf", 2) == 0) {
		d->made_from = VC_MADE_FROM_PF;
		d->vf_index = (unsigned)(slash[2] - '0');
	} else if (slash) {
		d->made_from = VC_MADE_FROM_TYPE;
		d->mdev_type = slash;
		d->mdev_uuid = vc_arena_printf(&m->arena,
		                               "1d6f8a10-93c2-4b57-8e0d-64a7b1c20%02x%zu",
		                               m->n_claims, claim->devices.n);
	}
}

/* @devices ends with NULL. */
static inline struct vc_host_claim node_claim(struct node_machine *m, const char *name,
                                              const char *const *devices)
{
	struct vc_inventory inventory;
	struct vc_host_claim claim = {
		.namespace = vc_arena_strdup(&m->arena, "lab"),
		.name = vc_arena_strdup(&m->arena, name),
		.uid = vc_arena_printf(&m->arena,
		                       "aaaaaaaa-1111-4111-8111-1111111111%02x",
		                       ++m->n_claims),
		.pool = m->node.pool,
		.generation = 1,
	};

	if (vc_node_observe(&m->arena, &m->node, &inventory, &m->err) < 0)
		fail_msg("%s", m->err.msg);
	for (; *devices; devices++)
		node_add_device(m, &inventory, *devices, &claim);
	if (vc_claim_store_create(&m->arena, m->config.state, &claim, &m->err) < 0)
		fail_msg("%s", m->err.msg);
	return claim;
}

static inline struct vc_host_claim node_read(struct node_machine *m, const char *name)
{
	struct vc_host_claim claim;

	assert_int_equal(vc_claim_store_read(&m->arena, m->config.state, "lab", name,
	                                     &claim, &m->err),
	                 0);
	return claim;
}

static inline int node_prepare(struct node_machine *m, const char *name)
{
	m->report = (struct vc_prepare_report){ 0 };
	return vc_node_prepare(&m->arena, &m->node, "lab", name, NULL, &m->report,
	                       &m->err);
}

static inline int node_unprepare(struct node_machine *m, const char *name)
{
	m->report = (struct vc_prepare_report){ 0 };
	return vc_node_unprepare(&m->arena, &m->node, "lab", name, NULL, &m->report,
	                         &m->err);
}

static inline int node_recover(struct node_machine *m)
{
	m->report = (struct vc_prepare_report){ 0 };
	return vc_node_recover(&m->arena, &m->node, false, &m->report, &m->err);
}

static inline void node_done(struct node_machine *m, int r)
{
	if (r < 0)
		fail_msg("%s", m->err.msg);
}

static inline bool node_has_entry(struct node_machine *m,
                                  const struct vc_host_claim *claim, enum vc_phase phase)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_entry entry;

	return vc_journal_read(&m->arena, m->config.run, claim->uid, m->node.boot_id,
	                       &entry, &err) == 0 &&
	       entry.phase == phase && entry.owner_pid == 0;
}

static inline void node_assert_forgotten(struct node_machine *m,
                                         const struct vc_host_claim *claim)
{
	assert_false(node_exists(
		m, vc_arena_printf(&m->arena, "run/journal/%s.json", claim->uid)));
	assert_false(node_exists(
		m, vc_arena_printf(&m->arena, "run/claims/lab/%s", claim->name)));
}

static inline void node_assert_prepared(struct node_machine *m,
                                        const struct vc_host_claim *claim)
{
	assert_true(node_has_entry(m, claim, VC_PHASE_PREPARED));
	assert_true(node_exists(
		m, vc_arena_printf(&m->arena,
	                           "run/claims/lab/%s/device/virt-claim.io-metadata.json",
	                           claim->name)));
}
