/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [CDI] pkg/parser (names), specs-go/version (versions), pkg/cdi/container-edits (the
 * rest), of the library as of 2026, after v1.1.0.
 */
#include "claim/cdi_rules.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"

/* [CDI] an exact list: there is no "same major version is fine". */
static const char *const versions[] = {
	[VC_CDI_0_3] = "0.3.0", [VC_CDI_0_4] = "0.4.0", [VC_CDI_0_5] = "0.5.0",
	[VC_CDI_0_6] = "0.6.0", [VC_CDI_0_7] = "0.7.0", [VC_CDI_0_8] = "0.8.0",
	[VC_CDI_1_0] = "1.0.0", [VC_CDI_1_1] = "1.1.0",
};

/* [LINUX] resctrl: the name of a control group becomes a directory. */
#define CLOS_ID_MAX 4095

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
	return is_letter(c) || is_digit(c);
}

/* Letters and digits, and inside also those of @inner. */
static bool is_name(const char *text, size_t len, const char *inner)
{
	if (len == 0 || !is_alnum(text[0]) || !is_alnum(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && !strchr(inner, text[i]))
			return false;
	return true;
}

static bool is_one_of(const char *text, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/**
 * vc_cdi_version_name() - A version as it is written
 * @version:	version
 *
 * Return: a static string
 */
const char *vc_cdi_version_name(enum vc_cdi_version version)
{
	return versions[version];
}

/**
 * vc_cdi_version_parse() - Read cdiVersion
 * @text:	text; one leading 'v' is tolerated, as the library does
 * @ret_version:	version on success
 *
 * Return: whether it is one that the library accepts
 */
bool vc_cdi_version_parse(const char *text, enum vc_cdi_version *ret_version)
{
	if (text[0] == 'v')
		text++;
	for (size_t i = 0; i < VC_ARRAY_SIZE(versions); i++) {
		if (strcmp(text, versions[i]) == 0) {
			*ret_version = (enum vc_cdi_version)i;
			return true;
		}
	}
	return false;
}

/**
 * vc_cdi_is_kind() - Whether a text is "vendor/class"
 * @text:	text
 *
 * Both begin with a letter, end in a letter or digit and have letters, digits, '_', '-'
 * and '.' between; length is not limited.
 *
 * Return: whether it is one
 */
bool vc_cdi_is_kind(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash && is_letter(text[0]) && is_letter(slash[1]) &&
	       is_name(text, (size_t)(slash - text), "_-.") &&
	       is_name(slash + 1, strlen(slash + 1), "_-.");
}

/**
 * vc_cdi_is_device_name() - Whether a text can name a device
 * @text:	text
 *
 * Return: whether it can
 */
bool vc_cdi_is_device_name(const char *text)
{
	return is_name(text, strlen(text), "_-.:");
}

/**
 * vc_cdi_is_env() - Whether a text is "NAME=VALUE" with a name
 * @text:	text
 *
 * Return: whether it is
 */
bool vc_cdi_is_env(const char *text)
{
	const char *equals = strchr(text, '=');

	return equals && equals != text;
}

/**
 * vc_cdi_is_not_empty() - What is asked of paths and interface names
 * @text:	text
 *
 * Return: whether @text has a character
 */
bool vc_cdi_is_not_empty(const char *text)
{
	return text[0] != '\0';
}

/**
 * vc_cdi_is_node_type() - Whether a text is the type of a device node
 * @text:	text
 *
 * Return: whether it is
 */
bool vc_cdi_is_node_type(const char *text)
{
	static const char *const types[] = { "", "b", "c", "u", "p" };

	return is_one_of(text, types, VC_ARRAY_SIZE(types));
}

/**
 * vc_cdi_is_permissions() - Whether a text is cgroup permissions of a device node
 * @text:	text
 *
 * Letters may repeat. "none" came between v1.1.0 and the version after it.
 *
 * Return: whether it is
 */
bool vc_cdi_is_permissions(const char *text)
{
	return strcmp(text, "none") == 0 || strspn(text, "rwm") == strlen(text);
}

/**
 * vc_cdi_is_hook_name() - Whether a text names an OCI hook
 * @text:	text
 *
 * Return: whether it does
 */
bool vc_cdi_is_hook_name(const char *text)
{
	static const char *const names[] = {
		"prestart",       "createRuntime", "createContainer",
		"startContainer", "poststart",     "poststop",
	};

	return is_one_of(text, names, VC_ARRAY_SIZE(names));
}

/**
 * vc_cdi_is_clos_id() - Whether a text names a resctrl control group
 * @text:	text; "/" is the root group
 *
 * Return: whether it does
 */
bool vc_cdi_is_clos_id(const char *text)
{
	if (strcmp(text, "/") == 0)
		return true;
	return strcmp(text, ".") != 0 && strcmp(text, "..") != 0 &&
	       strlen(text) <= CLOS_ID_MAX && !strpbrk(text, "/\n");
}
