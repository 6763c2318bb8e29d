/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [SYSFS] devices/pci<domain>:<bus>/<function>/<function below it>/...; below a USB
 * controller usb<bus>/<bus>-<port>/<bus>-<port>.<port>/<bus>-<port>.<port>:<c>.<i>
 */
#include "host/device_path.h"

#include <string.h>

#include "base/parse.h"

/**
 * vc_path_next() - Take a component off the front of a path
 * @cursor:	path; past the component and its slash on success
 * @part:	the component
 *
 * Return: whether there was one
 */
bool vc_path_next(const char **cursor, char part[VC_PATH_PART_SIZE])
{
	size_t len = strcspn(*cursor, "/");

	if (len == 0 || len >= VC_PATH_PART_SIZE)
		return false;
	memcpy(part, *cursor, len);
	part[len] = '\0';
	*cursor += len + ((*cursor)[len] == '/');
	return true;
}

/**
 * vc_path_is_function() - Whether a component is a PCI function
 * @part:	component
 * @ret_address: its address, when it is
 *
 * Return: whether it is; only in the form that the kernel writes
 */
bool vc_path_is_function(const char *part, struct vc_pci_address *ret_address)
{
	struct vc_err no_address = VC_ERR_INIT;
	struct vc_pci_address address;
	char text[VC_PCI_ADDRESS_SIZE];

	/* most components are none, and making an error of each takes time */
	if (!strchr(part, ':') || !strchr(part, '.') ||
	    vc_pci_address_parse(part, &address, &no_address) < 0)
		return false;
	vc_pci_address_format(&address, text);
	if (strcmp(part, text) != 0)
		return false;
	*ret_address = address;
	return true;
}

/**
 * vc_path_is_pci_root() - Whether a component is the root of a PCI hierarchy
 * @part:	component
 *
 * Return: whether it is "pci<domain>:<bus>"
 */
bool vc_path_is_pci_root(const char *part)
{
	uint32_t number;

	return vc_parse_literal(&part, "pci") && vc_parse_hex(&part, 4, 8, &number) &&
	       vc_parse_literal(&part, ":") && vc_parse_hex(&part, 2, 2, &number) &&
	       vc_parse_end(part);
}

/**
 * vc_path_is_root_hub() - Whether a component is the root hub of a USB bus
 * @part:	component
 *
 * Return: whether it is "usb<bus>"
 */
bool vc_path_is_root_hub(const char *part)
{
	uint64_t number;

	return vc_parse_literal(&part, "usb") && vc_parse_decimal(&part, 999, &number) &&
	       vc_parse_end(part);
}

/**
 * vc_path_is_usb_device() - Whether a component is a USB device
 * @part:	component
 *
 * Return: whether it is a root hub or "<bus>-<port>[.<port>]..."; an interface is not
 */
bool vc_path_is_usb_device(const char *part)
{
	const char *separator = "-";
	uint64_t number;

	if (vc_path_is_root_hub(part))
		return true;
	if (!vc_parse_decimal(&part, 999, &number))
		return false;
	do {
		if (!vc_parse_literal(&part, separator) ||
		    !vc_parse_decimal(&part, 255, &number))
			return false;
		separator = ".";
	} while (!vc_parse_end(part));
	return true;
}

/**
 * vc_path_parent() - The directory that something lies in
 * @arena:	holds the result
 * @path:	path
 *
 * Return: its path, or NULL: there is none, or no memory
 */
char *vc_path_parent(struct vc_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? vc_arena_strndup(arena, path, (size_t)(slash - path)) : NULL;
}

/**
 * vc_path_last() - The last component
 * @path:	path
 *
 * Return: a pointer into @path
 */
const char *vc_path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
