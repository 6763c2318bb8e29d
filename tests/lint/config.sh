#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# config.sh ROOT - the sample configuration has every key that the code knows, each once
# and commented out, and no other.
set -u
cd "$1" || exit 2
sample=deploy/virt-claim.yaml
rc=0

code=$(sed -n 's/^	{ "\([a-z-]*\)", .*/\1/p' src/translate/config.c | LC_ALL=C sort)
[ -n "$code" ] || {
	echo "found no keys in src/translate/config.c"
	exit 1
}
keys=$(sed -n 's/^#\([a-z-]*\):.*/\1/p' "$sample" | LC_ALL=C sort)
[ "$code" = "$keys" ] || {
	echo "$sample has other keys than src/translate/config.c:"
	printf '%s\n' "$code" "$keys" | LC_ALL=C sort | uniq -u
	printf '%s\n' "$keys" | uniq -d
	rc=1
}
grep -n '^[^#]' "$sample" && {
	echo "$sample: these lines are not commented out"
	rc=1
}
exit $rc
