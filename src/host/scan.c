/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/scan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/sysfs.h"

#define NOTE_SIZE 512U

/**
 * vc_scan_note() - Note something that could not be found out
 * @scan:	scan
 * @fmt:	one sentence, lower case; dropped when there is no room for it
 */
void vc_scan_note(struct vc_scan *scan, const char *fmt, ...)
{
	struct vc_err no_room = VC_ERR_INIT;
	char text[NOTE_SIZE];
	va_list ap;

	if (scan->inventory->notes.n == VC_NOTES_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* without memory nobody will read it either */
	if (vc_names_add(scan->arena, &scan->inventory->notes, text, &no_room) < 0)
		return;
}

/* Keeps the first complaint; only lack of memory is an error. */
static int complain(const struct vc_at *at, int r, struct vc_err *err)
{
	if (r == -VC_ERR_INTERNAL)
		return r;
	if (r != -VC_ERR_ABSENT && at->broken && !*at->broken) {
		*at->broken = vc_arena_strdup(at->arena, err->msg);
		if (!*at->broken)
			return vc_fail_oom(err);
	}
	*err = (struct vc_err)VC_ERR_INIT;
	return 0;
}

/**
 * vc_at_text() - What an attribute says
 * @at:		device
 * @name:	attribute
 * @ret_text:	text; NULL when there is none or it cannot be read
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_at_text(const struct vc_at *at, const char *name, char **ret_text,
               struct vc_err *err)
{
	char *text = NULL;
	int r = vc_sysfs_read(at->arena, at->dir, name, &text, err);

	if (r < 0 && complain(at, r, err) < 0)
		return -(int)err->kind;
	*ret_text = text;
	return 0;
}

/**
 * vc_at_link() - The name of what a link leads to
 * @at:		device
 * @name:	link
 * @ret_name:	last component of its target; NULL when there is none
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_at_link(const struct vc_at *at, const char *name, char **ret_name,
               struct vc_err *err)
{
	char *text = NULL;
	int r = vc_sysfs_link(at->arena, at->dir, name, &text, err);

	if (r < 0 && complain(at, r, err) < 0)
		return -(int)err->kind;
	*ret_name = text;
	return 0;
}

static int not_a_number(const struct vc_at *at, const char *name, const char *text,
                        struct vc_err *err)
{
	(void)vc_fail(err, VC_ERR_INPUT, "sysfs '%s' holds '%.32s', expected a number",
	              name, text);
	return complain(at, -VC_ERR_INPUT, err);
}

/**
 * vc_at_number() - A decimal number
 * @at:		device
 * @name:	attribute
 * @max:	largest value that makes sense, <= INT64_MAX
 * @value:	number, or -1 where the attribute says so; unchanged when there is none
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_at_number(const struct vc_at *at, const char *name, uint64_t max, int64_t *value,
                 struct vc_err *err)
{
	char *text = NULL;
	uint64_t number;

	if (vc_at_text(at, name, &text, err) < 0)
		return -(int)err->kind;
	if (!text)
		return 0;
	if (strcmp(text, "-1") == 0) {
		*value = -1;
		return 0;
	}
	if (!vc_parse_number(text + strspn(text, " "), max, &number))
		return not_a_number(at, name, text, err);
	*value = (int64_t)number;
	return 0;
}

/**
 * vc_at_hex() - A hexadecimal number, with or without "0x"
 * @at:		device
 * @name:	attribute
 * @max_digits:	most digits, <= 8
 * @value:	number; unchanged when there is none
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_at_hex(const struct vc_at *at, const char *name, unsigned max_digits,
              uint32_t *value, struct vc_err *err)
{
	char *text = NULL;
	const char *cursor;
	uint32_t number;

	if (vc_at_text(at, name, &text, err) < 0)
		return -(int)err->kind;
	if (!text)
		return 0;
	cursor = text;
	(void)vc_parse_literal(&cursor, "0x");
	if (!vc_parse_hex(&cursor, 1, max_digits, &number) || !vc_parse_end(cursor))
		return not_a_number(at, name, text, err);
	*value = number;
	return 0;
}

/**
 * vc_at_list() - The names in a directory
 * @at:		device
 * @name:	directory
 * @ret_names:	sorted
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_at_list(const struct vc_at *at, const char *name, struct vc_names *ret_names,
               struct vc_err *err)
{
	struct vc_names names = { 0 };
	int r = vc_sysfs_list(at->arena, at->dir, name, &names, err);

	if (r < 0 && complain(at, r, err) < 0)
		return -(int)err->kind;
	*ret_names = names;
	return 0;
}

/**
 * vc_at_cdev() - The node that vfio made for a device
 * @at:		device
 * @path:	its directory vfio-dev
 * @name:	gets the name below /dev/vfio/devices; stays when there is none
 * @err:	out of memory
 *
 * [ABI-VFIO] vfio-dev/vfioN, since Linux 6.1; it has a number of its own, "dev", only with
 * CONFIG_VFIO_DEVICE_CDEV.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_at_cdev(const struct vc_at *at, const char *path, char **name, struct vc_err *err)
{
	static const char prefix[] = "vfio";
	struct vc_names names = { 0 };
	char *dev, *text = NULL;
	uint64_t number;

	if (vc_at_list(at, path, &names, err) < 0)
		return -(int)err->kind;
	if (names.n != 1 || strncmp(names.v[0], prefix, sizeof(prefix) - 1) != 0 ||
	    !vc_parse_number(names.v[0] + sizeof(prefix) - 1, INT32_MAX, &number))
		return 0;
	dev = vc_arena_printf(at->arena, "%s/%s/dev", path, names.v[0]);
	if (!dev)
		return vc_fail_oom(err);
	if (vc_at_text(at, dev, &text, err) < 0)
		return -(int)err->kind;
	if (text)
		*name = names.v[0];
	return 0;
}

/* [UTF-8] RFC 3629: bytes of a character by its first one, the bits of it in that byte,
 * and the smallest character that needs so many. */
static const struct {
	unsigned char mask, lead;
	uint32_t least;
} utf8_forms[] = {
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

/* Bytes of the character at @s, 0 when there is none. */
static size_t character_size(const unsigned char *s)
{
	size_t n = 0;
	uint32_t value;

	while (n < VC_ARRAY_SIZE(utf8_forms) &&
	       (s[0] & utf8_forms[n].mask) != utf8_forms[n].lead)
		n++;
	if (n == VC_ARRAY_SIZE(utf8_forms))
		return 0;
	value = s[0] & (unsigned char)~utf8_forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3fU);
	}
	if (value < utf8_forms[n].least || value > 0x10ffff || value >> 11 == 0x1b)
		return 0;
	return n + 1;
}

/**
 * vc_clean_text() - Make a text of a device fit to be shown and published
 * @text:	changed in place; NULL gives NULL
 *
 * Return: a pointer into @text, or NULL when nothing is left
 */
char *vc_clean_text(char *text)
{
	size_t len;

	if (!text)
		return NULL;
	for (unsigned char *s = (unsigned char *)text; *s != '\0';) {
		size_t n = *s < 0x20 || *s == 0x7f ? 0 : character_size(s);

		if (n == 0)
			*s = *s == '\t' || *s == '\n' ? ' ' : '?';
		s += n == 0 ? 1 : n;
	}
	text += strspn(text, " ");
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		text[--len] = '\0';
	return len > 0 ? text : NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * vc_names_have() - Whether a name is in a sorted list
 * @names:	sorted
 * @name:	name
 *
 * Return: whether it is
 */
bool vc_names_have(const struct vc_names *names, const char *name)
{
	return names->n > 0 && bsearch(&name, names->v, names->n, sizeof(*names->v),
	                               compare_names) != NULL;
}

/**
 * vc_names_add() - Append a name
 * @arena:	holds it
 * @names:	list
 * @text:	name, copied
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_names_add(struct vc_arena *arena, struct vc_names *names, const char *text,
                 struct vc_err *err)
{
	char *copy = vc_arena_strdup(arena, text);
	char **slot = copy ? vc_list_push(arena, names) : NULL;

	if (!slot)
		return vc_fail_oom(err);
	*slot = copy;
	return 0;
}

/**
 * vc_names_sort() - Sort names and drop repetitions
 * @names:	list
 */
void vc_names_sort(struct vc_names *names)
{
	size_t kept = 0;

	if (names->n == 0)
		return;
	qsort(names->v, names->n, sizeof(*names->v), compare_names);
	for (size_t i = 1; i < names->n; i++)
		if (strcmp(names->v[kept], names->v[i]) != 0)
			names->v[++kept] = names->v[i];
	names->n = kept + 1;
}
