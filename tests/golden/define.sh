#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# define.sh SOURCE DEFINE-CHECK - libvirt takes every domain that a golden case prints, in
# test:///default and in qemu:///embed. Skips (77) where one of them cannot be had.
set -u
source=$1 define_check=$2
[ "$(id -u)" = 0 ] || {
	echo 'skipped: not root'
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/results"

# The domain in a command line is its last word that names an XML file.
input_of() { # CASE-DIRECTORY
	cd "$1" || exit 2
	input=$(grep -o '[a-z0-9./_-]*\.xml' cmd | tail -n 1)
	# in $TMP or on stdin there is another name in the command
	[ -e "$input" ] || input=$(tr ' ' '\n' <cmd | grep '\.xml' | head -n 1)
	[ -e "$input" ] && realpath "$input"
}

for case in "$source"/tests/fixtures/golden/*/; do
	name=$(basename "$case")
	[ "$(cat "$case/expected.status")" = 0 ] || continue
	[ -e "$case/expected.out" ] || continue
	head -n 3 "$case/expected.out" | grep -qE '^(<\?xml[^>]*>)? *<domain[ >]' || continue
	cp "$case/expected.out" "$work/results/$name.xml"
	input=$(input_of "$case") || input=$work/results/$name.xml
	printf '%s\t%s\n' "$work/results/$name.xml" "$input"
done >"$work/list"

for options in '' --embed; do
	echo "define-check $options"
	# shellcheck disable=SC2086 # nothing, or one option
	"$source/tests/libvirt/accepted.py" "$define_check" $options <"$work/list" || exit $?
done
