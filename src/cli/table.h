/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - text in aligned columns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define VC_TABLE_COLUMNS_MAX 8

/**
 * struct vc_table - a table that is being filled
 * @arena:	holds the rows
 * @n_columns:	how many columns, <= VC_TABLE_COLUMNS_MAX
 * @width:	columns of the screen; the last cell of a row wraps there. 0: no limit
 * @indent:	the first column is empty: print two blanks for it
 * @rows:	rows, the header too
 */
struct vc_table {
	struct vc_arena *arena;
	size_t n_columns;
	size_t width;
	bool indent;
	struct {
		const char *(*v)[VC_TABLE_COLUMNS_MAX];
		size_t n, cap;
	} rows;
};

/* @cells: n_columns strings, NULL reads as "-"; they must outlive the table. */
int vc_table_row(struct vc_table *table, const char *const cells[], struct vc_err *err)
	VC_MUST_CHECK;
void vc_table_print(const struct vc_table *table, struct vc_buf *buf) VC_NONNULL;
