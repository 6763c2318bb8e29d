#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# functions.sh ROOT - how long functions are; one of more than 80 lines is an error.
# Counted from the opening to the closing brace, both in column 0 as .clang-format wants.
set -u
cd "$1" || exit 2
lengths=$(mktemp)
trap 'rm -f "$lengths"' EXIT

find src hooks -name '*.c' -exec awk '
	/^[a-zA-Z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^\{$/ { start = FNR }
	/^\}$/ && start { print FNR - start + 1, FILENAME ":" start, name; start = 0 }
' {} + | sort -n >"$lengths"

count=$(wc -l <"$lengths")
[ "$count" -gt 0 ] || exit 0
at() { sed -n "$(((count * $1 + 99) / 100))p" "$lengths" | cut -d' ' -f1; }
echo "$count functions; lines: median $(at 50), 90% at most $(at 90), longest $(at 100)"
awk '$1 > 80 { print $2 ": " $3 "() has " $1 " lines, at most 80"; bad = 1 }
	END { exit bad }' "$lengths"
