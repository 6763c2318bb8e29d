#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck.sh ROOT BUILD - cppcheck over src/ and hooks/.
#
# Off, and why: memleak and resourceLeak do not know the cleanup attribute; the style
# checks are clang-tidy's; missing system headers are not looked for.
set -u
cd "$1" || exit 2
mkdir -p "$2/cppcheck"
exec cppcheck --quiet --std=c11 --enable=warning,performance,portability \
	--suppress=memleak --suppress=resourceLeak --suppress=missingIncludeSystem \
	--inline-suppr --error-exitcode=1 --cppcheck-build-dir="$2/cppcheck" \
	-D_GNU_SOURCE -Isrc -j "$(nproc)" src hooks
