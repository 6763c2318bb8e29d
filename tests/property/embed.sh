#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# embed.sh SOURCE PROMISES DEFINE-CHECK - the result of every domain x every claim input is
# defined by libvirt's QEMU driver, which gives guest addresses; what it dumps then is
# rewritten again without a change. Skips (77) where qemu:///embed cannot be had.
set -u
source=$1 promises=$2 define_check=$3
fixtures=$source/tests/fixtures
[ "$(id -u)" = 0 ] || {
	echo 'skipped: not root'
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/results" "$work/dumps"

"$promises" --results "$work/results" "$fixtures" || exit 1
for result in "$work"/results/*.xml; do
	domain=${result##*/}
	printf '%s\t%s\n' "$result" "$fixtures/domains/${domain%%--*}.xml"
done >"$work/list"
"$source/tests/libvirt/accepted.py" "$define_check" --embed --dump "$work/dumps" \
	<"$work/list"
status=$?
[ $status = 0 ] || exit $status
"$promises" --dumps "$work/dumps" "$fixtures"
