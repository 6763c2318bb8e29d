/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_vfs.c - make the VFs of a PF, and remove them.
 *
 * While they are made sriov_drivers_autoprobe is off, so that no driver of the host takes
 * them; afterwards it is as it was. A write to sriov_numvfs returns when all is done.
 *
 * [ABI-PCI] Documentation/ABI/testing/sysfs-bus-pci: sriov_numvfs, sriov_drivers_autoprobe,
 * virtfn<N>
 */
#include <errno.h>
#include <fcntl.h>

#include "base/parse.h"
#include "host/sysfs.h"
#include "node/apply.h"

#define NUMVFS    "sriov_numvfs"
#define AUTOPROBE "sriov_drivers_autoprobe"
#define VFS_MAX   65535U

/* A PF, and its directory in sysfs. */
struct pf {
	struct vc_arena *arena;
	const struct vc_config *config;
	const struct vc_step *step;
	char name[VC_PCI_ADDRESS_SIZE];
	int root;
};

#define PF_INIT(arena_, node_, step_)                                          \
	{                                                                      \
		.arena = (arena_), .config = (node_)->config, .step = (step_), \
		.root = -1,                                                    \
	}

static void close_pf(struct pf *pf)
{
	vc_closep(&pf->root);
}

static char *path_of(const struct pf *pf, const char *name)
{
	return vc_arena_printf(pf->arena, "bus/pci/devices/%s/%s", pf->name, name);
}

/* *ret_there: whether it has not gone. */
static int open_pf(struct pf *pf, bool *ret_there, struct vc_err *err)
{
	char *path;

	vc_pci_address_format(&pf->step->pci, pf->name);
	path = path_of(pf, "");
	if (!path)
		return vc_fail_oom(err);
	if (vc_file_open_directory(AT_FDCWD, pf->config->sysfs, 0, &pf->root, err) < 0)
		return -(int)err->kind;
	*ret_there = vc_sysfs_is_directory(pf->root, path);
	return 0;
}

static int read_number(const struct pf *pf, const char *name, unsigned max,
                       unsigned *ret_number, struct vc_err *err)
{
	char *path = path_of(pf, name);
	uint64_t number;
	char *text;

	if (!path)
		return vc_fail_oom(err);
	if (vc_sysfs_read_within(pf->arena, pf->config->sysfs, path, VC_LOOK_MS, &text,
	                         err) < 0)
		return -(int)err->kind;
	if (!vc_parse_number(text, max, &number))
		return vc_fail(err, VC_ERR_SYSTEM,
		               "sysfs '%s': expected a number up to %u, not '%s'", path,
		               max, text);
	*ret_number = (unsigned)number;
	return 0;
}

static int write_number(const struct pf *pf, const char *name, unsigned number,
                        struct vc_err *err)
{
	const struct vc_sysfs_write write = {
		.sysfs = pf->config->sysfs,
		.path = path_of(pf, name),
		.text = vc_arena_printf(pf->arena, "%u", number),
		.deadline_ms = pf->config->driver_deadline_ms,
		.run = pf->config->run,
		.device = pf->name,
	};

	if (!write.path || !write.text)
		return vc_fail_oom(err);
	return vc_sysfs_write(pf->arena, &write, err);
}

/* [IOV] drivers/pci/iov.c of Linux, and what the drivers of PFs return. */
static const char *explain(int sys)
{
	switch (sys) {
	case ENOENT:
		return "it has no driver, or one that makes no virtual functions";
	case EBUSY:
		return "somebody else makes some, or uses them";
	case EPERM:
		return "a guest may have them still";
	case ENOMEM:
	case ENOSPC:
		return "firmware left no memory or bus numbers for them; switch on SR-IOV "
		       "and memory above 4G there, or boot with pci=realloc,assign-busses";
	case ERANGE:
		return "it cannot have so many";
	case ENOTTY:
	case ENOSYS:
	case EOPNOTSUPP:
		return "the kernel or its driver cannot do that";
	default:
		break;
	}
	return "see the kernel's log";
}

/* The PF is there: whatever is missing, the kernel said no. */
static int write_numvfs(const struct pf *pf, unsigned n, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r = write_number(pf, NUMVFS, n, &why);

	if (r == 0)
		return 0;
	if (r == -VC_ERR_INTERNAL) {
		*err = why;
		return r;
	}
	(void)vc_fail(err, VC_ERR_SYSTEM, "'%s': %u virtual functions: %.1000s; %s",
	              pf->name, n, why.msg, explain(why.sys));
	err->sys = why.sys;
	return -VC_ERR_SYSTEM;
}

/* A kernel without this attribute (before 4.12) has nothing to be set. */
static int set_autoprobe(const struct pf *pf, bool on, struct vc_err *err)
{
	struct vc_err absent = VC_ERR_INIT;
	unsigned now = 0;
	int r = read_number(pf, AUTOPROBE, 1, &now, &absent);

	if (r == -VC_ERR_ABSENT || (r == 0 && (now == 1) == on))
		return 0;
	if (r < 0) {
		*err = absent;
		return r;
	}
	return write_number(pf, AUTOPROBE, on, err);
}

static bool have_all(const struct pf *pf)
{
	for (unsigned i = 0; i < pf->step->n_vfs; i++) {
		char *name = vc_arena_printf(pf->arena, "virtfn%u/.", i);
		char *path = name ? path_of(pf, name) : NULL;

		if (!path || !vc_sysfs_is_directory(pf->root, path))
			return false;
	}
	return true;
}

/* [IOV] a driver may make fewer than it was asked for, and succeed. Those are removed
 * at once: nobody could tell later whose they are. */
static int check_made(const struct pf *pf, struct vc_err *err)
{
	struct vc_err ignored = VC_ERR_INIT;
	unsigned n = 0;

	if (read_number(pf, NUMVFS, VFS_MAX, &n, err) < 0)
		return -(int)err->kind;
	if (n == pf->step->n_vfs && have_all(pf))
		return 0;
	(void)write_numvfs(pf, 0, &ignored);
	return vc_fail(
		err, VC_ERR_SYSTEM,
		"'%s' made %u virtual functions and not the %u that it was asked for; "
		"see the kernel's log",
		pf->name, n, pf->step->n_vfs);
}

static int make(const struct pf *pf, struct vc_err *err)
{
	struct vc_err ignored = VC_ERR_INIT;

	if (set_autoprobe(pf, false, err) < 0)
		return -(int)err->kind;
	if (write_numvfs(pf, pf->step->n_vfs, err) == 0 && check_made(pf, err) == 0)
		return 0;
	(void)set_autoprobe(pf, pf->step->autoprobe, &ignored);
	return -(int)err->kind;
}

static int act(struct vc_arena *arena, const struct vc_local_node *node,
               const struct vc_step *step, struct vc_err *err)
{
	VC_CLEANUP(close_pf) struct pf pf = PF_INIT(arena, node, step);
	unsigned n = 0;
	bool there = false;

	if (open_pf(&pf, &there, err) < 0)
		return -(int)err->kind;
	if (!there)
		return vc_fail(err, VC_ERR_SYSTEM, "'%s' is gone", pf.name);
	if (read_number(&pf, NUMVFS, VFS_MAX, &n, err) < 0)
		return -(int)err->kind;
	if (n != 0 && n != step->n_vfs)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "'%s' has %u virtual functions that somebody else made; "
		               "remove them, or try again",
		               pf.name, n);
	if (n == 0 && make(&pf, err) < 0)
		return -(int)err->kind;
	return set_autoprobe(&pf, step->autoprobe, err);
}

/* A driver that holds a VF, whoever gave it that: the claims on it are undone by now. */
static int check_unused(const struct pf *pf, struct vc_err *err)
{
	for (unsigned i = 0; i < pf->step->n_vfs; i++) {
		struct vc_err absent = VC_ERR_INIT;
		char *name = vc_arena_printf(pf->arena, "virtfn%u/driver", i);
		char *path = name ? path_of(pf, name) : NULL;
		char *driver = NULL;
		int r;

		if (!path)
			return vc_fail_oom(err);
		r = vc_sysfs_link(pf->arena, pf->root, path, &driver, &absent);
		if (r == -VC_ERR_ABSENT)
			continue;
		if (r < 0) {
			*err = absent;
			return r;
		}
		return vc_fail(err, VC_ERR_REFUSED,
		               "virtual function %u of '%s' is held by '%s', which no "
		               "claim has asked for; unbind it, then run: virt-claim "
		               "recover",
		               i, pf->name, driver);
	}
	return 0;
}

static int check_removed(const struct pf *pf, struct vc_err *err)
{
	unsigned n = 0;

	if (read_number(pf, NUMVFS, VFS_MAX, &n, err) < 0)
		return -(int)err->kind;
	if (n == 0)
		return 0;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "'%s' has %u virtual functions after all were removed; see the "
	               "kernel's log",
	               pf->name, n);
}

static int undo(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, struct vc_err *err)
{
	VC_CLEANUP(close_pf) struct pf pf = PF_INIT(arena, node, step);
	bool there = false;
	unsigned n = 0;

	if (open_pf(&pf, &there, err) < 0)
		return -(int)err->kind;
	if (!there)
		return 0;
	if (vc_step_idle(node->config->run, pf.name, err) < 0 ||
	    read_number(&pf, NUMVFS, VFS_MAX, &n, err) < 0)
		return -(int)err->kind;
	/* another number was made by somebody else, after ours were gone */
	if (n == step->n_vfs &&
	    (check_unused(&pf, err) < 0 || write_numvfs(&pf, 0, err) < 0 ||
	     check_removed(&pf, err) < 0))
		return -(int)err->kind;
	return set_autoprobe(&pf, step->autoprobe, err);
}

/* Whether a crash came between making or removing and putting this back. */
static bool autoprobe_is_left(const struct pf *pf)
{
	struct vc_err unknown = VC_ERR_INIT;
	unsigned now = 0;

	if (pf->step->state != VC_STEP_DOING && pf->step->state != VC_STEP_UNDOING)
		return false;
	return read_number(pf, AUTOPROBE, 1, &now, &unknown) == 0 &&
	       (now == 1) != pf->step->autoprobe;
}

static int look(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, enum vc_step_look *ret_look,
                struct vc_err *err)
{
	VC_CLEANUP(close_pf) struct pf pf = PF_INIT(arena, node, step);
	enum vc_step_look found = VC_LOOK_GONE;
	bool there = false;
	unsigned n = 0;

	if (open_pf(&pf, &there, err) < 0)
		return -(int)err->kind;
	if (there) {
		if (vc_step_idle(node->config->run, pf.name, err) < 0 ||
		    read_number(&pf, NUMVFS, VFS_MAX, &n, err) < 0)
			return -(int)err->kind;
		found = n == step->n_vfs ? VC_LOOK_AFTER : VC_LOOK_BEFORE;
		if ((n == step->n_vfs && !have_all(&pf)) || autoprobe_is_left(&pf))
			found = VC_LOOK_BETWEEN;
	}
	*ret_look = found;
	return 0;
}

const struct vc_step_kind_ops vc_step_vfs_ops = {
	.act = act,
	.undo = undo,
	.look = look,
};
