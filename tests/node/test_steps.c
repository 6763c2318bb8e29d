/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_steps.c - do, undo and look at the steps that make devices and open nodes, on the
 * machine of make-machine and its kernel. Each test begins with a machine that has just
 * been started.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/unit.h"
#include "model/inventory.h"
#include "node/apply.h"
#include "node/observe.h"

#define MAKE_MACHINE VC_TESTS_NODE "/make-machine"
#define NVME_PF      "0000:09:00.0" /* 4 VFs, no driver for them */
#define NIC_PF       "0000:05:00.0" /* 8 VFs, of iavf */
#define CARD         "0000:17:00.0"
#define UUID         "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31"
#define MAC          "52:54:00:12:34:56"
#define ZEROS        "00:00:00:00:00:00"
/* What hangs is waited for so long; everything else may take its time on a busy machine. */
#define DEADLINE_MS 3000U
#define PATIENCE_MS 60000U

struct machine {
	char root[200];
	char sysfs[256], dev[256], run[256];
	struct vc_arena arena;
	struct vc_err err;
	struct vc_config config;
	struct vc_local_node node;
	char text[4096]; /* of get() and log */
};

static void run_make_machine(const char *root)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)unsetenv("LD_PRELOAD");
		(void)execl(MAKE_MACHINE, MAKE_MACHINE, root, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int setup(void **state)
{
	const char *root = getenv("FAKE_KERNEL");
	struct machine *m = calloc(1, sizeof(*m));

	if (!root || !m)
		return 1;
	*m = (struct machine){ .arena = VC_ARENA_INIT };
	(void)snprintf(m->root, sizeof(m->root), "%s", root);
	(void)snprintf(m->sysfs, sizeof(m->sysfs), "%s/sys", root);
	(void)snprintf(m->dev, sizeof(m->dev), "%s/dev", root);
	(void)snprintf(m->run, sizeof(m->run), "%s/run", root);
	m->config.sysfs = m->sysfs;
	m->config.dev = m->dev;
	m->config.run = m->run;
	m->config.driver_deadline_ms = PATIENCE_MS;
	m->node.config = &m->config;
	run_make_machine(root);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	vc_arena_release(&m->arena);
	free(m);
	return 0;
}

/* The machine, from outside: files below its root. */

static void put(struct machine *m, const char *path, const char *text)
{
	char full[512];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", m->root, path);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *get(struct machine *m, const char *path)
{
	char full[512];
	ssize_t n = -1;
	int fd;

	(void)snprintf(full, sizeof(full), "%s/%s", m->root, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, m->text, sizeof(m->text) - 1);
	if (fd >= 0)
		(void)close(fd);
	m->text[n > 0 ? n : 0] = '\0';
	return m->text;
}

static const char *get_pf(struct machine *m, const char *pf, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", pf, name);
	(void)get(m, path);
	m->text[strcspn(m->text, "\n")] = '\0';
	return m->text;
}

static bool exists(struct machine *m, const char *path)
{
	char full[512];
	struct stat st;

	(void)snprintf(full, sizeof(full), "%s/%s", m->root, path);
	return lstat(full, &st) == 0;
}

static void faults(struct machine *m, const char *lines)
{
	put(m, "kernel/faults", lines);
	put(m, "kernel/log", "");
	m->config.driver_deadline_ms = PATIENCE_MS;
}

/* From now on @fault comes to pass, which leads to the error @sys. */
static void expect(struct machine *m, const char *fault, int sys)
{
	faults(m, fault);
	m->err = (struct vc_err)VC_ERR_INIT;
	if (sys == ETIMEDOUT)
		m->config.driver_deadline_ms = DEADLINE_MS;
}

/* What the kernel was told since the last call of faults(), names of files only. */
static void assert_log(struct machine *m, const char *expected)
{
	char short_log[4096] = "";
	char *line, *rest;
	size_t len = 0;

	(void)get(m, "kernel/log");
	for (rest = m->text; (line = strsep(&rest, "\n")) && *line;) {
		char *equals = strchr(line, '=');
		char *name = line;

		assert_non_null(equals);
		for (char *p = line; p < equals; p++)
			if (*p == '/')
				name = p + 1;
		len += (size_t)snprintf(short_log + len, sizeof(short_log) - len, "%s\n",
		                        name);
		assert_true(len < sizeof(short_log));
	}
	assert_string_equal(short_log, expected);
}

static void assert_says(const struct machine *m, const char *text)
{
	if (!strstr(m->err.msg, text))
		fail_msg("'%s' is not in '%s'", text, m->err.msg);
}

static void write_as_admin(struct machine *m, const char *path, const char *text)
{
	char full[512];
	int fd;

	(void)snprintf(full, sizeof(full), "%s/sys/%s", m->root, path);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void write_pf(struct machine *m, const char *pf, const char *name,
                     const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/%s", pf, name);
	write_as_admin(m, path, text);
}

/* Steps */

static int act(struct machine *m, const struct vc_step *step)
{
	return vc_step_ops(step->kind)->act(&m->arena, &m->node, step, &m->err);
}

static int undo(struct machine *m, const struct vc_step *step)
{
	return vc_step_ops(step->kind)->undo(&m->arena, &m->node, step, &m->err);
}

static enum vc_step_look look(struct machine *m, const struct vc_step *step)
{
	enum vc_step_look found = VC_LOOK_GONE;
	int r = vc_step_ops(step->kind)->look(&m->arena, &m->node, step, &found, &m->err);

	if (r < 0)
		fail_msg("look: %s", m->err.msg);
	return found;
}

static char *copy(struct machine *m, const char *text)
{
	char *copied = vc_arena_strdup(&m->arena, text);

	assert_non_null(copied);
	return copied;
}

static struct vc_step vfs_step(struct machine *m, const char *pf, unsigned n)
{
	struct vc_step step = {
		.kind = VC_STEP_VFS,
		.n_vfs = n,
		.autoprobe = true,
		.vlan = -1,
		.old_vlan = -1,
	};

	assert_int_equal(vc_pci_address_parse(pf, &step.pci, &m->err), 0);
	return step;
}

static void test_vfs(void **state)
{
	static const struct {
		const char *pf;
		unsigned n;
		const char *text, *last;
	} cases[] = {
		{ NVME_PF, 4, "4", "0000:09:00.4" },
		{ NVME_PF, 1, "1", "0000:09:00.1" },
		{ NIC_PF, 8, "8", "0000:05:02.7" },
	};
	struct machine *m = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step step = vfs_step(m, cases[i].pf, cases[i].n);
		char last[64], expected[128];

		(void)snprintf(last, sizeof(last), "sys/bus/pci/devices/%s",
		               cases[i].last);
		(void)snprintf(expected, sizeof(expected),
		               "sriov_drivers_autoprobe=0 0\nsriov_numvfs=%s 0\n"
		               "sriov_drivers_autoprobe=1 0\n",
		               cases[i].text);
		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
		assert_int_equal(act(m, &step), 0);
		assert_log(m, expected);
		assert_int_equal(look(m, &step), VC_LOOK_AFTER);
		assert_true(exists(m, last));
		(void)snprintf(last, sizeof(last), "sys/bus/pci/devices/%s/driver",
		               cases[i].last);
		assert_false(exists(m, last));
		assert_int_equal(act(m, &step), 0);
		assert_log(m, expected);
		faults(m, "");
		assert_int_equal(undo(m, &step), 0);
		assert_int_equal(undo(m, &step), 0);
		assert_log(m, "sriov_numvfs=0 0\n");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	}
}

static void test_vfs_autoprobe(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	/* it was off: nothing to be switched */
	write_pf(m, NIC_PF, "sriov_drivers_autoprobe", "0");
	step.autoprobe = false;
	faults(m, "");
	assert_int_equal(act(m, &step), 0);
	assert_int_equal(undo(m, &step), 0);
	assert_log(m, "sriov_numvfs=8 0\nsriov_numvfs=0 0\n");
	/* a crash left it off */
	step.autoprobe = true;
	step.state = VC_STEP_DOING;
	assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
	step.state = VC_STEP_UNDOING;
	assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
	step.state = VC_STEP_DONE;
	assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	write_pf(m, NIC_PF, "sriov_numvfs", "8");
	assert_int_equal(look(m, &step), VC_LOOK_AFTER);
	step.state = VC_STEP_DOING;
	assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
	assert_int_equal(act(m, &step), 0);
	assert_int_equal(look(m, &step), VC_LOOK_AFTER);
	write_pf(m, NIC_PF, "sriov_drivers_autoprobe", "0");
	assert_int_equal(undo(m, &step), 0);
	assert_string_equal(get_pf(m, NIC_PF, "sriov_drivers_autoprobe"), "1");
}

static void test_vfs_fails(void **state)
{
	static const struct {
		const char *fault;
		int sys;
		const char *text;
	} cases[] = {
		{ "*/sriov_numvfs=8 ENOENT", ENOENT, "has no driver, or one that makes" },
		{ "*/sriov_numvfs=8 EBUSY", EBUSY, "somebody else makes some" },
		{ "*/sriov_numvfs=8 ENOMEM", ENOMEM, "pci=realloc" },
		{ "*/sriov_numvfs=8 ENOSPC", ENOSPC, "switch on SR-IOV" },
		{ "*/sriov_numvfs=8 ERANGE", ERANGE, "cannot have so many" },
		{ "*/sriov_numvfs=8 EIO", EIO, "see the kernel's log" },
		{ "*/sriov_numvfs=8 ignore", 0,
		  "made 0 virtual functions and not the 8" },
		{ "*/sriov_numvfs=8 hang", ETIMEDOUT, "not done after 3000 ms" },
		{ "*/sriov_drivers_autoprobe=0 EIO", EIO, "sriov_drivers_autoprobe" },
	};
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		expect(m, cases[i].fault, cases[i].sys);
		assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
		assert_says(m, cases[i].text);
		assert_int_equal(m->err.sys, cases[i].sys);
		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
		assert_string_equal(get_pf(m, NIC_PF, "sriov_drivers_autoprobe"), "1");
	}
}

/* What others do to the PF meanwhile. */
static void test_vfs_of_others(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	write_pf(m, NIC_PF, "sriov_numvfs", "2");
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
	assert_says(m, "has 2 virtual functions that somebody else made");
	assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	assert_int_equal(undo(m, &step), 0);
	assert_string_equal(get_pf(m, NIC_PF, "sriov_numvfs"), "2");
}

static void test_vfs_in_use(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	assert_int_equal(act(m, &step), 0);
	write_as_admin(m, "bus/pci/drivers/iavf/bind", "0000:05:02.5");
	assert_int_equal(undo(m, &step), -VC_ERR_REFUSED);
	assert_says(m, "virtual function 5 of '" NIC_PF "' is held by 'iavf'");
	write_as_admin(m, "bus/pci/drivers/iavf/unbind", "0000:05:02.5");
	write_pf(m, "0000:05:02.0", "driver_override", "vfio-pci");
	write_as_admin(m, "bus/pci/drivers_probe", "0000:05:02.0");
	assert_int_equal(undo(m, &step), -VC_ERR_REFUSED);
	assert_says(m, "virtual function 0 of '" NIC_PF "' is held by 'vfio-pci'");
	assert_string_equal(get_pf(m, NIC_PF, "sriov_numvfs"), "8");
	write_as_admin(m, "bus/pci/drivers/vfio-pci/unbind", "0000:05:02.0");
	assert_int_equal(undo(m, &step), 0);
}

static void test_vfs_undo_fails(void **state)
{
	static const struct {
		const char *fault;
		int sys;
		const char *text;
	} cases[] = {
		{ "*/sriov_numvfs=0 EPERM", EPERM, "a guest may have them still" },
		{ "*/sriov_numvfs=0 EBUSY", EBUSY, "or uses them" },
		{ "*/sriov_numvfs=0 ignore", 0, "has 8 virtual functions after" },
		{ "*/sriov_numvfs=0 hang", ETIMEDOUT, "not done after 3000 ms" },
	};
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	assert_int_equal(act(m, &step), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		expect(m, cases[i].fault, cases[i].sys);
		assert_int_equal(undo(m, &step), -VC_ERR_SYSTEM);
		assert_says(m, cases[i].text);
		assert_int_equal(m->err.sys, cases[i].sys);
		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_AFTER);
	}
	assert_int_equal(undo(m, &step), 0);
}

static void test_vfs_gone(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	assert_int_equal(act(m, &step), 0);
	write_pf(m, NIC_PF, "remove", "1");
	assert_int_equal(look(m, &step), VC_LOOK_GONE);
	assert_int_equal(undo(m, &step), 0);
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
	assert_says(m, "'" NIC_PF "' is gone");
}

/* Not all that the number says are there. */
static void test_vfs_incomplete(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NVME_PF, 4);
	char path[512];

	assert_int_equal(act(m, &step), 0);
	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/virtfn2", m->sysfs,
	               NVME_PF);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
}

/* A child that had to be left behind, in the kernel, holds the lock of its device: what it
 * began may still come to pass, so nobody says how the device is, and nobody changes it. */
static void assert_waits(struct machine *m, const struct vc_step *step,
                         const char *device)
{
	enum vc_step_look found = VC_LOOK_GONE;
	char path[512];
	int fd;

	assert_int_equal(act(m, step), 0);
	faults(m, "");
	(void)snprintf(path, sizeof(path), "%s/busy/%s", m->run, device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(
		vc_step_ops(step->kind)->look(&m->arena, &m->node, step, &found, &m->err),
		-VC_ERR_SYSTEM);
	assert_says(m, "still at work on");
	assert_int_equal(found, VC_LOOK_GONE);
	assert_int_equal(undo(m, step), -VC_ERR_SYSTEM);
	assert_log(m, "");
	(void)close(fd);
	assert_int_equal(look(m, step), VC_LOOK_AFTER);
	assert_int_equal(undo(m, step), 0);
}

static void test_vfs_waits(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vfs_step(m, NIC_PF, 8);

	assert_waits(m, &step, NIC_PF);
}

/* Mediated devices */

static struct vc_step mdev_step(struct machine *m, const char *parent, const char *type,
                                const char *uuid)
{
	return (struct vc_step){
		.kind = VC_STEP_MDEV,
		.parent = copy(m, parent),
		.type = copy(m, type),
		.uuid = copy(m, uuid),
	};
}

static void test_mdev(void **state)
{
	static const char *const cases[][2] = {
		{ CARD, "nvidia-558" },
		{ "mtty", "mtty-2" },
	};
	struct machine *m = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step step = mdev_step(m, cases[i][0], cases[i][1], UUID);

		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
		assert_int_equal(undo(m, &step), 0);
		assert_int_equal(act(m, &step), 0);
		assert_int_equal(act(m, &step), 0);
		assert_log(m, "create=" UUID " 0\n");
		assert_int_equal(look(m, &step), VC_LOOK_AFTER);
		assert_true(exists(m, "sys/bus/mdev/devices/" UUID));
		faults(m, "");
		assert_int_equal(undo(m, &step), 0);
		assert_int_equal(undo(m, &step), 0);
		assert_log(m, "remove=1 0\n");
		assert_false(exists(m, "sys/bus/mdev/devices/" UUID));
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	}
}

static void test_mdev_waits(void **state)
{
	struct machine *m = *state;
	struct vc_step step = mdev_step(m, CARD, "nvidia-558", UUID);

	assert_waits(m, &step, UUID);
}

static void test_mdev_fails(void **state)
{
	static const struct {
		const char *fault;
		int sys;
		const char *text;
	} cases[] = {
		{ "*/create EUSERS", EUSERS, "no instance of this type is left" },
		{ "*/create ENOSPC", ENOSPC, "no instance of this type is left" },
		{ "*/create EEXIST", EEXIST, "somebody has made one with this UUID" },
		{ "*/create EIO", EIO, "see the kernel's log" },
		{ "*/create ignore", 0, "and it is not there" },
		{ "*/create hang", ETIMEDOUT, "not done after 3000 ms" },
	};
	struct machine *m = *state;
	struct vc_step step = mdev_step(m, CARD, "nvidia-558", UUID);
	struct vc_step none = mdev_step(m, CARD, "nvidia-999", UUID);

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		expect(m, cases[i].fault, cases[i].sys);
		assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
		assert_says(m, cases[i].text);
		assert_int_equal(m->err.sys, cases[i].sys);
		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	}
	assert_int_equal(act(m, &none), -VC_ERR_SYSTEM);
	assert_says(m, "makes none of this type now");
}

static void test_mdev_undo_fails(void **state)
{
	static const struct {
		const char *fault;
		int sys;
		const char *text;
	} cases[] = {
		{ "*/remove EBUSY", EBUSY, "a guest has it still" },
		{ "*/remove ENODEV", 0, "is there after it was removed" },
		{ "*/remove ignore", 0, "is there after it was removed" },
		{ "*/remove hang", ETIMEDOUT, "not done after 3000 ms" },
	};
	struct machine *m = *state;
	struct vc_step step = mdev_step(m, CARD, "nvidia-558", UUID);

	assert_int_equal(act(m, &step), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		expect(m, cases[i].fault, cases[i].sys);
		assert_int_equal(undo(m, &step), -VC_ERR_SYSTEM);
		assert_says(m, cases[i].text);
		assert_int_equal(m->err.sys, cases[i].sys);
		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_AFTER);
	}
}

/* A device with our UUID that is not ours is never touched. */
static void test_mdev_of_others(void **state)
{
	static const char *const cases[][2] = {
		{ CARD, "nvidia-559" },
		{ "mtty", "mtty-2" },
	};
	struct machine *m = *state;
	struct vc_step theirs = mdev_step(m, CARD, "nvidia-558", UUID);

	assert_int_equal(act(m, &theirs), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step step = mdev_step(m, cases[i][0], cases[i][1], UUID);
		enum vc_step_look found = VC_LOOK_GONE;

		assert_int_equal(act(m, &step), -VC_ERR_REFUSED);
		assert_says(m, "is of type 'nvidia-558' and parent '" CARD "'");
		assert_int_equal(undo(m, &step), -VC_ERR_REFUSED);
		assert_int_equal(vc_step_mdev_ops.look(&m->arena, &m->node, &step, &found,
		                                       &m->err),
		                 -VC_ERR_REFUSED);
		assert_int_equal(found, VC_LOOK_GONE);
	}
	assert_int_equal(look(m, &theirs), VC_LOOK_AFTER);
}

static void test_mdev_gone(void **state)
{
	struct machine *m = *state;
	struct vc_step step = mdev_step(m, "no-such-parent", "nvidia-558", UUID);

	assert_int_equal(look(m, &step), VC_LOOK_GONE);
	assert_int_equal(undo(m, &step), 0);
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
}

static void test_mdev_names(void **state)
{
	static const char *const cases[][3] = {
		{ CARD, "nvidia-558", "../../../etc" }, { CARD, "nvidia-558", "" },
		{ CARD, "../nvidia-558", UUID },        { CARD, "", UUID },
		{ "..", "nvidia-558", UUID },           { "mtty/x", "mtty-2", UUID },
	};
	struct machine *m = *state;

	faults(m, "");
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step step = mdev_step(m, cases[i][0], cases[i][1], cases[i][2]);

		assert_int_equal(act(m, &step), -VC_ERR_INPUT);
	}
	assert_log(m, "");
}

/* MAC address and VLAN */

static struct vc_step vf_step(struct machine *m, const char *mac, int vlan)
{
	struct vc_step step = vfs_step(m, NIC_PF, 0);

	step.kind = VC_STEP_VF;
	step.vf_index = 3;
	step.mac = mac ? copy(m, mac) : NULL;
	step.vlan = vlan;
	step.old_mac = copy(m, "52:54:00:00:00:01");
	step.old_vlan = 7;
	return step;
}

/* Makes VFs, and gives number 3 what vf_step() calls old. */
static void with_vfs(struct machine *m)
{
	struct vc_step vfs = vfs_step(m, NIC_PF, 8);
	struct vc_step old = vf_step(m, "52:54:00:00:00:01", 7);

	assert_int_equal(act(m, &vfs), 0);
	assert_int_equal(act(m, &old), 0);
	faults(m, "");
}

static void test_vf(void **state)
{
	static const struct {
		const char *mac;
		int vlan;
		const char *log, *undo_log;
	} cases[] = {
		{ MAC, 100, "3=" MAC " 100 0\n",
		  "3=52:54:00:00:00:01 100 0\n3=52:54:00:00:00:01 7 0\n" },
		{ MAC, -1, "3=" MAC " 7 0\n", "3=52:54:00:00:00:01 7 0\n" },
		{ NULL, 100, "3=52:54:00:00:00:01 100 0\n", "3=52:54:00:00:00:01 7 0\n" },
	};
	struct machine *m = *state;

	with_vfs(m);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step step = vf_step(m, cases[i].mac, cases[i].vlan);

		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
		assert_int_equal(act(m, &step), 0);
		assert_log(m, cases[i].log);
		assert_int_equal(look(m, &step), VC_LOOK_AFTER);
		faults(m, "");
		assert_int_equal(undo(m, &step), 0);
		assert_log(m, cases[i].undo_log);
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	}
}

static void test_vf_between(void **state)
{
	struct machine *m = *state;
	struct vc_step step, half;

	with_vfs(m);
	step = vf_step(m, MAC, 100);
	half = vf_step(m, MAC, -1);
	assert_int_equal(act(m, &half), 0);
	assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
	half = vf_step(m, NULL, 4094);
	assert_int_equal(act(m, &half), 0);
	assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
	assert_int_equal(undo(m, &step), 0);
	assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
}

/* Drivers that take no zeros: what only a guest had stays until another one comes. */
static void test_vf_zeros(void **state)
{
	struct machine *m = *state;
	struct vc_step step;

	with_vfs(m);
	step = vf_step(m, MAC, 100);
	step.old_mac = copy(m, ZEROS);
	assert_int_equal(act(m, &step), 0);
	faults(m, "rtnetlink/enp5s0/3=00:00:00:* EINVAL\n");
	assert_int_equal(undo(m, &step), 0);
	assert_log(m, "3=" ZEROS " 100 EINVAL\n3=" MAC " 7 0\n");
	assert_int_equal(act(m, &step), 0);
	faults(m, "rtnetlink/enp5s0/3=00:00:00:* EPERM\n");
	assert_int_equal(undo(m, &step), -VC_ERR_SYSTEM);
	step.old_mac = copy(m, "52:54:00:00:00:01");
	faults(m, "rtnetlink/enp5s0/3=52:54:00:00:00:01* EINVAL\n");
	assert_int_equal(undo(m, &step), -VC_ERR_SYSTEM);
	assert_int_equal(m->err.sys, EINVAL);
}

static void test_vf_fails(void **state)
{
	static const struct {
		const char *fault;
		int sys;
		const char *text;
	} cases[] = {
		{ "rtnetlink/* EPERM", EPERM, "not permitted" },
		{ "rtnetlink/* EBUSY", EBUSY, "busy" },
		{ "rtnetlink/* hang", ETIMEDOUT, "not done after 3000 ms" },
	};
	struct machine *m = *state;
	struct vc_step step, odd;

	with_vfs(m);
	step = vf_step(m, MAC, 100);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		expect(m, cases[i].fault, cases[i].sys);
		assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
		assert_says(m, cases[i].text);
		assert_int_equal(m->err.sys, cases[i].sys);
		faults(m, "");
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	}
	odd = vf_step(m, "52:54:00:12:34", -1);
	assert_int_equal(act(m, &odd), -VC_ERR_INPUT);
	odd = vf_step(m, NULL, 4096);
	assert_int_equal(act(m, &odd), -VC_ERR_INPUT);
	odd = vf_step(m, MAC, -1);
	odd.vf_index = 8;
	assert_int_equal(act(m, &odd), -VC_ERR_SYSTEM);
	assert_log(m, "");
}

/* The name leads to another card in the kernel, or to none. */
static void test_vf_wrong_interface(void **state)
{
	struct machine *m = *state;
	enum vc_step_look found = VC_LOOK_GONE;
	struct vc_step step;
	char link[512];

	with_vfs(m);
	step = vf_step(m, MAC, 100);
	(void)snprintf(link, sizeof(link), "%s/class/net/enp5s0", m->sysfs);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
	assert_int_equal(m->err.sys, ENODEV);
	assert_says(m, "network interface 'enp5s0'");
	assert_int_equal(symlink("../../bus/pci/devices/0000:08:00.0/net/enp8s0", link),
	                 0);
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
	assert_says(m, "'enp5s0' belongs to 0000:08:00.0, not to '" NIC_PF "'");
	assert_int_equal(vc_step_vf_ops.look(&m->arena, &m->node, &step, &found, &m->err),
	                 -VC_ERR_SYSTEM);
	assert_int_equal(found, VC_LOOK_GONE);
	assert_log(m, "");
}

static void test_vf_gone(void **state)
{
	struct machine *m = *state;
	struct vc_step step = vf_step(m, MAC, 100);

	assert_int_equal(look(m, &step), VC_LOOK_GONE);
	assert_int_equal(undo(m, &step), 0);
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
	assert_says(m, "virtual function 3 of '" NIC_PF "' is gone");
}

/* Nodes */

static struct stat stat_of(struct machine *m, const char *node)
{
	char path[512];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", m->dev, node);
	assert_int_equal(stat(path, &st), 0);
	return st;
}

static void assert_node(struct machine *m, const char *node, uid_t uid, mode_t mode)
{
	struct stat st = stat_of(m, node);

	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, uid == 0 ? 0 : uid + 1);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void make_node(struct machine *m, const char *node)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "dev/%s", node);
	put(m, path, "");
	(void)snprintf(path, sizeof(path), "%s/%s", m->dev, node);
	assert_int_equal(chmod(path, 0600), 0);
}

static void set_owner(struct machine *m, const char *node, uid_t uid, gid_t gid,
                      mode_t mode)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", m->dev, node);
	assert_int_equal(chown(path, uid, gid), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#define QEMU 64055U

/* Only root can give files away. */
#define NEEDS_ROOT()                \
	do {                        \
		if (geteuid() != 0) \
			skip();     \
	} while (0)

static struct vc_step access_step(struct machine *m, const char *node, mode_t old_mode)
{
	return (struct vc_step){
		.kind = VC_STEP_ACCESS,
		.node = copy(m, node),
		.uid = QEMU,
		.gid = QEMU + 1,
		.mode = old_mode | 0660,
		.old_mode = old_mode,
	};
}

static void test_access(void **state)
{
	static const struct {
		const char *node;
		mode_t mode;
	} cases[] = {
		{ "vfio/77", 0600 },
		{ "bus/usb/001/002", 0664 },
	};
	struct machine *m = *state;

	NEEDS_ROOT();
	make_node(m, "vfio/77");
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const char *node = cases[i].node;
		struct vc_step step = access_step(m, node, cases[i].mode);

		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
		assert_int_equal(act(m, &step), 0);
		assert_int_equal(act(m, &step), 0);
		assert_int_equal(look(m, &step), VC_LOOK_AFTER);
		assert_node(m, node, QEMU, cases[i].mode | 0660);
		assert_int_equal(undo(m, &step), 0);
		assert_int_equal(undo(m, &step), 0);
		assert_node(m, node, 0, cases[i].mode);
		assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	}
}

/* A crash between owner and permissions; somebody else's owner or permissions. */
static void test_access_between(void **state)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t mode;
		bool is_restored;
	} cases[] = {
		{ QEMU, QEMU + 1, 0600, true },
		{ QEMU, 0, 0600, true },
		{ 0, 0, 0660, true },
		{ 0, QEMU + 1, 0660, true },
		{ 1, 0, 0600, false },
		{ QEMU, 5, 0660, false },
		{ QEMU, QEMU + 1, 0666, false },
		{ 0, 0, 0640, false },
	};
	struct machine *m = *state;
	struct vc_step step = access_step(m, "vfio/77", 0600);

	NEEDS_ROOT();
	make_node(m, "vfio/77");
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct stat st;

		set_owner(m, "vfio/77", cases[i].uid, cases[i].gid, cases[i].mode);
		assert_int_equal(look(m, &step), VC_LOOK_BETWEEN);
		assert_int_equal(undo(m, &step), 0);
		if (cases[i].is_restored) {
			assert_node(m, "vfio/77", 0, 0600);
			continue;
		}
		st = stat_of(m, "vfio/77");
		assert_int_equal(st.st_uid, cases[i].uid);
		assert_int_equal(st.st_mode & 07777, cases[i].mode);
	}
}

static void test_access_missing(void **state)
{
	struct machine *m = *state;
	struct vc_step step = access_step(m, "vfio/77", 0600);

	assert_int_equal(look(m, &step), VC_LOOK_GONE);
	assert_int_equal(undo(m, &step), 0);
	assert_int_equal(act(m, &step), -VC_ERR_SYSTEM);
	assert_says(m, "there is no node '");
}

/* Its directory too comes only with it. */
static void test_access_comes_late(void **state)
{
	struct machine *m = *state;
	struct vc_step step = access_step(m, "late/vfio/77", 0600);
	struct timespec began, ended;
	int status = -1;
	pid_t pid;

	NEEDS_ROOT();
	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	pid = fork();
	if (pid == 0) {
		char path[512];

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)poll(NULL, 0, 100);
		(void)snprintf(path, sizeof(path), "%s/late", m->dev);
		(void)mkdir(path, 0755);
		(void)poll(NULL, 0, 50);
		(void)snprintf(path, sizeof(path), "%s/late/vfio", m->dev);
		(void)mkdir(path, 0755);
		(void)poll(NULL, 0, 50);
		make_node(m, "late/vfio/77");
		_exit(0);
	}
	assert_int_equal(act(m, &step), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &ended);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(ended.tv_sec - began.tv_sec < 2);
	assert_int_equal(look(m, &step), VC_LOOK_AFTER);
}

static void test_access_refused(void **state)
{
	static const struct {
		const char *node;
		int r;
	} cases[] = {
		{ "vfio/link", -VC_ERR_REFUSED },
		{ "vfio/directory", -VC_ERR_REFUSED },
		{ "linked/002", -VC_ERR_SYSTEM },
		{ "../kernel/faults", -VC_ERR_SYSTEM },
	};
	struct machine *m = *state;
	char path[512];

	make_node(m, "vfio/77");
	(void)snprintf(path, sizeof(path), "%s/vfio/link", m->dev);
	assert_int_equal(symlink("77", path), 0);
	(void)snprintf(path, sizeof(path), "%s/linked", m->dev);
	assert_int_equal(symlink("bus/usb/001", path), 0);
	(void)snprintf(path, sizeof(path), "%s/vfio/directory", m->dev);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step step = access_step(m, cases[i].node, 0600);
		enum vc_step_look found = VC_LOOK_GONE;

		assert_int_equal(act(m, &step), cases[i].r);
		assert_int_equal(undo(m, &step), cases[i].r);
		assert_int_equal(vc_step_access_ops.look(&m->arena, &m->node, &step,
		                                         &found, &m->err),
		                 cases[i].r);
	}
	assert_node(m, "vfio/77", 0, 0600);
	assert_node(m, "bus/usb/001/002", 0, 0664);
}

static void bind_vfio(struct machine *m, const char *address)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/driver/unbind", address);
	write_as_admin(m, path, address);
	write_pf(m, address, "driver_override", "vfio-pci");
	write_as_admin(m, "bus/pci/drivers_probe", address);
}

/* The node of a device is called after it, and found when vfio has it. */
static void test_access_cdev(void **state)
{
	struct machine *m = *state;
	struct vc_step step = access_step(m, "vfio/devices/0000:02:00.0", 0600);
	struct vc_step mdev = access_step(m, "vfio/devices/" UUID, 0600);

	NEEDS_ROOT();
	assert_int_equal(act(m, &step), 0);
	assert_int_equal(look(m, &step), VC_LOOK_AFTER);
	assert_int_equal(undo(m, &step), 0);
	assert_int_equal(act(m, &mdev), 0);
	bind_vfio(m, "0000:02:00.0");
	assert_int_equal(look(m, &step), VC_LOOK_BEFORE);
	assert_int_equal(act(m, &step), 0);
	assert_node(m, "vfio/devices/vfio0", QEMU, 0660);
	assert_int_equal(look(m, &step), VC_LOOK_AFTER);
	assert_int_equal(undo(m, &step), 0);
	assert_node(m, "vfio/devices/vfio0", 0, 0600);
}

/* What is observed for plans */

static struct vc_host_device *add(struct vc_inventory *inventory, size_t i,
                                  enum vc_device_kind kind, char *address)
{
	struct vc_host_device *d = &inventory->devices.v[i];
	struct vc_err err = VC_ERR_INIT;

	d->kind = kind;
	d->address = address;
	d->iommu_group = -1;
	if (kind == VC_DEVICE_PCI) {
		assert_int_equal(vc_pci_address_parse(address, &d->pci.address, &err), 0);
		inventory->n_pci++;
	}
	inventory->devices.n = i + 1;
	return d;
}

static void test_observe_vfs(void **state)
{
	struct machine *m = *state;
	char *interfaces[] = { copy(m, "no-such"), copy(m, "enp8s0"), copy(m, "enp5s0") };
	struct vc_host_device devices[4] = { 0 };
	struct vc_inventory inventory = { .devices.v = devices };
	struct vc_host_device *pf, *vf, *other;

	pf = add(&inventory, 0, VC_DEVICE_PCI, copy(m, NIC_PF));
	pf->pci.interfaces.v = interfaces;
	pf->pci.interfaces.n = VC_ARRAY_SIZE(interfaces);
	vf = add(&inventory, 1, VC_DEVICE_PCI, copy(m, "0000:05:02.3"));
	vf->pci.is_vf = true;
	vf->pci.pf = pf->pci.address;
	vf->pci.vf_index = 3;
	other = add(&inventory, 2, VC_DEVICE_PCI, copy(m, "0000:05:02.4"));
	other->pci = vf->pci;
	other->pci.vf_index = -1;
	with_vfs(m);
	/* nobody has VFs: nobody is asked */
	assert_int_equal(vc_observe_vfs(&m->arena, &m->node, &inventory, &m->err), 0);
	assert_null(vf->pci.vf_mac);
	pf->pci.n_vfs = 8;
	assert_int_equal(vc_observe_vfs(&m->arena, &m->node, &inventory, &m->err), 0);
	assert_string_equal(vf->pci.vf_mac, "52:54:00:00:00:01");
	assert_int_equal(vf->pci.vf_vlan, 7);
	assert_null(other->pci.vf_mac);
	assert_null(pf->pci.vf_mac);
	/* the PF does not answer: unknown, and no error */
	vf->pci.vf_mac = NULL;
	pf->pci.interfaces.n = 2;
	assert_int_equal(vc_observe_vfs(&m->arena, &m->node, &inventory, &m->err), 0);
	assert_null(vf->pci.vf_mac);
}

static void test_observe_nodes(void **state)
{
	struct machine *m = *state;
	struct vc_host_device devices[4] = { 0 };
	struct vc_inventory inventory = { .devices.v = devices };
	struct vc_host_device *d;

	NEEDS_ROOT();
	d = add(&inventory, 0, VC_DEVICE_PCI, copy(m, "0000:02:00.0"));
	d->iommu_group = 7;
	d = add(&inventory, 1, VC_DEVICE_USB, copy(m, "1-1"));
	d->usb.bus = 1;
	d->usb.device = 2;
	bind_vfio(m, "0000:02:00.0");
	set_owner(m, "vfio/7", 0, 36, 0660);
	assert_int_equal(vc_observe_nodes(&m->arena, &m->node, &inventory, &m->err), 0);
	assert_int_equal(inventory.nodes.n, 0);
	assert_false(inventory.has_cdevs);
	m->node.has_user = true;
	assert_int_equal(vc_observe_nodes(&m->arena, &m->node, &inventory, &m->err), 0);
	assert_int_equal(inventory.nodes.n, 1);
	assert_true(inventory.has_cdevs);
	inventory.nodes.n = 0;
	devices[0].pci.on_vfio = true;
	assert_int_equal(vc_observe_nodes(&m->arena, &m->node, &inventory, &m->err), 0);
	assert_int_equal(inventory.nodes.n, 3);
	assert_string_equal(inventory.nodes.v[0].name, "bus/usb/001/002");
	assert_int_equal(inventory.nodes.v[0].mode, 0664);
	assert_string_equal(inventory.nodes.v[1].name, "vfio/7");
	assert_int_equal(inventory.nodes.v[1].gid, 36);
	assert_int_equal(inventory.nodes.v[1].mode, 0660);
	assert_string_equal(inventory.nodes.v[2].name, "vfio/devices/0000:02:00.0");
	assert_ptr_equal(vc_inventory_node(&inventory, "vfio/7"), &inventory.nodes.v[1]);
	assert_null(vc_inventory_node(&inventory, "vfio/8"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vfs),
		TEST(test_vfs_autoprobe),
		TEST(test_vfs_fails),
		TEST(test_vfs_of_others),
		TEST(test_vfs_in_use),
		TEST(test_vfs_undo_fails),
		TEST(test_vfs_gone),
		TEST(test_vfs_incomplete),
		TEST(test_vfs_waits),
		TEST(test_mdev),
		TEST(test_mdev_fails),
		TEST(test_mdev_waits),
		TEST(test_mdev_undo_fails),
		TEST(test_mdev_of_others),
		TEST(test_mdev_gone),
		TEST(test_mdev_names),
		TEST(test_vf),
		TEST(test_vf_between),
		TEST(test_vf_zeros),
		TEST(test_vf_fails),
		TEST(test_vf_wrong_interface),
		TEST(test_vf_gone),
		TEST(test_observe_vfs),
		TEST(test_observe_nodes),
		TEST(test_access_missing),
		TEST(test_access_refused),
		TEST(test_access),
		TEST(test_access_between),
		TEST(test_access_comes_late),
		TEST(test_access_cdev),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
