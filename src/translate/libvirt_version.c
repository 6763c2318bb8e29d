/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate/libvirt_version.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"

#define MAJOR_MAX 4293UL /* so that the number fits 32 bits */

static const char *const library_directories[] = {
#ifdef VC_LIBRARY_ARCHITECTURE
	"/usr/lib/" VC_LIBRARY_ARCHITECTURE,
	"/lib/" VC_LIBRARY_ARCHITECTURE,
#endif
	"/usr/lib64",
	"/usr/lib",
	"/lib64",
	"/lib",
	"/usr/local/lib64",
	"/usr/local/lib",
};

/**
 * vc_libvirt_version_parse() - Read a version as people write it
 * @text:	"9.0.0", "12.8" or "12"
 * @ret_version:	major * 1000000 + minor * 1000 + release
 * @err:	what was wrong
 *
 * Return: 0 or -VC_ERR_USAGE
 */
int vc_libvirt_version_parse(const char *text, unsigned long *ret_version,
                             struct vc_err *err)
{
	uint64_t major, minor = 0, release = 0;
	const char *p = text;
	bool good = vc_parse_decimal(&p, MAJOR_MAX, &major) && major > 0;

	if (good && vc_parse_literal(&p, "."))
		good = vc_parse_decimal(&p, 999, &minor);
	if (good && vc_parse_literal(&p, "."))
		good = vc_parse_decimal(&p, 999, &release);
	if (!good || !vc_parse_end(p))
		return vc_fail(err, VC_ERR_USAGE,
		               "'%.64s' is not a libvirt version; write it like '9.0.0'",
		               text);
	*ret_version = (unsigned long)(major * 1000000 + minor * 1000 + release);
	return 0;
}

/**
 * vc_libvirt_version_of_file() - Read the version off the name of the library
 * @name:	"libvirt.so.0.9000.0"
 * @ret_version:	9000000 for that name
 *
 * [LV] meson.build: the library's version is 0.(1000 * major + minor).release.
 *
 * Return: whether it is such a name
 */
bool vc_libvirt_version_of_file(const char *name, unsigned long *ret_version)
{
	uint64_t major_minor, release;
	const char *p = name;

	if (!vc_parse_literal(&p, "libvirt.so.0.") ||
	    !vc_parse_decimal(&p, MAJOR_MAX * 1000, &major_minor) ||
	    !vc_parse_literal(&p, ".") || !vc_parse_decimal(&p, 999, &release) ||
	    !vc_parse_end(p) || major_minor < 1000)
		return false;
	*ret_version = (unsigned long)(major_minor * 1000 + release);
	return true;
}

/**
 * vc_installed_libvirt_in() - Version of the first libvirt in some directories
 * @directories:	library directories
 * @n_directories:	how many
 *
 * Return: the version, 0 when there is none
 */
unsigned long vc_installed_libvirt_in(const char *const directories[],
                                      size_t n_directories)
{
	for (size_t i = 0; i < n_directories; i++) {
		char path[PATH_MAX], target[PATH_MAX];
		unsigned long version;
		const char *slash;
		ssize_t len;

		(void)snprintf(path, sizeof(path), "%s/libvirt.so.0", directories[i]);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		slash = strrchr(target, '/');
		if (vc_libvirt_version_of_file(slash ? slash + 1 : target, &version))
			return version;
	}
	return 0;
}

/**
 * vc_installed_libvirt() - Version of the libvirt of this machine
 *
 * Return: the version, 0 when none is installed in the usual directories
 */
unsigned long vc_installed_libvirt(void)
{
	return vc_installed_libvirt_in(library_directories,
	                               VC_ARRAY_SIZE(library_directories));
}
