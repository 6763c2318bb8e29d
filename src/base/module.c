/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The program's directory, without a trailing slash. */
static int own_directory(char directory[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return -1;
	directory[len] = '\0';
	slash = strrchr(directory, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	return 0;
}

/* The first of these files that exists, in the arena; NULL none. */
static char *find_module(struct vc_arena *arena, const char *file)
{
	static const char *const below[] = { VC_MODULE_RELATIVE_DIR, "." };
	const char *directory = secure_getenv("VIRT_CLAIM_MODULE_DIR");
	char own[PATH_MAX];
	char *path;

	if (directory && *directory == '/')
		return vc_arena_printf(arena, "%s/%s", directory, file);
	if (own_directory(own) < 0)
		return NULL;
	for (size_t i = 0; i < VC_ARRAY_SIZE(below); i++) {
		path = vc_arena_printf(arena, "%s/%s/%s", own, below[i], file);
		if (path && access(path, R_OK) == 0)
			return path;
	}
	return NULL;
}

/**
 * vc_module_open() - Load a module; it stays loaded
 * @arena:	for its path
 * @module:	which
 * @ret_symbol:	the struct that it exports
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM (not installed, its library is missing, another version)
 */
int vc_module_open(struct vc_arena *arena, const struct vc_module *module,
                   const void **ret_symbol, struct vc_err *err)
{
	char *path = find_module(arena, module->file);
	void *handle;
	const unsigned *symbol;

	if (!path)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "this needs %s, and '%s' is not installed; install it",
		               module->library, module->file);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return vc_fail(err, VC_ERR_SYSTEM, "cannot load %s: %s", module->library,
		               dlerror());
	symbol = dlsym(handle, module->symbol);
	if (!symbol || *symbol != module->version)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "'%s' is of another version; install the one that belongs "
		               "to this program",
		               path);
	*ret_symbol = symbol;
	return 0;
}
