#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# banned.sh ROOT - functions that are not used here, and XML put together from strings.
# The replacements: base/parse.h for numbers, base/buf.h for texts, libxml2 for XML.
set -u
cd "$1" || exit 2
rc=0

# Comments out, so that they may speak of what is banned.
code() {
	awk '{
		line = $0; out = ""
		while (line != "") {
			if (inside) {
				end = index(line, "*/")
				if (!end) break
				line = substr(line, end + 2); inside = 0
			} else {
				start = index(line, "/*")
				if (!start) { out = out line; break }
				out = out substr(line, 1, start - 1)
				line = substr(line, start + 2); inside = 1
			}
		}
		print FILENAME ":" FNR ":" out
	}' "$1"
}

for file in $(find src hooks tests -name '*.[ch]' | LC_ALL=C sort); do
	code "$file" | grep -E '[^a-zA-Z0-9_](strto(l|ll|ul|ull|d|f)|ato(i|l|ll|f)|sscanf|strtok(_r)?|strcpy|strcat|strncpy|v?sprintf|gets|system|popen|alloca)[[:space:]]*\(' && rc=1
done
for file in $(find src hooks -name '*.c' ! -name main.c | LC_ALL=C sort); do
	case $file in hooks/*) continue ;; esac # every file there is a program
	code "$file" | grep -E '[^a-zA-Z0-9_](exit|abort)[[:space:]]*\(' && rc=1
done
for file in $(find src hooks -name '*.c' | LC_ALL=C sort); do
	code "$file" | grep -E '"[^"]*(</%|<[a-zA-Z:]+ [a-zA-Z:]+=.?.?%)' && rc=1
done
[ $rc = 0 ] || echo "banned: see the rules in CONTRIBUTING.md"
exit $rc
