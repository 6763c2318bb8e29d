/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [MODALIAS] a line "alias <pattern> <module>" for each thing that a module is made for.
 * [VFIO] vfio-pci and its variants say "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*":
 * such an alias never loads a module by itself, it says which one driver_override should
 * name. vfio-pci's own has seven '*'. Fields are ids in hexadecimal, or '*'.
 */
#include "host/modules_alias.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/parse.h"
#include "host/proc.h"
#include "host/scan.h"
#include "host/sysfs.h"

#define ALIASES_MAX  1024U
#define CLASS_BRIDGE 0x06U

/* What comes before each field, and its digits. */
static const struct {
	const char *key;
	unsigned digits;
} fields[VC_ALIAS_FIELDS] = {
	{ "v", 8 },  { "d", 8 },  { "sv", 8 }, { "sd", 8 },
	{ "bc", 2 }, { "sc", 2 }, { "i", 2 },
};

/* Exactly @n digits; what follows may look like another one: "000015B3d0000101E". */
static bool parse_digits(const char **cursor, unsigned n, uint32_t *ret_value)
{
	char digits[9] = "";
	const char *p = digits;

	if (n >= sizeof(digits) || strnlen(*cursor, n) < n)
		return false;
	memcpy(digits, *cursor, n);
	if (!vc_parse_hex(&p, n, n, ret_value))
		return false;
	*cursor += n;
	return true;
}

static bool parse_pattern(const char *cursor, struct vc_vfio_alias *alias)
{
	if (!vc_parse_literal(&cursor, "vfio_pci:"))
		return false;
	for (size_t i = 0; i < VC_ALIAS_FIELDS; i++) {
		if (!vc_parse_literal(&cursor, fields[i].key))
			return false;
		alias->set[i] = !vc_parse_literal(&cursor, "*");
		if (alias->set[i] &&
		    !parse_digits(&cursor, fields[i].digits, &alias->value[i]))
			return false;
	}
	(void)vc_parse_literal(&cursor, "*");
	return vc_parse_end(cursor);
}

static bool is_module_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t len = strlen(name);

	return len > 0 && len < 64 && strspn(name, letters) == len;
}

/**
 * vc_vfio_aliases_parse() - Read the aliases of vfio drivers
 * @arena:	holds them
 * @text:	content of modules.alias; cut into pieces
 * @ret_aliases: aliases; lines about anything else are skipped
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many) or -VC_ERR_INTERNAL
 */
int vc_vfio_aliases_parse(struct vc_arena *arena, char *text,
                          struct vc_vfio_aliases *ret_aliases, struct vc_err *err)
{
	struct vc_vfio_aliases aliases = { 0 };
	char *line;

	while ((line = vc_proc_line(&text))) {
		struct vc_vfio_alias alias = { 0 }, *slot;
		char *words[3];

		if (strncmp(line, "alias vfio_pci:", strlen("alias vfio_pci:")) != 0 ||
		    vc_proc_words(line, words, 3) != 3 ||
		    !parse_pattern(words[1], &alias) || !is_module_name(words[2]))
			continue;
		if (aliases.n == ALIASES_MAX)
			return vc_fail(err, VC_ERR_INPUT,
			               "more than %u aliases of vfio drivers",
			               ALIASES_MAX);
		alias.module = vc_arena_strdup(arena, words[2]);
		slot = alias.module ? vc_list_push(arena, &aliases) : NULL;
		if (!slot)
			return vc_fail_oom(err);
		*slot = alias;
	}
	*ret_aliases = aliases;
	return 0;
}

/* How many ids it names; -1 when one of them is another. */
static int score(const struct vc_vfio_alias *alias, const uint32_t *ids)
{
	int n = 0;

	for (size_t i = 0; i < VC_ALIAS_FIELDS; i++) {
		if (!alias->set[i])
			continue;
		if (alias->value[i] != ids[i])
			return -1;
		n++;
	}
	return n;
}

/**
 * vc_vfio_aliases_best() - The vfio driver that knows a function best
 * @aliases:	aliases
 * @pci:	function
 *
 * [LV] virpci.c: the alias with the fewest '*' wins. Of equal ones the module whose name
 * comes first does, so that the order of the file says nothing.
 *
 * Return: module name, or NULL when no alias fits
 */
const char *vc_vfio_aliases_best(const struct vc_vfio_aliases *aliases,
                                 const struct vc_pci_part *pci)
{
	const uint32_t ids[VC_ALIAS_FIELDS] = {
		pci->vendor,
		pci->device,
		pci->subsystem_vendor,
		pci->subsystem_device,
		pci->class_code >> 16 & 0xff,
		pci->class_code >> 8 & 0xff,
		pci->class_code & 0xff,
	};
	const char *best = NULL;
	int best_score = -1;

	for (size_t i = 0; i < aliases->n; i++) {
		int s = score(&aliases->v[i], ids);

		if (s > best_score || (s >= 0 && s == best_score &&
		                       strcmp(aliases->v[i].module, best) < 0)) {
			best = aliases->v[i].module;
			best_score = s;
		}
	}
	return best;
}

/* The name of the driver that a module brings: the directory of it, if it is loaded. */
static char *driver_of(struct vc_scan *scan, const char *module)
{
	char *name = vc_arena_strdup(scan->arena, module);
	char *path;

	if (!name || strcmp(module, "vfio_pci") == 0)
		return vc_arena_strdup(scan->arena, "vfio-pci");
	path = vc_arena_printf(scan->arena, "bus/pci/drivers/%s", name);
	if (path && vc_sysfs_is_directory(scan->root, path))
		return name;
	for (char *p = name; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	path = vc_arena_printf(scan->arena, "bus/pci/drivers/%s", name);
	if (path && vc_sysfs_is_directory(scan->root, path))
		return name;
	return vc_arena_strdup(scan->arena, module);
}

static int read_aliases(struct vc_scan *scan, struct vc_vfio_aliases *ret_aliases,
                        struct vc_err *err)
{
	const char *path = scan->request->modules_alias;
	char *text;
	size_t len;

	if (!path)
		return 0;
	if (vc_file_read(scan->arena, AT_FDCWD, path, 0, &text, &len, err) < 0)
		return -(int)err->kind;
	return vc_vfio_aliases_parse(scan->arena, text, ret_aliases, err);
}

/**
 * vc_scan_vfio_drivers() - Find out which vfio driver each function would get
 * @scan:	scan; its functions are known
 * @err:	why not
 *
 * Without modules.alias it is vfio-pci, if that is loaded.
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_scan_vfio_drivers(struct vc_scan *scan, struct vc_err *err)
{
	bool loaded = vc_sysfs_is_directory(scan->root, "bus/pci/drivers/vfio-pci");
	struct vc_vfio_aliases aliases = { 0 };
	const char *module, *last = NULL;
	char *driver = NULL;

	if (read_aliases(scan, &aliases, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < scan->inventory->n_pci; i++) {
		struct vc_pci_part *pci = &scan->inventory->devices.v[i].pci;

		if (pci->class_code >> 16 == CLASS_BRIDGE)
			continue;
		module = vc_vfio_aliases_best(&aliases, pci);
		if (!module && loaded)
			module = "vfio_pci";
		if (!module)
			continue;
		if (!last || strcmp(module, last) != 0)
			driver = driver_of(scan, module);
		if (!driver)
			return vc_fail_oom(err);
		last = module;
		pci->vfio_driver = driver;
	}
	return 0;
}
