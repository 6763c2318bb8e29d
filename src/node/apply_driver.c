/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: [ABI-PCI] a function is bound by driver_override, which speaks of
 * this function alone (new_id would take its twin too), unbind and drivers_probe. The
 * probe succeeds also when nobody took the function, so the `driver` link says what
 * happened. An override is cleared with a newline; it is read back, because a write that
 * is too short clears nothing.
 *
 * Doing, in states: [old driver] -> override -> [old driver, override] -> unbind ->
 * [nothing, override] -> probe -> [vfio]. Undoing takes the override back first, so that
 * no probe of anybody can lead to vfio again. Each write can be repeated.
 *
 * A driver that somebody else gave the function meanwhile is not ours to take away.
 *
 * [KMOD] module names have '_' where the name of the driver may have '-'.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/now.h"
#include "base/run.h"
#include "host/sysfs.h"
#include "node/apply.h"

#define MODPROBE     "/sbin/modprobe"
#define REAL_SYSFS   "/sys"
#define DRIVERS      "bus/pci/drivers/"
#define DEVICES      "bus/pci/devices/"
#define CANNOT_START 126

/**
 * struct function - a function and its step
 * @root:	sysfs
 * @address:	in text
 * @deadline:	when all writes of the step have to be done, ms of the monotonic clock
 * @driver:	that has it now, NULL none
 * @override:	driver_override, NULL none
 */
struct function {
	struct vc_arena *arena;
	const struct vc_config *config;
	const struct vc_step *step;
	int root;
	char address[VC_PCI_ADDRESS_SIZE];
	int64_t deadline;
	char *driver, *override;
};

#define FUNCTION_INIT(arena_, node_, step_)                                    \
	{                                                                      \
		.arena = (arena_), .config = (node_)->config, .step = (step_), \
		.root = -1,                                                    \
	}

static void close_function(struct function *f)
{
	vc_closep(&f->root);
}

static unsigned left_ms(const struct function *f)
{
	int64_t left = f->deadline - vc_now_ms();

	return left > 1 ? (unsigned)left : 1;
}

static int open_function(struct function *f, struct vc_err *err)
{
	vc_pci_address_format(&f->step->pci, f->address);
	f->deadline = vc_now_ms() + f->config->driver_deadline_ms;
	return vc_file_open_directory(AT_FDCWD, f->config->sysfs, 0, &f->root, err);
}

static char *path_of(const struct function *f, const char *attribute)
{
	return vc_arena_printf(f->arena, DEVICES "%s/%s", f->address, attribute);
}

static bool exists(const struct function *f)
{
	char *path = vc_arena_printf(f->arena, DEVICES "%s", f->address);

	return !path || vc_sysfs_is_directory(f->root, path);
}

/* Nothing is believed; all is asked again. */
static int refresh(struct function *f, struct vc_err *err)
{
	char *link = path_of(f, "driver"), *path = path_of(f, "driver_override");
	char *driver = NULL, *override = NULL;
	struct vc_err why = VC_ERR_INIT;
	int r;

	if (!link || !path)
		return vc_fail_oom(err);
	r = vc_sysfs_link(f->arena, f->root, link, &driver, &why);
	if (r < 0 && r != -VC_ERR_ABSENT) {
		*err = why;
		return r;
	}
	if (vc_sysfs_read_within(f->arena, f->config->sysfs, path, left_ms(f), &override,
	                         err) < 0)
		return -(int)err->kind;
	f->driver = driver;
	f->override =
		*override == '\0' || strcmp(override, "(null)") == 0 ? NULL : override;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_letter(char a, char b)
{
	return a == b || (a == '-' && b == '_') || (a == '_' && b == '-');
}

/* Whether two names of a driver differ only in '-' and '_'. */
static bool same_driver(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a != '\0' && same_letter(*a, *b)) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool is_bound(const struct function *f)
{
	return f->driver && same_driver(f->driver, f->step->driver);
}

static int put(const struct function *f, const char *path, const char *text,
               struct vc_err *err)
{
	const struct vc_sysfs_write write = {
		.sysfs = f->config->sysfs,
		.path = path,
		.text = text,
		.deadline_ms = left_ms(f),
		.run = f->config->run,
		.device = f->address,
	};

	return path ? vc_sysfs_write(f->arena, &write, err) : vc_fail_oom(err);
}

/* @driver NULL clears it. */
static int set_override(struct function *f, const char *driver, struct vc_err *err)
{
	char *text = vc_arena_printf(f->arena, "%s\n", driver ? driver : "");

	if (same_text(f->override, driver))
		return 0;
	if (!text)
		return vc_fail_oom(err);
	if (put(f, path_of(f, "driver_override"), text, err) < 0 || refresh(f, err) < 0)
		return -(int)err->kind;
	if (same_text(f->override, driver))
		return 0;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "'%s': driver_override is '%s' after '%s' was written to it",
	               f->address, f->override ? f->override : "", driver ? driver : "");
}

/* Somebody else may have taken the driver away at the same moment. */
static int unbind(struct function *f, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r;

	if (!f->driver)
		return 0;
	r = put(f, path_of(f, "driver/unbind"), f->address, &why);
	if (why.sys != ETIMEDOUT && refresh(f, err) < 0)
		return -(int)err->kind;
	if (!f->driver)
		return 0;
	if (r < 0) {
		*err = why;
		return vc_err_context(err, "'%s': driver '%s' does not let go of it",
		                      f->address, f->driver);
	}
	return vc_fail(err, VC_ERR_SYSTEM,
	               "'%s': driver '%s' still holds it after it was unbound",
	               f->address, f->driver);
}

static int probe(struct function *f, struct vc_err *err)
{
	char *path = vc_arena_strdup(f->arena, "bus/pci/drivers_probe");

	if (put(f, path, f->address, err) < 0)
		return vc_err_context(err, "'%s': no driver takes it", f->address);
	return refresh(f, err);
}

static int run_modprobe(void *arg)
{
	char *module = arg;
	char program[] = MODPROBE, quiet[] = "-q", end[] = "--";
	char *argv[] = { program, quiet, end, module, NULL };
	char *envp[] = { NULL };

	(void)execve(program, argv, envp);
	return CANNOT_START;
}

/* What comes of it, the directory of the driver says. */
static int load_module(const struct function *f, struct vc_err *err)
{
	char *module = vc_arena_strdup(f->arena, f->step->driver);
	const struct vc_run run = {
		.fn = run_modprobe,
		.arg = module,
		.what = MODPROBE,
		.deadline_ms = f->config->driver_deadline_ms,
		.max_output = 65536,
		.abandons = true,
	};
	struct vc_run_result result;

	if (!module)
		return vc_fail_oom(err);
	if (strcmp(f->config->sysfs, REAL_SYSFS) != 0)
		return 0;
	return vc_run(f->arena, &run, &result, err);
}

/* A driver by its name, or by that of its module; NULL when there is none. */
static const char *find_driver(const struct function *f, struct vc_err *err)
{
	struct vc_names names = { 0 };

	if (vc_sysfs_list(f->arena, f->root, "bus/pci/drivers", &names, err) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i], f->step->driver) == 0)
			return names.v[i];
	for (size_t i = 0; i < names.n; i++)
		if (same_driver(names.v[i], f->step->driver))
			return names.v[i];
	return NULL;
}

static int require_driver(const struct function *f, const char **ret_driver,
                          struct vc_err *err)
{
	struct vc_err none = VC_ERR_INIT;
	const char *driver = find_driver(f, &none);

	if (!driver) {
		if (load_module(f, err) < 0)
			return -(int)err->kind;
		driver = find_driver(f, &none);
	}
	if (!driver)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "driver '%s' is not loaded; run: modprobe %s",
		               f->step->driver, f->step->driver);
	*ret_driver = driver;
	return 0;
}

/* Between plan and deed anything may have happened. */
static int check_holder(const struct function *f, struct vc_err *err)
{
	if (!f->driver || same_text(f->driver, f->step->old_driver))
		return 0;
	return vc_fail(
		err, VC_ERR_REFUSED,
		"'%s' is on driver '%s' now, not on '%s': somebody else is at work "
		"on it",
		f->address, f->driver,
		f->step->old_driver ? f->step->old_driver : "none");
}

static int verify_bound(const struct function *f, struct vc_err *err)
{
	if (is_bound(f))
		return 0;
	return vc_fail(
		err, VC_ERR_SYSTEM,
		"'%s' is on %s%s%s after it was offered to '%s'; see the kernel's log",
		f->address, f->driver ? "driver '" : "no driver",
		f->driver ? f->driver : "", f->driver ? "'" : "", f->step->driver);
}

static int act(struct vc_arena *arena, const struct vc_local_node *node,
               const struct vc_step *step, struct vc_err *err)
{
	VC_CLEANUP(close_function)
	struct function f = FUNCTION_INIT(arena, node, step);
	const char *driver = NULL;

	if (open_function(&f, err) < 0 || refresh(&f, err) < 0)
		return -(int)err->kind;
	if (is_bound(&f))
		return 0;
	if (check_holder(&f, err) < 0 || require_driver(&f, &driver, err) < 0 ||
	    set_override(&f, driver, err) < 0 || unbind(&f, err) < 0 ||
	    probe(&f, err) < 0)
		return -(int)err->kind;
	return verify_bound(&f, err);
}

/* Several drivers may fit a function; the one that had it gets it back. */
static int bind_old(struct function *f, struct vc_err *err)
{
	const char *old = f->step->old_driver;
	char *path;

	if (!old)
		return 0;
	if (probe(f, err) < 0)
		return -(int)err->kind;
	if (same_text(f->driver, old))
		return 0;
	if (unbind(f, err) < 0)
		return -(int)err->kind;
	path = vc_arena_printf(f->arena, DRIVERS "%s/bind", old);
	if (put(f, path, f->address, err) < 0 || refresh(f, err) < 0)
		return vc_err_context(err, "'%s': driver '%s' does not take it back",
		                      f->address, old);
	if (same_text(f->driver, old))
		return 0;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "'%s' is on no driver after it was given back to '%s'; see the "
	               "kernel's log",
	               f->address, old);
}

/* As long as an override is set no other driver takes the function; and a driver that knows
 * nothing of such functions takes it only while the override is its own. */
static int restore(struct function *f, struct vc_err *err)
{
	const char *override = f->step->old_override;
	const char *meanwhile =
		same_driver(override, f->step->old_driver) ? override : NULL;

	if (f->driver && !is_bound(f)) /* its own, or whose it was given to */
		return set_override(f, override, err);
	if (set_override(f, meanwhile, err) < 0 || unbind(f, err) < 0 ||
	    bind_old(f, err) < 0)
		return -(int)err->kind;
	return set_override(f, override, err);
}

static int undo(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, struct vc_err *err)
{
	VC_CLEANUP(close_function)
	struct function f = FUNCTION_INIT(arena, node, step);
	struct vc_err why = VC_ERR_INIT;

	if (open_function(&f, err) < 0 || vc_step_idle(f.config->run, f.address, err) < 0)
		return -(int)err->kind;
	if (!exists(&f))
		return 0;
	if (refresh(&f, &why) == 0 && restore(&f, &why) == 0)
		return 0;
	if (!exists(&f)) /* pulled out meanwhile */
		return 0;
	*err = why;
	return -(int)err->kind;
}

static int look(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, enum vc_step_look *ret_look,
                struct vc_err *err)
{
	VC_CLEANUP(close_function)
	struct function f = FUNCTION_INIT(arena, node, step);
	struct vc_err why = VC_ERR_INIT;

	if (open_function(&f, err) < 0 || vc_step_idle(f.config->run, f.address, err) < 0)
		return -(int)err->kind;
	f.deadline = vc_now_ms() + VC_LOOK_MS;
	if (exists(&f) && refresh(&f, &why) < 0 && exists(&f)) {
		*err = why;
		return -(int)err->kind;
	}
	if (!exists(&f))
		*ret_look = VC_LOOK_GONE;
	else if (is_bound(&f))
		*ret_look = VC_LOOK_AFTER;
	else if (same_text(f.driver, step->old_driver) &&
	         same_text(f.override, step->old_override))
		*ret_look = VC_LOOK_BEFORE;
	else
		*ret_look = VC_LOOK_BETWEEN;
	return 0;
}

const struct vc_step_kind_ops vc_step_driver_ops = {
	.act = act,
	.undo = undo,
	.look = look,
};
