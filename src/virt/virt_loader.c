/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/module.h"
#include "base/run.h"
#include "base/write.h"
#include "virt/loader.h"

/* Probing QEMU takes a second or two; more means that something hangs. */
#define NATIVE_DEADLINE_MS 60000U
#define NATIVE_MAX_BYTES   ((size_t)4 << 20)

/**
 * vc_virt_load() - Load the module; it stays loaded
 * @arena:	for its path
 * @err:	why not
 *
 * Return: the module, or NULL with @err of kind VC_ERR_SYSTEM
 */
const struct vc_virt_module *vc_virt_load(struct vc_arena *arena, struct vc_err *err)
{
	static const struct vc_module module = {
		.file = VC_VIRT_MODULE_FILE,
		.symbol = VC_VIRT_MODULE_SYMBOL,
		.version = VC_VIRT_MODULE_VERSION,
		.library = "libvirt",
	};
	const void *symbol = NULL;

	return vc_module_open(arena, &module, &symbol, err) == 0 ? symbol : NULL;
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static void remove_tree(char *root)
{
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What the child gets. */
struct native_job {
	struct vc_arena *arena;
	const char *xml;
	const char *root;
};

/**
 * vc_virt_print_all() - Print a text on descriptor 1, in a child
 * @text:	text
 *
 * Return: 0 or -1
 */
int vc_virt_print_all(const char *text)
{
	return vc_write_all(STDOUT_FILENO, text, strlen(text)) < 0 ? -1 : 0;
}

/* Prints QEMU's arguments, or the message of the error whose kind it returns. */
static int native_main(void *arg)
{
	const struct native_job *job = arg;
	VC_AUTOFREE char *arguments = NULL;
	struct vc_err err = VC_ERR_INIT;
	const struct vc_virt_module *module = vc_virt_load(job->arena, &err);

	if (module)
		(void)module->native(job->xml, job->root, &arguments, &err);
	if (vc_virt_print_all(arguments ? arguments : err.msg) < 0)
		return VC_ERR_SYSTEM;
	return arguments ? 0 : (int)err.kind;
}

/**
 * vc_virt_native() - The arguments that libvirt would start QEMU with
 * @arena:	holds them
 * @xml:	domain
 * @ret_arguments: as one line
 * @err:	libvirt's message
 *
 * libvirt runs inside a child process, with an empty configuration below a temporary
 * directory and with a deadline: [LV] some domains make it crash.
 *
 * Return: 0, -VC_ERR_SYSTEM (also: this host cannot run such a domain) or
 * -VC_ERR_INTERNAL
 */
int vc_virt_native(struct vc_arena *arena, const char *xml, char **ret_arguments,
                   struct vc_err *err)
{
	char root[] = "/tmp/virt-claim-XXXXXX";
	struct native_job job = { .arena = arena, .xml = xml, .root = root };
	const struct vc_run run = {
		.fn = native_main,
		.arg = &job,
		.what = "qemu:///embed",
		.deadline_ms = NATIVE_DEADLINE_MS,
		.max_output = NATIVE_MAX_BYTES,
	};
	struct vc_run_result result = { 0 };
	int r;

	if (!mkdtemp(root))
		return vc_fail_sys(err, errno, "cannot make a directory in /tmp");
	r = vc_run(arena, &run, &result, err);
	remove_tree(root);
	if (r < 0)
		return r;
	if (result.status != 0)
		return vc_fail(err, VC_ERR_SYSTEM, "%s", result.output);
	*ret_arguments = result.output;
	return 0;
}
