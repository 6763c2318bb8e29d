/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

#include <string.h>

#define GAP            2
#define NARROWEST_LAST 20

/* Columns that a text takes; one for each character of UTF-8. */
static size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Bytes of @text that take at most @width columns, ending at a blank if there is one. */
static size_t fitting_bytes(const char *text, size_t width)
{
	size_t columns = 0, bytes = 0, blank = 0;

	for (; text[bytes] != '\0'; bytes++) {
		if (((unsigned char)text[bytes] & 0xc0) != 0x80 && columns++ == width)
			return blank > 0 ? blank : bytes;
		if (text[bytes] == ' ')
			blank = bytes;
	}
	return bytes;
}

/* Cells quote input, and input does not talk to a terminal. */
static void add_printable(struct vc_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		vc_buf_add(buf, c < 0x20 || c == 0x7f ? "?" : &text[i], 1);
	}
}

static void add_spaces(struct vc_buf *buf, size_t n)
{
	vc_buf_printf(buf, "%*s", (int)n, "");
}

/**
 * vc_table_row() - Add a row
 * @table:	table
 * @cells:	one string for each column, NULL or "" for nothing to say
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_table_row(struct vc_table *table, const char *const cells[], struct vc_err *err)
{
	const char *(*row)[VC_TABLE_COLUMNS_MAX] =
		vc_list_push(table->arena, &table->rows);

	if (!row)
		return vc_fail_oom(err);
	for (size_t i = 0; i < table->n_columns; i++)
		(*row)[i] = cells[i] && cells[i][0] != '\0' ? cells[i] : "-";
	return 0;
}

static void find_widths(const struct vc_table *table, size_t *widths)
{
	for (size_t r = 0; r < table->rows.n; r++)
		for (size_t c = 0; c < table->n_columns; c++) {
			size_t w = text_width(table->rows.v[r][c]);

			if (w > widths[c])
				widths[c] = w;
		}
}

/* The last cell, in as many lines as it needs. */
static void add_last(struct vc_buf *buf, const char *text, size_t indent, size_t width)
{
	size_t room = width > indent + NARROWEST_LAST ? width - indent : NARROWEST_LAST;

	while (width > 0 && text_width(text) > room) {
		size_t len = fitting_bytes(text, room);

		add_printable(buf, text, len);
		vc_buf_puts(buf, "\n");
		add_spaces(buf, indent);
		text += len;
		text += strspn(text, " ");
	}
	add_printable(buf, text, strlen(text));
	vc_buf_puts(buf, "\n");
}

/**
 * vc_table_print() - Append the table as text
 * @table:	table
 * @buf:	buffer
 */
void vc_table_print(const struct vc_table *table, struct vc_buf *buf)
{
	size_t widths[VC_TABLE_COLUMNS_MAX] = { 0 };
	size_t last = table->n_columns - 1;

	find_widths(table, widths);
	for (size_t r = 0; r < table->rows.n; r++) {
		const char *const *cells = table->rows.v[r];
		size_t indent = table->indent ? GAP : 0;

		add_spaces(buf, indent);
		for (size_t c = table->indent; c < last; c++) {
			add_printable(buf, cells[c], strlen(cells[c]));
			add_spaces(buf, widths[c] + GAP - text_width(cells[c]));
			indent += widths[c] + GAP;
		}
		add_last(buf, cells[last], indent, table->width);
	}
}
