#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# symbols.sh BUILD - no two of our libraries define the same function: the linker would take
# the first that it meets, and say nothing. And modules have all that they call: who lacks
# something says so only when it is loaded.
set -u
libraries=$(find "$1/src" -name 'libvc_*.a')
[ -n "$libraries" ] || { echo "no libraries below $1/src"; exit 2; }
# shellcheck disable=SC2086 # a list of files
clashes=$(nm --defined-only --extern-only --no-sort $libraries 2>/dev/null |
	awk '$2 ~ /^[TDBR]$/ { print $3 }' | sort | uniq -d)
if [ -n "$clashes" ]; then
	echo "defined more than once:"
	echo "$clashes"
	exit 1
fi
modules=$(find "$1/src" -name 'virt-claim-*.so')
[ -n "$modules" ] || { echo "no modules below $1/src"; exit 2; }
# shellcheck disable=SC2086 # a list of files
missing=$(nm -A --dynamic --undefined-only $modules | grep ' vc_')
[ -z "$missing" ] && exit 0
echo "called by a module that does not have it:"
echo "$missing"
exit 1
