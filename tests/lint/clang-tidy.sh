#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# clang-tidy.sh ROOT BUILD - clang-tidy over all C files of a clang build tree.
set -u
cd "$1" || exit 2
find src hooks tests -name '*.c' | LC_ALL=C sort | while read -r file; do
	# files of targets that this tree does not build have no compile command
	grep -qF "/$file\"" "$2/compile_commands.json" && printf '%s\0' "$file"
done | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "$2"
