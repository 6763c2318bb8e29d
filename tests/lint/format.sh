#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# format.sh ROOT - C is formatted with .clang-format; scripts/format does it.
set -u
cd "$1" || exit 2
find src hooks tests -name '*.[ch]' -print0 |
	xargs -0 clang-format --dry-run --Werror
