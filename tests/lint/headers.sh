#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# headers.sh ROOT - every header compiles alone.
set -u
cd "$1" || exit 2
flags=$(pkg-config --cflags libxml-2.0 libxslt json-c libvirt) || exit 2
rc=0
for header in $(find src hooks -name '*.h' | LC_ALL=C sort); do
	# shellcheck disable=SC2086 # a list of options
	printf '#include "%s"\nextern int vc_not_empty;\n' "$PWD/$header" |
		${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
			-Isrc $flags -x c - || rc=1
done
exit $rc
